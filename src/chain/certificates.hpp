// SPDX-License-Identifier: Apache-2.0
// The certificates in a block's transactions, found before anything is executed, so that they can
// be verified together (attest::verify_ahead).
#pragma once

#include <span>
#include <vector>

#include "attest/certificate.hpp"
#include "ledger/execute.hpp"

namespace walrus::chain {

/// Certificates of one block that are verified ahead; more are verified one at a time.
inline constexpr std::size_t kCertificatesAheadMax = 2048;
/// Fewer bring nothing.
inline constexpr std::size_t kCertificatesAheadMin = 3;

/// Those that certify or invalidate blobs and whose parts are plain inputs of their transaction, in
/// order, at most kCertificatesAheadMax. The views are into the transactions.
std::vector<attest::CertificateView> certificates_of(
    std::span<const ledger::CheckedTransaction> transactions);

}  // namespace walrus::chain
