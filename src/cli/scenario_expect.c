// SPDX-License-Identifier: Apache-2.0
// Expectations of a scenario, compared with what the library answers. One table: key, question, comparison. Rows of
// results are compared by tables too: key in the file, column, how. An expectation that is not met names what was
// expected, what is, and the records involved.
#include "cli/call.h"
#include "cli/expect.h"
#include "cli/when.h"

#include <stdlib.h>
#include <string.h>

// ---- rows -----------------------------------------------------------------------------------------------------------

static const struct match item_matches[] = {
    {"name", "name", MATCH_TEXT, NULL},        {"id", "id", MATCH_TEXT, NULL},
    {"kind", "kind", MATCH_TEXT, NULL},        {"title", "title", MATCH_TEXT, NULL},
    {"state", "state", MATCH_TEXT, NULL},      {"owner", "owner", MATCH_TEXT, NULL},
    {"role", "owner_role", MATCH_TEXT, NULL},  {"organization", "owner_organization", MATCH_TEXT, NULL},
    {"about", "about", MATCH_PART, NULL},      {"due", "due", MATCH_TIME, NULL},
    {"start", "start", MATCH_TIME, NULL},      {"end", "end", MATCH_TIME, NULL},
    {"accepted", "accepted", MATCH_YES, NULL}, {"overdue", "overdue", MATCH_YES, NULL},
    {"late", "late", MATCH_YES, NULL},         {"suspended", "suspended", MATCH_YES, NULL},
    {"rows", "rows", MATCH_PART, NULL},        {NULL, NULL, MATCH_TEXT, NULL},
};
static const struct match alert_matches[] = {
    {"name", "name", MATCH_TEXT, NULL},       {"to", "owner", MATCH_TEXT, NULL},
    {"role", "owner_role", MATCH_TEXT, NULL}, {"organization", "owner_organization", MATCH_TEXT, NULL},
    {"state", "state", MATCH_TEXT, NULL},     {"about", "about", MATCH_PART, NULL},
    {"due", "due", MATCH_TIME, NULL},         {"step", NULL, MATCH_STEPS, NULL},
    {NULL, NULL, MATCH_TEXT, NULL},
};
const struct match board_matches[] = {
    {"action", "action", MATCH_TEXT, NULL},
    {"kind", "kind", MATCH_TEXT, NULL},
    {"state", "state", MATCH_TEXT, NULL},
    {"owner", "owner", MATCH_TEXT, NULL},
    {"role", "owner_role", MATCH_TEXT, NULL},
    {"due", "due", MATCH_TIME, NULL},
    {"overdue", "overdue", MATCH_YES, NULL},
    {"unowned", "unowned", MATCH_YES, NULL},
    {"accepted", "accepted", MATCH_YES, NULL},
    {"held by", "blocked_by", MATCH_PART, NULL},
    {"done when", "evidence", MATCH_PART, NULL},
    {"escalates", "escalates_at", MATCH_TIME, NULL},
    {"escalates to", "escalates_to", MATCH_PART, NULL},
    {"rows", "rows", MATCH_PART, NULL},
    {"attention", "attention", MATCH_TEXT, NULL},
    {"waiting", "waiting", MATCH_YES, NULL},
    {"suspended", "suspended", MATCH_YES, NULL},
    {"subject", "subject", MATCH_TEXT, NULL},
    {"protocol", "protocol", MATCH_TEXT, NULL},
    {"organization", "organization", MATCH_TEXT, NULL},
    {NULL, NULL, MATCH_TEXT, NULL},
};
static const struct match dashboard_matches[] = {
    {"cell", "cell", MATCH_TEXT, NULL},      {"group", "group", MATCH_TEXT, NULL},
    {"number", "count", MATCH_NUMBER, NULL}, {"hidden", "hidden", MATCH_YES, NULL},
    {NULL, NULL, MATCH_TEXT, NULL},
};
static const struct match entry_matches[] = {
    {"form", "form", MATCH_TEXT, NULL},
    {"id", "id", MATCH_TEXT, NULL},
    {"about", "about", MATCH_PART, NULL},
    {"author", "author", MATCH_TEXT, NULL},
    {"role", "author_role", MATCH_TEXT, NULL},
    {"retracted", "retracted", MATCH_YES, NULL},
    {"occurred", "occurred_at", MATCH_TIME, NULL},
    {"facts", "fields", MATCH_FIELDS, "fact"},
    {"interpretations", "fields", MATCH_FIELDS, "interpretation"},
    {"fields", "fields", MATCH_FIELDS, ""},
    {NULL, NULL, MATCH_TEXT, NULL},
};
static const struct match message_matches[] = {
    {"to", "recipient", MATCH_TEXT, NULL},
    {"role", "recipient_role", MATCH_TEXT, NULL},
    {"organization", "recipient_organization", MATCH_TEXT, NULL},
    {"subject", "subject", MATCH_PART, NULL},
    {"text", "text", MATCH_PART, NULL},
    {NULL, NULL, MATCH_TEXT, NULL},
};
static const struct match pathway_matches[] = {
    {"closed", "closed", MATCH_YES, NULL},
    {"stage", "stage", MATCH_TEXT, NULL},
    {"protocol", "protocol", MATCH_TEXT, NULL},
    {"subject", "subject", MATCH_TEXT, NULL},
    {"next due", "next_due", MATCH_TIME, NULL},
    {"version", "version", MATCH_TEXT, NULL},
    {NULL, NULL, MATCH_TEXT, NULL},
};

// Steps of its ladder that an alert has reached: its happenings since the step before are too few to tell, so the
// records of the pathway are asked.
static size_t ladder_steps(struct runner *runner, const char *id) {
    size_t count = 0;
    stepdown_result *records = NULL;
    if (stepdown_audit_records(runner->pathway->observer, runner->pathway->id, 0, 1000, &records, &runner->error) !=
        STEPDOWN_OK)
        stepdown_error_free(&runner->error); // shows as a difference
    for (size_t row = 0; row < stepdown_result_count(records); row++) {
        const stepdown_result *events = result_rows(records, row, "events");
        for (size_t i = 0; i < stepdown_result_count(events); i++)
            count += strcmp(result_text(events, i, "id"), id) == 0 &&
                     strstr(result_text(events, i, "event"), "ladder-step") != NULL;
    }
    stepdown_result_free(&records);
    return count;
}

// The value of a column as the scenario would write it.
static const char *actual_value(struct runner *runner, const stepdown_result *result, size_t row,
                                const struct match *match, const struct node *expected) {
    struct pool *pool = &runner->pool;
    const char *text = "";
    const stepdown_result *fields = match->how == MATCH_FIELDS ? result_rows(result, row, match->column) : NULL;
    switch (match->how) {
    case MATCH_TIME: return when_text(pool, result_time(result, row, match->column), runner->scenario->zone);
    case MATCH_YES: return result_integer(result, row, match->column) ? "yes" : "no";
    case MATCH_NUMBER: return pool_print(pool, "%lld", (long long)result_integer(result, row, match->column));
    case MATCH_STEPS: return pool_print(pool, "%zu", ladder_steps(runner, result_text(result, row, "id")));
    case MATCH_TEXT:
    case MATCH_PART: return pool_print(pool, "%s", result_text(result, row, match->column));
    case MATCH_FIELDS: break;
    }
    for (size_t i = 0; i < stepdown_result_count(fields); i++) {
        bool wanted = !*match->statement || strcmp(result_text(fields, i, "statement"), match->statement) == 0;
        if (wanted && (!expected || tree_get(expected, result_text(fields, i, "name"))))
            text = pool_print(pool, "%s%s%s: %s", text, *text ? "; " : "", result_text(fields, i, "name"),
                              result_text(fields, i, "value"));
    }
    return text;
}

// The value in the file, in the same notation.
static const char *expected_value(struct runner *runner, const struct match *match, const struct node *expected) {
    stepdown_time time = STEPDOWN_TIME_NONE;
    const char *text = "";
    if (match->how == MATCH_TIME) {
        (void)when_read(expected->text, runner->scenario->zone, runner->step->at, &time); // checked when it was read
        return when_text(&runner->pool, time, runner->scenario->zone);
    }
    if (match->how == MATCH_YES)
        return text_is_yes(expected->text) ? "yes" : "no";
    if (match->how != MATCH_FIELDS)
        return runner_expand(runner, expected->text);
    for (size_t i = 0; i < expected->count; i++)
        text = pool_print(&runner->pool, "%s%s%s: %s", text, *text ? "; " : "", expected->keys[i]->text,
                          runner_expand(runner, expected->items[i]->text));
    return text;
}

// Do all the fields that the file names have its values, whatever their order?
static bool fields_agree(struct runner *runner, const stepdown_result *fields, const struct match *match,
                         const struct node *expected) {
    for (size_t i = 0; i < expected->count; i++) {
        bool found = false;
        const char *wanted = runner_expand(runner, expected->items[i]->text);
        for (size_t row = 0; row < stepdown_result_count(fields); row++) {
            bool of_kind = !*match->statement || strcmp(result_text(fields, row, "statement"), match->statement) == 0;
            found = found || (of_kind && strcmp(result_text(fields, row, "name"), expected->keys[i]->text) == 0 &&
                              strcmp(result_text(fields, row, "value"), wanted) == 0);
        }
        if (!found)
            return false;
    }
    return true;
}

static bool agrees(struct runner *runner, const stepdown_result *result, size_t row, const struct match *match,
                   const struct node *expected) {
    if (match->how == MATCH_FIELDS)
        return fields_agree(runner, result_rows(result, row, match->column), match, expected);
    const char *actual = actual_value(runner, result, row, match, NULL);
    const char *wanted = expected_value(runner, match, expected);
    return match->how == MATCH_PART ? strstr(actual, wanted) != NULL : strcmp(actual, wanted) == 0;
}

static const struct match *match_find(const struct matching *matching, const char *key) {
    const struct match *match = matching->columns;
    while (match->key && strcmp(match->key, key) != 0)
        match++;
    return match->key ? match : NULL; // NULL: count
}

// How many of the keys agree.
static size_t agreement(struct runner *runner, const struct matching *matching, const stepdown_result *result,
                        size_t row, const struct node *expected) {
    size_t count = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct match *match = match_find(matching, expected->keys[i]->text);
        count += match && agrees(runner, result, row, match, expected->items[i]);
    }
    return count;
}

// "state booked, owner Lena Brandt": the keys of the file, with its values or with those of a row.
static const char *describe(struct runner *runner, const struct matching *matching, const struct node *expected,
                            const stepdown_result *result, size_t row) {
    const char *text = "";
    for (size_t i = 0; i < expected->count; i++) {
        const struct match *match = match_find(matching, expected->keys[i]->text);
        if (!match)
            continue;
        const char *value = result ? actual_value(runner, result, row, match, expected->items[i])
                                   : expected_value(runner, match, expected->items[i]);
        text = pool_print(&runner->pool, "%s%s%s %s", text, *text ? ", " : "", match->key, *value ? value : "(none)");
    }
    return text;
}

static void check_one_row(struct runner *runner, const struct node *expected, const stepdown_result *result,
                          const struct matching *matching) {
    const struct node *count = tree_get(expected, "count");
    size_t keys = expected->count - (count != NULL), found = 0, best = 0, nearest = SIZE_MAX;
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        if (matching->kind && strcmp(result_text(result, row, "kind"), matching->kind) != 0)
            continue;
        size_t agreeing = agreement(runner, matching, result, row, expected);
        found += agreeing == keys;
        if (nearest == SIZE_MAX || agreeing > best) {
            best = agreeing;
            nearest = row;
        }
    }
    size_t wanted = count ? (size_t)strtoul(count->text, NULL, 10) : 0;
    if (count ? found == wanted : found > 0) {
        runner->expectations++;
        return;
    }
    const char *expects = describe(runner, matching, expected, NULL, 0);
    if (count)
        runner_unmet(runner, expected, matching->what, pool_print(&runner->pool, "%zu with %s", wanted, expects),
                     pool_print(&runner->pool, "%zu", found), "");
    else if (nearest == SIZE_MAX)
        runner_unmet(runner, expected, matching->what, expects, "there is none", "");
    else
        runner_unmet(runner, expected, matching->what, expects, describe(runner, matching, expected, result, nearest),
                     pool_print(&runner->pool, "%s", result_text(result, nearest, "id")));
}

void expect_row(struct runner *runner, const struct node *expected, const stepdown_result *result, size_t row,
                const struct matching *matching) {
    if (agreement(runner, matching, result, row, expected) == expected->count)
        runner->expectations++;
    else
        runner_unmet(runner, expected, pool_print(&runner->pool, "row %zu of the %s", row + 1, matching->what),
                     describe(runner, matching, expected, NULL, 0), describe(runner, matching, expected, result, row),
                     pool_print(&runner->pool, "%s", result_text(result, row, "id")));
}

void expect_rows(struct runner *runner, const struct node *expected, const stepdown_result *result,
                 const struct matching *matching) {
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++)
        check_one_row(runner, node_at(expected, i), result, matching);
}

// ---- asking ---------------------------------------------------------------------------------------------------------

// False after a failure, which has been told.
bool expect_answered(struct runner *runner, const struct node *at, stepdown_status status) {
    if (status != STEPDOWN_OK)
        runner_failed(runner, at, status);
    return status == STEPDOWN_OK;
}

bool expect_pathway(struct runner *runner, const struct node *at) {
    if (!runner->pathway)
        runner_unmet(runner, at, "pathway", "a pathway", "none was opened yet", "");
    return runner->pathway != NULL;
}

void expect_question(struct runner *runner, const struct node *expected, pathway_question ask,
                     const struct matching *matching) {
    stepdown_result *result = NULL;
    if (!expect_pathway(runner, expected))
        return;
    if (expect_answered(runner, expected, ask(runner->pathway->observer, runner->pathway->id, &result, &runner->error)))
        expect_rows(runner, expected, result, matching);
    stepdown_result_free(&result);
}

static void check_items(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"item", item_matches, NULL};
    expect_question(runner, expected, ask_items, &matching);
}

static void check_alerts(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"alert", alert_matches, "alert"};
    expect_question(runner, expected, ask_items, &matching);
}

static void check_board(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"board", board_matches, NULL};
    expect_question(runner, expected, stepdown_board, &matching);
}

// A dashboard is seen by whoever acts in the step, for the purpose that is said.
static void check_dashboard(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"number", dashboard_matches, NULL};
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++) {
        const struct node *one = node_at(expected, i);
        const struct post *post = runner->step->as;
        stepdown_session *session = NULL;
        stepdown_result *result = NULL;
        if (!expect_pathway(runner, one))
            return;
        stepdown_status status = stepdown_session_open(runner->engine, post ? post->person : "", post ? post->role : "",
                                                       post ? post->organization : "", tree_text(one, "purpose", NULL),
                                                       &session, &runner->error);
        if (status == STEPDOWN_OK)
            status =
                stepdown_dashboard(session, runner->pathway->id, tree_text(one, "name", ""), &result, &runner->error);
        const struct node *cells = tree_get(one, "cells"), *denied = tree_get(one, "denied");
        if (denied && status != STEPDOWN_DENIED)
            runner_unmet(runner, denied, "dashboard", "DENIED", stepdown_status_name(status), "");
        else if (denied)
            runner->expectations++;
        else if (expect_answered(runner, one, status) && cells)
            expect_rows(runner, cells, result, &matching);
        if (!runner->stopped && cells)
            coverage_touch(&runner->touches, &runner->pool, "dashboard", "", tree_text(one, "name", ""), "shown");
        for (size_t row = 0; !runner->stopped && cells && row < stepdown_result_count(result); row++)
            coverage_touch(&runner->touches, &runner->pool, "cell", tree_text(one, "name", ""),
                           result_text(result, row, "cell"), "counted");
        stepdown_error_free(&runner->error);
        stepdown_result_free(&result);
        stepdown_session_free(&session);
    }
}

static void check_entries(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"entry", entry_matches, NULL};
    expect_question(runner, expected, stepdown_pathway_entries, &matching);
}

static void check_pathway(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"pathway", pathway_matches, NULL};
    expect_question(runner, expected, stepdown_pathway_show, &matching);
}

static void check_messages(struct runner *runner, const struct node *expected) {
    static const struct matching matching = {"message", message_matches, NULL};
    expect_rows(runner, expected, runner->messages, &matching);
}

// ---- needs of a gate --------------------------------------------------------------------------------------------------

struct need_list {
    struct need *list;
    size_t count;
};

static void need_add(struct runner *runner, struct need_list *needs, const char *row, const char *reasons,
                     const char *who) {
    needs->list = pool_grow(&runner->pool, needs->list, needs->count, sizeof *needs->list);
    needs->list[needs->count++] = (struct need){.row = row, .reason = reasons, .who = who};
}

static struct need_list needs_of_gate(struct runner *runner, const stepdown_result *needs) {
    struct need_list list = {0};
    struct pool *pool = &runner->pool;
    for (size_t i = 0; i < stepdown_result_count(needs); i++) {
        const stepdown_result *reasons = result_rows(needs, i, "reasons");
        const char *text = "", *who = "";
        if (strcmp(result_text(needs, i, "verdict"), "met") == 0)
            continue;
        for (size_t j = 0; j < stepdown_result_count(reasons); j++) {
            text = pool_print(pool, "%s%s%s: %s", text, *text ? "; " : "", result_text(reasons, j, "reason"),
                              result_text(reasons, j, "explanation"));
            who = pool_print(pool, "%s%s%s", who, *who ? ", " : "", result_text(reasons, j, "who"));
        }
        need_add(runner, &list, pool_print(pool, "%s", result_text(needs, i, "row")), text, who);
    }
    return list;
}

static struct need_list needs_of_error(struct runner *runner, const stepdown_error *error) {
    struct need_list list = {0};
    struct pool *pool = &runner->pool;
    struct need need;
    for (size_t i = 0; error && i < stepdown_error_detail_count(error); i++) {
        if (error_need(error, i, &need))
            need_add(runner, &list, pool_print(pool, "%s", need.row),
                     pool_print(pool, "%s: %s", need.reason, need.explanation), pool_print(pool, "%s", need.who));
    }
    return list;
}

static const char *needs_text(struct runner *runner, const struct need_list *needs) {
    const char *text = "";
    for (size_t i = 0; i < needs->count; i++)
        text = pool_print(&runner->pool, "%s%s%s (%s; cleared by %s)", text, *text ? ", " : "", needs->list[i].row,
                          needs->list[i].reason, needs->list[i].who);
    return *text ? text : "nothing is unmet";
}

static bool need_agrees(const struct need *need, const struct node *expected) {
    const struct node *reasons = tree_get(expected, "reason");
    for (size_t i = 0; i < node_count(reasons); i++) {
        if (!strstr(need->reason, node_at(reasons, i)->text))
            return false;
    }
    return strstr(need->who, tree_text(expected, "who", "")) != NULL;
}

static const char *need_row(const struct node *expected) {
    return expected->kind == NODE_TEXT ? expected->text : tree_text(expected, "row", "");
}

// Exactly these needs are unmet, for these reasons.
static void check_needs(struct runner *runner, const struct node *expected, const struct need_list *needs) {
    const char *rows = "";
    bool agree = node_count(expected) == needs->count;
    for (size_t i = 0; i < node_count(expected); i++) {
        const struct node *wanted = node_at(expected, i);
        bool found = false;
        for (size_t j = 0; j < needs->count; j++)
            found = found || (rows_have(needs->list[j].row, need_row(wanted)) && need_agrees(&needs->list[j], wanted));
        agree = agree && found;
        const struct node *reasons = tree_get(wanted, "reason");
        const char *who = tree_text(wanted, "who", "");
        rows = pool_print(&runner->pool, "%s%s%s", rows, *rows ? ", " : "", need_row(wanted));
        for (size_t j = 0; j < node_count(reasons); j++)
            rows = pool_print(&runner->pool, "%s%s%s", rows, j == 0 ? " (" : ", ", node_at(reasons, j)->text);
        if (reasons || *who)
            rows = pool_print(&runner->pool, "%s%s%s%s", rows, reasons ? "" : " (", *who ? "; cleared by " : "", who);
        if (reasons || *who)
            rows = pool_print(&runner->pool, "%s)", rows);
    }
    if (agree)
        runner->expectations++;
    else
        runner_unmet(runner, expected, "unmet needs", *rows ? rows : "nothing is unmet", needs_text(runner, needs), "");
}

// Every need of a gate that was asked about, for the coverage of rows.
static void touch_needs(struct runner *runner, const stepdown_result *gate) {
    const stepdown_result *needs = result_rows(gate, 0, "needs");
    for (size_t i = 0; i < stepdown_result_count(needs); i++) {
        bool met = strcmp(result_text(needs, i, "verdict"), "met") == 0;
        coverage_touch(&runner->touches, &runner->pool, "need", result_text(gate, 0, "gate"),
                       result_text(needs, i, "row"), met ? "gate open" : "gate held");
    }
}

static void check_one_gate(struct runner *runner, const struct node *expected) {
    stepdown_result *result = NULL;
    const struct node *unmet = tree_get(expected, "unmet");
    const char *name = tree_text(expected, "name", ""), *is = tree_text(expected, "is", "");
    if (!expect_pathway(runner, expected) ||
        !expect_answered(runner, expected,
                         stepdown_gate_check(runner->pathway->observer, runner->pathway->id,
                                             runner_expand(runner, name), &result, &runner->error)))
        return;
    struct need_list needs = needs_of_gate(runner, result_rows(result, 0, "needs"));
    bool open = result_integer(result, 0, "open") != 0;
    if (open != (strcmp(is, "open") == 0))
        runner_unmet(runner, expected, pool_print(&runner->pool, "gate %s", name), is,
                     open ? "open" : pool_print(&runner->pool, "held: %s", needs_text(runner, &needs)), "");
    else if (unmet)
        check_needs(runner, unmet, &needs);
    if (!runner->stopped)
        touch_needs(runner, result);
    runner->expectations += !runner->stopped;
    stepdown_result_free(&result);
}

static void check_gates(struct runner *runner, const struct node *expected) {
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++)
        check_one_gate(runner, node_at(expected, i));
}

// What the refusal says, its diagnostics with it: one for each line.
static const char *refusal_text(struct runner *runner) {
    const stepdown_error *error = runner->error;
    const char *text = error ? pool_print(&runner->pool, "%s", stepdown_error_message(error)) : "";
    for (size_t i = 0; error && i < stepdown_error_diagnostic_count(error); i++)
        text = pool_print(&runner->pool, "%s\n%s", text, stepdown_error_diagnostic_message(error, i));
    return text;
}

void expect_refusal(struct runner *runner, const struct node *refused, stepdown_status status) {
    const struct node *unmet = tree_get(refused, "unmet");
    const char *wanted = refused->kind == NODE_TEXT ? refused->text : tree_text(refused, "status", "");
    const struct node *says = runner->step->trusted ? NULL : tree_get(refused, "says");
    const char *name = stepdown_status_name(status), *message = refusal_text(runner);
    if (strcmp(wanted, name) != 0)
        runner_unmet(runner, refused, "refusal", wanted,
                     *message ? pool_print(&runner->pool, "%s: %s", name, message) : name, "");
    for (size_t i = 0; i < node_count(says) && !runner->stopped; i++) {
        if (!strstr(message, node_at(says, i)->text))
            runner_unmet(runner, node_at(says, i), "refusal", node_at(says, i)->text, message, "");
    }
    if (runner->stopped || runner->step->trusted) // what a case left out may have changed what is unmet
        return;
    runner->expectations++;
    struct need_list needs = needs_of_error(runner, runner->error);
    if (unmet)
        check_needs(runner, unmet, &needs);
    for (size_t i = 0; unmet && !runner->stopped && i < needs.count; i++)
        coverage_touch(&runner->touches, &runner->pool, "need", NULL, needs.list[i].row, "gate held");
}

// ---- confirmations --------------------------------------------------------------------------------------------------

static const char *records_text(struct runner *runner, const stepdown_result *records) {
    const char *text = "";
    for (size_t i = 0; i < stepdown_result_count(records); i++)
        text = pool_print(&runner->pool, "%s%s%s", text, *text ? ", " : "", result_text(records, i, "id"));
    return text;
}

static const char *lacking_text(struct runner *runner, const stepdown_result *lacking) {
    const char *text = "";
    for (size_t i = 0; i < stepdown_result_count(lacking); i++)
        text = pool_print(&runner->pool, "%s%s%s: %s", text, *text ? "; " : "", result_text(lacking, i, "reason"),
                          result_text(lacking, i, "explanation"));
    return text;
}

static void check_confirmation(struct runner *runner, const char *name, const struct node *expected,
                               const stepdown_result *validation, size_t row) {
    struct pool *pool = &runner->pool;
    const char *wanted = expected->kind == NODE_TEXT ? expected->text : tree_text(expected, "answered", "");
    const char *value = tree_text(expected, "value", NULL), *label = tree_text(expected, "label", NULL);
    const struct node *count = tree_get(expected, "records"), *lacks = tree_get(expected, "lacking");
    const stepdown_result *records = result_rows(validation, row, "records");
    const char *lacking = lacking_text(runner, result_rows(validation, row, "lacking"));
    bool agree = strcmp(wanted, result_text(validation, row, "answered")) == 0;
    agree = agree && (!value || strcmp(runner_expand(runner, value), result_text(validation, row, "value")) == 0);
    agree = agree && (!label || strcmp(label, result_text(validation, row, "label")) == 0);
    agree = agree && (!count || strtoul(count->text, NULL, 10) == stepdown_result_count(records));
    for (size_t i = 0; i < node_count(lacks); i++)
        agree = agree && strstr(lacking, node_at(lacks, i)->text) != NULL;
    if (agree) {
        runner->expectations++;
        coverage_touch(&runner->touches, pool, "confirmation", "", name, wanted);
        return;
    }
    runner_unmet(runner, expected, pool_print(pool, "confirmation %s", name),
                 pool_print(pool, "%s%s%s%s%s%s%s", wanted, value ? ", value " : "", value ? value : "",
                            label ? ", label " : "", label ? label : "", count ? ", records " : "",
                            count ? count->text : ""),
                 pool_print(pool, "%s, value %s, label %s, records %zu%s%s", result_text(validation, row, "answered"),
                            result_text(validation, row, "value"), result_text(validation, row, "label"),
                            stepdown_result_count(records), *lacking ? ", lacking " : "", lacking),
                 records_text(runner, records));
}

static void check_confirmations(struct runner *runner, const struct node *expected) {
    stepdown_result *validation = NULL;
    if (!expect_pathway(runner, expected) ||
        !expect_answered(
            runner, expected,
            stepdown_audit_validate(runner->pathway->observer, runner->pathway->id, &validation, &runner->error)))
        return;
    for (size_t i = 0; i < expected->count && !runner->stopped; i++) {
        const char *name = expected->keys[i]->text;
        bool found = false;
        for (size_t row = 0; row < stepdown_result_count(validation) && !runner->stopped; row++) {
            if (!rows_have(result_text(validation, row, "row"), name) &&
                strcmp(result_text(validation, row, "name"), name) != 0)
                continue;
            found = true;
            check_confirmation(runner, name, expected->items[i], validation, row);
        }
        if (!found)
            runner_unmet(runner, expected->keys[i], pool_print(&runner->pool, "confirmation %s", name),
                         "a row of the validation", "there is none", "");
    }
    stepdown_result_free(&validation);
}

// ---- measures -------------------------------------------------------------------------------------------------------

// A measure has this value, or "not known".
static void check_measure(struct runner *runner, const struct node *name, const struct node *expected,
                          const stepdown_result *measures) {
    const char *wanted = runner_expand(runner, expected->text), *actual = "there is no such measure";
    bool found = false, agree = true;
    for (size_t row = 0; row < stepdown_result_count(measures); row++) {
        const char *status = result_text(measures, row, "status");
        if (!rows_have(result_text(measures, row, "rows"), name->text) &&
            strcmp(result_text(measures, row, "name"), name->text) != 0)
            continue;
        const char *value = strcmp(status, "computed") == 0   ? result_text(measures, row, "value")
                            : strcmp(status, "withheld") == 0 ? status
                                                              : "not known";
        found = true;
        agree = agree && strcmp(value, wanted) == 0;
        actual = value;
    }
    if (found && agree) {
        runner->expectations++;
        coverage_touch(&runner->touches, &runner->pool, "measure", "", name->text,
                       strcmp(wanted, "not known") == 0 ? "not known" : "measured");
    } else {
        runner_unmet(runner, expected, pool_print(&runner->pool, "measure %s", name->text), wanted, actual, "");
    }
}

static void check_measures(struct runner *runner, const struct node *expected) {
    stepdown_result *measures = NULL;
    if (!expect_pathway(runner, expected) ||
        !expect_answered(runner, expected,
                         stepdown_measures(runner->pathway->observer, runner->pathway->id, &measures, &runner->error)))
        return;
    for (size_t i = 0; i < expected->count && !runner->stopped; i++)
        check_measure(runner, expected->keys[i], expected->items[i], measures);
    stepdown_result_free(&measures);
}

// ---- events, access, chains -------------------------------------------------------------------------------------------

static void check_one_event(struct runner *runner, const struct node *expected) {
    const char *event = expected->kind == NODE_TEXT ? expected->text : tree_text(expected, "event", "");
    const char *name = tree_text(expected, "name", NULL), *text = tree_text(expected, "text", "");
    const struct node *count = tree_get(expected, "count");
    const char *all = "";
    size_t found = 0;
    for (size_t i = 0; i < runner->happening_count; i++) {
        const struct happening *happening = &runner->happenings[i];
        found += strcmp(happening->event, event) == 0 && (!name || strcmp(happening->name, name) == 0) &&
                 strstr(happening->text, text) != NULL;
        all = pool_print(&runner->pool, "%s%s%s%s%s", all, *all ? ", " : "", happening->event,
                         *happening->name ? " " : "", happening->name);
    }
    if (count ? found == strtoul(count->text, NULL, 10) : found > 0)
        runner->expectations++;
    else
        runner_unmet(runner, expected, "event",
                     pool_print(&runner->pool, "%s%s%s%s%s", event, name ? " " : "", name ? name : "",
                                count ? ", times: " : "", count ? count->text : ""),
                     *all ? all : "nothing happened", "");
}

static void check_events(struct runner *runner, const struct node *expected) {
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++)
        check_one_event(runner, node_at(expected, i));
}

static void check_sight(struct runner *runner, const struct node *expected, bool sees) {
    for (size_t i = 0; i < node_count(expected) && !runner->stopped; i++) {
        const struct node *node = node_at(expected, i);
        stepdown_result *result = NULL;
        stepdown_session *session = runner_session(runner, scenario_post(runner->scenario, node->text));
        if (!session || !expect_pathway(runner, node))
            return;
        stepdown_status status = stepdown_pathway_show(session, runner->pathway->id, &result, &runner->error);
        stepdown_result_free(&result);
        stepdown_error_free(&runner->error);
        if (status == (sees ? STEPDOWN_OK : STEPDOWN_DENIED))
            runner->expectations++;
        else
            runner_unmet(runner, node, "who sees the pathway",
                         pool_print(&runner->pool, "%s %s it", node->text, sees ? "sees" : "cannot see"),
                         stepdown_status_name(status), "");
    }
}

static void check_sees(struct runner *runner, const struct node *expected) { check_sight(runner, expected, true); }

static void check_blind(struct runner *runner, const struct node *expected) { check_sight(runner, expected, false); }

static void check_chains(struct runner *runner, const struct node *expected) {
    stepdown_result *result = NULL;
    if (!expect_answered(runner, expected,
                         stepdown_audit_verify(runner->engine, NULL, NULL, NULL, &result, &runner->error)))
        return;
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        if (!result_integer(result, i, "intact"))
            runner_unmet(runner, expected, "chains", "every chain is intact",
                         pool_print(&runner->pool, "chain %s: %s", result_text(result, i, "chain"),
                                    result_text(result, i, "problem")),
                         pool_print(&runner->pool, "%lld", (long long)result_integer(result, i, "bad_sequence")));
    }
    runner->expectations += !runner->stopped;
    stepdown_result_free(&result);
}

void expect_check(struct runner *runner, const struct node *expect) {
    static const struct {
        const char *key;
        void (*check)(struct runner *runner, const struct node *expected);
    } checks[] = {
        {"events", check_events},        {"gate", check_gates},        {"items", check_items},
        {"alerts", check_alerts},        {"entries", check_entries},   {"board", check_board},
        {"pathway", check_pathway},      {"messages", check_messages}, {"confirmations", check_confirmations},
        {"dashboard", check_dashboard},  {"measures", check_measures}, {"sees", check_sees},
        {"cannot see", check_blind},     {"chains", check_chains},     {"boards", expect_boards},
        {"seen by", expect_seen},        {"nowhere", expect_nowhere},  {"responsibility", expect_responsibility},
        {"migration", expect_migration},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && !runner->stopped; i++) {
        const struct node *expected = tree_get(expect, checks[i].key);
        if (expected)
            checks[i].check(runner, expected);
    }
}
