// SPDX-License-Identifier: Apache-2.0
// ORIG::node_metadata: what a storage node shows of itself (spec/chain.md §1.1).
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

Executed<void> run_new(NativeCall& call) {
    NodeMetadata metadata;
    metadata.image_url = call.pure<std::string>(0);
    metadata.project_url = call.pure<std::string>(1);
    metadata.description = call.pure<std::string>(2);
    call.add_walrus_result("node_metadata", "NodeMetadata", std::move(metadata));
    return {};
}

Executed<void> run_default(NativeCall& call) {
    call.add_walrus_result("node_metadata", "NodeMetadata", NodeMetadata{});
    return {};
}

template <std::string NodeMetadata::* kField>
Executed<void> run_set(NativeCall& call) {
    call.mut<NodeMetadata>(0).*kField = call.pure<std::string>(1);
    return {};
}
template <std::string NodeMetadata::* kField>
Executed<void> run_get(NativeCall& call) {
    call.add_string_result(call.ref<NodeMetadata>(0).*kField);
    return {};
}

NativeFunction setter(std::string_view name, NativeBody body) {
    return {name,          0,  {spec::mut(node_metadata_spec()), spec::value(spec::string())},
            TxContext::No, {}, body};
}
NativeFunction getter(std::string_view name, NativeBody body) {
    return {name, 0, {spec::ref(node_metadata_spec())}, TxContext::No, {spec::string()}, body};
}

}  // namespace

const NativeModule& node_metadata_module() {
    static const NativeModule module{
        Home::Walrus,
        "node_metadata",
        {
            {"default", 0, {}, TxContext::No, {node_metadata_spec()}, run_default},
            getter("description", run_get<&NodeMetadata::description>),
            getter("image_url", run_get<&NodeMetadata::image_url>),
            {"new",
             0,
             {spec::value(spec::string()), spec::value(spec::string()),
              spec::value(spec::string())},
             TxContext::No,
             {node_metadata_spec()},
             run_new},
            getter("project_url", run_get<&NodeMetadata::project_url>),
            setter("set_description", run_set<&NodeMetadata::description>),
            setter("set_image_url", run_set<&NodeMetadata::image_url>),
            setter("set_project_url", run_set<&NodeMetadata::project_url>),
        }};
    return module;
}

}  // namespace walrus::ledger
