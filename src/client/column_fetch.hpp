// SPDX-License-Identifier: Apache-2.0
// Fetches and verifies chosen secondary slivers of a blob: the columns of a quilt. Here no sliver
// can stand in for another, so one that does not come ends the fetch, and the caller reads the
// whole blob instead (read_quilt.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/byte_budget.hpp"
#include "client/client.hpp"
#include "client/node_lanes.hpp"
#include "client/sliver_calls.hpp"
#include "redstuff/metadata.hpp"

namespace walrus::client {

class ColumnFetch {
public:
    /// `metadata` must outlive it.
    ColumnFetch(Client& client, std::shared_ptr<const NetworkView> view,
                const VerifiedMetadata& metadata);

    /// Until all these columns (each < n) are here and verified. False: one was refused or wrong,
    /// or nothing came for a while; `problem` says which. Must be awaited to its end.
    io::Task<bool> run(std::vector<std::uint16_t> columns);
    const std::string& problem() const { return problem_; }

    /// The verified sliver's symbols; nothing if it is not here.
    std::optional<ByteView> symbols(std::uint16_t column) const;
    /// Frees all that is here.
    void clear() { bodies_.clear(); }
    std::uint64_t bytes_received() const { return bytes_received_; }
    std::uint32_t slivers_received() const { return slivers_received_; }

private:
    io::Task<void> fetch_one(std::uint16_t column);
    io::Task<void> verify_arrivals();
    const NodeInfo& holder(std::uint16_t column) const;
    void give_up(std::string problem);

    Client& client_;
    std::shared_ptr<const NetworkView> view_;
    const VerifiedMetadata& metadata_;
    ByteBudget budget_;
    std::vector<std::unique_ptr<NodeLanes>> lanes_;  // by node
    io::TaskGroup fetches_;
    io::TaskGroup verifier_;
    io::Event changed_;
    io::CancelSource cancel_;
    std::map<std::uint16_t, Bytes> bodies_;  // verified, by column
    std::vector<SliverBody> arrived_;        // not yet verified
    bool verifying_ = false;
    bool gave_up_ = false;
    std::string problem_;
    std::uint64_t bytes_received_ = 0;
    std::uint32_t slivers_received_ = 0;
};

}  // namespace walrus::client
