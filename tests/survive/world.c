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

#include "engine/keys.h"
#include "storage/storage.h"

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

void world_lengthen(struct world *world, uint32_t contacts) {
    stepdown_session *session = NULL;
    assert_int_equal(
        stepdown_session_open(world->story.engine, "Denise Walker", "case-manager", "brightpath", NULL, &session, NULL),
        STEPDOWN_OK);
    for (uint32_t i = 0; i < contacts; i++) {
        stepdown_command *command = NULL;
        stepdown_error *error = NULL;
        world->host.now += 1000000;
        assert_int_equal(stepdown_command_new(session, "submit", "contact", &command, NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_command_set(command, "contact_outcome", "attempted", NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_command_set(command, "contact_method", "telephone", NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_command_set(command, "contact_planned", "planned", NULL), STEPDOWN_OK);
        assert_int_equal(stepdown_command_set(command, "contact_note", "nobody answered", NULL), STEPDOWN_OK);
        if (stepdown_session_execute(session, world->story.pathway, command, NULL, &error) != STEPDOWN_OK)
            fail_msg("contact %u: %s", i, stepdown_error_message(error));
        stepdown_command_free(&command);
    }
    stepdown_session_free(&session);
}

// ---- rows behind the engine's back -----------------------------------------------------------------------------------

// Zone and space of the keys of each kind; the story's own where it is a pathway's.
static const struct {
    const char *name;
    uint8_t zone, space;
} rows_of[WORLD_ROWS] = {
    [WORLD_META] = {"meta", 0, 'm'},
    [WORLD_SETTINGS] = {"settings version", 0, 'v'},
    [WORLD_SYMBOL_NAME] = {"symbol by name", 0, 'n'},
    [WORLD_SYMBOL_NUMBER] = {"symbol by number", 0, 's'},
    [WORLD_SYMBOL_COUNTER] = {"symbol counter", 0, 'k'},
    [WORLD_SOURCE] = {"source", 0, 'p'},
    [WORLD_DEFINITION_SET] = {"definition set", 0, 'd'},
    [WORLD_ACTIVE] = {"active protocol", 0, 'c'},
    [WORLD_ORGANIZATION] = {"organization", 0, 'o'},
    [WORLD_ASSIGNMENT] = {"assignment", 0, 'a'},
    [WORLD_HEAD] = {"head", 1, SPACE_HEAD},
    [WORLD_RECORD] = {"record", 1, SPACE_RECORD},
    [WORLD_SNAPSHOT] = {"snapshot", 1, SPACE_SNAPSHOT},
    [WORLD_COMMAND] = {"command id", 1, SPACE_COMMAND},
    [WORLD_TIMER] = {"timer", 2, 't'},
    [WORLD_OUTBOX] = {"outbox", 2, 'x'},
};

const char *world_rows_name(enum world_rows rows) { return rows_of[rows].name; }

static void key_of(const struct world *world, enum world_rows rows, uint8_t space, struct key *key) {
    uint8_t id[RECORD_ID];
    if (rows_of[rows].zone == 1) {
        assert_true(base32_parse_id(slice_text(world->story.pathway), id));
        key_pathway(key, id, space);
        return;
    }
    key->bytes[0] = rows_of[rows].zone;
    key->bytes[1] = space;
    key->size = 2;
}

static void alter_row(struct transaction *t, const struct row *row, size_t number, world_change change, void *ctx) {
    static uint8_t value[STORAGE_VALUE_MAX + 1];
    size_t size = row->value.size;
    if (size > 0)
        memcpy(value, row->value.data, size);
    if (!change(ctx, number, value, &size))
        return;
    stepdown_status status = size == SIZE_MAX ? transaction_delete(t, row->key, NULL)
                                              : transaction_put(t, row->key, slice_of(value, size), NULL);
    assert_int_equal(status, STEPDOWN_OK);
}

size_t world_alter(struct world *world, enum world_rows rows, world_change change, void *ctx) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct key from, to;
    struct row *found = NULL;
    size_t count = 0;
    bool more = false;
    transaction_init(&t, world->storage, &env);
    arena_init(&arena, &env);
    key_of(world, rows, rows_of[rows].space, &from);
    key_of(world, rows, (uint8_t)(rows_of[rows].space + 1), &to);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(
        transaction_scan(&t, key_slice(&from), key_slice(&to), false, 10000, &arena, &found, &count, &more, NULL),
        STEPDOWN_OK);
    for (size_t i = 0; i < count; i++)
        alter_row(&t, &found[i], i, change, ctx);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    arena_free(&arena);
    return count;
}

static bool flip(void *ctx, size_t row, uint8_t *value, size_t *size) {
    (void)row;
    if (*size == 0)
        return false;
    value[*(size_t *)ctx % *size] ^= 1;
    return true;
}

size_t world_damage(struct world *world, enum world_rows rows, size_t at) {
    return world_alter(world, rows, flip, &at);
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
