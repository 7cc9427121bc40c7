// SPDX-License-Identifier: Apache-2.0
// The storage handle: options, registration, counting references and open transactions, closing, maintenance.
// The back end is closed exactly once, by whoever leaves last after the handle was closed.
// May call: base.
#include "base/live.h"
#include "storage/backend.h"

// Bits of stepdown_storage.state above the number of those inside.
enum { STATE_DONE = 1 << 29, STATE_CLOSED = 1 << 30 };

struct stepdown_storage_options storage_options_default(void) {
    return (struct stepdown_storage_options){
        .synchronous = STEPDOWN_STORAGE_SYNC_FULL,
        .busy_timeout = 5000,
        .create = true,
        .cache = 2048,
        .checkpoint = 1000,
    };
}

struct env storage_env(const struct stepdown_storage_options *options) {
    struct env env = env_default();
    if (options != NULL && options->allocate != NULL) {
        env.allocate = options->allocate;
        env.allocate_ctx = options->allocate_ctx;
    }
    return env_memory(&env);
}

static bool table_complete(const stepdown_storage_table *t) {
    return t->open != NULL && t->close != NULL && t->begin != NULL && t->get != NULL && t->scan != NULL &&
           t->commit != NULL && t->abort != NULL && t->control != NULL;
}

static stepdown_status table_check(const struct env *env, const stepdown_storage_table *table,
                                   stepdown_error **out_error) {
    if (table == NULL)
        return status_fail(env, out_error, STEPDOWN_INVALID, "storage: the table is NULL");
    if (table->abi != STEPDOWN_STORAGE_ABI || table->size < sizeof *table)
        return status_fail(env, out_error, STEPDOWN_UNSUPPORTED,
                           "storage: the table has ABI %u and %u bytes; this library needs ABI %u and %zu bytes",
                           (unsigned)table->abi, (unsigned)table->size, STEPDOWN_STORAGE_ABI, sizeof *table);
    if (!table_complete(table))
        return status_fail(env, out_error, STEPDOWN_INVALID, "storage: a slot of the table is NULL");
    return STEPDOWN_OK;
}

stepdown_status storage_register(const stepdown_storage_table *table, void *ctx, void (*destroy)(void *ctx),
                                 const struct stepdown_storage_options *options, struct stepdown_storage **out,
                                 stepdown_error **out_error) {
    struct env env = storage_env(options);
    stepdown_status status = table_check(&env, table, out_error);
    if (status != STEPDOWN_OK)
        return status;
    struct stepdown_storage *storage = env_zalloc(&env, sizeof *storage);
    if (storage == NULL)
        return status_nomem(&env, out_error);
    storage->memory.env = env;
    storage->table = *table;
    storage->ctx = ctx;
    storage->destroy = destroy;
    atomic_store(&storage->references, 1);
    status = guard_judge(storage, GUARD_OPEN, table->open(ctx, &storage->memory, out_error), out_error);
    if (status != STEPDOWN_OK) {
        env_free(&env, storage);
        return status;
    }
    live_add();
    *out = storage;
    return STEPDOWN_OK;
}

struct stepdown_storage *storage_retain(struct stepdown_storage *storage) {
    if (storage != NULL)
        atomic_fetch_add(&storage->references, 1);
    return storage;
}

void storage_release(struct stepdown_storage **storage) {
    if (storage == NULL || *storage == NULL)
        return;
    struct stepdown_storage *s = *storage;
    *storage = NULL;
    if (atomic_fetch_sub(&s->references, 1) != 1)
        return;
    (void)storage_close(s, NULL); // nobody is left to be told
    if (s->destroy != NULL)
        s->destroy(s->ctx);
    struct env env = s->memory.env;
    env_free(&env, s);
    live_remove();
}

// Call the back end's close if the handle is closed and nobody is inside; only one caller gets to do it.
static stepdown_status storage_finish(struct stepdown_storage *storage, stepdown_error **out_error) {
    int32_t idle = STATE_CLOSED;
    if (!atomic_compare_exchange_strong(&storage->state, &idle, STATE_CLOSED | STATE_DONE))
        return STEPDOWN_OK;
    return guard_judge(storage, GUARD_CLOSE, storage->table.close(storage->ctx, out_error), out_error);
}

stepdown_status storage_close(struct stepdown_storage *storage, stepdown_error **out_error) {
    atomic_fetch_or(&storage->state, STATE_CLOSED);
    return storage_finish(storage, out_error);
}

stepdown_status storage_enter(struct stepdown_storage *storage, stepdown_error **out_error) {
    const struct env *env = &storage->memory.env;
    if (atomic_fetch_add(&storage->state, 1) & STATE_CLOSED) {
        storage_leave(storage);
        return status_fail(env, out_error, STEPDOWN_CLOSED, "the storage is closed");
    }
    stepdown_status poison = atomic_load(&storage->poisoned);
    if (poison != STEPDOWN_OK) {
        storage_leave(storage);
        return guard_poisoned(storage, out_error);
    }
    return STEPDOWN_OK;
}

void storage_leave(struct stepdown_storage *storage) {
    if (atomic_fetch_sub(&storage->state, 1) == STATE_CLOSED + 1)
        (void)storage_finish(storage, NULL); // the call that closed the handle has long returned
}

stepdown_status storage_control(struct stepdown_storage *storage, int32_t kind, const char *path,
                                struct buffer *figures, stepdown_error **out_error) {
    stepdown_status status = storage_enter(storage, out_error);
    if (status != STEPDOWN_OK)
        return status;
    const struct stepdown_storage_request request = {.kind = kind, .path = path == NULL ? "" : path};
    struct stepdown_storage_sink sink = {.figures = figures};
    status = storage->table.control(storage->ctx, &request, &sink, out_error);
    status = guard_judge(storage, GUARD_CONTROL, sink.failed ? STEPDOWN_NOMEM : status, out_error);
    if (sink.wrong != NULL)
        status = guard_wrong(storage, &sink, out_error);
    storage_leave(storage);
    return status;
}

stepdown_status storage_statistics(struct stepdown_storage *storage, stepdown_bytes **out_json,
                                   stepdown_error **out_error) {
    const struct env *env = &storage->memory.env;
    struct buffer figures, json;
    buffer_init(&figures, env);
    buffer_init(&json, env);
    stepdown_status status = storage_control(storage, STEPDOWN_STORAGE_STATISTICS, NULL, &figures, out_error);
    if (status != STEPDOWN_OK)
        goto out;
    buffer_text(&json, "{");
    buffer_append(&json, figures.data, figures.size);
    buffer_text(&json, "}");
    status = json.failed ? status_nomem(env, out_error) : bytes_new(env, json.data, json.size, out_json, out_error);
out:
    buffer_free(&figures);
    buffer_free(&json);
    return status;
}
