// SPDX-License-Identifier: Apache-2.0
// What each command does, except those of protocols and scenarios: open what it needs, one call of the library, show the answer.
#include "cli/command.h"
#include "cli/when.h"

#include <string.h>

// ---- store, organizations, roles ----------------------------------------------------------------------------------

int run_store_init(struct call *call) {
    struct actor fallback;
    if (!call->options.fallback || !actor_read(&call->pool, call->options.fallback, &fallback))
        return call_misused(call, "--fallback PERSON:ROLE@ORGANIZATION is needed: who answers when every ladder has "
                                  "run out");
    int code = call_storage(call, true);
    if (code != EXIT_DONE)
        return code;
    const char *name = call->options.name ? call->options.name : "stepdown";
    return call_done(call, stepdown_store_create(call->storage, NULL, name, fallback.person, fallback.role,
                                                 fallback.organization, &call->error));
}

int run_rebuild(struct call *call) {
    int code = call_engine(call);
    return code == EXIT_DONE ? call_done(call, stepdown_engine_rebuild(call->engine, 1, &call->error)) : code;
}

int run_org_set(struct call *call) {
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    return call_done(call,
                     stepdown_engine_set_organization(call->engine, call->words[0], call->words[1], &call->error));
}

// NAME=VALUE words behind the first, for commands with a few optional ones. `values`: one place for each name.
static int named_arguments(struct call *call, size_t first, const char *const *names, const char **values,
                           size_t count) {
    for (size_t i = first; i < call->word_count; i++) {
        const char *name = "", *value = "";
        size_t found = count;
        if (argument_read(&call->pool, call->words[i], &name, &value)) {
            for (found = 0; found < count && strcmp(names[found], name) != 0; found++)
                ;
        }
        if (found == count)
            return call_misused(call, "'%s' is not understood; see `stepdown help %s %s`", call->words[i],
                                call->command->group, call->command->name);
        values[found] = value;
    }
    return EXIT_DONE;
}

int run_role_assign(struct call *call) {
    static const char *const names[] = {"from", "until", "on_call"};
    const char *values[3] = {0};
    struct actor actor;
    stepdown_time from = when_now(), until = STEPDOWN_TIME_NONE;
    if (!actor_read(&call->pool, call->words[0], &actor))
        return call_misused(call, "an assignment is written PERSON:ROLE@ORGANIZATION, not '%s'", call->words[0]);
    int code = named_arguments(call, 1, names, values, 3);
    if (code == EXIT_DONE && values[0])
        code = call_time(call, values[0], &from);
    if (code == EXIT_DONE && values[1])
        code = call_time(call, values[1], &until);
    if (code == EXIT_DONE)
        code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    int32_t on_call = values[2] && strcmp(values[2], "yes") == 0;
    return call_done(call, stepdown_engine_assign_role(call->engine, actor.role, actor.organization, actor.person, from,
                                                       until, on_call, &call->error));
}

int run_role_list(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_engine_assignments(call->engine, &result, &call->error);
    return call_result(call, status, &result, view_assignments);
}

// ---- commands -----------------------------------------------------------------------------------------------------

stepdown_status command_arguments(struct call *call, stepdown_command *command, size_t first) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = first; status == STEPDOWN_OK && i < call->word_count; i++) {
        const char *name, *value;
        if (!argument_read(&call->pool, call->words[i], &name, &value)) {
            char *message = pool_print(&call->pool, "'%s' is not of the form NAME=VALUE", call->words[i]);
            return stepdown_error_raise(&call->error, STEPDOWN_INVALID, message);
        }
        status = stepdown_command_set(command, name, value, &call->error);
    }
    return status;
}

// One command: `verb` on `target`, with the words from `first` on as its arguments.
int call_execute(struct call *call, const char *verb, const char *target, size_t first) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_time occurred = STEPDOWN_TIME_NONE;
    uint64_t expected = 0;
    int code = call_session(call);
    if (code == EXIT_DONE && call->options.at)
        code = call_time(call, call->options.at, &occurred);
    if (code == EXIT_DONE && call->options.expect)
        code = call_number(call, "--expect", call->options.expect, 0, INT64_MAX, &expected);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_command_new(call->session, verb, target, &command, &call->error);
    if (status == STEPDOWN_OK)
        status = command_arguments(call, command, first);
    if (status == STEPDOWN_OK && call->options.id)
        status = stepdown_command_set_id(command, call->options.id, &call->error);
    if (status == STEPDOWN_OK && call->options.expect)
        stepdown_command_set_expected(command, expected);
    if (status == STEPDOWN_OK && occurred != STEPDOWN_TIME_NONE)
        stepdown_command_set_occurred(command, occurred, when_offset(call->options.at));
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(call->session, call->options.pathway, command, &receipt, &call->error);
    stepdown_command_free(&command);
    if (status == STEPDOWN_OK && !call->options.pathway) // for the zone of a pathway that was just opened
        call->options.pathway = pool_print(&call->pool, "%s", result_text(receipt, 0, "pathway"));
    return call_result(call, status, &receipt, view_receipt);
}

int run_pathway_start(struct call *call) {
    if (call->options.pathway)
        return call_misused(call, "a new pathway gets its id; to choose it, give pathway=ID");
    return call_execute(call, "open", call->words[0], 1);
}

int run_submit(struct call *call) {
    int code = call_pathway(call);
    return code == EXIT_DONE ? call_execute(call, "submit", call->words[0], 1) : code;
}

int run_do(struct call *call) {
    int code = call_pathway(call);
    return code == EXIT_DONE ? call_execute(call, call->words[0], call->words[1], 2) : code;
}

// ---- views --------------------------------------------------------------------------------------------------------

static int list_limit(struct call *call, uint64_t otherwise, uint64_t *limit) {
    *limit = otherwise;
    return call->options.limit ? call_number(call, "--limit", call->options.limit, 1, 1000, limit) : EXIT_DONE;
}

int run_pathway_show(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    if (call->options.live) {
        stepdown_status status = stepdown_pathway_items(call->session, call->options.pathway, 1, &result, &call->error);
        return call_result(call, status, &result, view_items);
    }
    stepdown_status status = stepdown_pathway_show(call->session, call->options.pathway, &result, &call->error);
    return call_result(call, status, &result, view_pathway);
}

int run_pathway_list(struct call *call) {
    stepdown_result *result = NULL;
    uint64_t limit;
    int code = list_limit(call, 100, &limit);
    if (code == EXIT_DONE)
        code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_pathway_list(call->session, call->options.from, (uint32_t)limit, &result, &call->error);
    return call_result(call, status, &result, view_pathways);
}

int run_gate_check(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_gate_check(call->session, call->options.pathway, call->words[0], &result, &call->error);
    bool held = status == STEPDOWN_OK && !result_integer(result, 0, "open");
    code = call_result(call, status, &result, view_gate);
    return code == EXIT_DONE && held ? EXIT_REFUSED : code;
}

static stepdown_status board_query(struct call *call, stepdown_query **query) {
    const struct options *given = &call->options;
    const struct {
        const char *name, *value;
    } parts[] = {
        {"pathway", given->pathway},
        {"person", given->person},
        {"role", given->role},
        {"organization", given->organization},
        {"due_within", given->due_within},
        {"overdue", given->overdue ? "yes" : NULL},
        {"unowned", given->unowned ? "yes" : NULL},
        {"blocked", given->blocked ? "yes" : NULL},
        {"waiting", given->waiting ? "yes" : NULL},
    };
    stepdown_status status = stepdown_query_new(query, &call->error);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == STEPDOWN_OK; i++) {
        if (parts[i].value)
            status = stepdown_query_set(*query, parts[i].name, parts[i].value, &call->error);
    }
    return status;
}

int run_board(struct call *call) {
    stepdown_result *result = NULL;
    stepdown_query *query = NULL;
    uint64_t limit;
    int code = list_limit(call, call->options.pathway ? 1000 : 100, &limit);
    if (code == EXIT_DONE)
        code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = board_query(call, &query);
    if (status == STEPDOWN_OK)
        status = stepdown_board_query(call->session, query, call->options.from, (uint32_t)limit, &result, &call->error);
    stepdown_query_free(&query);
    return call_result(call, status, &result, call->options.pathway ? view_board : view_boards);
}

int run_dashboard(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_dashboard(call->session, call->options.pathway, call->words[0], &result, &call->error);
    return call_result(call, status, &result, view_dashboard);
}

static int pathway_question(struct call *call,
                            stepdown_status (*ask)(stepdown_session *session, const char *pathway,
                                                   stepdown_result **out, stepdown_error **out_error),
                            void (*show)(const struct view *view, const stepdown_result *result)) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = ask(call->session, call->options.pathway, &result, &call->error);
    return call_result(call, status, &result, show);
}

int run_measures(struct call *call) { return pathway_question(call, stepdown_measures, view_measures); }

int run_responsibility(struct call *call) {
    return pathway_question(call, stepdown_responsibility, view_responsibility);
}

int run_knowledge(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_knowledge(call->session, call->options.pathway, call->words[0], &result, &call->error);
    return call_result(call, status, &result, view_knowledge);
}

int run_advance(struct call *call) {
    stepdown_result *result = NULL;
    stepdown_time until = when_now();
    int32_t more = 0;
    int code = call->options.at ? call_time(call, call->options.at, &until) : EXIT_DONE;
    call->clock = until;
    if (code == EXIT_DONE)
        code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_engine_advance(call->engine, until, 0, &result, &more, &call->error);
    return call_result(call, status, &result, view_advance);
}

// ---- audit --------------------------------------------------------------------------------------------------------

int run_audit_show(struct call *call) {
    stepdown_result *result = NULL;
    uint64_t from = 0, limit;
    int code = list_limit(call, 1000, &limit);
    if (code == EXIT_DONE && call->options.from)
        code = call_number(call, "--from", call->options.from, 0, INT64_MAX, &from);
    if (code == EXIT_DONE)
        code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_audit_records(call->session, call->options.pathway, from, (uint32_t)limit, &result, &call->error);
    return call_result(call, status, &result, view_records);
}

int run_audit_validate(struct call *call) {
    stepdown_result *result = NULL;
    int code = call_pathway(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status = stepdown_audit_validate(call->session, call->options.pathway, &result, &call->error);
    return call_result(call, status, &result, view_validation);
}

static int32_t verify_progress(void *ctx, uint64_t done) {
    progress_show(ctx, done);
    return 1;
}

int run_audit_verify(struct call *call) {
    stepdown_result *result = NULL;
    struct progress progress;
    int code = call_engine(call);
    if (code != EXIT_DONE)
        return code;
    progress_start(&progress, "verifying");
    stepdown_status status =
        stepdown_audit_verify(call->engine, call->options.pathway, verify_progress, &progress, &result, &call->error);
    progress_end(&progress);
    bool broken = false;
    for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(result); i++)
        broken = broken || !result_integer(result, i, "intact");
    code = call_result(call, status, &result, view_verification);
    return code == EXIT_DONE && broken ? EXIT_REFUSED : code;
}

// ---- outbox -------------------------------------------------------------------------------------------------------

int run_outbox_lease(struct call *call) {
    static const char *const names[] = {"seconds"};
    const char *values[1] = {0};
    stepdown_result *result = NULL;
    uint64_t limit, seconds = 300;
    int code = named_arguments(call, 0, names, values, 1);
    if (code == EXIT_DONE && values[0])
        code = call_number(call, "seconds", values[0], 1, 86400, &seconds);
    if (code == EXIT_DONE)
        code = list_limit(call, 10, &limit);
    if (code == EXIT_DONE)
        code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    stepdown_status status =
        stepdown_outbox_lease(call->session, (uint32_t)limit, (uint32_t)seconds, &result, &call->error);
    return call_result(call, status, &result, view_outbox);
}

int run_outbox_settle(struct call *call) {
    bool delivered = strcmp(call->words[1], "delivered") == 0;
    if (!delivered && strcmp(call->words[1], "returned") != 0)
        return call_misused(call, "a message is `delivered` or `returned`, not '%s'", call->words[1]);
    int code = call_session(call);
    if (code != EXIT_DONE)
        return code;
    return call_done(call, stepdown_outbox_settle(call->session, call->words[0], delivered, &call->error));
}
