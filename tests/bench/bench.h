// SPDX-License-Identifier: Apache-2.0
// What the benches share: figures and their spread, a host that carries out the reference job through the public
// functions, and the counting allocator. A bench prints what it measured against its bound; bench_end says whether all
// bounds were kept. Whatever fails ends the program.
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stepdown.h>

#include <stdbool.h>
#include <stddef.h>

// ---- figures -----------------------------------------------------------------------------------------------------------

enum { BENCH_PAIRS = 9, BENCH_PAIRS_MOST = 99 };

struct series {
    double values[BENCH_PAIRS_MOST];
    size_t count;
};
void series_add(struct series *s, double value);
double series_median(const struct series *s);
double series_least(const struct series *s);
double series_most(const struct series *s);

// The machine, and what is measured.
void bench_begin(const char *title);
// One line: median, unit, spread. No bound.
void bench_note(const char *what, const struct series *s, const char *unit);
// The same with a bound that the median must keep.
void bench_at_least(const char *what, const struct series *s, const char *unit, double bound);
void bench_at_most(const char *what, const struct series *s, const char *unit, double bound);
// Exit code: 0 when every bound was kept.
int bench_end(void);

void bench_check(stepdown_status status, stepdown_error *error, const char *what); // frees the error
double bench_now(void);                                                            // microseconds

// ---- the reference job -----------------------------------------------------------------------------------------------------

enum { JOB_COMMANDS = 5, PATHWAY_TEXT = 27 };

struct host {
    stepdown_options *options;
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session *session;
    stepdown_time clock; // the engine's; moved on by the job
    size_t allocations;  // asked of the engine's allocator
    unsigned jobs;       // opened: part of command ids
};
// A store with the reference protocol on `storage`, which becomes the host's. `made`: it stands in the storage already.
void host_open(struct host *h, stepdown_storage *storage, bool made, unsigned cached);
void host_close(struct host *h);
// Commands under ids of their own. `chosen`: the id that the pathway shall have (NULL: any); `pathway` gets it.
void job_open(struct host *h, const char *chosen, char pathway[PATHWAY_TEXT]);
void job_do(struct host *h, const char *pathway, const char *verb, const char *target, unsigned number);
// All five commands.
void job_run(struct host *h);

stepdown_storage *bench_memory(void);
stepdown_storage *bench_sqlite(const char *path, int32_t synchronous);
// A new directory below `where` and its removal with every file directly in it.
void bench_directory(const char *where, char out[64]);
void bench_remove(const char *directory);

#endif
