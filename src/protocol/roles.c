// SPDX-License-Identifier: Apache-2.0
// Whose deed counts: role names, by / by_any / by_each, and who can clear a need. May call: paths, compiler ground.
#include "protocol/compiler.h"

#include <string.h>

int32_t role_read(struct compiler *c, const struct yaml *at) {
    if (!compiler_is_text(c, at, "a role"))
        return NONE;
    stepdown_slice left, right;
    if (slice_split(yaml_slice(at), '.', &left, &right) && slice_is(right, "chair")) { // huddle.chair
        int32_t item = compiler_name(c, TABLE_ITEMS, at, left, "chair");
        if (item < 0)
            return NONE;
        if (c->d->items[item].chair < 0)
            complain(c, at, "role", "%s has no chair", c->d->items[item].def.name);
        return c->d->items[item].chair;
    }
    return compiler_name(c, TABLE_ROLES, at, yaml_slice(at), "role");
}

size_t role_list(struct compiler *c, struct yaml *node, const char *what, const int32_t **out) {
    struct yaml **words;
    size_t count = compiler_words(c, node, what, &words), kept = 0;
    int32_t *roles = compiler_keep(c, count * sizeof *roles);
    for (size_t i = 0; roles && i < count; i++) {
        int32_t role = role_read(c, words[i]);
        if (role >= 0)
            roles[kept++] = role;
    }
    *out = roles;
    return roles ? kept : 0;
}

int32_t roles_add(struct compiler *c, uint8_t mode, const int32_t *roles, size_t count) {
    int32_t *kept = compiler_keep(c, count * sizeof *kept);
    struct role_set set = {
        .mode = mode, .count = (uint16_t)count, .roles = kept, .person = NONE, .people = NONE, .named = NONE};
    if (!kept)
        return NONE;
    if (count > 0)
        memcpy(kept, roles, count * sizeof *kept);
    return compiler_push(c, TABLE_ROLE_SETS, &set);
}

// "shift.staff", "visit.owner": of each of several the person who is named there.
static int32_t each_read(struct compiler *c, const struct yaml *at, stepdown_slice noun, stepdown_slice part) {
    struct role_set set = {.mode = ROLE_EACH, .person = NONE, .people = NONE, .named = NONE};
    struct path path, found, from;
    if (!path_selector(c, at, noun, true, &path))
        return NONE;
    set.people = selector_add(c, &path.selector);
    if (!slice_is(part, "owner")) {
        from = (struct path){.is_selector = true, .selector = selector_this(at), .thing = path.thing};
        if (!path_part(c, at, &from, part, &found))
            return NONE;
        set.named = found.is_selector ? NONE : found.term;
        if (literal_shape(c, set.named).type != VALUE_PERSON) {
            complain(c, at, "type", "\"%s\" names no person", at->text);
            return NONE;
        }
    }
    return compiler_push(c, TABLE_ROLE_SETS, &set);
}

// "second_visit.owner": a person who is named by an item, or each of several.
static int32_t people_read(struct compiler *c, const struct yaml *at, bool each) {
    struct role_set set = {.mode = ROLE_ONE, .person = NONE, .people = NONE, .named = NONE};
    stepdown_slice text = yaml_slice(at);
    size_t dot = text.size;
    while (dot > 0 && text.data[dot - 1] != '.')
        dot--;
    if (each && dot > 0)
        return each_read(c, at, slice_of(text.data, dot - 1), slice_of(text.data + dot, text.size - dot));
    set.person = path_term(c, at, text);
    if (set.person < 0)
        return NONE;
    if (literal_shape(c, set.person).type != VALUE_PERSON) {
        complain(c, at, "type", "\"%s\" is %s; a role or a person is needed", at->text,
                 literal_type_word(literal_shape(c, set.person).type));
        return NONE;
    }
    return compiler_push(c, TABLE_ROLE_SETS, &set);
}

static bool names_people(const struct compiler *c, const struct yaml *word) {
    stepdown_slice left, right;
    return word->kind == YAML_SCALAR && slice_split(yaml_slice(word), '.', &left, &right) &&
           !slice_is(right, "chair") && compiler_find(c, TABLE_ROLES, yaml_slice(word)) < 0;
}

static int32_t roles_of(struct compiler *c, struct yaml *value, uint8_t mode) {
    const int32_t *roles;
    if (value->kind == YAML_SCALAR && names_people(c, value))
        return people_read(c, value, mode == ROLE_EACH);
    size_t count = role_list(c, value, "a role", &roles);
    return count > 0 ? roles_add(c, mode, roles, count) : NONE;
}

int32_t roles_read(struct compiler *c, const struct yaml *map) {
    static const struct {
        const char *key;
        uint8_t mode;
    } keys[] = {{"by", ROLE_ONE}, {"by_any", ROLE_ANY}, {"by_each", ROLE_EACH}};
    int32_t found = NONE;
    bool given = false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct yaml *value = yaml_get(map, keys[i].key);
        if (!value)
            continue;
        if (given)
            complain(c, value, "role", "only one of by, by_any and by_each can stand here");
        given = true;
        if (keys[i].mode == ROLE_ONE && value->kind == YAML_LIST) {
            complain(c, value, "role",
                     "by takes one role; of several say by_any (one of them is enough) or by_each "
                     "(every one of them)");
            continue;
        }
        found = roles_of(c, value, keys[i].mode);
    }
    return found;
}

// ---- who can clear a need ------------------------------------------------------------------------------------------------

struct clearers {
    int32_t roles[32];
    size_t count;
    int32_t person; // role set that names a person
    int32_t owner;  // role that owns `this`, while `this` is the guarded item
};

static void add_role(struct clearers *out, int32_t role) {
    for (size_t i = 0; i < out->count; i++) {
        if (out->roles[i] == role)
            return;
    }
    if (role >= 0 && out->count < sizeof out->roles / sizeof out->roles[0])
        out->roles[out->count++] = role;
}

static void add_set(const struct compiler *c, struct clearers *out, int32_t index) {
    if (index < 0)
        return;
    const struct role_set *set = &c->d->role_sets[index];
    if (set->person >= 0 || set->people >= 0)
        out->person = index;
    for (uint16_t i = 0; i < set->count; i++)
        add_role(out, set->roles[i]);
}

static void add_field(const struct compiler *c, struct clearers *out, int32_t index) {
    const struct field_def *field = &c->d->fields[index];
    add_set(c, out, field->by >= 0 ? field->by : c->d->forms[field->form].by);
}

static void add_form(const struct compiler *c, struct clearers *out, int32_t index) {
    const struct form_def *form = &c->d->forms[index];
    add_set(c, out, form->by);
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *field = &c->d->fields[form->field_first + i];
        if (field->by >= 0 && !field->optional)
            add_set(c, out, field->by);
    }
}

static void add_selector(const struct compiler *c, struct clearers *out, int32_t index) {
    if (index < 0)
        return;
    const struct selector *s = &c->d->selectors[index];
    if (s->by >= 0) {
        add_set(c, out, s->by);
        return;
    }
    if (s->source == SELECT_ITEM || s->source == SELECT_OVER)
        add_role(out, c->d->items[s->def].owner_role);
    if (s->source == SELECT_THIS)
        add_role(out, out->owner);
    if (s->source == SELECT_FORM || s->source == SELECT_OVER_ENTRY)
        add_form(c, out, s->def);
    for (size_t i = 0; s->source == SELECT_FAMILY && i < c->d->form_count; i++) {
        if (c->d->forms[i].family == EVENT_FAMILY(s->code))
            add_form(c, out, (int32_t)i);
    }
    if (s->source == SELECT_MARK)
        add_selector(c, out, s->of);
}

static void add_term(const struct compiler *c, struct clearers *out, int32_t index) {
    if (index < 0)
        return;
    const struct term *term = &c->d->terms[index];
    if (term->kind == TERM_FIELD)
        add_field(c, out, term->field);
    else
        add_selector(c, out, term->selector);
}

static void add_node(const struct compiler *c, struct clearers *out, int32_t index) {
    if (index < 0)
        return;
    const struct node *node = &c->d->nodes[index];
    int32_t owner = out->owner;
    if (node->kind == NODE_EACH) // inside, `this` is one of those selected
        out->owner = NONE;
    for (uint16_t i = 0; i < node->child_count; i++)
        add_node(c, out, c->d->children[node->first_child + i]);
    out->owner = owner;
    if (node->roles >= 0) {
        add_set(c, out, node->roles);
        return;
    }
    if (node->kind == NODE_COVERED) { // who records what covers it, not who records the need
        for (int32_t span = node->b; span >= 0; span = c->d->terms[span].b)
            add_term(c, out, span);
        return;
    }
    if (node->kind == NODE_COMPLETE && node->index >= 0)
        add_form(c, out, node->index);
    else
        add_selector(c, out, node->selector);
    add_term(c, out, node->a);
}

int32_t roles_clearers(struct compiler *c, int32_t node) {
    struct clearers found = {.person = NONE, .owner = NONE};
    if (c->bound.sort == THING_ITEM)
        found.owner = c->d->items[c->bound.def].owner_role;
    add_node(c, &found, node);
    if (found.count == 0)
        return found.person;
    int32_t set = roles_add(c, ROLE_ANY, found.roles, found.count);
    if (set >= 0 && found.person >= 0) { // the owner by name as well as the roles
        c->d->role_sets[set].person = c->d->role_sets[found.person].person;
        c->d->role_sets[set].people = c->d->role_sets[found.person].people;
        c->d->role_sets[set].named = c->d->role_sets[found.person].named;
    }
    return set;
}
