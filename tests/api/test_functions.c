// SPDX-License-Identifier: Apache-2.0
// Every function of the headers with arguments that are missing, wrong or closed, and once with right ones. What is
// refused leaves its outs untouched; what is closed says CLOSED; freeing is always safe.
#include "host.h"

static struct host host;

static int begin(void **state) {
    (void)state;
    host_make(&host);
    return 0;
}

static int end(void **state) {
    (void)state;
    host_free(&host);
    return 0;
}

// The call returns `want`, gives an error object of that code with a message, and leaves `out` as it was.
#define REFUSED(want, out, call)                                                                                       \
    do {                                                                                                               \
        stepdown_error *error = NULL;                                                                                  \
        (out) = NULL;                                                                                                  \
        assert_int_equal(call, STEPDOWN_##want);                                                                       \
        assert_non_null(error);                                                                                        \
        assert_int_equal(stepdown_error_code(error), STEPDOWN_##want);                                                 \
        assert_true(stepdown_error_message(error)[0] != '\0');                                                         \
        assert_null(out);                                                                                              \
        stepdown_error_free(&error);                                                                                   \
        assert_null(error);                                                                                            \
    } while (0)
#define REFUSES(want, call)                                                                                            \
    do {                                                                                                               \
        void *nothing;                                                                                                 \
        REFUSED(want, nothing, call);                                                                                  \
    } while (0)

static stepdown_slice slice(const char *text) { return (stepdown_slice){(const uint8_t *)text, strlen(text)}; }

// ---- freeing, versions, statuses -----------------------------------------------------------------------------------------

static void everything_can_be_freed_when_there_is_nothing(void **state) {
    stepdown_options *options = NULL;
    stepdown_engine *engine = NULL;
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    stepdown_protocol *protocol = NULL;
    stepdown_result *result = NULL;
    stepdown_bytes *bytes = NULL;
    stepdown_error *error = NULL;
    stepdown_storage *storage = NULL;
    stepdown_storage_options *storage_options = NULL;
    stepdown_conformance *report = NULL;
    (void)state;
    for (int i = 0; i < 2; i++) {
        stepdown_options_free(i ? &options : NULL);
        stepdown_engine_free(i ? &engine : NULL);
        stepdown_session_free(i ? &session : NULL);
        stepdown_command_free(i ? &command : NULL);
        stepdown_protocol_free(i ? &protocol : NULL);
        stepdown_result_free(i ? &result : NULL);
        stepdown_bytes_free(i ? &bytes : NULL);
        stepdown_error_free(i ? &error : NULL);
        stepdown_storage_free(i ? &storage : NULL);
        stepdown_storage_options_free(i ? &storage_options : NULL);
        stepdown_conformance_free(i ? &report : NULL);
    }
}

static void every_status_has_a_name_a_sentence_and_a_category(void **state) {
    (void)state;
#define SAYS(NAME, number, category, text)                                                                             \
    assert_int_equal(STEPDOWN_##NAME, number);                                                                         \
    assert_string_equal(stepdown_status_name(number), #NAME);                                                          \
    assert_string_equal(stepdown_status_text(number), text);                                                           \
    assert_int_equal(stepdown_status_category(number), STEPDOWN_CATEGORY_##category);
    STEPDOWN_STATUS_TABLE(SAYS)
#undef SAYS
    assert_string_equal(stepdown_status_name(999), "?");
    assert_non_null(stepdown_status_text(-1));
    assert_int_equal(stepdown_status_category(999), STEPDOWN_CATEGORY_PROGRAM);
    assert_string_equal(stepdown_version(), "0.1.0");
}

static int released;
static void release(void *cookie) { released += *(int *)cookie; }

static void an_error_of_the_host_carries_its_message_and_its_own_object(void **state) {
    stepdown_error *error = NULL;
    int worth = 7;
    (void)state;
    assert_int_equal(stepdown_error_raise(&error, STEPDOWN_IO, "the disk is on fire"), STEPDOWN_IO);
    assert_string_equal(stepdown_error_message(error), "the disk is on fire");
    assert_int_equal(stepdown_error_detail_count(error), 0);
    assert_null(stepdown_error_detail_key(error, 0));
    assert_null(stepdown_error_detail_value(error, 0));
    assert_int_equal(stepdown_error_diagnostic_count(error), 0);
    assert_string_equal(stepdown_error_diagnostic_file(error, 0), "");
    assert_string_equal(stepdown_error_diagnostic_message(error, 0), "");
    assert_string_equal(stepdown_error_diagnostic_rule(error, 0), "");
    assert_int_equal(stepdown_error_diagnostic_line(error, 0), 0);
    assert_int_equal(stepdown_error_diagnostic_column(error, 0), 0);
    assert_int_equal(stepdown_error_set_cookie(NULL, 1, &worth, release), STEPDOWN_INVALID);
    assert_int_equal(stepdown_error_set_cookie(error, 1, &worth, release), STEPDOWN_OK);
    assert_ptr_equal(stepdown_error_cookie(error, 1), &worth);
    assert_null(stepdown_error_cookie(error, 2));
    released = 0;
    stepdown_error_free(&error);
    assert_int_equal(released, 7);
    assert_int_equal(stepdown_error_raise(NULL, STEPDOWN_IO, "nobody listens"), STEPDOWN_IO);
}

// ---- options, stores, engines ---------------------------------------------------------------------------------------------

static void options_refuse_what_is_missing_or_empty(void **state) {
    stepdown_options *options;
    (void)state;
    REFUSES(INVALID, stepdown_options_new(NULL, &error));
    assert_int_equal(stepdown_options_new(&options, NULL), STEPDOWN_OK);
    REFUSES(INVALID, stepdown_options_set_zone_directory(options, NULL, &error));
    REFUSES(INVALID, stepdown_options_set_zone_directory(options, "", &error));
    REFUSES(INVALID, stepdown_options_set_zone_directory(NULL, "/usr/share/zoneinfo", &error));
    assert_int_equal(stepdown_options_set_zone_directory(options, "/usr/share/zoneinfo", NULL), STEPDOWN_OK);
    REFUSES(INVALID, stepdown_options_set_name(NULL, "ward 3", &error));
    REFUSES(INVALID, stepdown_options_set_name(options, "\xff", &error));
    assert_int_equal(stepdown_options_set_name(options, "ward 3", NULL), STEPDOWN_OK);
    stepdown_options_set_allocator(NULL, NULL, NULL);
    stepdown_options_set_clock(NULL, NULL, NULL);
    stepdown_options_set_random(NULL, NULL, NULL);
    stepdown_options_set_log(NULL, NULL, NULL);
    stepdown_options_set_retries(NULL, 1);
    stepdown_options_set_cache(NULL, 1);
    stepdown_options_set_allocator(options, NULL, NULL); // as before
    stepdown_options_set_clock(options, NULL, NULL);
    stepdown_options_set_random(options, NULL, NULL);
    stepdown_options_set_log(options, NULL, NULL);
    stepdown_options_set_retries(options, 1000000);
    stepdown_options_set_cache(options, 0);
    stepdown_engine *engine = NULL;
    assert_int_equal(stepdown_engine_open(host.storage, options, &engine, NULL), STEPDOWN_OK);
    stepdown_options_free(&options);
    stepdown_engine_free(&engine);
}

static void a_store_needs_a_name_and_somebody_who_answers_in_the_end(void **state) {
    stepdown_storage *empty = NULL;
    stepdown_engine *engine;
    (void)state;
    assert_int_equal(stepdown_storage_open_memory(NULL, &empty, NULL), STEPDOWN_OK);
    REFUSED(NOT_FOUND, engine, stepdown_engine_open(empty, NULL, &engine, &error));
    REFUSED(INVALID, engine, stepdown_engine_open(NULL, NULL, &engine, &error));
    REFUSES(INVALID, stepdown_engine_open(empty, NULL, NULL, &error));
    REFUSES(INVALID, stepdown_store_create(NULL, NULL, "n", "p", "r", "o", &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, NULL, "p", "r", "o", &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, "n", NULL, "r", "o", &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, "n", "", "r", "o", &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, "n", "p", "", "o", &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, "n", "p", "r", NULL, &error));
    REFUSES(INVALID, stepdown_store_create(empty, NULL, "n", "\xff", "r", "o", &error));
    assert_int_equal(stepdown_store_create(empty, NULL, "n", "p", "r", "o", NULL), STEPDOWN_OK);
    REFUSES(EXISTS, stepdown_store_create(empty, NULL, "n", "p", "r", "o", &error));
    stepdown_storage_free(&empty);
}

static void a_closed_engine_says_so_everywhere(void **state) {
    stepdown_result *r;
    stepdown_session *session;
    stepdown_command *command = NULL;
    stepdown_protocol *protocol = NULL;
    stepdown_time due;
    (void)state;
    assert_int_equal(stepdown_command_new(host.supervisor, "start", "huddle", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_new(NULL, &protocol, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    REFUSES(INVALID, stepdown_engine_close(NULL, &error));
    assert_int_equal(stepdown_engine_close(host.engine, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_close(host.engine, NULL), STEPDOWN_OK);
    REFUSED(CLOSED, session, stepdown_session_open(host.engine, "a", "supervisor", "o", NULL, &session, &error));
    REFUSED(CLOSED, r, stepdown_session_execute(host.supervisor, host.pathway, command, &r, &error));
    REFUSED(CLOSED, r, stepdown_engine_advance(host.engine, host.now, 0, &r, NULL, &error));
    REFUSES(CLOSED, stepdown_engine_next_due(host.engine, &due, &error));
    REFUSES(CLOSED, stepdown_engine_rebuild(host.engine, 1, &error));
    REFUSES(CLOSED, stepdown_engine_activate(host.engine, protocol, &error));
    REFUSED(CLOSED, r, stepdown_engine_protocols(host.engine, &r, &error));
    REFUSES(CLOSED, stepdown_engine_set_organization(host.engine, "o", "provider", &error));
    REFUSES(CLOSED, stepdown_engine_assign_role(host.engine, "r", "o", "p", 0, STEPDOWN_TIME_NONE, 0, &error));
    REFUSED(CLOSED, r, stepdown_engine_assignments(host.engine, &r, &error));
    REFUSED(CLOSED, r, stepdown_pathway_list(host.supervisor, NULL, 1, &r, &error));
    REFUSED(CLOSED, r, stepdown_pathway_show(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_pathway_items(host.supervisor, host.pathway, 0, &r, &error));
    REFUSED(CLOSED, r, stepdown_pathway_entries(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_board(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_measures(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_responsibility(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_knowledge(host.supervisor, host.pathway, "d", &r, &error));
    REFUSES(CLOSED, stepdown_session_look_back(host.supervisor, 1, 1, &error));
    REFUSES(CLOSED, stepdown_session_show_for(host.supervisor, "funder", NULL, "payment", &error));
    REFUSES(CLOSED, stepdown_session_emergency(host.supervisor, host.pathway, "unconscious", 60, &error));
    REFUSED(CLOSED, r, stepdown_board_query(host.supervisor, NULL, "", 1, &r, &error));
    REFUSED(CLOSED, r, stepdown_gate_check(host.supervisor, host.pathway, "g", &r, &error));
    REFUSED(CLOSED, r, stepdown_dashboard(host.supervisor, host.pathway, "d", &r, &error));
    REFUSED(CLOSED, r, stepdown_audit_records(host.supervisor, host.pathway, 0, 1, &r, &error));
    REFUSED(CLOSED, r, stepdown_audit_validate(host.supervisor, host.pathway, &r, &error));
    REFUSED(CLOSED, r, stepdown_audit_verify(host.engine, NULL, NULL, NULL, &r, &error));
    REFUSED(CLOSED, r, stepdown_outbox_lease(host.supervisor, 1, 1, &r, &error));
    REFUSES(CLOSED, stepdown_outbox_settle(host.supervisor, "00", 1, &error));
    stepdown_command_free(&command);
    stepdown_protocol_free(&protocol);
}

static void a_closed_session_says_so_and_the_others_work_on(void **state) {
    stepdown_result *r;
    (void)state;
    REFUSES(INVALID, stepdown_session_close(NULL, &error));
    assert_int_equal(stepdown_session_close(host.worker, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_close(host.worker, NULL), STEPDOWN_OK);
    REFUSED(CLOSED, r, stepdown_board(host.worker, host.pathway, &r, &error));
    assert_int_equal(stepdown_board(host.supervisor, host.pathway, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
}

static void a_closed_storage_closes_what_stands_on_it(void **state) {
    stepdown_result *r;
    (void)state;
    REFUSES(INVALID, stepdown_storage_close(NULL, &error));
    assert_int_equal(stepdown_storage_close(host.storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_close(host.storage, NULL), STEPDOWN_OK);
    REFUSES(CLOSED, stepdown_storage_ping(host.storage, &error));
    REFUSED(CLOSED, r, stepdown_board(host.supervisor, host.pathway, &r, &error));
}

static void time_functions_need_their_outs(void **state) {
    stepdown_result *r;
    stepdown_time due = 0;
    (void)state;
    REFUSES(INVALID, stepdown_engine_advance(host.engine, host.now, 0, NULL, NULL, &error));
    REFUSED(INVALID, r, stepdown_engine_advance(NULL, host.now, 0, &r, NULL, &error));
    REFUSES(INVALID, stepdown_engine_next_due(host.engine, NULL, &error));
    REFUSES(INVALID, stepdown_engine_next_due(NULL, &due, &error));
    REFUSES(INVALID, stepdown_engine_rebuild(NULL, 0, &error));
    assert_int_equal(stepdown_engine_rebuild(host.engine, 1, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_next_due(host.engine, &due, NULL), STEPDOWN_OK);
    assert_true(due > host.now);
}

// ---- sessions and commands ---------------------------------------------------------------------------------------------------

static void a_session_needs_actor_role_and_organization(void **state) {
    stepdown_session *session;
    char longer[200];
    (void)state;
    memset(longer, 'a', sizeof longer);
    longer[129] = '\0';
    REFUSES(INVALID, stepdown_session_open(host.engine, "a", "r", "o", NULL, NULL, &error));
    REFUSED(INVALID, session, stepdown_session_open(NULL, "a", "r", "o", NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, "", "r", "o", NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, NULL, "r", "o", NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, "a", "", "o", NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, "a", "r", NULL, NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, longer, "r", "o", NULL, &session, &error));
    REFUSED(INVALID, session, stepdown_session_open(host.engine, "\xc3(", "r", "o", NULL, &session, &error));
}

static void a_command_checks_names_values_and_their_lengths(void **state) {
    stepdown_command *command;
    static char longer[17000];
    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    REFUSES(INVALID, stepdown_command_new(host.supervisor, "start", "huddle", NULL, &error));
    REFUSED(INVALID, command, stepdown_command_new(NULL, "start", "huddle", &command, &error));
    REFUSED(INVALID, command, stepdown_command_new(host.supervisor, NULL, "huddle", &command, &error));
    REFUSED(INVALID, command, stepdown_command_new(host.supervisor, "", "huddle", &command, &error));
    REFUSED(INVALID, command, stepdown_command_new(host.supervisor, "start", "\xff", &command, &error));
    assert_int_equal(stepdown_command_new(host.supervisor, "start", "huddle", &command, NULL), STEPDOWN_OK);
    REFUSES(INVALID, stepdown_command_set(NULL, "text", "x", &error));
    REFUSES(INVALID, stepdown_command_set(command, NULL, "x", &error));
    REFUSES(INVALID, stepdown_command_set(command, "", "x", &error));
    REFUSES(INVALID, stepdown_command_set(command, "text", NULL, &error));
    REFUSES(INVALID, stepdown_command_set(command, "text", "\xf0\x28", &error));
    REFUSES(LIMIT, stepdown_command_set(command, "text", longer, &error));
    longer[130] = '\0';
    REFUSES(LIMIT, stepdown_command_set(command, longer, "x", &error));
    REFUSES(INVALID, stepdown_command_set_text(command, "text", (stepdown_slice){NULL, 3}, &error));
    REFUSES(INVALID, stepdown_command_set_text(NULL, "text", slice("x"), &error));
    REFUSES(INVALID, stepdown_command_set_time(NULL, "due", 0, &error));
    REFUSES(INVALID, stepdown_command_set_integer(command, NULL, 0, &error));
    REFUSES(INVALID, stepdown_command_set_id(command, NULL, &error));
    REFUSES(INVALID, stepdown_command_set_id(command, "", &error));
    longer[65] = '\0';
    REFUSES(INVALID, stepdown_command_set_id(command, longer, &error));
    REFUSES(INVALID, stepdown_command_set_id(NULL, "id", &error));
    stepdown_command_set_occurred(NULL, 0, 0);
    stepdown_command_set_expected(NULL, 0);
    for (int i = 0; i < 256; i++) {
        assert_int_equal(stepdown_command_set(command, "evidence", "x", NULL), STEPDOWN_OK);
    }
    REFUSES(LIMIT, stepdown_command_set(command, "evidence", "x", &error));
    stepdown_command_free(&command);
}

static void executing_needs_session_command_and_a_pathway(void **state) {
    stepdown_command *command = NULL;
    stepdown_result *r;
    (void)state;
    assert_int_equal(stepdown_command_new(host.supervisor, "start", "huddle", &command, NULL), STEPDOWN_OK);
    REFUSED(INVALID, r, stepdown_session_execute(NULL, host.pathway, command, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute(host.supervisor, host.pathway, NULL, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute(host.supervisor, NULL, command, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute(host.supervisor, "", command, &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_session_execute(host.supervisor, "aaaaaaaaaaaaaaaaaaaaaaaaaa", command, &r, &error));
    assert_int_equal(stepdown_session_execute(host.supervisor, host.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_command_free(&command);
}

static void typed_arguments_say_the_same_as_text(void **state) {
    stepdown_command *command = NULL;
    stepdown_result *r = NULL;
    (void)state;
    assert_int_equal(stepdown_command_new(host.supervisor, "add", "action", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set_time(command, "due", host.now + INT64_C(5000000), NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(host.supervisor, host.pathway, command, &r, NULL), STEPDOWN_OK);
    const stepdown_result *events = stepdown_result_rows(r, 0, stepdown_result_column(r, "events"));
    assert_int_equal(stepdown_result_integer(events, 0, stepdown_result_column(events, "due")),
                     host.now + INT64_C(5000000));
    stepdown_result_free(&r);
    stepdown_command_free(&command);
    assert_int_equal(stepdown_command_new(host.worker, "submit", "visit_record", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set_integer(command, "attempts", 3, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set_integer(command, "staff_safety_concern", 0, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(host.worker, host.pathway, command, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    stepdown_command_free(&command);
}

static void a_command_may_be_sent_twice_and_freed_after_its_session(void **state) {
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    (void)state;
    assert_int_equal(stepdown_session_open(host.engine, "Maria Chen", "supervisor", "harborview", NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_command_new(session, "add", "action", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(session, host.pathway, command, NULL, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(session, host.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_session_free(&session);
    stepdown_command_free(&command);
}

static void a_refusal_explains_itself_in_details(void **state) {
    stepdown_command *command = NULL;
    stepdown_error *error = NULL;
    bool found = false;
    (void)state;
    assert_int_equal(stepdown_command_new(host.worker, "cancel", "first_visit", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(host.worker, host.pathway, command, NULL, &error), STEPDOWN_WRONG_STATE);
    assert_true(stepdown_error_detail_count(error) > 0);
    for (size_t i = 0; i < stepdown_error_detail_count(error); i++) {
        found = found || (strcmp(stepdown_error_detail_key(error, i), "state") == 0 &&
                          strcmp(stepdown_error_detail_value(error, i), "refused") == 0);
    }
    assert_true(found);
    assert_null(stepdown_error_detail_key(error, 999));
    stepdown_error_free(&error);
    stepdown_command_free(&command);
}

static void one_command_on_every_pathway_needs_a_session_a_command_and_a_limit(void **state) {
    stepdown_command *command = NULL;
    stepdown_result *r = NULL;
    (void)state;
    assert_int_equal(stepdown_command_new(host.supervisor, "take-over-shift", NULL, &command, NULL), STEPDOWN_OK);
    REFUSED(INVALID, r, stepdown_session_execute_each(NULL, command, NULL, 10, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute_each(host.supervisor, NULL, NULL, 10, &r, &error));
    REFUSES(INVALID, stepdown_session_execute_each(host.supervisor, command, NULL, 10, NULL, &error));
    REFUSED(INVALID, r, stepdown_session_execute_each(host.supervisor, command, NULL, 0, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute_each(host.supervisor, command, NULL, 1001, &r, &error));
    REFUSED(INVALID, r, stepdown_session_execute_each(host.supervisor, command, "nonsense", 10, &r, &error));
    assert_int_equal(stepdown_session_execute_each(host.supervisor, command, NULL, 10, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), 0); // nobody offered anything
    stepdown_result_free(&r);
    stepdown_command_free(&command);
}

// ---- views -----------------------------------------------------------------------------------------------------------------

static void views_need_session_pathway_and_out(void **state) {
    stepdown_result *r;
    (void)state;
    REFUSED(INVALID, r, stepdown_pathway_show(NULL, host.pathway, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_show(host.supervisor, NULL, &r, &error));
    REFUSES(INVALID, stepdown_pathway_show(host.supervisor, host.pathway, NULL, &error));
    REFUSED(INVALID, r, stepdown_pathway_items(host.supervisor, "short", 0, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_entries(NULL, host.pathway, &r, &error));
    REFUSED(INVALID, r, stepdown_board(NULL, host.pathway, &r, &error));
    REFUSED(INVALID, r, stepdown_dashboard(NULL, host.pathway, "d", &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_dashboard(host.supervisor, host.pathway, "no-such-dashboard", &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_board(host.supervisor, "aaaaaaaaaaaaaaaaaaaaaaaaaa", &r, &error));
    REFUSED(INVALID, r, stepdown_gate_check(NULL, host.pathway, "g", &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_gate_check(host.supervisor, host.pathway, "no_such_gate", &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_gate_check(host.supervisor, host.pathway, "first_visit.start", &r, &error));
    REFUSED(NOT_FOUND, r, stepdown_gate_check(host.supervisor, host.pathway, NULL, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_list(host.supervisor, NULL, 0, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_list(host.supervisor, NULL, 1001, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_list(host.supervisor, "nonsense", 1, &r, &error));
    REFUSED(INVALID, r, stepdown_pathway_list(NULL, NULL, 1, &r, &error));
    REFUSES(INVALID, stepdown_pathway_migration(host.supervisor, host.pathway, NULL, &error));
    REFUSED(INVALID, r, stepdown_pathway_migration(host.supervisor, "nonsense", &r, &error));
    REFUSED(EXISTS, r, stepdown_pathway_migration(host.supervisor, host.pathway, &r, &error));
    REFUSED(INVALID, r, stepdown_audit_records(host.supervisor, host.pathway, 0, 0, &r, &error));
    REFUSED(INVALID, r, stepdown_audit_records(host.supervisor, host.pathway, 0, 1001, &r, &error));
    REFUSED(INVALID, r, stepdown_audit_validate(host.supervisor, "?", &r, &error));
    REFUSED(INVALID, r, stepdown_audit_verify(NULL, NULL, NULL, NULL, &r, &error));
    REFUSES(INVALID, stepdown_audit_verify(host.engine, NULL, NULL, NULL, NULL, &error));
    REFUSED(INVALID, r, stepdown_audit_verify(host.engine, "?", NULL, NULL, &r, &error));
    assert_int_equal(stepdown_audit_verify(host.engine, "aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, NULL, &r, NULL),
                     STEPDOWN_OK); // what is not there is a finding, not a failure of the call
    assert_int_equal(stepdown_result_integer(r, 0, stepdown_result_column(r, "intact")), 0);
    stepdown_result_free(&r);
    REFUSED(INVALID, r, stepdown_outbox_lease(host.supervisor, 0, 1, &r, &error));
    REFUSED(INVALID, r, stepdown_outbox_lease(host.supervisor, 1, 0, &r, &error));
    REFUSED(INVALID, r, stepdown_outbox_lease(NULL, 1, 1, &r, &error));
    REFUSES(NOT_FOUND, stepdown_outbox_settle(host.supervisor, "zz", 1, &error));
    REFUSES(NOT_FOUND, stepdown_outbox_settle(host.supervisor, "", 1, &error));
}

static void a_result_answers_outside_its_bounds_with_nothing(void **state) {
    stepdown_result *r = NULL;
    stepdown_bytes *json;
    (void)state;
    assert_int_equal(stepdown_pathway_list(host.supervisor, NULL, 10, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), 1);
    assert_int_equal(stepdown_result_count(NULL), 0);
    assert_int_equal(stepdown_result_columns(NULL), 0);
    assert_null(stepdown_result_column_name(r, 99));
    assert_int_equal(stepdown_result_column_type(r, 99), 0);
    assert_int_equal(stepdown_result_column(r, "no such column"), -1);
    assert_int_equal(stepdown_result_column(r, NULL), -1);
    assert_string_equal(stepdown_result_text(r, 5, 0), "");
    assert_string_equal(stepdown_result_text(r, 0, -1), "");
    assert_string_equal(stepdown_result_text(r, 0, 99), "");
    assert_string_equal(stepdown_result_text(r, 0, stepdown_result_column(r, "opened_at")), "");
    assert_int_equal(stepdown_result_text_size(r, 0, 0), 26);
    assert_int_equal(stepdown_result_integer(r, 5, 0), 0);
    assert_null(stepdown_result_rows(r, 0, 0));
    assert_string_equal(stepdown_result_next(r), "");
    assert_string_equal(stepdown_result_next(NULL), "");
    REFUSED(INVALID, json, stepdown_result_json(NULL, &json, &error));
    REFUSES(INVALID, stepdown_result_json(r, NULL, &error));
    stepdown_result_free(&r);
}

static void text_in_json_is_escaped_and_kept_whole(void **state) {
    static const char odd[] = "quote \" backslash \\ line\n tab\t bell\x07 zero";
    stepdown_command *command = NULL;
    stepdown_result *r = NULL;
    stepdown_bytes *json = NULL;
    (void)state;
    char text[64];
    memcpy(text, odd, sizeof odd);
    text[sizeof odd - 1] = '\0'; // and a NUL inside
    text[sizeof odd] = 'x';
    assert_int_equal(stepdown_command_new(host.worker, "submit", "visit_record", &command, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set(command, "person_response", "refused", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_command_set_text(command, "person_response.note",
                                               (stepdown_slice){(const uint8_t *)text, sizeof odd + 1}, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_session_execute(host.worker, host.pathway, command, NULL, NULL), STEPDOWN_OK);
    stepdown_command_free(&command);
    assert_int_equal(stepdown_pathway_entries(host.worker, host.pathway, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_json(r, &json, NULL), STEPDOWN_OK);
    const char *at = (const char *)stepdown_bytes_data(json);
    assert_int_equal(strlen(at), stepdown_bytes_size(json));
    assert_non_null(strstr(at, "quote \\\" backslash \\\\ line\\u000a tab\\u0009 bell\\u0007 zero\\u0000x"));
    stepdown_bytes_free(&json);
    stepdown_result_free(&r);
}

// ---- protocols, roles ----------------------------------------------------------------------------------------------------------

static void a_protocol_set_refuses_what_it_cannot_use(void **state) {
    stepdown_protocol *p = NULL;
    stepdown_bytes *text;
    stepdown_error *problems = NULL;
    (void)state;
    REFUSES(INVALID, stepdown_protocol_new(NULL, NULL, &error));
    assert_int_equal(stepdown_protocol_new(NULL, &p, NULL), STEPDOWN_OK);
    REFUSES(NOT_FOUND, stepdown_protocol_add_builtin(p, "no-such-protocol", &error));
    REFUSES(INVALID, stepdown_protocol_add_builtin(p, NULL, &error));
    REFUSES(INVALID, stepdown_protocol_add_builtin(NULL, "common", &error));
    REFUSES(INVALID, stepdown_protocol_add_text(NULL, "f", slice("x"), &error));
    REFUSES(INVALID, stepdown_protocol_add_text(p, "f", (stepdown_slice){NULL, 5}, &error));
    REFUSES(NOT_FOUND, stepdown_protocol_add_file(p, "/no/such/file.yaml", &error));
    REFUSES(INVALID, stepdown_protocol_add_file(p, NULL, &error));
    REFUSES(INVALID, stepdown_protocol_set(p, NULL, "1", &error));
    REFUSES(INVALID, stepdown_protocol_set(p, "x", NULL, &error));
    REFUSES(INVALID, stepdown_protocol_set_organization(p, NULL, &error));
    REFUSES(INVALID, stepdown_protocol_set_organization(NULL, "harborview", &error));
    REFUSES(INVALID, stepdown_protocol_check(NULL, &error));
    REFUSED(INVALID, text, stepdown_protocol_show(NULL, &text, &error));
    REFUSES(INVALID, stepdown_protocol_draw(p, NULL, &error));
    assert_int_equal(stepdown_protocol_check(p, NULL), STEPDOWN_INVALID); // nothing in it
    assert_int_equal(stepdown_protocol_add_text(p, "mine.yaml", slice("protocol: x\nversion: 1.0.0\nbogus: 1\n"), NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_check(p, &problems), STEPDOWN_PROTOCOL);
    assert_true(stepdown_error_diagnostic_count(problems) > 0);
    bool placed = false;
    for (size_t i = 0; i < stepdown_error_diagnostic_count(problems); i++) {
        placed = placed || (stepdown_error_diagnostic_line(problems, i) == 3 &&
                            strcmp(stepdown_error_diagnostic_file(problems, i), "mine.yaml") == 0 &&
                            stepdown_error_diagnostic_column(problems, i) > 0 &&
                            stepdown_error_diagnostic_rule(problems, i)[0] != '\0' &&
                            strstr(stepdown_error_diagnostic_message(problems, i), "bogus") != NULL);
    }
    assert_true(placed);
    stepdown_error_free(&problems);
    REFUSES(PROTOCOL, stepdown_engine_activate(host.engine, p, &error));
    stepdown_protocol_free(&p);
}

static void a_protocol_set_shows_and_draws_itself(void **state) {
    stepdown_protocol *p = NULL;
    stepdown_bytes *text = NULL;
    (void)state;
    assert_int_equal(stepdown_protocol_new(NULL, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(p, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_check(p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_show(p, &text, NULL), STEPDOWN_OK);
    assert_non_null(strstr((const char *)stepdown_bytes_data(text), "FVH-G5"));
    stepdown_bytes_free(&text);
    assert_int_equal(stepdown_protocol_draw(p, &text, NULL), STEPDOWN_OK);
    assert_int_equal(strncmp((const char *)stepdown_bytes_data(text), "digraph", 7), 0);
    stepdown_bytes_free(&text);
    REFUSES(INVALID, stepdown_engine_activate(NULL, p, &error));
    REFUSES(INVALID, stepdown_engine_activate(host.engine, NULL, &error));
    stepdown_protocol_free(&p);
}

// "change kind name part before after", one for each row.
static bool differs(const stepdown_result *r, const char *wanted) {
    static const char *const columns[] = {"change", "kind", "name", "part", "before", "after"};
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        char line[512] = "";
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            size_t used = strlen(line);
            snprintf(line + used, sizeof line - used, "%s%s", c > 0 ? "|" : "",
                     stepdown_result_text(r, i, stepdown_result_column(r, columns[c])));
        }
        if (strcmp(line, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static stepdown_protocol *huddle_with(const char *overlay) {
    stepdown_protocol *p = NULL;
    assert_int_equal(stepdown_protocol_new(NULL, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(p, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    if (overlay != NULL) {
        assert_int_equal(stepdown_protocol_add_text(p, "overlay.yaml", slice(overlay), NULL), STEPDOWN_OK);
    }
    return p;
}

static void protocols_are_compared_by_what_they_ask_of_people(void **state) {
    static const char overlay[] =
        "overlay: county-north\nversion: 1.0.0\nof: failed-first-visit-huddle\n"
        "reviews:\n  access_review: {due: 1 day}\n"
        "items:\n  huddle: {attend: [known-staff]}\n"
        "gates:\n  second_visit_starts:\n    needs:\n"
        "      CN-1: {says: interpreter arranged, field: huddle.interpreter}\n"
        "forms:\n  huddle_record:\n    fields:\n      interpreter: {says: interpreter, type: text}\n"
        "  discharge_plan:\n    fields:\n      discharge_contact: {optional: no}\n"
        "escalations:\n  FVH-E2:\n    ladder:\n"
        "      - {tell: operations-manager, answer_within: 1 hour}\n"
        "      - {tell: [service-leader, supervisor], answer_within: 4 hours}\n";
    stepdown_protocol *plain = huddle_with(NULL), *strict = huddle_with(overlay), *empty = NULL;
    stepdown_result *r = NULL;
    (void)state;
    assert_int_equal(stepdown_protocol_diff(plain, strict, &r, NULL), STEPDOWN_OK);
    assert_true(differs(r, "tightened|item|access_review|due|2 days|1 day"));
    assert_true(differs(r, "tightened|item|huddle|attends||known-staff"));
    assert_true(differs(r, "added|need|CN-1|||interpreter arranged"));
    assert_true(differs(r, "added|field|interpreter|||interpreter"));
    assert_true(differs(r, "tightened|field|discharge_contact|required||yes"));
    assert_true(differs(r, "tightened|escalation|FVH-E2|step 1 answered within|2 hours|1 hour"));
    assert_true(differs(r, "tightened|escalation|FVH-E2|step 2 tells||supervisor"));
    assert_int_equal(stepdown_result_count(r), 8);
    stepdown_result_free(&r);
    assert_int_equal(stepdown_protocol_diff(strict, plain, &r, NULL), STEPDOWN_OK);
    assert_true(differs(r, "loosened|item|access_review|due|1 day|2 days"));
    assert_true(differs(r, "loosened|escalation|FVH-E2|step 2 tells|supervisor|"));
    assert_true(differs(r, "removed|need|CN-1||interpreter arranged|"));
    assert_int_equal(stepdown_result_count(r), 8);
    stepdown_result_free(&r);
    assert_int_equal(stepdown_protocol_diff(strict, strict, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), 0);
    stepdown_result_free(&r);
    assert_int_equal(stepdown_protocol_new(NULL, &empty, NULL), STEPDOWN_OK);
    REFUSED(INVALID, r, stepdown_protocol_diff(plain, empty, &r, &error));
    REFUSED(INVALID, r, stepdown_protocol_diff(NULL, plain, &r, &error));
    REFUSES(INVALID, stepdown_protocol_diff(plain, strict, NULL, &error));
    REFUSED(INVALID, r, stepdown_protocol_elements(empty, &r, &error));
    REFUSED(INVALID, r, stepdown_protocol_elements(NULL, &r, &error));
    REFUSES(INVALID, stepdown_protocol_elements(plain, NULL, &error));
    REFUSED(INVALID, r, stepdown_audit_replay(host.supervisor, host.pathway, empty, &r, &error));
    REFUSED(INVALID, r, stepdown_audit_replay(host.supervisor, "not-an-id", plain, &r, &error));
    REFUSED(INVALID, r, stepdown_audit_replay(NULL, host.pathway, plain, &r, &error));
    REFUSES(INVALID, stepdown_audit_replay(host.supervisor, host.pathway, plain, NULL, &error));
    REFUSES(INVALID, stepdown_audit_replay(host.supervisor, host.pathway, NULL, &r, &error));
    stepdown_protocol_free(&plain);
    stepdown_protocol_free(&strict);
    stepdown_protocol_free(&empty);
}

static void organizations_and_roles_need_names_and_a_time_that_runs_forward(void **state) {
    stepdown_result *r;
    (void)state;
    REFUSES(INVALID, stepdown_engine_set_organization(host.engine, NULL, "provider", &error));
    REFUSES(INVALID, stepdown_engine_set_organization(host.engine, "o", "", &error));
    REFUSES(INVALID, stepdown_engine_set_organization(NULL, "o", "provider", &error));
    REFUSES(INVALID, stepdown_engine_assign_role(host.engine, NULL, "o", "p", 0, 1, 0, &error));
    REFUSES(INVALID, stepdown_engine_assign_role(host.engine, "r", "", "p", 0, 1, 0, &error));
    REFUSES(INVALID, stepdown_engine_assign_role(host.engine, "r", "o", NULL, 0, 1, 0, &error));
    REFUSES(INVALID, stepdown_engine_assign_role(host.engine, "r", "o", "p", 5, 5, 0, &error));
    REFUSES(INVALID, stepdown_engine_assign_role(host.engine, "r", "o", "p", 5, 4, 0, &error));
    REFUSES(INVALID, stepdown_engine_assignments(host.engine, NULL, &error));
    REFUSED(INVALID, r, stepdown_engine_assignments(NULL, &r, &error));
    REFUSES(INVALID, stepdown_engine_protocols(host.engine, NULL, &error));
    REFUSES(INVALID, stepdown_protocol_builtins(NULL, &error));
    assert_int_equal(stepdown_engine_assignments(host.engine, &r, NULL), STEPDOWN_OK);
    size_t before = stepdown_result_count(r);
    stepdown_result_free(&r);
    for (int i = 0; i < 2; i++) { // the same three again replace
        assert_int_equal(stepdown_engine_assign_role(host.engine, "nurse", "harborview", "p", 5, 6 + i, 0, NULL),
                         STEPDOWN_OK);
    }
    assert_int_equal(stepdown_engine_assignments(host.engine, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), before + 1);
    stepdown_result_free(&r);
}

// ---- storage -------------------------------------------------------------------------------------------------------------------

static void storages_and_their_options_refuse_what_is_missing(void **state) {
    stepdown_storage_options *o = NULL;
    stepdown_storage *storage;
    stepdown_bytes *json;
    stepdown_conformance *report;
    (void)state;
    REFUSES(INVALID, stepdown_storage_options_new(NULL, &error));
    assert_int_equal(stepdown_storage_options_new(&o, NULL), STEPDOWN_OK);
    REFUSES(INVALID, stepdown_storage_options_set_allocator(NULL, NULL, NULL, &error));
    REFUSES(INVALID, stepdown_storage_options_set_synchronous(o, 99, &error));
    REFUSES(INVALID, stepdown_storage_options_set_busy_timeout(o, -1, &error));
    REFUSES(INVALID, stepdown_storage_options_set_create(NULL, 1, &error));
    REFUSES(INVALID, stepdown_storage_options_set_read_only(NULL, 1, &error));
    REFUSES(INVALID, stepdown_storage_options_set_cache(o, 1, &error));
    REFUSES(INVALID, stepdown_storage_options_set_checkpoint(o, -1, &error));
    REFUSES(INVALID, stepdown_storage_open_memory(NULL, NULL, &error));
    REFUSED(INVALID, storage, stepdown_storage_open_sqlite(NULL, NULL, &storage, &error));
    REFUSED(INVALID, storage, stepdown_storage_open_sqlite("", NULL, &storage, &error));
    assert_int_equal(stepdown_storage_options_set_create(o, 0, NULL), STEPDOWN_OK);
    REFUSED(NOT_FOUND, storage, stepdown_storage_open_sqlite("/tmp/no-such-dir/x.db", o, &storage, &error));
    stepdown_storage_options_free(&o);
    REFUSES(INVALID, stepdown_storage_checkpoint(NULL, &error));
    REFUSES(INVALID, stepdown_storage_backup(NULL, "x", &error));
    REFUSES(INVALID, stepdown_storage_backup(host.storage, NULL, &error));
    REFUSES(UNSUPPORTED, stepdown_storage_backup(host.storage, "/tmp/x", &error));
    REFUSES(INVALID, stepdown_storage_vacuum(NULL, &error));
    REFUSED(INVALID, json, stepdown_storage_statistics(NULL, &json, &error));
    REFUSES(INVALID, stepdown_storage_statistics(host.storage, NULL, &error));
    REFUSES(INVALID, stepdown_storage_ping(NULL, &error));
    REFUSED(INVALID, storage, stepdown_storage_register(NULL, NULL, NULL, NULL, &storage, &error));
    REFUSED(INVALID, report, stepdown_storage_conformance(NULL, NULL, 0, &report, &error));
    assert_int_equal(stepdown_storage_checkpoint(host.storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_vacuum(host.storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_ping(host.storage, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_storage_statistics(host.storage, &json, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_bytes_data(json)[0], '{');
    stepdown_bytes_free(&json);
}

static stepdown_status fresh(void *ctx, int32_t what, stepdown_storage **out, stepdown_error **error) {
    (void)ctx;
    return what == STEPDOWN_CONFORMANCE_FRESH ? stepdown_storage_open_memory(NULL, out, error)
                                              : (stepdown_status)STEPDOWN_UNSUPPORTED;
}

static void the_conformance_suite_reports_each_rule(void **state) {
    stepdown_conformance *report = NULL;
    (void)state;
    assert_int_equal(stepdown_storage_conformance(fresh, NULL, STEPDOWN_CONFORMANCE_QUICK, &report, NULL), STEPDOWN_OK);
    size_t count = stepdown_conformance_count(report);
    assert_true(count > 10);
    assert_int_equal(stepdown_conformance_failures(report), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(stepdown_conformance_name(report, i)[0] != '\0');
        assert_int_not_equal(stepdown_conformance_result(report, i), STEPDOWN_CONFORMANCE_FAILED);
        assert_non_null(stepdown_conformance_detail(report, i));
    }
    assert_string_equal(stepdown_conformance_name(report, count), "");
    assert_int_equal(stepdown_conformance_result(report, count), STEPDOWN_CONFORMANCE_FAILED);
    assert_string_equal(stepdown_conformance_detail(report, count), "");
    stepdown_conformance_free(&report);
}

// ---- all of them ---------------------------------------------------------------------------------------------------------------

static char *read_file(const char *path) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", STEPDOWN_SOURCE_DIR, path);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 18);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 18) - 1, file) > 0);
    fclose(file);
    return text;
}

static void every_exported_function_is_called_by_some_black_box(void **state) {
    static const char *const callers[] = {"tests/api/test_functions.c", "tests/api/test_columns.c",
                                          "tests/api/host.c",           "tests/api/test_lifetimes.c",
                                          "tests/storage/naive.c",      "tests/storage/test_guard.c"};
    char *texts[6], *exports = read_file("src/api/exports.txt");
    size_t seen = 0;
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        texts[i] = read_file(callers[i]);
    }
    for (char *name = strtok(exports, "\n"); name != NULL; name = strtok(NULL, "\n"), seen++) {
        char call[128];
        bool called = false;
        snprintf(call, sizeof call, "%s(", name);
        for (size_t i = 0; i < 6; i++) {
            called = called || strstr(texts[i], call) != NULL;
        }
        if (!called && strncmp(name, "stepdown_", 9) == 0) {
            fail_msg("%s is never called", name);
        }
    }
    assert_true(seen > 100);
    for (size_t i = 0; i < 6; i++) {
        free(texts[i]);
    }
    free(exports);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(everything_can_be_freed_when_there_is_nothing),
        T(every_status_has_a_name_a_sentence_and_a_category),
        T(an_error_of_the_host_carries_its_message_and_its_own_object),
        T(options_refuse_what_is_missing_or_empty),
        T(a_store_needs_a_name_and_somebody_who_answers_in_the_end),
        T(a_closed_engine_says_so_everywhere),
        T(a_closed_session_says_so_and_the_others_work_on),
        T(a_closed_storage_closes_what_stands_on_it),
        T(time_functions_need_their_outs),
        T(a_session_needs_actor_role_and_organization),
        T(a_command_checks_names_values_and_their_lengths),
        T(executing_needs_session_command_and_a_pathway),
        T(typed_arguments_say_the_same_as_text),
        T(a_command_may_be_sent_twice_and_freed_after_its_session),
        T(a_refusal_explains_itself_in_details),
        T(one_command_on_every_pathway_needs_a_session_a_command_and_a_limit),
        T(views_need_session_pathway_and_out),
        T(a_result_answers_outside_its_bounds_with_nothing),
        T(text_in_json_is_escaped_and_kept_whole),
        T(a_protocol_set_refuses_what_it_cannot_use),
        T(a_protocol_set_shows_and_draws_itself),
        T(protocols_are_compared_by_what_they_ask_of_people),
        T(organizations_and_roles_need_names_and_a_time_that_runs_forward),
        T(storages_and_their_options_refuse_what_is_missing),
        T(the_conformance_suite_reports_each_rule),
        T(every_exported_function_is_called_by_some_black_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
