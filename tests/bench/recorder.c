// SPDX-License-Identifier: Apache-2.0
// A memory store that writes its commits onto a tape: its commit slot is taken over. One at a time.
#include "bench/floor.h"

#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "storage/backend.h"

// ---- tape ----------------------------------------------------------------------------------------------------------------

static void *grown(void *array, size_t *cap, size_t need, size_t width) {
    if (need <= *cap)
        return array;
    while (*cap < need)
        *cap = *cap < 1024 ? 1024 : *cap * 2;
    array = realloc(array, *cap * width);
    if (!array)
        abort();
    return array;
}

static void tape_bytes(struct tape *tape, stepdown_slice bytes) {
    tape->bytes = grown(tape->bytes, &tape->cap, tape->size + bytes.size, 1);
    if (bytes.size > 0)
        memcpy(tape->bytes + tape->size, bytes.data, bytes.size);
    tape->size += bytes.size;
}

static void tape_commit(struct tape *tape, const stepdown_storage_batch *batch) {
    for (size_t i = 0; i < batch->op_count; i++) {
        const struct storage_op *op = &batch->ops[i];
        tape->ops = grown(tape->ops, &tape->op_cap, tape->op_count + 1, sizeof *tape->ops);
        tape->ops[tape->op_count++] = (struct tape_op){
            .kind = op->kind, .at = tape->size, .key = (uint16_t)op->key.size, .value = (uint16_t)op->value.size};
        tape_bytes(tape, op->key);
        tape_bytes(tape, op->value);
    }
    tape->ends = grown(tape->ends, &tape->end_cap, tape->end_count + 1, sizeof *tape->ends);
    tape->ends[tape->end_count++] = tape->op_count;
}

void tape_free(struct tape *tape) {
    free(tape->bytes);
    free(tape->ops);
    free(tape->ends);
    *tape = (struct tape){.bytes = NULL};
}

stepdown_slice tape_key(const struct tape *tape, size_t op) {
    return slice_of(tape->bytes + tape->ops[op].at, tape->ops[op].key);
}

stepdown_slice tape_value(const struct tape *tape, size_t op) {
    return slice_of(tape->bytes + tape->ops[op].at + tape->ops[op].key, tape->ops[op].value);
}

size_t tape_first(const struct tape *tape, size_t commit) { return commit == 0 ? 0 : tape->ends[commit - 1]; }

// ---- the storage ---------------------------------------------------------------------------------------------------------

static stepdown_status (*real_commit)(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                      stepdown_error **o);
static struct tape *recorded;

static stepdown_status recording_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                        stepdown_error **o) {
    if (recorded)
        tape_commit(recorded, batch);
    return real_commit(ctx, transaction, batch, o);
}

stepdown_storage *recorder_open(void) {
    stepdown_storage *storage;
    bench_check(stepdown_storage_open_memory(NULL, &storage, NULL), NULL, "open");
    real_commit = storage->table.commit;
    storage->table.commit = recording_commit;
    return storage;
}

void recorder_record(struct tape *tape) { recorded = tape; }
