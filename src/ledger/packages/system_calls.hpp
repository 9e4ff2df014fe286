// SPDX-License-Identifier: Apache-2.0
// What the functions that reach the System object share: their types, and how they read a
// certificate or a new blob from their arguments.
#pragma once

#include "ledger/native.hpp"
#include "ledger/packages/blob_rules.hpp"
#include "ledger/packages/system_state.hpp"

namespace walrus::ledger {

inline TypeSpec system_spec() {
    return spec::walrus_struct("system", "System");
}
inline TypeSpec storage_spec() {
    return spec::walrus_struct("storage_resource", "Storage");
}
inline TypeSpec blob_spec() {
    return spec::walrus_struct("blob", "Blob");
}
inline TypeSpec metadata_spec() {
    return spec::walrus_struct("metadata", "Metadata");
}
inline TypeSpec wal_coin_spec() {
    return spec::coin(spec::wal());
}

/// The statement that a certificate in arguments `first`, `first` + 1, `first` + 2 (signature,
/// bitmap, message) makes.
template <class Body>
Executed<Body> certified_statement(NativeCall& call, const System& system, std::size_t first,
                                   attest::Threshold threshold) {
    const auto committee = WALRUS_TRY(call.runtime.committee(system));
    const Bytes signature = call.pure<Bytes>(first);
    const Bytes bitmap = call.pure<Bytes>(first + 1);
    const Bytes message = call.pure<Bytes>(first + 2);
    const ByteView body = WALRUS_TRY(
        verify_certificate(*committee, signature, bitmap, message, threshold, Body::kType));
    return parse_certified<Body>(body);
}

/// The blob in arguments `first` (blob id, root hash, size, encoding type) to `first` + 3; it gets
/// a new id and is permanent.
inline NewBlob new_blob(NativeCall& call, std::size_t first) {
    NewBlob out;
    out.id = call.runtime.new_id();
    out.blob_id = call.pure<BlobId>(first);
    out.root_hash = call.pure<Digest>(first + 1);
    out.size = call.pure<std::uint64_t>(first + 2);
    out.encoding_type = call.pure<std::uint8_t>(first + 3);
    return out;
}

/// What `register_blob` does: the event and the write fee. Errors: those of `make_blob` and
/// `pay_write_fee`.
Executed<Blob> register_paid(Runtime& runtime, SystemStateInnerV1& state, const Storage& storage,
                             const NewBlob& request, Frost& payment);
/// Tells that a storage was bought, which the public events do not.
void tell_reserved(Runtime& runtime, const Storage& storage);
/// What `extend_blob` does: payment, capacity, the event. Errors: ENotCertified, EResourceBounds,
/// those of `extend_storage`.
Executed<void> extend_paid(Runtime& runtime, SystemStateInnerV1& state, Blob& blob,
                           std::uint32_t epochs, Frost& payment);

}  // namespace walrus::ledger
