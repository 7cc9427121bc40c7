// SPDX-License-Identifier: Apache-2.0
// Support that is delivered slot by slot, what of it was authorized, and the shifts that cover it.
#include "story.h"

static const char supporting[] =
    "protocol: supporting\n"
    "version: 1.0.0\n"
    "title: Support\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: A person, from support that nobody counts.\n"
    "escalate: overdue-at-provider\n"
    "items:\n"
    "  help:\n"
    "    kind: support\n"
    "    owner: supervisor\n"
    "    at_start: yes\n"
    "    end: 5 days after help.opened\n"
    "    due: 9 days\n"
    "    justified_by: why_help\n"
    "    reduce_when: enough_when\n"
    "  permission: {kind: authorization, owner: supervisor, on_demand: yes, many: yes, amount: permitted, due: 9 "
    "days}\n"
    "  trial: {kind: support, owner: supervisor, on_demand: yes, start: trial.from_when, end: trial.until_when,\n"
    "          due: 9 days, justified_by: why_trial, reduce_when: enough_trial}\n"
    "  check: {kind: task, owner: supervisor, at_start: yes, due: 9 days}\n"
    "forms:\n"
    "  plan: {about: help, by: supervisor, fields: {why_help: {type: text}, enough_when: {type: text}}}\n"
    "  span:\n"
    "    about: trial\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      from_when: {type: moment, kept: in-record}\n"
    "      until_when: {type: moment, kept: in-record}\n"
    "      why_trial: {type: text}\n"
    "      enough_trial: {type: text}\n"
    "  terms:\n"
    "    about: permission\n"
    "    by: supervisor\n"
    "    fields: {permitted: {type: quantity, unit: hours per day, kept: in-record}}\n"
    "  shift:\n"
    "    records: capacity\n"
    "    member: shift_kind\n"
    "    about: help\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      shift_kind: {type: choice, of: [shift-rostered], kept: in-record}\n"
    "      shift_time: {type: interval, kept: in-record}\n"
    "      staff: {type: person}\n"
    "  instructions: {by: supervisor, fields: {what_to_do: {type: text}}}\n"
    "rules:\n"
    "  too-much:\n"
    "    says: More was delivered than is permitted\n"
    "    when: {gap: {each: delivery, of: help}, minus: permission, more_than: 0 hours}\n"
    "    do:\n"
    "      - flag: too-much\n"
    "gates:\n"
    "  check_closes:\n"
    "    title: The check is done\n"
    "    guards: check.close\n"
    "    needs:\n"
    "      N-1: {says: everybody on a shift has read the instructions, ack: instructions, by_each: shift.staff}\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "supporting", supporting);
    story_do(&s, MARIA, "start", "help", END);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

#define EVENING(day) "start", "2026-03-0" #day "T18:00:00-05:00", "end", "2026-03-0" #day "T22:00:00-05:00"

static void support_that_starts_without_a_time_starts_now(void **state) {
    (void)state;
    assert_int_equal(story_item_number(&s, "help", "start"), s.now);
}

static void start_and_end_follow_the_field_until_somebody_says_otherwise(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "trial", END);
    assert_true(story_item_number(&s, "trial", "start") == STEPDOWN_TIME_NONE);
    story_do(&s, MARIA, "submit", "span", "from_when", "2026-03-04T08:00:00-05:00", "until_when",
             "2026-03-06T08:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "trial", "start"), story_time("03-04 08:00"));
    assert_int_equal(story_item_number(&s, "trial", "end"), story_time("03-06 08:00"));
    story_do(&s, MARIA, "start", "trial", END);
    story_do(&s, MARIA, "submit", "span", "from_when", "2026-03-05T08:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "trial", "start"), story_time("03-04 08:00")); // it has begun
    story_do(&s, MARIA, "change", "trial", "end", "2026-03-08T08:00:00-05:00", "reason", "slower than hoped", END);
    story_do(&s, MARIA, "submit", "span", "why_trial", "to see", END);
    assert_int_equal(story_item_number(&s, "trial", "end"), story_time("03-08 08:00"));
    story_do(&s, MARIA, "submit", "span", "until_when", "2026-03-07T08:00:00-05:00", END);
    assert_int_equal(story_item_number(&s, "trial", "end"), story_time("03-07 08:00"));
}

static void a_delivery_says_from_when_to_when_and_is_over(void **state) {
    (void)state;
    story_refused(&s, SAM, STEPDOWN_INVALID, "deliver", "help", END);
    assert_string_equal(story_detail(&s, "field"), "start");
    story_refused(&s, SAM, STEPDOWN_INVALID, "deliver", "help", "start", "2026-03-03T08:00:00-05:00", END);
    assert_string_equal(story_detail(&s, "field"), "end");
    story_refused(&s, SAM, STEPDOWN_INVALID, "deliver", "help", EVENING(3), END); // it is morning
    story_at(&s, "03-03 22:00");
    story_refused(&s, SAM, STEPDOWN_INVALID, "deliver", "help", "amount", "4", EVENING(3), END);
    story_do(&s, SAM, "deliver", "help", EVENING(3), END);
}

static void nobody_records_the_same_time_twice(void **state) {
    (void)state;
    story_at(&s, "03-03 22:00");
    story_do(&s, SAM, "deliver", "help", EVENING(3), END);
    const char *mark = story_id(&s, "support.delivered");
    char id[32];
    snprintf(id, sizeof id, "%s", mark);
    story_refused(&s, SAM, STEPDOWN_EXISTS, "deliver", "help", "start", "2026-03-03T21:00:00-05:00", "end",
                  "2026-03-03T22:00:00-05:00", END);
    story_do(&s, LENA, "deliver", "help", EVENING(3), END); // two people, two deliveries
    story_do(&s, SAM, "withdraw", id, "reason", "it was Tuesday", END);
    story_do(&s, SAM, "deliver", "help", EVENING(3), END);
}

static void what_was_delivered_before_the_end_may_be_recorded_after_it(void **state) {
    (void)state;
    story_at(&s, "03-03 22:10");
    story_do(&s, MARIA, "end", "help", END);
    story_do(&s, SAM, "deliver", "help", EVENING(3), END);
}

static void more_than_is_permitted_is_noticed_at_once(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "permission", "start", "2026-03-03T00:00:00-05:00", "end", "2026-03-05T00:00:00-05:00",
             "permitted", "4 hours per day", END);
    story_at(&s, "03-04 22:00");
    story_do(&s, SAM, "deliver", "help", EVENING(3), END);
    story_do(&s, SAM, "deliver", "help", EVENING(4), END);
    assert_false(story_event(&s, "rule.set", NULL));
    story_do(&s, LENA, "deliver", "help", "amount", "30 minutes", EVENING(4), END); // not to be compared: not known
    assert_false(story_event(&s, "rule.set", NULL));
    char id[32];
    snprintf(id, sizeof id, "%s", story_id(&s, "support.delivered"));
    story_do(&s, LENA, "withdraw", id, "reason", "in hours", END);
    story_do(&s, LENA, "deliver", "help", "amount", "0.5 hours", EVENING(4), END);
    assert_true(story_event(&s, "rule.set", NULL));
}

// ---- per week --------------------------------------------------------------------------------------------------------------

static const char weekly[] =
    "protocol: weekly\n"
    "version: 1.0.0\n"
    "title: Hours per week\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: A person, from hours that nobody counts.\n"
    "escalate: overdue-at-provider\n"
    "items:\n"
    "  permission: {kind: authorization, owner: supervisor, on_demand: yes, many: yes, amount: permitted, due: 9 "
    "days}\n"
    "forms:\n"
    "  terms:\n"
    "    about: permission\n"
    "    by: supervisor\n"
    "    fields: {permitted: {type: quantity, unit: hours per week, kept: in-record}}\n"
    "  need:\n"
    "    by: supervisor\n"
    "    many: yes\n"
    "    amount: wanted\n"
    "    fields:\n"
    "      needed: {type: interval, kept: in-record}\n"
    "      wanted: {type: quantity, unit: hours per week, kept: in-record}\n"
    "rules:\n"
    "  too-little:\n"
    "    says: More is needed than is permitted\n"
    "    when: {gap: need, minus: permission, more_than: 0 minutes}\n"
    "    do: [{flag: too-little}]\n"
    "measures:\n"
    "  lacking: {says: how long too little was permitted, gap: need, minus: permission}\n";

static void need(const char *interval, const char *hours) {
    story_do(&s, MARIA, "submit", "need", "needed", interval, "wanted", hours, END);
}

static const char *lacking(void) {
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_measures(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    return stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "value"));
}

// So much per week is a rate: it is compared at each moment, and what is lacking is a time.
static void hours_per_week_are_compared_as_rates(void **state) {
    (void)state;
    story_open_under(&s, "weekly", weekly);
    story_do(&s, MARIA, "add", "permission", "start", "2026-03-03T00:00:00-05:00", "end", "2026-03-07T00:00:00-05:00",
             "permitted", "14 hours per week", END);
    need("2026-03-04T00:00:00-05:00 to 2026-03-06T00:00:00-05:00", "14 hours per week"); // two days of the same rate
    assert_false(story_event(&s, "rule.set", NULL));
    assert_string_equal(lacking(), "0 minutes");
    need("2026-03-04T12:00:00-05:00 to 2026-03-05T00:00:00-05:00", "6 hours per week"); // half a day of more
    assert_true(story_event(&s, "rule.set", NULL));
    assert_string_equal(lacking(), "12 hours");
    story_do(&s, MARIA, "add", "permission", "start", "2026-03-04T00:00:00-05:00", "end", "2026-03-05T00:00:00-05:00",
             "permitted", "6 hours per week", END); // covers add up
    assert_string_equal(lacking(), "0 minutes");
    need("2026-03-06T12:00:00-05:00 to 2026-03-08T12:00:00-05:00",
         "1 hours per week"); // a day and a half behind its end
    assert_string_equal(lacking(), "36 hours");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "need", "needed", "2026-03-06", "wanted", "2 hours per day",
                  END);
}

static void everybody_named_on_a_shift_reads(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "instructions", "what_to_do", "sit with him", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "check", END); // nobody is on a shift yet
    story_do(&s, MARIA, "submit", "shift", "shift_kind", "shift-rostered", "shift_time",
             "2026-03-03T18:00:00-05:00 to 2026-03-03T22:00:00-05:00", "staff", "Sam Ortiz", END);
    story_do(&s, MARIA, "submit", "shift", "shift_kind", "shift-rostered", "shift_time",
             "2026-03-04T18:00:00-05:00 to 2026-03-04T22:00:00-05:00", "staff", "Lena Brandt", END);
    story_do(&s, SAM, "acknowledge", "instructions", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "check", END);
    story_do(&s, LENA, "acknowledge", "instructions", END);
    story_do(&s, MARIA, "close", "check", END);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(support_that_starts_without_a_time_starts_now),
        T(start_and_end_follow_the_field_until_somebody_says_otherwise),
        T(a_delivery_says_from_when_to_when_and_is_over),
        T(nobody_records_the_same_time_twice),
        T(what_was_delivered_before_the_end_may_be_recorded_after_it),
        T(more_than_is_permitted_is_noticed_at_once),
        T(hours_per_week_are_compared_as_rates),
        T(everybody_named_on_a_shift_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
