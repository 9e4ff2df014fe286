// SPDX-License-Identifier: Apache-2.0
#include "rpc/method.hpp"

namespace walrus::rpc {

GrpcError to_grpc(const chain::ChainError& error) {
    GrpcStatus status = GrpcStatus::Internal;
    switch (error.code) {
        case chain::ChainCode::NotFound:
            status = GrpcStatus::NotFound;
            break;
        case chain::ChainCode::InvalidArgument:
            status = GrpcStatus::InvalidArgument;
            break;
        case chain::ChainCode::Rejected:
            status = GrpcStatus::FailedPrecondition;
            break;
        case chain::ChainCode::Busy:
        case chain::ChainCode::NotDurable:
            status = GrpcStatus::Unavailable;
            break;
        case chain::ChainCode::Corrupt:
        case chain::ChainCode::WrongFormat:
        case chain::ChainCode::Broken:
            status = GrpcStatus::Internal;
            break;
    }
    return {status, error.message};
}

}  // namespace walrus::rpc
