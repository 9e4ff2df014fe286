// SPDX-License-Identifier: Apache-2.0
#include "attest/certificate.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace walrus::attest {
namespace {

constexpr Epoch kEpoch = 5;

NodeId node_id(std::size_t i) {
    NodeId id;
    id.bytes[0] = static_cast<Byte>(i + 1);
    return id;
}

/// A committee with the secrets of its members.
struct Nodes {
    std::vector<bls::SecretKey> keys;
    BlsCommittee committee;

    static Nodes make(const std::vector<std::uint16_t>& weights, Epoch epoch = kEpoch) {
        std::vector<bls::SecretKey> keys;
        std::vector<CommitteeMember> members;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            keys.push_back(*bls::SecretKey::from_seed(Bytes(32, static_cast<Byte>(i + 1))));
            members.push_back({.public_key = keys.back().public_key(),
                               .weight = weights[i],
                               .node_id = node_id(i)});
        }
        return {std::move(keys), *BlsCommittee::make(epoch, std::move(members))};
    }
    Certificate certify(const Bytes& message, const std::vector<std::uint16_t>& signers) const {
        std::vector<bls::Signature> signatures;
        for (const auto i : signers) signatures.push_back(keys[i].sign(message));
        return {.signers = signers,
                .serialized_message = message,
                .signature = *bls::aggregate(signatures)};
    }
};

StoredBlob stored_blob() {
    StoredBlob body;
    body.blob_id.bytes.fill(7);
    return body;
}
Bytes message_of(Epoch epoch = kEpoch) {
    return build_message(epoch, stored_blob());
}

const std::vector<std::uint16_t> kTenOnes(10, 1);

TEST(Bitmap, IsTheInverseOfItself) {
    for (const std::size_t members : {1u, 7u, 8u, 9u, 16u, 100u}) {
        std::vector<std::uint16_t> signers;
        for (std::size_t i = 0; i < members; i += 3)
            signers.push_back(static_cast<std::uint16_t>(i));
        const auto bitmap = signers_to_bitmap(signers, members);
        EXPECT_EQ(bitmap.size(), (members + 7) / 8);
        EXPECT_EQ(signers_from_bitmap(bitmap, members).value(), signers);
    }
    EXPECT_EQ(hex_encode(signers_to_bitmap(std::vector<std::uint16_t>{0, 1, 2, 3, 4, 7, 8}, 10)),
              "9f01");
}

TEST(Bitmap, ShorterIsAllowedLongerAndStrangersAreNot) {
    EXPECT_EQ(signers_from_bitmap(Bytes{0x05}, 10).value(), (std::vector<std::uint16_t>{0, 2}));
    EXPECT_TRUE(signers_from_bitmap({}, 10).value().empty());
    EXPECT_FALSE(signers_from_bitmap(Bytes{0, 0, 0}, 10).has_value());
    EXPECT_TRUE(signers_from_bitmap(Bytes{0, 0x02}, 10).has_value());
    EXPECT_FALSE(signers_from_bitmap(Bytes{0, 0x04}, 10).has_value());
    EXPECT_FALSE(signers_from_bitmap(Bytes{0, 0x80}, 10).has_value());
}

TEST(BlsCommittee, BadMembersAreRefused) {
    const auto key = bls::SecretKey::from_seed(Bytes(32, 1))->public_key();
    EXPECT_FALSE(BlsCommittee::make(1, {}).has_value());
    EXPECT_FALSE(BlsCommittee::make(1, {{key, 1, {}}, {key, 0, {}}}).has_value());
    EXPECT_FALSE(BlsCommittee::make(1, {{key, 65535, {}}, {key, 1, {}}}).has_value());
    EXPECT_TRUE(BlsCommittee::make(1, {{key, 65535, {}}}).has_value());
    EXPECT_FALSE(BlsCommittee::make(1, std::vector<CommitteeMember>(kMembersMax + 1, {key, 1, {}}))
                     .has_value());
}

TEST(BlsCommittee, KnowsItsMembersAndSums) {
    const auto nodes = Nodes::make({3, 4, 5});
    EXPECT_EQ(nodes.committee.shard_count(), 12);
    EXPECT_EQ(nodes.committee.epoch(), kEpoch);
    EXPECT_EQ(nodes.committee.index_of(node_id(2)), 2);
    EXPECT_FALSE(nodes.committee.index_of(node_id(3)).has_value());
    std::vector<bls::PublicKey> keys;
    for (const auto& key : nodes.keys) keys.push_back(key.public_key());
    EXPECT_EQ(nodes.committee.total_key(), *bls::aggregate(keys));
}

TEST(Certificate, VerifiesAndSaysWhatItIsAbout) {
    const auto nodes = Nodes::make({10, 20, 30, 40});
    const auto message = message_of();
    const auto certificate = nodes.certify(message, {1, 2, 3});
    const auto certified = verify_certificate(nodes.committee, certificate, Threshold::Quorum);
    ASSERT_TRUE(certified.has_value());
    EXPECT_EQ(certified->type, 1);
    EXPECT_EQ(certified->epoch, kEpoch);
    EXPECT_EQ(certified->weight, 90u);
    EXPECT_EQ(parse_body<StoredBlob>(certified->body).value(), stored_blob());
}

TEST(Certificate, AllMembersMaySign) {
    const auto nodes = Nodes::make(kTenOnes);
    const auto certificate = nodes.certify(message_of(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    EXPECT_TRUE(verify_certificate(nodes.committee, certificate, Threshold::Quorum).has_value());
}

TEST(Certificate, ThresholdsAreExact) {
    // Quorum of 10: 7; one correct of 10: 4 (3w >= n+1).
    const auto nodes = Nodes::make(kTenOnes);
    std::vector<std::uint16_t> signers;
    for (std::uint16_t count = 1; count <= 10; ++count) {
        signers.push_back(static_cast<std::uint16_t>(count - 1));
        const auto certificate = nodes.certify(message_of(), signers);
        const auto quorum = verify_certificate(nodes.committee, certificate, Threshold::Quorum);
        const auto correct =
            verify_certificate(nodes.committee, certificate, Threshold::OneCorrect);
        EXPECT_EQ(quorum.has_value(), count >= 7);
        EXPECT_EQ(correct.has_value(), count >= 4);
        if (!quorum) {
            EXPECT_EQ(quorum.error(), CertificateError::NotEnoughStake);
        }
        if (!correct) {
            EXPECT_EQ(correct.error(), CertificateError::NotEnoughStake);
        }
    }
}

TEST(Certificate, NobodySigned) {
    const auto nodes = Nodes::make(kTenOnes);
    const auto message = message_of();
    EXPECT_EQ(
        verify_certificate(nodes.committee, Bytes(96), {}, message, Threshold::OneCorrect).error(),
        CertificateError::NotEnoughStake);
    const CertificateBuilder builder(nodes.committee, message);
    EXPECT_FALSE(builder.finish().has_value());
}

TEST(Certificate, WrongSignersMessageAndSignatureAreCaught) {
    const auto nodes = Nodes::make(kTenOnes);
    const auto message = message_of();
    const auto good = nodes.certify(message, {0, 1, 2, 3, 4, 5, 6});
    const auto verify = [&](const Certificate& certificate) {
        return verify_certificate(nodes.committee, certificate, Threshold::Quorum).error();
    };
    ASSERT_TRUE(verify_certificate(nodes.committee, good, Threshold::Quorum).has_value());

    auto bad = good;
    bad.signers = {0, 1, 2, 3, 4, 5, 7};
    EXPECT_EQ(verify(bad), CertificateError::SigVerification);
    bad.signers = {0, 1, 2, 3, 4, 5, 6, 7};
    EXPECT_EQ(verify(bad), CertificateError::SigVerification);
    bad.signers = {0, 1, 2, 3, 4, 5};
    EXPECT_EQ(verify(bad), CertificateError::NotEnoughStake);
    bad.signers = {0, 1, 2, 3, 4, 5, 5};  // counts once
    EXPECT_EQ(verify(bad), CertificateError::NotEnoughStake);
    bad.signers = {0, 1, 2, 3, 4, 5, 10};
    EXPECT_EQ(verify(bad), CertificateError::InvalidBitmap);
    bad.signers = {0, 1, 2, 3, 4, 5, 65535};
    EXPECT_EQ(verify(bad), CertificateError::InvalidBitmap);

    for (std::size_t bit = 0; bit < 8 * message.size(); bit += 9) {
        bad = good;
        bad.serialized_message[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_EQ(verify(bad), CertificateError::SigVerification) << bit;
    }
    for (std::size_t bit = 0; bit < 8 * bls::kSignatureBytes; bit += 29) {
        bad = good;
        bad.signature.bytes[bit / 8] ^= static_cast<Byte>(1u << (bit % 8));
        EXPECT_EQ(verify(bad), CertificateError::SigVerification) << bit;
    }
    const auto bitmap = signers_to_bitmap(good.signers, 10);
    for (const std::size_t size : {0u, 48u, 95u, 97u, 192u})
        EXPECT_EQ(verify_certificate(nodes.committee, Bytes(size, 0x80), bitmap, message,
                                     Threshold::Quorum)
                      .error(),
                  CertificateError::SigVerification);
}

TEST(Certificate, HeadersAreCheckedAfterTheSignatureInTheLedgersOrder) {
    const auto nodes = Nodes::make(kTenOnes);
    const std::vector<std::uint16_t> signers = {0, 1, 2, 3, 4, 5, 6};
    const auto verify = [&](const Bytes& message) {
        return verify_certificate(nodes.committee, nodes.certify(message, signers),
                                  Threshold::Quorum);
    };
    EXPECT_EQ(verify(message_of(kEpoch + 1)).error(), CertificateError::IncorrectEpoch);
    EXPECT_EQ(verify(message_of(kEpoch - 1)).error(), CertificateError::IncorrectEpoch);
    auto message = message_of(kEpoch + 1);
    message[2] = 0;
    EXPECT_EQ(verify(message).error(), CertificateError::IncorrectAppId);
    message[1] = 1;
    EXPECT_EQ(verify(message).error(), CertificateError::IncorrectIntentVersion);
    for (std::size_t size = 0; size < kHeaderBytes; ++size)
        EXPECT_EQ(verify(to_bytes(ByteView(message_of()).first(size))).error(),
                  CertificateError::MessageTooShort);
    EXPECT_EQ(verify(Bytes{1, 1}).error(), CertificateError::IncorrectIntentVersion);
    EXPECT_EQ(verify(Bytes{1, 0, 4}).error(), CertificateError::IncorrectAppId);
    // Type and body are the caller's business.
    message = message_of();
    message[0] = 77;
    const auto unknown = verify(message);
    ASSERT_TRUE(unknown.has_value());
    EXPECT_EQ(unknown->type, 77);
    EXPECT_TRUE(verify(to_bytes(ByteView(message_of()).first(kHeaderBytes)))->body.empty());
}

TEST(Certificate, TrailingBytesAreSignedAndTolerated) {
    const auto nodes = Nodes::make(kTenOnes);
    auto message = message_of();
    append(message, as_bytes("more"));
    const auto certificate = nodes.certify(message, {0, 1, 2, 3, 4, 5, 6});
    const auto certified = verify_certificate(nodes.committee, certificate, Threshold::Quorum);
    ASSERT_TRUE(certified.has_value());
    EXPECT_EQ(parse_body<StoredBlob>(certified->body).value(), stored_blob());
    EXPECT_EQ(parse_body<StoredBlob>(certified->body, Trailing::Refuse).error(),
              MessageError::TrailingBytes);
}

TEST(Certificate, BcsLayout) {
    const auto nodes = Nodes::make(kTenOnes);
    const auto certificate = nodes.certify(message_of(), {2, 9});
    const auto bytes = bcs::encode(certificate);
    EXPECT_EQ(hex_encode(bytes),
              "0202000900"
              "28" +
                  hex_encode(certificate.serialized_message) +
                  hex_encode(certificate.signature.bytes));
    EXPECT_EQ(bcs::decode<Certificate>(bytes).value(), certificate);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_FALSE(bcs::decode<Certificate>(ByteView(bytes).first(cut)).has_value());
}

TEST(CertificateBuilder, CollectsUntilQuorum) {
    const auto nodes = Nodes::make(kTenOnes);
    CertificateBuilder builder(nodes.committee, message_of());
    // In an order that is not the committee's.
    const std::uint16_t order[] = {9, 0, 5, 3, 7, 1, 8};
    for (std::size_t i = 0; i < std::size(order); ++i) {
        EXPECT_FALSE(builder.reached(Threshold::Quorum));
        EXPECT_EQ(builder.reached(Threshold::OneCorrect), i >= 4);
        const auto signed_message = sign_statement(nodes.keys[order[i]], kEpoch, stored_blob());
        const auto added = i % 2 == 0 ? builder.add(order[i], signed_message)
                                      : builder.add(node_id(order[i]), signed_message);
        EXPECT_TRUE(added.has_value());
        EXPECT_EQ(builder.weight(), i + 1);
        EXPECT_EQ(builder.signer_count(), i + 1);
    }
    EXPECT_TRUE(builder.reached(Threshold::Quorum));
    const auto certificate = builder.finish();
    ASSERT_TRUE(certificate.has_value());
    EXPECT_EQ(certificate->signers, (std::vector<std::uint16_t>{0, 1, 3, 5, 7, 8, 9}));
    EXPECT_EQ(*certificate, nodes.certify(message_of(), certificate->signers));
    EXPECT_TRUE(verify_certificate(nodes.committee, *certificate, Threshold::Quorum).has_value());
}

TEST(CertificateBuilder, BadConfirmationsDoNotCount) {
    const auto nodes = Nodes::make(kTenOnes);
    CertificateBuilder builder(nodes.committee, message_of());
    const auto good = sign_statement(nodes.keys[0], kEpoch, stored_blob());
    EXPECT_EQ(builder.add(10, good).error(), AddError::UnknownMember);
    EXPECT_EQ(builder.add(node_id(10), good).error(), AddError::UnknownMember);
    EXPECT_EQ(builder.add(1, good).error(), AddError::BadSignature);
    EXPECT_EQ(builder.add(0, sign_statement(nodes.keys[0], kEpoch + 1, stored_blob())).error(),
              AddError::WrongMessage);
    auto forged = good;
    forged.signature = {};
    EXPECT_EQ(builder.add(0, forged).error(), AddError::BadSignature);
    EXPECT_EQ(builder.weight(), 0u);
    EXPECT_TRUE(builder.add(0, good).has_value());
    EXPECT_EQ(builder.add(0, good).error(), AddError::Duplicate);
    EXPECT_EQ(builder.weight(), 1u);
}

TEST(Certificates, ManyAtOnceGetTheVerdictsOfOneAtATime) {
    const auto nodes = Nodes::make(kTenOnes);
    const std::vector<std::uint16_t> enough{0, 1, 2, 4, 5, 7, 9};
    struct Kept {
        Bytes signature, bitmap, message;
        Threshold threshold = Threshold::Quorum;
    };
    std::vector<Kept> kept;
    for (std::size_t i = 0; i < 60; ++i) {
        StoredBlob body;
        body.blob_id.bytes.fill(static_cast<Byte>(i));
        Bytes message = build_message(i % 10 == 7 ? kEpoch + 1 : kEpoch, body);
        if (i % 10 == 8) message[1] = 9;
        if (i % 20 == 9) message = {1};
        std::vector<std::uint16_t> signers = enough;
        if (i % 10 == 6) signers.pop_back();
        const Certificate made = nodes.certify(message, signers);
        Kept& item = kept.emplace_back();
        item.signature = to_bytes(made.signature.view());
        item.bitmap = signers_to_bitmap(signers, 10);
        item.message = message;
        if (i % 10 == 1) item.bitmap = signers_to_bitmap(std::vector<std::uint16_t>(7, 0), 10);
        if (i % 10 == 2) item.bitmap.push_back(1);
        if (i % 10 == 3) item.signature.pop_back();
        if (i % 10 == 4) item.signature[60] ^= 1;
        if (i % 10 == 5) item.message.back() ^= 1;
        if (i % 10 == 6 && i > 30) item.threshold = Threshold::OneCorrect;
    }
    std::vector<CertificateView> views;
    for (const Kept& item : kept)
        views.push_back({item.signature, item.bitmap, item.message, item.threshold});
    const auto many = verify_certificates(nodes.committee, views);
    ASSERT_EQ(many.size(), views.size());
    std::size_t good = 0;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const auto one = verify_certificate(nodes.committee, views[i].signature, views[i].bitmap,
                                            views[i].message, views[i].threshold);
        ASSERT_EQ(one.has_value(), many[i].has_value()) << i;
        if (one) {
            ++good;
            EXPECT_EQ(one->weight, many[i]->weight);
            EXPECT_EQ(one->type, many[i]->type);
            EXPECT_EQ(one->epoch, many[i]->epoch);
            EXPECT_TRUE(equal(one->body, many[i]->body));
        } else {
            EXPECT_EQ(one.error(), many[i].error()) << i;
        }
    }
    EXPECT_GT(good, 5u);
    EXPECT_TRUE(verify_certificates(nodes.committee, {}).empty());

    // A committee that knows them says the same of each, and of others.
    InlineExecutor executor;
    const BlsCommittee ahead = verify_ahead(nodes.committee, views, executor);
    EXPECT_TRUE(ahead.knows_any());
    for (std::size_t i = 0; i < views.size(); ++i) {
        const auto after = verify_certificate(ahead, views[i].signature, views[i].bitmap,
                                              views[i].message, views[i].threshold);
        ASSERT_EQ(after.has_value(), many[i].has_value()) << i;
        if (!after) {
            EXPECT_EQ(after.error(), many[i].error()) << i;
        }
        Bytes other = to_bytes(views[i].message);
        other.back() ^= 1;
        if (i % 10 != 5) {
            EXPECT_FALSE(verify_certificate(ahead, views[i].signature, views[i].bitmap, other,
                                            views[i].threshold));
        }
    }
    EXPECT_FALSE(verify_ahead(ahead, {}, executor).knows_any());
}

}  // namespace
}  // namespace walrus::attest
