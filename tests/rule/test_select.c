// SPDX-License-Identifier: Apache-2.0
// Selections (sources, picks, filters, order) and values over sets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/world.h"

static size_t selected(struct world *w, struct selector s, uint32_t *out) {
    size_t count = rule_select(&w->e, add_selector(w, s), out, 8);
    assert_true(count <= 8);
    return count;
}

static uint32_t contact(struct world *w, uint32_t about, const char *method) {
    return submit(w, FORM_CONTACT, about, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value(method))));
}

static void every_source_yields_its_things_newest_first(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT), request = open_item(&w, ITEM_REQUEST, NO_ELEMENT),
             second = open_item(&w, ITEM_ACTION, NO_ELEMENT), entry = contact(&w, NO_ELEMENT, "phone");
    uint32_t alert = tell(&w, EVENT_ALERT_OPENED, SYM_RULE(RULE_LADDER), NO_ELEMENT,
                          WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor"))));
    assert_int_equal(selected(&w, select_item(ITEM_ACTION), out), 2);
    assert_int_equal(out[0], second);
    assert_int_equal(out[1], first);
    struct selector s = select_source(SELECT_KIND);
    s.kind = KIND_TASK;
    assert_int_equal(selected(&w, s, out), 2);
    s.kind = KIND_NONE;
    assert_int_equal(selected(&w, s, out), 4);
    assert_int_equal(out[0], alert);
    assert_int_equal(out[3], first);
    s.kind = KIND_ALERT;
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], alert);
    assert_int_equal(selected(&w, select_form(FORM_CONTACT), out), 1);
    s = select_source(SELECT_FAMILY);
    s.code = EVENT_CONTACT_ATTEMPTED;
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], entry);
    s.code = EVENT_CONTACT_REACHED;
    assert_int_equal(selected(&w, s, out), 0);
    assert_int_equal(selected(&w, select_source(SELECT_PATHWAY), out), 1);
    assert_int_equal(out[0], NO_ELEMENT);
    w.e.this_element = request;
    w.e.trigger_element = first;
    assert_int_equal(selected(&w, select_source(SELECT_THIS), out), 1);
    assert_int_equal(out[0], request);
    assert_int_equal(selected(&w, select_source(SELECT_TRIGGER), out), 1);
    assert_int_equal(out[0], first);
    s = select_source(SELECT_FIRED);
    s.def = RULE_REFUSED;
    assert_int_equal(selected(&w, s, out), 0);
    fire(&w, RULE_REFUSED, request);
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], request);
    world_close(&w);
}

static void picks_go_by_when_things_happened(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    at(&w, AT(10, 0));
    uint32_t ten = contact(&w, NO_ELEMENT, "phone");
    at(&w, AT(9, 0)); // recorded last, happened first
    recorded(&w, AT(11, 0));
    uint32_t nine = contact(&w, NO_ELEMENT, "text");
    struct selector s = select_form(FORM_CONTACT);
    s.pick = PICK_LATEST;
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], ten);
    s.pick = PICK_EARLIEST;
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], nine);
    world_close(&w);
}

static uint32_t visit_starting(struct world *w, stepdown_time start) {
    return tell(w, EVENT_APPOINTMENT_OPENED, SYM_ITEM(ITEM_VISIT), NO_ELEMENT,
                WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor")), attr_value(ATTR_START, time_value(start))));
}

static void next_is_the_earliest_still_to_come(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    struct selector s = select_item(ITEM_VISIT);
    s.pick = PICK_NEXT;
    visit_starting(&w, AT(17, 59)); // past
    assert_int_equal(selected(&w, s, out), 0);
    uint32_t late = visit_starting(&w, AT(30, 0)), soon = visit_starting(&w, AT(20, 0));
    uint32_t gone = visit_starting(&w, AT(19, 0));
    happens(&w, gone, EVENT_ITEM_CANCELLED);
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], soon);
    w.e.now = AT(21, 0);
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], late);
    world_close(&w);
}

static void of_follows_the_whole_chain_of_about(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), action = open_item(&w, ITEM_ACTION, huddle);
    uint32_t other = open_item(&w, ITEM_ACTION, NO_ELEMENT), inside = contact(&w, action, "phone");
    contact(&w, other, "phone");
    struct selector s = select_form(FORM_CONTACT);
    s.of = sel_item(&w, ITEM_HUDDLE); // one
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], inside);
    s.of = sel_all(&w, ITEM_ACTION); // any of several
    assert_int_equal(selected(&w, s, out), 2);
    s.of = sel_all(&w, ITEM_HUDDLE);
    assert_int_equal(selected(&w, s, out), 1);
    s.of = sel_item(&w, ITEM_ROUTE); // there is none
    assert_int_equal(selected(&w, s, out), 0);
    s.of = add_selector(&w, select_source(SELECT_PATHWAY));
    assert_int_equal(selected(&w, s, out), 2);
    w.e.this_element = other;
    s.of = sel_this(&w);
    assert_int_equal(selected(&w, s, out), 1);
    world_close(&w);
}

static void filters_by_state_role_and_condition(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT), second = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    happens(&w, first, EVENT_TASK_CLOSED);
    accepts(&w, second, "kim", "frontline-worker");
    struct selector s = select_item(ITEM_ACTION);
    s.states = STATE_BIT(STATE_OPEN);
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], second);
    s = select_item(ITEM_ACTION);
    s.by = one_role(&w, ROLE_WORKER);
    assert_int_equal(selected(&w, s, out), 1);
    assert_int_equal(out[0], second);
    s = select_item(ITEM_ACTION);
    int32_t owner = term_attribute_of(&w, sel_this(&w), ELEMENT_OWNER);
    s.where = add_compare(&w, owner, OP_IS, term_literal_of(&w, text_value("kim")));
    assert_int_equal(selected(&w, s, out), 1); // the other's owner is not known: it does not certainly belong
    assert_int_equal(out[0], second);
    s = select_form(FORM_CONTACT);
    uint32_t entry = contact(&w, NO_ELEMENT, "phone");
    assert_int_equal(selected(&w, s, out), 1);
    tell(&w, EVENT_FORM_RETRACTED, 0, entry, BARE);
    assert_int_equal(selected(&w, s, out), 0);
    world_close(&w);
}

static void marks_are_selected_newest_first_on_the_items_meant(void **state) {
    struct world w;
    uint32_t out[8];
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), action = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    mark_on(&w, huddle, EVENT_MARK_DECIDED, -1, 0);
    mark_on(&w, action, EVENT_MARK_DECIDED, -1, 0);
    as(&w, "carl", "case-manager");
    mark_on(&w, huddle, EVENT_MARK_DECIDED, -1, 0);
    mark_on(&w, NO_ELEMENT, EVENT_MARK_ATTESTED, -1, 0);
    struct selector s = select_source(SELECT_MARK);
    s.code = EVENT_MARK_DECIDED;
    assert_int_equal(rule_select_marks(&w.e, add_selector(&w, s), out, 8), 3);
    s.of = sel_all(&w, ITEM_HUDDLE);
    assert_int_equal(rule_select_marks(&w.e, add_selector(&w, s), out, 8), 2);
    assert_int_equal(out[0], 2);
    assert_int_equal(out[1], 0);
    s.by = one_role(&w, ROLE_CASE_MANAGER);
    assert_int_equal(rule_select_marks(&w.e, add_selector(&w, s), out, 8), 1);
    assert_int_equal(out[0], 2);
    s.by = -1;
    s.pick = PICK_EARLIEST;
    assert_int_equal(rule_select_marks(&w.e, add_selector(&w, s), out, 8), 1);
    assert_int_equal(out[0], 0);
    s = select_source(SELECT_MARK);
    s.code = EVENT_MARK_ATTESTED;
    s.of = add_selector(&w, select_source(SELECT_PATHWAY));
    assert_int_equal(rule_select_marks(&w.e, add_selector(&w, s), out, 8), 1);
    assert_int_equal(rule_select_marks(&w.e, sel_all(&w, ITEM_HUDDLE), out, 8), 0); // no marks at all
    world_close(&w);
}

static void a_bounded_selection_does_not_look_at_old_records(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    for (int i = 0; i < 400; i++) {
        at(&w, AT(8, 0) + i * TIME_HOUR);
        contact(&w, NO_ELEMENT, "phone");
    }
    w.e.now = AT(8, 0) + 400 * TIME_HOUR;
    // A filter that counts how often it is asked: the number of distinct values it makes in the scratch arena.
    struct selector s = select_form(FORM_CONTACT);
    struct term list = term_of(TERM_LIST);
    list.selector = add_selector(&w, select_source(SELECT_THIS));
    list.a = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    s.where = add_compare(&w, add_term(&w, list), OP_INCLUDES, term_literal_of(&w, choice_value("text")));
    s.during = term_literal_of(&w, duration_value("10 hours"));
    uint32_t out[8];
    assert_int_equal(rule_select(&w.e, add_selector(&w, s), out, 8), 0);
    size_t looked_at = w.scratch.used;
    s.during = term_literal_of(&w, duration_value("300 hours"));
    arena_reset(&w.scratch);
    assert_int_equal(rule_select(&w.e, add_selector(&w, s), out, 8), 0);
    assert_true(looked_at > 0 && looked_at * 5 < w.scratch.used);
    world_close(&w);
}

// ---- values ------------------------------------------------------------------------------------------------------------------

static struct value value_of(struct world *w, struct term t) {
    struct value v = {0};
    assert_true(rule_term(&w->e, add_term(w, t), &v, NULL));
    return v;
}

static uint32_t score(struct world *w, int64_t number, uint8_t scale) {
    return submit(w, FORM_SCORE, NO_ELEMENT,
                  WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(number, scale, "h"))));
}

static struct term over_scores(struct world *w, uint8_t kind) {
    struct term t = term_of(kind);
    t.selector = add_selector(w, select_form(FORM_SCORE));
    t.a = term_field_of(w, sel_this(w), FIELD_SCORE);
    return t;
}

static void sums_averages_and_extremes_over_a_set(void **state) {
    struct world w;
    struct value v;
    bool erased;
    (void)state;
    world_open(&w);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_COUNT)).number, 0);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_SUM)).number, 0);
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_AVERAGE)), &v, NULL)); // of nothing
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_HIGHEST)), &v, NULL));
    score(&w, 2, 0);
    score(&w, 35, 1);
    uint32_t last = score(&w, 1, 0);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_COUNT)).number, 3);
    v = value_of(&w, over_scores(&w, TERM_SUM));
    assert_int_equal(v.number, 65);
    assert_int_equal(v.scale, 1);
    v = value_of(&w, over_scores(&w, TERM_AVERAGE));
    assert_int_equal(v.number, 2166); // 2.166
    assert_int_equal(v.scale, 3);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_HIGHEST)).number, 35);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_EARLIEST)).number, 1);
    v = value_of(&w, over_scores(&w, TERM_LIST));
    assert_int_equal(v.count, 3);
    assert_int_equal(v.items[0].number, 1); // newest first
    erase_value(&w, last, FIELD_SCORE);
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_SUM)), &v, &erased));
    assert_true(erased);
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_LIST)), &v, &erased));
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_HIGHEST)), &v, &erased));
    world_close(&w);
}

static void a_member_without_a_value_is_not_counted_as_nought(void **state) {
    struct world w;
    struct value v;
    bool erased;
    (void)state;
    world_open(&w);
    score(&w, 2, 0);
    submit(&w, FORM_SCORE, NO_ELEMENT, BARE);
    assert_false(rule_term(&w.e, add_term(&w, over_scores(&w, TERM_SUM)), &v, &erased));
    assert_false(erased);
    assert_int_equal(value_of(&w, over_scores(&w, TERM_HIGHEST)).number, 2); // what has not happened takes no part
    world_close(&w);
}

static void share_is_of_those_that_can_be_judged(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    open_item(&w, ITEM_ACTION, NO_ELEMENT);
    open_item(&w, ITEM_ACTION, NO_ELEMENT);
    happens(&w, first, EVENT_TASK_CLOSED);
    struct node n = node_of(NODE_STATE);
    n.selector = sel_this(&w);
    n.states = STATE_BIT(STATE_CLOSED);
    struct term t = term_of(TERM_SHARE);
    t.selector = sel_all(&w, ITEM_ACTION);
    t.node = add_node(&w, n);
    v = value_of(&w, t);
    assert_int_equal(v.number, 3333);
    assert_int_equal(v.scale, 4);
    t.node = node_truth(&w, TRUTH_UNKNOWN);
    assert_false(rule_term(&w.e, add_term(&w, t), &v, NULL));
    world_close(&w);
}

static void attributes_of_items_entries_and_marks(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), entry = contact(&w, huddle, "phone");
    struct value parts[2] = {choice_value("second visit"), text_value("known face")};
    struct value decided = {.type = VALUE_DECISION, .count = 2, .items = parts};
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    tell(&w, EVENT_HUDDLE_DECIDED, 0, huddle,
         WITH(attr_value(ATTR_DECIDED, decided), attr_value(ATTR_METHOD, choice_value("call"))));
    struct selector mark = select_source(SELECT_MARK), contacts = select_source(SELECT_FAMILY);
    mark.code = EVENT_HUDDLE_DECIDED;
    mark.of = sel_item(&w, ITEM_HUDDLE);
    mark.pick = contacts.pick = PICK_LATEST;
    contacts.code = EVENT_CODE(FAMILY_CONTACT, 0);
    const struct {
        int32_t selector;
        uint8_t attribute;
        const char *words; // NULL: not known
    } rows[] = {
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_STATE, "started"},
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_KIND, "huddle"},
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_OWNER, NULL},
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_OWNER_ROLE, "supervisor"},
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_OUTCOME, NULL},
        {sel_item(&w, ITEM_HUDDLE), ELEMENT_DUE, NULL},
        {sel_item(&w, ITEM_VISIT), ELEMENT_STATE, NULL},
        {add_selector(&w, contacts), ELEMENT_MEMBER, "attempted"},
        {add_selector(&w, contacts), ELEMENT_AUTHOR, "sue"},
        {add_selector(&w, contacts), ELEMENT_AUTHOR_ROLE, "supervisor"},
        {add_selector(&w, mark), ELEMENT_AUTHOR, "sue"},
        {add_selector(&w, mark), ELEMENT_TEXT, "second visit"},
        {add_selector(&w, mark), ELEMENT_REASON, "known face"},
        {add_selector(&w, mark), ELEMENT_METHOD, "call"},
        {add_selector(&w, mark), ELEMENT_EVIDENCE, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value v;
        bool known = rule_term(&w.e, term_attribute_of(&w, rows[i].selector, rows[i].attribute), &v, NULL);
        if (known && v.type == VALUE_DECISION)
            v = v.items[0];
        if (known != (rows[i].words != NULL) || (known && !slice_is(v.text, rows[i].words)))
            fail_msg("row %zu", i);
    }
    struct value v;
    assert_true(rule_term(&w.e, term_attribute_of(&w, add_selector(&w, contacts), ELEMENT_ABOUT), &v, NULL));
    assert_true(ref_equal(v.ref, w.s->elements[huddle].id));
    assert_true(rule_term(&w.e, term_attribute_of(&w, add_selector(&w, contacts), ELEMENT_SELF), &v, NULL));
    assert_true(ref_equal(v.ref, w.s->elements[entry].id));
    world_close(&w);
}

static void moments_and_spans(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t started = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    struct term interval = term_of(TERM_INTERVAL), elapsed = term_of(TERM_ELAPSED);
    interval.a = elapsed.b = started;
    interval.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_CLOSED);
    elapsed.a = add_term(&w, term_of(TERM_NOW));
    v = value_of(&w, interval);
    assert_int_equal(v.number, v.until); // has not started: empty
    assert_false(rule_term(&w.e, add_term(&w, elapsed), &v, NULL));
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    at(&w, AT(10, 0));
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    v = value_of(&w, interval);
    assert_int_equal(v.number, AT(10, 0));
    assert_int_equal(v.until, w.e.now); // has not ended: until now
    assert_int_equal(value_of(&w, elapsed).duration.exact, 8 * TIME_HOUR);
    interval.b = term_literal_of(&w, date_value(2026, 3, 4));
    assert_int_equal(value_of(&w, interval).until, AT(24, 0) + DAYS(2)); // to the end of that day
    interval.b = -1;
    assert_int_equal(value_of(&w, interval).until, STEPDOWN_TIME_NONE);
    struct term parameter = term_of(TERM_PARAMETER);
    parameter.index = 0;
    assert_int_equal(value_of(&w, parameter).number, 3);
    parameter.first = true;
    assert_int_equal(value_of(&w, parameter).duration.days, 30);
    struct selector contacts = select_source(SELECT_FAMILY);
    contacts.code = EVENT_CONTACT_ATTEMPTED;
    struct term last = term_of(TERM_EVENT);
    last.selector = add_selector(&w, contacts);
    last.code = EVENT_FORM_SUBMITTED;
    at(&w, AT(12, 0));
    contact(&w, NO_ELEMENT, "phone");
    at(&w, AT(11, 0));
    contact(&w, NO_ELEMENT, "phone");
    assert_int_equal(value_of(&w, last).number, AT(12, 0));
    last.first = true;
    assert_int_equal(value_of(&w, last).number, AT(11, 0));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_source_yields_its_things_newest_first),
        cmocka_unit_test(picks_go_by_when_things_happened),
        cmocka_unit_test(next_is_the_earliest_still_to_come),
        cmocka_unit_test(of_follows_the_whole_chain_of_about),
        cmocka_unit_test(filters_by_state_role_and_condition),
        cmocka_unit_test(marks_are_selected_newest_first_on_the_items_meant),
        cmocka_unit_test(a_bounded_selection_does_not_look_at_old_records),
        cmocka_unit_test(sums_averages_and_extremes_over_a_set),
        cmocka_unit_test(a_member_without_a_value_is_not_counted_as_nought),
        cmocka_unit_test(share_is_of_those_that_can_be_judged),
        cmocka_unit_test(attributes_of_items_entries_and_marks),
        cmocka_unit_test(moments_and_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
