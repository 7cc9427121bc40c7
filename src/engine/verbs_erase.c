// SPDX-License-Identifier: Apache-2.0
// Erasing values for good: the disclosures that hold them are taken out of every record that holds a version of them, the
// snapshot goes, and one record says what was erased, on which basis and by whose authority. The cores stay as they
// are, so the chain verifies as before. May call: draft, targets, arguments.
#include "engine/verbs.h"

#include <string.h>

struct erasing {
    struct draft *d;
    struct ref at;      // of the entry, or the place of the one event whose words go
    bool words;         // one event's free texts, not the fields of an entry
    uint32_t symbol;    // of the one field, or key of the one attribute; 0: all
    const char *target; // as the command says it
    uint32_t name;      // symbol of the form
    stepdown_slice basis, authority, reason;
    size_t values; // erased so far
    bool kept;     // one stands in a record's body, where nothing can be taken out
    bool gone;     // one was erased before
};

// ---- what is asked -----------------------------------------------------------------------------------------------------

static stepdown_status field_refused(struct draft *d, const char *field, const char *why, stepdown_error **o) {
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: %s", field, why);
    status_detail(o, "field", "%s", field);
    return status;
}

static stepdown_status required(struct draft *d, struct command *c, const char *name, stepdown_slice *out,
                                stepdown_error **o) {
    stepdown_status status = argument_text(d, c, name, out, o);
    if (status == STEPDOWN_OK && out->size == 0) {
        status = field_refused(d, name, "is required", o);
    }
    return status == STEPDOWN_OK ? engine_check_name(d->e, *out, name, o) : status;
}

static stepdown_status read_arguments(struct erasing *x, struct command *c, stepdown_error **o) {
    stepdown_status status = required(x->d, c, "basis", &x->basis, o);
    if (status == STEPDOWN_OK) {
        status = required(x->d, c, "authority", &x->authority, o);
    }
    return status == STEPDOWN_OK ? argument_text(x->d, c, "reason", &x->reason, o) : status;
}

// An id that is no entry's is the place of an event: what somebody wrote with a mark or a step.
static bool names_event(struct erasing *x, stepdown_slice text) {
    stepdown_slice rest;
    if (!target_parse_id(text, &x->at, &rest) || rest.size > 0 || x->at.seq > x->d->state->seq) {
        return false;
    }
    uint32_t element = state_find(x->d->state, x->at);
    return element == NO_ELEMENT || (x->d->state->elements[element].flags & ELEMENT_IS_ITEM) != 0;
}

// Work on a pathway rests on whom it is about, so the reference goes last: when the pathway is closed.
static stepdown_status target_subject(struct erasing *x, stepdown_error **o) {
    x->words = true;
    x->at = (struct ref){0, 0};
    x->symbol = ATTR_SUBJECT;
    return x->d->state->closed
               ? STEPDOWN_OK
               : status_fail(&x->d->e->env, o, STEPDOWN_WRONG_STATE,
                             "%s: the pathway is open, and the work on it rests on whom it is about", x->target);
}

static stepdown_status read_target(struct erasing *x, struct command *c, uint32_t *entry, stepdown_error **o) {
    const struct state *s = x->d->state;
    struct target t;
    x->target = c->target;
    if (strcmp(c->target, "pathway.subject") == 0) {
        return target_subject(x, o);
    }
    x->words = names_event(x, slice_text(c->target));
    if (x->words) {
        return STEPDOWN_OK;
    }
    stepdown_status status = target_resolve(x->d, slice_text(c->target), &t, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (t.element == NO_ELEMENT || (s->elements[t.element].flags & ELEMENT_IS_ITEM) != 0) {
        return status_fail(&x->d->e->env, o, STEPDOWN_INVALID,
                           "%s is neither an entry nor a field of one; the words of a step go by its id", c->target);
    }
    x->at = s->elements[t.element].id;
    x->name = s->elements[t.element].symbol;
    x->symbol = t.field >= 0 ? x->d->defs->fields[t.field].def.symbol : 0;
    *entry = t.element;
    return STEPDOWN_OK;
}

// ---- one record --------------------------------------------------------------------------------------------------------

static bool counts(const struct erasing *x, const struct record *record, uint32_t ord) {
    const struct event *event = &record->events[ord];
    if (x->words) {
        return record->header.seq == x->at.seq && ord == x->at.ord;
    }
    return ref_equal(event->target, x->at) &&
           (event->code == EVENT_FORM_AMENDED || event->code == EVENT_REPORT_REVISED ||
            event_row(event->code)->class == EVENT_CLASS_ENTRY);
}

static bool is_meant(const struct erasing *x, const struct attr *attr) {
    if (x->symbol != 0) {
        return attr->key == x->symbol;
    }
    bool word = attr->withheld && attr->key != ATTR_ORIGIN; // where an answer goes to is nobody's words
    return x->words ? word : attr->key >= SYMBOL_FIRST;
}

// Numbers of the disclosures of this record that are to go, into `out` with room for all of them.
static uint32_t find_disclosures(struct erasing *x, const struct record *record, uint16_t *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < record->event_count; i++) {
        for (uint32_t a = 0; counts(x, record, i) && a < record->events[i].attr_count; a++) {
            const struct attr *attr = &record->events[i].attrs[a];
            if (!is_meant(x, attr)) {
                continue;
            }
            if (attr->value.type == VALUE_ERASED) {
                x->gone = true;
            } else if (attr->withheld) {
                out[count++] = attr->disclosure;
            } else {
                x->kept = true;
            }
        }
    }
    return count;
}

stepdown_status erasure_emit(struct draft *d, const struct erasure *what, const uint16_t *numbers, uint32_t count,
                             stepdown_error **o) {
    struct event_draft ev;
    struct value *items = draft_list(d, count);
    if (items == NULL) {
        return status_nomem(&d->e->env, o);
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i] = draft_number(VALUE_QUANTITY, numbers[i]);
    }
    struct value about = {.type = VALUE_REFERENCE, .ref = {.seq = what->seq}};
    struct value list = {.type = VALUE_LIST, .items = items, .count = count};
    event_start(&ev, d, EVENT_ERASURE_ERASED, what->name, NO_ELEMENT);
    event_value(&ev, d, ATTR_ABOUT, &about);
    event_value(&ev, d, ATTR_VALUE, &list);
    event_text(&ev, d, ATTR_BASIS, VALUE_TEXT, what->basis);
    event_text(&ev, d, ATTR_AUTHORITY, VALUE_TEXT, what->authority);
    if (what->symbol != 0) {
        event_number(&ev, d, ATTR_FIELD, what->symbol);
    }
    if (d->event_count == 0 && what->reason.size > 0) {
        struct value reason = draft_text(VALUE_TEXT, what->reason);
        event_withheld(&ev, d, ATTR_REASON, &reason, NULL);
    }
    return draft_emit(d, &ev, NULL, o);
}

// What a command asked is kept as a hash, from which a short value could be guessed: its id alone stays.
static stepdown_status forget_request(struct erasing *x, const struct record *record, stepdown_error **o) {
    struct key key;
    uint8_t seq[8];
    if (record->header.command_id.size == 0) {
        return STEPDOWN_OK;
    }
    key_command(&key, x->d->state->id, record->header.command_id);
    write_be64(seq, record->header.seq);
    return transaction_put(&x->d->e->transaction, key_slice(&key), slice_of(seq, sizeof seq), o);
}

stepdown_status erasure_put(struct draft *d, const struct key *key, stepdown_slice row, const uint16_t *numbers,
                            uint32_t count, stepdown_error **o) {
    struct engine *e = d->e;
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        status = record_erase(&e->env, row, numbers[i], &e->bytes, o);
        if (status == STEPDOWN_OK && !arena_slice(d->arena, slice_of(e->bytes.data, e->bytes.size), &row)) {
            status = status_nomem(&e->env, o);
        }
    }
    return status == STEPDOWN_OK ? transaction_put(&e->transaction, key_slice(key), row, o) : status;
}

static stepdown_status read_record(struct erasing *x, const struct key *key, struct row *row, struct record *record,
                                   stepdown_error **o) {
    struct engine *e = x->d->e;
    stepdown_slice slice = key_slice(key);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, x->d->arena, row, o);
    if (status == STEPDOWN_OK && !row->present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "a record that holds what is to be erased is missing");
    }
    return status == STEPDOWN_OK ? record_decode(&e->env, e->digest, x->d->arena, row->value, record, o) : status;
}

// The subject and a signal on its way are what other rows stand on; the subject goes by its own name.
static bool may_lose_words(const struct erasing *x, const struct record *record) {
    uint16_t code = record->events[x->at.ord].code;
    return x->symbol == ATTR_SUBJECT || (code != EVENT_PATHWAY_OPENED && code != EVENT_PATHWAY_SIGNALLED);
}

static stepdown_status erase_in(struct erasing *x, uint64_t seq, stepdown_error **o) {
    struct key key;
    struct row row;
    struct record record;
    key_record(&key, x->d->state->id, seq);
    stepdown_status status = read_record(x, &key, &row, &record, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (x->words && (x->at.ord >= record.event_count || !may_lose_words(x, &record))) {
        return x->at.ord >= record.event_count
                   ? status_fail(&x->d->e->env, o, STEPDOWN_NOT_FOUND, "no event has the id %s", x->target)
                   : status_fail(&x->d->e->env, o, STEPDOWN_INVALID, "%s: the pathway rests on these words", x->target);
    }
    uint16_t numbers[RECORD_WITHHELD_MAX];
    uint32_t count = find_disclosures(x, &record, numbers);
    if (count == 0) {
        return STEPDOWN_OK;
    }
    x->values += count;
    status = erasure_put(x->d, &key, row.value, numbers, count, o);
    if (status == STEPDOWN_OK) {
        status = forget_request(x, &record, o);
    }
    const struct erasure what = {.seq = seq,
                                 .name = x->name,
                                 .symbol = x->symbol,
                                 .basis = x->basis,
                                 .authority = x->authority,
                                 .reason = x->reason};
    return status == STEPDOWN_OK ? erasure_emit(x->d, &what, numbers, count, o) : status;
}

// Every record that gave the entry fields, newest first.
static stepdown_status erase_versions(struct erasing *x, uint32_t entry, stepdown_error **o) {
    const struct state *s = x->d->state;
    uint64_t done = UINT64_MAX;
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = s->elements[entry].last_log; i != UINT32_MAX && status == STEPDOWN_OK; i = s->log[i].previous) {
        uint64_t seq = s->log[i].seq;
        bool gave = s->log[i].code == EVENT_FORM_AMENDED || s->log[i].code == EVENT_REPORT_REVISED ||
                    seq == s->elements[entry].id.seq;
        if (gave && seq != done) {
            done = seq;
            status = erase_in(x, seq, o);
        }
    }
    return status;
}

// ---- the verb ----------------------------------------------------------------------------------------------------------

static stepdown_status check_outcome(struct erasing *x, stepdown_error **o) {
    if (x->kept && (x->symbol != 0 || (x->values == 0 && !x->gone))) {
        return field_refused(
            x->d, x->target,
            "is kept in the record itself (kept: in-record), where decisions and due times rest on it, "
            "and cannot be erased",
            o);
    }
    return x->values > 0
               ? STEPDOWN_OK
               : status_fail(&x->d->e->env, o, STEPDOWN_NOT_FOUND, "%s: nothing there is left to erase", x->target);
}

// What follows from the entry's family is looked at again; a closed pathway only forgets.
static void follow(struct erasing *x, uint32_t entry) {
    struct draft *d = x->d;
    if (d->state->closed) {
        d->cascaded = d->event_count;
    } else if (!x->words) {
        d->touched |= UINT64_C(1) << (EVENT_FAMILY(d->state->elements[entry].code) & 63);
    }
}

stepdown_status verb_erase(struct draft *d, struct command *c, stepdown_error **o) {
    struct erasing x = {.d = d};
    uint32_t entry = NO_ELEMENT;
    if (!slice_equal(d->session->organization, d->state->org)) {
        return access_denied(d, o, "only %.*s, which opened the pathway, may erase", (int)d->state->org.size,
                             (const char *)d->state->org.data);
    }
    stepdown_status status = read_arguments(&x, c, o);
    if (status == STEPDOWN_OK) {
        status = read_target(&x, c, &entry, o);
    }
    if (status == STEPDOWN_OK) {
        status = x.words ? erase_in(&x, x.at.seq, o) : erase_versions(&x, entry, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_outcome(&x, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_delete_snapshot(d->e, d->state->id, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    d->header.cause = CAUSE_ERASURE;
    d->head.snapshot_seq = d->state->snapshot_seq = 0;
    d->erases = true;
    follow(&x, entry);
    return STEPDOWN_OK;
}
