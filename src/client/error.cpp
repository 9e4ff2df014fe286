// SPDX-License-Identifier: Apache-2.0
#include "client/error.hpp"

#include <fmt/format.h>

namespace walrus::client {

int exit_code(ClientCode code) {
    switch (code) {
        case ClientCode::Internal:
            return 1;
        case ClientCode::Usage:
            return 2;
        case ClientCode::InputFile:
            return 2;
        case ClientCode::Partial:
            return 3;
        case ClientCode::NotFound:
            return 4;
        case ClientCode::Funds:
            return 5;
        case ClientCode::Network:
            return 6;
        case ClientCode::Integrity:
            return 7;
        case ClientCode::Refused:
            return 1;
        case ClientCode::Resources:
            return 1;
        case ClientCode::Cancelled:
            return 1;
    }
    return 1;
}

std::string_view code_name(ClientCode code) {
    switch (code) {
        case ClientCode::Internal:
            return "INTERNAL";
        case ClientCode::Usage:
            return "INVALID_ARGUMENT";
        case ClientCode::InputFile:
            return "INPUT_FILE";
        case ClientCode::Partial:
            return "PARTIAL";
        case ClientCode::NotFound:
            return "NOT_FOUND";
        case ClientCode::Funds:
            return "INSUFFICIENT_FUNDS";
        case ClientCode::Network:
            return "NETWORK_UNAVAILABLE";
        case ClientCode::Integrity:
            return "INTEGRITY";
        case ClientCode::Refused:
            return "REFUSED";
        case ClientCode::Resources:
            return "RESOURCES";
        case ClientCode::Cancelled:
            return "CANCELLED";
    }
    return "INTERNAL";
}

ClientError from_rpc(const rpc::RpcError& error, std::string_view doing) {
    const auto code = [&] {
        switch (error.code) {
            case rpc::RpcCode::NotFound:
                return ClientCode::NotFound;
            case rpc::RpcCode::InvalidArgument:
                return ClientCode::Refused;
            case rpc::RpcCode::Rejected:
                return ClientCode::Refused;
            case rpc::RpcCode::Unavailable:
                return ClientCode::Network;
            case rpc::RpcCode::Unimplemented:
                return ClientCode::Refused;
            case rpc::RpcCode::Malformed:
                return ClientCode::Network;
            case rpc::RpcCode::Cancelled:
                return ClientCode::Cancelled;
        }
        return ClientCode::Internal;
    }();
    return {code, fmt::format("{}: {}", doing, error.message)};
}

ClientError from_io(const io::IoError& error, std::string_view doing) {
    const auto code = [&] {
        switch (error.code) {
            case io::IoCode::NotFound:
            case io::IoCode::AlreadyExists:
                return ClientCode::InputFile;
            case io::IoCode::NoSpace:
            case io::IoCode::PermissionDenied:
            case io::IoCode::InUse:
                return ClientCode::Resources;
            case io::IoCode::Corrupt:
                return ClientCode::Integrity;
            case io::IoCode::Closed:
            case io::IoCode::TimedOut:
            case io::IoCode::Refused:
            case io::IoCode::Untrusted:
            case io::IoCode::Malformed:
                return ClientCode::Network;
            case io::IoCode::Cancelled:
                return ClientCode::Cancelled;
            case io::IoCode::TooLarge:
                return ClientCode::InputFile;
            case io::IoCode::Other:
                return ClientCode::Internal;
        }
        return ClientCode::Internal;
    }();
    return {code, fmt::format("{}: {}", doing, error.message)};
}

ClientError from_node(const nodeapi::NodeError& error, std::string_view doing) {
    const auto code = [&] {
        switch (error.code) {
            case nodeapi::NodeCode::Unreachable:
            case nodeapi::NodeCode::Untrusted:
            case nodeapi::NodeCode::Overloaded:
            case nodeapi::NodeCode::NoSpace:
            case nodeapi::NodeCode::NotRegistered:
            case nodeapi::NodeCode::MissingSlivers:
            case nodeapi::NodeCode::Broken:
                return ClientCode::Network;
            case nodeapi::NodeCode::NotFound:
                return ClientCode::NotFound;
            case nodeapi::NodeCode::Blocked:
            case nodeapi::NodeCode::Refused:
                return ClientCode::Refused;
            case nodeapi::NodeCode::Cancelled:
                return ClientCode::Cancelled;
        }
        return ClientCode::Internal;
    }();
    return {code, fmt::format("{}: {}", doing, error.message)};
}

ClientError from_execution(const rpc::ExecutionFailure& failure, std::string_view doing) {
    const bool money = failure.abort_name == "ENotEnough" || failure.module == "balance" ||
                       failure.description.find("nsufficient") != std::string::npos;
    std::string what = failure.description;
    if (!failure.abort_name.empty() && what.find(failure.abort_name) == std::string::npos)
        what += fmt::format(" ({}::{})", failure.module, failure.abort_name);
    return {money ? ClientCode::Funds : ClientCode::Refused,
            fmt::format("{}: the ledger refused: {}", doing, what)};
}

ClientError from_quilt(const QuiltError& error, std::string_view doing) {
    const auto code = [&] {
        switch (error.code) {
            case QuiltCode::NoPatches:
            case QuiltCode::InvalidIdentifier:
            case QuiltCode::DuplicateIdentifier:
            case QuiltCode::InvalidTags:
                return ClientCode::Usage;
            case QuiltCode::TooManyPatches:
            case QuiltCode::PatchTooLarge:
            case QuiltCode::QuiltTooLarge:
                return ClientCode::InputFile;
            case QuiltCode::OutOfMemoryBudget:
                return ClientCode::Resources;
            case QuiltCode::MissingColumn:
                return ClientCode::Internal;
            case QuiltCode::Malformed:
                return ClientCode::Integrity;
        }
        return ClientCode::Internal;
    }();
    return {code, fmt::format("{}: {}", doing, error.message)};
}

ClientError out_of_memory(std::size_t needed, const BufferPool& pool, std::string_view doing) {
    return {ClientCode::Resources,
            fmt::format("{} needs {} bytes of memory; the budget is {} bytes, {} of them in use. "
                        "Set WALRUS_MEMORY_MB higher or use a machine with more memory",
                        doing, needed, pool.budget_bytes(), pool.in_use_bytes())};
}

}  // namespace walrus::client
