// SPDX-License-Identifier: Apache-2.0
// A huddle as one transaction: evidence is frozen by version when it is presented and was seen by
// everyone who is there before anything is decided; it closes when everyone required came or is excused, what is decided
// has an owner and a due time, and what its protocol asks is written down. All that is missing is listed at once.
#include "engine/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- what is missing ---------------------------------------------------------------------------------------------------

// Collected while a huddle is looked at; the first one makes the refusal.
struct lacks {
    struct draft *d;
    stepdown_error **o;
    const char *step;
    stepdown_status status;
};

static void lack(struct lacks *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void lack(struct lacks *l, const char *format, ...) {
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (l->status == STEPDOWN_OK) {
        l->status = status_fail(&l->d->e->env, l->o, STEPDOWN_HELD, "the huddle cannot %s yet: %s", l->step, text);
    }
    status_detail(l->o, "needs", "%s", text);
}

#define SLICE(text) (int)(text).size, (const char *)(text).data

static bool before(struct ref a, struct ref b) { return a.seq < b.seq || (a.seq == b.seq && a.ord < b.ord); }

static const struct mark *next_mark(const struct state *s, uint32_t element, uint16_t code, uint32_t *at) {
    *at = *at == NO_ELEMENT ? s->elements[element].first_mark : s->marks[*at].next;
    while (*at != UINT32_MAX && (s->marks[*at].withdrawn || s->marks[*at].code != code)) {
        *at = s->marks[*at].next;
    }
    return *at != UINT32_MAX ? &s->marks[*at] : NULL;
}

// ---- who is there --------------------------------------------------------------------------------------------------------

static bool came_or_excused(const struct state *s, uint32_t element, stepdown_slice role) {
    static const uint16_t codes[] = {EVENT_HUDDLE_JOINED, EVENT_HUDDLE_ABSENT};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        uint32_t at = NO_ELEMENT;
        for (const struct mark *m; (m = next_mark(s, element, codes[i], &at)) != NULL;) {
            if (slice_equal(m->role, role)) {
                return true;
            }
        }
    }
    return false;
}

static void check_role(struct lacks *l, uint32_t element, stepdown_slice role) {
    if (!came_or_excused(l->d->state, element, role)) {
        lack(l, "the %.*s is neither there nor absent with a reason", SLICE(role));
    }
}

// Those whom the protocol requires, and those whom somebody called.
static void check_attendance(struct lacks *l, uint32_t element) {
    const struct draft *d = l->d;
    uint32_t def = d->state->elements[element].def, at = NO_ELEMENT;
    for (uint16_t i = 0; def < d->defs->item_count && i < d->defs->items[def].attend_count; i++) {
        check_role(l, element, slice_text(d->defs->roles[d->defs->items[def].attend[i]].def.name));
    }
    for (const struct mark *m; (m = next_mark(d->state, element, EVENT_HUDDLE_CALLED, &at)) != NULL;) {
        check_role(l, element, m->role);
    }
}

stepdown_status huddle_call(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < c->argument_count && status == STEPDOWN_OK; i++) {
        struct argument *a = &c->arguments[i];
        if (strcmp(a->name, "attend") != 0) {
            continue;
        }
        a->used = true;
        if (a->kind != ARGUMENT_TEXT || !may_own(d, a->text)) {
            status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "attend: must be a role that the protocols declare");
            status_detail(o, "field", "attend");
            return status;
        }
        struct event_draft ev;
        event_start(&ev, d, EVENT_HUDDLE_CALLED, 0, element);
        event_text(&ev, d, ATTR_ROLE, VALUE_ROLE, a->text);
        status = draft_emit(d, &ev, NULL, o);
    }
    return status;
}

// ---- what they have seen ---------------------------------------------------------------------------------------------------

static const struct value *evidence_of(const struct state *s, const struct mark *mark) {
    const struct value *list = state_mark_attr(s, mark, ATTR_EVIDENCE);
    return list != NULL && list->type == VALUE_LIST ? list : NULL;
}

static bool same_thing(const struct value *a, const struct value *b) {
    return ref_equal(a->ref, b->ref) && a->field == b->field;
}

// Was the same thing presented once more after `at`?
static bool presented_later(const struct state *s, uint32_t element, uint32_t at, const struct value *ref) {
    for (const struct mark *m; (m = next_mark(s, element, EVENT_HUDDLE_PRESENTED, &at)) != NULL;) {
        const struct value *list = evidence_of(s, m);
        for (uint32_t i = 0; list != NULL && i < list->count; i++) {
            if (same_thing(&list->items[i], ref)) {
                return true;
            }
        }
    }
    return false;
}

// Version that there is of what was cited. False: it was taken back.
static bool version_now(const struct draft *d, const struct value *ref, uint32_t cited, uint64_t *version) {
    const struct state *s = d->state;
    *version = ref->version;
    if (cited == NO_ELEMENT) {
        return true; // the pathway itself
    }
    const struct element *el = &s->elements[cited];
    if ((el->flags & ELEMENT_RETRACTED) != 0) {
        return false;
    }
    if (ref->field == 0) {
        *version = el->version;
        return true;
    }
    for (uint32_t f = el->first_field; f != UINT32_MAX; f = s->fields[f].next) {
        if (s->fields[f].symbol == ref->field) {
            *version = s->fields[f].version;
            return true;
        }
    }
    return false;
}

static void check_seen(struct lacks *l, uint32_t element, const struct mark *shown, const struct value *ref) {
    const struct state *s = l->d->state;
    uint32_t cited = state_find(s, ref->ref), at = NO_ELEMENT;
    const char *name = access_name(l->d, cited);
    uint64_t version;
    if (!version_now(l->d, ref, cited, &version)) {
        uint32_t later = (uint32_t)(shown - s->marks); // what came after it was taken back is what they decide on
        const struct mark *again = next_mark(s, element, EVENT_HUDDLE_PRESENTED, &later);
        if (again == NULL || again->at.seq <= s->elements[cited].version) {
            lack(l, "%s was taken back after it was presented; present what is left", name);
        }
        return;
    }
    if (version != ref->version) {
        lack(l, "%s has changed since it was presented; present it again", name);
    }
    for (const struct mark *m; (m = next_mark(s, element, EVENT_HUDDLE_JOINED, &at)) != NULL;) {
        if (!before(m->at, shown->at)) {
            lack(l, "%.*s came after %s was presented; present it again", SLICE(m->person), name);
        }
    }
}

// Whether evidence is needed at all is the protocol's to say; what was presented must be what everybody has seen.
static void check_evidence(struct lacks *l, uint32_t element) {
    const struct state *s = l->d->state;
    uint32_t at = NO_ELEMENT;
    for (const struct mark *m; (m = next_mark(s, element, EVENT_HUDDLE_PRESENTED, &at)) != NULL;) {
        const struct value *list = evidence_of(s, m);
        for (uint32_t i = 0; list != NULL && i < list->count; i++) {
            if (!presented_later(s, element, at, &list->items[i])) {
                check_seen(l, element, m, &list->items[i]);
            }
        }
    }
}

// ---- what they decided -----------------------------------------------------------------------------------------------------

// What was decided, in words; empty when that was erased.
static stepdown_slice decided_words(const struct state *s, const struct mark *m) {
    const struct value *decision = state_mark_attr(s, m, ATTR_DECIDED);
    bool words = decision != NULL && decision->type == VALUE_DECISION && decision->count > 0;
    return words ? decision->items[0].text : slice_of(NULL, 0);
}

// The item that a decision opened: the one the protocol foresees for it, or the work that was opened with it.
static uint32_t opened_by(const struct draft *d, uint32_t element, const struct mark *decided, stepdown_slice words) {
    const struct state *s = d->state;
    uint32_t index = s->elements[element].def;
    const struct item_def *def = index < d->defs->item_count ? &d->defs->items[index] : NULL;
    for (uint16_t i = 0; def != NULL && i < def->decision_count; i++) {
        if (slice_is(words, def->decisions[i].def.name) && def->decisions[i].opens >= 0) {
            return state_newest_item(s, def->decisions[i].opens);
        }
    }
    for (uint32_t i = s->elements[element].newest_about; i != NO_ELEMENT; i = s->elements[i].previous_about) {
        if (s->elements[i].id.seq == decided->at.seq && (s->elements[i].flags & ELEMENT_IS_ITEM) != 0) {
            return i;
        }
    }
    return NO_ELEMENT;
}

static void check_decision(struct lacks *l, uint32_t opened, stepdown_slice said) {
    const struct state *s = l->d->state;
    stepdown_slice words = access_may_read(l->d) ? said : slice_text("withheld");
    if (opened == NO_ELEMENT) {
        lack(l, "\"%.*s\" has no owner and no due time", SLICE(words));
    } else if ((s->elements[opened].flags & ELEMENT_FINISHED_FLAG) != 0) {
        return; // done already
    } else if (s->elements[opened].owner.size == 0) {
        lack(l, "\"%.*s\" has no owner; assign %s", SLICE(words), access_name(l->d, opened));
    } else if (s->elements[opened].due == STEPDOWN_TIME_NONE) {
        lack(l, "\"%.*s\" has no due time; give %s one", SLICE(words), access_name(l->d, opened));
    }
}

static void check_decisions(struct lacks *l, uint32_t element) {
    const struct state *s = l->d->state;
    uint32_t at = NO_ELEMENT, none = NO_ELEMENT;
    size_t count = 0;
    for (const struct mark *m; (m = next_mark(s, element, EVENT_HUDDLE_DECIDED, &at)) != NULL; count++) {
        stepdown_slice words = decided_words(s, m);
        if (words.size > 0) {
            check_decision(l, opened_by(l->d, element, m, words), words);
        }
    }
    if (count == 0 && next_mark(s, element, EVENT_HUDDLE_NO_DECISION, &none) == NULL) {
        lack(l, "there is no decision, and nobody has said that none is needed");
    }
}

// ---- its steps -------------------------------------------------------------------------------------------------------------

stepdown_status huddle_check(struct draft *d, struct command *c, uint32_t element, const struct verb_row *row,
                             stepdown_error **o) {
    bool decides = row->code == EVENT_HUDDLE_DECIDED || row->code == EVENT_HUDDLE_NO_DECISION;
    struct lacks l = {.d = d, .o = o, .step = decides ? "decide" : "close", .status = STEPDOWN_OK};
    if (decides) {
        check_evidence(&l, element);
    }
    if (row->code != EVENT_HUDDLE_CLOSED) {
        return l.status;
    }
    check_attendance(&l, element);
    check_evidence(&l, element);
    check_decisions(&l, element);
    stepdown_error *asked = NULL;
    stepdown_status status = close_needs(d, c, element, &asked);
    for (size_t i = 0; status == STEPDOWN_HELD && i < stepdown_error_detail_count(asked); i++) {
        if (strcmp(stepdown_error_detail_key(asked, i), "needs") == 0) {
            lack(&l, "%s", stepdown_error_detail_value(asked, i));
        }
    }
    if (status == STEPDOWN_HELD || status == STEPDOWN_OK) {
        stepdown_error_free(&asked);
        return l.status;
    }
    if (o != NULL) {
        stepdown_error_free(o);
    }
    error_pass(&asked, o);
    return status;
}
