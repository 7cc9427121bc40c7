// SPDX-License-Identifier: Apache-2.0
// Buffers, slices, UTF-8, base32, hex and the owned bytes object.
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/memory.h"

static void buffer_holds_what_was_appended(void **state) {
    (void)state;
    struct env env = env_default();
    struct buffer b;
    buffer_init(&b, &env);
    buffer_text(&b, "ab");
    buffer_format(&b, "-%d-%s", 42, "x");
    buffer_be16(&b, 0x0102);
    buffer_be32(&b, 0x03040506);
    buffer_be64(&b, UINT64_C(0x0708090A0B0C0D0E));
    assert_false(b.failed);
    assert_int_equal(b.size, 22 - 1);
    assert_memory_equal(b.data, "ab-42-x\1\2\3\4\5\6\7\10\11\12\13\14\15\16", b.size);
    buffer_clear(&b);
    assert_int_equal(b.size, 0);
    assert_true(b.cap > 0);
    buffer_free(&b);
    assert_null(b.data);
}

static void buffer_grows_over_many_sizes(void **state) {
    (void)state;
    struct env env = env_default();
    struct buffer b;
    buffer_init(&b, &env);
    for (size_t i = 0; i < 5000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        buffer_append(&b, &byte, 1);
    }
    assert_int_equal(b.size, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], (uint8_t)(i * 7));
    uint8_t *room = buffer_reserve(&b, 100000);
    assert_non_null(room);
    memset(room, 1, 100000);
    assert_non_null(buffer_reserve(&b, 0));
    buffer_free(&b);
}

static void buffer_reserves_no_more_than_there_can_be(void **state) {
    (void)state;
    struct env env = env_default();
    struct buffer b;
    buffer_init(&b, &env);
    buffer_text(&b, "x");
    assert_null(buffer_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
    buffer_text(&b, "ignored");
    assert_int_equal(b.size, 1);
    buffer_clear(&b);
    assert_false(b.failed);
    buffer_free(&b);
}

static stepdown_status fill_buffer(const struct env *env, void *ctx) {
    (void)ctx;
    struct buffer b;
    buffer_init(&b, env);
    for (int i = 0; i < 200; i++)
        buffer_format(&b, "line %d\n", i);
    size_t size = b.size;
    buffer_text(&b, "end");
    stepdown_status status = b.failed ? STEPDOWN_NOMEM : STEPDOWN_OK;
    if (b.failed)
        assert_int_equal(b.size, size); // nothing is appended after a failure
    buffer_free(&b);
    return status;
}

static void buffer_survives_every_failed_allocation(void **state) {
    (void)state;
    assert_true(test_memory_sweep(fill_buffer, NULL) > 3);
}

static void big_endian_numbers_round_trip(void **state) {
    (void)state;
    uint8_t raw[8];
    write_be16(raw, 0xFEDC);
    assert_int_equal(raw[0], 0xFE);
    assert_int_equal(read_be16(raw), 0xFEDC);
    write_be32(raw, 0xFEDCBA98);
    assert_int_equal(read_be32(raw), 0xFEDCBA98);
    write_be64(raw, UINT64_C(0xFEDCBA9876543210));
    assert_int_equal(raw[7], 0x10);
    assert_true(read_be64(raw) == UINT64_C(0xFEDCBA9876543210));
}

static void slices_compare_as_unsigned_bytes(void **state) {
    (void)state;
    assert_true(slice_compare(slice_text("a"), slice_text("b")) < 0);
    assert_true(slice_compare(slice_text("a"), slice_text("aa")) < 0);
    assert_true(slice_compare(slice_text("\xff"), slice_text("a")) > 0);
    assert_int_equal(slice_compare(slice_text("ab"), slice_text("ab")), 0);
    assert_int_equal(slice_compare(slice_text(NULL), slice_text("")), 0);
    assert_true(slice_compare(slice_text(NULL), slice_text("a")) < 0);
    assert_true(slice_equal(slice_text(NULL), slice_of("x", 0)));
    assert_false(slice_equal(slice_text("a"), slice_text("b")));
    assert_true(slice_is(slice_of("abc", 2), "ab"));
    assert_false(slice_is(slice_of("abc", 2), "abc"));
}

static void utf8_accepts_what_rfc_3629_allows(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(slice_text(good[i]), NULL));
    assert_true(utf8_valid(slice_of("a\0b", 3), NULL));
}

static void utf8_refuses_hostile_sequences_and_says_where(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t bad;
    } cases[] = {
        {"\x80", 0},                 // continuation alone
        {"ab\xBF", 2},               //
        {"\xC0\x80", 0},             // overlong NUL
        {"\xC1\xBF", 0},             // overlong
        {"\xE0\x80\x80", 0},         //
        {"\xE0\x9F\xBF", 0},         //
        {"\xF0\x8F\xBF\xBF", 0},     //
        {"x\xED\xA0\x80", 1},        // surrogates
        {"\xED\xBF\xBF", 0},         //
        {"\xF4\x90\x80\x80", 0},     // above U+10FFFF
        {"\xF5\x80\x80\x80", 0},     //
        {"\xF8\x88\x80\x80\x80", 0}, // five bytes
        {"\xFE", 0},                 //
        {"\xFF", 0},                 //
        {"\xC3", 0},                 // cut off
        {"abc\xE2\x82", 3},          //
        {"\xF0\x9F\x98", 0},         //
        {"\xE2\x28\xA1", 0},         // continuation missing
        {"\xF0\x9F\x28\x80", 0},     //
        {"\xC3\xA4\xC3\x28", 2},     //
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        // On the heap, so that reading past the end is seen.
        size_t size = strlen(cases[i].text), bad = 99;
        uint8_t *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, cases[i].text, size);
        assert_false(utf8_valid(slice_of(copy, size), &bad));
        assert_int_equal(bad, cases[i].bad);
        free(copy);
    }
}

static void ids_round_trip_through_base32(void **state) {
    (void)state;
    uint8_t id[16], back[16];
    char text[27];
    srand(1);
    for (int run = 0; run < 1000; run++) {
        for (size_t i = 0; i < sizeof id; i++)
            id[i] = (uint8_t)rand();
        base32_print_id(id, text);
        assert_int_equal(strlen(text), 26);
        assert_true(base32_parse_id(slice_text(text), back));
        assert_memory_equal(id, back, sizeof id);
    }
    memcpy(id, "0123456789abcdef", 16);
    base32_print_id(id, text);
    assert_string_equal(text, "gaytemzugu3doobzmfrggzdfmy"); // RFC 4648, as other programs print it
    assert_true(base32_parse_id(slice_text("GAYTEMZUGU3DOOBZMFRGGZDFMY"), back));
    assert_memory_equal(id, back, sizeof id);
}

static void base32_refuses_what_is_no_id(void **state) {
    (void)state;
    uint8_t id[16];
    memset(id, 0xEE, sizeof id);
    static const char *const bad[] = {"",
                                      "gaytemzugu3doobzmfrggzdfm",
                                      "gaytemzugu3doobzmfrggzdfmya",
                                      "gaytemzugu3doobzmfrggzdf1y",
                                      "gaytemzugu3doobzmfrggzdf=y",
                                      "gaytemzugu3doobzmfrggzdf\xFFy",
                                      "gaytemzugu3doobzmfrggzdfmz"}; // a bit too many
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base32_parse_id(slice_text(bad[i]), id));
    for (size_t i = 0; i < sizeof id; i++)
        assert_int_equal(id[i], 0xEE);
}

static void hex_prints_two_digits_for_each_byte(void **state) {
    (void)state;
    char text[9];
    hex_print((const uint8_t *)"\x00\x7F\xA0\xFF", 4, text);
    assert_string_equal(text, "007fa0ff");
    hex_print(NULL, 0, text);
    assert_string_equal(text, "");
}

static stepdown_status make_bytes(const struct env *env, void *ctx) {
    (void)ctx;
    stepdown_bytes *bytes = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = bytes_new(env, "text", 4, &bytes, &error);
    assert_int_equal(status == STEPDOWN_OK, bytes != NULL);
    assert_int_equal(status == STEPDOWN_OK, error == NULL);
    stepdown_bytes_free(&bytes);
    stepdown_error_free(&error);
    return status;
}

static void bytes_object_holds_a_copy_that_ends_in_nul(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    char text[] = "text";
    stepdown_bytes *bytes = NULL;
    assert_int_equal(bytes_new(&memory.env, text, 4, &bytes, NULL), STEPDOWN_OK);
    memset(text, 'x', 4);
    assert_int_equal(stepdown_bytes_size(bytes), 4);
    assert_memory_equal(stepdown_bytes_data(bytes), "text", 5);
    stepdown_bytes_free(&bytes);
    assert_null(bytes);
    stepdown_bytes_free(&bytes);
    stepdown_bytes_free(NULL);
    assert_int_equal(bytes_new(&memory.env, NULL, 0, &bytes, NULL), STEPDOWN_OK);
    assert_non_null(stepdown_bytes_data(bytes));
    stepdown_bytes_free(&bytes);
    assert_int_equal(memory.live, 0);
    assert_int_equal(test_memory_sweep(make_bytes, NULL), 2);
}

static void bytes_object_of_impossible_size_is_out_of_memory(void **state) {
    (void)state;
    struct env env = env_default();
    stepdown_bytes *bytes = NULL;
    assert_int_equal(bytes_new(&env, "", SIZE_MAX - 4, &bytes, NULL), STEPDOWN_NOMEM);
    assert_null(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_holds_what_was_appended),
        cmocka_unit_test(buffer_grows_over_many_sizes),
        cmocka_unit_test(buffer_reserves_no_more_than_there_can_be),
        cmocka_unit_test(buffer_survives_every_failed_allocation),
        cmocka_unit_test(big_endian_numbers_round_trip),
        cmocka_unit_test(slices_compare_as_unsigned_bytes),
        cmocka_unit_test(utf8_accepts_what_rfc_3629_allows),
        cmocka_unit_test(utf8_refuses_hostile_sequences_and_says_where),
        cmocka_unit_test(ids_round_trip_through_base32),
        cmocka_unit_test(base32_refuses_what_is_no_id),
        cmocka_unit_test(hex_prints_two_digits_for_each_byte),
        cmocka_unit_test(bytes_object_holds_a_copy_that_ends_in_nul),
        cmocka_unit_test(bytes_object_of_impossible_size_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
