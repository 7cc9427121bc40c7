// SPDX-License-Identifier: Apache-2.0
// The inside of the two owned objects that outlive any engine: errors and byte results. Each carries a copy of the
// allocator it was made with, so that it can be freed by any thread at any later time.
// May call: env, status.
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/status.h"

struct error_detail {
    char *key; // one block holds key and value
    char *value;
};

struct stepdown_error {
    struct env memory; // only the allocator is filled in
    stepdown_status code;
    struct error_detail *details;
    size_t detail_count, detail_cap;
    struct diagnostics diagnostics; // its env is `memory`
    uint64_t cookie_tag;
    void *cookie;
    void (*cookie_release)(void *cookie);
    char message[];
};

struct stepdown_bytes {
    struct env memory; // only the allocator is filled in
    size_t size;
    uint8_t data[]; // size bytes and a NUL
};

// Put an error with a copy of `message` into *out, unless `out` is NULL, *out is set already or memory runs out.
// Bytes that are not UTF-8 become '?'. Returns `code`.
stepdown_status error_make(const struct env *env, stepdown_error **out, stepdown_status code, const char *message);
void error_free(stepdown_error **error);
// An env that can only allocate, with the allocator of `env`.
struct env env_memory(const struct env *env);

#endif
