// SPDX-License-Identifier: Apache-2.0
// The table of events made from events.def, indexed by family and member, and the names of the built-in attributes.
// May call: base, value.
#include "record/event.h"

#define FAMILY(name, number, word) static const char family_word_##name[] = word;
#define EVENT(family, member, number, word, class)
#include "record/events.def"
#undef FAMILY
#undef EVENT

static const char *const families[] = {
#define FAMILY(name, number, word) [number] = family_word_##name,
#define EVENT(family, member, number, word, class)
#include "record/events.def"
#undef FAMILY
#undef EVENT
};

// A number in events.def that has no place here does not compile.
static const struct event_row rows[][EVENT_MEMBERS] = {
#define FAMILY(name, number, word)
#define EVENT(family, member, number, word, class)                                                                     \
    [FAMILY_##family][number] = {EVENT_CODE(FAMILY_##family, number), EVENT_CLASS_##class, family_word_##family, word},
#include "record/events.def"
#undef FAMILY
#undef EVENT
};

enum { FAMILY_LIMIT = sizeof rows / sizeof rows[0] };

const struct event_row *event_row(uint16_t code) {
    unsigned family = EVENT_FAMILY(code), member = code & 0xffu;
    if (family >= FAMILY_LIMIT || member >= EVENT_MEMBERS || rows[family][member].code == 0)
        return NULL;
    return &rows[family][member];
}

uint16_t event_find(uint8_t family, stepdown_slice word) {
    if (family >= FAMILY_LIMIT)
        return 0;
    for (unsigned member = 0; member < EVENT_MEMBERS; member++) {
        const struct event_row *row = &rows[family][member];
        if (row->code != 0 && slice_is(word, row->word))
            return row->code;
    }
    return 0;
}

uint8_t event_family_find(stepdown_slice word) {
    for (uint8_t family = 1; family < sizeof families / sizeof families[0]; family++) {
        if (families[family] && slice_is(word, families[family]))
            return family;
    }
    return 0;
}

const struct value *event_get(const struct event *event, uint32_t key) {
    for (uint32_t i = 0; i < event->attr_count; i++) {
        if (event->attrs[i].key == key)
            return &event->attrs[i].value;
    }
    return NULL;
}

static const char *const attributes[] = {
    [ATTR_PERSON] = "person",
    [ATTR_ROLE] = "role",
    [ATTR_ORG] = "org",
    [ATTR_REASON] = "reason",
    [ATTR_DUE] = "due",
    [ATTR_DUE_RULE] = "due-rule",
    [ATTR_ABOUT] = "about",
    [ATTR_VERSION] = "version",
    [ATTR_FIELD] = "field",
    [ATTR_EVIDENCE] = "evidence",
    [ATTR_TEXT] = "text",
    [ATTR_RULE] = "rule",
    [ATTR_GATE] = "gate",
    [ATTR_START] = "start",
    [ATTR_END] = "end",
    [ATTR_STEP] = "step",
    [ATTR_STEP_DUE] = "step-due",
    [ATTR_RECIPIENTS] = "recipients",
    [ATTR_KIND] = "kind",
    [ATTR_ZONE] = "zone",
    [ATTR_ZONE_VERSION] = "zone-version",
    [ATTR_SUBJECT] = "subject",
    [ATTR_SUBJECT_KIND] = "subject-kind",
    [ATTR_DEFINITION] = "definition",
    [ATTR_OWNER_ROLE] = "owner-role",
    [ATTR_OWNER_ORG] = "owner-org",
    [ATTR_DECIDED] = "decided",
    [ATTR_VALUE] = "value",
    [ATTR_MARK] = "mark",
    [ATTR_FLAG] = "flag",
    [ATTR_METHOD] = "method",
    [ATTR_PURPOSE] = "purpose",
    [ATTR_SIGNAL] = "signal",
    [ATTR_ORG_KIND] = "org-kind",
    [ATTR_ACCEPTED] = "accepted",
    [ATTR_OUTCOME] = "outcome",
    [ATTR_VERDICT] = "verdict",
    [ATTR_AT] = "at",
    [ATTR_NAME] = "name",
    [ATTR_COUNT] = "count",
    [ATTR_BASIS] = "basis",
    [ATTR_AUTHORITY] = "authority",
    [ATTR_ORIGIN] = "origin",
    [ATTR_SYMBOLS] = "symbols",
};

const char *attribute_name(uint32_t key) {
    return key < sizeof attributes / sizeof attributes[0] ? attributes[key] : NULL;
}

bool attribute_readable(uint32_t key) { return key >= ATTR_IGNORABLE_FIRST || attribute_name(key) != NULL; }
