// SPDX-License-Identifier: Apache-2.0
#include "chain/genesis_yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <concepts>
#include <limits>
#include <set>

#include "base/text.hpp"

namespace walrus::chain {
namespace {

constexpr std::size_t kGenesisListMax = 100'000;

/// What parsing stops at; never leaves this file.
struct YamlProblem {
    int line;
    std::string what;
};

[[noreturn]] void stop(const YAML::Node& node, std::string what) {
    throw YamlProblem{node.Mark().line + 1, std::move(what)};
}

template <std::unsigned_integral T>
void read_value(const YAML::Node& node, const std::string& name, T& out) {
    const auto number = node.IsScalar() ? parse_u64(node.Scalar()) : std::nullopt;
    if (!number || *number > std::numeric_limits<T>::max())
        stop(node, fmt::format("{}: not a number from 0 to {}", name,
                               std::uint64_t{std::numeric_limits<T>::max()}));
    out = static_cast<T>(*number);
}

void read_value(const YAML::Node& node, const std::string& name, std::string& out) {
    if (!node.IsScalar()) stop(node, name + ": not a text");
    if (!is_utf8(node.Scalar())) stop(node, name + ": not UTF-8");
    out = node.Scalar();
}

void read_value(const YAML::Node& node, const std::string& name, Address& out) {
    const auto address = node.IsScalar() ? parse_address(node.Scalar()) : std::nullopt;
    if (!address) stop(node, name + ": not an address (0x and 64 hexadecimal digits)");
    out = *address;
}

template <std::size_t N>
void read_value(const YAML::Node& node, const std::string& name, std::array<Byte, N>& out) {
    const auto bytes = node.IsScalar() ? hex_decode(node.Scalar()) : std::nullopt;
    if (!bytes || bytes->size() != N)
        stop(node, fmt::format("{}: not 0x and {} hexadecimal digits", name, 2 * N));
    std::copy(bytes->begin(), bytes->end(), out.begin());
}

template <class T>
void read_value(const YAML::Node& node, const std::string& name, std::optional<T>& out) {
    if (node.IsNull()) {
        out.reset();
    } else {
        read_value(node, name, out.emplace());
    }
}

/// One mapping; remembers which fields were asked for.
class MapReader {
public:
    MapReader(const YAML::Node& node, std::string where) : node_(node), where_(std::move(where)) {
        if (!node.IsMap()) stop(node, where_ + ": not a list of `name: value`");
        std::set<std::string> seen;
        for (const auto& entry : node)
            if (!entry.first.IsScalar() || !seen.insert(entry.first.Scalar()).second)
                stop(entry.first, fmt::format("{}: a field twice", where_));
    }
    template <class T>
    void operator()(const char* name, T& value) {
        known_.insert(name);
        const YAML::Node found = node_[name];
        if (found.IsDefined()) read_value(found, prefix() + name, value);
    }
    template <class T>
    void list(const char* name, std::vector<T>& items) {
        known_.insert(name);
        const YAML::Node found = node_[name];
        if (!found.IsDefined() || found.IsNull()) return;
        if (!found.IsSequence()) stop(found, prefix() + name + ": not a list");
        if (found.size() > kGenesisListMax) stop(found, prefix() + name + ": too many");
        for (std::size_t i = 0; i < found.size(); ++i) {
            MapReader item(found[i], fmt::format("{}{}[{}]", prefix(), name, i));
            visit(item, items.emplace_back());
            item.finish();
        }
    }
    void finish() const {
        for (const auto& entry : node_)
            if (!known_.contains(entry.first.Scalar()))
                stop(entry.first,
                     fmt::format("{}{}: there is no such field", prefix(), entry.first.Scalar()));
    }

private:
    std::string prefix() const { return where_.empty() ? "" : where_ + "."; }
    const YAML::Node node_;
    std::string where_;
    std::set<std::string> known_;
};

std::string print_value(std::unsigned_integral auto value) {
    return std::to_string(value);
}
std::string print_value(const Address& address) {
    return '"' + to_text(address) + '"';
}
template <std::size_t N>
std::string print_value(const std::array<Byte, N>& bytes) {
    return "\"0x" + hex_encode(bytes) + '"';
}
std::string print_value(const std::string& text) {
    YAML::Emitter out;
    out << YAML::DoubleQuoted << text;
    return out.c_str();
}

class MapPrinter {
public:
    MapPrinter(std::string& out, std::string indent, std::string first)
        : out_(out), indent_(std::move(indent)), next_(std::move(first)) {}
    template <class T>
    void operator()(const char* name, const T& value) {
        out_ += fmt::format("{}{}: {}\n", next_, name, print_value(value));
        next_ = indent_;
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) (*this)(name, *value);
    }
    template <class T>
    void list(const char* name, const std::vector<T>& items) {
        if (items.empty()) return;
        out_ += fmt::format("{}{}:\n", indent_, name);
        for (const T& item : items) {
            MapPrinter printer(out_, indent_ + "    ", indent_ + "  - ");
            visit(printer, item);
        }
    }

private:
    std::string& out_;
    std::string indent_;
    std::string next_;
};

// Each type's fields, once, for reading and printing. A field's name is its name in C++.
template <class V, class T>
    requires std::same_as<std::remove_const_t<T>, ledger::GenesisNode>
void visit(V& field, T& node) {
    field("name", node.name);
    field("network_address", node.network_address);
    field("network_public_key", node.network_public_key);
    field("bls_public_key", node.bls_public_key);
    field("owner", node.owner);
    field("shard_count", node.shard_count);
    field("stake", node.stake);
    field("commission_rate", node.commission_rate);
    field("storage_price_vote", node.storage_price_vote);
    field("write_price_vote", node.write_price_vote);
    field("capacity_vote", node.capacity_vote);
}
template <class V, class T>
    requires std::same_as<std::remove_const_t<T>, ledger::GenesisAccount>
void visit(V& field, T& account) {
    field("address", account.address);
    field("wal", account.wal);
    field("sui", account.sui);
}
template <class V, class T>
    requires std::same_as<std::remove_const_t<T>, ledger::GenesisConfig>
void visit(V& field, T& config) {
    field("format", config.format);
    field("network_name", config.network_name);
    field("time_ms", config.time_ms);
    field("n_shards", config.n_shards);
    field("max_epochs_ahead", config.max_epochs_ahead);
    field("epoch_duration_ms", config.epoch_duration_ms);
    field("active_set_max", config.active_set_max);
    field("protocol_revision", config.protocol_revision);
    field("wal_supply", config.wal_supply);
    field("sui_supply", config.sui_supply);
    field("treasury", config.treasury);
    field("faucet", config.faucet);
    field.list("accounts", config.accounts);
    field.list("nodes", config.nodes);
}

}  // namespace

ChainResult<ledger::GenesisConfig> parse_genesis_yaml(std::string_view text) {
    const auto wrong = [](int line, const std::string& what) {
        return chain_failure(ChainCode::InvalidArgument,
                             fmt::format("genesis.yaml line {}: {}", line, what));
    };
    if (text.size() > kGenesisYamlBytesMax)
        return chain_failure(ChainCode::InvalidArgument,
                             fmt::format("genesis.yaml has {} bytes, at most {} are read",
                                         text.size(), kGenesisYamlBytesMax));
    try {
        const YAML::Node root = YAML::Load(std::string(text));
        ledger::GenesisConfig config;
        MapReader reader(root, "");
        visit(reader, config);
        reader.finish();
        return config;
    } catch (const YamlProblem& problem) {
        return wrong(problem.line, problem.what);
    } catch (const YAML::Exception& error) {
        return wrong(error.mark.line + 1, error.msg);
    }
}

std::string print_genesis_yaml(const ledger::GenesisConfig& config) {
    std::string out =
        "# The first state of this network. Amounts are in the smallest unit (1 WAL = 10^9 "
        "Frost).\n"
        "# The chain id is the digest of these values: changing one makes another network.\n";
    MapPrinter printer(out, "", "");
    visit(printer, config);
    return out;
}

}  // namespace walrus::chain
