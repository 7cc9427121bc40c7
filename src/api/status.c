// SPDX-License-Identifier: Apache-2.0
// The exported functions of <stepdown/status.h>: the table of codes and the accessors of errors.
// May call: base.
#include <stepdown/status.h>

#include "base/error.h"

struct status_row {
    stepdown_status status;
    int32_t category;
    const char *name, *text;
};

#define STATUS_ROW(name, number, category, text) {(number), STEPDOWN_CATEGORY_##category, #name, (text)},
static const struct status_row status_rows[] = {STEPDOWN_STATUS_TABLE(STATUS_ROW)};
#undef STATUS_ROW

static const struct status_row *status_find(stepdown_status status) {
    static const struct status_row unknown = {-1, STEPDOWN_CATEGORY_PROGRAM, "?", "no status code of this library"};
    for (size_t i = 0; i < sizeof status_rows / sizeof *status_rows; i++)
        if (status_rows[i].status == status)
            return &status_rows[i];
    return &unknown;
}

const char *stepdown_status_name(stepdown_status status) { return status_find(status)->name; }

const char *stepdown_status_text(stepdown_status status) { return status_find(status)->text; }

int32_t stepdown_status_category(stepdown_status status) { return status_find(status)->category; }

stepdown_status stepdown_error_code(const stepdown_error *error) {
    return error != NULL ? error->code : STEPDOWN_NOMEM;
}

const char *stepdown_error_message(const stepdown_error *error) { return error != NULL ? error->message : ""; }

size_t stepdown_error_detail_count(const stepdown_error *error) { return error != NULL ? error->detail_count : 0; }

const char *stepdown_error_detail_key(const stepdown_error *error, size_t index) {
    return index < stepdown_error_detail_count(error) ? error->details[index].key : NULL;
}

const char *stepdown_error_detail_value(const stepdown_error *error, size_t index) {
    return index < stepdown_error_detail_count(error) ? error->details[index].value : NULL;
}

size_t stepdown_error_diagnostic_count(const stepdown_error *error) {
    return error != NULL ? error->diagnostics.count : 0;
}

static const struct diagnostic *error_diagnostic(const stepdown_error *error, size_t index) {
    static const struct diagnostic none = {"", 0, 0, "", ""};
    return index < stepdown_error_diagnostic_count(error) ? &error->diagnostics.list[index] : &none;
}

const char *stepdown_error_diagnostic_file(const stepdown_error *error, size_t index) {
    return error_diagnostic(error, index)->file;
}

const char *stepdown_error_diagnostic_message(const stepdown_error *error, size_t index) {
    return error_diagnostic(error, index)->message;
}

const char *stepdown_error_diagnostic_rule(const stepdown_error *error, size_t index) {
    return error_diagnostic(error, index)->rule;
}

uint32_t stepdown_error_diagnostic_line(const stepdown_error *error, size_t index) {
    return error_diagnostic(error, index)->line;
}

uint32_t stepdown_error_diagnostic_column(const stepdown_error *error, size_t index) {
    return error_diagnostic(error, index)->column;
}

stepdown_status stepdown_error_raise(stepdown_error **out_error, stepdown_status code, const char *message) {
    if (code == STEPDOWN_OK)
        return code; // an error never says OK
    struct env env = env_default();
    return error_make(&env, out_error, code, message == NULL ? "" : message);
}

stepdown_status stepdown_error_set_cookie(stepdown_error *error, uint64_t tag, void *cookie,
                                          void (*release)(void *cookie)) {
    if (error == NULL)
        return STEPDOWN_INVALID;
    if (error->cookie_release != NULL)
        error->cookie_release(error->cookie); // the one it replaces
    error->cookie_tag = tag;
    error->cookie = cookie;
    error->cookie_release = release;
    return STEPDOWN_OK;
}

void *stepdown_error_cookie(const stepdown_error *error, uint64_t tag) {
    return error != NULL && error->cookie_tag == tag ? error->cookie : NULL;
}

void stepdown_error_free(stepdown_error **error) { error_free(error); }
