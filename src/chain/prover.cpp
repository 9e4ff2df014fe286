// SPDX-License-Identifier: Apache-2.0
#include "chain/prover.hpp"

#include <fmt/format.h>

#include "bcs/bcs.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::chain {
namespace {

/// A commit takes longer than a proof: more than a few in a row mean something else.
constexpr int kAttemptsMax = 16;

auto from_proof(const proof::ProofError& error) {
    return chain_failure(ChainCode::Corrupt, error.message);
}

ChainResult<void> prove_entry(const LedgerDatabase& database, proof::Proof& out) {
    proof::Subject& subject = out.subject;
    std::optional<proof::TreeView> tree = database.tree_view();
    if (!tree) tree = WALRUS_TRY(database.load_tree()).view();
    if (tree->root != out.commit.state_root)
        return chain_failure(ChainCode::Busy, "a block is being committed: try again");
    auto looked_up =
        proof::prove_state(DatabaseTree(database.store()), *tree, proof::subject_key(subject));
    if (!looked_up) return from_proof(looked_up.error());
    proof::StateSection section;
    section.proof = std::move(*looked_up);
    const bool present = section.proof.kind == proof::StateProof::Kind::Present;
    DatabaseReader state(database.store());
    if (subject.claim == proof::Claim::Balance) {
        subject.amount = state.balance({Address::from(subject.id.view()), subject.coin_type});
    } else if (subject.claim == proof::Claim::Parameter) {
        const auto value = state.parameter(subject.name);
        if (value) section.value = *value;
        if (!present && !state.error())
            return chain_failure(ChainCode::NotFound,
                                 fmt::format("the ledger has no value named {}", subject.name));
    } else {
        subject.claim = present ? proof::Claim::Object : proof::Claim::NoObject;
        const auto object = state.object(ObjectId::from(subject.id.view()));
        if (present && object) section.value = object->digest_preimage();
    }
    if (auto error = state.error()) return tl::make_unexpected(std::move(*error));
    out.state = std::move(section);
    return {};
}

ChainResult<void> prove_transaction(const LedgerDatabase& database, const Head& head,
                                    proof::Proof& out) {
    const proof::Subject& subject = out.subject;
    const auto digest = TransactionDigest::from(subject.id.view());
    const RecordPtr record = WALRUS_TRY(database.transaction(digest));
    if (!record || !record->position || record->position->block_seq >= head.next_seq)
        return chain_failure(ChainCode::NotFound,
                             fmt::format("transaction {} is not known", to_text(digest)));
    const BlockPtr block = WALRUS_TRY(database.block(record->position->block_seq));
    const std::uint32_t index = record->position->index;
    const auto& transactions = block->transactions;
    if (index >= transactions.size())
        return chain_failure(ChainCode::Corrupt, "a record names a place that its block lacks");

    proof::EffectsSection effects;
    effects.transaction_index = index;
    effects.transaction = digest;
    effects.effects_digest = transactions[index].effects_digest;
    effects.path = proof::shape_path<proof::BlockTree>(effects_leaves(transactions), index);
    if (subject.claim == proof::Claim::Event) {
        const auto& events = transactions[index].events;
        if (subject.event_index >= events.size())
            return chain_failure(
                ChainCode::NotFound,
                fmt::format("transaction {} has {} events, there is none of index {}",
                            to_text(digest), events.size(), subject.event_index));
        const BlockEvent& event = events[subject.event_index];
        proof::EventSection section;
        section.transaction_index = index;
        section.event_index = subject.event_index;
        section.type = bcs::encode(event.type);
        section.package = event.type.address;
        section.contents = event.contents;
        section.leaf_index = subject.event_index;
        for (std::uint32_t before = 0; before < index; ++before)
            section.leaf_index += static_cast<std::uint32_t>(transactions[before].events.size());
        section.path =
            proof::shape_path<proof::BlockTree>(event_leaves(transactions), section.leaf_index);
        out.event = std::move(section);
    } else {
        effects.effects = record->executed.effects_bcs;
    }
    out.effects = std::move(effects);

    proof::SummarySection summary;
    summary.summary = block->header.header.summary;
    std::optional<ChainError> failed;
    auto history =
        proof::prove_history(summary.summary.seq, head.next_seq,
                             [&](const proof::HistoryPosition& position) -> std::optional<Digest> {
                                 auto node = database.history_node(position);
                                 if (node) return *node;
                                 failed = std::move(node.error());
                                 return std::nullopt;
                             });
    if (failed) return tl::make_unexpected(std::move(*failed));
    if (!history) return from_proof(history.error());
    summary.history = std::move(*history);
    out.summary = std::move(summary);
    return {};
}

ChainResult<proof::Proof> prove_once(const LedgerDatabase& database,
                                     const proof::Subject& subject) {
    const Head head = WALRUS_TRY(database.load_head());
    if (!head.last)
        return chain_failure(ChainCode::NotFound,
                             "there is no block yet whose seal could prove anything");
    const ChainId& chain = database.ids().chain;
    proof::Proof out;
    out.subject = subject;
    out.commit = app_state(chain, head.last->header);
    out.seal = {seal_statement(chain, *head.last), head.last->signature};
    out.sequencer = database.sequencer();
    if (subject.claim == proof::Claim::Event || subject.claim == proof::Claim::Effects) {
        WALRUS_TRY(prove_transaction(database, head, out));
    } else {
        WALRUS_TRY(prove_entry(database, out));
    }
    // Whoever gets it checks it; what does not hold does not leave.
    const auto holds = proof::verify(out, {database.sequencer(), chain});
    if (!holds) return from_proof(holds.error());
    return out;
}

}  // namespace

ChainResult<proof::Proof> make_proof(const LedgerDatabase& database,
                                     const proof::Subject& subject) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const std::uint64_t before = database.write_count();
        auto made = prove_once(database, subject);
        if ((before & 1) == 0 && database.write_count() == before) return made;
        // Everything was checked against one seal: it holds whatever happened meanwhile.
        if (made) return made;
    }
    return chain_failure(ChainCode::Busy, "blocks are committed too fast to prove anything");
}

}  // namespace walrus::chain
