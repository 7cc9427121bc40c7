// SPDX-License-Identifier: Apache-2.0
// Two engines in threads, each with a connection of its own to one SQLite file, race for the last place: exactly one gets
// it, the other waits, nothing is lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <pthread.h>

#include <cmocka.h>

#include "survive/race.h"
#include "survive/world.h"

struct racer {
    struct places engine;
    pthread_barrier_t *start;
    size_t person;
};

static void *race(void *ctx) {
    struct racer *r = ctx;
    (void)pthread_barrier_wait(r->start);
    places_wish(&r->engine, r->person, r->person);
    places_deliver(&r->engine);
    return NULL;
}

static void two_engines_race_for_the_last_place_and_one_gets_it(void **state) {
    struct world_place file;
    struct places p;
    struct racer racers[RACERS];
    pthread_barrier_t start;
    (void)state;
    world_place_make(&file);
    places_make(&p, file.path, RACERS * ROUNDS);
    assert_int_equal(pthread_barrier_init(&start, NULL, RACERS), 0);
    for (size_t i = 0; i < RACERS; i++) {
        places_join(&racers[i].engine, &p, file.path, 100 + i);
        racers[i].start = &start;
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        pthread_t threads[RACERS];
        race_prepare(&p);
        for (size_t i = 0; i < RACERS; i++) {
            racers[i].person = RACERS * round + i;
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        }
        for (size_t i = 0; i < RACERS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        race_check(&p, round);
        race_serve_the_other(&p, round);
    }
    assert_true(places_intact(&p));
    for (size_t i = 0; i < RACERS; i++)
        places_free(&racers[i].engine);
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    places_free(&p);
    world_place_remove(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_engines_race_for_the_last_place_and_one_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
