// SPDX-License-Identifier: Apache-2.0
// Two who race for one place: what must be true afterwards, in threads and in processes alike.
#ifndef TESTS_SURVIVE_RACE_H
#define TESTS_SURVIVE_RACE_H

#include "support/places.h"

enum { RACERS = 2, ROUNDS = 6 };

// Exactly one place is free.
void race_prepare(struct places *p);
// After round `round`: one of the two has it, one waits, and both stand in the queue.
void race_check(struct places *p, size_t round);
// The next place goes to the one who waits.
void race_serve_the_other(struct places *p, size_t round);

#endif
