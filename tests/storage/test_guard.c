// SPDX-License-Identifier: Apache-2.0
// The guard: what may be registered, what a back end may answer, and the options.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "storage/storage.h"

// A back end of one row that answers as it is told, right or wrong.
enum answer {
    ANSWER_RIGHT,
    ANSWER_TWICE,
    ANSWER_UNASKED,
    ANSWER_TOO_LONG,
    ANSWER_ROW_TO_A_GET,
    ANSWER_VALUE_TO_A_SCAN,
    ANSWER_UNORDERED,
    ANSWER_OUTSIDE,
    ANSWER_TOO_MANY,
    ANSWER_EMPTY_KEY,
    ANSWER_FIGURE_TO_A_READ,
    ANSWER_NO_TRANSACTION,
    ANSWER_COUNT
};

struct liar {
    enum answer answer;
    int destroyed, closed;
};

static stepdown_slice text(const char *s) { return (stepdown_slice){(const uint8_t *)s, strlen(s)}; }

static stepdown_status liar_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error) {
    (void)ctx;
    (void)out_error;
    void *block = stepdown_storage_allocate(memory, NULL, 10);
    assert_non_null(block);
    assert_null(stepdown_storage_allocate(memory, block, 0));
    return STEPDOWN_OK;
}

static stepdown_status liar_close(void *ctx, stepdown_error **out_error) {
    (void)out_error;
    ((struct liar *)ctx)->closed++;
    return STEPDOWN_OK;
}

static stepdown_status liar_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch,
                                  void **out_transaction, stepdown_error **out_error) {
    (void)flags;
    (void)out_error;
    struct liar *liar = ctx;
    assert_int_equal(stepdown_storage_keys_count(prefetch), 0);
    assert_int_equal(stepdown_storage_keys_at(prefetch, 0).size, 0);
    if (liar->answer != ANSWER_NO_TRANSACTION)
        *out_transaction = liar;
    return STEPDOWN_OK;
}

static stepdown_status liar_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                stepdown_storage_sink *sink, stepdown_error **out_error) {
    (void)transaction;
    (void)out_error;
    static const uint8_t zeros[65536] = {0};
    const struct liar *liar = ctx;
    stepdown_status status = STEPDOWN_OK;
    switch (liar->answer) {
    case ANSWER_TWICE:
        assert_int_equal(stepdown_storage_sink_value(sink, 0, text("x")), STEPDOWN_OK);
        status = stepdown_storage_sink_value(sink, 0, text("y"));
        return status == STEPDOWN_OK ? status : STEPDOWN_OK; // does not care
    case ANSWER_UNASKED: return stepdown_storage_sink_value(sink, stepdown_storage_keys_count(keys), text("x"));
    case ANSWER_TOO_LONG: return stepdown_storage_sink_value(sink, 0, (stepdown_slice){zeros, sizeof zeros});
    case ANSWER_ROW_TO_A_GET: return stepdown_storage_sink_row(sink, text("m"), text("x"));
    case ANSWER_FIGURE_TO_A_READ: return stepdown_storage_sink_figure(sink, "rows", 1);
    default: status = stepdown_storage_sink_value(sink, 0, text("x"));
    }
    return status;
}

static stepdown_status liar_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                 stepdown_storage_sink *sink, stepdown_error **out_error) {
    (void)transaction;
    (void)out_error;
    const struct liar *liar = ctx;
    stepdown_status status = STEPDOWN_OK;
    switch (liar->answer) {
    case ANSWER_VALUE_TO_A_SCAN: return stepdown_storage_sink_value(sink, 0, text("x"));
    case ANSWER_EMPTY_KEY: return stepdown_storage_sink_row(sink, text(""), text("x"));
    case ANSWER_OUTSIDE: return stepdown_storage_sink_row(sink, text("z"), text("x"));
    case ANSWER_UNORDERED:
        assert_int_equal(stepdown_storage_sink_row(sink, text("n"), text("x")), STEPDOWN_OK);
        return stepdown_storage_sink_row(sink, text("m"), text("x"));
    case ANSWER_TOO_MANY:
        for (size_t i = 0; i <= stepdown_storage_range_limit(range) && status == STEPDOWN_OK; i++)
            status = stepdown_storage_sink_row(sink, text(&"mmmmmmmmm"[8 - i]), text("x"));
        return STEPDOWN_OK;
    default: return stepdown_storage_sink_row(sink, text("m"), text("x"));
    }
}

static stepdown_status liar_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                   stepdown_error **out_error) {
    (void)ctx;
    (void)transaction;
    (void)out_error;
    // Put in twice and out of order; one row each, in order, is what must come.
    assert_int_equal(stepdown_storage_batch_operation_count(batch), 2);
    assert_int_equal(stepdown_storage_batch_operation_kind(batch, 0), STEPDOWN_STORAGE_PUT);
    assert_true(slice_is(stepdown_storage_batch_operation_key(batch, 0), "a"));
    assert_true(slice_is(stepdown_storage_batch_operation_value(batch, 0), "2"));
    assert_int_equal(stepdown_storage_batch_operation_kind(batch, 1), STEPDOWN_STORAGE_DELETE);
    assert_true(slice_is(stepdown_storage_batch_operation_key(batch, 1), "b"));
    assert_int_equal(stepdown_storage_batch_operation_value(batch, 1).size, 0);
    assert_int_equal(stepdown_storage_batch_operation_kind(batch, 2), 0);
    assert_int_equal(stepdown_storage_batch_operation_key(batch, 2).size, 0);
    assert_int_equal(stepdown_storage_batch_check_count(batch), 2);
    assert_int_equal(stepdown_storage_batch_check_kind(batch, 0), STEPDOWN_STORAGE_UNCHANGED);
    assert_int_equal(stepdown_storage_batch_check_kind(batch, 1), STEPDOWN_STORAGE_ABSENT);
    assert_true(slice_is(stepdown_storage_batch_check_key(batch, 1), "d"));
    assert_int_equal(stepdown_storage_batch_check_kind(batch, 2), 0);
    return STEPDOWN_OK;
}

static stepdown_status liar_abort(void *ctx, void *transaction, stepdown_error **out_error) {
    (void)ctx;
    (void)transaction;
    (void)out_error;
    return STEPDOWN_OK;
}

static stepdown_status liar_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                    stepdown_error **out_error) {
    const struct liar *liar = ctx;
    switch (stepdown_storage_request_kind(request)) {
    case STEPDOWN_STORAGE_STATISTICS: {
        if (liar->answer != ANSWER_RIGHT)
            return stepdown_storage_sink_figure(sink, "no \"quotes\"", 1);
        stepdown_status status = stepdown_storage_sink_figure(sink, "rows", 1);
        return status == STEPDOWN_OK ? stepdown_storage_sink_figure(sink, "least", INT64_MIN) : status;
    }
    case STEPDOWN_STORAGE_BACKUP:
        assert_string_equal(stepdown_storage_request_path(request), "somewhere");
        return stepdown_error_raise(out_error, STEPDOWN_EXISTS, "it is there already");
    default: assert_string_equal(stepdown_storage_request_path(request), ""); return STEPDOWN_OK;
    }
}

static void liar_destroy(void *ctx) { ((struct liar *)ctx)->destroyed++; }

static const stepdown_storage_table liar_table = {
    .abi = STEPDOWN_STORAGE_ABI,
    .size = sizeof(stepdown_storage_table),
    .open = liar_open,
    .close = liar_close,
    .begin = liar_begin,
    .get = liar_get,
    .scan = liar_scan,
    .commit = liar_commit,
    .abort = liar_abort,
    .control = liar_control,
};

static stepdown_storage *liar_storage(struct liar *liar, enum answer answer) {
    stepdown_storage *storage = NULL;
    *liar = (struct liar){.answer = answer};
    assert_int_equal(stepdown_storage_register(&liar_table, liar, liar_destroy, NULL, &storage, NULL), STEPDOWN_OK);
    return storage;
}

static stepdown_status liar_read(stepdown_storage *storage, bool *present, size_t *rows_read) {
    const struct env env = env_default();
    const stepdown_slice keys[] = {slice_text("m"), slice_text("q")};
    struct transaction t;
    struct arena arena;
    struct row rows[2], *scanned = NULL;
    bool more = false;
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    stepdown_error *error = NULL;
    stepdown_status status = transaction_begin(&t, false, NULL, 0, &error);
    if (status == STEPDOWN_OK)
        status = transaction_get(&t, keys, 2, &arena, rows, &error);
    if (status == STEPDOWN_OK) {
        *present = rows[0].present && !rows[1].present;
        status = transaction_scan(&t, slice_text("a"), slice_text("y"), false, 3, &arena, &scanned, rows_read, &more,
                                  &error);
    }
    assert_int_equal(error == NULL ? STEPDOWN_OK : error->code, status);
    stepdown_error_free(&error);
    transaction_free(&t);
    arena_free(&arena);
    return status;
}

static void wrong_answers_are_corruption_and_end_the_use(void **state) {
    (void)state;
    for (enum answer answer = ANSWER_RIGHT; answer < ANSWER_COUNT; answer++) {
        struct liar liar;
        stepdown_storage *storage = liar_storage(&liar, answer);
        bool present = false;
        size_t rows = 0;
        stepdown_status expected = answer == ANSWER_RIGHT            ? STEPDOWN_OK
                                   : answer == ANSWER_NO_TRANSACTION ? STEPDOWN_HOST
                                                                     : STEPDOWN_CORRUPT;
        if (liar_read(storage, &present, &rows) != expected)
            fail_msg("answer %d was not judged %d", (int)answer, (int)expected);
        assert_int_equal(present && rows == 1, answer == ANSWER_RIGHT);
        assert_int_equal(stepdown_storage_ping(storage, NULL),
                         expected == STEPDOWN_CORRUPT ? STEPDOWN_CORRUPT : STEPDOWN_OK);
        stepdown_storage_free(&storage);
        assert_int_equal(liar.closed, 1);
        assert_int_equal(liar.destroyed, 1);
    }
}

static void a_batch_comes_sorted_with_each_key_once(void **state) {
    (void)state;
    struct liar liar;
    stepdown_storage *storage = liar_storage(&liar, ANSWER_RIGHT);
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_check_unchanged(&t, slice_text("c"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put(&t, slice_text("b"), slice_text("1"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put_new(&t, slice_text("a"), slice_text("1"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_check_absent(&t, slice_text("d"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_delete(&t, slice_text("b"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_put(&t, slice_text("a"), slice_text("2"), NULL), STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
    stepdown_storage_free(&storage);
}

static void maintenance_goes_through(void **state) {
    (void)state;
    struct liar liar;
    stepdown_storage *storage = liar_storage(&liar, ANSWER_RIGHT);
    stepdown_bytes *json = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_statistics(storage, &json, &error), STEPDOWN_OK);
    assert_string_equal((const char *)stepdown_bytes_data(json), "{\"rows\":1,\"least\":-9223372036854775808}");
    stepdown_bytes_free(&json);
    assert_int_equal(stepdown_storage_backup(storage, "somewhere", &error), STEPDOWN_EXISTS);
    assert_string_equal(stepdown_error_message(error), "it is there already");
    stepdown_error_free(&error);
    assert_int_equal(stepdown_storage_checkpoint(storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_vacuum(storage, NULL), STEPDOWN_OK);
    liar.answer = ANSWER_TWICE;
    assert_int_equal(stepdown_storage_statistics(storage, &json, &error), STEPDOWN_CORRUPT);
    stepdown_error_free(&error);
    stepdown_storage_free(&storage);
}

static void a_table_must_be_whole(void **state) {
    (void)state;
    struct liar liar = {.answer = ANSWER_RIGHT};
    stepdown_storage *storage = NULL;
    stepdown_error *error = NULL;
    stepdown_storage_table table = liar_table;
    table.abi = STEPDOWN_STORAGE_ABI + 1;
    assert_int_equal(stepdown_storage_register(&table, &liar, liar_destroy, NULL, &storage, &error),
                     STEPDOWN_UNSUPPORTED);
    stepdown_error_free(&error);
    table = liar_table;
    table.size -= (uint32_t)sizeof(void (*)(void));
    assert_int_equal(stepdown_storage_register(&table, &liar, liar_destroy, NULL, &storage, &error),
                     STEPDOWN_UNSUPPORTED);
    stepdown_error_free(&error);
    table = liar_table;
    table.scan = NULL;
    assert_int_equal(stepdown_storage_register(&table, &liar, liar_destroy, NULL, &storage, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_storage_register(NULL, &liar, liar_destroy, NULL, &storage, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_null(storage);
    assert_int_equal(liar.destroyed, 0); // still the caller's
}

static void a_table_may_have_slots_of_a_later_version(void **state) {
    (void)state;
    struct {
        stepdown_storage_table table;
        void (*later)(void);
    } grown = {.table = liar_table};
    grown.table.size = sizeof grown;
    struct liar liar = {.answer = ANSWER_RIGHT};
    stepdown_storage *storage = NULL;
    assert_int_equal(stepdown_storage_register(&grown.table, &liar, NULL, NULL, &storage, NULL), STEPDOWN_OK);
    bool present = false;
    size_t rows = 0;
    assert_int_equal(liar_read(storage, &present, &rows), STEPDOWN_OK);
    stepdown_storage_free(&storage);
    assert_int_equal(liar.destroyed, 0);
}

static void a_transaction_keeps_its_storage_alive(void **state) {
    (void)state;
    struct liar liar;
    stepdown_storage *storage = liar_storage(&liar, ANSWER_RIGHT);
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, storage, &env);
    stepdown_storage_free(&storage);
    assert_null(storage);
    assert_int_equal(liar.closed, 0);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    transaction_free(&t); // aborts
    transaction_free(&t);
    assert_int_equal(liar.closed, 1);
    assert_int_equal(liar.destroyed, 1);
}

static void a_transaction_is_begun_once(void **state) {
    (void)state;
    struct liar liar;
    stepdown_storage *storage = liar_storage(&liar, ANSWER_RIGHT);
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row *rows = NULL;
    size_t count = 0;
    bool more = false;
    const stepdown_slice none = {NULL, 0};
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    assert_int_equal(transaction_put(&t, slice_text("a"), none, NULL), STEPDOWN_MISUSE);
    assert_int_equal(transaction_check_absent(&t, slice_text("a"), NULL), STEPDOWN_MISUSE);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_MISUSE);
    assert_int_equal(transaction_scan(&t, none, none, false, 0, &arena, &rows, &count, &more, NULL), STEPDOWN_INVALID);
    assert_int_equal(transaction_scan(&t, none, none, false, SIZE_MAX, &arena, &rows, &count, &more, NULL),
                     STEPDOWN_OK);
    assert_int_equal(count, 1);
    transaction_abort(&t);
    transaction_abort(&t);
    transaction_free(&t);
    arena_free(&arena);
    stepdown_storage_free(&storage);
}

static void options_have_ranges(void **state) {
    (void)state;
    stepdown_storage_options *options = NULL;
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_storage_options_new(&options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_synchronous(options, 2, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_storage_options_set_busy_timeout(options, -1, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_create(options, 2, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_read_only(options, -1, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_cache(options, 63, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_checkpoint(options, 1000001, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_cache(NULL, 2048, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_set_allocator(NULL, NULL, NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_options_new(NULL, NULL), STEPDOWN_INVALID);
    stepdown_storage_options_free(&options);
    assert_null(options);
    stepdown_storage_options_free(&options);
    stepdown_storage_options_free(NULL);
}

static void null_arguments_are_refused(void **state) {
    (void)state;
    stepdown_storage *storage = NULL;
    stepdown_bytes *json = NULL;
    assert_int_equal(stepdown_storage_open_memory(NULL, NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_open_sqlite(NULL, NULL, &storage, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_open_sqlite("", NULL, &storage, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_close(NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_ping(NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_checkpoint(NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_vacuum(NULL, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_backup(NULL, "x", NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_storage_statistics(NULL, &json, NULL), STEPDOWN_INVALID);
    stepdown_storage_free(NULL);
    stepdown_storage_free(&storage);
    stepdown_conformance_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_answers_are_corruption_and_end_the_use),
        cmocka_unit_test(a_batch_comes_sorted_with_each_key_once),
        cmocka_unit_test(maintenance_goes_through),
        cmocka_unit_test(a_table_must_be_whole),
        cmocka_unit_test(a_table_may_have_slots_of_a_later_version),
        cmocka_unit_test(a_transaction_keeps_its_storage_alive),
        cmocka_unit_test(a_transaction_is_begun_once),
        cmocka_unit_test(options_have_ranges),
        cmocka_unit_test(null_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
