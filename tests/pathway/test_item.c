// SPDX-License-Identifier: Apache-2.0
// Items through their lives: opened, owned, due, late, ended, reopened; alerts and their ladders.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pathway/story.h"

static void an_opened_item_has_what_its_event_says(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    story_time(&t, 1);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL,
                                   ATTRS(attr_ref(ATTR_ABOUT, visit), attr_text(ATTR_OWNER_ROLE, "nurse"),
                                         attr_text(ATTR_OWNER_ORG, "clinic"), attr_text(ATTR_PERSON, "nurse-2"),
                                         attr_yes(ATTR_ACCEPTED), attr_time(ATTR_DUE, AT_HOUR(5)),
                                         attr_text(ATTR_DUE_RULE, "4 hours"), attr_time(ATTR_AT, AT_HOUR(4))));
    const struct element *e = story_element(&t, call);
    assert_int_equal(e->kind, KIND_TASK);
    assert_int_equal(e->state, STATE_OPEN);
    assert_int_equal(e->def, test_definitions_index(t.defs, SYMBOL_CALL));
    assert_int_equal(e->flags, ELEMENT_IS_ITEM | ELEMENT_ACCEPTED);
    assert_int_equal(e->about, state_find(t.s, visit));
    assert_true(text_is(e->owner, "nurse-2") && text_is(e->owner_role, "nurse") && text_is(e->owner_org, "clinic"));
    assert_true(text_is(e->author, "nurse-1") && text_is(e->author_role, "nurse"));
    assert_int_equal(e->due, AT_HOUR(5));
    assert_int_equal(e->lead_at, AT_HOUR(4));
    assert_true(text_is(e->due_rule, "4 hours"));
    assert_int_equal(e->opened_at, AT_HOUR(1));
    assert_int_equal(e->recorded_at, AT_HOUR(1) + TIME_MINUTE);
    assert_int_equal(e->finished_at, STEPDOWN_TIME_NONE);
    assert_int_equal(e->version, 2);
    assert_int_equal(t.s->open_count, 2);
    assert_int_equal(state_newest_item(t.s, test_definitions_index(t.defs, SYMBOL_CALL)), state_find(t.s, call));
    story_close(&t);
}

static void an_appointment_opened_with_a_time_is_booked(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref planned = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    struct ref booked =
        story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, ATTRS(attr_time(ATTR_START, AT_HOUR(9))));
    assert_int_equal(story_element(&t, planned)->state, STATE_PLANNED);
    assert_int_equal(story_element(&t, booked)->state, STATE_BOOKED);
    story_tell(&t, EVENT_APPOINTMENT_BOOKED, 0, planned,
               ATTRS(attr_time(ATTR_START, AT_HOUR(20)), attr_time(ATTR_END, AT_HOUR(21))));
    assert_int_equal(story_element(&t, planned)->start, AT_HOUR(20));
    assert_int_equal(story_element(&t, planned)->end, AT_HOUR(21));
    story_close(&t);
}

static void an_item_added_by_hand_keeps_its_name(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref item = story_create(&t, EVENT_TASK_OPENED, 0, ATTRS(attr_text(ATTR_NAME, "call the shelter")));
    assert_true(story_element(&t, item)->flags & ELEMENT_ADHOC);
    assert_int_equal(story_element(&t, item)->def, NO_ELEMENT);
    assert_true(text_is(story_element(&t, item)->name, "call the shelter"));
    struct ref alert = story_create(&t, EVENT_ALERT_OPENED, 0, NO_ATTRS); // the fallback's: no rule, no hand either
    assert_false(story_element(&t, alert)->flags & ELEMENT_ADHOC);
    story_close(&t);
}

static void ending_late_is_flagged_and_reopening_takes_it_back(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, ATTRS(attr_time(ATTR_DUE, AT_HOUR(5))));
    struct ref other = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, ATTRS(attr_time(ATTR_DUE, AT_HOUR(6))));
    story_time(&t, 5);
    story_tell(&t, EVENT_ITEM_OVERDUE, 0, call, NO_ATTRS);
    assert_true(story_element(&t, call)->flags & ELEMENT_OVERDUE_FLAG);
    story_time(&t, 6);
    story_tell(&t, EVENT_TASK_CLOSED, 0, call, NO_ATTRS);
    story_tell(&t, EVENT_TASK_CLOSED, 0, other, NO_ATTRS);
    assert_int_equal(story_element(&t, call)->flags,
                     ELEMENT_IS_ITEM | ELEMENT_FINISHED_FLAG | ELEMENT_OVERDUE_FLAG | ELEMENT_LATE);
    assert_int_equal(story_element(&t, other)->flags, ELEMENT_IS_ITEM | ELEMENT_FINISHED_FLAG); // just in time
    assert_int_equal(story_element(&t, call)->finished_at, AT_HOUR(6));
    assert_int_equal(t.s->open_count, 0);
    story_tell(&t, EVENT_ITEM_REOPENED, 0, call, ATTRS(attr_time(ATTR_DUE, AT_HOUR(9))));
    assert_int_equal(story_element(&t, call)->flags, ELEMENT_IS_ITEM);
    assert_int_equal(story_element(&t, call)->state, STATE_OPEN);
    assert_int_equal(story_element(&t, call)->finished_at, STEPDOWN_TIME_NONE);
    assert_int_equal(t.s->open_count, 1);
    assert_int_equal(t.s->open_items[0], state_find(t.s, call));
    story_close(&t);
}

static void owners_come_and_go(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, ATTRS(attr_text(ATTR_OWNER_ROLE, "nurse")));
    story_tell(&t, EVENT_ITEM_ASSIGNED, 0, call,
               ATTRS(attr_text(ATTR_PERSON, "nurse-2"), attr_text(ATTR_ORG, "hospital")));
    assert_true(text_is(story_element(&t, call)->owner, "nurse-2"));
    assert_true(text_is(story_element(&t, call)->owner_role, "nurse"));
    assert_true(text_is(story_element(&t, call)->owner_org, "hospital"));
    assert_false(story_element(&t, call)->flags & ELEMENT_ACCEPTED);
    story_actor(&t, "lead-1", "team-lead", "clinic");
    story_tell(&t, EVENT_ITEM_ACCEPTED, 0, call, NO_ATTRS);
    assert_true(text_is(story_element(&t, call)->owner, "lead-1"));
    assert_true(text_is(story_element(&t, call)->owner_role, "team-lead"));
    assert_true(story_element(&t, call)->flags & ELEMENT_ACCEPTED);
    story_tell(&t, EVENT_ITEM_DECLINED, 0, call, NO_ATTRS);
    assert_int_equal(story_element(&t, call)->owner.size, 0);
    assert_true(text_is(story_element(&t, call)->owner_role, "team-lead")); // never without a role
    assert_false(story_element(&t, call)->flags & ELEMENT_ACCEPTED);
    story_tell(&t, EVENT_ITEM_ACCEPTED, 0, call, ATTRS(attr_text(ATTR_PERSON, "nurse-3")));
    assert_true(text_is(story_element(&t, call)->owner, "nurse-3"));
    assert_true(story_element(&t, call)->flags & ELEMENT_ACCEPTED);
    story_close(&t);
}

static void an_alert_climbs_its_ladder_until_it_is_resolved(void **state) {
    struct story t;
    struct timer timer;
    enum timer_what what;
    (void)state;
    story_open(&t);
    struct ref alert = story_create(
        &t, EVENT_ALERT_OPENED, SYMBOL_LADDER,
        ATTRS(attr_number(ATTR_STEP, 0), attr_time(ATTR_STEP_DUE, AT_HOUR(1)), attr_text(ATTR_OWNER_ROLE, "nurse")));
    const struct element *e = story_element(&t, alert);
    assert_int_equal(e->def, NO_ELEMENT);
    assert_int_equal(e->ladder_rule, test_definitions_index(t.defs, SYMBOL_LADDER));
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(1));
    assert_int_equal(what, TIMER_STEP);
    story_time(&t, 1);
    story_tell(&t, EVENT_ALERT_LADDER_STEP, 0, alert,
               ATTRS(attr_number(ATTR_STEP, 1), attr_time(ATTR_STEP_DUE, AT_HOUR(3)), attr_text(ATTR_PERSON, "lead-1"),
                     attr_text(ATTR_ROLE, "team-lead"), attr_text(ATTR_ORG, "clinic")));
    e = story_element(&t, alert);
    assert_int_equal(e->ladder_step, 1);
    assert_true(text_is(e->owner, "lead-1") && text_is(e->owner_role, "team-lead"));
    assert_false(e->flags & ELEMENT_ACCEPTED);
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(3));
    story_tell(&t, EVENT_ALERT_ACKNOWLEDGED, 0, alert, NO_ATTRS); // having seen it is not answering for it
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(3));
    story_actor(&t, "psych-1", "psychiatrist", "hospital");
    story_tell(&t, EVENT_ALERT_OWNED, 0, alert, ATTRS(attr_time(ATTR_STEP_DUE, AT_HOUR(27))));
    e = story_element(&t, alert);
    assert_int_equal(e->state, STATE_OWNED);
    assert_true(text_is(e->owner, "psych-1") && text_is(e->owner_role, "psychiatrist"));
    assert_int_equal(e->flags, ELEMENT_IS_ITEM | ELEMENT_ACCEPTED);
    assert_int_equal(state_next_timer(t.s, &timer, &what), AT_HOUR(27)); // owned, and to be resolved by then
    assert_int_equal(what, TIMER_STEP);
    story_tell(&t, EVENT_ALERT_RESOLVED, 0, alert, NO_ATTRS);
    assert_true(story_element(&t, alert)->flags & ELEMENT_FINISHED_FLAG);
    assert_int_equal(state_next_timer(t.s, &timer, &what), STEPDOWN_TIME_NONE);
    story_close(&t);
}

static void the_last_step_of_a_ladder_leaves_no_timer(void **state) {
    struct story t;
    struct timer timer;
    enum timer_what what;
    (void)state;
    story_open(&t);
    struct ref alert = story_create(&t, EVENT_ALERT_OPENED, SYMBOL_LADDER, ATTRS(attr_time(ATTR_STEP_DUE, AT_HOUR(1))));
    story_tell(&t, EVENT_ALERT_LADDER_STEP, 0, alert, ATTRS(attr_number(ATTR_STEP, 1)));
    assert_int_equal(story_element(&t, alert)->step_due, STEPDOWN_TIME_NONE);
    assert_int_equal(state_next_timer(t.s, &timer, &what), STEPDOWN_TIME_NONE);
    story_close(&t);
}

static void steps_that_the_lifecycle_does_not_allow_are_refused(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref visit = story_create(&t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, NO_ATTRS);
    struct ref huddle = story_create(&t, EVENT_HUDDLE_OPENED, SYMBOL_HUDDLE, NO_ATTRS);
    story_refuses(&t, EVENT_APPOINTMENT_CONFIRMED, 0, &visit, NO_ATTRS); // not booked yet
    story_refuses(&t, EVENT_APPOINTMENT_ATTENDED, 0, &visit, NO_ATTRS);
    story_refuses(&t, EVENT_TASK_CLOSED, 0, &visit, NO_ATTRS);     // another kind
    story_refuses(&t, EVENT_HUDDLE_DECIDED, 0, &huddle, NO_ATTRS); // not started: a mark obeys the table too
    story_refuses(&t, EVENT_HUDDLE_JOINED, 0, &call, NO_ATTRS);
    story_refuses(&t, EVENT_TASK_CLOSED, 0, &PATHWAY, NO_ATTRS);
    story_refuses(&t, EVENT_TASK_CLOSED, 0, &(struct ref){77, 3}, NO_ATTRS);
    story_tell(&t, EVENT_TASK_CLOSED, 0, call, NO_ATTRS);
    story_refuses(&t, EVENT_TASK_CLOSED, 0, &call, NO_ATTRS);
    story_refuses(&t, EVENT_ITEM_OVERDUE, 0, &call, NO_ATTRS);
    story_refuses(&t, EVENT_ITEM_CANCELLED, 0, &call, NO_ATTRS);
    story_refuses(&t, EVENT_ITEM_ASSIGNED, 0, &huddle, ATTRS(attr_text(SYMBOL_WORDING, "a field"))); // not an item's
    story_refuses(&t, EVENT_ITEM_ASSIGNED, 0, &huddle, ATTRS(attr_number(ATTR_PERSON, 4)));
    story_refuses(&t, EVENT_ITEM_DUE_CHANGED, 0, &huddle, ATTRS(attr_text(ATTR_DUE, "soon")));
    story_refuses(&t, EVENT_TASK_OPENED, SYMBOL_CALL, &call, NO_ATTRS); // not called after its place
    story_refuses(&t, EVENT_TASK_OPENED, SYMBOL_CALL, NULL, ATTRS(attr_ref(ATTR_ABOUT, ((struct ref){50, 0}))));
    story_refuses(&t, EVENT_ACCESS_READ, 0, &PATHWAY, NO_ATTRS);
    story_refuses(&t, 0xff01, 0, &PATHWAY, NO_ATTRS);
    story_close(&t);
}

static void an_update_answered_twice_ended_the_first_time(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref update = story_create(&t, EVENT_UPDATE_OPENED, SYMBOL_UPDATE, NO_ATTRS);
    story_time(&t, 1);
    story_tell(&t, EVENT_UPDATE_SENT, 0, update, NO_ATTRS);
    story_time(&t, 2);
    story_tell(&t, EVENT_UPDATE_ACKNOWLEDGED, 0, update, NO_ATTRS);
    story_time(&t, 3);
    story_tell(&t, EVENT_UPDATE_RESPONDED, 0, update, NO_ATTRS);
    assert_int_equal(story_element(&t, update)->state, STATE_RESPONDED);
    assert_int_equal(story_element(&t, update)->finished_at, AT_HOUR(2));
    assert_int_equal(t.s->open_count, 0);
    story_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opened_item_has_what_its_event_says),
        cmocka_unit_test(an_appointment_opened_with_a_time_is_booked),
        cmocka_unit_test(an_item_added_by_hand_keeps_its_name),
        cmocka_unit_test(ending_late_is_flagged_and_reopening_takes_it_back),
        cmocka_unit_test(owners_come_and_go),
        cmocka_unit_test(an_alert_climbs_its_ladder_until_it_is_resolved),
        cmocka_unit_test(the_last_step_of_a_ladder_leaves_no_timer),
        cmocka_unit_test(steps_that_the_lifecycle_does_not_allow_are_refused),
        cmocka_unit_test(an_update_answered_twice_ended_the_first_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
