// SPDX-License-Identifier: Apache-2.0
// What a user does on the ledger: look at balances and objects, send transactions. A transaction is
// sent until its outcome is known; the same bytes never run twice, so asking again is safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "client/wallet.hpp"
#include "ledger/transaction_builder.hpp"
#include "ledger/types.hpp"

namespace walrus::client {

using Attributes = ledger::VecMap<std::string, std::string>;

/// A Blob object as its owner sees it.
struct OwnedBlob {
    ledger::Blob blob;
    ledger::ObjectRef ref;
    /// Certified, and neither expired nor about to be at `epoch`.
    bool is_valid(Epoch epoch) const { return blob.storage.end_epoch > epoch; }
};
struct OwnedStorage {
    ledger::Storage storage;
    ledger::ObjectRef ref;
};

/// "0x2::sui::SUI", the second coin.
std::string sui_type_name();

io::Task<ClientResult<std::uint64_t>> balance(Client& client, Address owner, std::string coin_type);

/// All Blob objects of an account (pages). Stops early when `visit` returns false.
io::Task<ClientResult<void>> visit_owned_blobs(Client& client,
                                               std::shared_ptr<const NetworkView> view,
                                               Address owner,
                                               std::function<bool(const OwnedBlob&)> visit);
io::Task<ClientResult<std::vector<OwnedStorage>>> owned_storages(
    Client& client, std::shared_ptr<const NetworkView> view, Address owner);
/// All objects of an account of ORIG::module::name.
io::Task<ClientResult<std::vector<ledger::Object>>> owned_objects(
    Client& client, std::shared_ptr<const NetworkView> view, Address owner, std::string module,
    std::string name);
/// One object of ORIG::module::name. Errors: NotFound, Usage (an object of another type).
io::Task<ClientResult<ledger::Object>> object_of_type(Client& client,
                                                      std::shared_ptr<const NetworkView> view,
                                                      ObjectId id, std::string module,
                                                      std::string name);
/// The contents of an object. Errors: Refused.
template <class T>
ClientResult<T> decode_contents(const ledger::Object& object) {
    auto value = bcs::decode_prefix<T>(object.contents);
    if (value) return std::move(*value);
    return client_failure(
        ClientCode::Refused,
        "object " + to_text(object.id) + " does not parse as a " + ledger::to_text(object.type));
}
/// As a shared object stands in an input. Errors: Usage (it is not shared).
ClientResult<ledger::SharedRef> shared_ref(const ledger::Object& object);
/// Fails with Funds if the account has less than `amount` of WAL.
io::Task<ClientResult<void>> check_wal(Client& client, std::shared_ptr<const NetworkView> view,
                                       Address owner, Frost amount);
/// One Blob object. Errors: NotFound, Usage (an object of another type).
io::Task<ClientResult<OwnedBlob>> blob_object(Client& client,
                                              std::shared_ptr<const NetworkView> view, ObjectId id);
/// Nothing: the blob object has no attributes.
io::Task<ClientResult<std::optional<Attributes>>> blob_attributes(Client& client, ObjectId id);

/// Sender, epoch and a fresh nonce.
ledger::TransactionOptions transaction_options(Client& client, const NetworkView& view,
                                               const Address& sender);
/// Sends until the outcome is known: after an answer that tells nothing it looks by digest before
/// it sends the same bytes again. A failure while executing is a result, not an error. Errors:
/// Network (still unknown), Refused (not executed, and never will be).
io::Task<ClientResult<rpc::TransactionResult>> execute(Client& client,
                                                       ledger::SignedTransaction transaction,
                                                       std::string doing);
/// Signs, executes, and turns a failure while executing into an error. `doing`: "deleting blob …".
io::Task<ClientResult<rpc::TransactionResult>> sign_and_execute(Client& client, Account account,
                                                                ledger::TransactionData data,
                                                                std::string doing);
/// The id of the created object of this type. Nothing if there is none.
std::optional<ObjectId> created_object(const rpc::TransactionResult& result,
                                       const std::string& type);

/// Asks the local network's faucet for coins.
io::Task<ClientResult<void>> request_funds(Client& client, Address recipient);

}  // namespace walrus::client
