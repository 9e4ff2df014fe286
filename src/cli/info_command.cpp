// SPDX-License-Identifier: Apache-2.0
// walrus info: epoch, sizes, prices, fault tolerance and committee of the network.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/epochs.hpp"
#include "redstuff/metadata.hpp"
#include "redstuff/quilt.hpp"

namespace walrus::cli {

namespace {

using client::NetworkView;

struct InfoArguments {
    std::optional<std::string> sort_by;
    bool descending = false;
    bool hide_details = false;
};

/// A part of the report: as text, and as the members of one JSON object.
struct Section {
    const char* name;      ///< on the command line
    const char* json_key;  ///< in the object of several sections
    std::string (*text)(const NetworkView&, const InfoArguments&);
    void (*json)(JsonWriter&, const NetworkView&, const InfoArguments&);
};

// ---- epoch
// ---------------------------------------------------------------------------------------

const char* phase_text(client::EpochPhase phase) {
    switch (phase) {
        case client::EpochPhase::ChangeSync:
            return "shards are being moved";
        case client::EpochPhase::ChangeDone:
            return "nodes vote on the next epoch";
        case client::EpochPhase::NextParametersSelected:
            return "the next committee is selected";
    }
    return "";
}

std::string epoch_text(const NetworkView& view, const InfoArguments&) {
    std::string out = fmt::format("Epochs\n  Current epoch:       {}\n", view.epoch);
    if (view.epoch_start_ms != 0)
        out +=
            fmt::format("  Start:               {}\n", client::format_time_ms(view.epoch_start_ms));
    else
        out += "  Start:               the change of epochs is in progress\n";
    out += fmt::format("  Epoch duration:      {}\n",
                       client::format_duration_us(view.epoch_duration_ms * 1000));
    out += fmt::format("  Maximum ahead:       {} epochs\n", view.epochs_ahead_max);
    out += fmt::format("  State:               {}\n", phase_text(view.phase));
    return out;
}

void epoch_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    out.begin_object();
    out.key("currentEpoch").number(std::uint64_t{view.epoch});
    out.key("startOfCurrentEpoch").begin_object();
    if (view.epoch_start_ms != 0)
        out.key("DateTime").string(client::format_time_ms(view.epoch_start_ms));
    else
        out.key("Message").string("the change of epochs is in progress");
    out.end();
    out.key("epochDuration").begin_object();
    out.key("secs").number(view.epoch_duration_ms / 1000);
    out.key("nanos").number(view.epoch_duration_ms % 1000 * 1'000'000);
    out.end();
    out.key("maxEpochsAhead").number(std::uint64_t{view.epochs_ahead_max});
    out.key("state").string(phase_text(view.phase));
    out.end();
}

// ---- storage, size
// -------------------------------------------------------------------------------

std::string storage_text(const NetworkView& view, const InfoArguments&) {
    return fmt::format(
        "Storage\n  Nodes:               {}\n  Shards:              {}\n"
        "  Capacity:            {} ({} used in this epoch)\n",
        view.nodes.size(), view.shard_count(), client::format_bytes(view.capacity_bytes),
        client::format_bytes(view.used_bytes));
}

void storage_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    out.begin_object();
    out.key("nShards").number(std::uint64_t{view.shard_count()});
    out.key("nNodes").number(std::uint64_t{view.nodes.size()});
    out.key("capacity").number(view.capacity_bytes);
    out.key("usedCapacity").number(view.used_bytes);
    out.end();
}

std::string size_text(const NetworkView& view, const InfoArguments&) {
    const std::uint64_t max = view.code.blob_bytes_max();
    const std::uint64_t in_quilt = patch_bytes_max(view.code);
    return fmt::format(
        "Sizes\n  Maximum blob:        {} ({} bytes)\n  Maximum in a quilt:  {} ({} bytes)\n"
        "  Storage unit:        {}\n",
        client::format_bytes(max), client::format_count(max), client::format_bytes(in_quilt),
        client::format_count(in_quilt), client::format_bytes(kStorageUnitBytes));
}

void size_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    out.begin_object();
    out.key("storageUnitSize").number(kStorageUnitBytes);
    out.key("maxBlobSize").number(view.code.blob_bytes_max());
    out.key("maxBlobSizeInQuilt").number(patch_bytes_max(view.code));
    out.end();
}

// ---- price
// ---------------------------------------------------------------------------------------

struct Example {
    std::uint64_t unencoded = 0;
    std::uint64_t encoded = 0;
    Frost price = 0;  ///< of one epoch
};

std::vector<Example> examples(const NetworkView& view) {
    const std::uint64_t max = view.code.blob_bytes_max();
    const std::uint64_t small = std::bit_ceil(max) / 1024;
    std::vector<Example> out;
    for (const std::uint64_t size : {small, small * 32, max}) {
        const auto encoded = view.code.encoded_blob_bytes(std::min(size, max));
        out.push_back(
            {std::min(size, max), *encoded, storage_units(*encoded) * view.storage_price});
    }
    return out;
}

std::uint64_t metadata_storage(const NetworkView& view) {
    const std::uint64_t n = view.shard_count();
    return n * (n * kMetadataBytesPerPair + kDigestBytes);
}

Frost marginal_price(const NetworkView& view) {
    // Of a MiB more in a big blob.
    const std::uint64_t max = view.code.blob_bytes_max();
    const std::uint64_t units =
        storage_units(*view.code.encoded_blob_bytes(max) - metadata_storage(view));
    return units * view.storage_price / std::max<std::uint64_t>(1, max / kStorageUnitBytes);
}

std::string price_text(const NetworkView& view, const InfoArguments&) {
    std::string out = fmt::format(
        "Prices\n  Storage:             {} per MiB (encoded) and epoch\n"
        "  Writing:             {} per MiB (encoded)\n"
        "  Metadata of a blob:  {} per epoch\n  A MiB more:          {} per epoch\n",
        client::format_wal(view.storage_price), client::format_wal(view.write_price),
        client::format_wal(storage_units(metadata_storage(view)) * view.storage_price),
        client::format_wal(marginal_price(view)));
    for (const Example& example : examples(view))
        out +=
            fmt::format("  A blob of {:>9}: {} encoded, {} per epoch\n",
                        client::format_bytes(example.unencoded),
                        client::format_bytes(example.encoded), client::format_wal(example.price));
    return out;
}

void price_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    out.begin_object();
    out.key("storagePricePerUnitSize").number(view.storage_price);
    out.key("writePricePerUnitSize").number(view.write_price);
    out.key("encodingDependentPriceInfo").begin_array().begin_object();
    out.key("marginalSize").number(kStorageUnitBytes);
    out.key("metadataPrice").number(storage_units(metadata_storage(view)) * view.storage_price);
    out.key("marginalPrice").number(marginal_price(view));
    out.key("exampleBlobs").begin_array();
    for (const Example& example : examples(view)) {
        out.begin_object();
        out.key("unencodedSize").number(example.unencoded);
        out.key("encodedSize").number(example.encoded);
        out.key("price").number(example.price);
        out.key("encodingType").string("RS2");
        out.end();
    }
    out.end();
    out.key("encodingType").string("RS2");
    out.end().end().end();
}

// ---- fault tolerance, coin
// -----------------------------------------------------------------------

/// The fewest nodes that together hold more than f shards, and how many they hold.
std::pair<std::size_t, std::size_t> nodes_above_faulty(const NetworkView& view) {
    std::vector<std::size_t> weights;
    for (const client::NodeInfo& node : view.nodes) weights.push_back(node.shards.size());
    std::sort(weights.rbegin(), weights.rend());
    std::size_t sum = 0;
    std::size_t count = 0;
    while (count < weights.size() && sum <= view.code.faulty_max()) sum += weights[count++];
    return {count, sum};
}

std::string bft_text(const NetworkView& view, const InfoArguments&) {
    const std::uint32_t f = view.code.faulty_max();
    const auto [nodes, shards] = nodes_above_faulty(view);
    return fmt::format(
        "Fault tolerance\n  Faulty shards (f):   {}\n  Quorum (2f+1):       {}\n"
        "  Correct (n-f):       {}\n  Nodes above f:       {} (with {} shards)\n",
        f, 2 * f + 1, view.shard_count() - f, nodes, shards);
}

void bft_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    const std::uint64_t f = view.code.faulty_max();
    const auto [nodes, shards] = nodes_above_faulty(view);
    out.begin_object();
    out.key("maxFaultyShards").number(f);
    out.key("minCorrectShards").number(view.shard_count() - f);
    out.key("quorumThreshold").number(2 * f + 1);
    out.key("minNodesAbove").number(std::uint64_t{nodes});
    out.key("shardsAbove").number(std::uint64_t{shards});
    out.end();
}

std::string coin_text(const NetworkView& view, const InfoArguments&) {
    return fmt::format("WAL coin type: {}\n", view.wal_type);
}

void coin_json(JsonWriter& out, const NetworkView& view, const InfoArguments&) {
    out.begin_object();
    out.key("coinType").string(view.wal_type);
    out.end();
}

// ---- committee
// -----------------------------------------------------------------------------------

std::vector<const client::NodeInfo*> sorted_nodes(const NetworkView& view,
                                                  const InfoArguments& arguments) {
    std::vector<const client::NodeInfo*> out;
    for (const client::NodeInfo& node : view.nodes) out.push_back(&node);
    const std::string by = arguments.sort_by.value_or("name");
    std::sort(out.begin(), out.end(), [&](const auto* a, const auto* b) {
        if (by == "id") return a->id < b->id;
        if (by == "url") return a->address.network_address < b->address.network_address;
        return a->name < b->name;
    });
    if (arguments.descending) std::reverse(out.begin(), out.end());
    return out;
}

std::string committee_text(const NetworkView& view, const InfoArguments& arguments) {
    const std::uint32_t symbol = kSymbolBytesMax;
    std::string out = fmt::format(
        "Committee of epoch {}\n  Source symbols:      {} primary, {} secondary\n"
        "  Metadata of a blob:  {}\n  Maximum sliver:      {}\n  Maximum encoded:     {}\n",
        view.epoch, view.code.primary_source_symbols(), view.code.secondary_source_symbols(),
        client::format_bytes(metadata_storage(view)),
        client::format_bytes(view.code.sliver_bytes(Axis::Primary, symbol)),
        client::format_bytes(*view.code.encoded_blob_bytes(view.code.blob_bytes_max())));
    std::vector<std::vector<std::string>> rows = {{"Idx", "Name", "# Shards", "Stake", "Address"}};
    std::size_t index = 0;
    for (const client::NodeInfo* node : sorted_nodes(view, arguments))
        rows.push_back(
            {std::to_string(index++), node->name,
             fmt::format("{} ({:.1f} %)", node->shards.size(),
                         100.0 * static_cast<double>(node->shards.size()) / view.shard_count()),
             client::format_wal(node->stake), node->address.network_address});
    out += format_table(rows);
    if (arguments.hide_details) return out;
    for (const client::NodeInfo* node : sorted_nodes(view, arguments))
        out += fmt::format("{}\n  Node ID:    {}\n  Public key: {}\n", node->name,
                           to_text(node->id), node->public_key);
    return out;
}

void committee_json(JsonWriter& out, const NetworkView& view, const InfoArguments& arguments) {
    out.begin_object();
    out.key("nShards").number(std::uint64_t{view.shard_count()});
    out.key("nPrimarySourceSymbols").number(std::uint64_t{view.code.primary_source_symbols()});
    out.key("nSecondarySourceSymbols").number(std::uint64_t{view.code.secondary_source_symbols()});
    out.key("maxSliverSize").number(view.code.sliver_bytes(Axis::Primary, kSymbolBytesMax));
    out.key("metadataStorageSize").number(metadata_storage(view));
    out.key("maxEncodedBlobSize").number(*view.code.encoded_blob_bytes(view.code.blob_bytes_max()));
    out.key("currentStorageNodes").begin_array();
    for (const client::NodeInfo* node : sorted_nodes(view, arguments)) {
        out.begin_object();
        out.key("name").string(node->name);
        out.key("networkAddress").string(node->address.network_address);
        out.key("publicKey").string(node->public_key);
        out.key("nShards").number(std::uint64_t{node->shards.size()});
        out.key("shardIds").begin_array();
        for (const ShardIndex shard : node->shards) out.number(std::uint64_t{shard.value});
        out.end();
        out.key("nodeId").string(to_text(node->id));
        out.key("stake").number(node->stake);
        out.key("commissionRate").number(std::uint64_t{node->commission_rate});
        out.end();
    }
    out.end();
    out.key("nextStorageNodes").begin_array().end();
    out.end();
}

// --------------------------------------------------------------------------------------------------

constexpr Section kSections[] = {
    {"epoch", "epochInfo", epoch_text, epoch_json},
    {"storage", "storageInfo", storage_text, storage_json},
    {"size", "sizeInfo", size_text, size_json},
    {"price", "priceInfo", price_text, price_json},
    {"bft", "bftInfo", bft_text, bft_json},
    {"committee", "committeeInfo", committee_text, committee_json},
    {"coin", "coinInfo", coin_text, coin_json},
};

std::vector<const Section*> sections_of(const std::string& what) {
    std::vector<const Section*> out;
    for (const Section& section : kSections) {
        const std::string name = section.name;
        const bool basic =
            name == "epoch" || name == "storage" || name == "size" || name == "price";
        if (what == name || (what == "all" && name != "coin") || (what.empty() && basic))
            out.push_back(&section);
    }
    return out;
}

io::Task<RunResult> show(client::Client& client, const InfoArguments& arguments, std::string what,
                         bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    const auto sections = sections_of(what);
    std::string text;
    if (json) {
        JsonWriter out;
        // A section alone is the object itself.
        if (sections.size() == 1) {
            sections.front()->json(out, *view, arguments);
        } else {
            out.begin_object();
            for (const Section* section : sections) {
                out.key(section->json_key);
                section->json(out, *view, arguments);
            }
            out.end();
        }
        text = out.take();
    } else {
        for (const Section* section : sections)
            text += (text.empty() ? "" : "\n") + section->text(*view, arguments);
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

}  // namespace

Command info_command() {
    auto arguments = std::make_shared<InfoArguments>();
    auto what = std::make_shared<std::optional<std::string>>();
    Command command;
    command.name = "info";
    command.help = "Show epoch, sizes, prices and committee of the network";
    command.examples =
        "  walrus info\n  walrus info committee --hide-details\n  walrus info all --json";
    command.declare = [arguments, what](Arguments& a) {
        a.positional("PART", *what, "all, epoch, storage, size, price, bft, committee or coin",
                     false);
        a.value("--sort-by", arguments->sort_by, "name|id|url", "Order of the nodes");
        a.flag("--desc", arguments->descending, "Backwards");
        a.flag("--hide-details", arguments->hide_details, "Only the table of nodes");
    };
    command.run = [arguments, what](const GlobalOptions& globals) -> RunResult {
        const std::string part = what->value_or("");
        if (sections_of(part).empty())
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("info {}: expected all, epoch, storage, size, price, bft, committee or "
                            "coin",
                            part));
        if (const auto& by = arguments->sort_by; by && *by != "name" && *by != "id" && *by != "url")
            return client::client_failure(
                ClientCode::Usage, fmt::format("--sort-by {}: expected name, id or url", *by));
        return run_with_client(globals, [&](client::Client& client) {
            return show(client, *arguments, part, globals.json);
        });
    };
    return command;
}

}  // namespace walrus::cli
