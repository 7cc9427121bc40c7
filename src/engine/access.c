// SPDX-License-Identifier: Apache-2.0
// Who may see and do what, and opening a pathway for reading. Every look and every refusal is noted (access_chain.c).
#include "engine/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- may they? -----------------------------------------------------------------------------------------------------------

stepdown_status access_denied(struct draft *d, stepdown_error **o, const char *format, ...) {
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_DENIED, "%s", text);
    status_detail(o, "role", "%.*s", (int)d->session->role.size, (const char *)d->session->role.data);
    return status;
}

bool access_in_set(const struct draft *d, int32_t role_set) {
    if (role_set < 0 || d->session == NULL) {
        return true;
    }
    const struct role_set *set = &d->defs->role_sets[role_set];
    for (uint16_t i = 0; i < set->count; i++) {
        if (slice_is(d->session->role, d->defs->roles[set->roles[i]].def.name)) {
            return true;
        }
    }
    return set->count == 0;
}

// Whoever answers when every ladder has run out acts on what was raised to them, in every pathway of the store.
static bool is_fallback(const struct engine *e, const struct session_info *who) {
    return slice_equal(who->actor, e->fallback_person) && slice_equal(who->role, e->fallback_role) &&
           slice_equal(who->organization, e->fallback_organization);
}

// The role is one that the protocols declare, and the organization, of a kind that has this role, takes part now.
static bool role_fits(const struct state *s, const struct session_info *who, const char **kind) {
    int32_t role = definitions_role(s->defs, who->role);
    *kind = role >= 0 ? s->defs->roles[role].org_kind : NULL;
    for (size_t i = 0; i < s->participant_count && role >= 0; i++) {
        const struct participant *p = &s->participants[i];
        bool now = p->until == STEPDOWN_TIME_NONE || p->until > s->recorded_at;
        if (now && slice_equal(p->org, who->organization) && definitions_role_fits(&s->defs->roles[role], p->kind)) {
            return true;
        }
    }
    return false;
}

static stepdown_status role_refused(struct engine *e, const struct session_info *who, const char *kind,
                                    stepdown_error **o) {
    stepdown_status status =
        kind == NULL ? status_fail(&e->env, o, STEPDOWN_DENIED, "the protocols of this pathway know no role %.*s",
                                   (int)who->role.size, (const char *)who->role.data)
                     : status_fail(&e->env, o, STEPDOWN_DENIED, "a %.*s belongs to a %s organization",
                                   (int)who->role.size, (const char *)who->role.data, kind);
    status_detail(o, "role", "%.*s", (int)who->role.size, (const char *)who->role.data);
    return status;
}

stepdown_status access_role_declared(struct draft *d, stepdown_error **o) {
    const char *kind;
    bool fits = role_fits(d->state, d->session, &kind) || is_fallback(d->e, d->session);
    return fits ? STEPDOWN_OK : role_refused(d->e, d->session, kind, o);
}

bool engine_emergency(const struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID]) {
    return session->emergency_until != STEPDOWN_TIME_NONE && engine_now(e) < session->emergency_until &&
           memcmp(session->emergency, id, RECORD_ID) == 0;
}

stepdown_status engine_may_act(struct engine *e, const struct session_info *session, const struct state *s,
                               stepdown_error **o) {
    const char *kind;
    stepdown_time now = engine_now(e); // as records do it: never before the last record
    if (is_fallback(e, session)) {
        return STEPDOWN_OK;
    }
    if (state_participates(s, session->organization, now > s->recorded_at ? now : s->recorded_at)) {
        return role_fits(s, session, &kind) ? STEPDOWN_OK : role_refused(e, session, kind, o);
    }
    stepdown_status status = status_fail(&e->env, o, STEPDOWN_DENIED, "%.*s does not take part in this pathway",
                                         (int)session->organization.size, (const char *)session->organization.data);
    status_detail(o, "organization", "%.*s", (int)session->organization.size, (const char *)session->organization.data);
    return status;
}

stepdown_status engine_may_see(struct engine *e, const struct session_info *session, const struct state *s,
                               stepdown_error **o) {
    return engine_emergency(e, session, s->id) ? STEPDOWN_OK : engine_may_act(e, session, s, o);
}

stepdown_status engine_may_ask(struct engine *e, const struct session_info *session, stepdown_slice organization,
                               stepdown_error **o) {
    if (slice_equal(session->organization, organization) || is_fallback(e, session)) {
        return STEPDOWN_OK;
    }
    stepdown_status noted = access_note(e, EVENT_ACCESS_REFUSED, session, NULL, 0, "board", NULL, o);
    if (noted != STEPDOWN_OK) {
        return noted;
    }
    stepdown_status status = status_fail(&e->env, o, STEPDOWN_DENIED, "the board of %.*s is not that of %.*s",
                                         (int)organization.size, (const char *)organization.data,
                                         (int)session->organization.size, (const char *)session->organization.data);
    status_detail(o, "organization", "%.*s", (int)organization.size, (const char *)organization.data);
    return status;
}

bool access_may_read(struct draft *d) {
    const struct session_info *who = d->session;
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    if (who == NULL) {
        return true; // the engine itself
    }
    const struct consent_asked asked = {.person = who->actor,
                                        .role = who->role,
                                        .organization = who->organization,
                                        .purpose = who->purpose,
                                        .data_class = ""};
    return consent_entitles(&ev, &asked);
}

const char *access_name(struct draft *d, uint32_t element) {
    const struct element *el = element != NO_ELEMENT ? &d->state->elements[element] : NULL;
    bool label = el != NULL && (el->flags & ELEMENT_ADHOC) != 0 && el->name.size > 0;
    bool own = label && d->session != NULL && slice_equal(d->session->organization, el->author_org) &&
               (slice_is(d->session->purpose, "treatment") || slice_is(d->session->purpose, "operations"));
    return !label || own || access_may_read(d) ? element_name(d->state, element) : "withheld";
}

// ---- reading ---------------------------------------------------------------------------------------------------------------

struct evaluation engine_evaluation(struct engine *e, struct state *s, stepdown_time now) {
    return (struct evaluation){.defs = s->defs,
                               .state = s,
                               .now = now,
                               .this_element = NO_ELEMENT,
                               .trigger_element = NO_ELEMENT,
                               .scratch = &e->scratch};
}

static stepdown_status known_then(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                  struct head *head, stepdown_error **o) {
    bool found = true;
    if (!session->looks_back || session->known_at == STEPDOWN_TIME_NONE) {
        return STEPDOWN_OK;
    }
    stepdown_status status = engine_known_at(e, id, head->seq, session->known_at, &head->seq, NULL, &found, o);
    return status == STEPDOWN_OK && !found
               ? status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "nothing was known of this pathway by then")
               : status;
}

stepdown_status engine_begin_read(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                  const char *what, struct state **out, struct head *head, stepdown_error **o) {
    struct state *s = NULL;
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = access_flush_old(e, o);
    if (status == STEPDOWN_OK) {
        status = engine_begin_on(e, id, false, &s, head, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_may_see(e, session, s, o);
        if (status == STEPDOWN_OK) {
            status = known_then(e, session, id, head, o);
        }
        stepdown_status noted = access_note(e, status == STEPDOWN_OK ? EVENT_ACCESS_READ : EVENT_ACCESS_REFUSED,
                                            session, id, head->seq, what, NULL, status == STEPDOWN_OK ? o : NULL);
        status = status == STEPDOWN_OK ? noted : status;
    }
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    // A read across organizations is on record before it is answered. The state stays valid: it is cached and only this
    // engine's lock holder could drop it.
    if (!slice_equal(session->organization, s->org)) {
        transaction_abort(&e->transaction);
        status = access_flush(e, o);
        if (status == STEPDOWN_OK) { // views may read records
            status = transaction_begin(&e->transaction, false, NULL, 0, o);
        }
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    *out = s;
    return STEPDOWN_OK;
}

stepdown_status engine_end_read(struct engine *e, stepdown_error **o) {
    transaction_abort(&e->transaction);
    return access_flush_old(e, o);
}
