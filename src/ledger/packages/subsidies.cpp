// SPDX-License-Identifier: Apache-2.0
// ORIG::subsidies, deprecated: purchases of storage that a pool of WAL helps to pay (spec/chain.md
// §7.5).
#include "ledger/abort_codes.hpp"
#include "ledger/packages/money.hpp"
#include "ledger/packages/system_calls.hpp"
#include "protocol/constants.hpp"

namespace walrus::ledger {

namespace {

TypeSpec subsidies_spec() {
    return spec::walrus_struct("subsidies", "Subsidies");
}
TypeSpec cap_spec() {
    return spec::walrus_struct("subsidies", "AdminCap");
}

Executed<void> check_admin(const Subsidies& subsidies, const SubsidiesAdminCap& cap) {
    if (subsidies.id == cap.subsidies_id) return {};
    return move_abort(codes::subsidies::kUnauthorizedAdminCap,
                      "the capability is for " + to_text(cap.subsidies_id));
}
Executed<void> check_rate(std::uint16_t rate) {
    if (rate <= kBasisPoints) return {};
    return move_abort(codes::subsidies::kInvalidSubsidyRate,
                      std::to_string(rate) + " of at most 10000 basis points");
}
Executed<void> check_version(const Subsidies& subsidies) {
    if (subsidies.version == kSubsidiesVersion) return {};
    return move_abort(codes::subsidies::kWrongVersion,
                      "the object has version " + std::to_string(subsidies.version));
}

/// amount x rate / divisor in u64. Errors: arithmetic.
Executed<Frost> share_of(Frost amount, std::uint64_t rate, std::uint64_t divisor) {
    const auto product = checked_mul(amount, rate);
    if (!product) return arithmetic_error("amount times rate");
    return *product / divisor;
}

struct Grant {
    Frost buyer = 0;
    Frost system = 0;
};
/// What a pool of `funds` > 0 adds to a purchase of this cost.
Executed<Grant> grant_for(const Subsidies& subsidies, Frost cost, Frost funds) {
    const std::uint64_t buyer_rate = subsidies.buyer_subsidy_rate;
    const std::uint64_t system_rate = subsidies.system_subsidy_rate;
    Grant grant;
    grant.buyer = WALRUS_TRY(share_of(cost, buyer_rate, kBasisPoints));
    grant.system = WALRUS_TRY(share_of(cost, system_rate, kBasisPoints));
    const auto total = checked_add(grant.buyer, grant.system);
    if (!total) return arithmetic_error("sum of the subsidies");
    if (funds >= *total) return grant;
    grant.buyer = WALRUS_TRY(share_of(funds, buyer_rate, buyer_rate + system_rate));
    grant.system = WALRUS_TRY(share_of(funds, system_rate, buyer_rate + system_rate));
    return grant;
}

/// Buys with the payment and the pool together, then settles: the buyer pays the cost less its
/// subsidy, and the system's part is added to the rewards of as many epochs from now on.
template <class Buy>
Executed<void> buy_subsidised(SystemStateInnerV1& state, Subsidies& subsidies, Frost& payment,
                              std::uint32_t epochs, Buy buy) {
    const Frost funds = subsidies.subsidy_pool;
    if (funds == 0) return buy(payment);
    const auto together = checked_add(funds, payment);
    if (!together) return move_abort(codes::balance::kOverflow);
    Frost left = *together;
    WALRUS_TRY(buy(left));
    const Frost cost = *together - left;
    const Grant grant = WALRUS_TRY(grant_for(subsidies, cost, funds));
    const auto most = checked_add(payment, grant.buyer);
    const auto change = most ? checked_sub(*most, cost) : std::nullopt;
    if (!change) return arithmetic_error("the buyer's payment");
    WALRUS_TRY(take_out(left, *change));
    WALRUS_TRY(take_out(left, grant.system));
    WALRUS_TRY(add_subsidy(state, grant.system, epochs));
    payment = *change;
    subsidies.subsidy_pool = left;
    return {};
}

Executed<void> share_new(NativeCall& call, const Subsidies& made) {
    Subsidies subsidies = made;
    subsidies.id = call.runtime.new_id();
    subsidies.package_id = call.pure<ObjectId>(0);
    subsidies.version = kSubsidiesVersion;
    const SubsidiesAdminCap cap{call.runtime.new_id(), subsidies.id};
    WALRUS_TRY(call.runtime.share({walrus_type(call.ids(), "subsidies", "Subsidies"), subsidies}));
    call.add_walrus_result("subsidies", "AdminCap", cap);
    return {};
}

Executed<void> run_new(NativeCall& call) {
    return share_new(call, {});
}
Executed<void> run_new_with_rates(NativeCall& call) {
    Subsidies subsidies;
    subsidies.buyer_subsidy_rate = call.pure<std::uint16_t>(1);
    subsidies.system_subsidy_rate = call.pure<std::uint16_t>(2);
    WALRUS_TRY(check_rate(subsidies.buyer_subsidy_rate));
    WALRUS_TRY(check_rate(subsidies.system_subsidy_rate));
    subsidies.subsidy_pool = call.take<Coin>(3).value;
    return share_new(call, subsidies);
}

Executed<void> run_add_funds(NativeCall& call) {
    return put_in(call.mut<Subsidies>(0).subsidy_pool, call.take<Coin>(1).value);
}

template <std::uint16_t Subsidies::* kRate>
Executed<void> run_set_rate(NativeCall& call) {
    Subsidies& subsidies = call.mut<Subsidies>(0);
    WALRUS_TRY(check_admin(subsidies, call.ref<SubsidiesAdminCap>(1)));
    const auto rate = call.pure<std::uint16_t>(2);
    WALRUS_TRY(check_rate(rate));
    subsidies.*kRate = rate;
    return {};
}

Executed<void> run_withdraw(NativeCall& call) {
    Subsidies& subsidies = call.mut<Subsidies>(0);
    WALRUS_TRY(check_admin(subsidies, call.ref<SubsidiesAdminCap>(1)));
    call.add_result(balance_type(call.ids().wal_type()), Balance{subsidies.subsidy_pool});
    subsidies.subsidy_pool = 0;
    return {};
}

Executed<void> run_extend_blob(NativeCall& call) {
    WALRUS_TRY(check_version(call.mut<Subsidies>(0)));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(1)));
    const auto epochs = call.pure<std::uint32_t>(3);
    return buy_subsidised(
        *state, call.mut<Subsidies>(0), call.mut<Coin>(4).value, epochs, [&](Frost& payment) {
            return extend_paid(call.runtime, *state, call.mut<Blob>(2), epochs, payment);
        });
}

Executed<void> run_reserve_space(NativeCall& call) {
    WALRUS_TRY(check_version(call.mut<Subsidies>(0)));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(1)));
    const auto epochs = call.pure<std::uint32_t>(3);
    std::optional<Storage> storage;
    const auto buy = [&](Frost& payment) -> Executed<void> {
        storage = WALRUS_TRY(reserve_space(*state, call.runtime.new_id(),
                                           call.pure<std::uint64_t>(2), epochs, payment));
        return {};
    };
    WALRUS_TRY(
        buy_subsidised(*state, call.mut<Subsidies>(0), call.mut<Coin>(4).value, epochs, buy));
    tell_reserved(call.runtime, *storage);
    call.add_walrus_result("storage_resource", "Storage", *storage);
    return {};
}

Executed<void> run_register_blob(NativeCall& call) {
    WALRUS_TRY(check_version(call.mut<Subsidies>(0)));
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(1)));
    const Storage storage = call.take<Storage>(2);
    NewBlob request = new_blob(call, 3);
    request.deletable = call.pure<bool>(7);
    Blob blob =
        WALRUS_TRY(register_paid(call.runtime, *state, storage, request, call.mut<Coin>(8).value));
    call.add_walrus_result("blob", "Blob", std::move(blob));
    return {};
}

}  // namespace

const NativeModule& subsidies_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "subsidies",
        {
            {"add_funds",
             0,
             {mut(subsidies_spec()), value(wal_coin_spec())},
             TxContext::No,
             {},
             run_add_funds},
            {"extend_blob",
             0,
             {mut(subsidies_spec()), mut(system_spec()), mut(blob_spec()), value(spec::u32()),
              mut(wal_coin_spec())},
             TxContext::Yes,
             {},
             run_extend_blob},
            {"new", 0, {value(spec::id())}, TxContext::Yes, {cap_spec()}, run_new},
            {"new_with_initial_rates_and_funds",
             0,
             {value(spec::id()), value(spec::u16()), value(spec::u16()), value(wal_coin_spec())},
             TxContext::Yes,
             {cap_spec()},
             run_new_with_rates},
            {"register_blob",
             0,
             {mut(subsidies_spec()), mut(system_spec()), value(storage_spec()), value(spec::u256()),
              value(spec::u256()), value(spec::u64()), value(spec::u8()), value(spec::boolean()),
              mut(wal_coin_spec())},
             TxContext::Yes,
             {blob_spec()},
             run_register_blob},
            {"reserve_space",
             0,
             {mut(subsidies_spec()), mut(system_spec()), value(spec::u64()), value(spec::u32()),
              mut(wal_coin_spec())},
             TxContext::Yes,
             {storage_spec()},
             run_reserve_space},
            {"set_buyer_subsidy_rate",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec()), value(spec::u16())},
             TxContext::No,
             {},
             run_set_rate<&Subsidies::buyer_subsidy_rate>},
            {"set_system_subsidy_rate",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec()), value(spec::u16())},
             TxContext::No,
             {},
             run_set_rate<&Subsidies::system_subsidy_rate>},
            {"withdraw_balance",
             0,
             {mut(subsidies_spec()), spec::ref(cap_spec())},
             TxContext::No,
             {spec::balance(spec::wal())},
             run_withdraw},
        }};
    return module;
}

}  // namespace walrus::ledger
