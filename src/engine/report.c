// SPDX-License-Identifier: Apache-2.0
// Reports: what a pathway of one subject tells those of another. What is told stands in the sender's own record and
// commit; advance delivers it to each target in a commit of its own, under an id worked out from where it came from, so
// that it takes effect once however often and by whomever it is delivered. The target learns whom it is about as a
// token that only this store can make, and keeps where it came from to itself.
#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "engine/signal.h"

static const char *const ways[] = {
    [REPORT_TO_GROUPS] = "groups", [REPORT_TO_MEMBERS] = "members", [REPORT_TO_SENDER] = "sender"};

// ---- whom there is -------------------------------------------------------------------------------------------------------

struct targets {
    uint8_t (*ids)[RECORD_ID];
    size_t count;
};

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, RECORD_ID); }

// Pathways from which this one has reports, each once.
static bool find_members(const struct state *s, struct arena *arena, struct targets *out) {
    out->count = 0;
    out->ids = arena_alloc(arena, (s->origin_count + 1) * sizeof *out->ids);
    for (size_t i = 0; out->ids != NULL && i < s->origin_count; i++) {
        memcpy(out->ids[i], s->origins[i].member, RECORD_ID);
    }
    if (out->ids == NULL || s->origin_count == 0) {
        return out->ids != NULL;
    }
    qsort(out->ids, s->origin_count, sizeof *out->ids, compare_ids);
    out->count = 1;
    for (size_t i = 1; i < s->origin_count; i++) {
        if (memcmp(out->ids[out->count - 1], out->ids[i], RECORD_ID) != 0) {
            memcpy(out->ids[out->count++], out->ids[i], RECORD_ID);
        }
    }
    return true;
}

// Live pathways about a subject in which an organization takes part.
static stepdown_status find_groups(struct engine *e, stepdown_slice organization, stepdown_slice subject,
                                   struct arena *arena, struct targets *out, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count = 0;
    key_group_range(organization, subject, &from, &to);
    stepdown_status status = engine_scan_all(e, &from, &to, arena, &rows, &count, o);
    out->count = 0;
    out->ids = arena_alloc(arena, (count + 1) * sizeof *out->ids);
    if (status == STEPDOWN_OK && out->ids == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        if (!key_group_parse(rows[i].key, out->ids[out->count++])) {
            status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the index of groups cannot be read");
        }
    }
    return status;
}

// ---- sending -------------------------------------------------------------------------------------------------------------

// The entry through which somebody else knows of the element: itself, or what it hangs on.
static const struct origin *origin_above(const struct state *s, uint32_t element) {
    const struct origin *origin = NULL;
    for (uint32_t i = element; i != NO_ELEMENT && origin == NULL; i = s->elements[i].about) {
        origin = state_origin(s, i);
    }
    return origin;
}

static struct evaluation evaluation_of(struct draft *d, uint32_t about, uint32_t trigger, const struct mark *mark) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    ev.this_element = about;
    ev.trigger_element = trigger;
    ev.trigger_mark = mark;
    return ev;
}

// The nearest thing the trigger hangs on that is of that definition.
static uint32_t above(const struct state *s, uint32_t trigger, int32_t item) {
    uint32_t i = trigger;
    while (i != NO_ELEMENT &&
           !((s->elements[i].flags & ELEMENT_IS_ITEM) != 0 && s->elements[i].def == (uint32_t)item)) {
        i = s->elements[i].about;
    }
    return i;
}

// What is told of, so that telling again revises it: as the action says; else the trigger, or the item that the
// trigger is a record of.
static uint32_t told_of(struct draft *d, const struct action_def *action, uint32_t trigger, const struct mark *mark) {
    const struct state *s = d->state;
    uint32_t found;
    if (action->about >= 0) {
        const struct selector *sel = &d->defs->selectors[action->about];
        struct evaluation ev = evaluation_of(d, trigger, trigger, mark);
        bool any = sel->source == SELECT_ITEM && sel->pick != PICK_NEXT && sel->pick != PICK_EARLIEST;
        found = any ? above(s, trigger, sel->def) : NO_ELEMENT;
        return found != NO_ELEMENT || rule_select(&ev, action->about, &found, 1) > 0 ? found : NO_ELEMENT;
    }
    if (trigger == NO_ELEMENT || (s->elements[trigger].flags & ELEMENT_IS_ITEM) != 0) {
        return trigger;
    }
    const struct element *el = &s->elements[trigger];
    bool one = el->def < d->defs->form_count && !d->defs->forms[el->def].many && el->about != NO_ELEMENT;
    return one ? el->about : trigger;
}

// A word of the field's list; a value of the field's type.
static bool is_coded(const struct definitions *defs, const struct field_def *f, const struct value *v) {
    if (f->many && v->type == VALUE_LIST) {
        struct field_def one = *f;
        one.many = false;
        bool all = v->count > 0;
        for (uint32_t i = 0; i < v->count; i++) {
            all = all && is_coded(defs, &one, &v->items[i]);
        }
        return all;
    }
    bool known = f->list < 0;
    for (size_t i = 0; !known && i < defs->lists[f->list].count; i++) {
        known = slice_is(v->text, defs->lists[f->list].words[i]);
    }
    return v->type == f->type && known;
}

// Of a choice that was given with its reason or a note, the choice: words never leave the pathway in which they were said.
static void coded_part(struct value *v) {
    if (v->type == VALUE_DECISION && v->count > 0) {
        *v = v->items[0];
    }
}

static void add_values(struct draft *d, const struct action_def *action, struct evaluation *ev,
                       struct event_draft *out) {
    for (uint32_t i = 0; i < action->with_count; i++) {
        const struct with_def *with = &d->defs->withs[action->with_first + i];
        const struct field_def *f = &d->defs->fields[with->field];
        struct value value;
        if (!rule_term(ev, with->term, &value, NULL)) {
            continue;
        }
        coded_part(&value);
        if (is_coded(d->defs, f, &value)) {
            event_withheld(out, d, f->def.symbol, &value,
                           f->label != NULL ? f->label : rule_term_label(d->defs, with->term));
        }
    }
}

// The pathway that is answered: of the trigger, or of what a link names. NULL: nobody told us.
static const struct origin *sender_of(struct draft *d, const struct action_def *action, struct evaluation *ev) {
    struct value link;
    if (action->term < 0) {
        return origin_above(d->state, ev->trigger_element);
    }
    bool known = rule_term(ev, action->term, &link, NULL) && link.type == VALUE_REFERENCE;
    return known ? origin_above(d->state, state_find(d->state, link.ref)) : NULL;
}

stepdown_status report_send(struct draft *d, const struct action_def *action, uint32_t trigger, const struct mark *mark,
                            stepdown_error **o) {
    const struct form_def *form = &d->defs->forms[action->report];
    stepdown_slice subject = slice_text(form->report_to);
    uint32_t about = told_of(d, action, trigger, mark);
    struct evaluation evaluation = evaluation_of(d, about, trigger, mark);
    const struct origin *sender = NULL;
    struct targets targets = {.count = 0};
    struct event_draft ev;
    stepdown_status status = STEPDOWN_OK;
    switch (action->to) {
    case REPORT_TO_GROUPS: status = find_groups(d->e, d->state->org, subject, d->arena, &targets, o); break;
    case REPORT_TO_MEMBERS:
        status = find_members(d->state, d->arena, &targets) ? STEPDOWN_OK : status_nomem(&d->e->env, o);
        break;
    default:
        sender = sender_of(d, action, &evaluation);
        targets.count = sender != NULL;
        break;
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    event_start(&ev, d, EVENT_PATHWAY_REPORTED, form->def.symbol, NO_ELEMENT);
    event_element(&ev, d, ATTR_ABOUT, about);
    event_text(&ev, d, ATTR_SUBJECT_KIND, VALUE_CHOICE, subject);
    event_text(&ev, d, ATTR_METHOD, VALUE_CHOICE, slice_text(ways[action->to]));
    event_number(&ev, d, ATTR_COUNT, (int64_t)targets.count); // nobody to tell is worth knowing, too
    if (sender != NULL) {
        uint8_t *copy = arena_alloc(d->arena, RECORD_ID);
        if (copy == NULL) {
            return status_nomem(&d->e->env, o);
        }
        memcpy(copy, sender->member, RECORD_ID);
        struct value items = draft_text(VALUE_BYTES, slice_of(copy, RECORD_ID));
        event_withheld(&ev, d, ATTR_ORIGIN, &items, NULL);
    }
    add_values(d, action, &evaluation, &ev);
    return draft_emit(d, &ev, NULL, o);
}

bool report_waits(const struct event *event) {
    const struct value *count = event->code == EVENT_PATHWAY_REPORTED ? event_get(event, ATTR_COUNT) : NULL;
    return count != NULL && count->number > 0;
}

// ---- who can be told -----------------------------------------------------------------------------------------------------

static bool receives(const struct definitions *defs) {
    bool any = false;
    for (size_t i = 0; i < defs->form_count; i++) {
        any = any || (defs->forms[i].report_to != NULL && strcmp(defs->forms[i].report_to, defs->subject) == 0);
    }
    return any && strcmp(defs->subject, protocol_subjects[0]) != 0; // persons are told by name of their pathway only
}

static bool changes_groups(const struct draft *d) {
    static const uint16_t codes[] = {EVENT_PATHWAY_OPENED,  EVENT_PATHWAY_JOINED,   EVENT_PATHWAY_LEFT,
                                     EVENT_PATHWAY_CLOSED,  EVENT_PATHWAY_REOPENED, EVENT_PATHWAY_ATTACHED,
                                     EVENT_PATHWAY_MIGRATED};
    for (uint32_t i = 0; i < d->event_count; i++) {
        for (size_t c = 0; c < sizeof codes / sizeof codes[0]; c++) {
            if (d->events[i].code == codes[c]) {
                return true;
            }
        }
    }
    return false;
}

stepdown_status report_index(struct draft *d, stepdown_error **o) {
    const struct state *s = d->state;
    bool person = strcmp(d->defs->subject, protocol_subjects[0]) == 0, live = !s->closed && receives(d->defs);
    stepdown_status status = STEPDOWN_OK;
    if (person || !changes_groups(d)) {
        return STEPDOWN_OK;
    }
    for (size_t i = 0; i < s->participant_count && status == STEPDOWN_OK; i++) { // one that came back counts last
        const struct participant *p = &s->participants[i];
        struct key key;
        key_group(&key, p->org, slice_text(d->defs->subject), s->id);
        status = live && p->until == STEPDOWN_TIME_NONE
                     ? transaction_put(&d->e->transaction, key_slice(&key), slice_of(NULL, 0), o)
                     : transaction_delete(&d->e->transaction, key_slice(&key), o);
    }
    return status;
}

// ---- delivering ----------------------------------------------------------------------------------------------------------

// A report on its way.
struct told {
    struct engine *e;
    const struct event *event;
    uint8_t sender[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    struct ref about;
    stepdown_time occurred_at;
    stepdown_slice organization, subject; // of the sender; that it goes to
    uint8_t to;                           // enum report_to
    uint8_t token[DIGEST_SIZE];
};

// Keyed by the store: whoever has the token learns nothing of the subject, and other stores make another one.
static bool make_token(struct engine *e, const struct state *s, uint8_t out[DIGEST_SIZE]) {
    buffer_clear(&e->bytes);
    buffer_append(&e->bytes, s->subject_kind.data, s->subject_kind.size);
    buffer_append(&e->bytes, "", 1);
    if (s->subject.size > 0) {
        buffer_append(&e->bytes, s->subject.data, s->subject.size);
    } else {
        buffer_append(&e->bytes, s->id, RECORD_ID); // erased: nobody can tell any more who it was
    }
    return !e->bytes.failed && digest_hmac(e->digest, e->secret, e->bytes.data, e->bytes.size, out);
}

// One id for each report and target. It stands in the target's record, where it must not name the sender.
static stepdown_status make_command_id(const struct told *t, const uint8_t target[RECORD_ID], struct arena *arena,
                                       struct record_header *header, stepdown_slice *request, stepdown_error **o) {
    struct engine *e = t->e;
    uint8_t numbers[12], *hash = arena_alloc(arena, DIGEST_SIZE);
    char text[27];
    write_be64(numbers, t->seq);
    write_be32(numbers + 8, t->ord);
    buffer_clear(&e->bytes);
    buffer_text(&e->bytes, "report");
    buffer_append(&e->bytes, t->sender, RECORD_ID);
    buffer_append(&e->bytes, numbers, sizeof numbers);
    buffer_append(&e->bytes, target, RECORD_ID);
    if (hash == NULL || e->bytes.failed) {
        return status_nomem(&e->env, o);
    }
    if (!digest_hmac(e->digest, e->secret, e->bytes.data, e->bytes.size, hash)) {
        return status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    base32_print_id(hash, text);
    const char *id = arena_format(arena, "report:%s", text);
    if (id == NULL) {
        return status_nomem(&e->env, o);
    }
    header->command_id = slice_text(id);
    *request = slice_of(hash, DIGEST_SIZE);
    return STEPDOWN_OK;
}

// Who receives it, and what they learn of the sender.
static stepdown_status read_sender(struct told *t, struct arena *arena, struct targets *out, stepdown_error **o) {
    struct engine *e = t->e;
    struct state *s;
    struct head head;
    const struct value *sender = event_get(t->event, ATTR_ORIGIN);
    stepdown_status status = engine_begin_on(e, t->sender, false, &s, &head, o);
    if (status == STEPDOWN_OK && (!arena_slice(arena, s->org, &t->organization))) {
        status = status_nomem(&e->env, o);
    }
    if (status == STEPDOWN_OK && !make_token(e, s, t->token)) {
        status = status_fail(&e->env, o, STEPDOWN_INTERNAL, "the digest provider failed");
    }
    if (status == STEPDOWN_OK && t->to == REPORT_TO_GROUPS) {
        status = find_groups(e, t->organization, t->subject, arena, out, o);
    } else if (status == STEPDOWN_OK && t->to == REPORT_TO_MEMBERS) {
        status = find_members(s, arena, out) ? STEPDOWN_OK : status_nomem(&e->env, o);
    } else if (status == STEPDOWN_OK && sender != NULL && sender->text.size == RECORD_ID) {
        out->ids = arena_alloc(arena, sizeof *out->ids);
        out->count = 1;
        if (out->ids != NULL) {
            memcpy(out->ids[0], sender->text.data, RECORD_ID);
        }
    }
    transaction_abort(&e->transaction);
    return status == STEPDOWN_OK && out->count > 0 && out->ids == NULL ? status_nomem(&e->env, o) : status;
}

// Closed ones get nothing, nor those that are of another kind, do not know the report or no longer have us in them.
static bool welcome(const struct told *t, const struct state *s) {
    const struct name_def *name = definitions_symbol(s->defs, t->event->name);
    return !s->closed && slice_equal(s->subject_kind, t->subject) && name != NULL && name->kind == NAME_FORM &&
           s->defs->forms[name->index].report_to != NULL &&
           (t->to != REPORT_TO_GROUPS || state_participates(s, t->organization, s->recorded_at));
}

static bool is_field_of(const struct state *s, uint32_t symbol, uint32_t form) {
    const struct name_def *field = definitions_symbol(s->defs, symbol);
    const struct name_def *of = definitions_symbol(s->defs, form);
    return field != NULL && field->kind == NAME_FIELD && of != NULL && s->defs->fields[field->index].form == of->index;
}

// What was said before and is not said any more.
static void add_silences(const struct told *t, struct draft *d, uint32_t element, struct event_draft *ev) {
    const struct state *s = d->state;
    for (uint32_t i = s->elements[element].first_field; i != UINT32_MAX; i = s->fields[i].next) {
        if (event_get(t->event, s->fields[i].symbol) == NULL && s->fields[i].value.type != VALUE_NONE) {
            struct value none = {.type = VALUE_NONE};
            event_value(ev, d, s->fields[i].symbol, &none);
        }
    }
}

static stepdown_status emit_report(const struct told *t, struct draft *d, const struct origin *known,
                                   stepdown_error **o) {
    struct event_draft ev;
    struct value *origin = draft_list(d, 3);
    if (origin == NULL) {
        return status_nomem(&d->e->env, o);
    }
    event_start(&ev, d, known != NULL ? EVENT_REPORT_REVISED : EVENT_REPORT_RECEIVED, t->event->name,
                known != NULL ? known->element : NO_ELEMENT);
    event_text(&ev, d, ATTR_ORG, VALUE_TEXT, t->organization);
    event_time(&ev, d, ATTR_AT, t->occurred_at);
    event_number(&ev, d, ATTR_VERSION, (int64_t)t->seq);
    if (known == NULL) {
        origin[0] = draft_text(VALUE_BYTES, slice_of(t->token, ORIGIN_TOKEN));
        origin[1] = draft_text(VALUE_BYTES, slice_of(t->sender, RECORD_ID));
        origin[2] = (struct value){.type = VALUE_REFERENCE, .ref = t->about};
        struct value list = {.type = VALUE_LIST, .items = origin, .count = 3};
        event_withheld(&ev, d, ATTR_ORIGIN, &list, NULL);
    } else {
        add_silences(t, d, known->element, &ev);
    }
    for (uint32_t i = 0; i < t->event->attr_count; i++) {
        const struct attr *attr = &t->event->attrs[i];
        if (attr->key >= SYMBOL_FIRST && attr->value.type != VALUE_ERASED &&
            is_field_of(d->state, attr->key, t->event->name)) {
            event_withheld(&ev, d, attr->key, &attr->value, attr->label);
        }
    }
    return draft_emit(d, &ev, NULL, o);
}

// The record on the target. `bare`: what would follow is too much for one record; the report stands and somebody is told.
static stepdown_status write_report(const struct told *t, struct draft *d, bool bare, stepdown_error **o) {
    const struct origin *known = state_reported(d->state, t->event->name, t->sender, t->about);
    struct head next;
    stepdown_status status = emit_report(t, d, known, o);
    if (status == STEPDOWN_OK) {
        status = bare ? escalate(d, -1, NO_ELEMENT, o) : cascade_run(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_write(d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&t->e->transaction, o);
    }
    return status == STEPDOWN_OK ? engine_keep(t->e, d->state, &next, o) : status;
}

// *records: made by this attempt. None when it was delivered before, or is not welcome.
static stepdown_status try_target(const struct told *t, const uint8_t id[RECORD_ID], bool bare, uint32_t *records,
                                  stepdown_error **o) {
    struct engine *e = t->e;
    struct record_header named = {.seq = 0};
    stepdown_slice request, slices[2];
    struct key keys[2];
    struct row rows[2] = {{.present = false}};
    struct state *s = NULL;
    struct head head;
    *records = 0;
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = make_command_id(t, id, &e->arena, &named, &request, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    key_pathway(&keys[0], id, SPACE_HEAD);
    key_command(&keys[1], id, named.command_id);
    slices[0] = key_slice(&keys[0]);
    slices[1] = key_slice(&keys[1]);
    status = transaction_begin(&e->transaction, true, slices, 2, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, slices, 2, &e->arena, rows, o);
    }
    bool there = status == STEPDOWN_OK && rows[0].present && !rows[1].present;
    if (there) {
        status = engine_load(e, id, &rows[0], &s, &head, o);
    }
    const struct origin *known =
        there && status == STEPDOWN_OK ? state_reported(s, t->event->name, t->sender, t->about) : NULL;
    if (status != STEPDOWN_OK || !there || !welcome(t, s) || (known != NULL && known->version >= t->seq)) {
        transaction_abort(&e->transaction);
        return status;
    }
    struct draft d = {.event_count = 0};
    draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_SIGNAL, STEPDOWN_TIME_NONE);
    d.header.command_id = named.command_id;
    d.request_hash = request;
    status = write_report(t, &d, bare, o);
    if (status != STEPDOWN_OK) {
        transaction_abort(&e->transaction);
        engine_forget(e, id);
        return status;
    }
    *records = 1;
    return STEPDOWN_OK;
}

static stepdown_status deliver_to(const struct told *t, const uint8_t id[RECORD_ID], uint32_t *records,
                                  stepdown_error **o) {
    bool bare = false;
    for (uint32_t tries = 0;;) {
        stepdown_error *cause = NULL;
        stepdown_status status = try_target(t, id, bare, records, &cause);
        if (status == STEPDOWN_LIMIT && !bare) {
            stepdown_error_free(&cause);
            bare = true;
            continue;
        }
        if (status == STEPDOWN_UNKNOWN && tries < t->e->retries) { // looking again tells whether it was delivered
            stepdown_error_free(&cause);
            tries++;
            continue;
        }
        if (!engine_again(t->e, &status, tries++, &cause, o)) {
            return status;
        }
    }
}

static bool read_told(const struct record *record, struct told *out) {
    const struct value *about = event_get(out->event, ATTR_ABOUT), *way = event_get(out->event, ATTR_METHOD);
    const struct value *subject = event_get(out->event, ATTR_SUBJECT_KIND);
    out->occurred_at = record->header.occurred_at;
    out->about = about != NULL && about->type == VALUE_REFERENCE ? about->ref : (struct ref){0, 0};
    if (way == NULL || subject == NULL) {
        return false;
    }
    out->subject = subject->text;
    for (uint8_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (slice_is(way->text, ways[i])) {
            out->to = i;
            return true;
        }
    }
    return false;
}

static bool tells_of(const struct event *event, const struct event *other, uint32_t key) {
    const struct value *a = event_get(event, key), *b = event_get(other, key);
    return a != NULL && b != NULL ? value_equal(a, b) : a == b;
}

// The same is told again further on in the same record: that is how it is now.
static bool told_later(const struct record *record, uint32_t ord) {
    const struct event *event = &record->events[ord];
    for (uint32_t i = ord + 1; i < record->event_count; i++) {
        const struct event *later = &record->events[i];
        if (later->code == event->code && later->name == event->name && tells_of(event, later, ATTR_ABOUT) &&
            tells_of(event, later, ATTR_METHOD) && tells_of(event, later, ATTR_ORIGIN) && report_waits(later)) {
            return true;
        }
    }
    return false;
}

stepdown_status report_deliver(struct engine *e, const struct signal_place *place, const struct record *record,
                               struct arena *arena, const struct delivery_sink *sink, stepdown_error **o) {
    struct told t = {.e = e, .event = &record->events[place->ord], .seq = place->seq, .ord = place->ord};
    struct targets targets = {.count = 0};
    memcpy(t.sender, place->sender, RECORD_ID);
    if (told_later(record, place->ord)) {
        return STEPDOWN_OK;
    }
    stepdown_status status = read_told(record, &t)
                                 ? read_sender(&t, arena, &targets, o)
                                 : status_fail(&e->env, o, STEPDOWN_CORRUPT, "a report does not say whom it goes to");
    for (size_t i = 0; i < targets.count && (status == STEPDOWN_OK || i > 0); i++) {
        uint32_t records = 0;
        stepdown_error *cause = NULL;
        stepdown_status one = deliver_to(&t, targets.ids[i], &records, &cause);
        if (one != STEPDOWN_OK || records > 0) { // one that fails stops nobody else, and is tried again
            sink->seen(sink->ctx, targets.ids[i], one, cause, records);
        }
        stepdown_error_free(&cause);
        status = status == STEPDOWN_OK ? one : status;
    }
    return status;
}
