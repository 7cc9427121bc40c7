// SPDX-License-Identifier: Apache-2.0
// A pathway of ten thousand records: what one more record costs does not depend on how many there were.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pathway/story.h"

enum { ROUNDS = 2500, HALF = ROUNDS / 2 }; // of six records each

// Records that nobody encodes: only the fold is looked at.
static struct ref fold_next(struct story *t, uint16_t code, uint32_t name, const struct ref *target, struct attr *attrs,
                            uint32_t count) {
    static const uint8_t leaf[DIGEST_SIZE];
    struct event event = {.code = code, .name = name, .attrs = attrs, .attr_count = count};
    t->header.seq = t->s->seq + 1;
    event.target = target ? *target : (struct ref){t->header.seq, 0};
    assert_int_equal(fold_event(t->s, &t->header, 0, &event, NULL), STEPDOWN_OK);
    fold_seal(t->s, &t->header, leaf);
    return event.target;
}

static void one_round(struct story *t, int64_t number) {
    story_time(t, number);
    struct ref call = fold_next(t, EVENT_TASK_OPENED, SYMBOL_CALL, NULL,
                                ATTRS(attr_time(ATTR_DUE, AT_HOUR(number + 4)), attr_text(ATTR_DUE_RULE, "4 hours"),
                                      attr_text(ATTR_OWNER_ROLE, "nurse"), attr_text(ATTR_OWNER_ORG, "clinic")));
    fold_next(t, EVENT_ITEM_ACCEPTED, 0, &call, NO_ATTRS);
    struct ref entry = fold_next(t, EVENT_CONTACT_REACHED, SYMBOL_CONTACT, NULL,
                                 ATTRS(attr_ref(ATTR_ABOUT, call), attr_text(SYMBOL_OUTCOME, "reached, feels well"),
                                       attr_time(SYMBOL_REACHED_AT, AT_HOUR(number))));
    fold_next(t, EVENT_MARK_ACKNOWLEDGED, 0, &entry, ATTRS(attr_number(ATTR_VERSION, (int64_t)entry.seq)));
    fold_next(t, EVENT_RULE_FIRED, SYMBOL_NO_SHOW, &call, NO_ATTRS);
    fold_next(t, EVENT_TASK_CLOSED, 0, &call, NO_ATTRS);
}

static size_t held_bytes(const struct state *s) {
    return s->arena.used + s->element_count * sizeof *s->elements + s->field_count * sizeof *s->fields +
           s->mark_count * sizeof *s->marks + s->attr_count * sizeof *s->attrs + s->log_count * sizeof *s->log +
           s->firing_count * sizeof *s->firings + s->timer_count * sizeof *s->timers + s->open_count * 4 +
           s->element_count * 4 + s->texts.cap * sizeof *s->texts.slots;
}

static void the_second_half_costs_no_more_than_the_first(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    size_t calls[3], bytes[3];
    for (int64_t i = 0; i <= ROUNDS; i++) {
        if (i % HALF == 0) {
            calls[i / HALF] = t.memory.calls;
            bytes[i / HALF] = held_bytes(t.s);
        }
        if (i < ROUNDS)
            one_round(&t, i);
    }
    assert_int_equal(t.s->seq, ROUNDS * 6);
    assert_true(calls[2] - calls[1] <= calls[1] - calls[0]); // arrays double: ever more rarely
    assert_true(bytes[2] - bytes[1] <= (bytes[1] - bytes[0]) * 11 / 10);
    assert_true((bytes[2] - bytes[0]) / (ROUNDS * 6) < 400);
    assert_int_equal(t.s->open_count, 0);
    assert_true(t.s->texts.count < 20); // what is said again is kept once
    story_close(&t);
}

static void what_surfaces_stale_is_dropped_once(void **state) {
    struct story t;
    struct timer timer;
    enum timer_what what;
    (void)state;
    story_open(&t);
    for (int64_t i = 0; i < ROUNDS; i++)
        one_round(&t, i);
    assert_int_equal(t.s->timer_count, ROUNDS);
    assert_int_equal(state_next_timer(t.s, &timer, &what), STEPDOWN_TIME_NONE);
    assert_int_equal(t.s->timer_count, 0);
    story_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_half_costs_no_more_than_the_first),
        cmocka_unit_test(what_surfaces_stale_is_dropped_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
