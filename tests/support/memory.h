// SPDX-License-Identifier: Apache-2.0
// Memory for tests: counts what is alive and fails the call it is told to fail. A sweep runs a body again and again,
// failing its 1st, 2nd, … allocation, until it gets through; whatever fails must leave nothing behind.
#ifndef TESTS_SUPPORT_MEMORY_H
#define TESTS_SUPPORT_MEMORY_H

#include "base/env.h"

struct test_memory {
    struct env env;        // env_default with this memory
    size_t calls, fail_at; // allocations asked for; the one that fails, from 1 (0: none)
    size_t live;           // blocks not given back
};

void test_memory_init(struct test_memory *memory, size_t fail_at);
// Run `body` with the nth allocation failing, n from 1, until a run asks for fewer than n. `body` returns the status
// it got and frees what it made. Fails the test unless every run that lost memory says NOMEM, the last says OK and
// nothing stays alive. Returns the number of runs.
size_t test_memory_sweep(stepdown_status (*body)(const struct env *env, void *ctx), void *ctx);

#endif
