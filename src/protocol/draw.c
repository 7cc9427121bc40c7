// SPDX-License-Identifier: Apache-2.0
// A definition set as a Graphviz drawing: what opens what, which gate guards which step, who is told when.
// May call: describe, definitions.
#include <string.h>

#include "protocol/compile.h"
#include "protocol/describe.h"

// Text inside a quoted label.
static void quoted(struct buffer *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_text(out, "\\");
        buffer_append(out, text, 1);
    }
}

// Names of nodes: those of another half begin with its subject.
static const char *half(const struct definitions *d) {
    return strcmp(d->subject, d->sources[0].subject) == 0 ? "" : d->subject;
}

static bool in_protocol(const struct definitions *d, const struct def *def) {
    return !d->sources[def->source].dictionary;
}

static void draw_items(const struct definitions *d, struct buffer *out) {
    for (size_t i = 0; i < d->item_count; i++) {
        const struct item_def *item = &d->items[i];
        if (!in_protocol(d, &item->def))
            continue;
        buffer_format(out, "  %sitem%zu [shape=box, label=\"", half(d), i);
        quoted(out, item->def.name);
        buffer_format(out, "\\n%s of ", describe_kind(item->kind));
        quoted(out, d->roles[item->owner_role].def.name);
        buffer_text(out, "\"];\n");
        for (uint16_t k = 0; k < item->decision_count; k++) {
            if (item->decisions[k].opens < 0)
                continue;
            buffer_format(out, "  %sitem%zu -> %sitem%d [label=\"decides ", half(d), i, half(d),
                          (int)item->decisions[k].opens);
            quoted(out, item->decisions[k].def.name);
            buffer_text(out, "\"];\n");
        }
        if (in_protocol(d, &d->rules[item->escalation].def))
            buffer_format(out, "  %sitem%zu -> %srule%d [style=dashed, label=\"overdue\"];\n", half(d), i, half(d),
                          (int)item->escalation);
    }
}

static void draw_trigger(const struct definitions *d, size_t rule, const struct trigger *t, size_t number,
                         struct buffer *out) {
    struct buffer text;
    buffer_init(&text, out->env);
    describe_trigger(d, t, &text);
    buffer_append(&text, "", 1);
    if (text.failed) {
        out->failed = true;
    } else if (t->kind == TRIGGER_EVENT && t->source == SELECT_ITEM) {
        const struct event_row *row = event_row(t->code);
        buffer_format(out, "  %sitem%d -> %srule%zu [label=\"%s\"];\n", half(d), (int)t->def, half(d), rule,
                      row ? row->word : "");
    } else {
        buffer_format(out, "  %swhen%zu_%zu [shape=plaintext, label=\"", half(d), rule, number);
        quoted(out, (const char *)text.data);
        buffer_format(out, "\"];\n  %swhen%zu_%zu -> %srule%zu;\n", half(d), rule, number, half(d), rule);
    }
    buffer_free(&text);
}

static void draw_ladder(const struct definitions *d, size_t index, struct buffer *out) {
    const struct rule_def *rule = &d->rules[index];
    for (uint32_t s = 0; s < rule->step_count; s++) {
        const struct ladder_step *step = &d->steps[rule->step_first + s];
        buffer_format(out, "  %sstep%zu_%u [shape=plaintext, label=\"", half(d), index, (unsigned)s);
        for (uint16_t r = 0; r < step->tell_count; r++) {
            buffer_text(out, r > 0 ? ", " : "");
            quoted(out, d->roles[step->tell[r]].def.name);
        }
        buffer_text(out, "\"];\n");
        if (s == 0)
            buffer_format(out, "  %srule%zu -> %sstep%zu_0 [label=\"tell\"];\n", half(d), index, half(d), index);
        else
            buffer_format(out, "  %sstep%zu_%u -> %sstep%zu_%u [label=\"unanswered\"];\n", half(d), index,
                          (unsigned)s - 1, half(d), index, (unsigned)s);
    }
    if (rule->run >= 0)
        buffer_format(out, "  %srule%zu -> %sitem%d [label=\"run\"];\n", half(d), index, half(d), (int)rule->run);
}

static void draw_rules(const struct definitions *d, struct buffer *out) {
    static const char *const shapes[] = {
        [RULE_PLAIN] = "ellipse", [RULE_ESCALATION] = "octagon", [RULE_PATTERN] = "hexagon"};
    for (size_t i = 0; i < d->rule_count; i++) {
        const struct rule_def *rule = &d->rules[i];
        if (!in_protocol(d, &rule->def))
            continue;
        buffer_format(out, "  %srule%zu [shape=%s, label=\"", half(d), i, shapes[rule->kind]);
        quoted(out, rule->def.name);
        buffer_text(out, "\"];\n");
        for (uint32_t t = 0; t < rule->trigger_count; t++)
            draw_trigger(d, i, &d->triggers[d->rule_triggers[rule->trigger_first + t]], t, out);
        for (uint32_t a = 0; a < rule->action_count; a++) {
            const struct action_def *action = &d->actions[rule->action_first + a];
            if (action->item >= 0)
                buffer_format(out, "  %srule%zu -> %sitem%d;\n", half(d), i, half(d), (int)action->item);
            if (action->rule >= 0)
                buffer_format(out, "  %srule%zu -> %srule%d;\n", half(d), i, half(d), (int)action->rule);
        }
        draw_ladder(d, i, out);
    }
}

static void draw_gates(const struct definitions *d, struct buffer *out) {
    for (size_t i = 0; i < d->gate_count; i++) {
        const struct gate_def *gate = &d->gates[i];
        const struct event_row *row = event_row(gate->code);
        buffer_format(out, "  %sgate%zu [shape=diamond, label=\"", half(d), i);
        quoted(out, gate->def.name);
        for (uint32_t n = 0; n < gate->need_count; n++) {
            buffer_text(out, "\\n");
            quoted(out, d->needs[gate->need_first + n].def.name);
        }
        buffer_text(out, "\"];\n");
        if (gate->item >= 0)
            buffer_format(out, "  %sgate%zu -> %sitem%d [label=\"guards %s\", style=bold];\n", half(d), i, half(d),
                          (int)gate->item, row ? row->word : "");
    }
}

void protocol_draw(const struct halves *halves, struct buffer *out) {
    buffer_text(out, "digraph protocol {\n  rankdir=LR;\n  label=\"");
    quoted(out, halves->list[0]->sources[0].name);
    buffer_text(out, "\";\n");
    for (size_t i = 0; i < halves->count; i++) {
        const struct definitions *d = halves->list[i];
        if (i > 0)
            buffer_format(out, "  subgraph cluster_%s {\n  label=\"of a %s\";\n", d->subject, d->subject);
        draw_items(d, out);
        draw_rules(d, out);
        draw_gates(d, out);
        buffer_text(out, i > 0 ? "  }\n" : "");
    }
    buffer_text(out, "}\n");
}
