// SPDX-License-Identifier: Apache-2.0
// walrus store-quilt: stores many small files as one blob.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/quilts.hpp"
#include "cli/session.hpp"
#include "cli/store_options.hpp"
#include "client/store_blob.hpp"
#include "client/store_quilt.hpp"

namespace walrus::cli {

namespace {

struct StoreQuiltArguments {
    std::vector<std::string> paths;
    std::vector<std::string> blobs;
    bool relative_paths = false;
    StoreFlags flags;
};

std::string result_json(const QuiltIndex& index, const client::StoreReport& report) {
    JsonWriter out;
    out.begin_object();
    out.key("blobStoreResult").begin_object();
    write_store_result(out, report);
    out.end();
    out.key("storedQuiltBlobs").begin_array();
    for (const QuiltPatch& patch : index.patches) {
        out.begin_object();
        out.key("identifier").string(patch.identifier);
        out.key("quiltPatchId").string(to_text(QuiltPatchId{report.blob.blob_id, patch.columns}));
        out.key("range").begin_array();
        out.number(std::uint64_t{patch.columns.start});
        out.number(std::uint64_t{patch.columns.end});
        out.end().end();
    }
    out.end();
    write_store_report(out, report);
    out.end();
    return out.take();
}

std::string estimate_json(const QuiltIndex& index, const client::StoreEstimate& estimate) {
    JsonWriter out;
    out.begin_object();
    out.key("quiltBlobOutput").begin_object();
    write_estimate(out, estimate);
    out.end();
    out.key("quiltIndex").begin_object();
    out.key("V1");
    write_index(out, index, estimate.blob_id);
    out.end().end();
    return out.take();
}

std::string name_of(const QuiltIndex& index) {
    return fmt::format("quilt of {} files", index.patches.size());
}

io::Task<RunResult> store_quilt(client::Client& client, client::Account account,
                                const StoreFlags& flags, client::Lifetime lifetime,
                                std::vector<client::QuiltFile> files, bool json) {
    ProgressBar bar(client.environment().loop, !json && stderr_is_terminal());
    bar.phase("reading files");
    WALRUS_CO_TRY(
        quilt, co_await client::build_quilt(client, std::move(files), flags.scratch.value_or(".")));
    client::StoreBlob store(client, account, store_options(flags, lifetime, bar));
    std::string text;
    if (flags.dry_run) {
        WALRUS_CO_TRY(estimate, co_await store.estimate(std::move(quilt.blob)));
        text = json ? estimate_json(quilt.index, estimate)
                    : estimate_text(name_of(quilt.index), estimate) +
                          index_table(quilt.index, estimate.blob_id);
    } else {
        WALRUS_CO_TRY(report, co_await store.run(std::move(quilt.blob)));
        text = json ? result_json(quilt.index, report)
                    : store_text(name_of(quilt.index), report) +
                          index_table(quilt.index, report.blob.blob_id);
    }
    bar.clear();
    WALRUS_CO_CHECK_OK(print(text));
    co_return 0;
}

RunResult run_store_quilt(const GlobalOptions& globals, const StoreQuiltArguments& arguments) {
    const client::Lifetime lifetime = WALRUS_TRY(lifetime_of(arguments.flags));
    StoreFlags flags = arguments.flags;
    for (const auto& [key, value] : flags.attributes)
        if (key == client::kBlobTypeAttribute)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--attr {}: every quilt has it as {}", key, client::kBlobTypeQuilt));
    flags.attributes.emplace_back(client::kBlobTypeAttribute, client::kBlobTypeQuilt);
    const auto files = WALRUS_TRY(
        arguments.blobs.empty() ? quilt_files_of_paths(arguments.paths, arguments.relative_paths)
                                : quilt_files_of_json(arguments.blobs));
    // What is wrong with an identifier is told before the network is asked.
    for (const client::QuiltFile& file : files)
        if (const auto checked = check_patch_identifier(file.identifier); !checked)
            return fail(client::from_quilt(checked.error(), file.path));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return store_quilt(client, std::move(account), flags, lifetime, files, globals.json);
    });
}

}  // namespace

Command store_quilt_command() {
    auto arguments = std::make_shared<StoreQuiltArguments>();
    Command command;
    command.name = "store-quilt";
    command.aliases = {"write-quilt"};
    command.help = "Store many small files as one blob, a quilt";
    command.examples =
        "  walrus store-quilt --paths photos/ index.html --epochs 5\n"
        "  walrus store-quilt --paths site/ --relative-paths --epochs 10\n"
        "  walrus store-quilt --epochs 5 --blobs '{\"path\": \"a.txt\", \"identifier\": "
        "\"first\",\n"
        "      \"tags\": {\"language\": \"en\"}}' '{\"path\": \"b.txt\"}'\n"
        "Every file can be read alone (walrus read-quilt); deleted and extended is the quilt.";
    command.declare = [arguments](Arguments& a) {
        a.list("--paths", arguments->paths, "PATH", "Files, and folders with all that is in them");
        a.list("--blobs", arguments->blobs, "JSON",
               "Files as {\"path\", \"identifier\"?, \"tags\"?}");
        a.flag("--relative-paths", arguments->relative_paths,
               "Identify files of folders by their path there, not by their name");
        declare_store_flags(a, arguments->flags);
        a.exclusive({"--paths", "--blobs"});
        a.exclusive({"--relative-paths", "--blobs"});
        a.require_one_of({"--paths", "--blobs"});
    };
    command.run = [arguments](const GlobalOptions& globals) {
        return run_store_quilt(globals, *arguments);
    };
    return command;
}

}  // namespace walrus::cli
