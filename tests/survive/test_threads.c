// SPDX-License-Identifier: Apache-2.0
// Eight threads with an engine each on one store: on a pathway of their own, all on one pathway, and all advancing it.
// Whoever loses a race asks again with the same command id; every command takes effect exactly once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "survive/world.h"

enum { THREADS = 8, COMMANDS = 12 };

struct worker {
    stepdown_storage *storage;
    uint32_t number;
    struct fvh_host host;
    struct fvh_story story;
    const char *failed; // NULL: all went well
    size_t step, retries;
    stepdown_status status;
    uint64_t advanced; // records that this thread's advance made
    char *picture;
};

static bool worker_open(struct worker *w) {
    stepdown_options *options = NULL;
    bool opened = fvh_options(&w->host, &options) == STEPDOWN_OK &&
                  stepdown_engine_open(w->storage, options, &w->story.engine, NULL) == STEPDOWN_OK;
    stepdown_options_free(&options);
    w->story.host = &w->host;
    w->failed = opened ? NULL : "the engine does not open";
    return opened;
}

static bool again(stepdown_status status) { return stepdown_status_category(status) == STEPDOWN_CATEGORY_RETRY; }

// Play the story to its end, asking again as often as it takes.
static void *tell(void *ctx) {
    struct worker *w = ctx;
    if (!worker_open(w))
        return NULL;
    for (w->step = 0; w->step < fvh_length(w->story.kind); w->step++) {
        if (fvh_sort(w->story.kind, w->step) == FVH_ADVANCE)
            continue; // clocks are apart, and time passes for every pathway of the store
        do {
            w->status = fvh_play(&w->story, w->step, NULL);
            w->retries += again(w->status);
        } while (again(w->status) && w->retries < 100000);
        if (w->status != fvh_expected(w->story.kind, w->step)) {
            w->failed = "a step does not go as told";
            break;
        }
    }
    if (w->failed == NULL && fvh_picture(&w->story, &w->picture, NULL) != STEPDOWN_OK)
        w->failed = "no picture";
    stepdown_engine_free(&w->story.engine);
    return NULL;
}

static void run(struct worker *workers, void *(*body)(void *)) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, body, &workers[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        if (workers[i].failed != NULL)
            fail_msg("thread %zu, step %zu: %s: %s", i, workers[i].step, workers[i].failed,
                     stepdown_status_name(workers[i].status));
}

static void workers_make(struct worker *workers, stepdown_storage *storage, enum fvh_kind kind) {
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.storage = storage, .number = i, .host = {.seed = 100 + i}};
        workers[i].host.now = (stepdown_time)FVH_START * 1000000;
        workers[i].story.kind = kind;
        fvh_pathway(10 + i, workers[i].story.pathway);
    }
}

static size_t commands_told(enum fvh_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < fvh_length(kind); i++)
        count += fvh_sort(kind, i) == FVH_COMMAND && fvh_expected(kind, i) == STEPDOWN_OK;
    return count;
}

static void stories_side_by_side(const char *path) {
    struct world world;
    struct worker workers[THREADS];
    world_make(&world, FVH_ENGAGED, path, NULL);
    workers_make(workers, world.storage, FVH_ENGAGED);
    run(workers, tell);
    // All see the same, but for the id that the list of items does not name.
    for (size_t i = 0; i < THREADS; i++) {
        char *found;
        while ((found = strstr(workers[i].picture, workers[i].story.pathway)) != NULL)
            memset(found, '*', 26);
        assert_string_equal(workers[i].picture, workers[0].picture);
    }
    for (size_t i = 0; i < THREADS; i++)
        free(workers[i].picture);
    assert_int_equal(world_verify(&world), THREADS * commands_told(FVH_ENGAGED));
    world_free(&world);
    assert_int_equal(stepdown_live_objects(), 0);
}

static void threads_tell_their_stories_on_a_memory_store(void **state) {
    (void)state;
    stories_side_by_side(NULL);
}

static void threads_tell_their_stories_on_a_file(void **state) {
    (void)state;
    struct world_place place;
    world_place_make(&place);
    stories_side_by_side(place.path);
    world_place_remove(&place);
}

// ---- one pathway -----------------------------------------------------------------------------------------------------

// One more contact on the common pathway; the id tells thread and number.
static stepdown_status add_contact(struct worker *w, stepdown_session *session, uint32_t number, bool *repeated) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    char id[40];
    (void)snprintf(id, sizeof id, "contact-%u-%u", w->number, number);
    stepdown_status status = stepdown_command_new(session, "submit", "contact", &command, NULL);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_outcome", "attempted", NULL);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_method", "telephone", NULL);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_planned", "planned", NULL);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set_id(command, id, NULL);
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(session, w->story.pathway, command, &receipt, NULL);
    if (status == STEPDOWN_OK)
        *repeated = stepdown_result_integer(receipt, 0, stepdown_result_column(receipt, "repeated")) != 0;
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    return status;
}

// Every command twice: the second time it is known.
static void *crowd(void *ctx) {
    struct worker *w = ctx;
    stepdown_session *session = NULL;
    if (!worker_open(w))
        return NULL;
    w->status =
        stepdown_session_open(w->story.engine, "Denise Walker", "case-manager", "brightpath", NULL, &session, NULL);
    for (uint32_t i = 0; i < 2 * COMMANDS && w->status == STEPDOWN_OK; i++) {
        bool repeated = false;
        do {
            w->status = add_contact(w, session, i / 2, &repeated);
            w->retries += again(w->status);
        } while (again(w->status) && w->retries < 100000);
        if (w->status == STEPDOWN_OK && repeated != (i % 2 != 0))
            w->status = STEPDOWN_INTERNAL;
    }
    w->failed = w->status == STEPDOWN_OK ? NULL : "a contact is not recorded once";
    stepdown_session_free(&session);
    stepdown_engine_free(&w->story.engine);
    return NULL;
}

static void crowd_on_one_pathway(const char *path) {
    struct world world;
    struct worker workers[THREADS];
    world_make(&world, FVH_NOT_HELD, path, NULL);
    world_play(&world, 0, 6);
    uint64_t before = world_verify(&world);
    workers_make(workers, world.storage, FVH_NOT_HELD);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].host.now = world.host.now;
        memcpy(workers[i].story.pathway, world.story.pathway, sizeof world.story.pathway);
    }
    run(workers, crowd);
    assert_int_equal(world_verify(&world), before + THREADS * COMMANDS);
    world_free(&world);
}

static void threads_crowd_on_one_pathway_in_memory(void **state) {
    (void)state;
    crowd_on_one_pathway(NULL);
}

static void threads_crowd_on_one_pathway_in_a_file(void **state) {
    (void)state;
    struct world_place place;
    world_place_make(&place);
    crowd_on_one_pathway(place.path);
    world_place_remove(&place);
}

// ---- time ------------------------------------------------------------------------------------------------------------

static void *let_time_pass(void *ctx) {
    struct worker *w = ctx;
    if (!worker_open(w))
        return NULL;
    int32_t more = 1;
    w->status = STEPDOWN_OK;
    for (int i = 0; i < 50; i++) {
        stepdown_result *result = NULL;
        w->status = stepdown_engine_advance(w->story.engine, w->host.now, 0, &result, &more, NULL);
        for (size_t r = 0; w->status == STEPDOWN_OK && r < stepdown_result_count(result); r++)
            w->advanced += (uint64_t)stepdown_result_integer(result, r, stepdown_result_column(result, "records"));
        stepdown_result_free(&result);
        if (w->status != STEPDOWN_OK && !again(w->status))
            w->failed = "time does not pass";
    }
    stepdown_engine_free(&w->story.engine);
    return NULL;
}

static void each_moment_fires_once_whoever_lets_time_pass(void **state) {
    (void)state;
    struct world world;
    struct worker workers[THREADS];
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    enum { PATHWAYS = 6, STEPS = 8 }; // as far as the failed visit
    for (uint32_t i = 0; i < PATHWAYS; i++) {
        fvh_pathway(i, world.story.pathway);
        world_play(&world, 0, STEPS);
    }
    uint64_t before = world_verify(&world), fired = 0;
    workers_make(workers, world.storage, FVH_NOT_HELD);
    for (size_t i = 0; i < THREADS; i++)
        workers[i].host.now = fvh_time(FVH_NOT_HELD, STEPS + 1); // past midnight: every huddle is overdue
    run(workers, let_time_pass);
    world.host.now = workers[0].host.now;
    for (size_t i = 0; i < THREADS; i++)
        fired += workers[i].advanced;
    assert_int_equal(world_verify(&world), before + fired);
    assert_true(fired >= PATHWAYS);
    assert_int_equal(fired % PATHWAYS, 0); // the same for each
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_tell_their_stories_on_a_memory_store),
        cmocka_unit_test(threads_tell_their_stories_on_a_file),
        cmocka_unit_test(threads_crowd_on_one_pathway_in_memory),
        cmocka_unit_test(threads_crowd_on_one_pathway_in_a_file),
        cmocka_unit_test(each_moment_fires_once_whoever_lets_time_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
