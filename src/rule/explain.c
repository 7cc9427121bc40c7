// SPDX-License-Identifier: Apache-2.0
// Sentences for people: what lacks, and who can clear it. One row for each kind of condition and reason; the names in
// them are the protocol's, without hyphens. Never values, so that nothing withheld is told. May call: pathway, protocol.
#include "rule/parts.h"

#include <string.h>

// ---- the sentences ---------------------------------------------------------------------------------------------------------
// %s subject   %n what is selected   %e the element   %f the field   %w who   %b " by who", or nothing
// %a state it is in   %t states that would do   %m measure or rule   %v " in version …", or nothing

enum { ANY_KIND = 255 };
static const struct phrase {
    uint8_t kind, reason;
    const char *text;
} phrases[] = {
    {NODE_NOT, REASON_NOT_MET, "something holds that must not hold"},
    {NODE_FIELD, REASON_MISSING, "%s is not recorded"},
    {NODE_FIELD, REASON_INCOMPLETE, "%s is recorded without what it must say"},
    {NODE_FIELD, REASON_STALE, "%s was recorded before the moment it must follow"},
    {NODE_FIELD, REASON_WRONG_ROLE, "%s was recorded in a role that may not record it; it needs %w"},
    {NODE_FIELD, REASON_NOT_YET, "%s must follow a moment that has not come"},
    {NODE_COMPLETE, REASON_MISSING, "%e is not filled in"},
    {NODE_COMPLETE, REASON_INCOMPLETE, "%e is not complete: %f is missing"},
    {NODE_COMPLETE, REASON_WRONG_ROLE, "%e: %f was recorded in a role that may not record it; it needs %w"},
    {NODE_COMPLETE, REASON_EXPIRED, "%e was called off or has ended"},
    {NODE_COMPLETE, REASON_ERASED, "%e: %f was erased, so this cannot be known"},
    {NODE_COMPARE, REASON_MISSING, "%s is not recorded, so this cannot be known"},
    {NODE_COMPARE, REASON_NOT_MET, "%s is not as required"},
    {NODE_COUNT, REASON_MISSING, "no %n%b is recorded"},
    {NODE_COUNT, REASON_NOT_YET, "too few are recorded: %n%b"},
    {NODE_COUNT, REASON_WRONG_ROLE, "%n is recorded, but not by %w"},
    {NODE_COUNT, REASON_STALE, "%n is recorded, but not in the time that counts"},
    {NODE_COUNT, REASON_NOT_MET, "the number recorded is not as required: %n"},
    {NODE_EACH, REASON_NONE_RECORDED, "no %n is recorded, so nothing is known about each"},
    {NODE_STATE, REASON_MISSING, "there is no %n"},
    {NODE_STATE, REASON_NOT_MET, "%e is %a; it must be %t"},
    {NODE_COVERED, REASON_MISSING, "%s is not covered: no %n reaches it"},
    {NODE_COVERED, REASON_EXPIRED, "%s is not covered throughout: %n ends before it does"},
    {NODE_COVERED, REASON_INCOMPLETE, "%s is not covered in full: %n is not enough"},
    {NODE_COVERED, REASON_NONE_RECORDED, "nothing is recorded that %n would have to cover"},
    {NODE_SUSTAINED, REASON_MISSING, "%f has not been observed"},
    {NODE_SUSTAINED, REASON_NOT_YET, "%f has not been as required for long enough, or not been observed often enough"},
    {NODE_SUSTAINED, REASON_NOT_MET, "%f has not stayed as required"},
    {NODE_OWNER, REASON_MISSING, "there is no %n"},
    {NODE_OWNER, REASON_UNOWNED, "%e has no named person who has accepted it"},
    {NODE_OWNER, REASON_EXPIRED, "%e has ended, so nobody owns it any more"},
    {NODE_OWNER, REASON_WRONG_ROLE, "%e is owned in another role; it needs %w"},
    {NODE_ACK, REASON_MISSING, "%s is not recorded, so nobody can have acknowledged it"},
    {NODE_ACK, REASON_NOT_ACKNOWLEDGED, "%s: acknowledgement of the current version by %w is missing"},
    {NODE_ACK, REASON_STALE, "%s has changed since it was acknowledged%v; %w must acknowledge the current version"},
    {NODE_ACK, REASON_WRONG_ROLE, "%s is acknowledged, but not by %w"},
    {NODE_ACK, REASON_UNOWNED, "%s cannot be acknowledged: nobody is named who must do so"},
    {NODE_ACK, REASON_NONE_RECORDED, "%s cannot be acknowledged: nobody is assigned who must do so"},
    {NODE_ACK, REASON_NOT_YET, "%s must be acknowledged after a moment that has not come"},
    {NODE_ATTESTED, REASON_MISSING, "%s is not recorded, so nobody can have attested it"},
    {NODE_ATTESTED, REASON_NOT_ACKNOWLEDGED, "%s: attestation of the current version by %w is missing"},
    {NODE_ATTESTED, REASON_STALE, "%s has changed since it was attested%v; %w must attest the current version"},
    {NODE_ATTESTED, REASON_WRONG_ROLE, "%s is attested, but not by %w"},
    {NODE_ATTESTED, REASON_UNOWNED, "%s cannot be attested: nobody is named who must do so"},
    {NODE_ATTESTED, REASON_NONE_RECORDED, "%s cannot be attested: nobody is assigned who must do so"},
    {NODE_ATTESTED, REASON_NOT_YET, "%s must be attested after a moment that has not come"},
    {NODE_ATTENDED, REASON_MISSING, "%e: nobody attended as %w"},
    {NODE_HAPPENED, REASON_NOT_YET, "%s has not happened yet"},
    {NODE_HAPPENED, REASON_MISSING, "%s did not happen in time"},
    {NODE_HAPPENED, REASON_NOT_MET, "%s happened, but not when it had to"},
    {NODE_CONSENT, REASON_MISSING, "no consent to this disclosure is recorded"},
    {NODE_CONSENT, REASON_EXPIRED, "consent to this disclosure has ended or was withdrawn"},
    {NODE_CONSENT, REASON_NOT_MET, "consent is limited and does not include this disclosure"},
    {NODE_LOOP, REASON_MISSING, "%e has no response"},
    {NODE_LOOP, REASON_INCOMPLETE, "%e has a response, but no outcome is recorded"},
    {NODE_MEASURED, REASON_MISSING, "measure %m cannot be computed yet"},
    {NODE_FIRED, REASON_NOT_YET, "%m has not occurred"},
    {NODE_MET, REASON_MISSING, "the item that the other gate guards does not exist"},
    {NODE_REPEAT, REASON_NOT_YET, "%n has not repeated as often as required"},
    {NODE_ASCENDING, REASON_MISSING, "%s is not recorded"},
    {NODE_ASCENDING, REASON_INCOMPLETE, "%s has too few members"},
    {NODE_ASCENDING, REASON_NOT_MET, "%s does not go up step by step as it must"},
    {NODE_SEQUENCE, REASON_NOT_YET, "%s has not been followed as required, or not often enough"},
    {ANY_KIND, REASON_ERASED, "%s was erased, so this cannot be known"},
    {ANY_KIND, REASON_UNKNOWN, "%s: this cannot be known from what is recorded"},
    {ANY_KIND, REASON_WRONG_ROLE, "%n is recorded, but not by %w"},
    {ANY_KIND, REASON_MISSING, "%s is missing"},
    {ANY_KIND, REASON_NONE, "%s is not as required"},
};

static const char *phrase_of(uint8_t kind, uint8_t reason) {
    const size_t count = sizeof phrases / sizeof phrases[0];
    for (size_t i = 0; i < count; i++) {
        if ((phrases[i].kind == kind || phrases[i].kind == ANY_KIND) && phrases[i].reason == reason)
            return phrases[i].text;
    }
    return phrases[count - 1].text;
}

// ---- names -----------------------------------------------------------------------------------------------------------------

struct telling {
    const struct evaluation *e;
    const struct unmet *u;
    const struct node *n;
    struct buffer *out;
};

static void tell_words(struct buffer *out, stepdown_slice name) {
    uint8_t *to = buffer_reserve(out, name.size);
    if (!to)
        return;
    for (size_t i = 0; i < name.size; i++)
        to[i] = name.data[i] == '_' || name.data[i] == '-' ? ' ' : name.data[i];
    out->size += name.size;
}

static void tell_name(struct buffer *out, const char *name) { tell_words(out, slice_text(name)); }

static void tell_element(const struct telling *t, uint32_t element) {
    if (element == NO_ELEMENT) {
        buffer_text(t->out, "the pathway");
        return;
    }
    const struct element *el = &t->e->state->elements[element];
    const struct definitions *d = t->e->defs;
    bool item = el->flags & ELEMENT_IS_ITEM;
    if (item && el->def < d->item_count) {
        tell_name(t->out, d->items[el->def].def.name);
    } else if (!item && el->def < d->form_count) {
        tell_name(t->out, d->forms[el->def].def.name);
    } else if (item) {
        const struct kind_row *row = lifecycle_kind(el->kind);
        tell_name(t->out, row ? row->word : "item");
    } else {
        const struct event_row *row = event_row(el->code);
        tell_name(t->out, row ? row->family : "entry");
    }
}

static const struct {
    uint16_t code;
    const char *noun;
} mark_nouns[] = {
    {EVENT_HUDDLE_DECIDED, "decision"},   {EVENT_MARK_DECIDED, "decision"},
    {EVENT_HUDDLE_JOINED, "attendance"},  {EVENT_HUDDLE_ABSENT, "absence"},
    {EVENT_HUDDLE_PRESENTED, "evidence"}, {EVENT_MARK_ACKNOWLEDGED, "acknowledgement"},
    {EVENT_MARK_RECEIVED, "receipt"},     {EVENT_MARK_ATTESTED, "attestation"},
};

static void tell_mark(struct buffer *out, uint16_t code) {
    for (size_t i = 0; i < sizeof mark_nouns / sizeof mark_nouns[0]; i++) {
        if (mark_nouns[i].code == code) {
            buffer_text(out, mark_nouns[i].noun);
            return;
        }
    }
    const struct event_row *row = event_row(code);
    tell_name(out, row ? row->word : "mark");
}

// "contact", "contact attempted".
static void tell_family(struct buffer *out, uint16_t code) {
    const struct event_row *row = event_row((code & 0xff) ? code : (uint16_t)(code | 1));
    tell_name(out, row ? row->family : "entry");
    if (row && (code & 0xff)) {
        buffer_text(out, " ");
        tell_name(out, row->word);
    }
}

static void tell_selector(const struct telling *t, int32_t selector) {
    if (selector < 0) {
        tell_element(t, t->u->element);
        return;
    }
    const struct definitions *d = t->e->defs;
    const struct selector *s = &d->selectors[selector];
    const struct kind_row *kind = lifecycle_kind(s->kind);
    switch (s->source) {
    case SELECT_OVER:
    case SELECT_ITEM: tell_name(t->out, d->items[s->def].def.name); break;
    case SELECT_KIND: tell_name(t->out, kind ? kind->word : "item"); break;
    case SELECT_OVER_ENTRY:
    case SELECT_FORM: tell_name(t->out, d->forms[s->def].def.name); break;
    case SELECT_FAMILY: tell_family(t->out, s->code); break;
    case SELECT_MARK: tell_mark(t->out, s->code); break;
    case SELECT_FIRED: tell_name(t->out, d->rules[s->def].def.name); break;
    case SELECT_PATHWAY: buffer_text(t->out, "the pathway"); break;
    case SELECT_PARTICIPANT: buffer_text(t->out, "participant"); break;
    case SELECT_TRIGGER: tell_element(t, t->e->trigger_element); break;
    default:
        if (t->e->absent != 0 && t->u->bound == NO_ELEMENT)
            tell_name(t->out, d->items[t->e->absent - 1].def.name);
        else
            tell_element(t, t->u->bound);
    }
}

static const char *const attribute_words[] = {
    [ELEMENT_STATE] = "state",
    [ELEMENT_OWNER] = "owner",
    [ELEMENT_OWNER_ROLE] = "owner role",
    [ELEMENT_OWNER_ORG] = "owner's organization",
    [ELEMENT_ORGANIZATION] = "organization",
    [ELEMENT_WAITING] = "waiting",
    [ELEMENT_GRANTED] = "time of the grant",
    [ELEMENT_DUE] = "due time",
    [ELEMENT_OPENED] = "opening",
    [ELEMENT_FINISHED] = "end",
    [ELEMENT_START] = "start",
    [ELEMENT_END] = "end",
    [ELEMENT_OVERDUE] = "overdue mark",
    [ELEMENT_AUTHOR] = "author",
    [ELEMENT_AUTHOR_ROLE] = "author role",
    [ELEMENT_OCCURRED] = "time",
    [ELEMENT_RECORDED] = "time of recording",
    [ELEMENT_ABOUT] = "subject",
    [ELEMENT_SELF] = "record",
    [ELEMENT_KIND] = "kind",
    [ELEMENT_OUTCOME] = "outcome",
    [ELEMENT_INTERVAL] = "time span",
    [ELEMENT_MEMBER] = "kind",
    [ELEMENT_TEXT] = "text",
    [ELEMENT_REASON] = "reason",
    [ELEMENT_EVIDENCE] = "evidence",
    [ELEMENT_METHOD] = "method",
    [ELEMENT_AMOUNT] = "amount",
    [ELEMENT_LENGTH] = "length",
    [ELEMENT_PERSON] = "person",
    [ELEMENT_SENDER] = "origin",
    [ELEMENT_STEP] = "step",
    [ELEMENT_CADENCE] = "cadence",
    [ELEMENT_NEXT_STEP] = "next-step",
};

// "owner of second visit", "huddle started", "preferred method".
static void tell_term(const struct telling *t, int32_t term, unsigned depth) {
    const struct definitions *d = t->e->defs;
    if (term < 0 || depth > 4) {
        tell_element(t, t->u->element);
        return;
    }
    const struct term *x = &d->terms[term];
    const struct event_row *row = event_row(x->code);
    switch (x->kind) {
    case TERM_FIELD: tell_name(t->out, d->fields[x->field].def.name); break;
    case TERM_ATTRIBUTE:
        buffer_text(t->out, attribute_words[x->attribute]);
        buffer_text(t->out, " of ");
        tell_selector(t, x->selector);
        break;
    case TERM_EVENT:
        tell_selector(t, x->selector);
        if (row) {
            buffer_text(t->out, " ");
            tell_name(t->out, row->word);
        }
        break;
    case TERM_PARAMETER: tell_name(t->out, d->parameters[x->index].def.name); break;
    case TERM_CALENDAR: tell_name(t->out, d->calendars[x->index].def.name); break;
    case TERM_SHIFT:
    case TERM_ELAPSED:
    case TERM_INTERVAL:
    case TERM_TUPLE:
    case TERM_GAP:
    case TERM_GAPS:
    case TERM_WINDOW:
    case TERM_DELTA:
    case TERM_SOONER: tell_term(t, x->a, depth + 1); break;
    case TERM_SPAN:
        if (x->selector >= 0)
            tell_selector(t, x->selector);
        else
            tell_term(t, x->a, depth + 1);
        break;
    case TERM_COUNT:
    case TERM_SUM:
    case TERM_AVERAGE:
    case TERM_EARLIEST:
    case TERM_HIGHEST:
    case TERM_SHARE:
    case TERM_MEDIAN:
    case TERM_P90:
    case TERM_SPREAD:
    case TERM_GROUPED:
    case TERM_LIST: tell_selector(t, x->selector); break;
    default: buffer_text(t->out, "a value"); break;
    }
}

// ---- who -------------------------------------------------------------------------------------------------------------------

static void tell_set(const struct telling *t, const struct role_set *set, const char *between) {
    const struct definitions *d = t->e->defs;
    if (set->person >= 0) {
        const struct term *person = &d->terms[set->person];
        buffer_text(t->out, person->kind == TERM_FIELD ? "the person named in " : "the ");
        tell_term(t, set->person, 0);
    } else if (set->people >= 0) {
        bool each = set->mode == ROLE_EACH;
        if (set->named >= 0) {
            buffer_text(t->out, each ? "every " : "a ");
            tell_name(t->out, d->fields[d->terms[set->named].field].def.name);
            buffer_text(t->out, " of ");
        } else {
            buffer_text(t->out, each ? "every owner of " : "an owner of ");
        }
        tell_selector(t, set->people);
    }
    for (uint16_t i = 0; i < set->count; i++) {
        if (i > 0 || set->person >= 0 || set->people >= 0)
            buffer_text(t->out, i > 0 ? between : " as ");
        tell_name(t->out, d->roles[set->roles[i]].def.name);
    }
}

static bool who_known(const struct unmet *u) { return u->role >= 0 || u->roles >= 0; }

static void tell_who(const struct telling *t) {
    const struct definitions *d = t->e->defs;
    if (t->u->role >= 0) {
        tell_name(t->out, d->roles[t->u->role].def.name);
    } else if (t->u->roles >= 0) {
        const struct role_set *set = &d->role_sets[t->u->roles];
        tell_set(t, set, set->mode == ROLE_EACH ? " and " : " or ");
    } else {
        buffer_text(t->out, "somebody");
    }
}

// ---- the parts of a sentence -------------------------------------------------------------------------------------------------

static void tell_field(const struct telling *t) {
    int32_t field = t->u->field >= 0 ? t->u->field : t->n->index;
    bool is_field =
        t->u->field >= 0 || t->n->kind == NODE_SUSTAINED || t->n->kind == NODE_ACK || t->n->kind == NODE_ATTESTED;
    if (is_field && field >= 0)
        tell_name(t->out, t->e->defs->fields[field].def.name);
    else
        tell_element(t, t->u->element);
}

// What the condition speaks of: a field, the moment or value compared, or what is selected.
static void tell_subject(const struct telling *t) {
    const struct node *n = t->n;
    bool term = n->kind == NODE_FIELD || n->kind == NODE_COMPARE || n->kind == NODE_HAPPENED ||
                n->kind == NODE_SEQUENCE || n->kind == NODE_COVERED;
    if (t->u->field >= 0 || ((n->kind == NODE_ACK || n->kind == NODE_ATTESTED) && n->index >= 0))
        tell_field(t);
    else if (term)
        tell_term(t, n->a, 0);
    else
        tell_selector(t, n->selector);
}

// The form that is not filled in is named, not the item it would be about.
static void tell_place(const struct telling *t) {
    const struct node *n = t->n;
    bool nothing_there = n->kind == NODE_COMPLETE && t->u->reason == REASON_MISSING && n->selector >= 0;
    if (n->kind == NODE_COMPLETE && n->index >= 0)
        tell_name(t->out, t->e->defs->forms[n->index].def.name);
    else if (t->u->element != NO_ELEMENT && !nothing_there)
        tell_element(t, t->u->element);
    else
        tell_selector(t, n->selector);
}

static void tell_states(const struct telling *t) {
    bool more = false;
    for (uint8_t state = 1; state < 64; state++) {
        if (!(t->n->states & STATE_BIT(state)))
            continue;
        buffer_text(t->out, more ? " or " : "");
        tell_name(t->out, lifecycle_state_word(state));
        more = true;
    }
}

static void tell_state_now(const struct telling *t) {
    if (t->u->element == NO_ELEMENT)
        buffer_text(t->out, "not there");
    else
        tell_name(t->out, lifecycle_state_word(t->e->state->elements[t->u->element].state));
}

static void tell_by_index(const struct telling *t) {
    const struct definitions *d = t->e->defs;
    if (t->n->index >= 0)
        tell_name(t->out,
                  t->n->kind == NODE_MEASURED ? d->measures[t->n->index].def.name : d->rules[t->n->index].def.name);
}

static void tell_token(const struct telling *t, char token) {
    switch (token) {
    case 's': tell_subject(t); break;
    case 'n':
        if (t->n->kind == NODE_COVERED)
            tell_term(t, t->n->b, 0);
        else
            tell_selector(t, t->n->selector);
        break;
    case 'e': tell_place(t); break;
    case 'f': tell_field(t); break;
    case 'w': tell_who(t); break;
    case 'b':
        if (who_known(t->u)) {
            buffer_text(t->out, " by ");
            tell_who(t);
        }
        break;
    case 'a': tell_state_now(t); break;
    case 't': tell_states(t); break;
    case 'v':
        if (t->u->seen != 0)
            buffer_format(t->out, " in version %llu", (unsigned long long)t->u->seen);
        break;
    default: tell_by_index(t); break;
    }
}

// Nobody of a set to speak of, or nothing selected at all.
static uint8_t phrase_kind(const struct telling *t) {
    bool nothing = t->n->kind == NODE_ATTENDED && t->u->reason == REASON_MISSING && t->u->role < 0;
    return nothing ? NODE_OWNER : t->n->kind;
}

void rule_explain(const struct evaluation *e, const struct unmet *u, struct buffer *out) {
    const struct telling t = {e, u, &e->defs->nodes[u->node], out};
    for (const char *c = phrase_of(phrase_kind(&t), u->reason); *c;) {
        size_t plain = strcspn(c, "%");
        buffer_append(out, c, plain);
        c += plain;
        if (*c == '%') {
            tell_token(&t, c[1]);
            c += 2;
        }
    }
    if (u->participant != 0) {
        stepdown_slice org = e->state->participants[u->participant - 1].org;
        buffer_format(out, " for %.*s", (int)org.size, (const char *)org.data);
    }
}

// The role that owns the item, or what the entry is about.
static void tell_owner_role(const struct telling *t) {
    const struct state *s = t->e->state;
    for (uint32_t i = t->u->element; i != NO_ELEMENT; i = s->elements[i].about) {
        const struct element *el = &s->elements[i];
        if (!(el->flags & ELEMENT_IS_ITEM) || el->owner_role.size == 0)
            continue;
        tell_words(t->out, el->owner_role);
        return;
    }
}

void rule_clearers(const struct evaluation *e, const struct unmet *u, int32_t need, struct buffer *out) {
    const struct telling t = {e, u, &e->defs->nodes[u->node], out};
    int32_t roles = u->roles >= 0 || need < 0 ? u->roles : e->defs->needs[need].clearers;
    if (u->role >= 0)
        tell_who(&t);
    else if (roles >= 0)
        tell_set(&t, &e->defs->role_sets[roles], ", ");
    else
        tell_owner_role(&t);
}
