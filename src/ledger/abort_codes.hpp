// SPDX-License-Identifier: Apache-2.0
// Every numbered error of the packages, once (spec/chain.md §9.2); the numbers are public and never
// change. `codes::blob::kResourceBounds` is blob::EResourceBounds(2).
#pragma once

#include "ledger/failure.hpp"

namespace walrus::ledger::codes {

namespace init {
inline constexpr AbortCode kInvalidMigration{"init", 0, "EInvalidMigration"};
inline constexpr AbortCode kInvalidUpgradeCap{"init", 1, "EInvalidUpgradeCap"};
inline constexpr AbortCode kDeprecatedFunction{"init", 2, "EDeprecatedFunction"};
inline constexpr AbortCode kAll[] = {kInvalidMigration, kInvalidUpgradeCap, kDeprecatedFunction};
}  // namespace init

namespace system {
inline constexpr AbortCode kInvalidMigration{"system", 0, "EInvalidMigration"};
inline constexpr AbortCode kWrongVersion{"system", 1, "EWrongVersion"};
inline constexpr AbortCode kZeroExtractSize{"system", 2, "EZeroExtractSize"};
inline constexpr AbortCode kAll[] = {kInvalidMigration, kWrongVersion, kZeroExtractSize};
}  // namespace system

namespace system_state_inner {
inline constexpr AbortCode kInvalidMaxEpochsAhead{"system_state_inner", 0,
                                                  "EInvalidMaxEpochsAhead"};
inline constexpr AbortCode kStorageExceeded{"system_state_inner", 1, "EStorageExceeded"};
inline constexpr AbortCode kInvalidEpochsAhead{"system_state_inner", 2, "EInvalidEpochsAhead"};
inline constexpr AbortCode kInvalidIdEpoch{"system_state_inner", 3, "EInvalidIdEpoch"};
inline constexpr AbortCode kIncorrectCommittee{"system_state_inner", 4, "EIncorrectCommittee"};
inline constexpr AbortCode kInvalidAccountingEpoch{"system_state_inner", 5,
                                                   "EInvalidAccountingEpoch"};
inline constexpr AbortCode kIncorrectAttestation{"system_state_inner", 6, "EIncorrectAttestation"};
inline constexpr AbortCode kRepeatedAttestation{"system_state_inner", 7, "ERepeatedAttestation"};
inline constexpr AbortCode kNotCommitteeMember{"system_state_inner", 8, "ENotCommitteeMember"};
inline constexpr AbortCode kIncorrectDenyListSequence{"system_state_inner", 9,
                                                      "EIncorrectDenyListSequence"};
inline constexpr AbortCode kIncorrectDenyListNode{"system_state_inner", 10,
                                                  "EIncorrectDenyListNode"};
inline constexpr AbortCode kInvalidResourceSize{"system_state_inner", 11, "EInvalidResourceSize"};
inline constexpr AbortCode kInvalidStartEpoch{"system_state_inner", 12, "EInvalidStartEpoch"};
inline constexpr AbortCode kAll[] = {kInvalidMaxEpochsAhead, kStorageExceeded,
                                     kInvalidEpochsAhead,    kInvalidIdEpoch,
                                     kIncorrectCommittee,    kInvalidAccountingEpoch,
                                     kIncorrectAttestation,  kRepeatedAttestation,
                                     kNotCommitteeMember,    kIncorrectDenyListSequence,
                                     kIncorrectDenyListNode, kInvalidResourceSize,
                                     kInvalidStartEpoch};
}  // namespace system_state_inner

namespace blob {
inline constexpr AbortCode kNotCertified{"blob", 0, "ENotCertified"};
inline constexpr AbortCode kBlobNotDeletable{"blob", 1, "EBlobNotDeletable"};
inline constexpr AbortCode kResourceBounds{"blob", 2, "EResourceBounds"};
inline constexpr AbortCode kResourceSize{"blob", 3, "EResourceSize"};
inline constexpr AbortCode kAlreadyCertified{"blob", 5, "EAlreadyCertified"};
inline constexpr AbortCode kInvalidBlobId{"blob", 6, "EInvalidBlobId"};
inline constexpr AbortCode kDuplicateMetadata{"blob", 7, "EDuplicateMetadata"};
inline constexpr AbortCode kMissingMetadata{"blob", 8, "EMissingMetadata"};
inline constexpr AbortCode kInvalidBlobPersistenceType{"blob", 9, "EInvalidBlobPersistenceType"};
inline constexpr AbortCode kInvalidBlobObject{"blob", 10, "EInvalidBlobObject"};
inline constexpr AbortCode kAll[] = {
    kNotCertified,      kBlobNotDeletable, kResourceBounds,
    kResourceSize,      kAlreadyCertified, kInvalidBlobId,
    kDuplicateMetadata, kMissingMetadata,  kInvalidBlobPersistenceType,
    kInvalidBlobObject};
}  // namespace blob

namespace storage_resource {
inline constexpr AbortCode kInvalidEpoch{"storage_resource", 0, "EInvalidEpoch"};
inline constexpr AbortCode kIncompatibleEpochs{"storage_resource", 1, "EIncompatibleEpochs"};
inline constexpr AbortCode kIncompatibleAmount{"storage_resource", 2, "EIncompatibleAmount"};
inline constexpr AbortCode kInvalidEpochRange{"storage_resource", 3, "EInvalidEpochRange"};
inline constexpr AbortCode kAll[] = {kInvalidEpoch, kIncompatibleEpochs, kIncompatibleAmount,
                                     kInvalidEpochRange};
}  // namespace storage_resource

namespace storage_pool {
inline constexpr AbortCode kBlobNotDeletable{"storage_pool", 0, "EBlobNotDeletable"};
inline constexpr AbortCode kResourceBounds{"storage_pool", 1, "EResourceBounds"};
inline constexpr AbortCode kAlreadyCertified{"storage_pool", 2, "EAlreadyCertified"};
inline constexpr AbortCode kInvalidBlobId{"storage_pool", 3, "EInvalidBlobId"};
inline constexpr AbortCode kInvalidBlobPersistenceType{"storage_pool", 4,
                                                       "EInvalidBlobPersistenceType"};
inline constexpr AbortCode kInvalidBlobObject{"storage_pool", 5, "EInvalidBlobObject"};
inline constexpr AbortCode kInsufficientCapacity{"storage_pool", 6, "EInsufficientCapacity"};
inline constexpr AbortCode kPoolNotEmpty{"storage_pool", 7, "EPoolNotEmpty"};
inline constexpr AbortCode kInvalidBlobSize{"storage_pool", 8, "EInvalidBlobSize"};
inline constexpr AbortCode kInvalidBlobCount{"storage_pool", 9, "EInvalidBlobCount"};
inline constexpr AbortCode kWrongVersion{"storage_pool", 10, "EWrongVersion"};
inline constexpr AbortCode kIncompatibleEndEpoch{"storage_pool", 11, "EIncompatibleEndEpoch"};
inline constexpr AbortCode kDuplicateMetadata{"storage_pool", 12, "EDuplicateMetadata"};
inline constexpr AbortCode kMissingMetadata{"storage_pool", 13, "EMissingMetadata"};
inline constexpr AbortCode kInvalidPercent{"storage_pool", 14, "EInvalidPercent"};
inline constexpr AbortCode kAll[] = {kBlobNotDeletable,
                                     kResourceBounds,
                                     kAlreadyCertified,
                                     kInvalidBlobId,
                                     kInvalidBlobPersistenceType,
                                     kInvalidBlobObject,
                                     kInsufficientCapacity,
                                     kPoolNotEmpty,
                                     kInvalidBlobSize,
                                     kInvalidBlobCount,
                                     kWrongVersion,
                                     kIncompatibleEndEpoch,
                                     kDuplicateMetadata,
                                     kMissingMetadata,
                                     kInvalidPercent};
}  // namespace storage_pool

namespace storage_accounting {
inline constexpr AbortCode kTooFarInFuture{"storage_accounting", 0, "ETooFarInFuture"};
inline constexpr AbortCode kAll[] = {kTooFarInFuture};
}  // namespace storage_accounting

namespace event_blob {
inline constexpr AbortCode kInvalidSequenceNumber{"event_blob", 0, "EInvalidSequenceNumber"};
inline constexpr AbortCode kAll[] = {kInvalidSequenceNumber};
}  // namespace event_blob

namespace encoding {
inline constexpr AbortCode kInvalidEncodingType{"encoding", 0, "EInvalidEncodingType"};
inline constexpr AbortCode kAll[] = {kInvalidEncodingType};
}  // namespace encoding

namespace bls_aggregate {
inline constexpr AbortCode kInvalidBitmap{"bls_aggregate", 0, "EInvalidBitmap"};
inline constexpr AbortCode kSigVerification{"bls_aggregate", 1, "ESigVerification"};
inline constexpr AbortCode kNotEnoughStake{"bls_aggregate", 2, "ENotEnoughStake"};
inline constexpr AbortCode kIncorrectCommittee{"bls_aggregate", 3, "EIncorrectCommittee"};
inline constexpr AbortCode kAll[] = {kInvalidBitmap, kSigVerification, kNotEnoughStake,
                                     kIncorrectCommittee};
}  // namespace bls_aggregate

namespace messages {
inline constexpr AbortCode kIncorrectAppId{"messages", 0, "EIncorrectAppId"};
inline constexpr AbortCode kIncorrectEpoch{"messages", 1, "EIncorrectEpoch"};
inline constexpr AbortCode kInvalidMsgType{"messages", 2, "EInvalidMsgType"};
inline constexpr AbortCode kIncorrectIntentVersion{"messages", 3, "EIncorrectIntentVersion"};
inline constexpr AbortCode kInvalidBlobPersistenceType{"messages", 4,
                                                       "EInvalidBlobPersistenceType"};
inline constexpr AbortCode kNotDeletable{"messages", 5, "ENotDeletable"};
inline constexpr AbortCode kInvalidKeyLength{"messages", 6, "EInvalidKeyLength"};
inline constexpr AbortCode kAll[] = {kIncorrectAppId,
                                     kIncorrectEpoch,
                                     kInvalidMsgType,
                                     kIncorrectIntentVersion,
                                     kInvalidBlobPersistenceType,
                                     kNotDeletable,
                                     kInvalidKeyLength};
}  // namespace messages

namespace staking {
inline constexpr AbortCode kInvalidMigration{"staking", 0, "EInvalidMigration"};
inline constexpr AbortCode kWrongVersion{"staking", 1, "EWrongVersion"};
inline constexpr AbortCode kDeprecatedFunction{"staking", 2, "EDeprecatedFunction"};
inline constexpr AbortCode kAll[] = {kInvalidMigration, kWrongVersion, kDeprecatedFunction};
}  // namespace staking

namespace staking_inner {
inline constexpr AbortCode kWrongEpochState{"staking_inner", 0, "EWrongEpochState"};
inline constexpr AbortCode kInvalidSyncEpoch{"staking_inner", 1, "EInvalidSyncEpoch"};
inline constexpr AbortCode kDuplicateSyncDone{"staking_inner", 2, "EDuplicateSyncDone"};
inline constexpr AbortCode kNoStake{"staking_inner", 3, "ENoStake"};
inline constexpr AbortCode kNotInCommittee{"staking_inner", 4, "ENotInCommittee"};
inline constexpr AbortCode kCommitteeSelected{"staking_inner", 5, "ECommitteeSelected"};
inline constexpr AbortCode kNextCommitteeIsEmpty{"staking_inner", 6, "ENextCommitteeIsEmpty"};
inline constexpr AbortCode kInvalidNodeWeight{"staking_inner", 7, "EInvalidNodeWeight"};
inline constexpr AbortCode kPoolNotFound{"staking_inner", 8, "EPoolNotFound"};
inline constexpr AbortCode kZeroNodeWeight{"staking_inner", 9, "EZeroNodeWeight"};
inline constexpr AbortCode kIncorrectNodeOrder{"staking_inner", 10, "EIncorrectNodeOrder"};
inline constexpr AbortCode kAll[] = {
    kWrongEpochState, kInvalidSyncEpoch,  kDuplicateSyncDone,    kNoStake,
    kNotInCommittee,  kCommitteeSelected, kNextCommitteeIsEmpty, kInvalidNodeWeight,
    kPoolNotFound,    kZeroNodeWeight,    kIncorrectNodeOrder};
}  // namespace staking_inner

namespace staking_pool {
inline constexpr AbortCode kPoolAlreadyUpdated{"staking_pool", 0, "EPoolAlreadyUpdated"};
inline constexpr AbortCode kCalculationError{"staking_pool", 1, "ECalculationError"};
inline constexpr AbortCode kIncorrectEpochAdvance{"staking_pool", 2, "EIncorrectEpochAdvance"};
inline constexpr AbortCode kPoolNotEmpty{"staking_pool", 3, "EPoolNotEmpty"};
inline constexpr AbortCode kInvalidProofOfPossession{"staking_pool", 4,
                                                     "EInvalidProofOfPossession"};
inline constexpr AbortCode kPoolAlreadyWithdrawing{"staking_pool", 5, "EPoolAlreadyWithdrawing"};
inline constexpr AbortCode kPoolIsNotActive{"staking_pool", 6, "EPoolIsNotActive"};
inline constexpr AbortCode kZeroStake{"staking_pool", 7, "EZeroStake"};
inline constexpr AbortCode kNotStaked{"staking_pool", 8, "ENotStaked"};
inline constexpr AbortCode kIncorrectPoolId{"staking_pool", 9, "EIncorrectPoolId"};
inline constexpr AbortCode kNotWithdrawing{"staking_pool", 10, "ENotWithdrawing"};
inline constexpr AbortCode kWithdrawEpochNotReached{"staking_pool", 11, "EWithdrawEpochNotReached"};
inline constexpr AbortCode kActivationEpochNotReached{"staking_pool", 12,
                                                      "EActivationEpochNotReached"};
inline constexpr AbortCode kWithdrawDirectly{"staking_pool", 13, "EWithdrawDirectly"};
inline constexpr AbortCode kIncorrectCommissionRate{"staking_pool", 14, "EIncorrectCommissionRate"};
inline constexpr AbortCode kAuthorizationFailure{"staking_pool", 15, "EAuthorizationFailure"};
inline constexpr AbortCode kInvalidNetworkAddressLength{"staking_pool", 16,
                                                        "EInvalidNetworkAddressLength"};
inline constexpr AbortCode kInvalidNameLength{"staking_pool", 17, "EInvalidNameLength"};
inline constexpr AbortCode kZeroShares{"staking_pool", 18, "EZeroShares"};
inline constexpr AbortCode kAll[] = {kPoolAlreadyUpdated,
                                     kCalculationError,
                                     kIncorrectEpochAdvance,
                                     kPoolNotEmpty,
                                     kInvalidProofOfPossession,
                                     kPoolAlreadyWithdrawing,
                                     kPoolIsNotActive,
                                     kZeroStake,
                                     kNotStaked,
                                     kIncorrectPoolId,
                                     kNotWithdrawing,
                                     kWithdrawEpochNotReached,
                                     kActivationEpochNotReached,
                                     kWithdrawDirectly,
                                     kIncorrectCommissionRate,
                                     kAuthorizationFailure,
                                     kInvalidNetworkAddressLength,
                                     kInvalidNameLength,
                                     kZeroShares};
}  // namespace staking_pool

namespace staked_wal {
inline constexpr AbortCode kNotWithdrawing{"staked_wal", 0, "ENotWithdrawing"};
inline constexpr AbortCode kMetadataMismatch{"staked_wal", 1, "EMetadataMismatch"};
inline constexpr AbortCode kInvalidAmount{"staked_wal", 2, "EInvalidAmount"};
inline constexpr AbortCode kAlreadyWithdrawing{"staked_wal", 6, "EAlreadyWithdrawing"};
inline constexpr AbortCode kStakeBelowThreshold{"staked_wal", 7, "EStakeBelowThreshold"};
inline constexpr AbortCode kAll[] = {kNotWithdrawing, kMetadataMismatch, kInvalidAmount,
                                     kAlreadyWithdrawing, kStakeBelowThreshold};
}  // namespace staked_wal

namespace storage_node {
inline constexpr AbortCode kInvalidNetworkPublicKey{"storage_node", 0, "EInvalidNetworkPublicKey"};
inline constexpr AbortCode kAll[] = {kInvalidNetworkPublicKey};
}  // namespace storage_node

namespace committee {
inline constexpr AbortCode kInvalidShardAssignment{"committee", 0, "EInvalidShardAssignment"};
inline constexpr AbortCode kAll[] = {kInvalidShardAssignment};
}  // namespace committee

namespace active_set {
inline constexpr AbortCode kZeroMaxSize{"active_set", 0, "EZeroMaxSize"};
inline constexpr AbortCode kDuplicateInsertion{"active_set", 1, "EDuplicateInsertion"};
inline constexpr AbortCode kAll[] = {kZeroMaxSize, kDuplicateInsertion};
}  // namespace active_set

namespace apportionment_queue {
inline constexpr AbortCode kPopFromEmptyHeap{"apportionment_queue", 0, "EPopFromEmptyHeap"};
inline constexpr AbortCode kAll[] = {kPopFromEmptyHeap};
}  // namespace apportionment_queue

namespace pending_values {
inline constexpr AbortCode kMissingEpochValue{"pending_values", 0, "EMissingEpochValue"};
inline constexpr AbortCode kReduceValueTooLarge{"pending_values", 1, "EReduceValueTooLarge"};
inline constexpr AbortCode kAll[] = {kMissingEpochValue, kReduceValueTooLarge};
}  // namespace pending_values

namespace pool_exchange_rate {
inline constexpr AbortCode kInvalidRate{"pool_exchange_rate", 0, "EInvalidRate"};
inline constexpr AbortCode kAll[] = {kInvalidRate};
}  // namespace pool_exchange_rate

namespace slashing {
inline constexpr AbortCode kNotAuthorized{"slashing", 0, "ENotAuthorized"};
inline constexpr AbortCode kDuplicateVote{"slashing", 1, "EDuplicateVote"};
inline constexpr AbortCode kNoProposalForNode{"slashing", 2, "ENoProposalForNode"};
inline constexpr AbortCode kWrongEpoch{"slashing", 3, "EWrongEpoch"};
inline constexpr AbortCode kNotEnoughVotes{"slashing", 4, "ENotEnoughVotes"};
inline constexpr AbortCode kAll[] = {kNotAuthorized, kDuplicateVote, kNoProposalForNode,
                                     kWrongEpoch, kNotEnoughVotes};
}  // namespace slashing

namespace upgrade {
inline constexpr AbortCode kInvalidUpgradeManager{"upgrade", 0, "EInvalidUpgradeManager"};
inline constexpr AbortCode kNotAuthorized{"upgrade", 1, "ENotAuthorized"};
inline constexpr AbortCode kDuplicateVote{"upgrade", 2, "EDuplicateVote"};
inline constexpr AbortCode kInvalidPackageDigest{"upgrade", 3, "EInvalidPackageDigest"};
inline constexpr AbortCode kNoProposalForDigest{"upgrade", 4, "ENoProposalForDigest"};
inline constexpr AbortCode kWrongEpoch{"upgrade", 5, "EWrongEpoch"};
inline constexpr AbortCode kNotEnoughVotes{"upgrade", 6, "ENotEnoughVotes"};
inline constexpr AbortCode kWrongVersion{"upgrade", 7, "EWrongVersion"};
inline constexpr AbortCode kAll[] = {kInvalidUpgradeManager, kNotAuthorized,       kDuplicateVote,
                                     kInvalidPackageDigest,  kNoProposalForDigest, kWrongEpoch,
                                     kNotEnoughVotes,        kWrongVersion};
}  // namespace upgrade

namespace walrus_subsidies {
inline constexpr AbortCode kUnauthorizedAdminCap{"walrus_subsidies", 0, "EUnauthorizedAdminCap"};
inline constexpr AbortCode kWrongVersion{"walrus_subsidies", 1, "EWrongVersion"};
inline constexpr AbortCode kInvalidMigration{"walrus_subsidies", 2, "EInvalidMigration"};
inline constexpr AbortCode kAll[] = {kUnauthorizedAdminCap, kWrongVersion, kInvalidMigration};
}  // namespace walrus_subsidies

namespace walrus_subsidies_inner {
inline constexpr AbortCode kInvalidSubsidyRate{"walrus_subsidies_inner", 0, "EInvalidSubsidyRate"};
inline constexpr AbortCode kInsufficientFundsInPool{"walrus_subsidies_inner", 1,
                                                    "EInsufficientFundsInPool"};
inline constexpr AbortCode kAll[] = {kInvalidSubsidyRate, kInsufficientFundsInPool};
}  // namespace walrus_subsidies_inner

namespace epoch_balance {
inline constexpr AbortCode kIndexOutOfBounds{"epoch_balance", 0, "EIndexOutOfBounds"};
inline constexpr AbortCode kAll[] = {kIndexOutOfBounds};
}  // namespace epoch_balance

namespace subsidies {
inline constexpr AbortCode kInvalidSubsidyRate{"subsidies", 0, "EInvalidSubsidyRate"};
inline constexpr AbortCode kUnauthorizedAdminCap{"subsidies", 1, "EUnauthorizedAdminCap"};
inline constexpr AbortCode kWrongVersion{"subsidies", 2, "EWrongVersion"};
inline constexpr AbortCode kAll[] = {kInvalidSubsidyRate, kUnauthorizedAdminCap, kWrongVersion};
}  // namespace subsidies

namespace wal_exchange {
inline constexpr AbortCode kInsufficientFundsInExchange{"wal_exchange", 0,
                                                        "EInsufficientFundsInExchange"};
inline constexpr AbortCode kInsufficientInputBalance{"wal_exchange", 1,
                                                     "EInsufficientInputBalance"};
inline constexpr AbortCode kUnauthorizedAdminCap{"wal_exchange", 2, "EUnauthorizedAdminCap"};
inline constexpr AbortCode kInvalidExchangeRate{"wal_exchange", 3, "EInvalidExchangeRate"};
inline constexpr AbortCode kAll[] = {kInsufficientFundsInExchange, kInsufficientInputBalance,
                                     kUnauthorizedAdminCap, kInvalidExchangeRate};
}  // namespace wal_exchange

namespace blob_bucket {
inline constexpr AbortCode kInvalidBlobBucketCap{"blob_bucket", 0, "EInvalidBlobBucketCap"};
inline constexpr AbortCode kWrongVersion{"blob_bucket", 1, "EWrongVersion"};
inline constexpr AbortCode kAll[] = {kInvalidBlobBucketCap, kWrongVersion};
}  // namespace blob_bucket

namespace blob_bucket_inner {
inline constexpr AbortCode kBlobBucketStorageExpired{"blob_bucket_inner", 0,
                                                     "EBlobBucketStorageExpired"};
inline constexpr AbortCode kAll[] = {kBlobBucketStorageExpired};
}  // namespace blob_bucket_inner

// Ours, not in the public contracts.

namespace protocol {
inline constexpr AbortCode kUnknownRevision{"protocol", 0, "EUnknownRevision"};
inline constexpr AbortCode kNotYetStarted{"protocol", 1, "ENotYetStarted"};
inline constexpr AbortCode kAll[] = {kUnknownRevision, kNotYetStarted};
}  // namespace protocol

// Modules of the framework, package 0x2.

namespace balance {
inline constexpr AbortCode kNonZero{"balance", 0, "ENonZero", true};
inline constexpr AbortCode kOverflow{"balance", 1, "EOverflow", true};
inline constexpr AbortCode kNotEnough{"balance", 2, "ENotEnough", true};
inline constexpr AbortCode kAll[] = {kNonZero, kOverflow, kNotEnough};
}  // namespace balance

namespace bcs {
inline constexpr AbortCode kOutOfRange{"bcs", 0, "EOutOfRange", true};
inline constexpr AbortCode kAll[] = {kOutOfRange};
}  // namespace bcs

namespace package {
inline constexpr AbortCode kAlreadyAuthorized{"package", 2, "EAlreadyAuthorized", true};
inline constexpr AbortCode kWrongUpgradeCap{"package", 4, "EWrongUpgradeCap", true};
inline constexpr AbortCode kAll[] = {kAlreadyAuthorized, kWrongUpgradeCap};
}  // namespace package

namespace vec_map {
inline constexpr AbortCode kKeyAlreadyExists{"vec_map", 0, "EKeyAlreadyExists", true};
inline constexpr AbortCode kKeyDoesNotExist{"vec_map", 1, "EKeyDoesNotExist", true};
inline constexpr AbortCode kAll[] = {kKeyAlreadyExists, kKeyDoesNotExist};
}  // namespace vec_map

namespace dynamic_field {
inline constexpr AbortCode kFieldAlreadyExists{"dynamic_field", 0, "EFieldAlreadyExists", true};
inline constexpr AbortCode kFieldDoesNotExist{"dynamic_field", 1, "EFieldDoesNotExist", true};
inline constexpr AbortCode kAll[] = {kFieldAlreadyExists, kFieldDoesNotExist};
}  // namespace dynamic_field

}  // namespace walrus::ledger::codes
