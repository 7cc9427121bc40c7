// SPDX-License-Identifier: Apache-2.0
// A back end as an integrator would write his first one, by the public header alone: a sorted array, copied whole by
// every commit. Slow and plainly right, so it is the model the others are held against; and it can be made wrong on
// purpose in one of many ways, to see whether the conformance suite notices.
#ifndef TESTS_STORAGE_NAIVE_H
#define TESTS_STORAGE_NAIVE_H

#include <stepdown/storage.h>

enum naive_flaw {
    NAIVE_SOUND,
    NAIVE_CONFLICTS_WITH_ANYTHING, // more often than needed, which is allowed
    NAIVE_IGNORES_CONFLICTS,
    NAIVE_IGNORES_CHECKS,
    NAIVE_IGNORES_ABSENT,
    NAIVE_PUT_NEW_OVERWRITES,
    NAIVE_READS_THE_NEWEST,
    NAIVE_SCANS_THE_NEWEST,
    NAIVE_KEEPS_DELETED,
    NAIVE_APPLIES_BEFORE_IT_CHECKS,
    NAIVE_APPLIES_THE_FIRST_ONLY,
    NAIVE_ORDERS_BY_SIGNED_BYTES,
    NAIVE_STOPS_AT_A_ZERO_BYTE,
    NAIVE_NEVER_DESCENDS,
    NAIVE_INCLUDES_THE_END,
    NAIVE_EXCLUDES_THE_START,
    NAIVE_IGNORES_THE_LIMIT,
    NAIVE_LOSES_EMPTY_VALUES,
    NAIVE_CUTS_VALUES,
    NAIVE_CUTS_KEYS,
    NAIVE_ANSWERS_SHIFTED,
    NAIVE_COMMITS_ON_ABORT,
    NAIVE_FORGETS_DELETED_STAMPS,
    NAIVE_FORGETS_ON_CLOSE,
    NAIVE_FAILS_A_PING,
    NAIVE_FLAWS
};

struct naive;
struct naive *naive_new(enum naive_flaw flaw);
void naive_free(struct naive **naive);
// A storage on it. It may be opened again after the storage is gone.
stepdown_status naive_open(struct naive *naive, stepdown_storage **out, stepdown_error **out_error);

#endif
