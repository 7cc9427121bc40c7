// SPDX-License-Identifier: Apache-2.0
// Comparing values as people mean it: words with words whatever their type, a moment with a date by the local day, a
// number without unit when it is nought. What cannot be compared is unknown. May call: pathway, record, base.
#include "rule/parts.h"

enum { UNORDERED = 2 };

bool value_words(const struct value *v, stepdown_slice *out) {
    switch (v->type) {
    case VALUE_TEXT:
    case VALUE_CHOICE:
    case VALUE_PERSON:
    case VALUE_ROLE:
    case VALUE_STATEMENT: *out = v->text; return true;
    case VALUE_DECISION: return v->count > 0 && value_words(&v->items[0], out);
    default: return false;
    }
}

static stepdown_time date_moment(const struct evaluation *e, int64_t days) {
    struct civil c = {0};
    civil_from_days(days, &c.year, &c.month, &c.day);
    return zone_utc(e->state->zone, &c, NULL);
}

bool value_moment(const struct evaluation *e, const struct value *v, stepdown_time *out) {
    if (v->type == VALUE_DATE)
        *out = date_moment(e, v->number);
    else if (v->type == VALUE_TIME || v->type == VALUE_INTERVAL)
        *out = v->number;
    else
        return false;
    return *out != STEPDOWN_TIME_NONE;
}

bool value_moment_end(const struct evaluation *e, const struct value *v, stepdown_time *out) {
    if (v->type == VALUE_DATE)
        *out = date_moment(e, v->number + 1);
    else if (v->type == VALUE_INTERVAL)
        *out = v->until;
    else
        return value_moment(e, v, out);
    return *out != STEPDOWN_TIME_NONE;
}

static int64_t local_day(const struct evaluation *e, stepdown_time t) {
    struct civil c;
    zone_local(e->state->zone, t, &c);
    return civil_to_days(c.year, c.month, c.day);
}

static int sign_of(int64_t a, int64_t b) { return (a > b) - (a < b); }

// Nothing of any unit is the same nothing.
static struct value with_unit_of(const struct value *v, const struct value *other) {
    struct value out = *v;
    if (v->number == 0 && v->text.size == 0)
        out.text = other->text;
    return out;
}

// -1, 0, 1, or UNORDERED.
static int value_order(const struct evaluation *e, const struct value *a, const struct value *b) {
    int order;
    if (a->type == VALUE_TIME && b->type == VALUE_DATE)
        return sign_of(local_day(e, a->number), b->number);
    if (a->type == VALUE_DATE && b->type == VALUE_TIME)
        return sign_of(a->number, local_day(e, b->number));
    if (a->type == VALUE_QUANTITY && b->type == VALUE_QUANTITY) {
        struct value x = with_unit_of(a, b), y = with_unit_of(b, a);
        return value_compare(&x, &y, &order) ? order : UNORDERED;
    }
    return value_compare(a, b, &order) ? order : UNORDERED;
}

static enum truth truth_of(bool b) { return b ? TRUTH_TRUE : TRUTH_FALSE; }

static enum truth values_equal(const struct evaluation *e, const struct value *a, const struct value *b) {
    stepdown_slice x, y;
    if (value_words(a, &x) && value_words(b, &y))
        return truth_of(slice_equal(x, y));
    if (a->type == VALUE_REFERENCE && b->type == VALUE_REFERENCE)
        return truth_of(ref_equal(a->ref, b->ref));
    int order = value_order(e, a, b);
    if (order != UNORDERED)
        return truth_of(order == 0);
    return a->type == b->type && a->type != VALUE_QUANTITY ? truth_of(value_equal(a, b)) : TRUTH_UNKNOWN;
}

bool compare_equal(const struct evaluation *e, const struct value *a, const struct value *b) {
    return values_equal(e, a, b) == TRUTH_TRUE;
}

static enum truth list_has(const struct evaluation *e, const struct value *list, const struct value *one) {
    enum truth truth = TRUTH_FALSE;
    for (uint32_t i = 0; i < list->count; i++)
        truth = truth_or(truth, values_equal(e, &list->items[i], one));
    return truth;
}

// ---- one function for each operator ------------------------------------------------------------------------------------

typedef enum truth op_fn(const struct evaluation *e, const struct value *a, const struct value *b);

// A field with several values is a word when it is one of them.
static enum truth op_is(const struct evaluation *e, const struct value *a, const struct value *b) {
    if (a->type == VALUE_LIST && b->type != VALUE_LIST)
        return list_has(e, a, b);
    return values_equal(e, a, b);
}

static enum truth op_is_not(const struct evaluation *e, const struct value *a, const struct value *b) {
    return truth_not(op_is(e, a, b));
}

static enum truth op_one_of(const struct evaluation *e, const struct value *a, const struct value *b) {
    if (b->type != VALUE_LIST)
        return op_is(e, a, b);
    enum truth truth = TRUTH_FALSE;
    for (uint32_t i = 0; i < b->count; i++)
        truth = truth_or(truth, op_is(e, a, &b->items[i]));
    return truth;
}

static enum truth op_includes(const struct evaluation *e, const struct value *a, const struct value *b) {
    if (a->type != VALUE_LIST || b->type != VALUE_LIST)
        return op_is(e, a, b);
    enum truth truth = TRUTH_TRUE;
    for (uint32_t i = 0; i < b->count; i++)
        truth = truth_and(truth, list_has(e, a, &b->items[i]));
    return truth;
}

// Bit 0: less, bit 1: equal, bit 2: more.
static enum truth ordered(const struct evaluation *e, const struct value *a, const struct value *b, unsigned wanted) {
    int order = value_order(e, a, b);
    return order == UNORDERED ? TRUTH_UNKNOWN : truth_of((wanted >> (order + 1)) & 1u);
}

static enum truth op_less(const struct evaluation *e, const struct value *a, const struct value *b) {
    return ordered(e, a, b, 1);
}
static enum truth op_at_most(const struct evaluation *e, const struct value *a, const struct value *b) {
    return ordered(e, a, b, 3);
}
static enum truth op_more(const struct evaluation *e, const struct value *a, const struct value *b) {
    return ordered(e, a, b, 4);
}
static enum truth op_at_least(const struct evaluation *e, const struct value *a, const struct value *b) {
    return ordered(e, a, b, 6);
}

static op_fn *const operators[] = {
    [OP_IS] = op_is,           [OP_IS_NOT] = op_is_not,    [OP_ONE_OF] = op_one_of,     [OP_AT_LEAST] = op_at_least,
    [OP_AT_MOST] = op_at_most, [OP_MORE] = op_more,        [OP_LESS] = op_less,         [OP_BEFORE] = op_less,
    [OP_AFTER] = op_more,      [OP_NO_LATER] = op_at_most, [OP_INCLUDES] = op_includes,
};

enum truth compare_values(const struct evaluation *e, uint8_t op, const struct value *a, const struct value *b) {
    return operators[op](e, a, b);
}
