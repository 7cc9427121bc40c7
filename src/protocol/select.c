// SPDX-License-Identifier: Apache-2.0
// Filters: which of the things a noun names are meant (of, by, state, where, since, until, during).
// May call: paths, moments, roles, compiler ground.
#include "protocol/compiler.h"

#include <string.h>

uint64_t states_read(struct compiler *c, struct yaml *node, uint8_t kind) {
    struct yaml **words;
    uint64_t states = 0, reachable = UINT64_MAX;
    size_t count = compiler_words(c, node, "a state", &words);
    const struct kind_row *row = lifecycle_kind(kind);
    if (row) {
        const struct verb_row *verbs;
        size_t rows = lifecycle_rows(&verbs);
        reachable = STATE_BIT(row->initial);
        for (size_t i = 0; i < rows; i++) {
            if (verbs[i].kind == kind || verbs[i].kind == KIND_NONE)
                reachable |= STATE_BIT(verbs[i].to);
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t state = lifecycle_state_find(yaml_slice(words[i]));
        if (state != STATE_NONE && (reachable & STATE_BIT(state)) != 0) {
            states |= STATE_BIT(state);
            continue;
        }
        struct guess g;
        guess_start(&g, yaml_slice(words[i]));
        for (uint8_t s = 1; s < 64; s++) {
            if ((reachable & STATE_BIT(s)) != 0 && lifecycle_state_word(s)[0] != 0)
                guess_offer(&g, lifecycle_state_word(s));
        }
        complain(c, words[i], "name", "%s is never \"%s\"%s", row ? row->word : "an item", words[i]->text,
                 guess_text(&g));
    }
    return states;
}

// One entry of a where map: {attribute: value}, {attribute: [any of]} or {attribute: {OP: value}}.
static int32_t where_entry(struct compiler *c, struct yaml_pair *pair, const struct thing *candidate) {
    struct path from = {.is_selector = true, .selector = selector_this(pair->key), .thing = *candidate};
    struct path found;
    stepdown_slice word, rest = yaml_slice(pair->key);
    for (bool more = true; more; from = found) {
        more = slice_split(rest, '.', &word, &rest);
        if (!path_part(c, pair->key, &from, word, &found))
            return NONE;
        if (more && !found.is_selector) {
            complain(c, pair->key, "path", "nothing can follow a value in \"%s\"", pair->key->text);
            return NONE;
        }
    }
    if (found.is_selector) {
        complain(c, pair->key, "path", "\"%s\" is not a value of what is selected", pair->key->text);
        return NONE;
    }
    uint8_t op = pair->value->kind == YAML_LIST ? OP_ONE_OF : OP_IS;
    struct yaml *right = pair->value;
    if (pair->value->kind == YAML_MAP) {
        if (!compiler_keys(c, pair->value, "a comparison", COMPARE_KEYS))
            return NONE;
        if (!compare_find(pair->value, &op, &right)) {
            complain(c, pair->value, "key", "say how to compare: %s", COMPARE_KEYS);
            return NONE;
        }
    }
    return node_compare(c, pair->key, found.term, op, right);
}

void selectors_bind(struct compiler *c, size_t first, const struct thing *thing) {
    for (size_t i = first; i < c->d->selector_count; i++) {
        struct selector *s = &c->d->selectors[i];
        if (s->source != SELECT_THIS || s->known)
            continue;
        s->known = true;
        s->kind = thing->kind;
        s->code = thing->code;
        if (thing->sort == THING_FORM)
            s->code = (uint16_t)EVENT_CODE(c->d->forms[thing->def].family, 0);
    }
}

int32_t where_read(struct compiler *c, struct yaml *where, const struct thing *candidate) {
    if (where->kind != YAML_MAP || where->count == 0) {
        complain(c, where, "type", "where is a map of what must hold of each one selected");
        return NONE;
    }
    int32_t *children = compiler_scratch(c, where->count * sizeof *children);
    struct thing bound = c->bound;
    bool in_where = c->in_where;
    size_t first = c->d->selector_count;
    c->bound = *candidate;
    c->in_where = true;
    for (uint32_t i = 0; children && i < where->count; i++)
        children[i] = where_entry(c, &where->pairs[i], candidate);
    c->bound = bound;
    c->in_where = in_where;
    selectors_bind(c, first, candidate);
    return children ? node_group(c, NODE_ALL, where, children, where->count) : NONE;
}

static void read_of(struct compiler *c, struct yaml *of, struct path *out) {
    struct path path;
    if (!of || !compiler_is_text(c, of, "of") || !path_selector(c, of, yaml_slice(of), false, &path))
        return;
    out->selector.of = selector_add(c, &path.selector);
    bool huddle = path.thing.kind == KIND_HUDDLE;
    if (out->selector.source == SELECT_MARK && !huddle && out->selector.code == EVENT_HUDDLE_DECIDED)
        out->selector.code = EVENT_MARK_DECIDED;
    else if (out->selector.source == SELECT_MARK && !huddle && EVENT_FAMILY(out->selector.code) == FAMILY_HUDDLE)
        complain(c, of, "path", "only a huddle has that");
    else if (out->selector.source == SELECT_MARK && out->selector.code == EVENT_SUPPORT_DELIVERED &&
             path.thing.kind != KIND_SUPPORT)
        complain(c, of, "path", "only a support is delivered");
    out->thing.code = out->selector.source == SELECT_MARK ? out->selector.code : out->thing.code;
}

// "during: 7 days", "during: several.during" or an interval.
static int32_t read_during(struct compiler *c, const struct yaml *at) {
    if (!compiler_is_text(c, at, "during"))
        return NONE;
    struct value value = {.type = VALUE_DURATION};
    if (duration_parse(yaml_slice(at), &value.duration))
        return term_literal(c, at, &value);
    int32_t term = path_term(c, at, yaml_slice(at));
    uint8_t type = literal_shape(c, term).type;
    if (term >= 0 && type != VALUE_DURATION && type != VALUE_INTERVAL) {
        complain(c, at, "time", "\"%s\" is %s; during is a duration (the last …) or an interval", at->text,
                 literal_type_word(type));
        return NONE;
    }
    return term;
}

// "matching: organization": the same part of each one selected and of what is bound outside.
static void read_matching(struct compiler *c, const struct yaml *map, struct path *out) {
    const struct yaml *at = compiler_word(c, map, "matching");
    struct path key, bound;
    struct path candidate = {.is_selector = true, .selector = selector_this(at), .thing = out->thing};
    struct path outside = {.is_selector = true, .selector = selector_this(at), .thing = c->bound};
    if (!at)
        return;
    if (c->bound.sort == THING_NONE) {
        complain(c, at, "path", "nothing is bound here that each one could match");
        return;
    }
    if (!path_part(c, at, &candidate, yaml_slice(at), &key) || !path_part(c, at, &outside, yaml_slice(at), &bound))
        return;
    if (key.is_selector || bound.is_selector) {
        complain(c, at, "path", "\"%s\" is no value", at->text);
        return;
    }
    out->selector.key = 1 + key.term;
    out->selector.bound = 1 + bound.term;
}

bool select_read(struct compiler *c, const struct yaml *noun, struct yaml *map, struct path *out) {
    if (!compiler_is_text(c, noun, "what is selected") || !path_selector(c, noun, yaml_slice(noun), true, out))
        return false;
    if (out->selector.source == SELECT_MARK && !yaml_get(map, "of")) {
        complain(c, noun, "path", "say of which item: of");
        return false;
    }
    read_of(c, yaml_get(map, "of"), out);
    int32_t by = roles_read(c, map);
    if (by >= 0)
        out->selector.by = by;
    struct yaml *state = yaml_get(map, "state"), *where = yaml_get(map, "where");
    const struct yaml *since = yaml_get(map, "since"), *until = yaml_get(map, "until"),
                      *during = yaml_get(map, "during");
    if (state && out->thing.sort != THING_ITEM && out->thing.sort != THING_KIND)
        complain(c, state, "key", "only items have a state");
    else if (state)
        out->selector.states = states_read(c, state, out->thing.kind);
    if (since)
        out->selector.since = moment_read(c, since);
    if (until)
        out->selector.until = moment_read(c, until);
    if (during)
        out->selector.during = read_during(c, during);
    if (where)
        out->selector.where = where_read(c, where, &out->thing);
    read_matching(c, map, out);
    return true;
}
