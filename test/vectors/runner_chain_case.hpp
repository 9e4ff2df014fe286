// SPDX-License-Identifier: Apache-2.0
// One case of chain.json and what its scenario compares; the suites of each file of scenarios.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "ledger/failure.hpp"

namespace walrus::vectors {

using Json = nlohmann::json;

/// What went wrong in one case; `expect` compares and keeps the first difference.
class Case {
public:
    Case(const Json& suite_in, const Json& json_in) : suite(suite_in), json(json_in) {}

    /// Fails the case if it has a field that its scenario does not read.
    void fields(std::set<std::string> known) {
        known.insert({"origin", "note", "name"});
        for (const auto& [field, value] : json.items())
            if (!known.contains(field)) fail("unknown field " + field);
    }
    void fail(const std::string& why) {
        if (problem.empty()) problem = why;
    }
    template <class A, class B>
    void expect(const std::string& what, const A& got, const B& wanted) {
        const Json g = got;
        const Json w = wanted;
        if (g != w) fail(what + ": got " + g.dump() + ", wanted " + w.dump());
    }
    /// Compares with the case's "error". Some cases leave out the code.
    void expect_error(const std::string& got) {
        const std::string wanted = json.at("error");
        if (got == wanted) return;
        if (wanted.find('(') == std::string::npos && got.rfind(wanted + "(", 0) == 0) return;
        fail("got " + got + ", wanted " + wanted);
    }
    /// Either the case's error, or success.
    bool expect_outcome(const std::string& got) {
        if (json.contains("error")) {
            expect_error(got);
            return false;
        }
        expect("outcome", got, "success");
        return got == "success";
    }
    std::uint64_t u64(const char* field) const { return json.at(field).get<std::uint64_t>(); }
    std::string text(const char* field) const { return json.at(field).get<std::string>(); }
    std::string name() const { return json.value("name", json.dump().substr(0, 90)); }

    const Json& suite;
    const Json& json;
    std::string problem;
};

template <class T>
std::string outcome_of(const ledger::Executed<T>& result) {
    return result ? std::string("success") : result.error().name();
}

using Scenario = void (*)(Case&);

/// Suites by name; one function for each file of scenarios.
const std::map<std::string, Scenario>& staking_suites();
const std::map<std::string, Scenario>& pool_suites();
const std::map<std::string, Scenario>& storage_suites();
const std::map<std::string, Scenario>& epoch_suites();

// Cases of the suite system_accounting about storage pools.
void pool_created(Case& c);
void pool_increased(Case& c);
void pool_increased_too_much(Case& c);

}  // namespace walrus::vectors
