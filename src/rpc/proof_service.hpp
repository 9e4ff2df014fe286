// SPDX-License-Identifier: Apache-2.0
// walrus.rpc.v1.ProofService: status, proofs and events for those who check the ledger
// (docs/formats/proofs.md), and IndexService: lists. Server side; internal to the room.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chain/service.hpp"
#include "rpc/grpc_web.hpp"

namespace walrus::rpc {

/// A method that takes and gives serialised messages.
struct OwnMethod {
    std::string path;  ///< "/walrus.rpc.v1.ProofService/GetProof"
    std::string name;  ///< "GetProof"
    std::function<io::Task<GrpcResult<Bytes>>(Bytes message)> call;
};
using ToGrpc = GrpcError (*)(const chain::ChainError& error);
/// All methods of both services; the ledger must outlive them.
std::vector<OwnMethod> proof_methods(chain::LedgerService& service, ToGrpc to_grpc);

}  // namespace walrus::rpc
