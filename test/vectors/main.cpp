// SPDX-License-Identifier: Apache-2.0
// walrus-vectors FILE...: runs files of conformance vectors, each by its shape. Prints what fails
// and, as the last line, "N passed, N failed". Exit code 0 only if nothing failed.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "test/vectors/runner_chain.hpp"
#include "test/vectors/runner_consensus.hpp"
#include "test/vectors/runner_encoding.hpp"

namespace {

constexpr int kUsage = 2;

using Json = nlohmann::json;
using Runner = int (*)(const std::string&, std::ostream&, std::size_t&, std::size_t&);

/// The runner for a file of this content; null if no shape is recognised.
Runner runner_for(const Json& json) {
    if (!json.is_object()) return nullptr;
    if (json.contains("encoding_type") && json.contains("sliver_order"))
        return walrus::vectors::run_encoding_vectors;
    if (json.value("format", std::string()) == "walrus-coordination-vectors/1")
        return walrus::vectors::run_chain_vectors;
    if (json.contains("consecutive") && json.contains("merkle"))
        return walrus::vectors::run_consensus_vectors;
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t passed = 0;
    std::size_t failed = 0;
    const std::span<char*> arguments(argv + 1, argv + argc);
    if (arguments.empty()) {
        std::fprintf(stderr, "usage: walrus-vectors FILE...\n");
        return kUsage;
    }
    for (const std::string path : arguments) {
        std::ifstream file(path, std::ios::binary);
        const Json json = file ? Json::parse(file, nullptr, false) : Json();
        const Runner run = runner_for(json);
        if (run == nullptr) {
            std::cout << path << ": "
                      << (file ? "is of no known shape of vectors" : "cannot be read") << "\n";
            ++failed;
            continue;
        }
        const std::size_t passed_before = passed;
        const std::size_t failed_before = failed;
        run(path, std::cout, passed, failed);
        std::cout << path << ": " << passed - passed_before << " passed, " << failed - failed_before
                  << " failed\n";
    }
    std::cout << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}
