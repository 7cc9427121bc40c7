// SPDX-License-Identifier: Apache-2.0
// The CBOR profile: what is written is the shortest form, and nothing else is read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/cbor.h"
#include "support/memory.h"

static const struct {
    uint64_t value;
    size_t size;
} borders[] = {
    {0, 1},     {23, 1},         {24, 2},        {255, 2},        {256, 3},        {65535, 3},
    {65536, 5}, {UINT32_MAX, 5}, {INT64_MAX, 9}, {UINT64_MAX, 9}, {1ull << 32, 9}, {(uint64_t)INT64_MAX + 1, 9},
};
enum { BORDER_COUNT = sizeof borders / sizeof borders[0] };

static struct cbor_reader reader_of(const void *data, size_t size) {
    struct cbor_reader r;
    cbor_reader_init(&r, slice_of(data, size));
    return r;
}

#define READER(text) reader_of(text, sizeof(text) - 1)

static void numbers_round_trip_in_the_shortest_form(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    for (size_t i = 0; i < BORDER_COUNT; i++) {
        uint64_t back;
        buffer_clear(&b);
        cbor_write_uint(&b, borders[i].value);
        assert_int_equal(b.size, borders[i].size);
        struct cbor_reader r = reader_of(b.data, b.size);
        assert_true(cbor_read_uint(&r, &back) && cbor_at_end(&r));
        assert_true(back == borders[i].value);
    }
    buffer_free(&b);
}

static void negative_numbers_round_trip_to_the_smallest(void **state) {
    static const int64_t numbers[] = {-1, -24, -25, -256, -257, -65536, -65537, INT64_MIN, 0, INT64_MAX};
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t back;
        buffer_clear(&b);
        cbor_write_int(&b, numbers[i]);
        struct cbor_reader r = reader_of(b.data, b.size);
        assert_true(cbor_read_int(&r, &back) && cbor_at_end(&r));
        assert_true(back == numbers[i]);
    }
    buffer_free(&b);
}

// One input that must not be read as anything at all.
static void refuse_bytes(const char *bytes, size_t size) {
    struct cbor_reader r = reader_of(bytes, size);
    assert_false(cbor_skip(&r));
    assert_true(r.bad);
    assert_false(cbor_at_end(&r));
}

#define REFUSE(text) refuse_bytes(text, sizeof(text) - 1)

static void heads_longer_than_needed_are_refused(void **state) {
    (void)state;
    REFUSE("\x18\x05"); // uint
    REFUSE("\x18\x17");
    REFUSE("\x19\x00\xff");
    REFUSE("\x1a\x00\x00\xff\xff");
    REFUSE("\x1b\x00\x00\x00\x00\xff\xff\xff\xff");
    REFUSE("\x38\x05"); // negative
    REFUSE("\x39\x00\x18");
    REFUSE("\x58\x01z");        // bytes
    REFUSE("\x78\x01z");        // text
    REFUSE("\x98\x01\x00");     // array
    REFUSE("\xb8\x01\x00\x00"); // map
}

static void indefinite_lengths_floats_tags_and_other_simple_values_are_refused(void **state) {
    (void)state;
    REFUSE("\x5f\x41z\xff");
    REFUSE("\x7f\x61z\xff");
    REFUSE("\x9f\x00\xff");
    REFUSE("\xbf\x00\x00\xff");
    REFUSE("\xff");
    REFUSE("\xf9\x3c\x00");
    REFUSE("\xfa\x3f\x80\x00\x00");
    REFUSE("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00");
    REFUSE("\xc1\x00");
    REFUSE("\xd8\x20\x00");
    REFUSE("\xf7");     // undefined
    REFUSE("\xe0");     // simple 0
    REFUSE("\xf8\x20"); // simple 32
    REFUSE("\x1c");     // reserved
    REFUSE("\x5e");
    REFUSE("\x9d");
}

static void truncated_items_are_refused(void **state) {
    (void)state;
    REFUSE("");
    REFUSE("\x18");
    REFUSE("\x1b\x01\x00\x00");
    REFUSE("\x42z");
    REFUSE("\x82\x00");
    REFUSE("\xa1\x00");
    REFUSE("\x5b\xff\xff\xff\xff\xff\xff\xff\xffz"); // longer than all memory
    REFUSE("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00");
    REFUSE("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x00");
}

static void map_keys_must_ascend(void **state) {
    (void)state;
    REFUSE("\xa2\x02\x00\x01\x00"); // descending
    REFUSE("\xa2\x01\x00\x01\x00"); // twice
    REFUSE("\xa1\x20\x00");         // negative
    REFUSE("\xa1\x61z\x00");        // text
    struct cbor_reader r = READER("\xa3\x00\x00\x01\x00\x18\x18\x00");
    assert_true(cbor_skip(&r) && cbor_at_end(&r));
}

static void text_must_be_utf8(void **state) {
    (void)state;
    REFUSE("\x61\xff");
    REFUSE("\x62\xc0\x80");         // overlong
    REFUSE("\x63\xed\xa0\x80");     // surrogate
    REFUSE("\x64\xf4\x90\x80\x80"); // beyond the last code point
    struct cbor_reader r = READER("\x63\xe2\x82\xac");
    assert_true(cbor_skip(&r) && cbor_at_end(&r));
}

static void nesting_is_bounded(void **state) {
    char nested[1000];
    (void)state;
    for (size_t depth = 1; depth < sizeof nested; depth++) {
        for (size_t i = 0; i + 1 < depth; i++)
            nested[i] = (char)0x81;
        nested[depth - 1] = (char)0x80;
        struct cbor_reader r = reader_of(nested, depth);
        assert_int_equal(cbor_skip(&r), depth <= 16);
    }
}

static void a_read_of_another_type_spoils_the_reader_for_good(void **state) {
    struct cbor_reader r = READER("\x01\x02");
    stepdown_slice text;
    uint64_t v = 99;
    size_t count;
    int64_t n;
    bool truth;
    enum cbor_type type;
    (void)state;
    assert_false(cbor_read_text(&r, &text));
    assert_false(cbor_read_uint(&r, &v));
    assert_int_equal(v, 99);
    assert_false(cbor_peek(&r, &type) || cbor_read_int(&r, &n) || cbor_read_bytes(&r, &text) || cbor_read_null(&r) ||
                 cbor_read_bool(&r, &truth) || cbor_read_array(&r, &count) || cbor_read_map(&r, &count) ||
                 cbor_skip(&r) || cbor_at_end(&r));
}

static void numbers_beyond_int64_are_not_integers(void **state) {
    struct cbor_reader r = READER("\x1b\x80\x00\x00\x00\x00\x00\x00\x00");
    int64_t n;
    (void)state;
    assert_false(cbor_read_int(&r, &n));
    r = READER("\x3b\x80\x00\x00\x00\x00\x00\x00\x00");
    assert_false(cbor_read_int(&r, &n));
    r = READER("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff");
    assert_true(cbor_read_int(&r, &n) && n == INT64_MIN);
}

static void peeking_names_the_type_and_stays_put(void **state) {
    static const struct {
        const char *bytes;
        enum cbor_type type;
    } cases[] = {{"\x01", CBOR_UINT}, {"\x20", CBOR_NEGATIVE}, {"\x40", CBOR_BYTES},
                 {"\x60", CBOR_TEXT}, {"\x80", CBOR_ARRAY},    {"\xa0", CBOR_MAP},
                 {"\xf4", CBOR_BOOL}, {"\xf5", CBOR_BOOL},     {"\xf6", CBOR_NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum cbor_type type;
        struct cbor_reader r = reader_of(cases[i].bytes, 1);
        assert_true(cbor_peek(&r, &type) && type == cases[i].type);
        assert_int_equal(r.at, 0);
        assert_true(cbor_skip(&r) && cbor_at_end(&r));
    }
}

static void every_item_kind_can_be_written_and_read(void **state) {
    struct env env = env_default();
    struct buffer b;
    size_t count;
    bool truth;
    uint64_t previous = 0, key;
    stepdown_slice slice;
    (void)state;
    buffer_init(&b, &env);
    cbor_write_array(&b, 4);
    cbor_write_map(&b, 2);
    cbor_write_uint(&b, 1);
    cbor_write_bool(&b, true);
    cbor_write_uint(&b, 7);
    cbor_write_bool(&b, false);
    cbor_write_bytes(&b, "\x00\xff", 2);
    cbor_write_text(&b, slice_text("owner"));
    cbor_write_null(&b);
    struct cbor_reader r = reader_of(b.data, b.size);
    assert_true(cbor_read_array(&r, &count) && count == 4 && cbor_read_map(&r, &count) && count == 2);
    assert_true(cbor_read_key(&r, &previous, true, &key) && key == 1 && cbor_read_bool(&r, &truth) && truth);
    assert_true(cbor_read_key(&r, &previous, false, &key) && key == 7 && cbor_read_bool(&r, &truth) && !truth);
    assert_true(cbor_read_bytes(&r, &slice) && slice.size == 2 && slice.data[1] == 0xff);
    assert_true(cbor_read_text(&r, &slice) && slice_is(slice, "owner") && cbor_read_null(&r) && cbor_at_end(&r));
    buffer_free(&b);
}

static stepdown_status write_all_kinds(const struct env *env, void *ctx) {
    struct buffer b;
    (void)ctx;
    buffer_init(&b, env);
    for (size_t i = 0; i < 200; i++) {
        cbor_write_array(&b, i);
        cbor_write_map(&b, i);
        cbor_write_uint(&b, i);
        cbor_write_int(&b, -1);
        cbor_write_bool(&b, true);
        cbor_write_null(&b);
        cbor_write_bytes(&b, "abc", 3);
        cbor_write_text(&b, slice_text("abc"));
    }
    stepdown_status status = b.failed ? STEPDOWN_NOMEM : STEPDOWN_OK;
    buffer_free(&b);
    return status;
}

static void a_failed_allocation_marks_the_buffer_and_nothing_else(void **state) {
    (void)state;
    assert_true(test_memory_sweep(write_all_kinds, NULL) > 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_round_trip_in_the_shortest_form),
        cmocka_unit_test(negative_numbers_round_trip_to_the_smallest),
        cmocka_unit_test(heads_longer_than_needed_are_refused),
        cmocka_unit_test(indefinite_lengths_floats_tags_and_other_simple_values_are_refused),
        cmocka_unit_test(truncated_items_are_refused),
        cmocka_unit_test(map_keys_must_ascend),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_read_of_another_type_spoils_the_reader_for_good),
        cmocka_unit_test(numbers_beyond_int64_are_not_integers),
        cmocka_unit_test(peeking_names_the_type_and_stays_put),
        cmocka_unit_test(every_item_kind_can_be_written_and_read),
        cmocka_unit_test(a_failed_allocation_marks_the_buffer_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
