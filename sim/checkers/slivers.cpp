// SPDX-License-Identifier: Apache-2.0
#include "sim/checkers/slivers.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/executor.hpp"
#include "bcs/bcs.hpp"
#include "protocol/parameters.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"
#include "redstuff/verify.hpp"
#include "store/node_store.hpp"

namespace walrus::sim {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 20;

std::string where(const Host& host, const BlobId& id) {
    return fmt::format("{}, blob {}", host.name(), to_text(id));
}

std::unique_ptr<store::NodeStore> open_store(Host& host, const std::string& directory,
                                             Findings& findings) {
    store::SliverStoreOptions options;
    auto opened = store::NodeStore::open(host.environment(), directory, options);
    if (opened) return std::move(*opened);
    findings.violation(
        fmt::format("{}: its store does not open: {}", host.name(), opened.error().message));
    return nullptr;
}

/// What each row of the presence table says, read beside the store.
std::vector<std::pair<BlobId, store::Presence>> read_presence(Host& host,
                                                              const std::string& directory,
                                                              Findings& findings) {
    std::vector<std::pair<BlobId, store::Presence>> rows;
    auto index = host.environment().open_store(directory + "/index");
    if (!index) {
        findings.violation(
            fmt::format("{}: its index does not open: {}", host.name(), index.error().message));
        return rows;
    }
    const Bytes from = store::key_of(store::Table::Presence);
    const Bytes to = store::end_of(store::Table::Presence);
    const auto scanned = (*index)->scan(from, to, [&](ByteView key, ByteView value) {
        auto presence = bcs::decode<store::Presence>(value);
        if (key.size() != 33 || !presence) {
            findings.violation(fmt::format("{}: a presence row does not parse", host.name()));
            return true;
        }
        rows.emplace_back(BlobId::from(key.subspan(1)), std::move(*presence));
        return true;
    });
    if (!scanned) findings.violation(fmt::format("{}: its index fails", host.name()));
    return rows;
}

void check_sliver(const Host& host, const VerifiedMetadata& metadata, const CodeParameters& code,
                  ShardIndex shard, Axis axis, ByteView body, Findings& findings) {
    const std::string place = fmt::format(
        "{}, shard {}, {} sliver", where(host, metadata.blob_id()), shard.value, to_text(axis));
    const auto sliver = parse_sliver(body);
    if (!sliver) {
        findings.violation(place + ": does not parse");
        return;
    }
    const SliverPairIndex pair = pair_of_shard(shard, metadata.blob_id(), code.shard_count());
    if (sliver->index != sliver_of_pair(pair, axis, code.shard_count())) {
        findings.violation(place + ": belongs to another shard");
        return;
    }
    InlineExecutor executor;
    const auto verdict = verify_sliver(metadata, code, axis, *sliver, executor);
    if (!verdict) {
        findings.violation(fmt::format("{}: {}", place, describe(verdict.error())));
        return;
    }
    ++findings.slivers_checked;
}

void check_blob(Host& host, store::SliverStore& slivers, BufferPool& buffers, const BlobId& id,
                const store::Presence& presence, const CodeParameters& code, Findings& findings) {
    if (!presence.metadata) {
        if (!presence.shards.empty())
            findings.violation(where(host, id) + ": slivers without metadata");
        return;
    }
    auto record = slivers.get(store::RecordKey::metadata(id), buffers);
    if (!record || !*record) {
        findings.violation(where(host, id) + ": metadata that the index names is not there");
        return;
    }
    const auto metadata = decode_and_verify_metadata((*record)->view(), id, code);
    if (!metadata) {
        findings.violation(
            fmt::format("{}: metadata: {}", where(host, id), describe(metadata.error())));
        return;
    }
    for (const store::ShardPresence& shard : presence.shards) {
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) {
            if ((shard.axes & (1u << static_cast<unsigned>(axis))) == 0) continue;
            const ShardIndex index(shard.shard);
            auto body = slivers.get(store::RecordKey::sliver(id, index, axis), buffers);
            if (!body || !*body) {
                findings.violation(
                    fmt::format("{}, shard {}: the {} sliver that the index names "
                                "is not there",
                                where(host, id), shard.shard, to_text(axis)));
                continue;
            }
            check_sliver(host, *metadata, code, index, axis, (*body)->view(), findings);
        }
    }
}

}  // namespace

void check_slivers(Host& host, const std::string& directory, std::uint32_t shard_count,
                   Findings& findings) {
    const auto code = CodeParameters::make(shard_count);
    if (!code) {
        findings.violation("no code of this number of shards");
        return;
    }
    // Opening repairs what a crash left; only then is the presence table right.
    if (open_store(host, directory, findings) == nullptr) return;
    const auto rows = read_presence(host, directory, findings);
    const auto opened = open_store(host, directory, findings);
    if (!opened) return;
    BufferPool buffers(kBufferBytes);
    for (const auto& [id, presence] : rows) {
        check_blob(host, opened->slivers(), buffers, id, presence, *code, findings);
    }
}

std::optional<store::LedgerCursor> read_cursor(Host& host, const std::string& directory,
                                               Findings& findings) {
    const auto opened = open_store(host, directory, findings);
    if (!opened) return std::nullopt;
    return opened->state().cursor();
}

}  // namespace walrus::sim
