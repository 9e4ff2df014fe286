// SPDX-License-Identifier: Apache-2.0
// A value that never changes and that copies share: a big part of a record that most transactions
// leave alone (the committee inside the system's state). Its BCS form is the value's.
#pragma once

#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "bcs/bcs.hpp"
#include "hash/blake2b.hpp"

namespace walrus::ledger {

/// Copying costs a pointer; the digest of the BCS form is computed once, when the value is made.
template <class T>
class Frozen {
public:
    Frozen() : Frozen(T{}) {}
    explicit Frozen(T value) : node_(make(std::move(value))) {}

    const T& operator*() const { return node_->value; }
    const T* operator->() const { return &node_->value; }
    /// BLAKE2b-256 of the BCS form.
    const Digest& digest() const { return node_->digest; }
    friend bool operator==(const Frozen& a, const Frozen& b) {
        return a.node_ == b.node_ || a.node_->digest == b.node_->digest;
    }

private:
    struct Node {
        T value;
        Digest digest;
    };
    static std::shared_ptr<const Node> make(T value) {
        const Digest digest = blake2b(bcs::encode(value));
        return std::make_shared<const Node>(Node{std::move(value), digest});
    }
    std::shared_ptr<const Node> node_;
};

template <class T>
void bcs_encode(bcs::Writer& out, const Frozen<T>& frozen) {
    bcs::encode(out, *frozen);
}
template <class T>
bool bcs_decode(bcs::Reader& in, Frozen<T>& frozen) {
    T value{};
    if (!bcs::decode(in, value)) return false;
    frozen = Frozen<T>(std::move(value));
    return true;
}

}  // namespace walrus::ledger
