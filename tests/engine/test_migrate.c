// SPDX-License-Identifier: Apache-2.0
// Versions: a new one runs beside the old one, running pathways stay where they are, and migrating moves them, as a whole
// or not at all, with every clock accounted for. And one command on many pathways.
#include "story.h"

#include <stdlib.h>

static struct story s;

// A protocol with parts that a version may have or not.
struct version {
    const char *number, *due, *item, *fields, *rules;
};
static const struct version first = {"1.0.0", "2 days",
                                     "walk: {kind: task, owner: supervisor, on_demand: yes, due: 1 day}",
                                     "calm: {says: calm, type: yes-no, kept: in-record}",
                                     "remind: {says: r, when: {every: 1 day}, do: [{flag: daily}]}"};

static stepdown_status activate(const struct version *v) {
    char text[4096];
    stepdown_protocol *protocol = NULL;
    int size = snprintf(text, sizeof text,
                        "protocol: watch\nversion: %s\ntitle: watch\nuses: [common]\nsubject: person\nprotects: p\n"
                        "escalate: overdue-at-provider\nitems:\n"
                        "  check: {kind: task, owner: supervisor, at_start: yes, due: %s}\n  %s\n"
                        "forms:\n  plan:\n    by: supervisor\n    fields:\n      %s\n"
                        "rules:\n  %s\n",
                        v->number, v->due, v->item, v->fields, v->rules);
    assert_in_range(size, 1, (int)sizeof text - 1);
    assert_int_equal(stepdown_protocol_new(s.options, &protocol, NULL), STEPDOWN_OK);
    stepdown_slice slice = {(const uint8_t *)text, (size_t)size};
    assert_int_equal(stepdown_protocol_add_text(protocol, "watch.yaml", slice, NULL), STEPDOWN_OK);
    stepdown_error_free(&s.error);
    stepdown_status status = stepdown_engine_activate(s.engine, protocol, &s.error);
    for (size_t i = 0; status != STEPDOWN_OK && i < stepdown_error_diagnostic_count(s.error); i++) {
        print_error("%s\n", stepdown_error_diagnostic_message(s.error, i));
    }
    stepdown_protocol_free(&protocol);
    return status;
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    assert_int_equal(activate(&first), STEPDOWN_OK);
    story_do(&s, MARIA, "open", "watch", "subject", "p-1", "zone", "America/New_York", END);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static stepdown_status dry_run(enum who who) {
    stepdown_result_free(&s.view);
    stepdown_error_free(&s.error);
    uint64_t before = story_rows(&s);
    stepdown_status status = stepdown_pathway_migration(s.sessions[who], s.pathway, &s.view, &s.error);
    assert_int_equal(before, story_rows(&s)); // nothing of it stays
    return status;
}

static bool fate(const char *word, const char *what, const char *why) {
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        if (strcmp(stepdown_result_text(s.view, i, 0), word) == 0 &&
            strcmp(stepdown_result_text(s.view, i, 2), what) == 0 &&
            strstr(stepdown_result_text(s.view, i, 3), why) != NULL) {
            return true;
        }
    }
    return false;
}

static stepdown_time fate_time(const char *word, const char *what, int32_t column) {
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        if (strcmp(stepdown_result_text(s.view, i, 0), word) == 0 &&
            strcmp(stepdown_result_text(s.view, i, 2), what) == 0) {
            return stepdown_result_integer(s.view, i, column);
        }
    }
    return 0;
}

static const char *version(void) {
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    return stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "version"));
}

// ---- moving --------------------------------------------------------------------------------------------------------

static void a_running_pathway_stays_under_its_version_until_it_is_migrated(void **state) {
    struct version next = first;
    (void)state;
    next.number = "1.1.0";
    next.due = "1 day";
    assert_int_equal(dry_run(MARIA), STEPDOWN_EXISTS); // there is nothing newer
    assert_int_equal(activate(&next), STEPDOWN_OK);
    story_do(&s, MARIA, "submit", "plan", "calm", "yes", END);
    assert_string_equal(version(), "1.0.0");
    assert_true(story_item_number(&s, "check", "due") == story_time("03-05 09:00"));
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("protocol", "watch", "1.0.0 to 1.1.0"));
    assert_true(fate("moved", "check", "due"));
    assert_true(fate_time("moved", "check", 4) == story_time("03-05 09:00"));
    assert_true(fate_time("moved", "check", 5) == story_time("03-04 09:00"));
    assert_true(fate("kept", "watch.remind", "rule"));
    assert_string_equal(version(), "1.0.0");
    story_refused(&s, KIM, STEPDOWN_DENIED, "migrate", NULL, END);
    story_do(&s, MARIA, "migrate", NULL, "reason", "the new version is safer", END);
    assert_true(story_event(&s, "pathway.migrated", NULL));
    assert_string_equal(version(), "1.1.0");
    assert_true(story_item_number(&s, "check", "due") == story_time("03-04 09:00"));
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "migrate", NULL, END);
    story_do(&s, MARIA, "submit", "plan", "calm", "no", END); // what was written is still its plan
    assert_true(story_event(&s, "form.amended", "plan"));
}

static void look_back(stepdown_time known_at) {
    assert_int_equal(stepdown_session_look_back(s.sessions[MARIA], known_at, STEPDOWN_TIME_NONE, NULL), STEPDOWN_OK);
}

static void looking_back_is_under_the_version_of_then(void **state) {
    struct version next = first;
    (void)state;
    next.number = "1.1.0";
    next.due = "1 day";
    next.item = "walk: {kind: task, owner: supervisor, on_demand: yes, due: 2 days}";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    story_at(&s, "03-03 12:00");
    story_do(&s, MARIA, "migrate", NULL, END);
    story_at(&s, "03-03 15:00");
    look_back(story_time("03-03 11:59"));
    assert_string_equal(version(), "1.0.0");
    assert_true(story_item_number(&s, "check", "due") == story_time("03-05 09:00"));
    look_back(story_time("03-03 12:00"));
    assert_string_equal(version(), "1.1.0");
    assert_true(story_item_number(&s, "check", "due") == story_time("03-04 09:00"));
    look_back(STEPDOWN_TIME_NONE);
}

static void a_due_time_set_by_hand_or_missed_already_stands(void **state) {
    struct version next = first;
    (void)state;
    next.number = "1.1.0";
    next.due = "1 day";
    story_do(&s, MARIA, "set-due", "check", "due", "2026-03-09T12:00:00-05:00", "reason", "as agreed", END);
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("kept", "check", "due"));
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_true(story_item_number(&s, "check", "due") == story_time("03-09 12:00"));
}

static void clocks_of_rules_that_are_gone_are_dropped_and_new_ones_begin(void **state) {
    struct version next = first;
    (void)state;
    next.number = "2.0.0";
    next.rules = "look: {says: l, when: {every: 2 days}, do: [{flag: now-and-then}]}\n"
                 "  already: {says: a, when: {count: plan, at_least: 1}, do: [{open: walk}]}";
    story_do(&s, MARIA, "submit", "plan", "calm", "yes", END);
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("dropped", "watch.remind", "rule"));
    assert_true(fate("new", "watch.look", "rule"));
    assert_true(fate("new", "walk", "due")); // a condition that holds already
    assert_int_equal(story_count(&s, "walk", true), 0);
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_int_equal(story_count(&s, "walk", true), 1);
    story_at(&s, "03-06 09:00"); // the clocks of the new version run, those of the old one do not
}

static void the_warning_before_it_is_due_is_the_new_versions(void **state) {
    struct version next = first;
    (void)state;
    next.number = "1.1.0"; // none before, and the due time stays
    next.due = "2 days, lead: 6 hours";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("kept", "check", "due"));
    assert_true(fate("new", "check", "lead warning"));
    assert_true(fate_time("new", "check", 5) == story_time("03-05 03:00"));
    story_do(&s, MARIA, "migrate", NULL, END);
    next.number = "1.2.0"; // both come sooner
    next.due = "1 day, lead: 2 hours";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("moved", "check", "lead warning"));
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_true(story_item_number(&s, "check", "due") == story_time("03-04 09:00"));
    story_at(&s, "03-04 07:30"); // it is given at seven, once
    next.number = "1.3.0";
    next.due = "1 day, lead: 1 hour";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_false(fate("new", "check", "lead warning"));
    story_do(&s, MARIA, "set-due", "check", "due", "2026-03-09T12:00:00-05:00", "reason", "as agreed", END);
    next.number = "1.4.0"; // and none any more, on a due time that stands
    next.due = "1 day";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("kept", "check", "due"));
    assert_true(fate("dropped", "check", "lead warning"));
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_true(story_item_number(&s, "check", "due") == story_time("03-09 12:00"));
}

static void alerts_go_on_and_late_work_stays_late(void **state) {
    struct version next = first;
    (void)state;
    next.number = "1.1.0";
    next.due = "1 day";
    story_at(&s, "03-05 09:30");
    assert_int_equal(story_item_number(&s, "check", "overdue"), 1);
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("kept", "overdue-at-provider", "answer by"));
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_int_equal(story_item_number(&s, "check", "overdue"), 1);
    assert_int_equal(story_alerts(&s, NULL), 1);
}

// ---- refused -------------------------------------------------------------------------------------------------------

static void refused(const struct version *next, const char *what, const char *why) {
    assert_int_equal(activate(next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    if (!fate("refused", what, why)) {
        for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
            print_error("%s %s: %s\n", stepdown_result_text(s.view, i, 0), stepdown_result_text(s.view, i, 2),
                        stepdown_result_text(s.view, i, 3));
        }
        fail_msg("%s is not refused because %s", what, why);
    }
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "migrate", NULL, END);
    assert_true(strstr(story_detail(&s, "refused"), why) != NULL);
    assert_string_equal(version(), "1.0.0");
}

static void what_is_open_must_have_a_place_in_the_new_version(void **state) {
    struct version next = first;
    (void)state;
    next.number = "2.0.0";
    next.item = "stroll: {kind: task, owner: supervisor, on_demand: yes, due: 1 day}";
    story_do(&s, MARIA, "add", "walk", END);
    refused(&next, "walk", "no longer exists");
    next.number = "2.1.0";
    next.item = "walk: {kind: review, owner: supervisor, on_demand: yes, due: 1 day, asks: [why]}";
    refused(&next, "walk", "it is a review now, and this one is a task");
}

static void what_is_over_is_left_behind_and_said_so(void **state) {
    struct version next = first;
    (void)state;
    next.number = "2.0.0";
    next.item = "stroll: {kind: task, owner: supervisor, on_demand: yes, due: 1 day}";
    story_do(&s, MARIA, "add", "walk", END);
    story_do(&s, MARIA, "close", "walk", END);
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK);
    assert_true(fate("left", "walk", "no longer exists"));
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_string_equal(version(), "2.0.0");
}

static void evidence_that_counts_is_never_lost_by_a_new_version(void **state) {
    struct version next = first;
    (void)state;
    story_do(&s, MARIA, "submit", "plan", "calm", "yes", END);
    next.number = "2.0.0";
    next.fields = "quiet: {says: quiet, type: yes-no, kept: in-record, optional: yes}";
    refused(&next, "plan", "its field watch.plan.calm no longer exists");
    next.number = "2.1.0";
    next.fields = "calm: {says: calm, type: text}";
    refused(&next, "plan", "does not fit the field any more");
    next.number = "2.2.0";
    next.fields = "calm: {says: calm, type: yes-no, kept: in-record}\n      "
                  "where: {says: where, type: text}";
    refused(&next, "plan", "where is required now and is not filled in");
    story_do(&s, MARIA, "retract", "plan", "reason", "another person", END); // what was taken back counts no more
    story_do(&s, MARIA, "migrate", NULL, END);
}

static void an_owner_whose_role_is_gone_is_named(void **state) {
    (void)state;
    story_do(&s, MARIA, "attach", "failed-first-visit-huddle", END);
    struct version next = first;
    next.number = "2.0.0";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(dry_run(MARIA), STEPDOWN_OK); // both protocols, the one in a new version
    assert_true(fate("protocol", "failed-first-visit-huddle", "1.0.0 to 1.0.0"));
    assert_true(fate("protocol", "watch", "1.0.0 to 2.0.0"));
    story_do(&s, MARIA, "migrate", NULL, END);
}

// ---- many ----------------------------------------------------------------------------------------------------------

static size_t each(enum who who, const char *verb, const char *const *arguments) {
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(s.sessions[who], verb, NULL, &command, NULL), STEPDOWN_OK);
    for (size_t i = 0; arguments[i] != NULL; i += 2) {
        assert_int_equal(stepdown_command_set(command, arguments[i], arguments[i + 1], NULL), STEPDOWN_OK);
    }
    stepdown_result_free(&s.view);
    size_t count = 0;
    char resume[32] = "";
    do {
        stepdown_result_free(&s.view);
        assert_int_equal(stepdown_session_execute_each(s.sessions[who], command, resume[0] != '\0' ? resume : NULL, 2,
                                                       &s.view, NULL),
                         STEPDOWN_OK);
        for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
            count += strcmp(stepdown_result_text(s.view, i, 1), "OK") == 0;
        }
        snprintf(resume, sizeof resume, "%s", stepdown_result_next(s.view));
    } while (resume[0] != '\0');
    stepdown_command_free(&command);
    return count;
}

static void one_command_is_carried_out_on_every_pathway_that_it_concerns(void **state) {
    struct version next = first;
    char stuck[32];
    (void)state;
    for (int i = 0; i < 4; i++) {
        char subject[8];
        snprintf(subject, sizeof subject, "p-%d", i + 2);
        story_do(&s, MARIA, "open", "watch", "subject", subject, "zone", "America/New_York", END);
    }
    story_do(&s, MARIA, "submit", "plan", "calm", "yes", END);
    snprintf(stuck, sizeof stuck, "%s", s.pathway);
    next.number = "2.0.0";
    next.fields = "quiet: {says: quiet, type: yes-no, kept: in-record, optional: yes}";
    assert_int_equal(activate(&next), STEPDOWN_OK);
    assert_int_equal(each(MARIA, "migrate", (const char *const[]){NULL}), 4); // one is refused, and keeps no other
    assert_int_equal(each(MARIA, "migrate", (const char *const[]){NULL}), 0);
    assert_int_equal(each(MARIA, "reassign",
                          (const char *const[]){"from", "Maria Chen", "to", "Omar Haddad", "reason", "leave", NULL}),
                     5);
    assert_string_equal(story_item(&s, "check", "owner"), "Omar Haddad");
    assert_int_equal(each(MARIA, "reassign",
                          (const char *const[]){"from", "Maria Chen", "to", "Omar Haddad", "reason", "leave", NULL}),
                     0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_running_pathway_stays_under_its_version_until_it_is_migrated),
        T(looking_back_is_under_the_version_of_then),
        T(a_due_time_set_by_hand_or_missed_already_stands),
        T(clocks_of_rules_that_are_gone_are_dropped_and_new_ones_begin),
        T(the_warning_before_it_is_due_is_the_new_versions),
        T(alerts_go_on_and_late_work_stays_late),
        T(what_is_open_must_have_a_place_in_the_new_version),
        T(what_is_over_is_left_behind_and_said_so),
        T(evidence_that_counts_is_never_lost_by_a_new_version),
        T(an_owner_whose_role_is_gone_is_named),
        T(one_command_is_carried_out_on_every_pathway_that_it_concerns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
