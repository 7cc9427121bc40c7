// SPDX-License-Identifier: Apache-2.0
// A small definition set made by hand, so that tests of the rooms above need no protocol file: a visit with a huddle,
// calls and an update, two forms, a rule with an escalation, a gate. Only names and shapes; no conditions.
#ifndef TESTS_SUPPORT_DEFINITIONS_H
#define TESTS_SUPPORT_DEFINITIONS_H

#include "protocol/definitions.h"

// Symbols as a store would have given them.
enum {
    SYMBOL_VISIT = 2000, // appointment
    SYMBOL_HUDDLE,
    SYMBOL_CALL,    // task, many
    SYMBOL_UPDATE,  // update
    SYMBOL_SCRIPT,  // form about a visit: attendance, wording, remark
    SYMBOL_CONTACT, // form, many: outcome, reached_at
    SYMBOL_ATTENDANCE,
    SYMBOL_WORDING,
    SYMBOL_REMARK,
    SYMBOL_OUTCOME,
    SYMBOL_REACHED_AT,
    SYMBOL_NO_SHOW, // rule
    SYMBOL_LADDER,  // escalation
    SYMBOL_PROCEED, // gate
    SYMBOL_NURSE,   // role
    SYMBOL_END
};

enum test_definitions_kind {
    TEST_DEFINITIONS,          // everything above, indices in that order
    TEST_DEFINITIONS_SHUFFLED, // the same names under other indices
    TEST_DEFINITIONS_SMALLER   // a later version that dropped the call, the remark, the contact form and the rule
};
// One reference, to be released. Fails the test when memory runs out.
struct definitions *test_definitions_new(const struct env *env, enum test_definitions_kind kind);
// Index of the definition with that symbol, -1: not in this set.
int32_t test_definitions_index(const struct definitions *d, uint32_t symbol);

#endif
