// SPDX-License-Identifier: Apache-2.0
#include "io/memory_file_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/check.hpp"

namespace walrus::io {

namespace {

constexpr std::uint64_t kBlockBytes = 4096;

/// A file or a directory, with what is there now and what a power cut leaves.
struct Node {
    bool is_directory = false;
    bool removed = false;  ///< no name leads here; only open files do

    // Directory.
    std::map<std::string, std::shared_ptr<Node>> names;
    std::map<std::string, std::shared_ptr<Node>> durable_names;

    // File. Blocks in `dirty` differ, or may differ, between the two.
    Bytes content;
    Bytes durable_content;
    std::set<std::uint64_t> dirty;

    void touch(std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t b = begin / kBlockBytes; b * kBlockBytes < end; ++b) dirty.insert(b);
    }
    void sync() {
        durable_content.resize(content.size());
        for (const std::uint64_t block : dirty) copy_block(content, durable_content, block);
        dirty.clear();
    }
    void cut() {
        content.resize(durable_content.size());
        for (const std::uint64_t block : dirty) copy_block(durable_content, content, block);
        dirty.clear();
    }
    /// Copies what both have of a block.
    static void copy_block(const Bytes& from, Bytes& to, std::uint64_t block) {
        const std::uint64_t begin = block * kBlockBytes;
        const std::uint64_t end =
            std::min<std::uint64_t>({begin + kBlockBytes, from.size(), to.size()});
        if (begin < end) std::memcpy(to.data() + begin, from.data() + begin, end - begin);
    }
};
using NodePtr = std::shared_ptr<Node>;

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at <= path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        std::string part = path.substr(at, slash - at);
        if (!part.empty() && part != ".") parts.push_back(std::move(part));
        at = slash + 1;
    }
    return parts;
}

auto not_found(const std::string& path) {
    return io_failure(IoCode::NotFound, fmt::format("{}: no such file or directory", path));
}

std::uint64_t next_random(std::uint64_t& state) {  // SplitMix64
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

}  // namespace

class MemoryFileSystem::Impl {
public:
    Impl() { root->is_directory = true; }

    NodePtr find(const std::string& path) const {
        NodePtr node = root;
        for (const std::string& part : split(path)) {
            if (!node->is_directory) return nullptr;
            const auto found = node->names.find(part);
            if (found == node->names.end()) return nullptr;
            node = found->second;
        }
        return node;
    }
    /// The directory that holds, or would hold, the last name.
    NodePtr find_parent(const std::string& path) const {
        auto parts = split(path);
        if (parts.empty()) return nullptr;
        NodePtr node = root;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto found = node->names.find(parts[i]);
            if (found == node->names.end() || !found->second->is_directory) return nullptr;
            node = found->second;
        }
        return node;
    }
    IoResult<void> check(Operation operation, const std::string& path) const {
        if (fault) {
            if (auto error = fault(operation, path)) return fail(std::move(*error));
        }
        return {};
    }
    IoResult<void> resize(Node& node, std::uint64_t size, const std::string& path) {
        const std::uint64_t old = node.content.size();
        if (node.removed) {
            // Its space was given back with its name.
        } else if (size > old) {
            const std::uint64_t more = size - old;
            if (capacity && used + more > *capacity)
                return io_failure(IoCode::NoSpace, fmt::format("write {}: no space left", path));
            used += more;
        } else {
            used -= old - size;
        }
        node.content.resize(size);
        node.touch(std::min(old, size), std::max(old, size));
        return {};
    }
    void forget(Node& node) {
        used -= node.content.size();
        node.removed = true;
        for (const auto& [name, child] : node.names) forget(*child);
    }
    void cut(Node& node, std::uint64_t* random) {
        node.removed = false;
        if (node.is_directory) {
            node.names = node.durable_names;
            for (const auto& [name, child] : node.names) cut(*child, random);
            return;
        }
        if (random != nullptr) tear(node, *random);
        node.cut();
        used += node.content.size();
    }
    /// Lets some of the unsynced blocks reach the disk.
    static void tear(Node& node, std::uint64_t& random) {
        for (const std::uint64_t block : node.dirty) {
            if (next_random(random) % 2 != 0) continue;
            const std::uint64_t end =
                std::min<std::uint64_t>((block + 1) * kBlockBytes, node.content.size());
            if (node.durable_content.size() < end) node.durable_content.resize(end);
            Node::copy_block(node.content, node.durable_content, block);
        }
    }

    mutable std::recursive_mutex mutex;
    NodePtr root = std::make_shared<Node>();
    std::set<std::string> locks;
    std::uint64_t life = 0;
    std::uint64_t used = 0;
    std::uint64_t syncs = 0;
    std::optional<std::uint64_t> capacity;
    Fault fault;

    class OpenFile;
    class HeldLock;
};

class MemoryFileSystem::Impl::OpenFile final : public File {
public:
    OpenFile(std::shared_ptr<Impl> impl, NodePtr node, std::string path, bool writable)
        : impl_(std::move(impl)),
          node_(std::move(node)),
          path_(std::move(path)),
          life_(impl_->life),
          writable_(writable) {}

    IoResult<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Read));
        if (offset >= node_->content.size()) return std::size_t{0};
        const std::size_t n = std::min<std::uint64_t>(out.size(), node_->content.size() - offset);
        std::memcpy(out.data(), node_->content.data() + offset, n);
        return n;
    }

    IoResult<void> write_at(std::uint64_t offset, ByteView data) override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Write));
        if (!writable_)
            return io_failure(IoCode::PermissionDenied, "write " + path_ + ": opened for reading");
        if (data.empty()) return {};
        if (offset + data.size() > node_->content.size())
            WALRUS_TRY(impl_->resize(*node_, offset + data.size(), path_));
        std::memcpy(node_->content.data() + offset, data.data(), data.size());
        node_->touch(offset, offset + data.size());
        return {};
    }

    IoResult<void> sync_data() override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Sync));
        node_->sync();
        ++impl_->syncs;
        return {};
    }

    IoResult<std::uint64_t> size() override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Read));
        return node_->content.size();
    }

    IoResult<void> truncate(std::uint64_t size) override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Truncate));
        if (!writable_)
            return io_failure(IoCode::PermissionDenied,
                              "truncate " + path_ + ": opened for reading");
        return impl_->resize(*node_, size, path_);
    }

    IoResult<void> punch_hole(std::uint64_t offset, std::uint64_t length) override {
        const std::lock_guard lock(impl_->mutex);
        WALRUS_TRY(check(Operation::Write));
        const std::uint64_t size = node_->content.size();
        if (offset >= size) return {};
        const std::uint64_t end = length > size - offset ? size : offset + length;
        std::fill(node_->content.begin() + static_cast<std::ptrdiff_t>(offset),
                  node_->content.begin() + static_cast<std::ptrdiff_t>(end), Byte{0});
        node_->touch(offset, end);
        return {};
    }

private:
    IoResult<void> check(Operation operation) const {
        if (life_ != impl_->life)
            return io_failure(IoCode::Closed, path_ + ": the process died or the power was cut");
        return impl_->check(operation, path_);
    }

    std::shared_ptr<Impl> impl_;
    NodePtr node_;
    std::string path_;
    std::uint64_t life_;
    bool writable_;
};

class MemoryFileSystem::Impl::HeldLock final : public FileLock {
public:
    HeldLock(std::shared_ptr<Impl> impl, std::string path)
        : impl_(std::move(impl)), path_(std::move(path)), life_(impl_->life) {}
    ~HeldLock() override {
        const std::lock_guard lock(impl_->mutex);
        if (life_ == impl_->life) impl_->locks.erase(path_);
    }

private:
    std::shared_ptr<Impl> impl_;
    std::string path_;
    std::uint64_t life_;
};

MemoryFileSystem::MemoryFileSystem() : impl_(std::make_shared<Impl>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::power_cut() {
    const std::lock_guard lock(impl_->mutex);
    impl_->used = 0;
    impl_->cut(*impl_->root, nullptr);
    process_died();
}

void MemoryFileSystem::power_cut_torn(std::uint64_t seed) {
    const std::lock_guard lock(impl_->mutex);
    impl_->used = 0;
    impl_->cut(*impl_->root, &seed);
    process_died();
}

void MemoryFileSystem::process_died() {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->life;
    impl_->locks.clear();
}

void MemoryFileSystem::set_capacity(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock(impl_->mutex);
    impl_->capacity = bytes;
}

void MemoryFileSystem::set_fault(Fault fault) {
    const std::lock_guard lock(impl_->mutex);
    impl_->fault = std::move(fault);
}

void MemoryFileSystem::corrupt(const std::string& path, std::uint64_t offset, Byte mask) {
    const std::lock_guard lock(impl_->mutex);
    const NodePtr node = impl_->find(path);
    WALRUS_CHECK(node && !node->is_directory);
    WALRUS_CHECK(offset < node->content.size());
    node->content[offset] ^= mask;
    if (offset < node->durable_content.size()) node->durable_content[offset] ^= mask;
}

std::uint64_t MemoryFileSystem::used_bytes() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->used;
}

std::uint64_t MemoryFileSystem::syncs() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->syncs;
}

IoResult<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::Open, path));
    NodePtr node = impl_->find(path);
    if (node && node->is_directory)
        return io_failure(IoCode::Other, fmt::format("open {}: it is a directory", path));
    if (node && mode == OpenMode::CreateNew)
        return io_failure(IoCode::AlreadyExists, fmt::format("open {}: it exists", path));
    if (!node) {
        if (mode == OpenMode::Read || mode == OpenMode::ReadWrite) return not_found(path);
        const NodePtr parent = impl_->find_parent(path);
        if (!parent) return not_found(path);
        node = std::make_shared<Node>();
        parent->names[split(path).back()] = node;
    }
    return std::make_unique<Impl::OpenFile>(impl_, node, path, mode != OpenMode::Read);
}

IoResult<bool> MemoryFileSystem::exists(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    return impl_->find(path) != nullptr;
}

IoResult<void> MemoryFileSystem::create_directories(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    NodePtr node = impl_->root;
    for (const std::string& part : split(path)) {
        NodePtr& child = node->names[part];
        if (!child) {
            child = std::make_shared<Node>();
            child->is_directory = true;
            node->durable_names[part] = child;
        }
        if (!child->is_directory)
            return io_failure(IoCode::AlreadyExists,
                              fmt::format("create directory {}: a file has this name", path));
        node = child;
    }
    return {};
}

IoResult<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::List, path));
    const NodePtr node = impl_->find(path);
    if (!node || !node->is_directory) return not_found(path);
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, child] : node->names)
        entries.push_back({name, child->is_directory, child->content.size()});
    return entries;
}

IoResult<void> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::Rename, from));
    const NodePtr node = impl_->find(from);
    const NodePtr source = impl_->find_parent(from);
    const NodePtr target = impl_->find_parent(to);
    if (!node || !source || !target) return not_found(node && source ? to : from);
    const NodePtr replaced = impl_->find(to);
    if (replaced == node) return {};
    if (replaced && (replaced->is_directory || node->is_directory))
        return io_failure(IoCode::AlreadyExists, fmt::format("rename to {}: it exists", to));
    if (replaced) impl_->forget(*replaced);
    source->names.erase(split(from).back());
    target->names[split(to).back()] = node;
    return {};
}

IoResult<void> MemoryFileSystem::remove(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::Remove, path));
    const NodePtr node = impl_->find(path);
    const NodePtr parent = impl_->find_parent(path);
    if (!node || !parent) return not_found(path);
    if (!node->names.empty())
        return io_failure(IoCode::AlreadyExists, fmt::format("remove {}: not empty", path));
    impl_->forget(*node);
    parent->names.erase(split(path).back());
    return {};
}

IoResult<void> MemoryFileSystem::remove_all(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::Remove, path));
    const NodePtr node = impl_->find(path);
    const NodePtr parent = impl_->find_parent(path);
    if (!node || !parent) return {};
    impl_->forget(*node);
    parent->names.erase(split(path).back());
    return {};
}

IoResult<void> MemoryFileSystem::sync_directory(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    WALRUS_TRY(impl_->check(Operation::SyncDirectory, path));
    const NodePtr node = impl_->find(path);
    if (!node || !node->is_directory) return not_found(path);
    node->durable_names = node->names;
    ++impl_->syncs;
    return {};
}

IoResult<std::uint64_t> MemoryFileSystem::free_bytes(const std::string&) {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->capacity) return std::uint64_t{1} << 40;
    return *impl_->capacity > impl_->used ? *impl_->capacity - impl_->used : 0;
}

IoResult<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
    const std::lock_guard guard(impl_->mutex);
    if (!impl_->find_parent(path)) return not_found(path);
    if (!impl_->locks.insert(path).second)
        return io_failure(IoCode::InUse, fmt::format("{} is locked by another process", path));
    return std::make_unique<Impl::HeldLock>(impl_, path);
}

IoResult<void> MemoryFileSystem::restrict_to_owner(const std::string& path) {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->find(path)) return not_found(path);
    return {};
}

}  // namespace walrus::io
