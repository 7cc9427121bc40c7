// SPDX-License-Identifier: Apache-2.0
// The public conformance suite on the stores that come with the library. STEPDOWN_THOROUGH=1 runs the large numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stepdown/storage.h>

#include "storage/naive.h"
#include "storage/stores.h"

static size_t report_print(const stepdown_conformance *report) {
    for (size_t i = 0; i < stepdown_conformance_count(report); i++)
        if (stepdown_conformance_result(report, i) != STEPDOWN_CONFORMANCE_PASSED)
            print_message("%s %s: %s\n",
                          stepdown_conformance_result(report, i) == STEPDOWN_CONFORMANCE_SKIPPED ? "skipped" : "FAILED",
                          stepdown_conformance_name(report, i), stepdown_conformance_detail(report, i));
    return stepdown_conformance_failures(report);
}

static void suite_passes(stepdown_conformance_factory factory, void *ctx) {
    const char *thorough = getenv("STEPDOWN_THOROUGH");
    stepdown_conformance *report = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_conformance(factory, ctx,
                                                  thorough != NULL && thorough[0] == '1' ? STEPDOWN_CONFORMANCE_THOROUGH
                                                                                         : STEPDOWN_CONFORMANCE_QUICK,
                                                  &report, &error),
                     STEPDOWN_OK);
    assert_true(stepdown_conformance_count(report) >= 45);
    assert_int_equal(report_print(report), 0);
    stepdown_conformance_free(&report);
    assert_null(report);
}

static void memory_store_conforms(void **state) {
    (void)state;
    suite_passes(memory_factory, NULL);
}

static void sqlite_store_conforms(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_NORMAL);
    suite_passes(sqlite_factory, &place);
    sqlite_place_remove(&place);
}

static void sqlite_store_conforms_at_full_synchrony(void **state) {
    (void)state;
    struct sqlite_place place;
    sqlite_place_make(&place, STEPDOWN_STORAGE_SYNC_FULL);
    suite_passes(sqlite_factory, &place);
    sqlite_place_remove(&place);
}

static void suite_checks_its_arguments(void **state) {
    (void)state;
    stepdown_conformance *report = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_conformance(NULL, NULL, STEPDOWN_CONFORMANCE_QUICK, &report, &error),
                     STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_storage_conformance(memory_factory, NULL, 7, &report, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_null(report);
}

struct naive_place {
    enum naive_flaw flaw;
    struct naive *naive;
};

static stepdown_status naive_factory(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error) {
    struct naive_place *place = ctx;
    if (what == STEPDOWN_CONFORMANCE_FRESH) {
        naive_free(&place->naive);
        place->naive = naive_new(place->flaw);
    }
    return naive_open(place->naive, out, out_error);
}

static void a_back_end_by_the_public_header_conforms(void **state) {
    (void)state;
    for (enum naive_flaw flaw = NAIVE_SOUND; flaw <= NAIVE_CONFLICTS_WITH_ANYTHING; flaw++) {
        struct naive_place place = {.flaw = flaw};
        suite_passes(naive_factory, &place);
        naive_free(&place.naive);
    }
}

static void every_flaw_of_a_back_end_is_found(void **state) {
    (void)state;
    for (enum naive_flaw flaw = NAIVE_CONFLICTS_WITH_ANYTHING + 1; flaw < NAIVE_FLAWS; flaw++) {
        struct naive_place place = {.flaw = flaw};
        stepdown_conformance *report = NULL;
        assert_int_equal(stepdown_storage_conformance(naive_factory, &place, STEPDOWN_CONFORMANCE_QUICK, &report, NULL),
                         STEPDOWN_OK);
        if (stepdown_conformance_failures(report) == 0)
            fail_msg("flaw %d was not found", (int)flaw);
        stepdown_conformance_free(&report);
        naive_free(&place.naive);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_store_conforms),
        cmocka_unit_test(sqlite_store_conforms),
        cmocka_unit_test(sqlite_store_conforms_at_full_synchrony),
        cmocka_unit_test(a_back_end_by_the_public_header_conforms),
        cmocka_unit_test(every_flaw_of_a_back_end_is_found),
        cmocka_unit_test(suite_checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
