// SPDX-License-Identifier: Apache-2.0
// gRPC methods as functions from message to message. Internal to the room.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "chain/error.hpp"
#include "io/task.hpp"
#include "rpc/grpc_web.hpp"
#include "rpc/text.hpp"

namespace walrus::rpc {

/// A method that takes and gives serialised messages.
struct OwnMethod {
    std::string path;  ///< "/walrus.rpc.v1.ProofService/GetProof"
    std::string name;  ///< "GetProof"
    std::function<io::Task<GrpcResult<Bytes>>(Bytes message)> call;
    bool framed = false;  ///< the answer is a server stream: data frames, complete
};

/// The one place where a ledger's error becomes a gRPC status.
GrpcError to_grpc(const chain::ChainError& error);

inline auto invalid_argument(std::string message) {
    return grpc_failure(GrpcStatus::InvalidArgument, std::move(message));
}

template <class Message>
Bytes serialize_message(const Message& message) {
    Bytes out(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(out.data());
    return out;
}
template <class Message>
bool parse_message(ByteView bytes, Message& message) {
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace walrus::rpc
