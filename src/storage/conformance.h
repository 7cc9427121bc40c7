// SPDX-License-Identifier: Apache-2.0
// The conformance suite: a table of rules, each a small play of transactions on a fresh store, and its report.
// Goes through the guard like every other user of a storage. May call: base, the guard.
#ifndef STORAGE_CONFORMANCE_H
#define STORAGE_CONFORMANCE_H

#include "storage/storage.h"

struct conformance_result {
    const char *name;
    int32_t result; // STEPDOWN_CONFORMANCE_*
    char *detail;   // NULL: none
};

struct stepdown_conformance {
    struct env env;
    struct conformance_result *results;
    size_t count, failures;
};

stepdown_status conformance_run(stepdown_conformance_factory factory, void *ctx, int32_t level,
                                struct stepdown_conformance **out, stepdown_error **out_error);
void conformance_free(struct stepdown_conformance **report);

// ---- for the rules

enum { PLAY_SEATS = 9, PLAY_DETAIL = 400 };

// One rule on stage: a store and a few transactions that take turns. Every helper returns true when all went as
// expected; otherwise it has written what went wrong, and the rule ends.
struct play {
    const struct env *env;
    stepdown_conformance_factory factory;
    void *factory_ctx;
    bool thorough;
    struct stepdown_storage *storage;
    struct transaction seats[PLAY_SEATS];
    struct arena arena; // what was read
    bool skipped, nomem;
    char detail[PLAY_DETAIL];
};

struct rule {
    const char *name;
    bool (*run)(struct play *p);
};
// Lists end with a NULL name.
extern const struct rule conformance_data_rules[], conformance_isolation_rules[], conformance_load_rules[];

bool play_wrong(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool play_skip(struct play *p, const char *why);
bool play_reopen(struct play *p); // close, and open the same store again; skips the rule where it does not last

bool play_begin(struct play *p, size_t seat, bool write);
bool play_begin_all(struct play *p, size_t seats); // without announcing writes, so that any number may be open
bool play_put(struct play *p, size_t seat, const char *key, const char *value);
bool play_put_new(struct play *p, size_t seat, const char *key, const char *value);
bool play_delete(struct play *p, size_t seat, const char *key);
bool play_unchanged(struct play *p, size_t seat, const char *key);
bool play_absent(struct play *p, size_t seat, const char *key);
bool play_put_bytes(struct play *p, size_t seat, stepdown_slice key, stepdown_slice value);
bool play_commit(struct play *p, size_t seat, stepdown_status expected);
void play_abort(struct play *p, size_t seat);
// begin for writing, put, commit.
bool play_store(struct play *p, size_t seat, const char *key, const char *value);
// The key has this value in the transaction's snapshot; NULL: it is absent.
bool play_sees(struct play *p, size_t seat, const char *key, const char *value);
bool play_sees_bytes(struct play *p, size_t seat, stepdown_slice key, stepdown_slice value);
// The same in a transaction of its own.
bool play_holds(struct play *p, const char *key, const char *value);
// The keys of a range, joined by spaces, in the order given; *more as stated.
bool play_scans(struct play *p, size_t seat, const char *from, const char *to, bool descending, size_t limit,
                const char *keys, bool more);
bool play_status(struct play *p, const char *call, stepdown_status expected, stepdown_status got,
                 stepdown_error **error);

#endif
