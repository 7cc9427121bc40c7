// SPDX-License-Identifier: Apache-2.0
// What a small host does before it has a pathway: a store in memory with people, the protocol in force, a clock that
// stands still, one pathway with a refused first visit. Public headers only.
#ifndef TESTS_API_HOST_H
#define TESTS_API_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stepdown.h>

struct host {
    int64_t live; // objects before
    stepdown_options *options;
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session *supervisor, *worker, *manager;
    stepdown_time now;
    char pathway[32];
};
void host_make(struct host *host);
void host_free(struct host *host); // fails the test when an object is left
// One command; arguments are name, value, …, NULL. The receipt is the caller's.
stepdown_result *host_do(struct host *host, stepdown_session *session, const char *verb, const char *target, ...);
stepdown_time host_noon(void); // 3 March 2026, 12:00 in New York

#endif
