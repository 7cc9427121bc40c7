// SPDX-License-Identifier: Apache-2.0
// Spans of time: what is needed and what covers it, as sets of intervals that may each say how much. `covered` and `gap`
// read them, and here it is decided whether amounts are compared: when every side says how much, in the same unit.
// May call: paths, moments, select, compiler ground.
#include "protocol/compiler.h"

#include <stdio.h>
#include <string.h>

enum { NEEDS_MAX = 5 };
static const char per_day[] = " per day";

// One side of the comparison while it is read.
struct side {
    int32_t first, last; // chain of TERM_SPAN
    size_t count;
    bool amounts;     // every one of them says how much
    bool daily;       // one of them so much per day
    const char *unit; // without "per day"
    size_t unit_size;
};

// ---- how much ------------------------------------------------------------------------------------------------------------

static bool is_slot(const struct compiler *c, const struct thing *thing) {
    return (thing->sort == THING_MARK && thing->code == EVENT_SUPPORT_DELIVERED) ||
           (thing->sort == THING_FORM && c->d->forms[thing->def].family == FAMILY_CAPACITY);
}

const char *span_unit(const struct compiler *c, const struct thing *thing) {
    int32_t field = thing->sort == THING_FORM   ? c->d->forms[thing->def].amount
                    : thing->sort == THING_ITEM ? c->d->items[thing->def].amount
                                                : NONE;
    if (field >= 0)
        return c->d->fields[field].unit;
    return is_slot(c, thing) ? "hours" : NULL;
}

static void add_unit(struct compiler *c, const struct yaml *at, struct side *side, const char *unit) {
    side->amounts = side->amounts && unit;
    if (!unit)
        return;
    size_t size = strlen(unit), tail = sizeof per_day - 1;
    bool daily = size > tail && strcmp(unit + size - tail, per_day) == 0;
    size -= daily ? tail : 0;
    if (side->unit && (side->unit_size != size || memcmp(side->unit, unit, size) != 0))
        complain(c, at, "type", "\"%s\" is in %s, what stands before it in %.*s", at->text ? at->text : "this", unit,
                 (int)side->unit_size, side->unit);
    side->daily |= daily;
    side->unit = unit;
    side->unit_size = size;
}

// ---- reading -------------------------------------------------------------------------------------------------------------

static int32_t interval_map(struct compiler *c, struct yaml *at) {
    struct term term = term_empty(at);
    if (!compiler_keys(c, at, "an interval", "from to"))
        return NONE;
    term.kind = TERM_INTERVAL;
    term.a = moment_read(c, yaml_get(at, "from"));
    if (yaml_get(at, "to"))
        term.b = moment_read(c, yaml_get(at, "to"));
    return term_add(c, &term);
}

// What the span is made of: a set, or a value that is an interval.
static bool read_one(struct compiler *c, struct yaml *at, struct path *path) {
    struct yaml *each = at->kind == YAML_MAP ? yaml_get(at, "each") : NULL;
    if (each)
        return compiler_keys(c, at, "what is selected", "each " FILTER_KEYS) && select_read(c, each, at, path);
    if (at->kind == YAML_MAP && yaml_get(at, "from")) {
        *path = (struct path){.term = interval_map(c, at)};
        return path->term >= 0;
    }
    if (at->kind != YAML_SCALAR) {
        complain(c, at, "time", "an interval is a path, {from: moment, to: moment}, or {each: noun, …}");
        return false;
    }
    if (!compiler_is_text(c, at, "an interval") || !path_read(c, at, yaml_slice(at), true, path))
        return false;
    uint8_t type = path->is_selector ? VALUE_INTERVAL : literal_shape(c, path->term).type;
    if (type != VALUE_INTERVAL)
        complain(c, at, "type", "\"%s\" is %s; an interval is needed", at->text, literal_type_word(type));
    if (path->is_selector && path->selector.source == SELECT_MARK && path->selector.of < 0)
        complain(c, at, "path", "say of which item: {each: %s, of: …}", at->text);
    return type == VALUE_INTERVAL;
}

// Do things of this sort last at all?
static bool lasts(const struct compiler *c, const struct thing *thing) {
    const struct form_def *form = thing->sort == THING_FORM ? &c->d->forms[thing->def] : NULL;
    for (uint32_t i = 0; form && i < form->field_count; i++) {
        if (c->d->fields[form->field_first + i].type == VALUE_INTERVAL)
            return true;
    }
    return !form && (thing->sort != THING_MARK || thing->code == EVENT_SUPPORT_DELIVERED);
}

static void read_span(struct compiler *c, struct yaml *at, struct yaml *where, struct side *side) {
    struct path path;
    struct term span = term_empty(at);
    span.kind = TERM_SPAN;
    if (!read_one(c, at, &path))
        return;
    if (!path.is_selector) {
        span.a = path.term;
        side->amounts = false;
    } else if (!lasts(c, &path.thing)) {
        complain(c, at, "type", "what is named here has no interval");
        return;
    } else {
        if (where)
            path.selector.where = where_read(c, where, &path.thing);
        span.selector = selector_add(c, &path.selector);
        add_unit(c, at, side, span_unit(c, &path.thing));
    }
    int32_t index = term_add(c, &span);
    if (index < 0)
        return;
    if (side->last >= 0)
        c->d->terms[side->last].b = index;
    else
        side->first = index;
    side->last = index;
    side->count++;
}

static struct side read_side(struct compiler *c, struct yaml *at, struct yaml *where) {
    struct side side = {.first = NONE, .last = NONE, .amounts = true};
    uint32_t count = at->kind == YAML_LIST ? at->count : 1;
    for (uint32_t i = 0; i < count; i++)
        read_span(c, at->kind == YAML_LIST ? at->items[i] : at, where, &side);
    if (at->kind == YAML_LIST && at->count == 0)
        complain(c, at, "type", "the list is empty");
    return side;
}

int32_t spans_read(struct compiler *c, struct yaml *needs, struct yaml *covers, struct yaml *where, struct spans *out) {
    struct side need = read_side(c, needs, NULL), cover = {.first = NONE};
    if (covers)
        cover = read_side(c, covers, where);
    *out = (struct spans){.needs = need.first, .covers = cover.first};
    if (need.count > NEEDS_MAX)
        complain(c, needs, "type", "at most %d things are laid together", NEEDS_MAX);
    if (need.first < 0 || (covers && cover.first < 0))
        return NONE;
    if (!need.amounts || !cover.amounts) // where nothing is said to cover it: the time alone
        return 0;
    if (need.unit_size != cover.unit_size || memcmp(need.unit, cover.unit, need.unit_size) != 0)
        complain(c, covers, "type", "what is needed is in %s, what covers it in %s", need.unit, cover.unit);
    out->flags = (uint8_t)(SPAN_AMOUNTS | (need.daily || cover.daily ? SPAN_DAILY : 0));
    out->unit = compiler_text(c, slice_of(need.unit, need.unit_size));
    return 0;
}

// ---- the condition and the value -----------------------------------------------------------------------------------------

int32_t covered_read(struct compiler *c, struct yaml *map, struct yaml *value) {
    struct node node = node_empty(NODE_COVERED, map);
    struct yaml *by = yaml_get(map, "by");
    struct spans spans;
    if (!by) {
        complain(c, map, "key", "covered says by what: by");
        return NONE;
    }
    if (spans_read(c, value, by, yaml_get(map, "where"), &spans) < 0)
        return NONE;
    node.a = spans.needs;
    node.b = spans.covers;
    node.n = spans.flags;
    return node_add(c, &node);
}

static int32_t uncovered(struct compiler *c, struct yaml *map, struct yaml *value, uint8_t kind) {
    struct term term = term_empty(map);
    struct yaml *minus = yaml_get(map, "minus");
    struct spans spans;
    if (!minus && kind == TERM_GAPS) {
        complain(c, map, "key", "gaps are in an interval; say what covers it: minus");
        return NONE;
    }
    if (spans_read(c, value, minus, NULL, &spans) < 0)
        return NONE;
    term.kind = kind;
    term.a = spans.needs;
    term.b = spans.covers;
    term.attribute = spans.flags;
    if (spans.flags & SPAN_DAILY)
        term.value = (struct value){.type = VALUE_QUANTITY, .text = slice_text(spans.unit)};
    return term_add(c, &term);
}

int32_t gap_read(struct compiler *c, struct yaml *map, struct yaml *value) {
    return uncovered(c, map, value, TERM_GAP);
}

int32_t gaps_read(struct compiler *c, struct yaml *map, struct yaml *value) {
    return uncovered(c, map, value, TERM_GAPS);
}
