// SPDX-License-Identifier: Apache-2.0
// Which primary slivers to ask for, and from whom next: systematic ones first, in the order of the
// data; one parity sliver for each that fails or is late. Pure bookkeeping without clock or I/O, so
// that every decision can be tested.
//
// Rows of the source matrix behind the blob's end are zeros whose hash the metadata shows: they
// count as known and are not fetched (`known`).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/parameters.hpp"

namespace walrus::client {

class FetchPlan {
public:
    /// `holder[i]`: index of the node that holds primary sliver i, for all n. `data_rows`: how many
    /// source rows are to be fetched (the first ones); the other source rows are known.
    FetchPlan(const CodeParameters& code, std::vector<std::uint16_t> holder,
              std::uint32_t data_rows, std::uint32_t rounds_max);

    /// The next sliver to ask for; nothing if there is none to ask for now. It counts as under way.
    std::optional<SliverIndex> next();
    /// The answer came and was verified.
    void received(SliverIndex index);
    /// The answer did not come or was wrong. `node_down`: ask this node for nothing more if others
    /// can help.
    void failed(SliverIndex index, bool node_down);
    /// The answer takes longer than it should: a parity sliver may be asked for instead, while this
    /// one stays under way. Once per sliver.
    void late(SliverIndex index);

    /// All data rows are here: no decoding is needed.
    bool systematic_complete() const { return data_missing_ == 0; }
    /// Enough for decoding.
    bool decodable() const { return have_ >= needed_; }
    bool done() const { return systematic_complete() || decodable(); }
    /// Everything was tried; gives failed slivers and nodes another chance. False: the rounds are
    /// used up.
    bool retry();

    std::uint32_t under_way() const { return under_way_; }
    std::uint32_t systematic_received() const { return systematic_; }
    std::uint32_t parity_received() const { return parity_; }
    /// Slivers that can be used for decoding, and how many it takes; known rows count.
    std::uint32_t have() const { return have_; }
    std::uint32_t needed() const { return needed_; }

private:
    enum class State : std::uint8_t { Idle, UnderWay, Late, Failed, Received, Known };
    void take(std::uint32_t index);
    void owe_one() { ++owed_; }

    std::vector<std::uint16_t> holder_;
    std::vector<State> state_;
    std::vector<bool> node_down_;
    std::vector<std::uint32_t> node_load_;  // answers under way, by node
    std::uint32_t source_rows_;
    std::uint32_t data_rows_;
    std::uint32_t needed_;
    std::uint32_t have_;
    std::uint32_t data_missing_;
    std::uint32_t next_row_ = 0;
    std::uint32_t owed_ = 0;  // parity slivers that may be asked for
    std::uint32_t under_way_ = 0;
    std::uint32_t systematic_ = 0;
    std::uint32_t parity_ = 0;
    std::uint32_t rounds_left_;
};

}  // namespace walrus::client
