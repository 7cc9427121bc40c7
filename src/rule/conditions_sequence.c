// SPDX-License-Identifier: Apache-2.0
// One thing after another: so often, so soon, and nothing else in between. May call: pathway, protocol, base.
#include "rule/parts.h"

struct moment {
    stepdown_time at;
    struct ref ref;
    uint32_t element;    // it happened to, NO_ELEMENT: the pathway
    bool matched, cited; // in a group; by a match that was found before
    uint32_t review;     // of such a match, while it is open; NO_ELEMENT
};
struct moments {
    struct moment *list;
    size_t count, cap;
    bool uncertain, failed;
};

static void moments_push(struct evaluation *e, struct moments *m, stepdown_time at, struct ref ref, uint32_t element) {
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
    m->list[m->count++] = (struct moment){.at = at, .ref = ref, .element = element, .review = NO_ELEMENT};
}

static void moments_of_marks(struct evaluation *e, struct moments *m, uint32_t element, uint16_t code) {
    const struct state *s = e->state;
    uint32_t i = element == NO_ELEMENT ? s->first_mark : s->elements[element].first_mark;
    for (; i != NO_INDEX; i = s->marks[i].next) {
        if (!s->marks[i].withdrawn && s->marks[i].code == code)
            moments_push(e, m, s->marks[i].occurred_at, s->marks[i].at, element);
    }
}

static void moments_of_log(struct evaluation *e, struct moments *m, uint32_t element, uint16_t code) {
    const struct state *s = e->state;
    uint32_t i = element == NO_ELEMENT ? s->last_log : s->elements[element].last_log;
    for (; i != NO_INDEX; i = s->log[i].previous) {
        if (s->log[i].code == code)
            moments_push(e, m, s->log[i].occurred_at, (struct ref){s->log[i].seq, s->log[i].ord}, element);
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
            moments_push(e, m, at, ref, target_place(e, t));
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

// An event, or that something occurred: each time. Any other moment is one.
static void moments_of(struct evaluation *e, struct moments *m, int32_t term) {
    const struct term *t = &e->defs->terms[term];
    bool occurred = t->kind == TERM_ATTRIBUTE;
    struct selection s;
    struct found found;
    stepdown_time at;
    bool erased;
    if (!definitions_each_time(e->defs, term)) {
        if (term_moment(e, term, &at, &erased))
            moments_push(e, m, at, (struct ref){0, 0}, NO_ELEMENT);
        m->uncertain |= erased;
        return;
    }
    struct selector each = e->defs->selectors[t->selector];
    each.pick = occurred ? PICK_ALL : each.pick;
    selection_of(&s, e, &each);
    while (selection_next(&s, &found)) {
        m->uncertain |= found.uncertain;
        if (!found.uncertain && occurred)
            moments_push(e, m, target_occurred(e, found.target), target_ref(e, found.target),
                         target_place(e, found.target));
        else if (!found.uncertain)
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

static bool followed_read(struct evaluation *e, const struct node *n, struct followed *f) {
    moments_of(e, &f->first, n->a);
    moments_of(e, &f->second, n->b);
    if (n->index >= 0)
        moments_of(e, &f->without, n->index);
    return !f->first.failed && !f->second.failed && !f->without.failed;
}

// Each first event is followed by at most one second, the next one not used yet.
enum truth holds_sequence(struct evaluation *e, const struct node *n) {
    struct followed f = {.since = STEPDOWN_TIME_NONE};
    bool erased = false;
    if (n->c >= 0 && !term_duration(e, n->c, &f.within, &erased))
        return holds_unknown(e, n, erased, e->this_element);
    if (sequence_since(e, n, &f.since) == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    if (!followed_read(e, n, &f))
        return holds_unknown(e, n, false, e->this_element);
    int64_t wanted = n->n > 1 ? n->n : 1;
    if (f.without.uncertain)
        return holds_unknown(e, n, e->met_erased, e->this_element);
    if (count_followed(e, n, &f, wanted) >= wanted)
        return TRUTH_TRUE;
    return f.first.uncertain || f.second.uncertain ? holds_unknown(e, n, e->met_erased, e->this_element)
                                                   : holds_false(e, n, REASON_NOT_YET, e->this_element);
}

// ---- matches of a pattern --------------------------------------------------------------------------------------------

// The members of a group are all that follow as required within the window that ends at one that followed, and what they
// follow; it is large enough when as many of them as wanted follow one each. When things happened decides, not when they
// were written down.

static void cite_in(struct moments *m, struct ref at, uint32_t review) {
    for (size_t i = 0; i < m->count; i++) {
        if (ref_equal(m->list[i].ref, at)) {
            m->list[i].cited = true;
            m->list[i].review = review != NO_ELEMENT ? review : m->list[i].review;
        }
    }
}

static void note_cited(void *ctx, struct ref at, uint32_t review) {
    struct followed *f = ctx;
    cite_in(&f->first, at, review);
    cite_in(&f->second, at, review);
}

// only_if is asked about each one that followed; the others do not count.
static void keep_asked(struct evaluation *e, int32_t only_if, struct moments *m) {
    size_t kept = 0;
    uint32_t trigger = e->trigger_element;
    for (size_t i = 0; i < m->count; i++) {
        e->trigger_element = m->list[i].element;
        if (rule_evaluate(e, only_if) == TRUTH_TRUE)
            m->list[kept++] = m->list[i];
    }
    e->trigger_element = trigger;
    m->count = kept;
}

static bool follows(const struct evaluation *e, const struct node *n, const struct followed *f, stepdown_time at,
                    stepdown_time then) {
    return (f->since == STEPDOWN_TIME_NONE || at >= f->since) &&
           (n->c < 0 || then <= shift_moment(e, at, &f->within, 1)) && !between(&f->without, at, then);
}

// Marks the members of the group in `f`, whose last second event it ends at. False: that one follows nothing. Whatever
// keeps a first event from being followed keeps the earlier ones too.
static bool group_mark(const struct evaluation *e, const struct node *n, struct followed *f) {
    bool last = false;
    size_t past = 0; // first events that are not later than the second one
    for (size_t i = 0; i < f->first.count; i++)
        f->first.list[i].matched = false;
    for (size_t k = 0; k < f->second.count; k++) {
        struct moment *second = &f->second.list[k];
        second->matched = false;
        while (past < f->first.count && f->first.list[past].at <= second->at)
            past++;
        for (size_t i = past; i > 0 && follows(e, n, f, f->first.list[i - 1].at, second->at); i--)
            f->first.list[i - 1].matched = second->matched = true;
        last = second->matched;
    }
    return last;
}

// Newest first, those cited already or those not yet, up to `cap`.
static size_t members_take(const struct moments *m, bool cited, struct ref *out, size_t cap, uint32_t *review) {
    size_t count = 0;
    for (size_t i = m->count; i > 0; i--) {
        const struct moment *one = &m->list[i - 1];
        if (!one->matched || one->cited != cited || (one->ref.seq == 0 && one->ref.ord == 0))
            continue;
        if (count < cap)
            out[count++] = one->ref;
        *review = *review == NO_ELEMENT ? one->review : *review;
    }
    return count;
}

static size_t group_cite(const struct followed *f, struct ref *out, size_t cap, uint32_t *review) {
    size_t fresh = members_take(&f->second, false, out, cap, review);
    fresh += members_take(&f->first, false, out + fresh, cap - fresh, review);
    if (fresh == 0)
        return 0;
    size_t all = fresh + members_take(&f->second, true, out + fresh, cap - fresh, review);
    all += members_take(&f->first, true, out + all, cap - all, review);
    return *review == NO_ELEMENT ? all : fresh;
}

size_t match_sequence(struct evaluation *e, const struct rule_def *rule, struct ref *out, size_t cap,
                      uint32_t *review) {
    const struct node *n = &e->defs->nodes[rule->pattern];
    struct followed f = {.since = STEPDOWN_TIME_NONE};
    struct duration during;
    bool erased;
    if ((n->c >= 0 && !term_duration(e, n->c, &f.within, &erased)) ||
        (n->d >= 0 && !term_duration(e, n->d, &during, &erased)) || !followed_read(e, n, &f) || f.without.uncertain)
        return 0;
    if (rule->only_if >= 0)
        keep_asked(e, rule->only_if, &f.second);
    matches_each_cited(e, rule->def.symbol, note_cited, &f);
    for (; f.second.count > 0; f.second.count--) {
        if (n->d >= 0)
            f.since = shift_moment(e, f.second.list[f.second.count - 1].at, &during, -1);
        if (!group_mark(e, n, &f))
            continue;
        size_t count = count_followed(e, n, &f, n->n) >= n->n ? group_cite(&f, out, cap, review) : 0;
        if (count > 0 || n->d < 0) // without a window, what ends earlier is part of this group
            return count;
    }
    return 0;
}
