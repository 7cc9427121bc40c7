// SPDX-License-Identifier: Apache-2.0
// The reused verdict: evidence and reasons, appended by conditions and taken back by combinators; words for reasons.
// May call: pathway, protocol, base.
#include "rule/parts.h"

enum { EVIDENCE_LOOK_BACK = 32 }; // duplicates are looked for that far: they come close together

static const char *const reason_words[] = {
    [REASON_NONE] = "",           [REASON_MISSING] = "missing",       [REASON_INCOMPLETE] = "incomplete",
    [REASON_STALE] = "stale",     [REASON_WRONG_ROLE] = "wrong role", [REASON_NOT_ACKNOWLEDGED] = "not acknowledged",
    [REASON_UNOWNED] = "unowned", [REASON_EXPIRED] = "expired",       [REASON_NONE_RECORDED] = "none recorded",
    [REASON_UNKNOWN] = "unknown", [REASON_ERASED] = "erased",         [REASON_NOT_YET] = "not yet",
    [REASON_NOT_MET] = "not met",
};

const char *reason_word(uint8_t reason) {
    return reason < sizeof reason_words / sizeof reason_words[0] ? reason_words[reason] : "unknown";
}

void verdict_init(struct verdict *v, const struct env *env) { *v = (struct verdict){.env = env}; }

void verdict_free(struct verdict *v) {
    env_free(v->env, v->evidence);
    env_free(v->env, v->unmet);
    verdict_init(v, v->env);
}

void verdict_clear(struct verdict *v) {
    v->truth = TRUTH_UNKNOWN;
    v->vacuous = v->failed = false;
    v->evidence_count = v->unmet_count = v->evidence_from = 0;
}

static bool evidence_known(const struct verdict *v, const struct evidence *item) {
    size_t first = v->evidence_from;
    if (v->evidence_count > first + EVIDENCE_LOOK_BACK)
        first = v->evidence_count - EVIDENCE_LOOK_BACK;
    for (size_t i = v->evidence_count; i > first; i--) {
        const struct evidence *known = &v->evidence[i - 1];
        if (ref_equal(known->id, item->id) && known->field == item->field && known->is_mark == item->is_mark)
            return true;
    }
    return false;
}

static void evidence_add(struct evaluation *e, struct evidence item) {
    struct verdict *v = e->verdict;
    if (!v || evidence_known(v, &item))
        return;
    void *list = v->evidence;
    if (!env_grow(v->env, &list, &v->evidence_cap, v->evidence_count + 1, sizeof item)) {
        v->failed = true;
        return;
    }
    v->evidence = list;
    v->evidence[v->evidence_count++] = item;
}

void evidence_element(struct evaluation *e, uint32_t element) {
    if (!e->verdict || element == NO_ELEMENT)
        return;
    const struct element *el = &e->state->elements[element];
    evidence_add(e, (struct evidence){.id = el->id, .field = UINT32_MAX, .version = el->version});
}

void evidence_field(struct evaluation *e, uint32_t entry, const struct field_value *value) {
    if (!e->verdict || entry == NO_ELEMENT)
        return;
    evidence_add(
        e, (struct evidence){.id = e->state->elements[entry].id, .field = value->field, .version = value->version});
}

void evidence_event(struct evaluation *e, struct ref at) {
    evidence_add(e, (struct evidence){.id = at, .field = UINT32_MAX, .version = at.seq, .is_mark = true});
}

void evidence_target(struct evaluation *e, struct target t) {
    if (t.kind == TARGET_ELEMENT)
        evidence_element(e, t.index);
    else if (t.kind == TARGET_MARK)
        evidence_event(e, e->state->marks[t.index].at);
    else if (t.kind == TARGET_FIRING)
        evidence_event(e, e->state->firings[t.index].at);
}

void unmet_add(struct evaluation *e, const struct unmet *u) {
    struct verdict *v = e->verdict;
    if (!v)
        return;
    void *list = v->unmet;
    if (!env_grow(v->env, &list, &v->unmet_cap, v->unmet_count + 1, sizeof *u)) {
        v->failed = true;
        return;
    }
    v->unmet = list;
    v->unmet[v->unmet_count] = *u;
    v->unmet[v->unmet_count].participant = e->this_participant;
    v->unmet[v->unmet_count++].bound = e->this_element;
}

static void unmet_note(struct evaluation *e, const struct node *n, uint8_t reason, uint32_t element) {
    unmet_add(e, &(struct unmet){.reason = reason,
                                 .node = node_index(e, n),
                                 .element = element,
                                 .field = -1,
                                 .roles = n->roles,
                                 .role = -1});
}

enum truth holds_false(struct evaluation *e, const struct node *n, uint8_t reason, uint32_t element) {
    unmet_note(e, n, reason, element);
    return TRUTH_FALSE;
}

uint8_t reason_unknown(bool erased, uint8_t otherwise) { return (uint8_t)(erased ? REASON_ERASED : otherwise); }

enum truth holds_unknown(struct evaluation *e, const struct node *n, bool erased, uint32_t element) {
    unmet_note(e, n, reason_unknown(erased, REASON_UNKNOWN), element);
    return TRUTH_UNKNOWN;
}

struct verdict_mark verdict_mark(const struct evaluation *e) {
    const struct verdict *v = e->verdict;
    return v ? (struct verdict_mark){v->evidence_count, v->unmet_count, v->vacuous}
             : (struct verdict_mark){0, 0, false};
}

void verdict_back_evidence(struct evaluation *e, const struct verdict_mark *m) {
    if (e->verdict)
        e->verdict->evidence_count = m->evidence;
}

void verdict_back_unmet(struct evaluation *e, const struct verdict_mark *m) {
    if (e->verdict) {
        e->verdict->unmet_count = m->unmet;
        e->verdict->vacuous = m->vacuous;
    }
}

void *scratch_alloc(struct evaluation *e, size_t size) {
    void *block = e->scratch ? arena_alloc(e->scratch, size) : NULL;
    if (!block && e->verdict)
        e->verdict->failed = true;
    return block;
}
