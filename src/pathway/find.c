// SPDX-License-Identifier: Apache-2.0
// Looking at a state: elements, entries, fields, moments, participation. Nothing here changes it.
// May call: protocol, record, base.
#include "pathway/fold.h"

uint32_t state_find(const struct state *s, struct ref id) {
    size_t low = 0, high = s->element_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ref *at = &s->elements[middle].id;
        if (at->seq < id.seq || (at->seq == id.seq && at->ord < id.ord))
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->element_count && ref_equal(s->elements[low].id, id) ? (uint32_t)low : NO_ELEMENT;
}

uint32_t state_newest_item(const struct state *s, int32_t item_def) {
    return item_def < 0 ? NO_ELEMENT : s->newest_item[item_def];
}

uint32_t state_newest_live(const struct state *s, int32_t item_def) {
    uint32_t at = state_newest_item(s, item_def);
    while (at != NO_ELEMENT && (s->elements[at].flags & ELEMENT_FINISHED_FLAG) != 0)
        at = s->elements[at].previous_same;
    return at;
}

uint32_t state_live_or_newest(const struct state *s, int32_t item_def) {
    uint32_t live = state_newest_live(s, item_def);
    return live != NO_ELEMENT ? live : state_newest_item(s, item_def);
}

static bool is_current_entry(const struct element *e, int32_t form) {
    return !(e->flags & (ELEMENT_IS_ITEM | ELEMENT_RETRACTED)) && e->def == (uint32_t)form;
}

static uint32_t newest_current(const struct state *s, int32_t form) {
    uint32_t at = s->newest_form[form];
    while (at != NO_ELEMENT && !is_current_entry(&s->elements[at], form))
        at = s->elements[at].previous_same;
    return at;
}

uint32_t state_newest_entry(const struct state *s, int32_t form, uint32_t about) {
    if (form < 0)
        return NO_ELEMENT;
    if (about != NO_ELEMENT) {
        uint32_t at = s->elements[about].newest_about;
        while (at != NO_ELEMENT && !is_current_entry(&s->elements[at], form))
            at = s->elements[at].previous_about;
        return at;
    }
    uint32_t at = s->newest_form[form];
    while (at != NO_ELEMENT && (!is_current_entry(&s->elements[at], form) || s->elements[at].about != NO_ELEMENT))
        at = s->elements[at].previous_same;
    return at;
}

const struct field_value *state_entry_field(const struct state *s, uint32_t entry, int32_t field) {
    if (entry == NO_ELEMENT || field < 0)
        return NULL;
    for (uint32_t at = s->elements[entry].first_field; at != NO_INDEX; at = s->fields[at].next) {
        if (s->fields[at].field == (uint32_t)field)
            return s->fields[at].value.type == VALUE_NONE ? NULL : &s->fields[at];
    }
    return NULL;
}

const struct field_value *state_field(const struct state *s, uint32_t about, int32_t field, bool any_about,
                                      uint32_t *entry) {
    uint32_t at = NO_ELEMENT;
    if (field >= 0) {
        int32_t form = s->defs->fields[field].form;
        if (!any_about && about != NO_ELEMENT && !(s->elements[about].flags & ELEMENT_IS_ITEM) &&
            s->elements[about].def == (uint32_t)form)
            at = about;
        else if (form >= 0)
            at = any_about ? newest_current(s, form) : state_newest_entry(s, form, about);
    }
    if (entry)
        *entry = at;
    return state_entry_field(s, at, field);
}

uint64_t state_version(const struct state *s, uint32_t element) {
    const struct element *e = &s->elements[element];
    bool item = (e->flags & ELEMENT_IS_ITEM) && e->def < s->defs->item_count;
    uint32_t entry = item ? state_newest_entry(s, s->defs->items[e->def].form, element) : NO_ELEMENT;
    return entry != NO_ELEMENT && s->elements[entry].version > e->version ? s->elements[entry].version : e->version;
}

bool state_is_about(const struct state *s, uint32_t element, uint32_t target) {
    if (target == NO_ELEMENT)
        return true;
    while (element != NO_ELEMENT) {
        element = s->elements[element].about;
        if (element == target)
            return true;
    }
    return false;
}

const struct log_entry *state_event(const struct state *s, uint32_t element, uint16_t code, bool first) {
    const struct log_entry *found = NULL;
    uint32_t at = element == NO_ELEMENT ? s->last_log : s->elements[element].last_log;
    for (; at != NO_INDEX; at = s->log[at].previous) {
        if (s->log[at].code != code)
            continue;
        found = &s->log[at];
        if (!first)
            break;
    }
    return found;
}

// Marks are in the order of the record.
const struct mark *state_mark(const struct state *s, struct ref at) {
    size_t low = 0, high = s->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ref *m = &s->marks[middle].at;
        bool before = m->seq < at.seq || (m->seq == at.seq && m->ord < at.ord);
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low < s->mark_count && ref_equal(s->marks[low].at, at) ? &s->marks[low] : NULL;
}

const struct value *state_mark_attr(const struct state *s, const struct mark *mark, uint32_t key) {
    for (uint32_t i = 0; i < mark->attr_count; i++) {
        const struct attr *attr = &s->attrs[mark->attr_first + i];
        if (attr->key == key)
            return &attr->value;
    }
    return NULL;
}

const struct value *state_match_evidence(const struct state *s, const struct pattern_match *match) {
    for (uint32_t i = match->attr_first; i < match->attr_first + match->attr_count; i++) {
        if (s->attrs[i].key == ATTR_EVIDENCE && s->attrs[i].value.type == VALUE_LIST)
            return &s->attrs[i].value;
    }
    return NULL;
}

static bool opens_review(const struct state *s, const struct log_entry *entry) {
    return entry->code == EVENT_REVIEW_OPENED && entry->element != NO_ELEMENT &&
           !(s->elements[entry->element].flags & ELEMENT_FINISHED_FLAG);
}

// A match is followed by what its pattern does, up to the next firing; what it grew by stands with the review itself.
uint32_t state_match_review(const struct state *s, const struct pattern_match *match) {
    size_t low = 0, high = s->log_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct log_entry *entry = &s->log[middle];
        if (entry->seq < match->at.seq || (entry->seq == match->at.seq && entry->ord < match->at.ord))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->log_count && s->log[low].code == EVENT_PATTERN_GREW)
        return s->elements[s->log[low].element].flags & ELEMENT_FINISHED_FLAG ? NO_ELEMENT : s->log[low].element;
    for (size_t i = low + 1; i < s->log_count && s->log[i].seq == match->at.seq; i++) {
        uint8_t family = (uint8_t)EVENT_FAMILY(s->log[i].code);
        if (family == FAMILY_RULE || family == FAMILY_PATTERN)
            break;
        if (opens_review(s, &s->log[i]))
            return s->log[i].element;
    }
    return NO_ELEMENT;
}

const struct origin *state_origin(const struct state *s, uint32_t element) {
    size_t low = 0, high = s->origin_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->origins[middle].element < element)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->origin_count && s->origins[low].element == element ? &s->origins[low] : NULL;
}

bool state_participates(const struct state *s, stepdown_slice org, stepdown_time at) {
    for (size_t i = 0; i < s->participant_count; i++) {
        const struct participant *p = &s->participants[i];
        if (!slice_equal(p->org, org))
            continue;
        if (at == STEPDOWN_TIME_NONE ? p->until == STEPDOWN_TIME_NONE
                                     : p->from <= at && (p->until == STEPDOWN_TIME_NONE || at < p->until))
            return true;
    }
    return false;
}

bool state_leaves_mark(uint16_t code) {
    const struct event_row *row = event_row(code);
    return code == EVENT_RESPONSIBILITY_ASSUMED || code == EVENT_RESPONSIBILITY_OFFERED ||
           code == EVENT_RESPONSIBILITY_RELEASED || code == EVENT_TAPER_REDUCED || code == EVENT_TAPER_RESTORED ||
           (row && row->class == EVENT_CLASS_MARK);
}
