// SPDX-License-Identifier: Apache-2.0
// Conditions and terms about time: calendar rules at the edges of DST, happened, sequence, repeat, covered, sustained.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/world.h"

// ---- calendar ------------------------------------------------------------------------------------------------------------

static stepdown_time utc(int month, int day, int hour, int minute) {
    struct civil c = {.year = 2026, .month = month, .day = day, .hour = hour, .minute = minute};
    return civil_to_utc(&c);
}

static int32_t calendar_term(struct world *w, int calendar, stepdown_time anchor) {
    struct term t = term_of(TERM_CALENDAR);
    t.index = calendar;
    t.a = anchor == STEPDOWN_TIME_NONE ? -1 : term_literal_of(w, time_value(anchor));
    return add_term(w, t);
}

static void calendar_rules_follow_the_local_clock(void **state) {
    (void)state;
    // New York: -05:00, from 8 March 2026 07:00Z -04:00, from 1 November 06:00Z -05:00 again.
    // Cairo: +02:00; 24 April 2026 has no 00:00 to 00:59; 30 October 00:00 comes back to 23:00 of the 29th.
    static const struct {
        const char *zone;
        int calendar;
        int anchor[4], expected[4];
        bool late;
    } rows[] = {
        {"America/New_York", CAL_SAME_DAY, {3, 2, 19, 0}, {3, 3, 5, 0}, false},
        {"America/New_York", CAL_SAME_DAY, {3, 3, 1, 0}, {3, 3, 5, 0}, false},      // 20:00 sharp is not after 20:00
        {"America/New_York", CAL_SAME_DAY, {3, 3, 1, 1}, {3, 3, 15, 0}, true},      // 20:01: 10:00 next day
        {"America/New_York", CAL_SAME_DAY, {3, 8, 4, 59}, {3, 8, 14, 0}, true},     // Saturday 23:59: 10:00 EDT
        {"America/New_York", CAL_SAME_DAY, {3, 8, 5, 0}, {3, 9, 4, 0}, false},      // the day of 23 hours
        {"America/New_York", CAL_END_OF_DAY, {11, 1, 12, 0}, {11, 2, 5, 0}, false}, // the day of 25 hours
        {"America/New_York", CAL_END_OF_DAY, {11, 1, 4, 0}, {11, 2, 5, 0}, false},
        {"America/New_York", CAL_NEXT_MORNING, {3, 7, 20, 0}, {3, 8, 16, 0}, false}, // noon EDT
        {"America/New_York", CAL_NEXT_MORNING, {10, 31, 20, 0}, {11, 1, 17, 0}, false},
        {"Africa/Cairo", CAL_END_OF_DAY, {4, 23, 12, 0}, {4, 23, 22, 0}, false}, // midnight does not exist: 01:00
        {"Africa/Cairo", CAL_SAME_DAY, {4, 23, 19, 0}, {4, 24, 7, 0}, true},
        {"UTC", CAL_SAME_DAY, {3, 2, 19, 0}, {3, 3, 0, 0}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        struct value v;
        world_open_in(&w, rows[i].zone);
        const int *a = rows[i].anchor, *x = rows[i].expected;
        int32_t term = calendar_term(&w, rows[i].calendar, utc(a[0], a[1], a[2], a[3]));
        assert_true(rule_term(&w.e, term, &v, NULL));
        if (v.number != utc(x[0], x[1], x[2], x[3])) {
            char text[40];
            time_print(v.number, NULL, text);
            fail_msg("row %zu: %s", i, text);
        }
        assert_int_equal(rule_term_late(&w.e, term), rows[i].late);
        world_close(&w);
    }
}

static void day_of_a_moment_is_as_long_as_that_day(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    assert_true(rule_term(&w.e, calendar_term(&w, CAL_DAY_OF, utc(3, 8, 12, 0)), &v, NULL));
    assert_int_equal(v.type, VALUE_INTERVAL);
    assert_int_equal(v.until - v.number, 23 * TIME_HOUR);
    assert_true(rule_term(&w.e, calendar_term(&w, CAL_DAY_OF, utc(11, 1, 12, 0)), &v, NULL));
    assert_int_equal(v.until - v.number, 25 * TIME_HOUR);
    world_close(&w);
}

static void without_a_moment_a_rule_counts_from_what_triggered(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    at(&w, AT(9, 0));
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    happens(&w, visit, EVENT_APPOINTMENT_BOOKED);
    at(&w, AT(9, 0) + DAYS(3));
    happens(&w, visit, EVENT_APPOINTMENT_REFUSED);
    int32_t term = calendar_term(&w, CAL_END_OF_DAY, STEPDOWN_TIME_NONE);
    w.e.trigger_element = visit; // refused three days after it was booked
    assert_true(rule_term(&w.e, term, &v, NULL));
    assert_int_equal(v.number, AT(24, 0) + DAYS(3));
    w.e.trigger_element = NO_ELEMENT;
    w.e.this_element = visit; // counted from its own opening
    assert_true(rule_term(&w.e, term, &v, NULL));
    assert_int_equal(v.number, AT(24, 0));
    w.e.this_element = NO_ELEMENT;
    assert_true(rule_term(&w.e, term, &v, NULL)); // from now
    assert_int_equal(v.number, AT(24, 0));
    assert_false(rule_term(&w.e, calendar_term(&w, CAL_END_OF_SHIFT, STEPDOWN_TIME_NONE), &v, NULL));
    uint32_t shift =
        tell(&w, EVENT_RESPONSIBILITY_OPENED, SYM_ITEM(ITEM_COVER), NO_ELEMENT,
             WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor")), attr_value(ATTR_END, time_value(AT(19, 30)))));
    w.e.trigger_element = shift;
    assert_true(rule_term(&w.e, calendar_term(&w, CAL_END_OF_SHIFT, STEPDOWN_TIME_NONE), &v, NULL));
    assert_int_equal(v.number, AT(19, 30));
    world_close(&w);
}

static void moved_moments_keep_the_local_clock_and_dates_stay_dates(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct term t = term_of(TERM_SHIFT);
    t.a = term_literal_of(&w, time_value(utc(3, 7, 15, 0))); // 10:00 EST
    t.b = term_literal_of(&w, duration_value("1 day"));
    assert_true(rule_term(&w.e, add_term(&w, t), &v, NULL));
    assert_int_equal(v.number, utc(3, 8, 14, 0)); // 10:00 EDT
    t.b = term_literal_of(&w, duration_value("24 hours"));
    assert_true(rule_term(&w.e, add_term(&w, t), &v, NULL));
    assert_int_equal(v.number, utc(3, 8, 15, 0));
    t.a = term_literal_of(&w, date_value(2026, 3, 9));
    t.b = term_literal_of(&w, duration_value("3 days"));
    t.sign = -1;
    assert_true(rule_term(&w.e, add_term(&w, t), &v, NULL));
    assert_int_equal(v.type, VALUE_DATE);
    assert_int_equal(v.number, civil_to_days(2026, 3, 6));
    t.a = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    assert_false(rule_term(&w.e, add_term(&w, t), &v, NULL)); // has not happened
    world_close(&w);
}

// ---- happened --------------------------------------------------------------------------------------------------------------

static void happened_before_within_and_not_yet(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    int32_t started = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    int32_t refused = term_event_of(&w, sel_item(&w, ITEM_VISIT), EVENT_APPOINTMENT_REFUSED);
    struct node n = node_of(NODE_HAPPENED);
    n.a = started;
    int32_t happened = add_node(&w, n);
    n.b = term_literal_of(&w, time_value(AT(12, 0)));
    n.op = OP_NO_LATER;
    int32_t in_time = add_node(&w, n);
    n.b = refused;
    n.op = OP_BEFORE;
    int32_t before = add_node(&w, n);
    n.op = OP_AFTER;
    int32_t after = add_node(&w, n);
    n.flags = NODE_WITHIN;
    n.c = term_literal_of(&w, duration_value("2 hours"));
    int32_t within = add_node(&w, n);
    w.e.now = AT(11, 0);
    expect(&w, happened, TRUTH_FALSE, REASON_NOT_YET);
    assert_string_equal(explained(&w), "huddle started has not happened yet");
    expect(&w, in_time, TRUTH_FALSE, REASON_NOT_YET);
    w.e.now = AT(18, 0);
    expect(&w, in_time, TRUTH_FALSE, REASON_MISSING);  // its time is over
    expect(&w, within, TRUTH_UNKNOWN, REASON_MISSING); // nothing to count from
    at(&w, AT(12, 0));
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    expect(&w, happened, TRUTH_TRUE, 0);
    expect(&w, in_time, TRUTH_TRUE, 0); // no later than, to the microsecond
    expect(&w, before, TRUTH_TRUE, 0);  // what has happened came before what has not
    expect(&w, after, TRUTH_FALSE, REASON_NOT_MET);
    at(&w, AT(10, 0));
    recorded(&w, AT(13, 0));
    happens(&w, visit, EVENT_APPOINTMENT_BOOKED);
    happens(&w, visit, EVENT_APPOINTMENT_REFUSED);
    expect(&w, before, TRUTH_FALSE, REASON_NOT_MET);
    expect(&w, after, TRUTH_TRUE, 0);
    expect(&w, within, TRUTH_TRUE, 0); // two hours and not more
    w.e.now = AT(11, 59);
    expect(&w, happened, TRUTH_FALSE, REASON_NOT_YET); // as of then
    world_close(&w);
}

static void happened_too_late_is_not_within(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_HAPPENED);
    n.a = term_literal_of(&w, time_value(AT(12, 0) + 1));
    n.b = term_literal_of(&w, time_value(AT(10, 0)));
    n.c = term_literal_of(&w, duration_value("2 hours"));
    n.flags = NODE_WITHIN;
    n.op = OP_AFTER;
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_NOT_MET);
    n.a = term_literal_of(&w, time_value(AT(9, 0)));
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_NOT_MET); // before, not after
    world_close(&w);
}

static void erased_moments_are_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t entry = submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), time_value(AT(9, 0)))));
    struct node n = node_of(NODE_HAPPENED);
    n.a = term_field_of(&w, -1, FIELD_SCORE);
    int32_t node = add_node(&w, n);
    n.b = n.a;
    n.a = term_literal_of(&w, time_value(AT(8, 0)));
    n.op = OP_BEFORE;
    int32_t before = add_node(&w, n);
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, entry, FIELD_SCORE);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    expect(&w, before, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

// ---- sequence, repeat --------------------------------------------------------------------------------------------------------

static uint32_t contact_at(struct world *w, stepdown_time t, const char *method, const char *with) {
    at(w, t);
    return submit(w, FORM_CONTACT, NO_ELEMENT,
                  WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value(method)),
                       attr_value(SYM_FIELD(FIELD_CONTACT_WITH),
                                  (struct value){.type = VALUE_PERSON, .text = slice_text(with)})));
}

static void sequence_counts_pairs_in_the_order_they_happened(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    struct node n = node_of(NODE_SEQUENCE);
    n.a = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_ITEM_SUSPENDED);
    n.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_ITEM_RESUMED);
    n.c = term_literal_of(&w, duration_value("1 hour"));
    n.n = 1;
    int32_t once = add_node(&w, n);
    n.n = 2;
    int32_t twice = add_node(&w, n);
    expect(&w, once, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(9, 0));
    happens(&w, huddle, EVENT_ITEM_RESUMED); // before anything was suspended
    happens(&w, huddle, EVENT_ITEM_SUSPENDED);
    at(&w, AT(10, 1));
    happens(&w, huddle, EVENT_ITEM_RESUMED); // too late; but what happened at nine did so at once
    expect(&w, once, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 2);
    expect(&w, twice, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(9, 30));
    recorded(&w, AT(12, 0));
    happens(&w, huddle, EVENT_ITEM_SUSPENDED); // learned of late
    expect(&w, twice, TRUTH_TRUE, 0);
    world_close(&w);
}

static int32_t repeat_node(struct world *w, int64_t n, const char *window, bool same, bool distinct) {
    struct node node = node_of(NODE_REPEAT);
    node.selector = add_selector(w, select_form(FORM_CONTACT));
    node.n = n;
    node.b = window ? term_literal_of(w, duration_value(window)) : -1;
    node.a = same ? term_field_of(w, sel_this(w), FIELD_CONTACT_METHOD) : -1;
    node.c = distinct ? term_field_of(w, sel_this(w), FIELD_CONTACT_WITH) : -1;
    return add_node(w, node);
}

static void repeat_holds_at_the_threshold_and_not_one_short(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t any = repeat_node(&w, 3, NULL, false, false), same = repeat_node(&w, 3, NULL, true, false);
    int32_t windowed = repeat_node(&w, 3, "2 hours", true, false), distinct = repeat_node(&w, 3, NULL, true, true);
    expect(&w, any, TRUTH_FALSE, REASON_NOT_YET);
    contact_at(&w, AT(9, 0), "phone", "a");
    contact_at(&w, AT(10, 0), "phone", "b");
    expect(&w, any, TRUTH_FALSE, REASON_NOT_YET);
    contact_at(&w, AT(10, 30), "text", "c");
    expect(&w, any, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 3);
    expect(&w, same, TRUTH_FALSE, REASON_NOT_YET);
    contact_at(&w, AT(11, 0) + 1, "phone", "b"); // just outside two hours of the first
    expect(&w, same, TRUTH_TRUE, 0);
    expect(&w, windowed, TRUTH_FALSE, REASON_NOT_YET);
    expect(&w, distinct, TRUTH_FALSE, REASON_NOT_YET);
    contact_at(&w, AT(17, 0), "phone", "c");
    expect(&w, distinct, TRUTH_TRUE, 0);
    expect(&w, windowed, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(9, 30)); // learned of at five, happened in the morning
    recorded(&w, AT(17, 0));
    submit(&w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value("phone"))));
    expect(&w, windowed, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 3);
    world_close(&w);
}

static void repeat_includes_both_edges_of_its_window(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = repeat_node(&w, 2, "2 hours", false, false);
    contact_at(&w, AT(9, 0), "phone", "a");
    contact_at(&w, AT(11, 0) + 1, "phone", "a");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET);
    contact_at(&w, AT(13, 0) + 1, "phone", "a");
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void repeat_at_once_counts_what_is_live_now(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_REPEAT);
    n.selector = sel_all(&w, ITEM_BARRIER);
    n.n = 2;
    n.flags = NODE_AT_ONCE;
    int32_t node = add_node(&w, n);
    uint32_t first = open_item(&w, ITEM_BARRIER, NO_ELEMENT);
    happens(&w, first, EVENT_BARRIER_CLOSED);
    open_item(&w, ITEM_BARRIER, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET);
    open_item(&w, ITEM_BARRIER, NO_ELEMENT);
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void repeat_with_an_erased_key_is_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = repeat_node(&w, 2, NULL, true, false);
    contact_at(&w, AT(9, 0), "phone", "a");
    uint32_t second = contact_at(&w, AT(10, 0), "phone", "a");
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, second, FIELD_CONTACT_METHOD);
    uint32_t third = contact_at(&w, AT(11, 0), "text", "a");
    erase_value(&w, third, FIELD_CONTACT_METHOD);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

// ---- covered -----------------------------------------------------------------------------------------------------------------

static uint32_t shift_of(struct world *w, uint32_t support, struct value interval, int64_t hours) {
    return submit(w, FORM_SHIFT, support,
                  WITH(attr_value(SYM_FIELD(FIELD_SHIFT), interval),
                       attr_value(SYM_FIELD(FIELD_HOURS), number_value(hours, 0, "hours per day"))));
}

static struct node covered_node(struct world *w, stepdown_time from, stepdown_time until) {
    struct node n = node_of(NODE_COVERED);
    n.a = span_of(w, -1, term_literal_of(w, interval_value(from, until)), -1);
    n.b = span_of(w, add_selector(w, select_form(FORM_SHIFT)), -1, -1);
    return n;
}

static void covered_by_intervals_laid_together(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, covered_node(&w, AT(8, 0), AT(16, 0)));
    uint32_t support = open_item(&w, ITEM_SUPPORT, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    shift_of(&w, support, interval_value(AT(7, 0), AT(10, 0)), 1);
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    shift_of(&w, support, interval_value(AT(12, 0), AT(14, 0)), 1);
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    assert_int_equal(w.verdict.unmet_count, 2); // two gaps
    uint32_t open = shift_of(&w, support, interval_value(AT(9, 0), STEPDOWN_TIME_NONE), 1);
    expect(&w, node, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 3);
    erase_value(&w, open, FIELD_SHIFT);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void covered_by_a_list_of_intervals_in_one_field(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, covered_node(&w, AT(8, 0), AT(16, 0)));
    struct value parts[2] = {interval_value(AT(12, 0), AT(16, 0)), interval_value(AT(8, 0), AT(12, 0))};
    struct node named = covered_node(&w, AT(8, 0), AT(16, 0));
    w.d->terms[named.b].field = FIELD_SHIFT;
    shift_of(&w, open_item(&w, ITEM_SUPPORT, NO_ELEMENT), list_value(&w, parts, 2), 1);
    expect(&w, node, TRUTH_TRUE, 0);
    expect(&w, add_node(&w, named), TRUTH_TRUE, 0);
    w.d->terms[named.b].field = FIELD_HOURS;
    expect(&w, add_node(&w, named), TRUTH_FALSE, REASON_MISSING);
    world_close(&w);
}

static void covered_needs_enough_where_both_sides_have_amounts(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t support = open_item(&w, ITEM_SUPPORT, NO_ELEMENT);
    uint32_t need = shift_of(&w, support, interval_value(AT(8, 0), AT(16, 0)), 6);
    struct selector one = select_form(FORM_SHIFT), rest = select_form(FORM_SHIFT);
    one.pick = PICK_EARLIEST;
    rest.since = term_literal_of(&w, time_value(w.s->elements[need].occurred_at + 1));
    struct node n = node_of(NODE_COVERED);
    n.a = span_of(&w, add_selector(&w, one), -1, -1);
    n.b = span_of(&w, add_selector(&w, rest), -1, -1);
    n.n = SPAN_AMOUNTS;
    int32_t node = add_node(&w, n);
    at(&w, w.e.now + TIME_SECOND);
    shift_of(&w, support, interval_value(AT(8, 0), AT(16, 0)), 4);
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    shift_of(&w, support, interval_value(AT(8, 0), AT(12, 0)), 2);
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE); // enough in the morning only
    shift_of(&w, support, interval_value(AT(12, 0), AT(16, 0)), 2);
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void covered_items_by_items_and_nothing_by_nothing(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_COVERED);
    n.a = span_of(&w, sel_all(&w, ITEM_SUPPORT), -1, -1);
    n.b = span_of(&w, sel_all(&w, ITEM_COVER), -1, -1);
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_TRUE, 0);
    assert_true(w.verdict.vacuous);
    w.e.empty_holds = true;
    expect(&w, node, TRUTH_FALSE, REASON_NONE_RECORDED);
    uint32_t support = tell(&w, EVENT_SUPPORT_OPENED, SYM_ITEM(ITEM_SUPPORT), NO_ELEMENT,
                            WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor"))));
    expect(&w, node, TRUTH_FALSE, REASON_NONE_RECORDED); // it has not started
    tell(&w, EVENT_SUPPORT_STARTED, 0, support, WITH(attr_value(ATTR_START, time_value(AT(9, 0)))));
    expect(&w, node, TRUTH_FALSE, REASON_MISSING); // no end yet: needed until now
    uint32_t cover =
        tell(&w, EVENT_RESPONSIBILITY_OPENED, SYM_ITEM(ITEM_COVER), NO_ELEMENT,
             WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor")), attr_value(ATTR_START, time_value(AT(9, 0)))));
    expect(&w, node, TRUTH_FALSE, REASON_MISSING); // planned, and nobody has taken it on
    happens(&w, cover, EVENT_RESPONSIBILITY_ASSUMED);
    expect(&w, node, TRUTH_TRUE, 0);
    at(&w, AT(17, 0));
    happens(&w, cover, EVENT_RESPONSIBILITY_RELEASED); // and the support goes on
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    world_close(&w);
}

static void gap_is_the_time_left_uncovered(void **state) {
    struct world w;
    struct value v;
    bool erased;
    (void)state;
    world_open(&w);
    struct term t = term_of(TERM_GAP);
    t.a = span_of(&w, -1, term_literal_of(&w, interval_value(AT(8, 0), AT(16, 0))), -1);
    t.b = span_of(&w, add_selector(&w, select_form(FORM_SHIFT)), -1, -1);
    int32_t term = add_term(&w, t);
    uint32_t support = open_item(&w, ITEM_SUPPORT, NO_ELEMENT);
    assert_true(rule_term(&w.e, term, &v, NULL));
    assert_int_equal(v.duration.exact, 8 * TIME_HOUR);
    for (int i = 0; i < 40; i++) // many, overlapping, in no order
        shift_of(&w, support, interval_value(AT(9 + i * 7 % 4, 0), AT(10 + i * 7 % 4, i)), 1);
    assert_true(rule_term(&w.e, term, &v, NULL));
    assert_int_equal(v.duration.exact, TIME_HOUR + (3 * TIME_HOUR - 37 * TIME_MINUTE));
    erase_value(&w, shift_of(&w, support, interval_value(AT(8, 0), AT(9, 0)), 1), FIELD_SHIFT);
    w.d->terms[t.b].field = FIELD_SHIFT;
    assert_false(rule_term(&w.e, add_term(&w, t), &v, &erased));
    assert_true(erased);
    world_close(&w);
}

// ---- day by day --------------------------------------------------------------------------------------------------------------

// A need written down as a shift of so many hours per day, against what was delivered, and the other way round.
struct days {
    struct world w;
    uint32_t support;
    int32_t shifts, deliveries;
};

static void days_open(struct days *d) {
    world_open(&d->w);
    d->support = tell(&d->w, EVENT_SUPPORT_OPENED, SYM_ITEM(ITEM_SUPPORT), NO_ELEMENT,
                      WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor"))));
    happens(&d->w, d->support, EVENT_SUPPORT_STARTED);
    struct selector of = {.source = SELECT_ITEM,
                          .def = ITEM_SUPPORT,
                          .kind = KIND_SUPPORT,
                          .of = -1,
                          .by = -1,
                          .where = -1,
                          .since = -1,
                          .until = -1,
                          .during = -1};
    struct selector deliveries = of;
    deliveries.source = SELECT_MARK;
    deliveries.code = EVENT_SUPPORT_DELIVERED;
    deliveries.def = -1;
    deliveries.of = add_selector(&d->w, of);
    d->deliveries = add_selector(&d->w, deliveries);
    d->shifts = add_selector(&d->w, select_form(FORM_SHIFT));
}

static void delivered(struct days *d, stepdown_time from, stepdown_time until) {
    tell(&d->w, EVENT_SUPPORT_DELIVERED, 0, d->support,
         WITH(attr_value(ATTR_START, time_value(from)), attr_value(ATTR_END, time_value(until))));
}

static int32_t day_gap(struct days *d, int32_t needs, int32_t covers) {
    struct term t = term_of(TERM_GAP);
    t.a = needs;
    t.b = covers;
    t.attribute = SPAN_AMOUNTS | SPAN_DAILY;
    t.value = number_value(0, 0, "hours");
    return add_term(&d->w, t);
}

static void gap_is(struct days *d, int32_t term, int64_t tenths) {
    struct value v;
    assert_true(rule_term(&d->w.e, term, &v, NULL));
    assert_int_equal(v.type, VALUE_QUANTITY);
    assert_true(slice_is(v.text, "hours"));
    while (v.scale < 1) {
        v.number *= 10;
        v.scale++;
    }
    assert_int_equal(v.scale, 1);
    assert_int_equal(v.number, tenths);
}

#define MIDNIGHT(day) (AT(0, 0) + (day)*TIME_DAY)

static void delivered_hours_are_compared_with_hours_per_day_by_the_local_day(void **state) {
    struct days d;
    (void)state;
    days_open(&d);
    int32_t gap = day_gap(&d, span_of(&d.w, d.deliveries, -1, -1), span_of(&d.w, d.shifts, -1, -1));
    gap_is(&d, gap, 0);
    delivered(&d, AT(18, 0), AT(22, 30)); // nothing is authorized yet
    gap_is(&d, gap, 45);
    shift_of(&d.w, d.support, interval_value(AT(12, 0), AT(12, 0) + 2 * TIME_DAY), 4); // today, tomorrow, the day after
    gap_is(&d, gap, 5);
    delivered(&d, AT(8, 0), AT(9, 0)); // earlier the same day
    gap_is(&d, gap, 15);
    delivered(&d, MIDNIGHT(1) + 22 * TIME_HOUR, MIDNIGHT(2) + 3 * TIME_HOUR); // two hours, then three: within
    gap_is(&d, gap, 15);
    delivered(&d, MIDNIGHT(3) + 10 * TIME_HOUR, MIDNIGHT(3) + 12 * TIME_HOUR); // a day too late
    gap_is(&d, gap, 35);
    struct node n = node_of(NODE_COVERED);
    n.a = d.w.d->terms[gap].a;
    n.b = d.w.d->terms[gap].b;
    n.n = SPAN_AMOUNTS | SPAN_DAILY;
    expect(&d.w, add_node(&d.w, n), TRUTH_FALSE, REASON_INCOMPLETE);
    world_close(&d.w);
}

static void of_needs_laid_together_the_largest_counts(void **state) {
    struct days d;
    (void)state;
    days_open(&d);
    struct selector first = select_form(FORM_SHIFT), second = select_form(FORM_SHIFT);
    first.pick = PICK_EARLIEST;
    second.pick = PICK_LATEST;
    shift_of(&d.w, d.support, interval_value(MIDNIGHT(0), MIDNIGHT(4)), 6); // needed
    at(&d.w, d.w.e.now + TIME_SECOND);
    shift_of(&d.w, d.support, interval_value(MIDNIGHT(1), MIDNIGHT(3)), 4); // authorized
    delivered(&d, AT(8, 0), AT(15, 0));                                     // more than was needed, on day 0
    int32_t both = span_of(&d.w, add_selector(&d.w, first), -1, span_of(&d.w, d.deliveries, -1, -1));
    int32_t gap = day_gap(&d, both, span_of(&d.w, add_selector(&d.w, second), -1, -1));
    gap_is(&d, gap, 70 + 20 + 20 + 60);
    world_close(&d.w);
}

static void a_day_of_twenty_three_hours_is_a_day(void **state) {
    struct days d;
    (void)state;
    days_open(&d);
    at(&d.w, AT(9, 0));
    struct value v;
    stepdown_time spring = STEPDOWN_TIME_NONE; // the midnight before the clocks go forward in New York
    int32_t offset;
    assert_true(time_parse(slice_text("2026-03-08T00:00:00-05:00"), NULL, &spring, &offset));
    shift_of(&d.w, d.support, interval_value(spring, spring + 23 * TIME_HOUR + 2 * TIME_DAY), 4);
    int32_t gap = day_gap(&d, span_of(&d.w, d.shifts, -1, -1), span_of(&d.w, d.deliveries, -1, -1));
    gap_is(&d, gap, 120);
    assert_true(rule_term(&d.w.e, gap, &v, NULL));
    world_close(&d.w);
}

static void an_amount_that_was_erased_or_is_in_another_unit_is_not_known(void **state) {
    struct days d;
    struct value v;
    bool erased;
    (void)state;
    days_open(&d);
    delivered(&d, AT(18, 0), AT(22, 0));
    int32_t gap = day_gap(&d, span_of(&d.w, d.deliveries, -1, -1), span_of(&d.w, d.shifts, -1, -1));
    uint32_t shift = shift_of(&d.w, d.support, interval_value(AT(12, 0), AT(23, 0)), 4);
    gap_is(&d, gap, 0);
    erase_value(&d.w, shift, FIELD_HOURS);
    assert_false(rule_term(&d.w.e, gap, &v, &erased));
    assert_true(erased);
    submit(&d.w, FORM_SHIFT, d.support,
           WITH(attr_value(SYM_FIELD(FIELD_SHIFT), interval_value(AT(1, 0), AT(2, 0))),
                attr_value(SYM_FIELD(FIELD_HOURS), number_value(4, 0, "visits per day"))));
    assert_false(rule_term(&d.w.e, gap, &v, NULL));
    world_close(&d.w);
}

static void of_two_moments_the_first_that_comes_counts(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct term t = term_of(TERM_SOONER);
    t.a = term_literal_of(&w, time_value(AT(9, 0)));
    t.b = term_literal_of(&w, time_value(AT(8, 0)));
    assert_true(rule_term(&w.e, add_term(&w, t), &v, NULL));
    assert_int_equal(v.number, AT(8, 0));
    t.b = term_event_of(&w, sel_item(&w, ITEM_SUPPORT), EVENT_SUPPORT_ENDED); // has not happened
    assert_true(rule_term(&w.e, add_term(&w, t), &v, NULL));
    assert_int_equal(v.number, AT(9, 0));
    t.a = t.b;
    assert_false(rule_term(&w.e, add_term(&w, t), &v, NULL));
    world_close(&w);
}

// ---- sustained ---------------------------------------------------------------------------------------------------------------

static uint32_t score_at(struct world *w, stepdown_time t, int64_t score) {
    at(w, t);
    return submit(w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(score, 0, ""))));
}

static int32_t sustained_node(struct world *w, int64_t n) {
    struct node node = node_of(NODE_SUSTAINED);
    node.index = FIELD_SCORE;
    node.op = OP_AT_MOST;
    node.a = term_literal_of(w, number_value(3, 0, ""));
    node.b = term_literal_of(w, duration_value("14 days"));
    node.n = n;
    return add_node(w, node);
}

static void sustained_needs_the_whole_span_and_enough_observations(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = sustained_node(&w, 3);
    w.e.now = AT(9, 0) + DAYS(20); // the local clock moves forward on day six, so the span begins at nine on day six
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    assert_string_equal(explained(&w), "score has not been observed");
    score_at(&w, AT(9, 0) + DAYS(2), 9); // long ago and bad
    score_at(&w, AT(9, 0) + DAYS(8), 2);
    score_at(&w, AT(9, 0) + DAYS(12), 3);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET); // two of three
    score_at(&w, AT(9, 0) + DAYS(16), 1);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET); // what was in force when the span began was bad
    at(&w, AT(9, 0) + DAYS(5));
    recorded(&w, AT(9, 0) + DAYS(17));
    uint32_t late =
        submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(2, 0, ""))));
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, late, FIELD_SCORE);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    uint32_t bad = score_at(&w, AT(9, 0) + DAYS(18), 4);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_MET); // whatever was erased
    assert_int_equal(w.verdict.unmet[0].element, bad);
    world_close(&w);
}

static void sustained_counts_an_observation_at_the_very_start(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = sustained_node(&w, 2);
    w.e.now = AT(9, 0) + DAYS(5);
    score_at(&w, AT(9, 0) - DAYS(9) + 1, 2);
    score_at(&w, AT(9, 0), 2);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET); // a microsecond short of fourteen days
    w.e.now++;
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_rules_follow_the_local_clock),
        cmocka_unit_test(day_of_a_moment_is_as_long_as_that_day),
        cmocka_unit_test(without_a_moment_a_rule_counts_from_what_triggered),
        cmocka_unit_test(moved_moments_keep_the_local_clock_and_dates_stay_dates),
        cmocka_unit_test(happened_before_within_and_not_yet),
        cmocka_unit_test(happened_too_late_is_not_within),
        cmocka_unit_test(erased_moments_are_unknown),
        cmocka_unit_test(sequence_counts_pairs_in_the_order_they_happened),
        cmocka_unit_test(repeat_holds_at_the_threshold_and_not_one_short),
        cmocka_unit_test(repeat_includes_both_edges_of_its_window),
        cmocka_unit_test(repeat_at_once_counts_what_is_live_now),
        cmocka_unit_test(repeat_with_an_erased_key_is_unknown),
        cmocka_unit_test(covered_by_intervals_laid_together),
        cmocka_unit_test(covered_by_a_list_of_intervals_in_one_field),
        cmocka_unit_test(covered_needs_enough_where_both_sides_have_amounts),
        cmocka_unit_test(covered_items_by_items_and_nothing_by_nothing),
        cmocka_unit_test(gap_is_the_time_left_uncovered),
        cmocka_unit_test(delivered_hours_are_compared_with_hours_per_day_by_the_local_day),
        cmocka_unit_test(of_needs_laid_together_the_largest_counts),
        cmocka_unit_test(a_day_of_twenty_three_hours_is_a_day),
        cmocka_unit_test(of_two_moments_the_first_that_comes_counts),
        cmocka_unit_test(an_amount_that_was_erased_or_is_in_another_unit_is_not_known),
        cmocka_unit_test(sustained_needs_the_whole_span_and_enough_observations),
        cmocka_unit_test(sustained_counts_an_observation_at_the_very_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
