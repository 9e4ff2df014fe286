// SPDX-License-Identifier: Apache-2.0
// ORIG::auth: who calls, and who may (spec/chain.md §5.1).
#include "ledger/packages/staking_state.hpp"

namespace walrus::ledger {

namespace {

void add_authenticated(NativeCall& call, Authorized who) {
    call.add_walrus_result("auth", "Authenticated", Authenticated{std::move(who)});
}
void add_authorized(NativeCall& call, Authorized who) {
    call.add_walrus_result("auth", "Authorized", std::move(who));
}

Executed<void> run_authenticate_sender(NativeCall& call) {
    add_authenticated(call, AuthorizedAddress{call.runtime.sender()});
    return {};
}

Executed<void> run_authenticate_with_object(NativeCall& call) {
    const auto id = object_id(*call.arguments.at(0));
    if (!id)
        return execution_error(ExecutionErrorKind::FeatureNotYetSupported,
                               "a " + to_text(call.type_arguments[0]) + " has no id here");
    add_authenticated(call, AuthorizedObject{*id});
    return {};
}

Executed<void> run_authorized_address(NativeCall& call) {
    add_authorized(call, AuthorizedAddress{call.pure<Address>(0)});
    return {};
}

Executed<void> run_authorized_object(NativeCall& call) {
    add_authorized(call, AuthorizedObject{call.pure<ObjectId>(0)});
    return {};
}

}  // namespace

const NativeModule& auth_module() {
    static const NativeModule module{Home::Walrus,
                                     "auth",
                                     {
                                         {"authenticate_sender",
                                          0,
                                          {},
                                          TxContext::Yes,
                                          {authenticated_spec()},
                                          run_authenticate_sender},
                                         {"authenticate_with_object",
                                          1,
                                          {spec::ref(spec::type_parameter(0))},
                                          TxContext::No,
                                          {authenticated_spec()},
                                          run_authenticate_with_object,
                                          TypeConstraint::Object},
                                         {"authorized_address",
                                          0,
                                          {spec::value(spec::address())},
                                          TxContext::No,
                                          {authorized_spec()},
                                          run_authorized_address},
                                         {"authorized_object",
                                          0,
                                          {spec::value(spec::id())},
                                          TxContext::No,
                                          {authorized_spec()},
                                          run_authorized_object},
                                     }};
    return module;
}

}  // namespace walrus::ledger
