// SPDX-License-Identifier: Apache-2.0
// When a pathway's subject is erased, whoever was told anything by it forgets by whom: the token and the pathway go out of
// every record that holds them, in a commit of its own for each pathway, with a record that says so (decision 0053). What
// was told stays: words of lists, counted as before.
#include "engine/report.h"

#include <string.h>

enum { RECORDS_MAX = 100 }; // of which one commit takes something

struct forgetting {
    struct engine *e;
    const uint8_t *sender;
    bool person; // its subject was one
    stepdown_slice basis, authority;
};

bool report_forgets(const struct event *event) {
    const struct value *key = event->code == EVENT_ERASURE_ERASED ? event_get(event, ATTR_FIELD) : NULL;
    return key != NULL && key->number == ATTR_SUBJECT;
}

// ---- one record ----------------------------------------------------------------------------------------------------------

// Whence a report came: [token, pathway, reference]; whom one goes to: the pathway.
static bool names_sender(const struct forgetting *f, const struct attr *attr) {
    const struct value *v = &attr->value;
    if (attr->key != ATTR_ORIGIN || !attr->withheld) {
        return false;
    }
    v = v->type == VALUE_LIST && v->count == 3 ? &v->items[1] : v;
    return v->type == VALUE_BYTES && v->text.size == RECORD_ID && memcmp(v->text.data, f->sender, RECORD_ID) == 0;
}

static uint32_t find_names(const struct forgetting *f, const struct record *record, uint16_t *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < record->event_count; i++) {
        for (uint32_t a = 0; a < record->events[i].attr_count; a++) {
            const struct attr *attr = &record->events[i].attrs[a];
            if (names_sender(f, attr)) {
                out[count++] = attr->disclosure;
            }
        }
    }
    return count;
}

static stepdown_status forget_in_record(const struct forgetting *f, struct draft *d, const struct row *row,
                                        uint32_t *records, stepdown_error **o) {
    struct engine *e = f->e;
    struct record record;
    struct key key;
    uint16_t numbers[RECORD_WITHHELD_MAX];
    stepdown_status status = record_decode(&e->env, e->digest, &e->reading, row->value, &record, o);
    uint32_t count = status == STEPDOWN_OK ? find_names(f, &record, numbers) : 0;
    if (count == 0) {
        return status;
    }
    ++*records;
    key_record(&key, d->state->id, record.header.seq);
    const struct erasure what = {
        .seq = record.header.seq, .symbol = ATTR_ORIGIN, .basis = f->basis, .authority = f->authority};
    status = erasure_put(d, &key, row->value, numbers, count, o);
    return status == STEPDOWN_OK ? erasure_emit(d, &what, numbers, count, o) : status;
}

// ---- one pathway ---------------------------------------------------------------------------------------------------------

// Newest first: the report itself goes last, so that what is interrupted is found again.
static stepdown_status forget_in_records(const struct forgetting *f, struct draft *d, uint32_t *records,
                                         stepdown_error **o) {
    enum { PAGE = 64 };
    struct engine *e = f->e;
    struct key from, to;
    stepdown_status status = STEPDOWN_OK;
    key_record(&from, d->state->id, 0);
    key_record(&to, d->state->id, d->header.seq);
    for (bool more = true; more && status == STEPDOWN_OK && *records < RECORDS_MAX;) {
        struct row *rows;
        size_t count = 0;
        arena_reset(&e->reading);
        status = transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), true, PAGE, &e->reading, &rows,
                                  &count, &more, o);
        for (size_t i = 0; i < count && status == STEPDOWN_OK && *records < RECORDS_MAX; i++) {
            to.size = rows[i].key.size;
            memcpy(to.bytes, rows[i].key.data, to.size);
            status = forget_in_record(f, d, &rows[i], records, o);
        }
        more = more && count > 0;
    }
    return status;
}

static bool was_told(const struct state *s, const uint8_t sender[RECORD_ID]) {
    for (size_t i = 0; i < s->origin_count; i++) {
        if (memcmp(s->origins[i].member, sender, RECORD_ID) == 0) {
            return true;
        }
    }
    return false;
}

// What follows is looked at again while the pathway is open. `bare`: that is too much for one record.
static stepdown_status write_forgotten(const struct forgetting *f, struct draft *d, bool bare, stepdown_error **o) {
    struct engine *e = f->e;
    struct head next;
    stepdown_status status = engine_delete_snapshot(e, d->state->id, o);
    d->head.snapshot_seq = d->state->snapshot_seq = 0;
    d->erases = true;
    d->touched |= UINT64_C(1) << FAMILY_REPORT;
    if (d->state->closed || bare) {
        d->cascaded = d->event_count;
    } else if (status == STEPDOWN_OK) {
        status = cascade_run(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_write(d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&e->transaction, o);
    }
    return status == STEPDOWN_OK ? engine_keep(e, d->state, &next, o) : status;
}

// *records: of which something was taken; none when nothing is left.
static stepdown_status try_pathway(const struct forgetting *f, const uint8_t id[RECORD_ID], bool bare,
                                   uint32_t *records, stepdown_error **o) {
    struct engine *e = f->e;
    struct state *s = NULL;
    struct head head;
    struct draft d = {.event_count = 0};
    *records = 0;
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = engine_begin_on(e, id, true, &s, &head, o);
    if (status == STEPDOWN_OK && was_told(s, f->sender)) {
        draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_ERASURE, STEPDOWN_TIME_NONE);
        status = forget_in_records(f, &d, records, o);
    }
    if (status == STEPDOWN_OK && *records > 0) {
        status = write_forgotten(f, &d, bare, o);
    } else {
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        engine_forget(e, id);
    }
    return status;
}

static stepdown_status forget_in(const struct forgetting *f, const uint8_t id[RECORD_ID], uint32_t *made,
                                 stepdown_error **o) {
    bool bare = false;
    for (uint32_t tries = 0;;) {
        stepdown_error *cause = NULL;
        uint32_t records = 0;
        stepdown_status status = try_pathway(f, id, bare, &records, &cause);
        if (status == STEPDOWN_OK && records > 0) {
            ++*made;
            continue; // until nothing is left
        }
        if ((status == STEPDOWN_LIMIT && !bare) || (status == STEPDOWN_UNKNOWN && tries < f->e->retries)) {
            stepdown_error_free(&cause);
            bare = bare || status == STEPDOWN_LIMIT;
            tries++;
            continue;
        }
        if (!engine_again(f->e, &status, tries++, &cause, o)) {
            return status;
        }
    }
}

// ---- every pathway -------------------------------------------------------------------------------------------------------

// Told by its definitions, without being folded: persons are told nothing by persons, and others only what they have a
// form for.
static bool may_know(const struct forgetting *f, const struct row *row, const uint8_t id[RECORD_ID]) {
    struct head head;
    struct definitions *defs;
    stepdown_error *cause = NULL;
    if (!row->present || !head_read(row->value, &head) || head.access || memcmp(id, f->sender, RECORD_ID) == 0) {
        return false;
    }
    if (engine_definitions(f->e, head.definition, &defs, &cause) != STEPDOWN_OK) {
        stepdown_error_free(&cause);
        return true; // loading it says what is wrong
    }
    if (f->person && strcmp(defs->subject, protocol_subjects[0]) == 0) {
        return false;
    }
    for (size_t i = 0; i < defs->form_count; i++) {
        if (defs->forms[i].report_to != NULL && strcmp(defs->forms[i].report_to, defs->subject) == 0) {
            return true;
        }
    }
    return false;
}

static stepdown_status next_that_may_know(const struct forgetting *f, struct key *from, uint8_t id[RECORD_ID],
                                          bool *found, stepdown_error **o) {
    struct engine *e = f->e;
    bool known = false;
    *found = false;
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    for (bool more = true; more && status == STEPDOWN_OK && !known; more = *found) {
        struct row row;
        status = engine_next_head(e, from, &row, id, found, o);
        known = status == STEPDOWN_OK && *found && may_know(f, &row, id);
    }
    transaction_abort(&e->transaction);
    return status;
}

static bool read_erasure(struct forgetting *f, const struct event *event) {
    const struct value *basis = event_get(event, ATTR_BASIS), *authority = event_get(event, ATTR_AUTHORITY);
    if (basis == NULL || authority == NULL) {
        return false;
    }
    f->basis = basis->text;
    f->authority = authority->text;
    return true;
}

static stepdown_status read_sender(struct forgetting *f, stepdown_error **o) {
    struct state *s;
    struct head head;
    arena_reset(&f->e->arena);
    stepdown_status status = engine_begin_on(f->e, f->sender, false, &s, &head, o);
    if (status == STEPDOWN_OK) {
        f->person = strcmp(s->defs->subject, protocol_subjects[0]) == 0;
    }
    transaction_abort(&f->e->transaction);
    return status;
}

stepdown_status report_forget(struct engine *e, const struct signal_place *place, const struct record *record,
                              const struct delivery_sink *sink, stepdown_error **o) {
    struct forgetting f = {.e = e, .sender = place->sender};
    struct key from;
    uint8_t id[RECORD_ID];
    stepdown_status first = STEPDOWN_OK;
    key_first_pathway(&from);
    stepdown_status status = read_erasure(&f, &record->events[place->ord])
                                 ? read_sender(&f, o)
                                 : status_fail(&e->env, o, STEPDOWN_CORRUPT, "an erasure does not say on which basis");
    for (bool found = true; found && status == STEPDOWN_OK;) {
        status = next_that_may_know(&f, &from, id, &found, o);
        if (status != STEPDOWN_OK || !found) {
            break;
        }
        uint32_t made = 0;
        stepdown_error *cause = NULL;
        stepdown_status one = forget_in(&f, id, &made, &cause);
        if (one != STEPDOWN_OK || made > 0) { // one that fails stops nobody else, and is tried again
            sink->seen(sink->ctx, id, one, cause, made);
        }
        stepdown_error_free(&cause);
        first = first == STEPDOWN_OK ? one : first;
    }
    return status == STEPDOWN_OK ? first : status;
}
