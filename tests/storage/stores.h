// SPDX-License-Identifier: Apache-2.0
// Stores for the tests of this folder: factories for the conformance suite, and files in a directory of their own.
#ifndef TESTS_STORAGE_STORES_H
#define TESTS_STORAGE_STORES_H

#include <stepdown/storage.h>

stepdown_status memory_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error);

struct sqlite_place {
    char directory[64];
    char path[96]; // of the store last opened
    int32_t synchronous;
    int count;
};
void sqlite_place_make(struct sqlite_place *place, int32_t synchronous);
void sqlite_place_remove(struct sqlite_place *place);
// ctx: a struct sqlite_place.
stepdown_status sqlite_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error);
// Open the store at place->path once more; fails the test if that does not work.
stepdown_storage *sqlite_place_open(struct sqlite_place *place);
// The path of another file in the directory.
const char *sqlite_place_file(struct sqlite_place *place, const char *name, char out[128]);

#endif
