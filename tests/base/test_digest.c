// SPDX-License-Identifier: Apache-2.0
// SHA-256 against published vectors (FIPS 180-4 examples).
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "support/memory.h"

static void assert_digest(struct digest *digest, const char *prefix, const char *text, const char *expected) {
    uint8_t out[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];
    assert_true(digest_sha256(digest, prefix, strlen(prefix), text, strlen(text), out));
    hex_print(out, sizeof out, hex);
    assert_string_equal(hex, expected);
}

static void digest_agrees_with_published_vectors(void **state) {
    (void)state;
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char two[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    struct env env = env_default();
    struct digest *digest = NULL;
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    assert_digest(digest, "", "", empty);
    assert_digest(digest, "", "abc", abc);
    assert_digest(digest, "a", "bc", abc);
    assert_digest(digest, "abc", "", abc);
    assert_digest(digest, "", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", two);
    assert_digest(digest, "", "", empty); // the context carries nothing over
    uint8_t out[DIGEST_SIZE];
    assert_true(digest_sha256(digest, NULL, 0, NULL, 0, out));
    assert_int_equal(out[0], 0xe3);
    digest_free(&digest);
    assert_null(digest);
    digest_free(&digest);
    digest_free(NULL);
}

static stepdown_status make_digest(const struct env *env, void *ctx) {
    (void)ctx;
    struct digest *digest = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = digest_new(env, &digest, &error);
    assert_int_equal(status == STEPDOWN_OK, digest != NULL);
    digest_free(&digest);
    stepdown_error_free(&error);
    return status;
}

static void digest_survives_every_failed_allocation(void **state) {
    (void)state;
    assert_int_equal(test_memory_sweep(make_digest, NULL), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_agrees_with_published_vectors),
        cmocka_unit_test(digest_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
