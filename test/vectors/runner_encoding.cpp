// SPDX-License-Identifier: Apache-2.0
#include "test/vectors/runner_encoding.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "base/executor.hpp"
#include "base/text.hpp"
#include "redstuff/decode.hpp"
#include "redstuff/encode.hpp"
#include "redstuff/verify.hpp"
#include "test/vectors/sha256.hpp"

namespace walrus::vectors {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kPoolBytes = std::size_t{2} << 30;
constexpr const char* kGenerator =
    "u32 x = 0x12345678 XOR length; per byte: x = x*1664525 + 1013904223 mod 2^32, byte = x >> 24";
constexpr const char* kEncodingType = "RS2 (1)";
constexpr const char* kSliverOrder = "both hashes run over the BCS-encoded slivers of pairs 0..n-1";

Bytes generate(std::size_t length) {
    std::uint32_t x = 0x12345678u ^ static_cast<std::uint32_t>(length);
    Bytes out(length);
    for (Byte& b : out) {
        x = x * 1664525 + 1013904223;
        b = static_cast<Byte>(x >> 24);
    }
    return out;
}

/// One case; `problems` collects what differs.
class Case {
public:
    Case(const Json& json, BufferPool& pool) : json_(json), pool_(pool) {}

    std::vector<std::string> run() {
        static const std::set<std::string> kFields = {"n",
                                                      "length",
                                                      "symbol_size",
                                                      "blob_id",
                                                      "root_hash",
                                                      "sha256_primary_slivers_bcs",
                                                      "sha256_secondary_slivers_bcs",
                                                      "primary_slivers_bcs",
                                                      "secondary_slivers_bcs_in_pair_order"};
        for (const auto& [key, value] : json_.items())
            if (!kFields.contains(key)) problems_.push_back("unknown field " + key);
        if (!problems_.empty()) return problems_;

        const auto code = CodeParameters::make(json_.at("n").get<std::uint32_t>());
        if (!code) return {"n is out of range"};
        const Bytes blob = generate(json_.at("length").get<std::size_t>());
        InlineExecutor executor;
        const auto encoded = encode_blob(*code, blob, pool_, executor);
        if (!encoded) return {describe(encoded.error())};
        const VerifiedMetadata& metadata = encoded->metadata();
        expect("symbol_size",
               json_.at("symbol_size").get<std::uint32_t>() == encoded->symbol_bytes());
        expect("blob_id", json_.at("blob_id").get<std::string>() == to_text(metadata.blob_id()));
        expect("root_hash",
               json_.at("root_hash").get<std::string>() == hex_encode(metadata.root_hash().bytes));
        compare_slivers(*encoded, Axis::Primary, "sha256_primary_slivers_bcs",
                        "primary_slivers_bcs");
        compare_slivers(*encoded, Axis::Secondary, "sha256_secondary_slivers_bcs",
                        "secondary_slivers_bcs_in_pair_order");

        // The same id without slivers, and the way back from parity slivers only.
        const auto again = compute_metadata(*code, blob, pool_, executor);
        expect("metadata only", again && again->metadata() == metadata.metadata());
        for (const Axis axis : {Axis::Primary, Axis::Secondary}) round_trip(*encoded, axis, blob);
        return problems_;
    }

private:
    void expect(const std::string& what, bool holds) {
        if (!holds) problems_.push_back(what + " differs");
    }

    void compare_slivers(const EncodedBlob& encoded, Axis axis, const char* digest_field,
                         const char* list_field) {
        Sha256 sha;
        const Json* list = json_.contains(list_field) ? &json_.at(list_field) : nullptr;
        const std::uint32_t n = encoded.code().shard_count();
        if (list != nullptr) expect(list_field, list->size() == n);
        for (std::uint32_t pair = 0; pair < n; ++pair) {
            const Bytes body =
                encoded.sliver_body(SliverPairIndex(static_cast<std::uint16_t>(pair)), axis);
            sha.update(body);
            if (list != nullptr && pair < list->size())
                expect(std::string(list_field) + "[" + std::to_string(pair) + "]",
                       list->at(pair).get<std::string>() == hex_encode(body));
        }
        if (json_.contains(digest_field))
            expect(digest_field, json_.at(digest_field).get<std::string>() == sha.hex());
    }

    void round_trip(const EncodedBlob& encoded, Axis axis, const Bytes& blob) {
        const CodeParameters& code = encoded.code();
        InlineExecutor executor;
        std::vector<SliverView> slivers;
        const std::uint32_t needed = code.slivers_to_decode(axis);
        for (std::uint32_t i = code.shard_count() - needed; i < code.shard_count(); ++i) {
            const SliverIndex index(static_cast<std::uint16_t>(i));
            slivers.emplace_back(
                axis == Axis::Primary ? encoded.primary(index) : encoded.secondary(index),
                static_cast<std::uint16_t>(encoded.symbol_bytes()), index);
        }
        const auto decoded = decode_blob(code, encoded.metadata(), axis, slivers,
                                         ConsistencyCheck::Default, pool_, executor);
        expect(std::string("decoding from ") + std::string(to_text(axis)) + " slivers",
               decoded && equal(decoded->bytes(), blob));
        const auto verdict =
            verify_sliver(encoded.metadata(), code, axis, slivers.front(), executor);
        expect("verification of a sliver", verdict.has_value());
    }

    const Json& json_;
    BufferPool& pool_;
    std::vector<std::string> problems_;
};

}  // namespace

int run_encoding_vectors(const std::string& path, std::ostream& log, std::size_t& passed,
                         std::size_t& failed) {
    return run_encoding_vectors_up_to(path, log, passed, failed, kShardCountMax);
}

int run_encoding_vectors_up_to(const std::string& path, std::ostream& log, std::size_t& passed,
                               std::size_t& failed, std::uint32_t shards_max) {
    const std::size_t failed_before = failed;
    const auto reject = [&](const std::string& why) {
        log << path << ": " << why << "\n";
        ++failed;
        return 1;
    };
    std::ifstream file(path, std::ios::binary);
    if (!file) return reject("cannot be read");
    const Json json = Json::parse(file, nullptr, false);
    if (json.is_discarded() || !json.is_object() || !json.contains("cases") ||
        !json.at("cases").is_array())
        return reject("is not a file of encoding vectors");
    for (const auto& [key, value] : json.items()) {
        const bool known = (key == "generator" && value == kGenerator) ||
                           (key == "encoding_type" && value == kEncodingType) ||
                           (key == "sliver_order" && value == kSliverOrder) || key == "cases";
        if (!known) return reject("does not say what is expected in \"" + key + "\"");
    }
    BufferPool pool(kPoolBytes);
    for (const Json& entry : json.at("cases")) {
        if (entry.is_object() && entry.value("n", 0u) > shards_max) continue;
        std::vector<std::string> problems;
        try {
            problems = Case(entry, pool).run();
        } catch (const Json::exception& error) {
            problems = {error.what()};
        }
        if (problems.empty()) {
            ++passed;
            continue;
        }
        ++failed;
        log << path << ": n=" << entry.value("n", 0) << " length=" << entry.value("length", 0)
            << ":";
        for (const std::string& problem : problems) log << " " << problem << ";";
        log << "\n";
    }
    return failed == failed_before ? 0 : 1;
}

}  // namespace walrus::vectors
