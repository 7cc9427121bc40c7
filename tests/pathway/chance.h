// SPDX-License-Identifier: Apache-2.0
// Stories by chance: every event is legal, every class of events occurs. The same seed tells the same story.
#ifndef TESTS_PATHWAY_CHANCE_H
#define TESTS_PATHWAY_CHANCE_H

#include "pathway/story.h"

enum { CHANCE_RECORDS = 4096 };

struct chance {
    struct story *t;
    uint64_t seed;
    uint16_t withheld[CHANCE_RECORDS]; // disclosures of each record not yet erased, counted from the last
};

// One more record of one to four events, or an erasure.
void chance_record(struct chance *c);
uint32_t chance_below(struct chance *c, uint32_t limit);

#endif
