// SPDX-License-Identifier: Apache-2.0
// Views of pathways: each opens a read under the engine's lock, lets the report room fill the result, and closes it.
#include "api/reading.h"

stepdown_status read_view(stepdown_session *session, const char *pathway, const char *what, view_fn view, void *ctx,
                          stepdown_result **out, stepdown_error **o) {
    struct engine *e;
    struct state *s;
    struct head head;
    uint8_t id[RECORD_ID];
    stepdown_status status = session_enter_to_ask(session, pathway, out, id, &e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    stepdown_result *result = NULL;
    status = engine_begin_read(e, &session->info, id, what, &s, &head, o);
    if (status == STEPDOWN_OK) {
        struct reading reading;
        struct state *then = NULL;
        reading_begin(&reading, e, s, &session->info);
        if (session->info.looks_back && session->info.known_at != STEPDOWN_TIME_NONE) {
            status = engine_fold_until(e, id, head.seq, &then, o);
        }
        if (status == STEPDOWN_OK && then != NULL) {
            reading_look_back(&reading, then, session->info.known_at);
        }
        struct view_source source = {.e = e, .reading = &reading, .head = &head};
        status = status == STEPDOWN_OK ? view(&source, ctx, &result, o) : status;
        state_free(&then);
        stepdown_status ended = engine_end_read(e, status == STEPDOWN_OK ? o : NULL);
        status = status == STEPDOWN_OK ? ended : status;
    }
    session_leave(session);
    if (status != STEPDOWN_OK) {
        result_free(&result);
        return status;
    }
    *out = result;
    return STEPDOWN_OK;
}

static stepdown_status pathway_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    (void)ctx;
    return view_pathway(v->e, v->reading, out, o);
}

stepdown_status stepdown_pathway_show(stepdown_session *session, const char *pathway, stepdown_result **out,
                                      stepdown_error **out_error) {
    return read_view(session, pathway, "pathway", pathway_view, NULL, out, out_error);
}

static stepdown_status items_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    return view_items(v->e, v->reading, *(int32_t *)ctx != 0, out, o);
}

stepdown_status stepdown_pathway_items(stepdown_session *session, const char *pathway, int32_t live_only,
                                       stepdown_result **out, stepdown_error **out_error) {
    return read_view(session, pathway, "items", items_view, &live_only, out, out_error);
}

static stepdown_status entries_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    (void)ctx;
    return view_entries(v->e, v->reading, out, o);
}

stepdown_status stepdown_pathway_entries(stepdown_session *session, const char *pathway, stepdown_result **out,
                                         stepdown_error **out_error) {
    return read_view(session, pathway, "entries", entries_view, NULL, out, out_error);
}

static stepdown_status board_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    static const struct board_filter all = {.due_within = -1};
    (void)ctx;
    return view_board(v->e, v->reading, &all, out, o);
}

stepdown_status stepdown_board(stepdown_session *session, const char *pathway, stepdown_result **out,
                               stepdown_error **out_error) {
    return read_view(session, pathway, "board", board_view, NULL, out, out_error);
}

static stepdown_status dashboard_view(const struct view_source *v, void *ctx, stepdown_result **out,
                                      stepdown_error **o) {
    return view_dashboard(v->e, v->reading, *(stepdown_slice *)ctx, out, o);
}

stepdown_status stepdown_dashboard(stepdown_session *session, const char *pathway, const char *dashboard,
                                   stepdown_result **out, stepdown_error **out_error) {
    stepdown_slice name = slice_text(dashboard);
    return read_view(session, pathway, "dashboard", dashboard_view, &name, out, out_error);
}

static stepdown_status measures_view(const struct view_source *v, void *ctx, stepdown_result **out,
                                     stepdown_error **o) {
    (void)ctx;
    return view_measures(v->e, v->reading, out, o);
}

stepdown_status stepdown_measures(stepdown_session *session, const char *pathway, stepdown_result **out,
                                  stepdown_error **out_error) {
    return read_view(session, pathway, "measures", measures_view, NULL, out, out_error);
}

static stepdown_status responsibility_view(const struct view_source *v, void *ctx, stepdown_result **out,
                                           stepdown_error **o) {
    (void)ctx;
    return view_responsibility(v->e, v->reading, out, o);
}

stepdown_status stepdown_responsibility(stepdown_session *session, const char *pathway, stepdown_result **out,
                                        stepdown_error **out_error) {
    return read_view(session, pathway, "responsibility", responsibility_view, NULL, out, out_error);
}

static stepdown_status knowledge_view(const struct view_source *v, void *ctx, stepdown_result **out,
                                      stepdown_error **o) {
    return view_knowledge(v->e, v->reading, *(stepdown_slice *)ctx, out, o);
}

stepdown_status stepdown_knowledge(stepdown_session *session, const char *pathway, const char *what,
                                   stepdown_result **out, stepdown_error **out_error) {
    stepdown_slice name = slice_text(what);
    return read_view(session, pathway, "knowledge", knowledge_view, &name, out, out_error);
}

static stepdown_status gate_view(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    return view_gate(v->e, v->reading, *(stepdown_slice *)ctx, out, o);
}

stepdown_status stepdown_gate_check(stepdown_session *session, const char *pathway, const char *gate,
                                    stepdown_result **out, stepdown_error **out_error) {
    stepdown_slice name = slice_text(gate);
    return read_view(session, pathway, "gate", gate_view, &name, out, out_error);
}

stepdown_status stepdown_pathway_list(stepdown_session *session, const char *resume, uint32_t limit,
                                      stepdown_result **out, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = session_enter_page(session, out, limit, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_list(e, &session->info, slice_text(resume), limit, out, out_error);
        session_leave(session);
    }
    return status;
}

stepdown_status stepdown_pathway_migration(stepdown_session *session, const char *pathway, stepdown_result **out,
                                           stepdown_error **out_error) {
    struct engine *e;
    uint8_t id[RECORD_ID];
    stepdown_status status = session_enter_on(session, pathway, out, id, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_migration(e, &session->info, id, out, out_error);
        session_leave(session);
    }
    return status;
}
