// SPDX-License-Identifier: Apache-2.0
// Conditions, gates and confirmations: state in, verdict out. Pure: no I/O, no clock, no allocation once the reused
// result has grown to its size. Three-valued, always with the records used and why not. May call: pathway, protocol.
#ifndef RULE_RULE_H
#define RULE_RULE_H

#include "pathway/state.h"

enum truth { TRUTH_FALSE = 0, TRUTH_TRUE = 1, TRUTH_UNKNOWN = 2 };

// Why a condition is not met (requirements 0.5, architecture section 1).
enum reason {
    REASON_NONE = 0,
    REASON_MISSING,          // nothing recorded where something is required
    REASON_INCOMPLETE,       // recorded, but required parts lack
    REASON_STALE,            // recorded before the moment it must follow, or acknowledged before the last change
    REASON_WRONG_ROLE,       // recorded by a role that may not
    REASON_NOT_ACKNOWLEDGED, // acknowledgement or attestation of the current version lacks
    REASON_UNOWNED,          // no accepted individual owner
    REASON_EXPIRED,          // an interval or consent has ended
    REASON_NONE_RECORDED,    // the set it speaks about is empty
    REASON_UNKNOWN,          // a value it needs cannot be known
    REASON_ERASED,           // a value it needs was erased
    REASON_NOT_YET,          // its moment has not come, or too few
    REASON_NOT_MET           // compared and found otherwise
};
const char *reason_word(uint8_t reason); // "not acknowledged"

// A record the verdict relies on: an element (whole or one field) or a mark, in the version seen.
struct evidence {
    struct ref id;  // element; for marks and events the place of the event
    uint32_t field; // definitions->fields index, UINT32_MAX: whole
    uint64_t version;
    bool is_mark;
};
// One leaf that is not met.
struct unmet {
    uint8_t reason;
    int32_t node;
    uint32_t element;     // the element it is about, NO_ELEMENT
    int32_t field;        // definitions->fields, -1
    int32_t roles;        // role_sets[] that can clear it, -1: the owner's role of `element`'s item
    int32_t role;         // one missing role (each/attended), -1
    uint32_t bound;       // what `this` was, for the words of the explanation
    uint32_t participant; // 1 + the organization that `this` was, 0: none
    uint64_t seen;        // older version under which somebody's word stands (REASON_STALE), 0: none
};

// Reused between evaluations; grows to what is needed and then allocates no more.
struct verdict {
    const struct env *env;
    uint8_t truth; // enum truth
    bool vacuous;  // true over an empty set: "none recorded"
    bool failed;   // memory ran out while growing: the verdict is not to be used (NOMEM)
    struct evidence *evidence;
    size_t evidence_count, evidence_cap;
    struct unmet *unmet;
    size_t unmet_count, unmet_cap;
    size_t evidence_from; // evidence from here on holds no element twice
};
void verdict_init(struct verdict *v, const struct env *env);
void verdict_free(struct verdict *v);
void verdict_clear(struct verdict *v);

// Only what happened in [from, until) counts.
struct frame {
    stepdown_time from, until;
};

// Where and when a condition is evaluated.
struct evaluation {
    const struct definitions *defs;
    struct state *state;
    stepdown_time now;
    uint32_t this_element;                       // bound by for/each/where or the guarded item, NO_ELEMENT
    uint32_t trigger_element;                    // element whose event triggered the rule, NO_ELEMENT
    const struct mark *this_mark, *trigger_mark; // when the thing is a mark (a decision)
    struct arena *scratch;                       // lists of values; reset by the caller between evaluations
    struct verdict *verdict;                     // evidence and reasons are appended; may be NULL (truth only)
    uint32_t this_participant;                   // 1 + state->participants that `this` is bound to, 0: none
    uint32_t opening_about;  // 1 + element that the item being opened will hang on; 0: none, or no item is being opened
    struct turnout *turnout; // counts the members of the next set that is reckoned with, NULL: nobody asks
    const struct grouping *group; // set while one group of a grouped value is worked out, else NULL
    uint32_t
        absent; // 1 + item def that a gate guards and that the pathway does not have yet; 0: none. Set by gate_evaluate
    const struct frame *frame; // window for the set at hand (TERM_WINDOW, TERM_DELTA), NULL: none
    uint16_t depth;
    bool empty_holds; // in a gate's need: an empty `each` is not met (unless the node says that empty passes)
    bool met_erased;  // set, never cleared, when a value that was wanted turned out to be erased
};

// How many took part in a value over a set.
struct turnout {
    size_t members, without; // of them those that have no value (yet)
};
// Is the value not known because its window has not passed, or has not begun?
bool rule_not_yet_due(struct evaluation *e, int32_t term);
// What of [from, until) nobody held an item of this definition, as intervals in e->scratch. False: out of memory.
bool rule_unheld(struct evaluation *e, int32_t item_def, stepdown_time from, stepdown_time until, struct value **out,
                 size_t *count);
enum truth rule_evaluate(struct evaluation *e, int32_t node);
// Value of a term. False: not known (missing); *erased tells whether because it was erased (may be NULL).
bool rule_term(struct evaluation *e, int32_t term, struct value *out, bool *erased);
// Is the pattern matched by what it finds, and not when a condition becomes true?
bool rule_is_matched(const struct definitions *defs, int32_t rule);
// Such a pattern has no window: a match lasts as long as the pattern holds.
bool rule_match_lasts(const struct definitions *defs, int32_t rule);
// What such a pattern finds with something in it that none of its earlier matches cites, at most cap; 0: nothing new. *review: the open review of an earlier match that grows by it, NO_ELEMENT when it is another match.
size_t rule_match(struct evaluation *e, int32_t rule, struct ref *out, size_t cap, uint32_t *review);
// Elements selected, newest first, into `out` (at most cap); returns how many match in all. Marks: see rule_select_marks.
size_t rule_select(struct evaluation *e, int32_t selector, uint32_t *out, size_t cap);
// The same for a selector of marks: indices into state->marks.
size_t rule_select_marks(struct evaluation *e, int32_t selector, uint32_t *out, size_t cap);
// Did the late-trigger rule of a calendar apply when this term was worked out (PAR-01: flagged)?
bool rule_term_late(struct evaluation *e, int32_t term);

// ---- consent -------------------------------------------------------------------------------------------------------
// May somebody, known by person, role and organization (empty: not known), be told something for this purpose now?
// Silent: no entry of consent speaks of them. Otherwise the newest valid one that names recipient and purpose decides, or
// a limitation of the recipient; none that does, one that takes back and one that was erased refuse. The organization
// that opened the pathway is only meant when an entry names it, its role or its person.
enum consent { CONSENT_SILENT, CONSENT_ALLOWS, CONSENT_REFUSES };
struct consent_asked {
    stepdown_slice person, role, organization, purpose;
    const char *data_class; // NULL: whatever class; "": what has no label
};
enum consent consent_to_tell(struct evaluation *e, const struct consent_asked *asked);
// May they have values with this label (data_class; "": without one)? Those who hold the record may, for treatment and
// operations, unless an entry of consent says otherwise. Others may have what has no label unless consent refuses it, and
// what has one only where consent allows it for this purpose and class. Somebody of the household may have nothing
// without consent.
bool consent_entitles(struct evaluation *e, const struct consent_asked *asked);

// ---- gates ---------------------------------------------------------------------------------------------------------
struct need_result {
    int32_t need; // definitions->needs
    uint8_t truth;
    bool vacuous;
    uint32_t evidence_first, evidence_count, unmet_first, unmet_count; // into the result's verdict
};
struct gate_result {
    int32_t gate;
    uint32_t element; // guarded item, NO_ELEMENT
    bool open, applies;
    bool on_hold; // held by an action (hold … until) as well
    struct need_result *needs;
    size_t need_count, need_cap;
    struct verdict verdict;
};
void gate_result_init(struct gate_result *r, const struct env *env);
void gate_result_free(struct gate_result *r);
// Evaluate into `r`. A need that is unknown holds. NOMEM only while `r` still grows.
stepdown_status gate_evaluate(struct evaluation *e, int32_t gate, uint32_t element, struct gate_result *r,
                              stepdown_error **out_error);

// ---- confirmations ---------------------------------------------------------------------------------------------------
enum answered { ANSWER_CONFIRMED, ANSWER_UNCONFIRMED, ANSWER_NOT_YET_DUE, ANSWER_NOT_APPLICABLE };
const char *answered_word(uint8_t answered); // "not yet due"
struct confirm_result {
    int32_t confirm;
    uint32_t element; // the one of `for each`, NO_ELEMENT
    uint8_t answered;
    bool vacuous; // "none recorded"
    bool has_value;
    struct value value;     // in the scratch arena
    const char *label;      // word of the first label that holds, NULL
    stepdown_time due;      // STEPDOWN_TIME_NONE: none or unknown
    struct verdict verdict; // proving records, or what lacks
};
void confirm_result_init(struct confirm_result *r, const struct env *env);
void confirm_result_free(struct confirm_result *r);
// Number of rows a confirmation has now (1, or one for each selected; 0 becomes 1 row "not applicable, none recorded").
size_t confirm_rows(struct evaluation *e, int32_t confirm);
stepdown_status confirm_evaluate(struct evaluation *e, int32_t confirm, size_t row, struct confirm_result *r,
                                 stepdown_error **out_error);

// ---- triggers ----------------------------------------------------------------------------------------------------
// Does a trigger of kind EVENT match this event on this element? `name`: the symbol's definition index or -1.
bool trigger_matches(const struct definitions *defs, const struct trigger *t, const struct state *s, uint16_t code,
                     uint32_t element, int32_t fired_rule);
// Triggers that may match an event: a run [first, last) in definitions->triggers (sorted), per source that fits.
// Does a node read (directly or below) items of `item_def` / entries of `form` / events of `family`? For re-evaluation
// of condition triggers, watched gates and due times.
bool rule_reads(const struct definitions *defs, int32_t node, int32_t item_def, int32_t form, uint8_t family);
bool rule_term_reads(const struct definitions *defs, int32_t term, int32_t item_def, int32_t form, uint8_t family);

// ---- what is given away ----------------------------------------------------------------------------------------------
// Does the term (the condition) read the content of a field for which `test` says true?
typedef bool rule_field_test(void *ctx, int32_t field);
bool rule_term_cites(const struct definitions *defs, int32_t term, rule_field_test *test, void *ctx);
bool rule_node_cites(const struct definitions *defs, int32_t node, rule_field_test *test, void *ctx);
bool rule_selector_cites(const struct definitions *defs, int32_t selector, rule_field_test *test, void *ctx);
// Label of a field whose content the term reads, NULL: of none. What is made from it is no less sensitive.
const char *rule_term_label(const struct definitions *defs, int32_t term);

// ---- explanations --------------------------------------------------------------------------------------------------
// One sentence for people: what lacks, by whom it can be cleared. "re-engagement script: acknowledgement of the current
// version by the owner of second_visit is missing".
void rule_explain(const struct evaluation *e, const struct unmet *u, struct buffer *out);
// Names of the roles that can clear it, comma-separated.
void rule_clearers(const struct evaluation *e, const struct unmet *u, int32_t need, struct buffer *out);

#endif
