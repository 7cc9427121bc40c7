// SPDX-License-Identifier: Apache-2.0
// Work and who owns it: decisions, work added by hand, assigning, accepting, declining, suspending, due times that
// move, lateness; nothing is ever without an owner or left behind.
#include "story.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// ---- decisions -------------------------------------------------------------------------------------------------------------

static void a_decision_needs_words_and_a_reason(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "decide", "huddle", "decision", "second-visit", END);
    assert_string_equal(story_detail(&s, "field"), "reason");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "decide", "huddle", "reason", "because", END);
    assert_string_equal(story_detail(&s, "field"), "decision");
}

static void X_14_a_decision_nobody_foresaw_needs_owner_and_due(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "decide", "huddle", "decision", "ask the landlord", "reason", "bell",
                  END);
    assert_string_equal(story_detail(&s, "field"), "owner");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "decide", "huddle", "decision", "ask the landlord", "reason", "bell",
                  "owner", "Sam Ortiz", END);
    assert_string_equal(story_detail(&s, "field"), "due");
    story_do(&s, MARIA, "decide", "huddle", "decision", "ask the landlord", "reason", "bell", "owner", "Sam Ortiz",
             "due", "1 day", END);
    assert_string_equal(story_item(&s, "action", "owner"), "Sam Ortiz");
    assert_int_equal(story_item_number(&s, "action", "due"), story_time("03-04 16:15"));
    assert_string_equal(story_item(&s, "action", "about"), "huddle");
}

static void what_is_decided_twice_is_open_once(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_do(&s, MARIA, "decide", "huddle", "decision", "second-visit", "reason", "said again", END);
    assert_int_equal(story_count(&s, "second_visit", false), 1);
    assert_int_equal(story_count(&s, "refusal_route", false), 1);
}

static void a_decision_can_cite_only_what_there_is(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "decide", "huddle", "decision", "second-visit", "reason", "because",
                  "evidence", "77.0", END);
    assert_int_equal(story_count(&s, "second_visit", false), 0);
}

static void a_huddle_does_not_close_without_a_decision_or_the_word_that_none_is_needed(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "huddle", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "no-decision", "huddle", END);
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "the person has called", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "huddle", END);
    assert_true(story_detail_has(&s, "needs", "huddle headings is not filled in"));
    assert_true(story_detail_has(&s, "needs", "huddle outcome is not filled in"));
    chapter_headings(&s);
    story_do(&s, MARIA, "close", "huddle", END);
}

static void a_huddle_that_was_not_started_takes_no_decisions(void **state) {
    (void)state;
    story_end(&s);
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "decide", "huddle", "decision", "second-visit", "reason", "x", END);
}

// ---- adding by hand --------------------------------------------------------------------------------------------------------

static void an_item_that_is_opened_on_demand_gets_owner_due_and_start(void **state) {
    (void)state;
    story_do(&s, SAM, "add", "visit", "start", "2026-03-05 11:00", END);
    assert_string_equal(story_item(&s, "visit", "owner"), "Sam Ortiz");
    assert_string_equal(story_item(&s, "visit", "state"), "booked");
    assert_int_equal(story_item_number(&s, "visit", "due"), story_time("03-06 00:00"));
}

static void an_item_of_the_protocol_is_not_opened_by_hand(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_DENIED, "add", "second_visit", "start", "2026-03-05 11:00", END);
}

static void work_that_no_protocol_foresaw_has_a_name_a_role_and_a_due_time(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "task", "name", "call the landlord", "due", "2 hours", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "task", "name", "call the landlord", "owner_role", "supervisor",
                  END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "task", "owner_role", "supervisor", "due", "2 hours", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "task", "name", "x", "owner_role", "gardener", "due", "2 hours",
                  END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "alert", "name", "x", "owner_role", "supervisor", "due",
                  "2 hours", END);
    story_do(&s, MARIA, "add", "task", "name", "call the landlord", "owner_role", "supervisor", "due", "2 hours", END);
    assert_string_equal(story_item(&s, "call the landlord", "owner"), "Maria Chen");
    assert_string_equal(story_item(&s, "call the landlord", "owner_role"), "supervisor");
    assert_int_equal(story_item_number(&s, "call the landlord", "due"), story_time("03-03 18:15"));
    story_do(&s, MARIA, "close", "call the landlord", "text", "done", END);
}

static void work_added_by_hand_escalates_by_the_ladder_of_the_protocol(void **state) {
    (void)state;
    story_do(&s, SAM, "add", "task", "name", "call the landlord", "owner_role", "frontline-worker", "due", "2 hours",
             END);
    story_at(&s, "03-03 18:15");
    assert_int_equal(story_alerts(&s, "overdue-at-provider"), 1);
    assert_string_equal(story_item(&s, "overdue-at-provider", "owner"), "Maria Chen");
}

static void nobody_who_is_only_informed_owns_work(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "task", "name", "stay at home", "owner_role", "person-or-family",
                  "due", "2 hours", END);
    story_do(&s, MARIA, "add", "task", "name", "call", "owner_role", "supervisor", "due", "2 hours", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "assign", "call", "owner", "the person", "role", "person-or-family",
                  END);
}

// ---- owners ----------------------------------------------------------------------------------------------------------------

static void whoever_is_on_call_comes_before_those_who_are_not(void **state) {
    (void)state;
    assert_int_equal(stepdown_engine_assign_role(s.engine, "case-manager", "brightpath", "Zoe On Call",
                                                 story_time("03-03 16:00"), story_time("03-03 18:00"), 1, NULL),
                     STEPDOWN_OK);
    chapter_decisions(&s);
    assert_string_equal(story_item(&s, "preferred_contact", "owner"), "Zoe On Call");
}

static void an_assignment_that_is_over_or_of_another_organization_does_not_count(void **state) {
    (void)state;
    assert_int_equal(stepdown_engine_assign_role(s.engine, "case-manager", "brightpath", "Zoe Early",
                                                 story_time("03-01 16:00"), story_time("03-03 16:20"), 1, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_engine_assign_role(s.engine, "supervisor", "riverside", "Zoe Elsewhere",
                                                 story_time("03-01 16:00"), STEPDOWN_TIME_NONE, 1, NULL),
                     STEPDOWN_OK);
    chapter_decisions(&s);
    assert_string_equal(story_item(&s, "preferred_contact", "owner"), "Denise Walker");
    assert_string_equal(story_item(&s, "supervisor_review", "owner"), "Maria Chen");
}

static void assigning_offers_accepting_takes_and_declining_gives_back(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_do(&s, MARIA, "assign", "supervisor_review", "owner", "Omar Haddad", END);
    assert_string_equal(story_item(&s, "supervisor_review", "owner"), "Omar Haddad");
    assert_int_equal(story_item_number(&s, "supervisor_review", "accepted"), 0);
    story_do(&s, OMAR, "accept", "supervisor_review", END);
    assert_int_equal(story_item_number(&s, "supervisor_review", "accepted"), 1);
    story_do(&s, OMAR, "decline", "supervisor_review", "reason", "away", END);
    assert_string_equal(story_item(&s, "supervisor_review", "owner"), "");
    assert_true(story_item(&s, "supervisor_review", "owner_role")[0] != '\0');
    story_refused(&s, MARIA, STEPDOWN_INVALID, "assign", "supervisor_review", END);
    assert_string_equal(story_detail(&s, "field"), "owner");
    story_do(&s, MARIA, "accept", "supervisor_review", END);
}

static void work_that_was_declined_still_escalates(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_do(&s, DENISE, "decline", "preferred_contact", "reason", "on leave", END);
    story_at(&s, "03-04 15:00");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 1);
    assert_string_equal(story_item(&s, "preferred_contact", "state"), "open");
}

static void suspended_work_waits_until_the_moment_it_was_put_aside_for(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_refused(&s, DENISE, STEPDOWN_INVALID, "suspend", "preferred_contact", "reason", "the telephone is off", END);
    assert_string_equal(story_detail(&s, "field"), "due");
    story_do(&s, DENISE, "suspend", "preferred_contact", "reason", "the telephone is off", "due", "2026-03-04 18:00",
             END);
    assert_int_equal(story_item_number(&s, "preferred_contact", "suspended"), 1);
    story_at(&s, "03-04 16:00");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 0);
    story_at(&s, "03-04 18:00"); // put aside is not put away
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 1);
    story_do(&s, DENISE, "resume", "preferred_contact", "reason", "back again", END);
    assert_int_equal(story_item_number(&s, "preferred_contact", "suspended"), 0);
}

static void cancelled_work_neither_escalates_nor_comes_back_without_a_reason(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_do(&s, DENISE, "cancel", "preferred_contact", "kind", "not-needed", "reason", "the person called", END);
    story_at(&s, "03-04 16:00");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 0);
    story_refused(&s, DENISE, STEPDOWN_INVALID, "reopen", "preferred_contact", END);
    story_do(&s, DENISE, "reopen", "preferred_contact", "reason", "it was somebody else who called", END);
    assert_string_equal(story_item(&s, "preferred_contact", "state"), "open");
    story_at(&s, "03-04 16:01");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 1);
}

// ---- due times -------------------------------------------------------------------------------------------------------------

static void a_due_time_follows_the_field_it_is_reckoned_from(void **state) {
    (void)state;
    story_end(&s);
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    assert_int_equal(story_item_number(&s, "first_visit", "due"), story_time("03-04 00:00"));
    story_do(&s, SAM, "reschedule", "first_visit", "start", "2026-03-05 14:00", "reason", "the person asked", END);
    assert_int_equal(story_item_number(&s, "first_visit", "due"), story_time("03-06 00:00"));
}

static void a_due_time_set_by_hand_stands(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_refused(&s, DENISE, STEPDOWN_INVALID, "set-due", "preferred_contact", "due", "2026-03-04 12:00", END);
    story_refused(&s, DENISE, STEPDOWN_INVALID, "set-due", "preferred_contact", "reason", "earlier", END);
    story_do(&s, DENISE, "set-due", "preferred_contact", "due", "2026-03-04 12:00", "reason", "earlier", END);
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, LENA, "reschedule", "second_visit", "start", "2026-03-04 17:30", "reason", "traffic", END);
    assert_int_equal(story_item_number(&s, "preferred_contact", "due"), story_time("03-04 12:00"));
}

static void overdue_work_is_still_done_and_flagged_late(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_at(&s, "03-04 15:30");
    assert_int_equal(story_item_number(&s, "preferred_contact", "overdue"), 1);
    story_do(&s, DENISE, "close", "preferred_contact", END);
    assert_string_equal(story_item(&s, "preferred_contact", "state"), "closed");
    assert_int_equal(story_item_number(&s, "preferred_contact", "late"), 1);
}

static void a_new_due_time_can_be_missed_again(void **state) {
    (void)state;
    chapter_decisions(&s);
    story_at(&s, "03-04 15:00");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 1);
    story_refused(&s, DENISE, STEPDOWN_HELD, "resolve", "overdue-at-case-management", "reason", "she is at it", END);
    story_do(&s, DENISE, "set-due", "preferred_contact", "due", "2026-03-04 17:00", "reason", "two more hours", END);
    story_do(&s, DENISE, "resolve", "overdue-at-case-management", "reason", "she is at it", END);
    assert_int_equal(story_item_number(&s, "preferred_contact", "overdue"), 0);
    story_at(&s, "03-04 17:00");
    assert_int_equal(story_alerts(&s, "overdue-at-case-management"), 1);
}

static void an_alert_that_was_raised_is_not_raised_again(void **state) {
    (void)state;
    chapter_decisions(&s);
    for (int day = 4; day < 10; day++) {
        char when[16];
        snprintf(when, sizeof when, "03-%02d 18:00", day);
        story_at(&s, when);
    }
    assert_int_equal(story_count(&s, "overdue-at-case-management", false), 1);
}

static void what_can_no_longer_be_missed_is_not_on_the_list_of_what_is_due(void **state) {
    stepdown_time due = 0;
    (void)state;
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "nothing to decide", END);
    chapter_headings(&s);
    story_do(&s, MARIA, "close", "huddle", END);
    assert_int_equal(stepdown_engine_next_due(s.engine, &due, NULL), STEPDOWN_OK);
    assert_true(due == STEPDOWN_TIME_NONE);
}

static void the_next_due_time_of_the_store_is_the_earliest_of_all_pathways(void **state) {
    stepdown_time due = 0;
    (void)state;
    assert_int_equal(stepdown_engine_next_due(s.engine, &due, NULL), STEPDOWN_OK);
    assert_int_equal(due, story_time("03-04 00:00"));
    story_do(&s, MARIA, "add", "task", "name", "soon", "owner_role", "supervisor", "due", "10 minutes", END);
    assert_int_equal(stepdown_engine_next_due(s.engine, &due, NULL), STEPDOWN_OK);
    assert_int_equal(due, story_time("03-03 16:25"));
}

// ---- folded anew -----------------------------------------------------------------------------------------------------------

static void a_pathway_folded_anew_is_the_same(void **state) {
    stepdown_bytes *before = NULL, *after = NULL;
    stepdown_result *view = NULL;
    (void)state;
    chapter_decisions(&s);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 90; i++) { // enough for a snapshot
            story_do(&s, MARIA, "submit", "huddle_record", "next_contact_method", i % 2 ? "visit" : "letter", END);
        }
        assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &view, NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_result_json(view, &before, NULL), STEPDOWN_OK);
        stepdown_result_free(&view);
        assert_int_equal(stepdown_engine_rebuild(s.engine, round, NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &view, NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_result_json(view, &after, NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_bytes_size(before), stepdown_bytes_size(after));
        assert_memory_equal(stepdown_bytes_data(before), stepdown_bytes_data(after), stepdown_bytes_size(before));
        stepdown_result_free(&view);
        stepdown_bytes_free(&before);
        stepdown_bytes_free(&after);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_decision_needs_words_and_a_reason),
        T(X_14_a_decision_nobody_foresaw_needs_owner_and_due),
        T(what_is_decided_twice_is_open_once),
        T(a_decision_can_cite_only_what_there_is),
        T(a_huddle_does_not_close_without_a_decision_or_the_word_that_none_is_needed),
        T(a_huddle_that_was_not_started_takes_no_decisions),
        T(an_item_that_is_opened_on_demand_gets_owner_due_and_start),
        T(an_item_of_the_protocol_is_not_opened_by_hand),
        T(work_that_no_protocol_foresaw_has_a_name_a_role_and_a_due_time),
        T(work_added_by_hand_escalates_by_the_ladder_of_the_protocol),
        T(nobody_who_is_only_informed_owns_work),
        T(whoever_is_on_call_comes_before_those_who_are_not),
        T(an_assignment_that_is_over_or_of_another_organization_does_not_count),
        T(assigning_offers_accepting_takes_and_declining_gives_back),
        T(work_that_was_declined_still_escalates),
        T(suspended_work_waits_until_the_moment_it_was_put_aside_for),
        T(cancelled_work_neither_escalates_nor_comes_back_without_a_reason),
        T(a_due_time_follows_the_field_it_is_reckoned_from),
        T(a_due_time_set_by_hand_stands),
        T(overdue_work_is_still_done_and_flagged_late),
        T(a_new_due_time_can_be_missed_again),
        T(an_alert_that_was_raised_is_not_raised_again),
        T(what_can_no_longer_be_missed_is_not_on_the_list_of_what_is_due),
        T(the_next_due_time_of_the_store_is_the_earliest_of_all_pathways),
        T(a_pathway_folded_anew_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
