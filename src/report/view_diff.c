// SPDX-License-Identifier: Apache-2.0
// What differs between two protocols, element by element and part by part, and which way: stricter or looser where the
// part has a direction. May call: view_elements.
#include <string.h>

#include "report/views.h"

enum { CHANGE, KIND, NAME, WITHIN, ROWS, PART, BEFORE, AFTER };
static const struct column diff_columns[] = {
    {"change", STEPDOWN_COLUMN_TEXT}, {"kind", STEPDOWN_COLUMN_TEXT},  {"name", STEPDOWN_COLUMN_TEXT},
    {"within", STEPDOWN_COLUMN_TEXT}, {"rows", STEPDOWN_COLUMN_TEXT},  {"part", STEPDOWN_COLUMN_TEXT},
    {"before", STEPDOWN_COLUMN_TEXT}, {"after", STEPDOWN_COLUMN_TEXT},
};

// Columns of the elements, by name once.
struct element_view {
    const stepdown_result *elements;
    int32_t kind, name, within, rows, says, parts;
};
struct part_view {
    const stepdown_result *parts;
    int32_t part, value, amount, anchor, stricter;
};

static struct element_view element_view(const stepdown_result *elements) {
    return (struct element_view){elements,
                                 stepdown_result_column(elements, "kind"),
                                 stepdown_result_column(elements, "name"),
                                 stepdown_result_column(elements, "within"),
                                 stepdown_result_column(elements, "rows"),
                                 stepdown_result_column(elements, "says"),
                                 stepdown_result_column(elements, "parts")};
}

static struct part_view part_view(const struct element_view *view, size_t row) {
    const stepdown_result *parts = stepdown_result_rows(view->elements, row, view->parts);
    return (struct part_view){parts,
                              stepdown_result_column(parts, "part"),
                              stepdown_result_column(parts, "value"),
                              stepdown_result_column(parts, "amount"),
                              stepdown_result_column(parts, "anchor"),
                              stepdown_result_column(parts, "stricter")};
}

static bool same(const stepdown_result *a, size_t row_a, int32_t column_a, const stepdown_result *b, size_t row_b,
                 int32_t column_b) {
    return strcmp(stepdown_result_text(a, row_a, column_a), stepdown_result_text(b, row_b, column_b)) == 0;
}

// The same element in the other protocol; SIZE_MAX: it is not there.
static size_t counterpart(const struct element_view *from, size_t row, const struct element_view *to) {
    for (size_t i = 0; i < stepdown_result_count(to->elements); i++) {
        if (same(from->elements, row, from->name, to->elements, i, to->name) &&
            same(from->elements, row, from->kind, to->elements, i, to->kind) &&
            same(from->elements, row, from->within, to->elements, i, to->within))
            return i;
    }
    return SIZE_MAX;
}

static void add(struct stepdown_result *r, const char *change, const struct element_view *view, size_t row,
                const char *part, const char *before, const char *after) {
    result_add(r);
    result_string(r, CHANGE, change);
    result_string(r, KIND, stepdown_result_text(view->elements, row, view->kind));
    result_string(r, NAME, stepdown_result_text(view->elements, row, view->name));
    result_string(r, WITHIN, stepdown_result_text(view->elements, row, view->within));
    result_string(r, ROWS, stepdown_result_text(view->elements, row, view->rows));
    result_string(r, PART, part);
    result_string(r, BEFORE, before);
    result_string(r, AFTER, after);
}

// ---- parts -------------------------------------------------------------------------------------------------------------

// Is there a part of that name and value on the other side?
static bool kept(const struct part_view *from, size_t row, const struct part_view *to) {
    for (size_t i = 0; i < stepdown_result_count(to->parts); i++) {
        if (same(from->parts, row, from->part, to->parts, i, to->part) &&
            same(from->parts, row, from->value, to->parts, i, to->value))
            return true;
    }
    return false;
}

// The one part of that name on the other side that is not on this one; SIZE_MAX: there is none, or several.
static size_t replaced_by(const struct part_view *from, size_t row, const struct part_view *to) {
    size_t found = SIZE_MAX, count = 0;
    for (size_t i = 0; i < stepdown_result_count(to->parts); i++) {
        if (!same(from->parts, row, from->part, to->parts, i, to->part) || kept(to, i, from))
            continue;
        found = i;
        count++;
    }
    return count == 1 ? found : SIZE_MAX;
}

static const char *direction(const struct part_view *before, size_t b, const struct part_view *after, size_t a) {
    int64_t old = stepdown_result_integer(before->parts, b, before->amount);
    int64_t new = stepdown_result_integer(after->parts, a, after->amount);
    const char *stricter = stepdown_result_text(after->parts, a, after->stricter);
    bool comparable =
        old >= 0 && new >= 0 && old != new &&same(before->parts, b, before->anchor, after->parts, a, after->anchor);
    if (!comparable || stricter[0] == 0)
        return "changed";
    return (new < old) == (strcmp(stricter, "less") == 0) ? "tightened" : "loosened";
}

// A part that stands on one side only.
static void add_alone(struct stepdown_result *r, const struct element_view *view, size_t row,
                      const struct part_view *part, size_t place, bool is_new) {
    const char *value = stepdown_result_text(part->parts, place, part->value);
    bool directed = stepdown_result_text(part->parts, place, part->stricter)[0] != 0;
    const char *change = !directed ? "changed" : is_new ? "tightened" : "loosened";
    add(r, change, view, row, stepdown_result_text(part->parts, place, part->part), is_new ? "" : value,
        is_new ? value : "");
}

static void compare_parts(struct stepdown_result *r, const struct element_view *before, size_t b,
                          const struct element_view *after, size_t a) {
    struct part_view old = part_view(before, b), new = part_view(after, a);
    for (size_t i = 0; i < stepdown_result_count(old.parts); i++) {
        if (kept(&old, i, &new))
            continue;
        size_t other = replaced_by(&old, i, &new);
        if (other == SIZE_MAX || replaced_by(&new, other, &old) != i)
            add_alone(r, before, b, &old, i, false);
        else
            add(r, direction(&old, i, &new, other), after, a, stepdown_result_text(old.parts, i, old.part),
                stepdown_result_text(old.parts, i, old.value), stepdown_result_text(new.parts, other, new.value));
    }
    for (size_t i = 0; i < stepdown_result_count(new.parts); i++) {
        if (kept(&new, i, &old))
            continue;
        size_t other = replaced_by(&new, i, &old);
        if (other == SIZE_MAX || replaced_by(&old, other, &new) != i)
            add_alone(r, after, a, &new, i, true);
    }
}

static void compare_words(struct stepdown_result *r, const struct element_view *before, size_t b,
                          const struct element_view *after, size_t a) {
    const struct {
        const char *part;
        int32_t before, after;
    } words[] = {{"says", before->says, after->says}, {"rows", before->rows, after->rows}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!same(before->elements, b, words[i].before, after->elements, a, words[i].after))
            add(r, "changed", after, a, words[i].part, stepdown_result_text(before->elements, b, words[i].before),
                stepdown_result_text(after->elements, a, words[i].after));
    }
}

static void compare(struct stepdown_result *r, const struct element_view *before, const struct element_view *after) {
    for (size_t b = 0; b < stepdown_result_count(before->elements); b++) {
        size_t a = counterpart(before, b, after);
        if (a == SIZE_MAX) {
            add(r, "removed", before, b, "", stepdown_result_text(before->elements, b, before->says), "");
            continue;
        }
        compare_words(r, before, b, after, a);
        compare_parts(r, before, b, after, a);
    }
    for (size_t a = 0; a < stepdown_result_count(after->elements); a++) {
        if (counterpart(after, a, before) == SIZE_MAX)
            add(r, "added", after, a, "", "", stepdown_result_text(after->elements, a, after->says));
    }
}

stepdown_status view_diff(const struct env *env, const struct halves *before, const struct halves *after,
                          stepdown_result **out, stepdown_error **o) {
    stepdown_result *old = NULL, *new = NULL;
    stepdown_status status = view_elements(env, before, &old, o);
    if (status == STEPDOWN_OK) {
        status = view_elements(env, after, &new, o);
    }
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(env, RESULT_COLUMNS(diff_columns)) : NULL;
    if (r != NULL) {
        const struct element_view was = element_view(old), is = element_view(new);
        compare(r, &was, &is);
        status = result_finish(r, out, o);
    } else if (status == STEPDOWN_OK) {
        status = status_nomem(env, o);
    }
    result_free(&old);
    result_free(&new);
    return status;
}
