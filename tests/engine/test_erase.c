// SPDX-License-Identifier: Apache-2.0
// Erasing a value: it is in no row of the store any more, the chain still proves everything else, and one record says
// what was erased, on which basis and by whose authority. All of it or nothing.
#include "story.h"

#include <stdlib.h>

#include "engine/keys.h"
#include "storage/storage.h"
#include "support/faulty.h"

#define MARKER "Zebra-4711"
#define OLDER "Okapi-0815"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    story_end(&s);
    return 0;
}

static void write_marker(void) {
    story_do(&s, DENISE, "submit", "discharge_plan", "discharge_contact", OLDER, END);
    story_do(&s, DENISE, "submit", "discharge_plan", "discharge_contact", MARKER, END);
}

static void erase(const char *target) {
    story_do(&s, MARIA, "erase", target, "basis", "privacy-act-17", "authority", "county privacy officer", END);
}

// Column of the field in the newest entry of the form, as an engine shows it.
static const char *entry_field(stepdown_session *session, const char *form, const char *field, const char *column) {
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_entries(session, s.pathway, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = stepdown_result_count(s.view); i > 0; i--) {
        if (strcmp(stepdown_result_text(s.view, i - 1, stepdown_result_column(s.view, "form")), form) != 0) {
            continue;
        }
        const stepdown_result *fields = stepdown_result_rows(s.view, i - 1, stepdown_result_column(s.view, "fields"));
        for (size_t f = 0; f < stepdown_result_count(fields); f++) {
            if (strcmp(stepdown_result_text(fields, f, stepdown_result_column(fields, "name")), field) == 0) {
                int32_t at = stepdown_result_column(fields, column);
                return strcmp(column, "erased") == 0 ? (stepdown_result_integer(fields, f, at) ? "yes" : "no")
                                                     : stepdown_result_text(fields, f, at);
            }
        }
    }
    return "";
}

// What verification says of the pathway: "" when it is intact.
static const char *problem(int64_t *at) {
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_verify(s.engine, s.pathway, NULL, NULL, &s.view, NULL), STEPDOWN_OK);
    *at = stepdown_result_integer(s.view, 0, stepdown_result_column(s.view, "bad_sequence"));
    return stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "problem"));
}

// ---- the store from below ----------------------------------------------------------------------------------------------

struct stored {
    struct env env;
    struct transaction transaction;
    struct arena arena;
    struct key key;
    struct row row;
};

static void stored_begin(struct stored *r, uint64_t seq) {
    uint8_t id[16];
    r->env = env_default();
    transaction_init(&r->transaction, s.storage, &r->env);
    arena_init(&r->arena, &r->env);
    assert_true(base32_parse_id(slice_text(s.pathway), id));
    key_record(&r->key, id, seq);
    stepdown_slice key = key_slice(&r->key);
    assert_int_equal(transaction_begin(&r->transaction, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_get(&r->transaction, &key, 1, &r->arena, &r->row, NULL), STEPDOWN_OK);
    assert_true(r->row.present);
}

static void stored_end(struct stored *r, const uint8_t *bytes, size_t size) {
    if (bytes != NULL) {
        assert_int_equal(transaction_put(&r->transaction, key_slice(&r->key), slice_of(bytes, size), NULL),
                         STEPDOWN_OK);
        assert_int_equal(transaction_commit(&r->transaction, NULL), STEPDOWN_OK);
    } else {
        transaction_abort(&r->transaction);
    }
    transaction_free(&r->transaction);
    arena_free(&r->arena);
}

static size_t snapshot_rows(void) {
    struct stored r;
    struct key from, to;
    struct row *rows;
    size_t count;
    bool more;
    uint8_t id[16];
    stored_begin(&r, 0);
    assert_true(base32_parse_id(slice_text(s.pathway), id));
    key_pathway(&from, id, SPACE_SNAPSHOT);
    key_pathway(&to, id, SPACE_SNAPSHOT + 1);
    assert_int_equal(transaction_scan(&r.transaction, key_slice(&from), key_slice(&to), false, 100, &r.arena, &rows,
                                      &count, &more, NULL),
                     STEPDOWN_OK);
    stored_end(&r, NULL, 0);
    return count;
}

// ---- what is gone ------------------------------------------------------------------------------------------------------

static void an_erased_value_and_its_older_versions_are_in_no_row_of_the_store(void **state) {
    (void)state;
    write_marker();
    assert_true(story_holds(&s, MARKER));
    assert_true(story_holds(&s, OLDER));
    erase("discharge_plan.discharge_contact");
    assert_false(story_holds(&s, MARKER));
    assert_false(story_holds(&s, OLDER));
    assert_string_equal(entry_field(s.sessions[MARIA], "discharge_plan", "discharge_contact", "erased"), "yes");
    assert_string_equal(entry_field(s.sessions[MARIA], "discharge_plan", "preferred_contact_method", "value"),
                        "text-message");
    assert_true(story_intact(&s));
}

static void an_entry_is_erased_whole_except_what_the_record_keeps(void **state) {
    (void)state;
    write_marker();
    erase("discharge_plan");
    assert_false(story_holds(&s, MARKER));
    assert_string_equal(entry_field(s.sessions[MARIA], "discharge_plan", "warning_signs", "erased"), "yes");
    assert_string_equal(entry_field(s.sessions[MARIA], "discharge_plan", "first_visit_at", "erased"), "no");
    assert_true(story_intact(&s));
}

static void the_snapshot_goes_in_the_same_commit_and_the_next_one_does_not_hold_the_value(void **state) {
    (void)state;
    write_marker();
    for (int i = 0; i < 70; i++) {
        story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", i % 2 ? "visit" : "letter", END);
    }
    assert_int_not_equal(snapshot_rows(), 0);
    erase("discharge_plan.discharge_contact");
    assert_int_equal(snapshot_rows(), 0);
    assert_false(story_holds(&s, MARKER));
    assert_true(story_intact(&s));
    for (int i = 0; i < 3; i++) {
        story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", i % 2 ? "visit" : "letter", END);
    }
    assert_int_not_equal(snapshot_rows(), 0);
    assert_false(story_holds(&s, MARKER));
    assert_true(story_intact(&s));
    stepdown_engine *other = NULL;
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &other, NULL), STEPDOWN_OK);
    stepdown_session *session = NULL;
    assert_int_equal(stepdown_session_open(other, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_string_equal(entry_field(session, "discharge_plan", "discharge_contact", "erased"), "yes");
    stepdown_session_free(&session);
    stepdown_engine_free(&other);
}

// Five long texts, or five short ones in their place.
static void say(const char *text) {
    story_do(&s, MARIA, "submit", "huddle_statement", "what_happened", text, "what_it_may_mean", text, END);
    story_do(&s, MARIA, "submit", "reengagement", "reengagement_script", text, END);
    story_do(&s, DENISE, "submit", "relapse_indicator", "withdrawal_is_indicator", "yes", "indicator_source", text,
             END);
    story_do(&s, DENISE, "submit", "huddle_record", "case_manager_decision", text, END);
}

static void change_often(int times) {
    for (int i = 0; i < times; i++) {
        story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", i % 2 ? "visit" : "letter", END);
    }
}

// A snapshot that needs fewer rows than the one before leaves none of the old ones behind: they would be read with it.
static void a_snapshot_that_became_smaller_leaves_nothing_of_the_larger_one(void **state) {
    char text[4001], name[16];
    int added = 0;
    (void)state;
    chapter_refusal(&s);
    chapter_huddle(&s);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    say(text);
    while (snapshot_rows() < 2) { // until the long texts no longer fit into one row with everything else
        assert_true(added < 2000);
        for (int i = 0; i < 10; i++) {
            snprintf(name, sizeof name, "task %d", added++);
            story_do(&s, MARIA, "add", "task", "name", name, "owner_role", "supervisor", "due", "9 days", END);
        }
        change_often(60);
    }
    say("x");
    change_often((int)story_sequence(&s) / 4 + 10);
    assert_int_equal(snapshot_rows(), 1);
    stepdown_engine *other = NULL;
    stepdown_session *session = NULL;
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &other, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(other, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_string_equal(entry_field(session, "huddle_statement", "what_happened", "value"), "x");
    stepdown_session_free(&session);
    stepdown_engine_free(&other);
}

static void an_engine_that_knew_the_value_does_not_show_it_any_more(void **state) {
    (void)state;
    stepdown_engine *other = NULL;
    stepdown_session *session = NULL;
    write_marker();
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &other, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(other, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_string_equal(entry_field(session, "discharge_plan", "discharge_contact", "value"), MARKER);
    erase("discharge_plan.discharge_contact");
    assert_string_equal(entry_field(session, "discharge_plan", "discharge_contact", "erased"), "yes");
    stepdown_session_free(&session);
    stepdown_engine_free(&other);
}

static void the_words_of_a_mark_are_erased_by_its_id(void **state) {
    (void)state;
    story_do(&s, DENISE, "attest", "discharge_plan", "text", MARKER, END);
    char id[32];
    snprintf(id, sizeof id, "%s", story_id(&s, "mark.attested"));
    story_do(&s, MARIA, "acknowledge", "discharge_plan", "text", OLDER, END);
    erase(id);
    assert_false(story_holds(&s, MARKER));
    assert_true(story_holds(&s, OLDER));
    assert_true(story_intact(&s));
}

static void a_retracted_entry_can_be_erased_by_its_id(void **state) {
    (void)state;
    story_do(&s, DENISE, "submit", "contact", "contact_outcome", "attempted", "contact_method", "letter",
             "contact_planned", "planned", "contact_note", MARKER, END);
    char id[32];
    snprintf(id, sizeof id, "%s", story_id(&s, "contact.attempted"));
    story_do(&s, DENISE, "retract", id, "reason", OLDER, END);
    char reason[32];
    snprintf(reason, sizeof reason, "%llu.0", (unsigned long long)story_sequence(&s));
    erase(id);
    assert_false(story_holds(&s, MARKER));
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "erase", id, "basis", "b", "authority", "a", END);
    erase(reason);
    assert_false(story_holds(&s, OLDER));
    assert_true(story_intact(&s));
}

// ---- what is refused ---------------------------------------------------------------------------------------------------

static void an_erasure_names_its_basis_and_who_ordered_it(void **state) {
    (void)state;
    write_marker();
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "discharge_plan.discharge_contact", "authority", "court", END);
    assert_string_equal(story_detail(&s, "field"), "basis");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "discharge_plan.discharge_contact", "basis", "order", END);
    assert_string_equal(story_detail(&s, "field"), "authority");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", NULL, "basis", "order", "authority", "court", END);
    erase("discharge_plan.discharge_contact");
    const stepdown_result *events = stepdown_result_rows(s.receipt, 0, stepdown_result_column(s.receipt, "events"));
    const char *text = stepdown_result_text(events, 0, stepdown_result_column(events, "text"));
    assert_non_null(strstr(text, "privacy-act-17"));
    assert_non_null(strstr(text, "county privacy officer"));
    assert_int_equal(stepdown_result_count(events), 2); // one for each record
}

static void only_the_organization_that_opened_the_pathway_may_erase(void **state) {
    (void)state;
    write_marker();
    story_refused(&s, DENISE, STEPDOWN_DENIED, "erase", "discharge_plan.discharge_contact", "basis", "b", "authority",
                  "a", END);
    story_refused(&s, RAO, STEPDOWN_DENIED, "erase", "discharge_plan.discharge_contact", "basis", "b", "authority", "a",
                  END);
}

static void what_the_record_itself_keeps_is_refused_and_it_is_said_why(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "discharge_plan.first_visit_at", "basis", "b", "authority", "a",
                  END);
    assert_true(story_says(&s, "kept: in-record"));
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "first_visit", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "0.0", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "erase", "pathway", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "erase", "3.77", "basis", "b", "authority", "a", END);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "erase", "99.0", "basis", "b", "authority", "a", END);
}

static void nothing_is_erased_twice(void **state) {
    (void)state;
    write_marker();
    erase("discharge_plan.discharge_contact");
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "erase", "discharge_plan.discharge_contact", "basis", "b", "authority",
                  "a", END);
    story_do(&s, DENISE, "submit", "discharge_plan", "discharge_contact", "Dr. Anita Rao", END);
    assert_string_equal(entry_field(s.sessions[MARIA], "discharge_plan", "discharge_contact", "value"),
                        "Dr. Anita Rao");
    erase("discharge_plan.discharge_contact"); // the new value alone
    assert_false(story_holds(&s, "Dr. Anita Rao\x01"));
    assert_true(story_intact(&s));
}

static void the_same_command_id_erases_once(void **state) {
    (void)state;
    s.command_id = "wrote";
    story_do(&s, DENISE, "submit", "discharge_plan", "discharge_contact", MARKER, END);
    s.command_id = "gone";
    erase("discharge_plan.discharge_contact");
    uint64_t rows = story_rows(&s);
    s.command_id = "gone";
    erase("discharge_plan.discharge_contact");
    assert_int_equal(stepdown_result_integer(s.receipt, 0, stepdown_result_column(s.receipt, "repeated")), 1);
    assert_true(rows == story_rows(&s));
    s.command_id = "gone";
    story_refused(&s, MARIA, STEPDOWN_KEY_REUSED, "erase", "discharge_plan", "basis", "b", "authority", "a", END);
    // The hash of what was said went too: nobody can try values against it.
    s.command_id = "wrote";
    story_refused(&s, DENISE, STEPDOWN_KEY_REUSED, "submit", "discharge_plan", "discharge_contact", MARKER, END);
}

static void another_purpose_of_use_is_another_request(void **state) {
    (void)state;
    stepdown_session *research = NULL;
    assert_int_equal(
        stepdown_session_open(s.engine, "Denise Walker", "case-manager", "brightpath", "research", &research, NULL),
        STEPDOWN_OK);
    s.command_id = "once";
    story_do(&s, DENISE, "submit", "discharge_plan", "discharge_contact", "X", END);
    stepdown_session *kept = s.sessions[DENISE];
    s.sessions[DENISE] = research;
    s.command_id = "once";
    story_refused(&s, DENISE, STEPDOWN_KEY_REUSED, "submit", "discharge_plan", "discharge_contact", "X", END);
    s.sessions[DENISE] = kept;
    stepdown_session_free(&research);
}

// ---- what follows ------------------------------------------------------------------------------------------------------

// Place of the first decision in the records.
static const char *decision_id(void) {
    static char id[32];
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 0, 100, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        const stepdown_result *events = stepdown_result_rows(s.view, i, stepdown_result_column(s.view, "events"));
        if (strcmp(stepdown_result_text(events, 0, stepdown_result_column(events, "event")), "huddle.decided") == 0) {
            snprintf(id, sizeof id, "%lld.0",
                     (long long)stepdown_result_integer(s.view, i, stepdown_result_column(s.view, "sequence")));
            return id;
        }
    }
    fail_msg("no decision");
    return NULL;
}

static void a_gate_and_the_confirmations_say_that_the_value_was_erased(void **state) {
    (void)state;
    story_end(&s);
    story_begin(&s);
    chapter_all(&s);
    assert_true(story_gate_open(&s));
    erase("reengagement.reengagement_script");
    assert_false(story_gate_open(&s));
    assert_non_null(strstr(story_need(&s, "FVH-G2"), "erased"));
    story_refused(&s, LENA, STEPDOWN_HELD, "start", "second_visit", END);
    assert_string_equal(story_confirm(&s, "FVH-C3", "answered"), "confirmed");
    erase(decision_id());
    assert_string_equal(story_confirm(&s, "FVH-C3", "answered"), "unconfirmed");
    size_t row = 0;
    while (strcmp(stepdown_result_text(s.view, row, stepdown_result_column(s.view, "row")), "FVH-C3") != 0) {
        row++;
    }
    const stepdown_result *lacking = stepdown_result_rows(s.view, row, stepdown_result_column(s.view, "lacking"));
    assert_string_equal(stepdown_result_text(lacking, 0, stepdown_result_column(lacking, "reason")), "erased");
    assert_true(story_intact(&s));
}

static void the_record_says_that_an_erasure_caused_it(void **state) {
    (void)state;
    write_marker();
    erase("discharge_plan.discharge_contact");
    uint64_t last = story_sequence(&s);
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, last, 1, &s.view, NULL), STEPDOWN_OK);
    assert_string_equal(stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "cause")), "erasure");
    assert_string_equal(stepdown_result_text(s.view, 0, stepdown_result_column(s.view, "actor")), "Maria Chen");
}

static void a_closed_pathway_forgets_as_well_and_stays_closed(void **state) {
    (void)state;
    write_marker();
    story_do(&s, MARIA, "cancel", "first_visit", "kind", "not-needed", "reason", "moved away", END);
    story_do(&s, MARIA, "close-pathway", "pathway", END);
    story_refused(&s, DENISE, STEPDOWN_WRONG_STATE, "submit", "discharge_plan", "discharge_contact", "X", END);
    erase("discharge_plan.discharge_contact");
    assert_false(story_holds(&s, MARKER));
    const stepdown_result *events = stepdown_result_rows(s.receipt, 0, stepdown_result_column(s.receipt, "events"));
    assert_int_equal(stepdown_result_count(events), 2); // nothing follows
    story_refused(&s, DENISE, STEPDOWN_WRONG_STATE, "submit", "discharge_plan", "discharge_contact", "X", END);
    assert_true(story_intact(&s));
}

// ---- proof -------------------------------------------------------------------------------------------------------------

static void a_value_taken_out_without_a_record_is_unexplained(void **state) {
    (void)state;
    int64_t at;
    struct stored r;
    struct buffer out;
    write_marker();
    erase("discharge_plan.discharge_contact"); // explains its own, not this one
    uint64_t seq = 3;
    stored_begin(&r, seq);
    buffer_init(&out, &r.env);
    assert_int_equal(record_erase(&r.env, r.row.value, 1, &out, NULL), STEPDOWN_OK);
    stored_end(&r, out.data, out.size);
    buffer_free(&out);
    const char *text = problem(&at);
    assert_non_null(strstr(text, "UNEXPLAINED"));
    assert_non_null(strstr(text, "value 1 of record 3"));
    assert_int_equal(at, (int64_t)seq);
}

static void an_erased_value_that_is_put_back_is_found(void **state) {
    (void)state;
    int64_t at;
    struct stored r;
    uint8_t row[4096];
    write_marker();
    uint64_t seq = story_sequence(&s);
    stored_begin(&r, seq);
    size_t size = r.row.value.size;
    assert_true(size <= sizeof row);
    memcpy(row, r.row.value.data, size);
    stored_end(&r, NULL, 0);
    erase("discharge_plan.discharge_contact");
    assert_string_equal(problem(&at), "");
    stored_begin(&r, seq);
    stored_end(&r, row, size);
    assert_non_null(strstr(problem(&at), "still there"));
    assert_int_equal(at, (int64_t)seq);
}

// ---- a store that fails ------------------------------------------------------------------------------------------------

static size_t fail_at, countdown; // the allocation of the command that fails; 0: none

static void *scarce(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return countdown > 0 && --countdown == 0 ? NULL : realloc(block, size);
}

static stepdown_status erase_through(struct stage *t) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    assert_int_equal(stepdown_command_new(t->session, "erase", "discharge_plan.discharge_contact", &command, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "basis", "b", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "authority", "a", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set_id(command, "erase-once", NULL), STEPDOWN_OK);
    countdown = fail_at;
    stepdown_status status = stepdown_session_execute(t->session, s.pathway, command, &receipt, NULL);
    countdown = 0;
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    return status;
}

// Every call of the storage fails in turn: the store is as before, or the values are gone and the record says so.
static void sweep(size_t kind) {
    struct stage t = {.faulty = NULL};
    stepdown_status status = STEPDOWN_IO;
    write_marker();
    uint64_t before = story_rows(&s);
    assert_int_equal(faulty_new(storage_retain(s.storage), &t.faulty), STEPDOWN_OK);
    stage_open(&t, &s);
    for (size_t at = 1; status != STEPDOWN_OK; at++) {
        assert_true(at < 100);
        struct faulty_fault fault = faulty_kind(kind, FAULTY_ANY, at, false);
        faulty_arm(t.faulty, fault);
        status = erase_through(&t);
        faulty_disarm(t.faulty);
        bool gone = !story_holds(&s, MARKER);
        assert_true(gone == !story_holds(&s, OLDER));
        if (!gone) {
            assert_int_not_equal(status, STEPDOWN_OK);
            assert_true(before == story_rows(&s));
        }
        if (status != STEPDOWN_OK) {
            stage_open(&t, &s);
        }
    }
    assert_false(story_holds(&s, MARKER));
    assert_int_equal(erase_through(&t), STEPDOWN_OK); // once more: the first time's receipt
    assert_true(story_intact(&s));
    stage_close(&t);
    faulty_free(&t.faulty);
}

static void an_erasure_happens_whole_or_not_at_all_however_the_store_fails(void **state) {
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++) {
        sweep(kind);
        end(state);
        begin(state);
    }
}

static void an_erasure_happens_whole_or_not_at_all_when_memory_runs_out(void **state) {
    (void)state;
    struct stage t = {.faulty = NULL};
    stepdown_status status = STEPDOWN_NOMEM;
    write_marker();
    uint64_t before = story_rows(&s);
    stepdown_options_set_allocator(s.options, scarce, NULL);
    assert_int_equal(faulty_new(storage_retain(s.storage), &t.faulty), STEPDOWN_OK);
    for (size_t at = 1; status != STEPDOWN_OK; at++) {
        assert_true(at < 5000);
        stage_open(&t, &s); // a new engine, so that nothing is in reserve
        fail_at = at;
        status = erase_through(&t);
        fail_at = 0;
        if (status != STEPDOWN_OK) {
            assert_int_equal(status, STEPDOWN_NOMEM);
            assert_true(before == story_rows(&s));
        }
    }
    assert_false(story_holds(&s, MARKER));
    assert_true(story_intact(&s));
    stage_close(&t);
    faulty_free(&t.faulty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_erased_value_and_its_older_versions_are_in_no_row_of_the_store),
        TEST(an_entry_is_erased_whole_except_what_the_record_keeps),
        TEST(the_snapshot_goes_in_the_same_commit_and_the_next_one_does_not_hold_the_value),
        TEST(a_snapshot_that_became_smaller_leaves_nothing_of_the_larger_one),
        TEST(an_engine_that_knew_the_value_does_not_show_it_any_more),
        TEST(the_words_of_a_mark_are_erased_by_its_id),
        TEST(a_retracted_entry_can_be_erased_by_its_id),
        TEST(an_erasure_names_its_basis_and_who_ordered_it),
        TEST(only_the_organization_that_opened_the_pathway_may_erase),
        TEST(what_the_record_itself_keeps_is_refused_and_it_is_said_why),
        TEST(nothing_is_erased_twice),
        TEST(the_same_command_id_erases_once),
        TEST(another_purpose_of_use_is_another_request),
        TEST(a_gate_and_the_confirmations_say_that_the_value_was_erased),
        TEST(the_record_says_that_an_erasure_caused_it),
        TEST(a_closed_pathway_forgets_as_well_and_stays_closed),
        TEST(a_value_taken_out_without_a_record_is_unexplained),
        TEST(an_erased_value_that_is_put_back_is_found),
        TEST(an_erasure_happens_whole_or_not_at_all_however_the_store_fails),
        TEST(an_erasure_happens_whole_or_not_at_all_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
