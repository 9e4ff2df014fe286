// SPDX-License-Identifier: Apache-2.0
// Random histories of stakes, nodes and epochs against a small reference model kept here, exact to
// the Frost: outcomes, payouts, pools, active set, committees, supply. WALRUS_STAKING_HISTORIES
// says how many histories of 50 epochs run; the full measure is 10000.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "ledger/staking_testing.hpp"

namespace walrus::ledger {
namespace {

using testing::account_key;
using testing::address_of;
using testing::outcome;
using testing::StakingLedger;
using testing::StakingProgram;

using Wide = unsigned __int128;
constexpr Epoch kEpochs = 50;
constexpr Frost kWal = kFrostPerWal;

std::size_t history_count() {
    const char* const set = std::getenv("WALRUS_STAKING_HISTORIES");
    return set == nullptr ? 40 : static_cast<std::size_t>(std::strtoull(set, nullptr, 10));
}

// ------------------------------------------------------------------------------------------ model
// Written from spec/chain.md §5 to §7, with sums over plain maps and none of the ledger's code.

struct ModelStake {
    std::size_t node = 0;
    Frost principal = 0;
    Epoch activation = 0;
    Epoch out = 0;  ///< 0: no withdrawal was requested
};

struct ModelPool {
    Epoch activation = 0;
    Epoch latest = 0;
    Frost wal = 0;
    std::uint64_t shares = 0;
    std::uint16_t rate = 0;
    std::map<Epoch, std::uint16_t> next_rate;
    std::map<Epoch, Frost> coming;
    std::map<Epoch, std::uint64_t> leaving;
    std::map<Epoch, Frost> short_lived;
    std::map<Epoch, std::pair<Frost, std::uint64_t>> prices;  ///< WAL and shares; 0 is flat
    Frost rewards = 0;
    Frost commission = 0;
    Frost blocked = 0;
    VotingParams votes;

    std::pair<Frost, std::uint64_t> price_at(Epoch epoch) const {
        auto after = prices.upper_bound(epoch);
        if (after == prices.begin()) return {0, 0};
        --after;
        return after->first < activation ? std::pair<Frost, std::uint64_t>{0, 0} : after->second;
    }
    static Frost worth(std::pair<Frost, std::uint64_t> price, std::uint64_t shares) {
        if (price.first == 0 || price.second == 0) return shares;
        return static_cast<Frost>(Wide{shares} * price.first / price.second);
    }
    static std::uint64_t shares_for(std::pair<Frost, std::uint64_t> price, Frost amount) {
        if (price.first == 0 || price.second == 0) return amount;
        return static_cast<std::uint64_t>(Wide{amount} * price.second / price.first);
    }
    static std::uint64_t until(const std::map<Epoch, std::uint64_t>& values, Epoch epoch) {
        std::uint64_t sum = 0;
        for (const auto& [at, value] : values)
            if (at <= epoch) sum += value;
        return sum;
    }
    static void forget(std::map<Epoch, std::uint64_t>& values, Epoch epoch) {
        values.erase(values.begin(), values.upper_bound(epoch));
    }
    std::uint64_t short_lived_shares(Epoch epoch) const {
        std::uint64_t sum = 0;
        for (const auto& [at, amount] : short_lived)
            if (at <= epoch) sum += shares_for(price_at(at - 1), amount);
        return sum;
    }
    /// Nothing if more leaves than there is.
    std::optional<Frost> balance_at(Epoch epoch) const {
        const std::uint64_t out = until(leaving, epoch) + short_lived_shares(epoch);
        const Frost all = wal + until(coming, epoch);
        const Frost less = worth({wal, shares}, out);
        if (less > all) return std::nullopt;
        return all - less;
    }
    Frost gain(const ModelStake& stake, Epoch until_epoch) const {
        const Frost now =
            worth(price_at(until_epoch), shares_for(price_at(stake.activation), stake.principal));
        return now > stake.principal ? now - stake.principal : 0;
    }
    void advance(Epoch epoch, Frost reward) {
        const auto cut = static_cast<Frost>(Wide{reward} * rate / 10'000);
        commission += cut;
        blocked += cut;
        while (!next_rate.empty() && next_rate.begin()->first <= epoch) {
            rate = next_rate.begin()->second;
            next_rate.erase(next_rate.begin());
        }
        rewards += reward - cut;
        wal += reward - cut;
        latest = epoch;
        const std::pair<Frost, std::uint64_t> price =
            wal == 0 || shares == 0 ? std::pair<Frost, std::uint64_t>{0, 0}
                                    : std::pair<Frost, std::uint64_t>{wal, shares};
        prices[epoch] = price;
        wal += until(coming, epoch);
        const std::uint64_t out = until(leaving, epoch) + short_lived_shares(epoch);
        forget(coming, epoch);
        forget(leaving, epoch);
        forget(short_lived, epoch);
        wal -= std::min(wal, worth(price, out));  // the ledger of revision 0 would have failed
        shares = shares_for(price, wal);
    }
};

class Model {
public:
    std::uint32_t revision = 0;
    std::uint16_t n_shards = 0;
    std::size_t active_max = 0;
    Epoch epoch = 1;
    std::vector<NodeId> ids;
    std::vector<ModelPool> pools;
    std::vector<std::pair<std::size_t, Frost>> active;  ///< in the order of insertion
    using Committee = std::map<NodeId, std::pair<std::size_t, std::vector<std::uint16_t>>>;
    Committee current;
    Committee previous;
    std::optional<Committee> next;
    std::uint64_t next_capacity = 0;
    Frost supply = 0;
    Frost earned = 0;  ///< by those who stake, since genesis

    bool in(const Committee& committee, std::size_t node) const {
        return committee.contains(ids[node]);
    }
    bool in_next(std::size_t node) const { return next && in(*next, node); }

    /// False: a ledger of revision 0 fails here.
    bool refresh(std::size_t node, Epoch at) {
        const std::optional<Frost> stake = pools[node].balance_at(at);
        if (!stake && revision == 0) return false;
        place(node, stake.value_or(0));
        return true;
    }
    /// The end of an operation on a pool; without success the pool is as it was `before`.
    std::string finish(std::size_t node, const ModelPool& before) {
        if (refresh(node, epoch + (next ? 2 : 1))) return "success";
        pools[node] = before;
        ++shortfalls;
        return "MovePrimitiveRuntimeError";
    }
    std::uint64_t shortfalls = 0;
    void place(std::size_t node, Frost stake) {
        const auto found = std::find_if(active.begin(), active.end(),
                                        [&](const auto& entry) { return entry.first == node; });
        if (stake == 0) {
            if (found == active.end()) return;
            *found = active.back();
            active.pop_back();
        } else if (found != active.end()) {
            found->second = stake;
        } else if (active.size() < active_max) {
            active.emplace_back(node, stake);
        } else {
            std::size_t least = 0;
            for (std::size_t i = 1; i < active.size(); ++i)
                if (active[i].second < active[least].second) least = i;
            if (active[least].second < stake) active[least] = {node, stake};
        }
    }

    // ------------------------------------------------------------------------------- operations

    std::pair<std::string, ModelStake> stake(std::size_t node, Frost amount) {
        const ModelStake out{node, amount, epoch + (next ? 2 : 1), 0};
        const ModelPool before = pools[node];
        pools[node].coming[out.activation] += amount;
        return {finish(node, before), out};
    }
    bool is_early(const ModelStake& stake) const {
        return stake.out == 0 && (stake.activation == epoch + 2 ||
                                  (stake.activation == epoch + 1 && !in_next(stake.node)));
    }
    std::string request(ModelStake& stake) {
        ModelPool& pool = pools[stake.node];
        const ModelPool before = pool;
        if (stake.out != 0) return "staking_pool::ENotStaked(8)";
        if (is_early(stake)) return "staking_pool::EWithdrawDirectly(13)";
        if (stake.activation == epoch + 1) {
            stake.out = epoch + 2;
            pool.short_lived[stake.out] += stake.principal;
        } else {
            if (!in_next(stake.node) && !in(current, stake.node))
                return "staking_pool::EWithdrawDirectly(13)";
            const Epoch out = epoch + (in_next(stake.node) ? 2 : 1);
            const std::uint64_t shares =
                ModelPool::shares_for(pool.price_at(stake.activation), stake.principal);
            if (shares == 0) return "staking_pool::EZeroShares(18)";
            stake.out = out;
            pool.leaving[out] += shares;
        }
        const std::string result = finish(stake.node, before);
        if (result != "success") stake.out = 0;
        return result;
    }
    /// What is paid, or the error.
    std::pair<std::string, Frost> withdraw(const ModelStake& stake) {
        ModelPool& pool = pools[stake.node];
        const ModelPool before = pool;
        const bool absent = !in(current, stake.node) && !in_next(stake.node);
        Frost reward = 0;
        if (is_early(stake) || (absent && stake.out == 0 && stake.activation > epoch)) {
            pool.coming[stake.activation] -= stake.principal;
        } else if (absent && stake.out == 0) {
            pool.leaving[epoch] +=
                ModelPool::shares_for(pool.price_at(stake.activation), stake.principal);
            reward = pool.gain(stake, epoch);
        } else {
            if (stake.out == 0) return {"staking_pool::ENotWithdrawing(10)", 0};
            if (stake.out > epoch) return {"staking_pool::EWithdrawEpochNotReached(11)", 0};
            if (stake.activation > epoch)
                return {"staking_pool::EActivationEpochNotReached(12)", 0};
            reward = pool.gain(stake, stake.out);
        }
        reward = std::min(reward, pool.rewards);
        pool.rewards -= reward;
        return {finish(stake.node, before), stake.principal + reward};
    }

    // ----------------------------------------------------------------------------------- epochs

    void end_vote() {
        for (const auto& [id, member] : previous) pools[member.first].blocked = 0;
        next = select();
        std::vector<std::pair<std::uint64_t, std::size_t>> votes;
        for (const auto& [id, member] : *next) {
            const std::size_t weight = member.second.size();
            const Wide vote = Wide{pools[member.first].votes.node_capacity} * n_shards / weight;
            votes.emplace_back(static_cast<std::uint64_t>(std::min<Wide>(vote, ~0ull)), weight);
        }
        std::sort(votes.rbegin(), votes.rend());
        std::size_t weight = 0;
        for (const auto& [vote, more] : votes) {
            weight += more;
            next_capacity = vote;
            if (3 * weight >= 2 * std::size_t{n_shards} + 1) break;
        }
    }
    /// The stakes' shards, one at a time to the largest stake per (shards + 1).
    Committee select() const {
        const std::size_t nodes = active.size();
        const std::size_t cap = nodes >= 20
                                    ? n_shards / 10
                                    : (20 * std::size_t{n_shards} + 10 * nodes - 1) / (10 * nodes);
        std::vector<std::size_t> counts(nodes);
        for (std::size_t given = 0; given < n_shards; ++given) {
            std::size_t best = nodes;
            for (std::size_t i = 0; i < nodes; ++i) {
                if (counts[i] >= cap) continue;
                if (best == nodes || Wide{active[i].second} * (counts[best] + 1) >
                                         Wide{active[best].second} * (counts[i] + 1))
                    best = i;
            }
            ++counts[best];
        }
        Committee out;
        std::vector<std::uint16_t> moving;
        std::map<std::size_t, std::size_t> wanted;  // node to shards
        for (std::size_t i = 0; i < nodes; ++i)
            if (counts[i] > 0) wanted[active[i].first] = counts[i];
        std::vector<std::size_t> growing;
        for (const auto& [id, member] : current) {
            const auto& [node, shards] = member;
            const std::size_t count = wanted.contains(node) ? wanted[node] : 0;
            std::vector<std::uint16_t> kept = shards;
            if (count == 0) {
                moving.insert(moving.end(), shards.begin(), shards.end());
                continue;
            }
            for (; kept.size() > count; kept.pop_back()) moving.push_back(kept.back());
            if (kept.size() < count) growing.push_back(node);
            out[id] = {node, kept};
        }
        std::vector<std::size_t> order;
        for (const auto& entry : active)
            if (wanted.contains(entry.first) && !current.contains(ids[entry.first]))
                order.push_back(entry.first);
        order.insert(order.end(), growing.begin(), growing.end());
        for (const std::size_t node : order) {
            auto& member = out[ids[node]];
            member.first = node;
            for (; member.second.size() < wanted[node]; moving.pop_back())
                member.second.push_back(moving.back());
        }
        return out;
    }
    /// `fees`: of the epoch that ends. Returns what goes to the epoch that begins.
    Frost begin_epoch(Frost fees, std::uint64_t used) {
        const auto burned = static_cast<Frost>(Wide{fees} * 3 / 100);
        supply -= burned;
        const Frost shared_out = fees - burned;
        Frost left = shared_out;
        ++epoch;
        previous = current;
        current = *next;
        next.reset();
        bool fits = true;
        Wide total = 0;
        for (const auto& [id, member] : previous) total += Wide{member.second.size()} * used;
        for (const auto& [id, member] : previous) {
            const Frost before = pools[member.first].rewards;
            const Frost reward =
                total == 0
                    ? 0
                    : static_cast<Frost>(Wide{member.second.size()} * used * shared_out / total);
            left -= reward;
            pools[member.first].advance(epoch, reward);
            earned += pools[member.first].rewards - before;
            fits = refresh(member.first, epoch + 1) && fits;
        }
        for (const auto& [id, member] : current) {
            if (previous.contains(id)) continue;
            pools[member.first].advance(epoch, 0);
            fits = refresh(member.first, epoch + 1) && fits;
        }
        EXPECT_TRUE(fits) << "the epoch cannot change";
        return left;
    }
    std::uint64_t price(std::uint64_t VotingParams::* which) const {
        std::vector<std::pair<std::uint64_t, std::size_t>> votes;
        for (const auto& [id, member] : current)
            votes.emplace_back(pools[member.first].votes.*which, member.second.size());
        std::sort(votes.rbegin(), votes.rend());
        std::size_t weight = n_shards;
        for (const auto& [vote, less] : votes) {
            weight -= less;
            if (3 * weight < 2 * std::size_t{n_shards} + 1) return vote;
        }
        return 0;
    }
};

// ---------------------------------------------------------------------------------------- history

class History {
public:
    explicit History(std::uint64_t seed) : random_(seed), t_(config(random_)) {
        t_.ledger.check_signatures = false;
        const GenesisConfig genesis = [&] {
            std::mt19937_64 again(seed);
            return config(again);
        }();
        model_.revision = genesis.protocol_revision;
        model_.n_shards = genesis.n_shards;
        model_.active_max = genesis.active_set_max;
        model_.supply = kWalSupplyFrost;
        for (std::size_t i = 0; i < t_.nodes.size(); ++i) {
            ModelPool pool;
            pool.activation = 1;
            pool.latest = 1;
            pool.wal = pool.shares = genesis.nodes[i].stake;
            pool.rate = genesis.nodes[i].commission_rate;
            pool.votes = {genesis.nodes[i].storage_price_vote, genesis.nodes[i].write_price_vote,
                          genesis.nodes[i].capacity_vote};
            model_.ids.push_back(t_.nodes[i].id);
            model_.pools.push_back(pool);
            model_.active.emplace_back(i, genesis.nodes[i].stake);
            deposits_ += genesis.nodes[i].stake;
        }
        for (const auto& [id, shards] : t_.ledger.staking().committee)
            for (std::size_t i = 0; i < t_.nodes.size(); ++i)
                if (t_.nodes[i].id == id) model_.current[id] = {i, shards};
        for (const auto& [id, object] : t_.ledger.state.objects()) {
            if (object->type.name != "StakedWal") continue;
            const StakedWal staked = t_.staked(id);
            for (std::size_t i = 0; i < t_.nodes.size(); ++i)
                if (t_.nodes[i].id == staked.node_id)
                    stakes_.push_back({id, t_.nodes[i].owner, {i, staked.principal, 1, 0}});
        }
    }

    void run() {
        for (Epoch i = 0; i < kEpochs; ++i) {
            act(random_() % 5);
            while (model_.active.empty()) stake();
            t_.end_vote();
            model_.end_vote();
            act(random_() % 4);
            change_epoch();
            compare();
            if (::testing::Test::HasFailure()) return;
        }
        leave();
    }

private:
    struct Held {
        ObjectId id;
        AccountKey owner;
        ModelStake model;
    };

    static GenesisConfig config(std::mt19937_64& random) {
        testing::Options options;
        options.nodes = 1 + random() % 5;
        options.n_shards = static_cast<std::uint16_t>(7 + random() % 30);
        options.max_epochs_ahead = 5;
        options.active_set_max = static_cast<std::uint16_t>(options.nodes + random() % 3);
        options.storage_price = 1 + random() % 1'000'000'000;
        options.protocol_revision = static_cast<std::uint32_t>(random() % 2);
        GenesisConfig out = testing::make_config(options);
        for (GenesisNode& node : out.nodes) {
            node.stake = kWal + random() % (2000 * kWal);
            node.commission_rate = static_cast<std::uint16_t>(random() % 10'001);
        }
        return out;
    }

    std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
    const AccountKey& account() {
        static const AccountKey keys[] = {account_key(1), account_key(2), account_key(3)};
        return keys[pick(3)];
    }

    void act(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            switch (random_() % 12) {
                case 0:
                case 1:
                case 2:
                    stake();
                    break;
                case 3:
                case 4:
                case 5:
                    request(pick(stakes_.size() + 1));
                    break;
                case 6:
                case 7:
                    withdraw(pick(stakes_.size() + 1));
                    break;
                case 8:
                    random_() % 2 == 0 ? split() : join();
                    break;
                case 9:
                    random_() % 3 == 0 ? add_node() : change_node();
                    break;
                case 10:
                    collect();
                    break;
                default:
                    pay_fees();
                    break;
            }
            if (::testing::Test::HasFailure()) return;
        }
    }

    void stake() {
        const std::size_t node = pick(t_.nodes.size());
        const Frost amount = kWal + random_() % (random_() % 4 == 0 ? 3000 * kWal : 10 * kWal);
        const AccountKey& key = account();
        const auto executed = t_.try_stake(t_.nodes[node].id, amount, key);
        const auto [wanted, made] = model_.stake(node, amount);
        ASSERT_EQ(outcome(executed), wanted);
        if (wanted != "success") return;
        stakes_.push_back({t_.ledger.created(executed, "StakedWal"), key, made});
        deposits_ += amount;
        ASSERT_EQ(t_.staked(stakes_.back().id).activation_epoch, stakes_.back().model.activation);
    }
    void request(std::size_t which) {
        if (which >= stakes_.size()) return;
        Held& held = stakes_[which];
        const std::string wanted = model_.request(held.model);
        ASSERT_EQ(t_.request(held.id, held.owner), wanted);
    }
    void withdraw(std::size_t which) {
        if (which >= stakes_.size()) return;
        const Held held = stakes_[which];
        const Frost before = t_.ledger.wal(address_of(held.owner));
        const auto [wanted, paid] = model_.withdraw(held.model);
        ASSERT_EQ(t_.withdraw(held.id, held.owner), wanted);
        if (wanted != "success") return;
        ASSERT_EQ(t_.ledger.wal(address_of(held.owner)) - before, paid);
        payouts_ += paid;
        stakes_.erase(stakes_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    void split() {
        if (stakes_.empty()) return;
        Held& held = stakes_[pick(stakes_.size())];
        if (held.model.principal < 2 * kWal) return;
        const Frost part = kWal + random_() % (held.model.principal - 2 * kWal + 1);
        const auto executed = t_.split(held.id, part, held.owner);
        ASSERT_EQ(outcome(executed), "success");
        held.model.principal -= part;
        Held other{t_.ledger.created(executed, "StakedWal"), held.owner, held.model};
        other.model.principal = part;
        stakes_.push_back(other);
    }
    void join() {
        if (stakes_.size() < 2) return;
        const std::size_t a = pick(stakes_.size());
        const std::size_t b = pick(stakes_.size());
        if (a == b || address_of(stakes_[a].owner) != address_of(stakes_[b].owner)) return;
        ModelStake& left = stakes_[a].model;
        const ModelStake& right = stakes_[b].model;
        const bool fits =
            left.node == right.node && left.activation == right.activation && left.out == right.out;
        ASSERT_EQ(t_.join(stakes_[a].id, stakes_[b].id, stakes_[a].owner),
                  fits ? "success" : "staked_wal::EMetadataMismatch(1)");
        if (!fits) return;
        left.principal += right.principal;
        stakes_.erase(stakes_.begin() + static_cast<std::ptrdiff_t>(b));
    }
    void add_node() {
        if (t_.nodes.size() >= 8) return;
        testing::Candidate candidate;
        candidate.commission = static_cast<std::uint16_t>(random_() % 10'001);
        candidate.votes = {1 + random_() % 1000, 1 + random_() % 1000,
                           1'000'000'000 + random_() % 250'000'000'000};
        t_.add_node(candidate, account());
        ModelPool pool;
        pool.activation = model_.epoch + (model_.next ? 1 : 0);
        pool.latest = model_.epoch;
        pool.rate = candidate.commission;
        pool.votes = candidate.votes;
        model_.ids.push_back(t_.nodes.back().id);
        model_.pools.push_back(pool);
    }
    void change_node() {
        const std::size_t node = pick(t_.nodes.size());
        const std::uint64_t value = 1 + random_() % 1'000'000'000;
        switch (random_() % 4) {
            case 0: {
                const auto rate = static_cast<std::uint16_t>(random_() % 10'001);
                ASSERT_EQ(t_.set_commission(node, rate), "success");
                model_.pools[node].next_rate[model_.epoch + 2] = rate;
                break;
            }
            case 1:
                ASSERT_EQ(t_.vote(node, "set_storage_price_vote", value), "success");
                model_.pools[node].votes.storage_price = value;
                break;
            case 2:
                ASSERT_EQ(t_.vote(node, "set_write_price_vote", value), "success");
                model_.pools[node].votes.write_price = value;
                break;
            default:
                ASSERT_EQ(t_.vote(node, "set_node_capacity_vote", value * 1000), "success");
                model_.pools[node].votes.node_capacity = value * 1000;
                break;
        }
    }
    void collect() {
        const std::size_t node = pick(t_.nodes.size());
        ModelPool& pool = model_.pools[node];
        const Frost free = pool.commission - std::min(pool.blocked, pool.commission);
        ASSERT_EQ(t_.collect(node), free);
        pool.commission -= free;
    }
    /// Somebody buys storage, or gives to the rewards.
    void pay_fees() {
        const Frost amount = random_() % (100 * kWal);
        const AccountKey& key = account();
        const bool buys = random_() % 2 == 0;
        const auto executed = t_.run(key, [&](StakingProgram& p) {
            if (buys) {
                const Argument coin = p.coin(5000 * kWal);
                p.keep({p.call("system", "reserve_space",
                               {p.system(), p.b.pure_u64(1 + amount % 100'000'000), p.b.pure_u32(1),
                                coin}),
                        coin});
            } else {
                p.call("system", "add_subsidy", {p.system(), p.coin(amount), p.b.pure_u32(1)});
            }
        });
        const std::string result = outcome(executed);
        ASSERT_TRUE(result == "success" || result == "system_state_inner::EStorageExceeded(1)" ||
                    result == "balance::ENotEnough(2)")
            << result;
    }

    void change_epoch() {
        const Frost fees = testing::rewards(t_.ledger, 1)[0];
        const std::uint64_t used = t_.ledger.system().used_capacity_size;
        const Frost left = model_.begin_epoch(fees, used);
        if (::testing::Test::HasFailure()) return;
        t_.begin_epoch();
        ASSERT_EQ(testing::rewards(t_.ledger, 1)[0], left);
        t_.sync_all();
    }

    void compare() {
        const StakingInnerV1 inner = t_.ledger.staking();
        const SystemStateInnerV1 system = t_.ledger.system();
        ASSERT_EQ(inner.epoch, model_.epoch);
        ASSERT_EQ(system.committee->epoch, model_.epoch);
        CommitteeShards committee;
        std::size_t shards = 0;
        for (const auto& [id, member] : model_.current) {
            committee.emplace_back(id, member.second);
            shards += member.second.size();
        }
        ASSERT_EQ(inner.committee, committee);
        ASSERT_EQ(shards, model_.n_shards);
        ASSERT_EQ(system.committee->n_shards, model_.n_shards);
        for (std::size_t i = 0; i < committee.size(); ++i) {
            ASSERT_EQ(system.committee->members[i].node_id, committee[i].first);
            ASSERT_EQ(system.committee->members[i].weight, committee[i].second.size());
        }
        ASSERT_EQ(inner.next_epoch_params->total_capacity_size, model_.next_capacity);
        ASSERT_EQ(system.storage_price_per_unit_size, model_.price(&VotingParams::storage_price));
        ASSERT_EQ(system.write_price_per_unit_size, model_.price(&VotingParams::write_price));
        const ActiveSet active = t_.active_set();
        ASSERT_EQ(active.nodes.size(), model_.active.size());
        Frost total = 0;
        for (std::size_t i = 0; i < active.nodes.size(); ++i) {
            ASSERT_EQ(active.nodes[i].node_id, model_.ids[model_.active[i].first]);
            ASSERT_EQ(active.nodes[i].staked_amount, model_.active[i].second);
            total += active.nodes[i].staked_amount;
        }
        ASSERT_EQ(active.total_stake, total);
        for (std::size_t i = 0; i < model_.pools.size(); ++i) {
            const StakingPool pool = t_.pool(i);
            const ModelPool& wanted = model_.pools[i];
            ASSERT_EQ(pool.wal_balance, wanted.wal) << "node " << i;
            ASSERT_EQ(pool.num_shares, wanted.shares);
            ASSERT_EQ(pool.rewards_pool, wanted.rewards);
            ASSERT_EQ(pool.commission, wanted.commission);
            ASSERT_EQ(t_.blocked(i), wanted.blocked);
            ASSERT_EQ(pool.commission_rate, wanted.rate);
            ASSERT_EQ(pool.latest_epoch, wanted.latest);
        }
        ASSERT_EQ(t_.ledger.supply(), model_.supply);
        ASSERT_EQ(t_.ledger.total_wal(), Uint128{model_.supply});
    }

    /// Everybody takes out what is theirs; what was paid never exceeds what came in.
    void leave() {
        for (int round = 0; round < 3; ++round) {
            for (std::size_t i = 0; i < stakes_.size(); ++i) request(i);
            for (std::size_t i = stakes_.size(); i > 0; --i) withdraw(i - 1);
            if (model_.active.empty() || ::testing::Test::HasFailure()) break;
            t_.end_vote();
            model_.end_vote();
            change_epoch();
            compare();
        }
        Frost rewards = 0;
        for (const ModelPool& pool : model_.pools) rewards += pool.rewards;
        ASSERT_LE(payouts_, deposits_ + model_.earned - rewards);
        ASSERT_EQ(t_.ledger.total_wal(), Uint128{t_.ledger.supply()});
    }

    std::mt19937_64 random_;
    StakingLedger t_;
    Model model_;
    std::vector<Held> stakes_;
    Frost deposits_ = 0;
    Frost payouts_ = 0;
};

TEST(StakingHistories, AgreeWithTheModelToTheFrost) {
    const std::size_t count = history_count();
    for (std::size_t seed = 0; seed < count; ++seed) {
        SCOPED_TRACE("history " + std::to_string(seed));
        History history(seed);
        history.run();
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace walrus::ledger
