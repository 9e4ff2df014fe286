// SPDX-License-Identifier: Apache-2.0
// Spreads an encoded blob over the nodes and collects their confirmations: all nodes at the same
// time, per node metadata first, then its slivers, then its confirmation (spec/client.md §4.5,
// §4.6). A certificate needs n-f of the weight; nodes that are slower go on afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attest/certificate.hpp"
#include "client/byte_budget.hpp"
#include "client/client.hpp"
#include "client/encoded_slivers.hpp"
#include "client/node_lanes.hpp"
#include "client/retry.hpp"

namespace walrus::client {

struct UploadProgress {
    std::uint64_t bytes_done = 0;  ///< accepted by nodes, or found there
    std::uint64_t bytes_total = 0;
    std::uint32_t weight = 0;  ///< confirmed
    std::uint32_t weight_needed = 0;
};

struct UploadReport {
    std::uint32_t weight = 0;
    std::uint32_t nodes_confirmed = 0;
    std::uint32_t nodes_total = 0;
    std::uint64_t bytes_sent = 0;
    std::vector<std::string> failures;  ///< "node-03: connection refused"
};

class Upload {
public:
    Upload(Client& client, std::shared_ptr<const NetworkView> view,
           std::shared_ptr<const EncodedSlivers> encoded, attest::BlobPersistence persistence,
           std::function<void(const UploadProgress&)> progress);

    /// Starts everything and waits for a certificate. Errors: Network (too few confirmations; says
    /// which nodes failed and why), Refused (blocked). `finish` must be awaited afterwards in any
    /// case.
    io::Task<ClientResult<attest::Certificate>> collect_certificate();
    /// Ends the upload. With `wait_for_tail` nodes that make progress may finish (bounded by the
    /// limits); without, everything is cancelled now.
    io::Task<UploadReport> finish(bool wait_for_tail);

private:
    struct NodeState {
        std::unique_ptr<NodeLanes> lanes;
        std::uint64_t bytes_total = 0;
        std::uint64_t last_progress_us = 0;
        bool metadata_was_there = false;
        bool started = false;  ///< has accepted something
        bool refused = false;  ///< an attempt to reach it has failed
        bool confirmed = false;
        bool ended = false;
        std::string error;  ///< why it will not confirm
    };

    io::Task<void> run_node(std::uint16_t member);
    io::Task<bool> send_metadata(std::uint16_t member);
    io::Task<void> send_sliver(std::uint16_t member, SliverPairIndex pair, Axis axis);
    io::Task<bool> is_stored(std::uint16_t member, SliverPairIndex pair, Axis axis);
    io::Task<bool> confirm(std::uint16_t member, bool only_once);
    io::Task<bool> wait_after(nodeapi::NodeCode code, Backoff& hard, Backoff& soft);
    bool accept(std::uint16_t member, const attest::SignedMessage& signed_message);
    void give_up(std::uint16_t member, std::string why);
    void note_progress(std::uint16_t member, std::uint64_t bytes);
    nodeapi::NodeCall call_for(std::size_t bytes) const;
    nodeapi::NodeClient& node(std::uint16_t member) { return client_.node(view_->nodes[member]); }
    std::uint32_t possible_weight() const;
    std::vector<std::string> failures() const;
    bool tail_may_go_on() const;

    Client& client_;
    std::shared_ptr<const NetworkView> view_;
    std::shared_ptr<const EncodedSlivers> encoded_;
    attest::BlobPersistence persistence_;
    std::function<void(const UploadProgress&)> report_progress_;
    attest::CertificateBuilder builder_;
    Bytes metadata_;
    ByteBudget budget_;
    std::vector<NodeState> nodes_;
    io::TaskGroup group_;
    io::Event changed_;
    io::CancelSource cancel_;
    UploadProgress progress_;
    std::uint64_t began_us_ = 0;
    std::uint64_t bytes_sent_ = 0;
};

}  // namespace walrus::client
