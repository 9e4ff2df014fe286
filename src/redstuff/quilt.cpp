// SPDX-License-Identifier: Apache-2.0
#include "redstuff/quilt.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"
#include "base/checked.hpp"
#include "base/text.hpp"
#include "bcs/bcs.hpp"

namespace walrus {

namespace {

constexpr Byte kVersion = 1;
constexpr std::size_t kIndexPrefixBytes = 5;  // version, size of the index u32
constexpr std::size_t kPatchPrefixBytes = 6;  // version, length u32, mask
constexpr Byte kTagsPresent = 1;              // bit of the mask
constexpr std::size_t kSizeFieldBytes = 2;    // before identifier and tags
constexpr std::size_t kPatchIdBytes = 37;

// BCS of the index's entries: QuiltPatchV1 { end_index, identifier, tags }.
struct IndexEntry {
    std::uint16_t end = 0;
    std::string identifier;
    PatchTags tags;
};

auto malformed(std::string why) {
    return failure(QuiltCode::Malformed, "this is no quilt: " + std::move(why));
}

std::size_t uleb_bytes(std::uint64_t value) {
    std::size_t out = 1;
    for (; value >= 0x80; value >>= 7) ++out;
    return out;
}

std::uint64_t serialized_bytes(std::string_view text) {
    return uleb_bytes(text.size()) + text.size();
}

std::uint64_t serialized_bytes(const PatchTags& tags) {
    std::uint64_t out = uleb_bytes(tags.size());
    for (const auto& [key, value] : tags) out += serialized_bytes(key) + serialized_bytes(value);
    return out;
}

/// Everything of a patch before its data.
std::uint64_t header_bytes(std::string_view identifier, const PatchTags& tags) {
    return kPatchPrefixBytes + kSizeFieldBytes + serialized_bytes(identifier) +
           (tags.empty() ? 0 : kSizeFieldBytes + serialized_bytes(tags));
}

/// The code point that begins at `at`, of valid UTF-8; moves `at` behind it.
char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<Byte>(text[at++]);
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    char32_t out = more == 0 ? lead : lead & (0x3Fu >> more);
    for (int i = 0; i < more; ++i) out = (out << 6) | (static_cast<Byte>(text[at++]) & 0x3Fu);
    return out;
}

/// Unicode category Cc.
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/// Unicode property White_Space.
bool is_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/// For messages: short, and nothing that would confuse a terminal.
std::string quoted(std::string_view text) {
    constexpr std::size_t kShownBytesMax = 80;
    std::string out = "\"";
    if (is_utf8(text)) {
        for (std::size_t at = 0; at < text.size() && at < kShownBytesMax;) {
            const std::size_t start = at;
            const char32_t c = next_code_point(text, at);
            if (is_control(c))
                out += '?';
            else
                out += text.substr(start, at - start);
        }
    } else {
        out += "not UTF-8";
    }
    return out + (text.size() > kShownBytesMax ? "...\"" : "\"");
}

QuiltResult<void> check_patch_tags(std::string_view identifier, const PatchTags& tags) {
    for (const auto& [key, value] : tags)
        if (!is_utf8(key) || !is_utf8(value))
            return failure(QuiltCode::InvalidTags,
                           "tags of patch " + quoted(identifier) + " are not UTF-8");
    if (serialized_bytes(tags) > kPatchTagsBytesMax)
        return failure(QuiltCode::InvalidTags, "tags of patch " + quoted(identifier) + " take " +
                                                   std::to_string(serialized_bytes(tags)) +
                                                   " bytes, more than " +
                                                   std::to_string(kPatchTagsBytesMax));
    return {};
}

/// Columns that regions of these sizes take.
std::uint64_t columns_for(const std::vector<std::uint64_t>& sizes, std::uint64_t column_bytes) {
    std::uint64_t out = 0;
    for (const std::uint64_t size : sizes) out += div_ceil(size, column_bytes);
    return out;
}

/// The smallest symbol size with which the index (first) and the patches fit (encoding.md §8.3).
/// Precondition: at most S sizes.
std::uint64_t find_symbol_bytes(const CodeParameters& code,
                                const std::vector<std::uint64_t>& sizes) {
    const std::uint64_t rows = code.primary_source_symbols();
    const std::uint64_t columns = code.secondary_source_symbols();
    const std::uint64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
    const std::uint64_t largest = *std::max_element(sizes.begin(), sizes.end());
    std::uint64_t low = std::max({div_ceil(sum, columns * rows),
                                  div_ceil(sizes.front(), rows * kQuiltIndexColumnsMax),
                                  div_ceil<std::uint64_t>(kIndexPrefixBytes, rows)});
    std::uint64_t high = div_ceil(largest, columns / sizes.size() * rows);
    while (low < high) {
        const std::uint64_t middle = (low + high) / 2;
        if (columns_for(sizes, middle * rows) <= columns)
            high = middle;
        else
            low = middle + 1;
    }
    return round_up<std::uint64_t>(low, kSymbolAlignmentBytes);
}

/// Where byte `at` of the columns from `start` on lies in a blob, and how many bytes follow it
/// there. (Column start + at / (P*s), row at / s mod P, byte at mod s.)
struct Place {
    std::uint64_t offset = 0;
    std::uint64_t run = 0;
};
Place place_in_blob(std::uint64_t rows, std::uint64_t columns, std::uint64_t symbol_bytes,
                    std::uint64_t start, std::uint64_t at) {
    const std::uint64_t column = start + at / (rows * symbol_bytes);
    const std::uint64_t row = at / symbol_bytes % rows;
    const std::uint64_t byte = at % symbol_bytes;
    return {(row * columns + column) * symbol_bytes + byte, symbol_bytes - byte};
}

}  // namespace

const QuiltPatch* QuiltIndex::find(std::string_view identifier) const {
    for (const QuiltPatch& patch : patches)
        if (patch.identifier == identifier) return &patch;
    return nullptr;
}

std::string to_text(const QuiltPatchId& id) {
    Bytes out = to_bytes(id.quilt_id.view());
    out.resize(kPatchIdBytes);
    out[32] = kVersion;
    store_le(&out[33], id.columns.start);
    store_le(&out[35], id.columns.end);
    return base64url_encode(out);
}

std::optional<QuiltPatchId> parse_quilt_patch_id(std::string_view text) {
    constexpr std::size_t kTextBytes = (kPatchIdBytes * 8 + 5) / 6;
    constexpr std::size_t kPaddedBytes = (kPatchIdBytes + 2) / 3 * 4;
    if (text.size() != kTextBytes && text.size() != kPaddedBytes) return std::nullopt;
    const auto bytes = text.size() == kTextBytes ? base64url_decode(text) : base64_decode(text);
    if (!bytes || bytes->size() != kPatchIdBytes || (*bytes)[32] != kVersion) return std::nullopt;
    QuiltPatchId out;
    out.quilt_id = BlobId::from(ByteView(*bytes).first(32));
    out.columns = {load_le<std::uint16_t>(&(*bytes)[33]), load_le<std::uint16_t>(&(*bytes)[35])};
    if (out.columns.start == 0 || out.columns.start >= out.columns.end) return std::nullopt;
    return out;
}

std::uint64_t patch_bytes_max(const CodeParameters& code) {
    constexpr std::uint64_t kIdentifierBytes = kSizeFieldBytes + 2;  // BCS: length 1, one byte
    const std::uint64_t columns = code.secondary_source_symbols() - 1;
    const std::uint64_t bytes = columns * code.primary_source_symbols() * kSymbolBytesMax;
    return std::min(bytes - kPatchPrefixBytes, std::uint64_t{0xFFFF'FFFFu}) - kIdentifierBytes;
}

QuiltResult<void> check_patch_identifier(std::string_view identifier) {
    const auto invalid = [&](const std::string& why) {
        return failure(QuiltCode::InvalidIdentifier,
                       "identifier " + quoted(identifier) + " " + why);
    };
    if (identifier.empty()) return invalid("is empty");
    if (identifier.size() > kPatchIdentifierBytesMax)
        return invalid("has " + std::to_string(identifier.size()) + " bytes, more than " +
                       std::to_string(kPatchIdentifierBytesMax));
    if (!is_utf8(identifier))
        return failure(QuiltCode::InvalidIdentifier, "an identifier is not UTF-8");
    char32_t last = 0;
    for (std::size_t at = 0; at < identifier.size();) {
        last = next_code_point(identifier, at);
        if (is_control(last)) return invalid("has control characters");
    }
    if (is_space(last)) return invalid("ends with a space");
    return {};
}

// -- writing

QuiltResult<QuiltPlan> QuiltPlan::make(const CodeParameters& code,
                                       std::vector<PatchDescription> patches) {
    const std::uint32_t columns = code.secondary_source_symbols();
    if (patches.empty()) return failure(QuiltCode::NoPatches, "a quilt needs at least one patch");
    if (patches.size() >= columns)
        return failure(QuiltCode::TooManyPatches,
                       std::to_string(patches.size()) + " patches are more than a quilt of " +
                           std::to_string(code.shard_count()) + " shards holds, " +
                           std::to_string(columns - 1));
    for (const PatchDescription& patch : patches) {
        WALRUS_TRY(check_patch_identifier(patch.identifier));
        WALRUS_TRY(check_patch_tags(patch.identifier, patch.tags));
        const std::uint64_t before = header_bytes(patch.identifier, patch.tags) - kPatchPrefixBytes;
        if (patch.data_bytes > 0xFFFF'FFFFu - before)
            return failure(QuiltCode::PatchTooLarge, "patch " + quoted(patch.identifier) + " has " +
                                                         std::to_string(patch.data_bytes) +
                                                         " bytes, more than " +
                                                         std::to_string(0xFFFF'FFFFu - before));
    }

    QuiltPlan plan(code);
    plan.order_.resize(patches.size());
    std::iota(plan.order_.begin(), plan.order_.end(), std::size_t{0});
    // By identifier, compared as bytes (std::string compares as unsigned char).
    std::sort(plan.order_.begin(), plan.order_.end(), [&](std::size_t a, std::size_t b) {
        return patches[a].identifier < patches[b].identifier;
    });
    std::uint64_t index_bytes = kIndexPrefixBytes + uleb_bytes(patches.size());
    std::vector<std::uint64_t> sizes = {0};  // the index's comes below
    for (const std::size_t i : plan.order_) {
        PatchDescription& patch = patches[i];
        if (!plan.index_.patches.empty() &&
            plan.index_.patches.back().identifier == patch.identifier)
            return failure(QuiltCode::DuplicateIdentifier,
                           "two patches have the identifier " + quoted(patch.identifier));
        index_bytes += sizeof(std::uint16_t) + serialized_bytes(patch.identifier) +
                       serialized_bytes(patch.tags);
        sizes.push_back(header_bytes(patch.identifier, patch.tags) + patch.data_bytes);
        plan.data_bytes_.push_back(patch.data_bytes);
        plan.index_.patches.push_back({{}, std::move(patch.identifier), std::move(patch.tags)});
    }
    sizes.front() = index_bytes;

    const std::uint64_t symbol_bytes = find_symbol_bytes(code, sizes);
    if (symbol_bytes > kSymbolBytesMax)
        return failure(QuiltCode::QuiltTooLarge,
                       "these patches need symbols of " + std::to_string(symbol_bytes) +
                           " bytes; the largest have " + std::to_string(kSymbolBytesMax));
    plan.symbol_bytes_ = static_cast<std::uint32_t>(symbol_bytes);
    const std::uint64_t column_bytes = code.primary_source_symbols() * symbol_bytes;
    WALRUS_CHECK(columns_for(sizes, column_bytes) <= columns);
    std::uint64_t column = div_ceil(index_bytes, column_bytes);
    WALRUS_CHECK(column <= kQuiltIndexColumnsMax);
    for (std::size_t i = 0; i < plan.index_.patches.size(); ++i) {
        PatchColumns& of = plan.index_.patches[i].columns;
        of.start = static_cast<std::uint16_t>(column);
        column += div_ceil(sizes[i + 1], column_bytes);
        of.end = static_cast<std::uint16_t>(column);
    }
    // The blob encoder must choose the same symbols, or columns would be no secondary slivers.
    WALRUS_CHECK(code.symbol_bytes(plan.quilt_bytes()) == plan.symbol_bytes_);
    return plan;
}

std::uint64_t QuiltPlan::quilt_bytes() const {
    return std::uint64_t{code_.primary_source_symbols()} * code_.secondary_source_symbols() *
           symbol_bytes_;
}

namespace {

/// Hands bytes on to their places in the columns from `start` on.
void scatter(const CodeParameters& code, std::uint64_t symbol_bytes, std::uint64_t start,
             std::uint64_t at, ByteView bytes, QuiltPlan::Writer write) {
    while (!bytes.empty()) {
        const Place place = place_in_blob(code.primary_source_symbols(),
                                          code.secondary_source_symbols(), symbol_bytes, start, at);
        const std::size_t run = std::min<std::uint64_t>(place.run, bytes.size());
        write(place.offset, bytes.first(run));
        bytes = bytes.subspan(run);
        at += run;
    }
}

/// A patch's bytes before its data.
Bytes patch_header(const QuiltPatch& patch, std::uint64_t data_bytes) {
    bcs::Writer out;
    const std::uint64_t before = header_bytes(patch.identifier, patch.tags) - kPatchPrefixBytes;
    out.u8(kVersion);
    out.fixed(static_cast<std::uint32_t>(before + data_bytes));
    out.u8(patch.tags.empty() ? 0 : kTagsPresent);
    out.fixed(static_cast<std::uint16_t>(serialized_bytes(patch.identifier)));
    bcs::encode(out, patch.identifier);
    if (!patch.tags.empty()) {
        out.fixed(static_cast<std::uint16_t>(serialized_bytes(patch.tags)));
        bcs::encode(out, patch.tags);
    }
    return out.take();
}

}  // namespace

void QuiltPlan::write_frame(Writer write) const {
    std::vector<IndexEntry> entries;
    for (const QuiltPatch& patch : index_.patches)
        entries.push_back({patch.columns.end, patch.identifier, patch.tags});
    const Bytes index = bcs::encode(entries);
    bcs::Writer prefix;
    prefix.u8(kVersion);
    prefix.fixed(static_cast<std::uint32_t>(index.size()));
    scatter(code_, symbol_bytes_, 0, 0, prefix.view(), write);
    scatter(code_, symbol_bytes_, 0, kIndexPrefixBytes, index, write);
    for (std::size_t i = 0; i < index_.patches.size(); ++i)
        scatter(code_, symbol_bytes_, index_.patches[i].columns.start, 0,
                patch_header(index_.patches[i], data_bytes_[i]), write);
}

void QuiltPlan::write_data(std::size_t patch, std::uint64_t offset, ByteView piece,
                           Writer write) const {
    WALRUS_CHECK(offset <= data_bytes_[patch]);
    WALRUS_CHECK(piece.size() <= data_bytes_[patch] - offset);
    const QuiltPatch& of = index_.patches[patch];
    scatter(code_, symbol_bytes_, of.columns.start, header_bytes(of.identifier, of.tags) + offset,
            piece, write);
}

QuiltResult<EncodedQuilt> encode_quilt(const CodeParameters& code,
                                       std::span<const PatchSource> patches, BufferPool& pool) {
    std::vector<PatchDescription> descriptions;
    for (const PatchSource& patch : patches)
        descriptions.push_back({patch.identifier, patch.tags, patch.data.size()});
    const QuiltPlan plan = WALRUS_TRY(QuiltPlan::make(code, std::move(descriptions)));
    auto buffer = pool.acquire(plan.quilt_bytes());
    if (!buffer)
        return failure(QuiltCode::OutOfMemoryBudget, "the quilt's " +
                                                         std::to_string(plan.quilt_bytes()) +
                                                         " bytes exceed the memory budget");
    const MutableByteView quilt = buffer->view();
    std::fill(quilt.begin(), quilt.end(), Byte{0});
    const auto write = [quilt](std::uint64_t offset, ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), quilt.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    plan.write_frame(write);
    for (std::size_t i = 0; i < patches.size(); ++i)
        plan.write_data(i, 0, patches[plan.description_of(i)].data, write);
    return EncodedQuilt{std::move(*buffer), plan.index()};
}

// -- reading

QuiltResult<QuiltColumns> QuiltColumns::of_length(const CodeParameters& code,
                                                  std::uint64_t blob_bytes) {
    const std::uint64_t cells =
        std::uint64_t{code.primary_source_symbols()} * code.secondary_source_symbols();
    const auto symbol_bytes = code.symbol_bytes(blob_bytes);
    if (!symbol_bytes || blob_bytes != cells * *symbol_bytes)
        return malformed("no quilt of " + std::to_string(code.shard_count()) + " shards has " +
                         std::to_string(blob_bytes) + " bytes");
    QuiltColumns out(code, *symbol_bytes);
    if (out.column_bytes() < kIndexPrefixBytes)
        return malformed("its columns are too short for an index");
    out.parts_.resize(out.columns_);
    return out;
}

QuiltResult<QuiltColumns> QuiltColumns::of_blob(const CodeParameters& code, ByteView blob) {
    QuiltColumns out = WALRUS_TRY(of_length(code, blob.size()));
    out.parts_.clear();
    out.blob_ = blob;
    return out;
}

void QuiltColumns::add(std::uint16_t column, ByteView symbols) {
    WALRUS_CHECK(column < parts_.size());
    WALRUS_CHECK(symbols.size() == column_bytes());
    parts_[column] = symbols;
}

bool QuiltColumns::has(std::uint16_t column) const {
    return column < columns_ && (!blob_.empty() || !parts_[column].empty());
}

bool QuiltColumns::has(PatchColumns columns) const {
    for (std::uint32_t c = columns.start; c < columns.end; ++c)
        if (!has(static_cast<std::uint16_t>(c))) return false;
    return true;
}

QuiltResult<void> QuiltColumns::read(std::uint16_t start, std::uint64_t offset,
                                     MutableByteView out) const {
    const std::uint64_t available =
        start < columns_ ? std::uint64_t{columns_ - start} * column_bytes() : 0;
    if (offset > available || out.size() > available - offset)
        return malformed("its bytes end behind its last column");
    while (!out.empty()) {
        const auto column = static_cast<std::uint16_t>(start + offset / column_bytes());
        if (!has(column))
            return failure(QuiltCode::MissingColumn,
                           "column " + std::to_string(column) + " of the quilt is missing");
        ByteView from;
        if (!blob_.empty()) {
            const Place place = place_in_blob(rows_, columns_, symbol_bytes_, start, offset);
            from = blob_.subspan(place.offset, place.run);
        } else {
            from = parts_[column].subspan(offset % column_bytes());
        }
        const std::size_t run = std::min(from.size(), out.size());
        std::copy_n(from.begin(), run, out.begin());
        out = out.subspan(run);
        offset += run;
    }
    return {};
}

namespace {

/// The size of the index without its prefix, checked against what a quilt of this shape can hold.
QuiltResult<std::uint64_t> index_bytes_of(const QuiltColumns& columns) {
    std::array<Byte, kIndexPrefixBytes> prefix{};
    WALRUS_TRY(columns.read(0, 0, prefix));
    if (prefix[0] != kVersion)
        return malformed("it begins with version " + std::to_string(prefix[0]) + ", not " +
                         std::to_string(kVersion));
    const std::uint64_t size = load_le<std::uint32_t>(&prefix[1]);
    const std::uint64_t index_columns =
        std::min<std::uint64_t>(kQuiltIndexColumnsMax, columns.column_count());
    // Entries are limited one by one, and so is their number.
    const std::uint64_t entries_bytes_max =
        columns.column_count() *
        (sizeof(std::uint16_t) + kPatchIdentifierBytesMax + 3 + kPatchTagsBytesMax);
    if (size > index_columns * columns.column_bytes() - kIndexPrefixBytes ||
        size > entries_bytes_max)
        return malformed("an index of " + std::to_string(size) + " bytes is too long");
    return size;
}

}  // namespace

QuiltResult<PatchColumns> quilt_index_columns(const QuiltColumns& columns) {
    const std::uint64_t size = WALRUS_TRY(index_bytes_of(columns));
    const std::uint64_t end = div_ceil(kIndexPrefixBytes + size, columns.column_bytes());
    return PatchColumns{0, static_cast<std::uint16_t>(end)};
}

QuiltResult<QuiltIndex> parse_quilt_index(const QuiltColumns& columns) {
    const PatchColumns of_index = WALRUS_TRY(quilt_index_columns(columns));
    if (!columns.has(of_index))
        return failure(QuiltCode::MissingColumn, "columns of the quilt's index are missing");
    Bytes bytes(WALRUS_TRY(index_bytes_of(columns)));
    WALRUS_TRY(columns.read(0, kIndexPrefixBytes, bytes));

    bcs::Reader in(bytes);
    const auto broken = [&] {
        return malformed(std::string("its index does not parse: ") + bcs::describe(in.error()));
    };
    std::size_t count = 0;
    constexpr std::size_t kEntryBytesMin = 4;  // end, empty identifier, no tags
    if (!in.count(count, kEntryBytesMin)) return broken();
    // Every patch has a column of its own.
    if (count > columns.column_count() - of_index.end)
        return malformed("its index has " + std::to_string(count) + " patches in " +
                         std::to_string(columns.column_count() - of_index.end) + " columns");
    QuiltIndex out;
    out.patches.reserve(count);
    std::uint16_t start = of_index.end;
    for (std::size_t i = 0; i < count; ++i) {
        IndexEntry entry;
        if (!bcs::decode(in, entry.end)) return broken();
        if (entry.end <= start || entry.end > columns.column_count())
            return malformed("patch " + std::to_string(i) + " has no place between columns " +
                             std::to_string(start) + " and " +
                             std::to_string(columns.column_count()));
        if (!bcs::decode(in, entry.identifier)) return broken();
        const std::size_t tags_at = in.position();
        if (!bcs::decode(in, entry.tags)) return broken();
        if (in.position() - tags_at > kPatchTagsBytesMax)
            return malformed("tags of patch " + std::to_string(i) + " are too long");
        out.patches.push_back(
            {{start, entry.end}, std::move(entry.identifier), std::move(entry.tags)});
        start = entry.end;
    }
    if (!in.finish()) return broken();
    return out;
}

QuiltResult<PatchHeader> parse_patch_header(const QuiltColumns& columns, PatchColumns of) {
    if (of.start >= of.end || of.end > columns.column_count())
        return malformed("columns " + std::to_string(of.start) + " to " + std::to_string(of.end) +
                         " are no patch of it");
    const std::uint64_t available = (of.end - of.start) * columns.column_bytes();
    if (available < kPatchPrefixBytes) return malformed("a patch is shorter than its header");
    std::array<Byte, kPatchPrefixBytes> prefix{};
    WALRUS_TRY(columns.read(of.start, 0, prefix));
    if (prefix[0] != kVersion)
        return malformed("a patch begins with version " + std::to_string(prefix[0]) + ", not " +
                         std::to_string(kVersion));
    std::uint64_t left = load_le<std::uint32_t>(&prefix[1]);
    if (left > available - kPatchPrefixBytes)
        return malformed("a patch of " + std::to_string(left) +
                         " bytes is longer than its columns");
    const Byte mask = prefix[5];
    if ((mask & ~kTagsPresent) != 0)
        return malformed("a patch has parts of an unknown kind, mask " + std::to_string(mask));

    PatchHeader out;
    std::uint64_t at = kPatchPrefixBytes;
    // u16 size, then exactly one BCS value of that size.
    const auto field = [&](const char* name, auto& value) -> QuiltResult<void> {
        std::array<Byte, kSizeFieldBytes> size_bytes{};
        if (left < kSizeFieldBytes) return malformed(std::string("a patch ends in its ") + name);
        WALRUS_TRY(columns.read(of.start, at, size_bytes));
        const std::uint64_t size = load_le<std::uint16_t>(size_bytes.data());
        if (size > left - kSizeFieldBytes)
            return malformed(std::string("a patch ends in its ") + name);
        Bytes bytes(size);
        WALRUS_TRY(columns.read(of.start, at + kSizeFieldBytes, bytes));
        bcs::Reader in(bytes);
        if (!bcs::decode(in, value) || !in.finish())
            return malformed(std::string("the ") + name +
                             " of a patch do not parse: " + bcs::describe(in.error()));
        at += kSizeFieldBytes + size;
        left -= kSizeFieldBytes + size;
        return {};
    };
    WALRUS_TRY(field("identifier", out.identifier));
    if ((mask & kTagsPresent) != 0) WALRUS_TRY(field("tags", out.tags));
    if (const auto checked = check_patch_identifier(out.identifier); !checked)
        return malformed(checked.error().message);
    out.data_offset = at;
    out.data_bytes = left;
    return out;
}

}  // namespace walrus
