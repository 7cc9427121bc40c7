// SPDX-License-Identifier: Apache-2.0
// The way of one command: open a transaction, find out whether this command id was carried out before, load the
// pathway, ask whether the session may, apply the verb, work out what follows, write one record, commit. A conflict is
// tried again inside a bound; an unknown outcome is looked up. Everything or nothing.
#include "engine/verbs.h"

#include <string.h>

#include "record/cbor.h"

// One attempt at a command.
struct attempt {
    struct engine *e;
    const struct session_info *session;
    struct command *command;
    struct arena *arena;
    uint8_t id[RECORD_ID];
    uint8_t request[DIGEST_SIZE];
    bool opening;
    uint8_t cause;
    struct row head, known; // as read
    struct state *state;
    struct draft draft;
    struct receipt *receipt;
};

// ---- what was asked ---------------------------------------------------------------------------------------------------------

// Hash of everything that makes a request what it is, so that a command id can be told from its reuse.
static stepdown_status hash_request(struct attempt *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct command *c = a->command;
    struct buffer *b = &e->bytes;
    buffer_clear(b);
    cbor_write_text(b, a->session->actor);
    cbor_write_text(b, a->session->role);
    cbor_write_text(b, a->session->organization);
    cbor_write_text(b, a->session->purpose);
    cbor_write_text(b, slice_text(c->verb));
    cbor_write_text(b, slice_text(c->target));
    cbor_write_int(b, c->has_occurred ? c->occurred_at : 0);
    for (size_t i = 0; i < c->argument_count; i++) {
        cbor_write_text(b, slice_text(c->arguments[i].name));
        if (c->arguments[i].kind == ARGUMENT_TEXT) {
            cbor_write_bytes(b, c->arguments[i].text.data, c->arguments[i].text.size);
        } else {
            cbor_write_int(b, c->arguments[i].number);
        }
    }
    if (b->failed) {
        return status_nomem(&e->env, o);
    }
    if (!digest_sha256(e->digest, NULL, 0, b->data, b->size, a->request)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    return STEPDOWN_OK;
}

// Id of a pathway being opened: the host's, else worked out from the command id (so that the same command again finds
// the pathway it opened), else random.
static stepdown_status choose_id(struct attempt *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct argument *chosen = argument_find(a->command, "pathway");
    if (chosen != NULL) {
        if (chosen->kind != ARGUMENT_TEXT || !base32_parse_id(chosen->text, a->id)) {
            return status_fail(&e->env, o, STEPDOWN_INVALID, "pathway: must be an id of 26 characters");
        }
        return STEPDOWN_OK;
    }
    if (a->command->id.size == 0) {
        return e->env.random(e->env.random_ctx, a->id, RECORD_ID)
                   ? STEPDOWN_OK
                   : status_fail(&e->env, o, STEPDOWN_INTERNAL, "no entropy for the id of the pathway");
    }
    uint8_t hash[DIGEST_SIZE];
    buffer_clear(&e->bytes);
    buffer_append(&e->bytes, e->log_id, RECORD_ID);
    cbor_write_text(&e->bytes, a->session->organization);
    cbor_write_bytes(&e->bytes, a->command->id.data, a->command->id.size);
    if (e->bytes.failed) {
        return status_nomem(&e->env, o);
    }
    if (!digest_sha256(e->digest, NULL, 0, e->bytes.data, e->bytes.size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    memcpy(a->id, hash, RECORD_ID);
    return STEPDOWN_OK;
}

// ---- reading ------------------------------------------------------------------------------------------------------------------

static stepdown_status read_first(struct attempt *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct key keys[2];
    stepdown_slice slices[2];
    struct row rows[2];
    size_t count = a->command != NULL && a->command->id.size > 0 ? 2 : 1;
    key_pathway(&keys[0], a->id, SPACE_HEAD);
    if (count == 2) {
        key_command(&keys[1], a->id, a->command->id);
    }
    for (size_t i = 0; i < count; i++) {
        slices[i] = key_slice(&keys[i]);
    }
    rows[1].present = false;
    stepdown_status status = transaction_begin(&e->transaction, true, slices, count, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, slices, count, &e->arena, rows, o);
    }
    a->head = rows[0];
    a->known = rows[1];
    return status;
}

static stepdown_status fill_receipt(struct attempt *a, struct state *s, const struct record_header *header,
                                    bool repeated, const struct event *events, uint32_t count, stepdown_error **o) {
    struct receipt *r = a->receipt;
    r->seq = header->seq;
    r->recorded_at = header->recorded_at;
    r->repeated = repeated;
    r->events = events;
    r->event_count = count;
    memcpy(r->pathway, a->id, RECORD_ID);
    return r->prepare != NULL ? r->prepare(r->ctx, a->e, s, r, o) : STEPDOWN_OK;
}

// Whoever sends a command again may have lost sight of the pathway by now; delivery shows nobody anything.
static stepdown_status may_have_again(struct attempt *a, struct state *s, uint64_t seq, stepdown_error **o) {
    if (a->cause == CAUSE_SIGNAL) {
        return STEPDOWN_OK;
    }
    stepdown_status status = engine_may_see(a->e, a->session, s, o);
    return status == STEPDOWN_OK ? access_note(a->e, EVENT_ACCESS_READ, a->session, a->id, seq, "receipt", NULL, o)
                                 : status;
}

// Was it this request? An erasure takes the hash away: what was asked cannot be told any more, except that it was a
// signal, whose id nobody else can have used for one.
static stepdown_status same_request(struct attempt *a, const struct record *record, stepdown_error **o) {
    const char *reused = NULL;
    if (a->known.value.size == 8) {
        bool signal = a->cause == CAUSE_SIGNAL && record->header.cause == CAUSE_SIGNAL;
        reused = signal ? NULL : "what it said has been erased since";
    } else if (a->known.value.size != 24 || memcmp(a->known.value.data + 8, a->request, 16) != 0) {
        reused = "it was used for another request";
    }
    return reused == NULL ? STEPDOWN_OK
                          : status_fail(&a->e->env, o, STEPDOWN_KEY_REUSED, "the command id %.*s: %s",
                                        (int)a->command->id.size, (const char *)a->command->id.data, reused);
}

// The record a command id stands for, as the receipt of the first time.
static stepdown_status repeat(struct attempt *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct state *s;
    struct head head;
    struct key key;
    struct row row;
    struct record record = {.event_count = 0};
    stepdown_status status = engine_load(e, a->id, &a->head, &s, &head, o);
    if (status == STEPDOWN_OK) {
        status = may_have_again(a, s, head.seq, o);
    }
    if (status == STEPDOWN_OK && a->known.value.size < 8) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the row of a command id cannot be read");
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    key_record(&key, a->id, read_be64(a->known.value.data));
    stepdown_slice slice = key_slice(&key);
    status = transaction_get(&e->transaction, &slice, 1, a->arena, &row, o);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the record of a command id is missing");
    }
    if (status == STEPDOWN_OK) {
        status = record_decode(&e->env, e->digest, a->arena, row.value, &record, o);
    }
    if (status == STEPDOWN_OK && !slice_equal(record.header.command_id, a->command->id)) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the row of a command id names another command's record");
    }
    if (status == STEPDOWN_OK) {
        status = same_request(a, &record, o);
    }
    return status == STEPDOWN_OK ? fill_receipt(a, s, &record.header, true, record.events, record.event_count, o)
                                 : status;
}

static stepdown_status check_expected(struct attempt *a, const struct head *head, stepdown_error **o) {
    const struct command *c = a->command;
    if (!c->has_expected || c->expected == head->seq) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&a->e->env, o, STEPDOWN_STALE, "the pathway is at %llu, not at %llu",
                                         (unsigned long long)head->seq, (unsigned long long)c->expected);
    status_detail(o, "sequence", "%llu", (unsigned long long)head->seq);
    return status;
}

static stepdown_status check_occurred(struct attempt *a, stepdown_error **o) {
    const struct command *c = a->command;
    if (!c->has_occurred) {
        return STEPDOWN_OK;
    }
    const char *wrong = NULL;
    if (c->occurred_at > engine_now(a->e) && (a->opening || c->occurred_at > a->state->recorded_at)) {
        wrong = "occurred_at: lies in the future";
    } else if (c->occurred_at < TIME_MIN || (!a->opening && c->occurred_at < a->state->opened_at)) {
        wrong = "occurred_at: lies before the pathway was opened";
    } else if (c->offset_minutes != INT32_MIN &&
               (c->offset_minutes <= -RECORD_OFFSET_MAX || c->offset_minutes >= RECORD_OFFSET_MAX)) {
        wrong = "occurred_at: its offset from UTC is 24 hours or more";
    }
    if (wrong == NULL) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&a->e->env, o, STEPDOWN_INVALID, "%s", wrong);
    status_detail(o, "field", "occurred_at");
    return status;
}

// ---- making the record ----------------------------------------------------------------------------------------------------------

static void start_draft(struct attempt *a, const struct head *head) {
    struct command *c = a->command;
    draft_start(&a->draft, a->e, a->state, head, a->session, a->arena, a->cause,
                c->has_occurred ? c->occurred_at : STEPDOWN_TIME_NONE);
    a->draft.header.command_id = c->id;
    a->draft.request_hash = slice_of(a->request, DIGEST_SIZE);
    if (c->has_occurred && c->offset_minutes != INT32_MIN) {
        a->draft.header.has_offset = true;
        a->draft.header.offset_minutes = c->offset_minutes;
    }
}

// The protocol that was asked for, and those that it is opened together with.
static stepdown_status find_protocols(struct attempt *a, struct definitions **out, stepdown_error **o) {
    struct command *c = a->command;
    stepdown_slice *names = arena_alloc(&a->e->arena, (c->argument_count + 1) * sizeof *names);
    size_t count = 0;
    if (names == NULL) {
        return status_nomem(&a->e->env, o);
    }
    names[count++] = slice_text(c->target);
    for (size_t i = 0; i < c->argument_count; i++) {
        if (strcmp(c->arguments[i].name, "attach") == 0) {
            c->arguments[i].used = true;
            names[count++] = c->arguments[i].text;
        }
    }
    const struct argument *kind = argument_find(c, "subject_kind");
    stepdown_slice subject = kind != NULL && kind->kind == ARGUMENT_TEXT ? kind->text : slice_of(NULL, 0);
    return engine_active(a->e, a->session->organization, NULL, names, count, subject, out, o);
}

static stepdown_status prepare_open(struct attempt *a, stepdown_error **o) {
    struct definitions *defs;
    if (a->command->target == NULL) {
        return status_fail(&a->e->env, o, STEPDOWN_INVALID, "open needs the name of a protocol");
    }
    if (a->head.present) {
        return status_fail(&a->e->env, o, STEPDOWN_EXISTS, "a pathway of this id exists already");
    }
    stepdown_status status = find_protocols(a, &defs, o);
    if (status == STEPDOWN_OK) {
        status = state_new(&a->e->env, defs, a->id, &a->state, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_occurred(a, o);
    }
    if (status == STEPDOWN_OK) {
        start_draft(a, NULL);
        a->draft.header.cause = CAUSE_GENESIS;
        status = verb_open(&a->draft, a->command, o);
    }
    return status == STEPDOWN_OK ? arguments_all_used(&a->draft, a->command, o) : status;
}

static stepdown_status prepare_change(struct attempt *a, stepdown_error **o) {
    struct head head;
    stepdown_status status = engine_load(a->e, a->id, &a->head, &a->state, &head, o);
    if (status == STEPDOWN_OK) {
        status = engine_may_act(a->e, a->session, a->state, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_expected(a, &head, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_occurred(a, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    start_draft(a, &head);
    return verb_apply(&a->draft, a->command, o);
}

static stepdown_status commit(struct attempt *a, stepdown_error **o) {
    struct engine *e = a->e;
    struct head next;
    stepdown_status status = draft_write(&a->draft, &next, o);
    if (status == STEPDOWN_OK) {
        status = fill_receipt(a, a->state, &a->draft.header, false, a->draft.events, a->draft.event_count, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    stepdown_error *cause = NULL;
    status = transaction_commit(&e->transaction, &cause);
    if (status == STEPDOWN_UNKNOWN && engine_was_applied(e, a->id, a->draft.header.seq)) {
        status = STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK) {
        error_pass(&cause, o);
        return status;
    }
    stepdown_error_free(&cause);
    // The command has taken effect: failing to remember the state only costs a reload.
    if (engine_keep(e, a->state, &next, NULL) != STEPDOWN_OK && a->opening) {
        state_free(&a->state);
    }
    return STEPDOWN_OK;
}

// After a failure nothing of the attempt stays: neither the transaction nor a state that was folded half-way.
static void discard(struct attempt *a) {
    transaction_abort(&a->e->transaction);
    if (a->opening) {
        state_free(&a->state);
    } else if (a->draft.folded) {
        engine_forget(a->e, a->id);
    }
    a->state = NULL;
}

static stepdown_status try_once(struct attempt *a, stepdown_error **o) {
    for (size_t i = 0; i < a->command->argument_count; i++) {
        a->command->arguments[i].used = false;
    }
    a->draft = (struct draft){.event_count = 0};
    a->state = NULL;
    arena_reset(&a->e->arena);
    arena_reset(&a->e->scratch);
    stepdown_status status = read_first(a, o);
    if (status == STEPDOWN_OK && a->known.present) {
        status = repeat(a, o);
        transaction_abort(&a->e->transaction);
        return status;
    }
    if (status == STEPDOWN_OK) {
        status = a->opening ? prepare_open(a, o) : prepare_change(a, o);
    }
    if (status == STEPDOWN_OK) {
        status = cascade_run(&a->draft, o);
    }
    if (status == STEPDOWN_OK) {
        status = commit(a, o);
    }
    if (status != STEPDOWN_OK) {
        discard(a);
    }
    return status;
}

// A refusal goes to the access chain. Not being able to note it is the graver failure and is reported instead.
static stepdown_status note_refusal(struct attempt *a, stepdown_status status, stepdown_error **o) {
    if (stepdown_status_category(status) != STEPDOWN_CATEGORY_REFUSED) {
        return status;
    }
    struct command *c = a->command;
    const char *what = arena_format(&a->e->arena, "%s %s", c->verb, c->target != NULL ? c->target : "pathway");
    stepdown_status noted = what == NULL
                                ? STEPDOWN_NOMEM
                                : access_note(a->e, EVENT_ACCESS_REFUSED, a->session, a->opening ? NULL : a->id, 0,
                                              what, stepdown_status_name(status), NULL);
    if (noted == STEPDOWN_OK) {
        return status;
    }
    if (o != NULL) {
        stepdown_error_free(o);
    }
    return status_fail(&a->e->env, o, noted, "the refusal could not be put on record");
}

stepdown_status engine_execute_as(struct engine *e, const struct session_info *session, const uint8_t *pathway,
                                  struct command *command, uint8_t cause, struct arena *arena, struct receipt *out,
                                  stepdown_error **o) {
    struct attempt a = {.e = e, .session = session, .command = command, .arena = arena, .receipt = out, .cause = cause};
    a.opening = pathway == NULL;
    stepdown_status status = hash_request(&a, o);
    if (status == STEPDOWN_OK && pathway != NULL) {
        memcpy(a.id, pathway, RECORD_ID);
    } else if (status == STEPDOWN_OK) {
        status = strcmp(command->verb, "open") == 0
                     ? choose_id(&a, o)
                     : status_fail(&e->env, o, STEPDOWN_INVALID, "only `open` goes without a pathway");
    }
    for (uint32_t tries = 0; status == STEPDOWN_OK; tries++) {
        stepdown_error *cause_of = NULL;
        status = try_once(&a, &cause_of);
        if (status == STEPDOWN_CONFLICT && tries < e->retries) {
            stepdown_error_free(&cause_of);
            status = STEPDOWN_OK;
            continue;
        }
        if (status == STEPDOWN_CONFLICT) {
            stepdown_error_free(&cause_of);
            return status_fail(&e->env, o, STEPDOWN_CONTENDED, "other writers kept winning; try again");
        }
        error_pass(&cause_of, o);
        break;
    }
    return note_refusal(&a, status, o);
}

stepdown_status engine_execute(struct engine *e, const struct session_info *session, const uint8_t *pathway,
                               const struct command *command, struct receipt *out, stepdown_error **o) {
    struct command copy = *command; // the caller's may be sent again, by other threads too
    stepdown_status status = access_flush_old(e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    arena_reset(&e->command);
    copy.arguments = arena_alloc(&e->command, (copy.argument_count + 1) * sizeof *copy.arguments);
    if (copy.arguments == NULL) {
        return status_nomem(&e->env, o);
    }
    if (copy.argument_count > 0) {
        memcpy(copy.arguments, command->arguments, copy.argument_count * sizeof *copy.arguments);
    }
    return engine_execute_as(e, session, pathway, &copy, CAUSE_COMMAND, &e->command, out, o);
}
