// SPDX-License-Identifier: Apache-2.0
// The five-need gate of the second visit and the pathway on which it opens, for the gate's test and its benchmark.
#ifndef TESTS_RULE_FAILED_VISIT_H
#define TESTS_RULE_FAILED_VISIT_H

#include "rule/world.h"

struct failed_visit {
    int32_t gate;
    uint32_t visit, huddle, route, script;
    struct mark *attested, *acknowledged;
};
// The gate: named staff, agreed script, clinical advice, case manager's contact attempt, escalation route.
void failed_visit_define(struct world *w, struct failed_visit *f);
// A visit booked, a huddle held and decided; nothing else yet.
void failed_visit_begin(struct world *w, struct failed_visit *f);
// Everything the gate asks for, need by need (1 to 5).
void failed_visit_meet(struct world *w, struct failed_visit *f, int need);

#endif
