// SPDX-License-Identifier: Apache-2.0
// The shared environment and the sample records. Changing a sample changes the golden files.
#include "record/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int32_t counting_random(void *ctx, uint8_t *out, size_t size) {
    struct fixture *f = ctx;
    f->draws++;
    if (f->no_entropy)
        return false;
    for (size_t i = 0; i < size; i++)
        out[i] = f->salt++;
    return true;
}

void fixture_open(struct fixture *f) {
    *f = (struct fixture){.no_entropy = false};
    test_memory_init(&f->memory, 0);
    f->env = f->memory.env;
    f->env.random = counting_random;
    f->env.random_ctx = f;
    assert_int_equal(digest_new(&f->env, &f->digest, NULL), STEPDOWN_OK);
    buffer_init(&f->row, &f->env);
    arena_init(&f->arena, &f->env);
}

void fixture_close(struct fixture *f) {
    arena_free(&f->arena);
    buffer_free(&f->row);
    digest_free(&f->digest);
    assert_int_equal(f->memory.live, 0);
}

void fixture_restart(struct fixture *f) {
    f->salt = 0;
    f->draws = 0;
    f->no_entropy = false;
}

struct value text_value(const char *text) {
    return (struct value){.type = VALUE_TEXT, .text = slice_text(text)};
}

struct value word_value(enum value_type type, const char *word) {
    return (struct value){.type = (uint8_t)type, .text = slice_text(word)};
}

struct value number_value(enum value_type type, int64_t number) {
    return (struct value){.type = (uint8_t)type, .number = number};
}

struct value list_value(enum value_type type, const struct value *items, uint32_t count) {
    return (struct value){.type = (uint8_t)type, .items = items, .count = count};
}

struct attr plain(uint32_t key, struct value value) {
    return (struct attr){.key = key, .value = value};
}

struct attr withheld(uint32_t key, struct value value, const char *label) {
    return (struct attr){.key = key, .value = value, .label = label, .withheld = true};
}

static const struct value decision_items[] = {
    {.type = VALUE_CHOICE, .text = {(const uint8_t *)"agreed", 6}},
    {.type = VALUE_TEXT, .text = {(const uint8_t *)"the mother opens the door", 25}},
};
static const struct value mixed_items[] = {
    {.type = VALUE_ROLE, .text = {(const uint8_t *)"case manager", 12}},
    {.type = VALUE_NONE},
    {.type = VALUE_LIST, .items = decision_items, .count = 2},
    {.type = VALUE_LIST},
};

static const struct value values[] = {
    {.type = VALUE_NONE},
    {.type = VALUE_TEXT, .text = {(const uint8_t *)"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x9a\xaa", 15}},
    {.type = VALUE_TEXT},
    {.type = VALUE_CHOICE, .text = {(const uint8_t *)"refused", 7}},
    {.type = VALUE_LIST},
    {.type = VALUE_LIST, .items = mixed_items, .count = 4},
    {.type = VALUE_TIME, .number = INT64_C(1772460000000000)},
    {.type = VALUE_TIME, .number = -1},
    {.type = VALUE_TIME, .number = INT64_MIN},
    {.type = VALUE_DURATION, .duration = {.months = 1, .days = -2, .business = 3, .exact = 14 * TIME_HOUR}},
    {.type = VALUE_DURATION, .duration = {INT32_MIN, INT32_MAX, INT32_MIN, INT64_MIN}},
    {.type = VALUE_QUANTITY, .number = 23},
    {.type = VALUE_QUANTITY, .number = 24},
    {.type = VALUE_QUANTITY, .number = INT64_MAX},
    {.type = VALUE_QUANTITY, .number = INT64_MIN},
    {.type = VALUE_QUANTITY, .number = -125, .scale = 2},
    {.type = VALUE_QUANTITY, .number = 15, .scale = 1, .text = {(const uint8_t *)"hours per day", 13}},
    {.type = VALUE_QUANTITY, .number = 7, .text = {(const uint8_t *)"days", 4}},
    {.type = VALUE_BOOLEAN, .number = 0},
    {.type = VALUE_BOOLEAN, .number = 1},
    {.type = VALUE_REFERENCE, .ref = {3, 1}},
    {.type = VALUE_REFERENCE, .ref = {300, 70000}, .version = 301},
    {.type = VALUE_REFERENCE, .ref = {UINT64_MAX, UINT32_MAX}, .version = UINT64_MAX, .field = UINT32_MAX},
    {.type = VALUE_REFERENCE, .ref = {3, 1}, .field = 1030},
    {.type = VALUE_DECISION, .items = decision_items, .count = 2},
    {.type = VALUE_STATEMENT, .text = {(const uint8_t *)"slept two hours", 15}},
    {.type = VALUE_STATEMENT, .text = {(const uint8_t *)"seems afraid", 12}, .interpretation = true},
    {.type = VALUE_PERSON, .text = {(const uint8_t *)"staff-17", 8}},
    {.type = VALUE_ROLE, .text = {(const uint8_t *)"clinician", 9}},
    {.type = VALUE_DATE, .number = -25567},
    {.type = VALUE_INTERVAL, .number = 0, .until = STEPDOWN_TIME_NONE},
    {.type = VALUE_INTERVAL, .number = -TIME_DAY, .until = TIME_DAY},
    {.type = VALUE_BYTES, .text = {(const uint8_t *)"\x00\xff\x80", 3}},
    {.type = VALUE_BYTES},
};

const struct value *every_value(size_t *count) {
    *count = sizeof values / sizeof values[0];
    return values;
}

// --- sample records

static struct record_header header_make(uint64_t seq, stepdown_time at) {
    struct record_header h = {.seq = seq, .recorded_at = at, .occurred_at = at, .raw_clock = STEPDOWN_TIME_NONE};
    for (uint8_t i = 0; i < RECORD_ID; i++) {
        h.log_id[i] = (uint8_t)(0xa0 + i);
        h.pathway[i] = (uint8_t)(0x10 + i);
    }
    if (seq > 0)
        memset(h.previous, 0x5a, sizeof h.previous);
    memset(h.definition, 0xd5, sizeof h.definition);
    h.cause = CAUSE_COMMAND;
    h.actor = (struct actor){.type = ACTOR_PERSON,
                             .system = slice_text("north"),
                             .id = slice_text("staff-17"),
                             .role = slice_text("peer specialist"),
                             .behalf = slice_text("riverside")};
    h.command_id = slice_of("\x00\x01\x02\x03\x04\x05\x06\x07", 8);
    h.engine = slice_text("0.1.0");
    return h;
}

static struct event *events_make(struct arena *arena, struct sample *s, uint32_t count) {
    s->events = arena_zalloc(arena, count * sizeof *s->events);
    assert_non_null(s->events);
    s->event_count = count;
    return s->events;
}

static void event_fill(struct arena *arena, struct event *e, uint16_t code, uint32_t name, struct ref target,
                       const struct attr *attrs, uint32_t count) {
    *e = (struct event){.code = code, .name = name, .target = target, .attr_count = count};
    if (count == 0)
        return;
    e->attrs = arena_alloc(arena, count * sizeof *attrs);
    assert_non_null(e->attrs);
    memcpy(e->attrs, attrs, count * sizeof *attrs);
}

static void genesis_make(struct arena *arena, struct sample *s) {
    s->name = "genesis";
    s->header = header_make(0, INT64_C(1772460000000000));
    s->header.cause = CAUSE_GENESIS;
    s->header.command_id = slice_text("");
    event_fill(arena, events_make(arena, s, 1), EVENT_PATHWAY_OPENED, 0, (struct ref){0, 0}, NULL, 0);
}

// A refused first visit: the cause, the huddle and the task that followed; three withheld fields, two of them labelled.
static void refusal_make(struct arena *arena, struct sample *s) {
    const struct attr visit[] = {
        withheld(1031, text_value("\"Not today. I am too tired to talk.\""), "mental-health"),
        plain(1029, word_value(VALUE_CHOICE, "refused")),
        withheld(1030,
                 (struct value){.type = VALUE_STATEMENT, .text = slice_text("seems afraid"), .interpretation = true},
                 "mental-health"),
        plain(ATTR_METHOD, word_value(VALUE_CHOICE, "home visit")),
    };
    const struct attr huddle[] = {
        plain(ATTR_DUE, number_value(VALUE_TIME, INT64_C(1772492400000000))),
        plain(ATTR_DUE_RULE, text_value("same day")),
        plain(ATTR_OWNER_ROLE, word_value(VALUE_ROLE, "clinician")),
        plain(ATTR_ABOUT, (struct value){.type = VALUE_REFERENCE, .ref = {4, 0}}),
        plain(ATTR_RULE, number_value(VALUE_QUANTITY, 1040)),
    };
    const struct attr task[] = {
        withheld(ATTR_REASON, text_value("call the aunt"), NULL),
        plain(ATTR_ABOUT, (struct value){.type = VALUE_REFERENCE, .ref = {2, 1}, .version = 3}),
    };
    s->name = "refusal";
    s->header = header_make(4, INT64_C(1772460060000000));
    s->header.occurred_at = INT64_C(1772459400000000);
    s->header.raw_clock = INT64_C(1772460059000000);
    s->header.outcome = OUTCOME_MINOR;
    s->header.device = slice_text("tablet-9");
    s->header.request = slice_text("req-0001");
    s->header.purpose = slice_text("TREAT");
    s->header.has_offset = true;
    s->header.offset_minutes = -300;
    struct event *e = events_make(arena, s, 3);
    event_fill(arena, &e[0], EVENT_CONTACT_REFUSED, 1028, (struct ref){4, 0}, visit, 4);
    event_fill(arena, &e[1], EVENT_HUDDLE_OPENED, 1041, (struct ref){4, 1}, huddle, 5);
    event_fill(arena, &e[2], EVENT_TASK_OPENED, 1042, (struct ref){4, 2}, task, 2);
}

// Every value plain in one event and withheld in another.
static void values_make(struct arena *arena, struct sample *s) {
    size_t count;
    const struct value *all = every_value(&count);
    struct attr attrs[64];
    assert_true(count <= 64);
    s->name = "values";
    s->header = header_make(UINT64_C(5000000000), INT64_C(1772460000000000));
    struct event *e = events_make(arena, s, 2);
    for (uint32_t i = 0; i < count; i++)
        attrs[i] = plain(SYMBOL_FIRST + i, all[i]);
    event_fill(arena, &e[0], EVENT_FORM_SUBMITTED, SYMBOL_FIRST, (struct ref){s->header.seq, 0}, attrs,
               (uint32_t)count);
    for (uint32_t i = 0; i < count; i++)
        attrs[i] = withheld(SYMBOL_FIRST + i, all[i], i % 2 ? "p" : NULL);
    event_fill(arena, &e[1], EVENT_FORM_AMENDED, SYMBOL_FIRST, (struct ref){0, 0}, attrs, (uint32_t)count);
}

static void early_make(struct arena *arena, struct sample *s) {
    const struct attr attrs[] = {plain(ATTR_DUE, number_value(VALUE_TIME, TIME_MIN))};
    s->name = "before-1970";
    s->header = header_make(1, -1);
    s->header.occurred_at = TIME_MIN;
    s->header.raw_clock = -2;
    s->header.cause = CAUSE_IMPORT;
    event_fill(arena, events_make(arena, s, 1), EVENT_ITEM_DUE_CHANGED, 0, (struct ref){0, 3}, attrs, 1);
}

static void access_make(struct arena *arena, struct sample *s) {
    const struct attr attrs[] = {plain(ATTR_COUNT, number_value(VALUE_QUANTITY, 12))};
    s->name = "access";
    s->header = header_make(17, INT64_C(1772460000000001));
    s->header.cause = CAUSE_ACCESS;
    s->header.outcome = OUTCOME_SERIOUS;
    s->header.actor = (struct actor){.type = ACTOR_ENGINE};
    s->header.command_id = slice_text("");
    memset(s->header.definition, 0, sizeof s->header.definition);
    event_fill(arena, events_make(arena, s, 1), EVENT_ACCESS_REFUSED, 0, (struct ref){17, 0}, attrs, 1);
}

static void erased_field_make(struct arena *arena, struct sample *s) {
    refusal_make(arena, s);
    s->name = "erased-field";
    s->erase = 2;
}

static void erased_body_make(struct arena *arena, struct sample *s) {
    refusal_make(arena, s);
    s->name = "erased-body";
    s->erase = 0;
}

static void (*const samples[SAMPLE_COUNT])(struct arena *arena, struct sample *s) = {
    genesis_make, refusal_make, values_make, early_make, access_make, erased_field_make, erased_body_make,
};

struct sample sample_make(struct arena *arena, unsigned number) {
    struct sample s = {.erase = -1};
    samples[number](arena, &s);
    return s;
}

void sample_encode(struct fixture *f, unsigned number) {
    struct sample s = sample_make(&f->arena, number);
    assert_int_equal(record_encode(&f->env, f->digest, &s.header, s.events, s.event_count, &f->row, f->leaf, NULL),
                     STEPDOWN_OK);
    if (s.erase < 0)
        return;
    struct buffer erased;
    buffer_init(&erased, &f->env);
    assert_int_equal(record_erase(&f->env, slice_of(f->row.data, f->row.size), (uint16_t)s.erase, &erased, NULL),
                     STEPDOWN_OK);
    buffer_clear(&f->row);
    buffer_append(&f->row, erased.data, erased.size);
    buffer_free(&erased);
}
