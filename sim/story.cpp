// SPDX-License-Identifier: Apache-2.0
#include "sim/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/ledger_actions.hpp"
#include "client/sink.hpp"

namespace walrus::sim {

Story::Store Story::begin_store(Bytes content, bool deletable) {
    Store store;
    store.state_->content = std::move(content);
    client::StoreOptions options;
    options.lifetime = client::EpochsAhead{3};
    options.deletable = deletable;
    options.step = [state = store.state_](client::StoreStep step) {
        state->step = std::max(state->step, step);
    };
    io::start(run_store(cluster_.client(), cluster_.account(), std::move(options), store.state_));
    return store;
}

io::Task<void> Story::run_store(client::Client& client, client::Account account,
                                client::StoreOptions options, std::shared_ptr<Store::State> state) {
    using Report = client::ClientResult<client::StoreReport>;
    auto buffer = client.pool().acquire(state->content.size());
    if (!buffer) {
        state->result.emplace(
            client::client_failure(client::ClientCode::Resources, "no memory for the blob"));
        co_return;
    }
    std::copy(state->content.begin(), state->content.end(), buffer->data());
    client::StoreBlob store(client, std::move(account), std::move(options));
    Report report = co_await store.run(std::move(*buffer));
    state->result.emplace(std::move(report));
}

void Story::run_until_step(const Store& store, client::StoreStep step) {
    cluster_.world().run_until([&] { return store.ended() || store.step() >= step; },
                               kOperationLimitUs);
}

bool Story::finish_store(const Store& store, bool may_fail) {
    cluster_.world().run_until([&] { return store.ended(); }, kOperationLimitUs);
    if (!store.ended()) {
        cluster_.set_stuck();
        findings_.failure("a store does not end");
        return false;
    }
    const auto& result = *store.state_->result;
    if (!result) {
        if (!may_fail) findings_.failure("store: " + result.error().message);
        return false;
    }
    findings_.stored.push_back({result->blob.blob_id, store.state_->content});
    cluster_.world().note("stored", result->blob.blob_id.view());
    return true;
}

io::Task<client::ClientResult<Bytes>> Story::run_read(client::Client& client, BlobId id) {
    client::ReadOptions options;
    client::ReadBlob read(client, std::move(options));
    client::MemorySink sink;
    const client::ClientResult<client::ReadReport> report = co_await read.run(id, sink);
    if (!report) co_return fail(report.error());
    co_return std::move(sink.bytes);
}

bool Story::read(const StoredBlob& blob, bool may_fail) {
    const auto result = cluster_.run(run_read(cluster_.client(), blob.id), kOperationLimitUs);
    const std::string name = fmt::format("read of {}", to_text(blob.id));
    if (!result) {
        findings_.failure(name + " does not end");
        return false;
    }
    if (!*result) {
        if (!may_fail) findings_.failure(fmt::format("{}: {}", name, result->error().message));
        return false;
    }
    if (**result != blob.content) {
        findings_.violation(name + ": other bytes than were stored");
        return false;
    }
    ++findings_.reads_checked;
    return true;
}

void Story::read_all(bool may_fail) {
    for (const StoredBlob& blob : findings_.stored) {
        read(blob, may_fail);
        if (over()) return;
    }
}

std::optional<std::uint64_t> Story::wal_balance() {
    const std::string type = ledger::to_text(cluster_.facts().wal_type);
    const auto result = cluster_.run(
        client::balance(cluster_.client(), cluster_.account().address(), type), kOperationLimitUs);
    if (!result || !*result) {
        findings_.failure("the ledger does not tell the balance");
        return std::nullopt;
    }
    return **result;
}

bool Story::failed(const Cluster::Problem& problem) {
    if (!problem) return false;
    findings_.failure(*problem);
    return true;
}

}  // namespace walrus::sim
