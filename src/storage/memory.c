// SPDX-License-Identifier: Apache-2.0
// The memory store: a tree of cells, each with its versions, newest first. A transaction reads, for each key, the
// newest version that is not younger than its snapshot. Versions that no open transaction can reach are freed when a
// transaction ends. One mutex guards everything and is never held across two slots.
// May call: base, tree.
#include <string.h>

#include "base/platform.h"
#include "storage/backend.h"
#include "storage/tree.h"

enum { SCAN_CHUNK = 256, SPARE_MOST = 64 };

struct version {
    struct version *older;
    uint64_t stamp; // of the commit that made it
    uint32_t size;
    bool deleted;
    uint8_t data[];
};

struct memory_transaction {
    uint64_t snapshot;
    struct memory_transaction *previous, *next; // open ones, oldest first; spare ones use `next` only
};

struct memory_store {
    const struct env *env;
    struct platform_mutex *lock;
    struct tree tree;
    uint64_t stamp;                          // of the last commit
    struct memory_transaction *first, *last; // open
    struct memory_transaction *spare;
    size_t spare_count, open_count;
    struct cell *garbage_first, *garbage_last; // in the order of their stamps
    size_t version_count, value_bytes;
    struct cell **found; // by a commit, for each operation; NULL: absent
    size_t found_cap;
};

static stepdown_slice cell_slice(const struct cell *cell) { return (stepdown_slice){cell->key, cell->key_size}; }

// The storage's allocator runs while the lock is held; if it calls back into the storage, waiting would be for ever.
static stepdown_status store_lock(struct memory_store *store, stepdown_error **out_error) {
    if (platform_mutex_lock(store->lock))
        return STEPDOWN_OK;
    return status_fail(store->env, out_error, STEPDOWN_MISUSE, "the memory store was called by its own allocator");
}

static struct version *version_new(struct memory_store *store, stepdown_slice value, bool deleted) {
    struct version *version = env_alloc(store->env, sizeof *version + value.size);
    if (version == NULL)
        return NULL;
    *version = (struct version){.stamp = store->stamp + 1, .size = (uint32_t)value.size, .deleted = deleted};
    if (value.size > 0)
        memcpy(version->data, value.data, value.size);
    store->version_count++;
    store->value_bytes += value.size;
    return version;
}

static void version_free(struct memory_store *store, struct version *version) {
    store->version_count--;
    store->value_bytes -= version->size;
    env_free(store->env, version);
}

// The version a snapshot sees; NULL when the key does not exist there.
static const struct version *cell_read(const struct cell *cell, uint64_t snapshot) {
    const struct version *version = cell == NULL ? NULL : cell->latest;
    while (version != NULL && version->stamp > snapshot)
        version = version->older;
    return version != NULL && version->deleted ? NULL : version;
}

static void cell_drop(void *ctx, struct cell *cell) {
    struct memory_store *store = ctx;
    while (cell->latest != NULL) {
        struct version *version = cell->latest;
        cell->latest = version->older;
        version_free(store, version);
    }
    env_free(store->env, cell);
}

// Remember that versions behind the newest one (or a newest one that is a deletion) can go some day.
static void garbage_push(struct memory_store *store, struct cell *cell) {
    if (cell->garbage_queued)
        return;
    cell->garbage_queued = true;
    cell->garbage_stamp = store->stamp;
    cell->garbage_next = NULL;
    if (store->garbage_last != NULL)
        store->garbage_last->garbage_next = cell;
    else
        store->garbage_first = cell;
    store->garbage_last = cell;
}

// Free what no snapshot at or after `oldest` can reach. A cell that is nothing but a deletion leaves the tree.
static void cell_prune(struct memory_store *store, struct cell *cell, uint64_t oldest) {
    struct version *kept = cell->latest;
    while (kept->stamp > oldest && kept->older != NULL)
        kept = kept->older;
    while (kept->older != NULL) {
        struct version *version = kept->older;
        kept->older = version->older;
        version_free(store, version);
    }
    if (cell->latest->deleted && cell->latest->stamp <= oldest) {
        tree_remove(&store->tree, cell);
        cell_drop(store, cell);
    } else if (cell->latest->older != NULL || cell->latest->deleted) {
        garbage_push(store, cell);
    }
}

static void store_prune(struct memory_store *store) {
    uint64_t oldest = store->first != NULL ? store->first->snapshot : store->stamp;
    // A cell that is not done with goes to the end with the current stamp, so the queue stays in order; it is then
    // younger than `oldest`, so this ends.
    while (store->garbage_first != NULL && store->garbage_first->garbage_stamp <= oldest) {
        struct cell *cell = store->garbage_first;
        store->garbage_first = cell->garbage_next;
        if (store->garbage_first == NULL)
            store->garbage_last = NULL;
        cell->garbage_queued = false;
        cell_prune(store, cell, oldest);
    }
}

static stepdown_status memory_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch,
                                    void **out_transaction, stepdown_error **out_error) {
    (void)flags; // writers need not announce themselves
    (void)prefetch;
    struct memory_store *store = ctx;
    stepdown_status status = store_lock(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    struct memory_transaction *transaction = store->spare;
    if (transaction != NULL) {
        store->spare = transaction->next;
        store->spare_count--;
    } else {
        transaction = env_alloc(store->env, sizeof *transaction);
    }
    if (transaction != NULL) {
        *transaction = (struct memory_transaction){.snapshot = store->stamp, .previous = store->last};
        if (store->last != NULL)
            store->last->next = transaction;
        else
            store->first = transaction;
        store->last = transaction;
        store->open_count++;
    }
    platform_mutex_unlock(store->lock);
    if (transaction == NULL)
        return status_nomem(store->env, out_error);
    *out_transaction = transaction;
    return STEPDOWN_OK;
}

// The lock is held.
static void transaction_end(struct memory_store *store, struct memory_transaction *transaction) {
    if (transaction->previous != NULL)
        transaction->previous->next = transaction->next;
    else
        store->first = transaction->next;
    if (transaction->next != NULL)
        transaction->next->previous = transaction->previous;
    else
        store->last = transaction->previous;
    store->open_count--;
    if (store->spare_count < SPARE_MOST) {
        transaction->next = store->spare;
        store->spare = transaction;
        store->spare_count++;
    } else {
        env_free(store->env, transaction);
    }
    store_prune(store);
}

static stepdown_status memory_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                  stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct memory_store *store = ctx;
    const struct memory_transaction *t = transaction;
    stepdown_status status = store_lock(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    for (size_t i = 0; i < keys->count && status == STEPDOWN_OK; i++) {
        const struct version *version = cell_read(tree_find(&store->tree, keys->list[i]), t->snapshot);
        if (version != NULL)
            status = sink_add_value(sink, i, slice_of(version->data, version->size));
    }
    platform_mutex_unlock(store->lock);
    return status;
}

// A part of a scan, under one holding of the lock; others get their turn in between.
struct scan {
    const struct stepdown_storage_range *range;
    uint64_t snapshot;
    size_t left;                         // rows still to give
    uint8_t resume[STORAGE_KEY_MAX + 1]; // last cell passed
    size_t resume_size;                  // 0: not started
    bool done;
};

static struct cursor scan_seek(const struct memory_store *store, const struct scan *scan) {
    if (scan->range->descending)
        return tree_seek_before(&store->tree,
                                scan->resume_size > 0 ? slice_of(scan->resume, scan->resume_size) : scan->range->to);
    if (scan->resume_size == 0)
        return tree_seek(&store->tree, scan->range->from);
    return tree_seek(&store->tree, slice_of(scan->resume, scan->resume_size));
}

static bool scan_ends(const struct scan *scan, const struct cell *cell) {
    const struct stepdown_storage_range *range = scan->range;
    if (cell == NULL || scan->left == 0)
        return true;
    if (range->descending)
        return range->from.size > 0 && slice_compare(cell_slice(cell), range->from) < 0;
    return range->to.size > 0 && slice_compare(cell_slice(cell), range->to) >= 0;
}

static stepdown_status scan_chunk(const struct memory_store *store, struct scan *scan, stepdown_storage_sink *sink) {
    struct cursor cursor = scan_seek(store, scan);
    for (size_t seen = 0; seen < SCAN_CHUNK; seen++) {
        const struct cell *cell = cursor_cell(&cursor);
        scan->done = scan_ends(scan, cell);
        if (scan->done)
            return STEPDOWN_OK;
        const struct version *version = cell_read(cell, scan->snapshot);
        if (version != NULL) {
            stepdown_status status = sink_add_row(sink, cell_slice(cell), slice_of(version->data, version->size));
            if (status != STEPDOWN_OK)
                return status;
            scan->left--;
        }
        memcpy(scan->resume, cell->key, cell->key_size);
        scan->resume[cell->key_size] = 0; // ascending: the least key that is greater
        scan->resume_size = cell->key_size + (scan->range->descending ? 0u : 1u);
        if (scan->range->descending)
            cursor_previous(&cursor);
        else
            cursor_next(&cursor);
    }
    return STEPDOWN_OK;
}

static stepdown_status memory_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                   stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct memory_store *store = ctx;
    const struct memory_transaction *t = transaction;
    struct scan scan = {.range = range, .snapshot = t->snapshot, .left = range->limit};
    stepdown_status status = STEPDOWN_OK;
    while (status == STEPDOWN_OK && !scan.done) {
        status = store_lock(store, out_error);
        if (status != STEPDOWN_OK)
            return status;
        status = scan_chunk(store, &scan, sink);
        platform_mutex_unlock(store->lock);
    }
    return status;
}

static bool cell_changed(const struct cell *cell, uint64_t snapshot) {
    return cell != NULL && cell->latest->stamp > snapshot;
}

static bool cell_exists(const struct cell *cell) { return cell != NULL && !cell->latest->deleted; }

// Does anything that was committed since the snapshot stand in the way? Notes the cells of the operations.
static bool commit_conflicts(struct memory_store *store, uint64_t snapshot, const stepdown_storage_batch *batch) {
    for (size_t i = 0; i < batch->check_count; i++) {
        const struct cell *cell = tree_find(&store->tree, batch->checks[i].key);
        if (cell_changed(cell, snapshot) || (batch->checks[i].kind == STEPDOWN_STORAGE_ABSENT && cell_exists(cell)))
            return true;
    }
    for (size_t i = 0; i < batch->op_count; i++) {
        struct cell *cell = tree_find(&store->tree, batch->ops[i].key);
        if (cell_changed(cell, snapshot) || (batch->ops[i].kind == STEPDOWN_STORAGE_PUT_NEW && cell_exists(cell)))
            return true;
        store->found[i] = cell;
    }
    return false;
}

static struct cell *cell_new(struct memory_store *store, stepdown_slice key) {
    struct cell *cell = env_alloc(store->env, sizeof *cell + key.size);
    if (cell == NULL)
        return NULL;
    *cell = (struct cell){.key_size = (uint16_t)key.size};
    memcpy(cell->key, key.data, key.size);
    if (!tree_insert(&store->tree, cell)) {
        env_free(store->env, cell);
        return NULL;
    }
    return cell;
}

// Put a version in front, in a new cell if *cell is NULL. False: out of memory, nothing changed.
static bool op_apply(struct memory_store *store, const struct storage_op *op, struct cell **cell) {
    bool deletes = op->kind == STEPDOWN_STORAGE_DELETE;
    if (deletes && !cell_exists(*cell)) { // nothing changes, so nobody conflicts with it
        *cell = NULL;
        return true;
    }
    struct version *version = version_new(store, op->value, deletes);
    if (version == NULL)
        return false;
    if (*cell == NULL && (*cell = cell_new(store, op->key)) == NULL) {
        version_free(store, version);
        return false;
    }
    version->older = (*cell)->latest;
    (*cell)->latest = version;
    return true;
}

static void op_undo(struct memory_store *store, struct cell *cell) {
    if (cell == NULL)
        return; // the deletion of an absent key
    struct version *version = cell->latest;
    cell->latest = version->older;
    version_free(store, version);
    if (cell->latest == NULL) {
        tree_remove(&store->tree, cell);
        env_free(store->env, cell);
    }
}

static bool commit_apply(struct memory_store *store, const stepdown_storage_batch *batch) {
    for (size_t i = 0; i < batch->op_count; i++) {
        if (op_apply(store, &batch->ops[i], &store->found[i]))
            continue;
        while (i-- > 0)
            op_undo(store, store->found[i]);
        return false;
    }
    store->stamp++;
    for (size_t i = 0; i < batch->op_count; i++) {
        struct cell *cell = store->found[i];
        if (cell != NULL && (cell->latest->older != NULL || cell->latest->deleted))
            garbage_push(store, cell);
    }
    return true;
}

static stepdown_status commit_try(struct memory_store *store, uint64_t snapshot, const stepdown_storage_batch *batch) {
    void *found = store->found;
    if (!env_grow(store->env, &found, &store->found_cap, batch->op_count, sizeof *store->found))
        return STEPDOWN_NOMEM;
    store->found = found;
    if (commit_conflicts(store, snapshot, batch))
        return STEPDOWN_CONFLICT;
    return commit_apply(store, batch) ? STEPDOWN_OK : STEPDOWN_NOMEM;
}

static stepdown_status memory_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                     stepdown_error **out_error) {
    struct memory_store *store = ctx;
    struct memory_transaction *t = transaction;
    stepdown_status status = store_lock(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    status = commit_try(store, t->snapshot, batch);
    transaction_end(store, t);
    platform_mutex_unlock(store->lock);
    if (status == STEPDOWN_CONFLICT)
        return status_fail(store->env, out_error, status, "a key of the transaction was changed by another");
    return status;
}

static stepdown_status memory_abort(void *ctx, void *transaction, stepdown_error **out_error) {
    struct memory_store *store = ctx;
    stepdown_status status = store_lock(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    transaction_end(store, transaction);
    platform_mutex_unlock(store->lock);
    return STEPDOWN_OK;
}

static stepdown_status memory_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                      stepdown_error **out_error) {
    struct memory_store *store = ctx;
    if (request->kind == STEPDOWN_STORAGE_BACKUP)
        return status_fail(store->env, out_error, STEPDOWN_UNSUPPORTED, "a memory store cannot be backed up");
    if (request->kind != STEPDOWN_STORAGE_STATISTICS)
        return STEPDOWN_OK; // nothing to do
    stepdown_status status = store_lock(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    const struct {
        const char *name;
        size_t value;
    } figures[] = {{"keys", store->tree.count},
                   {"versions", store->version_count},
                   {"value_bytes", store->value_bytes},
                   {"nodes", store->tree.nodes},
                   {"transactions", store->open_count}};
    platform_mutex_unlock(store->lock);
    for (size_t i = 0; i < sizeof figures / sizeof *figures && status == STEPDOWN_OK; i++)
        status = sink_add_figure(sink, figures[i].name, (int64_t)figures[i].value);
    return status;
}

static stepdown_status memory_start(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error) {
    struct memory_store *store = ctx;
    store->lock = platform_mutex_new(&memory->env);
    if (store->lock == NULL)
        return status_nomem(&memory->env, out_error);
    store->env = &memory->env;
    tree_init(&store->tree, store->env);
    return STEPDOWN_OK;
}

static stepdown_status memory_close(void *ctx, stepdown_error **out_error) {
    (void)out_error;
    struct memory_store *store = ctx;
    tree_free(&store->tree, cell_drop, store);
    env_free(store->env, store->found);
    while (store->spare != NULL) {
        struct memory_transaction *transaction = store->spare;
        store->spare = transaction->next;
        env_free(store->env, transaction);
    }
    return STEPDOWN_OK;
}

static void memory_destroy(void *ctx) {
    struct memory_store *store = ctx;
    const struct env *env = store->env;
    platform_mutex_free(env, store->lock);
    env_free(env, store);
}

static const stepdown_storage_table memory_table = {
    .abi = STEPDOWN_STORAGE_ABI,
    .size = sizeof(stepdown_storage_table),
    .open = memory_start,
    .close = memory_close,
    .begin = memory_begin,
    .get = memory_get,
    .scan = memory_scan,
    .commit = memory_commit,
    .abort = memory_abort,
    .control = memory_control,
};

stepdown_status memory_open(const struct stepdown_storage_options *options, struct stepdown_storage **out,
                            stepdown_error **out_error) {
    struct env env = storage_env(options);
    struct memory_store *store = env_zalloc(&env, sizeof *store);
    if (store == NULL)
        return status_nomem(&env, out_error);
    stepdown_status status = storage_register(&memory_table, store, memory_destroy, options, out, out_error);
    if (status != STEPDOWN_OK)
        env_free(&env, store); // `open` leaves nothing behind when it fails
    return status;
}
