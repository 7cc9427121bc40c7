// SPDX-License-Identifier: Apache-2.0
// The SQLite store: one table of keys and values, one connection that writes and several that read. A transaction that
// announced its writes holds the write lock from the start, so nothing it read can go stale; one that did not takes the
// lock when it commits and loses (CONFLICT) if anyone wrote since its first read. May call: base.
#include <string.h>

#include "storage/sqlite.h"

static stepdown_status store_check(const struct sqlite_store *store, stepdown_error **out_error) {
    if (!atomic_load(&store->dead))
        return STEPDOWN_OK;
    return status_fail(store->env, out_error, STEPDOWN_IO, "%s: writing failed earlier; open the store anew",
                       store->path);
}

static int64_t store_deadline(const struct sqlite_store *store) {
    return platform_monotonic() + INT64_C(1000) * store->options.busy_timeout;
}

// Wait for the turn to write, in this process; other processes are met in BEGIN IMMEDIATE.
static stepdown_status turn_take(struct sqlite_store *store, int64_t deadline, stepdown_error **out_error) {
    if (store->options.read_only)
        return status_fail(store->env, out_error, STEPDOWN_READONLY, "%s is open for reading only", store->path);
    if (platform_mutex_lock_for(store->turn, deadline - platform_monotonic()))
        return STEPDOWN_OK;
    return status_fail(store->env, out_error, STEPDOWN_BUSY, "%s: another transaction is writing", store->path);
}

static stepdown_status reader_take(struct sqlite_store *store, struct connection **out, stepdown_error **out_error) {
    (void)platform_mutex_lock(store->lock); // never held by a thread that comes here
    struct connection *connection = store->idle;
    if (connection != NULL) {
        store->idle = connection->next;
        store->idle_count--;
    }
    platform_mutex_unlock(store->lock);
    if (connection == NULL)
        return connection_open(store, false, out, out_error);
    *out = connection;
    return STEPDOWN_OK;
}

static void reader_give(struct connection *connection) {
    struct sqlite_store *store = connection->store;
    (void)platform_mutex_lock(store->lock); // never held by a thread that comes here
    bool keep = store->idle_count < SQLITE_STORE_IDLE_MOST;
    if (keep) {
        connection->next = store->idle;
        store->idle = connection;
        store->idle_count++;
    }
    platform_mutex_unlock(store->lock);
    if (!keep)
        connection_close(connection);
}

// The transaction is over on SQLite's side; give back what it used.
static void transaction_end(struct connection *connection) {
    if (connection->writing) {
        connection->writing = false;
        platform_mutex_unlock(connection->store->turn);
    }
    if (connection != connection->store->writer)
        reader_give(connection);
}

// Undo whatever SQLite has not undone by itself.
static void transaction_undo(struct connection *connection) {
    if (!sqlite3_get_autocommit(connection->db) && statement_run(connection, STATEMENT_ROLLBACK) != SQLITE_OK)
        atomic_store(&connection->store->dead, true); // a connection in a state that cannot be known
}

static stepdown_status begin_write(struct sqlite_store *store, struct connection **out, stepdown_error **out_error) {
    int64_t deadline = store_deadline(store);
    stepdown_status status = turn_take(store, deadline, out_error);
    if (status != STEPDOWN_OK)
        return status;
    struct connection *connection = store->writer;
    connection->deadline = deadline;
    connection->writing = true;
    int code = statement_run(connection, STATEMENT_BEGIN_WRITE);
    if (code != SQLITE_OK) {
        status = connection_fail(connection, code, "begin", out_error);
        transaction_undo(connection);
        transaction_end(connection);
        return status;
    }
    *out = connection;
    return STEPDOWN_OK;
}

static stepdown_status begin_read(struct sqlite_store *store, struct connection **out, stepdown_error **out_error) {
    struct connection *connection = NULL;
    stepdown_status status = reader_take(store, &connection, out_error);
    if (status != STEPDOWN_OK)
        return status;
    connection->deadline = store_deadline(store);
    int code = statement_run(connection, STATEMENT_BEGIN);
    if (code != SQLITE_OK) {
        status = connection_fail(connection, code, "begin", out_error);
        transaction_end(connection);
        return status;
    }
    *out = connection;
    return STEPDOWN_OK;
}

static stepdown_status sqlite_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch,
                                    void **out_transaction, stepdown_error **out_error) {
    (void)prefetch; // the page cache is near enough
    struct sqlite_store *store = ctx;
    struct connection *connection = NULL;
    stepdown_status status = store_check(store, out_error);
    if (status == STEPDOWN_OK)
        status = flags & STEPDOWN_STORAGE_WRITE ? begin_write(store, &connection, out_error)
                                                : begin_read(store, &connection, out_error);
    if (status == STEPDOWN_OK)
        *out_transaction = connection;
    return status;
}

static int bind_bytes(sqlite3_stmt *statement, int at, stepdown_slice bytes) {
    // A NULL pointer would bind NULL, which is not the empty value.
    return sqlite3_bind_blob(statement, at, bytes.size == 0 ? "" : (const char *)bytes.data, (int)bytes.size,
                             SQLITE_STATIC);
}

// A column of the current row; false when it does not hold bytes, which we never wrote.
static bool column_bytes(sqlite3_stmt *statement, int at, stepdown_slice *out) {
    if (sqlite3_column_type(statement, at) != SQLITE_BLOB)
        return false;
    const void *data = sqlite3_column_blob(statement, at);
    *out = slice_of(data, (size_t)sqlite3_column_bytes(statement, at));
    return data != NULL || out->size == 0;
}

static stepdown_status column_fail(const struct connection *connection, stepdown_error **out_error) {
    return status_fail(connection->store->env, out_error, STEPDOWN_CORRUPT, "%s: a row does not hold bytes",
                       connection->store->path);
}

// Look one key up. `sink` may be NULL when only *found matters.
static stepdown_status key_read(const struct connection *connection, stepdown_slice key, size_t index,
                                stepdown_storage_sink *sink, bool *found, stepdown_error **out_error) {
    sqlite3_stmt *statement = connection->statements[STATEMENT_GET];
    stepdown_status status = STEPDOWN_OK;
    stepdown_slice value;
    int code = bind_bytes(statement, 1, key);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    *found = code == SQLITE_ROW;
    if (code == SQLITE_ROW && sink != NULL)
        status = column_bytes(statement, 0, &value) ? sink_add_value(sink, index, value)
                                                    : column_fail(connection, out_error);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = connection_fail(connection, code, "get", out_error);
    (void)sqlite3_reset(statement); // repeats the result of the step
    return status;
}

static stepdown_status sqlite_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                  stepdown_storage_sink *sink, stepdown_error **out_error) {
    stepdown_status status = store_check(ctx, out_error);
    bool found = false;
    for (size_t i = 0; i < keys->count && status == STEPDOWN_OK; i++)
        status = key_read(transaction, keys->list[i], i, sink, &found, out_error);
    return status;
}

static stepdown_status rows_read(const struct connection *connection, sqlite3_stmt *statement,
                                 stepdown_storage_sink *sink, stepdown_error **out_error) {
    for (;;) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_DONE)
            return STEPDOWN_OK;
        if (code != SQLITE_ROW)
            return connection_fail(connection, code, "scan", out_error);
        stepdown_slice key, value;
        if (!column_bytes(statement, 0, &key) || !column_bytes(statement, 1, &value))
            return column_fail(connection, out_error);
        stepdown_status status = sink_add_row(sink, key, value);
        if (status != STEPDOWN_OK)
            return status;
    }
}

static stepdown_status sqlite_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                   stepdown_storage_sink *sink, stepdown_error **out_error) {
    stepdown_status status = store_check(ctx, out_error);
    if (status != STEPDOWN_OK)
        return status;
    const struct connection *connection = transaction;
    uint8_t above[STORAGE_KEY_MAX + 1]; // greater than every key
    memset(above, 0xff, sizeof above);
    sqlite3_stmt *statement = connection->statements[range->descending ? STATEMENT_SCAN_DOWN : STATEMENT_SCAN_UP];
    int code = bind_bytes(statement, 1, range->from);
    if (code == SQLITE_OK)
        code = bind_bytes(statement, 2, range->to.size > 0 ? range->to : slice_of(above, sizeof above));
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, range->limit > INT64_MAX ? INT64_MAX : (int64_t)range->limit);
    status = code == SQLITE_OK ? rows_read(connection, statement, sink, out_error)
                               : connection_fail(connection, code, "scan", out_error);
    (void)sqlite3_reset(statement); // repeats the result of the last step
    return status;
}

// Make sure that the snapshot is current and stays so. With announced writes it is, since BEGIN IMMEDIATE.
static stepdown_status commit_lock(struct connection *connection, stepdown_error **out_error) {
    if (connection->writing)
        return STEPDOWN_OK;
    connection->deadline = store_deadline(connection->store);
    stepdown_status status = turn_take(connection->store, connection->deadline, out_error);
    if (status != STEPDOWN_OK)
        return status;
    connection->writing = true;
    int code = statement_run(connection, STATEMENT_TOUCH);
    return code == SQLITE_OK ? STEPDOWN_OK : connection_fail(connection, code, "commit", out_error);
}

static stepdown_status commit_check(const struct connection *connection, const stepdown_storage_batch *batch,
                                    stepdown_error **out_error) {
    for (size_t i = 0; i < batch->check_count; i++) {
        if (batch->checks[i].kind != STEPDOWN_STORAGE_ABSENT)
            continue; // unchanged: nobody has written since the snapshot
        bool found = false;
        stepdown_status status = key_read(connection, batch->checks[i].key, 0, NULL, &found, out_error);
        if (status == STEPDOWN_OK && found)
            status =
                status_fail(connection->store->env, out_error, STEPDOWN_CONFLICT, "a key that had to be absent exists");
        if (status != STEPDOWN_OK)
            return status;
    }
    return STEPDOWN_OK;
}

static stepdown_status commit_apply(const struct connection *connection, const stepdown_storage_batch *batch,
                                    stepdown_error **out_error) {
    static const enum sqlite_statement which[] = {[STEPDOWN_STORAGE_PUT] = STATEMENT_PUT,
                                                  [STEPDOWN_STORAGE_PUT_NEW] = STATEMENT_PUT_NEW,
                                                  [STEPDOWN_STORAGE_DELETE] = STATEMENT_DELETE};
    for (size_t i = 0; i < batch->op_count; i++) {
        const struct storage_op *op = &batch->ops[i];
        sqlite3_stmt *statement = connection->statements[which[op->kind]];
        int code = bind_bytes(statement, 1, op->key);
        if (code == SQLITE_OK && op->kind != STEPDOWN_STORAGE_DELETE)
            code = bind_bytes(statement, 2, op->value);
        if (code == SQLITE_OK)
            code = statement_run(connection, which[op->kind]);
        if (code != SQLITE_OK)
            return connection_fail(connection, code, "commit", out_error);
    }
    return STEPDOWN_OK;
}

// The moment of truth. After a failure here, other than for want of room, the log may or may not hold the transaction:
// it is not in the index of the log, but would be found if the index had to be made anew.
static stepdown_status commit_finish(const struct connection *connection, stepdown_error **out_error) {
    int code = statement_run(connection, STATEMENT_COMMIT);
    if (code == SQLITE_OK)
        return STEPDOWN_OK;
    if ((code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_BUSY)
        return connection_fail(connection, code, "commit", out_error);
    atomic_store(&connection->store->dead, true);
    return status_fail(connection->store->env, out_error, STEPDOWN_UNKNOWN, "%s: commit: %s", connection->store->path,
                       sqlite3_errmsg(connection->db));
}

static stepdown_status sqlite_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                     stepdown_error **out_error) {
    struct connection *connection = transaction;
    stepdown_status status = store_check(ctx, out_error);
    if (status == STEPDOWN_OK)
        status = commit_lock(connection, out_error);
    if (status == STEPDOWN_OK)
        status = commit_check(connection, batch, out_error);
    if (status == STEPDOWN_OK)
        status = commit_apply(connection, batch, out_error);
    if (status == STEPDOWN_OK)
        status = commit_finish(connection, out_error);
    if (status != STEPDOWN_OK)
        transaction_undo(connection);
    transaction_end(connection);
    return status;
}

static stepdown_status sqlite_abort(void *ctx, void *transaction, stepdown_error **out_error) {
    (void)ctx;
    (void)out_error;
    transaction_undo(transaction);
    transaction_end(transaction);
    return STEPDOWN_OK;
}

static stepdown_status control_checkpoint(const struct connection *connection, stepdown_error **out_error) {
    int code = sqlite3_wal_checkpoint_v2(connection->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code == SQLITE_OK)
        return STEPDOWN_OK;
    stepdown_status status = connection_fail(connection, code, "checkpoint", out_error);
    if (status == STEPDOWN_IO || status == STEPDOWN_CORRUPT)
        atomic_store(&connection->store->dead, true); // a failed sync must not be tried again
    return status;
}

static stepdown_status control_vacuum(const struct connection *connection, stepdown_error **out_error) {
    int code = sqlite3_exec(connection->db, "VACUUM", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return connection_fail(connection, code, "vacuum", out_error);
    return control_checkpoint(connection, out_error); // else the old pages would live on in the file
}

// Maintenance that writes waits for its turn like a transaction.
static stepdown_status control_writer(struct sqlite_store *store,
                                      stepdown_status (*run)(const struct connection *connection,
                                                             stepdown_error **out_error),
                                      stepdown_error **out_error) {
    int64_t deadline = store_deadline(store);
    stepdown_status status = turn_take(store, deadline, out_error);
    if (status != STEPDOWN_OK)
        return status;
    store->writer->deadline = deadline;
    status = run(store->writer, out_error);
    platform_mutex_unlock(store->turn);
    return status;
}

// Copy all pages as of one moment into the open, empty database `to`.
static stepdown_status backup_copy(const struct connection *connection, sqlite3 *to, stepdown_error **out_error) {
    const struct sqlite_store *store = connection->store;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", connection->db, "main");
    int code = backup == NULL ? sqlite3_errcode(to) : sqlite3_backup_step(backup, -1);
    int finished = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        code = finished;
    if (code == SQLITE_OK)
        return STEPDOWN_OK;
    stepdown_status status = connection_fail(connection, code, "backup", NULL);
    return status_fail(store->env, out_error, status, "%s: backup: %s", store->path, sqlite3_errstr(code));
}

static stepdown_status control_backup(const struct connection *connection, const stepdown_storage_request *request,
                                      stepdown_error **out_error) {
    const struct sqlite_store *store = connection->store;
    uint8_t *data = NULL;
    size_t size = 0;
    enum platform_file found = platform_read_file(store->env, request->path, 0, &data, &size);
    if (found == PLATFORM_FILE_OK)
        env_free(store->env, data);
    if (found != PLATFORM_FILE_MISSING)
        return status_fail(store->env, out_error, STEPDOWN_EXISTS, "%s exists; a backup overwrites nothing",
                           request->path);
    sqlite3 *to = NULL;
    int code =
        sqlite3_open_v2(request->path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    stepdown_status status = STEPDOWN_OK;
    if (code != SQLITE_OK)
        status = status_fail(store->env, out_error, STEPDOWN_IO, "%s: %s", request->path, sqlite3_errstr(code));
    else
        status = backup_copy(connection, to, out_error);
    (void)sqlite3_close(to); // the copy was synced when the backup was finished
    return status;
}

static stepdown_status control_statistics(const struct connection *connection, const stepdown_storage_request *request,
                                          stepdown_storage_sink *sink, stepdown_error **out_error) {
    (void)request;
    static const struct {
        const char *name, *sql;
    } figures[] = {{"pages", "PRAGMA page_count"},
                   {"free_pages", "PRAGMA freelist_count"},
                   {"page_bytes", "PRAGMA page_size"},
                   {"cache_kib", "SELECT -cache_size FROM pragma_cache_size"}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        int64_t value = 0;
        int code = connection_number(connection, figures[i].sql, &value);
        if (code != SQLITE_OK)
            return connection_fail(connection, code, "statistics", out_error);
        stepdown_status status = sink_add_figure(sink, figures[i].name, value);
        if (status != STEPDOWN_OK)
            return status;
    }
    return STEPDOWN_OK;
}

static stepdown_status control_ping(const struct connection *connection, stepdown_error **out_error) {
    int64_t version = 0;
    int code = connection_number(connection, "PRAGMA user_version", &version);
    return code == SQLITE_OK ? STEPDOWN_OK : connection_fail(connection, code, "ping", out_error);
}

static stepdown_status control_reader(struct sqlite_store *store, const stepdown_storage_request *request,
                                      stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct connection *connection = NULL;
    stepdown_status status = reader_take(store, &connection, out_error);
    if (status != STEPDOWN_OK)
        return status;
    connection->deadline = store_deadline(store);
    if (request->kind == STEPDOWN_STORAGE_BACKUP)
        status = control_backup(connection, request, out_error);
    else if (request->kind == STEPDOWN_STORAGE_STATISTICS)
        status = control_statistics(connection, request, sink, out_error);
    else
        status = control_ping(connection, out_error);
    reader_give(connection);
    return status;
}

static stepdown_status sqlite_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                      stepdown_error **out_error) {
    struct sqlite_store *store = ctx;
    stepdown_status status = store_check(store, out_error);
    if (status != STEPDOWN_OK)
        return status;
    switch (request->kind) {
    case STEPDOWN_STORAGE_CHECKPOINT: return control_writer(store, control_checkpoint, out_error);
    case STEPDOWN_STORAGE_VACUUM: return control_writer(store, control_vacuum, out_error);
    case STEPDOWN_STORAGE_BACKUP:
    case STEPDOWN_STORAGE_STATISTICS:
    case STEPDOWN_STORAGE_PING: return control_reader(store, request, sink, out_error);
    default:
        return status_fail(store->env, out_error, STEPDOWN_UNSUPPORTED, "the SQLite store knows no request %d",
                           (int)request->kind);
    }
}

static void store_stop(struct sqlite_store *store) {
    connection_close(store->writer);
    store->writer = NULL;
    while (store->idle != NULL) {
        struct connection *connection = store->idle;
        store->idle = connection->next;
        connection_close(connection);
    }
    platform_mutex_free(store->env, store->turn);
    platform_mutex_free(store->env, store->lock);
    store->turn = store->lock = NULL;
}

static stepdown_status sqlite_start(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error) {
    struct sqlite_store *store = ctx;
    store->env = &memory->env;
    store->turn = platform_mutex_new(store->env);
    store->lock = platform_mutex_new(store->env);
    stepdown_status status = STEPDOWN_OK;
    struct connection *connection = NULL;
    if (store->turn == NULL || store->lock == NULL)
        status = status_nomem(store->env, out_error);
    else
        status = connection_open(store, true, &connection, out_error);
    if (status != STEPDOWN_OK) {
        store_stop(store);
        return status;
    }
    if (store->options.read_only)
        reader_give(connection);
    else
        store->writer = connection;
    return STEPDOWN_OK;
}

static stepdown_status sqlite_stop(void *ctx, stepdown_error **out_error) {
    (void)out_error;
    store_stop(ctx);
    return STEPDOWN_OK;
}

static void sqlite_destroy(void *ctx) {
    struct sqlite_store *store = ctx;
    const struct env *env = store->env;
    env_free(env, store->path);
    env_free(env, store);
}

static const stepdown_storage_table sqlite_table = {
    .abi = STEPDOWN_STORAGE_ABI,
    .size = sizeof(stepdown_storage_table),
    .open = sqlite_start,
    .close = sqlite_stop,
    .begin = sqlite_begin,
    .get = sqlite_get,
    .scan = sqlite_scan,
    .commit = sqlite_commit,
    .abort = sqlite_abort,
    .control = sqlite_control,
};

stepdown_status sqlite_open(const char *path, const struct stepdown_storage_options *options,
                            struct stepdown_storage **out, stepdown_error **out_error) {
    struct env env = storage_env(options);
    size_t size = strlen(path) + 1;
    struct sqlite_store *store = env_zalloc(&env, sizeof *store);
    char *copy = env_alloc(&env, size);
    stepdown_status status = STEPDOWN_NOMEM;
    if (store == NULL || copy == NULL) {
        status = status_nomem(&env, out_error);
        goto failed;
    }
    memcpy(copy, path, size);
    store->path = copy;
    store->options = options == NULL ? storage_options_default() : *options;
    status = storage_register(&sqlite_table, store, sqlite_destroy, options, out, out_error);
    if (status == STEPDOWN_OK)
        return STEPDOWN_OK;
failed: // `open` leaves nothing behind when it fails
    env_free(&env, copy);
    env_free(&env, store);
    return status;
}
