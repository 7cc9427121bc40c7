// SPDX-License-Identifier: Apache-2.0
// The compiler's ground: tables that grow in the definitions' arena, complaints with positions and suggestions, words
// and flags out of the tree, names that a file can see. May call: yaml reader, base.
#include "protocol/compiler.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ROW(TABLE, array, counter, word)                                                                               \
    [TABLE] = {offsetof(struct definitions, array), offsetof(struct definitions, counter),                             \
               sizeof *((struct definitions *)0)->array, word}
static const struct {
    size_t array, count, width;
    const char *word;
} tables[TABLE_COUNT] = {
    ROW(TABLE_SOURCES, sources, source_count, "source"),
    ROW(TABLE_NAMES, names, name_count, "name"),
    ROW(TABLE_ROLES, roles, role_count, "role"),
    ROW(TABLE_PARAMETERS, parameters, parameter_count, "parameter"),
    ROW(TABLE_LISTS, lists, list_count, "list"),
    ROW(TABLE_CALENDARS, calendars, calendar_count, "calendar rule"),
    ROW(TABLE_FIELDS, fields, field_count, "field"),
    ROW(TABLE_FORMS, forms, form_count, "form"),
    ROW(TABLE_ITEMS, items, item_count, "item"),
    ROW(TABLE_RULES, rules, rule_count, "rule"),
    ROW(TABLE_TRIGGERS, triggers, trigger_count, "trigger"),
    ROW(TABLE_ACTIONS, actions, action_count, "action"),
    ROW(TABLE_WITHS, withs, with_count, "value"),
    ROW(TABLE_STEPS, steps, step_count, "ladder step"),
    ROW(TABLE_GATES, gates, gate_count, "gate"),
    ROW(TABLE_NEEDS, needs, need_count, "need"),
    ROW(TABLE_CONFIRMS, confirms, confirm_count, "confirmation"),
    ROW(TABLE_LABELS, labels, label_count, "label"),
    ROW(TABLE_MEASURES, measures, measure_count, "measure"),
    ROW(TABLE_DASHBOARDS, dashboards, dashboard_count, "dashboard"),
    ROW(TABLE_CELLS, cells, cell_count, "cell"),
    ROW(TABLE_TERMS, terms, term_count, "term"),
    ROW(TABLE_SELECTORS, selectors, selector_count, "selector"),
    ROW(TABLE_ROLE_SETS, role_sets, role_set_count, "role set"),
    ROW(TABLE_NODES, nodes, node_count, "condition"),
    ROW(TABLE_CHILDREN, children, child_count, "child"),
    ROW(TABLE_USES, uses, use_count, "use"),
};

// ---- memory ------------------------------------------------------------------------------------------------------------

void *compiler_keep(struct compiler *c, size_t size) {
    void *block = arena_zalloc(&c->d->arena, size > 0 ? size : 1);
    c->nomem |= block == NULL;
    return block;
}

void *compiler_scratch(struct compiler *c, size_t size) {
    void *block = arena_zalloc(&c->scratch, size > 0 ? size : 1);
    c->nomem |= block == NULL;
    return block;
}

const char *compiler_text(struct compiler *c, stepdown_slice text) {
    const char *copy = arena_text(&c->d->arena, (const char *)text.data, text.size);
    c->nomem |= copy == NULL;
    return copy ? copy : "";
}

// Twice the room in `arena`; the old block stays behind, as arenas have it.
static void *grow(struct compiler *c, struct arena *arena, const void *old, size_t count, size_t *cap, size_t width) {
    size_t larger = *cap > 0 ? *cap * 2 : 16;
    char *block = arena_zalloc(arena, larger * width);
    if (!block) {
        c->nomem = true;
        return NULL;
    }
    if (count > 0)
        memcpy(block, old, count * width);
    *cap = larger;
    return block;
}

int32_t compiler_push(struct compiler *c, enum table table, const void *row) {
    char *base = (char *)c->d;
    void *array;
    size_t count, width = tables[table].width;
    memcpy(&array, base + tables[table].array, sizeof array);
    memcpy(&count, base + tables[table].count, sizeof count);
    if (count == c->cap[table]) {
        array = grow(c, &c->d->arena, array, count, &c->cap[table], width);
        if (!array)
            return NONE;
        memcpy(base + tables[table].array, &array, sizeof array);
    }
    memcpy((char *)array + count * width, row, width);
    count++;
    memcpy(base + tables[table].count, &count, sizeof count);
    return (int32_t)(count - 1);
}

size_t compiler_count(const struct compiler *c, enum table table) {
    size_t count;
    memcpy(&count, (const char *)c->d + tables[table].count, sizeof count);
    return count;
}

const struct def *compiler_def_at(const struct compiler *c, enum table table, size_t index) {
    const char *array;
    memcpy(&array, (const char *)c->d + tables[table].array, sizeof array);
    return (const struct def *)(const void *)(array + index * tables[table].width);
}

const char *compiler_table_word(enum table table) { return tables[table].word; }

void compiler_origin(struct compiler *c, enum table table, int32_t index, struct yaml *key, struct yaml *body,
                     int32_t parent) {
    if (index < 0)
        return;
    while ((size_t)index >= c->origin_cap[table]) {
        size_t cap = c->origin_cap[table];
        struct origin *larger = grow(c, &c->scratch, c->origins[table], cap, &cap, sizeof *larger);
        if (!larger)
            return;
        c->origins[table] = larger;
        c->origin_cap[table] = cap;
    }
    c->origins[table][index] = (struct origin){key, body, parent};
}

const struct origin *compiler_origin_of(const struct compiler *c, enum table table, int32_t index) {
    static const struct origin none = {NULL, NULL, NONE};
    if (index < 0 || (size_t)index >= c->origin_cap[table])
        return &none;
    return &c->origins[table][index];
}

// ---- complaints --------------------------------------------------------------------------------------------------------

// What the halves of a file share is read for each of them; a problem there is one problem.
static bool complained(const struct compiler *c, const char *file, const struct yaml *at, const char *text) {
    for (size_t i = 0; i < c->diagnostics.count; i++) {
        const struct diagnostic *d = &c->diagnostics.list[i];
        if (d->line == (at ? at->line : 1) && d->column == (at ? at->column : 1) && strcmp(d->message, text) == 0 &&
            strcmp(d->file, file) == 0)
            return true;
    }
    return false;
}

static void add_complaint(struct compiler *c, const char *file, const struct yaml *at, const char *rule,
                          const char *text) {
    c->refused = true;
    if (c->diagnostics.count >= COMPLAINTS_MAX || complained(c, file, at, text))
        return;
    if (c->diagnostics.count == COMPLAINTS_MAX - 1)
        diagnostics_add(&c->diagnostics, file, at ? at->line : 1, at ? at->column : 1, rule,
                        "and more: only the first %d problems are listed", COMPLAINTS_MAX - 1);
    else
        diagnostics_add(&c->diagnostics, file, at ? at->line : 1, at ? at->column : 1, rule, "%s", text);
}

void complain(struct compiler *c, const struct yaml *at, const char *rule, const char *format, ...) {
    char text[800];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_complaint(c, at ? at->file : "", at, rule, text);
}

void complain_setting(struct compiler *c, const char *parameter, const char *problem) {
    char text[800];
    (void)snprintf(text, sizeof text, "%s: %s", parameter, problem);
    add_complaint(c, "settings", NULL, "setting", text);
}

void guess_start(struct guess *g, stepdown_slice wanted) {
    *g = (struct guess){.wanted = wanted, .distance = 1 + wanted.size / 3};
}

// Levenshtein distance, in one row; names longer than the row do not get suggestions.
static size_t edit_distance(stepdown_slice a, const char *b) {
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1], width = strlen(b);
    if (a.size > LONGEST || width > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (a.data[i - 1] != (uint8_t)b[j - 1]);
            diagonal = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[width];
}

void guess_offer(struct guess *g, const char *candidate) {
    size_t distance = edit_distance(g->wanted, candidate);
    if (distance < g->distance || (distance == g->distance && !g->best)) {
        g->best = candidate;
        g->distance = distance;
    }
}

void guess_words(struct guess *g, const char *words) {
    // Words of a literal are no strings of their own; the best one is copied out at once.
    char word[64];
    for (const char *p = words; *p;) {
        size_t size = strcspn(p, " ");
        if (size < sizeof word) {
            memcpy(word, p, size);
            word[size] = 0;
            size_t distance = edit_distance(g->wanted, word);
            if (distance < g->distance || (distance == g->distance && !g->best)) {
                (void)snprintf(g->text, sizeof g->text, "%s", word);
                g->best = g->text;
                g->distance = distance;
            }
        }
        p += size + strspn(p + size, " ");
    }
}

const char *guess_text(struct guess *g) {
    char best[64];
    if (!g->best)
        return "";
    (void)snprintf(best, sizeof best, "%s", g->best);
    (void)snprintf(g->text, sizeof g->text, "; did you mean \"%s\"?", best);
    return g->text;
}

// ---- words out of the tree -----------------------------------------------------------------------------------------------

bool compiler_has_word(const char *words, stepdown_slice word) {
    for (const char *p = words; *p;) {
        size_t size = strcspn(p, " ");
        if (size == word.size && memcmp(p, word.data, size) == 0)
            return true;
        p += size + strspn(p + size, " ");
    }
    return false;
}

bool compiler_keys(struct compiler *c, const struct yaml *map, const char *what, const char *words) {
    if (!map || map->kind != YAML_MAP) {
        complain(c, map, "type", "%s is written as a map of %s", what, words);
        return false;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml *key = map->pairs[i].key;
        if (compiler_has_word(words, yaml_slice(key)))
            continue;
        struct guess g;
        guess_start(&g, yaml_slice(key));
        guess_words(&g, words);
        complain(c, key, "key", "%s has no \"%.60s\"%s; it may have: %s", what, key->text, guess_text(&g), words);
    }
    return true;
}

bool compiler_is_text(struct compiler *c, const struct yaml *node, const char *what) {
    if (!node || node->kind != YAML_SCALAR) {
        complain(c, node, "type", "%s is one word or text, not a list or map", what);
        return false;
    }
    if (yaml_looks_boolean(node)) {
        complain(c, node, "syntax", "%s: write \"%s\" in quotes, other readers of YAML take it for something else",
                 what, node->text);
        return false;
    }
    return true;
}

const struct yaml *compiler_word(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *value = yaml_get(map, key);
    return value && compiler_is_text(c, value, key) ? value : NULL;
}

const char *compiler_kept_word(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *value = compiler_word(c, map, key);
    return value ? compiler_text(c, yaml_slice(value)) : "";
}

bool compiler_flag(struct compiler *c, const struct yaml *map, const char *key) {
    const struct yaml *value = yaml_get(map, key);
    if (!value)
        return false;
    if (yaml_is(value, "yes") || yaml_is(value, "true"))
        return true;
    if (!yaml_is(value, "no") && !yaml_is(value, "false"))
        complain(c, value, "type", "%s is yes or no", key);
    return false;
}

size_t compiler_words(struct compiler *c, struct yaml *node, const char *what, struct yaml ***out) {
    size_t count = node->kind == YAML_LIST ? node->count : 1, kept = 0;
    struct yaml **words = compiler_scratch(c, count * sizeof(struct yaml *));
    *out = words;
    for (size_t i = 0; words && i < count; i++) {
        struct yaml *word = node->kind == YAML_LIST ? node->items[i] : node;
        if (compiler_is_text(c, word, what))
            words[kept++] = word;
    }
    return kept;
}

// Rows may be one word or several.
static const char *row_words(struct compiler *c, struct yaml *row) {
    struct yaml **words;
    char text[256] = "";
    size_t used = 0, count = row ? compiler_words(c, row, "row", &words) : 0;
    for (size_t i = 0; i < count && used + words[i]->size + 2 < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", words[i]->text);
    return compiler_text(c, slice_of(text, used));
}

// A name that is itself a requirement row ("FVH-G1") stands for that row.
static bool looks_like_row(const char *name) {
    size_t letters = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return letters >= 1 && name[letters] == '-' && strpbrk(name, "0123456789") != NULL &&
           strspn(name + letters + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen(name) - letters - 1;
}

struct def compiler_def(struct compiler *c, const struct yaml *key, const struct yaml *body) {
    struct def def = {
        .name = compiler_text(c, yaml_slice(key)), .row = "", .says = "", .line = key->line, .source = c->unit};
    if (body && body->kind == YAML_MAP) {
        def.row = row_words(c, yaml_get(body, "row"));
        def.says = compiler_kept_word(c, body, yaml_get(body, "title") ? "title" : "says");
    }
    if (def.row[0] == 0 && looks_like_row(def.name))
        def.row = def.name;
    return def;
}

// ---- names -------------------------------------------------------------------------------------------------------------

bool compiler_sees(const struct compiler *c, uint16_t source) {
    const struct unit *unit = &c->units[c->unit];
    bool sees = source == c->unit;
    for (size_t i = 0; i < unit->use_count; i++)
        sees |= unit->uses[i] == source;
    return sees;
}

int32_t compiler_find(const struct compiler *c, enum table table, stepdown_slice name) {
    size_t count = compiler_count(c, table);
    for (size_t i = 0; i < count; i++) {
        const struct def *def = compiler_def_at(c, table, i);
        if (slice_is(name, def->name) && compiler_sees(c, def->source))
            return (int32_t)i;
    }
    return NONE;
}

void compiler_offer(const struct compiler *c, enum table table, struct guess *g) {
    size_t count = compiler_count(c, table);
    for (size_t i = 0; i < count; i++) {
        const struct def *def = compiler_def_at(c, table, i);
        if (compiler_sees(c, def->source))
            guess_offer(g, def->name);
    }
}

int32_t compiler_name(struct compiler *c, enum table table, const struct yaml *at, stepdown_slice name,
                      const char *what) {
    int32_t found = compiler_find(c, table, name);
    if (found >= 0)
        return found;
    struct guess g;
    guess_start(&g, name);
    compiler_offer(c, table, &g);
    complain(c, at, "name", "%s: there is no %s \"%.*s\"%s", what, tables[table].word, (int)name.size,
             (const char *)name.data, guess_text(&g));
    return NONE;
}
