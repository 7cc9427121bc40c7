// SPDX-License-Identifier: Apache-2.0
// The table of events: every row of events.def is found by code and by words, and nothing else is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/event.h"

static const struct event_row listed[] = {
#define FAMILY(name, number, word)
#define EVENT(family, member, number, word, class) {EVENT_##family##_##member, EVENT_CLASS_##class, #family, word},
#include "record/events.def"
#undef FAMILY
#undef EVENT
};
enum { LISTED = sizeof listed / sizeof listed[0] };

static const struct {
    const char *word;
    uint8_t number;
} families[] = {
#define FAMILY(name, number, word) {word, number},
#define EVENT(family, member, number, word, class)
#include "record/events.def"
#undef FAMILY
#undef EVENT
};

static void every_listed_event_is_found_by_its_code_and_words(void **state) {
    (void)state;
    for (size_t i = 0; i < LISTED; i++) {
        const struct event_row *row = event_row(listed[i].code);
        assert_non_null(row);
        assert_int_equal(row->code, listed[i].code);
        assert_int_equal(row->class, listed[i].class);
        assert_string_equal(row->word, listed[i].word);
        assert_int_equal(event_family_find(slice_text(row->family)), EVENT_FAMILY(row->code));
        assert_int_equal(event_find((uint8_t)EVENT_FAMILY(row->code), slice_text(row->word)), row->code);
    }
}

static void codes_and_family_words_are_unique(void **state) {
    (void)state;
    for (size_t i = 1; i < LISTED; i++)
        assert_true(listed[i].code > listed[i - 1].code);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        assert_int_equal(event_family_find(slice_text(families[i].word)), families[i].number);
}

static void only_listed_codes_have_rows(void **state) {
    size_t found = 0;
    (void)state;
    for (uint32_t code = 0; code <= UINT16_MAX; code++)
        found += event_row((uint16_t)code) != NULL;
    assert_int_equal(found, LISTED);
}

static void unknown_words_find_nothing(void **state) {
    (void)state;
    assert_int_equal(event_family_find(slice_text("nothing")), 0);
    assert_int_equal(event_family_find(slice_text("")), 0);
    assert_int_equal(event_find(FAMILY_HUDDLE, slice_text("booked")), 0);
    assert_int_equal(event_find(0, slice_text("opened")), 0);
    assert_int_equal(event_find(255, slice_text("opened")), 0);
}

static void attributes_are_found_by_key(void **state) {
    struct attr attrs[] = {{.key = 9, .value = {.number = 1}}, {.key = 3, .value = {.number = 2}}};
    struct event event = {.attrs = attrs, .attr_count = 2};
    (void)state;
    assert_ptr_equal(event_get(&event, 3), &attrs[1].value);
    assert_null(event_get(&event, 4));
}

static void every_built_in_attribute_has_its_own_name(void **state) {
    (void)state;
    static const uint32_t unused[] = {32, 34, 39, 40};
    for (uint32_t a = ATTR_PERSON; a <= ATTR_SYMBOLS; a++) {
        bool used = true;
        for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
            used = used && unused[i] != a;
        assert_int_equal(attribute_name(a) != NULL, used);
        assert_int_equal(attribute_readable(a), used);
        for (uint32_t b = ATTR_PERSON; used && b < a; b++)
            assert_true(!attribute_name(b) || strcmp(attribute_name(a), attribute_name(b)) != 0);
    }
    assert_null(attribute_name(0));
    assert_null(attribute_name(ATTR_SYMBOLS + 1));
    assert_null(attribute_name(SYMBOL_FIRST));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listed_event_is_found_by_its_code_and_words),
        cmocka_unit_test(codes_and_family_words_are_unique),
        cmocka_unit_test(only_listed_codes_have_rows),
        cmocka_unit_test(unknown_words_find_nothing),
        cmocka_unit_test(attributes_are_found_by_key),
        cmocka_unit_test(every_built_in_attribute_has_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
