// SPDX-License-Identifier: Apache-2.0
// Ladders from the first rung to the last: everybody of a rung in one act, across organizations; whoever is on call at that
// hour; empty roles and rungs passed on instead of dropped; nothing raised twice, by one engine or two; work put aside, a
// pathway moved to another version; and that seen, taken on and dealt with are three different things.
#include "story.h"

static struct story s;
static stepdown_result *messages;

static const char body[] =
    "title: Who is told, and when\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: Somebody who waits for an answer, from a test.\n"
    "escalate: late\n"
    "items:\n"
    "  check: {kind: task, owner: supervisor, on_demand: yes, many: yes, due: 2 hours}\n"
    "  call: {kind: task, owner: supervisor, on_demand: yes, due: 1 hour, escalate: same-person}\n"
    "escalations:\n"
    "  same-person:\n"
    "    says: One person in two roles\n"
    "    ladder:\n"
    "      - {tell: [supervisor, frontline-worker], answer_within: 1 hour}\n"
    "  late:\n"
    "    says: It was not done in time\n"
    "    ladder:\n"
    "      - {tell: [supervisor, case-manager, clinical-contact], answer_within: 1 hour}\n"
    "      - {tell: operations-manager, answer_within: 2 hours}\n";
static const char second[] = "      - {tell: service-leader, answer_within: 4 hours}\n";
static const char shorter[] = "      - {tell: service-leader, answer_within: 30 minutes}\n"
                              "      - {tell: clinical-lead, answer_within: 4 hours}\n";

static void activate(const char *version, const char *rungs) {
    char text[4096];
    int size = snprintf(text, sizeof text, "protocol: watch\nversion: %s\n%s%s", version, body, rungs);
    assert_in_range(size, 1, (int)sizeof text - 1);
    story_activate_text(&s, text);
}

static void open_pathway(void) {
    activate("1.0.0", second);
    story_do(&s, MARIA, "open", "watch", "subject", "p-1", "zone", "America/New_York", END);
    story_do(&s, MARIA, "join-pathway", "brightpath", END);
    story_do(&s, MARIA, "join-pathway", "lakeside", END);
    story_do(&s, MARIA, "add", "check", END); // 09:00, due at eleven
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    open_pathway();
    return 0;
}

static int begin_with_nobody(void **state) {
    (void)state;
    story_begin_empty(&s);
    open_pathway();
    return 0;
}

static int end(void **state) {
    (void)state;
    stepdown_result_free(&messages);
    return story_close(&s);
}

// Who is told by what waits in the outbox now: "Maria Chen (supervisor, harborview) " for each, in its order.
static const char *told(void) {
    static char text[1024];
    size_t used = 0;
    text[0] = '\0';
    stepdown_result_free(&messages);
    assert_int_equal(stepdown_outbox_lease(s.sessions[RUTH], 100, 60, &messages, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(messages); i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s@%s", i > 0 ? ", " : "",
                                 stepdown_result_text(messages, i, stepdown_result_column(messages, "recipient_role")),
                                 stepdown_result_text(messages, i, stepdown_result_column(messages, "recipient")));
        assert_int_equal(stepdown_outbox_settle(
                             s.sessions[RUTH],
                             stepdown_result_text(messages, i, stepdown_result_column(messages, "token")), 1, NULL),
                         STEPDOWN_OK);
    }
    return text;
}

static void hold(const char *role, const char *organization, const char *person, const char *from, const char *until,
                 int32_t on_call) {
    assert_int_equal(stepdown_engine_assign_role(s.engine, role, organization, person,
                                                 from != NULL ? story_time(from) : STEPDOWN_TIME_NONE,
                                                 until != NULL ? story_time(until) : STEPDOWN_TIME_NONE, on_call, NULL),
                     STEPDOWN_OK);
}

// Times such an event stands in the records of the pathway.
static size_t recorded(const char *event) {
    size_t found = 0;
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 0, 1000, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        const stepdown_result *events = stepdown_result_rows(s.view, i, stepdown_result_column(s.view, "events"));
        for (size_t k = 0; k < stepdown_result_count(events); k++)
            found += strcmp(stepdown_result_text(events, k, stepdown_result_column(events, "event")), event) == 0;
    }
    return found;
}

// ---- who is told -----------------------------------------------------------------------------------------------------------

static void X_125_one_rung_tells_three_organizations_in_one_act(void **state) {
    (void)state;
    (void)told();
    story_at(&s, "03-03 10:59");
    uint64_t before = story_sequence(&s);
    story_at(&s, "03-03 11:00");
    assert_int_equal(story_sequence(&s), before + 1); // overdue, alert and everybody told: one record
    assert_string_equal(told(), "supervisor@Maria Chen, case-manager@Denise Walker, clinical-contact@Dr. Anita Rao");
    assert_int_equal(story_alerts(&s, NULL), 1); // one alert that all of them see, not three
    assert_string_equal(story_item(&s, "late", "owner"), "Maria Chen");
    story_at(&s, "03-03 12:00");
    assert_string_equal(told(), "operations-manager@Omar Haddad");
    story_at(&s, "03-03 14:00");
    assert_string_equal(told(), "service-leader@Ruth Adler");
    story_at(&s, "03-03 18:00");
    assert_string_equal(told(), "service-leader@Grace Liu"); // behind the last rung
}

static void whoever_is_told_may_take_it_on_whatever_their_organization(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_refused(&s, KIM, STEPDOWN_DENIED, "own", "late", END); // who was not asked
    story_do(&s, RAO, "own", "late", END);
    assert_string_equal(story_item(&s, "late", "owner"), "Dr. Anita Rao");
    assert_string_equal(story_item(&s, "late", "owner_organization"), "lakeside");
}

static void an_organization_that_does_not_take_part_is_not_told(void **state) {
    (void)state;
    (void)told();
    hold("supervisor", "riverside", "Zoe Elsewhere", NULL, NULL, 1);
    story_do(&s, MARIA, "leave-pathway", "lakeside", "reason", "their part is over", END);
    story_at(&s, "03-03 11:00");
    assert_string_equal(told(), "supervisor@Maria Chen, case-manager@Denise Walker");
}

// The calendar is asked when the rung is reached, not when the work was opened.
static void whoever_is_on_call_at_that_hour_is_told(void **state) {
    (void)state;
    hold("operations-manager", "harborview", "Nora Night", "03-03 11:30", "03-03 12:30", 1);
    hold("operations-manager", "harborview", "Dan Day", "03-03 08:00", "03-03 12:00", 1); // goes as the rung is reached
    hold("service-leader", "harborview", "Lea Late", "03-03 14:00", NULL, 1);             // comes as it is reached
    story_at(&s, "03-03 11:00");
    (void)told();
    story_at(&s, "03-03 12:00");
    assert_string_equal(told(), "operations-manager@Nora Night");
    story_at(&s, "03-03 14:00");
    assert_string_equal(told(), "service-leader@Lea Late");
}

static void outside_every_shift_whoever_holds_the_role_is_told(void **state) {
    (void)state;
    hold("operations-manager", "harborview", "Nora Night", "03-03 20:00", "03-04 06:00", 1);
    story_at(&s, "03-03 11:00");
    (void)told();
    story_at(&s, "03-03 12:00");
    assert_string_equal(told(), "operations-manager@Omar Haddad");
}

static void one_person_in_two_roles_is_told_once(void **state) {
    (void)state;
    hold("frontline-worker", "harborview", "Maria Chen", NULL, NULL, 1);
    story_do(&s, MARIA, "add", "call", END);
    story_at(&s, "03-03 09:30");
    (void)told();
    story_at(&s, "03-03 10:00");
    assert_string_equal(told(), "supervisor@Maria Chen");
}

// ---- empty roles -------------------------------------------------------------------------------------------------------------

static void an_empty_role_is_answered_for_and_an_empty_rung_passed_at_once(void **state) {
    (void)state;
    story_hold(&s, RUTH); // nobody else holds anything
    story_at(&s, "03-03 11:00");
    assert_string_equal(told(),
                        "service-leader@Ruth Adler"); // for the supervisor, whom the operations manager answers for …
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_string_equal(story_item(&s, "late", "owner"), "Ruth Adler");
}

static void when_one_of_a_rung_is_missing_the_others_are_told(void **state) {
    (void)state;
    story_hold(&s, DENISE);
    story_at(&s, "03-03 11:00");
    assert_string_equal(told(), "case-manager@Denise Walker");
    story_at(&s, "03-03 12:00"); // nobody on the rungs behind: the store's fallback, at once
    assert_string_equal(told(), "service-leader@Grace Liu");
    story_at(&s, "03-04 12:00"); // again every day, and never dropped
    assert_string_equal(told(), "service-leader@Grace Liu");
    assert_int_equal(story_alerts(&s, NULL), 1);
}

static void with_nobody_at_all_the_fallback_is_told_at_once_and_every_day(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    for (int day = 3; day < 7; day++) {
        char when[16];
        assert_string_equal(told(), "service-leader@Grace Liu");
        snprintf(when, sizeof when, "03-%02d 11:00", day + 1);
        story_at(&s, when);
    }
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_string_equal(story_item(&s, "late", "state"), "open");
}

static void who_comes_meanwhile_is_told_on_the_next_rung(void **state) {
    (void)state;
    story_hold(&s, MARIA);
    story_at(&s, "03-03 11:00");
    assert_string_equal(told(), "supervisor@Maria Chen");
    story_hold(&s, OMAR);
    story_at(&s, "03-03 12:00");
    assert_string_equal(told(), "operations-manager@Omar Haddad");
}

// ---- nothing twice -----------------------------------------------------------------------------------------------------------

static void two_engines_that_let_the_same_time_pass_raise_one_alert(void **state) {
    stepdown_engine *other = NULL;
    (void)state;
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &other, NULL), STEPDOWN_OK);
    static const char *const hours[] = {"03-03 11:00", "03-03 12:00", "03-03 14:00", "03-03 18:00"};
    for (size_t i = 0; i < 4; i++) {
        stepdown_result *fired = NULL;
        int32_t more = 0;
        story_clock(&s, hours[i]);
        assert_int_equal(stepdown_engine_advance(i % 2 == 0 ? other : s.engine, s.now, 0, &fired, &more, NULL),
                         STEPDOWN_OK);
        stepdown_result_free(&fired);
        uint64_t before = story_sequence(&s);
        assert_int_equal(stepdown_engine_advance(i % 2 == 0 ? s.engine : other, s.now, 0, &fired, &more, NULL),
                         STEPDOWN_OK);
        stepdown_result_free(&fired);
        story_at(&s, hours[i]);
        assert_int_equal(story_sequence(&s), before);
    }
    assert_int_equal(recorded("item.overdue"), 1);
    assert_int_equal(recorded("alert.opened"), 1);
    assert_int_equal(recorded("alert.ladder-step"), 3);
    stepdown_engine_free(&other);
}

static void what_is_missed_again_while_its_alert_is_open_climbs_the_same_ladder(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_do(&s, MARIA, "set-due", "check", "due", "2026-03-03 11:30", "reason", "half an hour more", END);
    story_at(&s, "03-03 11:30");
    assert_int_equal(recorded("item.overdue"), 2);
    assert_int_equal(recorded("alert.opened"), 1);
    story_at(&s, "03-03 12:00"); // the rung counts from when the alert was raised
    assert_string_equal(story_item(&s, "late", "owner"), "Omar Haddad");
}

static void two_things_that_are_late_are_two_alerts(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "check", END);
    story_at(&s, "03-03 11:00");
    assert_int_equal(story_alerts(&s, "late"), 2);
}

static void after_it_was_resolved_the_same_may_be_raised_again(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_do(&s, MARIA, "set-due", "check", "due", "2026-03-03 15:00", "reason", "it takes longer", END);
    story_do(&s, MARIA, "resolve", "late", "reason", "agreed", END);
    story_at(&s, "03-03 12:00");
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_at(&s, "03-03 15:00");
    assert_int_equal(story_alerts(&s, "late"), 1);
    assert_int_equal(recorded("alert.opened"), 2);
}

// ---- seen, taken on, dealt with ------------------------------------------------------------------------------------------------

static void seen_is_not_taken_on_and_taken_on_is_not_dealt_with(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_do(&s, DENISE, "acknowledge", "late", END); // seen: the ladder goes on
    assert_string_equal(story_item(&s, "late", "state"), "acknowledged");
    assert_int_equal(story_item_number(&s, "late", "accepted"), 0);
    story_at(&s, "03-03 12:00");
    assert_string_equal(story_item(&s, "late", "owner"), "Omar Haddad");
    story_do(&s, OMAR, "own", "late", END); // taken on: a day's time
    assert_string_equal(story_item(&s, "late", "state"), "owned");
    assert_int_equal(story_item_number(&s, "late", "accepted"), 1);
    story_at(&s, "03-04 11:59");
    assert_int_equal(recorded("alert.ladder-step"), 1);
    story_at(&s, "03-04 12:00"); // taken on and left
    assert_int_equal(recorded("alert.ladder-step"), 2);
    assert_int_equal(story_item_number(&s, "late", "accepted"), 0);
    story_refused(&s, RUTH, STEPDOWN_HELD, "resolve", "late", "reason", "it will be done", END); // not dealt with
    story_do(&s, MARIA, "close", "check", END);
    assert_int_equal(story_alerts(&s, NULL), 1); // done late is one thing, saying so another
    story_do(&s, RUTH, "resolve", "late", "reason", "done at noon", END);
    assert_int_equal(story_alerts(&s, NULL), 0);
    char id[16];
    (void)snprintf(id, sizeof id, "%.15s", story_item(&s, "late", "id"));
    story_refused(&s, RUTH, STEPDOWN_WRONG_STATE, "own", id, END);
    story_at(&s, "03-09 12:00");
    assert_int_equal(recorded("alert.ladder-step"), 2);
    assert_int_equal(recorded("alert.opened"), 1);
}

static void an_alert_is_neither_put_aside_nor_called_off(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "suspend", "late", "reason", "later", "due", "2026-03-05 09:00",
                  END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "cancel", "late", "kind", "not-needed", "reason", "no", END);
    story_do(&s, MARIA, "cancel", "check", "kind", "not-needed", "reason", "done elsewhere", END);
    assert_int_equal(story_alerts(&s, NULL), 1); // what it was about is over; somebody still says so
    story_do(&s, MARIA, "resolve", "late", "reason", "done elsewhere", END);
    assert_int_equal(story_alerts(&s, NULL), 0);
}

// ---- put aside -------------------------------------------------------------------------------------------------------------------

static void work_put_aside_is_late_when_its_time_is_over_and_not_before(void **state) {
    (void)state;
    story_do(&s, MARIA, "suspend", "check", "reason", "she is at the doctor's", "due", "2026-03-03 13:00", END);
    story_at(&s, "03-03 12:59");
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_at(&s, "03-03 13:00"); // put aside is not put away
    assert_int_equal(story_alerts(&s, "late"), 1);
    story_at(&s, "03-03 14:00");
    assert_string_equal(story_item(&s, "late", "owner"), "Omar Haddad");
}

static void work_taken_up_again_keeps_the_time_that_was_given(void **state) {
    (void)state;
    story_do(&s, MARIA, "suspend", "check", "reason", "she is at the doctor's", "due", "2026-03-03 13:00", END);
    story_at(&s, "03-03 10:00");
    story_do(&s, MARIA, "resume", "check", "reason", "she is back", END);
    assert_int_equal(story_item_number(&s, "check", "suspended"), 0);
    assert_true(story_item_number(&s, "check", "due") == story_time("03-03 13:00"));
    story_at(&s, "03-03 12:59");
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_at(&s, "03-03 13:00");
    assert_int_equal(story_alerts(&s, "late"), 1);
}

static void putting_late_work_aside_does_not_stop_its_ladder(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    story_do(&s, MARIA, "suspend", "check", "reason", "tomorrow", "due", "2026-03-04 09:00", END);
    story_at(&s, "03-03 12:00");
    assert_string_equal(story_item(&s, "late", "owner"), "Omar Haddad");
    story_do(&s, OMAR, "resolve", "late", "reason", "agreed: tomorrow at nine", END);
    story_at(&s, "03-04 08:59");
    assert_int_equal(story_alerts(&s, NULL), 0);
    story_at(&s, "03-04 09:00");
    assert_int_equal(story_alerts(&s, "late"), 1);
}

// ---- another version -------------------------------------------------------------------------------------------------------------

static void a_ladder_goes_on_under_the_rungs_of_the_version_that_the_pathway_moves_to(void **state) {
    (void)state;
    story_at(&s, "03-03 11:00");
    activate("2.0.0", shorter);
    story_do(&s, MARIA, "migrate", NULL, "reason", "shorter ways", END);
    assert_int_equal(story_alerts(&s, NULL), 1); // the same one, and answered by the same time
    (void)told();
    story_at(&s, "03-03 12:00");
    assert_string_equal(told(), "operations-manager@Omar Haddad");
    story_at(&s, "03-03 14:00");
    assert_string_equal(told(), "service-leader@Ruth Adler");
    story_at(&s, "03-03 14:30"); // half an hour, as the new version says
    assert_string_equal(told(), "clinical-lead@Paul Weiss");
    assert_int_equal(recorded("alert.opened"), 1);
    assert_int_equal(recorded("item.overdue"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define EMPTY(name) cmocka_unit_test_setup_teardown(name, begin_with_nobody, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(X_125_one_rung_tells_three_organizations_in_one_act),
        T(whoever_is_told_may_take_it_on_whatever_their_organization),
        T(an_organization_that_does_not_take_part_is_not_told),
        T(whoever_is_on_call_at_that_hour_is_told),
        T(outside_every_shift_whoever_holds_the_role_is_told),
        T(one_person_in_two_roles_is_told_once),
        EMPTY(an_empty_role_is_answered_for_and_an_empty_rung_passed_at_once),
        EMPTY(when_one_of_a_rung_is_missing_the_others_are_told),
        EMPTY(with_nobody_at_all_the_fallback_is_told_at_once_and_every_day),
        EMPTY(who_comes_meanwhile_is_told_on_the_next_rung),
        T(two_engines_that_let_the_same_time_pass_raise_one_alert),
        T(what_is_missed_again_while_its_alert_is_open_climbs_the_same_ladder),
        T(two_things_that_are_late_are_two_alerts),
        T(after_it_was_resolved_the_same_may_be_raised_again),
        T(seen_is_not_taken_on_and_taken_on_is_not_dealt_with),
        T(an_alert_is_neither_put_aside_nor_called_off),
        T(work_put_aside_is_late_when_its_time_is_over_and_not_before),
        T(work_taken_up_again_keeps_the_time_that_was_given),
        T(putting_late_work_aside_does_not_stop_its_ladder),
        T(a_ladder_goes_on_under_the_rungs_of_the_version_that_the_pathway_moves_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
