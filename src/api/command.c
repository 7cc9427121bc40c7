// SPDX-License-Identifier: Apache-2.0
// Sessions and commands: checking what the host hands in, and carrying it out under the engine's lock.
#include <string.h>

#include "api/handles.h"
#include "report/views.h"

enum { COMMAND_ID_MAX = 64 };

// ---- sessions --------------------------------------------------------------------------------------------------------------------

static bool copy_text(struct arena *arena, const char *text, stepdown_slice *out) {
    const char *copy = arena_text(arena, text, strlen(text));
    *out = slice_text(copy);
    return copy != NULL;
}

static stepdown_status fill_session(stepdown_session *s, const char *const texts[4], stepdown_error **o) {
    static const char *const names[4] = {"actor", "role", "organization", "purpose"};
    stepdown_slice *places[4] = {&s->info.actor, &s->info.role, &s->info.organization, &s->info.purpose};
    for (int i = 0; i < 4; i++) {
        stepdown_status status = engine_check_name(s->engine->engine, slice_text(texts[i]), names[i], o);
        if (status != STEPDOWN_OK) {
            return status;
        }
        if (!copy_text(&s->arena, texts[i], places[i])) {
            return status_nomem(&s->engine->env, o);
        }
    }
    return STEPDOWN_OK;
}

stepdown_status stepdown_session_open(stepdown_engine *engine, const char *actor, const char *role,
                                      const char *organization, const char *purpose, stepdown_session **out,
                                      stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter_for(engine, out, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    engine_leave(engine);
    stepdown_session *s = env_zalloc(&engine->env, sizeof *s);
    if (s == NULL) {
        return status_nomem(&engine->env, out_error);
    }
    s->engine = engine_retain(engine);
    arena_init(&s->arena, &s->engine->env);
    s->info.emergency_until = STEPDOWN_TIME_NONE;
    live_add();
    const char *const texts[4] = {actor, role, organization, purpose != NULL ? purpose : "treatment"};
    status = fill_session(s, texts, out_error);
    if (status != STEPDOWN_OK) {
        stepdown_session_free(&s);
        return status;
    }
    *out = s;
    return STEPDOWN_OK;
}

stepdown_status session_enter_to_look(stepdown_session *session, struct engine **out, stepdown_error **o) {
    struct env env = env_default();
    if (session == NULL) {
        return argument_missing(&env, "session", o);
    }
    stepdown_status status = engine_enter(session->engine, out, o);
    if (status == STEPDOWN_OK && session->closed) {
        engine_leave(session->engine);
        return status_fail(&session->engine->env, o, STEPDOWN_CLOSED, "the session was closed");
    }
    return status;
}

stepdown_status session_enter(stepdown_session *session, struct engine **out, stepdown_error **o) {
    stepdown_status status = session_enter_to_look(session, out, o);
    if (status == STEPDOWN_OK && session->info.looks_back) {
        engine_leave(session->engine);
        return status_fail(&session->engine->env, o, STEPDOWN_MISUSE,
                           "the session looks back: it can only be asked about single pathways");
    }
    return status;
}

stepdown_status session_enter_for(stepdown_session *session, const void *answer, struct engine **out,
                                  stepdown_error **o) {
    struct env env = env_default();
    return answer != NULL ? session_enter(session, out, o) : argument_missing(&env, "out", o);
}

stepdown_status session_enter_on(stepdown_session *session, const char *pathway, const void *answer,
                                 uint8_t id[RECORD_ID], struct engine **out, stepdown_error **o) {
    struct env env = session != NULL ? session->engine->env : env_default();
    stepdown_status status = session != NULL ? pathway_parse(&env, pathway, id, o) : STEPDOWN_OK;
    return status == STEPDOWN_OK ? session_enter_for(session, answer, out, o) : status;
}

stepdown_status session_enter_to_ask(stepdown_session *session, const char *pathway, const void *answer,
                                     uint8_t id[RECORD_ID], struct engine **out, stepdown_error **o) {
    struct env env = session != NULL ? session->engine->env : env_default();
    stepdown_status status = session != NULL ? pathway_parse(&env, pathway, id, o) : STEPDOWN_OK;
    if (status == STEPDOWN_OK && answer == NULL) {
        status = argument_missing(&env, "out", o);
    }
    return status == STEPDOWN_OK ? session_enter_to_look(session, out, o) : status;
}

stepdown_status limit_check(uint32_t limit, stepdown_error **o) {
    struct env env = env_default();
    return limit >= 1 && limit <= 1000 ? STEPDOWN_OK
                                       : status_fail(&env, o, STEPDOWN_INVALID, "limit: must be 1 to 1,000");
}

stepdown_status session_enter_page(stepdown_session *session, const void *answer, uint32_t limit, struct engine **out,
                                   stepdown_error **o) {
    stepdown_status status = limit_check(limit, o);
    return status == STEPDOWN_OK ? session_enter_for(session, answer, out, o) : status;
}

void session_leave(stepdown_session *session) { engine_leave(session->engine); }

stepdown_status stepdown_session_close(stepdown_session *session, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = session_enter_to_look(session, &e, NULL);
    if (status == STEPDOWN_CLOSED) {
        return STEPDOWN_OK;
    }
    if (status != STEPDOWN_OK) {
        struct env env = session != NULL ? session->engine->env : env_default();
        return status_fail(&env, out_error, status, "%s", stepdown_status_text(status));
    }
    session->closed = true;
    session_leave(session);
    return STEPDOWN_OK;
}

void stepdown_session_free(stepdown_session **session) {
    if (session == NULL || *session == NULL) {
        return;
    }
    stepdown_session *s = *session;
    *session = NULL;
    struct env env = s->engine->env;
    arena_free(&s->arena);
    engine_drop(&s->engine);
    env_free(&env, s);
    live_remove();
}

// ---- commands --------------------------------------------------------------------------------------------------------------------

stepdown_status stepdown_command_new(stepdown_session *session, const char *verb, const char *target,
                                     stepdown_command **out, stepdown_error **out_error) {
    struct env env = env_default();
    if (session == NULL || verb == NULL || out == NULL) {
        return argument_missing(&env, session == NULL ? "session" : verb == NULL ? "verb" : "out", out_error);
    }
    env = session->engine->env;
    size_t bad;
    if (verb[0] == '\0' || strlen(verb) > ENGINE_NAME_MAX || !utf8_valid(slice_text(verb), &bad) ||
        (target != NULL && (strlen(target) > ENGINE_NAME_MAX || !utf8_valid(slice_text(target), &bad)))) {
        return status_fail(&env, out_error, STEPDOWN_INVALID, "verb and target have at most %d bytes of UTF-8",
                           ENGINE_NAME_MAX);
    }
    stepdown_command *c = env_zalloc(&env, sizeof *c);
    if (c == NULL) {
        return status_nomem(&env, out_error);
    }
    c->env = env;
    arena_init(&c->arena, &c->env);
    live_add();
    c->command.offset_minutes = INT32_MIN;
    c->command.verb = arena_text(&c->arena, verb, strlen(verb));
    c->command.target = target != NULL ? arena_text(&c->arena, target, strlen(target)) : NULL;
    if (c->command.verb == NULL || (target != NULL && c->command.target == NULL)) {
        stepdown_command_free(&c);
        return status_nomem(&env, out_error);
    }
    *out = c;
    return STEPDOWN_OK;
}

void stepdown_command_free(stepdown_command **command) {
    if (command == NULL || *command == NULL) {
        return;
    }
    stepdown_command *c = *command;
    *command = NULL;
    struct env env = c->env;
    env_free(&env, c->command.arguments);
    arena_free(&c->arena);
    env_free(&env, c);
    live_remove();
}

static stepdown_status add_argument(stepdown_command *c, const char *name, const struct argument *value,
                                    stepdown_error **o) {
    struct env env = env_default();
    size_t bad;
    if (c == NULL || name == NULL) {
        return argument_missing(&env, c == NULL ? "command" : "name", o);
    }
    if (name[0] == '\0' || !utf8_valid(slice_text(name), &bad)) {
        return status_fail(&c->env, o, STEPDOWN_INVALID, "an argument's name must be UTF-8 and not empty");
    }
    if (strlen(name) > ENGINE_NAME_MAX || value->text.size > ENGINE_VALUE_MAX ||
        c->command.argument_count == ENGINE_ARGUMENTS_MAX) {
        return status_fail(&c->env, o, STEPDOWN_LIMIT,
                           "%.32s: names have at most %d bytes, values %d, commands %d arguments", name,
                           ENGINE_NAME_MAX, ENGINE_VALUE_MAX, ENGINE_ARGUMENTS_MAX);
    }
    if (!utf8_valid(value->text, &bad)) {
        return status_fail(&c->env, o, STEPDOWN_INVALID, "%s: byte %zu is not UTF-8", name, bad);
    }
    struct argument argument = *value;
    argument.name = arena_text(&c->arena, name, strlen(name));
    void *grown = c->command.arguments;
    if (argument.name == NULL || (value->text.size > 0 && !arena_slice(&c->arena, value->text, &argument.text)) ||
        !env_grow(&c->env, &grown, &c->command.argument_cap, c->command.argument_count + 1, sizeof argument)) {
        return status_nomem(&c->env, o);
    }
    c->command.arguments = grown;
    c->command.arguments[c->command.argument_count++] = argument;
    return STEPDOWN_OK;
}

stepdown_status stepdown_command_set_text(stepdown_command *command, const char *name, stepdown_slice value,
                                          stepdown_error **out_error) {
    struct env env = env_default();
    if (value.data == NULL && value.size > 0) {
        return argument_missing(&env, "value", out_error);
    }
    struct argument argument = {.kind = ARGUMENT_TEXT, .text = value};
    return add_argument(command, name, &argument, out_error);
}

stepdown_status stepdown_command_set(stepdown_command *command, const char *name, const char *value,
                                     stepdown_error **out_error) {
    struct env env = env_default();
    return value != NULL ? stepdown_command_set_text(command, name, slice_text(value), out_error)
                         : argument_missing(&env, "value", out_error);
}

stepdown_status stepdown_command_set_time(stepdown_command *command, const char *name, stepdown_time value,
                                          stepdown_error **out_error) {
    struct argument argument = {.kind = ARGUMENT_TIME, .number = value};
    return add_argument(command, name, &argument, out_error);
}

stepdown_status stepdown_command_set_integer(stepdown_command *command, const char *name, int64_t value,
                                             stepdown_error **out_error) {
    struct argument argument = {.kind = ARGUMENT_INTEGER, .number = value};
    return add_argument(command, name, &argument, out_error);
}

void stepdown_command_set_occurred(stepdown_command *command, stepdown_time occurred_at, int32_t offset_minutes) {
    if (command != NULL) {
        command->command.has_occurred = occurred_at != STEPDOWN_TIME_NONE;
        command->command.occurred_at = occurred_at;
        command->command.offset_minutes = offset_minutes;
    }
}

stepdown_status stepdown_command_set_id(stepdown_command *command, const char *id, stepdown_error **out_error) {
    struct env env = env_default();
    size_t bad;
    if (command == NULL || id == NULL) {
        return argument_missing(&env, command == NULL ? "command" : "id", out_error);
    }
    if (id[0] == '\0' || strlen(id) > COMMAND_ID_MAX || !utf8_valid(slice_text(id), &bad)) {
        return status_fail(&command->env, out_error, STEPDOWN_INVALID, "id: must have 1 to %d bytes of UTF-8",
                           COMMAND_ID_MAX);
    }
    if (strncmp(id, "signal:", 7) == 0) {
        return status_fail(&command->env, out_error, STEPDOWN_INVALID, "id: \"signal:\" begins the ids of signals");
    }
    return copy_text(&command->arena, id, &command->command.id) ? STEPDOWN_OK : status_nomem(&command->env, out_error);
}

void stepdown_command_set_expected(stepdown_command *command, uint64_t sequence) {
    if (command != NULL) {
        command->command.has_expected = true;
        command->command.expected = sequence;
    }
}

stepdown_status pathway_parse(const struct env *env, const char *text, uint8_t id[RECORD_ID], stepdown_error **o) {
    if (text != NULL && base32_parse_id(slice_text(text), id)) {
        return STEPDOWN_OK;
    }
    return status_fail(env, o, STEPDOWN_INVALID, "pathway: must be an id of 26 characters");
}

struct receiver {
    const struct session_info *who;
    stepdown_result *result;
};

stepdown_status stepdown_session_emergency(stepdown_session *session, const char *pathway, const char *reason,
                                           uint32_t seconds, stepdown_error **out_error) {
    struct engine *e;
    uint8_t id[RECORD_ID];
    struct env env = env_default();
    if (reason == NULL) {
        return argument_missing(&env, "reason", out_error);
    }
    stepdown_status status = session_enter_on(session, pathway, reason, id, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = engine_break_glass(e, &session->info, id, reason, seconds, out_error);
        session_leave(session);
    }
    return status;
}

stepdown_status stepdown_session_show_for(stepdown_session *session, const char *role, const char *organization,
                                          const char *purpose, stepdown_error **out_error) {
    static const char *const names[] = {"role", "organization", "purpose"};
    const char *texts[] = {role, organization != NULL ? organization : "", purpose};
    stepdown_slice copies[3] = {{NULL, 0}};
    struct engine *e;
    struct env env = env_default();
    if (session == NULL || (role != NULL && purpose == NULL)) {
        return argument_missing(&env, session == NULL ? "session" : "purpose", out_error);
    }
    stepdown_status status = session_enter_to_look(session, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    for (size_t i = 0; role != NULL && i < 3 && status == STEPDOWN_OK; i++) {
        bool left_out = i == 1 && texts[i][0] == '\0';
        status = left_out ? STEPDOWN_OK : engine_check_name(e, slice_text(texts[i]), names[i], out_error);
        if (status == STEPDOWN_OK && !copy_text(&session->arena, texts[i], &copies[i])) {
            status = status_nomem(&e->env, out_error);
        }
    }
    if (status == STEPDOWN_OK) {
        session->info.audience_role = copies[0];
        session->info.audience_organization = copies[1];
        session->info.audience_purpose = copies[2];
    }
    session_leave(session);
    return status;
}

stepdown_status stepdown_session_look_back(stepdown_session *session, stepdown_time known_at, stepdown_time happened_by,
                                           stepdown_error **out_error) {
    struct engine *e;
    struct env env = env_default();
    if (session == NULL) {
        return argument_missing(&env, "session", out_error);
    }
    stepdown_status status = session_enter_to_look(session, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (known_at != STEPDOWN_TIME_NONE && known_at > engine_now(e)) {
        status = status_fail(&e->env, out_error, STEPDOWN_INVALID, "known_at: nobody knows yet what will be known");
        status_detail(out_error, "field", "known_at");
    } else {
        session->info.looks_back = known_at != STEPDOWN_TIME_NONE || happened_by != STEPDOWN_TIME_NONE;
        session->info.known_at = known_at;
        session->info.happened_by = happened_by;
    }
    session_leave(session);
    return status;
}

static stepdown_status keep_receipt(void *ctx, struct engine *e, struct state *s, const struct receipt *receipt,
                                    stepdown_error **o) {
    struct receiver *to = ctx;
    result_free(&to->result); // of an attempt that lost
    return view_receipt(e, to->who, s, receipt, &to->result, o);
}

stepdown_status stepdown_session_execute(stepdown_session *session, const char *pathway,
                                         const stepdown_command *command, stepdown_result **out_receipt,
                                         stepdown_error **out_error) {
    struct engine *e;
    uint8_t id[RECORD_ID];
    struct env env = env_default();
    if (command == NULL) {
        return argument_missing(&env, "command", out_error);
    }
    stepdown_status status = pathway != NULL ? session_enter_on(session, pathway, command, id, &e, out_error)
                                             : session_enter(session, &e, out_error);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct receiver to = {.who = &session->info};
    struct receipt receipt = {.prepare = out_receipt != NULL ? keep_receipt : NULL, .ctx = &to};
    status = engine_execute(e, &session->info, pathway != NULL ? id : NULL, &command->command, &receipt, out_error);
    session_leave(session);
    if (status == STEPDOWN_OK && out_receipt != NULL) {
        *out_receipt = to.result;
    } else {
        result_free(&to.result);
    }
    return status;
}

stepdown_status stepdown_session_execute_each(stepdown_session *session, const stepdown_command *command,
                                              const char *resume, uint32_t limit, stepdown_result **out,
                                              stepdown_error **out_error) {
    struct engine *e;
    struct env env = env_default();
    if (command == NULL) {
        return argument_missing(&env, "command", out_error);
    }
    stepdown_status status = session_enter_page(session, out, limit, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_execute_each(e, &session->info, &command->command, slice_text(resume), limit, out, out_error);
        session_leave(session);
    }
    return status;
}
