// SPDX-License-Identifier: Apache-2.0
// The live state of one pathway: everything folded from its records. Flat arrays that only grow; elements (items and
// entries), marks, a log of every event, firings. fold() is the only writer. A state that failed half-way is thrown
// away and folded again. May call: protocol, record, base.
#ifndef PATHWAY_STATE_H
#define PATHWAY_STATE_H

#include "protocol/definitions.h"
#include "record/record.h"

#define NO_ELEMENT UINT32_MAX // also: the pathway itself, where an element is optional
// A symbol stands but names nothing of this definition set (mark.field; elsewhere UINT32_MAX says that).
#define FIELD_UNKNOWN (UINT32_MAX - 1)
#define START_GIVEN "start-given" // ATTR_FLAG of an event whose start somebody gave

// A value of a field in an entry, with the record that last changed it.
struct field_value {
    uint32_t field; // index into definitions->fields; UINT32_MAX: a symbol this definition set does not know
    uint32_t symbol;
    uint64_t version;    // seq of the record that last changed it
    uint32_t next;       // chain within the entry, UINT32_MAX ends
    uint16_t disclosure; // number of the disclosure of record `version` that holds it, 0: its body
    const char *label;   // sensitivity label that this version was written with, NULL: none
    stepdown_slice role; // who entered this version, in which role
    stepdown_slice person;
    struct value value; // text in the state's arena; VALUE_ERASED after an erasure
};

enum element_flag {
    ELEMENT_IS_ITEM = 1,
    ELEMENT_FINISHED_FLAG = 2, // item reached an end
    ELEMENT_OVERDUE_FLAG = 4,
    ELEMENT_SUSPENDED = 8,
    ELEMENT_ACCEPTED = 16,  // the owner has accepted
    ELEMENT_RETRACTED = 32, // entry retracted: never counts as current
    ELEMENT_ANSWERED = 64,  // alert: ladder stopped
    ELEMENT_LEAD_FIRED = 128,
    ELEMENT_LATE = 256,            // finished after its due time
    ELEMENT_ADHOC = 512,           // added by hand
    ELEMENT_START_GIVEN = 1 << 16, // somebody gave it its start: it is not worked out again
    ELEMENT_MET = 1024             // what was due is done although the item lives on: its due time no longer runs
};
// An item or an entry. What every command looks at in all live items comes first and fits into one line of the cache.
struct element {
    struct ref id;
    uint32_t def; // items[] or forms[]; UINT32_MAX: unknown symbol (definition set changed)
    uint32_t flags;
    uint32_t about;                       // element, or NO_ELEMENT: the pathway
    uint32_t last_pass;                   // newest gate pass of it, UINT32_MAX
    uint8_t kind, state;                  // items
    uint16_t code;                        // event that created it (contact.attempted …)
    uint32_t previous_same;               // older element of the same def and class, NO_ELEMENT ends
    stepdown_time due, lead_at, step_due; // STEPDOWN_TIME_NONE when none; step_due: of an alert's ladder
    uint32_t symbol;
    uint32_t newest_about;                          // newest element about this one, NO_ELEMENT
    uint32_t previous_about;                        // older element about the same one, NO_ELEMENT ends
    uint32_t first_field, last_field;               // entries: field_value chain
    uint32_t first_mark, last_mark;                 // marks on it, oldest first
    uint32_t last_log;                              // newest log entry about it
    uint64_t version;                               // seq of the record that last changed the whole
    stepdown_slice author, author_role, author_org; // who created it (entries: who filled it in)
    stepdown_slice owner, owner_role, owner_org;    // items: owner may be empty (unowned), owner_role never
    stepdown_slice delegate;                        // who does it while the owner stays accountable; empty: the owner
    stepdown_slice offered;                         // to whom it is offered; the owner stays until it is accepted
    stepdown_time occurred_at, recorded_at;         // creation
    stepdown_time opened_at, finished_at;           // occurred-at of opening and of the end
    stepdown_time start, end;                       // STEPDOWN_TIME_NONE when none
    stepdown_slice due_rule, name;                  // rule the due instant came from; host's label for ad-hoc items
    // alerts: the ladder
    uint32_t ladder_rule;   // rules[] whose steps run, UINT32_MAX
    uint32_t ladder_symbol; // 0: none
    uint32_t ladder_step;
    uint16_t name_disclosure; // of the creating record, 0: its body
};

struct mark {
    struct ref at; // the event that made it
    uint16_t code;
    bool withdrawn;
    uint32_t element; // NO_ELEMENT: the pathway
    uint32_t next;    // next mark of the same element
    uint32_t field;   // definitions->fields index it is limited to, UINT32_MAX: the whole, or FIELD_UNKNOWN
    uint32_t symbol;  // of that field, 0: the whole
    uint32_t name;    // symbol the event named (a decision), 0: none
    uint64_t version; // version it names
    stepdown_time occurred_at, recorded_at;
    stepdown_slice person, role, org;
    uint32_t attr_first, attr_count; // into state->attrs: everything else the event said (decision, evidence, reason)
};

// Every event, in order: for moments, patterns, who knew what when.
struct log_entry {
    uint64_t seq;
    uint32_t ord;
    uint16_t code;
    uint32_t element;  // NO_ELEMENT: the pathway
    uint32_t previous; // older entry of the same element, UINT32_MAX ends
    uint32_t name;     // symbol the event named
    stepdown_time occurred_at, recorded_at;
};

struct firing {             // a rule, escalation or pattern fired
    uint32_t rule, element; // element: trigger, NO_ELEMENT
    uint32_t previous_same; // older firing of the same rule
    struct ref at;
    stepdown_time occurred_at;
};
// At most one of a rule and an element is not done: a later one takes its place, one without a moment calls it off, a
// firing of the rule at or after `at` does it, and so does its lapse.
struct schedule {
    uint32_t rule, symbol, element, next_pending;
    stepdown_time at;
    bool done;
};
struct pattern_match { // what a pattern matched, or what a match grew by: the records it cites stand in ATTR_EVIDENCE
    uint32_t symbol, attr_first, attr_count;
    struct ref at;
    bool over; // a pattern without a window has stopped holding since: the same may match again
};
// Where an entry that another pathway reported came from: to tell apart and to answer, never to be shown.
enum { ORIGIN_TOKEN = 16 };
struct origin {
    uint32_t element, symbol; // the entry, and the report it is of
    uint8_t person[ORIGIN_TOKEN], member[RECORD_ID];
    struct ref about; // what was told of, over there; 0.0: the pathway
    uint64_t version; // record of the sender that was told of last
};
struct participant {
    stepdown_slice org, kind;
    stepdown_time from, until;
};
struct gate_pass {
    uint32_t gate, symbol, element;
    uint32_t previous; // older pass of the same element, UINT32_MAX ends
    struct ref at;
    uint32_t attr_first, attr_count;
    bool exception;
    bool closed_again;
};
struct hold {
    uint32_t gate, symbol, element, next_standing;
    struct ref at;
    bool released;
};
struct timer {
    stepdown_time at;
    uint32_t element, schedule;
}; // one of the two is UINT32_MAX
// Every text stands once in the arena, however often records repeat it: roles, people, organizations, choices.
struct text_set {
    stepdown_slice *slots;
    size_t count, cap;
};

struct state {
    const struct env *env;
    struct definitions *defs; // retained
    struct zone *zone;        // borrowed from the engine's zone cache
    struct arena arena;       // texts
    struct text_set texts;
    uint8_t id[RECORD_ID];
    uint64_t seq; // of the newest record; records = seq + 1
    bool empty;   // no record yet
    uint8_t leaf[DIGEST_SIZE];
    stepdown_time recorded_at; // of the newest record
    uint64_t snapshot_seq;     // newest snapshot known, 0: none
    // the pathway itself
    stepdown_slice subject, subject_kind, zone_name, zone_version, org, stage;
    uint16_t subject_disclosure, stage_disclosure; // 0: in the body
    uint64_t stage_version;                        // seq of the record that set the stage
    uint8_t definition[DIGEST_SIZE];               // definition set in force
    stepdown_time opened_at, closed_at;
    bool closed;
    uint32_t last_log, first_mark, last_mark, last_pass, newest_about; // of the pathway as an element
    struct element *elements;
    size_t element_count, element_cap;
    struct field_value *fields;
    size_t field_count, field_cap;
    struct mark *marks;
    size_t mark_count, mark_cap;
    struct attr *attrs;
    size_t attr_count, attr_cap;
    struct log_entry *log;
    size_t log_count, log_cap;
    struct firing *firings;
    size_t firing_count, firing_cap;
    struct schedule *schedules;
    size_t schedule_count, schedule_cap;
    struct participant *participants;
    size_t participant_count, participant_cap;
    struct gate_pass *passes;
    size_t pass_count, pass_cap;
    struct hold *holds;
    size_t hold_count, hold_cap;
    struct pattern_match *matches;
    size_t match_count, match_cap;
    struct origin *origins; // in the order of their elements
    size_t origin_count, origin_cap;
    // indexes, rebuilt with the state and not part of a snapshot
    uint32_t *origin_slots; // by report, member and what it is about: place in origins, UINT32_MAX
    size_t origin_slot_cap;
    uint32_t *newest_item, *newest_form; // by def: newest element, NO_ELEMENT
    uint32_t *newest_firing;             // by rule
    uint32_t *open_items;                // live items, unordered; element index
    size_t open_count, open_cap;
    uint32_t *open_place; // by element: place in open_items, UINT32_MAX
    size_t open_place_cap;
    uint8_t *rule_truth;                    // by rule: 0 unknown, 1 false, 2 true (condition triggers)
    stepdown_time *rule_lapsed;             // by rule: the moment that lapsed last, STEPDOWN_TIME_NONE
    uint32_t first_pending, first_standing; // schedules not done, holds not released; UINT32_MAX ends
    struct timer *timers;
    size_t timer_count, timer_cap; // binary heap, stale entries skipped when they surface
    // while a record is folded
    uint16_t disclosures; // withheld attributes met so far
    uint32_t *order;
    size_t order_cap; // attributes of the event by key
};

// An empty state for a pathway. Retains `defs`. `zone` may be NULL until the opening event is folded by the caller.
stepdown_status state_new(const struct env *env, struct definitions *defs, const uint8_t id[RECORD_ID],
                          struct state **out, stepdown_error **out_error);
void state_free(struct state **state);
// Look at the same pathway through another definition set (after a migration): symbols stay, indices change. On NOMEM
// the state is unusable.
stepdown_status state_rebind(struct state *s, struct definitions *defs, stepdown_error **out_error);

// ---- fold ------------------------------------------------------------------------------------------------------
// Apply one event of the record `header`, at place `ord`. CORRUPT when the event cannot follow (unknown target, illegal
// transition, unknown code): nothing in a verified store does that. NOMEM. After a failure the state is unusable.
stepdown_status fold_event(struct state *s, const struct record_header *header, uint32_t ord, const struct event *event,
                           stepdown_error **out_error);
// After the last event of a record: sequence number, leaf, recorded-at.
void fold_seal(struct state *s, const struct record_header *header, const uint8_t leaf[DIGEST_SIZE]);
// A whole decoded record: checks that seq is the next and `previous` the state's leaf (CORRUPT otherwise).
stepdown_status fold_record(struct state *s, const struct record *record, stepdown_error **out_error);

// ---- looking at it -----------------------------------------------------------------------------------------------
uint32_t state_find(const struct state *s, struct ref id); // element by id, NO_ELEMENT (binary search: ids ascend)
uint32_t state_newest_item(const struct state *s, int32_t item_def);    // any state
uint32_t state_newest_live(const struct state *s, int32_t item_def);    // not finished; NO_ELEMENT: none
uint32_t state_live_or_newest(const struct state *s, int32_t item_def); // else the newest, as a name is understood
// Newest current (not retracted) entry of the form directly about the element; NO_ELEMENT: about the pathway.
uint32_t state_newest_entry(const struct state *s, int32_t form, uint32_t about);
// Value of a field in the newest current entry of its form directly about an element (or within the entry itself when
// `about` is an entry of that form). `any_about`: whatever it is about. NULL: no entry, or no value in it (an older
// entry's value does not stand in). *entry (may be NULL) gets the entry, NO_ELEMENT when there is none.
const struct field_value *state_field(const struct state *s, uint32_t about, int32_t field, bool any_about,
                                      uint32_t *entry);
const struct field_value *state_entry_field(const struct state *s, uint32_t entry, int32_t field);
// Version of what there is to read: of the entry; of the item together with its own form's newest current entry.
uint64_t state_version(const struct state *s, uint32_t element);
// Is `element` about `target`, directly or through the chain of `about`? Everything is about the pathway (NO_ELEMENT).
bool state_is_about(const struct state *s, uint32_t element, uint32_t target);
// Last (or first) time the event happened to the element; NO_ELEMENT: to the pathway. NULL: never.
const struct log_entry *state_event(const struct state *s, uint32_t element, uint16_t code, bool first);
// Marks stand for events that people make about something, and for the steps of an item that are asked for one by one.
bool state_leaves_mark(uint16_t code);
// The mark that was made there; NULL: none was.
const struct mark *state_mark(const struct state *s, struct ref at);
const struct value *state_mark_attr(const struct state *s, const struct mark *mark, uint32_t key);
// What a match cites: a list of references, NULL when it cites nothing.
const struct value *state_match_evidence(const struct state *s, const struct pattern_match *match);
// The live review that the match opened, or that it grew. NO_ELEMENT: it is closed, or there is none.
uint32_t state_match_review(const struct state *s, const struct pattern_match *match);
const struct origin *state_origin(const struct state *s, uint32_t element); // NULL: nobody reported it
// The entry of a report (its symbol) about the same thing of the same member. NULL: there is none yet.
const struct origin *state_reported(const struct state *s, uint32_t symbol, const uint8_t member[RECORD_ID],
                                    struct ref about);
// `at` STEPDOWN_TIME_NONE: now, that is after everything recorded.
bool state_participates(const struct state *s, stepdown_slice org, stepdown_time at);
// Earliest timer that still stands; STEPDOWN_TIME_NONE. Drops stale heap entries. What it is for in *out.
enum timer_what { TIMER_NONE, TIMER_DUE, TIMER_LEAD, TIMER_STEP, TIMER_SCHEDULE };
stepdown_time state_next_timer(struct state *s, struct timer *out, enum timer_what *what);

// ---- snapshot ------------------------------------------------------------------------------------------------------
// The state as deterministic bytes; the same records always give the same bytes, whether folded in one go, command by
// command, or continued from an older snapshot. Symbols, not indices, stand in it.
enum { SNAPSHOT_VERSION = 4 };
stepdown_status snapshot_write(const struct state *s, struct buffer *out, stepdown_error **out_error);
// UNSUPPORTED: another version (fold from the records instead). CORRUPT: not a snapshot.
stepdown_status snapshot_read(const struct env *env, struct definitions *defs, const uint8_t id[RECORD_ID],
                              stepdown_slice bytes, struct state **out, stepdown_error **out_error);

#endif
