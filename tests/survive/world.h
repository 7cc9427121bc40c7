// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: a store with an engine and a story on it, memory that fails when told to, and
// files in a directory of their own.
#ifndef TESTS_SURVIVE_WORLD_H
#define TESTS_SURVIVE_WORLD_H

#include "support/story_fvh.h"

// Memory that counts and fails. Not for several threads.
struct world_memory {
    size_t calls;    // since armed
    size_t fail_at;  // the call that fails, from 1; 0: none
    bool persistent; // and all later ones
    size_t hits;     // calls made to fail since armed
    size_t live;     // blocks not given back
};
void *world_allocate(void *ctx, void *block, size_t size);
void world_arm(struct world_memory *memory, size_t fail_at, bool persistent);

struct world {
    struct fvh_host host;
    struct fvh_story story; // with the engine
    stepdown_storage *storage;
    stepdown_options *options;
};
// A new memory store, or a SQLite file at `path`, with protocol and people in force. `memory` may be NULL.
void world_make(struct world *world, enum fvh_kind kind, const char *path, struct world_memory *memory);
void world_free(struct world *world);
void world_reopen(struct world *world); // a new engine on the same storage
// Play steps [from, to); fails the test on the first that does not go as told.
void world_play(struct world *world, size_t from, size_t to);
// Fail the test unless every chain is intact; returns the records of all pathways.
uint64_t world_verify(struct world *world);
char *world_picture(struct world *world); // to be given to free()
char *world_told(enum fvh_kind kind);     // the picture of an undisturbed run

void world_lengthen(struct world *world, uint32_t contacts); // that many records more; the case manager takes part

// Kinds of rows in the store, for whoever damages one behind the engine's back.
enum world_rows {
    WORLD_META,
    WORLD_SETTINGS,
    WORLD_SYMBOL_NAME,
    WORLD_SYMBOL_NUMBER,
    WORLD_SYMBOL_COUNTER,
    WORLD_SOURCE,
    WORLD_DEFINITION_SET,
    WORLD_ACTIVE,
    WORLD_ORGANIZATION,
    WORLD_ASSIGNMENT,
    WORLD_HEAD,
    WORLD_RECORD,
    WORLD_SNAPSHOT,
    WORLD_COMMAND,
    WORLD_TIMER,
    WORLD_OUTBOX,
    WORLD_ROWS
};
const char *world_rows_name(enum world_rows rows);
// Changes the bytes of a row, the `row`th of its kind from 0; true: write it back.
typedef bool (*world_change)(void *ctx, size_t row, uint8_t *value, size_t *size);
// Walk the rows of a kind and write back what `change` returned true for; returns how many rows there are. A size of
// SIZE_MAX deletes the row. The value has room for 65,535 bytes.
size_t world_alter(struct world *world, enum world_rows rows, world_change change, void *ctx);
// Flip a bit of byte `at` (counted round) in every row of the kind; returns how many rows were changed.
size_t world_damage(struct world *world, enum world_rows rows, size_t at);

// A directory under the temporary one; *path gets a file name in it. Removed with everything in it.
struct world_place {
    char directory[64], path[96];
};
void world_place_make(struct world_place *place);
void world_place_remove(struct world_place *place);

#endif
