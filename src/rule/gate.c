// SPDX-License-Identifier: Apache-2.0
// Gates: does it apply, and does each of its needs hold now. Evaluated afresh each time and never latched; what cannot
// be known holds. May call: pathway, protocol, base.
#include "rule/parts.h"

void gate_result_init(struct gate_result *r, const struct env *env) {
    *r = (struct gate_result){.gate = -1, .element = NO_ELEMENT};
    verdict_init(&r->verdict, env);
}

void gate_result_free(struct gate_result *r) {
    const struct env *env = r->verdict.env;
    env_free(env, r->needs);
    verdict_free(&r->verdict);
    gate_result_init(r, env);
}

// A need that does not hold always has a reason; who can clear it follows from the need where a leaf does not say.
static void need_reasons(struct evaluation *e, const struct need_def *need, size_t first, enum truth truth) {
    struct verdict *v = e->verdict;
    if (!v)
        return;
    if (v->unmet_count == first)
        unmet_add(e, &(struct unmet){.reason = truth == TRUTH_UNKNOWN ? REASON_UNKNOWN : REASON_NOT_MET,
                                     .node = need->node,
                                     .element = e->this_element,
                                     .field = -1,
                                     .roles = -1,
                                     .role = -1});
    for (size_t i = first; i < v->unmet_count; i++) {
        if (v->unmet[i].roles < 0 && v->unmet[i].role < 0)
            v->unmet[i].roles = need->clearers;
    }
}

enum truth need_evaluate(struct evaluation *e, int32_t need) {
    const struct need_def *def = &e->defs->needs[need];
    size_t first = e->verdict ? e->verdict->unmet_count : 0;
    enum truth truth = rule_evaluate(e, def->node);
    if (truth != TRUTH_TRUE)
        need_reasons(e, def, first, truth);
    else if (e->verdict)
        e->verdict->unmet_count = first;
    return truth;
}

// Each need has its own stretch of evidence and reasons in the gate's verdict.
static void need_into(struct evaluation *e, int32_t need, struct need_result *out) {
    struct verdict *v = e->verdict;
    size_t evidence = v->evidence_count, unmet = v->unmet_count;
    v->evidence_from = evidence;
    v->vacuous = false;
    out->need = need;
    out->truth = (uint8_t)need_evaluate(e, need);
    out->vacuous = v->vacuous && out->truth == TRUTH_TRUE;
    out->evidence_first = (uint32_t)evidence;
    out->evidence_count = (uint32_t)(v->evidence_count - evidence);
    out->unmet_first = (uint32_t)unmet;
    out->unmet_count = (uint32_t)(v->unmet_count - unmet);
}

// Held by an action as well: for this item, or for every one.
static bool gate_on_hold(const struct state *s, int32_t gate, uint32_t element) {
    for (uint32_t i = s->first_standing; i != NO_INDEX; i = s->holds[i].next_standing) {
        const struct hold *h = &s->holds[i];
        if (h->gate == (uint32_t)gate && !h->released && (h->element == NO_ELEMENT || h->element == element))
            return true;
    }
    return false;
}

static void gate_needs(struct evaluation *e, const struct gate_def *def, struct gate_result *r) {
    r->open = true;
    bool vacuous = false;
    for (uint32_t i = 0; i < def->need_count; i++) {
        need_into(e, (int32_t)(def->need_first + i), &r->needs[i]);
        r->open = r->open && r->needs[i].truth == TRUTH_TRUE;
        vacuous |= r->needs[i].vacuous;
    }
    r->need_count = def->need_count;
    r->verdict.vacuous = vacuous;
    r->verdict.truth = r->open ? TRUTH_TRUE : TRUTH_FALSE;
}

stepdown_status gate_evaluate(struct evaluation *e, int32_t gate, uint32_t element, struct gate_result *r,
                              stepdown_error **out_error) {
    const struct gate_def *def = &e->defs->gates[gate];
    void *needs = r->needs;
    if (!env_grow(r->verdict.env, &needs, &r->need_cap, def->need_count, sizeof *r->needs))
        return status_nomem(r->verdict.env, out_error);
    r->needs = needs;
    e->absent = def->item >= 0 && element == NO_ELEMENT ? (uint32_t)def->item + 1 : 0;
    struct evaluation in = *e;
    verdict_clear(&r->verdict);
    r->gate = gate;
    r->element = element;
    r->need_count = 0;
    in.this_element = element;
    in.this_mark = NULL;
    in.verdict = NULL;
    // Whether it applies and cannot be known: then its needs are looked at, because holding is the safe answer.
    r->applies = def->applies < 0 || rule_evaluate(&in, def->applies) != TRUTH_FALSE;
    in.verdict = &r->verdict;
    in.empty_holds = true;
    r->open = true;
    if (r->applies)
        gate_needs(&in, def, r);
    r->on_hold = gate_on_hold(e->state, gate, element);
    r->open = r->open && !r->on_hold;
    e->met_erased |= in.met_erased;
    return r->verdict.failed ? status_nomem(r->verdict.env, out_error) : STEPDOWN_OK;
}
