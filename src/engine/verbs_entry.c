// SPDX-License-Identifier: Apache-2.0
// Forms: filling in, amending, retracting. A form that is filled in already is amended, so that several people can each
// add their fields to one record; every field keeps its own author and version.
#include "engine/verbs.h"

#include <string.h>

static stepdown_status field_refused(struct draft *d, const struct field_def *f, stepdown_error **o) {
    stepdown_status status = access_denied(d, o, "%.*s may not fill in %s", (int)d->session->role.size,
                                           (const char *)d->session->role.data, f->def.name);
    status_detail(o, "field", "%s", f->def.name);
    return status;
}

// Every field of the form that the command gives, as attributes of the event.
static stepdown_status collect_fields(struct draft *d, struct command *c, int32_t form, struct event_draft *ev,
                                      size_t *given, stepdown_error **o) {
    const struct form_def *def = &d->defs->forms[form];
    *given = 0;
    for (uint32_t i = 0; i < def->field_count; i++) {
        int32_t field = (int32_t)(def->field_first + i);
        const struct field_def *f = &d->defs->fields[field];
        bool found;
        struct value value;
        stepdown_status status = argument_field(d, c, field, &found, &value, o);
        if (status == STEPDOWN_OK && found && !access_in_set(d, f->by >= 0 ? f->by : def->by)) {
            status = field_refused(d, f, o);
        }
        if (status != STEPDOWN_OK) {
            return status;
        }
        if (found) {
            *given += 1;
            if (f->in_record) {
                event_value(ev, d, f->def.symbol, &value);
            } else {
                event_withheld(ev, d, f->def.symbol, &value, f->label);
            }
        }
    }
    return STEPDOWN_OK;
}

// A fact (contact, observation, consent …) is recorded whole or not at all, and its member is the word of one field.
static stepdown_status fact_code(struct draft *d, const struct form_def *form, const struct event_draft *ev,
                                 uint16_t *code, stepdown_error **o) {
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *f = &d->defs->fields[form->field_first + i];
        const struct value *value = NULL;
        for (uint32_t a = 0; a < ev->count && ev->attrs != NULL; a++) {
            value = ev->attrs[a].key == f->def.symbol ? &ev->attrs[a].value : value;
        }
        if (value == NULL && !f->optional && f->needed_for[0] == '\0') {
            stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: is required", f->def.name);
            status_detail(o, "field", "%s", f->def.name);
            return status;
        }
        if ((int32_t)(form->field_first + i) == form->member && value != NULL) {
            *code = event_find(form->family, value->text);
        }
    }
    if (*code == 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: its outcome is not one that can be recorded",
                           form->def.name);
    }
    return STEPDOWN_OK;
}

stepdown_status entry_submit(struct draft *d, struct command *c, int32_t form, uint32_t about, stepdown_error **o) {
    const struct form_def *def = &d->defs->forms[form];
    bool fact = def->family != FAMILY_FORM;
    uint32_t existing = def->many || fact ? NO_ELEMENT : state_newest_entry(d->state, form, about);
    struct event_draft ev;
    size_t given;
    event_start(&ev, d, existing != NO_ELEMENT ? EVENT_FORM_AMENDED : EVENT_FORM_SUBMITTED, def->def.symbol, existing);
    stepdown_status status = collect_fields(d, c, form, &ev, &given, o);
    if (status == STEPDOWN_OK && given == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: no field was given", def->def.name);
    }
    if (status == STEPDOWN_OK && fact) {
        ev.code = (uint16_t)(def->member >= 0 ? 0 : EVENT_CODE(def->family, 1));
        status = fact_code(d, def, &ev, &ev.code, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (existing == NO_ELEMENT) {
        event_element(&ev, d, ATTR_ABOUT, about);
    }
    return draft_emit(d, &ev, NULL, o);
}

// The newest item that is live, of whichever sort the form may be about; else the newest of the first sort there is.
static uint32_t newest_about(const struct state *s, const struct form_def *form) {
    uint32_t live = NO_ELEMENT, any = NO_ELEMENT;
    for (uint16_t i = 0; i < form->about_count; i++) {
        uint32_t found = state_live_or_newest(s, form->about[i]);
        if (found == NO_ELEMENT) {
            continue;
        }
        any = any == NO_ELEMENT ? found : any;
        bool lives = (s->elements[found].flags & ELEMENT_FINISHED_FLAG) == 0;
        live = lives && (live == NO_ELEMENT || (form->about_kind != KIND_NONE && found > live)) ? found : live;
    }
    return live != NO_ELEMENT ? live : any;
}

// What a form is about: as the command says, else the newest live item it may be about.
static stepdown_status resolve_about(struct draft *d, struct command *c, const struct form_def *form, uint32_t *about,
                                     stepdown_error **o) {
    stepdown_slice text;
    *about = NO_ELEMENT;
    stepdown_status status = argument_text(d, c, "about", &text, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (text.size > 0) {
        status = slice_is(text, "pathway") ? STEPDOWN_OK : target_item(d, text, about, o);
    } else {
        *about = newest_about(d->state, form);
        if (*about == NO_ELEMENT && form->about_count > 0) {
            return status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "%s: there is nothing yet that it could be about",
                               form->def.name);
        }
    }
    if (status != STEPDOWN_OK || *about == NO_ELEMENT || form->about_count == 0) {
        return status;
    }
    const struct element *el = &d->state->elements[*about];
    bool fits = el->def == UINT32_MAX && form->about_kind != KIND_NONE && el->kind == form->about_kind;
    for (uint16_t i = 0; i < form->about_count && !fits; i++) {
        fits = el->def == (uint32_t)form->about[i];
    }
    if (fits) {
        return STEPDOWN_OK;
    }
    return status_fail(&d->e->env, o, STEPDOWN_INVALID, "about: %s cannot be about %s", form->def.name,
                       access_name(d, *about));
}

static stepdown_status from_elsewhere(struct draft *d, int32_t form, stepdown_error **o) {
    return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s is told by other pathways; nobody fills it in here",
                       d->defs->forms[form].def.name);
}

stepdown_status verb_submit(struct draft *d, struct command *c, stepdown_error **o) {
    int32_t form = definitions_form(d->defs, slice_text(c->target));
    if (form == NAME_CLASHES) {
        return target_clashes(d->e, d->defs, slice_text(c->target), o);
    }
    if (form < 0) {
        stepdown_status status =
            status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "the protocols have no form %s", c->target);
        status_detail(o, "target", "%s", c->target);
        target_detail_forms(d, o);
        return status;
    }
    uint32_t about;
    if (d->defs->forms[form].report_to != NULL) {
        return from_elsewhere(d, form, o);
    }
    stepdown_status status = resolve_about(d, c, &d->defs->forms[form], &about, o);
    return status == STEPDOWN_OK ? entry_submit(d, c, form, about, o) : status;
}

static stepdown_status target_entry(struct draft *d, const char *text, uint32_t *out, stepdown_error **o) {
    struct target t;
    stepdown_status status = target_resolve(d, slice_text(text), &t, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (t.element == NO_ELEMENT || t.field >= 0 || (d->state->elements[t.element].flags & ELEMENT_IS_ITEM) != 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s is not an entry", text);
    }
    const struct element *el = &d->state->elements[t.element];
    if ((el->flags & ELEMENT_RETRACTED) != 0) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%s was retracted", text);
    }
    if (el->def >= d->defs->form_count) {
        return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%s is of a form that is no longer in force", text);
    }
    if (d->defs->forms[el->def].report_to != NULL) {
        return from_elsewhere(d, (int32_t)el->def, o);
    }
    *out = t.element;
    return STEPDOWN_OK;
}

// The word that says what a fact is (attempted, reached …) is what the record of it is filed under.
static bool changes_member(const struct draft *d, int32_t form, const struct event_draft *ev) {
    int32_t member = d->defs->forms[form].member;
    for (uint32_t i = 0; member >= 0 && i < ev->count && ev->attrs != NULL; i++) {
        if (ev->attrs[i].key == d->defs->fields[member].def.symbol) {
            return true;
        }
    }
    return false;
}

stepdown_status verb_amend(struct draft *d, struct command *c, stepdown_error **o) {
    uint32_t entry;
    stepdown_status status = target_entry(d, c->target, &entry, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    size_t given;
    int32_t form = (int32_t)d->state->elements[entry].def;
    event_start(&ev, d, EVENT_FORM_AMENDED, d->defs->forms[form].def.symbol, entry);
    status = collect_fields(d, c, form, &ev, &given, o);
    if (status == STEPDOWN_OK && given == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: no field was given", c->target);
    }
    if (status == STEPDOWN_OK && changes_member(d, form, &ev)) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID,
                             "%s: what happened cannot be amended; retract it and record it anew", c->target);
    }
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

// Retracting takes one's own entry back, or one that one's role could have made.
stepdown_status verb_retract(struct draft *d, struct command *c, stepdown_error **o) {
    uint32_t entry;
    stepdown_slice reason;
    stepdown_status status = target_entry(d, c->target, &entry, o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "reason", &reason, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (reason.size == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "reason: is required");
        status_detail(o, "field", "reason");
        return status;
    }
    const struct element *el = &d->state->elements[entry];
    bool colleague =
        slice_equal(el->author_role, d->session->role) && slice_equal(el->author_org, d->session->organization);
    if (!colleague && !slice_equal(el->author, d->session->actor)) {
        return access_denied(d, o, "only its author or the same role may retract %s", c->target);
    }
    struct event_draft ev;
    struct value text = draft_text(VALUE_TEXT, reason);
    event_start(&ev, d, EVENT_FORM_RETRACTED, el->symbol, entry);
    event_withheld(&ev, d, ATTR_REASON, &text, NULL);
    return draft_emit(d, &ev, NULL, o);
}

// ---- fields given with a lifecycle verb -----------------------------------------------------------------------------------

static bool names_field(const struct definitions *defs, const struct form_def *form, const struct command *c) {
    for (uint32_t i = 0; i < form->field_count; i++) {
        for (size_t a = 0; a < c->argument_count; a++) {
            if (!c->arguments[a].used &&
                strcmp(c->arguments[a].name, defs->fields[form->field_first + i].def.name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool all_used(const struct command *c) {
    size_t a = 0;
    while (a < c->argument_count && c->arguments[a].used) {
        a++;
    }
    return a == c->argument_count;
}

stepdown_status item_fields(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    uint32_t def = d->state->elements[element].def;
    size_t forms = all_used(c) ? 0 : d->defs->form_count; // most verbs come without
    for (size_t i = 0; i < forms; i++) {
        const struct form_def *form = &d->defs->forms[i];
        bool about = false;
        for (uint16_t k = 0; k < form->about_count; k++) {
            about = about || (uint32_t)form->about[k] == def;
        }
        if (about && names_field(d->defs, form, c)) {
            stepdown_status status = entry_submit(d, c, (int32_t)i, element, o);
            if (status != STEPDOWN_OK) {
                return status;
            }
        }
    }
    return STEPDOWN_OK;
}
