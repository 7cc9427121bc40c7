// SPDX-License-Identifier: Apache-2.0
// A store that fails anywhere in the story: every call of a slot in turn, with every answer that the contract allows,
// once or from then on. What is told to have failed has not happened; what is UNKNOWN happened whole or not at all; the
// same command id carries it out exactly once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/faulty.h"
#include "survive/world.h"

struct stage {
    struct world world;
    struct faulty *faulty;
    struct faulty_fault fault; // its kind; `at` changes
    bool done;                 // the step in hand was acknowledged
    bool unknown;              // it came back UNKNOWN before
    size_t failures;
};

static void reopen(struct stage *stage) {
    struct world *w = &stage->world;
    stepdown_engine_free(&w->story.engine);
    stepdown_storage_free(&w->storage);
    assert_int_equal(faulty_open(stage->faulty, &w->storage, NULL), STEPDOWN_OK);
    world_reopen(w);
}

static void stage_make(struct stage *stage, enum fvh_kind kind) {
    stepdown_storage *inner = NULL;
    struct world *w = &stage->world;
    *stage = (struct stage){.world = {.host = {.now = (stepdown_time)FVH_START * 1000000, .seed = 1}}};
    w->story.kind = kind;
    w->story.host = &w->host;
    fvh_pathway(1, w->story.pathway);
    assert_int_equal(stepdown_storage_open_memory(NULL, &inner, NULL), STEPDOWN_OK);
    assert_int_equal(faulty_new(inner, &stage->faulty), STEPDOWN_OK);
    assert_int_equal(faulty_open(stage->faulty, &w->storage, NULL), STEPDOWN_OK);
    assert_int_equal(fvh_options(&w->host, &w->options), STEPDOWN_OK);
    stepdown_options_set_retries(w->options, 3);
    assert_int_equal(fvh_create(w->storage, w->options, NULL), STEPDOWN_OK);
    world_reopen(w);
    assert_int_equal(fvh_prepare(w->story.engine, w->options, NULL), STEPDOWN_OK);
}

static void stage_free(struct stage *stage) {
    world_free(&stage->world);
    faulty_free(&stage->faulty);
}

// May a call that met this fault come back with that status? Reads are told of a conflict, which no storage should have
// for them; a command is not.
static bool fits(const struct faulty_fault *fault, bool reads, stepdown_status status) {
    switch (fault->status) {
    case STEPDOWN_CONFLICT: return status == STEPDOWN_CONTENDED || (reads && status == STEPDOWN_CONFLICT);
    case STEPDOWN_UNKNOWN: return status == STEPDOWN_UNKNOWN || status == STEPDOWN_IO;
    default: return status == fault->status;
    }
}

static void judge(struct stage *stage, size_t step, stepdown_status status, const stepdown_error *error, size_t hits,
                  uint64_t before) {
    const struct fvh_story *story = &stage->world.story;
    const struct faulty_fault *fault = &stage->fault;
    stepdown_status expected = fvh_expected(story->kind, step);
    if (status != expected && (hits == 0 || !fits(fault, fvh_sort(story->kind, step) != FVH_COMMAND, status)))
        fail_msg("step %zu, call %zu%s: %s instead of %s or %s: %s", step, fault->at,
                 fault->persistent ? " and later" : "", stepdown_status_name(status), stepdown_status_name(expected),
                 stepdown_status_name(fault->status), error != NULL ? stepdown_error_message(error) : "");
    if (status != expected) {
        stage->failures++;
        stage->unknown = stage->unknown || status == STEPDOWN_UNKNOWN;
    } else if (status == STEPDOWN_OK && fvh_sort(story->kind, step) == FVH_COMMAND) {
        if (!stage->done && story->repeated && !stage->unknown)
            fail_msg("step %zu, call %zu: was carried out although it failed", step, fault->at);
        if (stage->done)
            assert_true(story->repeated && story->sequence == before);
        stage->done = true;
    }
}

// One step with its 1st, 2nd, … call of the storage failing, until none fails any more.
static void play_step(struct stage *stage, size_t step) {
    stage->done = stage->unknown = false;
    for (stage->fault.at = 1;; stage->fault.at++) {
        stepdown_error *error = NULL;
        uint64_t before = stage->world.story.sequence;
        faulty_arm(stage->faulty, stage->fault);
        stepdown_status status = fvh_play(&stage->world.story, step, &error);
        size_t hits = faulty_hits(stage->faulty);
        faulty_disarm(stage->faulty);
        judge(stage, step, status, error, hits, before);
        stepdown_error_free(&error);
        if (hits == 0)
            return;
        if (stage->fault.status == STEPDOWN_IO || stage->fault.status == STEPDOWN_CORRUPT ||
            stage->fault.status == STEPDOWN_UNKNOWN)
            reopen(stage); // by contract
    }
}

static void tell(enum fvh_kind kind, struct faulty_fault fault) {
    struct stage stage;
    char *told = world_told(kind);
    stage_make(&stage, kind);
    stage.fault = fault;
    for (size_t i = 0; i < fvh_length(kind); i++) {
        play_step(&stage, i);
        if (i % 8 == 0)
            (void)world_verify(&stage.world);
    }
    char *picture = world_picture(&stage.world);
    assert_string_equal(picture, told);
    (void)world_verify(&stage.world);
    if (fault.persistent || fault.slot == FAULTY_ANY)
        assert_true(stage.failures > 0);
    free(picture);
    free(told);
    stage_free(&stage);
    assert_int_equal(stepdown_live_objects(), 0);
}

static void a_call_that_fails_once_leaves_the_story_whole(void **state) {
    (void)state;
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++)
        tell(FVH_NOT_HELD, faulty_kind(kind, FAULTY_ANY, 1, false));
}

static void a_storage_that_keeps_failing_leaves_the_story_whole(void **state) {
    (void)state;
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++)
        tell(FVH_NOT_HELD, faulty_kind(kind, FAULTY_ANY, 1, true));
}

static void commits_fail_in_every_way(void **state) {
    (void)state;
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++)
        for (int persistent = 0; persistent < 2; persistent++)
            tell(FVH_REFUSED_AGAIN, faulty_kind(kind, FAULTY_COMMIT, 1, persistent != 0));
}

static void a_failure_without_detail_is_a_failure(void **state) {
    (void)state;
    struct faulty_fault fault = faulty_kind(1, FAULTY_ANY, 1, false);
    fault.silent = true;
    tell(FVH_REFUSED_AGAIN, fault);
}

// ---- around the story ------------------------------------------------------------------------------------------------

typedef stepdown_status (*call_fn)(struct world *world, stepdown_error **out_error);

static stepdown_status call_prepare(struct world *world, stepdown_error **o) {
    return fvh_prepare(world->story.engine, world->options, o);
}

static stepdown_status call_verify(struct world *world, stepdown_error **o) {
    bool intact;
    uint64_t records;
    char problem[160];
    stepdown_status status = fvh_verify(world->story.engine, &intact, &records, problem, o);
    assert_true(status != STEPDOWN_OK || intact);
    return status;
}

static stepdown_status call_rebuild(struct world *world, stepdown_error **o) {
    return stepdown_engine_rebuild(world->story.engine, 1, o);
}

static stepdown_status call_next_due(struct world *world, stepdown_error **o) {
    stepdown_time due;
    return stepdown_engine_next_due(world->story.engine, &due, o);
}

static stepdown_status call_picture(struct world *world, stepdown_error **o) {
    char *picture = NULL;
    stepdown_status status = fvh_picture(&world->story, &picture, o);
    if (status == STEPDOWN_OK)
        free(picture);
    return status;
}

static void calls_around_the_story_pass_failures_on(void **state) {
    (void)state;
    static const call_fn calls[] = {call_prepare, call_verify, call_rebuild, call_next_due, call_picture};
    struct stage stage;
    stage_make(&stage, FVH_ENGAGED);
    world_play(&stage.world, 0, 30);
    for (size_t i = 0; i < 2 * FAULTY_KINDS * sizeof calls / sizeof calls[0]; i++) {
        struct faulty_fault fault = faulty_kind(i / 2, FAULTY_ANY, 1, i % 2 != 0);
        for (size_t hits = 1; hits > 0; fault.at++) {
            stepdown_error *error = NULL;
            faulty_arm(stage.faulty, fault);
            stepdown_status status = calls[i / (2 * FAULTY_KINDS)](&stage.world, &error);
            hits = faulty_hits(stage.faulty);
            faulty_disarm(stage.faulty);
            if (status != STEPDOWN_OK && (hits == 0 || !fits(&fault, true, status)))
                fail_msg("call %zu at %zu: %s instead of %s: %s", i / (2 * FAULTY_KINDS), fault.at,
                         stepdown_status_name(status), stepdown_status_name(fault.status),
                         error != NULL ? stepdown_error_message(error) : "");
            stepdown_error_free(&error);
            reopen(&stage);
        }
    }
    (void)world_verify(&stage.world);
    stage_free(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_fails_once_leaves_the_story_whole),
        cmocka_unit_test(a_storage_that_keeps_failing_leaves_the_story_whole),
        cmocka_unit_test(commits_fail_in_every_way),
        cmocka_unit_test(a_failure_without_detail_is_a_failure),
        cmocka_unit_test(calls_around_the_story_pass_failures_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
