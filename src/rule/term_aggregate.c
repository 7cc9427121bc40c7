// SPDX-License-Identifier: Apache-2.0
// Values over a set: number, sum, average, earliest, highest, share, list, time not covered. A member whose value is
// missing makes a sum, average or share unknown: nothing is counted as nought. May call: pathway, protocol, record.
#include "rule/parts.h"

enum { AVERAGE_DIGITS = 2, SHARE_DIGITS = 4, SCALE_MAX = 18 };

// ---- walking a set with its values ---------------------------------------------------------------------------------------

struct members {
    struct evaluation *e;
    const struct term *t;
    struct selection selection;
    bool unknown, erased; // some member or its value cannot be known
    size_t count;
};

static void members_begin(struct members *m, struct evaluation *e, const struct term *t) {
    *m = (struct members){.e = e, .t = t};
    selection_begin(&m->selection, e, t->selector);
}

// The next member that certainly belongs.
static bool members_next(struct members *m, struct target *out) {
    struct found found;
    while (selection_next(&m->selection, &found)) {
        if (found.uncertain) {
            m->unknown = true;
            continue;
        }
        m->count++;
        *out = found.target;
        return true;
    }
    return false;
}

// The value of `a` for the next member that has one. A term without `a` is over the members themselves: their moments.
static bool members_value(struct members *m, struct value *out) {
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

static bool scale_up(int64_t *number, unsigned digits) {
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
    if (more.scale < sum->scale && !scale_up(&more.number, (unsigned)(sum->scale - more.scale)))
        return false;
    if (more.scale > sum->scale) {
        if (!scale_up(&sum->number, (unsigned)(more.scale - sum->scale)))
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
    if (out->scale + AVERAGE_DIGITS > SCALE_MAX || !scale_up(&out->number, AVERAGE_DIGITS))
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

// ---- share, list, gap ------------------------------------------------------------------------------------------------------

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

bool value_list(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct members m;
    struct value *items = NULL, v;
    uint32_t count = 0, cap = 0;
    members_begin(&m, e, t);
    while (members_value(&m, &v)) {
        if (count == cap) {
            cap = cap ? cap * 2 : 8;
            struct value *more = scratch_alloc(e, cap * sizeof *more);
            if (!more)
                return false;
            for (uint32_t i = 0; i < count; i++)
                more[i] = items[i];
            items = more;
        }
        items[count++] = v;
    }
    *erased = m.erased;
    *out = (struct value){.type = VALUE_LIST, .count = count, .items = items};
    return !m.erased;
}

bool value_gap(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct edges edges = {.need = NO_ELEMENT, .flags = t->attribute};
    struct gaps gaps;
    bool before = e->met_erased;
    e->met_erased = false;
    bool known = edges_collect(e, &edges, t->a, t->b) && !edges.uncertain;
    *erased = !known && e->met_erased;
    e->met_erased |= before;
    if (!known)
        return false;
    edges_gaps(&edges, &gaps);
    *out = (struct value){.type = VALUE_DURATION, .duration = {.exact = gaps.total}};
    if (t->attribute & SPAN_DAILY) {
        *out = (struct value){
            .type = VALUE_QUANTITY, .scale = AMOUNT_DIGITS, .number = gaps.amount, .text = t->value.text};
        while (out->scale > 0 && out->number % 10 == 0) {
            out->number /= 10;
            out->scale--;
        }
    }
    return gaps.amount >= 0;
}
