// SPDX-License-Identifier: Apache-2.0
// The SQLite store's connections: how a file is opened, recognised or made, and what SQLite's codes mean here.
// Shared by sqlite.c (the slots) and sqlite_file.c. May call: base.
#ifndef STORAGE_SQLITE_H
#define STORAGE_SQLITE_H

#include <sqlite3.h>

#include "base/platform.h"
#include "storage/backend.h"

enum { SQLITE_STORE_APPLICATION = 0x73747064 /* "stpd" */, SQLITE_STORE_VERSION = 1, SQLITE_STORE_IDLE_MOST = 8 };

enum sqlite_statement {
    STATEMENT_BEGIN,
    STATEMENT_BEGIN_WRITE,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_GET,
    STATEMENT_SCAN_UP,
    STATEMENT_SCAN_DOWN,
    STATEMENT_TOUCH, // takes the write lock and changes nothing
    STATEMENT_PUT,
    STATEMENT_PUT_NEW,
    STATEMENT_DELETE,
    STATEMENT_COUNT
};

// A connection serves one transaction at a time, and is what the guard knows as the transaction.
struct connection {
    struct sqlite_store *store;
    struct connection *next; // idle ones
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t deadline; // monotonic: when waiting for others ends
    bool writing;     // holds the store's turn to write
};

struct sqlite_store {
    const struct env *env;
    char *path;
    struct stepdown_storage_options options;
    struct platform_mutex *turn; // to write; held from begin to commit or abort
    struct platform_mutex *lock; // guards the idle list, never held for long
    struct connection *writer;   // NULL when the store is read-only
    struct connection *idle;
    size_t idle_count;
    atomic_bool dead; // a commit or checkpoint failed half-way: only opening anew tells what is on disk
};

// Open the store's file once more. When `first`, recognise it, or make it what it has to be.
stepdown_status connection_open(struct sqlite_store *store, bool first, struct connection **out,
                                stepdown_error **out_error);
void connection_close(struct connection *connection); // NULL-safe
// One of the status codes for a result of SQLite; with an error that carries SQLite's own words.
stepdown_status connection_fail(const struct connection *connection, int code, const char *doing,
                                stepdown_error **out_error);
// Run a statement that gives no rows. Result of SQLite.
int statement_run(const struct connection *connection, enum sqlite_statement which);
// The first column of the first row of `sql`. Result of SQLite; SQLITE_OK also when there is no row: *out unchanged.
int connection_number(const struct connection *connection, const char *sql, int64_t *out);

#endif
