// SPDX-License-Identifier: Apache-2.0
// Who may see and do what, and the engine's access chain: one record per batch of reads and refusals, hash-chained like
// a pathway's, in the same log, so that who knew what when has an answer and a board costs nothing extra.
#include "engine/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ACCESS_BATCH_TIME = 1000000 }; // microseconds that a read may wait to be recorded

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
    if (state_participates(s, session->organization, engine_now(e))) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&e->env, o, STEPDOWN_DENIED, "%.*s does not take part in this pathway",
                                         (int)session->organization.size, (const char *)session->organization.data);
    status_detail(o, "organization", "%.*s", (int)session->organization.size, (const char *)session->organization.data);
    return status;
}

// ---- the access chain ------------------------------------------------------------------------------------------------------

static bool copy(struct arena *arena, stepdown_slice in, stepdown_slice *out) {
    *out = slice_of(NULL, 0);
    return in.size == 0 || arena_slice(arena, in, out);
}

stepdown_status access_note(struct engine *e, uint16_t code, const struct session_info *session, const uint8_t *pathway,
                            uint64_t seq, const char *what, const char *detail, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    if (chain->count == ENGINE_ACCESS_BATCH) {
        stepdown_status status = access_flush(e, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    struct access_event ev = {.code = code, .seq = seq, .has_pathway = pathway != NULL};
    if (!copy(&chain->arena, session->actor, &ev.actor) || !copy(&chain->arena, session->role, &ev.role) ||
        !copy(&chain->arena, session->organization, &ev.organization) ||
        !copy(&chain->arena, session->purpose, &ev.purpose) || !copy(&chain->arena, slice_text(what), &ev.what) ||
        !copy(&chain->arena, slice_text(detail), &ev.detail)) {
        return status_nomem(&e->env, o);
    }
    if (pathway != NULL) {
        memcpy(ev.pathway, pathway, RECORD_ID);
    }
    if (chain->count == 0) {
        chain->oldest = engine_now(e);
    }
    chain->pending[chain->count++] = ev;
    return STEPDOWN_OK;
}

static void add(struct event *event, uint32_t key, uint8_t type, stepdown_slice text) {
    if (text.size > 0) {
        event->attrs[event->attr_count++] = (struct attr){.key = key, .value = {.type = type, .text = text}};
    }
}

static bool build_event(struct arena *arena, const struct access_event *in, struct event *out) {
    enum { ATTRS = 8 };
    *out = (struct event){.code = in->code, .attrs = arena_alloc(arena, ATTRS * sizeof(struct attr))};
    if (out->attrs == NULL) {
        return false;
    }
    add(out, ATTR_PERSON, VALUE_PERSON, in->actor);
    add(out, ATTR_ROLE, VALUE_ROLE, in->role);
    add(out, ATTR_ORG, VALUE_TEXT, in->organization);
    add(out, ATTR_PURPOSE, VALUE_TEXT, in->purpose);
    add(out, ATTR_KIND, VALUE_TEXT, in->what);
    add(out, ATTR_VERDICT, VALUE_TEXT, in->detail);
    if (in->has_pathway) {
        add(out, ATTR_SIGNAL, VALUE_BYTES, slice_of(in->pathway, RECORD_ID));
        out->attrs[out->attr_count++] =
            (struct attr){.key = ATTR_VERSION, .value = {.type = VALUE_QUANTITY, .number = (int64_t)in->seq}};
    }
    return true;
}

static void access_header(const struct engine *e, struct record_header *h) {
    const struct access_chain *chain = &e->access;
    *h = (struct record_header){.cause = CAUSE_ACCESS, .raw_clock = STEPDOWN_TIME_NONE};
    memcpy(h->log_id, e->log_id, RECORD_ID);
    memcpy(h->pathway, chain->id, RECORD_ID);
    memcpy(h->previous, chain->leaf, DIGEST_SIZE);
    h->seq = chain->started ? chain->seq + 1 : 0;
    stepdown_time clock = engine_now(e);
    bool behind = chain->started && clock < chain->recorded_at;
    h->recorded_at = behind ? chain->recorded_at : clock;
    h->raw_clock = behind ? clock : STEPDOWN_TIME_NONE;
    h->occurred_at = h->recorded_at;
    h->actor.type = ACTOR_ENGINE;
    h->engine = slice_text(ENGINE_VERSION);
}

static stepdown_status put_access_rows(struct engine *e, const struct record_header *h, const uint8_t leaf[DIGEST_SIZE],
                                       stepdown_error **o) {
    struct key key;
    key_record(&key, h->pathway, h->seq);
    struct head head = {.access = true, .seq = h->seq, .recorded_at = h->recorded_at, .next_due = STEPDOWN_TIME_NONE};
    memcpy(head.leaf, leaf, DIGEST_SIZE);
    stepdown_status status =
        transaction_put_new(&e->transaction, key_slice(&key), slice_of(e->row.data, e->row.size), o);
    if (status == STEPDOWN_OK) {
        key_queue(&key, h->pathway, h->seq);
        status = transaction_put(&e->transaction, key_slice(&key), slice_of(NULL, 0), o);
    }
    if (status == STEPDOWN_OK) {
        key_pathway(&key, h->pathway, SPACE_HEAD);
        buffer_clear(&e->bytes);
        head_write(&head, &e->bytes);
        status = e->bytes.failed
                     ? status_nomem(&e->env, o)
                     : transaction_put(&e->transaction, key_slice(&key), slice_of(e->bytes.data, e->bytes.size), o);
    }
    return status;
}

static stepdown_status write_batch(struct engine *e, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    struct event events[ENGINE_ACCESS_BATCH + 1];
    uint32_t count = 0;
    if (!chain->started) {
        if (!e->env.random(e->env.random_ctx, chain->id, RECORD_ID)) {
            return status_fail(&e->env, o, STEPDOWN_INTERNAL, "no entropy for the id of the access chain");
        }
        struct access_event first = {.code = EVENT_ACCESS_CHAIN, .what = e->name};
        if (!build_event(&chain->arena, &first, &events[count++])) {
            return status_nomem(&e->env, o);
        }
    }
    for (size_t i = 0; i < chain->count; i++) {
        if (!build_event(&chain->arena, &chain->pending[i], &events[count++])) {
            return status_nomem(&e->env, o);
        }
    }
    struct record_header h;
    uint8_t leaf[DIGEST_SIZE];
    access_header(e, &h);
    stepdown_status status = record_encode(&e->env, e->digest, &h, events, count, &e->row, leaf, o);
    if (status == STEPDOWN_OK) {
        status = transaction_begin(&e->transaction, true, NULL, 0, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = put_access_rows(e, &h, leaf, o);
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    status = transaction_commit(&e->transaction, o);
    if (status == STEPDOWN_OK) {
        chain->started = true;
        chain->seq = h.seq;
        chain->recorded_at = h.recorded_at;
        memcpy(chain->leaf, leaf, DIGEST_SIZE);
    }
    return status;
}

// When the outcome is not known, the engine starts a new chain: the old one is whole whichever way it went, and what
// was pending is written again rather than lost.
stepdown_status access_flush(struct engine *e, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    if (chain->count == 0) {
        return STEPDOWN_OK;
    }
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        status = write_batch(e, &cause);
        bool again = (status == STEPDOWN_UNKNOWN || status == STEPDOWN_CONFLICT) && tries < e->retries;
        if (status == STEPDOWN_UNKNOWN) {
            chain->started = false;
            memset(chain->leaf, 0, DIGEST_SIZE);
        }
        if (!again) {
            (void)engine_again(e, &status, tries, &cause, o);
            break;
        }
        stepdown_error_free(&cause);
    }
    if (status == STEPDOWN_OK) {
        chain->count = 0;
        arena_reset(&chain->arena);
    }
    return status;
}

stepdown_status access_flush_old(struct engine *e, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    bool due =
        chain->count == ENGINE_ACCESS_BATCH || (chain->count > 0 && engine_now(e) - chain->oldest >= ACCESS_BATCH_TIME);
    return due ? access_flush(e, o) : STEPDOWN_OK;
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
