// SPDX-License-Identifier: Apache-2.0
// Equality, order, deep copies and validity of field values: one row for each type. May call: base.
#include "record/value.h"

#include <string.h>

enum { SCALE_MAX = 18 };

bool ref_equal(struct ref a, struct ref b) { return a.seq == b.seq && a.ord == b.ord; }

// --- equality

static bool none_equal(const struct value *a, const struct value *b) {
    (void)a;
    (void)b;
    return true;
}

static bool text_equal(const struct value *a, const struct value *b) { return slice_equal(a->text, b->text); }

static bool number_equal(const struct value *a, const struct value *b) { return a->number == b->number; }

static bool list_equal(const struct value *a, const struct value *b) {
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!value_equal(&a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

static bool duration_equal(const struct value *a, const struct value *b) {
    const struct duration *x = &a->duration, *y = &b->duration;
    return x->months == y->months && x->days == y->days && x->business == y->business && x->exact == y->exact;
}

static bool quantity_equal(const struct value *a, const struct value *b) {
    int order;
    return value_compare(a, b, &order) && order == 0;
}

static bool reference_equal(const struct value *a, const struct value *b) {
    return ref_equal(a->ref, b->ref) && a->field == b->field && a->version == b->version;
}

static bool statement_equal(const struct value *a, const struct value *b) {
    return slice_equal(a->text, b->text) && a->interpretation == b->interpretation;
}

static bool interval_equal(const struct value *a, const struct value *b) {
    return a->number == b->number && a->until == b->until;
}

// --- order

static int order_of(int64_t a, int64_t b) { return (a > b) - (a < b); }

static bool text_order(const struct value *a, const struct value *b, int *order) {
    int c = slice_compare(a->text, b->text);
    *order = (c > 0) - (c < 0);
    return true;
}

static bool number_order(const struct value *a, const struct value *b, int *order) {
    *order = order_of(a->number, b->number);
    return true;
}

static bool duration_order(const struct value *a, const struct value *b, int *order) {
    *order = order_of(duration_bound(&a->duration), duration_bound(&b->duration));
    return true;
}

static int64_t power_of_ten(unsigned exponent) {
    int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

// Whole parts first, then the rests at the finest scale: nothing overflows.
static bool quantity_order(const struct value *a, const struct value *b, int *order) {
    if (!slice_equal(a->text, b->text) || a->scale > SCALE_MAX || b->scale > SCALE_MAX)
        return false;
    int64_t unit_a = power_of_ten(a->scale), unit_b = power_of_ten(b->scale);
    *order = order_of(a->number / unit_a, b->number / unit_b);
    if (*order == 0)
        *order = order_of(a->number % unit_a * power_of_ten(SCALE_MAX - a->scale),
                          b->number % unit_b * power_of_ten(SCALE_MAX - b->scale));
    return true;
}

// --- validity

static bool text_valid(const struct value *v, int depth) {
    size_t where;
    (void)depth;
    return utf8_valid(v->text, &where);
}

static bool any_valid(const struct value *v, int depth) {
    (void)v;
    (void)depth;
    return true;
}

static bool none_valid(const struct value *v, int depth) {
    (void)v;
    (void)depth;
    return false;
}

static bool boolean_valid(const struct value *v, int depth) {
    (void)depth;
    return v->number == 0 || v->number == 1;
}

static bool quantity_valid(const struct value *v, int depth) { return v->scale <= SCALE_MAX && text_valid(v, depth); }

static bool valid_at(const struct value *v, int depth);

static bool list_valid(const struct value *v, int depth) {
    if (depth >= VALUE_DEPTH_MAX)
        return false;
    for (uint32_t i = 0; i < v->count; i++) {
        if (!valid_at(&v->items[i], depth + 1))
            return false;
    }
    return true;
}

// --- the table

struct value_traits {
    bool (*equal)(const struct value *a, const struct value *b);
    bool (*order)(const struct value *a, const struct value *b, int *order); // NULL: not ordered
    bool (*valid)(const struct value *v, int depth);
};

static const struct value_traits traits[] = {
    [VALUE_NONE] = {none_equal, NULL, any_valid},
    [VALUE_TEXT] = {text_equal, text_order, text_valid},
    [VALUE_CHOICE] = {text_equal, text_order, text_valid},
    [VALUE_LIST] = {list_equal, NULL, list_valid},
    [VALUE_TIME] = {number_equal, number_order, any_valid},
    [VALUE_DURATION] = {duration_equal, duration_order, any_valid},
    [VALUE_QUANTITY] = {quantity_equal, quantity_order, quantity_valid},
    [VALUE_BOOLEAN] = {number_equal, NULL, boolean_valid},
    [VALUE_REFERENCE] = {reference_equal, NULL, any_valid},
    [VALUE_DECISION] = {list_equal, NULL, list_valid},
    [VALUE_STATEMENT] = {statement_equal, NULL, text_valid},
    [VALUE_PERSON] = {text_equal, NULL, text_valid},
    [VALUE_ROLE] = {text_equal, NULL, text_valid},
    [VALUE_DATE] = {number_equal, number_order, any_valid},
    [VALUE_INTERVAL] = {interval_equal, NULL, any_valid},
    [VALUE_BYTES] = {text_equal, NULL, any_valid},
    [VALUE_ERASED] = {none_equal, NULL, none_valid},
};

enum { TYPE_COUNT = sizeof traits / sizeof traits[0] };

bool value_equal(const struct value *a, const struct value *b) {
    return a->type == b->type && a->type < TYPE_COUNT && traits[a->type].equal(a, b);
}

bool value_compare(const struct value *a, const struct value *b, int *order) {
    if (a->type != b->type || a->type >= TYPE_COUNT || !traits[a->type].order)
        return false;
    return traits[a->type].order(a, b, order);
}

static bool valid_at(const struct value *v, int depth) {
    return v->type < TYPE_COUNT && traits[v->type].valid(v, depth);
}

bool value_valid(const struct value *value) { return valid_at(value, 0); }

bool value_copy(struct arena *arena, const struct value *in, struct value *out) {
    struct value copy = *in;
    if (in->text.size > 0 && !arena_slice(arena, in->text, &copy.text))
        return false;
    if (in->count > 0) {
        struct value *items = arena_alloc(arena, in->count * sizeof *items);
        if (!items)
            return false;
        for (uint32_t i = 0; i < in->count; i++) {
            if (!value_copy(arena, &in->items[i], &items[i]))
                return false;
        }
        copy.items = items;
    }
    *out = copy;
    return true;
}
