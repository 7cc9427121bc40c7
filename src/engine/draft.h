// SPDX-License-Identifier: Apache-2.0
// One record in the making: events are emitted one after the other, each folded into the state at once, so that what
// follows sees what came before. At the end the record, the head and the index rows that changed are put into the open
// transaction. After any failure the state is not to be used any more (engine_forget). May call: engine's neighbours.
#ifndef ENGINE_DRAFT_H
#define ENGINE_DRAFT_H

#include "engine/engine.h"

enum { DRAFT_ATTRS_MAX = 24, DRAFT_WATCH_MAX = 8, DRAFT_ATTACH_MAX = 8 };

// An event being put together.
struct event_draft {
    uint16_t code;
    uint32_t name;    // symbol
    uint32_t element; // target; NO_ELEMENT: the pathway, or, for creating events, the new element
    struct attr *attrs;
    uint32_t count, cap;
};

// A protocol that a rule wants attached, when what follows from the events there are has been worked out.
struct attach_wish {
    stepdown_slice protocol;
    uint32_t rule, trigger; // symbol; element
};

struct draft {
    struct engine *e;
    struct state *state;
    struct definitions *defs;
    const struct session_info *session; // NULL: the engine itself (timers)
    struct record_header header;
    struct head head;    // as read; next one is worked out at the end
    bool opening;        // no head row yet
    struct arena *arena; // of the call
    struct event *events;
    uint32_t *elements; // by event: the element it happened to, NO_ELEMENT
    uint32_t event_count, event_cap;
    uint32_t cascaded;           // events whose consequences have been worked out
    bool folded;                 // the state may be ahead of the store
    stepdown_time now;           // evaluation time: recorded_at
    uint64_t touched;            // bits of event families touched, for condition triggers and due times
    stepdown_slice request_hash; // of the command, 32 bytes; empty: none
    // organizations that joined in this record: rows of the participation index
    stepdown_slice joined[4];
    size_t joined_count;
    struct definitions *before; // the set as the record began, once another one is in force; NULL: the same
    struct attach_wish attach[DRAFT_ATTACH_MAX];
    size_t attach_count;
    const struct value *cited;    // what the pattern that fires cites; NULL: none fires
    bool erases;                  // the snapshot goes in this record; the next one takes it anew
    struct board_change *boarded; // items whose place on boards may have changed, as they were before
    uint32_t boarded_count, boarded_cap;
};

void draft_start(struct draft *d, struct engine *e, struct state *state, const struct head *head,
                 const struct session_info *session, struct arena *arena, uint8_t cause, stepdown_time occurred_at);

// ---- emitting --------------------------------------------------------------------------------------------------------
void event_start(struct event_draft *ev, struct draft *d, uint16_t code, uint32_t name, uint32_t element);
// Add an attribute. Running out of places or memory shows when the event is emitted.
void event_value(struct event_draft *ev, struct draft *d, uint32_t key, const struct value *value);
void event_withheld(struct event_draft *ev, struct draft *d, uint32_t key, const struct value *value,
                    const char *label);
// The value of a term, copied into a field: it keeps the label of what it was made from.
void event_copied(struct event_draft *ev, struct draft *d, const struct field_def *f, int32_t term,
                  const struct value *value);
void event_text(struct event_draft *ev, struct draft *d, uint32_t key, uint8_t type, stepdown_slice text);
void event_number(struct event_draft *ev, struct draft *d, uint32_t key, int64_t number);
void event_time(struct event_draft *ev, struct draft *d, uint32_t key, stepdown_time t);     // nothing when TIME_NONE
void event_element(struct event_draft *ev, struct draft *d, uint32_t key, uint32_t element); // nothing for NO_ELEMENT
// Fold it and add it to the record. *out_element (may be NULL): the element it happened to or that it created.
// LIMIT: the record has too many events. NOMEM. CORRUPT cannot happen but is passed on.
stepdown_status draft_emit(struct draft *d, struct event_draft *ev, uint32_t *out_element, stepdown_error **o);

// Encode, and put record, head, index rows and, when it is time, a snapshot into the transaction.
stepdown_status draft_write(struct draft *d, struct head *out_head, stepdown_error **o);
// The end of a record that no session waits for, when all went well so far: written, committed, its state kept. When
// something failed, now or before (`status`), the transaction is given up and the pathway `id` read anew next time.
stepdown_status draft_commit(struct draft *d, const uint8_t id[RECORD_ID], stepdown_status status, stepdown_error **o);

// ---- values ----------------------------------------------------------------------------------------------------------
struct value draft_text(uint8_t type, stepdown_slice text);
struct value draft_number(uint8_t type, int64_t number);
struct value draft_ref(const struct state *s, uint32_t element, uint32_t field_symbol, uint64_t version);
// A list with room for `count` values in the draft's arena, NULL: out of memory.
struct value *draft_list(struct draft *d, size_t count);

// ---- what follows (cascade.c, actions.c, escalate.c) -------------------------------------------------------------------
// Work out the consequences of every event not yet looked at, until nothing more follows.
stepdown_status cascade_run(struct draft *d, stepdown_error **o);
// Open an item. `about` NO_ELEMENT: the pathway. Extra attributes and fields come from `with` (may be NULL).
struct opening {
    uint32_t about, trigger;
    const struct mark *trigger_mark;
    uint32_t with_first, with_count; // definitions->withs
    stepdown_slice owner;            // empty: worked out
    stepdown_time due, start, end;   // STEPDOWN_TIME_NONE: worked out
    uint32_t rule;                   // symbol of the rule that opened it, 0: none
};
struct opening opening_none(void);
stepdown_status item_open(struct draft *d, int32_t item, const struct opening *how, uint32_t *out, stepdown_error **o);
// The individual whom the protocol names in a field about the item itself, once that field is filled in.
stepdown_status item_name_owner(struct draft *d, uint32_t element, stepdown_error **o);
// Start or end of an item as the protocol reckons it now. False: not known.
bool item_moment(struct draft *d, int32_t term, uint32_t element, stepdown_time *out);
// Due time of an item by its definition: false when what it is reckoned from is not known yet.
bool item_due(struct draft *d, const struct item_def *def, uint32_t element, const struct opening *how,
              stepdown_time *due, const char **rule);
// The same for the start of an item that is there.
bool item_start(struct draft *d, const struct item_def *def, uint32_t element, stepdown_time *start);
// The start that the event carries was given by somebody: it is not worked out again.
void start_given(struct event_draft *ev, struct draft *d);
// The rule whose ladder runs when the item is overdue: its own, for work added by hand that of work somebody decided on.
// -1: none, straight to the store's fallback.
int32_t ladder_of(const struct definitions *defs, const struct element *el);
// Raise an alert by the ladder of `rule` about an element. Nothing when one stands already.
stepdown_status escalate(struct draft *d, int32_t rule, uint32_t about, stepdown_error **o);
stepdown_status escalate_route(struct draft *d, int32_t rule, int32_t route_item, uint32_t about, stepdown_error **o);
stepdown_status escalate_next_step(struct draft *d, uint32_t alert, stepdown_error **o);
// Everyone who holds one of the roles, as ATTR_RECIPIENTS.
void recipients_add(struct draft *d, struct event_draft *ev, const int32_t *roles, uint16_t count);
// Who is told next, for boards: role names and the moment. False: no further step.
bool escalate_preview(struct engine *e, struct state *s, uint32_t element, stepdown_time now, struct buffer *to,
                      stepdown_time *at);
// Who holds a role in an organization that takes part, at a time: on call first. False: nobody.
// Needs engine_directory in the same transaction.
bool role_holder(struct engine *e, const struct state *s, int32_t role, stepdown_time at, stepdown_slice *person,
                 stepdown_slice *organization);
// The organization that takes part for which the person holds the role; as it was when there is none.
void role_organization(struct engine *e, const struct state *s, int32_t role, stepdown_time at, stepdown_slice person,
                       stepdown_slice *organization);
// Does `role` stand above `below` in its if_empty chain (or is the same)?
bool role_answers_for(const struct definitions *defs, int32_t role, int32_t below);

// ---- what the numbers of a record stand for (symbols.c) ----------------------------------------------------------------
// Events that bring in definitions cite how far the table of symbols goes, and the digest over it.
stepdown_status symbols_cite(struct draft *d, struct event_draft *ev, stepdown_error **o);

// ---- another definition set (attach.c) -----------------------------------------------------------------------------------
// The rest of the record, and the pathway after it, is under `defs`. Symbols stand for the same in both.
stepdown_status draft_rebind(struct draft *d, struct definitions *defs, stepdown_error **o);
// Is this item or rule one that the pathway did not have before this record?
bool draft_is_new(const struct draft *d, const struct def *def);
// Items that open with the pathway, of protocols that are new to it.
stepdown_status open_first_items(struct draft *d, stepdown_error **o);
stepdown_status attach_later(struct draft *d, stepdown_slice protocol, uint32_t rule, uint32_t trigger,
                             stepdown_error **o);
stepdown_status attach_wished(struct draft *d, stepdown_error **o);

// ---- gates (guard.c) ---------------------------------------------------------------------------------------------------
// Evaluate every gate that guards this step of the element, record the passing of each, or refuse with HELD.
stepdown_status guard_step(struct draft *d, uint32_t element, uint16_t code, const char *step, stepdown_error **o);
// After changes of evidence: gates passed earlier that would be held now.
stepdown_status guard_recheck(struct draft *d, uint32_t changed, stepdown_error **o);
// After anything was touched: gates passed earlier by items that live on.
stepdown_status guard_follow(struct draft *d, uint64_t touched, stepdown_error **o);

// ---- rows of other files -------------------------------------------------------------------------------------------------
stepdown_status outbox_put(struct draft *d, stepdown_error **o); // one row for each recipient named in the record
stepdown_status signal_put(struct draft *d, stepdown_error **o); // one row for each signal sent in the record

// What a step of a taper says beyond itself (taper.c). WRONG_STATE: no further reduction is planned.
stepdown_status taper_step(struct draft *d, uint32_t element, uint16_t code, struct event_draft *ev,
                           stepdown_error **o);

#endif
