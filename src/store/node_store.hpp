// SPDX-License-Identifier: Apache-2.0
// A node's storage directory: lock, format number, small state and segments
// (docs/formats/node-store.md).
#pragma once

#include <memory>
#include <string>

#include "io/environment.hpp"
#include "store/blob_state.hpp"
#include "store/sliver_store.hpp"

namespace walrus::store {

/// Format of the directory that we write and read.
inline constexpr std::uint32_t kStoreFormat = 1;

class NodeStore {
public:
    /// Opens or creates the directory. `environment` must outlive the store. Blocks (disk workers).
    /// Errors: InUse, UnknownFormat, Corrupt, NoSpace, Io.
    static StoreResult<std::unique_ptr<NodeStore>> open(io::Environment& environment,
                                                        const std::string& directory,
                                                        SliverStoreOptions options);

    SliverStore& slivers() { return *slivers_; }
    BlobState& state() { return *state_; }

private:
    NodeStore() = default;
    // In order of opening; closed in reverse.
    std::unique_ptr<io::FileLock> lock_;
    std::unique_ptr<io::KeyValueStore> index_;
    std::unique_ptr<BlobState> state_;
    std::unique_ptr<SliverStore> slivers_;
};

}  // namespace walrus::store
