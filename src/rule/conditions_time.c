// SPDX-License-Identifier: Apache-2.0
// Conditions on when: happened (before, no later than, within). May call: pathway, protocol, base.
#include "rule/parts.h"

// What limits the moment: nothing, another moment, or a time after another moment.
struct limit {
    bool none, open; // open: the other moment has not come
    uint8_t op;
    stepdown_time from, at; // `within`: not before, and not after
};

// UNKNOWN: the limit cannot be known (reason noted).
static enum truth limit_find(struct evaluation *e, const struct node *n, struct limit *out) {
    bool erased;
    struct duration d;
    *out = (struct limit){.none = n->b < 0, .op = n->op, .from = STEPDOWN_TIME_NONE, .at = STEPDOWN_TIME_NONE};
    if (out->none)
        return TRUTH_TRUE;
    struct verdict *verdict = e->verdict;
    e->verdict = NULL;
    bool known = term_moment(e, n->b, &out->at, &erased);
    e->verdict = verdict;
    if (!known && erased)
        return holds_unknown(e, n, true, e->this_element);
    out->open = !known;
    if (!(n->flags & NODE_WITHIN))
        return TRUTH_TRUE;
    if (!known || !term_duration(e, n->c, &d, &erased)) {
        unmet_add(e, &(struct unmet){.reason = reason_unknown(known && erased, REASON_MISSING),
                                     .node = node_index(e, n),
                                     .element = e->this_element,
                                     .field = -1,
                                     .roles = n->roles,
                                     .role = -1});
        return TRUTH_UNKNOWN;
    }
    out->from = out->at;
    out->at = shift_moment(e, out->at, &d, 1);
    out->op = OP_NO_LATER;
    return TRUTH_TRUE;
}

// Before what has not happened yet is true of everything that has; after it, of nothing.
static bool limit_holds(const struct limit *l, stepdown_time at) {
    if (l->none)
        return true;
    if (l->open)
        return l->op != OP_AFTER && l->op != OP_AT_LEAST && l->op != OP_MORE;
    if (l->from != STEPDOWN_TIME_NONE && at < l->from)
        return false;
    switch (l->op) {
    case OP_BEFORE:
    case OP_LESS: return at < l->at;
    case OP_AFTER:
    case OP_MORE: return at > l->at;
    case OP_AT_LEAST: return at >= l->at;
    default: return at <= l->at;
    }
}

// Still to come, or past its limit and so missing for good.
static enum truth not_happened(struct evaluation *e, const struct node *n, const struct limit *l) {
    bool late = !l->none && !l->open && l->op != OP_AFTER && l->op != OP_AT_LEAST && l->op != OP_MORE && e->now > l->at;
    return holds_false(e, n, late ? REASON_MISSING : REASON_NOT_YET, e->this_element);
}

enum truth holds_happened(struct evaluation *e, const struct node *n) {
    struct limit limit;
    stepdown_time at;
    bool erased;
    if (limit_find(e, n, &limit) == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    bool known = term_moment(e, n->a, &at, &erased);
    if (!known && erased)
        return holds_unknown(e, n, true, e->this_element);
    if (!known || at > e->now)
        return not_happened(e, n, &limit);
    return limit_holds(&limit, at) ? TRUTH_TRUE : holds_false(e, n, REASON_NOT_MET, e->this_element);
}
