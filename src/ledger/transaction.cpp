// SPDX-License-Identifier: Apache-2.0
#include "ledger/transaction.hpp"

#include "base/check.hpp"
#include "hash/blake2b.hpp"
#include "ledger/limits.hpp"

namespace walrus::ledger {

void bcs_encode(bcs::Writer& out, const PrefixedDigest& digest) {
    out.bytes(digest.bytes);
}

bool bcs_decode(bcs::Reader& in, PrefixedDigest& digest) {
    ByteView view;
    if (!in.bytes(view)) return false;
    if (view.size() != digest.bytes.size()) return in.fail(bcs::Error::InvalidValue);
    std::copy(view.begin(), view.end(), digest.bytes.begin());
    return true;
}

// Reservation 0 (MaxAmountU64), type 0 (Balance), source.
void bcs_encode(bcs::Writer& out, const WithdrawalArg& withdrawal) {
    out.u8(0);
    out.fixed(withdrawal.amount_max);
    out.u8(0);
    bcs_encode(out, withdrawal.coin_type);
    bcs::encode(out, withdrawal.from);
}

bool bcs_decode(bcs::Reader& in, WithdrawalArg& withdrawal) {
    std::uint32_t tag = 0;
    if (!in.uleb(tag)) return false;
    if (tag != 0) return in.fail(bcs::Error::UnknownVariant);
    if (!in.fixed(withdrawal.amount_max) || !in.uleb(tag)) return false;
    if (tag != 0) return in.fail(bcs::Error::UnknownVariant);
    return bcs_decode(in, withdrawal.coin_type) && bcs::decode(in, withdrawal.from);
}

namespace {

/// A list of at most `count_max` items; a longer one is refused before its items are read.
template <class T>
bool decode_limited(bcs::Reader& in, std::vector<T>& items, std::size_t count_max) {
    std::size_t count = 0;
    if (!in.count(count)) return false;
    if (count > count_max) return in.fail(bcs::Error::LengthTooLarge);
    items.clear();
    for (std::size_t i = 0; i < count; ++i)
        if (!bcs::decode(in, items.emplace_back())) return false;
    return true;
}

bool decode_name(bcs::Reader& in, std::string& text) {
    ByteView view;
    if (!in.bytes(view)) return false;
    if (!is_identifier(as_text(view))) return in.fail(bcs::Error::InvalidValue);
    text = std::string(as_text(view));
    return true;
}

}  // namespace

void bcs_encode(bcs::Writer& out, const MoveCall& call) {
    out.raw(call.package.bytes);
    out.bytes(as_bytes(call.module));
    out.bytes(as_bytes(call.function));
    bcs::encode(out, call.type_arguments);
    bcs::encode(out, call.arguments);
}

bool bcs_decode(bcs::Reader& in, MoveCall& call) {
    return bcs::decode(in, call.package) && decode_name(in, call.module) &&
           decode_name(in, call.function) &&
           decode_limited(in, call.type_arguments, kTypeArgumentsMax) &&
           decode_limited(in, call.arguments, kArgumentsMax);
}

void bcs_encode(bcs::Writer& out, const ProgrammableTransaction& program) {
    bcs::encode(out, program.inputs);
    bcs::encode(out, program.commands);
}

bool bcs_decode(bcs::Reader& in, ProgrammableTransaction& program) {
    return decode_limited(in, program.inputs, kInputsMax) &&
           decode_limited(in, program.commands, kCommandsMax);
}

void bcs_encode(bcs::Writer& out, const TransactionData& data) {
    out.u8(0);  // V1
    out.u8(0);  // ProgrammableTransaction
    bcs_encode(out, data.program);
    out.raw(data.sender.bytes);
    bcs::encode(out, data.gas);
    bcs::encode(out, data.expiration);
}

bool bcs_decode(bcs::Reader& in, TransactionData& data) {
    for (int i = 0; i < 2; ++i) {
        std::uint32_t tag = 0;
        if (!in.uleb(tag)) return false;
        if (tag != 0) return in.fail(bcs::Error::UnknownVariant);
    }
    return bcs_decode(in, data.program) && bcs::decode(in, data.sender) &&
           bcs::decode(in, data.gas) && bcs::decode(in, data.expiration);
}

TransactionDigest transaction_digest(ByteView data_bcs) {
    return TransactionDigest::from(blake2b("TransactionData::", data_bcs).view());
}

Digest signing_digest(ByteView data_bcs) {
    Blake2b hash;
    const Byte intent[3] = {0, 0, 0};
    return hash.update(intent).update(data_bcs).finish();
}

Digest personal_message_digest(ByteView message) {
    bcs::Writer out(message.size() + 8);
    out.u8(3);
    out.u8(0);
    out.u8(0);
    out.bytes(message);
    return blake2b(out.view());
}

}  // namespace walrus::ledger
