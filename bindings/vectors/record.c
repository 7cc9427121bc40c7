// SPDX-License-Identifier: Apache-2.0
// Records what a program asks of the library and what it gets, for bindings to do the same and compare. Loaded in front of the
// shared library (LD_PRELOAD); writes to the file that STEPDOWN_RECORD names, two lines for each call:
//   what was asked and how it ended, as a JSON object: call, now (of the engine's clock), arguments, status, message, detail, …
//   what came back, byte for byte as stepdown_result_json has it; "null" when nothing did
// Objects are numbers, given when they are made. Commands and queries are told with the call that uses them. Programs that are
// recorded have one thread.
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <stepdown.h>

#define REAL(name)                                                                                                     \
    static __typeof__(&(name)) real;                                                                                   \
    if (real == NULL) {                                                                                                \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                     \
    }

// The library calls itself through the same doors; only what the program asks is recorded.
static int inside;

// ---- objects ---------------------------------------------------------------------------------------------------------

enum { OBJECTS = 1 << 16 };
static struct object {
    const void *address; // NULL: gone
    json_t *content;     // of a command or a query
} objects[OBJECTS];
static int object_count;
static stepdown_time (*clock_of)(void *ctx);
static void *clock_ctx;
static const void *clock_storage; // what the clock stands on is gone with it

static int number_of(const void *address) {
    for (int i = object_count; i > 0; i--) {
        if (objects[i - 1].address == address) {
            return i - 1;
        }
    }
    return -1;
}

static int made(const void *address) {
    if (object_count == OBJECTS) {
        fputs("record: too many objects\n", stderr);
        abort();
    }
    objects[object_count] = (struct object){.address = address};
    return object_count++;
}

static json_t *content_of(const void *address) {
    int number = number_of(address);
    return number >= 0 ? objects[number].content : NULL;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

static FILE *out_file(void) {
    static FILE *file;
    if (file == NULL) {
        file = fopen(getenv("STEPDOWN_RECORD"), "w");
    }
    if (file == NULL) {
        perror("record");
        abort();
    }
    return file;
}

static json_t *text(const char *value) { return value != NULL ? json_string(value) : json_null(); }
static json_t *number(int64_t value) { return json_integer(value); }
static json_t *object(const void *address) { return address != NULL ? json_integer(number_of(address)) : json_null(); }

static json_t *call(const char *name) {
    json_t *step = json_object();
    json_object_set_new(step, "call", json_string(name));
    json_object_set_new(step, "now", clock_of != NULL ? json_integer(clock_of(clock_ctx)) : json_null());
    return step;
}

static void tell_error(json_t *step, stepdown_status status, const stepdown_error *error) {
    json_object_set_new(step, "status", json_string(stepdown_status_name(status)));
    if (error == NULL) {
        return;
    }
    json_t *detail = json_object(), *diagnostics = json_array();
    for (size_t i = 0; i < stepdown_error_detail_count(error); i++) {
        json_object_set_new(detail, stepdown_error_detail_key(error, i), text(stepdown_error_detail_value(error, i)));
    }
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
        json_array_append_new(diagnostics, json_pack("[siiss]", stepdown_error_diagnostic_file(error, i),
                                                     (int)stepdown_error_diagnostic_line(error, i),
                                                     (int)stepdown_error_diagnostic_column(error, i),
                                                     stepdown_error_diagnostic_message(error, i),
                                                     stepdown_error_diagnostic_rule(error, i)));
    }
    json_object_set_new(step, "message", text(stepdown_error_message(error)));
    json_object_set_new(step, "detail", detail);
    json_object_set_new(step, "diagnostics", diagnostics);
}

static void write_step(json_t *step, const char *result, size_t size) {
    FILE *file = out_file();
    json_dumpf(step, file, JSON_COMPACT);
    fputc('\n', file);
    fwrite(result, 1, size, file);
    fputc('\n', file);
    fflush(file);
    json_decref(step);
}

// An error goes on to where the caller wants it.
static stepdown_status passed(stepdown_status status, stepdown_error **mine, stepdown_error **theirs) {
    if (theirs != NULL && *mine != NULL) {
        *theirs = *mine;
    } else {
        stepdown_error_free(mine);
    }
    return status;
}

// The end of a call: `mine` is the error it was given a place for, which goes on to `theirs`, where the caller wants it.
static stepdown_status ended(json_t *step, stepdown_status status, const stepdown_result *result, stepdown_error *mine,
                             stepdown_error **theirs) {
    stepdown_bytes *json = NULL;
    tell_error(step, status, mine);
    if (result != NULL) {
        json_object_set_new(step, "next", text(stepdown_result_next(result)));
        if (stepdown_result_json(result, &json, NULL) != STEPDOWN_OK) {
            abort();
        }
    }
    write_step(step, json != NULL ? (const char *)stepdown_bytes_data(json) : "null",
               json != NULL ? stepdown_bytes_size(json) : 4);
    stepdown_bytes_free(&json);
    return passed(status, &mine, theirs);
}

#define ARGUMENT(name, value) json_object_set_new(step, name, value)
#define MADE(out)                                                                                                      \
    if (status == STEPDOWN_OK) {                                                                                       \
        ARGUMENT("made", number(made(*(out))));                                                                        \
    }

// A call that gives nothing, and one that gives a result. PARAMETERS and ARGUMENTS without the last two.
#define PLAIN(name, function, PARAMETERS, ARGUMENTS, ...)                                                              \
    stepdown_status function PARAMETERS {                                                                              \
        REAL(function)                                                                                                 \
        stepdown_error *error = NULL;                                                                                  \
        if (inside > 0) {                                                                                              \
            return passed(real ARGUMENTS, &error, out_error);                                                          \
        }                                                                                                              \
        json_t *step = call(name);                                                                                     \
        __VA_ARGS__                                                                                                    \
        inside++;                                                                                                      \
        stepdown_status status = real ARGUMENTS;                                                                       \
        inside--;                                                                                                      \
        return ended(step, status, NULL, error, out_error);                                                            \
    }
#define VIEW(name, function, PARAMETERS, ARGUMENTS, ...)                                                               \
    stepdown_status function PARAMETERS {                                                                              \
        REAL(function)                                                                                                 \
        stepdown_error *error = NULL;                                                                                  \
        if (inside > 0) {                                                                                              \
            return passed(real ARGUMENTS, &error, out_error);                                                          \
        }                                                                                                              \
        json_t *step = call(name);                                                                                     \
        __VA_ARGS__                                                                                                    \
        inside++;                                                                                                      \
        stepdown_status status = real ARGUMENTS;                                                                       \
        inside--;                                                                                                      \
        return ended(step, status, status == STEPDOWN_OK ? *out : NULL, error, out_error);                             \
    }
// A call that makes an object, and one that gives text.
#define MAKE(name, function, type, PARAMETERS, ARGUMENTS, ...)                                                         \
    stepdown_status function PARAMETERS {                                                                              \
        REAL(function)                                                                                                 \
        stepdown_error *error = NULL;                                                                                  \
        if (inside > 0) {                                                                                              \
            return passed(real ARGUMENTS, &error, out_error);                                                          \
        }                                                                                                              \
        json_t *step = call(name);                                                                                     \
        __VA_ARGS__                                                                                                    \
        inside++;                                                                                                      \
        stepdown_status status = real ARGUMENTS;                                                                       \
        inside--;                                                                                                      \
        MADE(out)                                                                                                      \
        return ended(step, status, NULL, error, out_error);                                                            \
    }
#define WORDS(name, function, PARAMETERS, ARGUMENTS, ...)                                                              \
    stepdown_status function PARAMETERS {                                                                              \
        REAL(function)                                                                                                 \
        stepdown_error *error = NULL;                                                                                  \
        if (inside > 0) {                                                                                              \
            return passed(real ARGUMENTS, &error, out_error);                                                          \
        }                                                                                                              \
        json_t *step = call(name);                                                                                     \
        __VA_ARGS__                                                                                                    \
        inside++;                                                                                                      \
        stepdown_status status = real ARGUMENTS;                                                                       \
        inside--;                                                                                                      \
        if (status == STEPDOWN_OK) {                                                                                   \
            ARGUMENT("text", json_stringn((const char *)stepdown_bytes_data(*out), stepdown_bytes_size(*out)));        \
        }                                                                                                              \
        return ended(step, status, NULL, error, out_error);                                                            \
    }
static void freed(const void *handle) {
    int gone = handle != NULL ? number_of(handle) : -1;
    if (gone >= 0) {
        json_t *step = call("free");
        ARGUMENT("object", number(gone));
        write_step(step, "null", 4);
        objects[gone].address = NULL;
        json_decref(objects[gone].content);
        objects[gone].content = NULL;
    }
    if (handle == clock_storage) {
        clock_of = NULL;
    }
}
#define FREED(function, type)                                                                                          \
    void function(type **handle) {                                                                                     \
        REAL(function)                                                                                                 \
        if (inside == 0) {                                                                                             \
            freed(handle != NULL ? *handle : NULL);                                                                    \
        }                                                                                                              \
        real(handle);                                                                                                  \
    }
#define ERROR stepdown_error **out_error

// ---- storages and engines --------------------------------------------------------------------------------------------

// Whatever a program opens, bindings do in memory.
MAKE("storage", stepdown_storage_open_memory, stepdown_storage,
     (const stepdown_storage_options *options, stepdown_storage **out, ERROR), (options, out, &error))
MAKE("storage", stepdown_storage_open_sqlite, stepdown_storage,
     (const char *path, const stepdown_storage_options *options, stepdown_storage **out, ERROR),
     (path, options, out, &error))
// Only of the kind that api.c brings: every transaction fails with one status, which is what `ctx` points to.
MAKE("storage.failing", stepdown_storage_register, stepdown_storage,
     (const stepdown_storage_table *table, void *ctx, void (*destroy)(void *), const stepdown_storage_options *options,
      stepdown_storage **out, ERROR),
     (table, ctx, destroy, options, out, &error), ARGUMENT("code", number(*(const int32_t *)ctx));)
PLAIN("storage.close", stepdown_storage_close, (stepdown_storage * storage, ERROR), (storage, &error),
      ARGUMENT("on", object(storage));)
PLAIN("storage.ping", stepdown_storage_ping, (stepdown_storage * storage, ERROR), (storage, &error),
      ARGUMENT("on", object(storage));)
PLAIN("storage.checkpoint", stepdown_storage_checkpoint, (stepdown_storage * storage, ERROR), (storage, &error),
      ARGUMENT("on", object(storage));)
PLAIN("storage.vacuum", stepdown_storage_vacuum, (stepdown_storage * storage, ERROR), (storage, &error),
      ARGUMENT("on", object(storage));)
PLAIN("storage.backup", stepdown_storage_backup, (stepdown_storage * storage, const char *path, ERROR),
      (storage, path, &error), ARGUMENT("on", object(storage));
      ARGUMENT("path", text(path));)
WORDS("storage.statistics", stepdown_storage_statistics, (stepdown_storage * storage, stepdown_bytes **out, ERROR),
      (storage, out, &error), ARGUMENT("on", object(storage));)
FREED(stepdown_storage_free, stepdown_storage)

void stepdown_options_set_clock(stepdown_options *options, stepdown_time (*clock)(void *ctx), void *ctx) {
    REAL(stepdown_options_set_clock)
    clock_of = clock;
    clock_ctx = ctx;
    real(options, clock, ctx);
}

PLAIN("store", stepdown_store_create,
      (stepdown_storage * storage, const stepdown_options *options, const char *name, const char *person,
       const char *role, const char *organization, ERROR),
      (storage, options, name, person, role, organization, &error), ARGUMENT("on", object(storage));
      clock_storage = options != NULL ? storage : clock_storage; ARGUMENT("name", text(name));
      ARGUMENT("fallback", json_pack("[sss]", person, role, organization));)
MAKE("engine", stepdown_engine_open, stepdown_engine,
     (stepdown_storage * storage, const stepdown_options *options, stepdown_engine **out, ERROR),
     (storage, options, out, &error), ARGUMENT("on", object(storage));)
PLAIN("engine.close", stepdown_engine_close, (stepdown_engine * engine, ERROR), (engine, &error),
      ARGUMENT("on", object(engine));)
FREED(stepdown_engine_free, stepdown_engine)

stepdown_status stepdown_engine_advance(stepdown_engine *engine, stepdown_time until, uint32_t limit,
                                        stepdown_result **out, int32_t *out_more, ERROR) {
    REAL(stepdown_engine_advance)
    stepdown_error *error = NULL;
    int32_t more = 0;
    json_t *step = call("engine.advance");
    ARGUMENT("on", object(engine));
    ARGUMENT("until", number(until));
    ARGUMENT("limit", number(limit));
    stepdown_status status = real(engine, until, limit, out, &more, &error);
    ARGUMENT("more", number(more));
    if (out_more != NULL && status == STEPDOWN_OK) {
        *out_more = more;
    }
    return ended(step, status, status == STEPDOWN_OK ? *out : NULL, error, out_error);
}

stepdown_status stepdown_engine_next_due(stepdown_engine *engine, stepdown_time *out_due, ERROR) {
    REAL(stepdown_engine_next_due)
    stepdown_error *error = NULL;
    json_t *step = call("engine.next_due");
    ARGUMENT("on", object(engine));
    stepdown_status status = real(engine, out_due, &error);
    if (status == STEPDOWN_OK) {
        ARGUMENT("moment", *out_due == STEPDOWN_TIME_NONE ? json_null() : number(*out_due));
    }
    return ended(step, status, NULL, error, out_error);
}

PLAIN("engine.rebuild", stepdown_engine_rebuild, (stepdown_engine * engine, int32_t snapshots, ERROR),
      (engine, snapshots, &error), ARGUMENT("on", object(engine));
      ARGUMENT("snapshots", number(snapshots));)
PLAIN("engine.activate", stepdown_engine_activate, (stepdown_engine * engine, stepdown_protocol *protocol, ERROR),
      (engine, protocol, &error), ARGUMENT("on", object(engine));
      ARGUMENT("protocol", object(protocol));)
VIEW("engine.protocols", stepdown_engine_protocols, (stepdown_engine * engine, stepdown_result **out, ERROR),
     (engine, out, &error), ARGUMENT("on", object(engine));)
PLAIN("engine.set_organization", stepdown_engine_set_organization,
      (stepdown_engine * engine, const char *organization, const char *kind, ERROR),
      (engine, organization, kind, &error), ARGUMENT("on", object(engine));
      ARGUMENT("organization", text(organization)); ARGUMENT("kind", text(kind));)
PLAIN("engine.assign_role", stepdown_engine_assign_role,
      (stepdown_engine * engine, const char *role, const char *organization, const char *person, stepdown_time from,
       stepdown_time until, int32_t on_call, ERROR),
      (engine, role, organization, person, from, until, on_call, &error), ARGUMENT("on", object(engine));
      ARGUMENT("role", text(role)); ARGUMENT("organization", text(organization)); ARGUMENT("person", text(person));
      ARGUMENT("from", number(from)); ARGUMENT("until", until == STEPDOWN_TIME_NONE ? json_null() : number(until));
      ARGUMENT("on_call", number(on_call));)
VIEW("engine.assignments", stepdown_engine_assignments, (stepdown_engine * engine, stepdown_result **out, ERROR),
     (engine, out, &error), ARGUMENT("on", object(engine));)
VIEW("engine.verify", stepdown_audit_verify,
     (stepdown_engine * engine, const char *pathway, int32_t (*progress)(void *, uint64_t), void *ctx,
      stepdown_result **out, ERROR),
     (engine, pathway, progress, ctx, out, &error), ARGUMENT("on", object(engine));
     ARGUMENT("pathway", text(pathway));)

// ---- protocols -------------------------------------------------------------------------------------------------------

MAKE("protocol", stepdown_protocol_new, stepdown_protocol,
     (const stepdown_options *options, stepdown_protocol **out, ERROR), (options, out, &error))
FREED(stepdown_protocol_free, stepdown_protocol)
PLAIN("protocol.add", stepdown_protocol_add_builtin, (stepdown_protocol * protocol, const char *name, ERROR),
      (protocol, name, &error), ARGUMENT("on", object(protocol));
      ARGUMENT("name", text(name));)
PLAIN("protocol.add_text", stepdown_protocol_add_text,
      (stepdown_protocol * protocol, const char *file, stepdown_slice content, ERROR),
      (protocol, file, content, &error), ARGUMENT("on", object(protocol));
      ARGUMENT("file", text(file)); ARGUMENT("content", json_stringn((const char *)content.data, content.size));)
PLAIN("protocol.add_file", stepdown_protocol_add_file, (stepdown_protocol * protocol, const char *path, ERROR),
      (protocol, path, &error), ARGUMENT("on", object(protocol));
      ARGUMENT("path", text(path));)
PLAIN("protocol.set", stepdown_protocol_set,
      (stepdown_protocol * protocol, const char *parameter, const char *value, ERROR),
      (protocol, parameter, value, &error), ARGUMENT("on", object(protocol));
      ARGUMENT("parameter", text(parameter)); ARGUMENT("value", text(value));)
PLAIN("protocol.set_organization", stepdown_protocol_set_organization,
      (stepdown_protocol * protocol, const char *organization, ERROR), (protocol, organization, &error),
      ARGUMENT("on", object(protocol));
      ARGUMENT("organization", text(organization));)
PLAIN("protocol.check", stepdown_protocol_check, (stepdown_protocol * protocol, ERROR), (protocol, &error),
      ARGUMENT("on", object(protocol));)
WORDS("protocol.text", stepdown_protocol_show, (stepdown_protocol * protocol, stepdown_bytes **out, ERROR),
      (protocol, out, &error), ARGUMENT("on", object(protocol));)
WORDS("protocol.dot", stepdown_protocol_draw, (stepdown_protocol * protocol, stepdown_bytes **out, ERROR),
      (protocol, out, &error), ARGUMENT("on", object(protocol));)
VIEW("protocol.elements", stepdown_protocol_elements, (stepdown_protocol * protocol, stepdown_result **out, ERROR),
     (protocol, out, &error), ARGUMENT("on", object(protocol));)
VIEW("protocol.changes_to", stepdown_protocol_diff,
     (stepdown_protocol * before, stepdown_protocol *after, stepdown_result **out, ERROR), (before, after, out, &error),
     ARGUMENT("on", object(before));
     ARGUMENT("after", object(after));)
VIEW("protocol.shipped", stepdown_protocol_builtins, (stepdown_result * *out, ERROR), (out, &error))

// ---- sessions --------------------------------------------------------------------------------------------------------

MAKE("session", stepdown_session_open, stepdown_session,
     (stepdown_engine * engine, const char *actor, const char *role, const char *organization, const char *purpose,
      stepdown_session **out, ERROR),
     (engine, actor, role, organization, purpose, out, &error), ARGUMENT("on", object(engine));
     ARGUMENT("actor", text(actor)); ARGUMENT("role", text(role)); ARGUMENT("organization", text(organization));
     ARGUMENT("purpose", text(purpose));)
PLAIN("session.close", stepdown_session_close, (stepdown_session * session, ERROR), (session, &error),
      ARGUMENT("on", object(session));)
FREED(stepdown_session_free, stepdown_session)
PLAIN("session.emergency", stepdown_session_emergency,
      (stepdown_session * session, const char *pathway, const char *reason, uint32_t seconds, ERROR),
      (session, pathway, reason, seconds, &error), ARGUMENT("on", object(session));
      ARGUMENT("pathway", text(pathway)); ARGUMENT("reason", text(reason)); ARGUMENT("seconds", number(seconds));)
PLAIN("session.show_for", stepdown_session_show_for,
      (stepdown_session * session, const char *role, const char *organization, const char *purpose, ERROR),
      (session, role, organization, purpose, &error), ARGUMENT("on", object(session));
      ARGUMENT("role", text(role)); ARGUMENT("organization", text(organization)); ARGUMENT("purpose", text(purpose));)
PLAIN("session.look_back", stepdown_session_look_back,
      (stepdown_session * session, stepdown_time known_at, stepdown_time happened_by, ERROR),
      (session, known_at, happened_by, &error), ARGUMENT("on", object(session));
      ARGUMENT("known_at", known_at == STEPDOWN_TIME_NONE ? json_null() : number(known_at));
      ARGUMENT("happened_by", happened_by == STEPDOWN_TIME_NONE ? json_null() : number(happened_by));)
VIEW("session.pathways", stepdown_pathway_list,
     (stepdown_session * session, const char *resume, uint32_t limit, stepdown_result **out, ERROR),
     (session, resume, limit, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("resume", text(resume)); ARGUMENT("limit", number(limit));)
VIEW("session.lease", stepdown_outbox_lease,
     (stepdown_session * session, uint32_t limit, uint32_t seconds, stepdown_result **out, ERROR),
     (session, limit, seconds, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("limit", number(limit)); ARGUMENT("seconds", number(seconds));)
PLAIN("session.settle", stepdown_outbox_settle,
      (stepdown_session * session, const char *token, int32_t delivered, ERROR), (session, token, delivered, &error),
      ARGUMENT("on", object(session));
      ARGUMENT("token", text(token)); ARGUMENT("delivered", number(delivered));)

#define OF_PATHWAY(name, function)                                                                                     \
    VIEW(name, function, (stepdown_session * session, const char *pathway, stepdown_result **out, ERROR),              \
         (session, pathway, out, &error), ARGUMENT("on", object(session));                                             \
         ARGUMENT("pathway", text(pathway));)
OF_PATHWAY("pathway.show", stepdown_pathway_show)
OF_PATHWAY("pathway.entries", stepdown_pathway_entries)
OF_PATHWAY("pathway.board", stepdown_board)
OF_PATHWAY("pathway.measures", stepdown_measures)
OF_PATHWAY("pathway.responsibility", stepdown_responsibility)
OF_PATHWAY("pathway.migration", stepdown_pathway_migration)
OF_PATHWAY("pathway.validation", stepdown_audit_validate)
VIEW("pathway.items", stepdown_pathway_items,
     (stepdown_session * session, const char *pathway, int32_t live, stepdown_result **out, ERROR),
     (session, pathway, live, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("live", number(live));)
VIEW("pathway.dashboard", stepdown_dashboard,
     (stepdown_session * session, const char *pathway, const char *name, stepdown_result **out, ERROR),
     (session, pathway, name, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("name", text(name));)
VIEW("pathway.knowledge", stepdown_knowledge,
     (stepdown_session * session, const char *pathway, const char *what, stepdown_result **out, ERROR),
     (session, pathway, what, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("what", text(what));)
VIEW("pathway.gate", stepdown_gate_check,
     (stepdown_session * session, const char *pathway, const char *gate, stepdown_result **out, ERROR),
     (session, pathway, gate, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("gate", text(gate));)
VIEW("pathway.records", stepdown_audit_records,
     (stepdown_session * session, const char *pathway, uint64_t from, uint32_t limit, stepdown_result **out, ERROR),
     (session, pathway, from, limit, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("from", number((int64_t)from)); ARGUMENT("limit", number(limit));)
VIEW("pathway.replay", stepdown_audit_replay,
     (stepdown_session * session, const char *pathway, stepdown_protocol *protocol, stepdown_result **out, ERROR),
     (session, pathway, protocol, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("protocol", object(protocol));)

// ---- commands and queries: gathered, and told with the call that uses them -----------------------------------------------

stepdown_status stepdown_command_new(stepdown_session *session, const char *verb, const char *target,
                                     stepdown_command **out, ERROR) {
    REAL(stepdown_command_new)
    stepdown_status status = real(session, verb, target, out, out_error);
    if (status == STEPDOWN_OK) {
        objects[made(*out)].content = json_pack("{s:o,s:o,s:o,s:[]}", "session", object(session), "verb", text(verb),
                                                "target", text(target), "arguments");
    }
    return status;
}
FREED(stepdown_command_free, stepdown_command)

// One argument more; a failure is told as the end of the call that would have used the command.
static stepdown_status gathered(stepdown_command *command, json_t *argument, stepdown_status status,
                                stepdown_error *error, stepdown_error **out_error) {
    json_t *content = content_of(command);
    json_array_append_new(json_object_get(content, "arguments"), argument);
    if (status != STEPDOWN_OK) {
        json_t *step = call("session.execute");
        ARGUMENT("on", json_incref(json_object_get(content, "session")));
        ARGUMENT("pathway", json_null());
        ARGUMENT("command", json_incref(content));
        return ended(step, status, NULL, error, out_error);
    }
    return status;
}

#define SETTER(function, PARAMETER, value, told)                                                                       \
    stepdown_status function(stepdown_command *command, const char *name, PARAMETER, ERROR) {                          \
        REAL(function)                                                                                                 \
        stepdown_error *error = NULL;                                                                                  \
        if (inside > 0) {                                                                                              \
            return real(command, name, value, out_error);                                                              \
        }                                                                                                              \
        inside++;                                                                                                      \
        stepdown_status status = real(command, name, value, &error);                                                   \
        inside--;                                                                                                      \
        return gathered(command, told, status, error, out_error);                                                      \
    }
SETTER(stepdown_command_set, const char *value, value, json_pack("[sss]", name, "text", value))
SETTER(stepdown_command_set_text, stepdown_slice value, value,
       json_pack("[sso]", name, "text", json_stringn((const char *)value.data, value.size)))
SETTER(stepdown_command_set_time, stepdown_time value, value, json_pack("[ssI]", name, "time", (json_int_t)value))
SETTER(stepdown_command_set_integer, int64_t value, value, json_pack("[ssI]", name, "integer", (json_int_t)value))

void stepdown_command_set_occurred(stepdown_command *command, stepdown_time occurred_at, int32_t offset_minutes) {
    REAL(stepdown_command_set_occurred)
    json_object_set_new(content_of(command), "occurred",
                        json_pack("[Ii]", (json_int_t)occurred_at, (int)offset_minutes));
    real(command, occurred_at, offset_minutes);
}
stepdown_status stepdown_command_set_id(stepdown_command *command, const char *id, ERROR) {
    REAL(stepdown_command_set_id)
    json_object_set_new(content_of(command), "id", text(id));
    return real(command, id, out_error);
}
void stepdown_command_set_expected(stepdown_command *command, uint64_t sequence) {
    REAL(stepdown_command_set_expected)
    json_object_set_new(content_of(command), "expected", number((int64_t)sequence));
    real(command, sequence);
}

VIEW("session.execute", stepdown_session_execute,
     (stepdown_session * session, const char *pathway, const stepdown_command *command, stepdown_result **out, ERROR),
     (session, pathway, command, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("pathway", text(pathway)); ARGUMENT("command", json_incref(content_of(command)));)
VIEW("session.execute_each", stepdown_session_execute_each,
     (stepdown_session * session, const stepdown_command *command, const char *resume, uint32_t limit,
      stepdown_result **out, ERROR),
     (session, command, resume, limit, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("resume", text(resume)); ARGUMENT("limit", number(limit));
     ARGUMENT("command", json_incref(content_of(command)));)

stepdown_status stepdown_query_new(stepdown_query **out, ERROR) {
    REAL(stepdown_query_new)
    stepdown_status status = real(out, out_error);
    if (status == STEPDOWN_OK) {
        objects[made(*out)].content = json_object();
    }
    return status;
}
FREED(stepdown_query_free, stepdown_query)
stepdown_status stepdown_query_set(stepdown_query *query, const char *name, const char *value, ERROR) {
    REAL(stepdown_query_set)
    json_object_set_new(content_of(query), name, text(value));
    return real(query, name, value, out_error);
}
VIEW("session.board", stepdown_board_query,
     (stepdown_session * session, const stepdown_query *query, const char *resume, uint32_t limit,
      stepdown_result **out, ERROR),
     (session, query, resume, limit, out, &error), ARGUMENT("on", object(session));
     ARGUMENT("resume", text(resume)); ARGUMENT("limit", number(limit));
     ARGUMENT("query", query != NULL ? json_incref(content_of(query)) : json_object());)
