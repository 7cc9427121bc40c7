// SPDX-License-Identifier: Apache-2.0
// `stepdown scenario run`: reads each file, plays it and its cases, sums up.
#include "cli/command.h"
#include "cli/outcome.h"

#include <errno.h>
#include <string.h>
#include <time.h>

// What one call plays, and how it tells.
struct playing {
    struct call *call;
    struct outcomes outcomes;
    bool told;   // a transcript is wanted
    FILE *rows;  // where coverage goes, NULL
    bool summed; // at least a line for each scenario and case
};

static int64_t monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void show_diagnostics(const struct screen *screen, const struct diagnostics *diagnostics) {
    for (size_t i = 0; i < diagnostics->count; i++)
        screen_line(screen, TONE_RED, "%s:%u:%u: %s", diagnostics->list[i].file, (unsigned)diagnostics->list[i].line,
                    (unsigned)diagnostics->list[i].column, diagnostics->list[i].message);
}

static void sum_up(const struct playing *playing, const struct runner *runner) {
    const struct screen *screen = &playing->call->out;
    bool met = !runner->stopped;
    if (playing->told)
        screen_gap(screen);
    else if (!met)
        tell_stop(runner, screen);
    screen_line(screen, met ? TONE_GREEN : TONE_RED, "%s: %zu of %zu steps, %zu expectations met%s",
                runner->scenario->title, runner->steps, runner->scenario->step_count, runner->expectations,
                met ? "" : ", then one that was not");
}

static void play_one(struct playing *playing, const struct scenario_file *file, const struct scenario *scenario) {
    struct runner runner;
    struct call *call = playing->call;
    int64_t start = monotonic();
    bool met = runner_play(&runner, scenario, &call->out, call->options.store, !playing->told);
    if (met && playing->rows)
        (void)coverage_write(&runner, file->file, file->title, playing->rows); // a failure is in the outcome
    outcome_of_runner(&playing->outcomes, file, &runner, monotonic() - start);
    if (playing->summed)
        sum_up(playing, &runner);
    runner_free(&runner);
}

// EXIT_DONE, also when an expectation was not met.
static int play_file(struct playing *playing, const char *path) {
    struct scenario_file file;
    struct call *call = playing->call;
    int code = EXIT_DONE;
    if (!scenario_read(&file, path)) {
        outcome_of_mistakes(&playing->outcomes, &file);
        if (playing->summed)
            show_diagnostics(&call->err, &file.diagnostics);
    } else if (call->options.store && file.count > 1) {
        code = call_misused(call, "--store keeps the store of one scenario; %s has %zu cases", path, file.count);
    } else {
        if (file.has_cases && playing->told)
            screen_line(&call->out, TONE_BOLD, "%s: %zu cases", file.title, file.count);
        for (size_t i = 0; i < file.count; i++) {
            if (file.has_cases && playing->told)
                printf("\n\n");
            play_one(playing, &file, &file.list[i]);
        }
    }
    scenario_free(&file);
    return code;
}

static void sum_up_all(const struct playing *playing) {
    const struct outcomes *outcomes = &playing->outcomes;
    const struct screen *screen = &playing->call->out;
    size_t played = outcomes->count - outcomes->wrong;
    bool good = outcomes->not_met == 0 && outcomes->wrong == 0;
    if (playing->told)
        screen_gap(screen);
    struct pool pool = {0};
    screen_line(screen, good ? TONE_GREEN : TONE_RED, "%zu played, %zu as expected, %zu not%s", played,
                played - outcomes->not_met, outcomes->not_met,
                outcomes->wrong ? pool_print(&pool, "; %zu files are wrong", outcomes->wrong) : "");
    pool_free(&pool);
}

// Closes what was written; the code, unless the file could not be written.
static int close_file(struct playing *playing, FILE *file, const char *path, int code) {
    bool failed = ferror(file) != 0;
    if (fclose(file) == 0 && !failed)
        return code;
    screen_line(&playing->call->err, TONE_RED, "stepdown: %s could not be written", path);
    return EXIT_FAILED;
}

static int write_junit(struct playing *playing, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file)
        return call_misused(playing->call, "%s cannot be written: %s", path, strerror(errno));
    outcomes_junit(&playing->outcomes, file);
    return close_file(playing, file, path, EXIT_DONE);
}

static int report(struct playing *playing) {
    const struct options *options = &playing->call->options;
    struct outcomes *outcomes = &playing->outcomes;
    int code = options->junit ? write_junit(playing, options->junit) : EXIT_DONE;
    if (options->json)
        outcomes_json(outcomes, stdout);
    else if (options->tap)
        outcomes_tap(outcomes, stdout);
    else if (outcomes->count > 1)
        sum_up_all(playing);
    if (code != EXIT_DONE)
        return code;
    return outcomes->wrong ? EXIT_USAGE : outcomes->not_met ? EXIT_REFUSED : EXIT_DONE;
}

int run_scenario_run(struct call *call) {
    struct playing playing = {.call = call};
    int code = EXIT_DONE;
    if (call->options.store && call->word_count > 1)
        return call_misused(call, "--store keeps the store of one scenario; give one file");
    if (call->options.json && call->options.tap)
        return call_misused(call, "--json and --tap both write to standard output; choose one");
    if (call->options.rows) {
        playing.rows = fopen(call->options.rows, "w");
        if (!playing.rows)
            return call_misused(call, "%s cannot be written: %s", call->options.rows, strerror(errno));
    }
    playing.summed = !call->options.json && !call->options.tap;
    playing.told = playing.summed && !call->options.quiet;
    for (size_t i = 0; i < call->word_count && code == EXIT_DONE; i++) {
        if (i > 0 && playing.told)
            printf("\n\n");
        code = play_file(&playing, call->words[i]);
    }
    if (code == EXIT_DONE)
        code = report(&playing);
    if (playing.rows)
        code = close_file(&playing, playing.rows, call->options.rows, code);
    outcomes_free(&playing.outcomes);
    return code;
}
