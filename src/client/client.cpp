// SPDX-License-Identifier: Apache-2.0
#include "client/client.hpp"

#include <utility>

namespace walrus::client {

Client::Client(io::Environment& environment, NetworkConfig config, ClientOptions options)
    : environment_(environment),
      config_(std::move(config)),
      options_(std::move(options)),
      pool_(options_.memory_budget) {
    if (config_.bytes_in_flight_max)
        options_.limits.bytes_in_flight_max = *config_.bytes_in_flight_max;
    http::ClientLimits limits;
    limits.idle_per_origin_max = options_.limits.calls_per_node_max;
    http_ = http::Client::make(environment_, limits);
}

Client::~Client() = default;

ClientResult<std::unique_ptr<Client>> Client::make(io::Environment& environment,
                                                   NetworkConfig config, ClientOptions options) {
    if (config.rpc_urls.empty())
        return client_failure(ClientCode::Usage, "the configuration names no ledger (`rpc_urls`)");
    std::unique_ptr<Client> client(new Client(environment, std::move(config), std::move(options)));
    auto ledger = rpc::LedgerClient::make(client->environment_, *client->http_,
                                          client->config_.rpc_urls.front());
    if (!ledger) {
        ClientError error = from_rpc(ledger.error(), "ledger " + client->config_.rpc_urls.front());
        error.code = ClientCode::Usage;
        return fail(std::move(error));
    }
    client->ledger_ = std::move(*ledger);
    return client;
}

io::Task<ClientResult<std::shared_ptr<const NetworkView>>> Client::network(bool refresh) {
    if (view_ && !refresh) co_return view_;
    WALRUS_CO_TRY(view, co_await load_network_view(*ledger_, config_));
    view_ = view;
    co_return view;
}

nodeapi::NodeClient& Client::node(const NodeInfo& info) {
    std::string where = info.address.network_address;
    if (info.address.network_key) where += "/" + std::string(as_text(*info.address.network_key));
    auto& slot = nodes_[{info.id, std::move(where)}];
    if (!slot) slot = nodeapi::NodeClient::make(environment_, *http_, info.address);
    return *slot;
}

}  // namespace walrus::client
