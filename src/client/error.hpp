// SPDX-License-Identifier: Apache-2.0
// What can go wrong for a user of the network. One enumerator per reaction; the exit code of the
// command line and the name in JSON follow from it, here and nowhere else (docs/errors.md).
#pragma once

#include <string>
#include <string_view>

#include "base/buffer_pool.hpp"
#include "base/result.hpp"
#include "io/error.hpp"
#include "nodeapi/node_client.hpp"
#include "redstuff/quilt.hpp"
#include "rpc/ledger_client.hpp"

namespace walrus::client {

enum class ClientCode {
    Internal = 1,    ///< none of the others
    Usage = 2,       ///< a value that the caller gave is wrong
    InputFile = 3,   ///< a file that the caller named is missing, unreadable or too large
    Partial = 4,     ///< some of several things were done, others not
    NotFound = 5,    ///< no such blob, object or account on this network
    Funds = 6,       ///< not enough WAL or SUI
    Network = 7,     ///< ledger or nodes not reached, or too few of them
    Integrity = 8,   ///< data that is not what its id says, or an invalid blob
    Refused = 9,     ///< the ledger or the nodes refused; repeating does not help
    Resources = 10,  ///< this machine: memory budget, disk full, file not writable
    Cancelled = 11,
};

using ClientError = Failure<ClientCode>;
template <class T>
using ClientResult = Result<T, ClientError>;

inline auto client_failure(ClientCode code, std::string message) {
    return failure(code, std::move(message));
}

/// 0 done, 1 other, 2 usage, 3 partial, 4 not found, 5 funds, 6 network, 7 integrity.
int exit_code(ClientCode code);
/// "NOT_FOUND", for programs.
std::string_view code_name(ClientCode code);

// The only conversions from the rooms below; `doing` says what was tried ("reading the system
// object").
ClientError from_rpc(const rpc::RpcError& error, std::string_view doing);
ClientError from_io(const io::IoError& error, std::string_view doing);
ClientError from_node(const nodeapi::NodeError& error, std::string_view doing);
ClientError from_execution(const rpc::ExecutionFailure& failure, std::string_view doing);
ClientError from_quilt(const QuiltError& error, std::string_view doing);
/// `needed` bytes were asked from a pool.
ClientError out_of_memory(std::size_t needed, const BufferPool& pool, std::string_view doing);

}  // namespace walrus::client
