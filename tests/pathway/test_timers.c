// SPDX-License-Identifier: Apache-2.0
// What falls due next: order, and entries that no longer stand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pathway/story.h"

static void next_is(struct story *t, stepdown_time at, enum timer_what expected, struct ref element) {
    struct timer timer;
    enum timer_what what;
    assert_int_equal(state_next_timer(t->s, &timer, &what), at);
    assert_int_equal(what, expected);
    if (expected != TIMER_NONE && expected != TIMER_SCHEDULE)
        assert_int_equal(timer.element, state_find(t->s, element));
}

static struct ref call_due(struct story *t, int64_t hours) {
    return story_create(t, EVENT_TASK_OPENED, SYMBOL_CALL, ATTRS(attr_time(ATTR_DUE, AT_HOUR(hours))));
}

static void the_earliest_moment_comes_first_and_ties_go_to_the_older_item(void **state) {
    static const int64_t due[] = {9, 4, 7, 4, 12, 1, 7, 3};
    static const size_t order[] = {5, 7, 1, 3, 2, 6, 0, 4};
    struct ref calls[8];
    struct story t;
    (void)state;
    story_open(&t);
    for (size_t i = 0; i < 8; i++)
        calls[i] = call_due(&t, due[i]);
    for (size_t i = 0; i < 8; i++) {
        next_is(&t, AT_HOUR(due[order[i]]), TIMER_DUE, calls[order[i]]);
        story_tell(&t, EVENT_ITEM_OVERDUE, 0, calls[order[i]], NO_ATTRS);
    }
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY);
    story_close(&t);
}

static void an_item_that_ended_no_longer_falls_due(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref first = call_due(&t, 2), second = call_due(&t, 3);
    story_tell(&t, EVENT_TASK_CLOSED, 0, first, NO_ATTRS);
    next_is(&t, AT_HOUR(3), TIMER_DUE, second);
    story_tell(&t, EVENT_ITEM_CANCELLED, 0, second, NO_ATTRS);
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY);
    story_tell(&t, EVENT_ITEM_REOPENED, 0, second, NO_ATTRS);
    next_is(&t, AT_HOUR(3), TIMER_DUE, second);
    story_close(&t);
}

static void a_moved_due_time_can_be_missed_again(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = call_due(&t, 2);
    story_tell(&t, EVENT_ITEM_OVERDUE, 0, call, NO_ATTRS);
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY);
    story_tell(&t, EVENT_ITEM_DUE_CHANGED, 0, call, ATTRS(attr_time(ATTR_DUE, AT_HOUR(8))));
    assert_false(story_element(&t, call)->flags & ELEMENT_OVERDUE_FLAG);
    next_is(&t, AT_HOUR(8), TIMER_DUE, call);
    story_tell(&t, EVENT_ITEM_DUE_CHANGED, 0, call, ATTRS(attr_time(ATTR_DUE, AT_HOUR(5))));
    next_is(&t, AT_HOUR(5), TIMER_DUE, call);
    story_tell(&t, EVENT_ITEM_OVERDUE, 0, call, NO_ATTRS);
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY); // hour 8 went stale
    story_close(&t);
}

static void a_lead_warning_comes_before_the_due_time_even_when_they_coincide(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL,
                                   ATTRS(attr_time(ATTR_DUE, AT_HOUR(2)), attr_time(ATTR_AT, AT_HOUR(2))));
    next_is(&t, AT_HOUR(2), TIMER_LEAD, call);
    story_tell(&t, EVENT_ITEM_LEAD, 0, call, NO_ATTRS);
    next_is(&t, AT_HOUR(2), TIMER_DUE, call);
    story_close(&t);
}

static void a_lead_warning_moves_with_the_due_time(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL,
                                   ATTRS(attr_time(ATTR_DUE, AT_HOUR(6)), attr_time(ATTR_AT, AT_HOUR(4))));
    story_tell(&t, EVENT_ITEM_LEAD, 0, call, NO_ATTRS);
    story_tell(&t, EVENT_ITEM_DUE_CHANGED, 0, call, ATTRS(attr_time(ATTR_DUE, AT_HOUR(20))));
    next_is(&t, AT_HOUR(18), TIMER_LEAD, call); // given again, as long before as it was
    story_tell(&t, EVENT_ITEM_DUE_CHANGED, 0, call,
               ATTRS(attr_time(ATTR_DUE, AT_HOUR(30)), attr_time(ATTR_AT, AT_HOUR(29))));
    next_is(&t, AT_HOUR(29), TIMER_LEAD, call);
    story_close(&t);
}

static void a_suspended_item_waits_until_the_moment_it_was_put_aside_for(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = call_due(&t, 2);
    story_tell(&t, EVENT_ITEM_SUSPENDED, 0, call, ATTRS(attr_time(ATTR_DUE, AT_HOUR(9))));
    next_is(&t, AT_HOUR(9), TIMER_DUE, call);
    story_tell(&t, EVENT_ITEM_RESUMED, 0, call, NO_ATTRS);
    next_is(&t, AT_HOUR(9), TIMER_DUE, call);
    story_close(&t);
}

static void schedule(struct story *t, struct ref target, int64_t hours) {
    story_tell(t, EVENT_RULE_SCHEDULED, SYMBOL_NO_SHOW, target, ATTRS(attr_time(ATTR_AT, AT_HOUR(hours))));
}

static void a_schedule_stands_until_it_fires_moves_or_is_called_off(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref call = story_create(&t, EVENT_TASK_OPENED, SYMBOL_CALL, NO_ATTRS);
    schedule(&t, call, 5);
    schedule(&t, PATHWAY, 6);
    next_is(&t, AT_HOUR(5), TIMER_SCHEDULE, PATHWAY);
    story_time(&t, 4);
    story_tell(&t, EVENT_RULE_FIRED, SYMBOL_NO_SHOW, call, NO_ATTRS); // fired for another reason, before its time
    next_is(&t, AT_HOUR(5), TIMER_SCHEDULE, PATHWAY);
    story_time(&t, 5);
    story_tell(&t, EVENT_RULE_FIRED, SYMBOL_NO_SHOW, call, NO_ATTRS);
    next_is(&t, AT_HOUR(6), TIMER_SCHEDULE, PATHWAY);
    schedule(&t, PATHWAY, 9); // takes the place of hour 6
    next_is(&t, AT_HOUR(9), TIMER_SCHEDULE, PATHWAY);
    story_tell(&t, EVENT_RULE_SCHEDULED, SYMBOL_NO_SHOW, PATHWAY, NO_ATTRS);
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY);
    schedule(&t, PATHWAY, 9);
    story_time(&t, 9);
    story_tell(&t, EVENT_RULE_LAPSED, SYMBOL_NO_SHOW, PATHWAY, NO_ATTRS);
    next_is(&t, STEPDOWN_TIME_NONE, TIMER_NONE, PATHWAY);
    assert_int_equal(t.s->rule_lapsed[test_definitions_index(t.defs, SYMBOL_NO_SHOW)], AT_HOUR(9));
    assert_int_equal(t.s->firing_count, 2);
    assert_int_equal(t.s->firings[1].previous_same, 0);
    assert_int_equal(t.s->newest_firing[test_definitions_index(t.defs, SYMBOL_NO_SHOW)], 1);
    story_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_moment_comes_first_and_ties_go_to_the_older_item),
        cmocka_unit_test(an_item_that_ended_no_longer_falls_due),
        cmocka_unit_test(a_moved_due_time_can_be_missed_again),
        cmocka_unit_test(a_lead_warning_comes_before_the_due_time_even_when_they_coincide),
        cmocka_unit_test(a_lead_warning_moves_with_the_due_time),
        cmocka_unit_test(a_suspended_item_waits_until_the_moment_it_was_put_aside_for),
        cmocka_unit_test(a_schedule_stands_until_it_fires_moves_or_is_called_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
