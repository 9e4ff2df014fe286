// SPDX-License-Identifier: Apache-2.0
// Writes JSON for people and programs: two spaces, keys in the order of writing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace walrus::cli {

class JsonWriter {
public:
    JsonWriter& begin_object() { return open('{', '}'); }
    JsonWriter& begin_array() { return open('[', ']'); }
    JsonWriter& end();
    JsonWriter& key(std::string_view name);

    JsonWriter& string(std::string_view text);
    JsonWriter& number(std::uint64_t value);
    JsonWriter& number(double value, int decimals);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    /// Text that is JSON already.
    JsonWriter& raw(std::string_view json);

    /// The document with a line end. Precondition: everything is closed.
    std::string take();

private:
    JsonWriter& open(char opening, char closing);
    void before_value();
    void new_line();
    std::string out_;
    std::vector<char> closing_;
    bool first_ = true;
    bool after_key_ = false;
};

/// The text as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace walrus::cli
