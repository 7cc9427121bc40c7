// SPDX-License-Identifier: Apache-2.0
// Outcomes of scenarios, kept beyond the runner that made them, and written for programs.
#include "cli/outcome.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { MICROSECONDS = 1000000 };

// ---- keeping ------------------------------------------------------------------------------------------------------

static const char *keep(struct outcomes *outcomes, const char *text) {
    return text ? pool_copy(&outcomes->pool, text, strlen(text)) : "";
}

static struct outcome *outcome_add(struct outcomes *outcomes, const struct scenario_file *file) {
    outcomes->list = pool_grow(&outcomes->pool, outcomes->list, outcomes->count, sizeof *outcomes->list);
    struct outcome *outcome = &outcomes->list[outcomes->count++];
    *outcome = (struct outcome){.file = keep(outcomes, file->file),
                                .scenario = keep(outcomes, file->title),
                                .of_case = "",
                                .why = "",
                                .expected = "",
                                .actual = "",
                                .records = ""};
    return outcome;
}

void outcome_of_runner(struct outcomes *outcomes, const struct scenario_file *file, const struct runner *runner,
                       int64_t took) {
    struct outcome *outcome = outcome_add(outcomes, file);
    const struct scenario *scenario = runner->scenario;
    const struct stop *stop = &runner->stop;
    outcome->of_case = scenario->of_case ? keep(outcomes, scenario->title) : "";
    outcome->met = !runner->stopped;
    outcome->steps = runner->steps;
    outcome->all_steps = scenario->step_count;
    outcome->expectations = runner->expectations;
    outcome->took = took;
    outcomes->not_met += runner->stopped;
    if (!runner->stopped)
        return;
    outcome->why = keep(outcomes, stop->why);
    outcome->expected = keep(outcomes, stop->expected);
    outcome->actual = keep(outcomes, stop->actual);
    outcome->records = keep(outcomes, stop->records);
    if (stop->status != STEPDOWN_OK)
        outcome->actual =
            pool_print(&outcomes->pool, "%s: %s", stepdown_status_name(stop->status),
                       stop->error ? stepdown_error_message(stop->error) : stepdown_status_text(stop->status));
}

void outcome_of_mistakes(struct outcomes *outcomes, const struct scenario_file *file) {
    struct outcome *outcome = outcome_add(outcomes, file);
    struct diagnostics *all = pool_take(&outcomes->pool, sizeof *all);
    *all = (struct diagnostics){.pool = &outcomes->pool, .count = file->diagnostics.count};
    all->list = pool_take(&outcomes->pool, (all->count + 1) * sizeof *all->list);
    for (size_t i = 0; i < all->count; i++) {
        all->list[i] = file->diagnostics.list[i];
        all->list[i].file = keep(outcomes, all->list[i].file);
        all->list[i].message = keep(outcomes, all->list[i].message);
    }
    outcome->diagnostics = all;
    outcome->why = pool_print(&outcomes->pool, "%s: the file is wrong", outcome->file);
    outcomes->wrong++;
}

void outcomes_free(struct outcomes *outcomes) {
    pool_free(&outcomes->pool);
    memset(outcomes, 0, sizeof *outcomes);
}

const char *outcome_name(struct pool *pool, const struct outcome *outcome) {
    return pool_print(pool, "%s: %s%s%s", outcome->file, outcome->scenario, *outcome->of_case ? ": " : "",
                      outcome->of_case);
}

// "FILE:1:2: message", one for each line.
static const char *mistakes_text(struct pool *pool, const struct diagnostics *diagnostics) {
    const char *text = "";
    for (size_t i = 0; diagnostics && i < diagnostics->count; i++)
        text = pool_print(pool, "%s%s%s:%u:%u: %s", text, i == 0 ? "" : "\n", diagnostics->list[i].file,
                          (unsigned)diagnostics->list[i].line, (unsigned)diagnostics->list[i].column,
                          diagnostics->list[i].message);
    return text;
}

// ---- JSON -----------------------------------------------------------------------------------------------------------

static json_t *diagnostics_json(const struct diagnostics *diagnostics) {
    json_t *list = json_array();
    for (size_t i = 0; i < diagnostics->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s}", "file", diagnostics->list[i].file, "line",
                                              (json_int_t)diagnostics->list[i].line, "column",
                                              (json_int_t)diagnostics->list[i].column, "message",
                                              diagnostics->list[i].message));
    return list;
}

static json_t *outcome_json(const struct outcome *outcome) {
    if (outcome->diagnostics)
        return json_pack("{s:s, s:b, s:o}", "file", outcome->file, "met", 0, "diagnostics",
                         diagnostics_json(outcome->diagnostics));
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s, s:s, s:s, s:s}", "file", outcome->file, "scenario",
                     outcome->scenario, "case", outcome->of_case, "met", outcome->met, "steps",
                     (json_int_t)outcome->steps, "expectations", (json_int_t)outcome->expectations, "stopped",
                     outcome->why, "expected", outcome->expected, "actual", outcome->actual, "records",
                     outcome->records);
}

void outcomes_json(struct outcomes *outcomes, FILE *file) {
    json_t *list = json_array();
    for (size_t i = 0; i < outcomes->count; i++)
        json_array_append_new(list, outcome_json(&outcomes->list[i]));
    json_dumpf(list, file, JSON_INDENT(2));
    fputc('\n', file);
    json_decref(list);
}

// ---- TAP ------------------------------------------------------------------------------------------------------------

// A text as one double-quoted scalar.
static void write_quoted(FILE *file, const char *key, const char *text) {
    json_t *value = json_string(text);
    fprintf(file, "  %s: ", key);
    if (!value || json_dumpf(value, file, JSON_ENCODE_ANY) != 0)
        fputs("\"?\"", file);
    fputc('\n', file);
    json_decref(value);
}

// The description of a test: no line breaks, and '#' and '\' escaped, because a directive begins with '#'.
static void write_description(FILE *file, const char *text) {
    for (; *text; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', file);
        fputc(*text == '\n' ? ' ' : *text, file);
    }
    fputc('\n', file);
}

void outcomes_tap(struct outcomes *outcomes, FILE *file) {
    fprintf(file, "TAP version 14\n1..%zu\n", outcomes->count);
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct outcome *outcome = &outcomes->list[i];
        fprintf(file, "%sok %zu - ", outcome->met ? "" : "not ", i + 1);
        write_description(file, outcome_name(&outcomes->pool, outcome));
        if (outcome->met)
            continue;
        fputs("  ---\n", file);
        write_quoted(file, "message", outcome->why);
        if (outcome->diagnostics)
            write_quoted(file, "mistakes", mistakes_text(&outcomes->pool, outcome->diagnostics));
        if (*outcome->expected)
            write_quoted(file, "expected", outcome->expected);
        if (*outcome->actual)
            write_quoted(file, "actual", outcome->actual);
        if (*outcome->records)
            write_quoted(file, "records", outcome->records);
        fputs("  ...\n", file);
    }
}

// ---- JUnit XML --------------------------------------------------------------------------------------------------------

static void write_xml(FILE *file, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        const char *name = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
        if (name)
            fputs(name, file);
        else if (c == '\n')
            fputs("&#10;", file); // kept in attributes too
        else if (c < ' ')
            fputc(' ', file); // which no XML may hold
        else
            fputc(c, file);
    }
}

static void write_attribute(FILE *file, const char *name, const char *value) {
    fprintf(file, " %s=\"", name);
    write_xml(file, value);
    fputc('"', file);
}

static void write_time(FILE *file, int64_t took) {
    fprintf(file, " time=\"%" PRId64 ".%06" PRId64 "\"", took / MICROSECONDS, took % MICROSECONDS);
}

// A class name has dots between its parts: the folders and the file, without its ending.
static const char *class_name(struct pool *pool, const char *path) {
    size_t size = strlen(path), ending = size > 5 && strcmp(path + size - 5, ".yaml") == 0 ? 5 : 0;
    char *name = pool_copy(pool, path, size - ending);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '.' : *c == '.' ? '_' : *c;
    while (*name == '.' || *name == '_')
        name++;
    return name;
}

static void write_testcase(struct outcomes *outcomes, const struct outcome *outcome, FILE *file) {
    const char *name = *outcome->of_case ? outcome->of_case : *outcome->scenario ? outcome->scenario : outcome->file;
    fputs("    <testcase", file);
    write_attribute(file, "name", name);
    write_attribute(file, "classname", class_name(&outcomes->pool, outcome->file));
    write_time(file, outcome->took);
    if (outcome->met) {
        fputs("/>\n", file);
        return;
    }
    const char *element = outcome->diagnostics ? "error" : "failure";
    fprintf(file, ">\n      <%s", element);
    write_attribute(file, "message", outcome->why);
    write_attribute(file, "type", outcome->diagnostics ? "mistakes" : *outcome->expected ? "expectation" : "status");
    fputc('>', file);
    if (outcome->diagnostics)
        write_xml(file, mistakes_text(&outcomes->pool, outcome->diagnostics));
    else
        write_xml(file, pool_print(&outcomes->pool, "expected: %s\nactual: %s\nrecords: %s", outcome->expected,
                                   outcome->actual, outcome->records));
    fprintf(file, "</%s>\n    </testcase>\n", element);
}

// Counts and time of the outcomes [from, to), as attributes.
static void write_counts(const struct outcomes *outcomes, size_t from, size_t to, FILE *file) {
    size_t failures = 0, errors = 0;
    int64_t took = 0;
    for (size_t i = from; i < to; i++) {
        errors += outcomes->list[i].diagnostics != NULL;
        failures += !outcomes->list[i].met && !outcomes->list[i].diagnostics;
        took += outcomes->list[i].took;
    }
    fprintf(file, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", to - from, failures, errors);
    write_time(file, took);
}

void outcomes_junit(struct outcomes *outcomes, FILE *file) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stepdown scenarios\"", file);
    write_counts(outcomes, 0, outcomes->count, file);
    fputs(">\n", file);
    for (size_t from = 0, to = 0; from < outcomes->count; from = to) {
        const struct outcome *first = &outcomes->list[from];
        while (to < outcomes->count && strcmp(outcomes->list[to].file, first->file) == 0)
            to++;
        fputs("  <testsuite", file);
        write_attribute(file, "name", *first->scenario ? first->scenario : first->file);
        write_counts(outcomes, from, to, file);
        write_attribute(file, "file", first->file);
        fputs(">\n", file);
        for (size_t i = from; i < to; i++)
            write_testcase(outcomes, &outcomes->list[i], file);
        fputs("  </testsuite>\n", file);
    }
    fputs("</testsuites>\n", file);
}
