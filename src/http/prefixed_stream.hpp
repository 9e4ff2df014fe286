// SPDX-License-Identifier: Apache-2.0
// Inside http/ only: a stream whose first bytes were already read by someone else.
#pragma once

#include <algorithm>
#include <memory>

#include "io/stream.hpp"

namespace walrus::http {

/// Refers to the stream below, which must outlive it; closing closes it, destruction does not.
class PrefixedStream final : public io::Stream {
public:
    PrefixedStream(io::Stream& below, Bytes prefix) : below_(below), prefix_(std::move(prefix)) {}

    io::Task<io::IoResult<std::size_t>> read_some(MutableByteView out) override {
        if (used_ == prefix_.size()) return below_.read_some(out);
        const std::size_t n = std::min(out.size(), prefix_.size() - used_);
        std::memcpy(out.data(), prefix_.data() + used_, n);
        used_ += n;
        return ready(n);
    }
    io::Task<io::IoResult<std::size_t>> write_some(ByteView data) override {
        return below_.write_some(data);
    }
    io::Task<io::IoResult<void>> write_all(ByteView data) override {
        return below_.write_all(data);
    }
    io::Task<void> end_writes() override { return below_.end_writes(); }
    void close() override { below_.close(); }
    std::string peer() const override { return below_.peer(); }

private:
    static io::Task<io::IoResult<std::size_t>> ready(std::size_t n) { co_return n; }

    io::Stream& below_;
    Bytes prefix_;
    std::size_t used_ = 0;
};

}  // namespace walrus::http
