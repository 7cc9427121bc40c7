// SPDX-License-Identifier: Apache-2.0
// Definition checks V1 to V8 (requirements D.6) as far as they are not part of reading: owners, ladders, patterns,
// routes, supports, notifications. Each complaint carries the number of its rule.
// May call: compiler ground, lifecycle.
#include "protocol/compiler.h"

#include <string.h>

static const struct yaml *key_of(const struct compiler *c, enum table table, size_t index) {
    return compiler_origin_of(c, table, (int32_t)index)->key;
}

static struct yaml *body_of(const struct compiler *c, enum table table, size_t index) {
    return compiler_origin_of(c, table, (int32_t)index)->body;
}

// ---- who answers -------------------------------------------------------------------------------------------------------

// Does the chain of if_empty come to a role that is the last?
static bool chain_ends(const struct definitions *d, int32_t role) {
    for (size_t steps = 0; role >= 0 && steps <= d->role_count; steps++) {
        if (d->roles[role].last)
            return true;
        role = d->roles[role].if_empty;
    }
    return false;
}

static void lint_roles(struct compiler *c) {
    for (size_t i = 0; i < c->d->role_count; i++) {
        const struct role_def *role = &c->d->roles[i];
        if (role->informed && (role->last || role->if_empty >= 0))
            complain(c, key_of(c, TABLE_ROLES, i), "role",
                     "%s is only informed, so it neither ends a ladder nor passes one on", role->def.name);
        else if (!role->informed && !chain_ends(c->d, (int32_t)i))
            complain(c, key_of(c, TABLE_ROLES, i), "role",
                     "when nobody holds %s, nobody answers: its if_empty chain %s", role->def.name,
                     role->if_empty < 0 ? "is missing and it is not the last" : "does not end");
    }
}

static void lint_ladder(struct compiler *c, size_t index) {
    const struct definitions *d = c->d;
    const struct rule_def *rule = &d->rules[index];
    const struct yaml *at = key_of(c, TABLE_RULES, index);
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct ladder_step *step = &d->steps[rule->step_first + i];
        bool answers = false;
        for (uint16_t r = 0; r < step->tell_count; r++)
            answers |= !d->roles[step->tell[r]].informed && (i + 1 < rule->step_count || chain_ends(d, step->tell[r]));
        if (!answers)
            complain(c, at, "V3", "step %u of %s tells nobody who can answer for it", (unsigned)i + 1, rule->def.name);
    }
}

// A ladder runs on an item's overdue already; a trigger that says so again would raise two alerts.
static void lint_twice(struct compiler *c, size_t index) {
    const struct definitions *d = c->d;
    const struct rule_def *rule = &d->rules[index];
    for (uint32_t i = 0; i < rule->trigger_count; i++) {
        const struct trigger *t = &d->triggers[d->rule_triggers[rule->trigger_first + i]];
        if (t->kind == TRIGGER_EVENT && t->source == SELECT_ITEM && t->code == EVENT_ITEM_OVERDUE &&
            d->items[t->def].escalation == (int32_t)index)
            complain(c, key_of(c, TABLE_RULES, index), "V3",
                     "%s names %s under escalate, which runs it when overdue; the same "
                     "under when would raise two alerts",
                     d->items[t->def].def.name, rule->def.name);
    }
}

static bool is_named(const struct compiler *c, int32_t rule) {
    const struct definitions *d = c->d;
    bool named = false;
    for (size_t i = 0; i < d->item_count; i++)
        named |= d->items[i].escalation == rule;
    for (size_t i = 0; i < d->action_count; i++)
        named |= d->actions[i].kind == ACTION_ESCALATE && d->actions[i].rule == rule;
    return named;
}

static void lint_escalations(struct compiler *c) {
    const struct definitions *d = c->d;
    for (size_t i = 0; i < d->rule_count; i++) {
        const struct rule_def *rule = &d->rules[i];
        if (rule->kind != RULE_ESCALATION)
            continue;
        lint_ladder(c, i);
        lint_twice(c, i);
        if (rule->trigger_count == 0 && !d->sources[rule->def.source].dictionary && !is_named(c, (int32_t)i))
            complain(c, key_of(c, TABLE_RULES, i), "unreachable",
                     "nothing starts %s: it has no when, and no item or rule names it", rule->def.name);
    }
}

// ---- V3: items ---------------------------------------------------------------------------------------------------------

static void lint_owner(struct compiler *c, size_t index) {
    const struct item_def *item = &c->d->items[index];
    const struct yaml *at = key_of(c, TABLE_ITEMS, index);
    if (item->owner_role < 0)
        complain(c, at, "V3", "%s has no owner: name the role that answers for it", item->def.name);
    else if (c->d->roles[item->owner_role].informed)
        complain(c, at, "V3", "%s is owned by %s, which is only informed and answers for nothing", item->def.name,
                 c->d->roles[item->owner_role].def.name);
    if (item->escalation < 0)
        complain(c, at, "V3", "%s has no escalation: nobody would learn that it is overdue", item->def.name);
    else if (c->d->rules[item->escalation].kind != RULE_ESCALATION)
        complain(c, at, "V3", "%s escalates to %s, which is no escalation", item->def.name,
                 c->d->rules[item->escalation].def.name);
}

// V1: what is guaranteed has a time.
static void lint_time(struct compiler *c, size_t index) {
    const struct item_def *item = &c->d->items[index];
    if ((item->kind == KIND_APPOINTMENT || item->kind == KIND_TRANSPORT) && item->due < 0 && item->start < 0)
        complain(c, key_of(c, TABLE_ITEMS, index), "V1",
                 "%s has neither start nor due: an appointment nobody can miss is no "
                 "guarantee",
                 item->def.name);
}

// V2: a route says who, how quickly, by what evidence; a review says how improvement is known.
static void lint_route(struct compiler *c, size_t index) {
    const struct item_def *item = &c->d->items[index];
    const struct yaml *at = key_of(c, TABLE_ITEMS, index);
    bool role = false, person = false, time = false;
    if ((item->kind == KIND_REVIEW || item->kind == KIND_IMPROVEMENT) && item->ask_count == 0)
        complain(c, at, "V2", "%s asks nothing: say which questions it answers", item->def.name);
    if (item->kind != KIND_ROUTE)
        return;
    const struct form_def *form = item->form >= 0 ? &c->d->forms[item->form] : NULL;
    for (uint32_t i = 0; form && i < form->field_count; i++) {
        const struct field_def *field = &c->d->fields[form->field_first + i];
        role |= field->type == VALUE_ROLE && !field->optional;
        person |= field->type == VALUE_PERSON && !field->optional;
        time |= field->type == VALUE_DURATION && !field->optional;
    }
    if (!role || !person || !time)
        complain(c, at, "V2",
                 "a route needs a form with a role who is told, a person who answers and a duration; %s lacks %s",
                 item->def.name,
                 !form     ? "a form"
                 : !role   ? "the role"
                 : !person ? "the person"
                           : "the duration");
    if (item->evidence[0] == 0)
        complain(c, at, "V2", "%s does not say what evidence completes it", item->def.name);
}

// V6: a support that nobody has justified, that has no end, or that nobody knows how to reduce.
static void lint_support(struct compiler *c, size_t index) {
    static const char *const keys[] = {"justified_by", "reduce_when"};
    const struct item_def *item = &c->d->items[index];
    const struct yaml *body = body_of(c, TABLE_ITEMS, index), *at = key_of(c, TABLE_ITEMS, index);
    if (item->kind != KIND_SUPPORT)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct yaml *field = yaml_get(body, keys[i]);
        struct path of = {.thing = {.sort = THING_ITEM, .kind = item->kind, .def = (int32_t)index}};
        if (!field)
            complain(c, at, "V6", "%s needs %s: a field about it", item->def.name, keys[i]);
        else if (field->kind != YAML_SCALAR || path_field(c, &of, yaml_slice(field)) < 0)
            complain(c, field, "V6", "%s names a required field of a form about %s", keys[i], item->def.name);
        else if (c->d->fields[path_field(c, &of, yaml_slice(field))].optional)
            complain(c, field, "V6", "%s is optional; %s cannot do without it", field->text, item->def.name);
    }
    if (item->end < 0)
        complain(c, at, "V6", "%s has no end: say until when, or when it is reviewed", item->def.name);
}

// A form that asks for nothing is filled in by nothing: what it says is a bare status line.
static bool asks_something(const struct definitions *d, int32_t form) {
    bool asks = false;
    for (uint32_t i = 0; i < d->forms[form].field_count; i++)
        asks |= !d->fields[d->forms[form].field_first + i].optional;
    return asks;
}

// V8: whom a notification tells, by when, in which form.
static void lint_notification(struct compiler *c, size_t index) {
    const struct item_def *item = &c->d->items[index];
    const struct yaml *at = key_of(c, TABLE_ITEMS, index);
    bool formed = item->form >= 0;
    if (item->kind != KIND_UPDATE && item->kind != KIND_REQUEST)
        return;
    for (size_t f = 0; f < c->d->form_count; f++) {
        for (uint16_t i = 0; i < c->d->forms[f].about_count; i++)
            formed |= c->d->forms[f].about[i] == (int32_t)index;
    }
    if (item->with_count == 0)
        complain(c, at, "V8", "%s does not say whom it tells: to", item->def.name);
    if (item->due < 0)
        complain(c, at, "V8", "%s does not say by when: due", item->def.name);
    if (!formed)
        complain(c, at, "V8", "%s has no form: say which one it is written in", item->def.name);
    int32_t form = item->send_needs >= 0 ? c->d->nodes[item->send_needs].index : -1;
    if (form >= 0 && !asks_something(c->d, form))
        complain(c, at, "V8", "%s is written in %s, which asks for nothing: nobody is sent a bare status line",
                 item->def.name, c->d->forms[form].def.name);
}

static void lint_items(struct compiler *c) {
    for (size_t i = 0; i < c->d->item_count; i++) {
        c->unit = c->d->items[i].def.source;
        lint_owner(c, i);
        lint_time(c, i);
        lint_route(c, i);
        lint_support(c, i);
        lint_notification(c, i);
    }
}

// ---- V4, V7 --------------------------------------------------------------------------------------------------------------

static void lint_patterns(struct compiler *c) {
    const struct definitions *d = c->d;
    for (size_t i = 0; i < d->rule_count; i++) {
        bool opens = false;
        for (uint32_t a = 0; a < d->rules[i].action_count; a++) {
            const struct action_def *action = &d->actions[d->rules[i].action_first + a];
            opens |= action->kind == ACTION_OPEN &&
                     (d->items[action->item].kind == KIND_REVIEW || d->items[action->item].kind == KIND_IMPROVEMENT);
        }
        if (d->rules[i].kind == RULE_PATTERN && !opens)
            complain(c, key_of(c, TABLE_RULES, i), "V4",
                     "%s opens no review: a pattern that nobody looks at changes nothing", d->rules[i].def.name);
    }
}

// needed_for names a gate, one of its needs, or the audit.
static void lint_needed_for(struct compiler *c) {
    for (size_t i = 0; i < c->d->field_count; i++) {
        const struct field_def *field = &c->d->fields[i];
        stepdown_slice name = slice_text(field->needed_for);
        c->unit = field->def.source;
        if (name.size == 0 || slice_is(name, "confirm") || compiler_find(c, TABLE_GATES, name) >= 0 ||
            compiler_find(c, TABLE_NEEDS, name) >= 0 || compiler_find(c, TABLE_CONFIRMS, name) >= 0)
            continue;
        complain(c, key_of(c, TABLE_FIELDS, i), "name",
                 "%s is needed for \"%s\", which is no gate, need or confirmation", field->def.name, field->needed_for);
    }
}

// ---- when rules fire ---------------------------------------------------------------------------------------------------

// Does the condition compare something with the present moment? Then it can become true without anything happening.
static bool asks_the_clock(const struct definitions *d, int32_t node, unsigned depth) {
    const struct node *n = &d->nodes[node];
    const int32_t terms[] = {n->a, n->b};
    for (size_t i = 0; i < 2; i++) {
        int32_t term = terms[i];
        while (term >= 0 && d->terms[term].kind == TERM_SHIFT)
            term = d->terms[term].a;
        if (n->kind == NODE_COMPARE && term >= 0 && d->terms[term].kind == TERM_NOW)
            return true;
    }
    for (uint16_t i = 0; i < n->child_count && depth < YAML_DEPTH_MAX; i++) {
        if (asks_the_clock(d, d->children[n->first_child + i], depth + 1))
            return true;
    }
    return false;
}

static bool no_length(const struct definitions *d, int32_t term) {
    const struct term *t = &d->terms[term];
    const struct value *value = t->kind == TERM_LITERAL     ? &t->value
                                : t->kind == TERM_PARAMETER ? &d->parameters[t->index].value
                                                            : NULL;
    return value && value->type == VALUE_DURATION && duration_bound(&value->duration) < TIME_MINUTE;
}

// A rule waits for one moment at a time, a cadence has a length, and what only time makes true names its moment.
static void lint_rule_times(struct compiler *c, size_t index) {
    const struct definitions *d = c->d;
    const struct rule_def *rule = &d->rules[index];
    const struct yaml *at = key_of(c, TABLE_RULES, index);
    unsigned moments = 0;
    if (!at)
        return; // made by the compiler from one moment of an item or an action
    c->unit = rule->def.source;
    for (uint32_t i = 0; i < rule->trigger_count; i++) {
        const struct trigger *t = &d->triggers[d->rule_triggers[rule->trigger_first + i]];
        moments += t->kind == TRIGGER_TIME;
        if (t->kind == TRIGGER_TIME && t->every && no_length(d, t->term))
            complain(c, at, "time", "%s: a cadence lasts at least a minute", rule->def.name);
        if (t->kind == TRIGGER_CONDITION && asks_the_clock(d, t->node, 0))
            complain(c, at, "time",
                     "%s waits for time to pass: name the moment under `when` and put the condition under `only_if`",
                     rule->def.name);
    }
    if (moments > 1)
        complain(c, at, "time", "%s waits for %u moments; write a rule for each", rule->def.name, moments);
}

static void lint_times(struct compiler *c) {
    for (size_t i = 0; i < c->d->rule_count; i++)
        lint_rule_times(c, i);
}

// ---- V1: transitions -----------------------------------------------------------------------------------------------------

static bool begins(const struct compiler *c, stepdown_slice name) {
    int32_t rule = compiler_find(c, TABLE_RULES, name);
    return rule >= 0 && c->d->rules[rule].trigger_count > 0;
}

static bool hands_over(const struct compiler *c, stepdown_slice name) {
    return compiler_find(c, TABLE_FORMS, name) >= 0;
}

static bool guarantees(const struct compiler *c, stepdown_slice name) {
    int32_t item = compiler_find(c, TABLE_ITEMS, name);
    return item >= 0 && c->d->items[item].kind == KIND_APPOINTMENT;
}

static bool falls_back(const struct compiler *c, stepdown_slice name) {
    int32_t item = compiler_find(c, TABLE_ITEMS, name), rule = compiler_find(c, TABLE_RULES, name);
    return (item >= 0 && c->d->items[item].kind == KIND_ROUTE) ||
           (rule >= 0 && c->d->rules[rule].kind == RULE_ESCALATION);
}

// A transition works only with something that begins it, a package that is handed over, an appointment that somebody
// guarantees, and something that happens when it does not take place.
static void lint_transition(struct compiler *c, struct yaml *map) {
    static const struct {
        const char *key, *what;
        bool (*fits)(const struct compiler *c, stepdown_slice name);
    } parts[] = {{"trigger", "a rule or pattern that begins it", begins},
                 {"package", "a form that is handed over", hands_over},
                 {"appointment", "an appointment", guarantees},
                 {"fallback", "a route or an escalation", falls_back}};
    if (!compiler_keys(c, map, "a transition", "trigger package appointment fallback"))
        return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct yaml *at = compiler_word(c, map, parts[i].key);
        if (!at)
            complain(c, map, "V1", "a transition without %s is none that works: name %s", parts[i].key, parts[i].what);
        else if (!parts[i].fits(c, yaml_slice(at)))
            complain(c, at, "V1", "%s is %s; \"%s\" is not", parts[i].key, parts[i].what, at->text);
    }
}

static void lint_transitions(struct compiler *c) {
    for (size_t i = 0; i < c->d->source_count; i++) {
        struct yaml *map = yaml_get(c->units[i].root, "transition");
        c->unit = (uint16_t)i;
        const char *subject = c->d->sources[i].subject; // the half that has the transition is the file's own
        if (map && subject && strcmp(subject, c->subject) == 0)
            lint_transition(c, map);
    }
}

void lint(struct compiler *c) {
    lint_roles(c);
    lint_transitions(c);
    lint_times(c);
    lint_items(c);
    lint_escalations(c);
    lint_patterns(c);
    lint_needed_for(c);
    lint_graph(c);
    lint_gates(c);
}
