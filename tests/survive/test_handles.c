// SPDX-License-Identifier: Apache-2.0
// Handles closed and freed in every order. Children keep their parents alive, what was closed says CLOSED, and in the
// end nothing is left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "survive/world.h"

enum { STORAGE, ENGINE, SESSION, COMMAND, RESULT, PROTOCOL, HANDLES };

struct handles {
    struct world_memory memory;
    struct fvh_host host;
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session *session;
    stepdown_command *command;
    stepdown_result *result;
    stepdown_protocol *protocol;
};

// One of each, with everything made by memory that counts.
static void make(struct handles *h) {
    stepdown_options *options = NULL;
    stepdown_storage_options *storage_options = NULL;
    memset(h, 0, sizeof *h);
    h->host = (struct fvh_host){.now = (stepdown_time)FVH_START * 1000000, .seed = 3};
    assert_int_equal(stepdown_storage_options_new(&storage_options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_options_set_allocator(storage_options, world_allocate, &h->memory, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_storage_open_memory(storage_options, &h->storage, NULL), STEPDOWN_OK);
    stepdown_storage_options_free(&storage_options);
    assert_int_equal(fvh_options(&h->host, &options), STEPDOWN_OK);
    stepdown_options_set_allocator(options, world_allocate, &h->memory);
    assert_int_equal(fvh_create(h->storage, options, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_open(h->storage, options, &h->engine, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_open(h->engine, "a", "supervisor", "o", NULL, &h->session, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_new(h->session, "open", "x", &h->command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(h->command, "subject", "s", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_new(options, &h->protocol, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(h->protocol, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_assignments(h->engine, &h->result, NULL), STEPDOWN_OK);
    stepdown_options_free(&options);
    // Something that is pending when the engine goes: an attempt.
    assert_int_equal(stepdown_session_execute(h->session, NULL, h->command, NULL, NULL), STEPDOWN_NOT_FOUND);
}

static void release(struct handles *h, int which) {
    switch (which) {
    case STORAGE: stepdown_storage_free(&h->storage); break;
    case ENGINE: stepdown_engine_free(&h->engine); break;
    case SESSION: stepdown_session_free(&h->session); break;
    case COMMAND: stepdown_command_free(&h->command); break;
    case RESULT: stepdown_result_free(&h->result); break;
    default: stepdown_protocol_free(&h->protocol); break;
    }
}

// Whatever is still held can be used.
static void use(struct handles *h) {
    if (h->session != NULL && h->command != NULL)
        assert_int_equal(stepdown_session_execute(h->session, NULL, h->command, NULL, NULL), STEPDOWN_NOT_FOUND);
    if (h->session != NULL) {
        stepdown_result *list = NULL;
        assert_int_equal(stepdown_pathway_list(h->session, NULL, 5, &list, NULL), STEPDOWN_OK);
        stepdown_result_free(&list);
    }
    if (h->command != NULL)
        assert_int_equal(stepdown_command_set(h->command, "zone", "UTC", NULL), STEPDOWN_OK);
    if (h->result != NULL)
        assert_int_equal(stepdown_result_count(h->result), 0);
    if (h->storage != NULL)
        assert_int_equal(stepdown_storage_ping(h->storage, NULL), STEPDOWN_OK);
}

typedef void (*order_fn)(const int order[HANDLES]);

static void permute(int order[HANDLES], int fixed, order_fn body) {
    if (fixed == HANDLES) {
        body(order);
        return;
    }
    for (int i = fixed; i < HANDLES; i++) {
        int held = order[fixed];
        order[fixed] = order[i];
        order[i] = held;
        permute(order, fixed + 1, body);
        order[i] = order[fixed];
        order[fixed] = held;
    }
}

static void free_in_order(const int order[HANDLES]) {
    struct handles h;
    make(&h);
    for (int i = 0; i < HANDLES; i++) {
        release(&h, order[i]);
        release(&h, order[i]); // freeing nothing does nothing
        use(&h);
    }
    assert_int_equal(stepdown_live_objects(), 0);
    assert_int_equal(h.memory.live, 0);
}

static void handles_are_freed_in_any_order(void **state) {
    (void)state;
    int order[HANDLES] = {STORAGE, ENGINE, SESSION, COMMAND, RESULT, PROTOCOL};
    permute(order, 0, free_in_order);
}

static void close_handle(struct handles *h, int which) {
    if (which == STORAGE && h->storage != NULL)
        assert_int_equal(stepdown_storage_close(h->storage, NULL), STEPDOWN_OK);
    if (which == ENGINE && h->engine != NULL)
        (void)stepdown_engine_close(h->engine, NULL); // with the storage closed, what is pending cannot be written
    if (which == SESSION && h->session != NULL)
        assert_int_equal(stepdown_session_close(h->session, NULL), STEPDOWN_OK);
}

static void close_in_order(const int order[HANDLES]) {
    struct handles h;
    make(&h);
    for (int i = 0; i < HANDLES; i++) {
        close_handle(&h, order[i]);
        close_handle(&h, order[i]);
    }
    for (int i = HANDLES - 1; i >= 0; i--)
        release(&h, order[(i * 5 + 1) % HANDLES]);
    for (int i = 0; i < HANDLES; i++)
        release(&h, i);
    assert_int_equal(stepdown_live_objects(), 0);
    assert_int_equal(h.memory.live, 0);
}

static void handles_are_closed_in_any_order(void **state) {
    (void)state;
    int order[HANDLES] = {STORAGE, ENGINE, SESSION, COMMAND, RESULT, PROTOCOL};
    permute(order, 0, close_in_order);
}

// ---- use after close ---------------------------------------------------------------------------------------------------

static void everything_about_the_engine_is_closed(struct handles *h) {
    stepdown_result *result = NULL;
    stepdown_session *session = NULL;
    stepdown_time due;
    int32_t more;
    assert_int_equal(stepdown_session_open(h->engine, "a", "b", "c", NULL, &session, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_advance(h->engine, 0, 0, &result, &more, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_next_due(h->engine, &due, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_rebuild(h->engine, 1, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_protocols(h->engine, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_assignments(h->engine, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_activate(h->engine, h->protocol, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_engine_set_organization(h->engine, "x", "provider", NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_audit_verify(h->engine, NULL, NULL, NULL, &result, NULL), STEPDOWN_CLOSED);
    assert_null(result);
    assert_null(session);
}

static void everything_about_the_session_is_closed(struct handles *h) {
    char pathway[27];
    stepdown_result *result = NULL;
    stepdown_error *error = NULL;
    fvh_pathway(1, pathway);
    assert_int_equal(stepdown_session_execute(h->session, NULL, h->command, &result, &error), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_error_code(error), STEPDOWN_CLOSED);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_pathway_list(h->session, NULL, 5, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_pathway_show(h->session, pathway, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_board(h->session, pathway, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_gate_check(h->session, pathway, "g", &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_audit_records(h->session, pathway, 0, 5, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_audit_validate(h->session, pathway, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_outbox_lease(h->session, 1, 1, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_outbox_settle(h->session, "00", 1, NULL), STEPDOWN_CLOSED);
    assert_null(result);
}

static void free_all(struct handles *h) {
    for (int i = 0; i < HANDLES; i++)
        release(h, i);
    assert_int_equal(stepdown_live_objects(), 0);
    assert_int_equal(h->memory.live, 0);
}

static void a_closed_engine_says_so_and_so_do_its_sessions(void **state) {
    (void)state;
    struct handles h;
    make(&h);
    assert_int_equal(stepdown_engine_close(h.engine, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_close(h.engine, NULL), STEPDOWN_OK);
    everything_about_the_engine_is_closed(&h);
    everything_about_the_session_is_closed(&h);
    assert_int_equal(stepdown_session_close(h.session, NULL), STEPDOWN_OK);
    free_all(&h);
}

static void a_closed_session_leaves_the_engine_open(void **state) {
    (void)state;
    struct handles h;
    stepdown_time due;
    make(&h);
    assert_int_equal(stepdown_session_close(h.session, NULL), STEPDOWN_OK);
    everything_about_the_session_is_closed(&h);
    assert_int_equal(stepdown_engine_next_due(h.engine, &due, NULL), STEPDOWN_OK);
    free_all(&h);
}

static void a_closed_storage_closes_what_stands_on_it(void **state) {
    (void)state;
    struct handles h;
    stepdown_result *result = NULL;
    stepdown_time due;
    make(&h);
    assert_int_equal(stepdown_storage_close(h.storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_next_due(h.engine, &due, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_session_execute(h.session, NULL, h.command, &result, NULL), STEPDOWN_CLOSED);
    assert_int_equal(stepdown_pathway_list(h.session, NULL, 5, &result, NULL), STEPDOWN_CLOSED);
    assert_null(result);
    free_all(&h);
}

static void an_engine_lives_as_long_as_its_session(void **state) {
    (void)state;
    struct world world;
    world_make(&world, FVH_ENGAGED, NULL, NULL);
    world_play(&world, 0, 3);
    stepdown_session *session = NULL;
    stepdown_result *board = NULL;
    assert_int_equal(
        stepdown_session_open(world.story.engine, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
        STEPDOWN_OK);
    world_free(&world); // engine, storage, options
    assert_int_equal(stepdown_board(session, world.story.pathway, &board, NULL), STEPDOWN_OK);
    stepdown_session_free(&session);
    assert_true(stepdown_result_columns(board) > 0);
    stepdown_result_free(&board);
    assert_int_equal(stepdown_live_objects(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_are_freed_in_any_order),
        cmocka_unit_test(handles_are_closed_in_any_order),
        cmocka_unit_test(a_closed_engine_says_so_and_so_do_its_sessions),
        cmocka_unit_test(a_closed_session_leaves_the_engine_open),
        cmocka_unit_test(a_closed_storage_closes_what_stands_on_it),
        cmocka_unit_test(an_engine_lives_as_long_as_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
