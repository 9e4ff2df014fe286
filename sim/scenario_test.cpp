// SPDX-License-Identifier: Apache-2.0
// The scenarios with several seeds: every promise holds, a seed repeats itself, a flipped bit
// shows.
#include "sim/scenario.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/log.hpp"

namespace walrus::sim {
namespace {

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

RunReport run_one(std::uint64_t seed, std::string_view scenario = kDefaultScenario,
                  std::optional<std::uint64_t> flip = std::nullopt) {
    RunOptions options;
    options.seed = seed;
    options.scenario = scenario;
    options.flip_message = flip;
    return run(options);
}

/// Roles log what happens to them, which here is on purpose.
class Quiet : public testing::Environment {
public:
    void SetUp() override { io::init_logging(io::LogLevel::Off); }
};
[[maybe_unused]] const testing::Environment* const kQuiet =
    testing::AddGlobalTestEnvironment(new Quiet);

class EveryScenario : public testing::TestWithParam<std::string> {};

TEST_P(EveryScenario, KeepsEveryPromise) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const RunReport report = run_one(seed, GetParam());
        EXPECT_EQ(join(report.findings.violations), "") << "seed " << seed;
        EXPECT_EQ(join(report.findings.failures), "") << "seed " << seed;
        EXPECT_GT(report.findings.stored.size(), 0u);
        EXPECT_GT(report.findings.slivers_checked, 0u);
        EXPECT_GT(report.findings.reads_checked, 0u);
    }
}

TEST_P(EveryScenario, RepeatsItself) {
    const RunReport first = run_one(11, GetParam());
    const RunReport second = run_one(11, GetParam());
    EXPECT_EQ(first.line(), second.line());
    EXPECT_EQ(first.events, second.events);
}

std::vector<std::string> scenario_names() {
    std::vector<std::string> names;
    for (const Scenario& scenario : scenarios()) names.emplace_back(scenario.name);
    return names;
}
INSTANTIATE_TEST_SUITE_P(All, EveryScenario, testing::ValuesIn(scenario_names()),
                         [](const testing::TestParamInfo<std::string>& tested) {
                             std::string name = tested.param;
                             for (char& c : name) c = c == '-' ? '_' : c;
                             return name;
                         });

TEST(Simulation, SeedsDifferAndHaveMoreThanAThousandMessages) {
    const RunReport seven = run_one(7);
    const RunReport eight = run_one(8);
    EXPECT_NE(seven.digest, eight.digest);
    EXPECT_GT(seven.messages, 1000u);
    EXPECT_GT(eight.messages, 1000u);
    EXPECT_GE(seven.findings.stored.size(), 3u);
}

TEST(Simulation, AFlippedBitChangesTheDigestAndBreaksNoPromise) {
    const RunReport clean = run_one(7);
    Rng rng(7, "test of flips");
    for (int i = 0; i < 20; ++i) {
        const std::uint64_t message = rng.below(clean.messages);
        const RunReport flipped = run_one(7, kDefaultScenario, message);
        EXPECT_TRUE(flipped.flipped);
        EXPECT_NE(flipped.digest, clean.digest) << "message " << message;
        EXPECT_EQ(join(flipped.findings.violations), "") << "message " << message;
    }
}

}  // namespace
}  // namespace walrus::sim
