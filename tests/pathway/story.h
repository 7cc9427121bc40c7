// SPDX-License-Identifier: Apache-2.0
// A pathway told event by event: each is folded into a live state as the engine does it, and the record it belongs to is
// then encoded, so that the same story can be folded again from its rows.
#ifndef TESTS_PATHWAY_STORY_H
#define TESTS_PATHWAY_STORY_H

#include "pathway/state.h"
#include "support/definitions.h"
#include "support/memory.h"

enum { STORY_EVENTS = 64 };

struct story {
    struct test_memory memory;
    struct env env;
    uint8_t salt;
    struct digest *digest;
    struct definitions *defs;
    struct state *s;
    struct arena arena; // values of events
    uint8_t id[RECORD_ID];
    struct record_header header; // of the record being told
    struct event events[STORY_EVENTS];
    uint32_t event_count;
    struct buffer *rows;
    size_t row_count, row_cap;
};

#define STORY_START INT64_C(1772460000000000) // 2026-03-02T14:00:00Z
#define AT_HOUR(n) (STORY_START + (n)*TIME_HOUR)
#define PATHWAY ((struct ref){0, 0})

// Attribute lists.
struct attr attr_text(uint32_t key, const char *text);
struct attr attr_hidden(uint32_t key, const char *text); // in a disclosure of its own
struct attr attr_number(uint32_t key, int64_t number);
struct attr attr_time(uint32_t key, stepdown_time at);
struct attr attr_yes(uint32_t key);
struct attr attr_ref(uint32_t key, struct ref ref);
#define ATTRS(...)                                                                                                     \
    ((struct attr[]){__VA_ARGS__}), (uint32_t)(sizeof((struct attr[]){__VA_ARGS__}) / sizeof(struct attr))
#define NO_ATTRS NULL, 0

void story_open(struct story *t); // the first record opened the pathway
void story_open_under(struct story *t, enum test_definitions_kind kind);
void story_close(struct story *t);

// Who acts, and when (hours after the start), from the next event on.
void story_actor(struct story *t, const char *id, const char *role, const char *org);
void story_time(struct story *t, int64_t hours);
// The next event of the record; a creating one (target NULL) answers with what it made. Fails the test if it is refused.
struct ref story_event(struct story *t, uint16_t code, uint32_t name, const struct ref *target,
                       const struct attr *attrs, uint32_t count);
void story_record(struct story *t); // end the record
// One event in a record of its own.
struct ref story_create(struct story *t, uint16_t code, uint32_t name, const struct attr *attrs, uint32_t count);
void story_tell(struct story *t, uint16_t code, uint32_t name, struct ref target, const struct attr *attrs,
                uint32_t count);
// The event must be CORRUPT here; the story goes on as if it had not been told. The record must be ended.
void story_refuses(struct story *t, uint16_t code, uint32_t name, const struct ref *target, const struct attr *attrs,
                   uint32_t count);
// Erase disclosure `number` of record `seq`: in its row, and by an event in a record of its own.
void story_erase(struct story *t, uint64_t seq, uint16_t number);

// Fold record `seq` from its row.
stepdown_status story_fold(struct story *t, size_t seq, struct state *into);
// A state made from all rows under another (or the same) definition set.
struct state *story_refold(struct story *t, struct definitions *defs);
void story_snapshot(struct story *t, const struct state *s, struct buffer *out);
void story_same(struct story *t, const struct state *a, const struct state *b); // equal snapshots

const struct element *story_element(const struct story *t, struct ref id);
const struct element *state_element(const struct state *s, struct ref id);
bool text_is(stepdown_slice text, const char *expected);

#endif
