// SPDX-License-Identifier: Apache-2.0
// The count of live handles. It is the only thing the library keeps outside its handles, and nothing depends on it.
#include "base/live.h"

#include <stdatomic.h>

static _Atomic(int64_t) live;

void live_add(void) { atomic_fetch_add_explicit(&live, 1, memory_order_relaxed); }

void live_remove(void) { atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed); }

int64_t live_count(void) { return atomic_load_explicit(&live, memory_order_relaxed); }
