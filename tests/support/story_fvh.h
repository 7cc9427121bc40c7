// SPDX-License-Identifier: Apache-2.0
// The story of a failed first visit, played step by step through the public functions: from discharge to the review, or
// with a huddle that nobody holds, so that the ladder runs. Every command carries a command id, so any step may be
// played again. Uses public headers only.
#ifndef TESTS_SUPPORT_STORY_FVH_H
#define TESTS_SUPPORT_STORY_FVH_H

#include <stdbool.h>

#include <stepdown.h>

// Clock and randomness of a run: the same start gives the same store, byte for byte.
struct fvh_host {
    stepdown_time now;
    uint64_t seed;
};
enum { FVH_START = 1772546400 }; // seconds: 2026-03-03 09:00 in New York

enum fvh_kind { FVH_ENGAGED, FVH_REFUSED_AGAIN, FVH_NOT_HELD, FVH_KINDS };
enum fvh_sort { FVH_COMMAND, FVH_ADVANCE, FVH_LOOK, FVH_DELIVER };

// Options with that clock and randomness; the caller may add an allocator and frees them.
stepdown_status fvh_options(struct fvh_host *host, stepdown_options **out);
// A new store with its fallback.
stepdown_status fvh_create(stepdown_storage *storage, const stepdown_options *options, stepdown_error **out_error);
// Protocol in force, organizations, people. May be done again.
stepdown_status fvh_prepare(stepdown_engine *engine, const stepdown_options *options, stepdown_error **out_error);

// One telling: its engine and host are borrowed; `pathway` has 26 characters, see fvh_pathway.
struct fvh_story {
    enum fvh_kind kind;
    stepdown_engine *engine;
    struct fvh_host *host;
    char pathway[27];
    bool repeated;     // the last command had been carried out before
    uint64_t sequence; // of its record
};
void fvh_pathway(uint32_t number, char out[27]); // a different id for each number
size_t fvh_length(enum fvh_kind kind);
enum fvh_sort fvh_sort(enum fvh_kind kind, size_t step);
stepdown_status fvh_expected(enum fvh_kind kind, size_t step); // OK, or the refusal that belongs to the story
stepdown_time fvh_time(enum fvh_kind kind, size_t step);
// Play one step at its time. Returns what came back; for advance the status of the first pathway that failed.
stepdown_status fvh_play(struct fvh_story *story, size_t step, stepdown_error **out_error);
// Store, engine's settings and every step of the kind on it; stops at the first step that is not as expected.
stepdown_status fvh_play_all(struct fvh_story *story, stepdown_error **out_error);

// What the pathway is at the end, as text to be given to free(): the same for every run in which each command took
// effect exactly once.
stepdown_status fvh_picture(struct fvh_story *story, char **out, stepdown_error **out_error);
// Verify every chain. *intact false: `problem` says which and why. *records: those of pathways.
stepdown_status fvh_verify(stepdown_engine *engine, bool *intact, uint64_t *records, char problem[160],
                           stepdown_error **out_error);

#endif
