// SPDX-License-Identifier: Apache-2.0
// walrus exchange …, get-wal: WAL for SUI and back, on networks that have an exchange.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"
#include "rpc/proof_client.hpp"

namespace walrus::cli {

namespace {

struct ExchangeArguments {
    std::optional<std::string> exchange;
    std::optional<std::string> amount;
    std::optional<std::string> wal;
    std::optional<std::string> sui;
};

/// What `get-wal` gives in without --amount: half a SUI, as the reference does.
constexpr const char* kDefaultMist = "500000000";

ClientResult<std::uint64_t> amount_of(const char* option, const std::string& text) {
    const auto amount = client::parse_amount(text);
    if (amount) return *amount;
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("{} {}: expected a whole number of FROST (MIST), or like 1.5WAL", option,
                    text));
}
ClientResult<std::optional<ObjectId>> exchange_of(const ExchangeArguments& arguments) {
    if (!arguments.exchange) return std::optional<ObjectId>{};
    return std::optional(WALRUS_TRY(object_id_argument(*arguments.exchange)));
}

using Found = std::pair<ledger::Object, ledger::Exchange>;

/// All exchanges of the network.
io::Task<ClientResult<std::vector<Found>>> exchanges(
    client::Client& client, std::shared_ptr<const client::NetworkView> view) {
    std::vector<Found> out;
    chain::ObjectQuery query;
    query.what = chain::ObjectQuery::OfType{
        *ledger::parse_struct_tag(view->type_name("wal_exchange", "Exchange"))};
    for (;;) {
        auto page = co_await rpc::ledger_objects(client.ledger(), query);
        if (!page) co_return fail(client::from_rpc(page.error(), "listing exchanges"));
        for (ledger::Object& object : page->objects) {
            WALRUS_CO_TRY(exchange, client::decode_contents<ledger::Exchange>(object));
            out.emplace_back(std::move(object), std::move(exchange));
        }
        if (!page->next_page_token) co_return out;
        query.token = std::move(page->next_page_token);
    }
}

/// The exchange of this id, or else the one that has most of what is wanted.
io::Task<ClientResult<Found>> pick(client::Client& client,
                                   std::shared_ptr<const client::NetworkView> view,
                                   std::optional<ObjectId> id, ledger::Buy buy) {
    if (id) {
        WALRUS_CO_TRY(
            object, co_await client::object_of_type(client, view, *id, "wal_exchange", "Exchange"));
        WALRUS_CO_TRY(exchange, client::decode_contents<ledger::Exchange>(object));
        co_return Found{std::move(object), std::move(exchange)};
    }
    WALRUS_CO_TRY(all, co_await exchanges(client, view));
    const auto has = [&](const Found& found) {
        return buy == ledger::Buy::Wal ? found.second.wal : found.second.sui;
    };
    Found* best = nullptr;
    for (Found& found : all)
        if (best == nullptr || has(found) > has(*best)) best = &found;
    if (best == nullptr)
        co_return client::client_failure(
            ClientCode::NotFound,
            "this network has no exchange; `walrus exchange create` makes one");
    co_return std::move(*best);
}

std::string both(const ledger::Exchange& exchange) {
    return fmt::format("{}, {}", client::format_wal(exchange.wal),
                       client::format_sui(exchange.sui));
}

io::Task<RunResult> list(client::Client& client, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(all, co_await exchanges(client, view));
    JsonWriter out;
    std::vector<std::vector<std::string>> rows = {{"Exchange", "WAL : SUI", "Has"}};
    out.begin_array();
    for (const auto& [object, exchange] : all) {
        out.begin_object();
        out.key("id").string(to_text(object.id));
        out.key("wal").number(exchange.wal);
        out.key("sui").number(exchange.sui);
        out.key("rate").begin_object();
        out.key("wal").number(exchange.rate.wal);
        out.key("sui").number(exchange.rate.sui);
        out.end();
        out.key("admin").string(to_text(exchange.admin));
        out.end();
        rows.push_back({to_text(object.id),
                        fmt::format("{} : {}", exchange.rate.wal, exchange.rate.sui),
                        both(exchange)});
    }
    out.end();
    const auto printed = print(json          ? out.take()
                               : all.empty() ? "This network has no exchange.\n"
                                             : format_table(rows));
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> create(client::Client& client, client::Account account, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::create_exchange(view->handles, options);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "creating an exchange"));
    const auto exchange =
        client::created_object(result, view->type_name("wal_exchange", "Exchange"));
    const auto cap = client::created_object(result, view->type_name("wal_exchange", "AdminCap"));
    if (!exchange || !cap)
        co_return client::client_failure(ClientCode::Refused, "the ledger names no new exchange");
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("id").string(to_text(*exchange));
        out.key("admin").string(to_text(*cap));
        out.end();
        text = out.take();
    } else {
        text = fmt::format(
            "Success: exchange {} at 1 WAL for 1 SUI, with nothing in it; its capability is {}\n",
            to_text(*exchange), to_text(*cap));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

/// Prints the exchange as it is after a change.
io::Task<RunResult> show_after(client::Client& client,
                               std::shared_ptr<const client::NetworkView> view, ObjectId id,
                               bool json) {
    WALRUS_CO_TRY(found, co_await pick(client, view, id, ledger::Buy::Wal));
    const ledger::Exchange& exchange = found.second;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("id").string(to_text(id));
        out.key("wal").number(exchange.wal);
        out.key("sui").number(exchange.sui);
        out.key("rate").begin_object();
        out.key("wal").number(exchange.rate.wal);
        out.key("sui").number(exchange.rate.sui);
        out.end();
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: exchange {} has {}; {} WAL for {} SUI\n", to_text(id),
                           both(exchange), exchange.rate.wal, exchange.rate.sui);
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

io::Task<RunResult> fund(client::Client& client, client::Account account, ObjectId id, Frost wal,
                         std::uint64_t sui, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(found, co_await pick(client, view, id, ledger::Buy::Wal));
    WALRUS_CO_TRY(ref, client::shared_ref(found.first));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::fund_exchange(view->handles, options, ref, wal, sui);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "funding exchange " + to_text(id)));
    co_return co_await show_after(client, view, id, json);
}

io::Task<RunResult> set_rate(client::Client& client, client::Account account, ObjectId id,
                             ledger::ExchangeRatio rate, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(found, co_await pick(client, view, id, ledger::Buy::Wal));
    WALRUS_CO_TRY(ref, client::shared_ref(found.first));
    WALRUS_CO_TRY(cap, co_await client::object_of_type(client, view, found.second.admin,
                                                       "wal_exchange", "AdminCap"));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data =
        ledger::set_exchange_rate(view->handles, options, ref, ledger::object_ref(cap), rate);
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(
        client, account, std::move(data), "changing the rate of exchange " + to_text(id)));
    co_return co_await show_after(client, view, id, json);
}

io::Task<RunResult> swap(client::Client& client, client::Account account,
                         std::optional<ObjectId> id, std::uint64_t amount, ledger::Buy buy,
                         bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    const bool wal = buy == ledger::Buy::Wal;
    const auto shown = [](bool as_wal, std::uint64_t value) {
        return as_wal ? client::format_wal(value) : client::format_sui(value);
    };
    WALRUS_CO_TRY(found, co_await pick(client, view, id, buy));
    WALRUS_CO_TRY(ref, client::shared_ref(found.first));
    const std::string given_type = wal ? client::sui_type_name() : view->wal_type;
    const std::string bought_type = wal ? view->wal_type : client::sui_type_name();
    WALRUS_CO_TRY(have, co_await client::balance(client, account.address(), given_type));
    if (have < amount)
        co_return client::client_failure(ClientCode::Funds,
                                         fmt::format("{} has {} of {}", to_text(account.address()),
                                                     shown(!wal, have), shown(!wal, amount)));
    const auto options = client::transaction_options(client, *view, account.address());
    auto data = ledger::exchange_coins(view->handles, options, ref, amount, buy);
    WALRUS_CO_TRY(before, co_await client::balance(client, account.address(), bought_type));
    WALRUS_CO_CHECK_OK(co_await client::sign_and_execute(client, account, std::move(data),
                                                         "exchanging " + shown(!wal, amount)));
    WALRUS_CO_TRY(after, co_await client::balance(client, account.address(), bought_type));
    const std::uint64_t bought = after > before ? after - before : 0;
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key(wal ? "amountSui" : "amountWal").number(amount);
        out.key(wal ? "boughtWal" : "boughtSui").number(bought);
        out.key("exchangeId").string(to_text(found.first.id));
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: {} for {}\n", shown(wal, bought), shown(!wal, amount));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

RunResult run_swap(const GlobalOptions& globals, const ExchangeArguments& arguments,
                   const std::string& amount_text, ledger::Buy buy) {
    const auto id = WALRUS_TRY(exchange_of(arguments));
    const std::uint64_t amount = WALRUS_TRY(amount_of("AMOUNT", amount_text));
    if (amount == 0)
        return client::client_failure(ClientCode::Usage, "an amount of 0: nothing to exchange");
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return swap(client, std::move(account), id, amount, buy, globals.json);
    });
}

RunResult run_fund(const GlobalOptions& globals, const ExchangeArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.exchange));
    const Frost wal = WALRUS_TRY(amount_of("--wal", arguments.wal.value_or("0")));
    const std::uint64_t sui = WALRUS_TRY(amount_of("--sui", arguments.sui.value_or("0")));
    if (wal == 0 && sui == 0)
        return client::client_failure(ClientCode::Usage, "say how much: --wal or --sui");
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return fund(client, std::move(account), id, wal, sui, globals.json);
    });
}

RunResult run_set_rate(const GlobalOptions& globals, const ExchangeArguments& arguments) {
    const ObjectId id = WALRUS_TRY(object_id_argument(*arguments.exchange));
    const ledger::ExchangeRatio rate{WALRUS_TRY(amount_of("WAL", *arguments.wal)),
                                     WALRUS_TRY(amount_of("SUI", *arguments.sui))};
    if (rate.wal == 0 || rate.sui == 0)
        return client::client_failure(ClientCode::Usage, "neither side of a rate may be 0");
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return set_rate(client, std::move(account), id, rate, globals.json);
    });
}

Command child(std::string name, std::string help, std::function<void(Arguments&)> declare,
              std::function<RunResult(const GlobalOptions&)> run) {
    Command command;
    command.name = std::move(name);
    command.help = std::move(help);
    command.declare = std::move(declare);
    command.run = std::move(run);
    return command;
}

}  // namespace

Command get_wal_command() {
    auto arguments = std::make_shared<ExchangeArguments>();
    Command command;
    command.name = "get-wal";
    command.help = "Get WAL for SUI from an exchange";
    command.examples = "  walrus get-wal --amount 2SUI";
    command.declare = [arguments](Arguments& a) {
        a.value("--exchange-id", arguments->exchange, "ID",
                "Which exchange (default: the one with most WAL)");
        a.value("--amount", arguments->amount, "MIST", "How much SUI to give (default 0.5 SUI)");
    };
    command.run = [arguments](const GlobalOptions& globals) {
        return run_swap(globals, *arguments, arguments->amount.value_or(kDefaultMist),
                        ledger::Buy::Wal);
    };
    return command;
}

Command exchange_command() {
    auto arguments = std::make_shared<ExchangeArguments>();
    Command command;
    command.name = "exchange";
    command.help = "Exchange WAL for SUI and back; keep an exchange";
    const auto amount = [arguments](Arguments& a) {
        a.positional("AMOUNT", arguments->amount, "What to give: MIST (FROST), or like 1.5", true);
        a.value("--exchange-id", arguments->exchange, "ID",
                "Which exchange (default: the one that has most)");
    };
    command.children.push_back(
        child("list", "List the exchanges of the network", {}, [](const GlobalOptions& g) {
            return run_with_client(g, [&](client::Client& client) { return list(client, g.json); });
        }));
    command.children.push_back(
        child("for-wal", "Give SUI for WAL", amount, [arguments](const GlobalOptions& g) {
            return run_swap(g, *arguments, *arguments->amount, ledger::Buy::Wal);
        }));
    command.children.push_back(
        child("for-sui", "Give WAL for SUI", amount, [arguments](const GlobalOptions& g) {
            return run_swap(g, *arguments, *arguments->amount, ledger::Buy::Sui);
        }));
    command.children.push_back(
        child("create", "Make an exchange of your own", {}, [](const GlobalOptions& g) {
            return run_with_account(g, [&](client::Client& client, client::Account account) {
                return create(client, std::move(account), g.json);
            });
        }));
    command.children.push_back(child(
        "fund", "Put WAL or SUI into an exchange",
        [arguments](Arguments& a) {
            a.positional("EXCHANGE_ID", arguments->exchange, "The exchange", true);
            a.value("--wal", arguments->wal, "AMOUNT", "FROST, or like 1.5WAL");
            a.value("--sui", arguments->sui, "AMOUNT", "MIST, or like 1.5SUI");
        },
        [arguments](const GlobalOptions& g) { return run_fund(g, *arguments); }));
    command.children.push_back(child(
        "set-rate", "Change the rate of an exchange of your own",
        [arguments](Arguments& a) {
            a.positional("EXCHANGE_ID", arguments->exchange, "The exchange", true);
            a.positional("WAL", arguments->wal, "So much WAL", true);
            a.positional("SUI", arguments->sui, "for so much SUI", true);
        },
        [arguments](const GlobalOptions& g) { return run_set_rate(g, *arguments); }));
    return command;
}

}  // namespace walrus::cli
