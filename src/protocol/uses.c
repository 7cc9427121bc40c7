// SPDX-License-Identifier: Apache-2.0
// Which parameters and calendar rules each thing in a file names, so that a proof can say which of them were in play.
// Found in the tree, because a parameter's value may have gone into a condition as a plain number.
// May call: compiler ground, moments.
#include "protocol/compiler.h"

#include <string.h>

struct user {
    struct compiler *c;
    struct use_def use;
};

static void add_use(const struct user *user, int32_t parameter, int32_t calendar) {
    struct use_def use = user->use;
    const struct definitions *d = user->c->d;
    use.parameter = parameter;
    use.calendar = calendar;
    for (size_t i = d->use_count; i > 0; i--) { // those of one user stand together
        const struct use_def *other = &d->uses[i - 1];
        if (other->kind != use.kind || other->index != use.index)
            break;
        if (other->parameter == parameter && other->calendar == calendar)
            return;
    }
    (void)compiler_push(user->c, TABLE_USES, &use);
}

static void find_name(const struct user *user, stepdown_slice text) {
    int32_t index;
    bool part;
    if (parameter_find(user->c, text, &index, &part))
        add_use(user, index, NONE);
    else if (literal_calendar_word(user->c, text, &index))
        add_use(user, NONE, index);
}

// Words for people name nothing.
static bool is_prose(const struct yaml *key) {
    static const char *const prose[] = {"says", "title", "row", "evidence", "protects"};
    bool found = false;
    for (size_t i = 0; i < sizeof prose / sizeof prose[0]; i++)
        found = found || yaml_is(key, prose[i]);
    return found;
}

static void find_names(const struct user *user, const struct yaml *node) {
    stepdown_slice amount, anchor;
    int sign;
    if (!node)
        return;
    if (node->kind == YAML_SCALAR) {
        find_name(user, split_shift(yaml_slice(node), &amount, &sign, &anchor) ? amount : yaml_slice(node));
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST)
            find_names(user, node->items[i]);
        else if (!is_prose(node->pairs[i].key))
            find_names(user, node->pairs[i].value);
    }
}

void uses_collect(struct compiler *c) {
    static const struct {
        enum table table;
        uint8_t kind;
    } users[] = {{TABLE_ITEMS, NAME_ITEM}, {TABLE_FIELDS, NAME_FIELD},     {TABLE_RULES, NAME_RULE},
                 {TABLE_NEEDS, NAME_NEED}, {TABLE_CONFIRMS, NAME_CONFIRM}, {TABLE_MEASURES, NAME_MEASURE}};
    for (size_t t = 0; t < sizeof users / sizeof users[0]; t++) {
        for (size_t i = 0; i < compiler_count(c, users[t].table); i++) {
            const struct origin *origin = compiler_origin_of(c, users[t].table, (int32_t)i);
            struct user user = {.c = c, .use = {.kind = users[t].kind, .index = (int32_t)i}};
            c->unit = compiler_def_at(c, users[t].table, i)->source;
            find_names(&user, origin ? origin->body : NULL);
        }
    }
}
