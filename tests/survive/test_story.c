// SPDX-License-Identifier: Apache-2.0
// The story itself, undisturbed: what every test of this folder compares with.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/story_fvh.h"

static size_t commands(enum fvh_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < fvh_length(kind); i++)
        count += fvh_sort(kind, i) == FVH_COMMAND && fvh_expected(kind, i) == STEPDOWN_OK;
    return count;
}

// Play it on a new memory store; the picture at its end.
static char *tell(enum fvh_kind kind, uint64_t seed) {
    struct fvh_host host = {.now = (stepdown_time)FVH_START * 1000000, .seed = seed};
    struct fvh_story story = {.kind = kind, .host = &host};
    stepdown_options *options = NULL;
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    char *picture = NULL, problem[160];
    bool intact;
    uint64_t records;
    fvh_pathway(1, story.pathway);
    assert_int_equal(fvh_options(&host, &options), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(fvh_create(storage, options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_open(storage, options, &story.engine, NULL), STEPDOWN_OK);
    if (fvh_prepare(story.engine, options, &error) != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_message(error));
    for (size_t i = 0; i < fvh_length(kind); i++) {
        stepdown_status status = fvh_play(&story, i, &error);
        if (status != fvh_expected(kind, i))
            fail_msg("story %d, step %zu: %s: %s", (int)kind, i, stepdown_status_name(status),
                     error != NULL ? stepdown_error_message(error) : "");
        stepdown_error_free(&error);
    }
    assert_int_equal(fvh_picture(&story, &picture, NULL), STEPDOWN_OK);
    assert_int_equal(fvh_verify(story.engine, &intact, &records, problem, NULL), STEPDOWN_OK);
    if (!intact)
        fail_msg("%s", problem);
    assert_true(records >= commands(kind));
    stepdown_engine_free(&story.engine);
    stepdown_storage_free(&storage);
    stepdown_options_free(&options);
    return picture;
}

static void every_story_goes_as_told(void **state) {
    (void)state;
    for (int kind = 0; kind < FVH_KINDS; kind++)
        free(tell((enum fvh_kind)kind, 1));
    assert_int_equal(stepdown_live_objects(), 0);
}

static void chance_does_not_show_in_the_picture(void **state) {
    (void)state;
    char *one = tell(FVH_REFUSED_AGAIN, 1), *other = tell(FVH_REFUSED_AGAIN, 2), *third = tell(FVH_ENGAGED, 1);
    assert_string_equal(one, other);
    assert_string_not_equal(one, third);
    free(one);
    free(other);
    free(third);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_goes_as_told),
        cmocka_unit_test(chance_does_not_show_in_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
