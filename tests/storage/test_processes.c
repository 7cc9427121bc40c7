// SPDX-License-Identifier: Apache-2.0
// Several processes on one SQLite file, and processes that are killed at any moment: what was acknowledged is there,
// what was not is there whole or not at all. STEPDOWN_KILLS sets how many times (default 25).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/platform.h"
#include "storage/storage.h"
#include "storage/stores.h"

enum { PARTS = 5, VALUE = 500 };

static void part_key(uint32_t step, uint32_t part, uint8_t key[8]) {
    write_be32(key, step * 2654435761u); // scattered
    write_be32(key + 4, step * PARTS + part);
}

// Commit one step: a counter and PARTS rows. Returns the step written, or 0 when it has to be tried again.
static uint32_t step_commit(struct transaction *t, struct arena *arena) {
    const stepdown_slice counter = slice_text("counter");
    uint8_t number[4], key[8], value[VALUE];
    struct row row;
    arena_reset(arena);
    stepdown_status status = transaction_begin(t, true, NULL, 0, NULL);
    if (status == STEPDOWN_OK)
        status = transaction_get(t, &counter, 1, arena, &row, NULL);
    uint32_t step = status == STEPDOWN_OK && row.present ? read_be32(row.value.data) + 1 : 1;
    write_be32(number, step);
    memset(value, (int)(step & 0xff), sizeof value);
    if (status == STEPDOWN_OK)
        status = transaction_put(t, counter, slice_of(number, 4), NULL);
    for (uint32_t part = 0; part < PARTS && status == STEPDOWN_OK; part++) {
        part_key(step, part, key);
        status = transaction_put_new(t, slice_of(key, 8), slice_of(value, VALUE), NULL);
    }
    if (status == STEPDOWN_OK)
        status = transaction_commit(t, NULL);
    transaction_abort(t);
    if (status != STEPDOWN_OK && status != STEPDOWN_BUSY && status != STEPDOWN_CONFLICT)
        _exit(3);
    return status == STEPDOWN_OK ? step : 0;
}

// In a child: write `steps` steps (0: for ever), telling each through the pipe once it is acknowledged.
static void child_run(struct sqlite_place *place, uint32_t steps, int pipe_end) {
    const struct env env = env_default();
    stepdown_storage *storage = NULL;
    struct transaction t;
    struct arena arena;
    if (sqlite_factory(place, STEPDOWN_CONFORMANCE_REOPEN, &storage, NULL) != STEPDOWN_OK)
        _exit(2);
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    for (uint32_t done = 0; steps == 0 || done < steps;) {
        uint32_t step = step_commit(&t, &arena);
        if (step == 0)
            continue;
        done++;
        if (write(pipe_end, &step, sizeof step) != (ssize_t)sizeof step)
            _exit(4);
    }
    transaction_free(&t);
    arena_free(&arena);
    stepdown_storage_free(&storage);
    _exit(0);
}

static pid_t child_start(struct sqlite_place *place, uint32_t steps, int *out_pipe) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_run(place, steps, ends[1]);
    }
    close(ends[1]);
    *out_pipe = ends[0];
    return child;
}

static uint32_t pipe_drain(int end, uint32_t *count) {
    uint32_t step = 0, last = 0;
    while (read(end, &step, sizeof step) == (ssize_t)sizeof step) {
        last = step > last ? step : last;
        (*count)++;
    }
    close(end);
    return last;
}

// The counter, after checking that every step up to it is there whole and nothing beyond.
static uint32_t store_check(struct sqlite_place *place) {
    const struct env env = env_default();
    stepdown_storage *storage = sqlite_place_open(place);
    struct transaction t;
    struct arena arena;
    struct row row;
    const stepdown_slice counter = slice_text("counter");
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_get(&t, &counter, 1, &arena, &row, NULL), STEPDOWN_OK);
    uint32_t last = row.present ? read_be32(row.value.data) : 0;
    for (uint32_t step = 1; step <= last + 1; step++) {
        for (uint32_t part = 0; part < PARTS; part++) {
            uint8_t key[8];
            part_key(step, part, key);
            const stepdown_slice slice = slice_of(key, 8);
            assert_int_equal(transaction_get(&t, &slice, 1, &arena, &row, NULL), STEPDOWN_OK);
            assert_int_equal(row.present, step <= last);
            if (row.present)
                assert_true(row.value.size == VALUE && row.value.data[VALUE - 1] == (step & 0xff));
        }
        arena_reset(&arena);
    }
    transaction_free(&t);
    arena_free(&arena);
    stepdown_storage_free(&storage);
    return last;
}

static void processes_share_a_file(void **state) {
    (void)state;
    enum { CHILDREN = 3, STEPS = 60 };
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    pid_t children[CHILDREN];
    int pipes[CHILDREN];
    for (size_t i = 0; i < CHILDREN; i++) // all of them find no file and make it
        children[i] = child_start(&place, STEPS, &pipes[i]);
    uint32_t count = 0;
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = 0;
        (void)pipe_drain(pipes[i], &count);
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(count, CHILDREN * STEPS);
    assert_int_equal(store_check(&place), CHILDREN * STEPS);
    sqlite_place_remove(&place);
}

static void what_was_acknowledged_survives_a_kill(void **state) {
    (void)state;
    const char *wanted = getenv("STEPDOWN_KILLS");
    unsigned long kills = wanted == NULL ? 25 : strtoul(wanted, NULL, 10);
    struct sqlite_place place;
    uint32_t acknowledged = 0, count = 0;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    for (unsigned long i = 0; i < kills; i++) {
        int end = -1;
        pid_t child = child_start(&place, 0, &end);
        uint32_t first = 0;
        assert_int_equal(read(end, &first, sizeof first), sizeof first); // it is under way
        platform_sleep((int64_t)((i * 7919) % 13000));
        assert_int_equal(kill(child, SIGKILL), 0);
        uint32_t last = pipe_drain(end, &count);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        last = last > first ? last : first;
        acknowledged = last > acknowledged ? last : acknowledged;
        uint32_t found = store_check(&place);
        assert_true(found == acknowledged || found == acknowledged + 1); // one more may have been on its way
        acknowledged = found;
    }
    assert_true(acknowledged >= kills);
    sqlite_place_remove(&place);
}

static void two_killed_writers_leave_the_third_in_peace(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    for (int round = 0; round < 8; round++) {
        int ends[2];
        pid_t children[2];
        uint32_t first = 0, count = 0;
        for (int i = 0; i < 2; i++)
            children[i] = child_start(&place, 0, &ends[i]);
        assert_int_equal(read(ends[0], &first, sizeof first), sizeof first);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(kill(children[i], SIGKILL), 0);
            int status = 0;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        }
        uint32_t last = pipe_drain(ends[0], &count), other = pipe_drain(ends[1], &count);
        uint32_t found = store_check(&place);
        assert_true(found >= last && found >= other && found >= first);
    }
    sqlite_place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_share_a_file),
        cmocka_unit_test(what_was_acknowledged_survives_a_kill),
        cmocka_unit_test(two_killed_writers_leave_the_third_in_peace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
