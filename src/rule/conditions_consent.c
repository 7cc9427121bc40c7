// SPDX-License-Identifier: Apache-2.0
// Consent: what the person has allowed, limited or withdrawn, for a recipient, a purpose and a class of data.
// May call: pathway, protocol.
#include "rule/parts.h"

// What is asked, and what an entry says about it. Fields of consent forms are known by these names.
enum part { PART_RECIPIENT, PART_PURPOSE, PART_CLASS, PART_COUNT };
static const char *const part_names[PART_COUNT] = {"recipient", "purpose", "data_class"};

enum { FIT_NO, FIT_YES, FIT_UNKNOWN };

// What is given for a class of data is given for the narrower ones within it; what is taken back for one is taken back
// for those within it and for the wider ones, of which it is a part.
static bool class_meant(const struct evaluation *e, int32_t field, stepdown_slice said, stepdown_slice asked,
                        bool takes_back) {
    int32_t list = e->defs->fields[field].list;
    if (list < 0)
        return slice_equal(said, asked);
    const struct list_def *classes = &e->defs->lists[list];
    return list_within(classes, asked, said) || (takes_back && list_within(classes, said, asked));
}

static bool part_means(struct evaluation *e, int32_t field, enum part part, const struct value *said,
                       const struct value *asked, bool takes_back) {
    stepdown_slice words, wanted;
    if (part == PART_CLASS && value_words(said, &words) && value_words(asked, &wanted))
        return class_meant(e, field, words, wanted, takes_back);
    return compare_values(e, OP_IS, said, asked) == TRUTH_TRUE;
}

// Does the entry's part mean what is asked? A part that the form does not have is not restricted; one that was left
// empty names nothing, except in a withdrawal, which then takes back everything.
static int part_fits(struct evaluation *e, uint32_t entry, enum part part, const struct value *asked, bool takes_back) {
    const struct form_def *form = &e->defs->forms[e->state->elements[entry].def];
    for (uint32_t i = 0; i < form->field_count; i++) {
        int32_t field = (int32_t)(form->field_first + i);
        if (!slice_is(slice_text(e->defs->fields[field].def.name), part_names[part]))
            continue;
        const struct field_value *fv = state_entry_field(e->state, entry, field);
        if (!fv)
            return takes_back ? FIT_YES : FIT_NO;
        if (fv->value.type == VALUE_ERASED)
            return FIT_UNKNOWN;
        return part_means(e, field, part, &fv->value, asked, takes_back) ? FIT_YES : FIT_NO;
    }
    return FIT_YES;
}

// Has it begun and not ended? An entry without an interval is valid until it is taken back.
static int entry_valid(const struct evaluation *e, uint32_t entry) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[entry].first_field; i != NO_INDEX; i = s->fields[i].next) {
        const struct value *v = &s->fields[i].value;
        if (v->type == VALUE_INTERVAL && (e->now < v->number || (v->until != STEPDOWN_TIME_NONE && e->now >= v->until)))
            return FIT_NO;
    }
    return FIT_YES;
}

struct ruling {
    uint32_t entry; // newest that speaks of it
    bool allows;    // it names purpose and class and does not take back
    bool unknown;
};

static bool counts_now(const struct evaluation *e, const struct element *el) {
    return el->def < e->defs->form_count && el->occurred_at <= e->now;
}

// The newer entry rules, by when it happened; withdrawn wins a tie.
static void take(const struct evaluation *e, uint32_t entry, bool allows, struct ruling *r) {
    const struct element *el = &e->state->elements[entry];
    bool back = el->code == EVENT_CONSENT_WITHDRAWN;
    bool newer = r->entry == NO_ELEMENT || el->occurred_at > e->state->elements[r->entry].occurred_at;
    bool tie = r->entry != NO_ELEMENT && el->occurred_at == e->state->elements[r->entry].occurred_at;
    if (newer || (tie && back)) {
        r->entry = entry;
        r->allows = allows && !back;
    }
}

// An entry rules when it names recipient, purpose and class; a limitation rules for everything of its recipient.
static void consider(struct evaluation *e, const struct value asked[PART_COUNT], uint32_t entry, struct ruling *r) {
    const struct element *el = &e->state->elements[entry];
    bool back = el->code == EVENT_CONSENT_WITHDRAWN, limits = el->code == EVENT_CONSENT_LIMITED;
    int fit[PART_COUNT];
    bool all = true, unknown = false;
    if (!counts_now(e, el))
        return;
    for (enum part p = 0; p < PART_COUNT; p++) {
        fit[p] = part_fits(e, entry, p, &asked[p], back);
        all = all && fit[p] == FIT_YES;
        unknown |= fit[p] == FIT_UNKNOWN;
    }
    if (unknown)
        r->unknown = true;
    else if (all || (limits && fit[PART_RECIPIENT] == FIT_YES))
        take(e, entry, all, r);
}

static enum truth consent_ruling(struct evaluation *e, const struct node *n, const struct ruling *r) {
    if (r->unknown) {
        e->met_erased = true;
        return holds_unknown(e, n, true, e->this_element);
    }
    if (r->entry == NO_ELEMENT)
        return holds_false(e, n, REASON_MISSING, e->this_element);
    evidence_element(e, r->entry);
    if (r->allows && entry_valid(e, r->entry) == FIT_YES)
        return TRUTH_TRUE;
    bool limited = e->state->elements[r->entry].code == EVENT_CONSENT_LIMITED && !r->allows;
    return holds_false(e, n, limited ? REASON_NOT_MET : REASON_EXPIRED, r->entry);
}

static const struct selector all_entries = {
    .source = SELECT_FAMILY, .code = EVENT_CODE(FAMILY_CONSENT, 0), SELECTOR_UNLIMITED};

// An entry of consent, not an item of that name.
static bool is_entry(const struct evaluation *e, const struct found *found) {
    return found->target.kind == TARGET_ELEMENT && !(e->state->elements[found->target.index].flags & ELEMENT_IS_ITEM);
}

// The newest entry that speaks of the recipient, purpose and class decides, by when it happened; withdrawn wins a tie.
enum truth holds_consent(struct evaluation *e, const struct node *n) {
    const int32_t terms[PART_COUNT] = {n->b, n->c, n->a};
    struct value asked[PART_COUNT];
    struct ruling ruling = {.entry = NO_ELEMENT};
    struct selection s;
    struct found found;
    bool erased;
    for (size_t p = 0; p < PART_COUNT; p++) {
        if (!rule_term(e, terms[p], &asked[p], &erased))
            return holds_unknown(e, n, erased, e->this_element);
    }
    selection_of(&s, e, n->selector >= 0 ? &e->defs->selectors[n->selector] : &all_entries);
    while (selection_next(&s, &found)) {
        if (is_entry(e, &found))
            consider(e, asked, found.target.index, &ruling);
    }
    return consent_ruling(e, n, &ruling);
}

// ---- telling somebody --------------------------------------------------------------------------------------------------

// Does the entry speak of this recipient, under one of three names? One that names nobody speaks of everyone but those
// who hold the record; so may one whose recipient was erased.
static int speaks_of(struct evaluation *e, uint32_t entry, const struct consent_asked *asked, bool back) {
    const stepdown_slice names[] = {asked->person, asked->role, asked->organization};
    const struct value nobody = {.type = VALUE_TEXT};
    int fit = part_fits(e, entry, PART_RECIPIENT, &nobody, back);
    if (fit != FIT_NO)
        return slice_equal(asked->organization, e->state->org) ? FIT_NO : fit;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && fit == FIT_NO; i++) {
        struct value name = {.type = VALUE_TEXT, .text = names[i]};
        fit = names[i].size > 0 ? part_fits(e, entry, PART_RECIPIENT, &name, false) : FIT_NO;
    }
    return fit;
}

// The class of data, with the classes within it. An entry that names none is about every class. What has no class is not taken back with one, and is
// left out where consent is limited to one.
static int class_fits(struct evaluation *e, uint32_t entry, const char *asked, uint16_t code) {
    const struct form_def *form = &e->defs->forms[e->state->elements[entry].def];
    const struct value wanted = {.type = VALUE_TEXT, .text = slice_text(asked)};
    for (uint32_t i = 0; asked && i < form->field_count; i++) {
        int32_t field = (int32_t)(form->field_first + i);
        const struct field_value *fv = NULL;
        if (slice_is(slice_text(e->defs->fields[field].def.name), part_names[PART_CLASS]))
            fv = state_entry_field(e->state, entry, field);
        if (!fv)
            continue;
        if (fv->value.type == VALUE_ERASED)
            return FIT_UNKNOWN;
        if (asked[0] == 0)
            return code == EVENT_CONSENT_GIVEN ? FIT_YES : FIT_NO;
        return part_means(e, field, PART_CLASS, &fv->value, &wanted, code == EVENT_CONSENT_WITHDRAWN) ? FIT_YES
                                                                                                      : FIT_NO;
    }
    return FIT_YES;
}

enum consent consent_to_tell(struct evaluation *e, const struct consent_asked *asked) {
    const struct value purpose = {.type = VALUE_TEXT, .text = asked->purpose};
    struct ruling ruling = {.entry = NO_ELEMENT};
    struct selection s;
    struct found found;
    bool spoken = false;
    selection_of(&s, e, &all_entries);
    while (selection_next(&s, &found)) {
        uint32_t entry = found.target.index;
        if (!is_entry(e, &found) || !counts_now(e, &e->state->elements[entry]))
            continue;
        uint16_t code = e->state->elements[entry].code;
        bool back = code == EVENT_CONSENT_WITHDRAWN, limits = code == EVENT_CONSENT_LIMITED;
        int who = speaks_of(e, entry, asked, back), why = part_fits(e, entry, PART_PURPOSE, &purpose, back);
        int what = class_fits(e, entry, asked->data_class, code);
        if (who == FIT_NO || (back && (why == FIT_NO || what == FIT_NO)))
            continue;
        spoken = true;
        if (entry_valid(e, entry) == FIT_YES && ((why != FIT_NO && what != FIT_NO) || limits))
            take(e, entry, who == FIT_YES && why == FIT_YES && what == FIT_YES, &ruling);
    }
    if (!spoken)
        return CONSENT_SILENT;
    return ruling.entry != NO_ELEMENT && ruling.allows ? CONSENT_ALLOWS : CONSENT_REFUSES;
}

bool consent_entitles(struct evaluation *e, const struct consent_asked *asked) {
    bool holds = slice_equal(asked->organization, e->state->org);
    bool care = slice_is(asked->purpose, "treatment") || slice_is(asked->purpose, "operations");
    int32_t role = definitions_role(e->defs, asked->role);
    bool household = role >= 0 && e->defs->roles[role].informed;
    bool labelled = asked->data_class && asked->data_class[0];
    enum consent told = consent_to_tell(e, asked);
    if (household || (labelled && !(holds && care)))
        return told == CONSENT_ALLOWS;
    return told != CONSENT_REFUSES;
}
