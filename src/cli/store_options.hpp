// SPDX-License-Identifier: Apache-2.0
// What `store` and `store-quilt` have in common: their options, what they show while they run, and
// how their results look.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/json_writer.hpp"
#include "cli/progress.hpp"
#include "client/store_blob.hpp"

namespace walrus::cli {

struct StoreFlags {
    std::optional<std::string> epochs;
    std::optional<std::string> earliest_expiry_time;
    std::optional<std::uint64_t> end_epoch;
    bool permanent = false;
    bool deletable = false;
    bool force = false;
    bool ignore_resources = false;
    bool dry_run = false;
    std::vector<std::pair<std::string, std::string>> attributes;
    std::optional<std::string> encoding_type;
    std::optional<std::string> scratch;
};
void declare_store_flags(Arguments& arguments, StoreFlags& flags);

/// How long the blob shall live. Errors: Usage (no or a wrong lifetime, another encoding type).
ClientResult<client::Lifetime> lifetime_of(const StoreFlags& flags);

/// Options that show their steps on a bar, which must outlive the store.
client::StoreOptions store_options(const StoreFlags& flags, client::Lifetime lifetime,
                                   ProgressBar& bar);

/// The blob had been stored before, for long enough: nothing was done.
bool is_already_certified(const client::StoreReport& report);

/// Members of `blobStoreResult`: newlyCreated or alreadyCertified (spec/client.md §2.4).
void write_store_result(JsonWriter& out, const client::StoreReport& report);
/// A member `report`: certificate, nodes, seconds.
void write_store_report(JsonWriter& out, const client::StoreReport& report);
std::string store_text(const std::string& path, const client::StoreReport& report);

/// Members of the dry run of one blob.
void write_estimate(JsonWriter& out, const client::StoreEstimate& estimate);
std::string estimate_text(const std::string& path, const client::StoreEstimate& estimate);

}  // namespace walrus::cli
