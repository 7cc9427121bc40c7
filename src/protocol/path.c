// SPDX-License-Identifier: Apache-2.0
// Nouns and paths: what "second_visit.start", "latest contact.method" or "this" mean where they stand.
// May call: compiler ground, literals, lifecycle.
#include "protocol/compiler.h"

#include <string.h>

// ---- terms and selectors -----------------------------------------------------------------------------------------------

struct term term_empty(const struct yaml *at) {
    return (struct term){
        .selector = NONE, .field = NONE, .index = NONE, .a = NONE, .b = NONE, .node = NONE, .line = at ? at->line : 0};
}

int32_t term_add(struct compiler *c, const struct term *term) { return compiler_push(c, TABLE_TERMS, term); }

int32_t term_literal(struct compiler *c, const struct yaml *at, const struct value *value) {
    struct term term = term_empty(at);
    term.kind = TERM_LITERAL;
    term.value = *value;
    return term_add(c, &term);
}

int32_t term_number(struct compiler *c, const struct yaml *at, int64_t number) {
    struct value value = {.type = VALUE_QUANTITY, .number = number, .text = slice_text("")};
    return term_literal(c, at, &value);
}

struct selector selector_empty(const struct yaml *at) {
    return (struct selector){.def = NONE,
                             .of = NONE,
                             .by = NONE,
                             .where = NONE,
                             .since = NONE,
                             .until = NONE,
                             .during = NONE,
                             .line = at ? at->line : 0};
}

struct selector selector_this(const struct yaml *at) {
    struct selector selector = selector_empty(at);
    selector.source = SELECT_THIS;
    return selector;
}

int32_t selector_add(struct compiler *c, const struct selector *selector) {
    return compiler_push(c, TABLE_SELECTORS, selector);
}

int32_t attribute_term(struct compiler *c, const struct yaml *at, const struct selector *of, uint8_t attribute) {
    struct term term = term_empty(at);
    term.kind = TERM_ATTRIBUTE;
    term.attribute = attribute;
    term.selector = selector_add(c, of);
    return term_add(c, &term);
}

// ---- nouns -------------------------------------------------------------------------------------------------------------

static const struct {
    const char *word;
    uint16_t on_huddle, on_other; // event of the mark
} marks[] = {
    {"decision", EVENT_HUDDLE_DECIDED, EVENT_MARK_DECIDED},
    {"attendance", EVENT_HUDDLE_JOINED, 0},
    {"absence", EVENT_HUDDLE_ABSENT, 0},
    {"evidence", EVENT_HUDDLE_PRESENTED, 0},
    {"acknowledgement", EVENT_MARK_ACKNOWLEDGED, EVENT_MARK_ACKNOWLEDGED},
    {"attestation", EVENT_MARK_ATTESTED, EVENT_MARK_ATTESTED},
    {"receipt", EVENT_MARK_RECEIVED, EVENT_MARK_RECEIVED},
    {"delivery", EVENT_SUPPORT_DELIVERED, EVENT_SUPPORT_DELIVERED},
    {"holder", EVENT_RESPONSIBILITY_ASSUMED, EVENT_RESPONSIBILITY_ASSUMED},
    {"offer", EVENT_RESPONSIBILITY_OFFERED, EVENT_RESPONSIBILITY_OFFERED},
    {"reduction", EVENT_TAPER_REDUCED, EVENT_TAPER_REDUCED},
    {"restoration", EVENT_TAPER_RESTORED, EVENT_TAPER_RESTORED},
};

static int mark_find(stepdown_slice word) {
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (slice_is(word, marks[i].word))
            return (int)i;
    }
    return -1;
}

// Families whose members people record: nouns of their own.
static uint8_t fact_family(stepdown_slice word) {
    uint8_t family = event_family_find(word);
    const struct event_row *row = event_row(EVENT_CODE(family, 1));
    return row && row->class == EVENT_CLASS_ENTRY && family != FAMILY_FORM ? family : 0;
}

static bool take_ordinal(stepdown_slice *text, const char *word) {
    size_t size = strlen(word);
    if (text->size <= size + 1 || memcmp(text->data, word, size) != 0 || text->data[size] != ' ')
        return false;
    *text = slice_of(text->data + size + 1, text->size - size - 1);
    return true;
}

// "latest contact" → contact and how to pick. Without an ordinal the pick is decided by the noun.
static bool read_ordinal(stepdown_slice *text, uint8_t *pick) {
    *pick = take_ordinal(text, "next")                                      ? PICK_NEXT
            : take_ordinal(text, "latest")                                  ? PICK_LATEST
            : take_ordinal(text, "first") || take_ordinal(text, "earliest") ? PICK_EARLIEST
                                                                            : PICK_ALL;
    return *pick != PICK_ALL;
}

bool slice_split(stepdown_slice text, char at, stepdown_slice *left, stepdown_slice *right) {
    const uint8_t *found = text.size > 0 ? memchr(text.data, at, text.size) : NULL;
    size_t size = found ? (size_t)(found - text.data) : text.size;
    *left = slice_of(text.data, size);
    *right = found ? slice_of(found + 1, text.size - size - 1) : slice_of(NULL, 0);
    return found != NULL;
}

static struct thing item_thing(const struct compiler *c, int32_t item) {
    return (struct thing){.sort = THING_ITEM, .kind = c->d->items[item].kind, .def = item};
}

// Does an element of `what` hang on an element of `on`, as far as the definitions say?
static bool hangs_on(const struct compiler *c, const struct thing *what, const struct thing *on) {
    if (on->sort != THING_ITEM)
        return false;
    if (what->sort == THING_ITEM)
        return c->d->items[what->def].about == on->def;
    if (what->sort != THING_FORM)
        return false;
    const struct form_def *form = &c->d->forms[what->def];
    for (uint16_t i = 0; i < form->about_count; i++) {
        if (form->about[i] == on->def)
            return true;
    }
    return false;
}

// Is `what` an item, or the form of an entry, on which `below` hangs, by however many steps?
static bool stands_over(const struct compiler *c, const struct thing *what, const struct thing *below) {
    int32_t item = below->sort == THING_ITEM ? below->def : NONE;
    for (size_t steps = 0; item >= 0 && steps <= c->d->item_count; steps++) {
        const struct item_def *def = &c->d->items[item];
        if (what->sort == THING_FORM && def->each_source == SELECT_FORM && def->each == what->def)
            return true;
        item = def->about;
        if (what->sort == THING_ITEM && item == what->def)
            return true;
    }
    return false;
}

// The bound thing itself, or all there are of it.
static bool same_thing(const struct thing *a, const struct thing *b) {
    return a->sort == b->sort && a->def == b->def && a->kind == b->kind && a->code == b->code;
}

// Finish a noun: the bound element when it is that, and otherwise which of several is meant.
static void bind_noun(struct compiler *c, const struct yaml *at, bool set, bool many, struct path *out) {
    out->is_selector = true;
    if (set)
        return;
    if (same_thing(&out->thing, &c->bound) && out->selector.pick == PICK_ALL && !c->in_where) {
        out->selector = selector_this(at);
        return;
    }
    bool one_of_several = many || out->thing.sort == THING_FORM; // entries that items were opened for
    if (stands_over(c, &out->thing, &c->bound) && one_of_several && out->selector.pick == PICK_ALL && !c->in_where) {
        out->selector.source = out->thing.sort == THING_FORM ? SELECT_OVER_ENTRY : SELECT_OVER;
        return;
    }
    if (hangs_on(c, &out->thing, &c->bound) && !c->in_where) {
        struct selector bound = selector_this(at);
        out->selector.of = selector_add(c, &bound);
    }
    if (out->selector.pick == PICK_ALL && !many)
        out->selector.pick = PICK_LATEST;
}

static bool item_noun(struct compiler *c, const struct yaml *at, stepdown_slice word, bool set, struct path *out) {
    int32_t item = compiler_find(c, TABLE_ITEMS, word);
    if (item < 0)
        return false;
    out->selector.source = SELECT_ITEM;
    out->selector.def = item;
    out->selector.kind = c->d->items[item].kind;
    out->thing = item_thing(c, item);
    bind_noun(c, at, set, c->d->items[item].many, out);
    return true;
}

static bool entry_noun(struct compiler *c, const struct yaml *at, stepdown_slice word, bool set, struct path *out) {
    uint8_t family = fact_family(word);
    if (family != 0) {
        out->selector.source = SELECT_FAMILY;
        out->selector.code = EVENT_CODE(family, 0);
        out->thing = (struct thing){.sort = THING_FAMILY, .code = EVENT_CODE(family, 0), .def = NONE};
        bind_noun(c, at, set, true, out);
        return true;
    }
    int32_t form = compiler_find(c, TABLE_FORMS, word);
    if (form < 0)
        return false;
    const char *to = c->d->forms[form].report_to;
    if (to && strcmp(to, c->subject) != 0)
        complain(c, at, "path", "the report \"%.*s\" goes to a %s; nothing of it is here", (int)word.size,
                 (const char *)word.data, to);
    out->selector.source = SELECT_FORM;
    out->selector.def = form;
    out->thing = (struct thing){.sort = THING_FORM, .def = form};
    bind_noun(c, at, set, c->d->forms[form].many, out);
    return true;
}

static bool other_noun(struct compiler *c, const struct yaml *at, stepdown_slice word, bool set, struct path *out) {
    uint8_t kind = lifecycle_kind_find(word);
    int mark = mark_find(word);
    int32_t rule = compiler_find(c, TABLE_RULES, word);
    if (slice_is(word, "participant")) {
        out->selector.source = SELECT_PARTICIPANT;
        out->thing = (struct thing){.sort = THING_PARTICIPANT, .def = NONE};
    } else if (kind != KIND_NONE || slice_is(word, "item")) {
        out->selector.source = SELECT_KIND;
        out->selector.kind = kind;
        out->thing = (struct thing){.sort = THING_KIND, .kind = kind, .def = NONE};
    } else if (mark >= 0) {
        out->selector.source = SELECT_MARK;
        out->selector.code = marks[mark].on_huddle;
        out->thing = (struct thing){.sort = THING_MARK, .code = marks[mark].on_huddle, .def = NONE};
    } else if (rule >= 0) {
        out->selector.source = SELECT_FIRED;
        out->selector.def = rule;
        out->thing = (struct thing){.sort = THING_FIRED, .def = rule};
    } else {
        return false;
    }
    bind_noun(c, at, set, true, out);
    return true;
}

// this, trigger, pathway.
static bool bound_noun(struct compiler *c, const struct yaml *at, stepdown_slice word, struct path *out) {
    bool is_this = slice_is(word, "this"), is_trigger = slice_is(word, "trigger");
    if (!is_this && !is_trigger && !slice_is(word, "pathway"))
        return false;
    out->is_selector = true;
    out->selector.source = is_this ? SELECT_THIS : is_trigger ? SELECT_TRIGGER : SELECT_PATHWAY;
    out->thing = is_this ? c->bound : is_trigger ? c->trigger : (struct thing){.sort = THING_PATHWAY, .def = NONE};
    if (out->thing.sort == THING_NONE)
        complain(c, at, "path",
                 is_this ? "nothing is bound here that \"this\" could mean"
                         : "\"trigger\" means the one thing whose event fires a rule; there is none here");
    return true;
}

bool parameter_find(const struct compiler *c, stepdown_slice text, int32_t *index, bool *part) {
    stepdown_slice name, rest;
    bool dotted = slice_split(text, '.', &name, &rest);
    *index = compiler_find(c, TABLE_PARAMETERS, name);
    if (*index < 0)
        return false;
    const struct parameter_def *parameter = &c->d->parameters[*index];
    *part = dotted;
    return !dotted || (parameter->part_name && slice_is(rest, parameter->part_name));
}

bool path_known(const struct compiler *c, stepdown_slice text) {
    stepdown_slice noun, rest;
    uint8_t pick;
    int32_t index;
    bool part, dotted;
    if (slice_is(text, "now") || parameter_find(c, text, &index, &part))
        return true;
    bool ordinal = read_ordinal(&text, &pick);
    dotted = slice_split(text, '.', &noun, &rest);
    if (slice_is(noun, "this") || slice_is(noun, "trigger") || slice_is(noun, "pathway"))
        return dotted;
    bool names = compiler_find(c, TABLE_ITEMS, noun) >= 0 || compiler_find(c, TABLE_FORMS, noun) >= 0 ||
                 fact_family(noun) != 0 || lifecycle_kind_find(noun) != KIND_NONE || mark_find(noun) >= 0;
    return names && (dotted || ordinal);
}

static void no_such_noun(struct compiler *c, const struct yaml *at, stepdown_slice word) {
    static const enum table tables[] = {TABLE_ITEMS, TABLE_FORMS, TABLE_PARAMETERS, TABLE_RULES};
    struct guess g;
    guess_start(&g, word);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        compiler_offer(c, tables[i], &g);
    guess_words(&g, "this trigger pathway now contact observation document consent decision attendance evidence item "
                    "participant");
    complain(c, at, "name", "\"%.*s\" names no item, form, parameter, fact or kind%s", (int)word.size,
             (const char *)word.data, guess_text(&g));
}

static bool noun_read(struct compiler *c, const struct yaml *at, stepdown_slice text, bool set, struct path *out) {
    *out = (struct path){.term = NONE, .selector = selector_empty(at), .thing = {.def = NONE}};
    stepdown_slice word = text;
    (void)read_ordinal(&word, &out->selector.pick);
    if (word.size == 0) {
        complain(c, at, "path", "a path begins with a noun");
        return false;
    }
    if (bound_noun(c, at, word, out))
        return out->thing.sort != THING_NONE;
    if (item_noun(c, at, word, set, out) || entry_noun(c, at, word, set, out) || other_noun(c, at, word, set, out))
        return true;
    no_such_noun(c, at, word);
    return false;
}

// ---- parts -------------------------------------------------------------------------------------------------------------

static const struct {
    const char *word;
    uint8_t attribute;
    bool item, entry, mark;
    bool report; // of what another pathway told: where it came from
} attributes[] = {
    {"person", ELEMENT_PERSON, false, false, false, true},
    {"member", ELEMENT_SENDER, false, false, false, true},
    {"state", ELEMENT_STATE, true, false, false, false},
    {"owner", ELEMENT_OWNER, true, false, false, false},
    {"owner-role", ELEMENT_OWNER_ROLE, true, false, false, false},
    {"owner-organization", ELEMENT_OWNER_ORG, true, false, false, false},
    {"due", ELEMENT_DUE, true, false, false, false},
    {"opened", ELEMENT_OPENED, true, false, false, false},
    {"finished", ELEMENT_FINISHED, true, false, false, false},
    {"start", ELEMENT_START, true, true, true, false},
    {"end", ELEMENT_END, true, true, true, false},
    {"overdue", ELEMENT_OVERDUE, true, false, false, false},
    {"outcome", ELEMENT_OUTCOME, true, false, false, false},
    {"interval", ELEMENT_INTERVAL, true, true, true, false},
    {"amount", ELEMENT_AMOUNT, true, true, true, false},
    {"length", ELEMENT_LENGTH, true, true, true, false},
    {"kind", ELEMENT_KIND, true, false, false, false},
    {"about", ELEMENT_ABOUT, true, true, true, false},
    {"self", ELEMENT_SELF, true, true, false, false},
    {"author", ELEMENT_AUTHOR, true, true, true, false},
    {"author-role", ELEMENT_AUTHOR_ROLE, true, true, true, false},
    {"occurred", ELEMENT_OCCURRED, true, true, true, false},
    {"recorded", ELEMENT_RECORDED, true, true, true, false},
    {"member", ELEMENT_MEMBER, false, true, false, false},
    {"text", ELEMENT_TEXT, false, false, true, false},
    {"reason", ELEMENT_REASON, false, false, true, false},
    {"evidence", ELEMENT_EVIDENCE, false, false, true, false},
    {"method", ELEMENT_METHOD, false, false, true, false},
    {"step", ELEMENT_STEP, true, false, false, false},
    {"cadence", ELEMENT_CADENCE, true, false, false, false},
    {"next-step", ELEMENT_NEXT_STEP, true, false, false, false},
    {"waiting", ELEMENT_WAITING, false, true, false, false},
    {"granted", ELEMENT_GRANTED, false, true, false, false},
    {"organization", ELEMENT_ORGANIZATION, false, true, true, false},
};

static bool is_item(const struct thing *t) { return t->sort == THING_ITEM || t->sort == THING_KIND; }
static bool is_entry(const struct thing *t) { return t->sort == THING_FORM || t->sort == THING_FAMILY; }

static bool is_report(const struct compiler *c, const struct thing *t) {
    return (t->sort == THING_FORM && c->d->forms[t->def].report_to) ||
           (t->sort == THING_FAMILY && EVENT_FAMILY(t->code) == FAMILY_REPORT);
}

static bool attribute_find(const struct compiler *c, const struct thing *thing, stepdown_slice word,
                           uint8_t *attribute) {
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        bool taper = attributes[i].attribute >= ELEMENT_STEP && attributes[i].attribute <= ELEMENT_NEXT_STEP;
        if (taper && thing->kind != KIND_TAPER)
            continue;
        bool fits = (is_item(thing) && attributes[i].item) || (is_entry(thing) && attributes[i].entry) ||
                    ((thing->sort == THING_MARK || thing->sort == THING_FIRED) && attributes[i].mark) ||
                    (is_report(c, thing) && attributes[i].report) ||
                    (thing->sort == THING_PARTICIPANT &&
                     (attributes[i].attribute == ELEMENT_ORGANIZATION || attributes[i].attribute == ELEMENT_KIND));
        if (fits && slice_is(word, attributes[i].word)) {
            *attribute = attributes[i].attribute;
            return true;
        }
    }
    return false;
}

static uint16_t event_of(const struct thing *thing, stepdown_slice word) {
    if (is_item(thing))
        return lifecycle_word_event(thing->kind, word);
    if (thing->sort == THING_PATHWAY)
        return event_find(FAMILY_PATHWAY, word);
    if (thing->sort == THING_FORM)
        return event_find(FAMILY_FORM, word);
    return 0;
}

// Is the form about things of this sort?
static bool form_fits(const struct compiler *c, const struct form_def *form, int32_t index, const struct thing *thing) {
    switch (thing->sort) {
    case THING_FORM: return thing->def == index;
    case THING_FAMILY: return form->family == EVENT_FAMILY(thing->code);
    case THING_PATHWAY: return form->about_count == 0 && form->family == FAMILY_FORM;
    default: break;
    }
    for (uint16_t i = 0; i < form->about_count; i++) {
        const struct item_def *item = &c->d->items[form->about[i]];
        if (thing->sort == THING_ITEM
                ? form->about[i] == thing->def
                : thing->sort == THING_KIND && (thing->kind == KIND_NONE || item->kind == thing->kind))
            return true;
    }
    return false;
}

int32_t path_field(struct compiler *c, const struct path *of, stepdown_slice name) {
    int32_t found = NONE;
    for (size_t i = 0; i < c->d->form_count; i++) {
        const struct form_def *form = &c->d->forms[i];
        if (!compiler_sees(c, form->def.source) || !form_fits(c, form, (int32_t)i, &of->thing))
            continue;
        int32_t field = definitions_field(c->d, (int32_t)i, name);
        if (field >= 0 && found >= 0)
            return -2;
        if (field >= 0)
            found = field;
    }
    return found;
}

static void no_such_part(struct compiler *c, const struct yaml *at, const struct path *from, stepdown_slice part) {
    struct guess g;
    guess_start(&g, part);
    for (size_t i = 0; i < c->d->form_count; i++) {
        const struct form_def *form = &c->d->forms[i];
        for (uint32_t f = 0; form_fits(c, form, (int32_t)i, &from->thing) && f < form->field_count; f++)
            guess_offer(&g, c->d->fields[form->field_first + f].def.name);
    }
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        guess_offer(&g, attributes[i].word);
    for (int i = 1; i < 16; i++) {
        const struct kind_row *kind = lifecycle_kind(from->thing.kind);
        const struct event_row *row = event_row(EVENT_CODE(kind ? kind->family : FAMILY_ITEM, i));
        if (row && is_item(&from->thing))
            guess_offer(&g, row->word);
    }
    complain(c, at, "path", "\"%.*s\" is no field, event or attribute of what stands before it in \"%s\"%s",
             (int)part.size, (const char *)part.data, at->text ? at->text : "", guess_text(&g));
}

// One of possibly many has to be chosen before it has one value.
static bool one_of_them(struct compiler *c, const struct yaml *at, struct selector *selector) {
    bool many = selector->source == SELECT_KIND || selector->source == SELECT_MARK ||
                selector->source == SELECT_PARTICIPANT ||
                (selector->source == SELECT_ITEM && c->d->items[selector->def].many);
    if (selector->pick == PICK_ALL && many && selector->of < 0) {
        complain(c, at, "path",
                 "there may be several of these; say which: \"latest …\", \"next …\", \"first …\" or a "
                 "condition with each");
        return false;
    }
    if (selector->pick == PICK_ALL && selector->source != SELECT_THIS && selector->source != SELECT_TRIGGER &&
        selector->source != SELECT_PATHWAY && selector->source != SELECT_OVER && selector->source != SELECT_OVER_ENTRY)
        selector->pick = PICK_LATEST;
    return true;
}

static bool part_value(struct compiler *c, const struct yaml *at, const struct path *from, struct term term,
                       struct path *out) {
    struct selector selector = from->selector;
    if (term.kind == TERM_EVENT) {
        term.first = selector.pick == PICK_EARLIEST;
        if (selector.pick == PICK_EARLIEST || selector.pick == PICK_LATEST)
            selector.pick = selector.source == SELECT_ITEM && !c->d->items[selector.def].many ? PICK_LATEST : PICK_ALL;
    } else if (!one_of_them(c, at, &selector)) {
        return false;
    }
    term.selector = selector_add(c, &selector);
    *out = (struct path){.term = term_add(c, &term)};
    return out->term >= 0;
}

// A member of a fact family ("contact.reached"), that of a form of facts ("safety_plan.announced"), or the form about an item ("barrier.drift_item").
static bool part_selector(struct compiler *c, const struct path *from, stepdown_slice part, struct path *out) {
    if (from->thing.sort == THING_FAMILY && (from->thing.code & 0xff) == 0) {
        uint16_t code = event_find((uint8_t)EVENT_FAMILY(from->thing.code), part);
        if (code == 0)
            return false;
        *out = *from;
        out->selector.code = out->thing.code = code;
        return true;
    }
    if (from->thing.sort == THING_FORM && from->thing.code == 0) {
        uint8_t family = c->d->forms[from->thing.def].family;
        uint16_t code = family != FAMILY_FORM ? event_find(family, part) : 0;
        if (code == 0 || definitions_field(c->d, from->thing.def, part) >= 0)
            return false;
        *out = *from;
        out->selector.code = out->thing.code = code;
        return true;
    }
    int32_t form =
        is_item(&from->thing) || from->thing.sort == THING_PATHWAY ? compiler_find(c, TABLE_FORMS, part) : NONE;
    if (form < 0 || !form_fits(c, &c->d->forms[form], form, &from->thing))
        return false;
    *out = (struct path){.is_selector = true, .selector = from->selector, .thing = {.sort = THING_FORM, .def = form}};
    out->selector = selector_empty(NULL);
    out->selector.source = SELECT_FORM;
    out->selector.def = form;
    out->selector.line = from->selector.line;
    if (from->thing.sort != THING_PATHWAY)
        out->selector.of = selector_add(c, &from->selector);
    out->selector.pick = c->d->forms[form].many ? PICK_ALL : PICK_LATEST;
    return true;
}

bool path_part(struct compiler *c, const struct yaml *at, const struct path *from, stepdown_slice part,
               struct path *out) {
    struct term term = term_empty(at);
    if (part_selector(c, from, part, out))
        return true;
    bool own = is_entry(&from->thing) && path_field(c, from, part) >= 0; // a field of that name goes first
    if (!own && attribute_find(c, &from->thing, part, &term.attribute)) {
        term.kind = TERM_ATTRIBUTE;
        if ((term.attribute == ELEMENT_PERSON || term.attribute == ELEMENT_SENDER) && !c->in_key)
            complain(
                c, at, "path",
                "who it came from is for telling apart only: same and distinct may name it, nothing that is shown");
        return part_value(c, at, from, term, out);
    }
    term.code = event_of(&from->thing, part);
    if (term.code != 0) {
        term.kind = TERM_EVENT;
        return part_value(c, at, from, term, out);
    }
    term.field = path_field(c, from, part);
    if (term.field >= 0) {
        term.kind = TERM_FIELD;
        return part_value(c, at, from, term, out);
    }
    if (term.field == -2)
        complain(c, at, "path", "\"%.*s\" stands in two forms; say which: item.form.field", (int)part.size,
                 (const char *)part.data);
    else
        no_such_part(c, at, from, part);
    return false;
}

static int32_t parameter_term(struct compiler *c, const struct yaml *at, int32_t index, bool part) {
    struct term term = term_empty(at);
    if (part)
        return term_literal(c, at, &c->d->parameters[index].part);
    term.kind = TERM_PARAMETER;
    term.index = index;
    return term_add(c, &term);
}

bool path_read(struct compiler *c, const struct yaml *at, stepdown_slice text, bool set, struct path *out) {
    int32_t parameter;
    bool part;
    *out = (struct path){.term = NONE};
    if (slice_is(text, "now")) {
        struct term term = term_empty(at);
        term.kind = TERM_NOW;
        out->term = term_add(c, &term);
        return out->term >= 0;
    }
    if (parameter_find(c, text, &parameter, &part)) {
        out->term = parameter_term(c, at, parameter, part);
        return out->term >= 0;
    }
    stepdown_slice word, rest, name = text;
    uint8_t pick;
    bool more = slice_split(text, '.', &word, &rest), ordinal = read_ordinal(&name, &pick);
    if (!noun_read(c, at, word, set && !more, out))
        return false;
    while (more) {
        struct path from = *out;
        more = slice_split(rest, '.', &word, &rest);
        if (!from.is_selector) {
            complain(c, at, "path", "nothing can follow a value in \"%.*s\"", (int)text.size, (const char *)text.data);
            return false;
        }
        if (!path_part(c, at, &from, word, out))
            return false;
    }
    if (set && out->is_selector && out->thing.sort == THING_FORM && out->thing.code != 0 && !ordinal)
        out->selector.pick = PICK_ALL;
    return true;
}

bool path_selector(struct compiler *c, const struct yaml *at, stepdown_slice text, bool set, struct path *out) {
    if (!path_read(c, at, text, set, out))
        return false;
    if (!out->is_selector)
        complain(c, at, "path", "\"%.*s\" is a value; an item, form or fact is meant here", (int)text.size,
                 (const char *)text.data);
    return out->is_selector;
}

int32_t path_term(struct compiler *c, const struct yaml *at, stepdown_slice text) {
    struct path path;
    if (!path_read(c, at, text, false, &path))
        return NONE;
    if (!path.is_selector)
        return path.term;
    return attribute_term(c, at, &path.selector, ELEMENT_SELF);
}
