// SPDX-License-Identifier: Apache-2.0
// Making and freeing a state, and what is worked out again when it is looked at through a definition set: indices of
// symbols, chains by definition, truths of rules, open items, timers. May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"

stepdown_status state_new(const struct env *env, struct definitions *defs, const uint8_t id[RECORD_ID],
                          struct state **out, stepdown_error **out_error) {
    struct state *s = env_zalloc(env, sizeof *s);
    if (!s)
        return status_nomem(env, out_error);
    s->env = env;
    s->defs = definitions_retain(defs);
    arena_init(&s->arena, env);
    memcpy(s->id, id, RECORD_ID);
    s->empty = true;
    s->recorded_at = s->opened_at = s->closed_at = STEPDOWN_TIME_NONE;
    s->last_log = s->first_mark = s->last_mark = s->last_pass = NO_INDEX;
    s->newest_about = NO_ELEMENT;
    s->first_pending = s->first_standing = NO_INDEX;
    if (!state_index(s)) {
        state_free(&s);
        return status_nomem(env, out_error);
    }
    *out = s;
    return STEPDOWN_OK;
}

void state_free(struct state **state) {
    struct state *s = state ? *state : NULL;
    if (!s)
        return;
    *state = NULL;
    void *arrays[] = {s->elements,      s->fields,       s->marks,        s->attrs,      s->log,         s->firings,
                      s->schedules,     s->participants, s->passes,       s->holds,      s->newest_item, s->newest_form,
                      s->newest_firing, s->open_items,   s->open_place,   s->rule_truth, s->timers,      s->texts.slots,
                      s->order,         s->origins,      s->origin_slots, s->matches,    s->rule_lapsed};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        env_free(s->env, arrays[i]);
    arena_free(&s->arena);
    definitions_release(&s->defs);
    env_free(s->env, s);
}

uint32_t state_symbol(const struct state *s, uint32_t symbol, enum name_kind kind) {
    const struct name_def *name = definitions_symbol(s->defs, symbol);
    return name && name->kind == kind && name->index >= 0 ? (uint32_t)name->index : NO_INDEX;
}

// An array of `count` heads of chains, all empty. Never NULL on success, so that an empty set is no special case.
static bool heads_renew(struct state *s, uint32_t **heads, size_t count) {
    uint32_t *renewed = env_alloc(s->env, (count + 1) * sizeof *renewed);
    if (!renewed)
        return false;
    memset(renewed, 0xff, (count + 1) * sizeof *renewed);
    env_free(s->env, *heads);
    *heads = renewed;
    return true;
}

static bool indexes_renew(struct state *s) {
    size_t rules = s->defs->rule_count;
    uint8_t *truth = env_zalloc(s->env, rules + 1);
    if (!truth)
        return false;
    env_free(s->env, s->rule_truth);
    s->rule_truth = truth;
    stepdown_time *lapsed = env_alloc(s->env, (rules + 1) * sizeof *lapsed);
    if (!lapsed)
        return false;
    env_free(s->env, s->rule_lapsed);
    s->rule_lapsed = lapsed;
    for (size_t i = 0; i < rules; i++)
        lapsed[i] = STEPDOWN_TIME_NONE;
    return heads_renew(s, &s->newest_item, s->defs->item_count) &&
           heads_renew(s, &s->newest_form, s->defs->form_count) &&
           heads_renew(s, &s->newest_firing, s->defs->rule_count);
}

static bool index_elements(struct state *s) {
    s->open_count = s->timer_count = 0;
    s->newest_about = NO_ELEMENT;
    for (uint32_t i = 0; i < s->element_count; i++) {
        struct element *e = &s->elements[i];
        bool item = e->flags & ELEMENT_IS_ITEM;
        e->def = state_symbol(s, e->symbol, item ? NAME_ITEM : NAME_FORM);
        e->ladder_rule = state_symbol(s, e->ladder_symbol, NAME_RULE);
        e->newest_about = NO_ELEMENT;
        state_chain_element(s, i);
        s->open_place[i] = NO_INDEX;
        if (item && !(e->flags & ELEMENT_FINISHED_FLAG) && !(state_list_open(s, i) && timers_arm_element(s, i)))
            return false;
    }
    return true;
}

static bool index_log(struct state *s) {
    s->firing_count = 0;
    for (size_t i = 0; i < s->log_count; i++) {
        if (!state_index_log(s, &s->log[i]))
            return false;
    }
    return true;
}

bool state_index(struct state *s) {
    if (!indexes_renew(s) || !index_elements(s) || !index_log(s))
        return false;
    for (size_t i = 0; i < s->field_count; i++)
        s->fields[i].field = state_symbol(s, s->fields[i].symbol, NAME_FIELD);
    for (size_t i = 0; i < s->mark_count; i++)
        s->marks[i].field = state_mark_field(s, s->marks[i].symbol);
    for (size_t i = 0; i < s->pass_count; i++)
        s->passes[i].gate = state_symbol(s, s->passes[i].symbol, NAME_GATE);
    for (size_t i = 0; i < s->hold_count; i++)
        s->holds[i].gate = state_symbol(s, s->holds[i].symbol, NAME_GATE);
    for (uint32_t i = 0; i < s->schedule_count; i++) {
        s->schedules[i].rule = state_symbol(s, s->schedules[i].symbol, NAME_RULE);
        if (!timers_arm_schedule(s, i))
            return false;
    }
    return true;
}

stepdown_status state_rebind(struct state *s, struct definitions *defs, stepdown_error **out_error) {
    struct definitions *before = s->defs;
    s->defs = definitions_retain(defs);
    definitions_release(&before);
    return state_index(s) ? STEPDOWN_OK : status_nomem(s->env, out_error);
}
