// SPDX-License-Identifier: Apache-2.0
// How many handles the process holds: the one number that tests of lifetimes, in every language, bring back to zero.
#ifndef BASE_LIVE_H
#define BASE_LIVE_H

#include <stdint.h>

void live_add(void);
void live_remove(void);
int64_t live_count(void);

#endif
