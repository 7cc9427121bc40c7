// SPDX-License-Identifier: Apache-2.0
// Which events fire which triggers, and what conditions read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rule/failed_visit.h"

static struct trigger trigger_of(uint8_t source, uint16_t code, int32_t def) {
    return (struct trigger){.kind = TRIGGER_EVENT, .source = source, .code = code, .def = def, .node = -1, .term = -1};
}

static void triggers_match_their_event_on_their_thing(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    uint32_t contact = submit(&w, FORM_CONTACT, NO_ELEMENT, BARE);
    struct trigger kind = trigger_of(SELECT_KIND, EVENT_APPOINTMENT_REFUSED, -1), condition = kind;
    kind.item_kind = KIND_APPOINTMENT;
    condition.kind = TRIGGER_CONDITION;
    const struct {
        struct trigger t;
        uint16_t code;
        uint32_t element;
        int32_t fired;
        bool matches;
    } rows[] = {
        {trigger_of(SELECT_ITEM, EVENT_APPOINTMENT_REFUSED, ITEM_VISIT), EVENT_APPOINTMENT_REFUSED, visit, -1, true},
        {trigger_of(SELECT_ITEM, EVENT_APPOINTMENT_REFUSED, ITEM_VISIT), EVENT_APPOINTMENT_MISSED, visit, -1, false},
        {trigger_of(SELECT_ITEM, EVENT_APPOINTMENT_REFUSED, ITEM_HUDDLE), EVENT_APPOINTMENT_REFUSED, visit, -1, false},
        {trigger_of(SELECT_ITEM, EVENT_CODE(FAMILY_APPOINTMENT, 0), ITEM_VISIT), EVENT_APPOINTMENT_MISSED, visit, -1,
         true},
        {trigger_of(SELECT_ITEM, EVENT_ITEM_OVERDUE, ITEM_VISIT), EVENT_ITEM_OVERDUE, visit, -1, true},
        {kind, EVENT_APPOINTMENT_REFUSED, visit, -1, true},
        {kind, EVENT_APPOINTMENT_REFUSED, contact, -1, false},
        {trigger_of(SELECT_FORM, EVENT_FORM_SUBMITTED, FORM_CONTACT), EVENT_CONTACT_ATTEMPTED, contact, -1, true},
        {trigger_of(SELECT_FORM, EVENT_FORM_SUBMITTED, FORM_CONTACT), EVENT_FORM_AMENDED, contact, -1, false},
        {trigger_of(SELECT_FORM, EVENT_FORM_SUBMITTED, FORM_ADVICE), EVENT_CONTACT_ATTEMPTED, contact, -1, false},
        {trigger_of(SELECT_FORM, EVENT_FORM_SUBMITTED, ITEM_VISIT), EVENT_APPOINTMENT_BOOKED, visit, -1, false},
        {trigger_of(SELECT_FAMILY, EVENT_CODE(FAMILY_CONTACT, 0), -1), EVENT_CONTACT_ATTEMPTED, contact, -1, true},
        {trigger_of(SELECT_FAMILY, EVENT_CONTACT_REACHED, -1), EVENT_CONTACT_ATTEMPTED, contact, -1, false},
        {trigger_of(SELECT_PATHWAY, EVENT_PATHWAY_DISCHARGED, -1), EVENT_PATHWAY_DISCHARGED, NO_ELEMENT, -1, true},
        {trigger_of(SELECT_PATHWAY, EVENT_PATHWAY_DISCHARGED, -1), EVENT_PATHWAY_DISCHARGED, visit, -1, false},
        {trigger_of(SELECT_FIRED, EVENT_RULE_FIRED, RULE_REFUSED), EVENT_RULE_FIRED, visit, RULE_REFUSED, true},
        {trigger_of(SELECT_FIRED, EVENT_RULE_FIRED, RULE_REFUSED), EVENT_RULE_FIRED, visit, RULE_LADDER, false},
        {trigger_of(SELECT_FIRED, EVENT_RULE_FIRED, RULE_REFUSED), EVENT_RULE_FIRED, visit, -1, false},
        {condition, EVENT_APPOINTMENT_REFUSED, visit, -1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (trigger_matches(w.d, &rows[i].t, w.s, rows[i].code, rows[i].element, rows[i].fired) != rows[i].matches)
            fail_msg("row %zu", i);
    }
    world_close(&w);
}

static void conditions_read_what_they_name_and_no_more(void **state) {
    struct world w;
    struct failed_visit f;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    const struct need_def *needs = &w.d->needs[w.d->gates[f.gate].need_first];
    // Advice about the huddle.
    assert_true(rule_reads(w.d, needs[2].node, -1, FORM_ADVICE, FAMILY_FORM));
    assert_true(rule_reads(w.d, needs[2].node, ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    assert_false(rule_reads(w.d, needs[2].node, ITEM_ACTION, -1, FAMILY_TASK));
    assert_false(rule_reads(w.d, needs[2].node, -1, FORM_SCORE, FAMILY_FORM));
    // The route.
    assert_true(rule_reads(w.d, needs[4].node, -1, FORM_ROUTE, FAMILY_FORM));
    assert_true(rule_reads(w.d, needs[4].node, ITEM_ROUTE, -1, FAMILY_ROUTE));
    assert_false(rule_reads(w.d, needs[4].node, -1, FORM_ADVICE, FAMILY_FORM));
    assert_false(rule_reads(w.d, needs[4].node, ITEM_BARRIER, -1, FAMILY_BARRIER));
    // A condition on another gate's need reads what that need reads.
    struct node met = node_of(NODE_MET);
    met.index = f.gate;
    met.n = 4;
    int32_t node = add_node(&w, met);
    assert_true(rule_reads(w.d, node, -1, FORM_ROUTE, FAMILY_FORM));
    assert_true(rule_reads(w.d, node, ITEM_VISIT, -1, FAMILY_APPOINTMENT));
    assert_false(rule_reads(w.d, node, -1, FORM_SCORE, FAMILY_FORM));
    // Consent and firings by their family; a term by its field.
    assert_true(rule_reads(w.d, add_node(&w, node_of(NODE_CONSENT)), -1, -1, FAMILY_CONSENT));
    struct node fired = node_of(NODE_FIRED);
    fired.index = RULE_REFUSED;
    assert_true(rule_reads(w.d, add_node(&w, fired), -1, -1, FAMILY_RULE));
    assert_false(rule_reads(w.d, add_node(&w, fired), -1, -1, FAMILY_CONTACT));
    int32_t term = term_field_of(&w, sel_item(&w, ITEM_HUDDLE), FIELD_SCRIPT);
    assert_true(rule_term_reads(w.d, term, -1, FORM_SCRIPT, FAMILY_FORM));
    assert_true(rule_term_reads(w.d, term, ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    assert_false(rule_term_reads(w.d, term, -1, FORM_SCORE, FAMILY_FORM));
    assert_false(rule_reads(w.d, -1, ITEM_HUDDLE, -1, FAMILY_HUDDLE));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers_match_their_event_on_their_thing),
        cmocka_unit_test(conditions_read_what_they_name_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
