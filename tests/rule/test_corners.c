// SPDX-License-Identifier: Apache-2.0
// Less common ways to say things: people instead of roles, windows given as intervals, marks with fields of their own,
// sequences of marks, conditions on entries at hand, names in explanations, what unusual conditions read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/world.h"

static int32_t count_of(struct world *w, struct selector s, uint8_t op, int64_t n) {
    struct node node = node_of(NODE_COUNT);
    node.selector = add_selector(w, s);
    node.op = op;
    node.b = term_literal_of(w, number_value(n, 0, ""));
    return add_node(w, node);
}

static uint32_t contact(struct world *w) {
    return submit(w, FORM_CONTACT, NO_ELEMENT,
                  WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value("phone"))));
}

static void selected_by_a_person_or_by_owners(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_form(FORM_CONTACT);
    int32_t owner = term_attribute_of(&w, sel_item(&w, ITEM_VISIT), ELEMENT_OWNER);
    s.by = add_role_set(&w, (struct role_set){.person = owner, .named = -1, .people = -1});
    int32_t by_person = count_of(&w, s, OP_AT_LEAST, 1);
    s.by = add_role_set(&w, (struct role_set){.person = -1, .named = -1, .people = sel_all(&w, ITEM_ACTION)});
    int32_t by_owners = count_of(&w, s, OP_AT_LEAST, 1);
    as(&w, "kim", "frontline-worker");
    contact(&w);
    expect(&w, by_person, TRUTH_UNKNOWN, REASON_UNKNOWN); // nobody is named yet
    expect(&w, by_owners, TRUTH_FALSE, REASON_WRONG_ROLE);
    assert_non_null(strstr(explained(&w), "an owner of action"));
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    accepts(&w, visit, "lee", "frontline-worker");
    expect(&w, by_person, TRUTH_FALSE, REASON_WRONG_ROLE);
    sentence(&w, "contact is recorded, but not by the owner of second visit");
    accepts(&w, visit, "kim", "frontline-worker");
    expect(&w, by_person, TRUTH_TRUE, 0);
    accepts(&w, open_item(&w, ITEM_ACTION, NO_ELEMENT), "kim", "frontline-worker");
    expect(&w, by_owners, TRUTH_TRUE, 0);
    world_close(&w);
}

static void windows_as_intervals_and_erased_bounds(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t bound = submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), time_value(AT(9, 0)))));
    struct selector s = select_form(FORM_CONTACT);
    s.during = term_literal_of(&w, interval_value(AT(10, 0), AT(12, 0)));
    int32_t closed = count_of(&w, s, OP_AT_LEAST, 1);
    s.during = term_literal_of(&w, interval_value(AT(10, 0), STEPDOWN_TIME_NONE));
    int32_t open = count_of(&w, s, OP_AT_LEAST, 1);
    s.during = term_attribute_of(&w, sel_item(&w, ITEM_COVER), ELEMENT_INTERVAL);
    int32_t of_nothing = count_of(&w, s, OP_AT_LEAST, 1);
    s.during = term_literal_of(&w, choice_value("monday"));
    int32_t no_window = count_of(&w, s, OP_AT_LEAST, 1);
    s.during = -1;
    s.since = term_field_of(&w, -1, FIELD_SCORE);
    int32_t since = count_of(&w, s, OP_AT_LEAST, 1);
    s.until = s.since;
    s.since = -1;
    int32_t until = count_of(&w, s, OP_AT_LEAST, 1);
    at(&w, AT(12, 0));
    contact(&w);
    expect(&w, closed, TRUTH_FALSE, REASON_STALE);
    expect(&w, open, TRUTH_TRUE, 0);
    expect(&w, of_nothing, TRUTH_FALSE, ANY_REASON);
    expect(&w, no_window, TRUTH_UNKNOWN, REASON_UNKNOWN);
    expect(&w, since, TRUTH_TRUE, 0);
    expect(&w, until, TRUTH_FALSE, ANY_REASON);
    erase_value(&w, bound, FIELD_SCORE);
    expect(&w, since, TRUTH_UNKNOWN, REASON_ERASED);
    expect(&w, until, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void counts_with_every_operator(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    contact(&w);
    contact(&w);
    static const struct {
        uint8_t op;
        bool holds[3]; // compared with 1, 2, 3
    } rows[] = {{OP_IS, {false, true, false}},     {OP_IS_NOT, {true, false, true}}, {OP_AT_LEAST, {true, true, false}},
                {OP_AT_MOST, {false, true, true}}, {OP_MORE, {true, false, false}},  {OP_LESS, {false, false, true}},
                {OP_NO_LATER, {false, true, true}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int n = 0; n < 3; n++) {
            enum truth truth = ask(&w, count_of(&w, select_form(FORM_CONTACT), rows[i].op, n + 1));
            if ((truth == TRUTH_TRUE) != rows[i].holds[n])
                fail_msg("row %zu, %d", i, n + 1);
        }
    }
    world_close(&w);
}

static void sequences_of_marks_and_of_moments(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    struct node n = node_of(NODE_SEQUENCE);
    n.a = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_MARK_ATTESTED);
    n.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_MARK_ACKNOWLEDGED);
    n.c = term_literal_of(&w, duration_value("1 hour"));
    n.n = 2;
    int32_t twice = add_node(&w, n);
    for (int i = 0; i < 2; i++) {
        at(&w, AT(9 + 3 * i, 0));
        mark_on(&w, huddle, EVENT_MARK_ATTESTED, -1, 0);
        expect(&w, twice, TRUTH_FALSE, REASON_NOT_YET);
        at(&w, AT(10 + 3 * i, 0));
        mark_on(&w, huddle, EVENT_MARK_ACKNOWLEDGED, -1, 0);
    }
    expect(&w, twice, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 4);
    withdraw(&w, &w.s->marks[w.s->mark_count - 1]);
    expect(&w, twice, TRUTH_FALSE, REASON_NOT_YET);
    n.n = 1;
    n.a = term_literal_of(&w, time_value(AT(9, 0)));
    n.b = term_literal_of(&w, time_value(AT(10, 0)));
    expect(&w, add_node(&w, n), TRUTH_TRUE, 0);
    n.b = term_literal_of(&w, time_value(AT(10, 0) + 1));
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_NOT_YET);
    n.b = term_literal_of(&w, time_value(AT(8, 59)));
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_NOT_YET); // the wrong way round
    world_close(&w);
}

static void decisions_are_asked_part_by_part(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    struct node n = node_of(NODE_FIELD);
    n.a = term_attribute_of(&w, sel_this(&w), ELEMENT_REASON);
    int32_t reason = add_node(&w, n);
    n.a = term_field_of(&w, sel_this(&w), FIELD_SCRIPT_NOTE);
    int32_t note = add_node(&w, n);
    int32_t parts[2] = {reason, note};
    int32_t both = add_group(&w, NODE_ALL, 0, parts, 2);
    int32_t each = add_group(&w, NODE_EACH, 0, &both, 1);
    struct selector s = select_source(SELECT_MARK);
    s.code = EVENT_MARK_DECIDED;
    s.of = sel_item(&w, ITEM_HUDDLE);
    w.d->nodes[each].selector = add_selector(&w, s);
    tell(&w, EVENT_MARK_DECIDED, 0, huddle, BARE);
    expect(&w, each, TRUTH_FALSE, REASON_MISSING);
    assert_int_equal(w.verdict.unmet_count, 2);
    world_close(&w);
    world_open(&w);
    huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    n.a = term_attribute_of(&w, sel_this(&w), ELEMENT_REASON);
    parts[0] = add_node(&w, n);
    n.a = term_field_of(&w, sel_this(&w), FIELD_SCRIPT_NOTE);
    parts[1] = add_node(&w, n);
    both = add_group(&w, NODE_ALL, 0, parts, 2);
    each = add_group(&w, NODE_EACH, 0, &both, 1);
    s.of = sel_item(&w, ITEM_HUDDLE);
    w.d->nodes[each].selector = add_selector(&w, s);
    tell(&w, EVENT_MARK_DECIDED, 0, huddle,
         WITH(attr_value(ATTR_REASON, text_value("she knows him")),
              attr_value(SYM_FIELD(FIELD_SCRIPT_NOTE), text_value("go at noon"))));
    expect(&w, each, TRUTH_TRUE, 0);
    world_close(&w);
}

static void conditions_on_the_entry_at_hand(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node complete = node_of(NODE_COMPLETE), state_node = node_of(NODE_STATE), owner = node_of(NODE_OWNER);
    int32_t parts[1] = {add_node(&w, complete)};
    int32_t each = add_group(&w, NODE_EACH, 0, parts, 1);
    w.d->nodes[each].selector = add_selector(&w, select_form(FORM_CONTACT));
    contact(&w);
    expect(&w, each, TRUTH_TRUE, 0);
    submit(&w, FORM_CONTACT, NO_ELEMENT, BARE);
    expect(&w, each, TRUTH_FALSE, REASON_INCOMPLETE);
    sentence(&w, "contact is not complete: method is missing");
    // What an entry cannot have cannot be known.
    w.e.this_element = (uint32_t)w.s->element_count - 1;
    expect(&w, add_node(&w, state_node), TRUTH_UNKNOWN, REASON_UNKNOWN);
    expect(&w, add_node(&w, owner), TRUTH_UNKNOWN, REASON_UNKNOWN);
    expect(&w, add_node(&w, node_of(NODE_LOOP)), TRUTH_UNKNOWN, REASON_UNKNOWN);
    expect(&w, add_node(&w, node_of(NODE_ATTENDED)), TRUTH_UNKNOWN, REASON_UNKNOWN);
    world_close(&w);
}

static void state_as_of_follows_each_step(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    at(&w, AT(9, 0));
    uint32_t visit = tell(
        &w, EVENT_APPOINTMENT_OPENED, SYM_ITEM(ITEM_VISIT), NO_ELEMENT,
        WITH(attr_value(ATTR_OWNER_ROLE, text_value("supervisor")), attr_value(ATTR_START, time_value(AT(14, 0)))));
    at(&w, AT(11, 0));
    happens(&w, visit, EVENT_APPOINTMENT_CONFIRMED);
    at(&w, AT(14, 0));
    happens(&w, visit, EVENT_APPOINTMENT_REFUSED);
    static const struct {
        int hour;
        uint8_t state;
    } rows[] = {
        {9, STATE_BOOKED}, {10, STATE_BOOKED}, {11, STATE_CONFIRMED}, {13, STATE_CONFIRMED}, {14, STATE_REFUSED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct node n = node_of(NODE_STATE);
        n.selector = sel_item(&w, ITEM_VISIT);
        n.states = STATE_BIT(rows[i].state);
        n.b = term_literal_of(&w, time_value(AT(rows[i].hour, 30)));
        expect(&w, add_node(&w, n), TRUTH_TRUE, 0);
    }
    world_close(&w);
}

static void durations_are_summed_and_averaged(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct term t = term_of(TERM_SUM);
    t.selector = add_selector(&w, select_form(FORM_ROUTE));
    t.a = term_field_of(&w, sel_this(&w), FIELD_ANSWER);
    int32_t sum = add_term(&w, t);
    t.kind = TERM_AVERAGE;
    int32_t average = add_term(&w, t);
    submit(&w, FORM_ROUTE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_ANSWER), duration_value("30 minutes"))));
    submit(&w, FORM_ROUTE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_ANSWER), duration_value("90 minutes"))));
    assert_true(rule_term(&w.e, sum, &v, NULL));
    assert_int_equal(v.duration.exact, 2 * TIME_HOUR);
    assert_true(rule_term(&w.e, average, &v, NULL));
    assert_int_equal(v.duration.exact, TIME_HOUR);
    submit(&w, FORM_ROUTE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_ANSWER), number_value(1, 0, ""))));
    assert_false(rule_term(&w.e, sum, &v, NULL)); // an hour and a number do not add up
    world_close(&w);
}

static void the_pathway_and_firings_have_values_too(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t pathway = add_selector(&w, select_source(SELECT_PATHWAY));
    assert_true(rule_term(&w.e, term_attribute_of(&w, pathway, ELEMENT_OPENED), &v, NULL));
    assert_int_equal(v.number, AT(8, 0));
    assert_true(rule_term(&w.e, term_attribute_of(&w, pathway, ELEMENT_INTERVAL), &v, NULL));
    assert_int_equal(v.until, STEPDOWN_TIME_NONE);
    assert_false(rule_term(&w.e, term_attribute_of(&w, pathway, ELEMENT_FINISHED), &v, NULL));
    assert_true(rule_term(&w.e, term_event_of(&w, pathway, EVENT_PATHWAY_OPENED), &v, NULL));
    assert_int_equal(v.number, AT(8, 0));
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    at(&w, AT(10, 0));
    fire(&w, RULE_REFUSED, visit);
    struct selector s = select_source(SELECT_FIRED);
    s.def = RULE_REFUSED;
    s.pick = PICK_LATEST;
    assert_true(rule_term(&w.e, term_attribute_of(&w, add_selector(&w, s), ELEMENT_OCCURRED), &v, NULL));
    assert_int_equal(v.number, AT(10, 0));
    assert_true(rule_term(&w.e, term_attribute_of(&w, add_selector(&w, s), ELEMENT_ABOUT), &v, NULL));
    assert_true(ref_equal(v.ref, w.s->elements[visit].id));
    world_close(&w);
}

static void explanations_name_what_is_asked_for(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector kind = select_source(SELECT_KIND), fired = select_source(SELECT_FIRED), attempts;
    kind.kind = KIND_TRANSPORT;
    fired.def = RULE_LADDER;
    attempts = select_source(SELECT_FAMILY);
    attempts.code = EVENT_CONTACT_NO_ACCESS;
    const int32_t two[2] = {ROLE_CLINICAL, ROLE_CASE_MANAGER};
    attempts.by = add_roles(&w, ROLE_ANY, two, 2);
    expect(&w, count_of(&w, kind, OP_AT_LEAST, 1), TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no transport is recorded");
    expect(&w, count_of(&w, fired, OP_AT_LEAST, 1), TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no ladder is recorded");
    expect(&w, count_of(&w, attempts, OP_AT_LEAST, 1), TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no contact no access by clinical partner or case manager is recorded");
    struct term shift = term_of(TERM_SHIFT);
    shift.a = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_CLOSED);
    shift.b = term_literal_of(&w, duration_value("1 hour"));
    struct node n = node_of(NODE_HAPPENED);
    n.a = add_term(&w, shift);
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_NOT_YET);
    sentence(&w, "huddle closed has not happened yet");
    int32_t due = term_attribute_of(&w, sel_item(&w, ITEM_VISIT), ELEMENT_DUE);
    expect(&w, add_compare(&w, due, OP_BEFORE, add_term(&w, term_of(TERM_NOW))), TRUTH_UNKNOWN, REASON_MISSING);
    sentence(&w, "due time of second visit is not recorded, so this cannot be known");
    world_close(&w);
}

static void unusual_conditions_read_their_sources(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector kind = select_source(SELECT_KIND), mark = select_source(SELECT_MARK),
                    family = select_source(SELECT_FAMILY), pathway = select_source(SELECT_PATHWAY),
                    alerts = select_source(SELECT_KIND);
    kind.kind = KIND_TASK;
    alerts.kind = KIND_ALERT;
    mark.code = EVENT_HUDDLE_DECIDED;
    mark.of = sel_item(&w, ITEM_HUDDLE);
    family.code = EVENT_CODE(FAMILY_CONTACT, 0);
    family.by = add_role_set(&w, (struct role_set){.person = -1, .named = -1, .people = sel_all(&w, ITEM_BARRIER)});
    int32_t tasks = count_of(&w, kind, OP_AT_LEAST, 1), decisions = count_of(&w, mark, OP_AT_LEAST, 1);
    int32_t contacts = count_of(&w, family, OP_AT_LEAST, 1), whole = count_of(&w, pathway, OP_AT_LEAST, 1);
    int32_t raised = count_of(&w, alerts, OP_AT_LEAST, 1);
    assert_true(rule_reads(w.d, tasks, ITEM_ACTION, -1, FAMILY_TASK));
    assert_false(rule_reads(w.d, tasks, ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    assert_true(rule_reads(w.d, decisions, ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    assert_true(rule_reads(w.d, decisions, -1, FORM_SCRIPT, FAMILY_MARK)); // a mark is withdrawn by one of that family
    assert_true(rule_reads(w.d, contacts, -1, FORM_CONTACT, FAMILY_FORM)); // amended
    assert_true(rule_reads(w.d, contacts, -1, -1, FAMILY_CONTACT));
    assert_true(rule_reads(w.d, contacts, ITEM_BARRIER, -1, FAMILY_BARRIER)); // its owners
    assert_false(rule_reads(w.d, contacts, ITEM_ACTION, -1, FAMILY_TASK));
    assert_true(rule_reads(w.d, whole, -1, -1, FAMILY_PATHWAY));
    assert_true(rule_reads(w.d, raised, -1, -1, FAMILY_ALERT));
    struct node sustained = node_of(NODE_SUSTAINED), ack = node_of(NODE_ACK), loop = node_of(NODE_LOOP);
    sustained.index = FIELD_SCORE;
    ack.index = FIELD_SCRIPT;
    ack.selector = loop.selector = sel_item(&w, ITEM_HUDDLE);
    assert_true(rule_reads(w.d, add_node(&w, sustained), -1, FORM_SCORE, FAMILY_FORM));
    assert_false(rule_reads(w.d, add_node(&w, sustained), -1, FORM_SCRIPT, FAMILY_FORM));
    assert_true(rule_reads(w.d, add_node(&w, ack), -1, FORM_SCRIPT, FAMILY_FORM));
    assert_true(rule_reads(w.d, add_node(&w, ack), -1, -1, FAMILY_MARK));
    assert_true(rule_reads(w.d, add_node(&w, loop), -1, FORM_RESULT, FAMILY_FORM));
    assert_false(rule_reads(w.d, node_truth(&w, TRUTH_TRUE), ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selected_by_a_person_or_by_owners),
        cmocka_unit_test(windows_as_intervals_and_erased_bounds),
        cmocka_unit_test(counts_with_every_operator),
        cmocka_unit_test(sequences_of_marks_and_of_moments),
        cmocka_unit_test(decisions_are_asked_part_by_part),
        cmocka_unit_test(conditions_on_the_entry_at_hand),
        cmocka_unit_test(state_as_of_follows_each_step),
        cmocka_unit_test(durations_are_summed_and_averaged),
        cmocka_unit_test(the_pathway_and_firings_have_values_too),
        cmocka_unit_test(explanations_name_what_is_asked_for),
        cmocka_unit_test(unusual_conditions_read_their_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
