// SPDX-License-Identifier: Apache-2.0
// walrus burn-blobs: removes blob objects from the ledger; the data stays until its end epoch.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/ledger_actions.hpp"

namespace walrus::cli {

namespace {

/// Objects per transaction.
constexpr std::size_t kBurnsPerTransaction = 100;

struct BurnArguments {
    std::vector<std::string> object_ids;
    bool all = false;
    bool all_expired = false;
    bool yes = false;
};

io::Task<ClientResult<std::vector<client::OwnedBlob>>> choose(
    client::Client& client, std::shared_ptr<const client::NetworkView> view,
    client::Account account, const BurnArguments& arguments, std::vector<ObjectId> ids) {
    std::vector<client::OwnedBlob> out;
    for (const ObjectId& id : ids) {
        WALRUS_CO_TRY(object, co_await client::blob_object(client, view, id));
        out.push_back(std::move(object));
    }
    if (!arguments.all && !arguments.all_expired) co_return out;
    std::function<bool(const client::OwnedBlob&)> visit = [&](const client::OwnedBlob& own) {
        if (arguments.all || !own.is_valid(view->epoch)) out.push_back(own);
        return true;
    };
    auto task = client::visit_owned_blobs(client, view, account.address(), std::move(visit));
    WALRUS_CO_CHECK_OK(co_await std::move(task));
    co_return out;
}

io::Task<RunResult> burn(client::Client& client, client::Account account,
                         const BurnArguments& arguments, std::vector<ObjectId> ids,
                         const GlobalOptions& globals) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(objects, co_await choose(client, view, account, arguments, ids));
    for (const client::OwnedBlob& own : objects)
        if (!globals.json && !arguments.yes && stdin_is_terminal())
            fmt::print(stderr, "  {}  blob {}\n", to_text(own.blob.id), to_text(own.blob.blob_id));
    const bool go_on =
        objects.empty() ||
        confirmed(globals, arguments.yes,
                  fmt::format("Burn these {} blob objects? Their data stays until its "
                              "end; nothing is refunded.",
                              objects.size()));
    std::size_t burnt = 0;
    while (go_on && burnt < objects.size()) {
        const std::size_t count = std::min(kBurnsPerTransaction, objects.size() - burnt);
        std::vector<ledger::ObjectRef> refs;
        for (std::size_t i = 0; i < count; ++i) refs.push_back(objects[burnt + i].ref);
        const auto options = client::transaction_options(client, *view, account.address());
        auto data = ledger::burn_blobs(view->handles, options, refs);
        WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(
            client, account, std::move(data), fmt::format("burning {} blob objects", count)));
        burnt += count;
    }
    std::string text;
    if (globals.json) {
        JsonWriter out;
        out.begin_object().key("burntObjects").begin_array();
        for (std::size_t i = 0; i < burnt; ++i) out.string(to_text(objects[i].blob.id));
        out.end().end();
        text = out.take();
    } else {
        text =
            go_on ? fmt::format("Success: {} blob objects burnt\n", burnt) : "Nothing was burnt.\n";
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return go_on ? 0 : 1;
}

}  // namespace

Command burn_blobs_command() {
    auto arguments = std::make_shared<BurnArguments>();
    Command command;
    command.name = "burn-blobs";
    command.help = "Remove blob objects from the ledger; the data stays until its end epoch";
    command.examples =
        "  walrus burn-blobs --all-expired\n  walrus burn-blobs --object-ids 0x… --yes";
    command.declare = [arguments](Arguments& a) {
        a.list("--object-ids", arguments->object_ids, "ID", "These objects");
        a.flag("--all", arguments->all, "All blob objects of the account");
        a.flag("--all-expired", arguments->all_expired, "All that have ended");
        a.flag("--yes,-y", arguments->yes, "Do not ask");
        a.exclusive({"--object-ids", "--all", "--all-expired"});
        a.require_one_of({"--object-ids", "--all", "--all-expired"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        std::vector<ObjectId> ids;
        for (const std::string& text : arguments->object_ids)
            ids.push_back(WALRUS_TRY(object_id_argument(text)));
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return burn(client, std::move(account), *arguments, ids, globals);
        });
    };
    return command;
}

}  // namespace walrus::cli
