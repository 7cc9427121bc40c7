// SPDX-License-Identifier: Apache-2.0
// Bad input, one row for each: a command that is wrong gets a status that says how and a message that says where, and
// not one byte of the store is another one afterwards.
#include "story.h"

static struct story s;

#define ARGUMENTS 12
struct bad {
    enum who who;
    stepdown_status status;
    const char *says; // part of the message
    const char *verb, *target;
    const char *arguments[ARGUMENTS]; // name, value …
    const char *occurred;
    int64_t expected; // 0: none
};

static char long_text[20000], long_name[200];

static int begin(void **state) {
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    memset(long_name, 'n', sizeof long_name - 1);
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    story_at(&s, "03-03 10:30");
    story_do(&s, DENISE, "discharge", NULL, END);
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static stepdown_status send(const struct bad *b) {
    stepdown_command *command = NULL;
    stepdown_error_free(&s.error);
    stepdown_result_free(&s.receipt);
    stepdown_status status = stepdown_command_new(s.sessions[b->who], b->verb, b->target, &command, &s.error);
    for (size_t i = 0; status == STEPDOWN_OK && i < ARGUMENTS && b->arguments[i] != NULL; i += 2) {
        status = stepdown_command_set(command, b->arguments[i], b->arguments[i + 1], &s.error);
    }
    if (status == STEPDOWN_OK && b->occurred != NULL) {
        stepdown_command_set_occurred(command, story_time(b->occurred), INT32_MIN);
    }
    if (status == STEPDOWN_OK && b->expected != 0) {
        stepdown_command_set_expected(command, (uint64_t)b->expected);
    }
    if (status == STEPDOWN_OK) {
        status = stepdown_session_execute(s.sessions[b->who], s.pathway, command, &s.receipt, &s.error);
    }
    stepdown_command_free(&command);
    return status;
}

static void with_an_offset_that_no_clock_has(void **state) {
    static const int32_t offsets[] = {1440, -1440, INT32_MAX, INT32_MIN + 1};
    (void)state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        stepdown_command *command = NULL;
        uint64_t before = story_store(&s);
        stepdown_error_free(&s.error);
        assert_int_equal(stepdown_command_new(s.sessions[SAM], "join", "huddle", &command, NULL), STEPDOWN_OK);
        stepdown_command_set_occurred(command, story_time("03-03 10:00"), offsets[i]);
        assert_int_equal(stepdown_session_execute(s.sessions[SAM], s.pathway, command, NULL, &s.error),
                         STEPDOWN_INVALID);
        assert_true(story_says(&s, "occurred_at: its offset from UTC is 24 hours or more"));
        assert_true(story_store(&s) == before);
        stepdown_command_free(&command);
    }
}

static void each(const struct bad *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct bad *b = &rows[i];
        uint64_t before = story_store(&s);
        stepdown_status status = send(b);
        if (status != b->status || !story_says(&s, b->says)) {
            fail_msg("%s %s: %s (%s), not %s (%s)", b->verb, b->target != NULL ? b->target : "",
                     stepdown_status_name(status), s.error != NULL ? stepdown_error_message(s.error) : "",
                     stepdown_status_name(b->status), b->says);
        }
        assert_null(s.receipt);
        if (story_store(&s) != before) {
            fail_msg("%s %s was refused and changed the store", b->verb, b->target != NULL ? b->target : "");
        }
    }
}
#define EACH(rows) each(rows, sizeof rows / sizeof rows[0])

static void in_a_wrong_state(void **state) {
    static const struct bad rows[] = {
        {SAM, STEPDOWN_WRONG_STATE, "first_visit is refused", "start", "first_visit", {NULL}, NULL, 0},
        {SAM, STEPDOWN_WRONG_STATE, "first_visit is refused", "attend", "first_visit", {NULL}, NULL, 0},
        {SAM, STEPDOWN_WRONG_STATE, "first_visit is refused", "claim", "first_visit", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_WRONG_STATE, "huddle is started", "start", "huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_WRONG_STATE, "huddle is started", "reopen", "huddle", {"reason", "r"}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "is no step of a huddle", "attend", "huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "is no step of a huddle", "overdue", "huddle", {NULL}, NULL, 0}, // only the engine's
        {MARIA, STEPDOWN_WRONG_STATE, "the pathway is open", "reopen-pathway", NULL, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_WRONG_STATE, "still open", "close-pathway", NULL, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_HELD, "the huddle cannot close yet", "close", "huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_EXISTS, "takes part already", "join-pathway", "brightpath", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_EXISTS, "has the protocol", "attach", "failed-first-visit-huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_EXISTS, "versions that are in force", "migrate", NULL, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_NOT_FOUND, "none of these now", "accept", "second_visit", {NULL}, NULL, 0},
        {MARIA,
         STEPDOWN_NOT_FOUND,
         "has nothing here",
         "reassign",
         NULL,
         {"from", "Nobody", "to", "Sam Ortiz", "reason", "r"},
         NULL,
         0},
        {MARIA, STEPDOWN_DENIED, "opened by the protocol", "add", "supervisor_review", {NULL}, NULL, 0},
    };
    (void)state;
    EACH(rows);
}

static void by_a_wrong_role_or_organization(void **state) {
    static const struct bad rows[] = {
        {KIM, STEPDOWN_DENIED, "riverside does not take part", "close", "huddle", {NULL}, NULL, 0},
        {KIM, STEPDOWN_DENIED, "riverside does not take part", "submit", "contact", {NULL}, NULL, 0},
        {KIM, STEPDOWN_DENIED, "riverside does not take part", "migrate", NULL, {NULL}, NULL, 0},
        {DENISE, STEPDOWN_DENIED, "belongs to the supervisor", "close", "huddle", {NULL}, NULL, 0},
        {SAM, STEPDOWN_DENIED, "belongs to the supervisor", "call", "huddle", {"role", "case-manager"}, NULL, 0},
        {TOM, STEPDOWN_DENIED, "does not take part in this huddle", "join", "huddle", {NULL}, NULL, 0},
        {LENA,
         STEPDOWN_DENIED,
         "does not take part in this huddle",
         "decide",
         "huddle",
         {"decision", "second-visit", "reason", "r"},
         NULL,
         0},
        {DENISE, STEPDOWN_DENIED, "only the organization that opened", "join-pathway", "riverside", {NULL}, NULL, 0},
        {DENISE, STEPDOWN_DENIED, "only the organization that opened", "attach", "x", {NULL}, NULL, 0},
        {RAO, STEPDOWN_DENIED, "only the organization that opened", "migrate", NULL, {NULL}, NULL, 0},
        {SAM, STEPDOWN_INVALID, "in person", "join", "huddle", {"person", "Maria Chen"}, NULL, 0},
        {SAM, STEPDOWN_INVALID, "in person", "attest", "visit_record", {"role", "supervisor"}, NULL, 0},
        {DENISE,
         STEPDOWN_DENIED,
         "cannot reassign everything",
         "reassign",
         NULL,
         {"from", "Maria Chen", "to", "Denise Walker", "reason", "r"},
         NULL,
         0},
        {DENISE,
         STEPDOWN_DENIED,
         "only its author or the same role",
         "retract",
         "visit_record",
         {"reason", "r"},
         NULL,
         0},
    };
    (void)state;
    EACH(rows);
}

static void with_stale_versions_and_impossible_dates(void **state) {
    static const struct bad rows[] = {
        {SAM, STEPDOWN_STALE, "not at 1", "join", "huddle", {NULL}, NULL, 1},
        {SAM, STEPDOWN_STALE, "not at 999", "join", "huddle", {NULL}, NULL, 999},
        {RAO, STEPDOWN_STALE, "it has changed", "attest", "visit_record", {"version", "1"}, NULL, 0},
        {SAM, STEPDOWN_INVALID, "occurred_at: lies in the future", "join", "huddle", {NULL}, "03-03 18:00", 0},
        {SAM,
         STEPDOWN_INVALID,
         "occurred_at: lies before the pathway was opened",
         "join",
         "huddle",
         {NULL},
         "03-03 08:59",
         0},
        {DENISE, STEPDOWN_INVALID, "occurred_at: lies in the future", "return", NULL, {NULL}, "03-09 08:00", 0},
        {DENISE,
         STEPDOWN_INVALID,
         "occurred_at: lies before the person was discharged",
         "return",
         NULL,
         {NULL},
         "03-03 10:00",
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "due: must be a moment",
         "set-due",
         "huddle",
         {"due", "soon", "reason", "r"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "due: must be a moment",
         "set-due",
         "huddle",
         {"due", "2026-02-30 10:00", "reason", "r"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "next_planned_contact: must be a moment",
         "submit",
         "huddle_record",
         {"next_planned_contact", "25:00"},
         NULL,
         0},
    };
    (void)state;
    EACH(rows);
}

static void with_unknown_names_and_wrong_types(void **state) {
    static const struct bad rows[] = {
        {MARIA, STEPDOWN_NOT_FOUND, "no form nonsense", "submit", "nonsense", {"a", "b"}, NULL, 0},
        {MARIA, STEPDOWN_NOT_FOUND, "know nothing of this name", "start", "nonsense", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_NOT_FOUND, "no item or entry has this id", "start", "99.0", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_NOT_FOUND, "know nothing of this name", "start", "1.x", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "needs a target", "submit", NULL, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "is no step of a huddle", "frobnicate", "huddle", {NULL}, NULL, 0},
        {SAM,
         STEPDOWN_INVALID,
         "takes no such argument",
         "submit",
         "visit_record",
         {"attempts", "3", "colour", "red"},
         NULL,
         0},
        {MARIA, STEPDOWN_INVALID, "takes no such argument", "join", "huddle", {"colour", "red"}, NULL, 0},
        {SAM, STEPDOWN_INVALID, "attempts: must be a number", "submit", "visit_record", {"attempts", "many"}, NULL, 0},
        {SAM,
         STEPDOWN_INVALID,
         "attempts: was given more than once",
         "submit",
         "visit_record",
         {"attempts", "1", "attempts", "2"},
         NULL,
         0},
        {SAM, STEPDOWN_INVALID, "is not one of", "submit", "visit_record", {"person_response", "asleep"}, NULL, 0},
        {SAM,
         STEPDOWN_INVALID,
         "staff_safety_concern: must be yes or no",
         "submit",
         "visit_record",
         {"staff_safety_concern", "perhaps"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "plan_remains_safe.why",
         "submit",
         "huddle_record",
         {"plan_remains_safe", "unsure"},
         NULL,
         0},
        {SAM, STEPDOWN_INVALID, "no field was given", "submit", "visit_record", {NULL}, NULL, 0},
        {MARIA,
         STEPDOWN_INVALID,
         "role: must be a role",
         "assign",
         "huddle",
         {"owner", "Omar Haddad", "role", "wizard"},
         NULL,
         0},
        {MARIA, STEPDOWN_INVALID, "owner: is required", "assign", "huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "reason: is required", "suspend", "huddle", {"due", "1 day"}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "due: is required", "suspend", "huddle", {"reason", "r"}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "kind: say whether", "cancel", "huddle", {"reason", "r"}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "evidence: is required", "present", "huddle", {NULL}, NULL, 0},
        {MARIA, STEPDOWN_NOT_FOUND, "no item or entry has this id", "present", "huddle", {"evidence", "77.0"}, NULL, 0},
        {MARIA,
         STEPDOWN_INVALID,
         "cannot be about",
         "submit",
         "huddle_record",
         {"about", "first_visit", "next_contact_owner", "x"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "needs `owner_role`",
         "add",
         "task",
         {"name", "n", "owner_role", "wizard", "due", "1 day"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "needs `owner_role`",
         "add",
         "task",
         {"name", "n", "owner_role", "supervisor"},
         NULL,
         0},
        {MARIA, STEPDOWN_INVALID, "name", "add", "task", {"owner_role", "supervisor", "due", "1 day"}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "the store does not know", "join-pathway", "nowhere", {NULL}, NULL, 0},
    };
    (void)state;
    EACH(rows);
}

static void with_too_much_of_it(void **state) {
    const struct bad rows[] = {
        {MARIA, STEPDOWN_LIMIT, "", "submit", "huddle_statement", {"what_happened", long_text}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "at most 128 bytes", "start", long_name, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "owner", "assign", "huddle", {"owner", long_name}, NULL, 0},
        {MARIA,
         STEPDOWN_INVALID,
         "name",
         "add",
         "task",
         {"name", long_name, "owner_role", "supervisor", "due", "1 day"},
         NULL,
         0},
        {MARIA,
         STEPDOWN_INVALID,
         "to",
         "reassign",
         NULL,
         {"from", "Maria Chen", "to", long_name, "reason", "r"},
         NULL,
         0},
        {MARIA, STEPDOWN_INVALID, "at most 128 bytes", "attach", long_name, {NULL}, NULL, 0},
        {MARIA, STEPDOWN_INVALID, "UTF-8", "submit", "huddle_statement", {"what_happened", "\xff\xfe"}, NULL, 0},
        {MARIA,
         STEPDOWN_INVALID,
         "must be text and not empty",
         "submit",
         "huddle_statement",
         {"what_happened", ""},
         NULL,
         0},
    };
    (void)state;
    EACH(rows);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(in_a_wrong_state),
        T(by_a_wrong_role_or_organization),
        T(with_stale_versions_and_impossible_dates),
        T(with_an_offset_that_no_clock_has),
        T(with_unknown_names_and_wrong_types),
        T(with_too_much_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
