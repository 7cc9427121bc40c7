// SPDX-License-Identifier: Apache-2.0
// Which event fires which rule, and what a condition reads, so that only what depends on a change is looked at again.
// May call: pathway, protocol.
#include "rule/parts.h"

static bool trigger_code(uint16_t wanted, uint16_t code) {
    if (wanted == 0)
        return true;
    return (wanted & 0xff) == 0 ? EVENT_FAMILY(wanted) == EVENT_FAMILY(code) : wanted == code;
}

// An entry of a fact family is submitted by that family's own event.
static bool entry_code(uint16_t wanted, uint16_t code) {
    const struct event_row *row = event_row(code);
    return trigger_code(wanted, code) || (wanted == EVENT_FORM_SUBMITTED && row && row->class == EVENT_CLASS_ENTRY);
}

bool trigger_matches(const struct definitions *defs, const struct trigger *t, const struct state *s, uint16_t code,
                     uint32_t element, int32_t fired_rule) {
    const struct element *el = element == NO_ELEMENT ? NULL : &s->elements[element];
    bool item = el && (el->flags & ELEMENT_IS_ITEM);
    (void)defs;
    if (t->kind != TRIGGER_EVENT)
        return false;
    switch (t->source) {
    case SELECT_ITEM: return item && el->def == (uint32_t)t->def && trigger_code(t->code, code);
    case SELECT_KIND:
        return item && (t->item_kind == KIND_NONE || el->kind == t->item_kind) && trigger_code(t->code, code);
    case SELECT_FORM: return el && !item && el->def == (uint32_t)t->def && entry_code(t->code, code);
    case SELECT_FAMILY: return el && !item && trigger_code(t->code, code);
    case SELECT_PATHWAY: return !el && trigger_code(t->code, code);
    case SELECT_FIRED: return fired_rule >= 0 && fired_rule == t->def;
    default: return false;
    }
}

// ---- what is read ----------------------------------------------------------------------------------------------------------

// A change, as definitions know it: of an item, an entry, or an event of a family.
struct change {
    const struct definitions *defs;
    int32_t item, form;
    uint8_t family;
    uint16_t depth;
};

static bool node_reads(struct change *c, int32_t node);
static bool term_reads(struct change *c, int32_t term);
static bool roles_read(struct change *c, int32_t roles);

static bool selector_reads(struct change *c, int32_t selector) {
    if (selector < 0)
        return false;
    const struct selector *s = &c->defs->selectors[selector];
    switch (s->source) {
    case SELECT_ITEM:
        if (c->item >= 0 && c->item == s->def)
            return true;
        break;
    case SELECT_KIND:
        if (s->kind == KIND_ALERT ? c->family == FAMILY_ALERT
                                  : c->item >= 0 && (s->kind == KIND_NONE || c->defs->items[c->item].kind == s->kind))
            return true;
        break;
    case SELECT_FORM:
        if (c->form >= 0 && c->form == s->def)
            return true;
        break;
    case SELECT_FAMILY:
        if (c->family == EVENT_FAMILY(s->code) ||
            (c->form >= 0 && c->defs->forms[c->form].family == EVENT_FAMILY(s->code)))
            return true;
        break;
    case SELECT_MARK:
        if (c->family == EVENT_FAMILY(s->code) || c->family == FAMILY_MARK)
            return true;
        break;
    case SELECT_FIRED:
        if (c->family == FAMILY_RULE || c->family == FAMILY_PATTERN)
            return true;
        break;
    case SELECT_PATHWAY:
        if (c->family == FAMILY_PATHWAY)
            return true;
        break;
    default: return true; // what is bound can be anything
    }
    return selector_reads(c, s->of) || roles_read(c, s->by) || node_reads(c, s->where) || term_reads(c, s->since) ||
           term_reads(c, s->until) || term_reads(c, s->during);
}

static bool roles_read(struct change *c, int32_t roles) {
    if (roles < 0)
        return false;
    const struct role_set *set = &c->defs->role_sets[roles];
    for (uint16_t i = 0; i < set->count; i++) {
        if (term_reads(c, c->defs->roles[set->roles[i]].named_in))
            return true;
    }
    return term_reads(c, set->person) || selector_reads(c, set->people) || term_reads(c, set->named);
}

static bool form_read(const struct change *c, int32_t form) { return form >= 0 && c->form == form; }

static bool field_read(struct change *c, int32_t field) {
    return field >= 0 && form_read(c, c->defs->fields[field].form);
}

// Deeper than anything can be evaluated: take it that it reads.
static bool too_deep(struct change *c, uint16_t more) {
    c->depth = (uint16_t)(c->depth + more);
    return c->depth > RULE_DEPTH_MAX;
}

// The end of a shift is read from the roster.
static bool roster_read(const struct change *c, const struct term *t) {
    return c->defs->calendars[t->index].rule == CALENDAR_END_OF_SHIFT && c->family == FAMILY_CAPACITY;
}

static bool term_reads(struct change *c, int32_t term) {
    if (term < 0)
        return false;
    if (too_deep(c, 1))
        return true;
    const struct term *t = &c->defs->terms[term];
    bool reads = false;
    if (t->kind == TERM_FIELD)
        reads = field_read(c, t->field) || selector_reads(c, t->selector);
    else if (t->kind == TERM_CALENDAR && t->a < 0)
        reads = false;
    else if (t->kind != TERM_LITERAL && t->kind != TERM_NOW && t->kind != TERM_PARAMETER)
        reads = selector_reads(c, t->selector) || node_reads(c, t->node);
    bool measured = t->kind == TERM_ATTRIBUTE && (t->attribute == ELEMENT_AMOUNT || t->attribute == ELEMENT_INTERVAL ||
                                                  t->attribute == ELEMENT_LENGTH || t->attribute == ELEMENT_CADENCE ||
                                                  t->attribute == ELEMENT_NEXT_STEP);
    if (t->kind == TERM_SPAN || measured) // how much, and from when to when, may stand in any form
        reads = reads || c->form >= 0;
    reads = reads || (t->kind == TERM_CALENDAR && roster_read(c, t)) || term_reads(c, t->a) ||
            (t->kind != TERM_SEVERAL && term_reads(c, t->b));
    if (t->kind == TERM_WINDOW || t->kind == TERM_DELTA)
        reads = reads || term_reads(c, t->index) || term_reads(c, t->field);
    for (int32_t i = 0; t->kind == TERM_SEVERAL && i < t->b; i++)
        reads = reads || term_reads(c, c->defs->children[t->index + i]);
    c->depth--;
    return reads;
}

// What a kind reads besides its selectors, terms, roles and children.
static bool node_reads_more(struct change *c, const struct node *n) {
    const struct definitions *d = c->defs;
    switch (n->kind) {
    case NODE_COMPLETE:
        if (n->index >= 0)
            return form_read(c, n->index);
        return c->form >= 0;
    case NODE_SEQUENCE: return term_reads(c, n->index);
    case NODE_SUSTAINED: return field_read(c, n->index);
    case NODE_ACK:
    case NODE_ATTESTED: return field_read(c, n->index) || c->family == FAMILY_MARK;
    case NODE_ATTENDED: return c->family == FAMILY_HUDDLE;
    case NODE_CONSENT:
        return c->family == FAMILY_CONSENT ||
               form_read(c, c->form >= 0 && d->forms[c->form].family == FAMILY_CONSENT ? c->form : -1);
    case NODE_LOOP: return c->form >= 0;
    case NODE_MEASURED: return term_reads(c, d->measures[n->index].term);
    case NODE_FIRED: return c->family == FAMILY_RULE || c->family == FAMILY_PATTERN;
    case NODE_MET: {
        if (too_deep(c, RULE_DEPTH_NEED))
            return true;
        const struct gate_def *gate = &d->gates[n->index];
        bool reads = (gate->item >= 0 && gate->item == c->item) ||
                     node_reads(c, d->needs[gate->need_first + (uint32_t)n->n].node);
        c->depth = (uint16_t)(c->depth - RULE_DEPTH_NEED);
        return reads;
    }
    default: return false;
    }
}

static bool node_reads(struct change *c, int32_t node) {
    if (node < 0)
        return false;
    if (too_deep(c, 1))
        return true;
    const struct node *n = &c->defs->nodes[node];
    bool reads = selector_reads(c, n->selector) || selector_reads(c, n->selector2) || roles_read(c, n->roles) ||
                 term_reads(c, n->a) || term_reads(c, n->b) || term_reads(c, n->c) || term_reads(c, n->d) ||
                 node_reads_more(c, n);
    for (uint16_t i = 0; !reads && i < n->child_count; i++)
        reads = node_reads(c, c->defs->children[n->first_child + i]);
    c->depth--;
    return reads;
}

bool rule_reads(const struct definitions *defs, int32_t node, int32_t item_def, int32_t form, uint8_t family) {
    struct change c = {defs, item_def, form, family, 0};
    return node_reads(&c, node);
}

bool rule_term_reads(const struct definitions *defs, int32_t term, int32_t item_def, int32_t form, uint8_t family) {
    struct change c = {defs, item_def, form, family, 0};
    return term_reads(&c, term);
}
