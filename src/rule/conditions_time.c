// SPDX-License-Identifier: Apache-2.0
// Conditions on when: happened (before, no later than, within), sequence. May call: pathway, protocol, base.
#include "rule/parts.h"

// ---- happened --------------------------------------------------------------------------------------------------------------

// What limits the moment: nothing, another moment, or a time after another moment.
struct limit {
    bool none, open; // open: the other moment has not come
    uint8_t op;
    stepdown_time from, at; // `within`: not before, and not after
};

// UNKNOWN: the limit cannot be known (reason noted).
static enum truth limit_find(struct evaluation *e, const struct node *n, struct limit *out) {
    bool erased;
    struct duration d;
    *out = (struct limit){.none = n->b < 0, .op = n->op, .from = STEPDOWN_TIME_NONE, .at = STEPDOWN_TIME_NONE};
    if (out->none)
        return TRUTH_TRUE;
    struct verdict *verdict = e->verdict;
    e->verdict = NULL;
    bool known = term_moment(e, n->b, &out->at, &erased);
    e->verdict = verdict;
    if (!known && erased)
        return holds_unknown(e, n, true, e->this_element);
    out->open = !known;
    if (!(n->flags & NODE_WITHIN))
        return TRUTH_TRUE;
    if (!known || !term_duration(e, n->c, &d, &erased)) {
        unmet_add(e, &(struct unmet){.reason = reason_unknown(known && erased, REASON_MISSING),
                                     .node = node_index(e, n),
                                     .element = e->this_element,
                                     .field = -1,
                                     .roles = n->roles,
                                     .role = -1});
        return TRUTH_UNKNOWN;
    }
    out->from = out->at;
    out->at = shift_moment(e, out->at, &d, 1);
    out->op = OP_NO_LATER;
    return TRUTH_TRUE;
}

// Before what has not happened yet is true of everything that has; after it, of nothing.
static bool limit_holds(const struct limit *l, stepdown_time at) {
    if (l->none)
        return true;
    if (l->open)
        return l->op != OP_AFTER && l->op != OP_AT_LEAST && l->op != OP_MORE;
    if (l->from != STEPDOWN_TIME_NONE && at < l->from)
        return false;
    switch (l->op) {
    case OP_BEFORE:
    case OP_LESS: return at < l->at;
    case OP_AFTER:
    case OP_MORE: return at > l->at;
    case OP_AT_LEAST: return at >= l->at;
    default: return at <= l->at;
    }
}

// Still to come, or past its limit and so missing for good.
static enum truth not_happened(struct evaluation *e, const struct node *n, const struct limit *l) {
    bool late = !l->none && !l->open && l->op != OP_AFTER && l->op != OP_AT_LEAST && l->op != OP_MORE && e->now > l->at;
    return holds_false(e, n, late ? REASON_MISSING : REASON_NOT_YET, e->this_element);
}

enum truth holds_happened(struct evaluation *e, const struct node *n) {
    struct limit limit;
    stepdown_time at;
    bool erased;
    if (limit_find(e, n, &limit) == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    bool known = term_moment(e, n->a, &at, &erased);
    if (!known && erased)
        return holds_unknown(e, n, true, e->this_element);
    if (!known || at > e->now)
        return not_happened(e, n, &limit);
    return limit_holds(&limit, at) ? TRUTH_TRUE : holds_false(e, n, REASON_NOT_MET, e->this_element);
}

// ---- sequence --------------------------------------------------------------------------------------------------------------

struct moment {
    stepdown_time at;
    struct ref ref;
};
struct moments {
    struct moment *list;
    size_t count, cap;
    bool uncertain, failed;
};

static void moments_push(struct evaluation *e, struct moments *m, stepdown_time at, struct ref ref) {
    if (m->count == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 16;
        struct moment *more = scratch_alloc(e, cap * sizeof *more);
        if (!more) {
            m->failed = true;
            return;
        }
        for (size_t i = 0; i < m->count; i++)
            more[i] = m->list[i];
        m->list = more;
        m->cap = cap;
    }
    m->list[m->count++] = (struct moment){at, ref};
}

static void moments_of_marks(struct evaluation *e, struct moments *m, uint32_t element, uint16_t code) {
    const struct state *s = e->state;
    uint32_t i = element == NO_ELEMENT ? s->first_mark : s->elements[element].first_mark;
    for (; i != NO_INDEX; i = s->marks[i].next) {
        if (!s->marks[i].withdrawn && s->marks[i].code == code)
            moments_push(e, m, s->marks[i].occurred_at, s->marks[i].at);
    }
}

static void moments_of_log(struct evaluation *e, struct moments *m, uint32_t element, uint16_t code) {
    const struct state *s = e->state;
    uint32_t i = element == NO_ELEMENT ? s->last_log : s->elements[element].last_log;
    for (; i != NO_INDEX; i = s->log[i].previous) {
        if (s->log[i].code == code)
            moments_push(e, m, s->log[i].occurred_at, (struct ref){s->log[i].seq, s->log[i].ord});
    }
}

// Each time the event happened to the target, not only the last.
static void moments_of_target(struct evaluation *e, struct moments *m, struct target t, uint16_t code) {
    const struct event_row *row = event_row(code);
    const struct element *el = target_element(e, t);
    stepdown_time at;
    struct ref ref;
    if (t.kind == TARGET_MARK || t.kind == TARGET_FIRING || (el && !(el->flags & ELEMENT_IS_ITEM))) {
        if (target_event(e, t, code, false, &at, &ref))
            moments_push(e, m, at, ref);
    } else if (row && row->class == EVENT_CLASS_MARK) {
        moments_of_marks(e, m, target_place(e, t), code);
    } else {
        moments_of_log(e, m, target_place(e, t), code);
    }
}

// In the order in which they happened; they come nearly sorted, newest first.
static void moments_sort(struct moments *m) {
    for (size_t i = 0; i < m->count / 2; i++) {
        struct moment swap = m->list[i];
        m->list[i] = m->list[m->count - 1 - i];
        m->list[m->count - 1 - i] = swap;
    }
    for (size_t i = 1; i < m->count; i++) {
        struct moment one = m->list[i];
        size_t at = i;
        for (; at > 0 && m->list[at - 1].at > one.at; at--)
            m->list[at] = m->list[at - 1];
        m->list[at] = one;
    }
}

static void moments_of(struct evaluation *e, struct moments *m, int32_t term) {
    const struct term *t = &e->defs->terms[term];
    struct selection s;
    struct found found;
    stepdown_time at;
    bool erased;
    if (t->kind != TERM_EVENT) {
        if (term_moment(e, term, &at, &erased))
            moments_push(e, m, at, (struct ref){0, 0});
        m->uncertain |= erased;
        return;
    }
    selection_begin(&s, e, t->selector);
    while (selection_next(&s, &found)) {
        m->uncertain |= found.uncertain;
        if (!found.uncertain)
            moments_of_target(e, m, found.target, t->code);
    }
    moments_sort(m);
}

static void moment_evidence(struct evaluation *e, const struct moment *m) {
    if (m->ref.seq || m->ref.ord)
        evidence_event(e, m->ref);
}

// Did one of them happen after the first and no later than the second?
static bool between(const struct moments *m, stepdown_time first, stepdown_time second) {
    for (size_t i = 0; i < m->count; i++) {
        if (m->list[i].at > first && m->list[i].at <= second)
            return true;
    }
    return false;
}

// From when on a first event counts. UNKNOWN: the span cannot be known (reason noted).
static enum truth sequence_since(struct evaluation *e, const struct node *n, stepdown_time *out) {
    struct duration d;
    bool erased = false;
    *out = STEPDOWN_TIME_NONE;
    if (n->d < 0)
        return TRUTH_TRUE;
    if (!term_duration(e, n->d, &d, &erased))
        return holds_unknown(e, n, erased, e->this_element);
    *out = shift_moment(e, e->now, &d, -1);
    return TRUTH_TRUE;
}

struct followed {
    struct moments first, second, without;
    stepdown_time since;
    struct duration within;
};

static int64_t count_followed(struct evaluation *e, const struct node *n, const struct followed *f, int64_t wanted) {
    int64_t pairs = 0;
    size_t next = 0;
    for (size_t i = 0; i < f->first.count && pairs < wanted; i++) {
        stepdown_time at = f->first.list[i].at;
        if (f->since != STEPDOWN_TIME_NONE && at < f->since)
            continue;
        while (next < f->second.count && f->second.list[next].at < at)
            next++;
        if (next == f->second.count)
            break;
        stepdown_time then = f->second.list[next].at;
        if ((n->c >= 0 && then > shift_moment(e, at, &f->within, 1)) || between(&f->without, at, then))
            continue;
        moment_evidence(e, &f->first.list[i]);
        moment_evidence(e, &f->second.list[next++]);
        pairs++;
    }
    return pairs;
}

// Each first event is followed by at most one second, the next one not used yet.
enum truth holds_sequence(struct evaluation *e, const struct node *n) {
    struct followed f = {.since = STEPDOWN_TIME_NONE};
    bool erased = false;
    if (n->c >= 0 && !term_duration(e, n->c, &f.within, &erased))
        return holds_unknown(e, n, erased, e->this_element);
    if (sequence_since(e, n, &f.since) == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    moments_of(e, &f.first, n->a);
    moments_of(e, &f.second, n->b);
    if (n->index >= 0)
        moments_of(e, &f.without, n->index);
    if (f.first.failed || f.second.failed || f.without.failed)
        return holds_unknown(e, n, false, e->this_element);
    int64_t wanted = n->n > 1 ? n->n : 1;
    if (f.without.uncertain)
        return holds_unknown(e, n, e->met_erased, e->this_element);
    if (count_followed(e, n, &f, wanted) >= wanted)
        return TRUTH_TRUE;
    return f.first.uncertain || f.second.uncertain ? holds_unknown(e, n, e->met_erased, e->this_element)
                                                   : holds_false(e, n, REASON_NOT_YET, e->this_element);
}
