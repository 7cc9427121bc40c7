// SPDX-License-Identifier: Apache-2.0
// The conformance suite: a table of rules, each a small play of transactions on a fresh store, and its report.
// Goes through the guard like every other user of a storage. May call: base, the guard.
#ifndef STORAGE_CONFORMANCE_H
#define STORAGE_CONFORMANCE_H

#include "storage/storage.h"

struct conformance_result {
    const char *name;
    int32_t result; // STEPDOWN_CONFORMANCE_*
    char *detail;   // NULL: none
};

struct stepdown_conformance {
    struct env env;
    struct conformance_result *results;
    size_t count, failures;
};

stepdown_status conformance_run(stepdown_conformance_factory factory, void *ctx, int32_t level,
                                struct stepdown_conformance **out, stepdown_error **out_error);
void conformance_free(struct stepdown_conformance **report);

#endif
