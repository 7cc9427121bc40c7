// SPDX-License-Identifier: Apache-2.0
// A host that calls the engine from inside one of the engine's own callbacks gets REENTRANT: no deadlock, no harm, and
// the call that was under way goes on. Another engine of the host may be called.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storage/backend.h"
#include "survive/world.h"

// ---- the host that calls back ------------------------------------------------------------------------------------------

static struct {
    struct world *world; // NULL: be quiet
    stepdown_session *session;
    stepdown_command *command;
    bool gentle; // called without the lock too: look only
    bool inside;
    size_t calls, refused, wrong;
} host;

static void note(stepdown_status status) {
    host.refused += status == STEPDOWN_REENTRANT;
    host.wrong += status != STEPDOWN_REENTRANT && !(host.gentle && status == STEPDOWN_OK);
}

// Every kind of entry there is.
static void call_back(void) {
    if (host.world == NULL || host.inside)
        return;
    host.inside = true; // an error object is made with memory, which calls back in turn
    host.calls++;
    struct fvh_story *story = &host.world->story;
    stepdown_result *result = NULL;
    stepdown_session *session = NULL;
    stepdown_error *error = NULL;
    stepdown_time due;
    int32_t more;
    if (host.gentle) {
        note(stepdown_engine_next_due(story->engine, &due, NULL));
        host.inside = false;
        return;
    }
    note(stepdown_session_execute(host.session, story->pathway, host.command, &result, &error));
    if (error != NULL && stepdown_error_code(error) != STEPDOWN_REENTRANT)
        host.wrong++;
    stepdown_error_free(&error);
    note(stepdown_board(host.session, story->pathway, &result, NULL));
    note(stepdown_pathway_list(host.session, NULL, 10, &result, NULL));
    note(stepdown_outbox_lease(host.session, 1, 1, &result, NULL));
    note(stepdown_outbox_settle(host.session, "00", 1, NULL));
    note(stepdown_audit_records(host.session, story->pathway, 0, 1, &result, NULL));
    note(stepdown_audit_verify(story->engine, NULL, NULL, NULL, &result, NULL));
    note(stepdown_engine_advance(story->engine, 0, 0, &result, &more, NULL));
    note(stepdown_engine_next_due(story->engine, &due, NULL));
    note(stepdown_engine_rebuild(story->engine, 1, NULL));
    note(stepdown_engine_protocols(story->engine, &result, NULL));
    note(stepdown_engine_assignments(story->engine, &result, NULL));
    note(stepdown_engine_set_organization(story->engine, "x", "provider", NULL));
    note(stepdown_engine_assign_role(story->engine, "supervisor", "x", "y", 0, STEPDOWN_TIME_NONE, 0, NULL));
    note(stepdown_session_open(story->engine, "a", "b", "c", NULL, &session, NULL));
    note(stepdown_session_close(host.session, NULL));
    note(stepdown_engine_close(story->engine, NULL));
    if (result != NULL || session != NULL)
        host.wrong++;
    host.inside = false;
}

static void host_listen(struct world *world) {
    memset(&host, 0, sizeof host);
    assert_int_equal(
        stepdown_session_open(world->story.engine, "Maria Chen", "supervisor", "harborview", NULL, &host.session, NULL),
        STEPDOWN_OK);
    assert_int_equal(stepdown_command_new(host.session, "join-pathway", "brightpath", &host.command, NULL),
                     STEPDOWN_OK);
    host.world = world;
}

static void host_quiet(void) {
    host.world = NULL;
    stepdown_command_free(&host.command);
    stepdown_session_free(&host.session);
}

static stepdown_time calling_clock(void *ctx) {
    call_back();
    return ((struct fvh_host *)ctx)->now;
}

static int32_t calling_random(void *ctx, uint8_t *out, size_t size) {
    (void)ctx;
    call_back();
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(i * 37 + host.calls);
    return 1;
}

static void calling_log(void *ctx, int32_t level, const char *message) {
    (void)ctx;
    (void)level;
    (void)message;
    call_back();
}

static void *calling_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    call_back();
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

// ---- a store that calls back -------------------------------------------------------------------------------------------

static stepdown_status slot_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **o) {
    (void)ctx;
    (void)memory;
    (void)o;
    return STEPDOWN_OK;
}
static stepdown_status slot_close(void *ctx, stepdown_error **o) {
    (void)ctx;
    (void)o;
    return STEPDOWN_OK;
}
static stepdown_status slot_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *prefetch, void **out,
                                  stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    call_back();
    return inner->table.begin(inner->ctx, flags, prefetch, out, o);
}
static stepdown_status slot_get(void *ctx, void *transaction, const stepdown_storage_keys *keys,
                                stepdown_storage_sink *sink, stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    call_back();
    return inner->table.get(inner->ctx, transaction, keys, sink, o);
}
static stepdown_status slot_scan(void *ctx, void *transaction, const stepdown_storage_range *range,
                                 stepdown_storage_sink *sink, stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    call_back();
    return inner->table.scan(inner->ctx, transaction, range, sink, o);
}
static stepdown_status slot_commit(void *ctx, void *transaction, const stepdown_storage_batch *batch,
                                   stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    call_back();
    return inner->table.commit(inner->ctx, transaction, batch, o);
}
static stepdown_status slot_abort(void *ctx, void *transaction, stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    call_back();
    return inner->table.abort(inner->ctx, transaction, o);
}
static stepdown_status slot_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                    stepdown_error **o) {
    struct stepdown_storage *inner = ctx;
    return inner->table.control(inner->ctx, request, sink, o);
}
static void slot_destroy(void *ctx) {
    struct stepdown_storage *inner = ctx;
    stepdown_storage_free(&inner);
}

static stepdown_storage *calling_storage(void) {
    static const stepdown_storage_table table = {.abi = STEPDOWN_STORAGE_ABI,
                                                 .size = sizeof(stepdown_storage_table),
                                                 .open = slot_open,
                                                 .close = slot_close,
                                                 .begin = slot_begin,
                                                 .get = slot_get,
                                                 .scan = slot_scan,
                                                 .commit = slot_commit,
                                                 .abort = slot_abort,
                                                 .control = slot_control};
    stepdown_storage *inner = NULL, *storage = NULL;
    assert_int_equal(stepdown_storage_open_memory(NULL, &inner, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_register(&table, inner, slot_destroy, NULL, &storage, NULL), STEPDOWN_OK);
    return storage;
}

// ---- tests -------------------------------------------------------------------------------------------------------------

enum which { CLOCK, RANDOM, ALLOCATOR, STORAGE };

static void tell(enum which which) {
    struct world world;
    size_t refused = 0;
    char *told = world_told(FVH_REFUSED_AGAIN);
    world_make(&world, FVH_REFUSED_AGAIN, NULL, NULL);
    if (which == STORAGE) {
        world_free(&world);
        world = (struct world){.host = {.now = (stepdown_time)FVH_START * 1000000, .seed = 1}};
        world.story.kind = FVH_REFUSED_AGAIN;
        world.story.host = &world.host;
        fvh_pathway(1, world.story.pathway);
        world.storage = calling_storage();
        assert_int_equal(fvh_options(&world.host, &world.options), STEPDOWN_OK);
        assert_int_equal(fvh_create(world.storage, world.options, NULL), STEPDOWN_OK);
    } else if (which == CLOCK) {
        stepdown_options_set_clock(world.options, calling_clock, &world.host);
    } else if (which == RANDOM) {
        stepdown_options_set_random(world.options, calling_random, NULL);
    } else {
        stepdown_options_set_allocator(world.options, calling_allocate, NULL);
    }
    world_reopen(&world);
    assert_int_equal(fvh_prepare(world.story.engine, world.options, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < fvh_length(FVH_REFUSED_AGAIN); i++) {
        host_listen(&world);
        world.host.now = fvh_time(FVH_REFUSED_AGAIN, i);
        host.gentle = which == ALLOCATOR;
        world_play(&world, i, i + 1);
        host_quiet();
        assert_int_equal(host.wrong, 0);
        refused += host.refused;
    }
    assert_true(refused > 0);
    char *picture = world_picture(&world);
    assert_string_equal(picture, told);
    free(told);
    free(picture);
    world_free(&world);
}

static void the_clock_calls_back(void **state) {
    (void)state;
    tell(CLOCK);
}
static void randomness_calls_back(void **state) {
    (void)state;
    tell(RANDOM);
}
static void memory_calls_back(void **state) {
    (void)state;
    tell(ALLOCATOR);
}
static void the_store_calls_back(void **state) {
    (void)state;
    tell(STORAGE);
}

static int32_t progress(void *ctx, uint64_t done) {
    (void)done;
    (*(size_t *)ctx)++;
    call_back();
    return 1;
}

static void verification_calls_back(void **state) {
    (void)state;
    struct world world;
    stepdown_result *rows = NULL;
    size_t calls = 0;
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    world_play(&world, 0, 20);
    host_listen(&world);
    assert_int_equal(stepdown_audit_verify(world.story.engine, NULL, progress, &calls, &rows, NULL), STEPDOWN_OK);
    assert_true(calls > 0 && host.calls > 0);
    assert_int_equal(host.wrong, 0);
    host_quiet();
    stepdown_result_free(&rows);
    world_free(&world);
}

// The log speaks up when a snapshot cannot be used.
static void the_log_calls_back(void **state) {
    (void)state;
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    world_play(&world, 0, 10);
    world_lengthen(&world, 80);
    char *before = world_picture(&world);
    assert_true(world_damage(&world, WORLD_SNAPSHOT, 40) > 0);
    stepdown_options_set_log(world.options, calling_log, NULL);
    world_reopen(&world);
    host_listen(&world);
    char *after = world_picture(&world);
    assert_string_equal(before, after);
    assert_true(host.calls > 0);
    assert_int_equal(host.wrong, 0);
    host_quiet();
    free(before);
    free(after);
    world_free(&world);
}

// A callback of one engine may use another one.
static stepdown_engine *other;

static stepdown_time asking_clock(void *ctx) {
    stepdown_time due;
    if (other != NULL && stepdown_engine_next_due(other, &due, NULL) != STEPDOWN_OK)
        host.wrong++;
    return ((struct fvh_host *)ctx)->now;
}

static void another_engine_may_be_called(void **state) {
    (void)state;
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    host.wrong = 0;
    assert_int_equal(stepdown_engine_open(world.storage, world.options, &other, NULL), STEPDOWN_OK);
    stepdown_options_set_clock(world.options, asking_clock, &world.host);
    world_reopen(&world);
    world_play(&world, 0, fvh_length(FVH_ENGAGED));
    assert_int_equal(host.wrong, 0);
    stepdown_engine_free(&other);
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_calls_back),
        cmocka_unit_test(randomness_calls_back),
        cmocka_unit_test(memory_calls_back),
        cmocka_unit_test(the_store_calls_back),
        cmocka_unit_test(verification_calls_back),
        cmocka_unit_test(the_log_calls_back),
        cmocka_unit_test(another_engine_may_be_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
