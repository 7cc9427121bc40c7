// SPDX-License-Identifier: Apache-2.0
// The reference job (open, three items through a gate, close; one commit a command) against programs that only write
// the same rows: SQLite FULL and NORMAL, and memory. And the bytes that the job leaves in the store.
// Usage: bench_bench_reference [all|full|normal|memory|bytes] [directory] [pairs]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/floor.h"
#include "storage/storage.h"

enum { JOBS_FULL = 100, JOBS_NORMAL = 400, JOBS_MEMORY = 1000, SLICES = 10 };

// What the jobs of all pairs write.
static void record_jobs(struct tape *tape, size_t jobs) {
    struct host h;
    host_open(&h, recorder_open(), false, 1024);
    recorder_record(tape);
    for (size_t i = 0; i < jobs; i++)
        job_run(&h);
    recorder_record(NULL);
    host_close(&h);
    if (tape->end_count != jobs * JOB_COMMANDS) {
        fprintf(stderr, "%zu commits for %zu jobs\n", tape->end_count, jobs);
        exit(2);
    }
}

static double run_jobs(struct host *h, size_t jobs) {
    double start = bench_now();
    for (size_t i = 0; i < jobs; i++)
        job_run(h);
    return (bench_now() - start) / (double)(jobs * JOB_COMMANDS);
}

static void measure_sqlite(const char *directory, bool full, size_t jobs, size_t pairs) {
    struct series ours = {.count = 0}, floor = {.count = 0}, ratio = {.count = 0};
    struct tape tape = {.bytes = NULL};
    struct host h;
    char place[64], path[128], name[64];
    record_jobs(&tape, jobs * pairs);
    bench_directory(directory, place);
    snprintf(path, sizeof path, "%s/ours", place);
    host_open(&h, bench_sqlite(path, full ? STEPDOWN_STORAGE_SYNC_FULL : STEPDOWN_STORAGE_SYNC_NORMAL), false, 1024);
    snprintf(path, sizeof path, "%s/bare", place);
    struct bare *b = bare_open(path, full ? "FULL" : "NORMAL");
    for (size_t i = 0, commit = 0; i < pairs; i++) {
        double us = 0, bare = 0;
        for (size_t slice = 0; slice < SLICES; slice++) { // a disk that slows down hits both
            us += run_jobs(&h, jobs / SLICES) / SLICES;
            double start = bench_now();
            bare_play(b, &tape, commit, commit + jobs / SLICES * JOB_COMMANDS);
            commit += jobs / SLICES * JOB_COMMANDS;
            bare += (bench_now() - start) / (double)(jobs * JOB_COMMANDS);
        }
        series_add(&ours, us);
        series_add(&floor, bare);
        series_add(&ratio, bare / us);
    }
    const char *word = full ? "SQLite FULL" : "SQLite NORMAL";
    snprintf(name, sizeof name, "%s, a command", word);
    bench_note(name, &ours, "us");
    snprintf(name, sizeof name, "%s, bare program", word);
    bench_note(name, &floor, "us");
    snprintf(name, sizeof name, "%s, share of its rate", word);
    bench_at_least(name, &ratio, "", full ? 0.85 : 0.60);
    bare_close(b);
    host_close(&h);
    bench_remove(place);
    tape_free(&tape);
}

static void measure_memory(size_t jobs, size_t pairs) {
    struct series ours = {.count = 0}, rows = {.count = 0}, bare = {.count = 0}, ratio = {.count = 0},
                  strict = {.count = 0};
    struct tape tape = {.bytes = NULL};
    struct host h;
    record_jobs(&tape, jobs * pairs);
    host_open(&h, bench_memory(), false, 1024);
    struct keeper *keepers[2] = {keeper_open(false), keeper_open(true)};
    keeper_learn(keepers[0], &tape);
    keeper_learn(keepers[1], &tape);
    for (size_t i = 0; i < pairs; i++) {
        double us = run_jobs(&h, jobs), floor[2];
        for (int k = 0; k < 2; k++) {
            double start = bench_now();
            keeper_play(keepers[k], &tape, i * jobs * JOB_COMMANDS, (i + 1) * jobs * JOB_COMMANDS);
            floor[k] = (bench_now() - start) / (double)(jobs * JOB_COMMANDS);
        }
        series_add(&ours, us);
        series_add(&rows, floor[0]);
        series_add(&bare, floor[1]);
        series_add(&ratio, floor[0] / us);
        series_add(&strict, floor[1] / us);
    }
    bench_note("memory, program that keeps the same rows", &rows, "us");
    bench_note("memory, program that keeps the records alone", &bare, "us");
    bench_at_most("memory, a command (aim: 10)", &ours, "us", 25);
    bench_at_least("memory, share of the rate of the same rows", &ratio, "", 0.40);
    bench_note("memory, share of the rate of the records alone", &strict, "");
    keeper_close(keepers[0]);
    keeper_close(keepers[1]);
    host_close(&h);
    tape_free(&tape);
}

// ---- bytes ---------------------------------------------------------------------------------------------------------------

struct weight {
    size_t rows, bytes;
};

// Every row of the store; those that all pathways share (protocol sources, symbols, who holds a role) apart.
static void weigh(stepdown_storage *storage, struct weight *shared, struct weight *own) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct row *rows;
    size_t count;
    bool more;
    transaction_init(&t, storage, &env);
    arena_init(&arena, &env);
    *shared = *own = (struct weight){0, 0};
    bench_check(transaction_begin(&t, false, NULL, 0, NULL), NULL, "begin");
    bench_check(
        transaction_scan(&t, slice_of(NULL, 0), slice_of(NULL, 0), false, 100000, &arena, &rows, &count, &more, NULL),
        NULL, "scan");
    for (size_t i = 0; i < count; i++) {
        struct weight *w = rows[i].key.data[0] == 0 ? shared : own;
        w->rows++;
        w->bytes += rows[i].key.size + rows[i].value.size;
    }
    transaction_free(&t);
    arena_free(&arena);
}

static void measure_bytes(void) {
    enum { JOBS = 100 };
    struct weight shared, none, one, many;
    struct series bytes = {.count = 0}, row_count = {.count = 0}, alone = {.count = 0}, rest = {.count = 0};
    struct host h;
    host_open(&h, bench_memory(), false, 1024);
    weigh(h.storage, &shared, &none);
    job_run(&h);
    weigh(h.storage, &shared, &one);
    for (int i = 1; i < JOBS; i++)
        job_run(&h);
    stepdown_session_free(&h.session);
    bench_check(stepdown_engine_close(h.engine, NULL), NULL, "close"); // what was held back is written
    weigh(h.storage, &shared, &many);
    series_add(&bytes, (double)(many.bytes - none.bytes) / JOBS);
    series_add(&row_count, (double)(many.rows - none.rows) / JOBS);
    series_add(&alone, (double)(one.bytes - none.bytes));
    series_add(&rest, (double)(shared.bytes + none.bytes));
    bench_at_most("bytes of a reference job, keys and values", &bytes, "", 4096);
    bench_note("rows of a reference job", &row_count, "");
    bench_note("bytes of the first job", &alone, "");
    bench_note("bytes that all pathways share", &rest, "");
    host_close(&h);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "all", *directory = argc > 2 ? argv[2] : "/tmp";
    size_t pairs = argc > 3 ? strtoul(argv[3], NULL, 10) : BENCH_PAIRS;
    bool all = strcmp(what, "all") == 0;
    if (pairs == 0 || pairs > BENCH_PAIRS_MOST)
        return 2;
    bench_begin("reference job: open, three items through a gate, close");
    if (all || strcmp(what, "full") == 0)
        measure_sqlite(directory, true, JOBS_FULL, pairs);
    if (all || strcmp(what, "normal") == 0)
        measure_sqlite(directory, false, JOBS_NORMAL, pairs);
    if (all || strcmp(what, "memory") == 0)
        measure_memory(JOBS_MEMORY, pairs);
    if (all || strcmp(what, "bytes") == 0)
        measure_bytes();
    return bench_end();
}
