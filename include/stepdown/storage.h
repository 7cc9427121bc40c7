// SPDX-License-Identifier: Apache-2.0
// Where records are kept: an ordered table of byte keys and values with snapshot reads and one atomic commit.
//
// Most hosts need only the first half: open a storage (SQLite file or memory), give it to an engine, free it.
// The second half is for those who bring their own back end: the table of eight slots, what the library hands to each,
// and a conformance suite that says whether the back end keeps the promises the engine relies on.
#ifndef STEPDOWN_STORAGE_H
#define STEPDOWN_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include <stepdown/status.h>
#include <stepdown/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---------------------------------------------------------------------------------------------- using a storage

// An open storage. Reference counted: an engine keeps the one it uses alive, so handles may be freed in any order.
// May be used from any thread, and by several engines at once.
typedef struct stepdown_storage stepdown_storage;

// How a storage is opened. Copied when used, so one object may open several storages. Not for two threads at once.
typedef struct stepdown_storage_options stepdown_storage_options;

// What "committed" promises when the power fails. See stepdown_storage_options_set_synchronous.
enum {
    STEPDOWN_STORAGE_SYNC_FULL = 0,  // every commit is on stable storage before the call returns (default)
    STEPDOWN_STORAGE_SYNC_NORMAL = 1 // a power failure may take the last commits with it, whole ones; a crash does not
};

// Default options: the C library's allocator, SYNC_FULL, 5,000 ms busy timeout, create when missing, read and write,
// 2,048 KiB cache, checkpoint every 1,000 pages. *out_options is owned by the caller: stepdown_storage_options_free.
// Returns OK, INVALID (out_options is NULL), NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_new(stepdown_storage_options **out_options,
                                                                            stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_storage_options_free(stepdown_storage_options **options);

// Memory for the storage and its back end. `allocate` and what `ctx` points to are borrowed until the storage is gone.
// NULL restores the default. SQLite's own page cache does not go through it. Returns OK, INVALID (options is NULL).
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_allocator(stepdown_storage_options *options,
                                                                                      stepdown_allocate_fn allocate,
                                                                                      void *ctx,
                                                                                      stepdown_error **out_error);
// One of STEPDOWN_STORAGE_SYNC_*. SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_synchronous(
    stepdown_storage_options *options, int32_t synchronous, stepdown_error **out_error);
// How long a call waits for another writer before it returns BUSY, in milliseconds, 0 to 3,600,000; 0 does not wait.
// SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_busy_timeout(
    stepdown_storage_options *options, int32_t milliseconds, stepdown_error **out_error);
// 1: a missing file is made (default); 0: a missing file is NOT_FOUND. SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_create(stepdown_storage_options *options,
                                                                                   int32_t create,
                                                                                   stepdown_error **out_error);
// 1: nothing is written and every attempt to write is READONLY; the file must exist. 0: read and write (default).
// SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_read_only(stepdown_storage_options *options,
                                                                                      int32_t read_only,
                                                                                      stepdown_error **out_error);
// Page cache of each connection in KiB, 64 to 1,048,576. Small is good: beyond a few MiB commits get slower.
// SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_options_set_cache(stepdown_storage_options *options,
                                                                                  int32_t kibibytes,
                                                                                  stepdown_error **out_error);
// Move the write-ahead log into the file when it has grown to this many pages of 4 KiB, 1 to 1,000,000; the commit that
// reaches it pays. 0: only stepdown_storage_checkpoint does it. SQLite only. Returns OK, INVALID.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status
stepdown_storage_options_set_checkpoint(stepdown_storage_options *options, int32_t pages, stepdown_error **out_error);

// A storage in memory, gone when the last handle is. `options` may be NULL. *out_storage is owned by the caller:
// stepdown_storage_free. Returns OK, INVALID (out_storage is NULL), NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_open_memory(const stepdown_storage_options *options,
                                                                            stepdown_storage **out_storage,
                                                                            stepdown_error **out_error);
// A storage in a SQLite file; beside it stand `path`-wal and `path`-shm while it is open. Several processes may open
// one file. `path` is UTF-8. `options` may be NULL. *out_storage is owned by the caller: stepdown_storage_free.
// Returns OK, INVALID, NOT_FOUND (missing and not to be created), UNSUPPORTED (not a stepdown file, or newer than this
// library), CORRUPT, IO, READONLY, BUSY, FULL, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_open_sqlite(const char *path,
                                                                            const stepdown_storage_options *options,
                                                                            stepdown_storage **out_storage,
                                                                            stepdown_error **out_error);

// Close now: later calls on this handle, and by engines that use it, return CLOSED. Transactions that are running end
// first; the last of them closes the back end. Idempotent. Returns OK, INVALID (storage is NULL), or what the back end
// reports: IO, CORRUPT, FULL; the storage is closed all the same.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_close(stepdown_storage *storage,
                                                                      stepdown_error **out_error);
// Drop this reference and clear the caller's pointer. The last one closes the storage and destroys the back end's
// context. NULL-safe, any thread.
STEPDOWN_API void stepdown_storage_free(stepdown_storage **storage);

// Move what the back end has logged into its main file. Returns OK (also when the back end has nothing of the kind),
// INVALID, CLOSED, BUSY (a reader or writer is in the way; try later), READONLY, IO, FULL, CORRUPT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_checkpoint(stepdown_storage *storage,
                                                                           stepdown_error **out_error);
// Write a copy as of one moment to `path` (UTF-8), which must not exist, while others keep reading and writing.
// Returns OK, INVALID, CLOSED, EXISTS, UNSUPPORTED (memory cannot), BUSY, IO, FULL, CORRUPT, NOMEM. After a failure the
// file at `path` is of no use; the storage itself is unharmed.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_backup(stepdown_storage *storage, const char *path,
                                                                       stepdown_error **out_error);
// Give room that deletions left back to the system and overwrite what was deleted; takes time and as much free disk
// as the store is large. Returns OK (also when there is nothing of the kind), INVALID, CLOSED, BUSY, READONLY, IO,
// FULL, CORRUPT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_vacuum(stepdown_storage *storage,
                                                                       stepdown_error **out_error);
// Figures as one JSON object of integers, such as {"pages":12,"page_bytes":4096}; which ones, the back end decides.
// *out_json is owned by the caller: stepdown_bytes_free. Returns OK, INVALID, CLOSED, BUSY, IO, CORRUPT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_statistics(stepdown_storage *storage,
                                                                           stepdown_bytes **out_json,
                                                                           stepdown_error **out_error);
// Does it answer? Returns OK, INVALID, CLOSED, BUSY, TIMEOUT, IO, CORRUPT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_ping(stepdown_storage *storage,
                                                                     stepdown_error **out_error);

// ------------------------------------------------------------------------------------------ bringing a back end
//
// What the engine relies on:
// - Keys of 1 to 255 bytes are ordered as unsigned bytes, a prefix before what extends it. Values have 0 to 65,535.
// - A transaction reads one snapshot, taken at the latest by its first read. Its own writes are not visible to it.
// - A commit applies all of its operations or none. It fails with CONFLICT when any key that it writes or checks was
//   committed by another transaction after the snapshot. It may fail with CONFLICT more often than needed, never less.
// - Deleting a key that does not exist changes nothing, so nobody need conflict with it.
// - A transaction that commits nothing never gets CONFLICT.
// - OK from commit means durable. UNKNOWN means that it may or may not have been applied, whole. Every other result
//   means that nothing was applied and nothing will be.
// - `commit` and `abort` always end the transaction, whatever they return.
// - After IO or CORRUPT from a transaction the library uses the storage no more until it is opened anew.
// The library does the rest, so that a back end need not: it checks lengths and arguments, refuses what is illegal,
// sorts operations and drops the overwritten ones, and turns answers that break these rules into errors.
//
// Slots are called from any thread; one transaction is used by one thread at a time. Results a slot may return: OK,
// CONFLICT, BUSY, TIMEOUT, UNKNOWN (commit only), FULL, IO, CORRUPT, NOMEM, READONLY, LIMIT, MISUSE, HOST; from `open`
// also INVALID, NOT_FOUND and UNSUPPORTED; from `control` also EXISTS and UNSUPPORTED. With a failure a slot may leave
// an error made by stepdown_error_raise in *out_error; out_error itself may be NULL, which stepdown_error_raise accepts.
// A slot must not call into the engine or the storage that is calling it.

// The number that `abi` of a table must have.
#define STEPDOWN_STORAGE_ABI 1u

// `begin`: operations will be committed. A back end may take its write lock now, so that the snapshot cannot go stale.
#define STEPDOWN_STORAGE_WRITE 1u

// Memory for a back end, given to `open`.
typedef struct stepdown_storage_memory stepdown_storage_memory;
// Like realloc: `block` may be NULL, `size` 0 frees and returns NULL. NULL: out of memory, and `block` is as it was.
// The result is owned by the back end, to be given back here. Any thread.
STEPDOWN_API void *stepdown_storage_allocate(const stepdown_storage_memory *memory, void *block, size_t size);

// A list of keys, borrowed until the slot returns.
typedef struct stepdown_storage_keys stepdown_storage_keys;
STEPDOWN_API size_t stepdown_storage_keys_count(const stepdown_storage_keys *keys);
// Key `index`; the empty slice past the end. Borrowed until the slot returns.
STEPDOWN_API stepdown_slice stepdown_storage_keys_at(const stepdown_storage_keys *keys, size_t index);

// Which rows to scan, borrowed until the slot returns: keys from <= key < to. A bound may have 256 bytes: the longest
// key and a zero byte, to go on behind it.
typedef struct stepdown_storage_range stepdown_storage_range;
// Lower bound, included. Empty: from the first key. Borrowed until the slot returns.
STEPDOWN_API stepdown_slice stepdown_storage_range_from(const stepdown_storage_range *range);
// Upper bound, excluded. Empty: to the last key. Borrowed until the slot returns.
STEPDOWN_API stepdown_slice stepdown_storage_range_to(const stepdown_storage_range *range);
// 1: largest key first.
STEPDOWN_API int32_t stepdown_storage_range_descending(const stepdown_storage_range *range);
// The most rows to give, at least 1.
STEPDOWN_API size_t stepdown_storage_range_limit(const stepdown_storage_range *range);

// What a commit must find true.
enum {
    STEPDOWN_STORAGE_UNCHANGED = 1, // the key was not committed since the snapshot
    STEPDOWN_STORAGE_ABSENT = 2     // and it does not exist
};
// What a commit writes. Every written key is checked as UNCHANGED as well.
enum {
    STEPDOWN_STORAGE_PUT = 1,     // set, whether the key exists or not
    STEPDOWN_STORAGE_PUT_NEW = 2, // set; CONFLICT when the key exists
    STEPDOWN_STORAGE_DELETE = 3   // remove; no matter when the key does not exist
};
// Checks and operations of one commit, borrowed until the slot returns. Operations come in key order, a key once.
typedef struct stepdown_storage_batch stepdown_storage_batch;
STEPDOWN_API size_t stepdown_storage_batch_check_count(const stepdown_storage_batch *batch);
// One of STEPDOWN_STORAGE_UNCHANGED, _ABSENT; 0 past the end.
STEPDOWN_API int32_t stepdown_storage_batch_check_kind(const stepdown_storage_batch *batch, size_t index);
// Key of check `index`; the empty slice past the end. Borrowed until the slot returns.
STEPDOWN_API stepdown_slice stepdown_storage_batch_check_key(const stepdown_storage_batch *batch, size_t index);
STEPDOWN_API size_t stepdown_storage_batch_operation_count(const stepdown_storage_batch *batch);
// One of STEPDOWN_STORAGE_PUT, _PUT_NEW, _DELETE; 0 past the end.
STEPDOWN_API int32_t stepdown_storage_batch_operation_kind(const stepdown_storage_batch *batch, size_t index);
// Key and value of operation `index`; empty slices past the end, empty value for DELETE. Borrowed until the slot
// returns.
STEPDOWN_API stepdown_slice stepdown_storage_batch_operation_key(const stepdown_storage_batch *batch, size_t index);
STEPDOWN_API stepdown_slice stepdown_storage_batch_operation_value(const stepdown_storage_batch *batch, size_t index);

// What `control` is asked to do. A back end returns OK for what it has no need of, UNSUPPORTED for what it cannot do.
enum {
    STEPDOWN_STORAGE_STATISTICS = 1, // give figures with stepdown_storage_sink_figure
    STEPDOWN_STORAGE_CHECKPOINT = 2,
    STEPDOWN_STORAGE_BACKUP = 3, // to stepdown_storage_request_path
    STEPDOWN_STORAGE_VACUUM = 4,
    STEPDOWN_STORAGE_PING = 5
};
typedef struct stepdown_storage_request stepdown_storage_request;
// One of STEPDOWN_STORAGE_STATISTICS … PING; later versions may ask for more, which is UNSUPPORTED.
STEPDOWN_API int32_t stepdown_storage_request_kind(const stepdown_storage_request *request);
// Destination of a backup, UTF-8; "" otherwise. Borrowed until the slot returns.
STEPDOWN_API const char *stepdown_storage_request_path(const stepdown_storage_request *request);

// Where a slot hands its answer. The bytes are copied before these return. On any result but OK (NOMEM, LIMIT, MISUSE)
// the slot stops and returns that result.
typedef struct stepdown_storage_sink stepdown_storage_sink;
// `get`: the value of key `index`. Once for each key that exists, in any order; nothing for absent keys.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_sink_value(stepdown_storage_sink *sink, size_t index,
                                                                           stepdown_slice value);
// `scan`: the next row of the range, in its order.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_sink_row(stepdown_storage_sink *sink,
                                                                         stepdown_slice key, stepdown_slice value);
// `control`: one figure. `name` is made of a-z, 0-9 and underscores.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_sink_figure(stepdown_storage_sink *sink,
                                                                            const char *name, int64_t value);

// A back end. Must be const; later versions add slots at the end only. Every slot must be provided.
typedef struct stepdown_storage_table {
    uint32_t abi;  // STEPDOWN_STORAGE_ABI
    uint32_t size; // sizeof(stepdown_storage_table) as the back end was compiled
    // Make ready. `memory` is borrowed until `destroy`; everything the back end allocates comes from it.
    stepdown_status (*open)(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error);
    // Let go of files and connections. Called once after a successful open, when no transaction is open.
    stepdown_status (*close)(void *ctx, stepdown_error **out_error);
    // Start a transaction. `flags`: 0 or STEPDOWN_STORAGE_WRITE; unknown bits are ignored. `prefetch`: keys that will
    // be read first, a hint, possibly empty. *out_transaction must not be NULL.
    stepdown_status (*begin)(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch, void **out_transaction,
                             stepdown_error **out_error);
    // Read keys. A key may be asked for twice and is then answered twice.
    stepdown_status (*get)(void *ctx, void *transaction, const stepdown_storage_keys *keys, stepdown_storage_sink *sink,
                           stepdown_error **out_error);
    // Read rows in key order.
    stepdown_status (*scan)(void *ctx, void *transaction, const stepdown_storage_range *range,
                            stepdown_storage_sink *sink, stepdown_error **out_error);
    // Check and apply, durably, and end the transaction.
    stepdown_status (*commit)(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                              stepdown_error **out_error);
    // End the transaction without effect. Its result is only reported, never acted upon.
    stepdown_status (*abort)(void *ctx, void *transaction, stepdown_error **out_error);
    // Maintenance. May be called while transactions run.
    stepdown_status (*control)(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                               stepdown_error **out_error);
} stepdown_storage_table;

// Open a storage on a back end: checks and copies the table, calls its `open`. `destroy` (may be NULL) is called with
// `ctx` after `close`, when the last handle is gone. `options` may be NULL; only its allocator matters here.
// `ctx` is consumed on success; on failure the caller still owns it and `destroy` is not called.
// *out_storage is owned by the caller: stepdown_storage_free.
// Returns OK, INVALID (an argument or a slot is NULL), UNSUPPORTED (another ABI), NOMEM, or what `open` returns.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_register(const stepdown_storage_table *table, void *ctx,
                                                                         void (*destroy)(void *ctx),
                                                                         const stepdown_storage_options *options,
                                                                         stepdown_storage **out_storage,
                                                                         stepdown_error **out_error);

// ------------------------------------------------------------------------------------------------- conformance

// What the suite asks its factory for.
enum {
    STEPDOWN_CONFORMANCE_FRESH = 0, // a new, empty store
    STEPDOWN_CONFORMANCE_REOPEN = 1 // the last fresh one again, after it was closed; UNSUPPORTED if it does not last
};
// Opens a store for the suite; *out_storage becomes the suite's, which closes and frees it.
typedef stepdown_status (*stepdown_conformance_factory)(void *ctx, int32_t what, stepdown_storage **out_storage,
                                                        stepdown_error **out_error);

// How much to try.
enum {
    STEPDOWN_CONFORMANCE_QUICK = 0,   // every rule, small numbers: about a second on memory
    STEPDOWN_CONFORMANCE_THOROUGH = 1 // every rule, large numbers: minutes on a durable store
};
// How a rule fared.
enum {
    STEPDOWN_CONFORMANCE_PASSED = 0,
    STEPDOWN_CONFORMANCE_FAILED = 1,
    STEPDOWN_CONFORMANCE_SKIPPED = 2 // the store cannot do what the rule needs, and need not
};

// One result for each rule.
typedef struct stepdown_conformance stepdown_conformance;

// Put a back end through every rule, each on a fresh store, from the calling thread alone. What needs threads,
// processes or power failures is outside its reach and must be tested beside it.
// `factory` is called with `ctx`, borrowed until the call returns. *out_report is owned by the caller:
// stepdown_conformance_free. OK means that the suite ran, not that the rules passed.
// Returns OK, INVALID (factory or out_report is NULL, no such level), NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_storage_conformance(stepdown_conformance_factory factory,
                                                                            void *ctx, int32_t level,
                                                                            stepdown_conformance **out_report,
                                                                            stepdown_error **out_error);
STEPDOWN_API size_t stepdown_conformance_count(const stepdown_conformance *report);
// How many rules failed.
STEPDOWN_API size_t stepdown_conformance_failures(const stepdown_conformance *report);
// Name of rule `index`, such as "commit_is_atomic"; "" past the end. Static text.
STEPDOWN_API const char *stepdown_conformance_name(const stepdown_conformance *report, size_t index);
// One of STEPDOWN_CONFORMANCE_PASSED, _FAILED, _SKIPPED; FAILED past the end.
STEPDOWN_API int32_t stepdown_conformance_result(const stepdown_conformance *report, size_t index);
// What was expected and what came, or why it was skipped; "" when it passed or past the end. Borrowed until freed.
STEPDOWN_API const char *stepdown_conformance_detail(const stepdown_conformance *report, size_t index);
// Free and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_conformance_free(stepdown_conformance **report);

#ifdef __cplusplus
}
#endif
#endif
