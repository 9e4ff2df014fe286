// SPDX-License-Identifier: Apache-2.0
// walrus delete: deletes deletable blobs of the account, by blob id, file or object.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/ledger_actions.hpp"
#include "client/status.hpp"
#include "client/store_blob.hpp"
#include "redstuff/encode.hpp"

namespace walrus::cli {

namespace {

struct DeleteArguments {
    std::vector<std::string> positionals;
    std::vector<std::string> files;
    std::vector<std::string> blob_ids;
    std::vector<std::string> object_ids;
    bool yes = false;
    bool no_status_check = false;
};

/// What the user named, and what became of it.
struct Target {
    std::optional<std::string> file;
    std::optional<BlobId> blob_id;
    std::optional<ObjectId> object_id;
    std::vector<client::OwnedBlob> objects;  // found
    std::vector<ledger::Blob> deleted;
    std::optional<nodeapi::BlobStatus> status_after;
    std::optional<ClientError> error;
    bool aborted = false;
    std::string name() const {
        if (file) return *file;
        return blob_id ? to_text(*blob_id) : to_text(*object_id);
    }
};

io::Task<ClientResult<void>> find_objects(client::Client& client,
                                          std::shared_ptr<const client::NetworkView> view,
                                          client::Account account, std::vector<Target>& targets) {
    bool by_blob = false;
    for (Target& target : targets) {
        if (target.file) {
            WALRUS_CO_TRY(blob, co_await client::open_blob_input(client, *target.file,
                                                                 view->code.blob_bytes_max()));
            WALRUS_CO_TRY(metadata,
                          co_await client::metadata_of_input(client, view->code, blob, "."));
            target.blob_id = metadata.blob_id();
        }
        if (target.blob_id) {
            by_blob = true;
            continue;
        }
        auto object = co_await client::blob_object(client, view, *target.object_id);
        if (object)
            target.objects.push_back(std::move(*object));
        else
            target.error = std::move(object.error());
    }
    if (!by_blob) co_return ClientResult<void>{};
    std::function<bool(const client::OwnedBlob&)> visit = [&](const client::OwnedBlob& own) {
        for (Target& target : targets)
            if (target.blob_id == own.blob.blob_id && own.blob.deletable &&
                own.is_valid(view->epoch))
                target.objects.push_back(own);
        return true;
    };
    auto task = client::visit_owned_blobs(client, view, account.address(), std::move(visit));
    co_return co_await std::move(task);
}

io::Task<void> delete_target(client::Client& client,
                             std::shared_ptr<const client::NetworkView> view,
                             client::Account account, Target& target) {
    for (const client::OwnedBlob& own : target.objects) {
        const auto options = client::transaction_options(client, *view, account.address());
        std::vector<ledger::ObjectRef> refs = {own.ref};
        auto data = ledger::delete_blobs(view->handles, options, refs);
        auto done = co_await client::sign_and_execute(
            client, account, std::move(data), "deleting blob object " + to_text(own.blob.id));
        if (!done) {
            target.error = std::move(done.error());
            co_return;
        }
        target.deleted.push_back(own.blob);
    }
}

std::string result_json(const std::vector<Target>& targets) {
    JsonWriter out;
    out.begin_array();
    for (const Target& target : targets) {
        out.begin_object();
        out.key("blobIdentity").begin_object();
        if (target.blob_id) out.key("blobId").string(to_text(*target.blob_id));
        if (target.file) out.key("file").string(*target.file);
        if (target.object_id) out.key("objectId").string(to_text(*target.object_id));
        out.end();
        out.key("deletedBlobs").begin_array();
        for (const ledger::Blob& blob : target.deleted) write_blob_object(out, blob);
        out.end();
        if (target.status_after)
            out.key("postDeletionStatus").raw(nodeapi::to_json(*target.status_after));
        out.key("noBlobFound").boolean(target.objects.empty() && !target.error);
        if (target.error) out.key("error").string(target.error->message);
        out.key("aborted").boolean(target.aborted);
        out.end();
    }
    out.end();
    return out.take();
}

std::string result_text(const std::vector<Target>& targets) {
    std::string out;
    for (const Target& target : targets) {
        if (target.error)
            out += fmt::format("Error: {}: {}\n", target.name(), target.error->message);
        else if (target.aborted)
            out += fmt::format("{}: not deleted (not confirmed)\n", target.name());
        else if (target.objects.empty())
            out += fmt::format("Error: {}: the account has no deletable object of this blob\n",
                               target.name());
        for (const ledger::Blob& blob : target.deleted)
            out += fmt::format("Success: blob object {} of blob {} deleted\n", to_text(blob.id),
                               to_text(blob.blob_id));
        if (target.status_after)
            out += fmt::format("  Status now: {}\n", describe_status(*target.status_after));
    }
    return out;
}

int exit_code_of(const std::vector<Target>& targets) {
    std::size_t good = 0;
    int first_bad = 0;
    for (const Target& target : targets) {
        if (!target.error && !target.deleted.empty() && !target.aborted) {
            ++good;
        } else if (first_bad == 0) {
            first_bad = target.error     ? client::exit_code(target.error->code)
                        : target.aborted ? 1
                                         : client::exit_code(ClientCode::NotFound);
        }
    }
    if (first_bad == 0) return 0;
    return good > 0 ? client::exit_code(ClientCode::Partial) : first_bad;
}

io::Task<RunResult> run_delete(client::Client& client, client::Account account,
                               const DeleteArguments& arguments, std::vector<Target>& targets,
                               const GlobalOptions& globals) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_CHECK_OK(co_await find_objects(client, view, account, targets));
    for (Target& target : targets) {
        if (target.objects.empty() || target.error) continue;
        std::string question =
            fmt::format("Delete {} blob objects of {}?", target.objects.size(), target.name());
        if (!confirmed(globals, arguments.yes, question)) {
            target.aborted = true;
            continue;
        }
        co_await delete_target(client, view, account, target);
    }
    if (!arguments.no_status_check) {
        bool waited = false;
        for (Target& target : targets) {
            if (target.deleted.empty()) continue;
            // The nodes hear of it from the ledger a moment later.
            if (!waited) co_await io::sleep_ms(client.environment().loop, 500);
            waited = true;
            auto status =
                co_await client::blob_status(client, view, target.deleted.front().blob_id);
            if (status) target.status_after = std::move(*status);
        }
    }
    const auto printed = print(globals.json ? result_json(targets) : result_text(targets));
    if (!printed) co_return fail(printed.error());
    co_return exit_code_of(targets);
}

ClientResult<std::vector<Target>> targets_of(const DeleteArguments& arguments) {
    std::vector<Target> out;
    std::vector<std::string> blob_ids = arguments.blob_ids;
    blob_ids.insert(blob_ids.end(), arguments.positionals.begin(), arguments.positionals.end());
    for (const std::string& text : blob_ids) {
        Target target;
        target.blob_id = WALRUS_TRY(blob_id_argument(text));
        out.push_back(std::move(target));
    }
    for (const std::string& path : arguments.files) {
        WALRUS_TRY(check_input_file(path, ~std::uint64_t{0}));
        Target target;
        target.file = path;
        out.push_back(std::move(target));
    }
    for (const std::string& text : arguments.object_ids) {
        Target target;
        target.object_id = WALRUS_TRY(object_id_argument(text));
        out.push_back(std::move(target));
    }
    if (out.empty())
        return client::client_failure(ClientCode::Usage,
                                      "name what to delete: --blob-ids, --files or --object-ids");
    return out;
}

}  // namespace

Command delete_command() {
    auto arguments = std::make_shared<DeleteArguments>();
    Command command;
    command.name = "delete";
    command.help = "Delete deletable blobs";
    command.examples =
        "  walrus delete --blob-ids BLOB_ID\n"
        "  walrus delete --object-ids 0x… 0x… --yes\n"
        "Its storage comes back to the account and is used again by later stores.";
    command.declare = [arguments](Arguments& a) {
        a.positionals("BLOB_IDS", arguments->positionals, "Blobs (short for --blob-ids)", false);
        a.list("--blob-ids,--blob-id", arguments->blob_ids, "ID", "All own objects of these blobs");
        a.list("--files,--file", arguments->files, "FILE", "All own objects of these files' blobs");
        a.list("--object-ids,--object-id", arguments->object_ids, "ID", "These blob objects");
        a.flag("--yes,-y", arguments->yes, "Do not ask");
        a.flag("--no-status-check", arguments->no_status_check, "Do not ask the nodes afterwards");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        auto targets = WALRUS_TRY(targets_of(*arguments));
        return run_with_account(globals, [&](client::Client& client, client::Account account) {
            return run_delete(client, std::move(account), *arguments, targets, globals);
        });
    };
    return command;
}

}  // namespace walrus::cli
