// SPDX-License-Identifier: Apache-2.0
#include "client/payment_journal.hpp"

#include <fmt/format.h>

#include "bcs/bcs.hpp"
#include "io/log.hpp"

namespace walrus::client {

namespace {
constexpr std::uint32_t kNoteFormat = 1;
constexpr std::uint64_t kNoteBytesMax = 1u << 20;
}  // namespace

Bytes encode_note(const PaymentNote& note) {
    bcs::Writer out;
    out.fixed(kNoteFormat);
    bcs::encode(out, note);
    return out.take();
}

std::optional<PaymentNote> decode_note(ByteView bytes) {
    bcs::Reader in(bytes);
    std::uint32_t format = 0;
    PaymentNote note;
    if (!in.fixed(format) || format != kNoteFormat) return std::nullopt;
    if (!bcs::decode(in, note) || !in.finish()) return std::nullopt;
    return note;
}

std::string PaymentJournal::path_of(const PaymentPurpose& purpose) const {
    return fmt::format("{}/{}-{}-{}.pending", folder_, to_text(purpose.blob_id),
                       purpose.deletable ? "deletable" : "permanent",
                       to_text(purpose.sender).substr(2, 16));
}

io::Task<std::optional<PaymentNote>> PaymentJournal::load(PaymentPurpose purpose) {
    if (folder_.empty()) co_return std::nullopt;
    const std::string path = path_of(purpose);
    auto work = [this, path] { return environment_.files.read_file(path, kNoteBytesMax); };
    auto task = io::offload(environment_.loop, environment_.disk, std::move(work));
    const io::IoResult<Bytes> content = co_await std::move(task);
    if (!content) {
        if (content.error().code != io::IoCode::NotFound)
            io::log_warn("client", "cannot read {}: {}", path, content.error().message);
        co_return std::nullopt;
    }
    auto note = decode_note(*content);
    if (!note) {
        io::log_warn("client", "{} is not a payment note of this version; ignored", path);
        co_return std::nullopt;
    }
    // The same file name may be used against another network.
    if (note->purpose != purpose) co_return std::nullopt;
    co_return note;
}

io::Task<void> PaymentJournal::save(PaymentNote note) {
    if (folder_.empty()) co_return;
    const std::string path = path_of(note.purpose);
    const Bytes content = encode_note(note);
    auto work = [this, &path, &content]() -> io::IoResult<void> {
        WALRUS_TRY(environment_.files.create_directories(folder_));
        return environment_.files.write_file(path, content, true);
    };
    auto task = io::offload(environment_.loop, environment_.disk, std::move(work));
    const io::IoResult<void> done = co_await std::move(task);
    if (!done)
        io::log_warn("client", "cannot note the payment in {}: {}", path, done.error().message);
}

io::Task<void> PaymentJournal::remove(PaymentPurpose purpose) {
    if (folder_.empty()) co_return;
    const std::string path = path_of(purpose);
    auto work = [this, path] { return environment_.files.remove(path); };
    auto task = io::offload(environment_.loop, environment_.disk, std::move(work));
    const io::IoResult<void> done = co_await std::move(task);
    if (!done && done.error().code != io::IoCode::NotFound)
        io::log_warn("client", "cannot remove {}: {}", path, done.error().message);
}

}  // namespace walrus::client
