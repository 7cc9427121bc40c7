// SPDX-License-Identifier: Apache-2.0
// What the host hands in: memory, clock, randomness, log. Passed by pointer to every room; owns nothing.
// May call: platform.
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stdbool.h>
#include <stepdown/status.h>
#include <stepdown/types.h>

struct digest; // base/digest.h

struct env {
    stepdown_allocate_fn allocate;
    void *allocate_ctx;
    stepdown_time (*clock)(void *ctx);
    void *clock_ctx;
    int32_t (*random)(void *ctx, uint8_t *out, size_t size); // 0: no entropy to be had
    void *random_ctx;
    void (*log)(void *ctx, int32_t level, const char *message); // may be NULL
    void *log_ctx;
};

// malloc, the system clock, the system's entropy, no log.
struct env env_default(void);

void *env_alloc(const struct env *env, size_t size); // NULL when size is 0 or memory ran out
void *env_zalloc(const struct env *env, size_t size);
void *env_resize(const struct env *env, void *block, size_t size);
void env_free(const struct env *env, void *block); // NULL-safe
// Grow an array of `width`-byte elements to hold at least `need`; *cap is in elements. False: out of memory, unchanged.
bool env_grow(const struct env *env, void **array, size_t *cap, size_t need, size_t width);

#endif
