// SPDX-License-Identifier: Apache-2.0
// Opening what a command needs, and ending it: every way out of the tool passes through here.
#include "cli/call.h"
#include "cli/when.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int exit_for(stepdown_status status) {
    static const int by_category[] = {
        [STEPDOWN_CATEGORY_NONE] = EXIT_DONE,      [STEPDOWN_CATEGORY_INPUT] = EXIT_USAGE,
        [STEPDOWN_CATEGORY_PROGRAM] = EXIT_FAILED, [STEPDOWN_CATEGORY_REFUSED] = EXIT_REFUSED,
        [STEPDOWN_CATEGORY_RETRY] = EXIT_AGAIN,    [STEPDOWN_CATEGORY_RESOURCE] = EXIT_FAILED,
        [STEPDOWN_CATEGORY_STORAGE] = EXIT_FAILED, [STEPDOWN_CATEGORY_HOST] = EXIT_FAILED,
    };
    return by_category[stepdown_status_category(status)];
}

// ---- reading arguments --------------------------------------------------------------------------------------------

bool actor_read(struct pool *pool, const char *text, struct actor *actor) {
    const char *at = strrchr(text, '@'), *colon = NULL;
    for (const char *c = text; at && c < at; c++)
        colon = *c == ':' ? c : colon;
    if (!at || !colon || colon == text || colon + 1 == at || !at[1])
        return false;
    actor->person = pool_copy(pool, text, (size_t)(colon - text));
    actor->role = pool_copy(pool, colon + 1, (size_t)(at - colon - 1));
    actor->organization = pool_copy(pool, at + 1, strlen(at + 1));
    return true;
}

bool argument_read(struct pool *pool, const char *word, const char **name, const char **value) {
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return false;
    *name = pool_copy(pool, word, (size_t)(equals - word));
    *value = equals + 1;
    return true;
}

int call_number(struct call *call, const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value < least || value > most)
        return call_misused(call, "%s takes a number from %llu to %llu, not '%s'", option, (unsigned long long)least,
                            (unsigned long long)most, text);
    *out = value;
    return EXIT_DONE;
}

int call_time(struct call *call, const char *text, stepdown_time *out) {
    // The pathway's zone only matters for a wall-clock time.
    const char *zone = when_offset(text) == INT32_MIN ? call_zone(call) : "";
    const char *wrong = when_read(text, zone, STEPDOWN_TIME_NONE, out);
    return wrong ? call_misused(call, "'%s' %s", text, wrong) : EXIT_DONE;
}

// ---- opening ------------------------------------------------------------------------------------------------------

int call_storage(struct call *call, bool create) {
    stepdown_storage_options *options = NULL;
    if (call->storage)
        return EXIT_DONE;
    if (!call->options.store)
        return call_misused(call, "--store FILE is needed");
    stepdown_status status = stepdown_storage_options_new(&options, &call->error);
    if (status == STEPDOWN_OK)
        status = stepdown_storage_options_set_create(options, create, &call->error);
    if (status == STEPDOWN_OK)
        status = stepdown_storage_open_sqlite(call->options.store, options, &call->storage, &call->error);
    stepdown_storage_options_free(&options);
    return call_end(call, status);
}

static stepdown_time fixed_clock(void *ctx) {
    const struct call *call = ctx;
    return call->clock;
}

static int create_store(struct call *call, const stepdown_options *options) {
    struct actor fallback;
    if (!call->options.fallback)
        return call_misused(call, "a new store needs --fallback PERSON:ROLE@ORGANIZATION: who answers when "
                                  "every ladder has run out");
    if (!actor_read(&call->pool, call->options.fallback, &fallback))
        return call_misused(call, "--fallback is written PERSON:ROLE@ORGANIZATION, not '%s'", call->options.fallback);
    const char *name = call->options.name ? call->options.name : "stepdown";
    return call_end(call, stepdown_store_create(call->storage, options, name, fallback.person, fallback.role,
                                                fallback.organization, &call->error));
}

static int open_engine(struct call *call, const stepdown_options *options) {
    stepdown_status status = stepdown_engine_open(call->storage, options, &call->engine, &call->error);
    if (status != STEPDOWN_NOT_FOUND || !call->options.create)
        return call_end(call, status);
    stepdown_error_free(&call->error);
    int code = create_store(call, options);
    if (code != EXIT_DONE)
        return code;
    return call_end(call, stepdown_engine_open(call->storage, options, &call->engine, &call->error));
}

int call_engine(struct call *call) {
    stepdown_options *options = NULL;
    if (call->engine)
        return EXIT_DONE;
    if (call->options.create && !call->options.fallback)
        return call_misused(call, "--create needs --fallback PERSON:ROLE@ORGANIZATION");
    int code = call_storage(call, call->options.create);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_options_new(&options, &call->error);
    if (status != STEPDOWN_OK)
        return call_end(call, status);
    if (call->clock != STEPDOWN_TIME_NONE)
        stepdown_options_set_clock(options, fixed_clock, call);
    code = open_engine(call, options);
    stepdown_options_free(&options);
    return code;
}

int call_session(struct call *call) {
    struct actor actor;
    if (call->session)
        return EXIT_DONE;
    if (!call->options.as)
        return call_misused(call, "--as ACTOR:ROLE@ORGANIZATION is needed: who is doing this");
    if (!actor_read(&call->pool, call->options.as, &actor))
        return call_misused(call, "--as is written ACTOR:ROLE@ORGANIZATION, not '%s'", call->options.as);
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    return call_end(call, stepdown_session_open(call->engine, actor.person, actor.role, actor.organization,
                                                call->options.purpose, &call->session, &call->error));
}

// --as-of and --happened-by: what the session asks from now on.
static int look_back(struct call *call) {
    stepdown_time known = STEPDOWN_TIME_NONE, happened = STEPDOWN_TIME_NONE;
    int code = call->options.as_of ? call_time(call, call->options.as_of, &known) : EXIT_DONE;
    if (code == EXIT_DONE && call->options.happened_by)
        code = call_time(call, call->options.happened_by, &happened);
    if (code != EXIT_DONE || (known == STEPDOWN_TIME_NONE && happened == STEPDOWN_TIME_NONE))
        return code;
    (void)call_zone(call); // looked up as it is now
    stepdown_status status = stepdown_session_look_back(call->session, known, happened, &call->error);
    return status == STEPDOWN_OK ? EXIT_DONE : call_end(call, status);
}

int call_pathway(struct call *call) {
    if (!call->options.pathway)
        return call_misused(call, "--pathway ID is needed; `stepdown pathway list` shows them");
    int code = call_session(call);
    if (code == EXIT_DONE && call->options.emergency) {
        stepdown_status status = stepdown_session_emergency(call->session, call->options.pathway,
                                                            call->options.emergency, 3600, &call->error);
        code = status == STEPDOWN_OK ? EXIT_DONE : call_end(call, status);
    }
    return code == EXIT_DONE ? look_back(call) : code;
}

const char *call_zone(struct call *call) {
    if (call->zone)
        return call->zone;
    call->zone = call->options.zone ? call->options.zone : "";
    if (!call->options.zone && call->options.pathway && call->session) {
        stepdown_result *result = NULL;
        if (stepdown_pathway_show(call->session, call->options.pathway, &result, NULL) == STEPDOWN_OK) {
            const char *zone = result_text(result, 0, "zone");
            call->zone = zone_exists(zone) ? pool_copy(&call->pool, zone, strlen(zone)) : "";
        }
        stepdown_result_free(&result);
    }
    return call->zone;
}

struct view call_view(struct call *call) {
    return (struct view){.screen = &call->out, .zone = call_zone(call)};
}

// ---- ending -------------------------------------------------------------------------------------------------------

int call_misused(struct call *call, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = pool_vprint(&call->pool, format, arguments);
    va_end(arguments);
    screen_paragraph(&call->err, TONE_RED, "stepdown: ", 10, text);
    return EXIT_USAGE;
}

static void diagnostics_show(const struct screen *screen, const stepdown_error *error) {
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
        const char *rule = stepdown_error_diagnostic_rule(error, i);
        screen_line(screen, TONE_PLAIN, "%s:%u:%u: %s%s%s%s", stepdown_error_diagnostic_file(error, i),
                    (unsigned)stepdown_error_diagnostic_line(error, i),
                    (unsigned)stepdown_error_diagnostic_column(error, i), stepdown_error_diagnostic_message(error, i),
                    *rule ? " [" : "", rule, *rule ? "]" : "");
    }
}

const char *error_detail(const stepdown_error *error, const char *key, const char *number) {
    size_t size = strlen(key);
    for (size_t i = 0; error && i < stepdown_error_detail_count(error); i++) {
        const char *found = stepdown_error_detail_key(error, i);
        if (strncmp(found, key, size) == 0 && strcmp(found + size, number) == 0)
            return stepdown_error_detail_value(error, i);
    }
    return "";
}

void need_show(const struct screen *screen, size_t margin, const struct need *need) {
    struct pool pool = {0};
    screen_paragraph(screen, TONE_BOLD, pool_print(&pool, "%*s%-9s ", (int)margin, "", need->row), margin + 10,
                     need->says);
    const char *why = *need->explanation ? pool_print(&pool, "%s: %s", need->reason, need->explanation) : need->reason;
    if (*why)
        screen_paragraph(screen, TONE_YELLOW, pool_print(&pool, "%*s", (int)margin + 10, ""), margin + 12, why);
    if (*need->who)
        screen_paragraph(screen, TONE_PLAIN, pool_print(&pool, "%*scan be cleared by ", (int)margin + 10, ""),
                         margin + 12, need->who);
    pool_free(&pool);
}

bool error_need(const stepdown_error *error, size_t index, struct need *need) {
    static const char key[] = "need.";
    const char *found = stepdown_error_detail_key(error, index);
    if (strncmp(found, key, sizeof key - 1) != 0)
        return false;
    const char *number = found + sizeof key - 1;
    *need = (struct need){.row = stepdown_error_detail_value(error, index),
                          .says = error_detail(error, "says.", number),
                          .reason = error_detail(error, "reason.", number),
                          .explanation = error_detail(error, "explanation.", number),
                          .who = error_detail(error, "who.", number)};
    return true;
}

// For a held gate each need with its reason and who can clear it; other details as they are.
void error_details(const struct screen *screen, size_t margin, const stepdown_error *error) {
    struct pool pool = {0};
    struct need need;
    for (size_t i = 0; i < stepdown_error_detail_count(error); i++) {
        const char *key = stepdown_error_detail_key(error, i), *dot = strchr(key, '.');
        if (error_need(error, i, &need))
            need_show(screen, margin, &need);
        else if (!dot || !*error_detail(error, "need", dot)) // not a part of a need
            screen_paragraph(screen, TONE_DIM, pool_print(&pool, "%*s%s: ", (int)margin, "", key), margin + 2,
                             stepdown_error_detail_value(error, i));
    }
    pool_free(&pool);
}

void error_show(const struct screen *screen, stepdown_status status, const stepdown_error *error) {
    struct pool pool = {0};
    const char *message = error ? stepdown_error_message(error) : stepdown_status_text(status);
    screen_paragraph(screen, TONE_RED, pool_print(&pool, "%s: ", stepdown_status_name(status)), 4, message);
    if (error && stepdown_error_diagnostic_count(error) > 0)
        diagnostics_show(screen, error);
    if (error)
        error_details(screen, 2, error);
    pool_free(&pool);
}

static json_t *diagnostics_json(const stepdown_error *error) {
    json_t *list = json_array();
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I, s:s, s:s}", "file", stepdown_error_diagnostic_file(error, i),
                                        "line", (json_int_t)stepdown_error_diagnostic_line(error, i), "column",
                                        (json_int_t)stepdown_error_diagnostic_column(error, i), "message",
                                        stepdown_error_diagnostic_message(error, i), "rule",
                                        stepdown_error_diagnostic_rule(error, i)));
    }
    return list;
}

static void error_json(stepdown_status status, const stepdown_error *error) {
    json_t *detail = json_object();
    for (size_t i = 0; error && i < stepdown_error_detail_count(error); i++)
        json_object_set_new(detail, stepdown_error_detail_key(error, i),
                            json_string(stepdown_error_detail_value(error, i)));
    json_t *whole = json_pack("{s:s, s:s, s:o, s:o}", "status", stepdown_status_name(status), "message",
                              error ? stepdown_error_message(error) : stepdown_status_text(status), "detail", detail,
                              "diagnostics", error ? diagnostics_json(error) : json_array());
    if (!whole)
        out_of_memory();
    json_dumpf(whole, stderr, JSON_INDENT(2));
    fputc('\n', stderr);
    json_decref(whole);
}

int call_end(struct call *call, stepdown_status status) {
    if (status == STEPDOWN_OK)
        return EXIT_DONE;
    if (call->options.json)
        error_json(status, call->error);
    else
        error_show(&call->err, status, call->error);
    stepdown_error_free(&call->error);
    return exit_for(status);
}

int call_done(struct call *call, stepdown_status status) {
    if (status == STEPDOWN_OK && call->options.json)
        puts("{\"status\": \"OK\"}");
    return call_end(call, status);
}

int call_result(struct call *call, stepdown_status status, stepdown_result **result,
                void (*show)(const struct view *view, const stepdown_result *result)) {
    int code = call_end(call, status);
    if (code == EXIT_DONE && call->options.json) {
        stepdown_bytes *json = NULL;
        code = call_end(call, stepdown_result_json(*result, &json, &call->error));
        if (code == EXIT_DONE) {
            fwrite(stepdown_bytes_data(json), 1, stepdown_bytes_size(json), stdout);
            fputc('\n', stdout);
        }
        stepdown_bytes_free(&json);
    } else if (code == EXIT_DONE) {
        struct view view = call_view(call);
        show(&view, *result);
    }
    stepdown_result_free(result);
    return code;
}

void call_free(struct call *call) {
    stepdown_error_free(&call->error);
    stepdown_session_free(&call->session);
    stepdown_engine_free(&call->engine);
    stepdown_storage_free(&call->storage);
    pool_free(&call->pool);
}
