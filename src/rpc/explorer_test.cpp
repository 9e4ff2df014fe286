// SPDX-License-Identifier: Apache-2.0
#include "rpc/explorer.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/testing.hpp"
#include "rpc/history.hpp"
#include "rpc/json_rpc.hpp"
#include "rpc/messages.hpp"

namespace walrus::rpc {
namespace {

using chain::testing::TestNetwork;
using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);
const AccountKey kOther = account_key(2);

TEST(HistoryNames, AreParsed) {
    EXPECT_EQ(parse_calls("0x2")->module, "");
    EXPECT_EQ(parse_calls("0x2::coin")->module, "coin");
    EXPECT_EQ(parse_calls("0x2::coin::zero")->function, "zero");
    for (const char* wrong : {"", "coin", "0x2::", "0x2::coin::", "0x2::a::b::c", "0x2::a b"})
        EXPECT_FALSE(parse_calls(wrong)) << wrong;
    EXPECT_EQ(parse_emitted_in("0x2::coin")->module, "coin");
    for (const char* wrong : {"0x2", "0x2::coin::zero"}) EXPECT_FALSE(parse_emitted_in(wrong));
    EXPECT_EQ(parse_event_type("0x2::events")->type.name, "");
    EXPECT_EQ(parse_event_type("0x2::events::Sold<u8>")->type.type_arguments.size(), 1u);
    EXPECT_FALSE(parse_event_type("events"));
}

TEST(HistoryPlaces, ComeBack) {
    const HistoryPlace place{1'000'000'000'000, 7, 9};
    EXPECT_EQ(decode_place(encode_place(place)), place);
    EXPECT_LT(encode_place({1, 255, 0}), encode_place({1, 256, 0}));
    EXPECT_FALSE(decode_place(Bytes(15, 0)));
}

/// Eight registrations by one account, each with an event, and four payments by another without.
class ExplorerTest : public ::testing::Test {
public:
    ExplorerTest() {
        net.open();
        for (std::uint64_t i = 0; i < 12; ++i)
            submit(i % 3 == 2 ? net.payment(kOther, address_of(kUser), 1)
                              : net.registration(kUser, i));
        for (OwnMethod& method : explorer_methods(*net.service))
            methods.emplace(method.name, std::move(method));
    }

    static io::Task<void> submit_task(ExplorerTest& t, ledger::SignedTransaction transaction) {
        auto record = co_await t.net.service->submit(std::move(transaction));
        EXPECT_TRUE(record && (*record)->executed.effects.success());
        if (record) t.digests.push_back((*record)->executed.digest);
    }
    void submit(ledger::SignedTransaction transaction) {
        net.run(submit_task(*this, std::move(transaction)));
    }
    static io::Task<void> read_task(ExplorerTest& t, HistoryQuery query, HistoryPage& out) {
        auto page = co_await read_history(*t.net.service, std::move(query));
        EXPECT_TRUE(page);
        if (page) out = std::move(*page);
    }
    HistoryPage read(HistoryQuery query) {
        HistoryPage out;
        net.run(read_task(*this, std::move(query), out));
        return out;
    }
    std::vector<TransactionDigest> read_all(HistoryQuery query) {
        query.limit = 100;
        std::vector<TransactionDigest> out;
        for (const HistoryItem& item : read(query).items)
            out.push_back(item.record->executed.digest);
        return out;
    }
    /// Page by page.
    std::vector<TransactionDigest> read_pages(HistoryQuery query) {
        std::vector<TransactionDigest> out;
        while (true) {
            const HistoryPage page = read(query);
            EXPECT_LE(page.items.size(), query.limit);
            for (const HistoryItem& item : page.items) out.push_back(item.record->executed.digest);
            if (page.end != HistoryPage::End::Items) return out;
            (query.descending ? query.before : query.after) = page.items.back().place;
        }
    }
    static HistoryFilter only(HistoryLiteral literal) { return {{std::move(literal)}}; }
    static std::vector<TransactionDigest> reversed(std::vector<TransactionDigest> list) {
        std::reverse(list.begin(), list.end());
        return list;
    }

    static io::Task<void> call_task(ExplorerTest& t, std::string name, Bytes message,
                                    std::optional<GrpcResult<Bytes>>& out) {
        auto answer = co_await t.methods.at(name).call(std::move(message));
        out.emplace(std::move(answer));
    }
    template <class Request>
    GrpcResult<Bytes> call(const std::string& name, const Request& request) {
        std::optional<GrpcResult<Bytes>> out;
        net.run(call_task(*this, name, serialize_message(request), out));
        return std::move(*out);
    }
    template <class Response, class Request>
    Response unary(const std::string& name, const Request& request) {
        const auto answer = call(name, request);
        EXPECT_TRUE(answer) << answer.error().message;
        Response out;
        EXPECT_TRUE(answer && parse_message(*answer, out));
        return out;
    }
    template <class Response, class Request>
    std::vector<Response> stream(const std::string& name, const Request& request) {
        const auto answer = call(name, request);
        EXPECT_TRUE(answer) << answer.error().message;
        std::vector<Response> out;
        FrameParser parser(64 << 20);
        if (answer) parser.feed(*answer);
        while (true) {
            auto frame = parser.next();
            EXPECT_TRUE(frame);
            if (!frame || !frame->has_value()) break;
            EXPECT_TRUE(parse_message((*frame)->payload, out.emplace_back()));
        }
        EXPECT_TRUE(parser.idle());
        return out;
    }

    TestNetwork net;
    std::vector<TransactionDigest> digests;  ///< in the order of the chain
    std::map<std::string, OwnMethod> methods;
};

TEST_F(ExplorerTest, AllTransactionsInBothOrdersAndAnyPages) {
    HistoryQuery query;
    EXPECT_EQ(read_all(query), digests);
    for (const std::uint32_t limit : {1u, 5u, 12u, 13u}) {
        query.limit = limit;
        query.descending = false;
        query.after.reset();
        query.before.reset();
        EXPECT_EQ(read_pages(query), digests);
        query.descending = true;
        EXPECT_EQ(read_pages(query), reversed(digests));
    }
    // Between two places, neither included.
    HistoryQuery bounded;
    const auto items = read(bounded).items;
    bounded.after = items[2].place;
    bounded.before = items[6].place;
    const std::vector<TransactionDigest> middle(digests.begin() + 3, digests.begin() + 6);
    EXPECT_EQ(read_all(bounded), middle);
    EXPECT_EQ(read(bounded).end, HistoryPage::End::Bounds);
    bounded.descending = true;
    EXPECT_EQ(read_all(bounded), reversed(middle));
}

TEST_F(ExplorerTest, FiltersHold) {
    std::vector<TransactionDigest> registrations;
    std::vector<TransactionDigest> payments;
    for (std::size_t i = 0; i < digests.size(); ++i)
        (i % 3 == 2 ? payments : registrations).push_back(digests[i]);
    HistoryQuery query;
    query.filter = only({false, SentBy{address_of(kUser)}});
    EXPECT_EQ(read_all(query), registrations);
    query.limit = 3;
    EXPECT_EQ(read_pages(query), registrations);
    query.filter = only({true, SentBy{address_of(kUser)}});
    EXPECT_EQ(read_all(query), payments);
    const std::string package = to_text(net.handles.package);
    query.filter = only({false, *parse_calls(package + "::system::register_blob")});
    EXPECT_EQ(read_all(query), registrations);
    query.filter = only({false, *parse_calls(package + "::system::certify_blob")});
    EXPECT_TRUE(read_all(query).empty());
    query.filter = only({false, *parse_calls("0x2::coin")});
    EXPECT_EQ(read_all(query), digests);
    query.filter = only({false, *parse_event_type(package + "::events::BlobRegistered")});
    EXPECT_EQ(read_all(query), registrations);
    // Alternatives of terms, all literals of a term.
    query.filter = {{{false, SentBy{address_of(kUser)}}, {true, *parse_calls(package)}},
                    {{false, SentBy{address_of(kOther)}}}};
    EXPECT_EQ(read_all(query), payments);

    HistoryQuery events;
    events.events = true;
    EXPECT_EQ(read_all(events), registrations);
    events.limit = 3;
    events.descending = true;
    EXPECT_EQ(read_pages(events), reversed(registrations));
    events.filter = only({false, *parse_event_type(package + "::events")});
    EXPECT_EQ(read_all(events), reversed(registrations));
    events.filter = only({false, *parse_event_type(package + "::events::BlobCertified")});
    EXPECT_TRUE(read_all(events).empty());
    events.filter = only({false, SentBy{address_of(kOther)}});
    EXPECT_TRUE(read_all(events).empty());
}

TEST_F(ExplorerTest, StreamsEndWithTheirReason) {
    sui_pb::ListTransactionsRequest request;
    request.mutable_options()->set_limit(5);
    auto frames = stream<sui_pb::ListTransactionsResponse>("ListTransactions", request);
    ASSERT_EQ(frames.size(), 6u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(frames[i].transaction().digest(), to_text(digests[i]));
        EXPECT_FALSE(frames[i].has_end());
    }
    EXPECT_EQ(frames[5].end().reason(), sui_pb::QueryEnd::ITEM_LIMIT);
    request.mutable_options()->set_after(frames[4].watermark().cursor());
    request.mutable_options()->set_limit(50);
    frames = stream<sui_pb::ListTransactionsResponse>("ListTransactions", request);
    ASSERT_EQ(frames.size(), 8u);
    EXPECT_EQ(frames[0].transaction().digest(), to_text(digests[5]));
    EXPECT_EQ(frames[7].end().reason(), sui_pb::QueryEnd::LEDGER_TIP);

    sui_pb::ListEventsRequest events;
    auto& literal = *events.mutable_filter()->add_terms()->add_literals();
    literal.mutable_sender()->set_address(to_text(address_of(kUser)));
    const auto found = stream<sui_pb::ListEventsResponse>("ListEvents", events);
    ASSERT_EQ(found.size(), 9u);
    EXPECT_EQ(found[0].event().transaction_digest(), to_text(digests[0]));
    EXPECT_EQ(found[0].event().event_index(), 0u);
    EXPECT_EQ(found[0].event().event_type(),
              to_text(net.handles.package) + "::events::BlobRegistered");

    const auto refused = [&](auto wrong, GrpcStatus status, const char* name) {
        const auto answer = call(name, wrong);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().status, status) << answer.error().message;
    };
    request.mutable_options()->set_after("short");
    refused(request, GrpcStatus::InvalidArgument, "ListTransactions");
    events.mutable_filter()->mutable_terms(0)->mutable_literals(0)->clear_predicate();
    refused(events, GrpcStatus::Unimplemented, "ListEvents");
    literal.mutable_event_type()->set_event_type("x");
    refused(events, GrpcStatus::InvalidArgument, "ListEvents");
    for (int i = 0; i < 40; ++i) *events.mutable_filter()->add_terms()->add_literals() = literal;
    refused(events, GrpcStatus::InvalidArgument, "ListEvents");
}

TEST_F(ExplorerTest, TransactionsComeInBatches) {
    sui_pb::BatchGetTransactionsRequest request;
    request.add_digests(to_text(digests[3]));
    request.add_digests(to_text(TransactionDigest{}));
    const auto answer =
        unary<sui_pb::BatchGetTransactionsResponse>("BatchGetTransactions", request);
    ASSERT_EQ(answer.transactions_size(), 2);
    EXPECT_EQ(answer.transactions(0).transaction().digest(), to_text(digests[3]));
    EXPECT_EQ(answer.transactions(1).error().code(), 5);
}

TEST_F(ExplorerTest, BalancesCoinsAndFields) {
    sui_pb::ListBalancesRequest of_user;
    of_user.set_owner(to_text(address_of(kUser)));
    const auto balances = unary<sui_pb::ListBalancesResponse>("ListBalances", of_user);
    bool has_wal = false;
    for (const sui_pb::Balance& balance : balances.balances()) {
        has_wal |= balance.coin_type() == to_text(net.handles.wal_type);
        EXPECT_GT(balance.balance(), 0u);
        EXPECT_EQ(balance.balance(), balance.address_balance());
    }
    EXPECT_TRUE(has_wal);
    of_user.set_owner(to_text(address_of(account_key(77))));
    EXPECT_EQ(unary<sui_pb::ListBalancesResponse>("ListBalances", of_user).balances_size(), 0);

    sui_pb::GetCoinInfoRequest coin;
    coin.set_coin_type(to_text(net.handles.wal_type));
    const auto info = unary<sui_pb::GetCoinInfoResponse>("GetCoinInfo", coin);
    EXPECT_EQ(info.metadata().symbol(), "WAL");
    EXPECT_EQ(info.metadata().decimals(), 9u);
    coin.set_coin_type("0x5::a::B");
    EXPECT_EQ(call("GetCoinInfo", coin).error().status, GrpcStatus::NotFound);

    sui_pb::ListDynamicFieldsRequest fields;
    fields.set_parent(to_text(net.handles.system));
    const auto system = unary<sui_pb::ListDynamicFieldsResponse>("ListDynamicFields", fields);
    ASSERT_EQ(system.dynamic_fields_size(), 1);
    const sui_pb::DynamicField& field = system.dynamic_fields(0);
    EXPECT_EQ(field.field_id(),
              to_text(ledger::system_state_field_id(net.handles.system, ledger::kSystemVersion)));
    EXPECT_EQ(field.name().name(), "u64");
    EXPECT_EQ(to_bytes(as_bytes(field.name().value())), bcs::encode(ledger::kSystemVersion));
    // A blob without attributes shows an empty field.
    chain::RecordPtr record = read({}).items[0].record;
    const ObjectId blob = TestNetwork::created(*record, "Blob");
    fields.set_parent(to_text(blob));
    const auto of_blob = unary<sui_pb::ListDynamicFieldsResponse>("ListDynamicFields", fields);
    ASSERT_EQ(of_blob.dynamic_fields_size(), 1);
    EXPECT_EQ(of_blob.dynamic_fields(0).name().name(), "vector<u8>");
    EXPECT_EQ(of_blob.dynamic_fields(0).value().value(), std::string(1, '\0'));
    fields.set_parent("0x1234");
    EXPECT_EQ(call("ListDynamicFields", fields).error().status, GrpcStatus::NotFound);
}

class JsonExplorerTest : public ExplorerTest {
public:
    static io::Task<void> answer_task(JsonRpc& rpc, Bytes body, Json& out) {
        auto answer = co_await rpc.answer(std::move(body));
        out = Json::parse(as_text(answer.body));
    }
    Json ask(const std::string& method, Json parameters) {
        Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}};
        request["params"] = std::move(parameters);
        Json out;
        net.run(answer_task(rpc, to_bytes(as_bytes(request.dump())), out));
        return out;
    }

    JsonRpc rpc{*net.service};
};

TEST_F(JsonExplorerTest, ListsContinueAtTheirCursor) {
    for (const bool descending : {false, true}) {
        std::vector<TransactionDigest> expected = digests;
        if (descending) expected = reversed(expected);
        Json cursor;
        std::vector<std::string> seen;
        bool more = true;
        for (std::size_t pages = 0; more && pages <= expected.size(); ++pages) {
            const Json page = ask("suix_queryTransactionBlocks",
                                  {Json::object(), cursor, 5, descending})["result"];
            for (const Json& item : page["data"]) seen.push_back(item["digest"]);
            cursor = page["nextCursor"];
            more = page["hasNextPage"].get<bool>();
        }
        ASSERT_EQ(seen.size(), expected.size());
        for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], to_text(expected[i]));
    }
    const Json sender = to_text(address_of(kUser));
    Json cursor;
    std::size_t events = 0;
    bool more = true;
    while (more) {
        const Json page =
            ask("suix_queryEvents", {Json{{"Sender", sender}}, cursor, 3, true})["result"];
        events += page["data"].size();
        cursor = page["nextCursor"];
        more = page["hasNextPage"].get<bool>();
    }
    EXPECT_EQ(events, 8u);
    const std::string package = to_text(net.handles.package);
    const Json called = ask(
        "suix_queryTransactionBlocks",
        Json::array({{{"filter",
                       {{"MoveFunction",
                         {{"package", package}, {"module", "system"}, {"function", nullptr}}}}}}}));
    EXPECT_EQ(called["result"]["data"].size(), 8u);
}

TEST_F(JsonExplorerTest, WrongQueriesAreRefused) {
    const std::vector<std::pair<std::string, Json>> wrong{
        {"suix_queryEvents", Json::array()},
        {"suix_queryEvents", Json::array({{{"Transaction", "x"}}})},
        {"suix_queryEvents", Json::array({{{"Sender", 5}}})},
        {"suix_queryEvents", Json::array({{{"MoveModule", {{"package", "0x2"}}}}})},
        {"suix_queryEvents", Json::array({{{"MoveEventType", "u8"}}})},
        {"suix_queryEvents", Json::array({{{"All", Json::array()}}, {{"txDigest", "x"}}})},
        {"suix_queryTransactionBlocks", Json::array({{{"filter", {{"ToAddress", "0x1"}}}}})},
        {"suix_queryTransactionBlocks", Json::array({Json::object(), "0OIl"})},
        {"suix_queryTransactionBlocks",
         Json::array({Json::object(), to_text(TransactionDigest{})})},
        {"suix_getDynamicFields", Json::array({"0x1234"})},
        {"sui_multiGetTransactionBlocks", Json::array({"x"})},
    };
    for (const auto& [method, parameters] : wrong)
        EXPECT_EQ(ask(method, parameters)["error"]["code"], -32602)
            << method << " " << parameters.dump();
    EXPECT_EQ(ask("suix_getCoinMetadata", Json::array({"0x5::a::B"}))["result"], Json());
    const Json balances =
        ask("suix_getAllBalances", Json::array({to_text(address_of(kUser))}))["result"];
    EXPECT_FALSE(balances.empty());
    const Json fields =
        ask("suix_getDynamicFields", Json::array({to_text(net.handles.system)}))["result"];
    EXPECT_EQ(fields["data"][0]["name"]["type"], "u64");
}

}  // namespace
}  // namespace walrus::rpc
