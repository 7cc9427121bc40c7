// SPDX-License-Identifier: Apache-2.0
// Adding to a state: the arrays, the chains through them, texts that stand once. Used by the fold and by the reading of
// snapshots, so that both build the same thing. May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"

// ---- texts ---------------------------------------------------------------------------------------------------------

static uint64_t text_hash(stepdown_slice text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ text.data[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static stepdown_slice *text_slot(const struct text_set *set, stepdown_slice text) {
    size_t at = (size_t)text_hash(text) & (set->cap - 1);
    while (set->slots[at].data && !slice_equal(set->slots[at], text))
        at = (at + 1) & (set->cap - 1);
    return &set->slots[at];
}

// Room for one more, at most three quarters full.
static bool texts_reserve(struct state *s) {
    struct text_set *set = &s->texts;
    if ((set->count + 1) * 4 <= set->cap * 3)
        return true;
    struct text_set larger = {.count = set->count, .cap = set->cap ? set->cap * 2 : 64};
    larger.slots = env_zalloc(s->env, larger.cap * sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < set->cap; i++) {
        if (set->slots[i].data)
            *text_slot(&larger, set->slots[i]) = set->slots[i];
    }
    env_free(s->env, set->slots);
    *set = larger;
    return true;
}

bool state_intern(struct state *s, stepdown_slice text, stepdown_slice *out) {
    if (text.size == 0) {
        *out = (stepdown_slice){0};
        return true;
    }
    if (!texts_reserve(s))
        return false;
    stepdown_slice *slot = text_slot(&s->texts, text);
    if (!slot->data) {
        stepdown_slice copy;
        if (!arena_slice(&s->arena, text, &copy))
            return false;
        *slot = copy;
        s->texts.count++;
    }
    *out = *slot;
    return true;
}

bool state_keep_value(struct state *s, const struct value *in, struct value *out) {
    switch (in->type) {
    case VALUE_CHOICE:
    case VALUE_PERSON:
    case VALUE_ROLE:
    case VALUE_QUANTITY: // words that come again; the rest is text of its own
        *out = *in;
        return state_intern(s, in->text, &out->text);
    default: return value_copy(&s->arena, in, out);
    }
}

// ---- arrays --------------------------------------------------------------------------------------------------------

// Indices are 32 bits and the last one means none.
static bool room_for_one(struct state *s, void **array, size_t *cap, size_t count, size_t width) {
    return count < FIELD_UNKNOWN && env_grow(s->env, array, cap, count + 1, width);
}

#define APPEND(s, array, count, cap, item)                                                                             \
    (room_for_one(s, (void **)&(s)->array, &(s)->cap, (s)->count, sizeof *(s)->array) &&                               \
     ((s)->array[(s)->count++] = *(item), true))

void state_chain_element(struct state *s, uint32_t element) {
    struct element *e = &s->elements[element];
    uint32_t *heads = e->flags & ELEMENT_IS_ITEM ? s->newest_item : s->newest_form;
    uint32_t *about = e->about == NO_ELEMENT ? &s->newest_about : &s->elements[e->about].newest_about;
    e->previous_same = NO_ELEMENT;
    if (e->def != NO_INDEX) {
        e->previous_same = heads[e->def];
        heads[e->def] = element;
    }
    e->previous_about = *about;
    *about = element;
}

uint32_t state_add_element(struct state *s, const struct element *element) {
    uint32_t at = (uint32_t)s->element_count;
    if (!env_grow(s->env, (void **)&s->open_place, &s->open_place_cap, s->element_count + 1, sizeof *s->open_place) ||
        !APPEND(s, elements, element_count, element_cap, element))
        return NO_ELEMENT;
    struct element *e = &s->elements[at];
    e->first_field = e->last_field = e->first_mark = e->last_mark = e->last_log = e->last_pass = NO_INDEX;
    e->newest_about = NO_ELEMENT;
    s->open_place[at] = NO_INDEX;
    state_chain_element(s, at);
    return at;
}

bool state_add_field(struct state *s, uint32_t element, const struct field_value *field) {
    uint32_t at = (uint32_t)s->field_count;
    if (!APPEND(s, fields, field_count, field_cap, field))
        return false;
    struct element *e = &s->elements[element];
    s->fields[at].next = NO_INDEX;
    if (e->last_field == NO_INDEX)
        e->first_field = at;
    else
        s->fields[e->last_field].next = at;
    e->last_field = at;
    return true;
}

bool state_add_mark(struct state *s, const struct mark *mark) {
    uint32_t at = (uint32_t)s->mark_count;
    if (!APPEND(s, marks, mark_count, mark_cap, mark))
        return false;
    struct element *e = mark->element == NO_ELEMENT ? NULL : &s->elements[mark->element];
    uint32_t *first = e ? &e->first_mark : &s->first_mark, *last = e ? &e->last_mark : &s->last_mark;
    s->marks[at].next = NO_INDEX;
    if (*last == NO_INDEX)
        *first = at;
    else
        s->marks[*last].next = at;
    *last = at;
    return true;
}

bool state_add_log(struct state *s, const struct log_entry *entry) {
    uint32_t at = (uint32_t)s->log_count;
    if (!APPEND(s, log, log_count, log_cap, entry))
        return false;
    uint32_t *last = entry->element == NO_ELEMENT ? &s->last_log : &s->elements[entry->element].last_log;
    s->log[at].previous = *last;
    *last = at;
    return true;
}

bool state_add_firing(struct state *s, const struct firing *firing) {
    uint32_t at = (uint32_t)s->firing_count;
    if (!APPEND(s, firings, firing_count, firing_cap, firing))
        return false;
    s->firings[at].previous_same = NO_INDEX;
    if (firing->rule != NO_INDEX) {
        s->firings[at].previous_same = s->newest_firing[firing->rule];
        s->newest_firing[firing->rule] = at;
    }
    return true;
}

bool state_add_schedule(struct state *s, const struct schedule *schedule) {
    uint32_t at = (uint32_t)s->schedule_count;
    if (!APPEND(s, schedules, schedule_count, schedule_cap, schedule))
        return false;
    s->schedules[at].next_pending = NO_INDEX;
    if (!schedule->done) {
        s->schedules[at].next_pending = s->first_pending;
        s->first_pending = at;
    }
    return true;
}

bool state_add_pass(struct state *s, const struct gate_pass *pass) {
    uint32_t at = (uint32_t)s->pass_count;
    if (!APPEND(s, passes, pass_count, pass_cap, pass))
        return false;
    uint32_t *last = pass->element == NO_ELEMENT ? &s->last_pass : &s->elements[pass->element].last_pass;
    s->passes[at].previous = *last;
    *last = at;
    return true;
}

bool state_add_hold(struct state *s, const struct hold *hold) {
    uint32_t at = (uint32_t)s->hold_count;
    if (!APPEND(s, holds, hold_count, hold_cap, hold))
        return false;
    s->holds[at].next_standing = NO_INDEX;
    if (!hold->released) {
        s->holds[at].next_standing = s->first_standing;
        s->first_standing = at;
    }
    return true;
}

bool state_add_participant(struct state *s, const struct participant *participant) {
    return APPEND(s, participants, participant_count, participant_cap, participant);
}

bool state_add_match(struct state *s, const struct pattern_match *match) {
    return APPEND(s, matches, match_count, match_cap, match);
}

static size_t origin_hash(uint32_t symbol, const uint8_t member[RECORD_ID], struct ref about) {
    uint64_t hash = read_be64(member) ^ read_be64(member + 8) ^ symbol; // ids are random already
    hash = (hash ^ about.seq) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ about.ord) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash ^ hash >> 32);
}

// The slot of that report, or the free one where it belongs.
static uint32_t *origin_slot(const struct state *s, uint32_t symbol, const uint8_t member[RECORD_ID],
                             struct ref about) {
    size_t at = origin_hash(symbol, member, about) & (s->origin_slot_cap - 1);
    for (; s->origin_slots[at] != NO_INDEX; at = (at + 1) & (s->origin_slot_cap - 1)) {
        const struct origin *o = &s->origins[s->origin_slots[at]];
        if (o->symbol == symbol && memcmp(o->member, member, RECORD_ID) == 0 && ref_equal(o->about, about))
            break;
    }
    return &s->origin_slots[at];
}

static bool origins_reserve(struct state *s, size_t count) {
    size_t cap = s->origin_slot_cap ? s->origin_slot_cap : 16;
    while (count * 4 > cap * 3)
        cap *= 2;
    if (cap == s->origin_slot_cap)
        return true;
    uint32_t *slots = env_alloc(s->env, cap * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0xff, cap * sizeof *slots);
    env_free(s->env, s->origin_slots);
    s->origin_slots = slots;
    s->origin_slot_cap = cap;
    for (uint32_t i = 0; i < s->origin_count; i++)
        *origin_slot(s, s->origins[i].symbol, s->origins[i].member, s->origins[i].about) = i;
    return true;
}

bool state_add_origin(struct state *s, const struct origin *origin) {
    uint32_t at = (uint32_t)s->origin_count;
    if (!origins_reserve(s, s->origin_count + 1) || !APPEND(s, origins, origin_count, origin_cap, origin))
        return false;
    *origin_slot(s, origin->symbol, origin->member, origin->about) = at;
    return true;
}

void state_drop_origins(struct state *s, uint64_t seq) {
    size_t kept = 0;
    for (size_t i = 0; i < s->origin_count; i++) {
        if (s->elements[s->origins[i].element].id.seq != seq)
            s->origins[kept++] = s->origins[i];
    }
    if (kept == s->origin_count)
        return;
    s->origin_count = kept;
    memset(s->origin_slots, 0xff, s->origin_slot_cap * sizeof *s->origin_slots);
    for (uint32_t i = 0; i < s->origin_count; i++)
        *origin_slot(s, s->origins[i].symbol, s->origins[i].member, s->origins[i].about) = i;
}

const struct origin *state_reported(const struct state *s, uint32_t symbol, const uint8_t member[RECORD_ID],
                                    struct ref about) {
    if (s->origin_count == 0)
        return NULL;
    uint32_t at = *origin_slot(s, symbol, member, about);
    return at == NO_INDEX ? NULL : &s->origins[at];
}

bool state_add_attr(struct state *s, const struct attr *attr) { return APPEND(s, attrs, attr_count, attr_cap, attr); }

// ---- indexes -------------------------------------------------------------------------------------------------------

bool state_list_open(struct state *s, uint32_t element) {
    if (s->open_place[element] != NO_INDEX)
        return true;
    uint32_t place = (uint32_t)s->open_count;
    if (!APPEND(s, open_items, open_count, open_cap, &element))
        return false;
    s->open_place[element] = place;
    return true;
}

void state_list_ended(struct state *s, uint32_t element) {
    uint32_t place = s->open_place[element];
    if (place == NO_INDEX)
        return;
    uint32_t moved = s->open_items[--s->open_count];
    s->open_items[place] = moved;
    s->open_place[moved] = place;
    s->open_place[element] = NO_INDEX;
}

uint32_t state_mark_field(const struct state *s, uint32_t symbol) {
    uint32_t field = state_symbol(s, symbol, NAME_FIELD);
    return symbol != 0 && field == NO_INDEX ? FIELD_UNKNOWN : field;
}

bool state_index_log(struct state *s, const struct log_entry *entry) {
    uint32_t rule = state_symbol(s, entry->name, NAME_RULE);
    switch (entry->code) {
    case EVENT_PATTERN_MATCHED:
    case EVENT_RULE_FIRED:
        return state_add_firing(s, &(struct firing){.rule = rule,
                                                    .element = entry->element,
                                                    .at = {.seq = entry->seq, .ord = entry->ord},
                                                    .occurred_at = entry->occurred_at});
    case EVENT_RULE_BECAME_TRUE:
    case EVENT_RULE_BECAME_FALSE:
        if (rule != NO_INDEX)
            s->rule_truth[rule] = entry->code == EVENT_RULE_BECAME_TRUE ? 2 : 1;
        return true;
    case EVENT_RULE_LAPSED:
        if (rule != NO_INDEX)
            s->rule_lapsed[rule] = entry->occurred_at;
        return true;
    default: return true;
    }
}
