// SPDX-License-Identifier: Apache-2.0
// The tables made from lifecycle.def and the few questions everyone asks them. The tables are short (fifteen kinds, some
// forty states, a hundred verbs); a scan of the rows of one kind is as fast as anything cleverer.
// May call: record (event codes), base.
#include "protocol/lifecycle.h"

// Short names of lifecycle.def.
#define S(state) STATE_BIT(STATE_##state)
#define ANY UINT64_MAX
#define KIND(NAME, number, word, OF, initial, flags)
#define STATE(NAME, number, word) [number] = word,
#define VERB(OF, verb, event, from, to, flags)
static const char *const states[] = {
#include "protocol/lifecycle.def"
};
#undef KIND
#undef STATE
#define KIND(NAME, number, word, OF, initial, flags) {KIND_##NAME, OF, initial, flags, word},
#define STATE(NAME, number, word)
static const struct kind_row kinds[] = {
#include "protocol/lifecycle.def"
};
#undef KIND
#undef VERB
#define KIND(NAME, number, word, OF, initial, flags)
#define VERB(OF, verb, event, from, to, flags) {KIND_##OF, STATE_##to, EVENT_##event, flags, from, verb},
static const struct verb_row verbs[] = {
#include "protocol/lifecycle.def"
};
#undef KIND
#undef STATE
#undef VERB
#undef ANY
#undef S

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0], VERB_COUNT = sizeof verbs / sizeof verbs[0] };

const struct kind_row *lifecycle_kind(uint8_t kind) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].kind == kind)
            return &kinds[i];
    }
    return NULL;
}

uint8_t lifecycle_kind_find(stepdown_slice word) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (slice_is(word, kinds[i].word))
            return kinds[i].kind;
    }
    return KIND_NONE;
}

const char *lifecycle_state_word(uint8_t state) {
    const char *word = state < sizeof states / sizeof states[0] ? states[state] : NULL;
    return word ? word : "";
}

uint8_t lifecycle_state_find(stepdown_slice word) {
    for (uint8_t i = 1; i < sizeof states / sizeof states[0]; i++) {
        if (states[i] && slice_is(word, states[i]))
            return i;
    }
    return STATE_NONE;
}

// The row of `kind` itself or, failing that, of every kind.
static const struct verb_row *own_or_common(uint8_t kind, bool (*fits)(const struct verb_row *row, const void *what),
                                            const void *what) {
    const struct verb_row *common = NULL;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (verbs[i].kind != kind && verbs[i].kind != KIND_NONE)
            continue;
        if (!fits(&verbs[i], what))
            continue;
        if (verbs[i].kind == kind)
            return &verbs[i];
        common = &verbs[i];
    }
    return common;
}

static bool has_verb(const struct verb_row *row, const void *what) {
    return row->verb && slice_is(*(const stepdown_slice *)what, row->verb);
}

const struct verb_row *lifecycle_verb(uint8_t kind, stepdown_slice verb) {
    return own_or_common(kind, has_verb, &verb);
}

static bool has_code(const struct verb_row *row, const void *what) { return row->code == *(const uint16_t *)what; }

const struct verb_row *lifecycle_event(uint8_t kind, uint16_t code) { return own_or_common(kind, has_code, &code); }

uint16_t lifecycle_opening(uint8_t kind) {
    const struct kind_row *row = lifecycle_kind(kind);
    return row ? event_find(row->family, slice_text("opened")) : 0;
}

uint16_t lifecycle_word_event(uint8_t kind, stepdown_slice word) {
    const struct kind_row *row = lifecycle_kind(kind);
    uint16_t code = row ? event_find(row->family, word) : 0;
    if (code == 0)
        code = event_find(FAMILY_ITEM, word);
    return code != 0 ? code : event_find(FAMILY_MARK, word);
}

size_t lifecycle_rows(const struct verb_row **rows) {
    *rows = verbs;
    return VERB_COUNT;
}

size_t lifecycle_kinds(const struct kind_row **rows) {
    *rows = kinds;
    return KIND_COUNT;
}
