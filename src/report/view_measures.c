// SPDX-License-Identifier: Apache-2.0
// Measures of one pathway: what each comes to, of how many, and whether it cannot be computed or is not due yet. What is
// missing is counted by itself and never as nought.
#include <string.h>

#include "engine/verbs.h"
#include "report/views.h"

enum measure_column {
    MEASURE_NAME,
    MEASURE_SAYS,
    MEASURE_VALUE,
    MEASURE_STATUS,
    MEASURE_MEMBERS,
    MEASURE_WITHOUT,
    MEASURE_GROUPS,
    MEASURE_ROWS,
    MEASURE_ERASED
};
static const struct column measure_columns[] = {
    [MEASURE_NAME] = {"name", STEPDOWN_COLUMN_TEXT},          [MEASURE_SAYS] = {"says", STEPDOWN_COLUMN_TEXT},
    [MEASURE_VALUE] = {"value", STEPDOWN_COLUMN_TEXT},        [MEASURE_STATUS] = {"status", STEPDOWN_COLUMN_TEXT},
    [MEASURE_MEMBERS] = {"members", STEPDOWN_COLUMN_INTEGER}, [MEASURE_WITHOUT] = {"without", STEPDOWN_COLUMN_INTEGER},
    [MEASURE_GROUPS] = {"groups", STEPDOWN_COLUMN_ROWS},      [MEASURE_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
    [MEASURE_ERASED] = {"erased", STEPDOWN_COLUMN_BOOLEAN},
};
static const struct column group_columns[] = {{"group", STEPDOWN_COLUMN_TEXT}, {"value", STEPDOWN_COLUMN_TEXT}};

static void put_groups(struct stepdown_result *rows, const struct state *s, const struct value *value,
                       struct buffer *b) {
    for (uint32_t i = 0; i < value->count; i++) {
        const struct value *pair = value->items[i].items;
        result_add(rows);
        view_value(s, &pair[0], b);
        result_buffer(rows, 0, b);
        view_value(s, &pair[1], b);
        result_buffer(rows, 1, b);
    }
}

static void add_measure(struct stepdown_result *r, struct reading *rd, const struct measure_def *m, struct buffer *b) {
    struct evaluation ev = rd->ev;
    struct turnout turnout = {0};
    struct value value;
    bool shown = reading_may_term(rd, m->term), erased = false;
    ev.turnout = &turnout;
    bool known = rule_term(&ev, m->term, &value, &erased);
    result_add(r);
    result_string(r, MEASURE_NAME, m->def.name);
    result_string(r, MEASURE_SAYS, m->def.says);
    result_string(r, MEASURE_ROWS, m->def.row);
    result_number(r, MEASURE_MEMBERS, (int64_t)turnout.members);
    result_number(r, MEASURE_WITHOUT, (int64_t)turnout.without);
    result_number(r, MEASURE_ERASED, erased);
    struct stepdown_result *groups = result_nest(r, MEASURE_GROUPS, RESULT_COLUMNS(group_columns));
    if (!shown) {
        result_string(r, MEASURE_STATUS, WITHHELD);
        return;
    }
    ev = rd->ev;
    result_string(r, MEASURE_STATUS,
                  known                            ? "computed"
                  : rule_not_yet_due(&ev, m->term) ? "not yet due"
                                                   : "not computable");
    if (known) {
        view_value(ev.state, &value, b);
        result_buffer(r, MEASURE_VALUE, b);
    }
    if (known && ev.defs->terms[m->term].kind == TERM_GROUPED) {
        put_groups(groups, ev.state, &value, b);
    }
}

stepdown_status view_measures(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(measure_columns));
    struct buffer b;
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    buffer_init(&b, &e->env);
    for (size_t i = 0; i < rd->ev.defs->measure_count; i++) {
        add_measure(r, rd, &rd->ev.defs->measures[i], &b);
        arena_reset(&e->scratch);
    }
    buffer_free(&b);
    return result_finish(r, out, o);
}

// ---- who held what -----------------------------------------------------------------------------------------------------

enum held_column { HELD_NAME, HELD_TITLE, HELD_FROM, HELD_UNTIL, HELD_COVERED, HELD_HOLDERS, HELD_GAPS, HELD_ROWS };
static const struct column held_columns[] = {
    [HELD_NAME] = {"name", STEPDOWN_COLUMN_TEXT},          [HELD_TITLE] = {"title", STEPDOWN_COLUMN_TEXT},
    [HELD_FROM] = {"from", STEPDOWN_COLUMN_TIME},          [HELD_UNTIL] = {"until", STEPDOWN_COLUMN_TIME},
    [HELD_COVERED] = {"covered", STEPDOWN_COLUMN_BOOLEAN}, [HELD_HOLDERS] = {"holders", STEPDOWN_COLUMN_ROWS},
    [HELD_GAPS] = {"gaps", STEPDOWN_COLUMN_ROWS},          [HELD_ROWS] = {"rows", STEPDOWN_COLUMN_TEXT},
};
static const struct column holder_columns[] = {{"person", STEPDOWN_COLUMN_TEXT},
                                               {"role", STEPDOWN_COLUMN_TEXT},
                                               {"organization", STEPDOWN_COLUMN_TEXT},
                                               {"since", STEPDOWN_COLUMN_TIME}};
static const struct column gap_columns[] = {{"from", STEPDOWN_COLUMN_TIME},
                                            {"until", STEPDOWN_COLUMN_TIME},
                                            {"lasts", STEPDOWN_COLUMN_TEXT},
                                            {"after", STEPDOWN_COLUMN_TEXT}};

static bool takes_over(const struct state *s, const struct mark *m, int32_t item) {
    return m->code == EVENT_RESPONSIBILITY_ASSUMED && !m->withdrawn && m->element != NO_ELEMENT &&
           s->elements[m->element].def == (uint32_t)item;
}

static void put_holders(struct stepdown_result *r, const struct state *s, int32_t item) {
    struct stepdown_result *rows = result_nest(r, HELD_HOLDERS, RESULT_COLUMNS(holder_columns));
    for (size_t i = 0; i < s->mark_count; i++) {
        const struct mark *m = &s->marks[i];
        if (takes_over(s, m, item)) {
            result_add(rows);
            result_text(rows, 0, m->person);
            result_text(rows, 1, m->role);
            result_text(rows, 2, m->org);
            result_number(rows, 3, m->occurred_at);
        }
    }
}

// Whoever held it last before the gap; nobody yet.
static stepdown_slice holder_before(const struct state *s, int32_t item, stepdown_time at) {
    const struct mark *last = NULL;
    for (size_t i = 0; i < s->mark_count; i++) {
        const struct mark *m = &s->marks[i];
        if (takes_over(s, m, item) && m->occurred_at < at && (last == NULL || m->occurred_at >= last->occurred_at)) {
            last = m;
        }
    }
    return last != NULL ? last->person : slice_text("");
}

// The release: the discharge; without one, the first time that somebody let go of a responsibility; else the opening.
static stepdown_time released_at(const struct state *s) {
    const struct log_entry *discharged = state_event(s, NO_ELEMENT, EVENT_PATHWAY_DISCHARGED, false);
    stepdown_time at = discharged != NULL ? discharged->occurred_at : STEPDOWN_TIME_NONE;
    for (uint32_t i = 0; i < s->element_count && discharged == NULL; i++) {
        bool item = (s->elements[i].flags & ELEMENT_IS_ITEM) != 0;
        const struct log_entry *let_go = item ? state_event(s, i, EVENT_RESPONSIBILITY_RELEASED, true) : NULL;
        if (let_go != NULL && (at == STEPDOWN_TIME_NONE || let_go->occurred_at < at)) {
            at = let_go->occurred_at;
        }
    }
    return at != STEPDOWN_TIME_NONE ? at : s->opened_at;
}

// From the release to the first contact that reached the person, else to the end, else to now.
static void period_of(const struct evaluation *ev, stepdown_time *from, stepdown_time *until) {
    const struct state *s = ev->state;
    *from = released_at(s);
    *until = s->closed ? s->closed_at : ev->now;
    for (uint32_t i = 0; i < s->element_count; i++) {
        const struct element *el = &s->elements[i];
        bool reached = el->code == EVENT_CONTACT_REACHED && (el->flags & ELEMENT_RETRACTED) == 0;
        if (reached && el->occurred_at >= *from && el->occurred_at < *until) {
            *until = el->occurred_at;
        }
    }
}

static bool add_held(struct stepdown_result *r, struct reading *rd, int32_t item, struct buffer *b) {
    struct evaluation ev = rd->ev;
    const struct def *def = &ev.defs->items[item].def;
    struct value *gaps = NULL;
    size_t count = 0;
    stepdown_time from, until;
    period_of(&ev, &from, &until);
    if (!rule_unheld(&ev, item, from, until, &gaps, &count)) {
        return false;
    }
    result_add(r);
    result_string(r, HELD_NAME, def->name);
    result_string(r, HELD_TITLE, def->says);
    result_string(r, HELD_ROWS, def->row);
    result_number(r, HELD_FROM, from);
    result_number(r, HELD_UNTIL, until);
    result_number(r, HELD_COVERED, count == 0);
    put_holders(r, ev.state, item);
    struct stepdown_result *rows = result_nest(r, HELD_GAPS, RESULT_COLUMNS(gap_columns));
    for (size_t i = 0; i < count; i++) {
        stepdown_time end = gaps[i].until != STEPDOWN_TIME_NONE ? gaps[i].until : until;
        const struct value lasts = {.type = VALUE_DURATION, .duration = {.exact = end - gaps[i].number}};
        result_add(rows);
        result_number(rows, 0, gaps[i].number);
        result_number(rows, 1, end);
        view_value(ev.state, &lasts, b);
        result_buffer(rows, 2, b);
        result_text(rows, 3, holder_before(ev.state, item, gaps[i].number + 1));
    }
    return true;
}

stepdown_status view_responsibility(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(held_columns));
    struct buffer b;
    bool added = true;
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    buffer_init(&b, &e->env);
    for (size_t i = 0; i < rd->ev.defs->item_count && added; i++) {
        const struct kind_row *kind = lifecycle_kind(rd->ev.defs->items[i].kind);
        added = kind == NULL || (kind->flags & LIFECYCLE_HELD) == 0 || add_held(r, rd, (int32_t)i, &b);
        arena_reset(&e->scratch);
    }
    buffer_free(&b);
    if (!added) {
        result_free(&r);
        return status_nomem(&e->env, o);
    }
    return result_finish(r, out, o);
}
