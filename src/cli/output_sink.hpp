// SPDX-License-Identifier: Apache-2.0
// Where commands write blobs that they read.
#pragma once

#include <memory>
#include <string>

#include "client/sink.hpp"
#include "io/environment.hpp"

namespace walrus::cli {

/// A regular file, which appears whole or not at all and whose temporary file a signal removes;
/// anything else is written through. Errors: Usage (a folder), Resources.
client::ClientResult<std::unique_ptr<client::BlobSink>> open_sink(io::Environment& environment,
                                                                  const std::string& target);
std::unique_ptr<client::BlobSink> standard_output_sink(io::Environment& environment);

}  // namespace walrus::cli
