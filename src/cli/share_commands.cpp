// SPDX-License-Identifier: Apache-2.0
// walrus share, fund-shared-blob: blobs that anyone can pay for.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"

namespace walrus::cli {

namespace {

struct ShareArguments {
    std::optional<std::string> object;
    std::optional<std::string> positional;
    std::optional<std::string> amount;
};

ClientResult<ObjectId> object_of(const ShareArguments& arguments, const char* option) {
    const auto& text = arguments.object ? arguments.object : arguments.positional;
    if (!text)
        return client::client_failure(ClientCode::Usage,
                                      fmt::format("name the object: {} ID", option));
    return object_id_argument(*text);
}

ClientResult<Frost> amount_of(const std::string& text) {
    const auto amount = client::parse_amount(text);
    if (amount) return *amount;
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("--amount {}: expected a whole number of FROST, or like 1.5WAL", text));
}

io::Task<RunResult> share(client::Client& client, client::Account account, ObjectId id,
                          Frost amount, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(object, co_await client::blob_object(client, view, id));
    if (!object.blob.certified_epoch)
        co_return client::client_failure(
            ClientCode::Usage,
            fmt::format("blob object {} is not certified, and nobody could certify it once it is "
                        "shared",
                        to_text(id)));
    WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), amount));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::share_blob(view->handles, options, object.ref, amount);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "sharing blob object " + to_text(id)));
    const auto shared =
        client::created_object(result, view->type_name("shared_blob", "SharedBlob"));
    if (!shared)
        co_return client::client_failure(ClientCode::Refused,
                                         "the ledger names no new SharedBlob object");
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("sharedBlobObjectId").string(to_text(*shared));
        out.key("amount").number(amount);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: blob object {} is shared for good, as {}, with {}\n",
                           to_text(id), to_text(*shared), client::format_wal(amount));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> fund(client::Client& client, client::Account account, ObjectId id, Frost amount,
                         bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(object,
                  co_await client::object_of_type(client, view, id, "shared_blob", "SharedBlob"));
    WALRUS_CO_TRY(shared, client::decode_contents<ledger::SharedBlob>(object));
    WALRUS_CO_TRY(ref, client::shared_ref(object));
    WALRUS_CO_CHECK_OK(co_await client::check_wal(client, view, account.address(), amount));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::fund_shared_blob(view->handles, options, ref, amount);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "funding shared blob " + to_text(id)));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("amount").number(amount);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: shared blob {} has {} now\n", to_text(id),
                           client::format_wal(shared.funds + amount));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command share_command() {
    auto arguments = std::make_shared<ShareArguments>();
    Command command;
    command.name = "share";
    command.help = "Share a blob object, for good: anyone can fund and extend it";
    command.examples =
        "  walrus share --blob-obj-id 0x… --amount 1WAL\n"
        "Nobody can take the blob or its funds back, delete it or change its attributes.";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->positional, "Short for --blob-obj-id", false);
        a.value("--blob-obj-id,--object-id", arguments->object, "ID", "The blob object");
        a.value("--amount", arguments->amount, "AMOUNT", "Its first funds (default 0)");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const ObjectId id = WALRUS_TRY(object_of(*arguments, "--blob-obj-id"));
        const Frost amount = WALRUS_TRY(amount_of(arguments->amount.value_or("0")));
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return share(client, std::move(account), id, amount, globals.json);
        });
    };
    return command;
}

Command fund_shared_blob_command() {
    auto arguments = std::make_shared<ShareArguments>();
    Command command;
    command.name = "fund-shared-blob";
    command.aliases = {"fund-shared"};
    command.help = "Add WAL to the funds of a shared blob";
    command.examples =
        "  walrus fund-shared-blob --shared-blob-obj-id 0x… --amount 1WAL\n"
        "  walrus extend --blob-obj-id 0x… --shared --epochs-extended 5";
    command.declare = [arguments](Arguments& a) {
        a.positional("OBJECT_ID", arguments->positional, "Short for --shared-blob-obj-id", false);
        a.value("--shared-blob-obj-id,--object-id", arguments->object, "ID", "The shared blob");
        a.value("--amount", arguments->amount, "AMOUNT", "FROST, or like 1.5WAL");
        a.require_one_of({"--amount"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        const ObjectId id = WALRUS_TRY(object_of(*arguments, "--shared-blob-obj-id"));
        const Frost amount = WALRUS_TRY(amount_of(*arguments->amount));
        if (amount == 0)
            return client::client_failure(ClientCode::Usage, "--amount 0: nothing to add");
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return fund(client, std::move(account), id, amount, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
