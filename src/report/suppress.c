// SPDX-License-Identifier: Apache-2.0
// Small numbers, and those from which they could be worked out. May call: nothing.
#include "report/suppress.h"

static bool is_small(int64_t number, int64_t small) { return number >= 1 && number <= small; }

bool suppress_small(const int64_t *counts, size_t count, int64_t small, bool *hidden) {
    size_t kept = 0, next = count;
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        hidden[i] = is_small(counts[i], small);
        kept += hidden[i];
        total += counts[i];
        bool smaller = next == count || counts[i] < counts[next];
        next = !hidden[i] && counts[i] > 0 && smaller ? i : next;
    }
    if (kept == 1 && next < count) {
        hidden[next] = true;
    }
    return kept > 0 || is_small(total, small);
}
