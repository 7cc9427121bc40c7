// SPDX-License-Identifier: Apache-2.0
// Processes on one SQLite file: killed at any moment of the story, and two at once on one pathway. What was
// acknowledged is there, nothing is there half, and the story goes on by its command ids. STEPDOWN_KILLS sets how many
// kills (default 25).
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
#include "survive/world.h"

struct told { // one acknowledged step, through the pipe
    uint64_t step, sequence;
};

static void child_open(struct world *world, enum fvh_kind kind, const char *path, uint64_t seed) {
    *world = (struct world){.host = {.now = (stepdown_time)FVH_START * 1000000, .seed = seed}};
    world->story.kind = kind;
    world->story.host = &world->host;
    fvh_pathway(1, world->story.pathway);
    if (stepdown_storage_open_sqlite(path, NULL, &world->storage, NULL) != STEPDOWN_OK ||
        fvh_options(&world->host, &world->options) != STEPDOWN_OK ||
        stepdown_engine_open(world->storage, world->options, &world->story.engine, NULL) != STEPDOWN_OK)
        _exit(2);
}

static bool again(stepdown_status status) { return stepdown_status_category(status) == STEPDOWN_CATEGORY_RETRY; }

// In a child: play from `first` on and tell each step once it is acknowledged. Not alone, it leaves out what depends on
// how far the other one is: refusals, which leave no command id, and time, which passes for the whole store.
static void child_tell(enum fvh_kind kind, const char *path, size_t first, bool alone, int end) {
    struct world world;
    child_open(&world, kind, path, first + 7);
    for (size_t i = first; i < fvh_length(kind); i++) {
        stepdown_status status;
        if (!alone && (fvh_expected(kind, i) != STEPDOWN_OK || fvh_sort(kind, i) == FVH_ADVANCE))
            continue;
        do
            status = fvh_play(&world.story, i, NULL);
        while (again(status));
        if (status != fvh_expected(kind, i))
            _exit(3);
        struct told told = {.step = i, .sequence = world.story.sequence};
        if (write(end, &told, sizeof told) != (ssize_t)sizeof told)
            _exit(4);
    }
    world_free(&world);
    _exit(0);
}

static pid_t child_start(enum fvh_kind kind, const char *path, size_t first, bool alone, int *out_end) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_tell(kind, path, first, alone, ends[1]);
    }
    close(ends[1]);
    *out_end = ends[0];
    return child;
}

// The store after a kill: whole, with every acknowledged record.
static void check(const char *path, enum fvh_kind kind, uint64_t acknowledged) {
    struct world world;
    char problem[160];
    bool intact;
    uint64_t records;
    child_open(&world, kind, path, 99);
    assert_int_equal(fvh_verify(world.story.engine, &intact, &records, problem, NULL), STEPDOWN_OK);
    if (!intact)
        fail_msg("%s", problem);
    assert_true(records >= acknowledged + 1 || acknowledged == 0);
    world_free(&world);
}

// Kill at random until the story has been told; returns how many kills it took.
static unsigned long tell_through_kills(enum fvh_kind kind, unsigned long salt) {
    struct world_place place;
    struct world world;
    char *told = world_told(kind);
    uint64_t sequence = 0;
    size_t next = 0;
    unsigned long kills = 0;
    world_place_make(&place);
    world_make(&world, kind, place.path, NULL);
    world_free(&world);
    for (int status = 0; next < fvh_length(kind);) {
        int end = -1;
        struct told step;
        pid_t child = child_start(kind, place.path, next, true, &end);
        if (read(end, &step, sizeof step) == (ssize_t)sizeof step) { // it is under way
            platform_sleep((int64_t)(((kills + salt) * 7919) % 9000));
            (void)kill(child, SIGKILL);
            do {
                next = (size_t)step.step + 1;
                sequence = step.sequence > sequence ? step.sequence : sequence;
            } while (read(end, &step, sizeof step) == (ssize_t)sizeof step);
        }
        close(end);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
            fail_msg("the child ends with %d after step %zu", WEXITSTATUS(status), next);
        kills += WIFSIGNALED(status);
        check(place.path, kind, sequence);
    }
    struct world after;
    child_open(&after, kind, place.path, 5);
    after.host.now = fvh_time(kind, fvh_length(kind) - 1);
    char *picture = world_picture(&after);
    assert_string_equal(picture, told);
    free(picture);
    free(told);
    world_free(&after);
    world_place_remove(&place);
    return kills;
}

static void what_was_acknowledged_survives_kills(void **state) {
    (void)state;
    const char *wanted = getenv("STEPDOWN_KILLS");
    unsigned long kills = wanted == NULL ? 25 : strtoul(wanted, NULL, 10);
    for (unsigned long done = 0, kind = 0; done < kills; kind++)
        done += tell_through_kills((enum fvh_kind)(kind % FVH_KINDS), done);
}

static void two_processes_tell_one_story(void **state) {
    (void)state;
    enum { CHILDREN = 2 };
    struct world_place place;
    struct world world;
    pid_t children[CHILDREN];
    int ends[CHILDREN];
    world_place_make(&place);
    world_make(&world, FVH_ENGAGED, place.path, NULL);
    world_free(&world); // SQLite connections must not go through a fork
    for (int i = 0; i < CHILDREN; i++)
        children[i] = child_start(FVH_ENGAGED, place.path, 0, false, &ends[i]);
    // Each step of the slower one was carried out by the faster one: both are told the same.
    uint64_t sequences[64] = {0};
    for (int i = 0; i < CHILDREN; i++) {
        struct told step;
        int status = 0;
        while (read(ends[i], &step, sizeof step) == (ssize_t)sizeof step) {
            assert_true(step.step < 64);
            if (fvh_sort(FVH_ENGAGED, (size_t)step.step) == FVH_COMMAND) {
                assert_true(i == 0 || sequences[step.step] == step.sequence);
                sequences[step.step] = step.sequence;
            }
        }
        close(ends[i]);
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    struct world after;
    child_open(&after, FVH_ENGAGED, place.path, 5);
    after.host.now = fvh_time(FVH_ENGAGED, fvh_length(FVH_ENGAGED) - 1);
    (void)world_verify(&after);
    world_free(&after);
    world_place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_kills),
        cmocka_unit_test(two_processes_tell_one_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
