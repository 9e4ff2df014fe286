// SPDX-License-Identifier: Apache-2.0
// A note, written before a payment is sent, of the signed transaction that pays for storing a blob
// (docs/formats/client.md). If the client dies before it learns the outcome, the next run sends the
// very same bytes again: the ledger executes them at most once, so nothing is paid twice.
#pragma once

#include <optional>
#include <string>

#include "client/client.hpp"
#include "ledger/transaction.hpp"

namespace walrus::client {

/// What a payment is for; one note per such purpose.
struct PaymentPurpose {
    ChainId chain;
    Address sender;
    BlobId blob_id;
    bool deletable = false;
    friend bool operator==(const PaymentPurpose&, const PaymentPurpose&) = default;
};

/// BCS, preceded by the format number u32 = 1.
struct PaymentNote {
    PaymentPurpose purpose;
    Epoch end_epoch = 0;    ///< of the blob once the transaction has executed
    Epoch valid_until = 0;  ///< last epoch in which the ledger accepts the transaction
    bool is_extension = false;
    Bytes transaction;  ///< BCS TransactionData
    std::vector<Bytes> signatures;
    friend bool operator==(const PaymentNote&, const PaymentNote&) = default;
};

class PaymentJournal {
public:
    /// Notes are files of `folder`; with an empty name nothing is kept.
    PaymentJournal(io::Environment& environment, std::string folder)
        : environment_(environment), folder_(std::move(folder)) {}

    /// An unreadable note counts as none, with a warning.
    io::Task<std::optional<PaymentNote>> load(PaymentPurpose purpose);
    /// Durable when it returns. A failure is a warning: the store goes on.
    io::Task<void> save(PaymentNote note);
    io::Task<void> remove(PaymentPurpose purpose);

private:
    std::string path_of(const PaymentPurpose& purpose) const;
    io::Environment& environment_;
    std::string folder_;
};

Bytes encode_note(const PaymentNote& note);
std::optional<PaymentNote> decode_note(ByteView bytes);

}  // namespace walrus::client
