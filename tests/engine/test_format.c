// SPDX-License-Identifier: Apache-2.0
// What stands in a store beside the records and what records rest on: heads, symbols, settings, the moments of access.
// Whatever is not as the records say it was is found.
#include "story.h"

#include "base/arena.h"
#include "record/record.h"
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

// ---- rows --------------------------------------------------------------------------------------------------------------

struct rows {
    struct env env;
    struct arena arena;
    struct transaction t;
    struct row *list;
    size_t count;
};

// Every row from `from` up to `to`, in a transaction that stays open.
static void rows_read(struct rows *r, stepdown_slice from, stepdown_slice to) {
    bool more;
    *r = (struct rows){.env = env_default()};
    transaction_init(&r->t, s.storage, &r->env);
    arena_init(&r->arena, &r->env);
    assert_int_equal(transaction_begin(&r->t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_scan(&r->t, from, to, false, 4000, &r->arena, &r->list, &r->count, &more, NULL),
                     STEPDOWN_OK);
    assert_false(more);
}

static void rows_end(struct rows *r, bool keep) {
    if (keep)
        assert_int_equal(transaction_commit(&r->t, NULL), STEPDOWN_OK);
    else
        transaction_abort(&r->t);
    transaction_free(&r->t);
    arena_free(&r->arena);
}

static void rows_of(struct rows *r, char space) {
    uint8_t from[2] = {0, (uint8_t)space}, to[2] = {0, (uint8_t)(space + 1)};
    rows_read(r, slice_of(from, 2), slice_of(to, 2));
}

static void put(struct rows *r, stepdown_slice key, stepdown_slice value) {
    assert_int_equal(transaction_put(&r->t, key, value, NULL), STEPDOWN_OK);
}

static stepdown_slice copy(struct rows *r, stepdown_slice bytes) {
    uint8_t *to = arena_alloc(&r->arena, bytes.size);
    assert_non_null(to);
    memcpy(to, bytes.data, bytes.size);
    return slice_of(to, bytes.size);
}

// An engine that remembers nothing.
static stepdown_status open_anew(stepdown_engine **out) {
    stepdown_engine_free(out);
    return stepdown_engine_open(s.storage, s.options, out, NULL);
}

static bool all_intact(stepdown_engine *engine) {
    stepdown_result *chains = NULL;
    bool intact = true;
    assert_int_equal(stepdown_audit_verify(engine, NULL, NULL, NULL, &chains, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(chains) > 0);
    for (size_t i = 0; i < stepdown_result_count(chains); i++)
        intact = intact && stepdown_result_integer(chains, i, stepdown_result_column(chains, "intact")) != 0;
    stepdown_result_free(&chains);
    return intact;
}

static void activate_small(const char *version) {
    char text[512];
    stepdown_protocol *p = NULL;
    snprintf(text, sizeof text,
             "protocol: small\nversion: %s\ntitle: A small one\nuses: [common]\nsubject: person\nprotects: a person\n"
             "escalate: overdue-at-provider\n"
             "items:\n  check: {kind: task, owner: supervisor, on_demand: yes, due: 1 hour}\n",
             version);
    assert_int_equal(stepdown_protocol_new(s.options, &p, NULL), STEPDOWN_OK);
    assert_int_equal(
        stepdown_protocol_add_text(p, "small.yaml", (stepdown_slice){(const uint8_t *)text, strlen(text)}, NULL),
        STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(s.engine, p, NULL), STEPDOWN_OK);
    stepdown_protocol_free(&p);
}

// ---- heads ---------------------------------------------------------------------------------------------------------------

enum { HEAD_SIZE = 98, HEAD_DEFINITION = 66 };

static void head_key(uint8_t key[18]) {
    key[0] = 1;
    assert_true(base32_parse_id(slice_text(s.pathway), key + 1));
    key[17] = 1;
}

// Of another version of the protocol, which is in the store as well: gates may be easier to pass there.
static void a_head_that_names_another_definition_set_is_found_and_not_followed(void **state) {
    struct rows sets, heads;
    uint8_t key[18], after[18];
    stepdown_engine *fresh = NULL;
    stepdown_session *maria = NULL;
    stepdown_result *view = NULL;
    (void)state;
    activate_small("1.0.0");
    story_do(&s, MARIA, "open", "small", "subject", "p-1", "zone", "America/New_York", END);
    head_key(key);
    memcpy(after, key, sizeof after);
    after[17]++;
    rows_of(&sets, 'd');
    rows_read(&heads, slice_of(key, 18), slice_of(after, 18));
    assert_int_equal(heads.count, 1);
    assert_int_equal(heads.list[0].value.size, HEAD_SIZE);
    stepdown_slice head = copy(&heads, heads.list[0].value);
    uint8_t *place = (uint8_t *)(uintptr_t)head.data + HEAD_DEFINITION;
    for (size_t i = 0; i < sets.count; i++) {
        if (memcmp(sets.list[i].key.data + 2, place, 32) != 0) {
            memcpy(place, sets.list[i].key.data + 2, 32);
            break;
        }
    }
    assert_memory_not_equal(head.data, heads.list[0].value.data, HEAD_SIZE);
    put(&heads, slice_of(key, 18), head);
    rows_end(&sets, false);
    rows_end(&heads, true);
    assert_int_equal(open_anew(&fresh), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(fresh, "Maria Chen", "supervisor", "harborview", NULL, &maria, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_pathway_show(maria, s.pathway, &view, NULL), STEPDOWN_CORRUPT);
    assert_false(all_intact(fresh));
    stepdown_session_free(&maria);
    stepdown_engine_free(&fresh);
}

// ---- symbols -------------------------------------------------------------------------------------------------------------

static const struct row *row_of(const struct rows *r, const char *name) {
    for (size_t i = 0; i < r->count; i++) {
        if (r->list[i].key.size == 2 + strlen(name) && memcmp(r->list[i].key.data + 2, name, strlen(name)) == 0)
            return &r->list[i];
    }
    fail_msg("no symbol %s", name);
    return NULL;
}

// Two names change their numbers, in both directions, so that every look-up agrees with every other.
static void swap_symbols(const char *a, const char *b) {
    struct rows names;
    uint8_t key[6] = {0, 's'};
    rows_of(&names, 'n');
    const struct row *one = row_of(&names, a), *other = row_of(&names, b);
    stepdown_slice number = copy(&names, one->value), second = copy(&names, other->value);
    put(&names, one->key, second);
    put(&names, other->key, number);
    memcpy(key + 2, second.data, 4);
    put(&names, slice_of(key, 6), slice_text(a));
    memcpy(key + 2, number.data, 4);
    put(&names, slice_of(key, 6), slice_text(b));
    rows_end(&names, true);
}

static void records_do_not_get_another_meaning_by_another_table_of_symbols(void **state) {
    stepdown_engine *fresh = NULL;
    (void)state;
    chapter_plan(&s);
    assert_int_equal(open_anew(&fresh), STEPDOWN_OK);
    assert_true(all_intact(fresh));
    swap_symbols("failed-first-visit-huddle.second_visit", "failed-first-visit-huddle.first_visit");
    assert_int_equal(open_anew(&fresh), STEPDOWN_OK);
    assert_false(all_intact(fresh));
    swap_symbols("failed-first-visit-huddle.second_visit", "failed-first-visit-huddle.first_visit");
    assert_true(all_intact(fresh));
    stepdown_engine_free(&fresh);
}

static void what_attaches_or_migrates_cites_the_symbols_as_they_are_then(void **state) {
    (void)state;
    activate_small("1.0.0");
    story_do(&s, MARIA, "attach", "small", END);
    activate_small("2.0.0");
    story_do(&s, MARIA, "migrate", "pathway", END);
    assert_true(story_intact(&s));
    swap_symbols("small.check", "failed-first-visit-huddle.second_visit");
    assert_false(story_intact(&s));
}

static void a_table_of_symbols_whose_end_is_lost_gets_no_new_numbers(void **state) {
    struct rows counter;
    stepdown_protocol *p = NULL;
    static const char text[] = "protocol: late\nversion: 1.0.0\ntitle: Late\nuses: [common]\nsubject: person\n"
                               "protects: a person\nescalate: overdue-at-provider\n"
                               "items:\n  check: {kind: task, owner: supervisor, on_demand: yes, due: 1 hour}\n";
    (void)state;
    rows_of(&counter, 'k');
    assert_int_equal(counter.count, 1);
    put(&counter, copy(&counter, counter.list[0].key), slice_of(counter.list[0].value.data, 3));
    rows_end(&counter, true);
    assert_int_equal(stepdown_protocol_new(s.options, &p, NULL), STEPDOWN_OK);
    assert_int_equal(
        stepdown_protocol_add_text(p, "late.yaml", (stepdown_slice){(const uint8_t *)text, strlen(text)}, NULL),
        STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(s.engine, p, NULL), STEPDOWN_CORRUPT);
    stepdown_protocol_free(&p);
}

// ---- settings of the store -------------------------------------------------------------------------------------------------

static void a_store_whose_settings_have_changed_by_themselves_is_not_opened(void **state) {
    struct rows meta;
    stepdown_engine *fresh = NULL;
    (void)state;
    rows_of(&meta, 'm');
    assert_int_equal(meta.count, 1);
    stepdown_slice key = copy(&meta, meta.list[0].key), whole = copy(&meta, meta.list[0].value);
    struct arena kept = meta.arena;
    arena_init(&meta.arena, &meta.env);
    rows_end(&meta, false);
    for (size_t at = 0; at < whole.size; at++) {
        rows_of(&meta, 'm');
        stepdown_slice damaged = copy(&meta, whole);
        ((uint8_t *)(uintptr_t)damaged.data)[at] ^= 0x20;
        put(&meta, key, damaged);
        rows_end(&meta, true);
        stepdown_status status = open_anew(&fresh);
        if (status != STEPDOWN_CORRUPT && status != STEPDOWN_UNSUPPORTED)
            fail_msg("byte %zu of the settings may change: %d", at, (int)status);
    }
    rows_of(&meta, 'm');
    put(&meta, key, whole);
    rows_end(&meta, true);
    assert_int_equal(open_anew(&fresh), STEPDOWN_OK);
    stepdown_engine_free(&fresh);
    arena_free(&kept);
}

// ---- access ----------------------------------------------------------------------------------------------------------------

// Moments of every access of that kind on record.
static size_t accesses(uint16_t code, stepdown_time *moments, size_t most) {
    struct rows all;
    struct digest *digest = NULL;
    struct record record;
    uint8_t from[1] = {1}, to[1] = {2};
    size_t count = 0;
    rows_read(&all, slice_of(from, 1), slice_of(to, 1));
    assert_int_equal(digest_new(&all.env, &digest, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].key.size != 26 || all.list[i].key.data[17] != 2)
            continue;
        assert_int_equal(record_decode(&all.env, digest, &all.arena, all.list[i].value, &record, NULL), STEPDOWN_OK);
        for (uint32_t e = 0; e < record.event_count; e++) {
            const struct value *at = event_get(&record.events[e], ATTR_AT);
            if (record.events[e].code == code && count < most)
                moments[count++] = at != NULL && at->type == VALUE_TIME ? at->number : STEPDOWN_TIME_NONE;
        }
    }
    digest_free(&digest);
    rows_end(&all, false);
    return count;
}

// A batch is written when the next call comes, which may be hours later.
static void every_access_says_when_it_was(void **state) {
    stepdown_time moments[16];
    (void)state;
    assert_true(story_intact(&s));
    size_t before = accesses(EVENT_ACCESS_READ, moments, 16);
    story_clock(&s, "03-03 10:00");
    (void)story_sequence(&s);
    story_clock(&s, "03-03 17:00");
    assert_true(story_intact(&s));
    size_t count = accesses(EVENT_ACCESS_READ, moments, 16);
    assert_true(count > before);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || moments[i] == story_time("03-03 10:00");
    assert_true(found);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(moments[i], STEPDOWN_TIME_NONE);
}

// Who handed it out, for whom, and what it said.
static void a_message_that_is_handed_out_says_who_took_it_and_for_whom(void **state) {
    struct rows all;
    struct digest *digest = NULL;
    struct record record;
    stepdown_result *messages = NULL;
    uint8_t from[1] = {1}, to[1] = {2};
    size_t found = 0;
    (void)state;
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-04 15:00"); // something is overdue
    assert_int_equal(stepdown_outbox_lease(s.sessions[OMAR], 60, 1, &messages, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(messages), 1);
    assert_int_not_equal(stepdown_result_column(messages, "recipient"), -1);
    const char *person = stepdown_result_text(messages, 0, stepdown_result_column(messages, "recipient"));
    rows_read(&all, slice_of(from, 1), slice_of(to, 1));
    assert_int_equal(digest_new(&all.env, &digest, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].key.size != 26 || all.list[i].key.data[17] != 2)
            continue;
        assert_int_equal(record_decode(&all.env, digest, &all.arena, all.list[i].value, &record, NULL), STEPDOWN_OK);
        for (uint32_t e = 0; e < record.event_count; e++) {
            const struct event *event = &record.events[e];
            if (event->code != EVENT_ACCESS_EXPORTED)
                continue;
            const struct value *told = event_get(event, ATTR_RECIPIENTS);
            found++;
            assert_true(slice_is(event_get(event, ATTR_PERSON)->text, "Omar Haddad"));
            assert_non_null(event_get(event, ATTR_ABOUT));
            assert_true(told != NULL && told->count == 1 && told->items[0].count == 3);
            assert_true(slice_is(told->items[0].items[2].text, person));
        }
    }
    assert_int_equal(found, 1);
    digest_free(&digest);
    rows_end(&all, false);
    stepdown_result_free(&messages);
}

// Written by a newer library: what one cannot read keeps nobody else's work and messages from being seen.
static void a_pathway_of_a_newer_library_keeps_nobody_else_waiting(void **state) {
    struct rows heads;
    uint8_t key[18], after[18];
    stepdown_engine *fresh = NULL;
    stepdown_session *maria = NULL;
    stepdown_query *query = NULL;
    stepdown_result *view = NULL;
    char newer[32];
    (void)state;
    memcpy(newer, s.pathway, sizeof newer);
    head_key(key);
    chapter_plan(&s);
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-06 15:00");
    memcpy(after, key, sizeof after);
    after[17]++;
    rows_read(&heads, slice_of(key, 18), slice_of(after, 18));
    stepdown_slice head = copy(&heads, heads.list[0].value);
    ((uint8_t *)(uintptr_t)head.data)[0] = 2;
    put(&heads, slice_of(key, 18), head);
    rows_end(&heads, true);
    assert_int_equal(open_anew(&fresh), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(fresh, "Maria Chen", "supervisor", "harborview", NULL, &maria, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_pathway_show(maria, newer, &view, NULL), STEPDOWN_UNSUPPORTED);
    assert_int_equal(stepdown_query_new(&query, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_board_query(maria, query, NULL, 100, &view, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(view) > 0);
    stepdown_result_free(&view);
    assert_int_equal(stepdown_outbox_lease(maria, 60, 10, &view, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(view) > 0);
    stepdown_result_free(&view);
    stepdown_query_free(&query);
    stepdown_session_free(&maria);
    stepdown_engine_free(&fresh);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_head_that_names_another_definition_set_is_found_and_not_followed),
        T(records_do_not_get_another_meaning_by_another_table_of_symbols),
        T(what_attaches_or_migrates_cites_the_symbols_as_they_are_then),
        T(a_table_of_symbols_whose_end_is_lost_gets_no_new_numbers),
        T(a_store_whose_settings_have_changed_by_themselves_is_not_opened),
        T(every_access_says_when_it_was),
        T(a_message_that_is_handed_out_says_who_took_it_and_for_whom),
        T(a_pathway_of_a_newer_library_keeps_nobody_else_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
