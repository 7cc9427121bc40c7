// SPDX-License-Identifier: Apache-2.0
// Results: rows of cells in an arena. A cell that could not be stored marks the whole result as failed.
#include "report/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/time.h"

struct stepdown_result *result_new(const struct env *env, const struct column *columns, size_t count) {
    struct stepdown_result *r = env_zalloc(env, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->env = *env;
    arena_init(&r->own, &r->env);
    r->arena = &r->own;
    r->columns = columns;
    r->column_count = count;
    live_add();
    return r;
}

void result_free(struct stepdown_result **result) {
    struct stepdown_result *r = *result;
    *result = NULL;
    if (r == NULL || r->nested) {
        return;
    }
    struct env env = r->env;
    arena_free(&r->own);
    env_free(&env, r);
    live_remove();
}

static void *no_memory(void *ctx, void *block, size_t size) {
    (void)ctx;
    (void)block;
    (void)size;
    return NULL;
}

// Where writes go once memory has run out: a result that takes everything and keeps nothing, and so do buffers made
// with its memory. Nothing ever changes it.
static struct stepdown_result sink = {.env = {.allocate = no_memory}, .failed = true, .nested = true};

static struct cell *last_cell(struct stepdown_result *r, size_t column) {
    if (r->failed || r->row_count == 0 || column >= r->column_count) {
        return NULL;
    }
    return &r->cells[(r->row_count - 1) * r->column_count + column];
}

void result_add(struct stepdown_result *r) {
    if (r->failed) {
        return;
    }
    if (r->row_count == r->row_cap) {
        size_t cap = r->row_cap == 0 ? 4 : r->row_cap * 2;
        struct cell *grown = arena_alloc(r->arena, cap * r->column_count * sizeof *grown);
        if (grown == NULL) {
            r->failed = true;
            return;
        }
        if (r->row_count > 0) {
            memcpy(grown, r->cells, r->row_count * r->column_count * sizeof *grown);
        }
        r->cells = grown;
        r->row_cap = cap;
    }
    memset(&r->cells[r->row_count * r->column_count], 0, r->column_count * sizeof *r->cells);
    r->row_count++;
}

struct stepdown_result *result_nest(struct stepdown_result *parent, size_t column, const struct column *columns,
                                    size_t count) {
    struct cell *cell = last_cell(parent, column);
    struct stepdown_result *r = cell != NULL ? arena_zalloc(parent->arena, sizeof *r) : NULL;
    if (r == NULL) {
        if (parent != &sink) {
            parent->failed = true;
        }
        return &sink;
    }
    r->env = parent->env;
    r->arena = parent->arena;
    r->columns = columns;
    r->column_count = count;
    r->nested = true;
    cell->rows = r;
    cell->set = true;
    return r;
}

void result_text(struct stepdown_result *r, size_t column, stepdown_slice text) {
    struct cell *cell = last_cell(r, column);
    if (cell == NULL) {
        return;
    }
    const char *copy = arena_text(r->arena, (const char *)text.data, text.size);
    if (copy == NULL) {
        r->failed = true;
        return;
    }
    cell->text = slice_of(copy, text.size);
    cell->set = true;
}

void result_string(struct stepdown_result *r, size_t column, const char *text) {
    result_text(r, column, slice_text(text != NULL ? text : ""));
}

void result_format(struct stepdown_result *r, size_t column, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    result_string(r, column, text);
}

void result_number(struct stepdown_result *r, size_t column, int64_t number) {
    struct cell *cell = last_cell(r, column);
    if (cell != NULL) {
        cell->number = number;
        cell->set = true;
    }
}

void result_buffer(struct stepdown_result *r, size_t column, struct buffer *b) {
    if (b->failed && r != &sink) {
        r->failed = true;
    }
    result_text(r, column, slice_of(b->data, b->size));
    buffer_clear(b);
}

void result_set_next(struct stepdown_result *r, const char *format, ...) {
    char text[128];
    va_list list;
    if (r->failed) {
        return;
    }
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    r->next = arena_text(r->arena, text, strlen(text));
    r->failed = r->failed || r->next == NULL;
}

// A nested result that failed fails the whole.
static bool any_failed(const struct stepdown_result *r) {
    bool failed = r->failed;
    for (size_t i = 0; !failed && i < r->row_count * r->column_count; i++) {
        failed = r->cells[i].rows != NULL && any_failed(r->cells[i].rows);
    }
    return failed;
}

stepdown_status result_finish(struct stepdown_result *r, stepdown_result **out, stepdown_error **o) {
    if (any_failed(r)) {
        struct env env = r->env;
        result_free(&r);
        return status_nomem(&env, o);
    }
    *out = r;
    return STEPDOWN_OK;
}

stepdown_status result_done(stepdown_status status, struct stepdown_result *r, stepdown_result **out,
                            stepdown_error **o) {
    if (status == STEPDOWN_OK) {
        return result_finish(r, out, o);
    }
    result_free(&r);
    return status;
}

// ---- JSON ----------------------------------------------------------------------------------------------------------------

static void json_text(struct buffer *b, stepdown_slice text) {
    buffer_text(b, "\"");
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '"' || c == '\\') {
            buffer_format(b, "\\%c", c);
        } else if (c < 0x20) {
            buffer_format(b, "\\u%04x", c);
        } else {
            buffer_append(b, &c, 1);
        }
    }
    buffer_text(b, "\"");
}

static void json_rows(struct buffer *b, const struct stepdown_result *r);

static void json_cell(struct buffer *b, int32_t type, const struct cell *cell) {
    char time[40];
    switch (type) {
    case STEPDOWN_COLUMN_TEXT: json_text(b, cell->text); break;
    case STEPDOWN_COLUMN_INTEGER: buffer_format(b, "%lld", (long long)cell->number); break;
    case STEPDOWN_COLUMN_BOOLEAN: buffer_text(b, cell->number != 0 ? "true" : "false"); break;
    case STEPDOWN_COLUMN_TIME:
        if (!cell->set || cell->number == STEPDOWN_TIME_NONE) {
            buffer_text(b, "null");
        } else {
            time_print(cell->number, NULL, time);
            buffer_format(b, "\"%s\"", time);
        }
        break;
    default:
        if (cell->rows != NULL) {
            json_rows(b, cell->rows);
        } else {
            buffer_text(b, "[]");
        }
    }
}

static void json_rows(struct buffer *b, const struct stepdown_result *r) {
    buffer_text(b, "[");
    for (size_t row = 0; row < r->row_count; row++) {
        buffer_text(b, row > 0 ? ",{" : "{");
        for (size_t column = 0; column < r->column_count; column++) {
            buffer_format(b, "%s\"%s\":", column > 0 ? "," : "", r->columns[column].name);
            json_cell(b, r->columns[column].type, &r->cells[row * r->column_count + column]);
        }
        buffer_text(b, "}");
    }
    buffer_text(b, "]");
}

stepdown_status result_json(const struct stepdown_result *r, struct buffer *out) {
    json_rows(out, r);
    return out->failed ? STEPDOWN_NOMEM : STEPDOWN_OK;
}
