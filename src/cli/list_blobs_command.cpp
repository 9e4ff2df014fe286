// SPDX-License-Identifier: Apache-2.0
// walrus list-blobs: the Blob objects of the account.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"

namespace walrus::cli {

namespace {

io::Task<RunResult> list_blobs(client::Client& client, client::Account account, bool expired,
                               bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    std::vector<ledger::Blob> blobs;
    std::function<bool(const client::OwnedBlob&)> visit = [&](const client::OwnedBlob& own) {
        if (expired || own.is_valid(view->epoch)) blobs.push_back(own.blob);
        return true;
    };
    auto task = client::visit_owned_blobs(client, view, account.address(), std::move(visit));
    WALRUS_CO_CHECK_OK(co_await std::move(task));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_array();
        for (const ledger::Blob& blob : blobs) write_blob_object(out, blob);
        out.end();
        text = out.take();
    } else {
        std::vector<std::vector<std::string>> rows = {
            {"Blob ID", "Unencoded size", "Certified?", "Deletable?", "Exp. epoch", "Object ID"}};
        for (const ledger::Blob& blob : blobs)
            rows.push_back({to_text(blob.blob_id), client::format_bytes(blob.size),
                            blob.certified_epoch ? "yes" : "no", blob.deletable ? "yes" : "no",
                            std::to_string(blob.storage.end_epoch), to_text(blob.id)});
        text = format_table(rows);
        text += fmt::format("{} blob objects of {}\n", blobs.size(), to_text(account.address()));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command list_blobs_command() {
    auto expired = std::make_shared<bool>(false);
    Command command;
    command.name = "list-blobs";
    command.help = "List the blob objects of the wallet's account";
    command.aliases = {"ls"};
    command.examples = "  walrus list-blobs\n  walrus list-blobs --include-expired --json";
    command.declare = [expired](Arguments& a) {
        a.flag("--include-expired", *expired, "Also those that have ended");
    };
    command.run = [expired](const GlobalOptions& globals) {
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return list_blobs(client, std::move(account), *expired, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
