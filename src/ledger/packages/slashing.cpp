// SPDX-License-Identifier: Apache-2.0
// ORIG::slashing: the committee votes that a node loses its commission (spec/chain.md §8.1).

#include "ledger/abort_codes.hpp"
#include "ledger/packages/governance.hpp"
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

TypeSpec manager_spec() {
    return spec::walrus_struct("slashing", "SlashingManager");
}
TypeTag proposal_type(const LedgerIds& ids) {
    return walrus_type(ids, "slashing", "SlashingProposal");
}

std::optional<SlashingProposal> find(const NativeCall& call, const SlashingManager& manager,
                                     const NodeId& node) {
    return call.runtime.field<SlashingProposal>(manager.slashing_candidates.id, id_type(), node);
}
void erase(NativeCall& call, SlashingManager& manager, const NodeId& node) {
    call.runtime.erase_field(manager.slashing_candidates.id, id_type(), node);
    --manager.slashing_candidates.size;
}

Executed<void> run_vote_for_slashing(NativeCall& call) {
    SlashingManager& manager = call.mut<SlashingManager>(0);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    const auto voter = call.pure<NodeId>(3);
    const auto candidate = call.pure<NodeId>(4);
    const std::uint16_t weight = WALRUS_TRY(voting_weight(staking, call.take<Authenticated>(2),
                                                          voter, codes::slashing::kNotAuthorized));
    auto proposal = find(call, manager, candidate);
    if (!proposal) ++manager.slashing_candidates.size;
    if (!proposal || proposal->epoch != staking.inner.epoch)
        proposal = SlashingProposal{staking.inner.epoch, candidate, 0, {}};
    WALRUS_TRY(add_vote(*proposal, voter, weight, codes::slashing::kDuplicateVote));
    call.runtime.emit_own(own::SlashingVoted{voter, candidate, proposal->voting_weight});
    return call.runtime.set_field(manager.slashing_candidates.id, id_type(),
                                  proposal_type(call.ids()), candidate, std::move(*proposal));
}

Executed<void> run_execute_slashing(NativeCall& call) {
    SlashingManager& manager = call.mut<SlashingManager>(0);
    const auto candidate = call.pure<NodeId>(3);
    const auto proposal = find(call, manager, candidate);
    if (!proposal)
        return move_abort(codes::slashing::kNoProposalForNode,
                          "nobody voted against " + to_text(candidate));
    erase(call, manager, candidate);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(1)));
    WALRUS_TRY(check_quorum(staking, *proposal, codes::slashing::kWrongEpoch,
                            codes::slashing::kNotEnoughVotes));
    OpenPool pool = WALRUS_TRY(staking.pool(candidate));
    const Frost burned = extract_commission(pool.ref());
    WALRUS_TRY(pool.save(staking.inner.pools));
    burn_wal(call.runtime, burned);
    call.runtime.emit_own(own::NodeSlashed{candidate, burned});
    return {};
}

Executed<void> run_cleanup(NativeCall& call) {
    SlashingManager& manager = call.mut<SlashingManager>(0);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    for (const NodeId& node : call.pure<std::vector<NodeId>>(2)) {
        const auto proposal = find(call, manager, node);
        if (proposal && proposal->epoch < staking.inner.epoch) erase(call, manager, node);
    }
    return {};
}

}  // namespace

const NativeModule& slashing_module() {
    using spec::mut;
    using spec::ref;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "slashing",
        {
            {"cleanup_slashing_proposals",
             0,
             {mut(manager_spec()), ref(staking_spec()), value(spec::vector(spec::id()))},
             TxContext::No,
             {},
             run_cleanup},
            {"execute_slashing",
             0,
             {mut(manager_spec()), mut(staking_spec()), mut(treasury_spec()), value(spec::id())},
             TxContext::Yes,
             {},
             run_execute_slashing},
            {"vote_for_slashing",
             0,
             {mut(manager_spec()), ref(staking_spec()), value(authenticated_spec()),
              value(spec::id()), value(spec::id())},
             TxContext::No,
             {},
             run_vote_for_slashing},
        }};
    return module;
}

}  // namespace walrus::ledger
