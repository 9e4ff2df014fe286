// SPDX-License-Identifier: Apache-2.0
#include "cli/ids.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/ledger_actions.hpp"

namespace walrus::cli {

using client::client_failure;

ClientResult<BlobId> blob_id_argument(const std::string& text) {
    const auto id = parse_blob_id(text);
    if (!id)
        return client_failure(
            ClientCode::Usage,
            fmt::format(
                "\"{}\" is not a blob id: expected 43 characters of URL-safe base64, 0x and "
                "64 hexadecimal digits, or a decimal number",
                text));
    return *id;
}

ClientResult<ObjectId> object_id_argument(const std::string& text) {
    const auto id = parse_object_id(text);
    if (!id)
        return client_failure(ClientCode::Usage,
                              fmt::format("\"{}\" is not an object id: expected 0x and up to 64 "
                                          "hexadecimal digits{}",
                                          text,
                                          parse_blob_id(text) ? " (it is a blob id; `walrus "
                                                                "list-blobs` shows the objects)"
                                                              : ""));
    return *id;
}

ClientResult<Address> address_argument(const std::string& text) {
    const auto address = parse_address(text);
    if (!address)
        return client_failure(ClientCode::Usage,
                              fmt::format("\"{}\" is not an address: expected 0x and up to 64 "
                                          "hexadecimal digits",
                                          text));
    return *address;
}

io::Task<ClientResult<BlobId>> resolve_blob_id(client::Client& client, std::string text) {
    const auto id = blob_id_argument(text);
    if (!id) co_return fail(id.error());
    if (!text.starts_with("0x") || text.size() != 66) co_return *id;
    WALRUS_CO_TRY(view, co_await client.network());
    const auto object = parse_object_id(text);
    if (!object) co_return *id;
    auto blob = co_await client::blob_object(client, view, *object);
    if (blob) co_return blob->blob.blob_id;
    auto shared =
        co_await client::object_of_type(client, view, *object, "shared_blob", "SharedBlob");
    if (!shared) co_return *id;
    WALRUS_CO_TRY(wrapped, client::decode_contents<ledger::SharedBlob>(*shared));
    co_return wrapped.blob.blob_id;
}

ClientResult<std::uint64_t> check_input_file(const std::string& path, std::uint64_t bytes_max) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        return client_failure(ClientCode::InputFile, fmt::format("there is no file {}", path));
    if (std::filesystem::is_directory(status))
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} is a folder: name its files", path));
    if (!std::filesystem::is_regular_file(status))
        return client_failure(ClientCode::InputFile, fmt::format("{} is not a regular file", path));
    if (::access(path.c_str(), R_OK) != 0)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error)
        return client_failure(ClientCode::InputFile, fmt::format("{}: {}", path, error.message()));
    if (size > bytes_max)
        return client_failure(ClientCode::InputFile,
                              fmt::format("{} has {} bytes, more than the largest blob, {} bytes",
                                          path, size, bytes_max));
    return size;
}

}  // namespace walrus::cli
