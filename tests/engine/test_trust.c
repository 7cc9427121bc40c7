// SPDX-License-Identifier: Apache-2.0
// Whose word counts: marks are made in person, what was called off vouches for nothing, and who has left reads nothing,
// not even their own receipts.
#include "story.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// ---- in person -------------------------------------------------------------------------------------------------------

static void nobody_joins_a_huddle_for_somebody_else(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-03 16:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join", "huddle", "person", "Denise Walker", END);
    assert_string_equal(story_detail(&s, "field"), "person");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join", "huddle", "role", "case-manager", END);
    assert_string_equal(story_detail(&s, "field"), "role");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join", "huddle", "organization", "brightpath", END);
    assert_string_equal(story_detail(&s, "field"), "organization");
    story_do(&s, MARIA, "join", "huddle", "person", "Maria Chen", "role", "supervisor",
             END); // one's own name is no lie
}

static void FVH_G3_nobody_attests_a_script_for_the_clinician(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    story_at(&s, "03-03 16:30");
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena. You decide.", END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "attest", "reengagement.reengagement_script", "person", "Dr. Anita Rao",
                  "role", "clinical-contact", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "attest", "reengagement.reengagement_script", "role", "clinical-contact",
                  END);
    assert_string_not_equal(story_need(&s, "FVH-G3"), "met");
}

static void nobody_says_that_somebody_else_has_read_the_script(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    chapter_decisions(&s);
    chapter_script(&s);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "acknowledge", "reengagement.reengagement_script", "person",
                  "Lena Brandt", END);
    assert_string_equal(story_detail(&s, "field"), "person");
}

// ---- called off ------------------------------------------------------------------------------------------------------

static void FVH_G5_a_route_that_was_ended_vouches_for_nothing(void **state) {
    (void)state;
    story_end(&s);
    story_begin(&s);
    chapter_all(&s);
    assert_true(story_gate_open(&s));
    story_do(&s, MARIA, "end", "refusal_route", "reason", "called off", END);
    assert_string_equal(story_need(&s, "FVH-G5"), "expired");
    assert_false(story_gate_open(&s));
    story_at(&s, "03-04 15:00");
    story_refused(&s, LENA, STEPDOWN_HELD, "start", "second_visit", END);
}

// ---- who may look ----------------------------------------------------------------------------------------------------

static void who_has_left_does_not_get_an_old_receipt_again(void **state) {
    (void)state;
    s.command_id = "rao-1";
    story_do(&s, RAO, "discharge", NULL, END);
    story_do(&s, MARIA, "leave-pathway", "lakeside", "reason", "discharged", END);
    s.command_id = "rao-1";
    story_refused(&s, RAO, STEPDOWN_DENIED, "discharge", NULL, END);
    assert_string_equal(story_detail(&s, "organization"), "lakeside");
}

static void the_fallback_of_the_store_sees_every_pathway_and_a_namesake_of_the_role_does_not(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    stepdown_session *grace = story_session(&s, "Grace Liu", "service-leader", "harborview");
    stepdown_session *elsewhere = story_session(&s, "Grace Liu", "service-leader", "riverside");
    stepdown_session *gardener = story_session(&s, "Sam Ortiz", "gardener", "riverside");
    story_do(&s, KIM, "open", "failed-first-visit-huddle", "subject", "person-4472", "zone", "America/New_York", END);
    assert_int_equal(stepdown_pathway_show(grace, s.pathway, &view, NULL), STEPDOWN_OK);
    stepdown_result_free(&view);
    assert_int_equal(stepdown_pathway_show(s.sessions[RUTH], s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_pathway_show(gardener, s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_pathway_show(elsewhere, s.pathway, &view, NULL), STEPDOWN_OK); // takes part
    stepdown_result_free(&view);
    stepdown_session_free(&grace);
    stepdown_session_free(&elsewhere);
    stepdown_session_free(&gardener);
}

// ---- evidence ----------------------------------------------------------------------------------------------------------

static const char talk[] =
    "protocol: talk\nversion: 1.0.0\ntitle: A talk\nuses: [common]\nsubject: person\nprotects: a person\n"
    "escalate: overdue-at-provider\n"
    "items:\n"
    "  talk: {kind: huddle, chair: supervisor, attend: [supervisor], at_start: yes, due: 1 day}\n"
    "  check: {kind: task, owner: supervisor, at_start: yes, due: 1 day}\n";

// The pathway as it was opened is version 0, and so is whatever was opened with it: shown, not taken back.
static void what_has_been_there_from_the_first_record_on_can_be_shown(void **state) {
    stepdown_protocol *p = NULL;
    stepdown_error *error = NULL;
    (void)state;
    stepdown_slice source = {(const uint8_t *)talk, sizeof talk - 1};
    assert_int_equal(stepdown_protocol_new(s.options, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_text(p, "talk.yaml", source, NULL), STEPDOWN_OK);
    if (stepdown_engine_activate(s.engine, p, &error) != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_diagnostic_message(error, 0));
    stepdown_protocol_free(&p);
    story_do(&s, MARIA, "open", "talk", "subject", "p-7", "zone", "America/New_York", END);
    story_do(&s, MARIA, "present", "talk", "evidence", "pathway", END);
    story_do(&s, MARIA, "present", "talk", "evidence", "check", END);
    story_do(&s, MARIA, "start", "talk", END);
    story_do(&s, MARIA, "join", "talk", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "no-decision", "talk", "reason", "it stands", END);
    assert_false(story_detail_has(&s, "needs", "check was taken back after it was presented; present what is left"));
    story_do(&s, MARIA, "present", "talk", "evidence", "pathway", "evidence", "check", END);
    story_do(&s, MARIA, "no-decision", "talk", "reason", "it stands", END);
    assert_true(story_intact(&s));
}

// ---- refusals on record ------------------------------------------------------------------------------------------------

static void a_refusal_of_any_length_and_script_does_not_stand_in_the_way_of_later_work(void **state) {
    char target[128];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof target; i += 2) {
        memcpy(target + i, "\xC3\xA9", 3); // é
    }
    for (int shift = 0; shift < 2; shift++) { // a cut between two bytes of a letter, whichever side it falls
        target[0] = 'x';
        target[1] = shift ? 'y' : 'x';
        story_refused(&s, KIM, STEPDOWN_DENIED, "start", target + !shift, END);
    }
    story_at(&s, "03-03 09:05"); // refusals are written by whatever comes later
    chapter_plan(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(nobody_joins_a_huddle_for_somebody_else),
        T(FVH_G3_nobody_attests_a_script_for_the_clinician),
        T(nobody_says_that_somebody_else_has_read_the_script),
        T(FVH_G5_a_route_that_was_ended_vouches_for_nothing),
        T(who_has_left_does_not_get_an_old_receipt_again),
        T(the_fallback_of_the_store_sees_every_pathway_and_a_namesake_of_the_role_does_not),
        T(what_has_been_there_from_the_first_record_on_can_be_shown),
        T(a_refusal_of_any_length_and_script_does_not_stand_in_the_way_of_later_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
