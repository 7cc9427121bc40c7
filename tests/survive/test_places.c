// SPDX-License-Identifier: Apache-2.0
// The last place, and reports on their way. Two processes on one SQLite file race for it: exactly one gets it, the other
// waits, nothing is lost. And whoever delivers reports is killed at any moment between sent and delivered: afterwards
// each has arrived once. STEPDOWN_KILLS sets how many kills (default 25).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform.h"
#include "survive/race.h"
#include "survive/world.h"

// ---- two processes -----------------------------------------------------------------------------------------------------------

// In a child: wait until the other end of `start` is closed, then run.
static pid_t child_race(const struct places *of, const char *path, size_t person, const int start[2]) {
    struct places p;
    char go;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0)
        return child;
    close(start[1]);
    places_join(&p, of, path, 1000 + person);
    if (read(start[0], &go, 1) != 0)
        _exit(2);
    places_wish(&p, person, person);
    places_deliver(&p);
    places_free(&p);
    _exit(0);
}

static void two_processes_race_for_the_last_place_and_one_gets_it(void **state) {
    struct world_place file;
    struct places p;
    (void)state;
    world_place_make(&file);
    places_make(&p, file.path, RACERS * ROUNDS);
    race_prepare(&p);
    struct places known = p; // ids and clock; SQLite connections must not go through a fork
    places_free(&p);
    for (size_t round = 0; round < ROUNDS; round++) {
        int start[2], status;
        pid_t children[RACERS];
        assert_int_equal(pipe(start), 0);
        for (size_t i = 0; i < RACERS; i++)
            children[i] = child_race(&known, file.path, RACERS * round + i, start);
        platform_sleep(20000); // both stand at the start
        close(start[0]);
        close(start[1]);
        for (size_t i = 0; i < RACERS; i++) {
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
        }
        places_join(&p, &known, file.path, 7 + round);
        race_check(&p, round);
        race_serve_the_other(&p, round);
        assert_true(places_intact(&p));
        if (round + 1 < ROUNDS)
            race_prepare(&p);
        places_free(&p);
    }
    world_place_remove(&file);
}

// ---- killed between sent and delivered -----------------------------------------------------------------------------------

enum { WISHES = 32, PERSONS = 4, PLACES = 10 };

// In a child: wish by wish, telling each once it is sent, and deliver what waits.
static pid_t child_send(const struct places *of, const char *path, size_t first, int *out_end) {
    struct places p;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0) {
        close(ends[1]);
        *out_end = ends[0];
        return child;
    }
    close(ends[0]);
    places_join(&p, of, path, 1000 + first);
    for (size_t i = first; i < WISHES; i++) {
        places_wish(&p, i % PERSONS, i);
        if (write(ends[1], &i, sizeof i) != (ssize_t)sizeof i)
            _exit(2);
        places_deliver(&p);
    }
    places_free(&p);
    _exit(0);
}

static size_t sent_by_all(struct places *p) {
    size_t sent = 0;
    for (size_t i = 0; i < PERSONS; i++)
        sent += places_events(p, p->persons[i], "pathway.reported", "place_wanted");
    return sent;
}

// What a kill left behind: is a report on its way that nobody delivers now?
static bool left_on_its_way(const struct places *known, const char *path) {
    struct places p;
    places_join(&p, known, path, 5);
    size_t sent = sent_by_all(&p), arrived = places_entries(&p, p.provider, "place_wanted");
    assert_true(arrived <= sent);
    assert_true(places_intact(&p));
    places_free(&p);
    return arrived < sent;
}

// Kill until every wish was sent; returns how many kills that took, and adds to `between` how many fell between.
static unsigned long send_through_kills(const struct places *known, const char *path, unsigned long salt,
                                        unsigned long *between) {
    unsigned long kills = 0;
    for (size_t next = 0; next < WISHES;) {
        int end = -1, status = 0;
        size_t sent = 0;
        pid_t child = child_send(known, path, next, &end);
        if (read(end, &sent, sizeof sent) == (ssize_t)sizeof sent) { // it was sent, and is being delivered
            platform_sleep((int64_t)(((kills + salt) * 7919) % 90000));
            (void)kill(child, SIGKILL);
            do
                next = sent + 1;
            while (read(end, &sent, sizeof sent) == (ssize_t)sizeof sent);
        }
        close(end);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status))
            assert_int_equal(WEXITSTATUS(status), 0);
        else
            assert_int_equal(WTERMSIG(status), SIGKILL);
        kills += WIFSIGNALED(status);
        *between += WIFSIGNALED(status) && left_on_its_way(known, path);
    }
    return kills;
}

// Every wish has arrived once, the first have a place, and each learned of it once.
static void check_delivered(struct places *p) {
    size_t told = 0;
    for (size_t i = 0; i < PERSONS; i++)
        told += places_items(p, p->persons[i], "have_place", NULL);
    assert_int_equal(sent_by_all(p), WISHES);
    assert_int_equal(places_entries(p, p->provider, "place_wanted"), WISHES);
    assert_int_equal(places_events(p, p->provider, "report.received", "place_wanted"), WISHES);
    assert_int_equal(places_events(p, p->provider, "report.revised", "place_wanted"), 0);
    assert_int_equal(places_events(p, p->provider, "slot.granted", NULL), PLACES);
    assert_int_equal(places_items(p, p->provider, "place", "allocated"), PLACES);
    assert_int_equal(told, PLACES);
    assert_true(places_intact(p));
}

static void each_report_arrives_once_through_kills(void **state) {
    const char *text = getenv("STEPDOWN_KILLS");
    unsigned long wanted = text == NULL ? 25 : strtoul(text, NULL, 10), kills = 0, between = 0;
    (void)state;
    while (kills < wanted) {
        struct world_place file;
        struct places p;
        world_place_make(&file);
        places_make(&p, file.path, PERSONS);
        for (size_t i = 0; i < PLACES; i++)
            assert_int_equal(places_do(&p, p.provider, NULL, NULL, "add", "place", (const char *)NULL), STEPDOWN_OK);
        struct places known = p;
        places_free(&p);
        kills += send_through_kills(&known, file.path, kills, &between);
        places_join(&p, &known, file.path, 99); // the next to come delivers what is left
        places_deliver(&p);
        check_delivered(&p);
        places_deliver(&p); // and there is nothing more
        check_delivered(&p);
        places_free(&p);
        world_place_remove(&file);
    }
    assert_true(between > 0); // otherwise nothing was put to the test
    print_message("%lu of %lu kills fell between sent and delivered\n", between, kills);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_processes_race_for_the_last_place_and_one_gets_it),
        cmocka_unit_test(each_report_arrives_once_through_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
