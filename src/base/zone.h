// SPDX-License-Identifier: Apache-2.0
// The inside of a zone, shared by the files that read it (zone_tzif.c, zone_rule.c) and the one that asks it (zone.c).
// All moments here are whole seconds UTC. May call: env, status.
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/time.h"

enum {
    ZONE_NAME_MOST = 63,
    ZONE_ABBREVIATION_MOST = 15,
    ZONE_TYPES_MOST = 256 + 2,       // those of the file and two more of the footer's rule
    ZONE_UTC_OFFSET_MOST = 26 * 3600 // seconds; RFC 8536 allows -24:59:59 to 25:59:59
};
// The Gregorian calendar, weekdays included, repeats after 400 years.
#define ZONE_CYCLE (INT64_C(146097) * 86400)

struct zone_type {
    int32_t offset; // seconds east of UTC
    char abbreviation[ZONE_ABBREVIATION_MOST + 1];
};

// The file's transitions, followed by those its footer rule makes in a little more than 400 years. What comes later
// looks like 400 years before, so that one binary search answers for every moment.
struct zone {
    struct env memory;
    char name[ZONE_NAME_MOST + 1];
    char version[16];
    int64_t *at;       // strictly ascending
    uint16_t *type;    // in force from at[i] on
    size_t count, cap; // of transitions
    uint16_t before;   // type in force before the first transition
    bool cyclic;       // moments from cycle_from + ZONE_CYCLE on are taken back by whole cycles
    int64_t cycle_from;
    struct zone_type types[ZONE_TYPES_MOST];
    size_t type_count;
};

// Read TZif bytes into a zone that is empty but for `memory` and `name`.
stepdown_status zone_read(struct zone *zone, stepdown_slice tzif, stepdown_error **out_error);
// Let the POSIX TZ text of the footer rule what comes after the transitions read so far (RFC 8536, 3.3).
stepdown_status zone_extend(struct zone *zone, stepdown_slice footer, stepdown_error **out_error);
// Append a transition. False: out of memory.
bool zone_append(struct zone *zone, int64_t at, uint16_t type);

#endif
