// SPDX-License-Identifier: Apache-2.0
#include "store/node_store.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace walrus::store {
namespace {

constexpr std::string_view kFormatPrefix = "walrus node store ";
constexpr std::size_t kFormatBytesMax = 64;

StoreResult<void> check_format(io::FileSystem& files, const std::string& directory) {
    const std::string path = directory + "/FORMAT";
    if (!WALRUS_STORE_TRY(files.exists(path))) {
        const std::string text = fmt::format("{}{}\n", kFormatPrefix, kStoreFormat);
        WALRUS_STORE_TRY(files.write_file(path, as_bytes(text)));
        return {};
    }
    const Bytes content = WALRUS_STORE_TRY(files.read_file(path, kFormatBytesMax));
    std::string_view text = as_text(content);
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::optional<std::uint64_t> format;
    if (text.starts_with(kFormatPrefix)) format = parse_u64(text.substr(kFormatPrefix.size()));
    if (format == kStoreFormat) return {};
    return store_failure(
        StoreCode::UnknownFormat,
        fmt::format("{} says \"{}\", but this program writes format {}: run the version that wrote "
                    "it, or start the node with an empty directory",
                    path, format ? std::string(text) : "something else", kStoreFormat));
}

}  // namespace

StoreResult<std::unique_ptr<NodeStore>> NodeStore::open(io::Environment& environment,
                                                        const std::string& directory,
                                                        SliverStoreOptions options) {
    io::FileSystem& files = environment.files;
    std::unique_ptr<NodeStore> store(new NodeStore());
    WALRUS_STORE_TRY(files.create_directories(directory));
    store->lock_ = WALRUS_STORE_TRY(files.lock(directory + "/LOCK"));
    WALRUS_TRY(check_format(files, directory));
    store->index_ = WALRUS_STORE_TRY(environment.open_store(directory + "/index"));
    store->state_ = WALRUS_TRY(BlobState::open(*store->index_));
    store->slivers_ =
        WALRUS_TRY(SliverStore::open(files, *store->index_, directory + "/segments", options));
    // The names of what was just created must last as long as what is stored under them.
    WALRUS_STORE_TRY(files.sync_directory(directory));
    const std::size_t slash = directory.rfind('/');
    if (slash != std::string::npos && slash > 0)
        WALRUS_STORE_TRY(files.sync_directory(directory.substr(0, slash)));
    return store;
}

}  // namespace walrus::store
