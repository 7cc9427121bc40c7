// SPDX-License-Identifier: Apache-2.0
// Which requirement rows a scenario put to the test, and how: what its expectations asked and what happened on its
// pathways, traced back to the elements of its protocols. Only what a scenario that came out as expected did counts.
// May call: runner, the public API.
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "cli/pool.h"

#include <stdbool.h>
#include <stdio.h>

#include <stepdown.h>

struct runner;

// An element of a protocol and what happened to it: a need that held, a field that was written.
struct touched {
    const char *kind, *within, *name; // within: NULL: wherever it stands. kind "row": the name is the row itself
    const char *how;
};
struct touches {
    struct touched *list;
    size_t count;
};

// Is `row` one of the rows that stand in `rows`, space-separated? Also when both are several.
bool rows_have(const char *rows, const char *row);
// Remember it while the scenario plays. Texts are copied into the pool.
void coverage_touch(struct touches *touches, struct pool *pool, const char *kind, const char *within, const char *name,
                    const char *how);
// One line of JSON for each row and way: {"row", "how", "element", "file", "scenario", "case"}. False: the library
// failed, which the runner then says.
bool coverage_write(struct runner *runner, const char *file, const char *scenario, FILE *out);

#endif
