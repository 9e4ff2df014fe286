// SPDX-License-Identifier: Apache-2.0
#include "client/wallet.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>

#include "client/limits.hpp"
#include "crypto/key_text.hpp"

namespace walrus::client {

namespace {

constexpr const char* kHowToMakeOne =
    "make one with `walrus wallet new`, then `walrus wallet fund`";

ClientError not_a_keystore(const std::string& path, const std::string& why) {
    return {ClientCode::Usage,
            fmt::format("{}: not a keystore: {}. A keystore is a JSON array of base64 texts", path,
                        why)};
}

/// JSON is YAML: one reader for keystores and for wallet files.
ClientResult<YAML::Node> load_document(io::FileSystem& files, const std::string& path) {
    const auto content = files.read_file(path, Limits{}.config_bytes_max);
    if (!content) return fail(from_io(content.error(), "reading the wallet " + path));
    try {
        return YAML::Load(std::string(as_text(*content)));
    } catch (const YAML::Exception& error) {
        return fail(not_a_keystore(path, error.what()));
    }
}

ClientResult<std::vector<Account>> accounts_of(const YAML::Node& list, const std::string& path) {
    if (!list.IsSequence()) return fail(not_a_keystore(path, "its root is no array"));
    std::vector<Account> out;
    for (const YAML::Node& item : list) {
        if (!item.IsScalar()) return fail(not_a_keystore(path, "an entry is no text"));
        // The text of a key stays out of messages.
        auto key = parse_account_key(item.as<std::string>());
        if (!key)
            return fail(not_a_keystore(
                path, fmt::format("entry {} is no key of a known scheme", out.size())));
        out.emplace_back(std::move(*key));
    }
    return out;
}

}  // namespace

ledger::SignedTransaction Account::sign(Bytes transaction_bcs) const {
    ledger::SignedTransaction out;
    out.signatures.push_back(key_.sign(transaction_signing_digest(transaction_bcs)).serialize());
    out.data = std::move(transaction_bcs);
    return out;
}

ClientResult<Wallet> Wallet::open(io::FileSystem& files, std::string path) {
    Wallet wallet;
    wallet.path_ = std::move(path);
    const auto there = files.exists(wallet.path_);
    if (!there) return fail(from_io(there.error(), "opening the wallet " + wallet.path_));
    if (!*there) return wallet;
    YAML::Node root = WALRUS_TRY(load_document(files, wallet.path_));
    try {
        if (root.IsMap() && root["keystore"]) {
            if (const YAML::Node address = root["active_address"]; address && !address.IsNull())
                wallet.preferred_ = parse_address(address.as<std::string>());
            std::string keystore = root["keystore"].IsMap()
                                       ? root["keystore"]["File"].as<std::string>()
                                       : root["keystore"].as<std::string>();
            if (std::filesystem::path(keystore).is_relative())
                keystore = (std::filesystem::path(wallet.path_).parent_path() / keystore).string();
            wallet.path_ = keystore;
            root = WALRUS_TRY(load_document(files, wallet.path_));
        }
        wallet.accounts_ = WALRUS_TRY(accounts_of(root, wallet.path_));
    } catch (const YAML::Exception& error) {
        return fail(not_a_keystore(wallet.path_, error.what()));
    }
    return wallet;
}

ClientResult<Account> Wallet::active(const std::optional<Address>& address) const {
    if (accounts_.empty())
        return client_failure(ClientCode::NotFound,
                              fmt::format("the wallet {} has no key: {}", path_, kHowToMakeOne));
    const std::optional<Address>& wanted = address ? address : preferred_;
    if (!wanted) return accounts_.front();
    for (const Account& account : accounts_)
        if (account.address() == *wanted) return account;
    return client_failure(ClientCode::NotFound,
                          fmt::format("the wallet {} has no key for {}", path_, to_text(*wanted)));
}

ClientResult<Account> Wallet::create(io::FileSystem& files, io::Random& random,
                                     SignatureScheme scheme) {
    // A random secret is outside an ECDSA curve's order once in 2^32 or less: draw again.
    for (int attempt = 0; attempt < 16; ++attempt) {
        std::array<Byte, kAccountSecretBytes> secret{};
        random.fill(secret);
        auto key = AccountKey::from_secret(scheme, secret);
        if (key) return add_first(files, std::move(*key));
    }
    return client_failure(ClientCode::Internal,
                          "no valid key in 16 draws: the random source is broken");
}

ClientResult<Account> Wallet::import(io::FileSystem& files, std::string_view key_text) {
    auto key = parse_account_key(key_text);
    if (!key)
        return client_failure(ClientCode::Usage,
                              "not an account key: expected suiprivkey1… or base64 of flag and "
                              "32-byte secret, for ed25519, secp256k1 or secp256r1");
    return add_first(files, std::move(*key));
}

ClientResult<Account> Wallet::add_first(io::FileSystem& files, AccountKey key) {
    Account account(std::move(key));
    std::erase_if(accounts_, [&](const Account& a) { return a.address() == account.address(); });
    accounts_.insert(accounts_.begin(), account);
    preferred_.reset();
    WALRUS_TRY(save(files));
    return account;
}

ClientResult<void> Wallet::activate(io::FileSystem& files, const Address& address) {
    const Account account = WALRUS_TRY(active(address));
    std::erase_if(accounts_, [&](const Account& a) { return a.address() == address; });
    accounts_.insert(accounts_.begin(), account);
    preferred_.reset();
    return save(files);
}

ClientResult<void> Wallet::save(io::FileSystem& files) const {
    std::string text = "[";
    for (const Account& account : accounts_)
        text += fmt::format("{}\n  \"{}\"", &account == &accounts_.front() ? "" : ",",
                            to_text(account.key()));
    text += "\n]\n";
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    if (!folder.empty()) {
        const auto made = files.create_directories(folder);
        if (!made) return fail(from_io(made.error(), "making the folder " + folder));
    }
    const auto written = files.write_file(path_, as_bytes(text), true);
    if (!written) {
        ClientError error = from_io(written.error(), "writing the wallet " + path_);
        error.code = ClientCode::Resources;
        return fail(std::move(error));
    }
    return {};
}

std::string wallet_path(const std::optional<std::string>& flag, const NetworkConfig* config,
                        const ConfigLookup& lookup) {
    if (flag) return expand_home(*flag, lookup);
    if (const std::string set = lookup.env("WALRUS_WALLET"); !set.empty())
        return expand_home(set, lookup);
    if (config != nullptr && config->wallet_path) return *config->wallet_path;
    return walrus_home(lookup) + "/wallet/keystore.json";
}

ClientResult<Account> active_account(io::FileSystem& files, const std::optional<std::string>& flag,
                                     const NetworkConfig& config, const ConfigLookup& lookup) {
    const std::string path = wallet_path(flag, &config, lookup);
    const Wallet wallet = WALRUS_TRY(Wallet::open(files, path));
    const bool chosen = flag || !lookup.env("WALRUS_WALLET").empty() || config.wallet_path;
    if (wallet.accounts().empty() && !chosen && config.funded_key) {
        auto key = parse_account_key(*config.funded_key);
        if (!key)
            return client_failure(ClientCode::Usage,
                                  config.source + ": `funded_key` is not an account key");
        return Account(std::move(*key));
    }
    return wallet.active(config.active_address);
}

}  // namespace walrus::client
