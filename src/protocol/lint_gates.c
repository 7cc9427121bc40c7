// SPDX-License-Identifier: Apache-2.0
// Gates that can never open. Sound, not complete: everything a gate asks at once is gathered, and a gate is refused only
// when two of these things, or one with what the guarded step itself implies, exclude each other.
// May call: compiler ground, lifecycle.
#include "protocol/compiler.h"

#include <string.h>

// ---- sameness ------------------------------------------------------------------------------------------------------------

static bool same_term(const struct definitions *d, int32_t a, int32_t b);
static bool same_node(const struct definitions *d, int32_t a, int32_t b);

static bool same_roles(const struct definitions *d, int32_t a, int32_t b);

static bool same_selector(const struct definitions *d, int32_t a, int32_t b) {
    if (a == b)
        return true;
    if (a < 0 || b < 0)
        return false;
    const struct selector *x = &d->selectors[a], *y = &d->selectors[b];
    return x->source == y->source && x->pick == y->pick && x->kind == y->kind && x->code == y->code &&
           x->def == y->def && x->states == y->states && same_selector(d, x->of, y->of) &&
           same_roles(d, x->by, y->by) && same_node(d, x->where, y->where) && same_term(d, x->since, y->since) &&
           same_term(d, x->until, y->until) && same_term(d, x->during, y->during);
}

static bool same_roles(const struct definitions *d, int32_t a, int32_t b) {
    if (a == b)
        return true;
    if (a < 0 || b < 0)
        return false;
    const struct role_set *x = &d->role_sets[a], *y = &d->role_sets[b];
    return x->mode == y->mode && x->count == y->count &&
           (x->count == 0 || memcmp(x->roles, y->roles, x->count * sizeof *x->roles) == 0) &&
           same_term(d, x->person, y->person) && same_selector(d, x->people, y->people) &&
           same_term(d, x->named, y->named);
}

static bool same_term(const struct definitions *d, int32_t a, int32_t b) {
    if (a == b)
        return true;
    if (a < 0 || b < 0)
        return false;
    const struct term *x = &d->terms[a], *y = &d->terms[b];
    return x->kind == y->kind && x->sign == y->sign && x->first == y->first && x->attribute == y->attribute &&
           x->code == y->code && x->field == y->field && x->index == y->index &&
           same_selector(d, x->selector, y->selector) && same_term(d, x->a, y->a) && same_term(d, x->b, y->b) &&
           same_node(d, x->node, y->node) && value_equal(&x->value, &y->value);
}

static bool same_node(const struct definitions *d, int32_t a, int32_t b) {
    if (a == b)
        return true;
    if (a < 0 || b < 0)
        return false;
    const struct node *x = &d->nodes[a], *y = &d->nodes[b];
    bool same = x->kind == y->kind && x->op == y->op && x->flags == y->flags && x->child_count == y->child_count &&
                x->index == y->index && x->n == y->n && x->states == y->states &&
                same_selector(d, x->selector, y->selector) && same_selector(d, x->selector2, y->selector2) &&
                same_term(d, x->a, y->a) && same_term(d, x->b, y->b) && same_term(d, x->c, y->c) &&
                same_roles(d, x->roles, y->roles);
    for (uint16_t i = 0; same && i < x->child_count; i++)
        same = same_node(d, d->children[x->first_child + i], d->children[y->first_child + i]);
    return same;
}

// ---- contradictions ------------------------------------------------------------------------------------------------------

struct facts {
    const int32_t *list; // nodes that must all hold
    size_t count;
    const struct facts *outer; // and these with them
};

// A number that a literal gives, or that a parameter gives in this set.
static bool number_of(const struct definitions *d, int32_t index, struct value *out) {
    const struct term *term = &d->terms[index];
    if (term->kind == TERM_LITERAL)
        *out = term->value;
    else if (term->kind == TERM_PARAMETER)
        *out = d->parameters[term->index].value;
    else
        return false;
    return out->type != VALUE_LIST && out->type != VALUE_NONE;
}

// How `value` lies to what the comparison allows: can both comparisons hold of one and the same value?
static bool excludes(uint8_t op, const struct value *bound, uint8_t other, const struct value *limit) {
    int order; // bound compared with limit
    if (op == OP_IS && other == OP_IS)
        return bound->type == limit->type && !value_equal(bound, limit);
    if ((op == OP_IS && other == OP_IS_NOT) || (op == OP_IS_NOT && other == OP_IS))
        return value_equal(bound, limit);
    if (!value_compare(bound, limit, &order))
        return false;
    bool low = op == OP_AT_LEAST || op == OP_MORE || op == OP_IS,
         high = other == OP_AT_MOST || other == OP_LESS || other == OP_IS;
    if (!low || !high)
        return false;
    return order > 0 || (order == 0 && (op == OP_MORE || other == OP_LESS));
}

static bool clash_values(const struct definitions *d, const struct node *x, const struct node *y) {
    struct value a, b;
    if (x->b < 0 || y->b < 0 || !number_of(d, x->b, &a) || !number_of(d, y->b, &b))
        return false;
    return excludes(x->op, &a, y->op, &b) || excludes(y->op, &b, x->op, &a);
}

static bool clash(const struct definitions *d, int32_t a, int32_t b) {
    const struct node *x = &d->nodes[a], *y = &d->nodes[b];
    if (x->kind == NODE_NOT)
        return same_node(d, d->children[x->first_child], b);
    if (y->kind == NODE_NOT)
        return same_node(d, d->children[y->first_child], a);
    if (x->kind != y->kind)
        return false;
    if (x->kind == NODE_STATE)
        return x->b < 0 && y->b < 0 && same_selector(d, x->selector, y->selector) && (x->states & y->states) == 0;
    if (x->kind == NODE_COUNT)
        return same_selector(d, x->selector, y->selector) && same_term(d, x->c, y->c) && clash_values(d, x, y);
    return x->kind == NODE_COMPARE && same_term(d, x->a, y->a) && clash_values(d, x, y);
}

// A count below nothing.
static bool impossible(const struct definitions *d, const struct node *n) {
    struct value value;
    if (n->kind != NODE_COUNT || !number_of(d, n->b, &value) || value.type != VALUE_QUANTITY)
        return false;
    return value.number < 0 ? n->op == OP_IS || n->op == OP_AT_MOST || n->op == OP_LESS
                            : value.number == 0 && n->op == OP_LESS;
}

// States from which the guarded step leads: a need that asks another of the guarded item can never be met.
static bool against_step(const struct definitions *d, const struct gate_def *gate, const struct node *n) {
    if (n->kind != NODE_STATE || n->b >= 0 || gate->item < 0 || d->selectors[n->selector].source != SELECT_THIS)
        return false;
    const struct verb_row *row = lifecycle_event(d->items[gate->item].kind, gate->code);
    return row && (row->from & n->states) == 0;
}

static bool refuted(const struct definitions *d, const struct gate_def *gate, int32_t node, const struct facts *known,
                    int depth);

static size_t gather(const struct definitions *d, int32_t node, int32_t *out, size_t count, size_t cap) {
    if (node < 0 || count == cap)
        return count;
    const struct node *n = &d->nodes[node];
    if (n->kind != NODE_ALL) {
        out[count] = node;
        return count + 1;
    }
    for (uint16_t i = 0; i < n->child_count; i++)
        count = gather(d, d->children[n->first_child + i], out, count, cap);
    return count;
}

// At most this many things asked at once are compared with one another.
enum { FACTS_MAX = 256 };

static bool refuted_any(const struct definitions *d, const struct gate_def *gate, const struct node *n,
                        const struct facts *known, int depth) {
    size_t left = 0;
    for (uint16_t i = 0; i < n->child_count; i++)
        left += !refuted(d, gate, d->children[n->first_child + i], known, depth + 1);
    return left < (n->kind == NODE_AT_LEAST ? (size_t)n->n : 1);
}

static bool refuted(const struct definitions *d, const struct gate_def *gate, int32_t node, const struct facts *known,
                    int depth) {
    int32_t list[FACTS_MAX];
    if (node < 0 || depth > 8)
        return false;
    struct facts together = {list, gather(d, node, list, 0, FACTS_MAX), known};
    for (size_t i = 0; i < together.count; i++) {
        const struct node *n = &d->nodes[list[i]];
        if (impossible(d, n) || against_step(d, gate, n))
            return true;
        if ((n->kind == NODE_ANY || n->kind == NODE_AT_LEAST) && refuted_any(d, gate, n, &together, depth))
            return true;
        for (const struct facts *f = &together; f; f = f->outer) {
            for (size_t k = 0; k < f->count; k++) {
                if (f->list[k] != list[i] && clash(d, list[i], f->list[k]))
                    return true;
            }
        }
    }
    return false;
}

static void lint_gate(struct compiler *c, size_t index) {
    const struct definitions *d = c->d;
    const struct gate_def *gate = &d->gates[index];
    int32_t *list = compiler_scratch(c, FACTS_MAX * sizeof *list);
    struct facts known = {list, 0, NULL};
    for (uint32_t i = 0; list && i < gate->need_count; i++) {
        const struct need_def *need = &d->needs[gate->need_first + i];
        const struct yaml *at = compiler_origin_of(c, TABLE_NEEDS, (int32_t)(gate->need_first + i))->key;
        if (refuted(d, gate, need->node, NULL, 0))
            complain(c, at, "unsatisfiable", "%s can never be met: what it asks excludes itself", need->def.name);
        else if (refuted(d, gate, need->node, &known, 0))
            complain(c, at, "unsatisfiable", "%s and the needs before it exclude each other: %s can never open",
                     need->def.name, gate->def.name);
        known.count = gather(d, need->node, list, known.count, FACTS_MAX);
    }
}

// ---- funding -------------------------------------------------------------------------------------------------------------

#define FUNDING_STATES                                                                                                 \
    (STATE_BIT(STATE_APPROVED) | STATE_BIT(STATE_PARTLY_APPROVED) | STATE_BIT(STATE_DENIED) | STATE_BIT(STATE_DECIDED))

static bool funds(const struct definitions *d, int32_t selector) {
    if (selector < 0)
        return false;
    const struct selector *s = &d->selectors[selector];
    return ((s->source == SELECT_ITEM || s->source == SELECT_KIND || s->source == SELECT_OVER) &&
            s->kind == KIND_AUTHORIZATION) ||
           (s->kind == KIND_REQUEST && (s->states & FUNDING_STATES) != 0) || funds(d, s->of);
}

static bool term_funds(const struct definitions *d, int32_t term) {
    if (term < 0)
        return false;
    const struct term *t = &d->terms[term];
    return funds(d, t->selector) || term_funds(d, t->a) || term_funds(d, t->b);
}

static bool node_funds(const struct definitions *d, int32_t node) {
    if (node < 0)
        return false;
    const struct node *n = &d->nodes[node];
    bool found =
        funds(d, n->selector) || funds(d, n->selector2) || term_funds(d, n->a) || term_funds(d, n->b) ||
        term_funds(d, n->c) ||
        (n->kind == NODE_STATE && d->selectors[n->selector].kind == KIND_REQUEST && (n->states & FUNDING_STATES) != 0);
    for (uint16_t i = 0; i < n->child_count; i++)
        found |= node_funds(d, d->children[n->first_child + i]);
    return found;
}

// safety does not wait for money.
static void lint_funding(struct compiler *c, size_t index) {
    const struct gate_def *gate = &c->d->gates[index];
    if (!yaml_get(compiler_origin_of(c, TABLE_GATES, (int32_t)index)->body, "funding"))
        return;
    for (uint32_t i = 0; i < gate->need_count; i++) {
        const struct need_def *need = &c->d->needs[gate->need_first + i];
        if (node_funds(c->d, need->node))
            complain(c, compiler_origin_of(c, TABLE_NEEDS, (int32_t)(gate->need_first + i))->key, "funding",
                     "%s reads a funding decision, and the gate says that funding never holds it", need->def.name);
    }
}

// ---- met ---------------------------------------------------------------------------------------------------------------

static bool has_met(const struct definitions *d, int32_t node) {
    if (node < 0)
        return false;
    const struct node *n = &d->nodes[node];
    bool found = n->kind == NODE_MET;
    for (uint16_t i = 0; !found && i < n->child_count; i++)
        found = has_met(d, d->children[n->first_child + i]);
    return found;
}

// One step only: needs that ask each other would go in circles, and long chains would cost without bound.
static void lint_met(struct compiler *c) {
    const struct definitions *d = c->d;
    for (size_t i = 0; i < d->node_count; i++) {
        if (d->nodes[i].kind != NODE_MET)
            continue;
        uint32_t need = d->gates[d->nodes[i].index].need_first + (uint32_t)d->nodes[i].n;
        if (has_met(d, d->needs[need].node))
            complain(c, compiler_origin_of(c, TABLE_NEEDS, (int32_t)need)->key, "cycle",
                     "%s is asked for by met and uses met itself; write out what it asks", d->needs[need].def.name);
    }
}

void lint_gates(struct compiler *c) {
    lint_met(c);
    for (size_t i = 0; i < c->d->gate_count; i++) {
        lint_gate(c, i);
        lint_funding(c, i);
    }
}
