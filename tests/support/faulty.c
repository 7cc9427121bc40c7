// SPDX-License-Identifier: Apache-2.0
// The failing storage: a back end whose every slot forwards to the table of another storage. Counts are atomic, so that
// it can be used by several threads.
#include "support/faulty.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/backend.h"

struct faulty {
    struct stepdown_storage *inner;
    struct faulty_fault fault;
    atomic_size_t calls[FAULTY_SLOTS], hits;
};

static const char *const slot_names[FAULTY_SLOTS] = {"any",  "open",   "close", "begin",  "get",
                                                     "scan", "commit", "abort", "control"};

stepdown_status faulty_new(stepdown_storage *inner, struct faulty **out) {
    struct faulty *f = calloc(1, sizeof *f);
    if (f == NULL)
        return STEPDOWN_NOMEM;
    f->inner = inner;
    *out = f;
    return STEPDOWN_OK;
}

void faulty_free(struct faulty **faulty) {
    if (*faulty == NULL)
        return;
    storage_release(&(*faulty)->inner);
    free(*faulty);
    *faulty = NULL;
}

void faulty_arm(struct faulty *faulty, struct faulty_fault fault) {
    faulty->fault = fault;
    for (size_t i = 0; i < FAULTY_SLOTS; i++)
        atomic_store(&faulty->calls[i], 0);
    atomic_store(&faulty->hits, 0);
}

void faulty_disarm(struct faulty *faulty) { faulty_arm(faulty, (struct faulty_fault){.slot = FAULTY_ANY}); }

size_t faulty_calls(const struct faulty *faulty, enum faulty_slot slot) { return atomic_load(&faulty->calls[slot]); }

size_t faulty_hits(const struct faulty *faulty) { return atomic_load(&faulty->hits); }

struct faulty_fault faulty_kind(size_t index, enum faulty_slot slot, size_t at, bool persistent) {
    static const struct {
        stepdown_status status;
        bool applied;
    } kinds[FAULTY_KINDS] = {{STEPDOWN_CONFLICT, false}, {STEPDOWN_BUSY, false},     {STEPDOWN_TIMEOUT, false},
                             {STEPDOWN_FULL, false},     {STEPDOWN_IO, false},       {STEPDOWN_NOMEM, false},
                             {STEPDOWN_CORRUPT, false},  {STEPDOWN_READONLY, false}, {STEPDOWN_LIMIT, false},
                             {STEPDOWN_UNKNOWN, false},  {STEPDOWN_UNKNOWN, true}};
    return (struct faulty_fault){.slot = slot,
                                 .at = at,
                                 .persistent = persistent,
                                 .status = kinds[index % FAULTY_KINDS].status,
                                 .applied = kinds[index % FAULTY_KINDS].applied};
}

// Count the call. OK: let it pass.
static stepdown_status faulty_strike(struct faulty *f, enum faulty_slot slot, stepdown_error **out_error) {
    size_t any = atomic_fetch_add(&f->calls[FAULTY_ANY], 1) + 1;
    size_t own = atomic_fetch_add(&f->calls[slot], 1) + 1;
    const struct faulty_fault *fault = &f->fault;
    if (fault->at == 0 || (fault->slot != FAULTY_ANY && fault->slot != slot))
        return STEPDOWN_OK;
    size_t call = fault->slot == FAULTY_ANY ? any : own;
    if (call < fault->at || (call > fault->at && !fault->persistent))
        return STEPDOWN_OK;
    atomic_fetch_add(&f->hits, 1);
    stepdown_status status = fault->status;
    if (status == STEPDOWN_UNKNOWN && slot != FAULTY_COMMIT)
        status = STEPDOWN_IO;
    char text[64];
    snprintf(text, sizeof text, "fault injected into %s, call %zu", slot_names[slot], call);
    return fault->silent ? status : stepdown_error_raise(out_error, status, text);
}

static stepdown_status faulty_slot_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **out_error) {
    (void)memory; // the inner storage is open already
    return faulty_strike(ctx, FAULTY_OPEN, out_error);
}

static stepdown_status faulty_slot_close(void *ctx, stepdown_error **out_error) {
    return faulty_strike(ctx, FAULTY_CLOSE, out_error);
}

static stepdown_status faulty_slot_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch,
                                         void **out_transaction, stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_BEGIN, out_error);
    if (status != STEPDOWN_OK)
        return status;
    return f->inner->table.begin(f->inner->ctx, flags, prefetch, out_transaction, out_error);
}

static stepdown_status faulty_slot_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                       stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_GET, out_error);
    if (status != STEPDOWN_OK)
        return status;
    return f->inner->table.get(f->inner->ctx, transaction, keys, sink, out_error);
}

static stepdown_status faulty_slot_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                        stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_SCAN, out_error);
    if (status != STEPDOWN_OK)
        return status;
    return f->inner->table.scan(f->inner->ctx, transaction, range, sink, out_error);
}

static stepdown_status faulty_slot_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                          stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_COMMIT, out_error);
    if (status == STEPDOWN_OK)
        return f->inner->table.commit(f->inner->ctx, transaction, batch, out_error);
    if (f->fault.applied)
        (void)f->inner->table.commit(f->inner->ctx, transaction, batch, NULL);
    else
        (void)f->inner->table.abort(f->inner->ctx, transaction, NULL);
    return status;
}

static stepdown_status faulty_slot_abort(void *ctx, void *transaction, stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_ABORT, out_error);
    stepdown_status inner = f->inner->table.abort(f->inner->ctx, transaction, NULL);
    return status != STEPDOWN_OK ? status : inner;
}

static stepdown_status faulty_slot_control(void *ctx, const stepdown_storage_request *request,
                                           stepdown_storage_sink *sink, stepdown_error **out_error) {
    struct faulty *f = ctx;
    stepdown_status status = faulty_strike(f, FAULTY_CONTROL, out_error);
    if (status != STEPDOWN_OK)
        return status;
    return f->inner->table.control(f->inner->ctx, request, sink, out_error);
}

static const stepdown_storage_table faulty_table = {
    .abi = STEPDOWN_STORAGE_ABI,
    .size = sizeof(stepdown_storage_table),
    .open = faulty_slot_open,
    .close = faulty_slot_close,
    .begin = faulty_slot_begin,
    .get = faulty_slot_get,
    .scan = faulty_slot_scan,
    .commit = faulty_slot_commit,
    .abort = faulty_slot_abort,
    .control = faulty_slot_control,
};

stepdown_status faulty_open(struct faulty *faulty, stepdown_storage **out, stepdown_error **out_error) {
    return storage_register(&faulty_table, faulty, NULL, NULL, out, out_error);
}
