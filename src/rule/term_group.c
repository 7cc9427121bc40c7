// SPDX-License-Identifier: Apache-2.0
// What several values are like together: how far they are apart, and a value apart for each
// kind of member. Groups are of coded values and never of people. May call: pathway, protocol, record.
#include "rule/parts.h"

// ---- lists that grow ---------------------------------------------------------------------------------------------------

struct values {
    struct value *list;
    uint32_t count, cap;
};

static bool values_add(struct evaluation *e, struct values *v, const struct value *one) {
    if (v->count == v->cap) {
        uint32_t cap = v->cap ? v->cap * 2 : 16;
        struct value *more = scratch_alloc(e, cap * sizeof *more);
        if (!more)
            return false;
        for (uint32_t i = 0; i < v->count; i++)
            more[i] = v->list[i];
        v->list = more;
        v->cap = cap;
    }
    v->list[v->count++] = *one;
    return true;
}

// ---- spread: members without a value (it has not happened) do not take part -----------------------------

static void values_sift(struct value *list, size_t root, size_t count) {
    for (size_t child = 2 * root + 1; child < count; root = child, child = 2 * root + 1) {
        int order = 0;
        if (child + 1 < count && value_compare(&list[child], &list[child + 1], &order) && order < 0)
            child++;
        if (!value_compare(&list[root], &list[child], &order) || order >= 0)
            return;
        struct value keep = list[root];
        list[root] = list[child];
        list[child] = keep;
    }
}

// Smallest first. All can be compared with the first one, hence with each other.
static void values_sort(struct values *v) {
    for (size_t i = v->count / 2; i > 0; i--)
        values_sift(v->list, i - 1, v->count);
    for (size_t end = v->count; end > 1; end--) {
        struct value keep = v->list[0];
        v->list[0] = v->list[end - 1];
        v->list[end - 1] = keep;
        values_sift(v->list, 0, end - 1);
    }
}

// Every value there is, sorted. False: none, or they cannot be compared, or one was erased.
static bool sorted_values(struct evaluation *e, const struct term *t, struct values *all, bool *erased) {
    struct members m;
    struct value v;
    int order;
    members_begin(&m, e, t);
    while (members_value(&m, &v)) {
        if ((all->count > 0 && !value_compare(&all->list[0], &v, &order)) || !values_add(e, all, &v))
            return false;
    }
    *erased = m.erased;
    if (m.erased || all->count == 0)
        return false;
    values_sort(all);
    return true;
}

bool value_spread(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct values all = {0};
    if (!sorted_values(e, t, &all, erased))
        return false;
    struct value low = all.list[0], high = all.list[all.count - 1];
    if (high.type == VALUE_DURATION || high.type == VALUE_TIME) {
        int64_t from = high.type == VALUE_TIME ? low.number : duration_bound(&low.duration);
        int64_t to = high.type == VALUE_TIME ? high.number : duration_bound(&high.duration);
        *out = (struct value){.type = VALUE_DURATION, .duration = {.exact = to - from}};
        return true;
    }
    uint8_t scale = low.scale > high.scale ? low.scale : high.scale;
    if (!value_scale_up(&low.number, (unsigned)(scale - low.scale)) ||
        !value_scale_up(&high.number, (unsigned)(scale - high.scale)))
        return false;
    *out = high;
    out->scale = scale;
    return !__builtin_sub_overflow(high.number, low.number, &out->number);
}

// ---- keys of two parts -----------------------------------------------------------------------------------------------------

bool value_tuple(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct value *parts = scratch_alloc(e, 2 * sizeof *parts);
    if (!parts || !rule_term(e, t->a, &parts[0], erased) || *erased || !rule_term(e, t->b, &parts[1], erased))
        return false;
    *out = (struct value){.type = VALUE_LIST, .count = 2, .items = parts};
    return true;
}

// ---- groups ------------------------------------------------------------------------------------------------------------------

// Members and the groups they are in. A member whose key is missing has a group of its own: not stated is not nothing.
struct groups {
    struct values keys;
    struct group_pair *pairs;
    size_t count, cap;
    bool failed;
};

static uint32_t key_place(struct evaluation *e, struct groups *g, const struct value *key) {
    for (uint32_t i = 0; i < g->keys.count; i++) {
        if (g->keys.list[i].type == key->type && compare_equal(e, &g->keys.list[i], key))
            return i;
    }
    g->failed |= !values_add(e, &g->keys, key);
    return g->keys.count - 1;
}

static void pair_add(struct evaluation *e, struct groups *g, uint32_t member, const struct value *key) {
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 32;
        struct group_pair *more = scratch_alloc(e, cap * sizeof *more);
        if (!more) {
            g->failed = true;
            return;
        }
        for (size_t i = 0; i < g->count; i++)
            more[i] = g->pairs[i];
        g->pairs = more;
        g->cap = cap;
    }
    uint32_t group = key_place(e, g, key);
    if (!g->failed)
        g->pairs[g->count++] = (struct group_pair){member, group};
}

// A field that holds several words puts its member into the group of each.
static void pairs_of(struct evaluation *e, struct groups *g, uint32_t member, const struct value *key, bool tuple) {
    bool several = key->type == VALUE_LIST && !tuple;
    for (uint32_t i = 0; several && i < key->count; i++)
        pair_add(e, g, member, &key->items[i]);
    if (!several)
        pair_add(e, g, member, key);
}

// False: whether some member belongs cannot be known.
static bool groups_find(struct evaluation *e, const struct term *t, struct groups *g) {
    const struct value unstated = {.type = VALUE_TEXT, .text = slice_text("not stated")};
    struct members m;
    struct target target;
    struct value key;
    struct verdict *verdict = e->verdict;
    bool tuple = e->defs->terms[t->b].kind == TERM_TUPLE;
    e->verdict = NULL; // the members are evidence where they are counted
    members_begin(&m, e, &e->defs->terms[t->a]);
    while (!g->failed && members_next(&m, &target)) {
        struct binding old = target_bind(e, target);
        bool known = rule_term(e, t->b, &key, NULL);
        target_unbind(e, old);
        pairs_of(e, g, (uint32_t)m.place - 1, known ? &key : &unstated, tuple);
    }
    e->verdict = verdict;
    return !m.unknown && !g->failed;
}

static int key_order(const struct value *a, const struct value *b) {
    stepdown_slice x, y;
    int order = 0;
    for (uint32_t i = 0; order == 0 && a->type == VALUE_LIST && b->type == VALUE_LIST && i < a->count && i < b->count;
         i++)
        order = key_order(&a->items[i], &b->items[i]);
    if (order != 0 || a->type == VALUE_LIST)
        return order;
    if (value_words(a, &x) && value_words(b, &y))
        return slice_compare(x, y);
    return a->number < b->number ? -1 : a->number > b->number;
}

// The larger value first, then the key; what cannot be computed last.
static bool pair_before(const struct value *a, const struct value *b) {
    int order = 0;
    bool x = a->items[1].type != VALUE_TEXT, y = b->items[1].type != VALUE_TEXT;
    if (x != y)
        return x;
    if (x && value_compare(&a->items[1], &b->items[1], &order) && order != 0)
        return order > 0;
    return key_order(&a->items[0], &b->items[0]) < 0;
}

bool value_grouped(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    const struct value unknown = {.type = VALUE_TEXT, .text = slice_text("not known")};
    const struct frame *frame = e->frame; // the window is that of every group
    struct groups g = {0};
    if (!groups_find(e, t, &g))
        return false;
    struct value *pairs = scratch_alloc(e, (g.keys.count + 1) * sizeof *pairs);
    for (uint32_t i = 0; pairs && i < g.keys.count; i++) {
        const struct grouping one = {g.pairs, g.count, i};
        struct value *parts = scratch_alloc(e, 2 * sizeof *parts);
        if (!parts)
            return false;
        parts[0] = g.keys.list[i];
        e->group = &one;
        e->frame = frame;
        if (!rule_term(e, t->a, &parts[1], erased))
            parts[1] = unknown; // of this group it cannot be computed: that is not nought
        e->group = NULL;
        e->frame = NULL;
        struct value pair = {.type = VALUE_DECISION, .count = 2, .items = parts}; // printed "key: value"
        uint32_t at = i;
        for (; at > 0 && pair_before(&pair, &pairs[at - 1]); at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = pair;
    }
    *erased = false;
    *out = (struct value){.type = VALUE_LIST, .count = g.keys.count, .items = pairs};
    return pairs != NULL;
}
