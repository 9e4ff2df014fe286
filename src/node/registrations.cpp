// SPDX-License-Identifier: Apache-2.0
#include "node/registrations.hpp"

namespace walrus::node {

Registrations::Listener::Listener(Registrations& owner, const BlobId& id)
    : owner_(owner), place_(owner.listeners_.emplace(id, this)) {}

Registrations::Listener::~Listener() {
    owner_.listeners_.erase(place_);
}

io::Task<bool> Registrations::Listener::wait(std::uint64_t timeout_us) {
    if (heard_.is_set()) {
        const bool heard = co_await heard_;
        co_return heard;
    }
    if (owner_.stopped_ || owner_.listeners_.size() > owner_.waiting_max_) co_return false;
    const io::OneShot<bool> signal = heard_;
    const io::Loop::TimerId timer =
        owner_.loop_.schedule(timeout_us, [signal] { signal.set(false); });
    const bool heard = co_await heard_;
    owner_.loop_.cancel(timer);
    co_return heard;
}

void Registrations::notify(const BlobId& id) {
    const auto [first, last] = listeners_.equal_range(id);
    for (auto it = first; it != last; ++it) {
        const io::OneShot<bool> signal = it->second->heard_;
        // Not from here: the waiter goes on with its request.
        loop_.post([signal] { signal.set(true); });
    }
}

void Registrations::stop() {
    stopped_ = true;
    for (const auto& [id, listener] : listeners_) {
        const io::OneShot<bool> signal = listener->heard_;
        loop_.post([signal] { signal.set(false); });
    }
}

}  // namespace walrus::node
