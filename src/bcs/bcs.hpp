// SPDX-License-Identifier: Apache-2.0
// Binary canonical serialization (spec/encoding.md §6.1): reader, writer and a codec for plain
// structs by reflection over their fields in order, so that a struct *is* its layout.
//
// How types map:
//   bool, unsigned integers          1 byte; fixed width, little endian
//   StrongIndex                      its value
//   enum class                       ULEB128 of its value (the variant index); declares
//                                    `constexpr E bcs_enum_max(E)`, its largest enumerator
//   std::array<T, N>                 N items
//   std::vector<T>, std::string      ULEB128 count, then items (strings are UTF-8)
//   std::optional<T>                 0, or 1 and the value
//   std::variant<A, B, ...>          ULEB128 alternative index, then its value
//   std::pair, std::tuple            items in order
//   std::map<K, V>                   ULEB128 count, entries sorted by serialised key
//   std::monostate, empty struct     nothing
//   any other aggregate              its fields in order
// A type of another form declares `void bcs_encode(bcs::Writer&, const T&)` and
// `bool bcs_decode(bcs::Reader&, T&)` in its namespace.
//
// Decoding is canonical (minimal ULEB128, sorted maps, all input consumed) and never allocates more
// than a small multiple of the bytes that are really there.
#pragma once

#include <algorithm>
#include <boost/pfr/core.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong_index.hpp"
#include "base/text.hpp"

namespace walrus::bcs {

enum class Error {
    UnexpectedEnd,   ///< fewer bytes than the layout needs
    TrailingBytes,   ///< bytes left over after the value
    NonCanonical,    ///< ULEB128 not minimal, map not sorted, bool not 0 or 1
    UnknownVariant,  ///< enum or option tag outside the known ones
    LengthTooLarge,  ///< a count beyond 2^31-1 or beyond the remaining bytes
    InvalidText,     ///< a string that is not UTF-8
    InvalidValue,    ///< a value that its type's own decoder refuses
    TooDeep,         ///< nesting beyond kMaxDepth
};

const char* describe(Error error);

inline constexpr int kMaxDepth = 32;

class Writer {
public:
    Writer() = default;
    explicit Writer(std::size_t reserve) { out_.reserve(reserve); }

    void u8(std::uint8_t value) { out_.push_back(value); }
    template <class T>
    void fixed(T value) {
        Byte raw[sizeof(T)];
        store_le(raw, value);
        out_.insert(out_.end(), raw, raw + sizeof(T));
    }
    void uleb(std::uint64_t value);
    void raw(ByteView bytes) { append(out_, bytes); }
    /// ULEB128 length, then the bytes.
    void bytes(ByteView bytes) {
        uleb(bytes.size());
        raw(bytes);
    }

    std::size_t size() const { return out_.size(); }
    const Bytes& view() const { return out_; }
    Bytes take() { return std::move(out_); }

private:
    Bytes out_;
};

/// Reads from a view; after the first failure every read fails and `error()` tells the first cause.
class Reader {
public:
    explicit Reader(ByteView input) : input_(input) {}

    bool fail(Error error) {
        if (!error_) error_ = error;
        return false;
    }
    bool ok() const { return !error_.has_value(); }
    Error error() const { return error_.value_or(Error::InvalidValue); }
    std::size_t remaining() const { return input_.size() - at_; }
    std::size_t position() const { return at_; }

    bool u8(std::uint8_t& value) {
        if (error_ || remaining() < 1) return fail(Error::UnexpectedEnd);
        value = input_[at_++];
        return true;
    }
    template <class T>
    bool fixed(T& value) {
        if (error_ || remaining() < sizeof(T)) return fail(Error::UnexpectedEnd);
        value = load_le<T>(input_.data() + at_);
        at_ += sizeof(T);
        return true;
    }
    /// A minimal ULEB128 number of at most 32 bits.
    bool uleb(std::uint32_t& value);
    /// A ULEB128 count of items that take at least `item_bytes` each.
    bool count(std::size_t& value, std::size_t item_bytes = 1);
    /// `size` bytes as a view into the input.
    bool raw(std::size_t size, ByteView& view) {
        if (error_ || remaining() < size) return fail(Error::UnexpectedEnd);
        view = input_.subspan(at_, size);
        at_ += size;
        return true;
    }
    /// ULEB128 length, then that many bytes, as a view into the input.
    bool bytes(ByteView& view) {
        std::size_t size = 0;
        return count(size) && raw(size, view);
    }
    bool finish() {
        if (error_) return false;
        return remaining() == 0 || fail(Error::TrailingBytes);
    }

    /// Nesting of types that contain themselves.
    bool enter() { return ++depth_ <= kMaxDepth || fail(Error::TooDeep); }
    void leave() { --depth_; }

    /// The bytes read since `position`; for checks of canonical order.
    ByteView since(std::size_t position) const { return input_.subspan(position, at_ - position); }

private:
    ByteView input_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::optional<Error> error_;
};

template <class T>
void encode(Writer& out, const T& value);
template <class T>
bool decode(Reader& in, T& value);

namespace detail {

template <class T>
concept HasOwnCodec = requires(Writer& w, Reader& r, const T& c, T& t) {
    bcs_encode(w, c);
    { bcs_decode(r, t) } -> std::same_as<bool>;
};

template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <class T>
struct IsTuple : std::false_type {};
template <class... T>
struct IsTuple<std::tuple<T...>> : std::true_type {};
template <class A, class B>
struct IsTuple<std::pair<A, B>> : std::true_type {};
template <class T>
struct IsStrongIndex : std::false_type {};
template <class Tag, class T>
struct IsStrongIndex<StrongIndex<Tag, T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V>
struct IsMap<std::map<K, V>> : std::true_type {};

template <class T>
inline constexpr bool kIsByte = std::is_same_v<T, std::uint8_t>;

template <class V, std::size_t I = 0>
bool decode_alternative(Reader& in, std::uint32_t index, V& value) {
    if constexpr (I == std::variant_size_v<V>) {
        return in.fail(Error::UnknownVariant);
    } else {
        if (index != I) return decode_alternative<V, I + 1>(in, index, value);
        return decode(in, value.template emplace<I>());
    }
}

}  // namespace detail

template <class T>
void encode(Writer& out, const T& value) {
    using namespace detail;
    if constexpr (HasOwnCodec<T>) {
        bcs_encode(out, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        out.u8(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
        out.uleb(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, unsigned __int128> || std::is_unsigned_v<T>) {
        out.fixed(value);
    } else if constexpr (IsStrongIndex<T>::value) {
        out.fixed(value.value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        out.bytes(as_bytes(value));
    } else if constexpr (IsArray<T>::value) {
        if constexpr (kIsByte<typename T::value_type>) {
            out.raw(value);
        } else {
            for (const auto& item : value) encode(out, item);
        }
    } else if constexpr (IsVector<T>::value) {
        if constexpr (kIsByte<typename T::value_type>) {
            out.bytes(value);
        } else {
            out.uleb(value.size());
            for (const auto& item : value) encode(out, item);
        }
    } else if constexpr (IsOptional<T>::value) {
        out.u8(value ? 1 : 0);
        if (value) encode(out, *value);
    } else if constexpr (IsVariant<T>::value) {
        out.uleb(value.index());
        std::visit([&](const auto& alternative) { encode(out, alternative); }, value);
    } else if constexpr (IsTuple<T>::value) {
        std::apply([&](const auto&... items) { (encode(out, items), ...); }, value);
    } else if constexpr (IsMap<T>::value) {
        std::vector<std::pair<Bytes, Bytes>> entries;
        for (const auto& [key, item] : value) {
            Writer k, v;
            encode(k, key);
            encode(v, item);
            entries.emplace_back(k.take(), v.take());
        }
        std::sort(entries.begin(), entries.end());
        out.uleb(entries.size());
        for (const auto& [key, item] : entries) {
            out.raw(key);
            out.raw(item);
        }
    } else if constexpr (std::is_empty_v<T>) {
        // nothing
    } else {
        static_assert(std::is_aggregate_v<T>, "a BCS type is an aggregate or has its own codec");
        boost::pfr::for_each_field(value, [&](const auto& field) { encode(out, field); });
    }
}

template <class T>
bool decode(Reader& in, T& value) {
    using namespace detail;
    if constexpr (HasOwnCodec<T>) {
        return bcs_decode(in, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        std::uint8_t raw = 0;
        if (!in.u8(raw)) return false;
        if (raw > 1) return in.fail(Error::NonCanonical);
        value = raw == 1;
        return true;
    } else if constexpr (std::is_enum_v<T>) {
        std::uint32_t raw = 0;
        if (!in.uleb(raw)) return false;
        value = static_cast<T>(raw);
        // An enum names its largest enumerator in `bcs_enum_max(T)`; found by argument lookup.
        if (raw > static_cast<std::uint32_t>(bcs_enum_max(T{})))
            return in.fail(Error::UnknownVariant);
        return true;
    } else if constexpr (std::is_same_v<T, unsigned __int128> || std::is_unsigned_v<T>) {
        return in.fixed(value);
    } else if constexpr (IsStrongIndex<T>::value) {
        return in.fixed(value.value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        ByteView view;
        if (!in.bytes(view)) return false;
        if (!is_utf8(as_text(view))) return in.fail(Error::InvalidText);
        value = std::string(as_text(view));
        return true;
    } else if constexpr (IsArray<T>::value) {
        if constexpr (kIsByte<typename T::value_type>) {
            ByteView view;
            if (!in.raw(value.size(), view)) return false;
            std::copy(view.begin(), view.end(), value.begin());
            return true;
        } else {
            for (auto& item : value)
                if (!decode(in, item)) return false;
            return true;
        }
    } else if constexpr (IsVector<T>::value) {
        if constexpr (kIsByte<typename T::value_type>) {
            ByteView view;
            if (!in.bytes(view)) return false;
            value.assign(view.begin(), view.end());
            return true;
        } else {
            // Every item takes at least one byte, so the count is bounded by what is there; memory
            // grows only with items that were really read.
            std::size_t count = 0;
            if (!in.count(count)) return false;
            value.clear();
            value.reserve(std::min<std::size_t>(count, 64));
            for (std::size_t i = 0; i < count; ++i)
                if (!decode(in, value.emplace_back())) return false;
            return true;
        }
    } else if constexpr (IsOptional<T>::value) {
        std::uint8_t tag = 0;
        if (!in.u8(tag)) return false;
        if (tag > 1) return in.fail(Error::UnknownVariant);
        if (tag == 0) {
            value.reset();
            return true;
        }
        return decode(in, value.emplace());
    } else if constexpr (IsVariant<T>::value) {
        std::uint32_t index = 0;
        return in.uleb(index) && decode_alternative(in, index, value);
    } else if constexpr (IsTuple<T>::value) {
        return std::apply([&](auto&... items) { return (decode(in, items) && ...); }, value);
    } else if constexpr (IsMap<T>::value) {
        std::size_t count = 0;
        if (!in.count(count)) return false;
        value.clear();
        ByteView previous;
        for (std::size_t i = 0; i < count; ++i) {
            typename T::key_type key{};
            const std::size_t start = in.position();
            if (!decode(in, key)) return false;
            const ByteView raw = in.since(start);
            if (i > 0 && !std::lexicographical_compare(previous.begin(), previous.end(),
                                                       raw.begin(), raw.end()))
                return in.fail(Error::NonCanonical);
            previous = raw;
            typename T::mapped_type item{};
            if (!decode(in, item)) return false;
            value.emplace(std::move(key), std::move(item));
        }
        return true;
    } else if constexpr (std::is_empty_v<T>) {
        return true;
    } else {
        static_assert(std::is_aggregate_v<T>, "a BCS type is an aggregate or has its own codec");
        bool good = true;
        boost::pfr::for_each_field(value, [&](auto& field) { good = good && decode(in, field); });
        return good;
    }
}

/// The serialised form.
template <class T>
Bytes encode(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

/// The value of exactly these bytes. Errors: see `Error`.
template <class T>
Result<T, Error> decode(ByteView input) {
    Reader in(input);
    T value{};
    if (!decode(in, value) || !in.finish()) return walrus::fail(in.error());
    return value;
}

/// The value at the start of the bytes; what follows is ignored (layouts that may grow at the end).
template <class T>
Result<T, Error> decode_prefix(ByteView input) {
    Reader in(input);
    T value{};
    if (!decode(in, value)) return walrus::fail(in.error());
    return value;
}

}  // namespace walrus::bcs
