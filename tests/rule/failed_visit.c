// SPDX-License-Identifier: Apache-2.0
// The failed first visit: see failed_visit.h.
#include "rule/failed_visit.h"

static int32_t script_word(struct world *w, uint8_t kind, int32_t roles) {
    struct node n = node_of(kind);
    n.selector = sel_item(w, ITEM_HUDDLE);
    n.index = FIELD_SCRIPT;
    n.roles = roles;
    return add_node(w, n);
}

static int32_t script_need(struct world *w) {
    const int32_t both[2] = {ROLE_CLINICAL, ROLE_SUPERVISOR};
    struct node field = node_of(NODE_FIELD);
    field.a = term_field_of(w, sel_item(w, ITEM_HUDDLE), FIELD_SCRIPT);
    int32_t owner = term_attribute_of(w, sel_this(w), ELEMENT_OWNER);
    int32_t parts[3] = {
        add_node(w, field), script_word(w, NODE_ATTESTED, add_roles(w, ROLE_EACH, both, 2)),
        script_word(w, NODE_ACK, add_role_set(w, (struct role_set){.person = owner, .named = -1, .people = -1}))};
    return add_group(w, NODE_ALL, 0, parts, 3);
}

static int32_t at_least_one(struct world *w, struct selector s) {
    struct node n = node_of(NODE_COUNT);
    n.selector = add_selector(w, s);
    n.op = OP_AT_LEAST;
    n.b = term_literal_of(w, number_value(1, 0, ""));
    return add_node(w, n);
}

static int32_t contact_need(struct world *w) {
    struct selector s = select_source(SELECT_FAMILY), pathway = select_source(SELECT_PATHWAY);
    s.code = EVENT_CODE(FAMILY_CONTACT, 0);
    s.by = one_role(w, ROLE_CASE_MANAGER);
    s.since = term_event_of(w, sel_item(w, ITEM_HUDDLE), EVENT_HUDDLE_DECIDED);
    s.until = term_event_of(w, sel_this(w), EVENT_APPOINTMENT_STARTED);
    s.where = add_compare(w, term_field_of(w, sel_this(w), FIELD_CONTACT_METHOD), OP_IS,
                          term_field_of(w, add_selector(w, pathway), FIELD_METHOD));
    return at_least_one(w, s);
}

void failed_visit_define(struct world *w, struct failed_visit *f) {
    struct node owner = node_of(NODE_OWNER), route = node_of(NODE_COMPLETE);
    struct selector advice = select_form(FORM_ADVICE);
    owner.selector = sel_this(w);
    route.selector = sel_item(w, ITEM_ROUTE);
    route.index = FORM_ROUTE;
    advice.by = one_role(w, ROLE_CLINICAL);
    advice.of = sel_item(w, ITEM_HUDDLE);
    const int32_t needs[5] = {add_node(w, owner), script_need(w), at_least_one(w, advice), contact_need(w),
                              add_node(w, route)};
    f->gate = add_gate(w, ITEM_VISIT, needs, 5);
    w->d->gates[f->gate].code = EVENT_APPOINTMENT_STARTED;
}

void failed_visit_begin(struct world *w, struct failed_visit *f) {
    at(w, AT(14, 0));
    submit(w, FORM_PERSON, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_METHOD), choice_value("text"))));
    f->visit = open_item(w, ITEM_VISIT, NO_ELEMENT);
    f->huddle = open_item(w, ITEM_HUDDLE, f->visit);
    f->route = open_item(w, ITEM_ROUTE, f->visit);
    at(w, AT(16, 0));
    happens(w, f->huddle, EVENT_HUDDLE_STARTED);
    mark_on(w, f->huddle, EVENT_HUDDLE_JOINED, -1, 0);
    mark_on(w, f->huddle, EVENT_HUDDLE_DECIDED, -1, 0);
}

static void agree_script(struct world *w, struct failed_visit *f) {
    f->script = submit(w, FORM_SCRIPT, f->huddle, WITH(attr_value(SYM_FIELD(FIELD_SCRIPT), text_value("hello"))));
    uint64_t version = version_of(w, f->script, FIELD_SCRIPT);
    mark_on(w, f->script, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version);
    as(w, "cleo", "clinical-partner");
    mark_on(w, f->script, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version);
    as(w, "kim", "frontline-worker");
    mark_on(w, f->script, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version);
}

void failed_visit_meet(struct world *w, struct failed_visit *f, int need) {
    at(w, AT(17, 0));
    as(w, "sue", "supervisor");
    switch (need) {
    case 1: accepts(w, f->visit, "kim", "frontline-worker"); break;
    case 2: agree_script(w, f); break;
    case 3:
        as(w, "cleo", "clinical-partner");
        submit(w, FORM_ADVICE, f->huddle, WITH(attr_value(SYM_FIELD(FIELD_ADVICE), text_value("do not press"))));
        break;
    case 4:
        as(w, "carl", "case-manager");
        submit(w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value("text"))));
        break;
    default:
        submit(w, FORM_ROUTE, f->route,
               WITH(attr_value(SYM_FIELD(FIELD_CONDITION), text_value("refused again")),
                    attr_value(SYM_FIELD(FIELD_FIRST_TOLD), text_value("case-manager")),
                    attr_value(SYM_FIELD(FIELD_ANSWER), duration_value("30 minutes"))));
        break;
    }
}
