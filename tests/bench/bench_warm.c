// SPDX-License-Identifier: Apache-2.0
// What a command costs on a warm pathway with 10,000 records, against pathways with 10; and what loading the long one
// costs a fresh engine. The command fills in a form, which adds an entry and evaluates what follows.
// Usage: bench_bench_warm [pairs]; under callgrind see run_long and run_short (tests/bench/warm.sh).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

enum { LONG = 10000, SHORT = 10, COMMANDS = 100, SHORT_ONES = 20, LOADS = 7 };

static void submit(struct host *h, const char *pathway) {
    static const char *const fields[][2] = {{"contact_outcome", "attempted"},
                                            {"contact_method", "telephone"},
                                            {"contact_planned", "planned"},
                                            {"contact_note", "nobody answered"}};
    stepdown_command *command;
    stepdown_result *receipt;
    stepdown_error *error = NULL;
    h->clock += INT64_C(1000000);
    bench_check(stepdown_command_new(h->session, "submit", "contact", &command, NULL), NULL, "command");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        bench_check(stepdown_command_set(command, fields[i][0], fields[i][1], NULL), NULL, "argument");
    stepdown_status status = stepdown_session_execute(h->session, pathway, command, &receipt, &error);
    bench_check(status, error, "submit");
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

static void grow(struct host *h, char pathway[PATHWAY_TEXT], int records) {
    job_open(h, NULL, pathway);
    for (int i = 1; i < records; i++)
        submit(h, pathway);
}

// Not inlined: callgrind tells their costs apart.
__attribute__((noinline)) static double run_long(struct host *h, const char *pathway) {
    double start = bench_now();
    for (int i = 0; i < COMMANDS; i++)
        submit(h, pathway);
    return (bench_now() - start) / COMMANDS;
}

__attribute__((noinline)) static double run_short(struct host *h, char pathways[SHORT_ONES][PATHWAY_TEXT]) {
    double start = bench_now();
    for (int i = 0; i < COMMANDS; i++)
        submit(h, pathways[i % SHORT_ONES]);
    return (bench_now() - start) / COMMANDS;
}

// The first look at the pathway by an engine that has nothing in memory, not even the protocol.
static void load(struct host *h, const char *pathway) {
    struct series us = {.count = 0};
    for (int i = 0; i < LOADS; i++) {
        stepdown_engine *engine;
        stepdown_session *session;
        stepdown_result *shown;
        stepdown_status status = stepdown_engine_open(h->storage, h->options, &engine, NULL);
        bench_check(status, NULL, "engine");
        bench_check(stepdown_session_open(engine, "maria", "supervisor", "harbor", NULL, &session, NULL), NULL,
                    "session");
        double start = bench_now();
        bench_check(stepdown_gate_check(session, pathway, "handover_closes", &shown, NULL), NULL, "check");
        series_add(&us, bench_now() - start);
        stepdown_result_free(&shown);
        stepdown_session_free(&session);
        bench_check(stepdown_engine_close(engine, NULL), NULL, "close");
        stepdown_engine_free(&engine);
    }
    bench_note("cold load of a pathway with 10,000 records", &us, "us");
}

int main(int argc, char **argv) {
    size_t pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : BENCH_PAIRS;
    struct series longs = {.count = 0}, shorts = {.count = 0}, ratio = {.count = 0};
    char old[PATHWAY_TEXT], young[SHORT_ONES][PATHWAY_TEXT];
    struct host h;
    if (pairs == 0 || pairs > BENCH_PAIRS_MOST)
        return 2;
    bench_begin("a command on a warm pathway");
    host_open(&h, bench_memory(), false, 1024);
    double start = bench_now();
    grow(&h, old, LONG);
    struct series growing = {.count = 0};
    series_add(&growing, (bench_now() - start) / LONG);
    for (size_t i = 0; i < pairs; i++) {
        for (int k = 0; k < SHORT_ONES; k++)
            grow(&h, young[k], SHORT);
        double of_long = run_long(&h, old), of_short = run_short(&h, young);
        series_add(&longs, of_long);
        series_add(&shorts, of_short);
        series_add(&ratio, of_long / of_short);
    }
    bench_note("a command of the first 10,000, snapshots included", &growing, "us");
    bench_note("a command on 10,000 records", &longs, "us");
    bench_note("a command on 10 records", &shorts, "us");
    bench_at_most("ratio of the two", &ratio, "", 1.2);
    load(&h, old);
    host_close(&h);
    return bench_end();
}
