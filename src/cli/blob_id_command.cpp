// SPDX-License-Identifier: Apache-2.0
// walrus blob-id FILE: the id that a file has as a blob.
#include <fmt/format.h>

#include "cli/codec_files.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/store_blob.hpp"
#include "redstuff/encode.hpp"

namespace walrus::cli {

namespace {

struct BlobIdArguments {
    std::optional<std::string> file;
    std::optional<std::uint64_t> n_shards;
    std::optional<std::string> encoding_type;
    std::optional<std::string> scratch;
};

RunResult print_id(const BlobIdArguments& arguments, const VerifiedMetadata& metadata, bool json) {
    if (!json) {
        WALRUS_TRY(
            print(fmt::format("Blob from file {} (unencoded length {} bytes, {} shards):\n"
                              "Blob ID: {}\n",
                              *arguments.file, metadata.blob_bytes(), metadata.shard_count(),
                              to_text(metadata.blob_id()))));
        return 0;
    }
    JsonWriter out;
    out.begin_object();
    out.key("blobId").string(to_text(metadata.blob_id()));
    out.key("file").string(*arguments.file);
    out.key("unencodedLength").number(metadata.blob_bytes());
    out.key("encodingType").string("RS2");
    out.end();
    WALRUS_TRY(print(out.take()));
    return 0;
}

RunResult compute(io::Environment& environment, const BlobIdArguments& arguments,
                  const CodeParameters& code, bool json) {
    const std::unique_ptr<io::File> file =
        WALRUS_TRY(open_input(environment.files, *arguments.file));
    const VerifiedMetadata metadata =
        WALRUS_TRY(client::encode_file(environment.files, *file, *arguments.file, code, nullptr,
                                       arguments.scratch.value_or("."), environment.cpu));
    return print_id(arguments, metadata, json);
}

io::Task<RunResult> ask_network(client::Client& client, std::optional<CodeParameters>& code) {
    WALRUS_CO_TRY(view, co_await client.network());
    code = view->code;
    co_return 0;
}

}  // namespace

Command blob_id_command() {
    auto arguments = std::make_shared<BlobIdArguments>();
    Command command;
    command.name = "blob-id";
    command.help = "Compute the blob id of a file";
    command.examples = "  walrus blob-id photo.jpg --n-shards 1000   # needs no network";
    command.declare = [arguments](Arguments& a) {
        a.positional("FILE", arguments->file, "The file", true);
        a.number("--n-shards", arguments->n_shards,
                 "Number of shards; without it the network is asked");
        a.value("--scratch", arguments->scratch, "DIR", kScratchHelp);
        a.value("--encoding-type", arguments->encoding_type, "RS2", "Encoding; only RS2 exists");
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        WALRUS_TRY(check_input_file(*arguments->file, ~std::uint64_t{0}));
        if (arguments->n_shards) {
            const CodeParameters code = WALRUS_TRY(code_of(*arguments->n_shards, "--n-shards"));
            Session session(globals);
            return compute(session.environment(), *arguments, code, globals.json);
        }
        std::optional<CodeParameters> code;
        WALRUS_TRY(run_with_client(
            globals, [&](client::Client& client) { return ask_network(client, code); }));
        Session session(globals);
        return compute(session.environment(), *arguments, *code, globals.json);
    };
    return command;
}

}  // namespace walrus::cli
