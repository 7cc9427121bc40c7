// SPDX-License-Identifier: Apache-2.0
// Telling stories: see story.h.
#include "pathway/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int32_t counting_random(void *ctx, uint8_t *out, size_t size) {
    struct story *t = ctx;
    for (size_t i = 0; i < size; i++)
        out[i] = t->salt++;
    return true;
}

// ---- attributes ----------------------------------------------------------------------------------------------------

struct attr attr_text(uint32_t key, const char *text) {
    return (struct attr){.key = key, .value = {.type = VALUE_TEXT, .text = slice_text(text)}};
}

struct attr attr_hidden(uint32_t key, const char *text) {
    struct attr attr = attr_text(key, text);
    attr.withheld = true;
    return attr;
}

struct attr attr_number(uint32_t key, int64_t number) {
    return (struct attr){.key = key, .value = {.type = VALUE_QUANTITY, .number = number}};
}

struct attr attr_time(uint32_t key, stepdown_time at) {
    return (struct attr){.key = key, .value = {.type = VALUE_TIME, .number = at}};
}

struct attr attr_yes(uint32_t key) {
    return (struct attr){.key = key, .value = {.type = VALUE_BOOLEAN, .number = 1}};
}

struct attr attr_ref(uint32_t key, struct ref ref) {
    return (struct attr){.key = key, .value = {.type = VALUE_REFERENCE, .ref = ref}};
}

// ---- beginning and end ---------------------------------------------------------------------------------------------

void story_open(struct story *t) { story_open_under(t, TEST_DEFINITIONS); }

void story_open_under(struct story *t, enum test_definitions_kind kind) {
    static uint8_t hash[DIGEST_SIZE] = {1, 2, 3};
    *t = (struct story){.salt = 0};
    test_memory_init(&t->memory, 0);
    t->env = t->memory.env;
    t->env.random = counting_random;
    t->env.random_ctx = t;
    assert_int_equal(digest_new(&t->env, &t->digest, NULL), STEPDOWN_OK);
    t->defs = test_definitions_new(&t->env, kind);
    arena_init(&t->arena, &t->env);
    memset(t->id, 7, sizeof t->id);
    assert_int_equal(state_new(&t->env, t->defs, t->id, &t->s, NULL), STEPDOWN_OK);
    story_actor(t, "nurse-1", "nurse", "clinic");
    story_time(t, 0);
    struct attr definition = {.key = ATTR_DEFINITION, .value = {.type = VALUE_BYTES, .text = {hash, sizeof hash}}};
    story_tell(t, EVENT_PATHWAY_OPENED, 0, PATHWAY,
               ATTRS(definition, attr_text(ATTR_SUBJECT, "person-9"), attr_text(ATTR_SUBJECT_KIND, "person"),
                     attr_text(ATTR_ZONE, "America/Denver"), attr_text(ATTR_ZONE_VERSION, "2025b"),
                     attr_text(ATTR_ORG, "clinic"), attr_text(ATTR_ORG_KIND, "provider")));
}

void story_close(struct story *t) {
    for (size_t i = 0; i < t->row_count; i++)
        buffer_free(&t->rows[i]);
    env_free(&t->env, t->rows);
    state_free(&t->s);
    definitions_release(&t->defs);
    arena_free(&t->arena);
    digest_free(&t->digest);
    assert_int_equal(t->memory.live, 0);
}

// ---- telling -------------------------------------------------------------------------------------------------------

void story_actor(struct story *t, const char *id, const char *role, const char *org) {
    t->header.actor =
        (struct actor){.type = ACTOR_PERSON, .id = slice_text(id), .role = slice_text(role), .behalf = slice_text(org)};
}

void story_time(struct story *t, int64_t hours) {
    t->header.occurred_at = AT_HOUR(hours);
    t->header.recorded_at = AT_HOUR(hours) + TIME_MINUTE;
    t->header.raw_clock = STEPDOWN_TIME_NONE;
}

static void prepare_header(struct story *t) {
    memcpy(t->header.pathway, t->id, RECORD_ID);
    memset(t->header.log_id, 9, RECORD_ID);
    memset(t->header.definition, 5, DIGEST_SIZE);
    t->header.cause = t->s->empty ? CAUSE_GENESIS : CAUSE_COMMAND;
    t->header.engine = slice_text("test");
    t->header.seq = t->s->empty ? 0 : t->s->seq + 1;
    if (!t->s->empty)
        memcpy(t->header.previous, t->s->leaf, DIGEST_SIZE);
}

static struct event make_event(struct story *t, uint16_t code, uint32_t name, const struct ref *target,
                               const struct attr *attrs, uint32_t count) {
    struct event event = {.code = code, .name = name, .attr_count = count};
    event.target = target ? *target : (struct ref){t->header.seq, t->event_count};
    event.attrs = arena_alloc(&t->arena, count * sizeof *attrs);
    assert_non_null(event.attrs);
    for (uint32_t i = 0; i < count; i++) {
        event.attrs[i] = attrs[i];
        assert_true(value_copy(&t->arena, &attrs[i].value, &event.attrs[i].value));
    }
    return event;
}

struct ref story_event(struct story *t, uint16_t code, uint32_t name, const struct ref *target,
                       const struct attr *attrs, uint32_t count) {
    stepdown_error *error = NULL;
    prepare_header(t);
    assert_true(t->event_count < STORY_EVENTS);
    struct event event = make_event(t, code, name, target, attrs, count);
    t->events[t->event_count] = event;
    if (fold_event(t->s, &t->header, t->event_count, &event, &error) != STEPDOWN_OK)
        fail_msg("%s", error ? stepdown_error_message(error) : "no error");
    t->event_count++;
    return event.target;
}

void story_record(struct story *t) {
    uint8_t leaf[DIGEST_SIZE];
    stepdown_error *error = NULL;
    assert_true(env_grow(&t->env, (void **)&t->rows, &t->row_cap, t->row_count + 1, sizeof *t->rows));
    struct buffer *row = &t->rows[t->row_count];
    buffer_init(row, &t->env);
    if (record_encode(&t->env, t->digest, &t->header, t->events, t->event_count, row, leaf, &error) != STEPDOWN_OK)
        fail_msg("%s", error ? stepdown_error_message(error) : "no error");
    t->row_count++;
    t->event_count = 0;
    fold_seal(t->s, &t->header, leaf);
}

struct ref story_create(struct story *t, uint16_t code, uint32_t name, const struct attr *attrs, uint32_t count) {
    struct ref made = story_event(t, code, name, NULL, attrs, count);
    story_record(t);
    return made;
}

void story_tell(struct story *t, uint16_t code, uint32_t name, struct ref target, const struct attr *attrs,
                uint32_t count) {
    story_event(t, code, name, &target, attrs, count);
    story_record(t);
}

void story_refuses(struct story *t, uint16_t code, uint32_t name, const struct ref *target, const struct attr *attrs,
                   uint32_t count) {
    stepdown_error *error = NULL;
    struct state *aside = story_refold(t, t->defs);
    prepare_header(t);
    struct event event = make_event(t, code, name, target, attrs, count);
    assert_int_equal(fold_event(aside, &t->header, 0, &event, &error), STEPDOWN_CORRUPT);
    assert_non_null(error);
    stepdown_error_free(&error);
    state_free(&aside);
}

void story_erase(struct story *t, uint64_t seq, uint16_t number) {
    struct buffer row;
    buffer_init(&row, &t->env);
    assert_int_equal(record_erase(&t->env, slice_of(t->rows[seq].data, t->rows[seq].size), number, &row, NULL),
                     STEPDOWN_OK);
    buffer_free(&t->rows[seq]);
    t->rows[seq] = row;
    story_tell(t, EVENT_ERASURE_ERASED, 0, PATHWAY,
               ATTRS(attr_ref(ATTR_ABOUT, ((struct ref){seq, 0})), attr_number(ATTR_VALUE, number)));
}

// ---- the same again ------------------------------------------------------------------------------------------------

stepdown_status story_fold(struct story *t, size_t seq, struct state *into) {
    struct arena arena;
    struct record record;
    arena_init(&arena, &t->env);
    assert_int_equal(
        record_decode(&t->env, t->digest, &arena, slice_of(t->rows[seq].data, t->rows[seq].size), &record, NULL),
        STEPDOWN_OK);
    stepdown_status status = fold_record(into, &record, NULL);
    arena_free(&arena);
    return status;
}

struct state *story_refold(struct story *t, struct definitions *defs) {
    struct state *s;
    assert_int_equal(state_new(&t->env, defs, t->id, &s, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < t->row_count; i++)
        assert_int_equal(story_fold(t, i, s), STEPDOWN_OK);
    return s;
}

void story_snapshot(struct story *t, const struct state *s, struct buffer *out) {
    buffer_init(out, &t->env);
    assert_int_equal(snapshot_write(s, out, NULL), STEPDOWN_OK);
}

void story_same(struct story *t, const struct state *a, const struct state *b) {
    struct buffer left, right;
    story_snapshot(t, a, &left);
    story_snapshot(t, b, &right);
    assert_int_equal(left.size, right.size);
    assert_memory_equal(left.data, right.data, left.size);
    buffer_free(&left);
    buffer_free(&right);
}

const struct element *state_element(const struct state *s, struct ref id) {
    uint32_t at = state_find(s, id);
    assert_int_not_equal(at, NO_ELEMENT);
    return &s->elements[at];
}

const struct element *story_element(const struct story *t, struct ref id) { return state_element(t->s, id); }

bool text_is(stepdown_slice text, const char *expected) { return slice_is(text, expected); }
