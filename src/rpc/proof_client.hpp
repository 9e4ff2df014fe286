// SPDX-License-Identifier: Apache-2.0
// walrus.rpc.v1.ProofService from the other side: status, proofs and events
// (docs/formats/proofs.md). What comes is as trustworthy as the server; only `proof::verify` makes
// a fact of a proof.
#pragma once

#include "chain/block.hpp"
#include "chain/index.hpp"
#include "proof/proof_file.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::rpc {

struct LedgerStatus {
    ChainId chain_id;
    std::uint64_t next_seq = 0;
    std::uint64_t time_ms = 0;
    Epoch epoch = 0;
    std::optional<chain::SealedHeader> header;  ///< of the last block
    chain::SequencerKey sequencer_key{};
};
io::Task<RpcResult<LedgerStatus>> ledger_status(LedgerClient& client);

/// A proof file about the subject (chain::make_proof). The balance's coin type is in
/// `subject.coin_type`. Errors: NotFound; Malformed.
io::Task<RpcResult<Bytes>> ledger_proof(LedgerClient& client, proof::Subject subject);

struct ListedEvent {
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    TransactionDigest transaction;
    std::uint32_t index = 0;
    std::string type;
    Bytes contents;
};
struct EventList {
    std::vector<ListedEvent> events;
    Bytes cursor;
    bool more = false;
};
/// `type` empty: all; `cursor` empty: from the beginning; `page_size` 0: the server's default.
io::Task<RpcResult<EventList>> ledger_events(LedgerClient& client, std::string type, Bytes cursor,
                                             std::uint32_t page_size);

/// Objects by the ledger's indexes. Errors: InvalidArgument (token).
io::Task<RpcResult<ObjectPage>> ledger_objects(LedgerClient& client, chain::ObjectQuery query);
/// The storage committee of an epoch. Errors: NotFound (there was no block in it).
io::Task<RpcResult<proof::CommitteeRecord>> ledger_committee(LedgerClient& client, Epoch epoch);

}  // namespace walrus::rpc
