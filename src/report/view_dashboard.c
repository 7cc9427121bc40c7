// SPDX-License-Identifier: Apache-2.0
// A dashboard: numbers about many pathways, apart for each organization or coded word, with small ones kept back. Seen only
// by the roles and for the purpose that the protocol names. No row names a person or a pathway. May call: engine, rule.
#include "report/suppress.h"
#include "report/views.h"

#include <stdlib.h>
#include <string.h>

enum { DASHBOARD_CELL, DASHBOARD_SAYS, DASHBOARD_GROUP, DASHBOARD_COUNT, DASHBOARD_HIDDEN, DASHBOARD_ROWS };
static const struct column dashboard_columns[] = {
    [DASHBOARD_CELL] = {"cell", STEPDOWN_COLUMN_TEXT},        [DASHBOARD_SAYS] = {"says", STEPDOWN_COLUMN_TEXT},
    [DASHBOARD_GROUP] = {"group", STEPDOWN_COLUMN_TEXT},      [DASHBOARD_COUNT] = {"count", STEPDOWN_COLUMN_INTEGER},
    [DASHBOARD_HIDDEN] = {"hidden", STEPDOWN_COLUMN_BOOLEAN}, [DASHBOARD_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
};

// The groups of a dashboard, and the numbers of one cell.
struct groups {
    stepdown_slice *names;
    int64_t *counts;
    bool *hidden;
    size_t count, cap;
};

static size_t group_find(struct groups *g, stepdown_slice name) {
    size_t i = 0;
    while (i < g->count && !slice_equal(g->names[i], name)) {
        i++;
    }
    if (i == g->count && g->count < g->cap) {
        g->names[g->count++] = name;
    }
    return i;
}

static int by_name(const void *a, const void *b) {
    const stepdown_slice *x = a, *y = b;
    size_t shorter = x->size < y->size ? x->size : y->size;
    int order = shorter > 0 ? memcmp(x->data, y->data, shorter) : 0;
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static stepdown_slice key_of(struct reading *rd, const struct cell_def *cell, uint32_t element) {
    struct evaluation ev = rd->ev;
    struct value value;
    ev.this_element = element;
    if (cell->key < 0 || !rule_term(&ev, cell->key, &value, NULL)) {
        return slice_text("unknown");
    }
    return value.type == VALUE_BOOLEAN ? slice_text(value.number != 0 ? "yes" : "no") : value.text;
}

// A number of, or apart by, what may not be read gives it away.
static bool cell_may(struct reading *rd, const struct cell_def *cell) {
    return reading_may_term(rd, cell->key) && reading_may_selector(rd, cell->selector);
}

// What a cell counts; NULL: out of memory.
static uint32_t *select_cell(struct engine *e, struct reading *rd, const struct cell_def *cell, size_t *count) {
    struct evaluation ev = rd->ev;
    *count = rule_select(&ev, cell->selector, NULL, 0);
    uint32_t *found = arena_alloc(&e->arena, (*count + 1) * sizeof *found);
    if (found != NULL) {
        *count = rule_select(&ev, cell->selector, found, *count);
    }
    return found;
}

// Everybody who stands on it: whoever is counted in any cell, and organizations that take part with nothing to count.
static bool find_groups(struct engine *e, struct reading *rd, const struct dashboard_def *def, struct groups *g) {
    const struct state *s = rd->ev.state;
    size_t most = s->participant_count + 1, count;
    for (uint32_t i = 0; i < def->cell_count; i++) {
        if (select_cell(e, rd, &s->defs->cells[def->cell_first + i], &count) == NULL) {
            return false;
        }
        most += count;
    }
    *g = (struct groups){.cap = most,
                         .names = arena_alloc(&e->arena, most * sizeof *g->names),
                         .counts = arena_alloc(&e->arena, most * sizeof *g->counts),
                         .hidden = arena_alloc(&e->arena, most * sizeof *g->hidden)};
    if (g->names == NULL || g->counts == NULL || g->hidden == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->participant_count; i++) {
        const struct participant *p = &s->participants[i];
        if (p->until == STEPDOWN_TIME_NONE && slice_is(p->kind, def->org_kind)) {
            (void)group_find(g, p->org);
        }
    }
    for (uint32_t i = 0; i < def->cell_count; i++) {
        const struct cell_def *cell = &s->defs->cells[def->cell_first + i];
        const uint32_t *found = cell_may(rd, cell) ? select_cell(e, rd, cell, &count) : NULL;
        for (size_t k = 0; found != NULL && k < count; k++) {
            (void)group_find(g, key_of(rd, cell, found[k]));
        }
    }
    qsort(g->names, g->count, sizeof *g->names, by_name);
    return true;
}

static void add_number(struct stepdown_result *r, const struct cell_def *cell, stepdown_slice group, int64_t count,
                       bool hidden) {
    result_add(r);
    result_string(r, DASHBOARD_CELL, cell->def.name);
    result_string(r, DASHBOARD_SAYS, cell->def.says);
    result_text(r, DASHBOARD_GROUP, group);
    if (!hidden) {
        result_number(r, DASHBOARD_COUNT, count);
    }
    result_number(r, DASHBOARD_HIDDEN, hidden);
    result_string(r, DASHBOARD_ROWS, cell->def.row);
}

static bool add_cell(struct engine *e, struct reading *rd, const struct cell_def *cell, struct groups *g, int64_t small,
                     struct stepdown_result *r) {
    size_t count;
    if (!cell_may(rd, cell)) { // neither how many nor which groups there are
        add_number(r, cell, slice_text("all"), 0, true);
        return true;
    }
    const uint32_t *found = select_cell(e, rd, cell, &count);
    if (found == NULL) {
        return false;
    }
    memset(g->counts, 0, g->cap * sizeof *g->counts);
    for (size_t i = 0; i < count; i++) {
        g->counts[group_find(g, key_of(rd, cell, found[i]))]++;
    }
    bool total = suppress_small(g->counts, g->count, small, g->hidden);
    for (size_t i = 0; i < g->count; i++) {
        add_number(r, cell, g->names[i], g->counts[i], g->hidden[i]);
    }
    add_number(r, cell, slice_text("all"), (int64_t)count, total);
    return true;
}

// ---- may it be seen? -------------------------------------------------------------------------------------------------------

static stepdown_status check_sight(struct engine *e, const struct session_info *session, const struct state *s,
                                   const struct dashboard_def *def, stepdown_error **o) {
    const struct role_set *set = def->roles >= 0 ? &s->defs->role_sets[def->roles] : NULL;
    bool may = false;
    for (uint16_t i = 0; set != NULL && i < set->count; i++) {
        may = may || slice_is(session->role, s->defs->roles[set->roles[i]].def.name);
    }
    if (!may) {
        return status_fail(&e->env, o, STEPDOWN_DENIED, "%s is not for a %.*s", def->def.name, (int)session->role.size,
                           (const char *)session->role.data);
    }
    if (!slice_is(session->purpose, def->purpose)) {
        stepdown_status status =
            status_fail(&e->env, o, STEPDOWN_DENIED, "%s may be seen for %s, not for %.*s", def->def.name, def->purpose,
                        (int)session->purpose.size, (const char *)session->purpose.data);
        status_detail(o, "purpose", "%s", def->purpose);
        return status;
    }
    return STEPDOWN_OK;
}

static int64_t small_number(struct reading *rd, const struct dashboard_def *def) {
    struct evaluation ev = rd->ev;
    struct value value;
    bool known = def->small >= 0 && rule_term(&ev, def->small, &value, NULL) && value.type == VALUE_QUANTITY;
    return known ? value.number : INT64_MAX; // not known: everything is small
}

stepdown_status view_dashboard(struct engine *e, struct reading *rd, stepdown_slice name, stepdown_result **out,
                               stepdown_error **o) {
    const struct state *s = rd->ev.state;
    int32_t index = definitions_dashboard(s->defs, name);
    if (index < 0) {
        return status_fail(&e->env, o, STEPDOWN_NOT_FOUND, "the protocols of this pathway have no dashboard %.*s",
                           (int)name.size, (const char *)name.data);
    }
    const struct dashboard_def *def = &s->defs->dashboards[index];
    stepdown_status status = check_sight(e, rd->who, s, def, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct groups g;
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(dashboard_columns));
    bool made = r != NULL && find_groups(e, rd, def, &g);
    int64_t small = small_number(rd, def);
    for (uint32_t i = 0; made && i < def->cell_count; i++) {
        made = add_cell(e, rd, &s->defs->cells[def->cell_first + i], &g, small, r);
    }
    if (!made) {
        result_free(&r);
        return status_nomem(&e->env, o);
    }
    return result_finish(r, out, o);
}
