// SPDX-License-Identifier: Apache-2.0
// Conditions over spans of time: covered, sustained. May call: pathway, protocol.
#include "rule/parts.h"

static uint8_t gap_reason(const struct gaps *gaps) {
    if (gaps->short_amount)
        return REASON_INCOMPLETE;
    return gaps->after_cover ? REASON_EXPIRED : REASON_MISSING;
}

// Amounts count where the compiler found one on both sides (rule/interval.c). What cannot be known matters only when there is a gap without it.
enum truth holds_covered(struct evaluation *e, const struct node *n) {
    struct edges edges = {.need = NO_ELEMENT, .flags = (uint8_t)n->n};
    struct gaps gaps = {.list = NULL};
    bool before = e->met_erased;
    e->met_erased = false;
    bool known = edges_collect(e, &edges, n->a, n->b);
    bool erased = e->met_erased;
    e->met_erased |= before;
    uint32_t element = edges.need == NO_ELEMENT ? e->this_element : edges.need;
    if (!known)
        return holds_unknown(e, n, erased, element);
    edges_gaps(&edges, &gaps);
    if (gaps.empty && !edges.uncertain)
        return holds_empty(e, n);
    if (gaps.count == 0)
        return gaps.empty ? holds_unknown(e, n, erased, element) : TRUTH_TRUE;
    if (edges.uncertain)
        return holds_unknown(e, n, erased, element);
    for (size_t i = 1; i < gaps.count; i++)
        holds_false(e, n, gap_reason(&gaps), element);
    return holds_false(e, n, gap_reason(&gaps), element);
}

// ---- sustained ---------------------------------------------------------------------------------------------------------

struct series {
    stepdown_time start;  // of the duration that ends now
    int64_t count;        // observations within it
    stepdown_time before; // moment of the newest observation at or before the start
    uint32_t before_entry, bad;
    enum truth all, opening; // every one within; the one in force at the start
};

static enum truth observation_meets(struct evaluation *e, const struct node *n, const struct field_value *fv) {
    struct value target;
    if (fv->value.type == VALUE_ERASED) {
        e->met_erased = true;
        return TRUTH_UNKNOWN;
    }
    return rule_term(e, n->a, &target, NULL) ? compare_values(e, n->op, &fv->value, &target) : TRUTH_UNKNOWN;
}

static void observe(struct evaluation *e, const struct node *n, struct series *s, uint32_t entry) {
    const struct field_value *fv = state_entry_field(e->state, entry, n->index);
    stepdown_time at = e->state->elements[entry].occurred_at;
    if (!fv || at > e->now)
        return;
    if (at >= s->start) {
        enum truth meets = observation_meets(e, n, fv);
        s->count++;
        s->all = truth_and(s->all, meets);
        if (meets == TRUTH_FALSE)
            s->bad = entry;
        evidence_field(e, entry, fv);
    }
    if (at <= s->start && (s->before_entry == NO_ELEMENT || at > s->before)) {
        s->before = at;
        s->before_entry = entry;
        s->opening = observation_meets(e, n, fv);
    }
}

static void observe_all(struct evaluation *e, const struct node *n, struct series *s) {
    const struct selector all = {.source = SELECT_FORM, .def = e->defs->fields[n->index].form, SELECTOR_UNLIMITED};
    struct selection selection;
    struct found found;
    selection_of(&selection, e, n->selector >= 0 ? &e->defs->selectors[n->selector] : &all);
    while (selection_next(&selection, &found)) {
        if (found.uncertain)
            s->all = truth_and(s->all, TRUTH_UNKNOWN);
        else if (found.target.kind == TARGET_ELEMENT)
            observe(e, n, s, found.target.index);
    }
}

// Reading: the span is [now - duration, now]. Every observation in it meets the target; there are at least n; and the
// value in force when the span began, that is the newest observation at or before its start, is known and meets it too.
// So fourteen good days need an observation that is fourteen days old, not five from yesterday.
enum truth holds_sustained(struct evaluation *e, const struct node *n) {
    struct series s = {.before_entry = NO_ELEMENT, .bad = NO_ELEMENT, .all = TRUTH_TRUE, .opening = TRUTH_FALSE};
    struct duration d;
    bool erased, before = e->met_erased;
    if (!term_duration(e, n->b, &d, &erased))
        return holds_unknown(e, n, erased, e->this_element);
    e->met_erased = false;
    s.start = shift_moment(e, e->now, &d, -1);
    observe_all(e, n, &s);
    erased = e->met_erased;
    e->met_erased |= before;
    if (s.before_entry != NO_ELEMENT)
        evidence_element(e, s.before_entry);
    if (s.all == TRUTH_FALSE)
        return holds_false(e, n, REASON_NOT_MET, s.bad);
    if (s.count == 0 && s.before_entry == NO_ELEMENT && s.all == TRUTH_TRUE)
        return holds_false(e, n, REASON_MISSING, e->this_element);
    if (s.count < (n->n > 1 ? n->n : 1) || s.before_entry == NO_ELEMENT)
        return s.all == TRUTH_UNKNOWN ? holds_unknown(e, n, erased, e->this_element)
                                      : holds_false(e, n, REASON_NOT_YET, e->this_element);
    if (s.opening == TRUTH_FALSE)
        return holds_false(e, n, REASON_NOT_YET, s.before_entry);
    if (truth_and(s.all, s.opening) == TRUTH_UNKNOWN)
        return holds_unknown(e, n, erased, e->this_element);
    return TRUTH_TRUE;
}
