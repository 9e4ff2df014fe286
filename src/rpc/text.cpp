// SPDX-License-Identifier: Apache-2.0
#include "rpc/text.hpp"

#include <algorithm>

namespace walrus::rpc {

std::string shown(const std::string& text) {
    return text.size() <= 100 ? text : text.substr(0, 100) + "…";
}

std::string amount_text(__int128 amount) {
    if (amount == 0) return "0";
    const bool negative = amount < 0;
    auto rest = static_cast<unsigned __int128>(amount);
    if (negative) rest = -rest;
    std::string digits;
    for (; rest != 0; rest /= 10)
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    if (negative) digits.push_back('-');
    std::reverse(digits.begin(), digits.end());
    return digits;
}

std::string failure_text(const ledger::ExecutionError& error) {
    std::string out = error.description.empty() ? error.name() : error.description;
    if (error.command) out += " in command " + std::to_string(*error.command);
    return out;
}

}  // namespace walrus::rpc
