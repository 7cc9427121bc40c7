// SPDX-License-Identifier: Apache-2.0
// What crosses the border of one pathway: signals, the outbox, the access chain, verification, definition sets,
// settings and symbols.
#include "story.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "storage/storage.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    story_end(&s);
    return 0;
}

static const char *cell(const stepdown_result *r, size_t row, const char *column) {
    assert_int_not_equal(stepdown_result_column(r, column), -1);
    return stepdown_result_text(r, row, stepdown_result_column(r, column));
}

static int64_t number(const stepdown_result *r, size_t row, const char *column) {
    assert_int_not_equal(stepdown_result_column(r, column), -1);
    return stepdown_result_integer(r, row, stepdown_result_column(r, column));
}

// ---- signals -----------------------------------------------------------------------------------------------------------------

static char other[32];

static void two_pathways(void) {
    snprintf(other, sizeof other, "%s", s.pathway);
    story_do(&s, MARIA, "open", "failed-first-visit-huddle", "subject", "p-2", "zone", "America/New_York", END);
}

static uint64_t sequence_of(const char *pathway) {
    char own[32];
    snprintf(own, sizeof own, "%s", s.pathway);
    snprintf(s.pathway, sizeof s.pathway, "%s", pathway);
    uint64_t sequence = story_sequence(&s);
    snprintf(s.pathway, sizeof s.pathway, "%s", own);
    return sequence;
}

static void a_signal_takes_effect_on_the_other_pathway_once(void **state) {
    (void)state;
    two_pathways();
    uint64_t before = sequence_of(other);
    story_do(&s, MARIA, "signal", other, "command", "add", "on", "action", END);
    assert_int_equal(sequence_of(other), before); // nothing before time passes
    story_at(&s, "03-03 09:01");
    assert_int_equal(sequence_of(other), before + 1);
    story_at(&s, "03-03 09:02");
    assert_int_equal(sequence_of(other), before + 1);
    assert_true(story_intact(&s));
}

static void a_signal_arrives_once_when_two_engines_deliver(void **state) {
    stepdown_engine *second = NULL;
    stepdown_result *fired = NULL;
    (void)state;
    two_pathways();
    uint64_t before = sequence_of(other);
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &second, NULL), STEPDOWN_OK);
    story_do(&s, MARIA, "signal", other, "command", "add", "on", "action", END);
    assert_int_equal(stepdown_engine_advance(second, s.now, 0, &fired, NULL, NULL), STEPDOWN_OK);
    stepdown_result_free(&fired);
    story_at(&s, "03-03 09:01");
    assert_int_equal(sequence_of(other), before + 1);
    stepdown_engine_free(&second);
}

static void a_signal_that_is_refused_raises_an_alert_on_the_sender(void **state) {
    (void)state;
    two_pathways();
    uint64_t before = sequence_of(other);
    story_do(&s, MARIA, "signal", other, "command", "accept", "on", "no_such_item", END);
    story_at(&s, "03-03 09:01");
    assert_int_equal(sequence_of(other), before);
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_string_equal(story_item(&s, "alert", "owner"), "Grace Liu");
    story_at(&s, "03-03 09:02");
    assert_int_equal(story_count(&s, "alert", false), 1);
    assert_true(story_intact(&s));
}

static void a_signal_to_a_pathway_that_does_not_exist_raises_the_alert_too(void **state) {
    (void)state;
    two_pathways();
    other[5] = other[5] == 'a' ? 'b' : 'a';
    story_do(&s, MARIA, "signal", other, "command", "add", "on", "action", END);
    story_at(&s, "03-03 09:01");
    assert_int_equal(story_alerts(&s, NULL), 1);
}

static void a_signal_does_no_more_than_its_sender_may(void **state) {
    (void)state;
    two_pathways();
    uint64_t before = sequence_of(other);
    story_do(&s, MARIA, "signal", other, "command", "submit", "on", "clinical_advice", "advice", "press on", END);
    story_at(&s, "03-03 09:01");
    assert_int_equal(sequence_of(other), before);
}

static void a_signal_needs_another_pathway_and_a_command(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "signal", s.pathway, "command", "add", "on", "action", END);
    two_pathways();
    story_refused(&s, MARIA, STEPDOWN_INVALID, "signal", other, "on", "action", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "signal", "nonsense", "command", "add", END);
}

// Delivered, and the engine stops before it takes the row away; when the next one comes, the sender is no longer there.
static void a_signal_delivered_before_a_crash_is_not_refused_afterwards(void **state) {
    struct env env = env_default();
    struct transaction t;
    uint8_t key[2 + 16 + 8 + 4] = {2, 's'};
    (void)state;
    two_pathways();
    story_do(&s, MARIA, "join-pathway", "lakeside", END);
    story_do(&s, RAO, "signal", other, "command", "discharge", "on", "pathway", END);
    assert_true(base32_parse_id(slice_text(s.pathway), key + 2));
    write_be64(key + 18, story_sequence(&s));
    uint64_t before = sequence_of(other);
    story_at(&s, "03-03 09:01");
    assert_int_equal(sequence_of(other), before + 1);
    char own[32];
    snprintf(own, sizeof own, "%s", s.pathway);
    snprintf(s.pathway, sizeof s.pathway, "%s", other);
    story_do(&s, MARIA, "leave-pathway", "lakeside", "reason", "discharged", END);
    snprintf(s.pathway, sizeof s.pathway, "%s", own);
    transaction_init(&t, s.storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put(&t, slice_of(key, sizeof key), slice_of(NULL, 0), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    story_at(&s, "03-03 09:02");
    assert_int_equal(story_alerts(&s, NULL), 0);
    assert_int_equal(sequence_of(other), before + 2);
}

static void a_signal_of_any_length_does_not_stand_in_the_way_of_later_work(void **state) {
    static char on[16001];
    (void)state;
    two_pathways();
    story_do(&s, MARIA, "join-pathway", "lakeside", END);
    char own[32];
    snprintf(own, sizeof own, "%s", s.pathway);
    snprintf(s.pathway, sizeof s.pathway, "%s", other);
    story_do(&s, MARIA, "leave-pathway", "lakeside", "reason", "discharged", END);
    snprintf(s.pathway, sizeof s.pathway, "%s", own);
    memset(on, 'x', sizeof on - 1);
    story_refused(&s, RAO, STEPDOWN_INVALID, "signal", other, "command", "start", "on", on, END);
    story_refused(&s, RAO, STEPDOWN_INVALID, "signal", other, "command", on, "on", "huddle", END);
    on[128] = '\0';
    for (int i = 0; i < 6; i++) {
        story_do(&s, RAO, "signal", other, "command", "start", "on", on, END);
    }
    story_at(&s, "03-03 09:01");
    story_at(&s, "03-03 09:02");
    assert_int_equal(story_alerts(&s, NULL), 1);
    assert_true(story_intact(&s));
}

// ---- outbox ------------------------------------------------------------------------------------------------------------------

static stepdown_result *lease(uint32_t seconds) {
    stepdown_result *messages = NULL;
    assert_int_equal(stepdown_outbox_lease(s.sessions[OMAR], 10, seconds, &messages, NULL), STEPDOWN_OK);
    return messages;
}

static void overdue_huddle(void) {
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-04 00:00");
}

static void an_alert_is_a_message_to_whom_it_names(void **state) {
    (void)state;
    overdue_huddle();
    stepdown_result *messages = lease(60);
    assert_int_equal(stepdown_result_count(messages), 1);
    assert_string_equal(cell(messages, 0, "recipient"), "Omar Haddad");
    assert_string_equal(cell(messages, 0, "recipient_role"), "operations-manager");
    assert_string_equal(cell(messages, 0, "recipient_organization"), "harborview");
    assert_string_equal(cell(messages, 0, "event"), "alert.opened");
    assert_string_equal(cell(messages, 0, "pathway"), s.pathway);
    assert_int_equal(number(messages, 0, "due"), story_time("03-04 02:00"));
    stepdown_result_free(&messages);
}

static void a_leased_message_is_nobody_else_s_until_the_lease_runs_out(void **state) {
    (void)state;
    overdue_huddle();
    stepdown_result *messages = lease(60);
    stepdown_result *none = lease(60);
    assert_int_equal(stepdown_result_count(none), 0);
    stepdown_result_free(&none);
    s.now += 61 * INT64_C(1000000);
    none = lease(60);
    assert_int_equal(stepdown_result_count(none), 1);
    stepdown_result_free(&none);
    stepdown_result_free(&messages);
}

static void a_delivered_message_is_gone_and_one_given_back_comes_again(void **state) {
    (void)state;
    overdue_huddle();
    stepdown_result *messages = lease(60);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(messages, 0, "token"), 0, NULL), STEPDOWN_OK);
    stepdown_result_free(&messages);
    messages = lease(60);
    assert_int_equal(stepdown_result_count(messages), 1);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(messages, 0, "token"), 1, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(messages, 0, "token"), 1, NULL), STEPDOWN_NOT_FOUND);
    stepdown_result_free(&messages);
    messages = lease(60);
    assert_int_equal(stepdown_result_count(messages), 0);
    stepdown_result_free(&messages);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], "00ff", 1, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], "not hex", 1, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], NULL, 1, NULL), STEPDOWN_NOT_FOUND);
}

static void a_lease_that_ran_out_settles_nothing(void **state) {
    (void)state;
    overdue_huddle();
    stepdown_result *messages = lease(60);
    s.now += 61 * INT64_C(1000000);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(messages, 0, "token"), 1, NULL), STEPDOWN_NOT_FOUND);
    stepdown_result_free(&messages);
}

static void a_lease_that_another_took_over_settles_nothing(void **state) {
    (void)state;
    overdue_huddle();
    stepdown_result *first = lease(60);
    s.now += 61 * INT64_C(1000000);
    stepdown_result *second = lease(60);
    assert_int_equal(stepdown_result_count(second), 1);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(first, 0, "token"), 1, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(stepdown_outbox_settle(s.sessions[OMAR], cell(second, 0, "token"), 1, NULL), STEPDOWN_OK);
    stepdown_result_free(&first);
    stepdown_result_free(&second);
}

static void what_people_write_stands_in_records_alone(void **state) {
    static const char marker[] = "zebra-crossing-marker";
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    chapter_huddle(&s);
    story_do(&s, MARIA, "submit", "huddle_statement", "what_happened", marker, "what_it_may_mean", marker, END);
    story_do(&s, MARIA, "decide", "huddle", "decision", "second-visit", "reason", marker, "text", marker, END);
    story_do(&s, MARIA, "add", "task", "name", marker, "owner_role", "supervisor", "due", "10 minutes", END);
    story_do(&s, MARIA, "attest", "second_visit", "text", marker, END);
    story_do(&s, RAO, "submit", "clinical_advice", "advice", marker, "further_contact", "as-usual", END);
    story_do(&s, RAO, "retract", "clinical_advice", "reason", marker, END);
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "close", "nothing", "text", marker, END);
    story_at(&s, "03-04 15:00");   // alerts and their messages
    assert_true(story_intact(&s)); // writes what waits for the access chain
    assert_false(story_leaks(&s, marker));
}

// ---- access chain --------------------------------------------------------------------------------------------------------------

static int64_t access_records(void) {
    stepdown_result *chains = NULL;
    int64_t records = 0;
    assert_int_equal(stepdown_audit_verify(s.engine, NULL, NULL, NULL, &chains, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(chains); i++) {
        assert_int_equal(number(chains, i, "intact"), 1);
        records += strcmp(cell(chains, i, "kind"), "access") == 0 ? number(chains, i, "records") : 0;
    }
    stepdown_result_free(&chains);
    return records;
}

static void reads_and_refusals_are_on_the_access_chain_and_not_on_the_pathway_s(void **state) {
    (void)state;
    int64_t before = access_records();
    uint64_t rows = story_rows(&s);
    story_sequence(&s);
    assert_int_equal(access_records(), before + 1);
    story_refused(&s, SAM, STEPDOWN_DENIED, "submit", "discharge_plan", "preferred_contact_method", "video", END);
    assert_int_equal(access_records(), before + 2);
    assert_true(rows == story_rows(&s));
}

static size_t store_rows(void) {
    struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row *rows;
    size_t count;
    bool more;
    uint8_t from[1] = {0}, to[1] = {0xff};
    transaction_init(&t, s.storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(
        transaction_scan(&t, slice_of(from, 1), slice_of(to, 1), false, 4000, &arena, &rows, &count, &more, NULL),
        STEPDOWN_OK);
    transaction_abort(&t);
    transaction_free(&t);
    arena_free(&arena);
    return count;
}

static void a_read_across_organizations_is_on_record_before_it_is_answered(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    (void)access_records();
    size_t before = store_rows();
    assert_int_equal(stepdown_board(s.sessions[MARIA], s.pathway, &view, NULL), STEPDOWN_OK);
    stepdown_result_free(&view);
    assert_int_equal(store_rows(), before); // of one's own organization: within a second
    assert_int_equal(stepdown_board(s.sessions[RAO], s.pathway, &view, NULL), STEPDOWN_OK);
    stepdown_result_free(&view);
    assert_true(store_rows() > before);
}

static void another_organization_reads_records_too(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    assert_int_equal(stepdown_audit_records(s.sessions[RAO], s.pathway, 0, 10, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 3);
    stepdown_result_free(&view);
}

static void records_come_in_pages(void **state) {
    stepdown_result *view = NULL;
    (void)state;
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 0, 2, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 2);
    assert_string_equal(stepdown_result_next(view), "2");
    char leaf[80];
    snprintf(leaf, sizeof leaf, "%s", cell(view, 1, "leaf"));
    stepdown_result_free(&view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 2, 2, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 1);
    assert_string_equal(cell(view, 0, "previous"), leaf);
    assert_string_equal(stepdown_result_next(view), "");
    stepdown_result_free(&view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 99, 2, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 0);
    stepdown_result_free(&view);
}

static void pathways_come_in_pages_without_gaps_or_repeats(void **state) {
    stepdown_result *page = NULL;
    char resume[64] = "", last[64] = "";
    size_t seen = 0;
    (void)state;
    for (int i = 0; i < 6; i++) {
        story_do(&s, MARIA, "open", "failed-first-visit-huddle", "subject", "p", "zone", "America/New_York", END);
    }
    do {
        assert_int_equal(stepdown_pathway_list(s.sessions[MARIA], resume, 2, &page, NULL), STEPDOWN_OK);
        for (size_t i = 0; i < stepdown_result_count(page); i++, seen++) {
            assert_true(strcmp(last, cell(page, i, "pathway")) != 0);
            snprintf(last, sizeof last, "%s", cell(page, i, "pathway"));
        }
        snprintf(resume, sizeof resume, "%s", stepdown_result_next(page));
        stepdown_result_free(&page);
    } while (resume[0] != '\0');
    assert_int_equal(seen, 7);
    assert_int_equal(stepdown_pathway_list(s.sessions[MARIA], "no token", 2, &page, NULL), STEPDOWN_INVALID);
}

// ---- verification --------------------------------------------------------------------------------------------------------------

// Change one byte of a row of the pathway, or take the row away.
static void damage(uint8_t space, uint64_t seq, size_t at, bool take) {
    struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row row;
    uint8_t key[32];
    stepdown_slice slice = slice_of(key, space == 2 ? 26 : 18);
    key[0] = 1;
    assert_true(base32_parse_id(slice_text(s.pathway), key + 1));
    key[17] = space;
    write_be64(key + 18, seq);
    transaction_init(&t, s.storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_get(&t, &slice, 1, &arena, &row, NULL), STEPDOWN_OK);
    assert_true(row.present);
    uint8_t *bytes = arena_alloc(&arena, row.value.size);
    assert_non_null(bytes);
    memcpy(bytes, row.value.data, row.value.size);
    bytes[at % row.value.size] ^= 1;
    assert_int_equal(take ? transaction_delete(&t, slice, NULL)
                          : transaction_put(&t, slice, slice_of(bytes, row.value.size), NULL),
                     STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    arena_free(&arena);
}

static int64_t bad_sequence(void) {
    stepdown_result *chains = NULL;
    assert_int_equal(stepdown_audit_verify(s.engine, s.pathway, NULL, NULL, &chains, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(chains), 1);
    int64_t bad = number(chains, 0, "intact") ? -1 : number(chains, 0, "bad_sequence");
    assert_int_equal(number(chains, 0, "intact"), cell(chains, 0, "problem")[0] == '\0');
    stepdown_result_free(&chains);
    return bad;
}

static void every_changed_byte_of_a_record_is_found_and_its_record_named(void **state) {
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    assert_int_equal(bad_sequence(), -1);
    for (size_t at = 0; at < 700; at += 7) {
        damage(2, 3, at, false);
        int64_t bad = bad_sequence();
        assert_true(bad == 3 || bad == 4);
        damage(2, 3, at, false);
    }
    assert_int_equal(bad_sequence(), -1);
}

static void a_record_that_is_missing_is_found(void **state) {
    (void)state;
    chapter_plan(&s);
    damage(2, 2, 0, true);
    assert_int_equal(bad_sequence(), 2);
}

static void a_tail_that_was_cut_off_is_found(void **state) {
    (void)state;
    chapter_plan(&s);
    damage(2, story_sequence(&s), 0, true);
    assert_true(bad_sequence() >= 0);
}

static void a_head_that_says_something_else_is_found(void **state) {
    (void)state;
    chapter_plan(&s);
    for (size_t at = 0; at < 98; at += 3) {
        damage(1, 0, at, false);
        assert_true(bad_sequence() >= 0);
        damage(1, 0, at, false);
    }
}

static int32_t stop(void *ctx, uint64_t done) {
    (void)done;
    ++*(int *)ctx;
    return 0;
}

static void a_verification_can_be_stopped(void **state) {
    stepdown_result *chains = NULL;
    int asked = 0;
    (void)state;
    for (int i = 0; i < 600; i++) {
        story_do(&s, DENISE, "submit", "discharge_plan", "preferred_contact_method", i % 2 ? "video" : "letter", END);
    }
    assert_int_equal(stepdown_audit_verify(s.engine, NULL, stop, &asked, &chains, NULL), STEPDOWN_MISUSE);
    assert_int_equal(asked, 1);
    assert_null(chains);
}

// ---- definition sets, settings, symbols ------------------------------------------------------------------------------------------

static const char *pinned(void) {
    static char version[32];
    stepdown_result *view = NULL;
    assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &view, NULL), STEPDOWN_OK);
    snprintf(version, sizeof version, "%s", cell(view, 0, "version"));
    stepdown_result_free(&view);
    return version;
}

static const char *hash_in_force(void) {
    static char hash[80];
    stepdown_result *view = NULL;
    assert_int_equal(stepdown_engine_protocols(s.engine, &view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(view), 1);
    snprintf(hash, sizeof hash, "%s", cell(view, 0, "hash"));
    stepdown_result_free(&view);
    return hash;
}

// A small protocol in two versions.
static void activate_text(const char *version, const char *due) {
    char text[1024];
    snprintf(text, sizeof text,
             "protocol: small\nversion: %s\ntitle: A small one\nuses: [common]\nsubject: person\nprotects: a person\n"
             "escalate: overdue-at-provider\n"
             "items:\n  check:\n    kind: task\n    title: A check\n    owner: supervisor\n    on_demand: yes\n"
             "    due: %s\n    evidence: a note\n",
             version, due);
    story_activate_text(&s, text);
}

static void a_running_pathway_keeps_the_version_it_began_with(void **state) {
    char first[32];
    (void)state;
    activate_text("1.0.0", "1 hour");
    story_do(&s, MARIA, "open", "small", "subject", "p", "zone", "America/New_York", END);
    snprintf(first, sizeof first, "%s", s.pathway);
    activate_text("2.0.0", "3 hours");
    story_do(&s, MARIA, "open", "small", "subject", "p", "zone", "America/New_York", END);
    assert_string_equal(pinned(), "2.0.0");
    story_do(&s, MARIA, "add", "check", END);
    assert_int_equal(story_item_number(&s, "check", "due"), story_time("03-03 12:00"));
    snprintf(s.pathway, sizeof s.pathway, "%s", first);
    assert_string_equal(pinned(), "1.0.0");
    story_do(&s, MARIA, "add", "check", END);
    assert_int_equal(story_item_number(&s, "check", "due"), story_time("03-03 10:00"));
    assert_true(story_intact(&s));
}

static void a_new_engine_finds_every_version_in_the_store(void **state) {
    char first[32];
    (void)state;
    activate_text("1.0.0", "1 hour");
    story_do(&s, MARIA, "open", "small", "subject", "p", "zone", "America/New_York", END);
    snprintf(first, sizeof first, "%s", s.pathway);
    activate_text("2.0.0", "3 hours");
    for (int i = 0; i < WHO_COUNT; i++) {
        stepdown_session_free(&s.sessions[i]);
    }
    stepdown_engine_free(&s.engine);
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &s.engine, NULL), STEPDOWN_OK);
    s.sessions[MARIA] = story_session(&s, "Maria Chen", "supervisor", "harborview");
    assert_string_equal(pinned(), "1.0.0");
    story_do(&s, MARIA, "add", "check", END);
    assert_int_equal(story_item_number(&s, "check", "due"), story_time("03-03 10:00"));
    assert_true(story_intact(&s));
}

static void activating_the_same_again_changes_nothing(void **state) {
    char hash[80];
    (void)state;
    snprintf(hash, sizeof hash, "%s", hash_in_force());
    size_t rows = store_rows();
    story_activate(&s, NULL, NULL);
    assert_string_equal(hash_in_force(), hash);
    assert_int_equal(store_rows(), rows);
}

static void a_parameter_makes_another_set_and_counts_for_new_pathways(void **state) {
    char hash[80];
    (void)state;
    snprintf(hash, sizeof hash, "%s", hash_in_force());
    story_activate(&s, "refusals", "4");
    assert_string_not_equal(hash_in_force(), hash);
    story_activate(&s, NULL, NULL);
    assert_string_equal(hash_in_force(), hash);
}

static void a_parameter_outside_its_bounds_is_refused(void **state) {
    stepdown_protocol *protocol = NULL;
    stepdown_error *error = NULL;
    (void)state;
    assert_int_equal(stepdown_protocol_new(s.options, &protocol, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_set(protocol, "refusals", "1", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(s.engine, protocol, &error), STEPDOWN_PROTOCOL);
    assert_true(stepdown_error_diagnostic_count(error) > 0);
    stepdown_error_free(&error);
    stepdown_protocol_free(&protocol);
}

// Numbers of names: store-wide, never given twice.
static void a_name_keeps_its_number_and_no_number_is_given_twice(void **state) {
    struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row *names[2];
    size_t counts[2];
    bool more;
    uint8_t from[2] = {0, 'n'}, to[2] = {0, 'o'};
    (void)state;
    arena_init(&arena, &env);
    for (int i = 0; i < 2; i++) {
        transaction_init(&t, s.storage, &env);
        assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
        assert_int_equal(transaction_scan(&t, slice_of(from, 2), slice_of(to, 2), false, 4000, &arena, &names[i],
                                          &counts[i], &more, NULL),
                         STEPDOWN_OK);
        transaction_abort(&t);
        transaction_free(&t);
        if (i == 0) {
            activate_text("1.0.0", "1 hour");
            activate_text("2.0.0", "3 hours");
        }
    }
    assert_true(counts[1] > counts[0]);
    for (size_t i = 0; i < counts[1]; i++) {
        for (size_t k = 0; k < counts[0]; k++) {
            if (slice_equal(names[0][k].key, names[1][i].key)) {
                assert_true(slice_equal(names[0][k].value, names[1][i].value));
            }
        }
        for (size_t k = 0; k < i; k++) {
            assert_false(slice_equal(names[1][k].value, names[1][i].value));
        }
    }
    arena_free(&arena);
}

static void the_steps_of_time_run_on_however_few_pathways_are_taken_at_once(void **state) {
    stepdown_result *fired = NULL;
    int32_t more = 1;
    size_t turns = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        story_do(&s, MARIA, "open", "failed-first-visit-huddle", "subject", "p", "zone", "America/New_York", END);
        story_do(&s, MARIA, "add", "action", "due", "1 hour", END);
    }
    story_clock(&s, "03-03 11:00");
    while (more) {
        assert_int_equal(stepdown_engine_advance(s.engine, s.now, 1, &fired, &more, NULL), STEPDOWN_OK);
        assert_true(stepdown_result_count(fired) <= 1);
        stepdown_result_free(&fired);
        assert_true(++turns <= 4);
    }
    assert_int_equal(turns, 3);
    assert_int_equal(story_alerts(&s, "overdue-at-provider"), 1);
}

static void a_timer_s_record_happened_when_it_was_due_and_was_recorded_now(void **state) {
    stepdown_result *records = NULL;
    (void)state;
    story_do(&s, MARIA, "add", "action", "due", "1 hour", END);
    uint64_t before = story_sequence(&s);
    story_at(&s, "03-03 11:30");
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, before + 1, 1, &records, NULL), STEPDOWN_OK);
    assert_string_equal(cell(records, 0, "cause"), "timer");
    assert_int_equal(number(records, 0, "occurred_at"), story_time("03-03 10:00"));
    assert_int_equal(number(records, 0, "recorded_at"), story_time("03-03 11:30"));
    stepdown_result_free(&records);
}

static void a_clock_that_goes_back_does_not_take_the_records_with_it(void **state) {
    stepdown_result *records = NULL;
    (void)state;
    story_clock(&s, "03-03 08:00");
    s.occurred = "03-03 09:00"; // the pathway's own time, not the future
    story_do(&s, MARIA, "add", "action", END);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, story_sequence(&s), 1, &records, NULL),
                     STEPDOWN_OK);
    assert_int_equal(number(records, 0, "recorded_at"), story_time("03-03 09:00"));
    stepdown_result_free(&records);
    assert_true(story_intact(&s));
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_signal_takes_effect_on_the_other_pathway_once),
        T(a_signal_arrives_once_when_two_engines_deliver),
        T(a_signal_that_is_refused_raises_an_alert_on_the_sender),
        T(a_signal_to_a_pathway_that_does_not_exist_raises_the_alert_too),
        T(a_signal_does_no_more_than_its_sender_may),
        T(a_signal_needs_another_pathway_and_a_command),
        T(a_signal_delivered_before_a_crash_is_not_refused_afterwards),
        T(a_signal_of_any_length_does_not_stand_in_the_way_of_later_work),
        T(an_alert_is_a_message_to_whom_it_names),
        T(a_leased_message_is_nobody_else_s_until_the_lease_runs_out),
        T(a_delivered_message_is_gone_and_one_given_back_comes_again),
        T(a_lease_that_ran_out_settles_nothing),
        T(a_lease_that_another_took_over_settles_nothing),
        T(what_people_write_stands_in_records_alone),
        T(reads_and_refusals_are_on_the_access_chain_and_not_on_the_pathway_s),
        T(a_read_across_organizations_is_on_record_before_it_is_answered),
        T(another_organization_reads_records_too),
        T(records_come_in_pages),
        T(pathways_come_in_pages_without_gaps_or_repeats),
        T(every_changed_byte_of_a_record_is_found_and_its_record_named),
        T(a_record_that_is_missing_is_found),
        T(a_tail_that_was_cut_off_is_found),
        T(a_head_that_says_something_else_is_found),
        T(a_verification_can_be_stopped),
        T(a_running_pathway_keeps_the_version_it_began_with),
        T(a_new_engine_finds_every_version_in_the_store),
        T(activating_the_same_again_changes_nothing),
        T(a_parameter_makes_another_set_and_counts_for_new_pathways),
        T(a_parameter_outside_its_bounds_is_refused),
        T(a_name_keeps_its_number_and_no_number_is_given_twice),
        T(the_steps_of_time_run_on_however_few_pathways_are_taken_at_once),
        T(a_timer_s_record_happened_when_it_was_due_and_was_recorded_now),
        T(a_clock_that_goes_back_does_not_take_the_records_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
