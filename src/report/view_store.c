// SPDX-License-Identifier: Apache-2.0
// Views across pathways: which there are, what time brought, what must be delivered, which protocols and roles there are.
#include <string.h>

#include "protocol/builtin.h"
#include "report/views.h"

// ---- pathways --------------------------------------------------------------------------------------------------------------

static const struct column list_columns[] = {
    {"pathway", STEPDOWN_COLUMN_TEXT},   {"protocol", STEPDOWN_COLUMN_TEXT},  {"subject", STEPDOWN_COLUMN_TEXT},
    {"opened_at", STEPDOWN_COLUMN_TIME}, {"closed", STEPDOWN_COLUMN_BOOLEAN}, {"sequence", STEPDOWN_COLUMN_INTEGER},
    {"next_due", STEPDOWN_COLUMN_TIME},
};

void view_protocol_names(struct stepdown_result *r, size_t column, const struct definitions *defs, bool versions) {
    struct buffer text;
    buffer_init(&text, &defs->env);
    for (size_t i = 0; i < defs->source_count; i++) {
        const struct source_def *source = &defs->sources[i];
        if (!source->dictionary && !source->overlay) {
            buffer_format(&text, "%s%s", text.size > 0 ? ", " : "", versions ? source->version : source->name);
        }
    }
    result_buffer(r, column, &text);
    buffer_free(&text);
}

static stepdown_status scan_participation(struct engine *e, const struct session_info *session, stepdown_slice resume,
                                          uint32_t limit, struct arena *arena, struct row **rows, size_t *count,
                                          bool *more, stepdown_error **o) {
    struct key from, to;
    uint8_t id[RECORD_ID];
    key_participation_range(session->organization, &from, &to);
    if (resume.size > 0) {
        if (!base32_parse_id(resume, id)) {
            return status_fail(&e->env, o, STEPDOWN_INVALID, "resume: is no token of this list");
        }
        struct key last;
        key_participation(&last, session->organization, id);
        key_resume(&from, key_slice(&last));
    }
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status =
        transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, limit, arena, rows, count, more, o);
    transaction_abort(&e->transaction);
    return status;
}

stepdown_status view_each_pathway(struct engine *e, const struct session_info *session, const struct each_pathway *each,
                                  stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o) {
    struct arena arena;
    struct row *rows = NULL;
    size_t count = 0;
    bool more = false;
    const uint8_t *id = NULL; // what the keys end in
    arena_init(&arena, &e->env);
    stepdown_status status = scan_participation(e, session, resume, limit, &arena, &rows, &count, &more, o);
    struct stepdown_result *r = status == STEPDOWN_OK ? result_new(&e->env, each->columns, each->column_count) : NULL;
    if (status == STEPDOWN_OK && r == NULL) {
        status = status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        id = rows[i].key.data + rows[i].key.size - RECORD_ID;
        status = each->add(e, session, id, each->ctx, r, o);
    }
    if (status == STEPDOWN_OK && more && id != NULL) {
        char last[27];
        base32_print_id(id, last);
        result_set_next(r, "%s", last);
    }
    arena_free(&arena);
    return result_done(status, r, out, o);
}

static stepdown_status add_pathway(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                   const void *ctx, struct stepdown_result *r, stepdown_error **o) {
    struct state *s;
    struct head head;
    char text[27];
    (void)ctx;
    stepdown_status status = engine_begin_read(e, session, id, "pathways", &s, &head, o);
    if (status == STEPDOWN_DENIED) { // it left the pathway since: not shown, and the look at it is on record
        if (o != NULL) {
            stepdown_error_free(o);
        }
        return STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    base32_print_id(id, text);
    result_add(r);
    result_string(r, 0, text);
    view_protocol_names(r, 1, s->defs, false);
    result_text(r, 2, s->subject);
    result_number(r, 3, s->opened_at);
    result_number(r, 4, s->closed);
    result_number(r, 5, (int64_t)s->seq);
    result_number(r, 6, head.next_due);
    return engine_end_read(e, o);
}

stepdown_status view_list(struct engine *e, const struct session_info *session, stepdown_slice resume, uint32_t limit,
                          stepdown_result **out, stepdown_error **o) {
    static const struct each_pathway each = {add_pathway, NULL, RESULT_COLUMNS(list_columns)};
    return view_each_pathway(e, session, &each, resume, limit, out, o);
}

// ---- time ------------------------------------------------------------------------------------------------------------------

static const struct column advance_columns[] = {
    {"pathway", STEPDOWN_COLUMN_TEXT},    {"status", STEPDOWN_COLUMN_TEXT}, {"message", STEPDOWN_COLUMN_TEXT},
    {"records", STEPDOWN_COLUMN_INTEGER}, {"due", STEPDOWN_COLUMN_TIME},
};

static void add_advanced(void *ctx, const struct advanced *what) {
    struct stepdown_result *r = ctx;
    char text[27];
    base32_print_id(what->pathway, text);
    result_add(r);
    result_string(r, 0, text);
    result_string(r, 1, stepdown_status_name(what->status));
    result_string(r, 2, what->cause != NULL ? stepdown_error_message(what->cause) : "");
    result_number(r, 3, what->records);
    result_number(r, 4, what->due);
}

stepdown_status view_advance(struct engine *e, stepdown_time until, uint32_t limit, stepdown_result **out, bool *more,
                             stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(advance_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    struct advance_sink sink = {.seen = add_advanced, .ctx = r};
    stepdown_status status = engine_advance(e, until, limit, &sink, more, o);
    return result_done(status, r, out, o);
}

// ---- outbox ----------------------------------------------------------------------------------------------------------------

static const struct column outbox_columns[] = {
    {"token", STEPDOWN_COLUMN_TEXT},          {"pathway", STEPDOWN_COLUMN_TEXT},
    {"event", STEPDOWN_COLUMN_TEXT},          {"recipient", STEPDOWN_COLUMN_TEXT},
    {"recipient_role", STEPDOWN_COLUMN_TEXT}, {"recipient_organization", STEPDOWN_COLUMN_TEXT},
    {"subject", STEPDOWN_COLUMN_TEXT},        {"text", STEPDOWN_COLUMN_TEXT},
    {"item", STEPDOWN_COLUMN_TEXT},           {"due", STEPDOWN_COLUMN_TIME},
};

static void add_message(struct engine *e, struct stepdown_result *r, const struct outbox_message *m,
                        stepdown_slice purpose) {
    struct key key;
    struct row row = {.present = false};
    struct state *s;
    struct head head;
    char id[27], token[2 * KEY_MAX + 1];
    const struct event_row *event = event_row(m->event->code);
    base32_print_id(m->pathway, id);
    hex_print(m->key.data, m->key.size, token);
    result_add(r);
    result_string(r, 0, token);
    result_string(r, 1, id);
    result_format(r, 2, "%s.%s", event != NULL ? event->family : "", event != NULL ? event->word : "");
    result_text(r, 3, m->person);
    result_text(r, 4, m->role);
    result_text(r, 5, m->organization);
    result_number(r, 9, m->due);
    key_pathway(&key, m->pathway, SPACE_HEAD);
    stepdown_slice slice = key_slice(&key);
    if (transaction_begin(&e->transaction, false, &slice, 1, NULL) != STEPDOWN_OK) {
        return; // the message goes out by its event and id; what it is about can be looked up
    }
    if (transaction_get(&e->transaction, &slice, 1, &e->arena, &row, NULL) == STEPDOWN_OK &&
        engine_load(e, m->pathway, &row, &s, &head, NULL) == STEPDOWN_OK) {
        struct buffer b;
        struct session_info to_whom = {.actor = m->person,
                                       .role = m->role,
                                       .organization = m->organization,
                                       .purpose = purpose,
                                       .emergency_until = STEPDOWN_TIME_NONE};
        struct reading reading;
        reading_begin(&reading, e, s, &to_whom);
        buffer_init(&b, &e->env);
        uint32_t element = state_find(s, m->event->target);
        if (element != NO_ELEMENT) {
            view_title(&reading, element, &b);
        } else {
            buffer_text(&b, "something needs your answer");
        }
        result_buffer(r, 6, &b);
        view_event_text(&reading, m->event, false, &b);
        result_buffer(r, 7, &b);
        view_id(r, 8, s, element);
        buffer_free(&b);
    }
    transaction_abort(&e->transaction);
}

stepdown_status view_outbox(struct engine *e, stepdown_slice purpose, const struct outbox_message *messages,
                            size_t count, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(outbox_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    arena_reset(&e->arena);
    for (size_t i = 0; i < count; i++) {
        add_message(e, r, &messages[i], purpose);
    }
    return result_finish(r, out, o);
}

// ---- protocols and roles -----------------------------------------------------------------------------------------------------

static const struct column protocol_columns[] = {
    {"name", STEPDOWN_COLUMN_TEXT}, {"version", STEPDOWN_COLUMN_TEXT},      {"title", STEPDOWN_COLUMN_TEXT},
    {"hash", STEPDOWN_COLUMN_TEXT}, {"organization", STEPDOWN_COLUMN_TEXT},
};

static stepdown_status fill_protocols(struct engine *e, struct stepdown_result *r, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count;
    key_space_range('c', &from, &to);
    stepdown_status status = engine_scan_all(e, &from, &to, &e->arena, &rows, &count, o);
    for (size_t i = 0; i < count && status == STEPDOWN_OK; i++) {
        struct definitions *defs;
        char hex[2 * DIGEST_SIZE + 1];
        if (rows[i].value.size != DIGEST_SIZE) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the list of protocols in force cannot be read");
        }
        status = engine_definitions(e, rows[i].value.data, &defs, o);
        if (status == STEPDOWN_OK) {
            stepdown_slice organization;
            hex_print(rows[i].value.data, DIGEST_SIZE, hex);
            key_active_parse(rows[i].key, &organization);
            result_add(r);
            result_string(r, 0, defs->sources[0].name);
            result_string(r, 1, defs->sources[0].version);
            result_string(r, 2, defs->sources[0].title);
            result_string(r, 3, hex);
            result_text(r, 4, organization);
        }
    }
    return status;
}

stepdown_status view_protocols(struct engine *e, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(protocol_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = fill_protocols(e, r, o);
        transaction_abort(&e->transaction);
    }
    return result_done(status, r, out, o);
}

static const struct column assignment_columns[] = {
    {"role", STEPDOWN_COLUMN_TEXT}, {"organization", STEPDOWN_COLUMN_TEXT}, {"person", STEPDOWN_COLUMN_TEXT},
    {"from", STEPDOWN_COLUMN_TIME}, {"until", STEPDOWN_COLUMN_TIME},        {"on_call", STEPDOWN_COLUMN_BOOLEAN},
};

stepdown_status view_assignments(struct engine *e, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(assignment_columns));
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    arena_reset(&e->arena);
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        e->directory.fresh = false;
        status = engine_directory(e, o);
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        result_free(&r);
        return status;
    }
    for (size_t i = 0; i < e->directory.assignment_count; i++) {
        const struct assignment *a = &e->directory.assignments[i];
        result_add(r);
        result_text(r, 0, a->role);
        result_text(r, 1, a->organization);
        result_text(r, 2, a->person);
        result_number(r, 3, a->from);
        result_number(r, 4, a->until);
        result_number(r, 5, a->on_call);
    }
    return result_finish(r, out, o);
}

// ---- what ships ----------------------------------------------------------------------------------------------------------------

static const struct column builtin_columns[] = {
    {"name", STEPDOWN_COLUMN_TEXT},    {"version", STEPDOWN_COLUMN_TEXT},  {"title", STEPDOWN_COLUMN_TEXT},
    {"subject", STEPDOWN_COLUMN_TEXT}, {"protects", STEPDOWN_COLUMN_TEXT}, {"rows", STEPDOWN_COLUMN_INTEGER},
};

// Does the row that stands at `word` stand somewhere in front of it already?
static bool row_seen(const stepdown_result *elements, int32_t column, size_t element, const char *word, size_t size) {
    for (size_t i = 0; i <= element; i++) {
        const char *rows = stepdown_result_text(elements, i, column);
        for (const char *at = rows; *at != 0 && at != word; at += strcspn(at, " "), at += strspn(at, " ")) {
            if (strcspn(at, " ") == size && memcmp(at, word, size) == 0) {
                return true;
            }
        }
    }
    return false;
}

// How many requirement rows the elements carry.
static int64_t count_rows(const stepdown_result *elements) {
    int32_t column = stepdown_result_column(elements, "rows");
    int64_t count = 0;
    for (size_t i = 0; i < stepdown_result_count(elements); i++) {
        for (const char *at = stepdown_result_text(elements, i, column); *at != 0; at += strspn(at, " ")) {
            size_t size = strcspn(at, " ");
            count += !row_seen(elements, column, i, at, size);
            at += size;
        }
    }
    return count;
}

static stepdown_status add_builtin(const struct env *env, const struct halves *halves, struct stepdown_result *r,
                                   stepdown_error **o) {
    const struct source_def *source = &halves->list[0]->sources[0];
    stepdown_result *elements = NULL;
    stepdown_status status = view_elements(env, halves, &elements, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    result_add(r);
    result_string(r, 0, source->name);
    result_string(r, 1, source->version);
    result_string(r, 2, source->title);
    result_string(r, 3, source->subject);
    result_string(r, 4, source->purpose != NULL ? source->purpose : "");
    result_number(r, 5, count_rows(elements));
    result_free(&elements);
    return STEPDOWN_OK;
}

stepdown_status view_builtins(const struct env *env, stepdown_result **out, stepdown_error **o) {
    struct stepdown_result *r = result_new(env, RESULT_COLUMNS(builtin_columns));
    struct digest *digest = NULL;
    struct arena arena;
    if (r == NULL) {
        return status_nomem(env, o);
    }
    arena_init(&arena, env);
    stepdown_status status = digest_new(env, &digest, o);
    for (size_t i = 0; i < protocol_builtin_count && status == STEPDOWN_OK; i++) {
        struct protocol_source source = {.file = protocol_builtin[i].name};
        if (!builtin_text(&protocol_builtin[i], &arena, &source.text)) {
            status = status_nomem(env, o);
            break;
        }
        struct compile_input input = {.protocols = &source, .protocol_count = 1, .library = protocol_library_builtin()};
        struct halves halves = {.count = 0};
        if (protocol_is_dictionary(source.text)) {
            continue;
        }
        status = protocol_compile_halves(env, digest, &input, &halves, o);
        if (status == STEPDOWN_OK) {
            status = add_builtin(env, &halves, r, o);
        }
        halves_release(&halves);
    }
    arena_free(&arena);
    if (digest != NULL) {
        digest_free(&digest);
    }
    return result_done(status, r, out, o);
}
