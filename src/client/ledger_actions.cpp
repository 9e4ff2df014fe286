// SPDX-License-Identifier: Apache-2.0
#include "client/ledger_actions.hpp"

#include <fmt/format.h>

#include "client/amounts.hpp"
#include "client/retry.hpp"

namespace walrus::client {

namespace {

std::optional<OwnedBlob> as_blob(const ledger::Object& object) {
    auto blob = bcs::decode_prefix<ledger::Blob>(object.contents);
    if (!blob) return std::nullopt;
    return OwnedBlob{std::move(*blob), ledger::object_ref(object)};
}

/// All pages of an account's objects of one type.
io::Task<ClientResult<void>> visit_owned(Client& client, Address owner, std::string type,
                                         std::function<bool(const ledger::Object&)> visit) {
    std::optional<Bytes> token;
    for (std::size_t page = 0; page < client.limits().owned_pages_max; ++page) {
        auto answer =
            co_await client.ledger().owned_objects(owner, type, client.limits().page_size, token);
        if (!answer)
            co_return fail(from_rpc(answer.error(), "listing the objects of " + to_text(owner)));
        for (const ledger::Object& object : answer->objects)
            if (!visit(object)) co_return ClientResult<void>{};
        if (!answer->next_page_token) co_return ClientResult<void>{};
        token = std::move(answer->next_page_token);
    }
    co_return client_failure(
        ClientCode::Internal,
        fmt::format("{} owns more than {} objects of type {}", to_text(owner),
                    client.limits().owned_pages_max * client.limits().page_size, type));
}

}  // namespace

std::string sui_type_name() {
    return ledger::to_text(ledger::sui_type());
}

io::Task<ClientResult<std::uint64_t>> balance(Client& client, Address owner,
                                              std::string coin_type) {
    auto answer = co_await client.ledger().balance(owner, coin_type);
    if (!answer)
        co_return fail(from_rpc(answer.error(), "asking for the balance of " + to_text(owner)));
    co_return *answer;
}

io::Task<ClientResult<void>> visit_owned_blobs(Client& client,
                                               std::shared_ptr<const NetworkView> view,
                                               Address owner,
                                               std::function<bool(const OwnedBlob&)> visit) {
    std::function<bool(const ledger::Object&)> each = [&visit](const ledger::Object& object) {
        const auto blob = as_blob(object);
        return !blob || visit(*blob);
    };
    auto task = visit_owned(client, owner, view->type_name("blob", "Blob"), std::move(each));
    co_return co_await std::move(task);
}

io::Task<ClientResult<std::vector<OwnedStorage>>> owned_storages(
    Client& client, std::shared_ptr<const NetworkView> view, Address owner) {
    std::vector<OwnedStorage> out;
    std::function<bool(const ledger::Object&)> each = [&out](const ledger::Object& object) {
        auto storage = bcs::decode_prefix<ledger::Storage>(object.contents);
        if (storage) out.push_back({std::move(*storage), ledger::object_ref(object)});
        return true;
    };
    auto task =
        visit_owned(client, owner, view->type_name("storage_resource", "Storage"), std::move(each));
    WALRUS_CO_CHECK_OK(co_await std::move(task));
    co_return out;
}

io::Task<ClientResult<std::vector<ledger::Object>>> owned_objects(
    Client& client, std::shared_ptr<const NetworkView> view, Address owner, std::string module,
    std::string name) {
    std::vector<ledger::Object> out;
    std::function<bool(const ledger::Object&)> each = [&out](const ledger::Object& object) {
        out.push_back(object);
        return true;
    };
    auto task = visit_owned(client, owner, view->type_name(module, name), std::move(each));
    WALRUS_CO_CHECK_OK(co_await std::move(task));
    co_return out;
}

io::Task<ClientResult<ledger::Object>> object_of_type(Client& client,
                                                      std::shared_ptr<const NetworkView> view,
                                                      ObjectId id, std::string module,
                                                      std::string name) {
    std::vector<ObjectId> ids = {id};
    auto answer = co_await client.ledger().objects(ids);
    if (!answer) co_return fail(from_rpc(answer.error(), "reading object " + to_text(id)));
    if (answer->empty() || !answer->front())
        co_return client_failure(ClientCode::NotFound,
                                 fmt::format("there is no object {} on this network", to_text(id)));
    ledger::Object object = std::move(*answer->front());
    const std::string type = ledger::to_text(object.type);
    if (type != view->type_name(module, name))
        co_return client_failure(
            ClientCode::Usage, fmt::format("object {} is a {}, not a {}", to_text(id), type, name));
    co_return std::move(object);
}

ClientResult<ledger::SharedRef> shared_ref(const ledger::Object& object) {
    if (const auto* owner = std::get_if<ledger::SharedOwner>(&object.owner))
        return ledger::SharedRef{object.id, owner->initial_version};
    return client_failure(ClientCode::Usage, "object " + to_text(object.id) + " is not shared");
}

io::Task<ClientResult<void>> check_wal(Client& client, std::shared_ptr<const NetworkView> view,
                                       Address owner, Frost amount) {
    WALRUS_CO_TRY(have, co_await balance(client, owner, view->wal_type));
    if (have < amount)
        co_return client_failure(ClientCode::Funds,
                                 fmt::format("this costs {}, but {} has {}", format_wal(amount),
                                             to_text(owner), format_wal(have)));
    co_return ClientResult<void>{};
}

io::Task<ClientResult<OwnedBlob>> blob_object(Client& client,
                                              std::shared_ptr<const NetworkView> view,
                                              ObjectId id) {
    WALRUS_CO_TRY(object, co_await object_of_type(client, view, id, "blob", "Blob"));
    WALRUS_CO_TRY(blob, decode_contents<ledger::Blob>(object));
    co_return OwnedBlob{std::move(blob), ledger::object_ref(object)};
}

io::Task<ClientResult<std::optional<Attributes>>> blob_attributes(Client& client, ObjectId id) {
    const Bytes key = bcs::encode(to_bytes(ledger::kMetadataKey));
    const ledger::TypeTag key_type = ledger::vector_of(ledger::primitive(ledger::TypeKind::U8));
    std::vector<ObjectId> ids = {ledger::dynamic_field_id(id, key_type, key)};
    auto answer = co_await client.ledger().objects(ids);
    if (!answer)
        co_return fail(from_rpc(answer.error(), "reading the attributes of " + to_text(id)));
    if (answer->empty() || !answer->front()) co_return std::optional<Attributes>{};
    auto field = bcs::decode_prefix<ledger::MetadataField>(answer->front()->contents);
    if (!field)
        co_return client_failure(ClientCode::Refused,
                                 fmt::format("the attributes of {} do not parse", to_text(id)));
    co_return std::optional<Attributes>(std::move(field->value.metadata));
}

ledger::TransactionOptions transaction_options(Client& client, const NetworkView& view,
                                               const Address& sender) {
    ledger::TransactionOptions out;
    out.sender = sender;
    out.epoch = view.epoch;
    out.nonce = static_cast<std::uint32_t>(client.environment().random.next_u64());
    return out;
}

io::Task<ClientResult<rpc::TransactionResult>> execute(Client& client,
                                                       ledger::SignedTransaction transaction,
                                                       std::string doing) {
    const TransactionDigest digest = ledger::transaction_digest(transaction.data);
    Backoff backoff(client.limits().ledger_backoff, client.environment().random);
    for (;;) {
        auto answer = co_await client.ledger().execute(transaction);
        if (answer) co_return std::move(*answer);
        const rpc::RpcError error = std::move(answer.error());
        const bool unknown =
            error.code == rpc::RpcCode::Unavailable || error.code == rpc::RpcCode::Malformed;
        if (unknown) {
            const auto delay = backoff.next_ms();
            if (!delay)
                co_return client_failure(
                    ClientCode::Network,
                    fmt::format(
                        "{}: the ledger does not answer whether transaction {} was executed "
                        "({}). Run the same command again: it continues and does not pay "
                        "twice",
                        doing, to_text(digest), error.message));
            co_await io::sleep_ms(client.environment().loop, *delay);
        }
        // Perhaps it was executed and only the answer was lost.
        auto known = co_await client.ledger().transaction(digest);
        if (known) co_return std::move(*known);
        if (!unknown) co_return fail(from_rpc(error, doing));
    }
}

io::Task<ClientResult<rpc::TransactionResult>> sign_and_execute(Client& client, Account account,
                                                                ledger::TransactionData data,
                                                                std::string doing) {
    ledger::SignedTransaction transaction = account.sign(bcs::encode(data));
    WALRUS_CO_TRY(result, co_await execute(client, std::move(transaction), doing));
    if (result.failure) co_return fail(from_execution(*result.failure, doing));
    co_return std::move(result);
}

std::optional<ObjectId> created_object(const rpc::TransactionResult& result,
                                       const std::string& type) {
    for (const rpc::ChangedObject& object : result.changed_objects)
        if (object.operation == rpc::ChangedObject::Operation::Created && object.type == type)
            return object.id;
    return std::nullopt;
}

io::Task<ClientResult<void>> request_funds(Client& client, Address recipient) {
    const std::string& url = client.config().rpc_urls.front();
    auto origin = http::Origin::parse(url);
    if (!origin) co_return fail(from_io(origin.error(), "ledger " + url));
    http::ClientRequest request;
    request.method = "POST";
    request.target = "/faucet";
    request.headers.add("Content-Type", "application/json");
    request.body = to_bytes(fmt::format("{{\"recipient\":\"{}\"}}", to_text(recipient)));
    http::CallOptions options;
    options.connect_timeout_us = client.limits().connect_timeout_ms * 1000;
    auto answer = co_await client.http().call(*origin, std::move(request), options);
    if (!answer) co_return fail(from_io(answer.error(), "asking the faucet at " + url));
    if (answer->status == 404 || answer->status == 405)
        co_return client_failure(ClientCode::Refused,
                                 "this network has no faucet; ask somebody for WAL: `walrus wallet "
                                 "send` sends it");
    if (answer->status / 100 != 2)
        co_return client_failure(ClientCode::Refused,
                                 fmt::format("the faucet at {} refused ({}): {}", url,
                                             answer->status, as_text(answer->body)));
    co_return ClientResult<void>{};
}

}  // namespace walrus::client
