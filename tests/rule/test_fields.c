// SPDX-License-Identifier: Apache-2.0
// Conditions on what is filled in: field, complete, compare.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/world.h"

// ---- field -------------------------------------------------------------------------------------------------------------

static struct node field_node(struct world *w, int field) {
    struct node n = node_of(NODE_FIELD);
    n.a = term_field_of(w, sel_item(w, ITEM_HUDDLE), field);
    return n;
}

static void field_holds_once_it_is_recorded_and_until_it_is_retracted(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, field_node(&w, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "re engagement script is not recorded");
    uint32_t entry = write_script(&w, huddle, "call first");
    expect(&w, node, TRUTH_TRUE, 0);
    assert_true(relies_on(&w, w.s->elements[entry].id, FIELD_SCRIPT));
    amend(&w, entry, FIELD_SCRIPT, text_value(""));
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    amend(&w, entry, FIELD_SCRIPT, text_value("call"));
    tell(&w, EVENT_FORM_RETRACTED, 0, entry, BARE);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    world_close(&w);
}

static void field_erased_is_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, field_node(&w, FIELD_SCRIPT));
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "x");
    erase_value(&w, entry, FIELD_SCRIPT);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    sentence(&w, "re engagement script was erased, so this cannot be known");
    assert_true(w.e.met_erased);
    world_close(&w);
}

static void field_counts_only_from_a_permitted_role(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = field_node(&w, FIELD_SCRIPT);
    n.roles = one_role(&w, ROLE_CLINICAL);
    int32_t node = add_node(&w, n), own = add_node(&w, field_node(&w, FIELD_ADVICE));
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    write_script(&w, huddle, "x");
    expect(&w, node, TRUTH_FALSE, REASON_WRONG_ROLE);
    sentence(&w, "re engagement script was recorded in a role that may not record it; it needs clinical partner");
    // The form's own roles hold where the condition names none.
    submit(&w, FORM_ADVICE, huddle, WITH(attr_value(SYM_FIELD(FIELD_ADVICE), text_value("wait"))));
    expect(&w, own, TRUTH_FALSE, REASON_WRONG_ROLE);
    as(&w, "cleo", "clinical-partner");
    write_script(&w, huddle, "y");
    expect(&w, node, TRUTH_TRUE, 0);
    submit(&w, FORM_ADVICE, huddle, WITH(attr_value(SYM_FIELD(FIELD_ADVICE), text_value("wait"))));
    expect(&w, own, TRUTH_TRUE, 0);
    world_close(&w);
}

static void field_older_than_the_moment_it_must_follow_is_stale(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = field_node(&w, FIELD_SCRIPT);
    n.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    int32_t node = add_node(&w, n);
    at(&w, AT(9, 0));
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    uint32_t entry = write_script(&w, huddle, "early");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(10, 0));
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    // Amended afterwards it is fresh; the note that was not touched is not.
    at(&w, AT(11, 0));
    amend(&w, entry, FIELD_SCRIPT, text_value("later"));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void decision_without_its_reason_is_incomplete(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, field_node(&w, FIELD_SCRIPT_DECISION));
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    struct value parts[2] = {choice_value("yes"), text_value("calm since noon")};
    struct value bare = {.type = VALUE_DECISION, .count = 1, .items = parts};
    struct value full = {.type = VALUE_DECISION, .count = 2, .items = parts};
    uint32_t entry = submit(&w, FORM_SCRIPT, huddle, WITH(attr_value(SYM_FIELD(FIELD_SCRIPT_DECISION), bare)));
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    amend(&w, entry, FIELD_SCRIPT_DECISION, full);
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

// ---- complete ----------------------------------------------------------------------------------------------------------

static void complete_names_every_part_that_is_missing(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_COMPLETE);
    n.selector = sel_item(&w, ITEM_ROUTE);
    n.index = FORM_ROUTE;
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    uint32_t route = open_item(&w, ITEM_ROUTE, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "escalation route is not filled in");
    uint32_t entry = submit(&w, FORM_ROUTE, route, WITH(attr_value(SYM_FIELD(FIELD_CONDITION), text_value("refused"))));
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    assert_int_equal(w.verdict.unmet_count, 2);
    assert_int_equal(w.verdict.unmet[0].field, FIELD_FIRST_TOLD);
    assert_int_equal(w.verdict.unmet[1].field, FIELD_ANSWER);
    sentence(&w, "escalation route is not complete: first told is missing");
    amend(&w, entry, FIELD_FIRST_TOLD, (struct value){.type = VALUE_ROLE, .text = slice_text("case-manager")});
    amend(&w, entry, FIELD_ANSWER, duration_value("30 minutes"));
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, entry, FIELD_CONDITION);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void complete_without_a_form_asks_for_every_form_about_it(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_COMPLETE);
    n.selector = sel_item(&w, ITEM_HUDDLE);
    int32_t node = add_node(&w, n);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    assert_int_equal(w.verdict.unmet_count, 2); // script and advice
    write_script(&w, huddle, "x");              // the note is optional
    as(&w, "cleo", "clinical-partner");
    submit(&w, FORM_ADVICE, huddle, WITH(attr_value(SYM_FIELD(FIELD_ADVICE), text_value("wait"))));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

// ---- compare -----------------------------------------------------------------------------------------------------------

static void comparison_with_a_missing_value_is_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector pathway = select_source(SELECT_PATHWAY);
    int32_t method = term_field_of(&w, add_selector(&w, pathway), FIELD_METHOD);
    int32_t node = add_compare(&w, method, OP_IS, term_literal_of(&w, text_value("phone")));
    expect(&w, node, TRUTH_UNKNOWN, REASON_MISSING);
    sentence(&w, "preferred method is not recorded, so this cannot be known");
    uint32_t entry =
        submit(&w, FORM_PERSON, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_METHOD), choice_value("text"))));
    expect(&w, node, TRUTH_FALSE, REASON_NOT_MET);
    sentence(&w, "preferred method is not as required");
    amend(&w, entry, FIELD_METHOD, choice_value("phone"));
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, entry, FIELD_METHOD);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void operators_compare_as_people_mean_them(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct value words[2] = {choice_value("phone"), choice_value("text")};
    struct value list = list_value(&w, words, 2), first = list_value(&w, words, 1);
    const struct {
        struct value a, b;
        uint8_t op;
        enum truth truth;
    } rows[] = {
        {choice_value("a"), text_value("a"), OP_IS, TRUTH_TRUE},
        {choice_value("a"), text_value("b"), OP_IS_NOT, TRUTH_TRUE},
        {choice_value("phone"), list, OP_ONE_OF, TRUTH_TRUE},
        {choice_value("visit"), list, OP_ONE_OF, TRUTH_FALSE},
        {list, choice_value("text"), OP_INCLUDES, TRUTH_TRUE},
        {list, first, OP_INCLUDES, TRUTH_TRUE},
        {first, list, OP_INCLUDES, TRUTH_FALSE},
        {list, choice_value("text"), OP_IS, TRUTH_TRUE},
        {number_value(15, 1, "hours"), number_value(150, 2, "hours"), OP_IS, TRUTH_TRUE},
        {number_value(15, 1, "hours"), number_value(1, 0, "days"), OP_MORE, TRUTH_UNKNOWN},
        {number_value(0, 0, ""), number_value(1, 0, "days"), OP_LESS, TRUTH_TRUE},
        {number_value(3, 0, ""), number_value(3, 0, ""), OP_AT_LEAST, TRUTH_TRUE},
        {number_value(3, 0, ""), number_value(3, 0, ""), OP_MORE, TRUTH_FALSE},
        {number_value(3, 0, ""), number_value(3, 0, ""), OP_AT_MOST, TRUTH_TRUE},
        {number_value(3, 0, ""), text_value("three"), OP_IS, TRUTH_UNKNOWN},
        {time_value(AT(9, 0)), time_value(AT(10, 0)), OP_BEFORE, TRUTH_TRUE},
        {time_value(AT(9, 0)), time_value(AT(9, 0)), OP_BEFORE, TRUTH_FALSE},
        {time_value(AT(9, 0)), time_value(AT(9, 0)), OP_NO_LATER, TRUTH_TRUE},
        {time_value(AT(11, 0)), time_value(AT(10, 0)), OP_AFTER, TRUTH_TRUE},
        {time_value(AT(23, 0)), date_value(2026, 3, 2), OP_NO_LATER, TRUTH_TRUE}, // the local day, not the UTC one
        {date_value(2026, 3, 3), time_value(AT(23, 0)), OP_AFTER, TRUTH_TRUE},
        {duration_value("2 hours"), duration_value("90 minutes"), OP_MORE, TRUTH_TRUE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t a = term_literal_of(&w, rows[i].a), b = term_literal_of(&w, rows[i].b);
        enum truth truth = ask(&w, add_compare(&w, a, rows[i].op, b));
        if (truth != rows[i].truth)
            fail_msg("row %zu: %d instead of %d", i, truth, rows[i].truth);
    }
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_holds_once_it_is_recorded_and_until_it_is_retracted),
        cmocka_unit_test(field_erased_is_unknown),
        cmocka_unit_test(field_counts_only_from_a_permitted_role),
        cmocka_unit_test(field_older_than_the_moment_it_must_follow_is_stale),
        cmocka_unit_test(decision_without_its_reason_is_incomplete),
        cmocka_unit_test(complete_names_every_part_that_is_missing),
        cmocka_unit_test(complete_without_a_form_asks_for_every_form_about_it),
        cmocka_unit_test(comparison_with_a_missing_value_is_unknown),
        cmocka_unit_test(operators_compare_as_people_mean_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
