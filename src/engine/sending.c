// SPDX-License-Identifier: Apache-2.0
// What goes out: an update or a request is written before it is sent, so that nobody gets a bare status line, and it goes
// to everyone it is for in one act. May call: draft, guard, the rule room.
#include "engine/verbs.h"

#include "engine/actions.h"

bool sending_is(uint16_t code) { return code == EVENT_UPDATE_SENT || code == EVENT_REQUEST_SENT; }

static const struct item_def *definition_of(const struct draft *d, uint32_t element) {
    uint32_t def = d->state->elements[element].def;
    return def < d->defs->item_count ? &d->defs->items[def] : NULL;
}

// Where it is written: in an entry about itself, or, so that nothing is written twice, about what it hangs on.
// The element itself: nowhere.
static uint32_t written_about(const struct draft *d, const struct item_def *def, uint32_t element) {
    int32_t form = d->defs->nodes[def->send_needs].index;
    for (uint32_t at = element; at != NO_ELEMENT; at = d->state->elements[at].about) {
        if (state_newest_entry(d->state, form, at) != NO_ELEMENT) {
            return at;
        }
    }
    return element;
}

// A rule sends at once, with what is known; but never a bare status line: something that its form asks for is written.
bool sending_says_something(const struct draft *d, uint32_t element) {
    const struct item_def *def = definition_of(d, element);
    if (def == NULL || def->send_needs < 0) {
        return true;
    }
    int32_t form = d->defs->nodes[def->send_needs].index;
    uint32_t entry = state_newest_entry(d->state, form, written_about(d, def, element));
    bool says = false;
    for (uint32_t i = 0; entry != NO_ELEMENT && i < d->defs->forms[form].field_count; i++) {
        uint32_t field = d->defs->forms[form].field_first + i;
        const struct field_value *value = state_entry_field(d->state, entry, (int32_t)field);
        says |= !d->defs->fields[field].optional && value != NULL && value->value.type != VALUE_NONE &&
                value->value.type != VALUE_ERASED;
    }
    return says;
}

// "secure_update cannot be sent yet: what is proposed, what is outstanding" — the parts that lack, by what they say.
static void name_parts(const struct draft *d, const struct verdict *v, struct buffer *text) {
    for (size_t i = 0; i < v->unmet_count; i++) {
        const struct field_def *field = v->unmet[i].field >= 0 ? &d->defs->fields[v->unmet[i].field] : NULL;
        buffer_text(text, i > 0 ? ", " : "");
        buffer_text(text, field == NULL                ? "nothing is written in it"
                          : field->def.says[0] != '\0' ? field->def.says
                                                       : field->def.name);
    }
}

static void detail_parts(struct draft *d, const struct evaluation *ev, const struct verdict *v, stepdown_error **o) {
    struct buffer text;
    buffer_init(&text, &d->e->env);
    for (size_t i = 0; i < v->unmet_count; i++) {
        buffer_clear(&text);
        rule_explain(ev, &v->unmet[i], &text);
        buffer_append(&text, "", 1);
        if (!text.failed) {
            status_detail(o, "needs", "%s", (const char *)text.data);
        }
    }
    buffer_free(&text);
}

stepdown_status sending_check(struct draft *d, const struct command *c, uint32_t element, stepdown_error **o) {
    const struct item_def *def = definition_of(d, element);
    struct engine *e = d->e;
    if (def == NULL || def->send_needs < 0) {
        return STEPDOWN_OK;
    }
    struct evaluation ev = engine_evaluation(e, d->state, d->now);
    ev.this_element = written_about(d, def, element);
    ev.verdict = &e->verdict;
    verdict_clear(&e->verdict);
    if (rule_evaluate(&ev, def->send_needs) == TRUTH_TRUE) {
        return e->verdict.failed ? status_nomem(&e->env, o) : STEPDOWN_OK;
    }
    struct buffer parts;
    buffer_init(&parts, &e->env);
    name_parts(d, &e->verdict, &parts);
    buffer_append(&parts, "", 1);
    bool failed = parts.failed || e->verdict.failed;
    stepdown_status status = failed
                                 ? status_nomem(&e->env, o)
                                 : status_fail(&e->env, o, STEPDOWN_HELD, "%s cannot be sent yet; it does not say: %s",
                                               c->target, (const char *)parts.data);
    buffer_free(&parts);
    if (!failed) {
        detail_parts(d, &ev, &e->verdict, o);
    }
    return status;
}

stepdown_status sending_recipients(struct draft *d, uint32_t element, struct event_draft *ev, stepdown_error **o) {
    const struct item_def *def = definition_of(d, element);
    stepdown_status status = engine_directory(d->e, o);
    if (status == STEPDOWN_OK && def != NULL) {
        recipients_add(d, ev, def->with, def->with_count);
    }
    return status;
}

// ---- read ------------------------------------------------------------------------------------------------------------

// Has somebody in the role, or in one that answers for it, read this version?
static bool role_has_read(const struct draft *d, uint32_t element, int32_t role, uint64_t version) {
    const struct state *s = d->state;
    for (uint32_t i = s->elements[element].first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        int32_t by = definitions_role(d->defs, m->role);
        if (m->code == EVENT_MARK_ACKNOWLEDGED && !m->withdrawn && m->version >= version && by >= 0 &&
            role_answers_for(d->defs, by, role)) {
            return true;
        }
    }
    return false;
}

bool sending_read_by_all(const struct draft *d, uint32_t element) {
    const struct item_def *def = definition_of(d, element);
    uint64_t version = state_version(d->state, element);
    int32_t own = definitions_role(d->defs, d->session->role);
    for (uint16_t i = 0; def != NULL && i < def->with_count; i++) {
        bool reads_now = own >= 0 && role_answers_for(d->defs, own, def->with[i]);
        if (!reads_now && !role_has_read(d, element, def->with[i], version)) {
            return false;
        }
    }
    return true;
}
