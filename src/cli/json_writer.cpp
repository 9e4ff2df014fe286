// SPDX-License-Identifier: Apache-2.0
#include "cli/json_writer.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/text.hpp"

namespace walrus::cli {

std::string json_quote(std::string_view text) {
    std::string out = "\"";
    const bool clean = is_utf8(text);
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
                else if (!clean && static_cast<unsigned char>(c) >= 0x80)
                    out += "\xEF\xBF\xBD";
                else
                    out += c;
        }
    }
    return out + "\"";
}

void JsonWriter::new_line() {
    out_ += '\n';
    out_.append(2 * closing_.size(), ' ');
}

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (closing_.empty()) return;
    if (!first_) out_ += ',';
    first_ = false;
    new_line();
}

JsonWriter& JsonWriter::open(char opening, char closing) {
    before_value();
    out_ += opening;
    closing_.push_back(closing);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end() {
    WALRUS_CHECK(!closing_.empty());
    const char closing = closing_.back();
    closing_.pop_back();
    if (!first_) new_line();
    out_ += closing;
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    before_value();
    out_ += json_quote(name);
    out_ += ": ";
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    return raw(json_quote(text));
}
JsonWriter& JsonWriter::number(std::uint64_t value) {
    return raw(std::to_string(value));
}
JsonWriter& JsonWriter::number(double value, int decimals) {
    return raw(fmt::format("{:.{}f}", value, decimals));
}
JsonWriter& JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}
JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_value();
    out_ += json;
    return *this;
}

std::string JsonWriter::take() {
    WALRUS_CHECK(closing_.empty());
    out_ += '\n';
    return std::move(out_);
}

}  // namespace walrus::cli
