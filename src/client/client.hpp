// SPDX-License-Identifier: Apache-2.0
// The SDK's entry: what every operation of a client needs, made once. A client belongs to one
// environment and is used from its loop thread only; it must outlive what it starts.
//
// Operations are objects or functions that take a client: StoreBlob (store_blob.hpp), ReadBlob
// (read_blob.hpp), blob_status (status.hpp), and the ledger actions (ledger_actions.hpp).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/buffer_pool.hpp"
#include "client/config.hpp"
#include "client/error.hpp"
#include "client/limits.hpp"
#include "client/network.hpp"
#include "http/client.hpp"
#include "io/environment.hpp"
#include "nodeapi/node_client.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::client {

struct ClientOptions {
    Limits limits;
    /// Memory for blobs and slivers, bytes.
    std::size_t memory_budget = std::size_t{4} << 30;
    /// Folder for notes of payments under way (payment_journal.hpp); empty: none are kept.
    std::string journal_folder;
};

class Client {
public:
    /// Errors: Usage (an rpc url that does not parse). Connects to nothing yet.
    static ClientResult<std::unique_ptr<Client>> make(io::Environment& environment,
                                                      NetworkConfig config, ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    io::Environment& environment() { return environment_; }
    const NetworkConfig& config() const { return config_; }
    const ClientOptions& options() const { return options_; }
    const Limits& limits() const { return options_.limits; }
    BufferPool& pool() { return pool_; }
    http::Client& http() { return *http_; }
    rpc::LedgerClient& ledger() { return *ledger_; }

    /// The network now; kept until `refresh`.
    io::Task<ClientResult<std::shared_ptr<const NetworkView>>> network(bool refresh = false);
    /// The caller of a node of this view.
    nodeapi::NodeClient& node(const NodeInfo& info);

private:
    Client(io::Environment& environment, NetworkConfig config, ClientOptions options);

    io::Environment environment_;
    NetworkConfig config_;
    ClientOptions options_;
    BufferPool pool_;
    std::unique_ptr<http::Client> http_;
    std::unique_ptr<rpc::LedgerClient> ledger_;
    std::shared_ptr<const NetworkView> view_;
    std::map<std::pair<NodeId, std::string>, std::unique_ptr<nodeapi::NodeClient>> nodes_;
};

}  // namespace walrus::client
