// SPDX-License-Identifier: Apache-2.0
#include "sim/checkers/money.hpp"

#include <fmt/format.h>

#include "bcs/bcs.hpp"
#include "ledger/object.hpp"
#include "ledger/state.hpp"
#include "ledger/types.hpp"

namespace walrus::sim {

namespace {

/// Is this a dynamic field whose value is ORIG::module::name?
bool is_field_of(const ledger::StructTag& type, std::string_view module, std::string_view name) {
    if (type.module != "dynamic_field" || type.name != "Field") return false;
    if (type.type_arguments.size() != 2 || !type.type_arguments[1].structure) return false;
    const ledger::StructTag& value = *type.type_arguments[1].structure;
    return value.module == module && value.name == name;
}

bool is_struct(const ledger::StructTag& type, std::string_view module, std::string_view name) {
    return type.module == module && type.name == name;
}

/// False: the object's contents do not have the layout of its type.
bool add_object(const ledger::Object& object, MoneyHeld& held) {
    if (is_struct(object.type, "staked_wal", "StakedWal")) {
        const auto staked = bcs::decode<ledger::StakedWal>(object.contents);
        if (!staked) return false;
        held.wal_stakes += staked->principal;
    } else if (is_struct(object.type, "staking_pool", "StakingPool")) {
        const auto pool = bcs::decode<ledger::StakingPool>(object.contents);
        if (!pool) return false;
        held.wal_pools += pool->rewards_pool + pool->commission;
    } else if (is_field_of(object.type, "system_state_inner", "SystemStateInnerV1")) {
        const auto system = bcs::decode<ledger::SystemStateField>(object.contents);
        if (!system) return false;
        for (const auto& slot : system->value.future_accounting.ring_buffer) {
            held.wal_future_rewards += slot.rewards_to_distribute;
        }
    }
    return true;
}

}  // namespace

MoneyHeld check_money(const io::KeyValueStore& store, const ledger::GenesisConfig& genesis,
                      const ledger::LedgerIds& ids, Findings& findings) {
    MoneyHeld held;
    std::size_t objects = 0;
    const Bytes wal = bcs::encode(ids.wal_type());
    const Bytes sui = bcs::encode(ledger::sui_type());
    const auto add_balance = [&](ByteView key, ByteView value) {
        const auto amount = bcs::decode<std::uint64_t>(value);
        constexpr std::size_t kPrefix = 1 + Address::kSize;
        if (key.size() <= kPrefix || !amount) {
            findings.violation("a balance on the ledger does not parse");
        } else if (equal(key.subspan(kPrefix), wal)) {
            held.wal_balances += *amount;
        } else if (equal(key.subspan(kPrefix), sui)) {
            held.sui_balances += *amount;
        } else {
            findings.violation("a balance on the ledger is of a coin that nobody issued");
        }
    };
    const auto visit = [&](ByteView key, ByteView value) {
        if (key[0] == ledger::kBalanceKeyTag) {
            add_balance(key, value);
            return true;
        }
        const auto object = bcs::decode<ledger::Object>(value);
        ++objects;
        if (!object || !add_object(*object, held))
            findings.violation("an object on the ledger does not parse");
        return true;
    };
    const Bytes from{ledger::kObjectKeyTag};
    const Bytes to{static_cast<Byte>(ledger::kBalanceKeyTag + 1)};
    const auto scanned = store.scan(from, to, visit);
    if (!scanned || objects == 0) findings.violation("the ledger's store cannot be read");
    if (held.wal() != genesis.wal_supply) {
        findings.violation(
            fmt::format("WAL: balances {} + future rewards {} + stakes {} + pools {} = {}, but the "
                        "supply is {}",
                        held.wal_balances, held.wal_future_rewards, held.wal_stakes, held.wal_pools,
                        held.wal(), genesis.wal_supply));
    }
    if (held.sui_balances != genesis.sui_supply) {
        findings.violation(fmt::format("SUI: balances {}, but the supply is {}", held.sui_balances,
                                       genesis.sui_supply));
    }
    return held;
}

}  // namespace walrus::sim
