// SPDX-License-Identifier: Apache-2.0
// Values made from several: count, sum, average, share, duration, gap, earliest, highest, median, spread, list, delta,
// measure, the windows they may be limited to, and each apart for each value of a key (group_by). Conditions, measures and
// confirmations share them. May call: paths, moments, select, conditions, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

static bool set_of(struct compiler *c, struct yaml *map, struct yaml *noun, struct path *set, int32_t *value,
                   uint8_t fallback);

// Which moment of each one a window asks for, when it is not the one at which it was recorded as happening.
static int32_t dated_term(struct compiler *c, const struct yaml *map, const struct path *set) {
    const struct yaml *at = compiler_word(c, map, "dated");
    struct path found, from = {.is_selector = true, .thing = set->thing};
    if (!at)
        return NONE;
    from.selector = selector_this(at);
    if (!path_part(c, at, &from, yaml_slice(at), &found) || found.is_selector)
        return NONE;
    uint8_t type = literal_shape(c, found.term).type;
    if (type != VALUE_TIME && type != VALUE_DATE)
        complain(c, at, "type", "\"%s\" is %s; dated is by a moment", at->text, literal_type_word(type));
    return found.term;
}

// ---- keys: same, distinct, group_by --------------------------------------------------------------------------------------

static int32_t key_part(struct compiler *c, const struct yaml *at, const char *what, const struct thing *thing) {
    struct path found, from = {.is_selector = true, .selector = selector_this(at), .thing = *thing};
    if (!compiler_is_text(c, at, what))
        return NONE;
    c->in_key = strcmp(what, "group_by") != 0; // whose it is tells cases apart and never makes a group
    bool read = path_part(c, at, &from, yaml_slice(at), &found);
    c->in_key = false;
    if (!read)
        return NONE;
    if (found.is_selector)
        complain(c, at, "path", "\"%s\" is no value", at->text);
    return found.is_selector ? NONE : found.term;
}

int32_t key_read(struct compiler *c, const struct yaml *map, const char *key, const struct thing *thing) {
    struct yaml *at = yaml_get(map, key);
    struct term term = term_empty(map);
    if (!at)
        return NONE;
    if (at->kind != YAML_LIST)
        return key_part(c, at, key, thing);
    if (at->count != 2) {
        complain(c, at, "type", "%s is one part of what is selected, or a list of two", key);
        return NONE;
    }
    term.kind = TERM_TUPLE;
    term.a = key_part(c, at->items[0], key, thing);
    term.b = key_part(c, at->items[1], key, thing);
    return term.a < 0 || term.b < 0 ? NONE : term_add(c, &term);
}

// People are not compared with one another, and words that everybody writes differently make no groups.
static bool group_fits(struct compiler *c, const struct yaml *at, int32_t key) {
    const struct term *term = &c->d->terms[key];
    if (term->kind == TERM_TUPLE)
        return group_fits(c, at, c->d->terms[key].a) && group_fits(c, at, c->d->terms[key].b);
    uint8_t type = literal_shape(c, key).type;
    if (term->kind == TERM_ATTRIBUTE && term->attribute == ELEMENT_ORGANIZATION)
        return true;
    if (type == VALUE_PERSON)
        complain(c, at, "X-111", "what recurs is a matter of the pathway's design: nothing is grouped by a person");
    else if (type != VALUE_CHOICE && type != VALUE_BOOLEAN && type != VALUE_ROLE)
        complain(c, at, "type", "groups are made by a choice, yes-no or a role, not by %s", literal_type_word(type));
    return type == VALUE_CHOICE || type == VALUE_BOOLEAN || type == VALUE_ROLE;
}

static int32_t grouped(struct compiler *c, struct yaml *map, const struct thing *thing, int32_t inner) {
    const struct yaml *at = yaml_get(map, "group_by");
    struct term term = term_empty(map);
    if (!at || inner < 0)
        return inner;
    term.kind = TERM_GROUPED;
    term.selector = c->d->terms[inner].selector;
    term.a = inner;
    term.b = key_read(c, map, "group_by", thing);
    return term.b >= 0 && group_fits(c, at, term.b) ? term_add(c, &term) : NONE;
}

static int32_t term_over(struct compiler *c, struct yaml *map, const struct path *set, uint8_t kind, int32_t value) {
    struct term term = term_empty(map);
    term.kind = kind;
    term.selector = selector_add(c, &set->selector);
    term.a = value;
    term.b = dated_term(c, map, set);
    return term_add(c, &term);
}

static int32_t count_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    return select_read(c, value, map, &set) ? grouped(c, map, &set.thing, term_over(c, map, &set, TERM_COUNT, NONE))
                                            : NONE;
}

// What is reckoned with for each of the set: the part named behind it, or `value`, in which `this` is each one.
static bool each_value(struct compiler *c, struct yaml *map, struct yaml *noun, struct path *set, int32_t *value,
                       uint8_t fallback) {
    struct yaml *each = yaml_get(map, "value");
    struct thing bound = c->bound;
    bool in_where = c->in_where;
    if (!each)
        return set_of(c, map, noun, set, value, fallback);
    if (!select_read(c, noun, map, set))
        return false;
    c->bound = set->thing;
    c->in_where = false;
    *value = value_compile(c, each);
    c->bound = bound;
    c->in_where = in_where;
    return *value >= 0;
}

static int32_t over_numbers(struct compiler *c, struct yaml *map, struct yaml *noun, uint8_t kind) {
    struct path set;
    int32_t part;
    if (!each_value(c, map, noun, &set, &part, ELEMENT_SELF))
        return NONE;
    uint8_t type = literal_shape(c, part).type;
    if (type != VALUE_QUANTITY && type != VALUE_DURATION && !(kind == TERM_SPREAD && type == VALUE_TIME)) {
        complain(c, noun, "type", "numbers or durations can be reckoned with; \"%s\" is %s", noun->text,
                 literal_type_word(type));
        return NONE;
    }
    return grouped(c, map, &set.thing, term_over(c, map, &set, kind, part));
}

static int32_t sum_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_numbers(c, map, value, TERM_SUM);
}

static int32_t average_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_numbers(c, map, value, TERM_AVERAGE);
}

static int32_t spread_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_numbers(c, map, value, TERM_SPREAD);
}

static int32_t earliest_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    int32_t part;
    if (!set_of(c, map, value, &set, &part, ELEMENT_OCCURRED))
        return NONE;
    uint8_t type = part == NONE ? VALUE_TIME : literal_shape(c, part).type;
    if (type != VALUE_TIME && type != VALUE_DATE) {
        complain(c, value, "type", "earliest is of moments; \"%s\" is %s", value->text, literal_type_word(type));
        return NONE;
    }
    return term_over(c, map, &set, TERM_EARLIEST, part);
}

static int32_t highest_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    int32_t part;
    return set_of(c, map, value, &set, &part, ELEMENT_SELF) ? term_over(c, map, &set, TERM_HIGHEST, part) : NONE;
}

static int32_t list_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set, found;
    const struct yaml *show = compiler_word(c, map, "show");
    if (!select_read(c, value, map, &set))
        return NONE;
    struct path from = {.is_selector = true, .selector = selector_this(map), .thing = set.thing};
    if (!show)
        return term_over(c, map, &set, TERM_LIST, attribute_term(c, map, &from.selector, ELEMENT_SELF));
    if (!path_part(c, show, &from, yaml_slice(show), &found) || found.is_selector)
        return NONE;
    return term_over(c, map, &set, TERM_LIST, found.term);
}

// `needs` says which of them count; every other filter says of how many.
static int32_t share_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    struct yaml *needs = yaml_get(map, "needs");
    if (!select_read(c, value, map, &set))
        return NONE;
    if (!needs) {
        complain(c, map, "key", "share says which of them count: needs");
        return NONE;
    }
    int32_t node = condition_each(c, needs, &set.thing);
    int32_t term = node < 0 ? NONE : term_over(c, map, &set, TERM_SHARE, NONE);
    if (term >= 0)
        c->d->terms[term].node = node;
    return grouped(c, map, &set.thing, term);
}

static int32_t moment_value(struct compiler *c, struct yaml *at) {
    return at->kind == YAML_MAP ? value_compile(c, at) : moment_read(c, at);
}

static int32_t duration_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct term term = term_empty(map);
    struct yaml *from = yaml_get(map, "from");
    if (!from) {
        complain(c, map, "key", "duration needs from: the moment it is counted from");
        return NONE;
    }
    term.kind = TERM_ELAPSED;
    term.a = moment_value(c, value);
    term.b = moment_value(c, from);
    if (term.a < 0 || term.b < 0)
        return NONE;
    if (literal_shape(c, term.a).type != VALUE_TIME || literal_shape(c, term.b).type != VALUE_TIME) {
        complain(c, map, "type", "a duration lies between two moments");
        return NONE;
    }
    return term_add(c, &term);
}

static int32_t median_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_numbers(c, map, value, TERM_MEDIAN);
}

static int32_t p90_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_numbers(c, map, value, TERM_P90);
}

// ---- windows -------------------------------------------------------------------------------------------------------------

// "per: 100 days" beside a number.
static void read_per(struct compiler *c, const struct yaml *map, struct term *term) {
    const struct yaml *per = compiler_word(c, map, "per");
    struct duration length;
    if (!per)
        return;
    if (duration_parse(yaml_slice(per), &length) && duration_bound(&length) >= TIME_HOUR)
        term->value = (struct value){.type = VALUE_DURATION, .duration = length};
    else
        complain(c, per, "time", "per is a duration of an hour or more");
    if (literal_shape(c, term->a).type != VALUE_QUANTITY)
        complain(c, per, "type", "only numbers are reckoned per something");
}

static int32_t window_add(struct compiler *c, const struct yaml *map, struct term *term, const struct yaml *at,
                          const struct yaml *span) {
    term->b = moment_read(c, at);
    term->index = duration_read(c, span);
    read_per(c, map, term);
    return term->a < 0 || term->b < 0 || term->index < 0 ? NONE : term_add(c, term);
}

// A value over a set may be limited to a window: within a time after a moment, by the moment of each one that is `dated`.
static int32_t windowed(struct compiler *c, struct yaml *map, int32_t inner) {
    const struct yaml *within = yaml_get(map, "within"), *after = yaml_get(map, "after");
    struct term term = term_empty(map);
    term.kind = TERM_WINDOW;
    term.a = inner;
    if (!within && !after && !yaml_get(map, "per"))
        return inner;
    if (!within || !after) {
        complain(c, map, "key", "a window is within: a duration, after: a moment");
        return NONE;
    }
    return window_add(c, map, &term, after, within);
}

static int32_t delta_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    const struct yaml *around = yaml_get(map, "around"), *span = yaml_get(map, "span");
    const struct yaml *baseline = yaml_get(map, "baseline");
    struct term term = term_empty(map);
    const char *word;
    term.kind = TERM_DELTA;
    if (!around || !span) {
        complain(c, map, "key", "delta compares before and after: around which moment, over which span");
        return NONE;
    }
    if (value->kind != YAML_MAP || !value_word(value, &word)) {
        complain(c, value, "type", "delta is of a value over a set: count sum average share median p90");
        return NONE;
    }
    term.a = value_aggregate(c, value, word, false);
    if (term.a < 0)
        return NONE;
    uint8_t type = literal_shape(c, term.a).type;
    if (type != VALUE_QUANTITY && type != VALUE_DURATION) {
        complain(c, value, "type", "numbers or durations have a difference; this is %s", literal_type_word(type));
        return NONE;
    }
    if (baseline) {
        term.field = compiler_is_text(c, baseline, "baseline") ? path_term(c, baseline, yaml_slice(baseline)) : NONE;
        if (term.field < 0)
            return NONE;
        if (literal_shape(c, term.field).type != type)
            complain(c, baseline, "type", "the baseline is %s, what it is compared with %s",
                     literal_type_word(literal_shape(c, term.field).type), literal_type_word(type));
    }
    return window_add(c, map, &term, around, span);
}

static int32_t measure_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    (void)map;
    if (!compiler_is_text(c, value, "measure"))
        return NONE;
    int32_t measure = compiler_name(c, TABLE_MEASURES, value, yaml_slice(value), "measure");
    if (c->in_measure)
        complain(c, value, "type", "a measure cannot be made of measures");
    else if (measure >= 0 && c->d->measures[measure].term < 0)
        complain(c, value, "name", "measure \"%s\" must stand before the place where it is used", value->text);
    return measure >= 0 ? c->d->measures[measure].term : NONE;
}

#define SET_KEYS FILTER_KEYS " dated within after per"
static const struct value_kind {
    const char *word, *options;
    int32_t (*read)(struct compiler *c, struct yaml *map, struct yaml *value);
} kinds[] = {
    {"count", SET_KEYS " group_by", count_value},
    {"sum", SET_KEYS " value group_by", sum_value},
    {"average", SET_KEYS " value group_by", average_value},
    {"share", SET_KEYS " needs group_by", share_value},
    {"duration", "from", duration_value},
    {"gap", "minus", gap_read},
    {"gaps", "minus", gaps_read},
    {"earliest", SET_KEYS, earliest_value},
    {"highest", SET_KEYS, highest_value},
    {"median", SET_KEYS " value group_by", median_value},
    {"p90", SET_KEYS " value group_by", p90_value},
    {"spread", SET_KEYS " value group_by", spread_value},
    {"list", SET_KEYS " show", list_value},
    {"delta", "around span baseline per", delta_value},
    {"measure", "", measure_value},
};

bool value_word(const struct yaml *map, const char **word) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (yaml_get(map, kinds[i].word)) {
            *word = kinds[i].word;
            return true;
        }
    }
    return false;
}

int32_t value_aggregate(struct compiler *c, struct yaml *map, const char *word, bool compared) {
    char words[256];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].word, word) != 0)
            continue;
        (void)snprintf(words, sizeof words, "%s %s says row%s", kinds[i].word, kinds[i].options,
                       compared ? " " COMPARE_KEYS : "");
        if (compared && yaml_get(map, "group_by")) {
            complain(c, yaml_get(map, "group_by"), "key",
                     "a value for each group cannot be compared: use repeat, or compare one of them with where");
            return NONE;
        }
        if (!compiler_keys(c, map, "this value", words))
            return NONE;
        int32_t term = kinds[i].read(c, map, yaml_get(map, word));
        return term >= 0 && compiler_has_word(kinds[i].options, slice_text("within")) ? windowed(c, map, term) : term;
    }
    return NONE;
}

int32_t value_compile(struct compiler *c, struct yaml *node) {
    const char *word;
    if (node->kind == YAML_SCALAR)
        return compiler_is_text(c, node, "a value") ? path_term(c, node, yaml_slice(node)) : NONE;
    if (node->kind == YAML_MAP && value_word(node, &word))
        return value_aggregate(c, node, word, false);
    complain(c, node, "type",
             "a value is a path, or a map with one of: count sum average share duration gap gaps earliest "
             "highest median p90 spread list delta measure");
    return NONE;
}

int32_t values_compile(struct compiler *c, struct yaml *node) {
    struct term term = term_empty(node);
    if (node->kind != YAML_LIST)
        return value_compile(c, node);
    int32_t *parts = compiler_scratch(c, node->count * sizeof *parts);
    for (uint32_t i = 0; parts && i < node->count; i++)
        parts[i] = value_compile(c, node->items[i]);
    term.kind = TERM_SEVERAL;
    term.index = (int32_t)c->d->child_count;
    term.b = (int32_t)node->count;
    for (uint32_t i = 0; parts && i < node->count; i++) {
        if (parts[i] < 0 || compiler_push(c, TABLE_CHILDREN, &parts[i]) < 0)
            return NONE;
    }
    return parts ? term_add(c, &term) : NONE;
}

// "huddle.started": the set, and the part of each one that counts. Without a part it is attribute `fallback`.
static bool set_of(struct compiler *c, struct yaml *map, struct yaml *noun, struct path *set, int32_t *value,
                   uint8_t fallback) {
    stepdown_slice word, rest, part;
    if (!compiler_is_text(c, noun, "what is selected"))
        return false;
    bool dotted = slice_split(yaml_slice(noun), '.', &word, &rest);
    struct yaml set_noun = *noun;
    set_noun.text = compiler_text(c, word);
    set_noun.size = word.size;
    if (!select_read(c, &set_noun, map, set))
        return false;
    while (dotted) { // members and forms narrow the set; the first value ends it
        struct path each = {.is_selector = true, .selector = selector_this(noun), .thing = set->thing}, found;
        dotted = slice_split(rest, '.', &part, &rest);
        if (!path_part(c, noun, &each, part, &found))
            return false;
        if (!found.is_selector) {
            *value = found.term;
            return true;
        }
        each = *set;
        if (!path_part(c, noun, &each, part, set))
            return false;
    }
    struct selector bound = selector_this(noun);
    bool fired = set->selector.source == SELECT_FIRED; // a rule has no parts, only the moments at which it fired
    *value = fired ? NONE : attribute_term(c, noun, &bound, fallback);
    return true;
}
