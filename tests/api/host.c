// SPDX-License-Identifier: Apache-2.0
// A small host; see host.h.
#include "host.h"

static stepdown_time standing_clock(void *ctx) { return ((struct host *)ctx)->now; }

stepdown_time host_noon(void) { return INT64_C(1772557200) * 1000000; }

static void must(stepdown_status status, stepdown_error **error, const char *what) {
    if (status != STEPDOWN_OK) {
        fail_msg("%s: %s: %s", what, stepdown_status_name(status),
                 *error != NULL ? stepdown_error_message(*error) : "no error object");
    }
}

stepdown_result *host_do(struct host *host, stepdown_session *session, const char *verb, const char *target, ...) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_error *error = NULL;
    va_list list;
    must(stepdown_command_new(session, verb, target, &command, &error), &error, "a new command");
    va_start(list, target);
    for (const char *name = va_arg(list, const char *); name != NULL; name = va_arg(list, const char *)) {
        const char *value = va_arg(list, const char *);
        must(stepdown_command_set(command, name, value, &error), &error, name);
    }
    va_end(list);
    bool opens = strcmp(verb, "open") == 0;
    must(stepdown_session_execute(session, opens ? NULL : host->pathway, command, &receipt, &error), &error, verb);
    stepdown_command_free(&command);
    return receipt;
}

static void people(struct host *host) {
    static const char *const held[][3] = {{"supervisor", "harborview", "Maria Chen"},
                                          {"frontline-worker", "harborview", "Sam Ortiz"},
                                          {"operations-manager", "harborview", "Omar Haddad"},
                                          {"case-manager", "brightpath", "Denise Walker"}};
    stepdown_error *error = NULL;
    must(stepdown_engine_set_organization(host->engine, "harborview", "provider", &error), &error, "harborview");
    must(stepdown_engine_set_organization(host->engine, "brightpath", "case-management", &error), &error, "brightpath");
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        must(stepdown_engine_assign_role(host->engine, held[i][0], held[i][1], held[i][2], 0, STEPDOWN_TIME_NONE, 0,
                                         &error),
             &error, held[i][2]);
    }
    must(stepdown_session_open(host->engine, "Maria Chen", "supervisor", "harborview", NULL, &host->supervisor, &error),
         &error, "session");
    must(
        stepdown_session_open(host->engine, "Sam Ortiz", "frontline-worker", "harborview", NULL, &host->worker, &error),
        &error, "session");
    must(stepdown_session_open(host->engine, "Denise Walker", "case-manager", "brightpath", "care-coordination",
                               &host->manager, &error),
         &error, "session");
}

static void story(struct host *host) {
    stepdown_result *receipt = host_do(host, host->supervisor, "open", "failed-first-visit-huddle", "subject", "p-1",
                                       "zone", "America/New_York", (const char *)NULL);
    snprintf(host->pathway, sizeof host->pathway, "%s",
             stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway")));
    stepdown_result_free(&receipt);
    receipt = host_do(host, host->supervisor, "join-pathway", "brightpath", (const char *)NULL);
    stepdown_result_free(&receipt);
    receipt = host_do(host, host->manager, "submit", "discharge_plan", "first_visit_at", "2026-03-03 12:00",
                      "warning_signs", "missed-contact", "preferred_contact_method", "telephone", (const char *)NULL);
    stepdown_result_free(&receipt);
    receipt = host_do(host, host->worker, "refuse", "first_visit", "visit_time", "2026-03-03 12:00", "person_response",
                      "refused", (const char *)NULL);
    stepdown_result_free(&receipt);
}

void host_make(struct host *host) {
    stepdown_protocol *protocol = NULL;
    stepdown_error *error = NULL;
    *host = (struct host){.live = stepdown_live_objects(), .now = host_noon()};
    must(stepdown_options_new(&host->options, &error), &error, "options");
    stepdown_options_set_clock(host->options, standing_clock, host);
    must(stepdown_storage_open_memory(NULL, &host->storage, &error), &error, "storage");
    must(stepdown_store_create(host->storage, host->options, "test", "Ruth Adler", "service-leader", "harborview",
                               &error),
         &error, "store");
    must(stepdown_engine_open(host->storage, host->options, &host->engine, &error), &error, "engine");
    must(stepdown_protocol_new(host->options, &protocol, &error), &error, "protocol");
    must(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", &error), &error, "builtin");
    must(stepdown_engine_activate(host->engine, protocol, &error), &error, "activate");
    stepdown_protocol_free(&protocol);
    people(host);
    story(host);
}

void host_free(struct host *host) {
    stepdown_session_free(&host->supervisor);
    stepdown_session_free(&host->worker);
    stepdown_session_free(&host->manager);
    stepdown_engine_free(&host->engine);
    stepdown_options_free(&host->options);
    stepdown_storage_free(&host->storage);
    assert_int_equal(stepdown_live_objects(), host->live);
}
