// SPDX-License-Identifier: Apache-2.0
// One native struct per ledger type; its fields in order are its BCS layout (spec/chain.md §1,
// spec/rpc-compat.md §4). Objects are stored as these bytes, and the rules work on these structs.
//
// `Uid` is the object's own id, which every object's contents begin with. A u256 is kept as its 32
// little-endian bytes, so a blob id and its u256 are the same bytes. BLS keys are uncompressed
// (96 bytes) except the committee's aggregated one (48).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "bcs/bcs.hpp"
#include "ledger/frozen.hpp"
#include "ledger/type_tag.hpp"
#include "protocol/ids.hpp"

namespace walrus::ledger {

using Uid = ObjectId;
/// A list of pairs in the order of insertion.
template <class K, class V>
using VecMap = std::vector<std::pair<K, V>>;

/// A table's head; its entries are dynamic fields of `id`.
struct Table {
    Uid id;
    std::uint64_t size = 0;
    bool operator==(const Table&) const = default;
};
/// A value kept apart from its parent: the one dynamic field of `id`, under an ExtendedFieldKey.
struct ExtendedField {
    Uid id;
    bool operator==(const ExtendedField&) const = default;
};
/// The empty key struct, which BCS writes as one zero byte.
struct ExtendedFieldKey {
    bool dummy_field = false;
    bool operator==(const ExtendedFieldKey&) const = default;
};
/// A dynamic field: an object owned by the parent object, with id `dynamic_field_id(parent, …)`.
template <class K, class V>
struct Field {
    Uid id;
    K name{};
    V value{};
    bool operator==(const Field&) const = default;
};

// ------------------------------------------------------------------------------------- System

/// ORIG::system::System, shared. `protocol_revision` is ours, at the end where readers of the
/// public layout ignore it: 0 = the reference's rules, 1 = ours (decisions.md §2).
struct System {
    Uid id;
    std::uint64_t version = 0;
    ObjectId package_id;
    std::optional<ObjectId> new_package_id;
    std::uint32_t protocol_revision = 0;
    bool operator==(const System&) const = default;
};

struct BlsCommitteeMember {
    Bytes public_key;  ///< 96 bytes
    std::uint16_t weight = 0;
    NodeId node_id;
    bool operator==(const BlsCommitteeMember&) const = default;
};
/// Members sorted by node id; `n_shards` is the sum of their weights.
struct BlsCommittee {
    std::vector<BlsCommitteeMember> members;
    std::uint16_t n_shards = 0;
    Epoch epoch = 0;
    Bytes total_aggregated_key;  ///< 48 bytes
    bool operator==(const BlsCommittee&) const = default;
};
/// What one epoch has sold and earned.
struct FutureAccounting {
    Epoch epoch = 0;
    std::uint64_t used_capacity = 0;
    Frost rewards_to_distribute = 0;
    bool operator==(const FutureAccounting&) const = default;
};
/// One slot per epoch from the current one on; offset k is slot (k + current_index) mod length.
struct FutureAccountingRingBuffer {
    std::uint32_t current_index = 0;
    std::uint32_t length = 0;
    std::vector<FutureAccounting> ring_buffer;
    bool operator==(const FutureAccountingRingBuffer&) const = default;
};
struct EventBlob {
    BlobId blob_id;
    std::uint64_t ending_checkpoint_sequence_number = 0;
    bool operator==(const EventBlob&) const = default;
};
struct EventBlobCertificationState {
    std::optional<EventBlob> latest_certified_blob;
    VecMap<EventBlob, std::uint16_t> aggregate_weight_per_blob;
    bool operator==(const EventBlobCertificationState&) const = default;
};
/// The value of the System's dynamic field under its u64 version.
struct SystemStateInnerV1 {
    Frozen<BlsCommittee> committee;
    std::uint64_t total_capacity_size = 0;  ///< bytes
    std::uint64_t used_capacity_size = 0;   ///< bytes, equal to slot 0 of the ring
    Frost storage_price_per_unit_size = 0;  ///< per MiB and epoch
    Frost write_price_per_unit_size = 0;    ///< per MiB
    FutureAccountingRingBuffer future_accounting;
    EventBlobCertificationState event_blob_certification_state;
    ExtendedField deny_list_sizes;  ///< VecMap<NodeId, u64>
    bool operator==(const SystemStateInnerV1&) const = default;
};
using SystemStateField = Field<std::uint64_t, SystemStateInnerV1>;
using DenyListSizes = VecMap<NodeId, std::uint64_t>;

// ------------------------------------------------------------------------------------ Staking

/// ORIG::staking::Staking, shared.
struct Staking {
    Uid id;
    std::uint64_t version = 0;
    ObjectId package_id;
    std::optional<ObjectId> new_package_id;
    bool operator==(const Staking&) const = default;
};
/// Node id to its shards, sorted by node id; a node's shards in stored order.
using CommitteeShards = VecMap<NodeId, std::vector<std::uint16_t>>;
struct EpochParams {
    std::uint64_t total_capacity_size = 0;
    Frost storage_price_per_unit_size = 0;
    Frost write_price_per_unit_size = 0;
    bool operator==(const EpochParams&) const = default;
};
struct EpochChangeSync {
    std::uint16_t weight = 0;
    bool operator==(const EpochChangeSync&) const = default;
};
struct EpochChangeDone {
    std::uint64_t time_ms = 0;
    bool operator==(const EpochChangeDone&) const = default;
};
struct NextParamsSelected {
    std::uint64_t time_ms = 0;
    bool operator==(const NextParamsSelected&) const = default;
};
using EpochState = std::variant<EpochChangeSync, EpochChangeDone, NextParamsSelected>;
/// The value of Staking's dynamic field under its u64 version.
struct StakingInnerV1 {
    std::uint16_t n_shards = 0;
    std::uint64_t epoch_duration_ms = 0;
    std::uint64_t first_epoch_start_ms = 0;
    Table pools;  ///< node id -> StakingPool; the pool's object id is the node id
    Epoch epoch = 0;
    ExtendedField active_set;
    std::optional<CommitteeShards> next_committee;
    CommitteeShards committee;
    CommitteeShards previous_committee;
    std::optional<EpochParams> next_epoch_params;
    EpochState epoch_state;
    ExtendedField next_epoch_public_keys;  ///< VecMap<NodeId, 96-byte key>
    bool operator==(const StakingInnerV1&) const = default;
};
using StakingInnerField = Field<std::uint64_t, StakingInnerV1>;
using NextEpochPublicKeys = VecMap<NodeId, Bytes>;

struct ActiveSetEntry {
    NodeId node_id;
    Frost staked_amount = 0;
    bool operator==(const ActiveSetEntry&) const = default;
};
/// Nodes that may enter the committee, in the order of insertion (spec/chain.md §6.2).
struct ActiveSet {
    std::uint16_t max_size = 0;
    Frost threshold_stake = 0;
    std::vector<ActiveSetEntry> nodes;
    Frost total_stake = 0;
    bool operator==(const ActiveSet&) const = default;
};

struct PoolActive {
    bool operator==(const PoolActive&) const = default;
};
struct PoolWithdrawing {
    Epoch epoch = 0;
    bool operator==(const PoolWithdrawing&) const = default;
};
struct PoolWithdrawn {
    bool operator==(const PoolWithdrawn&) const = default;
};
using PoolState = std::variant<PoolActive, PoolWithdrawing, PoolWithdrawn>;
struct VotingParams {
    Frost storage_price = 0;
    Frost write_price = 0;
    std::uint64_t node_capacity = 0;  ///< bytes
    bool operator==(const VotingParams&) const = default;
};
struct StorageNodeInfo {
    std::string name;
    NodeId node_id;
    std::string network_address;  ///< host:port
    Bytes public_key;             ///< 96 bytes
    std::optional<Bytes> next_epoch_public_key;
    Bytes network_public_key;  ///< 33 bytes
    ExtendedField metadata;    ///< NodeMetadata
    bool operator==(const StorageNodeInfo&) const = default;
};
struct NodeMetadata {
    std::string image_url;
    std::string project_url;
    std::string description;
    VecMap<std::string, std::string> extra_fields;
    bool operator==(const NodeMetadata&) const = default;
};
struct AuthorizedAddress {
    Address address;
    bool operator==(const AuthorizedAddress&) const = default;
};
struct AuthorizedObject {
    ObjectId object;
    bool operator==(const AuthorizedObject&) const = default;
};
using Authorized = std::variant<AuthorizedAddress, AuthorizedObject>;
struct FlatRate {
    bool operator==(const FlatRate&) const = default;
};
struct VariableRate {
    unsigned __int128 wal_amount = 0;
    unsigned __int128 share_amount = 0;
    bool operator==(const VariableRate&) const = default;
};
using ExchangeRate = std::variant<FlatRate, VariableRate>;
using PendingValues = VecMap<Epoch, std::uint64_t>;
/// ORIG::staking_pool::StakingPool, one per node; owned by the pools table.
struct StakingPool {
    Uid id;
    PoolState state;
    VotingParams voting_params;
    StorageNodeInfo node_info;
    Epoch activation_epoch = 0;
    Epoch latest_epoch = 0;
    Frost wal_balance = 0;
    std::uint64_t num_shares = 0;
    PendingValues pending_shares_withdraw;
    PendingValues pre_active_withdrawals;
    PendingValues pending_commission_rate;
    std::uint16_t commission_rate = 0;  ///< basis points
    Table exchange_rates;               ///< epoch -> ExchangeRate
    PendingValues pending_stake;
    Frost rewards_pool = 0;
    Frost commission = 0;
    Authorized commission_receiver;
    Authorized governance_authorized;
    Table extra_fields;  ///< a bag
    bool operator==(const StakingPool&) const = default;
};

// --------------------------------------------------------------------- objects owned by accounts

/// ORIG::storage_resource::Storage: capacity for [start_epoch, end_epoch).
struct Storage {
    Uid id;
    Epoch start_epoch = 0;
    Epoch end_epoch = 0;
    std::uint64_t storage_size = 0;  ///< bytes
    bool operator==(const Storage&) const = default;
};
/// ORIG::blob::Blob.
struct Blob {
    Uid id;
    Epoch registered_epoch = 0;
    BlobId blob_id;
    std::uint64_t size = 0;  ///< bytes, not encoded
    std::uint8_t encoding_type = 0;
    std::optional<Epoch> certified_epoch;
    Storage storage;
    bool deletable = false;
    bool operator==(const Blob&) const = default;
};
/// ORIG::metadata::Metadata: attributes; a key set again moves to the end.
struct Metadata {
    VecMap<std::string, std::string> metadata;
    bool operator==(const Metadata&) const = default;
};
using MetadataField = Field<Bytes, Metadata>;
/// The key of a blob's attributes.
inline constexpr std::string_view kMetadataKey = "metadata";

/// ORIG::storage_pool::StoragePool: one reservation for many blobs (spec/chain.md §4).
struct StoragePool {
    Uid id;
    std::uint64_t version = 0;
    bool operator==(const StoragePool&) const = default;
};
/// The value of a StoragePool's dynamic field under its u64 version.
struct StoragePoolInnerV1 {
    Storage storage;
    std::uint64_t used_encoded_bytes = 0;
    std::uint64_t blob_count = 0;
    Table blobs;  ///< blob id -> PooledBlob, as dynamic object fields
    bool operator==(const StoragePoolInnerV1&) const = default;
};
/// ORIG::storage_pool::PooledBlob: lives as long as the pool's storage.
struct PooledBlob {
    Uid id;
    Epoch registered_epoch = 0;
    BlobId blob_id;
    std::uint64_t unencoded_size = 0;  ///< bytes
    std::uint8_t encoding_type = 0;
    std::optional<Epoch> certified_epoch;
    ObjectId storage_pool_id;
    bool deletable = false;
    bool operator==(const PooledBlob&) const = default;
};
/// ORIG::blob_bucket::BlobBucket, shared: a pool that the holder of its capability changes.
struct BlobBucket {
    Uid id;
    std::uint64_t version = 0;
    bool operator==(const BlobBucket&) const = default;
};
struct BlobBucketCap {
    Uid id;
    ObjectId bucket_id;
    bool operator==(const BlobBucketCap&) const = default;
};
/// The value of a BlobBucket's dynamic field under its u64 version.
struct BlobBucketInnerV1 {
    StoragePool storage_pool;
    bool operator==(const BlobBucketInnerV1&) const = default;
};

/// ORIG::shared_blob::SharedBlob, shared for good: a blob that anyone can fund and extend.
struct SharedBlob {
    Uid id;
    Blob blob;
    Frost funds = 0;
    bool operator==(const SharedBlob&) const = default;
};

/// So much WAL for so much SUI.
struct ExchangeRatio {
    std::uint64_t wal = 0;
    std::uint64_t sui = 0;
    bool operator==(const ExchangeRatio&) const = default;
};
/// ORIG::wal_exchange::Exchange, shared.
struct Exchange {
    Uid id;
    Frost wal = 0;
    std::uint64_t sui = 0;
    ExchangeRatio rate;
    ObjectId admin;  ///< the capability that may change it
    bool operator==(const Exchange&) const = default;
};
struct ExchangeAdminCap {
    Uid id;
    bool operator==(const ExchangeAdminCap&) const = default;
};
/// ORIG::subsidies::Subsidies, shared; deprecated. Rates are in basis points.
struct Subsidies {
    Uid id;
    std::uint16_t buyer_subsidy_rate = 0;
    std::uint16_t system_subsidy_rate = 0;
    Frost subsidy_pool = 0;
    ObjectId package_id;
    std::uint64_t version = 0;
    bool operator==(const Subsidies&) const = default;
};
/// AdminCap of the modules subsidies and walrus_subsidies.
struct SubsidiesAdminCap {
    Uid id;
    ObjectId subsidies_id;
    bool operator==(const SubsidiesAdminCap&) const = default;
};

/// ORIG::walrus_subsidies::WalrusSubsidies, shared.
struct WalrusSubsidies {
    Uid id;
    std::uint64_t version = 0;
    ObjectId package_id;
    bool operator==(const WalrusSubsidies&) const = default;
};
/// What of an epoch's rewards counts as subsidised.
struct EpochBalance {
    Epoch epoch = 0;
    Frost balance = 0;
    bool operator==(const EpochBalance&) const = default;
};
struct EpochBalanceRing {
    std::uint32_t current_index = 0;
    std::vector<EpochBalance> ring_buffer;
    bool operator==(const EpochBalanceRing&) const = default;
};
/// The value of a WalrusSubsidies' one dynamic field.
struct WalrusSubsidiesInnerV1 {
    std::uint32_t system_subsidy_rate = 0;  ///< basis points
    Frost subsidy_pool = 0;
    Frost base_subsidy = 0;
    Frost subsidy_per_shard = 0;
    Epoch latest_epoch = 0;  ///< the last one whose fixed part was paid
    EpochBalanceRing already_subsidized_balances;
    std::uint64_t last_subsidized_ts = 0;  ///< milliseconds
    Table extra_fields;                    ///< a bag
    bool operator==(const WalrusSubsidiesInnerV1&) const = default;
};

struct Staked {
    bool operator==(const Staked&) const = default;
};
struct Withdrawing {
    Epoch withdraw_epoch = 0;
    bool operator==(const Withdrawing&) const = default;
};
using StakedWalState = std::variant<Staked, Withdrawing>;
/// ORIG::staked_wal::StakedWal.
struct StakedWal {
    Uid id;
    StakedWalState state;
    NodeId node_id;
    Frost principal = 0;
    Epoch activation_epoch = 0;
    bool operator==(const StakedWal&) const = default;
};
/// Who calls, proven inside the same transaction (spec/chain.md §5.1): it fits an `Authorized` of
/// the same variant and bytes.
struct Authenticated {
    Authorized who;
    bool operator==(const Authenticated&) const = default;
};
struct EventBlobAttestation {
    std::uint64_t checkpoint_sequence_num = 0;
    Epoch epoch = 0;
    bool operator==(const EventBlobAttestation&) const = default;
};
/// ORIG::storage_node::StorageNodeCap.
struct StorageNodeCap {
    Uid id;
    NodeId node_id;
    Epoch last_epoch_sync_done = 0;
    std::optional<EventBlobAttestation> last_event_blob_attestation;
    Digest deny_list_root;  ///< u256
    std::uint64_t deny_list_sequence = 0;
    std::uint64_t deny_list_size = 0;
    bool operator==(const StorageNodeCap&) const = default;
};

// ---------------------------------------------------------------------------------- governance

/// wal_package::wal::ProtectedTreasury, shared: through it WAL is burned. The supply itself is the
/// ledger's parameter "wal_supply".
struct ProtectedTreasury {
    Uid id;
    bool operator==(const ProtectedTreasury&) const = default;
};
/// ORIG::slashing::SlashingManager, shared.
struct SlashingManager {
    Uid id;
    Table slashing_candidates;  ///< node id -> SlashingProposal
    bool operator==(const SlashingManager&) const = default;
};
struct SlashingProposal {
    Epoch epoch = 0;
    NodeId node_id;
    std::uint16_t voting_weight = 0;
    std::vector<NodeId> voters;
    bool operator==(const SlashingProposal&) const = default;
};
/// 0x2::package::UpgradeCap. `package` is zero while an upgrade runs.
struct UpgradeCap {
    Uid id;
    ObjectId package;
    std::uint64_t version = 0;
    std::uint8_t policy = 0;
    bool operator==(const UpgradeCap&) const = default;
};
/// ORIG::upgrade::UpgradeManager, shared.
struct UpgradeManager {
    Uid id;
    UpgradeCap cap;
    Table upgrade_proposals;  ///< package digest -> UpgradeProposal
    bool operator==(const UpgradeManager&) const = default;
};
struct UpgradeProposal {
    Epoch epoch = 0;
    Bytes digest;  ///< 32 bytes
    std::uint64_t version = 0;
    std::uint16_t voting_weight = 0;
    std::vector<NodeId> voters;
    bool operator==(const UpgradeProposal&) const = default;
};
/// ORIG::upgrade::EmergencyUpgradeCap: upgrades without votes.
struct EmergencyUpgradeCap {
    Uid id;
    ObjectId upgrade_manager_id;
    bool operator==(const EmergencyUpgradeCap&) const = default;
};
/// 0x2::package::UpgradeTicket and UpgradeReceipt: an upgrade that was allowed, and one that was
/// made. Neither can be kept.
struct UpgradeTicket {
    ObjectId cap;
    ObjectId package;
    std::uint8_t policy = 0;
    Bytes digest;
};
struct UpgradeReceipt {
    ObjectId cap;
    ObjectId package;
};

// ------------------------------------------------------------------------------------- events

/// Events of ORIG::events (spec/chain.md §9.1). `kName` is the struct's name there.
struct BlobRegistered {
    static constexpr std::string_view kName = "BlobRegistered";
    Epoch epoch = 0;
    BlobId blob_id;
    std::uint64_t size = 0;
    std::uint8_t encoding_type = 0;
    Epoch end_epoch = 0;
    bool deletable = false;
    ObjectId object_id;
    bool operator==(const BlobRegistered&) const = default;
};
struct BlobCertified {
    static constexpr std::string_view kName = "BlobCertified";
    Epoch epoch = 0;  ///< of the first certification
    BlobId blob_id;
    Epoch end_epoch = 0;
    bool deletable = false;
    ObjectId object_id;
    bool is_extension = false;
    bool operator==(const BlobCertified&) const = default;
};
struct BlobDeleted {
    static constexpr std::string_view kName = "BlobDeleted";
    Epoch epoch = 0;
    BlobId blob_id;
    Epoch end_epoch = 0;
    ObjectId object_id;
    bool was_certified = false;
    bool operator==(const BlobDeleted&) const = default;
};
struct InvalidBlobIdEvent {
    static constexpr std::string_view kName = "InvalidBlobID";
    Epoch epoch = 0;
    BlobId blob_id;
    bool operator==(const InvalidBlobIdEvent&) const = default;
};
struct RegisterDenyListUpdate {
    static constexpr std::string_view kName = "RegisterDenyListUpdate";
    Epoch epoch = 0;
    Digest root;  ///< u256
    std::uint64_t sequence_number = 0;
    NodeId node_id;
    bool operator==(const RegisterDenyListUpdate&) const = default;
};
struct DenyListUpdateEvent {
    static constexpr std::string_view kName = "DenyListUpdate";
    Epoch epoch = 0;
    Digest root;  ///< u256
    std::uint64_t sequence_number = 0;
    NodeId node_id;
    bool operator==(const DenyListUpdateEvent&) const = default;
};
struct DenyListBlobDeletedEvent {
    static constexpr std::string_view kName = "DenyListBlobDeleted";
    Epoch epoch = 0;
    BlobId blob_id;
    bool operator==(const DenyListBlobDeletedEvent&) const = default;
};
struct ProtocolVersionUpdated {
    static constexpr std::string_view kName = "ProtocolVersionUpdated";
    Epoch epoch = 0;
    Epoch start_epoch = 0;
    std::uint64_t protocol_version = 0;
    bool operator==(const ProtocolVersionUpdated&) const = default;
};
struct StoragePoolCreated {
    static constexpr std::string_view kName = "StoragePoolCreated";
    Epoch epoch = 0;
    ObjectId storage_pool_id;
    std::uint64_t reserved_encoded_capacity_bytes = 0;
    Epoch start_epoch = 0;
    Epoch end_epoch = 0;
    bool operator==(const StoragePoolCreated&) const = default;
};
struct StoragePoolExtended {
    static constexpr std::string_view kName = "StoragePoolExtended";
    Epoch epoch = 0;
    ObjectId storage_pool_id;
    Epoch new_end_epoch = 0;
    bool operator==(const StoragePoolExtended&) const = default;
};
struct PooledBlobRegistered {
    static constexpr std::string_view kName = "PooledBlobRegistered";
    Epoch epoch = 0;
    BlobId blob_id;
    std::uint64_t unencoded_size = 0;
    std::uint8_t encoding_type = 0;
    bool deletable = false;
    ObjectId object_id;
    ObjectId storage_pool_id;
    bool operator==(const PooledBlobRegistered&) const = default;
};
struct PooledBlobCertified {
    static constexpr std::string_view kName = "PooledBlobCertified";
    Epoch epoch = 0;
    BlobId blob_id;
    bool deletable = false;
    ObjectId object_id;
    ObjectId storage_pool_id;
    bool operator==(const PooledBlobCertified&) const = default;
};
struct PooledBlobDeleted {
    static constexpr std::string_view kName = "PooledBlobDeleted";
    Epoch epoch = 0;
    BlobId blob_id;
    ObjectId object_id;
    bool was_certified = false;
    ObjectId storage_pool_id;
    bool operator==(const PooledBlobDeleted&) const = default;
};
struct EpochParametersSelected {
    static constexpr std::string_view kName = "EpochParametersSelected";
    Epoch next_epoch = 0;
    bool operator==(const EpochParametersSelected&) const = default;
};
struct EpochChangeStartEvent {
    static constexpr std::string_view kName = "EpochChangeStart";
    Epoch epoch = 0;
    bool operator==(const EpochChangeStartEvent&) const = default;
};
struct EpochChangeDoneEvent {
    static constexpr std::string_view kName = "EpochChangeDone";
    Epoch epoch = 0;
    bool operator==(const EpochChangeDoneEvent&) const = default;
};
struct ShardsReceived {
    static constexpr std::string_view kName = "ShardsReceived";
    Epoch epoch = 0;
    std::vector<std::uint16_t> shards;
    bool operator==(const ShardsReceived&) const = default;
};
struct PricesUpdated {
    static constexpr std::string_view kName = "PricesUpdated";
    Epoch epoch = 0;
    Frost storage_price = 0;
    Frost write_price = 0;
    bool operator==(const PricesUpdated&) const = default;
};
struct ContractUpgradeProposed {
    static constexpr std::string_view kName = "ContractUpgradeProposed";
    Epoch epoch = 0;
    Bytes package_digest;
    bool operator==(const ContractUpgradeProposed&) const = default;
};
struct ContractUpgradeQuorumReached {
    static constexpr std::string_view kName = "ContractUpgradeQuorumReached";
    Epoch epoch = 0;
    Bytes package_digest;
    bool operator==(const ContractUpgradeQuorumReached&) const = default;
};

/// Events of our own package (`own_package`), told from protocol revision 1 on: what the public
/// contracts change without an event. Nodes and clients of the public events do not see them.
namespace own {
struct StorageReserved {
    static constexpr std::string_view kName = "StorageReserved";
    ObjectId storage_id;
    Epoch start_epoch = 0;
    Epoch end_epoch = 0;
    std::uint64_t storage_size = 0;
    bool operator==(const StorageReserved&) const = default;
};
/// A storage has other values than before, or is new by a split.
struct StorageChanged {
    static constexpr std::string_view kName = "StorageChanged";
    ObjectId storage_id;
    Epoch start_epoch = 0;
    Epoch end_epoch = 0;
    std::uint64_t storage_size = 0;
    bool operator==(const StorageChanged&) const = default;
};
struct StorageDestroyed {
    static constexpr std::string_view kName = "StorageDestroyed";
    ObjectId storage_id;
    bool released = false;  ///< its capacity can be sold again
    bool operator==(const StorageDestroyed&) const = default;
};
struct BlobBurned {
    static constexpr std::string_view kName = "BlobBurned";
    BlobId blob_id;
    ObjectId object_id;
    ObjectId storage_id;
    bool operator==(const BlobBurned&) const = default;
};
struct BlobShared {
    static constexpr std::string_view kName = "BlobShared";
    BlobId blob_id;
    ObjectId object_id;
    ObjectId shared_object_id;
    Frost funds = 0;
    bool operator==(const BlobShared&) const = default;
};
struct SharedBlobFunded {
    static constexpr std::string_view kName = "SharedBlobFunded";
    ObjectId shared_object_id;
    Frost amount = 0;
    Frost funds = 0;  ///< after it
    bool operator==(const SharedBlobFunded&) const = default;
};
struct AttributesChanged {
    static constexpr std::string_view kName = "AttributesChanged";
    ObjectId object_id;
    bool operator==(const AttributesChanged&) const = default;
};
struct StoragePoolCapacityChanged {
    static constexpr std::string_view kName = "StoragePoolCapacityChanged";
    ObjectId storage_pool_id;
    std::uint64_t reserved_encoded_capacity_bytes = 0;
    bool operator==(const StoragePoolCapacityChanged&) const = default;
};
struct StoragePoolDestroyed {
    static constexpr std::string_view kName = "StoragePoolDestroyed";
    ObjectId storage_pool_id;
    ObjectId storage_id;
    bool operator==(const StoragePoolDestroyed&) const = default;
};
struct PooledBlobBurned {
    static constexpr std::string_view kName = "PooledBlobBurned";
    BlobId blob_id;
    ObjectId object_id;
    ObjectId storage_pool_id;
    bool operator==(const PooledBlobBurned&) const = default;
};
struct EventBlobAttested {
    static constexpr std::string_view kName = "EventBlobAttested";
    NodeId node_id;
    BlobId blob_id;
    std::uint64_t ending_checkpoint_sequence_number = 0;
    bool operator==(const EventBlobAttested&) const = default;
};
struct SubsidyAdded {
    static constexpr std::string_view kName = "SubsidyAdded";
    std::vector<Frost> amounts;  ///< of the current epoch and those after it
    bool operator==(const SubsidyAdded&) const = default;
};
struct NodeRegistered {
    static constexpr std::string_view kName = "NodeRegistered";
    NodeId node_id;
    ObjectId cap_id;
    bool operator==(const NodeRegistered&) const = default;
};
/// A node changed what it says of itself: votes, keys, addresses, commission, authorities.
struct NodeChanged {
    static constexpr std::string_view kName = "NodeChanged";
    NodeId node_id;
    bool operator==(const NodeChanged&) const = default;
};
struct CommissionCollected {
    static constexpr std::string_view kName = "CommissionCollected";
    NodeId node_id;
    Frost amount = 0;
    bool operator==(const CommissionCollected&) const = default;
};
struct CommissionAdded {
    static constexpr std::string_view kName = "CommissionAdded";
    NodeId node_id;
    Frost amount = 0;
    bool operator==(const CommissionAdded&) const = default;
};
struct StakeAdded {
    static constexpr std::string_view kName = "StakeAdded";
    NodeId node_id;
    ObjectId staked_wal_id;
    Frost amount = 0;
    Epoch activation_epoch = 0;
    bool operator==(const StakeAdded&) const = default;
};
/// A stake has another principal than before, or is new by a split.
struct StakeChanged {
    static constexpr std::string_view kName = "StakeChanged";
    NodeId node_id;
    ObjectId staked_wal_id;
    Frost amount = 0;
    bool operator==(const StakeChanged&) const = default;
};
struct StakeWithdrawalRequested {
    static constexpr std::string_view kName = "StakeWithdrawalRequested";
    NodeId node_id;
    ObjectId staked_wal_id;
    Epoch withdraw_epoch = 0;
    bool operator==(const StakeWithdrawalRequested&) const = default;
};
struct StakeWithdrawn {
    static constexpr std::string_view kName = "StakeWithdrawn";
    NodeId node_id;
    ObjectId staked_wal_id;
    Frost amount = 0;  ///< principal and reward
    bool operator==(const StakeWithdrawn&) const = default;
};
struct WalBurned {
    static constexpr std::string_view kName = "WalBurned";
    Frost amount = 0;
    Frost supply = 0;  ///< after it
    bool operator==(const WalBurned&) const = default;
};
struct SlashingVoted {
    static constexpr std::string_view kName = "SlashingVoted";
    NodeId voter;
    NodeId candidate;
    std::uint16_t voting_weight = 0;  ///< of all votes so far
    bool operator==(const SlashingVoted&) const = default;
};
struct NodeSlashed {
    static constexpr std::string_view kName = "NodeSlashed";
    NodeId node_id;
    Frost amount = 0;
    bool operator==(const NodeSlashed&) const = default;
};
/// The nodes did not attest in time; the epoch goes on with those that did.
struct SyncTimedOut {
    static constexpr std::string_view kName = "SyncTimedOut";
    Epoch epoch = 0;
    std::uint16_t weight = 0;  ///< that attested
    bool operator==(const SyncTimedOut&) const = default;
};
struct ProtocolRevisionAdopted {
    static constexpr std::string_view kName = "ProtocolRevisionAdopted";
    std::uint32_t revision = 0;
    bool operator==(const ProtocolRevisionAdopted&) const = default;
};
}  // namespace own

/// Version numbers of the singletons' inner states.
inline constexpr std::uint64_t kSystemVersion = 4;
inline constexpr std::uint64_t kStakingVersion = 4;
inline constexpr std::uint64_t kStoragePoolVersion = 1;
inline constexpr std::uint64_t kBlobBucketVersion = 1;
inline constexpr std::uint64_t kSubsidiesVersion = 3;
inline constexpr std::uint64_t kWalrusSubsidiesVersion = 3;
/// The newest protocol revision that this program knows (docs/decisions/0012-revision-1.md).
inline constexpr std::uint32_t kProtocolRevisionMax = 1;

}  // namespace walrus::ledger
