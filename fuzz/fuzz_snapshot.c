// SPDX-License-Identifier: Apache-2.0
// Any bytes as the snapshot of a pathway. What is accepted must be a sound state: its chains can be walked, its timers
// end, and it says the same bytes again. The input's size decides which allocation fails, so that every failure replays.
// May call: pathway, protocol, record, base.
#include <stdlib.h>
#include <string.h>

#include "pathway/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long countdown; // allocations until one fails; 0: none fails

static void *fuzz_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (countdown > 0 && --countdown == 0)
        return NULL;
    return realloc(block, size);
}

static void require(bool holds) {
    if (!holds)
        abort();
}

// A set without definitions: every symbol of a snapshot is then unknown, which it must bear.
static struct definitions *no_definitions(const struct env *env) {
    struct definitions *defs = env_zalloc(env, sizeof *defs);
    require(defs != NULL);
    defs->env = *env;
    arena_init(&defs->arena, &defs->env);
    return definitions_retain(defs);
}

static void walk_element(const struct state *s, uint32_t i) {
    const struct element *e = &s->elements[i];
    require(state_find(s, e->id) == i);
    require(e->about == NO_ELEMENT || state_is_about(s, i, e->about));
    (void)state_event(s, i, EVENT_ITEM_OVERDUE, true);
    (void)state_entry_field(s, i, 0);
    for (uint32_t m = e->first_mark; m != UINT32_MAX; m = s->marks[m].next)
        (void)state_mark_attr(s, &s->marks[m], ATTR_REASON);
    for (uint32_t p = e->last_pass; p != UINT32_MAX; p = s->passes[p].previous)
        require(s->passes[p].element == i);
}

static void drain(struct state *s) {
    struct timer timer;
    enum timer_what what;
    while (state_next_timer(s, &timer, &what) != STEPDOWN_TIME_NONE) {
        require(what != TIMER_NONE && what != TIMER_SCHEDULE); // no rule is known here
        s->elements[timer.element].flags |= what == TIMER_DUE    ? (uint32_t)ELEMENT_OVERDUE_FLAG
                                            : what == TIMER_LEAD ? (uint32_t)ELEMENT_LEAD_FIRED
                                                                 : (uint32_t)ELEMENT_ANSWERED;
    }
}

static void read(const struct env *env, struct definitions *defs, stepdown_slice bytes) {
    static const uint8_t id[RECORD_ID] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    struct state *s = NULL;
    struct buffer again;
    if (snapshot_read(env, defs, id, bytes, &s, NULL) != STEPDOWN_OK) {
        require(s == NULL);
        return;
    }
    buffer_init(&again, env);
    if (snapshot_write(s, &again, NULL) == STEPDOWN_OK)
        require(again.size == bytes.size && memcmp(again.data, bytes.data, bytes.size) == 0);
    buffer_free(&again);
    for (uint32_t i = 0; i < s->element_count; i++)
        walk_element(s, i);
    drain(s);
    state_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct env env = env_default();
    env.allocate = fuzz_allocate;
    countdown = 0;
    struct definitions *defs = no_definitions(&env);
    read(&env, defs, (stepdown_slice){data, size});
    countdown = 1 + size % 16;
    read(&env, defs, (stepdown_slice){data, size});
    countdown = 0;
    definitions_release(&defs);
    return 0;
}
