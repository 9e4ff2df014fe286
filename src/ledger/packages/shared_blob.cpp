// SPDX-License-Identifier: Apache-2.0
// ORIG::shared_blob: a blob that anyone can fund and extend (spec/chain.md §3.2). Nothing ever
// takes the blob or the funds out again.
#include "ledger/packages/money.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

TypeSpec shared_blob_spec() {
    return spec::walrus_struct("shared_blob", "SharedBlob");
}

Executed<void> share_new(NativeCall& call, Frost funds) {
    const SharedBlob shared{call.runtime.new_id(), call.take<Blob>(0), funds};
    call.runtime.emit_own(own::BlobShared{shared.blob.blob_id, shared.blob.id, shared.id, funds});
    return call.runtime.share({walrus_type(call.ids(), "shared_blob", "SharedBlob"), shared});
}

Executed<void> run_new(NativeCall& call) {
    return share_new(call, 0);
}
Executed<void> run_new_funded(NativeCall& call) {
    return share_new(call, call.take<Coin>(1).value);
}
Executed<void> run_fund(NativeCall& call) {
    SharedBlob& shared = call.mut<SharedBlob>(0);
    const Frost amount = call.take<Coin>(1).value;
    WALRUS_TRY(put_in(shared.funds, amount));
    call.runtime.emit_own(own::SharedBlobFunded{shared.id, amount, shared.funds});
    return {};
}
Executed<void> run_extend(NativeCall& call) {
    SharedBlob& shared = call.mut<SharedBlob>(0);
    SystemStateInnerV1* state = WALRUS_TRY(call.runtime.mutable_system_state(call.mut<System>(1)));
    return extend_paid(call.runtime, *state, shared.blob, call.pure<std::uint32_t>(2),
                       shared.funds);
}

}  // namespace

const NativeModule& shared_blob_module() {
    using spec::mut;
    using spec::value;
    static const NativeModule module{
        Home::Walrus,
        "shared_blob",
        {
            {"extend",
             0,
             {mut(shared_blob_spec()), mut(system_spec()), value(spec::u32())},
             TxContext::Yes,
             {},
             run_extend},
            {"fund",
             0,
             {mut(shared_blob_spec()), value(wal_coin_spec())},
             TxContext::No,
             {},
             run_fund},
            {"new", 0, {value(blob_spec())}, TxContext::Yes, {}, run_new},
            {"new_funded",
             0,
             {value(blob_spec()), value(wal_coin_spec())},
             TxContext::Yes,
             {},
             run_new_funded},
        }};
    return module;
}

}  // namespace walrus::ledger
