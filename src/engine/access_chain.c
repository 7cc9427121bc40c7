// SPDX-License-Identifier: Apache-2.0
// The access chain: one record per batch of reads and refusals, hash-chained like a pathway's, in the same log, so that
// who knew what when has an answer and a board costs nothing extra. Engines of one name continue one chain.
#include "engine/engine.h"

#include <string.h>

enum {
    ACCESS_BATCH_TIME = 1000000,   // microseconds that a read may wait to be recorded
    WHAT_MAX = 2 * ENGINE_NAME_MAX // bytes kept of what was asked for
};

// Id of the chain that engines of this name write to: always the same in one log, never a pathway's.
stepdown_status access_open(struct engine *e, const char *name, stepdown_error **o) {
    static const uint8_t mark[] = "access chain";
    uint8_t hash[DIGEST_SIZE];
    bool named = arena_slice(&e->meta, slice_text(name), &e->access.name);
    buffer_clear(&e->bytes);
    buffer_append(&e->bytes, mark, sizeof mark);
    buffer_append(&e->bytes, e->log_id, RECORD_ID);
    buffer_text(&e->bytes, name);
    if (!named || e->bytes.failed) {
        return status_nomem(&e->env, o);
    }
    if (!digest_sha256(e->digest, NULL, 0, e->bytes.data, e->bytes.size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    memcpy(e->access.id, hash, RECORD_ID);
    return STEPDOWN_OK;
}

static bool copy(struct arena *arena, stepdown_slice in, stepdown_slice *out) {
    *out = slice_of(NULL, 0);
    return in.size == 0 || arena_slice(arena, in, out);
}

// A full batch of the longest notes must fit into one record: one that does not would stand in the way for ever.
static stepdown_slice shortened(const char *what) {
    stepdown_slice text = slice_text(what);
    if (text.size > WHAT_MAX) {
        text.size = WHAT_MAX;
        while (!utf8_valid(text, NULL)) { // the cut fell into a letter
            text.size--;
        }
    }
    return text;
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
    struct access_event ev = {.code = code, .seq = seq, .has_pathway = pathway != NULL, .at = engine_now(e)};
    if (!copy(&chain->arena, session->actor, &ev.actor) || !copy(&chain->arena, session->role, &ev.role) ||
        !copy(&chain->arena, session->organization, &ev.organization) ||
        !copy(&chain->arena, session->purpose, &ev.purpose) || !copy(&chain->arena, shortened(what), &ev.what) ||
        !copy(&chain->arena, slice_text(detail), &ev.detail)) {
        return status_nomem(&e->env, o);
    }
    if (pathway != NULL) {
        memcpy(ev.pathway, pathway, RECORD_ID);
    }
    if (chain->count == 0) {
        chain->oldest = ev.at;
    }
    chain->pending[chain->count++] = ev;
    return STEPDOWN_OK;
}

stepdown_status access_export(struct engine *e, const struct session_info *session, const uint8_t pathway[RECORD_ID],
                              uint64_t seq, const struct access_told *told, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    stepdown_status status = access_note(e, EVENT_ACCESS_EXPORTED, session, pathway, seq, "message", NULL, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct access_told *to = &chain->pending[chain->count - 1].told;
    to->ord = told->ord;
    if (!copy(&chain->arena, told->person, &to->person) || !copy(&chain->arena, told->role, &to->role) ||
        !copy(&chain->arena, told->organization, &to->organization)) {
        chain->count--;
        return status_nomem(&e->env, o);
    }
    return STEPDOWN_OK;
}

static void add(struct event *event, uint32_t key, uint8_t type, stepdown_slice text) {
    if (text.size > 0) {
        event->attrs[event->attr_count++] = (struct attr){.key = key, .value = {.type = type, .text = text}};
    }
}

// Which event of the record was handed out, and to whom.
static bool add_told(struct arena *arena, const struct access_event *in, struct event *out) {
    enum { PARTS = 3 };
    struct value *parts = arena_zalloc(arena, (PARTS + 1) * sizeof *parts);
    if (parts == NULL) {
        return false;
    }
    parts[0] = (struct value){.type = VALUE_ROLE, .text = in->told.role};
    parts[1] = (struct value){.type = VALUE_TEXT, .text = in->told.organization};
    parts[2] = (struct value){.type = VALUE_PERSON, .text = in->told.person};
    parts[PARTS] = (struct value){.type = VALUE_LIST, .items = parts, .count = PARTS};
    out->attrs[out->attr_count++] =
        (struct attr){.key = ATTR_RECIPIENTS, .value = {.type = VALUE_LIST, .items = &parts[PARTS], .count = 1}};
    out->attrs[out->attr_count++] = (struct attr){
        .key = ATTR_ABOUT, .value = {.type = VALUE_REFERENCE, .ref = {.seq = in->seq, .ord = in->told.ord}}};
    return true;
}

static bool build_event(struct arena *arena, const struct access_event *in, struct event *out) {
    enum { ATTRS = 11 };
    *out = (struct event){.code = in->code, .attrs = arena_alloc(arena, ATTRS * sizeof(struct attr))};
    if (out->attrs == NULL) {
        return false;
    }
    add(out, ATTR_PERSON, VALUE_PERSON, in->actor);
    add(out, ATTR_ROLE, VALUE_ROLE, in->role);
    add(out, ATTR_ORG, VALUE_TEXT, in->organization);
    add(out, ATTR_PURPOSE, VALUE_TEXT, in->purpose);
    add(out, ATTR_KIND, VALUE_TEXT, in->what);
    if (in->code == EVENT_ACCESS_EMERGENCY) {
        add(out, ATTR_REASON, VALUE_TEXT, in->detail);
        out->attrs[out->attr_count - 1].withheld = true; // somebody's own words, about a person
    } else {
        add(out, ATTR_VERDICT, VALUE_TEXT, in->detail);
    }
    if (in->has_pathway) {
        add(out, ATTR_SIGNAL, VALUE_BYTES, slice_of(in->pathway, RECORD_ID));
        out->attrs[out->attr_count++] =
            (struct attr){.key = ATTR_VERSION, .value = {.type = VALUE_QUANTITY, .number = (int64_t)in->seq}};
    }
    if (in->at != STEPDOWN_TIME_NONE) {
        out->attrs[out->attr_count++] = (struct attr){.key = ATTR_AT, .value = {.type = VALUE_TIME, .number = in->at}};
    }
    return in->code != EVENT_ACCESS_EXPORTED || add_told(arena, in, out);
}

// Where the chain stands, as the open transaction sees it. *started false: it has no record yet.
static stepdown_status read_chain(struct engine *e, struct head *head, bool *started, stepdown_error **o) {
    struct key key;
    struct row row;
    key_pathway(&key, e->access.id, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_get(&e->transaction, &slice, 1, &e->scratch, &row, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    *started = row.present;
    if (row.present && (!head_read(row.value, head) || !head->access)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the head of the access chain cannot be read");
    }
    return STEPDOWN_OK;
}

static void access_header(const struct engine *e, const struct head *head, bool started, struct record_header *h) {
    *h = (struct record_header){.cause = CAUSE_ACCESS, .raw_clock = STEPDOWN_TIME_NONE};
    memcpy(h->log_id, e->log_id, RECORD_ID);
    memcpy(h->pathway, e->access.id, RECORD_ID);
    if (started) {
        memcpy(h->previous, head->leaf, DIGEST_SIZE);
        h->seq = head->seq + 1;
    }
    stepdown_time clock = engine_now(e);
    bool behind = started && clock < head->recorded_at;
    h->recorded_at = behind ? head->recorded_at : clock;
    h->raw_clock = behind ? clock : STEPDOWN_TIME_NONE;
    h->occurred_at = e->access.oldest; // of the first of them; each says its own moment
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

static stepdown_status put_batch(struct engine *e, struct record_header *h, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    struct event events[ENGINE_ACCESS_BATCH + 1];
    struct head head;
    uint32_t count = 0;
    uint8_t leaf[DIGEST_SIZE];
    bool started;
    stepdown_status status = read_chain(e, &head, &started, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct access_event first = {.code = EVENT_ACCESS_CHAIN, .what = chain->name, .at = STEPDOWN_TIME_NONE};
    bool built = started || build_event(&e->scratch, &first, &events[count++]);
    for (size_t i = 0; i < chain->count && built; i++) {
        built = build_event(&e->scratch, &chain->pending[i], &events[count++]);
    }
    if (!built) {
        return status_nomem(&e->env, o);
    }
    access_header(e, &head, started, h);
    status = record_encode(&e->env, e->digest, h, events, count, &e->row, leaf, o);
    return status == STEPDOWN_OK ? put_access_rows(e, h, leaf, o) : status;
}

static stepdown_status write_batch(struct engine *e, stepdown_error **o) {
    struct record_header h;
    stepdown_status status = transaction_begin(&e->transaction, true, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = put_batch(e, &h, o);
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    stepdown_error *cause = NULL;
    status = transaction_commit(&e->transaction, &cause);
    if (status == STEPDOWN_UNKNOWN && engine_was_applied(e, h.pathway, h.seq)) {
        stepdown_error_free(&cause);
        status = STEPDOWN_OK;
    }
    error_pass(&cause, o);
    return status;
}

// Tried again while other engines of the same name win, and when the outcome is not known and the record is not there.
stepdown_status access_flush(struct engine *e, stepdown_error **o) {
    struct access_chain *chain = &e->access;
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t tries = 0; chain->count > 0; tries++) {
        stepdown_error *cause = NULL;
        status = write_batch(e, &cause);
        if ((status != STEPDOWN_UNKNOWN && status != STEPDOWN_CONFLICT) || tries >= e->retries) {
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
