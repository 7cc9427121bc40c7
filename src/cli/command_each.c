// SPDX-License-Identifier: Apache-2.0
// One command on many pathways, and moving pathways to other versions: `each`, `pathway migrate`.
#include "cli/command.h"
#include "cli/view.h"
#include "cli/when.h"

#include <string.h>

enum { PAGE = 100 };

// ---- one command on many --------------------------------------------------------------------------------------------

struct totals {
    size_t done, refused;
};

// One line for each, also in JSON: pages are not held together in memory.
static void tell_page(struct call *call, const stepdown_result *page, struct totals *totals) {
    for (size_t i = 0; i < stepdown_result_count(page); i++) {
        const char *id = result_text(page, i, "pathway"), *status = result_text(page, i, "status");
        bool done = strcmp(status, "OK") == 0;
        totals->done += done;
        totals->refused += !done;
        if (!call->options.json && done)
            screen_line(&call->out, TONE_PLAIN, "%s  record %lld", id, (long long)result_integer(page, i, "sequence"));
        else if (!call->options.json)
            screen_line(&call->out, TONE_RED, "%s  %s: %s", id, status, result_text(page, i, "message"));
    }
    stepdown_bytes *json = NULL;
    if (call->options.json && stepdown_result_json(page, &json, NULL) == STEPDOWN_OK) {
        fwrite(stepdown_bytes_data(json), 1, stepdown_bytes_size(json), stdout);
        fputc('\n', stdout);
    }
    stepdown_bytes_free(&json);
}

static int on_each(struct call *call, const char *verb, size_t first) {
    stepdown_command *command = NULL;
    struct totals totals = {0, 0};
    const char *resume = NULL;
    int code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_command_new(call->session, verb, NULL, &command, &call->error);
    if (status == STEPDOWN_OK)
        status = command_arguments(call, command, first);
    do {
        stepdown_result *page = NULL;
        if (status == STEPDOWN_OK)
            status = stepdown_session_execute_each(call->session, command, resume, PAGE, &page, &call->error);
        if (status == STEPDOWN_OK)
            tell_page(call, page, &totals);
        resume = status == STEPDOWN_OK ? pool_print(&call->pool, "%s", stepdown_result_next(page)) : "";
        stepdown_result_free(&page);
    } while (*resume);
    stepdown_command_free(&command);
    if (status == STEPDOWN_OK && !call->options.json)
        screen_line(&call->out, TONE_BOLD, "%zu done, %zu refused", totals.done, totals.refused);
    code = call_end(call, status);
    return code == EXIT_DONE && totals.refused > 0 ? EXIT_REFUSED : code;
}

int run_each(struct call *call) { return on_each(call, call->words[0], 1); }

// ---- migration --------------------------------------------------------------------------------------------------------

static const char *clock_text(struct call *call, const char *word, stepdown_time time) {
    return time == STEPDOWN_TIME_NONE
               ? ""
               : pool_print(&call->pool, "%s%s", word, when_text(&call->pool, time, call_zone(call)));
}

static bool tell_migration(struct call *call, const stepdown_result *rows) {
    bool refused = false;
    for (size_t i = 0; i < stepdown_result_count(rows); i++) {
        const char *fate = result_text(rows, i, "fate"), *id = result_text(rows, i, "id");
        bool stands_against = strcmp(fate, "refused") == 0;
        refused |= stands_against;
        screen_line(&call->out, stands_against ? TONE_RED : TONE_PLAIN, "%-9s %s%s%s: %s%s%s", fate,
                    result_text(rows, i, "what"), *id ? " " : "", id, result_text(rows, i, "why"),
                    clock_text(call, " ", result_time(rows, i, "from")),
                    clock_text(call, " -> ", result_time(rows, i, "to")));
    }
    return refused;
}

// What would become of one pathway; nothing when it is under the newest versions already.
static stepdown_status dry_run(struct call *call, const char *pathway, bool heading, bool *refused) {
    stepdown_result *rows = NULL;
    stepdown_bytes *json = NULL;
    stepdown_status status = stepdown_pathway_migration(call->session, pathway, &rows, &call->error);
    if (status == STEPDOWN_OK && call->options.json) {
        status = stepdown_result_json(rows, &json, &call->error);
        if (status == STEPDOWN_OK)
            printf("{\"pathway\":\"%s\",\"migration\":%.*s}\n", pathway, (int)stepdown_bytes_size(json),
                   (const char *)stepdown_bytes_data(json));
    } else if (status == STEPDOWN_OK) {
        if (heading)
            screen_line(&call->out, TONE_BOLD, "%s", pathway);
        *refused |= tell_migration(call, rows);
    }
    stepdown_bytes_free(&json);
    stepdown_result_free(&rows);
    return status;
}

static stepdown_status dry_run_all(struct call *call, bool *refused) {
    const char *resume = NULL;
    stepdown_status status = STEPDOWN_OK;
    do {
        stepdown_result *page = NULL;
        status = stepdown_pathway_list(call->session, resume, PAGE, &page, &call->error);
        for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(page); i++) {
            status = dry_run(call, result_text(page, i, "pathway"), true, refused);
            if (status == STEPDOWN_EXISTS || status == STEPDOWN_DENIED) { // nothing newer, or another's to move
                stepdown_error_free(&call->error);
                status = STEPDOWN_OK;
            }
        }
        resume = status == STEPDOWN_OK ? pool_print(&call->pool, "%s", stepdown_result_next(page)) : "";
        stepdown_result_free(&page);
    } while (*resume);
    return status;
}

int run_pathway_migrate(struct call *call) {
    bool refused = false;
    if (call->options.all == (call->options.pathway != NULL))
        return call_misused(call, "say which: --pathway ID or --all");
    if (!call->options.dry_run)
        return call->options.all ? on_each(call, "migrate", 0) : call_execute(call, "migrate", NULL, 0);
    int code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        call->options.all ? dry_run_all(call, &refused) : dry_run(call, call->options.pathway, false, &refused);
    code = call_end(call, status);
    return code == EXIT_DONE && refused ? EXIT_REFUSED : code;
}
