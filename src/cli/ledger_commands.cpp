// SPDX-License-Identifier: Apache-2.0
// walrus ledger status, object, objects, tx, events, committee, proof.
#include "cli/ledger_commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/block.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/epochs.hpp"
#include "rpc/proof_client.hpp"

namespace walrus::cli {
namespace {

constexpr std::uint64_t kPageMax = 1000;

struct QueryArguments {
    std::optional<std::string> id;
    std::optional<std::string> type;
    std::optional<std::string> cursor;
    std::optional<std::uint64_t> limit;
};
struct ProofArguments {
    std::optional<std::string> object;
    std::optional<std::string> balance;
    std::optional<std::string> coin;
    std::optional<std::string> parameter;
    std::optional<std::string> transaction;
    std::optional<std::string> event;
    std::optional<std::string> out;
};

ClientResult<TransactionDigest> digest_argument(const std::string& text) {
    const auto digest = parse_transaction_digest(text);
    if (!digest)
        return client::client_failure(
            ClientCode::Usage, fmt::format("\"{}\" is not a transaction digest (base58)", text));
    return *digest;
}

// ---- status ------------------------------------------------------------------------------------

std::string status_json(const rpc::LedgerStatus& status) {
    JsonWriter out;
    out.begin_object();
    out.key("chainId").string(to_text(status.chain_id));
    out.key("nextBlock").number(status.next_seq);
    out.key("timeMs").number(status.time_ms);
    out.key("epoch").number(std::uint64_t{status.epoch});
    out.key("sequencerKey").string(base64_encode(status.sequencer_key));
    if (status.header) {
        const chain::BlockHeader& header = status.header->header;
        out.key("blockDigest").string(hex_encode(chain::block_digest(header).view()));
        out.key("appHash").string(hex_encode(chain::app_hash(status.chain_id, header).view()));
        out.key("stateRoot").string(hex_encode(header.summary.state_root.view()));
        out.key("historyRoot").string(hex_encode(header.history_root.view()));
        out.key("committeeDigest").string(hex_encode(header.committee_digest.view()));
    }
    out.end();
    return out.take();
}

std::string status_text(const rpc::LedgerStatus& status) {
    std::string out = fmt::format(
        "Chain:            {}\nNext block:       {}\nTime:             {}\nEpoch:            {}\n"
        "Sequencer key:    {}\n",
        to_text(status.chain_id), status.next_seq, client::format_time_ms(status.time_ms),
        status.epoch, base64_encode(status.sequencer_key));
    if (status.header) {
        const chain::BlockHeader& header = status.header->header;
        out += fmt::format(
            "Block digest:     {}\nApp hash:         {}\nState root:       {}\n"
            "History root:     {}\nCommittee digest: {}\n",
            hex_encode(chain::block_digest(header).view()),
            hex_encode(chain::app_hash(status.chain_id, header).view()),
            hex_encode(header.summary.state_root.view()), hex_encode(header.history_root.view()),
            hex_encode(header.committee_digest.view()));
    }
    return out;
}

io::Task<RunResult> show_status(client::Client& client, bool json) {
    auto status = co_await rpc::ledger_status(client.ledger());
    if (!status) co_return fail(client::from_rpc(status.error(), "reading the ledger's status"));
    const auto printed = print(json ? status_json(*status) : status_text(*status));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

// ---- object, transaction -----------------------------------------------------------------------

std::string owner_text(const ledger::Owner& owner) {
    if (const auto* address = std::get_if<ledger::AddressOwner>(&owner))
        return to_text(address->address);
    if (const auto* parent = std::get_if<ledger::ObjectOwner>(&owner))
        return "object " + to_text(parent->parent);
    if (const auto* shared = std::get_if<ledger::SharedOwner>(&owner))
        return fmt::format("shared since version {}", shared->initial_version);
    return "immutable";
}

io::Task<RunResult> show_object(client::Client& client, ObjectId id, bool json) {
    std::vector<ObjectId> ids{id};
    auto found = co_await client.ledger().objects(std::move(ids));
    if (!found) co_return fail(client::from_rpc(found.error(), "reading the object"));
    if (!found->at(0))
        co_return client::client_failure(ClientCode::NotFound,
                                         fmt::format("there is no object {}", to_text(id)));
    const ledger::Object& object = *found->at(0);
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("id").string(to_text(object.id));
        out.key("version").number(object.version);
        out.key("owner").string(owner_text(object.owner));
        out.key("type").string(to_text(object.type));
        out.key("previousTransaction").string(to_text(object.previous_transaction));
        out.key("digest").string(base58_encode(object.digest().view()));
        out.key("contents").string(hex_encode(object.contents));
        out.end();
        text = out.take();
    } else {
        text = fmt::format(
            "Object:      {}\nVersion:     {}\nOwner:       {}\nType:        {}\nTransaction: {}\n"
            "Digest:      {}\nContents:    {}\n",
            to_text(object.id), object.version, owner_text(object.owner), to_text(object.type),
            to_text(object.previous_transaction), base58_encode(object.digest().view()),
            hex_encode(object.contents));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

const char* operation_text(rpc::ChangedObject::Operation operation) {
    switch (operation) {
        case rpc::ChangedObject::Operation::None:
            return "changed";
        case rpc::ChangedObject::Operation::Created:
            return "created";
        case rpc::ChangedObject::Operation::Deleted:
            return "deleted";
    }
    return "";
}

std::string transaction_json(const rpc::TransactionResult& result) {
    JsonWriter out;
    out.begin_object();
    out.key("digest").string(to_text(result.digest));
    out.key("status").string(result.failure ? "failure" : "success");
    if (result.failure) out.key("error").string(result.failure->description);
    out.key("epoch").number(std::uint64_t{result.epoch});
    if (result.checkpoint) out.key("block").number(*result.checkpoint);
    out.key("timeMs").number(result.timestamp_ms);
    out.key("changedObjects").begin_array();
    for (const rpc::ChangedObject& object : result.changed_objects) {
        out.begin_object();
        out.key("id").string(to_text(object.id));
        out.key("operation").string(operation_text(object.operation));
        if (object.type) out.key("type").string(*object.type);
        out.key("version").number(object.output_version);
        out.end();
    }
    out.end();
    out.end();
    return out.take();
}

std::string transaction_text(const rpc::TransactionResult& result) {
    std::string out = fmt::format(
        "Transaction: {}\nStatus:      {}\nEpoch:       {}\nBlock:       {}\n"
        "Time:        {}\n",
        to_text(result.digest),
        result.failure ? "failed: " + result.failure->description : "success", result.epoch,
        result.checkpoint ? std::to_string(*result.checkpoint) : "?",
        client::format_time_ms(result.timestamp_ms));
    std::vector<std::vector<std::string>> rows = {{"", "Object", "Version", "Type"}};
    for (const rpc::ChangedObject& object : result.changed_objects)
        rows.push_back({operation_text(object.operation), to_text(object.id),
                        std::to_string(object.output_version), object.type.value_or("")});
    if (rows.size() > 1) out += format_table(rows);
    return out;
}

io::Task<RunResult> show_transaction(client::Client& client, TransactionDigest digest, bool json) {
    auto result = co_await client.ledger().transaction(digest);
    if (!result) co_return fail(client::from_rpc(result.error(), "reading the transaction"));
    const auto printed = print(json ? transaction_json(*result) : transaction_text(*result));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

// ---- events ------------------------------------------------------------------------------------

std::string events_json(const rpc::EventList& list) {
    JsonWriter out;
    out.begin_object();
    out.key("events").begin_array();
    for (const rpc::ListedEvent& event : list.events) {
        out.begin_object();
        out.key("block").number(event.seq);
        out.key("timeMs").number(event.time_ms);
        out.key("transaction").string(to_text(event.transaction));
        out.key("index").number(std::uint64_t{event.index});
        out.key("type").string(event.type);
        out.key("contents").string(hex_encode(event.contents));
        out.end();
    }
    out.end();
    out.key("cursor").string(hex_encode(list.cursor));
    out.key("more").boolean(list.more);
    out.end();
    return out.take();
}

/// "events::BlobRegistered" of "0x…::events::BlobRegistered".
std::string short_type(const std::string& type) {
    const std::size_t at = type.find("::");
    return at == std::string::npos ? type : type.substr(at + 2);
}

std::string events_text(const rpc::EventList& list) {
    std::vector<std::vector<std::string>> rows = {{"Block", "Time", "Transaction", "#", "Type"}};
    for (const rpc::ListedEvent& event : list.events)
        rows.push_back({std::to_string(event.seq), client::format_time_ms(event.time_ms),
                        to_text(event.transaction), std::to_string(event.index),
                        short_type(event.type)});
    std::string out = format_table(rows);
    out += fmt::format("{}: --cursor {}\n", list.more ? "more" : "later ones",
                       hex_encode(list.cursor));
    return out;
}

io::Task<RunResult> show_events(client::Client& client, std::string type, Bytes cursor,
                                std::uint32_t limit, bool json) {
    // "BlobCertified" is one of the package's own.
    if (!type.empty() && type.find("::") == std::string::npos) {
        WALRUS_CO_TRY(view, co_await client.network());
        type = to_text(view->handles.package) + "::events::" + type;
    }
    auto list =
        co_await rpc::ledger_events(client.ledger(), std::move(type), std::move(cursor), limit);
    if (!list) co_return fail(client::from_rpc(list.error(), "reading events"));
    const auto printed = print(json ? events_json(*list) : events_text(*list));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

// ---- lists of objects, committees --------------------------------------------------------------

struct ObjectsArguments {
    std::optional<std::string> type;
    std::optional<std::string> blob_id;
    std::optional<std::uint64_t> ending_by;
    std::optional<std::string> cursor;
    std::optional<std::uint64_t> limit;
};

ClientResult<chain::ObjectQuery> object_query(const ObjectsArguments& arguments) {
    chain::ObjectQuery out;
    const std::uint64_t limit = arguments.limit.value_or(0);
    if (limit > kPageMax)
        return client::client_failure(ClientCode::Usage,
                                      fmt::format("--limit {}: at most {}", limit, kPageMax));
    out.page_size = static_cast<std::uint32_t>(limit);
    if (arguments.cursor) {
        out.token = hex_decode(*arguments.cursor);
        if (!out.token)
            return client::client_failure(ClientCode::Usage, "--cursor: expected hexadecimal");
    }
    if (arguments.blob_id) {
        out.what = chain::ObjectQuery::OfBlob{WALRUS_TRY(blob_id_argument(*arguments.blob_id))};
    } else if (arguments.ending_by) {
        const auto epoch = std::min<std::uint64_t>(*arguments.ending_by, 0xffffffff);
        out.what = chain::ObjectQuery::EndingBy{static_cast<Epoch>(epoch)};
    } else {
        auto type = ledger::parse_struct_tag(*arguments.type);
        if (!type)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--type {}: expected 0x…::module::Name", *arguments.type));
        out.what = chain::ObjectQuery::OfType{std::move(*type)};
    }
    return out;
}

io::Task<RunResult> show_objects(client::Client& client, chain::ObjectQuery query, bool json) {
    const bool blobs = !std::holds_alternative<chain::ObjectQuery::OfType>(query.what);
    auto page = co_await rpc::ledger_objects(client.ledger(), std::move(query));
    if (!page) co_return fail(client::from_rpc(page.error(), "listing objects"));
    JsonWriter out;
    out.begin_object().key("objects").begin_array();
    std::vector<std::vector<std::string>> rows;
    rows.push_back(blobs ? std::vector<std::string>{"Object", "Blob id", "Ends", "Certified", ""}
                         : std::vector<std::string>{"Object", "Version", "Owner"});
    for (const ledger::Object& object : page->objects) {
        const ObjectId package{object.type.address.bytes};
        const auto blob = blobs ? chain::blob_in(object, package) : std::nullopt;
        if (blob) {
            // A shared blob is named by the object that wraps it.
            const bool shared = blob->id != object.id;
            if (shared) {
                out.begin_object().key("sharedBlobObjectId").string(to_text(object.id));
                out.key("blob");
            }
            write_blob_object(out, *blob);
            if (shared) out.end();
            const std::string kind = blob->deletable ? "deletable" : "permanent";
            rows.push_back({to_text(object.id), to_text(blob->blob_id),
                            std::to_string(blob->storage.end_epoch),
                            blob->certified_epoch ? std::to_string(*blob->certified_epoch) : "no",
                            shared ? kind + ", shared" : kind});
            continue;
        }
        out.begin_object();
        out.key("id").string(to_text(object.id));
        out.key("version").number(object.version);
        out.key("owner").string(owner_text(object.owner));
        out.end();
        rows.push_back(
            {to_text(object.id), std::to_string(object.version), owner_text(object.owner)});
    }
    out.end();
    std::string text = format_table(rows);
    if (page->next_page_token) {
        out.key("cursor").string(hex_encode(*page->next_page_token));
        text += fmt::format("more: --cursor {}\n", hex_encode(*page->next_page_token));
    }
    out.end();
    const auto printed = print(json ? out.take() : text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

Command objects_command() {
    auto arguments = std::make_shared<ObjectsArguments>();
    Command command;
    command.name = "objects";
    command.help = "List objects by type, blob id or end epoch";
    command.examples =
        "  walrus ledger objects --blob-id ZBf…        # the best certified first\n"
        "  walrus ledger objects --ending-by 12\n"
        "  walrus ledger objects --type 0x…::staking_pool::StakingPool";
    command.declare = [arguments](Arguments& a) {
        a.value("--type", arguments->type, "TYPE",
                "Objects of this type that nobody's address owns");
        a.value("--blob-id", arguments->blob_id, "ID", "Blob objects of this blob");
        a.number("--ending-by", arguments->ending_by,
                 "Blob objects that end in this epoch or before");
        a.exclusive({"--type", "--blob-id", "--ending-by"});
        a.require_one_of({"--type", "--blob-id", "--ending-by"});
        a.value("--cursor", arguments->cursor, "HEX", "Go on behind an earlier page");
        a.number("--limit", arguments->limit, "At most so many (default 50, at most 1000)");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const chain::ObjectQuery query = WALRUS_TRY(object_query(*arguments));
        return run_with_client(globals, [&](client::Client& client) {
            return show_objects(client, query, globals.json);
        });
    };
    return command;
}

io::Task<RunResult> show_committee(client::Client& client, std::optional<Epoch> epoch, bool json) {
    if (!epoch) {
        auto status = co_await rpc::ledger_status(client.ledger());
        if (!status)
            co_return fail(client::from_rpc(status.error(), "reading the ledger's status"));
        epoch = status->epoch;
    }
    auto record = co_await rpc::ledger_committee(client.ledger(), *epoch);
    if (!record) co_return fail(client::from_rpc(record.error(), "reading the committee"));
    const std::string digest = hex_encode(proof::committee_digest(*record).view());
    JsonWriter out;
    out.begin_object();
    out.key("epoch").number(std::uint64_t{record->epoch});
    out.key("digest").string(digest);
    out.key("members").begin_array();
    std::vector<std::vector<std::string>> rows = {{"Node", "Shards", "Key"}};
    for (const proof::CommitteeEntry& member : record->members) {
        out.begin_object();
        out.key("node").string(to_text(member.node));
        out.key("key").string(base64_encode(member.key));
        out.key("shards").begin_array();
        for (const std::uint16_t shard : member.shards) out.number(std::uint64_t{shard});
        out.end();
        out.end();
        rows.push_back({to_text(member.node), std::to_string(member.shards.size()),
                        base64_encode(member.key)});
    }
    out.end().end();
    const auto printed =
        print(json ? out.take()
                   : fmt::format("Committee of epoch {}, digest {}\n", record->epoch, digest) +
                         format_table(rows));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

Command committee_command() {
    struct CommitteeArguments {
        std::optional<std::uint64_t> epoch;
    };
    auto arguments = std::make_shared<CommitteeArguments>();
    Command command;
    command.name = "committee";
    command.help = "Show the storage committee of an epoch";
    command.declare = [arguments](Arguments& a) {
        a.number("--epoch", arguments->epoch, "The epoch (default: the current one)");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        std::optional<Epoch> epoch;
        if (arguments->epoch) {
            if (*arguments->epoch > 0xffffffff)
                return client::client_failure(ClientCode::Usage, "--epoch: too large");
            epoch = static_cast<Epoch>(*arguments->epoch);
        }
        return run_with_client(globals, [&](client::Client& client) {
            return show_committee(client, epoch, globals.json);
        });
    };
    return command;
}

// ---- proof -------------------------------------------------------------------------------------

ClientResult<proof::Subject> subject_of(const ProofArguments& arguments) {
    proof::Subject out;
    if (arguments.object) {
        const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.object));
        out.id = Digest::from(id.view());
    } else if (arguments.balance) {
        const Address address = WALRUS_TRY(address_argument(*arguments.balance));
        out.claim = proof::Claim::Balance;
        out.id = Digest::from(address.view());
    } else if (arguments.parameter) {
        out.claim = proof::Claim::Parameter;
        out.name = *arguments.parameter;
    } else if (arguments.transaction) {
        const TransactionDigest digest = WALRUS_TRY(digest_argument(*arguments.transaction));
        out.claim = proof::Claim::Effects;
        out.id = Digest::from(digest.view());
    } else {
        const std::string& text = *arguments.event;
        const std::size_t colon = text.find(':');
        const auto index =
            colon == std::string::npos ? std::nullopt : parse_u64(text.substr(colon + 1));
        if (!index || *index > 0xffffffff)
            return client::client_failure(ClientCode::Usage,
                                          fmt::format("--event {}: expected DIGEST:INDEX", text));
        const TransactionDigest digest = WALRUS_TRY(digest_argument(text.substr(0, colon)));
        out.claim = proof::Claim::Event;
        out.id = Digest::from(digest.view());
        out.event_index = static_cast<std::uint32_t>(*index);
    }
    return out;
}

io::Task<RunResult> fetch_proof(client::Client& client, proof::Subject subject, std::string coin,
                                std::string path, bool json) {
    if (subject.claim == proof::Claim::Balance) {
        if (coin == "wal") {
            WALRUS_CO_TRY(view, co_await client.network());
            coin = view->wal_type;
        } else if (coin == "sui") {
            coin = to_text(ledger::sui_type());
        }
        const auto type = ledger::parse_type_tag(coin);
        if (!type)
            co_return client::client_failure(
                ClientCode::Usage, fmt::format("--coin {}: expected wal, sui or a type", coin));
        subject.coin_type = bcs::encode(*type);
    }
    auto status = co_await rpc::ledger_status(client.ledger());
    if (!status) co_return fail(client::from_rpc(status.error(), "reading the ledger's status"));
    auto file = co_await rpc::ledger_proof(client.ledger(), std::move(subject));
    if (!file) co_return fail(client::from_rpc(file.error(), "asking for the proof"));
    // What would not hold with the key that this ledger names is not worth keeping.
    proof::Trust trust;
    trust.sequencer = status->sequencer_key;
    trust.chain = status->chain_id;
    auto checked = proof::verify_proof(*file, trust);
    if (!checked) co_return client::client_failure(ClientCode::Integrity, checked.error().message);
    const auto written = client.environment().files.write_file(path, *file);
    if (!written) co_return fail(client::from_io(written.error(), "writing the proof"));
    const auto printed =
        print(json ? proof_json(*checked)
                   : fmt::format("{}file: {} ({} bytes); check it with\n  walrus ledger verify {} "
                                 "--trust {}\n",
                                 proof_text(*checked), path, file->size(), path,
                                 base64_encode(trust.sequencer)));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

Command proof_command() {
    auto arguments = std::make_shared<ProofArguments>();
    Command command;
    command.name = "proof";
    command.help = "Get a proof file about an object, a balance, an event or a transaction";
    command.examples =
        "  walrus ledger proof --object 0x5f2a…      # proves the absence where there is none\n"
        "  walrus ledger proof --balance 0x91c0… --coin wal --out balance.wproof\n"
        "  walrus ledger proof --event 8kQZ…:0";
    command.declare = [arguments](Arguments& a) {
        a.value("--object", arguments->object, "ID", "An object, or that there is none");
        a.value("--balance", arguments->balance, "ADDRESS", "An account's balance");
        a.value("--parameter", arguments->parameter, "NAME", "A value, e.g. wal_supply");
        a.value("--tx", arguments->transaction, "DIGEST", "A transaction's effects");
        a.value("--event", arguments->event, "DIGEST:INDEX", "An event of a transaction");
        a.exclusive({"--object", "--balance", "--parameter", "--tx", "--event"});
        a.require_one_of({"--object", "--balance", "--parameter", "--tx", "--event"});
        a.value("--coin", arguments->coin, "COIN", "wal (default), sui or a type");
        a.value("--out", arguments->out, "FILE", "Where to write it (default proof.wproof)");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const proof::Subject subject = WALRUS_TRY(subject_of(*arguments));
        return run_with_client(globals, [&](client::Client& client) {
            return fetch_proof(client, subject, arguments->coin.value_or("wal"),
                               arguments->out.value_or("proof.wproof"), globals.json);
        });
    };
    return command;
}

Command events_command() {
    auto arguments = std::make_shared<QueryArguments>();
    Command command;
    command.name = "events";
    command.help = "List events in the order of the ledger";
    command.examples = "  walrus ledger events --type BlobCertified --limit 100";
    command.declare = [arguments](Arguments& a) {
        a.value("--type", arguments->type, "TYPE",
                "Only this type: 0x…::events::Name, or the name of one of Walrus's events");
        a.value("--cursor", arguments->cursor, "HEX", "Go on behind an earlier page");
        a.number("--limit", arguments->limit, "At most so many (default 50, at most 1000)");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const auto cursor = hex_decode(arguments->cursor.value_or(""));
        if (!cursor)
            return client::client_failure(ClientCode::Usage, "--cursor: expected hexadecimal");
        const std::uint64_t limit = arguments->limit.value_or(0);
        if (limit > kPageMax)
            return client::client_failure(ClientCode::Usage,
                                          fmt::format("--limit {}: at most {}", limit, kPageMax));
        return run_with_client(globals, [&](client::Client& client) {
            return show_events(client, arguments->type.value_or(""), *cursor,
                               static_cast<std::uint32_t>(limit), globals.json);
        });
    };
    return command;
}

}  // namespace

std::vector<Command> ledger_query_commands() {
    Command status;
    status.name = "status";
    status.help = "Show how far the ledger is, its roots and its sequencer's key";
    status.run = [](const GlobalOptions& globals) {
        return run_with_client(
            globals, [&](client::Client& client) { return show_status(client, globals.json); });
    };

    auto object_arguments = std::make_shared<QueryArguments>();
    Command object;
    object.name = "object";
    object.help = "Show an object";
    object.declare = [object_arguments](Arguments& a) {
        a.positional("ID", object_arguments->id, "The object's id", true);
    };
    object.run = [object_arguments](const GlobalOptions& globals) -> RunResult {
        const ObjectId id = WALRUS_TRY(object_id_argument(*object_arguments->id));
        return run_with_client(
            globals, [&](client::Client& client) { return show_object(client, id, globals.json); });
    };

    auto tx_arguments = std::make_shared<QueryArguments>();
    Command transaction;
    transaction.name = "tx";
    transaction.help = "Show what a transaction did";
    transaction.declare = [tx_arguments](Arguments& a) {
        a.positional("DIGEST", tx_arguments->id, "The transaction's digest", true);
    };
    transaction.run = [tx_arguments](const GlobalOptions& globals) -> RunResult {
        const TransactionDigest digest = WALRUS_TRY(digest_argument(*tx_arguments->id));
        return run_with_client(globals, [&](client::Client& client) {
            return show_transaction(client, digest, globals.json);
        });
    };
    return {status,         object,           objects_command(),
            transaction,    events_command(), committee_command(),
            proof_command()};
}

}  // namespace walrus::cli
