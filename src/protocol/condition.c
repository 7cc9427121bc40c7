// SPDX-License-Identifier: Apache-2.0
// Conditions to nodes. One kind word per map; each kind is a row of the table at the end: its word, its options, its
// function. May call: paths, moments, roles, select, aggregate, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

struct node node_empty(uint8_t kind, const struct yaml *at) {
    return (struct node){.kind = kind,
                         .selector = NONE,
                         .selector2 = NONE,
                         .a = NONE,
                         .b = NONE,
                         .c = NONE,
                         .d = NONE,
                         .roles = NONE,
                         .index = NONE,
                         .line = at->line,
                         .column = at->column};
}

int32_t node_add(struct compiler *c, const struct node *node) { return compiler_push(c, TABLE_NODES, node); }

int32_t node_group(struct compiler *c, uint8_t kind, const struct yaml *at, const int32_t *children, size_t count) {
    struct node node = node_empty(kind, at);
    node.first_child = (uint32_t)c->d->child_count;
    for (size_t i = 0; i < count; i++) {
        if (children[i] < 0)
            return NONE; // complained about already
        if (compiler_push(c, TABLE_CHILDREN, &children[i]) < 0)
            return NONE;
    }
    node.child_count = (uint16_t)count;
    return node_add(c, &node);
}

// ---- comparing ---------------------------------------------------------------------------------------------------------

static const struct {
    const char *word;
    uint8_t op;
} operators[] = {
    {"is", OP_IS},           {"is_not", OP_IS_NOT},          {"one_of", OP_ONE_OF},     {"at_least", OP_AT_LEAST},
    {"at_most", OP_AT_MOST}, {"more_than", OP_MORE},         {"less_than", OP_LESS},    {"before", OP_BEFORE},
    {"after", OP_AFTER},     {"no_later_than", OP_NO_LATER}, {"includes", OP_INCLUDES},
};

bool compare_find(const struct yaml *map, uint8_t *op, struct yaml **right) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct yaml *found = yaml_get(map, operators[i].word);
        if (!found)
            continue;
        *op = operators[i].op;
        *right = found;
        return true;
    }
    return false;
}

static void wrong_literal(struct compiler *c, const struct yaml *at, const struct shape *shape) {
    struct guess g;
    guess_start(&g, yaml_slice(at));
    if (shape->list >= 0) {
        const struct list_def *list = &c->d->lists[shape->list];
        for (size_t i = 0; i < list->count; i++)
            guess_offer(&g, list->words[i]);
    } else if (shape->states) {
        for (uint8_t s = 1; s < 64; s++)
            guess_offer(&g, lifecycle_state_word(s));
    }
    complain(c, at, "type", "\"%s\" is not %s%s that can stand here%s", at->text,
             shape->list >= 0 || shape->states ? "one of the choices" : literal_type_word(shape->type),
             shape->unit ? " in that unit" : "", guess_text(&g));
}

// The right-hand side: a word or number of the left side's kind if it reads as one, else a path.
static int32_t operand(struct compiler *c, const struct yaml *at, const struct shape *shape) {
    struct value value;
    if (at->kind != YAML_SCALAR) {
        complain(c, at, "type", "one value is needed here");
        return NONE;
    }
    stepdown_slice text = yaml_slice(at);
    if (shape->type == VALUE_CHOICE && literal_read(c, text, shape, &value) && (shape->list >= 0 || shape->states))
        return term_literal(c, at, &value);
    stepdown_slice amount, anchor;
    int sign;
    bool moment = shape->type == VALUE_TIME || shape->type == VALUE_DATE;
    if (moment && (split_shift(text, &amount, &sign, &anchor) || path_known(c, text)))
        return moment_text(c, at, text);
    if (path_known(c, text))
        return path_term(c, at, text);
    if (shape->type != VALUE_BOOLEAN && yaml_looks_boolean(at)) {
        (void)compiler_is_text(c, at, "a value");
        return NONE;
    }
    if (literal_read(c, text, shape, &value))
        return term_literal(c, at, &value);
    wrong_literal(c, at, shape);
    return NONE;
}

static int32_t operand_list(struct compiler *c, struct yaml *right, const struct shape *shape) {
    struct value *items = compiler_keep(c, right->count * sizeof *items);
    for (uint32_t i = 0; items && i < right->count; i++) {
        const struct yaml *at = right->items[i];
        if (!compiler_is_text(c, at, "a value of a list"))
            return NONE;
        if (!literal_read(c, yaml_slice(at), shape, &items[i])) {
            wrong_literal(c, at, shape);
            return NONE;
        }
    }
    struct value list = {.type = VALUE_LIST, .count = right->count, .items = items};
    return items ? term_literal(c, right, &list) : NONE;
}

static bool ordered(uint8_t type) {
    return type == VALUE_QUANTITY || type == VALUE_TIME || type == VALUE_DATE || type == VALUE_DURATION ||
           type == VALUE_NONE;
}

// Two kinds of value that can be compared at all.
static bool comparable(const struct shape *a, const struct shape *b) {
    bool moment = (a->type == VALUE_TIME || a->type == VALUE_DATE) && (b->type == VALUE_TIME || b->type == VALUE_DATE);
    bool word =
        (a->type == VALUE_CHOICE || a->type == VALUE_TEXT) && (b->type == VALUE_CHOICE || b->type == VALUE_TEXT);
    return a->type == b->type || moment || word || a->type == VALUE_NONE || b->type == VALUE_NONE;
}

static bool can_compare(struct compiler *c, const struct yaml *at, const struct shape *left, uint8_t op) {
    bool time = op == OP_BEFORE || op == OP_AFTER || op == OP_NO_LATER;
    bool amount = op >= OP_AT_LEAST && op <= OP_LESS;
    if (op == OP_INCLUDES && !left->many && left->type != VALUE_LIST) {
        complain(c, at, "type", "includes asks for a list; this is %s", literal_type_word(left->type));
        return false;
    }
    if (op != OP_INCLUDES && left->many) {
        complain(c, at, "type", "this is a list; ask whether it includes something");
        return false;
    }
    if ((time && left->type != VALUE_TIME && left->type != VALUE_DATE && left->type != VALUE_NONE) ||
        (amount && !ordered(left->type))) {
        complain(c, at, "type", "%s cannot be compared like that", literal_type_word(left->type));
        return false;
    }
    return true;
}

int32_t node_compare(struct compiler *c, const struct yaml *at, int32_t left, uint8_t op, struct yaml *right) {
    struct shape shape = literal_shape(c, left);
    struct node node = node_empty(NODE_COMPARE, at);
    if (left < 0 || !can_compare(c, right, &shape, op))
        return NONE;
    shape.many = false;
    if (op == OP_ONE_OF && right->kind != YAML_LIST) {
        complain(c, right, "type", "one_of is a list of values, any of which will do");
        return NONE;
    }
    node.op = op;
    node.a = left;
    node.b = op == OP_ONE_OF ? operand_list(c, right, &shape) : operand(c, right, &shape);
    if (node.b < 0)
        return NONE;
    struct shape other = literal_shape(c, node.b);
    if (op != OP_ONE_OF && !comparable(&shape, &other)) {
        complain(c, right, "type", "%s is compared with %s", literal_type_word(shape.type),
                 literal_type_word(other.type));
        return NONE;
    }
    return node_add(c, &node);
}

// A comparison of the term `left` as the options of `map` say.
static int32_t compared(struct compiler *c, struct yaml *map, int32_t left) {
    uint8_t op;
    struct yaml *right;
    if (left < 0)
        return NONE;
    if (!compare_find(map, &op, &right)) {
        complain(c, map, "key", "say how to compare: %s", COMPARE_KEYS);
        return NONE;
    }
    return node_compare(c, map, left, op, right);
}

// ---- combinators -------------------------------------------------------------------------------------------------------

static int32_t group_of(struct compiler *c, struct yaml *list, uint8_t kind, int64_t n) {
    if (list->kind != YAML_LIST || list->count == 0) {
        complain(c, list, "type", "a list of conditions is needed here");
        return NONE;
    }
    int32_t *children = compiler_scratch(c, list->count * sizeof *children);
    for (uint32_t i = 0; children && i < list->count; i++)
        children[i] = condition_read(c, list->items[i], "");
    int32_t node = children ? node_group(c, kind, list, children, list->count) : NONE;
    if (node >= 0)
        c->d->nodes[node].n = n;
    return node;
}

static int32_t read_all(struct compiler *c, struct yaml *map, struct yaml *value) {
    (void)map;
    return group_of(c, value, NODE_ALL, 0);
}

static int32_t read_any(struct compiler *c, struct yaml *map, struct yaml *value) {
    (void)map;
    return group_of(c, value, NODE_ANY, 0);
}

static int32_t read_not(struct compiler *c, struct yaml *map, struct yaml *value) {
    (void)map;
    int32_t child = condition_read(c, value, "");
    return node_group(c, NODE_NOT, value, &child, 1);
}

static int32_t read_at_least(struct compiler *c, struct yaml *map, struct yaml *value) {
    int64_t n;
    struct yaml *of = yaml_get(map, "of");
    if (!of) {
        complain(c, map, "key", "at_least by itself counts conditions: of which list");
        return NONE;
    }
    if (!integer_read(c, map, "at_least", &n))
        return NONE;
    if (of->kind == YAML_LIST && (size_t)n > of->count)
        complain(c, value, "type", "at least %d of %u conditions can never hold", (int)n, (unsigned)of->count);
    return group_of(c, of, NODE_AT_LEAST, n);
}

static int32_t read_if(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct yaml *then = yaml_get(map, "then");
    if (!then) {
        complain(c, map, "key", "if needs a then");
        return NONE;
    }
    int32_t children[2] = {condition_read(c, value, ""), condition_read(c, then, "")};
    return node_group(c, NODE_WHEN, map, children, 2);
}

// ---- values and sets -----------------------------------------------------------------------------------------------------

static int32_t read_field(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_FIELD, map);
    const struct yaml *since = yaml_get(map, "since");
    if (!compiler_is_text(c, value, "field"))
        return NONE;
    node.a = path_term(c, value, yaml_slice(value));
    node.roles = roles_read(c, map);
    if (since)
        node.b = moment_read(c, since);
    return node.a < 0 ? NONE : node_add(c, &node);
}

// The element or elements that a condition speaks about, with its `of`.
static bool read_subject(struct compiler *c, struct yaml *map, struct yaml *value, struct path *path) {
    struct yaml *of = yaml_get(map, "of");
    struct path owner;
    if (!compiler_is_text(c, value, "what is meant") || !path_read(c, value, yaml_slice(value), false, path))
        return false;
    if (!of || !path->is_selector)
        return true;
    if (!compiler_is_text(c, of, "of") || !path_selector(c, of, yaml_slice(of), false, &owner))
        return false;
    path->selector.of = selector_add(c, &owner.selector);
    return true;
}

static bool must_be_item(struct compiler *c, const struct yaml *at, const struct path *path) {
    bool item = path->is_selector && (path->thing.sort == THING_ITEM || path->thing.sort == THING_KIND);
    if (!item)
        complain(c, at, "path", "\"%s\" is no item", at->text);
    return item;
}

// What completes an item: its own form, if it names one, else every form about it.
static int32_t read_complete(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_COMPLETE, map);
    struct path path;
    if (!read_subject(c, map, value, &path))
        return NONE;
    if (!path.is_selector) {
        complain(c, value, "path", "\"%s\" is a value; an item or form is meant here", value->text);
        return NONE;
    }
    if (path.thing.sort == THING_ITEM)
        node.index = c->d->items[path.thing.def].form;
    node.roles = roles_read(c, map);
    node.selector = selector_add(c, &path.selector);
    return node_add(c, &node);
}

static int32_t read_value(struct compiler *c, struct yaml *map, struct yaml *value) {
    return compared(c, map, value_compile(c, value));
}

static int32_t read_count(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_COUNT, map);
    struct path path;
    struct yaml *right;
    struct shape number = {.type = VALUE_QUANTITY, .list = NONE};
    if (!select_read(c, value, map, &path))
        return NONE;
    if (!compare_find(map, &node.op, &right)) {
        complain(c, map, "key", "count needs a number to compare with: at_least, at_most, is …");
        return NONE;
    }
    node.c = key_read(c, map, "distinct", &path.thing);
    node.selector = selector_add(c, &path.selector);
    node.b = operand(c, right, &number);
    if (node.b < 0)
        return NONE;
    if (literal_shape(c, node.b).type != VALUE_QUANTITY) {
        complain(c, right, "type", "a count is compared with a number");
        return NONE;
    }
    return node_add(c, &node);
}

int32_t condition_each(struct compiler *c, struct yaml *map, const struct thing *thing) {
    struct thing bound = c->bound;
    bool in_where = c->in_where;
    size_t first = c->d->selector_count;
    if (c->quantifiers == QUANTIFIERS_MAX) {
        complain(c, map, "type", "more than %d conditions about sets inside one another", QUANTIFIERS_MAX);
        return NONE;
    }
    c->bound = *thing;
    c->in_where = false;
    c->quantifiers++;
    int32_t node = condition_read(c, map, "");
    c->quantifiers--;
    selectors_bind(c, first, thing);
    c->bound = bound;
    c->in_where = in_where;
    return node;
}

static int32_t read_each(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct path path;
    struct yaml *needs = yaml_get(map, "needs");
    const struct yaml *empty = yaml_get(map, "empty");
    if (!select_read(c, value, map, &path))
        return NONE;
    if (!needs) {
        complain(c, map, "key", "each says what must hold of every one: needs");
        return NONE;
    }
    int32_t child = condition_each(c, needs, &path.thing);
    int32_t node = node_group(c, NODE_EACH, map, &child, 1);
    if (node < 0)
        return NONE;
    c->d->nodes[node].selector = selector_add(c, &path.selector);
    if (yaml_is(empty, "passes"))
        c->d->nodes[node].flags |= NODE_EMPTY_PASSES;
    else if (empty)
        complain(c, empty, "type", "empty: passes, or nothing");
    return node;
}

static int32_t read_state(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_STATE, map);
    struct path path;
    struct yaml *is = yaml_get(map, "is"), *one_of = yaml_get(map, "one_of"), *as_of = yaml_get(map, "as_of");
    if (!read_subject(c, map, value, &path) || !must_be_item(c, value, &path))
        return NONE;
    if (!is == !one_of) {
        complain(c, map, "key", "state needs is: one state, or one_of: several of which any will do");
        return NONE;
    }
    node.states = states_read(c, is ? is : one_of, path.thing.kind);
    node.selector = selector_add(c, &path.selector);
    if (as_of)
        node.b = moment_read(c, as_of);
    if (node.b >= 0 && path.selector.pick == PICK_LATEST) // the newest that there was then
        c->d->selectors[node.selector].until = node.b;
    return node_add(c, &node);
}

static int32_t read_owner(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_OWNER, map);
    struct path path;
    if (!read_subject(c, map, value, &path) || !must_be_item(c, value, &path))
        return NONE;
    node.selector = selector_add(c, &path.selector);
    node.roles = roles_read(c, map);
    return node_add(c, &node);
}

// Acknowledged or attested: a whole element, or one field of it.
static int32_t read_word(struct compiler *c, struct yaml *map, struct yaml *value, uint8_t kind) {
    struct node node = node_empty(kind, map);
    struct path path;
    const struct yaml *since = yaml_get(map, "since");
    if (!read_subject(c, map, value, &path))
        return NONE;
    node.roles = roles_read(c, map);
    if (node.roles < 0 && !yaml_get(map, "by") && !yaml_get(map, "by_any") && !yaml_get(map, "by_each"))
        complain(c, map, "role", "say whose word counts: by, by_any or by_each");
    const struct yaml *from = compiler_word(c, map, "from");
    if (since)
        node.b = moment_read(c, since);
    if (from)
        node.c = path_term(c, from, yaml_slice(from));
    if (path.is_selector) {
        node.selector = selector_add(c, &path.selector);
        return node_add(c, &node);
    }
    if (path.term < 0 || c->d->terms[path.term].kind != TERM_FIELD) {
        complain(c, value, "path", "\"%s\" is no item, form or field", value->text);
        return NONE;
    }
    node.selector = c->d->terms[path.term].selector;
    node.index = c->d->terms[path.term].field;
    return node_add(c, &node);
}

static int32_t read_ack(struct compiler *c, struct yaml *map, struct yaml *value) {
    return read_word(c, map, value, NODE_ACK);
}

static int32_t read_attested(struct compiler *c, struct yaml *map, struct yaml *value) {
    return read_word(c, map, value, NODE_ATTESTED);
}

static int32_t read_attended(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_ATTENDED, map);
    struct path path;
    if (!read_subject(c, map, value, &path) || !must_be_item(c, value, &path))
        return NONE;
    if (path.thing.kind != KIND_HUDDLE) {
        complain(c, value, "path", "only a huddle is attended");
        return NONE;
    }
    node.selector = selector_add(c, &path.selector);
    node.roles = roles_read(c, map);
    if (node.roles < 0 && path.thing.sort == THING_ITEM) {
        const struct item_def *item = &c->d->items[path.thing.def];
        node.roles = roles_add(c, ROLE_EACH, item->attend, item->attend_count);
    }
    return node_add(c, &node);
}

static int32_t read_happened(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_HAPPENED, map);
    const struct yaml *before = yaml_get(map, "before"), *no_later = yaml_get(map, "no_later_than");
    const struct yaml *within = yaml_get(map, "within"), *after = yaml_get(map, "after");
    node.a = moment_read(c, value);
    if (before || no_later) {
        node.op = before ? OP_BEFORE : OP_NO_LATER;
        node.b = moment_read(c, before ? before : no_later);
    } else if (after) {
        node.op = OP_AFTER;
        node.b = moment_read(c, after);
    }
    if (within && !after)
        complain(c, within, "key", "within needs after: the moment it is counted from");
    if (within && after) {
        node.flags |= NODE_WITHIN;
        node.c = duration_read(c, within);
    }
    return node.a < 0 ? NONE : node_add(c, &node);
}

static int32_t read_loop(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_LOOP, map);
    struct path path;
    if (!read_subject(c, map, value, &path) || !must_be_item(c, value, &path))
        return NONE;
    node.selector = selector_add(c, &path.selector);
    return node_add(c, &node);
}

static int32_t word_term(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *at = compiler_word(c, map, key);
    if (!at) {
        complain(c, map, "key", "consent needs %s", key);
        return NONE;
    }
    struct value value = {.type = VALUE_CHOICE, .text = slice_text(compiler_text(c, yaml_slice(at)))};
    return term_literal(c, at, &value);
}

static int32_t read_consent(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_CONSENT, map);
    if (!compiler_is_text(c, value, "consent"))
        return NONE;
    if (!forms_know_class(c, yaml_slice(value)))
        complain(c, value, "name", "no form of consent has the class of data %s in data_class", value->text);
    node.a = word_term(c, map, "consent");
    node.b = word_term(c, map, "to");
    node.c = word_term(c, map, "for");
    return node_add(c, &node);
}

// ---- intervals, indicators, patterns -----------------------------------------------------------------------------------

// Each observation counts, not only the newest of its form.
static int32_t every_entry(struct compiler *c, int32_t selector) {
    struct selector all = c->d->selectors[selector];
    if (all.source != SELECT_FORM && all.source != SELECT_FAMILY)
        return selector;
    all.pick = PICK_ALL;
    return selector_add(c, &all);
}

static int32_t read_sustained(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_SUSTAINED, map);
    struct yaml *right;
    const struct yaml *span = yaml_get(map, "throughout");
    if (!compiler_is_text(c, value, "sustained"))
        return NONE;
    int32_t field = path_term(c, value, yaml_slice(value));
    if (field < 0)
        return NONE;
    if (c->d->terms[field].kind != TERM_FIELD || !span || !compare_find(map, &node.op, &right)) {
        complain(c, map, "key", "sustained names a field, a comparison and throughout: a duration");
        return NONE;
    }
    struct shape shape = literal_shape(c, field);
    node.selector = every_entry(c, c->d->terms[field].selector);
    node.index = c->d->terms[field].field;
    node.a = operand(c, right, &shape);
    node.b = duration_read(c, span);
    node.n = 1;
    if (yaml_get(map, "observations"))
        (void)integer_read(c, map, "observations", &node.n);
    return node_add(c, &node);
}

static int32_t read_measured(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_MEASURED, map);
    if (!compiler_is_text(c, value, "measured"))
        return NONE;
    if (c->in_measure)
        complain(c, value, "type", "a measure cannot be made of measures");
    node.index = compiler_name(c, TABLE_MEASURES, value, yaml_slice(value), "measured");
    return node.index < 0 ? NONE : node_add(c, &node);
}

static int32_t read_pattern(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_FIRED, map);
    struct yaml *of = yaml_get(map, "of");
    struct path path;
    if (!compiler_is_text(c, value, "pattern"))
        return NONE;
    node.index = compiler_name(c, TABLE_RULES, value, yaml_slice(value), "pattern");
    if (of && compiler_is_text(c, of, "of") && path_selector(c, of, yaml_slice(of), false, &path))
        node.selector = selector_add(c, &path.selector);
    return node.index < 0 ? NONE : node_add(c, &node);
}

static int32_t read_met(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_MET, map);
    if (!compiler_is_text(c, value, "met"))
        return NONE;
    int32_t need = compiler_name(c, TABLE_NEEDS, value, yaml_slice(value), "met");
    for (size_t i = 0; need >= 0 && i < c->d->gate_count; i++) {
        const struct gate_def *gate = &c->d->gates[i];
        if ((uint32_t)need >= gate->need_first && (uint32_t)need < gate->need_first + gate->need_count) {
            node.index = (int32_t)i;
            node.n = need - (int64_t)gate->need_first;
        }
    }
    return need < 0 ? NONE : node_add(c, &node);
}

static int32_t read_repeat(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_REPEAT, map);
    struct path path;
    const struct yaml *during = yaml_get(map, "during");
    if (!select_read(c, value, map, &path))
        return NONE;
    if (!integer_read(c, map, "at_least", &node.n)) {
        complain(c, map, "key", "repeat says how often: at_least");
        return NONE;
    }
    path.selector.during = NONE; // the window is the pattern's, not the set's
    node.selector = selector_add(c, &path.selector);
    node.a = key_read(c, map, "same", &path.thing);
    node.c = key_read(c, map, "distinct", &path.thing);
    if (during)
        node.b = duration_read(c, during);
    if (compiler_flag(c, map, "at_once"))
        node.flags |= NODE_AT_ONCE;
    return node_add(c, &node);
}

static int32_t read_sequence(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_SEQUENCE, map);
    const struct yaml *within = yaml_get(map, "within");
    if (value->kind != YAML_LIST || value->count != 2) {
        complain(c, value, "type", "sequence is a list of two moments: what comes first, what follows");
        return NONE;
    }
    node.n = 1;
    node.a = moment_read(c, value->items[0]);
    node.b = moment_read(c, value->items[1]);
    if (within)
        node.c = duration_read(c, within);
    if (yaml_get(map, "at_least"))
        (void)integer_read(c, map, "at_least", &node.n);
    if (yaml_get(map, "during"))
        node.d = duration_read(c, yaml_get(map, "during"));
    if (yaml_get(map, "without"))
        node.index = moment_read(c, yaml_get(map, "without"));
    return node.a < 0 || node.b < 0 ? NONE : node_add(c, &node);
}

static int32_t list_term(struct compiler *c, const struct yaml *at, struct shape *shape) {
    if (!compiler_is_text(c, at, "a list"))
        return NONE;
    int32_t term = path_term(c, at, yaml_slice(at));
    *shape = literal_shape(c, term);
    if (term >= 0 && !shape->many) {
        complain(c, at, "type", "\"%s\" is %s; a list is needed", at->text, literal_type_word(shape->type));
        return NONE;
    }
    return term;
}

static int32_t number_term(struct compiler *c, const struct yaml *at) {
    struct shape number = {.type = VALUE_QUANTITY, .list = NONE};
    int32_t term = operand(c, at, &number);
    if (term >= 0 && literal_shape(c, term).type != VALUE_QUANTITY) {
        complain(c, at, "type", "\"%s\" is no number", at->text);
        return NONE;
    }
    return term;
}

// A list that grows from member to member, from what was before it, by not more than a factor.
static int32_t read_ascending(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_ASCENDING, map);
    const struct yaml *after = yaml_get(map, "after"), *factor = yaml_get(map, "factor");
    const struct yaml *as_many = yaml_get(map, "as_many_as");
    struct shape shape, other;
    node.n = 1;
    node.a = list_term(c, value, &shape);
    if (node.a < 0)
        return NONE;
    if (!ordered(shape.type))
        complain(c, value, "type", "%s has no order", literal_type_word(shape.type));
    shape.many = false;
    if (after)
        node.b = operand(c, after, &shape);
    if (factor)
        node.c = number_term(c, factor);
    if (factor && shape.type != VALUE_QUANTITY && shape.type != VALUE_DURATION)
        complain(c, factor, "type", "only numbers and durations grow by a factor");
    if (as_many)
        node.d = list_term(c, as_many, &other);
    if (yaml_get(map, "at_least"))
        (void)integer_read(c, map, "at_least", &node.n);
    return node_add(c, &node);
}

// ---- the table ---------------------------------------------------------------------------------------------------------

static const struct condition_kind {
    const char *word, *options;
    int32_t (*read)(struct compiler *c, struct yaml *map, struct yaml *value);
    bool option_too; // also an option of other kinds: counts as the kind only when no other kind word is there
} kinds[] = {
    {"all", "", read_all, false},
    {"any", "", read_any, false},
    {"not", "", read_not, false},
    {"if", "then", read_if, false},
    {"field", ROLE_KEYS " since", read_field, false},
    {"complete", "of " ROLE_KEYS, read_complete, false},
    {"value", COMPARE_KEYS, read_value, true}, // of median, sum …
    {"count", FILTER_KEYS " distinct " COMPARE_KEYS, read_count, false},
    {"each", FILTER_KEYS " needs empty", read_each, false},
    {"covered", "by where", covered_read, false},
    {"sustained", "throughout observations " COMPARE_KEYS, read_sustained, false},
    {"owner", "of " ROLE_KEYS, read_owner, false},
    {"ack", "of since from " ROLE_KEYS, read_ack, false},
    {"attested", "of since from " ROLE_KEYS, read_attested, false},
    {"attended", "of " ROLE_KEYS, read_attended, false},
    {"happened", "before no_later_than within after", read_happened, false},
    {"consent", "to for", read_consent, false},
    {"loop", "of", read_loop, false},
    {"measured", "", read_measured, false},
    {"met", "", read_met, false},
    {"repeat", FILTER_KEYS " same distinct at_once at_least", read_repeat, false},
    {"sequence", "within at_least during without", read_sequence, false},
    {"ascending", "after factor at_least as_many_as", read_ascending, false},
    {"state", "is one_of as_of of", read_state, true},
    {"pattern", "of", read_pattern, true},
    {"at_least", "of", read_at_least, true},
};
enum { KIND_WORDS = sizeof kinds / sizeof kinds[0] };

// The one kind word of the map. False after a complaint; *out stays NULL when there is none.
static bool kind_find(struct compiler *c, const struct yaml *map, const struct condition_kind **out) {
    for (size_t i = 0; i < KIND_WORDS; i++) {
        if (!yaml_get(map, kinds[i].word) || (kinds[i].option_too && *out))
            continue;
        if (*out) {
            complain(c, map, "key", "\"%s\" and \"%s\" are both kinds of condition; one map holds one", (*out)->word,
                     kinds[i].word);
            return false;
        }
        *out = &kinds[i];
    }
    return true;
}

static void no_kind(struct compiler *c, const struct yaml *map, const char *also) {
    char words[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < KIND_WORDS; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? " " : "", kinds[i].word);
    struct guess g;
    guess_start(&g, slice_text(""));
    for (uint32_t i = 0; i < map->count && !g.best; i++) {
        if (compiler_has_word(also, yaml_slice(map->pairs[i].key)))
            continue;
        guess_start(&g, yaml_slice(map->pairs[i].key));
        guess_words(&g, words);
    }
    complain(c, map, "key",
             "this is no condition%s; kinds: %s, or a value word (sum average share duration gap earliest "
             "highest median p90 spread list delta measure) with a comparison",
             guess_text(&g), words);
}

int32_t condition_read(struct compiler *c, struct yaml *map, const char *also) {
    const char *word;
    char words[512];
    if (map->kind != YAML_MAP) {
        complain(c, map, "type",
                 map->kind == YAML_LIST ? "a list hides whether all or any is meant: write all: or any:"
                                        : "a condition is a map such as {field: …} or {count: …}");
        return NONE;
    }
    const struct condition_kind *kind = NULL;
    if (!kind_find(c, map, &kind))
        return NONE;
    if ((!kind || kind->option_too) && value_word(map, &word))
        return compared(c, map, value_aggregate(c, map, word, true));
    if (!kind) {
        no_kind(c, map, also);
        return NONE;
    }
    (void)snprintf(words, sizeof words, "%s %s%s%s", kind->word, kind->options, also[0] ? " " : "", also);
    if (!compiler_keys(c, map, "this condition", words))
        return NONE;
    return kind->read(c, map, yaml_get(map, kind->word));
}
