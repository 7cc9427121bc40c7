// SPDX-License-Identifier: Apache-2.0
// What threads share: the mutex that knows its holder, zones, and errors freed elsewhere than they were made.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform.h"
#include "base/status.h"
#include "base/time.h"
#include "support/memory.h"

enum { THREADS = 4, ROUNDS = 5000 };

static struct platform_mutex *mutex;
static int64_t counter;
static _Atomic(int32_t) failures; // cmocka's assertions belong to the main thread

static void in_threads(void *(*body)(void *), void *argument) {
    pthread_t threads[THREADS];
    failures = 0;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, body, argument), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures, 0);
}

static void *count_up(void *argument) {
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        if (platform_mutex_held(mutex))
            failures++; // not yet by us
        if (!platform_mutex_lock(mutex))
            failures++;
        if (!platform_mutex_held(mutex) || platform_mutex_lock(mutex))
            failures++; // re-entry is told apart from waiting
        counter++;
        platform_mutex_unlock(mutex);
        if (platform_mutex_held(mutex))
            failures++;
    }
    return NULL;
}

static void mutex_admits_one_thread_and_knows_which(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    mutex = platform_mutex_new(&memory.env);
    assert_non_null(mutex);
    counter = 0;
    in_threads(count_up, NULL);
    assert_int_equal(counter, THREADS * ROUNDS);
    platform_mutex_free(&memory.env, mutex);
    platform_mutex_free(&memory.env, NULL);
    assert_int_equal(memory.live, 0);
    test_memory_init(&memory, 1);
    assert_null(platform_mutex_new(&memory.env));
}

static void *look_from_outside(void *argument) {
    (void)argument;
    if (platform_mutex_held(mutex))
        failures++;
    return NULL;
}

static void a_mutex_held_by_one_thread_is_not_held_by_another(void **state) {
    (void)state;
    struct env env = env_default();
    mutex = platform_mutex_new(&env);
    assert_non_null(mutex);
    assert_true(platform_mutex_lock(mutex));
    in_threads(look_from_outside, NULL);
    assert_true(platform_mutex_held(mutex));
    platform_mutex_unlock(mutex);
    in_threads(look_from_outside, NULL);
    platform_mutex_free(&env, mutex);
}

static void *ask_zone(void *argument) {
    const struct zone *zone = argument;
    stepdown_time t = civil_to_days(2026, 7, 1) * TIME_DAY;
    for (int i = 0; i < ROUNDS; i++) {
        if (zone_offset(zone, t) != -4 * 3600 || zone_offset(zone, t + 180 * TIME_DAY) != -5 * 3600)
            failures++;
        struct civil local;
        zone_local(zone, t, &local);
        if (zone_utc(zone, &local, NULL) != t)
            failures++;
    }
    return NULL;
}

static void one_zone_serves_many_threads(void **state) {
    (void)state;
    struct env env = env_default();
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&env, "/usr/share/zoneinfo", "America/New_York", &zone, NULL), STEPDOWN_OK);
    in_threads(ask_zone, zone);
    zone_free(&zone);
}

static void *free_error(void *argument) {
    stepdown_error *error = argument;
    if (stepdown_error_code(error) != STEPDOWN_IO || strcmp(stepdown_error_message(error), "made elsewhere") != 0)
        failures++;
    stepdown_error_free(&error);
    return NULL;
}

static void an_error_may_be_freed_by_another_thread(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    stepdown_error *error = NULL;
    status_fail(&memory.env, &error, STEPDOWN_IO, "made elsewhere");
    status_detail(&error, "key", "value");
    pthread_t thread;
    failures = 0;
    assert_int_equal(pthread_create(&thread, NULL, free_error, error), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(failures, 0);
    assert_int_equal(memory.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutex_admits_one_thread_and_knows_which),
        cmocka_unit_test(a_mutex_held_by_one_thread_is_not_held_by_another),
        cmocka_unit_test(one_zone_serves_many_threads),
        cmocka_unit_test(an_error_may_be_freed_by_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
