// SPDX-License-Identifier: Apache-2.0
// One for each: items that are opened for each of something, what they hang on, and appointments that move with what
// their time is reckoned from. And everyone named in the entries of a form, whose word counts.
#include "story.h"

static const char each[] =
    "protocol: each\n"
    "version: 1.0.0\n"
    "title: One for each\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: A person, from being forgotten once of several times.\n"
    "escalate: overdue-at-provider\n"
    "items:\n"
    "  seen: {kind: appointment, owner: supervisor, for: each named, start: seen.seen_at, due: 1 day after "
    "seen.start}\n"
    "  check: {kind: task, owner: frontline-worker, for: each seen, due: 2 hours before seen.start}\n"
    "  ride: {kind: transport, owner: supervisor, for: {each: named, where: {far: \"yes\"}}, due: 1 day}\n"
    "  briefing: {kind: task, owner: supervisor, at_start: yes, due: 5 days}\n"
    "forms:\n"
    "  named:\n"
    "    by: case-manager\n"
    "    many: yes\n"
    "    fields:\n"
    "      place: {type: choice, of: [clinic, practice]}\n"
    "      far: {type: choice, of: [\"yes\", \"no\"]}\n"
    "  time:\n"
    "    about: seen\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      seen_at: {type: moment}\n"
    "  shift:\n"
    "    by: supervisor\n"
    "    many: yes\n"
    "    fields:\n"
    "      staff: {type: person}\n"
    "  plan:\n"
    "    records: document\n"
    "    member: plan_event\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      plan_event: {type: choice, of: [announced, received, revised], kept: in-record}\n"
    "gates:\n"
    "  briefed:\n"
    "    title: The briefing is over\n"
    "    guards: briefing.close\n"
    "    needs:\n"
    "      N-1: {says: everybody on a shift has read the plan, ack: latest plan, by_each: shift.staff}\n"
    "      N-2: {says: the plan is there, count: plan.received, at_least: 1}\n"
    "      N-3: {says: no newer one is announced, if: {happened: plan.announced}, then: {count: plan.revised, since: "
    "plan.announced, at_least: 1}}\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "each", each);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// Items of that name, any state.
static size_t items(const char *name) {
    size_t found = 0;
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_items(s.sessions[MARIA], s.pathway, 0, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        found += strcmp(stepdown_result_text(s.view, i, stepdown_result_column(s.view, "name")), name) == 0;
    }
    return found;
}

static void one_is_opened_for_each_and_hangs_on_it(void **state) {
    (void)state;
    story_do(&s, DENISE, "submit", "named", "place", "clinic", "far", "no", END);
    story_do(&s, DENISE, "submit", "named", "place", "practice", "far", "yes", END);
    assert_int_equal(items("seen"), 2);
    assert_int_equal(items("check"), 2);
    assert_int_equal(items("ride"), 1);
}

static void its_due_time_is_that_of_what_it_hangs_on(void **state) {
    (void)state;
    story_do(&s, DENISE, "submit", "named", "place", "clinic", "far", "no", END);
    char first[32];
    (void)snprintf(first, sizeof first, "%s", story_id(&s, "appointment.opened"));
    story_do(&s, DENISE, "submit", "named", "place", "practice", "far", "no", END);
    story_do(&s, MARIA, "submit", "time", "about", first, "seen_at", "2026-03-05T10:00:00-05:00", END);
    assert_string_equal(story_item(&s, "seen", "state"), "planned"); // the newer one has no time yet
    story_do(&s, MARIA, "submit", "time", "about", "seen", "seen_at", "2026-03-09T10:00:00-04:00", END);
    assert_string_equal(story_item(&s, "seen", "state"), "booked");
    assert_int_equal(story_item_number(&s, "check", "due"), story_time("03-09 08:00 -04:00"));
    story_do(&s, MARIA, "submit", "time", "about", first, "seen_at", "2026-03-06T10:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "check", "due"), story_time("03-09 08:00 -04:00"));
}

static void an_appointment_moves_with_its_time_until_somebody_gives_it_one(void **state) {
    (void)state;
    story_do(&s, DENISE, "submit", "named", "place", "clinic", "far", "no", END);
    story_do(&s, MARIA, "submit", "time", "seen_at", "2026-03-05T10:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "seen", "start"), story_time("03-05 10:00"));
    story_do(&s, MARIA, "confirm", "seen", END);
    story_do(&s, MARIA, "submit", "time", "seen_at", "2026-03-05T11:00:00-05:00", END);
    assert_string_equal(story_item(&s, "seen", "state"), "booked"); // the new time was not confirmed
    assert_int_equal(story_item_number(&s, "seen", "start"), story_time("03-05 11:00"));
    story_do(&s, MARIA, "reschedule", "seen", "start", "2026-03-06T09:00:00-05:00", "reason", "asked for", END);
    story_do(&s, MARIA, "submit", "time", "seen_at", "2026-03-05T12:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "seen", "start"), story_time("03-06 09:00"));
}

static void everybody_named_in_a_form_must_have_read(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "plan", "plan_event", "received", END);
    story_do(&s, MARIA, "submit", "shift", "staff", "Sam Ortiz", END);
    story_do(&s, MARIA, "submit", "shift", "staff", "Lena Brandt", END);
    story_do(&s, SAM, "acknowledge", "plan", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "briefing", END);
    assert_string_equal(story_detail(&s, "reason.1"), "not acknowledged");
    assert_string_equal(story_detail(&s, "need.2"), "");
    story_do(&s, LENA, "acknowledge", "plan", END);
    story_do(&s, MARIA, "close", "briefing", END);
}

static void a_newer_one_that_is_announced_makes_the_old_one_stale(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "shift", "staff", "Sam Ortiz", END);
    story_do(&s, MARIA, "submit", "plan", "plan_event", "received", END);
    story_do(&s, SAM, "acknowledge", "plan", END);
    story_at(&s, "03-03 10:00");
    story_do(&s, MARIA, "submit", "plan", "plan_event", "announced", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "briefing", END);
    assert_true(story_detail_has(&s, "need.2", "N-3"));
    story_at(&s, "03-03 11:00");
    story_do(&s, MARIA, "submit", "plan", "plan_event", "revised", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "briefing", END); // nobody has read the new one
    story_do(&s, SAM, "acknowledge", "plan", END);
    story_do(&s, MARIA, "close", "briefing", END);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(one_is_opened_for_each_and_hangs_on_it),
        TEST(its_due_time_is_that_of_what_it_hangs_on),
        TEST(an_appointment_moves_with_its_time_until_somebody_gives_it_one),
        TEST(everybody_named_in_a_form_must_have_read),
        TEST(a_newer_one_that_is_announced_makes_the_old_one_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
