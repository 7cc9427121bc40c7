// SPDX-License-Identifier: Apache-2.0
// A mixed population: pathways under every shipped protocol, four weeks of virtual time, people doing whatever the
// protocols allow (support/walker). What a command costs must not grow with the weeks.
// Usage: bench_bench_mixed [PATHWAYS [COMMANDS]]   10,000 pathways, 6 commands a week each
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/bench.h"
#include "support/walker.h"

enum { PATHWAYS = 10000, COMMANDS = 6, WEEKS = 4, HOURS_A_WEEK = 7 * 24, STEP_HOURS = 6, PROTOCOLS_MAX = 64 };

static const char *const week_names[WEEKS] = {"first week", "second week", "third week", "fourth week"};

static void note(const char *what, double value, const char *unit) {
    struct series s = {.count = 0};
    series_add(&s, value);
    bench_note(what, &s, unit);
}

static size_t open_all(struct walker *w, size_t pathways) {
    const char *names[PROTOCOLS_MAX];
    stepdown_result *shipped = NULL;
    stepdown_error *error = NULL;
    bench_check(stepdown_protocol_builtins(&shipped, &error), error, "shipped protocols");
    size_t count = stepdown_result_count(shipped);
    for (size_t i = 0; i < count; i++) {
        names[i] = stepdown_result_text(shipped, i, stepdown_result_column(shipped, "name"));
    }
    walker_make(w, names, count, 1, NULL);
    for (size_t i = 0; i < count; i++) { // one of each program, provider and region
        for (size_t k = 1; k < WALKER_SUBJECTS; k++) {
            if (walker_speaks_of(w, names[i], walker_subjects[k])) {
                (void)walker_open(w, names[i], walker_subjects[k]);
            }
        }
    }
    for (size_t i = 0; w->pathway_count < pathways; i++) {
        if (walker_speaks_of(w, names[i % count], walker_subjects[0])) {
            (void)walker_open(w, names[i % count], walker_subjects[0]);
        }
    }
    stepdown_result_free(&shipped);
    return count;
}

struct week {
    double command, firing; // microseconds
};

// Commands spread evenly over the week, each pathway in turn, so that all weeks ask for the same.
static struct week live_a_week(struct walker *w, size_t commands) {
    struct walker_counts before = w->counts;
    size_t steps = HOURS_A_WEEK / STEP_HOURS, total = commands * w->pathway_count, done = 0;
    double waiting = 0;
    for (size_t step = 1; step <= steps; step++) {
        for (; done < total * step / steps; done++) {
            (void)walker_command(w, done % w->pathway_count);
        }
        double from = bench_now();
        walker_advance(w, (stepdown_time)STEP_HOURS * 3600 * 1000000);
        waiting += bench_now() - from;
    }
    return (struct week){(w->counts.busy - before.busy) / (double)(w->counts.commands - before.commands), waiting};
}

static void count_records(void *ctx, struct engine *e, struct state *s) {
    (void)e;
    *(uint64_t *)ctx += s->seq + 1;
}

// Bytes of the values of all rows, as the store says itself.
static double bytes_stored(struct walker *w) {
    stepdown_bytes *json = NULL;
    stepdown_error *error = NULL;
    bench_check(stepdown_storage_statistics(w->storage, &json, &error), error, "statistics");
    const char *text = (const char *)stepdown_bytes_data(json), *found = strstr(text, "\"value_bytes\":");
    double bytes = found != NULL ? strtod(found + strlen("\"value_bytes\":"), NULL) : 0;
    stepdown_bytes_free(&json);
    return bytes;
}

int main(int argc, char **argv) {
    size_t pathways = argc > 1 ? strtoull(argv[1], NULL, 10) : PATHWAYS;
    size_t commands = argc > 2 ? strtoull(argv[2], NULL, 10) : COMMANDS;
    struct walker w;
    struct week weeks[WEEKS];
    struct rusage usage;
    uint64_t records = 0;
    char what[64];
    bench_begin("mixed population, four weeks");
    size_t protocols = open_all(&w, pathways);
    note("protocols", (double)protocols, "");
    note("opening, a command", w.counts.busy / (double)w.counts.commands, "us");
    for (int i = 0; i < WEEKS; i++) {
        weeks[i] = live_a_week(&w, commands);
        (void)snprintf(what, sizeof what, "%s, a command", week_names[i]);
        note(what, weeks[i].command, "us");
        (void)snprintf(what, sizeof what, "%s, what fell due", week_names[i]);
        note(what, weeks[i].firing / 1e6, "s");
    }
    for (size_t i = 0; i < pathways; i++) {
        walker_look(&w, w.engine, i, count_records, &records);
    }
    (void)getrusage(RUSAGE_SELF, &usage);
    note("commands", (double)w.counts.commands, "");
    note("commands that took effect", (double)w.counts.done, "");
    note("commands a second", (double)w.counts.commands / w.counts.busy * 1e6, "");
    note("records", (double)records, "");
    note("bytes of values in the store, a pathway", bytes_stored(&w) / (double)pathways, "");
    note("peak memory of the process", (double)usage.ru_maxrss / 1024, "MB");
    struct series growth = {.count = 0};
    series_add(&growth, weeks[WEEKS - 1].command / weeks[0].command);
    bench_at_most("fourth week against the first, a command", &growth, "", 1.2);
    walker_free(&w);
    return bench_end();
}
