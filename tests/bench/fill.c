// SPDX-License-Identifier: Apache-2.0
// The commit slot of the storage is taken over while the store is filled: operations are gathered and sent on together.
// No pathway reads what another wrote, so the engine does not see the difference.
#include "bench/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "storage/backend.h"

enum { GATHERED = 5000 }; // commits in one

static struct {
    stepdown_storage *storage;
    stepdown_status (*commit)(void *ctx, void *transaction, const stepdown_storage_batch *batch, stepdown_error **o);
    struct env env;
    struct arena arena;
    struct storage_op *ops;
    size_t op_count, op_cap, commits;
} gathering;

static void gathered_send(void) {
    void *transaction;
    const struct stepdown_storage_keys none = {.count = 0};
    void *ctx = gathering.storage->ctx;
    if (!batch_sort(&gathering.arena, gathering.ops, &gathering.op_count))
        abort();
    const stepdown_storage_batch batch = {.ops = gathering.ops, .op_count = gathering.op_count};
    bench_check(gathering.storage->table.begin(ctx, STEPDOWN_STORAGE_WRITE, &none, &transaction, NULL), NULL, "begin");
    bench_check(gathering.commit(ctx, transaction, &batch, NULL), NULL, "commit");
    arena_reset(&gathering.arena);
    gathering.op_count = gathering.commits = 0;
}

static stepdown_status gathering_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                        stepdown_error **o) {
    void *ops = gathering.ops;
    if (!env_grow(&gathering.env, &ops, &gathering.op_cap, gathering.op_count + batch->op_count, sizeof *gathering.ops))
        abort();
    gathering.ops = ops;
    for (size_t i = 0; i < batch->op_count; i++) {
        struct storage_op *op = &gathering.ops[gathering.op_count++];
        *op = batch->ops[i];
        if (!arena_slice(&gathering.arena, batch->ops[i].key, &op->key) ||
            !arena_slice(&gathering.arena, batch->ops[i].value, &op->value))
            abort();
    }
    stepdown_status status = gathering.storage->table.abort(ctx, transaction, o);
    if (++gathering.commits == GATHERED)
        gathered_send();
    return status;
}

// One pass over the space of ids, a random one in each of `count` equal parts.
static void fill_pass(struct host *h, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint8_t id[16];
        char chosen[PATHWAY_TEXT], pathway[PATHWAY_TEXT];
        uint64_t part = UINT64_MAX / count;
        if (!platform_entropy(id, sizeof id))
            abort();
        write_be64(id, part * i + read_be64(id) % part);
        base32_print_id(id, chosen);
        job_open(h, chosen, pathway);
    }
}

void fill_open(struct host *h, unsigned count) {
    enum { PASSES = 4 };
    for (unsigned i = 0; i < PASSES; i++)
        fill_pass(h, count / PASSES + (i < count % PASSES));
}

void fill_open_gathered(struct host *h, unsigned count) {
    gathering.storage = h->storage;
    gathering.env = env_default();
    arena_init(&gathering.arena, &gathering.env);
    gathering.commit = h->storage->table.commit;
    h->storage->table.commit = gathering_commit;
    fill_open(h, count);
    gathered_send();
    h->storage->table.commit = gathering.commit;
    arena_free(&gathering.arena);
    env_free(&gathering.env, gathering.ops);
}
