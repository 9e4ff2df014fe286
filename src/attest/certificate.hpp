// SPDX-License-Identifier: Apache-2.0
// Certificates: one message, the sum of its signatures and who signed (spec/encoding.md §6.2 and
// §6.4, spec/chain.md §2.2). Vectors: test/vectors/chain.json, suite certificates.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attest/committee.hpp"
#include "attest/signed_message.hpp"
#include "base/executor.hpp"

namespace walrus::attest {

/// BCS: count and u16le indices of signers, length-prefixed message, 96 raw signature bytes.
/// JSON: `signers`, `serialized_message` (array of numbers), `signature` (base64).
struct Certificate {
    /// Indices of committee members, ascending.
    std::vector<std::uint16_t> signers;
    Bytes serialized_message;
    bls::Signature signature;
    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// The signers as bits for the ledger: bit (i mod 8) of byte i / 8, least significant first,
/// ceil(members / 8) bytes. Precondition: every index is below `members`.
Bytes signers_to_bitmap(std::span<const std::uint16_t> signers, std::size_t members);
/// The indices, ascending. Missing bytes read as 0. Nothing if the bitmap is longer than
/// ceil(members / 8) bytes or has a bit at or beyond `members`.
std::optional<std::vector<std::uint16_t>> signers_from_bitmap(ByteView bitmap, std::size_t members);

/// How much weight must have signed.
enum class Threshold {
    Quorum,      ///< 3w >= 2n+1
    OneCorrect,  ///< 3w >= n+1
};

/// In the ledger's words and order of checks (spec/chain.md §2.2, §9.2); the comment gives the
/// ledger's error.
enum class CertificateError {
    InvalidBitmap,           ///< bls_aggregate::EInvalidBitmap(0)
    NotEnoughStake,          ///< bls_aggregate::ENotEnoughStake(2)
    SigVerification,         ///< bls_aggregate::ESigVerification(1)
    MessageTooShort,         ///< fewer than 7 bytes: BCS out of range
    IncorrectIntentVersion,  ///< messages::EIncorrectIntentVersion(3)
    IncorrectAppId,          ///< messages::EIncorrectAppId(0)
    IncorrectEpoch,          ///< messages::EIncorrectEpoch(1)
};
const char* describe(CertificateError error);

/// What a verified certificate says. `body` points into the message that was passed in.
struct CertifiedMessage {
    std::uint8_t type = 0;
    Epoch epoch = 0;
    ByteView body;
    std::uint32_t weight = 0;
};

/// Verifies a certificate against the committee exactly as the ledger does: bitmap, weight,
/// signature, header; the first that fails decides. `signature` may have any length (a malformed
/// one is SigVerification). The caller checks the type and parses the body (`parse_body`).
Result<CertifiedMessage, CertificateError> verify_certificate(const BlsCommittee& committee,
                                                              ByteView signature, ByteView bitmap,
                                                              ByteView message,
                                                              Threshold threshold);
Result<CertifiedMessage, CertificateError> verify_certificate(const BlsCommittee& committee,
                                                              const Certificate& certificate,
                                                              Threshold threshold);

/// What `verify_certificate` takes, for many at a time.
struct CertificateView {
    ByteView signature;
    ByteView bitmap;
    ByteView message;
    Threshold threshold = Threshold::Quorum;
};
/// Exactly what `verify_certificate` says of each, in order, at about half the cost of one at a
/// time (bls::verify_batch).
std::vector<Result<CertifiedMessage, CertificateError>> verify_certificates(
    const BlsCommittee& committee, std::span<const CertificateView> certificates);

/// Names a certificate of one committee: BLAKE2b-256 over its parts with their lengths.
Digest certificate_digest(ByteView signature, ByteView bitmap, ByteView message);
/// Verifies these certificates together, shared among the executor's threads, and gives the
/// committee that knows the good ones (and none of before). For a block whose certificates come one
/// by one later: their verdicts are the same, only sooner.
BlsCommittee verify_ahead(const BlsCommittee& committee,
                          std::span<const CertificateView> certificates, Executor& executor);

enum class AddError {
    UnknownMember,  ///< no such member in the committee
    Duplicate,      ///< this member's signature is already in
    WrongMessage,   ///< signs other bytes than this certificate is about
    BadSignature,   ///< does not verify under the member's key
};
const char* describe(AddError error);

/// Collects signatures of one message until they are enough. Every signature is verified when it is
/// added, so one bad node cannot spoil the certificate. Not thread-safe; the committee must outlive
/// it.
class CertificateBuilder {
public:
    CertificateBuilder(const BlsCommittee& committee, Bytes message);

    /// Errors: see AddError.
    Result<void, AddError> add(std::uint16_t member, const SignedMessage& signed_message);
    Result<void, AddError> add(const NodeId& node, const SignedMessage& signed_message);

    std::uint32_t weight() const { return weight_; }
    std::size_t signer_count() const { return signers_.size(); }
    bool reached(Threshold threshold) const;
    /// The certificate so far; nothing if nobody signed.
    std::optional<Certificate> finish() const;

private:
    const BlsCommittee* committee_;
    Bytes message_;
    std::vector<bool> signed_;
    std::vector<std::pair<std::uint16_t, bls::Signature>> signers_;
    std::uint32_t weight_ = 0;
};

}  // namespace walrus::attest
