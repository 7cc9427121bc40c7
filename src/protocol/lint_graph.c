// SPDX-License-Identifier: Apache-2.0
// What leads to what: items that nothing opens, gates that guard such items, escalations that call one another in a
// circle, and cascades that cannot be shown to end. May call: compiler ground, lifecycle.
#include "protocol/compiler.h"

#include <string.h>

// ---- reach -------------------------------------------------------------------------------------------------------------

struct reach {
    bool *items, *rules;
    bool changed;
};

static void reach_item(struct compiler *c, struct reach *r, int32_t item) {
    if (item < 0 || r->items[item])
        return;
    r->items[item] = r->changed = true;
    for (uint16_t i = 0; i < c->d->items[item].decision_count; i++)
        reach_item(c, r, c->d->items[item].decisions[i].opens);
    if (c->d->items[item].draw.action >= 0)
        reach_item(c, r, c->d->actions[c->d->items[item].draw.action].item);
}

static bool trigger_reached(const struct compiler *c, const struct reach *r, const struct trigger *t) {
    const struct definitions *d = c->d;
    if (t->kind == TRIGGER_EVENT && t->source == SELECT_ITEM)
        return r->items[t->def];
    if (t->kind == TRIGGER_EVENT && t->source == SELECT_FIRED)
        return r->rules[t->def];
    if (t->kind != TRIGGER_EVENT || t->source != SELECT_KIND || t->item_kind == KIND_ALERT)
        return true; // forms, facts, moments and conditions may always come
    for (size_t i = 0; i < d->item_count; i++) {
        if (r->items[i] && (t->item_kind == KIND_NONE || d->items[i].kind == t->item_kind))
            return true;
    }
    return false;
}

static bool rule_reached(const struct compiler *c, const struct reach *r, size_t rule) {
    const struct definitions *d = c->d;
    for (uint32_t i = 0; i < d->rules[rule].trigger_count; i++) {
        if (trigger_reached(c, r, &d->triggers[d->rule_triggers[d->rules[rule].trigger_first + i]]))
            return true;
    }
    for (size_t i = 0; i < d->item_count; i++) { // ladders run when their item is overdue
        if (r->items[i] && d->items[i].escalation == (int32_t)rule)
            return true;
    }
    for (size_t o = 0; o < d->rule_count; o++) {
        for (uint32_t a = 0; r->rules[o] && a < d->rules[o].action_count; a++) {
            const struct action_def *action = &d->actions[d->rules[o].action_first + a];
            if (action->kind == ACTION_ESCALATE && action->rule == (int32_t)rule)
                return true;
        }
    }
    return false;
}

static void reach_all(struct compiler *c, struct reach *r) {
    const struct definitions *d = c->d;
    for (size_t i = 0; i < d->item_count; i++) {
        if (d->items[i].at_start || d->items[i].on_demand)
            reach_item(c, r, (int32_t)i);
    }
    do {
        r->changed = false;
        for (size_t i = 0; i < d->rule_count; i++) {
            if (r->rules[i] || !rule_reached(c, r, i))
                continue;
            r->rules[i] = r->changed = true;
            for (uint32_t a = 0; a < d->rules[i].action_count; a++) {
                const struct action_def *action = &d->actions[d->rules[i].action_first + a];
                if (action->kind == ACTION_OPEN || action->kind == ACTION_SEND || action->kind == ACTION_REPORT)
                    reach_item(c, r, action->item);
            }
        }
    } while (r->changed);
}

static void lint_reach(struct compiler *c) {
    const struct definitions *d = c->d;
    struct reach r = {compiler_scratch(c, d->item_count), compiler_scratch(c, d->rule_count), false};
    if (!r.items || !r.rules)
        return;
    reach_all(c, &r);
    for (size_t i = 0; i < d->item_count; i++) {
        if (!r.items[i])
            complain(c, compiler_origin_of(c, TABLE_ITEMS, (int32_t)i)->key, "unreachable",
                     "nothing opens %s: no rule, decision, from, at_start or on_demand", d->items[i].def.name);
    }
    for (size_t i = 0; i < d->gate_count; i++) {
        if (d->gates[i].item >= 0 && !r.items[d->gates[i].item])
            complain(c, compiler_origin_of(c, TABLE_GATES, (int32_t)i)->key, "unreachable",
                     "%s guards a step of %s, which nothing opens", d->gates[i].def.name,
                     d->items[d->gates[i].item].def.name);
    }
}

// Entries of the form ask for slots of the item.
static bool asks_for(const struct definitions *d, int32_t form, int32_t item) {
    bool asks = false;
    for (size_t i = 0; i < d->action_count; i++) {
        const struct action_def *action = &d->actions[i];
        asks |= action->kind == ACTION_ALLOCATE && (item < 0 || action->item == item) &&
                d->selectors[action->about].def == form;
    }
    return asks;
}

// Nothing is ever granted to an entry that asks for no slot.
static void lint_grants(struct compiler *c) {
    for (size_t i = 0; i < c->d->trigger_count; i++) {
        const struct trigger *t = &c->d->triggers[i];
        bool grant = t->code == EVENT_SLOT_GRANTED || t->code == EVENT_MARK_WITHDRAWN;
        if (t->kind == TRIGGER_EVENT && t->source == SELECT_FORM && grant && !asks_for(c->d, t->def, NONE))
            complain(c, compiler_origin_of(c, TABLE_RULES, t->rule)->key, "unreachable",
                     "%s waits for a grant, and no rule allocates a slot to %s", c->d->rules[t->rule].def.name,
                     c->d->forms[t->def].def.name);
    }
}

// ---- circles -------------------------------------------------------------------------------------------------------------

typedef bool leads_fn(const struct compiler *c, size_t from, size_t to);

// Depth first over rules; a rule met again while it is being visited closes a circle.
static bool visit(struct compiler *c, uint8_t *seen, size_t rule, leads_fn *leads, size_t *closes) {
    seen[rule] = 1;
    for (size_t to = 0; to < c->d->rule_count; to++) {
        if (seen[to] == 2 || !leads(c, rule, to))
            continue;
        if (seen[to] == 1) {
            *closes = to;
            return true;
        }
        if (visit(c, seen, to, leads, closes))
            return true;
    }
    seen[rule] = 2;
    return false;
}

static void lint_circle(struct compiler *c, leads_fn *leads, const char *rule, const char *problem) {
    uint8_t *seen = compiler_scratch(c, c->d->rule_count);
    size_t closes = 0;
    for (size_t i = 0; seen && i < c->d->rule_count; i++) {
        if (seen[i] != 0 || !visit(c, seen, i, leads, &closes))
            continue;
        const struct yaml *at = compiler_origin_of(c, TABLE_RULES, (int32_t)closes)->key;
        struct yaml made = {
            .file = c->units[c->d->rules[closes].def.source].file, .line = c->d->rules[closes].def.line, .column = 1};
        complain(c, at ? at : &made, rule, problem, c->d->rules[closes].def.name);
        return;
    }
}

static bool escalates(const struct compiler *c, size_t from, size_t to) {
    const struct rule_def *rule = &c->d->rules[from];
    for (uint32_t i = 0; i < rule->action_count; i++) {
        const struct action_def *action = &c->d->actions[rule->action_first + i];
        if (action->kind == ACTION_ESCALATE && action->rule == (int32_t)to)
            return true;
    }
    return false;
}

// An event that an action writes: on which item, which code; family alone decides for conditions.
struct effect {
    int32_t item, form;
    uint8_t kind;
    uint16_t code;
};

static struct effect effect_of(const struct compiler *c, const struct action_def *action) {
    struct effect e = {.item = action->item, .form = NONE, .kind = KIND_NONE};
    if (action->item >= 0)
        e.kind = c->d->items[action->item].kind;
    switch (action->kind) {
    case ACTION_OPEN: e.code = lifecycle_opening(e.kind); break;
    case ACTION_RUN: e.code = EVENT_ROUTE_RUN; break;
    case ACTION_TAKE: e.code = action->code; break;
    case ACTION_ALLOCATE: // and what is granted to the entry that asked
        e.code = EVENT_SLOT_ALLOCATED;
        e.form = c->d->selectors[action->about].def;
        break;
    case ACTION_SEND: e.code = e.kind == KIND_REQUEST ? EVENT_REQUEST_SENT : EVENT_UPDATE_SENT; break;
    case ACTION_ESCALATE:
        e.kind = KIND_ALERT;
        e.code = EVENT_ALERT_OPENED;
        break;
    case ACTION_SET:
        e.form = c->d->fields[action->field].form;
        e.code = EVENT_FORM_AMENDED;
        break;
    case ACTION_CLOSE: {
        const struct verb_row *rows;
        size_t count = lifecycle_rows(&rows);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].kind == e.kind && rows[i].to == action->state)
                e.code = rows[i].code;
        }
        break;
    }
    default: break; // hold, release, flag, report: nothing that triggers
    }
    return e;
}

// A slot that ends while it is given takes the grant back.
static bool ends_grant(const struct definitions *d, const struct effect *e, int32_t form) {
    const struct verb_row *row = e->kind == KIND_SLOT ? lifecycle_event(e->kind, e->code) : NULL;
    return row && (row->flags & LIFECYCLE_ENDS) != 0 && asks_for(d, form, e->item);
}

static bool sets_off(const struct compiler *c, const struct effect *e, const struct trigger *t) {
    if (e->code == 0 || t->kind == TRIGGER_TIME)
        return false;
    if (t->kind == TRIGGER_CONDITION)
        return (c->d->node_reads[t->node] & (UINT64_C(1) << EVENT_FAMILY(e->code))) != 0;
    switch (t->source) {
    case SELECT_ITEM: return t->def == e->item && t->code == e->code;
    case SELECT_KIND: return t->code == e->code || (t->item_kind == KIND_NONE && e->kind != KIND_NONE);
    case SELECT_FORM: {
        uint16_t code = e->code == EVENT_SLOT_ALLOCATED ? EVENT_SLOT_GRANTED : e->code;
        return t->code == EVENT_MARK_WITHDRAWN ? ends_grant(c->d, e, t->def)
                                               : e->form >= 0 && t->def == e->form && t->code == code;
    }
    default: return false;
    }
}

// Does what rule `from` does set off rule `to` in the same breath?
static bool cascades(const struct compiler *c, size_t from, size_t to) {
    const struct definitions *d = c->d;
    const struct rule_def *rule = &d->rules[from];
    for (uint32_t t = 0; t < d->rules[to].trigger_count; t++) {
        const struct trigger *trigger = &d->triggers[d->rule_triggers[d->rules[to].trigger_first + t]];
        if (trigger->kind == TRIGGER_EVENT && trigger->source == SELECT_FIRED && trigger->def == (int32_t)from)
            return true;
        struct effect alert = {.item = NONE, .form = NONE, .kind = KIND_ALERT, .code = EVENT_ALERT_OPENED};
        if (rule->step_count > 0 && sets_off(c, &alert, trigger))
            return true;
        struct effect route = {.item = rule->run, .form = NONE, .kind = KIND_ROUTE, .code = EVENT_ROUTE_RUN};
        if (rule->run >= 0 && sets_off(c, &route, trigger))
            return true;
        for (uint32_t a = 0; a < rule->action_count; a++) {
            struct effect e = effect_of(c, &d->actions[rule->action_first + a]);
            if (sets_off(c, &e, trigger))
                return true;
        }
    }
    return escalates(c, from, to);
}

void lint_graph(struct compiler *c) {
    bool before = c->refused;
    c->refused = false;
    lint_reach(c);
    lint_grants(c);
    lint_circle(c, escalates, "cycle", "%s escalates in a circle: nobody would ever be the last to answer");
    if (!c->refused)
        lint_circle(c, cascades, "cascade", "%s sets off rules that set it off again: this cannot be shown to end");
    c->refused |= before;
}
