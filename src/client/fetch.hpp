// SPDX-License-Identifier: Apache-2.0
// Fetches and verifies the primary slivers of a blob: systematic ones first, parity as a hedge
// against nodes that fail or are slow (fetch_plan.hpp decides, this does).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/byte_budget.hpp"
#include "client/client.hpp"
#include "client/fetch_plan.hpp"
#include "client/node_lanes.hpp"
#include "client/sliver_calls.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/sliver.hpp"

namespace walrus::client {

/// How far a fetch is.
struct FetchProgress {
    std::uint32_t slivers = 0;
    std::uint32_t slivers_needed = 0;
    std::uint64_t bytes_received = 0;
};

class SliverFetch {
public:
    /// `data_rows`: how many source rows hold data (the first ones); the others are known to be
    /// zero.
    SliverFetch(Client& client, std::shared_ptr<const NetworkView> view,
                const VerifiedMetadata& metadata, std::uint32_t data_rows,
                std::function<void(const FetchProgress&)> progress);

    /// Until all data rows, or enough slivers for decoding, are here and verified. Errors: Network
    /// (too few nodes answer), NotFound (nodes of a quorum do not have their slivers), Integrity.
    /// `row_ready` is called whenever a source row has arrived. Must be awaited to its end.
    io::Task<ClientResult<void>> run(std::function<void(SliverIndex)> row_ready);

    const FetchPlan& plan() const { return plan_; }
    std::uint64_t bytes_received() const { return bytes_received_; }
    /// The verified sliver's symbols; nothing if it is not here.
    std::optional<ByteView> symbols(SliverIndex index) const;
    /// All verified slivers, by index.
    std::vector<SliverView> slivers() const;

private:
    struct UnderWay {
        std::uint64_t started_us = 0;  // 0: not under way
        bool hedged = false;
    };
    io::Task<void> fetch_one(SliverIndex index);
    io::Task<void> verify_arrivals();
    void mark_late();
    void note_failure(SliverIndex index, const NodeInfo& node, const nodeapi::NodeError& error);
    std::uint64_t hedge_delay_us() const;
    ClientError too_few() const;

    Client& client_;
    std::shared_ptr<const NetworkView> view_;
    const VerifiedMetadata& metadata_;
    std::function<void(const FetchProgress&)> progress_;
    std::function<void(SliverIndex)> row_ready_;
    FetchPlan plan_;
    ByteBudget budget_;
    std::vector<std::unique_ptr<NodeLanes>> lanes_;  // by node
    io::TaskGroup fetches_;
    io::TaskGroup verifier_;
    io::Event changed_;
    io::CancelSource cancel_;
    std::vector<Bytes> bodies_;        // verified, by sliver index; empty: not here
    std::vector<UnderWay> under_way_;  // by sliver index
    std::vector<SliverBody> arrived_;  // not yet verified
    std::vector<std::uint64_t> latencies_us_;
    bool verifying_ = false;
    std::uint64_t bytes_received_ = 0;
    std::uint64_t missing_ = 0;   // answers "not found"
    std::uint64_t wrong_ = 0;     // answers that did not verify
    std::uint64_t failures_ = 0;  // all others
    std::string last_error_;
};

}  // namespace walrus::client
