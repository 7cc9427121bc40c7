// SPDX-License-Identifier: Apache-2.0
// Values over a set: number, sum, average, earliest, highest, share, list, time not covered. A member whose value is
// missing makes a sum, average or share unknown: nothing is counted as nought. May call: pathway, protocol, record.
#include "rule/parts.h"

enum { AVERAGE_DIGITS = 2, SHARE_DIGITS = 4, SCALE_MAX = 18 };

// ---- walking a set with its values ---------------------------------------------------------------------------------------

void members_begin(struct members *m, struct evaluation *e, const struct term *t) {
    *m = (struct members){.e = e, .t = t, .frame = e->frame, .group = e->group, .turnout = e->turnout};
    e->frame = NULL; // both are of this set, not of those inside its values
    e->group = NULL;
    e->turnout = NULL;
    selection_begin(&m->selection, e, t->selector);
}

// Does the member's moment lie in the window? One without a moment does not.
static bool in_frame(struct members *m, struct target target) {
    stepdown_time at = target_occurred(m->e, target);
    if (!m->frame)
        return true;
    if (m->t->b >= 0) {
        struct binding old = target_bind(m->e, target);
        bool known = term_moment(m->e, m->t->b, &at, NULL);
        target_unbind(m->e, old);
        if (!known)
            return false;
    }
    return at >= m->frame->from && at < m->frame->until;
}

// Is the member at this place of the walk in the group at hand? Its pairs come in the order of the walk.
static bool in_group(struct members *m) {
    const struct grouping *g = m->group;
    size_t place = m->place++;
    bool in = g == NULL;
    for (; !in && m->next_pair < g->count && g->pairs[m->next_pair].member <= place; m->next_pair++)
        in = g->pairs[m->next_pair].member == place && g->pairs[m->next_pair].group == g->group;
    return in;
}

bool members_next(struct members *m, struct target *out) {
    struct found found;
    while (selection_next(&m->selection, &found)) {
        if (!in_frame(m, found.target))
            continue;
        if (found.uncertain) {
            m->unknown = true;
            continue;
        }
        if (!in_group(m))
            continue;
        m->count++;
        if (m->turnout)
            m->turnout->members++;
        *out = found.target;
        return true;
    }
    return false;
}

// A term without `a` is over the members themselves: their moments.
bool members_value(struct members *m, struct value *out) {
    struct target target;
    while (members_next(m, &target)) {
        bool gone = false;
        if (m->t->a < 0) {
            *out = (struct value){.type = VALUE_TIME, .number = target_occurred(m->e, target)};
            evidence_target(m->e, target);
            return true;
        }
        struct binding old = target_bind(m->e, target);
        bool known = rule_term(m->e, m->t->a, out, &gone);
        target_unbind(m->e, old);
        if (known)
            return true;
        m->erased |= gone;
        m->unknown = true;
        if (m->turnout)
            m->turnout->without++;
    }
    return false;
}

bool value_count(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    struct target target;
    bool before = e->met_erased;
    e->met_erased = false;
    members_begin(&m, e, t);
    while (members_next(&m, &target))
        evidence_target(e, target);
    *erased = e->met_erased && m.unknown;
    e->met_erased |= before;
    *out = value_number((int64_t)m.count);
    return !m.unknown;
}

// ---- sums ----------------------------------------------------------------------------------------------------------------

bool value_scale_up(int64_t *number, unsigned digits) {
    while (digits-- > 0) {
        if (__builtin_mul_overflow(*number, 10, number))
            return false;
    }
    return true;
}

static bool add_quantity(struct value *sum, const struct value *v) {
    struct value more = *v;
    if (sum->text.size == 0 && sum->number == 0)
        sum->text = v->text;
    if (!slice_equal(sum->text, v->text) || v->scale > SCALE_MAX)
        return false;
    if (more.scale < sum->scale && !value_scale_up(&more.number, (unsigned)(sum->scale - more.scale)))
        return false;
    if (more.scale > sum->scale) {
        if (!value_scale_up(&sum->number, (unsigned)(more.scale - sum->scale)))
            return false;
        sum->scale = more.scale;
    }
    return !__builtin_add_overflow(sum->number, more.number, &sum->number);
}

static bool add_duration(struct value *sum, const struct value *v) {
    struct duration *d = &sum->duration;
    return !__builtin_add_overflow(d->months, v->duration.months, &d->months) &&
           !__builtin_add_overflow(d->days, v->duration.days, &d->days) &&
           !__builtin_add_overflow(d->business, v->duration.business, &d->business) &&
           !__builtin_add_overflow(d->exact, v->duration.exact, &d->exact);
}

// False: a value that cannot be added, or one that is missing.
static bool sum_members(struct members *m, struct value *sum) {
    struct value v;
    bool fits = true;
    *sum = value_number(0);
    for (bool first = true; fits && members_value(m, &v); first = false) {
        if (first && v.type == VALUE_DURATION)
            *sum = (struct value){.type = VALUE_DURATION};
        if (v.type != sum->type || (v.type != VALUE_QUANTITY && v.type != VALUE_DURATION))
            fits = false;
        else
            fits = v.type == VALUE_DURATION ? add_duration(sum, &v) : add_quantity(sum, &v);
    }
    return fits && !m->unknown;
}

bool value_sum(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    members_begin(&m, e, t);
    bool known = sum_members(&m, out);
    *erased = m.erased;
    return known;
}

bool value_average(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    members_begin(&m, e, t);
    bool known = sum_members(&m, out) && m.count > 0;
    *erased = m.erased;
    if (!known)
        return false;
    if (out->type == VALUE_DURATION) {
        out->duration = (struct duration){.exact = duration_bound(&out->duration) / (int64_t)m.count};
        return true;
    }
    if (out->scale + AVERAGE_DIGITS > SCALE_MAX || !value_scale_up(&out->number, AVERAGE_DIGITS))
        return false;
    out->scale = (uint8_t)(out->scale + AVERAGE_DIGITS);
    out->number /= (int64_t)m.count;
    return true;
}

// ---- extremes: members without a value (it has not happened) do not take part -------------------------------------------

static bool extreme(struct evaluation *e, const struct term *t, uint8_t better, struct value *out, bool *erased) {
    struct members m;
    struct value v;
    bool any = false, comparable = true;
    members_begin(&m, e, t);
    while (comparable && members_value(&m, &v)) {
        enum truth truth = any ? compare_values(e, better, &v, out) : TRUTH_TRUE;
        comparable = truth != TRUTH_UNKNOWN;
        if (truth == TRUTH_TRUE)
            *out = v;
        any = true;
    }
    *erased = m.erased;
    return any && comparable && !m.erased;
}

bool value_earliest(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    return extreme(e, t, OP_LESS, out, erased);
}

bool value_highest(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    return extreme(e, t, OP_MORE, out, erased);
}

// ---- share, list ------------------------------------------------------------------------------------------------------

bool value_share(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    struct target target;
    int64_t hits = 0;
    bool before = e->met_erased;
    e->met_erased = false;
    members_begin(&m, e, t);
    while (members_next(&m, &target)) {
        struct binding old = target_bind(e, target);
        struct verdict *verdict = e->verdict;
        e->verdict = NULL;
        enum truth truth = rule_evaluate(e, t->node);
        e->verdict = verdict;
        target_unbind(e, old);
        evidence_target(e, target);
        hits += truth == TRUTH_TRUE;
        m.unknown |= truth == TRUTH_UNKNOWN;
    }
    *erased = e->met_erased && m.unknown;
    e->met_erased |= before;
    if (m.unknown || m.count == 0)
        return false;
    *out = value_number(0);
    out->scale = SHARE_DIGITS;
    out->number = hits * 10000 / (int64_t)m.count;
    return true;
}

// Every member's value, newest first. False: out of memory.
static bool members_all(struct members *m, struct value **out, uint32_t *count) {
    struct value *items = NULL, v;
    uint32_t cap = 0;
    *count = 0;
    while (members_value(m, &v)) {
        if (*count == cap) {
            cap = cap ? cap * 2 : 8;
            struct value *more = scratch_alloc(m->e, cap * sizeof *more);
            if (!more)
                return false;
            for (uint32_t i = 0; i < *count; i++)
                more[i] = items[i];
            items = more;
        }
        items[(*count)++] = v;
    }
    *out = items;
    return true;
}

bool value_list(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    struct value *items;
    uint32_t count;
    members_begin(&m, e, t);
    if (!members_all(&m, &items, &count))
        return false;
    *erased = m.erased;
    *out = (struct value){.type = VALUE_LIST, .count = count, .items = items};
    return !m.erased;
}

// Values of several terms side by side; one that is not known leaves an empty list in its place.
bool value_several(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct value *items = scratch_alloc(e, (size_t)t->b * sizeof *items);
    if (!items)
        return false;
    for (int32_t i = 0; i < t->b; i++) {
        if (!rule_term(e, e->defs->children[t->index + i], &items[i], erased))
            items[i] = (struct value){.type = VALUE_LIST};
    }
    *out = (struct value){.type = VALUE_LIST, .count = (uint32_t)t->b, .items = items};
    return true;
}

// ---- ranks: nearest rank, so that the value is one that was measured -----------------------------------------------------

// In place; sets over one pathway are short. False: two of them cannot be compared.
static bool values_sort(const struct evaluation *e, struct value *items, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        struct value one = items[i];
        uint32_t at = i;
        for (; at > 0; at--) {
            enum truth less = compare_values(e, OP_LESS, &one, &items[at - 1]);
            if (less == TRUTH_UNKNOWN)
                return false;
            if (less == TRUTH_FALSE)
                break;
            items[at] = items[at - 1];
        }
        items[at] = one;
    }
    return true;
}

static bool ranked(struct evaluation *e, const struct term *t, uint32_t tenths, struct value *out, bool *erased) {
    struct members m;
    struct value *items;
    uint32_t count;
    members_begin(&m, e, t);
    bool known = members_all(&m, &items, &count) && count > 0 && !m.unknown && values_sort(e, items, count);
    *erased = m.erased;
    if (known)
        *out = items[((uint64_t)count * tenths + 9) / 10 - 1];
    return known;
}

bool value_median(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    return ranked(e, t, 5, out, erased);
}

bool value_p90(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    return ranked(e, t, 9, out, erased);
}

// ---- windows: known only once they have passed; what has not happened yet is not nought ----------------------------------

static bool term_in(struct evaluation *e, int32_t term, struct frame frame, struct value *out, bool *erased) {
    const struct frame *outer = e->frame;
    e->frame = &frame;
    bool known = rule_term(e, term, out, erased);
    e->frame = outer;
    return known;
}

// The window begins right after the moment and ends with its last instant. False: not known, or not over.
static bool window_after(struct evaluation *e, const struct term *t, struct duration *span, struct frame *out,
                         bool *erased) {
    stepdown_time at;
    if (!term_moment(e, t->b, &at, erased) || !term_duration(e, t->index, span, erased))
        return false;
    *out = (struct frame){at + 1, shift_moment(e, at, span, 1) + 1};
    return out->until - 1 <= e->now;
}

// "per 100 days": a number for a window of that length.
static bool scaled_to(const struct term *t, const struct duration *span, struct value *v) {
    int64_t per = duration_bound(&t->value.duration) / TIME_HOUR, length = duration_bound(span) / TIME_HOUR;
    if (t->value.type != VALUE_DURATION)
        return true;
    if (v->type != VALUE_QUANTITY || length <= 0 || v->scale + AVERAGE_DIGITS > SCALE_MAX ||
        !value_scale_up(&v->number, AVERAGE_DIGITS) || __builtin_mul_overflow(v->number, per, &v->number))
        return false;
    v->scale = (uint8_t)(v->scale + AVERAGE_DIGITS);
    v->number /= length;
    return true;
}

bool value_window(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct duration span;
    struct frame frame;
    return window_after(e, t, &span, &frame, erased) && term_in(e, t->a, frame, out, erased) &&
           scaled_to(t, &span, out);
}

static bool value_less(struct value *a, const struct value *b) {
    struct value minus = *b;
    if (a->type != b->type)
        return false;
    if (a->type == VALUE_QUANTITY) {
        minus.number = -minus.number;
        return add_quantity(a, &minus);
    }
    minus.duration =
        (struct duration){-b->duration.months, -b->duration.days, -b->duration.business, -b->duration.exact};
    return a->type == VALUE_DURATION && add_duration(a, &minus);
}

// What it was before: entered by somebody, or the same reckoned over as long a time, if all of it was looked at.
static bool value_before(struct evaluation *e, const struct term *t, const struct duration *span, stepdown_time at,
                         struct value *out, bool *erased) {
    stepdown_time from = shift_moment(e, at, span, -1);
    if (t->field >= 0)
        return rule_term(e, t->field, out, erased);
    return from >= e->state->opened_at && term_in(e, t->a, (struct frame){from, at}, out, erased) &&
           scaled_to(t, span, out);
}

bool value_delta(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct duration span;
    struct frame frame;
    struct value before;
    return window_after(e, t, &span, &frame, erased) && value_before(e, t, &span, frame.from - 1, &before, erased) &&
           term_in(e, t->a, frame, out, erased) && scaled_to(t, &span, out) && value_less(out, &before);
}

// ---- what is not covered -------------------------------------------------------------------------------------------------

static bool edges_of_gap(struct evaluation *e, const struct term *t, struct edges *edges, bool *erased) {
    bool before = e->met_erased;
    e->met_erased = false;
    bool known = edges_collect(e, edges, t->a, t->b) && !edges->uncertain;
    *erased = !known && e->met_erased;
    e->met_erased |= before;
    return known;
}

bool value_gap(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct edges edges = {.need = NO_ELEMENT, .flags = t->attribute};
    struct gaps gaps = {.list = NULL};
    if (!edges_of_gap(e, t, &edges, erased))
        return false;
    edges_gaps(&edges, &gaps);
    *out = (struct value){.type = VALUE_DURATION, .duration = {.exact = gaps.total}};
    if (t->attribute & SPAN_DAILY) {
        *out = (struct value){
            .type = VALUE_QUANTITY, .scale = AMOUNT_DIGITS, .number = gaps.amount, .text = t->value.text};
        amount_shorten(out);
    }
    return gaps.amount >= 0;
}

// Each stretch by itself: from when to when.
bool value_gaps(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct edges edges = {.need = NO_ELEMENT, .flags = t->attribute};
    if (!edges_of_gap(e, t, &edges, erased))
        return false;
    struct gaps gaps = {.list = scratch_alloc(e, (edges.count + 1) * sizeof *gaps.list)};
    if (!gaps.list)
        return false;
    edges_gaps(&edges, &gaps);
    *out = (struct value){.type = VALUE_LIST, .count = (uint32_t)gaps.count, .items = gaps.list};
    return true;
}

bool rule_not_yet_due(struct evaluation *e, int32_t term) {
    const struct term *t = term >= 0 ? &e->defs->terms[term] : NULL;
    struct duration span;
    stepdown_time at;
    bool erased;
    if (!t || (t->kind != TERM_WINDOW && t->kind != TERM_DELTA))
        return false;
    if (!term_moment(e, t->b, &at, &erased) || !term_duration(e, t->index, &span, &erased))
        return !erased;
    return e->now < shift_moment(e, at, &span, 1);
}
