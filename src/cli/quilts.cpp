// SPDX-License-Identifier: Apache-2.0
#include "cli/quilts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/ids.hpp"
#include "cli/output.hpp"

namespace walrus::cli {

using client::client_failure;
using client::QuiltFile;

namespace {

namespace fs = std::filesystem;

/// More files than any quilt holds: stop looking.
constexpr std::size_t kFilesMax = kShardCountMax;

ClientResult<void> check_unique(const std::vector<QuiltFile>& files) {
    std::map<std::string_view, const std::string*> paths;
    for (const QuiltFile& file : files) {
        const auto [other, is_new] = paths.emplace(file.identifier, &file.path);
        if (!is_new)
            return client_failure(
                ClientCode::Usage,
                fmt::format("{} and {} would both be identified by \"{}\": use --relative-paths to "
                            "identify files by their path below a folder, or --blobs to choose "
                            "identifiers",
                            *other->second, file.path, file.identifier));
    }
    return {};
}

ClientResult<void> add_folder(const fs::path& folder, bool relative_paths,
                              std::vector<QuiltFile>& out) {
    std::error_code error;
    std::vector<QuiltFile> found;
    fs::recursive_directory_iterator entry(folder, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) continue;
        const fs::path& path = entry->path();
        WALRUS_TRY(check_input_file(path.string(), ~std::uint64_t{0}));
        const fs::path name = relative_paths ? path.lexically_relative(folder) : path.filename();
        found.push_back({path.string(), name.generic_string(), {}});
        if (out.size() + found.size() > kFilesMax)
            return client_failure(
                ClientCode::InputFile,
                fmt::format("more than {} files are more than any quilt holds", kFilesMax));
    }
    if (error)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{}: {}", folder.string(), error.message()));
    // Folders list their entries in any order; messages about them shall not depend on it.
    std::sort(found.begin(), found.end(),
              [](const QuiltFile& a, const QuiltFile& b) { return a.path < b.path; });
    out.insert(out.end(), found.begin(), found.end());
    return {};
}

ClientResult<QuiltFile> file_of_json(const std::string& text) {
    const auto wrong = [&](const std::string& why) {
        return client_failure(ClientCode::Usage,
                              fmt::format("--blobs {}: {}; expected {{\"path\": \"FILE\", "
                                          "\"identifier\": \"NAME\", \"tags\": {{\"k\": \"v\"}}}}",
                                          text, why));
    };
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return wrong("is not a JSON object");
    QuiltFile out;
    for (const auto& [key, value] : json.items()) {
        if (key == "tags") {
            if (!value.is_object()) return wrong("tags are not an object");
            for (const auto& [tag, content] : value.items()) {
                if (!content.is_string()) return wrong("tag " + tag + " is not a text");
                out.tags[tag] = content.get<std::string>();
            }
        } else if (key == "path" || key == "identifier") {
            if (!value.is_string()) return wrong(key + " is not a text");
            (key == "path" ? out.path : out.identifier) = value.get<std::string>();
        } else {
            return wrong("\"" + key + "\" is unknown");
        }
    }
    if (out.path.empty()) return wrong("has no path");
    WALRUS_TRY(check_input_file(out.path, ~std::uint64_t{0}));
    if (!json.contains("identifier")) out.identifier = fs::path(out.path).filename().string();
    return out;
}

}  // namespace

ClientResult<std::vector<QuiltFile>> quilt_files_of_paths(const std::vector<std::string>& paths,
                                                          bool relative_paths) {
    std::vector<QuiltFile> out;
    for (const std::string& path : paths) {
        std::error_code error;
        if (fs::is_directory(path, error)) {
            WALRUS_TRY(add_folder(path, relative_paths, out));
        } else {
            WALRUS_TRY(check_input_file(path, ~std::uint64_t{0}));
            out.push_back({path, fs::path(path).filename().string(), {}});
        }
    }
    WALRUS_TRY(check_unique(out));
    return out;
}

ClientResult<std::vector<QuiltFile>> quilt_files_of_json(const std::vector<std::string>& blobs) {
    std::vector<QuiltFile> out;
    for (const std::string& blob : blobs) out.push_back(WALRUS_TRY(file_of_json(blob)));
    WALRUS_TRY(check_unique(out));
    return out;
}

ClientResult<std::string> PatchPaths::path_of(std::string_view identifier) {
    fs::path below;
    for (std::size_t at = 0; at <= identifier.size();) {
        const std::size_t end = std::min(identifier.find('/', at), identifier.size());
        const std::string_view part = identifier.substr(at, end - at);
        at = end + 1;
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            below.clear();
            break;
        }
        below /= part;
    }
    if (below.empty())
        return client_failure(
            ClientCode::Usage,
            fmt::format("patch \"{}\" cannot be a file below {}: read it without --out", identifier,
                        folder_));
    fs::path name = below;
    for (int copy = 2; !taken_.insert(name.string()).second; ++copy)
        name = below.parent_path() /
               fmt::format("{}_{}{}", below.stem().string(), copy, below.extension().string());
    return (fs::path(folder_) / name).string();
}

std::string index_table(const QuiltIndex& index, const BlobId& quilt_id) {
    std::vector<std::vector<std::string>> rows = {
        {"Index", "QuiltPatchId", "Sliver Range", "Identifier", "Tags"}};
    for (std::size_t i = 0; i < index.patches.size(); ++i) {
        const QuiltPatch& patch = index.patches[i];
        rows.push_back({std::to_string(i), to_text(QuiltPatchId{quilt_id, patch.columns}),
                        fmt::format("[{}, {})", patch.columns.start, patch.columns.end),
                        patch.identifier, tags_text(patch.tags)});
    }
    return format_table(rows);
}

void write_tags(JsonWriter& out, const PatchTags& tags) {
    out.begin_object();
    for (const auto& [key, value] : tags) out.key(key).string(value);
    out.end();
}

std::string tags_text(const PatchTags& tags) {
    std::string out;
    for (const auto& [key, value] : tags)
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, value);
    return out;
}

void write_index(JsonWriter& out, const QuiltIndex& index, const std::optional<BlobId>& quilt_id) {
    out.begin_object();
    out.key("quiltPatches").begin_array();
    for (const QuiltPatch& patch : index.patches) {
        out.begin_object();
        out.key("endIndex").number(std::uint64_t{patch.columns.end});
        out.key("identifier").string(patch.identifier);
        out.key("tags");
        write_tags(out, patch.tags);
        if (quilt_id) {
            out.key("quiltPatchId").string(to_text(QuiltPatchId{*quilt_id, patch.columns}));
            out.key("range").begin_array();
            out.number(std::uint64_t{patch.columns.start});
            out.number(std::uint64_t{patch.columns.end});
            out.end();
        }
        out.end();
    }
    out.end().end();
}

}  // namespace walrus::cli
