// SPDX-License-Identifier: Apache-2.0
// The gate as people read it: each need, why it is not met, who can clear it, and the records it rests on.
#include <string.h>

#include "engine/verbs.h"
#include "report/views.h"

enum gate_column { GATE_NAME, GATE_TITLE, GATE_STEP, GATE_ITEM, GATE_OPEN, GATE_ON_HOLD, GATE_NEEDS };
static const struct column gate_columns[] = {
    [GATE_NAME] = {"gate", STEPDOWN_COLUMN_TEXT},    [GATE_TITLE] = {"title", STEPDOWN_COLUMN_TEXT},
    [GATE_STEP] = {"step", STEPDOWN_COLUMN_TEXT},    [GATE_ITEM] = {"item", STEPDOWN_COLUMN_TEXT},
    [GATE_OPEN] = {"open", STEPDOWN_COLUMN_BOOLEAN}, [GATE_ON_HOLD] = {"on_hold", STEPDOWN_COLUMN_BOOLEAN},
    [GATE_NEEDS] = {"needs", STEPDOWN_COLUMN_ROWS},
};
enum need_column { NEED_ROW, NEED_SAYS, NEED_VERDICT, NEED_VACUOUS, NEED_REASONS, NEED_RECORDS };
static const struct column need_columns[] = {
    [NEED_ROW] = {"row", STEPDOWN_COLUMN_TEXT},         [NEED_SAYS] = {"says", STEPDOWN_COLUMN_TEXT},
    [NEED_VERDICT] = {"verdict", STEPDOWN_COLUMN_TEXT}, [NEED_VACUOUS] = {"vacuous", STEPDOWN_COLUMN_BOOLEAN},
    [NEED_REASONS] = {"reasons", STEPDOWN_COLUMN_ROWS}, [NEED_RECORDS] = {"records", STEPDOWN_COLUMN_ROWS},
};
enum reason_column { REASON_WORD, REASON_EXPLANATION, REASON_WHO, REASON_BY };
static const struct column reason_columns[] = {
    [REASON_WORD] = {"reason", STEPDOWN_COLUMN_TEXT},
    [REASON_EXPLANATION] = {"explanation", STEPDOWN_COLUMN_TEXT},
    [REASON_WHO] = {"who", STEPDOWN_COLUMN_TEXT},
    [REASON_BY] = {"by", STEPDOWN_COLUMN_TIME},
};
enum evidence_column { EVIDENCE_ID, EVIDENCE_FORM, EVIDENCE_FIELD, EVIDENCE_VERSION };
static const struct column evidence_columns[] = {
    [EVIDENCE_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [EVIDENCE_FORM] = {"form", STEPDOWN_COLUMN_TEXT},
    [EVIDENCE_FIELD] = {"field", STEPDOWN_COLUMN_TEXT},
    [EVIDENCE_VERSION] = {"version", STEPDOWN_COLUMN_INTEGER},
};

static const char *evidence_name(const struct state *s, const struct evidence *ev) {
    uint32_t element = state_find(s, ev->id);
    if (element != NO_ELEMENT) {
        return element_word(s, element);
    }
    for (size_t i = 0; i < s->mark_count; i++) {
        if (ref_equal(s->marks[i].at, ev->id)) {
            const struct event_row *row = event_row(s->marks[i].code);
            return row != NULL ? row->word : "mark";
        }
    }
    return "event";
}

void view_evidence(struct stepdown_result *r, size_t column, const struct state *s, const struct evidence *list,
                   size_t count) {
    struct stepdown_result *rows = result_nest(r, column, RESULT_COLUMNS(evidence_columns));
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < i && !known; k++) {
            known = ref_equal(list[k].id, list[i].id) && list[k].field == list[i].field;
        }
        if (known) {
            continue;
        }
        result_add(rows);
        result_format(rows, EVIDENCE_ID, "%llu.%u", (unsigned long long)list[i].id.seq, list[i].id.ord);
        result_string(rows, EVIDENCE_FORM, evidence_name(s, &list[i]));
        result_string(rows, EVIDENCE_FIELD,
                      list[i].field < s->defs->field_count ? s->defs->fields[list[i].field].def.name : "");
        result_number(rows, EVIDENCE_VERSION, (int64_t)list[i].version);
    }
}

static void add_need(struct stepdown_result *r, const struct evaluation *ev, const struct gate_result *g, size_t index,
                     struct buffer *b) {
    const struct need_result *need = &g->needs[index];
    const struct def *def = &ev->defs->needs[need->need].def;
    static const char *const verdicts[] = {[TRUTH_FALSE] = "unmet", [TRUTH_TRUE] = "met", [TRUTH_UNKNOWN] = "unknown"};
    result_add(r);
    result_string(r, NEED_ROW, def->row[0] != '\0' ? def->row : def->name);
    result_string(r, NEED_SAYS, def->says);
    result_string(r, NEED_VERDICT, verdicts[need->truth]);
    result_number(r, NEED_VACUOUS, need->vacuous);
    struct stepdown_result *reasons = result_nest(r, NEED_REASONS, RESULT_COLUMNS(reason_columns));
    for (uint32_t i = 0; i < need->unmet_count && need->truth != TRUTH_TRUE; i++) {
        const struct unmet *u = &g->verdict.unmet[need->unmet_first + i];
        result_add(reasons);
        result_string(reasons, REASON_WORD, reason_word(u->reason));
        rule_explain(ev, u, b);
        result_buffer(reasons, REASON_EXPLANATION, b);
        rule_clearers(ev, u, need->need, b);
        result_buffer(reasons, REASON_WHO, b);
        bool timed = g->element != NO_ELEMENT && ev->state->elements[g->element].start != STEPDOWN_TIME_NONE;
        result_number(reasons, REASON_BY,
                      timed                      ? ev->state->elements[g->element].start
                      : g->element != NO_ELEMENT ? ev->state->elements[g->element].due
                                                 : STEPDOWN_TIME_NONE);
    }
    uint32_t evidence = need->truth == TRUTH_TRUE ? need->evidence_count : 0;
    view_evidence(r, NEED_RECORDS, ev->state, evidence > 0 ? &g->verdict.evidence[need->evidence_first] : NULL,
                  evidence);
}

static const char *step_word(const struct gate_def *gate) {
    const struct event_row *row = event_row(gate->code);
    return row != NULL ? row->word : "";
}

// By name, or by the step it guards: "second_visit.start".
static int32_t find_gate(const struct definitions *defs, stepdown_slice name) {
    int32_t gate = definitions_gate(defs, name);
    const uint8_t *dot = name.size > 0 ? memchr(name.data, '.', name.size) : NULL;
    int32_t source = dot != NULL ? definitions_source(defs, slice_of(name.data, (size_t)(dot - name.data))) : -1;
    if (source >= 0) {
        name = slice_of(dot + 1, name.size - (size_t)(dot + 1 - name.data));
    }
    for (size_t i = 0; i < defs->gate_count && gate == NAME_UNKNOWN; i++) {
        const struct gate_def *g = &defs->gates[i];
        if (source >= 0 && g->def.source != source) {
            continue;
        }
        const struct item_def *item = g->item >= 0 ? &defs->items[g->item] : NULL;
        const char *owner = item != NULL ? item->def.name : "pathway";
        size_t size = strlen(owner);
        if (name.size <= size + 1 || memcmp(name.data, owner, size) != 0 || name.data[size] != '.') {
            continue;
        }
        stepdown_slice verb = slice_of(name.data + size + 1, name.size - size - 1);
        const struct verb_row *row = item != NULL ? lifecycle_verb(item->kind, verb) : NULL;
        if (row != NULL && row->code == g->code) {
            gate = (int32_t)i;
        }
    }
    return gate;
}

stepdown_status view_gate(struct engine *e, struct reading *rd, stepdown_slice name, stepdown_result **out,
                          stepdown_error **o) {
    struct state *s = rd->ev.state;
    int32_t gate = find_gate(s->defs, name);
    if (gate == NAME_CLASHES) {
        return target_clashes(e, s->defs, name, o);
    }
    if (gate < 0) {
        stepdown_status status = status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the protocols have no gate %.*s",
                                             (int)name.size, (const char *)name.data);
        for (size_t i = 0; i < s->defs->gate_count; i++) {
            status_detail(o, "gate", "%s", s->defs->gates[i].def.name);
        }
        return status;
    }
    const struct gate_def *def = &s->defs->gates[gate];
    uint32_t element = def->item >= 0 ? state_live_or_newest(s, def->item) : NO_ELEMENT;
    struct evaluation ev = engine_evaluation(e, s, rd->ev.now);
    ev.this_element = element;
    stepdown_status status = gate_evaluate(&ev, gate, element, &e->gate, o);
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(&e->env, RESULT_COLUMNS(gate_columns)) : NULL;
    if (r == NULL) {
        return status != STEPDOWN_OK ? status : status_nomem(&e->env, o);
    }
    struct buffer b;
    buffer_init(&b, &e->env);
    result_add(r);
    result_string(r, GATE_NAME, def->def.name);
    result_string(r, GATE_TITLE, def->def.says);
    result_format(r, GATE_STEP, "%s.%s", def->item >= 0 ? s->defs->items[def->item].def.name : "pathway",
                  step_word(def));
    view_id(r, GATE_ITEM, s, element);
    result_number(r, GATE_OPEN, e->gate.open);
    result_number(r, GATE_ON_HOLD, e->gate.on_hold);
    struct stepdown_result *needs = result_nest(r, GATE_NEEDS, RESULT_COLUMNS(need_columns));
    for (size_t i = 0; i < e->gate.need_count; i++) {
        add_need(needs, &ev, &e->gate, i, &b);
    }
    buffer_free(&b);
    return result_finish(r, out, o);
}
