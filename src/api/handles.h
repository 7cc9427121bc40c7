// SPDX-License-Identifier: Apache-2.0
// What stands behind the public handles: reference counts, and the lock under which calls on one engine queue.
// May call: every room below.
#ifndef API_HANDLES_H
#define API_HANDLES_H

#include <stdatomic.h>
#include <stepdown.h>

#include "base/error.h"
#include "base/live.h"
#include "engine/engine.h"
#include "protocol/compile.h"
#include "report/result.h"

// What the callbacks of the options stand on.
struct keeper {
    void *ctx;
    void (*retain)(void *ctx);
    void (*release)(void *ctx);
};

struct stepdown_options {
    struct engine_options values;
    struct keeper keeper;
};

struct stepdown_engine {
    platform_count references;
    struct env env;
    struct keeper keeper;
    struct engine *engine; // NULL once destroyed
};

struct stepdown_session {
    struct stepdown_engine *engine; // a reference of its own
    struct arena arena;
    struct session_info info;
    bool closed;
};

struct stepdown_command {
    struct env env;
    struct arena arena;
    struct command command;
};

struct stepdown_protocol {
    struct env env;
    struct arena arena;
    struct protocol_source *protocols, *overlays;
    struct protocol_setting *settings;
    size_t protocol_count, protocol_cap, overlay_count, overlay_cap, setting_count, setting_cap;
    const char *organization; // in the arena; "": everyone
};

// The options' environment, or the default one.
struct env handle_env(const stepdown_options *options);

struct keeper keeper_retain(const struct keeper *keeper);
void keeper_release(const struct keeper *keeper);

// Enter an engine: take the lock, refuse re-entry and closed engines. *out is valid until engine_leave.
stepdown_status engine_enter(stepdown_engine *handle, struct engine **out, stepdown_error **o);
// The same for a call that answers: INVALID when `answer`, the place for it, is NULL.
stepdown_status engine_enter_for(stepdown_engine *handle, const void *answer, struct engine **out, stepdown_error **o);
void engine_leave(stepdown_engine *handle);
stepdown_engine *engine_retain(stepdown_engine *handle);
void engine_drop(stepdown_engine **handle);
// Enter the engine of a session; CLOSED when the session was closed. One that looks back may only ask about single
// pathways: MISUSE for everything else.
stepdown_status session_enter_to_look(stepdown_session *session, struct engine **out, stepdown_error **o);
stepdown_status session_enter(stepdown_session *session, struct engine **out, stepdown_error **o);
stepdown_status session_enter_for(stepdown_session *session, const void *answer, struct engine **out,
                                  stepdown_error **o);
// The same about a pathway, whose id is read first.
stepdown_status session_enter_on(stepdown_session *session, const char *pathway, const void *answer,
                                 uint8_t id[RECORD_ID], struct engine **out, stepdown_error **o);
// The same for a question about it, also by a session that looks back.
stepdown_status session_enter_to_ask(stepdown_session *session, const char *pathway, const void *answer,
                                     uint8_t id[RECORD_ID], struct engine **out, stepdown_error **o);
// The same for a page of at most `limit` rows, 1 to 1,000.
stepdown_status session_enter_page(stepdown_session *session, const void *answer, uint32_t limit, struct engine **out,
                                   stepdown_error **o);
void session_leave(stepdown_session *session);

// Pathway id from its text. INVALID.
stepdown_status pathway_parse(const struct env *env, const char *text, uint8_t id[RECORD_ID], stepdown_error **o);
// What a set compiles from; borrows from the set.
struct compile_input protocol_input(const stepdown_protocol *p);
// Rows of a page: INVALID when they are not 1 to 1,000.
stepdown_status limit_check(uint32_t limit, stepdown_error **o);
// Refuse a missing argument: INVALID with its name.
stepdown_status argument_missing(const struct env *env, const char *name, stepdown_error **o);

#endif
