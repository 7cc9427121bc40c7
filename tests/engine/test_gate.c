// SPDX-License-Identifier: Apache-2.0
// The gate before the second visit (FVH-G1 to G5): every reason for which a need can be unmet, who can clear it, what
// clears it; what happens when evidence goes away before the visit starts, and afterwards.
#include "story.h"

static struct story s;

// Everything the huddle decided is there; each test adds what it is about.
static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    return 0;
}

static int begin_open(void **state) {
    (void)state;
    story_begin(&s);
    chapter_all(&s);
    story_do(&s, DENISE, "close", "preferred_contact", END);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// ---- FVH-G1 named staff assignment -----------------------------------------------------------------------------------------

static void FVH_G1_is_unowned_until_the_named_person_accepts(void **state) {
    (void)state;
    assert_string_equal(story_need(&s, "FVH-G1"), "unowned");
    assert_string_equal(story_need_who(&s, "FVH-G1"), "known staff");
    story_do(&s, LENA, "accept", "second_visit", END);
    assert_string_equal(story_need(&s, "FVH-G1"), "met");
}

static void FVH_G1_nobody_but_the_person_named_can_accept(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_DENIED, "accept", "second_visit", END);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "accept", "second_visit", "owner", "Maria Chen", END);
    assert_string_equal(story_need(&s, "FVH-G1"), "unowned");
}

static void FVH_G1_nobody_can_accept_for_somebody_else(void **state) {
    (void)state;
    story_do(&s, LENA, "decline", "second_visit", "reason", "on leave", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "accept", "second_visit", "owner", "Lena Brandt", END);
    assert_string_equal(story_detail(&s, "field"), "owner");
    assert_string_equal(story_need(&s, "FVH-G1"), "unowned");
}

static void FVH_G1_is_unowned_again_after_it_was_declined_or_given_away(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, MARIA, "assign", "second_visit", "owner", "Sam Ortiz", END);
    assert_string_equal(story_need(&s, "FVH-G1"), "unowned");
    story_refused(&s, LENA, STEPDOWN_DENIED, "accept", "second_visit", END);
}

static void FVH_G1_only_the_one_it_is_offered_to_or_who_answers_for_them_can_decline(void **state) {
    (void)state;
    story_refused(&s, DENISE, STEPDOWN_DENIED, "decline", "second_visit", "reason", "I would rather not", END);
    story_do(&s, LENA, "decline", "second_visit", "reason", "on leave", END);
    assert_string_equal(story_item(&s, "second_visit", "owner"), "");
    assert_string_equal(story_item(&s, "second_visit", "owner_role"), "known-staff");
}

static void FVH_G1_warns_when_nobody_attests_that_the_person_is_known(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    assert_true(story_event(&s, "rule.fired", "person-not-known"));
}

static void FVH_G1_does_not_warn_when_the_supervisor_has_attested_it(void **state) {
    (void)state;
    story_do(&s, MARIA, "attest", "second_visit", "text", "every week since 2024", END);
    story_do(&s, LENA, "accept", "second_visit", END);
    assert_false(story_event(&s, "rule.fired", "person-not-known"));
}

// ---- FVH-G2 agreed script ----------------------------------------------------------------------------------------------------

static void FVH_G2_is_missing_four_times_before_there_is_a_script(void **state) {
    (void)state;
    assert_string_equal(story_need(&s, "FVH-G2"), "missing+missing+missing+missing");
    assert_non_null(strstr(story_need_who(&s, "FVH-G2"), "supervisor"));
    assert_non_null(strstr(story_need_who(&s, "FVH-G2"), "clinical contact"));
}

static void FVH_G2_waits_for_each_attestation_and_for_the_one_who_goes(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena.", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "not acknowledged+not acknowledged+not acknowledged");
    assert_string_equal(story_need_who(&s, "FVH-G2"), "clinical contact");
    story_do(&s, RAO, "attest", "reengagement.reengagement_script", END);
    assert_string_equal(story_need_who(&s, "FVH-G2"), "supervisor");
    story_do(&s, MARIA, "attest", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "not acknowledged");
    assert_non_null(strstr(story_need_who(&s, "FVH-G2"), "second visit"));
    story_do(&s, LENA, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "met");
}

static void FVH_G2_an_attestation_in_another_role_is_no_attestation_of_the_clinical_contact(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena.", END);
    story_do(&s, MARIA, "attest", "reengagement.reengagement_script", END);
    story_do(&s, PAUL, "attest", "reengagement.reengagement_script", END);
    story_do(&s, LENA, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "wrong role");
    assert_string_equal(story_need_who(&s, "FVH-G2"), "clinical contact");
}

static void FVH_G2_an_acknowledgement_by_anybody_else_does_not_count(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    chapter_script(&s);
    story_do(&s, SAM, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "not acknowledged");
}

static void FVH_G2_a_changed_script_needs_every_word_anew(void **state) {
    (void)state;
    chapter_script(&s);
    chapter_accept(&s);
    assert_string_equal(story_need(&s, "FVH-G2"), "met");
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "May I leave you something to eat?", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "stale+stale+stale");
    story_do(&s, RAO, "attest", "reengagement.reengagement_script", END);
    story_do(&s, MARIA, "attest", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "stale");
    story_do(&s, LENA, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "met");
}

static void FVH_G2_an_attestation_of_an_old_version_is_refused_when_it_is_named(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena.", END);
    char version[32];
    snprintf(version, sizeof version, "%llu", (unsigned long long)story_sequence(&s));
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena, again.", END);
    story_refused(&s, RAO, STEPDOWN_STALE, "attest", "reengagement.reengagement_script", "version", version, END);
}

static void FVH_G2_a_withdrawn_attestation_has_to_be_given_again(void **state) {
    (void)state;
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena.", END);
    story_do(&s, RAO, "attest", "reengagement.reengagement_script", END);
    char mark[32];
    snprintf(mark, sizeof mark, "%s", story_id(&s, "mark.attested"));
    story_do(&s, MARIA, "attest", "reengagement.reengagement_script", END);
    story_do(&s, LENA, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "met");
    story_refused(&s, MARIA, STEPDOWN_DENIED, "withdraw", mark, "reason", "not hers to take back", END);
    story_refused(&s, RAO, STEPDOWN_INVALID, "withdraw", mark, END);
    story_do(&s, RAO, "withdraw", mark, "reason", "second thoughts", END);
    assert_string_not_equal(story_need(&s, "FVH-G2"), "met");
    assert_string_equal(story_need_who(&s, "FVH-G2"), "clinical contact");
    story_refused(&s, RAO, STEPDOWN_NOT_FOUND, "withdraw", mark, "reason", "twice", END);
}

static void FVH_G2_another_visitor_must_read_the_script_too(void **state) {
    (void)state;
    chapter_script(&s);
    chapter_accept(&s);
    story_do(&s, MARIA, "assign", "second_visit", "owner", "Sam Ortiz", END);
    stepdown_session *sam = story_session(&s, "Sam Ortiz", "known-staff", "harborview");
    stepdown_session *frontline = s.sessions[SAM];
    s.sessions[SAM] = sam;
    story_do(&s, SAM, "accept", "second_visit", END);
    assert_string_equal(story_need(&s, "FVH-G1"), "met");
    assert_string_equal(story_need(&s, "FVH-G2"), "not acknowledged");
    story_do(&s, SAM, "acknowledge", "reengagement.reengagement_script", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "met");
    s.sessions[SAM] = frontline;
    stepdown_session_free(&sam);
}

static void FVH_G2_a_retracted_script_is_missing(void **state) {
    (void)state;
    chapter_script(&s);
    chapter_accept(&s);
    story_do(&s, MARIA, "retract", "reengagement", "reason", "written for another person", END);
    assert_string_equal(story_need(&s, "FVH-G2"), "missing+missing+missing+missing");
}

// ---- FVH-G3 clinical advice ----------------------------------------------------------------------------------------------------

static void FVH_G3_is_missing_until_the_clinical_contact_has_advised(void **state) {
    (void)state;
    assert_string_equal(story_need(&s, "FVH-G3"), "missing");
    assert_string_equal(story_need_who(&s, "FVH-G3"), "clinical contact");
    chapter_advice(&s);
    assert_string_equal(story_need(&s, "FVH-G3"), "met");
}

static void FVH_G3_advice_from_before_the_failed_visit_is_stale(void **state) {
    (void)state;
    s.occurred = "03-03 12:00";
    story_do(&s, RAO, "submit", "clinical_advice", "advice", "as before", "further_contact", "as-usual", END);
    assert_string_equal(story_need(&s, "FVH-G3"), "stale");
    chapter_advice(&s);
    assert_string_equal(story_need(&s, "FVH-G3"), "met");
}

static void FVH_G3_retracted_advice_is_missing_and_other_advice_keeps_it_met(void **state) {
    (void)state;
    chapter_advice(&s);
    story_do(&s, RAO, "submit", "clinical_advice", "advice", "leave when asked", "further_contact", "as-usual", END);
    story_do(&s, RAO, "retract", "clinical_advice", "reason", "wrong person", END);
    assert_string_equal(story_need(&s, "FVH-G3"), "met");
    story_do(&s, RAO, "retract", "clinical_advice", "reason", "wrong person too", END);
    assert_string_equal(story_need(&s, "FVH-G3"), "missing");
}

// ---- FVH-G4 contact attempt ------------------------------------------------------------------------------------------------------

static void contact(enum who who, const char *method, const char *outcome) {
    story_do(&s, who, "submit", "contact", "contact_outcome", outcome, "contact_method", method, "contact_planned",
             "planned", END);
}

static void FVH_G4_is_missing_until_the_case_manager_has_tried(void **state) {
    (void)state;
    assert_string_equal(story_need(&s, "FVH-G4"), "missing");
    assert_string_equal(story_need_who(&s, "FVH-G4"), "case manager");
}

static void FVH_G4_an_attempt_without_an_answer_satisfies_it(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    contact(DENISE, "text-message", "attempted");
    assert_string_equal(story_need(&s, "FVH-G4"), "met");
}

static void FVH_G4_another_method_does_not(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    contact(DENISE, "telephone", "reached");
    assert_string_equal(story_need(&s, "FVH-G4"), "missing");
}

static void FVH_G4_an_attempt_by_somebody_else_is_of_the_wrong_role(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    contact(MARIA, "text-message", "reached");
    assert_string_equal(story_need(&s, "FVH-G4"), "wrong role");
    assert_string_equal(story_need_who(&s, "FVH-G4"), "case manager");
}

static void FVH_G4_an_attempt_before_the_huddle_decided_is_stale(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    s.occurred = "03-03 15:00";
    contact(DENISE, "text-message", "attempted");
    assert_string_equal(story_need(&s, "FVH-G4"), "stale");
}

static void FVH_G4_follows_the_method_on_the_plan(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    contact(DENISE, "telephone", "attempted");
    story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", "telephone", END);
    assert_string_equal(story_need(&s, "FVH-G4"), "met");
}

// ---- FVH-G5 escalation threshold -------------------------------------------------------------------------------------------------

static void FVH_G5_is_missing_until_the_route_is_written(void **state) {
    (void)state;
    assert_string_equal(story_need(&s, "FVH-G5"), "missing");
    assert_non_null(strstr(story_need_who(&s, "FVH-G5"), "supervisor"));
}

static void FVH_G5_is_incomplete_while_a_part_of_the_route_is_missing(void **state) {
    static const char *const parts[4][2] = {{"condition", "refused"},
                                            {"first_told", "clinical-contact"},
                                            {"named_owner", "Dr. Anita Rao"},
                                            {"response_time", "2 hours"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        story_do(&s, MARIA, "submit", "escalation-route", "about", "refusal_route", parts[i][0], parts[i][1], END);
        assert_non_null(strstr(story_need(&s, "FVH-G5"), "incomplete"));
    }
    story_do(&s, MARIA, "submit", "escalation-route", "about", "refusal_route", parts[3][0], parts[3][1], END);
    assert_string_equal(story_need(&s, "FVH-G5"), "met");
}

static void FVH_G5_the_recipient_must_be_a_declared_role_and_the_time_a_duration(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "escalation-route", "about", "refusal_route", "first_told",
                  "the neighbours", END);
    assert_string_equal(story_detail(&s, "field"), "first_told");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "escalation-route", "about", "refusal_route", "response_time",
                  "soon", END);
    assert_string_equal(story_detail(&s, "field"), "response_time");
}

// ---- all five ----------------------------------------------------------------------------------------------------------------------

static void the_gate_opens_only_when_all_five_are_met(void **state) {
    (void)state;
    assert_false(story_gate_open(&s));
    chapter_advice(&s);
    assert_false(story_gate_open(&s));
    chapter_script(&s);
    assert_false(story_gate_open(&s));
    chapter_route(&s);
    assert_false(story_gate_open(&s));
    chapter_accept(&s);
    assert_false(story_gate_open(&s));
    story_refused(&s, LENA, STEPDOWN_HELD, "start", "second_visit", END);
    assert_string_equal(story_detail(&s, "gate"), "second_visit_starts");
    assert_string_equal(story_detail(&s, "need.1"), "FVH-G4");
    assert_string_equal(story_detail(&s, "reason.1"), "missing");
    assert_string_equal(story_detail(&s, "who.1"), "case manager");
    assert_string_equal(story_detail(&s, "need.2"), "");
    chapter_contact(&s);
    assert_true(story_gate_open(&s));
}

static void a_held_start_names_all_five_with_reasons_and_who(void **state) {
    static const char *const rows[] = {"FVH-G1", "FVH-G2", "FVH-G3", "FVH-G4", "FVH-G5"};
    (void)state;
    story_refused(&s, LENA, STEPDOWN_HELD, "start", "second_visit", END);
    for (int i = 0; i < 5; i++) {
        char key[16];
        snprintf(key, sizeof key, "need.%d", i + 1);
        assert_string_equal(story_detail(&s, key), rows[i]);
        snprintf(key, sizeof key, "reason.%d", i + 1);
        assert_true(story_detail(&s, key)[0] != '\0');
        snprintf(key, sizeof key, "who.%d", i + 1);
        assert_true(story_detail(&s, key)[0] != '\0');
    }
}

// a gate never holds recording, contacting or escalating.
static void a_held_gate_holds_neither_recording_nor_contacting_nor_refusing(void **state) {
    (void)state;
    story_at(&s, "03-03 17:00");
    contact(SAM, "telephone", "reached");
    story_do(&s, LENA, "accept", "second_visit", END);
    story_do(&s, LENA, "refuse", "second_visit", "visit_time", "2026-03-03 17:00", END);
    assert_string_equal(story_item(&s, "second_visit", "state"), "refused");
}

static void the_visit_passes_with_gate_and_evidence_on_record(void **state) {
    (void)state;
    story_at(&s, "03-04 14:59");
    story_do(&s, LENA, "start", "second_visit", END);
    assert_true(story_event(&s, "gate.passed", "second_visit_starts"));
    assert_true(story_event(&s, "appointment.started", "second_visit"));
    assert_string_equal(story_item(&s, "second_visit", "state"), "started");
}

static void evidence_withdrawn_before_the_visit_holds_it_again(void **state) {
    (void)state;
    assert_true(story_gate_open(&s));
    story_do(&s, RAO, "retract", "clinical_advice", "reason", "another person", END);
    assert_false(story_gate_open(&s));
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_refused(&s, LENA, STEPDOWN_HELD, "start", "second_visit", END);
}

static void evidence_withdrawn_after_the_start_opens_an_owned_alert_and_undoes_nothing(void **state) {
    (void)state;
    story_at(&s, "03-04 14:59");
    story_do(&s, LENA, "start", "second_visit", END);
    story_do(&s, RAO, "retract", "clinical_advice", "reason", "another person", END);
    assert_true(story_event(&s, "gate.closed-again", "second_visit_starts"));
    assert_string_equal(story_item(&s, "second_visit", "state"), "started");
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_string_equal(story_item(&s, "evidence-withdrawn", "owner"), "Maria Chen");
    assert_string_equal(story_item(&s, "evidence-withdrawn", "about"), "second_visit");
}

static void an_attestation_withdrawn_after_the_start_opens_the_alert_too(void **state) {
    (void)state;
    story_do(&s, RAO, "attest", "reengagement.reengagement_script", END);
    char mark[32];
    snprintf(mark, sizeof mark, "%s", story_id(&s, "mark.attested"));
    story_at(&s, "03-04 14:59");
    story_do(&s, LENA, "start", "second_visit", END);
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "Other words", END);
    assert_int_equal(story_alerts(&s, "evidence-withdrawn"), 1);
    story_do(&s, RAO, "withdraw", mark, "reason", "as well", END);
    assert_int_equal(story_alerts(&s, "evidence-withdrawn"), 1);
}

static void a_change_that_leaves_the_gate_open_raises_nothing(void **state) {
    (void)state;
    story_at(&s, "03-04 14:59");
    story_do(&s, RAO, "submit", "clinical_advice", "advice", "leave when asked", "further_contact", "as-usual", END);
    story_do(&s, LENA, "start", "second_visit", END);
    story_do(&s, RAO, "retract", "clinical_advice", "reason", "one of two", END);
    assert_int_equal(story_alerts(&s, "evidence-withdrawn"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define O(name) cmocka_unit_test_setup_teardown(name, begin_open, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(FVH_G1_is_unowned_until_the_named_person_accepts),
        T(FVH_G1_nobody_but_the_person_named_can_accept),
        T(FVH_G1_nobody_can_accept_for_somebody_else),
        T(FVH_G1_is_unowned_again_after_it_was_declined_or_given_away),
        T(FVH_G1_only_the_one_it_is_offered_to_or_who_answers_for_them_can_decline),
        T(FVH_G1_warns_when_nobody_attests_that_the_person_is_known),
        T(FVH_G1_does_not_warn_when_the_supervisor_has_attested_it),
        T(FVH_G2_is_missing_four_times_before_there_is_a_script),
        T(FVH_G2_waits_for_each_attestation_and_for_the_one_who_goes),
        T(FVH_G2_an_attestation_in_another_role_is_no_attestation_of_the_clinical_contact),
        T(FVH_G2_an_acknowledgement_by_anybody_else_does_not_count),
        T(FVH_G2_a_changed_script_needs_every_word_anew),
        T(FVH_G2_an_attestation_of_an_old_version_is_refused_when_it_is_named),
        T(FVH_G2_a_withdrawn_attestation_has_to_be_given_again),
        T(FVH_G2_another_visitor_must_read_the_script_too),
        T(FVH_G2_a_retracted_script_is_missing),
        T(FVH_G3_is_missing_until_the_clinical_contact_has_advised),
        T(FVH_G3_advice_from_before_the_failed_visit_is_stale),
        T(FVH_G3_retracted_advice_is_missing_and_other_advice_keeps_it_met),
        T(FVH_G4_is_missing_until_the_case_manager_has_tried),
        T(FVH_G4_an_attempt_without_an_answer_satisfies_it),
        T(FVH_G4_another_method_does_not),
        T(FVH_G4_an_attempt_by_somebody_else_is_of_the_wrong_role),
        T(FVH_G4_an_attempt_before_the_huddle_decided_is_stale),
        T(FVH_G4_follows_the_method_on_the_plan),
        T(FVH_G5_is_missing_until_the_route_is_written),
        T(FVH_G5_is_incomplete_while_a_part_of_the_route_is_missing),
        T(FVH_G5_the_recipient_must_be_a_declared_role_and_the_time_a_duration),
        T(the_gate_opens_only_when_all_five_are_met),
        T(a_held_start_names_all_five_with_reasons_and_who),
        T(a_held_gate_holds_neither_recording_nor_contacting_nor_refusing),
        O(the_visit_passes_with_gate_and_evidence_on_record),
        O(evidence_withdrawn_before_the_visit_holds_it_again),
        O(evidence_withdrawn_after_the_start_opens_an_owned_alert_and_undoes_nothing),
        O(an_attestation_withdrawn_after_the_start_opens_the_alert_too),
        O(a_change_that_leaves_the_gate_open_raises_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
