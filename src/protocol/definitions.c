// SPDX-License-Identifier: Apache-2.0
// Using compiled definitions: lifetime, binding names to the store's numbers, finding things by name.
// May call: record, base.
#include "protocol/definitions.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *const protocol_subjects[SUBJECTS] = {"person", "program", "provider", "region"};

struct definitions *definitions_retain(struct definitions *d) {
    atomic_fetch_add(&d->references.value, 1);
    return d;
}

void definitions_release(struct definitions **d) {
    struct definitions *gone = d ? *d : NULL;
    if (!gone)
        return;
    *d = NULL;
    if (atomic_fetch_sub(&gone->references.value, 1) > 1)
        return;
    struct env env = gone->env; // the arena points at the copy inside what is freed
    gone->arena.env = &env;
    arena_free(&gone->arena);
    env_free(&env, gone);
}

// Where the symbol of a name is kept, besides the name itself.
static struct def *named_def(struct definitions *d, const struct name_def *name) {
    switch (name->kind) {
    case NAME_ITEM: return &d->items[name->index].def;
    case NAME_FORM: return &d->forms[name->index].def;
    case NAME_FIELD: return &d->fields[name->index].def;
    case NAME_RULE: return &d->rules[name->index].def;
    case NAME_GATE: return &d->gates[name->index].def;
    case NAME_NEED: return &d->needs[name->index].def;
    case NAME_CONFIRM: return &d->confirms[name->index].def;
    case NAME_ROLE: return &d->roles[name->index].def;
    default: return &d->measures[name->index].def;
    }
}

static int compare_symbols(const void *a, const void *b) {
    uint32_t left = ((const struct name_def *)a)->symbol, right = ((const struct name_def *)b)->symbol;
    return (left > right) - (left < right);
}

stepdown_status definitions_bind(struct definitions *d, const uint32_t *numbers, stepdown_error **out_error) {
    for (size_t i = 0; i < d->name_count; i++) {
        if (numbers[i] < SYMBOL_FIRST)
            return status_fail(&d->env, out_error, STEPDOWN_INTERNAL, "%s has number %u, which is not a symbol",
                               d->names[i].qualified, (unsigned)numbers[i]);
    }
    for (size_t i = 0; i < d->name_count; i++) {
        d->names[i].symbol = numbers[i];
        named_def(d, &d->names[i])->symbol = numbers[i];
    }
    qsort(d->names, d->name_count, sizeof *d->names, compare_symbols);
    for (size_t i = 1; i < d->name_count; i++) {
        if (d->names[i - 1].symbol == d->names[i].symbol)
            return status_fail(&d->env, out_error, STEPDOWN_INTERNAL, "%s and %s have the same number",
                               d->names[i - 1].qualified, d->names[i].qualified);
    }
    return STEPDOWN_OK;
}

bool definitions_each_time(const struct definitions *d, int32_t term) {
    const struct term *t = &d->terms[term];
    return t->kind == TERM_EVENT || (t->kind == TERM_ATTRIBUTE && t->attribute == ELEMENT_OCCURRED &&
                                     d->selectors[t->selector].pick == PICK_LATEST);
}

const struct name_def *definitions_symbol(const struct definitions *d, uint32_t symbol) {
    struct name_def key = {.symbol = symbol};
    if (symbol == 0 || d->name_count == 0)
        return NULL;
    return bsearch(&key, d->names, d->name_count, sizeof *d->names, compare_symbols);
}

// Is the name "failed-first-visit-huddle.second_visit"?
static bool is_called(const struct definitions *d, const struct def *def, stepdown_slice name) {
    const char *source = d->sources[def->source].name;
    size_t size = strlen(source), rest = strlen(def->name);
    return name.size == size + 1 + rest && memcmp(name.data, source, size) == 0 && name.data[size] == '.' &&
           memcmp(name.data + size + 1, def->name, rest) == 0;
}

// Index of the one definition of that name in an array of `width`-byte elements that begin with a struct def.
static int32_t find(const struct definitions *d, const void *array, size_t count, size_t width, stepdown_slice name) {
    int32_t found = NAME_UNKNOWN;
    bool qualified = name.size > 0 && memchr(name.data, '.', name.size) != NULL;
    for (size_t i = 0; i < count; i++) {
        const struct def *def = (const struct def *)((const char *)array + i * width);
        if (!slice_is(name, def->name) && !(qualified && is_called(d, def, name)))
            continue;
        if (found >= 0)
            return NAME_CLASHES;
        found = (int32_t)i;
    }
    return found;
}

int32_t definitions_item(const struct definitions *d, stepdown_slice name) {
    return find(d, d->items, d->item_count, sizeof *d->items, name);
}

int32_t definitions_form(const struct definitions *d, stepdown_slice name) {
    return find(d, d->forms, d->form_count, sizeof *d->forms, name);
}

int32_t definitions_gate(const struct definitions *d, stepdown_slice name) {
    return find(d, d->gates, d->gate_count, sizeof *d->gates, name);
}

int32_t definitions_rule(const struct definitions *d, stepdown_slice name) {
    return find(d, d->rules, d->rule_count, sizeof *d->rules, name);
}

int32_t definitions_dashboard(const struct definitions *d, stepdown_slice name) {
    return find(d, d->dashboards, d->dashboard_count, sizeof *d->dashboards, name);
}

int32_t definitions_role(const struct definitions *d, stepdown_slice name) {
    for (size_t i = 0; i < d->role_count; i++) { // people hold a role by its plain name, whoever declares it
        if (slice_is(name, d->roles[i].def.name))
            return (int32_t)i;
    }
    return NAME_UNKNOWN;
}

bool definitions_role_fits(const struct role_def *role, stepdown_slice kind) {
    for (const char *word = role->org_kind; *word != 0;) {
        size_t size = strcspn(word, " ");
        if (slice_equal(slice_of((const uint8_t *)word, size), kind))
            return true;
        word += size + strspn(word + size, " ");
    }
    return false;
}

int32_t definitions_field(const struct definitions *d, int32_t form, stepdown_slice name) {
    if (form < 0)
        return -1;
    const struct form_def *f = &d->forms[form];
    for (uint32_t i = 0; i < f->field_count; i++) {
        if (slice_is(name, d->fields[f->field_first + i].def.name))
            return (int32_t)(f->field_first + i);
    }
    return -1;
}

int32_t definitions_source(const struct definitions *d, stepdown_slice name) {
    for (size_t i = 0; i < d->source_count; i++) {
        if (!d->sources[i].overlay && slice_is(name, d->sources[i].name))
            return (int32_t)i;
    }
    return NAME_UNKNOWN;
}

size_t definitions_called(const struct definitions *d, stepdown_slice name, const struct name_def **out, size_t cap) {
    size_t count = 0;
    for (size_t i = 0; i < d->name_count; i++) {
        const struct name_def *n = &d->names[i];
        bool target = n->kind == NAME_ITEM || n->kind == NAME_FORM || n->kind == NAME_RULE || n->kind == NAME_GATE;
        const char *dot = target ? strchr(n->qualified, '.') : NULL;
        if (dot == NULL || !slice_is(name, dot + 1))
            continue;
        if (count < cap)
            out[count] = n;
        count++;
    }
    return count;
}

static size_t word_find(const struct list_def *list, stepdown_slice word) {
    size_t i = 0;
    while (i < list->count && !slice_is(word, list->words[i]))
        i++;
    return i;
}

bool list_within(const struct list_def *list, stepdown_slice narrow, stepdown_slice wide) {
    size_t at = word_find(list, narrow);
    bool found = slice_equal(narrow, wide);
    for (size_t steps = 0; !found && list->within && at < list->count && steps < list->count; steps++) {
        at = list->within[at] > 0 ? list->within[at] - 1u : list->count;
        found = at < list->count && slice_is(wide, list->words[at]);
    }
    return found;
}
