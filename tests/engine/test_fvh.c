// SPDX-License-Identifier: Apache-2.0
// failed-first-visit-huddle, row by row (requirements A1): triggers, steps, escalations, pattern, note, confirmations.
#include "story.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void visit(const char *verb, const char *response) {
    story_at(&s, "03-03 14:20");
    story_do(&s, SAM, verb, "first_visit", "visit_time", "2026-03-03 14:00", "access_attempt", "knocked", "attempts",
             "1", "person_response", response, "staff_safety_concern", "no", END);
}

// ---- FVH-T ---------------------------------------------------------------------------------------------------------------

static void FVH_T1_a_refused_first_visit_opens_the_huddle_for_the_same_day(void **state) {
    (void)state;
    chapter_refusal(&s);
    assert_true(story_event(&s, "huddle.opened", "huddle"));
    assert_string_equal(story_item(&s, "huddle", "owner"), "Maria Chen");
    assert_string_equal(story_item(&s, "huddle", "owner_role"), "supervisor");
    assert_string_equal(story_item(&s, "huddle", "about"), "first_visit");
    assert_int_equal(story_item_number(&s, "huddle", "due"), story_time("03-04 00:00"));
}

static void FVH_T1_no_access_opens_the_huddle_too(void **state) {
    (void)state;
    visit("no-access", "no-answer");
    assert_int_equal(story_count(&s, "huddle", true), 1);
}

static void FVH_T1_a_visit_that_took_place_opens_no_huddle(void **state) {
    (void)state;
    visit("attend", "let-in");
    assert_int_equal(story_count(&s, "huddle", false), 0);
}

static void FVH_T1_a_missed_visit_opens_no_huddle(void **state) {
    (void)state;
    visit("miss", "no-answer");
    assert_int_equal(story_count(&s, "huddle", false), 0);
}

static void FVH_T1_a_cancelled_visit_opens_no_huddle(void **state) {
    (void)state;
    story_do(&s, SAM, "cancel", "first_visit", "kind", "not-needed", "reason", "moved to a clinic", END);
    assert_int_equal(story_count(&s, "huddle", false), 0);
}

static void FVH_T1_a_refused_second_visit_opens_no_second_huddle(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_advice(&s);
    chapter_script(&s);
    chapter_route(&s);
    chapter_close(&s);
    chapter_accept(&s);
    chapter_contact(&s);
    chapter_second(&s, "refuse");
    assert_int_equal(story_count(&s, "huddle", false), 1);
}

static void FVH_T2_missed_contact_on_the_plan_marks_the_failure_as_a_known_relapse_indicator(void **state) {
    (void)state;
    chapter_refusal(&s);
    assert_true(story_event(&s, "rule.fired", "FVH-T2"));
    assert_true(story_event(&s, "rule.set", "FVH-T2"));
    assert_int_equal(story_count(&s, "huddle", false), 1);
}

static void FVH_T2_without_missed_contact_on_the_plan_nothing_is_marked(void **state) {
    (void)state;
    story_do(&s, DENISE, "submit", "discharge_plan", "warning_signs", "poor-sleep", END);
    chapter_refusal(&s);
    assert_true(story_event(&s, "rule.fired", "FVH-T1"));
    assert_false(story_event(&s, "rule.set", NULL));
}

// ---- FVH-S ---------------------------------------------------------------------------------------------------------------

static void FVH_S1_what_was_recorded_at_the_door_stands_in_the_visit_record(void **state) {
    (void)state;
    chapter_refusal(&s);
    assert_true(story_event(&s, "form.submitted", "visit_record"));
    assert_true(story_event(&s, "appointment.refused", "first_visit"));
    assert_int_equal(story_item_number(&s, "huddle", "opened_at"), story_time("03-03 14:05"));
}

static void FVH_S2_facts_and_interpretation_are_kept_apart(void **state) {
    stepdown_result *entries = NULL;
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    assert_int_equal(stepdown_pathway_entries(s.sessions[MARIA], s.pathway, &entries, NULL), STEPDOWN_OK);
    size_t seen = 0;
    for (size_t i = 0; i < stepdown_result_count(entries); i++) {
        const stepdown_result *fields = stepdown_result_rows(entries, i, stepdown_result_column(entries, "fields"));
        for (size_t k = 0; k < stepdown_result_count(fields); k++) {
            const char *name = stepdown_result_text(fields, k, stepdown_result_column(fields, "name"));
            const char *kind = stepdown_result_text(fields, k, stepdown_result_column(fields, "statement"));
            if (strcmp(name, "what_happened") == 0) {
                assert_string_equal(kind, "fact");
                seen++;
            } else if (strcmp(name, "what_it_may_mean") == 0) {
                assert_string_equal(kind, "interpretation");
                seen++;
            }
        }
    }
    stepdown_result_free(&entries);
    assert_int_equal(seen, 2);
}

static void FVH_S3_only_the_case_manager_confirms_the_relapse_indicator(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "submit", "relapse_indicator", "withdrawal_is_indicator", "yes", END);
    assert_string_equal(story_detail(&s, "field"), "withdrawal_is_indicator");
    story_do(&s, DENISE, "submit", "relapse_indicator", "withdrawal_is_indicator", "yes", "indicator_source", "plan",
             END);
}

static void FVH_S4_only_the_clinical_contact_records_advice(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "submit", "clinical_advice", "advice", "press on", "further_contact",
                  "as-usual", END);
    chapter_advice(&s);
}

static void FVH_S5_the_decision_opens_the_second_visit_for_the_person_named(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    assert_string_equal(story_item(&s, "second_visit", "owner"), "Lena Brandt");
    assert_string_equal(story_item(&s, "second_visit", "owner_role"), "known-staff");
    assert_int_equal(story_item_number(&s, "second_visit", "accepted"), 0);
    assert_string_equal(story_item(&s, "second_visit", "about"), "huddle");
    assert_int_equal(story_item_number(&s, "second_visit", "start"), story_time("03-04 15:00"));
    assert_int_equal(story_item_number(&s, "second_visit", "due"), story_time("03-05 00:00"));
    assert_int_equal(story_count(&s, "refusal_route", true), 1);
}

static void FVH_S6_the_contact_belongs_to_the_case_manager_and_is_due_before_the_second_visit(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    assert_string_equal(story_item(&s, "preferred_contact", "owner"), "Denise Walker");
    assert_int_equal(story_item_number(&s, "preferred_contact", "due"), story_time("03-04 15:00"));
}

static void FVH_S6_the_due_time_moves_with_the_second_visit(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, LENA, "reschedule", "second_visit", "start", "2026-03-04 17:30", "reason", "traffic", END);
    assert_int_equal(story_item_number(&s, "preferred_contact", "due"), story_time("03-04 17:30"));
    assert_int_equal(story_item_number(&s, "refusal_route", "due"), story_time("03-04 17:30"));
}

static void FVH_S7_the_review_is_due_one_day_after_the_second_visit_however_that_went(void **state) {
    static const char *const outcomes[] = {"attend", "refuse", "no-access"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        story_end(&s);
        story_begin(&s);
        chapter_all(&s);
        chapter_second(&s, outcomes[i]);
        assert_int_equal(story_count(&s, "supervisor_review", true), 1);
        assert_string_equal(story_item(&s, "supervisor_review", "owner"), "Maria Chen");
        assert_int_equal(story_item_number(&s, "supervisor_review", "due"), story_time("03-05 15:20"));
    }
}

static void FVH_S7_the_review_opens_even_when_nobody_decided_it(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    story_do(&s, MARIA, "decide", "huddle", "decision", "second-visit", "reason", "a familiar voice", END);
    assert_int_equal(story_count(&s, "supervisor_review", false), 0);
    chapter_advice(&s);
    chapter_script(&s);
    chapter_route(&s);
    chapter_close(&s);
    chapter_accept(&s);
    chapter_contact(&s);
    chapter_second(&s, "attend");
    assert_int_equal(story_count(&s, "supervisor_review", true), 1);
}

// ---- FVH-E ---------------------------------------------------------------------------------------------------------------

static void rest(void) {
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_advice(&s);
    chapter_script(&s);
    chapter_route(&s);
    chapter_close(&s);
    chapter_accept(&s);
    chapter_contact(&s);
    story_do(&s, DENISE, "close", "preferred_contact", END);
}

static void FVH_E1_the_route_runs_with_the_owner_and_the_time_that_the_huddle_wrote(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "refuse");
    assert_true(story_event(&s, "route.run", "refusal_route"));
    assert_string_equal(story_item(&s, "refusal_route", "state"), "running");
    assert_string_equal(story_item(&s, "FVH-E1", "owner"), "Dr. Anita Rao");
    assert_string_equal(story_item(&s, "FVH-E1", "owner_role"), "clinical-contact");
    assert_int_equal(story_item_number(&s, "FVH-E1", "due"), story_time("03-04 17:20"));
    assert_int_equal(story_alerts(&s, "FVH-E1"), 1);
}

static void FVH_E1_no_access_runs_the_route_too(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "no-access");
    assert_int_equal(story_alerts(&s, "FVH-E1"), 1);
}

static void FVH_E1_a_second_visit_that_took_place_runs_nothing(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "attend");
    assert_int_equal(story_count(&s, "FVH-E1", false), 0);
    assert_string_equal(story_item(&s, "refusal_route", "state"), "agreed");
}

static void FVH_E1_a_route_without_an_answer_in_time_reaches_the_store_s_fallback(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "refuse");
    story_at(&s, "03-04 17:19");
    assert_string_equal(story_item(&s, "FVH-E1", "owner"), "Dr. Anita Rao");
    story_at(&s, "03-04 17:20");
    assert_string_equal(story_item(&s, "FVH-E1", "owner"), "Grace Liu");
    assert_int_equal(story_alerts(&s, NULL), 1);
}

static void FVH_E2_a_huddle_not_held_by_the_end_of_the_local_day_alerts_the_operations_manager(void **state) {
    (void)state;
    chapter_refusal(&s);
    s.now = story_time("03-04 00:00") - 1;
    story_at(&s, "03-03 23:59");
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_at(&s, "03-04 00:00");
    assert_int_equal(story_alerts(&s, "FVH-E2"), 1);
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Omar Haddad");
    assert_string_equal(story_item(&s, "FVH-E2", "about"), "huddle");
    assert_int_equal(story_item_number(&s, "huddle", "overdue"), 1);
    assert_string_equal(story_item(&s, "huddle", "state"), "open");
}

static void FVH_E2_the_ladder_climbs_step_by_step_and_ends_at_the_fallback(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
    story_at(&s, "03-04 01:59");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Omar Haddad");
    story_at(&s, "03-04 02:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Ruth Adler");
    story_at(&s, "03-04 06:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Grace Liu");
    story_at(&s, "03-06 00:00");
    assert_int_equal(story_count(&s, "FVH-E2", false), 1);
    assert_int_equal(story_alerts(&s, NULL), 1);
}

static void FVH_E2_the_next_step_counts_from_when_the_last_one_was_really_raised(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-07 08:00"); // three days without anybody calling advance
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Omar Haddad");
    story_at(&s, "03-07 09:59");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Omar Haddad");
    story_at(&s, "03-07 10:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Ruth Adler");
}

static void FVH_E2_acknowledging_does_not_stop_the_ladder_and_owning_gives_one_day(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
    story_do(&s, OMAR, "acknowledge", "FVH-E2", END);
    assert_string_equal(story_item(&s, "FVH-E2", "state"), "acknowledged");
    story_at(&s, "03-04 02:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Ruth Adler");
    story_do(&s, RUTH, "own", "FVH-E2", END);
    story_at(&s, "03-05 01:59");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Ruth Adler");
    assert_string_equal(story_item(&s, "FVH-E2", "state"), "owned");
    assert_int_equal(story_item_number(&s, "FVH-E2", "accepted"), 1);
    story_at(&s, "03-05 02:00"); // owned and left: the ladder goes on, here to the fallback
    assert_int_equal(story_item_number(&s, "FVH-E2", "accepted"), 0);
    assert_int_equal(story_alerts(&s, NULL), 1);
}

static void FVH_E2_resolving_needs_a_reason(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
    story_refused(&s, OMAR, STEPDOWN_INVALID, "resolve", "FVH-E2", END);
    assert_string_equal(story_detail(&s, "field"), "reason");
    story_refused(&s, OMAR, STEPDOWN_HELD, "resolve", "FVH-E2", "reason", "somebody will see to it", END);
    story_refused(&s, OMAR, STEPDOWN_WRONG_STATE, "cancel", "FVH-E2", "reason", "not needed", END);
    story_do(&s, MARIA, "cancel", "huddle", "kind", "not-needed", "reason", "the person is in hospital again", END);
    story_do(&s, OMAR, "resolve", "FVH-E2", "reason", "the person is in hospital again", END);
    assert_int_equal(story_alerts(&s, NULL), 0);
}

static void FVH_E2_a_huddle_held_in_time_alerts_nobody(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "the person has called back", END);
    chapter_headings(&s);
    story_do(&s, MARIA, "close", "huddle", END);
    story_at(&s, "03-04 12:00");
    assert_int_equal(story_count(&s, "FVH-E2", false), 0);
}

static void FVH_E2_a_late_huddle_is_still_held_and_flagged_late(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
    story_at(&s, "03-04 09:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_do(&s, MARIA, "join", "huddle", END);
    story_do(&s, SAM, "join", "huddle", END);
    story_do(&s, DENISE, "join", "huddle", END);
    story_do(&s, MARIA, "absent", "huddle", "role", "clinical-contact", "reason", "nobody could be reached", END);
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "nothing to decide any more", END);
    chapter_headings(&s);
    story_do(&s, MARIA, "close", "huddle", END);
    assert_string_equal(story_item(&s, "huddle", "state"), "closed");
    assert_int_equal(story_item_number(&s, "huddle", "late"), 1);
}

static void late_refusal(const char *clock, const char *date) {
    char when[32];
    snprintf(when, sizeof when, "%s %s", date, clock);
    story_at(&s, when);
    story_do(&s, SAM, "refuse", "first_visit", "visit_time", "2026-03-03 14:00", END);
}

static void PAR_01_a_trigger_after_eight_in_the_evening_has_until_ten_the_next_morning(void **state) {
    (void)state;
    late_refusal("20:01", "03-03");
    assert_int_equal(story_item_number(&s, "huddle", "due"), story_time("03-04 10:00"));
}

static void PAR_01_a_trigger_at_eight_sharp_has_the_day(void **state) {
    (void)state;
    late_refusal("20:00", "03-03");
    assert_int_equal(story_item_number(&s, "huddle", "due"), story_time("03-04 00:00"));
}

static void FVH_E2_on_the_day_that_loses_an_hour_the_day_still_ends_at_local_midnight(void **state) {
    (void)state;
    story_at(&s, "03-08 13:00 -04:00");
    story_do(&s, SAM, "refuse", "first_visit", "visit_time", "2026-03-08 12:00", END);
    assert_int_equal(story_item_number(&s, "huddle", "due"), story_time("03-09 00:00 -04:00"));
}

static void FVH_E2_an_empty_role_passes_to_the_one_that_answers_for_it(void **state) {
    (void)state;
    story_end(&s);
    story_begin_empty(&s);
    story_hold(&s, SAM);
    story_hold(&s, DENISE);
    story_hold(&s, RUTH);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    assert_string_equal(story_item(&s, "huddle", "owner_role"), "supervisor");
    story_at(&s, "03-04 00:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Ruth Adler");
    assert_string_equal(story_item(&s, "FVH-E2", "owner_role"), "service-leader");
}

static void FVH_E2_when_nobody_holds_any_role_the_fallback_is_told_at_once(void **state) {
    (void)state;
    story_end(&s);
    story_begin_empty(&s);
    story_hold(&s, SAM);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
    assert_string_equal(story_item(&s, "FVH-E2", "owner"), "Grace Liu");
}

// ---- FVH-P, FVH-N ----------------------------------------------------------------------------------------------------------

static void FVH_P1_a_second_refusal_opens_a_review_of_refusals(void **state) {
    (void)state;
    rest();
    assert_int_equal(story_count(&s, "access_review", false), 0);
    chapter_second(&s, "refuse");
    assert_int_equal(story_count(&s, "access_review", true), 1);
    assert_string_equal(story_item(&s, "access_review", "owner"), "Maria Chen");
    assert_true(story_event(&s, "pattern.matched", "FVH-P1"));
}

static void FVH_P1_the_threshold_can_be_raised_in_a_store(void **state) {
    (void)state;
    story_end(&s);
    story_begin(&s);
    story_activate(&s, "refusals", "3");
    chapter_all(&s);
    chapter_second(&s, "refuse");
    assert_int_equal(story_count(&s, "access_review", false), 0);
    assert_int_equal(story_alerts(&s, "FVH-E1"), 1);
}

static void FVH_N1_an_unplanned_attempt_after_restricting_advice_warns(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_advice(&s);
    story_at(&s, "03-03 18:00");
    story_do(&s, SAM, "submit", "contact", "contact_outcome", "no-access", "contact_method", "visit", "contact_planned",
             "unplanned", END);
    assert_int_equal(story_alerts(&s, "FVH-N1"), 1);
    assert_string_equal(story_item(&s, "FVH-N1", "owner"), "Maria Chen");
}

static void FVH_N1_a_planned_attempt_does_not_warn(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_advice(&s);
    story_at(&s, "03-03 18:00");
    story_do(&s, DENISE, "submit", "contact", "contact_outcome", "attempted", "contact_method", "text-message",
             "contact_planned", "planned", END);
    assert_int_equal(story_alerts(&s, "FVH-N1"), 0);
}

static void FVH_N1_an_unplanned_attempt_without_such_advice_does_not_warn(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_do(&s, SAM, "submit", "contact", "contact_outcome", "no-access", "contact_method", "visit", "contact_planned",
             "unplanned", END);
    assert_int_equal(story_alerts(&s, "FVH-N1"), 0);
}

static void FVH_N1_an_extra_visit_that_is_scheduled_warns(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_advice(&s);
    story_at(&s, "03-03 18:00");
    story_do(&s, SAM, "add", "visit", "start", "2026-03-03 19:00", END);
    assert_int_equal(story_alerts(&s, "visit-against-advice"), 1);
}

// ---- FVH-C ---------------------------------------------------------------------------------------------------------------

static void FVH_C1_attendance_is_confirmed_when_all_four_are_accounted_for(void **state) {
    (void)state;
    chapter_refusal(&s);
    assert_string_equal(story_confirm(&s, "FVH-C1", "answered"), "unconfirmed");
    story_at(&s, "03-03 16:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_do(&s, MARIA, "join", "huddle", END);
    story_do(&s, SAM, "join", "huddle", END);
    story_do(&s, DENISE, "join", "huddle", END);
    assert_string_equal(story_confirm(&s, "FVH-C1", "answered"), "unconfirmed");
    assert_true(story_confirm_rows(&s, "FVH-C1", "lacking") > 0);
    story_do(&s, RAO, "join", "huddle", END);
    assert_string_equal(story_confirm(&s, "FVH-C1", "answered"), "confirmed");
    assert_true(story_confirm_rows(&s, "FVH-C1", "records") >= 4);
    assert_non_null(strstr(story_confirm(&s, "FVH-C1", "value"), "clinical-contact"));
}

static void FVH_C2_evidence_is_confirmed_when_it_was_presented_before_the_first_decision(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    assert_string_equal(story_confirm(&s, "FVH-C2", "answered"), "confirmed");
    assert_true(story_confirm_rows(&s, "FVH-C2", "records") > 0);
}

static void FVH_C2_evidence_presented_after_the_first_decision_does_not_confirm(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-03 16:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_do(&s, MARIA, "decide", "huddle", "decision", "supervisor-review", "reason", "first of all", END);
    story_at(&s, "03-03 16:10");
    story_do(&s, MARIA, "present", "huddle", "evidence", "visit_record", END);
    assert_string_equal(story_confirm(&s, "FVH-C2", "answered"), "unconfirmed");
}

static void FVH_C2_without_evidence_it_is_unconfirmed(void **state) {
    (void)state;
    chapter_refusal(&s);
    assert_string_equal(story_confirm(&s, "FVH-C2", "answered"), "unconfirmed");
}

static void FVH_C3_a_decision_is_confirmed_only_with_its_evidence(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    assert_string_equal(story_confirm(&s, "FVH-C3", "answered"), "unconfirmed");
    chapter_record(&s);
    chapter_decisions(&s);
    assert_string_equal(story_confirm(&s, "FVH-C3", "answered"), "confirmed");
    story_do(&s, MARIA, "decide", "huddle", "decision", "call the landlord", "reason", "the bell is broken", "owner",
             "Sam Ortiz", "due", "1 day", END);
    assert_string_equal(story_confirm(&s, "FVH-C3", "answered"), "unconfirmed");
}

static void FVH_C4_the_next_action_is_confirmed_once_somebody_has_accepted_each(void **state) {
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    assert_string_equal(story_confirm(&s, "FVH-C4", "answered"), "unconfirmed");
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, DENISE, "accept", "preferred_contact", END);
    story_do(&s, MARIA, "accept", "supervisor_review", END);
    story_do(&s, MARIA, "accept", "refusal_route", END);
    assert_string_equal(story_confirm(&s, "FVH-C4", "answered"), "confirmed");
    assert_non_null(strstr(story_confirm(&s, "FVH-C4", "value"), "Lena Brandt"));
}

static void FVH_C5_is_not_yet_due_before_the_second_visit_has_ended(void **state) {
    (void)state;
    rest();
    assert_string_equal(story_confirm(&s, "FVH-C5", "answered"), "not yet due");
    assert_string_equal(story_confirm(&s, "FVH-C5", "label"), "");
}

static void FVH_C5_a_bad_outcome_is_a_confirmed_answer(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "refuse");
    story_do(&s, LENA, "submit", "contact", "contact_outcome", "refused", "contact_method", "visit", "engagement",
             "not-engaged", "contact_planned", "planned", END);
    assert_string_equal(story_confirm(&s, "FVH-C5", "answered"), "confirmed");
    assert_string_equal(story_confirm(&s, "FVH-C5", "label"), "not-engaged");
}

static void FVH_C5_engagement_is_the_value_apart_from_the_answer(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "attend");
    story_do(&s, LENA, "submit", "contact", "contact_outcome", "reached", "contact_method", "visit", "engagement",
             "engaged", "contact_planned", "planned", END);
    assert_string_equal(story_confirm(&s, "FVH-C5", "answered"), "confirmed");
    assert_string_equal(story_confirm(&s, "FVH-C5", "label"), "engaged");
}

static void FVH_C5_without_any_contact_on_record_it_is_unconfirmed(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "attend");
    story_do(&s, DENISE, "retract", "contact", "reason", "sent to another person", END);
    assert_string_equal(story_confirm(&s, "FVH-C5", "answered"), "unconfirmed");
    assert_true(story_confirm_rows(&s, "FVH-C5", "lacking") > 0);
}

// ---- the end ---------------------------------------------------------------------------------------------------------------

static void X_46_a_pathway_with_open_items_does_not_close(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "attend");
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "close-pathway", NULL, END);
    assert_true(story_detail_has(&s, "item", "supervisor_review"));
    story_do(&s, MARIA, "close", "supervisor_review", "text", "engaged", END);
    story_do(&s, MARIA, "end", "refusal_route", END);
    story_do(&s, MARIA, "close-pathway", NULL, END);
    story_refused(&s, DENISE, STEPDOWN_WRONG_STATE, "submit", "contact", "contact_outcome", "attempted",
                  "contact_method", "telephone", "contact_planned", "planned", END);
    story_do(&s, MARIA, "reopen-pathway", NULL, END);
}

static void the_whole_story_leaves_no_alert_and_nothing_overdue(void **state) {
    (void)state;
    rest();
    chapter_second(&s, "attend");
    story_do(&s, MARIA, "end", "refusal_route", END);
    story_at(&s, "03-05 09:30");
    story_do(&s, MARIA, "close", "supervisor_review", "text", "engaged", END);
    story_at(&s, "03-09 09:30 -04:00");
    assert_int_equal(story_alerts(&s, NULL), 0);
    assert_int_equal(story_count(&s, "alert", false), 0);
    assert_int_equal(story_count(&s, "overdue-at-provider", false), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(FVH_T1_a_refused_first_visit_opens_the_huddle_for_the_same_day),
        T(FVH_T1_no_access_opens_the_huddle_too),
        T(FVH_T1_a_visit_that_took_place_opens_no_huddle),
        T(FVH_T1_a_missed_visit_opens_no_huddle),
        T(FVH_T1_a_cancelled_visit_opens_no_huddle),
        T(FVH_T1_a_refused_second_visit_opens_no_second_huddle),
        T(FVH_T2_missed_contact_on_the_plan_marks_the_failure_as_a_known_relapse_indicator),
        T(FVH_T2_without_missed_contact_on_the_plan_nothing_is_marked),
        T(FVH_S1_what_was_recorded_at_the_door_stands_in_the_visit_record),
        T(FVH_S2_facts_and_interpretation_are_kept_apart),
        T(FVH_S3_only_the_case_manager_confirms_the_relapse_indicator),
        T(FVH_S4_only_the_clinical_contact_records_advice),
        T(FVH_S5_the_decision_opens_the_second_visit_for_the_person_named),
        T(FVH_S6_the_contact_belongs_to_the_case_manager_and_is_due_before_the_second_visit),
        T(FVH_S6_the_due_time_moves_with_the_second_visit),
        T(FVH_S7_the_review_is_due_one_day_after_the_second_visit_however_that_went),
        T(FVH_S7_the_review_opens_even_when_nobody_decided_it),
        T(FVH_E1_the_route_runs_with_the_owner_and_the_time_that_the_huddle_wrote),
        T(FVH_E1_no_access_runs_the_route_too),
        T(FVH_E1_a_second_visit_that_took_place_runs_nothing),
        T(FVH_E1_a_route_without_an_answer_in_time_reaches_the_store_s_fallback),
        T(FVH_E2_a_huddle_not_held_by_the_end_of_the_local_day_alerts_the_operations_manager),
        T(FVH_E2_the_ladder_climbs_step_by_step_and_ends_at_the_fallback),
        T(FVH_E2_the_next_step_counts_from_when_the_last_one_was_really_raised),
        T(FVH_E2_acknowledging_does_not_stop_the_ladder_and_owning_gives_one_day),
        T(FVH_E2_resolving_needs_a_reason),
        T(FVH_E2_a_huddle_held_in_time_alerts_nobody),
        T(FVH_E2_a_late_huddle_is_still_held_and_flagged_late),
        T(PAR_01_a_trigger_after_eight_in_the_evening_has_until_ten_the_next_morning),
        T(PAR_01_a_trigger_at_eight_sharp_has_the_day),
        T(FVH_E2_on_the_day_that_loses_an_hour_the_day_still_ends_at_local_midnight),
        T(FVH_E2_an_empty_role_passes_to_the_one_that_answers_for_it),
        T(FVH_E2_when_nobody_holds_any_role_the_fallback_is_told_at_once),
        T(FVH_P1_a_second_refusal_opens_a_review_of_refusals),
        T(FVH_P1_the_threshold_can_be_raised_in_a_store),
        T(FVH_N1_an_unplanned_attempt_after_restricting_advice_warns),
        T(FVH_N1_a_planned_attempt_does_not_warn),
        T(FVH_N1_an_unplanned_attempt_without_such_advice_does_not_warn),
        T(FVH_N1_an_extra_visit_that_is_scheduled_warns),
        T(FVH_C1_attendance_is_confirmed_when_all_four_are_accounted_for),
        T(FVH_C2_evidence_is_confirmed_when_it_was_presented_before_the_first_decision),
        T(FVH_C2_evidence_presented_after_the_first_decision_does_not_confirm),
        T(FVH_C2_without_evidence_it_is_unconfirmed),
        T(FVH_C3_a_decision_is_confirmed_only_with_its_evidence),
        T(FVH_C4_the_next_action_is_confirmed_once_somebody_has_accepted_each),
        T(FVH_C5_is_not_yet_due_before_the_second_visit_has_ended),
        T(FVH_C5_a_bad_outcome_is_a_confirmed_answer),
        T(FVH_C5_engagement_is_the_value_apart_from_the_answer),
        T(FVH_C5_without_any_contact_on_record_it_is_unconfirmed),
        T(X_46_a_pathway_with_open_items_does_not_close),
        T(the_whole_story_leaves_no_alert_and_nothing_overdue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
