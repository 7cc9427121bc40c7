// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic: needs and covers become edges in the scratch arena, sorted and swept once; what no cover (or not
// enough of it) lies over is a gap. May call: pathway, protocol.
#include "rule/parts.h"

enum { AMOUNT_DIGITS = 6 };

bool element_interval(const struct element *el, stepdown_time *from, stepdown_time *until) {
    const struct kind_row *row = el->flags & ELEMENT_IS_ITEM ? lifecycle_kind(el->kind) : NULL;
    bool own = row && (row->flags & LIFECYCLE_INTERVAL);
    *from = own || el->start != STEPDOWN_TIME_NONE ? el->start : el->occurred_at;
    *until = el->end;
    if (el->finished_at != STEPDOWN_TIME_NONE && (*until == STEPDOWN_TIME_NONE || el->finished_at < *until))
        *until = el->finished_at;
    return *from != STEPDOWN_TIME_NONE;
}

// ---- collecting ----------------------------------------------------------------------------------------------------------

static bool edge_push(struct evaluation *e, struct edges *edges, struct edge edge) {
    if (edges->count == edges->cap) {
        size_t cap = edges->cap ? edges->cap * 2 : 32;
        struct edge *more = scratch_alloc(e, cap * sizeof *more);
        if (!more)
            return false;
        for (size_t i = 0; i < edges->count; i++)
            more[i] = edges->list[i];
        edges->list = more;
        edges->cap = cap;
    }
    edges->list[edges->count++] = edge;
    return true;
}

// A cover without an end goes on; a need without an end lasts until now.
static bool interval_push(struct evaluation *e, struct edges *edges, stepdown_time from, stepdown_time until,
                          int64_t amount, bool need) {
    if (until == STEPDOWN_TIME_NONE)
        until = need ? e->now : INT64_MAX;
    if (from >= until)
        return true;
    struct edge edge = {from, need, !need, need ? amount : 0, need ? 0 : amount};
    struct edge back = {until, -edge.need, -edge.cover, -edge.need_amount, -edge.cover_amount};
    return edge_push(e, edges, edge) && edge_push(e, edges, back);
}

static bool value_push(struct evaluation *e, struct edges *edges, const struct value *v, int64_t amount, bool need) {
    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->count; i++) {
            if (!value_push(e, edges, &v->items[i], amount, need))
                return false;
        }
        return true;
    }
    if (v->type == VALUE_INTERVAL)
        return interval_push(e, edges, v->number, v->until, amount, need);
    edges->uncertain |= v->type == VALUE_ERASED;
    e->met_erased |= v->type == VALUE_ERASED;
    return true;
}

// At a fixed number of digits, so that amounts can be added. False: another unit, or too large.
static bool amount_scaled(struct edges *edges, const struct value *v, int64_t *out) {
    if (v->type != VALUE_QUANTITY || v->scale > AMOUNT_DIGITS)
        return false;
    if (edges->unit.size == 0)
        edges->unit = v->text;
    if (!slice_equal(edges->unit, v->text))
        return false;
    *out = v->number;
    for (unsigned i = v->scale; i < AMOUNT_DIGITS; i++) {
        if (__builtin_mul_overflow(*out, 10, out))
            return false;
    }
    return *out <= INT64_MAX / 4096 && *out >= 0;
}

// A need without an amount asks for time only; a cover whose amount is not known counts for nothing, uncertainly.
static int64_t amount_of(struct evaluation *e, struct edges *edges, int32_t term, bool need) {
    struct value v;
    bool erased;
    int64_t amount = 0;
    if (term < 0)
        return 0;
    bool known = rule_term(e, term, &v, &erased);
    if (known && amount_scaled(edges, &v, &amount))
        return amount;
    if (known || erased || !need)
        edges->uncertain = true;
    return 0;
}

// The field asked for, or any whose values are intervals.
static bool interval_field(const struct definitions *d, uint32_t field, int32_t wanted) {
    if (wanted >= 0)
        return field == (uint32_t)wanted;
    return field < d->field_count && d->fields[field].type == VALUE_INTERVAL;
}

static bool entry_push(struct evaluation *e, struct edges *edges, uint32_t entry, int32_t field, int64_t amount,
                       bool need) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[entry].first_field; i != NO_INDEX; i = s->fields[i].next) {
        const struct field_value *fv = &s->fields[i];
        if (!interval_field(e->defs, fv->field, field))
            continue;
        evidence_field(e, entry, fv);
        if (!value_push(e, edges, &fv->value, amount, need))
            return false;
    }
    return true;
}

static bool target_push(struct evaluation *e, struct edges *edges, struct target t, int32_t field, int64_t amount,
                        bool need) {
    const struct element *el = target_element(e, t);
    stepdown_time from, until;
    if (t.kind == TARGET_PATHWAY)
        return interval_push(e, edges, e->state->opened_at, e->state->closed_at, amount, need);
    if (!el)
        return true;
    if (!(el->flags & ELEMENT_IS_ITEM))
        return entry_push(e, edges, t.index, field, amount, need);
    if (field >= 0) {
        uint32_t entry;
        const struct field_value *fv = state_field(e->state, t.index, field, false, &entry);
        return !fv || entry_push(e, edges, entry, field, amount, need);
    }
    evidence_element(e, t.index);
    return !element_interval(el, &from, &until) || interval_push(e, edges, from, until, amount, need);
}

bool edges_of_selection(struct evaluation *e, struct edges *edges, int32_t selector, int32_t field, int32_t amount,
                        bool need) {
    struct selection s;
    struct found found;
    selection_begin(&s, e, selector);
    while (selection_next(&s, &found)) {
        edges->uncertain |= found.uncertain;
        if (found.uncertain && !need)
            continue;
        if (need)
            edges->need = target_place(e, found.target);
        struct binding old = target_bind(e, found.target);
        int64_t much = amount_of(e, edges, amount, need);
        target_unbind(e, old);
        if (!target_push(e, edges, found.target, field, much, need))
            return false;
    }
    return true;
}

bool edges_of_term(struct evaluation *e, struct edges *edges, int32_t term, int32_t amount) {
    struct value v;
    if (!rule_term(e, term, &v, NULL) || (v.type != VALUE_INTERVAL && v.type != VALUE_LIST))
        return false;
    return value_push(e, edges, &v, amount_of(e, edges, amount, true), true);
}

// ---- sorting: in place, because the C library's may allocate -------------------------------------------------------------

static void sift_down(struct edge *list, size_t root, size_t count) {
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && list[child + 1].at > list[child].at)
            child++;
        if (list[root].at >= list[child].at)
            return;
        struct edge swap = list[root];
        list[root] = list[child];
        list[child] = swap;
    }
}

static void edges_sort(struct edges *edges) {
    for (size_t i = edges->count / 2; i > 0; i--)
        sift_down(edges->list, i - 1, edges->count);
    for (size_t end = edges->count; end > 1; end--) {
        struct edge swap = edges->list[0];
        edges->list[0] = edges->list[end - 1];
        edges->list[end - 1] = swap;
        sift_down(edges->list, 0, end - 1);
    }
}

// ---- sweeping --------------------------------------------------------------------------------------------------------------

void edges_gaps(struct edges *edges, struct gaps *out) {
    struct edge now = {0};
    bool in_gap = false, covered_before = false, any = false;
    *out = (struct gaps){0};
    edges_sort(edges);
    for (size_t i = 0; i < edges->count;) {
        stepdown_time at = edges->list[i].at;
        for (; i < edges->count && edges->list[i].at == at; i++) {
            now.need += edges->list[i].need;
            now.cover += edges->list[i].cover;
            now.need_amount += edges->list[i].need_amount;
            now.cover_amount += edges->list[i].cover_amount;
        }
        any |= now.need > 0;
        covered_before |= now.cover > 0;
        bool gap = now.need > 0 && (now.cover == 0 || now.cover_amount < now.need_amount);
        if (gap && !in_gap) {
            out->count++;
            out->after_cover += covered_before;
            out->short_amount += now.cover > 0;
        }
        if (gap && i < edges->count)
            out->total += edges->list[i].at - at;
        in_gap = gap;
    }
    out->empty = !any;
}
