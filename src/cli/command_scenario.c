// SPDX-License-Identifier: Apache-2.0
// `stepdown scenario run`: reads each file, plays it, sums up.
#include "cli/command.h"
#include "cli/runner.h"

#include <jansson.h>

static void show_diagnostics(const struct screen *screen, const struct diagnostics *diagnostics) {
    for (size_t i = 0; i < diagnostics->count; i++)
        screen_line(screen, TONE_RED, "%s:%u:%u: %s", diagnostics->list[i].file, (unsigned)diagnostics->list[i].line,
                    (unsigned)diagnostics->list[i].column, diagnostics->list[i].message);
}

static json_t *diagnostics_json(const struct diagnostics *diagnostics) {
    json_t *list = json_array();
    for (size_t i = 0; i < diagnostics->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s}", "file", diagnostics->list[i].file, "line",
                                              (json_int_t)diagnostics->list[i].line, "column",
                                              (json_int_t)diagnostics->list[i].column, "message",
                                              diagnostics->list[i].message));
    return list;
}

static void summary(const struct screen *screen, const struct runner *runner, bool met, bool quiet) {
    const struct scenario *scenario = runner->scenario;
    if (!quiet)
        screen_gap(screen);
    else if (!met)
        tell_stop(runner, screen);
    screen_line(screen, met ? TONE_GREEN : TONE_RED, "%s: %zu of %zu steps, %zu expectations met%s", scenario->title,
                runner->steps, scenario->step_count, runner->expectations, met ? "" : ", then one that was not");
}

// A runner's outcome for --json.
static json_t *outcome_json(const struct scenario_file *file, const struct runner *runner, bool met) {
    const struct scenario *scenario = runner->scenario;
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "file", file->file, "scenario", file->title, "case",
                     scenario->of_case ? scenario->title : "", "met", met, "steps", (json_int_t)runner->steps,
                     "expectations", (json_int_t)runner->expectations, "stopped",
                     runner->stop.why ? runner->stop.why : "");
}

static int run_scenario(struct call *call, const struct scenario_file *file, const struct scenario *scenario,
                        json_t *outcomes) {
    struct runner runner;
    bool quiet = outcomes != NULL || call->options.quiet;
    bool met = runner_play(&runner, scenario, &call->out, call->options.store, quiet);
    if (outcomes)
        json_array_append_new(outcomes, outcome_json(file, &runner, met));
    else
        summary(&call->out, &runner, met, quiet);
    runner_free(&runner);
    return met ? EXIT_DONE : EXIT_REFUSED;
}

static int run_scenarios(struct call *call, const struct scenario_file *file, json_t *outcomes) {
    int worst = EXIT_DONE;
    if (call->options.store && file->count > 1)
        return call_misused(call, "--store keeps the store of one scenario; %s has %zu cases", file->file, file->count);
    bool told = !outcomes && !call->options.quiet;
    if (file->has_cases && told)
        screen_line(&call->out, TONE_BOLD, "%s: %zu cases", file->title, file->count);
    for (size_t i = 0; i < file->count; i++) {
        if (file->has_cases && told)
            printf("\n\n");
        int code = run_scenario(call, file, &file->list[i], outcomes);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static int run_file(struct call *call, const char *path, json_t *outcomes) {
    struct scenario_file file;
    int code = EXIT_USAGE;
    if (scenario_read(&file, path))
        code = run_scenarios(call, &file, outcomes);
    else if (outcomes)
        json_array_append_new(outcomes, json_pack("{s:s, s:b, s:o}", "file", path, "met", 0, "diagnostics",
                                                  diagnostics_json(&file.diagnostics)));
    else
        show_diagnostics(&call->err, &file.diagnostics);
    scenario_free(&file);
    return code;
}

int run_scenario_run(struct call *call) {
    int worst = EXIT_DONE;
    json_t *outcomes = call->options.json ? json_array() : NULL;
    if (call->options.store && call->word_count > 1)
        return call_misused(call, "--store keeps the store of one scenario; give one file");
    for (size_t i = 0; i < call->word_count; i++) {
        if (i > 0 && !outcomes && !call->options.quiet)
            printf("\n\n");
        int code = run_file(call, call->words[i], outcomes);
        worst = code > worst ? code : worst;
    }
    if (outcomes) {
        json_dumpf(outcomes, stdout, JSON_INDENT(2));
        fputc('\n', stdout);
        json_decref(outcomes);
    }
    return worst;
}
