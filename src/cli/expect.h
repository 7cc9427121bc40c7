// SPDX-License-Identifier: Apache-2.0
// What the files that judge a scenario share: rows of results compared by tables. May call: runner, view, the public API.
#ifndef CLI_EXPECT_H
#define CLI_EXPECT_H

#include "cli/runner.h"

enum match_how { MATCH_TEXT, MATCH_PART, MATCH_TIME, MATCH_YES, MATCH_NUMBER, MATCH_FIELDS, MATCH_STEPS };
struct match {
    const char *key, *column;
    enum match_how how;
    const char *statement; // MATCH_FIELDS: only fields that are this, "" any
};
struct matching {
    const char *what; // "item"
    const struct match *columns;
    const char *kind; // only rows of this kind, NULL: all
};
extern const struct match board_matches[];

void expect_rows(struct runner *runner, const struct node *expected, const stepdown_result *result,
                 const struct matching *matching);
// This row of the result is as expected.
void expect_row(struct runner *runner, const struct node *expected, const stepdown_result *result, size_t row,
                const struct matching *matching);
// False after a failure, which has been told.
bool expect_answered(struct runner *runner, const struct node *at, stepdown_status status);
bool expect_pathway(struct runner *runner, const struct node *at);
// The rows of the answer are as expected.
void expect_question(struct runner *runner, const struct node *expected, pathway_question ask,
                     const struct matching *matching);

// Whose work stands on which board; what a person sees; what nobody finds (scenario_seen.c).
void expect_boards(struct runner *runner, const struct node *expected);
void expect_seen(struct runner *runner, const struct node *expected);
void expect_responsibility(struct runner *runner, const struct node *expected);
void expect_migration(struct runner *runner, const struct node *expected);
void expect_nowhere(struct runner *runner, const struct node *expected);

#endif
