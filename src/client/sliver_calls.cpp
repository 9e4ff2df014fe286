// SPDX-License-Identifier: Apache-2.0
#include "client/sliver_calls.hpp"

#include "redstuff/verify.hpp"

namespace walrus::client {

nodeapi::NodeCall sliver_call(const Limits& limits, std::size_t body_bytes,
                              io::CancelToken cancel) {
    nodeapi::NodeCall call;
    call.connect_timeout_us = limits.connect_timeout_ms * 1000;
    call.timeout_us =
        limits.call_timeout_ms * 1000 + body_bytes * 1'000'000 / limits.slow_bytes_per_s;
    call.cancel = std::move(cancel);
    return call;
}

io::Task<std::vector<bool>> verify_bodies(Client& client, const CodeParameters& code,
                                          const VerifiedMetadata& metadata, Axis axis,
                                          const std::vector<SliverBody>& bodies) {
    std::vector<SliverView> views;
    std::vector<std::size_t> of_bodies;  // which body a view belongs to
    std::vector<bool> good(bodies.size(), false);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto view = parse_sliver(bodies[i].body);
        if (!view || view->index != bodies[i].index) continue;
        views.push_back(*view);
        of_bodies.push_back(i);
    }
    auto work = [&client, &code, &metadata, axis, &views] {
        return verify_slivers(metadata, code, axis, views, client.environment().cpu);
    };
    auto task = io::offload(client.environment().loop, client.environment().cpu, work);
    const auto verdicts = co_await std::move(task);
    for (std::size_t i = 0; i < verdicts.size(); ++i) good[of_bodies[i]] = verdicts[i].has_value();
    co_return good;
}

}  // namespace walrus::client
