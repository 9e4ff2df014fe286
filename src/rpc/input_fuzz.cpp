// SPDX-License-Identifier: Apache-2.0
// What clients send to the ledger: structured transactions in protobuf, requests in JSON.
#include "base/check.hpp"
#include "bcs/bcs.hpp"
#include "rpc/json_rpc.hpp"
#include "rpc/messages.hpp"
#include "rpc/transaction_in.hpp"

namespace {

using namespace walrus;
using namespace walrus::rpc;

/// What was taken is written and taken again without a difference.
void check_transaction(ByteView input) {
    sui_pb::SimulateTransactionRequest request;
    if (!request.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
    const auto draft = take_draft(request.transaction(), true);
    if (!draft || !draft->unresolved.empty()) return;
    sui_pb::Transaction again;
    WALRUS_CHECK(put_transaction(bcs::encode(draft->data), again));
    const auto twice = take_draft(again, true);
    WALRUS_CHECK(twice.has_value());
    WALRUS_CHECK(twice->data == draft->data);
}

void check_json(ByteView input) {
    const auto request = parse_json_request(input);
    if (!request) return;
    for (const JsonInput& value : request->parameters) {
        (void)take_id(value, "id");
        (void)take_address(value, "owner");
        (void)take_coin_type(value);
        (void)take_transaction_digest(value);
        (void)take_base64(value, "bytes", 1000);
        (void)take_limit(value);
        (void)take_object_options(value);
        (void)take_transaction_options(value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input(data + 1, size - 1);
    if (data[0] % 2 == 0) {
        check_transaction(input);
    } else {
        check_json(input);
    }
    return 0;
}
