// SPDX-License-Identifier: Apache-2.0
// Results laid out for people. Tables are rows of {heading, column, how a cell is made}; board, gate and validation are
// written as cards, because their texts are sentences.
#include "cli/view.h"
#include "cli/when.h"

#include <string.h>

// ---- reading results ----------------------------------------------------------------------------------------------

const char *result_text(const stepdown_result *result, size_t row, const char *column) {
    return stepdown_result_text(result, row, stepdown_result_column(result, column));
}

int64_t result_integer(const stepdown_result *result, size_t row, const char *column) {
    return stepdown_result_integer(result, row, stepdown_result_column(result, column));
}

stepdown_time result_time(const stepdown_result *result, size_t row, const char *column) {
    int32_t found = stepdown_result_column(result, column);
    return found < 0 ? STEPDOWN_TIME_NONE : stepdown_result_integer(result, row, found);
}

const stepdown_result *result_rows(const stepdown_result *result, size_t row, const char *column) {
    return stepdown_result_rows(result, row, stepdown_result_column(result, column));
}

char *owner_text(struct pool *pool, const char *owner, const char *role) {
    const char *name = *owner ? owner : "UNOWNED";
    return *role ? pool_print(pool, "%s (%s)", name, role) : pool_copy(pool, name, strlen(name));
}

// ---- tables -------------------------------------------------------------------------------------------------------

struct view_column;
struct making { // a cell being made
    struct pool *pool;
    const struct view *view;
    const stepdown_result *result;
    size_t row;
    const struct view_column *column;
    enum tone tone;
};
struct view_column {
    const char *heading, *name;
    const char *(*make)(struct making *making);
};
enum { MOST_COLUMNS = 9 };

static const char *make_text(struct making *making) {
    return result_text(making->result, making->row, making->column->name);
}

static const char *make_time(struct making *making) {
    return when_text(making->pool, result_time(making->result, making->row, making->column->name), making->view->zone);
}

static const char *make_number(struct making *making) {
    return pool_print(making->pool, "%lld",
                      (long long)result_integer(making->result, making->row, making->column->name));
}

static const char *make_yes(struct making *making) {
    return result_integer(making->result, making->row, making->column->name) ? "yes" : "";
}

static const char *make_owner(struct making *making) {
    const char *owner = result_text(making->result, making->row, "owner");
    making->tone = *owner ? TONE_PLAIN : TONE_RED;
    return owner_text(making->pool, owner, result_text(making->result, making->row, "owner_role"));
}

static const char *make_due(struct making *making) {
    stepdown_time due = result_time(making->result, making->row, "due");
    bool overdue = result_integer(making->result, making->row, "overdue") != 0;
    bool late = result_integer(making->result, making->row, "late") != 0;
    making->tone = overdue ? TONE_RED : late ? TONE_YELLOW : TONE_PLAIN;
    if (due == STEPDOWN_TIME_NONE)
        return "";
    return pool_print(making->pool, "%s%s", when_text(making->pool, due, making->view->zone),
                      late      ? " late"
                      : overdue ? " OVERDUE"
                                : "");
}

static const char *make_events(struct making *making) {
    const stepdown_result *events = result_rows(making->result, making->row, "events");
    const char *text = "";
    for (size_t i = 0; i < stepdown_result_count(events); i++) {
        const char *name = result_text(events, i, "name");
        text = pool_print(making->pool, "%s%s%s%s%s", text, *text ? ", " : "", result_text(events, i, "event"),
                          *name ? " " : "", name);
    }
    return text;
}

static const char *make_state(struct making *making) {
    const char *state = result_text(making->result, making->row, "state");
    if (result_integer(making->result, making->row, "suspended"))
        return pool_print(making->pool, "%s, suspended", state);
    return state;
}

static const char *make_intact(struct making *making) {
    bool intact = result_integer(making->result, making->row, "intact") != 0;
    making->tone = intact ? TONE_GREEN : TONE_RED;
    return intact ? "intact" : "BROKEN";
}

static const char *make_bad(struct making *making) {
    int64_t sequence = result_integer(making->result, making->row, "bad_sequence");
    return sequence < 0 ? "" : pool_print(making->pool, "%lld", (long long)sequence);
}

static const char *make_head(struct making *making) {
    if (making->view->brief)
        return "";
    return pool_print(making->pool, "%.16s", result_text(making->result, making->row, "head"));
}

static const char *make_count(struct making *making) {
    bool hidden = result_integer(making->result, making->row, "hidden") != 0;
    making->tone = hidden ? TONE_DIM : TONE_PLAIN;
    return hidden ? "few"
                  : pool_print(making->pool, "%lld", (long long)result_integer(making->result, making->row, "count"));
}

static void view_table(const struct view *view, const stepdown_result *result, const struct view_column *columns,
                       size_t count, const char *nothing) {
    const char *headings[MOST_COLUMNS];
    struct pool pool = {0};
    struct table table;
    if (stepdown_result_count(result) == 0) {
        screen_line(view->screen, TONE_DIM, "%*s%s", (int)view->indent, "", nothing);
        return;
    }
    for (size_t i = 0; i < count; i++)
        headings[i] = columns[i].heading;
    table_start(&table, headings, count);
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        for (size_t i = 0; i < count; i++) {
            struct making making = {&pool, view, result, row, &columns[i], TONE_PLAIN};
            const char *text = columns[i].make(&making);
            table_cell(&table, making.tone, text);
        }
    }
    table_print(&table, view->screen, view->indent);
    if (*stepdown_result_next(result))
        screen_line(view->screen, TONE_DIM, "more: --from %s", stepdown_result_next(result));
    pool_free(&pool);
}
#define VIEW_TABLE(view, result, columns, nothing)                                                                     \
    view_table(view, result, columns, sizeof(columns) / sizeof((columns)[0]), nothing)

void view_items(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"id", "id", make_text},        {"item", "name", make_text}, {"kind", "kind", make_text},
        {"state", "state", make_state}, {"owner", NULL, make_owner}, {"due", "due", make_due},
        {"about", "about", make_text},
    };
    VIEW_TABLE(view, result, columns, "no items");
}

void view_pathways(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"pathway", "pathway", make_text},   {"protocol", "protocol", make_text}, {"subject", "subject", make_text},
        {"opened", "opened_at", make_time},  {"closed", "closed", make_yes},      {"records", "sequence", make_number},
        {"next due", "next_due", make_time},
    };
    VIEW_TABLE(view, result, columns, "no pathways");
}

void view_records(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"no.", "sequence", make_number},
        {"happened", "occurred_at", make_time},
        {"recorded", "recorded_at", make_time},
        {"by", "actor", make_text},
        {"role", "role", make_text},
        {"cause", "cause", make_text},
        {"events", NULL, make_events},
        {"bytes", "bytes", make_number},
    };
    VIEW_TABLE(view, result, columns, "no records");
}

void view_verification(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"chain", "kind", make_text}, {"of", "chain", make_text},           {"records", "records", make_number},
        {"", NULL, make_intact},      {"first bad record", NULL, make_bad}, {"problem", "problem", make_text},
        {"head", NULL, make_head},
    };
    VIEW_TABLE(view, result, columns, "no chains");
}

void view_advance(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"pathway", "pathway", make_text}, {"was due", "due", make_time},     {"records", "records", make_number},
        {"status", "status", make_text},   {"message", "message", make_text},
    };
    VIEW_TABLE(view, result, columns, "nothing was due");
}

void view_knowledge(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"person", "person", make_text},
        {"role", "role", make_text},
        {"organization", "organization", make_text},
        {"how", "how", make_text},
        {"through", "through", make_text},
        {"since", "since", make_time},
        {"version", "version", make_number},
    };
    VIEW_TABLE(view, result, columns, "nobody knows of it");
}

void view_assignments(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"role", "role", make_text},     {"organization", "organization", make_text},
        {"person", "person", make_text}, {"from", "from", make_time},
        {"until", "until", make_time},   {"on call", "on_call", make_yes},
    };
    VIEW_TABLE(view, result, columns, "nobody holds a role");
}

void view_dashboard(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"cell", "cell", make_text}, {"group", "group", make_text}, {"count", "count", make_count}};
    VIEW_TABLE(view, result, columns, "nothing is counted");
}

void view_protocols(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"protocol", "name", make_text},
        {"version", "version", make_text},
        {"title", "title", make_text},
    };
    VIEW_TABLE(view, result, columns, "no protocols");
}

void view_outbox(const struct view *view, const stepdown_result *result) {
    static const struct view_column columns[] = {
        {"token", "token", make_text},     {"to", "recipient", make_text}, {"role", "recipient_role", make_text},
        {"subject", "subject", make_text}, {"text", "text", make_text},    {"due", "due", make_time},
    };
    VIEW_TABLE(view, result, columns, "nothing to deliver");
}

// "  1.2  appointment.opened first_visit, owner UNOWNED (frontline-worker), due …", and what it says below.
static void event_line(const struct view *view, const stepdown_result *events, size_t row) {
    struct pool pool = {0};
    const char *role = result_text(events, row, "owner_role"), *owner = result_text(events, row, "owner");
    const char *text = pool_print(&pool, "%s %s", result_text(events, row, "event"), result_text(events, row, "name"));
    stepdown_time due = result_time(events, row, "due");
    if (*role || *owner)
        text = pool_print(&pool, "%s, owner %s", text, owner_text(&pool, owner, role));
    if (due != STEPDOWN_TIME_NONE)
        text = pool_print(&pool, "%s, due %s", text, when_text(&pool, due, view->zone));
    const char *lead = pool_print(&pool, "%*s%-6s ", (int)view->indent + 2, "", result_text(events, row, "id"));
    screen_paragraph(view->screen, *role && !*owner ? TONE_RED : TONE_PLAIN, lead, view->indent + 11, text);
    const char *says = when_within(&pool, result_text(events, row, "text"), view->zone);
    if (*says)
        screen_paragraph(view->screen, TONE_DIM, pool_print(&pool, "%*s", (int)view->indent + 11, ""),
                         view->indent + 11, says);
    pool_free(&pool);
}

void view_receipt(const struct view *view, const stepdown_result *result) {
    const stepdown_result *events = result_rows(result, 0, "events");
    screen_line(view->screen, TONE_BOLD, "pathway %s, record %lld%s", result_text(result, 0, "pathway"),
                (long long)result_integer(result, 0, "sequence"),
                result_integer(result, 0, "repeated") ? " (carried out before; nothing changed)" : "");
    for (size_t row = 0; row < stepdown_result_count(events); row++)
        event_line(view, events, row);
}

// ---- cards --------------------------------------------------------------------------------------------------------

// "      label      text", wrapped under itself; nothing for empty text.
static void card_line(const struct view *view, enum tone tone, const char *label, const char *text) {
    enum { LABEL_WIDTH = 12 };
    struct pool pool = {0};
    size_t indent = view->indent + 4;
    if (*text)
        screen_paragraph(view->screen, tone, pool_print(&pool, "%*s%-*s", (int)indent, "", LABEL_WIDTH, label),
                         indent + LABEL_WIDTH, text);
    pool_free(&pool);
}

// Whose case it is, where a board shows several; and in words what somebody must look at.
static void board_whose(const struct view *view, const stepdown_result *board, size_t row) {
    struct pool pool = {0};
    card_line(view, TONE_RED, "attention", result_text(board, row, "attention"));
    card_line(view, TONE_PLAIN, "for",
              pool_print(&pool, "%s (%s) %s", result_text(board, row, "subject"), result_text(board, row, "protocol"),
                         result_text(board, row, "pathway")));
    pool_free(&pool);
}

static void board_card(const struct view *view, const stepdown_result *board, size_t row, bool several) {
    struct pool pool = {0};
    bool overdue = result_integer(board, row, "overdue") != 0, unowned = result_integer(board, row, "unowned") != 0;
    const char *owner = result_text(board, row, "owner");
    const char *to = result_text(board, row, "escalates_to");
    stepdown_time due = result_time(board, row, "due"), escalates = result_time(board, row, "escalates_at");
    char *who = owner_text(&pool, owner, result_text(board, row, "owner_role"));
    if (*owner && !result_integer(board, row, "accepted"))
        who = pool_print(&pool, "%s, not yet accepted", who);
    screen_line(view->screen, TONE_BOLD, "%*s%2zu. %s (%s, %s)", (int)view->indent, "", row + 1,
                result_text(board, row, "action"), result_text(board, row, "kind"), result_text(board, row, "state"));
    if (several)
        board_whose(view, board, row);
    card_line(view, unowned || !*owner ? TONE_RED : TONE_PLAIN, "owner", who);
    card_line(view, overdue ? TONE_RED : TONE_PLAIN, "due",
              due == STEPDOWN_TIME_NONE
                  ? "no date"
                  : pool_print(&pool, "%s%s", when_text(&pool, due, view->zone), overdue ? "  OVERDUE" : ""));
    if (escalates != STEPDOWN_TIME_NONE)
        card_line(view, TONE_PLAIN, "escalates",
                  pool_print(&pool, "%s%s%s", when_text(&pool, escalates, view->zone), *to ? " to " : "", to));
    card_line(view, TONE_PLAIN, "done when", result_text(board, row, "evidence"));
    card_line(view, TONE_YELLOW, "held by", result_text(board, row, "blocked_by"));
    if (result_integer(board, row, "waiting"))
        card_line(view, TONE_PLAIN, "waiting", "sent, and not yet answered");
    pool_free(&pool);
}

void view_board(const struct view *view, const stepdown_result *result) {
    if (stepdown_result_count(result) == 0)
        screen_line(view->screen, TONE_GREEN, "%*sNothing is left to do.", (int)view->indent, "");
    for (size_t row = 0; row < stepdown_result_count(result); row++)
        board_card(view, result, row, false);
}

void view_boards(const struct view *view, const stepdown_result *result) {
    const char *next = stepdown_result_next(result);
    if (stepdown_result_count(result) == 0 && !*next)
        screen_line(view->screen, TONE_GREEN, "%*sNothing is left to do.", (int)view->indent, "");
    for (size_t row = 0; row < stepdown_result_count(result); row++)
        board_card(view, result, row, true);
    if (*next)
        screen_line(view->screen, TONE_DIM, "more: --from %s", next);
}

// "12.0 v14, 15.1": ids of the records that prove something.
static char *records_text(struct pool *pool, const stepdown_result *records) {
    char *text = pool_copy(pool, "", 0);
    for (size_t i = 0; i < stepdown_result_count(records); i++) {
        const char *what = result_text(records, i, "form"), *field = result_text(records, i, "field");
        text = pool_print(pool, "%s%s%s%s%s%s%s", text, *text ? ", " : "", what, *what ? " " : "",
                          result_text(records, i, "id"), *field ? " " : "", field);
    }
    return text;
}

static void need_card(const struct view *view, const stepdown_result *needs, size_t row) {
    struct pool pool = {0};
    const char *verdict = result_text(needs, row, "verdict");
    bool met = strcmp(verdict, "met") == 0;
    const stepdown_result *reasons = result_rows(needs, row, "reasons");
    screen_paragraph(
        view->screen, met ? TONE_GREEN : TONE_RED,
        pool_print(&pool, "%*s%-8s %-9s ", (int)view->indent + 2, "", verdict, result_text(needs, row, "row")),
        view->indent + 21, result_text(needs, row, "says"));
    for (size_t i = 0; i < stepdown_result_count(reasons); i++) {
        const char *who = result_text(reasons, i, "who");
        stepdown_time by = result_time(reasons, i, "by");
        screen_paragraph(
            view->screen, TONE_YELLOW, pool_print(&pool, "%*s", (int)view->indent + 21, ""), view->indent + 23,
            pool_print(&pool, "%s: %s", result_text(reasons, i, "reason"), result_text(reasons, i, "explanation")));
        if (*who)
            screen_paragraph(view->screen, TONE_PLAIN, pool_print(&pool, "%*s", (int)view->indent + 23, ""),
                             view->indent + 25,
                             pool_print(&pool, "can be cleared by %s%s%s", who, by == STEPDOWN_TIME_NONE ? "" : ", by ",
                                        when_short(&pool, by, view->zone)));
    }
    const char *records = records_text(&pool, result_rows(needs, row, "records"));
    if (met && *records)
        screen_paragraph(view->screen, TONE_DIM, pool_print(&pool, "%*srecords ", (int)view->indent + 21, ""),
                         view->indent + 29, records);
    if (met && result_integer(needs, row, "vacuous"))
        screen_line(view->screen, TONE_YELLOW, "%*snone recorded", (int)view->indent + 21, "");
    pool_free(&pool);
}

void view_gate(const struct view *view, const stepdown_result *result) {
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        const stepdown_result *needs = result_rows(result, row, "needs");
        bool open = result_integer(result, row, "open") != 0;
        size_t count = stepdown_result_count(needs), unmet = 0;
        for (size_t i = 0; i < count; i++)
            unmet += strcmp(result_text(needs, i, "verdict"), "met") != 0;
        const char *title = result_text(result, row, "title");
        if (open)
            screen_line(view->screen, TONE_GREEN, "%*s%s: OPEN", (int)view->indent, "", title);
        else
            screen_line(view->screen, TONE_RED, "%*s%s: HELD, %zu of %zu needs are not met", (int)view->indent, "",
                        title, unmet, count);
        for (size_t i = 0; i < count; i++)
            need_card(view, needs, i);
    }
}

static void field_line(const struct view *view, const stepdown_result *fields, size_t row) {
    struct pool pool = {0};
    const char *statement = result_text(fields, row, "statement");
    bool erased = result_integer(fields, row, "erased") != 0;
    screen_paragraph(
        view->screen, *statement && strcmp(statement, "fact") != 0 ? TONE_BLUE : TONE_PLAIN,
        pool_print(&pool, "%*s%-15s %s: ", (int)view->indent + 4, "", statement, result_text(fields, row, "name")),
        view->indent + 22, erased ? "(erased)" : when_within(&pool, result_text(fields, row, "value"), view->zone));
    pool_free(&pool);
}

void view_entries(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    if (stepdown_result_count(result) == 0)
        screen_line(view->screen, TONE_DIM, "%*sno entries", (int)view->indent, "");
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        const stepdown_result *fields = result_rows(result, row, "fields");
        const char *author = result_text(result, row, "author"); // of a report: nobody, it came from another pathway
        screen_line(view->screen, TONE_BOLD, "%*s%s %s, %s, %s%s", (int)view->indent + 2, "",
                    result_text(result, row, "form"), result_text(result, row, "id"),
                    when_text(&pool, result_time(result, row, "occurred_at"), view->zone),
                    *author ? pool_print(&pool, "by %s (%s)", author, result_text(result, row, "author_role"))
                            : "heard from others",
                    result_integer(result, row, "retracted") ? ", RETRACTED" : "");
        for (size_t i = 0; i < stepdown_result_count(fields); i++)
            field_line(view, fields, i);
    }
    pool_free(&pool);
}

static void confirmation_card(const struct view *view, const stepdown_result *result, size_t row) {
    struct pool pool = {0};
    const char *answered = result_text(result, row, "answered"), *label = result_text(result, row, "label");
    const char *value = when_within(&pool, result_text(result, row, "value"), view->zone);
    const stepdown_result *lacking = result_rows(result, row, "lacking");
    bool confirmed = strcmp(answered, "confirmed") == 0, unconfirmed = strcmp(answered, "unconfirmed") == 0;
    screen_paragraph(view->screen, TONE_BOLD,
                     pool_print(&pool, "%*s%-8s ", (int)view->indent + 2, "", result_text(result, row, "row")),
                     view->indent + 11, result_text(result, row, "says"));
    card_line(view,
              confirmed     ? TONE_GREEN
              : unconfirmed ? TONE_RED
                            : TONE_DIM,
              "answered",
              pool_print(&pool, "%s%s", answered, result_integer(result, row, "vacuous") ? " (none recorded)" : ""));
    card_line(view, TONE_PLAIN, "about", result_text(result, row, "about"));
    card_line(view, TONE_PLAIN, "value",
              *label && *value && strcmp(label, value) != 0 ? pool_print(&pool, "%s (%s)", label, value)
              : *label                                      ? label
                                                            : value);
    if (!confirmed)
        card_line(view, TONE_PLAIN, "due", when_text(&pool, result_time(result, row, "due"), view->zone));
    card_line(view, TONE_DIM, "proved by", records_text(&pool, result_rows(result, row, "records")));
    for (size_t i = 0; i < stepdown_result_count(lacking); i++)
        card_line(
            view, TONE_YELLOW, "lacking",
            pool_print(&pool, "%s: %s", result_text(lacking, i, "reason"), result_text(lacking, i, "explanation")));
    pool_free(&pool);
}

void view_validation(const struct view *view, const stepdown_result *result) {
    for (size_t row = 0; row < stepdown_result_count(result); row++)
        confirmation_card(view, result, row);
}

// "42 minutes (of 3, 1 without)", or why there is no value.
static const char *measure_text(struct pool *pool, const stepdown_result *result, size_t row) {
    const char *status = result_text(result, row, "status"), *value = result_text(result, row, "value");
    long long members = result_integer(result, row, "members"), without = result_integer(result, row, "without");
    bool known = strcmp(status, "computed") == 0, erased = result_integer(result, row, "erased") != 0;
    const char *text = known && !*value ? "in groups" : known ? value : status;
    if (erased)
        text = pool_print(pool, "%s, and something it rests on was erased", text);
    if (without > 0)
        return pool_print(pool, "%s (of %lld, %lld without)", text, members, without);
    return members > 1 ? pool_print(pool, "%s (of %lld)", text, members) : text;
}

void view_measures(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    if (stepdown_result_count(result) == 0)
        screen_line(view->screen, TONE_DIM, "%*sthe protocols measure nothing", (int)view->indent, "");
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        const char *id = result_text(result, row, "rows");
        const stepdown_result *groups = result_rows(result, row, "groups");
        bool known = strcmp(result_text(result, row, "status"), "computed") == 0;
        const char *lead =
            pool_print(&pool, "%*s%-10s ", (int)view->indent, "", *id ? id : result_text(result, row, "name"));
        screen_paragraph(
            view->screen, known ? TONE_PLAIN : TONE_DIM, lead, view->indent + 11,
            pool_print(&pool, "%s: %s", result_text(result, row, "says"), measure_text(&pool, result, row)));
        for (size_t i = 0; i < stepdown_result_count(groups); i++)
            card_line(view, TONE_PLAIN, result_text(groups, i, "group"), result_text(groups, i, "value"));
    }
    pool_free(&pool);
}

void view_responsibility(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    if (stepdown_result_count(result) == 0)
        screen_line(view->screen, TONE_PLAIN, "%*sThe protocols know no responsibility.", (int)view->indent, "");
    for (size_t row = 0; row < stepdown_result_count(result); row++) {
        const stepdown_result *gaps = result_rows(result, row, "gaps"), *holders = result_rows(result, row, "holders");
        bool covered = result_integer(result, row, "covered") != 0;
        screen_line(view->screen, TONE_BOLD, "%*s%2zu. %s", (int)view->indent, "", row + 1,
                    result_text(result, row, "title"));
        card_line(view, TONE_PLAIN, "from", when_text(&pool, result_time(result, row, "from"), view->zone));
        card_line(view, TONE_PLAIN, "until", when_text(&pool, result_time(result, row, "until"), view->zone));
        for (size_t i = 0; i < stepdown_result_count(holders); i++)
            card_line(view, TONE_PLAIN, "held by",
                      pool_print(&pool, "%s (%s, %s) since %s", result_text(holders, i, "person"),
                                 result_text(holders, i, "role"), result_text(holders, i, "organization"),
                                 when_text(&pool, result_time(holders, i, "since"), view->zone)));
        card_line(view, covered ? TONE_GREEN : TONE_RED, "gaps", covered ? "none" : "GAP: nobody held it");
        for (size_t i = 0; i < stepdown_result_count(gaps); i++) {
            const char *after = result_text(gaps, i, "after");
            card_line(view, TONE_RED, "",
                      pool_print(&pool, "%s from %s%s%s", result_text(gaps, i, "lasts"),
                                 when_text(&pool, result_time(gaps, i, "from"), view->zone), *after ? ", after " : "",
                                 after));
        }
    }
    pool_free(&pool);
}

void view_pathway(const struct view *view, const stepdown_result *result) {
    struct pool pool = {0};
    const stepdown_result *participants = result_rows(result, 0, "participants");
    screen_line(view->screen, TONE_BOLD, "Pathway %s: %s %s", result_text(result, 0, "pathway"),
                result_text(result, 0, "protocol"), result_text(result, 0, "version"));
    card_line(view, TONE_PLAIN, "subject", result_text(result, 0, "subject"));
    card_line(view, TONE_PLAIN, "opened",
              pool_print(&pool, "%s%s", when_text(&pool, result_time(result, 0, "opened_at"), view->zone),
                         result_integer(result, 0, "closed") ? ", closed" : ""));
    card_line(view, TONE_PLAIN, "zone", result_text(result, 0, "zone"));
    card_line(view, TONE_PLAIN, "stage", result_text(result, 0, "stage"));
    card_line(view, TONE_PLAIN, "record", pool_print(&pool, "%lld", (long long)result_integer(result, 0, "sequence")));
    card_line(view, TONE_PLAIN, "next due", when_text(&pool, result_time(result, 0, "next_due"), view->zone));
    for (size_t i = 0; i < stepdown_result_count(participants); i++)
        card_line(view, TONE_PLAIN, i == 0 ? "with" : "",
                  pool_print(&pool, "%s (%s)", result_text(participants, i, "organization"),
                             result_text(participants, i, "kind")));
    screen_gap(view->screen);
    view_items(view, result_rows(result, 0, "items"));
    screen_gap(view->screen);
    view_entries(view, result_rows(result, 0, "entries"));
    pool_free(&pool);
}
