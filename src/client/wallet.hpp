// SPDX-License-Identifier: Apache-2.0
// Keys of accounts: a keystore file (JSON array of base64 of flag and secret, mode 0600), the first
// key being the active one. Compatible with the public network's keystores; a wallet file in YAML
// that names a keystore and an active address is read too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/config.hpp"
#include "client/error.hpp"
#include "crypto/signature.hpp"
#include "io/environment.hpp"
#include "ledger/transaction.hpp"
#include "protocol/ids.hpp"

namespace walrus::client {

/// One account that can sign.
class Account {
public:
    explicit Account(AccountKey key)
        : key_(std::move(key)), address_(Address::from(key_.address().view())) {}
    const Address& address() const { return address_; }
    const AccountKey& key() const { return key_; }
    ledger::SignedTransaction sign(Bytes transaction_bcs) const;

private:
    AccountKey key_;
    Address address_;
};

/// The keys of one file. All calls block.
class Wallet {
public:
    /// An absent file is an empty wallet. Errors: Usage (not a keystore).
    static ClientResult<Wallet> open(io::FileSystem& files, std::string path);

    const std::string& path() const { return path_; }
    const std::vector<Account>& accounts() const { return accounts_; }
    /// The active account: `address` if given, else the wallet's own choice, else the first.
    /// Errors: NotFound with what to do.
    ClientResult<Account> active(const std::optional<Address>& address = std::nullopt) const;
    /// Makes a key, puts it first and writes the file. Errors: Resources.
    ClientResult<Account> create(io::FileSystem& files, io::Random& random, SignatureScheme scheme);
    /// Takes a key in any of its text forms. Errors: Usage, Resources.
    ClientResult<Account> import(io::FileSystem& files, std::string_view key_text);
    /// Makes another key the active one. Errors: NotFound.
    ClientResult<void> activate(io::FileSystem& files, const Address& address);

private:
    ClientResult<Account> add_first(io::FileSystem& files, AccountKey key);
    ClientResult<void> save(io::FileSystem& files) const;
    std::string path_;
    std::vector<Account> accounts_;
    std::optional<Address> preferred_;  // of a wallet file
};

/// Where the wallet is: `flag`, WALRUS_WALLET, the configuration,
/// `$WALRUS_HOME/wallet/keystore.json`.
std::string wallet_path(const std::optional<std::string>& flag, const NetworkConfig* config,
                        const ConfigLookup& lookup);
/// The account to pay with: from the wallet; if that has no key, the one that comes with a local
/// network. Errors: NotFound with how to make one.
ClientResult<Account> active_account(io::FileSystem& files, const std::optional<std::string>& flag,
                                     const NetworkConfig& config, const ConfigLookup& lookup);

}  // namespace walrus::client
