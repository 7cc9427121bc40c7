// SPDX-License-Identifier: Apache-2.0
// Confirmations: answered and value apart, not yet due, not applicable, one row for each, labels.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rule/world.h"

static struct confirm_def *confirm(struct world *w, int32_t answered) {
    w->d->confirms[0] = (struct confirm_def){.each = -1, .applies = -1, .answered = answered, .due = -1, .value = -1};
    w->d->confirm_count = 1;
    return &w->d->confirms[0];
}

static void answer(struct world *w, size_t row, struct confirm_result *r, uint8_t answered) {
    arena_reset(&w->scratch);
    assert_int_equal(confirm_evaluate(&w->e, 0, row, r, NULL), STEPDOWN_OK);
    if (r->answered != answered)
        fail_msg("%s instead of %s", answered_word(r->answered), answered_word(answered));
}

static int32_t count_contacts(struct world *w) {
    struct node n = node_of(NODE_COUNT);
    n.selector = add_selector(w, select_form(FORM_CONTACT));
    n.op = OP_AT_LEAST;
    n.b = term_literal_of(w, number_value(1, 0, ""));
    return add_node(w, n);
}

static void a_bad_outcome_is_confirmed_and_missing_papers_are_not(void **state) {
    struct world w;
    struct confirm_result r;
    (void)state;
    world_open(&w);
    struct confirm_def *c = confirm(&w, count_contacts(&w));
    struct selector latest = select_form(FORM_CONTACT);
    latest.pick = PICK_LATEST;
    int32_t method = term_field_of(&w, add_selector(&w, latest), FIELD_CONTACT_METHOD);
    c->value = method;
    w.d->labels[0] =
        (struct label_def){"engaged", add_compare(&w, method, OP_IS, term_literal_of(&w, choice_value("visit")))};
    w.d->labels[1] = (struct label_def){"not engaged", -1};
    c->label_count = 2;
    confirm_result_init(&r, &w.env);
    answer(&w, 0, &r, ANSWER_UNCONFIRMED);
    assert_null(r.label); // nobody knows: no word at all
    assert_false(r.has_value);
    assert_int_equal(r.verdict.unmet[0].reason, REASON_MISSING);
    uint32_t entry =
        submit(&w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value("phone"))));
    answer(&w, 0, &r, ANSWER_CONFIRMED);
    assert_string_equal(r.label, "not engaged");
    assert_true(r.has_value);
    assert_true(slice_is(r.value.text, "phone"));
    assert_int_equal(r.verdict.unmet_count, 0);
    assert_true(r.verdict.evidence_count > 0);
    erase_value(&w, entry, FIELD_CONTACT_METHOD);
    answer(&w, 0, &r, ANSWER_CONFIRMED); // the contact happened
    assert_null(r.label);                // how it went is gone, and "otherwise" must not stand in for it
    assert_false(r.has_value);
    confirm_result_free(&r);
    world_close(&w);
}

static void not_yet_due_until_its_moment_and_while_that_is_unknown(void **state) {
    struct world w;
    struct confirm_result r;
    (void)state;
    world_open(&w);
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    struct confirm_def *c = confirm(&w, count_contacts(&w));
    c->due = term_event_of(&w, sel_item(&w, ITEM_VISIT), EVENT_APPOINTMENT_ATTENDED);
    confirm_result_init(&r, &w.env);
    answer(&w, 0, &r, ANSWER_NOT_YET_DUE);
    assert_int_equal(r.due, STEPDOWN_TIME_NONE);
    at(&w, AT(17, 0));
    happens(&w, visit, EVENT_APPOINTMENT_BOOKED);
    happens(&w, visit, EVENT_APPOINTMENT_ATTENDED);
    answer(&w, 0, &r, ANSWER_UNCONFIRMED);
    assert_int_equal(r.due, AT(17, 0));
    w.e.now = AT(16, 59);
    answer(&w, 0, &r, ANSWER_NOT_YET_DUE);
    assert_int_equal(r.due, AT(17, 0));
    confirm_result_free(&r);
    world_close(&w);
}

static void one_row_for_each_and_none_recorded_over_none(void **state) {
    struct world w;
    struct confirm_result r;
    (void)state;
    world_open(&w);
    struct node owner = node_of(NODE_OWNER);
    owner.selector = sel_this(&w);
    struct confirm_def *c = confirm(&w, add_node(&w, owner));
    assert_int_equal(confirm_rows(&w.e, 0), 1);
    c->each = sel_all(&w, ITEM_ACTION);
    confirm_result_init(&r, &w.env);
    assert_int_equal(confirm_rows(&w.e, 0), 1);
    answer(&w, 0, &r, ANSWER_NOT_APPLICABLE);
    assert_true(r.vacuous);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT), second = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    accepts(&w, first, "kim", "supervisor");
    assert_int_equal(confirm_rows(&w.e, 0), 2);
    answer(&w, 0, &r, ANSWER_UNCONFIRMED);
    assert_int_equal(r.element, second);
    answer(&w, 1, &r, ANSWER_CONFIRMED);
    assert_int_equal(r.element, first);
    assert_false(r.vacuous);
    assert_int_equal(w.e.this_element, NO_ELEMENT); // the caller's binding is left alone
    confirm_result_free(&r);
    world_close(&w);
}

static void does_not_apply_or_is_true_of_nothing(void **state) {
    struct world w;
    struct confirm_result r;
    (void)state;
    world_open(&w);
    int32_t yes = node_truth(&w, TRUTH_TRUE);
    struct confirm_def *c = confirm(&w, yes);
    confirm_result_init(&r, &w.env);
    c->applies = node_truth(&w, TRUTH_FALSE);
    answer(&w, 0, &r, ANSWER_NOT_APPLICABLE);
    assert_false(r.vacuous);
    c->applies = node_truth(&w, TRUTH_UNKNOWN); // cannot be known: it is asked
    answer(&w, 0, &r, ANSWER_CONFIRMED);
    c->applies = -1;
    c->answered = add_group(&w, NODE_EACH, 0, &yes, 1);
    w.d->nodes[c->answered].selector = sel_all(&w, ITEM_ACTION);
    answer(&w, 0, &r, ANSWER_CONFIRMED);
    assert_true(r.vacuous); // and says so
    c->answered = node_truth(&w, TRUTH_UNKNOWN);
    answer(&w, 0, &r, ANSWER_UNCONFIRMED);
    confirm_result_free(&r);
    world_close(&w);
}

static void memory_that_runs_out_is_said(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    confirm(&w, count_contacts(&w));
    for (size_t fail_at = 1; fail_at <= 2; fail_at++) {
        struct test_memory memory;
        struct confirm_result r;
        test_memory_init(&memory, fail_at);
        confirm_result_init(&r, &memory.env);
        assert_int_equal(confirm_evaluate(&w.e, 0, 0, &r, NULL), fail_at == 1 ? STEPDOWN_NOMEM : STEPDOWN_OK);
        confirm_result_free(&r);
        assert_int_equal(memory.live, 0);
    }
    world_close(&w);
}

static void answers_have_words(void **state) {
    (void)state;
    assert_string_equal(answered_word(ANSWER_CONFIRMED), "confirmed");
    assert_string_equal(answered_word(ANSWER_UNCONFIRMED), "unconfirmed");
    assert_string_equal(answered_word(ANSWER_NOT_YET_DUE), "not yet due");
    assert_string_equal(answered_word(ANSWER_NOT_APPLICABLE), "not applicable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_outcome_is_confirmed_and_missing_papers_are_not),
        cmocka_unit_test(not_yet_due_until_its_moment_and_while_that_is_unknown),
        cmocka_unit_test(one_row_for_each_and_none_recorded_over_none),
        cmocka_unit_test(does_not_apply_or_is_true_of_nothing),
        cmocka_unit_test(memory_that_runs_out_is_said),
        cmocka_unit_test(answers_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
