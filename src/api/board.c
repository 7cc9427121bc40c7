// SPDX-License-Identifier: Apache-2.0
// Boards: what is asked for, checked and kept, and the view that answers it.
#include <string.h>

#include "api/reading.h"

enum { QUERY_VALUE_MAX = 128 };

struct stepdown_query {
    struct env env;
    struct arena arena;
    struct board_filter filter;
    const char *pathway; // NULL: across pathways
};

// ---- queries ---------------------------------------------------------------------------------------------------------

stepdown_status stepdown_query_new(stepdown_query **out, stepdown_error **out_error) {
    struct env env = env_default();
    if (out == NULL) {
        return argument_missing(&env, "out", out_error);
    }
    stepdown_query *q = env_zalloc(&env, sizeof *q);
    if (q == NULL) {
        return status_nomem(&env, out_error);
    }
    q->env = env;
    arena_init(&q->arena, &q->env);
    q->filter.due_within = -1;
    live_add();
    *out = q;
    return STEPDOWN_OK;
}

void stepdown_query_free(stepdown_query **query) {
    if (query == NULL || *query == NULL) {
        return;
    }
    stepdown_query *q = *query;
    struct env env = q->env;
    *query = NULL;
    arena_free(&q->arena);
    env_free(&env, q);
    live_remove();
}

static stepdown_status wrong(const stepdown_query *q, const char *name, const char *must, stepdown_error **o) {
    stepdown_status status = status_fail(&q->env, o, STEPDOWN_INVALID, "%s: must be %s", name, must);
    status_detail(o, "field", "%s", name);
    return status;
}

static stepdown_status set_name(stepdown_query *q, size_t place, const char *name, const char *value,
                                stepdown_error **o) {
    stepdown_slice *to = (stepdown_slice *)(void *)((char *)&q->filter + place);
    const char *copy = arena_text(&q->arena, value, strlen(value));
    if (value[0] == '\0' || !utf8_valid(slice_text(value), NULL)) {
        return wrong(q, name, "a name in UTF-8", o);
    }
    *to = slice_text(copy);
    return copy != NULL ? STEPDOWN_OK : status_nomem(&q->env, o);
}

static stepdown_status set_flag(stepdown_query *q, size_t place, const char *name, const char *value,
                                stepdown_error **o) {
    bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0) {
        return wrong(q, name, "yes or no", o);
    }
    *(bool *)(void *)((char *)&q->filter + place) = yes;
    return STEPDOWN_OK;
}

static stepdown_status set_within(stepdown_query *q, size_t place, const char *name, const char *value,
                                  stepdown_error **o) {
    struct duration d;
    (void)place;
    if (!duration_parse(slice_text(value), &d) || d.business != 0) {
        return wrong(q, name, "a duration such as '4 hours'", o);
    }
    q->filter.due_within = duration_bound(&d);
    return STEPDOWN_OK;
}

static stepdown_status set_pathway(stepdown_query *q, size_t place, const char *name, const char *value,
                                   stepdown_error **o) {
    uint8_t id[RECORD_ID];
    (void)place;
    if (!base32_parse_id(slice_text(value), id)) {
        return wrong(q, name, "an id of 26 characters", o);
    }
    q->pathway = arena_text(&q->arena, value, strlen(value));
    return q->pathway != NULL ? STEPDOWN_OK : status_nomem(&q->env, o);
}

#define PLACE(field) offsetof(struct board_filter, field)
static const struct query_name {
    const char *name;
    stepdown_status (*set)(stepdown_query *q, size_t place, const char *name, const char *value, stepdown_error **o);
    size_t place;
} query_names[] = {
    {"pathway", set_pathway, 0},           {"organization", set_name, PLACE(organization)},
    {"person", set_name, PLACE(person)},   {"role", set_name, PLACE(role)},
    {"overdue", set_flag, PLACE(overdue)}, {"unowned", set_flag, PLACE(unowned)},
    {"blocked", set_flag, PLACE(blocked)}, {"waiting", set_flag, PLACE(waiting)},
    {"due_within", set_within, 0},
};
enum { QUERY_NAMES = sizeof query_names / sizeof query_names[0] };

stepdown_status stepdown_query_set(stepdown_query *query, const char *name, const char *value,
                                   stepdown_error **out_error) {
    struct env env = env_default();
    if (query == NULL || name == NULL || value == NULL) {
        return argument_missing(&env, query == NULL ? "query" : name == NULL ? "name" : "value", out_error);
    }
    if (strlen(value) > QUERY_VALUE_MAX) {
        return status_fail(&env, out_error, STEPDOWN_LIMIT, "%.32s: longer than %d bytes", name, QUERY_VALUE_MAX);
    }
    for (size_t i = 0; i < QUERY_NAMES; i++) {
        if (strcmp(query_names[i].name, name) == 0) {
            return query_names[i].set(query, query_names[i].place, name, value, out_error);
        }
    }
    stepdown_status status = status_fail(&env, out_error, STEPDOWN_INVALID, "a board cannot be asked for %.64s", name);
    for (size_t i = 0; i < QUERY_NAMES; i++) {
        status_detail(out_error, "name", "%s", query_names[i].name);
    }
    return status;
}

// ---- boards ----------------------------------------------------------------------------------------------------------

static stepdown_status one_board(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o) {
    return view_board(v->e, v->reading, ctx, out, o);
}

static stepdown_status across(stepdown_session *session, struct board_filter *filter, const char *resume,
                              uint32_t limit, stepdown_result **out, stepdown_error **o) {
    struct engine *e;
    stepdown_status status = session_enter_for(session, out, &e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (filter->organization.size == 0) {
        filter->organization = session->info.organization;
    }
    status = engine_may_ask(e, &session->info, filter->organization, o);
    if (status == STEPDOWN_OK) {
        status = view_boards(e, &session->info, filter, slice_text(resume), limit, out, o);
    }
    session_leave(session);
    return status;
}

stepdown_status stepdown_board_query(stepdown_session *session, const stepdown_query *query, const char *resume,
                                     uint32_t limit, stepdown_result **out, stepdown_error **out_error) {
    struct board_filter filter = {.due_within = -1};
    stepdown_status status = limit_check(limit, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (query != NULL) {
        filter = query->filter;
    }
    if (query != NULL && query->pathway != NULL) {
        return read_view(session, query->pathway, "board", one_board, &filter, out, out_error);
    }
    return across(session, &filter, resume, limit, out, out_error);
}
