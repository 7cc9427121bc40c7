// SPDX-License-Identifier: Apache-2.0
// The guard: every call to a back end and every answer passes here. It refuses what is illegal, gathers checks and
// operations, ends the use of a storage that failed, and turns answers that break the contract into errors.
// May call: base.
#include <string.h>

#include "storage/backend.h"

#define BIT(status) (UINT64_C(1) << (status))
#define COMMON                                                                                                         \
    (BIT(STEPDOWN_CONFLICT) | BIT(STEPDOWN_BUSY) | BIT(STEPDOWN_TIMEOUT) | BIT(STEPDOWN_FULL) | BIT(STEPDOWN_IO) |     \
     BIT(STEPDOWN_CORRUPT) | BIT(STEPDOWN_NOMEM) | BIT(STEPDOWN_READONLY) | BIT(STEPDOWN_LIMIT) |                      \
     BIT(STEPDOWN_MISUSE) | BIT(STEPDOWN_HOST))

// For each slot: its name, the failures it may report, whether they end the use of the storage, and what any other
// number is taken for. A commit whose answer means nothing may have been applied.
static const struct {
    const char *name;
    uint64_t allowed;
    bool poisons;
    stepdown_status otherwise;
} slots[] = {
    [GUARD_OPEN] = {"open", COMMON | BIT(STEPDOWN_INVALID) | BIT(STEPDOWN_NOT_FOUND) | BIT(STEPDOWN_UNSUPPORTED), false,
                    STEPDOWN_HOST},
    [GUARD_CLOSE] = {"close", COMMON, false, STEPDOWN_HOST},
    [GUARD_BEGIN] = {"begin", COMMON, true, STEPDOWN_HOST},
    [GUARD_GET] = {"get", COMMON, true, STEPDOWN_HOST},
    [GUARD_SCAN] = {"scan", COMMON, true, STEPDOWN_HOST},
    [GUARD_COMMIT] = {"commit", COMMON | BIT(STEPDOWN_UNKNOWN), true, STEPDOWN_UNKNOWN},
    [GUARD_ABORT] = {"abort", COMMON, true, STEPDOWN_HOST},
    [GUARD_CONTROL] = {"control", COMMON | BIT(STEPDOWN_EXISTS) | BIT(STEPDOWN_UNSUPPORTED), false, STEPDOWN_HOST},
};

static void guard_poison(struct stepdown_storage *storage, stepdown_status status) {
    int32_t sound = STEPDOWN_OK;
    atomic_compare_exchange_strong(&storage->poisoned, &sound, status);
}

stepdown_status guard_poisoned(struct stepdown_storage *storage, stepdown_error **out_error) {
    stepdown_status poison = atomic_load(&storage->poisoned);
    return status_fail(&storage->memory.env, out_error, poison,
                       "the storage failed earlier (%s) and must be opened anew",
                       poison == STEPDOWN_CORRUPT ? "CORRUPT" : "IO");
}

stepdown_status guard_judge(struct stepdown_storage *storage, enum guard_slot slot, stepdown_status status,
                            stepdown_error **out_error) {
    if (status == STEPDOWN_OK)
        return STEPDOWN_OK;
    const struct env *env = &storage->memory.env;
    if (status < 0 || status > 63 || !(slots[slot].allowed & BIT(status))) {
        if (out_error != NULL)
            error_free(out_error); // it speaks of another status
        return status_fail(env, out_error, slots[slot].otherwise, "storage: %s returned %d, which it must not",
                           slots[slot].name, (int)status);
    }
    if (slots[slot].poisons && (status == STEPDOWN_IO || status == STEPDOWN_CORRUPT))
        guard_poison(storage, status);
    if (status == STEPDOWN_NOMEM)
        return status_nomem(env, out_error);
    return status_fail(env, out_error, status, "storage: %s failed and gave no detail", slots[slot].name);
}

stepdown_status guard_wrong(struct stepdown_storage *storage, const struct stepdown_storage_sink *sink,
                            stepdown_error **out_error) {
    guard_poison(storage, STEPDOWN_CORRUPT);
    if (out_error != NULL)
        error_free(out_error); // whatever the back end said, this is what happened
    return status_fail(&storage->memory.env, out_error, STEPDOWN_CORRUPT, "the storage %s", sink->wrong);
}

void transaction_init(struct transaction *t, struct stepdown_storage *storage, const struct env *env) {
    *t = (struct transaction){.storage = storage_retain(storage), .env = env};
    arena_init(&t->arena, env);
}

void transaction_free(struct transaction *t) {
    if (t->env == NULL)
        return; // never initialised, or freed before
    transaction_abort(t);
    env_free(t->env, t->ops);
    env_free(t->env, t->checks);
    arena_free(&t->arena);
    storage_release(&t->storage);
    *t = (struct transaction){.storage = NULL};
}

stepdown_status transaction_begin(struct transaction *t, bool write, const stepdown_slice *prefetch,
                                  size_t prefetch_count, stepdown_error **out_error) {
    if (t->backend != NULL)
        return status_fail(t->env, out_error, STEPDOWN_MISUSE, "begin: the transaction is open already");
    struct stepdown_storage *storage = t->storage;
    stepdown_status status = storage_enter(storage, out_error);
    if (status != STEPDOWN_OK)
        return status;
    const struct stepdown_storage_keys keys = {.list = prefetch, .count = prefetch == NULL ? 0 : prefetch_count};
    void *backend = NULL;
    status = storage->table.begin(storage->ctx, write ? STEPDOWN_STORAGE_WRITE : 0, &keys, &backend, out_error);
    status = guard_judge(storage, GUARD_BEGIN, status, out_error);
    if (status == STEPDOWN_OK && backend == NULL)
        status = status_fail(t->env, out_error, STEPDOWN_HOST, "storage: begin returned OK and no transaction");
    if (status != STEPDOWN_OK) {
        storage_leave(storage);
        return status;
    }
    t->backend = backend;
    t->write_intent = write;
    t->failed = false;
    t->op_count = t->check_count = 0;
    arena_reset(&t->arena);
    return STEPDOWN_OK;
}

static stepdown_status transaction_check_open(struct transaction *t, const char *call, stepdown_error **out_error) {
    if (t->backend == NULL)
        return status_fail(t->env, out_error, STEPDOWN_MISUSE, "%s: no transaction is open", call);
    if (t->failed)
        return status_fail(t->env, out_error, STEPDOWN_MISUSE,
                           "%s: an earlier call of the transaction failed; it can only be aborted", call);
    if (atomic_load(&t->storage->poisoned) != STEPDOWN_OK)
        return guard_poisoned(t->storage, out_error);
    return STEPDOWN_OK;
}

static stepdown_status transaction_fail(struct transaction *t, stepdown_status status) {
    t->failed = true;
    return status;
}

static stepdown_status transaction_check_key(struct transaction *t, stepdown_slice key, stepdown_error **out_error) {
    if (key.size >= 1 && key.size <= STORAGE_KEY_MAX)
        return STEPDOWN_OK;
    return transaction_fail(t, status_fail(t->env, out_error, STEPDOWN_LIMIT,
                                           "storage: a key has %zu bytes; 1 to %d are possible", key.size,
                                           STORAGE_KEY_MAX));
}

// Copy the keys into the arena as rows that are absent so far.
static stepdown_status get_prepare(struct transaction *t, const stepdown_slice *keys, size_t count, struct arena *arena,
                                   struct row *rows, stepdown_error **out_error) {
    for (size_t i = 0; i < count; i++) {
        stepdown_status status = transaction_check_key(t, keys[i], out_error);
        if (status != STEPDOWN_OK)
            return status;
        struct row row = {.present = false};
        if (!arena_slice(arena, keys[i], &row.key))
            return transaction_fail(t, status_nomem(t->env, out_error));
        rows[i] = row;
    }
    return STEPDOWN_OK;
}

// What a read came to, the back end's word and the sink's taken together.
static stepdown_status read_judge(struct transaction *t, enum guard_slot slot, const struct stepdown_storage_sink *sink,
                                  stepdown_status status, stepdown_error **out_error) {
    if (sink->wrong != NULL)
        return transaction_fail(t, guard_wrong(t->storage, sink, out_error));
    status = guard_judge(t->storage, slot, sink->failed ? STEPDOWN_NOMEM : status, out_error);
    return status == STEPDOWN_OK ? STEPDOWN_OK : transaction_fail(t, status);
}

stepdown_status transaction_get(struct transaction *t, const stepdown_slice *keys, size_t count, struct arena *arena,
                                struct row *rows, stepdown_error **out_error) {
    stepdown_status status = transaction_check_open(t, "get", out_error);
    if (status == STEPDOWN_OK)
        status = get_prepare(t, keys, count, arena, rows, out_error);
    if (status != STEPDOWN_OK || count == 0)
        return status;
    const struct stepdown_storage_keys list = {.list = keys, .count = count};
    struct stepdown_storage_sink sink = {.arena = arena, .rows = rows, .count = count, .cap = count};
    status = t->storage->table.get(t->storage->ctx, t->backend, &list, &sink, out_error);
    return read_judge(t, GUARD_GET, &sink, status, out_error);
}

stepdown_status transaction_scan(struct transaction *t, stepdown_slice from, stepdown_slice to, bool descending,
                                 size_t limit, struct arena *arena, struct row **rows, size_t *count, bool *more,
                                 stepdown_error **out_error) {
    stepdown_status status = transaction_check_open(t, "scan", out_error);
    if (status != STEPDOWN_OK)
        return status;
    if (limit == 0)
        return status_fail(t->env, out_error, STEPDOWN_INVALID, "scan: the limit is 0");
    // One row more than wanted tells whether there are more.
    const struct stepdown_storage_range range = {
        .from = from, .to = to, .descending = descending, .limit = limit < SIZE_MAX ? limit + 1 : limit};
    struct stepdown_storage_sink sink = {.arena = arena, .limit = limit, .scanning = true, .range = &range};
    if (to.size == 0 || slice_compare(from, to) < 0) {
        status = t->storage->table.scan(t->storage->ctx, t->backend, &range, &sink, out_error);
        status = read_judge(t, GUARD_SCAN, &sink, status, out_error);
        if (status != STEPDOWN_OK)
            return status;
    }
    *rows = sink.rows;
    *count = sink.count;
    *more = sink.more;
    return STEPDOWN_OK;
}

// Append an operation; key and value are copied as one run of bytes.
static stepdown_status transaction_add(struct transaction *t, int32_t kind, stepdown_slice key, stepdown_slice value,
                                       stepdown_error **out_error) {
    stepdown_status status = transaction_check_open(t, "put", out_error);
    if (status == STEPDOWN_OK)
        status = transaction_check_key(t, key, out_error);
    if (status != STEPDOWN_OK)
        return status;
    if (value.size > STORAGE_VALUE_MAX)
        return transaction_fail(t, status_fail(t->env, out_error, STEPDOWN_LIMIT,
                                               "storage: a value has %zu bytes; at most %d are possible", value.size,
                                               STORAGE_VALUE_MAX));
    uint8_t *bytes = arena_alloc(&t->arena, key.size + value.size);
    void *ops = t->ops;
    if (bytes == NULL || !env_grow(t->env, &ops, &t->op_cap, t->op_count + 1, sizeof *t->ops))
        return transaction_fail(t, status_nomem(t->env, out_error));
    t->ops = ops;
    memcpy(bytes, key.data, key.size);
    if (value.size > 0)
        memcpy(bytes + key.size, value.data, value.size);
    t->ops[t->op_count++] =
        (struct storage_op){.kind = kind, .key = {bytes, key.size}, .value = {bytes + key.size, value.size}};
    return STEPDOWN_OK;
}

stepdown_status transaction_put(struct transaction *t, stepdown_slice key, stepdown_slice value, stepdown_error **e) {
    return transaction_add(t, STEPDOWN_STORAGE_PUT, key, value, e);
}

stepdown_status transaction_put_new(struct transaction *t, stepdown_slice key, stepdown_slice value,
                                    stepdown_error **e) {
    return transaction_add(t, STEPDOWN_STORAGE_PUT_NEW, key, value, e);
}

stepdown_status transaction_delete(struct transaction *t, stepdown_slice key, stepdown_error **e) {
    return transaction_add(t, STEPDOWN_STORAGE_DELETE, key, (stepdown_slice){NULL, 0}, e);
}

static stepdown_status transaction_check(struct transaction *t, int32_t kind, stepdown_slice key,
                                         stepdown_error **out_error) {
    stepdown_status status = transaction_check_open(t, "check", out_error);
    if (status == STEPDOWN_OK)
        status = transaction_check_key(t, key, out_error);
    if (status != STEPDOWN_OK)
        return status;
    struct storage_check check = {.kind = kind};
    void *checks = t->checks;
    if (!arena_slice(&t->arena, key, &check.key) ||
        !env_grow(t->env, &checks, &t->check_cap, t->check_count + 1, sizeof *t->checks))
        return transaction_fail(t, status_nomem(t->env, out_error));
    t->checks = checks;
    t->checks[t->check_count++] = check;
    return STEPDOWN_OK;
}

stepdown_status transaction_check_unchanged(struct transaction *t, stepdown_slice key, stepdown_error **e) {
    return transaction_check(t, STEPDOWN_STORAGE_UNCHANGED, key, e);
}

stepdown_status transaction_check_absent(struct transaction *t, stepdown_slice key, stepdown_error **e) {
    return transaction_check(t, STEPDOWN_STORAGE_ABSENT, key, e);
}

stepdown_status transaction_commit(struct transaction *t, stepdown_error **out_error) {
    stepdown_status status = transaction_check_open(t, "commit", out_error);
    if (t->backend == NULL)
        return status;
    if (status == STEPDOWN_OK && !batch_sort(&t->arena, t->ops, &t->op_count))
        status = status_nomem(t->env, out_error);
    if (status != STEPDOWN_OK || t->op_count + t->check_count == 0) {
        transaction_abort(t);
        return status;
    }
    const struct stepdown_storage_batch batch = {
        .checks = t->checks, .check_count = t->check_count, .ops = t->ops, .op_count = t->op_count};
    struct stepdown_storage *storage = t->storage;
    status = storage->table.commit(storage->ctx, t->backend, &batch, out_error);
    t->backend = NULL;
    status = guard_judge(storage, GUARD_COMMIT, status, out_error);
    storage_leave(storage);
    return status;
}

void transaction_abort(struct transaction *t) {
    if (t->backend == NULL)
        return;
    struct stepdown_storage *storage = t->storage;
    void *backend = t->backend;
    t->backend = NULL;
    // Nothing depends on the result but whether the storage is still sound.
    (void)guard_judge(storage, GUARD_ABORT, storage->table.abort(storage->ctx, backend, NULL), NULL);
    storage_leave(storage);
}
