// SPDX-License-Identifier: Apache-2.0
// Arenas and the allocation helpers of env.
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "support/memory.h"

static void arena_gives_aligned_memory_that_does_not_overlap(void **state) {
    (void)state;
    struct env env = env_default();
    struct arena arena;
    arena_init(&arena, &env);
    uint8_t *blocks[300];
    for (size_t i = 0; i < 300; i++) {
        blocks[i] = arena_alloc(&arena, i * 3);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)(i & 0xFF), i * 3);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 3; k++)
            assert_int_equal(blocks[i][k], i & 0xFF);
    assert_true(arena.used >= 300 * 299 / 2 * 3);
    arena_free(&arena);
    assert_int_equal(arena.used, 0);
}

static void arena_takes_large_requests_and_refuses_impossible_ones(void **state) {
    (void)state;
    struct env env = env_default();
    struct arena arena;
    arena_init(&arena, &env);
    uint8_t *large = arena_zalloc(&arena, 1000000);
    assert_non_null(large);
    for (size_t i = 0; i < 1000000; i++)
        assert_int_equal(large[i], 0);
    assert_non_null(arena_alloc(&arena, 10));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    arena_free(&arena);
}

static void fill_one(struct arena *arena, size_t size) {
    uint8_t *block = arena_alloc(arena, size);
    assert_non_null(block);
    memset(block, 1, size); // seen when it lies outside
}

static void fill(struct arena *arena) {
    for (size_t i = 0; i < 2000; i++)
        fill_one(arena, i % 700);
    fill_one(arena, 300000);
    for (size_t i = 0; i < 2000; i++)
        fill_one(arena, i % 700);
}

static void arena_reset_keeps_its_blocks_for_the_same_work(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    struct arena arena;
    arena_init(&arena, &memory.env);
    fill(&arena);
    size_t calls = memory.calls, used = arena.used;
    for (int i = 0; i < 5; i++) {
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
        fill(&arena);
        assert_int_equal(arena.used, used);
    }
    assert_int_equal(memory.calls, calls);
    arena_free(&arena);
    assert_int_equal(memory.live, 0);
}

static void arena_copies_text_and_slices(void **state) {
    (void)state;
    struct env env = env_default();
    struct arena arena;
    arena_init(&arena, &env);
    assert_string_equal(arena_text(&arena, "hello", 3), "hel");
    assert_string_equal(arena_text(&arena, NULL, 0), "");
    assert_string_equal(arena_format(&arena, "%s/%05d", "a", 42), "a/00042");
    stepdown_slice copy = {NULL, 0};
    assert_true(arena_slice(&arena, slice_of("a\0b", 3), &copy));
    assert_true(slice_equal(copy, slice_of("a\0b", 3)));
    assert_true(arena_slice(&arena, slice_of(NULL, 0), &copy));
    assert_int_equal(copy.size, 0);
    arena_free(&arena);
}

static stepdown_status use_arena(const struct env *env, void *ctx) {
    (void)ctx;
    struct arena arena;
    arena_init(&arena, env);
    bool ok = true;
    for (size_t i = 0; ok && i < 200; i++) {
        stepdown_slice copy = {NULL, 0};
        ok = arena_zalloc(&arena, i * 50) != NULL && arena_format(&arena, "%zu", i) != NULL &&
             arena_text(&arena, "x", 1) != NULL && arena_slice(&arena, slice_text("y"), &copy);
    }
    arena_free(&arena);
    return ok ? STEPDOWN_OK : STEPDOWN_NOMEM;
}

static void arena_survives_every_failed_allocation(void **state) {
    (void)state;
    assert_true(test_memory_sweep(use_arena, NULL) > 7);
}

static void arena_works_on_after_a_failed_allocation(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 2);
    struct arena arena;
    arena_init(&arena, &memory.env);
    char *first = arena_text(&arena, "first", 5);
    assert_non_null(first);
    assert_null(arena_alloc(&arena, 10000));
    assert_non_null(arena_alloc(&arena, 100));
    assert_non_null(arena_alloc(&arena, 10000));
    assert_string_equal(first, "first");
    arena_free(&arena);
    assert_int_equal(memory.live, 0);
}

static void env_grow_keeps_the_array_when_memory_runs_out(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 2);
    void *array = NULL;
    size_t cap = 0;
    assert_true(env_grow(&memory.env, &array, &cap, 1, 4));
    assert_true(cap >= 1);
    size_t before = cap;
    void *old = array;
    assert_true(env_grow(&memory.env, &array, &cap, before, 4)); // enough already
    assert_false(env_grow(&memory.env, &array, &cap, before + 1, 4));
    assert_ptr_equal(array, old);
    assert_int_equal(cap, before);
    assert_false(env_grow(&memory.env, &array, &cap, SIZE_MAX / 2, 4));
    assert_true(env_grow(&memory.env, &array, &cap, 1000, 4));
    assert_true(cap >= 1000);
    env_free(&memory.env, array);
    assert_int_equal(memory.live, 0);
}

static void env_allocates_nothing_for_size_zero(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    assert_null(env_alloc(&memory.env, 0));
    assert_null(env_zalloc(&memory.env, 0));
    env_free(&memory.env, NULL);
    uint8_t *zeros = env_zalloc(&memory.env, 9);
    assert_non_null(zeros);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(zeros[i], 0);
    env_free(&memory.env, zeros);
    assert_int_equal(memory.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(arena_takes_large_requests_and_refuses_impossible_ones),
        cmocka_unit_test(arena_reset_keeps_its_blocks_for_the_same_work),
        cmocka_unit_test(arena_copies_text_and_slices),
        cmocka_unit_test(arena_survives_every_failed_allocation),
        cmocka_unit_test(arena_works_on_after_a_failed_allocation),
        cmocka_unit_test(env_grow_keeps_the_array_when_memory_runs_out),
        cmocka_unit_test(env_allocates_nothing_for_size_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
