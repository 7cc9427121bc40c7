// SPDX-License-Identifier: Apache-2.0
// Marks: acknowledging and attesting what one has before one, in the version one has before one, and taking it back.
#include "engine/verbs.h"

#include <string.h>

static stepdown_status withdraw(struct draft *d, struct command *c, stepdown_error **o) {
    struct ref at;
    stepdown_slice rest;
    const struct state *s = d->state;
    if (!target_parse_id(slice_text(c->target), &at, &rest) || rest.size > 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "withdraw needs the id of the mark, such as 12.0");
    }
    const struct mark *mark = state_mark(s, at);
    const struct event_row *row = mark != NULL ? event_row(mark->code) : NULL;
    if (mark == NULL || mark->withdrawn || row == NULL || row->class != EVENT_CLASS_MARK) { // a step is not taken back
        return status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "there is no standing mark %s", c->target);
    }
    if (mark->code == EVENT_SLOT_GRANTED) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE,
                           "what was granted is not taken back by hand; release its slot, or close it");
    }
    if (!slice_equal(mark->person, d->session->actor) || !slice_equal(mark->org, d->session->organization)) {
        return access_denied(d, o, "only %.*s may take this back", (int)mark->person.size,
                             (const char *)mark->person.data);
    }
    stepdown_slice reason;
    stepdown_status status = argument_text(d, c, "reason", &reason, o);
    if (status == STEPDOWN_OK && reason.size == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "reason: is required");
        status_detail(o, "field", "reason");
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    struct value ref = {.type = VALUE_REFERENCE, .ref = at}, text = draft_text(VALUE_TEXT, reason);
    event_start(&ev, d, EVENT_MARK_WITHDRAWN, 0, mark->element);
    event_value(&ev, d, ATTR_MARK, &ref);
    event_withheld(&ev, d, ATTR_REASON, &text, NULL);
    return draft_emit(d, &ev, NULL, o);
}

// The version a mark stands for: of the field, or of the whole.
static stepdown_status cited_version(struct draft *d, struct target *t, uint64_t *version, stepdown_error **o) {
    const struct element *el = &d->state->elements[t->element];
    *version = state_version(d->state, t->element);
    if ((el->flags & ELEMENT_RETRACTED) != 0) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "it was retracted");
    }
    if (t->field < 0) {
        return STEPDOWN_OK;
    }
    const struct field_value *field = state_entry_field(d->state, t->element, t->field);
    if (field == NULL) {
        return status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "%s is not filled in",
                           d->defs->fields[t->field].def.name);
    }
    *version = field->version;
    return STEPDOWN_OK;
}

// A version stated by the command is what the person has read; another one now is STALE.
stepdown_status check_stated_version(struct draft *d, struct command *c, uint64_t current, stepdown_error **o) {
    struct argument *a = argument_find(c, "version");
    if (a == NULL || (a->kind == ARGUMENT_INTEGER && a->number >= 0 && (uint64_t)a->number == current)) {
        return STEPDOWN_OK;
    }
    const char *text = arena_format(d->arena, "%llu", (unsigned long long)current);
    if (text == NULL) {
        return status_nomem(&d->e->env, o);
    }
    bool same = a->kind == ARGUMENT_TEXT && slice_is(a->text, text);
    return same ? STEPDOWN_OK
                : status_fail(&d->e->env, o, STEPDOWN_STALE, "it has changed; the current version is %llu",
                              (unsigned long long)current);
}

// A state of its own to which the step leads; or, as long as it waits to be sent, none: what was not sent cannot have been
// read. Afterwards more people may read it, and it stays where it is.
static bool leads_on(const struct state *s, uint32_t element, stepdown_slice verb) {
    const struct element *el = &s->elements[element];
    if ((el->flags & ELEMENT_IS_ITEM) == 0) {
        return false;
    }
    const struct verb_row *own = lifecycle_verb(el->kind, verb), *send = lifecycle_verb(el->kind, slice_text("send"));
    return own != NULL && own->kind != KIND_NONE &&
           ((own->from & STATE_BIT(el->state)) != 0 || (send != NULL && (send->from & STATE_BIT(el->state)) != 0));
}

static void mark_start(struct event_draft *ev, struct draft *d, uint16_t code, uint32_t element, uint64_t version) {
    event_start(ev, d, code, 0, element);
    event_number(ev, d, ATTR_VERSION, (int64_t)version);
}

stepdown_status mark_read(struct draft *d, uint32_t element, stepdown_error **o) {
    struct event_draft ev;
    mark_start(&ev, d, EVENT_MARK_ACKNOWLEDGED, element, state_version(d->state, element));
    return draft_emit(d, &ev, NULL, o);
}

stepdown_status verb_mark(struct draft *d, struct command *c, stepdown_error **o) {
    if (strcmp(c->verb, "withdraw") == 0) {
        return withdraw(d, c, o);
    }
    struct target t;
    stepdown_status status = target_resolve(d, slice_text(c->target), &t, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (t.element == NO_ELEMENT) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s needs an item or an entry", c->verb);
    }
    if (t.field < 0 && leads_on(d->state, t.element, slice_text(c->verb))) {
        return verb_item(d, c, o); // updates, requests and alerts have a state of being acknowledged
    }
    uint64_t version;
    status = cited_version(d, &t, &version, o);
    if (status == STEPDOWN_OK) {
        status = check_stated_version(d, c, version, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    uint16_t code = strcmp(c->verb, "attest") == 0 ? EVENT_MARK_ATTESTED : EVENT_MARK_ACKNOWLEDGED;
    status = check_in_person(d, c, code, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    mark_start(&ev, d, code, t.element, version);
    if (t.field >= 0) {
        event_number(&ev, d, ATTR_FIELD, d->defs->fields[t.field].def.symbol);
    }
    status = argument_attributes(d, c, &ev, o);
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}
