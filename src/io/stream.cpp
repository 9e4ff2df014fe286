// SPDX-License-Identifier: Apache-2.0
#include "io/stream.hpp"

namespace walrus::io {

std::string to_text(const Endpoint& endpoint) {
    const bool bare_v6 = endpoint.host.find(':') != std::string::npos && endpoint.host[0] != '[';
    const std::string host = bare_v6 ? "[" + endpoint.host + "]" : endpoint.host;
    return host + ":" + std::to_string(endpoint.port);
}

Task<IoResult<std::size_t>> Stream::write_some(ByteView data) {
    auto written = co_await write_all(data);
    if (!written) co_return fail(std::move(written).error());
    co_return data.size();
}

Task<void> Stream::end_writes() {
    co_return;
}

}  // namespace walrus::io
