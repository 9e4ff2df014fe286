// SPDX-License-Identifier: Apache-2.0
#include "node/follower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/log.hpp"
#include "ledger/types.hpp"
#include "rpc/block_verify.hpp"

namespace walrus::node {
namespace {

constexpr std::uint64_t kPauseMinUs = 200'000;
constexpr std::uint64_t kPauseMaxUs = 5'000'000;
/// The latest epoch that began, and the block that says so; written before that block counts.
constexpr std::string_view kEpochSetting = "epoch_started";

struct EpochStarted {
    Epoch epoch = 0;
    std::uint64_t block = 0;
};

auto refuse(std::string why) {
    return tl::unexpected<std::string>(std::move(why));
}

/// One event, if it is one that changes a blob.
Result<std::optional<store::BlobChange>, std::string> read_change(std::string_view name,
                                                                  ByteView contents) {
    using store::ChangeKind;
    const auto malformed = [&] {
        return refuse(fmt::format("an event {} does not have its layout", name));
    };
    store::BlobChange out;
    const auto fill = [&out](const auto& event, ChangeKind kind) {
        out.kind = kind;
        out.blob_id = event.blob_id;
        out.object = event.object_id;
        out.event_epoch = event.epoch;
        out.end_epoch = event.end_epoch;
    };
    if (name == ledger::BlobRegistered::kName) {
        const auto event = bcs::decode<ledger::BlobRegistered>(contents);
        if (!event) return malformed();
        fill(*event, ChangeKind::Register);
        out.deletable = event->deletable;
    } else if (name == ledger::BlobCertified::kName) {
        const auto event = bcs::decode<ledger::BlobCertified>(contents);
        if (!event) return malformed();
        fill(*event, event->is_extension ? ChangeKind::Extend : ChangeKind::Certify);
        out.deletable = event->deletable;
    } else if (name == ledger::BlobDeleted::kName) {
        const auto event = bcs::decode<ledger::BlobDeleted>(contents);
        if (!event) return malformed();
        fill(*event, ChangeKind::Delete);
        out.deletable = true;
        out.was_certified = event->was_certified;
    } else if (name == ledger::InvalidBlobIdEvent::kName) {
        const auto event = bcs::decode<ledger::InvalidBlobIdEvent>(contents);
        if (!event) return malformed();
        out.kind = ChangeKind::Invalidate;
        out.blob_id = event->blob_id;
        out.event_epoch = event->epoch;
    } else {
        return std::optional<store::BlobChange>();
    }
    return std::optional(out);
}

}  // namespace

Result<ReadEvents, std::string> read_events(const rpc::BlockMessage& block,
                                            const Address& package) {
    const std::string of_package = to_text(package) + "::";
    const std::string prefix = of_package + "events::";
    ReadEvents out;
    for (const rpc::BlockTransaction& transaction : block.transactions) {
        std::uint64_t sequence = 0;  // counts the Walrus events of the transaction only
        for (const rpc::BlockEvent& event : transaction.events) {
            if (!event.type.starts_with(of_package)) continue;
            const std::uint64_t number = sequence++;
            ++out.changes.events;
            if (!event.type.starts_with(prefix)) continue;
            const std::string_view name = std::string_view(event.type).substr(prefix.size());
            out.committee_changed |= name == ledger::EpochChangeStartEvent::kName ||
                                     name == ledger::EpochChangeDoneEvent::kName ||
                                     name == ledger::EpochParametersSelected::kName;
            if (name == ledger::EpochChangeStartEvent::kName) {
                const auto start = bcs::decode<ledger::EpochChangeStartEvent>(event.contents);
                if (!start)
                    return refuse(fmt::format("an event {} does not have its layout", name));
                out.epoch_started = start->epoch;
            }
            auto change = WALRUS_TRY(read_change(name, event.contents));
            if (!change) continue;
            change->event = {transaction.digest, number};
            out.changes.blobs.push_back(*change);
        }
    }
    return out;
}

Follower::Follower(NodeContext& node, rpc::LedgerClient& ledger, io::Event& refresh_committee)
    : node_(node), ledger_(ledger), refresh_committee_(refresh_committee) {}

void Follower::stop() {
    stopped_.cancel();
    if (stream_) stream_->close();
}

void Follower::distrust(std::string why) {
    if (node_.ledger.stream_problem != why)
        io::log_error("node", "the ledger's block stream is not to be believed: {}", why);
    node_.ledger.stream_problem = std::move(why);
    node_.changed.notify_all();
}

io::Task<void> Follower::run() {
    const store::LedgerCursor cursor = node_.store.state().cursor();
    node_.ledger.next_block = cursor.next_seq;
    node_.ledger.events = cursor.events;
    if (!cursor.last_header.empty()) {
        auto header = chain::decode_sealed_header(cursor.last_header);
        if (!header) {
            distrust("the stored header of the last block is malformed");
            co_return;
        }
        last_header_ = std::move(*header);
    }
    co_await load_epoch(cursor.epoch);
    std::uint64_t pause_us = kPauseMinUs;
    while (!stopped_.cancelled()) {
        if (!node_.ledger.committee) {
            co_await node_.changed.wait(kPauseMaxUs, stopped_.token());
            continue;
        }
        const bool progressed = co_await follow_stream();
        stream_.reset();
        node_.ledger.connected = false;
        node_.changed.notify_all();
        if (stopped_.cancelled()) break;
        const bool calm = progressed && !node_.ledger.stream_problem;
        pause_us = calm ? kPauseMinUs : std::min(2 * pause_us, kPauseMaxUs);
        const std::uint64_t jitter_us = node_.environment.random.below(pause_us / 4);
        co_await io::sleep_us(node_.environment.loop, pause_us + jitter_us, stopped_.token());
    }
}

io::Task<bool> Follower::follow_stream() {
    auto opened = co_await ledger_.stream_blocks(node_.ledger.next_block);
    if (!opened) {
        io::log_info("node", "no block stream: {}", opened.error().message);
        co_return false;
    }
    stream_ = std::move(*opened);
    if (stopped_.cancelled()) co_return false;
    node_.ledger.connected = true;
    std::optional<std::uint64_t> target;
    bool progressed = false;
    for (;;) {
        auto item = co_await stream_->next();
        if (stopped_.cancelled()) co_return progressed;
        if (!item) {
            io::log_info("node", "the block stream ended: {}", item.error().message);
            co_return progressed;
        }
        if (item->head_seq < node_.ledger.next_block) {
            distrust(fmt::format("it is at block {}, but this node has seen {} blocks",
                                 item->head_seq, node_.ledger.next_block));
            co_return false;
        }
        node_.ledger.head_block = item->head_seq;
        if (!target) target = item->head_seq;
        if (item->block) {
            rpc::BlockMessage block = std::move(*item->block);
            const bool taken = co_await take_block(std::move(block));
            if (!taken) co_return false;
        }
        if (item->block || node_.ledger.next_block == item->head_seq) {
            // It continues as it must from where this node is.
            if (node_.ledger.stream_problem)
                io::log_info("node", "the block stream is in order again");
            node_.ledger.stream_problem.reset();
            progressed = true;
        }
        if (node_.ledger.next_block >= *target) node_.ledger.caught_up = true;
        node_.changed.notify_all();
    }
}

io::Task<bool> Follower::take_block(rpc::BlockMessage block) {
    if (block.seq != node_.ledger.next_block) {
        distrust(fmt::format("block {} came where block {} was expected", block.seq,
                             node_.ledger.next_block));
        co_return false;
    }
    const auto header = rpc::verify_block_message(last_header_, block, node_.config.sequencer_key,
                                                  node_.config.chain_id);
    if (!header) {
        distrust(header.error().message);
        co_return false;
    }
    auto events = read_events(block, node_.ledger.committee->record.package);
    if (!events) {
        distrust(events.error());
        co_return false;
    }
    if (events->epoch_started) {
        const auto noted = co_await note_epoch(*events->epoch_started, block.seq);
        if (!noted) {
            io::log_error("node", "the beginning of an epoch could not be stored: {}",
                          noted.error().message);
            co_return false;
        }
    }
    store::LedgerCursor after;
    after.next_seq = block.seq + 1;
    after.last_header = block.sealed_header;
    after.epoch = block.epoch;
    auto work = [this, &events, &after] {
        return node_.store.state().apply(events->changes, after);
    };
    const auto applied =
        co_await io::offload(node_.environment.loop, node_.environment.disk, std::move(work));
    if (!applied) {
        io::log_error("node", "block {} could not be stored: {}", block.seq,
                      applied.error().message);
        co_return false;
    }
    last_header_ = *header;
    node_.ledger.next_block = block.seq + 1;
    node_.ledger.events += events->changes.events;
    for (const std::string& refused : applied->refused)
        io::log_error("node", "block {}: {}", block.seq, refused);

    co_await remove_unwanted(node_, applied->unwanted);
    for (const store::BlobChange& change : events->changes.blobs) {
        if (change.kind != store::ChangeKind::Register) continue;
        const BlobId id = change.blob_id;
        co_await flush_pending(node_, id);
        node_.registrations.notify(id);
    }
    if (events->epoch_started)
        node_.ledger.epoch_started = std::max(node_.ledger.epoch_started, *events->epoch_started);
    if (events->committee_changed) refresh_committee_.notify_all();
    co_return true;
}

io::Task<store::StoreResult<void>> Follower::note_epoch(Epoch epoch, std::uint64_t block) {
    auto save = [this, record = bcs::encode(EpochStarted{epoch, block})] {
        return node_.store.state().put_setting(kEpochSetting, record);
    };
    auto saved =
        co_await io::offload(node_.environment.loop, node_.environment.disk, std::move(save));
    co_return saved;
}

/// Blocks belong to the epoch in which they begin, so the last one may have begun the next epoch.
io::Task<void> Follower::load_epoch(Epoch of_last_block) {
    node_.ledger.epoch_started = of_last_block;
    auto read = [this] { return node_.store.state().setting(kEpochSetting); };
    const auto stored =
        co_await io::offload(node_.environment.loop, node_.environment.disk, std::move(read));
    if (!stored || !*stored) co_return;
    const auto started = bcs::decode<EpochStarted>(**stored);
    if (started && started->block < node_.ledger.next_block)
        node_.ledger.epoch_started = std::max(of_last_block, started->epoch);
}

}  // namespace walrus::node
