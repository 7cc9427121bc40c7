// SPDX-License-Identifier: Apache-2.0
// Repetition: enough things of the same key, distinct by another, within some time of each other or live at once.
// Evaluated on when things happened, so that a late entry about the past counts where it belongs.
// May call: pathway, protocol, base.
#include "rule/parts.h"

struct occurrence {
    stepdown_time at;
    struct target target;
    struct value key, by; // VALUE_NONE when not asked for
    bool certain, cited;  // cited: by a match that was found before
    uint32_t review;      // of such a match, while it is open; NO_ELEMENT
};
struct occurrences {
    struct occurrence *list;
    size_t count, cap;
    bool failed, any_uncertain;
};

static bool occurrences_grow(struct evaluation *e, struct occurrences *o) {
    if (o->count < o->cap)
        return true;
    size_t cap = o->cap ? o->cap * 2 : 16;
    struct occurrence *more = scratch_alloc(e, cap * sizeof *more);
    if (!more) {
        o->failed = true;
        return false;
    }
    for (size_t i = 0; i < o->count; i++)
        more[i] = o->list[i];
    o->list = more;
    o->cap = cap;
    return true;
}

// Live now: begun, and neither finished nor at its end.
static bool live_now(const struct evaluation *e, struct target t) {
    const struct element *el = target_element(e, t);
    stepdown_time from, until;
    return el && !(el->flags & ELEMENT_FINISHED_FLAG) && element_interval(el, &from, &until) && from <= e->now &&
           (until == STEPDOWN_TIME_NONE || e->now < until);
}

// False: it has no such value, so it repeats nothing. An erased one might.
static bool key_of(struct evaluation *e, int32_t term, struct value *out, bool *certain) {
    bool erased;
    *out = (struct value){0};
    if (term < 0 || rule_term(e, term, out, &erased))
        return true;
    *certain = *certain && !erased;
    return erased;
}

static void occurrences_add(struct evaluation *e, const struct node *n, struct occurrences *o,
                            const struct found *found) {
    struct occurrence one = {.at = target_occurred(e, found->target),
                             .target = found->target,
                             .certain = !found->uncertain,
                             .review = NO_ELEMENT};
    if ((n->flags & NODE_AT_ONCE) && !live_now(e, found->target))
        return;
    struct verdict *verdict = e->verdict;
    struct binding old = target_bind(e, found->target);
    e->verdict = NULL;
    bool counts = key_of(e, n->a, &one.key, &one.certain) && key_of(e, n->c, &one.by, &one.certain);
    e->verdict = verdict;
    target_unbind(e, old);
    if (!counts || !occurrences_grow(e, o))
        return;
    o->any_uncertain |= !one.certain;
    // They come newest first as recorded; a late entry finds its place from the near end.
    size_t at = o->count++;
    for (; at > 0 && o->list[at - 1].at < one.at; at--)
        o->list[at] = o->list[at - 1];
    o->list[at] = one;
}

static bool same_key(const struct evaluation *e, const struct occurrence *a, const struct occurrence *b) {
    if (a->key.type == VALUE_NONE || b->key.type == VALUE_NONE)
        return a->key.type == b->key.type;
    return compare_equal(e, &a->key, &b->key);
}

// Does an earlier member of the group have the same distinct value?
static bool counted_before(const struct evaluation *e, const struct node *n, const struct occurrences *o, size_t first,
                           size_t at, bool certain) {
    if (n->c < 0)
        return false;
    for (size_t i = first; i < at; i++) {
        const struct occurrence *x = &o->list[i];
        if ((certain && !x->certain) || !same_key(e, x, &o->list[first]))
            continue;
        if (x->by.type != VALUE_NONE && compare_equal(e, &x->by, &o->list[at].by))
            return true;
    }
    return false;
}

// The list is newest first, so the window that ends at `first` goes on to older ones, both ends included.
static int64_t group_size(struct evaluation *e, const struct node *n, const struct occurrences *o, size_t first,
                          stepdown_time oldest, bool certain, bool note) {
    int64_t count = 0;
    for (size_t i = first; i < o->count && (oldest == STEPDOWN_TIME_NONE || o->list[i].at >= oldest); i++) {
        const struct occurrence *x = &o->list[i];
        if ((certain && !x->certain) || !same_key(e, x, &o->list[first]))
            continue;
        if (note)
            evidence_target(e, x->target);
        if (counted_before(e, n, o, first, i, certain))
            continue;
        if (++count >= n->n)
            break;
    }
    return count;
}

static stepdown_time oldest_of(const struct evaluation *e, const struct occurrence *newest, const struct duration *d) {
    return d ? shift_moment(e, newest->at, d, -1) : STEPDOWN_TIME_NONE;
}

// The newest member of a group that is large enough, o->count: there is none.
static size_t find_group(struct evaluation *e, const struct node *n, const struct occurrences *o,
                         const struct duration *d, bool certain) {
    size_t first = 0;
    while (first < o->count && ((certain && !o->list[first].certain) ||
                                group_size(e, n, o, first, oldest_of(e, &o->list[first], d), certain, false) < n->n))
        first++;
    return first;
}

static bool repeats(struct evaluation *e, const struct node *n, const struct occurrences *o, const struct duration *d,
                    bool certain) {
    size_t first = find_group(e, n, o, d, certain);
    if (first == o->count)
        return false;
    if (certain)
        group_size(e, n, o, first, oldest_of(e, &o->list[first], d), certain, true);
    return true;
}

static void occurrences_read(struct evaluation *e, const struct node *n, struct occurrences *o) {
    struct selection s;
    struct found found;
    selection_begin(&s, e, n->selector);
    while (!o->failed && selection_next(&s, &found))
        occurrences_add(e, n, o, &found);
}

enum truth holds_repeat(struct evaluation *e, const struct node *n) {
    struct occurrences o = {0};
    struct duration d;
    bool erased, before = e->met_erased, window = n->b >= 0;
    if (window && !term_duration(e, n->b, &d, &erased))
        return holds_unknown(e, n, erased, e->this_element);
    e->met_erased = false;
    occurrences_read(e, n, &o);
    erased = e->met_erased;
    e->met_erased |= before;
    if (o.failed)
        return holds_unknown(e, n, false, e->this_element);
    if (repeats(e, n, &o, window ? &d : NULL, true))
        return TRUTH_TRUE;
    if (o.any_uncertain && repeats(e, n, &o, window ? &d : NULL, false))
        return holds_unknown(e, n, erased, e->this_element);
    return holds_false(e, n, REASON_NOT_YET, e->this_element);
}

// ---- matches of a pattern --------------------------------------------------------------------------------------------

// Where what a match cites is looked for.
struct cited_in {
    const struct evaluation *e;
    struct occurrences *found;
};

static void note_cited(void *ctx, struct ref at, uint32_t review) {
    struct cited_in *search = ctx;
    for (size_t i = 0; i < search->found->count; i++) {
        struct occurrence *x = &search->found->list[i];
        if (ref_equal(target_ref(search->e, x->target), at)) {
            x->cited = true;
            x->review = review != NO_ELEMENT ? review : x->review;
            break;
        }
    }
}

static bool in_group(const struct evaluation *e, const struct occurrences *o, size_t first, stepdown_time oldest,
                     size_t at) {
    const struct occurrence *x = &o->list[at];
    return x->certain && (oldest == STEPDOWN_TIME_NONE || x->at >= oldest) && same_key(e, x, &o->list[first]);
}

// The group whose newest member is `first`: those cited already, or those not yet, up to `cap`.
static size_t group_take(const struct evaluation *e, const struct occurrences *o, size_t first, stepdown_time oldest,
                         bool cited, struct ref *out, size_t cap, uint32_t *review) {
    size_t count = 0;
    for (size_t i = first; i < o->count; i++) {
        if (o->list[i].cited != cited || !in_group(e, o, first, oldest, i))
            continue;
        if (count < cap)
            out[count++] = target_ref(e, o->list[i].target);
        *review = *review == NO_ELEMENT ? o->list[i].review : *review;
    }
    return count;
}

size_t match_repeat(struct evaluation *e, const struct rule_def *rule, struct ref *out, size_t cap, uint32_t *review) {
    const struct node *n = &e->defs->nodes[rule->pattern];
    struct occurrences o = {0};
    struct duration d;
    bool erased, window = n->b >= 0;
    if (window && !term_duration(e, n->b, &d, &erased))
        return 0;
    occurrences_read(e, n, &o);
    if (!o.failed)
        matches_each_cited(e, rule->def.symbol, note_cited, &(struct cited_in){e, &o});
    for (size_t first = 0; first < o.count && !o.failed; first++) {
        stepdown_time oldest = oldest_of(e, &o.list[first], window ? &d : NULL);
        if (!o.list[first].certain || group_size(e, n, &o, first, oldest, true, false) < n->n)
            continue;
        size_t fresh = group_take(e, &o, first, oldest, false, out, cap, review);
        if (fresh == 0)
            continue;
        size_t known = group_take(e, &o, first, oldest, true, out + fresh, cap - fresh, review);
        if (rule->only_if >= 0 && rule_evaluate(e, rule->only_if) != TRUTH_TRUE)
            return 0;
        return *review == NO_ELEMENT ? fresh + known : fresh;
    }
    return 0;
}
