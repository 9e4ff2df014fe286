// SPDX-License-Identifier: Apache-2.0
// walrus extend: lets a certified blob live longer.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"

namespace walrus::cli {

namespace {

struct ExtendArguments {
    std::optional<std::string> object_id;
    std::optional<std::string> positional;
    std::optional<std::uint64_t> epochs;
    bool shared = false;
};

/// What is to be extended: an own Blob object, or a shared one.
struct Extended {
    ledger::Blob blob;
    ledger::ObjectRef own;
    ledger::SharedRef shared;
    Frost funds = 0;  ///< of a shared one
};

io::Task<ClientResult<Extended>> find(client::Client& client,
                                      std::shared_ptr<const client::NetworkView> view, ObjectId id,
                                      bool shared) {
    Extended out;
    if (!shared) {
        WALRUS_CO_TRY(own, co_await client::blob_object(client, view, id));
        out.blob = std::move(own.blob);
        out.own = own.ref;
        co_return out;
    }
    WALRUS_CO_TRY(object,
                  co_await client::object_of_type(client, view, id, "shared_blob", "SharedBlob"));
    WALRUS_CO_TRY(wrapped, client::decode_contents<ledger::SharedBlob>(object));
    WALRUS_CO_TRY(ref, client::shared_ref(object));
    out.blob = std::move(wrapped.blob);
    out.funds = wrapped.funds;
    out.shared = ref;
    co_return out;
}

io::Task<RunResult> extend(client::Client& client, client::Account account, ObjectId id,
                           std::uint32_t epochs, bool shared, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(object, co_await find(client, view, id, shared));
    const Epoch end = object.blob.storage.end_epoch;
    if (end <= view->epoch)
        co_return client::client_failure(
            ClientCode::NotFound,
            fmt::format("blob object {} ended in epoch {}", to_text(id), end));
    if (end - view->epoch + std::uint64_t{epochs} > view->epochs_ahead_max)
        co_return client::client_failure(
            ClientCode::Usage,
            fmt::format(
                "--epochs-extended {}: the end would be {} epochs ahead; this network sells "
                "at most {}",
                epochs, end - view->epoch + std::uint64_t{epochs}, view->epochs_ahead_max));
    const auto cost =
        ledger::extend_cost(object.blob.storage.storage_size, epochs, view->storage_price);
    if (!cost) co_return client::client_failure(ClientCode::Refused, "the price exceeds 64 bits");
    if (shared && object.funds < *cost)
        co_return client::client_failure(
            ClientCode::Funds,
            fmt::format("this costs {}, but the shared blob has {}: add some with `walrus "
                        "fund-shared-blob`",
                        client::format_wal(*cost), client::format_wal(object.funds)));
    if (!shared) {
        WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), *cost));
    }
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = shared ? ledger::extend_shared_blob(view->handles, options, object.shared, epochs)
                       : ledger::extend_blob(view->handles, options, object.own, epochs, *cost);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "extending blob object " + to_text(id)));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("epochsExtended").number(std::uint64_t{epochs});
        out.key("endEpoch").number(std::uint64_t{end} + epochs);
        out.key("cost").number(*cost);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: blob object {} lives until epoch {} (exclusive); cost {}{}\n",
                           to_text(id), end + epochs, client::format_wal(*cost),
                           shared ? " from its funds" : "");
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command extend_command() {
    auto arguments = std::make_shared<ExtendArguments>();
    Command command;
    command.name = "extend";
    command.help = "Extend the life of a blob object";
    command.examples =
        "  walrus extend --blob-obj-id 0x… --epochs-extended 5\n"
        "  walrus extend --blob-obj-id 0x… --shared --epochs-extended 5";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->positional, "Short for --blob-obj-id", false);
        a.value("--blob-obj-id,--object-id", arguments->object_id, "ID", "The blob object");
        a.number("--epochs-extended,--epochs", arguments->epochs, "How many epochs longer");
        a.flag("--shared", arguments->shared, "The object is a SharedBlob: its funds pay");
        a.require_one_of({"--epochs-extended"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const auto& text = arguments->object_id ? arguments->object_id : arguments->positional;
        if (!text)
            return client::client_failure(ClientCode::Usage,
                                          "name the blob object: --blob-obj-id ID");
        const ObjectId id = WALRUS_TRY(object_id_argument(*text));
        if (*arguments->epochs == 0 || *arguments->epochs > kMaxEpochsAheadLimit)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--epochs-extended {}: expected a number from 1 to {}",
                            *arguments->epochs, kMaxEpochsAheadLimit));
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return extend(client, std::move(account), id,
                          static_cast<std::uint32_t>(*arguments->epochs), arguments->shared,
                          globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
