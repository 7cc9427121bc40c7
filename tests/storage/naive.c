// SPDX-License-Identifier: Apache-2.0
// The naive back end. Not for two threads at once.
#include "storage/naive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct naive_row {
    uint8_t *key, *value; // value NULL: deleted
    size_t key_size, value_size;
    uint64_t stamp;
};

// The whole store after one commit.
struct naive_state {
    size_t references, count;
    struct naive_row *rows;
};

struct naive {
    enum naive_flaw flaw;
    const stepdown_storage_memory *memory;
    uint64_t stamp;
    struct naive_state *state;
};

struct naive_transaction {
    struct naive_state *state;
    uint64_t stamp;
};

static uint8_t *bytes_copy(const uint8_t *data, size_t size) {
    uint8_t *out = malloc(size + 1);
    if (out == NULL)
        abort();
    if (size > 0)
        memcpy(out, data, size);
    return out;
}

static void state_release(struct naive_state *state) {
    if (state == NULL || --state->references > 0)
        return;
    for (size_t i = 0; i < state->count; i++) {
        free(state->rows[i].key);
        free(state->rows[i].value);
    }
    free(state->rows);
    free(state);
}

// A copy with room for `more` rows.
static struct naive_state *state_copy(const struct naive_state *state, size_t more) {
    struct naive_state *out = calloc(1, sizeof *out);
    size_t count = state == NULL ? 0 : state->count;
    if (out == NULL || (out->rows = calloc(count + more + 1, sizeof *out->rows)) == NULL)
        abort();
    out->references = 1;
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->rows[i] = state->rows[i];
        out->rows[i].key = bytes_copy(state->rows[i].key, state->rows[i].key_size);
        if (state->rows[i].value != NULL)
            out->rows[i].value = bytes_copy(state->rows[i].value, state->rows[i].value_size);
    }
    return out;
}

static int bytes_compare(const struct naive *naive, stepdown_slice a, stepdown_slice b) {
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        if (naive->flaw == NAIVE_STOPS_AT_A_ZERO_BYTE && a.data[i] == 0 && b.data[i] == 0)
            return 0;
        if (a.data[i] == b.data[i])
            continue;
        if (naive->flaw == NAIVE_ORDERS_BY_SIGNED_BYTES)
            return (int8_t)a.data[i] < (int8_t)b.data[i] ? -1 : 1;
        return a.data[i] < b.data[i] ? -1 : 1;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

static stepdown_slice row_key(const struct naive_row *row) { return (stepdown_slice){row->key, row->key_size}; }

// Where the key is or belongs.
static size_t state_find(const struct naive *naive, const struct naive_state *state, stepdown_slice key, bool *found) {
    size_t at = 0, end = state->count;
    while (at < end) {
        size_t middle = (at + end) / 2;
        if (bytes_compare(naive, row_key(&state->rows[middle]), key) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    *found = at < state->count && bytes_compare(naive, row_key(&state->rows[at]), key) == 0;
    return at;
}

static void state_apply(const struct naive *naive, struct naive_state *state, int32_t kind, stepdown_slice key,
                        stepdown_slice value) {
    bool found = false;
    if (naive->flaw == NAIVE_CUTS_KEYS && key.size > 64)
        key.size = 64;
    if (naive->flaw == NAIVE_CUTS_VALUES && value.size > 4096)
        value.size = 4096;
    if (kind == STEPDOWN_STORAGE_DELETE && naive->flaw == NAIVE_KEEPS_DELETED)
        return;
    size_t at = state_find(naive, state, key, &found);
    if (kind == STEPDOWN_STORAGE_DELETE && (!found || state->rows[at].value == NULL))
        return;
    if (!found) {
        memmove(&state->rows[at + 1], &state->rows[at], (state->count - at) * sizeof *state->rows);
        state->rows[at] = (struct naive_row){.key = bytes_copy(key.data, key.size), .key_size = key.size};
        state->count++;
    }
    struct naive_row *row = &state->rows[at];
    free(row->value);
    row->value = kind == STEPDOWN_STORAGE_DELETE ? NULL : bytes_copy(value.data, value.size);
    row->value_size = value.size;
    row->stamp = naive->flaw == NAIVE_FORGETS_DELETED_STAMPS && row->value == NULL ? 0 : naive->stamp + 1;
    if (naive->flaw == NAIVE_LOSES_EMPTY_VALUES && value.size == 0) {
        free(row->value);
        row->value = NULL;
    }
}

static stepdown_status naive_start(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error) {
    (void)out_error;
    struct naive *naive = ctx;
    naive->memory = memory;
    if (naive->state == NULL)
        naive->state = state_copy(NULL, 0);
    return STEPDOWN_OK;
}

static stepdown_status naive_close(void *ctx, stepdown_error **out_error) {
    (void)out_error;
    struct naive *naive = ctx;
    if (naive->flaw == NAIVE_FORGETS_ON_CLOSE) {
        state_release(naive->state);
        naive->state = NULL;
    }
    return STEPDOWN_OK;
}

static stepdown_status naive_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch,
                                   void **out_transaction, stepdown_error **out_error) {
    (void)flags;
    (void)prefetch;
    struct naive *naive = ctx;
    struct naive_transaction *t = stepdown_storage_allocate(naive->memory, NULL, sizeof *t);
    if (t == NULL)
        return stepdown_error_raise(out_error, STEPDOWN_NOMEM, "no memory for a transaction");
    *t = (struct naive_transaction){.state = naive->state, .stamp = naive->stamp};
    naive->state->references++;
    *out_transaction = t;
    return STEPDOWN_OK;
}

static void transaction_end(struct naive *naive, struct naive_transaction *t) {
    state_release(t->state);
    stepdown_storage_allocate(naive->memory, t, 0);
}

static stepdown_status naive_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                 stepdown_storage_sink *sink, stepdown_error **out_error) {
    (void)out_error;
    const struct naive *naive = ctx;
    const struct naive_transaction *t = transaction;
    const struct naive_state *state = naive->flaw == NAIVE_READS_THE_NEWEST ? naive->state : t->state;
    size_t count = stepdown_storage_keys_count(keys);
    for (size_t i = count; i-- > 0;) { // any order will do
        bool found = false;
        size_t at = state_find(naive, state, stepdown_storage_keys_at(keys, i), &found);
        if (!found || state->rows[at].value == NULL)
            continue;
        size_t index = naive->flaw == NAIVE_ANSWERS_SHIFTED && count > 1 ? (i + 1) % count : i;
        stepdown_status status = stepdown_storage_sink_value(
            sink, index, (stepdown_slice){state->rows[at].value, state->rows[at].value_size});
        if (status != STEPDOWN_OK)
            return status;
    }
    return STEPDOWN_OK;
}

static bool row_inside(const struct naive *naive, const struct naive_row *row, const stepdown_storage_range *range) {
    stepdown_slice from = stepdown_storage_range_from(range), to = stepdown_storage_range_to(range);
    if (row->value == NULL)
        return false;
    int low = from.size == 0 ? 1 : bytes_compare(naive, row_key(row), from);
    int high = to.size == 0 ? -1 : bytes_compare(naive, row_key(row), to);
    return (low > 0 || (low == 0 && naive->flaw != NAIVE_EXCLUDES_THE_START)) &&
           (high < 0 || (high == 0 && naive->flaw == NAIVE_INCLUDES_THE_END));
}

static stepdown_status naive_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                  stepdown_storage_sink *sink, stepdown_error **out_error) {
    (void)out_error;
    const struct naive *naive = ctx;
    const struct naive_transaction *t = transaction;
    const struct naive_state *state = naive->flaw == NAIVE_SCANS_THE_NEWEST ? naive->state : t->state;
    bool descending = stepdown_storage_range_descending(range) && naive->flaw != NAIVE_NEVER_DESCENDS;
    size_t left = naive->flaw == NAIVE_IGNORES_THE_LIMIT ? SIZE_MAX : stepdown_storage_range_limit(range);
    for (size_t i = 0; i < state->count && left > 0; i++) {
        const struct naive_row *row = &state->rows[descending ? state->count - 1 - i : i];
        if (!row_inside(naive, row, range))
            continue;
        stepdown_status status =
            stepdown_storage_sink_row(sink, row_key(row), (stepdown_slice){row->value, row->value_size});
        if (status != STEPDOWN_OK)
            return status;
        left--;
    }
    return STEPDOWN_OK;
}

static bool key_blocks(const struct naive *naive, const struct naive_transaction *t, stepdown_slice key, bool absent) {
    bool found = false;
    size_t at = state_find(naive, naive->state, key, &found);
    if (!found)
        return false;
    const struct naive_row *row = &naive->state->rows[at];
    return (row->stamp > t->stamp && naive->flaw != NAIVE_IGNORES_CONFLICTS) || (absent && row->value != NULL);
}

static bool commit_conflicts(const struct naive *naive, const struct naive_transaction *t,
                             const stepdown_storage_batch *batch) {
    for (size_t i = 0; i < stepdown_storage_batch_check_count(batch); i++) {
        bool absent = stepdown_storage_batch_check_kind(batch, i) == STEPDOWN_STORAGE_ABSENT;
        if (naive->flaw != NAIVE_IGNORES_CHECKS && key_blocks(naive, t, stepdown_storage_batch_check_key(batch, i),
                                                              absent && naive->flaw != NAIVE_IGNORES_ABSENT))
            return true;
    }
    for (size_t i = 0; i < stepdown_storage_batch_operation_count(batch); i++) {
        bool fresh = stepdown_storage_batch_operation_kind(batch, i) == STEPDOWN_STORAGE_PUT_NEW;
        if (key_blocks(naive, t, stepdown_storage_batch_operation_key(batch, i),
                       fresh && naive->flaw != NAIVE_PUT_NEW_OVERWRITES))
            return true;
    }
    return naive->flaw == NAIVE_CONFLICTS_WITH_ANYTHING && t->stamp != naive->stamp;
}

static stepdown_status naive_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                    stepdown_error **out_error) {
    struct naive *naive = ctx;
    struct naive_transaction *t = transaction;
    bool conflicts = commit_conflicts(naive, t, batch);
    if (!conflicts || naive->flaw == NAIVE_APPLIES_BEFORE_IT_CHECKS) {
        size_t count = stepdown_storage_batch_operation_count(batch);
        struct naive_state *next = state_copy(naive->state, count);
        if (naive->flaw == NAIVE_APPLIES_THE_FIRST_ONLY && count > 1)
            count = 1;
        for (size_t i = 0; i < count; i++)
            state_apply(naive, next, stepdown_storage_batch_operation_kind(batch, i),
                        stepdown_storage_batch_operation_key(batch, i),
                        stepdown_storage_batch_operation_value(batch, i));
        naive->stamp++;
        state_release(naive->state);
        naive->state = next;
    }
    transaction_end(naive, t);
    return conflicts ? stepdown_error_raise(out_error, STEPDOWN_CONFLICT, "somebody was first") : STEPDOWN_OK;
}

static stepdown_status naive_abort(void *ctx, void *transaction, stepdown_error **out_error) {
    (void)out_error;
    struct naive *naive = ctx;
    if (naive->flaw == NAIVE_COMMITS_ON_ABORT) {
        struct naive_state *next = state_copy(naive->state, 1);
        state_apply(naive, next, STEPDOWN_STORAGE_PUT, (stepdown_slice){(const uint8_t *)"b", 1},
                    (stepdown_slice){NULL, 0});
        state_release(naive->state);
        naive->state = next;
    }
    transaction_end(naive, transaction);
    return STEPDOWN_OK;
}

static stepdown_status naive_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                     stepdown_error **out_error) {
    const struct naive *naive = ctx;
    switch (stepdown_storage_request_kind(request)) {
    case STEPDOWN_STORAGE_STATISTICS: return stepdown_storage_sink_figure(sink, "rows", (int64_t)naive->state->count);
    case STEPDOWN_STORAGE_PING: return naive->flaw == NAIVE_FAILS_A_PING ? STEPDOWN_TIMEOUT : STEPDOWN_OK;
    default: return stepdown_error_raise(out_error, STEPDOWN_UNSUPPORTED, "naive");
    }
}

static const stepdown_storage_table naive_table = {
    .abi = STEPDOWN_STORAGE_ABI,
    .size = sizeof(stepdown_storage_table),
    .open = naive_start,
    .close = naive_close,
    .begin = naive_begin,
    .get = naive_get,
    .scan = naive_scan,
    .commit = naive_commit,
    .abort = naive_abort,
    .control = naive_control,
};

struct naive *naive_new(enum naive_flaw flaw) {
    struct naive *naive = calloc(1, sizeof *naive);
    if (naive == NULL)
        abort();
    naive->flaw = flaw;
    return naive;
}

void naive_free(struct naive **naive) {
    if (*naive != NULL)
        state_release((*naive)->state);
    free(*naive);
    *naive = NULL;
}

stepdown_status naive_open(struct naive *naive, stepdown_storage **out, stepdown_error **out_error) {
    return stepdown_storage_register(&naive_table, naive, NULL, NULL, out, out_error);
}
