// SPDX-License-Identifier: Apache-2.0
// Three-valued connectives, exhaustively: every combination of true, false and unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rule/world.h"

enum { COMBINATIONS = 27 };
static const enum truth order[3] = {TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE};

static int rank(enum truth t) { return t == TRUTH_FALSE ? 0 : t == TRUTH_UNKNOWN ? 1 : 2; }

static void three(struct world *w, int number, int32_t nodes[3], int ranks[3]) {
    for (int i = 0; i < 3; i++, number /= 3) {
        ranks[i] = number % 3;
        nodes[i] = node_truth(w, (uint8_t)order[ranks[i]]);
    }
}

static void all_is_the_least_of_its_parts(void **state) {
    (void)state;
    for (int c = 0; c < COMBINATIONS; c++) {
        struct world w;
        int32_t nodes[3];
        int ranks[3], least = 2;
        world_open(&w);
        three(&w, c, nodes, ranks);
        for (int i = 0; i < 3; i++)
            least = ranks[i] < least ? ranks[i] : least;
        assert_int_equal(rank(ask(&w, add_group(&w, NODE_ALL, 0, nodes, 3))), least);
        size_t lacking = (size_t)((ranks[0] < 2) + (ranks[1] < 2) + (ranks[2] < 2));
        assert_int_equal(w.verdict.unmet_count, lacking);
        world_close(&w);
    }
}

static void any_is_the_most_of_its_parts(void **state) {
    (void)state;
    for (int c = 0; c < COMBINATIONS; c++) {
        struct world w;
        int32_t nodes[3];
        int ranks[3], most = 0;
        world_open(&w);
        three(&w, c, nodes, ranks);
        for (int i = 0; i < 3; i++)
            most = ranks[i] > most ? ranks[i] : most;
        assert_int_equal(rank(ask(&w, add_group(&w, NODE_ANY, 0, nodes, 3))), most);
        assert_int_equal(w.verdict.unmet_count, most == 2 ? 0 : 3);
        world_close(&w);
    }
}

static void at_least_n_counts_what_is_certain(void **state) {
    (void)state;
    for (int c = 0; c < COMBINATIONS; c++) {
        for (int n = 1; n <= 3; n++) {
            struct world w;
            int32_t nodes[3];
            int ranks[3], met = 0, open = 0;
            world_open(&w);
            three(&w, c, nodes, ranks);
            for (int i = 0; i < 3; i++) {
                met += ranks[i] == 2;
                open += ranks[i] == 1;
            }
            int expected = met >= n ? 2 : met + open >= n ? 1 : 0;
            assert_int_equal(rank(ask(&w, add_group(&w, NODE_AT_LEAST, n, nodes, 3))), expected);
            if (expected == 2)
                assert_int_equal(w.verdict.unmet_count, 0);
            world_close(&w);
        }
    }
}

static void not_turns_true_and_false_and_leaves_unknown(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world w;
        world_open(&w);
        int32_t child = node_truth(&w, (uint8_t)order[i]);
        enum truth truth = ask(&w, add_group(&w, NODE_NOT, 0, &child, 1));
        assert_int_equal(rank(truth), 2 - i);
        assert_int_equal(w.verdict.unmet_count, truth == TRUTH_TRUE ? 0 : 1);
        world_close(&w);
    }
}

static void when_asks_for_the_then_only_if_the_if_holds(void **state) {
    (void)state;
    for (int i = 0; i < 9; i++) {
        struct world w;
        world_open(&w);
        int32_t children[2] = {node_truth(&w, (uint8_t)order[i % 3]), node_truth(&w, (uint8_t)order[i / 3])};
        int expected = i % 3 == 0 ? 2 : i % 3 == 1 ? 1 : i / 3;
        assert_int_equal(rank(ask(&w, add_group(&w, NODE_WHEN, 0, children, 2))), expected);
        assert_int_equal(w.verdict.vacuous, i % 3 == 0);
        assert_int_equal(w.verdict.unmet_count, expected == 2 ? 0 : 1);
        world_close(&w);
    }
}

static void an_alternative_that_does_not_count_leaves_no_trace(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t huddle = sel_item(&w, ITEM_HUDDLE);
    uint32_t element = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    struct node owner = node_of(NODE_OWNER), is_open = node_of(NODE_STATE);
    owner.selector = is_open.selector = huddle;
    is_open.states = STATE_BIT(STATE_OPEN);
    int32_t children[2] = {add_node(&w, owner), add_node(&w, is_open)};
    expect(&w, add_group(&w, NODE_ANY, 0, children, 2), TRUTH_TRUE, ANY_REASON);
    assert_int_equal(w.verdict.evidence_count, 1);
    assert_true(ref_equal(w.verdict.evidence[0].id, w.s->elements[element].id));
    world_close(&w);
}

static void a_condition_that_never_ends_is_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    // A condition is its own child: nothing the compiler lets through, but it must not take the program down.
    int32_t self = (int32_t)w.d->node_count;
    assert_int_equal(add_group(&w, NODE_ALL, 0, &self, 1), self);
    expect(&w, self, TRUTH_UNKNOWN, REASON_UNKNOWN);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_the_least_of_its_parts),
        cmocka_unit_test(any_is_the_most_of_its_parts),
        cmocka_unit_test(at_least_n_counts_what_is_certain),
        cmocka_unit_test(not_turns_true_and_false_and_leaves_unknown),
        cmocka_unit_test(when_asks_for_the_then_only_if_the_if_holds),
        cmocka_unit_test(an_alternative_that_does_not_count_leaves_no_trace),
        cmocka_unit_test(a_condition_that_never_ends_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
