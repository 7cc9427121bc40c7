// SPDX-License-Identifier: Apache-2.0
// SHA-256 that fails at its 1st, 2nd, … call: no record is made, and none is believed. OpenSSL allocates in every digest,
// so its allocator, which can be set only before anything else happens in a process, is where the failure comes from.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "record/fixture.h"

static long countdown; // the allocation that fails; 0: none

static void *failing_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return countdown > 0 && --countdown == 0 ? NULL : malloc(size);
}

static void *failing_realloc(void *block, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return countdown > 0 && --countdown == 0 ? NULL : realloc(block, size);
}

static void plain_free(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    free(block);
}

// Body, three fields, leaf.
enum { DIGESTS = 5 };

static void a_failed_digest_makes_no_record(void **state) {
    struct fixture *f = *state;
    for (long nth = 1; nth <= DIGESTS + 1; nth++) {
        uint8_t leaf[DIGEST_SIZE] = {0}, untouched[DIGEST_SIZE] = {0};
        struct sample s = sample_make(&f->arena, 1);
        countdown = nth;
        stepdown_status status =
            record_encode(&f->env, f->digest, &s.header, s.events, s.event_count, &f->row, leaf, NULL);
        bool failed = countdown == 0;
        countdown = 0;
        assert_int_equal(failed, nth <= DIGESTS);
        assert_int_equal(status, failed ? STEPDOWN_INTERNAL : STEPDOWN_OK);
        assert_int_equal(f->row.size == 0, failed);
        if (failed)
            assert_memory_equal(leaf, untouched, sizeof leaf);
    }
}

static void a_failed_digest_refuses_a_good_row(void **state) {
    struct fixture *f = *state;
    sample_encode(f, 1);
    for (long nth = 1; nth <= DIGESTS + 1; nth++) {
        struct record record;
        countdown = nth;
        stepdown_status status =
            record_decode(&f->env, f->digest, &f->arena, slice_of(f->row.data, f->row.size), &record, NULL);
        bool failed = countdown == 0;
        countdown = 0;
        assert_int_equal(failed, nth <= DIGESTS);
        assert_int_equal(status, failed ? STEPDOWN_INTERNAL : STEPDOWN_OK);
    }
}

static int setup(void **state) {
    static struct fixture f;
    fixture_open(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    fixture_close(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failed_digest_makes_no_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_digest_refuses_a_good_row, setup, teardown),
    };
    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
