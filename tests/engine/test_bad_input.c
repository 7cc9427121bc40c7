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

#define BAD(who, status, says, verb, target, ...)                                                                      \
    { who, STEPDOWN_##status, says, verb, target, {__VA_ARGS__}, NULL, 0 }
#define BAD_AT(who, status, says, verb, target, occurred)                                                              \
    { who, STEPDOWN_##status, says, verb, target, {NULL}, occurred, 0 }
#define BAD_SEEN(who, status, says, verb, target, expected)                                                            \
    { who, STEPDOWN_##status, says, verb, target, {NULL}, NULL, expected }

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
        BAD(SAM, WRONG_STATE, "first_visit is refused", "start", "first_visit", NULL),
        BAD(SAM, WRONG_STATE, "first_visit is refused", "attend", "first_visit", NULL),
        BAD(SAM, WRONG_STATE, "first_visit is refused", "claim", "first_visit", NULL),
        BAD(MARIA, WRONG_STATE, "huddle is started", "start", "huddle", NULL),
        BAD(MARIA, WRONG_STATE, "huddle is started", "reopen", "huddle", "reason", "r"),
        BAD(MARIA, INVALID, "is no step of a huddle", "attend", "huddle", NULL),
        BAD(MARIA, INVALID, "is no step of a huddle", "overdue", "huddle", NULL), // only the engine's
        BAD(MARIA, WRONG_STATE, "the pathway is open", "reopen-pathway", NULL, NULL),
        BAD(MARIA, WRONG_STATE, "still open", "close-pathway", NULL, NULL),
        BAD(MARIA, HELD, "the huddle cannot close yet", "close", "huddle", NULL),
        BAD(MARIA, EXISTS, "takes part already", "join-pathway", "brightpath", NULL),
        BAD(MARIA, EXISTS, "has the protocol", "attach", "failed-first-visit-huddle", NULL),
        BAD(MARIA, EXISTS, "versions that are in force", "migrate", NULL, NULL),
        BAD(MARIA, NOT_FOUND, "none of these now", "accept", "second_visit", NULL),
        BAD(MARIA, NOT_FOUND, "has nothing here", "reassign", NULL, "from", "Nobody", "to", "Sam Ortiz", "reason", "r"),
        BAD(MARIA, DENIED, "opened by the protocol", "add", "supervisor_review", NULL),
    };
    (void)state;
    EACH(rows);
}

static void by_a_wrong_role_or_organization(void **state) {
    static const struct bad rows[] = {
        BAD(KIM, DENIED, "riverside does not take part", "close", "huddle", NULL),
        BAD(KIM, DENIED, "riverside does not take part", "submit", "contact", NULL),
        BAD(KIM, DENIED, "riverside does not take part", "migrate", NULL, NULL),
        BAD(DENISE, DENIED, "belongs to the supervisor", "close", "huddle", NULL),
        BAD(SAM, DENIED, "belongs to the supervisor", "call", "huddle", "role", "case-manager"),
        BAD(TOM, DENIED, "does not take part in this huddle", "join", "huddle", NULL),
        BAD(LENA, DENIED, "does not take part in this huddle", "decide", "huddle", "decision", "second-visit", "reason",
            "r"),
        BAD(DENISE, DENIED, "only the organization that opened", "join-pathway", "riverside", NULL),
        BAD(DENISE, DENIED, "only the organization that opened", "attach", "x", NULL),
        BAD(RAO, DENIED, "only the organization that opened", "migrate", NULL, NULL),
        BAD(SAM, INVALID, "in person", "join", "huddle", "person", "Maria Chen"),
        BAD(SAM, INVALID, "in person", "attest", "visit_record", "role", "supervisor"),
        BAD(DENISE, DENIED, "cannot reassign everything", "reassign", NULL, "from", "Maria Chen", "to", "Denise Walker",
            "reason", "r"),
        BAD(DENISE, DENIED, "only its author or the same role", "retract", "visit_record", "reason", "r"),
    };
    (void)state;
    EACH(rows);
}

static void with_stale_versions_and_impossible_dates(void **state) {
    static const struct bad rows[] = {
        BAD_SEEN(SAM, STALE, "not at 1", "join", "huddle", 1),
        BAD_SEEN(SAM, STALE, "not at 999", "join", "huddle", 999),
        BAD(RAO, STALE, "it has changed", "attest", "visit_record", "version", "1"),
        BAD_AT(SAM, INVALID, "occurred_at: lies in the future", "join", "huddle", "03-03 18:00"),
        BAD_AT(SAM, INVALID, "occurred_at: lies before the pathway was opened", "join", "huddle", "03-03 08:59"),
        BAD_AT(DENISE, INVALID, "occurred_at: lies in the future", "return", NULL, "03-09 08:00"),
        BAD_AT(DENISE, INVALID, "occurred_at: lies before the person was discharged", "return", NULL, "03-03 10:00"),
        BAD(MARIA, INVALID, "due: must be a moment", "set-due", "huddle", "due", "soon", "reason", "r"),
        BAD(MARIA, INVALID, "due: must be a moment", "set-due", "huddle", "due", "2026-02-30 10:00", "reason", "r"),
        BAD(MARIA, INVALID, "next_planned_contact: must be a moment", "submit", "huddle_record", "next_planned_contact",
            "25:00"),
    };
    (void)state;
    EACH(rows);
}

static void with_unknown_names_and_wrong_types(void **state) {
    static const struct bad rows[] = {
        BAD(MARIA, NOT_FOUND, "no form nonsense", "submit", "nonsense", "a", "b"),
        BAD(MARIA, NOT_FOUND, "know nothing of this name", "start", "nonsense", NULL),
        BAD(MARIA, NOT_FOUND, "no item or entry has this id", "start", "99.0", NULL),
        BAD(MARIA, NOT_FOUND, "know nothing of this name", "start", "1.x", NULL),
        BAD(MARIA, INVALID, "needs a target", "submit", NULL, NULL),
        BAD(MARIA, INVALID, "is no step of a huddle", "frobnicate", "huddle", NULL),
        BAD(SAM, INVALID, "takes no such argument", "submit", "visit_record", "attempts", "3", "colour", "red"),
        BAD(MARIA, INVALID, "takes no such argument", "join", "huddle", "colour", "red"),
        BAD(SAM, INVALID, "attempts: must be a number", "submit", "visit_record", "attempts", "many"),
        BAD(SAM, INVALID, "attempts: was given more than once", "submit", "visit_record", "attempts", "1", "attempts",
            "2"),
        BAD(SAM, INVALID, "is not one of", "submit", "visit_record", "person_response", "asleep"),
        BAD(SAM, INVALID, "staff_safety_concern: must be yes or no", "submit", "visit_record", "staff_safety_concern",
            "perhaps"),
        BAD(MARIA, INVALID, "plan_remains_safe.why", "submit", "huddle_record", "plan_remains_safe", "unsure"),
        BAD(SAM, INVALID, "no field was given", "submit", "visit_record", NULL),
        BAD(MARIA, INVALID, "role: must be a role", "assign", "huddle", "owner", "Omar Haddad", "role", "wizard"),
        BAD(MARIA, INVALID, "owner: is required", "assign", "huddle", NULL),
        BAD(MARIA, INVALID, "reason: is required", "suspend", "huddle", "due", "1 day"),
        BAD(MARIA, INVALID, "due: is required", "suspend", "huddle", "reason", "r"),
        BAD(MARIA, INVALID, "kind: say whether", "cancel", "huddle", "reason", "r"),
        BAD(MARIA, INVALID, "evidence: is required", "present", "huddle", NULL),
        BAD(MARIA, NOT_FOUND, "no item or entry has this id", "present", "huddle", "evidence", "77.0"),
        BAD(MARIA, INVALID, "cannot be about", "submit", "huddle_record", "about", "first_visit", "next_contact_owner",
            "x"),
        BAD(MARIA, INVALID, "needs `owner_role`", "add", "task", "name", "n", "owner_role", "wizard", "due", "1 day"),
        BAD(MARIA, INVALID, "needs `owner_role`", "add", "task", "name", "n", "owner_role", "supervisor"),
        BAD(MARIA, INVALID, "name", "add", "task", "owner_role", "supervisor", "due", "1 day"),
        BAD(MARIA, INVALID, "the store does not know", "join-pathway", "nowhere", NULL),
    };
    (void)state;
    EACH(rows);
}

static void with_too_much_of_it(void **state) {
    const struct bad rows[] = {
        BAD(MARIA, LIMIT, "", "submit", "huddle_statement", "what_happened", long_text),
        BAD(MARIA, INVALID, "at most 128 bytes", "start", long_name, NULL),
        BAD(MARIA, INVALID, "owner", "assign", "huddle", "owner", long_name),
        BAD(MARIA, INVALID, "name", "add", "task", "name", long_name, "owner_role", "supervisor", "due", "1 day"),
        BAD(MARIA, INVALID, "to", "reassign", NULL, "from", "Maria Chen", "to", long_name, "reason", "r"),
        BAD(MARIA, INVALID, "at most 128 bytes", "attach", long_name, NULL),
        BAD(MARIA, INVALID, "UTF-8", "submit", "huddle_statement", "what_happened", "\xff\xfe"),
        BAD(MARIA, INVALID, "must be text and not empty", "submit", "huddle_statement", "what_happened", ""),
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
