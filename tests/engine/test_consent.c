// SPDX-License-Identifier: Apache-2.0
// What consent and labels withhold is found in no view: every view is asked, as people whose consent is limited in every
// way, and searched for what only some may read. Taking consent back takes effect at once. Emergency access shows
// everything for a while, and is on record and reviewed.
#include <stdlib.h>

#include "story.h"

#define SECRET "heron seven"   // in labelled text
#define PLAIN "kingfisher"     // in text without a label
#define CODED "methadone"      // a labelled word
#define NAMED "ring the grebe" // label of work added by hand

static const char protocol[] =
    "protocol: shared\nversion: 1.0.0\ntitle: What is shared\nuses: [common]\nsubject: person\n"
    "protects: A person whose secrets are theirs.\nescalate: overdue-at-provider\n"
    "lists:\n"
    "  classes:\n"
    "    health: [substance-use, psychotherapy]\n"
    "    logistics: [visits]\n"
    "roles:\n"
    "  pharmacy: {org: community, if_empty: supervisor}\n"
    "  family-contact: {org: household, informed: yes}\n"
    "items:\n"
    "  check: {kind: task, owner: supervisor, at_start: yes}\n"
    "  visit: {kind: appointment, owner: frontline-worker, on_demand: yes, due: 1 day}\n"
    "  told: {kind: update, owner: supervisor, to: [pharmacy, case-manager], form: told_form, on_demand: yes, due: 1 "
    "day}\n"
    "  lot:\n"
    "    kind: sample\n"
    "    owner: supervisor\n"
    "    on_demand: yes\n"
    "    due: 3 days\n"
    "    draw: {from: note, strata: drug, at_least: 1, percent: 10, open: looked_at}\n"
    "  looked_at: {kind: task, owner: supervisor, many: yes, about: lot, due: 3 days}\n"
    "forms:\n"
    "  note:\n"
    "    many: yes\n"
    "    fields:\n"
    "      words: {type: text}\n"
    "      treatment: {type: text, label: substance-use}\n"
    "      drug: {type: choice, of: [methadone, none], label: substance-use}\n"
    "      size: {type: number, kept: in-record, optional: yes}\n"
    "      pages: {type: number, optional: yes}\n"
    "  told_form:\n"
    "    about: told\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      message: {type: text, label: substance-use}\n"
    "  agreement_of_person:\n"
    "    records: consent\n"
    "    member: decision\n"
    "    many: yes\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      decision: {type: choice, of: [given, limited, withdrawn], kept: in-record}\n"
    "      recipient: {type: text, optional: yes}\n"
    "      purpose: {type: text, optional: yes}\n"
    "      data_class: {type: choice, of: classes, optional: yes}\n"
    "  echo:\n"
    "    fields:\n"
    "      again: {type: choice, of: [methadone, none], kept: in-record}\n"
    "rules:\n"
    "  repeat:\n"
    "    says: What is taken stands elsewhere, too\n"
    "    when: note.submitted\n"
    "    do: [{set: echo.again, to: note.drug}]\n"
    "gates:\n"
    "  visit_starts:\n"
    "    title: The visit starts\n"
    "    guards: visit.start\n"
    "    needs:\n"
    "      G-1: {says: nothing is taken, value: note.drug, is: none}\n"
    "      G-2: {says: words are there, field: note.words}\n"
    "dashboards:\n"
    "  drugs:\n"
    "    says: how often what is taken\n"
    "    open_to: [supervisor, pharmacy]\n"
    "    purpose: treatment\n"
    "    by: drug\n"
    "    small: 1\n"
    "    cells:\n"
    "      by-drug: {says: notes by drug, count: note}\n"
    "  numbers:\n"
    "    says: how many there are\n"
    "    open_to: [supervisor, pharmacy]\n"
    "    purpose: treatment\n"
    "    by: organization\n"
    "    small: 1\n"
    "    cells:\n"
    "      notes: {says: notes, count: note}\n"
    "      taken: {says: notes of methadone, count: note, where: {drug: methadone}}\n"
    "measures:\n"
    "  by_drug: {count: note, group_by: drug}\n"
    "  longest: {highest: note.pages}\n"
    "confirm:\n"
    "  C-1:\n"
    "    says: a note was made\n"
    "    answered: {field: note.words}\n"
    "    value: {list: note, show: treatment}\n"
    "    label: {methadone: {value: note.drug, is: methadone}, other: otherwise}\n"
    "  C-2:\n"
    "    says: drugs were counted\n"
    "    answered: {measured: by_drug}\n"
    "    value: {measure: by_drug}\n"
    "  C-3:\n"
    "    says: the words\n"
    "    answered: {field: note.words}\n"
    "    value: note.words\n";

static struct story s;
static stepdown_session *pharmacy, *family, *funder, *outsider;

static stepdown_session *open_session(const char *actor, const char *role, const char *org, const char *purpose) {
    stepdown_session *session = NULL;
    assert_int_equal(stepdown_session_open(s.engine, actor, role, org, purpose, &session, NULL), STEPDOWN_OK);
    return session;
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    story_activate_text(&s, protocol);
    assert_int_equal(stepdown_engine_set_organization(s.engine, "corner", "community", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_set_organization(s.engine, "home", "household", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_set_organization(s.engine, "payer", "funder", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_set_organization(s.engine, "elsewhere", "provider", NULL), STEPDOWN_OK);
    story_do(&s, MARIA, "open", "shared", "subject", "person-4471", "zone", "America/New_York", END);
    story_do(&s, MARIA, "join-pathway", "brightpath", END);
    story_do(&s, MARIA, "join-pathway", "corner", END);
    story_do(&s, MARIA, "join-pathway", "home", END);
    story_do(&s, MARIA, "join-pathway", "payer", END);
    story_do(&s, MARIA, "submit", "note", "words", PLAIN, "treatment", SECRET, "drug", CODED, END);
    story_do(&s, MARIA, "add", "visit", "start", "2026-03-03T15:00:00-05:00", END);
    story_do(&s, MARIA, "add", "task", "name", NAMED, "owner_role", "supervisor", "due", "4 hours", END);
    story_do(&s, MARIA, "cancel", "task", "kind", "not-needed", "reason", PLAIN, END);
    story_do(&s, MARIA, "add", "task", "name", NAMED, "owner_role", "supervisor", "due", "4 hours", END);
    pharmacy = open_session("Pat Moss", "pharmacy", "corner", "treatment");
    family = open_session("Ann Cole", "family-contact", "home", "family");
    funder = open_session("Ned Gray", "funder-representative", "payer", "payment");
    outsider = open_session("Eva Stone", "supervisor", "elsewhere", "treatment");
    return 0;
}

static int end(void **state) {
    (void)state;
    stepdown_session_free(&pharmacy);
    stepdown_session_free(&family);
    stepdown_session_free(&funder);
    stepdown_session_free(&outsider);
    story_end(&s);
    return 0;
}

static void consents(const char *decision, const char *recipient, const char *purpose, const char *class) {
    const char *names[] = {"recipient", "purpose", "data_class"}, *given[] = {recipient, purpose, class};
    const char *list[7] = {0};
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        if (given[i] != NULL) {
            list[count++] = names[i];
            list[count++] = given[i];
        }
    }
    s.now += 1000000;
    story_do(&s, MARIA, "submit", "agreement_of_person", "decision", decision, list[0], list[1], list[2], list[3],
             list[4], list[5], END);
}

// ---- every view ------------------------------------------------------------------------------------------------------

enum { VIEWS = 12 };

static stepdown_status ask(stepdown_session *who, int view, stepdown_result **out, stepdown_error **o) {
    switch (view) {
    case 0: return stepdown_pathway_show(who, s.pathway, out, o);
    case 1: return stepdown_pathway_items(who, s.pathway, 0, out, o);
    case 2: return stepdown_pathway_entries(who, s.pathway, out, o);
    case 3: return stepdown_board(who, s.pathway, out, o);
    case 4: return stepdown_board_query(who, NULL, "", 100, out, o);
    case 5: return stepdown_audit_records(who, s.pathway, 0, 1000, out, o);
    case 6: return stepdown_audit_validate(who, s.pathway, out, o);
    case 7: return stepdown_gate_check(who, s.pathway, "visit_starts", out, o);
    case 8: return stepdown_pathway_list(who, "", 100, out, o);
    case 9: return stepdown_measures(who, s.pathway, out, o);
    case 10: return stepdown_responsibility(who, s.pathway, out, o);
    default: return stepdown_outbox_lease(who, 100, 60, out, o);
    }
}

static bool holds(const stepdown_result *r, const char *text) {
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_result_json(r, &json, NULL), STEPDOWN_OK);
    size_t size = stepdown_bytes_size(json), want = strlen(text);
    const char *data = (const char *)stepdown_bytes_data(json);
    bool found = false;
    for (size_t i = 0; i + want <= size && !found; i++) {
        found = memcmp(data + i, text, want) == 0;
    }
    stepdown_bytes_free(&json);
    return found;
}

// How many of the views show the text.
static int shown(stepdown_session *who, const char *text) {
    int count = 0;
    for (int view = 0; view < VIEWS; view++) {
        stepdown_result *r = NULL;
        stepdown_error *error = NULL;
        stepdown_status status = ask(who, view, &r, &error);
        count += status == STEPDOWN_OK && holds(r, text);
        count += status != STEPDOWN_OK && error != NULL && strstr(stepdown_error_message(error), text) != NULL;
        stepdown_result_free(&r);
        stepdown_error_free(&error);
    }
    return count;
}

static void sees(stepdown_session *who, bool labelled, bool plain) {
    assert_int_equal(shown(who, SECRET) > 0, labelled);
    assert_int_equal(shown(who, CODED) > 0, labelled);
    assert_int_equal(shown(who, PLAIN) > 0, plain);
    assert_int_equal(shown(who, NAMED) > 0, plain);
}

// ---- tests -----------------------------------------------------------------------------------------------------------

static void labels_need_consent_of_everybody_who_does_not_hold_the_record(void **state) {
    (void)state;
    sees(s.sessions[MARIA], true, true);
    sees(pharmacy, false, true); // takes part, and nobody has said anything
    sees(funder, false, true);
    sees(family, false, false); // nothing without consent
    stepdown_session *billing = open_session("Bill Hart", "supervisor", "harborview", "payment");
    sees(billing, false, true); // the same organization, but not for care
    stepdown_session_free(&billing);
}

// What the measure `longest` comes to. What rests on something erased says so.
static void check_measure(const char *status, const char *value, bool erased) {
    stepdown_result *r = NULL;
    size_t row = 0;
    assert_int_equal(stepdown_measures(s.sessions[MARIA], s.pathway, &r, NULL), STEPDOWN_OK);
    while (strcmp(stepdown_result_text(r, row, stepdown_result_column(r, "name")), "longest") != 0) {
        row++;
        assert_true(row < stepdown_result_count(r));
    }
    assert_string_equal(stepdown_result_text(r, row, stepdown_result_column(r, "status")), status);
    assert_string_equal(stepdown_result_text(r, row, stepdown_result_column(r, "value")), value);
    assert_int_equal(stepdown_result_integer(r, row, stepdown_result_column(r, "erased")), erased);
    stepdown_result_free(&r);
}

static void a_measure_of_what_was_erased_says_so(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "note", "words", PLAIN, "pages", "7", END);
    check_measure("computed", "7", false);
    story_do(&s, MARIA, "erase", "note.pages", "basis", "privacy-act-17", "authority", "county", END);
    check_measure("not computable", "", true);
}

static void consent_is_for_a_recipient_a_purpose_and_a_class(void **state) {
    (void)state;
    consents("given", "pharmacy", "payment", "substance-use");
    sees(pharmacy, false, false); // spoken of, and not for treatment
    consents("given", "pharmacy", "treatment", "psychotherapy");
    sees(pharmacy, false, true); // another class
    consents("given", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, true, true);
    sees(funder, false, true);
    consents("limited", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, true, false); // that class and nothing else
    consents("given", "Ann Cole", "family", NULL);
    sees(family, true, true); // every class
    consents("limited", "Ann Cole", "family", "visits");
    sees(family, false, false);
}

static void what_is_given_for_a_class_is_given_for_those_within_it(void **state) {
    (void)state;
    consents("given", "pharmacy", "treatment", "logistics");
    sees(pharmacy, false, true);
    consents("given", "pharmacy", "treatment", "health");
    sees(pharmacy, true, true);
    consents("withdrawn", "pharmacy", "treatment", "psychotherapy"); // beside it
    sees(pharmacy, true, true);
    consents("withdrawn", "pharmacy", "treatment", "health");
    sees(pharmacy, false, true);
}

static void taking_back_takes_effect_at_once(void **state) {
    (void)state;
    consents("given", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, true, true);
    consents("withdrawn", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, false, true);
    consents("withdrawn", "pharmacy", NULL, NULL);
    sees(pharmacy, false, false);
    sees(s.sessions[DENISE], false, true);
    sees(s.sessions[MARIA], true, true);
}

static void looking_back_asks_the_consent_of_today(void **state) {
    (void)state;
    consents("given", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, true, true);
    stepdown_time then = s.now;
    s.now += 1000000;
    consents("withdrawn", "pharmacy", "treatment", "substance-use");
    assert_int_equal(stepdown_session_look_back(pharmacy, then, STEPDOWN_TIME_NONE, NULL), STEPDOWN_OK);
    sees(pharmacy, false, true);
    consents("given", "pharmacy", "treatment", "substance-use");
    sees(pharmacy, true, true); // also what was said before
    assert_int_equal(stepdown_session_look_back(pharmacy, STEPDOWN_TIME_NONE, STEPDOWN_TIME_NONE, NULL), STEPDOWN_OK);
}

static void what_is_shown_for_an_audience_is_what_both_may_read(void **state) {
    (void)state;
    stepdown_session *maria = open_session("Maria Chen", "supervisor", "harborview", "treatment");
    assert_int_equal(stepdown_session_show_for(maria, "funder", NULL, "payment", NULL), STEPDOWN_OK);
    sees(maria, false, true); // the kind of organization stands for its role
    consents("given", "funder-representative", "payment", "substance-use");
    sees(maria, true, true);
    consents("withdrawn", "funder", "payment", "substance-use"); // named by the word itself
    sees(maria, false, true);
    assert_int_equal(stepdown_session_show_for(maria, "family-contact", NULL, "family", NULL), STEPDOWN_OK);
    sees(maria, false, false);
    assert_int_equal(stepdown_session_show_for(maria, NULL, NULL, NULL, NULL), STEPDOWN_OK);
    sees(maria, true, true);
    assert_int_equal(stepdown_session_show_for(pharmacy, "supervisor", "harborview", "treatment", NULL), STEPDOWN_OK);
    sees(pharmacy, false, true); // never more than whoever asks may read
    assert_int_equal(stepdown_session_show_for(maria, "", NULL, "payment", NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_session_show_for(maria, "funder", NULL, NULL, NULL), STEPDOWN_INVALID);
    stepdown_session_free(&maria);
}

// The number of a cell, or -1: hidden.
static int64_t dashboard_number(stepdown_session *who, const char *name, const char *wanted, const char *group) {
    stepdown_result *r = NULL;
    int64_t number = -2; // there is no such cell
    assert_int_equal(stepdown_dashboard(who, s.pathway, name, &r, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        if (strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "cell")), wanted) == 0 &&
            strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "group")), group) == 0) {
            bool hidden = stepdown_result_integer(r, i, stepdown_result_column(r, "hidden")) != 0;
            number = hidden ? -1 : stepdown_result_integer(r, i, stepdown_result_column(r, "count"));
        }
    }
    stepdown_result_free(&r);
    return number;
}

static void a_dashboard_counts_nothing_that_may_not_be_read(void **state) {
    (void)state;
    stepdown_session *maria = s.sessions[MARIA];
    story_do(&s, MARIA, "submit", "note", "words", PLAIN, "treatment", SECRET, "drug", CODED, END);
    assert_int_equal(dashboard_number(maria, "drugs", "by-drug", CODED), 2);
    assert_int_equal(dashboard_number(maria, "numbers", "taken", "all"), 2);
    assert_int_equal(dashboard_number(pharmacy, "drugs", "by-drug", CODED), -2); // not even which words there are
    assert_int_equal(dashboard_number(pharmacy, "drugs", "by-drug", "all"), -1);
    assert_int_equal(dashboard_number(pharmacy, "numbers", "taken", "all"), -1);
    assert_int_equal(dashboard_number(pharmacy, "numbers", "notes", "all"), 2); // how many notes is no secret
    consents("given", "pharmacy", "treatment", "substance-use");
    assert_int_equal(dashboard_number(pharmacy, "drugs", "by-drug", CODED), 2);
    assert_int_equal(dashboard_number(pharmacy, "numbers", "taken", "all"), 2);
}

static void a_dry_run_does_not_tell_what_people_called_their_work(void **state) {
    (void)state;
    char *newer = strdup(protocol);
    stepdown_protocol *p = NULL;
    stepdown_result *r = NULL;
    memcpy(strstr(newer, "version: 1.0.0"), "version: 1.0.1", 14);
    stepdown_slice source = {(const uint8_t *)newer, strlen(newer)};
    assert_int_equal(stepdown_protocol_new(s.options, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_text(p, "shared.yaml", source, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(s.engine, p, NULL), STEPDOWN_OK);
    stepdown_session *billing = open_session("Bill Hart", "supervisor", "harborview", "payment");
    consents("withdrawn", "Bill Hart", NULL, NULL);
    assert_int_equal(stepdown_pathway_migration(s.sessions[MARIA], s.pathway, &r, NULL), STEPDOWN_OK);
    assert_true(holds(r, NAMED));
    stepdown_result_free(&r);
    assert_int_equal(stepdown_pathway_migration(billing, s.pathway, &r, NULL), STEPDOWN_OK);
    assert_false(holds(r, NAMED));
    assert_true(holds(r, "withheld"));
    stepdown_result_free(&r);
    stepdown_session_free(&billing);
    stepdown_protocol_free(&p);
    free(newer);
}

// Whoever sends the pathway through a rule of their own would learn what its fields say.
static void a_replay_needs_to_be_allowed_everything(void **state) {
    (void)state;
    stepdown_protocol *changed = NULL;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    stepdown_slice source = {(const uint8_t *)protocol, sizeof protocol - 1};
    assert_int_equal(stepdown_protocol_new(s.options, &changed, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_text(changed, "shared.yaml", source, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_audit_replay(pharmacy, s.pathway, changed, &r, &error), STEPDOWN_DENIED);
    assert_non_null(strstr(stepdown_error_message(error), "withheld from you"));
    stepdown_error_free(&error);
    assert_null(r);
    assert_int_equal(stepdown_audit_replay(s.sessions[MARIA], s.pathway, changed, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    stepdown_protocol_free(&changed);
}

static void messages_do_not_tell_what_people_called_their_work(void **state) {
    (void)state;
    consents("withdrawn", "case-manager", NULL, NULL);
    sees(s.sessions[DENISE], false, false);
    story_refused(&s, DENISE, STEPDOWN_INVALID, "submit", "told_form", "message", "x", "about", "task", END);
    assert_false(story_says(&s, NAMED));
    stepdown_session *billing = open_session("Bill Hart", "supervisor", "harborview", "payment");
    consents("withdrawn", "Bill Hart", NULL, NULL);
    stepdown_command *command = NULL;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_command_new(billing, "close-pathway", "pathway", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(billing, s.pathway, command, &r, &error), STEPDOWN_WRONG_STATE);
    bool item = false;
    for (size_t i = 0; i < stepdown_error_detail_count(error); i++) {
        assert_null(strstr(stepdown_error_detail_value(error, i), NAMED));
        item = item || strcmp(stepdown_error_detail_value(error, i), "withheld") == 0;
    }
    assert_true(item);
    stepdown_error_free(&error);
    stepdown_command_free(&command);
    stepdown_session_free(&billing);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "close-pathway", "pathway", END); // who may read it learns it
    assert_true(story_detail_has(&s, "item", NAMED));
}

static void who_was_told_got_it_and_read_it(void **state) {
    (void)state;
    stepdown_result *r = NULL;
    assert_int_equal(
        stepdown_engine_assign_role(s.engine, "pharmacy", "corner", "Pat Moss", s.now - 1, STEPDOWN_TIME_NONE, 0, NULL),
        STEPDOWN_OK);
    consents("given", "pharmacy", "treatment", "substance-use");
    story_do(&s, MARIA, "add", "told", END);
    story_do(&s, MARIA, "submit", "told_form", "message", SECRET, "about", "told", END);
    story_do(&s, MARIA, "send", "told", END);
    assert_int_equal(stepdown_knowledge(s.sessions[MARIA], s.pathway, "told", &r, NULL), STEPDOWN_OK);
    size_t last = stepdown_result_count(r) - 1;
    assert_string_equal(stepdown_result_text(r, last, stepdown_result_column(r, "how")), "not received");
    assert_true(holds(r, "Pat Moss"));
    stepdown_result_free(&r);
    s.now += 60000000;
    stepdown_time read_at = s.now;
    stepdown_command *command = NULL;
    assert_int_equal(stepdown_command_new(pharmacy, "acknowledge", "told", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(pharmacy, s.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_command_free(&command);
    assert_int_equal(stepdown_knowledge(s.sessions[MARIA], s.pathway, "told_form", &r, NULL), STEPDOWN_OK);
    bool acknowledged = false, lacking = false;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        const char *how = stepdown_result_text(r, i, stepdown_result_column(r, "how"));
        bool pat = strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "person")), "Pat Moss") == 0;
        acknowledged = acknowledged || (pat && strcmp(how, "acknowledged") == 0 &&
                                        stepdown_result_integer(r, i, stepdown_result_column(r, "since")) == read_at);
        lacking = lacking || (pat && strcmp(how, "not received") == 0);
    }
    assert_true(acknowledged);
    assert_false(lacking);
    stepdown_result_free(&r);
}

static void a_refusal_gives_nothing_away(void **state) {
    (void)state;
    stepdown_command *command = NULL;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    stepdown_session *worker = open_session("Sam Ortiz", "frontline-worker", "harborview", "payment");
    assert_int_equal(stepdown_command_new(worker, "start", "visit", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(worker, s.pathway, command, &r, &error), STEPDOWN_HELD);
    assert_null(strstr(stepdown_error_message(error), CODED));
    for (size_t i = 0; i < stepdown_error_detail_count(error); i++) {
        assert_null(strstr(stepdown_error_detail_value(error, i), CODED));
        assert_null(strstr(stepdown_error_detail_value(error, i), SECRET));
    }
    stepdown_error_free(&error);
    stepdown_command_free(&command);
    stepdown_session_free(&worker);
}

static void what_leaves_goes_only_to_those_entitled_to_every_label_in_it(void **state) {
    (void)state;
    consents("given", "pharmacy", "treatment", "psychotherapy");
    consents("given", "case-manager", "treatment", "substance-use");
    assert_int_equal(
        stepdown_engine_assign_role(s.engine, "pharmacy", "corner", "Pat Moss", s.now - 1, STEPDOWN_TIME_NONE, 0, NULL),
        STEPDOWN_OK);
    story_do(&s, MARIA, "add", "told", END);
    story_do(&s, MARIA, "submit", "told_form", "message", SECRET, "about", "told", END);
    story_do(&s, MARIA, "send", "told", END);
    stepdown_result *r = NULL;
    assert_int_equal(stepdown_outbox_lease(s.sessions[MARIA], 100, 60, &r, NULL), STEPDOWN_OK);
    bool to_pharmacy = false, to_manager = false;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        const char *event = stepdown_result_text(r, i, stepdown_result_column(r, "event"));
        const char *role = stepdown_result_text(r, i, stepdown_result_column(r, "recipient_role"));
        to_pharmacy |= strcmp(event, "update.sent") == 0 && strcmp(role, "pharmacy") == 0;
        to_manager |= strcmp(event, "update.sent") == 0 && strcmp(role, "case-manager") == 0;
    }
    stepdown_result_free(&r);
    assert_false(to_pharmacy);
    assert_true(to_manager);
    assert_int_equal(stepdown_pathway_items(s.sessions[MARIA], s.pathway, 1, &r, NULL), STEPDOWN_OK);
    bool blocked = false;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        blocked |= strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "state")), "blocked") == 0;
    }
    assert_true(blocked); // and its owner sees it
    stepdown_result_free(&r);
}

static void emergency_access_needs_a_reason_and_ends(void **state) {
    stepdown_error *error = NULL;
    stepdown_result *r = NULL;
    (void)state;
    sees(outsider, false, false);
    assert_int_equal(stepdown_session_emergency(outsider, s.pathway, "", 600, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_session_emergency(outsider, s.pathway, "unconscious", 0, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    stepdown_session *unknown = open_session("Eve", "supervisor", "nowhere", NULL);
    assert_int_equal(stepdown_session_emergency(unknown, s.pathway, "unconscious", 60, &error), STEPDOWN_DENIED);
    stepdown_error_free(&error);
    stepdown_session_free(&unknown);
    assert_int_equal(stepdown_session_emergency(outsider, s.pathway, "found unconscious", 600, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_emergency(outsider, s.pathway, "still unconscious", 600, NULL), STEPDOWN_OK);
    sees(outsider, true, true);
    stepdown_session *again = open_session("Eva Stone", "supervisor", "elsewhere", "treatment");
    sees(again, false, false); // another session has no part in it
    stepdown_session_free(&again);
    stepdown_command *command = NULL; // reading, not acting
    assert_int_equal(stepdown_command_new(outsider, "notice", "pathway", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "text", "hello", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(outsider, s.pathway, command, &r, &error), STEPDOWN_DENIED);
    stepdown_error_free(&error);
    stepdown_command_free(&command);
    // reviewed by somebody else, once
    assert_int_equal(stepdown_pathway_items(s.sessions[MARIA], s.pathway, 1, &r, NULL), STEPDOWN_OK);
    int reviews = 0;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        bool review = strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "kind")), "review") == 0;
        reviews += review;
        if (review) {
            assert_string_equal(stepdown_result_text(r, i, stepdown_result_column(r, "owner")), "Maria Chen");
        }
    }
    assert_int_equal(reviews, 1);
    stepdown_result_free(&r);
    s.now += 601 * INT64_C(1000000);
    sees(outsider, false, false);
}

// The words of the strata are values like those they were taken from: withheld, and erased when they must be.
static void a_sample_shows_no_stratum_that_may_not_be_read(void **state) {
    char place[32];
    (void)state;
    story_do(&s, MARIA, "add", "lot", END);
    story_do(&s, MARIA, "draw", "lot", END);
    snprintf(place, sizeof place, "%u.0", (unsigned)story_sequence(&s));
    sees(s.sessions[MARIA], true, true);
    sees(pharmacy, false, true);
    sees(family, false, false);
    story_do(&s, MARIA, "erase", place, "basis", "request", "authority", "court", END);
    assert_true(story_event(&s, "erasure.erased", NULL));
    assert_true(story_intact(&s));
}

static void activate_without(const char *label) {
    char text[sizeof protocol + 16];
    const char *version = strstr(protocol, "version: 1.0.0"), *at = strstr(protocol, label);
    stepdown_protocol *p = NULL;
    assert_true(version != NULL && at != NULL && version < at);
    int size = snprintf(text, sizeof text, "%.*sversion: 2.0.0%.*s%s", (int)(version - protocol), protocol,
                        (int)(at - version - 14), version + 14, at + strlen(label));
    stepdown_slice source = {(const uint8_t *)text, (size_t)size};
    assert_int_equal(stepdown_protocol_new(s.options, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_text(p, "shared.yaml", source, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(s.engine, p, NULL), STEPDOWN_OK);
    stepdown_protocol_free(&p);
}

// Labelled when it was written: a later version of the protocol does not lay it open.
static void a_value_keeps_the_label_it_was_written_with(void **state) {
    (void)state;
    assert_int_equal(shown(pharmacy, SECRET), 0);
    activate_without(", label: substance-use");
    story_do(&s, MARIA, "migrate", "pathway", END);
    assert_int_equal(shown(pharmacy, SECRET), 0);
    assert_true(shown(s.sessions[MARIA], SECRET) > 0);
    assert_int_equal(stepdown_engine_rebuild(s.engine, 1, NULL), STEPDOWN_OK);
    assert_int_equal(shown(pharmacy, SECRET), 0);
}

// Reading is not taking messages away from those who deliver them.
static void emergency_access_takes_no_messages(void **state) {
    stepdown_result *r = NULL;
    (void)state;
    story_at(&s, "03-04 12:00"); // something is overdue by now, and somebody is told
    assert_int_equal(stepdown_session_emergency(outsider, s.pathway, "found unconscious", 600, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_outbox_lease(outsider, 60, 10, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), 0);
    stepdown_result_free(&r);
    assert_int_equal(stepdown_outbox_lease(s.sessions[MARIA], 60, 10, &r, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(r) > 0);
    stepdown_result_free(&r);
}

// Work goes to those who take part: others could not even see what they were given.
static void nothing_is_given_to_an_organization_that_takes_no_part(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "assign", "check", "owner", "Eva Stone", "organization", "elsewhere",
                  END);
    assert_string_equal(story_detail(&s, "field"), "organization");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "reassign", "pathway", "role", "supervisor", "to", "Eva Stone", "reason",
                  "off sick", "organization", "elsewhere", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "hand-over-shift", "pathway", "to", "Eva Stone", "reason",
                  "end of shift", "organization", "elsewhere", END);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(labels_need_consent_of_everybody_who_does_not_hold_the_record, begin, end),
        cmocka_unit_test_setup_teardown(a_measure_of_what_was_erased_says_so, begin, end),
        cmocka_unit_test_setup_teardown(consent_is_for_a_recipient_a_purpose_and_a_class, begin, end),
        cmocka_unit_test_setup_teardown(what_is_given_for_a_class_is_given_for_those_within_it, begin, end),
        cmocka_unit_test_setup_teardown(taking_back_takes_effect_at_once, begin, end),
        cmocka_unit_test_setup_teardown(looking_back_asks_the_consent_of_today, begin, end),
        cmocka_unit_test_setup_teardown(what_is_shown_for_an_audience_is_what_both_may_read, begin, end),
        cmocka_unit_test_setup_teardown(a_dashboard_counts_nothing_that_may_not_be_read, begin, end),
        cmocka_unit_test_setup_teardown(a_dry_run_does_not_tell_what_people_called_their_work, begin, end),
        cmocka_unit_test_setup_teardown(a_replay_needs_to_be_allowed_everything, begin, end),
        cmocka_unit_test_setup_teardown(messages_do_not_tell_what_people_called_their_work, begin, end),
        cmocka_unit_test_setup_teardown(who_was_told_got_it_and_read_it, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_gives_nothing_away, begin, end),
        cmocka_unit_test_setup_teardown(what_leaves_goes_only_to_those_entitled_to_every_label_in_it, begin, end),
        cmocka_unit_test_setup_teardown(emergency_access_needs_a_reason_and_ends, begin, end),
        cmocka_unit_test_setup_teardown(a_sample_shows_no_stratum_that_may_not_be_read, begin, end),
        cmocka_unit_test_setup_teardown(a_value_keeps_the_label_it_was_written_with, begin, end),
        cmocka_unit_test_setup_teardown(emergency_access_takes_no_messages, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_given_to_an_organization_that_takes_no_part, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
