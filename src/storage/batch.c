// SPDX-License-Identifier: Apache-2.0
// The lists between guard and back end: operations put in key order with the overwritten ones dropped, and the sink
// that copies and checks each answer, so that every back end may be simple and none can hand over nonsense.
// May call: base.
#include <inttypes.h>
#include <string.h>

#include "storage/backend.h"

enum { SORT_SMALL = 16, ROWS_FIRST = 32 };

// Stable; for runs of at most SORT_SMALL.
static void ops_insert(struct storage_op *ops, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct storage_op moving = ops[i];
        size_t at = i;
        for (; at > 0 && slice_compare(ops[at - 1].key, moving.key) > 0; at--)
            ops[at] = ops[at - 1];
        ops[at] = moving;
    }
}

// Merge the sorted runs [0, middle) and [middle, count) of `from` into `to`; equal keys keep their order.
static void ops_merge(const struct storage_op *from, size_t middle, size_t count, struct storage_op *to) {
    size_t left = 0, right = middle;
    for (size_t i = 0; i < count; i++) {
        bool take_left = left < middle && (right == count || slice_compare(from[left].key, from[right].key) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

static bool ops_sort(struct arena *scratch, struct storage_op *ops, size_t count) {
    for (size_t i = 0; i < count; i += SORT_SMALL)
        ops_insert(ops + i, count - i < SORT_SMALL ? count - i : SORT_SMALL);
    if (count <= SORT_SMALL)
        return true;
    struct storage_op *from = ops, *to = arena_alloc(scratch, count * sizeof *to);
    if (to == NULL)
        return false;
    for (size_t run = SORT_SMALL; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t size = count - i < 2 * run ? count - i : 2 * run;
            ops_merge(from + i, size < run ? size : run, size, to + i);
        }
        struct storage_op *swap = from;
        from = to;
        to = swap;
    }
    if (from != ops)
        memcpy(ops, from, count * sizeof *ops);
    return true;
}

bool batch_sort(struct arena *scratch, struct storage_op *ops, size_t *count) {
    size_t n = *count, sorted = 1;
    while (sorted < n && slice_compare(ops[sorted - 1].key, ops[sorted].key) < 0)
        sorted++;
    if (sorted >= n)
        return true;
    if (!ops_sort(scratch, ops, n))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !slice_equal(ops[i].key, ops[i + 1].key))
            ops[kept++] = ops[i];
    *count = kept;
    return true;
}

static stepdown_status sink_refuse(struct stepdown_storage_sink *sink, const char *what) {
    sink->wrong = what;
    return STEPDOWN_MISUSE;
}

static stepdown_status sink_nomem(struct stepdown_storage_sink *sink) {
    sink->failed = true;
    return STEPDOWN_NOMEM;
}

stepdown_status sink_add_value(struct stepdown_storage_sink *sink, size_t index, stepdown_slice value) {
    if (sink->rows == NULL || sink->scanning)
        return sink_refuse(sink, "gave a value where none was asked for");
    if (index >= sink->count || sink->rows[index].present)
        return sink_refuse(sink, "answered a key twice, or one that was not asked for");
    if (value.size > STORAGE_VALUE_MAX)
        return sink_refuse(sink, "gave a value of more than 65,535 bytes");
    if (!arena_slice(sink->arena, value, &sink->rows[index].value))
        return sink_nomem(sink);
    sink->rows[index].present = true;
    return STEPDOWN_OK;
}

// Does `key` follow the last row in the order asked for, inside the range?
static bool sink_in_order(const struct stepdown_storage_sink *sink, stepdown_slice key) {
    const struct stepdown_storage_range *range = sink->range;
    if (range->from.size > 0 && slice_compare(key, range->from) < 0)
        return false;
    if (range->to.size > 0 && slice_compare(key, range->to) >= 0)
        return false;
    if (sink->count == 0)
        return true;
    int order = slice_compare(sink->rows[sink->count - 1].key, key);
    return range->descending ? order > 0 : order < 0;
}

// Room for one more row: the array starts small, because a limit is a bound and not an estimate.
static bool sink_grow(struct stepdown_storage_sink *sink) {
    if (sink->count < sink->cap)
        return true;
    size_t cap = sink->cap == 0 ? ROWS_FIRST : sink->cap * 2;
    if (cap > sink->limit)
        cap = sink->limit;
    struct row *rows = cap > SIZE_MAX / 2 / sizeof *rows ? NULL : arena_alloc(sink->arena, cap * sizeof *rows);
    if (rows == NULL)
        return false;
    if (sink->count > 0)
        memcpy(rows, sink->rows, sink->count * sizeof *rows);
    sink->rows = rows;
    sink->cap = cap;
    return true;
}

stepdown_status sink_add_row(struct stepdown_storage_sink *sink, stepdown_slice key, stepdown_slice value) {
    if (!sink->scanning || sink->more)
        return sink_refuse(sink, "gave a row that was not asked for");
    if (key.size == 0 || key.size > STORAGE_KEY_MAX || value.size > STORAGE_VALUE_MAX)
        return sink_refuse(sink, "gave a key or value of a size that cannot be");
    if (!sink_in_order(sink, key))
        return sink_refuse(sink, "gave a row out of order or outside the range");
    if (sink->count == sink->limit) {
        sink->more = true;
        return STEPDOWN_OK;
    }
    struct row row = {.present = true};
    if (!sink_grow(sink) || !arena_slice(sink->arena, key, &row.key) || !arena_slice(sink->arena, value, &row.value))
        return sink_nomem(sink);
    sink->rows[sink->count++] = row;
    return STEPDOWN_OK;
}

stepdown_status sink_add_figure(struct stepdown_storage_sink *sink, const char *name, int64_t value) {
    if (sink->figures == NULL)
        return sink_refuse(sink, "gave a figure where none was asked for");
    size_t size = name == NULL ? 0 : strlen(name);
    if (size == 0 || size > 64 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != size)
        return sink_refuse(sink, "gave a figure without a proper name");
    struct buffer *b = sink->figures;
    buffer_format(b, "%s\"%s\":%" PRId64, b->size > 0 ? "," : "", name, value);
    return b->failed ? sink_nomem(sink) : STEPDOWN_OK;
}
