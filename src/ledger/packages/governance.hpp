// SPDX-License-Identifier: Apache-2.0
// What votes on slashing and on upgrades share (spec/chain.md §8): who may vote with which weight,
// each once, and when a proposal has passed.
#pragma once

#include <algorithm>
#include <string>

#include "base/checked.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/staking_state.hpp"
#include "ledger/staking/assignment.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

/// The weight of a node's vote, if the caller may cast it. Errors:
/// dynamic_field::EFieldDoesNotExist, `not_authorized`, staking_inner::ENotInCommittee.
inline Executed<std::uint16_t> voting_weight(const StakingState& staking,
                                             const Authenticated& caller, const NodeId& voter,
                                             const AbortCode& not_authorized) {
    const OpenPool pool = WALRUS_TRY(staking.pool(voter));
    if (caller.who != pool.pool.governance_authorized)
        return move_abort(not_authorized, "the caller may not vote for " + to_text(voter));
    const auto* shards = find_member(staking.inner.committee, voter);
    if (shards == nullptr)
        return move_abort(codes::staking_inner::kNotInCommittee,
                          "node " + to_text(voter) + " is not in the committee");
    return static_cast<std::uint16_t>(shards->size());
}

/// Errors: `duplicate`, arithmetic.
template <class Proposal>
Executed<void> add_vote(Proposal& proposal, const NodeId& voter, std::uint16_t weight,
                        const AbortCode& duplicate) {
    auto& voters = proposal.voters;
    if (std::find(voters.begin(), voters.end(), voter) != voters.end())
        return move_abort(duplicate, "node " + to_text(voter) + " has voted");
    voters.push_back(voter);
    const auto sum = checked_add(proposal.voting_weight, weight);
    if (!sum) return arithmetic_error("the weight of the votes");
    proposal.voting_weight = *sum;
    return {};
}

/// Errors: `wrong_epoch`, `not_enough`.
template <class Proposal>
Executed<void> check_quorum(const StakingState& staking, const Proposal& proposal,
                            const AbortCode& wrong_epoch, const AbortCode& not_enough) {
    if (proposal.epoch != staking.inner.epoch)
        return move_abort(wrong_epoch, "the votes are of epoch " + std::to_string(proposal.epoch) +
                                           ", it is epoch " + std::to_string(staking.inner.epoch));
    if (is_quorum(proposal.voting_weight, staking.inner.n_shards)) return {};
    return move_abort(not_enough, "votes of weight " + std::to_string(proposal.voting_weight) +
                                      " of " + std::to_string(staking.inner.n_shards));
}

}  // namespace walrus::ledger
