// SPDX-License-Identifier: Apache-2.0
#include "attest/signed_message.hpp"

namespace walrus::attest {

void bcs_encode(bcs::Writer& out, const StorageConfirmation& confirmation) {
    bcs::encode(out, confirmation.kind);
}

bool bcs_decode(bcs::Reader& in, StorageConfirmation& confirmation) {
    return bcs::decode(in, confirmation.kind);
}

template <class Body>
Result<void, MessageError> verify_statement(const SignedMessage& signed_message,
                                            const bls::PublicKey& key, Epoch epoch,
                                            const Body& expected) {
    const auto statement = WALRUS_TRY(parse_message<Body>(signed_message.message));
    if (statement.epoch != epoch) return fail(MessageError::IncorrectEpoch);
    if (statement.body != expected) return fail(MessageError::WrongContent);
    if (!bls::verify(key, signed_message.message, signed_message.signature))
        return fail(MessageError::BadSignature);
    return {};
}

template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const StoredBlob&);
template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const InvalidBlobId&);
template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const SyncShardRequest&);
template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const DenyListUpdate&);
template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const DenyListBlobDeleted&);
template Result<void, MessageError> verify_statement(const SignedMessage&, const bls::PublicKey&,
                                                     Epoch, const ProtocolVersion&);

bls::Signature prove_possession(const bls::SecretKey& key, Epoch epoch, const Address& sender) {
    const ProofOfPossession body{.sender = sender, .public_key = key.public_key().to_bytes()};
    return key.sign(build_message(epoch, body));
}

bool verify_possession(const bls::PublicKey& key, Epoch epoch, const Address& sender,
                       const bls::Signature& proof) {
    const ProofOfPossession body{.sender = sender, .public_key = key.to_bytes()};
    return bls::verify(key, build_message(epoch, body), proof);
}

}  // namespace walrus::attest
