// SPDX-License-Identifier: Apache-2.0
// A node's part in the epochs (spec/chain.md §6.1): it votes, ends the vote, begins the next epoch,
// and says when it holds its shards; all by transactions of its own account, at the times that the
// ledger's rules allow, a random while after them so that not all nodes come at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "ledger/transaction_builder.hpp"
#include "ledger/types.hpp"
#include "node/context.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::node {

/// What the ledger says of the epoch.
struct EpochFacts {
    ledger::LedgerHandles handles;
    Address type_package;  ///< address in names of types
    ledger::StakingInnerV1 staking;
    std::uint32_t protocol_revision = 0;
};

/// What is to be done next, and when. Pure.
enum class EpochAction { EndVoting, Initiate, ConcludeSync };
struct DueAction {
    EpochAction action = EpochAction::EndVoting;
    std::uint64_t due_ms = 0;  ///< ledger time from which it is allowed
};
/// `sync_seen_ms`: when this node first saw the epoch's change under way.
DueAction next_action(const ledger::StakingInnerV1& staking, std::uint64_t sync_seen_ms);
/// The longest random delay behind a due time, milliseconds.
std::uint64_t delay_max_ms(std::uint64_t epoch_duration_ms);

class EpochDriver {
public:
    /// All must outlive it. `news` is told of epoch events. Precondition: the configuration has an
    /// account.
    EpochDriver(NodeContext& node, rpc::LedgerClient& ledger, io::Event& news);

    /// Runs until stop().
    io::Task<void> run();
    void stop() { stopped_.cancel(); }

private:
    io::Task<std::optional<EpochFacts>> read_facts();
    /// Does what is due; how long to wait until the next look, microseconds.
    io::Task<std::uint64_t> step(EpochFacts facts);
    /// This node's capability; nothing if it has none or the ledger does not answer.
    struct Capability {
        ledger::ObjectRef ref;
        ledger::StorageNodeCap cap;
    };
    io::Task<std::optional<Capability>> find_capability(EpochFacts facts);
    /// False: the shards are not all here, or the transaction failed.
    io::Task<bool> attest(EpochFacts facts, Capability capability);
    /// True: votes were sent, which gives the capability a new version.
    io::Task<bool> vote(EpochFacts facts, Capability capability);
    io::Task<bool> send(ledger::TransactionData data, std::string_view what);
    ledger::TransactionOptions options(Epoch epoch);
    std::uint64_t delay_ms(Epoch epoch, EpochAction action, std::uint64_t duration_ms);

    NodeContext& node_;
    rpc::LedgerClient& ledger_;
    io::Event& news_;
    Address account_;
    io::CancelSource stopped_;
    std::map<EpochAction, std::uint64_t> delays_ms_;  ///< of `delays_epoch_`
    Epoch delays_epoch_ = 0;
    Epoch sync_epoch_ = 0;
    std::uint64_t sync_seen_ms_ = 0;
    Epoch voted_epoch_ = 0;
    Epoch attested_epoch_ = 0;
};

}  // namespace walrus::node
