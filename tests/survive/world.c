// SPDX-License-Identifier: Apache-2.0
// Stores, memory and files for the tests of this folder.
#include "survive/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include <cmocka.h>

void *world_allocate(void *ctx, void *block, size_t size) {
    struct world_memory *memory = ctx;
    if (size == 0) {
        memory->live -= block != NULL;
        free(block);
        return NULL;
    }
    size_t call = ++memory->calls;
    if (memory->fail_at != 0 && (call == memory->fail_at || (call > memory->fail_at && memory->persistent))) {
        memory->hits++;
        return NULL;
    }
    void *out = realloc(block, size);
    memory->live += out != NULL && block == NULL;
    return out;
}

void world_arm(struct world_memory *memory, size_t fail_at, bool persistent) {
    memory->calls = memory->hits = 0;
    memory->fail_at = fail_at;
    memory->persistent = persistent;
}

static stepdown_storage *open_storage(const char *path, struct world_memory *memory) {
    stepdown_storage *storage = NULL;
    stepdown_storage_options *options = NULL;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    if (memory != NULL)
        assert_int_equal(stepdown_storage_options_set_allocator(options, world_allocate, memory, NULL), STEPDOWN_OK);
    stepdown_status status = path != NULL ? stepdown_storage_open_sqlite(path, options, &storage, NULL)
                                          : stepdown_storage_open_memory(options, &storage, NULL);
    assert_int_equal(status, STEPDOWN_OK);
    stepdown_storage_options_free(&options);
    return storage;
}

void world_make(struct world *world, enum fvh_kind kind, const char *path, struct world_memory *memory) {
    *world = (struct world){.host = {.now = (stepdown_time)FVH_START * 1000000, .seed = 1}};
    world->story.kind = kind;
    world->story.host = &world->host;
    fvh_pathway(1, world->story.pathway);
    world->storage = open_storage(path, memory);
    assert_int_equal(fvh_options(&world->host, &world->options), STEPDOWN_OK);
    if (memory != NULL)
        stepdown_options_set_allocator(world->options, world_allocate, memory);
    assert_int_equal(fvh_create(world->storage, world->options, NULL), STEPDOWN_OK);
    world_reopen(world);
    assert_int_equal(fvh_prepare(world->story.engine, world->options, NULL), STEPDOWN_OK);
}

void world_reopen(struct world *world) {
    stepdown_engine_free(&world->story.engine);
    assert_int_equal(stepdown_engine_open(world->storage, world->options, &world->story.engine, NULL), STEPDOWN_OK);
}

void world_free(struct world *world) {
    stepdown_engine_free(&world->story.engine);
    stepdown_storage_free(&world->storage);
    stepdown_options_free(&world->options);
}

void world_play(struct world *world, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        stepdown_error *error = NULL;
        stepdown_status status = fvh_play(&world->story, i, &error);
        if (status != fvh_expected(world->story.kind, i))
            fail_msg("step %zu: %s: %s", i, stepdown_status_name(status),
                     error != NULL ? stepdown_error_message(error) : "");
        stepdown_error_free(&error);
    }
}

uint64_t world_verify(struct world *world) {
    bool intact;
    uint64_t records;
    char problem[160];
    assert_int_equal(fvh_verify(world->story.engine, &intact, &records, problem, NULL), STEPDOWN_OK);
    if (!intact)
        fail_msg("%s", problem);
    return records;
}

char *world_picture(struct world *world) {
    char *picture = NULL;
    assert_int_equal(fvh_picture(&world->story, &picture, NULL), STEPDOWN_OK);
    return picture;
}

char *world_told(enum fvh_kind kind) {
    struct world world;
    world_make(&world, kind, NULL, NULL);
    world_play(&world, 0, fvh_length(kind));
    char *picture = world_picture(&world);
    world_free(&world);
    return picture;
}

void world_place_make(struct world_place *place) {
    const char *under = getenv("TMPDIR");
    int size =
        snprintf(place->directory, sizeof place->directory, "%s/stepdown-XXXXXX", under != NULL ? under : "/tmp");
    assert_true(size > 0 && (size_t)size < sizeof place->directory);
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->path, sizeof place->path, "%s/store", place->directory);
}

void world_place_remove(struct world_place *place) {
    DIR *folder = opendir(place->directory);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", place->directory, entry->d_name);
        if (entry->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(place->directory), 0);
}
