// SPDX-License-Identifier: Apache-2.0
// Programs out of arbitrary bytes, for properties and fuzzing: mostly well typed, sometimes not.
// The same bytes over the same ledger give the same program.
#pragma once

#include <string>
#include <vector>

#include "ledger/functions.hpp"
#include "ledger/testing.hpp"

namespace walrus::ledger::testing {

/// Numbers out of bytes; zeros when they are used up.
class ByteSource {
public:
    explicit ByteSource(ByteView bytes) : bytes_(bytes) {}
    bool empty() const { return at_ >= bytes_.size(); }
    Byte next() { return empty() ? 0 : bytes_[at_++]; }
    /// Below `end`. Precondition: 0 < end <= 256.
    std::size_t below(std::size_t end) { return next() % end; }
    std::uint64_t number() {
        std::uint64_t out = 0;
        for (std::size_t i = below(9); i > 0; --i) out = (out << 8) | next();
        return out;
    }

private:
    ByteView bytes_;
    std::size_t at_ = 0;
};

class RandomProgram {
public:
    RandomProgram(ByteView bytes, const TestLedger& ledger, const Address& sender)
        : source_(bytes), ledger_(ledger), sender_(sender) {}

    ProgrammableTransaction make() {
        const auto functions = list_functions(ledger_.genesis.ids, ledger_.handles.package);
        add_object_inputs();
        for (std::size_t i = 1 + source_.below(12); i > 0 && !source_.empty(); --i)
            add_command(functions);
        // Usually everything that is left goes somewhere, so that many programs succeed.
        if (source_.below(16) != 0) finish();
        return std::move(b_).take();
    }

private:
    struct Known {
        Argument argument;
        std::string type;  ///< name of the struct
    };

    void add_object_inputs() {
        known_.push_back({b_.shared(ledger_.handles.system, 1, source_.below(16) != 0), "System"});
        for (const auto& [id, object] : ledger_.state.objects()) {
            if (object->owner != Owner{AddressOwner{sender_}} || source_.below(3) != 0) continue;
            known_.push_back({b_.owned(object_ref(*object)), object->type.name});
            if (known_.size() > 8) break;
        }
        for (const auto& [id, object] : ledger_.state.objects()) {
            const auto* shared = std::get_if<SharedOwner>(&object->owner);
            if (shared == nullptr || id == ledger_.handles.system || source_.below(3) != 0)
                continue;
            known_.push_back({b_.shared(id, shared->initial_version, source_.below(16) != 0),
                              object->type.name});
            if (known_.size() > 12) break;
        }
        const TypeTag& wal = ledger_.genesis.wal_type;
        known_.push_back({b_.withdrawal(source_.below(4) * kFrostPerWal, wal), "Withdrawal"});
        const Argument right = b_.withdrawal(5 * kFrostPerWal, wal);
        known_.push_back({b_.call(framework(), "coin", "redeem_funds", {wal}, {right}), "Coin"});
    }

    Argument any() {
        switch (source_.below(6)) {
            case 0:
                return InputArgument{static_cast<std::uint16_t>(source_.below(12))};
            case 1:
                return ResultArgument{static_cast<std::uint16_t>(source_.below(12))};
            case 2:
                return NestedResultArgument{static_cast<std::uint16_t>(source_.below(12)),
                                            static_cast<std::uint16_t>(source_.below(3))};
            default:
                break;
        }
        if (known_.empty()) return InputArgument{0};
        return known_[source_.below(known_.size())].argument;
    }

    Argument pure(const OpenType& type) {
        if (type.kind == OpenType::Kind::Vector) {
            Bytes bytes;
            for (std::size_t i = source_.below(4); i > 0; --i) bytes.push_back(source_.next());
            return b_.pure_vector_u8(bytes);
        }
        if (type.kind == OpenType::Kind::Datatype && type.name == "ID")
            return b_.pure_id(ledger_.handles.package);
        if (type.kind == OpenType::Kind::Datatype)
            return b_.pure_string(std::string(source_.below(4), 'a'));
        const RegisterBlob blob = sample_blob(source_.below(4), 100, 1000);
        switch (type.primitive) {
            case TypeKind::Bool:
                return b_.pure_bool(source_.below(2) == 1);
            case TypeKind::U8:
                return b_.pure_u8(source_.below(8) == 0 ? 0 : 1);
            case TypeKind::U16:
                return b_.pure_u16(static_cast<std::uint16_t>(source_.number()));
            case TypeKind::U32:
                return b_.pure_u32(source_.below(8) == 0
                                       ? static_cast<std::uint32_t>(source_.number())
                                       : static_cast<std::uint32_t>(1 + source_.below(5)));
            case TypeKind::U64:
                switch (source_.below(6)) {
                    case 0:
                        return b_.pure_u64(source_.number());
                    case 1:
                        return b_.pure_u64(blob.unencoded_bytes);
                    case 2:
                    case 3:
                    case 4:
                        return b_.pure_u64(blob.encoded_bytes);
                    default:
                        return b_.pure_u64(source_.below(100));
                }
            case TypeKind::U256:
                return source_.below(2) == 0 ? b_.pure_u256(blob.blob_id.bytes)
                                             : b_.pure_u256(blob.root_hash.bytes);
            default:
                return b_.pure_address(sender_);
        }
    }

    Argument argument_for(const OpenType& type) {
        if (source_.below(100) == 99) return any();
        const bool is_pure =
            type.kind != OpenType::Kind::Datatype || type.name == "String" || type.name == "ID";
        if (is_pure && type.kind != OpenType::Kind::TypeParameter) return pure(type);
        std::vector<Argument> fitting;
        for (const Known& known : known_)
            if (known.type == type.name) fitting.push_back(known.argument);
        return fitting.empty() ? any() : fitting[source_.below(fitting.size())];
    }

    /// Do the parameters from `at` on say what a blob is: id, root hash, size, encoding type?
    static bool describes_blob(const FunctionDescription& function, std::size_t at) {
        constexpr TypeKind kKinds[] = {TypeKind::U256, TypeKind::U256, TypeKind::U64, TypeKind::U8};
        for (std::size_t i = 0; i < std::size(kKinds); ++i) {
            if (at + i >= function.parameters.size()) return false;
            const OpenType& type = function.parameters[at + i].type;
            if (type.kind != OpenType::Kind::Primitive || type.primitive != kKinds[i]) return false;
        }
        return true;
    }
    bool has(const std::string& type) const {
        for (const Known& known : known_)
            if (known.type == type) return true;
        return false;
    }
    void forget(const Argument& argument) {
        std::erase_if(known_, [&](const Known& known) { return known.argument == argument; });
    }

    void call(const FunctionDescription& function) {
        // Mostly only what can be called with what is there.
        for (const FunctionParameter& parameter : function.parameters)
            if (parameter.type.kind == OpenType::Kind::Datatype &&
                parameter.type.name != "String" && parameter.type.name != "ID" &&
                parameter.type.name != "TxContext" && !has(parameter.type.name) &&
                source_.below(32) != 31)
                return;
        std::vector<TypeTag> types;
        for (std::size_t i = 0; i < function.type_parameters.size(); ++i)
            types.push_back(source_.below(64) == 63 ? sui_type() : ledger_.genesis.wal_type);
        std::vector<Argument> arguments;
        for (const FunctionParameter& parameter : function.parameters) {
            if (parameter.type.name == "TxContext") continue;
            if (describes_blob(function, arguments.size()) && source_.below(8) != 7) {
                const RegisterBlob blob = sample_blob(source_.below(4), 100, 1000);
                arguments.push_back(b_.pure_u256(blob.blob_id.bytes));
                arguments.push_back(b_.pure_u256(blob.root_hash.bytes));
                arguments.push_back(b_.pure_u64(blob.unencoded_bytes));
                arguments.push_back(b_.pure_u8(blob.encoding_type));
            }
            if (&parameter - function.parameters.data() <
                static_cast<std::ptrdiff_t>(arguments.size()))
                continue;
            const Argument argument = argument_for(parameter.type);
            arguments.push_back(argument);
            // What is taken by value is usually not used again.
            if (parameter.reference == Reference::Value && source_.below(64) != 63)
                forget(argument);
        }
        const Argument result =
            b_.call(function.package, function.module, function.name, types, arguments);
        const std::uint16_t command = std::get<ResultArgument>(result).command;
        for (std::size_t i = 0; i < function.returns.size(); ++i)
            known_.push_back({NestedResultArgument{command, static_cast<std::uint16_t>(i)},
                              function.returns[i].type.name});
    }

    void add_command(const std::vector<FunctionDescription>& functions) {
        switch (source_.below(32)) {
            case 0:
            case 1: {
                std::vector<Argument> amounts;
                for (std::size_t i = source_.below(3) + 1; i > 0; --i)
                    amounts.push_back(b_.pure_u64(source_.number() % kFrostPerWal));
                for (const Argument& coin : b_.split(of_type("Coin"), amounts))
                    known_.push_back({coin, "Coin"});
                return;
            }
            case 2: {
                const Argument source = of_type("Coin");
                forget(source);
                b_.merge(of_type("Coin"), {source});
                return;
            }
            case 3: {
                const Argument object = source_.below(8) == 7 ? any() : of_type("Storage");
                forget(object);
                b_.transfer({object}, b_.pure_address(sender_));
                return;
            }
            case 4: {
                if (source_.below(8) != 7) return;
                known_.push_back({b_.make_vector(std::nullopt, {any()}), "vector"});
                return;
            }
            case 5:
                return add_blob();
            default:
                call(functions[source_.below(functions.size())]);
                return;
        }
    }

    /// Buys a storage, or a pool, and registers a blob in it; both are kept.
    void add_blob() {
        RegisterBlob blob = sample_blob(source_.below(4), 100, 1000);
        const bool pooled = source_.below(2) == 1;
        const Argument system = of_type("System");
        const Argument coin = of_type("Coin");
        const Argument bytes = b_.pure_u64(blob.encoded_bytes * (pooled ? 2 : 1));
        const Argument epochs = b_.pure_u32(static_cast<std::uint32_t>(1 + source_.below(3)));
        const Argument room = b_.call(ledger_.handles.package, "system",
                                      pooled ? "create_storage_pool" : "reserve_space", {},
                                      {system, bytes, epochs, coin});
        const Argument made =
            b_.call(ledger_.handles.package, "system",
                    pooled ? "register_pooled_blob" : "register_blob", {},
                    {system, room, b_.pure_u256(blob.blob_id.bytes),
                     b_.pure_u256(blob.root_hash.bytes), b_.pure_u64(blob.unencoded_bytes),
                     b_.pure_u8(blob.encoding_type), b_.pure_bool(source_.below(2) == 1), coin});
        known_.push_back(pooled ? Known{room, "StoragePool"} : Known{made, "Blob"});
    }

    Argument of_type(const std::string& type) {
        for (std::size_t i = known_.size(); i > 0; --i)
            if (known_[i - 1].type == type) return known_[i - 1].argument;
        return any();
    }

    void finish() {
        const Argument me = b_.pure_address(sender_);
        std::vector<Argument> objects;
        for (const Known& known : known_) {
            for (const char* kept : {"Coin", "Storage", "Blob", "StoragePool", "BlobBucketCap",
                                     "AdminCap", "StorageNodeCap", "StakedWal"})
                if (known.type == kept) objects.push_back(known.argument);
            if (known.type == "Balance")
                b_.call(framework(), "balance", "send_funds", {ledger_.genesis.wal_type},
                        {known.argument, me});
        }
        if (!objects.empty()) b_.transfer(objects, me);
    }

    static ObjectId framework() { return ObjectId{framework_address().bytes}; }

    ByteSource source_;
    const TestLedger& ledger_;
    Address sender_;
    ProgramBuilder b_;
    std::vector<Known> known_;
};

}  // namespace walrus::ledger::testing
