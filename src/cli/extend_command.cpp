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
};

io::Task<RunResult> extend(client::Client& client, client::Account account, ObjectId id,
                           std::uint32_t epochs, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(object, co_await client::blob_object(client, view, id));
    const Epoch end = object.blob.storage.end_epoch;
    if (!object.is_valid(view->epoch))
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
    WALRUS_CO_TRY(have, co_await client::balance(client, account.address(), view->wal_type));
    if (have < *cost)
        co_return client::client_failure(
            ClientCode::Funds,
            fmt::format("this costs {}, but {} has {}", client::format_wal(*cost),
                        to_text(account.address()), client::format_wal(have)));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::extend_blob(view->handles, options, object.ref, epochs, *cost);
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
        text = fmt::format("Success: blob object {} lives until epoch {} (exclusive); cost {}\n",
                           to_text(id), end + epochs, client::format_wal(*cost));
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
    command.examples = "  walrus extend --blob-obj-id 0x… --epochs-extended 5";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->positional, "Short for --blob-obj-id", false);
        a.value("--blob-obj-id,--object-id", arguments->object_id, "ID", "The blob object");
        a.number("--epochs-extended,--epochs", arguments->epochs, "How many epochs longer");
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
                          static_cast<std::uint32_t>(*arguments->epochs), globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
