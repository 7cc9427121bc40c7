// SPDX-License-Identifier: Apache-2.0
// A storage back end in C++: every committed version of every key, in memory. Readers see the versions that were there when they
// began.
#ifndef MEMORY_STORE_HPP
#define MEMORY_STORE_HPP

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <stepdown.hpp>

class MemoryStore : public stepdown::Backend {
  public:
    std::unique_ptr<stepdown::Transaction> begin(bool, const stepdown::Keys &) override {
        const std::lock_guard<std::mutex> lock(mutex_);
        return std::make_unique<Reader>(*this, commits_);
    }
    std::map<std::string, std::int64_t> statistics() override {
        const std::lock_guard<std::mutex> lock(mutex_);
        return {{"keys", static_cast<std::int64_t>(versions_.size())}, {"commits", commits_}};
    }

  protected:
    struct Version {
        std::int64_t commit;
        bool deleted;
        std::string value;
    };
    // Strings are compared as unsigned bytes, as keys are.
    using Versions = std::map<std::string, std::vector<Version>, std::less<>>;

    class Reader : public stepdown::Transaction {
      public:
        Reader(MemoryStore &store, std::int64_t snapshot) : store_(store), snapshot_(snapshot) {}

        void get(const stepdown::Keys &keys, stepdown::Values &out) override {
            const std::lock_guard<std::mutex> lock(store_.mutex_);
            for (std::size_t i = 0; i < keys.size(); i++) {
                const auto found = store_.versions_.find(keys[i]);
                const Version *version = found != store_.versions_.end() ? visible(found->second) : nullptr;
                if (version != nullptr) {
                    out.put(i, version->value);
                }
            }
        }
        void scan(const stepdown::Range &range, stepdown::Scanned &out) override {
            const std::lock_guard<std::mutex> lock(store_.mutex_);
            const auto from = store_.versions_.lower_bound(range.from());
            const auto to = range.to().empty() ? store_.versions_.end() : store_.versions_.lower_bound(range.to());
            if (range.descending()) {
                give(std::make_reverse_iterator(to), std::make_reverse_iterator(from), range.limit(), out);
            } else {
                give(from, to, range.limit(), out);
            }
        }
        void commit(const stepdown::Batch &batch) override {
            const std::lock_guard<std::mutex> lock(store_.mutex_);
            for (std::size_t i = 0; i < batch.checks(); i++) {
                expect_unchanged(batch.check(i).key, batch.check(i).absent);
            }
            for (std::size_t i = 0; i < batch.operations(); i++) {
                expect_unchanged(batch.operation(i).key, batch.operation(i).kind == STEPDOWN_STORAGE_PUT_NEW);
            }
            std::vector<std::pair<std::vector<Version> *, Version>> ready; // whatever needs memory comes first
            for (std::size_t i = 0; i < batch.operations(); i++) {
                const auto operation = batch.operation(i);
                auto &versions = store_.versions_[std::string(operation.key)];
                versions.reserve(versions.capacity() > versions.size() ? 0 : 2 * versions.size() + 1);
                ready.push_back(
                    {&versions,
                     {store_.commits_ + 1, operation.kind == STEPDOWN_STORAGE_DELETE, std::string(operation.value)}});
            }
            for (auto &[versions, version] : ready) {
                versions->push_back(std::move(version));
            }
            store_.commits_ += ready.empty() ? 0 : 1;
        }

      private:
        const Version *visible(const std::vector<Version> &versions) const {
            for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
                if (version->commit <= snapshot_) {
                    return version->deleted ? nullptr : &*version;
                }
            }
            return nullptr;
        }
        template <class Iterator>
        void give(Iterator row, Iterator end, std::size_t limit, stepdown::Scanned &out) const {
            for (; row != end && limit > 0; ++row) {
                if (const Version *version = visible(row->second)) {
                    out.put(row->first, version->value);
                    limit--;
                }
            }
        }
        void expect_unchanged(std::string_view key, bool absent) const {
            const auto found = store_.versions_.find(key);
            if (found == store_.versions_.end() || found->second.empty()) {
                return;
            }
            if (found->second.back().commit > snapshot_) {
                throw stepdown::ConflictError("somebody else was faster");
            }
            if (absent && visible(found->second) != nullptr) {
                throw stepdown::ConflictError("it exists already");
            }
        }

        MemoryStore &store_;
        std::int64_t snapshot_;
    };

  private:
    std::mutex mutex_;
    std::int64_t commits_ = 0;
    Versions versions_;
};

#endif
