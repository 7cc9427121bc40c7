// SPDX-License-Identifier: Apache-2.0
// Values made from several: count, sum, average, share, duration, gap, earliest, highest, list, measure. Conditions,
// measures and confirmations share them. May call: paths, moments, select, conditions, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

static bool set_of(struct compiler *c, struct yaml *map, struct yaml *noun, struct path *set, int32_t *value,
                   uint8_t fallback);

static int32_t term_over(struct compiler *c, struct yaml *map, const struct path *set, uint8_t kind, int32_t value) {
    struct term term = term_empty(map);
    term.kind = kind;
    term.selector = selector_add(c, &set->selector);
    term.a = value;
    return term_add(c, &term);
}

static int32_t count_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    return select_read(c, value, map, &set) ? term_over(c, map, &set, TERM_COUNT, NONE) : NONE;
}

static int32_t over_field(struct compiler *c, struct yaml *map, struct yaml *value, uint8_t kind) {
    struct path set;
    int32_t part;
    if (!set_of(c, map, value, &set, &part, ELEMENT_SELF))
        return NONE;
    uint8_t type = literal_shape(c, part).type;
    if (type != VALUE_QUANTITY && type != VALUE_DURATION) {
        complain(c, value, "type", "numbers or durations can be summed; \"%s\" is %s", value->text,
                 literal_type_word(type));
        return NONE;
    }
    return term_over(c, map, &set, kind, part);
}

static int32_t sum_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_field(c, map, value, TERM_SUM);
}

static int32_t average_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return over_field(c, map, value, TERM_AVERAGE);
}

static int32_t earliest_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path set;
    int32_t part;
    if (!set_of(c, map, value, &set, &part, ELEMENT_OCCURRED))
        return NONE;
    uint8_t type = literal_shape(c, part).type;
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
    return term;
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

static const struct value_kind {
    const char *word, *options;
    int32_t (*read)(struct compiler *c, struct yaml *map, struct yaml *value);
} kinds[] = {
    {"count", FILTER_KEYS, count_value},       {"sum", FILTER_KEYS, sum_value},
    {"average", FILTER_KEYS, average_value},   {"share", FILTER_KEYS " needs", share_value},
    {"duration", "from", duration_value},      {"gap", "minus", gap_read},
    {"earliest", FILTER_KEYS, earliest_value}, {"highest", FILTER_KEYS, highest_value},
    {"list", FILTER_KEYS " show", list_value}, {"measure", "", measure_value},
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
        return compiler_keys(c, map, "this value", words) ? kinds[i].read(c, map, yaml_get(map, word)) : NONE;
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
             "a value is a path, or a map with one of: count sum average share duration gap earliest "
             "highest list measure");
    return NONE;
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
    *value = attribute_term(c, noun, &bound, fallback);
    return true;
}
