// SPDX-License-Identifier: Apache-2.0
// Whose values a term or a condition could give away: every field whose content it reads, wherever that stands. That
// something is recorded at all gives nothing away. May call: protocol.
#include "rule/parts.h"

struct citing {
    const struct definitions *defs;
    rule_field_test *test;
    void *ctx;
    unsigned depth;
};
static bool term_cites(struct citing *c, int32_t term);
static bool node_cites(struct citing *c, int32_t node);

static bool field_cites(struct citing *c, int32_t field) { return field >= 0 && c->test(c->ctx, field); }

static bool selector_cites(struct citing *c, int32_t selector) {
    if (selector < 0 || c->depth >= RULE_DEPTH_MAX)
        return selector >= 0;
    const struct selector *s = &c->defs->selectors[selector];
    c->depth++;
    bool cites = selector_cites(c, s->of) || node_cites(c, s->where) || term_cites(c, s->since) ||
                 term_cites(c, s->until) || term_cites(c, s->during) || term_cites(c, s->key - 1) ||
                 term_cites(c, s->bound - 1);
    c->depth--;
    return cites;
}

static bool several_cite(struct citing *c, const struct term *t) {
    bool cites = false;
    for (int32_t i = 0; t->kind == TERM_SEVERAL && i < t->b && !cites; i++)
        cites = term_cites(c, c->defs->children[t->index + i]);
    return cites;
}

static bool term_cites(struct citing *c, int32_t term) {
    if (term < 0 || c->depth >= RULE_DEPTH_MAX)
        return term >= 0;
    const struct term *t = &c->defs->terms[term];
    bool field = t->kind == TERM_FIELD || t->kind == TERM_SPAN || t->kind == TERM_GAP || t->kind == TERM_GAPS;
    bool window = t->kind == TERM_WINDOW || t->kind == TERM_DELTA;
    c->depth++;
    bool cites = (field && field_cites(c, t->field)) || selector_cites(c, t->selector) || term_cites(c, t->a) ||
                 (t->kind != TERM_SEVERAL && term_cites(c, t->b)) || node_cites(c, t->node) || several_cite(c, t) ||
                 (window && (term_cites(c, t->index) || term_cites(c, t->field)));
    c->depth--;
    return cites;
}

static bool node_cites(struct citing *c, int32_t node) {
    if (node < 0 || c->depth >= RULE_DEPTH_MAX)
        return node >= 0;
    const struct node *n = &c->defs->nodes[node];
    bool presence = n->kind == NODE_FIELD; // that it is there, not what it says
    c->depth++;
    bool cites = (n->kind == NODE_SUSTAINED && field_cites(c, n->index)) || selector_cites(c, n->selector) ||
                 selector_cites(c, n->selector2) || (!presence && term_cites(c, n->a)) || term_cites(c, n->b) ||
                 term_cites(c, n->c);
    if (n->kind == NODE_MEASURED)
        cites = cites || term_cites(c, c->defs->measures[n->index].term);
    if (n->kind == NODE_MET)
        cites = cites || node_cites(c, c->defs->needs[c->defs->gates[n->index].need_first + (uint32_t)n->n].node);
    for (uint16_t i = 0; i < n->child_count && !cites; i++)
        cites = node_cites(c, c->defs->children[n->first_child + i]);
    c->depth--;
    return cites;
}

bool rule_term_cites(const struct definitions *defs, int32_t term, rule_field_test *test, void *ctx) {
    struct citing c = {defs, test, ctx, 0};
    return term >= 0 && term_cites(&c, term);
}

bool rule_node_cites(const struct definitions *defs, int32_t node, rule_field_test *test, void *ctx) {
    struct citing c = {defs, test, ctx, 0};
    return node >= 0 && node_cites(&c, node);
}

bool rule_selector_cites(const struct definitions *defs, int32_t selector, rule_field_test *test, void *ctx) {
    struct citing c = {defs, test, ctx, 0};
    return selector >= 0 && selector_cites(&c, selector);
}

struct labelled {
    const struct definitions *defs;
    const char *label;
};

static bool find_label(void *ctx, int32_t field) {
    struct labelled *found = ctx;
    found->label = found->defs->fields[field].label;
    return found->label != NULL;
}

const char *rule_term_label(const struct definitions *defs, int32_t term) {
    struct labelled found = {defs, NULL};
    (void)rule_term_cites(defs, term, find_label, &found);
    return found.label;
}
