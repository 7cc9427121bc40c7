// SPDX-License-Identifier: Apache-2.0
// What stands behind the opaque types of <stepdown/storage.h>: the lists a back end reads, the sink it answers into,
// the handle and its options. Shared by the guard, the built-in back ends and the exported accessors.
// May call: base.
#ifndef STORAGE_BACKEND_H
#define STORAGE_BACKEND_H

#include <stdatomic.h>

#include "base/error.h"
#include "base/status.h"
#include "storage/storage.h"

struct stepdown_storage_memory {
    struct env env; // only the allocator is filled in
};

struct stepdown_storage_keys {
    const stepdown_slice *list;
    size_t count;
};

struct stepdown_storage_range {
    stepdown_slice from, to; // empty: unbounded
    bool descending;
    size_t limit;
};

struct storage_check {
    int32_t kind; // STEPDOWN_STORAGE_UNCHANGED, ABSENT
    stepdown_slice key;
};

struct storage_op {
    int32_t kind; // STEPDOWN_STORAGE_PUT, PUT_NEW, DELETE
    stepdown_slice key, value;
};

struct stepdown_storage_batch {
    const struct storage_check *checks;
    size_t check_count;
    const struct storage_op *ops; // sorted by key, each key once
    size_t op_count;
};

struct stepdown_storage_request {
    int32_t kind;
    const char *path;
};

// Copies rows into an arena (get, scan) or figures into a buffer (control).
struct stepdown_storage_sink {
    struct arena *arena;
    struct row *rows;
    size_t count, cap;
    size_t limit; // rows to keep; one more only sets `more`
    bool scanning, more;
    const struct stepdown_storage_range *range;
    struct buffer *figures;
    bool failed;       // memory ran out, whatever the back end makes of it
    const char *wrong; // what the back end did against the contract, NULL: nothing
};
stepdown_status sink_add_value(struct stepdown_storage_sink *sink, size_t index, stepdown_slice value);
stepdown_status sink_add_row(struct stepdown_storage_sink *sink, stepdown_slice key, stepdown_slice value);
stepdown_status sink_add_figure(struct stepdown_storage_sink *sink, const char *name, int64_t value);

// Sort by key and keep the last operation of each key. False: out of memory, order undefined.
bool batch_sort(struct arena *scratch, struct storage_op *ops, size_t *count);

struct stepdown_storage_options {
    stepdown_allocate_fn allocate; // NULL: the default
    void *allocate_ctx;
    int32_t synchronous;  // STEPDOWN_STORAGE_SYNC_*
    int32_t busy_timeout; // ms
    bool create, read_only;
    int32_t cache;      // KiB
    int32_t checkpoint; // pages, 0: never by itself
};
struct stepdown_storage_options storage_options_default(void);

struct stepdown_storage {
    struct stepdown_storage_memory memory;
    stepdown_storage_table table;
    void *ctx;
    void (*destroy)(void *ctx);
    _Atomic(int32_t) references;
    _Atomic(int32_t) state;    // open transactions and running controls, plus STATE_* bits
    _Atomic(int32_t) poisoned; // OK, or IO or CORRUPT: what ended its use
};

// The allocator that `options` (may be NULL) asks for.
struct env storage_env(const struct stepdown_storage_options *options);
stepdown_status storage_register(const stepdown_storage_table *table, void *ctx, void (*destroy)(void *ctx),
                                 const struct stepdown_storage_options *options, struct stepdown_storage **out,
                                 stepdown_error **out_error);
stepdown_status storage_close(struct stepdown_storage *storage, stepdown_error **out_error);
// `figures` receives "name":value pairs separated by commas; NULL unless the kind is STATISTICS.
stepdown_status storage_control(struct stepdown_storage *storage, int32_t kind, const char *path,
                                struct buffer *figures, stepdown_error **out_error);
// All figures as one JSON object.
stepdown_status storage_statistics(struct stepdown_storage *storage, stepdown_bytes **out_json,
                                   stepdown_error **out_error);

// Count one more inside (a transaction, a control); CLOSED, IO or CORRUPT when the storage is out of use.
stepdown_status storage_enter(struct stepdown_storage *storage, stepdown_error **out_error);
void storage_leave(struct stepdown_storage *storage);

// What a slot's answer means: OK, or the failure with an error in *out_error, which is made if the back end gave none.
enum guard_slot {
    GUARD_OPEN,
    GUARD_CLOSE,
    GUARD_BEGIN,
    GUARD_GET,
    GUARD_SCAN,
    GUARD_COMMIT,
    GUARD_ABORT,
    GUARD_CONTROL
};
stepdown_status guard_judge(struct stepdown_storage *storage, enum guard_slot slot, stepdown_status status,
                            stepdown_error **out_error);
// CORRUPT, for a sink that was given what cannot be.
stepdown_status guard_wrong(struct stepdown_storage *storage, const struct stepdown_storage_sink *sink,
                            stepdown_error **out_error);
stepdown_status guard_poisoned(struct stepdown_storage *storage, stepdown_error **out_error);

// The built-in back ends.
stepdown_status memory_open(const struct stepdown_storage_options *options, struct stepdown_storage **out,
                            stepdown_error **out_error);
stepdown_status sqlite_open(const char *path, const struct stepdown_storage_options *options,
                            struct stepdown_storage **out, stepdown_error **out_error);

#endif
