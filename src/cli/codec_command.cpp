// SPDX-License-Identifier: Apache-2.0
// walrus codec …: the erasure code offline. Every number is a pair index (decisions.md §7).
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "base/text.hpp"
#include "cli/codec_files.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/sink.hpp"
#include "io/workers.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/recover.hpp"
#include "redstuff/verify.hpp"

namespace walrus::cli {

namespace {

using client::client_failure;

constexpr Axis kAxes[] = {Axis::Primary, Axis::Secondary};

// ---- encode
// --------------------------------------------------------------------------------------

struct EncodeArguments {
    std::optional<std::string> file;
    std::optional<std::uint64_t> shards;
    std::optional<std::string> out;
    bool discard = false;
    std::optional<std::uint64_t> threads;
    std::optional<std::string> scratch;
};

/// Larger files are encoded in bounded memory.
constexpr std::uint64_t kInMemoryBytesMax = 64u << 20;
constexpr std::uint64_t kThreadsMax = 1024;
constexpr std::size_t kCopyBytes = 1 << 20;

ClientResult<void> write_encoded(io::FileSystem& files, const EncodedBlob& encoded,
                                 const std::string& directory) {
    const auto sink =
        WALRUS_TRY(DirectorySink::make(files, directory, encoded.code(), encoded.symbol_bytes()));
    for (const Axis axis : kAxes)
        for (std::uint32_t i = 0; i < encoded.code().shard_count(); ++i) {
            const SliverIndex index(static_cast<std::uint16_t>(i));
            if (!sink->write(
                    axis, index, 0,
                    axis == Axis::Primary ? encoded.primary(index) : encoded.secondary(index)))
                return fail(sink->failure());
        }
    // Last: a folder with metadata is complete.
    return save_metadata(files, directory, encoded.metadata());
}

/// Slivers that nobody wants: what encoding costs by itself.
class DiscardingSink final : public SliverSink {
public:
    bool write(Axis, SliverIndex, std::uint64_t, ByteView data) override {
        bytes_ += data.size();
        return true;
    }
    std::uint64_t bytes() const { return bytes_; }

private:
    std::atomic<std::uint64_t> bytes_{0};
};

/// Standard input into a file without name: a blob is read twice.
ClientResult<std::unique_ptr<io::File>> spool_input(io::FileSystem& files,
                                                    const std::string& directory,
                                                    std::uint64_t bytes_max) {
    const auto resources = [&](const io::IoError& error) {
        ClientError out = client::from_io(error, "keeping the input in " + directory);
        out.code = ClientCode::Resources;
        return fail(std::move(out));
    };
    auto file = files.open_unnamed(directory);
    if (!file) return resources(file.error());
    Bytes buffer(kCopyBytes);
    std::uint64_t size = 0;
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
        if (got > bytes_max - size)
            return client_failure(
                ClientCode::InputFile,
                fmt::format("the input has more bytes than the largest blob, {}", bytes_max));
        const auto written = (*file)->write_at(size, ByteView(buffer).first(got));
        if (!written) return resources(written.error());
        size += got;
    }
    if (std::ferror(stdin) != 0)
        return client_failure(ClientCode::InputFile, "standard input cannot be read");
    return std::move(*file);
}

std::string describe_metadata_json(const VerifiedMetadata& metadata,
                                   std::optional<std::uint64_t> sliver_bytes = std::nullopt) {
    JsonWriter out;
    out.begin_object();
    out.key("blobId").string(to_text(metadata.blob_id()));
    out.key("rootHash").string(hex_encode(metadata.root_hash().view()));
    out.key("symbolSize").number(std::uint64_t{metadata.symbol_bytes()});
    out.key("unencodedLength").number(metadata.blob_bytes());
    out.key("shards").number(std::uint64_t{metadata.shard_count()});
    out.key("encodingType").string("RS2");
    if (sliver_bytes) out.key("sliverBytes").number(*sliver_bytes);
    out.end();
    return out.take();
}

RunResult run_encode(const GlobalOptions& globals, const EncodeArguments& arguments) {
    const CodeParameters code = WALRUS_TRY(code_of(arguments.shards.value_or(1000), "--shards"));
    if (arguments.discard && arguments.out)
        return client_failure(ClientCode::Usage, "--discard and --out: one or the other");
    if (arguments.threads && (*arguments.threads < 1 || *arguments.threads > kThreadsMax))
        return client_failure(ClientCode::Usage, fmt::format("--threads {}: a number from 1 to {}",
                                                             *arguments.threads, kThreadsMax));
    const bool from_stdin = *arguments.file == "-";
    if (!from_stdin) WALRUS_TRY(check_input_file(*arguments.file, code.blob_bytes_max()));
    Session session(globals);
    io::FileSystem& files = session.files();
    InlineExecutor inline_executor;
    std::optional<io::WorkerGroup> group;
    if (arguments.threads.value_or(1) > 1)
        group.emplace(std::make_shared<io::ThreadPool>(
            "encode", static_cast<std::size_t>(*arguments.threads - 1)));
    Executor& executor = !arguments.threads ? session.environment().cpu
                         : group            ? static_cast<Executor&>(*group)
                                            : inline_executor;
    const std::string scratch = arguments.scratch.value_or(arguments.out.value_or("."));
    if (arguments.out) {
        const auto made = files.create_directories(*arguments.out);
        if (!made) return fail(client::from_io(made.error(), "making the folder " + scratch));
    }
    const std::unique_ptr<io::File> file =
        WALRUS_TRY(from_stdin ? spool_input(files, scratch, code.blob_bytes_max())
                              : open_input(files, *arguments.file));
    const auto size = file->size();
    if (!size) return fail(client::from_io(size.error(), "reading " + *arguments.file));

    if (arguments.out && !from_stdin && *size <= kInMemoryBytesMax) {
        BufferPool pool(memory_budget());
        const Buffer blob =
            WALRUS_TRY(read_file_to_pool(files, pool, *arguments.file, code.blob_bytes_max()));
        const auto encoded = encode_blob(code, blob.view(), pool, executor);
        if (!encoded) return fail(client::out_of_memory(5 * blob.size(), pool, "encoding"));
        WALRUS_TRY(write_encoded(files, *encoded, *arguments.out));
        WALRUS_TRY(print(describe_metadata_json(encoded->metadata())));
        return 0;
    }

    DiscardingSink discarding;
    std::unique_ptr<DirectorySink> directory;
    if (arguments.out)
        directory = WALRUS_TRY(
            DirectorySink::make(files, *arguments.out, code, code.symbol_bytes(*size).value_or(2)));
    SliverSink* const sink =
        arguments.discard ? static_cast<SliverSink*>(&discarding) : directory.get();
    const auto metadata =
        client::encode_file(files, *file, *arguments.file, code, sink, scratch, executor);
    if (!metadata && directory && directory->failed()) return fail(directory->failure());
    if (!metadata) return fail(metadata.error());
    if (directory) WALRUS_TRY(save_metadata(files, *arguments.out, *metadata));
    WALRUS_TRY(print(describe_metadata_json(
        *metadata, arguments.discard ? std::optional(discarding.bytes()) : std::nullopt)));
    return 0;
}

Command encode_command() {
    auto arguments = std::make_shared<EncodeArguments>();
    Command command;
    command.name = "encode";
    command.help = "Encode a file; prints blobId, rootHash, symbolSize as JSON";
    command.examples =
        "  walrus codec encode photo.jpg --shards 1000 --out encoded/\n"
        "  tar c photos | walrus codec encode - --scratch /var/tmp   # reads standard input";
    command.declare = [arguments](Arguments& a) {
        a.positional("FILE", arguments->file, "The file; - is standard input", true);
        a.number("--shards,--n-shards", arguments->shards, "Number of shards (default 1000)");
        a.value("--out,-o", arguments->out, "DIR", "Write metadata and all slivers here");
        a.flag("--discard", arguments->discard, "Make all slivers and throw them away (measuring)");
        a.number("--threads", arguments->threads, "Threads (default: one per core)");
        a.value("--scratch", arguments->scratch, "DIR",
                std::string(kScratchHelp) + " or the one of --out");
    };
    command.run = [arguments](const GlobalOptions& g) { return run_encode(g, *arguments); };
    return command;
}

// ---- what decode, verify and recover share
// ---------------------------------------------------------

struct DirectoryArguments {
    std::optional<std::string> directory;
    std::optional<std::string> out;
    std::optional<std::uint64_t> primary;
    std::optional<std::uint64_t> secondary;
};

/// One axis of a folder, split into what verifies and what does not.
struct Checked {
    std::vector<SliverFile> files;  // owns the bytes
    std::vector<SliverView> good;
    std::vector<std::string> bad;  // path and reason
};

ClientResult<Checked> load_and_verify(Session& session, const std::string& directory,
                                      const VerifiedMetadata& metadata, const CodeParameters& code,
                                      Axis axis) {
    Checked out;
    out.files = WALRUS_TRY(load_slivers(session.files(), directory, axis, code, out.bad));
    std::vector<SliverView> views;
    for (const SliverFile& file : out.files) views.push_back(*parse_sliver(file.body));
    const auto verdicts = verify_slivers(metadata, code, axis, views, session.environment().cpu);
    for (std::size_t i = 0; i < views.size(); ++i) {
        const SliverPairIndex pair = out.files[i].pair;
        const std::string path = sliver_path(directory, axis, pair);
        if (!verdicts[i])
            out.bad.push_back(path + ": " + describe(verdicts[i].error()));
        else if (views[i].index != sliver_of_pair(pair, axis, code.shard_count()))
            out.bad.push_back(fmt::format(
                "{}: holds sliver {}, which belongs to pair {}", path, views[i].index.value,
                pair_of_sliver(views[i].index, axis, code.shard_count()).value));
        else
            out.good.push_back(views[i]);
    }
    return out;
}

// ---- decode
// --------------------------------------------------------------------------------------

RunResult run_decode(const GlobalOptions& globals, const DirectoryArguments& arguments) {
    Session session(globals);
    const VerifiedMetadata metadata =
        WALRUS_TRY(load_metadata(session.files(), *arguments.directory));
    const CodeParameters code = *CodeParameters::make(metadata.shard_count());
    BufferPool pool(memory_budget());
    std::string have;
    std::size_t ignored = 0;
    for (const Axis axis : kAxes) {
        const Checked checked =
            WALRUS_TRY(load_and_verify(session, *arguments.directory, metadata, code, axis));
        ignored += checked.bad.size();
        const std::uint32_t needed = code.slivers_to_decode(axis);
        have += fmt::format("{}{} of {} {}", have.empty() ? "" : ", ", checked.good.size(), needed,
                            to_text(axis));
        if (checked.good.size() < needed) continue;
        // Readers of one axis must agree with readers of the other: the strict check tells.
        const auto decoded = decode_blob(code, metadata, axis, checked.good,
                                         ConsistencyCheck::Strict, pool, session.environment().cpu);
        if (!decoded) {
            if (decoded.error() == DecodeError::OutOfMemoryBudget)
                return fail(client::out_of_memory(metadata.blob_bytes(), pool, "decoding"));
            return client_failure(
                ClientCode::Integrity,
                fmt::format("blob {}: {}", to_text(metadata.blob_id()), describe(decoded.error())));
        }
        remove_on_signal(*arguments.out + ".tmp");
        WALRUS_TRY(save_file(session.files(), *arguments.out, decoded->bytes()));
        remove_on_signal("");
        JsonWriter json;
        json.begin_object();
        json.key("blobId").string(to_text(metadata.blob_id()));
        json.key("out").string(*arguments.out);
        json.key("unencodedLength").number(metadata.blob_bytes());
        json.key("axis").string(to_text(axis));
        json.key("slivers").number(std::uint64_t{checked.good.size()});
        json.key("ignored").number(std::uint64_t{ignored});
        json.key("decoded").boolean(decoded->decoded());
        json.end();
        WALRUS_TRY(print(globals.json ? json.take()
                                      : fmt::format("Success: {} written ({} bytes, blob {}) from "
                                                    "{} {} slivers\n",
                                                    *arguments.out, metadata.blob_bytes(),
                                                    to_text(metadata.blob_id()),
                                                    checked.good.size(), to_text(axis))));
        return 0;
    }
    return client_failure(
        ClientCode::NotFound,
        fmt::format("too few slivers in {}: {} ({} files are wrong; `walrus codec "
                    "verify` names them)",
                    *arguments.directory, have, ignored));
}

Command decode_command() {
    auto arguments = std::make_shared<DirectoryArguments>();
    Command command;
    command.name = "decode";
    command.help = "Rebuild the file from whichever slivers are there";
    command.examples = "  walrus codec decode encoded/ --out photo.jpg";
    command.declare = [arguments](Arguments& a) {
        a.positional("DIR", arguments->directory, "Folder written by encode", true);
        a.value("--out,-o", arguments->out, "FILE", "Where to write the file");
        a.require_one_of({"--out"});
    };
    command.run = [arguments](const GlobalOptions& g) { return run_decode(g, *arguments); };
    return command;
}

// ---- verify
// --------------------------------------------------------------------------------------

RunResult run_verify(const GlobalOptions& globals, const DirectoryArguments& arguments) {
    Session session(globals);
    const VerifiedMetadata metadata =
        WALRUS_TRY(load_metadata(session.files(), *arguments.directory));
    const CodeParameters code = *CodeParameters::make(metadata.shard_count());
    JsonWriter json;
    json.begin_object();
    json.key("blobId").string(to_text(metadata.blob_id()));
    json.key("rootHash").string(hex_encode(metadata.root_hash().view()));
    json.key("symbolSize").number(std::uint64_t{metadata.symbol_bytes()});
    json.key("shards").number(std::uint64_t{metadata.shard_count()});
    std::string text =
        fmt::format("Blob ID: {} ({} bytes, {} shards), metadata right\n",
                    to_text(metadata.blob_id()), metadata.blob_bytes(), metadata.shard_count());
    std::vector<std::string> bad;
    for (const Axis axis : kAxes) {
        Checked checked =
            WALRUS_TRY(load_and_verify(session, *arguments.directory, metadata, code, axis));
        json.key(to_text(axis)).begin_object();
        json.key("valid").number(std::uint64_t{checked.good.size()});
        json.key("invalid").number(std::uint64_t{checked.bad.size()});
        json.key("needed").number(std::uint64_t{code.slivers_to_decode(axis)});
        json.end();
        text += fmt::format("{}: {} right, {} wrong, {} needed to decode\n", to_text(axis),
                            checked.good.size(), checked.bad.size(), code.slivers_to_decode(axis));
        for (std::string& one : checked.bad) bad.push_back(std::move(one));
    }
    json.key("errors").begin_array();
    for (const std::string& one : bad) {
        json.string(one);
        text += "Error: " + one + "\n";
    }
    json.end().end();
    WALRUS_TRY(print(globals.json ? json.take() : text));
    return bad.empty() ? 0 : client::exit_code(ClientCode::Integrity);
}

Command verify_command() {
    auto arguments = std::make_shared<DirectoryArguments>();
    Command command;
    command.name = "verify";
    command.help = "Check metadata and all slivers of a folder; exit 7 if one is wrong";
    command.examples = "  walrus codec verify encoded/";
    command.declare = [arguments](Arguments& a) {
        a.positional("DIR", arguments->directory, "Folder written by encode", true);
    };
    command.run = [arguments](const GlobalOptions& g) { return run_verify(g, *arguments); };
    return command;
}

// ---- recover
// -------------------------------------------------------------------------------------

/// What the orthogonal slivers of a folder give for one target: their cells at its index.
ClientResult<std::vector<DecodingSymbol>> symbols_for(Session& session, BufferPool& pool,
                                                      const CodeParameters& code, Axis source_axis,
                                                      const std::vector<SliverView>& sources,
                                                      SliverIndex target, std::size_t needed) {
    std::vector<DecodingSymbol> out;
    const SliverIndex targets[] = {target};
    for (const SliverView& source : sources) {
        if (out.size() == needed) break;
        auto symbols =
            decoding_symbols(code, source_axis, source, targets, pool, session.environment().cpu);
        if (!symbols) return fail(client::out_of_memory(source.symbols.size(), pool, "expanding"));
        out.push_back(std::move(symbols->front()));
    }
    return out;
}

RunResult run_recover(const GlobalOptions& globals, const DirectoryArguments& arguments) {
    const Axis axis = arguments.primary ? Axis::Primary : Axis::Secondary;
    const std::uint64_t number = arguments.primary ? *arguments.primary : *arguments.secondary;
    Session session(globals);
    const std::string& directory = *arguments.directory;
    const VerifiedMetadata metadata = WALRUS_TRY(load_metadata(session.files(), directory));
    const CodeParameters code = *CodeParameters::make(metadata.shard_count());
    if (number >= code.shard_count())
        return client_failure(ClientCode::Usage,
                              fmt::format("--{} {}: pairs are numbered from 0 to {}", to_text(axis),
                                          number, code.shard_count() - 1));
    const SliverPairIndex pair(static_cast<std::uint16_t>(number));
    const SliverIndex target = sliver_of_pair(pair, axis, code.shard_count());
    const Axis source_axis = orthogonal(axis);
    const Checked checked =
        WALRUS_TRY(load_and_verify(session, directory, metadata, code, source_axis));
    BufferPool pool(memory_budget());
    const std::uint32_t needed = symbols_to_recover(code, axis);
    const auto symbols =
        WALRUS_TRY(symbols_for(session, pool, code, source_axis, checked.good, target, needed));
    if (symbols.size() < needed)
        return client_failure(
            ClientCode::NotFound,
            fmt::format("recovering {} sliver of pair {} takes {} right {} slivers; {} are in {}",
                        to_text(axis), number, needed, to_text(source_axis), symbols.size(),
                        directory));
    const auto sliver =
        recover_sliver(metadata, code, axis, target, symbols, session.environment().cpu);
    if (!sliver)
        return client_failure(
            ClientCode::Integrity,
            fmt::format("blob {}: {}", to_text(metadata.blob_id()), describe(sliver.error())));
    const std::string path = arguments.out.value_or(sliver_path(directory, axis, pair));
    if (!arguments.out) {
        const std::string folder = fmt::format("{}/{}", directory, to_text(axis));
        const auto made = session.files().create_directories(folder);
        if (!made) return fail(client::from_io(made.error(), "making the folder " + folder));
    }
    WALRUS_TRY(save_file(session.files(), path, bcs::encode(*sliver)));
    JsonWriter json;
    json.begin_object();
    json.key("blobId").string(to_text(metadata.blob_id()));
    json.key("axis").string(to_text(axis));
    json.key("pair").number(number);
    json.key("symbols").number(std::uint64_t{needed});
    json.key("out").string(path);
    json.end();
    WALRUS_TRY(print(globals.json ? json.take()
                                  : fmt::format("Success: {} rebuilt from {} {} slivers\n", path,
                                                needed, to_text(source_axis))));
    return 0;
}

Command recover_command() {
    auto arguments = std::make_shared<DirectoryArguments>();
    Command command;
    command.name = "recover";
    command.help = "Rebuild one sliver file from slivers of the other axis";
    command.examples =
        "  walrus codec recover encoded/ --primary 17\n"
        "  walrus codec recover encoded/ --secondary 0 --out sliver.bcs\n"
        "Numbers are pair indices: secondary/00000.bcs holds secondary sliver n-1.";
    command.declare = [arguments](Arguments& a) {
        a.positional("DIR", arguments->directory, "Folder written by encode", true);
        a.number("--primary", arguments->primary, "The primary sliver of this pair");
        a.number("--secondary", arguments->secondary, "The secondary sliver of this pair");
        a.value("--out,-o", arguments->out, "FILE", "Write here instead of into the folder");
        a.exclusive({"--primary", "--secondary"});
        a.require_one_of({"--primary", "--secondary"});
    };
    command.run = [arguments](const GlobalOptions& g) { return run_recover(g, *arguments); };
    return command;
}

}  // namespace

Command codec_command() {
    Command command;
    command.name = "codec";
    command.help = "The erasure code offline: encode, decode, verify, recover";
    command.children = {encode_command(), decode_command(), verify_command(), recover_command()};
    return command;
}

}  // namespace walrus::cli
