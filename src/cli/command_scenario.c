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

static void summary(const struct screen *screen, const struct runner *runner, bool met) {
    const struct scenario *scenario = runner->scenario;
    screen_gap(screen);
    screen_line(screen, met ? TONE_GREEN : TONE_RED, "%s: %zu of %zu steps, %zu expectations met%s", scenario->title,
                runner->steps, scenario->step_count, runner->expectations, met ? "" : ", then one that was not");
}

// A runner's outcome for --json.
static json_t *outcome_json(const struct runner *runner, bool met) {
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:s}", "file", runner->scenario->file, "scenario",
                     runner->scenario->title, "met", met, "steps", (json_int_t)runner->steps, "expectations",
                     (json_int_t)runner->expectations, "stopped", runner->why ? runner->why : "");
}

static int run_file(struct call *call, const char *file, json_t *outcomes) {
    struct scenario scenario;
    struct runner runner;
    int code = EXIT_DONE;
    if (!scenario_read(&scenario, file)) {
        if (outcomes)
            json_array_append_new(outcomes, json_pack("{s:s, s:b, s:o}", "file", file, "met", 0, "diagnostics",
                                                      diagnostics_json(&scenario.diagnostics)));
        else
            show_diagnostics(&call->err, &scenario.diagnostics);
        code = EXIT_USAGE;
    } else {
        bool met = runner_play(&runner, &scenario, &call->out, call->options.store, outcomes != NULL);
        if (outcomes)
            json_array_append_new(outcomes, outcome_json(&runner, met));
        else
            summary(&call->out, &runner, met);
        code = met ? EXIT_DONE : EXIT_REFUSED;
        runner_free(&runner);
    }
    scenario_free(&scenario);
    return code;
}

int run_scenario_run(struct call *call) {
    int worst = EXIT_DONE;
    json_t *outcomes = call->options.json ? json_array() : NULL;
    if (call->options.store && call->word_count > 1)
        return call_misused(call, "--store keeps the store of one scenario; give one file");
    for (size_t i = 0; i < call->word_count; i++) {
        if (i > 0 && !outcomes)
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
