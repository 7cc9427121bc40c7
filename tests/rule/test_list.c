// SPDX-License-Identifier: Apache-2.0
// Conditions on lists (ascending), and sequences that something may interrupt.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static struct value durations(struct world *w, const char *const *texts, uint32_t count) {
    struct value items[4];
    for (uint32_t i = 0; i < count; i++)
        items[i] = duration_value(texts[i]);
    return list_value(w, items, count);
}

static int32_t ascending(struct world *w, const char *const *texts, uint32_t count, const char *after, int64_t factor) {
    struct node n = node_of(NODE_ASCENDING);
    n.a = term_literal_of(w, durations(w, texts, count));
    n.b = after ? term_literal_of(w, duration_value(after)) : -1;
    n.c = factor ? term_literal_of(w, number_value(factor, 1, "")) : -1; // tenths
    n.n = 2;
    return add_node(w, n);
}
#define UP(w, after, factor, ...)                                                                                      \
    ascending(w, (const char *const[]){__VA_ARGS__},                                                                   \
              (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)), after, factor)

static void ascending_lists_grow_from_what_was_before_by_no_more_than_the_factor(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    expect(&w, UP(&w, "4 days", 20, "1 week", "2 weeks"), TRUTH_TRUE, 0);
    expect(&w, UP(&w, "1 week", 20, "1 week", "2 weeks"), TRUTH_FALSE, REASON_NOT_MET); // the first is no more
    expect(&w, UP(&w, "3 days", 20, "1 week", "2 weeks"), TRUTH_FALSE, REASON_NOT_MET); // more than double
    expect(&w, UP(&w, "84 hours", 20, "1 week", "2 weeks"), TRUTH_TRUE, 0);             // double to the hour
    expect(&w, UP(&w, NULL, 20, "1 week", "15 days"), TRUTH_FALSE, REASON_NOT_MET);
    expect(&w, UP(&w, NULL, 15, "10 days", "15 days"), TRUTH_TRUE, 0);
    expect(&w, UP(&w, NULL, 0, "1 week", "1 week"), TRUTH_FALSE, REASON_NOT_MET);
    expect(&w, UP(&w, NULL, 0, "1 week"), TRUTH_FALSE, REASON_INCOMPLETE);
    world_close(&w);
}

static void ascending_needs_everything_it_compares_with(void **state) {
    static const char *const steps[] = {"1 week", "2 weeks"};
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_ASCENDING);
    n.a = term_literal_of(&w, durations(&w, steps, 2));
    n.d = term_literal_of(&w, durations(&w, steps, 1));
    n.n = 1;
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_INCOMPLETE); // fewer dates than steps
    n.d = n.a;
    expect(&w, add_node(&w, n), TRUTH_TRUE, 0);
    n.b = term_field_of(&w, -1, FIELD_SCORE); // nobody has entered it
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_MISSING);
    struct value mixed[2] = {duration_value("1 week"), number_value(9, 0, "")};
    struct node strange = node_of(NODE_ASCENDING);
    strange.a = term_literal_of(&w, list_value(&w, mixed, 2));
    strange.n = 2;
    expect(&w, add_node(&w, strange), TRUTH_FALSE, REASON_NOT_MET); // what cannot be compared keeps no rule
    world_close(&w);
}

// ---- sequence ------------------------------------------------------------------------------------------------------------

static int32_t sequence(struct world *w, int64_t n, bool without, const char *during) {
    struct node node = node_of(NODE_SEQUENCE);
    node.a = term_event_of(w, sel_all(w, ITEM_VISIT), EVENT_APPOINTMENT_MISSED);
    node.b = term_event_of(w, sel_all(w, ITEM_VISIT), EVENT_APPOINTMENT_ATTENDED);
    node.n = n;
    node.index = without ? term_event_of(w, sel_all(w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED) : -1;
    node.d = during ? term_literal_of(w, duration_value(during)) : -1;
    return add_node(w, node);
}

static void visit_ends(struct world *w, stepdown_time t, uint16_t code) {
    at(w, t);
    uint32_t visit = open_item(w, ITEM_VISIT, NO_ELEMENT);
    happens(w, visit, EVENT_APPOINTMENT_BOOKED);
    happens(w, visit, code);
}

static void sequence_counts_only_what_nothing_came_between(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t once = sequence(&w, 1, true, NULL), twice = sequence(&w, 2, true, NULL), any = sequence(&w, 2, false, NULL);
    visit_ends(&w, AT(8, 0), EVENT_APPOINTMENT_MISSED);
    at(&w, AT(9, 0));
    happens(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), EVENT_HUDDLE_STARTED);
    visit_ends(&w, AT(10, 0), EVENT_APPOINTMENT_ATTENDED);
    expect(&w, once, TRUTH_FALSE, REASON_NOT_YET);
    visit_ends(&w, AT(11, 0), EVENT_APPOINTMENT_MISSED);
    visit_ends(&w, AT(12, 0), EVENT_APPOINTMENT_ATTENDED);
    expect(&w, once, TRUTH_TRUE, 0);
    expect(&w, twice, TRUTH_FALSE, REASON_NOT_YET);
    expect(&w, any, TRUTH_TRUE, 0);
    world_close(&w);
}

static void sequence_looks_back_only_so_far(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t recent = sequence(&w, 1, false, "2 hours");
    visit_ends(&w, AT(8, 0), EVENT_APPOINTMENT_MISSED);
    visit_ends(&w, AT(9, 0), EVENT_APPOINTMENT_ATTENDED);
    w.e.now = AT(10, 0);
    expect(&w, recent, TRUTH_TRUE, 0); // to the minute
    w.e.now = AT(10, 0) + 1;
    expect(&w, recent, TRUTH_FALSE, REASON_NOT_YET);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascending_lists_grow_from_what_was_before_by_no_more_than_the_factor),
        cmocka_unit_test(ascending_needs_everything_it_compares_with),
        cmocka_unit_test(sequence_counts_only_what_nothing_came_between),
        cmocka_unit_test(sequence_looks_back_only_so_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
