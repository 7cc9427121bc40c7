// SPDX-License-Identifier: Apache-2.0
// Everything but records can be made anew: a long pathway is the same from its snapshot, from its records alone and
// after its snapshots were thrown away, and the snapshot that comes back is the same to the byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "survive/world.h"

struct kept {
    uint8_t bytes[262144];
    size_t size, rows;
};

static bool keep(void *ctx, size_t row, uint8_t *value, size_t *size) {
    struct kept *kept = ctx;
    assert_true(kept->size + *size <= sizeof kept->bytes);
    memcpy(kept->bytes + kept->size, value, *size);
    kept->size += *size;
    kept->rows = row + 1;
    return false;
}

static void snapshot_of(struct world *world, struct kept *kept) {
    kept->size = kept->rows = 0;
    (void)world_alter(world, WORLD_SNAPSHOT, keep, kept);
}

enum { CONTACTS = 400 };

static void long_pathway(struct world *world) {
    world_make(world, FVH_NOT_HELD, NULL, NULL);
    world_play(world, 0, 8); // as far as the failed visit; then one call after the other
    world_lengthen(world, CONTACTS);
}

static void a_long_pathway_loads_the_same_from_snapshot_and_records(void **state) {
    (void)state;
    static struct kept kept;
    struct world world;
    long_pathway(&world);
    char *cached = world_picture(&world);
    snapshot_of(&world, &kept);
    assert_true(kept.size > 1000);
    world_reopen(&world);
    char *loaded = world_picture(&world);
    assert_string_equal(cached, loaded);
    assert_int_equal(stepdown_engine_rebuild(world.story.engine, 1, NULL), STEPDOWN_OK);
    snapshot_of(&world, &kept);
    assert_int_equal(kept.size, 0);
    char *folded = world_picture(&world);
    assert_string_equal(cached, folded);
    assert_true(world_verify(&world) >= CONTACTS);
    free(cached);
    free(loaded);
    free(folded);
    world_free(&world);
}

// Two engines go the same way; one of them loses its snapshots. The next command writes a snapshot in both.
static void a_snapshot_comes_back_to_the_byte(void **state) {
    (void)state;
    static struct kept one, other;
    struct world worlds[2];
    for (int i = 0; i < 2; i++) {
        long_pathway(&worlds[i]);
        assert_int_equal(stepdown_engine_rebuild(worlds[i].story.engine, 1, NULL), STEPDOWN_OK);
        if (i == 1) // folded from records by a new engine, instead of going on with the old one's
            world_reopen(&worlds[i]);
        world_lengthen(&worlds[i], 1);
    }
    snapshot_of(&worlds[0], &one);
    snapshot_of(&worlds[1], &other);
    assert_true(one.size > 1000);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.bytes, other.bytes, one.size);
    for (int i = 0; i < 2; i++) {
        (void)world_verify(&worlds[i]);
        world_free(&worlds[i]);
    }
}

static void snapshots_thrown_away_again_and_again_change_nothing(void **state) {
    (void)state;
    char *told = world_told(FVH_REFUSED_AGAIN);
    struct world world;
    world_make(&world, FVH_REFUSED_AGAIN, NULL, NULL);
    for (size_t i = 0; i < fvh_length(FVH_REFUSED_AGAIN); i++) {
        world_play(&world, i, i + 1);
        assert_int_equal(stepdown_engine_rebuild(world.story.engine, i % 2 != 0, NULL), STEPDOWN_OK);
    }
    char *picture = world_picture(&world);
    assert_string_equal(picture, told);
    free(picture);
    free(told);
    world_free(&world);
}

static void an_engine_without_cache_tells_the_same_story(void **state) {
    (void)state;
    for (int kind = 0; kind < FVH_KINDS; kind++) {
        char *told = world_told((enum fvh_kind)kind);
        struct world world;
        world_make(&world, (enum fvh_kind)kind, NULL, NULL);
        stepdown_options_set_cache(world.options, 0);
        world_reopen(&world);
        for (uint32_t number = 2; number < 5; number++) { // others come and go between
            fvh_pathway(number, world.story.pathway);
            world_play(&world, 0, 3);
        }
        fvh_pathway(1, world.story.pathway);
        world_play(&world, 0, fvh_length((enum fvh_kind)kind));
        char *picture = world_picture(&world);
        assert_string_equal(picture, told);
        free(picture);
        free(told);
        world_free(&world);
    }
}

// What is in one engine's memory is never older than the store: engines take turns.
static void engines_take_turns_on_one_pathway(void **state) {
    (void)state;
    char *told = world_told(FVH_ENGAGED);
    struct world world;
    stepdown_engine *engines[3] = {NULL};
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stepdown_engine_open(world.storage, world.options, &engines[i], NULL), STEPDOWN_OK);
    stepdown_engine *own = world.story.engine;
    for (size_t i = 0; i < fvh_length(FVH_ENGAGED); i++) {
        world.story.engine = engines[(i * i + i / 3) % 3];
        world_play(&world, i, i + 1);
    }
    for (int i = 0; i < 3; i++) {
        world.story.engine = engines[i];
        char *picture = world_picture(&world);
        assert_string_equal(picture, told);
        free(picture);
        stepdown_engine_free(&engines[i]);
    }
    world.story.engine = own;
    (void)world_verify(&world);
    free(told);
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_pathway_loads_the_same_from_snapshot_and_records),
        cmocka_unit_test(a_snapshot_comes_back_to_the_byte),
        cmocka_unit_test(snapshots_thrown_away_again_and_again_change_nothing),
        cmocka_unit_test(an_engine_without_cache_tells_the_same_story),
        cmocka_unit_test(engines_take_turns_on_one_pathway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
