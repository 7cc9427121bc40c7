// SPDX-License-Identifier: Apache-2.0
// The floors: SQLite by bare calls, and the memory store with nothing but records encoded, hashed and stored.
#include "bench/floor.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "bench/bench.h"
#include "record/record.h"
#include "storage/storage.h"

// ---- SQLite --------------------------------------------------------------------------------------------------------------

enum { BARE_BEGIN, BARE_COMMIT, BARE_PUT, BARE_PUT_NEW, BARE_DELETE, BARE_COUNT };

struct bare {
    sqlite3 *db;
    sqlite3_stmt *statements[BARE_COUNT];
};

static void bare_must(struct bare *b, bool fine) {
    if (!fine) {
        fprintf(stderr, "bare SQLite: %s\n", sqlite3_errmsg(b->db));
        exit(2);
    }
}

struct bare *bare_open(const char *path, const char *synchronous) {
    static const char *const statements[BARE_COUNT] = {
        [BARE_BEGIN] = "BEGIN IMMEDIATE",
        [BARE_COMMIT] = "COMMIT",
        [BARE_PUT] = "REPLACE INTO kv (k, v) VALUES (?1, ?2)",
        [BARE_PUT_NEW] = "INSERT INTO kv (k, v) VALUES (?1, ?2)",
        [BARE_DELETE] = "DELETE FROM kv WHERE k = ?1",
    };
    char sql[256];
    struct bare *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bare_must(b, sqlite3_open_v2(path, &b->db, flags, NULL) == SQLITE_OK);
    snprintf(sql, sizeof sql,
             "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA cache_size=-2048;"
             "CREATE TABLE IF NOT EXISTS kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
             synchronous);
    bare_must(b, sqlite3_exec(b->db, sql, NULL, NULL, NULL) == SQLITE_OK);
    for (int i = 0; i < BARE_COUNT; i++)
        bare_must(b, sqlite3_prepare_v2(b->db, statements[i], -1, &b->statements[i], NULL) == SQLITE_OK);
    return b;
}

void bare_close(struct bare *b) {
    for (int i = 0; i < BARE_COUNT; i++)
        sqlite3_finalize(b->statements[i]);
    bare_must(b, sqlite3_close(b->db) == SQLITE_OK);
    free(b);
}

static void bare_step(struct bare *b, int which) {
    bare_must(b, sqlite3_step(b->statements[which]) == SQLITE_DONE);
    sqlite3_reset(b->statements[which]);
}

static void bare_bind(struct bare *b, int which, int at, stepdown_slice bytes) {
    bare_must(b, sqlite3_bind_blob(b->statements[which], at, bytes.data, (int)bytes.size, SQLITE_STATIC) == SQLITE_OK);
}

void bare_play(struct bare *b, const struct tape *tape, size_t from, size_t to) {
    static const int which[] = {[STEPDOWN_STORAGE_PUT] = BARE_PUT,
                                [STEPDOWN_STORAGE_PUT_NEW] = BARE_PUT_NEW,
                                [STEPDOWN_STORAGE_DELETE] = BARE_DELETE};
    for (size_t commit = from; commit < to; commit++) {
        bare_step(b, BARE_BEGIN);
        for (size_t op = tape_first(tape, commit); op < tape->ends[commit]; op++) {
            int statement = which[tape->ops[op].kind];
            bare_bind(b, statement, 1, tape_key(tape, op));
            if (statement != BARE_DELETE)
                bare_bind(b, statement, 2, tape_value(tape, op));
            bare_step(b, statement);
        }
        bare_step(b, BARE_COMMIT);
    }
}

// ---- memory --------------------------------------------------------------------------------------------------------------

struct keeper {
    struct env env;
    stepdown_storage *storage;
    struct transaction transaction;
    struct arena arena; // decoded records
    struct digest *digest;
    struct buffer row;
    struct record *records; // by operation; without events where the operation is no record
    bool records_only;
};

struct keeper *keeper_open(bool records_only) {
    struct keeper *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->env = env_default();
    k->records_only = records_only;
    bench_check(stepdown_storage_open_memory(NULL, &k->storage, NULL), NULL, "open");
    bench_check(digest_new(&k->env, &k->digest, NULL), NULL, "digest");
    transaction_init(&k->transaction, k->storage, &k->env);
    arena_init(&k->arena, &k->env);
    buffer_init(&k->row, &k->env);
    return k;
}

void keeper_close(struct keeper *k) {
    transaction_free(&k->transaction);
    buffer_free(&k->row);
    arena_free(&k->arena);
    digest_free(&k->digest);
    stepdown_storage_free(&k->storage);
    free(k->records);
    free(k);
}

void keeper_learn(struct keeper *k, const struct tape *tape) {
    k->records = calloc(tape->op_count, sizeof *k->records);
    if (!k->records)
        abort();
    for (size_t op = 0; op < tape->op_count; op++) {
        stepdown_slice key = tape_key(tape, op);
        if (key.size == 1 + RECORD_ID + 1 + 8 && key.data[0] == 1 && key.data[1 + RECORD_ID] == 2)
            bench_check(record_decode(&k->env, k->digest, &k->arena, tape_value(tape, op), &k->records[op], NULL), NULL,
                        "decode");
    }
}

static void keeper_put(struct keeper *k, const struct tape *tape, size_t op) {
    struct record *record = &k->records[op];
    stepdown_slice key = tape_key(tape, op), value = tape_value(tape, op);
    stepdown_status status = STEPDOWN_OK;
    if (record->event_count > 0) {
        uint8_t leaf[DIGEST_SIZE];
        status = record_encode(&k->env, k->digest, &record->header, record->events, record->event_count, &k->row, leaf,
                               NULL);
        value = slice_of(k->row.data, k->row.size);
    } else if (k->records_only) {
        return;
    }
    if (status == STEPDOWN_OK)
        status = tape->ops[op].kind == STEPDOWN_STORAGE_DELETE ? transaction_delete(&k->transaction, key, NULL)
                                                               : transaction_put(&k->transaction, key, value, NULL);
    bench_check(status, NULL, "keeping a row");
}

void keeper_play(struct keeper *k, const struct tape *tape, size_t from, size_t to) {
    for (size_t commit = from; commit < to; commit++) {
        bench_check(transaction_begin(&k->transaction, true, NULL, 0, NULL), NULL, "begin");
        for (size_t op = tape_first(tape, commit); op < tape->ends[commit]; op++)
            keeper_put(k, tape, op);
        bench_check(transaction_commit(&k->transaction, NULL), NULL, "commit");
    }
}
