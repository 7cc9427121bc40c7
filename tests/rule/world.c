// SPDX-License-Identifier: Apache-2.0
// The world made by hand: see world.h.
#include "rule/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool reasons_seen[REASON_NOT_MET + 1];

enum { ROOM = 512 };

// ---- definitions -------------------------------------------------------------------------------------------------------

static const struct {
    uint8_t kind;
    const char *name;
    bool many;
    int role;
} items[ITEM_COUNT] = {
    {KIND_APPOINTMENT, "second_visit", false, ROLE_SUPERVISOR},
    {KIND_HUDDLE, "huddle", false, ROLE_SUPERVISOR},
    {KIND_TASK, "action", true, ROLE_SUPERVISOR},
    {KIND_REQUEST, "request", true, ROLE_SUPERVISOR},
    {KIND_SUPPORT, "night-support", true, ROLE_SUPERVISOR},
    {KIND_ROUTE, "route", false, ROLE_SUPERVISOR},
    {KIND_BARRIER, "barrier", true, ROLE_CASE_MANAGER},
    {KIND_RESPONSIBILITY, "cover", true, ROLE_SUPERVISOR},
};

static const struct {
    uint8_t family;
    const char *name;
    int about, by;
    bool many;
} forms[FORM_COUNT] = {
    {FAMILY_FORM, "script_form", ITEM_HUDDLE, -1, false},
    {FAMILY_FORM, "advice", ITEM_HUDDLE, ROLE_CLINICAL, true},
    {FAMILY_FORM, "person", -1, -1, false},
    {FAMILY_FORM, "escalation-route", ITEM_ROUTE, -1, false},
    {FAMILY_FORM, "score_form", -1, -1, true},
    {FAMILY_CONTACT, "contact", -1, -1, true},
    {FAMILY_CONSENT, "consent", -1, -1, true},
    {FAMILY_FORM, "result", ITEM_REQUEST, -1, false},
    {FAMILY_FORM, "shift", ITEM_SUPPORT, -1, true},
};

static const struct {
    int form;
    uint8_t type;
    const char *name;
    bool optional;
} fields[FIELD_COUNT] = {
    {FORM_SCRIPT, VALUE_TEXT, "re-engagement_script", false},
    {FORM_SCRIPT, VALUE_TEXT, "note", true},
    {FORM_SCRIPT, VALUE_DECISION, "plan_remains_safe", true},
    {FORM_ADVICE, VALUE_TEXT, "advice_text", false},
    {FORM_PERSON, VALUE_CHOICE, "preferred_method", false},
    {FORM_ROUTE, VALUE_TEXT, "condition", false},
    {FORM_ROUTE, VALUE_ROLE, "first_told", false},
    {FORM_ROUTE, VALUE_DURATION, "answer_within", false},
    {FORM_SCORE, VALUE_QUANTITY, "score", false},
    {FORM_SCORE, VALUE_CHOICE, "signs", true},
    {FORM_CONTACT, VALUE_CHOICE, "method", false},
    {FORM_CONTACT, VALUE_PERSON, "with", true},
    {FORM_CONSENT, VALUE_ROLE, "recipient", false},
    {FORM_CONSENT, VALUE_CHOICE, "purpose", false},
    {FORM_CONSENT, VALUE_CHOICE, "data_class", false},
    {FORM_CONSENT, VALUE_INTERVAL, "valid", true},
    {FORM_RESULT, VALUE_CHOICE, "outcome", false},
    {FORM_SHIFT, VALUE_INTERVAL, "shift_time", false},
    {FORM_SHIFT, VALUE_QUANTITY, "hours", true},
};

static const char *const roles[ROLE_COUNT] = {"supervisor", "frontline-worker", "case-manager", "clinical-partner",
                                              "known_worker"};

static void *room(struct world *w, size_t width) {
    void *array = arena_zalloc(&w->d->arena, ROOM * width);
    assert_non_null(array);
    return array;
}

static struct def define(struct world *w, const char *name, uint32_t symbol, uint8_t kind, size_t index) {
    struct name_def *n = &w->d->names[w->d->name_count++];
    *n = (struct name_def){.qualified = name, .symbol = symbol, .kind = kind, .index = (int32_t)index};
    return (struct def){.name = name, .row = "", .says = "", .symbol = symbol};
}

static void define_items(struct world *w) {
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        w->d->items[i] = (struct item_def){.def = define(w, items[i].name, SYM_ITEM(i), NAME_ITEM, i),
                                           .kind = items[i].kind,
                                           .many = items[i].many,
                                           .amount = -1,
                                           .owner_role = items[i].role,
                                           .form = i == ITEM_ROUTE ? FORM_ROUTE : -1,
                                           .about = -1};
    }
    static const int32_t attend[] = {ROLE_SUPERVISOR, ROLE_CASE_MANAGER};
    w->d->items[ITEM_HUDDLE].attend = attend;
    w->d->items[ITEM_HUDDLE].attend_count = 2;
    w->d->item_count = ITEM_COUNT;
}

static void define_forms(struct world *w) {
    static int32_t about[FORM_COUNT];
    uint32_t next = 0;
    for (size_t i = 0; i < FORM_COUNT; i++) {
        about[i] = forms[i].about;
        w->d->forms[i] = (struct form_def){.def = define(w, forms[i].name, SYM_FORM(i), NAME_FORM, i),
                                           .family = forms[i].family,
                                           .member = -1,
                                           .amount = i == FORM_SHIFT ? FIELD_HOURS : -1,
                                           .about = &about[i],
                                           .about_count = forms[i].about >= 0,
                                           .many = forms[i].many,
                                           .by = forms[i].by >= 0 ? one_role(w, forms[i].by) : -1,
                                           .field_first = next};
        for (; next < FIELD_COUNT && fields[next].form == (int)i; next++)
            w->d->forms[i].field_count++;
    }
    w->d->form_count = FORM_COUNT;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        w->d->fields[i] = (struct field_def){.def = define(w, fields[i].name, SYM_FIELD(i), NAME_FIELD, i),
                                             .type = fields[i].type,
                                             .optional = fields[i].optional,
                                             .reason_required = fields[i].type == VALUE_DECISION,
                                             .form = fields[i].form,
                                             .list = -1,
                                             .by = -1,
                                             .needed_for = "",
                                             .to = -1,
                                             .suggest = -1};
    }
    w->d->field_count = FIELD_COUNT;
}

static void define_rest(struct world *w) {
    struct definitions *d = w->d;
    static const char *const rules[RULE_COUNT] = {"second_refusal", "ladder"};
    static const char *const calendars[CAL_COUNT] = {"same day", "next morning", "end of day", "end of shift",
                                                     "day of"};
    for (size_t i = 0; i < RULE_COUNT; i++)
        d->rules[i] = (struct rule_def){.def = define(w, rules[i], SYM_RULE(i), NAME_RULE, i)};
    d->rule_count = RULE_COUNT;
    for (size_t i = 0; i < 4; i++)
        d->gates[i] = (struct gate_def){.def = define(w, "gate", SYM_GATE(i), NAME_GATE, i), .item = -1, .applies = -1};
    for (size_t i = 0; i < ROLE_COUNT; i++)
        d->roles[i] = (struct role_def){.def = define(w, roles[i], SYM_ROLE(i), NAME_ROLE, i), .named_in = -1};
    d->role_count = ROLE_COUNT;
    for (size_t i = 0; i < CAL_COUNT; i++)
        d->calendars[i] = (struct calendar_def){
            .def = {.name = calendars[i], .row = "", .says = ""}, .rule = (uint8_t)i, .late_after = -1};
    d->calendars[CAL_SAME_DAY].late_after = 20 * TIME_HOUR;
    d->calendars[CAL_SAME_DAY].then_until = 10 * TIME_HOUR;
    d->calendars[CAL_NEXT_MORNING].until = 12 * TIME_HOUR;
    d->calendar_count = CAL_COUNT;
    d->parameters[0] = (struct parameter_def){.def = {.name = "several", .row = "", .says = ""},
                                              .value = number_value(3, 0, ""),
                                              .part = duration_value("30 days")};
    d->parameter_count = 1;
}

static void make_definitions(struct world *w) {
    struct definitions *d = env_zalloc(&w->env, sizeof *d);
    assert_non_null(d);
    w->d = d;
    d->env = w->env;
    arena_init(&d->arena, &d->env);
    definitions_retain(d);
    d->names = room(w, sizeof *d->names);
    d->items = room(w, sizeof *d->items);
    d->forms = room(w, sizeof *d->forms);
    d->fields = room(w, sizeof *d->fields);
    d->rules = room(w, sizeof *d->rules);
    d->gates = room(w, sizeof *d->gates);
    d->needs = room(w, sizeof *d->needs);
    d->roles = room(w, sizeof *d->roles);
    d->calendars = room(w, sizeof *d->calendars);
    d->parameters = room(w, sizeof *d->parameters);
    d->confirms = room(w, sizeof *d->confirms);
    d->labels = room(w, sizeof *d->labels);
    d->measures = room(w, sizeof *d->measures);
    d->terms = room(w, sizeof *d->terms);
    d->selectors = room(w, sizeof *d->selectors);
    d->role_sets = room(w, sizeof *d->role_sets);
    d->nodes = room(w, sizeof *d->nodes);
    d->children = room(w, sizeof *d->children);
    d->evidence_rule = d->action_item = -1;
    define_items(w);
    define_forms(w);
    define_rest(w);
    d->gate_count = 4;
}

// ---- beginning and end -------------------------------------------------------------------------------------------------

void world_open_in(struct world *w, const char *zone) {
    static const uint8_t id[RECORD_ID] = {7};
    static const uint8_t hash[DIGEST_SIZE] = {5};
    *w = (struct world){.zone = NULL};
    test_memory_init(&w->memory, 0);
    w->env = w->memory.env;
    make_definitions(w);
    arena_init(&w->arena, &w->env);
    arena_init(&w->scratch, &w->env);
    buffer_init(&w->text, &w->env);
    verdict_init(&w->verdict, &w->env);
    assert_int_equal(zone_load(&w->env, "/usr/share/zoneinfo", zone, &w->zone, NULL), STEPDOWN_OK);
    assert_int_equal(state_new(&w->env, w->d, id, &w->s, NULL), STEPDOWN_OK);
    w->s->zone = w->zone;
    w->header.definition[0] = 5;
    as(w, "sue", "supervisor");
    at(w, AT(8, 0));
    tell(w, EVENT_PATHWAY_OPENED, 0, NO_ELEMENT,
         WITH(attr_value(ATTR_DEFINITION, (struct value){.type = VALUE_BYTES, .text = {hash, sizeof hash}}),
              attr_value(ATTR_SUBJECT, text_value("p-1")), attr_value(ATTR_SUBJECT_KIND, choice_value("person")),
              attr_value(ATTR_ZONE, text_value(zone)), attr_value(ATTR_ORG, text_value("home"))));
    w->e = (struct evaluation){.defs = w->d,
                               .state = w->s,
                               .now = AT(18, 0),
                               .this_element = NO_ELEMENT,
                               .trigger_element = NO_ELEMENT,
                               .scratch = &w->scratch,
                               .verdict = &w->verdict};
}

void world_open(struct world *w) { world_open_in(w, "America/New_York"); }

void world_close(struct world *w) {
    verdict_free(&w->verdict);
    buffer_free(&w->text);
    arena_free(&w->scratch);
    arena_free(&w->arena);
    state_free(&w->s);
    zone_free(&w->zone);
    definitions_release(&w->d);
    assert_int_equal(w->memory.live, 0);
}

// ---- telling -----------------------------------------------------------------------------------------------------------

void at(struct world *w, stepdown_time occurred) {
    w->header.occurred_at = occurred;
    w->header.recorded_at = occurred;
    w->header.raw_clock = STEPDOWN_TIME_NONE;
}

void recorded(struct world *w, stepdown_time recorded_at) { w->header.recorded_at = recorded_at; }

void as(struct world *w, const char *person, const char *role) {
    w->header.actor = (struct actor){
        .type = ACTOR_PERSON, .id = slice_text(person), .role = slice_text(role), .behalf = slice_text("home")};
}

struct attr attr_value(uint32_t key, struct value value) {
    return (struct attr){.key = key, .value = value};
}

uint32_t tell(struct world *w, uint16_t code, uint32_t name, uint32_t target, const struct attr *attrs,
              uint32_t count) {
    uint8_t class = event_row(code)->class;
    bool creates = class == EVENT_CLASS_OPEN || class == EVENT_CLASS_ENTRY;
    w->header.seq = w->s->empty ? 0 : w->s->seq + 1;
    struct event event = {.code = code, .name = name, .attr_count = count};
    struct attr *copies = arena_alloc(&w->arena, (count + 1) * sizeof *copies);
    assert_non_null(copies);
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = attrs[i];
        assert_true(value_copy(&w->arena, &attrs[i].value, &copies[i].value));
    }
    event.attrs = copies;
    event.target = creates                ? (struct ref){w->header.seq, 0}
                   : target == NO_ELEMENT ? (struct ref){0, 0}
                                          : w->s->elements[target].id;
    static const uint8_t leaf[DIGEST_SIZE] = {1};
    stepdown_error *error = NULL;
    if (fold_event(w->s, &w->header, 0, &event, &error) != STEPDOWN_OK)
        fail_msg("%s.%s: %s", event_row(code)->family, event_row(code)->word,
                 error ? stepdown_error_message(error) : "out of memory");
    fold_seal(w->s, &w->header, leaf);
    return creates ? (uint32_t)w->s->element_count - 1 : target;
}

static struct value reference(struct world *w, uint32_t element) {
    return (struct value){.type = VALUE_REFERENCE,
                          .ref = element == NO_ELEMENT ? (struct ref){0, 0} : w->s->elements[element].id};
}

uint32_t open_item(struct world *w, int item, uint32_t about) {
    return tell(w, lifecycle_opening(items[item].kind), SYM_ITEM(item), NO_ELEMENT,
                WITH(attr_value(ATTR_ABOUT, reference(w, about)),
                     attr_value(ATTR_OWNER_ROLE, text_value(roles[items[item].role]))));
}

uint32_t submit(struct world *w, int form, uint32_t about, const struct attr *attrs, uint32_t count) {
    struct attr all[8];
    assert_true(count < 8);
    for (uint32_t i = 0; i < count; i++)
        all[i + 1] = attrs[i];
    all[0] = attr_value(ATTR_ABOUT, reference(w, about));
    uint16_t code = forms[form].family == FAMILY_CONTACT   ? EVENT_CONTACT_ATTEMPTED
                    : forms[form].family == FAMILY_CONSENT ? EVENT_CONSENT_GIVEN
                                                           : EVENT_FORM_SUBMITTED;
    return tell(w, code, SYM_FORM(form), NO_ELEMENT, all, count + 1);
}

void happens(struct world *w, uint32_t element, uint16_t code) { tell(w, code, 0, element, BARE); }

void accepts(struct world *w, uint32_t element, const char *person, const char *role) {
    tell(w, EVENT_ITEM_ACCEPTED, 0, element,
         WITH(attr_value(ATTR_PERSON, (struct value){.type = VALUE_PERSON, .text = slice_text(person)}),
              attr_value(ATTR_ROLE, text_value(role))));
}

struct mark *mark_on(struct world *w, uint32_t element, uint16_t code, int field, uint64_t version) {
    struct attr attrs[2] = {attr_value(ATTR_VERSION, number_value((int64_t)version, 0, ""))};
    if (field >= 0)
        attrs[1] = attr_value(ATTR_FIELD, number_value(SYM_FIELD(field), 0, ""));
    tell(w, code, 0, element, attrs, field >= 0 ? 2 : 1);
    return &w->s->marks[w->s->mark_count - 1];
}

void withdraw(struct world *w, const struct mark *mark) {
    uint32_t element = mark->element;
    struct value at_mark = {.type = VALUE_REFERENCE, .ref = mark->at};
    tell(w, EVENT_MARK_WITHDRAWN, 0, element, WITH(attr_value(ATTR_MARK, at_mark)));
}

void erase_value(struct world *w, uint32_t entry, int field) {
    for (uint32_t i = w->s->elements[entry].first_field; i != UINT32_MAX; i = w->s->fields[i].next) {
        if (w->s->fields[i].field == (uint32_t)field) {
            w->s->fields[i].value = (struct value){.type = VALUE_ERASED};
            return;
        }
    }
    fail_msg("no such value to erase");
}

void fire(struct world *w, int rule, uint32_t element) { tell(w, EVENT_RULE_FIRED, SYM_RULE(rule), element, BARE); }

uint64_t version_of(struct world *w, uint32_t entry, int field) {
    return field < 0 ? w->s->elements[entry].version : state_entry_field(w->s, entry, field)->version;
}

// ---- values ------------------------------------------------------------------------------------------------------------

struct value text_value(const char *text) {
    return (struct value){.type = VALUE_TEXT, .text = slice_text(text)};
}

struct value choice_value(const char *text) {
    return (struct value){.type = VALUE_CHOICE, .text = slice_text(text)};
}

struct value number_value(int64_t number, uint8_t scale, const char *unit) {
    return (struct value){.type = VALUE_QUANTITY, .number = number, .scale = scale, .text = slice_text(unit)};
}

struct value time_value(stepdown_time t) {
    return (struct value){.type = VALUE_TIME, .number = t};
}

struct value date_value(int32_t year, int32_t month, int32_t day) {
    return (struct value){.type = VALUE_DATE, .number = civil_to_days(year, month, day)};
}

struct value duration_value(const char *text) {
    struct value v = {.type = VALUE_DURATION};
    assert_true(duration_parse(slice_text(text), &v.duration));
    return v;
}

struct value interval_value(stepdown_time from, stepdown_time until) {
    return (struct value){.type = VALUE_INTERVAL, .number = from, .until = until};
}

struct value ref_value(struct world *w, uint32_t element) {
    return reference(w, element);
}

struct value list_value(struct world *w, const struct value *list, uint32_t count) {
    struct value out, in = {.type = VALUE_LIST, .count = count, .items = list};
    assert_true(value_copy(&w->arena, &in, &out));
    return out;
}

// ---- definitions on the fly ----------------------------------------------------------------------------------------------

struct selector select_source(uint8_t source) {
    struct selector s = NO_SELECTOR;
    s.source = source;
    return s;
}

struct selector select_item(int item) {
    struct selector s = select_source(SELECT_ITEM);
    s.def = item;
    return s;
}

struct selector select_form(int form) {
    struct selector s = select_source(SELECT_FORM);
    s.def = form;
    return s;
}

int32_t add_selector(struct world *w, struct selector s) {
    assert_true(w->d->selector_count < ROOM);
    w->d->selectors[w->d->selector_count] = s;
    return (int32_t)w->d->selector_count++;
}

int32_t sel_item(struct world *w, int item) {
    struct selector s = select_item(item);
    s.pick = PICK_LATEST;
    return add_selector(w, s);
}

int32_t sel_all(struct world *w, int item) { return add_selector(w, select_item(item)); }

int32_t sel_this(struct world *w) { return add_selector(w, select_source(SELECT_THIS)); }

struct term term_of(uint8_t kind) {
    return (struct term){
        .kind = kind, .selector = -1, .field = -1, .index = -1, .a = -1, .b = -1, .node = -1, .sign = 1};
}

int32_t add_term(struct world *w, struct term t) {
    assert_true(w->d->term_count < ROOM);
    w->d->terms[w->d->term_count] = t;
    return (int32_t)w->d->term_count++;
}

int32_t term_literal_of(struct world *w, struct value v) {
    struct term t = term_of(TERM_LITERAL);
    t.value = v;
    return add_term(w, t);
}

int32_t term_field_of(struct world *w, int32_t selector, int field) {
    struct term t = term_of(TERM_FIELD);
    t.selector = selector;
    t.field = field;
    return add_term(w, t);
}

int32_t term_attribute_of(struct world *w, int32_t selector, uint8_t attribute) {
    struct term t = term_of(TERM_ATTRIBUTE);
    t.selector = selector;
    t.attribute = attribute;
    return add_term(w, t);
}

int32_t term_event_of(struct world *w, int32_t selector, uint16_t code) {
    struct term t = term_of(TERM_EVENT);
    t.selector = selector;
    t.code = code;
    return add_term(w, t);
}

struct node node_of(uint8_t kind) {
    return (struct node){
        .kind = kind, .selector = -1, .selector2 = -1, .a = -1, .b = -1, .c = -1, .d = -1, .roles = -1, .index = -1};
}

int32_t span_of(struct world *w, int32_t selector, int32_t term, int32_t next) {
    struct term t = term_of(TERM_SPAN);
    t.selector = selector;
    t.a = term;
    t.b = next;
    return add_term(w, t);
}

int32_t add_node(struct world *w, struct node n) {
    assert_true(w->d->node_count < ROOM);
    w->d->nodes[w->d->node_count] = n;
    return (int32_t)w->d->node_count++;
}

int32_t add_group(struct world *w, uint8_t kind, int64_t n, const int32_t *children, uint16_t count) {
    struct node node = node_of(kind);
    assert_true(w->d->child_count + count < ROOM);
    node.n = n;
    node.first_child = (uint32_t)w->d->child_count;
    node.child_count = count;
    for (uint16_t i = 0; i < count; i++)
        w->d->children[w->d->child_count++] = children[i];
    return add_node(w, node);
}

int32_t add_compare(struct world *w, int32_t a, uint8_t op, int32_t b) {
    struct node n = node_of(NODE_COMPARE);
    n.a = a;
    n.b = b;
    n.op = op;
    return add_node(w, n);
}

int32_t node_truth(struct world *w, uint8_t truth) {
    int32_t one = term_literal_of(w, number_value(1, 0, ""));
    int32_t other = term_literal_of(w, truth == TRUTH_UNKNOWN ? text_value("one") : number_value(2, 0, ""));
    return add_compare(w, one, OP_IS, truth == TRUTH_TRUE ? one : other);
}

int32_t add_role_set(struct world *w, struct role_set set) {
    assert_true(w->d->role_set_count < ROOM);
    w->d->role_sets[w->d->role_set_count] = set;
    return (int32_t)w->d->role_set_count++;
}

int32_t add_roles(struct world *w, uint8_t mode, const int32_t *list, uint16_t count) {
    int32_t *copy = arena_alloc(&w->d->arena, (count + 1u) * sizeof *copy);
    assert_non_null(copy);
    for (uint16_t i = 0; i < count; i++)
        copy[i] = list[i];
    return add_role_set(
        w, (struct role_set){.mode = mode, .count = count, .roles = copy, .person = -1, .named = -1, .people = -1});
}

int32_t one_role(struct world *w, int role) { return add_roles(w, ROLE_ONE, &(int32_t){role}, 1); }

int32_t add_gate(struct world *w, int item, const int32_t *nodes, uint32_t count) {
    static int32_t made;
    int32_t gate = made++ % 4;
    w->d->gates[gate].item = item;
    w->d->gates[gate].need_first = (uint32_t)w->d->need_count;
    w->d->gates[gate].need_count = count;
    for (uint32_t i = 0; i < count; i++)
        w->d->needs[w->d->need_count++] =
            (struct need_def){.def = {.name = "need", .row = "", .says = ""}, .node = nodes[i], .clearers = -1};
    return gate;
}

// ---- asking --------------------------------------------------------------------------------------------------------------

enum truth ask(struct world *w, int32_t node) {
    verdict_clear(&w->verdict);
    arena_reset(&w->scratch);
    enum truth truth = rule_evaluate(&w->e, node);
    assert_false(w->verdict.failed);
    assert_int_equal(w->verdict.truth, truth);
    struct verdict *verdict = w->e.verdict; // the same without a verdict, where evaluation may stop early
    w->e.verdict = NULL;
    assert_int_equal(rule_evaluate(&w->e, node), truth);
    w->e.verdict = verdict;
    return truth;
}

void expect(struct world *w, int32_t node, enum truth truth, uint8_t reason) {
    enum truth is = ask(w, node);
    if (is != truth)
        fail_msg("truth %d instead of %d (%s)", is, truth, w->verdict.unmet_count ? explained(w) : "no reason");
    if (truth == TRUTH_TRUE) {
        assert_int_equal(w->verdict.unmet_count, 0);
        return;
    }
    assert_true(w->verdict.unmet_count > 0);
    for (size_t i = 0; i < w->verdict.unmet_count; i++)
        reasons_seen[w->verdict.unmet[i].reason] = true;
    assert_true(explained(w)[0] != 0);
    if (reason != ANY_REASON && w->verdict.unmet[0].reason != reason)
        fail_msg("reason \"%s\" instead of \"%s\" (%s)", reason_word(w->verdict.unmet[0].reason), reason_word(reason),
                 explained(w));
}

const char *explained(struct world *w) {
    buffer_clear(&w->text);
    rule_explain(&w->e, &w->verdict.unmet[0], &w->text);
    buffer_append(&w->text, "", 1);
    return (const char *)w->text.data;
}

void sentence(struct world *w, const char *expected) { assert_string_equal(explained(w), expected); }

bool relies_on(const struct world *w, struct ref id, uint32_t field) {
    for (size_t i = 0; i < w->verdict.evidence_count; i++) {
        if (ref_equal(w->verdict.evidence[i].id, id) && w->verdict.evidence[i].field == field)
            return true;
    }
    return false;
}

uint32_t write_script(struct world *w, uint32_t huddle, const char *text) {
    return submit(w, FORM_SCRIPT, huddle, WITH(attr_value(SYM_FIELD(FIELD_SCRIPT), text_value(text))));
}

void amend(struct world *w, uint32_t entry, int field, struct value value) {
    tell(w, EVENT_FORM_AMENDED, 0, entry, WITH(attr_value(SYM_FIELD(field), value)));
}
