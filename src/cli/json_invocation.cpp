// SPDX-License-Identifier: Apache-2.0
#include "cli/json_invocation.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"

namespace walrus::cli {

using client::client_failure;

namespace {

using Json = nlohmann::json;

/// Names of the reference for arguments that are called otherwise here.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"objectId", "blobObjId"}, {"attr", "attributes"}, {"blobId", "blobIdDecimal"}};

/// "--blob-obj-id" and "BLOB_OBJ_ID" -> "blobObjId".
std::string camel_case(std::string_view name) {
    while (name.starts_with('-')) name.remove_prefix(1);
    std::string out;
    bool upper = false;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '-' || c == '_') {
            upper = true;
        } else {
            out += !letter ? c : static_cast<char>(upper ? c & ~0x20 : c | 0x20);
            upper = false;
        }
    }
    return out;
}

/// Keys for the names of an option or argument, without those of one letter.
std::vector<std::string> keys_of(std::string_view names) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(',', at), names.size());
        const std::string_view name = names.substr(at, end - at);
        at = end + 1;
        if (name.starts_with('-') && !name.starts_with("--")) continue;
        out.push_back(camel_case(name));
        for (const auto& [ours, theirs] : kOtherNames)
            if (out.back() == ours) out.emplace_back(theirs);
    }
    return out;
}

/// A value as it would stand on the command line; nothing if it has no such form.
std::optional<std::string> text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer() || value.is_number_unsigned()) return value.dump();
    if (!value.is_object()) return std::nullopt;
    constexpr std::uint64_t kSecondsMax = 100'000'000'000;  // the year 5138
    const auto number = [&](const char* key) {
        return value.contains(key) && value.at(key).is_number_unsigned() &&
               value.at(key).get<std::uint64_t>() <= kSecondsMax;
    };
    // The reference's forms of times and durations.
    if (number("secs_since_epoch"))
        return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                           fmt::gmtime(value.at("secs_since_epoch").get<std::time_t>()));
    if (number("secs") && number("nanos"))
        return fmt::format("{}ms", value.at("secs").get<std::uint64_t>() * 1000 +
                                       value.at("nanos").get<std::uint64_t>() / 1'000'000);
    return value.dump();  // one of `blobs` of store-quilt
}

/// Gives a command's variables their values from an object.
class JsonArguments final : public Arguments {
public:
    explicit JsonArguments(const Json& object) : object_(object) {}

    void flag(const std::string& names, bool& value, const std::string&) override {
        if (const Json* const found = find(names)) {
            if (!found->is_boolean()) return wrong(names, "true or false");
            value = found->get<bool>();
            if (!value) present_.erase(keys_of(names).front());
        }
    }
    void value(const std::string& names, std::optional<std::string>& value, const std::string&,
               const std::string&) override {
        if (const Json* const found = find(names)) {
            value = text_of(*found);
            if (!value) wrong(names, "a text or a number");
        }
    }
    void number(const std::string& names, std::optional<std::uint64_t>& value,
                const std::string&) override {
        if (const Json* const found = find(names)) {
            const auto text = text_of(*found);
            if (text) value = parse_u64(*text);
            if (!value) wrong(names, "a whole number");
        }
    }
    void list(const std::string& names, std::vector<std::string>& values, const std::string&,
              const std::string&) override {
        const Json* const found = find(names);
        if (found == nullptr) return;
        const Json all = found->is_array() ? *found : Json::array({*found});
        for (const Json& one : all) {
            const auto text = text_of(one);
            if (!text) return wrong(names, "a list of texts");
            values.push_back(*text);
        }
        if (values.empty()) present_.erase(keys_of(names).front());
    }
    void pairs(const std::string& names, std::vector<std::pair<std::string, std::string>>& values,
               const std::string&, const std::string&) override {
        const Json* const found = find(names);
        if (found == nullptr) return;
        const auto is_pair = [](const Json& json) {
            return json.is_array() && json.size() == 2 && json[0].is_string() &&
                   json[1].is_string();
        };
        const auto add = [&](const Json& pair) {
            values.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
        };
        if (is_pair(*found)) return add(*found);
        const bool all_good =
            found->is_object()
                ? std::all_of(found->begin(), found->end(),
                              [](const Json& v) { return v.is_string(); })
                : found->is_array() && std::all_of(found->begin(), found->end(), is_pair);
        if (!all_good) return wrong(names, "{\"key\": \"value\"} or [[\"key\", \"value\"]]");
        if (found->is_object()) {
            for (const auto& [key, value] : found->items())
                values.emplace_back(key, value.get<std::string>());
        } else {
            for (const Json& pair : *found) add(pair);
        }
    }
    void positional(const std::string& name, std::optional<std::string>& target,
                    const std::string& help, bool required) override {
        value(name, target, "", help);
        if (required && !target) missing(name);
    }
    void positionals(const std::string& name, std::vector<std::string>& values,
                     const std::string& help, bool required) override {
        list(name, values, "", help);
        if (required && values.empty()) missing(name);
    }
    void exclusive(const std::vector<std::string>& names) override {
        std::vector<std::string> given;
        for (const std::string& name : names)
            if (present_.contains(camel_case(name))) given.push_back(camel_case(name));
        if (given.size() > 1) fail_once(fmt::format("{} excludes {}", given[0], given[1]));
    }
    void require_one_of(const std::vector<std::string>& names) override {
        std::string all;
        for (const std::string& name : names) {
            if (present_.contains(camel_case(name))) return;
            all += fmt::format("{}{}", all.empty() ? "" : ", ", camel_case(name));
        }
        fail_once("one of these is needed: " + all);
    }

    /// What was wrong; empty: nothing.
    std::string problem() const {
        if (!problem_.empty()) return problem_;
        for (const auto& [key, value] : object_.items())
            if (!value.is_null() && !known_.contains(key)) {
                std::string all;
                for (const std::string& name : known_)
                    all += fmt::format("{}{}", all.empty() ? "" : ", ", name);
                return fmt::format("\"{}\" is unknown; there are: {}", key, all);
            }
        return {};
    }

private:
    /// Null counts as absent.
    const Json* find(const std::string& names) {
        const std::vector<std::string> keys = keys_of(names);
        const Json* out = nullptr;
        for (const std::string& key : keys) {
            known_.insert(key);
            if (out != nullptr || !object_.contains(key) || object_.at(key).is_null()) continue;
            present_.insert(keys.front());
            // An argument and its option may have one name; one of them gets the value.
            if (taken_.insert(key).second) out = &object_.at(key);
        }
        return out;
    }
    void wrong(const std::string& names, std::string_view expected) {
        fail_once(fmt::format("\"{}\" is not {}", keys_of(names).front(), expected));
    }
    void missing(const std::string& name) {
        fail_once(fmt::format("\"{}\" is missing", keys_of(name).front()));
    }
    void fail_once(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
    }

    const Json& object_;
    std::set<std::string> known_;
    std::set<std::string> taken_;
    std::set<std::string> present_;  // by first key
    std::string problem_;
};

auto usage(std::string_view where, std::string_view why) {
    return client_failure(ClientCode::Usage, fmt::format("json: {}: {}", where, why));
}

const Command* find_command(const std::vector<Command>& commands, std::string_view key) {
    for (const Command& command : commands) {
        if (camel_case(command.name) == key) return &command;
        for (const std::string& alias : command.aliases)
            if (camel_case(alias) == key) return &command;
    }
    return nullptr;
}

/// The command that an object with one member names, and gives it that member's keys.
ClientResult<Invocation> invoke(const Json& object, const std::vector<Command>& commands,
                                GlobalOptions globals, const std::string& where) {
    if (!object.is_object() || object.size() != 1)
        return usage(where, "expected an object with exactly one member, the command");
    const std::string& name = object.begin().key();
    const Json& given = object.begin().value();
    const Command* const command = find_command(commands, name);
    if (command == nullptr) return usage(where, "there is no command \"" + name + "\"");
    const std::string inner = where + "." + name;
    if (!command->children.empty() && given.is_object() && given.size() == 1 &&
        find_command(command->children, given.begin().key()) != nullptr)
        return invoke(given, command->children, std::move(globals), inner);
    if (!command->run) return usage(inner, "name one of its commands");
    Json keys = given.is_null() ? Json::object() : given;
    if (!keys.is_object()) return usage(inner, "is not an object");
    // The reference has this among the command's own.
    if (keys.contains("rpcUrl") && keys.at("rpcUrl").is_string()) {
        globals.rpc_url = keys.at("rpcUrl").get<std::string>();
        keys.erase("rpcUrl");
    }
    JsonArguments arguments(keys);
    if (command->declare) command->declare(arguments);
    if (const std::string problem = arguments.problem(); !problem.empty())
        return usage(inner, problem);
    return Invocation{std::move(globals), command->run};
}

}  // namespace

ClientResult<Invocation> parse_json_invocation(std::string_view text,
                                               const std::vector<Command>& commands) {
    constexpr int kDepthMax = 32;
    bool too_deep = false;
    const auto watch = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kDepthMax;
        return !too_deep;
    };
    const Json root = Json::parse(text, watch, false);
    if (too_deep) return usage("the input", fmt::format("is nested deeper than {}", kDepthMax));
    if (!root.is_object()) return usage("the input", "is not a JSON object");
    if (!root.contains("command")) return usage("the input", "has no \"command\"");
    GlobalOptions globals;
    Json others = root;
    others.erase("command");
    JsonArguments arguments(others);
    arguments.value("--config", globals.config, "", "");
    arguments.value("--network", globals.network, "", "");
    arguments.value("--context", globals.context, "", "");
    arguments.value("--wallet", globals.wallet, "", "");
    arguments.value("--rpc-url", globals.rpc_url, "", "");
    arguments.number("--gas-budget", globals.gas_budget, "");
    arguments.flag("--json", globals.json, "");
    if (const std::string problem = arguments.problem(); !problem.empty())
        return usage("the input", problem);
    globals.json = true;
    return invoke(root.at("command"), commands, std::move(globals), "command");
}

}  // namespace walrus::cli
