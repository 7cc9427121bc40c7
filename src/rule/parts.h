// SPDX-License-Identifier: Apache-2.0
// What the files of this room share: targets of conditions, the selection iterator, reasons, values, intervals.
// Nothing here allocates except into the reused verdict and the scratch arena. May call: pathway, protocol.
#ifndef RULE_PARTS_H
#define RULE_PARTS_H

#include "rule/rule.h"

enum { RULE_DEPTH_MAX = 64, RULE_DEPTH_NEED = 8 }; // a need inside a need counts for eight levels
#define NO_INDEX UINT32_MAX

// ---- targets: what a selector yields and what `this` is bound to -----------------------------------------------------

enum target_kind { TARGET_PATHWAY, TARGET_ELEMENT, TARGET_MARK, TARGET_FIRING, TARGET_PARTICIPANT };
struct target {
    uint8_t kind;
    uint32_t index; // into elements, marks, firings or participants
};
static inline const struct element *target_element(const struct evaluation *e, struct target t) {
    return t.kind == TARGET_ELEMENT ? &e->state->elements[t.index] : NULL;
}
stepdown_time target_occurred(const struct evaluation *e, struct target t);
uint32_t target_place(const struct evaluation *e, struct target t); // its element, NO_ELEMENT: the pathway
// Bind `this` to a target and put the old binding back.
struct binding {
    uint32_t element, opening_about, participant;
    const struct mark *mark;
};
struct binding target_bind(struct evaluation *e, struct target t);
void target_unbind(struct evaluation *e, struct binding old);

// ---- selection: newest first, without allocation (select.c, walk.c) --------------------------------------------------

// Moments between which a candidate must have occurred. A start that has not happened leaves the window empty.
struct window {
    stepdown_time from, until; // [from, until), STEPDOWN_TIME_NONE: no bound
    bool empty;
    bool uncertain; // a bound was erased: every candidate is uncertain
};
enum { WALK_HEADS = 16 };
// Elements (or firings, or the pathway) in the order they were recorded, newest first, not yet filtered.
struct walk {
    uint8_t mode;
    uint8_t count; // heads in use
    uint32_t next; // WALK_SCAN: one past the next candidate; WALK_CHAIN: the next; WALK_ONE: 1 until given
    struct target one;
    uint32_t heads[WALK_HEADS]; // newest element of each definition not yet given
};
void walk_begin(struct walk *w, const struct evaluation *e, const struct selector *sel);
bool walk_next(struct walk *w, const struct evaluation *e, struct target *out);

struct found {
    struct target target;
    bool uncertain; // whether it belongs cannot be known
};
// Filtered candidates of a selector whose source is elements, firings or the pathway.
struct layer {
    const struct selector *sel;
    struct walk walk;
    struct window window;
    struct target of; // the one that `of` names, when it is one
    bool of_one, of_uncertain, done;
};
struct selection {
    struct evaluation *e;
    const struct selector *sel;
    struct layer layer;      // of the selector, or for marks of the elements they stand on
    struct window window;    // marks: theirs
    struct found place;      // marks: element in hand
    uint32_t mark, mark_end; // marks: next one is below `mark`, none below `mark_end`
    bool marks, on_any, done;
    bool wrong_role, outside; // something was left out only for who did it, or only for when
};
void selection_begin(struct selection *s, struct evaluation *e, int32_t selector);
void selection_of(struct selection *s, struct evaluation *e, const struct selector *sel);
bool selection_next(struct selection *s, struct found *out);
// The newest (or picked) one. False: none, or not certain.
bool selection_one(struct evaluation *e, int32_t selector, struct target *out);
// Would the selector yield this target?
enum truth selection_contains(struct evaluation *e, int32_t selector, struct target t);

// ---- roles (roles.c) -------------------------------------------------------------------------------------------------

bool slice_is_empty(stepdown_slice s);
// Does the person, acting in the role, hold the role of definitions->roles?
bool role_held(struct evaluation *e, int32_t role, stepdown_slice person, stepdown_slice role_name);
// Who is meant of one of the set's people: its owner, or whom it names. Empty: nobody.
stepdown_slice person_of(struct evaluation *e, const struct role_set *set, struct target t);
// Is the deed of this person in this role one of those the set means? Role set -1: anybody's.
enum truth roles_admit(struct evaluation *e, int32_t roles, stepdown_slice person, stepdown_slice role_name);

// ---- evidence and reasons (verdict.c) --------------------------------------------------------------------------------

void evidence_element(struct evaluation *e, uint32_t element);
void evidence_field(struct evaluation *e, uint32_t entry, const struct field_value *value);
void evidence_event(struct evaluation *e, struct ref at);
void evidence_target(struct evaluation *e, struct target t);
void unmet_add(struct evaluation *e, const struct unmet *u);
// Note a reason and return FALSE (or UNKNOWN), so that a condition can end in one line.
enum truth holds_false(struct evaluation *e, const struct node *n, uint8_t reason, uint32_t element);
enum truth holds_unknown(struct evaluation *e, const struct node *n, bool erased, uint32_t element);
uint8_t reason_unknown(bool erased, uint8_t otherwise);
// What a verdict holds so far, to take back what an alternative that did not count has added.
struct verdict_mark {
    size_t evidence, unmet;
    bool vacuous;
};
struct verdict_mark verdict_mark(const struct evaluation *e);
void verdict_back_evidence(struct evaluation *e, const struct verdict_mark *m);
void verdict_back_unmet(struct evaluation *e, const struct verdict_mark *m);
void *scratch_alloc(struct evaluation *e, size_t size); // NULL: out of memory, the verdict has failed
static inline int32_t node_index(const struct evaluation *e, const struct node *n) {
    return (int32_t)(n - e->defs->nodes);
}

// ---- conditions about each of a selection (conditions_set.c) ------------------------------------------------
// Nothing selected is not met (missing) unless the node says that empty passes; what may not belong cannot refute.
typedef enum truth each_fn(struct evaluation *e, const struct node *n, struct target t);
enum truth for_selected(struct evaluation *e, const struct node *n, each_fn *each);
// True over an empty set; in a gate's need that holds, unless empty passes.
enum truth holds_empty(struct evaluation *e, const struct node *n);

// ---- conditions: one function for each node kind ---------------------------------------------------------------------

typedef enum truth holds_fn(struct evaluation *e, const struct node *n);
holds_fn holds_all, holds_any, holds_not, holds_at_least, holds_when, holds_met;
holds_fn holds_field, holds_complete, holds_compare, holds_measured;
holds_fn holds_count, holds_each, holds_state, holds_fired;
holds_fn holds_owner, holds_ack, holds_attended, holds_attested;
holds_fn holds_happened, holds_sequence, holds_repeat, holds_ascending;
holds_fn holds_covered, holds_sustained, holds_consent, holds_loop;
// Matches of a pattern (match.c): see rule_match.
typedef size_t match_fn(struct evaluation *e, const struct rule_def *rule, struct ref *out, size_t cap,
                        uint32_t *review);
match_fn match_repeat, match_sequence;
struct ref target_ref(const struct evaluation *e, struct target t);
// Everything that a match of the pattern cites, unless the match is over; `review`: the open one of it, NO_ELEMENT.
typedef void cited_fn(void *ctx, struct ref at, uint32_t review);
void matches_each_cited(const struct evaluation *e, uint32_t symbol, cited_fn *cited, void *ctx);

// Kleene's connectives.
enum truth truth_and(enum truth a, enum truth b);
enum truth truth_or(enum truth a, enum truth b);
enum truth truth_not(enum truth a);
// A need as its gate sees it.
enum truth need_evaluate(struct evaluation *e, int32_t need);
// Is the value in the field good: there, not empty, by one who may, not older than `since`? REASON_NONE: yes.
uint8_t field_reason(struct evaluation *e, const struct field_value *value, int32_t roles, stepdown_time since);

// ---- values (compare.c, term*.c) -------------------------------------------------------------------------------------

typedef bool value_fn(struct evaluation *e, const struct term *t, struct value *out, bool *erased);
value_fn value_literal, value_now, value_parameter, value_field, value_attribute, value_event, value_shift,
    value_calendar, value_elapsed, value_interval, value_count, value_sum, value_average, value_earliest, value_highest,
    value_share, value_list, value_gap, value_gaps, value_median, value_p90, value_window, value_delta, value_several,
    value_span, value_spread, value_grouped, value_tuple, value_sooner;
// Walking a set with its values (term_aggregate.c).
struct members {
    struct evaluation *e;
    const struct term *t;
    struct selection selection;
    const struct frame *frame;    // NULL: any time
    struct turnout *turnout;      // NULL: nobody asks how many there are
    const struct grouping *group; // only members of this group, NULL: all
    size_t place, next_pair;      // number of members seen, and where the next one's pairs are
    bool unknown, erased;         // some member or its value cannot be known
    size_t count;
};
void members_begin(struct members *m, struct evaluation *e, const struct term *t);
bool members_next(struct members *m, struct target *out); // the next one that certainly belongs
bool members_value(struct members *m, struct value *out); // the value of `a` for the next one that has one
bool value_scale_up(int64_t *number, unsigned digits);
// Which members a grouped value is made of: pairs of member and group, in the order of the walk (term_group.c).
struct grouping {
    const struct group_pair { uint32_t member, group; } * pairs;
    size_t count;
    uint32_t group;
};
enum truth compare_values(const struct evaluation *e, uint8_t op, const struct value *a, const struct value *b);
bool compare_equal(const struct evaluation *e, const struct value *a, const struct value *b);
bool value_words(const struct value *v, stepdown_slice *out); // text of any kind of value that is a word or a name
bool value_moment(const struct evaluation *e, const struct value *v, stepdown_time *out);
bool value_moment_end(const struct evaluation *e, const struct value *v,
                      stepdown_time *out); // a date: its last instant
bool term_moment(struct evaluation *e, int32_t term, stepdown_time *out, bool *erased);
bool term_duration(struct evaluation *e, int32_t term, struct duration *out, bool *erased);
struct value value_number(int64_t number);
// Field that a TERM_FIELD speaks of. NULL: no value. *entry: the entry looked at, NO_ELEMENT; *about: for the reason.
const struct field_value *term_field_find(struct evaluation *e, const struct term *t, uint32_t *entry, uint32_t *about,
                                          bool *uncertain);
// When the event happened to the target; marks that were withdrawn do not count.
bool target_event(const struct evaluation *e, struct target t, uint16_t code, bool first, stepdown_time *out,
                  struct ref *at);
stepdown_time shift_moment(const struct evaluation *e, stepdown_time t, const struct duration *d, int sign);
stepdown_time day_start(const struct evaluation *e, stepdown_time t, int32_t days_later);

// ---- intervals (interval.c) ------------------------------------------------------------------------------------------

enum { SPAN_SIDES = 6, SPAN_COVER = 0 }; // the cover, and the spans that are needed: of these the largest amount counts
// One edge of an interval: at `at` the number of intervals of a side and their amount change.
struct edge {
    stepdown_time at;
    uint8_t side;
    int32_t count;
    int64_t amount;
};
struct edges {
    struct edge *list;
    size_t count, cap;
    uint8_t flags;       // enum span_flag
    stepdown_slice unit; // of the amounts, without "per day", once one is known
    bool uncertain;      // an interval or an amount cannot be known
    uint32_t need;       // an element whose interval is needed, for the reason
};
struct gaps {
    int64_t total;       // microseconds not covered
    int64_t amount;      // not covered, day by day, at AMOUNT_DIGITS; -1: too large to say
    size_t count;        // stretches
    size_t after_cover;  // of them those that come after some cover
    size_t short_amount; // of them those that begin with a cover that is not enough
    bool empty;          // the need is empty
    struct value *list;  // when given: room for as many intervals as there are edges; each stretch not covered
};
enum { AMOUNT_DIGITS = 6 };
// Add the intervals of the needs (a chain of TERM_SPAN) and of what covers them. False: not known, or out of memory.
bool edges_collect(struct evaluation *e, struct edges *edges, int32_t needs, int32_t covers);
void edges_gaps(struct edges *edges, struct gaps *out); // reads out->list
// Without noughts at the end.
void amount_shorten(struct value *v);
// How much there is of it, and its interval (of an entry: its first). False: it has none.
bool target_amount(struct evaluation *e, struct target t, struct value *out);
bool target_interval(struct evaluation *e, struct target t, struct value *out);
// Interval of an element: from its start to its end, cut where it finished. False: it has not started.
bool element_interval(const struct element *el, stepdown_time *from, stepdown_time *until);

#endif
