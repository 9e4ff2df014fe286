// SPDX-License-Identifier: Apache-2.0
// A statement with its node's signature, as it travels (spec/encoding.md §6.2).
#pragma once

#include <utility>
#include <variant>

#include "attest/messages.hpp"
#include "bcs/bcs.hpp"
#include "crypto/bls.hpp"

namespace walrus::attest {

/// BCS: length-prefixed message, 96 raw signature bytes. JSON: `serializedMessage` and `signature`,
/// both base64.
struct SignedMessage {
    Bytes message;
    bls::Signature signature;
    friend bool operator==(const SignedMessage&, const SignedMessage&) = default;
};

/// A node's answer that it stores a blob. BCS: 0 and the signed message. JSON: {"signed": {...}}.
struct StorageConfirmation {
    std::variant<SignedMessage> kind;

    StorageConfirmation() = default;
    explicit StorageConfirmation(SignedMessage message) : kind(std::move(message)) {}
    const SignedMessage& signed_message() const { return std::get<0>(kind); }
    friend bool operator==(const StorageConfirmation&, const StorageConfirmation&) = default;
};
void bcs_encode(bcs::Writer& out, const StorageConfirmation& confirmation);
bool bcs_decode(bcs::Reader& in, StorageConfirmation& confirmation);

/// Signs a statement.
template <class Body>
SignedMessage sign_statement(const bls::SecretKey& key, Epoch epoch, const Body& body) {
    SignedMessage out;
    out.message = build_message(epoch, body);
    out.signature = key.sign(out.message);
    return out;
}

/// Checks that the message states exactly `expected` and is signed with the key; cheapest checks
/// first. Errors: those of `parse_message`, IncorrectEpoch, WrongContent, BadSignature.
template <class Body>
Result<void, MessageError> verify_statement(const SignedMessage& signed_message,
                                            const bls::PublicKey& key, Epoch epoch,
                                            const Body& expected);

/// Proof that the holder of a key takes part under this account in this epoch
/// (spec/chain.md §5.2): the signature alone travels, the message is known.
bls::Signature prove_possession(const bls::SecretKey& key, Epoch epoch, const Address& sender);
/// True if `proof` was made by `prove_possession` with the secret of this key.
bool verify_possession(const bls::PublicKey& key, Epoch epoch, const Address& sender,
                       const bls::Signature& proof);

}  // namespace walrus::attest
