// SPDX-License-Identifier: Apache-2.0
// Layout of a snapshot, for its writer and its reader: one CBOR array of arrays with fixed places.
//
//   [version, pathway id, seq, leaf, recorded_at, pathway, elements, log, marks, passes, schedules, holds, participants,
//    origins, matches]
//
// Moments are whole numbers or null. An element stands for itself by its place in the list plus one, 0 being the
// pathway; a name by its symbol. Chains, indexes, firings, truths of rules and timers follow from the rest and are left
// out. May call: nothing.
#ifndef PATHWAY_SNAPSHOT_H
#define PATHWAY_SNAPSHOT_H

enum snapshot_parts { // places in each array
    PARTS_SNAPSHOT = 15,
    PARTS_PATHWAY = 13,
    PARTS_ELEMENT = 32,
    PARTS_FIELD = 7,
    PARTS_LOG = 7,
    PARTS_MARK = 14,
    PARTS_ATTR = 3,
    PARTS_PASS = 7,
    PARTS_SCHEDULE = 4,
    PARTS_HOLD = 5,
    PARTS_PARTICIPANT = 4,
    PARTS_ORIGIN = 7,
    PARTS_MATCH = 5
};

#endif
