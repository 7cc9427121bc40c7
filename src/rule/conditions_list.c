// SPDX-License-Identifier: Apache-2.0
// Conditions on the members of a list: ascending. May call: pathway, protocol.
#include "rule/parts.h"

// What a list grows by at most. A part that cannot be compared breaks the rule rather than keeping it.
static bool within_factor(const struct value *before, const struct value *next, const struct value *factor) {
    int64_t low = before->number, high = next->number;
    if (before->type == VALUE_DURATION) {
        low = duration_bound(&before->duration) / TIME_MINUTE;
        high = duration_bound(&next->duration) / TIME_MINUTE;
    } else if (before->scale != next->scale) {
        return false;
    }
    for (unsigned i = 0; i < factor->scale; i++) {
        if (__builtin_mul_overflow(high, 10, &high))
            return false;
    }
    return !__builtin_mul_overflow(low, factor->number, &low) && high <= low;
}

// The list, and what is known beside it. Terms that are not given stand as VALUE_NONE.
struct growth {
    struct value list, before, factor, as_many;
};

static bool term_known(struct evaluation *e, int32_t term, struct value *out, bool *erased) {
    *out = (struct value){.type = VALUE_NONE};
    return term < 0 || rule_term(e, term, out, erased);
}

static bool grows(const struct evaluation *e, const struct growth *g) {
    const struct value *before = g->before.type == VALUE_NONE ? NULL : &g->before;
    for (uint32_t i = 0; i < g->list.count; i++) {
        const struct value *next = &g->list.items[i];
        if (before && compare_values(e, OP_MORE, next, before) != TRUTH_TRUE)
            return false;
        if (before && g->factor.type != VALUE_NONE && !within_factor(before, next, &g->factor))
            return false;
        before = next;
    }
    return true;
}

enum truth holds_ascending(struct evaluation *e, const struct node *n) {
    struct growth g;
    bool erased = false;
    if (!term_known(e, n->a, &g.list, &erased) || !term_known(e, n->b, &g.before, &erased) ||
        !term_known(e, n->c, &g.factor, &erased) || !term_known(e, n->d, &g.as_many, &erased))
        return erased ? holds_unknown(e, n, true, e->this_element) : holds_false(e, n, REASON_MISSING, e->this_element);
    if (g.list.type != VALUE_LIST || (n->d >= 0 && g.as_many.type != VALUE_LIST))
        return holds_unknown(e, n, false, e->this_element);
    if ((int64_t)g.list.count < n->n || (n->d >= 0 && g.list.count != g.as_many.count))
        return holds_false(e, n, REASON_INCOMPLETE, e->this_element);
    return grows(e, &g) ? TRUTH_TRUE : holds_false(e, n, REASON_NOT_MET, e->this_element);
}
