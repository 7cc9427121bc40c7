// SPDX-License-Identifier: Apache-2.0
// Messages for the host to deliver. A row holds a reference only (pathway, event, recipient); what the message says is
// read from the record when it is leased, so that consent and erasure count at that moment. Delivery is at least once.
#include "engine/outbox.h"

#include "engine/verbs.h"

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

// One lease in the making. Rows are read in pages and no further than the limit; the rows that are leased already stand
// in front of the others and are passed over, so that they, and nothing behind, add to what a lease costs.
struct lease {
    struct engine *e;
    const struct session_info *session;
    uint32_t limit;
    stepdown_time now, until;
    struct arena *arena;
    struct outbox_message *list;
    size_t got;
    stepdown_slice *withheld; // keys of the messages that may not go
    size_t withheld_count;
    struct state *state; // of the pathway last looked at, NULL: none; its id follows
    uint8_t id[RECORD_ID];
};

static stepdown_status load_pathway(struct lease *l, const uint8_t id[RECORD_ID], stepdown_error **o) {
    struct key key;
    struct row row;
    struct head head;
    if (l->state != NULL && memcmp(l->id, id, RECORD_ID) == 0) {
        return STEPDOWN_OK;
    }
    key_pathway(&key, id, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    l->state = NULL;
    stepdown_status status = transaction_get(&l->e->transaction, &slice, 1, &l->e->arena, &row, o);
    if (status == STEPDOWN_OK) {
        status = engine_load(l->e, id, &row, &l->state, &head, o);
    }
    memcpy(l->id, id, RECORD_ID);
    return status;
}

// The labels of everything that the entries about the item hold: an update is what its form says.
static bool entitled_to_form(struct evaluation *ev, struct consent_asked *asked, uint32_t element) {
    const struct state *s = ev->state;
    bool may = true;
    uint32_t i = element != NO_ELEMENT ? s->elements[element].newest_about : NO_ELEMENT;
    for (; i != NO_ELEMENT && may; i = s->elements[i].previous_about) {
        const struct element *el = &s->elements[i];
        bool entry = (el->flags & (ELEMENT_IS_ITEM | ELEMENT_RETRACTED)) == 0;
        for (uint32_t f = el->first_field; entry && may && f != UINT32_MAX; f = s->fields[f].next) {
            uint32_t field = s->fields[f].field;
            asked->data_class = field < ev->defs->field_count ? ev->defs->fields[field].label : NULL;
            may = asked->data_class == NULL || consent_entitles(ev, asked);
            asked->data_class = s->fields[f].label; // that it was written with
            may = may && (asked->data_class == NULL || consent_entitles(ev, asked));
        }
    }
    return may;
}

// What leaves goes only to recipients entitled to every label in it.
static bool may_go(struct lease *l, struct state *s, const struct outbox_message *m) {
    struct evaluation ev = engine_evaluation(l->e, s, l->now);
    struct consent_asked asked = {
        .person = m->person, .role = m->role, .organization = m->organization, .purpose = l->session->purpose};
    bool may = consent_to_tell(&ev, &asked) != CONSENT_REFUSES;
    for (uint32_t i = 0; i < m->event->attr_count && may; i++) {
        asked.data_class = m->event->attrs[i].label;
        may = asked.data_class == NULL || consent_entitles(&ev, &asked);
    }
    uint32_t element = state_find(s, m->event->target);
    bool sends = EVENT_FAMILY(m->event->code) == FAMILY_UPDATE || EVENT_FAMILY(m->event->code) == FAMILY_REQUEST;
    return may && (!sends || entitled_to_form(&ev, &asked, element));
}

static stepdown_status lease_row(struct lease *l, const struct row *row, stepdown_error **o) {
    struct engine *e = l->e;
    struct outbox_message *m = &l->list[l->got];
    uint8_t until[LEASE_SIZE];
    stepdown_status status = read_message(e, row, l->arena, m, o);
    if (status == STEPDOWN_OK) {
        status = load_pathway(l, m->pathway, o);
    }
    if ((status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED) &&
        !e->transaction.failed) { // one damaged or newer record keeps nobody else waiting; verification names it
        l->state = NULL;
        if (o != NULL) {
            stepdown_error_free(o);
        }
        return STEPDOWN_OK;
    }
    if (status == STEPDOWN_OK && engine_may_act(e, l->session, l->state, NULL) != STEPDOWN_OK) {
        return STEPDOWN_OK; // for a session of those who take part; emergency access is for reading
    }
    if (status == STEPDOWN_OK && !may_go(l, l->state, m)) {
        l->withheld[l->withheld_count++] = row->key;
        return STEPDOWN_OK;
    }
    write_be64(until, (uint64_t)l->until);
    if (status == STEPDOWN_OK && !make_token(l->arena, row->key, until, &m->key)) {
        status = status_nomem(&e->env, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_put(&e->transaction, row->key, slice_of(until, sizeof until), o);
    }
    l->got += status == STEPDOWN_OK;
    return status;
}

// Leases are given only when every message looked at may go; else the transaction comes to nothing but `withheld`.
static stepdown_status lease_once(struct lease *l, stepdown_error **o) {
    enum { PAGE = 64 };
    struct key from, to;
    l->got = l->withheld_count = 0;
    l->state = NULL;
    arena_reset(&l->e->arena);
    arena_reset(&l->e->scratch);
    key_index_range('x', &from, &to);
    stepdown_status status = transaction_begin(&l->e->transaction, true, NULL, 0, o);
    for (bool more = true; more && status == STEPDOWN_OK && l->got + l->withheld_count < l->limit;) {
        struct row *rows;
        size_t count = 0;
        status = transaction_scan(&l->e->transaction, key_slice(&from), key_slice(&to), false, PAGE, l->arena, &rows,
                                  &count, &more, o);
        for (size_t i = 0; status == STEPDOWN_OK && i < count && l->got + l->withheld_count < l->limit; i++) {
            status = leased(&rows[i], l->now) ? STEPDOWN_OK : lease_row(l, &rows[i], o);
        }
        more = more && count > 0;
        if (more) {
            key_resume(&from, rows[count - 1].key);
        }
    }
    if (status != STEPDOWN_OK || l->withheld_count > 0 || l->got == 0) {
        transaction_abort(&l->e->transaction);
        return status;
    }
    return transaction_commit(&l->e->transaction, o);
}

// ---- withholding -------------------------------------------------------------------------------------------------------

static stepdown_status emit_withheld(struct lease *l, struct draft *d, const struct outbox_message *m, uint32_t element,
                                     stepdown_error **o) {
    struct event_draft ev;
    struct value about = {.type = VALUE_REFERENCE, .ref = {.seq = m->seq, .ord = m->ord}};
    event_start(&ev, d, EVENT_OUTBOX_WITHHELD, 0, element);
    event_value(&ev, d, ATTR_ABOUT, &about);
    event_text(&ev, d, ATTR_PERSON, VALUE_PERSON, m->person);
    event_text(&ev, d, ATTR_ROLE, VALUE_ROLE, m->role);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, m->organization);
    event_text(&ev, d, ATTR_PURPOSE, VALUE_TEXT, l->session->purpose);
    return draft_emit(d, &ev, NULL, o);
}

// An update that cannot reach whom it is for is blocked, and its owner sees it. Anything else gets an alert of the
// store's fallback, unless it is such an alert itself: that one is told again every day anyway.
static stepdown_status follow_withheld(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = element != NO_ELEMENT ? &d->state->elements[element] : NULL;
    if (d->state->closed) {
        return STEPDOWN_OK; // nothing is owed any more
    }
    uint16_t code = el == NULL                 ? 0
                    : el->kind == KIND_UPDATE  ? EVENT_UPDATE_BLOCKED
                    : el->kind == KIND_REQUEST ? EVENT_REQUEST_BLOCKED
                                               : 0;
    if (code != 0 && el->state == STATE_BLOCKED) {
        return STEPDOWN_OK; // by another of its messages
    }
    const struct verb_row *row = code != 0 ? lifecycle_event(el->kind, code) : NULL;
    if (row != NULL && (el->flags & ELEMENT_FINISHED_FLAG) == 0 && (row->from & STATE_BIT(el->state)) != 0) {
        struct event_draft ev;
        struct value reason = draft_text(VALUE_TEXT, slice_text("consent does not cover this recipient and purpose"));
        event_start(&ev, d, code, 0, element);
        event_withheld(&ev, d, ATTR_REASON, &reason, NULL);
        return draft_emit(d, &ev, NULL, o);
    }
    bool of_fallback = el != NULL && el->kind == KIND_ALERT && el->ladder_rule == UINT32_MAX;
    return of_fallback ? STEPDOWN_OK : escalate(d, -1, element, o);
}

static stepdown_status write_withheld(struct lease *l, struct draft *d, const struct outbox_message *m,
                                      stepdown_slice key, struct head *next, stepdown_error **o) {
    uint32_t element = state_find(d->state, m->event->target);
    stepdown_status status = emit_withheld(l, d, m, element, o);
    if (status == STEPDOWN_OK) {
        status = follow_withheld(d, element, o);
    }
    if (status == STEPDOWN_OK && !d->state->closed) {
        status = cascade_run(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_write(d, next, o);
    }
    return status == STEPDOWN_OK ? transaction_delete(&l->e->transaction, key, o) : status;
}

// Row and head as of a new transaction.
static stepdown_status read_withheld(struct lease *l, stepdown_slice key, struct row rows[2], stepdown_error **o) {
    struct engine *e = l->e;
    struct key head;
    uint8_t id[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    uint16_t recipient;
    if (!key_outbox_parse(key, id, &seq, &ord, &recipient)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "an outbox row cannot be read");
    }
    key_pathway(&head, id, SPACE_HEAD);
    stepdown_slice slices[2] = {key, key_slice(&head)};
    stepdown_status status = transaction_begin(&e->transaction, true, slices, 2, o);
    return status == STEPDOWN_OK ? transaction_get(&e->transaction, slices, 2, &e->arena, rows, o) : status;
}

// The row goes and the pathway says so, in one commit; decided anew, because somebody else may have been quicker.
static stepdown_status withhold_once(struct lease *l, stepdown_slice key, stepdown_error **o) {
    struct engine *e = l->e;
    struct row rows[2];
    struct outbox_message m;
    struct state *s = NULL;
    struct head head, next;
    struct draft d = {.folded = false};
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = read_withheld(l, key, rows, o);
    bool there = status == STEPDOWN_OK && rows[0].present && !leased(&rows[0], l->now);
    if (there) {
        status = read_message(e, &rows[0], &e->arena, &m, o);
    }
    if (status == STEPDOWN_OK && there) {
        status = engine_load(e, m.pathway, &rows[1], &s, &head, o);
    }
    if (status != STEPDOWN_OK || !there || may_go(l, s, &m)) {
        transaction_abort(&e->transaction);
        return status;
    }
    draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_COMMAND, STEPDOWN_TIME_NONE);
    status = write_withheld(l, &d, &m, key, &next, o);
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&e->transaction, o);
    } else {
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        engine_forget(e, m.pathway);
        return status;
    }
    return engine_keep(e, s, &next, o);
}

static stepdown_status withhold(struct lease *l, stepdown_slice key, stepdown_error **o) {
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        stepdown_status status = withhold_once(l, key, &cause);
        if (!engine_again(l->e, &status, tries, &cause, o)) {
            return status;
        }
    }
}

static stepdown_status lease_or_withhold(struct lease *l, stepdown_error **o) {
    stepdown_status status;
    do {
        for (uint32_t tries = 0;; tries++) {
            stepdown_error *cause = NULL;
            status = lease_once(l, &cause);
            if (!engine_again(l->e, &status, tries, &cause, o)) {
                break;
            }
        }
        for (size_t i = 0; i < l->withheld_count && status == STEPDOWN_OK; i++) {
            status = withhold(l, l->withheld[i], o);
        }
    } while (status == STEPDOWN_OK && l->withheld_count > 0);
    return status;
}

// ---- handing over ------------------------------------------------------------------------------------------------------

stepdown_status outbox_lease(struct engine *e, const struct session_info *session, uint32_t limit,
                             stepdown_time lease_until, struct arena *arena, struct outbox_message **out,
                             size_t *out_count, stepdown_error **o) {
    struct lease l = {.e = e,
                      .session = session,
                      .limit = limit,
                      .now = engine_now(e),
                      .until = lease_until,
                      .arena = arena,
                      .list = arena_alloc(arena, (limit + 1) * sizeof *l.list),
                      .withheld = arena_alloc(arena, (limit + 1) * sizeof *l.withheld)};
    if (l.list == NULL || l.withheld == NULL) {
        return status_nomem(&e->env, o);
    }
    stepdown_status status = lease_or_withhold(&l, o);
    // Handing over is a disclosure: on record before the message leaves.
    for (size_t i = 0; i < l.got && status == STEPDOWN_OK; i++) {
        const struct outbox_message *m = &l.list[i];
        struct access_told told = {
            .person = m->person, .role = m->role, .organization = m->organization, .ord = m->ord};
        status = access_export(e, session, m->pathway, m->seq, &told, o);
    }
    if (status == STEPDOWN_OK) {
        status = access_flush(e, o);
    }
    if (status == STEPDOWN_OK) {
        *out = l.list;
        *out_count = l.got;
    }
    return status;
}

// ---- delivered -------------------------------------------------------------------------------------------------------

// How many of those whom event `seq` told are known to have got it, now with one more.
static uint32_t received_by(const struct state *s, uint32_t element, uint64_t seq) {
    uint32_t count = 0;
    for (uint32_t i = s->elements[element].first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        count += s->marks[i].code == EVENT_MARK_RECEIVED && s->marks[i].at.seq > seq;
    }
    return count;
}

// Who got an update or a request stands on record; once everybody has it, it is delivered.
static stepdown_status emit_received(struct draft *d, const struct outbox_message *m, uint32_t element,
                                     stepdown_error **o) {
    const struct value *told = event_get(m->event, ATTR_RECIPIENTS);
    struct event_draft ev;
    event_start(&ev, d, EVENT_MARK_RECEIVED, 0, element);
    event_text(&ev, d, ATTR_PERSON, VALUE_PERSON, m->person);
    event_text(&ev, d, ATTR_ROLE, VALUE_ROLE, m->role);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, m->organization);
    event_number(&ev, d, ATTR_VERSION, (int64_t)state_version(d->state, element));
    stepdown_status status = draft_emit(d, &ev, NULL, o);
    const struct element *el = &d->state->elements[element];
    const struct verb_row *row = lifecycle_verb(el->kind, slice_text("deliver"));
    bool everybody = told != NULL && received_by(d->state, element, m->seq) >= told->count;
    if (status != STEPDOWN_OK || !everybody || row == NULL || (row->from & STATE_BIT(el->state)) == 0 ||
        (el->flags & ELEMENT_FINISHED_FLAG) != 0) {
        return status;
    }
    event_start(&ev, d, row->code, 0, element);
    return draft_emit(d, &ev, NULL, o);
}

// The record of it, in the transaction under way. Nothing for messages of other kinds, and none on a closed pathway.
static stepdown_status note_delivery(struct engine *e, const struct row *row, struct state **kept, struct head *next,
                                     uint8_t id[RECORD_ID], stepdown_error **o) {
    struct outbox_message m;
    struct key key;
    struct row head_row;
    struct head head;
    struct state *s = NULL;
    struct draft d = {.folded = false};
    stepdown_status status = read_message(e, row, &e->arena, &m, o);
    if (status != STEPDOWN_OK || !sending_is(m.event->code)) {
        return status;
    }
    key_pathway(&key, m.pathway, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    status = transaction_get(&e->transaction, &slice, 1, &e->arena, &head_row, o);
    if (status == STEPDOWN_OK) {
        status = engine_load(e, m.pathway, &head_row, &s, &head, o);
    }
    uint32_t element = status == STEPDOWN_OK ? state_find(s, m.event->target) : NO_ELEMENT;
    if (status != STEPDOWN_OK || element == NO_ELEMENT || s->closed) {
        return status;
    }
    memcpy(id, m.pathway, RECORD_ID);
    *kept = s;
    draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_COMMAND, STEPDOWN_TIME_NONE);
    status = emit_received(&d, &m, element, o);
    if (status == STEPDOWN_OK) {
        status = cascade_run(&d, o);
    }
    return status == STEPDOWN_OK ? draft_write(&d, next, o) : status;
}

// ---- settling ----------------------------------------------------------------------------------------------------------

static stepdown_status settle_once(struct engine *e, stepdown_slice token, bool delivered, stepdown_error **o) {
    struct row row;
    size_t size = token.size > LEASE_SIZE ? token.size - LEASE_SIZE : 0;
    stepdown_slice key = slice_of(token.data, size), until = slice_of(token.data + size, token.size - size);
    uint8_t id[RECORD_ID], pathway[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    uint16_t recipient;
    struct state *kept = NULL; // the pathway that the delivery was written to
    struct head next;
    if (!key_outbox_parse(key, id, &seq, &ord, &recipient)) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "no such message");
    }
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = transaction_begin(&e->transaction, true, &key, 1, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &key, 1, &e->arena, &row, o);
    }
    if (status == STEPDOWN_OK && (!row.present || !slice_equal(row.value, until) || !leased(&row, engine_now(e)))) {
        status = status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the message was settled already, or the lease is over");
    }
    if (status == STEPDOWN_OK && delivered) {
        status = note_delivery(e, &row, &kept, &next, pathway, o);
    }
    if (status == STEPDOWN_OK) {
        status = delivered ? transaction_delete(&e->transaction, key, o)
                           : transaction_put(&e->transaction, key, slice_of(NULL, 0), o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&e->transaction, o);
    } else {
        transaction_abort(&e->transaction);
    }
    if (kept == NULL) {
        return status;
    }
    if (status != STEPDOWN_OK) {
        engine_forget(e, pathway);
        return status;
    }
    return engine_keep(e, kept, &next, o);
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
