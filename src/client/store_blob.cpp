// SPDX-License-Identifier: Apache-2.0
#include "client/store_blob.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/amounts.hpp"

namespace walrus::client {

StoreBlob::StoreBlob(Client& client, Account account, StoreOptions options)
    : client_(client),
      account_(std::move(account)),
      options_(std::move(options)),
      journal_(client.environment(), client.options().journal_folder) {}

io::Task<ClientResult<StoreReport>> StoreBlob::run(BlobInput blob) {
    const std::uint64_t started = now_us();
    report_ = StoreReport{};
    WALRUS_CO_CHECK_OK(co_await prepare(blob.bytes()));
    at(StoreStep::Encoding);
    WALRUS_CO_CHECK_OK(co_await encode(std::move(blob)));
    at(StoreStep::Registering);
    WALRUS_CO_TRY(registration, co_await find_or_register());
    OwnedBlob object = registration.object;
    report_.register_us = now_us() - started - report_.encode_us;
    if (!object.blob.certified_epoch) {
        WALRUS_CO_CHECK_OK(co_await upload_and_certify(object));
        report_.newly_certified = true;
    }
    if (registration.epochs_to_extend > 0) {
        WALRUS_CO_CHECK_OK(co_await extend(object, registration.epochs_to_extend));
    }
    if (!options_.attributes.empty() && !report_.register_digest) {
        WALRUS_CO_CHECK_OK(co_await set_attributes(object));
    }
    report_.blob = object.blob;
    report_.total_us = now_us() - started;
    at(StoreStep::Done);
    co_return report_;
}

io::Task<ClientResult<StoreEstimate>> StoreBlob::estimate(BlobInput blob) {
    WALRUS_CO_CHECK_OK(co_await prepare(blob.bytes()));
    WALRUS_CO_TRY(metadata, co_await metadata_of_input(client_, view_->code, blob,
                                                       options_.scratch_directory));
    StoreEstimate out;
    out.blob_id = metadata.blob_id();
    out.unencoded_bytes = blob.bytes();
    out.encoded_bytes = report_.encoded_bytes;
    out.epochs = end_epoch_ - view_->epoch;
    const auto cost = ledger::register_cost(out.encoded_bytes, out.epochs, view_->storage_price,
                                            view_->write_price);
    if (!cost) co_return client_failure(ClientCode::Refused, "the price exceeds 64 bits");
    out.cost = cost->storage + cost->write;
    co_return out;
}

io::Task<ClientResult<void>> StoreBlob::prepare(std::uint64_t blob_bytes) {
    if (options_.attributes.size() > client_.limits().attributes_max)
        co_return client_failure(ClientCode::Usage, fmt::format("{} attributes are more than {}",
                                                                options_.attributes.size(),
                                                                client_.limits().attributes_max));
    WALRUS_CO_TRY(view, co_await client_.network());
    view_ = view;
    report_.shard_count = view_->shard_count();
    WALRUS_CO_TRY(end_epoch,
                  end_epoch_of(options_.lifetime, *view_, client_.environment().clock.now_ms()));
    end_epoch_ = end_epoch;
    const auto encoded_bytes = view_->code.encoded_blob_bytes(blob_bytes);
    if (!encoded_bytes)
        co_return client_failure(
            ClientCode::InputFile,
            fmt::format("{} bytes are more than the largest blob of a network with {} shards, {} "
                        "bytes",
                        blob_bytes, view_->shard_count(), view_->code.blob_bytes_max()));
    report_.encoded_bytes = *encoded_bytes;
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> StoreBlob::encode(BlobInput blob) {
    const std::uint64_t started = now_us();
    WALRUS_CO_TRY(encoded, co_await encode_input(client_, view_->code, std::move(blob),
                                                 options_.scratch_directory));
    encoded_ = std::move(encoded);
    blob_id_ = encoded_->blob_id();
    report_.encode_us = now_us() - started;
    co_return ClientResult<void>{};
}

PaymentPurpose StoreBlob::purpose() const {
    PaymentPurpose out;
    out.chain = view_->chain_id;
    out.sender = account_.address();
    out.blob_id = blob_id_;
    out.deletable = options_.deletable;
    return out;
}

StoreBlob::Registration StoreBlob::registration_of(OwnedBlob object) const {
    const Epoch end = object.blob.storage.end_epoch;
    return {std::move(object), end_epoch_ > end ? end_epoch_ - end : 0};
}

io::Task<ClientResult<StoreBlob::Registration>> StoreBlob::find_or_register() {
    WALRUS_CO_TRY(resumed, co_await resume_payment());
    if (resumed) co_return std::move(*resumed);
    if (!options_.ignore_resources) {
        WALRUS_CO_TRY(own, co_await find_own_blob());
        if (own) co_return std::move(*own);
    }
    co_return co_await register_new();
}

/// A payment whose outcome an earlier run did not learn: the same bytes again tell.
io::Task<ClientResult<StoreBlob::OptionalRegistration>> StoreBlob::resume_payment() {
    auto note = co_await journal_.load(purpose());
    if (!note) co_return OptionalRegistration{};
    ledger::SignedTransaction transaction{note->transaction, note->signatures};
    auto outcome =
        co_await execute(client_, std::move(transaction), "asking for an earlier payment");
    if (!outcome && outcome.error().code != ClientCode::Refused)
        co_return fail(std::move(outcome.error()));
    co_await journal_.remove(purpose());
    // Not executed and too late for it, or executed without effect: as if it had never been.
    if (!outcome || outcome->failure) co_return OptionalRegistration{};
    const auto id = created_object(*outcome, view_->type_name("blob", "Blob"));
    if (!id) co_return OptionalRegistration{};  // an extension: the own blobs show it
    auto object = co_await blob_object(client_, view_, *id);
    if (!object) {
        // It was used up since (deleted, burnt, sent away).
        if (object.error().code == ClientCode::NotFound) co_return OptionalRegistration{};
        co_return fail(std::move(object.error()));
    }
    report_.operation = ResourceOperation::ReuseRegistration;
    if (options_.force && object->blob.certified_epoch) co_return OptionalRegistration{};
    co_return OptionalRegistration(registration_of(std::move(*object)));
}

/// The account's own objects of this blob and persistence, best first: certified and long enough
/// (nothing to do), registered and long enough, certified but short, registered but short.
io::Task<ClientResult<StoreBlob::OptionalRegistration>> StoreBlob::find_own_blob() {
    std::optional<OwnedBlob> best;
    int best_rank = -1;
    std::function<bool(const OwnedBlob&)> visit = [&](const OwnedBlob& own) {
        const bool certified = own.blob.certified_epoch.has_value();
        if (own.blob.blob_id != blob_id_ || own.blob.deletable != options_.deletable ||
            !own.is_valid(view_->epoch) || (options_.force && certified))
            return true;
        const bool long_enough = own.blob.storage.end_epoch >= end_epoch_;
        const int rank = (long_enough ? 2 : 0) + (certified ? 1 : 0);
        if (rank > best_rank) {
            best = own;
            best_rank = rank;
        }
        return best_rank < 3;
    };
    auto task = visit_owned_blobs(client_, view_, account_.address(), std::move(visit));
    WALRUS_CO_CHECK_OK(co_await std::move(task));
    if (!best) co_return OptionalRegistration{};
    report_.operation = best_rank >= 2   ? ResourceOperation::ReuseRegistration
                        : best_rank == 1 ? ResourceOperation::ReuseAndExtend
                                         : ResourceOperation::ReuseAndExtendNonCertified;
    co_return OptionalRegistration(registration_of(std::move(*best)));
}

/// An own Storage that covers the blob without wasting more than the blob again.
io::Task<ClientResult<std::optional<OwnedStorage>>> StoreBlob::find_storage() {
    WALRUS_CO_TRY(storages, co_await owned_storages(client_, view_, account_.address()));
    std::optional<OwnedStorage> best;
    for (OwnedStorage& candidate : storages) {
        const ledger::Storage& s = candidate.storage;
        if (s.start_epoch > view_->epoch || s.end_epoch < end_epoch_ ||
            s.storage_size < report_.encoded_bytes || s.storage_size / 2 > report_.encoded_bytes)
            continue;
        if (!best || std::pair(s.storage_size, s.end_epoch) <
                         std::pair(best->storage.storage_size, best->storage.end_epoch))
            best = std::move(candidate);
    }
    co_return best;
}

io::Task<ClientResult<StoreBlob::Registration>> StoreBlob::register_new() {
    ledger::RegisterBlob what;
    what.blob_id = blob_id_;
    what.root_hash = encoded_->metadata().root_hash();
    what.unencoded_bytes = encoded_->metadata().blob_bytes();
    what.encoded_bytes = report_.encoded_bytes;
    what.deletable = options_.deletable;
    what.epochs = end_epoch_ - view_->epoch;
    what.attributes = options_.attributes;
    const auto cost = ledger::register_cost(what.encoded_bytes, what.epochs, view_->storage_price,
                                            view_->write_price);
    if (!cost) co_return client_failure(ClientCode::Refused, "the price exceeds 64 bits");
    const std::string doing = "registering blob " + to_text(blob_id_);
    const ledger::TransactionOptions options =
        transaction_options(client_, *view_, account_.address());

    std::optional<rpc::TransactionResult> result;
    if (!options_.ignore_resources) {
        WALRUS_CO_TRY(storage, co_await find_storage());
        if (storage) {
            auto data = ledger::register_blob_with_storage(view_->handles, options, what,
                                                           storage->ref, cost->write);
            auto paid = co_await pay(std::move(data), cost->write, storage->storage.end_epoch,
                                     false, doing);
            if (paid) {
                result = std::move(*paid);
                report_.operation = ResourceOperation::ReuseStorage;
            } else if (paid.error().code != ClientCode::Refused) {
                co_return fail(std::move(paid.error()));
            }  // refused: another store took the storage meanwhile; buy
        }
    }
    if (!result) {
        const Frost total = cost->storage + cost->write;
        std::vector<ledger::RegisterBlob> blobs = {what};
        auto data = ledger::register_blobs(view_->handles, options, blobs, total);
        WALRUS_CO_TRY(paid, co_await pay(std::move(data), total, end_epoch_, false, doing));
        result = std::move(paid);
        report_.operation = ResourceOperation::RegisterFromScratch;
        report_.epochs_paid = what.epochs;
    }
    report_.register_digest = result->digest;
    const auto id = created_object(*result, view_->type_name("blob", "Blob"));
    if (!id)
        co_return client_failure(
            ClientCode::Refused,
            fmt::format("transaction {} registered the blob but created no Blob "
                        "object",
                        to_text(result->digest)));
    WALRUS_CO_TRY(object, co_await blob_object(client_, view_, *id));
    co_return registration_of(std::move(object));
}

io::Task<ClientResult<void>> StoreBlob::check_funds(Frost cost) {
    WALRUS_CO_TRY(have, co_await balance(client_, account_.address(), view_->wal_type));
    if (have >= cost) co_return ClientResult<void>{};
    co_return client_failure(
        ClientCode::Funds,
        fmt::format(
            "this costs {}, but {} has {}. On a local network `walrus wallet fund` gets more",
            format_wal(cost), to_text(account_.address()), format_wal(have)));
}

io::Task<ClientResult<rpc::TransactionResult>> StoreBlob::pay(ledger::TransactionData data,
                                                              Frost cost, Epoch end_epoch,
                                                              bool is_extension,
                                                              std::string doing) {
    WALRUS_CO_CHECK_OK(co_await check_funds(cost));
    ledger::SignedTransaction transaction = account_.sign(bcs::encode(data));
    PaymentNote note;
    note.purpose = purpose();
    note.end_epoch = end_epoch;
    note.valid_until = view_->epoch + 1;
    note.is_extension = is_extension;
    note.transaction = transaction.data;
    note.signatures = transaction.signatures;
    co_await journal_.save(std::move(note));
    auto result = co_await send_paying(std::move(transaction), doing);
    // Forget the payment only when its outcome is known.
    if (result || result.error().code == ClientCode::Refused) co_await journal_.remove(purpose());
    if (!result) co_return fail(std::move(result.error()));
    at(StoreStep::RegisterAnswered);
    if (result->failure) co_return fail(from_execution(*result->failure, doing));
    report_.cost += cost;
    co_return std::move(*result);
}

namespace {
io::Task<void> execute_into(Client& client, ledger::SignedTransaction transaction,
                            std::string doing, ClientResult<rpc::TransactionResult>& out) {
    out = co_await execute(client, std::move(transaction), std::move(doing));
}
}  // namespace

io::Task<ClientResult<rpc::TransactionResult>> StoreBlob::send_paying(
    ledger::SignedTransaction transaction, std::string doing) {
    ClientResult<rpc::TransactionResult> out = client_failure(ClientCode::Internal, "not executed");
    io::TaskGroup group(client_.environment().loop);
    group.add(execute_into(client_, std::move(transaction), std::move(doing), out));
    // For those who watch: a moment when the request has left.
    if (options_.step && group.running() > 0) {
        co_await io::sleep_us(client_.environment().loop, 500);
        at(StoreStep::RegisterSent);
    }
    co_await group.wait();
    co_return out;
}

io::Task<ClientResult<void>> StoreBlob::upload_and_certify(OwnedBlob& object) {
    for (std::uint32_t attempt = 0;; ++attempt) {
        auto certificate = co_await upload(object);
        ClientResult<void> done;
        if (certificate) {
            at(StoreStep::Certifying);
            done = co_await certify(object, *certificate);
        } else {
            done = fail(std::move(certificate.error()));
        }
        const std::uint64_t tail_started = now_us();
        if (done) at(StoreStep::FinishingTail);
        report_.upload = co_await upload_->finish(done.has_value());
        report_.tail_us = now_us() - tail_started;
        upload_.reset();
        if (done || attempt >= client_.limits().committee_retries) co_return done;
        // Confirmations of another epoch are worth nothing: look whether it changed meanwhile.
        const Epoch before = view_->epoch;
        auto view = co_await client_.network(true);
        if (!view || (*view)->epoch == before) co_return done;
        view_ = std::move(*view);
        WALRUS_CO_CHECK_OK(co_await refresh(object));
    }
}

io::Task<ClientResult<attest::Certificate>> StoreBlob::upload(const OwnedBlob& object) {
    at(StoreStep::Uploading);
    const std::uint64_t started = now_us();
    const attest::BlobPersistence persistence =
        object.blob.deletable ? attest::BlobPersistence::deletable(object.blob.id)
                              : attest::BlobPersistence::permanent();
    bool half = false;
    std::function<void(const UploadProgress&)> progress =
        [this, half](const UploadProgress& now) mutable {
            if (options_.progress) options_.progress(now);
            if (!half && now.bytes_done * 2 >= now.bytes_total) {
                half = true;
                at(StoreStep::HalfUploaded);
            }
        };
    upload_ = std::make_unique<Upload>(client_, view_, encoded_, persistence, std::move(progress));
    auto certificate = co_await upload_->collect_certificate();
    report_.upload_us = now_us() - started;
    co_return certificate;
}

io::Task<ClientResult<void>> StoreBlob::refresh(OwnedBlob& object) {
    const ObjectId id = object.blob.id;
    WALRUS_CO_TRY(now, co_await blob_object(client_, view_, id));
    object = std::move(now);
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> StoreBlob::certify(OwnedBlob& object,
                                                const attest::Certificate& certificate) {
    const std::uint64_t started = now_us();
    const std::string doing = "certifying blob " + to_text(blob_id_);
    ledger::CertifyBlob what;
    what.signature = to_bytes(certificate.signature.view());
    what.signers_bitmap = attest::signers_to_bitmap(certificate.signers, view_->nodes.size());
    what.message = certificate.serialized_message;
    report_.certificate_weight = 0;
    for (const std::uint16_t signer : certificate.signers)
        report_.certificate_weight +=
            static_cast<std::uint32_t>(view_->nodes[signer].shards.size());
    constexpr int kAttempts = 3;
    for (int attempt = 1;; ++attempt) {
        what.blob = object.ref;
        std::vector<ledger::CertifyBlob> blobs = {what};
        const auto options = transaction_options(client_, *view_, account_.address());
        auto data = ledger::certify_blobs(view_->handles, options, blobs);
        auto outcome = co_await sign_and_execute(client_, account_, std::move(data), doing);
        report_.certify_us = now_us() - started;
        if (outcome) {
            report_.certify_digest = outcome->digest;
            object.blob.certified_epoch = view_->epoch;
            co_return ClientResult<void>{};
        }
        if (outcome.error().code != ClientCode::Refused) co_return fail(std::move(outcome.error()));
        // Another store with this key may have been faster, or has touched the object.
        const ledger::ObjectRef before = object.ref;
        const ClientError error = std::move(outcome.error());
        WALRUS_CO_CHECK_OK(co_await refresh(object));
        if (object.blob.certified_epoch) co_return ClientResult<void>{};
        if (object.ref == before || attempt == kAttempts) co_return fail(error);
    }
}

io::Task<ClientResult<void>> StoreBlob::extend(OwnedBlob& object, std::uint32_t epochs) {
    WALRUS_CO_CHECK_OK(co_await refresh(object));
    const Epoch end = object.blob.storage.end_epoch;
    if (end >= end_epoch_) co_return ClientResult<void>{};
    epochs = end_epoch_ - end;
    const auto cost =
        ledger::extend_cost(object.blob.storage.storage_size, epochs, view_->storage_price);
    if (!cost) co_return client_failure(ClientCode::Refused, "the price exceeds 64 bits");
    const auto options = transaction_options(client_, *view_, account_.address());
    auto data = ledger::extend_blob(view_->handles, options, object.ref, epochs, *cost);
    WALRUS_CO_CHECK_OK(co_await pay(std::move(data), *cost, end_epoch_, true,
                                    "extending blob object " + to_text(object.blob.id)));
    report_.epochs_paid += epochs;
    object.blob.storage.end_epoch = end_epoch_;
    co_return ClientResult<void>{};
}

io::Task<ClientResult<void>> StoreBlob::set_attributes(OwnedBlob& object) {
    WALRUS_CO_CHECK_OK(co_await refresh(object));
    const auto options = transaction_options(client_, *view_, account_.address());
    const std::vector<std::string> nothing_to_remove;
    auto data = ledger::change_attributes(view_->handles, options, object.ref, options_.attributes,
                                          nothing_to_remove);
    WALRUS_CO_CHECK_OK(co_await sign_and_execute(
        client_, account_, std::move(data), "setting attributes of " + to_text(object.blob.id)));
    co_return ClientResult<void>{};
}

}  // namespace walrus::client
