// SPDX-License-Identifier: Apache-2.0
// Certificates one at a time and in batches, interleaved on one thread, all messages distinct:
// certificate_rate [members] [rounds].
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "attest/certificate.hpp"
#include "attest/messages.hpp"
#include "base/check.hpp"

int main(int argc, char** argv) {
    using namespace walrus;
    using namespace walrus::attest;
    using Clock = std::chrono::steady_clock;
    const std::size_t members = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
    const std::size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 15;
    std::vector<bls::SecretKey> keys;
    std::vector<CommitteeMember> list;
    for (std::size_t i = 0; i < members; ++i) {
        Bytes seed(32, 1);
        store_le(seed.data(), static_cast<std::uint64_t>(i));
        keys.push_back(*bls::SecretKey::from_seed(seed));
        NodeId id;
        store_be(id.bytes.data(), static_cast<std::uint64_t>(i));
        list.push_back({keys.back().public_key(), 1, id});
    }
    const auto committee = *BlsCommittee::make(1, std::move(list));
    std::vector<std::uint16_t> signers;
    for (std::size_t i = 0; i < members - (members - 1) / 3; ++i)
        signers.push_back(static_cast<std::uint16_t>(i));
    const Bytes bitmap = signers_to_bitmap(signers, members);
    for (const std::size_t batch : {4u, 16u, 64u, 256u}) {
        std::vector<Bytes> messages;
        std::vector<Bytes> signatures;
        std::vector<CertificateView> views;
        for (std::size_t i = 0; i < batch; ++i) {
            StoredBlob body;
            store_le(body.blob_id.bytes.data(), static_cast<std::uint64_t>(i));
            messages.push_back(build_message(1, body));
            std::vector<bls::Signature> parts;
            for (const auto s : signers) parts.push_back(keys[s].sign(messages.back()));
            signatures.push_back(to_bytes(bls::aggregate(parts)->view()));
        }
        for (std::size_t i = 0; i < batch; ++i)
            views.push_back({signatures[i], bitmap, messages[i], Threshold::Quorum});
        std::vector<double> single;
        std::vector<double> batched;
        for (std::size_t round = 0; round < rounds; ++round) {
            auto start = Clock::now();
            for (const CertificateView& view : views)
                WALRUS_CHECK(verify_certificate(committee, view.signature, view.bitmap,
                                                view.message, view.threshold)
                                 .has_value());
            single.push_back(
                std::chrono::duration<double, std::micro>(Clock::now() - start).count() /
                static_cast<double>(batch));
            start = Clock::now();
            for (const auto& verdict : verify_certificates(committee, views))
                WALRUS_CHECK(verdict.has_value());
            batched.push_back(
                std::chrono::duration<double, std::micro>(Clock::now() - start).count() /
                static_cast<double>(batch));
        }
        std::sort(single.begin(), single.end());
        std::sort(batched.begin(), batched.end());
        const double one = single[rounds / 2];
        const double many = batched[rounds / 2];
        std::fputs(fmt::format("{:>3} members, batches of {:>3}: one at a time {:.0f} us, batched "
                               "{:.0f} us, {:.2f} x\n",
                               members, batch, one, many, one / many)
                       .c_str(),
                   stdout);
    }
    return 0;
}
