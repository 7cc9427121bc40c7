// SPDX-License-Identifier: Apache-2.0
// What the library answers, laid out for people: board, gate, validation and the other views. May call: the public API
// (results), screen, when.
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/screen.h"

#include <stepdown.h>

// Where and how a view is printed.
struct view {
    const struct screen *screen;
    const char *zone; // times are shown in it
    size_t indent;
    bool brief; // leave out what differs from machine to machine (hashes of chains)
};

// Text of a column by name; "" when the result has no such column.
const char *result_text(const stepdown_result *result, size_t row, const char *column);
int64_t result_integer(const stepdown_result *result, size_t row, const char *column);
stepdown_time result_time(const stepdown_result *result, size_t row, const char *column);
const stepdown_result *result_rows(const stepdown_result *result, size_t row, const char *column);

void view_board(const struct view *view, const stepdown_result *result);
void view_dashboard(const struct view *view, const stepdown_result *result);
void view_responsibility(const struct view *view, const stepdown_result *result);
void view_boards(const struct view *view, const stepdown_result *result); // of several pathways
void view_gate(const struct view *view, const stepdown_result *result);
void view_items(const struct view *view, const stepdown_result *result);
void view_entries(const struct view *view, const stepdown_result *result);
void view_pathway(const struct view *view, const stepdown_result *result);
void view_pathways(const struct view *view, const stepdown_result *result);
void view_validation(const struct view *view, const stepdown_result *result);
void view_measures(const struct view *view, const stepdown_result *result);
void view_verification(const struct view *view, const stepdown_result *result);
void view_records(const struct view *view, const stepdown_result *result);
void view_receipt(const struct view *view, const stepdown_result *result);
void view_advance(const struct view *view, const stepdown_result *result);
void view_knowledge(const struct view *view, const stepdown_result *result);
void view_assignments(const struct view *view, const stepdown_result *result);
void view_protocols(const struct view *view, const stepdown_result *result);
void view_outbox(const struct view *view, const stepdown_result *result);

// "Maria Chen (supervisor)", "UNOWNED (supervisor)".
char *owner_text(struct pool *pool, const char *owner, const char *role);

#endif
