// SPDX-License-Identifier: Apache-2.0
// walrus-sim: runs one scenario from one seed (docs/simulator.md).
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "io/log.hpp"
#include "sim/scenario.hpp"

namespace {

using namespace walrus;

enum Exit { kDone = 0, kViolation = 1, kUsage = 2, kFailure = 3, kDiffers = 7 };

struct Options {
    sim::RunOptions run;
    std::string trace_path;
    std::string compare_path;
    std::string expected_digest;
    bool twice = false;
    std::uint64_t seeds = 1;
    std::uint64_t flips = 0;
    bool help = false;
};

constexpr std::string_view kHelp =
    R"(usage: walrus-sim --seed N [OPTIONS]

Runs a network of production ledger, nodes and client in virtual time. The same seed gives the same
run, message for message; the last line says so: digest=... messages=N virtual_ms=T

  --seed N            what everything is drawn from
  --scenario NAME     one of those below (default node-down)
  --twice             run again and compare message for message
  --seeds COUNT       this seed and the following ones, a line each
  --flips COUNT       further runs, each with one bit of a message of its own flipped; prints a line
                      for each that broke a promise
  --flip-message K    flip one bit of message K (from 0) in flight, and compare with the run without
  --trace FILE        write every message and event, one a line
  --compare FILE      compare with a trace that was written before
  --expect DIGEST     compare with a digest that was printed before

Exit codes: 0 done; 1 a promise was broken; 2 usage; 3 the story did not end well; 7 the run differs.

scenarios:
)";

std::string help() {
    std::string text(kHelp);
    for (const sim::Scenario& scenario : sim::scenarios()) {
        text += fmt::format("  {:<18}  {}\n", scenario.name, scenario.summary);
    }
    return text;
}

/// Empty: understood; else what is wrong.
std::string parse(const std::vector<std::string_view>& arguments, Options& options) {
    bool seed_given = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--help" || name == "-h") {
            options.help = true;
            return {};
        }
        if (name == "--twice") {
            options.twice = true;
            continue;
        }
        if (i + 1 == arguments.size())
            return fmt::format("{}: unknown, or its value is missing", name);
        const std::string_view value = arguments[++i];
        if (name == "--seed" || name == "--flip-message" || name == "--seeds" ||
            name == "--flips") {
            const auto number = parse_u64(value);
            if (!number) return fmt::format("{} {}: not a number", name, value);
            if (name == "--seed") {
                options.run.seed = *number;
                seed_given = true;
            } else if (name == "--flip-message") {
                options.run.flip_message = *number;
            } else if (name == "--seeds") {
                options.seeds = *number;
            } else {
                options.flips = *number;
            }
        } else if (name == "--scenario") {
            options.run.scenario = value;
            if (sim::find_scenario(value) == nullptr)
                return fmt::format("--scenario {}: there is none of this name", value);
        } else if (name == "--trace") {
            options.trace_path = value;
        } else if (name == "--compare") {
            options.compare_path = value;
        } else if (name == "--expect") {
            options.expected_digest = value;
        } else {
            return fmt::format("{}: unknown option", name);
        }
    }
    if (!seed_given) return "--seed is needed";
    return {};
}

std::optional<std::vector<std::string>> read_lines(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"),
                                                               std::fclose);
    if (!file) return std::nullopt;
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back().push_back(static_cast<char>(c));
        }
    }
    lines.pop_back();
    return lines;
}

struct Recorded {
    sim::RunReport report;
    std::vector<std::string> lines;
};

Recorded record(sim::RunOptions options) {
    Recorded recorded;
    options.sink = [&recorded](std::string_view line) { recorded.lines.emplace_back(line); };
    recorded.report = sim::run(options);
    return recorded;
}

/// True if equal; else says where they part.
bool compare(const std::vector<std::string>& before, const std::vector<std::string>& now) {
    for (std::size_t i = 0; i < before.size() || i < now.size(); ++i) {
        if (i < before.size() && i < now.size() && before[i] == now[i]) continue;
        fmt::print(
            stderr,
            "the run differs from the recorded one at entry {}:\n  recorded: {}\n  now:      {}\n",
            i, i < before.size() ? before[i] : "(nothing)", i < now.size() ? now[i] : "(nothing)");
        return false;
    }
    return true;
}

bool write_trace(const std::string& path, const std::vector<std::string>& lines) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"),
                                                               std::fclose);
    if (!file) return false;
    for (const std::string& line : lines) fmt::print(file.get(), "{}\n", line);
    return true;
}

void print_findings(const sim::RunOptions& options, const sim::Findings& findings) {
    for (const std::string& text : findings.violations) {
        fmt::print(stderr, "seed {}: broken promise: {}\n", options.seed, text);
    }
    for (const std::string& text : findings.failures) {
        fmt::print(stderr, "seed {}: did not work: {}\n", options.seed, text);
    }
}

/// Runs with one flipped bit each; a typed error is a good end for them, a broken promise is not.
int run_flips(const Options& options, std::uint64_t messages) {
    sim::Rng rng(options.run.seed, "which messages to flip");
    std::uint64_t broken = 0;
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < options.flips; ++i) {
        sim::RunOptions flipped = options.run;
        flipped.flip_message = rng.below(messages);
        const sim::RunReport report = sim::run(flipped);
        if (!report.findings.failures.empty()) ++failed;
        if (report.findings.violations.empty()) continue;
        ++broken;
        fmt::print("--seed {} --flip-message {}: {}\n", flipped.seed, *flipped.flip_message,
                   report.findings.violations.front());
    }
    fmt::print("flips={} broken_promises={} typed_errors={}\n", options.flips, broken, failed);
    return broken == 0 ? kDone : kViolation;
}

int run(const Options& options) {
    std::vector<std::vector<std::string>> earlier;
    if (!options.compare_path.empty()) {
        auto lines = read_lines(options.compare_path);
        if (!lines) {
            fmt::print(stderr, "walrus-sim: {} cannot be read\n", options.compare_path);
            return kUsage;
        }
        earlier.push_back(std::move(*lines));
    }
    if (options.twice || options.run.flip_message) {
        sim::RunOptions plain = options.run;
        plain.flip_message.reset();
        Recorded recorded = record(plain);
        if (options.run.flip_message && *options.run.flip_message >= recorded.report.messages) {
            fmt::print(stderr, "walrus-sim: --flip-message {}: the run has {} messages\n",
                       *options.run.flip_message, recorded.report.messages);
            return kUsage;
        }
        earlier.push_back(std::move(recorded.lines));
    }
    const Recorded recorded = record(options.run);
    const sim::RunReport& report = recorded.report;
    if (!options.trace_path.empty() && !write_trace(options.trace_path, recorded.lines)) {
        fmt::print(stderr, "walrus-sim: {} cannot be written\n", options.trace_path);
        return kUsage;
    }
    print_findings(options.run, report.findings);
    bool same = true;
    for (const auto& lines : earlier) same = compare(lines, recorded.lines) && same;
    if (!options.expected_digest.empty() &&
        options.expected_digest != hex_encode(report.digest.view())) {
        fmt::print(stderr, "the digest is not {}\n", options.expected_digest);
        same = false;
    }
    fmt::print("{}\n", report.line());
    if (!report.findings.violations.empty()) return kViolation;
    if (!same) return kDiffers;
    if (!report.findings.failures.empty()) return kFailure;
    return options.flips > 0 ? run_flips(options, report.messages) : kDone;
}

}  // namespace

int main(int count, char** values) {
    io::init_logging(io::LogLevel::Off);
    Options options;
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const std::string problem = parse(arguments, options);
    if (!problem.empty()) {
        fmt::print(stderr, "walrus-sim: {}\n{}", problem, help());
        return kUsage;
    }
    if (options.help) {
        fmt::print("{}", help());
        return kDone;
    }
    int worst = kDone;
    for (std::uint64_t i = 0; i < options.seeds; ++i) {
        const int code = run(options);
        if (code == kUsage) return code;
        if (worst != kViolation && code != kDone) worst = code;
        ++options.run.seed;
    }
    return worst;
}
