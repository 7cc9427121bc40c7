// SPDX-License-Identifier: Apache-2.0
// Memory through the host's allocator, and the defaults for what a host does not hand in.
// May call: platform.
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

static void *default_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

static stepdown_time default_clock(void *ctx) {
    (void)ctx;
    return platform_clock();
}

static int32_t default_random(void *ctx, uint8_t *out, size_t size) {
    (void)ctx;
    return platform_entropy(out, size);
}

struct env env_default(void) {
    return (struct env){.allocate = default_allocate, .clock = default_clock, .random = default_random};
}

void *env_alloc(const struct env *env, size_t size) {
    return size == 0 ? NULL : env->allocate(env->allocate_ctx, NULL, size);
}

void *env_zalloc(const struct env *env, size_t size) {
    void *block = env_alloc(env, size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void *env_resize(const struct env *env, void *block, size_t size) {
    return env->allocate(env->allocate_ctx, block, size);
}

void env_free(const struct env *env, void *block) {
    if (block != NULL)
        env->allocate(env->allocate_ctx, block, 0);
}

bool env_grow(const struct env *env, void **array, size_t *cap, size_t need, size_t width) {
    if (need <= *cap)
        return true;
    size_t most = SIZE_MAX / width;
    if (need > most)
        return false;
    size_t next = *cap < 8 ? 8 : *cap;
    while (next < need && next <= most / 2)
        next *= 2;
    if (next < need || next > most)
        next = need;
    void *grown = env_resize(env, *array, next * width);
    if (grown == NULL)
        return false;
    *array = grown;
    *cap = next;
    return true;
}
