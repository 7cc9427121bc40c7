// SPDX-License-Identifier: Apache-2.0
// Figures, and the host that carries out the reference job.
#include "bench/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/platform.h"

// ---- figures -----------------------------------------------------------------------------------------------------------

static size_t missed;

void series_add(struct series *s, double value) {
    if (s->count == BENCH_PAIRS_MOST)
        abort();
    s->values[s->count++] = value;
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double series_at(const struct series *s, size_t place) {
    struct series sorted = *s;
    qsort(sorted.values, sorted.count, sizeof sorted.values[0], by_size);
    return sorted.values[place];
}

double series_median(const struct series *s) { return series_at(s, s->count / 2); }
double series_least(const struct series *s) { return series_at(s, 0); }
double series_most(const struct series *s) { return series_at(s, s->count - 1); }

static void print_processor(void) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) == 0) {
            printf("%s", strchr(line, ':') + 1);
            break;
        }
    }
    if (file)
        fclose(file);
}

void bench_begin(const char *title) {
    struct utsname name;
    double load[1] = {0};
    uname(&name);
    printf("== %s\n   %s %s, %ld processors,", title, name.sysname, name.machine, sysconf(_SC_NPROCESSORS_ONLN));
    FILE *file = fopen("/proc/loadavg", "r");
    if (file && fscanf(file, "%lf", load) == 1)
        printf(" load %.2f,", load[0]);
    if (file)
        fclose(file);
    print_processor();
    fflush(stdout);
}

static void print_line(const char *what, const struct series *s, const char *unit) {
    printf("%-52s %10.3f %-6s (%.3f to %.3f)", what, series_median(s), unit, series_least(s), series_most(s));
}

void bench_note(const char *what, const struct series *s, const char *unit) {
    print_line(what, s, unit);
    printf("\n");
    fflush(stdout);
}

static void print_verdict(bool kept, const char *word, double bound) {
    printf("  %s %.3g: %s\n", word, bound, kept ? "kept" : "MISSED");
    fflush(stdout);
    missed += !kept;
}

void bench_at_least(const char *what, const struct series *s, const char *unit, double bound) {
    print_line(what, s, unit);
    print_verdict(series_median(s) >= bound, "at least", bound);
}

void bench_at_most(const char *what, const struct series *s, const char *unit, double bound) {
    print_line(what, s, unit);
    print_verdict(series_median(s) <= bound, "at most", bound);
}

int bench_end(void) { return missed > 0; }

void bench_check(stepdown_status status, stepdown_error *error, const char *what) {
    if (status != STEPDOWN_OK) {
        fprintf(stderr, "%s: %s: %s\n", what, stepdown_status_name(status), error ? stepdown_error_message(error) : "");
        exit(2);
    }
    stepdown_error_free(&error);
}

double bench_now(void) { return (double)platform_monotonic(); }

// ---- the host ----------------------------------------------------------------------------------------------------------

static void *host_allocate(void *ctx, void *block, size_t size) {
    struct host *h = ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    h->allocations++;
    return realloc(block, size);
}

static stepdown_time host_clock(void *ctx) { return ((struct host *)ctx)->clock; }

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        stepdown_error *error = NULL;                                                                                  \
        stepdown_status status = (call);                                                                               \
        bench_check(status, error, #call);                                                                             \
    } while (0)

static void activate(struct host *h) {
    stepdown_protocol *protocol;
    TRY(stepdown_protocol_new(h->options, &protocol, &error));
    TRY(stepdown_protocol_add_file(protocol, STEPDOWN_SOURCE_DIR "/tests/bench/reference.yaml", &error));
    TRY(stepdown_engine_activate(h->engine, protocol, &error));
    stepdown_protocol_free(&protocol);
    TRY(stepdown_engine_set_organization(h->engine, "harbor", "provider", &error));
    TRY(stepdown_engine_assign_role(h->engine, "frontline-worker", "harbor", "sam", 0, STEPDOWN_TIME_NONE, 0, &error));
    TRY(stepdown_engine_assign_role(h->engine, "supervisor", "harbor", "maria", 0, STEPDOWN_TIME_NONE, 0, &error));
}

void host_open(struct host *h, stepdown_storage *storage, bool made, unsigned cached) {
    *h = (struct host){.storage = storage, .clock = INT64_C(1772460000000000)};
    TRY(stepdown_options_new(&h->options, &error));
    stepdown_options_set_allocator(h->options, host_allocate, h);
    stepdown_options_set_clock(h->options, host_clock, h);
    stepdown_options_set_cache(h->options, cached);
    if (!made)
        TRY(stepdown_store_create(storage, h->options, "bench", "lee", "service-leader", "harbor", &error));
    TRY(stepdown_engine_open(storage, h->options, &h->engine, &error));
    if (!made)
        activate(h);
    else
        h->jobs = 1000000000 + (unsigned)(platform_clock() / 1000 % 1000000000); // other ids than earlier runs used
    TRY(stepdown_session_open(h->engine, "maria", "supervisor", "harbor", NULL, &h->session, &error));
}

void host_close(struct host *h) {
    stepdown_session_free(&h->session);
    TRY(stepdown_engine_close(h->engine, &error));
    stepdown_engine_free(&h->engine);
    TRY(stepdown_storage_close(h->storage, &error));
    stepdown_storage_free(&h->storage);
    stepdown_options_free(&h->options);
}

// ---- the job ------------------------------------------------------------------------------------------------------------

// Text and number without printf, whose time would be counted as the library's.
static char *put(char *at, const char *text, unsigned number) {
    char digits[10];
    size_t size = strlen(text), count = 0;
    memcpy(at, text, size);
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (at += size; count > 0;)
        *at++ = digits[--count];
    *at = 0;
    return at;
}

// Under an id such as "job-17-2", with the receipt that a host would look at.
static stepdown_result *carry_out(struct host *h, const char *pathway, stepdown_command *command, unsigned number) {
    char id[32];
    stepdown_result *receipt = NULL;
    put(put(id, "job-", h->jobs), "-", number);
    h->clock += INT64_C(1000000);
    TRY(stepdown_command_set_id(command, id, &error));
    TRY(stepdown_session_execute(h->session, pathway, command, &receipt, &error));
    return receipt;
}

void job_open(struct host *h, const char *chosen, char pathway[PATHWAY_TEXT]) {
    stepdown_command *command;
    char subject[32];
    put(subject, "person-", ++h->jobs);
    TRY(stepdown_command_new(h->session, "open", "reference-job", &command, &error));
    TRY(stepdown_command_set(command, "subject", subject, &error));
    TRY(stepdown_command_set(command, "zone", "America/New_York", &error));
    if (chosen)
        TRY(stepdown_command_set(command, "pathway", chosen, &error));
    stepdown_result *receipt = carry_out(h, NULL, command, 0);
    const char *text = stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway"));
    memcpy(pathway, text, PATHWAY_TEXT);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

void job_do(struct host *h, const char *pathway, const char *verb, const char *target, unsigned number) {
    stepdown_command *command;
    TRY(stepdown_command_new(h->session, verb, target, &command, &error));
    stepdown_result *receipt = carry_out(h, pathway, command, number);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

void job_run(struct host *h) {
    char pathway[PATHWAY_TEXT];
    job_open(h, NULL, pathway);
    job_do(h, pathway, "close", "call", 1);
    job_do(h, pathway, "close", "visit", 2);
    job_do(h, pathway, "close", "handover", 3);
    job_do(h, pathway, "close-pathway", "pathway", 4);
}

// ---- places -------------------------------------------------------------------------------------------------------------

stepdown_storage *bench_memory(void) {
    stepdown_storage *storage;
    TRY(stepdown_storage_open_memory(NULL, &storage, &error));
    return storage;
}

stepdown_storage *bench_sqlite(const char *path, int32_t synchronous) {
    stepdown_storage_options *options;
    stepdown_storage *storage;
    TRY(stepdown_storage_options_new(&options, &error));
    TRY(stepdown_storage_options_set_synchronous(options, synchronous, &error));
    TRY(stepdown_storage_open_sqlite(path, options, &storage, &error));
    stepdown_storage_options_free(&options);
    return storage;
}

void bench_directory(const char *where, char out[64]) {
    snprintf(out, 64, "%s/stepdown-bench-XXXXXX", where);
    if (!mkdtemp(out)) {
        perror(out);
        exit(2);
    }
}

void bench_remove(const char *directory) {
    char path[512];
    DIR *list = opendir(directory);
    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        (void)unlink(path);
    }
    if (list)
        closedir(list);
    (void)rmdir(directory);
}
