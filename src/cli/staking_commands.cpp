// SPDX-License-Identifier: Apache-2.0
// walrus stake, request-withdraw-stake, withdraw-stake, list-staked-wal; and walrus node register,
// vote, collect-commission: what those who stake and operators of nodes do on the ledger.
#include <fmt/format.h>

#include <algorithm>

#include "attest/signed_message.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/node_commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"
#include "crypto/key_text.hpp"
#include "crypto/network_key.hpp"
#include "ledger/staking/pool.hpp"
#include "protocol/constants.hpp"

namespace walrus::cli {

namespace {

using ViewPtr = std::shared_ptr<const client::NetworkView>;

constexpr std::uint64_t kKeyFileBytesMax = 1 << 16;

ClientResult<Frost> amount_of(const char* option, const std::string& text) {
    const auto amount = client::parse_amount(text);
    if (amount) return *amount;
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("{} {}: expected a whole number of FROST, or like 1.5WAL", option, text));
}

struct OwnStake {
    ledger::StakedWal stake;
    ledger::ObjectRef ref;
};

io::Task<ClientResult<std::vector<OwnStake>>> own_stakes(client::Client& client, ViewPtr view,
                                                         Address owner) {
    WALRUS_CO_TRY(objects,
                  co_await client::owned_objects(client, view, owner, "staked_wal", "StakedWal"));
    std::vector<OwnStake> out;
    for (const ledger::Object& object : objects) {
        WALRUS_CO_TRY(stake, client::decode_contents<ledger::StakedWal>(object));
        out.push_back({std::move(stake), ledger::object_ref(object)});
    }
    co_return out;
}

std::string state_text(const ledger::StakedWal& stake) {
    const auto* leaving = std::get_if<ledger::Withdrawing>(&stake.state);
    return leaving == nullptr
               ? std::string("staked")
               : fmt::format("withdrawing, paid from epoch {}", leaving->withdraw_epoch);
}

void stake_json(JsonWriter& out, const ledger::StakedWal& stake) {
    out.begin_object();
    out.key("id").string(to_text(stake.id));
    const auto* leaving = std::get_if<ledger::Withdrawing>(&stake.state);
    out.key("state");
    if (leaving == nullptr) {
        out.string("Staked");
    } else {
        out.begin_object().key("Withdrawing").begin_object();
        out.key("withdraw_epoch").number(std::uint64_t{leaving->withdraw_epoch}).end().end();
    }
    out.key("node_id").string(to_text(stake.node_id));
    out.key("principal").number(stake.principal);
    out.key("activation_epoch").number(std::uint64_t{stake.activation_epoch});
    out.end();
}

std::string stakes_text(const std::vector<ledger::StakedWal>& stakes) {
    std::vector<std::vector<std::string>> rows = {{"Stake", "Node", "Amount", "Active", "State"}};
    for (const ledger::StakedWal& stake : stakes)
        rows.push_back({to_text(stake.id), to_text(stake.node_id),
                        client::format_wal(stake.principal),
                        fmt::format("from epoch {}", stake.activation_epoch), state_text(stake)});
    return format_table(rows);
}

std::string stakes_json(const char* key, const std::vector<ledger::StakedWal>& stakes) {
    JsonWriter out;
    out.begin_object().key(key).begin_array();
    for (const ledger::StakedWal& stake : stakes) stake_json(out, stake);
    out.end().end();
    return out.take();
}

// ------------------------------------------------------------------------------------------ stake

struct StakeArguments {
    std::vector<std::string> nodes;
    std::vector<std::string> amounts;
};

/// Nodes with their amounts: one amount for all, or one for each.
ClientResult<std::vector<std::pair<NodeId, Frost>>> stakes_of(const StakeArguments& arguments) {
    std::vector<Frost> amounts;
    for (const std::string& text : arguments.amounts)
        amounts.push_back(WALRUS_TRY(amount_of("--amounts", text)));
    if (amounts.empty()) amounts.push_back(kFrostPerWal);
    if (amounts.size() != 1 && amounts.size() != arguments.nodes.size())
        return client::client_failure(
            ClientCode::Usage, fmt::format("{} nodes and {} amounts: give one amount, or one each",
                                           arguments.nodes.size(), amounts.size()));
    std::vector<std::pair<NodeId, Frost>> out;
    for (std::size_t i = 0; i < arguments.nodes.size(); ++i) {
        const Frost amount = amounts.size() == 1 ? amounts[0] : amounts[i];
        if (amount < kFrostPerWal)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("a stake of {}: at least 1 WAL", client::format_wal(amount)));
        out.emplace_back(WALRUS_TRY(object_id_argument(arguments.nodes[i])), amount);
    }
    return out;
}

io::Task<RunResult> stake(client::Client& client, client::Account account,
                          std::vector<std::pair<NodeId, Frost>> amounts, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    Frost total = 0;
    for (const auto& [node, amount] : amounts) total += std::min(amount, kWalSupplyFrost);
    WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), total));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::stake_with_pools(view->handles, options, amounts);
    WALRUS_CO_TRY(result,
                  co_await client::sign_and_execute(client, account, std::move(data), "staking"));
    std::vector<ledger::StakedWal> stakes;
    for (const rpc::ChangedObject& change : result.changed_objects) {
        if (change.operation != rpc::ChangedObject::Operation::Created ||
            change.type != view->type_name("staked_wal", "StakedWal"))
            continue;
        WALRUS_CO_TRY(object, co_await client::object_of_type(client, view, change.id, "staked_wal",
                                                              "StakedWal"));
        WALRUS_CO_TRY(made, client::decode_contents<ledger::StakedWal>(object));
        stakes.push_back(std::move(made));
    }
    const auto printed = print(json ? stakes_json("stakedWal", stakes)
                                    : fmt::format("Success: staked {}\n{}",
                                                  client::format_wal(total), stakes_text(stakes)));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

// --------------------------------------------------------------------------------------- withdraw

struct WithdrawArguments {
    std::vector<std::string> ids;
    std::optional<std::string> node;
    bool staked_only = false;
    bool withdrawing_only = false;
};

/// The own stakes of these ids, in their order. Errors: NotFound.
ClientResult<std::vector<OwnStake>> chosen(const std::vector<OwnStake>& all,
                                           const std::vector<std::string>& ids) {
    std::vector<OwnStake> out;
    for (const std::string& text : ids) {
        const ObjectId id = WALRUS_TRY(object_id_argument(text));
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const OwnStake& own) { return own.stake.id == id; });
        if (found == all.end())
            return client::client_failure(
                ClientCode::NotFound,
                fmt::format("this account has no stake {}; `walrus list-staked` shows them", text));
        out.push_back(*found);
    }
    return out;
}

io::Task<RunResult> request_withdrawal(client::Client& client, client::Account account,
                                       WithdrawArguments arguments, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(all, co_await own_stakes(client, view, account.address()));
    WALRUS_CO_TRY(picked, chosen(all, arguments.ids));
    if (arguments.node) {
        WALRUS_CO_TRY(node, object_id_argument(*arguments.node));
        for (const OwnStake& own : all)
            if (own.stake.node_id == node &&
                std::holds_alternative<ledger::Staked>(own.stake.state))
                picked.push_back(own);
    }
    if (picked.empty())
        co_return client::client_failure(ClientCode::NotFound,
                                         "this account has no such stake: nothing to withdraw");
    std::vector<ledger::ObjectRef> refs;
    for (const OwnStake& own : picked) refs.push_back(own.ref);
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::request_withdraw_stakes(view->handles, options, refs);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "requesting a withdrawal"));
    WALRUS_CO_TRY(after, co_await own_stakes(client, view, account.address()));
    std::vector<ledger::StakedWal> stakes;
    for (const OwnStake& own : after)
        for (const OwnStake& one : picked)
            if (own.stake.id == one.stake.id) stakes.push_back(own.stake);
    const auto printed = print(
        json ? stakes_json("stakedWals", stakes)
             : fmt::format("Success: requested in transaction {}; `walrus withdraw` pays when "
                           "it is time\n{}",
                           to_text(result.digest), stakes_text(stakes)));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> withdraw(client::Client& client, client::Account account,
                             WithdrawArguments arguments, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(all, co_await own_stakes(client, view, account.address()));
    WALRUS_CO_TRY(picked, chosen(all, arguments.ids));
    if (arguments.ids.empty())
        for (const OwnStake& own : all) {
            const auto* leaving = std::get_if<ledger::Withdrawing>(&own.stake.state);
            if (leaving != nullptr && leaving->withdraw_epoch <= view->epoch) picked.push_back(own);
        }
    if (picked.empty())
        co_return client::client_failure(
            ClientCode::NotFound,
            "no stake of this account is to be paid now; `walrus list-staked` shows them");
    std::vector<ledger::ObjectRef> refs;
    for (const OwnStake& own : picked) refs.push_back(own.ref);
    const auto options = client::transaction_options(client, *view, account.address());
    WALRUS_CO_TRY(before, co_await client::balance(client, account.address(), view->wal_type));
    auto data = ledger::withdraw_stakes(view->handles, options, refs);
    WALRUS_CO_TRY(
        result, co_await client::sign_and_execute(client, account, std::move(data), "withdrawing"));
    WALRUS_CO_TRY(now, co_await client::balance(client, account.address(), view->wal_type));
    const Frost paid = now > before ? now - before : 0;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object().key("stakedWalIds").begin_array();
        for (const OwnStake& own : picked) out.string(to_text(own.stake.id));
        out.end();
        out.key("txDigest").string(to_text(result.digest));
        out.key("paid").number(paid);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: {} stakes withdrawn, {} paid\n", picked.size(),
                           client::format_wal(paid));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> list_stakes(client::Client& client, client::Account account,
                                WithdrawArguments arguments, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(all, co_await own_stakes(client, view, account.address()));
    std::vector<ledger::StakedWal> stakes;
    for (const OwnStake& own : all) {
        const bool staked = std::holds_alternative<ledger::Staked>(own.stake.state);
        if (staked ? arguments.withdrawing_only : arguments.staked_only) continue;
        stakes.push_back(own.stake);
    }
    const auto printed = print(json             ? stakes_json("stakedWals", stakes)
                               : stakes.empty() ? "This account has no such stake.\n"
                                                : stakes_text(stakes));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

// ------------------------------------------------------------------------------------------- nodes

struct NodeArguments {
    std::optional<std::string> node;
    std::optional<std::string> name;
    std::optional<std::string> address;
    std::optional<std::string> protocol_key;
    std::optional<std::string> network_key;
    std::optional<std::string> commission;
    std::optional<std::string> storage_price;
    std::optional<std::string> write_price;
    std::optional<std::string> capacity;
    bool update_prices = false;
};

ClientResult<std::optional<std::uint64_t>> number_of(const char* option,
                                                     const std::optional<std::string>& text) {
    if (!text) return std::optional<std::uint64_t>();
    if (const auto number = parse_u64(*text)) return number;
    return client::client_failure(ClientCode::Usage,
                                  fmt::format("{} {}: expected a whole number", option, *text));
}
ClientResult<std::optional<std::uint16_t>> commission_of(const NodeArguments& arguments) {
    const auto number = WALRUS_TRY(number_of("--commission-rate", arguments.commission));
    if (!number) return std::optional<std::uint16_t>();
    if (*number <= kBasisPoints) return std::optional(static_cast<std::uint16_t>(*number));
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("--commission-rate {}: basis points, at most {}", *number, kBasisPoints));
}

ClientResult<std::string> key_text(io::FileSystem& files, const std::string& path) {
    const auto bytes = files.read_file(path, kKeyFileBytesMax);
    if (!bytes)
        return client::client_failure(ClientCode::InputFile,
                                      fmt::format("{}: {}", path, bytes.error().message));
    std::string text(as_text(*bytes));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

/// What a registration needs, from files and options.
ClientResult<ledger::RegisterNode> registration_of(client::Client& client,
                                                   const NodeArguments& arguments,
                                                   const Address& sender, Epoch epoch) {
    io::FileSystem& files = client.environment().files;
    const auto missing = [](const char* option) {
        return client::client_failure(ClientCode::Usage, fmt::format("{} is needed", option));
    };
    if (!arguments.name) return missing("--name");
    if (!arguments.address) return missing("--address");
    if (!arguments.protocol_key) return missing("--protocol-key");
    if (!arguments.network_key) return missing("--network-key");
    const auto protocol = parse_bls_key(WALRUS_TRY(key_text(files, *arguments.protocol_key)));
    if (!protocol)
        return client::client_failure(
            ClientCode::InputFile,
            fmt::format("{} does not hold a BLS key (base64 of flag 04 and secret)",
                        *arguments.protocol_key));
    const auto network =
        NetworkKey::from_pem(WALRUS_TRY(key_text(files, *arguments.network_key)) + "\n");
    if (!network)
        return client::client_failure(
            ClientCode::InputFile,
            fmt::format("{} does not hold a P-256 key (PEM)", *arguments.network_key));
    ledger::RegisterNode out;
    out.name = *arguments.name;
    out.network_address = *arguments.address;
    out.bls_public_key = to_bytes(protocol->public_key().to_bytes());
    out.network_public_key = to_bytes(network->public_key());
    out.proof_of_possession = to_bytes(attest::prove_possession(*protocol, epoch, sender).view());
    const ledger::GenesisNode usual;
    out.commission_rate = WALRUS_TRY(commission_of(arguments)).value_or(usual.commission_rate);
    out.votes.storage_price = WALRUS_TRY(number_of("--storage-price", arguments.storage_price))
                                  .value_or(usual.storage_price_vote);
    out.votes.write_price = WALRUS_TRY(number_of("--write-price", arguments.write_price))
                                .value_or(usual.write_price_vote);
    out.votes.node_capacity =
        WALRUS_TRY(number_of("--node-capacity", arguments.capacity)).value_or(usual.capacity_vote);
    return out;
}

io::Task<RunResult> register_node(client::Client& client, client::Account account,
                                  NodeArguments arguments, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(node, registration_of(client, arguments, account.address(), view->epoch));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::register_node(view->handles, options, node);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "registering a node"));
    const auto cap_id =
        client::created_object(result, view->type_name("storage_node", "StorageNodeCap"));
    if (!cap_id)
        co_return client::client_failure(ClientCode::Refused, "the ledger names no capability");
    WALRUS_CO_TRY(object, co_await client::object_of_type(client, view, *cap_id, "storage_node",
                                                          "StorageNodeCap"));
    WALRUS_CO_TRY(cap, client::decode_contents<ledger::StorageNodeCap>(object));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("nodeId").string(to_text(cap.node_id));
        out.key("capabilityId").string(to_text(cap.id));
        out.key("txDigest").string(to_text(result.digest));
        out.end();
        text = out.take();
    } else {
        text = fmt::format(
            "Success: node {} is registered, its capability is {}. It enters the committee once "
            "somebody stakes on it\n",
            to_text(cap.node_id), to_text(cap.id));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

struct OwnCap {
    ledger::StorageNodeCap cap;
    ledger::ObjectRef ref;
};
/// The capability of this node, or the account's only one. Errors: NotFound, Usage.
io::Task<ClientResult<OwnCap>> own_cap(client::Client& client, ViewPtr view, Address owner,
                                       std::optional<std::string> node) {
    std::optional<NodeId> wanted;
    if (node) {
        WALRUS_CO_TRY(id, object_id_argument(*node));
        wanted = id;
    }
    WALRUS_CO_TRY(objects, co_await client::owned_objects(client, view, owner, "storage_node",
                                                          "StorageNodeCap"));
    std::vector<OwnCap> found;
    for (const ledger::Object& object : objects) {
        WALRUS_CO_TRY(cap, client::decode_contents<ledger::StorageNodeCap>(object));
        if (!wanted || cap.node_id == *wanted)
            found.push_back({std::move(cap), ledger::object_ref(object)});
    }
    if (found.empty())
        co_return client::client_failure(ClientCode::NotFound,
                                         "this account has no capability of such a node");
    if (found.size() > 1)
        co_return client::client_failure(
            ClientCode::Usage,
            fmt::format("this account has {} nodes: choose with --node-id", found.size()));
    co_return std::move(found.front());
}

io::Task<RunResult> vote(client::Client& client, client::Account account, NodeArguments arguments,
                         ledger::NodeChanges changes, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(own, co_await own_cap(client, view, account.address(), arguments.node));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::change_node(view->handles, options, own.ref, changes);
    WALRUS_CO_TRY(result,
                  co_await client::sign_and_execute(client, account, std::move(data), "voting"));
    std::vector<ObjectId> ids{own.cap.node_id};
    const auto read = co_await client.ledger().objects(std::move(ids));
    if (!read) co_return fail(client::from_rpc(read.error(), "reading the node's pool"));
    if (read->size() != 1 || !(*read)[0])
        co_return client::client_failure(ClientCode::NotFound, "the node has no pool");
    WALRUS_CO_TRY(pool, client::decode_contents<ledger::StakingPool>(*(*read)[0]));
    const ledger::VotingParams& votes = pool.voting_params;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("nodeId").string(to_text(own.cap.node_id));
        out.key("storagePrice").number(votes.storage_price);
        out.key("writePrice").number(votes.write_price);
        out.key("nodeCapacity").number(votes.node_capacity);
        out.key("commissionRate").number(std::uint64_t{pool.commission_rate});
        out.key("txDigest").string(to_text(result.digest));
        out.end();
        text = out.take();
    } else {
        text = fmt::format(
            "Success: node {} votes for {} per MiB and epoch, {} per MiB written, a capacity of "
            "{}\n",
            to_text(own.cap.node_id), client::format_wal(votes.storage_price),
            client::format_wal(votes.write_price), client::format_bytes(votes.node_capacity));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> collect(client::Client& client, client::Account account,
                            NodeArguments arguments, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(own, co_await own_cap(client, view, account.address(), arguments.node));
    WALRUS_CO_TRY(before, co_await client::balance(client, account.address(), view->wal_type));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::collect_commission(view->handles, options, own.cap.node_id, own.ref);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "collecting the commission"));
    WALRUS_CO_TRY(now, co_await client::balance(client, account.address(), view->wal_type));
    const Frost paid = now > before ? now - before : 0;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("nodeId").string(to_text(own.cap.node_id));
        out.key("collected").number(paid);
        out.key("txDigest").string(to_text(result.digest));
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: {} collected for node {}\n", client::format_wal(paid),
                           to_text(own.cap.node_id));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

void declare_votes(Arguments& a, NodeArguments& arguments) {
    a.value("--storage-price", arguments.storage_price, "FROST", "Vote: price per MiB and epoch");
    a.value("--write-price", arguments.write_price, "FROST", "Vote: price per MiB written");
    a.value("--node-capacity", arguments.capacity, "BYTES", "Vote: what the node can hold");
    a.value("--commission-rate", arguments.commission, "BASIS-POINTS",
            "The node's part of the rewards, of 10000");
}

}  // namespace

// ---------------------------------------------------------------------------------------- commands

Command stake_command() {
    auto arguments = std::make_shared<StakeArguments>();
    Command command;
    command.name = "stake";
    command.help = "Stake WAL on storage nodes";
    command.examples =
        "  walrus stake --node-id NODE --amount 100WAL\n"
        "  walrus stake --node-ids NODE1 NODE2 --amounts 5WAL 10WAL";
    command.declare = [arguments](Arguments& a) {
        a.list("--node-ids,--node-id", arguments->nodes, "NODE", "Nodes, as `walrus info` shows");
        a.list("--amounts,--amount", arguments->amounts, "AMOUNT",
               "FROST, or like 1.5WAL: one for all or one each (default and least: 1 WAL)");
        a.require_one_of({"--node-ids"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const auto amounts = WALRUS_TRY(stakes_of(*arguments));
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return stake(client, std::move(account), amounts, globals.json);
        });
    };
    return command;
}

namespace {

/// A command on the account's own stakes.
Command stakes_command(std::string name, std::string alias, std::string help,
                       std::function<void(Arguments&, WithdrawArguments&)> declare,
                       io::Task<RunResult> (*run)(client::Client&, client::Account,
                                                  WithdrawArguments, bool)) {
    auto arguments = std::make_shared<WithdrawArguments>();
    Command command;
    command.name = std::move(name);
    command.aliases = {std::move(alias)};
    command.help = std::move(help);
    command.declare = [arguments, declare](Arguments& a) { declare(a, *arguments); };
    command.run = [arguments, run](const GlobalOptions& globals) {
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return run(client, std::move(account), *arguments, globals.json);
        });
    };
    return command;
}

/// A command on a node of the account.
Command own_node_command(std::string name, std::string help,
                         std::function<void(Arguments&, NodeArguments&)> declare,
                         std::function<RunResult(const GlobalOptions&, const NodeArguments&)> run) {
    auto arguments = std::make_shared<NodeArguments>();
    Command command;
    command.name = std::move(name);
    command.help = std::move(help);
    command.declare = [arguments, declare](Arguments& a) { declare(a, *arguments); };
    command.run = [arguments, run](const GlobalOptions& globals) {
        return run(globals, *arguments);
    };
    return command;
}

}  // namespace

Command request_withdraw_stake_command() {
    return stakes_command(
        "request-withdraw-stake", "unstake",
        "Ask for stakes back; they are paid an epoch or two on",
        [](Arguments& a, WithdrawArguments& arguments) {
            a.positionals("STAKE", arguments.ids, "Stakes, as `walrus list-staked` shows", false);
            a.value("--node-id", arguments.node, "NODE", "All own stakes on this node");
        },
        request_withdrawal);
}

Command withdraw_stake_command() {
    return stakes_command(
        "withdraw-stake", "withdraw", "Take out stakes, with what they earned",
        [](Arguments& a, WithdrawArguments& arguments) {
            a.positionals("STAKE", arguments.ids,
                          "Stakes (default: all whose withdrawal was requested and is due)", false);
        },
        withdraw);
}

Command list_staked_wal_command() {
    return stakes_command(
        "list-staked-wal", "list-staked", "List this account's stakes",
        [](Arguments& a, WithdrawArguments& arguments) {
            a.flag("--staked-only", arguments.staked_only, "Without those on their way out");
            a.flag("--withdrawing-only", arguments.withdrawing_only, "Only those on their way out");
            a.exclusive({"--staked-only", "--withdrawing-only"});
        },
        list_stakes);
}

std::vector<Command> node_ledger_commands() {
    std::vector<Command> out;
    out.push_back(own_node_command(
        "register", "Register a storage node on the ledger",
        [](Arguments& a, NodeArguments& arguments) {
            a.value("--name", arguments.name, "NAME", "At most 100 bytes");
            a.value("--address", arguments.address, "HOST:PORT", "Where clients reach the node");
            a.value("--protocol-key", arguments.protocol_key, "FILE", "The node's BLS key");
            a.value("--network-key", arguments.network_key, "FILE", "The node's TLS key (PEM)");
            declare_votes(a, arguments);
        },
        [](const GlobalOptions& globals, const NodeArguments& arguments) {
            return run_with_account(globals, [&](client::Client& client, client::Account account) {
                return register_node(client, std::move(account), arguments, globals.json);
            });
        }));
    out.push_back(own_node_command(
        "vote", "Change what a node votes for, and its commission",
        [](Arguments& a, NodeArguments& arguments) {
            a.value("--node-id", arguments.node, "NODE", "Which, if the account has several");
            declare_votes(a, arguments);
            a.flag("--update-prices", arguments.update_prices, "Prices follow the votes at once");
        },
        [](const GlobalOptions& globals, const NodeArguments& arguments) -> RunResult {
            ledger::NodeChanges changes;
            changes.storage_price =
                WALRUS_TRY(number_of("--storage-price", arguments.storage_price));
            changes.write_price = WALRUS_TRY(number_of("--write-price", arguments.write_price));
            changes.node_capacity = WALRUS_TRY(number_of("--node-capacity", arguments.capacity));
            changes.commission_rate = WALRUS_TRY(commission_of(arguments));
            changes.update_prices = arguments.update_prices;
            if (!changes.storage_price && !changes.write_price && !changes.node_capacity &&
                !changes.commission_rate && !changes.update_prices)
                return client::client_failure(ClientCode::Usage, "say what to vote for");
            return run_with_account(globals, [&](client::Client& client, client::Account account) {
                return vote(client, std::move(account), arguments, changes, globals.json);
            });
        }));
    out.push_back(own_node_command(
        "collect-commission", "Take out a node's commission",
        [](Arguments& a, NodeArguments& arguments) {
            a.value("--node-id", arguments.node, "NODE", "Which, if the account has several");
        },
        [](const GlobalOptions& globals, const NodeArguments& arguments) {
            return run_with_account(globals, [&](client::Client& client, client::Account account) {
                return collect(client, std::move(account), arguments, globals.json);
            });
        }));
    return out;
}

}  // namespace walrus::cli
