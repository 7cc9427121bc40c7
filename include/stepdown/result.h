// SPDX-License-Identifier: Apache-2.0
// Results: a list of rows with named, typed columns. Every question the library answers comes back as one of these, so
// that a program reads it row by row, a binding turns it into native objects in one loop, and columns can be added
// without breaking anybody. The columns of each result are listed at the function that makes it.
#ifndef STEPDOWN_RESULT_H
#define STEPDOWN_RESULT_H

#include <stepdown/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// Owned by whoever asked for it: stepdown_result_free. It does not change and outlives what it was asked of.
typedef struct stepdown_result stepdown_result;

// Type of a column.
enum {
    STEPDOWN_COLUMN_TEXT = 1,    // UTF-8; read with stepdown_result_text
    STEPDOWN_COLUMN_INTEGER = 2, // int64; stepdown_result_integer
    STEPDOWN_COLUMN_BOOLEAN = 3, // 0 or 1; stepdown_result_integer
    STEPDOWN_COLUMN_TIME = 4,    // stepdown_time; stepdown_result_integer; STEPDOWN_TIME_NONE when there is none
    STEPDOWN_COLUMN_ROWS = 5     // a nested result; stepdown_result_rows
};

// Number of rows. 0 for NULL.
STEPDOWN_API size_t stepdown_result_count(const stepdown_result *result);
// Number of columns; the same for every row. 0 for NULL.
STEPDOWN_API size_t stepdown_result_columns(const stepdown_result *result);
// Name and type of a column; NULL and 0 past the end. Static for the life of the library.
STEPDOWN_API const char *stepdown_result_column_name(const stepdown_result *result, size_t column);
STEPDOWN_API int32_t stepdown_result_column_type(const stepdown_result *result, size_t column);
// Column by name, -1 when there is none. Look it up once, then read by number.
STEPDOWN_API int32_t stepdown_result_column(const stepdown_result *result, const char *name);
// Text at (row, column), NUL-terminated; "" when absent or of another type. Borrowed until the result is freed.
STEPDOWN_API const char *stepdown_result_text(const stepdown_result *result, size_t row, int32_t column);
// Length in bytes of that text (a text may contain NUL).
STEPDOWN_API size_t stepdown_result_text_size(const stepdown_result *result, size_t row, int32_t column);
// Integer, boolean or time at (row, column); 0 when absent (STEPDOWN_TIME_NONE for a time).
STEPDOWN_API int64_t stepdown_result_integer(const stepdown_result *result, size_t row, int32_t column);
// Nested rows at (row, column), NULL when absent. Borrowed until the result is freed.
STEPDOWN_API const stepdown_result *stepdown_result_rows(const stepdown_result *result, size_t row, int32_t column);
// Token to pass to the same function for the next page; "" when this was the last. Borrowed until the result is freed.
STEPDOWN_API const char *stepdown_result_next(const stepdown_result *result);
// The whole result as JSON text (array of objects; times as RFC 3339 UTC or null). *out is owned by the caller:
// stepdown_bytes_free. INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_result_json(const stepdown_result *result, stepdown_bytes **out,
                                                                    stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe. Never free a nested result.
STEPDOWN_API void stepdown_result_free(stepdown_result **result);

#ifdef __cplusplus
}
#endif
#endif
