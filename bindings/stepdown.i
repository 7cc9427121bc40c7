// SPDX-License-Identifier: Apache-2.0
// The one description of what bindings offer, in every language. Each language's own .i gives the typemaps and includes this
// file; nobody but its hand-written face sees what comes of it. `bindings/tests/test_coverage.py` compares it with the exported
// functions.
//
// Rules: no overloads and no defaults, no fields, no enums. A call that can fail takes `struct bind_failure *failure`, which
// each language turns into its exceptions. Texts are UTF-8; where NUL is allowed they are (data, size). Times are microseconds.
// Closing is a call; freeing is what the language does when it collects a handle, from any thread and in any order.
%{
#include "host.h"
typedef struct stepdown_storage Storage;
typedef struct stepdown_storage_options StorageOptions;
typedef struct stepdown_engine Engine;
typedef struct stepdown_session Session;
typedef struct stepdown_command Command;
typedef struct stepdown_query Query;
typedef struct stepdown_protocol Protocol;
typedef struct stepdown_conformance Report;
#define CALL(call) failure->status = call
#define ERROR &failure->error
#define RESULT(call)                                                                                                   \
    stepdown_result *result = NULL;                                                                                    \
    failure->status = call;                                                                                            \
    return bind_result_new(result, 0, failure)
%}
%nodefaultctor;
%nodefaultdtor;
typedef long long stepdown_time;

// ---- the library -----------------------------------------------------------------------------------------------------
const char *stepdown_version(void);
long long stepdown_live_objects(void);
const char *stepdown_status_name(int status);
const char *stepdown_status_text(int status);
int stepdown_status_category(int status);

// ---- storages --------------------------------------------------------------------------------------------------------
typedef struct {} StorageOptions;
%extend StorageOptions {
    StorageOptions(struct bind_failure *failure) {
        StorageOptions *options = NULL;
        CALL(stepdown_storage_options_new(&options, ERROR));
        return options;
    }
    ~StorageOptions() { StorageOptions *options = $self; stepdown_storage_options_free(&options); }
    void set_synchronous(int value, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_synchronous($self, value, ERROR));
    }
    void set_busy_timeout(int milliseconds, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_busy_timeout($self, milliseconds, ERROR));
    }
    void set_create(int create, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_create($self, create, ERROR));
    }
    void set_read_only(int read_only, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_read_only($self, read_only, ERROR));
    }
    void set_cache(int kibibytes, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_cache($self, kibibytes, ERROR));
    }
    void set_checkpoint(int pages, struct bind_failure *failure) {
        CALL(stepdown_storage_options_set_checkpoint($self, pages, ERROR));
    }
}

typedef struct {} Storage;
%newobject storage_memory;
%newobject storage_sqlite;
%newobject storage_register;
%inline %{
static Storage *storage_memory(StorageOptions *options, struct bind_failure *failure) {
    Storage *storage = NULL;
    CALL(stepdown_storage_open_memory(options, &storage, ERROR));
    return storage;
}
static Storage *storage_sqlite(const char *path, StorageOptions *options, struct bind_failure *failure) {
    Storage *storage = NULL;
    CALL(stepdown_storage_open_sqlite(path, options, &storage, ERROR));
    return storage;
}
// A back end of the language. `ctx` is consumed, also when it fails.
static Storage *storage_register(const stepdown_storage_table *table, void *ctx, void (*destroy)(void *ctx),
                                 struct bind_failure *failure) {
    Storage *storage = NULL;
    CALL(stepdown_storage_register(table, ctx, destroy, NULL, &storage, ERROR));
    if (storage == NULL) {
        destroy(ctx);
    }
    return storage;
}
%}
%newobject Storage::statistics;
%extend Storage {
    ~Storage() { Storage *storage = $self; stepdown_storage_free(&storage); }
    void close(struct bind_failure *failure) { CALL(stepdown_storage_close($self, ERROR)); }
    void checkpoint(struct bind_failure *failure) { CALL(stepdown_storage_checkpoint($self, ERROR)); }
    void backup(const char *path, struct bind_failure *failure) { CALL(stepdown_storage_backup($self, path, ERROR)); }
    void vacuum(struct bind_failure *failure) { CALL(stepdown_storage_vacuum($self, ERROR)); }
    stepdown_bytes *statistics(struct bind_failure *failure) {
        stepdown_bytes *json = NULL;
        CALL(stepdown_storage_statistics($self, &json, ERROR));
        return json;
    }
    void ping(struct bind_failure *failure) { CALL(stepdown_storage_ping($self, ERROR)); }
}

// How a back end of the language fared in the conformance suite.
typedef struct {} Report;
%newobject storage_conformance;
%inline %{
static Report *storage_conformance(stepdown_conformance_factory factory, void *ctx, int level,
                                   struct bind_failure *failure) {
    Report *report = NULL;
    CALL(stepdown_storage_conformance(factory, ctx, level, &report, ERROR));
    return report;
}
%}
%extend Report {
    ~Report() { Report *report = $self; stepdown_conformance_free(&report); }
    size_t count() { return stepdown_conformance_count($self); }
    const char *name(size_t index) { return stepdown_conformance_name($self, index); }
    int result(size_t index) { return stepdown_conformance_result($self, index); }
    const char *detail(size_t index) { return stepdown_conformance_detail($self, index); }
}

// ---- results ---------------------------------------------------------------------------------------------------------
typedef struct {} Result;
%newobject Result::rows;
%newobject Result::json;
%extend Result {
    ~Result() { bind_result_free($self); }
    size_t count() { return stepdown_result_count($self->rows); }
    size_t columns() { return stepdown_result_columns($self->rows); }
    const char *column_name(size_t column) { return stepdown_result_column_name($self->rows, column); }
    int column_type(size_t column) { return stepdown_result_column_type($self->rows, column); }
    int column(const char *name) { return stepdown_result_column($self->rows, name); }
    stepdown_slice text(size_t row, int column) {
        return bind_slice(stepdown_result_text($self->rows, row, column),
                          stepdown_result_text_size($self->rows, row, column));
    }
    long long integer(size_t row, int column) { return stepdown_result_integer($self->rows, row, column); }
    // NULL when absent.
    Result *rows(size_t row, int column, struct bind_failure *failure) {
        return bind_result_part($self, stepdown_result_rows($self->rows, row, column), failure);
    }
    const char *next() { return stepdown_result_next($self->rows); }
    int more() { return $self->whole->more; }
    stepdown_bytes *json(struct bind_failure *failure) {
        stepdown_bytes *json = NULL;
        CALL(stepdown_result_json($self->rows, &json, ERROR));
        return json;
    }
}

// ---- options ---------------------------------------------------------------------------------------------------------
typedef struct {} Clock;
%extend Clock {
    Clock(stepdown_time now, struct bind_failure *failure) { return bind_clock_new(now, failure); }
    ~Clock() { bind_clock_release($self); }
    stepdown_time now() { return bind_clock_now($self); }
    void set(stepdown_time now) { __atomic_store_n(&$self->now, now, __ATOMIC_RELEASE); }
    stepdown_time advance(stepdown_time by) { return __atomic_add_fetch(&$self->now, by, __ATOMIC_ACQ_REL); }
}

typedef struct {} Options;
%extend Options {
    Options(struct bind_failure *failure) { return bind_options_new(failure); }
    ~Options() { bind_options_free($self); }
    void set_clock(Clock *clock) { bind_options_clock($self, clock); }
    void set_seed(unsigned long long seed) {
        $self->host->seed = seed;
        stepdown_options_set_random($self->options, bind_host_random, $self->host);
    }
    // Once. `ctx` is consumed.
    void set_log(void (*log)(void *ctx, int32_t level, const char *message), void *ctx, void (*release)(void *ctx)) {
        $self->host->log = log;
        $self->host->log_ctx = ctx;
        $self->host->log_release = release;
        stepdown_options_set_log($self->options, log, ctx);
    }
    void set_zone_directory(const char *directory, struct bind_failure *failure) {
        CALL(stepdown_options_set_zone_directory($self->options, directory, ERROR));
    }
    void set_name(const char *name, struct bind_failure *failure) {
        CALL(stepdown_options_set_name($self->options, name, ERROR));
    }
    void set_retries(unsigned int retries) { stepdown_options_set_retries($self->options, retries); }
    void set_cache(unsigned int pathways) { stepdown_options_set_cache($self->options, pathways); }
}

// ---- protocols -------------------------------------------------------------------------------------------------------
typedef struct {} Protocol;
%newobject protocol_builtins;
%newobject protocol_diff;
%newobject Protocol::show;
%newobject Protocol::draw;
%newobject Protocol::elements;
// A set is for one thread at a time: the face of a language sees to that.
%extend Protocol {
    Protocol(struct bind_failure *failure) {
        Protocol *protocol = NULL;
        CALL(stepdown_protocol_new(NULL, &protocol, ERROR));
        return protocol;
    }
    ~Protocol() { Protocol *protocol = $self; stepdown_protocol_free(&protocol); }
    void add_builtin(const char *name, struct bind_failure *failure) {
        CALL(stepdown_protocol_add_builtin($self, name, ERROR));
    }
    void add_text(const char *file, const char *data, size_t size, struct bind_failure *failure) {
        CALL(stepdown_protocol_add_text($self, file, bind_slice(data, size), ERROR));
    }
    void add_file(const char *path, struct bind_failure *failure) {
        CALL(stepdown_protocol_add_file($self, path, ERROR));
    }
    void set(const char *parameter, const char *value, struct bind_failure *failure) {
        CALL(stepdown_protocol_set($self, parameter, value, ERROR));
    }
    void set_organization(const char *organization, struct bind_failure *failure) {
        CALL(stepdown_protocol_set_organization($self, organization, ERROR));
    }
    void check(struct bind_failure *failure) { CALL(stepdown_protocol_check($self, ERROR)); }
    stepdown_bytes *show(struct bind_failure *failure) {
        stepdown_bytes *text = NULL;
        CALL(stepdown_protocol_show($self, &text, ERROR));
        return text;
    }
    stepdown_bytes *draw(struct bind_failure *failure) {
        stepdown_bytes *text = NULL;
        CALL(stepdown_protocol_draw($self, &text, ERROR));
        return text;
    }
    Result *elements(struct bind_failure *failure) { RESULT(stepdown_protocol_elements($self, &result, ERROR)); }
}
%inline %{
static Result *protocol_diff(Protocol *before, Protocol *after, struct bind_failure *failure) {
    RESULT(stepdown_protocol_diff(before, after, &result, ERROR));
}
static Result *protocol_builtins(struct bind_failure *failure) {
    RESULT(stepdown_protocol_builtins(&result, ERROR));
}
%}

// ---- engines ---------------------------------------------------------------------------------------------------------
%inline %{
static void store_create(Storage *storage, Options *options, const char *name, const char *fallback_person,
                         const char *fallback_role, const char *fallback_organization, struct bind_failure *failure) {
    CALL(stepdown_store_create(storage, options->options, name, fallback_person, fallback_role, fallback_organization,
                               ERROR));
}
%}
typedef struct {} Engine;
typedef struct {} Session;
%newobject Engine::advance;
%newobject Engine::protocols;
%newobject Engine::assignments;
%newobject Engine::verify;
%newobject Engine::session;
%extend Engine {
    Engine(Storage *storage, Options *options, struct bind_failure *failure) {
        Engine *engine = NULL;
        CALL(stepdown_engine_open(storage, options->options, &engine, ERROR));
        return engine;
    }
    ~Engine() { Engine *engine = $self; stepdown_engine_free(&engine); }
    void close(struct bind_failure *failure) { CALL(stepdown_engine_close($self, ERROR)); }
    Result *advance(stepdown_time until, unsigned int limit, struct bind_failure *failure) {
        stepdown_result *result = NULL;
        int32_t more = 0;
        CALL(stepdown_engine_advance($self, until, limit, &result, &more, ERROR));
        return bind_result_new(result, more, failure);
    }
    stepdown_time next_due(struct bind_failure *failure) {
        stepdown_time due = STEPDOWN_TIME_NONE;
        CALL(stepdown_engine_next_due($self, &due, ERROR));
        return due;
    }
    void rebuild(int snapshots, struct bind_failure *failure) {
        CALL(stepdown_engine_rebuild($self, snapshots, ERROR));
    }
    void activate(Protocol *protocol, struct bind_failure *failure) {
        CALL(stepdown_engine_activate($self, protocol, ERROR));
    }
    Result *protocols(struct bind_failure *failure) { RESULT(stepdown_engine_protocols($self, &result, ERROR)); }
    void set_organization(const char *organization, const char *kind, struct bind_failure *failure) {
        CALL(stepdown_engine_set_organization($self, organization, kind, ERROR));
    }
    void assign_role(const char *role, const char *organization, const char *person, stepdown_time from,
                     stepdown_time until, int on_call, struct bind_failure *failure) {
        CALL(stepdown_engine_assign_role($self, role, organization, person, from, until, on_call, ERROR));
    }
    Result *assignments(struct bind_failure *failure) { RESULT(stepdown_engine_assignments($self, &result, ERROR)); }
    Result *verify(const char *pathway, int32_t (*progress)(void *ctx, uint64_t done), void *ctx,
                   struct bind_failure *failure) {
        RESULT(stepdown_audit_verify($self, pathway, progress, ctx, &result, ERROR));
    }
    Session *session(const char *actor, const char *role, const char *organization, const char *purpose,
                     struct bind_failure *failure) {
        Session *session = NULL;
        CALL(stepdown_session_open($self, actor, role, organization, purpose, &session, ERROR));
        return session;
    }
}

// ---- commands and questions ------------------------------------------------------------------------------------------
// Both are made, filled and used within one call of the face.
typedef struct {} Command;
%extend Command {
    Command(Session *session, const char *verb, const char *target, struct bind_failure *failure) {
        Command *command = NULL;
        CALL(stepdown_command_new(session, verb, target, &command, ERROR));
        return command;
    }
    ~Command() { Command *command = $self; stepdown_command_free(&command); }
    void set_text(const char *name, const char *data, size_t size, struct bind_failure *failure) {
        CALL(stepdown_command_set_text($self, name, bind_slice(data, size), ERROR));
    }
    void set_time(const char *name, stepdown_time value, struct bind_failure *failure) {
        CALL(stepdown_command_set_time($self, name, value, ERROR));
    }
    void set_integer(const char *name, long long value, struct bind_failure *failure) {
        CALL(stepdown_command_set_integer($self, name, value, ERROR));
    }
    void set_occurred(stepdown_time occurred_at, int offset_minutes) {
        stepdown_command_set_occurred($self, occurred_at, offset_minutes);
    }
    void set_id(const char *id, struct bind_failure *failure) { CALL(stepdown_command_set_id($self, id, ERROR)); }
    void set_expected(unsigned long long sequence) { stepdown_command_set_expected($self, sequence); }
}

typedef struct {} Query;
%extend Query {
    Query(struct bind_failure *failure) {
        Query *query = NULL;
        CALL(stepdown_query_new(&query, ERROR));
        return query;
    }
    ~Query() { Query *query = $self; stepdown_query_free(&query); }
    void set(const char *name, const char *value, struct bind_failure *failure) {
        CALL(stepdown_query_set($self, name, value, ERROR));
    }
}

// ---- sessions --------------------------------------------------------------------------------------------------------
%define VIEW(name, function)
%newobject Session::name;
%extend Session {
    Result *name(const char *pathway, struct bind_failure *failure) {
        RESULT(function($self, pathway, &result, ERROR));
    }
}
%enddef
VIEW(show, stepdown_pathway_show)
VIEW(entries, stepdown_pathway_entries)
VIEW(board, stepdown_board)
VIEW(measures, stepdown_measures)
VIEW(responsibility, stepdown_responsibility)
VIEW(migration, stepdown_pathway_migration)
VIEW(validate, stepdown_audit_validate)

%newobject Session::execute;
%newobject Session::execute_each;
%newobject Session::list;
%newobject Session::items;
%newobject Session::dashboard;
%newobject Session::gate;
%newobject Session::board_query;
%newobject Session::records;
%newobject Session::knowledge;
%newobject Session::replay;
%newobject Session::lease;
%extend Session {
    ~Session() { Session *session = $self; stepdown_session_free(&session); }
    void close(struct bind_failure *failure) { CALL(stepdown_session_close($self, ERROR)); }
    void emergency(const char *pathway, const char *reason, unsigned int seconds, struct bind_failure *failure) {
        CALL(stepdown_session_emergency($self, pathway, reason, seconds, ERROR));
    }
    void show_for(const char *role, const char *organization, const char *purpose, struct bind_failure *failure) {
        CALL(stepdown_session_show_for($self, role, organization, purpose, ERROR));
    }
    // LLONG_MIN: none.
    void look_back(long long known_at, long long happened_by, struct bind_failure *failure) {
        CALL(stepdown_session_look_back($self, known_at, happened_by, ERROR));
    }
    Result *knowledge(const char *pathway, const char *what, struct bind_failure *failure) {
        RESULT(stepdown_knowledge($self, pathway, what, &result, ERROR));
    }
    Result *execute(const char *pathway, Command *command, struct bind_failure *failure) {
        RESULT(stepdown_session_execute($self, pathway, command, &result, ERROR));
    }
    Result *execute_each(Command *command, const char *resume, unsigned int limit, struct bind_failure *failure) {
        RESULT(stepdown_session_execute_each($self, command, resume, limit, &result, ERROR));
    }
    Result *list(const char *resume, unsigned int limit, struct bind_failure *failure) {
        RESULT(stepdown_pathway_list($self, resume, limit, &result, ERROR));
    }
    Result *items(const char *pathway, int live_only, struct bind_failure *failure) {
        RESULT(stepdown_pathway_items($self, pathway, live_only, &result, ERROR));
    }
    Result *dashboard(const char *pathway, const char *dashboard, struct bind_failure *failure) {
        RESULT(stepdown_dashboard($self, pathway, dashboard, &result, ERROR));
    }
    Result *gate(const char *pathway, const char *gate, struct bind_failure *failure) {
        RESULT(stepdown_gate_check($self, pathway, gate, &result, ERROR));
    }
    Result *board_query(Query *query, const char *resume, unsigned int limit, struct bind_failure *failure) {
        RESULT(stepdown_board_query($self, query, resume, limit, &result, ERROR));
    }
    Result *records(const char *pathway, unsigned long long from, unsigned int limit, struct bind_failure *failure) {
        RESULT(stepdown_audit_records($self, pathway, from, limit, &result, ERROR));
    }
    Result *replay(const char *pathway, Protocol *protocol, struct bind_failure *failure) {
        RESULT(stepdown_audit_replay($self, pathway, protocol, &result, ERROR));
    }
    Result *lease(unsigned int limit, unsigned int seconds, struct bind_failure *failure) {
        RESULT(stepdown_outbox_lease($self, limit, seconds, &result, ERROR));
    }
    void settle(const char *token, int delivered, struct bind_failure *failure) {
        CALL(stepdown_outbox_settle($self, token, delivered, ERROR));
    }
}
