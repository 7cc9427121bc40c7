// SPDX-License-Identifier: Apache-2.0
// The exported functions of <stepdown/storage.h>: options, opening, maintenance, and the accessors for back ends.
// May call: storage, base.
#include <stepdown/storage.h>

#include "base/live.h"
#include "storage/backend.h"
#include "storage/conformance.h"

// Errors about arguments have no storage to take their memory from.
static stepdown_status refuse(stepdown_error **out_error, const char *what) {
    const struct env env = env_default();
    return status_fail(&env, out_error, STEPDOWN_INVALID, "%s", what);
}

stepdown_status stepdown_storage_options_new(stepdown_storage_options **out_options, stepdown_error **out_error) {
    if (out_options == NULL)
        return refuse(out_error, "storage_options_new: out_options is NULL");
    const struct env env = env_default();
    struct stepdown_storage_options *options = env_alloc(&env, sizeof *options);
    if (options == NULL)
        return status_nomem(&env, out_error);
    *options = storage_options_default();
    live_add();
    *out_options = options;
    return STEPDOWN_OK;
}

void stepdown_storage_options_free(stepdown_storage_options **options) {
    if (options == NULL || *options == NULL)
        return;
    const struct env env = env_default();
    live_remove();
    env_free(&env, *options);
    *options = NULL;
}

stepdown_status stepdown_storage_options_set_allocator(stepdown_storage_options *options, stepdown_allocate_fn allocate,
                                                       void *ctx, stepdown_error **out_error) {
    if (options == NULL)
        return refuse(out_error, "storage_options_set_allocator: options is NULL");
    options->allocate = allocate;
    options->allocate_ctx = ctx;
    return STEPDOWN_OK;
}

// A number of the options, if it lies in its range.
static stepdown_status set_number(stepdown_storage_options *options, int32_t value, int32_t least, int32_t most,
                                  const char *name, stepdown_error **out_error) {
    if (options == NULL)
        return refuse(out_error, "storage options: options is NULL");
    const struct env env = env_default();
    if (value < least || value > most)
        return status_fail(&env, out_error, STEPDOWN_INVALID, "storage options: %s is %d; %d to %d are possible", name,
                           (int)value, (int)least, (int)most);
    return STEPDOWN_OK;
}

stepdown_status stepdown_storage_options_set_synchronous(stepdown_storage_options *options, int32_t synchronous,
                                                         stepdown_error **out_error) {
    stepdown_status status = set_number(options, synchronous, STEPDOWN_STORAGE_SYNC_FULL, STEPDOWN_STORAGE_SYNC_NORMAL,
                                        "synchronous", out_error);
    if (status == STEPDOWN_OK)
        options->synchronous = synchronous;
    return status;
}

stepdown_status stepdown_storage_options_set_busy_timeout(stepdown_storage_options *options, int32_t milliseconds,
                                                          stepdown_error **out_error) {
    stepdown_status status = set_number(options, milliseconds, 0, 3600000, "the busy timeout", out_error);
    if (status == STEPDOWN_OK)
        options->busy_timeout = milliseconds;
    return status;
}

stepdown_status stepdown_storage_options_set_create(stepdown_storage_options *options, int32_t create,
                                                    stepdown_error **out_error) {
    stepdown_status status = set_number(options, create, 0, 1, "create", out_error);
    if (status == STEPDOWN_OK)
        options->create = create != 0;
    return status;
}

stepdown_status stepdown_storage_options_set_read_only(stepdown_storage_options *options, int32_t read_only,
                                                       stepdown_error **out_error) {
    stepdown_status status = set_number(options, read_only, 0, 1, "read only", out_error);
    if (status == STEPDOWN_OK)
        options->read_only = read_only != 0;
    return status;
}

stepdown_status stepdown_storage_options_set_cache(stepdown_storage_options *options, int32_t kibibytes,
                                                   stepdown_error **out_error) {
    stepdown_status status = set_number(options, kibibytes, 64, 1048576, "the cache", out_error);
    if (status == STEPDOWN_OK)
        options->cache = kibibytes;
    return status;
}

stepdown_status stepdown_storage_options_set_checkpoint(stepdown_storage_options *options, int32_t pages,
                                                        stepdown_error **out_error) {
    stepdown_status status = set_number(options, pages, 0, 1000000, "the checkpoint", out_error);
    if (status == STEPDOWN_OK)
        options->checkpoint = pages;
    return status;
}

stepdown_status stepdown_storage_open_memory(const stepdown_storage_options *options, stepdown_storage **out_storage,
                                             stepdown_error **out_error) {
    if (out_storage == NULL)
        return refuse(out_error, "storage_open_memory: out_storage is NULL");
    return memory_open(options, out_storage, out_error);
}

stepdown_status stepdown_storage_open_sqlite(const char *path, const stepdown_storage_options *options,
                                             stepdown_storage **out_storage, stepdown_error **out_error) {
    if (path == NULL || path[0] == '\0' || out_storage == NULL)
        return refuse(out_error, "storage_open_sqlite: the path is empty or out_storage is NULL");
    return sqlite_open(path, options, out_storage, out_error);
}

stepdown_status stepdown_storage_register(const stepdown_storage_table *table, void *ctx, void (*destroy)(void *ctx),
                                          const stepdown_storage_options *options, stepdown_storage **out_storage,
                                          stepdown_error **out_error) {
    if (out_storage == NULL)
        return refuse(out_error, "storage_register: out_storage is NULL");
    return storage_register(table, ctx, destroy, options, out_storage, out_error);
}

stepdown_status stepdown_storage_close(stepdown_storage *storage, stepdown_error **out_error) {
    if (storage == NULL)
        return refuse(out_error, "storage_close: storage is NULL");
    return storage_close(storage, out_error);
}

void stepdown_storage_free(stepdown_storage **storage) { storage_release(storage); }

stepdown_status stepdown_storage_checkpoint(stepdown_storage *storage, stepdown_error **out_error) {
    if (storage == NULL)
        return refuse(out_error, "storage_checkpoint: storage is NULL");
    return storage_control(storage, STEPDOWN_STORAGE_CHECKPOINT, NULL, NULL, out_error);
}

stepdown_status stepdown_storage_backup(stepdown_storage *storage, const char *path, stepdown_error **out_error) {
    if (storage == NULL || path == NULL || path[0] == '\0')
        return refuse(out_error, "storage_backup: storage is NULL or the path is empty");
    return storage_control(storage, STEPDOWN_STORAGE_BACKUP, path, NULL, out_error);
}

stepdown_status stepdown_storage_vacuum(stepdown_storage *storage, stepdown_error **out_error) {
    if (storage == NULL)
        return refuse(out_error, "storage_vacuum: storage is NULL");
    return storage_control(storage, STEPDOWN_STORAGE_VACUUM, NULL, NULL, out_error);
}

stepdown_status stepdown_storage_statistics(stepdown_storage *storage, stepdown_bytes **out_json,
                                            stepdown_error **out_error) {
    if (storage == NULL || out_json == NULL)
        return refuse(out_error, "storage_statistics: an argument is NULL");
    return storage_statistics(storage, out_json, out_error);
}

stepdown_status stepdown_storage_ping(stepdown_storage *storage, stepdown_error **out_error) {
    if (storage == NULL)
        return refuse(out_error, "storage_ping: storage is NULL");
    return storage_control(storage, STEPDOWN_STORAGE_PING, NULL, NULL, out_error);
}

void *stepdown_storage_allocate(const stepdown_storage_memory *memory, void *block, size_t size) {
    return memory->env.allocate(memory->env.allocate_ctx, block, size);
}

static const stepdown_slice nothing = {NULL, 0};

size_t stepdown_storage_keys_count(const stepdown_storage_keys *keys) { return keys->count; }

stepdown_slice stepdown_storage_keys_at(const stepdown_storage_keys *keys, size_t index) {
    return index < keys->count ? keys->list[index] : nothing;
}

stepdown_slice stepdown_storage_range_from(const stepdown_storage_range *range) { return range->from; }

stepdown_slice stepdown_storage_range_to(const stepdown_storage_range *range) { return range->to; }

int32_t stepdown_storage_range_descending(const stepdown_storage_range *range) { return range->descending ? 1 : 0; }

size_t stepdown_storage_range_limit(const stepdown_storage_range *range) { return range->limit; }

size_t stepdown_storage_batch_check_count(const stepdown_storage_batch *batch) { return batch->check_count; }

int32_t stepdown_storage_batch_check_kind(const stepdown_storage_batch *batch, size_t index) {
    return index < batch->check_count ? batch->checks[index].kind : 0;
}

stepdown_slice stepdown_storage_batch_check_key(const stepdown_storage_batch *batch, size_t index) {
    return index < batch->check_count ? batch->checks[index].key : nothing;
}

size_t stepdown_storage_batch_operation_count(const stepdown_storage_batch *batch) { return batch->op_count; }

int32_t stepdown_storage_batch_operation_kind(const stepdown_storage_batch *batch, size_t index) {
    return index < batch->op_count ? batch->ops[index].kind : 0;
}

stepdown_slice stepdown_storage_batch_operation_key(const stepdown_storage_batch *batch, size_t index) {
    return index < batch->op_count ? batch->ops[index].key : nothing;
}

stepdown_slice stepdown_storage_batch_operation_value(const stepdown_storage_batch *batch, size_t index) {
    return index < batch->op_count ? batch->ops[index].value : nothing;
}

int32_t stepdown_storage_request_kind(const stepdown_storage_request *request) { return request->kind; }

const char *stepdown_storage_request_path(const stepdown_storage_request *request) { return request->path; }

stepdown_status stepdown_storage_sink_value(stepdown_storage_sink *sink, size_t index, stepdown_slice value) {
    return sink_add_value(sink, index, value);
}

stepdown_status stepdown_storage_sink_row(stepdown_storage_sink *sink, stepdown_slice key, stepdown_slice value) {
    return sink_add_row(sink, key, value);
}

stepdown_status stepdown_storage_sink_figure(stepdown_storage_sink *sink, const char *name, int64_t value) {
    return sink_add_figure(sink, name, value);
}

stepdown_status stepdown_storage_conformance(stepdown_conformance_factory factory, void *ctx, int32_t level,
                                             stepdown_conformance **out_report, stepdown_error **out_error) {
    if (factory == NULL || out_report == NULL)
        return refuse(out_error, "storage_conformance: an argument is NULL");
    if (level != STEPDOWN_CONFORMANCE_QUICK && level != STEPDOWN_CONFORMANCE_THOROUGH)
        return refuse(out_error, "storage_conformance: no such level");
    return conformance_run(factory, ctx, level, out_report, out_error);
}

size_t stepdown_conformance_count(const stepdown_conformance *report) { return report->count; }

size_t stepdown_conformance_failures(const stepdown_conformance *report) { return report->failures; }

const char *stepdown_conformance_name(const stepdown_conformance *report, size_t index) {
    return index < report->count ? report->results[index].name : "";
}

int32_t stepdown_conformance_result(const stepdown_conformance *report, size_t index) {
    return index < report->count ? report->results[index].result : STEPDOWN_CONFORMANCE_FAILED;
}

const char *stepdown_conformance_detail(const stepdown_conformance *report, size_t index) {
    return index < report->count && report->results[index].detail != NULL ? report->results[index].detail : "";
}

void stepdown_conformance_free(stepdown_conformance **report) { conformance_free(report); }
