// SPDX-License-Identifier: Apache-2.0
// A host that does whatever the protocols in force allow, at random: opens pathways, fills in forms with values that fit
// their fields, takes items along their lifecycles as those who own them, marks, advances time. It knows no protocol; it
// reads the definitions. The same seed takes the same steps on the same store. For property tests and benches.
#ifndef TESTS_SUPPORT_WALKER_H
#define TESTS_SUPPORT_WALKER_H

#include "api/handles.h"

enum {
    WALKER_START = 1772546400, // seconds: 2026-03-03 09:00 in New York
    WALKER_CACHE = 16384       // pathways that the engine keeps in memory
};

struct walker_host { // clock and randomness of the engine
    stepdown_time now;
    uint64_t seed;
};
struct walker_counts {
    uint64_t commands, done, held, refused;
    double busy; // microseconds of processor time spent in commands
};
struct walker {
    struct walker_host host;
    uint64_t dice; // of the walker itself
    stepdown_storage *storage;
    stepdown_options *options;
    stepdown_engine *engine;
    struct env env;
    struct arena arena; // of the command under way
    char (*pathways)[27];
    size_t pathway_count, pathway_cap;
    struct walker_counts counts;
    // Called with each command before and after it is carried out; may be NULL.
    void (*before)(struct walker *w, size_t pathway, const char *verb, const char *target);
    void (*after)(struct walker *w, size_t pathway, const char *verb, const char *target, stepdown_status status);
};

// A store in memory (or on `storage`, which becomes the walker's) with these shipped protocols in force, one organization
// of each kind, one person in each role. Ends the program when anything fails that must not.
void walker_make(struct walker *w, const char *const *protocols, size_t count, uint64_t seed,
                 stepdown_storage *storage);
void walker_free(struct walker *w);
stepdown_engine *walker_engine(struct walker *w); // another engine on the same storage, to be freed

// Subjects that pathways may be about, and whether a protocol says anything of one.
enum { WALKER_SUBJECTS = 4 };
extern const char *const walker_subjects[WALKER_SUBJECTS];
bool walker_speaks_of(struct walker *w, const char *protocol, const char *subject);
// Open a pathway under the protocol about such a subject; every organization takes part.
size_t walker_open(struct walker *w, const char *protocol, const char *subject);
// One command that is likely to be allowed. Its status, which is never one that blames the store or the library.
stepdown_status walker_command(struct walker *w, size_t pathway);
void walker_advance(struct walker *w, stepdown_time by);
uint64_t walker_roll(struct walker *w, uint64_t sides); // 0 … sides - 1

// Look at the state of a pathway while `look` runs.
void walker_look(struct walker *w, stepdown_engine *engine, size_t pathway,
                 void (*look)(void *ctx, struct engine *e, struct state *s), void *ctx);
void walker_snapshot(struct walker *w, stepdown_engine *engine, size_t pathway, struct buffer *out);

#endif
