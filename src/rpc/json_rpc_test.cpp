// SPDX-License-Identifier: Apache-2.0
#include "rpc/json_rpc.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/testing.hpp"

namespace walrus::rpc {
namespace {

using chain::testing::TestNetwork;
using ledger::testing::account_key;
using ledger::testing::address_of;

const AccountKey kUser = account_key(1);

int code_of(std::string_view body) {
    const auto request = parse_json_request(as_bytes(body));
    return request ? 0 : static_cast<int>(request.error().code);
}

TEST(JsonRpcRequest, IsTakenApart) {
    const std::string body = R"({"jsonrpc":"2.0","id":7,"method":"m","params":["a",{"b":true}]})";
    const auto request = parse_json_request(as_bytes(body));
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->id, 7);
    EXPECT_EQ(request->method, "m");
    ASSERT_EQ(request->parameters.size(), 2u);
    EXPECT_EQ(request->parameters[0], "a");
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":"m"})"), 0);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":"x","method":"m","params":null})"), 0);
}

TEST(JsonRpcRequest, WrongOnesAreRefused) {
    EXPECT_EQ(code_of(""), -32700);
    EXPECT_EQ(code_of("{"), -32700);
    EXPECT_EQ(code_of("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\xfe\"}"), -32700);
    EXPECT_EQ(code_of("[]"), -32600);
    EXPECT_EQ(code_of("5"), -32600);
    EXPECT_EQ(code_of("{}"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"1.0","method":"m"})"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0"})"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":5})"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":")" + std::string(101, 'm') + "\"}"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":"m","id":[]})"), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":"m","params":{"a":1}})"), -32600);
    // Deep nesting is seen before anything is built of it; brackets in texts do not nest.
    const auto nested = [](std::size_t depth, char open, char close) {
        return R"({"jsonrpc":"2.0","method":"m","params":)" + std::string(depth, open) +
               std::string(depth, close) + "}";
    };
    EXPECT_EQ(code_of(nested(kJsonDepthMax - 1, '[', ']')), 0);
    EXPECT_EQ(code_of(nested(kJsonDepthMax, '[', ']')), -32600);
    EXPECT_EQ(code_of(std::string(kJsonRequestBytesMax, '[')), -32600);
    EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","method":"m","params":["\"[[[)" + std::string(60, '[') +
                      "\"]}"),
              0);
}

TEST(JsonRpcRequest, ManyKeysAreFast) {
    std::string body = R"({"jsonrpc":"2.0","method":"m","params":[{)";
    for (int i = 0; body.size() + 20 < kJsonRequestBytesMax; ++i)
        body += "\"" + std::to_string(i) + "\":0,";
    body += "\"\":0}]}";
    EXPECT_EQ(code_of(body), 0);
}

class JsonRpcTest : public ::testing::Test {
public:
    JsonRpcTest() {
        net.open();
        rpc = std::make_unique<JsonRpc>(*net.service);
    }

    static io::Task<void> answer_task(JsonRpcTest& t, Bytes body, JsonRpc::Answer& out) {
        auto answer = co_await t.rpc->answer(std::move(body));
        out = std::move(answer);
    }
    /// The whole answer.
    Json ask(const std::string& method, Json parameters) {
        Json request;
        request["jsonrpc"] = "2.0";
        request["id"] = ++id;
        request["method"] = method;
        request["params"] = std::move(parameters);
        JsonRpc::Answer answer;
        net.run(answer_task(*this, to_bytes(as_bytes(request.dump())), answer));
        Json out = Json::parse(as_text(answer.body));
        EXPECT_EQ(out["jsonrpc"], "2.0");
        EXPECT_EQ(out["id"], id);
        EXPECT_EQ(answer.error, out.contains("error") ? out["error"]["code"].get<int>() : 0);
        EXPECT_EQ(out.contains("error"), !out.contains("result"));
        return out;
    }
    Json result(const std::string& method, Json parameters) {
        Json out = ask(method, std::move(parameters));
        EXPECT_FALSE(out.contains("error")) << out.dump();
        return out["result"];
    }
    int error(const std::string& method, Json parameters) {
        const Json out = ask(method, std::move(parameters));
        return out.contains("error") ? out["error"]["code"].get<int>() : 0;
    }
    Json signatures_of(const ledger::SignedTransaction& transaction) const {
        Json out = Json::array();
        for (const Bytes& signature : transaction.signatures)
            out.push_back(base64_encode(signature));
        return out;
    }
    Json execute(const ledger::SignedTransaction& transaction, Json options) {
        return result("sui_executeTransactionBlock",
                      {base64_encode(transaction.data), signatures_of(transaction), options});
    }

    TestNetwork net;
    std::unique_ptr<JsonRpc> rpc;
    int id = 0;
};

TEST_F(JsonRpcTest, ObjectsAreShownAsAsked) {
    const std::string system = to_text(net.handles.system);
    const std::string nothing = to_text(ObjectId{{9}});
    const Json plain = result("sui_getObject", {system});
    EXPECT_EQ(plain["data"]["objectId"], system);
    EXPECT_EQ(plain["data"]["version"], "1");
    EXPECT_FALSE(plain["data"].contains("bcs"));
    Json options;
    for (const char* name : {"showType", "showOwner", "showBcs", "showPreviousTransaction"})
        options[name] = true;
    const Json many = result("sui_multiGetObjects", {Json::array({system, nothing}), options});
    ASSERT_EQ(many.size(), 2u);
    const Json& data = many[0]["data"];
    const std::string type = to_text(net.service->ids().package) + "::system::System";
    EXPECT_EQ(data["type"], type);
    EXPECT_EQ(data["owner"]["Shared"]["initial_shared_version"], 1);
    EXPECT_EQ(data["bcs"]["dataType"], "moveObject");
    EXPECT_EQ(data["bcs"]["hasPublicTransfer"], false);
    const auto contents = base64_decode(data["bcs"]["bcsBytes"].get<std::string>());
    ASSERT_TRUE(contents);
    EXPECT_TRUE(bcs::decode_prefix<ledger::System>(*contents));
    EXPECT_EQ(base58_decode(data["digest"].get<std::string>())->size(), 32u);
    EXPECT_EQ(many[1]["error"]["code"], "notExists");
    EXPECT_EQ(many[1]["error"]["object_id"], nothing);
    const std::string child =
        to_text(ledger::system_state_field_id(net.handles.system, ledger::kSystemVersion));
    EXPECT_EQ(result("sui_getObject", {child, options})["data"]["owner"]["ObjectOwner"], system);
}

TEST_F(JsonRpcTest, ATransactionIsTriedExecutedAndFound) {
    const auto transaction = net.registration(kUser, 1);
    const std::string digest = to_text(ledger::transaction_digest(transaction.data));
    const Json unknown = ask("sui_getTransactionBlock", {digest});
    EXPECT_EQ(unknown["error"]["code"], -32602);
    EXPECT_EQ(unknown["error"]["message"],
              "Could not find the referenced transaction [TransactionDigest(" + digest + ")].");
    const Json tried =
        result("sui_dryRunTransactionBlock", Json::array({base64_encode(transaction.data)}));
    EXPECT_EQ(tried["effects"]["status"]["status"], "success");
    EXPECT_EQ(tried["effects"]["gasUsed"]["computationCost"], "0");
    EXPECT_EQ(tried["effects"]["gasObject"]["reference"]["objectId"], to_text(ObjectId{}));
    EXPECT_EQ(tried["balanceChanges"].size(), 1u);
    EXPECT_EQ(tried["events"].size(), 1u);
    const std::string blob_type = to_text(net.service->ids().package) + "::blob::Blob";
    const auto created_blob = [&](const Json& changes) {
        for (const Json& change : changes)
            if (change["type"] == "created" && change["objectType"] == blob_type)
                return change["objectId"].get<std::string>();
        return std::string();
    };
    const std::string blob = created_blob(tried["objectChanges"]);
    EXPECT_NE(blob, "");

    Json options;
    for (const char* name : {"showEffects", "showRawEffects", "showRawInput", "showObjectChanges",
                             "showBalanceChanges", "showEvents"})
        options[name] = true;
    const Json executed = execute(transaction, options);
    EXPECT_EQ(executed["digest"], digest);
    EXPECT_EQ(executed["checkpoint"], "0");
    EXPECT_EQ(created_blob(executed["objectChanges"]), blob);
    Bytes effects;
    for (const Json& byte : executed["rawEffects"]) effects.push_back(byte.get<Byte>());
    const auto decoded = bcs::decode<ledger::TransactionEffects>(effects);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->success());
    // One transaction with the intent 0 0 0 in front, one signature behind it.
    const auto raw = base64_decode(executed["rawTransaction"].get<std::string>());
    ASSERT_TRUE(raw);
    Bytes expected{1, 0, 0, 0};
    append(expected, transaction.data);
    expected.push_back(1);
    expected.push_back(static_cast<Byte>(transaction.signatures[0].size()));
    append(expected, transaction.signatures[0]);
    EXPECT_EQ(*raw, expected);
    EXPECT_EQ(result("sui_getTransactionBlock", {digest, options}), executed);

    const Json owner = to_text(address_of(kUser));
    Json query;
    query["filter"]["StructType"] = blob_type;
    query["options"]["showType"] = true;
    const Json owned = result("suix_getOwnedObjects", {owner, query, nullptr, 10});
    ASSERT_EQ(owned["data"].size(), 1u);
    EXPECT_EQ(owned["data"][0]["data"]["objectId"], blob);
    EXPECT_EQ(owned["hasNextPage"], false);
    EXPECT_TRUE(owned["nextCursor"].is_null());
}

TEST_F(JsonRpcTest, PagesOfOwnedObjectsContinue) {
    for (std::uint64_t i = 0; i < 3; ++i) execute(net.registration(kUser, i), nullptr);
    const Json owner = to_text(address_of(kUser));
    std::set<std::string> seen;
    Json cursor;
    do {
        const Json page = result("suix_getOwnedObjects", {owner, nullptr, cursor, 2});
        for (const Json& item : page["data"])
            EXPECT_TRUE(seen.insert(item["data"]["objectId"].get<std::string>()).second);
        EXPECT_EQ(page["hasNextPage"], !page["nextCursor"].is_null());
        cursor = page["nextCursor"];
    } while (!cursor.is_null());
    EXPECT_EQ(seen.size(), 3u);
}

TEST_F(JsonRpcTest, AFailureNamesItsRule) {
    auto blob = ledger::testing::sample_blob(1, net.config.n_shards, 1000);
    blob.epochs = 500;
    const auto data =
        ledger::register_blobs(net.handles, net.transaction_options(kUser), {blob}, kFrostPerWal);
    const Json tried =
        result("sui_dryRunTransactionBlock", Json::array({base64_encode(bcs::encode(data))}));
    const Json& status = tried["effects"]["status"];
    EXPECT_EQ(status["status"], "failure");
    EXPECT_NE(status["error"].get<std::string>().find("EInvalidEpochsAhead"), std::string::npos)
        << status;
    EXPECT_NE(status["error"].get<std::string>().find("in command"), std::string::npos) << status;
}

TEST_F(JsonRpcTest, FunctionsAccountsAndTheChainAreDescribed) {
    const Json package = to_text(net.handles.package);
    const Json function =
        result("sui_getNormalizedMoveFunction", {package, "system", "reserve_space"});
    EXPECT_EQ(function["visibility"], "Public");
    ASSERT_EQ(function["parameters"].size(), 5u);
    EXPECT_EQ(function["parameters"][0]["MutableReference"]["Struct"]["name"], "System");
    EXPECT_EQ(function["parameters"][1], "U64");
    EXPECT_EQ(function["parameters"][2], "U32");
    const Json& coin = function["parameters"][3]["MutableReference"]["Struct"];
    EXPECT_EQ(coin["name"], "Coin");
    EXPECT_EQ(coin["typeArguments"][0]["Struct"]["name"], "WAL");
    EXPECT_EQ(function["return"][0]["Struct"]["name"], "Storage");
    const Json destroy = result("sui_getNormalizedMoveFunction", {"0x2", "coin", "destroy_zero"});
    EXPECT_EQ(destroy["typeParameters"].size(), 1u);
    EXPECT_EQ(destroy["parameters"][0]["Struct"]["typeArguments"][0]["TypeParameter"], 0);

    const Json owner = to_text(address_of(kUser));
    const Json balance = result("suix_getBalance", {owner, to_text(net.handles.wal_type)});
    EXPECT_NE(balance["totalBalance"], "0");
    EXPECT_EQ(balance["fundsInAddressBalance"], balance["totalBalance"]);
    EXPECT_EQ(result("suix_getBalance", Json::array({owner}))["coinType"],
              to_text(ledger::sui_type()));
    EXPECT_TRUE(result("suix_getCoins", {owner, nullptr, nullptr, nullptr})["data"].empty());

    const std::string chain = to_text(net.service->ids().chain);
    EXPECT_EQ(result("sui_getCheckpoint", Json::array({"0"}))["digest"], chain);
    EXPECT_EQ(result("sui_getChainIdentifier", Json::array()), chain);
    EXPECT_EQ(result("suix_getReferenceGasPrice", Json::array()), "0");
    const Json state = result("suix_getLatestSuiSystemState", Json::array());
    EXPECT_EQ(state["epoch"], "1");
    EXPECT_EQ(state["referenceGasPrice"], "0");
}

TEST_F(JsonRpcTest, WrongParametersAreRefusedByName) {
    EXPECT_EQ(error("sui_nothing", Json::array()), -32601);
    const Json owner = to_text(address_of(kUser));
    const std::vector<std::pair<std::string, Json>> wrong{
        {"sui_getObject", Json::array()},
        {"sui_getObject", Json::array({5})},
        {"sui_getObject", Json::array({"0xzz"})},
        {"sui_multiGetObjects", Json::array({"0x1"})},
        {"sui_multiGetObjects", Json::array({Json::array({nullptr})})},
        {"sui_multiGetObjects", Json::array({Json(std::vector<std::string>(101, "0x1"))})},
        {"sui_getNormalizedMoveFunction", Json::array({"0x2", "coin"})},
        {"sui_getNormalizedMoveFunction", Json::array({"0x2", "coin", "nothing"})},
        {"suix_getBalance", Json::array({owner, "not a type"})},
        {"suix_getBalance", Json::array({"me"})},
        {"suix_getCoins", Json::array({owner, 5})},
        {"suix_getOwnedObjects", Json::array({owner, {{"filter", {{"Package", "0x2"}}}}})},
        {"suix_getOwnedObjects", Json::array({owner, {{"filter", {{"StructType", "u8"}}}}})},
        {"suix_getOwnedObjects", Json::array({owner, nullptr, "%%%"})},
        {"suix_getOwnedObjects", Json::array({owner, nullptr, "AAAA"})},
        {"suix_getOwnedObjects", Json::array({owner, nullptr, nullptr, -1})},
        {"sui_getCheckpoint", Json::array({"1"})},
        {"sui_getTransactionBlock", Json::array({"0OIl"})},
        {"sui_dryRunTransactionBlock", Json::array({"***"})},
        {"sui_dryRunTransactionBlock", Json::array({std::string(180'000, 'A')})},
        {"sui_executeTransactionBlock", Json::array({"AAAA"})},
        {"sui_executeTransactionBlock", Json::array({"AAAA", Json::array()})},
        {"sui_executeTransactionBlock", Json::array({"AAAA", Json::array({5})})},
        {"sui_executeTransactionBlock",
         Json::array({"AAAA", Json(std::vector<std::string>(17, "AAAA"))})},
    };
    for (const auto& [method, parameters] : wrong)
        EXPECT_EQ(error(method, parameters), -32602) << method << " " << parameters.dump();
    // What the ledger refuses has its own code.
    auto forged = net.payment(kUser, address_of(account_key(2)), 5);
    forged.signatures = net.payment(account_key(2), address_of(kUser), 5).signatures;
    EXPECT_EQ(
        error("sui_executeTransactionBlock", {base64_encode(forged.data), signatures_of(forged)}),
        -32002);
    EXPECT_EQ(error("sui_dryRunTransactionBlock", Json::array({"AAAA"})), -32002);
}

}  // namespace
}  // namespace walrus::rpc
