// SPDX-License-Identifier: Apache-2.0
// Parameters as an organization sets them: by name or by requirement row, of the same kind of value, within the bounds
// the file states. May call: literals, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

// Diagnostics about a setting have no place in a file; they name the setting itself.
static void refuse(struct compiler *c, const struct protocol_setting *setting, const char *problem) {
    complain_setting(c, setting->parameter, problem);
}

static bool is_set(const struct def *def, stepdown_slice name) {
    return slice_is(name, def->name) || (def->row[0] != 0 && compiler_has_word(def->row, name));
}

// A bound of the file, read as a value of the parameter's kind. VALUE_NONE: no such bound.
static struct value bound_of(struct compiler *c, int32_t parameter, const char *key) {
    const struct yaml *at = compiler_word(c, compiler_origin_of(c, TABLE_PARAMETERS, parameter)->body, key);
    struct shape shape = {.type = c->d->parameters[parameter].value.type, .list = NONE};
    struct value value = {.type = VALUE_NONE};
    if (at && !literal_read(c, yaml_slice(at), &shape, &value))
        complain(c, at, "type", "%s is not the same kind of value as is", key);
    return value;
}

static bool within(struct compiler *c, int32_t parameter, const struct value *value) {
    int order;
    struct value least = bound_of(c, parameter, "min"), most = bound_of(c, parameter, "max");
    if (least.type != VALUE_NONE && (!value_compare(value, &least, &order) || order < 0))
        return false;
    return most.type == VALUE_NONE || (value_compare(value, &most, &order) && order <= 0);
}

// The words between which a parameter that is a word may be set. NULL: it is a calendar rule, or no word.
static const struct yaml *words_of(struct compiler *c, int32_t parameter) {
    return yaml_get(compiler_origin_of(c, TABLE_PARAMETERS, parameter)->body, "of");
}

static bool is_listed(struct compiler *c, int32_t parameter, const struct value *value) {
    const struct yaml *of = words_of(c, parameter);
    for (uint32_t i = 0; of && i < of->count; i++) {
        if (of->items[i]->kind == YAML_SCALAR && slice_equal(yaml_slice(of->items[i]), value->text))
            return true;
    }
    return !of;
}

// A word that stands for itself is one of several, and the file says of which.
static void check_words(struct compiler *c, int32_t parameter) {
    const struct value *value = &c->d->parameters[parameter].value;
    const struct yaml *of = words_of(c, parameter), *key = compiler_origin_of(c, TABLE_PARAMETERS, parameter)->key;
    int32_t calendar;
    bool word = value->type == VALUE_CHOICE && !literal_calendar_word(c, value->text, &calendar);
    if (of && (!word || of->kind != YAML_LIST))
        complain(c, of, "type", "of lists the words of a parameter that is a word");
    else if (word && !of)
        complain(c, key, "key", "a parameter that is a word says between which: of");
    else if (!is_listed(c, parameter, value))
        complain(c, key, "type", "is is none of the words under of");
}

static void set_parameter(struct compiler *c, int32_t index, stepdown_slice part, const struct protocol_setting *s) {
    struct parameter_def *parameter = &c->d->parameters[index];
    bool whole = part.size == 0 || slice_is(part, "is");
    struct value *target = whole ? &parameter->value : &parameter->part, value;
    if (!whole && (!parameter->part_name || !slice_is(part, parameter->part_name))) {
        refuse(c, s, "the parameter has no such part");
        return;
    }
    struct shape shape = {.type = target->type, .list = NONE};
    int32_t calendar;
    c->unit = parameter->def.source;
    if (target->type == VALUE_CHOICE && literal_calendar_word(c, target->text, &calendar) &&
        !literal_calendar_word(c, slice_text(s->value), &calendar))
        refuse(c, s, "the value is no calendar rule");
    else if (!literal_read(c, slice_text(s->value), &shape, &value))
        refuse(c, s, "the value is not of the kind that the parameter holds");
    else if (whole && !is_listed(c, index, &value))
        refuse(c, s, "the value is none of the words that the protocol allows");
    else if (whole && !within(c, index, &value))
        refuse(c, s, "the value is outside the bounds that the protocol allows");
    else
        *target = value;
}

static void set_calendar(struct compiler *c, struct calendar_def *calendar, stepdown_slice part,
                         const struct protocol_setting *s) {
    const struct {
        const char *word;
        int64_t *clock;
    } parts[] = {
        {"until", &calendar->until}, {"late_after", &calendar->late_after}, {"then_until", &calendar->then_until}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!slice_is(part, parts[i].word))
            continue;
        if (!time_parse_clock(slice_text(s->value), parts[i].clock))
            refuse(c, s, "the value is no time of day such as \"20:00\"");
        return;
    }
    refuse(c, s, "say which part of the calendar rule: until, late_after or then_until");
}

static void apply(struct compiler *c, const struct protocol_setting *setting) {
    stepdown_slice name, part;
    bool known = false;
    (void)slice_split(slice_text(setting->parameter), '.', &name, &part);
    for (size_t i = 0; i < c->d->parameter_count; i++) {
        if (!is_set(&c->d->parameters[i].def, name))
            continue;
        set_parameter(c, (int32_t)i, part, setting);
        known = true;
    }
    for (size_t i = 0; i < c->d->calendar_count; i++) {
        if (!is_set(&c->d->calendars[i].def, name))
            continue;
        set_calendar(c, &c->d->calendars[i], part, setting);
        known = true;
    }
    if (!known && !c->input->settings_elsewhere)
        refuse(c, setting, "no protocol or dictionary has this parameter");
}

void settings_apply(struct compiler *c) {
    for (size_t i = 0; i < c->d->parameter_count; i++) { // the file's own value as well
        c->unit = c->d->parameters[i].def.source;
        if (!within(c, (int32_t)i, &c->d->parameters[i].value))
            complain(c, compiler_origin_of(c, TABLE_PARAMETERS, (int32_t)i)->key, "type",
                     "is lies outside min and max");
        check_words(c, (int32_t)i);
    }
    for (size_t i = 0; i < c->input->setting_count; i++)
        apply(c, &c->input->settings[i]);
}
