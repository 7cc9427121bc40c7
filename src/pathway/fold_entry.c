// SPDX-License-Identifier: Apache-2.0
// Entries, their changes and erasures, and marks on any element. May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"

// ---- reports ---------------------------------------------------------------------------------------------------------

// [token, pathway, reference]
static void report_origin(struct fold *f) {
    const struct value *v = event_get(f->event, ATTR_ORIGIN);
    struct origin origin = {
        .element = f->element, .symbol = f->event->name, .version = fold_number(f, ATTR_VERSION, 0)};
    if (v && v->type == VALUE_ERASED)
        return;
    if (!v || v->type != VALUE_LIST || v->count != 3 || v->items[0].type != VALUE_BYTES ||
        v->items[0].text.size != ORIGIN_TOKEN || v->items[1].type != VALUE_BYTES ||
        v->items[1].text.size != RECORD_ID || v->items[2].type != VALUE_REFERENCE) {
        fold_corrupt(f, "it does not say where the report came from");
        return;
    }
    memcpy(origin.person, v->items[0].text.data, ORIGIN_TOKEN);
    memcpy(origin.member, v->items[1].text.data, RECORD_ID);
    origin.about = v->items[2].ref;
    if (state_reported(f->s, origin.symbol, origin.member, origin.about))
        fold_corrupt(f, "the same was reported before; that entry is revised");
    else
        fold_check(f, state_add_origin(f->s, &origin));
}

// ---- entries -------------------------------------------------------------------------------------------------------

void fold_entry(struct fold *f) {
    struct party author = fold_party(f);
    struct element e = {.id = f->at,
                        .def = state_symbol(f->s, f->event->name, NAME_FORM),
                        .symbol = f->event->name,
                        .version = f->at.seq,
                        .code = f->event->code,
                        .author = author.person,
                        .author_role = author.role,
                        .author_org = author.org,
                        .occurred_at = f->header->occurred_at,
                        .recorded_at = f->header->recorded_at,
                        .opened_at = STEPDOWN_TIME_NONE,
                        .finished_at = STEPDOWN_TIME_NONE,
                        .due = STEPDOWN_TIME_NONE,
                        .lead_at = STEPDOWN_TIME_NONE,
                        .start = fold_time(f, ATTR_START, STEPDOWN_TIME_NONE),
                        .end = fold_time(f, ATTR_END, STEPDOWN_TIME_NONE),
                        .step_due = STEPDOWN_TIME_NONE,
                        .ladder_rule = NO_INDEX};
    e.about = fold_about(f);
    e.name = fold_free_text(f, ATTR_NAME, &e.name_disclosure);
    if (f->event->code == EVENT_REPORT_RECEIVED) // it happened over there; here it was only learned of
        e.occurred_at = fold_time(f, ATTR_AT, e.occurred_at);
    if (f->status == STEPDOWN_OK)
        fold_check(f, (f->element = state_add_element(f->s, &e)) != NO_ELEMENT);
    if (f->status == STEPDOWN_OK)
        fold_fields(f, f->element);
    if (f->status == STEPDOWN_OK && f->event->code == EVENT_REPORT_RECEIVED)
        report_origin(f);
}

uint32_t fold_about(struct fold *f) {
    struct ref about, pathway = {0};
    if (!fold_ref(f, ATTR_ABOUT, &about) || ref_equal(about, pathway))
        return NO_ELEMENT;
    uint32_t found = state_find(f->s, about);
    if (found == NO_ELEMENT)
        fold_corrupt(f, "what it is about does not exist");
    return found;
}

// ---- changes -------------------------------------------------------------------------------------------------------

static void change_standing(struct fold *f) {
    struct element *e = fold_target(f);
    if (!e || e->flags & ELEMENT_IS_ITEM)
        fold_corrupt(f, "it changes an entry, and its target is none");
    else if (e->flags & ELEMENT_RETRACTED)
        fold_corrupt(f, "the entry was retracted");
    else
        e->version = f->at.seq;
}

static void entry_amend(struct fold *f) {
    change_standing(f);
    if (f->status == STEPDOWN_OK)
        fold_fields(f, f->element);
}

static void entry_retract(struct fold *f) {
    change_standing(f);
    if (f->status == STEPDOWN_OK)
        fold_target(f)->flags |= ELEMENT_RETRACTED;
}

// The values of a report as they are now; when it first happened stays.
static void report_revise(struct fold *f) {
    const struct origin *known = state_origin(f->s, f->element);
    change_standing(f);
    if (f->status == STEPDOWN_OK)
        fold_fields(f, f->element);
    if (known && f->status == STEPDOWN_OK)
        f->s->origins[known - f->s->origins].version = fold_number(f, ATTR_VERSION, known->version);
}

// ---- erasure -------------------------------------------------------------------------------------------------------

static void erase_attrs(struct state *s, uint32_t first, uint32_t count, uint16_t number) {
    for (uint32_t i = first; i < first + count; i++) {
        if (s->attrs[i].disclosure == number)
            s->attrs[i].value = (struct value){.type = VALUE_ERASED};
    }
}

// What an element still holds of the disclosure of record `seq`.
static void erase_of_element(struct state *s, uint32_t element, uint64_t seq, uint16_t number) {
    struct element *e = &s->elements[element];
    if (e->id.seq == seq && e->name_disclosure == number)
        e->name = (stepdown_slice){0};
    for (uint32_t at = e->first_field; at != NO_INDEX; at = s->fields[at].next) {
        struct field_value *field = &s->fields[at];
        if (field->version == seq && field->disclosure == number)
            field->value = (struct value){.type = VALUE_ERASED};
    }
}

// First place in a list, ordered by record, that belongs to record `seq` or a later one.
#define FIRST_OF_RECORD(found, list, count, seq_of, wanted)                                                            \
    do {                                                                                                               \
        size_t low = 0, high = (count);                                                                                \
        while (low < high) {                                                                                           \
            size_t middle = low + (high - low) / 2;                                                                    \
            if ((list)[middle].seq_of < (wanted))                                                                      \
                low = middle + 1;                                                                                      \
            else                                                                                                       \
                high = middle;                                                                                         \
        }                                                                                                              \
        (found) = low;                                                                                                 \
    } while (0)

// Everything that record `seq` said is reached through what it made: log entries, marks and passes are in its order.
static void erase_disclosure(struct state *s, uint64_t seq, uint16_t number) {
    size_t i;
    FIRST_OF_RECORD(i, s->log, s->log_count, seq, seq);
    for (; i < s->log_count && s->log[i].seq == seq; i++) {
        if (s->log[i].element != NO_ELEMENT)
            erase_of_element(s, s->log[i].element, seq, number);
    }
    FIRST_OF_RECORD(i, s->marks, s->mark_count, at.seq, seq);
    for (; i < s->mark_count && s->marks[i].at.seq == seq; i++)
        erase_attrs(s, s->marks[i].attr_first, s->marks[i].attr_count, number);
    FIRST_OF_RECORD(i, s->passes, s->pass_count, at.seq, seq);
    for (; i < s->pass_count && s->passes[i].at.seq == seq; i++)
        erase_attrs(s, s->passes[i].attr_first, s->passes[i].attr_count, number);
    if (seq == 0 && s->subject_disclosure == number)
        s->subject = (stepdown_slice){0};
    if (s->stage_version == seq && s->stage_disclosure == number)
        s->stage = (stepdown_slice){0};
}

static void erase_number(struct fold *f, uint64_t seq, const struct value *number) {
    if (number->type != VALUE_QUANTITY || number->scale != 0 || number->number < 1 || number->number > UINT16_MAX)
        fold_corrupt(f, "it names no disclosure");
    else
        erase_disclosure(f->s, seq, (uint16_t)number->number);
}

static void erase(struct fold *f) {
    struct ref record;
    const struct value *numbers = event_get(f->event, ATTR_VALUE);
    bool origin = fold_number(f, ATTR_FIELD, 0) == ATTR_ORIGIN;
    if (f->element != NO_ELEMENT || !fold_ref(f, ATTR_ABOUT, &record) || record.seq >= f->at.seq || !numbers) {
        fold_corrupt(f, "it does not name an earlier record and its disclosures");
        return;
    }
    if (origin)
        state_drop_origins(f->s, record.seq);
    if (numbers->type != VALUE_LIST) {
        erase_number(f, record.seq, numbers);
        return;
    }
    for (uint32_t i = 0; i < numbers->count; i++)
        erase_number(f, record.seq, &numbers->items[i]);
}

void fold_change(struct fold *f) {
    switch (f->event->code) {
    case EVENT_FORM_AMENDED: entry_amend(f); break;
    case EVENT_FORM_RETRACTED: entry_retract(f); break;
    case EVENT_REPORT_REVISED: report_revise(f); break;
    case EVENT_ERASURE_ERASED: erase(f); break;
    default: fold_corrupt(f, "it is no known change"); break;
    }
}

// ---- marks ---------------------------------------------------------------------------------------------------------

// Attributes that have a place of their own in the mark.
static bool is_mark_attr(uint32_t key) {
    return key != ATTR_PERSON && key != ATTR_ROLE && key != ATTR_ORG && key != ATTR_VERSION && key != ATTR_FIELD;
}

static void mark_withdraw(struct fold *f) {
    struct ref at = {0};
    size_t i;
    if (!fold_ref(f, ATTR_MARK, &at)) {
        fold_corrupt(f, "it does not name the mark");
        return;
    }
    FIRST_OF_RECORD(i, f->s->marks, f->s->mark_count, at.seq, at.seq);
    while (i < f->s->mark_count && f->s->marks[i].at.seq == at.seq && f->s->marks[i].at.ord != at.ord)
        i++;
    struct mark *mark = i < f->s->mark_count && ref_equal(f->s->marks[i].at, at) ? &f->s->marks[i] : NULL;
    if (!mark || mark->element != f->element || mark->withdrawn)
        fold_corrupt(f, "there is no such mark to withdraw");
    else
        mark->withdrawn = true;
}

// Marks of the common family may stand on anything, a grant on the entry that asked for it; those of a kind only on its
// items, in states its table allows.
static void check_markable(struct fold *f) {
    const struct element *e = fold_target(f);
    if (EVENT_FAMILY(f->event->code) == FAMILY_MARK)
        return;
    if (f->event->code == EVENT_SLOT_GRANTED && e && !(e->flags & ELEMENT_IS_ITEM))
        return;
    if (!e || !(e->flags & ELEMENT_IS_ITEM))
        fold_corrupt(f, "its target is not an item");
    else
        fold_legal(f, lifecycle_event(e->kind, f->event->code));
}

void fold_mark(struct fold *f) {
    check_markable(f);
    if (f->status == STEPDOWN_OK && f->event->code == EVENT_MARK_WITHDRAWN) {
        mark_withdraw(f);
        return;
    }
    struct party maker = fold_party(f);
    uint64_t field = fold_number(f, ATTR_FIELD, 0), version = fold_number(f, ATTR_VERSION, 0);
    if (field > UINT32_MAX || version > f->at.seq)
        fold_corrupt(f, "it names a field or a version that cannot be");
    struct mark mark = {.at = f->at,
                        .code = f->event->code,
                        .element = f->element,
                        .field = state_mark_field(f->s, (uint32_t)field),
                        .symbol = (uint32_t)field,
                        .name = f->event->name,
                        .version = version,
                        .occurred_at = f->header->occurred_at,
                        .recorded_at = f->header->recorded_at,
                        .person = maker.person,
                        .role = maker.role,
                        .org = maker.org};
    fold_keep_attrs(f, is_mark_attr, &mark.attr_first, &mark.attr_count);
    if (f->status == STEPDOWN_OK)
        fold_check(f, state_add_mark(f->s, &mark));
}
