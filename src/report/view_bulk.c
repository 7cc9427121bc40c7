// SPDX-License-Identifier: Apache-2.0
// One command on many pathways: each by itself, each reported. And what a migration would do to one.
#include <string.h>

#include "engine/migrate.h"
#include "report/views.h"

// ---- one command on many -----------------------------------------------------------------------------------------------

static const struct column each_columns[] = {
    {"pathway", STEPDOWN_COLUMN_TEXT},
    {"status", STEPDOWN_COLUMN_TEXT},
    {"message", STEPDOWN_COLUMN_TEXT},
    {"sequence", STEPDOWN_COLUMN_INTEGER},
};

// Nothing there to be done is no refusal: such pathways are passed over.
static bool concerns(stepdown_status status) { return status != STEPDOWN_NOT_FOUND && status != STEPDOWN_EXISTS; }

static bool ends_it(stepdown_status status) {
    return status == STEPDOWN_NOMEM || status == STEPDOWN_CLOSED || status == STEPDOWN_REENTRANT ||
           stepdown_status_category(status) == STEPDOWN_CATEGORY_STORAGE;
}

static stepdown_status execute_one(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                   const void *ctx, struct stepdown_result *r, stepdown_error **o) {
    struct receipt receipt = {.prepare = NULL};
    stepdown_error *cause = NULL;
    char text[27];
    stepdown_status status = engine_execute(e, session, id, ctx, &receipt, &cause);
    if (ends_it(status)) {
        error_pass(&cause, o);
        return status;
    }
    if (concerns(status)) {
        base32_print_id(id, text);
        result_add(r);
        result_string(r, 0, text);
        result_string(r, 1, stepdown_status_name(status));
        result_string(r, 2, cause != NULL ? stepdown_error_message(cause) : "");
        result_number(r, 3, status == STEPDOWN_OK ? (int64_t)receipt.seq : -1);
    }
    stepdown_error_free(&cause);
    return STEPDOWN_OK;
}

stepdown_status view_execute_each(struct engine *e, const struct session_info *session, const struct command *command,
                                  stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o) {
    const struct each_pathway each = {execute_one, command, RESULT_COLUMNS(each_columns)};
    return view_each_pathway(e, session, &each, resume, limit, out, o);
}

// ---- migration -----------------------------------------------------------------------------------------------------------

static const struct column migration_columns[] = {
    {"fate", STEPDOWN_COLUMN_TEXT}, {"id", STEPDOWN_COLUMN_TEXT},   {"what", STEPDOWN_COLUMN_TEXT},
    {"why", STEPDOWN_COLUMN_TEXT},  {"from", STEPDOWN_COLUMN_TIME}, {"to", STEPDOWN_COLUMN_TIME},
};

stepdown_status view_migration(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                               stepdown_result **out, stepdown_error **o) {
    struct arena arena;
    struct migration m;
    arena_init(&arena, &e->env);
    stepdown_status status = engine_migration(e, session, id, &arena, &m, o);
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(&e->env, RESULT_COLUMNS(migration_columns)) : NULL;
    if (status == STEPDOWN_OK && r == NULL) {
        status = status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < m.count && status == STEPDOWN_OK; i++) {
        const struct migration_row *row = &m.rows[i];
        bool element = row->id.seq != 0 || row->id.ord != 0;
        result_add(r);
        result_string(r, 0, migration_fate_word(row->fate));
        if (element) {
            result_format(r, 1, "%llu.%u", (unsigned long long)row->id.seq, (unsigned)row->id.ord);
        }
        result_string(r, 2, row->what);
        result_string(r, 3, row->why);
        result_number(r, 4, row->from);
        result_number(r, 5, row->to);
    }
    arena_free(&arena);
    return result_done(status, r, out, o);
}
