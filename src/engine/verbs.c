// SPDX-License-Identifier: Apache-2.0
// The verbs of commands that are not lifecycle verbs, in one table, and what happens to the pathway itself.
#include "engine/verbs.h"

#include <string.h>

// ---- opening -----------------------------------------------------------------------------------------------------------

static stepdown_status missing(struct draft *d, const char *name, stepdown_error **o) {
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: is required", name);
    status_detail(o, "field", "%s", name);
    return status;
}

static stepdown_status emit_joined(struct draft *d, stepdown_slice organization, stepdown_slice kind,
                                   stepdown_error **o) {
    if (d->joined_count == sizeof d->joined / sizeof d->joined[0]) {
        return status_fail(&d->e->env, o, STEPDOWN_LIMIT, "at most %zu organizations join in one command",
                           d->joined_count);
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_PATHWAY_JOINED, 0, NO_ELEMENT);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, organization);
    event_text(&ev, d, ATTR_ORG_KIND, VALUE_CHOICE, kind);
    d->joined[d->joined_count++] = organization;
    return draft_emit(d, &ev, NULL, o);
}

// Kind of an organization as the store knows it: what somebody says of another's kind does not count.
static stepdown_status organization_kind(struct draft *d, stepdown_slice organization, stepdown_slice stated,
                                         stepdown_slice *kind, stepdown_error **o) {
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    *kind = engine_organization_kind(d->e, organization);
    if (kind->size > 0 && stated.size > 0 && !slice_equal(stated, *kind)) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "kind: the store knows %.*s as %.*s",
                           (int)organization.size, (const char *)organization.data, (int)kind->size,
                           (const char *)kind->data);
    }
    if (kind->size == 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID,
                           "organization: the store does not know %.*s; its kind must be set first",
                           (int)organization.size, (const char *)organization.data);
    }
    return STEPDOWN_OK;
}

stepdown_status verb_open(struct draft *d, struct command *c, stepdown_error **o) {
    stepdown_slice subject, zone, kind, own_kind;
    stepdown_status status = argument_text(d, c, "subject", &subject, o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "zone", &zone, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "subject_kind", &kind, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    argument_find(c, "pathway");
    if (subject.size == 0) {
        return missing(d, "subject", o);
    }
    if (zone.size == 0) {
        return missing(d, "zone", o);
    }
    kind = slice_text(d->defs->subject); // the half was chosen by it
    status = engine_check_name(d->e, subject, "the subject", o);
    if (status == STEPDOWN_OK) {
        status = organization_kind(d, d->session->organization, slice_of(NULL, 0), &own_kind, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_zone(d->e, zone, &d->state->zone, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    struct value who = draft_text(VALUE_PERSON, subject);
    event_start(&ev, d, EVENT_PATHWAY_OPENED, 0, NO_ELEMENT);
    event_withheld(&ev, d, ATTR_SUBJECT, &who, NULL);
    event_text(&ev, d, ATTR_SUBJECT_KIND, VALUE_CHOICE, kind);
    event_text(&ev, d, ATTR_ZONE, VALUE_TEXT, zone);
    event_text(&ev, d, ATTR_ZONE_VERSION, VALUE_TEXT, slice_text(zone_version(d->state->zone)));
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, d->session->organization);
    status = symbols_cite(d, &ev, o);
    if (status == STEPDOWN_OK) {
        status = draft_emit(d, &ev, NULL, o);
    }
    if (status == STEPDOWN_OK) {
        status = emit_joined(d, d->session->organization, own_kind, o);
    }
    if (status == STEPDOWN_OK) {
        status = access_role_declared(d, o);
    }
    return status == STEPDOWN_OK ? open_first_items(d, o) : status;
}

// ---- the pathway itself --------------------------------------------------------------------------------------------------

// Who takes part is for the organization that opened the pathway to say; anyone may leave.
stepdown_status check_opener(struct draft *d, const char *what, stepdown_error **o) {
    return slice_equal(d->session->organization, d->state->org)
               ? STEPDOWN_OK
               : access_denied(d, o, "only the organization that opened the pathway may %s", what);
}

static stepdown_status verb_join(struct draft *d, struct command *c, stepdown_error **o) {
    stepdown_slice stated, kind, organization = slice_text(c->target);
    stepdown_status status = check_opener(d, "bring others in", o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "kind", &stated, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_check_name(d->e, organization, "the organization", o);
    }
    if (status == STEPDOWN_OK && state_participates(d->state, organization, d->state->recorded_at)) {
        status = status_fail(&d->e->env, o, STEPDOWN_EXISTS, "%s takes part already", c->target);
    }
    if (status == STEPDOWN_OK) {
        status = organization_kind(d, organization, stated, &kind, o);
    }
    return status == STEPDOWN_OK ? emit_joined(d, organization, kind, o) : status;
}

static stepdown_status verb_leave(struct draft *d, struct command *c, stepdown_error **o) {
    stepdown_slice organization = slice_text(c->target);
    const struct state *s = d->state;
    if (!slice_equal(organization, d->session->organization)) {
        stepdown_status allowed = check_opener(d, "take others out", o);
        if (allowed != STEPDOWN_OK) {
            return allowed;
        }
    }
    if (slice_equal(organization, s->org)) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%s opened the pathway and stays", c->target);
    }
    if (!state_participates(s, organization, s->recorded_at)) {
        return status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "%s does not take part", c->target);
    }
    for (size_t i = 0; i < s->open_count; i++) {
        if (slice_equal(s->elements[s->open_items[i]].owner_org, organization)) {
            return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%s still owns %s; hand it over first", c->target,
                               access_name(d, s->open_items[i]));
        }
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_PATHWAY_LEFT, 0, NO_ELEMENT);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, organization);
    stepdown_status status = argument_attributes(d, c, &ev, o);
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

// A pathway closes only when nothing it owes is left behind.
static stepdown_status may_close(struct draft *d, stepdown_error **o) {
    const struct state *s = d->state;
    if (s->open_count == 0) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE,
                                         "%zu items are still open; finish or cancel them first", s->open_count);
    for (size_t i = 0; i < s->open_count && i < 16; i++) {
        status_detail(o, "item", "%s", access_name(d, s->open_items[i]));
    }
    return status;
}

static const struct pathway_verb {
    const char *verb;
    uint16_t code;
    bool when_closed;
} pathway_verbs[] = {
    {"notice", EVENT_PATHWAY_NOTICE, false},        {"discharge", EVENT_PATHWAY_DISCHARGED, false},
    {"return", EVENT_PATHWAY_RETURNED, false},      {"stage", EVENT_PATHWAY_STAGE_CHANGED, false},
    {"close-pathway", EVENT_PATHWAY_CLOSED, false}, {"reopen-pathway", EVENT_PATHWAY_REOPENED, true},
};

// Nobody comes back before they have gone.
static stepdown_status check_return(struct draft *d, stepdown_error **o) {
    const struct log_entry *gone = state_event(d->state, NO_ELEMENT, EVENT_PATHWAY_DISCHARGED, false);
    if (gone == NULL || gone->occurred_at <= d->header.occurred_at) {
        return STEPDOWN_OK;
    }
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_INVALID, "occurred_at: lies before the person was discharged");
    status_detail(o, "field", "occurred_at");
    return status;
}

static stepdown_status verb_pathway(struct draft *d, struct command *c, stepdown_error **o) {
    const struct pathway_verb *verb = NULL;
    for (size_t i = 0; i < sizeof pathway_verbs / sizeof pathway_verbs[0]; i++) {
        if (strcmp(pathway_verbs[i].verb, c->verb) == 0) {
            verb = &pathway_verbs[i];
        }
    }
    if (verb == NULL || verb->when_closed != d->state->closed) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "the pathway is %s",
                           d->state->closed ? "closed" : "open");
    }
    bool ends = verb->code == EVENT_PATHWAY_CLOSED || verb->code == EVENT_PATHWAY_REOPENED;
    stepdown_status status = ends ? check_opener(d, "close or reopen it", o) : STEPDOWN_OK;
    if (status == STEPDOWN_OK && verb->code == EVENT_PATHWAY_REOPENED && d->state->subject.size == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "whom the pathway was about has been erased");
    }
    if (status == STEPDOWN_OK && verb->code == EVENT_PATHWAY_CLOSED) {
        status = may_close(d, o);
    }
    if (status == STEPDOWN_OK && verb->code == EVENT_PATHWAY_RETURNED) {
        status = check_return(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = guard_step(d, NO_ELEMENT, verb->code, c->verb, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    event_start(&ev, d, verb->code, 0, NO_ELEMENT);
    status = argument_attributes(d, c, &ev, o);
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

// ---- the table -----------------------------------------------------------------------------------------------------------

typedef stepdown_status (*verb_handler)(struct draft *d, struct command *c, stepdown_error **o);
static const struct {
    const char *verb;
    verb_handler handler;
    bool needs_target, when_closed;
} verbs[] = {
    {"submit", verb_submit, true, false},          {"amend", verb_amend, true, false},
    {"retract", verb_retract, true, false},        {"erase", verb_erase, true, true},
    {"acknowledge", verb_mark, true, false},       {"attest", verb_mark, true, false},
    {"withdraw", verb_mark, true, false},          {"add", verb_add, true, false},
    {"attach", verb_attach, true, false},          {"signal", verb_signal, true, false},
    {"join-pathway", verb_join, true, false},      {"leave-pathway", verb_leave, true, false},
    {"notice", verb_pathway, false, false},        {"discharge", verb_pathway, false, false},
    {"return", verb_pathway, false, false},        {"stage", verb_pathway, false, false},
    {"close-pathway", verb_pathway, false, false}, {"reopen-pathway", verb_pathway, false, true},
    {"hand-over-shift", verb_work, false, false},  {"take-over-shift", verb_work, false, false},
    {"reassign", verb_work, false, false},         {"migrate", verb_migrate, false, false},
};

stepdown_status verb_apply(struct draft *d, struct command *c, stepdown_error **o) {
    stepdown_status status = access_role_declared(d, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    verb_handler handler = verb_item;
    bool needs_target = true, when_closed = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, c->verb) == 0) {
            handler = verbs[i].handler;
            needs_target = verbs[i].needs_target;
            when_closed = verbs[i].when_closed;
        }
    }
    bool owing = handler == verb_item && d->state->open_count > 0; // an alert that came after it was closed
    if (d->state->closed && !when_closed && !owing) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "the pathway is closed; reopen it first");
    }
    if (needs_target && (c->target == NULL || c->target[0] == '\0')) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s needs a target", c->verb);
    }
    status = handler(d, c, o);
    return status == STEPDOWN_OK ? arguments_all_used(d, c, o) : status;
}
