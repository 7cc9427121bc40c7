// SPDX-License-Identifier: Apache-2.0
// Dashboards: numbers about many, for whom and for what they may be seen, and how small a number has to be to be kept
// back. They count organizations and coded words, never people. May call: paths, select, roles, compiler ground.
#include "protocol/compiler.h"

static void count_people(struct compiler *c, const struct yaml *map, const struct thing *thing, struct cell_def *cell) {
    const struct yaml *by = yaml_get(map, "by");
    cell->key = key_read(c, map, "by", thing);
    uint8_t type = literal_shape(c, cell->key).type;
    bool organization = cell->key >= 0 && c->d->terms[cell->key].kind == TERM_ATTRIBUTE &&
                        c->d->terms[cell->key].attribute == ELEMENT_ORGANIZATION;
    if (cell->key >= 0 && !organization && type != VALUE_CHOICE && type != VALUE_BOOLEAN)
        complain(c, by, "privacy",
                 "a dashboard counts by organization or by a coded word; \"%s\" is %s, and people are never ranked",
                 by->text, literal_type_word(type));
}

static void compile_cell(struct compiler *c, const struct yaml *map, struct yaml *key, struct yaml *body) {
    struct cell_def cell = {.selector = NONE, .key = NONE};
    struct path path;
    struct yaml *count = yaml_get(body, "count");
    if (!compiler_keys(c, body, "a cell", "row says count " FILTER_KEYS))
        return;
    cell.def = compiler_def(c, key, body);
    if (!count) {
        complain(c, key, "key", "a cell of a dashboard is a count");
        return;
    }
    if (!select_read(c, count, body, &path))
        return;
    cell.selector = selector_add(c, &path.selector);
    count_people(c, map, &path.thing, &cell);
    (void)compiler_push(c, TABLE_CELLS, &cell);
}

static void compile_dashboard(struct compiler *c, int32_t index) {
    const struct origin *origin = compiler_origin_of(c, TABLE_DASHBOARDS, index);
    struct yaml *body = origin->body, *cells = yaml_get(body, "cells"), *open_to = yaml_get(body, "open_to");
    const int32_t *roles;
    if (!compiler_keys(c, body, "a dashboard", "row says title open_to purpose by each small cells"))
        return;
    if (!open_to || !yaml_get(body, "purpose") || !yaml_get(body, "small") || !yaml_get(body, "by") || !cells ||
        cells->kind != YAML_MAP || cells->count == 0) {
        complain(c, origin->key, "key",
                 "a dashboard says who may see it (open_to), for what (purpose), by what it counts (by), which numbers "
                 "are too small to show (small), and its cells");
        return;
    }
    size_t count = role_list(c, open_to, "open_to", &roles);
    struct dashboard_def made = c->d->dashboards[index];
    made.roles = roles_add(c, ROLE_ANY, roles, count);
    made.purpose = compiler_kept_word(c, body, "purpose");
    made.org_kind = compiler_kept_word(c, body, "each");
    made.small = number_read(c, body, "small");
    made.cell_first = (uint32_t)c->d->cell_count;
    for (uint32_t i = 0; i < cells->count; i++)
        compile_cell(c, body, cells->pairs[i].key, cells->pairs[i].value);
    made.cell_count = (uint32_t)c->d->cell_count - made.cell_first;
    c->d->dashboards[index] = made;
}

void dashboards_compile(struct compiler *c) {
    for (size_t i = 0; i < c->d->dashboard_count; i++) {
        c->unit = c->d->dashboards[i].def.source;
        compile_dashboard(c, (int32_t)i);
    }
}
