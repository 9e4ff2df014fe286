// SPDX-License-Identifier: Apache-2.0
#include "store/committer.hpp"

#include <algorithm>

namespace walrus::store {

Committer::Committer(io::Environment& environment, SliverStore& store, CommitterOptions options)
    : environment_(environment),
      store_(store),
      options_(options),
      tasks_(environment.loop),
      committed_(environment.loop),
      durable_(store.durable_lsn()) {}

void Committer::note_put() {
    if (running_ || stopping_ || error_) return;
    if (store_.pending_bytes() >= options_.pending_bytes_max) {
        start_commits();
    } else if (!timer_) {
        timer_ = environment_.loop.schedule(options_.delay_us, [this] {
            timer_.reset();
            start_commits();
        });
    }
}

void Committer::start_commits() {
    if (running_) return;
    running_ = true;
    tasks_.add(run_commits());
}

io::Task<void> Committer::run_commits() {
    do {
        auto work = [store = &store_] { return store->commit(); };
        const StoreResult<Lsn> committed =
            co_await io::offload(environment_.loop, environment_.disk, std::move(work));
        if (committed) {
            durable_ = std::max(durable_, *committed);
        } else {
            error_ = committed.error();
        }
        committed_.notify_all();
    } while (!error_ &&
             (wanted_ > durable_ || store_.pending_bytes() >= options_.pending_bytes_max));
    running_ = false;
    if (store_.pending_bytes() > 0) note_put();
}

io::Task<StoreResult<void>> Committer::wait_durable(Lsn lsn) {
    wanted_ = std::max(wanted_, lsn);
    while (durable_ < lsn) {
        if (error_) co_return tl::make_unexpected(*error_);
        start_commits();
        if (durable_ >= lsn || error_) continue;
        co_await committed_.wait();
    }
    co_return StoreResult<void>();
}

io::Task<void> Committer::stop() {
    stopping_ = true;
    if (timer_) environment_.loop.cancel(*timer_);
    timer_.reset();
    // What a put of the last moment left.
    while (!error_ && (running_ || store_.pending_bytes() > 0)) {
        start_commits();
        co_await tasks_.wait();
    }
    co_await tasks_.wait();
}

}  // namespace walrus::store
