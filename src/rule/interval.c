// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic: needs and covers become edges in the scratch arena, sorted and swept once; what no cover (or not
// enough of it) lies over is a gap. Where both sides say how much, amounts are compared as well as times: at each moment,
// or day by day when one side says so much per day. May call: pathway, protocol.
#include "rule/parts.h"

#include <string.h>

enum { DAYS_MAX = 1000 };                // that one amount is spread over
#define HOUR_SCALE (TIME_HOUR / 1000000) // microseconds in a millionth of an hour

bool element_interval(const struct element *el, stepdown_time *from, stepdown_time *until) {
    const struct kind_row *row = el->flags & ELEMENT_IS_ITEM ? lifecycle_kind(el->kind) : NULL;
    bool own = row && (row->flags & LIFECYCLE_INTERVAL);
    *from = own || el->start != STEPDOWN_TIME_NONE ? el->start : el->occurred_at;
    *until = el->end;
    if (el->finished_at != STEPDOWN_TIME_NONE && (*until == STEPDOWN_TIME_NONE || el->finished_at < *until))
        *until = el->finished_at;
    return *from != STEPDOWN_TIME_NONE;
}

// ---- how much, and from when to when -----------------------------------------------------------------------------------

// The first field of an entry whose values are intervals, or the one wanted.
static const struct field_value *interval_field(struct evaluation *e, uint32_t entry, int32_t wanted) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[entry].first_field; i != NO_INDEX; i = s->fields[i].next) {
        uint32_t field = s->fields[i].field;
        bool fits = field < e->defs->field_count && e->defs->fields[field].type == VALUE_INTERVAL;
        if (wanted >= 0 ? field == (uint32_t)wanted : fits)
            return &s->fields[i];
    }
    return NULL;
}

static bool mark_interval(struct evaluation *e, const struct mark *m, struct value *out) {
    const struct value *from = state_mark_attr(e->state, m, ATTR_START);
    const struct value *until = state_mark_attr(e->state, m, ATTR_END);
    if (!from || !until)
        return false;
    *out = (struct value){.type = VALUE_INTERVAL, .number = from->number, .until = until->number};
    return true;
}

bool target_interval(struct evaluation *e, struct target t, struct value *out) {
    const struct element *el = target_element(e, t);
    *out = (struct value){.type = VALUE_INTERVAL};
    if (t.kind == TARGET_MARK)
        return mark_interval(e, &e->state->marks[t.index], out);
    if (t.kind == TARGET_PATHWAY) {
        out->number = e->state->opened_at;
        out->until = e->state->closed_at;
        return out->number != STEPDOWN_TIME_NONE;
    }
    if (!el)
        return false;
    if (el->flags & ELEMENT_IS_ITEM)
        return element_interval(el, &out->number, &out->until);
    const struct field_value *fv = interval_field(e, t.index, -1);
    if (!fv)
        return false;
    evidence_field(e, t.index, fv);
    *out = fv->value;
    return true;
}

void amount_shorten(struct value *v) {
    while (v->scale > 0 && v->number % 10 == 0) {
        v->number /= 10;
        v->scale--;
    }
}

static bool hours_of(struct evaluation *e, struct target t, struct value *out) {
    struct value v;
    if (!target_interval(e, t, &v) || v.type != VALUE_INTERVAL || v.until == STEPDOWN_TIME_NONE)
        return false;
    *out = (struct value){.type = VALUE_QUANTITY,
                          .scale = AMOUNT_DIGITS,
                          .number = (v.until - v.number) / HOUR_SCALE,
                          .text = slice_text("hours")};
    amount_shorten(out);
    return true;
}

static bool field_amount(struct evaluation *e, uint32_t element, int32_t field, struct value *out) {
    uint32_t entry;
    const struct field_value *fv = field < 0 ? NULL : state_field(e->state, element, field, false, &entry);
    if (!fv)
        return false;
    evidence_field(e, entry, fv);
    *out = fv->value;
    return true;
}

bool target_amount(struct evaluation *e, struct target t, struct value *out) {
    const struct element *el = target_element(e, t);
    if (t.kind == TARGET_MARK) {
        const struct value *v = state_mark_attr(e->state, &e->state->marks[t.index], ATTR_VALUE);
        if (v)
            *out = *v;
        return v || hours_of(e, t, out);
    }
    if (!el)
        return false;
    if (el->flags & ELEMENT_IS_ITEM)
        return el->def < e->defs->item_count && field_amount(e, t.index, e->defs->items[el->def].amount, out);
    if (el->def >= e->defs->form_count)
        return false;
    const struct form_def *form = &e->defs->forms[el->def];
    return form->amount >= 0 ? field_amount(e, t.index, form->amount, out)
                             : form->family == FAMILY_CAPACITY && hours_of(e, t, out);
}

// ---- edges ---------------------------------------------------------------------------------------------------------------

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

static bool span_push(struct evaluation *e, struct edges *edges, uint8_t side, stepdown_time from, stepdown_time until,
                      int64_t amount) {
    return edge_push(e, edges, (struct edge){from, side, 1, amount}) &&
           edge_push(e, edges, (struct edge){until, side, -1, -amount});
}

// ---- amounts -------------------------------------------------------------------------------------------------------------

// Of one thing on one side: so much altogether, or per day.
struct amount {
    int64_t number; // at AMOUNT_DIGITS
    bool per_day;
};

// At a fixed number of digits, so that amounts can be added. False: another unit, or too large.
static bool amount_scaled(struct edges *edges, const struct value *v, struct amount *out) {
    static const char per_day[] = " per day";
    size_t tail = sizeof per_day - 1;
    stepdown_slice unit = v->text;
    if (v->type != VALUE_QUANTITY || v->scale > AMOUNT_DIGITS)
        return false;
    out->per_day =
        (edges->flags & SPAN_DAILY) && unit.size > tail && memcmp(unit.data + unit.size - tail, per_day, tail) == 0;
    if (out->per_day)
        unit.size -= tail;
    if (edges->unit.size == 0)
        edges->unit = unit;
    if (!slice_equal(edges->unit, unit))
        return false;
    out->number = v->number;
    for (unsigned i = v->scale; i < AMOUNT_DIGITS; i++) {
        if (__builtin_mul_overflow(out->number, 10, &out->number))
            return false;
    }
    return out->number <= INT64_MAX / 4096 && out->number >= 0;
}

// A need without an amount asks for time only; a cover whose amount is not known counts for nothing, uncertainly.
static struct amount amount_of(struct evaluation *e, struct edges *edges, struct target t, bool need) {
    struct amount amount = {0, true};
    struct value v;
    if (!(edges->flags & SPAN_AMOUNTS))
        return amount;
    bool known = target_amount(e, t, &v);
    bool erased = known && v.type == VALUE_ERASED;
    e->met_erased |= erased;
    if (known && !erased && amount_scaled(edges, &v, &amount))
        return amount;
    if (known || !need)
        edges->uncertain = true;
    return (struct amount){0, true};
}

// What is so much per day holds for every local day that it touches.
static bool days_push(struct evaluation *e, struct edges *edges, uint8_t side, stepdown_time from, stepdown_time until,
                      int64_t amount) {
    stepdown_time last = until == INT64_MAX ? until : day_start(e, until, 0);
    if (until != INT64_MAX && last < until)
        last = day_start(e, until, 1);
    return span_push(e, edges, side, day_start(e, from, 0), last, amount);
}

// What is so much altogether is shared out over its local days by the time it takes of each.
static bool share_push(struct evaluation *e, struct edges *edges, uint8_t side, stepdown_time from, stepdown_time until,
                       int64_t amount) {
    int64_t left = amount, part, seconds = (until - from) / TIME_SECOND;
    int days = 0;
    for (stepdown_time day = day_start(e, from, 0), next; day < until; day = next) {
        next = day_start(e, day, 1);
        stepdown_time begin = from > day ? from : day, finish = until < next ? until : next;
        bool last = finish == until || seconds == 0;
        if (++days > DAYS_MAX || __builtin_mul_overflow(amount, (finish - begin) / TIME_SECOND, &part)) {
            edges->uncertain = true;
            return true;
        }
        part = last ? left : part / seconds;
        left -= part;
        if (!span_push(e, edges, side, day, next, part))
            return false;
    }
    return true;
}

// A cover without an end goes on; a need without an end lasts until now.
static bool interval_push(struct evaluation *e, struct edges *edges, uint8_t side, stepdown_time from,
                          stepdown_time until, struct amount amount) {
    if (until == STEPDOWN_TIME_NONE)
        until = side == SPAN_COVER ? INT64_MAX : e->now;
    if (from >= until)
        return true;
    if (!(edges->flags & SPAN_DAILY))
        return span_push(e, edges, side, from, until, amount.number);
    if (amount.per_day)
        return days_push(e, edges, side, from, until, amount.number);
    if (until == INT64_MAX) { // so much altogether, nobody knows until when
        edges->uncertain = true;
        return true;
    }
    return share_push(e, edges, side, from, until, amount.number);
}

// ---- collecting ------------------------------------------------------------------------------------------------------------

static bool value_push(struct evaluation *e, struct edges *edges, uint8_t side, const struct value *v,
                       struct amount amount) {
    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->count; i++) {
            if (!value_push(e, edges, side, &v->items[i], amount))
                return false;
        }
        return true;
    }
    if (v->type == VALUE_INTERVAL)
        return interval_push(e, edges, side, v->number, v->until, amount);
    edges->uncertain |= v->type == VALUE_ERASED;
    e->met_erased |= v->type == VALUE_ERASED;
    return true;
}

// Everything that stands in the entry as an interval, or in the field asked for.
static bool entry_push(struct evaluation *e, struct edges *edges, uint8_t side, uint32_t entry, int32_t field,
                       struct amount amount) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[entry].first_field; i != NO_INDEX; i = s->fields[i].next) {
        const struct field_value *fv = &s->fields[i];
        bool interval = fv->field < e->defs->field_count && e->defs->fields[fv->field].type == VALUE_INTERVAL;
        if (field >= 0 ? fv->field != (uint32_t)field : !interval)
            continue;
        evidence_field(e, entry, fv);
        if (!value_push(e, edges, side, &fv->value, amount))
            return false;
    }
    return true;
}

// Of what somebody holds only the time counts during which somebody did, as the marks of its holders say.
static bool held_push(struct evaluation *e, struct edges *edges, uint8_t side, const struct element *el,
                      struct amount amount) {
    const struct state *s = e->state;
    stepdown_time from = STEPDOWN_TIME_NONE;
    for (uint32_t i = el->first_mark; i != NO_INDEX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        if (m->code == EVENT_RESPONSIBILITY_ASSUMED && from == STEPDOWN_TIME_NONE) {
            from = m->occurred_at;
        } else if (m->code == EVENT_RESPONSIBILITY_RELEASED && from != STEPDOWN_TIME_NONE) {
            if (!interval_push(e, edges, side, from, m->occurred_at, amount))
                return false;
            from = STEPDOWN_TIME_NONE;
        }
    }
    return from == STEPDOWN_TIME_NONE || interval_push(e, edges, side, from, el->end, amount);
}

static bool is_held(const struct element *el) {
    const struct kind_row *row = lifecycle_kind(el->kind);
    return row && (row->flags & LIFECYCLE_HELD);
}

static bool target_push(struct evaluation *e, struct edges *edges, uint8_t side, struct target t, int32_t field) {
    const struct element *el = target_element(e, t);
    struct amount amount = amount_of(e, edges, t, side != SPAN_COVER);
    struct value v;
    if (el && !(el->flags & ELEMENT_IS_ITEM))
        return entry_push(e, edges, side, t.index, field, amount);
    if (el && field >= 0) {
        uint32_t entry;
        const struct field_value *fv = state_field(e->state, t.index, field, false, &entry);
        return !fv || entry_push(e, edges, side, entry, field, amount);
    }
    evidence_target(e, t);
    if (el && side == SPAN_COVER && is_held(el))
        return held_push(e, edges, side, el, amount);
    return !target_interval(e, t, &v) || value_push(e, edges, side, &v, amount);
}

static bool selection_push(struct evaluation *e, struct edges *edges, uint8_t side, const struct term *span) {
    struct selection s;
    struct found found;
    selection_begin(&s, e, span->selector);
    while (selection_next(&s, &found)) {
        edges->uncertain |= found.uncertain;
        if (found.uncertain && side == SPAN_COVER)
            continue;
        if (side != SPAN_COVER)
            edges->need = target_place(e, found.target);
        if (!target_push(e, edges, side, found.target, span->field))
            return false;
    }
    return true;
}

static bool term_push(struct evaluation *e, struct edges *edges, uint8_t side, const struct term *span) {
    struct value v;
    bool erased;
    if (!rule_term(e, span->a, &v, &erased)) // a cover that nobody has written down covers nothing
        return side == SPAN_COVER && !erased;
    return (v.type == VALUE_INTERVAL || v.type == VALUE_LIST) &&
           value_push(e, edges, side, &v, (struct amount){0, true});
}

static bool chain_push(struct evaluation *e, struct edges *edges, int32_t span, bool need) {
    uint8_t side = need ? SPAN_COVER + 1 : SPAN_COVER;
    while (span >= 0) {
        const struct term *t = &e->defs->terms[span];
        if (!(t->selector >= 0 ? selection_push(e, edges, side, t) : term_push(e, edges, side, t)))
            return false;
        side = (uint8_t)(side + need);
        span = t->b;
    }
    return true;
}

bool edges_collect(struct evaluation *e, struct edges *edges, int32_t needs, int32_t covers) {
    return chain_push(e, edges, needs, true) && chain_push(e, edges, covers, false);
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

struct sweep {
    int32_t count[SPAN_SIDES];
    int64_t amount[SPAN_SIDES];
};

// How much lacks: 0 none, -1 a need that asks for time only.
static int64_t lacking(const struct sweep *now) {
    bool need = false;
    int64_t most = 0;
    for (int side = SPAN_COVER + 1; side < SPAN_SIDES; side++) {
        need |= now->count[side] > 0;
        if (now->count[side] > 0 && now->amount[side] > most)
            most = now->amount[side];
    }
    if (!need)
        return 0;
    if (now->count[SPAN_COVER] == 0)
        return most > 0 ? most : -1;
    return most > now->amount[SPAN_COVER] ? most - now->amount[SPAN_COVER] : 0;
}

static bool needed(const struct sweep *now) {
    for (int side = SPAN_COVER + 1; side < SPAN_SIDES; side++) {
        if (now->count[side] > 0)
            return true;
    }
    return false;
}

// So much per day for the days of a stretch; days are of 23, 24 or 25 hours.
static void gap_add(struct gaps *out, const struct edges *edges, int64_t lack, int64_t length) {
    int64_t days = (length + TIME_DAY / 2) / TIME_DAY, amount;
    out->total += length;
    if (!(edges->flags & SPAN_DAILY) || lack <= 0 || out->amount < 0)
        return;
    if (__builtin_mul_overflow(lack, days, &amount) || __builtin_add_overflow(out->amount, amount, &out->amount))
        out->amount = -1;
}

void edges_gaps(struct edges *edges, struct gaps *out) {
    struct sweep now = {{0}, {0}};
    bool in_gap = false, covered_before = false, any = false;
    struct value *list = out->list;
    *out = (struct gaps){.list = list};
    edges_sort(edges);
    for (size_t i = 0; i < edges->count;) {
        stepdown_time at = edges->list[i].at;
        for (; i < edges->count && edges->list[i].at == at; i++) {
            now.count[edges->list[i].side] += edges->list[i].count;
            now.amount[edges->list[i].side] += edges->list[i].amount;
        }
        any |= needed(&now);
        covered_before |= now.count[SPAN_COVER] > 0;
        int64_t lack = lacking(&now);
        if (list && in_gap && lack == 0)
            list[out->count - 1].until = at;
        if (lack != 0 && !in_gap) {
            if (list)
                list[out->count] = (struct value){.type = VALUE_INTERVAL, .number = at, .until = at};
            out->count++;
            out->after_cover += covered_before;
            out->short_amount += now.count[SPAN_COVER] > 0;
        }
        if (lack != 0 && i < edges->count)
            gap_add(out, edges, lack, edges->list[i].at - at);
        in_gap = lack != 0;
    }
    out->empty = !any;
}

bool rule_unheld(struct evaluation *e, int32_t item_def, stepdown_time from, stepdown_time until, struct value **out,
                 size_t *count) {
    const struct amount all = {0, true};
    struct edges edges = {.need = NO_ELEMENT};
    bool pushed = interval_push(e, &edges, SPAN_COVER + 1, from, until, all);
    uint32_t i = e->state->newest_item[item_def];
    for (; pushed && i != NO_ELEMENT; i = e->state->elements[i].previous_same)
        pushed = held_push(e, &edges, SPAN_COVER, &e->state->elements[i], all);
    struct gaps gaps = {.list = pushed ? scratch_alloc(e, (edges.count + 1) * sizeof *gaps.list) : NULL};
    *count = 0;
    if (!gaps.list)
        return false;
    edges_gaps(&edges, &gaps);
    *out = gaps.list;
    *count = gaps.count;
    return true;
}
