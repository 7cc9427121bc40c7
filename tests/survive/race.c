// SPDX-License-Identifier: Apache-2.0
// What must be true after a race for the last place.
#include "survive/race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void race_prepare(struct places *p) {
    assert_int_equal(places_do(p, p->provider, NULL, NULL, "add", "place", (const char *)NULL), STEPDOWN_OK);
    assert_int_equal(places_items(p, p->provider, "place", "free"), 1);
}

void race_check(struct places *p, size_t round) {
    size_t winners = 0;
    assert_int_equal(places_entries(p, p->provider, "place_wanted"), RACERS * (round + 1));
    for (size_t i = 0; i < RACERS; i++)
        winners += places_items(p, p->persons[RACERS * round + i], "have_place", NULL);
    assert_int_equal(winners, 1);
    assert_int_equal(places_events(p, p->provider, "slot.granted", NULL), RACERS * round + 1);
    assert_int_equal(places_items(p, p->provider, "place", "free"), 0);
}

void race_serve_the_other(struct places *p, size_t round) {
    assert_int_equal(places_do(p, p->provider, NULL, NULL, "add", "place", (const char *)NULL), STEPDOWN_OK);
    places_deliver(p);
    for (size_t i = 0; i < RACERS; i++)
        assert_int_equal(places_items(p, p->persons[RACERS * round + i], "have_place", NULL), 1);
    assert_int_equal(places_events(p, p->provider, "slot.granted", NULL), RACERS * (round + 1));
    assert_int_equal(places_events(p, p->provider, "slot.allocated", NULL), RACERS * (round + 1));
}
