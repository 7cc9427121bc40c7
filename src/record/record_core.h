// SPDX-License-Identifier: Apache-2.0
// The core of a record as CBOR: one table of its keys serves writing and reading (docs/format.md, "Core").
// Private to the record room. May call: base, cbor, event.
#ifndef RECORD_RECORD_CORE_H
#define RECORD_RECORD_CORE_H

#include "record/cbor.h"
#include "record/record.h"

// A field disclosure as the core announces it, and what became of it.
struct core_slot {
    const uint8_t *commitment;
    const char *label; // NULL: none
    struct value value;
};

struct core {
    struct record_header header;
    uint32_t slot_count; // field commitments
    // Writing: labels are taken from the attributes. The commitments are written as zeros, because the core precedes
    // the disclosures; these are the places to fill, counted from the beginning of the core.
    const struct event *events;
    uint32_t event_count, label_count;
    size_t begin, body_at, slots_at;
    // Reading.
    const uint8_t *body_commitment;
    struct core_slot *slots;
};

// NULL when the header may be written, else what is wrong with it; *status is INTERNAL or INVALID.
const char *core_check(const struct record_header *header, stepdown_status *status);
void core_write(struct buffer *b, struct core *core);
// Place of the commitment after the one at `at`; slots are numbered from 1.
size_t core_next_slot(size_t at, uint32_t number);
// UNSUPPORTED: another format version. CORRUPT: not a canonical core. NOMEM. No error object is made.
stepdown_status core_read(struct cbor_reader *r, struct arena *arena, struct core *core);

#endif
