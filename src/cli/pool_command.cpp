// SPDX-License-Identifier: Apache-2.0
// walrus pool …: storage pools, one reservation for many blobs.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"
#include "rpc/proof_client.hpp"

namespace walrus::cli {

namespace {

using View = std::shared_ptr<const client::NetworkView>;

struct PoolArguments {
    std::optional<std::string> pool;
    std::optional<std::uint64_t> bytes;
    std::optional<std::uint64_t> epochs;
    std::vector<std::string> blob_ids;
    bool blobs = false;
    bool yes = false;
};

struct Pool {
    ledger::Object object;
    ledger::StoragePoolInnerV1 inner;
};

ObjectId inner_id(const ObjectId& pool) {
    return ledger::dynamic_field_id(pool, ledger::primitive(ledger::TypeKind::U64),
                                    bcs::encode(ledger::kStoragePoolVersion));
}

io::Task<ClientResult<Pool>> with_inner(client::Client& client, ledger::Object object) {
    Pool out;
    const std::vector<ObjectId> ids = {inner_id(object.id)};
    auto answer = co_await client.ledger().objects(ids);
    if (!answer)
        co_return fail(client::from_rpc(answer.error(), "reading pool " + to_text(object.id)));
    if (answer->empty() || !answer->front())
        co_return client::client_failure(
            ClientCode::Refused,
            fmt::format("pool {} has another version than this program knows", to_text(object.id)));
    using Inner = ledger::Field<std::uint64_t, ledger::StoragePoolInnerV1>;
    WALRUS_CO_TRY(field, client::decode_contents<Inner>(*answer->front()));
    out.object = std::move(object);
    out.inner = std::move(field.value);
    co_return out;
}

io::Task<ClientResult<Pool>> find_pool(client::Client& client, View view, ObjectId id) {
    WALRUS_CO_TRY(object,
                  co_await client::object_of_type(client, view, id, "storage_pool", "StoragePool"));
    co_return co_await with_inner(client, std::move(object));
}

void write_pool(JsonWriter& out, const Pool& pool) {
    out.key("id").string(to_text(pool.object.id));
    out.key("startEpoch").number(std::uint64_t{pool.inner.storage.start_epoch});
    out.key("endEpoch").number(std::uint64_t{pool.inner.storage.end_epoch});
    out.key("capacity").number(pool.inner.storage.storage_size);
    out.key("used").number(pool.inner.used_encoded_bytes);
    out.key("available").number(pool.inner.storage.storage_size - pool.inner.used_encoded_bytes);
    out.key("blobCount").number(pool.inner.blob_count);
}

std::string describe(const Pool& pool) {
    const auto& storage = pool.inner.storage;
    return fmt::format(
        "Pool {}\n  Epochs:    {} to {} (exclusive)\n  Capacity:  {} ({} bytes)\n"
        "  Used:      {} ({} bytes) by {} blobs\n",
        to_text(pool.object.id), storage.start_epoch, storage.end_epoch,
        client::format_bytes(storage.storage_size), storage.storage_size,
        client::format_bytes(pool.inner.used_encoded_bytes), pool.inner.used_encoded_bytes,
        pool.inner.blob_count);
}

/// The blobs of a pool, found among all pooled blobs of the network.
io::Task<ClientResult<std::vector<ledger::PooledBlob>>> blobs_of(client::Client& client, View view,
                                                                 ObjectId pool) {
    std::vector<ledger::PooledBlob> out;
    chain::ObjectQuery query;
    query.what = chain::ObjectQuery::OfType{
        *ledger::parse_struct_tag(view->type_name("storage_pool", "PooledBlob"))};
    for (;;) {
        auto page = co_await rpc::ledger_objects(client.ledger(), query);
        if (!page) co_return fail(client::from_rpc(page.error(), "listing pooled blobs"));
        for (const ledger::Object& object : page->objects) {
            WALRUS_CO_TRY(blob, client::decode_contents<ledger::PooledBlob>(object));
            if (blob.storage_pool_id == pool) out.push_back(std::move(blob));
        }
        if (!page->next_page_token) co_return out;
        query.token = std::move(page->next_page_token);
    }
}

io::Task<RunResult> show(client::Client& client, ObjectId id, bool blobs, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    JsonWriter out;
    out.begin_object();
    write_pool(out, pool);
    std::string text = describe(pool);
    if (blobs) {
        WALRUS_CO_TRY(found, co_await blobs_of(client, view, id));
        std::vector<std::vector<std::string>> rows = {{"Blob id", "Size", "Certified", ""}};
        out.key("blobs").begin_array();
        for (const ledger::PooledBlob& blob : found) {
            out.begin_object();
            out.key("blobId").string(to_text(blob.blob_id));
            out.key("objectId").string(to_text(blob.id));
            out.key("size").number(blob.unencoded_size);
            out.key("certifiedEpoch");
            if (blob.certified_epoch)
                out.number(std::uint64_t{*blob.certified_epoch});
            else
                out.null();
            out.key("deletable").boolean(blob.deletable);
            out.end();
            rows.push_back({to_text(blob.blob_id), client::format_bytes(blob.unencoded_size),
                            blob.certified_epoch ? std::to_string(*blob.certified_epoch) : "no",
                            blob.deletable ? "deletable" : "permanent"});
        }
        out.end();
        text += format_table(rows);
    }
    out.end();
    const auto printed = print(json ? out.take() : text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> list(client::Client& client, client::Account account, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(objects, co_await client::owned_objects(client, view, account.address(),
                                                          "storage_pool", "StoragePool"));
    JsonWriter out;
    std::vector<std::vector<std::string>> rows = {{"Pool", "Ends", "Capacity", "Used", "Blobs"}};
    out.begin_array();
    for (ledger::Object& object : objects) {
        WALRUS_CO_TRY(pool, co_await with_inner(client, std::move(object)));
        out.begin_object();
        write_pool(out, pool);
        out.end();
        rows.push_back({to_text(pool.object.id), std::to_string(pool.inner.storage.end_epoch),
                        client::format_bytes(pool.inner.storage.storage_size),
                        client::format_bytes(pool.inner.used_encoded_bytes),
                        std::to_string(pool.inner.blob_count)});
    }
    out.end();
    const auto printed = print(json               ? out.take()
                               : rows.size() == 1 ? "The account has no storage pools.\n"
                                                  : format_table(rows));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

/// Prints the pool as it is after a change, and what the change cost.
io::Task<RunResult> show_after(client::Client& client, View view, ObjectId id, Frost cost,
                               bool json) {
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        write_pool(out, pool);
        out.key("cost").number(cost);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success, cost {}\n{}", client::format_wal(cost), describe(pool));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

ClientResult<Frost> price(const client::NetworkView& view, std::uint64_t bytes,
                          std::uint32_t epochs) {
    const auto cost = ledger::extend_cost(bytes, epochs, view.storage_price);
    if (cost) return *cost;
    return client::client_failure(ClientCode::Refused, "the price exceeds 64 bits");
}

io::Task<RunResult> create(client::Client& client, client::Account account, std::uint64_t bytes,
                           std::uint32_t epochs, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    if (epochs > view->epochs_ahead_max)
        co_return client::client_failure(
            ClientCode::Usage, fmt::format("--epochs {}: this network sells at most {}", epochs,
                                           view->epochs_ahead_max));
    WALRUS_CO_TRY(cost, price(*view, bytes, epochs));
    WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), cost));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::create_storage_pool(view->handles, options, bytes, epochs, cost);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "creating a storage pool"));
    const auto id = client::created_object(result, view->type_name("storage_pool", "StoragePool"));
    if (!id) co_return client::client_failure(ClientCode::Refused, "the ledger names no new pool");
    co_return co_await show_after(client, view, *id, cost, json);
}

/// By epochs, or by bytes for the rest of its life.
io::Task<RunResult> grow(client::Client& client, client::Account account, ObjectId id,
                         std::uint64_t bytes, std::uint32_t epochs, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    const Epoch end = pool.inner.storage.end_epoch;
    if (end <= view->epoch)
        co_return client::client_failure(
            ClientCode::NotFound, fmt::format("pool {} ended in epoch {}", to_text(id), end));
    const bool extends = epochs > 0;
    WALRUS_CO_TRY(cost, extends ? price(*view, pool.inner.storage.storage_size, epochs)
                                : price(*view, bytes, end - view->epoch));
    WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), cost));
    const auto options = client::transaction_options(client, *view, account.address());
    const ledger::ObjectRef ref = ledger::object_ref(pool.object);
    auto data = extends ? ledger::extend_storage_pool(view->handles, options, ref, epochs, cost)
                        : ledger::increase_storage_pool(view->handles, options, ref, bytes, cost);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "changing pool " + to_text(id)));
    co_return co_await show_after(client, view, id, cost, json);
}

io::Task<RunResult> shrink(client::Client& client, client::Account account, ObjectId id,
                           std::uint64_t bytes, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::decrease_storage_pool(view->handles, options,
                                              ledger::object_ref(pool.object), bytes);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "changing pool " + to_text(id)));
    co_return co_await show_after(client, view, id, 0, json);
}

io::Task<RunResult> drop_blobs(client::Client& client, client::Account account, ObjectId id,
                               std::vector<BlobId> blobs, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    const bool ended = pool.inner.storage.end_epoch <= view->epoch;
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::delete_pooled_blobs(view->handles, options, ledger::object_ref(pool.object),
                                            blobs, ended);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "deleting blobs of pool " + to_text(id)));
    co_return co_await show_after(client, view, id, 0, json);
}

io::Task<RunResult> destroy(client::Client& client, client::Account account, ObjectId id,
                            bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(pool, co_await find_pool(client, view, id));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data =
        ledger::destroy_storage_pool(view->handles, options, ledger::object_ref(pool.object));
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "destroying pool " + to_text(id)));
    const ObjectId storage = pool.inner.storage.id;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("id").string(to_text(id));
        out.key("storageId").string(to_text(storage));
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: pool {} destroyed; its storage came back as {}\n", to_text(id),
                           to_text(storage));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

ClientResult<std::uint64_t> size_of(const PoolArguments& arguments) {
    if (*arguments.bytes > 0) return *arguments.bytes;
    return client::client_failure(ClientCode::Usage, "--size 0: expected a number of bytes");
}
ClientResult<std::uint32_t> epochs_of(const PoolArguments& arguments) {
    if (*arguments.epochs > 0 && *arguments.epochs <= kMaxEpochsAheadLimit)
        return static_cast<std::uint32_t>(*arguments.epochs);
    return client::client_failure(ClientCode::Usage,
                                  fmt::format("--epochs {}: expected a number from 1 to {}",
                                              *arguments.epochs, kMaxEpochsAheadLimit));
}

RunResult run_create(const GlobalOptions& globals, const PoolArguments& arguments) {
    const std::uint64_t bytes = WALRUS_TRY(size_of(arguments));
    const std::uint32_t epochs = WALRUS_TRY(epochs_of(arguments));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return create(client, std::move(account), bytes, epochs, globals.json);
    });
}

RunResult run_list(const GlobalOptions& globals) {
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return list(client, std::move(account), globals.json);
    });
}

RunResult run_show(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    return run_with_client(globals, [&](client::Client& client) {
        return show(client, id, arguments.blobs, globals.json);
    });
}

RunResult run_extend(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    const std::uint32_t epochs = WALRUS_TRY(epochs_of(arguments));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return grow(client, std::move(account), id, 0, epochs, globals.json);
    });
}

RunResult run_increase(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    const std::uint64_t bytes = WALRUS_TRY(size_of(arguments));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return grow(client, std::move(account), id, bytes, 0, globals.json);
    });
}

RunResult run_decrease(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    const std::uint64_t bytes = WALRUS_TRY(size_of(arguments));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return shrink(client, std::move(account), id, bytes, globals.json);
    });
}

RunResult run_delete_blobs(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    std::vector<BlobId> blobs;
    for (const std::string& text : arguments.blob_ids)
        blobs.push_back(WALRUS_TRY(blob_id_argument(text)));
    if (!confirmed(globals, arguments.yes,
                   fmt::format("Delete {} blobs of pool {}?", blobs.size(), to_text(id))))
        return 1;
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return drop_blobs(client, std::move(account), id, blobs, globals.json);
    });
}

RunResult run_destroy(const GlobalOptions& globals, const PoolArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.pool));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return destroy(client, std::move(account), id, globals.json);
    });
}

Command child(std::string name, std::string help, std::function<void(Arguments&)> declare,
              std::function<RunResult(const GlobalOptions&)> run) {
    Command command;
    command.name = std::move(name);
    command.help = std::move(help);
    command.declare = std::move(declare);
    command.run = std::move(run);
    return command;
}

}  // namespace

Command pool_command() {
    auto arguments = std::make_shared<PoolArguments>();
    Command command;
    command.name = "pool";
    command.help = "Storage pools: one reservation for many blobs";
    command.examples =
        "  walrus pool create --size 1000000000 --epochs 10\n"
        "  walrus pool extend 0x… --epochs 5";
    const auto pool = [arguments](Arguments& a) {
        a.positional("POOL_ID", arguments->pool, "The pool", true);
    };
    const auto size = [arguments](Arguments& a) {
        a.number("--size", arguments->bytes, "Bytes, of encoded blobs");
        a.require_one_of({"--size"});
    };
    const auto epochs = [arguments](Arguments& a) {
        a.number("--epochs", arguments->epochs, "How many epochs");
        a.require_one_of({"--epochs"});
    };
    command.children.push_back(child(
        "create", "Buy a pool",
        [size, epochs](Arguments& a) {
            size(a);
            epochs(a);
        },
        [arguments](const GlobalOptions& g) { return run_create(g, *arguments); }));
    command.children.push_back(child("list", "List the account's pools", {}, run_list));
    command.children.push_back(child(
        "show", "Show a pool",
        [pool, arguments](Arguments& a) {
            pool(a);
            a.flag("--blobs", arguments->blobs, "Also its blobs");
        },
        [arguments](const GlobalOptions& g) { return run_show(g, *arguments); }));
    command.children.push_back(child(
        "extend", "Let a pool and all its blobs live longer",
        [pool, epochs](Arguments& a) {
            pool(a);
            epochs(a);
        },
        [arguments](const GlobalOptions& g) { return run_extend(g, *arguments); }));
    command.children.push_back(child(
        "increase", "Buy more bytes for the rest of a pool's life",
        [pool, size](Arguments& a) {
            pool(a);
            size(a);
        },
        [arguments](const GlobalOptions& g) { return run_increase(g, *arguments); }));
    command.children.push_back(child(
        "decrease", "Take unused bytes out as a storage of their own",
        [pool, size](Arguments& a) {
            pool(a);
            size(a);
        },
        [arguments](const GlobalOptions& g) { return run_decrease(g, *arguments); }));
    command.children.push_back(child(
        "delete-blobs", "Delete blobs of a pool; of one that has ended, also permanent ones",
        [pool, arguments](Arguments& a) {
            pool(a);
            a.list("--blob-ids,--blob-id", arguments->blob_ids, "ID", "Which blobs");
            a.require_one_of({"--blob-ids"});
            a.flag("--yes,-y", arguments->yes, "Do not ask");
        },
        [arguments](const GlobalOptions& g) { return run_delete_blobs(g, *arguments); }));
    command.children.push_back(
        child("destroy", "Give up an empty pool and get its storage back", pool,
              [arguments](const GlobalOptions& g) { return run_destroy(g, *arguments); }));
    return command;
}

}  // namespace walrus::cli
