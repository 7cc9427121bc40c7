// SPDX-License-Identifier: Apache-2.0
// Gates at work: the guarded transition itself evaluates them, in its own transaction, and records gate and evidence.
// Held is a refusal that names every unmet need. Evidence that goes away afterwards undoes nothing: it opens an alert.
#include "engine/verbs.h"

#include <string.h>

// ---- held ------------------------------------------------------------------------------------------------------------------

static void detail_need(struct draft *d, const struct evaluation *ev, const struct gate_result *r, size_t index,
                        size_t number, stepdown_error **o) {
    const struct need_result *need = &r->needs[index];
    const struct need_def *def = &d->defs->needs[need->need];
    struct buffer text;
    buffer_init(&text, &d->e->env);
    static const char *const names[] = {"need", "says", "reason", "explanation", "who"};
    for (int part = 0; part < 5; part++) {
        buffer_clear(&text);
        const struct unmet *u = need->unmet_count > 0 ? &r->verdict.unmet[need->unmet_first] : NULL;
        switch (part) {
        case 0: buffer_text(&text, def->def.row[0] != '\0' ? def->def.row : def->def.name); break;
        case 1: buffer_text(&text, def->def.says); break;
        case 2: buffer_text(&text, u != NULL ? reason_word(u->reason) : "none recorded"); break;
        case 3:
            for (uint32_t i = 0; i < need->unmet_count; i++) {
                buffer_text(&text, i > 0 ? "; " : "");
                rule_explain(ev, &r->verdict.unmet[need->unmet_first + i], &text);
            }
            break;
        default:
            if (u != NULL) {
                rule_clearers(ev, u, need->need, &text);
            }
        }
        buffer_append(&text, "", 1);
        const char *key = arena_format(d->arena, "%s.%zu", names[part], number);
        if (!text.failed && key != NULL) {
            status_detail(o, key, "%s", (const char *)text.data);
        }
    }
    buffer_free(&text);
}

static stepdown_status held(struct draft *d, const struct evaluation *ev, const struct gate_result *r, const char *step,
                            stepdown_error **o) {
    const struct gate_def *gate = &d->defs->gates[r->gate];
    size_t unmet = 0;
    for (size_t i = 0; i < r->need_count; i++) {
        unmet += r->needs[i].truth != TRUTH_TRUE;
    }
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_HELD, "%s cannot %s yet: %zu of %zu needs are not met (%s)",
                    access_name(d, r->element), step, unmet, r->need_count, gate->def.says);
    status_detail(o, "gate", "%s", gate->def.name);
    if (r->on_hold) {
        status_detail(o, "hold", "the gate was put on hold by a rule");
    }
    size_t number = 0;
    for (size_t i = 0; i < r->need_count; i++) {
        if (r->needs[i].truth != TRUTH_TRUE) {
            detail_need(d, ev, r, i, ++number, o);
        }
    }
    return status;
}

// ---- passed ------------------------------------------------------------------------------------------------------------------

// A need over very many things cites the newest of them and says how many there were.
enum { EVIDENCE_MAX = 256 };

static stepdown_status emit_passed(struct draft *d, const struct gate_result *r, stepdown_error **o) {
    const struct verdict *v = &r->verdict;
    struct value *refs = draft_list(d, v->evidence_count);
    if (refs == NULL) {
        return status_nomem(&d->e->env, o);
    }
    uint32_t count = 0;
    for (size_t i = 0; i < v->evidence_count && count < EVIDENCE_MAX; i++) {
        const struct evidence *ev = &v->evidence[i];
        bool field = ev->field < d->defs->field_count;
        struct value ref = {.type = VALUE_REFERENCE,
                            .ref = ev->id,
                            .version = ev->version,
                            .field = field ? d->defs->fields[ev->field].def.symbol : 0};
        bool known = false;
        for (uint32_t k = 0; k < count && !known; k++) {
            known = value_equal(&refs[k], &ref);
        }
        if (!known) {
            refs[count++] = ref;
        }
    }
    struct event_draft ev;
    struct value list = {.type = VALUE_LIST, .items = refs, .count = count};
    event_start(&ev, d, EVENT_GATE_PASSED, d->defs->gates[r->gate].def.symbol, r->element);
    event_value(&ev, d, ATTR_EVIDENCE, &list);
    if (count == EVIDENCE_MAX) {
        event_number(&ev, d, ATTR_COUNT, (int64_t)v->evidence_count);
    }
    return draft_emit(d, &ev, NULL, o);
}

stepdown_status guard_step(struct draft *d, uint32_t element, uint16_t code, const char *step, stepdown_error **o) {
    struct engine *e = d->e;
    uint32_t def = element != NO_ELEMENT ? d->state->elements[element].def : UINT32_MAX;
    for (size_t i = 0; i < d->defs->gate_count; i++) {
        const struct gate_def *gate = &d->defs->gates[i];
        bool guards = gate->item >= 0 ? (uint32_t)gate->item == def : element == NO_ELEMENT;
        if (!guards || gate->code != code) {
            continue;
        }
        struct evaluation ev = engine_evaluation(e, d->state, d->now);
        ev.this_element = element;
        stepdown_status status = gate_evaluate(&ev, (int32_t)i, element, &e->gate, o);
        if (status == STEPDOWN_OK && e->gate.applies) {
            status = e->gate.open ? emit_passed(d, &e->gate, o) : held(d, &ev, &e->gate, step, o);
        }
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    return STEPDOWN_OK;
}

// ---- closed again --------------------------------------------------------------------------------------------------------------

// Does the pass rest on the element that changed, directly or through a mark on it?
static bool rests_on(const struct state *s, const struct gate_pass *pass, uint32_t changed) {
    struct ref id = s->elements[changed].id;
    for (uint32_t a = 0; a < pass->attr_count; a++) {
        const struct attr *attr = &s->attrs[pass->attr_first + a];
        for (uint32_t i = 0; attr->key == ATTR_EVIDENCE && i < attr->value.count; i++) {
            const struct ref *cited = &attr->value.items[i].ref;
            if (ref_equal(*cited, id)) {
                return true;
            }
            for (uint32_t m = s->elements[changed].first_mark; m != UINT32_MAX; m = s->marks[m].next) {
                if (ref_equal(s->marks[m].at, *cited)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static stepdown_status close_again(struct draft *d, size_t index, stepdown_error **o) {
    struct engine *e = d->e;
    const struct gate_pass *pass = &d->state->passes[index];
    struct evaluation ev = engine_evaluation(e, d->state, d->now);
    uint32_t element = pass->element, gate = pass->gate;
    ev.this_element = element;
    stepdown_status status = gate_evaluate(&ev, (int32_t)gate, element, &e->gate, o);
    if (status != STEPDOWN_OK || !e->gate.applies || e->gate.open) {
        return status;
    }
    struct event_draft event;
    event_start(&event, d, EVENT_GATE_CLOSED_AGAIN, d->defs->gates[gate].def.symbol, element);
    status = draft_emit(d, &event, NULL, o);
    int32_t rule = d->defs->evidence_rule;
    uint32_t def = element != NO_ELEMENT ? d->state->elements[element].def : UINT32_MAX;
    if (rule < 0 && def < d->defs->item_count) {
        rule = d->defs->items[def].escalation;
    }
    return status == STEPDOWN_OK ? escalate(d, rule, element, o) : status;
}

stepdown_status guard_recheck(struct draft *d, uint32_t changed, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    if (changed == NO_ELEMENT) {
        return STEPDOWN_OK;
    }
    for (size_t i = 0; i < d->state->pass_count && status == STEPDOWN_OK; i++) {
        const struct gate_pass *pass = &d->state->passes[i];
        if (!pass->closed_again && !pass->exception && pass->gate < d->defs->gate_count &&
            rests_on(d->state, pass, changed)) {
            status = close_again(d, i, o);
        }
    }
    return status;
}

// What a gate rests on can also be lost by what is newly recorded: another answer, a plan called off, an owner gone.
// While the guarded item lives, a gate that was passed is looked at again whenever something it reads was touched.
// Not so a step that is taken again and again (a further reduction): then the gate asks about the next one.
static bool gate_reads(const struct definitions *defs, uint32_t gate, uint64_t touched) {
    const struct gate_def *def = &defs->gates[gate];
    const struct verb_row *step = def->item >= 0 ? lifecycle_event(defs->items[def->item].kind, def->code) : NULL;
    if (step != NULL && step->to != STATE_NONE && (step->from & STATE_BIT(step->to)) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < def->need_count; i++) {
        if ((defs->node_reads[defs->needs[def->need_first + i].node] & touched) != 0) {
            return true;
        }
    }
    return false;
}

stepdown_status guard_follow(struct draft *d, uint64_t touched, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t pass = s->elements[s->open_items[i]].last_pass;
        for (; pass != UINT32_MAX && status == STEPDOWN_OK; pass = s->passes[pass].previous) {
            const struct gate_pass *p = &s->passes[pass];
            if (!p->closed_again && !p->exception && p->gate < d->defs->gate_count &&
                gate_reads(d->defs, p->gate, touched)) {
                status = close_again(d, pass, o);
            }
        }
    }
    return status;
}
