// SPDX-License-Identifier: Apache-2.0
#include "chain/genesis_yaml.hpp"

#include <gtest/gtest.h>

#include "ledger/testing.hpp"

namespace walrus::chain {
namespace {

ledger::GenesisConfig sample() {
    ledger::GenesisConfig config = ledger::testing::make_config({});
    config.network_name = "a \"quoted\" name: with # signs\nand lines";
    config.faucet = config.accounts[0].address;
    config.nodes[3].shard_count = 7;
    return config;
}

TEST(GenesisYaml, PrintsWhatItReads) {
    const ledger::GenesisConfig config = sample();
    const std::string text = print_genesis_yaml(config);
    const auto back = parse_genesis_yaml(text);
    ASSERT_TRUE(back) << back.error().message << "\n" << text;
    EXPECT_EQ(*back, config);
    EXPECT_EQ(ledger::chain_id(*back), ledger::chain_id(config));
    EXPECT_EQ(print_genesis_yaml(*back), text);
}

TEST(GenesisYaml, MissingFieldsKeepTheirDefaults) {
    const auto config = parse_genesis_yaml("n_shards: 10\n");
    ASSERT_TRUE(config);
    ledger::GenesisConfig expected;
    expected.n_shards = 10;
    EXPECT_EQ(*config, expected);
}

TEST(GenesisYaml, MistakesAreNamedWithTheirLine) {
    const struct {
        const char* text;
        const char* message;
    } cases[] = {
        {"n_shards: 70000\n", "line 1: n_shards: not a number from 0 to 65535"},
        {"time_ms: 1\nn_shard: 5\n", "line 2: n_shard: there is no such field"},
        {"n_shards: 5\nn_shards: 6\n", "line 2"},
        {"n_shards: -1\n", "n_shards: not a number"},
        {"n_shards: [1]\n", "n_shards: not a number"},
        {"treasury: xyz\n", "treasury: not an address"},
        {"nodes:\n  - name: a\n    bls_public_key: \"0x12\"\n",
         "line 3: nodes[0].bls_public_key: not 0x and 96 hexadecimal digits"},
        {"accounts: 5\n", "accounts: not a list"},
        {"accounts:\n  - 5\n", "accounts[0]: not a list of"},
        {"a: [unclosed\n", "genesis.yaml line"},
        {"just text\n", "not a list of"},
    };
    for (const auto& c : cases) {
        const auto result = parse_genesis_yaml(c.text);
        ASSERT_FALSE(result) << c.text;
        EXPECT_EQ(result.error().code, ChainCode::InvalidArgument);
        EXPECT_NE(result.error().message.find(c.message), std::string::npos)
            << result.error().message;
    }
    const std::string huge(kGenesisYamlBytesMax + 1, ' ');
    EXPECT_FALSE(parse_genesis_yaml(huge));
}

}  // namespace
}  // namespace walrus::chain
