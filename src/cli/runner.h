// SPDX-License-Identifier: Apache-2.0
// A scenario being played: virtual clock, fixed randomness, the people's sessions, what has happened since the step
// before. scenario_run.c plays, scenario_expect.c judges, scenario_tell.c writes the transcript.
// May call: scenario, view, the public API.
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

#include "cli/coverage.h"
#include "cli/scenario.h"
#include "cli/view.h"

// A pathway that the scenario opened, and how far its records have been told.
struct watched {
    const char *id, *subject;
    stepdown_session *observer; // whoever opened it looks on
    uint64_t next;              // first record not yet told
};

// Something that happened since the step before.
struct happening {
    size_t pathway; // pathways[]
    const char *event, *id, *name, *about, *owner, *role, *text;
    stepdown_time due;
    bool own;     // done by the step itself, which the transcript has told already
    size_t again; // a step of a ladder: how often the same people were told the same before
};

// Whom the ladder of an alert told last, and how often in a row.
struct called {
    size_t pathway;
    const char *alert, *told;
    size_t times;
};

struct saved_name {
    const char *name, *value;
};

// Why a scenario stopped, and where.
struct stop {
    const struct node *at;
    const char *why;                         // in one line, with the place
    const char *expected, *actual, *records; // of an expectation, otherwise ""
    stepdown_status status;                  // of a failure, otherwise OK
    stepdown_error *error;                   // may be NULL
};

struct runner {
    struct pool pool;
    const struct scenario *scenario;
    const struct screen *screen;
    bool hushed;             // this step was told in the scenario that this one continues
    bool quiet;              // no transcript: the summary is all that is wanted
    const char *store_path;  // NULL: a temporary file, or memory
    const char *directory;   // of the temporary file
    stepdown_time now;       // the virtual clock
    const struct step *told; // the step whose heading the transcript shows, NULL
    const char *day;         // the day that the transcript is at
    size_t place;            // pathways[] that the transcript is at, SIZE_MAX: none
    stepdown_result *names;  // elements of the protocols, for what they are called; NULL: nobody reads it
    uint64_t random;
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session **sessions; // one for each post, opened when first needed
    struct watched *pathways;
    size_t pathway_count;
    struct watched *pathway; // the one steps are about; NULL before the first was opened
    struct saved_name *saved;
    size_t saved_count;
    struct happening *happenings;
    size_t happening_count;
    struct called *called;
    size_t called_count;
    stepdown_result *messages; // of the step's `deliver`
    const struct step *step;
    stepdown_error *error;
    size_t steps, expectations; // done and met
    struct touches touches; // elements that expectations asked about; with coverage also those that things happened to
    bool stopped;           // an expectation was not met, or something failed
    struct stop stop;
};

// Plays the whole scenario; false when it stopped early. `store_path` may be NULL.
bool runner_play(struct runner *runner, const struct scenario *scenario, const struct screen *screen,
                 const char *store_path, bool quiet);
void runner_free(struct runner *runner);

// The protocols of the scenario, put together; owned by the caller.
stepdown_status runner_protocol(struct runner *runner, stepdown_protocol **protocol);
// The session of a person; NULL after a failure, which has been told.
stepdown_session *runner_session(struct runner *runner, const struct post *post);
// `text` with every $name replaced by what was saved under it.
const char *runner_expand(struct runner *runner, const char *text);
// Stops the scenario because the library failed.
void runner_failed(struct runner *runner, const struct node *at, stepdown_status status);
// Stops it because of an expectation: what was expected, what is, and which records say so.
void runner_unmet(struct runner *runner, const struct node *at, const char *what, const char *expected,
                  const char *actual, const char *records);
struct view runner_view(const struct runner *runner);

// What a pathway can be asked, and two of the questions in the form of the others: all items, all records.
typedef stepdown_status (*pathway_question)(stepdown_session *session, const char *pathway, stepdown_result **out,
                                            stepdown_error **out_error);
stepdown_status ask_items(stepdown_session *session, const char *pathway, stepdown_result **out,
                          stepdown_error **out_error);
stepdown_status ask_records(stepdown_session *session, const char *pathway, stepdown_result **out,
                            stepdown_error **out_error);

// Checks `expect:` and `refused:` of the current step.
void expect_check(struct runner *runner, const struct node *expect);
void expect_refusal(struct runner *runner, const struct node *refused, stepdown_status status);

// The transcript.
void tell_opening(const struct runner *runner);
void tell_time(struct runner *runner, stepdown_time time);
void tell_step(struct runner *runner, const struct step *step);
// Is anything among what happened that people want to read?
bool tell_worth(const struct runner *runner, size_t from);
void tell_happenings(struct runner *runner, size_t from);
void tell_refusal(struct runner *runner, stepdown_status status);
void tell_messages(struct runner *runner);
void tell_show(struct runner *runner, const struct node *show);
// Why it stopped, as the transcript says it.
void tell_stop(const struct runner *runner, const struct screen *screen);

#endif
