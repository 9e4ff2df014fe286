// SPDX-License-Identifier: Apache-2.0
// Building programmable transactions: a builder of inputs and commands, and the programs that the
// client sends (spec/chain.md §9.3, spec/rpc-compat.md §3.3). Payments come from the sender's
// balance: a withdrawal, `redeem_funds`, and `send_funds` of what is left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signature.hpp"
#include "ledger/genesis.hpp"
#include "ledger/transaction.hpp"
#include "ledger/types.hpp"

namespace walrus::ledger {

/// What every program needs to know about the ledger. `package` is LATEST.
struct LedgerHandles {
    ChainId chain;
    ObjectId package;
    ObjectId system;
    ObjectVersion system_initial_version = 1;
    TypeTag wal_type;
    ObjectId staking;
    ObjectVersion staking_initial_version = 1;
};
/// From genesis; `package` is ORIG, which equals LATEST until the first upgrade.
LedgerHandles make_handles(const LedgerIds& ids);

/// Who sends, and when it is valid.
struct TransactionOptions {
    Address sender;
    std::uint64_t epoch = 0;  ///< now; the transaction is valid in it and in the next
    std::uint32_t nonce = 0;  ///< tells equal transactions apart
};

/// Collects inputs (equal objects and pure values share one) and commands.
class ProgramBuilder {
public:
    Argument pure_bytes(Bytes bcs);
    Argument pure_bool(bool value);
    Argument pure_u8(std::uint8_t value);
    Argument pure_u16(std::uint16_t value);
    Argument pure_u32(std::uint32_t value);
    Argument pure_u64(std::uint64_t value);
    Argument pure_u256(const std::array<Byte, 32>& little_endian);
    Argument pure_address(const Address& address);
    Argument pure_id(const ObjectId& id);
    Argument pure_string(std::string_view text);
    Argument pure_vector_u8(ByteView bytes);
    Argument owned(const ObjectRef& ref);
    /// The same object asked for twice becomes mutable if one of them is.
    Argument shared(const ObjectId& id, ObjectVersion initial_version, bool is_mutable);
    Argument withdrawal(std::uint64_t amount, TypeTag coin_type);

    /// Returns the command's single result.
    Argument call(const ObjectId& package, std::string module, std::string function,
                  std::vector<TypeTag> type_arguments, std::vector<Argument> arguments);
    void transfer(std::vector<Argument> objects, Argument recipient);
    /// Results in the order of amounts.
    std::vector<Argument> split(Argument coin, std::vector<Argument> amounts);
    void merge(Argument target, std::vector<Argument> sources);
    Argument make_vector(std::optional<TypeTag> element_type, std::vector<Argument> elements);

    std::size_t command_count() const { return program_.commands.size(); }
    /// With a ValidDuring [epoch, epoch + 1], without gas.
    TransactionData finish(const LedgerHandles& ledger, const TransactionOptions& options) &&;
    ProgrammableTransaction take() && { return std::move(program_); }

private:
    Argument input(CallArg argument);
    ProgrammableTransaction program_;
};

/// What a store registers.
struct RegisterBlob {
    BlobId blob_id;
    Digest root_hash;
    std::uint64_t unencoded_bytes = 0;
    std::uint64_t encoded_bytes = 0;
    std::uint8_t encoding_type = 1;
    bool deletable = true;
    std::uint32_t epochs = 1;
    VecMap<std::string, std::string> attributes;
};
/// Frost.
struct RegisterCost {
    Frost storage = 0;
    Frost write = 0;
};
/// units x price x epochs, and units x write price; nothing on overflow.
std::optional<RegisterCost> register_cost(std::uint64_t encoded_bytes, std::uint32_t epochs,
                                          Frost storage_price, Frost write_price);
std::optional<Frost> extend_cost(std::uint64_t storage_bytes, std::uint32_t epochs,
                                 Frost storage_price);

/// reserve_space and register_blob for each, paid from the balance (`funds` is withdrawn, what is
/// left is sent back); the Blob objects go to the sender.
TransactionData register_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                               const std::vector<RegisterBlob>& blobs, Frost funds);
/// The same with a Storage that the sender owns (at least the encoded size); only the write fee is
/// paid.
TransactionData register_blob_with_storage(const LedgerHandles& ledger,
                                           const TransactionOptions& options,
                                           const RegisterBlob& blob, const ObjectRef& storage,
                                           Frost funds);
struct CertifyBlob {
    ObjectRef blob;
    Bytes signature;
    Bytes signers_bitmap;
    Bytes message;
};
TransactionData certify_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                              const std::vector<CertifyBlob>& blobs);
/// The storages come back to the sender.
TransactionData delete_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                             const std::vector<ObjectRef>& blobs);
TransactionData burn_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                           const std::vector<ObjectRef>& blobs);
TransactionData extend_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& blob, std::uint32_t epochs, Frost funds);
TransactionData extend_blob_with_resource(const LedgerHandles& ledger,
                                          const TransactionOptions& options, const ObjectRef& blob,
                                          const ObjectRef& storage);
/// A shared object as it must stand in an input.
struct SharedRef {
    ObjectId id;
    ObjectVersion initial_version = 0;
};
/// The blob becomes a SharedBlob with these funds, for good.
TransactionData share_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                           const ObjectRef& blob, Frost funds);
TransactionData fund_shared_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const SharedRef& shared, Frost amount);
/// Paid from the shared blob's funds.
TransactionData extend_shared_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                                   const SharedRef& shared, std::uint32_t epochs);

/// A new exchange of WAL for SUI at 1:1, with nothing in it; its capability goes to the sender.
TransactionData create_exchange(const LedgerHandles& ledger, const TransactionOptions& options);
TransactionData fund_exchange(const LedgerHandles& ledger, const TransactionOptions& options,
                              const SharedRef& exchange, Frost wal, std::uint64_t sui);
TransactionData set_exchange_rate(const LedgerHandles& ledger, const TransactionOptions& options,
                                  const SharedRef& exchange, const ObjectRef& admin,
                                  const ExchangeRatio& rate);
/// Gives all of `amount` in: SUI for WAL, or WAL for SUI.
enum class Buy : std::uint8_t { Wal, Sui };
TransactionData exchange_coins(const LedgerHandles& ledger, const TransactionOptions& options,
                               const SharedRef& exchange, std::uint64_t amount, Buy buy);

/// The pool goes to the sender; `funds` is withdrawn, what is left is sent back.
TransactionData create_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                    std::uint64_t bytes, std::uint32_t epochs, Frost funds);
TransactionData extend_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                    const ObjectRef& pool, std::uint32_t epochs, Frost funds);
TransactionData increase_storage_pool(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& pool,
                                      std::uint64_t bytes, Frost funds);
/// The storage that is taken out goes to the sender.
TransactionData decrease_storage_pool(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& pool,
                                      std::uint64_t bytes);
/// The pool must have no blobs; its storage goes to the sender.
TransactionData destroy_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                     const ObjectRef& pool);
/// Deletes blobs of a pool that lives; of one that has ended, burns them.
TransactionData delete_pooled_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                                    const ObjectRef& pool, const std::vector<BlobId>& blobs,
                                    bool pool_ended);

/// Sets all pairs, then removes the keys.
TransactionData change_attributes(const LedgerHandles& ledger, const TransactionOptions& options,
                                  const ObjectRef& blob,
                                  const VecMap<std::string, std::string>& set,
                                  const std::vector<std::string>& remove);
TransactionData transfer_objects(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const std::vector<ObjectRef>& objects, const Address& recipient);
TransactionData send_coins(const LedgerHandles& ledger, const TransactionOptions& options,
                           const TypeTag& coin_type, std::uint64_t amount,
                           const Address& recipient);
TransactionData split_storage_by_epoch(const LedgerHandles& ledger,
                                       const TransactionOptions& options, const ObjectRef& storage,
                                       Epoch split_epoch);
TransactionData split_storage_by_size(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& storage,
                                      std::uint64_t kept_bytes);
TransactionData fuse_storages(const LedgerHandles& ledger, const TransactionOptions& options,
                              const ObjectRef& first, const ObjectRef& second);

// Staking (spec/chain.md §5.3).

/// The StakedWal objects go to the sender.
TransactionData stake_with_pools(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const std::vector<std::pair<NodeId, Frost>>& amounts);
TransactionData request_withdraw_stakes(const LedgerHandles& ledger,
                                        const TransactionOptions& options,
                                        const std::vector<ObjectRef>& stakes);
TransactionData withdraw_stakes(const LedgerHandles& ledger, const TransactionOptions& options,
                                const std::vector<ObjectRef>& stakes);
/// The part taken out goes to the sender.
TransactionData split_staked_wal(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const ObjectRef& staked, Frost amount);
TransactionData join_staked_wals(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const ObjectRef& staked, const std::vector<ObjectRef>& others);

// Storage nodes (spec/chain.md §5.2, §6.1).

struct RegisterNode {
    std::string name;
    std::string network_address;        ///< host:port
    NodeMetadata metadata;              ///< without extra fields
    Bytes bls_public_key;               ///< 48 bytes
    Bytes network_public_key;           ///< 33 bytes
    Bytes proof_of_possession;          ///< by the sender, in this epoch
    std::uint16_t commission_rate = 0;  ///< basis points
    VotingParams votes;
};
/// The capability goes to the sender.
TransactionData register_node(const LedgerHandles& ledger, const TransactionOptions& options,
                              const RegisterNode& node);
/// What is to change; what is not set stays.
struct NodeChanges {
    std::optional<Frost> storage_price;
    std::optional<Frost> write_price;
    std::optional<std::uint64_t> node_capacity;    ///< bytes
    std::optional<std::uint16_t> commission_rate;  ///< basis points, from the epoch after the next
    std::optional<std::string> name;
    std::optional<std::string> network_address;
    std::optional<Bytes> network_public_key;
    std::optional<NodeMetadata> metadata;
    /// The key from the next selection on, with its proof.
    std::optional<std::pair<Bytes, Bytes>> next_public_key;
    bool update_prices = false;  ///< the votes on prices take effect at once
};
TransactionData change_node(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& cap, const NodeChanges& changes);
/// The commission goes to the sender. `cap`: the capability proves who may collect; else the
/// sender.
TransactionData collect_commission(const LedgerHandles& ledger, const TransactionOptions& options,
                                   const NodeId& node, const std::optional<ObjectRef>& cap);
TransactionData end_voting(const LedgerHandles& ledger, const TransactionOptions& options);
TransactionData initiate_epoch_change(const LedgerHandles& ledger,
                                      const TransactionOptions& options);
/// From protocol revision 1 on: the epoch goes on without those who have not attested in time.
TransactionData conclude_sync(const LedgerHandles& ledger, const TransactionOptions& options);
TransactionData attest_sync(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& cap, Epoch epoch);

/// The object's reference as it must stand in an input.
ObjectRef object_ref(const Object& object);

/// Serialises and signs.
SignedTransaction sign_transaction(const TransactionData& data, const AccountKey& key);

}  // namespace walrus::ledger
