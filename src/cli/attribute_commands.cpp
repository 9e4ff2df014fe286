// SPDX-License-Identifier: Apache-2.0
// walrus get-blob-attribute, set-blob-attribute, remove-blob-attribute-fields,
// remove-blob-attribute: names and values kept with a Blob object.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/ledger_actions.hpp"

namespace walrus::cli {

namespace {

struct AttributeArguments {
    std::optional<std::string> object;
    std::vector<std::pair<std::string, std::string>> set;
    std::vector<std::string> keys;
};

io::Task<RunResult> show(client::Client& client, ObjectId id, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_CHECK_OK(co_await client::blob_object(client, view, id));
    WALRUS_CO_TRY(attributes, co_await client::blob_attributes(client, id));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object().key("attribute");
        if (attributes) {
            out.begin_object().key("metadata").begin_object().key("contents").begin_array();
            for (const auto& [key, value] : *attributes) {
                out.begin_object();
                out.key("key").string(key);
                out.key("value").string(value);
                out.end();
            }
            out.end().end().end();
        } else {
            out.null();
        }
        out.end();
        text = out.take();
    } else if (!attributes || attributes->empty()) {
        text = fmt::format("Blob object {} has no attributes.\n", to_text(id));
    } else {
        std::vector<std::vector<std::string>> rows = {{"Key", "Value"}};
        for (const auto& [key, value] : *attributes) rows.push_back({key, value});
        text = format_table(rows);
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

/// Sets pairs and removes keys; `all`: removes whatever is there.
io::Task<RunResult> change(client::Client& client, client::Account account, ObjectId id,
                           const AttributeArguments& arguments, bool all, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(object, co_await client::blob_object(client, view, id));
    WALRUS_CO_TRY(present, co_await client::blob_attributes(client, id));
    std::vector<std::string> remove = arguments.keys;
    if (all && present)
        for (const auto& [key, value] : *present) remove.push_back(key);
    for (const std::string& key : remove) {
        const bool there = present && std::any_of(present->begin(), present->end(),
                                                  [&](const auto& p) { return p.first == key; });
        if (!there)
            co_return client::client_failure(
                ClientCode::NotFound,
                fmt::format("blob object {} has no attribute \"{}\"", to_text(id), key));
    }
    if (arguments.set.empty() && remove.empty())
        co_return client::client_failure(
            ClientCode::NotFound, fmt::format("blob object {} has no attributes", to_text(id)));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data =
        ledger::change_attributes(view->handles, options, object.ref, arguments.set, remove);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "changing attributes of " + to_text(id)));
    if (json) co_return 0;
    const auto printed = print(fmt::format("Success: {} attributes set, {} removed\n",
                                           arguments.set.size(), remove.size()));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

RunResult run_change(const GlobalOptions& globals, const AttributeArguments& arguments, bool all) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.object));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return change(client, std::move(account), id, arguments, all, globals.json);
    });
}

}  // namespace

Command get_blob_attribute_command() {
    auto arguments = std::make_shared<AttributeArguments>();
    Command command;
    command.name = "get-blob-attribute";
    command.help = "Show the attributes of a blob object";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->object, "The blob object", true);
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const ObjectId id = WALRUS_TRY(object_id_argument(*arguments->object));
        return run_with_client(
            globals, [&](client::Client& client) { return show(client, id, globals.json); });
    };
    return command;
}

Command set_blob_attribute_command() {
    auto arguments = std::make_shared<AttributeArguments>();
    Command command;
    command.name = "set-blob-attribute";
    command.help = "Set attributes of a blob object";
    command.examples = "  walrus set-blob-attribute 0x… --attr content-type image/png";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->object, "The blob object", true);
        a.pairs("--attr", arguments->set, "KEY VALUE", "Set this attribute (repeatable)");
        a.require_one_of({"--attr"});
    };
    command.run = [arguments](const GlobalOptions& g) { return run_change(g, *arguments, false); };
    return command;
}

Command remove_blob_attribute_fields_command() {
    auto arguments = std::make_shared<AttributeArguments>();
    Command command;
    command.name = "remove-blob-attribute-fields";
    command.help = "Remove some attributes of a blob object";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->object, "The blob object", true);
        a.list("--keys", arguments->keys, "KEY", "The attributes");
        a.require_one_of({"--keys"});
    };
    command.run = [arguments](const GlobalOptions& g) { return run_change(g, *arguments, false); };
    return command;
}

Command remove_blob_attribute_command() {
    auto arguments = std::make_shared<AttributeArguments>();
    Command command;
    command.name = "remove-blob-attribute";
    command.help = "Remove all attributes of a blob object";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->object, "The blob object", true);
    };
    command.run = [arguments](const GlobalOptions& g) { return run_change(g, *arguments, true); };
    return command;
}

}  // namespace walrus::cli
