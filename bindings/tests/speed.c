// SPDX-License-Identifier: Apache-2.0
// What the calls that bindings are measured by cost in C. A shared library with the static library inside, so that a test of any
// language can load it beside its binding and measure both in one process, by turns. The store is that of every language's speed
// test: memory, one pathway with a refused visit and 300 notices, and 100 others.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <stepdown.h>

enum { NOTICES = 300, OTHERS = 100 };
int speed_begin(void);
double speed_measure(const char *name, long times);
int64_t speed_end(void);
int speed_on_thread(void (*work)(void));

static const stepdown_time noon = INT64_C(1772557200) * 1000000;

static stepdown_storage *storage;
static stepdown_engine *engine;
static stepdown_session *maria, *sam;
static char pathway[32];
static stepdown_time now;

static stepdown_time standing(void *ctx) { return *(const stepdown_time *)ctx; }

static void must(stepdown_status status, const char *what) {
    if (status != STEPDOWN_OK) {
        fprintf(stderr, "%s: %s\n", what, stepdown_status_name(status));
        exit(1);
    }
}

// Pairs of name and value up to NULL.
static void act(stepdown_session *session, const char *verb, const char *target, const char *const *arguments) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    must(stepdown_command_new(session, verb, target, &command, NULL), verb);
    for (size_t i = 0; arguments[i] != NULL; i += 2) {
        must(stepdown_command_set(command, arguments[i], arguments[i + 1], NULL), arguments[i]);
    }
    must(stepdown_session_execute(session, pathway[0] != '\0' ? pathway : NULL, command, &receipt, NULL), verb);
    if (pathway[0] == '\0') {
        snprintf(pathway, sizeof pathway, "%s",
                 stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway")));
    }
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

static void set_up(void) {
    stepdown_options *options = NULL;
    stepdown_protocol *protocol = NULL;
    now = noon;
    must(stepdown_options_new(&options, NULL), "options");
    stepdown_options_set_clock(options, standing, &now);
    must(stepdown_storage_open_memory(NULL, &storage, NULL), "storage");
    must(stepdown_store_create(storage, options, "speed", "Ruth Adler", "service-leader", "harborview", NULL), "store");
    must(stepdown_engine_open(storage, options, &engine, NULL), "engine");
    stepdown_options_free(&options);
    must(stepdown_engine_set_organization(engine, "harborview", "provider", NULL), "organization");
    must(stepdown_protocol_new(NULL, &protocol, NULL), "protocol");
    must(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", NULL), "protocol");
    must(stepdown_engine_activate(engine, protocol, NULL), "activate");
    stepdown_protocol_free(&protocol);
    must(stepdown_engine_assign_role(engine, "frontline-worker", "harborview", "Sam Ortiz", 0, STEPDOWN_TIME_NONE, 0,
                                     NULL),
         "role");
    must(stepdown_session_open(engine, "Maria Chen", "supervisor", "harborview", NULL, &maria, NULL), "session");
    must(stepdown_session_open(engine, "Sam Ortiz", "frontline-worker", "harborview", NULL, &sam, NULL), "session");
    act(maria, "open", "failed-first-visit-huddle",
        (const char *const[]){"subject", "p-1", "zone", "America/New_York", NULL});
    act(maria, "submit", "discharge_plan",
        (const char *const[]){"first_visit_at", "2026-03-03T13:00:00-05:00", "warning_signs", "withdrawal", NULL});
    now += INT64_C(7200) * 1000000;
    act(sam, "refuse", "first_visit",
        (const char *const[]){"visit_time", "2026-03-03T14:00:00-05:00", "access_attempt", "knocked", "attempts", "3",
                              "person_response", "heard-but-not-engaging", "staff_safety_concern", "no", NULL});
    for (int i = 0; i < NOTICES; i++) {
        act(maria, "notice", "pathway", (const char *const[]){"text", "moved house", NULL});
    }
    char first[sizeof pathway];
    memcpy(first, pathway, sizeof first);
    for (int i = 0; i < OTHERS; i++) {
        char subject[16];
        snprintf(subject, sizeof subject, "p-%d", i);
        pathway[0] = '\0';
        act(maria, "open", "failed-first-visit-huddle",
            (const char *const[]){"subject", subject, "zone", "America/New_York", NULL});
        act(maria, "submit", "discharge_plan",
            (const char *const[]){"first_visit_at", "2026-03-03T14:00:00-05:00", "warning_signs", "withdrawal", NULL});
    }
    memcpy(pathway, first, sizeof pathway);
}

// ---- the calls -------------------------------------------------------------------------------------------------------

static int64_t sink; // what calls give goes here, so that they are not left out

static void live(void) { sink += stepdown_live_objects(); }
static void next_due(void) {
    stepdown_time due = 0;
    must(stepdown_engine_next_due(engine, &due, NULL), "next_due");
    sink += due;
}
static void ping(void) { must(stepdown_storage_ping(storage, NULL), "ping"); }
static void board(void) {
    stepdown_result *result = NULL;
    must(stepdown_board(maria, pathway, &result, NULL), "board");
    sink += (int64_t)stepdown_result_count(result);
    stepdown_result_free(&result);
}
static void records(void) {
    stepdown_result *result = NULL;
    must(stepdown_audit_records(maria, pathway, 0, 1000, &result, NULL), "records");
    sink += (int64_t)stepdown_result_count(result);
    stepdown_result_free(&result);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const struct {
    const char *name;
    void (*call)(void);
} calls[] = {{"live_objects", live}, {"next_due", next_due}, {"ping", ping}, {"board", board}, {"records", records}};

// ---- what a test calls -----------------------------------------------------------------------------------------------

int speed_begin(void) {
    set_up();
    return 0;
}

// Nanoseconds that one of `times` calls took; negative for a name that is not there.
double speed_measure(const char *name, long times) {
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, name) == 0) {
            double start = seconds();
            for (long n = 0; n < times; n++) {
                calls[i].call();
            }
            return (seconds() - start) / (double)times * 1e9;
        }
    }
    return -1;
}

// Objects of this copy of the library that are left.
int64_t speed_end(void) {
    stepdown_session_free(&maria);
    stepdown_session_free(&sam);
    stepdown_engine_free(&engine);
    stepdown_storage_free(&storage);
    return stepdown_live_objects();
}

static void *work_of(void *work) {
    (*(void (**)(void))work)();
    return NULL;
}

// Let a thread that no language has ever seen do `work`, and wait for it.
int speed_on_thread(void (*work)(void)) {
    pthread_t thread;
    return pthread_create(&thread, NULL, work_of, &work) || pthread_join(thread, NULL);
}
