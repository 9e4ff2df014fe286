// SPDX-License-Identifier: Apache-2.0
// What happened in a run, as one digest: every message with its time, ends and content, every
// connection made, refused, ended or reset, and what a scenario notes of its final state. Two runs
// are the same if and only if their digests are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "hash/blake2b.hpp"

namespace walrus::sim {

class Trace {
public:
    using Sink = std::function<void(std::string_view line)>;
    /// Gets each entry as a line without newline, in order.
    void set_sink(Sink sink) { sink_ = std::move(sink); }

    /// A chunk of a byte stream that arrives. Messages are numbered from 0.
    void message(std::uint64_t time_us, std::string_view from, std::string_view to,
                 std::uint64_t connection, ByteView data);
    /// An event without content: "connect", "refuse", "end", "reset", "down", …
    void event(std::uint64_t time_us, std::string_view what, std::string_view from,
               std::string_view to, std::uint64_t connection);
    /// A fact about the run that must be the same every time, e.g. a state digest.
    void note(std::uint64_t time_us, std::string_view label, ByteView data);

    std::uint64_t messages() const { return messages_; }
    std::uint64_t message_bytes() const { return message_bytes_; }
    /// Of everything so far.
    Digest digest() const;

private:
    void add(std::string line);
    Blake2b hash_;
    Sink sink_;
    std::uint64_t messages_ = 0;
    std::uint64_t message_bytes_ = 0;
};

}  // namespace walrus::sim
