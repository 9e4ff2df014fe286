// SPDX-License-Identifier: Apache-2.0
// Storing a blob: this is the protocol. `run` has one line per step: encode, find or register,
// upload, certify, finish the tail (spec/client.md §4).
//
// A store that was interrupted at any point continues when it is run again and pays nothing twice:
// it first looks for a payment whose outcome it did not learn (payment_journal.hpp), then among the
// account's own Blob objects for one of this blob, persistence and a sufficient end epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/blob_input.hpp"
#include "client/client.hpp"
#include "client/encoded_slivers.hpp"
#include "client/epochs.hpp"
#include "client/ledger_actions.hpp"
#include "client/payment_journal.hpp"
#include "client/upload.hpp"
#include "client/wallet.hpp"

namespace walrus::client {

/// Where a store is; for progress displays, and for tests that stop it there.
enum class StoreStep {
    Encoding,
    Registering,
    RegisterSent,      ///< the paying transaction is on its way
    RegisterAnswered,  ///< and its outcome known
    Uploading,
    HalfUploaded,  ///< half of the bytes are with the nodes
    Certifying,    ///< the certificate is there; not yet sent
    FinishingTail,
    Done,
};

struct StoreOptions {
    Lifetime lifetime = EpochsAhead{1};
    bool deletable = true;
    /// Register and certify even if the account has a certified object of this blob.
    bool force = false;
    /// Do not look for own blobs and storages; always buy.
    bool ignore_resources = false;
    Attributes attributes;
    /// Where the slivers of a file that is too large for memory wait for the nodes.
    std::string scratch_directory = ".";
    std::function<void(StoreStep)> step;
    std::function<void(const UploadProgress&)> progress;
};

/// How the registration was obtained; the names in JSON follow spec/client.md §2.4.
enum class ResourceOperation {
    RegisterFromScratch,
    ReuseStorage,
    ReuseRegistration,
    ReuseAndExtend,
    ReuseAndExtendNonCertified,
};

struct StoreReport {
    /// False: the account had a certified object of this blob that lives long enough.
    bool newly_certified = false;
    ledger::Blob blob;  ///< as the ledger has it now
    ResourceOperation operation = ResourceOperation::RegisterFromScratch;
    std::uint64_t encoded_bytes = 0;
    std::uint32_t epochs_paid = 0;
    Frost cost = 0;
    std::optional<TransactionDigest> register_digest;
    std::optional<TransactionDigest> certify_digest;
    UploadReport upload;
    std::uint32_t shard_count = 0;
    std::uint32_t certificate_weight = 0;
    // Microseconds.
    std::uint64_t encode_us = 0;
    std::uint64_t register_us = 0;
    std::uint64_t upload_us = 0;
    std::uint64_t certify_us = 0;
    std::uint64_t tail_us = 0;
    std::uint64_t total_us = 0;
};

/// What storing would cost, without storing.
struct StoreEstimate {
    BlobId blob_id;
    std::uint64_t unencoded_bytes = 0;
    std::uint64_t encoded_bytes = 0;
    std::uint32_t epochs = 0;
    Frost cost = 0;
};

/// One store. The object must live until `run` ends.
class StoreBlob {
public:
    StoreBlob(Client& client, Account account, StoreOptions options);

    /// Stores the blob; its memory is given back as soon as it is encoded. Errors: Usage
    /// (lifetime), InputFile (too large for the network), Funds, Network, Refused, Resources.
    io::Task<ClientResult<StoreReport>> run(BlobInput blob);
    /// Encodes and asks for prices only.
    io::Task<ClientResult<StoreEstimate>> estimate(BlobInput blob);

private:
    /// A registered Blob object of this blob, and what is left to do with it.
    struct Registration {
        OwnedBlob object;
        std::uint32_t epochs_to_extend = 0;
    };
    using OptionalRegistration = std::optional<Registration>;

    io::Task<ClientResult<void>> prepare(std::uint64_t blob_bytes);
    io::Task<ClientResult<void>> encode(BlobInput blob);
    io::Task<ClientResult<Registration>> find_or_register();
    io::Task<ClientResult<OptionalRegistration>> resume_payment();
    io::Task<ClientResult<OptionalRegistration>> find_own_blob();
    io::Task<ClientResult<Registration>> register_new();
    io::Task<ClientResult<std::optional<OwnedStorage>>> find_storage();
    io::Task<ClientResult<rpc::TransactionResult>> pay(ledger::TransactionData data, Frost cost,
                                                       Epoch end_epoch, bool is_extension,
                                                       std::string doing);
    io::Task<ClientResult<rpc::TransactionResult>> send_paying(
        ledger::SignedTransaction transaction, std::string doing);
    io::Task<ClientResult<void>> check_funds(Frost cost);
    io::Task<ClientResult<attest::Certificate>> upload(const OwnedBlob& object);
    io::Task<ClientResult<void>> certify(OwnedBlob& object, const attest::Certificate& certificate);
    io::Task<ClientResult<void>> extend(OwnedBlob& object, std::uint32_t epochs);
    io::Task<ClientResult<void>> set_attributes(OwnedBlob& object);
    io::Task<ClientResult<void>> upload_and_certify(OwnedBlob& object);
    io::Task<ClientResult<void>> refresh(OwnedBlob& object);
    Registration registration_of(OwnedBlob object) const;
    PaymentPurpose purpose() const;
    void at(StoreStep step) {
        if (options_.step) options_.step(step);
    }
    std::uint64_t now_us() const { return client_.environment().loop.monotonic_us(); }

    Client& client_;
    Account account_;
    StoreOptions options_;
    PaymentJournal journal_;
    std::shared_ptr<const NetworkView> view_;
    std::shared_ptr<const EncodedSlivers> encoded_;
    std::unique_ptr<Upload> upload_;
    BlobId blob_id_;
    Epoch end_epoch_ = 0;
    StoreReport report_;
};

}  // namespace walrus::client
