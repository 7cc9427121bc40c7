// SPDX-License-Identifier: Apache-2.0
// Where records are kept: a SQLite file, memory, or a back end of your own, written as a class.
#ifndef STEPDOWN_STORAGE_HPP
#define STEPDOWN_STORAGE_HPP

#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <stepdown/rows.hpp>
#include <stepdown/storage.h>

namespace stepdown {

// ---- what a back end is given ------------------------------------------------------------------------------------------
// All of it is borrowed until the method returns. Keys and values are bytes.

// Keys: a range of std::string_view.
class Keys {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = const std::string_view *;
        using reference = std::string_view;

        iterator(const stepdown_storage_keys *keys, std::size_t index) noexcept : keys_(keys), index_(index) {}
        std::string_view operator*() const noexcept { return detail::view(stepdown_storage_keys_at(keys_, index_)); }
        iterator &operator++() noexcept {
            index_++;
            return *this;
        }
        iterator operator++(int) noexcept { return {keys_, index_++}; }
        friend bool operator==(iterator a, iterator b) noexcept { return a.index_ == b.index_; }
        friend bool operator!=(iterator a, iterator b) noexcept { return a.index_ != b.index_; }

      private:
        const stepdown_storage_keys *keys_;
        std::size_t index_;
    };

    explicit Keys(const stepdown_storage_keys *keys) noexcept : keys_(keys) {}
    std::size_t size() const noexcept { return stepdown_storage_keys_count(keys_); }
    std::string_view operator[](std::size_t index) const noexcept {
        return detail::view(stepdown_storage_keys_at(keys_, index));
    }
    iterator begin() const noexcept { return {keys_, 0}; }
    iterator end() const noexcept { return {keys_, size()}; }

  private:
    const stepdown_storage_keys *keys_;
};

// Which rows to scan: from <= key < to, at most `limit`. `to` is empty when there is no upper bound.
class Range {
  public:
    explicit Range(const stepdown_storage_range *range) noexcept : range_(range) {}
    std::string_view from() const noexcept { return detail::view(stepdown_storage_range_from(range_)); }
    std::string_view to() const noexcept { return detail::view(stepdown_storage_range_to(range_)); }
    bool descending() const noexcept { return stepdown_storage_range_descending(range_) != 0; }
    std::size_t limit() const noexcept { return stepdown_storage_range_limit(range_); }

  private:
    const stepdown_storage_range *range_;
};

// A key that a commit must find unchanged since the snapshot, and absent where that is asked.
struct Check {
    std::string_view key;
    bool absent;
};
// What a commit does with one key; STEPDOWN_STORAGE_PUT, _PUT_NEW (ConflictError when it exists) or _DELETE.
struct Operation {
    std::int32_t kind;
    std::string_view key;
    std::string_view value;
};

// Checks and operations of one commit.
class Batch {
  public:
    explicit Batch(const stepdown_storage_batch *batch) noexcept : batch_(batch) {}
    std::size_t checks() const noexcept { return stepdown_storage_batch_check_count(batch_); }
    Check check(std::size_t index) const noexcept {
        return {detail::view(stepdown_storage_batch_check_key(batch_, index)),
                stepdown_storage_batch_check_kind(batch_, index) == STEPDOWN_STORAGE_ABSENT};
    }
    // In key order, a key once.
    std::size_t operations() const noexcept { return stepdown_storage_batch_operation_count(batch_); }
    Operation operation(std::size_t index) const noexcept {
        return {stepdown_storage_batch_operation_kind(batch_, index),
                detail::view(stepdown_storage_batch_operation_key(batch_, index)),
                detail::view(stepdown_storage_batch_operation_value(batch_, index))};
    }

  private:
    const stepdown_storage_batch *batch_;
};

namespace detail {
inline void taken(stepdown_status status) {
    if (status != STEPDOWN_OK) {
        raise(status, Error::owned(nullptr));
    }
}
} // namespace detail

// Where `get` puts values and `scan` rows. Bytes are copied. What `put` throws must come out of the method.
class Values {
  public:
    explicit Values(stepdown_storage_sink *sink) noexcept : sink_(sink) {}
    // The value of key `index`; nothing is put for a key that does not exist.
    void put(std::size_t index, std::string_view value) {
        detail::taken(stepdown_storage_sink_value(sink_, index, detail::slice(value)));
    }

  private:
    stepdown_storage_sink *sink_;
};
class Scanned {
  public:
    explicit Scanned(stepdown_storage_sink *sink) noexcept : sink_(sink) {}
    // The next row, in the order of the range.
    void put(std::string_view key, std::string_view value) {
        detail::taken(stepdown_storage_sink_row(sink_, detail::slice(key), detail::slice(value)));
    }

  private:
    stepdown_storage_sink *sink_;
};

// ---- bringing a back end -----------------------------------------------------------------------------------------------

// One transaction of a back end: reads one snapshot, does not see what it will write, and ends with `commit` or `abort`, after
// which it is destroyed, whatever they throw. One thread at a time uses it.
class Transaction {
  public:
    virtual ~Transaction() = default;
    virtual void get(const Keys &keys, Values &out) = 0;
    // Rows in key order; keys are compared as unsigned bytes.
    virtual void scan(const Range &range, Scanned &out) = 0;
    // Apply everything or nothing, durably. ConflictError: a key that is written or checked was committed by another
    // transaction after the snapshot, or exists and must not. Every other stepdown::Error must mean that nothing was applied,
    // except UnknownError; any other exception is taken for UnknownError.
    virtual void commit(const Batch &batch) = 0;
    // End without effect.
    virtual void abort() {}
};

// A storage back end. Its methods are called from any thread and must not call the engine that is calling them. What they throw
// comes out of the call that needed the storage, as the same object. A stepdown::Error keeps its meaning where it may have one
// (ConflictError, BusyError …); std::bad_alloc is NOMEM, anything else HOST, and nothing is applied.
class Backend {
  public:
    virtual ~Backend() = default;
    // Start a transaction. `write`: operations will be committed. `prefetch`: keys that will be read first, a hint.
    virtual std::unique_ptr<Transaction> begin(bool write, const Keys &prefetch) = 0;
    // Make ready.
    virtual void open() {}
    // Let go of files and connections; no transaction is open.
    virtual void close() {}
    // Figures; names are made of a-z, 0-9 and underscores.
    virtual std::map<std::string, std::int64_t> statistics() { return {}; }
    // Move what was logged into the main file, if there is such a thing.
    virtual void checkpoint() {}
    virtual void backup(const char *path) {
        (void)path;
        throw UnsupportedError("this storage cannot be backed up");
    }
    // Give room that deletions left back.
    virtual void vacuum() {}
    // Throw when the storage does not answer.
    virtual void ping() {}
    // Told what a method threw when no call is there out of which it could come (an `abort`, a last `close`). Does nothing
    // here; must not throw.
    virtual void lost(const std::exception_ptr &thrown) noexcept { (void)thrown; }
};

namespace detail {

// What a slot may answer (see <stepdown/storage.h>); other errors of ours mean HOST like anybody else's.
template <class... Status> constexpr std::uint64_t bits(Status... status) noexcept {
    return (std::uint64_t{0} | ... | (std::uint64_t{1} << static_cast<unsigned>(status)));
}
constexpr std::uint64_t any_slot =
    bits(STEPDOWN_CONFLICT, STEPDOWN_BUSY, STEPDOWN_TIMEOUT, STEPDOWN_FULL, STEPDOWN_IO, STEPDOWN_CORRUPT,
         STEPDOWN_NOMEM, STEPDOWN_READONLY, STEPDOWN_LIMIT, STEPDOWN_MISUSE);
constexpr std::uint64_t open_slot = any_slot | bits(STEPDOWN_INVALID, STEPDOWN_NOT_FOUND, STEPDOWN_UNSUPPORTED);
constexpr std::uint64_t commit_slot = any_slot | bits(STEPDOWN_UNKNOWN, STEPDOWN_HOST);
constexpr std::uint64_t control_slot = any_slot | bits(STEPDOWN_EXISTS, STEPDOWN_UNSUPPORTED);

inline bool allows(std::uint64_t allowed, stepdown_status status) noexcept {
    return status > 0 && status < 64 && (allowed >> static_cast<unsigned>(status) & 1) != 0;
}

// The table of eight slots, each of which calls a method. Nothing is thrown across this border.
class Slots {
  public:
    static const stepdown_storage_table *table() noexcept {
        static constexpr stepdown_storage_table slots = {STEPDOWN_STORAGE_ABI,
                                                         sizeof(stepdown_storage_table),
                                                         open,
                                                         close,
                                                         begin,
                                                         get,
                                                         scan,
                                                         commit,
                                                         abort,
                                                         control};
        return &slots;
    }
    static void destroy(void *ctx) noexcept { delete static_cast<Backend *>(ctx); }

    // Do `work`; what it throws goes home inside the error, or to `backend` (which may be null) when nobody takes one.
    template <class Work>
    static stepdown_status guard(Backend *backend, std::uint64_t allowed, stepdown_status otherwise,
                                 stepdown_error **out_error, Work work) noexcept {
        try {
            work();
            return STEPDOWN_OK;
        } catch (const Error &error) {
            const auto status = allows(allowed, error.code()) ? error.code() : otherwise;
            return home(backend, status, error.what(), out_error);
        } catch (const std::bad_alloc &error) {
            return home(backend, otherwise == STEPDOWN_HOST ? STEPDOWN_NOMEM : otherwise, error.what(), out_error);
        } catch (const std::exception &error) {
            return home(backend, otherwise, error.what(), out_error);
        } catch (...) {
            return home(backend, otherwise, "a callback threw something that is no std::exception", out_error);
        }
    }

  private:
    static stepdown_status home(Backend *backend, stepdown_status status, const char *message,
                                stepdown_error **out_error) noexcept {
        if (out_error == nullptr && backend != nullptr) {
            backend->lost(std::current_exception());
        }
        return carry(status, message, std::current_exception(), out_error);
    }
    static Backend *backend_of(void *ctx) noexcept { return static_cast<Backend *>(ctx); }
    static Transaction *transaction_of(void *transaction) noexcept { return static_cast<Transaction *>(transaction); }

    static stepdown_status open(void *ctx, const stepdown_storage_memory *, stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), open_slot, STEPDOWN_HOST, out_error, [=] { backend_of(ctx)->open(); });
    }
    static stepdown_status close(void *ctx, stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), any_slot, STEPDOWN_HOST, out_error, [=] { backend_of(ctx)->close(); });
    }
    static stepdown_status begin(void *ctx, std::uint32_t flags, const stepdown_storage_keys *prefetch, void **out,
                                 stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), any_slot, STEPDOWN_HOST, out_error, [=] {
            auto transaction = backend_of(ctx)->begin((flags & STEPDOWN_STORAGE_WRITE) != 0, Keys(prefetch));
            if (transaction == nullptr) {
                throw std::logic_error("begin() returned no transaction");
            }
            *out = transaction.release();
        });
    }
    static stepdown_status get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                               stepdown_storage_sink *sink, stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), any_slot, STEPDOWN_HOST, out_error, [=] {
            Values values(sink);
            transaction_of(transaction)->get(Keys(keys), values);
        });
    }
    static stepdown_status scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                stepdown_storage_sink *sink, stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), any_slot, STEPDOWN_HOST, out_error, [=] {
            Scanned scanned(sink);
            transaction_of(transaction)->scan(Range(range), scanned);
        });
    }
    static stepdown_status commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                  stepdown_error **out_error) noexcept {
        const std::unique_ptr<Transaction> ends(transaction_of(transaction));
        return guard(backend_of(ctx), commit_slot, STEPDOWN_UNKNOWN, out_error, [&] { ends->commit(Batch(batch)); });
    }
    static stepdown_status abort(void *ctx, void *transaction, stepdown_error **out_error) noexcept {
        const std::unique_ptr<Transaction> ends(transaction_of(transaction));
        return guard(backend_of(ctx), any_slot, STEPDOWN_HOST, out_error, [&] { ends->abort(); });
    }
    static stepdown_status control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                   stepdown_error **out_error) noexcept {
        return guard(backend_of(ctx), control_slot, STEPDOWN_HOST, out_error,
                     [=] { control(*backend_of(ctx), request, sink); });
    }
    static void control(Backend &backend, const stepdown_storage_request *request, stepdown_storage_sink *sink) {
        switch (stepdown_storage_request_kind(request)) {
        case STEPDOWN_STORAGE_STATISTICS:
            for (const auto &figure : backend.statistics()) {
                taken(stepdown_storage_sink_figure(sink, figure.first.c_str(), figure.second));
            }
            return;
        case STEPDOWN_STORAGE_CHECKPOINT: return backend.checkpoint();
        case STEPDOWN_STORAGE_BACKUP: return backend.backup(stepdown_storage_request_path(request));
        case STEPDOWN_STORAGE_VACUUM: return backend.vacuum();
        case STEPDOWN_STORAGE_PING: return backend.ping();
        default: throw UnsupportedError("a request that this version of the C++ layer does not know");
        }
    }
};

} // namespace detail

// ---- using a storage ---------------------------------------------------------------------------------------------------

// How a storage in a SQLite file is opened; what each setter allows is said in <stepdown/storage.h>.
class StorageOptions {
  public:
    StorageOptions() { detail::call(stepdown_storage_options_new, options_.out()); }
    // false: a power failure may take the last commits with it, whole ones.
    StorageOptions &synchronous(bool full) {
        return set(stepdown_storage_options_set_synchronous,
                   full ? STEPDOWN_STORAGE_SYNC_FULL : STEPDOWN_STORAGE_SYNC_NORMAL);
    }
    // How long a call waits for another writer before BusyError.
    StorageOptions &busy_timeout(std::chrono::milliseconds length) {
        const bool fits = length.count() >= INT32_MIN && length.count() <= INT32_MAX;
        return set(stepdown_storage_options_set_busy_timeout, fits ? static_cast<std::int32_t>(length.count()) : -1);
    }
    // false: a missing file is NotFoundError.
    StorageOptions &create(bool yes) { return set(stepdown_storage_options_set_create, yes); }
    StorageOptions &read_only(bool yes) { return set(stepdown_storage_options_set_read_only, yes); }
    StorageOptions &cache_kibibytes(std::int32_t size) { return set(stepdown_storage_options_set_cache, size); }
    StorageOptions &checkpoint_pages(std::int32_t pages) { return set(stepdown_storage_options_set_checkpoint, pages); }
    // Memory for the storage; function and `ctx` must live until the storage is gone.
    StorageOptions &allocator(stepdown_allocate_fn allocate, void *ctx) {
        detail::call(stepdown_storage_options_set_allocator, options_.get(), allocate, ctx);
        return *this;
    }
    stepdown_storage_options *get() const noexcept { return options_.get(); }

  private:
    template <class Setter> StorageOptions &set(Setter setter, std::int32_t value) {
        detail::call(setter, options_.get(), value);
        return *this;
    }
    detail::Handle<stepdown_storage_options, stepdown_storage_options_free> options_;
};

// An open storage. An engine keeps the one that it uses; destroying this drops one reference, `close` closes it for everybody.
class Storage {
  public:
    // In memory, gone when nothing uses it any more.
    static Storage memory() {
        Storage storage;
        detail::call(stepdown_storage_open_memory, nullptr, storage.storage_.out());
        return storage;
    }
    // In a SQLite file; several processes may open one file. `path` is UTF-8.
    static Storage sqlite(const Text &path) { return sqlite(path, nullptr); }
    static Storage sqlite(const Text &path, const StorageOptions &options) { return sqlite(path, options.get()); }
    // On a back end of your own, destroyed when nothing uses it any more; also when its `open` throws.
    explicit Storage(std::unique_ptr<Backend> backend) {
        if (backend == nullptr) {
            throw InvalidError("a storage without a back end");
        }
        detail::call(stepdown_storage_register, detail::Slots::table(), static_cast<void *>(backend.get()),
                     detail::Slots::destroy, nullptr, storage_.out());
        (void)backend.release(); // it is the storage's now
    }

    // Close now; later calls, and engines that use it, throw ClosedError. Closing twice is closing once.
    void close() { detail::call(stepdown_storage_close, get()); }
    // Move what was logged into the main file.
    void checkpoint() const { detail::call(stepdown_storage_checkpoint, get()); }
    // Write a copy as of one moment to `path`, which must not exist, while others go on working.
    void backup(const Text &path) const { detail::call(stepdown_storage_backup, get(), path.get()); }
    // Give room that deletions left back to the system, and overwrite what was deleted.
    void vacuum() const { detail::call(stepdown_storage_vacuum, get()); }
    // Figures as one JSON object of integers; which ones depends on the kind of storage.
    std::string statistics() const {
        detail::Bytes json;
        detail::call(stepdown_storage_statistics, get(), json.out());
        return detail::string_of(json);
    }
    // Throw when it does not answer.
    void ping() const { detail::call(stepdown_storage_ping, get()); }
    stepdown_storage *get() const noexcept { return storage_.get(); }
    // Hands the reference over to C.
    stepdown_storage *release() noexcept { return storage_.release(); }

  private:
    Storage() noexcept = default;
    static Storage sqlite(const Text &path, const stepdown_storage_options *options) {
        Storage storage;
        detail::call(stepdown_storage_open_sqlite, path.get(), options, storage.storage_.out());
        return storage;
    }
    detail::Handle<stepdown_storage, stepdown_storage_free> storage_;
};

// How a back end fared at one rule of the conformance suite: STEPDOWN_CONFORMANCE_PASSED, _FAILED or _SKIPPED, and why.
struct Rule {
    std::string name;
    std::int32_t result;
    std::string detail;
};

// Put a back end through every rule that the engine relies on. `factory(false)` gives a new, empty storage for each rule;
// `factory(true)` the last one again after it was closed, or throws UnsupportedError when it does not last.
inline std::vector<Rule> conformance(const std::function<Storage(bool reopen)> &factory, bool thorough = false) {
    const auto make = [](void *ctx, std::int32_t what, stepdown_storage **out,
                         stepdown_error **out_error) noexcept -> stepdown_status {
        return detail::Slots::guard(nullptr, detail::open_slot, STEPDOWN_HOST, out_error, [=] {
            *out = (*static_cast<const std::function<Storage(bool)> *>(ctx))(what == STEPDOWN_CONFORMANCE_REOPEN)
                       .release();
        });
    };
    detail::Handle<stepdown_conformance, stepdown_conformance_free> report;
    detail::call(stepdown_storage_conformance, make,
                 const_cast<void *>(static_cast<const void *>(&factory)), // read only, above
                 thorough ? STEPDOWN_CONFORMANCE_THOROUGH : STEPDOWN_CONFORMANCE_QUICK, report.out());
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < stepdown_conformance_count(report.get()); i++) {
        rules.push_back({stepdown_conformance_name(report.get(), i), stepdown_conformance_result(report.get(), i),
                         stepdown_conformance_detail(report.get(), i)});
    }
    return rules;
}

} // namespace stepdown

#endif
