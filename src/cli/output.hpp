// SPDX-License-Identifier: Apache-2.0
// How results look, as JSON (the reference's shapes, spec/client.md §2.4) and as text.
#pragma once

#include <string>
#include <vector>

#include "cli/json_writer.hpp"
#include "client/error.hpp"
#include "client/ledger_actions.hpp"
#include "client/network.hpp"
#include "nodeapi/node_client.hpp"

namespace walrus::cli {

/// {id, registeredEpoch, blobId, size, encodingType, certifiedEpoch, storage, deletable}
void write_blob_object(JsonWriter& out, const ledger::Blob& blob);

/// A status with its facts in a sentence.
std::string describe_status(const nodeapi::BlobStatus& status);

/// The error as JSON: {"error": {code, exitCode, message}}.
std::string error_json(client::ClientCode code, int exit_code, const std::string& message);

/// Columns as wide as their widest cell; numbers as they are.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace walrus::cli
