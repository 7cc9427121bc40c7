// SPDX-License-Identifier: Apache-2.0
// Moving a running pathway to the versions of its protocols that are in force now: what stands against it, and what
// becomes of every clock that runs. May call: draft.
#ifndef ENGINE_MIGRATE_H
#define ENGINE_MIGRATE_H

#include "engine/draft.h"

enum migration_fate {
    FATE_PROTOCOL, // another version of a protocol or dictionary, or a protocol as it was
    FATE_REFUSED,  // stands against it
    FATE_LEFT,     // is over, and the new version no longer looks at it
    FATE_KEPT,     // a clock that runs on
    FATE_MOVED,
    FATE_DROPPED,
    FATE_NEW
};
struct migration_row {
    uint8_t fate;
    struct ref id;    // of the element, 0.0: none
    const char *what; // its name
    const char *why;  // what the clock is, or why it is refused
    stepdown_time from, to;
};
// Everything that was found, in the arena of the draft.
struct migration {
    struct migration_row *rows;
    size_t count, cap, refused;
    bool nomem;
};
const char *migration_fate_word(uint8_t fate);

// What would happen. Nothing is written; *out lives in `arena`. EXISTS: it is under the newest versions already.
stepdown_status engine_migration(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                 struct arena *arena, struct migration *out, stepdown_error **o);

#endif
