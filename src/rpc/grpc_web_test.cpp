// SPDX-License-Identifier: Apache-2.0
#include "rpc/grpc_web.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace walrus::rpc {
namespace {

std::string hex(ByteView bytes) {
    return hex_encode(bytes);
}

TEST(GrpcWebFrames, HaveTheBytesOfTheProtocol) {
    EXPECT_EQ(hex(data_frame(to_bytes("abc"))), "0000000003616263");
    EXPECT_EQ(hex(trailer_frame(GrpcStatus::Ok, "")),
              "800000000f" + hex(as_bytes("grpc-status:0\r\n")));
    EXPECT_EQ(as_text(ByteView(trailer_frame(GrpcStatus::NotFound, "50% of ä\n")).subspan(5)),
              "grpc-status:5\r\ngrpc-message:50%25 of %C3%A4%0A\r\n");
}

TEST(GrpcWebFrames, TrailersComeBack) {
    const Bytes frame = trailer_frame(GrpcStatus::Unavailable, "try \"later\"\r\nor 100% never");
    const GrpcError error = parse_trailers(ByteView(frame).subspan(kFrameHeaderBytes));
    EXPECT_EQ(error.status, GrpcStatus::Unavailable);
    EXPECT_EQ(error.message, "try \"later\"\r\nor 100% never");
    EXPECT_EQ(parse_trailers(to_bytes("Grpc-Status: 7\r\n")).status, GrpcStatus::PermissionDenied);
    EXPECT_EQ(parse_trailers(to_bytes("grpc-status:99\r\n")).status, GrpcStatus::Unknown);
    EXPECT_EQ(parse_trailers(to_bytes("grpc-status:x\r\n")).status, GrpcStatus::Unknown);
    EXPECT_EQ(parse_trailers({}).status, GrpcStatus::Unknown);
}

TEST(GrpcWebFrames, ParserFindsFramesHoweverTheyAreCut) {
    Bytes stream = data_frame(to_bytes("first"));
    append(stream, data_frame({}));
    append(stream, data_frame(Bytes(300, 7)));
    append(stream, trailer_frame(GrpcStatus::Ok, ""));
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        FrameParser parser(1000);
        std::vector<Frame> frames;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            parser.feed(ByteView(stream).subspan(at, std::min(step, stream.size() - at)));
            while (true) {
                auto frame = parser.next();
                ASSERT_TRUE(frame);
                if (!frame->has_value()) break;
                frames.push_back(std::move(**frame));
            }
        }
        ASSERT_EQ(frames.size(), 4u) << step;
        EXPECT_EQ(as_text(frames[0].payload), "first");
        EXPECT_TRUE(frames[1].payload.empty());
        EXPECT_EQ(frames[2].payload, Bytes(300, 7));
        EXPECT_TRUE(frames[3].trailers);
        EXPECT_TRUE(parser.idle());
    }
}

TEST(GrpcWebFrames, BadFramesAreRefusedOnTheirHeader) {
    const auto error_of = [](Bytes bytes) {
        FrameParser parser(100);
        parser.feed(bytes);
        const auto frame = parser.next();
        return frame ? GrpcStatus::Ok : frame.error().status;
    };
    EXPECT_EQ(error_of({0x00, 0xff, 0xff, 0xff, 0xff}), GrpcStatus::ResourceExhausted);
    EXPECT_EQ(error_of({0x00, 0, 0, 0, 101}), GrpcStatus::ResourceExhausted);
    EXPECT_EQ(error_of({0x00, 0, 0, 0, 100}), GrpcStatus::Ok);
    EXPECT_EQ(error_of({0x01, 0, 0, 0, 1, 0}), GrpcStatus::Unimplemented);
    EXPECT_EQ(error_of({0x40, 0, 0, 0, 1, 0}), GrpcStatus::DataLoss);
    EXPECT_EQ(error_of({0x80, 0x7f, 0, 0, 0}), GrpcStatus::ResourceExhausted);
}

TEST(GrpcWebRequests, BothFormsGiveTheMessage) {
    const Bytes message = to_bytes("a message");
    const Bytes frame = data_frame(message);
    const std::string text = base64_encode(frame);
    for (const char* type : {"application/grpc-web", "application/grpc-web+proto",
                             "Application/gRPC-Web+Proto; charset=utf-8"}) {
        const auto parsed = parse_request(type, frame);
        ASSERT_TRUE(parsed) << type;
        EXPECT_EQ(*parsed, message);
    }
    for (const char* type : {"application/grpc-web-text", "application/grpc-web-text+proto"}) {
        const auto parsed = parse_request(type, as_bytes(text));
        ASSERT_TRUE(parsed) << type;
        EXPECT_EQ(*parsed, message);
    }
}

TEST(GrpcWebRequests, OthersAreRefused) {
    const Bytes frame = data_frame(to_bytes("a message"));
    const auto status_of = [](std::string_view type, ByteView body) {
        const auto parsed = parse_request(type, body);
        return parsed ? GrpcStatus::Ok : parsed.error().status;
    };
    constexpr std::string_view binary = "application/grpc-web+proto";
    EXPECT_EQ(status_of("application/json", frame), GrpcStatus::Unimplemented);
    EXPECT_EQ(status_of("", frame), GrpcStatus::Unimplemented);
    EXPECT_EQ(status_of("application/grpc-web-text", frame), GrpcStatus::InvalidArgument);
    EXPECT_EQ(status_of(binary, {}), GrpcStatus::InvalidArgument);
    EXPECT_EQ(status_of(binary, ByteView(frame).first(frame.size() - 1)),
              GrpcStatus::InvalidArgument);
    EXPECT_EQ(status_of(binary, trailer_frame(GrpcStatus::Ok, "")), GrpcStatus::InvalidArgument);
    Bytes two = frame;
    append(two, frame);
    EXPECT_EQ(status_of(binary, two), GrpcStatus::InvalidArgument);
}

}  // namespace
}  // namespace walrus::rpc
