// SPDX-License-Identifier: Apache-2.0
// Commands: from verb, target and arguments to the first events of a record. One table of verbs that are not lifecycle
// verbs (verbs.c); lifecycle verbs come from the tables. May call: draft, guard.
#ifndef ENGINE_VERBS_H
#define ENGINE_VERBS_H

#include "engine/draft.h"

// What a target text names.
struct target {
    uint32_t element; // NO_ELEMENT: the pathway
    int32_t field;    // definitions->fields, -1: the whole
};

// ---- arguments (arguments.c) -------------------------------------------------------------------------------------------
struct argument *argument_find(struct command *c, const char *name); // marks it used; NULL: absent
// Text of an argument, empty when absent. INVALID when it is not text or the name was given twice.
stepdown_status argument_text(struct draft *d, struct command *c, const char *name, stepdown_slice *out,
                              stepdown_error **o);
stepdown_status argument_time(struct draft *d, struct command *c, const char *name, stepdown_time *out,
                              stepdown_error **o);
// All arguments named as the field, as one value of its type. *found false: none given.
stepdown_status argument_field(struct draft *d, struct command *c, int32_t field, bool *found, struct value *out,
                               stepdown_error **o);
// The built-in arguments of lifecycle verbs (owner, due, start, reason, text, evidence …) as attributes.
stepdown_status argument_attributes(struct draft *d, struct command *c, struct event_draft *ev, stepdown_error **o);
// INVALID naming the argument: the organization does not take part in the pathway, nor is it the store's fallback.
stepdown_status check_takes_part(struct draft *d, const char *name, stepdown_slice organization, stepdown_error **o);
// INVALID naming the first argument that nothing used.
stepdown_status arguments_all_used(struct draft *d, const struct command *c, stepdown_error **o);
// Evidence: element and version of each `evidence` argument as a list of references.
stepdown_status argument_evidence(struct draft *d, struct command *c, bool *found, struct value *out,
                                  stepdown_error **o);

// ---- targets (targets.c) -------------------------------------------------------------------------------------------------
// NOT_FOUND with what there is instead.
stepdown_status target_resolve(struct draft *d, stepdown_slice text, struct target *out, stepdown_error **o);
stepdown_status target_item(struct draft *d, stepdown_slice text, uint32_t *out, stepdown_error **o);
// What there is instead, as details `known` of a refusal: items (those that may be added by hand), forms.
void target_detail_items(struct draft *d, bool on_demand, stepdown_error **o);
void target_detail_forms(struct draft *d, stepdown_error **o);
// INVALID with the qualified names when the plain name means something in several protocols of the set.
stepdown_status target_clashes(struct engine *e, const struct definitions *defs, stepdown_slice name,
                               stepdown_error **o);
bool target_parse_id(stepdown_slice text, struct ref *out, stepdown_slice *rest);
const char *element_name(const struct state *s, uint32_t element); // name of its definition, or the host's label
const char *element_word(const struct state *s, uint32_t element); // the same with its kind instead of a label

// ---- verbs ---------------------------------------------------------------------------------------------------------------
stepdown_status verb_apply(struct draft *d, struct command *c, stepdown_error **o);
// Fill in or amend a form. `about`: the element, resolved.
stepdown_status entry_submit(struct draft *d, struct command *c, int32_t form, uint32_t about, stepdown_error **o);
stepdown_status verb_submit(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_amend(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_retract(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_mark(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_item(struct draft *d, struct command *c, stepdown_error **o);
// Refuse arguments that name another person, role or organization than the session's, where only oneself can act.
stepdown_status check_in_person(struct draft *d, const struct command *c, uint16_t code, stepdown_error **o);
// STALE when the command states another version than this one as what the person has read.
stepdown_status check_stated_version(struct draft *d, struct command *c, uint64_t current, stepdown_error **o);
// The session's word that it has read what there is now.
stepdown_status mark_read(struct draft *d, uint32_t element, stepdown_error **o);
stepdown_status verb_add(struct draft *d, struct command *c, stepdown_error **o);
// Does the session answer for the item: its owner, the owning role, whoever stands above it, the chair of a huddle?
bool answers_for(const struct draft *d, const struct element *el);
bool may_own(const struct draft *d, stepdown_slice role); // a declared role that is not merely informed
stepdown_status check_offered(struct draft *d, const struct element *el, stepdown_error **o);
// HELD with what `close_needs` of the item's definition still waits for.
stepdown_status close_needs(struct draft *d, const struct command *c, uint32_t element, stepdown_error **o);
// What a huddle asks before this step: shown evidence before a decision, everything before it closes (verbs_huddle.c).
stepdown_status huddle_check(struct draft *d, struct command *c, uint32_t element, const struct verb_row *row,
                             stepdown_error **o);
// The roles that `attend` names must be there, or be absent with a reason, before it closes.
stepdown_status huddle_call(struct draft *d, struct command *c, uint32_t element, stepdown_error **o);
// Everything of one person or role at once (verbs_work.c): hand-over-shift, take-over-shift, reassign.
stepdown_status verb_work(struct draft *d, struct command *c, stepdown_error **o);
// How it is called off, and what becomes of what hangs on it.
stepdown_status cancel_attributes(struct draft *d, struct command *c, struct event_draft *ev, stepdown_error **o);
stepdown_status cancel_children(struct draft *d, struct command *c, uint32_t element, stepdown_error **o);
stepdown_status verb_signal(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_erase(struct draft *d, struct command *c, stepdown_error **o);
// What an erasure takes out of record `seq`. `symbol`: of the one field, or key of the one attribute; 0: all.
struct erasure {
    uint64_t seq;
    uint32_t name, symbol; // name: of the form
    stepdown_slice basis, authority, reason;
};
// The record's row without these disclosures, into the transaction; and the event that says so.
stepdown_status erasure_put(struct draft *d, const struct key *key, stepdown_slice row, const uint16_t *numbers,
                            uint32_t count, stepdown_error **o);
stepdown_status erasure_emit(struct draft *d, const struct erasure *what, const uint16_t *numbers, uint32_t count,
                             stepdown_error **o);
stepdown_status verb_migrate(struct draft *d, struct command *c, stepdown_error **o);
stepdown_status verb_attach(struct draft *d, struct command *c, stepdown_error **o);
// What only the organization that opened the pathway may do.
stepdown_status check_opener(struct draft *d, const char *what, stepdown_error **o);
// Draw the sample that an item is.
stepdown_status sample_draw(struct draft *d, struct command *c, uint32_t element, stepdown_error **o);
stepdown_status verb_open(struct draft *d, struct command *c, stepdown_error **o);
// Fields of forms about the item that were given with a lifecycle verb are submitted first, in the same record.
stepdown_status item_fields(struct draft *d, struct command *c, uint32_t element, stepdown_error **o);

// ---- sending (sending.c) -------------------------------------------------------------------------------------------------
bool sending_is(uint16_t code); // the event of something that goes out
// What somebody sends says everything that it must: HELD, naming each part that is not written.
stepdown_status sending_check(struct draft *d, const struct command *c, uint32_t element, stepdown_error **o);
// May a rule send it? What says nothing waits for its owner.
bool sending_says_something(const struct draft *d, uint32_t element);
// Will everybody to whom it goes have read what it says now, once the session has?
bool sending_read_by_all(const struct draft *d, uint32_t element);
// Everyone whom the item tells, added to the event: all in one act.
stepdown_status sending_recipients(struct draft *d, uint32_t element, struct event_draft *ev, stepdown_error **o);

// ---- may they? (access.c) --------------------------------------------------------------------------------------------------
stepdown_status access_role_declared(struct draft *d,
                                     stepdown_error **o);    // session's role known and fitting its organization
bool access_in_set(const struct draft *d, int32_t role_set); // session's role is one of the set; -1: yes
// May the session read texts without a label, by the consent in force?
bool access_may_read(struct draft *d);
// What an element is called in a message to the session: a label that people gave it is a text like any other.
const char *access_name(struct draft *d, uint32_t element);
stepdown_status access_denied(struct draft *d, stepdown_error **o, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
