// SPDX-License-Identifier: Apache-2.0
// Several protocols on one pathway: opened together, attached by hand or by a rule, sharing what a dictionary defines,
// keeping apart what each names for itself; and protocols of one organization.
#include "story.h"

#define HEAD(name)                                                                                                     \
    "protocol: " name "\nversion: 1.0.0\ntitle: " name                                                                 \
    "\nuses: [common]\nsubject: person\nprotects: somebody\nescalate: overdue-at-provider\n"

static const char watch[] =
    HEAD("night-watch") "parameters:\n  patience: {row: PAR-08, is: 30 minutes, max: 60 minutes}\n"
                        "items:\n  walk: {kind: task, owner: supervisor, at_start: yes, due: same day}\n"
                        "  visit: {kind: task, owner: supervisor, on_demand: yes, due: patience}\n"
                        "  call: {kind: task, owner: supervisor, due: patience}\n"
                        "forms:\n  plan:\n    by: supervisor\n    fields: {calm: {says: calm, type: yes-no, kept: "
                        "in-record}}\n"
                        "rules:\n  reached-already:\n    says: Somebody has been reached\n"
                        "    when: {count: contact.reached, at_least: 1}\n    do: [{open: call}]\n";
static const char calm[] =
    HEAD("calm-house") "items:\n  rest: {kind: task, owner: supervisor, at_start: yes, due: 2 days}\n"
                       "forms:\n  plan:\n    by: supervisor\n    fields: {quiet: {says: quiet, type: yes-no, kept: "
                       "in-record}}\n"
                       "rules:\n  bring-the-watch:\n    says: It is not quiet, so the watch comes\n    when: "
                       "plan.submitted\n"
                       "    only_if: {value: pathway.quiet, is: \"no\"}\n    do: [{attach: night-watch}]\n"
                       "  bring-a-stranger:\n    says: It is quiet, so somebody comes whom nobody knows\n    when: "
                       "plan.submitted\n"
                       "    only_if: {value: pathway.quiet, is: \"yes\"}\n    do: [{attach: never-heard-of}]\n";

static stepdown_status activate(struct story *s, const char *const *texts, const char *organization,
                                const char *parameter, const char *value) {
    stepdown_protocol *protocol = NULL;
    assert_int_equal(stepdown_protocol_new(s->options, &protocol, NULL), STEPDOWN_OK);
    for (size_t i = 0; texts[i] != NULL; i++) {
        stepdown_slice text = {(const uint8_t *)texts[i], strlen(texts[i])};
        char name[16];
        (void)snprintf(name, sizeof name, "file %u", (unsigned)i);
        assert_int_equal(stepdown_protocol_add_text(protocol, name, text, NULL), STEPDOWN_OK);
    }
    if (parameter != NULL) {
        assert_int_equal(stepdown_protocol_set(protocol, parameter, value, NULL), STEPDOWN_OK);
    }
    if (organization != NULL) {
        assert_int_equal(stepdown_protocol_set_organization(protocol, organization, NULL), STEPDOWN_OK);
    }
    stepdown_error_free(&s->error);
    stepdown_status status = stepdown_engine_activate(s->engine, protocol, &s->error);
    stepdown_protocol_free(&protocol);
    return status;
}

static void begin(struct story *s) {
    story_begin(s);
    assert_int_equal(activate(s, (const char *const[]){watch, calm, NULL}, NULL, NULL, NULL), STEPDOWN_OK);
}

static const char *protocols(struct story *s) {
    stepdown_result_free(&s->view);
    assert_int_equal(stepdown_pathway_show(s->sessions[MARIA], s->pathway, &s->view, NULL), STEPDOWN_OK);
    return stepdown_result_text(s->view, 0, stepdown_result_column(s->view, "protocol"));
}

#define CONTACT(outcome) "contact_outcome", outcome, "contact_method", "visit", "contact_planned", "planned"

static void a_protocol_is_attached_to_a_running_pathway(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    assert_string_equal(protocols(&s), "failed-first-visit-huddle");
    story_do(&s, MARIA, "submit", "contact", CONTACT("reached"), END);
    assert_int_equal(story_count(&s, "walk", true), 0);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "attach", "night-watch", END); // not the one that opened it
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "attach", "unheard-of", END);
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "attach", "failed-first-visit-huddle", END);
    story_do(&s, MARIA, "attach", "night-watch", "reason", "the nights are hard", END);
    assert_true(story_event(&s, "pathway.attached", NULL));
    assert_true(story_event(&s, "task.opened", "walk")); // what opens with a pathway opens now
    assert_true(story_event(&s, "task.opened", "call")); // a condition that held already
    assert_string_equal(story_item(&s, "walk", "owner"), "Maria Chen");
    assert_string_equal(story_item(&s, "first_visit", "state"), "booked"); // what was there stays
    assert_string_equal(protocols(&s), "failed-first-visit-huddle, night-watch");
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "attach", "night-watch", END);
    assert_true(story_intact(&s));
    chapter_refusal(&s); // and the older protocol goes on
    assert_int_equal(story_count(&s, "huddle", true), 1);
    story_end(&s);
}

static void names_of_two_protocols_are_told_apart(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    chapter_open(&s);
    story_do(&s, MARIA, "attach", "night-watch", END);
    story_do(&s, MARIA, "add", "night-watch.visit", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "close", "visit", END); // each protocol has a visit
    assert_true(story_says(&s, "is a name in 2 protocols"));
    assert_true(story_detail_has(&s, "known", "night-watch.visit"));
    assert_true(story_detail_has(&s, "known", "failed-first-visit-huddle.visit"));
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "visit", END);
    story_do(&s, MARIA, "close", "night-watch.visit", END);
    story_do(&s, MARIA, "attach", "calm-house", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "plan", "calm", "yes", END);
    assert_true(story_detail_has(&s, "known", "calm-house.plan"));
    story_do(&s, MARIA, "submit", "night-watch.plan", "calm", "yes", END);
    story_do(&s, MARIA, "attest", "night-watch.plan.calm", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "calm-house.plan", "calm", "yes", END); // not its field
    story_end(&s);
}

static void a_rule_attaches_a_protocol(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    story_do(&s, MARIA, "open", "calm-house", "subject", "p-1", "zone", "America/New_York", END);
    assert_string_equal(protocols(&s), "calm-house");
    story_do(&s, MARIA, "submit", "plan", "quiet", "no", END);
    assert_true(story_event(&s, "pathway.attached", NULL));
    assert_true(story_event(&s, "task.opened", "walk"));
    assert_string_equal(protocols(&s), "calm-house, night-watch");
    story_do(&s, MARIA, "amend", "calm-house.plan", "quiet", "no", END); // once is enough
    assert_int_equal(story_alerts(&s, NULL), 0);
    assert_true(story_intact(&s));
    story_end(&s);
}

static void a_rule_that_cannot_attach_tells_somebody(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    story_do(&s, MARIA, "open", "calm-house", "subject", "p-1", "zone", "America/New_York", END);
    story_do(&s, MARIA, "submit", "plan", "quiet", "yes", END); // what was said is recorded all the same
    assert_true(story_event(&s, "rule.set", "bring-a-stranger"));
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_string_equal(protocols(&s), "calm-house");
    story_end(&s);
}

static void a_pathway_is_opened_under_several_protocols(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    story_do(&s, MARIA, "open", "calm-house", "attach", "night-watch", "attach", "failed-first-visit-huddle", "subject",
             "p-1", "zone", "America/New_York", END);
    assert_string_equal(protocols(&s), "calm-house, night-watch, failed-first-visit-huddle");
    assert_int_equal(story_count(&s, "walk", true), 1);
    assert_int_equal(story_count(&s, "rest", true), 1);
    story_do(&s, MARIA, "submit", "contact", CONTACT("reached"), END); // one contact, whoever asks for it
    assert_int_equal(story_count(&s, "call", true), 1);
    char first[32];
    snprintf(first, sizeof first, "%s", s.pathway);
    story_do(&s, MARIA, "open", "calm-house", "attach", "night-watch", "attach", "failed-first-visit-huddle", "subject",
             "p-2", "zone", "America/New_York", END); // the set is known by now
    assert_true(story_intact(&s));
    story_end(&s);
}

static void protocols_that_were_not_opened_together_are_refused(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    story_refused(&s, MARIA, STEPDOWN_EXISTS, "open", "calm-house", "attach", "calm-house", "subject", "p-1", "zone",
                  "America/New_York", END);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "open", "calm-house", "attach", "unheard-of", "subject", "p-1", "zone",
                  "America/New_York", END);
    assert_int_equal(activate(&s, (const char *const[]){watch, NULL}, NULL, "PAR-01.late_after", "19:00"), STEPDOWN_OK);
    assert_int_equal(activate(&s, (const char *const[]){calm, NULL}, NULL, "PAR-01.late_after", "18:00"), STEPDOWN_OK);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "calm-house", "attach", "night-watch", "subject", "p-1", "zone",
                  "America/New_York", END);
    assert_true(story_says(&s, "put them in force again together"));
    story_end(&s);
}

static void an_organization_has_parameters_of_its_own(void **state) {
    struct story s;
    (void)state;
    begin(&s);
    assert_int_equal(activate(&s, (const char *const[]){watch, calm, NULL}, "riverside", "PAR-08", "45 minutes"),
                     STEPDOWN_OK);
    assert_int_equal(activate(&s, (const char *const[]){watch, calm, NULL}, "riverside", "PAR-08", "2 hours"),
                     STEPDOWN_PROTOCOL); // outside its bounds: refused as a whole
    assert_int_equal(activate(&s, (const char *const[]){watch, calm, NULL}, "riverside", "PAR-99", "2 hours"),
                     STEPDOWN_PROTOCOL);
    story_do(&s, MARIA, "open", "night-watch", "subject", "p-1", "zone", "America/New_York", END);
    story_do(&s, MARIA, "add", "visit", END);
    assert_true(story_item_number(&s, "visit", "due") == story_time("03-03 09:30"));
    stepdown_session *kim = s.sessions[KIM];
    s.sessions[KIM] = s.sessions[MARIA];
    s.sessions[MARIA] = kim; // the questions of the story are Maria Chen's
    story_do(&s, MARIA, "open", "night-watch", "subject", "p-2", "zone", "America/New_York", END);
    story_do(&s, MARIA, "add", "visit", END);
    assert_true(story_item_number(&s, "visit", "due") == story_time("03-03 09:45"));
    story_do(&s, MARIA, "attach", "calm-house", END); // the organization's own as well
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_engine_protocols(s.engine, &s.view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(s.view), 5);
    assert_string_equal(stepdown_result_text(s.view, 1, stepdown_result_column(s.view, "organization")), "riverside");
    story_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_protocol_is_attached_to_a_running_pathway),
        cmocka_unit_test(names_of_two_protocols_are_told_apart),
        cmocka_unit_test(a_rule_attaches_a_protocol),
        cmocka_unit_test(a_rule_that_cannot_attach_tells_somebody),
        cmocka_unit_test(a_pathway_is_opened_under_several_protocols),
        cmocka_unit_test(protocols_that_were_not_opened_together_are_refused),
        cmocka_unit_test(an_organization_has_parameters_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
