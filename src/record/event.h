// SPDX-License-Identifier: Apache-2.0
// Events: what a record says happened, in order, the cause first. One permanent numbered table (events.def) names every
// kind; requirements D.2 gives the families. Attributes are numbered: below SYMBOL_FIRST they are the built-in ones
// below, from there on they are symbols of protocol fields. May call: base, value.
#ifndef RECORD_EVENT_H
#define RECORD_EVENT_H

#include "record/value.h"

// What an event does to the state; fold handles each class in one place.
enum event_class {
    EVENT_CLASS_PATHWAY, // about the pathway itself
    EVENT_CLASS_ENTRY,   // creates an entry (a filled form, or a fact such as a contact)
    EVENT_CLASS_CHANGE,  // amends or retracts an entry
    EVENT_CLASS_OPEN,    // creates an item
    EVENT_CLASS_ITEM,    // moves an item through its lifecycle or changes owner, due time, ladder
    EVENT_CLASS_MARK,    // a person's mark on an element: acknowledged, attested, attended, decided, presented …
    EVENT_CLASS_ENGINE,  // verdicts and schedules: gate passed, rule fired, pattern matched
    EVENT_CLASS_ACCESS   // only in access chains
};

#define EVENT_CODE(family, member) ((uint16_t)(((family) << 8) | (member)))
#define EVENT_FAMILY(code) ((code) >> 8)

// FAMILY(NAME, number, "word")    EVENT(FAMILY, MEMBER, number, "word", CLASS)
enum event_family {
#define FAMILY(name, number, word) FAMILY_##name = (number),
#define EVENT(family, member, number, word, class)
#include "record/events.def"
#undef FAMILY
#undef EVENT
};
enum event_code {
#define FAMILY(name, number, word)
#define EVENT(family, member, number, word, class) EVENT_##family##_##member = (FAMILY_##family << 8) | (number),
#include "record/events.def"
#undef FAMILY
#undef EVENT
};

enum { EVENT_FAMILIES = 64, EVENT_MEMBERS = 24 }; // numbers of families, and of events in one, are smaller

struct event_row {
    uint16_t code;
    uint8_t class;
    const char *family, *word; // printed as "family.word"
};
const struct event_row *event_row(uint16_t code); // NULL: unknown code
// Member of a family by its word; 0 when there is none.
uint16_t event_find(uint8_t family, stepdown_slice word);
uint8_t event_family_find(stepdown_slice word); // 0: none

// Built-in attributes. Permanent numbers: they stand in records. 32, 34, 39 and 40 never did.
enum attribute {
    ATTR_PERSON = 1,        // person whom the event is about (new owner, attendee, person told)
    ATTR_ROLE = 2,          // role in which
    ATTR_ORG = 3,           // organization
    ATTR_REASON = 4,        // text
    ATTR_DUE = 5,           // time: due instant
    ATTR_DUE_RULE = 6,      // text: the rule it was worked out from ("same day")
    ATTR_ABOUT = 7,         // reference: the element an element is about
    ATTR_VERSION = 8,       // number: version cited by a mark
    ATTR_FIELD = 9,         // number: symbol of the field a mark or an erasure is limited to, or an attribute's key
    ATTR_EVIDENCE = 10,     // list of references
    ATTR_TEXT = 11,         // text
    ATTR_RULE = 12,         // number: symbol of the rule, escalation or pattern that caused it
    ATTR_GATE = 13,         // number: symbol
    ATTR_START = 14,        // time
    ATTR_END = 15,          // time
    ATTR_STEP = 16,         // number: ladder step from 0
    ATTR_STEP_DUE = 17,     // time: when the next ladder step fires
    ATTR_RECIPIENTS = 18,   // list of lists [role, org, person]
    ATTR_KIND = 19,         // text
    ATTR_ZONE = 20,         // text: IANA name
    ATTR_ZONE_VERSION = 21, // text
    ATTR_SUBJECT = 22,      // text: opaque reference of the person, provider or region
    ATTR_SUBJECT_KIND = 23, // choice: person, provider, region
    ATTR_DEFINITION = 24,   // bytes: hash of the definition set
    ATTR_OWNER_ROLE = 25,   // role that must own
    ATTR_OWNER_ORG = 26,
    ATTR_DECIDED = 27,   // decision value
    ATTR_VALUE = 28,     // any: e.g. the number behind a pattern match
    ATTR_MARK = 29,      // reference to the log position of a mark that is withdrawn: [seq, ord]
    ATTR_FLAG = 30,      // choice: late-trigger, late, gap, overlap …
    ATTR_METHOD = 31,    // choice
    ATTR_PURPOSE = 33,   // text
    ATTR_SIGNAL = 35,    // bytes: pathway that sent or gets a signal
    ATTR_ORG_KIND = 36,  // choice: provider, case-management, …
    ATTR_ACCEPTED = 37,  // boolean: the owner assigned is already accepted
    ATTR_OUTCOME = 38,   // choice
    ATTR_VERDICT = 41,   // choice: held, open; refused
    ATTR_AT = 42,        // time: when a scheduled rule is to fire
    ATTR_NAME = 43,      // text: host's label
    ATTR_COUNT = 44,     // number
    ATTR_BASIS = 45,     // text: what an erasure rests on
    ATTR_AUTHORITY = 46, // text: who ordered it
    ATTR_ORIGIN = 47,    // list [token of the subject, pathway, reference there]: whence a report came. Never shown
    ATTR_SYMBOLS = 48    // list [number after the last symbol, digest of all before it]: what the numbers stood for
};
// A reader that does not know an attribute must not fold the record, unless its number says that nothing rests on it.
enum { ATTR_IGNORABLE_FIRST = 768, SYMBOL_FIRST = 1024 };
bool attribute_readable(uint32_t key); // known here, one that may be ignored, or a symbol
// Printed name of a built-in attribute ("due-rule"); NULL for symbols and unknown numbers.
const char *attribute_name(uint32_t key);

struct attr {
    uint32_t key;        // enum attribute or symbol
    uint16_t disclosure; // number of the salted disclosure that holds it (1…), 0: stands in the body itself
    const char *label;   // sensitivity label written with it, NULL: none; only together with `withheld`
    bool withheld;       // encoding: give it a disclosure of its own; decoded: it has one
    struct value value;
};

struct event {
    uint16_t code;
    uint32_t name;     // symbol of the definition (item, form, rule, gate …), 0 when none
    struct ref target; // the element it happens to; for creating events the new element itself
    struct attr *attrs;
    uint32_t attr_count;
};
// Value of the attribute, NULL when absent.
const struct value *event_get(const struct event *event, uint32_t key);

#endif
