// SPDX-License-Identifier: Apache-2.0
// All commands, one file each.
#pragma once

#include <vector>

#include "cli/command_line.hpp"

namespace walrus::cli {

// Blobs.
Command store_command();
Command read_command();
Command store_quilt_command();
Command read_quilt_command();
Command list_patches_in_quilt_command();
Command blob_id_command();
Command blob_status_command();
Command convert_blob_id_command();
// Blob objects.
Command list_blobs_command();
Command delete_command();
Command extend_command();
Command share_command();
Command fund_shared_blob_command();
Command burn_blobs_command();
Command get_blob_attribute_command();
Command set_blob_attribute_command();
Command remove_blob_attribute_fields_command();
Command remove_blob_attribute_command();
Command pool_command();
// Network and money.
Command stake_command();
Command request_withdraw_stake_command();
Command withdraw_stake_command();
Command list_staked_wal_command();
Command info_command();
Command health_command();
Command wallet_command();
Command exchange_command();
Command get_wal_command();
// Operators' tools.
Command codec_command();
Command bench_command();
Command up_command();
Command down_command();
Command status_command();
Command ledger_command();
Command node_command();
Command completion_command();
Command json_command();

/// In the order of the help.
std::vector<Command> all_commands();

/// "walrus 0.1.0 (commit 0123abcd, simd avx2)".
std::string version_text();

}  // namespace walrus::cli
