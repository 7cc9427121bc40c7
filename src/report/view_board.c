// SPDX-License-Identifier: Apache-2.0
// The transition board: for everything open its next action, owner, evidence, and what escalates
// when; what hurts first on top. And the gate as people read it.
#include <string.h>

#include "engine/verbs.h"
#include "report/views.h"

// ---- gates -----------------------------------------------------------------------------------------------------------------

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
        return element_name(s, element);
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

stepdown_status view_gate(struct engine *e, struct state *s, stepdown_slice name, stepdown_result **out,
                          stepdown_error **o) {
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
    uint32_t element = def->item >= 0 ? target_newest_live(s, def->item) : NO_ELEMENT;
    struct evaluation ev = engine_evaluation(e, s, engine_now(e));
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

// ---- the board ---------------------------------------------------------------------------------------------------------------

enum board_column {
    BOARD_ID,
    BOARD_ACTION,
    BOARD_KIND,
    BOARD_STATE,
    BOARD_OWNER,
    BOARD_OWNER_ROLE,
    BOARD_ACCEPTED,
    BOARD_DUE,
    BOARD_OVERDUE,
    BOARD_UNOWNED,
    BOARD_EVIDENCE,
    BOARD_BLOCKED,
    BOARD_ESCALATES_AT,
    BOARD_ESCALATES_TO,
    BOARD_ROWS
};
static const struct column board_columns[] = {
    [BOARD_ID] = {"id", STEPDOWN_COLUMN_TEXT},
    [BOARD_ACTION] = {"action", STEPDOWN_COLUMN_TEXT},
    [BOARD_KIND] = {"kind", STEPDOWN_COLUMN_TEXT},
    [BOARD_STATE] = {"state", STEPDOWN_COLUMN_TEXT},
    [BOARD_OWNER] = {"owner", STEPDOWN_COLUMN_TEXT},
    [BOARD_OWNER_ROLE] = {"owner_role", STEPDOWN_COLUMN_TEXT},
    [BOARD_ACCEPTED] = {"accepted", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_DUE] = {"due", STEPDOWN_COLUMN_TIME},
    [BOARD_OVERDUE] = {"overdue", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_UNOWNED] = {"unowned", STEPDOWN_COLUMN_BOOLEAN},
    [BOARD_EVIDENCE] = {"evidence", STEPDOWN_COLUMN_TEXT},
    [BOARD_BLOCKED] = {"blocked_by", STEPDOWN_COLUMN_TEXT},
    [BOARD_ESCALATES_AT] = {"escalates_at", STEPDOWN_COLUMN_TIME},
    [BOARD_ESCALATES_TO] = {"escalates_to", STEPDOWN_COLUMN_TEXT},
    [BOARD_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
};

// Overdue or without an owner first, then alerts, then what is due soonest.
static int urgency(const struct element *el) {
    bool late = (el->flags & ELEMENT_OVERDUE_FLAG) != 0, unowned = el->owner.size == 0;
    return late && unowned ? 0 : late ? 1 : el->kind == KIND_ALERT ? 2 : unowned ? 3 : 4;
}

static int64_t soonest(const struct element *el) {
    stepdown_time at = el->kind == KIND_ALERT ? el->step_due : el->due;
    return at == STEPDOWN_TIME_NONE ? INT64_MAX : at;
}

static bool comes_before(const struct state *s, uint32_t a, uint32_t b) {
    const struct element *x = &s->elements[a], *y = &s->elements[b];
    int ux = urgency(x), uy = urgency(y);
    if (ux != uy) {
        return ux < uy;
    }
    int64_t dx = soonest(x), dy = soonest(y);
    return dx != dy ? dx < dy : a < b;
}

static void sift(const struct state *s, uint32_t *list, size_t root, size_t count) {
    for (size_t child = 2 * root + 1; child < count; root = child, child = 2 * root + 1) {
        if (child + 1 < count && comes_before(s, list[child], list[child + 1])) {
            child++;
        }
        if (!comes_before(s, list[root], list[child])) {
            return;
        }
        uint32_t keep = list[root];
        list[root] = list[child];
        list[child] = keep;
    }
}

// Heap sort: no allocation, no recursion, no bad case.
static void sort_board(const struct state *s, uint32_t *list, size_t count) {
    for (size_t i = count / 2; i > 0; i--) {
        sift(s, list, i - 1, count);
    }
    for (size_t end = count; end > 1; end--) {
        uint32_t keep = list[0];
        list[0] = list[end - 1];
        list[end - 1] = keep;
        sift(s, list, 0, end - 1);
    }
}

// Unmet needs of every gate that guards a step of this item.
static stepdown_status put_blocked(struct engine *e, struct stepdown_result *r, struct state *s, uint32_t element,
                                   struct buffer *b, stepdown_error **o) {
    const struct definitions *defs = s->defs;
    for (size_t i = 0; i < defs->gate_count; i++) {
        const struct gate_def *gate = &defs->gates[i];
        if (gate->item < 0 || (uint32_t)gate->item != s->elements[element].def) {
            continue;
        }
        const struct verb_row *row = lifecycle_event(s->elements[element].kind, gate->code);
        if (row == NULL || (row->from & STATE_BIT(s->elements[element].state)) == 0) {
            continue; // the guarded step is behind it
        }
        struct evaluation ev = engine_evaluation(e, s, engine_now(e));
        ev.this_element = element;
        stepdown_status status = gate_evaluate(&ev, (int32_t)i, element, &e->gate, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
        for (size_t n = 0; n < e->gate.need_count && !e->gate.open && e->gate.applies; n++) {
            if (e->gate.needs[n].truth != TRUTH_TRUE) {
                const struct def *need = &defs->needs[e->gate.needs[n].need].def;
                buffer_format(b, "%s%s", b->size > 0 ? ", " : "", need->row[0] != '\0' ? need->row : need->name);
            }
        }
    }
    result_buffer(r, BOARD_BLOCKED, b);
    return STEPDOWN_OK;
}

static stepdown_status add_action(struct engine *e, struct stepdown_result *r, struct state *s, uint32_t element,
                                  struct buffer *b, stepdown_error **o) {
    const struct element *el = &s->elements[element];
    const struct def *def = view_def(s, element);
    const struct kind_row *kind = lifecycle_kind(el->kind);
    stepdown_time at;
    result_add(r);
    view_id(r, BOARD_ID, s, element);
    view_title(s, element, b);
    result_buffer(r, BOARD_ACTION, b);
    result_string(r, BOARD_KIND, kind != NULL ? kind->word : "");
    result_string(r, BOARD_STATE, lifecycle_state_word(el->state));
    result_text(r, BOARD_OWNER, el->owner);
    result_text(r, BOARD_OWNER_ROLE, el->owner_role);
    result_number(r, BOARD_ACCEPTED, (el->flags & ELEMENT_ACCEPTED) != 0);
    result_number(r, BOARD_DUE, el->kind == KIND_ALERT ? el->step_due : el->due); // an alert: answer by
    result_number(r, BOARD_OVERDUE, (el->flags & ELEMENT_OVERDUE_FLAG) != 0);
    result_number(r, BOARD_UNOWNED, el->owner.size == 0);
    const char *evidence = el->def < s->defs->item_count ? s->defs->items[el->def].evidence : NULL;
    result_string(r, BOARD_EVIDENCE,
                  evidence != NULL         ? evidence
                  : el->kind == KIND_ALERT ? "owned and resolved with a reason"
                                           : "");
    stepdown_status status = put_blocked(e, r, s, element, b, o);
    bool escalates = escalate_preview(e, s, element, b, &at);
    result_number(r, BOARD_ESCALATES_AT, escalates ? at : STEPDOWN_TIME_NONE);
    result_buffer(r, BOARD_ESCALATES_TO, b);
    result_string(r, BOARD_ROWS, def != NULL && def->row != NULL ? def->row : "");
    return status;
}

stepdown_status view_board(struct engine *e, struct state *s, stepdown_result **out, stepdown_error **o) {
    uint32_t *list = arena_alloc(&e->arena, (s->open_count + 1) * sizeof *list);
    struct stepdown_result *r = list != NULL ? result_new(&e->env, RESULT_COLUMNS(board_columns)) : NULL;
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    if (s->open_count > 0) {
        memcpy(list, s->open_items, s->open_count * sizeof *list);
    }
    sort_board(s, list, s->open_count);
    struct buffer b;
    buffer_init(&b, &e->env);
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        status = add_action(e, r, s, list[i], &b, o);
    }
    buffer_free(&b);
    if (status != STEPDOWN_OK) {
        result_free(&r);
        return status;
    }
    return result_finish(r, out, o);
}
