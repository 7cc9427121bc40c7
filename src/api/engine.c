// SPDX-License-Identifier: Apache-2.0
// Engines: opening, closing, letting time pass. Arguments and the lock are looked after here, the work is done below.
#include <string.h>

#include "api/handles.h"
#include "engine/board.h"
#include "report/views.h"

// ---- references and the lock ---------------------------------------------------------------------------------------------------

stepdown_status argument_missing(const struct env *env, const char *name, stepdown_error **o) {
    return status_fail(env, o, STEPDOWN_INVALID, "%s: is missing", name);
}

stepdown_status engine_enter(stepdown_engine *handle, struct engine **out, stepdown_error **o) {
    struct env env = env_default();
    if (handle == NULL) {
        return argument_missing(&env, "engine", o);
    }
    if (!platform_mutex_lock(handle->engine->mutex)) {
        return status_fail(&handle->env, o, STEPDOWN_REENTRANT,
                           "the engine was called from inside one of its callbacks");
    }
    if (handle->engine->closed) {
        platform_mutex_unlock(handle->engine->mutex);
        return status_fail(&handle->env, o, STEPDOWN_CLOSED, "the engine was closed");
    }
    *out = handle->engine;
    return STEPDOWN_OK;
}

stepdown_status engine_enter_for(stepdown_engine *handle, const void *answer, struct engine **out, stepdown_error **o) {
    struct env env = env_default();
    return answer != NULL ? engine_enter(handle, out, o) : argument_missing(&env, "out", o);
}

void engine_leave(stepdown_engine *handle) { platform_mutex_unlock(handle->engine->mutex); }

stepdown_engine *engine_retain(stepdown_engine *handle) {
    atomic_fetch_add_explicit(&handle->references.value, 1, memory_order_relaxed);
    return handle;
}

void engine_drop(stepdown_engine **handle) {
    stepdown_engine *h = *handle;
    *handle = NULL;
    if (h == NULL || atomic_fetch_sub_explicit(&h->references.value, 1, memory_order_acq_rel) > 1) {
        return;
    }
    struct env env = h->env;
    stepdown_error *error = NULL;
    if (engine_shut(h->engine, &error) != STEPDOWN_OK && env.log != NULL) {
        env.log(env.log_ctx, 1,
                error != NULL ? stepdown_error_message(error) : "the last access records were not written");
    }
    stepdown_error_free(&error);
    engine_destroy(&h->engine);
    struct keeper keeper = h->keeper;
    env_free(&env, h);
    live_remove();
    keeper_release(&keeper); // nothing of the host is called behind this
}

// ---- stores and engines ----------------------------------------------------------------------------------------------------------

stepdown_status stepdown_store_create(stepdown_storage *storage, const stepdown_options *options, const char *name,
                                      const char *fallback_person, const char *fallback_role,
                                      const char *fallback_organization, stepdown_error **out_error) {
    struct env env = handle_env(options);
    if (storage == NULL) {
        return argument_missing(&env, "storage", out_error);
    }
    return engine_store_create(storage, &env, name, fallback_person, fallback_role, fallback_organization, out_error);
}

stepdown_status stepdown_engine_open(stepdown_storage *storage, const stepdown_options *options, stepdown_engine **out,
                                     stepdown_error **out_error) {
    struct env env = handle_env(options);
    if (storage == NULL || out == NULL) {
        return argument_missing(&env, storage == NULL ? "storage" : "out", out_error);
    }
    struct engine_options defaults = {.env = env, .retries = 16, .cache = 1024};
    stepdown_engine *handle = env_zalloc(&env, sizeof *handle);
    if (handle == NULL) {
        return status_nomem(&env, out_error);
    }
    stepdown_status status =
        engine_new(storage, options != NULL ? &options->values : &defaults, &handle->engine, out_error);
    if (status != STEPDOWN_OK) {
        env_free(&env, handle);
        return status;
    }
    handle->env = env;
    handle->keeper = options != NULL ? keeper_retain(&options->keeper) : (struct keeper){.ctx = NULL};
    atomic_init(&handle->references.value, 1);
    live_add();
    *out = handle;
    return STEPDOWN_OK;
}

stepdown_status stepdown_engine_close(stepdown_engine *engine, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter(engine, &e, NULL);
    if (status == STEPDOWN_CLOSED) {
        return STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK) {
        struct env env = engine != NULL ? engine->env : env_default();
        return status_fail(&env, out_error, status, "%s", stepdown_status_text(status));
    }
    status = engine_shut(e, out_error);
    engine_leave(engine);
    return status;
}

void stepdown_engine_free(stepdown_engine **engine) {
    if (engine != NULL) {
        engine_drop(engine);
    }
}

// ---- time ------------------------------------------------------------------------------------------------------------------------

stepdown_status stepdown_engine_advance(stepdown_engine *engine, stepdown_time until, uint32_t limit,
                                        stepdown_result **out, int32_t *out_more, stepdown_error **out_error) {
    struct engine *e;
    bool more = false;
    stepdown_status status = engine_enter_for(engine, out, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = access_flush_old(e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_advance(e, until, limit, out, &more, out_error);
    }
    engine_leave(engine);
    if (status == STEPDOWN_OK && out_more != NULL) {
        *out_more = more;
    }
    return status;
}

stepdown_status stepdown_engine_next_due(stepdown_engine *engine, stepdown_time *out_due, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter_for(engine, out_due, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = engine_next_due(e, out_due, out_error);
        engine_leave(engine);
    }
    return status;
}

stepdown_status stepdown_engine_rebuild(stepdown_engine *engine, int32_t snapshots, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter(engine, &e, out_error);
    if (status == STEPDOWN_OK) {
        engine_forget_all(e);
        status = snapshots != 0 ? engine_drop_snapshots(e, out_error) : STEPDOWN_OK;
        if (status == STEPDOWN_OK && snapshots != 0) {
            status = board_rebuild(e, out_error);
        }
        engine_leave(engine);
    }
    return status;
}

int64_t stepdown_live_objects(void) { return live_count(); }

const char *stepdown_version(void) { return ENGINE_VERSION; }
