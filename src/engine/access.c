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

stepdown_status access_role_declared(struct draft *d, stepdown_error **o) {
    const struct session_info *who = d->session;
    int32_t role = definitions_role(d->defs, who->role);
    if (role < 0) {
        return access_denied(d, o, "the protocols of this pathway know no role %.*s", (int)who->role.size,
                             (const char *)who->role.data);
    }
    const char *kind = d->defs->roles[role].org_kind;
    for (size_t i = 0; i < d->state->participant_count; i++) {
        const struct participant *p = &d->state->participants[i];
        if (slice_equal(p->org, who->organization) && (kind == NULL || slice_is(p->kind, kind))) {
            return STEPDOWN_OK;
        }
    }
    return access_denied(d, o, "a %.*s belongs to a %s organization", (int)who->role.size, (const char *)who->role.data,
                         kind != NULL ? kind : "participating");
}

stepdown_status engine_may_see(struct engine *e, const struct session_info *session, const struct state *s,
                               stepdown_error **o) {
    stepdown_time now = engine_now(e); // as records do it: never before the last record
    if (state_participates(s, session->organization, now > s->recorded_at ? now : s->recorded_at)) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&e->env, o, STEPDOWN_DENIED, "%.*s does not take part in this pathway",
                                         (int)session->organization.size, (const char *)session->organization.data);
    status_detail(o, "organization", "%.*s", (int)session->organization.size, (const char *)session->organization.data);
    return status;
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

static stepdown_status read_rows(struct engine *e, const uint8_t id[RECORD_ID], struct state **out, struct head *head,
                                 stepdown_error **o) {
    struct key keys[2];
    key_pathway(&keys[0], id, SPACE_HEAD);
    key_settings_version(&keys[1]);
    stepdown_slice slices[2] = {key_slice(&keys[0]), key_slice(&keys[1])};
    struct row rows[2];
    uint64_t version;
    stepdown_status status = transaction_begin(&e->transaction, false, slices, 2, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, slices, 2, &e->arena, rows, o);
    }
    if (status == STEPDOWN_OK) {
        status = settings_version_of(e, &rows[1], &version, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_directory(e, version, o);
    }
    return status == STEPDOWN_OK ? engine_load(e, id, &rows[0], out, head, o) : status;
}

stepdown_status engine_begin_read(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                  const char *what, struct state **out, struct head *head, stepdown_error **o) {
    struct state *s = NULL;
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = access_flush_old(e, o);
    if (status == STEPDOWN_OK) {
        status = read_rows(e, id, &s, head, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_may_see(e, session, s, o);
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
