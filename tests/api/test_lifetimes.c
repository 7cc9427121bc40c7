// SPDX-License-Identifier: Apache-2.0
// What hosts with garbage collectors rely on: what callbacks stand on lives as long as they may be called, a host's own
// exception comes home through every call as the same object, and the count of live objects ends where it began.
#include "host.h"

enum { TAG = 0x686f7374 };

// ---- what callbacks stand on ---------------------------------------------------------------------------------------

struct ground { // as a host's collected object would
    int references;
    stepdown_time now;
    int asked;
};

static void ground_retain(void *ctx) { ((struct ground *)ctx)->references++; }
static void ground_release(void *ctx) { ((struct ground *)ctx)->references--; }
static stepdown_time ground_clock(void *ctx) {
    struct ground *ground = ctx;
    assert_true(ground->references > 0);
    ground->asked++;
    return ground->now;
}

static stepdown_storage *store_with(const stepdown_options *options) {
    stepdown_storage *storage = NULL;
    assert_int_equal(stepdown_storage_open_memory(NULL, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_store_create(storage, options, "n", "Ruth Adler", "service-leader", "harborview", NULL),
                     STEPDOWN_OK);
    return storage;
}

static void what_callbacks_stand_on_lives_until_the_last_engine_is_gone(void **state) {
    struct ground ground = {.now = host_noon()}, other = {.now = 0};
    stepdown_options *options = NULL;
    stepdown_engine *first = NULL, *second = NULL;
    stepdown_session *session = NULL;
    stepdown_result *list = NULL;
    (void)state;
    assert_int_equal(stepdown_options_new(&options, NULL), STEPDOWN_OK);
    stepdown_options_set_keeper(NULL, &ground, ground_retain, ground_release);
    assert_int_equal(ground.references, 0);
    stepdown_options_set_keeper(options, &other, ground_retain, ground_release);
    assert_int_equal(other.references, 1);
    stepdown_options_set_keeper(options, &ground, ground_retain, ground_release);
    assert_int_equal(other.references, 0); // replaced
    stepdown_options_set_clock(options, ground_clock, &ground);
    stepdown_storage *storage = store_with(options);
    assert_int_equal(ground.references, 1);
    assert_int_equal(stepdown_engine_open(storage, options, &first, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_open(storage, options, &second, NULL), STEPDOWN_OK);
    assert_int_equal(ground.references, 3);
    stepdown_options_free(&options);
    stepdown_storage_free(&storage);
    assert_int_equal(ground.references, 2);
    assert_int_equal(stepdown_session_open(first, "Ruth Adler", "service-leader", "harborview", NULL, &session, NULL),
                     STEPDOWN_OK);
    stepdown_engine_free(&first); // the session keeps it
    assert_int_equal(ground.references, 2);
    ground.asked = 0;
    assert_int_equal(stepdown_outbox_lease(session, 1, 60, &list, NULL), STEPDOWN_OK);
    assert_true(ground.asked > 0);
    stepdown_result_free(&list);
    stepdown_session_free(&session);
    assert_int_equal(ground.references, 1);
    stepdown_engine_free(&second);
    assert_int_equal(ground.references, 0);
}

static void an_engine_that_cannot_be_opened_keeps_nothing(void **state) {
    struct ground ground = {.now = host_noon()};
    stepdown_options *options = NULL;
    stepdown_storage *empty = NULL;
    stepdown_engine *engine = NULL;
    (void)state;
    assert_int_equal(stepdown_options_new(&options, NULL), STEPDOWN_OK);
    stepdown_options_set_keeper(options, &ground, ground_retain, ground_release);
    assert_int_equal(stepdown_storage_open_memory(NULL, &empty, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_open(empty, options, &engine, NULL), STEPDOWN_NOT_FOUND);
    assert_int_equal(ground.references, 1);
    stepdown_options_free(&options);
    assert_int_equal(ground.references, 0);
    stepdown_storage_free(&empty);
}

// ---- exceptions of the host ----------------------------------------------------------------------------------------

static int thrown, caught; // how many exceptions were made, and released

static void exception_release(void *cookie) {
    assert_ptr_equal(cookie, &thrown);
    caught++;
}

// A back end whose every transaction fails with an exception of the host.
static stepdown_status failing_throw(stepdown_error **o) {
    stepdown_status status = stepdown_error_raise(o, STEPDOWN_HOST, "thrown by the host");
    if (o != NULL && *o != NULL) {
        thrown++;
        assert_int_equal(stepdown_error_set_cookie(*o, TAG, &thrown, exception_release), STEPDOWN_OK);
    }
    return status;
}
static stepdown_status failing_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **o) {
    (void)ctx, (void)memory, (void)o;
    return STEPDOWN_OK;
}
static stepdown_status failing_close(void *ctx, stepdown_error **o) {
    (void)ctx;
    return failing_throw(o);
}
static stepdown_status failing_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch, void **out,
                                     stepdown_error **o) {
    (void)ctx, (void)flags, (void)prefetch, (void)out;
    return failing_throw(o);
}
static stepdown_status failing_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                   stepdown_storage_sink *sink, stepdown_error **o) {
    (void)ctx, (void)transaction, (void)keys, (void)sink;
    return failing_throw(o);
}
static stepdown_status failing_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                    stepdown_storage_sink *sink, stepdown_error **o) {
    (void)ctx, (void)transaction, (void)range, (void)sink;
    return failing_throw(o);
}
static stepdown_status failing_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                      stepdown_error **o) {
    (void)ctx, (void)transaction, (void)batch;
    return failing_throw(o);
}
static stepdown_status failing_abort(void *ctx, void *transaction, stepdown_error **o) {
    (void)ctx, (void)transaction;
    return failing_throw(o);
}
static stepdown_status failing_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                       stepdown_error **o) {
    (void)ctx, (void)request, (void)sink;
    return failing_throw(o);
}

static const stepdown_storage_table failing = {STEPDOWN_STORAGE_ABI, sizeof(stepdown_storage_table),
                                               failing_open,         failing_close,
                                               failing_begin,        failing_get,
                                               failing_scan,         failing_commit,
                                               failing_abort,        failing_control};

// The call failed with the host's exception, which is as it was thrown, and nobody else's.
static void comes_home(stepdown_status status, stepdown_error **error) {
    assert_int_equal(status, STEPDOWN_HOST);
    assert_non_null(*error);
    assert_string_equal(stepdown_error_message(*error), "thrown by the host");
    assert_ptr_equal(stepdown_error_cookie(*error, TAG), &thrown);
    assert_null(stepdown_error_cookie(*error, TAG + 1));
    stepdown_error_free(error);
    assert_int_equal(caught, thrown);
}

static void an_exception_of_the_host_comes_home_as_the_same_object(void **state) {
    stepdown_storage *storage = NULL;
    stepdown_engine *engine = NULL;
    stepdown_bytes *json = NULL;
    stepdown_error *error = NULL;
    (void)state;
    thrown = caught = 0;
    assert_int_equal(stepdown_storage_register(&failing, NULL, NULL, NULL, &storage, NULL), STEPDOWN_OK);
    comes_home(stepdown_store_create(storage, NULL, "n", "p", "r", "o", &error), &error);
    comes_home(stepdown_engine_open(storage, NULL, &engine, &error), &error);
    comes_home(stepdown_storage_checkpoint(storage, &error), &error);
    comes_home(stepdown_storage_statistics(storage, &json, &error), &error);
    comes_home(stepdown_storage_ping(storage, &error), &error);
    comes_home(stepdown_storage_close(storage, &error), &error);
    stepdown_storage_free(&storage);
    assert_true(thrown > 0);
}

// ---- the count -----------------------------------------------------------------------------------------------------

static stepdown_status nothing_opens(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **out_error) {
    (void)ctx, (void)what, (void)out;
    return stepdown_error_raise(out_error, STEPDOWN_UNSUPPORTED, "nothing");
}

static void the_count_goes_up_with_every_handle_and_back(void **state) {
    int64_t before = stepdown_live_objects();
    stepdown_storage_options *options = NULL;
    stepdown_storage *storage = NULL;
    stepdown_conformance *report = NULL;
    (void)state;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_live_objects(), before + 1);
    assert_int_equal(stepdown_storage_open_memory(options, &storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_live_objects(), before + 2);
    assert_int_equal(stepdown_storage_conformance(nothing_opens, NULL, STEPDOWN_CONFORMANCE_QUICK, &report, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_live_objects(), before + 3);
    stepdown_storage_options_free(&options);
    stepdown_storage_options_free(&options);
    stepdown_storage_free(&storage);
    stepdown_conformance_free(&report);
    assert_int_equal(stepdown_live_objects(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_callbacks_stand_on_lives_until_the_last_engine_is_gone),
        cmocka_unit_test(an_engine_that_cannot_be_opened_keeps_nothing),
        cmocka_unit_test(an_exception_of_the_host_comes_home_as_the_same_object),
        cmocka_unit_test(the_count_goes_up_with_every_handle_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
