// SPDX-License-Identifier: Apache-2.0
// The functions of ORIG::staking for storage nodes (spec/chain.md §5.2): registration, what a node
// says of itself, its votes, its commission.
#include "attest/signed_message.hpp"
#include "ledger/abort_codes.hpp"
#include "ledger/packages/staking_state.hpp"
#include "protocol/constants.hpp"

namespace walrus::ledger {

namespace {

/// The key in its stored form, once the sender has proven to hold its secret. Errors:
/// messages::EInvalidKeyLength, EInvalidProofOfPossession.
Executed<Bytes> proven_key(NativeCall& call, Epoch epoch, ByteView key, ByteView proof) {
    if (key.size() != bls::kPublicKeyBytes)
        return move_abort(codes::messages::kInvalidKeyLength,
                          "the key has " + std::to_string(key.size()) + " bytes, not 48");
    const auto parsed = bls::PublicKey::parse(key, bls::KeyCheck::Full);
    const auto signature = bls::Signature::from(proof);
    if (!parsed || !signature ||
        !attest::verify_possession(*parsed, epoch, call.runtime.sender(), *signature))
        return move_abort(codes::staking_pool::kInvalidProofOfPossession,
                          "the proof is not this key's for " + to_text(call.runtime.sender()) +
                              " in epoch " + std::to_string(epoch));
    return to_bytes(parsed->to_uncompressed());
}

Executed<void> check_name(const std::string& name) {
    if (name.size() <= kNodeNameBytesMax) return {};
    return move_abort(codes::staking_pool::kInvalidNameLength,
                      "the name has " + std::to_string(name.size()) + " bytes, at most " +
                          std::to_string(kNodeNameBytesMax));
}
Executed<void> check_address(const std::string& address) {
    if (address.size() <= kNetworkAddressBytesMax) return {};
    return move_abort(codes::staking_pool::kInvalidNetworkAddressLength,
                      "the address has " + std::to_string(address.size()) + " bytes, at most " +
                          std::to_string(kNetworkAddressBytesMax));
}
Executed<void> check_network_key(const Bytes& key) {
    if (key.size() == kNetworkPublicKeyBytes) return {};
    return move_abort(codes::storage_node::kInvalidNetworkPublicKey,
                      "the key has " + std::to_string(key.size()) + " bytes, not 33");
}

Executed<void> save_metadata(NativeCall& call, const ExtendedField& place, NodeMetadata metadata) {
    return call.runtime.set_field(place.id, walrus_type(call.ids(), "extended_field", "Key"),
                                  walrus_type(call.ids(), "node_metadata", "NodeMetadata"),
                                  ExtendedFieldKey{}, std::move(metadata));
}

Executed<void> run_register_candidate(NativeCall& call) {
    StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    const Epoch now = staking.inner.epoch;
    StakingPool pool;
    pool.node_info.public_key =
        WALRUS_TRY(proven_key(call, now, call.pure<Bytes>(4), call.pure<Bytes>(6)));
    pool.node_info.name = call.pure<std::string>(1);
    pool.node_info.network_address = call.pure<std::string>(2);
    pool.node_info.network_public_key = call.pure<Bytes>(5);
    pool.commission_rate = call.pure<std::uint16_t>(7);
    WALRUS_TRY(check_name(pool.node_info.name));
    WALRUS_TRY(check_address(pool.node_info.network_address));
    WALRUS_TRY(check_commission_rate(pool.commission_rate));
    WALRUS_TRY(check_network_key(pool.node_info.network_public_key));

    pool.id = call.runtime.new_id();
    pool.node_info.node_id = NodeId{pool.id.bytes};
    pool.node_info.metadata = {call.runtime.new_id()};
    pool.exchange_rates = {call.runtime.new_id(), 1};
    pool.extra_fields = {call.runtime.new_id(), 0};
    pool.voting_params = {call.pure<std::uint64_t>(8), call.pure<std::uint64_t>(9),
                          call.pure<std::uint64_t>(10)};
    pool.activation_epoch = now + (staking.inner.next_committee ? 1 : 0);
    pool.latest_epoch = now;
    StorageNodeCap cap;
    cap.id = call.runtime.new_id();
    cap.node_id = pool.node_info.node_id;
    pool.commission_receiver = AuthorizedObject{cap.id};
    pool.governance_authorized = AuthorizedAddress{call.runtime.sender()};

    WALRUS_TRY(save_metadata(call, pool.node_info.metadata, call.take<NodeMetadata>(3)));
    OpenPool open(call.runtime, std::move(pool));
    open.add(open.pool.activation_epoch, FlatRate{});
    WALRUS_TRY(open.save(staking.inner.pools));
    ++staking.inner.pools.size;
    WALRUS_TRY(staking.save());
    call.runtime.emit_own(own::NodeRegistered{cap.node_id, cap.id});
    call.add_walrus_result("storage_node", "StorageNodeCap", std::move(cap));
    return {};
}

/// Opens the pool of the capability in argument 1, lets `change` change it, writes it back.
template <class Change>
Executed<void> change_own_pool(NativeCall& call, Change change) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    OpenPool pool = WALRUS_TRY(staking.pool(call.ref<StorageNodeCap>(1).node_id));
    WALRUS_TRY(change(pool.pool, staking.inner.epoch));
    WALRUS_TRY(pool.save(staking.inner.pools));
    call.runtime.emit_own(own::NodeChanged{pool.node()});
    return {};
}

Executed<void> run_set_next_public_key(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch now) -> Executed<void> {
        pool.node_info.next_epoch_public_key =
            WALRUS_TRY(proven_key(call, now, call.pure<Bytes>(2), call.pure<Bytes>(3)));
        return {};
    });
}
Executed<void> run_set_name(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch) {
        pool.node_info.name = call.pure<std::string>(2);
        return check_name(pool.node_info.name);
    });
}
Executed<void> run_set_network_address(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch) {
        pool.node_info.network_address = call.pure<std::string>(2);
        return check_address(pool.node_info.network_address);
    });
}
Executed<void> run_set_network_public_key(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch) {
        pool.node_info.network_public_key = call.pure<Bytes>(2);
        return check_network_key(pool.node_info.network_public_key);
    });
}
Executed<void> run_set_node_metadata(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch) {
        return save_metadata(call, pool.node_info.metadata, call.take<NodeMetadata>(2));
    });
}
Executed<void> run_node_metadata(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.ref<Staking>(0)));
    const OpenPool pool = WALRUS_TRY(staking.pool(call.pure<NodeId>(1)));
    auto metadata = call.runtime.field<NodeMetadata>(
        pool.pool.node_info.metadata.id, walrus_type(call.ids(), "extended_field", "Key"),
        ExtendedFieldKey{});
    WALRUS_CHECK(metadata.has_value());
    call.add_walrus_result("node_metadata", "NodeMetadata", std::move(*metadata));
    return {};
}

/// Takes effect with the next `update_prices`, or with the next selection of parameters.
template <std::uint64_t VotingParams::* kVote>
Executed<void> run_set_vote(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch) -> Executed<void> {
        pool.voting_params.*kVote = call.pure<std::uint64_t>(2);
        return {};
    });
}
Executed<void> run_set_next_commission(NativeCall& call) {
    return change_own_pool(call, [&](StakingPool& pool, Epoch now) {
        return set_next_commission(pool, now, call.pure<std::uint16_t>(2));
    });
}

// ------------------------------------------------------------------ what an authority decides on

/// Errors: EAuthorizationFailure.
Executed<void> check_authority(const Authorized& authority, const Authenticated& caller) {
    if (caller.who == authority) return {};
    return move_abort(codes::staking_pool::kAuthorizationFailure,
                      "the caller is not who may do this");
}

Executed<void> run_collect_commission(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    OpenPool pool = WALRUS_TRY(staking.pool(call.pure<NodeId>(1)));
    WALRUS_TRY(check_authority(pool.pool.commission_receiver, call.take<Authenticated>(2)));
    const Frost amount = collect_commission(pool.ref());
    WALRUS_TRY(pool.save(staking.inner.pools));
    call.runtime.emit_own(own::CommissionCollected{pool.node(), amount});
    call.add_result(coin_type(call.ids().wal_type()), Coin{amount});
    return {};
}

template <Authorized StakingPool::* kAuthority>
Executed<void> run_set_authority(NativeCall& call) {
    const StakingState staking = WALRUS_TRY(StakingState::open(call.runtime, call.mut<Staking>(0)));
    OpenPool pool = WALRUS_TRY(staking.pool(call.pure<NodeId>(1)));
    WALRUS_TRY(check_authority(pool.pool.*kAuthority, call.take<Authenticated>(2)));
    pool.pool.*kAuthority = call.take<Authorized>(3);
    WALRUS_TRY(pool.save(staking.inner.pools));
    call.runtime.emit_own(own::NodeChanged{pool.node()});
    return {};
}

/// A function on the node's own pool with one more argument.
NativeFunction own_setter(std::string_view name, TypeSpec type, NativeBody body) {
    return {name,
            0,
            {spec::mut(staking_spec()), spec::ref(node_cap_spec()), spec::value(std::move(type))},
            TxContext::No,
            {},
            body};
}
NativeFunction authority_setter(std::string_view name, NativeBody body) {
    return {name,
            0,
            {spec::mut(staking_spec()), spec::value(spec::id()), spec::value(authenticated_spec()),
             spec::value(authorized_spec())},
            TxContext::No,
            {},
            body};
}

}  // namespace

const NativeModule& staking_node_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "staking",
        {
            {"collect_commission",
             0,
             {mut(staking_spec()), value(spec::id()), value(authenticated_spec())},
             TxContext::Yes,
             {spec::coin(spec::wal())},
             run_collect_commission},
            {"node_metadata",
             0,
             {spec::ref(staking_spec()), value(spec::id())},
             TxContext::No,
             {node_metadata_spec()},
             run_node_metadata},
            {"register_candidate",
             0,
             {mut(staking_spec()), value(spec::string()), value(spec::string()),
              value(node_metadata_spec()), value(spec::bytes()), value(spec::bytes()),
              value(spec::bytes()), value(spec::u16()), value(spec::u64()), value(spec::u64()),
              value(spec::u64())},
             TxContext::Yes,
             {node_cap_spec()},
             run_register_candidate},
            authority_setter("set_commission_receiver",
                             run_set_authority<&StakingPool::commission_receiver>),
            authority_setter("set_governance_authorized",
                             run_set_authority<&StakingPool::governance_authorized>),
            own_setter("set_name", spec::string(), run_set_name),
            own_setter("set_network_address", spec::string(), run_set_network_address),
            own_setter("set_network_public_key", spec::bytes(), run_set_network_public_key),
            own_setter("set_next_commission", spec::u16(), run_set_next_commission),
            {"set_next_public_key",
             0,
             {mut(staking_spec()), spec::ref(node_cap_spec()), value(spec::bytes()),
              value(spec::bytes())},
             TxContext::Yes,
             {},
             run_set_next_public_key},
            own_setter("set_node_capacity_vote", spec::u64(),
                       run_set_vote<&VotingParams::node_capacity>),
            own_setter("set_node_metadata", node_metadata_spec(), run_set_node_metadata),
            own_setter("set_storage_price_vote", spec::u64(),
                       run_set_vote<&VotingParams::storage_price>),
            own_setter("set_write_price_vote", spec::u64(),
                       run_set_vote<&VotingParams::write_price>),
        }};
    return module;
}

}  // namespace walrus::ledger
