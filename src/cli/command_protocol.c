// SPDX-License-Identifier: Apache-2.0
// `stepdown protocol …` and `pathway replay`: checking, showing, listing and comparing protocols, putting them in force,
// and what a pathway would have been under others.
#include "cli/command.h"
#include "cli/when.h"

#include <string.h>

// A word is a parameter when it holds '=', a file when it looks like a path, else a protocol that ships with us.
static stepdown_status protocol_add(struct call *call, stepdown_protocol *protocol, const char *word) {
    const char *name, *value;
    if (argument_read(&call->pool, word, &name, &value))
        return stepdown_protocol_set(protocol, name, value, &call->error);
    if (strchr(word, '/') || strchr(word, '.'))
        return stepdown_protocol_add_file(protocol, word, &call->error);
    return stepdown_protocol_add_builtin(protocol, word, &call->error);
}

static stepdown_status protocol_collect(struct call *call, stepdown_protocol **protocol) {
    stepdown_status status = stepdown_protocol_new(NULL, protocol, &call->error);
    for (size_t i = 0; status == STEPDOWN_OK && i < call->word_count; i++)
        status = protocol_add(call, *protocol, call->words[i]);
    return status;
}

// "NAME+overlay.yaml+PAR-01=19:00": a set in one word.
static stepdown_status protocol_of_word(struct call *call, const char *word, stepdown_protocol **protocol) {
    stepdown_status status = stepdown_protocol_new(NULL, protocol, &call->error);
    while (status == STEPDOWN_OK && *word) {
        size_t size = strcspn(word, "+");
        status = protocol_add(call, *protocol, pool_copy(&call->pool, word, size));
        word += size + (word[size] == '+');
    }
    return status;
}

int run_protocol_check(struct call *call) {
    stepdown_protocol *protocol = NULL;
    stepdown_status status = protocol_collect(call, &protocol);
    if (status == STEPDOWN_OK)
        status = stepdown_protocol_check(protocol, &call->error);
    stepdown_protocol_free(&protocol);
    if (status == STEPDOWN_OK && !call->options.json)
        screen_line(&call->out, TONE_GREEN, "no problems found");
    return call_done(call, status);
}

static int protocol_print(struct call *call, stepdown_status (*make)(stepdown_protocol *protocol, stepdown_bytes **out,
                                                                     stepdown_error **out_error)) {
    stepdown_protocol *protocol = NULL;
    stepdown_bytes *text = NULL;
    stepdown_status status = protocol_collect(call, &protocol);
    if (status == STEPDOWN_OK)
        status = make(protocol, &text, &call->error);
    if (status == STEPDOWN_OK)
        fwrite(stepdown_bytes_data(text), 1, stepdown_bytes_size(text), stdout);
    stepdown_bytes_free(&text);
    stepdown_protocol_free(&protocol);
    return call_end(call, status);
}

// With --json the elements, for programs.
int run_protocol_show(struct call *call) {
    stepdown_protocol *protocol = NULL;
    stepdown_result *elements = NULL;
    if (!call->options.json)
        return protocol_print(call, stepdown_protocol_show);
    stepdown_status status = protocol_collect(call, &protocol);
    if (status == STEPDOWN_OK)
        status = stepdown_protocol_elements(protocol, &elements, &call->error);
    stepdown_protocol_free(&protocol);
    return call_result(call, status, &elements, NULL);
}

int run_protocol_draw(struct call *call) { return protocol_print(call, stepdown_protocol_draw); }

static void view_shipped(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        if (i > 0)
            screen_gap(view->screen);
        screen_line(view->screen, TONE_BOLD, "%s %s", result_text(result, i, "name"),
                    result_text(result, i, "version"));
        screen_paragraph(view->screen, TONE_PLAIN, "  ", 2,
                         pool_print(&pool, "%s (about a %s; %lld requirement rows)", result_text(result, i, "title"),
                                    result_text(result, i, "subject"), (long long)result_integer(result, i, "rows")));
        screen_paragraph(view->screen, TONE_DIM, "  protects: ", 4, result_text(result, i, "protects"));
    }
    pool_free(&pool);
}

static void view_differences(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        const char *change = result_text(result, i, "change"), *within = result_text(result, i, "within");
        const char *part = result_text(result, i, "part"), *name = result_text(result, i, "name");
        const char *before = result_text(result, i, "before"), *after = result_text(result, i, "after");
        const char *rows = result_text(result, i, "rows");
        const char *text =
            pool_print(&pool, "%s %s%s%s", result_text(result, i, "kind"), name, *within ? " of " : "", within);
        if (*part)
            text = pool_print(&pool, "%s: %s: %s -> %s", text, part, *before ? before : "(none)",
                              *after ? after : "(none)");
        else
            text = pool_print(&pool, "%s: %s%s", text, before, after);
        enum tone tone = *change == 'l' || *change == 'r' ? TONE_RED : *change == 'c' ? TONE_YELLOW : TONE_GREEN;
        screen_paragraph(view->screen, tone, pool_print(&pool, "%-9s  %-12s ", change, *rows ? rows : "-"), 24, text);
    }
    if (stepdown_result_count(result) == 0)
        screen_line(view->screen, TONE_GREEN, "no differences");
    pool_free(&pool);
}

int run_protocol_diff(struct call *call) {
    stepdown_protocol *before = NULL, *after = NULL;
    stepdown_result *result = NULL;
    stepdown_status status = protocol_of_word(call, call->words[0], &before);
    if (status == STEPDOWN_OK)
        status = protocol_of_word(call, call->words[1], &after);
    if (status == STEPDOWN_OK)
        status = stepdown_protocol_diff(before, after, &result, &call->error);
    stepdown_protocol_free(&before);
    stepdown_protocol_free(&after);
    return call_result(call, status, &result, view_differences);
}

int run_protocol_list(struct call *call) {
    stepdown_result *result = NULL;
    if (!call->options.store) {
        stepdown_status status = stepdown_protocol_builtins(&result, &call->error);
        return call_result(call, status, &result, view_shipped);
    }
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_engine_protocols(call->engine, &result, &call->error);
    return call_result(call, status, &result, view_protocols);
}

// "alert.opened FVH-E2", or the rows that hold.
static const char *replay_subject(struct pool *pool, const stepdown_result *result, size_t row) {
    const char *event = result_text(result, row, "event"), *name = result_text(result, row, "name");
    return *event ? pool_print(pool, "%s %s", event, name) : result_text(result, row, "rows");
}

static void view_replay(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    size_t skipped = 0;
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        const char *change = result_text(result, i, "change"), *explanation = result_text(result, i, "explanation");
        stepdown_time before = result_time(result, i, "before"), after = result_time(result, i, "after");
        bool not_replayed = strcmp(change, "not replayed") == 0;
        skipped += not_replayed;
        screen_line(view->screen, TONE_BOLD, "%s  %s", when_short(&pool, result_time(result, i, "at"), view->zone),
                    result_text(result, i, "step"));
        const char *text = pool_print(&pool, "%s %s", change, replay_subject(&pool, result, i));
        if (before != STEPDOWN_TIME_NONE && after != STEPDOWN_TIME_NONE)
            text = pool_print(&pool, "%s: %s%s, not %s", text, strcmp(change, "moved") == 0 ? "" : "due ",
                              when_short(&pool, after, view->zone), when_short(&pool, before, view->zone));
        else if (before != STEPDOWN_TIME_NONE || after != STEPDOWN_TIME_NONE)
            text = pool_print(&pool, "%s, due %s", text,
                              when_short(&pool, before != STEPDOWN_TIME_NONE ? before : after, view->zone));
        if (*explanation)
            text = pool_print(&pool, "%s; %s", text, explanation);
        screen_paragraph(view->screen, not_replayed ? TONE_DIM : TONE_YELLOW, "    ", 6, text);
    }
    screen_line(view->screen, TONE_BOLD, "%zu differences, %zu steps not replayed",
                stepdown_result_count(result) - skipped, skipped);
    pool_free(&pool);
}

int run_pathway_replay(struct call *call) {
    stepdown_protocol *protocol = NULL;
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = protocol_collect(call, &protocol);
    if (status == STEPDOWN_OK)
        status = stepdown_audit_replay(call->session, call->options.pathway, protocol, &result, &call->error);
    stepdown_protocol_free(&protocol);
    return call_result(call, status, &result, view_replay);
}

int run_protocol_activate(struct call *call) {
    stepdown_protocol *protocol = NULL;
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = protocol_collect(call, &protocol);
    if (status == STEPDOWN_OK && call->options.whom)
        status = stepdown_protocol_set_organization(protocol, call->options.whom, &call->error);
    if (status == STEPDOWN_OK)
        status = stepdown_engine_activate(call->engine, protocol, &call->error);
    stepdown_protocol_free(&protocol);
    return call_done(call, status);
}
