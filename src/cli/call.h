// SPDX-License-Identifier: Apache-2.0
// One call of the tool: its options, the store, engine and session it opens, and how it ends. May call: the public API,
// screen, view, when, pool.
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/screen.h"
#include "cli/view.h"

#include <stepdown.h>

// How the tool ends. Documented in its manual page.
enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, // a gate holds, a rule of care says no, an expectation is not met, a chain is broken
    EXIT_USAGE = 2,   // the command line, a file or an argument is wrong
    EXIT_FAILED = 3,  // storage, memory or a programming error
    EXIT_AGAIN = 4    // others were faster, or the store is busy: the same call may succeed later
};

struct options {
    const char *store, *as, *at, *pathway, *id, *expect, *zone, *fallback, *name, *purpose, *from, *limit, *junit,
        *rows;
    const char *person, *role, *organization, *due_within, *emergency;
    bool overdue, unowned, blocked, waiting;
    bool json, tap, quiet, create, live, help, version;
    const char *whom; // --for
    const char *as_of, *happened_by;
    bool all, dry_run;
};

struct call {
    struct pool pool;
    struct screen out, err;
    struct options options;
    const char *const *words; // behind the name of the command
    size_t word_count;
    const struct command *command;
    stepdown_time clock; // what the engine takes for now; STEPDOWN_TIME_NONE: the system's clock
    const char *zone;    // NULL: not looked up yet
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session *session;
    stepdown_error *error;
};

// ACTOR:ROLE@ORGANIZATION taken apart; parts live in the pool. False: not of that form.
struct actor {
    const char *person, *role, *organization;
};
bool actor_read(struct pool *pool, const char *text, struct actor *actor);

// "NAME=VALUE" taken apart. False: no '=' or nothing in front of it.
bool argument_read(struct pool *pool, const char *word, const char **name, const char **value);

// Each returns EXIT_DONE, or says on standard error what is wrong and returns how the tool ends.
int call_storage(struct call *call, bool create);
int call_engine(struct call *call);
int call_session(struct call *call);
int call_pathway(struct call *call); // session, and --pathway is there
int call_number(struct call *call, const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *out);
int call_time(struct call *call, const char *text, stepdown_time *out);
// The zone to show times in: --zone, else the pathway's own, else the machine's.
const char *call_zone(struct call *call);

// Says what is wrong with the command line.
int call_misused(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Reports call->error (or the bare status) and returns the exit code that fits. EXIT_DONE for OK.
int call_end(struct call *call, stepdown_status status);
// The end of a command that has nothing to show: the same, with a line of JSON when that is asked for.
int call_done(struct call *call, stepdown_status status);
// Shows a result as JSON or through `show` and frees it; reports when `status` is not OK.
int call_result(struct call *call, stepdown_status status, stepdown_result **result,
                void (*show)(const struct view *view, const stepdown_result *result));
struct view call_view(struct call *call);
void call_free(struct call *call);

// What an error says, for people: message, diagnostics or unmet needs.
void error_show(const struct screen *screen, stepdown_status status, const stepdown_error *error);
// Value of the detail whose key is `key` followed by `number`; "" when there is none.
const char *error_detail(const stepdown_error *error, const char *key, const char *number);
// One unmet need of a held gate. Texts are borrowed from the error.
struct need {
    const char *row, *says, *reason, *explanation, *who;
};
// The need that detail `index` begins; false: it begins none.
bool error_need(const stepdown_error *error, size_t index, struct need *need);
void need_show(const struct screen *screen, size_t margin, const struct need *need);
void error_details(const struct screen *screen, size_t margin, const stepdown_error *error);
int exit_for(stepdown_status status);

#endif
