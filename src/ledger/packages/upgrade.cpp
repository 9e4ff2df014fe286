// SPDX-License-Identifier: Apache-2.0
// ORIG::upgrade: the committee votes for a digest of a new package (spec/chain.md §8.2), and
// ORIG::package, ours, which makes the receipt of an upgrade: packages are native here, so there is
// nothing to publish, and what nodes run is the new program.
#include "ledger/packages/governance.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

inline constexpr std::size_t kPackageDigestBytes = 32;

TypeSpec manager_spec() {
    return spec::walrus_struct("upgrade", "UpgradeManager");
}
TypeSpec emergency_spec() {
    return spec::walrus_struct("upgrade", "EmergencyUpgradeCap");
}
TypeSpec ticket_spec() {
    return spec::datatype(Home::Framework, "package", "UpgradeTicket");
}
TypeSpec receipt_spec() {
    return spec::datatype(Home::Framework, "package", "UpgradeReceipt");
}
TypeTag package_type(const char* name) {
    return make_type(make_struct(framework_address(), "package", name));
}
TypeTag digest_type(const LedgerIds& ids) {
    return walrus_type(ids, "upgrade", "PackageDigest");
}

/// Errors: EInvalidPackageDigest.
Executed<void> check_digest(const Bytes& digest) {
    if (digest.size() == kPackageDigestBytes) return {};
    return move_abort(codes::upgrade::kInvalidPackageDigest,
                      "the digest has " + std::to_string(digest.size()) + " bytes, not 32");
}

std::optional<UpgradeProposal> find(const NativeCall& call, const UpgradeManager& manager,
                                    const Bytes& digest) {
    return call.runtime.field<UpgradeProposal>(manager.upgrade_proposals.id,
                                               digest_type(call.ids()), digest);
}
void erase(NativeCall& call, UpgradeManager& manager, const Bytes& digest) {
    call.runtime.erase_field(manager.upgrade_proposals.id, digest_type(call.ids()), digest);
    --manager.upgrade_proposals.size;
}

Executed<void> run_vote_for_upgrade(NativeCall& call) {
    UpgradeManager& manager = call.mut<UpgradeManager>(0);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    const auto node = call.pure<NodeId>(3);
    const std::uint16_t weight = WALRUS_TRY(
        voting_weight(staking, call.take<Authenticated>(2), node, codes::upgrade::kNotAuthorized));
    const Bytes digest = call.pure<Bytes>(4);
    WALRUS_TRY(check_digest(digest));
    const Epoch epoch = staking.inner.epoch;
    const std::uint64_t version = manager.cap.version + 1;
    auto proposal = find(call, manager, digest);
    if (!proposal) ++manager.upgrade_proposals.size;
    if (!proposal || proposal->epoch != epoch || proposal->version != version) {
        call.runtime.emit(ContractUpgradeProposed{epoch, digest});
        proposal = UpgradeProposal{epoch, digest, version, 0, {}};
    }
    WALRUS_TRY(add_vote(*proposal, node, weight, codes::upgrade::kDuplicateVote));
    if (is_quorum(proposal->voting_weight, staking.inner.n_shards))
        call.runtime.emit(ContractUpgradeQuorumReached{epoch, digest});
    return call.runtime.set_field(manager.upgrade_proposals.id, digest_type(call.ids()),
                                  walrus_type(call.ids(), "upgrade", "UpgradeProposal"), digest,
                                  std::move(*proposal));
}

/// Errors: package::EAlreadyAuthorized.
Executed<void> authorize(NativeCall& call, UpgradeCap& cap, Bytes digest) {
    if (cap.package == ObjectId{})
        return move_abort(codes::package::kAlreadyAuthorized, "another upgrade runs");
    UpgradeTicket ticket{cap.id, cap.package, cap.policy, std::move(digest)};
    cap.package = {};
    call.add_result(package_type("UpgradeTicket"), std::move(ticket));
    return {};
}

Executed<void> run_authorize_upgrade(NativeCall& call) {
    UpgradeManager& manager = call.mut<UpgradeManager>(0);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    const Bytes digest = call.pure<Bytes>(2);
    WALRUS_TRY(check_digest(digest));
    const auto proposal = find(call, manager, digest);
    if (!proposal)
        return move_abort(codes::upgrade::kNoProposalForDigest, "nobody voted for the digest");
    erase(call, manager, digest);
    WALRUS_TRY(check_quorum(staking, *proposal, codes::upgrade::kWrongEpoch,
                            codes::upgrade::kNotEnoughVotes));
    if (manager.cap.version + 1 != proposal->version)
        return move_abort(codes::upgrade::kWrongVersion,
                          "the votes are for version " + std::to_string(proposal->version) +
                              ", the package has version " + std::to_string(manager.cap.version));
    return authorize(call, manager.cap, digest);
}

Executed<void> run_authorize_emergency_upgrade(NativeCall& call) {
    UpgradeManager& manager = call.mut<UpgradeManager>(0);
    if (call.ref<EmergencyUpgradeCap>(1).upgrade_manager_id != manager.id)
        return move_abort(codes::upgrade::kInvalidUpgradeManager,
                          "the capability is for another manager");
    return authorize(call, manager.cap, call.pure<Bytes>(2));
}

/// The receipt of a ticket; the new package gets an id of this transaction.
Executed<void> run_adopt(NativeCall& call) {
    const UpgradeTicket ticket = call.take<UpgradeTicket>(0);
    call.add_result(package_type("UpgradeReceipt"),
                    UpgradeReceipt{ticket.cap, call.runtime.fresh_address()});
    return {};
}

Executed<void> run_commit_upgrade(NativeCall& call) {
    UpgradeManager& manager = call.mut<UpgradeManager>(0);
    const UpgradeReceipt receipt = call.take<UpgradeReceipt>(3);
    call.mut<Staking>(1).new_package_id = receipt.package;
    call.mut<System>(2).new_package_id = receipt.package;
    if (receipt.cap != manager.cap.id)
        return move_abort(codes::package::kWrongUpgradeCap, "the receipt is of another upgrade");
    manager.cap.package = receipt.package;
    ++manager.cap.version;
    return {};
}

Executed<void> run_cleanup(NativeCall& call) {
    UpgradeManager& manager = call.mut<UpgradeManager>(0);
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(1)));
    for (const Bytes& digest : call.pure<std::vector<Bytes>>(2)) {
        WALRUS_TRY(check_digest(digest));
        const auto proposal = find(call, manager, digest);
        if (proposal &&
            (proposal->version <= manager.cap.version || proposal->epoch < staking.inner.epoch))
            erase(call, manager, digest);
    }
    return {};
}

Executed<void> run_burn_emergency_cap(NativeCall& call) {
    call.runtime.delete_id(call.take<EmergencyUpgradeCap>(0).id);
    return {};
}

}  // namespace

const NativeModule& upgrade_module() {
    using spec::mut;
    using spec::ref;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "upgrade",
        {
            {"authorize_emergency_upgrade",
             0,
             {mut(manager_spec()), ref(emergency_spec()), value(spec::bytes())},
             TxContext::No,
             {ticket_spec()},
             run_authorize_emergency_upgrade},
            {"authorize_upgrade",
             0,
             {mut(manager_spec()), ref(staking_spec()), value(spec::bytes())},
             TxContext::No,
             {ticket_spec()},
             run_authorize_upgrade},
            {"burn_emergency_upgrade_cap",
             0,
             {value(emergency_spec())},
             TxContext::No,
             {},
             run_burn_emergency_cap},
            {"cleanup_upgrade_proposals",
             0,
             {mut(manager_spec()), ref(staking_spec()), value(spec::vector(spec::bytes()))},
             TxContext::No,
             {},
             run_cleanup},
            {"commit_upgrade",
             0,
             {mut(manager_spec()), mut(staking_spec()), mut(system_spec()), value(receipt_spec())},
             TxContext::No,
             {},
             run_commit_upgrade},
            {"vote_for_upgrade",
             0,
             {mut(manager_spec()), ref(staking_spec()), value(authenticated_spec()),
              value(spec::id()), value(spec::bytes())},
             TxContext::No,
             {},
             run_vote_for_upgrade},
        }};
    return module;
}

const NativeModule& package_module() {
    static const NativeModule module{
        Home::Walrus,
        "package",
        {
            {"adopt", 0, {spec::value(ticket_spec())}, TxContext::Yes, {receipt_spec()}, run_adopt},
        }};
    return module;
}

}  // namespace walrus::ledger
