// SPDX-License-Identifier: Apache-2.0
// Emergency access: somebody who may not read a pathway, or not all of it, reads it all the same, for a while, with a
// reason, and somebody else reviews afterwards whether that was right. On record before anything is shown.
#include <string.h>

#include "engine/verbs.h"

enum { REASON_MAX = 1024 };

// The same person asks again while the review is open: one review is enough.
static bool under_review(const struct state *s, const struct session_info *who) {
    for (size_t i = 0; i < s->open_count; i++) {
        const struct element *el = &s->elements[s->open_items[i]];
        if (el->kind == KIND_REVIEW && (el->flags & ELEMENT_ADHOC) != 0 && slice_equal(el->author, who->actor) &&
            slice_is(el->name, "review of emergency access")) {
            return true;
        }
    }
    return false;
}

// Whoever answers for work that somebody decided on reviews it; where the protocols have no such role, the fallback.
static void add_reviewer(struct draft *d, struct event_draft *ev) {
    const struct engine *e = d->e;
    int32_t role = d->defs->action_item >= 0 ? d->defs->items[d->defs->action_item].owner_role : -1;
    stepdown_slice person = e->fallback_person, organization = e->fallback_organization;
    stepdown_slice name = e->fallback_role;
    for (size_t hops = 0; role >= 0 && hops <= d->defs->role_count; hops++) {
        stepdown_slice holder, where;
        if (role_holder(d->e, d->state, role, d->now, &holder, &where) && !slice_equal(holder, d->session->actor)) {
            name = slice_text(d->defs->roles[role].def.name);
            person = holder;
            organization = where;
            break;
        }
        role = d->defs->roles[role].if_empty;
    }
    event_text(ev, d, ATTR_OWNER_ROLE, VALUE_ROLE, name);
    event_text(ev, d, ATTR_PERSON, VALUE_PERSON, person);
    event_text(ev, d, ATTR_OWNER_ORG, VALUE_TEXT, organization);
}

static stepdown_status open_review(struct draft *d, stepdown_slice reason, stepdown_error **o) {
    struct event_draft ev;
    struct duration day = {.days = 1};
    struct value name = draft_text(VALUE_TEXT, slice_text("review of emergency access"));
    struct value why = draft_text(VALUE_TEXT, reason);
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    event_start(&ev, d, lifecycle_opening(KIND_REVIEW), 0, NO_ELEMENT);
    event_withheld(&ev, d, ATTR_NAME, &name, NULL);
    event_withheld(&ev, d, ATTR_REASON, &why, NULL);
    event_time(&ev, d, ATTR_DUE, duration_add(d->now, &day, 1, d->state->zone, NULL, 0));
    add_reviewer(d, &ev);
    return draft_emit(d, &ev, NULL, o);
}

static stepdown_status review_once(struct engine *e, const struct session_info *who, const uint8_t id[RECORD_ID],
                                   stepdown_slice reason, stepdown_error **o) {
    struct state *s;
    struct head head;
    struct draft d = {.folded = false};
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = engine_begin_on(e, id, true, &s, &head, o);
    if (status != STEPDOWN_OK || under_review(s, who)) {
        transaction_abort(&e->transaction);
        return status;
    }
    draft_start(&d, e, s, &head, who, &e->arena, CAUSE_COMMAND, STEPDOWN_TIME_NONE);
    status = open_review(&d, reason, o);
    if (status == STEPDOWN_OK) {
        status = cascade_run(&d, o);
    }
    return draft_commit(&d, id, status, o);
}

static stepdown_status check(struct engine *e, const struct session_info *who, stepdown_slice reason, uint32_t seconds,
                             stepdown_error **o) {
    if (reason.size == 0 || reason.size > REASON_MAX || !utf8_valid(reason, NULL)) {
        return status_fail(&e->env, o, STEPDOWN_INVALID, "reason: emergency access needs one, of 1 to %d bytes",
                           REASON_MAX);
    }
    if (seconds < 1 || seconds > 86400) {
        return status_fail(&e->env, o, STEPDOWN_INVALID, "seconds: emergency access lasts 1 to 86,400 seconds");
    }
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        e->directory.fresh = false;
        status = engine_directory(e, o);
        transaction_abort(&e->transaction);
    }
    if (status == STEPDOWN_OK && engine_organization_kind(e, who->organization).size == 0) {
        status = status_fail(&e->env, o, STEPDOWN_DENIED, "the store does not know %.*s", (int)who->organization.size,
                             (const char *)who->organization.data);
    }
    return status;
}

stepdown_status engine_break_glass(struct engine *e, struct session_info *who, const uint8_t id[RECORD_ID],
                                   const char *reason, uint32_t seconds, stepdown_error **o) {
    stepdown_slice why = slice_text(reason);
    stepdown_status status = check(e, who, why, seconds, o);
    if (status == STEPDOWN_OK) {
        status = access_note(e, EVENT_ACCESS_EMERGENCY, who, id, 0, "emergency", reason, o);
    }
    if (status == STEPDOWN_OK) {
        status = access_flush(e, o);
    }
    for (uint32_t tries = 0; status == STEPDOWN_OK; tries++) {
        stepdown_error *cause = NULL;
        status = review_once(e, who, id, why, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            break;
        }
        status = STEPDOWN_OK;
    }
    if (status == STEPDOWN_OK) {
        memcpy(who->emergency, id, RECORD_ID);
        who->emergency_until = engine_now(e) + (stepdown_time)seconds * 1000000;
    }
    return status;
}
