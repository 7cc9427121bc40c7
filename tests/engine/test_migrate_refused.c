// SPDX-License-Identifier: Apache-2.0
// What stands against moving to another version because it would leave somebody without an answer: work whose owning role
// is gone, an alert whose ladder is gone, a gate on hold that is gone. Each is named, nothing moves, and once it is dealt
// with the pathway moves.
#include "story.h"

static struct story s;

// The names that the second version has otherwise.
struct names {
    const char *version, *role, *ladder, *gate;
};
static const struct names first = {"1.0.0", "night-worker", "nobody-went", "visit_starts"};

static void activate(const struct names *n) {
    char text[4096];
    int size = snprintf(text, sizeof text,
                        "protocol: watch\nversion: %s\ntitle: watch\nuses: [common]\nsubject: person\nprotects: p\n"
                        "escalate: overdue-at-provider\n"
                        "roles:\n  %s: {org: provider, if_empty: supervisor}\n"
                        "items:\n"
                        "  patrol: {kind: task, owner: %s, on_demand: yes, due: 1 hour, escalate: %s}\n"
                        "  visit: {kind: appointment, owner: supervisor, on_demand: yes, due: 2 days}\n"
                        "forms:\n  plan: {by: supervisor, fields: {calm: {type: yes-no, kept: in-record}}}\n"
                        "gates:\n  %s:\n    title: g\n    guards: visit.start\n"
                        "    needs: {N-1: {says: a plan, field: plan.calm}}\n"
                        "rules:\n"
                        "  stop: {says: s, when: plan.submitted, do: [{hold: %s}]}\n"
                        "  go: {says: g, when: plan.amended, do: [{release: %s}]}\n"
                        "escalations:\n  %s:\n    says: nobody went\n"
                        "    ladder: [{tell: supervisor, answer_within: 1 hour}]\n",
                        n->version, n->role, n->role, n->ladder, n->gate, n->gate, n->gate, n->ladder);
    assert_in_range(size, 1, (int)sizeof text - 1);
    story_activate_text(&s, text);
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    activate(&first);
    story_do(&s, MARIA, "open", "watch", "subject", "p-1", "zone", "America/New_York", END);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// The dry run and the migration refuse this, for this reason and no other, and nothing has changed.
static void refused(const char *what, const char *why) {
    size_t count = 0;
    bool found = false;
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_migration(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        bool against = strcmp(stepdown_result_text(s.view, i, 0), "refused") == 0;
        count += against;
        found = found || (against && strcmp(stepdown_result_text(s.view, i, 2), what) == 0 &&
                          strstr(stepdown_result_text(s.view, i, 3), why) != NULL);
    }
    assert_true(found);
    assert_int_equal(count, 1);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "migrate", NULL, END);
    assert_non_null(strstr(story_detail(&s, "refused"), why));
}

static void work_whose_owning_role_is_gone_is_not_left_behind(void **state) {
    struct names next = first;
    (void)state;
    next.version = "2.0.0";
    next.role = "day-worker";
    story_do(&s, MARIA, "add", "patrol", END);
    activate(&next);
    refused("patrol", "its owning role night-worker is no longer known");
    story_do(&s, MARIA, "assign", "patrol", "owner", "Maria Chen", "role", "supervisor", END); // into other hands
    story_do(&s, MARIA, "migrate", NULL, END);
    assert_string_equal(story_item(&s, "patrol", "owner"), "Maria Chen");
}

static void an_alert_whose_ladder_is_gone_is_not_silenced(void **state) {
    struct names next = first;
    (void)state;
    next.version = "2.0.0";
    next.ladder = "somebody-should-have";
    story_do(&s, MARIA, "add", "patrol", END);
    story_at(&s, "03-03 10:00");
    assert_int_equal(story_alerts(&s, "nobody-went"), 1);
    activate(&next);
    refused("nobody-went", "its ladder no longer exists");
    story_at(&s, "03-03 11:00"); // and it climbs on, under the old version
    assert_string_equal(story_item(&s, "nobody-went", "owner"), "Grace Liu");
    story_do(&s, MARIA, "close", "patrol", END);
    story_do(&s, RUTH, "resolve", "nobody-went", "reason", "somebody has been there", END);
    story_do(&s, MARIA, "migrate", NULL, END);
}

static void a_gate_on_hold_is_not_forgotten(void **state) {
    struct names next = first;
    (void)state;
    next.version = "2.0.0";
    next.gate = "visit_may_start";
    story_do(&s, MARIA, "submit", "plan", "calm", "yes", END);
    activate(&next);
    refused("pathway", "a gate is on hold that no longer exists");
    story_do(&s, MARIA, "submit", "plan", "calm", "no", END); // releases it
    story_do(&s, MARIA, "migrate", NULL, END);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(work_whose_owning_role_is_gone_is_not_left_behind),
        T(an_alert_whose_ladder_is_gone_is_not_silenced),
        T(a_gate_on_hold_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
