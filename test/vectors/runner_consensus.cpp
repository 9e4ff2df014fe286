// SPDX-License-Identifier: Apache-2.0
#include "test/vectors/runner_consensus.hpp"

#include <openssl/sha.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "base/text.hpp"
#include "proof/shape_tree.hpp"

namespace walrus::vectors {
namespace {

using Json = nlohmann::json;

Digest sha256(ByteView data) {
    Digest out;
    SHA256(data.data(), data.size(), out.bytes.data());
    return out;
}

/// CometBFT's tree: SHA-256, leaves with tag 0, inner nodes with tag 1.
struct CometTree {
    using Leaf = Bytes;
    static Digest empty() { return sha256({}); }
    static Digest leaf(const Bytes& leaf) {
        Bytes data{0x00};
        append(data, leaf);
        return sha256(data);
    }
    static Digest inner(const Digest& left, const Digest& right) {
        Bytes data{0x01};
        append(data, left.view());
        append(data, right.view());
        return sha256(data);
    }
};

const std::vector<std::string> kHeaderFields = {
    "version",        "chain_id",        "height",
    "time",           "last_block_id",   "last_commit_hash",
    "data_hash",      "validators_hash", "next_validators_hash",
    "consensus_hash", "app_hash",        "last_results_hash",
    "evidence_hash",  "proposer_address"};
/// What a block has for the trees, and what belongs to the engine.
const std::set<std::string> kTreeFields = {"header_leaves",
                                           "header_hash",
                                           "block_id",
                                           "validator_leaves",
                                           "validators_hash",
                                           "txs",
                                           "data_hash",
                                           "tx_proof_index1",
                                           "hashed_params",
                                           "consensus_hash",
                                           "tx_result_leaves",
                                           "results_hash_in_next_header",
                                           "last_commit_sig_leaves",
                                           "last_commit_hash",
                                           "app_hash_header_proof",
                                           "app_hash_from_finalize_block"};
const std::set<std::string> kEngineFields = {
    "height",       "header_json", "commit_round",       "signatures",
    "signed_power", "total_power", "block_protobuf_len", "part_set_total"};

class Run {
public:
    Run(std::ostream& log, std::size_t& passed, std::size_t& failed)
        : log_(log), passed_(passed), failed_(failed) {}

    void check(const std::string& name, bool good) {
        if (good) {
            ++passed_;
        } else {
            ++failed_;
            log_ << "FAIL " << name << "\n";
        }
    }
    static Bytes bytes(const Json& text) {
        return hex_decode(text.get<std::string>()).value_or(Bytes{0xde, 0xad});
    }
    static std::vector<Bytes> list(const Json& json) {
        std::vector<Bytes> out;
        for (const Json& item : json) out.push_back(bytes(item));
        return out;
    }
    static std::vector<Digest> digests(const Json& json) {
        std::vector<Digest> out;
        for (const Bytes& item : list(json))
            out.push_back(item.size() == 32 ? Digest::from(item) : Digest());
        return out;
    }
    void check_root(const std::string& name, std::span<const Bytes> leaves, const Json& root) {
        check(name, equal(proof::shape_root<CometTree>(leaves).view(), bytes(root)));
    }
    /// The path that the file has is the one that we make, and it leads to the root from its own
    /// place only.
    void check_path(const std::string& name, std::span<const Bytes> leaves, std::size_t index,
                    const Json& json) {
        const std::vector<Digest> path = digests(json);
        const Digest root = proof::shape_root<CometTree>(leaves);
        const Digest leaf = CometTree::leaf(leaves[index]);
        bool good = proof::shape_path<CometTree>(leaves, index) == path &&
                    proof::shape_fold<CometTree>(leaf, index, leaves.size(), path) == root;
        for (std::size_t other = 0; other < leaves.size(); ++other)
            if (other != index)
                good =
                    good && proof::shape_fold<CometTree>(leaf, other, leaves.size(), path) != root;
        check(name, good);
    }

    void merkle(const Json& cases) {
        for (const Json& item : cases) {
            const std::vector<Bytes> leaves = list(item.at("leaves"));
            const std::string name = "merkle of " + std::to_string(leaves.size());
            check_root(name, leaves, item.at("root"));
            check(name + ": proofs", item.at("proofs").size() == leaves.size());
            for (std::size_t i = 0; i < leaves.size(); ++i)
                check_path(name + " path " + std::to_string(i), leaves, i, item.at("proofs")[i]);
        }
    }

    void block(const std::string& suite, const Json& item) {
        const std::string name = suite + " block " + item.at("height").dump() + " ";
        for (const auto& [key, value] : item.items())
            if (!kTreeFields.contains(key) && !kEngineFields.contains(key))
                check(name + "unknown field " + key, false);
        std::vector<Bytes> header;
        for (const std::string& field : kHeaderFields)
            header.push_back(bytes(item.at("header_leaves").at(field)));
        check(name + "header fields", item.at("header_leaves").size() == header.size());
        check_root(name + "header_hash", header, item.at("header_hash"));
        const Bytes block_id = bytes(item.at("block_id"));
        check(name + "block_id",
              block_id.size() > 34 && equal(ByteView(block_id).subspan(2, 32),
                                            proof::shape_root<CometTree>(header).view()));
        check_root(name + "validators_hash", list(item.at("validator_leaves")),
                   item.at("validators_hash"));
        check_root(name + "last_commit_hash", list(item.at("last_commit_sig_leaves")),
                   item.at("last_commit_hash"));
        check_root(name + "results_hash", list(item.at("tx_result_leaves")),
                   item.at("results_hash_in_next_header"));
        std::vector<Bytes> transactions;
        for (const Bytes& tx : list(item.at("txs")))
            transactions.push_back(to_bytes(sha256(tx).view()));
        check_root(name + "data_hash", transactions, item.at("data_hash"));
        if (const Json& proof = item.at("tx_proof_index1"); !proof.is_null()) {
            check(name + "tx leaf", transactions[1] == bytes(proof.at("leaf")));
            check_path(name + "tx_proof_index1", transactions, 1, proof.at("aunts_leaf_to_root"));
        }
        check(name + "consensus_hash", equal(sha256(bytes(item.at("hashed_params"))).view(),
                                             bytes(item.at("consensus_hash"))));
        const Json& app = item.at("app_hash_header_proof");
        const auto index = app.at("index").get<std::size_t>();
        check(name + "app_hash leaf", app.at("total") == header.size() && index < header.size() &&
                                          header[index] == bytes(app.at("leaf")));
        check_path(name + "app_hash_header_proof", header, index, app.at("aunts_leaf_to_root"));
    }

private:
    std::ostream& log_;
    std::size_t& passed_;
    std::size_t& failed_;
};

}  // namespace

int run_consensus_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                          std::size_t& failed) {
    const std::size_t failed_before = failed;
    std::ifstream file(path, std::ios::binary);
    const Json json = file ? Json::parse(file, nullptr, false) : Json();
    Run run(log, passed, failed);
    if (!json.is_object()) {
        run.check(path + " cannot be read", false);
        return 1;
    }
    std::size_t later = 0;
    std::size_t blocks = 0;
    // What is counted as later: one case for each block's commit, one for each vote extension.
    for (const auto& [suite, cases] : json.items()) {
        if (suite == "description") continue;
        if (suite == "merkle") {
            run.merkle(cases);
        } else if (suite == "consecutive" || suite == "absent_flag") {
            for (const Json& block : cases) {
                run.block(suite, block);
                ++blocks;
            }
        } else if (suite == "initial_block") {
            run.block(suite, cases);
            ++blocks;
        } else if (suite == "vote_extensions") {
            later += cases.size();
        } else {
            run.check("unknown suite " + suite, false);
        }
    }
    log << "not run, they belong to the CometBFT engine: commit signatures and part sets of "
        << blocks << " blocks, " << later << " vote extensions\n";
    return failed == failed_before ? 0 : 1;
}

}  // namespace walrus::vectors
