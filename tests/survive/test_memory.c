// SPDX-License-Identifier: Apache-2.0
// Memory that runs out anywhere in the story, once or for good. Each step is played with its 1st, 2nd, … allocation
// failing until it gets through: whatever failed says NOMEM, has not taken effect, and leaves engine and store whole.
// STEPDOWN_SWEEP=full tries every allocation; otherwise long steps are sampled.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "survive/world.h"

static size_t stride(size_t at) {
    const char *sweep = getenv("STEPDOWN_SWEEP");
    bool full = sweep != NULL && strcmp(sweep, "full") == 0;
    return full || at < 60 ? 1 : 1 + at / 60; // dense where a call begins, then wider and wider
}

// What the sweep looks at: something that may be tried again and again.
struct trial {
    struct world *world;
    size_t step;
    bool warm; // the pathway is in memory before each try
};
typedef stepdown_status (*attempt_fn)(struct trial *trial, stepdown_error **out_error);

static void warm_up(struct world *world) {
    char *picture = NULL;
    if (fvh_picture(&world->story, &picture, NULL) == STEPDOWN_OK)
        free(picture);
}

// Try with the nth allocation failing, for rising n, until nothing failed any more. Returns how often it failed.
static size_t sweep(attempt_fn attempt, struct trial *trial, struct world_memory *memory, bool persistent,
                    stepdown_status expected) {
    size_t failures = 0;
    for (size_t at = 1;; at += stride(at)) {
        stepdown_error *error = NULL;
        world_arm(memory, 0, false);
        if (trial->warm && trial->step > 0)
            warm_up(trial->world);
        world_arm(memory, at, persistent);
        stepdown_status status = attempt(trial, &error);
        size_t hits = memory->hits;
        world_arm(memory, 0, false);
        if (status != expected && (hits == 0 || status != STEPDOWN_NOMEM))
            fail_msg("step %zu, allocation %zu%s: %s: %s", trial->step, at, persistent ? " and later" : "",
                     stepdown_status_name(status), error != NULL ? stepdown_error_message(error) : "");
        if (error != NULL)
            assert_int_equal(stepdown_error_code(error), status);
        stepdown_error_free(&error);
        failures += status != expected;
        if (hits == 0)
            return failures;
    }
}

static stepdown_status try_step(struct trial *trial, stepdown_error **o) {
    struct fvh_story *story = &trial->world->story;
    uint64_t before = story->sequence;
    stepdown_status status = fvh_play(story, trial->step, o);
    if (status == STEPDOWN_OK && fvh_sort(story->kind, trial->step) == FVH_COMMAND && trial->step > 0)
        assert_true(story->repeated ? story->sequence == before : story->sequence > before);
    return status;
}

// The whole story in one run: every step is retried by its command id until it succeeds.
static void tell_with_failures(enum fvh_kind kind, bool persistent, bool warm) {
    struct world_memory memory = {.live = 0};
    struct world world;
    char *told = world_told(kind);
    size_t failures = 0;
    world_make(&world, kind, NULL, &memory);
    for (size_t i = 0; i < fvh_length(kind); i++) {
        struct trial trial = {.world = &world, .step = i, .warm = warm};
        failures += sweep(try_step, &trial, &memory, persistent, fvh_expected(kind, i));
        (void)world_verify(&world);
    }
    char *picture = world_picture(&world);
    assert_string_equal(picture, told);
    assert_true(failures > 2 * fvh_length(kind));
    free(picture);
    free(told);
    world_free(&world);
    assert_int_equal(memory.live, 0);
}

static void a_failing_allocation_undoes_a_cold_command(void **state) {
    (void)state;
    tell_with_failures(FVH_ENGAGED, false, false);
}

static void a_failing_allocation_undoes_a_warm_command(void **state) {
    (void)state;
    tell_with_failures(FVH_ENGAGED, false, true);
}

static void memory_gone_for_good_undoes_a_command(void **state) {
    (void)state;
    tell_with_failures(FVH_REFUSED_AGAIN, true, false);
}

static void a_ladder_survives_failing_allocations(void **state) {
    (void)state;
    tell_with_failures(FVH_NOT_HELD, false, false);
    tell_with_failures(FVH_NOT_HELD, true, true);
}

// A command that brings a snapshot with it: the state is written whole or the command did not happen.
static stepdown_status try_contact(struct trial *trial, stepdown_error **o) {
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    const struct fvh_story *story = &trial->world->story;
    stepdown_status status =
        stepdown_session_open(story->engine, "Denise Walker", "case-manager", "brightpath", NULL, &session, o);
    if (status == STEPDOWN_OK)
        status = stepdown_command_new(session, "submit", "contact", &command, o);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_outcome", "attempted", o);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_method", "telephone", o);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set(command, "contact_planned", "planned", o);
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(session, story->pathway, command, NULL, o);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
    return status;
}

static void snapshots_survive_failing_allocations(void **state) {
    (void)state;
    struct world_memory memory = {.live = 0};
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, &memory);
    world_play(&world, 0, 30);
    struct trial trial = {.world = &world, .step = 1};
    for (int i = 0; i < 45; i++) { // past the record at which a snapshot is due
        uint64_t before = world_verify(&world);
        trial.warm = i % 2 != 0;
        if (i < 36 || i % 3 != 0) {
            world_lengthen(&world, 1);
            continue;
        }
        (void)sweep(try_contact, &trial, &memory, i % 2 != 0, STEPDOWN_OK);
        assert_true(world_verify(&world) > before);
    }
    world_free(&world);
    assert_int_equal(memory.live, 0);
}

// ---- before the story ------------------------------------------------------------------------------------------------

static stepdown_status try_opening(struct trial *trial, stepdown_error **o) {
    stepdown_engine *engine = NULL;
    stepdown_status status = stepdown_engine_open(trial->world->storage, trial->world->options, &engine, o);
    assert_true((status == STEPDOWN_OK) == (engine != NULL));
    stepdown_engine_free(&engine);
    return status;
}

static stepdown_status try_preparing(struct trial *trial, stepdown_error **o) {
    return fvh_prepare(trial->world->story.engine, trial->world->options, o);
}

static stepdown_status try_verifying(struct trial *trial, stepdown_error **o) {
    bool intact;
    uint64_t records;
    char problem[160];
    stepdown_status status = fvh_verify(trial->world->story.engine, &intact, &records, problem, o);
    assert_true(status != STEPDOWN_OK || intact);
    return status;
}

static stepdown_status try_rebuilding(struct trial *trial, stepdown_error **o) {
    return stepdown_engine_rebuild(trial->world->story.engine, 1, o);
}

static void calls_around_the_story_survive_failing_allocations(void **state) {
    (void)state;
    static const attempt_fn attempts[] = {try_opening, try_preparing, try_verifying, try_rebuilding};
    struct world_memory memory = {.live = 0};
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, &memory);
    world_play(&world, 0, 30);
    world_lengthen(&world, 50); // with a snapshot
    char *before = world_picture(&world);
    struct trial trial = {.world = &world};
    for (int persistent = 0; persistent < 2; persistent++)
        for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
            (void)sweep(attempts[i], &trial, &memory, persistent != 0, STEPDOWN_OK);
    char *after = world_picture(&world);
    assert_string_equal(before, after);
    free(before);
    free(after);
    (void)world_verify(&world);
    world_free(&world);
    assert_int_equal(memory.live, 0);
}

static void a_first_look_survives_failing_allocations(void **state) {
    (void)state;
    struct world_memory memory = {.live = 0};
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, &memory);
    world_play(&world, 0, 30);
    world_lengthen(&world, 50);                  // loaded from a snapshot
    for (size_t at = 1;; at += 1 + stride(at)) { // a new engine each time: nothing is cached
        world_arm(&memory, 0, false);
        world_reopen(&world);
        char *picture = NULL;
        world_arm(&memory, at, false);
        stepdown_status status = fvh_picture(&world.story, &picture, NULL);
        size_t hits = memory.hits;
        world_arm(&memory, 0, false);
        if (status == STEPDOWN_OK)
            free(picture);
        else
            assert_true(hits > 0 && status == STEPDOWN_NOMEM);
        if (hits == 0)
            break;
    }
    world_free(&world);
    assert_int_equal(memory.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_allocation_undoes_a_cold_command),
        cmocka_unit_test(a_failing_allocation_undoes_a_warm_command),
        cmocka_unit_test(memory_gone_for_good_undoes_a_command),
        cmocka_unit_test(a_ladder_survives_failing_allocations),
        cmocka_unit_test(snapshots_survive_failing_allocations),
        cmocka_unit_test(calls_around_the_story_survive_failing_allocations),
        cmocka_unit_test(a_first_look_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
