// SPDX-License-Identifier: Apache-2.0
// Evaluation of conditions: the table of node kinds and the combinators. Three-valued (Kleene): what cannot be known
// stays unknown until it no longer matters. May call: pathway, protocol.
#include "rule/parts.h"

static holds_fn *const conditions[] = {
    [NODE_ALL] = holds_all,
    [NODE_ANY] = holds_any,
    [NODE_NOT] = holds_not,
    [NODE_AT_LEAST] = holds_at_least,
    [NODE_WHEN] = holds_when,
    [NODE_FIELD] = holds_field,
    [NODE_COMPLETE] = holds_complete,
    [NODE_COMPARE] = holds_compare,
    [NODE_COUNT] = holds_count,
    [NODE_EACH] = holds_each,
    [NODE_STATE] = holds_state,
    [NODE_COVERED] = holds_covered,
    [NODE_SUSTAINED] = holds_sustained,
    [NODE_OWNER] = holds_owner,
    [NODE_ACK] = holds_ack,
    [NODE_ATTENDED] = holds_attended,
    [NODE_ATTESTED] = holds_attested,
    [NODE_HAPPENED] = holds_happened,
    [NODE_CONSENT] = holds_consent,
    [NODE_LOOP] = holds_loop,
    [NODE_MEASURED] = holds_measured,
    [NODE_FIRED] = holds_fired,
    [NODE_MET] = holds_met,
    [NODE_REPEAT] = holds_repeat,
    [NODE_SEQUENCE] = holds_sequence,
    [NODE_ASCENDING] = holds_ascending,
};

enum truth rule_evaluate(struct evaluation *e, int32_t node) {
    const struct node *n = &e->defs->nodes[node];
    enum truth truth;
    if (e->depth >= RULE_DEPTH_MAX) {
        truth = holds_unknown(e, n, false, e->this_element);
    } else {
        e->depth++;
        truth = conditions[n->kind](e, n);
        e->depth--;
    }
    if (e->verdict)
        e->verdict->truth = (uint8_t)truth;
    return truth;
}

enum truth truth_and(enum truth a, enum truth b) {
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

enum truth truth_not(enum truth a) {
    if (a == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    return a == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

enum truth truth_or(enum truth a, enum truth b) { return truth_not(truth_and(truth_not(a), truth_not(b))); }

static int32_t child(const struct evaluation *e, const struct node *n, uint16_t i) {
    return e->defs->children[n->first_child + i];
}

// With a verdict every child is looked at, because everything that lacks is reported.
enum truth holds_all(struct evaluation *e, const struct node *n) {
    enum truth truth = TRUTH_TRUE;
    for (uint16_t i = 0; i < n->child_count; i++) {
        truth = truth_and(truth, rule_evaluate(e, child(e, n, i)));
        if (truth == TRUTH_FALSE && !e->verdict)
            break;
    }
    return truth;
}

// The first alternative that holds is the evidence; what the others lack does not matter then.
enum truth holds_any(struct evaluation *e, const struct node *n) {
    const struct verdict_mark before = verdict_mark(e);
    enum truth truth = TRUTH_FALSE;
    for (uint16_t i = 0; i < n->child_count; i++) {
        const struct verdict_mark at = verdict_mark(e);
        enum truth one = rule_evaluate(e, child(e, n, i));
        if (one == TRUTH_TRUE) {
            verdict_back_unmet(e, &(struct verdict_mark){at.evidence, before.unmet, e->verdict && e->verdict->vacuous});
            return TRUTH_TRUE;
        }
        verdict_back_evidence(e, &at);
        if (e->verdict)
            e->verdict->vacuous = before.vacuous;
        truth = truth_or(truth, one);
    }
    return truth;
}

enum truth holds_at_least(struct evaluation *e, const struct node *n) {
    const struct verdict_mark before = verdict_mark(e);
    int64_t met = 0, unknown = 0;
    for (uint16_t i = 0; i < n->child_count && met < n->n; i++) {
        const struct verdict_mark at = verdict_mark(e);
        enum truth one = rule_evaluate(e, child(e, n, i));
        met += one == TRUTH_TRUE;
        unknown += one == TRUTH_UNKNOWN;
        if (one != TRUTH_TRUE) {
            verdict_back_evidence(e, &at);
            if (e->verdict)
                e->verdict->vacuous = at.vacuous;
        }
    }
    if (met >= n->n) {
        verdict_back_unmet(e, &(struct verdict_mark){0, before.unmet, e->verdict && e->verdict->vacuous});
        return TRUTH_TRUE;
    }
    return met + unknown >= n->n ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

// What the inner condition lacks is what was wanted; that it holds is the reason. An empty set inside is simply empty.
enum truth holds_not(struct evaluation *e, const struct node *n) {
    const struct verdict_mark before = verdict_mark(e);
    bool holds = e->empty_holds;
    e->empty_holds = false;
    enum truth truth = truth_not(rule_evaluate(e, child(e, n, 0)));
    e->empty_holds = holds;
    if (truth != TRUTH_UNKNOWN)
        verdict_back_unmet(e, &before);
    return truth == TRUTH_FALSE ? holds_false(e, n, REASON_NOT_MET, e->this_element) : truth;
}

enum truth holds_when(struct evaluation *e, const struct node *n) {
    const struct verdict_mark before = verdict_mark(e);
    bool holds = e->empty_holds;
    e->empty_holds = false;
    enum truth applies = rule_evaluate(e, child(e, n, 0));
    e->empty_holds = holds;
    if (applies == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    verdict_back_unmet(e, &before);
    if (applies == TRUTH_TRUE)
        return rule_evaluate(e, child(e, n, 1));
    if (e->verdict)
        e->verdict->vacuous = true;
    return TRUTH_TRUE;
}

// The guarded item of another gate is the one at hand when it fits, else the newest.
static uint32_t guarded_element(const struct evaluation *e, const struct gate_def *gate) {
    if (gate->item < 0)
        return NO_ELEMENT;
    if (e->this_element != NO_ELEMENT) {
        const struct element *el = &e->state->elements[e->this_element];
        if ((el->flags & ELEMENT_IS_ITEM) && el->def == (uint32_t)gate->item)
            return e->this_element;
    }
    return state_newest_item(e->state, gate->item);
}

enum truth holds_met(struct evaluation *e, const struct node *n) {
    const struct gate_def *gate = &e->defs->gates[n->index];
    uint32_t element = guarded_element(e, gate);
    if (gate->item >= 0 && element == NO_ELEMENT)
        return holds_false(e, n, REASON_MISSING, NO_ELEMENT);
    if (e->depth + RULE_DEPTH_NEED >= RULE_DEPTH_MAX)
        return holds_unknown(e, n, false, element);
    struct binding old =
        target_bind(e, (struct target){element == NO_ELEMENT ? TARGET_PATHWAY : TARGET_ELEMENT, element});
    bool holds = e->empty_holds;
    e->empty_holds = true;
    e->depth = (uint16_t)(e->depth + RULE_DEPTH_NEED);
    enum truth truth = need_evaluate(e, (int32_t)gate->need_first + (int32_t)n->n);
    e->depth = (uint16_t)(e->depth - RULE_DEPTH_NEED);
    e->empty_holds = holds;
    target_unbind(e, old);
    return truth;
}
