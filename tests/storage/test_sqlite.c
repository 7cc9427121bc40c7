// SPDX-License-Identifier: Apache-2.0
// The SQLite store and its file: foreign, newer, damaged and missing files, waiting for others, read-only, backup.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/error.h"
#include "base/platform.h"
#include "storage/storage.h"
#include "storage/stores.h"

enum { ROWS = 400 };

static stepdown_status open_with(const char *path, int32_t create, int32_t read_only, int32_t timeout,
                                 stepdown_storage **out, stepdown_error **error) {
    stepdown_storage_options *options = NULL;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_create(options, create, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_read_only(options, read_only, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_busy_timeout(options, timeout, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_synchronous(options, STEPDOWN_STORAGE_SYNC_NORMAL, NULL),
                     STEPDOWN_OK);
    stepdown_status status = stepdown_storage_open_sqlite(path, options, out, error);
    stepdown_storage_options_free(&options);
    return status;
}

// The store at `path` does not open, says why, and is not touched.
static void refuses(const char *path, int32_t create, int32_t read_only, stepdown_status expected) {
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = open_with(path, create, read_only, 0, &storage, &error);
    if (status != expected)
        fail_msg("expected %d, got %d: %s", (int)expected, (int)status,
                 error == NULL ? "" : stepdown_error_message(error));
    assert_null(storage);
    assert_non_null(strstr(stepdown_error_message(error), path));
    stepdown_error_free(&error);
}

static stepdown_status put(stepdown_storage *storage, const char *key, const char *value) {
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    stepdown_status status = transaction_begin(&t, true, NULL, 0, NULL);
    if (status == STEPDOWN_OK)
        status = transaction_put(&t, slice_text(key), slice_text(value), NULL);
    if (status == STEPDOWN_OK)
        status = transaction_commit(&t, NULL);
    transaction_free(&t);
    return status;
}

// The rows, or the status that stopped the reading as a negative number.
static int64_t rows_count(stepdown_storage *storage) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row *rows = NULL;
    size_t count = 0;
    bool more = false;
    const stepdown_slice none = {NULL, 0};
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    stepdown_status status = transaction_begin(&t, false, NULL, 0, NULL);
    if (status == STEPDOWN_OK)
        status = transaction_scan(&t, none, none, false, 1000000, &arena, &rows, &count, &more, NULL);
    transaction_free(&t);
    arena_free(&arena);
    return status == STEPDOWN_OK ? (int64_t)count : -(int64_t)status;
}

static void fill(stepdown_storage *storage, size_t rows) {
    const struct env env = env_default();
    struct transaction t;
    uint8_t value[200];
    memset(value, 'v', sizeof value);
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < rows; i++) {
        char key[32];
        snprintf(key, sizeof key, "row-%06zu", i);
        assert_int_equal(transaction_put(&t, slice_text(key), slice_of(value, sizeof value), NULL), STEPDOWN_OK);
    }
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
}

static int sql_print(void *ctx, int columns, char **values, char **names) {
    (void)names;
    snprintf(ctx, 64, "%s", columns > 0 && values[0] != NULL ? values[0] : "");
    return 0;
}

// Run SQL on the file behind the store's back; the first column of the last row goes to `out` (64 bytes, may be NULL).
static void sql_run(const char *path, const char *sql, char *out) {
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, out == NULL ? NULL : sql_print, out, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static uint8_t *file_read(const char *path, size_t *size) {
    uint8_t *data = NULL;
    const struct env env = env_default();
    assert_int_equal(platform_read_file(&env, path, 1 << 26, &data, size), PLATFORM_FILE_OK);
    return data;
}

static void file_write(const char *path, const uint8_t *data, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void a_new_file_is_marked_as_ours(void **state) {
    (void)state;
    struct sqlite_place place;
    char out[64] = "";
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    stepdown_storage *storage = sqlite_place_open(&place);
    assert_int_equal(put(storage, "a", "1"), STEPDOWN_OK);
    stepdown_storage_free(&storage);
    sql_run(place.path, "PRAGMA application_id", out);
    assert_string_equal(out, "1937010788"); // "stpd"
    sql_run(place.path, "PRAGMA user_version", out);
    assert_string_equal(out, "1");
    sql_run(place.path, "PRAGMA page_size", out);
    assert_string_equal(out, "4096");
    sql_run(place.path, "PRAGMA journal_mode", out);
    assert_string_equal(out, "wal");
    sqlite_place_remove(&place);
}

static void a_missing_file_is_not_found_unless_it_may_be_made(void **state) {
    (void)state;
    struct sqlite_place place;
    struct stat about;
    char path[128];
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    refuses(place.path, 0, 0, STEPDOWN_NOT_FOUND);
    refuses(place.path, 1, 1, STEPDOWN_NOT_FOUND);
    assert_int_not_equal(stat(place.path, &about), 0);
    refuses(sqlite_place_file(&place, "no/such/directory", path), 1, 0, STEPDOWN_IO);
    refuses(place.directory, 1, 0, STEPDOWN_IO);
    refuses(":memory:", 1, 0, STEPDOWN_UNSUPPORTED);
    sqlite_place_remove(&place);
}

static void foreign_files_are_refused_and_left_alone(void **state) {
    (void)state;
    static const char *const strangers[] = {
        "CREATE TABLE kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
        "PRAGMA application_id = 252006673; CREATE TABLE t (x)",
        "PRAGMA user_version = 1; CREATE TABLE t (x)",
        "PRAGMA application_id = 1937010788; PRAGMA user_version = 2; CREATE TABLE t (x)",
        "PRAGMA application_id = 1937010788; PRAGMA user_version = 2000000000; CREATE TABLE t (x)",
        "PRAGMA application_id = 1937010788; CREATE TABLE t (x)",
    };
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        char path[128], name[32];
        snprintf(name, sizeof name, "stranger-%zu", i);
        sql_run(sqlite_place_file(&place, name, path), strangers[i], NULL);
        size_t before = 0, after = 0;
        uint8_t *old = file_read(path, &before);
        refuses(path, 1, 0, STEPDOWN_UNSUPPORTED);
        refuses(path, 0, 1, STEPDOWN_UNSUPPORTED);
        uint8_t *now = file_read(path, &after);
        assert_int_equal(before, after);
        assert_memory_equal(old, now, before);
        free(old);
        free(now);
    }
    sqlite_place_remove(&place);
}

static void files_that_are_no_database_are_refused(void **state) {
    (void)state;
    struct sqlite_place place;
    char path[128];
    uint8_t data[5000];
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 5));
    static const size_t sizes[] = {1, 15, 99, 511, 512, 4096, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        file_write(sqlite_place_file(&place, "noise", path), data, sizes[i]);
        refuses(path, 1, 0, STEPDOWN_UNSUPPORTED);
        size_t size = 0;
        uint8_t *now = file_read(path, &size);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(now, data, size);
        free(now);
    }
    file_write(path, data, 0); // an empty file is a new one, unless it must exist
    refuses(path, 0, 0, STEPDOWN_UNSUPPORTED);
    stepdown_storage *storage = NULL;
    assert_int_equal(open_with(path, 1, 0, 0, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(rows_count(storage), 0);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

// Open whatever is at `path`, read and write; any status will do that is not OK with wrong rows, and no crash.
static void poke(const char *path, size_t whole) {
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = open_with(path, 0, 0, 0, &storage, &error);
    if (status == STEPDOWN_OK) {
        int64_t rows = rows_count(storage);
        assert_true(rows <= (int64_t)whole);
        if (rows == -STEPDOWN_CORRUPT || rows == -STEPDOWN_IO)
            assert_int_equal(put(storage, "zz", "1"), -rows); // out of use
        else
            (void)put(storage, "zz", "1");
    } else {
        assert_true(status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED || status == STEPDOWN_IO);
        assert_non_null(error);
        assert_null(storage);
    }
    stepdown_error_free(&error);
    stepdown_storage_free(&storage);
}

static uint8_t *sample_file(struct sqlite_place *place, size_t *size) {
    stepdown_storage *storage = sqlite_place_open(place);
    fill(storage, ROWS);
    assert_int_equal(stepdown_storage_close(storage, NULL), STEPDOWN_OK);
    stepdown_storage_free(&storage);
    return file_read(place->path, size);
}

static void truncated_files_give_an_error_and_no_crash(void **state) {
    (void)state;
    struct sqlite_place place;
    size_t size = 0;
    char path[128], log[160];
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    uint8_t *data = sample_file(&place, &size);
    assert_true(size > 10 * 4096);
    sqlite_place_file(&place, "cut", path);
    for (size_t cut = 1; cut < size; cut += cut < 4200 ? 61 : 3001) {
        file_write(path, data, cut);
        poke(path, ROWS);
        snprintf(log, sizeof log, "%s-wal", path);
        (void)unlink(log);
    }
    stepdown_storage *storage = NULL;
    file_write(path, data, size / 2 / 4096 * 4096);
    stepdown_error *error = NULL;
    assert_int_equal(open_with(path, 0, 0, 0, &storage, &error), STEPDOWN_CORRUPT);
    stepdown_error_free(&error);
    free(data);
    sqlite_place_remove(&place);
}

static void damaged_files_give_an_error_and_no_crash(void **state) {
    (void)state;
    struct sqlite_place place;
    size_t size = 0, damaged = 0;
    char path[128];
    uint32_t seed = 1;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    uint8_t *data = sample_file(&place, &size), *copy = malloc(size);
    assert_non_null(copy);
    sqlite_place_file(&place, "damaged", path);
    for (size_t round = 0; round < 150; round++) {
        memcpy(copy, data, size);
        for (size_t i = 0; i < 1 + round % 40; i++) {
            seed = seed * 1664525 + 1013904223;
            size_t at = (seed >> 8) % size;
            if (round % 3 == 0)
                at = at / 4096 * 4096 + at % 12; // the head of a page hurts most
            copy[at] = (uint8_t)(seed >> 3);
        }
        file_write(path, copy, size);
        poke(path, ROWS);
        damaged++;
    }
    // A page of rows overwritten whole: reading must notice.
    memcpy(copy, data, size);
    memset(copy + 5 * 4096, 0xa5, 4096);
    file_write(path, copy, size);
    stepdown_storage *storage = NULL;
    assert_int_equal(open_with(path, 0, 0, 0, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(rows_count(storage), -STEPDOWN_CORRUPT);
    assert_int_equal(stepdown_storage_ping(storage, NULL), STEPDOWN_CORRUPT);
    stepdown_storage_free(&storage);
    free(data);
    free(copy);
    assert_int_equal(damaged, 150);
    sqlite_place_remove(&place);
}

static void rows_that_are_not_bytes_are_corruption(void **state) {
    (void)state;
    struct sqlite_place place;
    size_t size = 0;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    free(sample_file(&place, &size));
    sql_run(place.path, "UPDATE kv SET v = 17 WHERE k = (SELECT k FROM kv LIMIT 1)", NULL);
    stepdown_storage *storage = sqlite_place_open(&place);
    assert_int_equal(rows_count(storage), -STEPDOWN_CORRUPT);
    stepdown_storage_free(&storage);
    sql_run(place.path, "DROP TABLE kv", NULL);
    refuses(place.path, 1, 0, STEPDOWN_CORRUPT);
    sqlite_place_remove(&place);
}

static void read_only_reads_and_does_not_write(void **state) {
    (void)state;
    struct sqlite_place place;
    size_t size = 0;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    free(sample_file(&place, &size));
    stepdown_storage *storage = NULL;
    assert_int_equal(open_with(place.path, 1, 1, 0, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(rows_count(storage), ROWS);
    assert_int_equal(put(storage, "a", "1"), STEPDOWN_READONLY);
    assert_int_equal(stepdown_storage_checkpoint(storage, NULL), STEPDOWN_READONLY);
    assert_int_equal(stepdown_storage_vacuum(storage, NULL), STEPDOWN_READONLY);
    assert_int_equal(stepdown_storage_ping(storage, NULL), STEPDOWN_OK);
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put(&t, slice_text("a"), slice_text("1"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_READONLY);
    transaction_free(&t);
    assert_int_equal(rows_count(storage), ROWS);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

static void another_writer_is_waited_for_as_long_as_asked(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    stepdown_storage *mine = sqlite_place_open(&place), *other = NULL;
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, mine, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    static const int32_t waits[] = {0, 150};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(open_with(place.path, 0, 0, waits[i], &other, NULL), STEPDOWN_OK);
        int64_t start = platform_monotonic();
        assert_int_equal(put(other, "a", "1"), STEPDOWN_BUSY);
        int64_t waited = platform_monotonic() - start;
        assert_true(waited >= waits[i] * 1000 - 2000);
        assert_true(waited < waits[i] * 1000 + 3000000);
        assert_int_equal(rows_count(other), 0); // readers do not wait
        stepdown_storage_free(&other);
    }
    assert_int_equal(transaction_put(&t, slice_text("a"), slice_text("2"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    assert_int_equal(rows_count(mine), 1);
    stepdown_storage_free(&mine);
    sqlite_place_remove(&place);
}

static void a_backup_taken_while_others_write_is_whole(void **state) {
    (void)state;
    struct sqlite_place place;
    char copy[128];
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    stepdown_storage *storage = sqlite_place_open(&place);
    fill(storage, ROWS);
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put(&t, slice_text("later"), slice_text("1"), NULL), STEPDOWN_OK);
    sqlite_place_file(&place, "copy", copy);
    assert_int_equal(stepdown_storage_backup(storage, copy, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_backup(storage, copy, &error), STEPDOWN_EXISTS);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_storage_backup(storage, "/no/such/directory/copy", &error), STEPDOWN_IO);
    stepdown_error_free(&error);
    assert_int_equal(rows_count(storage), ROWS + 1); // a failed backup does no harm
    stepdown_storage_free(&storage);
    stepdown_storage *restored = NULL;
    assert_int_equal(open_with(copy, 0, 0, 0, &restored, NULL), STEPDOWN_OK);
    assert_int_equal(rows_count(restored), ROWS);
    assert_int_equal(put(restored, "zz", "1"), STEPDOWN_OK);
    stepdown_storage_free(&restored);
    sqlite_place_remove(&place);
}

static void what_was_deleted_is_overwritten(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    stepdown_storage *storage = sqlite_place_open(&place);
    fill(storage, 50);
    assert_int_equal(put(storage, "secret", "Fisherman's-Wharf-4711"), STEPDOWN_OK);
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_delete(&t, slice_text("secret"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    assert_int_equal(stepdown_storage_checkpoint(storage, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        size_t size = 0;
        uint8_t *data = file_read(sqlite_place_file(&place, i == 0 ? "store" : "store-wal", path), &size);
        for (size_t at = 0; at + 10 <= size; at++)
            assert_int_not_equal(memcmp(data + at, "Fisherman'", 10), 0);
        free(data);
    }
    assert_int_equal(stepdown_storage_vacuum(storage, NULL), STEPDOWN_OK);
    assert_int_equal(rows_count(storage), 50);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

static void statistics_are_json(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    stepdown_storage *storage = sqlite_place_open(&place);
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_storage_statistics(storage, &json, NULL), STEPDOWN_OK);
    assert_string_equal((const char *)stepdown_bytes_data(json),
                        "{\"pages\":2,\"free_pages\":0,\"page_bytes\":4096,\"cache_kib\":2048}");
    stepdown_bytes_free(&json);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

static stepdown_status sweep_body(stepdown_allocate_fn allocate, void *ctx, const char *path) {
    stepdown_storage_options *options = NULL;
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_allocator(options, allocate, ctx, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_synchronous(options, STEPDOWN_STORAGE_SYNC_NORMAL, NULL),
                     STEPDOWN_OK);
    stepdown_status status = stepdown_storage_open_sqlite(path, options, &storage, &error);
    stepdown_storage_options_free(&options);
    if (status == STEPDOWN_OK)
        status = put(storage, "a", "1");
    if (status == STEPDOWN_OK) {
        int64_t rows = rows_count(storage);
        status = rows < 0 ? (stepdown_status)-rows : STEPDOWN_OK;
    }
    stepdown_error_free(&error);
    stepdown_storage_free(&storage);
    return status;
}

struct failing {
    size_t calls, fail_at, live;
};

static void *failing_allocate(void *ctx, void *block, size_t size) {
    struct failing *f = ctx;
    if (size == 0) {
        f->live -= block != NULL;
        free(block);
        return NULL;
    }
    if (++f->calls == f->fail_at)
        return NULL;
    f->live += block == NULL;
    return realloc(block, size);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    for (size_t n = 1;; n++) {
        struct failing f = {.fail_at = n};
        stepdown_status status = sweep_body(failing_allocate, &f, place.path);
        assert_int_equal(f.live, 0);
        if (f.calls < n) {
            assert_int_equal(status, STEPDOWN_OK);
            assert_true(n > 4);
            break;
        }
        assert_int_equal(status, STEPDOWN_NOMEM);
    }
    sqlite_place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_marked_as_ours),
        cmocka_unit_test(a_missing_file_is_not_found_unless_it_may_be_made),
        cmocka_unit_test(foreign_files_are_refused_and_left_alone),
        cmocka_unit_test(files_that_are_no_database_are_refused),
        cmocka_unit_test(truncated_files_give_an_error_and_no_crash),
        cmocka_unit_test(damaged_files_give_an_error_and_no_crash),
        cmocka_unit_test(rows_that_are_not_bytes_are_corruption),
        cmocka_unit_test(read_only_reads_and_does_not_write),
        cmocka_unit_test(another_writer_is_waited_for_as_long_as_asked),
        cmocka_unit_test(a_backup_taken_while_others_write_is_whole),
        cmocka_unit_test(what_was_deleted_is_overwritten),
        cmocka_unit_test(statistics_are_json),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
