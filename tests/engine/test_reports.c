// SPDX-License-Identifier: Apache-2.0
// What passes between pathways of different subjects: reports of persons' pathways reach the program's, once, with the
// moment at which it happened; they are revised and counted there, patterns over them open reviews, and what the
// program has to say reaches its members. Nobody learns there whom it was about.
#include <stdlib.h>

#include "story.h"

#include "engine/keys.h"
#include "storage/storage.h"
#include "support/faulty.h"

static const char protocol[] =
    "protocol: drift\n"
    "version: 1.0.0\n"
    "title: The same thing in the way of several persons\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: Persons who each meet what others met before, from a test.\n"
    "escalate: overdue-at-provider\n"
    "lists:\n"
    "  causes: [transport, medication]\n"
    "reports:\n"
    "  stuck:\n"
    "    says: something stands in the way of a person's plan\n"
    "    to: program\n"
    "    fields:\n"
    "      cause: {type: choice, of: causes}\n"
    "      live: {type: yes-no}\n"
    "      since: {type: moment}\n"
    "  changed:\n"
    "    says: what the program has changed\n"
    "    to: person\n"
    "    fields:\n"
    "      remedy: {type: choice, of: causes}\n"
    "items:\n"
    "  obstacle: {kind: barrier, many: yes, owner: supervisor, on_demand: yes, due: 9 days}\n"
    "  heed: {kind: task, many: yes, owner: supervisor, due: 9 days}\n"
    "forms:\n"
    "  obstacle_record:\n"
    "    about: obstacle\n"
    "    fields:\n"
    "      what: {says: what it is, type: choice, of: causes}\n"
    "      story: {says: what happened, type: text, optional: yes}\n"
    "rules:\n"
    "  tell:\n"
    "    says: The program learns of it\n"
    "    when: [obstacle_record.submitted, obstacle_record.amended]\n"
    "    do:\n"
    "      - report: stuck\n"
    "        with: {cause: obstacle.what, live: yes, since: obstacle.opened}\n"
    "  tell_end:\n"
    "    says: The program learns that it is over\n"
    "    when: obstacle.closed\n"
    "    do:\n"
    "      - report: stuck\n"
    "        with: {cause: trigger.what, live: no}\n"
    "  look:\n"
    "    says: The program has changed something\n"
    "    when: changed.recorded\n"
    "    do: [{open: heed}]\n"
    "also:\n"
    "  program:\n"
    "    items:\n"
    "      count_them: {kind: task, owner: supervisor, on_demand: yes, due: 90 days}\n"
    "      round: {kind: task, many: yes, owner: supervisor, every: week, due: 9 days}\n"
    "      answer: {kind: task, many: yes, owner: supervisor, due: 90 days}\n"
    "    gates:\n"
    "      counted:\n"
    "        title: Somebody counts\n"
    "        guards: count_them.start\n"
    "        needs:\n"
    "          N-1: {says: two are live, count: stuck, where: {live: yes}, at_least: 2}\n"
    "    patterns:\n"
    "      again:\n"
    "        says: The same cause with several persons\n"
    "        repeat: stuck\n"
    "        same: cause\n"
    "        distinct: person\n"
    "        at_least: 3\n"
    "        during: 10 days\n"
    "        open: system_look\n"
    "    reviews:\n"
    "      system_look:\n"
    "        owner: supervisor\n"
    "        due: 14 days\n"
    "        asks: [what the cases share]\n"
    "    rules:\n"
    "      answer_it:\n"
    "        says: Medication is answered at once\n"
    "        when: stuck.received\n"
    "        only_if: {value: trigger.cause, is: medication}\n"
    "        do: [{open: answer, about: trigger}]\n"
    "      tell_one:\n"
    "        says: Whoever told it learns of the answer\n"
    "        when: answer.closed\n"
    "        do:\n"
    "          - {report: changed, to: sender, with: {remedy: medication}}\n"
    "      tell_all:\n"
    "        says: Everybody learns what was changed\n"
    "        when: system_look.closed\n"
    "        do:\n"
    "          - {report: changed, to: members, with: {remedy: transport}}\n";

static struct story s;
static char program[32], persons[4][32];

static void open_person(int index, const char *subject) {
    story_do(&s, MARIA, "open", "drift", "subject", subject, "zone", "America/New_York", END);
    snprintf(persons[index], sizeof persons[index], "%s", s.pathway);
}

static void open_program(enum who who) {
    story_do(&s, who, "open", "drift", "subject", "step-down-program", "subject_kind", "program", "zone",
             "America/New_York", END);
    snprintf(program, sizeof program, "%s", s.pathway);
}

static void go_to(const char *pathway) { (void)snprintf(s.pathway, sizeof s.pathway, "%.26s", pathway); }

static void deliver(void) {
    stepdown_result *fired = NULL;
    int32_t more = 0;
    do {
        assert_int_equal(stepdown_engine_advance(s.engine, s.now, 0, &fired, &more, NULL), STEPDOWN_OK);
        for (size_t i = 0; i < stepdown_result_count(fired); i++)
            assert_string_equal(stepdown_result_text(fired, i, stepdown_result_column(fired, "status")), "OK");
        stepdown_result_free(&fired);
    } while (more);
}

// Something stands in the way of a person.
static void meet(int person, const char *cause) {
    go_to(persons[person]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", cause, "story", "the story of person-4471", END);
    deliver();
    go_to(program);
}

static stepdown_result *entries(void) {
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_entries(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    return s.view;
}

static size_t told(const char *form) {
    stepdown_result *r = entries();
    size_t count = 0;
    for (size_t i = 0; i < stepdown_result_count(r); i++)
        count += strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "form")), form) == 0;
    return count;
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    story_activate_text(&s, protocol);
    open_program(MARIA);
    open_person(0, "person-4471");
    open_person(1, "person-5502");
    open_person(2, "person-6613");
    go_to(program);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void what_one_persons_pathway_tells_is_an_entry_of_the_programs(void **state) {
    (void)state;
    go_to(persons[0]);
    story_do(&s, MARIA, "add", "obstacle", END);
    s.occurred = "03-03 09:00";
    story_clock(&s, "03-03 11:00");
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
    assert_true(story_event(&s, "pathway.reported", "stuck"));
    story_clock(&s, "03-03 12:00");
    go_to(program);
    assert_int_equal(told("stuck"), 0); // until advance delivers it
    deliver();
    assert_int_equal(told("stuck"), 1);
    assert_int_equal(stepdown_result_integer(s.view, 0, stepdown_result_column(s.view, "occurred_at")),
                     story_time("03-03 09:00")); // as it happened there
    assert_int_equal(stepdown_result_integer(s.view, 0, stepdown_result_column(s.view, "recorded_at")),
                     story_time("03-03 12:00"));
    assert_string_equal(stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "author_organization")),
                        "harborview");
}

static void told_again_of_the_same_it_is_revised_and_counts_as_it_is_now(void **state) {
    (void)state;
    meet(0, "transport");
    meet(1, "transport");
    story_do(&s, MARIA, "add", "count_them", END);
    go_to(persons[1]);
    story_do(&s, MARIA, "close", "obstacle", END);
    deliver();
    go_to(program);
    assert_int_equal(told("stuck"), 2);
    story_refused(&s, MARIA, STEPDOWN_HELD, "start", "count_them", END); // one is over
    meet(2, "medication");
    story_do(&s, MARIA, "start", "count_them", END);
}

static void what_is_not_said_any_more_is_not_known_any_more(void **state) {
    (void)state;
    meet(0, "transport");
    (void)entries();
    const stepdown_result *fields = stepdown_result_rows(s.view, 0, stepdown_result_column(s.view, "fields"));
    assert_int_equal(stepdown_result_count(fields), 3);
    go_to(persons[0]);
    story_do(&s, MARIA, "close", "obstacle", END); // tells of no `since`
    deliver();
    go_to(program);
    (void)entries();
    fields = stepdown_result_rows(s.view, 0, stepdown_result_column(s.view, "fields"));
    for (size_t i = 0; i < stepdown_result_count(fields); i++) {
        if (strcmp(stepdown_result_text(fields, i, stepdown_result_column(fields, "name")), "since") == 0)
            assert_string_equal(stepdown_result_text(fields, i, stepdown_result_column(fields, "value")), "none");
    }
}

static void the_same_with_several_persons_opens_one_review(void **state) {
    (void)state;
    meet(0, "transport");
    meet(1, "transport");
    meet(1, "transport"); // the same person again is not one more
    assert_int_equal(story_count(&s, "system_look", false), 0);
    meet(2, "medication");
    assert_int_equal(story_count(&s, "system_look", false), 0);
    meet(2, "transport");
    assert_int_equal(story_count(&s, "system_look", true), 1);
    meet(0, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 1); // a match that grows is the same match
}

static void another_cause_is_another_match_and_gets_its_own_review(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        meet(i, "transport");
    assert_int_equal(story_count(&s, "system_look", true), 1);
    for (int i = 0; i < 3; i++)
        meet(i, "medication");
    assert_int_equal(story_count(&s, "system_look", true), 2);
    assert_int_equal(story_count(&s, "system_look", false), 2);
}

static void when_the_window_of_a_match_is_over_the_same_can_match_again(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        meet(i, "transport");
    for (int i = 0; i < 3; i++)
        meet(i, "transport"); // grows
    assert_int_equal(story_count(&s, "system_look", false), 1);
    story_at(&s, "03-14 09:00");
    meet(0, "transport");
    meet(1, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 1);
    meet(2, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 2);
}

// What is told late counts where it happened.
static void a_late_report_completes_a_match_of_its_own_time(void **state) {
    (void)state;
    meet(0, "transport");
    meet(1, "transport");
    go_to(persons[2]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_at(&s, "03-25 09:00");
    s.occurred = "03-04 09:00";
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
    deliver();
    go_to(program);
    assert_int_equal(story_count(&s, "system_look", false), 1);
}

static void three_within_more_than_the_window_are_no_match(void **state) {
    (void)state;
    meet(0, "transport");
    meet(1, "transport");
    story_at(&s, "03-14 09:01");
    meet(2, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 0);
}

// Two pathways of one person are one person, in this store.
static void a_person_is_told_apart_by_subject_and_not_by_pathway(void **state) {
    (void)state;
    open_person(3, "person-4471");
    meet(0, "transport");
    meet(1, "transport");
    meet(3, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 0);
    meet(2, "transport");
    assert_int_equal(story_count(&s, "system_look", false), 1);
}

static void nobody_learns_whom_it_was_about(void **state) {
    (void)state;
    meet(0, "medication");
    assert_false(story_leaks(&s, "person-4471"));
    assert_false(story_leaks(&s, "the story of"));
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], program, 0, 100, &s.view, NULL), STEPDOWN_OK);
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_result_json(s.view, &json, NULL), STEPDOWN_OK);
    assert_null(strstr((const char *)stepdown_bytes_data(json), persons[0]));
    assert_null(strstr((const char *)stepdown_bytes_data(json), "4471"));
    stepdown_bytes_free(&json);
}

static void without_a_program_there_is_nobody_to_tell(void **state) {
    (void)state;
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    go_to(persons[0]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
    assert_true(story_event(&s, "pathway.reported", "stuck"));
    stepdown_time due = 0;
    assert_int_equal(stepdown_engine_next_due(s.engine, &due, NULL), STEPDOWN_OK);
    assert_true(due > s.now); // nothing waits
    deliver();
    go_to(program);
    story_do(&s, MARIA, "reopen-pathway", "pathway", "reason", "the program goes on", END);
    assert_int_equal(told("stuck"), 0);
    meet(0, "transport");
    assert_int_equal(told("stuck"), 1);
}

static void a_program_that_closed_meanwhile_gets_nothing(void **state) {
    (void)state;
    go_to(persons[0]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
    go_to(program);
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    deliver();
    assert_int_equal(told("stuck"), 0);
}

static void every_program_in_which_the_organization_takes_part_is_told(void **state) {
    char first[32];
    (void)state;
    snprintf(first, sizeof first, "%s", program);
    story_do(&s, TOM, "open", "drift", "subject", "another", "subject_kind", "program", "zone", "America/New_York",
             END);
    char others[32];
    snprintf(others, sizeof others, "%s", s.pathway);
    go_to(first);
    meet(0, "transport");
    assert_int_equal(told("stuck"), 1);
    go_to(others);
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_entries(s.sessions[TOM], others, &s.view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(s.view), 0); // harborview takes no part in it
    story_do(&s, TOM, "join-pathway", "harborview", END);
    meet(0, "medication");
    go_to(others);
    assert_int_equal(told("stuck"), 1);
}

static void it_arrives_once_when_two_engines_deliver(void **state) {
    (void)state;
    stepdown_engine *second = NULL;
    stepdown_result *fired = NULL;
    int32_t more = 0;
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &second, NULL), STEPDOWN_OK);
    go_to(persons[0]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
    assert_int_equal(stepdown_engine_advance(second, s.now, 0, &fired, &more, NULL), STEPDOWN_OK);
    stepdown_result_free(&fired);
    deliver();
    go_to(program);
    assert_int_equal(told("stuck"), 1);
    assert_int_equal(story_sequence(&s), 1);
    stepdown_engine_free(&second);
}

static void report_one(void) {
    go_to(persons[0]);
    story_do(&s, MARIA, "add", "obstacle", END);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "transport", END);
}

// Another engine tries to deliver on a storage that fails at one call; then somebody else's turn comes.
static size_t deliver_with(struct faulty *faulty, struct faulty_fault fault) {
    stepdown_storage *storage = NULL;
    stepdown_engine *second = NULL;
    stepdown_result *fired = NULL;
    int32_t more = 0;
    assert_int_equal(faulty_open(faulty, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_open(storage, s.options, &second, NULL), STEPDOWN_OK);
    faulty_arm(faulty, fault);
    if (stepdown_engine_advance(second, s.now, 0, &fired, &more, NULL) != STEPDOWN_OK)
        assert_null(fired);
    size_t hits = faulty_hits(faulty);
    faulty_disarm(faulty);
    stepdown_result_free(&fired);
    stepdown_engine_free(&second);
    stepdown_storage_free(&storage);
    deliver();
    return hits;
}

static void it_arrives_once_wherever_the_storage_fails(void **state) {
    struct faulty *faulty = NULL;
    size_t sent = 0, failed = 0;
    (void)state;
    assert_int_equal(faulty_new(storage_retain(s.storage), &faulty), STEPDOWN_OK);
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++) {
        size_t hits = 1;
        for (size_t at = 1; hits > 0; at++) {
            report_one();
            hits = deliver_with(faulty, faulty_kind(kind, FAULTY_ANY, at, at % 2 == 0));
            failed += hits > 0;
            go_to(program);
            assert_int_equal(told("stuck"), ++sent);
        }
    }
    assert_true(failed > FAULTY_KINDS);
    assert_true(story_sequence(&s) >= sent);
    faulty_free(&faulty);
}

static void what_the_program_says_reaches_the_one_or_all_of_its_members(void **state) {
    (void)state;
    meet(0, "medication");
    story_do(&s, MARIA, "close", "answer", END);
    deliver();
    for (int i = 0; i < 3; i++) {
        go_to(persons[i]);
        assert_int_equal(story_count(&s, "heed", false), i == 0);
    }
    meet(0, "transport");
    meet(1, "transport");
    meet(2, "transport");
    go_to(persons[2]);
    story_do(&s, MARIA, "close", "obstacle", END);
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    go_to(program);
    story_do(&s, MARIA, "close", "system_look", END);
    deliver();
    for (int i = 0; i < 3; i++) {
        go_to(persons[i]);
        assert_int_equal(story_count(&s, "heed", false), i == 0 ? 2 : i == 1); // the closed one gets nothing
    }
}

static void nobody_fills_in_or_changes_what_others_report(void **state) {
    (void)state;
    meet(0, "transport");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "submit", "stuck", "cause", "transport", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "retract", "stuck", "reason", "not true", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "amend", "stuck", "cause", "medication", END);
    assert_int_equal(told("stuck"), 1);
}

// ---- erasing whom it was about ---------------------------------------------------------------------------------------

// How many rows of a pathway hold the other's id: nothing else leads from a report to whom it was about.
static size_t rows_that_lead(const char *of, const char *to) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct key first, last;
    struct row *rows = NULL;
    size_t count = 0, found = 0;
    bool more = false;
    uint8_t holder[RECORD_ID], wanted[RECORD_ID];
    assert_true(base32_parse_id(slice_text(of), holder) && base32_parse_id(slice_text(to), wanted));
    key_pathway(&first, holder, 0);
    key_after_pathway(&last, holder);
    transaction_init(&t, s.storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(
        transaction_scan(&t, key_slice(&first), key_slice(&last), false, 5000, &arena, &rows, &count, &more, NULL),
        STEPDOWN_OK);
    for (size_t i = 0; i < count; i++) {
        bool holds = false;
        for (size_t at = 0; at + RECORD_ID <= rows[i].value.size && !holds; at++)
            holds = memcmp(rows[i].value.data + at, wanted, RECORD_ID) == 0;
        found += holds;
    }
    transaction_free(&t);
    arena_free(&arena);
    return found;
}

static void close_person(int person) {
    go_to(persons[person]);
    while (story_count(&s, "obstacle", true) > 0)
        story_do(&s, MARIA, "close", "obstacle", END);
    while (story_count(&s, "heed", true) > 0)
        story_do(&s, MARIA, "close", "heed", END);
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    deliver();
}

static void erase_subject(int person) {
    go_to(persons[person]);
    story_do(&s, MARIA, "erase", "pathway.subject", "basis", "privacy-act-17", "authority", "county privacy officer",
             END);
}

// What the program shows, whatever it was made from.
static char *picture_of(const char *pathway) {
    stepdown_result *r = NULL;
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], pathway, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_json(r, &json, NULL), STEPDOWN_OK);
    char *copy = strdup((const char *)stepdown_bytes_data(json));
    stepdown_bytes_free(&json);
    stepdown_result_free(&r);
    return copy;
}

static void when_the_subject_is_erased_nothing_leads_from_a_report_to_it(void **state) {
    (void)state;
    meet(0, "medication");
    meet(0, "transport");
    meet(1, "transport");
    go_to(program);
    story_do(&s, MARIA, "close", "answer", END); // the answer names whom it goes to
    deliver();
    close_person(0);
    assert_int_equal(rows_that_lead(program, persons[0]), 3); // two reports, one answer
    assert_int_equal(rows_that_lead(program, persons[1]), 1);
    assert_true(story_holds(&s, "person-4471"));
    go_to(persons[0]);
    story_do(&s, MARIA, "erase", "obstacle_record", "basis", "b", "authority", "a", END);
    erase_subject(0);
    deliver();
    assert_int_equal(rows_that_lead(program, persons[0]), 0);
    assert_int_equal(rows_that_lead(program, persons[1]), 1); // another person's stays
    go_to(program);
    assert_int_equal(told("stuck"), 3); // coded words, counted as before
    char *live = picture_of(program);
    assert_int_equal(stepdown_engine_rebuild(s.engine, 1, NULL), STEPDOWN_OK);
    char *folded = picture_of(program);
    assert_string_equal(live, folded);
    free(live);
    free(folded);
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], program, 0, 100, &s.view, NULL), STEPDOWN_OK);
    size_t last = stepdown_result_count(s.view) - 1;
    assert_string_equal(stepdown_result_text(s.view, last, stepdown_result_column(s.view, "cause")), "erasure");
}

static void a_program_that_is_over_forgets_too(void **state) {
    (void)state;
    meet(0, "transport");
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    close_person(0);
    erase_subject(0);
    assert_int_equal(rows_that_lead(program, persons[0]), 1);
    deliver();
    assert_int_equal(rows_that_lead(program, persons[0]), 0);
}

static void an_erased_person_makes_no_new_match_and_unmakes_none(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        meet(i, "transport");
    meet(0, "medication");
    meet(1, "medication");
    close_person(0);
    erase_subject(0);
    deliver();
    go_to(program);
    assert_int_equal(story_count(&s, "system_look", true), 1); // made before
    meet(2, "medication");
    assert_int_equal(story_count(&s, "system_look", false), 1); // two are known to be different
    open_person(3, "person-7724");
    meet(3, "medication");
    assert_int_equal(story_count(&s, "system_look", false), 2);
}

static void a_subject_goes_last_and_for_good(void **state) {
    (void)state;
    meet(0, "transport");
    go_to(persons[0]);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "erase", "pathway.subject", "basis", "b", "authority", "a", END);
    assert_true(story_says(&s, "the pathway is open"));
    close_person(0);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "erase", "pathway.subject", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "pathway.subject", "basis", "b", END);
    erase_subject(0);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "erase", "pathway.subject", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "reopen-pathway", "pathway", "reason", "once more", END);
    assert_true(story_says(&s, "whom the pathway was about has been erased"));
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    assert_string_equal(stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "subject")), "");
    deliver();
}

static void it_is_forgotten_wherever_the_storage_fails(void **state) {
    struct faulty *faulty = NULL;
    size_t failed = 0;
    (void)state;
    assert_int_equal(faulty_new(storage_retain(s.storage), &faulty), STEPDOWN_OK);
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++) {
        size_t hits = 1;
        for (size_t at = 1; hits > 0; at += at / 2 + 1) {
            open_person(0, "person-8835");
            meet(0, "transport");
            close_person(0);
            erase_subject(0);
            hits = deliver_with(faulty, faulty_kind(kind, FAULTY_ANY, at, at % 2 == 0));
            failed += hits > 0;
            assert_int_equal(rows_that_lead(program, persons[0]), 0);
        }
    }
    assert_true(failed > FAULTY_KINDS);
    go_to(program);
    faulty_free(&faulty);
}

// The plan changes and the obstacle ends in one command: what was told last is what counts.
static void told_twice_in_one_record_the_later_counts(void **state) {
    (void)state;
    meet(0, "transport");
    go_to(persons[0]);
    story_do(&s, MARIA, "close", "obstacle", "what", "medication", END);
    deliver();
    go_to(program);
    assert_int_equal(told("stuck"), 1);
    const stepdown_result *fields = stepdown_result_rows(s.view, 0, stepdown_result_column(s.view, "fields"));
    for (size_t i = 0; i < stepdown_result_count(fields); i++) {
        if (strcmp(stepdown_result_text(fields, i, stepdown_result_column(fields, "name")), "live") == 0)
            assert_string_equal(stepdown_result_text(fields, i, stepdown_result_column(fields, "value")), "no");
    }
}

// Every version: also what a later report has put in the place of the first.
static void an_erased_report_is_gone_in_every_version(void **state) {
    (void)state;
    meet(0, "transport");
    go_to(persons[0]);
    story_do(&s, MARIA, "submit", "obstacle_record", "what", "medication", END);
    deliver();
    go_to(program);
    story_do(&s, MARIA, "erase", "stuck", "basis", "request", "authority", "court", END);
    assert_int_equal(told("stuck"), 1);
    const stepdown_result *fields = stepdown_result_rows(s.view, 0, stepdown_result_column(s.view, "fields"));
    assert_int_equal(stepdown_result_count(fields), 3);
    for (size_t i = 0; i < stepdown_result_count(fields); i++)
        assert_string_equal(stepdown_result_text(fields, i, stepdown_result_column(fields, "value")), "erased");
}

// Words may go before they are delivered; where an answer goes to is no word.
static void erasing_what_is_being_told_does_not_lose_the_way(void **state) {
    char place[32];
    (void)state;
    meet(0, "medication");
    story_do(&s, MARIA, "close", "answer", END);
    size_t at = 0; // of the event in its record
    const stepdown_result *events = stepdown_result_rows(s.receipt, 0, stepdown_result_column(s.receipt, "events"));
    while (strcmp(stepdown_result_text(events, at, stepdown_result_column(events, "event")), "pathway.reported") != 0)
        at++;
    snprintf(place, sizeof place, "%u.%zu", (unsigned)story_sequence(&s), at);
    story_do(&s, MARIA, "erase", place, "basis", "request", "authority", "court", END);
    deliver();
    go_to(persons[0]);
    assert_int_equal(story_count(&s, "heed", false), 1);
}

// The clocks go forward on 8 March: Tuesday at nine stays Tuesday at nine, also when the one before came late.
static void a_cadence_keeps_its_weekday_and_hour(void **state) {
    (void)state;
    story_at(&s, "03-10 08:59 -04:00");
    assert_int_equal(story_count(&s, "round", false), 0);
    story_at(&s, "03-12 15:00 -04:00"); // nobody let time pass for two days
    assert_int_equal(story_count(&s, "round", false), 1);
    story_at(&s, "03-17 08:59 -04:00");
    assert_int_equal(story_count(&s, "round", false), 1);
    story_at(&s, "03-17 09:00 -04:00");
    assert_int_equal(story_count(&s, "round", false), 2);
    story_at(&s, "04-08 12:00 -04:00"); // three turns were missed; one is made up for
    assert_int_equal(story_count(&s, "round", false), 3);
    story_at(&s, "04-14 09:00 -04:00");
    assert_int_equal(story_count(&s, "round", false), 4);
}

static void a_half_that_the_protocol_does_not_have_cannot_be_opened(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "open", "drift", "subject", "north", "subject_kind", "region", "zone",
                  "America/New_York", END);
    assert_true(story_says(&s, "region"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_persons_pathway_tells_is_an_entry_of_the_programs, begin, end),
        cmocka_unit_test_setup_teardown(told_again_of_the_same_it_is_revised_and_counts_as_it_is_now, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_said_any_more_is_not_known_any_more, begin, end),
        cmocka_unit_test_setup_teardown(the_same_with_several_persons_opens_one_review, begin, end),
        cmocka_unit_test_setup_teardown(another_cause_is_another_match_and_gets_its_own_review, begin, end),
        cmocka_unit_test_setup_teardown(when_the_window_of_a_match_is_over_the_same_can_match_again, begin, end),
        cmocka_unit_test_setup_teardown(a_late_report_completes_a_match_of_its_own_time, begin, end),
        cmocka_unit_test_setup_teardown(three_within_more_than_the_window_are_no_match, begin, end),
        cmocka_unit_test_setup_teardown(a_person_is_told_apart_by_subject_and_not_by_pathway, begin, end),
        cmocka_unit_test_setup_teardown(nobody_learns_whom_it_was_about, begin, end),
        cmocka_unit_test_setup_teardown(without_a_program_there_is_nobody_to_tell, begin, end),
        cmocka_unit_test_setup_teardown(a_program_that_closed_meanwhile_gets_nothing, begin, end),
        cmocka_unit_test_setup_teardown(every_program_in_which_the_organization_takes_part_is_told, begin, end),
        cmocka_unit_test_setup_teardown(it_arrives_once_when_two_engines_deliver, begin, end),
        cmocka_unit_test_setup_teardown(it_arrives_once_wherever_the_storage_fails, begin, end),
        cmocka_unit_test_setup_teardown(what_the_program_says_reaches_the_one_or_all_of_its_members, begin, end),
        cmocka_unit_test_setup_teardown(nobody_fills_in_or_changes_what_others_report, begin, end),
        cmocka_unit_test_setup_teardown(when_the_subject_is_erased_nothing_leads_from_a_report_to_it, begin, end),
        cmocka_unit_test_setup_teardown(a_program_that_is_over_forgets_too, begin, end),
        cmocka_unit_test_setup_teardown(an_erased_person_makes_no_new_match_and_unmakes_none, begin, end),
        cmocka_unit_test_setup_teardown(a_subject_goes_last_and_for_good, begin, end),
        cmocka_unit_test_setup_teardown(it_is_forgotten_wherever_the_storage_fails, begin, end),
        cmocka_unit_test_setup_teardown(told_twice_in_one_record_the_later_counts, begin, end),
        cmocka_unit_test_setup_teardown(an_erased_report_is_gone_in_every_version, begin, end),
        cmocka_unit_test_setup_teardown(erasing_what_is_being_told_does_not_lose_the_way, begin, end),
        cmocka_unit_test_setup_teardown(a_cadence_keeps_its_weekday_and_hour, begin, end),
        cmocka_unit_test_setup_teardown(a_half_that_the_protocol_does_not_have_cannot_be_opened, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
