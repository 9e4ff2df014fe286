// SPDX-License-Identifier: Apache-2.0
// Everything that a peer's bytes reach in this room: frames in any cut, requests in both forms,
// trailers, and the messages behind them.
#include <algorithm>

#include "base/check.hpp"
#include "rpc/grpc_web.hpp"
#include "rpc/messages.hpp"

namespace {

using namespace walrus;
using namespace walrus::rpc;

constexpr std::size_t kFrameBytesMax = 4096;

/// Frames do not depend on how the stream was cut.
std::vector<Frame> frames_of(ByteView stream, std::size_t step, bool& failed) {
    FrameParser parser(kFrameBytesMax);
    std::vector<Frame> out;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        parser.feed(stream.subspan(at, std::min(step, stream.size() - at)));
        while (true) {
            auto frame = parser.next();
            if (!frame) {
                failed = true;
                return out;
            }
            if (!frame->has_value()) break;
            out.push_back(std::move(**frame));
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input(data + 1, size - 1);
    bool failed_whole = false;
    bool failed_cut = false;
    const auto whole = frames_of(input, std::max<std::size_t>(input.size(), 1), failed_whole);
    const auto cut = frames_of(input, 1 + data[0] % 16, failed_cut);
    WALRUS_CHECK(failed_whole == failed_cut);
    WALRUS_CHECK(whole.size() == cut.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        WALRUS_CHECK(whole[i].payload == cut[i].payload);
        if (whole[i].trailers) (void)parse_trailers(whole[i].payload);
    }
    for (const char* type : {"application/grpc-web", "application/grpc-web-text"}) {
        const auto message = parse_request(type, input);
        if (message) WALRUS_CHECK(message->size() <= input.size());
    }
    (void)parse_trailers(input);

    const int message_size = static_cast<int>(input.size());
    sui_pb::Object object;
    if (object.ParseFromArray(input.data(), message_size)) {
        if (const auto taken = take_object(object)) {
            sui_pb::Object again;
            put_object(*taken, again);
            WALRUS_CHECK(take_object(again) == taken);
        }
    }
    sui_pb::ExecutedTransaction executed;
    if (executed.ParseFromArray(input.data(), message_size)) (void)take_executed(executed);
    walrus_pb::StreamBlocksResponse block;
    if (block.ParseFromArray(input.data(), message_size)) (void)take_stream_item(block);
    sui_pb::Transaction transaction;
    (void)put_transaction(input, transaction);
    return 0;
}
