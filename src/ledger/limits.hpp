// SPDX-License-Identifier: Apache-2.0
// The room's limits: what a transaction may hold at most. They bound memory and time before
// anything is executed; changing one changes the rules of the ledger.
#pragma once

#include <cstddef>

namespace walrus::ledger {

/// Bytes of TransactionData.
inline constexpr std::size_t kTransactionBytesMax = 128 * 1024;
inline constexpr std::size_t kInputsMax = 2048;
inline constexpr std::size_t kCommandsMax = 1024;
/// Arguments of one command.
inline constexpr std::size_t kArgumentsMax = 512;
/// Type arguments of one call or of one type.
inline constexpr std::size_t kTypeArgumentsMax = 16;
/// Types mentioned inside one type tag, itself included.
inline constexpr std::size_t kTypeNodesMax = 32;
/// Bytes of an identifier in a type or call.
inline constexpr std::size_t kIdentifierBytesMax = 128;
/// Bytes of one pure input.
inline constexpr std::size_t kPureBytesMax = 16 * 1024;
/// Signatures that are parsed; exactly one makes a transaction valid.
inline constexpr std::size_t kSignaturesMax = 16;
/// Bytes of one signature, flag and key included.
inline constexpr std::size_t kSignatureBytesMax = 2048;
/// Bytes of one object's contents, as on the public chain; the singletons' states are exempt.
inline constexpr std::size_t kObjectBytesMax = 256'000;
/// Bytes that the MakeMoveVec commands of one transaction may copy.
inline constexpr std::size_t kVectorBytesMax = 1024 * 1024;
/// Longest text of a type that is parsed.
inline constexpr std::size_t kTypeTextBytesMax = 4096;

}  // namespace walrus::ledger
