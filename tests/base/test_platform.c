// SPDX-License-Identifier: Apache-2.0
// What the library asks of the operating system: clocks, entropy, whole files; and the defaults made of them.
#include "base/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/memory.h"

static void clocks_count_microseconds(void **state) {
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000000;
    int64_t now = platform_clock();
    assert_true(now >= before && now < before + 5000000);
    int64_t start = platform_monotonic();
    platform_sleep(20000);
    int64_t waited = platform_monotonic() - start;
    assert_true(waited >= 20000 && waited < 5000000);
    platform_sleep(0);
    platform_sleep(-1);
}

static void entropy_fills_every_byte(void **state) {
    (void)state;
    uint8_t a[1000] = {0}, b[1000] = {0}, seen[1000] = {0};
    for (int run = 0; run < 8; run++) {
        assert_true(platform_entropy(a, sizeof a));
        assert_true(platform_entropy(b, sizeof b));
        assert_memory_not_equal(a, b, sizeof a);
        for (size_t i = 0; i < sizeof a; i++)
            seen[i] |= a[i];
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_not_equal(seen[i], 0); // eight zeros in a row: once in 10^19
    assert_true(platform_entropy(NULL, 0));
}

static char path[] = "/tmp/platform-XXXXXX";

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, "0123456789", 10) != 10)
        return -1;
    return close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void files_are_read_whole_and_end_in_nul(void **state) {
    (void)state;
    struct env env = env_default();
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(platform_read_file(&env, path, 10, &data, &size), PLATFORM_FILE_OK);
    assert_int_equal(size, 10);
    assert_memory_equal(data, "0123456789", 11);
    env_free(&env, data);
    assert_int_equal(platform_read_file(&env, path, SIZE_MAX, &data, &size), PLATFORM_FILE_OK);
    env_free(&env, data);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(platform_read_file(&env, path, 0, &data, &size), PLATFORM_FILE_OK);
    assert_int_equal(size, 0);
    assert_int_equal(data[0], 0);
    env_free(&env, data);
}

static void files_that_cannot_be_read_say_why(void **state) {
    (void)state;
    struct env env = env_default();
    uint8_t *data = NULL;
    size_t size = 42;
    assert_int_equal(truncate(path, 11), 0);
    assert_int_equal(platform_read_file(&env, path, 10, &data, &size), PLATFORM_FILE_TOO_LARGE);
    assert_int_equal(platform_read_file(&env, "/nowhere/at/all", 10, &data, &size), PLATFORM_FILE_MISSING);
    assert_int_equal(platform_read_file(&env, "/tmp", 10, &data, &size), PLATFORM_FILE_MISSING);
    assert_int_equal(platform_read_file(&env, "/dev/null/x", 10, &data, &size), PLATFORM_FILE_MISSING);
    char pipe_path[] = "/tmp/platform-pipe-XXXXXX";
    assert_non_null(mkdtemp(pipe_path));
    rmdir(pipe_path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(platform_read_file(&env, pipe_path, 10, &data, &size), PLATFORM_FILE_MISSING); // does not wait
    unlink(pipe_path);
    if (geteuid() != 0) { // who may do everything is refused nothing
        assert_int_equal(chmod(path, 0), 0);
        assert_int_equal(platform_read_file(&env, path, 100, &data, &size), PLATFORM_FILE_ERROR);
        assert_int_equal(chmod(path, 0600), 0);
    }
    struct test_memory memory;
    test_memory_init(&memory, 1);
    assert_int_equal(platform_read_file(&memory.env, path, 100, &data, &size), PLATFORM_FILE_NOMEM);
    assert_null(data);
    assert_int_equal(size, 42);
}

static void env_default_uses_the_system(void **state) {
    (void)state;
    struct env env = env_default();
    int64_t now = platform_clock(), told = env.clock(env.clock_ctx);
    assert_true(told >= now && told < now + 5000000);
    uint8_t a[16] = {0}, zero[16] = {0};
    assert_true(env.random(env.random_ctx, a, sizeof a));
    assert_memory_not_equal(a, zero, sizeof a);
    assert_null(env.log);
    char *block = env_alloc(&env, 4);
    assert_non_null(block);
    memcpy(block, "abc", 4);
    block = env_resize(&env, block, 4000);
    assert_non_null(block);
    assert_string_equal(block, "abc");
    assert_null(env_resize(&env, block, 0)); // freed
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_count_microseconds),           cmocka_unit_test(entropy_fills_every_byte),
        cmocka_unit_test(files_are_read_whole_and_end_in_nul), cmocka_unit_test(files_that_cannot_be_read_say_why),
        cmocka_unit_test(env_default_uses_the_system),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
