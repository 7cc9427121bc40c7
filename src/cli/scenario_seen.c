// SPDX-License-Identifier: Apache-2.0
// Expectations about who sees what: boards across pathways, everything as a certain person sees it, and texts that no
// view may show them; and views that are compared row by row.
#include "cli/expect.h"

#include <string.h>

// ---- boards ---------------------------------------------------------------------------------------------------------

// Keys of the file and what they are called in a query.
static const struct {
    const char *key, *name;
} query_keys[] = {
    {"person", "person"},   {"role", "role"},       {"organization", "organization"}, {"overdue", "overdue"},
    {"unowned", "unowned"}, {"blocked", "blocked"}, {"waiting", "waiting"},           {"due within", "due_within"},
};

static stepdown_status board_query(struct runner *runner, const struct node *expected, stepdown_query **query) {
    stepdown_status status = stepdown_query_new(query, &runner->error);
    for (size_t i = 0; i < sizeof query_keys / sizeof query_keys[0] && status == STEPDOWN_OK; i++) {
        const char *value = tree_text(expected, query_keys[i].key, NULL);
        if (value)
            status = stepdown_query_set(*query, query_keys[i].name, value, &runner->error);
    }
    return status;
}

// Pages of three, so that going on behind a page is played too.
static void check_page(struct runner *runner, const struct node *expected, stepdown_session *session,
                       const stepdown_query *query, size_t *count, size_t *met) {
    enum { PAGE = 3 };
    static const struct matching matching = {"board", board_matches, NULL};
    const struct node *shows = tree_get(expected, "shows");
    const char *resume = "";
    do {
        stepdown_result *result = NULL;
        stepdown_status status = stepdown_board_query(session, query, resume, PAGE, &result, &runner->error);
        if (!expect_answered(runner, expected, status))
            return;
        for (size_t row = 0; row < stepdown_result_count(result) && !runner->stopped; row++) {
            const struct node *wanted = *count + row < node_count(shows) ? node_at(shows, *count + row) : NULL;
            if (wanted)
                expect_row(runner, wanted, result, row, &matching);
            *met += wanted && !runner->stopped;
        }
        *count += stepdown_result_count(result);
        resume = pool_print(&runner->pool, "%s", stepdown_result_next(result));
        stepdown_result_free(&result);
    } while (*resume && !runner->stopped);
}

// The rows under `shows` are the first ones, in this order; `count` is how many there are in all.
static void check_one_board(struct runner *runner, const struct node *expected) {
    const char *by = tree_text(expected, "seen by", NULL), *count = tree_text(expected, "count", NULL);
    const struct node *shows = tree_get(expected, "shows");
    stepdown_query *query = NULL;
    size_t found = 0, met = 0;
    stepdown_session *session = by ? runner_session(runner, scenario_post(runner->scenario, by))
                                : expect_pathway(runner, expected) ? runner->pathway->observer
                                                                   : NULL;
    if (!session)
        return;
    if (expect_answered(runner, expected, board_query(runner, expected, &query)))
        check_page(runner, expected, session, query, &found, &met);
    stepdown_query_free(&query);
    if (!runner->stopped && met < node_count(shows))
        runner_unmet(runner, shows, "board", pool_print(&runner->pool, "%zu rows", node_count(shows)),
                     pool_print(&runner->pool, "%zu", found), "");
    if (!runner->stopped && count && strcmp(count, pool_print(&runner->pool, "%zu", found)) != 0)
        runner_unmet(runner, expected, "board", pool_print(&runner->pool, "%s rows", count),
                     pool_print(&runner->pool, "%zu", found), "");
    runner->expectations += !runner->stopped;
}

void expect_boards(struct runner *runner, const struct node *expected) {
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++)
        check_one_board(runner, node_at(expected, i));
}

// ---- as somebody sees it ----------------------------------------------------------------------------------------------

void expect_seen(struct runner *runner, const struct node *expected) {
    if (!expect_pathway(runner, expected))
        return;
    stepdown_session *observer = runner->pathway->observer;
    for (uint32_t i = 0; i < expected->count && !runner->stopped; i++) {
        stepdown_session *session = runner_session(runner, scenario_post(runner->scenario, expected->keys[i]->text));
        if (!session)
            return;
        runner->pathway->observer = session;
        expect_check(runner, expected->items[i]);
        runner->pathway->observer = observer;
    }
}

// ---- nowhere ----------------------------------------------------------------------------------------------------------

static stepdown_status own_board(stepdown_session *session, const char *pathway, stepdown_result **out,
                                 stepdown_error **out_error) {
    (void)pathway;
    return stepdown_board_query(session, NULL, "", 1000, out, out_error);
}

static const struct {
    const char *name;
    pathway_question ask;
} every_view[] = {
    {"the pathway", stepdown_pathway_show},
    {"its items", ask_items},
    {"its entries", stepdown_pathway_entries},
    {"its board", stepdown_board},
    {"its records", ask_records},
    {"its validation", stepdown_audit_validate},
    {"the board of the organization", own_board},
    {"its measures", stepdown_measures},
    {"its responsibilities", stepdown_responsibility},
};

static void search(struct runner *runner, const struct node *expected, const char *view, const stepdown_result *found) {
    stepdown_bytes *json = NULL;
    if (!expect_answered(runner, expected, stepdown_result_json(found, &json, &runner->error)))
        return;
    char *text = pool_copy(&runner->pool, (const char *)stepdown_bytes_data(json), stepdown_bytes_size(json));
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++) {
        const char *secret = node_at(expected, i)->text;
        if (strstr(text, secret))
            runner_unmet(runner, node_at(expected, i), pool_print(&runner->pool, "'%s' in %s", secret, view),
                         "nowhere to be found", "shown", "");
    }
    stepdown_bytes_free(&json);
}

// In no view that the person may ask for does any of the texts stand.
void expect_nowhere(struct runner *runner, const struct node *expected) {
    if (!expect_pathway(runner, expected))
        return;
    for (size_t i = 0; i < sizeof every_view / sizeof every_view[0] && !runner->stopped; i++) {
        stepdown_result *result = NULL;
        if (expect_answered(runner, expected,
                            every_view[i].ask(runner->pathway->observer, runner->pathway->id, &result, &runner->error)))
            search(runner, expected, every_view[i].name, result);
        stepdown_result_free(&result);
    }
    if (!runner->stopped && runner->messages)
        search(runner, expected, "the messages delivered", runner->messages);
    runner->expectations += !runner->stopped;
}

// ---- responsibility, migration -----------------------------------------------------------------------------------------

static const struct match held_matches[] = {
    {"name", "name", MATCH_TEXT, NULL},      {"from", "from", MATCH_TIME, NULL}, {"until", "until", MATCH_TIME, NULL},
    {"covered", "covered", MATCH_YES, NULL}, {NULL, NULL, MATCH_TEXT, NULL},
};

void expect_responsibility(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"responsibility", held_matches, NULL};
    expect_question(runner, expected, stepdown_responsibility, &matching);
}

static const struct match migration_matches[] = {
    {"fate", "fate", MATCH_TEXT, NULL}, {"what", "what", MATCH_TEXT, NULL}, {"why", "why", MATCH_PART, NULL},
    {"from", "from", MATCH_TIME, NULL}, {"to", "to", MATCH_TIME, NULL},     {NULL, NULL, MATCH_TEXT, NULL},
};

// What the dry run says would become of the pathway.
void expect_migration(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"migration", migration_matches, NULL};
    expect_question(runner, expected, stepdown_pathway_migration, &matching);
}
