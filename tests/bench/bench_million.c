// SPDX-License-Identifier: Apache-2.0
// A store of a million pathways, each with three open tasks. tests/bench/million.sh runs the steps and cleans up.
// Usage: bench_bench_million fill FILE PATHWAYS     make a SQLite store
//        bench_bench_million ratio FILE             the reference job against the bare program, both on that file
//        bench_bench_million advance FILE PATHWAYS  let time pass, nothing due: on that file, and on as many in memory
//        bench_bench_million count FILE JOBS        jobs inside run_counted, for callgrind
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fill.h"
#include "bench/floor.h"

enum { JOBS = 100, SLICES = 10, ADVANCES = 200 };

static int fill(const char *path, unsigned pathways) {
    struct host h;
    struct series seconds = {.count = 0};
    double start = bench_now();
    host_open(&h, bench_sqlite(path, STEPDOWN_STORAGE_SYNC_NORMAL), false, 0);
    fill_open_gathered(&h, pathways);
    host_close(&h);
    series_add(&seconds, (bench_now() - start) / 1e6);
    bench_note("store filled", &seconds, "s");
    return 0;
}

static void record_jobs(struct tape *tape, size_t jobs) {
    struct host h;
    host_open(&h, recorder_open(), false, 1024);
    recorder_record(tape);
    for (size_t i = 0; i < jobs; i++)
        job_run(&h);
    recorder_record(NULL);
    host_close(&h);
}

static double run_jobs(struct host *h, size_t jobs) {
    double start = bench_now();
    for (size_t i = 0; i < jobs; i++)
        job_run(h);
    return bench_now() - start;
}

static void measure(const char *path, bool full) {
    enum { SLICE = JOBS / SLICES };
    struct series ours = {.count = 0}, floor = {.count = 0}, ratio = {.count = 0};
    struct tape tape = {.bytes = NULL};
    struct host h;
    char name[64];
    const char *word = full ? "SQLite FULL" : "SQLite NORMAL";
    record_jobs(&tape, (size_t)JOBS * BENCH_PAIRS);
    host_open(&h, bench_sqlite(path, full ? STEPDOWN_STORAGE_SYNC_FULL : STEPDOWN_STORAGE_SYNC_NORMAL), true, 1024);
    struct bare *b = bare_open(path, full ? "FULL" : "NORMAL");
    for (size_t i = 0, commit = 0; i < BENCH_PAIRS; i++) {
        double us = 0, bare = 0;
        for (size_t slice = 0; slice < SLICES; slice++, commit += SLICE * JOB_COMMANDS) {
            us += run_jobs(&h, SLICE) / (JOBS * JOB_COMMANDS);
            double start = bench_now();
            bare_play(b, &tape, commit, commit + SLICE * JOB_COMMANDS);
            bare += (bench_now() - start) / (JOBS * JOB_COMMANDS);
        }
        series_add(&ours, us);
        series_add(&floor, bare);
        series_add(&ratio, bare / us);
    }
    snprintf(name, sizeof name, "%s, a command", word);
    bench_note(name, &ours, "us");
    snprintf(name, sizeof name, "%s, bare program", word);
    bench_note(name, &floor, "us");
    snprintf(name, sizeof name, "%s, share of its rate", word);
    bench_at_least(name, &ratio, "", full ? 0.85 : 0.60);
    bare_close(b);
    host_close(&h);
    tape_free(&tape);
}

static void measure_advance(struct host *h, const char *what) {
    struct series us = {.count = 0};
    for (int i = 0; i < BENCH_PAIRS; i++) {
        double start = bench_now();
        for (int k = 0; k < ADVANCES; k++) {
            stepdown_result *fired;
            stepdown_error *error = NULL;
            int32_t more;
            stepdown_status status = stepdown_engine_advance(h->engine, h->clock, 1000, &fired, &more, &error);
            bench_check(status, error, what);
            if (stepdown_result_count(fired) > 0 || more)
                bench_check(STEPDOWN_INTERNAL, NULL, "something was due");
            stepdown_result_free(&fired);
        }
        series_add(&us, (bench_now() - start) / ADVANCES);
    }
    bench_at_most(what, &us, "us", 1000);
}

static int advance(const char *path, unsigned pathways) {
    struct host h;
    host_open(&h, bench_sqlite(path, STEPDOWN_STORAGE_SYNC_FULL), true, 1024);
    measure_advance(&h, "advance, nothing due, SQLite");
    host_close(&h);
    host_open(&h, bench_memory(), false, 0);
    stepdown_time begun = h.clock;
    fill_open(&h, pathways / 3 + 1);
    h.clock = begun; // a day before the first is due
    measure_advance(&h, "advance, nothing due, a third of them in memory");
    host_close(&h);
    return bench_end();
}

// Not inlined: callgrind collects inside it.
__attribute__((noinline)) static void run_counted(struct host *h, unsigned jobs) { (void)run_jobs(h, jobs); }

static int count(const char *path, unsigned jobs) {
    struct host h;
    host_open(&h, bench_sqlite(path, STEPDOWN_STORAGE_SYNC_NORMAL), true, 1024);
    (void)run_jobs(&h, 2); // definitions are loaded
    run_counted(&h, jobs);
    host_close(&h);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    const char *what = argv[1], *path = argv[2];
    unsigned number = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (strcmp(what, "count") == 0)
        return count(path, number);
    bench_begin(what);
    if (strcmp(what, "fill") == 0)
        return fill(path, number);
    if (strcmp(what, "advance") == 0)
        return advance(path, number);
    measure(path, true);
    measure(path, false);
    return bench_end();
}
