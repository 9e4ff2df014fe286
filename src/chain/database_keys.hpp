// SPDX-License-Identifier: Apache-2.0
// Keys of the ledger's database (docs/formats/ledger-database.md) and how its values are read.
// Internal to database*.cpp.
#pragma once

#include <fmt/format.h>

#include "bcs/bcs.hpp"
#include "chain/database.hpp"
#include "hash/blake2b.hpp"

namespace walrus::chain::detail {

// First bytes of keys; the state's own (0x10, 0x11, 0x12) are ledger/state.hpp's. Never renumbered.
inline constexpr Byte kMetaKeyTag = 0x00;
inline constexpr Byte kMetadataKeyTag = 0x14;
inline constexpr Byte kEventTypeKeyTag = 0x15;
inline constexpr Byte kCommitteeKeyTag = 0x18;
inline constexpr Byte kTransactionKeyTag = 0x20;
inline constexpr Byte kBlockKeyTag = 0x21;
inline constexpr Byte kTreeKeyTag = 0x30;
inline constexpr Byte kHistoryKeyTag = 0x31;
inline constexpr Byte kTreeChangesKeyTag = 0x32;

inline constexpr std::string_view kFormatName = "format";
inline constexpr std::string_view kGenesisName = "genesis";
inline constexpr std::string_view kSequencerName = "sequencer";
inline constexpr std::string_view kHeadName = "head";
inline constexpr std::string_view kTreeName = "tree";

struct StoredBlock {
    Bytes header;
    std::vector<TransactionDigest> transactions;
};

inline Bytes tagged(Byte tag, ByteView rest) {
    Bytes key{tag};
    append(key, rest);
    return key;
}
inline Bytes meta_key(std::string_view name) {
    return tagged(kMetaKeyTag, as_bytes(name));
}
inline Bytes transaction_key(const TransactionDigest& digest) {
    return tagged(kTransactionKeyTag, digest.view());
}
inline Bytes block_key(std::uint64_t seq) {
    Byte raw[8];
    store_be(raw, seq);
    return tagged(kBlockKeyTag, raw);
}
inline Bytes history_key(const proof::HistoryPosition& position) {
    Byte raw[9];
    raw[0] = position.height;
    store_be(raw + 1, position.index);
    return tagged(kHistoryKeyTag, raw);
}
/// Place of an event, in the order of the chain: block, transaction in it, event in that.
inline constexpr std::size_t kEventPlaceBytes = 16;
struct EventPlace {
    std::uint64_t seq = 0;
    std::uint32_t transaction = 0;
    std::uint32_t event = 0;

    Bytes encoded() const {
        Bytes out(kEventPlaceBytes);
        store_be(out.data(), seq);
        store_be(out.data() + 8, transaction);
        store_be(out.data() + 12, event);
        return out;
    }
    static EventPlace decode(ByteView bytes) {
        return {load_be<std::uint64_t>(bytes.data()), load_be<std::uint32_t>(bytes.data() + 8),
                load_be<std::uint32_t>(bytes.data() + 12)};
    }
};
/// The type's digest, shortened; the place completes the key.
inline Bytes event_type_prefix(const ledger::StructTag& type) {
    const Digest digest = blake2b(bcs::encode(type));
    return tagged(kEventTypeKeyTag, digest.view().first(16));
}
inline Bytes tree_changes_key(std::uint64_t seq) {
    Byte raw[8];
    store_be(raw, seq);
    return tagged(kTreeChangesKeyTag, raw);
}
inline void put_tree(io::WriteBatch& batch, const proof::StateTree::Update& update) {
    for (const proof::NodeWrite& write : update.writes) {
        if (write.node) {
            batch.put(tagged(kTreeKeyTag, write.path), *write.node);
        } else {
            batch.erase(tagged(kTreeKeyTag, write.path));
        }
    }
}
inline Bytes committee_key(Epoch epoch) {
    Byte raw[4];
    store_be(raw, epoch);
    return tagged(kCommitteeKeyTag, raw);
}

inline ChainError from_io(const io::IoError& error) {
    const ChainCode code =
        error.code == io::IoCode::Corrupt ? ChainCode::Corrupt : ChainCode::NotDurable;
    return {code, "the ledger's store failed: " + error.message};
}

template <class T>
ChainResult<T> decode_as(ByteView bytes, std::string_view what) {
    auto value = bcs::decode<T>(bytes);
    if (!value)
        return chain_failure(ChainCode::Corrupt,
                             fmt::format("stored {}: {}", what, bcs::describe(value.error())));
    return std::move(*value);
}

inline ChainResult<std::optional<Bytes>> get(const io::KeyValueStore& store, ByteView key) {
    auto value = store.get(key);
    if (!value) return tl::make_unexpected(from_io(value.error()));
    return std::move(*value);
}

}  // namespace walrus::chain::detail
