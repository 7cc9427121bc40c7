// SPDX-License-Identifier: Apache-2.0
// Forms and their fields: types, choices, who enters them, what a form is about. A field without a type is the one of
// that name in a dictionary. May call: roles, paths, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_DEFAULT = 4096, TEXT_LARGEST = 16384 };

static const struct {
    const char *word;
    uint8_t type;
    bool record; // may stand in the record itself
} types[] = {
    {"text", VALUE_TEXT, false},         {"script", VALUE_TEXT, false},      {"choice", VALUE_CHOICE, true},
    {"yes-no", VALUE_BOOLEAN, true},     {"number", VALUE_QUANTITY, true},   {"quantity", VALUE_QUANTITY, true},
    {"date", VALUE_DATE, true},          {"moment", VALUE_TIME, true},       {"time", VALUE_TIME, true},
    {"duration", VALUE_DURATION, true},  {"interval", VALUE_INTERVAL, true}, {"person", VALUE_PERSON, false},
    {"role", VALUE_ROLE, true},          {"link", VALUE_REFERENCE, true},    {"statement", VALUE_STATEMENT, false},
    {"decision", VALUE_DECISION, false}, {"list", VALUE_LIST, true},
};
static const char field_keys[] = "row says by by_any by_each type of unit as why note optional needed_for kept suggest "
                                 "to at_most label";

// The dictionary's entry for a field that a form only names.
static struct yaml *shared_field(const struct compiler *c, const struct yaml *key) {
    for (size_t i = 0; i < c->d->source_count; i++) {
        struct yaml *found = yaml_get(yaml_get(c->units[i].root, "fields"), key->text);
        if (found && found->kind == YAML_MAP && compiler_sees(c, (uint16_t)i))
            return found;
    }
    return NULL;
}

static void no_such_field(struct compiler *c, const struct yaml *key) {
    struct guess g;
    guess_start(&g, yaml_slice(key));
    for (size_t i = 0; i < c->d->source_count; i++) {
        const struct yaml *fields = yaml_get(c->units[i].root, "fields");
        for (uint32_t f = 0; fields && fields->kind == YAML_MAP && f < fields->count; f++)
            guess_offer(&g, fields->pairs[f].key->text);
    }
    complain(c, key, "name", "field \"%s\" has no type and no dictionary defines it%s", key->text, guess_text(&g));
}

// A key of the form's line, or else of the dictionary's entry.
static struct yaml *either(const struct yaml *own, const struct yaml *shared, const char *key) {
    struct yaml *found = yaml_get(own, key);
    return found ? found : yaml_get(shared, key);
}

static int32_t choice_list(struct compiler *c, const struct yaml *key, struct yaml *of) {
    if (of->kind == YAML_SCALAR)
        return compiler_name(c, TABLE_LISTS, of, yaml_slice(of), "of");
    struct yaml **words;
    struct list_def list = {.def = compiler_def(c, key, NULL)};
    list.def.name = ""; // has no name of its own
    size_t count = compiler_words(c, of, "a choice", &words);
    const char **kept = compiler_keep(c, count * sizeof(const char *));
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = compiler_text(c, yaml_slice(words[i]));
    list.words = kept;
    list.count = kept ? count : 0;
    return compiler_push(c, TABLE_LISTS, &list);
}

// "of: duration": several values of a type that can stand in the record by itself.
static bool list_of_type(const struct yaml *of, struct field_def *field, bool *record) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool plain = types[i].type == VALUE_DURATION || types[i].type == VALUE_DATE || types[i].type == VALUE_TIME ||
                     types[i].type == VALUE_QUANTITY || types[i].type == VALUE_PERSON;
        if (!plain || !yaml_is(of, types[i].word))
            continue;
        field->type = types[i].type;
        *record = types[i].record;
        return true;
    }
    return false;
}

static void set_type(struct compiler *c, struct field_def *field, const struct yaml *key, const struct yaml *type,
                     struct yaml *of, bool *record) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!yaml_is(type, types[i].word))
            continue;
        field->type = types[i].type;
        *record = types[i].record;
    }
    if (field->type == VALUE_NONE) {
        complain(c, type, "type",
                 "there is no type \"%s\"; types: text script choice yes-no number quantity date moment "
                 "duration interval person role link statement decision list",
                 type->text);
        return;
    }
    if (field->type == VALUE_LIST) { // several of what `of` says: text, links, people, or words of a list
        field->many = true;
        if (list_of_type(of, field, record))
            return;
        field->type = !of || yaml_is(of, "text") ? VALUE_TEXT
                      : yaml_is(of, "link")      ? VALUE_REFERENCE
                      : yaml_is(of, "person")    ? VALUE_PERSON
                                                 : VALUE_CHOICE;
        *record = field->type == VALUE_CHOICE || field->type == VALUE_REFERENCE;
    }
    if (field->type == VALUE_CHOICE && !of)
        complain(c, key, "key", "a choice says between what: of");
    else if (field->type == VALUE_CHOICE)
        field->list = choice_list(c, key, of);
}

static void set_options(struct compiler *c, struct field_def *field, const struct yaml *own,
                        const struct yaml *shared) {
    const struct yaml *as = either(own, shared, "as"), *why = either(own, shared, "why");
    const struct yaml *note = either(own, shared, "note"), *unit = either(own, shared, "unit");
    const struct yaml *needed = either(own, shared, "needed_for"), *label = either(own, shared, "label");
    const struct yaml *optional = yaml_get(own, "optional") ? own : shared;
    field->fact = yaml_is(as, "fact");
    field->interpretation = yaml_is(as, "interpretation");
    if (as && !field->fact && !field->interpretation)
        complain(c, as, "type", "as is fact or interpretation");
    field->reason_required = yaml_is(why, "required");
    if (why && !field->reason_required)
        complain(c, why, "type", "why: required, or nothing");
    field->note = yaml_is(note, "text");
    if (note && !field->note)
        complain(c, note, "type", "note: text, or nothing");
    field->optional = optional ? compiler_flag(c, optional, "optional") : false;
    if (unit && compiler_is_text(c, unit, "unit"))
        field->unit = compiler_text(c, yaml_slice(unit));
    field->needed_for = needed && compiler_is_text(c, needed, "needed_for") ? compiler_text(c, yaml_slice(needed)) : "";
    if (label && compiler_is_text(c, label, "label"))
        field->label = compiler_text(c, yaml_slice(label));
    const struct yaml *to = either(own, shared, "to");
    if (to && compiler_is_text(c, to, "to") && lifecycle_kind_find(yaml_slice(to)) == KIND_NONE &&
        event_family_find(yaml_slice(to)) == 0)
        field->to = compiler_name(c, TABLE_ITEMS, to, yaml_slice(to), "to");
}

// "600 characters"
static void set_size(struct compiler *c, struct field_def *field, const struct yaml *at) {
    struct shape shape = {.type = VALUE_QUANTITY, .list = NONE, .unit = "characters"};
    struct value value;
    field->text_max = TEXT_DEFAULT;
    if (!at || !compiler_is_text(c, at, "at_most"))
        return;
    if (literal_read(c, yaml_slice(at), &shape, &value) && value.scale == 0 && value.number > 0 &&
        value.number <= TEXT_LARGEST)
        field->text_max = (size_t)value.number;
    else
        complain(c, at, "type", "at_most is \"1 characters\" to \"%d characters\"", TEXT_LARGEST);
}

// What one pathway tells another is coded: no words of anybody's own, nobody's name, and nothing that leads back.
static void coded_only(struct compiler *c, struct field_def *field, const struct yaml *type) {
    static const uint8_t coded[] = {VALUE_CHOICE, VALUE_BOOLEAN,  VALUE_QUANTITY, VALUE_DATE,
                                    VALUE_TIME,   VALUE_DURATION, VALUE_INTERVAL};
    bool known = field->type == VALUE_NONE; // complained of already
    for (size_t i = 0; i < sizeof coded; i++)
        known |= field->type == coded[i];
    if (!known)
        complain(c, type, "type",
                 "a report says nothing but coded values: choice yes-no number quantity date moment duration interval, "
                 "or a list of a choice");
    field->note = field->reason_required = false;
}

static void compile_field(struct compiler *c, int32_t form, struct yaml *key, struct yaml *own) {
    struct field_def field = {.list = NONE, .form = form, .by = NONE, .indicator = NONE, .to = NONE, .suggest = NONE};
    bool record = false;
    if (!compiler_keys(c, own, "a field", field_keys))
        return;
    struct yaml *shared = shared_field(c, key);
    const struct yaml *type = compiler_word(c, own, "type");
    if (shared && type)
        complain(c, type, "V7", "\"%s\" is defined in a dictionary already; a field is defined once", key->text);
    if (shared)
        type = compiler_word(c, shared, "type");
    if (shared)
        (void)compiler_keys(c, shared, "a field", field_keys);
    field.def = compiler_def(c, key, own);
    if (shared && field.def.says[0] == 0)
        field.def.says = compiler_kept_word(c, shared, "says");
    if (!type) {
        no_such_field(c, key);
        return;
    }
    set_type(c, &field, key, type, either(own, shared, "of"), &record);
    set_options(c, &field, own, shared);
    set_size(c, &field, either(own, shared, "at_most"));
    const struct yaml *kept = either(own, shared, "kept");
    field.in_record = yaml_is(kept, "in-record");
    if (kept && (!field.in_record || !record))
        complain(c, kept, "type",
                 field.in_record ? "only choices, numbers, dates, moments, durations, roles and links are "
                                   "kept in the record; anything else is withheld and erased by itself"
                                 : "kept: in-record, or nothing");
    if (c->d->forms[form].report_to)
        coded_only(c, &field, type);
    compiler_origin(c, TABLE_FIELDS, compiler_push(c, TABLE_FIELDS, &field), key, own, form);
}

// V7 within the file: the same name with a type in two forms is two definitions.
static void refuse_double(struct compiler *c, int32_t index) {
    const struct field_def *field = &c->d->fields[index];
    const struct origin *origin = compiler_origin_of(c, TABLE_FIELDS, index);
    for (int32_t i = 0; i < index && yaml_get(origin->body, "type"); i++) {
        const struct field_def *other = &c->d->fields[i];
        if (strcmp(other->def.name, field->def.name) != 0 || !compiler_sees(c, other->def.source) ||
            c->d->forms[other->form].report_to || !yaml_get(compiler_origin_of(c, TABLE_FIELDS, i)->body, "type"))
            continue;
        complain(c, origin->key, "V7",
                 "field \"%s\" is defined in form %s (line %u) already; define it once under fields: "
                 "and name it in both",
                 field->def.name, c->d->forms[other->form].def.name, (unsigned)other->def.line);
        return;
    }
}

int32_t amount_field(struct compiler *c, const struct yaml *at, int32_t field) {
    if (field >= 0 && c->d->fields[field].type == VALUE_QUANTITY && c->d->fields[field].unit)
        return field;
    complain(c, at, field >= 0 ? "type" : "name",
             field >= 0 ? "\"%s\" is no quantity with a unit" : "there is no field \"%s\" that could say how much",
             at->text);
    return NONE;
}

// A form that records facts says by which choice the kind of fact is known.
static void set_member(struct compiler *c, struct form_def *form, const struct yaml *at) {
    if (form->family == FAMILY_FORM || form->report_to) {
        if (at)
            complain(c, at, "key", "only a form that records facts has a member");
        return;
    }
    if (!at)
        return; // one kind of fact: the first of the family
    form->member = definitions_field(c->d, (int32_t)(form - c->d->forms), yaml_slice(at));
    if (form->member < 0) {
        complain(c, at, "name", "the form has no field \"%s\"", at->text);
        return;
    }
    const struct field_def *field = &c->d->fields[form->member];
    const struct list_def *list = field->list >= 0 ? &c->d->lists[field->list] : NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        if (event_find(form->family, slice_text(list->words[i])) == 0)
            complain(c, at, "type", "\"%s\" is no kind of %s", list->words[i],
                     event_row(EVENT_CODE(form->family, 1))->family);
    }
    if (!list)
        complain(c, at, "type", "the member of a fact is a choice");
}

static void compile_form(struct compiler *c, int32_t index) {
    const struct origin *origin = compiler_origin_of(c, TABLE_FORMS, index);
    struct yaml *body = origin->body, *fields = yaml_get(body, "fields");
    c->d->forms[index].field_first = (uint32_t)c->d->field_count;
    bool report = c->d->forms[index].report_to != NULL;
    if (!compiler_keys(c, body, report ? "a report" : "a form",
                       report ? "row says title to fields"
                              : "row says title about by by_any many records member amount fields"))
        return;
    if (!fields || fields->kind != YAML_MAP || fields->count == 0) {
        complain(c, origin->key, "key", "a %s has fields", report ? "report" : "form");
        return;
    }
    for (uint32_t i = 0; i < fields->count; i++)
        compile_field(c, index, fields->pairs[i].key, fields->pairs[i].value);
    struct form_def *form = &c->d->forms[index];
    form->field_count = (uint32_t)c->d->field_count - form->field_first;
    for (uint32_t i = 0; i < form->field_count && !report; i++) // a report asks nobody, it repeats what is known
        refuse_double(c, (int32_t)(form->field_first + i));
    set_member(c, form, compiler_word(c, body, "member"));
    const struct yaml *amount = compiler_word(c, body, "amount");
    if (amount)
        form->amount = amount_field(c, amount, definitions_field(c->d, index, yaml_slice(amount)));
}

// A kind stands for every item of it, of whichever protocol of the set; an item of that name comes first.
static uint8_t kind_named(struct compiler *c, const struct yaml *word) {
    return compiler_find(c, TABLE_ITEMS, yaml_slice(word)) < 0 ? lifecycle_kind_find(yaml_slice(word)) : KIND_NONE;
}

static size_t add_kind(const struct compiler *c, uint8_t kind, int32_t *kept) {
    size_t used = 0;
    for (size_t i = 0; i < c->d->item_count; i++) {
        if (c->d->items[i].kind == kind)
            kept[used++] = (int32_t)i;
    }
    return used;
}

// What the form is about: the items it names, and those that name it as theirs.
static void compile_about(struct compiler *c, int32_t index) {
    struct yaml *about = yaml_get(compiler_origin_of(c, TABLE_FORMS, index)->body, "about");
    struct form_def *form = &c->d->forms[index];
    struct yaml **words;
    size_t count = about ? compiler_words(c, about, "about", &words) : 0, used = 0;
    int32_t *kept = compiler_keep(c, (count + 1) * (c->d->item_count + 1) * sizeof *kept);
    if (!kept)
        return;
    for (size_t i = 0; i < count; i++) {
        uint8_t kind = kind_named(c, words[i]);
        if (kind != KIND_NONE) {
            form->about_kind = kind;
            used += add_kind(c, kind, kept + used);
            continue;
        }
        int32_t item = yaml_is(words[i], "pathway")
                           ? NONE
                           : compiler_name(c, TABLE_ITEMS, words[i], yaml_slice(words[i]), "about");
        if (item >= 0)
            kept[used++] = item;
    }
    for (size_t i = 0; i < c->d->item_count; i++) {
        if (c->d->items[i].form == index)
            kept[used++] = (int32_t)i;
    }
    form->about = kept;
    form->about_count = (uint16_t)used;
}

// Who may enter what, once every item has its chair.
static void compile_authors(struct compiler *c, int32_t index) {
    struct form_def *form = &c->d->forms[index];
    form->by = roles_read(c, compiler_origin_of(c, TABLE_FORMS, index)->body);
    for (uint32_t i = 0; i < form->field_count; i++) {
        int32_t field = (int32_t)(form->field_first + i);
        c->d->fields[field].by = roles_read(c, compiler_origin_of(c, TABLE_FIELDS, field)->body);
    }
}

// Prefilled values may be any path, so they come last.
static void compile_suggestions(struct compiler *c, int32_t index) {
    const struct form_def *form = &c->d->forms[index];
    c->bound = form->about_count == 1
                   ? (struct thing){.sort = THING_ITEM, .kind = c->d->items[form->about[0]].kind, .def = form->about[0]}
                   : (struct thing){.def = NONE};
    for (uint32_t i = 0; i < form->field_count; i++) {
        int32_t field = (int32_t)(form->field_first + i);
        struct yaml *suggest = yaml_get(compiler_origin_of(c, TABLE_FIELDS, field)->body, "suggest");
        if (suggest)
            c->d->fields[field].suggest = value_compile(c, suggest);
    }
    c->bound = (struct thing){.def = NONE};
}

// A form of consent whose classes are no list knows every class, and without a form of consent nobody can tell.
bool forms_know_class(const struct compiler *c, stepdown_slice class) {
    const struct definitions *d = c->d;
    bool any = false;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field_def *field = &d->fields[i];
        if (d->forms[field->form].family != FAMILY_CONSENT || strcmp(field->def.name, "data_class") != 0)
            continue;
        any = true;
        if (field->list < 0)
            return true;
        for (size_t w = 0; w < d->lists[field->list].count; w++) {
            if (slice_is(class, d->lists[field->list].words[w]))
                return true;
        }
    }
    return !any;
}

static void check_classes(struct compiler *c, int32_t index) {
    const struct form_def *form = &c->d->forms[index];
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *field = &c->d->fields[form->field_first + i];
        const struct origin *origin = compiler_origin_of(c, TABLE_FIELDS, (int32_t)(form->field_first + i));
        const struct yaml *at = yaml_get(origin->body, "label");
        if (field->label && !forms_know_class(c, slice_text(field->label)))
            complain(c, at ? at : origin->key, "name",
                     "%s is no class of data that consent is given for: no form of consent has it in data_class",
                     field->label);
    }
}

static void each_form(struct compiler *c, void (*step)(struct compiler *c, int32_t index)) {
    for (size_t i = 0; i < c->d->form_count; i++) {
        c->unit = c->d->forms[i].def.source;
        step(c, (int32_t)i);
    }
}

void forms_compile(struct compiler *c) { each_form(c, compile_form); }

void forms_connect(struct compiler *c) {
    each_form(c, compile_about);
    each_form(c, compile_authors);
    each_form(c, check_classes);
}

void forms_suggest(struct compiler *c) { each_form(c, compile_suggestions); }
