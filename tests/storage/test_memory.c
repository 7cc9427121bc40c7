// SPDX-License-Identifier: Apache-2.0
// The memory store from the inside: the tree against a sorted array, old versions that go when nobody can see them, and
// allocations that fail one after the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "storage/backend.h"
#include "storage/tree.h"
#include "support/memory.h"

static uint64_t seed = 1;

static uint32_t random_next(uint32_t below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

// ---- the tree

enum { CELLS = 6000 };

// Keys of several makes: long shared prefixes, prefixes of each other, zeros at the end.
static size_t key_make(uint32_t number, uint8_t key[64]) {
    switch (number % 4) {
    case 0: return (size_t)snprintf((char *)key, 64, "%05u", (unsigned)number);
    case 1: return (size_t)snprintf((char *)key, 64, "the-same-long-prefix-of-many-keys/%05u", (unsigned)number);
    case 2: // number / 256 zero bytes behind two others
        memset(key, 0, 64);
        key[0] = 0xff;
        key[1] = (uint8_t)(number & 0xff);
        return 2 + number / 256;
    default: write_be32(key, number * 2654435761u); return 4;
    }
}

static struct cell *cell_make(const struct env *env, uint32_t number) {
    uint8_t key[64];
    size_t size = key_make(number, key);
    struct cell *cell = env_zalloc(env, sizeof *cell + size);
    assert_non_null(cell);
    cell->key_size = (uint16_t)size;
    memcpy(cell->key, key, size);
    return cell;
}

static stepdown_slice cell_key(const struct cell *cell) { return slice_of(cell->key, cell->key_size); }

static int cell_compare(const void *a, const void *b) {
    const struct cell *const *x = a, *const *y = b;
    return slice_compare(cell_key(*x), cell_key(*y));
}

static void cell_free(void *ctx, struct cell *cell) { env_free(ctx, cell); }

// Every cell that is in, forwards, backwards, by key and from the middle.
static void tree_compare(const struct tree *tree, struct cell **cells, const bool *in) {
    struct cell **sorted = calloc(CELLS, sizeof *sorted);
    assert_non_null(sorted);
    size_t count = 0;
    for (size_t i = 0; i < CELLS; i++) {
        assert_ptr_equal(tree_find(tree, cell_key(cells[i])), in[i] ? cells[i] : NULL);
        if (in[i])
            sorted[count++] = cells[i];
    }
    qsort(sorted, count, sizeof *sorted, cell_compare);
    assert_int_equal(tree->count, count);
    struct cursor cursor = tree_seek(tree, slice_of(NULL, 0));
    for (size_t i = 0; i < count; i++, cursor_next(&cursor))
        assert_ptr_equal(cursor_cell(&cursor), sorted[i]);
    assert_null(cursor_cell(&cursor));
    cursor = tree_seek_before(tree, slice_of(NULL, 0));
    for (size_t i = count; i-- > 0; cursor_previous(&cursor))
        assert_ptr_equal(cursor_cell(&cursor), sorted[i]);
    assert_null(cursor_cell(&cursor));
    for (size_t i = 0; i < CELLS; i += 7) {
        size_t at = 0; // of the first that is not less
        for (size_t low = 0, high = count; low < high;) {
            size_t middle = (low + high) / 2;
            if (cell_compare(&sorted[middle], &cells[i]) < 0)
                low = middle + 1;
            else
                high = middle;
            at = low;
        }
        cursor = tree_seek(tree, cell_key(cells[i]));
        assert_ptr_equal(cursor_cell(&cursor), at < count ? sorted[at] : NULL);
        cursor = tree_seek_before(tree, cell_key(cells[i]));
        assert_ptr_equal(cursor_cell(&cursor), at > 0 ? sorted[at - 1] : NULL);
    }
    free(sorted);
}

static void tree_agrees_with_a_sorted_array(void **state) {
    (void)state;
    static struct cell *cells[CELLS];
    static bool in[CELLS];
    struct test_memory memory;
    struct tree tree;
    test_memory_init(&memory, 0);
    tree_init(&tree, &memory.env);
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i] = cell_make(&memory.env, i);
    // Fill, thin out, fill again, drain.
    static const uint32_t inserts[] = {100, 20, 70, 1};
    for (size_t phase = 0; phase < 4; phase++) {
        for (uint32_t step = 0; step < 2 * CELLS; step++) {
            uint32_t at = random_next(CELLS);
            bool insert = random_next(100) < inserts[phase];
            if (insert && !in[at])
                assert_true(tree_insert(&tree, cells[at]));
            else if (!insert && in[at])
                tree_remove(&tree, cells[at]);
            in[at] = insert;
        }
        tree_compare(&tree, cells, in);
    }
    for (uint32_t i = 0; i < CELLS; i++)
        if (in[i])
            tree_remove(&tree, cells[i]);
    assert_int_equal(tree.nodes, 0);
    assert_null(tree.root);
    for (uint32_t i = 0; i < CELLS; i++)
        env_free(&memory.env, cells[i]);
    assert_int_equal(memory.live, 0);
}

static void tree_stays_whole_when_memory_runs_out(void **state) {
    (void)state;
    static struct cell *cells[CELLS];
    static bool in[CELLS];
    struct test_memory memory;
    struct tree tree;
    size_t failed = 0;
    test_memory_init(&memory, 0);
    tree_init(&tree, &memory.env);
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i] = cell_make(&memory.env, i);
        memory.calls = 0;
        memory.fail_at = random_next(3); // splits ask for one or two blocks
        in[i] = tree_insert(&tree, cells[i]);
        failed += !in[i];
        memory.fail_at = 0;
    }
    assert_true(failed > 50);
    tree_compare(&tree, cells, in);
    for (uint32_t i = 0; i < CELLS; i++)
        if (!in[i])
            env_free(&memory.env, cells[i]);
    tree_free(&tree, cell_free, &memory.env);
    assert_int_equal(memory.live, 0);
    memset(in, 0, sizeof in);
}

// ---- the store

static stepdown_storage *store_open(const struct env *env) {
    stepdown_storage *storage = NULL;
    stepdown_storage_options *options = NULL;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_allocator(options, env->allocate, env->allocate_ctx, NULL),
                     STEPDOWN_OK);
    (void)memory_open(options, &storage, NULL);
    stepdown_storage_options_free(&options);
    return storage;
}

static int64_t figure(stepdown_storage *storage, const char *name) {
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_storage_statistics(storage, &json, NULL), STEPDOWN_OK);
    const char *found = strstr((const char *)stepdown_bytes_data(json), name);
    assert_non_null(found);
    int64_t value = strtoll(found + strlen(name) + 2, NULL, 10);
    stepdown_bytes_free(&json);
    return value;
}

static void put_all(struct transaction *t, uint32_t count, uint32_t round) {
    assert_int_equal(transaction_begin(t, true, NULL, 0, NULL), STEPDOWN_OK);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[4], value[4];
        write_be32(key, i);
        write_be32(value, round);
        assert_int_equal(transaction_put(t, slice_of(key, 4), slice_of(value, 4), NULL), STEPDOWN_OK);
    }
    assert_int_equal(transaction_commit(t, NULL), STEPDOWN_OK);
}

static void delete_all(struct transaction *t, uint32_t count) {
    assert_int_equal(transaction_begin(t, true, NULL, 0, NULL), STEPDOWN_OK);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[4];
        write_be32(key, i);
        assert_int_equal(transaction_delete(t, slice_of(key, 4), NULL), STEPDOWN_OK);
    }
    assert_int_equal(transaction_commit(t, NULL), STEPDOWN_OK);
}

static void versions_nobody_sees_are_freed(void **state) {
    (void)state;
    enum { KEYS = 300, ROUNDS = 20 };
    const struct env env = env_default();
    stepdown_storage *storage = store_open(&env);
    struct transaction writer, reader;
    transaction_init(&writer, storage, &env);
    transaction_init(&reader, storage, &env);
    for (uint32_t round = 0; round < ROUNDS; round++)
        put_all(&writer, KEYS, round);
    assert_int_equal(figure(storage, "keys"), KEYS);
    assert_int_equal(figure(storage, "versions"), KEYS);
    assert_int_equal(transaction_begin(&reader, false, NULL, 0, NULL), STEPDOWN_OK);
    for (uint32_t round = 0; round < ROUNDS; round++)
        put_all(&writer, KEYS, round);
    delete_all(&writer, KEYS);
    assert_int_equal(figure(storage, "keys"), KEYS);
    assert_true(figure(storage, "versions") > KEYS);
    transaction_abort(&reader);
    assert_int_equal(figure(storage, "keys"), 0);
    assert_int_equal(figure(storage, "versions"), 0);
    assert_int_equal(figure(storage, "value_bytes"), 0);
    assert_int_equal(figure(storage, "nodes"), 0);
    assert_int_equal(figure(storage, "transactions"), 0);
    transaction_free(&writer);
    transaction_free(&reader);
    stepdown_storage_free(&storage);
}

// Readers come and go in overlapping turns; what is between two of them goes when the older one ends.
static void readers_in_turns_do_not_pile_up_versions(void **state) {
    (void)state;
    enum { KEYS = 50 };
    const struct env env = env_default();
    stepdown_storage *storage = store_open(&env);
    struct transaction writer, readers[2];
    transaction_init(&writer, storage, &env);
    for (size_t i = 0; i < 2; i++)
        transaction_init(&readers[i], storage, &env);
    int64_t most = 0;
    for (uint32_t round = 0; round < 500; round++) {
        struct transaction *reader = &readers[round % 2];
        transaction_abort(reader);
        assert_int_equal(transaction_begin(reader, false, NULL, 0, NULL), STEPDOWN_OK);
        put_all(&writer, KEYS, round);
        int64_t versions = figure(storage, "versions");
        most = versions > most ? versions : most;
    }
    assert_true(most <= 4 * KEYS);
    for (size_t i = 0; i < 2; i++)
        transaction_free(&readers[i]);
    assert_int_equal(figure(storage, "versions"), KEYS);
    transaction_free(&writer);
    stepdown_storage_free(&storage);
}

static void a_warm_reader_allocates_nothing(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    stepdown_storage *storage = store_open(&memory.env);
    struct transaction t;
    struct arena arena;
    transaction_init(&t, storage, &memory.env);
    arena_init(&arena, &memory.env);
    put_all(&t, 100, 1);
    for (size_t round = 0; round < 3; round++) {
        const stepdown_slice none = {NULL, 0};
        struct row *rows = NULL;
        size_t count = 0, calls = memory.calls;
        bool more = false;
        arena_reset(&arena);
        assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
        assert_int_equal(transaction_scan(&t, none, none, false, 50, &arena, &rows, &count, &more, NULL), STEPDOWN_OK);
        assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
        assert_int_equal(count, 50);
        if (round > 0)
            assert_int_equal(memory.calls, calls);
    }
    transaction_free(&t);
    arena_free(&arena);
    stepdown_storage_free(&storage);
    assert_int_equal(memory.live, 0);
}

// How many of the numbers are there, each with its round's value.
static size_t present_count(struct transaction *t, struct arena *arena, uint32_t count, stepdown_status *status) {
    const stepdown_slice none = {NULL, 0};
    struct row *rows = NULL;
    size_t found = 0;
    bool more = false;
    *status = transaction_begin(t, false, NULL, 0, NULL);
    if (*status == STEPDOWN_OK)
        *status = transaction_scan(t, none, none, false, count + 1, arena, &rows, &found, &more, NULL);
    transaction_abort(t);
    return *status == STEPDOWN_OK ? found : 0;
}

// Commit 200 keys with memory running out; all of them or none must be there.
static stepdown_status sweep_body(const struct env *env, void *ctx) {
    (void)ctx;
    enum { KEYS = 200 };
    stepdown_storage *storage = store_open(env);
    if (storage == NULL)
        return STEPDOWN_NOMEM;
    struct transaction t;
    struct arena arena;
    stepdown_error *error = NULL;
    transaction_init(&t, storage, env);
    arena_init(&arena, env);
    stepdown_status status = transaction_begin(&t, true, NULL, 0, &error);
    for (uint32_t i = 0; i < KEYS && status == STEPDOWN_OK; i++) {
        uint8_t key[4];
        write_be32(key, i * 2654435761u);
        status = i % 9 == 8 ? transaction_delete(&t, slice_of(key, 4), &error)
                            : transaction_put(&t, slice_of(key, 4), slice_of(key, 4), &error);
    }
    if (status == STEPDOWN_OK)
        status = transaction_commit(&t, &error);
    transaction_abort(&t);
    stepdown_status read_status = STEPDOWN_OK;
    size_t found = present_count(&t, &arena, KEYS, &read_status);
    if (read_status == STEPDOWN_OK)
        assert_int_equal(found, status == STEPDOWN_OK ? KEYS - KEYS / 9 : 0);
    if (status == STEPDOWN_OK)
        status = read_status;
    stepdown_error_free(&error);
    transaction_free(&t);
    arena_free(&arena);
    stepdown_storage_free(&storage);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(test_memory_sweep(sweep_body, NULL) > 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_agrees_with_a_sorted_array), cmocka_unit_test(tree_stays_whole_when_memory_runs_out),
        cmocka_unit_test(versions_nobody_sees_are_freed),  cmocka_unit_test(readers_in_turns_do_not_pile_up_versions),
        cmocka_unit_test(a_warm_reader_allocates_nothing), cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
