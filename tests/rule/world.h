// SPDX-License-Identifier: Apache-2.0
// A small world for tests of conditions: a protocol made by hand (a failed first visit), a pathway folded from events,
// and short ways to write terms, selectors and nodes. Times are hours and minutes of one day in New York.
#ifndef TESTS_RULE_WORLD_H
#define TESTS_RULE_WORLD_H

#include "rule/rule.h"
#include "support/memory.h"

enum { // items
    ITEM_VISIT,
    ITEM_HUDDLE,
    ITEM_ACTION,
    ITEM_REQUEST,
    ITEM_SUPPORT,
    ITEM_ROUTE,
    ITEM_BARRIER,
    ITEM_COVER,
    ITEM_COUNT
};
enum { // forms
    FORM_SCRIPT,
    FORM_ADVICE,
    FORM_PERSON,
    FORM_ROUTE,
    FORM_SCORE,
    FORM_CONTACT,
    FORM_CONSENT,
    FORM_RESULT,
    FORM_SHIFT,
    FORM_COUNT
};
enum { // fields
    FIELD_SCRIPT,
    FIELD_SCRIPT_NOTE,
    FIELD_SCRIPT_DECISION, // about the huddle; the note is optional
    FIELD_ADVICE,          // about the huddle, by the clinical partner
    FIELD_METHOD,          // of the person
    FIELD_CONDITION,
    FIELD_FIRST_TOLD,
    FIELD_ANSWER, // about the route
    FIELD_SCORE,
    FIELD_SCORE_LIST, // many, of the person
    FIELD_CONTACT_METHOD,
    FIELD_CONTACT_WITH, // contact family
    FIELD_RECIPIENT,
    FIELD_PURPOSE,
    FIELD_CLASS,
    FIELD_VALID,   // consent family
    FIELD_OUTCOME, // about the request
    FIELD_SHIFT,
    FIELD_HOURS, // about the support
    FIELD_COUNT
};
enum { ROLE_SUPERVISOR, ROLE_WORKER, ROLE_CASE_MANAGER, ROLE_CLINICAL, ROLE_KNOWN, ROLE_COUNT };
enum { RULE_REFUSED, RULE_LADDER, RULE_COUNT };
enum { CAL_SAME_DAY, CAL_NEXT_MORNING, CAL_END_OF_DAY, CAL_END_OF_SHIFT, CAL_DAY_OF, CAL_COUNT };

// Symbols as a store would give them.
#define SYM_ITEM(i) (2000u + (uint32_t)(i))
#define SYM_FORM(i) (2100u + (uint32_t)(i))
#define SYM_FIELD(i) (2200u + (uint32_t)(i))
#define SYM_RULE(i) (2300u + (uint32_t)(i))
#define SYM_GATE(i) (2400u + (uint32_t)(i))
#define SYM_ROLE(i) (2500u + (uint32_t)(i))

struct world {
    struct test_memory memory;
    struct env env;
    struct definitions *d;
    struct zone *zone;
    struct state *s;
    struct arena arena, scratch;
    struct record_header header;
    struct verdict verdict;
    struct evaluation e;
    struct buffer text;
};

#define AT(hour, minute) (INT64_C(1772427600000000) + (hour)*TIME_HOUR + (minute)*TIME_MINUTE) // 2026-03-02, -05:00
#define DAYS(n) ((n)*TIME_DAY)

void world_open(struct world *w);
void world_open_in(struct world *w, const char *zone);
void world_close(struct world *w);

// ---- telling ---------------------------------------------------------------------------------------------------------

void at(struct world *w, stepdown_time occurred);          // recorded then as well
void recorded(struct world *w, stepdown_time recorded_at); // learned of later
void as(struct world *w, const char *person, const char *role);
struct attr attr_value(uint32_t key, struct value value);
#define WITH(...) ((struct attr[]){__VA_ARGS__}), (uint32_t)(sizeof((struct attr[]){__VA_ARGS__}) / sizeof(struct attr))
#define BARE NULL, 0
// One event in a record of its own. `target` NO_ELEMENT: the pathway, or a new element. Answers the element.
uint32_t tell(struct world *w, uint16_t code, uint32_t name, uint32_t target, const struct attr *attrs, uint32_t count);
uint32_t open_item(struct world *w, int item, uint32_t about);
uint32_t submit(struct world *w, int form, uint32_t about, const struct attr *attrs, uint32_t count);
void happens(struct world *w, uint32_t element, uint16_t code);
void accepts(struct world *w, uint32_t element, const char *person, const char *role);
struct mark *mark_on(struct world *w, uint32_t element, uint16_t code, int field, uint64_t version);
void withdraw(struct world *w, const struct mark *mark);
void erase_value(struct world *w, uint32_t entry, int field);
void fire(struct world *w, int rule, uint32_t element);
uint64_t version_of(struct world *w, uint32_t entry, int field); // field -1: the whole

struct value text_value(const char *text);
struct value choice_value(const char *text);
struct value number_value(int64_t number, uint8_t scale, const char *unit);
struct value time_value(stepdown_time t);
struct value date_value(int32_t year, int32_t month, int32_t day);
struct value duration_value(const char *text);
struct value interval_value(stepdown_time from, stepdown_time until);
struct value ref_value(struct world *w, uint32_t element);
struct value list_value(struct world *w, const struct value *items, uint32_t count);

// ---- definitions on the fly ------------------------------------------------------------------------------------------

#define NO_SELECTOR                                                                                                    \
    (struct selector) { .def = -1, .of = -1, .by = -1, .where = -1, .since = -1, .until = -1, .during = -1 }
struct selector select_item(int item);
struct selector select_form(int form);
struct selector select_source(uint8_t source);
int32_t add_selector(struct world *w, struct selector s);
int32_t sel_item(struct world *w, int item); // the latest
int32_t sel_all(struct world *w, int item);
int32_t sel_this(struct world *w);
struct term term_of(uint8_t kind);
int32_t add_term(struct world *w, struct term t);
int32_t term_literal_of(struct world *w, struct value v);
int32_t term_field_of(struct world *w, int32_t selector, int field);
int32_t term_attribute_of(struct world *w, int32_t selector, uint8_t attribute);
int32_t term_event_of(struct world *w, int32_t selector, uint16_t code);
struct node node_of(uint8_t kind);
// Intervals of a selection, or of a term (-1: the other), and the next span of the chain, -1.
int32_t span_of(struct world *w, int32_t selector, int32_t term, int32_t next);
int32_t add_node(struct world *w, struct node n);
int32_t add_group(struct world *w, uint8_t kind, int64_t n, const int32_t *children, uint16_t count);
int32_t add_compare(struct world *w, int32_t a, uint8_t op, int32_t b);
int32_t node_truth(struct world *w, uint8_t truth); // a condition with that result
int32_t add_roles(struct world *w, uint8_t mode, const int32_t *roles, uint16_t count);
int32_t one_role(struct world *w, int role);
int32_t add_role_set(struct world *w, struct role_set set);
int32_t add_gate(struct world *w, int item, const int32_t *nodes, uint32_t count);

// ---- asking ------------------------------------------------------------------------------------------------------------

enum truth ask(struct world *w, int32_t node); // afresh, with a verdict
#define ANY_REASON 255
void expect(struct world *w, int32_t node, enum truth truth, uint8_t reason); // reason of the first unmet
const char *explained(struct world *w);                                       // first unmet in words
void sentence(struct world *w, const char *expected);
bool relies_on(const struct world *w, struct ref id, uint32_t field); // UINT32_MAX: the whole, or a mark
uint32_t write_script(struct world *w, uint32_t huddle, const char *text);
void amend(struct world *w, uint32_t entry, int field, struct value value);
extern bool reasons_seen[REASON_NOT_MET + 1];

#endif
