// SPDX-License-Identifier: Apache-2.0
// Gates: the five needs of the second visit, one after the other; closing again; holds; memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/failed_visit.h"

static void judge(struct world *w, const struct failed_visit *f, struct gate_result *r) {
    arena_reset(&w->scratch);
    assert_int_equal(gate_evaluate(&w->e, f->gate, f->visit, r, NULL), STEPDOWN_OK);
    assert_int_equal(r->need_count, 5);
    assert_true(r->applies);
}

static const char *why(struct world *w, const struct gate_result *r, size_t need) {
    buffer_clear(&w->text);
    assert_true(r->needs[need].unmet_count > 0);
    rule_explain(&w->e, &r->verdict.unmet[r->needs[need].unmet_first], &w->text);
    buffer_append(&w->text, "", 1);
    return (const char *)w->text.data;
}

static const char *who(struct world *w, const struct gate_result *r, size_t need) {
    buffer_clear(&w->text);
    rule_clearers(&w->e, &r->verdict.unmet[r->needs[need].unmet_first], r->needs[need].need, &w->text);
    buffer_append(&w->text, "", 1);
    return (const char *)w->text.data;
}

static void held_with_five_reasons_and_opened_need_by_need(void **state) {
    struct world w;
    struct failed_visit f;
    struct gate_result r;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    gate_result_init(&r, &w.env);
    judge(&w, &f, &r);
    assert_false(r.open);
    static const char *const reasons[5] = {
        "second visit has no named person who has accepted it",
        "re engagement script is not recorded",
        "no advice by clinical partner is recorded",
        "no contact by case manager is recorded",
        "escalation route is not filled in",
    };
    static const char *const clearers[5] = {"supervisor", "supervisor", "clinical partner", "case manager",
                                            "supervisor"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(r.needs[i].truth, TRUTH_FALSE);
        assert_string_equal(why(&w, &r, i), reasons[i]);
        assert_string_equal(who(&w, &r, i), clearers[i]);
    }
    for (int need = 1; need <= 5; need++) {
        failed_visit_meet(&w, &f, need);
        judge(&w, &f, &r);
        for (int i = 0; i < 5; i++)
            assert_int_equal(r.needs[i].truth, i < need ? TRUTH_TRUE : TRUTH_FALSE);
        assert_int_equal(r.open, need == 5);
        assert_true(r.needs[need - 1].evidence_count > 0);
        assert_int_equal(r.needs[need - 1].unmet_count, 0);
    }
    assert_int_equal(r.verdict.truth, TRUTH_TRUE);
    gate_result_free(&r);
    world_close(&w);
}

static void need_does_not_borrow_evidence_of_another(void **state) {
    struct world w;
    struct failed_visit f;
    struct gate_result r;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    for (int need = 1; need <= 5; need++)
        failed_visit_meet(&w, &f, need);
    gate_result_init(&r, &w.env);
    judge(&w, &f, &r);
    const struct need_result *script = &r.needs[1];
    for (uint32_t i = 0; i < script->evidence_count; i++) {
        for (uint32_t j = i + 1; j < script->evidence_count; j++) {
            const struct evidence *a = &r.verdict.evidence[script->evidence_first + i], *b = a + (j - i);
            assert_false(ref_equal(a->id, b->id) && a->field == b->field); // nothing twice
        }
    }
    // The visit counts for the first need, and again for the second, whose word its owner gives.
    bool visit_again = false;
    for (uint32_t i = 0; i < script->evidence_count; i++)
        visit_again |= ref_equal(r.verdict.evidence[script->evidence_first + i].id, w.s->elements[f.visit].id);
    assert_true(visit_again);
    gate_result_free(&r);
    world_close(&w);
}

static void closes_again_when_evidence_is_withdrawn(void **state) {
    struct world w;
    struct failed_visit f;
    struct gate_result r;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    for (int need = 1; need <= 5; need++)
        failed_visit_meet(&w, &f, need);
    gate_result_init(&r, &w.env);
    judge(&w, &f, &r);
    assert_true(r.open);
    withdraw(&w, &w.s->marks[w.s->elements[f.script].last_mark]); // kim's acknowledgement
    judge(&w, &f, &r);
    assert_false(r.open);
    assert_int_equal(r.needs[1].truth, TRUTH_FALSE);
    assert_string_equal(why(&w, &r, 1),
                        "re engagement script: acknowledgement of the current version by the owner of second visit is "
                        "missing");
    assert_string_equal(who(&w, &r, 1), "the owner of second visit");
    gate_result_free(&r);
    world_close(&w);
}

static void held_by_an_action_until_it_is_released(void **state) {
    struct world w;
    struct failed_visit f;
    struct gate_result r;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    for (int need = 1; need <= 5; need++)
        failed_visit_meet(&w, &f, need);
    gate_result_init(&r, &w.env);
    struct attr gate = attr_value(ATTR_GATE, number_value(SYM_GATE(f.gate), 0, ""));
    tell(&w, EVENT_RULE_HOLD, SYM_RULE(RULE_REFUSED), f.visit, &gate, 1);
    judge(&w, &f, &r);
    assert_true(r.on_hold);
    assert_false(r.open);
    assert_int_equal(r.verdict.truth, TRUTH_TRUE); // its needs are met
    tell(&w, EVENT_RULE_RELEASE, SYM_RULE(RULE_REFUSED), f.visit, &gate, 1);
    judge(&w, &f, &r);
    assert_false(r.on_hold);
    assert_true(r.open);
    gate_result_free(&r);
    world_close(&w);
}

static void applies_only_where_its_condition_holds(void **state) {
    struct world w;
    struct gate_result r;
    (void)state;
    world_open(&w);
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    const int32_t never = node_truth(&w, TRUTH_FALSE);
    int32_t gate = add_gate(&w, ITEM_VISIT, &never, 1);
    gate_result_init(&r, &w.env);
    static const struct {
        enum truth applies;
        bool open;
    } rows[] = {{TRUTH_TRUE, false}, {TRUTH_FALSE, true}, {TRUTH_UNKNOWN, false}};
    for (size_t i = 0; i < 3; i++) {
        w.d->gates[gate].applies = node_truth(&w, (uint8_t)rows[i].applies);
        assert_int_equal(gate_evaluate(&w.e, gate, visit, &r, NULL), STEPDOWN_OK);
        assert_int_equal(r.open, rows[i].open);
        assert_int_equal(r.applies, !rows[i].open);
        assert_int_equal(r.need_count, rows[i].open ? 0 : 1);
    }
    gate_result_free(&r);
    world_close(&w);
}

static void unknown_and_empty_needs_hold(void **state) {
    struct world w;
    struct gate_result r;
    (void)state;
    world_open(&w);
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    int32_t yes = node_truth(&w, TRUTH_TRUE);
    int32_t each = add_group(&w, NODE_EACH, 0, &yes, 1), passes = add_group(&w, NODE_EACH, 0, &yes, 1);
    w.d->nodes[each].selector = w.d->nodes[passes].selector = sel_all(&w, ITEM_ACTION);
    w.d->nodes[passes].flags = NODE_EMPTY_PASSES;
    int32_t inverted = add_group(&w, NODE_NOT, 0, &each, 1);
    const int32_t nodes[4] = {node_truth(&w, TRUTH_UNKNOWN), each, passes, inverted};
    int32_t gate = add_gate(&w, ITEM_VISIT, nodes, 4);
    gate_result_init(&r, &w.env);
    assert_int_equal(gate_evaluate(&w.e, gate, visit, &r, NULL), STEPDOWN_OK);
    assert_false(r.open);
    assert_int_equal(r.needs[0].truth, TRUTH_UNKNOWN);
    assert_int_equal(r.verdict.unmet[r.needs[0].unmet_first].reason, REASON_UNKNOWN);
    assert_int_equal(r.needs[1].truth, TRUTH_FALSE);
    assert_int_equal(r.verdict.unmet[r.needs[1].unmet_first].reason, REASON_NONE_RECORDED);
    assert_int_equal(r.needs[2].truth, TRUTH_TRUE);
    assert_true(r.needs[2].vacuous);
    assert_int_equal(r.needs[3].truth, TRUTH_FALSE); // emptiness does not turn into a pass by negation
    assert_false(r.needs[0].vacuous);
    gate_result_free(&r);
    world_close(&w);
}

static void second_evaluation_allocates_nothing(void **state) {
    struct world w;
    struct failed_visit f;
    struct gate_result r;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    gate_result_init(&r, &w.env);
    judge(&w, &f, &r); // held, with reasons
    size_t calls = w.memory.calls;
    judge(&w, &f, &r);
    assert_int_equal(w.memory.calls, calls);
    for (int need = 1; need <= 5; need++)
        failed_visit_meet(&w, &f, need);
    judge(&w, &f, &r); // open, with evidence
    calls = w.memory.calls;
    judge(&w, &f, &r);
    assert_true(r.open);
    assert_int_equal(w.memory.calls, calls);
    gate_result_free(&r);
    world_close(&w);
}

// Every allocation of a first evaluation fails in turn: NOMEM, and neither a leak nor an answer.
static void memory_that_runs_out_is_said_and_never_an_answer(void **state) {
    struct world w;
    struct failed_visit f;
    bool done = false;
    (void)state;
    world_open(&w);
    failed_visit_define(&w, &f);
    failed_visit_begin(&w, &f);
    for (int need = 1; need <= 4; need++)
        failed_visit_meet(&w, &f, need);
    size_t failures = 0;
    for (size_t fail_at = 1; !done; fail_at++) {
        struct test_memory memory;
        struct gate_result r;
        struct arena scratch;
        test_memory_init(&memory, fail_at);
        gate_result_init(&r, &memory.env);
        arena_init(&scratch, &memory.env);
        struct evaluation e = w.e;
        e.scratch = &scratch;
        stepdown_status status = gate_evaluate(&e, f.gate, f.visit, &r, NULL);
        done = memory.calls < fail_at;
        assert_int_equal(status, done ? STEPDOWN_OK : STEPDOWN_NOMEM);
        failures += !done;
        // The same result can be used again once there is memory.
        memory.fail_at = 0;
        assert_int_equal(gate_evaluate(&e, f.gate, f.visit, &r, NULL), STEPDOWN_OK);
        assert_false(r.open);
        assert_int_equal(r.needs[4].truth, TRUTH_FALSE);
        gate_result_free(&r);
        arena_free(&scratch);
        assert_int_equal(memory.live, 0);
    }
    assert_true(failures >= 3); // needs, evidence, reasons
    world_close(&w);
}

static void scratch_that_runs_out_fails_the_verdict(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t support = open_item(&w, ITEM_SUPPORT, NO_ELEMENT);
    submit(&w, FORM_SHIFT, support, WITH(attr_value(SYM_FIELD(FIELD_SHIFT), interval_value(AT(8, 0), AT(9, 0)))));
    submit(&w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value("text"))));
    struct node covered = node_of(NODE_COVERED), repeat = node_of(NODE_REPEAT), sequence = node_of(NODE_SEQUENCE),
                count = node_of(NODE_COUNT);
    covered.a = span_of(&w, -1, term_literal_of(&w, interval_value(AT(8, 0), AT(9, 0))), -1);
    covered.b = span_of(&w, add_selector(&w, select_form(FORM_SHIFT)), -1, -1);
    repeat.selector = count.selector = add_selector(&w, select_form(FORM_CONTACT));
    repeat.n = 1;
    sequence.a = sequence.b = term_event_of(&w, sel_item(&w, ITEM_SUPPORT), EVENT_SUPPORT_OPENED);
    sequence.n = 1;
    count.b = term_literal_of(&w, number_value(1, 0, ""));
    count.op = OP_AT_LEAST;
    count.c = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    struct node nodes[4] = {covered, repeat, sequence, count};
    for (size_t i = 0; i < 4; i++) {
        int32_t node = add_node(&w, nodes[i]);
        expect(&w, node, TRUTH_TRUE, 0);
        struct test_memory memory;
        struct arena none;
        test_memory_init(&memory, 1);
        arena_init(&none, &memory.env);
        w.e.scratch = &none;
        verdict_clear(&w.verdict);
        assert_int_equal(rule_evaluate(&w.e, node), TRUTH_UNKNOWN);
        assert_true(w.verdict.failed);
        w.e.scratch = &w.scratch;
        arena_free(&none);
        assert_int_equal(memory.live, 0);
    }
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_with_five_reasons_and_opened_need_by_need),
        cmocka_unit_test(need_does_not_borrow_evidence_of_another),
        cmocka_unit_test(closes_again_when_evidence_is_withdrawn),
        cmocka_unit_test(held_by_an_action_until_it_is_released),
        cmocka_unit_test(applies_only_where_its_condition_holds),
        cmocka_unit_test(unknown_and_empty_needs_hold),
        cmocka_unit_test(second_evaluation_allocates_nothing),
        cmocka_unit_test(memory_that_runs_out_is_said_and_never_an_answer),
        cmocka_unit_test(scratch_that_runs_out_fails_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
