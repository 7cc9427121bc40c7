// SPDX-License-Identifier: Apache-2.0
// The transcript of a scenario: when, who, what, and what followed from it, for people to read.
#include "cli/call.h"
#include "cli/runner.h"
#include "cli/when.h"

#include <string.h>

enum { MARGIN = 7 }; // "14:00  "

struct view runner_view(const struct runner *runner) {
    return (struct view){.screen = runner->screen, .zone = runner->scenario->zone, .indent = MARGIN, .brief = true};
}

static bool silent(const struct runner *runner) { return runner->quiet || runner->hushed; }

static void paragraph(const struct runner *runner, enum tone tone, const char *lead, size_t indent, const char *text) {
    struct pool pool = {0};
    screen_paragraph(runner->screen, tone, pool_print(&pool, "%*s%s", MARGIN, "", lead), MARGIN + indent, text);
    pool_free(&pool);
}

// Which scenario it continues, how far, and without what.
static void tell_beginning(const struct runner *runner, struct pool *pool) {
    const struct scenario *scenario = runner->scenario;
    const struct node *without = tree_get(scenario->of_case, "without");
    const char *text = "";
    if (!scenario->continues)
        return;
    text = pool_print(pool, "It begins as in \"%s\"", scenario->continues);
    if (*scenario->until)
        text = pool_print(pool, "%s, up to: %s", text, scenario->until);
    for (size_t i = 0; i < node_count(without); i++)
        text = pool_print(pool, "%s%s%s", text, i == 0 ? ", without: " : ", ", node_at(without, i)->text);
    screen_paragraph(runner->screen, TONE_PLAIN, "", 0, pool_print(pool, "%s.", text));
}

void tell_opening(const struct runner *runner) {
    const struct scenario *scenario = runner->scenario;
    struct pool pool = {0};
    if (runner->quiet)
        return;
    screen_line(runner->screen, TONE_BOLD, "%s", scenario->title);
    char *rule = pool_take(&pool, text_width(scenario->title) + 1);
    memset(rule, scenario->of_case ? '-' : '=', text_width(scenario->title));
    screen_line(runner->screen, TONE_DIM, "%s", rule);
    const char *says = tree_text(scenario->of_case ? scenario->of_case : scenario->root, "says", "");
    if (*says)
        screen_paragraph(runner->screen, TONE_PLAIN, "", 0, says);
    screen_line(runner->screen, TONE_DIM, "Times in %s.", scenario->zone);
    tell_beginning(runner, &pool);
    pool_free(&pool);
}

// The day when it is another one, then the time and what stands behind it.
static void tell_moment(struct runner *runner, stepdown_time time, enum tone tone, const char *text) {
    char *day = when_day(&runner->pool, time, runner->scenario->zone);
    if (!runner->day || strcmp(runner->day, day) != 0) {
        screen_gap(runner->screen);
        screen_line(runner->screen, TONE_BOLD, "%s", day);
    }
    runner->day = day;
    screen_gap(runner->screen);
    const char *clock = when_clock(&runner->pool, time, runner->scenario->zone);
    screen_paragraph(runner->screen, tone,
                     pool_print(&runner->pool, "%-*s", MARGIN, pool_print(&runner->pool, "%s  ", clock)), MARGIN, text);
}

// Whose pathway it is, when there are several and the transcript was at another one.
static void tell_place(struct runner *runner, size_t pathway) {
    if (runner->pathway_count > 1 && runner->place != pathway)
        paragraph(runner, TONE_DIM, "", 0,
                  pool_print(&runner->pool, "In the pathway of %s:", runner->pathways[pathway].subject));
    runner->place = pathway;
}

// What follows elsewhere from the step before follows at its moment; for the rest time has to pass.
void tell_time(struct runner *runner, stepdown_time time) {
    bool at_once = runner->told && runner->told->at == time;
    if (!silent(runner))
        tell_moment(runner, time, TONE_DIM, at_once ? "at once" : "time passes");
    runner->told = NULL;
    runner->place = SIZE_MAX;
}

// A saved id with its name: "visit (6.0)".
static const char *named_text(struct runner *runner, const char *text) {
    const char *value = runner_expand(runner, text);
    bool whole = text[0] == '$' && !strchr(text + 1, '$') && !strpbrk(text + 1, " .");
    return whole ? pool_print(&runner->pool, "%s (%s)", text + 1, value) : value;
}

// Each argument on a line of its own.
static void tell_arguments(struct runner *runner, const struct step *step) {
    struct pool *pool = &runner->pool;
    const struct node *with = tree_get(step->node, "with");
    for (size_t i = 0; with && i < with->count; i++) {
        const char *value = "";
        for (size_t j = 0; j < node_count(with->items[i]); j++)
            value = pool_print(pool, "%s%s%s", value, j == 0 ? "" : ", ",
                               named_text(runner, node_at(with->items[i], j)->text));
        paragraph(runner, TONE_DIM, pool_print(pool, "    %s: ", with->keys[i]->text), 6, value);
    }
}

static void tell_action(struct runner *runner, const struct step *step) {
    struct pool *pool = &runner->pool;
    paragraph(runner, TONE_DIM, "> ", 2, pool_print(pool, "%s %s", step->verb, named_text(runner, step->target)));
    tell_arguments(runner, step);
    if (step->occurred != STEPDOWN_TIME_NONE)
        paragraph(runner, TONE_DIM, "    happened: ", 6, when_text(pool, step->occurred, runner->scenario->zone));
}

static void tell_load(struct runner *runner, const struct step *step) {
    const char *names = "", *organization = tree_text(step->node, "for", "");
    for (size_t i = 0; i < node_count(step->load); i++)
        names = pool_print(&runner->pool, "%s%s%s", names, i == 0 ? "" : ", ", node_at(step->load, i)->text);
    paragraph(runner, TONE_DIM, "> ", 2,
              pool_print(&runner->pool, "load %s%s%s", names, *organization ? " for " : "", organization));
    tell_arguments(runner, step);
}

void tell_step(struct runner *runner, const struct step *step) {
    const char *tell = tree_text(step->node, "tell", step->load ? "protocols come into force" : "");
    bool goes_on = runner->told && runner->told->as == step->as && runner->told->at == step->at && !*tell;
    if (silent(runner) || (!*tell && !step->verb))
        return;
    runner->told = step;
    if (step->as && !goes_on)
        tell_moment(runner, step->at, TONE_BOLD,
                    pool_print(&runner->pool, "%s (%s, %s)", step->as->person, step->as->role, step->as->organization));
    else if (!step->as)
        tell_moment(runner, step->at, TONE_PLAIN, tell);
    if (step->as && *tell)
        paragraph(runner, TONE_PLAIN, "", 0, tell);
    if (step->verb && !step->outbox && strcmp(step->verb, "open") != 0 && runner->pathway)
        tell_place(runner, (size_t)(runner->pathway - runner->pathways));
    if (step->verb && !step->outbox)
        tell_action(runner, step);
    if (step->load)
        tell_load(runner, step);
}

// ---- what followed ------------------------------------------------------------------------------------------------

static bool begins(const char *event, const char *family) { return strncmp(event, family, strlen(family)) == 0; }

// What the protocols call it: their words for the element of that name, or of the part in front of a dot (a field of a
// form, a moment of a gate). NULL: they have none.
static const char *words_for(const struct runner *runner, const char *name) {
    static const char *const kinds[] = {"item", "form", "report", "gate", "rule", "pattern"};
    size_t size = strcspn(name, ".");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (size_t row = 0; row < stepdown_result_count(runner->names); row++) {
            const char *known = result_text(runner->names, row, "name"),
                       *says = result_text(runner->names, row, "says");
            if (*says && strcmp(result_text(runner->names, row, "kind"), kinds[kind]) == 0 && strlen(known) == size &&
                strncmp(known, name, size) == 0)
                return says;
        }
    }
    return NULL;
}

// A rule or pattern that implements a requirement row has its name.
static bool has_row(const struct happening *happening) {
    return happening->name[0] >= 'A' && happening->name[0] <= 'Z';
}

// Title of an item, as the board shows it; for anything else the protocols' words, with the row that a rule or pattern
// stands for in front.
static const char *title_of(struct runner *runner, const stepdown_result *items, const struct happening *happening) {
    bool row_first = begins(happening->event, "rule.") || begins(happening->event, "pattern.");
    bool item = !row_first && !begins(happening->event, "gate.") && !begins(happening->event, "mark.");
    const char *words = words_for(runner, happening->name), *event = happening->event;
    for (size_t row = 0; item && row < stepdown_result_count(items); row++) {
        if (strcmp(result_text(items, row, "id"), happening->id) == 0)
            return result_text(items, row, "title");
    }
    bool told = strcmp(event, "rule.set") == 0 && has_row(happening); // with the rule itself
    if (strcmp(event, "rule.fired") == 0 && !words)
        return pool_print(&runner->pool, "%s applies", happening->name);
    if (!words || told)
        return happening->name;
    bool gate = strcmp(event, "rule.hold") == 0 || strcmp(event, "rule.release") == 0;
    return row_first && !gate ? pool_print(&runner->pool, "%s: %s", happening->name, words) : words;
}

// How events read; the first row whose part is in the event's name counts. %s is the title.
static const struct phrase {
    const char *part, *words;
    enum tone tone;
} phrases[] = {
    {"alert.opened", "ALERT: %s", TONE_RED},
    {"alert.ladder-step", "next step of the ladder: %s", TONE_RED},
    {"alert.unanswered", "nobody answered: %s", TONE_RED},
    {"item.overdue", "overdue: %s", TONE_RED},
    {"item.lead", "soon due: %s", TONE_YELLOW},
    {"gate.passed", "gate passed: %s", TONE_GREEN},
    {"gate.closed-again", "gate closed again: %s", TONE_RED},
    {".opened", "opened: %s", TONE_YELLOW},
    {"route.run", "the agreed route runs: %s", TONE_YELLOW},
    {"rule.set", "noted by rule %s", TONE_YELLOW},
    {"pattern.matched", "pattern matched: %s", TONE_YELLOW},
    {"pattern.grew", "more of the same: %s", TONE_YELLOW},
    {"rule.lapsed", "does not apply at its moment: rule %s", TONE_DIM},
    {"rule.fired", "rule %s", TONE_DIM},
    {"rule.hold", "on hold: %s", TONE_YELLOW},
    {"rule.release", "no longer on hold: %s", TONE_PLAIN},
    {"pathway.reported", "told to others: %s", TONE_PLAIN},
    {"report.received", "heard from others: %s", TONE_PLAIN},
    {"report.revised", "heard from others, revised: %s", TONE_PLAIN},
    {"item.due-changed", "due time worked out: %s", TONE_PLAIN},
};

static const char *happening_words(struct pool *pool, const struct happening *happening, const char *title,
                                   enum tone *tone) {
    *tone = TONE_PLAIN;
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (!strstr(happening->event, phrases[i].part))
            continue;
        const char *words = phrases[i].words, *place = strstr(words, "%s");
        *tone = phrases[i].tone;
        return pool_print(pool, "%.*s%s%s", (int)(place - words), words, title, place + 2);
    }
    const char *dot = strchr(happening->event, '.');
    return pool_print(pool, "%s: %s", title, dot ? dot + 1 : happening->event);
}

// What only the engine cares about: rules without a requirement row, conditions that became true or false, moments to
// look again, the first organization of a pathway. And what was said before: that a ladder tells the same people again is
// told once.
static bool is_inner(const struct happening *happening) {
    bool rule = strcmp(happening->event, "rule.fired") == 0 || strcmp(happening->event, "rule.lapsed") == 0;
    return happening->again > 1 || (rule && !has_row(happening)) || begins(happening->event, "rule.became-") ||
           strcmp(happening->event, "rule.scheduled") == 0 || strcmp(happening->event, "pathway.joined") == 0;
}

bool tell_worth(const struct runner *runner, size_t from) {
    bool worth = false;
    for (size_t i = from; i < runner->happening_count; i++)
        worth = worth || (!runner->happenings[i].own && !is_inner(&runner->happenings[i]));
    return worth;
}

static void tell_happening(struct runner *runner, const struct happening *happening, const stepdown_result *items) {
    struct pool *pool = &runner->pool;
    enum tone tone;
    bool opened = strstr(happening->event, ".opened") != NULL;
    if (happening->again == 1) {
        paragraph(runner, TONE_RED, "- ", 2,
                  pool_print(pool, "the last step of the ladder again, and again until somebody answers: %s",
                             title_of(runner, items, happening)));
        return;
    }
    const char *text = happening_words(pool, happening, title_of(runner, items, happening), &tone);
    if (opened && *happening->role)
        text = pool_print(pool, "%s; owner %s", text, owner_text(pool, happening->owner, happening->role));
    if (happening->due != STEPDOWN_TIME_NONE)
        text = pool_print(pool, "%s, due %s", text, when_short(pool, happening->due, runner->scenario->zone));
    if (*happening->text && strncmp(happening->event, "gate.", 5) != 0) // its evidence is shown by the validation
        text = pool_print(pool, "%s; %s", text, when_within(pool, happening->text, runner->scenario->zone));
    paragraph(runner, tone, "- ", 2, text);
}

void tell_happenings(struct runner *runner, size_t from) {
    stepdown_result *items = NULL;
    size_t of = SIZE_MAX; // whose items they are
    if (silent(runner))
        return;
    for (size_t i = from; i < runner->happening_count && !runner->stopped; i++) {
        const struct happening *happening = &runner->happenings[i];
        const struct watched *pathway = &runner->pathways[happening->pathway];
        stepdown_status status = STEPDOWN_OK;
        if (happening->own || is_inner(happening))
            continue;
        if (of != happening->pathway) {
            stepdown_result_free(&items);
            status = ask_items(pathway->observer, pathway->id, &items, &runner->error);
            of = happening->pathway;
        }
        tell_place(runner, of);
        if (status == STEPDOWN_OK)
            tell_happening(runner, happening, items);
        else
            runner_failed(runner, runner->step->node, status);
    }
    stepdown_result_free(&items);
}

void tell_refusal(struct runner *runner, stepdown_status status) {
    struct pool *pool = &runner->pool;
    const stepdown_error *error = runner->error;
    if (silent(runner))
        return;
    paragraph(runner, TONE_RED, pool_print(pool, "%s: ", stepdown_status_name(status)), 2,
              error ? stepdown_error_message(error) : stepdown_status_text(status));
    if (error)
        error_details(runner->screen, MARGIN + 2, error);
}

void tell_messages(struct runner *runner) {
    const stepdown_result *messages = runner->messages;
    if (silent(runner))
        return;
    if (stepdown_result_count(messages) == 0)
        paragraph(runner, TONE_DIM, "", 0, "nothing to deliver");
    for (size_t i = 0; i < stepdown_result_count(messages); i++) {
        const char *text = when_within(&runner->pool, result_text(messages, i, "text"), runner->scenario->zone);
        paragraph(runner, TONE_BLUE, "> ", 2,
                  pool_print(&runner->pool, "to %s (%s, %s): %s%s%s", result_text(messages, i, "recipient"),
                             result_text(messages, i, "recipient_role"),
                             result_text(messages, i, "recipient_organization"), result_text(messages, i, "subject"),
                             *text ? ". " : "", text));
    }
}

// ---- views --------------------------------------------------------------------------------------------------------

static const struct shown {
    const char *name, *heading;
    pathway_question ask; // NULL: of the engine, or with an argument
    void (*view)(const struct view *view, const stepdown_result *result);
} shown[] = {
    {"board", "Transition board: what must happen next", stepdown_board, view_board},
    {"validation", "Auditable validation", stepdown_audit_validate, view_validation},
    {"measures", "Measures", stepdown_measures, view_measures},
    {"verification", "Chain verification", NULL, view_verification},
    {"entries", "Entries: facts apart from interpretation", stepdown_pathway_entries, view_entries},
    {"items", "Items", ask_items, view_items},
    {"records", "Records", ask_records, view_records},
    {"pathway", "Pathway", stepdown_pathway_show, view_pathway},
    {"gate ", "Gate", NULL, view_gate},
};

static stepdown_status ask(struct runner *runner, const struct shown *view, const char *argument,
                           stepdown_result **result) {
    const struct watched *pathway = runner->pathway;
    if (view->view == view_verification)
        return stepdown_audit_verify(runner->engine, NULL, NULL, NULL, result, &runner->error);
    if (!pathway)
        return stepdown_error_raise(&runner->error, STEPDOWN_NOT_FOUND, "no pathway was opened yet");
    if (view->view == view_gate)
        return stepdown_gate_check(pathway->observer, pathway->id, argument, result, &runner->error);
    return view->ask(pathway->observer, pathway->id, result, &runner->error);
}

void tell_show(struct runner *runner, const struct node *show) {
    const struct shown *view = shown;
    stepdown_result *result = NULL;
    while (strncmp(show->text, view->name, strlen(view->name)) != 0)
        view++; // the reader let only these through
    stepdown_status status = ask(runner, view, show->text + strlen(view->name), &result);
    if (status != STEPDOWN_OK) {
        runner_failed(runner, show, status);
    } else if (!silent(runner)) {
        struct view layout = runner_view(runner);
        screen_gap(runner->screen);
        screen_line(runner->screen, TONE_BOLD, "%*s%s", MARGIN, "", view->heading);
        view->view(&layout, result);
    }
    stepdown_result_free(&result);
}

// ---- when it stops ------------------------------------------------------------------------------------------------

void tell_stop(const struct runner *runner, const struct screen *screen) {
    const struct stop *stop = &runner->stop;
    screen_line(screen, TONE_RED, "%s", stop->why);
    if (stop->status != STEPDOWN_OK) {
        error_show(screen, stop->status, stop->error);
        return;
    }
    screen_paragraph(screen, TONE_GREEN, "  expected  ", 12, stop->expected);
    screen_paragraph(screen, TONE_YELLOW, "  actual    ", 12, stop->actual);
    if (*stop->records)
        screen_paragraph(screen, TONE_PLAIN, "  records   ", 12, stop->records);
}

static void stop_at(struct runner *runner, const struct node *at, const char *what) {
    runner->stopped = true;
    runner->stop = (struct stop){.at = at, .expected = "", .actual = "", .records = ""};
    runner->stop.why =
        pool_print(&runner->pool, "%s:%u:%u: %s", at->file, (unsigned)at->line, (unsigned)at->column, what);
}

static void tell_stopped(const struct runner *runner) {
    if (runner->quiet)
        return;
    screen_gap(runner->screen);
    tell_stop(runner, runner->screen);
}

void runner_failed(struct runner *runner, const struct node *at, stepdown_status status) {
    if (!runner->stopped) {
        stop_at(runner, at, pool_print(&runner->pool, "stopped by %s", stepdown_status_name(status)));
        runner->stop.status = status;
        runner->stop.error = runner->error;
        runner->error = NULL;
        tell_stopped(runner);
    }
    stepdown_error_free(&runner->error);
}

void runner_unmet(struct runner *runner, const struct node *at, const char *what, const char *expected,
                  const char *actual, const char *records) {
    if (runner->stopped)
        return;
    stop_at(runner, at, pool_print(&runner->pool, "expectation not met: %s", what));
    runner->stop.expected = pool_copy(&runner->pool, expected, strlen(expected));
    runner->stop.actual = pool_copy(&runner->pool, actual, strlen(actual));
    runner->stop.records = pool_copy(&runner->pool, records, strlen(records));
    tell_stopped(runner);
}
