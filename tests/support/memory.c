// SPDX-License-Identifier: Apache-2.0
// The failing allocator and its sweep.
#include "support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void *test_allocate(void *ctx, void *block, size_t size) {
    struct test_memory *memory = ctx;
    if (size == 0) {
        if (block != NULL)
            memory->live--;
        free(block);
        return NULL;
    }
    if (++memory->calls == memory->fail_at)
        return NULL;
    void *out = realloc(block, size);
    if (out != NULL && block == NULL)
        memory->live++;
    return out;
}

void test_memory_init(struct test_memory *memory, size_t fail_at) {
    *memory = (struct test_memory){.env = env_default(), .fail_at = fail_at};
    memory->env.allocate = test_allocate;
    memory->env.allocate_ctx = memory;
}

size_t test_memory_sweep(stepdown_status (*body)(const struct env *env, void *ctx), void *ctx) {
    for (size_t run = 1;; run++) {
        struct test_memory memory;
        test_memory_init(&memory, run);
        stepdown_status status = body(&memory.env, ctx);
        if (memory.live != 0)
            fail_msg("allocation %zu failed: %zu blocks stay alive", run, memory.live);
        if (memory.calls < run) {
            assert_int_equal(status, STEPDOWN_OK);
            return run;
        }
        if (status != STEPDOWN_NOMEM)
            fail_msg("allocation %zu failed: %s", run, stepdown_status_name(status));
    }
}
