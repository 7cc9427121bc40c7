// SPDX-License-Identifier: Apache-2.0
// Conditions over a set: count, each, state, fired, loop; and the common walk over what a selector yields.
// May call: pathway, protocol.
#include "rule/parts.h"

enum truth holds_empty(struct evaluation *e, const struct node *n) {
    if (e->empty_holds && !(n->flags & NODE_EMPTY_PASSES))
        return holds_false(e, n, REASON_NONE_RECORDED, e->this_element);
    if (e->verdict)
        e->verdict->vacuous = true;
    return TRUTH_TRUE;
}

enum truth for_selected(struct evaluation *e, const struct node *n, each_fn *each) {
    static const struct selector this_one = {.source = SELECT_THIS, SELECTOR_UNLIMITED};
    struct selection s;
    struct found found;
    enum truth truth = TRUTH_TRUE;
    bool any = false;
    selection_of(&s, e, n->selector >= 0 ? &e->defs->selectors[n->selector] : &this_one);
    while (selection_next(&s, &found)) {
        enum truth one = each(e, n, found.target);
        any = true;
        truth = truth_and(truth, one == TRUTH_FALSE && found.uncertain ? TRUTH_UNKNOWN : one);
        if (truth == TRUTH_FALSE && !e->verdict)
            break;
    }
    if (any)
        return truth;
    if (!(n->flags & NODE_EMPTY_PASSES))
        return holds_false(e, n, s.wrong_role ? REASON_WRONG_ROLE : REASON_MISSING, e->this_element);
    if (e->verdict)
        e->verdict->vacuous = true;
    return TRUTH_TRUE;
}

// ---- count -----------------------------------------------------------------------------------------------------------------

// How many there are: at least `low`, at most `high`.
struct tally {
    int64_t low, high;
    struct value *seen; // distinct values
    uint32_t seen_count, seen_cap;
    bool failed;
};

static bool seen_before(struct evaluation *e, struct tally *c, const struct value *v) {
    for (uint32_t i = 0; i < c->seen_count; i++) {
        if (compare_equal(e, &c->seen[i], v))
            return true;
    }
    if (c->seen_count == c->seen_cap) {
        uint32_t cap = c->seen_cap ? c->seen_cap * 2 : 16;
        struct value *more = scratch_alloc(e, cap * sizeof *more);
        if (!more) {
            c->failed = true;
            return true;
        }
        for (uint32_t i = 0; i < c->seen_count; i++)
            more[i] = c->seen[i];
        c->seen = more;
        c->seen_cap = cap;
    }
    c->seen[c->seen_count++] = *v;
    return false;
}

// A member whose distinct value is missing may be one more, or not.
static void tally_add(struct evaluation *e, const struct node *n, struct tally *c, const struct found *found) {
    bool certain = !found->uncertain;
    if (n->c >= 0) {
        struct value v;
        struct verdict *verdict = e->verdict;
        struct binding old = target_bind(e, found->target);
        e->verdict = NULL;
        bool known = rule_term(e, n->c, &v, NULL);
        e->verdict = verdict;
        target_unbind(e, old);
        if (known && certain && seen_before(e, c, &v))
            return;
        certain = certain && known;
    }
    c->high++;
    if (certain) {
        c->low++;
        evidence_target(e, found->target);
    }
}

// The operator as bits: 0 less than the bound, 1 equal, 2 more.
static unsigned count_bits(uint8_t op) {
    switch (op) {
    case OP_IS: return 2;
    case OP_IS_NOT: return 5;
    case OP_AT_MOST:
    case OP_NO_LATER: return 3;
    case OP_MORE:
    case OP_AFTER: return 4;
    case OP_LESS:
    case OP_BEFORE: return 1;
    default: return 6;
    }
}

// What is certain for every number from low to high (high open when more may come).
static enum truth count_truth(unsigned bits, int64_t low, int64_t high, int64_t bound) {
    unsigned possible = (low < bound ? 1u : 0) | (low <= bound && bound <= high ? 2u : 0) | (high > bound ? 4u : 0);
    if ((possible & ~bits) == 0)
        return TRUTH_TRUE;
    return (possible & bits) == 0 ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static bool count_bound(const struct value *v, int64_t *out) {
    if (v->type != VALUE_QUANTITY || v->scale > 18)
        return false;
    int64_t unit = 1;
    for (unsigned i = 0; i < v->scale; i++)
        unit *= 10;
    *out = v->number / unit;
    return v->number % unit == 0;
}

static enum truth count_missing(struct evaluation *e, const struct node *n, const struct selection *s, int64_t found) {
    uint8_t reason = REASON_MISSING;
    if (found > 0)
        reason = REASON_NOT_YET;
    else if (s->wrong_role)
        reason = REASON_WRONG_ROLE;
    else if (s->outside)
        reason = REASON_STALE;
    struct unmet u = {.reason = reason,
                      .node = node_index(e, n),
                      .element = e->this_element,
                      .field = -1,
                      .roles = s->sel->by,
                      .role = -1};
    unmet_add(e, &u);
    return TRUTH_FALSE;
}

enum truth holds_count(struct evaluation *e, const struct node *n) {
    struct tally c = {0};
    struct selection s;
    struct found found;
    struct value v;
    int64_t bound;
    bool erased, before = e->met_erased;
    const struct verdict_mark mark = verdict_mark(e);
    if (!rule_term(e, n->b, &v, &erased) || !count_bound(&v, &bound))
        return holds_unknown(e, n, erased, e->this_element);
    unsigned bits = count_bits(n->op);
    e->met_erased = false;
    enum truth truth = TRUTH_UNKNOWN;
    selection_begin(&s, e, n->selector);
    while (truth == TRUTH_UNKNOWN && !c.failed && selection_next(&s, &found)) {
        tally_add(e, n, &c, &found);
        truth = count_truth(bits, c.low, INT64_MAX, bound);
    }
    if (truth == TRUTH_UNKNOWN)
        truth = count_truth(bits, c.low, c.high, bound);
    erased = e->met_erased;
    e->met_erased |= before;
    if (c.failed)
        return holds_unknown(e, n, false, e->this_element);
    if (truth == TRUTH_UNKNOWN) {
        verdict_back_evidence(e, &mark);
        return holds_unknown(e, n, erased, e->this_element);
    }
    if (truth == TRUTH_TRUE)
        return truth;
    return c.high < bound ? count_missing(e, n, &s, c.high)
                          : holds_false(e, n, c.high == 0 ? REASON_MISSING : REASON_NOT_MET, e->this_element);
}

// ---- each --------------------------------------------------------------------------------------------------------------------

static enum truth each_child(struct evaluation *e, const struct node *n, const struct found *found) {
    const struct verdict_mark before = verdict_mark(e);
    struct binding old = target_bind(e, found->target);
    evidence_target(e, found->target);
    enum truth truth = rule_evaluate(e, e->defs->children[n->first_child]);
    target_unbind(e, old);
    if (truth == TRUTH_TRUE)
        verdict_back_unmet(e, &(struct verdict_mark){0, before.unmet, e->verdict && e->verdict->vacuous});
    return truth == TRUTH_FALSE && found->uncertain ? TRUTH_UNKNOWN : truth;
}

enum truth holds_each(struct evaluation *e, const struct node *n) {
    struct selection s;
    struct found found;
    enum truth truth = TRUTH_TRUE;
    bool any = false;
    selection_begin(&s, e, n->selector);
    while (selection_next(&s, &found)) {
        any = true;
        truth = truth_and(truth, each_child(e, n, &found));
        if (truth == TRUTH_FALSE && !e->verdict)
            break;
    }
    return any ? truth : holds_empty(e, n);
}

// ---- state -------------------------------------------------------------------------------------------------------------------

// State at a moment: what the newest event up to then led to. STATE_NONE: it was not there yet.
static uint8_t state_at(const struct evaluation *e, const struct element *el, stepdown_time at) {
    const struct state *s = e->state;
    if (el->opened_at > at)
        return STATE_NONE;
    for (uint32_t i = el->last_log; i != NO_INDEX; i = s->log[i].previous) {
        const struct verb_row *row = s->log[i].occurred_at <= at ? lifecycle_event(el->kind, s->log[i].code) : NULL;
        if (row && row->to != STATE_NONE)
            return row->to;
    }
    const struct kind_row *kind = lifecycle_kind(el->kind);
    if (el->kind == KIND_APPOINTMENT && el->start != STEPDOWN_TIME_NONE)
        return STATE_BOOKED; // given a time when it was opened
    return kind ? kind->initial : STATE_NONE;
}

static enum truth state_of(struct evaluation *e, const struct node *n, struct target t) {
    const struct element *el = target_element(e, t);
    stepdown_time at;
    bool erased;
    if (!el || !(el->flags & ELEMENT_IS_ITEM))
        return holds_unknown(e, n, false, target_place(e, t));
    uint8_t state = el->state;
    if (n->b >= 0) {
        if (!term_moment(e, n->b, &at, &erased))
            return holds_unknown(e, n, erased, t.index);
        state = state_at(e, el, at);
    }
    evidence_element(e, t.index);
    if (state == STATE_NONE)
        return holds_false(e, n, REASON_MISSING, t.index);
    return n->states & STATE_BIT(state) ? TRUTH_TRUE : holds_false(e, n, REASON_NOT_MET, t.index);
}

enum truth holds_state(struct evaluation *e, const struct node *n) { return for_selected(e, n, state_of); }

// ---- fired -------------------------------------------------------------------------------------------------------------------

// Fired for one of those selected, or for something about one of them.
static enum truth fired_for(struct evaluation *e, int32_t selector, uint32_t element) {
    enum truth truth = selector < 0 ? TRUTH_TRUE : TRUTH_FALSE;
    while (truth != TRUTH_TRUE && element != NO_ELEMENT) {
        truth = truth_or(truth, selection_contains(e, selector, (struct target){TARGET_ELEMENT, element}));
        element = e->state->elements[element].about;
    }
    return truth;
}

// A pattern that cites one of them has matched for it.
static enum truth cited_for(struct evaluation *e, int32_t selector, int32_t rule, struct ref *at) {
    const struct state *s = e->state;
    for (size_t i = s->match_count; i > 0 && selector >= 0; i--) {
        const struct pattern_match *match = &s->matches[i - 1];
        const struct value *evidence =
            match->symbol == e->defs->rules[rule].def.symbol ? state_match_evidence(s, match) : NULL;
        for (uint32_t k = 0; evidence && k < evidence->count; k++) {
            uint32_t element = state_find(s, evidence->items[k].ref);
            if (element != NO_ELEMENT &&
                selection_contains(e, selector, (struct target){TARGET_ELEMENT, element}) == TRUTH_TRUE) {
                *at = match->at;
                return TRUTH_TRUE;
            }
        }
    }
    return TRUTH_FALSE;
}

enum truth holds_fired(struct evaluation *e, const struct node *n) {
    const struct state *s = e->state;
    struct ref at;
    enum truth truth = TRUTH_FALSE;
    if (cited_for(e, n->selector, n->index, &at) == TRUTH_TRUE) {
        evidence_event(e, at);
        return TRUTH_TRUE;
    }
    for (uint32_t i = s->newest_firing[n->index]; i != NO_INDEX; i = s->firings[i].previous_same) {
        enum truth one = fired_for(e, n->selector, s->firings[i].element);
        if (one == TRUTH_TRUE) {
            evidence_event(e, s->firings[i].at);
            return TRUTH_TRUE;
        }
        truth = truth_or(truth, one);
    }
    return truth == TRUTH_UNKNOWN ? holds_unknown(e, n, false, e->this_element)
                                  : holds_false(e, n, REASON_NOT_YET, e->this_element);
}

// ---- loop --------------------------------------------------------------------------------------------------------------------

// Events that answer, and events that record what came of it.
static const uint16_t answers[] = {EVENT_UPDATE_RESPONDED,        EVENT_REQUEST_RESPONDED, EVENT_REQUEST_APPROVED,
                                   EVENT_REQUEST_PARTLY_APPROVED, EVENT_REQUEST_DENIED,    EVENT_ALERT_OWNED,
                                   EVENT_ALERT_RESOLVED};
static const uint16_t outcomes[] = {EVENT_UPDATE_ACTED, EVENT_REQUEST_ACTED, EVENT_ALERT_RESOLVED};

static bool had_event(struct evaluation *e, uint32_t element, const uint16_t *codes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct log_entry *entry = state_event(e->state, element, codes[i], false);
        if (entry) {
            evidence_event(e, (struct ref){entry->seq, entry->ord});
            return true;
        }
    }
    return false;
}

// An outcome may also be written down: a field named "outcome" in an entry about it.
static bool outcome_entered(struct evaluation *e, uint32_t element) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[element].newest_about; i != NO_ELEMENT; i = s->elements[i].previous_about) {
        const struct element *el = &s->elements[i];
        if (el->flags & (ELEMENT_IS_ITEM | ELEMENT_RETRACTED))
            continue;
        for (uint32_t f = el->first_field; f != NO_INDEX; f = s->fields[f].next) {
            const struct field_value *fv = &s->fields[f];
            if (fv->field < e->defs->field_count && fv->value.type != VALUE_NONE && fv->value.type != VALUE_ERASED &&
                slice_is(slice_text(e->defs->fields[fv->field].def.name), "outcome")) {
                evidence_field(e, i, fv);
                return true;
            }
        }
    }
    return false;
}

static enum truth loop_closed(struct evaluation *e, const struct node *n, struct target t) {
    const struct element *el = target_element(e, t);
    if (!el || !(el->flags & ELEMENT_IS_ITEM))
        return holds_unknown(e, n, false, target_place(e, t));
    evidence_element(e, t.index);
    if (!had_event(e, t.index, answers, sizeof answers / sizeof answers[0]))
        return holds_false(e, n, REASON_MISSING, t.index);
    if (!had_event(e, t.index, outcomes, sizeof outcomes / sizeof outcomes[0]) && !outcome_entered(e, t.index))
        return holds_false(e, n, REASON_INCOMPLETE, t.index);
    return TRUTH_TRUE;
}

enum truth holds_loop(struct evaluation *e, const struct node *n) { return for_selected(e, n, loop_closed); }
