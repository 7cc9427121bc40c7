// SPDX-License-Identifier: Apache-2.0
// The lifecycle tables: for each kind of item its states, and for each verb from which states it leads where and which
// event it writes. Data only (lifecycle.def); the compiler, the fold, the engine and the diagrams read the same rows.
// May call: record (event codes), base.
#ifndef PROTOCOL_LIFECYCLE_H
#define PROTOCOL_LIFECYCLE_H

#include "record/event.h"

enum item_kind {
    KIND_NONE = 0,
#define KIND(NAME, number, word, FAMILY_, initial, flags) KIND_##NAME = (number),
#define STATE(NAME, number, word)
#define VERB(KIND_, verb, event, from, to, flags)
#include "protocol/lifecycle.def"
#undef KIND
#undef STATE
#undef VERB
};
enum item_state {
    STATE_NONE = 0, // also "stays as it is" in a row's `to`
#define KIND(NAME, number, word, FAMILY_, initial, flags)
#define STATE(NAME, number, word) STATE_##NAME = (number),
#define VERB(KIND_, verb, event, from, to, flags)
#include "protocol/lifecycle.def"
#undef KIND
#undef STATE
#undef VERB
};
#define STATE_BIT(state) (UINT64_C(1) << (state))

enum lifecycle_flag {
    LIFECYCLE_ENDS = 1,         // the item is finished afterwards
    LIFECYCLE_LIVES = 2,        // the item is live afterwards, also when it was finished (reopen)
    LIFECYCLE_ENGINE = 4,       // only the engine may write it
    LIFECYCLE_REASON = 8,       // a command must give a reason
    LIFECYCLE_FINISHED_OK = 16, // legal on finished items too
    LIFECYCLE_DECISION = 32,    // needs a decision or an explicit "no decision needed" on the item first
    LIFECYCLE_ANSWERS = 64,     // stops the ladder of an alert
    LIFECYCLE_INTERVAL = 128,   // kind: has a start and an end
    LIFECYCLE_ANYONE = 256,     // verb: any role that may see the pathway (declining, joining, acknowledging)
    LIFECYCLE_MEETS = 512,      // what was due is done although the item lives on (a route is agreed, a plan confirmed)
    LIFECYCLE_READS = 1024, // verb: whoever does it has read what there is now; it leaves an acknowledgement of theirs
    LIFECYCLE_SAME = 2048,  // verb: says nothing new about the item, so what was read or attested of it still stands
    LIFECYCLE_ADDRESSEE = 4096, // verb: only those to whom the item goes (`to`)
    LIFECYCLE_HELD = 16384      // kind: it covers only the time during which somebody has accepted it
};

struct kind_row {
    uint8_t kind, family, initial; // enum item_kind, event_family, item_state
    uint16_t flags;
    const char *word;
};
struct verb_row {
    uint8_t kind; // KIND_NONE: every kind
    uint8_t to;
    uint16_t code; // enum event_code
    uint16_t flags;
    uint64_t from; // bits of states
    const char *verb;
};
const struct kind_row *lifecycle_kind(uint8_t kind); // NULL: no such kind
uint8_t lifecycle_kind_find(stepdown_slice word);    // KIND_NONE: none
const char *lifecycle_state_word(uint8_t state);
uint8_t lifecycle_state_find(stepdown_slice word);
const struct verb_row *lifecycle_verb(uint8_t kind,
                                      stepdown_slice verb);          // the kind's own row first, then the common ones
const struct verb_row *lifecycle_event(uint8_t kind, uint16_t code); // row that writes this event, NULL: none
uint16_t lifecycle_opening(uint8_t kind);                            // event that creates an item of the kind
// Event code for `word` as it may stand in a path (item.word): the kind's own family, then "item"; 0: none.
uint16_t lifecycle_word_event(uint8_t kind, stepdown_slice word);
size_t lifecycle_rows(const struct verb_row **rows); // all rows, for diagrams and documentation
size_t lifecycle_kinds(const struct kind_row **rows);

#endif
