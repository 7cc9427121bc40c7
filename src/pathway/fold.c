// SPDX-License-Identifier: Apache-2.0
// Records into the state: checks that an event can follow, hands it to the handler of its class, writes the log. Reading
// of attributes for all handlers. May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"

// ---- failures ------------------------------------------------------------------------------------------------------

void fold_corrupt(struct fold *f, const char *why) {
    const struct event_row *row = event_row(f->event->code);
    if (f->status != STEPDOWN_OK)
        return;
    f->status = status_fail(f->s->env, f->out_error, STEPDOWN_CORRUPT,
                            "record %llu, event %u (%s.%s) does not follow from the records before it: %s",
                            (unsigned long long)f->at.seq, (unsigned)f->at.ord, row ? row->family : "?",
                            row ? row->word : "?", why);
}

void fold_check(struct fold *f, bool kept) {
    if (!kept && f->status == STEPDOWN_OK)
        f->status = status_nomem(f->s->env, f->out_error);
}

struct element *fold_target(const struct fold *f) {
    return f->element == NO_ELEMENT ? NULL : &f->s->elements[f->element];
}

// ---- attributes ----------------------------------------------------------------------------------------------------

static uint32_t attr_index(const struct fold *f, uint32_t key) {
    uint32_t i = 0;
    while (i < f->event->attr_count && f->event->attrs[i].key != key)
        i++;
    return i < f->event->attr_count ? i : NO_INDEX;
}

static bool is_text(uint8_t type) {
    return type == VALUE_TEXT || type == VALUE_CHOICE || type == VALUE_PERSON || type == VALUE_ROLE;
}

stepdown_slice fold_text(struct fold *f, uint32_t key, stepdown_slice otherwise) {
    const struct value *v = event_get(f->event, key);
    stepdown_slice kept = otherwise;
    if (!v || v->type == VALUE_NONE)
        return otherwise;
    if (is_text(v->type))
        fold_check(f, state_intern(f->s, v->text, &kept));
    else
        fold_corrupt(f, "an attribute that must be text is not");
    return kept;
}

stepdown_slice fold_free_text(struct fold *f, uint32_t key, uint16_t *disclosure) {
    uint32_t at = attr_index(f, key);
    *disclosure = at == NO_INDEX ? 0 : fold_disclosure(f, at);
    if (at != NO_INDEX && f->event->attrs[at].value.type == VALUE_ERASED)
        return (stepdown_slice){0};
    return fold_text(f, key, (stepdown_slice){0});
}

stepdown_time fold_time(struct fold *f, uint32_t key, stepdown_time otherwise) {
    const struct value *v = event_get(f->event, key);
    if (!v)
        return otherwise;
    if (v->type == VALUE_NONE) // said to have none from now on
        return STEPDOWN_TIME_NONE;
    if (v->type != VALUE_TIME)
        fold_corrupt(f, "an attribute that must be a moment is not");
    return v->type == VALUE_TIME ? v->number : otherwise;
}

uint64_t fold_number(struct fold *f, uint32_t key, uint64_t otherwise) {
    const struct value *v = event_get(f->event, key);
    if (!v || v->type == VALUE_NONE)
        return otherwise;
    if (v->type == VALUE_QUANTITY && v->scale == 0 && v->number >= 0)
        return (uint64_t)v->number;
    fold_corrupt(f, "an attribute that must be a number is not");
    return otherwise;
}

bool fold_flag(struct fold *f, uint32_t key) {
    const struct value *v = event_get(f->event, key);
    if (v && v->type != VALUE_NONE && v->type != VALUE_BOOLEAN)
        fold_corrupt(f, "an attribute that must be yes or no is not");
    return v && v->type == VALUE_BOOLEAN && v->number != 0;
}

bool fold_ref(struct fold *f, uint32_t key, struct ref *out) {
    const struct value *v = event_get(f->event, key);
    if (!v || v->type == VALUE_NONE)
        return false;
    if (v->type != VALUE_REFERENCE) {
        fold_corrupt(f, "an attribute that must be a reference is not");
        return false;
    }
    *out = v->ref;
    return true;
}

uint16_t fold_disclosure(const struct fold *f, uint32_t index) {
    const struct attr *attr = &f->event->attrs[index];
    uint16_t number = (uint16_t)(f->disclosures + 1);
    if (!attr->withheld)
        return 0;
    for (uint32_t i = 0; i < f->event->attr_count; i++)
        number = (uint16_t)(number + (f->event->attrs[i].withheld && f->event->attrs[i].key < attr->key));
    return number;
}

uint32_t fold_ordered(const struct fold *f, uint32_t place) { return f->s->order[place]; }

// Insertion sort: what comes from a row is sorted already, what comes from a command nearly so.
static bool order_attrs(struct fold *f) {
    struct state *s = f->s;
    const struct attr *attrs = f->event->attrs;
    if (!env_grow(s->env, (void **)&s->order, &s->order_cap, f->event->attr_count, sizeof *s->order))
        return false;
    for (uint32_t i = 0; i < f->event->attr_count; i++) {
        uint32_t at = i;
        for (; at > 0 && attrs[s->order[at - 1]].key > attrs[i].key; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = i;
    }
    return true;
}

// A copy of the value with everything it points at kept in the state.
static bool keep_attr(struct fold *f, uint32_t index, struct attr *out) {
    const struct attr *attr = &f->event->attrs[index];
    *out = (struct attr){.key = attr->key, .disclosure = fold_disclosure(f, index)};
    return state_keep_value(f->s, &attr->value, &out->value);
}

void fold_keep_attrs(struct fold *f, bool (*keep)(uint32_t key), uint32_t *first, uint32_t *count) {
    *first = (uint32_t)f->s->attr_count;
    for (uint32_t i = 0; i < f->event->attr_count && f->status == STEPDOWN_OK; i++) {
        struct attr kept;
        uint32_t index = fold_ordered(f, i);
        if (keep(f->event->attrs[index].key))
            fold_check(f, keep_attr(f, index, &kept) && state_add_attr(f->s, &kept));
    }
    *count = (uint32_t)f->s->attr_count - *first;
}

// ---- fields --------------------------------------------------------------------------------------------------------

static struct field_value *field_find(struct state *s, uint32_t element, uint32_t symbol) {
    uint32_t at = s->elements[element].first_field;
    while (at != NO_INDEX && s->fields[at].symbol != symbol)
        at = s->fields[at].next;
    return at == NO_INDEX ? NULL : &s->fields[at];
}

void fold_fields(struct fold *f, uint32_t element) {
    struct state *s = f->s;
    struct party author = fold_party(f);
    for (uint32_t i = 0; i < f->event->attr_count && f->status == STEPDOWN_OK; i++) {
        uint32_t index = fold_ordered(f, i);
        struct attr kept;
        stepdown_slice label = {0};
        if (f->event->attrs[index].key < SYMBOL_FIRST)
            continue;
        fold_check(f, keep_attr(f, index, &kept) && state_intern(s, slice_text(f->event->attrs[index].label), &label));
        if (f->status != STEPDOWN_OK)
            return;
        struct field_value value = {.field = state_symbol(s, kept.key, NAME_FIELD),
                                    .symbol = kept.key,
                                    .version = f->at.seq,
                                    .next = NO_INDEX,
                                    .disclosure = kept.disclosure,
                                    .label = label.size > 0 ? (const char *)label.data : NULL,
                                    .role = author.role,
                                    .person = author.person,
                                    .value = kept.value};
        struct field_value *known = field_find(s, element, kept.key);
        if (known) {
            value.next = known->next;
            *known = value;
        } else {
            fold_check(f, state_add_field(s, element, &value));
        }
    }
}

// ---- parties -------------------------------------------------------------------------------------------------------

struct party fold_actor(struct fold *f) {
    const struct actor *actor = &f->header->actor;
    struct party party = {{0}, {0}, {0}};
    fold_check(f, state_intern(f->s, actor->id, &party.person) && state_intern(f->s, actor->role, &party.role) &&
                      state_intern(f->s, actor->behalf, &party.org));
    return party;
}

struct party fold_party(struct fold *f) {
    struct party party = fold_actor(f);
    party.person = fold_text(f, ATTR_PERSON, party.person);
    party.role = fold_text(f, ATTR_ROLE, party.role);
    party.org = fold_text(f, ATTR_ORG, party.org);
    return party;
}

// ---- one event -----------------------------------------------------------------------------------------------------

static const struct {
    fold_handler *handle;
    bool creates; // the target is the new element
} classes[] = {
    [EVENT_CLASS_PATHWAY] = {fold_pathway, false}, [EVENT_CLASS_ENTRY] = {fold_entry, true},
    [EVENT_CLASS_CHANGE] = {fold_change, false},   [EVENT_CLASS_OPEN] = {fold_open, true},
    [EVENT_CLASS_ITEM] = {fold_item, false},       [EVENT_CLASS_MARK] = {fold_mark, false},
    [EVENT_CLASS_ENGINE] = {fold_engine, false},
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

// Every event leaves a log entry, so the log knows which place comes next.
static void check_place(struct fold *f) {
    const struct state *s = f->s;
    const struct log_entry *last = s->log_count ? &s->log[s->log_count - 1] : NULL;
    bool begins = !last || last->seq != f->at.seq;
    if (f->at.seq != (s->empty ? 0 : s->seq + 1))
        fold_corrupt(f, "its record is not the next one");
    else if (f->at.ord != (begins ? 0 : last->ord + 1))
        fold_corrupt(f, "it is not the next event of its record");
    else if (!last != (f->event->code == EVENT_PATHWAY_OPENED))
        fold_corrupt(f, "a pathway is opened by its first event and by no other");
    if (begins)
        f->s->disclosures = 0;
    f->disclosures = f->s->disclosures;
}

static void resolve_target(struct fold *f, bool creates) {
    struct ref id = f->event->target, pathway = {0};
    if (creates) {
        if (!ref_equal(id, f->at))
            fold_corrupt(f, "what it creates is not called after its place");
    } else if (!ref_equal(id, pathway)) {
        f->element = state_find(f->s, id);
        if (f->element == NO_ELEMENT)
            fold_corrupt(f, "there is no such element");
    }
}

static void write_log(struct fold *f) {
    for (uint32_t i = 0; i < f->event->attr_count; i++)
        f->s->disclosures = (uint16_t)(f->s->disclosures + f->event->attrs[i].withheld);
    fold_check(f, state_add_log(f->s, &(struct log_entry){.seq = f->at.seq,
                                                          .ord = f->at.ord,
                                                          .code = f->event->code,
                                                          .element = f->element,
                                                          .name = f->event->name,
                                                          .occurred_at = f->header->occurred_at,
                                                          .recorded_at = f->header->recorded_at}));
}

stepdown_status fold_event(struct state *s, const struct record_header *header, uint32_t ord, const struct event *event,
                           stepdown_error **out_error) {
    const struct event_row *row = event_row(event->code);
    struct fold f = {.s = s,
                     .header = header,
                     .event = event,
                     .at = {.seq = header->seq, .ord = ord},
                     .element = NO_ELEMENT,
                     .out_error = out_error};
    if (!row || row->class >= CLASSES)
        fold_corrupt(&f, "a pathway knows no such event");
    else
        check_place(&f);
    if (f.status == STEPDOWN_OK)
        resolve_target(&f, classes[row->class].creates);
    if (f.status == STEPDOWN_OK)
        fold_check(&f, order_attrs(&f));
    if (f.status == STEPDOWN_OK)
        classes[row->class].handle(&f);
    if (f.status == STEPDOWN_OK)
        write_log(&f);
    return f.status;
}

// ---- one record ----------------------------------------------------------------------------------------------------

void fold_seal(struct state *s, const struct record_header *header, const uint8_t leaf[DIGEST_SIZE]) {
    s->seq = header->seq;
    s->empty = false;
    s->recorded_at = header->recorded_at;
    memcpy(s->leaf, leaf, DIGEST_SIZE);
}

static const char *record_misfit(const struct state *s, const struct record *record) {
    const struct record_header *header = &record->header;
    if (memcmp(header->pathway, s->id, RECORD_ID) != 0)
        return "it belongs to another pathway";
    if (header->seq != (s->empty ? 0 : s->seq + 1))
        return "it is not the next one";
    if (!s->empty && memcmp(header->previous, s->leaf, DIGEST_SIZE) != 0)
        return "it does not name its predecessor's leaf hash";
    if (record->body_erased)
        return "its body is gone, and with it what happened";
    if (record->event_count == 0)
        return "it holds no event";
    return NULL;
}

stepdown_status fold_record(struct state *s, const struct record *record, stepdown_error **out_error) {
    const char *misfit = record_misfit(s, record);
    if (misfit)
        return status_fail(s->env, out_error, STEPDOWN_CORRUPT, "record %llu cannot be folded: %s",
                           (unsigned long long)record->header.seq, misfit);
    for (uint32_t i = 0; i < record->event_count; i++) {
        stepdown_status status = fold_event(s, &record->header, i, &record->events[i], out_error);
        if (status != STEPDOWN_OK)
            return status;
    }
    fold_seal(s, &record->header, record->leaf);
    return STEPDOWN_OK;
}
