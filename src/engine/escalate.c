// SPDX-License-Identifier: Apache-2.0
// Ladders: raising an alert with everyone of a step told in one act, the next step when nobody answers, somebody else
// when a role is empty, and the store's fallback at the end. Nothing is raised twice, and no step is ever dropped.
#include "engine/actions.h"
#include "engine/verbs.h"

#include <string.h>

bool role_answers_for(const struct definitions *defs, int32_t role, int32_t below) {
    for (size_t hops = 0; below >= 0 && hops <= defs->role_count; hops++) {
        if (below == role) {
            return true;
        }
        below = defs->roles[below].if_empty;
    }
    return false;
}

static bool takes_part(const struct state *s, stepdown_slice organization, const struct role_def *role,
                       stepdown_time at) {
    for (size_t i = 0; i < s->participant_count; i++) {
        const struct participant *p = &s->participants[i];
        bool now = p->until == STEPDOWN_TIME_NONE || at < p->until;
        if (now && slice_equal(p->org, organization) && definitions_role_fits(role, p->kind)) {
            return true;
        }
    }
    return false;
}

bool role_holder(struct engine *e, const struct state *s, int32_t role, stepdown_time at, stepdown_slice *person,
                 stepdown_slice *organization) {
    const struct role_def *def = &s->defs->roles[role];
    const struct assignment *best = NULL;
    for (size_t i = 0; i < e->directory.assignment_count; i++) {
        const struct assignment *a = &e->directory.assignments[i];
        bool now = a->from <= at && (a->until == STEPDOWN_TIME_NONE || at < a->until);
        if (now && slice_is(a->role, def->def.name) && takes_part(s, a->organization, def, at) &&
            (best == NULL || (a->on_call && !best->on_call))) {
            best = a;
        }
    }
    if (best != NULL) {
        *person = best->person;
        *organization = best->organization;
    }
    return best != NULL;
}

void role_organization(struct engine *e, const struct state *s, int32_t role, stepdown_time at, stepdown_slice person,
                       stepdown_slice *organization) {
    const struct role_def *def = &s->defs->roles[role];
    for (size_t i = 0; i < e->directory.assignment_count; i++) {
        const struct assignment *a = &e->directory.assignments[i];
        bool now = a->from <= at && (a->until == STEPDOWN_TIME_NONE || at < a->until);
        if (now && slice_equal(a->person, person) && slice_is(a->role, def->def.name) &&
            takes_part(s, a->organization, def, at)) {
            *organization = a->organization;
            return;
        }
    }
}

// ---- who is told -----------------------------------------------------------------------------------------------------------------

enum { RECIPIENTS_MAX = 64 };
struct recipient {
    stepdown_slice role, organization, person;
};
struct recipients {
    struct recipient list[RECIPIENTS_MAX];
    size_t count;
};

static void recipients_push(struct recipients *r, stepdown_slice role, stepdown_slice organization,
                            stepdown_slice person) {
    for (size_t i = 0; i < r->count; i++) {
        struct recipient *known = &r->list[i];
        bool same =
            known->organization.size == 0 || organization.size == 0 || slice_equal(known->organization, organization);
        if (slice_equal(known->person, person) && same) { // one person is told once, also in two roles
            if (known->organization.size == 0) {
                known->role = role;
                known->organization = organization;
            }
            return;
        }
    }
    if (r->count < RECIPIENTS_MAX) {
        r->list[r->count++] = (struct recipient){.role = role, .organization = organization, .person = person};
    }
}

// The holder of the role, else of the role that answers for it when it is empty, and so on.
static bool resolve_role(struct draft *d, int32_t role, struct recipients *out) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    for (size_t hops = 0; role >= 0 && hops <= d->defs->role_count; hops++) {
        const struct role_def *def = &d->defs->roles[role];
        struct value named;
        stepdown_slice person, organization = slice_of(NULL, 0);
        if (def->named_in >= 0 && rule_term(&ev, def->named_in, &named, NULL) && named.type == VALUE_PERSON) {
            recipients_push(out, slice_text(def->def.name), organization, named.text);
            return true;
        }
        if (role_holder(d->e, d->state, role, d->now, &person, &organization)) {
            recipients_push(out, slice_text(def->def.name), organization, person);
            return true;
        }
        role = def->if_empty;
    }
    return false;
}

static bool add_list(struct draft *d, struct event_draft *ev, const struct recipients *r) {
    struct value *rows = draft_list(d, r->count);
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->count; i++) {
        struct value *parts = draft_list(d, 3);
        if (parts == NULL) {
            return false;
        }
        parts[0] = draft_text(VALUE_ROLE, r->list[i].role);
        parts[1] = draft_text(VALUE_TEXT, r->list[i].organization);
        parts[2] = draft_text(VALUE_PERSON, r->list[i].person);
        rows[i] = (struct value){.type = VALUE_LIST, .items = parts, .count = 3};
    }
    struct value list = {.type = VALUE_LIST, .items = rows, .count = (uint32_t)r->count};
    event_value(ev, d, ATTR_RECIPIENTS, &list);
    return true;
}

void recipients_add(struct draft *d, struct event_draft *ev, const int32_t *roles, uint16_t count) {
    struct recipients r = {.count = 0};
    for (uint16_t i = 0; i < count; i++) {
        resolve_role(d, roles[i], &r);
    }
    if (r.count > 0 && !add_list(d, ev, &r)) {
        ev->attrs = NULL; // shows as out of memory when the event is emitted
    }
}

// ---- steps -----------------------------------------------------------------------------------------------------------------------

// One rung: who is told, until when they may answer, and which rung it really was (empty ones are passed over).
struct rung {
    struct recipients told;
    stepdown_time answer_by; // then the next rung; TIME_NONE: not worked out yet
    uint32_t step;
};

static stepdown_time tomorrow(const struct draft *d) {
    struct duration day = {.days = 1};
    return duration_add(d->now, &day, 1, d->state->zone, NULL, 0);
}

static stepdown_time answer_by(struct draft *d, int32_t term) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value value;
    if (term < 0 || !rule_term(&ev, term, &value, NULL)) {
        return tomorrow(d);
    }
    if (value.type == VALUE_DURATION) {
        return duration_add(d->now, &value.duration, 1, d->state->zone, NULL, 0);
    }
    return value.number > d->now ? value.number : d->now + TIME_HOUR; // a calendar moment that has passed: an hour
}

// Rung number of the fallback: behind the steps of the ladder, and behind the route when one runs first.
static uint32_t last_rung(const struct definitions *defs, int32_t rule) {
    if (rule < 0) {
        return 0;
    }
    const struct rule_def *def = &defs->rules[rule];
    return def->step_count + (def->run >= 0 ? 1 : 0);
}

static void rung_fallback(struct draft *d, uint32_t step, struct rung *out) {
    const struct engine *e = d->e;
    out->step = step;
    out->answer_by = tomorrow(d); // told again every day until somebody owns it: an alert is never dropped
    recipients_push(&out->told, e->fallback_role, e->fallback_organization, e->fallback_person);
}

// The first rung from `step` on that reaches somebody.
static void find_rung(struct draft *d, int32_t rule, uint32_t step, struct rung *out) {
    uint32_t last = last_rung(d->defs, rule);
    *out = (struct rung){.step = step};
    for (; step < last; step++) {
        const struct rule_def *def = &d->defs->rules[rule];
        uint32_t index = step - (def->run >= 0 ? 1 : 0);
        if (step == 0 && def->run >= 0) {
            continue; // the route itself is run by escalate_route
        }
        const struct ladder_step *s = &d->defs->steps[def->step_first + index];
        for (uint16_t i = 0; i < s->tell_count; i++) {
            resolve_role(d, s->tell[i], &out->told);
        }
        if (out->told.count > 0) {
            out->step = step;
            out->answer_by = answer_by(d, s->answer_within);
            return;
        }
    }
    rung_fallback(d, last, out);
}

static stepdown_status emit_rung(struct draft *d, struct event_draft *ev, const struct rung *rung, stepdown_error **o) {
    const struct recipient *owner = &rung->told.list[0];
    event_number(ev, d, ATTR_STEP, rung->step);
    event_time(ev, d, ATTR_STEP_DUE, rung->answer_by);
    event_text(ev, d, ATTR_PERSON, VALUE_PERSON, owner->person);
    if (!add_list(d, ev, &rung->told)) {
        return status_nomem(&d->e->env, o);
    }
    return draft_emit(d, ev, NULL, o);
}

// ---- raising ---------------------------------------------------------------------------------------------------------------------

int32_t ladder_of(const struct definitions *defs, const struct element *el) {
    if (el->def < defs->item_count) {
        return defs->items[el->def].escalation;
    }
    return (el->flags & ELEMENT_ADHOC) != 0 && defs->action_item >= 0 ? defs->items[defs->action_item].escalation : -1;
}

static bool raised_already(const struct state *s, int32_t rule, uint32_t about) {
    for (size_t i = 0; i < s->open_count; i++) {
        const struct element *el = &s->elements[s->open_items[i]];
        uint32_t wanted = rule >= 0 ? (uint32_t)rule : UINT32_MAX;
        if (el->kind == KIND_ALERT && el->ladder_rule == wanted && el->about == about) {
            return true;
        }
    }
    return false;
}

static stepdown_status raise_alert(struct draft *d, int32_t rule, uint32_t about, const struct rung *rung,
                                   stepdown_error **o) {
    const struct recipient *owner = &rung->told.list[0];
    struct event_draft ev;
    event_start(&ev, d, EVENT_ALERT_OPENED, rule >= 0 ? d->defs->rules[rule].def.symbol : 0, NO_ELEMENT);
    event_element(&ev, d, ATTR_ABOUT, about);
    event_text(&ev, d, ATTR_OWNER_ROLE, VALUE_ROLE, owner->role);
    event_text(&ev, d, ATTR_OWNER_ORG, VALUE_TEXT, owner->organization);
    return emit_rung(d, &ev, rung, o);
}

stepdown_status escalate(struct draft *d, int32_t rule, uint32_t about, stepdown_error **o) {
    if (raised_already(d->state, rule, about)) {
        return STEPDOWN_OK;
    }
    if (rule >= 0 && d->defs->rules[rule].run >= 0) {
        return escalate_route(d, rule, d->defs->rules[rule].run, about, o);
    }
    struct rung rung;
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    find_rung(d, rule, 0, &rung);
    return raise_alert(d, rule, about, &rung, o);
}

// The parts of a route, found by type in the form that completes it: who is told, who owns it, how long they have.
static void read_route(struct draft *d, const struct item_def *def, uint32_t route, struct rung *out) {
    const struct form_def *form = &d->defs->forms[def->form];
    stepdown_slice person = slice_of(NULL, 0);
    for (uint32_t i = 0; i < form->field_count; i++) {
        int32_t field = (int32_t)(form->field_first + i);
        const struct field_value *value = state_field(d->state, route, field, false, NULL);
        if (value == NULL) {
            continue;
        }
        if (value->value.type == VALUE_PERSON) {
            person = value->value.text;
        } else if (value->value.type == VALUE_DURATION) {
            out->answer_by = duration_add(d->now, &value->value.duration, 1, d->state->zone, NULL, 0);
        } else if (value->value.type == VALUE_ROLE) {
            int32_t role = definitions_role(d->defs, value->value.text);
            if (role >= 0) {
                resolve_role(d, role, &out->told);
            }
        }
    }
    if (person.size > 0) { // the named owner comes first: the alert is theirs
        struct recipients told = {.count = 0};
        recipients_push(&told, slice_text("named-owner"), slice_of(NULL, 0), person);
        for (size_t i = 0; i < out->told.count; i++) {
            recipients_push(&told, out->told.list[i].role, out->told.list[i].organization, out->told.list[i].person);
        }
        if (told.count > 1) {
            told.list[0].role = told.list[1].role;
            told.list[0].organization = told.list[1].organization;
        } else if (out->told.count == 1) {
            told.list[0] = out->told.list[0];
        }
        out->told = told;
    }
}

stepdown_status escalate_route(struct draft *d, int32_t rule, int32_t route_item, uint32_t about, stepdown_error **o) {
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK || raised_already(d->state, rule, about)) {
        return status;
    }
    uint32_t route = state_newest_live(d->state, route_item); // one that was called off is no route
    const struct item_def *def = &d->defs->items[route_item];
    struct rung rung = {.answer_by = STEPDOWN_TIME_NONE};
    if (route != NO_ELEMENT && def->form >= 0) {
        read_route(d, def, route, &rung);
    }
    if (rung.told.count == 0 || rung.answer_by == STEPDOWN_TIME_NONE) {
        find_rung(d, rule, 1, &rung); // a route that nobody wrote down: what comes after it, at once
        return raise_alert(d, rule, about, &rung, o);
    }
    const struct verb_row *row = lifecycle_event(d->state->elements[route].kind, EVENT_ROUTE_RUN);
    if (row != NULL && (d->state->elements[route].flags & ELEMENT_FINISHED_FLAG) == 0) {
        struct event_draft ev;
        event_start(&ev, d, EVENT_ROUTE_RUN, 0, route);
        event_number(&ev, d, ATTR_RULE, d->defs->rules[rule].def.symbol);
        status = draft_emit(d, &ev, NULL, o);
    }
    return status == STEPDOWN_OK ? raise_alert(d, rule, about, &rung, o) : status;
}

stepdown_status escalate_next_step(struct draft *d, uint32_t alert, stepdown_error **o) {
    const struct element *el = &d->state->elements[alert];
    int32_t rule = el->ladder_rule < d->defs->rule_count ? (int32_t)el->ladder_rule : -1;
    struct rung rung;
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    find_rung(d, rule, el->ladder_step + 1, &rung);
    struct event_draft ev;
    event_start(&ev, d, EVENT_ALERT_LADDER_STEP, 0, alert);
    event_text(&ev, d, ATTR_ROLE, VALUE_ROLE, rung.told.list[0].role);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, rung.told.list[0].organization);
    return emit_rung(d, &ev, &rung, o);
}

// ---- for boards ------------------------------------------------------------------------------------------------------------------

// What would be told if the moment were now: worked out as it will be when it comes, by who holds the roles as far as
// that is known today.
static void preview_rung(struct draft *d, int32_t rule, uint32_t step, struct buffer *to) {
    struct rung rung = {.answer_by = STEPDOWN_TIME_NONE};
    int32_t run = rule >= 0 && step == 0 ? d->defs->rules[rule].run : -1;
    uint32_t route = run >= 0 ? state_newest_live(d->state, run) : NO_ELEMENT;
    if (route != NO_ELEMENT && d->defs->items[run].form >= 0) {
        read_route(d, &d->defs->items[run], route, &rung);
    }
    if (run >= 0 && rung.told.count > 0 && rung.answer_by != STEPDOWN_TIME_NONE) {
        buffer_text(to, "the route agreed");
        return;
    }
    find_rung(d, rule, run >= 0 ? 1 : step, &rung);
    for (size_t i = 0; i < rung.told.count; i++) {
        const struct recipient *r = &rung.told.list[i];
        buffer_text(to, i > 0 ? ", " : "");
        buffer_append(to, r->role.data, r->role.size);
    }
}

bool escalate_preview(struct engine *e, struct state *s, uint32_t element, stepdown_time now, struct buffer *to,
                      stepdown_time *at) {
    const struct element *el = &s->elements[element];
    struct draft d = {.e = e, .state = s, .defs = s->defs, .arena = &e->arena};
    bool alert = el->kind == KIND_ALERT;
    *at = STEPDOWN_TIME_NONE;
    if (alert ? (el->flags & ELEMENT_ANSWERED) != 0 || el->step_due == STEPDOWN_TIME_NONE
              : (el->flags & (ELEMENT_OVERDUE_FLAG | ELEMENT_MET)) != 0 || el->due == STEPDOWN_TIME_NONE) {
        return false;
    }
    *at = alert ? el->step_due : el->due;
    d.now = *at > now ? *at : now; // it cannot come earlier than now
    int32_t ladder = el->ladder_rule < s->defs->rule_count ? (int32_t)el->ladder_rule : -1;
    preview_rung(&d, alert ? ladder : ladder_of(s->defs, el), alert ? el->ladder_step + 1 : 0, to);
    return true;
}
