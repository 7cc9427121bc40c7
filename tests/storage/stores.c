// SPDX-License-Identifier: Apache-2.0
// Stores for the tests of this folder.
#include "storage/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include <cmocka.h>

stepdown_status memory_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error) {
    (void)ctx;
    if (what == STEPDOWN_CONFORMANCE_REOPEN)
        return STEPDOWN_UNSUPPORTED;
    return stepdown_storage_open_memory(NULL, out, out_error);
}

void sqlite_place_make(struct sqlite_place *place, int32_t synchronous) {
    *place = (struct sqlite_place){.synchronous = synchronous};
    const char *base = getenv("TMPDIR");
    snprintf(place->directory, sizeof place->directory, "%.40s/stepdown-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof place->path, "%s/store", place->directory);
}

void sqlite_place_remove(struct sqlite_place *place) {
    DIR *directory = opendir(place->directory);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", place->directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlink(path), 0);
    }
    closedir(directory);
    assert_int_equal(rmdir(place->directory), 0);
}

static stepdown_status place_open(struct sqlite_place *place, stepdown_storage **out, stepdown_error **out_error) {
    stepdown_storage_options *options = NULL;
    stepdown_status status = stepdown_storage_options_new(&options, out_error);
    if (status == STEPDOWN_OK)
        status = stepdown_storage_options_set_synchronous(options, place->synchronous, out_error);
    if (status == STEPDOWN_OK)
        status = stepdown_storage_open_sqlite(place->path, options, out, out_error);
    stepdown_storage_options_free(&options);
    return status;
}

stepdown_status sqlite_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error) {
    struct sqlite_place *place = ctx;
    if (what == STEPDOWN_CONFORMANCE_FRESH)
        snprintf(place->path, sizeof place->path, "%s/store-%d", place->directory, place->count++);
    return place_open(place, out, out_error);
}

stepdown_storage *sqlite_place_open(struct sqlite_place *place) {
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = place_open(place, &storage, &error);
    if (status != STEPDOWN_OK)
        print_message("open: %s\n", error == NULL ? "" : stepdown_error_message(error));
    stepdown_error_free(&error);
    assert_int_equal(status, STEPDOWN_OK);
    return storage;
}

const char *sqlite_place_file(struct sqlite_place *place, const char *name, char out[128]) {
    snprintf(out, 128, "%s/%s", place->directory, name);
    return out;
}
