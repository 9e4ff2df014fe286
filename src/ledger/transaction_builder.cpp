// SPDX-License-Identifier: Apache-2.0
#include "ledger/transaction_builder.hpp"

#include "base/check.hpp"
#include "base/checked.hpp"
#include "ledger/interpreter.hpp"
#include "protocol/parameters.hpp"

namespace walrus::ledger {

LedgerHandles make_handles(const LedgerIds& ids) {
    return {ids.chain,
            ids.package,
            ids.system,
            ids.system_initial_version,
            ids.wal_type(),
            ids.staking,
            ids.staking_initial_version};
}

// ------------------------------------------------------------------------------------- builder

namespace {

inline constexpr std::size_t kIndexMax = 0xFFFF;

ObjectId framework() {
    ObjectId out;
    out.bytes[31] = 2;
    return out;
}

}  // namespace

Argument ProgramBuilder::input(CallArg argument) {
    for (std::size_t i = 0; i < program_.inputs.size(); ++i)
        if (program_.inputs[i] == argument && !std::holds_alternative<WithdrawalArg>(argument))
            return InputArgument{static_cast<std::uint16_t>(i)};
    WALRUS_CHECK(program_.inputs.size() < kIndexMax);
    program_.inputs.push_back(std::move(argument));
    return InputArgument{static_cast<std::uint16_t>(program_.inputs.size() - 1)};
}

Argument ProgramBuilder::pure_bytes(Bytes bcs) {
    return input(PureArg{std::move(bcs)});
}
Argument ProgramBuilder::pure_bool(bool value) {
    return pure_bytes(bcs::encode(value));
}
Argument ProgramBuilder::pure_u8(std::uint8_t value) {
    return pure_bytes(bcs::encode(value));
}
Argument ProgramBuilder::pure_u16(std::uint16_t value) {
    return pure_bytes(bcs::encode(value));
}
Argument ProgramBuilder::pure_u32(std::uint32_t value) {
    return pure_bytes(bcs::encode(value));
}
Argument ProgramBuilder::pure_u64(std::uint64_t value) {
    return pure_bytes(bcs::encode(value));
}
Argument ProgramBuilder::pure_u256(const std::array<Byte, 32>& little_endian) {
    return pure_bytes(to_bytes(little_endian));
}
Argument ProgramBuilder::pure_address(const Address& address) {
    return pure_bytes(to_bytes(address.view()));
}
Argument ProgramBuilder::pure_id(const ObjectId& id) {
    return pure_bytes(to_bytes(id.view()));
}
Argument ProgramBuilder::pure_string(std::string_view text) {
    return pure_bytes(bcs::encode(to_bytes(text)));
}
Argument ProgramBuilder::pure_vector_u8(ByteView bytes) {
    return pure_bytes(bcs::encode(to_bytes(bytes)));
}

Argument ProgramBuilder::owned(const ObjectRef& ref) {
    return input(ObjectArg{OwnedObjectArg{ref}});
}

Argument ProgramBuilder::shared(const ObjectId& id, ObjectVersion initial_version,
                                bool is_mutable) {
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
        auto* object = std::get_if<ObjectArg>(&program_.inputs[i]);
        auto* same = object != nullptr ? std::get_if<SharedObjectArg>(object) : nullptr;
        if (same == nullptr || same->id != id) continue;
        same->is_mutable = same->is_mutable || is_mutable;
        return InputArgument{static_cast<std::uint16_t>(i)};
    }
    return input(ObjectArg{SharedObjectArg{id, initial_version, is_mutable}});
}

Argument ProgramBuilder::withdrawal(std::uint64_t amount, TypeTag coin_type) {
    return input(WithdrawalArg{amount, std::move(coin_type), WithdrawFrom::Sender});
}

Argument ProgramBuilder::call(const ObjectId& package, std::string module, std::string function,
                              std::vector<TypeTag> type_arguments,
                              std::vector<Argument> arguments) {
    WALRUS_CHECK(program_.commands.size() < kIndexMax);
    program_.commands.push_back(MoveCall{package, std::move(module), std::move(function),
                                         std::move(type_arguments), std::move(arguments)});
    return ResultArgument{static_cast<std::uint16_t>(program_.commands.size() - 1)};
}

void ProgramBuilder::transfer(std::vector<Argument> objects, Argument recipient) {
    program_.commands.push_back(TransferObjects{std::move(objects), recipient});
}

std::vector<Argument> ProgramBuilder::split(Argument coin, std::vector<Argument> amounts) {
    const auto command = static_cast<std::uint16_t>(program_.commands.size());
    std::vector<Argument> out;
    for (std::size_t i = 0; i < amounts.size(); ++i)
        out.push_back(NestedResultArgument{command, static_cast<std::uint16_t>(i)});
    program_.commands.push_back(SplitCoins{coin, std::move(amounts)});
    return out;
}

void ProgramBuilder::merge(Argument target, std::vector<Argument> sources) {
    program_.commands.push_back(MergeCoins{target, std::move(sources)});
}

Argument ProgramBuilder::make_vector(std::optional<TypeTag> element_type,
                                     std::vector<Argument> elements) {
    program_.commands.push_back(MakeMoveVec{std::move(element_type), std::move(elements)});
    return ResultArgument{static_cast<std::uint16_t>(program_.commands.size() - 1)};
}

TransactionData ProgramBuilder::finish(const LedgerHandles& ledger,
                                       const TransactionOptions& options) && {
    TransactionData data;
    data.program = std::move(program_);
    data.sender = options.sender;
    data.gas.owner = options.sender;
    ValidDuring during;
    during.epoch_min = options.epoch;
    during.epoch_max = options.epoch + 1;
    during.chain = {ledger.chain.bytes};
    during.nonce = options.nonce;
    data.expiration = during;
    return data;
}

// ------------------------------------------------------------------------------------ programs

namespace {

/// One program for the Walrus package, with the words that all of them use.
class WalrusProgram {
public:
    WalrusProgram(const LedgerHandles& ledger, const TransactionOptions& options)
        : ledger_(ledger), options_(options) {}

    ProgramBuilder& builder() { return builder_; }

    Argument system(bool is_mutable) {
        return builder_.shared(ledger_.system, ledger_.system_initial_version, is_mutable);
    }
    Argument staking(bool is_mutable = true) {
        return builder_.shared(ledger_.staking, ledger_.staking_initial_version, is_mutable);
    }
    Argument treasury() { return builder_.shared(treasury_id(ledger_.chain), 1, true); }
    Argument clock() { return builder_.shared(clock_id(), kClockInitialVersion, false); }
    Argument metadata(const NodeMetadata& metadata) {
        return call(
            "node_metadata", "new",
            {builder_.pure_string(metadata.image_url), builder_.pure_string(metadata.project_url),
             builder_.pure_string(metadata.description)});
    }
    Argument shared(const SharedRef& object) {
        return builder_.shared(object.id, object.initial_version, true);
    }
    Argument call(std::string module, std::string function, std::vector<Argument> arguments) {
        return builder_.call(ledger_.package, std::move(module), std::move(function), {},
                             std::move(arguments));
    }
    /// A coin of `amount` from the sender's balance.
    Argument withdraw(std::uint64_t amount, const TypeTag& coin_type) {
        const Argument right = builder_.withdrawal(amount, coin_type);
        return builder_.call(framework(), "coin", "redeem_funds", {coin_type}, {right});
    }
    /// The rest of a coin goes back to the sender's balance.
    void give_back(Argument coin, const TypeTag& coin_type) {
        builder_.call(framework(), "coin", "send_funds", {coin_type},
                      {coin, builder_.pure_address(options_.sender)});
    }
    void keep(std::vector<Argument> objects) {
        builder_.transfer(std::move(objects), builder_.pure_address(options_.sender));
    }
    Argument register_blob(const RegisterBlob& blob, Argument storage, Argument coin) {
        const Argument object =
            call("system", "register_blob",
                 {system(true), storage, builder_.pure_u256(blob.blob_id.bytes),
                  builder_.pure_u256(blob.root_hash.bytes), builder_.pure_u64(blob.unencoded_bytes),
                  builder_.pure_u8(blob.encoding_type), builder_.pure_bool(blob.deletable), coin});
        set_attributes(object, blob.attributes);
        return object;
    }
    void set_attributes(Argument blob, const VecMap<std::string, std::string>& attributes) {
        for (const auto& [key, value] : attributes)
            call("blob", "insert_or_update_metadata_pair",
                 {blob, builder_.pure_string(key), builder_.pure_string(value)});
    }
    TransactionData finish() { return std::move(builder_).finish(ledger_, options_); }

    const TypeTag& wal() const { return ledger_.wal_type; }

private:
    const LedgerHandles& ledger_;
    const TransactionOptions& options_;
    ProgramBuilder builder_;
};

}  // namespace

std::optional<RegisterCost> register_cost(std::uint64_t encoded_bytes, std::uint32_t epochs,
                                          Frost storage_price, Frost write_price) {
    const auto storage = extend_cost(encoded_bytes, epochs, storage_price);
    const auto write = checked_mul(storage_units(encoded_bytes), write_price);
    if (!storage || !write || !checked_add(*storage, *write)) return std::nullopt;
    return RegisterCost{*storage, *write};
}

std::optional<Frost> extend_cost(std::uint64_t storage_bytes, std::uint32_t epochs,
                                 Frost storage_price) {
    const auto per_epoch = checked_mul(storage_units(storage_bytes), storage_price);
    if (!per_epoch) return std::nullopt;
    return checked_mul<std::uint64_t>(*per_epoch, epochs);
}

TransactionData register_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                               const std::vector<RegisterBlob>& blobs, Frost funds) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(funds, program.wal());
    std::vector<Argument> objects;
    for (const RegisterBlob& blob : blobs) {
        const Argument storage = program.call(
            "system", "reserve_space",
            {program.system(true), b.pure_u64(blob.encoded_bytes), b.pure_u32(blob.epochs), coin});
        objects.push_back(program.register_blob(blob, storage, coin));
    }
    program.give_back(coin, program.wal());
    program.keep(std::move(objects));
    return program.finish();
}

TransactionData register_blob_with_storage(const LedgerHandles& ledger,
                                           const TransactionOptions& options,
                                           const RegisterBlob& blob, const ObjectRef& storage,
                                           Frost funds) {
    WalrusProgram program(ledger, options);
    const Argument coin = program.withdraw(funds, program.wal());
    const Argument object = program.register_blob(blob, program.builder().owned(storage), coin);
    program.give_back(coin, program.wal());
    program.keep({object});
    return program.finish();
}

TransactionData certify_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                              const std::vector<CertifyBlob>& blobs) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    for (const CertifyBlob& blob : blobs)
        program.call("system", "certify_blob",
                     {program.system(false), b.owned(blob.blob), b.pure_vector_u8(blob.signature),
                      b.pure_vector_u8(blob.signers_bitmap), b.pure_vector_u8(blob.message)});
    return program.finish();
}

TransactionData delete_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                             const std::vector<ObjectRef>& blobs) {
    WalrusProgram program(ledger, options);
    std::vector<Argument> storages;
    for (const ObjectRef& blob : blobs)
        storages.push_back(program.call("system", "delete_blob",
                                        {program.system(false), program.builder().owned(blob)}));
    program.keep(std::move(storages));
    return program.finish();
}

TransactionData burn_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                           const std::vector<ObjectRef>& blobs) {
    WalrusProgram program(ledger, options);
    for (const ObjectRef& blob : blobs)
        program.call("blob", "burn", {program.builder().owned(blob)});
    return program.finish();
}

TransactionData extend_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& blob, std::uint32_t epochs, Frost funds) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(funds, program.wal());
    program.call("system", "extend_blob",
                 {program.system(true), b.owned(blob), b.pure_u32(epochs), coin});
    program.give_back(coin, program.wal());
    return program.finish();
}

TransactionData extend_blob_with_resource(const LedgerHandles& ledger,
                                          const TransactionOptions& options, const ObjectRef& blob,
                                          const ObjectRef& storage) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.call("system", "extend_blob_with_resource",
                 {program.system(false), b.owned(blob), b.owned(storage)});
    return program.finish();
}

TransactionData share_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                           const ObjectRef& blob, Frost funds) {
    WalrusProgram program(ledger, options);
    const Argument object = program.builder().owned(blob);
    if (funds == 0) {
        program.call("shared_blob", "new", {object});
    } else {
        program.call("shared_blob", "new_funded", {object, program.withdraw(funds, program.wal())});
    }
    return program.finish();
}

TransactionData fund_shared_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const SharedRef& shared, Frost amount) {
    WalrusProgram program(ledger, options);
    program.call("shared_blob", "fund",
                 {program.shared(shared), program.withdraw(amount, program.wal())});
    return program.finish();
}

TransactionData extend_shared_blob(const LedgerHandles& ledger, const TransactionOptions& options,
                                   const SharedRef& shared, std::uint32_t epochs) {
    WalrusProgram program(ledger, options);
    program.call(
        "shared_blob", "extend",
        {program.shared(shared), program.system(true), program.builder().pure_u32(epochs)});
    return program.finish();
}

TransactionData create_exchange(const LedgerHandles& ledger, const TransactionOptions& options) {
    WalrusProgram program(ledger, options);
    program.keep({program.call("wal_exchange", "new", {})});
    return program.finish();
}

TransactionData fund_exchange(const LedgerHandles& ledger, const TransactionOptions& options,
                              const SharedRef& exchange, Frost wal, std::uint64_t sui) {
    WalrusProgram program(ledger, options);
    if (wal > 0)
        program.call("wal_exchange", "add_all_wal",
                     {program.shared(exchange), program.withdraw(wal, program.wal())});
    if (sui > 0)
        program.call("wal_exchange", "add_all_sui",
                     {program.shared(exchange), program.withdraw(sui, sui_type())});
    return program.finish();
}

TransactionData set_exchange_rate(const LedgerHandles& ledger, const TransactionOptions& options,
                                  const SharedRef& exchange, const ObjectRef& admin,
                                  const ExchangeRatio& rate) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.call(
        "wal_exchange", "set_exchange_rate",
        {program.shared(exchange), b.pure_u64(rate.wal), b.pure_u64(rate.sui), b.owned(admin)});
    return program.finish();
}

TransactionData exchange_coins(const LedgerHandles& ledger, const TransactionOptions& options,
                               const SharedRef& exchange, std::uint64_t amount, Buy buy) {
    WalrusProgram program(ledger, options);
    const bool wal = buy == Buy::Wal;
    const Argument coin = program.withdraw(amount, wal ? sui_type() : program.wal());
    program.keep(
        {program.call("wal_exchange", wal ? "exchange_all_for_wal" : "exchange_all_for_sui",
                      {program.shared(exchange), coin})});
    return program.finish();
}

TransactionData create_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                    std::uint64_t bytes, std::uint32_t epochs, Frost funds) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(funds, program.wal());
    const Argument pool =
        program.call("system", "create_storage_pool",
                     {program.system(true), b.pure_u64(bytes), b.pure_u32(epochs), coin});
    program.give_back(coin, program.wal());
    program.keep({pool});
    return program.finish();
}

TransactionData extend_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                    const ObjectRef& pool, std::uint32_t epochs, Frost funds) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(funds, program.wal());
    program.call("system", "extend_storage_pool",
                 {program.system(true), b.owned(pool), b.pure_u32(epochs), coin});
    program.give_back(coin, program.wal());
    return program.finish();
}

TransactionData increase_storage_pool(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& pool,
                                      std::uint64_t bytes, Frost funds) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(funds, program.wal());
    program.call("system", "increase_storage_pool_capacity",
                 {program.system(true), b.owned(pool), b.pure_u64(bytes), coin});
    program.give_back(coin, program.wal());
    return program.finish();
}

TransactionData decrease_storage_pool(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& pool,
                                      std::uint64_t bytes) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.keep({program.call("system", "decrease_storage_pool_capacity_by_size",
                               {program.system(false), b.owned(pool), b.pure_u64(bytes)})});
    return program.finish();
}

TransactionData destroy_storage_pool(const LedgerHandles& ledger, const TransactionOptions& options,
                                     const ObjectRef& pool) {
    WalrusProgram program(ledger, options);
    program.keep({program.call("storage_pool", "destroy", {program.builder().owned(pool)})});
    return program.finish();
}

TransactionData delete_pooled_blobs(const LedgerHandles& ledger, const TransactionOptions& options,
                                    const ObjectRef& pool, const std::vector<BlobId>& blobs,
                                    bool pool_ended) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    for (const BlobId& blob : blobs)
        program.call("system", pool_ended ? "burn_expired_pooled_blob" : "delete_pooled_blob",
                     {program.system(false), b.owned(pool), b.pure_u256(blob.bytes)});
    return program.finish();
}

TransactionData change_attributes(const LedgerHandles& ledger, const TransactionOptions& options,
                                  const ObjectRef& blob,
                                  const VecMap<std::string, std::string>& set,
                                  const std::vector<std::string>& remove) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument object = b.owned(blob);
    program.set_attributes(object, set);
    for (const std::string& key : remove)
        program.call("blob", "remove_metadata_pair", {object, b.pure_string(key)});
    return program.finish();
}

TransactionData transfer_objects(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const std::vector<ObjectRef>& objects, const Address& recipient) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    std::vector<Argument> arguments;
    for (const ObjectRef& object : objects) arguments.push_back(b.owned(object));
    b.transfer(std::move(arguments), b.pure_address(recipient));
    return program.finish();
}

TransactionData send_coins(const LedgerHandles& ledger, const TransactionOptions& options,
                           const TypeTag& coin_type, std::uint64_t amount,
                           const Address& recipient) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument coin = program.withdraw(amount, coin_type);
    b.transfer({coin}, b.pure_address(recipient));
    return program.finish();
}

TransactionData split_storage_by_epoch(const LedgerHandles& ledger,
                                       const TransactionOptions& options, const ObjectRef& storage,
                                       Epoch split_epoch) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.keep({program.call("storage_resource", "split_by_epoch",
                               {b.owned(storage), b.pure_u32(split_epoch)})});
    return program.finish();
}

TransactionData split_storage_by_size(const LedgerHandles& ledger,
                                      const TransactionOptions& options, const ObjectRef& storage,
                                      std::uint64_t kept_bytes) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.keep({program.call("storage_resource", "split_by_size",
                               {b.owned(storage), b.pure_u64(kept_bytes)})});
    return program.finish();
}

TransactionData fuse_storages(const LedgerHandles& ledger, const TransactionOptions& options,
                              const ObjectRef& first, const ObjectRef& second) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.call("storage_resource", "fuse", {b.owned(first), b.owned(second)});
    return program.finish();
}

// -------------------------------------------------------------------------------------- staking

TransactionData stake_with_pools(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const std::vector<std::pair<NodeId, Frost>>& amounts) {
    WalrusProgram program(ledger, options);
    std::vector<Argument> stakes;
    for (const auto& [node, amount] : amounts)
        stakes.push_back(program.call("staking", "stake_with_pool",
                                      {program.staking(), program.withdraw(amount, program.wal()),
                                       program.builder().pure_id(ObjectId{node.bytes})}));
    program.keep(std::move(stakes));
    return program.finish();
}

TransactionData request_withdraw_stakes(const LedgerHandles& ledger,
                                        const TransactionOptions& options,
                                        const std::vector<ObjectRef>& stakes) {
    WalrusProgram program(ledger, options);
    for (const ObjectRef& staked : stakes)
        program.call("staking", "request_withdraw_stake",
                     {program.staking(), program.builder().owned(staked)});
    return program.finish();
}

TransactionData withdraw_stakes(const LedgerHandles& ledger, const TransactionOptions& options,
                                const std::vector<ObjectRef>& stakes) {
    WalrusProgram program(ledger, options);
    std::vector<Argument> coins;
    for (const ObjectRef& staked : stakes)
        coins.push_back(program.call("staking", "withdraw_stake",
                                     {program.staking(), program.builder().owned(staked)}));
    program.keep(std::move(coins));
    return program.finish();
}

TransactionData split_staked_wal(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const ObjectRef& staked, Frost amount) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.keep({program.call("staked_wal", "split", {b.owned(staked), b.pure_u64(amount)})});
    return program.finish();
}

TransactionData join_staked_wals(const LedgerHandles& ledger, const TransactionOptions& options,
                                 const ObjectRef& staked, const std::vector<ObjectRef>& others) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument target = b.owned(staked);
    for (const ObjectRef& other : others)
        program.call("staked_wal", "join", {target, b.owned(other)});
    return program.finish();
}

TransactionData register_node(const LedgerHandles& ledger, const TransactionOptions& options,
                              const RegisterNode& node) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.keep({program.call(
        "staking", "register_candidate",
        {program.staking(), b.pure_string(node.name), b.pure_string(node.network_address),
         program.metadata(node.metadata), b.pure_vector_u8(node.bls_public_key),
         b.pure_vector_u8(node.network_public_key), b.pure_vector_u8(node.proof_of_possession),
         b.pure_u16(node.commission_rate), b.pure_u64(node.votes.storage_price),
         b.pure_u64(node.votes.write_price), b.pure_u64(node.votes.node_capacity)})});
    return program.finish();
}

TransactionData change_node(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& cap, const NodeChanges& changes) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    const Argument own = b.owned(cap);
    const auto set = [&](const char* function, std::vector<Argument> values) {
        std::vector<Argument> arguments{program.staking(), own};
        arguments.insert(arguments.end(), values.begin(), values.end());
        program.call("staking", function, std::move(arguments));
    };
    if (changes.storage_price) set("set_storage_price_vote", {b.pure_u64(*changes.storage_price)});
    if (changes.write_price) set("set_write_price_vote", {b.pure_u64(*changes.write_price)});
    if (changes.node_capacity) set("set_node_capacity_vote", {b.pure_u64(*changes.node_capacity)});
    if (changes.commission_rate) set("set_next_commission", {b.pure_u16(*changes.commission_rate)});
    if (changes.name) set("set_name", {b.pure_string(*changes.name)});
    if (changes.network_address)
        set("set_network_address", {b.pure_string(*changes.network_address)});
    if (changes.network_public_key)
        set("set_network_public_key", {b.pure_vector_u8(*changes.network_public_key)});
    if (changes.metadata) set("set_node_metadata", {program.metadata(*changes.metadata)});
    if (changes.next_public_key)
        set("set_next_public_key", {b.pure_vector_u8(changes.next_public_key->first),
                                    b.pure_vector_u8(changes.next_public_key->second)});
    if (changes.update_prices)
        program.call("staking", "update_prices", {program.staking(), program.system(true)});
    return program.finish();
}

TransactionData collect_commission(const LedgerHandles& ledger, const TransactionOptions& options,
                                   const NodeId& node, const std::optional<ObjectRef>& cap) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    Argument caller;
    if (cap) {
        const TypeTag cap_type =
            make_type(make_struct(Address{ledger.package.bytes}, "storage_node", "StorageNodeCap"));
        caller =
            b.call(ledger.package, "auth", "authenticate_with_object", {cap_type}, {b.owned(*cap)});
    } else {
        caller = program.call("auth", "authenticate_sender", {});
    }
    program.keep({program.call("staking", "collect_commission",
                               {program.staking(), b.pure_id(ObjectId{node.bytes}), caller})});
    return program.finish();
}

TransactionData end_voting(const LedgerHandles& ledger, const TransactionOptions& options) {
    WalrusProgram program(ledger, options);
    program.call("staking", "voting_end", {program.staking(), program.clock()});
    return program.finish();
}

TransactionData initiate_epoch_change(const LedgerHandles& ledger,
                                      const TransactionOptions& options) {
    WalrusProgram program(ledger, options);
    program.call("staking", "initiate_epoch_change_v2",
                 {program.staking(), program.system(true), program.treasury(), program.clock()});
    return program.finish();
}

TransactionData conclude_sync(const LedgerHandles& ledger, const TransactionOptions& options) {
    WalrusProgram program(ledger, options);
    program.call("staking", "conclude_sync", {program.staking(), program.clock()});
    return program.finish();
}

TransactionData attest_sync(const LedgerHandles& ledger, const TransactionOptions& options,
                            const ObjectRef& cap, Epoch epoch) {
    WalrusProgram program(ledger, options);
    ProgramBuilder& b = program.builder();
    program.call("staking", "epoch_sync_done",
                 {program.staking(), b.owned(cap), b.pure_u32(epoch), program.clock()});
    return program.finish();
}

// ---------------------------------------------------------------------------------------- common

ObjectRef object_ref(const Object& object) {
    return {object.id, object.version, {object.digest().bytes}};
}

SignedTransaction sign_transaction(const TransactionData& data, const AccountKey& key) {
    SignedTransaction out;
    out.data = bcs::encode(data);
    out.signatures.push_back(key.sign(signing_digest(out.data)).serialize());
    return out;
}

}  // namespace walrus::ledger
