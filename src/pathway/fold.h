// SPDX-License-Identifier: Apache-2.0
// What the files of this room share: growing a state, and one event being folded. Handlers note the first failure in
// the fold and go on; its status is looked at once, at the end. May call: protocol, record, base.
#ifndef PATHWAY_FOLD_H
#define PATHWAY_FOLD_H

#include "pathway/state.h"

#define NO_INDEX UINT32_MAX

// ---- growing a state (grow.c): false when memory ran out ---------------------------------------------------------
bool state_intern(struct state *s, stepdown_slice text, stepdown_slice *out);
bool state_keep_value(struct state *s, const struct value *in, struct value *out);
uint32_t state_add_element(struct state *s, const struct element *element); // NO_ELEMENT: out of memory
bool state_add_field(struct state *s, uint32_t element, const struct field_value *field);
bool state_add_mark(struct state *s, const struct mark *mark);
bool state_add_log(struct state *s, const struct log_entry *entry);
bool state_add_firing(struct state *s, const struct firing *firing);
bool state_add_schedule(struct state *s, const struct schedule *schedule);
bool state_add_pass(struct state *s, const struct gate_pass *pass);
bool state_add_hold(struct state *s, const struct hold *hold);
bool state_add_participant(struct state *s, const struct participant *participant);
bool state_add_match(struct state *s, const struct pattern_match *match);
bool state_add_origin(struct state *s, const struct origin *origin);
void state_drop_origins(struct state *s, uint64_t seq);        // of the reports that record brought
bool state_add_attr(struct state *s, const struct attr *attr); // text and lists are kept already
// An item became live, or ended.
bool state_list_open(struct state *s, uint32_t element);
void state_list_ended(struct state *s, uint32_t element);
// Chains of the element (by definition, by what it is about); its `def` is known.
void state_chain_element(struct state *s, uint32_t element);
// What a log entry says beyond itself: a rule fired, lapsed, or became true or false.
bool state_index_log(struct state *s, const struct log_entry *entry);
uint32_t state_mark_field(const struct state *s, uint32_t symbol); // as mark.field
// Work out everything that depends on the definition set or follows from the rest: indices of symbols, chains by
// definition, truths of rules, open items, timers. Needs the chains of logs, marks and fields.
bool state_index(struct state *s);
// Index of a symbol among definitions of that kind, UINT32_MAX: unknown.
uint32_t state_symbol(const struct state *s, uint32_t symbol, enum name_kind kind);

// ---- timers (timers.c): put the element's due, lead and ladder moments that stand, or a schedule, into the heap -----
bool timers_arm_element(struct state *s, uint32_t element);
bool timers_arm_schedule(struct state *s, uint32_t schedule);

// ---- one event ------------------------------------------------------------------------------------------------------
struct fold {
    struct state *s;
    const struct record_header *header;
    const struct event *event;
    struct ref at;        // place of the event
    uint32_t element;     // its target, NO_ELEMENT: the pathway. Creating events: set by their handler
    uint16_t disclosures; // withheld attributes of the record before this event
    stepdown_status status;
    stepdown_error **out_error;
};
typedef void fold_handler(struct fold *f);
fold_handler fold_pathway, fold_entry, fold_change, fold_open, fold_item, fold_mark, fold_engine;

void fold_corrupt(struct fold *f, const char *why);
void fold_check(struct fold *f, bool kept);        // false: out of memory
struct element *fold_target(const struct fold *f); // NULL: the pathway

// Attributes by key. Absent: `otherwise`. Another type than the event's contract says: corrupt.
stepdown_slice fold_text(struct fold *f, uint32_t key, stepdown_slice otherwise); // kept; an erased one is corrupt
// For texts that may be withheld: erased reads as empty. *disclosure gets its number.
stepdown_slice fold_free_text(struct fold *f, uint32_t key, uint16_t *disclosure);
stepdown_time fold_time(struct fold *f, uint32_t key, stepdown_time otherwise);
uint64_t fold_number(struct fold *f, uint32_t key, uint64_t otherwise);
bool fold_flag(struct fold *f, uint32_t key);
bool fold_ref(struct fold *f, uint32_t key, struct ref *out); // false: absent
// Disclosure number that the attribute `index` has (or will get) in the row: they are numbered by event and key.
uint16_t fold_disclosure(const struct fold *f, uint32_t index);
// Index of the attribute `place` in order of keys: the encoder sorts them, so a live event must be read sorted too.
uint32_t fold_ordered(const struct fold *f, uint32_t place);
// Copies every attribute for which `keep` is true into state->attrs.
void fold_keep_attrs(struct fold *f, bool (*keep)(uint32_t key), uint32_t *first, uint32_t *count);
uint32_t fold_about(struct fold *f); // element of ATTR_ABOUT, NO_ELEMENT: the pathway
// Does the lifecycle allow this row (NULL: none) on the target, an item, as it stands? False: corrupt.
bool fold_legal(struct fold *f, const struct verb_row *row);
// Field attributes (symbols) of the event into the element's fields: new ones appended, known ones replaced.
void fold_fields(struct fold *f, uint32_t element);

// A person with role and organization: from ATTR_PERSON/ROLE/ORG, or the actor of the record.
struct party {
    stepdown_slice person, role, org;
};
struct party fold_party(struct fold *f);
struct party fold_actor(struct fold *f);

#endif
