// SPDX-License-Identifier: Apache-2.0
// The readable summary of a definition set: one line for each thing, its requirement rows first.
// May call: describe, definitions.
#include <string.h>

#include "protocol/compile.h"
#include "protocol/describe.h"

static void heading(struct buffer *out, const char *title, size_t count) {
    if (count > 0)
        buffer_format(out, "\n%s\n", title);
}

static void line_start(const struct def *def, struct buffer *out) {
    buffer_format(out, "  %-10s %s", def->row[0] != 0 ? def->row : "-", def->name);
}

// The row, the name unless it is the row, and what it says.
static void titled(const struct def *def, struct buffer *out) {
    bool named = strcmp(def->row, def->name) != 0;
    buffer_format(out, "  %-10s %s%s%s", def->row[0] != 0 ? def->row : "-", named ? def->name : "",
                  named && def->says[0] != 0 ? ": " : "", def->says);
}

static void part(const struct definitions *d, const char *word, int32_t term, struct buffer *out) {
    if (term < 0)
        return;
    buffer_format(out, ", %s ", word);
    describe_term(d, term, out);
}

static bool own(const struct definitions *d, const struct def *def) { return !d->sources[def->source].dictionary; }

// What a protocol says of another subject is shown after the rest; what is shared is not shown again.
static bool is_other(const struct definitions *d) { return strcmp(d->subject, d->sources[0].subject) != 0; }
static bool listed(const struct definitions *d, const struct def *def) { return !is_other(d) || own(d, def); }

static void show_sources(const struct definitions *d, struct buffer *out) {
    for (size_t i = 0; i < d->source_count; i++) {
        const struct source_def *s = &d->sources[i];
        buffer_format(out, "%s %s %s: %s\n",
                      s->dictionary ? "dictionary"
                      : s->overlay  ? "overlay"
                                    : "protocol",
                      s->name, s->version, s->title);
        if (s->purpose && s->purpose[0] != 0)
            buffer_format(out, "  protects: %s\n", s->purpose);
    }
}

static void show_roles(const struct definitions *d, struct buffer *out) {
    heading(out, "Roles", d->role_count);
    for (size_t i = 0; i < d->role_count; i++) {
        const struct role_def *role = &d->roles[i];
        if (role->def.row[0] == 0 && !own(d, &role->def))
            continue;
        line_start(&role->def, out);
        buffer_format(out, " (%s)", role->org_kind);
        if (role->if_empty >= 0)
            buffer_format(out, ", if nobody: %s", d->roles[role->if_empty].def.name);
        buffer_text(out, role->last ? ", last\n" : "\n");
    }
}

static void show_parameters(const struct definitions *d, struct buffer *out) {
    heading(out, "Parameters", d->parameter_count);
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter_def *p = &d->parameters[i];
        line_start(&p->def, out);
        buffer_text(out, " = ");
        value_print(&p->value, NULL, out);
        if (p->part_name) {
            buffer_format(out, ", %s ", p->part_name);
            value_print(&p->part, NULL, out);
        }
        buffer_text(out, "\n");
    }
}

static void show_huddle(const struct definitions *d, const struct item_def *item, struct buffer *out) {
    for (uint16_t i = 0; i < item->attend_count; i++)
        buffer_format(out, "%s%s", i == 0 ? "               attended by " : ", ", d->roles[item->attend[i]].def.name);
    buffer_text(out, item->attend_count > 0 ? "\n" : "");
    for (uint16_t i = 0; i < item->decision_count; i++) {
        const struct decision_def *decision = &item->decisions[i];
        buffer_format(out, "    %-10s decides %s", decision->def.row[0] != 0 ? decision->def.row : "-",
                      decision->def.name);
        if (decision->opens >= 0)
            buffer_format(out, ", which opens %s", d->items[decision->opens].def.name);
        buffer_text(out, "\n");
    }
    for (uint16_t i = 0; i < item->ask_count; i++)
        buffer_format(out, "               asks %s\n", item->asks[i]);
}

static void show_items(const struct definitions *d, struct buffer *out) {
    size_t count = 0;
    for (size_t i = 0; i < d->item_count; i++)
        count += listed(d, &d->items[i].def);
    heading(out, "Items", count);
    for (size_t i = 0; i < d->item_count; i++) {
        const struct item_def *item = &d->items[i];
        if (!listed(d, &item->def))
            continue;
        line_start(&item->def, out);
        buffer_format(out, " (%s%s)", item->many ? "many, " : "", describe_kind(item->kind));
        if (item->about >= 0)
            buffer_format(out, " about %s", d->items[item->about].def.name);
        buffer_format(out, ", owner %s", d->roles[item->owner_role].def.name);
        part(d, "named in", item->owner_person, out);
        part(d, "starts", item->start, out);
        part(d, "due", item->due, out);
        buffer_format(out, ", overdue: %s\n", d->rules[item->escalation].def.name);
        if (item->close_needs >= 0) {
            buffer_text(out, "               ends only when ");
            describe_node(d, item->close_needs, out);
            buffer_text(out, "\n");
        }
        show_huddle(d, item, out);
    }
}

const char *describe_type(uint8_t type) {
    static const char *const types[] = {
        [VALUE_TEXT] = "text",         [VALUE_CHOICE] = "choice",     [VALUE_TIME] = "moment",
        [VALUE_DURATION] = "duration", [VALUE_QUANTITY] = "number",   [VALUE_BOOLEAN] = "yes or no",
        [VALUE_REFERENCE] = "link",    [VALUE_DECISION] = "decision", [VALUE_STATEMENT] = "statement",
        [VALUE_PERSON] = "person",     [VALUE_ROLE] = "role",         [VALUE_DATE] = "date",
        [VALUE_INTERVAL] = "interval",
    };
    return type < sizeof types / sizeof types[0] && types[type] ? types[type] : "value";
}

static void show_field(const struct definitions *d, const struct form_def *form, const struct field_def *field,
                       struct buffer *out) {
    buffer_format(out, "    %-10s %s: %s%s", field->def.row[0] != 0 ? field->def.row : "-", field->def.name,
                  field->many ? "several, " : "", describe_type(field->type));
    buffer_text(out, field->fact ? ", fact" : field->interpretation ? ", interpretation" : "");
    buffer_text(out, field->optional ? ", optional" : "");
    buffer_text(out, field->reason_required ? ", with reason" : "");
    buffer_text(out, field->in_record ? ", kept in the record" : "");
    if (field->by >= 0 || form->by >= 0) {
        buffer_text(out, ", by ");
        describe_roles(d, field->by >= 0 ? field->by : form->by, out);
    }
    buffer_text(out, "\n");
}

static void show_forms(const struct definitions *d, bool reports, const char *title, struct buffer *out) {
    size_t count = 0;
    for (size_t i = 0; i < d->form_count; i++)
        count += (d->forms[i].report_to != NULL) == reports && listed(d, &d->forms[i].def);
    heading(out, title, count);
    for (size_t i = 0; i < d->form_count; i++) {
        const struct form_def *form = &d->forms[i];
        if ((form->report_to != NULL) != reports || !listed(d, &form->def))
            continue;
        line_start(&form->def, out);
        if (form->report_to)
            buffer_format(out, " to a %s", form->report_to);
        for (uint16_t a = 0; a < form->about_count; a++)
            buffer_format(out, "%s%s", a == 0 ? " about " : ", ", d->items[form->about[a]].def.name);
        buffer_text(out, "\n");
        for (uint32_t f = 0; f < form->field_count; f++)
            show_field(d, form, &d->fields[form->field_first + f], out);
    }
}

void describe_action(const struct definitions *d, const struct action_def *action, struct buffer *out) {
    static const char *const words[] = {
        [ACTION_OPEN] = "open",           [ACTION_CLOSE] = "close",       [ACTION_SEND] = "send",
        [ACTION_ESCALATE] = "escalate",   [ACTION_RUN] = "run",           [ACTION_HOLD] = "hold",
        [ACTION_RELEASE] = "release",     [ACTION_SET] = "set",           [ACTION_REPORT] = "report",
        [ACTION_FLAG] = "flag",           [ACTION_ALLOCATE] = "allocate", [ACTION_ATTACH] = "attach",
        [ACTION_TAKE] = "take a step of",
    };
    buffer_format(out, "%s ", words[action->kind]);
    if (action->item >= 0)
        buffer_text(out, d->items[action->item].def.name);
    if (action->rule >= 0)
        buffer_text(out, d->rules[action->rule].def.name);
    if (action->gate >= 0)
        buffer_text(out, d->gates[action->gate].def.name);
    if (action->report >= 0)
        buffer_text(out, d->forms[action->report].def.name);
    if (action->to != REPORT_TO_GROUPS)
        buffer_text(out, action->to == REPORT_TO_MEMBERS ? " to all members" : " to its sender");
    if (action->field >= 0)
        buffer_format(out, "%s to ", d->fields[action->field].def.name);
    if (action->kind != ACTION_REPORT)
        describe_term(d, action->term, out);
}

static void show_action(const struct definitions *d, const struct action_def *action, struct buffer *out) {
    buffer_text(out, "               ");
    describe_action(d, action, out);
    buffer_text(out, "\n");
}

static void show_ladder(const struct definitions *d, const struct rule_def *rule, struct buffer *out) {
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct ladder_step *step = &d->steps[rule->step_first + i];
        buffer_format(out, "               step %u: tell ", (unsigned)i + 1);
        for (uint16_t r = 0; r < step->tell_count; r++)
            buffer_format(out, "%s%s", r > 0 ? " and " : "", d->roles[step->tell[r]].def.name);
        buffer_text(out, ", answer within ");
        describe_term(d, step->answer_within, out);
        buffer_text(out, "\n");
    }
    if (rule->run >= 0)
        buffer_format(out, "               run %s\n", d->items[rule->run].def.name);
}

static void show_rules(const struct definitions *d, uint8_t kind, const char *title, struct buffer *out) {
    size_t count = 0;
    for (size_t i = 0; i < d->rule_count; i++)
        count += d->rules[i].kind == kind && listed(d, &d->rules[i].def);
    heading(out, title, count);
    for (size_t i = 0; i < d->rule_count; i++) {
        const struct rule_def *rule = &d->rules[i];
        if (rule->kind != kind || !listed(d, &rule->def))
            continue;
        titled(&rule->def, out);
        buffer_text(out, "\n");
        for (uint32_t t = 0; t < rule->trigger_count; t++) {
            buffer_text(out, "               when ");
            describe_trigger(d, &d->triggers[d->rule_triggers[rule->trigger_first + t]], out);
            buffer_text(out, "\n");
        }
        if (rule->only_if >= 0) {
            buffer_text(out, "               only if ");
            describe_node(d, rule->only_if, out);
            buffer_text(out, "\n");
        }
        for (uint32_t a = 0; a < rule->action_count; a++)
            show_action(d, &d->actions[rule->action_first + a], out);
        show_ladder(d, rule, out);
    }
}

static void show_gates(const struct definitions *d, struct buffer *out) {
    heading(out, "Gates", d->gate_count);
    for (size_t i = 0; i < d->gate_count; i++) {
        const struct gate_def *gate = &d->gates[i];
        const struct event_row *row = event_row(gate->code);
        titled(&gate->def, out);
        buffer_format(out, "\n               guards %s.%s\n",
                      gate->item >= 0 ? d->items[gate->item].def.name : "pathway", row ? row->word : "");
        for (uint32_t n = 0; n < gate->need_count; n++) {
            const struct need_def *need = &d->needs[gate->need_first + n];
            buffer_format(out, "    %-10s %s\n               ", need->def.name, need->def.says);
            describe_node(d, need->node, out);
            buffer_text(out, "\n               cleared by ");
            describe_roles(d, need->clearers, out);
            buffer_text(out, need->clearers < 0 ? "the owner\n" : "\n");
        }
    }
}

static void show_confirms(const struct definitions *d, struct buffer *out) {
    heading(out, "Confirmations", d->confirm_count);
    for (size_t i = 0; i < d->confirm_count; i++) {
        const struct confirm_def *confirm = &d->confirms[i];
        titled(&confirm->def, out);
        buffer_text(out, "\n               answered when ");
        describe_node(d, confirm->answered, out);
        if (confirm->due >= 0) {
            buffer_text(out, "\n               not yet due before ");
            describe_term(d, confirm->due, out);
        }
        if (confirm->value >= 0) {
            buffer_text(out, "\n               value ");
            describe_term(d, confirm->value, out);
        }
        for (uint32_t l = 0; l < confirm->label_count; l++) {
            const struct label_def *label = &d->labels[confirm->label_first + l];
            buffer_format(out, "\n               %s when ", label->word);
            describe_node(d, label->node, out);
            buffer_text(out, label->node < 0 ? "nothing else holds" : "");
        }
        buffer_text(out, "\n");
    }
}

static void show_measures(const struct definitions *d, struct buffer *out) {
    heading(out, "Measures", d->measure_count);
    for (size_t i = 0; i < d->measure_count; i++) {
        titled(&d->measures[i].def, out);
        buffer_text(out, "\n               ");
        describe_term(d, d->measures[i].term, out);
        buffer_text(out, "\n");
    }
}

static void show_dashboards(const struct definitions *d, struct buffer *out) {
    heading(out, "Dashboards", d->dashboard_count);
    for (size_t i = 0; i < d->dashboard_count; i++) {
        const struct dashboard_def *dashboard = &d->dashboards[i];
        titled(&dashboard->def, out);
        buffer_text(out, "\n               open to ");
        describe_roles(d, dashboard->roles, out);
        buffer_format(out, " for %s; not shown: 1 to ", dashboard->purpose);
        describe_term(d, dashboard->small, out);
        buffer_text(out, "\n");
        for (uint32_t n = 0; n < dashboard->cell_count; n++) {
            const struct cell_def *cell = &d->cells[dashboard->cell_first + n];
            buffer_format(out, "               %s: count of ", cell->def.name);
            describe_selector(d, cell->selector, out);
            buffer_text(out, " by ");
            describe_term(d, cell->key, out);
            buffer_text(out, "\n");
        }
    }
}

static void show_half(const struct definitions *d, struct buffer *out) {
    if (is_other(d)) {
        buffer_format(out, "\nAlso, of a %s\n", d->subject);
    } else {
        show_sources(d, out);
        show_roles(d, out);
        show_parameters(d, out);
        show_forms(d, true, "Reports", out);
    }
    show_items(d, out);
    show_forms(d, false, "Forms", out);
    show_rules(d, RULE_PLAIN, "Rules", out);
    show_gates(d, out);
    show_rules(d, RULE_ESCALATION, "Escalations", out);
    show_rules(d, RULE_PATTERN, "Patterns", out);
    show_confirms(d, out);
    show_measures(d, out);
    show_dashboards(d, out);
}

void protocol_show(const struct halves *halves, struct buffer *out) {
    for (size_t i = 0; i < halves->count; i++)
        show_half(halves->list[i], out);
}
