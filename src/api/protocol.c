// SPDX-License-Identifier: Apache-2.0
// Protocol sets: gathering files, checking, viewing, putting in force; and the directory of who holds which role.
#include <string.h>

#include "api/handles.h"
#include "protocol/builtin.h"
#include "report/views.h"

stepdown_status stepdown_protocol_new(const stepdown_options *options, stepdown_protocol **out,
                                      stepdown_error **out_error) {
    struct env env = handle_env(options);
    if (out == NULL) {
        return argument_missing(&env, "out", out_error);
    }
    stepdown_protocol *p = env_zalloc(&env, sizeof *p);
    if (p == NULL) {
        return status_nomem(&env, out_error);
    }
    p->env = env;
    p->organization = "";
    arena_init(&p->arena, &p->env);
    live_add();
    *out = p;
    return STEPDOWN_OK;
}

void stepdown_protocol_free(stepdown_protocol **protocol) {
    if (protocol == NULL || *protocol == NULL) {
        return;
    }
    stepdown_protocol *p = *protocol;
    *protocol = NULL;
    struct env env = p->env;
    arena_free(&p->arena);
    env_free(&env, p->protocols);
    env_free(&env, p->overlays);
    env_free(&env, p->settings);
    env_free(&env, p);
    live_remove();
}

// ---- gathering -------------------------------------------------------------------------------------------------------------------

static stepdown_status add_source(stepdown_protocol *p, const char *file, stepdown_slice text, bool copy,
                                  stepdown_error **o) {
    struct protocol_source source = {.file = arena_text(&p->arena, file, strlen(file)), .text = text};
    if (source.file == NULL || (copy && !arena_slice(&p->arena, text, &source.text))) {
        return status_nomem(&p->env, o);
    }
    bool overlay = protocol_is_overlay(text);
    struct protocol_source **list = overlay ? &p->overlays : &p->protocols;
    size_t *count = overlay ? &p->overlay_count : &p->protocol_count;
    void *grown = *list;
    if (!env_grow(&p->env, &grown, overlay ? &p->overlay_cap : &p->protocol_cap, *count + 1, sizeof source)) {
        return status_nomem(&p->env, o);
    }
    *list = grown;
    (*list)[(*count)++] = source;
    return STEPDOWN_OK;
}

stepdown_status stepdown_protocol_add_builtin(stepdown_protocol *protocol, const char *name,
                                              stepdown_error **out_error) {
    struct env env = env_default();
    if (protocol == NULL || name == NULL) {
        return argument_missing(&env, protocol == NULL ? "protocol" : "name", out_error);
    }
    const struct builtin_protocol *file = builtin_find(name);
    stepdown_slice text;
    if (file == NULL) {
        return status_fail(&protocol->env, out_error, STEPDOWN_NOT_FOUND, "no protocol %s ships with the library",
                           name);
    }
    return builtin_text(file, &protocol->arena, &text) ? add_source(protocol, name, text, false, out_error)
                                                       : status_nomem(&protocol->env, out_error);
}

stepdown_status stepdown_protocol_add_text(stepdown_protocol *protocol, const char *file, stepdown_slice text,
                                           stepdown_error **out_error) {
    struct env env = env_default();
    if (protocol == NULL || file == NULL || (text.data == NULL && text.size > 0)) {
        return argument_missing(&env, protocol == NULL ? "protocol" : file == NULL ? "file" : "text", out_error);
    }
    if (text.size > PROTOCOL_SOURCE_MAX) {
        return status_fail(&protocol->env, out_error, STEPDOWN_LIMIT, "%s has %zu bytes; at most %d are read", file,
                           text.size, PROTOCOL_SOURCE_MAX);
    }
    return add_source(protocol, file, text, true, out_error);
}

stepdown_status stepdown_protocol_add_file(stepdown_protocol *protocol, const char *path, stepdown_error **out_error) {
    struct env env = env_default();
    uint8_t *data = NULL;
    size_t size = 0;
    if (protocol == NULL || path == NULL) {
        return argument_missing(&env, protocol == NULL ? "protocol" : "path", out_error);
    }
    switch (platform_read_file(&protocol->env, path, PROTOCOL_SOURCE_MAX, &data, &size)) {
    case PLATFORM_FILE_OK: break;
    case PLATFORM_FILE_MISSING:
        return status_fail(&protocol->env, out_error, STEPDOWN_NOT_FOUND, "there is no file %s", path);
    case PLATFORM_FILE_TOO_LARGE:
        return status_fail(&protocol->env, out_error, STEPDOWN_LIMIT, "%s is larger than %d bytes", path,
                           PROTOCOL_SOURCE_MAX);
    case PLATFORM_FILE_NOMEM: return status_nomem(&protocol->env, out_error);
    default: return status_fail(&protocol->env, out_error, STEPDOWN_IO, "%s cannot be read", path);
    }
    stepdown_status status = add_source(protocol, path, slice_of(data, size), true, out_error);
    env_free(&protocol->env, data);
    return status;
}

stepdown_status stepdown_protocol_set(stepdown_protocol *protocol, const char *parameter, const char *value,
                                      stepdown_error **out_error) {
    struct env env = env_default();
    if (protocol == NULL || parameter == NULL || value == NULL) {
        return argument_missing(&env,
                                protocol == NULL    ? "protocol"
                                : parameter == NULL ? "parameter"
                                                    : "value",
                                out_error);
    }
    struct protocol_setting setting = {.parameter = arena_text(&protocol->arena, parameter, strlen(parameter)),
                                       .value = arena_text(&protocol->arena, value, strlen(value))};
    void *grown = protocol->settings;
    if (setting.parameter == NULL || setting.value == NULL ||
        !env_grow(&protocol->env, &grown, &protocol->setting_cap, protocol->setting_count + 1, sizeof setting)) {
        return status_nomem(&protocol->env, out_error);
    }
    protocol->settings = grown;
    protocol->settings[protocol->setting_count++] = setting;
    return STEPDOWN_OK;
}

stepdown_status stepdown_protocol_set_organization(stepdown_protocol *protocol, const char *organization,
                                                   stepdown_error **out_error) {
    struct env env = env_default();
    if (protocol == NULL || organization == NULL) {
        return argument_missing(&env, protocol == NULL ? "protocol" : "organization", out_error);
    }
    const char *kept = arena_text(&protocol->arena, organization, strlen(organization));
    if (kept == NULL) {
        return status_nomem(&protocol->env, out_error);
    }
    protocol->organization = kept;
    return STEPDOWN_OK;
}

// ---- checking and viewing --------------------------------------------------------------------------------------------------------

struct compile_input protocol_input(const stepdown_protocol *p) {
    return (struct compile_input){.protocols = p->protocols,
                                  .protocol_count = p->protocol_count,
                                  .overlays = p->overlays,
                                  .overlay_count = p->overlay_count,
                                  .settings = p->settings,
                                  .setting_count = p->setting_count,
                                  .library = protocol_library_builtin()};
}

static stepdown_status compile(stepdown_protocol *p, struct halves *out, stepdown_error **o) {
    struct digest *digest = NULL;
    struct env env = env_default();
    if (p == NULL) {
        return argument_missing(&env, "protocol", o);
    }
    if (p->protocol_count == 0) {
        return status_fail(&p->env, o, STEPDOWN_INVALID, "the set has no protocol; add one first");
    }
    stepdown_status status = digest_new(&p->env, &digest, o);
    if (status == STEPDOWN_OK) {
        struct compile_input input = protocol_input(p);
        status = protocol_compile_halves(&p->env, digest, &input, out, o);
        digest_free(&digest);
    }
    return status;
}

stepdown_status stepdown_protocol_check(stepdown_protocol *protocol, stepdown_error **out_error) {
    struct halves halves = {.count = 0};
    stepdown_status status = compile(protocol, &halves, out_error);
    halves_release(&halves);
    return status;
}

static stepdown_status view(stepdown_protocol *p, void (*print)(const struct halves *, struct buffer *),
                            stepdown_bytes **out, stepdown_error **o) {
    struct halves halves = {.count = 0};
    struct buffer b;
    struct env env = env_default();
    stepdown_status status = out != NULL ? compile(p, &halves, o) : argument_missing(&env, "out", o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    buffer_init(&b, &p->env);
    print(&halves, &b);
    status = b.failed ? status_nomem(&p->env, o) : bytes_new(&p->env, b.data, b.size, out, o);
    buffer_free(&b);
    halves_release(&halves);
    return status;
}

stepdown_status stepdown_protocol_show(stepdown_protocol *protocol, stepdown_bytes **out, stepdown_error **out_error) {
    return view(protocol, protocol_show, out, out_error);
}

stepdown_status stepdown_protocol_draw(stepdown_protocol *protocol, stepdown_bytes **out, stepdown_error **out_error) {
    return view(protocol, protocol_draw, out, out_error);
}

stepdown_status stepdown_protocol_elements(stepdown_protocol *protocol, stepdown_result **out,
                                           stepdown_error **out_error) {
    struct halves halves = {.count = 0};
    struct env env = env_default();
    stepdown_status status =
        out != NULL ? compile(protocol, &halves, out_error) : argument_missing(&env, "out", out_error);
    if (status == STEPDOWN_OK) {
        status = view_elements(&protocol->env, &halves, out, out_error);
    }
    halves_release(&halves);
    return status;
}

stepdown_status stepdown_protocol_diff(stepdown_protocol *before, stepdown_protocol *after, stepdown_result **out,
                                       stepdown_error **out_error) {
    struct halves old = {.count = 0}, new = {.count = 0};
    struct env env = env_default();
    stepdown_status status = out != NULL ? compile(before, &old, out_error) : argument_missing(&env, "out", out_error);
    if (status == STEPDOWN_OK) {
        status = compile(after, &new, out_error);
    }
    if (status == STEPDOWN_OK) {
        status = view_diff(&after->env, &old, &new, out, out_error);
    }
    halves_release(&old);
    halves_release(&new);
    return status;
}

stepdown_status stepdown_protocol_builtins(stepdown_result **out, stepdown_error **out_error) {
    struct env env = env_default();
    return out != NULL ? view_builtins(&env, out, out_error) : argument_missing(&env, "out", out_error);
}

// ---- in force --------------------------------------------------------------------------------------------------------------------

stepdown_status stepdown_engine_activate(stepdown_engine *engine, stepdown_protocol *protocol,
                                         stepdown_error **out_error) {
    struct engine *e;
    struct env env = env_default();
    if (protocol == NULL || protocol->protocol_count == 0) {
        return argument_missing(&env, "protocol", out_error);
    }
    stepdown_status status = engine_enter(engine, &e, out_error);
    if (status == STEPDOWN_OK) {
        struct compile_input input = protocol_input(protocol);
        status = engine_activate(e, &input, slice_text(protocol->organization), out_error);
        engine_leave(engine);
    }
    return status;
}

stepdown_status stepdown_engine_protocols(stepdown_engine *engine, stepdown_result **out, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter_for(engine, out, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_protocols(e, out, out_error);
        engine_leave(engine);
    }
    return status;
}

// ---- who holds a role ------------------------------------------------------------------------------------------------------------

stepdown_status stepdown_engine_set_organization(stepdown_engine *engine, const char *organization, const char *kind,
                                                 stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter(engine, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = engine_set_organization(e, slice_text(organization), slice_text(kind), out_error);
        engine_leave(engine);
    }
    return status;
}

stepdown_status stepdown_engine_assign_role(stepdown_engine *engine, const char *role, const char *organization,
                                            const char *person, stepdown_time from, stepdown_time until,
                                            int32_t on_call, stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter(engine, &e, out_error);
    if (status == STEPDOWN_OK) {
        struct assignment assignment = {.role = slice_text(role),
                                        .organization = slice_text(organization),
                                        .person = slice_text(person),
                                        .from = from,
                                        .until = until,
                                        .on_call = on_call != 0};
        status = engine_assign(e, &assignment, out_error);
        engine_leave(engine);
    }
    return status;
}

stepdown_status stepdown_engine_assignments(stepdown_engine *engine, stepdown_result **out,
                                            stepdown_error **out_error) {
    struct engine *e;
    stepdown_status status = engine_enter_for(engine, out, &e, out_error);
    if (status == STEPDOWN_OK) {
        status = view_assignments(e, out, out_error);
        engine_leave(engine);
    }
    return status;
}
