// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "io/log.hpp"
#include "io/metrics.hpp"

namespace walrus::io {
namespace {

TEST(Log, EnvironmentWinsOverTheFallback) {
    ::setenv("WALRUS_LOG", "warn", 1);
    init_logging(LogLevel::Debug);
    EXPECT_TRUE(log_enabled(LogLevel::Warn));
    EXPECT_FALSE(log_enabled(LogLevel::Info));
    ::setenv("WALRUS_LOG", "loud", 1);
    init_logging(LogLevel::Error);
    EXPECT_FALSE(log_enabled(LogLevel::Warn));
    ::unsetenv("WALRUS_LOG");
    init_logging(LogLevel::Info);
    EXPECT_TRUE(log_enabled(LogLevel::Info));
    EXPECT_FALSE(log_enabled(LogLevel::Off));
}

TEST(Log, OneLinePerEventWithLevelAndComponent) {
    init_logging(LogLevel::Info);
    ::testing::internal::CaptureStderr();
    log_info("node", "stored {} bytes", 7);
    log_debug("node", "not shown");
    const std::string out = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(out.find("info"), std::string::npos);
    EXPECT_NE(out.find("node: stored 7 bytes\n"), std::string::npos) << out;
    EXPECT_EQ(out.find("not shown"), std::string::npos);
}

TEST(Metrics, TextFormat) {
    const auto metrics = Metrics::make();
    metrics->counter("requests_total", "All requests.", {{"path", "a\"b\\c\nd"}}).add(2);
    metrics->counter("requests_total", "All requests.", {{"path", "a\"b\\c\nd"}}).add(0.5);
    metrics->gauge("height", "Height.").set(-3);
    Histogram& histogram = metrics->histogram("seconds", "Times.", {0.5, 1}, {{"op", "get"}});
    for (const double value : {0.1, 0.5, 0.75, 8.0}) histogram.observe(value);
    EXPECT_EQ(metrics->render(),
              "# HELP height Height.\n"
              "# TYPE height gauge\n"
              "height -3\n"
              "# HELP requests_total All requests.\n"
              "# TYPE requests_total counter\n"
              "requests_total{path=\"a\\\"b\\\\c\\nd\"} 2.5\n"
              "# HELP seconds Times.\n"
              "# TYPE seconds histogram\n"
              "seconds_bucket{op=\"get\",le=\"0.5\"} 2\n"
              "seconds_bucket{op=\"get\",le=\"1\"} 3\n"
              "seconds_bucket{op=\"get\",le=\"+Inf\"} 4\n"
              "seconds_sum{op=\"get\"} 9.35\n"
              "seconds_count{op=\"get\"} 4\n");
}

TEST(Metrics, CountersLoseNothingBetweenThreads) {
    const auto metrics = Metrics::make();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) metrics->counter("n", "N.").add();
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_NE(metrics->render().find("\nn 40000\n"), std::string::npos);
}

}  // namespace
}  // namespace walrus::io
