// SPDX-License-Identifier: Apache-2.0
// Values apart for each kind of member, where most lie, how far apart they are, and keys of two parts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rule/world.h"

static bool value_of(struct world *w, struct term t, struct value *out) {
    return rule_term(&w->e, add_term(w, t), out, NULL);
}

static uint32_t contact(struct world *w, const char *method) {
    if (!method)
        return submit(w, FORM_CONTACT, NO_ELEMENT, BARE);
    return submit(w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value(method))));
}

static void score(struct world *w, int64_t number, uint8_t scale) {
    submit(w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(number, scale, "h"))));
}

static struct term over(struct world *w, uint8_t kind, int form, int field) {
    struct term t = term_of(kind);
    t.selector = add_selector(w, select_form(form));
    if (field >= 0)
        t.a = term_field_of(w, sel_this(w), field);
    return t;
}

static struct term by(struct world *w, struct term inner, int32_t key) {
    struct term t = term_of(TERM_GROUPED);
    t.selector = inner.selector;
    t.a = add_term(w, inner);
    t.b = key;
    return t;
}

static void prints(struct world *w, struct term t, const char *expected) {
    struct value v;
    struct buffer b;
    buffer_init(&b, &w->env);
    assert_true(value_of(w, t, &v));
    value_print(&v, NULL, &b);
    buffer_append(&b, "", 1);
    assert_string_equal((const char *)b.data, expected);
    buffer_free(&b);
}

static void each_key_has_its_count_the_largest_first_and_what_is_not_stated_apart(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t key = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    struct term t = by(&w, over(&w, TERM_COUNT, FORM_CONTACT, -1), key);
    struct value v;
    assert_true(value_of(&w, t, &v));
    assert_int_equal(v.count, 0); // nothing recorded: no group
    contact(&w, "text");
    contact(&w, "phone");
    contact(&w, "phone");
    contact(&w, NULL);
    contact(&w, "door");
    prints(&w, t, "phone: 2, door: 1, not stated: 1, text: 1");
    world_close(&w);
}

static void evidence_of_a_grouped_value_is_every_member_once(void **state) {
    struct world w;
    struct verdict verdict;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t key = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    struct term t = by(&w, over(&w, TERM_COUNT, FORM_CONTACT, -1), key);
    contact(&w, "text");
    contact(&w, "phone");
    contact(&w, "phone");
    verdict_init(&verdict, &w.env);
    w.e.verdict = &verdict;
    assert_true(value_of(&w, t, &v));
    assert_int_equal(verdict.evidence_count, 3);
    w.e.verdict = NULL;
    verdict_free(&verdict);
    world_close(&w);
}

static void a_field_with_several_words_counts_in_each_and_two_parts_are_one_key(void **state) {
    struct world w;
    struct value words[2] = {choice_value("staffing"), choice_value("transport")};
    struct value both = {.type = VALUE_LIST, .count = 2, .items = words};
    struct value one = {.type = VALUE_LIST, .count = 1, .items = words};
    (void)state;
    world_open(&w);
    submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), both)));
    submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), one)));
    int32_t key = term_field_of(&w, sel_this(&w), FIELD_SCORE);
    prints(&w, by(&w, over(&w, TERM_COUNT, FORM_SCORE, -1), key), "staffing: 2, transport: 1");
    struct term tuple = term_of(TERM_TUPLE);
    tuple.a = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    tuple.b = term_attribute_of(&w, sel_this(&w), ELEMENT_AUTHOR_ROLE);
    as(&w, "kim", "frontline-worker");
    contact(&w, "phone");
    as(&w, "lee", "supervisor");
    contact(&w, "phone");
    contact(&w, "phone");
    contact(&w, NULL); // a part is missing: no such key
    prints(&w, by(&w, over(&w, TERM_COUNT, FORM_CONTACT, -1), add_term(&w, tuple)),
           "phone, supervisor: 2, not stated: 1, phone, frontline-worker: 1");
    world_close(&w);
}

static void repeats_with_a_key_of_two_parts(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_REPEAT);
    n.selector = add_selector(&w, select_form(FORM_CONTACT));
    n.n = 2;
    struct term tuple = term_of(TERM_TUPLE);
    tuple.a = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    tuple.b = term_attribute_of(&w, sel_this(&w), ELEMENT_AUTHOR_ROLE);
    n.a = add_term(&w, tuple);
    int32_t node = add_node(&w, n);
    as(&w, "kim", "frontline-worker");
    contact(&w, "phone");
    contact(&w, "text");
    as(&w, "lee", "supervisor");
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET); // same method or same role, not both
    contact(&w, "phone");
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void sums_and_shares_of_each_group(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    int32_t role = term_attribute_of(&w, sel_this(&w), ELEMENT_AUTHOR_ROLE);
    as(&w, "kim", "frontline-worker");
    score(&w, 2, 0);
    score(&w, 35, 1);
    as(&w, "lee", "supervisor");
    score(&w, 1, 0);
    prints(&w, by(&w, over(&w, TERM_SUM, FORM_SCORE, FIELD_SCORE), role), "frontline-worker: 5.5 h, supervisor: 1 h");
    submit(&w, FORM_SCORE, NO_ELEMENT, BARE); // the supervisor's sum is not known, the other one is
    struct term t = by(&w, over(&w, TERM_SUM, FORM_SCORE, FIELD_SCORE), role);
    prints(&w, t, "frontline-worker: 5.5 h, supervisor: not known");
    struct term share = over(&w, TERM_SHARE, FORM_SCORE, -1);
    struct node n = node_of(NODE_FIELD);
    n.a = term_field_of(&w, sel_this(&w), FIELD_SCORE);
    share.node = add_node(&w, n);
    prints(&w, by(&w, share, role), "frontline-worker: 1.0000, supervisor: 0.5000");
    share.node = node_truth(&w, TRUTH_UNKNOWN);
    assert_true(value_of(&w, by(&w, share, role), &v));
    assert_int_equal(v.items[0].items[1].type, VALUE_TEXT); // not known
    world_close(&w);
}

static void a_spread_is_of_those_that_have_a_value(void **state) {
    struct world w;
    struct value v;
    (void)state;
    world_open(&w);
    struct term t = over(&w, TERM_SPREAD, FORM_SCORE, FIELD_SCORE);
    assert_false(value_of(&w, t, &v)); // of nothing
    score(&w, 7, 0);
    prints(&w, t, "0 h");
    score(&w, 35, 1);
    submit(&w, FORM_SCORE, NO_ELEMENT, BARE);
    prints(&w, t, "3.5 h");
    submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), choice_value("many"))));
    assert_false(value_of(&w, t, &v)); // cannot be compared
    world_close(&w);
}

static void an_erased_value_is_no_small_value(void **state) {
    struct world w;
    struct value v;
    bool erased;
    (void)state;
    world_open(&w);
    score(&w, 7, 0);
    uint32_t last =
        submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(1, 0, "h"))));
    erase_value(&w, last, FIELD_SCORE);
    assert_false(rule_term(&w.e, add_term(&w, over(&w, TERM_SPREAD, FORM_SCORE, FIELD_SCORE)), &v, &erased));
    assert_true(erased);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_its_count_the_largest_first_and_what_is_not_stated_apart),
        cmocka_unit_test(evidence_of_a_grouped_value_is_every_member_once),
        cmocka_unit_test(a_field_with_several_words_counts_in_each_and_two_parts_are_one_key),
        cmocka_unit_test(repeats_with_a_key_of_two_parts),
        cmocka_unit_test(sums_and_shares_of_each_group),
        cmocka_unit_test(a_spread_is_of_those_that_have_a_value),
        cmocka_unit_test(an_erased_value_is_no_small_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
