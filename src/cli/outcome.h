// SPDX-License-Identifier: Apache-2.0
// How scenarios and cases came out, and the reports for other programs: JSON, TAP, JUnit XML. May call: scenario, runner,
// jansson.
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/runner.h"

// One scenario, one case, or one file that is wrong.
struct outcome {
    const char *file, *scenario; // scenario: its title, "" of a file that is wrong
    const char *of_case;         // title of the case, ""
    bool met;
    size_t steps, all_steps, expectations;
    int64_t took;                            // microseconds
    const char *why;                         // with its place; "" when met
    const char *expected, *actual, *records; // of an expectation, otherwise ""
    const struct diagnostics *diagnostics;   // of a file that is wrong, otherwise NULL
};

struct outcomes {
    struct pool pool;
    struct outcome *list;
    size_t count, not_met, wrong; // wrong: files
};

void outcome_of_runner(struct outcomes *outcomes, const struct scenario_file *file, const struct runner *runner,
                       int64_t took);
void outcome_of_mistakes(struct outcomes *outcomes, const struct scenario_file *file);
void outcomes_free(struct outcomes *outcomes);

// "FILE: SCENARIO: CASE"
const char *outcome_name(struct pool *pool, const struct outcome *outcome);

void outcomes_json(struct outcomes *outcomes, FILE *file);
void outcomes_tap(struct outcomes *outcomes, FILE *file);
void outcomes_junit(struct outcomes *outcomes, FILE *file);

#endif
