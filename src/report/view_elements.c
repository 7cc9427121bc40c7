// SPDX-License-Identifier: Apache-2.0
// What a protocol consists of, element by element: its rows, its parts in words, and which way each part is stricter.
// May call: protocol, base.
#include <stdio.h>

#include "protocol/describe.h"
#include "report/views.h"

enum { KIND, NAME, WITHIN, SOURCE, SAYS, ROWS, PARTS, USES };
static const struct column element_columns[] = {
    {"kind", STEPDOWN_COLUMN_TEXT},   {"name", STEPDOWN_COLUMN_TEXT}, {"within", STEPDOWN_COLUMN_TEXT},
    {"source", STEPDOWN_COLUMN_TEXT}, {"says", STEPDOWN_COLUMN_TEXT}, {"rows", STEPDOWN_COLUMN_TEXT},
    {"parts", STEPDOWN_COLUMN_ROWS},  {"uses", STEPDOWN_COLUMN_ROWS},
};
enum { PART, VALUE, AMOUNT, ANCHOR, STRICTER };
static const struct column part_columns[] = {
    {"part", STEPDOWN_COLUMN_TEXT},   {"value", STEPDOWN_COLUMN_TEXT},    {"amount", STEPDOWN_COLUMN_INTEGER},
    {"anchor", STEPDOWN_COLUMN_TEXT}, {"stricter", STEPDOWN_COLUMN_TEXT},
};
static const struct column use_columns[] = {
    {"kind", STEPDOWN_COLUMN_TEXT},
    {"name", STEPDOWN_COLUMN_TEXT},
    {"rows", STEPDOWN_COLUMN_TEXT},
};

// Which way a part is stricter: a smaller or larger amount, or more parts of that name.
static const char either[] = "", less[] = "less", more[] = "more";

struct elements {
    const struct definitions *d;
    struct stepdown_result *r, *parts;
    bool other; // a further half: what a dictionary says stands with the first one
};

static bool shown_already(const struct elements *e, const struct def *def) {
    return e->other && e->d->sources[def->source].dictionary;
}

static void add_uses(struct elements *e, uint8_t kind, int32_t index) {
    struct stepdown_result *uses = result_nest(e->r, USES, RESULT_COLUMNS(use_columns));
    for (size_t i = 0; i < e->d->use_count; i++) {
        const struct use_def *use = &e->d->uses[i];
        if (use->kind != kind || use->index != index)
            continue;
        const struct def *def =
            use->parameter >= 0 ? &e->d->parameters[use->parameter].def : &e->d->calendars[use->calendar].def;
        result_add(uses);
        result_string(uses, 0, use->parameter >= 0 ? "parameter" : "calendar");
        result_string(uses, 1, def->name);
        result_string(uses, 2, def->row);
    }
}

static void start(struct elements *e, const char *kind, const struct def *def, const char *within) {
    result_add(e->r);
    result_string(e->r, KIND, kind);
    result_string(e->r, NAME, def->name);
    result_string(e->r, WITHIN, within);
    result_string(e->r, SOURCE, e->d->sources[def->source].name);
    result_string(e->r, SAYS, def->says);
    result_string(e->r, ROWS, def->row);
    e->parts = result_nest(e->r, PARTS, RESULT_COLUMNS(part_columns));
    (void)result_nest(e->r, USES, RESULT_COLUMNS(use_columns));
}

static void part(struct elements *e, const char *name, const char *value, const char *stricter) {
    result_add(e->parts);
    result_string(e->parts, PART, name);
    result_string(e->parts, VALUE, value);
    result_number(e->parts, AMOUNT, -1);
    result_string(e->parts, ANCHOR, "");
    result_string(e->parts, STRICTER, stricter);
}

static void flag(struct elements *e, const char *name, bool set, const char *stricter) {
    if (set)
        part(e, name, "yes", stricter);
}

static int64_t amount_of(const struct value *value) {
    if (value->type == VALUE_DURATION)
        return duration_bound(&value->duration);
    return value->type == VALUE_QUANTITY && value->number >= 0 && value->scale == 0 ? value->number : -1;
}

// How much a term comes to, and counted from what; a duration alone counts from the opening or the trigger.
static int64_t amount_of_term(const struct definitions *d, int32_t term, int32_t *anchor) {
    const struct term *t = &d->terms[term];
    *anchor = -1;
    if (t->kind == TERM_SHIFT && t->b >= 0) {
        *anchor = t->a;
        t = &d->terms[t->b];
    }
    if (t->kind == TERM_PARAMETER)
        return amount_of(&d->parameters[t->index].value);
    return t->kind == TERM_LITERAL ? amount_of(&t->value) : -1;
}

static void part_term(struct elements *e, const char *name, int32_t term, const char *stricter) {
    struct buffer text;
    int32_t anchor;
    if (term < 0)
        return;
    part(e, name, "", stricter);
    buffer_init(&text, &e->r->env);
    describe_term(e->d, term, &text);
    result_buffer(e->parts, VALUE, &text);
    result_number(e->parts, AMOUNT, amount_of_term(e->d, term, &anchor));
    describe_term(e->d, anchor, &text);
    result_buffer(e->parts, ANCHOR, &text);
    buffer_free(&text);
}

static void part_node(struct elements *e, const char *name, int32_t node) {
    struct buffer text;
    if (node < 0)
        return;
    part(e, name, "", either);
    buffer_init(&text, &e->r->env);
    describe_node(e->d, node, &text);
    result_buffer(e->parts, VALUE, &text);
    buffer_free(&text);
}

static void part_roles(struct elements *e, const char *name, int32_t set) {
    struct buffer text;
    if (set < 0)
        return;
    part(e, name, "", either);
    buffer_init(&text, &e->r->env);
    describe_roles(e->d, set, &text);
    result_buffer(e->parts, VALUE, &text);
    buffer_free(&text);
}

static void part_role_list(struct elements *e, const char *name, const int32_t *roles, size_t count,
                           const char *stricter) {
    for (size_t i = 0; i < count; i++)
        part(e, name, e->d->roles[roles[i]].def.name, stricter);
}

static void part_value(struct elements *e, const char *name, const struct value *value, const char *stricter) {
    struct buffer text;
    part(e, name, "", stricter);
    buffer_init(&text, &e->r->env);
    value_print(value, NULL, &text);
    result_buffer(e->parts, VALUE, &text);
    result_number(e->parts, AMOUNT, amount_of(value));
    buffer_free(&text);
}

static void part_words(struct elements *e, const char *name, const struct list_def *list) {
    for (size_t i = 0; i < list->count; i++)
        part(e, name, list->words[i], either);
}

// The name of a list, or the words of one that has none.
static void part_list(struct elements *e, const char *name, const struct list_def *list) {
    if (list->def.name[0] == 0)
        part_words(e, name, list);
    else
        part(e, name, list->def.name, either);
}

// ---- by kind -----------------------------------------------------------------------------------------------------------

static void add_roles(struct elements *e) {
    for (size_t i = 0; i < e->d->role_count; i++) {
        const struct role_def *role = &e->d->roles[i];
        start(e, "role", &role->def, "");
        part(e, "organization", role->org_kind, either);
        if (role->if_empty >= 0)
            part(e, "if empty", e->d->roles[role->if_empty].def.name, either);
        flag(e, "last", role->last, either);
        flag(e, "informed", role->informed, either);
    }
}

static void add_settings(struct elements *e) {
    for (size_t i = 0; i < e->d->parameter_count; i++) {
        const struct parameter_def *parameter = &e->d->parameters[i];
        start(e, "parameter", &parameter->def, "");
        part_value(e, "is", &parameter->value, parameter->tighter > 0 ? more : parameter->tighter < 0 ? less : either);
        if (parameter->part_name)
            part_value(e, parameter->part_name, &parameter->part, either);
    }
    for (size_t i = 0; i < e->d->calendar_count; i++) {
        const struct calendar_def *calendar = &e->d->calendars[i];
        const struct value until = {.type = VALUE_DURATION, .duration = {.exact = calendar->until}};
        start(e, "calendar", &calendar->def, "");
        part_value(e, "until", &until, less);
    }
    for (size_t i = 0; i < e->d->list_count; i++) {
        if (e->d->lists[i].def.name[0] == 0)
            continue; // stands in a field, and shows there
        start(e, "list", &e->d->lists[i].def, "");
        part_words(e, "word", &e->d->lists[i]);
    }
}

static void add_decisions(struct elements *e, const struct item_def *item) {
    for (uint16_t i = 0; i < item->decision_count; i++) {
        const struct decision_def *decision = &item->decisions[i];
        start(e, "decision", &decision->def, item->def.name);
        if (decision->opens >= 0)
            part(e, "opens", e->d->items[decision->opens].def.name, either);
    }
}

static void item_people(struct elements *e, const struct item_def *item) {
    if (item->owner_role >= 0)
        part(e, "owner", e->d->roles[item->owner_role].def.name, either);
    part_term(e, "person", item->owner_person, either);
    if (item->chair >= 0)
        part(e, "chair", e->d->roles[item->chair].def.name, either);
    part_role_list(e, "attends", item->attend, item->attend_count, more);
    part_role_list(e, "may attend", item->may_attend, item->may_attend_count, either);
    part_role_list(e, "with", item->with, item->with_count, more);
    part_role_list(e, "steps by", item->steps_by, item->steps_by_count, either);
}

static void item_times(struct elements *e, const struct item_def *item) {
    part_term(e, "start", item->start, either);
    part_term(e, "end", item->end, either);
    part_term(e, "due", item->due, less);
    part_term(e, "lead", item->lead, more);
    part_term(e, "every", item->cadence, less);
    if (item->escalation >= 0)
        part(e, "overdue", e->d->rules[item->escalation].def.name, either);
}

static void add_items(struct elements *e) {
    for (size_t i = 0; i < e->d->item_count; i++) {
        const struct item_def *item = &e->d->items[i];
        if (shown_already(e, &item->def))
            continue;
        start(e, "item", &item->def, "");
        add_uses(e, NAME_ITEM, (int32_t)i);
        part(e, "kind", describe_kind(item->kind), either);
        if (item->about >= 0)
            part(e, "about", e->d->items[item->about].def.name, either);
        item_people(e, item);
        item_times(e, item);
        part_node(e, "applies", item->applies);
        part_node(e, "ends when", item->close_needs);
        flag(e, "many", item->many, either);
        flag(e, "by hand", item->on_demand, either);
        flag(e, "at start", item->at_start, either);
        for (uint16_t a = 0; a < item->ask_count; a++)
            part(e, "asks", item->asks[a], more);
        if (item->draw.selector >= 0) {
            part_term(e, "draws at least", item->draw.at_least, more);
            part_term(e, "draws percent", item->draw.percent, more);
        }
        if (item->evidence)
            part(e, "evidence", item->evidence, either);
        add_decisions(e, item);
    }
}

static void add_fields(struct elements *e, const struct form_def *form) {
    static const char *const statements[] = {"", "fact", "interpretation"};
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *field = &e->d->fields[form->field_first + i];
        start(e, "field", &field->def, form->def.name);
        add_uses(e, NAME_FIELD, (int32_t)(form->field_first + i));
        part(e, "type", describe_type(field->type), either);
        if (field->list >= 0)
            part_list(e, "of", &e->d->lists[field->list]);
        if (field->fact || field->interpretation)
            part(e, "as", statements[field->fact ? 1 : 2], either);
        flag(e, "required", !field->optional, more);
        flag(e, "many", field->many, either);
        flag(e, "reason", field->reason_required, more);
        flag(e, "kept in the record", field->in_record, either);
        part_roles(e, "by", field->by);
    }
}

static void add_forms(struct elements *e) {
    for (size_t i = 0; i < e->d->form_count; i++) {
        const struct form_def *form = &e->d->forms[i];
        if (shown_already(e, &form->def) || (e->other && form->report_to))
            continue;
        start(e, form->report_to ? "report" : "form", &form->def, "");
        if (form->report_to)
            part(e, "to", form->report_to, either);
        for (uint16_t a = 0; a < form->about_count; a++)
            part(e, "about", e->d->items[form->about[a]].def.name, either);
        part_roles(e, "by", form->by);
        flag(e, "many", form->many, either);
        add_fields(e, form);
    }
}

static void part_triggers(struct elements *e, const struct rule_def *rule) {
    struct buffer text;
    buffer_init(&text, &e->r->env);
    for (uint32_t i = 0; i < rule->trigger_count; i++) {
        part(e, "when", "", more);
        describe_trigger(e->d, &e->d->triggers[e->d->rule_triggers[rule->trigger_first + i]], &text);
        result_buffer(e->parts, VALUE, &text);
    }
    buffer_free(&text);
}

static void part_actions(struct elements *e, const struct rule_def *rule) {
    struct buffer text;
    buffer_init(&text, &e->r->env);
    for (uint32_t i = 0; i < rule->action_count; i++) {
        part(e, "does", "", more);
        describe_action(e->d, &e->d->actions[rule->action_first + i], &text);
        result_buffer(e->parts, VALUE, &text);
    }
    buffer_free(&text);
}

static void part_ladder(struct elements *e, const struct rule_def *rule) {
    char name[40];
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct ladder_step *step = &e->d->steps[rule->step_first + i];
        (void)snprintf(name, sizeof name, "step %u tells", (unsigned)i + 1);
        part_role_list(e, name, step->tell, step->tell_count, more);
        (void)snprintf(name, sizeof name, "step %u answered within", (unsigned)i + 1);
        part_term(e, name, step->answer_within, less);
    }
    if (rule->run >= 0)
        part(e, "runs", e->d->items[rule->run].def.name, either);
}

static void add_rules(struct elements *e) {
    static const char *const kinds[] = {
        [RULE_PLAIN] = "rule", [RULE_ESCALATION] = "escalation", [RULE_PATTERN] = "pattern"};
    for (size_t i = 0; i < e->d->rule_count; i++) {
        const struct rule_def *rule = &e->d->rules[i];
        if (shown_already(e, &rule->def))
            continue;
        start(e, kinds[rule->kind], &rule->def, "");
        add_uses(e, NAME_RULE, (int32_t)i);
        part_triggers(e, rule);
        part_node(e, "only if", rule->only_if);
        part_actions(e, rule);
        part_ladder(e, rule);
    }
}

static void add_gates(struct elements *e) {
    for (size_t i = 0; i < e->d->gate_count; i++) {
        const struct gate_def *gate = &e->d->gates[i];
        const struct event_row *step = event_row(gate->code);
        start(e, "gate", &gate->def, "");
        result_add(e->parts);
        result_string(e->parts, PART, "guards");
        result_format(e->parts, VALUE, "%s.%s", gate->item >= 0 ? e->d->items[gate->item].def.name : "pathway",
                      step ? step->word : "");
        result_number(e->parts, AMOUNT, -1);
        part_node(e, "applies", gate->applies);
        for (uint32_t n = 0; n < gate->need_count; n++) {
            const struct need_def *need = &e->d->needs[gate->need_first + n];
            start(e, "need", &need->def, gate->def.name);
            add_uses(e, NAME_NEED, (int32_t)(gate->need_first + n));
            part_node(e, "holds until", need->node);
            part_roles(e, "cleared by", need->clearers);
        }
    }
}

static void add_proofs(struct elements *e) {
    for (size_t i = 0; i < e->d->confirm_count; i++) {
        const struct confirm_def *confirm = &e->d->confirms[i];
        start(e, "confirmation", &confirm->def, "");
        add_uses(e, NAME_CONFIRM, (int32_t)i);
        part_node(e, "applies", confirm->applies);
        part_node(e, "answered when", confirm->answered);
        part_term(e, "due", confirm->due, less);
        part_term(e, "value", confirm->value, either);
        for (uint32_t l = 0; l < confirm->label_count; l++)
            part(e, "label", e->d->labels[confirm->label_first + l].word, either);
    }
    for (size_t i = 0; i < e->d->measure_count; i++) {
        start(e, "measure", &e->d->measures[i].def, "");
        add_uses(e, NAME_MEASURE, (int32_t)i);
        part_term(e, "is", e->d->measures[i].term, either);
    }
}

static void add_dashboards(struct elements *e) {
    struct buffer text;
    buffer_init(&text, &e->r->env);
    for (size_t i = 0; i < e->d->dashboard_count; i++) {
        const struct dashboard_def *dashboard = &e->d->dashboards[i];
        start(e, "dashboard", &dashboard->def, "");
        part_roles(e, "open to", dashboard->roles);
        part(e, "purpose", dashboard->purpose, either);
        part_term(e, "small", dashboard->small, more);
        for (uint32_t n = 0; n < dashboard->cell_count; n++) {
            const struct cell_def *cell = &e->d->cells[dashboard->cell_first + n];
            start(e, "cell", &cell->def, dashboard->def.name);
            part(e, "count", "", either);
            describe_selector(e->d, cell->selector, &text);
            result_buffer(e->parts, VALUE, &text);
            part_term(e, "by", cell->key, either);
        }
    }
    buffer_free(&text);
}

// What is about one subject; what is shared stands with the first.
static void add_half(struct elements *e, bool first) {
    if (first) {
        add_roles(e);
        add_settings(e);
    }
    add_items(e);
    add_forms(e);
    add_rules(e);
    add_gates(e);
    add_proofs(e);
    add_dashboards(e);
}

stepdown_status view_elements(const struct env *env, const struct halves *halves, stepdown_result **out,
                              stepdown_error **o) {
    struct elements e = {.r = result_new(env, RESULT_COLUMNS(element_columns))};
    if (e.r == NULL) {
        return status_nomem(env, o);
    }
    for (size_t i = 0; i < halves->count; i++) {
        e.d = halves->list[i];
        e.other = i > 0;
        add_half(&e, i == 0);
    }
    return result_finish(e.r, out, o);
}
