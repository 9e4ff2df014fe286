// SPDX-License-Identifier: Apache-2.0
#include "sim/trace.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace walrus::sim {

void Trace::message(std::uint64_t time_us, std::string_view from, std::string_view to,
                    std::uint64_t connection, ByteView data) {
    add(fmt::format("{} message {} {} {} {} {} {}", time_us, messages_, from, to, connection,
                    data.size(), hex_encode(blake2b(data).view())));
    ++messages_;
    message_bytes_ += data.size();
}

void Trace::event(std::uint64_t time_us, std::string_view what, std::string_view from,
                  std::string_view to, std::uint64_t connection) {
    add(fmt::format("{} {} {} {} {}", time_us, what, from, to, connection));
}

void Trace::note(std::uint64_t time_us, std::string_view label, ByteView data) {
    add(fmt::format("{} note {} {} {}", time_us, label, data.size(),
                    hex_encode(blake2b(data).view())));
}

Digest Trace::digest() const {
    Blake2b copy = hash_;
    return copy.finish();
}

void Trace::add(std::string line) {
    if (sink_) sink_(line);
    line.push_back('\n');
    hash_.update(as_bytes(line));
}

}  // namespace walrus::sim
