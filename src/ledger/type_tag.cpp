// SPDX-License-Identifier: Apache-2.0
#include "ledger/type_tag.hpp"

#include "base/check.hpp"
#include "ledger/limits.hpp"

namespace walrus::ledger {

bool operator==(const StructTag& a, const StructTag& b) {
    return a.address == b.address && a.module == b.module && a.name == b.name &&
           a.type_arguments == b.type_arguments;
}

bool operator==(const TypeTag& a, const TypeTag& b) {
    return a.kind == b.kind && a.arguments == b.arguments && a.structure == b.structure;
}

bool is_identifier(std::string_view text) {
    if (text.empty() || text.size() > kIdentifierBytesMax) return false;
    if (text[0] >= '0' && text[0] <= '9') return false;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
    }
    return true;
}

std::size_t type_node_count(const TypeTag& tag) {
    std::size_t count = 1;
    for (const TypeTag& argument : tag.arguments) count += type_node_count(argument);
    if (tag.structure)
        for (const TypeTag& argument : tag.structure->type_arguments)
            count += type_node_count(argument);
    return count;
}

// ---------------------------------------------------------------------------------------- BCS

void bcs_encode(bcs::Writer& out, const StructTag& tag) {
    out.raw(tag.address.bytes);
    out.bytes(as_bytes(tag.module));
    out.bytes(as_bytes(tag.name));
    out.uleb(tag.type_arguments.size());
    for (const TypeTag& argument : tag.type_arguments) bcs_encode(out, argument);
}

void bcs_encode(bcs::Writer& out, const TypeTag& tag) {
    out.uleb(static_cast<std::uint64_t>(tag.kind));
    if (tag.kind == TypeKind::Vector) {
        WALRUS_CHECK(tag.arguments.size() == 1);
        bcs_encode(out, tag.arguments[0]);
    } else if (tag.kind == TypeKind::Struct) {
        WALRUS_CHECK(tag.structure.has_value());
        bcs_encode(out, *tag.structure);
    }
}

namespace {

bool decode_identifier(bcs::Reader& in, std::string& text) {
    ByteView view;
    if (!in.bytes(view)) return false;
    if (!is_identifier(as_text(view))) return in.fail(bcs::Error::InvalidValue);
    text = std::string(as_text(view));
    return true;
}

}  // namespace

bool bcs_decode(bcs::Reader& in, StructTag& tag) {
    ByteView address;
    if (!in.raw(Address::kSize, address)) return false;
    tag.address = Address::from(address);
    if (!decode_identifier(in, tag.module) || !decode_identifier(in, tag.name)) return false;
    std::size_t count = 0;
    if (!in.count(count)) return false;
    if (count > kTypeArgumentsMax) return in.fail(bcs::Error::InvalidValue);
    tag.type_arguments.clear();
    for (std::size_t i = 0; i < count; ++i)
        if (!bcs_decode(in, tag.type_arguments.emplace_back())) return false;
    return true;
}

bool bcs_decode(bcs::Reader& in, TypeTag& tag) {
    if (!in.enter()) return false;
    std::uint32_t kind = 0;
    if (!in.uleb(kind)) return false;
    if (kind > static_cast<std::uint32_t>(TypeKind::U256))
        return in.fail(bcs::Error::UnknownVariant);
    tag.kind = static_cast<TypeKind>(kind);
    tag.arguments.clear();
    tag.structure.reset();
    bool good = true;
    if (tag.kind == TypeKind::Vector) good = bcs_decode(in, tag.arguments.emplace_back());
    if (tag.kind == TypeKind::Struct) good = bcs_decode(in, tag.structure.emplace());
    in.leave();
    return good;
}

// --------------------------------------------------------------------------------------- text

namespace {

struct PrimitiveName {
    TypeKind kind;
    std::string_view name;
};
constexpr PrimitiveName kPrimitives[] = {
    {TypeKind::Bool, "bool"}, {TypeKind::U8, "u8"},           {TypeKind::U16, "u16"},
    {TypeKind::U32, "u32"},   {TypeKind::U64, "u64"},         {TypeKind::U128, "u128"},
    {TypeKind::U256, "u256"}, {TypeKind::Address, "address"}, {TypeKind::Signer, "signer"},
};

/// Recursive descent over one text; depth and size are bounded.
class TypeParser {
public:
    explicit TypeParser(std::string_view text) : text_(text) {}

    bool type(TypeTag& out, int depth) {
        if (depth > bcs::kMaxDepth) return false;
        skip_spaces();
        for (const PrimitiveName& primitive : kPrimitives)
            if (take_word(primitive.name)) {
                out.kind = primitive.kind;
                return true;
            }
        if (take_word("vector")) {
            out.kind = TypeKind::Vector;
            return take('<') && type(out.arguments.emplace_back(), depth + 1) && take('>');
        }
        out.kind = TypeKind::Struct;
        return structure(out.structure.emplace(), depth);
    }

    bool structure(StructTag& out, int depth) {
        skip_spaces();
        const auto address = parse_address(word());
        if (!address || !take(':') || !take(':')) return false;
        out.address = *address;
        out.module = std::string(word());
        if (!is_identifier(out.module) || !take(':') || !take(':')) return false;
        out.name = std::string(word());
        if (!is_identifier(out.name)) return false;
        if (!take('<')) return true;
        do {
            if (out.type_arguments.size() == kTypeArgumentsMax) return false;
            if (!type(out.type_arguments.emplace_back(), depth + 1)) return false;
        } while (take(','));
        return take('>');
    }

    bool at_end() {
        skip_spaces();
        return at_ == text_.size();
    }

private:
    static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }
    void skip_spaces() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    /// The letters, digits and '_' from here on.
    std::string_view word() {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }
    bool take_word(std::string_view wanted) {
        const std::size_t start = at_;
        // "u8::…" cannot be an address, so a primitive's name followed by ':' is refused later.
        if (word() == wanted && (at_ == text_.size() || text_[at_] != ':')) return true;
        at_ = start;
        return false;
    }
    bool take(char wanted) {
        skip_spaces();
        if (at_ == text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::string to_text(const StructTag& tag) {
    std::string out = to_text(tag.address) + "::" + tag.module + "::" + tag.name;
    if (tag.type_arguments.empty()) return out;
    out += '<';
    for (std::size_t i = 0; i < tag.type_arguments.size(); ++i) {
        if (i > 0) out += ", ";
        out += to_text(tag.type_arguments[i]);
    }
    return out + '>';
}

std::string to_text(const TypeTag& tag) {
    if (tag.kind == TypeKind::Vector) return "vector<" + to_text(tag.arguments.at(0)) + ">";
    if (tag.kind == TypeKind::Struct) return to_text(*tag.structure);
    for (const PrimitiveName& primitive : kPrimitives)
        if (primitive.kind == tag.kind) return std::string(primitive.name);
    WALRUS_CHECK(false);
}

std::optional<TypeTag> parse_type_tag(std::string_view text) {
    if (text.size() > kTypeTextBytesMax) return std::nullopt;
    TypeParser parser(text);
    TypeTag out;
    if (!parser.type(out, 0) || !parser.at_end()) return std::nullopt;
    return out;
}

std::optional<StructTag> parse_struct_tag(std::string_view text) {
    auto tag = parse_type_tag(text);
    if (!tag || !tag->structure) return std::nullopt;
    return std::move(*tag->structure);
}

// ------------------------------------------------------------------------------------- making

StructTag make_struct(const Address& address, std::string module, std::string name,
                      std::vector<TypeTag> type_arguments) {
    return {address, std::move(module), std::move(name), std::move(type_arguments)};
}

TypeTag make_type(StructTag tag) {
    TypeTag out;
    out.kind = TypeKind::Struct;
    out.structure = std::move(tag);
    return out;
}

TypeTag primitive(TypeKind kind) {
    WALRUS_CHECK(kind != TypeKind::Vector && kind != TypeKind::Struct);
    TypeTag out;
    out.kind = kind;
    return out;
}

TypeTag vector_of(TypeTag element) {
    TypeTag out;
    out.kind = TypeKind::Vector;
    out.arguments.push_back(std::move(element));
    return out;
}

}  // namespace walrus::ledger
