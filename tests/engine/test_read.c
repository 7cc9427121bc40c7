// SPDX-License-Identifier: Apache-2.0
// Who has read what: acknowledging and answering an update or a request leaves the word of whoever did it, for the
// version there was; only those to whom a request goes decide it.
#include "story.h"

static const char telling[] = "protocol: telling\n"
                              "version: 1.0.0\n"
                              "title: Telling people\n"
                              "uses: [common]\n"
                              "subject: person\n"
                              "protects: A person, from what everybody thought the others had read.\n"
                              "escalate: overdue-at-provider\n"
                              "items:\n"
                              "  check: {kind: task, owner: supervisor, at_start: yes, due: 9 days}\n"
                              "  ask: {kind: task, owner: supervisor, at_start: yes, due: 9 days}\n"
                              "  news: {kind: update, owner: supervisor, to: [case-manager], due: 5 days,\n"
                              "         at_start: yes, form: letter}\n"
                              "  question: {kind: request, owner: supervisor, to: [case-manager], due: 5 days,\n"
                              "             at_start: yes, form: asked}\n"
                              "forms:\n"
                              "  letter: {by: supervisor, fields: {told: {type: text}}}\n"
                              "  asked: {by: supervisor, fields: {what: {type: text}}}\n"
                              "gates:\n"
                              "  check_closes:\n"
                              "    title: The check is done\n"
                              "    guards: check.close\n"
                              "    needs:\n"
                              "      N-1: {says: the case manager has read the news, ack: news, by: case-manager}\n"
                              "  ask_closes:\n"
                              "    title: The question is read\n"
                              "    guards: ask.close\n"
                              "    needs:\n"
                              "      N-2: {says: the case manager has read the question, ack: question,\n"
                              "            by: case-manager}\n";

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "telling", telling);
    story_do(&s, MARIA, "submit", "letter", "told", "calm", END);
    story_do(&s, MARIA, "submit", "asked", "what", "more hours?", END);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void what_was_not_sent_cannot_be_acknowledged(void **state) {
    (void)state;
    story_refused(&s, DENISE, STEPDOWN_WRONG_STATE, "acknowledge", "news", END);
}

static void acknowledging_an_update_is_the_readers_word(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "news", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "check", END);
    story_do(&s, DENISE, "acknowledge", "news", END);
    assert_string_equal(story_item(&s, "news", "state"), "acknowledged");
    story_do(&s, MARIA, "close", "check", END);
}

static void another_readers_word_is_kept_and_is_not_that_of_whom_it_goes_to(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "news", END);
    story_do(&s, MARIA, "acknowledge", "news", END);
    assert_string_equal(story_item(&s, "news", "state"), "sent");
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "check", END);
    story_do(&s, DENISE, "acknowledge", "news", END);
    assert_string_equal(story_item(&s, "news", "state"), "acknowledged");
    story_do(&s, MARIA, "close", "check", END);
}

static void what_was_read_counts_until_the_letter_changes(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "news", END);
    story_do(&s, DENISE, "acknowledge", "news", END);
    story_do(&s, MARIA, "submit", "letter", "about", "news", "told", "upset", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "check", END);
    story_do(&s, DENISE, "acknowledge", "news", END);
    story_do(&s, MARIA, "close", "check", END);
}

static void a_reader_who_states_an_older_version_is_told_so(void **state) {
    char version[24];
    (void)state;
    story_do(&s, MARIA, "send", "news", END);
    snprintf(version, sizeof version, "%d", (int)story_item_number(&s, "news", "version"));
    story_do(&s, MARIA, "submit", "letter", "told", "upset", END);
    story_refused(&s, DENISE, STEPDOWN_STALE, "acknowledge", "news", "version", version, END);
    snprintf(version, sizeof version, "%d", (int)story_item_number(&s, "news", "version"));
    story_do(&s, DENISE, "acknowledge", "news", "version", version, END);
}

static void who_answers_has_read(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "question", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "ask", END);
    story_do(&s, DENISE, "respond", "question", "text", "we look into it", END);
    story_do(&s, MARIA, "close", "ask", END);
}

static void only_those_who_are_asked_decide(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "question", END);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "approve", "question", "reason", "we need it", END);
    assert_true(story_says(&s, "does not decide what is asked of the case-manager"));
    story_do(&s, TOM, "deny", "question", "reason", "no funds", END); // answers for the case manager
    assert_string_equal(story_item(&s, "question", "state"), "denied");
}

static void nobody_reads_for_somebody_else(void **state) {
    (void)state;
    story_do(&s, MARIA, "send", "news", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "acknowledge", "news", "person", "Denise Walker", END);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(what_was_not_sent_cannot_be_acknowledged),
        T(acknowledging_an_update_is_the_readers_word),
        T(another_readers_word_is_kept_and_is_not_that_of_whom_it_goes_to),
        T(what_was_read_counts_until_the_letter_changes),
        T(a_reader_who_states_an_older_version_is_told_so),
        T(who_answers_has_read),
        T(only_those_who_are_asked_decide),
        T(nobody_reads_for_somebody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
