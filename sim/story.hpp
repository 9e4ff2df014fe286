// SPDX-License-Identifier: Apache-2.0
// What scenarios are told with: store and read through the production client, and wait for the
// moment at which something shall happen to the network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/read_blob.hpp"
#include "client/store_blob.hpp"
#include "sim/cluster.hpp"
#include "sim/findings.hpp"

namespace walrus::sim {

inline constexpr std::uint64_t kSecondUs = 1'000'000;
/// Longest virtual time that one store or read may take.
inline constexpr std::uint64_t kOperationLimitUs = 900 * kSecondUs;

class Story {
public:
    Story(Cluster& cluster, Findings& findings)
        : cluster_(cluster), findings_(findings), rng_(cluster.world().rng("story")) {}

    Rng& rng() { return rng_; }
    Findings& findings() { return findings_; }
    bool over() const { return !findings_.clean() || cluster_.stuck(); }

    /// A store under way.
    class Store {
    public:
        bool ended() const { return state_->result.has_value(); }
        client::StoreStep step() const { return state_->step; }

    private:
        friend class Story;
        struct State {
            Bytes content;
            client::StoreStep step = client::StoreStep::Encoding;
            std::optional<client::ClientResult<client::StoreReport>> result;
        };
        std::shared_ptr<State> state_ = std::make_shared<State>();
    };
    Store begin_store(Bytes content, bool deletable = true);
    /// Runs until the store is at least at this step, or has ended.
    void run_until_step(const Store& store, client::StoreStep step);
    /// Runs until the store ends. True: the blob is certified; it is then expected to be readable
    /// to the end of the run. Else a failure is noted, unless `may_fail`.
    bool finish_store(const Store& store, bool may_fail = false);
    bool store(Bytes content, bool deletable = true) {
        return finish_store(begin_store(std::move(content), deletable));
    }

    /// Reads a blob and compares; other bytes are a violation, an error is a failure unless
    /// `may_fail`.
    bool read(const StoredBlob& blob, bool may_fail = false);
    /// Reads everything that was stored.
    void read_all(bool may_fail = false);

    /// The account's WAL according to the ledger; nothing if it does not say.
    std::optional<std::uint64_t> wal_balance();

    /// Notes a failure; true if there was one.
    bool failed(const Cluster::Problem& problem);

private:
    static io::Task<void> run_store(client::Client& client, client::Account account,
                                    client::StoreOptions options,
                                    std::shared_ptr<Store::State> state);
    static io::Task<client::ClientResult<Bytes>> run_read(client::Client& client, BlobId id);

    Cluster& cluster_;
    Findings& findings_;
    Rng rng_;
};

}  // namespace walrus::sim
