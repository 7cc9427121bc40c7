// SPDX-License-Identifier: Apache-2.0
// What one transaction of 1 get and 5 puts costs: on the memory store, small and large, and on SQLite against the bare
// calls. Prints medians of interleaved rounds and their spread. Arguments: rows of the large store, rounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/platform.h"
#include "storage/storage.h"
#include "storage/stores.h"

enum { KEY = 24, VALUE = 300, ROUNDS_MOST = 99 };

static uint64_t seed = 88172645463325252u;

static uint64_t random_next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

// Key `part` of pathway `number`, scattered by number, the parts of one number side by side.
static void key_make(uint8_t key[KEY], uint64_t number, uint8_t part, uint32_t serial) {
    uint64_t mixed = number * UINT64_C(0x9E3779B97F4A7C15);
    key[0] = 0;
    key[1] = 0;
    key[2] = 1;
    write_be64(key + 3, mixed);
    write_be64(key + 11, ~mixed);
    key[19] = part;
    write_be32(key + 20, serial);
}

static void check(stepdown_status status, const char *what) {
    if (status != STEPDOWN_OK) {
        printf("%s: %d\n", what, (int)status);
        exit(1);
    }
}

static void command(struct transaction *t, struct arena *arena, uint64_t number, uint32_t serial,
                    const uint8_t *value) {
    uint8_t key[KEY];
    struct row row;
    arena_reset(arena);
    check(transaction_begin(t, true, NULL, 0, NULL), "begin");
    key_make(key, number, 0, 0);
    const stepdown_slice slice = slice_of(key, KEY);
    check(transaction_get(t, &slice, 1, arena, &row, NULL), "get");
    check(transaction_put(t, slice, slice_of(value, VALUE), NULL), "put");
    for (uint8_t part = 1; part < 5; part++) {
        key_make(key, number, part, serial);
        check(transaction_put(t, slice_of(key, KEY), slice_of(value, part == 1 ? VALUE : 16), NULL), "put");
    }
    check(transaction_commit(t, NULL), "commit");
}

static void fill(struct transaction *t, uint64_t numbers, const uint8_t *value) {
    uint8_t key[KEY];
    for (uint64_t i = 0; i < numbers;) {
        check(transaction_begin(t, true, NULL, 0, NULL), "begin");
        for (uint64_t end = i + 2000; i < numbers && i < end; i++) {
            key_make(key, i, 0, 0);
            check(transaction_put(t, slice_of(key, KEY), slice_of(value, VALUE), NULL), "put");
        }
        check(transaction_commit(t, NULL), "commit");
    }
}

// With `grow` four of the five rows are new each time, else all are overwritten.
static double run(struct stepdown_storage *storage, uint64_t numbers, uint32_t count, bool grow) {
    static uint32_t serial;
    const struct env env = env_default();
    uint8_t value[VALUE];
    memset(value, 7, sizeof value);
    struct transaction t;
    struct arena arena;
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    int64_t start = platform_monotonic();
    for (uint32_t i = 0; i < count; i++)
        command(&t, &arena, random_next() % numbers, grow ? serial++ : 0, value);
    double spent = (double)(platform_monotonic() - start) / count;
    transaction_free(&t);
    arena_free(&arena);
    return spent;
}

// The same rows and transactions by bare calls, as a program that knows nothing of us would write them.
struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *get, *put;
};

static void bare_open(struct bare *b, const char *path, const char *synchronous) {
    char sql[256];
    sqlite3_open_v2(path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA cache_size=-2048; CREATE TABLE IF NOT EXISTS "
             "kv(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID",
             synchronous);
    sqlite3_exec(b->db, sql, NULL, NULL, NULL);
    sqlite3_prepare_v2(b->db, "BEGIN IMMEDIATE", -1, &b->begin, NULL);
    sqlite3_prepare_v2(b->db, "COMMIT", -1, &b->commit, NULL);
    sqlite3_prepare_v2(b->db, "SELECT v FROM kv WHERE k=?", -1, &b->get, NULL);
    sqlite3_prepare_v2(b->db, "REPLACE INTO kv(k,v) VALUES(?,?)", -1, &b->put, NULL);
}

static void bare_close(struct bare *b) {
    sqlite3_finalize(b->begin);
    sqlite3_finalize(b->commit);
    sqlite3_finalize(b->get);
    sqlite3_finalize(b->put);
    sqlite3_close(b->db);
}

static void bare_step(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        check(code, "bare");
    sqlite3_reset(statement);
}

static void bare_command(struct bare *b, uint64_t number, uint32_t serial, const uint8_t *value) {
    uint8_t key[KEY];
    bare_step(b->begin);
    key_make(key, number, 0, 0);
    sqlite3_bind_blob(b->get, 1, key, KEY, SQLITE_STATIC);
    bare_step(b->get);
    for (uint8_t part = 0; part < 5; part++) {
        key_make(key, number, part, part == 0 ? 0 : serial);
        sqlite3_bind_blob(b->put, 1, key, KEY, SQLITE_STATIC);
        sqlite3_bind_blob(b->put, 2, value, part <= 1 ? VALUE : 16, SQLITE_STATIC);
        bare_step(b->put);
    }
    bare_step(b->commit);
}

static double bare_run(struct bare *b, uint64_t numbers, uint32_t count) {
    static uint32_t serial;
    uint8_t value[VALUE];
    memset(value, 7, sizeof value);
    int64_t start = platform_monotonic();
    for (uint32_t i = 0; i < count; i++)
        bare_command(b, random_next() % numbers, serial++, value);
    return (double)(platform_monotonic() - start) / count;
}

static int double_compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_figures(const char *name, double *figures, size_t count) {
    qsort(figures, count, sizeof *figures, double_compare);
    printf("%-44s %8.2f us (%.2f to %.2f)\n", name, figures[count / 2], figures[0], figures[count - 1]);
}

static void bench_memory(uint64_t rows, bool grow, const char *name, size_t rounds) {
    const struct env env = env_default();
    stepdown_storage *storage = NULL;
    double figures[ROUNDS_MOST];
    uint8_t value[VALUE];
    memset(value, 7, sizeof value);
    check(stepdown_storage_open_memory(NULL, &storage, NULL), "open");
    struct transaction t;
    transaction_init(&t, storage, &env);
    fill(&t, rows, value);
    transaction_free(&t);
    for (size_t i = 0; i < rounds; i++)
        figures[i] = run(storage, rows, 20000, grow);
    print_figures(name, figures, rounds);
    stepdown_storage_free(&storage);
}

static void bench_sqlite(int32_t synchronous, const char *name, uint32_t count, size_t rounds) {
    double ours[ROUNDS_MOST], bare[ROUNDS_MOST], ratios[ROUNDS_MOST];
    char file[128], label[64];
    struct sqlite_place place;
    struct bare b;
    sqlite_place_make(&place, synchronous);
    stepdown_storage *storage = sqlite_place_open(&place);
    bare_open(&b, sqlite_place_file(&place, "bare", file), name);
    for (size_t i = 0; i < rounds; i++) {
        uint64_t keep = seed;
        ours[i] = run(storage, 1000, count, true);
        seed = keep;
        bare[i] = bare_run(&b, 1000, count);
        ratios[i] = ours[i] - bare[i];
    }
    snprintf(label, sizeof label, "SQLite %s", name);
    print_figures(label, ours, rounds);
    snprintf(label, sizeof label, "SQLite %s, bare calls", name);
    print_figures(label, bare, rounds);
    snprintf(label, sizeof label, "SQLite %s, difference of pairs", name);
    print_figures(label, ratios, rounds);
    bare_close(&b);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

int main(int count, char **arguments) {
    uint64_t rows = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000;
    size_t rounds = count > 2 ? strtoull(arguments[2], NULL, 10) : 9;
    if (rows == 0 || rounds == 0 || rounds > ROUNDS_MOST)
        return 2;
    bench_memory(1000, false, "memory, 5,000 rows, overwriting", rounds);
    bench_memory(rows, false, "memory, large, overwriting and filling", rounds);
    bench_memory(rows, true, "memory, large, growing", rounds);
    bench_sqlite(STEPDOWN_STORAGE_SYNC_NORMAL, "NORMAL", 2000, rounds);
    bench_sqlite(STEPDOWN_STORAGE_SYNC_FULL, "FULL", 500, rounds);
    return 0;
}
