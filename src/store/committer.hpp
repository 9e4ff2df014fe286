// SPDX-License-Identifier: Apache-2.0
// Group commit, seen from the loop: one commit at a time, which covers everything that was put
// before it began. While it runs, more puts gather for the next one. Loop thread only.
#pragma once

#include <cstdint>
#include <optional>

#include "io/environment.hpp"
#include "store/sliver_store.hpp"

namespace walrus::store {

struct CommitterOptions {
    /// A commit starts by itself when this much is not durable,
    std::uint64_t pending_bytes_max = 16u << 20;
    /// or this long after a put.
    std::uint64_t delay_us = 1'000'000;
};

class Committer {
public:
    /// `environment` and `store` must outlive the committer.
    Committer(io::Environment& environment, SliverStore& store, CommitterOptions options = {});
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    /// To be called after every put.
    void note_put();
    /// Until everything up to `lsn` is durable. Errors: ReadOnly: then it is not, and nothing that
    /// depends on it may be promised.
    io::Task<StoreResult<void>> wait_durable(Lsn lsn);
    /// Commits what is left and waits for it. Must be awaited before destruction.
    io::Task<void> stop();

private:
    void start_commits();
    io::Task<void> run_commits();

    io::Environment& environment_;
    SliverStore& store_;
    CommitterOptions options_;
    io::TaskGroup tasks_;
    io::Event committed_;
    bool running_ = false;
    bool stopping_ = false;
    Lsn wanted_ = 0;
    Lsn durable_ = 0;
    std::optional<StoreError> error_;
    std::optional<io::Loop::TimerId> timer_;
};

}  // namespace walrus::store
