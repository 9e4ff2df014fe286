// SPDX-License-Identifier: Apache-2.0
#include "node/peers.hpp"

#include <algorithm>

#include "io/log.hpp"
#include "io/random_order.hpp"
#include "ledger/types.hpp"

namespace walrus::node {

std::optional<nodeapi::NodeAddress> node_address(const ledger::Object& object, bool with_tls) {
    const auto pool = bcs::decode<ledger::StakingPool>(object.contents);
    if (!pool) return std::nullopt;
    nodeapi::NodeAddress out;
    out.id = pool->id;
    out.network_address = pool->node_info.network_address;
    if (!with_tls) return out;
    http::NetworkPublicKey key{};
    if (pool->node_info.network_public_key.size() != key.size()) return std::nullopt;
    std::copy(pool->node_info.network_public_key.begin(), pool->node_info.network_public_key.end(),
              key.begin());
    out.network_key = key;
    return out;
}

/// One client's question, and who is still to be asked.
struct Peers::Race {
    std::shared_ptr<const Clients> clients;
    std::shared_ptr<const CommitteeView> committee;
    BlobId id;
    std::uint64_t deadline_us = 0;
    std::vector<std::uint16_t> order;
    std::size_t next = 0;
    io::CancelSource cancel;
    std::optional<Bytes> found;
};

Peers::Peers(io::Environment& environment, http::Client& http, rpc::LedgerClient& ledger,
             NodeId own, bool with_tls)
    : environment_(environment),
      http_(http),
      ledger_(ledger),
      own_(own),
      with_tls_(with_tls),
      in_flight_(environment.loop, kForwardedMax) {}

Peers::~Peers() = default;

io::Task<std::shared_ptr<const Peers::Clients>> Peers::clients_of(
    std::shared_ptr<const CommitteeView> committee) {
    if (committee_ == committee) co_return clients_;
    if (!committee->staking) co_return nullptr;
    std::vector<ObjectId> ids;
    for (const auto& [id, shards] : committee->staking->committee)
        if (id != own_) ids.push_back(id);
    auto pools = co_await ledger_.objects(std::move(ids));
    if (!pools) {
        io::log_info("node", "where the peers are is not known: {}", pools.error().message);
        co_return nullptr;
    }
    auto clients = std::make_shared<Clients>();
    for (const auto& pool : *pools) {
        auto address = pool ? node_address(*pool, with_tls_) : std::nullopt;
        if (!address) continue;
        clients->push_back(nodeapi::NodeClient::make(environment_, http_, std::move(*address)));
    }
    committee_ = std::move(committee);
    clients_ = clients;
    co_return clients;
}

io::Task<void> Peers::run_lane(std::shared_ptr<Race> race) {
    while (!race->cancel.cancelled() && race->next < race->order.size()) {
        const std::uint64_t now_us = environment_.loop.monotonic_us();
        if (now_us >= race->deadline_us) break;
        nodeapi::NodeClient& peer = *(*race->clients)[race->order[race->next++]];
        nodeapi::NodeCall call;
        call.timeout_us = race->deadline_us - now_us;
        call.connect_timeout_us = call.timeout_us;
        call.forwarded = true;
        call.cancel = race->cancel.token();
        const CodeParameters code = race->committee->code;
        const std::uint64_t limit = metadata_bytes(code.shard_count()) + kDigestBytes;
        auto answer = co_await peer.get_metadata(race->id, limit, std::move(call));
        if (!answer) continue;
        auto check = [&body = *answer, id = race->id, code] {
            return decode_and_verify_metadata_with_id(body, id, code).has_value();
        };
        const bool right =
            co_await io::offload(environment_.loop, environment_.cpu, std::move(check));
        if (!right) {
            io::log_warn("node", "peer {} sent wrong metadata of blob {}",
                         to_text(peer.address().id), to_text(race->id));
            continue;
        }
        if (!race->found) race->found = std::move(*answer);
        race->cancel.cancel();
    }
}

io::Task<std::optional<Bytes>> Peers::metadata(std::shared_ptr<const CommitteeView> committee,
                                               BlobId id) {
    const auto permit = in_flight_.try_acquire();
    if (!permit || stopped_.cancelled()) co_return std::nullopt;
    auto race = std::make_shared<Race>();
    race->deadline_us = environment_.loop.monotonic_us() + kForwardedUs;
    race->clients = co_await clients_of(committee);
    if (!race->clients || race->clients->empty()) co_return std::nullopt;
    race->committee = std::move(committee);
    race->id = id;
    race->order = io::random_order(race->clients->size(), environment_.random);
    const auto stop = stopped_.token().on_cancel([race] { race->cancel.cancel(); });
    io::TaskGroup lanes(environment_.loop);
    for (std::size_t i = 0; i < std::min(kForwardedLanes, race->order.size()); ++i)
        lanes.add(run_lane(race));
    co_await lanes.wait();
    co_return std::move(race->found);
}

}  // namespace walrus::node
