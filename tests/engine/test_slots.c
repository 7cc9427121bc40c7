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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
