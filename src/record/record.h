// SPDX-License-Identifier: Apache-2.0
// One record: core, body, disclosures (architecture section 4), as deterministic CBOR, and its leaf hash.
// Row in storage = CBOR [bstr core, [bstr body disclosure | null, bstr disclosure 1 | null, …]]; null: erased.
// May call: base, value, event, cbor.
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/digest.h"
#include "record/event.h"

enum { RECORD_FORMAT = 1, RECORD_CORE_MAX = 16 * 1024, RECORD_SALT = 16, RECORD_ID = 16 };
enum { RECORD_ROW_MAX = 65535 };    // bytes of a row: what a storage accepts as a value
enum { RECORD_OFFSET_MAX = 1440 };  // minutes: an offset from UTC is less
enum { RECORD_WITHHELD_MAX = 400 }; // field disclosures of one record; more would not fit into a core

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
// Attributes are sorted by key in place. The cause comes first, so at least one event is needed.
// LIMIT: core over RECORD_CORE_MAX, row over RECORD_ROW_MAX, more than RECORD_WITHHELD_MAX withheld. INVALID: a text is
// not UTF-8 or a value not valid (value_valid). INTERNAL: no entropy, digest failed, or the events do not make a record
// (no event, unknown code, target after the record, attribute key 0 or twice, label on a value that is not withheld).
// On failure `out` is empty and `leaf` untouched.
stepdown_status record_encode(const struct env *env, struct digest *digest, const struct record_header *header,
                              struct event *events, uint32_t event_count, struct buffer *out, uint8_t leaf[DIGEST_SIZE],
                              stepdown_error **out_error);
// Decode a row. Refuses non-canonical CBOR, unknown format versions (UNSUPPORTED), commitments that do not fit (CORRUPT).
// An event code that this version does not know is UNSUPPORTED as well. An erased field has type VALUE_ERASED; an erased
// body leaves no events.
// With digest NULL the commitments are not checked and leaf is not computed (a cached fold that trusts the store).
stepdown_status record_decode(const struct env *env, struct digest *digest, struct arena *arena, stepdown_slice row,
                              struct record *out, stepdown_error **out_error);
// Disclosure `number` (0: body) of a row replaced by null, into `out`. NOT_FOUND: no such disclosure or erased already.
stepdown_status record_erase(const struct env *env, stepdown_slice row, uint16_t number, struct buffer *out,
                             stepdown_error **out_error);
// A decoded record as JSON for people, with hex for bytes (audit show). Appends to `out`.
void record_print(const struct record *record, const struct zone *zone, struct buffer *out);

#endif
