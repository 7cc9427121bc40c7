// SPDX-License-Identifier: Apache-2.0
// What is held without a gap, and values over windows: nothing is counted before its window has passed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

// ---- held ----------------------------------------------------------------------------------------------------------------

static uint32_t cover_from(struct world *w, stepdown_time t) {
    at(w, t);
    return tell(w, EVENT_RESPONSIBILITY_OPENED, SYM_ITEM(ITEM_COVER), NO_ELEMENT,
                WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor")), attr_value(ATTR_START, time_value(t))));
}

static void step(struct world *w, stepdown_time t, uint32_t element, uint16_t code, const char *person) {
    at(w, t);
    tell(w, code, 0, element,
         WITH(attr_value(ATTR_PERSON, (struct value){.type = VALUE_PERSON, .text = slice_text(person)})));
}

static int32_t gaps_term(struct world *w, uint8_t kind) {
    struct term t = term_of(kind);
    t.a = span_of(w, -1, term_literal_of(w, interval_value(AT(8, 0), AT(16, 0))), -1);
    t.b = span_of(w, add_selector(w, select_item(ITEM_COVER)), -1, -1);
    t.attribute = 0;
    return add_term(w, t);
}

static void responsibility_covers_only_while_somebody_has_accepted_it(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t gap = gaps_term(&w, TERM_GAP), gaps = gaps_term(&w, TERM_GAPS);
    uint32_t cover = cover_from(&w, AT(8, 0));
    assert_true(rule_term(&w.e, gap, &v, NULL));
    assert_int_equal(v.duration.exact, 8 * TIME_HOUR); // planned is not held
    step(&w, AT(9, 0), cover, EVENT_RESPONSIBILITY_ASSUMED, "Ana");
    step(&w, AT(11, 0), cover, EVENT_RESPONSIBILITY_OFFERED, "Ben");
    assert_true(rule_term(&w.e, gap, &v, NULL));
    assert_int_equal(v.duration.exact, TIME_HOUR); // offered, and still held by the giver
    assert_string_equal((const char *)w.s->elements[cover].owner.data, "Ana");
    step(&w, AT(12, 0), cover, EVENT_RESPONSIBILITY_TRANSFERRED, "Ben");
    step(&w, AT(13, 0), cover, EVENT_ITEM_ASSIGNED, "Cleo"); // given away before Cleo has said yes
    step(&w, AT(14, 30), cover, EVENT_ITEM_ACCEPTED, "Cleo");
    at(&w, AT(15, 0));
    happens(&w, cover, EVENT_RESPONSIBILITY_RELEASED);
    assert_true(rule_term(&w.e, gap, &v, NULL));
    assert_int_equal(v.duration.exact, 2 * TIME_HOUR + 90 * TIME_MINUTE);
    assert_true(rule_term(&w.e, gaps, &v, NULL));
    assert_int_equal(v.count, 3);
    assert_int_equal(v.items[0].number, AT(8, 0));
    assert_int_equal(v.items[0].until, AT(9, 0));
    assert_int_equal(v.items[1].number, AT(13, 0));
    assert_int_equal(v.items[1].until, AT(14, 30));
    assert_int_equal(v.items[2].number, AT(15, 0));
    assert_int_equal(v.items[2].until, AT(16, 0));
    world_close(&w);
}

static void putting_it_aside_giving_it_back_and_calling_it_off_leave_gaps(void **state) {
    static const uint16_t ends[] = {EVENT_ITEM_SUSPENDED, EVENT_ITEM_RETURNED, EVENT_ITEM_DECLINED,
                                    EVENT_ITEM_CANCELLED};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct world w;
        struct value v;
        world_open(&w);
        int32_t gap = gaps_term(&w, TERM_GAP);
        uint32_t cover = cover_from(&w, AT(8, 0));
        step(&w, AT(8, 0), cover, EVENT_RESPONSIBILITY_ASSUMED, "Ana");
        at(&w, AT(15, 0));
        happens(&w, cover, ends[i]);
        assert_true(rule_term(&w.e, gap, &v, NULL));
        assert_int_equal(v.duration.exact, TIME_HOUR);
        if (ends[i] == EVENT_ITEM_RETURNED) { // and whoever takes it up closes the gap
            at(&w, AT(15, 30));
            happens(&w, cover, EVENT_ITEM_CLAIMED);
            assert_true(rule_term(&w.e, gap, &v, NULL));
            assert_int_equal(v.duration.exact, 30 * TIME_MINUTE);
        }
        if (ends[i] == EVENT_ITEM_SUSPENDED) {
            at(&w, AT(15, 45));
            happens(&w, cover, EVENT_ITEM_RESUMED);
            assert_true(rule_term(&w.e, gap, &v, NULL));
            assert_int_equal(v.duration.exact, 45 * TIME_MINUTE);
        }
        world_close(&w);
    }
}

static void everybody_who_held_it_is_named_once_for_each_time(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct selector holders = select_source(SELECT_MARK);
    holders.code = EVENT_RESPONSIBILITY_ASSUMED;
    holders.of = sel_all(&w, ITEM_COVER);
    struct term names = term_of(TERM_LIST);
    names.selector = add_selector(&w, holders);
    names.a = term_attribute_of(&w, sel_this(&w), ELEMENT_AUTHOR);
    int32_t term = add_term(&w, names);
    uint32_t cover = cover_from(&w, AT(8, 0));
    step(&w, AT(9, 0), cover, EVENT_ITEM_ACCEPTED, "Ana");
    step(&w, AT(9, 0), cover, EVENT_RESPONSIBILITY_ASSUMED, "Ana"); // the same holder still
    step(&w, AT(11, 0), cover, EVENT_RESPONSIBILITY_OFFERED, "Ben");
    step(&w, AT(11, 5), cover, EVENT_RESPONSIBILITY_KEPT, "Ana");
    step(&w, AT(11, 10), cover, EVENT_RESPONSIBILITY_OFFERED, "Cleo");
    step(&w, AT(12, 0), cover, EVENT_RESPONSIBILITY_TRANSFERRED, "Cleo");
    assert_true(rule_term(&w.e, term, &v, NULL));
    assert_int_equal(v.count, 2);
    assert_true(slice_is(v.items[0].text, "Cleo"));
    assert_true(slice_is(v.items[1].text, "Ana"));
    world_close(&w);
}

// ---- windows -------------------------------------------------------------------------------------------------------------

static void score_at(struct world *w, stepdown_time t, int64_t score) {
    at(w, t);
    submit(w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(score, 0, ""))));
}

static struct term scores(struct world *w, uint8_t kind) {
    struct term t = term_of(kind);
    t.selector = add_selector(w, select_form(FORM_SCORE));
    t.a = kind == TERM_COUNT ? -1 : term_field_of(w, sel_this(w), FIELD_SCORE);
    return t;
}

static struct term window(struct world *w, uint8_t kind, int32_t over, stepdown_time anchor) {
    struct term t = term_of(kind);
    t.a = over;
    t.b = term_literal_of(w, time_value(anchor));
    t.index = term_literal_of(w, duration_value("2 days"));
    return t;
}

static void a_window_is_known_once_it_has_passed_and_not_before(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t count = add_term(&w, scores(&w, TERM_COUNT));
    int32_t within = add_term(&w, window(&w, TERM_WINDOW, count, AT(12, 0)));
    score_at(&w, AT(12, 0), 1);               // at the moment itself: before the window
    score_at(&w, AT(12, 0) + 1, 2);           // its first instant
    score_at(&w, AT(12, 0) + DAYS(2), 3);     // its last
    score_at(&w, AT(12, 0) + DAYS(2) + 1, 4); // after it
    w.e.now = AT(12, 0) + DAYS(2) - 1;
    assert_false(rule_term(&w.e, within, &v, NULL));
    w.e.now = AT(12, 0) + DAYS(2);
    assert_true(rule_term(&w.e, within, &v, NULL));
    assert_int_equal(v.number, 2);
    struct term per = window(&w, TERM_WINDOW, count, AT(12, 0));
    per.value = duration_value("100 days");
    assert_true(rule_term(&w.e, add_term(&w, per), &v, NULL));
    assert_int_equal(v.number, 10000); // two in two days are a hundred in a hundred
    assert_int_equal(v.scale, 2);
    assert_true(rule_term(&w.e, count, &v, NULL));
    assert_int_equal(v.number, 4); // no window stays behind
    world_close(&w);
}

static void a_window_may_ask_for_another_moment_of_each_one(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct term count = term_of(TERM_COUNT);
    count.selector = add_selector(&w, select_item(ITEM_VISIT));
    count.b = term_attribute_of(&w, sel_this(&w), ELEMENT_START);
    int32_t within = add_term(&w, window(&w, TERM_WINDOW, add_term(&w, count), AT(12, 0)));
    tell(&w, EVENT_APPOINTMENT_OPENED, SYM_ITEM(ITEM_VISIT), NO_ELEMENT,
         WITH(attr_value(ATTR_OWNER_ROLE, text_value("worker")), attr_value(ATTR_START, time_value(AT(13, 0)))));
    tell(&w, EVENT_APPOINTMENT_OPENED, SYM_ITEM(ITEM_VISIT), NO_ELEMENT,
         WITH(attr_value(ATTR_OWNER_ROLE, text_value("worker")), attr_value(ATTR_START, time_value(AT(11, 0)))));
    tell(&w, EVENT_APPOINTMENT_OPENED, SYM_ITEM(ITEM_VISIT), NO_ELEMENT,
         WITH(attr_value(ATTR_OWNER_ROLE, text_value("worker")))); // without a time: in no window
    w.e.now = AT(12, 0) + DAYS(3);
    assert_true(rule_term(&w.e, within, &v, NULL));
    assert_int_equal(v.number, 1);
    world_close(&w);
}

static void a_delta_compares_as_long_before_with_as_long_after(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    stepdown_time moment = AT(12, 0) + DAYS(3);
    int32_t average = add_term(&w, scores(&w, TERM_AVERAGE));
    int32_t delta = add_term(&w, window(&w, TERM_DELTA, average, moment));
    score_at(&w, moment - DAYS(2) - 1, 90); // too long ago
    score_at(&w, moment - DAYS(2), 4);
    score_at(&w, moment - 1, 6);
    score_at(&w, moment + 1, 8);
    w.e.now = moment + DAYS(2) - 1;
    assert_false(rule_term(&w.e, delta, &v, NULL));
    w.e.now = moment + DAYS(2);
    assert_true(rule_term(&w.e, delta, &v, NULL));
    assert_int_equal(v.number, 300); // 8.00 less 5.00
    assert_int_equal(v.scale, 2);
    struct term entered = window(&w, TERM_DELTA, average, moment);
    entered.field = term_literal_of(&w, number_value(10, 0, ""));
    assert_true(rule_term(&w.e, add_term(&w, entered), &v, NULL));
    assert_int_equal(v.number, -200);
    world_close(&w);
}

static void nothing_is_known_of_a_time_before_the_pathway_or_of_an_empty_set(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t count = add_term(&w, scores(&w, TERM_COUNT)), average = add_term(&w, scores(&w, TERM_AVERAGE));
    stepdown_time early = w.s->opened_at + DAYS(2) - 1, later = w.s->opened_at + DAYS(2);
    w.e.now = later + DAYS(9);
    assert_false(rule_term(&w.e, add_term(&w, window(&w, TERM_DELTA, count, early)), &v, NULL));
    assert_true(rule_term(&w.e, add_term(&w, window(&w, TERM_DELTA, count, later)), &v, NULL));
    assert_int_equal(v.number, 0);
    assert_false(rule_term(&w.e, add_term(&w, window(&w, TERM_WINDOW, average, later)), &v, NULL));
    struct term never = window(&w, TERM_WINDOW, count, later);
    never.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    assert_false(rule_term(&w.e, add_term(&w, never), &v, NULL));
    world_close(&w);
}

// ---- ranks ---------------------------------------------------------------------------------------------------------------

static void median_and_ninth_tenth_are_values_that_were_measured(void **state) {
    static const int64_t measured[] = {7, 1, 9, 3, 10, 2, 8, 4, 6, 5};
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t median = add_term(&w, scores(&w, TERM_MEDIAN)), p90 = add_term(&w, scores(&w, TERM_P90));
    assert_false(rule_term(&w.e, median, &v, NULL)); // of nothing
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++)
        score_at(&w, AT(9, (int)i), measured[i]);
    assert_true(rule_term(&w.e, median, &v, NULL));
    assert_int_equal(v.number, 5);
    assert_true(rule_term(&w.e, p90, &v, NULL));
    assert_int_equal(v.number, 9);
    submit(&w, FORM_SCORE, NO_ELEMENT, BARE); // one whose value is missing: not nought, and not left out
    assert_false(rule_term(&w.e, median, &v, NULL));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responsibility_covers_only_while_somebody_has_accepted_it),
        cmocka_unit_test(putting_it_aside_giving_it_back_and_calling_it_off_leave_gaps),
        cmocka_unit_test(everybody_who_held_it_is_named_once_for_each_time),
        cmocka_unit_test(a_window_is_known_once_it_has_passed_and_not_before),
        cmocka_unit_test(a_window_may_ask_for_another_moment_of_each_one),
        cmocka_unit_test(a_delta_compares_as_long_before_with_as_long_after),
        cmocka_unit_test(nothing_is_known_of_a_time_before_the_pathway_or_of_an_empty_set),
        cmocka_unit_test(median_and_ninth_tenth_are_values_that_were_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
