// SPDX-License-Identifier: Apache-2.0
// Raw candidates of a selector, newest first: one chain of a definition, several chains merged, a firing chain, or one
// target. Filters are select.c's business. May call: pathway, protocol.
#include "rule/parts.h"

enum walk_mode { WALK_NONE, WALK_ONE, WALK_CHAIN, WALK_MERGE, WALK_SCAN, WALK_FIRINGS, WALK_PARTICIPANTS };

typedef void begin_fn(struct walk *w, const struct evaluation *e, const struct selector *sel);

static void chain_begin(struct walk *w, uint32_t newest) {
    w->mode = WALK_CHAIN;
    w->next = newest;
}

static void begin_item(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    chain_begin(w, e->state->newest_item[sel->def]);
}

static void begin_form(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    chain_begin(w, e->state->newest_form[sel->def]);
}

// Too many definitions to merge: every element is looked at instead.
static void begin_scan(struct walk *w, const struct evaluation *e) {
    w->mode = WALK_SCAN;
    w->next = (uint32_t)e->state->element_count;
}

static bool merge_add(struct walk *w, uint32_t newest) {
    if (newest == NO_ELEMENT)
        return true;
    if (w->count == WALK_HEADS)
        return false;
    w->heads[w->count++] = newest;
    return true;
}

// Alerts are opened by rules, not by item definitions, so that no chain holds them.
static void begin_kind(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    w->mode = WALK_MERGE;
    if (sel->kind == KIND_NONE || sel->kind == KIND_ALERT) {
        begin_scan(w, e);
        return;
    }
    for (size_t i = 0; i < e->defs->item_count; i++) {
        if (e->defs->items[i].kind == sel->kind && !merge_add(w, e->state->newest_item[i])) {
            begin_scan(w, e);
            return;
        }
    }
}

static void begin_family(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    w->mode = WALK_MERGE;
    for (size_t i = 0; i < e->defs->form_count; i++) {
        if (e->defs->forms[i].family == EVENT_FAMILY(sel->code) && !merge_add(w, e->state->newest_form[i])) {
            begin_scan(w, e);
            return;
        }
    }
}

static void begin_fired(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    w->mode = WALK_FIRINGS;
    w->next = e->state->newest_firing[sel->def];
}

static void begin_one(struct walk *w, struct target one) {
    w->mode = WALK_ONE;
    w->next = 1;
    w->one = one;
}

static struct target bound_target(const struct evaluation *e, const struct mark *mark, uint32_t element) {
    if (mark)
        return (struct target){TARGET_MARK, (uint32_t)(mark - e->state->marks)};
    return (struct target){element == NO_ELEMENT ? TARGET_PATHWAY : TARGET_ELEMENT, element};
}

static void begin_this(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    (void)sel;
    if (e->this_participant != 0)
        begin_one(w, (struct target){TARGET_PARTICIPANT, e->this_participant - 1});
    else if (e->absent == 0)
        begin_one(w, bound_target(e, e->this_mark, e->this_element));
}

static void begin_trigger(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    (void)sel;
    begin_one(w, bound_target(e, e->trigger_mark, e->trigger_element));
}

static void begin_pathway(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    (void)e;
    (void)sel;
    begin_one(w, (struct target){TARGET_PATHWAY, NO_ELEMENT});
}

// Up the chain of what the bound element, or the item that is about to be opened, hangs on.
static void begin_over(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    const struct state *s = e->state;
    uint32_t i = e->opening_about != 0           ? e->opening_about - 1
                 : e->this_element != NO_ELEMENT ? s->elements[e->this_element].about
                                                 : NO_ELEMENT;
    bool item = sel->source == SELECT_OVER;
    for (; i != NO_ELEMENT; i = s->elements[i].about) {
        if (item == ((s->elements[i].flags & ELEMENT_IS_ITEM) != 0) && s->elements[i].def == (uint32_t)sel->def) {
            begin_one(w, (struct target){TARGET_ELEMENT, i});
            return;
        }
    }
}

static void begin_participants(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    (void)sel;
    w->mode = WALK_PARTICIPANTS;
    w->next = (uint32_t)e->state->participant_count;
}

static begin_fn *const begins[] = {
    [SELECT_ITEM] = begin_item,
    [SELECT_KIND] = begin_kind,
    [SELECT_FORM] = begin_form,
    [SELECT_FAMILY] = begin_family,
    [SELECT_MARK] = NULL,
    [SELECT_FIRED] = begin_fired,
    [SELECT_THIS] = begin_this,
    [SELECT_TRIGGER] = begin_trigger,
    [SELECT_PATHWAY] = begin_pathway,
    [SELECT_OVER] = begin_over,
    [SELECT_OVER_ENTRY] = begin_over,
    [SELECT_PARTICIPANT] = begin_participants,
};

void walk_begin(struct walk *w, const struct evaluation *e, const struct selector *sel) {
    w->mode = WALK_NONE;
    w->count = 0;
    w->next = NO_INDEX;
    if (begins[sel->source])
        begins[sel->source](w, e, sel);
}

static bool next_element(struct target *out, uint32_t index) {
    *out = (struct target){TARGET_ELEMENT, index};
    return true;
}

static bool next_merged(struct walk *w, const struct evaluation *e, struct target *out) {
    if (w->count == 0)
        return false;
    uint8_t newest = 0;
    for (uint8_t i = 1; i < w->count; i++) {
        if (w->heads[i] > w->heads[newest])
            newest = i;
    }
    uint32_t index = w->heads[newest], older = e->state->elements[index].previous_same;
    if (older == NO_ELEMENT)
        w->heads[newest] = w->heads[--w->count];
    else
        w->heads[newest] = older;
    return next_element(out, index);
}

// Newest first, only those that still take part.
static bool next_participant(struct walk *w, const struct evaluation *e, struct target *out) {
    while (w->next > 0) {
        const struct participant *p = &e->state->participants[--w->next];
        if (p->until == STEPDOWN_TIME_NONE || e->now < p->until) {
            *out = (struct target){TARGET_PARTICIPANT, w->next};
            return true;
        }
    }
    return false;
}

bool walk_next(struct walk *w, const struct evaluation *e, struct target *out) {
    uint32_t index = w->next;
    switch (w->mode) {
    case WALK_ONE:
        *out = w->one;
        w->mode = WALK_NONE;
        return true;
    case WALK_CHAIN:
        if (index == NO_ELEMENT)
            return false;
        w->next = e->state->elements[index].previous_same;
        return next_element(out, index);
    case WALK_MERGE: return next_merged(w, e, out);
    case WALK_PARTICIPANTS: return next_participant(w, e, out);
    case WALK_SCAN:
        if (index == 0)
            return false;
        w->next = index - 1;
        return next_element(out, index - 1);
    case WALK_FIRINGS:
        if (index == NO_INDEX)
            return false;
        w->next = e->state->firings[index].previous_same;
        *out = (struct target){TARGET_FIRING, index};
        return true;
    default: return false;
    }
}
