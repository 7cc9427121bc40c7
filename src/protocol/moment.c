// SPDX-License-Identifier: Apache-2.0
// Moments and durations: "same day", "7 days", "1 hour after second_visit.start", "before first_visit.due".
// May call: paths, literals, compiler ground.
#include "protocol/compiler.h"

#include <string.h>

static bool find_word(stepdown_slice text, const char *word, stepdown_slice *left, stepdown_slice *right) {
    size_t size = strlen(word);
    for (size_t i = 0; text.size > size && i + size < text.size; i++) {
        if (memcmp(text.data + i, word, size) == 0) {
            *left = slice_of(text.data, i);
            *right = slice_of(text.data + i + size, text.size - i - size);
            return left->size > 0;
        }
    }
    return false;
}

bool split_shift(stepdown_slice text, stepdown_slice *amount, int *sign, stepdown_slice *anchor) {
    *sign = 1;
    if (find_word(text, " after ", amount, anchor))
        return true;
    *sign = -1;
    return find_word(text, " before ", amount, anchor);
}

static int32_t calendar_term(struct compiler *c, const struct yaml *at, int32_t calendar, int32_t anchor) {
    struct term term = term_empty(at);
    term.kind = TERM_CALENDAR;
    term.index = calendar;
    term.a = anchor;
    return term_add(c, &term);
}

// A parameter whose value is the name of a calendar rule ("same day").
static bool calendar_parameter(const struct compiler *c, stepdown_slice text, int32_t *calendar) {
    int32_t parameter;
    bool part;
    if (!parameter_find(c, text, &parameter, &part) || part)
        return false;
    const struct value *value = &c->d->parameters[parameter].value;
    return value->type == VALUE_CHOICE && literal_calendar_word(c, value->text, calendar) != NULL;
}

static bool is_calendar(const struct compiler *c, stepdown_slice text, int32_t *calendar) {
    return literal_calendar_word(c, text, calendar) != NULL || calendar_parameter(c, text, calendar);
}

// NONE without a complaint when the text is no duration; the caller knows what else it may be.
static int32_t duration_term(struct compiler *c, const struct yaml *at, stepdown_slice text) {
    struct value value = {.type = VALUE_DURATION};
    if (duration_parse(text, &value.duration))
        return term_literal(c, at, &value);
    if (!path_known(c, text))
        return NONE;
    int32_t term = path_term(c, at, text);
    if (term < 0)
        return -2;
    return literal_shape(c, term).type == VALUE_DURATION ? term : NONE;
}

int32_t duration_text(struct compiler *c, const struct yaml *at, stepdown_slice text) {
    int32_t calendar;
    if (is_calendar(c, text, &calendar))
        return calendar_term(c, at, calendar, NONE);
    int32_t term = duration_term(c, at, text);
    if (term == NONE)
        complain(c, at, "time",
                 "\"%.*s\" is no duration (\"2 hours\", \"5 business days\"), calendar rule, or "
                 "parameter or field that holds a duration",
                 (int)text.size, (const char *)text.data);
    return term < 0 ? NONE : term;
}

int32_t duration_read(struct compiler *c, const struct yaml *at) {
    return compiler_is_text(c, at, "a duration") ? duration_text(c, at, yaml_slice(at)) : NONE;
}

static int32_t shifted(struct compiler *c, const struct yaml *at, int32_t anchor, int32_t by, int sign) {
    struct term term = term_empty(at);
    term.kind = TERM_SHIFT;
    term.sign = (int8_t)sign;
    term.a = anchor;
    term.b = by;
    return by < 0 ? NONE : term_add(c, &term);
}

// "<duration or calendar rule> after|before <moment>"
static int32_t shift_text(struct compiler *c, const struct yaml *at, stepdown_slice amount, int sign,
                          stepdown_slice anchor) {
    int32_t moment = moment_text(c, at, anchor), calendar;
    if (moment < 0)
        return NONE;
    if (is_calendar(c, amount, &calendar)) {
        if (sign < 0)
            complain(c, at, "time", "a calendar rule can only follow a moment, not come before it");
        return calendar_term(c, at, calendar, moment);
    }
    return shifted(c, at, moment, duration_text(c, at, amount), sign);
}

// A fact of one kind ("contact.reached", "safety_plan.announced") is the moment at which the latest of them happened.
static int32_t moment_path(struct compiler *c, const struct yaml *at, stepdown_slice text) {
    struct path path;
    if (!path_read(c, at, text, false, &path))
        return NONE;
    if (!path.is_selector)
        return path.term;
    bool fact = path.thing.sort == THING_FAMILY || path.thing.sort == THING_FORM;
    if (fact && (path.thing.code & 0xff) != 0 && path.selector.pick == PICK_ALL)
        path.selector.pick = PICK_LATEST;
    return attribute_term(c, at, &path.selector,
                          fact && (path.thing.code & 0xff) != 0 ? ELEMENT_OCCURRED : ELEMENT_SELF);
}

int32_t moment_text(struct compiler *c, const struct yaml *at, stepdown_slice text) {
    static const char before[] = "before ";
    stepdown_slice amount, anchor;
    int32_t calendar;
    int sign;
    if (is_calendar(c, text, &calendar))
        return calendar_term(c, at, calendar, NONE);
    if (text.size > sizeof before - 1 && memcmp(text.data, before, sizeof before - 1) == 0)
        return moment_text(c, at, slice_of(text.data + sizeof before - 1, text.size - sizeof before + 1));
    if (split_shift(text, &amount, &sign, &anchor))
        return shift_text(c, at, amount, sign, anchor);
    struct value value = {.type = VALUE_DURATION};
    if (duration_parse(text, &value.duration)) // from the opening of the item or the trigger of the rule
        return shifted(c, at, NONE, term_literal(c, at, &value), 1);
    int32_t term = moment_path(c, at, text);
    if (term < 0)
        return NONE;
    uint8_t type = literal_shape(c, term).type;
    if (type == VALUE_DURATION)
        return shifted(c, at, NONE, term, 1);
    if (type != VALUE_TIME && type != VALUE_DATE) {
        complain(c, at, "time", "\"%.*s\" is %s; a moment is needed", (int)text.size, (const char *)text.data,
                 literal_type_word(type));
        return NONE;
    }
    return term;
}

int32_t moment_read(struct compiler *c, const struct yaml *at) {
    return compiler_is_text(c, at, "a moment") ? moment_text(c, at, yaml_slice(at)) : NONE;
}

// A whole number: written, or a parameter's.
bool integer_read(struct compiler *c, const struct yaml *map, const char *key, int64_t *out) {
    const struct yaml *at = compiler_word(c, map, key);
    struct value value = {.type = VALUE_NONE};
    int32_t parameter;
    bool part;
    if (!at)
        return false;
    if (parameter_find(c, yaml_slice(at), &parameter, &part))
        value = part ? c->d->parameters[parameter].part : c->d->parameters[parameter].value;
    else
        literal_guess(c, yaml_slice(at), &value);
    if (value.type != VALUE_QUANTITY || value.scale != 0 || value.text.size > 0 || value.number < 1) {
        complain(c, at, "type", "%s is a whole number from 1 on, or a parameter that holds one", key);
        return false;
    }
    *out = value.number;
    return true;
}

int32_t number_read(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *at = compiler_word(c, map, key);
    int64_t number;
    if (!at || !integer_read(c, map, key, &number))
        return NONE;
    return path_known(c, yaml_slice(at)) ? path_term(c, at, yaml_slice(at)) : term_number(c, at, number);
}
