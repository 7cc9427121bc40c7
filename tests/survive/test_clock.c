// SPDX-License-Identifier: Apache-2.0
// Clocks that go back, jump by years or stand still, and hosts that were down for days: records stay in order, nothing
// is lost, and nobody's ladder runs through because nobody could answer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "survive/world.h"

static const stepdown_time minute = INT64_C(60000000), day = INT64_C(86400000000);
enum { FAILED_VISIT = 8 }; // steps up to the failed visit

static uint64_t advance(struct world *world) {
    stepdown_result *result = NULL;
    stepdown_error *error = NULL;
    uint64_t records = 0;
    if (stepdown_engine_advance(world->story.engine, world->host.now, 0, &result, NULL, &error) != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_message(error));
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        assert_string_equal(stepdown_result_text(result, i, stepdown_result_column(result, "status")), "OK");
        records += (uint64_t)stepdown_result_integer(result, i, stepdown_result_column(result, "records"));
    }
    stepdown_result_free(&result);
    return records;
}

static stepdown_time next_due(struct world *world) {
    stepdown_time due;
    assert_int_equal(stepdown_engine_next_due(world->story.engine, &due, NULL), STEPDOWN_OK);
    return due;
}

static stepdown_session *maria(struct world *world) {
    stepdown_session *session = NULL;
    assert_int_equal(
        stepdown_session_open(world->story.engine, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
        STEPDOWN_OK);
    return session;
}

// Who has been told of the huddle that was not held: the owner of the newest alert of that ladder.
static void alert_owner(struct world *world, char out[64]) {
    stepdown_session *session = maria(world);
    stepdown_result *items = NULL;
    assert_int_equal(stepdown_pathway_items(session, world->story.pathway, 1, &items, NULL), STEPDOWN_OK);
    out[0] = '\0';
    for (size_t i = 0; i < stepdown_result_count(items); i++)
        if (strcmp(stepdown_result_text(items, i, stepdown_result_column(items, "name")), "FVH-E2") == 0)
            (void)snprintf(out, 64, "%s", stepdown_result_text(items, i, stepdown_result_column(items, "owner")));
    stepdown_result_free(&items);
    stepdown_session_free(&session);
}

static void records_are_in_order(struct world *world) {
    stepdown_session *session = maria(world);
    stepdown_result *rows = NULL;
    stepdown_time last = INT64_MIN;
    assert_int_equal(stepdown_audit_records(session, world->story.pathway, 0, 1000, &rows, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(rows) > 0);
    for (size_t i = 0; i < stepdown_result_count(rows); i++) {
        stepdown_time at = stepdown_result_integer(rows, i, stepdown_result_column(rows, "recorded_at"));
        assert_true(at >= last);
        last = at;
    }
    stepdown_result_free(&rows);
    stepdown_session_free(&session);
}

static void a_ladder_does_not_run_through_while_the_host_is_down(void **state) {
    (void)state;
    struct world world;
    char owner[64];
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    world_play(&world, 0, FAILED_VISIT);
    world.host.now += 3 * day; // nobody let time pass
    assert_true(advance(&world) > 0);
    alert_owner(&world, owner);
    assert_string_equal(owner, "Omar Haddad"); // the first rung only
    assert_int_equal(advance(&world), 0);
    assert_true(next_due(&world) > world.host.now);
    world.host.now += 119 * minute; // he has two hours from when he was told
    (void)advance(&world);
    alert_owner(&world, owner);
    assert_string_equal(owner, "Omar Haddad");
    world.host.now += 2 * minute;
    (void)advance(&world);
    alert_owner(&world, owner);
    assert_string_equal(owner, "Ruth Adler");
    (void)world_verify(&world);
    records_are_in_order(&world);
    world_free(&world);
}

static void time_in_one_leap_and_in_small_steps_ends_in_the_same_place(void **state) {
    (void)state;
    struct world leaps, steps;
    char one[64], other[64];
    world_make(&leaps, FVH_NOT_HELD, NULL, NULL);
    world_make(&steps, FVH_NOT_HELD, NULL, NULL);
    world_play(&leaps, 0, FAILED_VISIT);
    world_play(&steps, 0, FAILED_VISIT);
    for (int i = 0; i < 96; i++) {
        steps.host.now += 30 * minute;
        (void)advance(&steps);
    }
    for (int i = 0; i < 6; i++) {
        leaps.host.now += 8 * 60 * minute;
        (void)advance(&leaps);
    }
    alert_owner(&leaps, one);
    alert_owner(&steps, other);
    assert_string_equal(one, other);
    (void)world_verify(&leaps);
    (void)world_verify(&steps);
    world_free(&leaps);
    world_free(&steps);
}

static void a_clock_that_goes_back_leaves_records_in_order(void **state) {
    (void)state;
    struct world world;
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    world_play(&world, 0, FAILED_VISIT);
    stepdown_time before = world.host.now;
    world.host.now -= 30 * day;
    world_lengthen(&world, 3);
    assert_int_equal(advance(&world), 0);
    records_are_in_order(&world);
    (void)world_verify(&world);
    world.host.now = before + minute;
    world_lengthen(&world, 1);
    records_are_in_order(&world);
    (void)world_verify(&world);
    world_free(&world);
}

static void a_clock_that_goes_back_between_reads_leaves_access_in_order(void **state) {
    (void)state;
    struct world world;
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    world_play(&world, 0, FAILED_VISIT);
    for (int i = 0; i < 10; i++) {
        world.host.now += i % 2 == 0 ? day : -2 * day;
        free(world_picture(&world));
    }
    (void)world_verify(&world);
    world_free(&world);
}

static void a_leap_of_years_fires_what_was_due_and_ends(void **state) {
    (void)state;
    static const int64_t years[] = {1, 10, 100, 1000};
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        struct world world;
        world_make(&world, FVH_NOT_HELD, NULL, NULL);
        world_play(&world, 0, FAILED_VISIT);
        world.host.now += years[i] * 365 * day;
        uint64_t fired = advance(&world);
        assert_true(fired > 0 && fired < 100);
        (void)world_verify(&world);
        records_are_in_order(&world);
        world_lengthen(&world, 2); // and back in our time, work goes on
        world.host.now = (stepdown_time)FVH_START * 1000000 + day;
        world_lengthen(&world, 2);
        (void)world_verify(&world);
        records_are_in_order(&world);
        world_free(&world);
    }
}

// The ends of time: a clear answer, whatever it is.
static void absurd_clocks_do_no_harm(void **state) {
    (void)state;
    static const stepdown_time clocks[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct world world;
        world_make(&world, FVH_NOT_HELD, NULL, NULL);
        world_play(&world, 0, 3);
        stepdown_time at = fvh_time(FVH_NOT_HELD, 4);
        stepdown_result *result = NULL;
        stepdown_session *session = maria(&world);
        stepdown_command *command = NULL;
        world.host.now = clocks[i];
        (void)stepdown_status_name(stepdown_engine_advance(world.story.engine, clocks[i], 0, &result, NULL, NULL));
        stepdown_result_free(&result);
        assert_int_equal(stepdown_command_new(session, "discharge", "pathway", &command, NULL), STEPDOWN_OK);
        (void)stepdown_status_name(stepdown_session_execute(session, world.story.pathway, command, &result, NULL));
        stepdown_result_free(&result);
        stepdown_command_free(&command);
        (void)stepdown_status_name(stepdown_board(session, world.story.pathway, &result, NULL));
        stepdown_result_free(&result);
        stepdown_session_free(&session);
        world.host.now = at;
        (void)world_verify(&world);
        world_free(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_does_not_run_through_while_the_host_is_down),
        cmocka_unit_test(time_in_one_leap_and_in_small_steps_ends_in_the_same_place),
        cmocka_unit_test(a_clock_that_goes_back_leaves_records_in_order),
        cmocka_unit_test(a_clock_that_goes_back_between_reads_leaves_access_in_order),
        cmocka_unit_test(a_leap_of_years_fires_what_was_due_and_ends),
        cmocka_unit_test(absurd_clocks_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
