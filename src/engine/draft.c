// SPDX-License-Identifier: Apache-2.0
// A record in the making: see draft.h. The state is folded as events are emitted; the storage sees only the end result.
#include "engine/report.h"

#include <string.h>

#include "engine/board.h"

#include "record/cbor.h"

void draft_start(struct draft *d, struct engine *e, struct state *state, const struct head *head,
                 const struct session_info *session, struct arena *arena, uint8_t cause, stepdown_time occurred_at) {
    *d = (struct draft){.e = e, .state = state, .defs = state->defs, .session = session, .arena = arena};
    d->opening = state->empty;
    e->directory.fresh = false;
    if (head != NULL) {
        d->head = *head;
    } else {
        d->head.next_due = STEPDOWN_TIME_NONE;
    }
    struct record_header *h = &d->header;
    memcpy(h->log_id, e->log_id, RECORD_ID);
    memcpy(h->pathway, state->id, RECORD_ID);
    memcpy(h->definition, d->defs->hash, DIGEST_SIZE);
    h->seq = state->empty ? 0 : state->seq + 1;
    if (!state->empty) {
        memcpy(h->previous, state->leaf, DIGEST_SIZE);
    }
    stepdown_time clock = engine_now(e);
    bool behind = !state->empty && clock < state->recorded_at;
    h->recorded_at = behind ? state->recorded_at : clock;
    h->raw_clock = behind ? clock : STEPDOWN_TIME_NONE;
    h->occurred_at = occurred_at != STEPDOWN_TIME_NONE ? occurred_at : clock;
    h->cause = cause;
    h->engine = slice_text(ENGINE_VERSION);
    if (session != NULL) {
        h->actor = (struct actor){
            .type = ACTOR_PERSON, .id = session->actor, .role = session->role, .behalf = session->organization};
        h->purpose = session->purpose;
    } else {
        h->actor.type = ACTOR_ENGINE;
    }
    d->now = clock; // never the moment a clock that once ran ahead has left behind
}

// ---- emitting --------------------------------------------------------------------------------------------------------

void event_start(struct event_draft *ev, struct draft *d, uint16_t code, uint32_t name, uint32_t element) {
    *ev = (struct event_draft){.code = code, .name = name, .element = element, .cap = DRAFT_ATTRS_MAX};
    ev->attrs = arena_alloc(d->arena, ev->cap * sizeof *ev->attrs);
}

static struct attr *event_slot(struct event_draft *ev, struct draft *d) {
    if (ev->attrs != NULL && ev->count == ev->cap) {
        struct attr *grown = arena_alloc(d->arena, 2 * ev->cap * sizeof *grown);
        if (grown != NULL) {
            memcpy(grown, ev->attrs, ev->count * sizeof *grown);
            ev->cap *= 2;
        }
        ev->attrs = grown;
    }
    return ev->attrs != NULL ? &ev->attrs[ev->count++] : NULL;
}

void event_value(struct event_draft *ev, struct draft *d, uint32_t key, const struct value *value) {
    struct attr *attr = event_slot(ev, d);
    if (attr != NULL) {
        *attr = (struct attr){.key = key, .value = *value};
    }
}

void event_withheld(struct event_draft *ev, struct draft *d, uint32_t key, const struct value *value,
                    const char *label) {
    struct attr *attr = event_slot(ev, d);
    if (attr != NULL) {
        *attr = (struct attr){.key = key, .withheld = true, .label = label, .value = *value};
    }
}

void event_copied(struct event_draft *ev, struct draft *d, const struct field_def *f, int32_t term,
                  const struct value *value) {
    const char *label = f->label != NULL ? f->label : rule_term_label(d->defs, term);
    if (f->in_record && label == NULL) {
        event_value(ev, d, f->def.symbol, value);
    } else {
        event_withheld(ev, d, f->def.symbol, value, label);
    }
}

void event_text(struct event_draft *ev, struct draft *d, uint32_t key, uint8_t type, stepdown_slice text) {
    if (text.size > 0) {
        struct value value = draft_text(type, text);
        event_value(ev, d, key, &value);
    }
}

void event_number(struct event_draft *ev, struct draft *d, uint32_t key, int64_t number) {
    struct value value = draft_number(VALUE_QUANTITY, number);
    event_value(ev, d, key, &value);
}

void event_time(struct event_draft *ev, struct draft *d, uint32_t key, stepdown_time t) {
    if (t != STEPDOWN_TIME_NONE) {
        struct value value = draft_number(VALUE_TIME, t);
        event_value(ev, d, key, &value);
    }
}

void event_element(struct event_draft *ev, struct draft *d, uint32_t key, uint32_t element) {
    if (element != NO_ELEMENT) {
        struct value value = draft_ref(d->state, element, 0, 0);
        event_value(ev, d, key, &value);
    }
}

// Room doubles; the old place stays readable, because what follows from an event is worked out while more are added.
static bool grow_events(struct draft *d) {
    uint32_t cap = d->event_cap == 0 ? 16 : d->event_cap * 2;
    struct event *events = arena_alloc(d->arena, cap * sizeof *events);
    uint32_t *elements = arena_alloc(d->arena, cap * sizeof *elements);
    if (events == NULL || elements == NULL) {
        return false;
    }
    if (d->event_count > 0) {
        memcpy(events, d->events, d->event_count * sizeof *events);
        memcpy(elements, d->elements, d->event_count * sizeof *elements);
    }
    d->events = events;
    d->elements = elements;
    d->event_cap = cap;
    return true;
}

// A record that needs more than the most events is refused, never cut.
static stepdown_status make_room(struct draft *d, stepdown_error **o) {
    struct engine *e = d->e;
    if (d->event_count == ENGINE_EVENTS_MAX) {
        return status_fail(&e->env, o, STEPDOWN_LIMIT, "more than %d events would follow from one command",
                           ENGINE_EVENTS_MAX);
    }
    return d->event_count < d->event_cap || grow_events(d) ? STEPDOWN_OK : status_nomem(&e->env, o);
}

stepdown_status draft_emit(struct draft *d, struct event_draft *ev, uint32_t *out_element, stepdown_error **o) {
    struct state *s = d->state;
    stepdown_status status = make_room(d, o);
    if (status == STEPDOWN_OK && ev->attrs == NULL) {
        status = status_nomem(&d->e->env, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    const struct event_row *row = event_row(ev->code);
    bool creates = row != NULL && (row->class == EVENT_CLASS_OPEN || row->class == EVENT_CLASS_ENTRY);
    uint32_t ord = d->event_count;
    struct event *event = &d->events[ord];
    *event = (struct event){.code = ev->code, .name = ev->name, .attrs = ev->attrs, .attr_count = ev->count};
    if (creates) {
        event->target = (struct ref){.seq = d->header.seq, .ord = ord};
    } else if (ev->element != NO_ELEMENT) {
        event->target = s->elements[ev->element].id;
    }
    if (!creates) {
        status = board_before(d, ev->code, ev->element, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    d->folded = true; // even when folding fails half-way
    status = fold_event(s, &d->header, ord, event, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    uint32_t element = creates ? (uint32_t)(s->element_count - 1) : ev->element;
    d->elements[ord] = element;
    d->event_count++;
    status = creates ? board_opened(d, element, o) : STEPDOWN_OK;
    if (status != STEPDOWN_OK) {
        return status;
    }
    d->touched |= UINT64_C(1) << (EVENT_FAMILY(ev->code) & 63);
    if (out_element != NULL) {
        *out_element = element;
    }
    return STEPDOWN_OK;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

static stepdown_status put(struct draft *d, const struct key *key, const void *value, size_t size, stepdown_error **o) {
    return transaction_put(&d->e->transaction, key_slice(key), slice_of(value, size), o);
}

static stepdown_status put_timer(struct draft *d, const struct head *next, stepdown_error **o) {
    struct key key;
    stepdown_status status = STEPDOWN_OK;
    if (next->next_due == d->head.next_due) {
        return STEPDOWN_OK;
    }
    if (d->head.next_due != STEPDOWN_TIME_NONE) {
        key_timer(&key, d->head.next_due, d->state->id);
        status = transaction_delete(&d->e->transaction, key_slice(&key), o);
    }
    if (status == STEPDOWN_OK && next->next_due != STEPDOWN_TIME_NONE) {
        key_timer(&key, next->next_due, d->state->id);
        status = put(d, &key, NULL, 0, o);
    }
    return status;
}

// A snapshot when the records since the last one are a quarter of all, so that its cost per record stays the same
// however long the pathway lives.
static bool snapshot_is_due(const struct draft *d) {
    if (d->erases) {
        return false;
    }
    uint64_t since = d->header.seq - d->head.snapshot_seq;
    return since >= ENGINE_SNAPSHOT_MIN && since >= d->head.snapshot_seq / 4;
}

// What an older, longer snapshot has left behind the last chunk: long texts may have been amended to short ones.
static stepdown_status drop_chunks(struct draft *d, uint16_t first, stepdown_error **o) {
    struct engine *e = d->e;
    struct key from, to;
    struct row *rows;
    size_t count = 0;
    key_snapshot(&from, d->state->id, first);
    key_pathway(&to, d->state->id, SPACE_SNAPSHOT + 1);
    stepdown_status status = engine_scan_all(e, &from, &to, d->arena, &rows, &count, o);
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = transaction_delete(&e->transaction, rows[i].key, o);
    }
    return status;
}

static stepdown_status put_snapshot(struct draft *d, struct head *next, stepdown_error **o) {
    struct engine *e = d->e;
    stepdown_status status = engine_snapshot(e, d->state, o);
    size_t at = 0;
    uint16_t chunk = 0;
    for (; status == STEPDOWN_OK && at < e->bytes.size; chunk++) {
        size_t size = e->bytes.size - at < ENGINE_SNAPSHOT_CHUNK ? e->bytes.size - at : ENGINE_SNAPSHOT_CHUNK;
        struct key key;
        key_snapshot(&key, d->state->id, chunk);
        status = put(d, &key, e->bytes.data + at, size, o);
        at += size;
    }
    if (status == STEPDOWN_OK && d->head.snapshot_seq > 0) {
        status = drop_chunks(d, chunk, o);
    }
    if (status == STEPDOWN_OK) {
        next->snapshot_seq = d->header.seq;
        d->state->snapshot_seq = d->header.seq;
    }
    return status;
}

static stepdown_status put_command(struct draft *d, stepdown_error **o) {
    if (d->header.command_id.size == 0) {
        return STEPDOWN_OK;
    }
    struct key key;
    key_command(&key, d->state->id, d->header.command_id);
    uint8_t value[8 + 16];
    write_be64(value, d->header.seq);
    memcpy(value + 8, d->request_hash.data, 16); // half of SHA-256 tells requests apart
    return put(d, &key, value, sizeof value, o);
}

static stepdown_status put_joined(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    struct key key;
    for (size_t i = 0; i < d->joined_count && status == STEPDOWN_OK; i++) {
        key_participation(&key, d->joined[i], d->state->id);
        status = put(d, &key, NULL, 0, o);
    }
    return status;
}

static stepdown_status put_record(struct draft *d, stepdown_error **o) {
    struct key key;
    key_record(&key, d->state->id, d->header.seq);
    stepdown_status status =
        transaction_put_new(&d->e->transaction, key_slice(&key), slice_of(d->e->row.data, d->e->row.size), o);
    if (status == STEPDOWN_OK) {
        key_queue(&key, d->state->id, d->header.seq);
        status = put(d, &key, NULL, 0, o);
    }
    return status;
}

stepdown_status draft_write(struct draft *d, struct head *out_head, stepdown_error **o) {
    struct engine *e = d->e;
    uint8_t leaf[DIGEST_SIZE];
    stepdown_status status = record_encode(&e->env, e->digest, &d->header, d->events, d->event_count, &e->row, leaf, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    fold_seal(d->state, &d->header, leaf);
    struct head next = d->head;
    struct timer timer;
    enum timer_what what;
    next.closed = d->state->closed;
    next.seq = d->header.seq;
    next.recorded_at = d->header.recorded_at;
    next.next_due = state_next_timer(d->state, &timer, &what);
    memcpy(next.leaf, leaf, DIGEST_SIZE);
    memcpy(next.definition, d->defs->hash, DIGEST_SIZE);
    status = put_record(d, o);
    if (status == STEPDOWN_OK) {
        status = put_command(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = put_joined(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = report_index(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = put_timer(d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        status = board_put(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = outbox_put(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = signal_put(d, o);
    }
    if (status == STEPDOWN_OK && snapshot_is_due(d)) {
        status = put_snapshot(d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        struct key key;
        key_pathway(&key, d->state->id, SPACE_HEAD);
        buffer_clear(&e->bytes);
        head_write(&next, &e->bytes);
        status = e->bytes.failed ? status_nomem(&e->env, o)
                 : d->opening
                     ? transaction_put_new(&e->transaction, key_slice(&key), slice_of(e->bytes.data, e->bytes.size), o)
                     : put(d, &key, e->bytes.data, e->bytes.size, o);
    }
    if (status == STEPDOWN_OK) {
        *out_head = next;
    }
    return status;
}

stepdown_status draft_commit(struct draft *d, const uint8_t id[RECORD_ID], stepdown_status status, stepdown_error **o) {
    struct engine *e = d->e;
    struct head next;
    if (status == STEPDOWN_OK) {
        status = draft_write(d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&e->transaction, o);
    } else {
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        engine_forget(e, id);
        return status;
    }
    return engine_keep(e, d->state, &next, o);
}

// ---- values ----------------------------------------------------------------------------------------------------------

struct value draft_text(uint8_t type, stepdown_slice text) {
    return (struct value){.type = type, .text = text};
}

struct value draft_number(uint8_t type, int64_t number) {
    return (struct value){.type = type, .number = number};
}

struct value draft_ref(const struct state *s, uint32_t element, uint32_t field_symbol, uint64_t version) {
    struct value value = {.type = VALUE_REFERENCE, .field = field_symbol, .version = version};
    if (element != NO_ELEMENT) {
        value.ref = s->elements[element].id;
    }
    return value;
}

struct value *draft_list(struct draft *d, size_t count) {
    return arena_zalloc(d->arena, (count + 1) * sizeof(struct value));
}
