// SPDX-License-Identifier: Apache-2.0
// Follows the ledger's block stream: checks every block against what is pinned, applies its events
// to the node's state together with the cursor, and wakes who waits for them. A gap, a fork, a
// wrong seal or an event that the header does not cover stops it: nothing of that block counts,
// nothing is signed, and health says why, until the stream continues correctly.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chain/block.hpp"
#include "node/context.hpp"
#include "rpc/ledger_client.hpp"
#include "store/blob_info.hpp"

namespace walrus::node {

/// The changes in a block's Walrus events; those of other packages and kinds are skipped. Errors: a
/// sentence; an event of a known name that does not parse.
struct ReadEvents {
    store::BlockChanges changes;
    bool committee_changed = false;  ///< the next was selected, an epoch began, or its change ended
    std::optional<Epoch> epoch_started;
};
Result<ReadEvents, std::string> read_events(const rpc::BlockMessage& block, const Address& package);

class Follower {
public:
    /// `node` and `ledger` must outlive the follower.
    Follower(NodeContext& node, rpc::LedgerClient& ledger, io::Event& refresh_committee);

    /// Runs until stop(). Needs the committee's package: waits for it.
    io::Task<void> run();
    /// Ends run() soon. Idempotent.
    void stop();

private:
    /// Reads one stream until it ends. True: something arrived.
    io::Task<bool> follow_stream();
    /// False: the block must not be believed (`stream_problem` says why) or could not be stored.
    io::Task<bool> take_block(rpc::BlockMessage block);
    void distrust(std::string why);
    io::Task<store::StoreResult<void>> note_epoch(Epoch epoch, std::uint64_t block);
    io::Task<void> load_epoch(Epoch of_last_block);

    NodeContext& node_;
    rpc::LedgerClient& ledger_;
    io::Event& refresh_committee_;
    io::CancelSource stopped_;
    std::unique_ptr<rpc::BlockStream> stream_;
    std::optional<chain::SealedHeader> last_header_;
};

}  // namespace walrus::node
