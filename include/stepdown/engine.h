// SPDX-License-Identifier: Apache-2.0
// The engine: one user of one store. It holds protocols, time and the cached state of pathways; sessions act through it.
// An engine and its children may be used from any thread; calls on one engine queue. A call from inside a callback of
// the host gets REENTRANT. For throughput open several engines on one storage.
#ifndef STEPDOWN_ENGINE_H
#define STEPDOWN_ENGINE_H

#include <stepdown/result.h>
#include <stepdown/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- options: made, filled, copied when an engine is opened ------------------------------------------------------

// What an engine takes from its host. NULL stands for the default wherever options are asked for.
typedef struct stepdown_options stepdown_options;

// New options with defaults: malloc, system clock, system entropy, no log, zones from /usr/share/zoneinfo. *out is owned
// by the caller: stepdown_options_free. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_options_new(stepdown_options **out, stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_options_free(stepdown_options **options);
// Memory for the engine and everything it makes. The function must outlive the last object made with it. A callback
// that is NULL changes nothing, here and below; `ctx` is handed to it and stays the host's.
STEPDOWN_API void stepdown_options_set_allocator(stepdown_options *options, stepdown_allocate_fn allocate, void *ctx);
// The engine's clock: microseconds UTC. Tests replace it.
STEPDOWN_API void stepdown_options_set_clock(stepdown_options *options, stepdown_time (*clock)(void *ctx), void *ctx);
// Randomness for ids and salts: fills `size` bytes, returns 1, or 0 when there is no entropy (the command then fails).
STEPDOWN_API void stepdown_options_set_random(stepdown_options *options,
                                              int32_t (*random)(void *ctx, uint8_t *out, size_t size), void *ctx);
// Where warnings go: level 1 error, 2 warning, 3 information; NULL: nowhere. Messages never hold sensitive values.
STEPDOWN_API void stepdown_options_set_log(stepdown_options *options,
                                           void (*log)(void *ctx, int32_t level, const char *message), void *ctx);
// What the callbacks above stand on, counted, so that a host whose objects are collected need not outlive the engine:
// `retain` is called with `ctx` now and by every engine opened with these options, `release` when they are freed and when
// each of these engines is gone, after its last callback. Either may be NULL. Called from any thread. Replaces what was set
// before, which is released.
STEPDOWN_API void stepdown_options_set_keeper(stepdown_options *options, void *ctx, void (*retain)(void *ctx),
                                              void (*release)(void *ctx));
// Directory of TZif files. Copied. INVALID when empty, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_options_set_zone_directory(stepdown_options *options,
                                                                                   const char *directory,
                                                                                   stepdown_error **out_error);
// Name of the engine, 1 to 128 bytes of UTF-8; default "engine". Reads and refusals are recorded in a chain of the
// engine's name: engines of one name continue one chain, and wait for each other there. Give engines that work side by
// side different names. Copied. INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_options_set_name(stepdown_options *options, const char *name,
                                                                         stepdown_error **out_error);
// How often a command that lost against another writer is tried again before CONTENDED. Default 16; more than 1,000
// counts as 1,000.
STEPDOWN_API void stepdown_options_set_retries(stepdown_options *options, uint32_t retries);
// How many pathways stay in memory. Default 1,024; 0 keeps none, more than 1,000,000 counts as 1,000,000.
STEPDOWN_API void stepdown_options_set_cache(stepdown_options *options, uint32_t pathways);

// ---- store --------------------------------------------------------------------------------------------------------

// Reference counted: its sessions keep it alive, so handles may be freed in any order.
typedef struct stepdown_engine stepdown_engine;

// Make a new store on an empty storage. `fallback_person`, `fallback_role`, `fallback_organization` name who answers
// when every ladder has run out: required, never empty. `name` is the host's label of the log.
// EXISTS: a store is there already. INVALID, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_store_create(
    stepdown_storage *storage, const stepdown_options *options, const char *name, const char *fallback_person,
    const char *fallback_role, const char *fallback_organization, stepdown_error **out_error);
// Open an engine on a store. Keeps a reference to the storage. `options` may be NULL. *out is owned by the caller:
// stepdown_engine_free. NOT_FOUND: no store there. UNSUPPORTED: made by a newer version. NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_open(stepdown_storage *storage,
                                                                    const stepdown_options *options,
                                                                    stepdown_engine **out, stepdown_error **out_error);
// Close: pending access records are written, later calls on it and its sessions return CLOSED. Idempotent. REENTRANT,
// storage codes; the engine is closed all the same after a storage code.
STEPDOWN_API stepdown_status stepdown_engine_close(stepdown_engine *engine, stepdown_error **out_error);
// Drop the reference and clear the pointer; closes when it was the last one. Any thread, any order, NULL-safe.
STEPDOWN_API void stepdown_engine_free(stepdown_engine **engine);

// ---- time ----------------------------------------------------------------------------------------------------------

// Let time pass: every due time, lead, ladder step and schedule up to `until` fires, at most `limit` pathways (0: all).
// Signals between pathways are delivered too. Each pathway commits by itself; one that fails is reported in the result
// and does not stop the others. Columns: pathway TEXT, status TEXT ("OK" or the code), message TEXT, records INTEGER,
// due TIME (the earliest of what fired). *out_more (may be NULL) is 1 when more is due. CLOSED, REENTRANT, NOMEM, storage
// codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_advance(stepdown_engine *engine, stepdown_time until,
                                                                       uint32_t limit, stepdown_result **out,
                                                                       int32_t *out_more, stepdown_error **out_error);
// Earliest moment at which anything in the store is due; STEPDOWN_TIME_NONE when nothing is. CLOSED, REENTRANT, storage
// codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_next_due(stepdown_engine *engine, stepdown_time *out_due,
                                                                        stepdown_error **out_error);
// Throw away every cached pathway, so that it is folded anew. With `snapshots` 1 also what is stored beside the records and
// follows from them: snapshots are thrown away, and the index behind boards is compared with the pathways, row by row, and put
// right. Others may go on working meanwhile. Pathways that cannot be folded are left as they are (stepdown_audit_verify
// names them). CLOSED, REENTRANT, NOMEM, CONTENDED, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_rebuild(stepdown_engine *engine, int32_t snapshots,
                                                                       stepdown_error **out_error);
// Live objects made by this process (storages, engines, sessions, results, …, not errors and bytes); 0 when everything was
// freed.
STEPDOWN_API int64_t stepdown_live_objects(void);
// Version of the library: "0.1.0". Static text.
STEPDOWN_API const char *stepdown_version(void);

#ifdef __cplusplus
}
#endif
#endif
