// SPDX-License-Identifier: Apache-2.0
// One record: core, body, disclosures (architecture section 4), as deterministic CBOR, and its leaf hash.
// Row in storage = CBOR [bstr core, [bstr body disclosure | null, bstr disclosure 1 | null, …]]; null: erased.
// May call: base, value, event, cbor.
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/digest.h"
#include "record/event.h"

enum { RECORD_FORMAT = 0, RECORD_CORE_MAX = 16 * 1024, RECORD_SALT = 16, RECORD_ID = 16 };

enum record_cause { // permanent numbers
    CAUSE_GENESIS = 0,
    CAUSE_COMMAND = 1,
    CAUSE_TIMER = 2,
    CAUSE_SIGNAL = 3,
    CAUSE_IMPORT = 4,
    CAUSE_ERASURE = 5,
    CAUSE_ACCESS = 6
};
// FHIR R4 AuditEvent.outcome codes.
enum record_outcome { OUTCOME_SUCCESS = 0, OUTCOME_MINOR = 4, OUTCOME_SERIOUS = 8, OUTCOME_MAJOR = 12 };
enum actor_type { ACTOR_PERSON = 1, ACTOR_ENGINE = 2, ACTOR_SYSTEM = 3 };

struct actor {
    uint8_t type;          // enum actor_type
    stepdown_slice system; // namespace of the id, may be empty
    stepdown_slice id;     // opaque
    stepdown_slice role;
    stepdown_slice behalf; // organization acted for
};

struct record_header {
    uint8_t log_id[RECORD_ID], pathway[RECORD_ID];
    uint64_t seq;
    uint8_t previous[DIGEST_SIZE]; // leaf hash of seq-1; zero for seq 0
    stepdown_time recorded_at;     // max(clock, predecessor's)
    stepdown_time raw_clock;       // the clock when it read lower than that, else STEPDOWN_TIME_NONE
    stepdown_time occurred_at;
    uint8_t cause, outcome;
    struct actor actor;
    stepdown_slice device, request;  // source, may be empty
    stepdown_slice purpose;          // purpose of use, may be empty
    uint8_t definition[DIGEST_SIZE]; // hash of the definition set; zero in access chains
    stepdown_slice command_id;       // may be empty
    stepdown_slice engine;           // engine version text
    bool has_offset;
    int32_t offset_minutes; // UTC offset the source stated
};

// A decoded record. Slices point into the row it was decoded from, lists into the arena.
struct record {
    struct record_header header;
    uint8_t leaf[DIGEST_SIZE];
    struct event *events;
    uint32_t event_count;
    bool body_erased;
    uint16_t disclosure_count; // field disclosures, erased ones included
    stepdown_slice core;       // exact bytes
};

// Encode header and events into `out` (cleared first) and compute the leaf. Attributes with `withheld` get a disclosure
// of their own and their attr.disclosure is set to its number. Salts for the whole record are drawn in one call.
// LIMIT: core over RECORD_CORE_MAX, row over the storage's value limit. INTERNAL: no entropy or digest failed.
stepdown_status record_encode(const struct env *env, struct digest *digest, const struct record_header *header,
                              struct event *events, uint32_t event_count, struct buffer *out, uint8_t leaf[DIGEST_SIZE],
                              stepdown_error **out_error);
// Decode a row. Refuses non-canonical CBOR, unknown format versions (UNSUPPORTED), commitments that do not fit (CORRUPT).
// With digest NULL the commitments are not checked and leaf is not computed (a cached fold that trusts the store).
stepdown_status record_decode(const struct env *env, struct digest *digest, struct arena *arena, stepdown_slice row,
                              struct record *out, stepdown_error **out_error);
// Disclosure `number` (0: body) of a row replaced by null, into `out`. NOT_FOUND: no such disclosure or erased already.
stepdown_status record_erase(const struct env *env, stepdown_slice row, uint16_t number, struct buffer *out,
                             stepdown_error **out_error);
// The row as readable JSON-like text with hex for bytes (audit show).
void record_print(const struct record *record, const struct zone *zone, struct buffer *out);

#endif
