// SPDX-License-Identifier: Apache-2.0
// Matches of patterns: what comes while the review of a match is open is added to it, what comes after it was closed is
// a match of its own, and nothing that repeats is taken for a single event.
#include "story.h"

static const char matches[] = "protocol: matches\n"
                              "version: 1.0.0\n"
                              "title: What repeats\n"
                              "uses: [common]\n"
                              "subject: person\n"
                              "protects: A person to whom the same thing happens again.\n"
                              "escalate: overdue-at-provider\n"
                              "items:\n"
                              "  obstacle: {kind: barrier, many: yes, owner: supervisor, on_demand: yes, due: 9 days}\n"
                              "forms:\n"
                              "  sign:\n"
                              "    by: supervisor\n"
                              "    many: yes\n"
                              "    fields:\n"
                              "      what: {type: choice, of: [rain, snow], kept: in-record}\n"
                              "  obstacle_record:\n"
                              "    about: obstacle\n"
                              "    by: supervisor\n"
                              "    fields:\n"
                              "      cause: {type: choice, of: [ride, door], kept: in-record}\n"
                              "  call:\n"
                              "    by: supervisor\n"
                              "    many: yes\n"
                              "    fields:\n"
                              "      caller: {type: choice, of: [family, friend], kept: in-record}\n"
                              "  crisis:\n"
                              "    by: supervisor\n"
                              "    many: yes\n"
                              "    fields:\n"
                              "      place: {type: choice, of: [home, street], kept: in-record}\n"
                              "      planned: {type: moment, kept: in-record, optional: yes}\n"
                              "patterns:\n"
                              "  cycles:\n"
                              "    says: A crisis within a day of a call, twice within ten days\n"
                              "    sequence: [call.occurred, crisis.occurred]\n"
                              "    within: 24 hours\n"
                              "    at_least: 2\n"
                              "    during: 10 days\n"
                              "    open: look_at_cycles\n"
                              "  at_home:\n"
                              "    says: A crisis at home within a day of a call\n"
                              "    sequence: [call.submitted, crisis.submitted]\n"
                              "    within: 24 hours\n"
                              "    only_if: {value: trigger.place, is: home}\n"
                              "    open: look_at_homes\n"
                              "  within_days:\n"
                              "    says: Twice within three days\n"
                              "    repeat: sign\n"
                              "    same: what\n"
                              "    during: 72 hours\n"
                              "    at_least: 2\n"
                              "    open: look_at_signs\n"
                              "  at_once:\n"
                              "    says: Twice at once\n"
                              "    repeat: obstacle\n"
                              "    same: cause\n"
                              "    at_once: yes\n"
                              "    at_least: 2\n"
                              "    open: look_at_obstacles\n"
                              "  planned:\n"
                              "    says: A crisis within a day of what was planned\n"
                              "    sequence: [pathway.opened, latest crisis.planned]\n"
                              "    within: 2 days\n"
                              "    open: look_at_plans\n"
                              "reviews:\n"
                              "  look_at_plans: {owner: supervisor, due: 30 days, asks: [what happened]}\n"
                              "  look_at_signs: {owner: supervisor, due: 9 days, asks: [what happened]}\n"
                              "  look_at_cycles: {owner: supervisor, due: 30 days, asks: [what happened]}\n"
                              "  look_at_homes: {owner: supervisor, due: 30 days, asks: [what happened]}\n"
                              "  look_at_obstacles: {owner: supervisor, due: 9 days, asks: [what happened]}\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "matches", matches);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void sign(const char *when, const char *what) {
    story_at(&s, when);
    story_do(&s, MARIA, "submit", "sign", "what", what, END);
}

static void expect(const char *event, size_t reviews) {
    assert_int_equal(story_event(&s, "pattern.matched", NULL), strcmp(event, "matched") == 0);
    assert_int_equal(story_event(&s, "pattern.grew", NULL), strcmp(event, "grew") == 0);
    assert_int_equal(story_event(&s, "review.opened", NULL), strcmp(event, "matched") == 0);
    assert_int_equal(story_count(&s, "look_at_signs", false), reviews);
}

static void a_match_grows_while_its_review_is_open(void **state) {
    (void)state;
    sign("03-03 10:00", "rain");
    expect("", 0);
    sign("03-04 10:00", "rain");
    expect("matched", 1);
    sign("03-05 10:00", "rain");
    expect("grew", 1);
    sign("03-05 11:00", "snow"); // another one
    expect("", 1);
    sign("03-08 10:00", "rain"); // 72 hours after the last, five days after the first
    expect("grew", 1);
    sign("03-08 11:00", "snow"); // 72 hours as well
    expect("matched", 2);
    sign("03-11 10:01", "rain"); // a minute more: nothing that it repeats
    expect("", 2);
}

static void what_repeats_after_the_review_was_closed_opens_another(void **state) {
    (void)state;
    sign("03-03 10:00", "rain");
    sign("03-04 10:00", "rain");
    expect("matched", 1);
    story_do(&s, MARIA, "close", "look_at_signs", END);
    assert_false(story_event(&s, "pattern.matched", NULL)); // nothing new
    assert_int_equal(story_count(&s, "look_at_signs", true), 0);
    sign("03-05 10:00", "rain");
    expect("matched", 2);
    sign("03-06 10:00", "rain");
    expect("grew", 2);
    story_do(&s, MARIA, "close", "look_at_signs", END);
    sign("03-09 10:01", "rain");
    expect("", 2);
}

static void what_is_written_down_late_grows_a_match_where_it_belongs(void **state) {
    (void)state;
    sign("03-06 10:00", "rain");
    sign("03-07 10:00", "rain");
    expect("matched", 1);
    s.occurred = "03-05 10:00";
    story_do(&s, MARIA, "submit", "sign", "what", "rain", END);
    expect("grew", 1);
    s.occurred = "03-03 09:30";
    story_do(&s, MARIA, "submit", "sign", "what", "rain", END);
    expect("grew", 1);
}

static void obstacle(const char *cause) {
    story_do(&s, MARIA, "add", "obstacle", END);
    char id[32];
    (void)snprintf(id, sizeof id, "%s", story_id(&s, "barrier.opened"));
    story_do(&s, MARIA, "submit", "obstacle_record", "about", id, "cause", cause, END);
}

static void what_is_live_at_once_follows_the_same_rule(void **state) {
    (void)state;
    obstacle("ride");
    obstacle("ride");
    assert_true(story_event(&s, "pattern.matched", "at_once"));
    obstacle("ride");
    assert_true(story_event(&s, "pattern.grew", "at_once"));
    assert_int_equal(story_count(&s, "look_at_obstacles", false), 1);
    story_do(&s, MARIA, "close", "look_at_obstacles", END);
    obstacle("ride"); // three are live still
    assert_true(story_event(&s, "pattern.matched", "at_once"));
    assert_int_equal(story_count(&s, "look_at_obstacles", false), 2);
}

// More than a match can cite at a time: the rest is cited after it, each once.
static void a_group_that_is_larger_than_a_match_can_cite_is_cited_whole(void **state) {
    enum { MANY = 70 };
    (void)state;
    for (int i = 0; i < MANY; i++)
        story_do(&s, MARIA, "submit", "sign", "what", "rain", END);
    assert_int_equal(story_count(&s, "look_at_signs", false), 1);
    story_do(&s, MARIA, "close", "look_at_signs", END);
    story_do(&s, MARIA, "submit", "sign", "what", "rain", END);
    expect("matched", 2);
    story_do(&s, MARIA, "submit", "sign", "what", "rain", END);
    expect("grew", 2);
}

// ---- one thing after another -------------------------------------------------------------------------------------------

static void call(const char *when) {
    story_at(&s, when);
    story_do(&s, MARIA, "submit", "call", "caller", "family", END);
}

static void crisis(const char *when, const char *place) {
    story_at(&s, when);
    story_do(&s, MARIA, "submit", "crisis", "place", place, END);
}

static void expect_of(const char *pattern, const char *review, const char *event, size_t reviews) {
    assert_int_equal(story_event(&s, "pattern.matched", pattern), strcmp(event, "matched") == 0);
    assert_int_equal(story_event(&s, "pattern.grew", pattern), strcmp(event, "grew") == 0);
    assert_int_equal(story_count(&s, review, false), reviews);
}

static void expect_cycles(const char *event, size_t reviews) { expect_of("cycles", "look_at_cycles", event, reviews); }

static void a_cycle_more_grows_the_match_while_its_review_is_open(void **state) {
    (void)state;
    call("03-03 10:00");
    crisis("03-03 20:00", "street");
    expect_cycles("", 0);
    call("03-05 10:00");
    expect_cycles("", 0); // half of one is none
    crisis("03-06 10:00", "street");
    expect_cycles("matched", 1);
    call("03-07 10:00");
    expect_cycles("", 1);
    crisis("03-08 10:01", "street"); // a minute too late to follow
    expect_cycles("", 1);
    call("03-16 09:00");
    crisis("03-16 10:00", "street"); // eleven days after the second one's call: a single one
    expect_cycles("", 1);
    call("03-18 09:00");
    crisis("03-18 10:00", "street"); // with the last one, two within ten days; with none that was cited before
    expect_cycles("matched", 2);
    call("03-20 09:00");
    crisis("03-20 10:00", "street");
    expect_cycles("grew", 2);
}

static void a_cycle_more_after_the_review_was_closed_opens_another(void **state) {
    (void)state;
    call("03-03 10:00");
    crisis("03-03 20:00", "street");
    call("03-05 10:00");
    crisis("03-05 20:00", "street");
    expect_cycles("matched", 1);
    story_do(&s, MARIA, "close", "look_at_cycles", END);
    expect_cycles("", 1);
    call("03-07 10:00");
    expect_cycles("", 1);
    crisis("03-07 20:00", "street");
    expect_cycles("matched", 2);
    story_do(&s, MARIA, "close", "look_at_cycles", END);
    call("03-17 10:01"); // ten days after the last call are over
    crisis("03-17 20:00", "street");
    expect_cycles("", 2);
}

static void a_cycle_that_is_written_down_late_counts_where_it_belongs(void **state) {
    (void)state;
    call("03-03 10:00");
    crisis("03-03 20:00", "street");
    call("03-20 10:00");
    crisis("03-20 20:00", "street");
    expect_cycles("", 0);
    s.occurred = "03-10 10:00";
    story_do(&s, MARIA, "submit", "call", "caller", "family", END);
    expect_cycles("", 0);
    s.occurred = "03-10 11:00";
    story_do(&s, MARIA, "submit", "crisis", "place", "street", END);
    expect_cycles("matched", 1);
}

static void what_followed_is_asked_one_by_one(void **state) {
    (void)state;
    call("03-03 10:00");
    crisis("03-03 12:00", "street");
    expect_of("at_home", "look_at_homes", "", 0);
    crisis("03-04 11:00", "home"); // follows no call within a day
    expect_of("at_home", "look_at_homes", "", 0);
    call("03-05 10:00");
    crisis("03-05 12:00", "home");
    expect_of("at_home", "look_at_homes", "matched", 1);
    crisis("03-05 13:00", "street");
    expect_of("at_home", "look_at_homes", "", 1);
    crisis("03-05 14:00", "home"); // the same call
    expect_of("at_home", "look_at_homes", "grew", 1);
    story_do(&s, MARIA, "close", "look_at_homes", END);
    crisis("03-05 15:00", "home");
    expect_of("at_home", "look_at_homes", "matched", 2);
}

// A moment that is no event cannot be cited: the pattern matches when it becomes true.
static void moments_that_are_no_events_match_once(void **state) {
    (void)state;
    story_at(&s, "03-03 10:00");
    story_do(&s, MARIA, "submit", "crisis", "place", "street", "planned", "2026-03-03 11:00", END);
    expect_of("planned", "look_at_plans", "matched", 1);
    story_do(&s, MARIA, "submit", "crisis", "place", "street", "planned", "2026-03-03 12:00", END);
    expect_of("planned", "look_at_plans", "", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_match_grows_while_its_review_is_open, begin, end),
        cmocka_unit_test_setup_teardown(what_repeats_after_the_review_was_closed_opens_another, begin, end),
        cmocka_unit_test_setup_teardown(what_is_written_down_late_grows_a_match_where_it_belongs, begin, end),
        cmocka_unit_test_setup_teardown(what_is_live_at_once_follows_the_same_rule, begin, end),
        cmocka_unit_test_setup_teardown(a_group_that_is_larger_than_a_match_can_cite_is_cited_whole, begin, end),
        cmocka_unit_test_setup_teardown(a_cycle_more_grows_the_match_while_its_review_is_open, begin, end),
        cmocka_unit_test_setup_teardown(a_cycle_more_after_the_review_was_closed_opens_another, begin, end),
        cmocka_unit_test_setup_teardown(a_cycle_that_is_written_down_late_counts_where_it_belongs, begin, end),
        cmocka_unit_test_setup_teardown(what_followed_is_asked_one_by_one, begin, end),
        cmocka_unit_test_setup_teardown(moments_that_are_no_events_match_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
