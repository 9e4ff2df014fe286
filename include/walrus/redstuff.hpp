// SPDX-License-Identifier: Apache-2.0
// The Walrus erasure code for C++20: redstuff.h with objects that free themselves, views, and
// errors as exceptions. What the words mean, and which errors a function has, stands in redstuff.h.
// Everything is inline; link with -lwalrus-redstuff.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "walrus/redstuff.h"

namespace walrus::redstuff {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Digest = std::array<std::uint8_t, 32>;
using Parameters = walrus_rs_parameters;

enum class Axis { Primary = WALRUS_RS_PRIMARY, Secondary = WALRUS_RS_SECONDARY };
enum class Check {
    Skip = WALRUS_RS_CHECK_SKIP,
    Default = WALRUS_RS_CHECK_DEFAULT,
    Strict = WALRUS_RS_CHECK_STRICT
};

/// What every function throws.
class Error : public std::runtime_error {
public:
    explicit Error(walrus_rs_status status)
        : std::runtime_error(walrus_rs_status_text(status)), status_(status) {}
    walrus_rs_status status() const noexcept { return status_; }

private:
    walrus_rs_status status_;
};

namespace detail {

inline void check(walrus_rs_status status) {
    if (status != WALRUS_RS_OK) throw Error(status);
}
inline walrus_rs_axis to_c(Axis axis) {
    return static_cast<walrus_rs_axis>(axis);
}

template <class T, void (*Free)(T*)>
struct Deleter {
    void operator()(T* object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Deleter<T, Free>>;

}  // namespace detail

/// Throws if n is out of range.
inline Parameters parameters_for(std::uint32_t shard_count) {
    Parameters out;
    detail::check(walrus_rs_parameters_for(shard_count, &out));
    return out;
}
inline std::uint32_t symbol_bytes(std::uint32_t shard_count, std::uint64_t blob_bytes) {
    std::uint32_t out = 0;
    detail::check(walrus_rs_symbol_bytes(shard_count, blob_bytes, &out));
    return out;
}
inline std::uint64_t scratch_bytes(std::uint32_t shard_count, std::uint64_t blob_bytes) {
    std::uint64_t out = 0;
    detail::check(walrus_rs_scratch_bytes(shard_count, blob_bytes, &out));
    return out;
}
inline std::string blob_id_text(const Digest& id) {
    std::array<char, 44> text{};
    walrus_rs_blob_id_text(id.data(), text.data());
    return text.data();
}

/// Threads and memory; outlives what is made with it.
class Context {
public:
    explicit Context(std::uint32_t threads = 1,
                     std::uint64_t memory_bytes = std::uint64_t{4} << 30) {
        walrus_rs_context* made = nullptr;
        detail::check(walrus_rs_context_new(threads, memory_bytes, &made));
        context_.reset(made);
    }
    walrus_rs_context* get() const { return context_.get(); }

private:
    detail::Owned<walrus_rs_context, walrus_rs_context_free> context_;
};

/// Bytes that the library made.
class Buffer {
public:
    explicit Buffer(walrus_rs_buffer* buffer) : buffer_(buffer) {}
    ByteView view() const {
        return {walrus_rs_buffer_data(buffer_.get()), walrus_rs_buffer_size(buffer_.get())};
    }
    std::size_t size() const { return walrus_rs_buffer_size(buffer_.get()); }

private:
    detail::Owned<walrus_rs_buffer, walrus_rs_buffer_free> buffer_;
};

/// A view of a sliver: symbols, size, symbol_bytes, index.
struct Sliver : walrus_rs_sliver {
    ByteView view() const { return {symbols, size}; }
    /// A view into the body (BCS SliverData); checks the layout only.
    static Sliver parse(ByteView body) {
        Sliver out{};
        detail::check(walrus_rs_sliver_parse(body.data(), body.size(), &out));
        return out;
    }
    Buffer body() const {
        walrus_rs_buffer* out = nullptr;
        detail::check(walrus_rs_sliver_body(this, &out));
        return Buffer(out);
    }
};

class Metadata {
public:
    explicit Metadata(walrus_rs_metadata* metadata) : owned_(metadata), metadata_(metadata) {}
    /// Borrowed: the owner must outlive this object.
    explicit Metadata(const walrus_rs_metadata* metadata) : metadata_(metadata) {}

    static Metadata parse(ByteView bytes, const std::optional<Digest>& blob_id = std::nullopt) {
        walrus_rs_metadata* out = nullptr;
        detail::check(walrus_rs_metadata_parse(bytes.data(), bytes.size(),
                                               blob_id ? blob_id->data() : nullptr, &out));
        return Metadata(out);
    }
    Buffer encode() const {
        walrus_rs_buffer* out = nullptr;
        detail::check(walrus_rs_metadata_encode(metadata_, &out));
        return Buffer(out);
    }
    Digest blob_id() const {
        Digest out;
        walrus_rs_metadata_blob_id(metadata_, out.data());
        return out;
    }
    Digest root() const {
        Digest out;
        walrus_rs_metadata_root(metadata_, out.data());
        return out;
    }
    Digest sliver_hash(Axis axis, std::uint32_t index) const {
        Digest out;
        detail::check(
            walrus_rs_metadata_sliver_hash(metadata_, detail::to_c(axis), index, out.data()));
        return out;
    }
    std::uint32_t shard_count() const { return walrus_rs_metadata_shard_count(metadata_); }
    std::uint32_t symbol_bytes() const { return walrus_rs_metadata_symbol_bytes(metadata_); }
    std::uint64_t blob_bytes() const { return walrus_rs_metadata_blob_bytes(metadata_); }
    const walrus_rs_metadata* get() const { return metadata_; }

private:
    detail::Owned<walrus_rs_metadata, walrus_rs_metadata_free> owned_;
    const walrus_rs_metadata* metadata_;
};

/// All slivers of a blob and its metadata.
class Encoding {
public:
    Encoding(Context& context, std::uint32_t shard_count, ByteView blob) {
        walrus_rs_encoding* out = nullptr;
        detail::check(walrus_rs_encode(context.get(), shard_count, blob.data(), blob.size(), &out));
        encoding_.reset(out);
    }
    /// A view that lives as long as the encoding.
    Metadata metadata() const { return Metadata(walrus_rs_encoding_metadata(encoding_.get())); }
    Sliver sliver(Axis axis, std::uint32_t index) const {
        Sliver out{};
        detail::check(walrus_rs_encoding_sliver(encoding_.get(), detail::to_c(axis), index, &out));
        return out;
    }

private:
    detail::Owned<walrus_rs_encoding, walrus_rs_encoding_free> encoding_;
};

inline Metadata compute_metadata(Context& context, std::uint32_t shard_count, ByteView blob) {
    walrus_rs_metadata* out = nullptr;
    detail::check(
        walrus_rs_compute_metadata(context.get(), shard_count, blob.data(), blob.size(), &out));
    return Metadata(out);
}

/// Callbacks of encode_stream; they come from several threads at the same time and must not throw.
/// False ends the encoding.
struct Stream {
    std::function<bool(std::uint64_t offset, std::span<std::uint8_t> out)> read_blob;
    /// Both empty: scratch space in memory.
    std::function<bool(std::uint64_t offset, ByteView data)> write_scratch;
    std::function<bool(std::uint64_t offset, std::span<std::uint8_t> out)> read_scratch;
    /// Empty: only the metadata are wanted.
    std::function<bool(Axis axis, std::uint32_t index, std::uint64_t offset, ByteView data)>
        write_sliver;
};
/// memory_bytes: 0 for the library's default.
inline Metadata encode_stream(Context& context, std::uint32_t shard_count, std::uint64_t blob_bytes,
                              Stream stream, std::uint64_t memory_bytes = 0) {
    walrus_rs_stream calls{};
    calls.user = &stream;
    if (stream.read_blob)
        calls.read_blob = [](void* user, std::uint64_t offset, std::uint8_t* out,
                             std::size_t size) -> int {
            return static_cast<Stream*>(user)->read_blob(offset, {out, size}) ? 0 : 1;
        };
    if (stream.write_scratch)
        calls.write_scratch = [](void* user, std::uint64_t offset, const std::uint8_t* data,
                                 std::size_t size) -> int {
            return static_cast<Stream*>(user)->write_scratch(offset, {data, size}) ? 0 : 1;
        };
    if (stream.read_scratch)
        calls.read_scratch = [](void* user, std::uint64_t offset, std::uint8_t* out,
                                std::size_t size) -> int {
            return static_cast<Stream*>(user)->read_scratch(offset, {out, size}) ? 0 : 1;
        };
    if (stream.write_sliver)
        calls.write_sliver = [](void* user, walrus_rs_axis axis, std::uint32_t index,
                                std::uint64_t offset, const std::uint8_t* data,
                                std::size_t size) -> int {
            return static_cast<Stream*>(user)->write_sliver(static_cast<Axis>(axis), index, offset,
                                                            {data, size})
                       ? 0
                       : 1;
        };
    walrus_rs_metadata* out = nullptr;
    detail::check(walrus_rs_encode_stream(context.get(), shard_count, blob_bytes, &calls,
                                          memory_bytes, &out));
    return Metadata(out);
}

/// Entry i is the verdict of slivers[i]. Throws only if the arguments themselves are unusable.
inline std::vector<walrus_rs_status> verify_slivers(Context& context, const Metadata& metadata,
                                                    Axis axis, std::span<const Sliver> slivers) {
    const std::vector<walrus_rs_sliver> views(slivers.begin(), slivers.end());
    std::vector<walrus_rs_status> verdicts(slivers.size(), WALRUS_RS_INVALID_ARGUMENT);
    walrus_rs_verify_slivers(context.get(), metadata.get(), detail::to_c(axis), views.data(),
                             views.size(), verdicts.data());
    return verdicts;
}

/// The blob from verified slivers of one axis.
inline Buffer decode(Context& context, const Metadata& metadata, Axis axis,
                     std::span<const Sliver> slivers, Check check = Check::Default) {
    const std::vector<walrus_rs_sliver> views(slivers.begin(), slivers.end());
    walrus_rs_buffer* out = nullptr;
    detail::check(walrus_rs_decode(context.get(), metadata.get(), detail::to_c(axis), views.data(),
                                   views.size(), static_cast<walrus_rs_check>(check), &out));
    return Buffer(out);
}

/// A sliver expanded to its n symbols.
class Expanded {
public:
    Expanded(Context& context, std::uint32_t shard_count, Axis axis, const Sliver& sliver) {
        walrus_rs_expanded* out = nullptr;
        detail::check(
            walrus_rs_expand(context.get(), shard_count, detail::to_c(axis), &sliver, &out));
        expanded_.reset(out);
    }
    /// A view that lives as long as this object.
    ByteView symbol(std::uint32_t target) const {
        const std::uint8_t* data = nullptr;
        std::size_t size = 0;
        detail::check(walrus_rs_expanded_symbol(expanded_.get(), target, &data, &size));
        return {data, size};
    }
    /// BCS RecoverySymbol: with its proof.
    Buffer recovery_symbol(std::uint32_t target) const {
        walrus_rs_buffer* out = nullptr;
        detail::check(walrus_rs_expanded_recovery_symbol(expanded_.get(), target, &out));
        return Buffer(out);
    }

private:
    detail::Owned<walrus_rs_expanded, walrus_rs_expanded_free> expanded_;
};

/// data, size, and the index of the sliver that it comes from.
using Symbol = walrus_rs_symbol;
/// The symbols of sliver `target` of an axis, verified.
inline Buffer recover(Context& context, const Metadata& metadata, Axis axis, std::uint32_t target,
                      std::span<const Symbol> symbols) {
    walrus_rs_buffer* out = nullptr;
    detail::check(walrus_rs_recover(context.get(), metadata.get(), detail::to_c(axis), target,
                                    symbols.data(), symbols.size(), &out));
    return Buffer(out);
}
/// Checks a BCS RecoverySymbol; the result is a view into it.
inline Symbol verify_recovery_symbol(const Metadata& metadata, Axis axis, std::uint32_t target,
                                     ByteView bytes) {
    Symbol out{};
    detail::check(walrus_rs_recovery_symbol_verify(metadata.get(), detail::to_c(axis), target,
                                                   bytes.data(), bytes.size(), &out));
    return out;
}

}  // namespace walrus::redstuff
