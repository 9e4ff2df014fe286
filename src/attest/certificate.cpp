// SPDX-License-Identifier: Apache-2.0
#include "attest/certificate.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "protocol/constants.hpp"
#include "protocol/parameters.hpp"

namespace walrus::attest {
namespace {

std::size_t bitmap_bytes(std::size_t members) {
    return (members + 7) / 8;
}

bool is_met(Threshold threshold, std::uint64_t weight, std::uint64_t shard_count) {
    switch (threshold) {
        case Threshold::Quorum:
            return is_quorum(weight, shard_count);
        case Threshold::OneCorrect:
            return has_one_correct(weight, shard_count);
    }
    return false;
}

bool has_bit(ByteView bitmap, std::size_t index) {
    return index / 8 < bitmap.size() && ((bitmap[index / 8] >> (index % 8)) & 1) != 0;
}

/// Longer than the members need, or a bit that is nobody's.
bool is_bitmap(ByteView bitmap, std::size_t members) {
    if (bitmap.size() > bitmap_bytes(members)) return false;
    for (std::size_t i = members; i < 8 * bitmap.size(); ++i)
        if (has_bit(bitmap, i)) return false;
    return true;
}

}  // namespace

const char* describe(CertificateError error) {
    switch (error) {
        case CertificateError::InvalidBitmap:
            return "signers are not members of the committee";
        case CertificateError::NotEnoughStake:
            return "too little weight signed";
        case CertificateError::SigVerification:
            return "signature does not verify";
        case CertificateError::MessageTooShort:
            return "message too short";
        case CertificateError::IncorrectIntentVersion:
            return "unknown message version";
        case CertificateError::IncorrectAppId:
            return "message of another application";
        case CertificateError::IncorrectEpoch:
            return "message of another epoch";
    }
    return "unknown error";
}

const char* describe(AddError error) {
    switch (error) {
        case AddError::UnknownMember:
            return "not a member of the committee";
        case AddError::Duplicate:
            return "this member has signed already";
        case AddError::WrongMessage:
            return "signs another message";
        case AddError::BadSignature:
            return "signature does not verify";
    }
    return "unknown error";
}

Bytes signers_to_bitmap(std::span<const std::uint16_t> signers, std::size_t members) {
    Bytes bitmap(bitmap_bytes(members), 0);
    for (const auto index : signers) {
        WALRUS_CHECK(index < members);
        bitmap[index / 8] = static_cast<Byte>(bitmap[index / 8] | (1u << (index % 8)));
    }
    return bitmap;
}

std::optional<std::vector<std::uint16_t>> signers_from_bitmap(ByteView bitmap,
                                                              std::size_t members) {
    if (!is_bitmap(bitmap, members)) return std::nullopt;
    std::vector<std::uint16_t> signers;
    for (std::size_t i = 0; i < members; ++i)
        if (has_bit(bitmap, i)) signers.push_back(static_cast<std::uint16_t>(i));
    return signers;
}

namespace {

/// Certificates for one thread of `verify_ahead` at least.
constexpr std::size_t kAheadBatchMin = 8;

/// Who signed: the sum of their keys and weights.
struct Signers {
    bls::PublicKey key;
    std::uint32_t weight = 0;
};

/// The checks before the signature.
Result<Signers, CertificateError> check_signers(const BlsCommittee& committee, ByteView bitmap,
                                                Threshold threshold) {
    const auto& members = committee.members();
    if (!is_bitmap(bitmap, members.size())) return fail(CertificateError::InvalidBitmap);

    std::uint32_t weight = committee.shard_count();
    for (std::size_t i = 0; i < members.size(); ++i)
        if (!has_bit(bitmap, i)) weight -= members[i].weight;
    if (!is_met(threshold, weight, committee.shard_count()))
        return fail(CertificateError::NotEnoughStake);

    // Non-signers are the fewer ones.
    bls::PublicKeySum signers_key(committee.total_key());
    for (std::size_t i = 0; i < members.size(); ++i)
        if (!has_bit(bitmap, i)) signers_key.subtract(members[i].public_key);
    return Signers{.key = signers_key.finish(), .weight = weight};
}

/// The checks after it.
Result<CertifiedMessage, CertificateError> check_header(const BlsCommittee& committee,
                                                        ByteView message, std::uint32_t weight) {
    // The ledger reads version, application and epoch in this order, each checked when read, and
    // all after the type: what is missing decides only if nothing before it is wrong.
    if (message.size() < 2) return fail(CertificateError::MessageTooShort);
    if (message[1] != kIntentVersion) return fail(CertificateError::IncorrectIntentVersion);
    if (message.size() < 3) return fail(CertificateError::MessageTooShort);
    if (message[2] != kIntentApp) return fail(CertificateError::IncorrectAppId);
    const auto header = read_header(message);
    if (!header) return fail(CertificateError::MessageTooShort);
    if (header->epoch != committee.epoch()) return fail(CertificateError::IncorrectEpoch);
    return CertifiedMessage{.type = header->type,
                            .epoch = header->epoch,
                            .body = message.subspan(kHeaderBytes),
                            .weight = weight};
}

}  // namespace

Result<CertifiedMessage, CertificateError> verify_certificate(const BlsCommittee& committee,
                                                              ByteView signature, ByteView bitmap,
                                                              ByteView message,
                                                              Threshold threshold) {
    const Signers signers = WALRUS_TRY(check_signers(committee, bitmap, threshold));
    const bool known =
        committee.knows_any() && committee.knows(certificate_digest(signature, bitmap, message));
    if (!known) {
        const auto parsed = bls::Signature::from(signature);
        if (!parsed || !bls::verify(signers.key, message, *parsed))
            return fail(CertificateError::SigVerification);
    }
    return check_header(committee, message, signers.weight);
}

std::vector<Result<CertifiedMessage, CertificateError>> verify_certificates(
    const BlsCommittee& committee, std::span<const CertificateView> certificates) {
    std::vector<Result<CertifiedMessage, CertificateError>> out(
        certificates.size(), fail(CertificateError::SigVerification));
    std::vector<bls::SignedBytes> batch;
    std::vector<std::pair<std::size_t, std::uint32_t>> places;  // index and weight
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const CertificateView& view = certificates[i];
        const auto signers = check_signers(committee, view.bitmap, view.threshold);
        if (!signers) {
            out[i] = fail(signers.error());
            continue;
        }
        const auto parsed = bls::Signature::from(view.signature);
        if (!parsed) continue;
        batch.push_back({signers->key, view.message, *parsed});
        places.emplace_back(i, signers->weight);
    }
    const std::vector<bool> good = bls::verify_batch(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto [place, weight] = places[i];
        if (good[i]) out[place] = check_header(committee, batch[i].message, weight);
    }
    return out;
}

Digest certificate_digest(ByteView signature, ByteView bitmap, ByteView message) {
    Blake2b hash;
    for (const ByteView part : {signature, bitmap, message}) {
        Byte size[8];
        store_le(size, static_cast<std::uint64_t>(part.size()));
        hash.update(size).update(part);
    }
    return hash.finish();
}

BlsCommittee verify_ahead(const BlsCommittee& committee,
                          std::span<const CertificateView> certificates, Executor& executor) {
    // Enough for each thread, but not so few that a batch brings nothing.
    const std::size_t share =
        std::max(kAheadBatchMin, (certificates.size() + executor.concurrency() - 1) /
                                     std::max<std::size_t>(1, executor.concurrency()));
    const std::size_t parts = (certificates.size() + share - 1) / share;
    std::vector<std::vector<bool>> good(parts);
    const BlsCommittee fresh = committee.with_known({});
    const auto body = [&](std::size_t part) {
        const auto mine =
            certificates.subspan(part * share, std::min(share, certificates.size() - part * share));
        for (const auto& verdict : verify_certificates(fresh, mine))
            // What fails behind the signature fails again when it comes; it is not worth knowing.
            good[part].push_back(verdict.has_value());
    };
    executor.parallel_for(parts, body);
    std::set<Digest> known;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const CertificateView& view = certificates[i];
        if (good[i / share][i % share])
            known.insert(certificate_digest(view.signature, view.bitmap, view.message));
    }
    return committee.with_known(std::move(known));
}

Result<CertifiedMessage, CertificateError> verify_certificate(const BlsCommittee& committee,
                                                              const Certificate& certificate,
                                                              Threshold threshold) {
    const std::size_t members = committee.members().size();
    for (const auto index : certificate.signers)
        if (index >= members) return fail(CertificateError::InvalidBitmap);
    const Bytes bitmap = signers_to_bitmap(certificate.signers, members);
    return verify_certificate(committee, certificate.signature.bytes, bitmap,
                              certificate.serialized_message, threshold);
}

CertificateBuilder::CertificateBuilder(const BlsCommittee& committee, Bytes message)
    : committee_(&committee),
      message_(std::move(message)),
      signed_(committee.members().size(), false) {}

Result<void, AddError> CertificateBuilder::add(std::uint16_t member,
                                               const SignedMessage& signed_message) {
    const auto& members = committee_->members();
    if (member >= members.size()) return fail(AddError::UnknownMember);
    if (signed_[member]) return fail(AddError::Duplicate);
    if (signed_message.message != message_) return fail(AddError::WrongMessage);
    if (!bls::verify(members[member].public_key, message_, signed_message.signature))
        return fail(AddError::BadSignature);
    signed_[member] = true;
    signers_.emplace_back(member, signed_message.signature);
    weight_ += members[member].weight;
    WALRUS_CHECK(weight_ <= committee_->shard_count());
    return {};
}

Result<void, AddError> CertificateBuilder::add(const NodeId& node,
                                               const SignedMessage& signed_message) {
    const auto member = committee_->index_of(node);
    if (!member) return fail(AddError::UnknownMember);
    return add(*member, signed_message);
}

bool CertificateBuilder::reached(Threshold threshold) const {
    return is_met(threshold, weight_, committee_->shard_count());
}

std::optional<Certificate> CertificateBuilder::finish() const {
    if (signers_.empty()) return std::nullopt;
    auto signers = signers_;
    std::sort(signers.begin(), signers.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    Certificate out;
    std::vector<bls::Signature> signatures;
    for (const auto& [member, signature] : signers) {
        out.signers.push_back(member);
        signatures.push_back(signature);
    }
    auto sum = bls::aggregate(signatures);
    WALRUS_CHECK(sum.has_value());  // every one of them was verified
    out.signature = *sum;
    out.serialized_message = message_;
    return out;
}

}  // namespace walrus::attest
