// SPDX-License-Identifier: Apache-2.0
// Work that changes hands as a whole: everything of a person offered to another at the end of a shift and taken over,
// everything of a person or a role reassigned; and what becomes of work that hangs on something called off.
#include "engine/verbs.h"

#include <string.h>

// ---- everything at once ------------------------------------------------------------------------------------------------

enum work_verb { WORK_HAND_OVER, WORK_TAKE_OVER, WORK_REASSIGN };
static const struct {
    const char *verb;
    uint16_t code;
    const char *nothing;
} work_verbs[] = {
    [WORK_HAND_OVER] = {"hand-over-shift", EVENT_ITEM_OFFERED, "owns nothing here that could be handed over"},
    [WORK_TAKE_OVER] = {"take-over-shift", EVENT_ITEM_ACCEPTED, "was offered nothing here"},
    [WORK_REASSIGN] = {"reassign", EVENT_ITEM_ASSIGNED, "has nothing here"},
};

struct work {
    enum work_verb verb;
    stepdown_slice from, role, to, reason, organization;
};

static stepdown_status missing(struct draft *d, const char *name, const char *verb, stepdown_error **o) {
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: is required to %s", name, verb);
    status_detail(o, "field", "%s", name);
    return status;
}

static stepdown_status read_work(struct draft *d, struct command *c, struct work *w, stepdown_error **o) {
    const struct {
        const char *name;
        stepdown_slice *text;
    } arguments[] = {
        {"from", &w->from},
        {"role", &w->role},
        {"to", &w->to},
        {"reason", &w->reason},
        {"organization", &w->organization},
    };
    *w = (struct work){.verb = WORK_HAND_OVER};
    while (strcmp(work_verbs[w->verb].verb, c->verb) != 0) {
        w->verb++;
    }
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0] && status == STEPDOWN_OK; i++) {
        status = argument_text(d, c, arguments[i].name, arguments[i].text, o);
        if (status == STEPDOWN_OK && arguments[i].text->size > 0 && arguments[i].text != &w->reason) {
            status = engine_check_name(d->e, *arguments[i].text, arguments[i].name, o);
        }
    }
    if (status == STEPDOWN_OK && w->organization.size > 0) {
        status = check_takes_part(d, "organization", w->organization, o);
    }
    if (status != STEPDOWN_OK || w->verb == WORK_TAKE_OVER) {
        return status;
    }
    if (w->verb == WORK_HAND_OVER && w->from.size == 0) {
        w->from = d->session->actor;
    }
    if (w->verb == WORK_REASSIGN && w->from.size == 0 && w->role.size == 0) {
        return missing(d, "from", c->verb, o);
    }
    return w->to.size == 0       ? missing(d, "to", c->verb, o)
           : w->reason.size == 0 ? missing(d, "reason", c->verb, o)
                                 : STEPDOWN_OK;
}

// To whom it is offered; a responsibility that is held names them in the mark of the offer.
static stepdown_slice offered_to(const struct state *s, const struct element *el) {
    stepdown_slice person = el->offered;
    for (uint32_t i = el->state == STATE_OFFERED ? el->first_mark : UINT32_MAX; i != UINT32_MAX; i = s->marks[i].next) {
        person = s->marks[i].code == EVENT_RESPONSIBILITY_OFFERED ? s->marks[i].person : person;
    }
    return person;
}

static bool concerns(const struct draft *d, const struct work *w, const struct element *el) {
    if (w->verb == WORK_TAKE_OVER) {
        return slice_equal(offered_to(d->state, el), d->session->actor) &&
               (w->from.size == 0 || slice_equal(el->owner, w->from));
    }
    return (w->from.size == 0 || slice_equal(el->owner, w->from)) &&
           (w->role.size == 0 || slice_equal(el->owner_role, w->role)) &&
           (w->verb != WORK_REASSIGN || !slice_equal(el->owner, w->to));
}

// Everything or nothing: one that the session may not move refuses the whole, and every such one is named.
static stepdown_status may_move(struct draft *d, const struct work *w, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count; i++) {
        const struct element *el = &s->elements[s->open_items[i]];
        bool own = slice_equal(el->owner, d->session->actor);
        bool may = !concerns(d, w, el) || own ||
                   (w->verb == WORK_TAKE_OVER ? check_offered(d, el, NULL) == STEPDOWN_OK : answers_for(d, el));
        if (may) {
            continue;
        }
        if (status == STEPDOWN_OK) {
            status = access_denied(d, o, "a %.*s cannot %s everything that is asked for", (int)d->session->role.size,
                                   (const char *)d->session->role.data, work_verbs[w->verb].verb);
        }
        status_detail(o, "item", "%s", access_name(d, s->open_items[i]));
    }
    return status;
}

// Kinds that are held without a gap have an offer and a taking over of their own.
static uint16_t code_for(const struct work *w, const struct element *el) {
    static const char *const own[] = {[WORK_HAND_OVER] = "offer", [WORK_TAKE_OVER] = "take-over", [WORK_REASSIGN] = ""};
    const struct verb_row *row = lifecycle_verb(el->kind, slice_text(own[w->verb]));
    bool fits = row != NULL && row->kind != KIND_NONE && (row->from & STATE_BIT(el->state)) != 0;
    return fits ? row->code : work_verbs[w->verb].code;
}

static stepdown_status move(struct draft *d, const struct work *w, uint32_t element, stepdown_error **o) {
    struct event_draft ev;
    event_start(&ev, d, code_for(w, &d->state->elements[element]), 0, element);
    if (w->verb != WORK_TAKE_OVER) {
        event_text(&ev, d, ATTR_PERSON, VALUE_PERSON, w->to);
        event_text(&ev, d, ATTR_ORG, VALUE_TEXT, w->organization);
    }
    if (w->reason.size > 0) {
        struct value reason = draft_text(VALUE_TEXT, w->reason);
        event_withheld(&ev, d, ATTR_REASON, &reason, NULL);
    }
    return draft_emit(d, &ev, NULL, o);
}

// What somebody else owns and the person who goes was doing for them is the owner's again.
static stepdown_status end_delegations(struct draft *d, const struct work *w, size_t *moved, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t element = s->open_items[i];
        struct event_draft ev;
        if (w->verb == WORK_TAKE_OVER || w->from.size == 0 || !slice_equal(s->elements[element].delegate, w->from)) {
            continue;
        }
        event_start(&ev, d, EVENT_ITEM_DELEGATION_ENDED, 0, element);
        status = draft_emit(d, &ev, NULL, o);
        ++*moved;
    }
    return status;
}

stepdown_status verb_work(struct draft *d, struct command *c, stepdown_error **o) {
    struct work w;
    size_t moved = 0;
    stepdown_status status = read_work(d, c, &w, o);
    if (status == STEPDOWN_OK) {
        status = may_move(d, &w, o);
    }
    for (size_t i = 0; i < d->state->open_count && status == STEPDOWN_OK; i++) {
        uint32_t element = d->state->open_items[i]; // handing over ends nothing, so the list stays as it is
        if (concerns(d, &w, &d->state->elements[element])) {
            status = move(d, &w, element, o);
            moved++;
        }
    }
    if (status == STEPDOWN_OK) {
        status = end_delegations(d, &w, &moved, o);
    }
    if (status == STEPDOWN_OK && moved == 0) {
        stepdown_slice who = w.verb == WORK_TAKE_OVER ? d->session->actor : w.from.size > 0 ? w.from : w.role;
        status = status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "%.*s %s", (int)who.size, (const char *)who.data,
                             work_verbs[w.verb].nothing);
    }
    return status;
}

// ---- calling off ---------------------------------------------------------------------------------------------------------

// Something that was not needed any more is told apart from something that failed.
stepdown_status cancel_attributes(struct draft *d, struct command *c, struct event_draft *ev, stepdown_error **o) {
    static const char *const kinds[] = {"not-needed", "failed"};
    stepdown_slice kind;
    stepdown_status status = argument_text(d, c, "kind", &kind, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!slice_is(kind, kinds[0]) && !slice_is(kind, kinds[1])) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "kind: say whether it was not-needed or failed");
        status_detail(o, "field", "kind");
        return status;
    }
    event_text(ev, d, ATTR_KIND, VALUE_CHOICE, kind);
    return STEPDOWN_OK;
}

// Live work that hangs on the element, directly or through others. Alerts stay: they are resolved, never called off.
static uint32_t next_child(const struct state *s, uint32_t element, size_t *at) {
    for (; *at < s->open_count; ++*at) {
        uint32_t child = s->open_items[*at];
        if (child != element && s->elements[child].kind != KIND_ALERT && state_is_about(s, child, element)) {
            return child;
        }
    }
    return NO_ELEMENT;
}

static stepdown_status children_unsaid(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_INVALID,
                    "children: other work hangs on %s; say whether to keep or to cancel it", c->target);
    status_detail(o, "field", "children");
    for (size_t at = 0; next_child(d->state, element, &at) != NO_ELEMENT; at++) {
        status_detail(o, "item", "%s", access_name(d, d->state->open_items[at]));
    }
    return status;
}

static stepdown_status cancel_child(struct draft *d, struct command *c, uint32_t child, stepdown_error **o) {
    struct event_draft ev;
    stepdown_slice reason, kind;
    if (!answers_for(d, &d->state->elements[child])) {
        return access_denied(d, o, "%s hangs on it and belongs to the %.*s", access_name(d, child),
                             (int)d->state->elements[child].owner_role.size,
                             (const char *)d->state->elements[child].owner_role.data);
    }
    stepdown_status status = guard_step(d, child, EVENT_ITEM_CANCELLED, "be cancelled", o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "reason", &reason, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "kind", &kind, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct value text = draft_text(VALUE_TEXT, reason);
    event_start(&ev, d, EVENT_ITEM_CANCELLED, 0, child);
    event_text(&ev, d, ATTR_KIND, VALUE_CHOICE, kind);
    event_withheld(&ev, d, ATTR_REASON, &text, NULL);
    return draft_emit(d, &ev, NULL, o);
}

stepdown_status cancel_children(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    stepdown_slice what;
    size_t at = 0;
    stepdown_status status = argument_text(d, c, "children", &what, o);
    if (status != STEPDOWN_OK || (what.size == 0 && next_child(d->state, element, &at) == NO_ELEMENT)) {
        return status;
    }
    if (slice_is(what, "keep")) {
        return STEPDOWN_OK;
    }
    if (!slice_is(what, "cancel")) {
        return children_unsaid(d, c, element, o);
    }
    for (;;) { // the list of what is open changes with every one
        at = 0;
        uint32_t child = next_child(d->state, element, &at);
        if (child == NO_ELEMENT || status != STEPDOWN_OK) {
            return status;
        }
        status = cancel_child(d, c, child, o);
    }
}
