// SPDX-License-Identifier: Apache-2.0
// Eight threads on one storage: counters come out exact, transfers keep the sum, and closing meets running work.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <pthread.h>

#include <cmocka.h>

#include "base/error.h"
#include "storage/storage.h"
#include "storage/stores.h"

enum { THREADS = 8, ACCOUNTS = 16, START = 1000 };

struct worker {
    pthread_t thread;
    stepdown_storage *storage;
    struct env env;
    uint32_t number, rounds;
    bool announce; // write intent
    uint32_t done, conflicts;
    const char *failed; // what went wrong; assertions belong to the main thread
};

static uint32_t read_number(const struct row *row) {
    return row->present && row->value.size == 4 ? read_be32(row->value.data) : 0;
}

// One increment of the shared counter and of the thread's own, with as many tries as it takes.
static stepdown_status increment(struct worker *w, struct transaction *t, struct arena *arena) {
    const uint8_t own = (uint8_t)w->number;
    const stepdown_slice keys[2] = {slice_text("shared"), slice_of(&own, 1)};
    struct row rows[2];
    uint8_t value[4];
    arena_reset(arena);
    stepdown_status status = transaction_begin(t, w->announce, NULL, 0, NULL);
    if (status == STEPDOWN_OK)
        status = transaction_get(t, keys, 2, arena, rows, NULL);
    for (size_t i = 0; i < 2 && status == STEPDOWN_OK; i++) {
        write_be32(value, read_number(&rows[i]) + 1);
        status = transaction_put(t, keys[i], slice_of(value, 4), NULL);
    }
    if (status == STEPDOWN_OK)
        return transaction_commit(t, NULL);
    transaction_abort(t);
    return status;
}

static void *count_up(void *ctx) {
    struct worker *w = ctx;
    struct transaction t;
    struct arena arena;
    transaction_init(&t, w->storage, &w->env);
    arena_init(&arena, &w->env);
    while (w->done < w->rounds && w->failed == NULL) {
        stepdown_status status = increment(w, &t, &arena);
        if (status == STEPDOWN_OK)
            w->done++;
        else if (status == STEPDOWN_CONFLICT || status == STEPDOWN_BUSY)
            w->conflicts++;
        else
            w->failed = stepdown_status_name(status);
    }
    transaction_free(&t);
    arena_free(&arena);
    return NULL;
}

static void workers_run(stepdown_storage *storage, void *(*body)(void *ctx), uint32_t rounds, bool announce,
                        struct worker workers[THREADS]) {
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .storage = storage, .env = env_default(), .number = i, .rounds = rounds, .announce = announce};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (uint32_t i = 0; i < THREADS; i++)
        if (workers[i].failed != NULL)
            fail_msg("thread %u: %s", (unsigned)i, workers[i].failed);
}

static uint32_t counter_read(stepdown_storage *storage, stepdown_slice key) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row row;
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_get(&t, &key, 1, &arena, &row, NULL), STEPDOWN_OK);
    uint32_t value = read_number(&row);
    transaction_free(&t);
    arena_free(&arena);
    return value;
}

static void counters_are_exact(stepdown_storage *storage, uint32_t rounds, bool announce) {
    struct worker workers[THREADS];
    workers_run(storage, count_up, rounds, announce, workers);
    assert_int_equal(counter_read(storage, slice_text("shared")), THREADS * rounds);
    for (uint32_t i = 0; i < THREADS; i++) {
        const uint8_t own = (uint8_t)i;
        assert_int_equal(counter_read(storage, slice_of(&own, 1)), rounds);
    }
}

static void increments_of_threads_are_exact_in_memory(void **state) {
    (void)state;
    for (int announce = 0; announce < 2; announce++) {
        stepdown_storage *storage = NULL;
        assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
        counters_are_exact(storage, 2000, announce != 0);
        stepdown_storage_free(&storage);
    }
}

static void increments_of_threads_are_exact_in_sqlite(void **state) {
    (void)state;
    for (int announce = 0; announce < 2; announce++) {
        struct sqlite_place place;
        sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
        stepdown_storage *storage = sqlite_place_open(&place);
        counters_are_exact(storage, announce ? 150 : 40, announce != 0);
        stepdown_storage_free(&storage);
        sqlite_place_remove(&place);
    }
}

// ---- transfers between accounts, while every snapshot that is read must hold the same sum

static bool account_get(struct transaction *t, struct arena *arena, uint8_t account, uint32_t *out,
                        stepdown_status *status) {
    const stepdown_slice key = slice_of(&account, 1);
    struct row row;
    *status = transaction_get(t, &key, 1, arena, &row, NULL);
    *out = *status == STEPDOWN_OK ? read_number(&row) : 0;
    return *status == STEPDOWN_OK;
}

static stepdown_status transfer(struct worker *w, struct transaction *t, struct arena *arena, uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    uint8_t from = (uint8_t)((*seed >> 8) % ACCOUNTS), to = (uint8_t)((from + 1 + (*seed >> 16) % 7) % ACCOUNTS);
    uint32_t from_amount = 0, to_amount = 0;
    uint8_t value[4];
    arena_reset(arena);
    stepdown_status status = transaction_begin(t, w->announce, NULL, 0, NULL);
    if (status != STEPDOWN_OK)
        return status;
    if (account_get(t, arena, from, &from_amount, &status) && account_get(t, arena, to, &to_amount, &status)) {
        write_be32(value, from_amount - 1);
        status = transaction_put(t, slice_of(&from, 1), slice_of(value, 4), NULL);
        write_be32(value, to_amount + 1);
        if (status == STEPDOWN_OK)
            status = transaction_put(t, slice_of(&to, 1), slice_of(value, 4), NULL);
        if (status == STEPDOWN_OK)
            return transaction_commit(t, NULL);
    }
    transaction_abort(t);
    return status;
}

static stepdown_status audit(struct worker *w, struct transaction *t, struct arena *arena) {
    uint32_t sum = 0;
    arena_reset(arena);
    stepdown_status status = transaction_begin(t, false, NULL, 0, NULL);
    for (uint8_t i = 0; i < ACCOUNTS && status == STEPDOWN_OK; i++) {
        uint32_t amount = 0;
        if (account_get(t, arena, i, &amount, &status))
            sum += amount;
    }
    if (status == STEPDOWN_OK && sum != ACCOUNTS * START)
        w->failed = "a snapshot in which money is missing";
    transaction_abort(t);
    return status;
}

static void *move_money(void *ctx) {
    struct worker *w = ctx;
    struct transaction t;
    struct arena arena;
    uint32_t seed = w->number + 1;
    transaction_init(&t, w->storage, &w->env);
    arena_init(&arena, &w->env);
    while (w->done < w->rounds && w->failed == NULL) {
        stepdown_status status = w->number % 4 == 3 ? audit(w, &t, &arena) : transfer(w, &t, &arena, &seed);
        if (status == STEPDOWN_OK)
            w->done++;
        else if (status != STEPDOWN_CONFLICT && status != STEPDOWN_BUSY)
            w->failed = stepdown_status_name(status);
    }
    transaction_free(&t);
    arena_free(&arena);
    return NULL;
}

static void accounts_open(stepdown_storage *storage) {
    const struct env env = env_default();
    struct transaction t;
    uint8_t value[4];
    write_be32(value, START);
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    for (uint8_t i = 0; i < ACCOUNTS; i++)
        assert_int_equal(transaction_put(&t, slice_of(&i, 1), slice_of(value, 4), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
}

static void every_snapshot_holds_the_sum(void **state) {
    (void)state;
    struct worker workers[THREADS];
    stepdown_storage *storage = NULL;
    assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
    accounts_open(storage);
    workers_run(storage, move_money, 2000, false, workers);
    stepdown_storage_free(&storage);

    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    storage = sqlite_place_open(&place);
    accounts_open(storage);
    workers_run(storage, move_money, 100, true, workers);
    stepdown_storage_free(&storage);
    sqlite_place_remove(&place);
}

static void *count_until_closed(void *ctx) {
    struct worker *w = ctx;
    struct transaction t;
    struct arena arena;
    transaction_init(&t, w->storage, &w->env);
    arena_init(&arena, &w->env);
    for (;;) {
        stepdown_status status = increment(w, &t, &arena);
        if (status == STEPDOWN_OK)
            w->done++;
        else if (status == STEPDOWN_CLOSED)
            break;
        else if (status != STEPDOWN_CONFLICT && status != STEPDOWN_BUSY) {
            w->failed = stepdown_status_name(status);
            break;
        }
    }
    transaction_free(&t);
    arena_free(&arena);
    return NULL;
}

static void closing_meets_running_work(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct worker workers[THREADS];
        stepdown_storage *storage = NULL;
        assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
        for (uint32_t i = 0; i < THREADS; i++) {
            workers[i] = (struct worker){.storage = storage, .env = env_default(), .number = i};
            assert_int_equal(pthread_create(&workers[i].thread, NULL, count_until_closed, &workers[i]), 0);
        }
        assert_int_equal(stepdown_storage_close(storage, NULL), STEPDOWN_OK);
        for (uint32_t i = 0; i < THREADS; i++) {
            pthread_join(workers[i].thread, NULL);
            assert_null(workers[i].failed);
        }
        stepdown_storage_free(&storage);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(increments_of_threads_are_exact_in_memory),
        cmocka_unit_test(increments_of_threads_are_exact_in_sqlite),
        cmocka_unit_test(every_snapshot_holds_the_sum),
        cmocka_unit_test(closing_meets_running_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
