// SPDX-License-Identifier: Apache-2.0
#include "ledger/effects.hpp"

#include "hash/blake2b.hpp"

namespace walrus::ledger {

namespace {
inline constexpr std::uint32_t kEffectsV2 = 1;
}  // namespace

EffectsDigest TransactionEffects::digest() const {
    return EffectsDigest::from(blake2b("TransactionEffects::", bcs::encode(*this)).view());
}

void bcs_encode(bcs::Writer& out, const TransactionEffects& effects) {
    out.uleb(kEffectsV2);
    out.u8(effects.failure ? 1 : 0);
    if (effects.failure) {
        bcs_encode(out, *effects.failure);
        bcs::encode(out, effects.failure->command);
    }
    out.fixed(effects.epoch);
    bcs::encode(out, effects.gas_used);
    out.bytes(effects.transaction_digest.bytes);
    bcs::encode(out, effects.gas_object_index);
    bcs::encode(out, effects.events_digest);
    bcs::encode(out, effects.dependencies);
    out.fixed(effects.lamport_version);
    bcs::encode(out, effects.changed_objects);
    bcs::encode(out, effects.unchanged_objects);
    bcs::encode(out, effects.auxiliary_digest);
}

bool bcs_decode(bcs::Reader& in, TransactionEffects& effects) {
    std::uint32_t version = 0;
    if (!in.uleb(version)) return false;
    if (version != kEffectsV2) return in.fail(bcs::Error::UnknownVariant);
    std::uint32_t status = 0;
    if (!in.uleb(status)) return false;
    if (status > 1) return in.fail(bcs::Error::UnknownVariant);
    effects.failure.reset();
    if (status == 1) {
        ExecutionError& error = effects.failure.emplace();
        if (!bcs_decode(in, error) || !bcs::decode(in, error.command)) return false;
    }
    PrefixedDigest digest;
    if (!in.fixed(effects.epoch) || !bcs::decode(in, effects.gas_used) || !bcs_decode(in, digest))
        return false;
    effects.transaction_digest = TransactionDigest::from(digest.bytes);
    return bcs::decode(in, effects.gas_object_index) && bcs::decode(in, effects.events_digest) &&
           bcs::decode(in, effects.dependencies) && in.fixed(effects.lamport_version) &&
           bcs::decode(in, effects.changed_objects) && bcs::decode(in, effects.unchanged_objects) &&
           bcs::decode(in, effects.auxiliary_digest);
}

std::optional<PrefixedDigest> events_digest(const std::vector<Event>& events) {
    if (events.empty()) return std::nullopt;
    return PrefixedDigest{blake2b("TransactionEvents::", bcs::encode(events)).bytes};
}

}  // namespace walrus::ledger
