// SPDX-License-Identifier: Apache-2.0
// walrus read-quilt, list-patches-in-quilt: patches of quilts, and what there is.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/output_sink.hpp"
#include "cli/progress.hpp"
#include "cli/quilts.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/read_quilt.hpp"

namespace walrus::cli {

namespace {

struct ReadQuiltArguments {
    std::vector<std::string> patch_ids;
    std::optional<std::string> quilt_id;
    std::vector<std::string> identifiers;
    std::vector<std::pair<std::string, std::string>> tags;
    std::optional<std::string> out;
};

/// A patch that was read.
struct ReadPatch {
    QuiltPatchId id;
    PatchHeader header;
    std::string path;  // with --out
    client::MemorySink* memory = nullptr;
    std::unique_ptr<client::BlobSink> memory_owner;
};

/// Writes into a sink that someone else owns.
class BorrowedSink final : public client::BlobSink {
public:
    explicit BorrowedSink(client::BlobSink& sink) : sink_(sink) {}
    io::Task<ClientResult<void>> write(ByteView data) override { return sink_.write(data); }
    io::Task<ClientResult<void>> finish() override { return sink_.finish(); }

private:
    client::BlobSink& sink_;
};

/// The patches that the arguments mean, with the quilts that were opened for that.
class Selection {
public:
    explicit Selection(client::Client& client, ProgressBar& bar) : client_(client), bar_(bar) {}

    io::Task<ClientResult<client::ReadQuilt*>> open(BlobId id) {
        auto& quilt = quilts_[id];
        if (!quilt) {
            auto show = [this](std::uint64_t done, std::uint64_t all) { bar_.update(done, all); };
            quilt = std::make_unique<client::ReadQuilt>(client_, id, show);
            WALRUS_CO_CHECK_OK(co_await quilt->open());
        }
        co_return quilt.get();
    }

    io::Task<ClientResult<std::vector<QuiltPatchId>>> select(const ReadQuiltArguments& arguments);

    client::QuiltReadReport report() const {
        client::QuiltReadReport out;
        for (const auto& [id, quilt] : quilts_) {
            const client::QuiltReadReport one = quilt->report();
            out.slivers += one.slivers;
            out.bytes_received += one.bytes_received;
            if (!one.whole) continue;
            out.whole = true;
            out.whole_reason = one.whole_reason;
        }
        return out;
    }

private:
    client::Client& client_;
    ProgressBar& bar_;
    std::map<BlobId, std::unique_ptr<client::ReadQuilt>> quilts_;
};

ClientError without(const std::vector<std::string>& missing, const BlobId& quilt) {
    std::string all;
    for (const std::string& identifier : missing)
        all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", identifier);
    return {ClientCode::NotFound, fmt::format("quilt {} has no patch {}; `walrus "
                                              "list-patches-in-quilt` shows those that it has",
                                              to_text(quilt), all)};
}

io::Task<ClientResult<std::vector<QuiltPatchId>>> Selection::select(
    const ReadQuiltArguments& arguments) {
    std::vector<QuiltPatchId> out;
    for (const std::string& text : arguments.patch_ids) out.push_back(*parse_quilt_patch_id(text));
    if (!arguments.quilt_id) co_return out;
    WALRUS_CO_TRY(id, co_await resolve_blob_id(client_, *arguments.quilt_id));
    WALRUS_CO_TRY(quilt, co_await open(id));
    WALRUS_CO_TRY(index, co_await quilt->index());
    if (!arguments.identifiers.empty()) {
        std::vector<std::string> missing;
        for (const std::string& identifier : arguments.identifiers) {
            const QuiltPatch* const patch = index.find(identifier);
            if (patch == nullptr)
                missing.push_back(identifier);
            else
                out.push_back({id, patch->columns});
        }
        if (!missing.empty()) co_return fail(without(missing, id));
        co_return out;
    }
    for (const QuiltPatch& patch : index.patches) {
        const auto has = [&](const std::pair<std::string, std::string>& tag) {
            const auto found = patch.tags.find(tag.first);
            return found != patch.tags.end() && found->second == tag.second;
        };
        if (std::all_of(arguments.tags.begin(), arguments.tags.end(), has))
            out.push_back({id, patch.columns});
    }
    if (out.empty() && !arguments.tags.empty())
        co_return client::client_failure(
            ClientCode::NotFound,
            fmt::format("no patch of quilt {} has the tag {}={}", to_text(id),
                        arguments.tags.front().first, arguments.tags.front().second));
    co_return out;
}

std::string patches_json(const ReadQuiltArguments& arguments, const std::vector<ReadPatch>& patches,
                         const client::QuiltReadReport& report) {
    JsonWriter out;
    out.begin_object();
    if (arguments.out) out.key("out").string(*arguments.out);
    out.key("retrievedBlobs").begin_array();
    for (const ReadPatch& patch : patches) {
        out.begin_object();
        if (patch.memory != nullptr) out.key("blob").string(base64_encode(patch.memory->bytes));
        out.key("identifier").string(patch.header.identifier);
        out.key("tags");
        write_tags(out, patch.header.tags);
        out.key("quiltPatchId").string(to_text(patch.id));
        out.key("size").number(patch.header.data_bytes);
        if (arguments.out) out.key("path").string(patch.path);
        out.end();
    }
    out.end();
    out.key("slivers").number(std::uint64_t{report.slivers});
    out.key("wholeQuilt").boolean(report.whole);
    if (report.whole) out.key("wholeQuiltReason").string(report.whole_reason);
    out.key("bytesReceived").number(report.bytes_received);
    out.end();
    return out.take();
}

std::string patches_text(const ReadQuiltArguments& arguments, const std::vector<ReadPatch>& patches,
                         const client::QuiltReadReport& report) {
    std::string out =
        fmt::format("Success: {} {} read to {} ({} slivers{})\n", patches.size(),
                    patches.size() == 1 ? "file" : "files", *arguments.out, report.slivers,
                    report.whole ? ", then whole quilts: " + report.whole_reason : "");
    std::vector<std::vector<std::string>> rows = {{"Identifier", "Size", "File", "Tags"}};
    for (const ReadPatch& patch : patches)
        rows.push_back({patch.header.identifier, client::format_bytes(patch.header.data_bytes),
                        patch.path, tags_text(patch.header.tags)});
    return out + format_table(rows);
}

/// Where patches go: files, memory, or standard output one after the other.
ClientResult<std::unique_ptr<client::BlobSink>> open_patch(io::Environment& environment,
                                                           const ReadQuiltArguments& arguments,
                                                           bool json, PatchPaths& paths,
                                                           ReadPatch& patch) {
    if (arguments.out) {
        patch.path = WALRUS_TRY(paths.path_of(patch.header.identifier));
        const auto created = environment.files.create_directories(io::parent_path(patch.path));
        if (!created) return fail(client::from_io(created.error(), "writing " + patch.path));
        return open_sink(environment, patch.path);
    }
    if (!json) return standard_output_sink(environment);
    auto memory = std::make_unique<client::MemorySink>();
    patch.memory = memory.get();
    patch.memory_owner = std::move(memory);
    return std::unique_ptr<client::BlobSink>(std::make_unique<BorrowedSink>(*patch.memory));
}

io::Task<RunResult> read_quilt(client::Client& client, const ReadQuiltArguments& arguments,
                               bool json) {
    ProgressBar bar(client.environment().loop, !json && arguments.out && stderr_is_terminal());
    bar.phase("requesting slivers");
    Selection selection(client, bar);
    WALRUS_CO_TRY(ids, co_await selection.select(arguments));
    std::vector<ReadPatch> patches(ids.size());
    PatchPaths paths(arguments.out.value_or(""));
    // In the order that was asked for, neighbours of one quilt together.
    for (std::size_t next = 0; next < ids.size();) {
        const std::size_t first = next;
        std::vector<PatchColumns> columns;
        for (; next < ids.size() && ids[next].quilt_id == ids[first].quilt_id; ++next)
            columns.push_back(ids[next].columns);
        WALRUS_CO_TRY(quilt, co_await selection.open(ids[first].quilt_id));
        auto open_one = [&](std::size_t i, const PatchHeader& header) {
            ReadPatch& patch = patches[first + i];
            patch.id = ids[first + i];
            patch.header = header;
            return open_patch(client.environment(), arguments, json, paths, patch);
        };
        WALRUS_CO_CHECK_OK(co_await quilt->read(std::move(columns), open_one));
    }
    bar.clear();
    remove_on_signal("");
    if (json) {
        WALRUS_CO_CHECK_OK(print(patches_json(arguments, patches, selection.report())));
    } else if (arguments.out) {
        WALRUS_CO_CHECK_OK(print(patches_text(arguments, patches, selection.report())));
    }
    co_return 0;
}

ClientResult<void> check_arguments(const ReadQuiltArguments& arguments) {
    for (const std::string& text : arguments.patch_ids)
        if (!parse_quilt_patch_id(text))
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("\"{}\" is not a quilt patch id: expected 50 characters of URL-safe "
                            "base64{}",
                            text,
                            parse_blob_id(text) ? " (it is a blob id: name the quilt with "
                                                  "--quilt-id)"
                                                : ""));
    if (arguments.quilt_id) {
        WALRUS_TRY(blob_id_argument(*arguments.quilt_id));
    } else if (!arguments.identifiers.empty() || !arguments.tags.empty()) {
        return client::client_failure(ClientCode::Usage, "--identifiers and --tag need --quilt-id");
    }
    if (arguments.tags.size() > 1)
        return client::client_failure(ClientCode::Usage, "--tag may be given once");
    return {};
}

io::Task<RunResult> list_patches(client::Client& client, std::string text, bool json) {
    WALRUS_CO_TRY(id, co_await resolve_blob_id(client, text));
    client::ReadQuilt quilt(client, id, {});
    WALRUS_CO_CHECK_OK(co_await quilt.open());
    WALRUS_CO_TRY(index, co_await quilt.index());
    if (!json) {
        WALRUS_CO_CHECK_OK(print(index_table(index, id)));
        co_return 0;
    }
    JsonWriter out;
    out.begin_object();
    out.key("V1").begin_object();
    out.key("quiltId").string(to_text(id));
    out.key("index");
    write_index(out, index, id);
    out.end().end();
    WALRUS_CO_CHECK_OK(print(out.take()));
    co_return 0;
}

}  // namespace

Command read_quilt_command() {
    auto arguments = std::make_shared<ReadQuiltArguments>();
    Command command;
    command.name = "read-quilt";
    command.help = "Read files of a quilt";
    command.examples =
        "  walrus read-quilt --quilt-id QUILT_ID --out files/\n"
        "  walrus read-quilt --quilt-id QUILT_ID --identifiers a.txt b.txt --out files/\n"
        "  walrus read-quilt --quilt-id QUILT_ID --tag language en --out files/\n"
        "  walrus read-quilt --quilt-patch-ids PATCH_ID > a.txt\n"
        "Needs no wallet. Only the slivers of these files are fetched, unless a node fails.";
    command.declare = [arguments](Arguments& a) {
        a.list("--quilt-patch-ids,--quilt-patch-id,--patch-ids", arguments->patch_ids, "ID",
               "Patches to read, of one quilt or several");
        a.value("--quilt-id", arguments->quilt_id, "ID",
                "A quilt: all of its patches, if nothing else chooses");
        a.list("--identifiers,--identifier", arguments->identifiers, "NAME",
               "Its patches of these identifiers");
        a.pairs("--tag", arguments->tags, "KEY VALUE", "Its patches with this tag");
        a.value("--out,-o", arguments->out, "DIR",
                "Write files here, named by their identifiers, instead of to standard output");
        a.exclusive({"--quilt-patch-ids", "--quilt-id"});
        a.exclusive({"--identifiers", "--tag"});
        a.require_one_of({"--quilt-patch-ids", "--quilt-id"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        WALRUS_TRY(check_arguments(*arguments));
        return run_with_client(globals, [&](client::Client& client) {
            return read_quilt(client, *arguments, globals.json);
        });
    };
    return command;
}

Command list_patches_in_quilt_command() {
    auto id = std::make_shared<std::optional<std::string>>();
    Command command;
    command.name = "list-patches-in-quilt";
    command.aliases = {"resolve-quilt"};
    command.help = "List the files of a quilt";
    command.examples =
        "  walrus list-patches-in-quilt QUILT_ID\n"
        "Needs no wallet. The id may be spelled like that of `walrus read`.";
    command.declare = [id](Arguments& a) { a.positional("QUILT_ID", *id, "Quilt to list", true); };
    command.run = [id](const GlobalOptions& globals) -> RunResult {
        WALRUS_TRY(blob_id_argument(**id));
        return run_with_client(globals, [&](client::Client& client) {
            return list_patches(client, **id, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
