// SPDX-License-Identifier: Apache-2.0
// Verification: every record of a chain is canonical, follows its predecessor, belongs here and keeps its commitments;
// what was erased is named by a later erasure; the head, the timer row and the snapshot are what the records say.
#include "engine/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct walk {
    struct engine *e;
    struct arena *arena; // of the caller: the problem's text
    struct chain_report *report;
    struct state *state; // folded along; NULL for access chains
    uint64_t next;
    uint8_t leaf[DIGEST_SIZE];
    stepdown_time recorded_at;
    struct missing {
        uint64_t seq;
        uint16_t number;
        bool explained;
    } * missing; // disclosures that are not there, ascending
    size_t missing_count, missing_cap, unexplained;
};

static void broken_with(struct walk *w, uint64_t seq, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The first problem stands; what comes after it may only follow from it.
static void broken_with(struct walk *w, uint64_t seq, const char *format, ...) {
    char text[256];
    va_list list;
    if (!w->report->intact) {
        return;
    }
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    w->report->intact = false;
    w->report->bad_seq = (int64_t)seq;
    const char *copy = arena_text(w->arena, text, strlen(text));
    w->report->problem = copy != NULL ? copy : "out of memory while describing the problem";
}

static void broken(struct walk *w, uint64_t seq, const char *problem) { broken_with(w, seq, "%s", problem); }

// ---- what is not there -------------------------------------------------------------------------------------------------

static bool note_missing(struct walk *w, uint64_t seq, uint16_t number) {
    if (!env_grow(&w->e->env, (void **)&w->missing, &w->missing_cap, w->missing_count + 1, sizeof *w->missing)) {
        return false;
    }
    w->missing[w->missing_count++] = (struct missing){.seq = seq, .number = number};
    w->unexplained++;
    return true;
}

// Disclosures are numbered in the order in which events cite them, so that the list stays in order.
static bool gather_missing(struct walk *w, const struct record *record) {
    bool kept = !record->body_erased || note_missing(w, record->header.seq, 0);
    for (uint32_t i = 0; i < record->event_count; i++) {
        for (uint32_t a = 0; kept && a < record->events[i].attr_count; a++) {
            const struct attr *attr = &record->events[i].attrs[a];
            kept = attr->value.type != VALUE_ERASED || note_missing(w, record->header.seq, attr->disclosure);
        }
    }
    return kept;
}

static struct missing *find_missing(const struct walk *w, uint64_t seq, uint16_t number) {
    size_t low = 0, high = w->missing_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct missing *m = &w->missing[middle];
        if (m->seq < seq || (m->seq == seq && m->number < number)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < w->missing_count && w->missing[low].seq == seq && w->missing[low].number == number;
    return found ? &w->missing[low] : NULL;
}

// What an erasure record names must be gone: a copy put back is no less a change than a value taken out.
static void explain(struct walk *w, uint64_t by, uint64_t seq, const struct value *number) {
    bool valid = number->type == VALUE_QUANTITY && number->number >= 0 && number->number <= UINT16_MAX;
    struct missing *m = valid ? find_missing(w, seq, (uint16_t)number->number) : NULL;
    if (m == NULL) {
        broken_with(w, seq, "value %llu of record %llu is still there, although record %llu says that it was erased",
                    valid ? (unsigned long long)number->number : 0, (unsigned long long)seq, (unsigned long long)by);
    } else if (!m->explained) {
        m->explained = true;
        w->unexplained--;
    }
}

static bool follow_erasures(struct walk *w, const struct record *record) {
    if (!gather_missing(w, record)) {
        return false;
    }
    for (uint32_t i = 0; i < record->event_count; i++) {
        const struct value *about = event_get(&record->events[i], ATTR_ABOUT);
        const struct value *numbers = event_get(&record->events[i], ATTR_VALUE);
        if (record->events[i].code != EVENT_ERASURE_ERASED || about == NULL || numbers == NULL ||
            about->type != VALUE_REFERENCE) {
            continue; // one that names nothing cannot be folded
        }
        bool list = numbers->type == VALUE_LIST;
        for (uint32_t n = 0; n < (list ? numbers->count : 1); n++) {
            explain(w, record->header.seq, about->ref.seq, list ? &numbers->items[n] : numbers);
        }
    }
    return true;
}

static void check_unexplained(struct walk *w) {
    for (size_t i = 0; w->unexplained > 0 && i < w->missing_count; i++) {
        if (!w->missing[i].explained) {
            broken_with(w, w->missing[i].seq,
                        "UNEXPLAINED: value %llu of record %llu is missing, and no erasure record names it",
                        (unsigned long long)w->missing[i].number, (unsigned long long)w->missing[i].seq);
            return;
        }
    }
}

// ---- the walk ----------------------------------------------------------------------------------------------------------

static const char *misfit(const struct walk *w, const struct record *record, const uint8_t id[RECORD_ID]) {
    const struct record_header *h = &record->header;
    if (h->seq != w->next) {
        return "the sequence number is not the next one";
    }
    if (memcmp(h->previous, w->leaf, DIGEST_SIZE) != 0) {
        return "it does not name the leaf of the record before it";
    }
    if (memcmp(h->pathway, id, RECORD_ID) != 0) {
        return "it belongs to another pathway";
    }
    if (memcmp(h->log_id, w->e->log_id, RECORD_ID) != 0) {
        return "it belongs to another log";
    }
    if (w->next > 0 && h->recorded_at < w->recorded_at) {
        return "it was recorded before its predecessor";
    }
    if ((h->cause == CAUSE_ACCESS) != w->report->access) {
        return "the head says that this is a chain of another kind";
    }
    return NULL;
}

// Whatever brought in definitions says what the symbols were then.
static stepdown_status follow_symbols(struct walk *w, const struct record *record, struct symbols_seen *seen,
                                      stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = 0; i < record->event_count && status == STEPDOWN_OK; i++) {
        const struct value *cited = event_get(&record->events[i], ATTR_SYMBOLS);
        bool fits = true;
        if (cited != NULL) {
            status = symbols_check(w->e, cited, seen, &fits, o);
        }
        if (!fits) {
            broken(w, record->header.seq, "the symbols of the store are not those that the record was made with");
        }
    }
    return status;
}

// The set that the record names is the one that its events have left in force.
static void check_definition(struct walk *w, const struct record_header *h) {
    if (w->state != NULL && memcmp(h->definition, w->state->definition, DIGEST_SIZE) != 0) {
        broken(w, h->seq, "it names another definition set than the one in force");
    }
}

static stepdown_status walk_record(struct walk *w, const struct row *row, struct symbols_seen *seen,
                                   stepdown_error **o) {
    struct engine *e = w->e;
    struct record record;
    stepdown_error *cause = NULL;
    stepdown_status status = record_decode(&e->env, e->digest, &e->reading, row->value, &record, &cause);
    if (status == STEPDOWN_NOMEM) {
        error_pass(&cause, o);
        return status;
    }
    if (status != STEPDOWN_OK) {
        broken(w, w->next, cause != NULL ? stepdown_error_message(cause) : stepdown_status_text(status));
        stepdown_error_free(&cause);
        return STEPDOWN_OK;
    }
    const char *problem = misfit(w, &record, w->report->id);
    if (problem != NULL) {
        broken(w, w->next, problem);
        return STEPDOWN_OK;
    }
    if (!follow_erasures(w, &record)) {
        return status_nomem(&e->env, o);
    }
    if (w->state != NULL) {
        status = fold_record(w->state, &record, &cause);
        if (status == STEPDOWN_OK && w->state->zone == NULL && w->state->zone_name.size > 0) {
            status = engine_zone(e, w->state->zone_name, &w->state->zone, &cause);
        }
        if (status == STEPDOWN_NOMEM) {
            error_pass(&cause, o);
            return status;
        }
        if (status != STEPDOWN_OK) {
            broken(w, w->next, cause != NULL ? stepdown_error_message(cause) : stepdown_status_text(status));
        }
        stepdown_error_free(&cause);
        check_definition(w, &record.header);
    }
    status = follow_symbols(w, &record, seen, o);
    memcpy(w->leaf, record.leaf, DIGEST_SIZE);
    w->recorded_at = record.header.recorded_at;
    w->next++;
    return status;
}

// The stored snapshot must be what the records up to its place give.
static stepdown_status check_snapshot(struct walk *w, const struct head *head, stepdown_error **o) {
    struct engine *e = w->e;
    check_unexplained(w); // an erasure takes away every snapshot before it
    if (!w->report->intact) {
        return STEPDOWN_OK;
    }
    struct key from, to;
    struct row *rows;
    size_t count, at = 0;
    key_pathway(&from, w->report->id, SPACE_SNAPSHOT);
    key_pathway(&to, w->report->id, SPACE_SNAPSHOT + 1);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->reading, &rows, &count, o);
    if (status == STEPDOWN_OK) {
        status = engine_snapshot(e, w->state, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        size_t size = rows[i].value.size;
        same = same && at + size <= e->bytes.size && memcmp(e->bytes.data + at, rows[i].value.data, size) == 0;
        at += size;
    }
    if (!same || at != e->bytes.size) {
        broken(w, head->snapshot_seq, "the snapshot is not what the records up to it give");
    }
    return STEPDOWN_OK;
}

static stepdown_status walk_records(struct walk *w, const struct head *head, struct verify_progress *progress,
                                    stepdown_error **o) {
    enum { PAGE = 128 };
    struct engine *e = w->e;
    struct key from, to;
    key_pathway(&from, w->report->id, SPACE_RECORD);
    key_pathway(&to, w->report->id, SPACE_RECORD + 1);
    for (bool more = true; more && w->report->intact;) {
        struct row *rows;
        size_t count;
        arena_reset(&e->reading);
        stepdown_status status = transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, PAGE,
                                                  &e->reading, &rows, &count, &more, o);
        for (size_t i = 0; i < count && status == STEPDOWN_OK && w->report->intact; i++) {
            status = walk_record(w, &rows[i], &progress->symbols, o);
            if (status == STEPDOWN_OK && w->report->intact && w->state != NULL && head->snapshot_seq > 0 &&
                w->next == head->snapshot_seq + 1) {
                status = check_snapshot(w, head, o);
            }
        }
        if (status != STEPDOWN_OK) {
            return status;
        }
        if (count > 0) {
            key_resume(&from, rows[count - 1].key);
        }
        more = more && count > 0;
        progress->done += count;
        if (progress->call != NULL && progress->call(progress->ctx, progress->done) == 0) {
            return status_fail(&e->env, o, STEPDOWN_MISUSE, "verification was stopped");
        }
    }
    w->report->records = w->next;
    return STEPDOWN_OK;
}

static stepdown_status check_end(struct walk *w, const struct head *head, stepdown_error **o) {
    struct engine *e = w->e;
    if (!w->report->intact) {
        return STEPDOWN_OK;
    }
    if (w->next != head->seq + 1) {
        broken(w, w->next, w->next <= head->seq ? "records are missing at the end" : "records stand behind the head");
    } else if (memcmp(w->leaf, head->leaf, DIGEST_SIZE) != 0) {
        broken(w, head->seq, "the head does not name the leaf of the last record");
    } else if (head->recorded_at != w->recorded_at) {
        broken(w, head->seq, "the head does not say when the last record was made");
    } else if (w->state != NULL && memcmp(head->definition, w->state->definition, DIGEST_SIZE) != 0) {
        broken(w, head->seq, "the head names another definition set than the records");
    } else if (w->state != NULL && head->closed != w->state->closed) {
        broken(w, head->seq, "the head does not say whether the pathway is closed");
    } else if (head->snapshot_seq > head->seq) {
        broken(w, head->seq, "the head names a snapshot of records that are not there");
    } else {
        check_unexplained(w);
    }
    if (w->state == NULL || !w->report->intact) {
        return STEPDOWN_OK;
    }
    struct timer timer;
    enum timer_what what;
    struct key key;
    struct row row = {.present = true};
    stepdown_time due = state_next_timer(w->state, &timer, &what);
    stepdown_status status = STEPDOWN_OK;
    if (due != STEPDOWN_TIME_NONE) {
        key_timer(&key, due, w->report->id);
        stepdown_slice slice = key_slice(&key);
        status = transaction_get(&e->transaction, &slice, 1, &e->reading, &row, o);
    }
    if (status == STEPDOWN_OK && (due != head->next_due || !row.present)) {
        broken(w, head->seq, "the timer index does not know when the pathway is due next");
    }
    return status;
}

static stepdown_status start_state(struct walk *w, const struct head *head, stepdown_error **o) {
    struct definitions *defs;
    if (head->access) {
        return STEPDOWN_OK;
    }
    stepdown_error *cause = NULL;
    stepdown_status status = engine_definitions(w->e, head->definition, &defs, &cause);
    if (status == STEPDOWN_CORRUPT || status == STEPDOWN_PROTOCOL ||
        status == STEPDOWN_INVALID) { // of this chain's definitions: others can be verified all the same
        broken(w, 0, cause != NULL ? stepdown_error_message(cause) : stepdown_status_text(status));
        stepdown_error_free(&cause);
        return STEPDOWN_OK;
    }
    error_pass(&cause, o);
    return status == STEPDOWN_OK ? state_new(&w->e->env, defs, w->report->id, &w->state, o) : status;
}

stepdown_status verify_chain(struct engine *e, const uint8_t id[RECORD_ID], struct verify_progress *progress,
                             struct arena *arena, struct chain_report *out, stepdown_error **o) {
    *out = (struct chain_report){.intact = true, .bad_seq = -1, .problem = ""};
    memcpy(out->id, id, RECORD_ID);
    struct walk w = {.e = e, .arena = arena, .report = out};
    struct key key;
    struct row row;
    struct head head;
    key_pathway(&key, id, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    arena_reset(&e->reading);
    stepdown_status status = transaction_begin(&e->transaction, false, &slice, 1, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, &slice, 1, &e->reading, &row, o);
    }
    if (status == STEPDOWN_OK && (!row.present || !head_read(row.value, &head))) {
        broken(&w, 0, row.present ? "the head cannot be read" : "the head is missing");
    } else if (status == STEPDOWN_OK) {
        out->access = head.access;
        status = start_state(&w, &head, o);
        if (status == STEPDOWN_OK) {
            status = walk_records(&w, &head, progress, o);
        }
        if (status == STEPDOWN_OK) {
            status = check_end(&w, &head, o);
        }
    }
    memcpy(out->leaf, w.leaf, DIGEST_SIZE);
    env_free(&e->env, w.missing);
    state_free(&w.state);
    transaction_abort(&e->transaction);
    return status;
}

stepdown_status verify_next_chain(struct engine *e, struct key *from, uint8_t id[RECORD_ID], bool *found,
                                  stepdown_error **o) {
    struct row head;
    *found = false;
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = engine_next_head(e, from, &head, id, found, o);
        transaction_abort(&e->transaction);
    }
    return status;
}
