// SPDX-License-Identifier: Apache-2.0
// The calls that every binding must make come out as in C: every public function, every status that a program can bring about, and
// values at their edges. Run under record.c, which writes the vectors; by itself it says whether anything is left.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stepdown.h>

#define PROTOCOL "failed-first-visit-huddle"

static stepdown_time now = INT64_C(-1220460710999990); // 30 April 1931, microseconds and all
static uint64_t seed;
static stepdown_storage *storage;
static stepdown_options *options;
static stepdown_engine *engine;
static stepdown_session *maria, *sam, *lena, *stranger;
static char pathway[32];

static stepdown_time standing(void *ctx) { return *(const stepdown_time *)ctx; }

static int32_t seeded(void *ctx, uint8_t *out, size_t size) { // as bindings/host.h has it
    (void)ctx;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        out[i] = (uint8_t)(z ^ (z >> 31));
    }
    return 1;
}

// The recorder tells how a call ended; here every end is as good.
static void tried(stepdown_status status) { (void)status; }

static stepdown_slice slice(const char *text, size_t size) { return (stepdown_slice){(const uint8_t *)text, size}; }

static void with_result(stepdown_status status, stepdown_result **result) {
    tried(status);
    stepdown_result_free(result);
}
#define RESULT(call)                                                                                                   \
    do {                                                                                                               \
        stepdown_result *result = NULL;                                                                                \
        with_result(call, &result);                                                                                    \
    } while (0)

// ---- commands --------------------------------------------------------------------------------------------------------

static stepdown_command *command_of(stepdown_session *session, const char *verb, const char *target) {
    stepdown_command *command = NULL;
    if (stepdown_command_new(session, verb, target, &command, NULL) != STEPDOWN_OK) {
        fprintf(stderr, "no command\n");
        exit(1);
    }
    return command;
}

static void send(stepdown_session *session, stepdown_command *command) {
    stepdown_result *receipt = NULL;
    stepdown_status status =
        stepdown_session_execute(session, pathway[0] != '\0' ? pathway : NULL, command, &receipt, NULL);
    if (status == STEPDOWN_OK && pathway[0] == '\0') {
        snprintf(pathway, sizeof pathway, "%s",
                 stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway")));
    }
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

// Pairs of name and value up to NULL.
static void act(stepdown_session *session, const char *verb, const char *target, const char *const *arguments) {
    stepdown_command *command = command_of(session, verb, target);
    for (size_t i = 0; arguments[i] != NULL; i += 2) {
        tried(stepdown_command_set(command, arguments[i], arguments[i + 1], NULL));
    }
    send(session, command);
}
#define ACT(session, verb, target, ...) act(session, verb, target, (const char *const[]){__VA_ARGS__, NULL})
#define NOTHING NULL

// ---- storages --------------------------------------------------------------------------------------------------------

static void storages(void) {
    static const int32_t codes[] = {STEPDOWN_LIMIT, STEPDOWN_MISUSE,   STEPDOWN_BUSY,    STEPDOWN_TIMEOUT,
                                    STEPDOWN_FULL,  STEPDOWN_IO,       STEPDOWN_CORRUPT, STEPDOWN_READONLY,
                                    STEPDOWN_NOMEM, STEPDOWN_CONFLICT, STEPDOWN_HOST};
    extern const stepdown_storage_table failing_table;
    stepdown_bytes *figures = NULL;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        stepdown_storage *broken = NULL;
        stepdown_engine *none = NULL;
        tried(stepdown_storage_register(&failing_table, (void *)&codes[i], NULL, NULL, &broken, NULL));
        tried(stepdown_engine_open(broken, NULL, &none, NULL));
        tried(stepdown_store_create(broken, NULL, "x", "p", "r", "o", NULL));
        stepdown_storage_free(&broken);
    }
    tried(stepdown_storage_ping(storage, NULL));
    tried(stepdown_storage_checkpoint(storage, NULL));
    tried(stepdown_storage_vacuum(storage, NULL));
    tried(stepdown_storage_backup(storage, "copy.db", NULL));
    tried(stepdown_storage_statistics(storage, &figures, NULL));
    stepdown_bytes_free(&figures);
}

static stepdown_status fail_open(void *ctx, const stepdown_storage_memory *memory, stepdown_error **o) {
    (void)ctx, (void)memory, (void)o;
    return STEPDOWN_OK;
}
static stepdown_status fail_close(void *ctx, stepdown_error **o) {
    (void)ctx, (void)o;
    return STEPDOWN_OK;
}
static stepdown_status fail_begin(void *ctx, uint32_t flags, const stepdown_storage_keys *keys, void **out,
                                  stepdown_error **o) {
    (void)flags, (void)keys, (void)out;
    return stepdown_error_raise(o, *(const int32_t *)ctx, "the storage was told to fail");
}
static stepdown_status fail_get(void *ctx, void *t, const stepdown_storage_keys *keys, stepdown_storage_sink *sink,
                                stepdown_error **o) {
    (void)t, (void)keys, (void)sink;
    return fail_begin(ctx, 0, NULL, NULL, o);
}
static stepdown_status fail_scan(void *ctx, void *t, const stepdown_storage_range *range, stepdown_storage_sink *sink,
                                 stepdown_error **o) {
    (void)t, (void)range, (void)sink;
    return fail_begin(ctx, 0, NULL, NULL, o);
}
static stepdown_status fail_commit(void *ctx, void *t, const stepdown_storage_batch *batch, stepdown_error **o) {
    (void)t, (void)batch;
    return fail_begin(ctx, 0, NULL, NULL, o);
}
static stepdown_status fail_abort(void *ctx, void *t, stepdown_error **o) {
    (void)t;
    return fail_begin(ctx, 0, NULL, NULL, o);
}
static stepdown_status fail_control(void *ctx, const stepdown_storage_request *request, stepdown_storage_sink *sink,
                                    stepdown_error **o) {
    (void)request, (void)sink;
    return fail_begin(ctx, 0, NULL, NULL, o);
}
extern const stepdown_storage_table failing_table;
const stepdown_storage_table failing_table = {STEPDOWN_STORAGE_ABI,
                                              sizeof(stepdown_storage_table),
                                              fail_open,
                                              fail_close,
                                              fail_begin,
                                              fail_get,
                                              fail_scan,
                                              fail_commit,
                                              fail_abort,
                                              fail_control};

// ---- protocols -------------------------------------------------------------------------------------------------------

static void words(stepdown_status (*give)(stepdown_protocol *, stepdown_bytes **, stepdown_error **),
                  stepdown_protocol *protocol) {
    stepdown_bytes *text = NULL;
    tried(give(protocol, &text, NULL));
    stepdown_bytes_free(&text);
}

static void protocols(void) {
    static const char wrong[] = "protocol: Zo\xc3\xab \xf0\x9f\x98\x80\nitems: [\n";
    stepdown_protocol *set = NULL, *other = NULL, *bad = NULL;
    RESULT(stepdown_protocol_builtins(&result, NULL));
    tried(stepdown_protocol_new(NULL, &set, NULL));
    tried(stepdown_protocol_add_builtin(set, PROTOCOL, NULL));
    tried(stepdown_protocol_add_builtin(set, "no such protocol", NULL));
    tried(stepdown_protocol_add_builtin(set, "", NULL));
    tried(stepdown_protocol_check(set, NULL));
    words(stepdown_protocol_show, set);
    words(stepdown_protocol_draw, set);
    RESULT(stepdown_protocol_elements(set, &result, NULL));
    tried(stepdown_protocol_new(NULL, &other, NULL));
    tried(stepdown_protocol_add_file(other, "src/protocols/step-up-pathway.yaml", NULL));
    tried(stepdown_protocol_add_file(other, "src/protocols/nowhere.yaml", NULL));
    RESULT(stepdown_protocol_diff(set, other, &result, NULL));
    tried(stepdown_protocol_new(NULL, &bad, NULL));
    tried(stepdown_protocol_add_text(bad, "mine.yaml", slice(wrong, sizeof wrong - 1), NULL));
    tried(stepdown_protocol_set(bad, "PAR-99", "4 hours", NULL));
    tried(stepdown_protocol_set_organization(bad, "harborview", NULL));
    tried(stepdown_protocol_check(bad, NULL));
    words(stepdown_protocol_show, bad);
    tried(stepdown_engine_activate(engine, bad, NULL));
    tried(stepdown_protocol_add_text(bad, "empty.yaml", slice("", 0), NULL));
    char *large = malloc((1 << 20) + 1);
    memset(large, ' ', (1 << 20) + 1);
    tried(stepdown_protocol_add_text(bad, "1 MiB.yaml", slice(large, 1 << 20), NULL));
    tried(stepdown_protocol_add_text(bad, "larger.yaml", slice(large, (1 << 20) + 1), NULL));
    free(large);
    tried(stepdown_engine_activate(engine, set, NULL));
    RESULT(stepdown_engine_protocols(engine, &result, NULL));
    stepdown_protocol_free(&bad);
    stepdown_protocol_free(&other);
    stepdown_protocol_free(&set);
}

// ---- people and the story --------------------------------------------------------------------------------------------

static void people(void) {
    stepdown_session *nobody = NULL;
    tried(stepdown_engine_set_organization(engine, "harborview", "provider", NULL));
    tried(stepdown_engine_set_organization(engine, "riverside", "provider", NULL));
    tried(stepdown_engine_set_organization(engine, "", "provider", NULL));
    tried(
        stepdown_engine_assign_role(engine, "supervisor", "harborview", "Maria Chen", 0, STEPDOWN_TIME_NONE, 0, NULL));
    tried(stepdown_engine_assign_role(engine, "frontline-worker", "harborview", "Sam Ortiz",
                                      INT64_C(-62135596800000000), INT64_C(253402300799999999), 1, NULL));
    tried(stepdown_engine_assign_role(engine, "known-staff", "harborview", "Lena Brandt", 5, 4, 0, NULL));
    tried(stepdown_engine_assign_role(engine, "known-staff", "harborview", "Lena Brandt", 0, STEPDOWN_TIME_NONE, 0,
                                      NULL));
    RESULT(stepdown_engine_assignments(engine, &result, NULL));
    tried(stepdown_session_open(engine, "", "supervisor", "harborview", NULL, &nobody, NULL));
    tried(stepdown_session_open(engine, "Maria Chen", "supervisor", "harborview", NULL, &maria, NULL));
    tried(stepdown_session_open(engine, "Sam Ortiz", "frontline-worker", "harborview", "treatment", &sam, NULL));
    tried(stepdown_session_open(engine, "Lena Brandt", "known-staff", "harborview", NULL, &lena, NULL));
    tried(
        stepdown_session_open(engine, "Zo\xc3\xab \xf0\x9f\x98\x80", "supervisor", "riverside", NULL, &stranger, NULL));
}

static void edges(void) {
    static const char text[] = "Zo\xc3\xab \xf0\x9f\x98\x80 \"\\\t\x00 \xf4\x8f\xbf\xbf";
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    const struct {
        const char *data;
        size_t size;
    } values[] = {{text, sizeof text - 1}, {"", 0},        {large, 4096},   {large, 4097},
                  {large, 16384},          {large, 16385}, {large, 1 << 20}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        stepdown_command *command = command_of(maria, "submit", "huddle_statement");
        if (stepdown_command_set_text(command, "what_happened", slice(values[i].data, values[i].size), NULL) ==
            STEPDOWN_OK) {
            send(maria, command);
        } else {
            stepdown_command_free(&command);
        }
        RESULT(stepdown_pathway_entries(maria, pathway, &result, NULL));
    }
    free(large);
}

static void typed(void) {
    stepdown_command *command = command_of(sam, "refuse", "first_visit");
    tried(stepdown_command_set_time(command, "visit_time", now, NULL));
    tried(stepdown_command_set(command, "access_attempt", "knocked", NULL));
    tried(stepdown_command_set(command, "access_attempt", "doorbell", NULL));
    tried(stepdown_command_set_integer(command, "attempts", 3, NULL));
    tried(stepdown_command_set(command, "person_response", "heard-but-not-engaging", NULL));
    tried(stepdown_command_set(command, "staff_safety_concern", "no", NULL));
    stepdown_command_set_occurred(command, now - 1, -300);
    tried(stepdown_command_set_id(command, "visit-1", NULL));
    send(sam, command);
}

// One command id thrice: the same, the same, and another request.
static void keyed(void) {
    static const char *const texts[] = {"moved house", "moved house", "moved back"};
    for (size_t i = 0; i < 3; i++) {
        stepdown_command *command = command_of(maria, "notice", "pathway");
        tried(stepdown_command_set(command, "text", texts[i], NULL));
        tried(stepdown_command_set_id(command, "notice-1", NULL));
        send(maria, command);
    }
    stepdown_command *command = command_of(maria, "notice", "pathway");
    tried(stepdown_command_set(command, "text", "late", NULL));
    stepdown_command_set_expected(command, 1);
    send(maria, command);
}

static void story(void) {
    ACT(maria, "open", PROTOCOL, "subject", "person-4471", "zone", "Mars/Olympus");
    ACT(maria, "open", "no such protocol", "subject", "person-4471", "zone", "America/New_York");
    ACT(maria, "open", PROTOCOL, "subject", "person-4471 \xf0\x9f\x98\x80", "zone", "America/New_York");
    RESULT(stepdown_pathway_show(maria, pathway, &result, NULL));
    now = INT64_C(1772557200000000);
    ACT(maria, "submit", "discharge_plan", "first_visit_at", "2026-03-03T14:00:00.000001-05:00", "warning_signs",
        "withdrawal", "warning_signs", "missed-contact");
    now += INT64_C(7200000001);
    typed();
    ACT(maria, "start", "second_visit", NOTHING);
    ACT(maria, "start", "huddle", NOTHING);
    ACT(maria, "start", "huddle", NOTHING);
    edges();
    keyed();
    ACT(maria, "submit", "huddle_record", "next_planned_contact", "2026-03-04T15:00:00-05:00", "next_contact_owner",
        "Lena Brandt");
    ACT(maria, "decide", "huddle", "decision", "second-visit", "reason", "a familiar voice", "evidence",
        "visit_record");
    ACT(lena, "start", "second_visit", NOTHING);
    ACT(lena, "accept", "second_visit", NOTHING);
    ACT(lena, "start", "second_visit", NOTHING);
    ACT(lena, "start", "second_visit", "no-such-argument", "x");
    ACT(stranger, "notice", "pathway", "text", "x");
    ACT(maria, "add", "task", "name", "call-back", "owner_role", "supervisor", "due", "4 hours");
    ACT(maria, "add", "task", "name", "call-back", "owner_role", "nobody", "due", "soon");
}

// ---- looking ---------------------------------------------------------------------------------------------------------

static void views(stepdown_session *session) {
    static stepdown_status (*const of_pathway[])(stepdown_session *, const char *, stepdown_result **,
                                                 stepdown_error **) = {
        stepdown_pathway_show,   stepdown_pathway_entries,   stepdown_board,         stepdown_measures,
        stepdown_responsibility, stepdown_pathway_migration, stepdown_audit_validate};
    static const char *const ids[] = {pathway, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "?", ""};
    for (size_t view = 0; view < sizeof of_pathway / sizeof of_pathway[0]; view++) {
        for (size_t id = 0; id < sizeof ids / sizeof ids[0]; id++) {
            RESULT(of_pathway[view](session, ids[id], &result, NULL));
        }
    }
    RESULT(stepdown_pathway_items(session, pathway, 0, &result, NULL));
    RESULT(stepdown_pathway_items(session, pathway, 1, &result, NULL));
    RESULT(stepdown_gate_check(session, pathway, "second_visit_starts", &result, NULL));
    RESULT(stepdown_gate_check(session, pathway, "second_visit.start", &result, NULL));
    RESULT(stepdown_gate_check(session, pathway, "no such gate", &result, NULL));
    RESULT(stepdown_dashboard(session, pathway, "no such dashboard", &result, NULL));
    RESULT(stepdown_audit_records(session, pathway, 0, 1000, &result, NULL));
    RESULT(stepdown_audit_records(session, pathway, 2, 1, &result, NULL));
    RESULT(stepdown_audit_records(session, pathway, 0, 0, &result, NULL));
    RESULT(stepdown_pathway_list(session, NULL, 1000, &result, NULL));
    RESULT(stepdown_pathway_list(session, NULL, 0, &result, NULL));
}

static void boards(void) {
    static const char *const asked[][2] = {{"pathway", pathway},
                                           {"organization", "harborview"},
                                           {"organization", "riverside"},
                                           {"person", "Maria Chen"},
                                           {"role", "supervisor"},
                                           {"overdue", "yes"},
                                           {"unowned", "yes"},
                                           {"blocked", "yes"},
                                           {"waiting", "yes"},
                                           {"due_within", "4 hours"}};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        stepdown_query *query = NULL;
        tried(stepdown_query_new(&query, NULL));
        tried(stepdown_query_set(query, asked[i][0], asked[i][1], NULL));
        RESULT(stepdown_board_query(maria, query, "", 1000, &result, NULL));
        stepdown_query_free(&query);
    }
    RESULT(stepdown_board_query(maria, NULL, NULL, 1, &result, NULL));
    RESULT(stepdown_board_query(maria, NULL, "no token", 1, &result, NULL));
    RESULT(stepdown_board_query(maria, NULL, "", 0, &result, NULL));
}

static void proof(void) {
    stepdown_protocol *set = NULL;
    tried(stepdown_protocol_new(NULL, &set, NULL));
    tried(stepdown_protocol_add_builtin(set, PROTOCOL, NULL));
    RESULT(stepdown_audit_replay(maria, pathway, set, &result, NULL));
    RESULT(stepdown_knowledge(maria, pathway, "huddle", &result, NULL));
    RESULT(stepdown_knowledge(maria, pathway, "no such thing", &result, NULL));
    tried(stepdown_session_look_back(maria, now + 1, STEPDOWN_TIME_NONE, NULL));
    tried(stepdown_session_look_back(maria, INT64_C(1772557200000001), STEPDOWN_TIME_NONE, NULL));
    views(maria);
    RESULT(stepdown_board_query(maria, NULL, "", 10, &result, NULL));
    tried(stepdown_session_look_back(maria, now, INT64_C(1772557200000001), NULL));
    RESULT(stepdown_pathway_entries(maria, pathway, &result, NULL));
    tried(stepdown_session_look_back(maria, STEPDOWN_TIME_NONE, STEPDOWN_TIME_NONE, NULL));
    tried(stepdown_session_show_for(maria, "", NULL, "payment", NULL));
    tried(stepdown_session_show_for(maria, "funder", NULL, "payment", NULL));
    RESULT(stepdown_pathway_entries(maria, pathway, &result, NULL));
    tried(stepdown_session_show_for(maria, NULL, NULL, NULL, NULL));
    stepdown_protocol_free(&set);
    RESULT(stepdown_audit_verify(engine, pathway, NULL, NULL, &result, NULL));
    RESULT(stepdown_audit_verify(engine, NULL, NULL, NULL, &result, NULL));
    RESULT(stepdown_audit_verify(engine, "aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, NULL, &result, NULL));
}

// ---- time, outbox, everything else -----------------------------------------------------------------------------------

static void time_passes(void) {
    stepdown_time due = STEPDOWN_TIME_NONE;
    int32_t more = 0;
    tried(stepdown_engine_next_due(engine, &due, NULL));
    for (int day = 0; day < 3; day++) {
        now += INT64_C(86400000000);
        RESULT(stepdown_engine_advance(engine, now, 1, &result, &more, NULL));
        RESULT(stepdown_engine_advance(engine, now, 0, &result, &more, NULL));
    }
    tried(stepdown_engine_next_due(engine, &due, NULL));
    stepdown_result *messages = NULL;
    tried(stepdown_outbox_lease(maria, 10, 60, &messages, NULL));
    for (size_t i = 0; i < stepdown_result_count(messages); i++) {
        const char *token = stepdown_result_text(messages, i, stepdown_result_column(messages, "token"));
        tried(stepdown_outbox_settle(maria, token, i % 2 == 0, NULL));
        tried(stepdown_outbox_settle(maria, token, 1, NULL));
    }
    stepdown_result_free(&messages);
    RESULT(stepdown_outbox_lease(maria, 0, 60, &result, NULL));
    tried(stepdown_outbox_settle(maria, "no such token", 1, NULL));
    tried(stepdown_session_emergency(stranger, pathway, "", 60, NULL));
    tried(stepdown_session_emergency(stranger, pathway, "nobody answers \xf0\x9f\x98\x80", 3600, NULL));
    RESULT(stepdown_pathway_show(stranger, pathway, &result, NULL));
    stepdown_command *command = command_of(maria, "notice", "pathway");
    tried(stepdown_command_set(command, "text", "to everybody", NULL));
    RESULT(stepdown_session_execute_each(maria, command, NULL, 1000, &result, NULL));
    RESULT(stepdown_session_execute_each(maria, command, NULL, 0, &result, NULL));
    stepdown_command_free(&command);
    tried(stepdown_engine_rebuild(engine, 1, NULL));
    tried(stepdown_engine_rebuild(engine, 0, NULL));
}

static void closing(void) {
    stepdown_time due;
    tried(stepdown_session_close(sam, NULL));
    tried(stepdown_session_close(sam, NULL));
    RESULT(stepdown_board(sam, pathway, &result, NULL));
    tried(stepdown_engine_close(engine, NULL));
    tried(stepdown_engine_close(engine, NULL));
    RESULT(stepdown_board(maria, pathway, &result, NULL));
    tried(stepdown_engine_next_due(engine, &due, NULL));
    tried(stepdown_storage_close(storage, NULL));
    tried(stepdown_storage_ping(storage, NULL));
}

int main(void) {
    tried(stepdown_options_new(&options, NULL));
    stepdown_options_set_clock(options, standing, &now);
    stepdown_options_set_random(options, seeded, NULL);
    tried(stepdown_storage_open_memory(NULL, &storage, NULL));
    tried(stepdown_engine_open(storage, NULL, &engine, NULL));
    tried(stepdown_store_create(storage, NULL, "vectors", "", "service-leader", "harborview", NULL));
    tried(stepdown_store_create(storage, options, "vectors", "Ruth Adler", "service-leader", "harborview", NULL));
    tried(stepdown_engine_open(storage, options, &engine, NULL));
    tried(stepdown_store_create(storage, NULL, "vectors", "Ruth Adler", "service-leader", "harborview", NULL));
    storages();
    protocols();
    people();
    story();
    views(maria);
    views(stranger);
    boards();
    proof();
    time_passes();
    views(maria);
    closing();
    stepdown_session_free(&maria);
    stepdown_session_free(&sam);
    stepdown_session_free(&lena);
    stepdown_session_free(&stranger);
    stepdown_engine_free(&engine);
    stepdown_options_free(&options);
    stepdown_storage_free(&storage);
    printf("%" PRId64 " objects left\n", stepdown_live_objects());
    return stepdown_live_objects() != 0;
}
