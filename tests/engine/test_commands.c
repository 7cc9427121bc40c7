// SPDX-License-Identifier: Apache-2.0
// Commands: said once and said again, against an old version, by two engines at once, by the wrong people, with wrong
// arguments. Every refusal leaves each row of the pathway byte for byte as it was (story_refused compares them).
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

static void discharge_plan(const char *method) {
    story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", method, END);
}

static int64_t receipt_number(const char *column) {
    return stepdown_result_integer(s.receipt, 0, stepdown_result_column(s.receipt, column));
}

// ---- said again --------------------------------------------------------------------------------------------------------------

static void the_same_command_id_again_returns_the_first_receipt(void **state) {
    (void)state;
    s.command_id = "c-1";
    discharge_plan("telephone");
    int64_t sequence = receipt_number("sequence"), recorded = receipt_number("recorded_at");
    assert_int_equal(receipt_number("repeated"), 0);
    uint64_t rows = story_rows(&s);
    story_at(&s, "03-03 11:00");
    s.command_id = "c-1";
    discharge_plan("telephone");
    assert_int_equal(receipt_number("repeated"), 1);
    assert_int_equal(receipt_number("sequence"), sequence);
    assert_int_equal(receipt_number("recorded_at"), recorded);
    assert_true(story_event(&s, "form.submitted", "discharge_plan"));
    assert_true(rows == story_rows(&s));
}

static void the_same_id_is_known_even_after_the_pathway_moved_on(void **state) {
    (void)state;
    s.command_id = "c-1";
    discharge_plan("telephone");
    int64_t sequence = receipt_number("sequence");
    discharge_plan("video");
    s.command_id = "c-1";
    s.expected = sequence - 1; // by now an old version; what is done is done
    discharge_plan("telephone");
    assert_int_equal(receipt_number("sequence"), sequence);
}

static void another_request_under_the_same_id_is_refused(void **state) {
    (void)state;
    s.command_id = "c-1";
    discharge_plan("telephone");
    s.command_id = "c-1";
    story_refused(&s, DENISE, STEPDOWN_KEY_REUSED, "submit", "discharge_plan", "preferred_contact_method", "video",
                  END);
    s.command_id = "c-1";
    story_refused(&s, RAO, STEPDOWN_KEY_REUSED, "submit", "discharge_plan", "preferred_contact_method", "telephone",
                  END);
    s.command_id = "c-1";
    s.occurred = "03-03 09:00";
    story_refused(&s, DENISE, STEPDOWN_KEY_REUSED, "submit", "discharge_plan", "preferred_contact_method", "telephone",
                  END);
}

static void a_refused_command_does_not_use_its_id_up(void **state) {
    (void)state;
    s.command_id = "c-2";
    story_refused(&s, SAM, STEPDOWN_NOT_FOUND, "accept", "first_visit", END);
    chapter_plan(&s); // accepts without an id
    s.command_id = "c-2";
    story_do(&s, SAM, "confirm", "first_visit", END);
}

static void opening_again_under_the_same_id_finds_the_same_pathway(void **state) {
    char first[32];
    (void)state;
    s.command_id = "open-7";
    story_do(&s, MARIA, "open", "failed-first-visit-huddle", "subject", "p-7", "zone", "America/New_York", END);
    snprintf(first, sizeof first, "%s", s.pathway);
    s.command_id = "open-7";
    story_do(&s, MARIA, "open", "failed-first-visit-huddle", "subject", "p-7", "zone", "America/New_York", END);
    assert_string_equal(s.pathway, first);
    assert_int_equal(receipt_number("repeated"), 1);
    s.command_id = "open-7";
    story_refused(&s, MARIA, STEPDOWN_KEY_REUSED, "open", "failed-first-visit-huddle", "subject", "p-8", "zone",
                  "America/New_York", END);
}

static void opening_a_pathway_under_an_id_that_exists_is_refused(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "open", "failed-first-visit-huddle", "subject", "p-8", "zone",
                  "America/New_York", "pathway", s.pathway, END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "subject", "p-8", "zone",
                  "America/New_York", "pathway", "not-an-id", END);
}

static void opening_needs_a_known_protocol_subject_zone_and_organization(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "open", "no-such-protocol", "subject", "p", "zone", "America/New_York",
                  END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "zone", "America/New_York", END);
    assert_string_equal(story_detail(&s, "field"), "subject");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "subject", "p", END);
    assert_string_equal(story_detail(&s, "field"), "zone");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "subject", "p", "zone",
                  "America/New_York", "subject_kind", "region", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "subject", "p", "zone",
                  "America/New_York", "colour", "red", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", NULL, "subject", "p", "zone", "America/New_York", END);
}

static void an_unknown_zone_opens_nothing(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "open", "failed-first-visit-huddle", "subject", "p", "zone",
                  "America/Nowhere", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "failed-first-visit-huddle", "subject", "p", "zone",
                  "../../etc/passwd", END);
}

// ---- versions and other engines ------------------------------------------------------------------------------------------------

static void an_old_expected_version_is_stale(void **state) {
    (void)state;
    uint64_t seen = story_sequence(&s);
    discharge_plan("telephone");
    s.expected = (int64_t)seen;
    story_refused(&s, DENISE, STEPDOWN_STALE, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    s.expected = (int64_t)seen + 1;
    discharge_plan("video");
}

// A second engine on the same storage.
static stepdown_engine *other_engine(uint32_t retries) {
    stepdown_engine *engine = NULL;
    stepdown_options_set_retries(s.options, retries);
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &engine, NULL), STEPDOWN_OK);
    return engine;
}

static stepdown_status submit_on(stepdown_session *session, const char *method) {
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(session, "submit", "discharge_plan", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "preferred_contact_method", method, NULL), STEPDOWN_OK);
    stepdown_status status = stepdown_session_execute(session, s.pathway, command, NULL, NULL);
    stepdown_command_free(&command);
    return status;
}

static void what_one_engine_wrote_the_other_sees_at_once(void **state) {
    stepdown_session *session = NULL;
    (void)state;
    stepdown_engine *engine = other_engine(16);
    assert_int_equal(stepdown_session_open(engine, "Denise Walker", "case-manager", "brightpath", NULL, &session, NULL),
                     STEPDOWN_OK);
    for (int i = 0; i < 5; i++) { // each holds the pathway in its cache while the other writes
        assert_int_equal(submit_on(session, i % 2 ? "video" : "letter"), STEPDOWN_OK);
        discharge_plan(i % 2 ? "telephone" : "text-message");
        assert_int_equal(story_sequence(&s), 3 + 2 * (uint64_t)i + 1);
    }
    stepdown_session_free(&session);
    stepdown_engine_free(&engine);
}

static void roles_given_by_one_engine_are_known_to_the_other(void **state) {
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    (void)state;
    stepdown_engine *engine = other_engine(16);
    assert_int_equal(stepdown_session_open(engine, "Denise Walker", "case-manager", "brightpath", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_int_equal(submit_on(session, "letter"), STEPDOWN_OK);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
    assert_int_equal(stepdown_engine_assign_role(s.engine, "supervisor", "harborview", "Ann On Call", 0,
                                                 STEPDOWN_TIME_NONE, 1, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_command_new(session, "add", "action", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(session, s.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_command_free(&command);
    assert_string_equal(story_item(&s, "action", "owner"), "Ann On Call"); // on call comes first
    stepdown_session_free(&session);
    stepdown_engine_free(&engine);
}

// A clock that lets the other engine write first: it is asked between the read and the commit.
static struct {
    stepdown_session *session;
    int armed;
} rival;
static stepdown_time rival_clock(void *ctx) {
    (void)ctx;
    if (rival.armed > 0 && rival.session != NULL) {
        rival.armed--;
        stepdown_session *session = rival.session;
        rival.session = NULL;
        assert_int_equal(submit_on(session, "video"), STEPDOWN_OK);
        rival.session = session;
    }
    return s.now;
}

static stepdown_status race(uint32_t retries, int losses) {
    stepdown_engine *mine = NULL;
    stepdown_session *session = NULL;
    stepdown_options *options = NULL;
    rival.session = s.sessions[DENISE];
    rival.armed = 0;
    assert_int_equal(stepdown_options_new(&options, NULL), STEPDOWN_OK);
    stepdown_options_set_clock(options, rival_clock, NULL);
    stepdown_options_set_retries(options, retries);
    assert_int_equal(stepdown_engine_open(s.storage, options, &mine, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(mine, "Denise Walker", "case-manager", "brightpath", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_int_equal(submit_on(session, "letter"), STEPDOWN_OK); // the pathway is cached now
    rival.armed = losses;
    stepdown_status status = submit_on(session, "telephone");
    rival.armed = 0;
    stepdown_session_free(&session);
    stepdown_engine_free(&mine);
    stepdown_options_free(&options);
    return status;
}

static void a_conflict_is_tried_again_and_both_take_effect(void **state) {
    (void)state;
    uint64_t before = story_sequence(&s);
    assert_int_equal(race(16, 1), STEPDOWN_OK);
    assert_int_equal(story_sequence(&s), before + 3);
}

static void without_retries_a_conflict_is_contended_and_nothing_happened(void **state) {
    (void)state;
    uint64_t before = story_sequence(&s);
    assert_int_equal(race(0, 1), STEPDOWN_CONTENDED);
    assert_int_equal(story_sequence(&s), before + 2);
}

// ---- who may -------------------------------------------------------------------------------------------------------------------

static void someone_of_an_organization_that_does_not_take_part_neither_sees_nor_does_anything(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    story_refused(&s, KIM, STEPDOWN_DENIED, "add", "action", END);
    assert_string_equal(story_detail(&s, "organization"), "riverside");
    assert_int_equal(stepdown_board(s.sessions[KIM], s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_pathway_show(s.sessions[KIM], s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_pathway_items(s.sessions[KIM], s.pathway, 0, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_pathway_entries(s.sessions[KIM], s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_audit_records(s.sessions[KIM], s.pathway, 0, 10, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_audit_validate(s.sessions[KIM], s.pathway, &view, NULL), STEPDOWN_DENIED);
    assert_int_equal(stepdown_gate_check(s.sessions[KIM], s.pathway, "second_visit_starts", &view, NULL),
                     STEPDOWN_DENIED);
    assert_null(view);
    assert_int_equal(stepdown_pathway_list(s.sessions[KIM], NULL, 10, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 0);
    stepdown_result_free(&view);
}

static void a_role_that_the_protocol_does_not_know_is_denied(void **state) {
    (void)state;
    stepdown_session *own = s.sessions[SAM];
    s.sessions[SAM] = story_session(&s, "Sam Ortiz", "gardener", "harborview");
    story_refused(&s, SAM, STEPDOWN_DENIED, "discharge", NULL, END);
    assert_string_equal(story_detail(&s, "role"), "gardener");
    stepdown_session_free(&s.sessions[SAM]);
    s.sessions[SAM] = own;
}

static void a_role_of_another_kind_of_organization_is_denied(void **state) {
    (void)state;
    stepdown_session *own = s.sessions[SAM];
    s.sessions[SAM] = story_session(&s, "Sam Ortiz", "case-manager", "harborview");
    story_refused(&s, SAM, STEPDOWN_DENIED, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    assert_true(story_says(&s, "case-management"));
    stepdown_session_free(&s.sessions[SAM]);
    s.sessions[SAM] = own;
}

static void a_form_is_filled_in_only_by_its_roles_and_a_field_by_its_own(void **state) {
    (void)state;
    story_refused(&s, SAM, STEPDOWN_DENIED, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    assert_string_equal(story_detail(&s, "field"), "preferred_contact_method");
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "submit", "huddle_record", "case_manager_decision", "hers to make", END);
    assert_string_equal(story_detail(&s, "field"), "case_manager_decision");
    story_do(&s, DENISE, "submit", "huddle_record", "case_manager_decision", "one message a day", END);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "submit", "huddle_record", "next_contact_method", "visit", END);
    story_do(&s, RAO, "submit", "huddle_record", "plan_remains_safe", "yes", "plan_remains_safe.why", "stable", END);
}

static void a_step_belongs_to_its_owner_and_to_who_answers_for_them(void **state) {
    (void)state;
    chapter_plan(&s);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "confirm", "first_visit", END);
    story_refused(&s, LENA, STEPDOWN_DENIED, "cancel", "first_visit", "reason", "I say so", END);
    story_do(&s, MARIA, "confirm", "first_visit", END); // answers for frontline workers
}

static void the_same_role_of_another_organization_has_no_say(void **state) {
    (void)state;
    story_do(&s, MARIA, "join-pathway", "riverside", END);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_refused(&s, KIM, STEPDOWN_DENIED, "start", "huddle", END);
    story_refused(&s, KIM, STEPDOWN_DENIED, "accept", "huddle", END);
    story_refused(&s, KIM, STEPDOWN_DENIED, "assign", "huddle", "owner", "Kim Novak", END);
    story_do(&s, MARIA, "start", "huddle", END);
}

static void who_is_not_asked_to_a_huddle_does_not_join_it(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    story_refused(&s, LENA, STEPDOWN_DENIED, "join", "huddle", END);
    story_refused(&s, SAM, STEPDOWN_DENIED, "start", "huddle", END);
}

static void an_organization_that_leaves_sees_nothing_more_and_may_come_back(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    story_do(&s, MARIA, "leave-pathway", "lakeside", "reason", "discharged", END);
    story_refused(&s, RAO, STEPDOWN_DENIED, "discharge", NULL, END);
    assert_int_equal(stepdown_pathway_list(s.sessions[RAO], NULL, 10, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 0);
    stepdown_result_free(&view);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "leave-pathway", "lakeside", END);
    story_do(&s, MARIA, "join-pathway", "lakeside", END);
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "join-pathway", "lakeside", END);
    story_do(&s, RAO, "discharge", NULL, END);
}

static void an_organization_that_owns_open_work_hands_it_over_before_it_leaves(void **state) {
    (void)state;
    chapter_plan(&s);
    story_do(&s, MARIA, "leave-pathway", "brightpath", END);
    story_do(&s, MARIA, "join-pathway", "brightpath", END);
    chapter_refusal(&s);
    chapter_huddle(&s);
    story_do(&s, DENISE, "decide", "huddle", "decision", "preferred-contact", "reason", "she asked for it", END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "leave-pathway", "brightpath", END);
    assert_true(story_says(&s, "preferred_contact"));
}

static void an_organization_joins_as_the_kind_that_the_store_knows(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join-pathway", "pharmacy-one", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join-pathway", "pharmacy-one", "kind", "community", END);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "join-pathway", "riverside", END); // not for a guest to say
    story_refused(&s, DENISE, STEPDOWN_DENIED, "leave-pathway", "lakeside", END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "leave-pathway", "harborview", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "join-pathway", "riverside", "kind", "clinical", END);
}

// ---- wrong arguments -------------------------------------------------------------------------------------------------------------

static void a_value_of_the_wrong_type_names_the_field_and_what_it_wants(void **state) {
    (void)state;
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "first_visit_at", "tomorrow", END);
    assert_string_equal(story_detail(&s, "field"), "first_visit_at");
    assert_true(story_says(&s, "moment"));
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "preferred_contact_method", "pigeon", END);
    assert_string_equal(story_detail(&s, "field"), "preferred_contact_method");
    assert_true(story_says(&s, "text-message"));
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "preferred_contact_method", "video",
                  "preferred_contact_method", "letter", END);
    assert_true(story_says(&s, "more than once"));
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "discharge_contact", "", END);
    assert_string_equal(story_detail(&s, "field"), "discharge_contact");
    chapter_plan(&s);
    story_refused(&s, SAM, STEPDOWN_INVALID, "refuse", "first_visit", "attempts", "three", END);
    assert_string_equal(story_detail(&s, "field"), "attempts");
    story_refused(&s, SAM, STEPDOWN_INVALID, "refuse", "first_visit", "staff_safety_concern", "perhaps", END);
    assert_string_equal(story_detail(&s, "field"), "staff_safety_concern");
}

static void a_moment_that_the_calendar_does_not_have_is_refused(void **state) {
    static const char *const moments[] = {"2026-02-30 10:00", "2026-13-01 10:00", "2026-03-03 25:00",
                                          "2026-03-03T14:00:00+99:00", "26-03-03 14:00"};
    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "first_visit_at", moments[i], END);
    }
}

static void an_unknown_field_is_named_and_the_known_ones_too(void **state) {
    (void)state;
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "favourite_colour", "red",
                  "preferred_contact_method", "video", END);
    assert_string_equal(story_detail(&s, "field"), "favourite_colour");
    assert_true(story_detail_has(&s, "known", "preferred_contact_method"));
    assert_true(story_detail_has(&s, "known", "warning_signs"));
}

static void an_unknown_form_or_target_is_named_and_the_known_ones_too(void **state) {
    (void)state;
    story_refused(&s, DENISE, STEPDOWN_NOT_FOUND, "submit", "discharge_pan", "preferred_contact_method", "video", END);
    assert_string_equal(story_detail(&s, "target"), "discharge_pan");
    assert_true(story_detail_has(&s, "known", "discharge_plan"));
    story_refused(&s, SAM, STEPDOWN_NOT_FOUND, "accept", "frist_visit", END);
    assert_true(story_detail_has(&s, "known", "first_visit"));
    story_refused(&s, SAM, STEPDOWN_NOT_FOUND, "accept", "99.0", END);
    story_refused(&s, SAM, STEPDOWN_NOT_FOUND, "add", "hudle", END);
    assert_true(story_detail_has(&s, "known", "visit"));
}

static void an_unknown_verb_is_named_with_those_of_the_kind(void **state) {
    (void)state;
    chapter_plan(&s);
    story_refused(&s, SAM, STEPDOWN_INVALID, "frobnicate", "first_visit", END);
    assert_true(story_says(&s, "frobnicate"));
    assert_true(story_detail_has(&s, "verb", "refuse"));
    assert_true(story_detail_has(&s, "verb", "accept"));
    assert_false(story_detail_has(&s, "verb", "close"));                     // of other kinds
    story_refused(&s, SAM, STEPDOWN_INVALID, "overdue", "first_visit", END); // the engine's own
}

static void a_verb_without_its_target_is_refused(void **state) {
    (void)state;
    story_refused(&s, SAM, STEPDOWN_INVALID, "submit", NULL, END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "accept", NULL, END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "accept", "", END);
}

static void text_of_every_length_is_kept_or_refused_and_never_cut(void **state) {
    static char text[16385];
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    memset(text, 'a', sizeof text - 1);
    text[1000] = '\0';
    story_do(&s, RAO, "submit", "clinical_advice", "advice", text, "further_contact", "as-usual", END);
    text[1000] = 'a';
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(s.sessions[RAO], "submit", "clinical_advice", &command, NULL), STEPDOWN_OK);
    stepdown_slice over = {(const uint8_t *)text, 16385};
    text[16384] = 'a';
    assert_int_equal(stepdown_command_set_text(command, "advice", over, NULL), STEPDOWN_LIMIT);
    stepdown_command_free(&command);
    text[16384] = '\0';
    uint64_t before = story_rows(&s);
    assert_int_equal(stepdown_command_new(s.sessions[RAO], "submit", "clinical_advice", &command, NULL), STEPDOWN_OK);
    over.size = 16384;
    assert_int_equal(stepdown_command_set_text(command, "advice", over, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "further_contact", "as-usual", NULL), STEPDOWN_OK);
    stepdown_status status = stepdown_session_execute(s.sessions[RAO], s.pathway, command, NULL, NULL);
    stepdown_command_free(&command);
    assert_true(status == STEPDOWN_OK || (status == STEPDOWN_LIMIT && before == story_rows(&s)));
    s.command_id = NULL;
}

static void a_command_of_many_large_fields_is_refused_or_kept_whole(void **state) {
    static char text[16000];
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    memset(text, 'b', sizeof text - 1);
    uint64_t before = story_rows(&s);
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(s.sessions[MARIA], "submit", "huddle_statement", &command, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "what_happened", text, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "what_it_may_mean", text, NULL), STEPDOWN_OK);
    stepdown_status status = stepdown_session_execute(s.sessions[MARIA], s.pathway, command, NULL, NULL);
    stepdown_command_free(&command);
    assert_true(status == STEPDOWN_OK || (status == STEPDOWN_LIMIT && before == story_rows(&s)));
}

static void what_happens_in_the_future_or_before_the_opening_is_refused(void **state) {
    (void)state;
    s.occurred = "03-03 09:01";
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    assert_string_equal(story_detail(&s, "field"), "occurred_at");
    s.occurred = "03-03 08:59";
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    assert_true(story_says(&s, "before"));
    s.occurred = "03-03 09:00";
    discharge_plan("video");
}

static void a_step_that_does_not_lead_on_from_the_state_is_refused(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    story_refused(&s, SAM, STEPDOWN_WRONG_STATE, "refuse", "first_visit", END);
    assert_string_equal(story_detail(&s, "state"), "refused");
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "close", "huddle", END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "reopen", "huddle", "reason", "it is open", END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "reopen-pathway", NULL, END);
}

static void a_reason_is_required_where_the_lifecycle_says_so(void **state) {
    static const char *const verbs[] = {"cancel", "suspend", "decline"};
    (void)state;
    chapter_plan(&s);
    for (size_t i = 0; i < 3; i++) {
        story_refused(&s, SAM, STEPDOWN_INVALID, verbs[i], "first_visit", END);
        assert_string_equal(story_detail(&s, "field"), "reason");
    }
    story_refused(&s, SAM, STEPDOWN_INVALID, "cancel", "first_visit", "reason", "", END);
}

static void a_pathway_that_does_not_exist_is_not_found(void **state) {
    char own[32];
    (void)state;
    snprintf(own, sizeof own, "%s", s.pathway);
    s.pathway[3] = s.pathway[3] == 'a' ? 'b' : 'a';
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(s.sessions[SAM], "discharge", NULL, &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(s.sessions[SAM], s.pathway, command, NULL, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(stepdown_session_execute(s.sessions[SAM], "nonsense", command, NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_session_execute(s.sessions[SAM], NULL, command, NULL, NULL), STEPDOWN_INVALID);
    stepdown_command_free(&command);
    snprintf(s.pathway, sizeof s.pathway, "%s", own);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_same_command_id_again_returns_the_first_receipt),
        T(the_same_id_is_known_even_after_the_pathway_moved_on),
        T(another_request_under_the_same_id_is_refused),
        T(a_refused_command_does_not_use_its_id_up),
        T(opening_again_under_the_same_id_finds_the_same_pathway),
        T(opening_a_pathway_under_an_id_that_exists_is_refused),
        T(opening_needs_a_known_protocol_subject_zone_and_organization),
        T(an_unknown_zone_opens_nothing),
        T(an_old_expected_version_is_stale),
        T(what_one_engine_wrote_the_other_sees_at_once),
        T(roles_given_by_one_engine_are_known_to_the_other),
        T(a_conflict_is_tried_again_and_both_take_effect),
        T(without_retries_a_conflict_is_contended_and_nothing_happened),
        T(someone_of_an_organization_that_does_not_take_part_neither_sees_nor_does_anything),
        T(a_role_that_the_protocol_does_not_know_is_denied),
        T(a_role_of_another_kind_of_organization_is_denied),
        T(a_form_is_filled_in_only_by_its_roles_and_a_field_by_its_own),
        T(a_step_belongs_to_its_owner_and_to_who_answers_for_them),
        T(the_same_role_of_another_organization_has_no_say),
        T(who_is_not_asked_to_a_huddle_does_not_join_it),
        T(an_organization_that_leaves_sees_nothing_more_and_may_come_back),
        T(an_organization_that_owns_open_work_hands_it_over_before_it_leaves),
        T(an_organization_joins_as_the_kind_that_the_store_knows),
        T(a_value_of_the_wrong_type_names_the_field_and_what_it_wants),
        T(a_moment_that_the_calendar_does_not_have_is_refused),
        T(an_unknown_field_is_named_and_the_known_ones_too),
        T(an_unknown_form_or_target_is_named_and_the_known_ones_too),
        T(an_unknown_verb_is_named_with_those_of_the_kind),
        T(a_verb_without_its_target_is_refused),
        T(text_of_every_length_is_kept_or_refused_and_never_cut),
        T(a_command_of_many_large_fields_is_refused_or_kept_whole),
        T(what_happens_in_the_future_or_before_the_opening_is_refused),
        T(a_step_that_does_not_lead_on_from_the_state_is_refused),
        T(a_reason_is_required_where_the_lifecycle_says_so),
        T(a_pathway_that_does_not_exist_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
