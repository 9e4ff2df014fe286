// SPDX-License-Identifier: Apache-2.0
// Encoding in bounded memory (spec/encoding.md §3-§5): the same slivers and metadata as
// `encode_blob`, of a blob of any size, from storage and to wherever the caller puts them.
//
// The source is read twice, first by rows, then by columns; the parity of its rows (less than half
// the blob) waits in scratch storage meanwhile. Slivers leave in pieces, as they are made.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"

namespace walrus {

// What the caller implements. Each is called from several threads at the same time, for different
// ranges. A call that returns false ends the encoding; its implementation keeps the reason.

class BlobSource {
public:
    virtual ~BlobSource() = default;
    virtual std::uint64_t size() const = 0;
    /// Fills `out` with the bytes at `offset`. The range lies within the blob.
    virtual bool read(std::uint64_t offset, MutableByteView out) = 0;
};

/// Storage of `row_parity_bytes`, written once, then read once.
class ScratchSpace {
public:
    virtual ~ScratchSpace() = default;
    virtual bool write(std::uint64_t offset, ByteView data) = 0;
    virtual bool read(std::uint64_t offset, MutableByteView out) = 0;
};

/// Where slivers go. Every byte of every sliver comes exactly once. Secondary slivers and the
/// primary slivers 0..P-1 come whole; the primary slivers P..n-1 come in pieces of some symbols,
/// all of them side by side.
class SliverSink {
public:
    virtual ~SliverSink() = default;
    /// Bytes [offset, offset + data.size()) of the symbols of a sliver.
    virtual bool write(Axis axis, SliverIndex index, std::uint64_t offset, ByteView data) = 0;
};

/// Scratch space in memory, for blobs of moderate size.
class MemoryScratch final : public ScratchSpace {
public:
    explicit MemoryScratch(std::uint64_t bytes) : bytes_(static_cast<std::size_t>(bytes)) {}
    bool write(std::uint64_t offset, ByteView data) override;
    bool read(std::uint64_t offset, MutableByteView out) override;

private:
    Bytes bytes_;
};

/// The size of the scratch space: (n - S) * P symbols. Nothing if the blob is too large.
std::optional<std::uint64_t> row_parity_bytes(const CodeParameters& code, std::uint64_t blob_bytes);

enum class StreamEncodeError {
    BlobTooLarge,   ///< more than P*S*65534 bytes
    SourceFailed,   ///< a call of the source returned false
    ScratchFailed,  ///< a call of the scratch space returned false
    SinkFailed,     ///< a call of the sink returned false
    OutOfMemory,    ///< the limit does not allow one row and one column
};
const char* describe(StreamEncodeError error);

struct StreamEncodeOptions {
    /// Working memory, whatever the size of the blob; fewer threads work where it is scarce. One
    /// thread needs n + P symbols: 87 MiB for the largest blob of 1000 shards.
    std::size_t memory_bytes = std::size_t{320} << 20;
};

/// Encodes a blob. `sink` may be null: only the metadata is wanted.
Result<VerifiedMetadata, StreamEncodeError> encode_stream(const CodeParameters& code,
                                                          BlobSource& source, ScratchSpace& scratch,
                                                          SliverSink* sink, Executor& executor,
                                                          const StreamEncodeOptions& options = {});

}  // namespace walrus
