// SPDX-License-Identifier: Apache-2.0
// Options: filled by the host, copied when an engine is opened.
#include <string.h>

#include "api/handles.h"

enum { OPTIONS_RETRIES = 16, OPTIONS_RETRIES_MAX = 1000, OPTIONS_CACHE = 1024, OPTIONS_CACHE_MAX = 1000000 };

struct env handle_env(const stepdown_options *options) {
    return options != NULL ? options->values.env : env_default();
}

struct keeper keeper_retain(const struct keeper *keeper) {
    if (keeper->retain != NULL) {
        keeper->retain(keeper->ctx);
    }
    return *keeper;
}

void keeper_release(const struct keeper *keeper) {
    if (keeper->release != NULL) {
        keeper->release(keeper->ctx);
    }
}

stepdown_status stepdown_options_new(stepdown_options **out, stepdown_error **out_error) {
    struct env env = env_default();
    if (out == NULL) {
        return argument_missing(&env, "out", out_error);
    }
    stepdown_options *options = env_zalloc(&env, sizeof *options);
    if (options == NULL) {
        return status_nomem(&env, out_error);
    }
    options->values = (struct engine_options){.env = env, .retries = OPTIONS_RETRIES, .cache = OPTIONS_CACHE};
    live_add();
    *out = options;
    return STEPDOWN_OK;
}

// Options are made with the default allocator: the host's own is for what they open.
void stepdown_options_free(stepdown_options **options) {
    if (options == NULL || *options == NULL) {
        return;
    }
    struct env env = env_default();
    keeper_release(&(*options)->keeper);
    env_free(&env, (*options)->values.zone_directory);
    env_free(&env, (*options)->values.name);
    env_free(&env, *options);
    *options = NULL;
    live_remove();
}

void stepdown_options_set_allocator(stepdown_options *options, stepdown_allocate_fn allocate, void *ctx) {
    if (options != NULL && allocate != NULL) {
        options->values.env.allocate = allocate;
        options->values.env.allocate_ctx = ctx;
    }
}

void stepdown_options_set_clock(stepdown_options *options, stepdown_time (*clock)(void *ctx), void *ctx) {
    if (options != NULL && clock != NULL) {
        options->values.env.clock = clock;
        options->values.env.clock_ctx = ctx;
    }
}

void stepdown_options_set_random(stepdown_options *options, int32_t (*random)(void *ctx, uint8_t *out, size_t size),
                                 void *ctx) {
    if (options != NULL && random != NULL) {
        options->values.env.random = random;
        options->values.env.random_ctx = ctx;
    }
}

void stepdown_options_set_log(stepdown_options *options, void (*log)(void *ctx, int32_t level, const char *message),
                              void *ctx) {
    if (options != NULL) {
        options->values.env.log = log;
        options->values.env.log_ctx = ctx;
    }
}

void stepdown_options_set_keeper(stepdown_options *options, void *ctx, void (*retain)(void *ctx),
                                 void (*release)(void *ctx)) {
    if (options != NULL) {
        struct keeper before = options->keeper;
        options->keeper = keeper_retain(&(struct keeper){.ctx = ctx, .retain = retain, .release = release});
        keeper_release(&before);
    }
}

static stepdown_status set_text(char **place, const char *text, const char *what, stepdown_error **o) {
    struct env env = env_default();
    if (text == NULL || text[0] == '\0' || strlen(text) > ENGINE_NAME_MAX * 8) {
        return argument_missing(&env, what, o);
    }
    size_t size = strlen(text) + 1;
    char *copy = env_alloc(&env, size);
    if (copy == NULL) {
        return status_nomem(&env, o);
    }
    memcpy(copy, text, size);
    env_free(&env, *place);
    *place = copy;
    return STEPDOWN_OK;
}

stepdown_status stepdown_options_set_zone_directory(stepdown_options *options, const char *directory,
                                                    stepdown_error **out_error) {
    struct env env = env_default();
    return options != NULL ? set_text(&options->values.zone_directory, directory, "directory", out_error)
                           : argument_missing(&env, "options", out_error);
}

stepdown_status stepdown_options_set_name(stepdown_options *options, const char *name, stepdown_error **out_error) {
    struct env env = env_default();
    if (options == NULL) {
        return argument_missing(&env, "options", out_error);
    }
    size_t bad;
    if (name != NULL && (strlen(name) > ENGINE_NAME_MAX || !utf8_valid(slice_text(name), &bad))) {
        return status_fail(&env, out_error, STEPDOWN_INVALID, "name: must be 1 to %d bytes of UTF-8", ENGINE_NAME_MAX);
    }
    return set_text(&options->values.name, name, "name", out_error);
}

void stepdown_options_set_retries(stepdown_options *options, uint32_t retries) {
    if (options != NULL) {
        options->values.retries = retries < OPTIONS_RETRIES_MAX ? retries : OPTIONS_RETRIES_MAX;
    }
}

void stepdown_options_set_cache(stepdown_options *options, uint32_t pathways) {
    if (options != NULL) {
        options->values.cache = pathways < OPTIONS_CACHE_MAX ? pathways : OPTIONS_CACHE_MAX;
    }
}
