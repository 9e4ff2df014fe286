// SPDX-License-Identifier: Apache-2.0
// walrus wallet …: keys, balances, sending coins, the local network's faucet.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"
#include "client/ledger_actions.hpp"
#include "crypto/key_text.hpp"

namespace walrus::cli {

namespace {

struct WalletArguments {
    std::optional<std::string> scheme;
    std::optional<std::string> key;
    std::optional<std::string> address;
    std::optional<std::string> amount;
    std::optional<std::string> coin;
};

std::string address_json(const client::Account& account, const std::string& path) {
    JsonWriter out;
    out.begin_object();
    out.key("address").string(to_text(account.address()));
    out.key("scheme").string(to_text(account.key().scheme()));
    if (!path.empty()) out.key("path").string(path);
    out.end();
    return out.take();
}

/// The wallet's file; the network's configuration only matters if there is one.
ClientResult<std::string> path_of(Session& session) {
    const auto lookup = lookup_of(session.globals());
    const auto config = session.config();
    const bool named = session.globals().network || session.globals().config;
    if (!config && named) return fail(config.error());
    return client::wallet_path(session.globals().wallet, config ? &*config : nullptr, lookup);
}

// ---- keys
// ----------------------------------------------------------------------------------------

ClientResult<SignatureScheme> scheme_argument(const std::string& text) {
    for (const SignatureScheme scheme :
         {SignatureScheme::Ed25519, SignatureScheme::Secp256k1, SignatureScheme::Secp256r1})
        if (text == to_text(scheme)) return scheme;
    return client::client_failure(
        ClientCode::Usage,
        fmt::format("--scheme {}: expected ed25519, secp256k1 or secp256r1", text));
}

RunResult print_account(const GlobalOptions& globals, const client::Account& account,
                        const std::string& path, const std::string& done) {
    WALRUS_TRY(print(globals.json ? address_json(account, path)
                                  : fmt::format("Success: {}\n  Address: {}\n  Wallet:  {}\n", done,
                                                to_text(account.address()), path)));
    return 0;
}

RunResult run_new(const GlobalOptions& globals, const WalletArguments& arguments) {
    const SignatureScheme scheme =
        WALRUS_TRY(scheme_argument(arguments.scheme.value_or("ed25519")));
    Session session(globals);
    const std::string path = WALRUS_TRY(path_of(session));
    client::Wallet wallet = WALRUS_TRY(client::Wallet::open(session.files(), path));
    const client::Account account =
        WALRUS_TRY(wallet.create(session.files(), session.environment().random, scheme));
    return print_account(globals, account, wallet.path(), "new key made; it is the active one");
}

RunResult run_import(const GlobalOptions& globals, const WalletArguments& arguments) {
    Session session(globals);
    const std::string path = WALRUS_TRY(path_of(session));
    client::Wallet wallet = WALRUS_TRY(client::Wallet::open(session.files(), path));
    const client::Account account = WALRUS_TRY(wallet.import(session.files(), *arguments.key));
    return print_account(globals, account, wallet.path(), "key imported; it is the active one");
}

RunResult run_use(const GlobalOptions& globals, const WalletArguments& arguments) {
    const Address address = WALRUS_TRY(address_argument(*arguments.address));
    Session session(globals);
    const std::string path = WALRUS_TRY(path_of(session));
    client::Wallet wallet = WALRUS_TRY(client::Wallet::open(session.files(), path));
    WALRUS_TRY(wallet.activate(session.files(), address));
    const client::Account account = WALRUS_TRY(wallet.active());
    return print_account(globals, account, wallet.path(), "this key is the active one now");
}

/// The account that commands would use, with or without a network.
ClientResult<client::Account> current_account(Session& session) {
    auto config = session.config();
    if (config) return session.account(*config);
    const std::string path = WALRUS_TRY(path_of(session));
    const client::Wallet wallet = WALRUS_TRY(client::Wallet::open(session.files(), path));
    return wallet.active();
}

RunResult run_address(const GlobalOptions& globals) {
    Session session(globals);
    const client::Account account = WALRUS_TRY(current_account(session));
    WALRUS_TRY(print(globals.json ? address_json(account, "") : to_text(account.address()) + "\n"));
    return 0;
}

RunResult run_list(const GlobalOptions& globals) {
    Session session(globals);
    const std::string path = WALRUS_TRY(path_of(session));
    const client::Wallet wallet = WALRUS_TRY(client::Wallet::open(session.files(), path));
    JsonWriter out;
    std::vector<std::vector<std::string>> rows = {{"", "Address", "Scheme"}};
    const auto active = wallet.active();
    out.begin_array();
    for (const client::Account& account : wallet.accounts()) {
        const bool is_active = active && active->address() == account.address();
        out.begin_object();
        out.key("address").string(to_text(account.address()));
        out.key("scheme").string(to_text(account.key().scheme()));
        out.key("active").boolean(is_active);
        out.end();
        rows.push_back(
            {is_active ? "*" : "", to_text(account.address()), to_text(account.key().scheme())});
    }
    out.end();
    WALRUS_TRY(print(globals.json ? out.take() : format_table(rows)));
    return 0;
}

// ---- money
// ---------------------------------------------------------------------------------------

io::Task<RunResult> show_balance(client::Client& client, Address address, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    WALRUS_CO_TRY(wal, co_await client::balance(client, address, view->wal_type));
    WALRUS_CO_TRY(sui, co_await client::balance(client, address, client::sui_type_name()));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("address").string(to_text(address));
        out.key("wal").number(wal);
        out.key("sui").number(sui);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Address: {}\nWAL:     {} ({} FROST)\nSUI:     {} ({} MIST)\n",
                           to_text(address), client::format_wal(wal), wal, client::format_sui(sui),
                           sui);
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

RunResult run_balance(const GlobalOptions& globals, const WalletArguments& arguments) {
    if (arguments.address) {
        const Address address = WALRUS_TRY(address_argument(*arguments.address));
        return run_with_client(globals, [&](client::Client& client) {
            return show_balance(client, address, globals.json);
        });
    }
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return show_balance(client, account.address(), globals.json);
    });
}

io::Task<RunResult> send(client::Client& client, client::Account account, Address recipient,
                         std::uint64_t amount, bool wal, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    const std::string type = wal ? view->wal_type : client::sui_type_name();
    WALRUS_CO_TRY(have, co_await client::balance(client, account.address(), type));
    const std::string shown = wal ? client::format_wal(amount) : client::format_sui(amount);
    if (have < amount)
        co_return client::client_failure(
            ClientCode::Funds,
            fmt::format("cannot send {}: {} has {}", shown, to_text(account.address()),
                        wal ? client::format_wal(have) : client::format_sui(have)));
    const auto options = client::transaction_options(client, *view, account.address());
    const ledger::TypeTag coin = wal ? view->handles.wal_type : ledger::sui_type();
    auto data = ledger::send_coins(view->handles, options, coin, amount, recipient);
    WALRUS_CO_TRY(result, co_await client::sign_and_execute(client, account, std::move(data),
                                                            "sending " + shown));
    std::string text;
    if (json) {
        JsonWriter out;
        out.begin_object();
        out.key("digest").string(to_text(result.digest));
        out.key("sender").string(to_text(account.address()));
        out.key("recipient").string(to_text(recipient));
        out.key("coin").string(wal ? "wal" : "sui");
        out.key("amount").number(amount);
        out.end();
        text = out.take();
    } else {
        text = fmt::format("Success: {} sent to {} (transaction {})\n", shown, to_text(recipient),
                           to_text(result.digest));
    }
    const auto printed = print(text);
    if (!printed) co_return fail(printed.error());
    co_return 0;
}

RunResult run_send(const GlobalOptions& globals, const WalletArguments& arguments) {
    const Address recipient = WALRUS_TRY(address_argument(*arguments.address));
    const auto amount = client::parse_amount(*arguments.amount);
    if (!amount || *amount == 0)
        return client::client_failure(
            ClientCode::Usage,
            fmt::format("\"{}\" is not an amount: a whole number of FROST (MIST), or like 1.5WAL",
                        *arguments.amount));
    const std::string coin = arguments.coin.value_or("wal");
    if (coin != "wal" && coin != "sui")
        return client::client_failure(ClientCode::Usage,
                                      fmt::format("--coin {}: expected wal or sui", coin));
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return send(client, std::move(account), recipient, *amount, coin == "wal", globals.json);
    });
}

io::Task<RunResult> fund(client::Client& client, Address address, bool json) {
    WALRUS_CO_CHECK_OK(co_await client::request_funds(client, address));
    co_return co_await show_balance(client, address, json);
}

RunResult run_fund(const GlobalOptions& globals, const WalletArguments& arguments) {
    if (arguments.address) {
        const Address address = WALRUS_TRY(address_argument(*arguments.address));
        return run_with_client(
            globals, [&](client::Client& client) { return fund(client, address, globals.json); });
    }
    return run_with_account(globals, [&](client::Client& client, client::Account account) {
        return fund(client, account.address(), globals.json);
    });
}

Command child(std::string name, std::string help, std::function<void(Arguments&)> declare,
              std::function<RunResult(const GlobalOptions&)> run, std::string examples = {}) {
    Command command;
    command.name = std::move(name);
    command.help = std::move(help);
    command.declare = std::move(declare);
    command.run = std::move(run);
    command.examples = std::move(examples);
    return command;
}

}  // namespace

Command wallet_command() {
    auto arguments = std::make_shared<WalletArguments>();
    Command command;
    command.name = "wallet";
    command.help = "Keys and money";
    command.children.push_back(child(
        "new", "Make a key and use it",
        [arguments](Arguments& a) {
            a.value("--scheme", arguments->scheme, "NAME",
                    "ed25519 (default), secp256k1, secp256r1");
        },
        [arguments](const GlobalOptions& g) { return run_new(g, *arguments); },
        "  walrus wallet new\n  walrus wallet fund      # money from the local network's faucet"));
    command.children.push_back(child(
        "import", "Take a key from elsewhere and use it",
        [arguments](Arguments& a) {
            a.positional("KEY", arguments->key, "suiprivkey1… or base64 of flag and secret", true);
        },
        [arguments](const GlobalOptions& g) { return run_import(g, *arguments); }));
    command.children.push_back(child(
        "use", "Make another key of the wallet the active one",
        [arguments](Arguments& a) {
            a.positional("ADDRESS", arguments->address, "Its address", true);
        },
        [arguments](const GlobalOptions& g) { return run_use(g, *arguments); }));
    command.children.push_back(child("list", "List the keys of the wallet", {}, run_list));
    command.children.push_back(
        child("address", "Print the address that is in use", {}, run_address));
    command.children.push_back(child(
        "balance", "Show how much WAL and SUI an account has",
        [arguments](Arguments& a) {
            a.positional("ADDRESS", arguments->address, "Another account", false);
        },
        [arguments](const GlobalOptions& g) { return run_balance(g, *arguments); }));
    command.children.push_back(child(
        "send", "Send coins",
        [arguments](Arguments& a) {
            a.positional("ADDRESS", arguments->address, "Who gets them", true);
            a.positional("AMOUNT", arguments->amount, "FROST or MIST, or like 1.5WAL", true);
            a.value("--coin", arguments->coin, "wal|sui", "Which coin (default wal)");
        },
        [arguments](const GlobalOptions& g) { return run_send(g, *arguments); },
        "  walrus wallet send 0x… 1.5WAL\n  walrus wallet send 0x… 1000 --coin sui"));
    command.children.push_back(child(
        "fund", "Get coins from the local network's faucet",
        [arguments](Arguments& a) {
            a.positional("ADDRESS", arguments->address, "For another account", false);
        },
        [arguments](const GlobalOptions& g) { return run_fund(g, *arguments); }));
    return command;
}

}  // namespace walrus::cli
