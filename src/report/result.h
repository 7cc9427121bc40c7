// SPDX-License-Identifier: Apache-2.0
// Building results: rows with named, typed columns in one arena. Memory failures are gathered and reported once, at the
// end. May call: base.
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include <stepdown/result.h>

#include "base/arena.h"
#include "base/bytes.h"

struct column {
    const char *name;
    int32_t type; // STEPDOWN_COLUMN_*
};
struct cell {
    stepdown_slice text;
    int64_t number;
    struct stepdown_result *rows;
    bool set;
};
struct stepdown_result {
    struct env env;
    struct arena *arena; // of the outermost result
    struct arena own;
    const struct column *columns;
    size_t column_count;
    struct cell *cells;
    size_t row_count, row_cap;
    const char *next;
    bool failed, nested;
};

#define RESULT_COLUMNS(list) (list), sizeof(list) / sizeof((list)[0])
// NULL: out of memory.
struct stepdown_result *result_new(const struct env *env, const struct column *columns, size_t count);
// A result for one cell of `parent`'s last row; shares its memory. Never NULL: failures mark the parent.
struct stepdown_result *result_nest(struct stepdown_result *parent, size_t column, const struct column *columns,
                                    size_t count);
void result_add(struct stepdown_result *r); // a new row; the setters below fill in the last one
void result_text(struct stepdown_result *r, size_t column, stepdown_slice text);
void result_string(struct stepdown_result *r, size_t column, const char *text);
void result_format(struct stepdown_result *r, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void result_number(struct stepdown_result *r, size_t column, int64_t number);   // integers, booleans, times
void result_buffer(struct stepdown_result *r, size_t column, struct buffer *b); // text of a buffer; clears it
void result_set_next(struct stepdown_result *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
// OK and *out, or NOMEM with the result freed.
stepdown_status result_finish(struct stepdown_result *r, stepdown_result **out, stepdown_error **o);
// The same at the end of what may have failed: then `r` (may be NULL) is freed and the status goes on.
stepdown_status result_done(stepdown_status status, struct stepdown_result *r, stepdown_result **out,
                            stepdown_error **o);
void result_free(struct stepdown_result **r);
stepdown_status result_json(const struct stepdown_result *r, struct buffer *out);

#endif
