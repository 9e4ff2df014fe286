// SPDX-License-Identifier: Apache-2.0
// walrus read ID: reads a blob to standard output or to a file.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"
#include "client/read_blob.hpp"

namespace walrus::cli {

namespace {

struct ReadArguments {
    std::optional<std::string> id;
    std::optional<std::string> out;
    bool strict = false;
    bool skip = false;
};

/// Writes to an open descriptor, as it comes: standard output, or a device that has no "whole".
class DescriptorSink final : public client::BlobSink {
public:
    DescriptorSink(io::Environment& environment, int descriptor, std::string name)
        : environment_(environment), descriptor_(descriptor), name_(std::move(name)) {}
    ~DescriptorSink() override {
        if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
    }

    io::Task<ClientResult<void>> write(ByteView data) override {
        auto work = [this, data] { return write_all(data); };
        auto task = io::offload(environment_.loop, environment_.disk, work);
        const int error = co_await std::move(task);
        if (error != 0)
            co_return client::client_failure(
                ClientCode::Resources,
                fmt::format("writing to {}: {}", name_, std::strerror(error)));
        co_return ClientResult<void>{};
    }
    io::Task<ClientResult<void>> finish() override { co_return ClientResult<void>{}; }

private:
    int write_all(ByteView data) const {
        while (!data.empty()) {
            const ssize_t done = ::write(descriptor_, data.data(), data.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return errno;
            data = data.subspan(static_cast<std::size_t>(done));
        }
        return 0;
    }
    io::Environment& environment_;
    int descriptor_;
    std::string name_;
};

/// A regular file appears whole or not at all; anything else is written through.
ClientResult<std::unique_ptr<client::BlobSink>> open_sink(io::Environment& environment,
                                                          const std::string& target) {
    std::error_code error;
    const auto status = std::filesystem::status(target, error);
    if (std::filesystem::is_directory(status))
        return client::client_failure(ClientCode::Usage,
                                      fmt::format("--out {}: is a folder; name a file", target));
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        const int descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor < 0)
            return client::client_failure(
                ClientCode::Resources, fmt::format("--out {}: {}", target, std::strerror(errno)));
        return std::unique_ptr<client::BlobSink>(
            std::make_unique<DescriptorSink>(environment, descriptor, target));
    }
    auto file = client::FileSink::create(environment, target);
    if (!file) return fail(std::move(file.error()));
    remove_on_signal((*file)->temporary_path());
    return std::unique_ptr<client::BlobSink>(std::move(*file));
}

std::string report_json(const ReadArguments& arguments, const client::ReadReport& report,
                        const client::MemorySink* memory) {
    JsonWriter out;
    out.begin_object();
    if (arguments.out) out.key("out").string(*arguments.out);
    out.key("blobId").string(to_text(report.blob_id));
    if (memory != nullptr && !memory->bytes.empty())
        out.key("blob").string(base64_encode(memory->bytes));
    out.key("size").number(report.blob_bytes);
    out.key("slivers").begin_object();
    out.key("systematic").number(std::uint64_t{report.systematic});
    out.key("parity").number(std::uint64_t{report.parity});
    out.end();
    out.key("decoded").boolean(report.decoded);
    out.key("bytesReceived").number(report.bytes_received);
    out.key("seconds").begin_object();
    out.key("metadata").number(static_cast<double>(report.metadata_us) / 1e6, 4);
    out.key("total").number(static_cast<double>(report.total_us) / 1e6, 4);
    out.end().end();
    return out.take();
}

/// An id in hexadecimal may be the id of a Blob or SharedBlob object: then its blob is meant.
io::Task<ClientResult<BlobId>> resolve(client::Client& client, std::string text) {
    const auto id = blob_id_argument(text);
    if (!id) co_return fail(id.error());
    if (!text.starts_with("0x") || text.size() != 66) co_return *id;
    WALRUS_CO_TRY(view, co_await client.network());
    const auto object = parse_object_id(text);
    if (!object) co_return *id;
    auto blob = co_await client::blob_object(client, view, *object);
    if (blob) co_return blob->blob.blob_id;
    auto shared =
        co_await client::object_of_type(client, view, *object, "shared_blob", "SharedBlob");
    if (!shared) co_return *id;
    WALRUS_CO_TRY(wrapped, client::decode_contents<ledger::SharedBlob>(*shared));
    co_return wrapped.blob.blob_id;
}

io::Task<RunResult> read_blob(client::Client& client, const ReadArguments& arguments, bool json) {
    WALRUS_CO_TRY(id, co_await resolve(client, *arguments.id));
    std::unique_ptr<client::BlobSink> sink;
    client::MemorySink* memory = nullptr;
    if (arguments.out) {
        auto opened = open_sink(client.environment(), *arguments.out);
        if (!opened) co_return fail(std::move(opened.error()));
        sink = std::move(*opened);
    } else if (json) {
        auto in_memory = std::make_unique<client::MemorySink>();
        memory = in_memory.get();
        sink = std::move(in_memory);
    } else {
        sink = std::make_unique<DescriptorSink>(client.environment(), STDOUT_FILENO,
                                                "standard output");
    }
    ProgressBar bar(client.environment().loop, !json && arguments.out && stderr_is_terminal());
    bar.phase("requesting slivers");
    client::ReadOptions options;
    options.check = arguments.strict ? ConsistencyCheck::Strict
                    : arguments.skip ? ConsistencyCheck::Skip
                                     : ConsistencyCheck::Default;
    options.progress = [&bar](const client::FetchProgress& now) {
        const std::uint64_t total =
            now.slivers == 0 ? 0 : now.bytes_received * now.slivers_needed / now.slivers;
        bar.update(now.bytes_received, total);
    };
    client::ReadBlob read(client, options);
    auto report = co_await read.run(id, *sink);
    bar.clear();
    if (!report) {
        sink.reset();  // removes a temporary file
        co_return fail(std::move(report.error()));
    }
    remove_on_signal("");
    ClientResult<void> printed;
    if (json) {
        printed = print(report_json(arguments, *report, memory));
    } else if (arguments.out) {
        printed = print(fmt::format(
            "Success: blob {} read to {} ({}, {} systematic and {} parity slivers{}, {:.2f} s)\n",
            to_text(id), *arguments.out, client::format_bytes(report->blob_bytes),
            report->systematic, report->parity, report->decoded ? ", decoded" : "",
            static_cast<double>(report->total_us) / 1e6));
    }
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command read_command() {
    auto arguments = std::make_shared<ReadArguments>();
    Command command;
    command.name = "read";
    command.help = "Read a blob from the storage nodes";
    command.examples =
        "  walrus read BLOB_ID --out photo.jpg\n"
        "  walrus read BLOB_ID | tar x\n"
        "  walrus read BLOB_ID --out copy --json        # which slivers it took\n"
        "Needs no wallet. The id may be base64, hexadecimal or decimal, or that of a Blob or\n"
        "SharedBlob object.";
    command.declare = [arguments](Arguments& a) {
        a.positional("BLOB_ID", arguments->id, "Blob to read", true);
        a.value("--out,-o", arguments->out, "FILE", "Write here instead of standard output");
        a.flag("--strict-consistency-check", arguments->strict,
               "Encode again and compare before anything is written");
        a.flag("--skip-consistency-check", arguments->skip,
               "Trust the writer of the blob to have encoded it rightly");
        a.exclusive({"--strict-consistency-check", "--skip-consistency-check"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        WALRUS_TRY(blob_id_argument(*arguments->id));
        return run_with_client(globals, [&](client::Client& client) {
            return read_blob(client, *arguments, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
