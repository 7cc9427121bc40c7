// SPDX-License-Identifier: Apache-2.0
// Random transactions that overlap, played on two stores at once: the naive one, which is plainly right, and the one
// under test. Every read and every commit must come to the same. STEPDOWN_STEPS sets the length (default 200,000 on
// memory, a tenth of it on SQLite), STEPDOWN_SEED where the random numbers start.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "storage/naive.h"
#include "storage/storage.h"
#include "storage/stores.h"

enum { SEATS = 5, KEYS = 60, BOTH = 2 /* 0: the model, 1: the store under test */ };

struct duel {
    struct env env;
    struct transaction seats[BOTH][SEATS];
    bool open[SEATS];
    uint64_t begun_at[SEATS], commits; // how many commits there had been at the begin of each
    struct arena arena;
    uint64_t seed, step;
    bool coarse; // the store may report conflicts that the model does not see, as long as somebody has committed
    uint32_t conflicts, commits_done;
};

static uint32_t random_next(struct duel *d, uint32_t below) {
    d->seed = d->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(d->seed >> 33) % below;
}

static stepdown_slice random_key(struct duel *d, uint8_t key[8]) {
    uint32_t number = random_next(d, KEYS);
    key[0] = (uint8_t)(number % 5 * 63); // 0, 63, … 252
    key[1] = (uint8_t)number;
    key[2] = 0;
    key[3] = 0xff;
    return slice_of(key, 1 + number % 4);
}

static stepdown_slice random_value(struct duel *d, uint8_t value[600]) {
    memset(value, (int)random_next(d, 256), 600);
    return slice_of(value, random_next(d, 10) == 0 ? 600 : random_next(d, 20));
}

static void duel_get(struct duel *d, size_t seat) {
    uint8_t bytes[3][8];
    stepdown_slice keys[3];
    struct row rows[BOTH][3];
    for (size_t i = 0; i < 3; i++)
        keys[i] = random_key(d, bytes[i]);
    for (size_t side = 0; side < BOTH; side++)
        assert_int_equal(transaction_get(&d->seats[side][seat], keys, 3, &d->arena, rows[side], NULL), STEPDOWN_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[0][i].present, rows[1][i].present);
        if (rows[0][i].present)
            assert_true(slice_equal(rows[0][i].value, rows[1][i].value));
    }
}

static void duel_scan(struct duel *d, size_t seat) {
    uint8_t low[8], high[8];
    stepdown_slice from = random_key(d, low), to = random_key(d, high);
    if (random_next(d, 4) == 0)
        from.size = 0;
    if (random_next(d, 4) == 0)
        to.size = 0;
    bool descending = random_next(d, 2) == 0, more[BOTH] = {false, false};
    size_t limit = 1 + random_next(d, 12), count[BOTH] = {0, 0};
    struct row *rows[BOTH] = {NULL, NULL};
    for (size_t side = 0; side < BOTH; side++)
        assert_int_equal(transaction_scan(&d->seats[side][seat], from, to, descending, limit, &d->arena, &rows[side],
                                          &count[side], &more[side], NULL),
                         STEPDOWN_OK);
    assert_int_equal(count[0], count[1]);
    assert_int_equal(more[0], more[1]);
    for (size_t i = 0; i < count[0]; i++) {
        assert_true(slice_equal(rows[0][i].key, rows[1][i].key));
        assert_true(slice_equal(rows[0][i].value, rows[1][i].value));
    }
}

static void duel_begin(struct duel *d, size_t seat) {
    for (size_t side = 0; side < BOTH; side++)
        assert_int_equal(transaction_begin(&d->seats[side][seat], false, NULL, 0, NULL), STEPDOWN_OK);
    d->open[seat] = true;
    d->begun_at[seat] = d->commits;
    duel_get(d, seat); // the snapshot is taken by the first read at the latest
}

static void duel_write(struct duel *d, size_t seat) {
    uint8_t key_bytes[8], value_bytes[600];
    stepdown_slice key = random_key(d, key_bytes), value = random_value(d, value_bytes);
    uint32_t kind = random_next(d, 12);
    for (size_t side = 0; side < BOTH; side++) {
        struct transaction *t = &d->seats[side][seat];
        stepdown_status status = kind == 0   ? transaction_check_unchanged(t, key, NULL)
                                 : kind == 1 ? transaction_check_absent(t, key, NULL)
                                 : kind == 2 ? transaction_put_new(t, key, value, NULL)
                                 : kind < 6  ? transaction_delete(t, key, NULL)
                                             : transaction_put(t, key, value, NULL);
        assert_int_equal(status, STEPDOWN_OK);
    }
}

static void duel_commit(struct duel *d, size_t seat) {
    d->open[seat] = false;
    if (random_next(d, 8) == 0) {
        for (size_t side = 0; side < BOTH; side++)
            transaction_abort(&d->seats[side][seat]);
        return;
    }
    stepdown_status tested = transaction_commit(&d->seats[1][seat], NULL);
    if (tested == STEPDOWN_CONFLICT && d->coarse && d->commits > d->begun_at[seat]) {
        transaction_abort(&d->seats[0][seat]); // allowed, whether the model agrees or not
        d->conflicts++;
        return;
    }
    stepdown_status model = transaction_commit(&d->seats[0][seat], NULL);
    if (tested != model)
        fail_msg("step %llu: the model says %d, the store %d", (unsigned long long)d->step, (int)model, (int)tested);
    d->conflicts += tested == STEPDOWN_CONFLICT;
    d->commits_done += tested == STEPDOWN_OK;
    d->commits += tested == STEPDOWN_OK;
}

static void duel_step(struct duel *d) {
    size_t seat = random_next(d, SEATS);
    if (!d->open[seat]) {
        duel_begin(d, seat);
        return;
    }
    switch (random_next(d, 8)) {
    case 0: duel_get(d, seat); break;
    case 1: duel_scan(d, seat); break;
    case 2:
    case 3: duel_commit(d, seat); break;
    default: duel_write(d, seat);
    }
}

static uint64_t number_from(const char *name, uint64_t otherwise) {
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? otherwise : strtoull(value, NULL, 10);
}

static void duel_run(stepdown_storage *tested, bool coarse, uint64_t steps) {
    static struct duel d;
    struct naive *naive = naive_new(NAIVE_SOUND);
    stepdown_storage *model = NULL;
    assert_int_equal(naive_open(naive, &model, NULL), STEPDOWN_OK);
    d = (struct duel){.env = env_default(), .seed = number_from("STEPDOWN_SEED", 42), .coarse = coarse};
    arena_init(&d.arena, &d.env);
    for (size_t seat = 0; seat < SEATS; seat++) {
        transaction_init(&d.seats[0][seat], model, &d.env);
        transaction_init(&d.seats[1][seat], tested, &d.env);
    }
    for (d.step = 0; d.step < steps; d.step++) {
        duel_step(&d);
        arena_reset(&d.arena);
    }
    assert_true(d.commits_done > steps / 50);
    assert_true(d.conflicts > steps / 100);
    for (size_t seat = 0; seat < SEATS; seat++)
        for (size_t side = 0; side < BOTH; side++)
            transaction_free(&d.seats[side][seat]);
    arena_free(&d.arena);
    stepdown_storage_free(&model);
    naive_free(&naive);
}

static void memory_agrees_with_the_model(void **state) {
    (void)state;
    stepdown_storage *storage = NULL;
    assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
    duel_run(storage, false, number_from("STEPDOWN_STEPS", 200000));
    stepdown_storage_free(&storage);
}

static void sqlite_agrees_with_the_model(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    stepdown_storage *storage = sqlite_place_open(&place);
    duel_run(storage, true, number_from("STEPDOWN_STEPS", 200000) / 10);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_agrees_with_the_model),
        cmocka_unit_test(sqlite_agrees_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
