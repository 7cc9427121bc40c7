// SPDX-License-Identifier: Apache-2.0
// What rules do to gates: put them on hold until a moment, ask them before they finish an item, and lose what they rested
// on to a later entry.
#include "story.h"

#include <stdlib.h>

static const char rules[] = "protocol: rules\n"
                            "version: 1.0.0\n"
                            "title: What rules do\n"
                            "uses: [common]\n"
                            "subject: person\n"
                            "protects: A person, from a rule that knows no gate.\n"
                            "escalate: overdue-at-provider\n"
                            "items:\n"
                            "  check: {kind: task, owner: supervisor, at_start: yes, due: 1 day}\n"
                            "  look: {kind: review, owner: supervisor, due: 1 day, asks: [what happened]}\n"
                            "  visit: {kind: task, owner: supervisor, at_start: yes, due: 9 days}\n"
                            "forms:\n"
                            "  note:\n"
                            "    about: visit\n"
                            "    by: supervisor\n"
                            "    many: yes\n"
                            "    fields:\n"
                            "      safe: {type: choice, of: [\"yes\", \"no\"]}\n"
                            "rules:\n"
                            "  R-1:\n"
                            "    says: While somebody looks nothing starts\n"
                            "    when: check.started\n"
                            "    do:\n"
                            "      - open: look\n"
                            "      - hold: visit_starts\n"
                            "        until: look.closed\n"
                            "  R-2:\n"
                            "    says: A week later the visit is over\n"
                            "    when: 7 days after visit.opened\n"
                            "    do:\n"
                            "      - close: visit\n"
                            "gates:\n"
                            "  visit_starts:\n"
                            "    title: The visit starts\n"
                            "    guards: visit.start\n"
                            "    needs:\n"
                            "      N-1: {says: it is safe, value: visit.safe, is: \"yes\"}\n"
                            "  visit_ends:\n"
                            "    title: The visit ends\n"
                            "    guards: visit.close\n"
                            "    needs:\n"
                            "      N-2: {says: checked, state: check, is: closed}\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "rules", rules);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void a_gate_that_a_rule_holds_opens_again_at_the_moment_named(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "note", "safe", "yes", END);
    story_do(&s, MARIA, "start", "check", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "start", "visit", END);
    assert_true(story_detail_has(&s, "hold", "the gate was put on hold by a rule"));
    story_do(&s, MARIA, "close", "look", END);
    story_do(&s, MARIA, "start", "visit", END);
}

static void a_rule_does_not_finish_what_a_gate_holds_but_tells_somebody(void **state) {
    (void)state;
    story_at(&s, "03-20 12:00");
    assert_string_equal(story_item(&s, "visit", "state"), "open");
    assert_true(story_alerts(&s, NULL) > 0);
}

static void a_gate_that_was_passed_closes_again_when_a_later_entry_says_otherwise(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "note", "safe", "yes", END);
    story_do(&s, MARIA, "start", "visit", END);
    assert_int_equal(story_alerts(&s, "evidence-withdrawn"), 0);
    story_do(&s, MARIA, "submit", "note", "safe", "no", END);
    assert_true(story_event(&s, "gate.closed-again", NULL));
    assert_int_equal(story_alerts(&s, "evidence-withdrawn"), 1);
    assert_string_equal(story_item(&s, "visit", "state"), "started"); // nothing is undone
}

// More than one record can hold follows from a moment: the moment is recorded without it, and the fallback is told.
static void what_is_overdue_is_recorded_even_when_too_much_would_follow(void **state) {
    enum { MANY = 1100, LINE = 100, EACH = 10 };
    (void)state;
    size_t size = (size_t)MANY * LINE + 1024, at = 0;
    char *text = malloc(size);
    assert_non_null(text);
    at += (size_t)snprintf(text + at, size - at,
                           "protocol: flood\nversion: 1.0.0\ntitle: Too much\nuses: [common]\nsubject: person\n"
                           "protects: A person, from a rule that floods.\nescalate: overdue-at-provider\nitems:\n"
                           "  check: {kind: task, owner: supervisor, at_start: yes, due: 1 day}\n");
    for (int i = 0; i < MANY; i++)
        at += (size_t)snprintf(text + at, size - at, "  b%d: {kind: task, owner: supervisor, due: 9 days}\n", i);
    at += (size_t)snprintf(text + at, size - at, "rules:\n");
    for (int i = 0; i < MANY; i++) {
        if (i % EACH == 0)
            at += (size_t)snprintf(text + at, size - at,
                                   "  R-%d:\n    says: Much at once\n    when: check.overdue\n    do:\n", i);
        at += (size_t)snprintf(text + at, size - at, "      - open: b%d\n", i);
    }
    assert_true(at < size);
    story_open_under(&s, "flood", text);
    free(text);
    story_at(&s, "03-04 09:00");
    assert_int_equal(story_item_number(&s, "check", "overdue"), 1);
    assert_int_equal(story_count(&s, "b0", false), 0);
    assert_true(story_alerts(&s, NULL) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_gate_that_a_rule_holds_opens_again_at_the_moment_named, begin, end),
        cmocka_unit_test_setup_teardown(a_rule_does_not_finish_what_a_gate_holds_but_tells_somebody, begin, end),
        cmocka_unit_test_setup_teardown(a_gate_that_was_passed_closes_again_when_a_later_entry_says_otherwise, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_overdue_is_recorded_even_when_too_much_would_follow, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
