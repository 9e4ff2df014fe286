// SPDX-License-Identifier: Apache-2.0
#include "store/blob_info.hpp"

#include <algorithm>

namespace walrus::store {
namespace {

bool alive(const std::optional<PermanentInfo>& info, Epoch now) {
    return info.has_value() && info->end_epoch > now;
}

bool after(const std::optional<Epoch>& end, Epoch now) {
    return end.has_value() && *end > now;
}

void raise(std::optional<Epoch>& end, Epoch to) {
    end = std::max(end.value_or(0), to);
}

bool certified_now(const ValidInfo& info, Epoch now) {
    return info.initial_certified_epoch.has_value() && *info.initial_certified_epoch <= now &&
           (alive(info.permanent_certified, now) ||
            (info.deletable_certified > 0 && after(info.latest_deletable_certified_end, now)));
}

void extend_end(PermanentInfo& info, const BlobChange& change) {
    if (change.end_epoch <= info.end_epoch) return;
    info.end_epoch = change.end_epoch;
    info.event = change.event;
}

void add_permanent(std::optional<PermanentInfo>& info, const BlobChange& change) {
    if (!info) {
        info = PermanentInfo{1, change.end_epoch, change.event};
        return;
    }
    ++info->count;
    extend_end(*info, change);
}

Result<ValidInfo, ChangeError> register_blob(ValidInfo info, const BlobChange& change) {
    if (change.deletable) {
        ++info.deletable_total;
        raise(info.latest_deletable_registered_end, change.end_epoch);
    } else {
        add_permanent(info.permanent_total, change);
    }
    return info;
}

Result<ValidInfo, ChangeError> certify_blob(ValidInfo info, const BlobChange& change) {
    const bool was_certified = certified_now(info, change.event_epoch);
    if (change.deletable) {
        if (info.deletable_total <= info.deletable_certified)
            return fail(ChangeError::Inconsistent);
        ++info.deletable_certified;
        raise(info.latest_deletable_certified_end, change.end_epoch);
    } else {
        const std::uint32_t certified =
            info.permanent_certified ? info.permanent_certified->count : 0;
        const bool allowed = info.permanent_total &&
                             info.permanent_total->end_epoch >= change.end_epoch &&
                             info.permanent_total->count > certified;
        if (!allowed) return fail(ChangeError::Inconsistent);
        add_permanent(info.permanent_certified, change);
    }
    info.initial_certified_epoch = was_certified
                                       ? std::min(*info.initial_certified_epoch, change.event_epoch)
                                       : change.event_epoch;
    return info;
}

Result<ValidInfo, ChangeError> extend_blob(ValidInfo info, const BlobChange& change) {
    if (change.deletable) {
        raise(info.latest_deletable_registered_end, change.end_epoch);
        raise(info.latest_deletable_certified_end, change.end_epoch);
        return info;
    }
    if (!info.permanent_total || !info.permanent_certified) return fail(ChangeError::Inconsistent);
    extend_end(*info.permanent_total, change);
    extend_end(*info.permanent_certified, change);
    return info;
}

Result<ValidInfo, ChangeError> delete_blob(ValidInfo info, const BlobChange& change) {
    if (!change.deletable) return fail(ChangeError::Inconsistent);
    if (info.deletable_total > 0) --info.deletable_total;
    if (change.was_certified && info.deletable_certified > 0) --info.deletable_certified;
    if (info.deletable_total == 0) info.latest_deletable_registered_end.reset();
    if (info.deletable_certified == 0) info.latest_deletable_certified_end.reset();
    if (info.deletable_certified == 0 && !info.permanent_certified)
        info.initial_certified_epoch.reset();
    return info;
}

Result<ValidInfo, ChangeError> change_valid(const ValidInfo& info, const BlobChange& change) {
    switch (change.kind) {
        case ChangeKind::Register:
            return register_blob(info, change);
        case ChangeKind::Certify:
            return certify_blob(info, change);
        case ChangeKind::Extend:
            return extend_blob(info, change);
        case ChangeKind::Delete:
            return delete_blob(info, change);
        case ChangeKind::Invalidate:
            break;
    }
    return fail(ChangeError::Inconsistent);
}

}  // namespace

const char* describe(ChangeError error) {
    switch (error) {
        case ChangeError::UnknownBlob:
            return "the blob was never registered";
        case ChangeError::UnknownObject:
            return "the object was not registered, or twice";
        case ChangeError::Inconsistent:
            return "the event does not fit the blob's history";
    }
    return "unknown";
}

bool BlobInfo::registered_permanent(Epoch now) const {
    const auto* info = std::get_if<ValidInfo>(&state);
    return info != nullptr && alive(info->permanent_total, now);
}

bool BlobInfo::registered(Epoch now) const {
    const auto* info = std::get_if<ValidInfo>(&state);
    if (info == nullptr) return false;
    return alive(info->permanent_total, now) ||
           (info->deletable_total > 0 && after(info->latest_deletable_registered_end, now));
}

bool BlobInfo::certified(Epoch now) const {
    const auto* info = std::get_if<ValidInfo>(&state);
    return info != nullptr && certified_now(*info, now);
}

Result<BlobInfo, ChangeError> apply_change(const std::optional<BlobInfo>& before,
                                           const BlobChange& change) {
    if (before && before->invalid()) return *before;
    if (change.kind == ChangeKind::Invalidate)
        return BlobInfo{InvalidInfo{change.event_epoch, change.event}};
    if (!before && change.kind != ChangeKind::Register) return fail(ChangeError::UnknownBlob);
    const ValidInfo info = before ? std::get<ValidInfo>(before->state) : ValidInfo{};
    auto changed = change_valid(info, change);
    if (!changed) return fail(changed.error());
    return BlobInfo{std::move(*changed)};
}

Result<std::optional<ObjectInfo>, ChangeError> apply_change(const std::optional<ObjectInfo>& before,
                                                            const BlobChange& change) {
    if (change.kind == ChangeKind::Register) {
        if (before) return fail(ChangeError::UnknownObject);
        return std::optional(ObjectInfo{.blob_id = change.blob_id,
                                        .registered_epoch = change.event_epoch,
                                        .certified_epoch = {},
                                        .end_epoch = change.end_epoch,
                                        .deletable = change.deletable,
                                        .event = change.event});
    }
    if (!before) return fail(ChangeError::UnknownObject);
    std::optional<ObjectInfo> after_change = before;
    after_change->event = change.event;
    switch (change.kind) {
        case ChangeKind::Certify:
            if (before->certified_epoch) return fail(ChangeError::Inconsistent);
            after_change->certified_epoch = change.event_epoch;
            break;
        case ChangeKind::Extend:
            if (!before->certified_epoch) return fail(ChangeError::Inconsistent);
            after_change->end_epoch = change.end_epoch;
            break;
        case ChangeKind::Delete:
            after_change.reset();
            break;
        case ChangeKind::Register:
        case ChangeKind::Invalidate:
            return fail(ChangeError::Inconsistent);
    }
    return after_change;
}

Status status_of(const std::optional<BlobInfo>& row, Epoch now) {
    if (!row) return StatusNonexistent{};
    if (const auto* invalid = std::get_if<InvalidInfo>(&row->state)) return *invalid;
    const ValidInfo& info = std::get<ValidInfo>(row->state);
    const std::uint32_t total =
        after(info.latest_deletable_registered_end, now) ? info.deletable_total : 0;
    const std::uint32_t certified =
        after(info.latest_deletable_certified_end, now) ? info.deletable_certified : 0;
    const bool permanent_certified = alive(info.permanent_certified, now);
    if (permanent_certified || alive(info.permanent_total, now)) {
        const PermanentInfo& which =
            permanent_certified ? *info.permanent_certified : *info.permanent_total;
        return StatusPermanent{which.end_epoch, permanent_certified, which.event,
                               total,           certified,           info.initial_certified_epoch};
    }
    if (total == 0) return StatusNonexistent{};
    return StatusDeletable{total, certified, info.initial_certified_epoch};
}

}  // namespace walrus::store
