// SPDX-License-Identifier: Apache-2.0
// The ledger as every other role sees it: the public RPC surface (gRPC-web, spec/rpc-compat.md §6)
// and the block stream (decisions.md §4). There is no second, private protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "ledger/object.hpp"
#include "ledger/transaction.hpp"
#include "protocol/ids.hpp"

namespace walrus::rpc {

/// One enumerator per reaction.
enum class RpcCode {
    NotFound = 1,         ///< no such object, transaction or function
    InvalidArgument = 2,  ///< the request is wrong; sending it again cannot help
    Rejected = 3,         ///< the ledger refused the transaction before executing it
    Unavailable = 4,  ///< not reached, overloaded or timed out: the outcome is unknown, try again
    Unimplemented = 5,
    Malformed = 6,  ///< the answer does not parse
    Cancelled = 7,
};
using RpcError = Failure<RpcCode>;
template <class T>
using RpcResult = Result<T, RpcError>;

/// How a transaction failed while executing; it is recorded and changed nothing.
struct ExecutionFailure {
    std::string description;  ///< for people
    std::string module;       ///< of an abort, e.g. "system_state_inner"; else empty
    std::uint64_t abort_code = 0;
    std::string abort_name;                ///< e.g. "EStorageExceeded"; else empty
    std::optional<std::uint64_t> command;  ///< index of the command that failed
};

struct ChangedObject {
    enum class Operation : std::uint8_t { None, Created, Deleted };
    ObjectId id;
    Operation operation = Operation::None;
    std::optional<std::string> type;
    std::uint64_t output_version = 0;
};

struct TransactionResult {
    TransactionDigest digest;
    std::optional<ExecutionFailure> failure;  ///< nothing: success
    Epoch epoch = 0;
    std::vector<ChangedObject> changed_objects;
    Bytes effects_bcs;
    std::optional<std::uint64_t> checkpoint;  ///< block sequence number
    std::uint64_t timestamp_ms = 0;
};

struct EpochInfo {
    std::uint64_t epoch = 0;
    std::uint64_t start_ms = 0;
    std::uint64_t reference_gas_price = 0;
};

struct ObjectPage {
    std::vector<ledger::Object> objects;
    std::optional<Bytes> next_page_token;
};

struct BlockEvent {
    std::string type;  ///< e.g. "0x…::events::BlobCertified"
    Bytes contents;    ///< BCS
};
struct BlockTransaction {
    TransactionDigest digest;
    std::vector<BlockEvent> events;  ///< index in here = event sequence number
    Digest effects_digest;           ///< lets the header prove digest and events
};
struct BlockMessage {
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    Epoch epoch = 0;
    Bytes sealed_header;  ///< BCS, see chain/block.hpp; checked by rpc/block_verify.hpp
    std::vector<BlockTransaction> transactions;
};
/// What the stream delivers: a block, or only the news how far the ledger is.
struct StreamItem {
    std::optional<BlockMessage> block;
    std::uint64_t head_seq = 0;  ///< next sequence number that the ledger will use
};

class BlockStream {
public:
    virtual ~BlockStream() = default;
    /// The next item. Errors: Unavailable when nothing (not even a heartbeat) came for 15 s, or
    /// bytes for ClientLimits::stream_item_us that make no item.
    virtual io::Task<RpcResult<StreamItem>> next() = 0;
    /// Ends the stream: a pending next() ends with Cancelled. Loop thread only, idempotent.
    virtual void close() {}
};

struct ClientLimits {
    /// An item of the block stream may take this long even while bytes come: else a corrupted
    /// length would swallow heartbeats for hours.
    std::uint64_t stream_item_us = 60'000'000;
};

class LedgerClient {
public:
    virtual ~LedgerClient() = default;
    /// `rpc_url` like "http://127.0.0.1:31400". Errors: InvalidArgument.
    static RpcResult<std::unique_ptr<LedgerClient>> make(io::Environment& environment,
                                                         http::Client& http, std::string rpc_url,
                                                         ClientLimits limits = {});

    /// In the order asked; nothing where there is no such object. At most 50 ids a request are sent
    /// at a time.
    virtual io::Task<RpcResult<std::vector<std::optional<ledger::Object>>>> objects(
        std::vector<ObjectId> ids) = 0;
    virtual io::Task<RpcResult<ChainId>> chain_id() = 0;
    virtual io::Task<RpcResult<EpochInfo>> epoch() = 0;
    /// NotFound until the transaction is durable.
    virtual io::Task<RpcResult<TransactionResult>> transaction(TransactionDigest digest) = 0;
    virtual io::Task<RpcResult<std::uint64_t>> balance(Address owner, std::string coin_type) = 0;
    /// Type filter empty: all types.
    virtual io::Task<RpcResult<ObjectPage>> owned_objects(Address owner, std::string type,
                                                          std::uint32_t page_size,
                                                          std::optional<Bytes> page_token) = 0;
    /// Executes without effect. The transaction may be unsigned.
    virtual io::Task<RpcResult<TransactionResult>> simulate(Bytes data_bcs) = 0;
    /// Answers after the transaction is durable. A known digest returns its first result.
    virtual io::Task<RpcResult<TransactionResult>> execute(
        ledger::SignedTransaction transaction) = 0;
    /// Blocks from this sequence number on, then as they come.
    virtual io::Task<RpcResult<std::unique_ptr<BlockStream>>> stream_blocks(
        std::uint64_t from_seq) = 0;
    /// The type of WAL, from `staking::stake_with_pool`'s description (rpc-compat.md §2.1).
    virtual io::Task<RpcResult<std::string>> wal_type(ObjectId package) = 0;
    /// One call of a method of our own (proof_client.hpp), with serialised messages; repeated if
    /// there is no answer. Errors: Unimplemented where a ledger has none.
    virtual io::Task<RpcResult<Bytes>> call_own(std::string path, Bytes message);
};

}  // namespace walrus::rpc
