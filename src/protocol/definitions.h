// SPDX-License-Identifier: Apache-2.0
// Compiled definitions: what one definition set (protocols + dictionaries + overlays + parameters) means, in flat arrays
// that point at each other by index; -1 is "none". Immutable once bound; shared between pathways and threads.
// The compiler writes it, the rule room evaluates it, the engine follows it. May call: record, base.
#ifndef PROTOCOL_DEFINITIONS_H
#define PROTOCOL_DEFINITIONS_H

#include "base/platform.h"
#include "protocol/lifecycle.h"

// ---- names -----------------------------------------------------------------------------------------------------

enum name_kind {
    NAME_ITEM = 1,
    NAME_FORM,
    NAME_FIELD,
    NAME_RULE,
    NAME_GATE,
    NAME_NEED,
    NAME_CONFIRM,
    NAME_ROLE,
    NAME_MEASURE
};
// Every name that can stand in a record. `symbol` is 0 until definitions_bind; index is into the array of that kind.
struct name_def {
    const char *qualified; // "failed-first-visit-huddle.second_visit", "common.contact"
    uint32_t symbol;
    uint8_t kind;
    int32_t index;
};

// What every definition starts with.
struct def {
    const char *name; // as written in the file
    const char *row;  // requirement rows, space-separated ("FVH-G1"), "" when none
    const char *says; // the requirement in the source's words, or the title; "" when none
    uint32_t symbol;  // after binding
    uint32_t line;
    uint16_t source; // index into sources: the protocol or dictionary it comes from
};

// ---- terms: what has a value -------------------------------------------------------------------------------------

enum term_kind {
    TERM_LITERAL,   // value
    TERM_NOW,       // evaluation time
    TERM_PARAMETER, // index: parameters[]; the value in force (already with the organization's own)
    TERM_FIELD, // selector, field: value of the field in the newest current entry (about the element, or the entry itself)
    TERM_ATTRIBUTE, // selector, attribute: enum element_attribute
    TERM_EVENT,     // selector, code: when that event last happened to the element(s); first with `first`
    TERM_SHIFT,     // a moved by the duration value of b, sign +1 or -1 (a: NONE like TERM_CALENDAR)
    TERM_CALENDAR,  // calendars[index] applied to moment a (NONE: the trigger or opening moment)
    TERM_ELAPSED,   // a - b as a duration
    TERM_INTERVAL,  // from a to b (-1: open)
    TERM_COUNT,     // number of selected
    TERM_SUM,
    TERM_AVERAGE,
    TERM_EARLIEST,
    TERM_HIGHEST, // over a (evaluated with `this` = each selected)
    TERM_SHARE,   // selected for which node holds / selected
    TERM_LIST,    // list of a over selected
    TERM_GAP,     // what of the spans a is not covered by the spans b; attribute: enum span_flag
    TERM_SOONER,  // of two moments the one that comes first; one alone if the other is not known
    TERM_SPAN,    // intervals: each of the selector's (in `field`, -1: its own), or those of term a; b: the next span
    TERM_GAPS,    // as TERM_GAP: the stretches that are not covered, as a list of intervals
    TERM_MEDIAN,  // over a, nearest rank
    TERM_P90,     // the ninth tenth over a, nearest rank
    TERM_WINDOW,  // a over what happened within duration `index` after moment b; not known before that has passed
    TERM_DELTA,   // a within duration `index` after moment b less a as long before (or less term `field`)
    TERM_SEVERAL, // list of the terms children[index …], b of them
    TERM_SPREAD,  // highest minus lowest of a over selected
    TERM_GROUPED, // a (a value over selector) apart for each value of b: pairs [key, value]
    TERM_TUPLE    // a and b together, as one key
};
// How needs and covers are compared.
enum span_flag {
    SPAN_AMOUNTS = 1, // by how much as well as by when: both sides say how much
    SPAN_DAILY = 2    // day by day: one side says so much per day
};
enum element_attribute {
    ELEMENT_STATE,
    ELEMENT_OWNER,
    ELEMENT_OWNER_ROLE,
    ELEMENT_DUE,
    ELEMENT_OPENED,
    ELEMENT_FINISHED,
    ELEMENT_START,
    ELEMENT_END,
    ELEMENT_OVERDUE,
    ELEMENT_AUTHOR,
    ELEMENT_AUTHOR_ROLE,
    ELEMENT_OCCURRED,
    ELEMENT_RECORDED,
    ELEMENT_ABOUT,
    ELEMENT_SELF,
    ELEMENT_KIND,
    ELEMENT_OUTCOME,
    ELEMENT_INTERVAL,
    ELEMENT_MEMBER,
    ELEMENT_TEXT,
    ELEMENT_REASON,
    ELEMENT_EVIDENCE,
    ELEMENT_OWNER_ORG,
    ELEMENT_METHOD,       // of marks: what was decided or said, why, citing what
    ELEMENT_AMOUNT,       // how much: of a delivery or shift that does not say, the hours it lasts
    ELEMENT_LENGTH,       // of its interval
    ELEMENT_WAITING,      // of an entry: nothing that it asks for has been granted
    ELEMENT_GRANTED,      // of an entry: when it was
    ELEMENT_ORGANIZATION, // whose entry, mark or item it is; of a participant: itself
    ELEMENT_PERSON,
    ELEMENT_SENDER,   // of reports: a token of whom, and the pathway it came from
    ELEMENT_STEP,     // of a taper: which step it has come to, 0 before the first reduction
    ELEMENT_CADENCE,  // of a taper that has started: how often there is contact now
    ELEMENT_NEXT_STEP // of a taper: when the next reduction is planned
};
struct term {
    uint8_t kind;
    int8_t sign;
    bool first;
    uint8_t attribute;
    uint16_t code;
    int32_t selector, field; // field: index into fields[]
    int32_t index, a, b;     // other terms or table entries; over a set, b: the moment of each one for a window
    int32_t node;
    struct value value;
    uint32_t line;
};

// ---- selectors: which elements -----------------------------------------------------------------------------------

enum select_source {
    SELECT_ITEM,       // items of definition `def`
    SELECT_KIND,       // items of `kind`, any definition; KIND_NONE: items of every kind
    SELECT_FORM,       // current entries of form `def`
    SELECT_FAMILY,     // current entries of an event family (`code` >> 8), of one member when the low byte is not 0
    SELECT_MARK,       // marks with event `code` on the elements of selector `of`
    SELECT_FIRED,      // firings of rule `def` (rules, escalations, patterns)
    SELECT_THIS,       // the element bound by each / for / where / the guarded item
    SELECT_TRIGGER,    // the element whose event triggered the rule
    SELECT_PATHWAY,    // the pathway itself
    SELECT_OVER,       // the item of definition `def` on which the bound element hangs
    SELECT_OVER_ENTRY, // the same for an entry of form `def`
    SELECT_PARTICIPANT // organizations that take part now
};
enum select_pick { PICK_ALL, PICK_LATEST, PICK_EARLIEST, PICK_NEXT }; // NEXT: earliest start not yet past
struct selector {
    uint8_t source, pick, kind;
    bool known; // SELECT_THIS in a `where` or `each`: it is of this kind (items) or family (entries, marks)
    uint16_t code;
    int32_t def;
    int32_t of;           // selector: only those about one of these (the whole chain of `about` is followed)
    int32_t by;           // role_sets[]: author (entries), maker (marks) or owner (items)
    uint64_t states;      // items: bits of states, 0 any
    int32_t where;        // node, evaluated with `this` = candidate
    int32_t since, until; // terms: moments, since inclusive, until exclusive
    int32_t during;       // term: duration (the last …) or interval
    int32_t key, bound;   // 1 + terms of the candidate and of what is bound outside, which must be equal; 0: none
    uint32_t line;
};
// Members of a selector that leaves nothing of its source out.
#define SELECTOR_UNLIMITED .of = -1, .by = -1, .where = -1, .since = -1, .until = -1, .during = -1

// Whose deed counts.
enum role_mode { ROLE_ONE, ROLE_ANY, ROLE_EACH };
struct role_set {
    uint8_t mode;
    uint16_t count;
    const int32_t *roles; // into roles[]
    int32_t person;       // term that names a person (second_visit.owner), -1: none. Then roles may be empty
    int32_t people;       // selector: of each of these the owner is meant, or whom `named` names; -1
    int32_t named;        // term with `this` = each of people that names a person (shift.staff), -1
};

// ---- conditions --------------------------------------------------------------------------------------------------

enum node_kind {
    NODE_ALL,
    NODE_ANY,
    NODE_NOT,
    NODE_AT_LEAST,
    NODE_WHEN,      // combinators; WHEN: children [if, then]
    NODE_FIELD,     // term a (TERM_FIELD, or any other term: has a value); roles; since (term b): not older
    NODE_COMPLETE,  // selector: every required field of its forms (or of form `index`) has a valid value
    NODE_COMPARE,   // a op b
    NODE_COUNT,     // number selected op b; with `distinct` (term c) counts distinct values
    NODE_EACH,      // every selected: child; empty: vacuous ("none recorded")
    NODE_STATE,     // selector's states in `states`; as of term b when given; nothing selected: false, missing
    NODE_COVERED,   // spans a covered by spans b; n: enum span_flag
    NODE_SUSTAINED, // observations of field `index` compared (op) with term a throughout duration term b, at least n
    NODE_OWNER,     // selector: each has an accepted individual owner (roles restrict)
    NODE_ACK,       // selector (or the field `index` of it): current version acknowledged by roles [of organization c]
    NODE_ATTENDED,  // selector (huddle): every role of roles joined
    NODE_ATTESTED,  // selector (or field): current version attested by roles [of organization c]
    NODE_HAPPENED,  // moment a happened; before/no later than b; or within duration c after b
    NODE_CONSENT,   // data class a to recipient b for purpose c permitted now
    NODE_LOOP,      // selector: each has a response and a recorded outcome
    NODE_MEASURED,  // measures[index] can be computed
    NODE_FIRED,     // rules[index] fired (pattern matched) [of selector]
    NODE_MET,       // gates[index].needs[n] is met now
    NODE_REPEAT, // at least n selected with equal `same` (term a), distinct by term c, within duration term b (or at once)
    NODE_SEQUENCE, // moment a then moment b within duration c, at least n times; the first of them during the last d; none of
                   // moment (term) `index` in between
    NODE_ASCENDING // list a: at least n members, each more than the one before it (the first: more than b), by a factor of
                   // no more than c; as many as there are in list d
};
enum compare_op {
    OP_IS,
    OP_IS_NOT,
    OP_ONE_OF,
    OP_AT_LEAST,
    OP_AT_MOST,
    OP_MORE,
    OP_LESS,
    OP_BEFORE,
    OP_AFTER,
    OP_NO_LATER,
    OP_INCLUDES
};
enum node_flag { NODE_EMPTY_PASSES = 1, NODE_AT_ONCE = 2, NODE_WITHIN = 4 };
struct node {
    uint8_t kind, op, flags;
    uint16_t child_count;
    uint32_t first_child; // into children[]: node indices
    int32_t selector, selector2;
    int32_t a, b, c, d; // terms
    int32_t roles;      // role_sets[]
    int32_t index;      // field, form, rule, gate or measure, as the kind says
    int64_t n;
    uint64_t states;
    uint32_t line, column;
};

// ---- definitions --------------------------------------------------------------------------------------------------

struct role_def {
    struct def def;
    const char *org_kind; // kinds of organization that hold it, space-separated
    int32_t if_empty;     // role that answers when nobody holds this one, -1
    bool last;            // the end of a ladder
    bool informed;        // may attest and be told; never owns an alert
    int32_t named_in;     // term: the person entered there holds it
};
struct parameter_def {
    struct def def;
    struct value value;
    struct value part;
    const char *part_name;
    int8_t tighter; // which way is stricter: +1 higher, -1 lower, 0 not said
};                  // part: `during` or other
struct list_def {
    struct def def;
    const char *const *words;
    const uint16_t
        *within; // by word: 1 + the wider word that it stands within, 0: none. NULL: no word stands in another
    size_t count;
};

enum calendar_rule {
    CALENDAR_SAME_DAY,
    CALENDAR_NEXT_MORNING,
    CALENDAR_END_OF_DAY,
    CALENDAR_END_OF_SHIFT,
    CALENDAR_DAY_OF
};
struct calendar_def { // "same day": end of local day, with the late-trigger rule of PAR-01
    struct def def;
    uint8_t rule;
    int64_t until;      // local clock microseconds: next morning 12:00
    int64_t late_after; // local clock; -1: no late rule
    int64_t then_until; // local clock of the next day
};

struct field_def {
    struct def def;
    uint8_t type;                                                     // enum value_type
    bool optional, interpretation, fact, reason_required, note, many; // many: a list of `type`
    bool in_record;         // kept: in-record — stands in the body; otherwise a disclosure of its own
    int32_t list;           // lists[] for choices, -1
    int32_t form;           // the form it stands in
    int32_t by;             // role_sets[] that may enter it (ANY), -1: the form's, else anyone who may see it
    const char *unit;       // quantity
    const char *needed_for; // "" or the gate or "confirm" for which it is needed; not required otherwise
    const char *label;      // sensitivity label, NULL: none
    int32_t indicator;      // symbol-free index for observations, -1
    int32_t to;             // references: item def expected, -1 any
    int32_t suggest;        // term, -1
    size_t text_max;        // bytes
};
struct form_def {
    struct def def;
    const char *report_to; // a report: the subject whose pathways receive it; NULL: a form that people fill in
    uint8_t family;        // FAMILY_FORM, or a fact family whose member is named by choice field `member`
    int32_t member;        // field index whose choice words are the members of the family, -1
    int32_t amount;        // field that says how much there is of it while its interval lasts, -1
    const int32_t *about;  // item defs that it may be about; none: the pathway
    uint16_t about_count;
    uint8_t about_kind;                // items of this kind that no protocol foresaw as well; KIND_NONE
    bool many;                         // several current entries about one element; otherwise submitting again amends
    int32_t by;                        // role_sets[]
    uint32_t field_first, field_count; // into fields[]
};
struct decision_def { // a decision a huddle may take, and the item it opens
    struct def def;
    int32_t opens;
};
struct draw_def {              // samples
    int32_t selector;          // what is drawn from, -1: the item is no sample
    int32_t strata;            // term with `this` = each, -1: one stratum
    int32_t at_least, percent; // terms: of each stratum, whichever is more; -1
    int32_t action;            // actions[]: the item opened for each that is drawn, which is then the trigger
};
struct item_def {
    struct def def;
    uint8_t kind;
    bool many;
    bool at_start;        // opened with the pathway
    int32_t owner_role;   // roles[]
    int32_t owner_person; // term naming the individual, -1
    int32_t due;          // term; evaluated when opened and again when something it reads changes. -1: default, 1 day
    const char *due_text; // the due rule as written, for records and boards ("same day"); NULL: none
    int32_t start, end;   // terms for intervals and appointments, -1
    int32_t lead;         // term: duration before due at which a lead warning fires, -1
    int32_t escalation;   // rules[] with steps: ladder that runs when it is overdue
    uint8_t each_source;  // for: each …: one is opened for each of these: SELECT_ITEM, SELECT_KIND, SELECT_FORM
    int32_t each;         // item def or form, KIND: the kind; -1: it is not opened so
    int32_t about;        // item def it hangs on, -1
    int32_t applies;      // node, -1
    int32_t close_needs;  // node, -1: must hold before any verb that ends it normally (not cancel)
    int32_t send_needs;   // node, -1: must hold before it is sent: what goes out is written in full
    int32_t form;         // route: the form that completes it; else -1
    int32_t amount;       // field of a form about it that says how much there is of it while it lasts, -1
    const int32_t *attend, *may_attend; // roles (huddles)
    uint16_t attend_count, may_attend_count;
    int32_t chair;
    const struct decision_def *decisions;
    uint16_t decision_count;
    const char *const *asks; // questions a review answers; headings of a huddle
    uint16_t ask_count;
    const int32_t *with; // roles
    uint16_t with_count;
    const int32_t *steps_by; // roles that may take its steps besides the owner
    uint16_t steps_by_count;
    bool on_demand;       // may be opened by hand (add)
    int32_t cadence;      // term: duration between openings, -1
    int32_t steps, dates; // tapers: terms, lists of cadences and of the days on which they begin
    int32_t before;       // tapers: term, cadence before the first step
    const char *evidence; // what proves completion, for boards
    struct draw_def draw;
};

enum action_kind {
    ACTION_OPEN,
    ACTION_CLOSE,
    ACTION_SEND,
    ACTION_ESCALATE,
    ACTION_RUN,
    ACTION_HOLD,
    ACTION_RELEASE,
    ACTION_SET,
    ACTION_REPORT,
    ACTION_FLAG,
    ACTION_ALLOCATE,
    ACTION_ATTACH,
    ACTION_TAKE // a step of an item, if it leads on from where the item is
};
// Whose pathways a report goes to: groups in which the sender's organization takes part; all from which this pathway has
// reports; the one that sent what fired the rule, or what `term` links to.
enum report_to { REPORT_TO_GROUPS, REPORT_TO_MEMBERS, REPORT_TO_SENDER };
struct with_def {
    int32_t field;
    uint8_t attribute;
    int32_t term;
}; // field >= 0: entry field; else ELEMENT_* attribute
struct action_def {
    uint8_t kind;
    int32_t item;        // OPEN, CLOSE, SEND, RUN: items[]
    int32_t rule;        // ESCALATE: rules[]
    int32_t gate;        // HOLD, RELEASE
    int32_t about;       // selector for what the opened item is about, -1: the trigger when it fits. ALLOCATE: who asks
    int32_t field, term; // SET: field := term. FLAG: term is the flag's word, about says what is flagged
    int32_t report;      // REPORT: forms[]; `about` is what it tells of, `term` (sender of) a link, -1
    uint8_t to;          // REPORT: enum report_to
    uint8_t state;       // CLOSE: state to reach; SET of a state
    uint16_t code;       // TAKE: event of the step
    uint32_t with_first, with_count;
};

enum trigger_kind { TRIGGER_EVENT, TRIGGER_CONDITION, TRIGGER_TIME };
struct trigger {
    uint8_t kind;
    uint8_t source; // EVENT: SELECT_ITEM, SELECT_KIND, SELECT_FORM, SELECT_FAMILY, SELECT_PATHWAY, SELECT_FIRED
    uint8_t item_kind;
    uint16_t code; // EVENT: event code; 0 in the low byte: any member; FIELD changes use FORM events
    int32_t def;   // EVENT: item, form or rule
    int32_t node;  // CONDITION
    int32_t term;  // TIME: the moment, or the cadence when `every`
    int32_t from;  // cadence: term, the moment it counts from; -1
    bool every;
    int32_t rule; // back reference
};

struct ladder_step {
    const int32_t *tell; // roles, all in one act
    uint16_t tell_count;
    int32_t answer_within; // term: duration or calendar rule
};
enum rule_kind { RULE_PLAIN, RULE_ESCALATION, RULE_PATTERN };
struct rule_def {
    struct def def;
    uint8_t kind;
    uint32_t trigger_first,
        trigger_count; // into rule_triggers[]; none: called by name only (ladders of the dictionary)
    int32_t only_if;   // node
    int32_t pattern;   // node (REPEAT, SEQUENCE …) of a pattern; also the node of its one CONDITION trigger
    uint32_t action_first, action_count;
    uint32_t step_first, step_count; // ladder; escalations
    int32_t run;                     // route item whose form gives the ladder at run time, -1
};

struct need_def {
    struct def def; // name is the row ("FVH-G1") or a word; says is shown when the gate is held
    int32_t node;
    int32_t clearers; // role_sets[]: who can clear it, worked out by the compiler; -1: the guarded item's owner
};
struct gate_def {
    struct def def;   // says: title
    int32_t item;     // guarded item def; -1: the pathway
    uint16_t code;    // guarded event
    uint64_t watches; // states during which closing again raises an alert, 0
    int32_t applies;  // node
    uint32_t need_first, need_count;
};

struct label_def {
    const char *word;
    int32_t node;
}; // node -1: otherwise
struct confirm_def {
    struct def def;
    int32_t each;              // selector, -1: once
    int32_t applies, answered; // nodes
    int32_t due;               // term: not yet due before this moment, -1; unknown moment: not yet due
    int32_t value;             // term, -1
    uint32_t label_first, label_count;
};
struct measure_def {
    struct def def;
    int32_t term;
};

// An item, field, rule, need, confirmation or measure names a parameter or a calendar rule.
struct use_def {
    uint8_t kind;                // enum name_kind
    int32_t index;               // into the array of that kind
    int32_t parameter, calendar; // one of them, the other -1
};

// What a pathway may be about. A protocol file has a half for each that it speaks of; a set is compiled for one.
enum { SUBJECTS = 4 };
extern const char *const protocol_subjects[SUBJECTS]; // person program provider region
struct cell_def {                                     // a number on a dashboard
    struct def def;
    int32_t selector; // what is counted
    int32_t key;      // term with `this` = each: whose it is
};
struct dashboard_def {
    struct def def;
    int32_t roles;        // role_sets[] that may see it
    const char *purpose;  // for which it may be seen
    const char *org_kind; // organizations of this kind that take part stand on it with nought too; "" none
    int32_t small;        // term: numbers from 1 up to this one are not shown
    uint32_t cell_first, cell_count;
};

struct source_def {
    const char *name, *version, *title, *subject; // subject: of the top-level sections; NULL for a dictionary
    const char *purpose;                          // two or three lines: what it protects the person from
    uint8_t hash[32];                             // of the source text
    bool dictionary, overlay;
    int32_t of; // overlays: the protocol it adapts, in sources[]; -1
};

struct definitions {
    platform_count references;
    struct env env; // a copy: definitions outlive the call that made them
    struct arena arena;
    uint8_t hash[32]; // of the canonical list of (protocol, version, source hash, overlay hashes, parameters)
    struct source_def *sources;
    size_t source_count; // sources[0] is the first protocol asked for
    uint8_t subjects;    // bits of the protocol_subjects of which the set has halves
    const char *subject; // what the pathways are about that run this set: one of protocol_subjects
    struct name_def *names;
    size_t name_count; // sorted by symbol once bound
    struct role_def *roles;
    size_t role_count;
    struct parameter_def *parameters;
    size_t parameter_count;
    struct list_def *lists;
    size_t list_count;
    struct calendar_def *calendars;
    size_t calendar_count;
    struct field_def *fields;
    size_t field_count;
    struct form_def *forms;
    size_t form_count;
    struct item_def *items;
    size_t item_count;
    struct rule_def *rules;
    size_t rule_count;
    struct trigger *triggers;
    size_t trigger_count; // sorted by (kind, source, def, code) for lookup
    struct action_def *actions;
    size_t action_count;
    struct with_def *withs;
    size_t with_count;
    struct ladder_step *steps;
    size_t step_count;
    struct gate_def *gates;
    size_t gate_count;
    struct need_def *needs;
    size_t need_count;
    struct confirm_def *confirms;
    size_t confirm_count;
    struct label_def *labels;
    size_t label_count;
    struct measure_def *measures;
    size_t measure_count;
    struct dashboard_def *dashboards;
    size_t dashboard_count;
    struct cell_def *cells;
    size_t cell_count;
    struct term *terms;
    size_t term_count;
    struct selector *selectors;
    size_t selector_count;
    struct role_set *role_sets;
    size_t role_set_count;
    struct node *nodes;
    size_t node_count;
    int32_t *children;
    size_t child_count;
    struct use_def *uses; // those of one user stand together
    size_t use_count;
    int32_t *rule_triggers;
    size_t rule_trigger_count; // triggers[] of each rule, because those are sorted otherwise
    // triggers[] that an event of family f can set off: family_triggers[family_first[f] … family_first[f + 1]), in their
    // order; those that wait for a condition or a moment stand from first_state_trigger on.
    uint32_t family_first[EVENT_FAMILIES + 1];
    int32_t *family_triggers;
    size_t first_state_trigger;
    // What nodes[i] and terms[i] read, so that only what depends on a change is evaluated again: bit f is event family f
    // (EVENT_FAMILY), bit 0 the passing of time.
    uint64_t *node_reads, *term_reads;
    int32_t evidence_rule; // rules[]: escalation used when evidence of a passed gate is withdrawn (common), -1
    int32_t action_item;   // items[]: the task a free decision opens (common.action), -1
};

// ---- using them ----------------------------------------------------------------------------------------------------

struct definitions *definitions_retain(struct definitions *d);
void definitions_release(struct definitions **d);
// Give every name its store-wide number. `numbers[i]` belongs to names[i] in their order at compile time.
stepdown_status definitions_bind(struct definitions *d, const uint32_t *numbers, stepdown_error **out_error);
const struct name_def *definitions_symbol(const struct definitions *d, uint32_t symbol); // NULL: unknown
// In a sequence the moment is each time that something happened, and not a single one.
bool definitions_each_time(const struct definitions *d, int32_t term);
// Index by name as a person writes it: "second_visit", "FVH-G1", or qualified "failed-first-visit-huddle.second_visit".
// A plain name that two protocols of the set use for different things is NAME_CLASHES. A role is one role whichever
// protocols declare it.
enum { NAME_UNKNOWN = -1, NAME_CLASHES = -2 };
int32_t definitions_item(const struct definitions *d, stepdown_slice name);
int32_t definitions_form(const struct definitions *d, stepdown_slice name);
int32_t definitions_gate(const struct definitions *d, stepdown_slice name);
int32_t definitions_rule(const struct definitions *d, stepdown_slice name);
int32_t definitions_dashboard(const struct definitions *d, stepdown_slice name);
int32_t definitions_role(const struct definitions *d, stepdown_slice name);
bool definitions_role_fits(const struct role_def *role, stepdown_slice kind); // may such an organization hold it?
// Is one word of the list the other, or does it stand within it, by however many steps?
bool list_within(const struct list_def *list, stepdown_slice narrow, stepdown_slice wide);
int32_t definitions_field(const struct definitions *d, int32_t form, stepdown_slice name);
// Index of the protocol or dictionary of that name in sources[], NAME_UNKNOWN.
int32_t definitions_source(const struct definitions *d, stepdown_slice name);
// Items, forms, rules and gates of that plain name, in the order of their numbers: how many, the first `cap` in out[].
size_t definitions_called(const struct definitions *d, stepdown_slice name, const struct name_def **out, size_t cap);

#endif
