// SPDX-License-Identifier: Apache-2.0
// Requests that wait for the event that registers a blob. Loop thread only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "io/loop.hpp"
#include "protocol/ids.hpp"

namespace walrus::node {

class Registrations {
public:
    Registrations(io::Loop& loop, std::size_t waiting_max)
        : loop_(loop), waiting_max_(waiting_max) {}

    /// Hears of registrations from its creation on, so that none falls between a look and the wait.
    class Listener {
    public:
        Listener(Registrations& owner, const BlobId& id);
        ~Listener();
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        /// True: registered since creation; false: `timeout_us` passed, too many wait, or the node
        /// stops. At most once.
        io::Task<bool> wait(std::uint64_t timeout_us);

    private:
        friend class Registrations;
        Registrations& owner_;
        std::multimap<BlobId, Listener*>::iterator place_;
        io::OneShot<bool> heard_;
    };

    void notify(const BlobId& id);
    /// All waits end, and later ones end at once.
    void stop();

private:
    io::Loop& loop_;
    std::size_t waiting_max_;
    std::multimap<BlobId, Listener*> listeners_;
    bool stopped_ = false;
};

}  // namespace walrus::node
