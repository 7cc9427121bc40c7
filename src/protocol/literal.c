// SPDX-License-Identifier: Apache-2.0
// Values written in the file: what kind of value a term has, and reading text as one of that kind.
// May call: compiler ground, lifecycle, base.
#include "protocol/compiler.h"

#include <string.h>

// Fields may have these types; the attribute table and parameters use the same numbers.
static const struct {
    uint8_t type;
    const char *word;
} type_words[] = {
    {VALUE_NONE, "anything"},         {VALUE_TEXT, "text"},
    {VALUE_CHOICE, "a choice"},       {VALUE_LIST, "a list"},
    {VALUE_TIME, "a moment"},         {VALUE_DURATION, "a duration"},
    {VALUE_QUANTITY, "a number"},     {VALUE_BOOLEAN, "yes or no"},
    {VALUE_REFERENCE, "a link"},      {VALUE_DECISION, "a decision"},
    {VALUE_STATEMENT, "a statement"}, {VALUE_PERSON, "a person"},
    {VALUE_ROLE, "a role"},           {VALUE_DATE, "a date"},
    {VALUE_INTERVAL, "an interval"},
};

const char *literal_type_word(uint8_t type) {
    for (size_t i = 0; i < sizeof type_words / sizeof type_words[0]; i++) {
        if (type_words[i].type == type)
            return type_words[i].word;
    }
    return "a value";
}

static const uint8_t attribute_types[] = {
    [ELEMENT_STATE] = VALUE_CHOICE,    [ELEMENT_OWNER] = VALUE_PERSON,     [ELEMENT_OWNER_ROLE] = VALUE_ROLE,
    [ELEMENT_DUE] = VALUE_TIME,        [ELEMENT_OPENED] = VALUE_TIME,      [ELEMENT_FINISHED] = VALUE_TIME,
    [ELEMENT_START] = VALUE_TIME,      [ELEMENT_END] = VALUE_TIME,         [ELEMENT_OVERDUE] = VALUE_BOOLEAN,
    [ELEMENT_AUTHOR] = VALUE_PERSON,   [ELEMENT_AUTHOR_ROLE] = VALUE_ROLE, [ELEMENT_OCCURRED] = VALUE_TIME,
    [ELEMENT_RECORDED] = VALUE_TIME,   [ELEMENT_ABOUT] = VALUE_REFERENCE,  [ELEMENT_SELF] = VALUE_REFERENCE,
    [ELEMENT_KIND] = VALUE_CHOICE,     [ELEMENT_OUTCOME] = VALUE_CHOICE,   [ELEMENT_INTERVAL] = VALUE_INTERVAL,
    [ELEMENT_MEMBER] = VALUE_CHOICE,   [ELEMENT_TEXT] = VALUE_TEXT,        [ELEMENT_REASON] = VALUE_TEXT,
    [ELEMENT_EVIDENCE] = VALUE_LIST,   [ELEMENT_METHOD] = VALUE_CHOICE,    [ELEMENT_AMOUNT] = VALUE_QUANTITY,
    [ELEMENT_LENGTH] = VALUE_DURATION, [ELEMENT_OWNER_ORG] = VALUE_TEXT,   [ELEMENT_ORGANIZATION] = VALUE_TEXT,
    [ELEMENT_WAITING] = VALUE_BOOLEAN, [ELEMENT_GRANTED] = VALUE_TIME,     [ELEMENT_PERSON] = VALUE_BYTES,
    [ELEMENT_SENDER] = VALUE_BYTES,    [ELEMENT_STEP] = VALUE_QUANTITY,    [ELEMENT_CADENCE] = VALUE_DURATION,
    [ELEMENT_NEXT_STEP] = VALUE_TIME,
};

static struct shape shape_of(uint8_t type) { return (struct shape){.type = type, .list = NONE}; }

static struct shape value_shape(const struct value *value) {
    struct shape shape = shape_of(value->type);
    if (value->type == VALUE_QUANTITY && value->text.size > 0)
        shape.unit = (const char *)value->text.data;
    return shape;
}

struct shape literal_shape(const struct compiler *c, int32_t index) {
    if (index < 0)
        return shape_of(VALUE_NONE);
    const struct term *term = &c->d->terms[index];
    struct shape shape;
    switch (term->kind) {
    case TERM_LITERAL: return value_shape(&term->value);
    case TERM_PARAMETER: return value_shape(&c->d->parameters[term->index].value);
    case TERM_FIELD: {
        const struct field_def *field = &c->d->fields[term->field];
        shape = shape_of(field->type);
        shape.many = field->many;
        shape.list = field->list;
        shape.unit = field->unit;
        return shape;
    }
    case TERM_ATTRIBUTE:
        shape = shape_of(attribute_types[term->attribute]);
        shape.states = term->attribute == ELEMENT_STATE;
        return shape;
    case TERM_NOW:
    case TERM_SOONER:
    case TERM_EVENT:
    case TERM_SHIFT: return shape_of(VALUE_TIME);
    case TERM_CALENDAR:
        return shape_of(c->d->calendars[term->index].rule == CALENDAR_DAY_OF ? VALUE_INTERVAL : VALUE_TIME);
    case TERM_GAP: return term->value.type == VALUE_QUANTITY ? value_shape(&term->value) : shape_of(VALUE_DURATION);
    case TERM_ELAPSED: return shape_of(VALUE_DURATION);
    case TERM_INTERVAL: return shape_of(VALUE_INTERVAL);
    case TERM_COUNT:
    case TERM_SHARE: return shape_of(VALUE_QUANTITY);
    case TERM_GAPS:
    case TERM_SEVERAL:
    case TERM_LIST:
    case TERM_GROUPED:
    case TERM_TUPLE: return shape_of(VALUE_LIST);
    case TERM_SPREAD:
        shape = literal_shape(c, term->a);
        return shape.type == VALUE_TIME ? shape_of(VALUE_DURATION) : shape;
    case TERM_EARLIEST:
    case TERM_HIGHEST:
        if (term->a < 0) // of moments: those at which a rule fired
            return shape_of(VALUE_TIME);
        return literal_shape(c, term->a);
    default: return term->a >= 0 ? literal_shape(c, term->a) : shape_of(VALUE_NONE); // over selected values
    }
}

// "2", "-3.5", "4 hours per day". At most 15 digits, so that nothing overflows.
static bool read_quantity(struct compiler *c, stepdown_slice text, const char *unit, struct value *out) {
    int64_t number = 0;
    size_t i = 0, digits = 0;
    uint8_t scale = 0;
    bool negative = text.size > 0 && text.data[0] == '-', point = false;
    for (i = negative; i < text.size; i++) {
        char ch = (char)text.data[i];
        if (ch == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (ch < '0' || ch > '9')
            break;
        number = number * 10 + (ch - '0');
        scale = (uint8_t)(scale + point);
        if (++digits > 15)
            return false;
    }
    if (digits == 0 || (point && scale == 0))
        return false;
    stepdown_slice rest = slice_of(text.data + i, text.size - i);
    if (rest.size > 0 && (rest.data[0] != ' ' || rest.size == 1))
        return false;
    if (rest.size > 0)
        rest = slice_of(rest.data + 1, rest.size - 1);
    if (unit && !slice_is(rest, unit) && rest.size > 0)
        return false;
    const char *kept = unit ? unit : rest.size > 0 ? compiler_text(c, rest) : "";
    *out = (struct value){
        .type = VALUE_QUANTITY, .scale = scale, .number = negative ? -number : number, .text = slice_text(kept)};
    return true;
}

static bool read_choice(const struct compiler *c, stepdown_slice text, const struct shape *shape) {
    if (shape->states)
        return lifecycle_state_find(text) != STATE_NONE;
    if (shape->list < 0)
        return text.size > 0;
    const struct list_def *list = &c->d->lists[shape->list];
    for (size_t i = 0; i < list->count; i++) {
        if (slice_is(text, list->words[i]))
            return true;
    }
    return false;
}

static void take_text(struct compiler *c, stepdown_slice text, uint8_t type, struct value *out) {
    *out = (struct value){.type = type, .text = {(const uint8_t *)compiler_text(c, text), text.size}};
}

bool literal_read(struct compiler *c, stepdown_slice text, const struct shape *shape, struct value *out) {
    int64_t number;
    int32_t offset;
    struct duration duration;
    switch (shape->type) {
    case VALUE_QUANTITY: return read_quantity(c, text, shape->unit, out);
    case VALUE_DURATION:
        if (!duration_parse(text, &duration))
            return false;
        *out = (struct value){.type = VALUE_DURATION, .duration = duration};
        return true;
    case VALUE_DATE:
        if (!time_parse_date(text, &number))
            return false;
        *out = (struct value){.type = VALUE_DATE, .number = number};
        return true;
    case VALUE_TIME:
        if (!time_parse(text, NULL, &number, &offset))
            return false;
        *out = (struct value){.type = VALUE_TIME, .number = number};
        return true;
    case VALUE_BOOLEAN:
        if (!slice_is(text, "yes") && !slice_is(text, "no"))
            return false;
        *out = (struct value){.type = VALUE_BOOLEAN, .number = slice_is(text, "yes")};
        return true;
    case VALUE_CHOICE:
        if (!read_choice(c, text, shape))
            return false;
        take_text(c, text, VALUE_CHOICE, out);
        return true;
    case VALUE_ROLE:
        if (compiler_find(c, TABLE_ROLES, text) < 0)
            return false;
        take_text(c, text, VALUE_ROLE, out);
        return true;
    case VALUE_TEXT: take_text(c, text, VALUE_TEXT, out); return true;
    case VALUE_NONE: literal_guess(c, text, out); return true;
    default: return false;
    }
}

void literal_guess(struct compiler *c, stepdown_slice text, struct value *out) {
    static const uint8_t order[] = {VALUE_DURATION, VALUE_DATE, VALUE_TIME, VALUE_QUANTITY};
    for (size_t i = 0; i < sizeof order; i++) {
        struct shape shape = shape_of(order[i]);
        if (literal_read(c, text, &shape, out))
            return;
    }
    take_text(c, text, VALUE_CHOICE, out);
}

const char *literal_calendar_word(const struct compiler *c, stepdown_slice text, int32_t *index) {
    *index = compiler_find(c, TABLE_CALENDARS, text);
    return *index >= 0 ? c->d->calendars[*index].def.name : NULL;
}
