// SPDX-License-Identifier: Apache-2.0
// The part of a binding that is C and the same in every language: how a call fails, a clock that can be set, seeded
// randomness, and results whose nested rows keep their whole. Included by the generated wrapper, in C and in C++.
#ifndef STEPDOWN_BINDINGS_HOST_H
#define STEPDOWN_BINDINGS_HOST_H

#include <stdlib.h>
#include <string.h>

#include <stepdown.h>

// ---- failing ---------------------------------------------------------------------------------------------------------

// Where a call of the interface says that it failed. One on the stack of every call, so calls may be nested in callbacks and
// run in any number of threads. `error` may be NULL when memory for it ran out; `status` counts.
struct bind_failure {
    stepdown_status status;
    stepdown_error *error;
};

static inline void *bind_alloc(size_t size, struct bind_failure *failure) {
    void *block = calloc(1, size);
    if (block == NULL) {
        failure->status = STEPDOWN_NOMEM;
    }
    return block;
}

// ---- a clock that can be set -----------------------------------------------------------------------------------------

// Counted: the host's handle and every engine that goes by it. Set and read from any thread.
typedef struct bind_clock {
    int32_t references;
    stepdown_time now;
} Clock;

static inline Clock *bind_clock_new(stepdown_time now, struct bind_failure *failure) {
    Clock *clock = (Clock *)bind_alloc(sizeof *clock, failure);
    if (clock != NULL) {
        clock->references = 1;
        clock->now = now;
    }
    return clock;
}

static inline void bind_clock_release(Clock *clock) {
    if (clock != NULL && __atomic_sub_fetch(&clock->references, 1, __ATOMIC_ACQ_REL) == 0) {
        free(clock);
    }
}

static inline stepdown_time bind_clock_now(void *ctx) {
    return __atomic_load_n(&((Clock *)ctx)->now, __ATOMIC_ACQUIRE);
}

// ---- what an engine's callbacks stand on -----------------------------------------------------------------------------

struct bind_host {
    int32_t references;
    Clock *clock;  // NULL: the system's
    uint64_t seed; // state of the randomness, when one was given
    void (*log)(void *ctx, int32_t level, const char *message);
    void *log_ctx;
    void (*log_release)(void *ctx);
};

static inline void bind_host_retain(void *ctx) {
    (void)__atomic_add_fetch(&((struct bind_host *)ctx)->references, 1, __ATOMIC_RELAXED);
}

static inline void bind_host_release(void *ctx) {
    struct bind_host *host = (struct bind_host *)ctx;
    if (__atomic_sub_fetch(&host->references, 1, __ATOMIC_ACQ_REL) == 0) {
        bind_clock_release(host->clock);
        if (host->log_release != NULL) {
            host->log_release(host->log_ctx);
        }
        free(host);
    }
}

// SplitMix64, as scenarios have it: one seed always gives the same ids. Not for real stores.
static inline int32_t bind_host_random(void *ctx, uint8_t *out, size_t size) {
    struct bind_host *host = (struct bind_host *)ctx;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = __atomic_add_fetch(&host->seed, UINT64_C(0x9E3779B97F4A7C15), __ATOMIC_RELAXED);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        out[i] = (uint8_t)(z ^ (z >> 31));
    }
    return 1;
}

typedef struct bind_options {
    stepdown_options *options;
    struct bind_host *host; // kept by `options`
} Options;

static inline void bind_options_free(Options *options) {
    if (options != NULL) {
        stepdown_options_free(&options->options);
        free(options);
    }
}

static inline Options *bind_options_new(struct bind_failure *failure) {
    Options *options = (Options *)bind_alloc(sizeof *options, failure);
    struct bind_host *host = (struct bind_host *)bind_alloc(sizeof *host, failure);
    if (options != NULL && host != NULL) {
        failure->status = stepdown_options_new(&options->options, &failure->error);
    }
    if (failure->status != STEPDOWN_OK) {
        free(host);
        bind_options_free(options);
        return NULL;
    }
    options->host = host;
    stepdown_options_set_keeper(options->options, host, bind_host_retain, bind_host_release);
    return options;
}

static inline void bind_options_clock(Options *options, Clock *clock) {
    (void)__atomic_add_fetch(&clock->references, 1, __ATOMIC_RELAXED);
    bind_clock_release(options->host->clock);
    options->host->clock = clock;
    stepdown_options_set_clock(options->options, bind_clock_now, clock);
}

// ---- results ---------------------------------------------------------------------------------------------------------

// Nested rows belong to the whole result, so every handle on a part of it keeps the whole.
struct bind_whole {
    int32_t references;
    stepdown_result *result;
    int32_t more; // of advance: more is due
};

typedef struct bind_result {
    struct bind_whole *whole;
    const stepdown_result *rows;
} Result;

static inline void bind_result_free(Result *result) {
    if (result != NULL) {
        if (__atomic_sub_fetch(&result->whole->references, 1, __ATOMIC_ACQ_REL) == 0) {
            stepdown_result_free(&result->whole->result);
            free(result->whole);
        }
        free(result);
    }
}

// Takes `*result` over, also when it fails. NULL when the call that made it failed.
static inline Result *bind_result_new(stepdown_result *result, int32_t more, struct bind_failure *failure) {
    if (failure->status != STEPDOWN_OK) {
        return NULL;
    }
    Result *handle = (Result *)bind_alloc(sizeof *handle, failure);
    struct bind_whole *whole = (struct bind_whole *)bind_alloc(sizeof *whole, failure);
    if (handle == NULL || whole == NULL) {
        free(handle);
        free(whole);
        stepdown_result_free(&result);
        return NULL;
    }
    whole->references = 1;
    whole->result = result;
    whole->more = more;
    handle->whole = whole;
    handle->rows = result;
    return handle;
}

static inline Result *bind_result_part(Result *result, const stepdown_result *rows, struct bind_failure *failure) {
    Result *part = rows != NULL ? (Result *)bind_alloc(sizeof *part, failure) : NULL;
    if (part != NULL) {
        (void)__atomic_add_fetch(&result->whole->references, 1, __ATOMIC_RELAXED);
        part->whole = result->whole;
        part->rows = rows;
    }
    return part;
}

static inline stepdown_slice bind_slice(const char *data, size_t size) {
    stepdown_slice slice = {(const uint8_t *)data, size};
    return slice;
}

#endif
