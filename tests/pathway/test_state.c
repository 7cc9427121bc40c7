// SPDX-License-Identifier: Apache-2.0
// The pathway itself: opening, closing, who takes part, gates and holds, moments, records that do not follow, and the
// same pathway seen through another definition set.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pathway/story.h"

static void opening_says_who_where_and_under_what(void **state) {
    static const uint8_t hash[DIGEST_SIZE] = {1, 2, 3};
    struct story t;
    (void)state;
    story_open(&t);
    assert_true(text_is(t.s->subject, "person-9") && text_is(t.s->subject_kind, "person"));
    assert_true(text_is(t.s->zone_name, "America/Denver") && text_is(t.s->zone_version, "2025b"));
    assert_true(text_is(t.s->org, "clinic"));
    assert_memory_equal(t.s->definition, hash, sizeof hash);
    assert_int_equal(t.s->opened_at, AT_HOUR(0));
    assert_true(state_participates(t.s, slice_text("clinic"), AT_HOUR(0)));
    story_refuses(&t, EVENT_PATHWAY_OPENED, 0, &PATHWAY, NO_ATTRS);
    story_close(&t);
}

static void a_pathway_closes_and_opens_again(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    story_refuses(&t, EVENT_PATHWAY_REOPENED, 0, &PATHWAY, NO_ATTRS);
    story_time(&t, 3);
    story_tell(&t, EVENT_PATHWAY_CLOSED, 0, PATHWAY, NO_ATTRS);
    assert_true(t.s->closed);
    assert_int_equal(t.s->closed_at, AT_HOUR(3));
    story_refuses(&t, EVENT_PATHWAY_CLOSED, 0, &PATHWAY, NO_ATTRS);
    story_tell(&t, EVENT_PATHWAY_REOPENED, 0, PATHWAY, NO_ATTRS);
    assert_false(t.s->closed);
    assert_int_equal(t.s->closed_at, STEPDOWN_TIME_NONE);
    story_close(&t);
}

static void an_organization_takes_part_between_joining_and_leaving(void **state) {
    struct story t;
    stepdown_slice payer = slice_text("payer");
    (void)state;
    story_open(&t);
    story_refuses(&t, EVENT_PATHWAY_LEFT, 0, &PATHWAY, ATTRS(attr_text(ATTR_ORG, "payer")));
    story_refuses(&t, EVENT_PATHWAY_JOINED, 0, &PATHWAY, NO_ATTRS);
    story_time(&t, 2);
    story_tell(&t, EVENT_PATHWAY_JOINED, 0, PATHWAY,
               ATTRS(attr_text(ATTR_ORG, "payer"), attr_text(ATTR_ORG_KIND, "payer")));
    assert_true(state_participates(t.s, payer, STEPDOWN_TIME_NONE));
    story_time(&t, 5);
    story_tell(&t, EVENT_PATHWAY_LEFT, 0, PATHWAY, ATTRS(attr_text(ATTR_ORG, "payer")));
    assert_false(state_participates(t.s, payer, AT_HOUR(1)));
    assert_true(state_participates(t.s, payer, AT_HOUR(2)));
    assert_true(state_participates(t.s, payer, AT_HOUR(5) - 1));
    assert_false(state_participates(t.s, payer, AT_HOUR(5)));
    assert_false(state_participates(t.s, payer, STEPDOWN_TIME_NONE));
    story_time(&t, 7);
    story_tell(&t, EVENT_PATHWAY_JOINED, 0, PATHWAY, ATTRS(attr_text(ATTR_ORG, "payer")));
    assert_false(state_participates(t.s, payer, AT_HOUR(6)));
    assert_true(state_participates(t.s, payer, AT_HOUR(8)));
    assert_int_equal(t.s->participant_count, 3);
    story_tell(&t, EVENT_PATHWAY_JOINED, 0, PATHWAY, ATTRS(attr_text(ATTR_ORG, "payer"))); // again: still once
    assert_int_equal(t.s->participant_count, 3);
    story_close(&t);
}

static void moments_are_found_first_and_last(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, NO_ATTRS);
    for (int64_t hour = 1; hour <= 3; hour++) {
        story_time(&t, hour);
        story_tell(&t, EVENT_ITEM_SUSPENDED, 0, call, NO_ATTRS);
        story_tell(&t, EVENT_ITEM_RESUMED, 0, call, NO_ATTRS);
        story_tell(&t, EVENT_PATHWAY_NOTICE, 0, PATHWAY, NO_ATTRS);
    }
    uint32_t at = state_find(t.s, call);
    assert_int_equal(state_event(t.s, at, EVENT_ITEM_RESUMED, true)->occurred_at, AT_HOUR(1));
    assert_int_equal(state_event(t.s, at, EVENT_ITEM_RESUMED, false)->occurred_at, AT_HOUR(3));
    assert_int_equal(state_event(t.s, at, EVENT_TASK_OPENED, false)->seq, 1);
    assert_null(state_event(t.s, at, EVENT_TASK_CLOSED, false));
    assert_null(state_event(t.s, at, EVENT_PATHWAY_NOTICE, false)); // that is the pathway's
    assert_int_equal(state_event(t.s, NO_ELEMENT, EVENT_PATHWAY_NOTICE, true)->occurred_at, AT_HOUR(1));
    assert_int_equal(state_event(t.s, NO_ELEMENT, EVENT_PATHWAY_NOTICE, false)->occurred_at, AT_HOUR(3));
    assert_null(state_event(t.s, NO_ELEMENT, EVENT_ITEM_RESUMED, false));
    story_close(&t);
}

static void being_about_something_follows_the_whole_chain(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    struct ref huddle = story_create(&t, EVENT_HUDDLE_OPENED, SYMBOL_HUDDLE, ATTRS(attr_ref(ATTR_ABOUT, visit)));
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, ATTRS(attr_ref(ATTR_ABOUT, huddle)));
    struct ref other = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, NO_ATTRS);
    uint32_t v = state_find(t.s, visit), c = state_find(t.s, call), o = state_find(t.s, other);
    assert_true(state_is_about(t.s, c, v));
    assert_true(state_is_about(t.s, c, state_find(t.s, huddle)));
    assert_false(state_is_about(t.s, v, c));
    assert_false(state_is_about(t.s, c, c));
    assert_false(state_is_about(t.s, o, v));
    assert_true(state_is_about(t.s, o, NO_ELEMENT));
    assert_int_equal(t.s->elements[v].newest_about, state_find(t.s, huddle));
    assert_int_equal(t.s->newest_about, o);
    assert_int_equal(t.s->elements[o].previous_about, v);
    assert_int_equal(state_find(t.s, ((struct ref){2, 1})), NO_ELEMENT);
    assert_int_equal(state_find(t.s, PATHWAY), NO_ELEMENT);
    story_close(&t);
}

static void gates_are_passed_and_close_again(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    story_refuses(&t, EVENT_GATE_CLOSED_AGAIN, SYMBOL_PROCEED, &visit, NO_ATTRS);
    struct value evidence = {.type = VALUE_REFERENCE, .ref = visit, .version = 1};
    story_tell(&t, EVENT_GATE_EXCEPTION, SYMBOL_PROCEED, visit, ATTRS(attr_text(ATTR_REASON, "storm")));
    story_tell(
        &t, EVENT_GATE_PASSED, SYMBOL_PROCEED, visit,
        ATTRS((struct attr){.key = ATTR_EVIDENCE, .value = {.type = VALUE_LIST, .items = &evidence, .count = 1}}));
    story_tell(&t, EVENT_GATE_CLOSED_AGAIN, SYMBOL_PROCEED, visit, NO_ATTRS);
    story_refuses(&t, EVENT_GATE_CLOSED_AGAIN, SYMBOL_PROCEED, &visit, NO_ATTRS);
    const struct gate_pass *last = &t.s->passes[story_element(&t, visit)->last_pass];
    assert_int_equal(last->gate, test_definitions_index(t.defs, SYMBOL_PROCEED));
    assert_true(last->closed_again && !last->exception);
    assert_int_equal(t.s->attrs[last->attr_first].value.items[0].version, 1);
    assert_true(t.s->passes[last->previous].exception && !t.s->passes[last->previous].closed_again);
    story_close(&t);
}

static void a_gate_that_closes_again_voids_every_pass(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    for (int i = 0; i < 2; i++)
        story_tell(&t, EVENT_GATE_PASSED, SYMBOL_PROCEED, visit, NO_ATTRS);
    story_tell(&t, EVENT_GATE_PASSED, SYMBOL_PROCEED, PATHWAY, NO_ATTRS); // of something else
    story_tell(&t, EVENT_GATE_CLOSED_AGAIN, SYMBOL_PROCEED, visit, NO_ATTRS);
    assert_true(t.s->passes[0].closed_again && t.s->passes[1].closed_again && !t.s->passes[2].closed_again);
    story_tell(&t, EVENT_GATE_PASSED, SYMBOL_PROCEED, visit, NO_ATTRS);
    assert_false(t.s->passes[3].closed_again);
    story_close(&t);
}

static void a_hold_stands_until_it_is_released(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    story_refuses(&t, EVENT_RULE_HOLD, SYMBOL_NO_SHOW, &visit, NO_ATTRS);
    story_tell(&t, EVENT_RULE_RELEASE, SYMBOL_NO_SHOW, visit, ATTRS(attr_number(ATTR_GATE, SYMBOL_PROCEED)));
    story_tell(&t, EVENT_RULE_HOLD, SYMBOL_NO_SHOW, visit, ATTRS(attr_number(ATTR_GATE, SYMBOL_PROCEED)));
    story_tell(&t, EVENT_RULE_HOLD, SYMBOL_NO_SHOW, PATHWAY, ATTRS(attr_number(ATTR_GATE, SYMBOL_PROCEED)));
    assert_false(t.s->holds[0].released);
    story_tell(&t, EVENT_RULE_RELEASE, SYMBOL_NO_SHOW, visit, ATTRS(attr_number(ATTR_GATE, SYMBOL_PROCEED)));
    assert_true(t.s->holds[0].released && !t.s->holds[1].released);
    assert_int_equal(t.s->first_standing, 1);
    story_close(&t);
}

static void a_rule_remembers_its_truth(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    int32_t rule = test_definitions_index(t.defs, SYMBOL_NO_SHOW);
    assert_int_equal(t.s->rule_truth[rule], 0);
    story_tell(&t, EVENT_RULE_BECAME_TRUE, SYMBOL_NO_SHOW, PATHWAY, NO_ATTRS);
    assert_int_equal(t.s->rule_truth[rule], 2);
    story_tell(&t, EVENT_RULE_BECAME_FALSE, SYMBOL_NO_SHOW, PATHWAY, NO_ATTRS);
    assert_int_equal(t.s->rule_truth[rule], 1);
    story_close(&t);
}

static void records_that_do_not_follow_are_corrupt(void **state) {
    struct story t;
    struct state *s;
    (void)state;
    story_open(&t);
    story_tell(&t, EVENT_PATHWAY_NOTICE, 0, PATHWAY, NO_ATTRS);
    story_tell(&t, EVENT_PATHWAY_DISCHARGED, 0, PATHWAY, NO_ATTRS);
    assert_int_equal(state_new(&t.env, t.defs, t.id, &s, NULL), STEPDOWN_OK);
    assert_int_equal(story_fold(&t, 1, s), STEPDOWN_CORRUPT); // a gap at the beginning
    assert_int_equal(story_fold(&t, 0, s), STEPDOWN_OK);
    assert_int_equal(story_fold(&t, 0, s), STEPDOWN_CORRUPT); // the same again
    assert_int_equal(story_fold(&t, 2, s), STEPDOWN_CORRUPT); // a gap
    assert_int_equal(story_fold(&t, 1, s), STEPDOWN_OK);
    s->leaf[5] ^= 1;
    assert_int_equal(story_fold(&t, 2, s), STEPDOWN_CORRUPT); // another predecessor
    s->leaf[5] ^= 1;
    s->id[0] ^= 1;
    assert_int_equal(story_fold(&t, 2, s), STEPDOWN_CORRUPT); // another pathway
    s->id[0] ^= 1;
    assert_int_equal(story_fold(&t, 2, s), STEPDOWN_OK);
    state_free(&s);
    story_close(&t);
}

static void events_come_in_the_order_of_their_places(void **state) {
    struct story t;
    struct event notice = {.code = EVENT_PATHWAY_NOTICE};
    (void)state;
    story_open(&t);
    struct record_header header = t.header;
    header.seq = 1;
    assert_int_equal(fold_event(t.s, &header, 1, &notice, NULL), STEPDOWN_CORRUPT);
    assert_int_equal(fold_event(t.s, &header, 0, &notice, NULL), STEPDOWN_OK);
    assert_int_equal(fold_event(t.s, &header, 0, &notice, NULL), STEPDOWN_CORRUPT);
    assert_int_equal(fold_event(t.s, &header, 1, &notice, NULL), STEPDOWN_OK);
    header.seq = 2; // before record 1 was sealed
    assert_int_equal(fold_event(t.s, &header, 0, &notice, NULL), STEPDOWN_CORRUPT);
    story_close(&t);
}

static void tell_a_little_of_everything(struct story *t) {
    struct ref visit = story_create(t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    struct ref call = story_create(
        t, EVENT_TASK_OPENED, SYMBOL_CALL,
        ATTRS(attr_time(ATTR_DUE, AT_HOUR(4)), attr_time(ATTR_AT, AT_HOUR(3)), attr_ref(ATTR_ABOUT, visit)));
    struct ref script = story_create(
        t, EVENT_FORM_SUBMITTED, SYMBOL_SCRIPT,
        ATTRS(attr_text(SYMBOL_WORDING, "hi"), attr_text(SYMBOL_REMARK, "none"), attr_ref(ATTR_ABOUT, visit)));
    story_create(t, EVENT_CONTACT_REACHED, SYMBOL_CONTACT, ATTRS(attr_text(SYMBOL_OUTCOME, "well")));
    story_tell(t, EVENT_MARK_ATTESTED, 0, script, ATTRS(attr_number(ATTR_FIELD, SYMBOL_REMARK)));
    story_tell(t, EVENT_RULE_SCHEDULED, SYMBOL_NO_SHOW, call, ATTRS(attr_time(ATTR_AT, AT_HOUR(2))));
    story_tell(t, EVENT_RULE_FIRED, SYMBOL_LADDER, call, NO_ATTRS);
    story_tell(t, EVENT_RULE_BECAME_TRUE, SYMBOL_NO_SHOW, PATHWAY, NO_ATTRS);
    story_create(t, EVENT_ALERT_OPENED, SYMBOL_LADDER, ATTRS(attr_time(ATTR_STEP_DUE, AT_HOUR(9))));
    story_tell(t, EVENT_GATE_PASSED, SYMBOL_PROCEED, visit, NO_ATTRS);
}

static void another_definition_set_shows_the_same_pathway(void **state) {
    struct story t;
    struct timer timer;
    enum timer_what what;
    (void)state;
    story_open(&t);
    tell_a_little_of_everything(&t);
    struct definitions *smaller = test_definitions_new(&t.env, TEST_DEFINITIONS_SMALLER);
    struct state *fresh = story_refold(&t, smaller);
    story_same(&t, t.s, fresh);
    assert_int_equal(state_rebind(t.s, smaller, NULL), STEPDOWN_OK);
    story_same(&t, t.s, fresh);
    const struct state *views[] = {t.s, fresh};
    for (size_t i = 0; i < 2; i++) {
        const struct state *s = views[i];
        assert_int_equal(s->elements[1].def, NO_ELEMENT); // the call is no longer defined, but it is still owed
        assert_int_equal(s->open_count, 3);
        assert_int_equal(state_newest_item(s, test_definitions_index(smaller, SYMBOL_VISIT)), 0);
        assert_int_equal(state_newest_entry(s, test_definitions_index(smaller, SYMBOL_SCRIPT), 0), 2);
        assert_non_null(state_entry_field(s, 2, test_definitions_index(smaller, SYMBOL_WORDING)));
        assert_int_equal(s->marks[0].field, FIELD_UNKNOWN);
        assert_int_equal(s->newest_firing[test_definitions_index(smaller, SYMBOL_LADDER)], 0);
    }
    // The rule is gone and with it what was scheduled for it; the call's lead warning is not.
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(3));
    assert_int_equal(state_next_timer(fresh, &timer, &what), AT_HOUR(3));
    // Back again: everything is there.
    assert_int_equal(state_rebind(t.s, t.defs, NULL), STEPDOWN_OK);
    assert_int_equal(t.s->rule_truth[test_definitions_index(t.defs, SYMBOL_NO_SHOW)], 2);
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(2));
    assert_int_equal(what, TIMER_SCHEDULE);
    state_free(&fresh);
    definitions_release(&smaller);
    story_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_says_who_where_and_under_what),
        cmocka_unit_test(a_pathway_closes_and_opens_again),
        cmocka_unit_test(an_organization_takes_part_between_joining_and_leaving),
        cmocka_unit_test(moments_are_found_first_and_last),
        cmocka_unit_test(being_about_something_follows_the_whole_chain),
        cmocka_unit_test(gates_are_passed_and_close_again),
        cmocka_unit_test(a_gate_that_closes_again_voids_every_pass),
        cmocka_unit_test(a_hold_stands_until_it_is_released),
        cmocka_unit_test(a_rule_remembers_its_truth),
        cmocka_unit_test(records_that_do_not_follow_are_corrupt),
        cmocka_unit_test(events_come_in_the_order_of_their_places),
        cmocka_unit_test(another_definition_set_shows_the_same_pathway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
