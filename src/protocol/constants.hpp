// SPDX-License-Identifier: Apache-2.0
// The protocol's numbers, each once, with meaning, unit and source.
#pragma once

#include <cstddef>
#include <cstdint>

namespace walrus {

/// Bytes of a digest (BLAKE2b-256). encoding.md §0.
inline constexpr std::size_t kDigestBytes = 32;
/// Bytes of the accounting entry per sliver pair and shard (two digests). encoding.md §1.1.
inline constexpr std::uint64_t kMetadataBytesPerPair = 64;
/// Symbols are a whole number of field elements. encoding.md §1.1.
inline constexpr std::uint32_t kSymbolAlignmentBytes = 2;
/// Largest symbol: the largest even u16. encoding.md §1.1.
inline constexpr std::uint32_t kSymbolBytesMax = 65534;
/// Fewest shards with a working code. encoding.md §1.1.
inline constexpr std::uint32_t kShardCountMin = 4;
/// Most shards that we accept; the networks use 1000. Bounds every allocation that grows with n.
inline constexpr std::uint32_t kShardCountMax = 4096;

/// Most columns of a quilt's source matrix that its index may take. encoding.md §8.1.
inline constexpr std::uint32_t kQuiltIndexColumnsMax = 10;
/// Longest identifier of a patch in a quilt, bytes: serialised it stays below 65,535.
/// encoding.md §8.3.
inline constexpr std::size_t kPatchIdentifierBytesMax = 65'531;
/// Longest tags of a patch, bytes serialised. encoding.md §8.3.
inline constexpr std::size_t kPatchTagsBytesMax = 65'535;

/// Accounting unit of storage, bytes. chain.md §0.2.
inline constexpr std::uint64_t kStorageUnitBytes = 1u << 20;
/// Frost in one WAL. chain.md §0.1.
inline constexpr std::uint64_t kFrostPerWal = 1'000'000'000;
/// WAL supply at genesis, Frost. chain.md §0.2.
inline constexpr std::uint64_t kWalSupplyFrost = 5'000'000'000ull * kFrostPerWal;
/// Share of an epoch's rewards that is burned, percent. chain.md §0.2.
inline constexpr std::uint64_t kBurnPercent = 3;
/// Largest value of max_epochs_ahead. chain.md §0.2.
inline constexpr std::uint32_t kMaxEpochsAheadLimit = 1000;
/// Basis points in a whole. chain.md §0.2.
inline constexpr std::uint32_t kBasisPoints = 10'000;

/// Bytes of a storage node's name and of its network address, at most. chain.md §0.2.
inline constexpr std::size_t kNodeNameBytesMax = 100;
inline constexpr std::size_t kNetworkAddressBytesMax = 259;
/// Bytes of the key of a node's TLS certificate: P-256, compressed. chain.md §0.2.
inline constexpr std::size_t kNetworkPublicKeyBytes = 33;

/// Application id and version in the header of every BLS-signed message. encoding.md §6.3.
inline constexpr std::uint8_t kIntentApp = 3;
inline constexpr std::uint8_t kIntentVersion = 0;

}  // namespace walrus
