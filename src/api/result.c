// SPDX-License-Identifier: Apache-2.0
// Reading results.
#include "report/result.h"

size_t stepdown_result_count(const stepdown_result *result) { return result != NULL ? result->row_count : 0; }

size_t stepdown_result_columns(const stepdown_result *result) { return result != NULL ? result->column_count : 0; }

const char *stepdown_result_column_name(const stepdown_result *result, size_t column) {
    return result != NULL && column < result->column_count ? result->columns[column].name : NULL;
}

int32_t stepdown_result_column_type(const stepdown_result *result, size_t column) {
    return result != NULL && column < result->column_count ? result->columns[column].type : 0;
}

int32_t stepdown_result_column(const stepdown_result *result, const char *name) {
    for (size_t i = 0; result != NULL && name != NULL && i < result->column_count; i++) {
        if (slice_is(slice_text(result->columns[i].name), name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static const struct cell *cell_at(const stepdown_result *r, size_t row, int32_t column) {
    bool inside = r != NULL && row < r->row_count && column >= 0 && (size_t)column < r->column_count;
    return inside ? &r->cells[row * r->column_count + (size_t)column] : NULL;
}

const char *stepdown_result_text(const stepdown_result *result, size_t row, int32_t column) {
    const struct cell *cell = cell_at(result, row, column);
    return cell != NULL && cell->text.data != NULL ? (const char *)cell->text.data : "";
}

size_t stepdown_result_text_size(const stepdown_result *result, size_t row, int32_t column) {
    const struct cell *cell = cell_at(result, row, column);
    return cell != NULL ? cell->text.size : 0;
}

int64_t stepdown_result_integer(const stepdown_result *result, size_t row, int32_t column) {
    const struct cell *cell = cell_at(result, row, column);
    if (cell == NULL) {
        return 0;
    }
    bool absent = !cell->set && result->columns[column].type == STEPDOWN_COLUMN_TIME;
    return absent ? STEPDOWN_TIME_NONE : cell->number;
}

const stepdown_result *stepdown_result_rows(const stepdown_result *result, size_t row, int32_t column) {
    const struct cell *cell = cell_at(result, row, column);
    return cell != NULL ? cell->rows : NULL;
}

const char *stepdown_result_next(const stepdown_result *result) {
    return result != NULL && result->next != NULL ? result->next : "";
}

stepdown_status stepdown_result_json(const stepdown_result *result, stepdown_bytes **out, stepdown_error **out_error) {
    struct env env = result != NULL ? result->env : env_default();
    if (result == NULL || out == NULL) {
        return status_fail(&env, out_error, STEPDOWN_INVALID, "%s: is missing", result == NULL ? "result" : "out");
    }
    struct buffer b;
    buffer_init(&b, &env);
    stepdown_status status = result_json(result, &b) == STEPDOWN_OK ? bytes_new(&env, b.data, b.size, out, out_error)
                                                                    : status_nomem(&env, out_error);
    buffer_free(&b);
    return status;
}

void stepdown_result_free(stepdown_result **result) {
    if (result != NULL) {
        result_free(result);
    }
}
