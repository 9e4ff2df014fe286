// SPDX-License-Identifier: Apache-2.0
// What the commands about quilts have in common: which files become patches, where patches become
// files, and how an index looks.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/json_writer.hpp"
#include "client/store_quilt.hpp"
#include "redstuff/quilt.hpp"

namespace walrus::cli {

/// Files and, with all below, folders. A file is identified by its name, or below a folder by its
/// path there if `relative_paths`. Errors: InputFile (missing, no regular file), Usage (two files
/// of one identifier).
ClientResult<std::vector<client::QuiltFile>> quilt_files_of_paths(
    const std::vector<std::string>& paths, bool relative_paths);

/// Each {"path": …, "identifier"?: …, "tags"?: {…}}; the identifier is the file's name if there is
/// none. Errors: as above; Usage (not of this form).
ClientResult<std::vector<client::QuiltFile>> quilt_files_of_json(
    const std::vector<std::string>& blobs);

/// Chooses file names for patches of one command.
class PatchPaths {
public:
    explicit PatchPaths(std::string folder) : folder_(std::move(folder)) {}
    /// Below the folder, whatever the identifier: `/` makes folders, and a second file of one name
    /// gets _2 before its extension. Errors: Usage (an identifier that leads out of the folder).
    ClientResult<std::string> path_of(std::string_view identifier);

private:
    std::string folder_;
    std::set<std::string> taken_;
};

/// Index | QuiltPatchId | Sliver Range | Identifier | Tags
std::string index_table(const QuiltIndex& index, const BlobId& quilt_id);
/// {"quiltPatches": [{endIndex, identifier, tags, …}]}: the reference's form, and what it leaves
/// out (`quiltPatchId`, `range`) if there is an id.
void write_index(JsonWriter& out, const QuiltIndex& index, const std::optional<BlobId>& quilt_id);
void write_tags(JsonWriter& out, const PatchTags& tags);
std::string tags_text(const PatchTags& tags);

}  // namespace walrus::cli
