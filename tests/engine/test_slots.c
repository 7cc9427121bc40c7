// SPDX-License-Identifier: Apache-2.0
// Places that are kept free: who asked first gets the first one, one each; who gets none waits and is seen to wait; what is
// given back or taken out of use goes to the next or to nobody; and what is late is said to be late and taken from nobody.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/places.h"

static struct places p;
#define END ((const char *)NULL)

static int begin(void **state) {
    (void)state;
    places_make(&p, NULL, 5);
    return 0;
}

static int end(void **state) {
    (void)state;
    assert_true(places_intact(&p));
    places_free(&p);
    return 0;
}

static void add_place(void) {
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "add", "place", END), STEPDOWN_OK);
}

static size_t allocated(void) { return places_items(&p, p.provider, "place", "allocated"); }
static size_t free_ones(void) { return places_items(&p, p.provider, "place", "free"); }
static size_t granted(void) { return places_events(&p, p.provider, "slot.granted", NULL); }
static size_t taken_back(void) { return places_events(&p, p.provider, "mark.withdrawn", NULL); }
static size_t lost(size_t who) { return places_items(&p, p.persons[who], "lost_place", NULL); }
static size_t has(size_t who) { return places_items(&p, p.persons[who], "have_place", NULL); }

// Person `who` asks at that minute, and the provider learns of it.
static void ask(size_t who, int64_t minute) {
    places_at(&p, minute);
    places_wish(&p, who, who);
    places_deliver(&p);
}

static void give_back(size_t who) {
    assert_int_equal(places_do(&p, p.persons[who], NULL, NULL, "amend", "wish_record", "want", "given-back", END),
                     STEPDOWN_OK);
    places_deliver(&p);
}

static void a_free_place_is_reserved_for_whoever_asks(void **state) {
    (void)state;
    add_place();
    assert_int_equal(free_ones(), 1);
    ask(0, 10);
    assert_int_equal(allocated(), 1);
    assert_int_equal(free_ones(), 0);
    assert_int_equal(granted(), 1);
    assert_int_equal(has(0), 1);
}

static void when_it_is_full_everybody_else_waits_and_nobody_is_lost(void **state) {
    (void)state;
    add_place();
    for (size_t i = 0; i < 5; i++)
        ask(i, 10 + (int64_t)i);
    assert_int_equal(places_entries(&p, p.provider, "place_wanted"), 5);
    assert_int_equal(granted(), 1);
    assert_int_equal(has(0), 1);
    for (size_t i = 1; i < 5; i++)
        assert_int_equal(has(i), 0);
    for (size_t more = 1; more < 5; more++) { // each further one goes to the next in the queue
        add_place();
        places_deliver(&p);
        assert_int_equal(granted(), 1 + more);
        assert_int_equal(has(more), 1);
        for (size_t i = more + 1; i < 5; i++)
            assert_int_equal(has(i), 0);
    }
    add_place();
    assert_int_equal(free_ones(), 1); // nobody wants it
    assert_int_equal(granted(), 5);
}

// The order is that of asking, not of delivering.
static void who_asked_earlier_comes_first_even_when_it_was_delivered_later(void **state) {
    (void)state;
    places_at(&p, 10);
    places_wish(&p, 3, 3);
    places_at(&p, 20);
    places_wish(&p, 1, 1);
    places_at(&p, 30);
    places_wish(&p, 2, 2);
    places_deliver(&p); // all at once, in the order of the store
    assert_int_equal(granted(), 0);
    static const size_t order[] = {3, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        add_place();
        places_deliver(&p);
        assert_int_equal(has(order[i]), 1);
        assert_int_equal(granted(), i + 1);
    }
}

static void asking_twice_is_one_place_in_the_queue(void **state) {
    (void)state;
    ask(0, 10);
    ask(1, 11);
    assert_int_equal(places_do(&p, p.persons[0], NULL, NULL, "amend", "wish_record", "want", "wanted", END),
                     STEPDOWN_OK);
    places_deliver(&p);
    assert_int_equal(places_entries(&p, p.provider, "place_wanted"), 2);
    add_place();
    add_place();
    add_place();
    places_deliver(&p);
    assert_int_equal(granted(), 2);
    assert_int_equal(free_ones(), 1);
    assert_int_equal(has(0), 1);
    assert_int_equal(has(1), 1);
}

static void what_is_given_back_goes_to_the_next(void **state) {
    (void)state;
    add_place();
    ask(0, 10);
    ask(1, 11);
    ask(2, 12);
    give_back(0);
    assert_int_equal(allocated(), 1);
    assert_int_equal(has(1), 1);
    assert_int_equal(has(2), 0);
    give_back(0); // what it no longer has it cannot give back
    assert_int_equal(places_events(&p, p.provider, "slot.released", NULL), 1);
    assert_int_equal(has(2), 0);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "release", "place", END), STEPDOWN_OK); // by hand as well
    places_deliver(&p);
    assert_int_equal(has(2), 1);
    assert_int_equal(granted(), 3);
}

static void who_no_longer_wants_one_is_passed_over(void **state) {
    (void)state;
    ask(0, 10);
    ask(1, 11);
    give_back(0); // before anything was given
    add_place();
    places_deliver(&p);
    assert_int_equal(has(0), 0);
    assert_int_equal(has(1), 1);
}

// The due time of a place is by when it is given. One that nobody has taken by then is seen, and still goes to whoever asks;
// one that was given is late for nobody and taken from nobody.
static void a_place_that_expires_unused_is_seen_and_one_in_use_stays_with_who_has_it(void **state) {
    (void)state;
    add_place();
    ask(0, 10);
    add_place();
    places_at(&p, 31 * 24 * 60);
    places_deliver(&p);
    assert_int_equal(places_events(&p, p.provider, "item.overdue", "place"), 1);
    assert_int_equal(places_items(&p, p.provider, "overdue-at-provider", NULL), 1);
    assert_int_equal(allocated(), 1);
    assert_int_equal(free_ones(), 1);
    ask(1, 31 * 24 * 60 + 1);
    assert_int_equal(has(1), 1);
    ask(2, 31 * 24 * 60 + 2);
    assert_int_equal(has(2), 0);
    give_back(0);
    assert_int_equal(has(2), 1);
    places_at(&p, 40 * 24 * 60);
    places_deliver(&p);
    assert_int_equal(places_events(&p, p.provider, "item.overdue", "place"), 1); // neither is late any more
}

static void what_is_taken_out_of_use_is_given_to_nobody(void **state) {
    (void)state;
    add_place();
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "close", "place", END),
                     STEPDOWN_INVALID); // without a reason
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "close", "place", "reason", "a burst pipe", END),
                     STEPDOWN_OK);
    ask(0, 10);
    assert_int_equal(granted(), 0);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "release", "place", END), STEPDOWN_WRONG_STATE);
}

static void place_with_id(char id[PLACES_ID]) {
    assert_int_equal(places_do(&p, p.provider, NULL, id, "add", "place", END), STEPDOWN_OK);
    places_deliver(&p);
}

static void room_is_gone(const char *place) {
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "close", place, "reason", "a burst pipe", END), STEPDOWN_OK);
    places_deliver(&p);
}

// A place that is gone while somebody has it: its request is first in the queue again, and the one who had it is told.
static void who_loses_a_place_is_told_and_is_first_in_the_queue_again(void **state) {
    (void)state;
    char id[PLACES_ID];
    place_with_id(id);
    ask(0, 10);
    ask(1, 11);
    places_at(&p, 600);
    room_is_gone(id);
    assert_int_equal(taken_back(), 1);
    assert_int_equal(allocated(), 0);
    assert_int_equal(lost(0), 1);
    assert_int_equal(lost(1), 0);
    assert_int_equal(granted(), 1);
    ask(2, 601);
    place_with_id(id);
    assert_int_equal(has(0), 2); // the one it had, and this one
    assert_int_equal(has(1), 0);
    assert_int_equal(granted(), 2);
    room_is_gone(id); // and once more
    assert_int_equal(lost(0), 2);
    assert_int_equal(taken_back(), 2);
    for (size_t i = 0; i < 3; i++)
        add_place();
    places_deliver(&p);
    assert_int_equal(has(0), 3);
    assert_int_equal(has(1), 1);
    assert_int_equal(has(2), 1);
    assert_int_equal(allocated(), 3); // one each, and none twice
    assert_int_equal(granted(), 5);
}

static void of_two_places_only_the_one_that_is_gone_is_lost(void **state) {
    (void)state;
    char first[PLACES_ID], second[PLACES_ID];
    place_with_id(first);
    place_with_id(second);
    ask(0, 10);
    ask(1, 11);
    assert_int_equal(allocated(), 2);
    room_is_gone(second);
    assert_int_equal(lost(0), 0);
    assert_int_equal(lost(1), 1);
    assert_int_equal(allocated(), 1);
    give_back(0); // what is given back is the first; the second waits, and gets it
    assert_int_equal(has(1), 2);
    assert_int_equal(allocated(), 1);
    assert_int_equal(granted(), 3);
    give_back(0); // it has none any more
    assert_int_equal(allocated(), 1);
    give_back(1);
    assert_int_equal(free_ones(), 1);
}

static void while_another_one_is_free_it_is_given_at_once_and_both_are_told(void **state) {
    (void)state;
    char first[PLACES_ID], second[PLACES_ID];
    place_with_id(first);
    ask(0, 10);
    place_with_id(second);
    assert_int_equal(free_ones(), 1);
    room_is_gone(first);
    assert_int_equal(lost(0), 1);
    assert_int_equal(has(0), 2);
    assert_int_equal(allocated(), 1);
    assert_int_equal(free_ones(), 0);
}

static void what_was_free_when_it_went_takes_nothing_back(void **state) {
    (void)state;
    char id[PLACES_ID];
    place_with_id(id);
    ask(0, 10);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "release", "place", END), STEPDOWN_OK);
    room_is_gone(id);
    assert_int_equal(taken_back(), 0);
    assert_int_equal(lost(0), 0);
    add_place();
    places_deliver(&p);
    assert_int_equal(has(0), 1); // it was given one, and does not wait
    assert_int_equal(free_ones(), 1);
}

static void who_has_given_up_does_not_wait_again_for_a_place_that_is_gone(void **state) {
    (void)state;
    char id[PLACES_ID];
    place_with_id(id);
    ask(0, 10);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "close", "place", "reason", "a burst pipe", END),
                     STEPDOWN_OK);
    give_back(0); // before it has heard of it
    ask(1, 11);
    add_place();
    places_deliver(&p);
    assert_int_equal(has(1), 1);
    assert_int_equal(has(0), 1);
    assert_int_equal(granted(), 2);
}

// Calling a place off is another way of losing it; and whoever opens the store afterwards finds the queue as it is.
static void a_place_that_is_called_off_is_lost_too_and_the_records_say_so(void **state) {
    (void)state;
    struct places later;
    char id[PLACES_ID];
    place_with_id(id);
    ask(0, 10);
    ask(1, 11);
    assert_int_equal(
        places_do(&p, p.provider, NULL, NULL, "cancel", id, "reason", "a burst pipe", "kind", "failed", END),
        STEPDOWN_OK);
    places_join(&later, &p, NULL, 7);
    assert_int_equal(places_do(&later, p.provider, NULL, NULL, "add", "place", END), STEPDOWN_OK);
    places_deliver(&later);
    places_free(&later);
    assert_int_equal(taken_back(), 1);
    assert_int_equal(lost(0), 1);
    assert_int_equal(has(0), 2);
    assert_int_equal(has(1), 0);
}

// The id of the first event of that name.
static void event_id(const char *name, char out[PLACES_ID]) {
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_audit_records(p.maria, p.provider, 0, 200, &r, &error), STEPDOWN_OK);
    out[0] = '\0';
    for (size_t i = 0; i < stepdown_result_count(r) && out[0] == '\0'; i++) {
        const stepdown_result *events = stepdown_result_rows(r, i, stepdown_result_column(r, "events"));
        for (size_t k = 0; k < stepdown_result_count(events) && out[0] == '\0'; k++) {
            if (strcmp(stepdown_result_text(events, k, stepdown_result_column(events, "event")), name) == 0)
                (void)snprintf(out, PLACES_ID, "%lld.%zu",
                               (long long)stepdown_result_integer(r, i, stepdown_result_column(r, "sequence")), k);
        }
    }
    stepdown_result_free(&r);
    assert_string_not_equal(out, "");
}

static void nobody_takes_a_grant_back_by_hand(void **state) {
    (void)state;
    char id[PLACES_ID], grant[PLACES_ID];
    ask(0, 10);
    place_with_id(id); // she adds it, so the grant is in her record
    event_id("slot.granted", grant);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "withdraw", grant, "reason", "somebody else first", END),
                     STEPDOWN_WRONG_STATE);
    assert_int_equal(taken_back(), 0);
    assert_int_equal(allocated(), 1);
    add_place();
    places_deliver(&p);
    assert_int_equal(granted(), 1);
}

static void nobody_gives_a_place_by_hand(void **state) {
    (void)state;
    add_place();
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "allocate", "place", END), STEPDOWN_INVALID);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "allocated", "place", END), STEPDOWN_INVALID);
    assert_int_equal(free_ones(), 1);
    assert_int_equal(places_do(&p, p.provider, NULL, NULL, "release", "place", END), STEPDOWN_WRONG_STATE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_free_place_is_reserved_for_whoever_asks),
        T(when_it_is_full_everybody_else_waits_and_nobody_is_lost),
        T(who_asked_earlier_comes_first_even_when_it_was_delivered_later),
        T(asking_twice_is_one_place_in_the_queue),
        T(what_is_given_back_goes_to_the_next),
        T(who_no_longer_wants_one_is_passed_over),
        T(a_place_that_expires_unused_is_seen_and_one_in_use_stays_with_who_has_it),
        T(what_is_taken_out_of_use_is_given_to_nobody),
        T(nobody_gives_a_place_by_hand),
        T(who_loses_a_place_is_told_and_is_first_in_the_queue_again),
        T(of_two_places_only_the_one_that_is_gone_is_lost),
        T(while_another_one_is_free_it_is_given_at_once_and_both_are_told),
        T(what_was_free_when_it_went_takes_nothing_back),
        T(who_has_given_up_does_not_wait_again_for_a_place_that_is_gone),
        T(a_place_that_is_called_off_is_lost_too_and_the_records_say_so),
        T(nobody_takes_a_grant_back_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
