// SPDX-License-Identifier: Apache-2.0
// Records, validation, verification, replay and the outbox.
#include <string.h>

#include "api/reading.h"
#include "report/replay.h"

struct records_page {
    uint64_t from;
    uint32_t limit;
};

static stepdown_status records_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    const struct records_page *page = ctx;
    return view_records(v->e, v->reading, v->head, page->from, page->limit, out, o);
}

stepdown_status stepdown_audit_records(stepdown_session *session, const char *pathway, uint64_t from, uint32_t limit,
                                       stepdown_result **out, stepdown_error **out_error) {
    struct records_page page = {.from = from, .limit = limit};
    stepdown_status status = limit_check(limit, out_error);
    return status == STEPDOWN_OK ? read_view(session, pathway, "records", records_view, &page, out, out_error) : status;
}

static stepdown_status validation_view(const struct view_source *v, void *ctx, stepdown_result **out,
                                       stepdown_error **o) {
    (void)ctx;
    return view_validation(v->e, v->reading, out, o);
}

stepdown_status stepdown_audit_validate(stepdown_session *session, const char *pathway, stepdown_result **out,
                                        stepdown_error **out_error) {
    return read_view(session, pathway, "validation", validation_view, NULL, out, out_error);
}

stepdown_status stepdown_audit_verify(stepdown_engine *engine, const char *pathway,
                                      int32_t (*progress)(void *ctx, uint64_t done), void *ctx, stepdown_result **out,
                                      stepdown_error **out_error) {
    struct engine *e;
    uint8_t id[RECORD_ID];
    struct env env = env_default();
    if (out == NULL) {
        return argument_missing(&env, "out", out_error);
    }
    stepdown_status status = pathway != NULL ? pathway_parse(&env, pathway, id, out_error) : STEPDOWN_OK;
    if (status == STEPDOWN_OK) {
        status = engine_enter(engine, &e, out_error);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct verify_progress report = {.call = progress, .ctx = ctx};
    status = access_flush(e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_verification(e, pathway != NULL ? id : NULL, &report, out, out_error);
    }
    engine_leave(engine);
    return status;
}

stepdown_status stepdown_audit_replay(stepdown_session *session, const char *pathway, stepdown_protocol *protocol,
                                      stepdown_result **out, stepdown_error **out_error) {
    struct engine *e;
    uint8_t id[RECORD_ID];
    struct env env = env_default();
    if (protocol == NULL || protocol->protocol_count == 0) {
        return argument_missing(&env, "protocol", out_error);
    }
    stepdown_status status = session_enter_on(session, pathway, out, id, &e, out_error);
    if (status == STEPDOWN_OK) {
        struct compile_input input = protocol_input(protocol);
        status = view_replay(e, &session->info, id, &input, out, out_error);
        session_leave(session);
    }
    return status;
}

stepdown_status stepdown_outbox_lease(stepdown_session *session, uint32_t limit, uint32_t lease_seconds,
                                      stepdown_result **out, stepdown_error **out_error) {
    struct engine *e;
    struct env env = env_default();
    if (lease_seconds < 1) {
        return status_fail(&env, out_error, STEPDOWN_INVALID, "lease_seconds: must be at least 1");
    }
    stepdown_status status = session_enter_page(session, out, limit, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct arena arena;
    struct outbox_message *messages;
    size_t count;
    arena_init(&arena, &e->env);
    stepdown_time until = engine_now(e) + (stepdown_time)lease_seconds * TIME_SECOND;
    status = outbox_lease(e, &session->info, limit, until, &arena, &messages, &count, out_error);
    if (status == STEPDOWN_OK) {
        status = view_outbox(e, session->info.purpose, messages, count, out, out_error);
    }
    arena_free(&arena);
    session_leave(session);
    return status;
}

stepdown_status stepdown_outbox_settle(stepdown_session *session, const char *token, int32_t delivered,
                                       stepdown_error **out_error) {
    struct engine *e;
    uint8_t key[KEY_MAX];
    struct env env = env_default();
    size_t size = token != NULL ? strlen(token) / 2 : 0;
    if (size == 0 || size > KEY_MAX || !hex_parse(slice_text(token), key)) {
        return status_fail(&env, out_error, STEPDOWN_NOT_FOUND, "no such message");
    }
    stepdown_status status = session_enter(session, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = outbox_settle(e, slice_of(key, size), delivered != 0, out_error);
        session_leave(session);
    }
    return status;
}
