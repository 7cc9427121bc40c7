// SPDX-License-Identifier: Apache-2.0
// Opening a SQLite file: is it ours, is it new, is it one we understand? A file that is not ours is never changed.
// May call: base.
#include <stdio.h>
#include <string.h>

#include "storage/sqlite.h"

enum { SQL_ROOM = 256, WAIT_FIRST = 50, WAIT_MOST = 1000 /* microseconds */ };

static const char *const statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN",
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_GET] = "SELECT v FROM kv WHERE k = ?1",
    [STATEMENT_SCAN_UP] = "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k LIMIT ?3",
    [STATEMENT_SCAN_DOWN] = "SELECT k, v FROM kv WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT ?3",
    [STATEMENT_TOUCH] = "DELETE FROM kv WHERE k = x''",
    [STATEMENT_PUT] = "REPLACE INTO kv (k, v) VALUES (?1, ?2)",
    [STATEMENT_PUT_NEW] = "INSERT INTO kv (k, v) VALUES (?1, ?2)",
    [STATEMENT_DELETE] = "DELETE FROM kv WHERE k = ?1",
};

// What results of SQLite mean. Those not listed mean an error of ours.
static const struct {
    int code; // extended ones first, then primary
    stepdown_status status;
} meanings[] = {
    {SQLITE_BUSY_SNAPSHOT, STEPDOWN_CONFLICT},
    {SQLITE_IOERR_NOMEM, STEPDOWN_NOMEM},
    {SQLITE_BUSY, STEPDOWN_BUSY},
    {SQLITE_LOCKED, STEPDOWN_BUSY},
    {SQLITE_CONSTRAINT, STEPDOWN_CONFLICT},
    {SQLITE_NOMEM, STEPDOWN_NOMEM},
    {SQLITE_FULL, STEPDOWN_FULL},
    {SQLITE_READONLY, STEPDOWN_READONLY},
    {SQLITE_CORRUPT, STEPDOWN_CORRUPT},
    {SQLITE_NOTADB, STEPDOWN_CORRUPT},
    {SQLITE_FORMAT, STEPDOWN_CORRUPT},
    {SQLITE_TOOBIG, STEPDOWN_LIMIT},
    {SQLITE_IOERR, STEPDOWN_IO},
    {SQLITE_CANTOPEN, STEPDOWN_IO},
    {SQLITE_PROTOCOL, STEPDOWN_IO},
    {SQLITE_PERM, STEPDOWN_IO},
    {SQLITE_AUTH, STEPDOWN_IO},
    {SQLITE_NOLFS, STEPDOWN_IO},
    {SQLITE_INTERRUPT, STEPDOWN_IO},
};

static stepdown_status result_status(int code) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code || meanings[i].code == (code & 0xff))
            return meanings[i].status;
    return STEPDOWN_CORRUPT; // such as a missing table: the file is not what it says it is
}

stepdown_status connection_fail(const struct connection *connection, int code, const char *doing,
                                stepdown_error **out_error) {
    const struct env *env = connection->store->env;
    stepdown_status status = result_status(code);
    if (status == STEPDOWN_NOMEM)
        return status_nomem(env, out_error);
    const char *words = connection->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(connection->db);
    status_fail(env, out_error, status, "%s: %s: %s", connection->store->path, doing, words);
    status_detail(out_error, "sqlite", "%d", code);
    return status;
}

int statement_run(const struct connection *connection, enum sqlite_statement which) {
    sqlite3_stmt *statement = connection->statements[which];
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement); // repeats the result of the step
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int connection_number(const struct connection *connection, const char *sql, int64_t *out) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *out = sqlite3_column_int64(statement, 0);
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement); // repeats the result of the step
    return code;
}

// SQLite asks whether to go on waiting for another process.
static int busy_wait(void *ctx, int count) {
    const struct connection *connection = ctx;
    int64_t left = connection->deadline - platform_monotonic();
    if (left <= 0)
        return 0;
    int64_t wait = count < 5 ? (int64_t)WAIT_FIRST << count : WAIT_MOST;
    platform_sleep(wait < left ? wait : left);
    return 1;
}

static int connection_exec(const struct connection *connection, const char *sql) {
    return sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
}

static stepdown_status connection_prepare(struct connection *connection, stepdown_error **out_error) {
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        int code = sqlite3_prepare_v3(connection->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &connection->statements[i], NULL);
        if (code != SQLITE_OK)
            return connection_fail(connection, code, "preparing", out_error);
    }
    return STEPDOWN_OK;
}

// Settings that belong to the connection and not to the file.
static stepdown_status connection_configure(const struct connection *connection, stepdown_error **out_error) {
    const struct stepdown_storage_options *options = &connection->store->options;
    char sql[SQL_ROOM];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA synchronous = %s; PRAGMA cache_size = -%d; PRAGMA secure_delete = ON;"
                   "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0",
                   options->synchronous == STEPDOWN_STORAGE_SYNC_NORMAL ? "NORMAL" : "FULL", (int)options->cache);
    int code = connection_exec(connection, sql);
    if (code == SQLITE_OK)
        code = sqlite3_wal_autocheckpoint(connection->db, (int)options->checkpoint);
    return code == SQLITE_OK ? STEPDOWN_OK : connection_fail(connection, code, "configuring", out_error);
}

enum identity { IDENTITY_OURS, IDENTITY_EMPTY, IDENTITY_FOREIGN, IDENTITY_NEWER };

// Whose file is it? Reads only.
static int connection_identify(const struct connection *connection, enum identity *out) {
    int64_t application = 0, version = 0, tables = 0;
    int code = connection_number(connection, "PRAGMA application_id", &application);
    if (code == SQLITE_OK)
        code = connection_number(connection, "PRAGMA user_version", &version);
    if (code == SQLITE_OK)
        code = connection_number(connection, "SELECT count(*) FROM sqlite_schema", &tables);
    if (code != SQLITE_OK)
        return code;
    if (application == SQLITE_STORE_APPLICATION)
        *out = version == SQLITE_STORE_VERSION ? IDENTITY_OURS : IDENTITY_NEWER;
    else
        *out = application == 0 && version == 0 && tables == 0 ? IDENTITY_EMPTY : IDENTITY_FOREIGN;
    return SQLITE_OK;
}

static stepdown_status identity_refuse(const struct connection *connection, enum identity identity,
                                       stepdown_error **out_error) {
    static const char *const words[] = {
        [IDENTITY_OURS] = "",
        [IDENTITY_EMPTY] = "is empty, and is not to be created",
        [IDENTITY_FOREIGN] = "is a database of another program",
        [IDENTITY_NEWER] = "was written by a version that this library does not know",
    };
    return status_fail(connection->store->env, out_error, STEPDOWN_UNSUPPORTED, "%s %s", connection->store->path,
                       words[identity]);
}

// Make an empty file a store, in one transaction; another process may be doing the same.
static stepdown_status file_create(const struct connection *connection, stepdown_error **out_error) {
    int code = connection_exec(connection, "BEGIN IMMEDIATE");
    enum identity identity = IDENTITY_EMPTY;
    if (code == SQLITE_OK)
        code = connection_identify(connection, &identity);
    if (code == SQLITE_OK && identity == IDENTITY_EMPTY) {
        char sql[SQL_ROOM];
        (void)snprintf(sql, sizeof sql,
                       "CREATE TABLE kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;"
                       "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       SQLITE_STORE_APPLICATION, SQLITE_STORE_VERSION);
        code = connection_exec(connection, sql);
    }
    if (code == SQLITE_OK)
        code = connection_exec(connection, "COMMIT");
    if (code == SQLITE_OK)
        return STEPDOWN_OK;
    stepdown_status status = connection_fail(connection, code, "creating", out_error);
    (void)connection_exec(connection, "ROLLBACK"); // the connection is about to be closed
    return status;
}

// Switch to the write-ahead log. SQLite answers with the mode that holds afterwards.
static stepdown_status file_log(const struct connection *connection, stepdown_error **out_error) {
    sqlite3_stmt *statement = NULL;
    bool wal = false;
    int code = sqlite3_prepare_v2(connection->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const unsigned char *mode = sqlite3_column_text(statement, 0);
        wal = mode != NULL && strcmp((const char *)mode, "wal") == 0;
    }
    (void)sqlite3_finalize(statement); // repeats the result of the step
    if (code != SQLITE_ROW)
        return connection_fail(connection, code, "switching to the write-ahead log", out_error);
    if (!wal)
        return status_fail(connection->store->env, out_error, STEPDOWN_UNSUPPORTED,
                           "%s: this place cannot hold a write-ahead log", connection->store->path);
    return STEPDOWN_OK;
}

static enum platform_file file_probe(const struct sqlite_store *store) {
    uint8_t *data = NULL;
    size_t size = 0;
    enum platform_file found = platform_read_file(store->env, store->path, 0, &data, &size);
    if (found == PLATFORM_FILE_OK)
        env_free(store->env, data);
    return found;
}

// A file of less than a page has no pages for SQLite and would pass for an empty one. Whatever it is, it is not ours.
static int file_identify(const struct connection *connection, enum identity *out) {
    enum platform_file found = file_probe(connection->store);
    if (found == PLATFORM_FILE_NOMEM)
        return SQLITE_NOMEM;
    bool has_bytes = found == PLATFORM_FILE_TOO_LARGE;
    int64_t pages = 0;
    int code = connection_identify(connection, out);
    if (code == SQLITE_OK && has_bytes && *out == IDENTITY_EMPTY)
        code = connection_number(connection, "PRAGMA page_count", &pages);
    if (code == SQLITE_OK && has_bytes && *out == IDENTITY_EMPTY && pages == 0)
        code = SQLITE_NOTADB;
    return code;
}

// Recognise the file, or make it what it has to be.
static stepdown_status file_prepare(const struct connection *connection, stepdown_error **out_error) {
    const struct stepdown_storage_options *options = &connection->store->options;
    enum identity identity = IDENTITY_FOREIGN;
    int code = file_identify(connection, &identity);
    if (code == SQLITE_NOTADB)
        return status_fail(connection->store->env, out_error, STEPDOWN_UNSUPPORTED, "%s is not a SQLite database",
                           connection->store->path);
    if (code != SQLITE_OK)
        return connection_fail(connection, code, "reading", out_error);
    bool create = options->create && !options->read_only;
    if (identity != IDENTITY_OURS && !(identity == IDENTITY_EMPTY && create))
        return identity_refuse(connection, identity, out_error);
    if (options->read_only)
        return STEPDOWN_OK;
    if (identity == IDENTITY_EMPTY) {
        code = connection_exec(connection, "PRAGMA page_size = 4096");
        if (code != SQLITE_OK)
            return connection_fail(connection, code, "creating", out_error);
    }
    stepdown_status status = file_log(connection, out_error);
    if (status == STEPDOWN_OK && identity == IDENTITY_EMPTY)
        status = file_create(connection, out_error);
    return status;
}

// Why could the file not be opened? SQLite does not tell a missing one apart.
static stepdown_status open_fail(const struct connection *connection, int code, stepdown_error **out_error) {
    const struct sqlite_store *store = connection->store;
    bool must_exist = !store->options.create || store->options.read_only;
    if ((code & 0xff) == SQLITE_CANTOPEN && must_exist && file_probe(store) == PLATFORM_FILE_MISSING)
        return status_fail(store->env, out_error, STEPDOWN_NOT_FOUND, "%s: no such file", store->path);
    return connection_fail(connection, code, "opening", out_error);
}

static stepdown_status connection_start(struct connection *connection, bool first, stepdown_error **out_error) {
    const struct sqlite_store *store = connection->store;
    int flags = SQLITE_OPEN_NOMUTEX;
    flags |= store->options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (first && store->options.create && !store->options.read_only)
        flags |= SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(store->path, &connection->db, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(connection->db, 1);
    if (code == SQLITE_OK)
        code = sqlite3_busy_handler(connection->db, busy_wait, connection);
    if (code != SQLITE_OK)
        return open_fail(connection, code, out_error);
    stepdown_status status = first ? file_prepare(connection, out_error) : STEPDOWN_OK;
    if (status == STEPDOWN_OK)
        status = connection_configure(connection, out_error);
    if (status == STEPDOWN_OK)
        status = connection_prepare(connection, out_error);
    return status;
}

static void connection_stop(struct connection *connection) {
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(connection->statements[i]); // repeats an old result
        connection->statements[i] = NULL;
    }
    (void)sqlite3_close(connection->db); // cannot fail: every statement is finalized
    connection->db = NULL;
}

stepdown_status connection_open(struct sqlite_store *store, bool first, struct connection **out,
                                stepdown_error **out_error) {
    struct connection *connection = env_zalloc(store->env, sizeof *connection);
    if (connection == NULL)
        return status_nomem(store->env, out_error);
    connection->store = store;
    connection->deadline = platform_monotonic() + INT64_C(1000) * store->options.busy_timeout;
    stepdown_error *error = NULL;
    stepdown_status status = connection_start(connection, first, &error);
    // Some steps of opening do not ask the busy handler, such as the change to the write-ahead log.
    for (int count = 0; status == STEPDOWN_BUSY && busy_wait(connection, count); count++) {
        error_free(&error);
        connection_stop(connection);
        status = connection_start(connection, first, &error);
    }
    if (status == STEPDOWN_OK) {
        *out = connection;
        return STEPDOWN_OK;
    }
    connection_close(connection);
    if (out_error != NULL)
        *out_error = error;
    else
        error_free(&error);
    return status;
}

void connection_close(struct connection *connection) {
    if (connection == NULL)
        return;
    connection_stop(connection);
    env_free(connection->store->env, connection);
}
