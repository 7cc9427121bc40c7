// SPDX-License-Identifier: Apache-2.0
// Messages for the host to deliver. A row holds a reference only (pathway, event, recipient); what the message says is
// read from the record when it is leased, so that consent and erasure count at that moment. Delivery is at least once.
#include "engine/outbox.h"

#include <string.h>

// ---- writing ---------------------------------------------------------------------------------------------------------------------

stepdown_status outbox_put(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = 0; i < d->event_count && status == STEPDOWN_OK; i++) {
        const struct value *told = event_get(&d->events[i], ATTR_RECIPIENTS);
        for (uint32_t r = 0; told != NULL && r < told->count && status == STEPDOWN_OK; r++) {
            struct key key;
            key_outbox(&key, d->header.recorded_at, d->state->id, d->header.seq, i, (uint16_t)r);
            status = transaction_put(&d->e->transaction, key_slice(&key), slice_of(NULL, 0), o);
        }
    }
    return status;
}

// ---- leasing ---------------------------------------------------------------------------------------------------------------------

enum { LEASE_SIZE = 8 }; // a leased row holds the moment at which the lease ends, an unleased one nothing

// A token is the key of the row and the lease: whoever leased it before cannot settle it any more.
static bool make_token(struct arena *arena, stepdown_slice key, const uint8_t until[LEASE_SIZE], stepdown_slice *out) {
    uint8_t *bytes = arena_alloc(arena, key.size + LEASE_SIZE);
    if (bytes == NULL) {
        return false;
    }
    memcpy(bytes, key.data, key.size);
    memcpy(bytes + key.size, until, LEASE_SIZE);
    *out = slice_of(bytes, key.size + LEASE_SIZE);
    return true;
}

static bool leased(const struct row *row, stepdown_time now) {
    return row->value.size == LEASE_SIZE && (stepdown_time)read_be64(row->value.data) > now;
}

static stepdown_status read_message(struct engine *e, const struct row *row, struct arena *arena,
                                    struct outbox_message *out, stepdown_error **o) {
    uint16_t recipient;
    struct key key;
    struct row found;
    struct record record;
    *out = (struct outbox_message){.seq = 0};
    if (!key_outbox_parse(row->key, out->pathway, &out->seq, &out->ord, &recipient)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "an outbox row cannot be read");
    }
    key_record(&key, out->pathway, out->seq);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, arena, &found, o);
    if (status == STEPDOWN_OK && !found.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the record behind an outbox row is missing");
    }
    if (status == STEPDOWN_OK) {
        status = record_decode(&e->env, e->digest, arena, found.value, &record, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    const struct event *event = out->ord < record.event_count ? &record.events[out->ord] : NULL;
    const struct value *told = event != NULL ? event_get(event, ATTR_RECIPIENTS) : NULL;
    if (told == NULL || recipient >= told->count || told->items[recipient].count != 3) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "an outbox row names no recipient of its event");
    }
    const struct value *parts = told->items[recipient].items;
    const struct value *due = event_get(event, ATTR_STEP_DUE);
    out->event = event;
    out->role = parts[0].text;
    out->organization = parts[1].text;
    out->person = parts[2].text;
    out->due = due != NULL ? due->number : STEPDOWN_TIME_NONE;
    return STEPDOWN_OK;
}

static stepdown_status lease_once(struct engine *e, uint32_t limit, stepdown_time lease_until, struct arena *arena,
                                  struct outbox_message *list, size_t *out_count, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count;
    stepdown_time now = engine_now(e);
    key_index_range('x', &from, &to);
    stepdown_status status = transaction_begin(&e->transaction, true, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = engine_scan_all(e, &from, &to, arena, &rows, &count, o);
    }
    size_t got = 0;
    for (size_t i = 0; status == STEPDOWN_OK && i < count && got < limit; i++) {
        if (leased(&rows[i], now)) {
            continue;
        }
        uint8_t until[LEASE_SIZE];
        write_be64(until, (uint64_t)lease_until);
        status = read_message(e, &rows[i], arena, &list[got], o);
        if (status == STEPDOWN_OK && !make_token(arena, rows[i].key, until, &list[got].key)) {
            status = status_nomem(&e->env, o);
        }
        if (status == STEPDOWN_OK) {
            status = transaction_put(&e->transaction, rows[i].key, slice_of(until, sizeof until), o);
        }
        got += status == STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK || got == 0) {
        transaction_abort(&e->transaction);
    } else {
        status = transaction_commit(&e->transaction, o);
    }
    *out_count = got;
    return status;
}

stepdown_status outbox_lease(struct engine *e, const struct session_info *session, uint32_t limit,
                             stepdown_time lease_until, struct arena *arena, struct outbox_message **out,
                             size_t *out_count, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    size_t got = 0;
    struct outbox_message *list = arena_alloc(arena, (limit + 1) * sizeof *list);
    if (list == NULL) {
        return status_nomem(&e->env, o);
    }
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        status = lease_once(e, limit, lease_until, arena, list, &got, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            break;
        }
    }
    // Handing over is a disclosure: on record before the message leaves.
    for (size_t i = 0; i < got && status == STEPDOWN_OK; i++) {
        struct session_info to_whom = {.actor = list[i].person,
                                       .role = list[i].role,
                                       .organization = list[i].organization,
                                       .purpose = session->purpose};
        status = access_note(e, EVENT_ACCESS_EXPORTED, &to_whom, list[i].pathway, list[i].seq, "message", NULL, o);
    }
    if (status == STEPDOWN_OK) {
        status = access_flush(e, o);
    }
    if (status == STEPDOWN_OK) {
        *out = list;
        *out_count = got;
    }
    return status;
}

static stepdown_status settle_once(struct engine *e, stepdown_slice token, bool delivered, stepdown_error **o) {
    struct row row;
    size_t size = token.size > LEASE_SIZE ? token.size - LEASE_SIZE : 0;
    stepdown_slice key = slice_of(token.data, size), until = slice_of(token.data + size, token.size - size);
    uint8_t id[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    uint16_t recipient;
    if (!key_outbox_parse(key, id, &seq, &ord, &recipient)) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "no such message");
    }
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, true, &key, 1, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &key, 1, &e->arena, &row, o);
    }
    if (status == STEPDOWN_OK && (!row.present || !slice_equal(row.value, until) || !leased(&row, engine_now(e)))) {
        status = status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the message was settled already, or the lease is over");
    }
    if (status == STEPDOWN_OK) {
        status = delivered ? transaction_delete(&e->transaction, key, o)
                           : transaction_put(&e->transaction, key, slice_of(NULL, 0), o);
    }
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    return transaction_commit(&e->transaction, o);
}

stepdown_status outbox_settle(struct engine *e, stepdown_slice key, bool delivered, stepdown_error **o) {
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        stepdown_status status = settle_once(e, key, delivered, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            return status;
        }
    }
}
