// SPDX-License-Identifier: Apache-2.0
#include "cli/output_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/session.hpp"

namespace walrus::cli {

namespace {

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

}  // namespace

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

std::unique_ptr<client::BlobSink> standard_output_sink(io::Environment& environment) {
    return std::make_unique<DescriptorSink>(environment, STDOUT_FILENO, "standard output");
}

}  // namespace walrus::cli
