// SPDX-License-Identifier: Apache-2.0
// The loops in C; see overhead.h.
#include <stdio.h>
#include <stdlib.h>

#include "overhead.h"

static void must(stepdown_status status, stepdown_error *error) {
    if (status != STEPDOWN_OK) {
        fprintf(stderr, "%s: %s\n", stepdown_status_name(status), stepdown_error_message(error));
        exit(1);
    }
}

int64_t c_cells(const struct subject *subject) {
    stepdown_error *error = NULL;
    stepdown_result *board = NULL;
    int64_t sum = 0;
    must(stepdown_board(subject->session, subject->pathway, &board, &error), error);
    int32_t action = stepdown_result_column(board, "action"), due = stepdown_result_column(board, "due"),
            overdue = stepdown_result_column(board, "overdue");
    for (int times = 0; times < 1000; times++) {
        for (size_t i = 0, count = stepdown_result_count(board); i < count; i++) {
            const char *text = stepdown_result_text(board, i, action);
            size_t size = stepdown_result_text_size(board, i, action);
            stepdown_time moment = stepdown_result_integer(board, i, due);
            sum += (int64_t)size + (size > 0 ? text[0] : 0) + (moment != STEPDOWN_TIME_NONE ? moment : 0);
            sum += stepdown_result_integer(board, i, overdue) != 0;
        }
    }
    stepdown_result_free(&board);
    return sum;
}

int64_t c_views(const struct subject *subject) {
    int64_t sum = 0;
    for (int times = 0; times < 20; times++) {
        stepdown_error *error = NULL;
        stepdown_result *board = NULL, *items = NULL;
        must(stepdown_board(subject->session, subject->pathway, &board, &error), error);
        must(stepdown_pathway_items(subject->session, subject->pathway, 1, &items, &error), error);
        sum += (int64_t)(stepdown_result_count(board) + stepdown_result_count(items));
        stepdown_result_free(&items);
        stepdown_result_free(&board);
    }
    return sum;
}

int64_t c_next_due(const struct subject *subject) {
    int64_t sum = 0;
    for (int times = 0; times < 1000; times++) {
        stepdown_error *error = NULL;
        stepdown_time due = STEPDOWN_TIME_NONE;
        must(stepdown_engine_next_due(subject->engine, &due, &error), error);
        sum += due != STEPDOWN_TIME_NONE ? due : 1;
    }
    return sum;
}

int64_t c_command(const struct subject *subject) {
    int64_t sum = 0;
    for (int times = 0; times < 1000; times++) {
        stepdown_error *error = NULL;
        stepdown_command *command = NULL;
        must(stepdown_command_new(subject->session, "refuse", "first_visit", &command, &error), error);
        must(stepdown_command_set_text(command, "person_response", (stepdown_slice){(const uint8_t *)"refused", 7},
                                       &error),
             error);
        must(stepdown_command_set_time(command, "visit_time", INT64_C(1772557200000000), &error), error);
        must(stepdown_command_set_integer(command, "attempts", times, &error), error);
        stepdown_command_set_expected(command, 7);
        sum += command != NULL;
        stepdown_command_free(&command);
    }
    return sum;
}
