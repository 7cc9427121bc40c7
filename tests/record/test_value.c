// SPDX-License-Identifier: Apache-2.0
// Field values: equality, order, copies, validity, text, and their one encoding.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "record/fixture.h"
#include "record/value_cbor.h"

static void every_value_round_trips_and_equals_only_itself(void **state) {
    struct fixture *f = *state;
    size_t count;
    const struct value *all = every_value(&count);
    for (size_t i = 0; i < count; i++) {
        struct value back, copy;
        struct cbor_reader r;
        assert_true(value_valid(&all[i]));
        buffer_clear(&f->row);
        value_write(&f->row, &all[i]);
        cbor_reader_init(&r, slice_of(f->row.data, f->row.size));
        assert_true(value_read(&r, &f->arena, &back) && cbor_at_end(&r));
        assert_true(value_copy(&f->arena, &all[i], &copy));
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(value_equal(&back, &all[j]), i == j);
            assert_int_equal(value_equal(&copy, &all[j]), i == j);
        }
    }
}

static void an_erased_value_is_for_snapshots_only(void **state) {
    struct fixture *f = *state;
    const struct value erased = {.type = VALUE_ERASED};
    const struct value list = list_value(VALUE_LIST, &erased, 1);
    struct value back;
    struct cbor_reader r;
    assert_false(value_valid(&erased));
    assert_false(value_valid(&list));
    value_write(&f->row, &erased);
    cbor_reader_init(&r, slice_of(f->row.data, f->row.size));
    assert_true(value_read(&r, &f->arena, &back) && back.type == VALUE_ERASED);
    buffer_clear(&f->row);
    value_write(&f->row, &list);
    cbor_reader_init(&r, slice_of(f->row.data, f->row.size));
    assert_false(value_read(&r, &f->arena, &back));
}

static void second_ways_to_write_a_value_are_refused(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
#define BYTES(text) {text, sizeof(text) - 1}
        BYTES("\x82\x01\x61z"),                                    // text has no array form
        BYTES("\x82\x07\xf5"),                                     // nor has a boolean
        BYTES("\x82\x0f\x41z"),                                    // nor have bytes
        BYTES("\x82\x00\x01"),                                     // mark of a withheld value
        BYTES("\x80"),                                             // no type
        BYTES("\x81\x11"),                                         // unknown type
        BYTES("\x81\x18\x20"),                                     //
        BYTES("\x81\x20"),                                         //
        BYTES("\x81\x02"),                                         // choice without a word
        BYTES("\x83\x02\x61z\x61z"),                               // with two
        BYTES("\x82\x04\x61z"),                                    // time as text
        BYTES("\x83\x05\x00\x00"),                                 // half a duration
        BYTES("\x85\x05\x1a\x80\x00\x00\x00\x00\x00\x00"),         // months beyond 32 bits
        BYTES("\x83\x06\x05\x00"),                                 // whole number without unit stands bare
        BYTES("\x84\x06\x05\x00\x60"),                             // empty unit
        BYTES("\x83\x06\x05\x13"),                                 // 19 digits after the point
        BYTES("\x84\x08\x03\x01\x00"),                             // version 0 is left out
        BYTES("\x85\x08\x03\x01\x01\x00"),                         // field 0 as well
        BYTES("\x83\x08\x03\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), // ordinal beyond 32 bits
        BYTES("\x82\x08\x03"),                                     // reference without an ordinal
        BYTES("\x82\x0a\x61z"),                                    // statement: fact or interpretation?
        BYTES("\x83\x0a\x61z\x01"),                                //
        BYTES("\x83\x0e\x00\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), // open end is left out
        BYTES("\x81\x0e"),                                         //
        BYTES("\x82\x10\x00"),                                     // erased with contents
        BYTES("\xa0"),                                             // maps are no values
        BYTES("\xf9\x3c\x00"),                                     // nor are floats
#undef BYTES
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value back;
        struct cbor_reader r;
        cbor_reader_init(&r, slice_of(cases[i].bytes, cases[i].size));
        if (value_read(&r, &f->arena, &back))
            fail_msg("case %zu was read", i);
        assert_true(r.bad);
    }
}

static void lists_nest_eight_deep_and_no_deeper(void **state) {
    struct fixture *f = *state;
    struct value levels[VALUE_DEPTH_MAX + 1];
    levels[0] = list_value(VALUE_LIST, NULL, 0);
    for (size_t i = 1; i <= VALUE_DEPTH_MAX; i++)
        levels[i] = list_value(VALUE_LIST, &levels[i - 1], 1);
    for (size_t i = VALUE_DEPTH_MAX - 1; i <= VALUE_DEPTH_MAX; i++) {
        struct cbor_reader r;
        struct value back;
        bool allowed = i < VALUE_DEPTH_MAX;
        buffer_clear(&f->row);
        value_write(&f->row, &levels[i]);
        cbor_reader_init(&r, slice_of(f->row.data, f->row.size));
        assert_int_equal(value_valid(&levels[i]), allowed);
        assert_int_equal(value_read(&r, &f->arena, &back), allowed);
    }
}

static void a_text_of_64_kib_round_trips(void **state) {
    struct fixture *f = *state;
    static char text[65536];
    memset(text, 'x', sizeof text);
    const struct value long_text = {.type = VALUE_TEXT, .text = slice_of(text, sizeof text)};
    struct value back;
    struct cbor_reader r;
    value_write(&f->row, &long_text);
    cbor_reader_init(&r, slice_of(f->row.data, f->row.size));
    assert_true(value_read(&r, &f->arena, &back) && cbor_at_end(&r));
    assert_true(value_equal(&back, &long_text));
}

static void invalid_values_are_told_apart(void **state) {
    const struct value bad[] = {
        {.type = VALUE_ERASED + 1},
        {.type = VALUE_TEXT, .text = slice_of("\xff", 1)},
        {.type = VALUE_STATEMENT, .text = slice_of("\xc3", 1)},
        {.type = VALUE_BOOLEAN, .number = 2},
        {.type = VALUE_QUANTITY, .scale = 19},
        {.type = VALUE_QUANTITY, .text = slice_of("\xff", 1)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct value list = list_value(VALUE_LIST, &bad[i], 1);
        assert_false(value_valid(&bad[i]));
        assert_false(value_valid(&list));
    }
}

static struct value quantity(int64_t number, uint8_t scale, const char *unit) {
    return (struct value){.type = VALUE_QUANTITY, .number = number, .scale = scale, .text = slice_text(unit)};
}

static void check_order(struct value a, struct value b, int expected) {
    int order = 99;
    assert_true(value_compare(&a, &b, &order));
    assert_int_equal(order, expected);
    assert_true(value_compare(&b, &a, &order));
    assert_int_equal(order, -expected);
}

static void quantities_compare_by_amount_at_any_scale(void **state) {
    (void)state;
    check_order(quantity(15, 1, "hours"), quantity(150, 2, "hours"), 0);
    check_order(quantity(-5, 1, ""), quantity(3, 1, ""), -1);
    check_order(quantity(-15, 1, ""), quantity(-5, 1, ""), -1);
    check_order(quantity(INT64_MAX, 0, ""), quantity(INT64_MAX, 18, ""), 1);
    check_order(quantity(INT64_MIN, 0, ""), quantity(INT64_MIN, 18, ""), -1);
    check_order(quantity(1, 18, ""), quantity(0, 0, ""), 1);
    struct value a = quantity(15, 1, "hours"), b = quantity(1500, 3, "hours");
    assert_true(value_equal(&a, &b));
}

static void ordered_values_compare_and_others_do_not(void **state) {
    const struct value day = {.type = VALUE_DURATION, .duration = {.days = 1}};
    const struct value hour = {.type = VALUE_DURATION, .duration = {.exact = TIME_HOUR}};
    const struct value truth = {.type = VALUE_BOOLEAN, .number = 1};
    const struct value unknown = {.type = VALUE_ERASED + 1};
    struct value hours = quantity(1, 0, "hours"), days = quantity(1, 0, "days");
    int order;
    (void)state;
    check_order(day, hour, 1);
    check_order(number_value(VALUE_TIME, -1), number_value(VALUE_TIME, 1), -1);
    check_order(number_value(VALUE_DATE, 3), number_value(VALUE_DATE, 3), 0);
    check_order(text_value("a"), text_value("ab"), -1);
    check_order(word_value(VALUE_CHOICE, "low"), word_value(VALUE_CHOICE, "high"), 1);
    assert_false(value_compare(&hours, &days, &order));
    assert_false(value_compare(&day, &hours, &order));
    assert_false(value_compare(&truth, &truth, &order));
    assert_false(value_compare(&unknown, &unknown, &order));
    assert_false(value_equal(&unknown, &unknown));
}

static void values_print_as_people_read_them(void **state) {
    struct fixture *f = *state;
    static const char *const expected[] = {
        "none",
        "naïve € 🚪",
        "",
        "refused",
        "",
        "case manager, not known, agreed, the mother opens the door, none",
        "2026-03-02T14:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        NULL,
        NULL,
        NULL,
        "23",
        "24",
        "9223372036854775807",
        "-9223372036854775808",
        "-1.25",
        "1.5 hours per day",
        "7 days",
        "no",
        "yes",
        "#3.1",
        "#300.70000@301",
        NULL,
        "#3.1/1030",
        "agreed: the mother opens the door",
        "slept two hours (fact)",
        "seems afraid (interpretation)",
        "staff-17",
        "clinician",
        "1900-01-01",
        "1970-01-01T00:00:00Z onwards",
        "1969-12-31T00:00:00Z to 1970-01-02T00:00:00Z",
        "00ff80",
        "",
    };
    size_t count;
    const struct value *all = every_value(&count);
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&f->row);
        value_print(&all[i], NULL, &f->row);
        buffer_append(&f->row, "", 1);
        if (expected[i])
            assert_string_equal((const char *)f->row.data, expected[i]);
    }
    const struct value small = {.type = VALUE_QUANTITY, .number = -5, .scale = 3}, erased = {.type = VALUE_ERASED};
    buffer_clear(&f->row);
    value_print(&small, NULL, &f->row);
    buffer_text(&f->row, " ");
    value_print(&erased, NULL, &f->row);
    buffer_append(&f->row, "", 1);
    assert_string_equal((const char *)f->row.data, "-0.005 erased");
}

static stepdown_status copy_and_read(const struct env *env, void *ctx) {
    struct arena arena;
    struct buffer b;
    struct value out;
    struct cbor_reader r;
    size_t count;
    const struct value *all = every_value(&count);
    stepdown_status status = STEPDOWN_OK;
    (void)ctx;
    arena_init(&arena, env);
    buffer_init(&b, env);
    struct value list = list_value(VALUE_LIST, all, (uint32_t)count);
    value_write(&b, &list);
    cbor_reader_init(&r, slice_of(b.data, b.size));
    if (b.failed || !value_read(&r, &arena, &out) || !value_copy(&arena, &list, &out))
        status = STEPDOWN_NOMEM;
    if (!b.failed && r.bad) // want of memory is no fault of the input
        status = STEPDOWN_CORRUPT;
    buffer_free(&b);
    arena_free(&arena);
    return status;
}

static void every_failed_allocation_is_reported_as_such(void **state) {
    (void)state;
    assert_true(test_memory_sweep(copy_and_read, NULL) > 2);
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
        cmocka_unit_test_setup_teardown(every_value_round_trips_and_equals_only_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(an_erased_value_is_for_snapshots_only, setup, teardown),
        cmocka_unit_test_setup_teardown(second_ways_to_write_a_value_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_nest_eight_deep_and_no_deeper, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_of_64_kib_round_trips, setup, teardown),
        cmocka_unit_test(invalid_values_are_told_apart),
        cmocka_unit_test(quantities_compare_by_amount_at_any_scale),
        cmocka_unit_test(ordered_values_compare_and_others_do_not),
        cmocka_unit_test_setup_teardown(values_print_as_people_read_them, setup, teardown),
        cmocka_unit_test(every_failed_allocation_is_reported_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
