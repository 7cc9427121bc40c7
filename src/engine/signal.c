// SPDX-License-Identifier: Apache-2.0
// Signals: what one pathway asks of another. Sending writes an event and a reference row in the sender's own record and
// commit; advance delivers it as a command on the target under an id worked out from where it came from, so that it
// takes effect once however often delivery is tried. A refusal comes back as an alert on the sender.
#include "engine/report.h"

#include <string.h>

// ---- sending ---------------------------------------------------------------------------------------------------------------------

// signal TARGET-PATHWAY command=VERB on=TARGET …: every other argument goes along.
stepdown_status verb_signal(struct draft *d, struct command *c, stepdown_error **o) {
    uint8_t id[RECORD_ID];
    stepdown_slice verb, on;
    if (!base32_parse_id(slice_text(c->target), id) || memcmp(id, d->state->id, RECORD_ID) == 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "signal needs the id of another pathway");
    }
    stepdown_status status = argument_text(d, c, "command", &verb, o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "on", &on, o);
    }
    if (status == STEPDOWN_OK) { // as of any command
        status = engine_check_name(d->e, verb, "command:", o);
    }
    if (status == STEPDOWN_OK && on.size > 0) {
        status = engine_check_name(d->e, on, "on:", o);
    }
    struct value *rows = draft_list(d, c->argument_count);
    if (status == STEPDOWN_OK && rows == NULL) {
        status = status_nomem(&d->e->env, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    uint32_t count = 0;
    for (size_t i = 0; i < c->argument_count; i++) {
        struct argument *a = &c->arguments[i];
        if (a->used) {
            continue;
        }
        struct value *pair = draft_list(d, 2);
        if (pair == NULL) {
            return status_nomem(&d->e->env, o);
        }
        a->used = true;
        pair[0] = draft_text(VALUE_TEXT, slice_text(a->name));
        pair[1] = a->kind == ARGUMENT_TEXT
                      ? draft_text(VALUE_TEXT, a->text)
                      : draft_number(a->kind == ARGUMENT_TIME ? VALUE_TIME : VALUE_QUANTITY, a->number);
        rows[count] = (struct value){.type = VALUE_LIST, .items = pair, .count = 2};
        count++;
    }
    uint8_t *copy = arena_alloc(d->arena, RECORD_ID);
    if (copy == NULL) {
        return status_nomem(&d->e->env, o);
    }
    memcpy(copy, id, RECORD_ID);
    struct event_draft ev;
    struct value arguments = {.type = VALUE_LIST, .items = rows, .count = count};
    event_start(&ev, d, EVENT_PATHWAY_SIGNALLED, 0, NO_ELEMENT);
    event_text(&ev, d, ATTR_SIGNAL, VALUE_BYTES, slice_of(copy, RECORD_ID));
    event_text(&ev, d, ATTR_KIND, VALUE_TEXT, verb);
    event_text(&ev, d, ATTR_METHOD, VALUE_TEXT, on);
    event_withheld(&ev, d, ATTR_VALUE, &arguments, NULL);
    return draft_emit(d, &ev, NULL, o);
}

stepdown_status signal_put(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = 0; i < d->event_count && status == STEPDOWN_OK; i++) {
        const struct event *event = &d->events[i];
        bool asks = event->code == EVENT_PATHWAY_SIGNALLED && event_get(event, ATTR_SIGNAL) != NULL;
        if (asks || report_waits(event) || report_forgets(event)) {
            d->e->signals++;
            struct key key;
            key_pending_signal(&key, d->state->id, d->header.seq, i);
            status = transaction_put(&d->e->transaction, key_slice(&key), slice_of(NULL, 0), o);
        }
    }
    return status;
}

// ---- delivering ------------------------------------------------------------------------------------------------------------------

// A signal as a command again.
struct delivery {
    struct session_info session;
    struct command command;
    uint8_t sender[RECORD_ID], target[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
};
static bool is_report(const struct record *record, uint32_t ord) {
    return ord < record->event_count && record->events[ord].code == EVENT_PATHWAY_REPORTED;
}

static bool add_arguments(struct arena *arena, const struct value *list, struct command *c) {
    c->arguments = arena_zalloc(arena, (list->count + 1) * sizeof *c->arguments);
    for (uint32_t i = 0; c->arguments != NULL && i < list->count; i++) {
        const struct value *pair = &list->items[i];
        if (pair->type != VALUE_LIST || pair->count != 2) {
            return false;
        }
        struct argument *a = &c->arguments[c->argument_count++];
        const struct value *value = &pair->items[1];
        a->name = arena_text(arena, (const char *)pair->items[0].text.data, pair->items[0].text.size);
        a->kind = value->type == VALUE_TEXT   ? ARGUMENT_TEXT
                  : value->type == VALUE_TIME ? ARGUMENT_TIME
                                              : ARGUMENT_INTEGER;
        a->text = value->text;
        a->number = value->number;
        if (a->name == NULL) {
            return false;
        }
    }
    return c->arguments != NULL;
}

static stepdown_status build(struct engine *e, const struct signal_place *place, const struct record *record,
                             struct arena *arena, struct delivery *out, stepdown_error **o) {
    *out = (struct delivery){.seq = place->seq, .ord = place->ord};
    memcpy(out->sender, place->sender, RECORD_ID);
    const struct event *event = out->ord < record->event_count ? &record->events[out->ord] : NULL;
    const struct value *target = event != NULL ? event_get(event, ATTR_SIGNAL) : NULL;
    const struct value *verb = event != NULL ? event_get(event, ATTR_KIND) : NULL;
    const struct value *on = event != NULL ? event_get(event, ATTR_METHOD) : NULL;
    const struct value *arguments = event != NULL ? event_get(event, ATTR_VALUE) : NULL;
    if (target == NULL || target->text.size != RECORD_ID || verb == NULL || arguments == NULL ||
        arguments->type != VALUE_LIST) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a signal row names no signal");
    }
    char sender[27];
    base32_print_id(out->sender, sender);
    memcpy(out->target, target->text.data, RECORD_ID);
    const struct actor *actor = &record->header.actor;
    out->session = (struct session_info){
        .actor = actor->id, .role = actor->role, .organization = actor->behalf, .purpose = record->header.purpose};
    struct command *c = &out->command;
    c->verb = arena_text(arena, (const char *)verb->text.data, verb->text.size);
    c->target = on != NULL ? arena_text(arena, (const char *)on->text.data, on->text.size) : NULL;
    c->offset_minutes = INT32_MIN;
    const char *id = arena_format(arena, "signal:%s:%llu.%u", sender, (unsigned long long)out->seq, out->ord);
    if (c->verb == NULL || id == NULL || !add_arguments(arena, arguments, c)) {
        return status_nomem(&e->env, o);
    }
    c->id = slice_text(id);
    return STEPDOWN_OK;
}

// The record in which it was sent.
static stepdown_status read_signal(struct engine *e, stepdown_slice row_key, struct arena *arena,
                                   struct signal_place *out, struct record *record, stepdown_error **o) {
    struct key key;
    struct row row;
    if (!key_pending_signal_parse(row_key, out->sender, &out->seq, &out->ord)) {
        return status_fail(&e->env, o, STEPDOWN_CORRUPT, "a signal row cannot be read");
    }
    key_record(&key, out->sender, out->seq);
    stepdown_slice slice = key_slice(&key);
    stepdown_status status = transaction_begin(&e->transaction, false, &slice, 1, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = transaction_get(&e->transaction, &slice, 1, arena, &row, o);
    transaction_abort(&e->transaction);
    if (status == STEPDOWN_OK && !row.present) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the record behind a signal is missing");
    }
    if (status == STEPDOWN_OK) {
        status = record_decode(&e->env, e->digest, arena, row.value, record, o);
    }
    return status;
}

static stepdown_status drop_once(struct engine *e, stepdown_slice row_key, stepdown_error **o) {
    stepdown_status status = transaction_begin(&e->transaction, true, &row_key, 1, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = transaction_delete(&e->transaction, row_key, o);
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        return status;
    }
    return transaction_commit(&e->transaction, o);
}

static stepdown_status drop_row(struct engine *e, stepdown_slice row_key, stepdown_error **o) {
    for (uint32_t tries = 0;; tries++) {
        stepdown_error *cause = NULL;
        stepdown_status status = drop_once(e, row_key, &cause);
        if (!engine_again(e, &status, tries, &cause, o)) {
            return status;
        }
    }
}

// What the target refused must not vanish: an alert on the sender, owned by the store's fallback, and the row goes in
// the same commit.
static stepdown_status report_refusal(struct engine *e, const struct delivery *delivery, stepdown_slice row_key,
                                      stepdown_status refusal, stepdown_error **o) {
    struct key key;
    struct row rows[2];
    struct state *s;
    struct head head;
    struct draft d = {.e = e};
    key_pathway(&key, delivery->sender, SPACE_HEAD);
    stepdown_slice slices[2] = {key_slice(&key), row_key};
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, true, slices, 2, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, slices, 2, &e->arena, rows, o);
    }
    if (status == STEPDOWN_OK && !rows[1].present) { // another engine was quicker
        transaction_abort(&e->transaction);
        return STEPDOWN_OK;
    }
    if (status == STEPDOWN_OK) {
        status = engine_load(e, delivery->sender, &rows[0], &s, &head, o);
    }
    if (status == STEPDOWN_OK) {
        struct event_draft ev;
        draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_SIGNAL, STEPDOWN_TIME_NONE);
        event_start(&ev, &d, EVENT_PATHWAY_RECEIVED, 0, NO_ELEMENT);
        event_text(&ev, &d, ATTR_SIGNAL, VALUE_BYTES, slice_of(delivery->target, RECORD_ID));
        event_text(&ev, &d, ATTR_VERDICT, VALUE_CHOICE, slice_text(stepdown_status_name(refusal)));
        status = draft_emit(&d, &ev, NULL, o);
    }
    if (status == STEPDOWN_OK) {
        status = escalate(&d, -1, NO_ELEMENT, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_delete(&e->transaction, row_key, o);
    }
    return draft_commit(&d, delivery->sender, status, o);
}

static stepdown_status deliver_command(struct engine *e, struct delivery *delivery, stepdown_slice row_key,
                                       struct arena *arena, stepdown_error **o) {
    struct receipt receipt = {.seq = 0};
    stepdown_error *cause = NULL;
    stepdown_status status = engine_execute_as(e, &delivery->session, delivery->target, &delivery->command,
                                               CAUSE_SIGNAL, arena, &receipt, &cause);
    int32_t category = stepdown_status_category(status);
    if (status == STEPDOWN_OK) {
        return drop_row(e, row_key, o);
    }
    if (category == STEPDOWN_CATEGORY_REFUSED || category == STEPDOWN_CATEGORY_INPUT) {
        stepdown_error_free(&cause);
        return report_refusal(e, delivery, row_key, status, o);
    }
    error_pass(&cause, o);
    return status;
}

stepdown_status signal_deliver(struct engine *e, stepdown_slice row_key, struct arena *arena,
                               const struct delivery_sink *sink, stepdown_error **o) {
    struct signal_place place = {.seq = 0};
    struct record record = {.event_count = 0};
    struct delivery delivery;
    stepdown_status status = read_signal(e, row_key, arena, &place, &record, o);
    bool forgets = status == STEPDOWN_OK && place.ord < record.event_count && report_forgets(&record.events[place.ord]);
    if (status == STEPDOWN_OK && (forgets || is_report(&record, place.ord))) {
        status =
            forgets ? report_forget(e, &place, &record, sink, o) : report_deliver(e, &place, &record, arena, sink, o);
        return status == STEPDOWN_OK ? drop_row(e, row_key, o) : status;
    }
    if (status == STEPDOWN_OK) {
        status = build(e, &place, &record, arena, &delivery, o);
    }
    if (status == STEPDOWN_OK) {
        status = deliver_command(e, &delivery, row_key, arena, o);
    }
    if (status == STEPDOWN_OK) {
        sink->seen(sink->ctx, place.sender, status, NULL, 1);
    }
    return status;
}
