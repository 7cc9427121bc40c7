// SPDX-License-Identifier: Apache-2.0
// Typed field values: what a form's field or an event's attribute holds. Values borrow their text and lists from an
// arena (or from the bytes they were decoded from). May call: base.
#ifndef RECORD_VALUE_H
#define RECORD_VALUE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/time.h"

// Numbers are permanent: they stand in records.
enum value_type {
    VALUE_NONE = 0,       // absent
    VALUE_TEXT = 1,       // text
    VALUE_CHOICE = 2,     // text: one word of the field's list
    VALUE_LIST = 3,       // items, count
    VALUE_TIME = 4,       // number: microseconds UTC
    VALUE_DURATION = 5,   // duration
    VALUE_QUANTITY = 6,   // number, scale (digits after the point), text: unit ("hours per day") or none
    VALUE_BOOLEAN = 7,    // number: 0 or 1
    VALUE_REFERENCE = 8,  // ref (+ field, version): cites an element of this pathway
    VALUE_DECISION = 9,   // items: [choice or text, reason]; kept apart from text so that a reason is never lost
    VALUE_STATEMENT = 10, // text, interpretation
    VALUE_PERSON = 11,    // text: the host's opaque id of a person (staff or subject)
    VALUE_ROLE = 12,      // text: role name
    VALUE_DATE = 13,      // number: days since 1970-01-01, in the pathway's zone
    VALUE_INTERVAL = 14,  // number: from, until: to (STEPDOWN_TIME_NONE: open end); microseconds UTC
    VALUE_BYTES = 15,     // text holds raw bytes (hashes, ids)
    VALUE_ERASED = 16     // there was a value; its disclosure has been erased. Never encoded
};

// Identity of an element (item or entry): the record that created it, and the place of the creating event in it.
struct ref {
    uint64_t seq; // 0 is the genesis record; whole-pathway references use seq 0, ord 0 (the opening event)
    uint32_t ord;
};

struct value {
    uint8_t type; // enum value_type
    uint8_t scale;
    bool interpretation; // VALUE_STATEMENT: interpretation, not fact
    uint32_t field;      // VALUE_REFERENCE: symbol of the cited field, 0 for the whole
    uint32_t count;
    int64_t number;
    union {
        int64_t until;    // VALUE_INTERVAL
        uint64_t version; // VALUE_REFERENCE: sequence number of the cited version, 0 for none stated
    };
    struct ref ref;
    struct duration duration;
    stepdown_slice text;
    const struct value *items;
};

enum { VALUE_DEPTH_MAX = 8 }; // lists (and decisions) inside one another

bool ref_equal(struct ref a, struct ref b);
// Same type and same content. Quantities by amount, so 1.50 hours equals 1.5 hours; durations part by part.
bool value_equal(const struct value *a, const struct value *b);
// May it stand in a record? Known type, valid UTF-8, a boolean of 0 or 1, at most 18 digits after the point, lists at
// most VALUE_DEPTH_MAX deep, nothing erased.
bool value_valid(const struct value *value);
// Three-way comparison of ordered values (time, date, duration by bound, quantity of equal unit, number, text).
// False when the two cannot be compared (other types, other units).
bool value_compare(const struct value *a, const struct value *b, int *order);
bool value_copy(struct arena *arena, const struct value *in, struct value *out); // deep; false: out of memory
// For people and --json: "2 hours", "2026-03-02T14:00:00Z", "refused", … Appends to `out`.
void value_print(const struct value *value, const struct zone *zone, struct buffer *out);
// What stands for a value of a list that says nothing by itself: "not known", or "none" for an empty list; else "".
const char *value_print_missing(const struct value *item);

#endif
