// SPDX-License-Identifier: Apache-2.0
// Making errors. Every fallible function of every room returns a stepdown_status and takes `stepdown_error **out`,
// which may be NULL. `out` is written only on failure; a function that is handed an error already set never overwrites
// it. If memory for the error runs out, *out stays NULL and the status still counts.
// May call: env, bytes.
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>

#include "base/env.h"

// Make an error with a formatted message (printf rules, result cut at 1,000 bytes on a UTF-8 boundary). Returns `code`.
stepdown_status status_fail(const struct env *env, stepdown_error **out, stepdown_status code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Out of memory: returns NOMEM, tries to leave an error without allocating more than one small block.
stepdown_status status_nomem(const struct env *env, stepdown_error **out);
// Add a detail pair to the error just made. Does nothing when `out` or *out is NULL or memory runs out.
void status_detail(stepdown_error **out, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// One problem found in a file.
struct diagnostic {
    const char *file;
    uint32_t line, column; // from 1
    const char *rule;      // "V3", "syntax", "type", …
    const char *message;
};

// Diagnostics gathered while reading files, kept in the order of each file; copied strings live in its own memory.
// Only the first DIAGNOSTICS_MAX are kept, so that a hostile file cannot fill memory; the rest are counted.
enum { DIAGNOSTICS_MAX = 1000 };
struct diagnostic_text;
struct diagnostics {
    const struct env *env;
    struct diagnostic *list;
    size_t count, cap;
    size_t dropped; // found beyond DIAGNOSTICS_MAX
    struct diagnostic_text *texts;
    bool failed_alloc; // a diagnostic was lost for want of memory: the whole load is NOMEM
};
void diagnostics_init(struct diagnostics *d, const struct env *env);
void diagnostics_add(struct diagnostics *d, const char *file, uint32_t line, uint32_t column, const char *rule,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));
void diagnostics_clear(struct diagnostics *d); // free everything
// If there are any: make one error of `code` that carries them all ("N problems; first: file:line:col: …") and return
// `code` (NOMEM when failed_alloc). Otherwise OK. The diagnostics move into the error when one is made; `d` is then
// empty.
stepdown_status diagnostics_report(struct diagnostics *d, stepdown_error **out, stepdown_status code);

#endif
