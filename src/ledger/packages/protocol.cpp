// SPDX-License-Identifier: Apache-2.0
// ORIG::protocol, ours: the ledger's rule set changes by a certificate of the storage nodes
// (docs/decisions/0012-revision-1.md).
#include "ledger/abort_codes.hpp"
#include "ledger/packages/system_calls.hpp"

namespace walrus::ledger {

namespace {

/// A quorum of the committee says that revision `protocol_version` holds from `start_epoch` on.
/// Takes effect with the next transaction. Errors: those of a certificate, ENotYetStarted,
/// EUnknownRevision.
Executed<void> run_adopt_revision(NativeCall& call) {
    System& system = call.mut<System>(0);
    const SystemStateInnerV1* state = WALRUS_TRY(call.runtime.system_state(system));
    const auto statement = WALRUS_TRY(
        certified_statement<attest::ProtocolVersion>(call, system, 1, attest::Threshold::Quorum));
    if (statement.start_epoch > current_epoch(*state))
        return move_abort(codes::protocol::kNotYetStarted,
                          "the revision begins in epoch " + std::to_string(statement.start_epoch));
    if (statement.protocol_version <= system.protocol_revision ||
        statement.protocol_version > kProtocolRevisionMax)
        return move_abort(codes::protocol::kUnknownRevision,
                          "revision " + std::to_string(statement.protocol_version) +
                              " after revision " + std::to_string(system.protocol_revision) +
                              ", the newest known is " + std::to_string(kProtocolRevisionMax));
    system.protocol_revision = static_cast<std::uint32_t>(statement.protocol_version);
    call.runtime.emit_own(own::ProtocolRevisionAdopted{system.protocol_revision});
    return {};
}

}  // namespace

const NativeModule& protocol_module() {
    static const NativeModule module{Home::Walrus,
                                     "protocol",
                                     {
                                         {"adopt_revision",
                                          0,
                                          {spec::mut(system_spec()), spec::value(spec::bytes()),
                                           spec::value(spec::bytes()), spec::value(spec::bytes())},
                                          TxContext::No,
                                          {},
                                          run_adopt_revision},
                                     }};
    return module;
}

}  // namespace walrus::ledger
