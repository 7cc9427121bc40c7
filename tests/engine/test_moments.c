// SPDX-License-Identifier: Apache-2.0
// Moments with a condition beside them: asked once when they come, lapsed when it did not hold, asked again when they
// move. What is over leaves no trace in what comes later.
#include "story.h"

static const char call_back[] = "protocol: call-back\n"
                                "version: 1.0.0\n"
                                "title: Somebody calls at a planned time\n"
                                "uses: [common]\n"
                                "subject: person\n"
                                "protects: A person who was promised a call.\n"
                                "escalate: overdue-at-provider\n"
                                "items:\n"
                                "  call: {kind: task, many: yes, owner: supervisor, due: same day}\n"
                                "forms:\n"
                                "  plan:\n"
                                "    by: supervisor\n"
                                "    fields:\n"
                                "      call_at: {type: moment, kept: in-record}\n"
                                "      wanted: {type: choice, of: [\"yes\", \"no\"], kept: in-record}\n"
                                "rules:\n"
                                "  CB-1:\n"
                                "    says: At the planned time somebody calls, if it is still wanted\n"
                                "    when: plan.call_at\n"
                                "    only_if: {value: plan.wanted, is: \"yes\"}\n"
                                "    do:\n"
                                "      - open: call\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "call-back", call_back);
    story_do(&s, MARIA, "submit", "plan", "call_at", "2026-03-03 15:00", "wanted", "no", END);
    story_at(&s, "03-03 16:00");
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void later_touches_add_no_events_to_a_moment_that_lapsed(void **state) {
    uint64_t before = story_sequence(&s);
    (void)state;
    assert_int_equal(story_count(&s, "call", false), 0);
    for (int i = 0; i < 20; i++) {
        story_do(&s, MARIA, "submit", "plan", "wanted", i % 2 == 0 ? "yes" : "no", END);
        assert_false(story_event(&s, "rule.scheduled", NULL));
        assert_false(story_event(&s, "rule.lapsed", NULL));
        assert_false(story_event(&s, "rule.fired", NULL));
    }
    story_at(&s, "03-09 09:00");
    assert_int_equal(story_sequence(&s), before + 20); // a record for each command, none for time
    assert_int_equal(story_count(&s, "call", false), 0);
}

// Read back from its records by another engine, the pathway knows as well that the moment is over.
static void a_moment_that_lapsed_is_over_for_whoever_reads_the_records(void **state) {
    stepdown_engine *other = NULL;
    stepdown_session *maria = NULL;
    stepdown_command *command = NULL;
    uint64_t before = story_sequence(&s);
    (void)state;
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &other, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(other, "Maria Chen", "supervisor", "harborview", NULL, &maria, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_command_new(maria, "submit", "plan", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "wanted", "yes", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(maria, s.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_command_free(&command);
    stepdown_session_free(&maria);
    stepdown_engine_free(&other);
    story_at(&s, "03-03 17:00"); // had it been scheduled again, it would fire now
    assert_int_equal(story_sequence(&s), before + 1);
    assert_int_equal(story_count(&s, "call", false), 0);
}

static void a_moment_that_moves_is_asked_again(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "plan", "call_at", "2026-03-03 17:00", "wanted", "yes", END);
    assert_true(story_event(&s, "rule.scheduled", "CB-1"));
    story_at(&s, "03-03 16:59");
    assert_int_equal(story_count(&s, "call", false), 0);
    story_at(&s, "03-03 17:00");
    assert_int_equal(story_count(&s, "call", false), 1);
}

// Also back to a time that was asked before another one was.
static void a_moment_that_moves_to_the_past_is_asked_at_once(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "plan", "call_at", "2026-03-03 15:30", "wanted", "no", END);
    story_at(&s, "03-03 16:01");
    assert_int_equal(story_count(&s, "call", false), 0);
    story_do(&s, MARIA, "submit", "plan", "call_at", "2026-03-03 15:00", "wanted", "yes", END);
    assert_true(story_event(&s, "rule.scheduled", "CB-1"));
    story_at(&s, "03-03 16:02");
    assert_int_equal(story_count(&s, "call", false), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(later_touches_add_no_events_to_a_moment_that_lapsed, begin, end),
        cmocka_unit_test_setup_teardown(a_moment_that_lapsed_is_over_for_whoever_reads_the_records, begin, end),
        cmocka_unit_test_setup_teardown(a_moment_that_moves_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(a_moment_that_moves_to_the_past_is_asked_at_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
