// SPDX-License-Identifier: Apache-2.0
// Stores that were damaged behind the engine's back: bits flipped, rows cut short, emptied and taken away, of every kind
// of row; formats of the future. A clear answer, never a crash; verification says which record of which chain; and when
// the bytes are put right nothing has been lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "survive/world.h"

enum harm { FLIP_LOW, FLIP_HIGH, CUT, EMPTY, LENGTHEN, TAKE_AWAY, HARMS };

struct blow {
    enum harm harm;
    size_t row, at;
    bool undo, struck;
    uint8_t kept[65536]; // the row as it was
    size_t kept_size;
};

static bool strike(void *ctx, size_t row, uint8_t *value, size_t *size) {
    struct blow *blow = ctx;
    if (row != blow->row)
        return false;
    memcpy(blow->kept, value, *size);
    blow->kept_size = *size;
    bool possible = *size > 0 || blow->harm == LENGTHEN || blow->harm == TAKE_AWAY;
    if (!possible)
        return false;
    blow->struck = true;
    switch (blow->harm) {
    case FLIP_LOW: value[blow->at % *size] ^= 1; break;
    case FLIP_HIGH: value[blow->at % *size] ^= 0x80; break;
    case CUT: *size = blow->at % *size; break;
    case EMPTY: *size = 0; break;
    case LENGTHEN: value[(*size)++] = 0; break;
    default: *size = SIZE_MAX; break;
    }
    return true;
}

static bool mend(void *ctx, size_t row, uint8_t *value, size_t *size) {
    struct blow *blow = ctx;
    if (row != blow->row)
        return false;
    memcpy(value, blow->kept, blow->kept_size);
    *size = blow->kept_size;
    return true;
}

// A status that a damaged store may be answered with.
static bool clear(stepdown_status status) {
    switch (status) {
    case STEPDOWN_OK:
    case STEPDOWN_CORRUPT:
    case STEPDOWN_UNSUPPORTED:
    case STEPDOWN_NOT_FOUND: // a row that is gone, or a name that nothing is known by any more
    case STEPDOWN_PROTOCOL:  // the definitions say what is wrong with them
    case STEPDOWN_DENIED: return true;
    default: return false;
    }
}

static void expect_clear(const struct blow *blow, enum world_rows rows, const char *call, stepdown_status status,
                         stepdown_error **error) {
    if (!clear(status))
        fail_msg("%s row %zu, harm %d at %zu: %s says %s: %s", world_rows_name(rows), blow->row, (int)blow->harm,
                 blow->at, call, stepdown_status_name(status), *error != NULL ? stepdown_error_message(*error) : "");
    assert_true(status == STEPDOWN_OK || *error != NULL);
    stepdown_error_free(error);
}

// Rows without which records would say something else, or nothing: verification must see it.
static bool must_show(enum world_rows rows) {
    return rows == WORLD_HEAD || rows == WORLD_RECORD || rows == WORLD_SNAPSHOT || rows == WORLD_SYMBOL_NAME ||
           rows == WORLD_SOURCE; // a definition set also holds file names, which nothing depends on
}

// A new engine looks at the damaged store. Returns whether it found anything.
static bool look(struct world *world, const struct blow *blow, enum world_rows rows) {
    stepdown_engine *engine = NULL;
    stepdown_error *error = NULL;
    stepdown_result *rows_found = NULL;
    stepdown_status status = stepdown_engine_open(world->storage, world->options, &engine, &error);
    bool found = status != STEPDOWN_OK;
    expect_clear(blow, rows, "open", status, &error);
    if (engine == NULL)
        return true;
    struct fvh_story story = world->story;
    char *picture = NULL;
    story.engine = engine;
    status = fvh_picture(&story, &picture, &error);
    found = found || status != STEPDOWN_OK;
    expect_clear(blow, rows, "a look", status, &error);
    free(picture);
    status = stepdown_audit_verify(engine, story.pathway, NULL, NULL, &rows_found, &error);
    found = found || status != STEPDOWN_OK;
    expect_clear(blow, rows, "verification", status, &error);
    for (size_t i = 0; i < stepdown_result_count(rows_found); i++) {
        if (stepdown_result_integer(rows_found, i, stepdown_result_column(rows_found, "intact")) != 0)
            continue;
        int64_t bad = stepdown_result_integer(rows_found, i, stepdown_result_column(rows_found, "bad_sequence"));
        found = true;
        assert_true(strlen(stepdown_result_text(rows_found, i, stepdown_result_column(rows_found, "problem"))) > 5);
        if (rows == WORLD_RECORD && blow->harm != LENGTHEN && bad != (int64_t)blow->row)
            fail_msg("record %zu was harmed (%d), and verification names %lld", blow->row, (int)blow->harm,
                     (long long)bad);
    }
    stepdown_result_free(&rows_found);
    stepdown_engine_free(&engine);
    return found;
}

static void damage(struct world *world, enum world_rows rows, struct blow *blow) {
    blow->struck = false;
    size_t count = world_alter(world, rows, strike, blow);
    if (!blow->struck)
        return;
    bool found = look(world, blow, rows);
    if (!found && must_show(rows))
        fail_msg("%s row %zu of %zu, harm %d at %zu: nobody notices", world_rows_name(rows), blow->row, count,
                 (int)blow->harm, blow->at);
    if (blow->harm != TAKE_AWAY)
        (void)world_alter(world, rows, mend, blow);
}

// The byte that is harmed: in turn the first ones and some further on.
static size_t place_of(size_t round, size_t row) { return round < 6 ? round : round * 37 + row * 11; }

static void damage_is_seen_and_harms_nothing_else(void **state) {
    (void)state;
    static struct blow blow;
    struct world world;
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    world_play(&world, 0, fvh_length(FVH_NOT_HELD) - 5);
    world_lengthen(&world, 70);
    world_play(&world, fvh_length(FVH_NOT_HELD) - 1, fvh_length(FVH_NOT_HELD));
    char *before = world_picture(&world);
    stepdown_engine_free(&world.story.engine);
    for (int rows = 0; rows < WORLD_ROWS; rows++) {
        blow.row = SIZE_MAX;
        size_t count = world_alter(&world, (enum world_rows)rows, strike, &blow);
        assert_true(count > 0 || rows == WORLD_OUTBOX || rows == WORLD_TIMER);
        size_t step = count > 7 ? count / 7 : 1;
        for (blow.row = 0; blow.row < count; blow.row += step) {
            for (int harm = 0; harm < TAKE_AWAY; harm++) {
                blow.harm = (enum harm)harm;
                size_t rounds = harm <= CUT ? (count > 3 ? 3 : 16) : 1;
                for (size_t round = 0; round < rounds; round++) {
                    blow.at = place_of(round, blow.row);
                    damage(&world, (enum world_rows)rows, &blow);
                }
            }
        }
    }
    world_reopen(&world);
    char *after = world_picture(&world);
    assert_string_equal(before, after);
    (void)world_verify(&world);
    free(before);
    free(after);
    world_free(&world);
}

static void rows_that_are_gone_are_missed(void **state) {
    (void)state;
    static struct blow blow;
    for (int rows = 0; rows < WORLD_ROWS; rows++) {
        struct world world;
        world_make(&world, FVH_NOT_HELD, NULL, NULL);
        world_play(&world, 0, 14);
        world_lengthen(&world, 60);
        stepdown_engine_free(&world.story.engine);
        blow = (struct blow){.harm = TAKE_AWAY, .row = rows == WORLD_RECORD ? 5 : 0};
        damage(&world, (enum world_rows)rows, &blow);
        world_free(&world);
    }
}

// Whoever goes on working on a damaged store gets a clear answer to every command, and what is written is sound.
static void commands_on_a_damaged_store_do_no_further_harm(void **state) {
    (void)state;
    static struct blow blow;
    for (int rows = 0; rows < WORLD_ROWS; rows++) {
        for (int harm = 0; harm < HARMS; harm++) {
            struct world world;
            world_make(&world, FVH_NOT_HELD, NULL, NULL);
            world_play(&world, 0, 9);
            blow = (struct blow){.harm = (enum harm)harm, .at = 3};
            (void)world_alter(&world, (enum world_rows)rows, strike, &blow);
            stepdown_engine_free(&world.story.engine);
            stepdown_status status = stepdown_engine_open(world.storage, world.options, &world.story.engine, NULL);
            assert_true(clear(status));
            for (size_t i = 0; status == STEPDOWN_OK && i < fvh_length(FVH_NOT_HELD); i++) {
                stepdown_error *error = NULL;
                stepdown_status played = fvh_play(&world.story, i, &error);
                if (!clear(played) && played != STEPDOWN_EXISTS && played != STEPDOWN_KEY_REUSED &&
                    played != STEPDOWN_WRONG_STATE && played != STEPDOWN_INVALID && played != STEPDOWN_HELD)
                    fail_msg("%s, harm %d, step %zu: %s", world_rows_name((enum world_rows)rows), harm, i,
                             stepdown_status_name(played));
                stepdown_error_free(&error);
            }
            world_free(&world);
        }
    }
}

static void broken_pathways_do_not_keep_time_from_the_others(void **state) {
    (void)state;
    enum { PATHWAYS = 4, STEPS = 8 }; // as far as the failed visit
    struct world world;
    size_t fired = 0;
    world_make(&world, FVH_NOT_HELD, NULL, NULL);
    for (uint32_t i = 0; i < PATHWAYS; i++) {
        fvh_pathway(i, world.story.pathway);
        world_play(&world, 0, STEPS);
        if (i % 2 == 0)
            assert_true(world_damage(&world, WORLD_RECORD, 50) > 0);
    }
    world_reopen(&world);
    world.host.now = fvh_time(FVH_NOT_HELD, STEPS + 1); // past midnight: all are due
    for (int round = 0; round < PATHWAYS; round++) {
        stepdown_result *result = NULL;
        assert_int_equal(stepdown_engine_advance(world.story.engine, world.host.now, 1, &result, NULL, NULL),
                         STEPDOWN_OK);
        for (size_t i = 0; i < stepdown_result_count(result); i++) {
            const char *status = stepdown_result_text(result, i, stepdown_result_column(result, "status"));
            fired += strcmp(status, "OK") == 0;
            assert_true(strcmp(status, "OK") == 0 || strcmp(status, "CORRUPT") == 0);
        }
        stepdown_result_free(&result);
    }
    assert_int_equal(fired, PATHWAYS / 2);
    world_free(&world);
}

// ---- formats of the future -------------------------------------------------------------------------------------------

static bool next_format(void *ctx, size_t row, uint8_t *value, size_t *size) {
    (void)row;
    (void)size;
    value[*(size_t *)ctx]++;
    return true;
}

static void a_store_of_the_future_is_not_opened(void **state) {
    (void)state;
    struct world world;
    stepdown_engine *engine = NULL;
    size_t at = 2; // map, key 0, format
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    assert_int_equal(world_alter(&world, WORLD_META, next_format, &at), 1);
    assert_int_equal(stepdown_engine_open(world.storage, world.options, &engine, NULL), STEPDOWN_UNSUPPORTED);
    assert_null(engine);
    world_free(&world);
}

static void a_head_of_the_future_is_not_read(void **state) {
    (void)state;
    struct world world;
    char *picture = NULL;
    size_t at = 0;
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    world_play(&world, 0, 3);
    assert_int_equal(world_alter(&world, WORLD_HEAD, next_format, &at), 1);
    assert_int_equal(fvh_picture(&world.story, &picture, NULL), STEPDOWN_UNSUPPORTED);
    assert_int_equal(fvh_play(&world.story, 3, NULL), STEPDOWN_UNSUPPORTED);
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_seen_and_harms_nothing_else),
        cmocka_unit_test(rows_that_are_gone_are_missed),
        cmocka_unit_test(commands_on_a_damaged_store_do_no_further_harm),
        cmocka_unit_test(broken_pathways_do_not_keep_time_from_the_others),
        cmocka_unit_test(a_store_of_the_future_is_not_opened),
        cmocka_unit_test(a_head_of_the_future_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
