// SPDX-License-Identifier: Apache-2.0
// The library's side of a storage back end: the guard that checks every call and every answer, and the transaction
// that gathers checks and operations and sends them in one commit. Back ends: memory.c, sqlite.c.
// Keys to 255 bytes, values to 65,535. Reads see one snapshot; own writes are invisible. May call: base.
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <stepdown/storage.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/env.h"

enum { STORAGE_KEY_MAX = 255, STORAGE_VALUE_MAX = 65535 };

// A row as read. Key and value live in the arena given to the read.
struct row {
    stepdown_slice key, value;
    bool present; // get: false for an absent key
};

// The storage handle: one reference more, one less. The last one closes it.
struct stepdown_storage *storage_retain(struct stepdown_storage *storage);
void storage_release(struct stepdown_storage **storage);

// One reading-and-writing unit. Reuse one object for many transactions: begin … (commit | abort) … begin.
struct transaction {
    struct stepdown_storage *storage;
    const struct env *env;
    void *backend; // the back end's transaction, NULL when none is open
    bool write_intent;
    bool failed;        // only abort is legal
    struct arena arena; // checks and operations
    struct storage_op *ops;
    size_t op_count, op_cap;
    struct storage_check *checks;
    size_t check_count, check_cap;
};
void transaction_init(struct transaction *t, struct stepdown_storage *storage, const struct env *env);
void transaction_free(struct transaction *t); // aborts if open
// `prefetch`: keys that will be read first (a hint for remote back ends), may be NULL.
stepdown_status transaction_begin(struct transaction *t, bool write, const stepdown_slice *prefetch,
                                  size_t prefetch_count, stepdown_error **out_error);
// Read `count` keys; rows[i] answers keys[i]. Bytes are copied into `arena`.
stepdown_status transaction_get(struct transaction *t, const stepdown_slice *keys, size_t count, struct arena *arena,
                                struct row *rows, stepdown_error **out_error);
// Read at most `limit` rows of [from, to), ascending or descending, into rows (array of `limit` in the arena).
// *more: true when the range may hold further rows; resume from the last key (+ 0x00 when ascending).
stepdown_status transaction_scan(struct transaction *t, stepdown_slice from, stepdown_slice to, bool descending,
                                 size_t limit, struct arena *arena, struct row **rows, size_t *count, bool *more,
                                 stepdown_error **out_error);
// Gather. The bytes are copied. LIMIT when a key or value is too long, NOMEM.
stepdown_status transaction_put(struct transaction *t, stepdown_slice key, stepdown_slice value, stepdown_error **e);
stepdown_status transaction_put_new(struct transaction *t, stepdown_slice key, stepdown_slice value,
                                    stepdown_error **e); // CONFLICT at commit when the key exists
stepdown_status transaction_delete(struct transaction *t, stepdown_slice key, stepdown_error **e);
stepdown_status transaction_check_unchanged(struct transaction *t, stepdown_slice key, stepdown_error **e);
stepdown_status transaction_check_absent(struct transaction *t, stepdown_slice key, stepdown_error **e);
// OK means durable. CONFLICT, BUSY, TIMEOUT: nothing applied. UNKNOWN: may have been applied. Always ends the
// transaction, and the object may begin another.
stepdown_status transaction_commit(struct transaction *t, stepdown_error **out_error);
void transaction_abort(struct transaction *t);

#endif
