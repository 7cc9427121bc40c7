// SPDX-License-Identifier: Apache-2.0
// Status codes, errors with details, cookies and diagnostics.
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "support/memory.h"

static void every_code_has_its_name_text_and_category(void **state) {
    (void)state;
    assert_string_equal(stepdown_status_name(STEPDOWN_OK), "OK");
    assert_string_equal(stepdown_status_name(STEPDOWN_HELD), "HELD");
    assert_string_equal(stepdown_status_text(STEPDOWN_NOMEM), "out of memory");
    assert_int_equal(stepdown_status_category(STEPDOWN_OK), STEPDOWN_CATEGORY_NONE);
    assert_int_equal(stepdown_status_category(STEPDOWN_STALE), STEPDOWN_CATEGORY_REFUSED);
    assert_int_equal(stepdown_status_category(STEPDOWN_UNKNOWN), STEPDOWN_CATEGORY_RETRY);
#define CHECK(name, number, category, text)                                                                            \
    assert_string_equal(stepdown_status_name(number), #name);                                                          \
    assert_string_equal(stepdown_status_text(number), text);                                                           \
    assert_int_equal(stepdown_status_category(number), STEPDOWN_CATEGORY_##category);
    STEPDOWN_STATUS_TABLE(CHECK)
#undef CHECK
}

static void a_number_that_is_no_code_is_named_so(void **state) {
    (void)state;
    static const stepdown_status numbers[] = {-1, 8, 61, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_string_equal(stepdown_status_name(numbers[i]), "?");
        assert_non_null(stepdown_status_text(numbers[i]));
        assert_int_equal(stepdown_status_category(numbers[i]), STEPDOWN_CATEGORY_PROGRAM);
    }
}

static void error_carries_code_message_and_details(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    stepdown_error *error = NULL;
    assert_int_equal(status_fail(&memory.env, &error, STEPDOWN_HELD, "gate %s holds %d", "g", 3), STEPDOWN_HELD);
    status_detail(&error, "gate", "%s", "g");
    status_detail(&error, "count", "%d", 3);
    assert_int_equal(stepdown_error_code(error), STEPDOWN_HELD);
    assert_string_equal(stepdown_error_message(error), "gate g holds 3");
    assert_int_equal(stepdown_error_detail_count(error), 2);
    assert_string_equal(stepdown_error_detail_key(error, 0), "gate");
    assert_string_equal(stepdown_error_detail_value(error, 1), "3");
    assert_null(stepdown_error_detail_key(error, 2));
    assert_null(stepdown_error_detail_value(error, 2));
    assert_int_equal(stepdown_error_diagnostic_count(error), 0);
    assert_string_equal(stepdown_error_diagnostic_file(error, 0), "");
    assert_int_equal(stepdown_error_diagnostic_line(error, 0), 0);
    // The error outlives the env it was made with.
    memory.env.log_ctx = &memory;
    stepdown_error_free(&error);
    assert_null(error);
    stepdown_error_free(&error);
    stepdown_error_free(NULL);
    assert_int_equal(memory.live, 0);
}

static void error_keeps_its_own_copy_of_the_allocator(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    struct env passing = memory.env;
    stepdown_error *error = NULL;
    status_fail(&passing, &error, STEPDOWN_IO, "x");
    memset(&passing, 0, sizeof passing);
    status_detail(&error, "k", "v");
    assert_int_equal(memory.live, 3);
    stepdown_error_free(&error);
    assert_int_equal(memory.live, 0);
}

static void an_error_already_set_is_never_overwritten(void **state) {
    (void)state;
    struct env env = env_default();
    stepdown_error *error = NULL;
    status_fail(&env, &error, STEPDOWN_IO, "first");
    assert_int_equal(status_fail(&env, &error, STEPDOWN_CORRUPT, "second"), STEPDOWN_CORRUPT);
    assert_int_equal(status_nomem(&env, &error), STEPDOWN_NOMEM);
    assert_int_equal(stepdown_error_raise(&error, STEPDOWN_HOST, "third"), STEPDOWN_HOST);
    assert_string_equal(stepdown_error_message(error), "first");
    stepdown_error_free(&error);
}

static void a_place_for_the_error_may_be_missing(void **state) {
    (void)state;
    struct env env = env_default();
    assert_int_equal(status_fail(&env, NULL, STEPDOWN_IO, "x"), STEPDOWN_IO);
    assert_int_equal(status_nomem(&env, NULL), STEPDOWN_NOMEM);
    assert_int_equal(stepdown_error_raise(NULL, STEPDOWN_HOST, "x"), STEPDOWN_HOST);
    status_detail(NULL, "k", "v");
    stepdown_error *error = NULL;
    status_detail(&error, "k", "v");
    assert_null(error);
}

static void long_messages_are_cut_between_characters(void **state) {
    (void)state;
    struct env env = env_default();
    char text[1200];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'x', sizeof text);
        for (size_t i = lead; i + 4 < sizeof text; i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 4);
        text[sizeof text - 1] = '\0';
        stepdown_error *error = NULL;
        status_fail(&env, &error, STEPDOWN_INVALID, "%s", text);
        const char *message = stepdown_error_message(error);
        size_t size = strlen(message);
        assert_in_range(size, 997, 1000);
        assert_int_equal((size - lead) % 4, 0);
        assert_memory_equal(message, text, size);
        stepdown_error_free(&error);
    }
    memset(text, 'x', 1000);
    text[1000] = '\0';
    stepdown_error *error = NULL;
    status_fail(&env, &error, STEPDOWN_INVALID, "%s", text);
    assert_string_equal(stepdown_error_message(error), text);
    stepdown_error_free(&error);
}

static void hostile_bytes_never_leave_as_text(void **state) {
    (void)state;
    struct env env = env_default();
    stepdown_error *error = NULL;
    status_fail(&env, &error, STEPDOWN_INVALID, "a\xFFz\xC3");
    status_detail(&error, "\x80", "%s", "\xED\xA0\x80");
    assert_string_equal(stepdown_error_message(error), "a?z?");
    assert_string_equal(stepdown_error_detail_key(error, 0), "?");
    assert_string_equal(stepdown_error_detail_value(error, 0), "???");
    stepdown_error_free(&error);
    char broken[1100];
    memset(broken, 0x80, sizeof broken);
    broken[sizeof broken - 1] = '\0';
    status_fail(&env, &error, STEPDOWN_INVALID, "%s", broken);
    assert_true(utf8_valid(slice_text(stepdown_error_message(error)), NULL));
    stepdown_error_free(&error);
}

static int released;

static void release(void *cookie) { released += *(int *)cookie; }

static void cookie_comes_back_to_whoever_knows_its_tag(void **state) {
    (void)state;
    int one = 1, ten = 10;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_error_raise(&error, STEPDOWN_HOST, "host failed"), STEPDOWN_HOST);
    assert_string_equal(stepdown_error_message(error), "host failed");
    assert_null(stepdown_error_cookie(error, 0));
    assert_int_equal(stepdown_error_set_cookie(NULL, 7, &one, release), STEPDOWN_INVALID);
    released = 0;
    assert_int_equal(stepdown_error_set_cookie(error, 7, &one, release), STEPDOWN_OK);
    assert_ptr_equal(stepdown_error_cookie(error, 7), &one);
    assert_null(stepdown_error_cookie(error, 8));
    assert_null(stepdown_error_cookie(NULL, 7));
    assert_int_equal(stepdown_error_set_cookie(error, 8, &ten, release), STEPDOWN_OK);
    assert_int_equal(released, 1); // the one it replaced
    stepdown_error_free(&error);
    assert_int_equal(released, 11);
}

static void cookie_without_release_stays_with_the_host(void **state) {
    (void)state;
    int mine = 1;
    stepdown_error *error = NULL;
    stepdown_error_raise(&error, STEPDOWN_HOST, NULL);
    assert_string_equal(stepdown_error_message(error), "");
    assert_int_equal(stepdown_error_set_cookie(error, 1, &mine, NULL), STEPDOWN_OK);
    assert_ptr_equal(stepdown_error_cookie(error, 1), &mine);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_error_raise(&error, STEPDOWN_OK, "no error"), STEPDOWN_OK);
    assert_null(error);
}

static void an_error_that_could_not_be_made_can_be_read(void **state) {
    (void)state;
    assert_int_equal(stepdown_error_code(NULL), STEPDOWN_NOMEM);
    assert_string_equal(stepdown_error_message(NULL), "");
    assert_int_equal(stepdown_error_detail_count(NULL), 0);
    assert_null(stepdown_error_detail_key(NULL, 0));
    assert_null(stepdown_error_detail_value(NULL, 0));
    assert_int_equal(stepdown_error_diagnostic_count(NULL), 0);
    assert_string_equal(stepdown_error_diagnostic_file(NULL, 0), "");
    assert_int_equal(stepdown_error_diagnostic_line(NULL, 0), 0);
}

static void diagnostics_become_one_error_in_the_order_of_the_file(void **state) {
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory, 0);
    struct diagnostics d;
    diagnostics_init(&d, &memory.env);
    stepdown_error *error = NULL;
    assert_int_equal(diagnostics_report(&d, &error, STEPDOWN_PROTOCOL), STEPDOWN_OK);
    assert_null(error);
    diagnostics_add(&d, "b.yaml", 9, 1, "V3", "late in %s", "b");
    diagnostics_add(&d, "a.yaml", 5, 2, "type", "second");
    diagnostics_add(&d, "b.yaml", 2, 8, "syntax", "early");
    diagnostics_add(&d, "b.yaml", 2, 7, "syntax", "earlier");
    diagnostics_add(&d, "b.yaml", 2, 7, "V1", "after its equal");
    assert_int_equal(diagnostics_report(&d, &error, STEPDOWN_PROTOCOL), STEPDOWN_PROTOCOL);
    assert_int_equal(d.count, 0);
    diagnostics_clear(&d);
    assert_int_equal(stepdown_error_code(error), STEPDOWN_PROTOCOL);
    assert_string_equal(stepdown_error_message(error), "5 problems; first: b.yaml:9:1: late in b");
    assert_int_equal(stepdown_error_diagnostic_count(error), 5);
    assert_string_equal(stepdown_error_diagnostic_file(error, 1), "a.yaml");
    assert_string_equal(stepdown_error_diagnostic_rule(error, 1), "type");
    assert_string_equal(stepdown_error_diagnostic_message(error, 2), "earlier");
    assert_string_equal(stepdown_error_diagnostic_message(error, 3), "after its equal");
    assert_string_equal(stepdown_error_diagnostic_message(error, 4), "early");
    assert_int_equal(stepdown_error_diagnostic_line(error, 4), 2);
    assert_int_equal(stepdown_error_diagnostic_column(error, 4), 8);
    assert_string_equal(stepdown_error_diagnostic_message(error, 5), "");
    assert_string_equal(stepdown_error_diagnostic_rule(error, 5), "");
    assert_int_equal(stepdown_error_diagnostic_column(error, 5), 0);
    stepdown_error_free(&error);
    assert_int_equal(memory.live, 0);
}

static void diagnostics_come_out_by_line_within_one_file(void **state) {
    (void)state;
    struct env env = env_default();
    struct diagnostics d;
    diagnostics_init(&d, &env);
    for (uint32_t i = 0; i < 200; i++)
        diagnostics_add(&d, "f", 1 + i * 37 % 200, 1, "r", "m");
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(d.list[i].line, i + 1);
    diagnostics_clear(&d);
}

static void one_diagnostic_is_one_problem(void **state) {
    (void)state;
    struct env env = env_default();
    struct diagnostics d;
    diagnostics_init(&d, &env);
    diagnostics_add(&d, "f\xFF", 1, 2, "r", "m");
    assert_int_equal(diagnostics_report(&d, NULL, STEPDOWN_PROTOCOL), STEPDOWN_PROTOCOL);
    assert_int_equal(d.count, 1); // nobody took it
    stepdown_error *error = NULL;
    diagnostics_report(&d, &error, STEPDOWN_PROTOCOL);
    assert_string_equal(stepdown_error_message(error), "1 problem; first: f?:1:2: m");
    stepdown_error_free(&error);
    diagnostics_clear(&d);
}

static void a_flood_of_diagnostics_is_counted_but_not_kept(void **state) {
    (void)state;
    struct env env = env_default();
    struct diagnostics d;
    diagnostics_init(&d, &env);
    for (uint32_t i = 0; i < 5000; i++)
        diagnostics_add(&d, "f", 6000 - i, 1, "r", "m");
    stepdown_error *error = NULL;
    diagnostics_report(&d, &error, STEPDOWN_PROTOCOL);
    assert_int_equal(stepdown_error_diagnostic_count(error), DIAGNOSTICS_MAX);
    assert_ptr_equal(strstr(stepdown_error_message(error), "5000 problems; "), stepdown_error_message(error));
    stepdown_error_free(&error);
    diagnostics_clear(&d);
}

static stepdown_status report_diagnostics(const struct env *env, void *ctx) {
    (void)ctx;
    struct diagnostics d;
    diagnostics_init(&d, env);
    for (uint32_t i = 0; i < 20; i++)
        diagnostics_add(&d, "file.yaml", 20 - i, 1, "rule", "message %u", (unsigned)i);
    stepdown_error *error = NULL;
    stepdown_status status = diagnostics_report(&d, &error, STEPDOWN_PROTOCOL);
    if (status == STEPDOWN_PROTOCOL) { // the status stands even when there was no memory for the error
        assert_int_equal(error == NULL ? 20 : 0, d.count);
        status = error == NULL ? STEPDOWN_NOMEM : STEPDOWN_OK;
    }
    stepdown_error_free(&error);
    diagnostics_clear(&d);
    return status;
}

static stepdown_status make_error(const struct env *env, void *ctx) {
    (void)ctx;
    stepdown_error *error = NULL;
    assert_int_equal(status_fail(env, &error, STEPDOWN_INVALID, "message"), STEPDOWN_INVALID);
    for (int i = 0; i < 20; i++)
        status_detail(&error, "key", "%d", i);
    bool whole = error != NULL && stepdown_error_detail_count(error) == 20;
    stepdown_error_free(&error);
    return whole ? STEPDOWN_OK : STEPDOWN_NOMEM;
}

static void errors_and_diagnostics_survive_every_failed_allocation(void **state) {
    (void)state;
    assert_true(test_memory_sweep(make_error, NULL) > 20);
    assert_true(test_memory_sweep(report_diagnostics, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_name_text_and_category),
        cmocka_unit_test(a_number_that_is_no_code_is_named_so),
        cmocka_unit_test(error_carries_code_message_and_details),
        cmocka_unit_test(error_keeps_its_own_copy_of_the_allocator),
        cmocka_unit_test(an_error_already_set_is_never_overwritten),
        cmocka_unit_test(a_place_for_the_error_may_be_missing),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(hostile_bytes_never_leave_as_text),
        cmocka_unit_test(cookie_comes_back_to_whoever_knows_its_tag),
        cmocka_unit_test(cookie_without_release_stays_with_the_host),
        cmocka_unit_test(an_error_that_could_not_be_made_can_be_read),
        cmocka_unit_test(diagnostics_become_one_error_in_the_order_of_the_file),
        cmocka_unit_test(diagnostics_come_out_by_line_within_one_file),
        cmocka_unit_test(one_diagnostic_is_one_problem),
        cmocka_unit_test(a_flood_of_diagnostics_is_counted_but_not_kept),
        cmocka_unit_test(errors_and_diagnostics_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
