// SPDX-License-Identifier: Apache-2.0
// Matches of a pattern. A group makes a match when one of it was cited by none before; those that were still count, so
// that what repeats is never taken for a single event. While the review of a match is open that cites one of the group,
// the match only grows. May call: pathway, protocol, base.
#include "rule/parts.h"

struct ref target_ref(const struct evaluation *e, struct target t) {
    switch (t.kind) {
    case TARGET_ELEMENT: return e->state->elements[t.index].id;
    case TARGET_MARK: return e->state->marks[t.index].at;
    case TARGET_FIRING: return e->state->firings[t.index].at;
    default: return (struct ref){0, 0};
    }
}

void matches_each_cited(const struct evaluation *e, uint32_t symbol, cited_fn *cited, void *ctx) {
    for (size_t i = 0; i < e->state->match_count; i++) {
        const struct pattern_match *match = &e->state->matches[i];
        const struct value *evidence =
            match->symbol == symbol && !match->over ? state_match_evidence(e->state, match) : NULL;
        if (!evidence)
            continue;
        uint32_t review = state_match_review(e->state, match);
        for (uint32_t k = 0; k < evidence->count; k++) {
            if (evidence->items[k].type == VALUE_REFERENCE)
                cited(ctx, evidence->items[k].ref, review);
        }
    }
}

// Kinds of conditions that are made of things which happen: each thing can be cited, so more of them can be told apart
// from none.
static const struct finder {
    uint8_t kind; // enum node_kind
    match_fn *find;
} finders[] = {
    {NODE_REPEAT, match_repeat},
    {NODE_SEQUENCE, match_sequence},
};

// A moment that is no event, such as a planned start, cannot be cited.
static bool is_citable(const struct definitions *defs, const struct node *n) {
    return n->kind != NODE_SEQUENCE || (definitions_each_time(defs, n->a) && definitions_each_time(defs, n->b));
}

static const struct finder *finder_of(const struct definitions *defs, int32_t rule) {
    const struct rule_def *r = &defs->rules[rule];
    if (r->kind != RULE_PATTERN || r->pattern < 0 || !is_citable(defs, &defs->nodes[r->pattern]))
        return NULL;
    for (size_t i = 0; i < sizeof finders / sizeof finders[0]; i++) {
        if (finders[i].kind == defs->nodes[r->pattern].kind)
            return &finders[i];
    }
    return NULL;
}

bool rule_is_matched(const struct definitions *defs, int32_t rule) { return finder_of(defs, rule) != NULL; }

bool rule_match_lasts(const struct definitions *defs, int32_t rule) {
    const struct node *n = &defs->nodes[defs->rules[rule].pattern];
    return (n->kind == NODE_SEQUENCE ? n->d : n->b) < 0;
}

size_t rule_match(struct evaluation *e, int32_t rule, struct ref *out, size_t cap, uint32_t *review) {
    const struct finder *finder = finder_of(e->defs, rule);
    *review = NO_ELEMENT;
    return finder ? finder->find(e, &e->defs->rules[rule], out, cap, review) : 0;
}
