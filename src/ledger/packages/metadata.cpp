// SPDX-License-Identifier: Apache-2.0
// ORIG::metadata: attribute maps that are not yet on a blob (spec/chain.md §1.2).
#include "ledger/abort_codes.hpp"
#include "ledger/limits.hpp"
#include "ledger/native.hpp"
#include "ledger/packages/attributes.hpp"
#include "ledger/packages/blob_rules.hpp"

namespace walrus::ledger {

namespace {

TypeSpec metadata_spec() {
    return spec::walrus_struct("metadata", "Metadata");
}

Executed<void> run_new(NativeCall& call) {
    call.add_walrus_result("metadata", "Metadata", Metadata{});
    return {};
}

Executed<void> run_insert_or_update(NativeCall& call) {
    return set_attribute(call.mut<Metadata>(0), call.pure<std::string>(1),
                         call.pure<std::string>(2));
}

Executed<void> run_remove(NativeCall& call) {
    auto pair = remove_pair(call.mut<Metadata>(0), call.pure<std::string>(1));
    if (!pair) return move_abort(codes::vec_map::kKeyDoesNotExist);
    call.add_string_result(pair->first);
    call.add_string_result(pair->second);
    return {};
}

}  // namespace

const NativeModule& metadata_module() {
    static const NativeModule module{
        Home::Walrus,
        "metadata",
        {
            {"insert_or_update",
             0,
             {spec::mut(metadata_spec()), spec::value(spec::string()), spec::value(spec::string())},
             TxContext::No,
             {},
             run_insert_or_update},
            {"new", 0, {}, TxContext::No, {metadata_spec()}, run_new},
            {"remove",
             0,
             {spec::mut(metadata_spec()), spec::ref(spec::string())},
             TxContext::No,
             {spec::string(), spec::string()},
             run_remove},
        }};
    return module;
}

}  // namespace walrus::ledger
