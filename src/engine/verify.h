// SPDX-License-Identifier: Apache-2.0
// Proof that every chain of the store is whole. May call: engine.
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/engine.h"

struct chain_report {
    uint8_t id[RECORD_ID];
    bool access, intact;
    uint64_t records;    // that fit
    int64_t bad_seq;     // first that does not, -1: none
    const char *problem; // "" when intact; in the arena
    uint8_t leaf[DIGEST_SIZE];
};
// How far the table of symbols was read last, and the digest over it up to there.
struct symbols_seen {
    uint64_t next; // 0: not yet
    uint8_t digest[DIGEST_SIZE];
};
struct verify_progress {
    int32_t (*call)(void *ctx, uint64_t done); // NULL: none; 0 stops
    void *ctx;
    uint64_t done;
    struct symbols_seen symbols;
};
// Is the table of symbols, up to the place that an event cites, what it was then? In the open transaction.
stepdown_status symbols_check(struct engine *e, const struct value *cited, struct symbols_seen *seen, bool *fits,
                              stepdown_error **o);
// One chain. A broken chain is a result, not a failure; storage failures are.
stepdown_status verify_chain(struct engine *e, const uint8_t id[RECORD_ID], struct verify_progress *progress,
                             struct arena *arena, struct chain_report *out, stepdown_error **o);
// The next chain at or after `from` (then advanced behind it). *found false: no more.
stepdown_status verify_next_chain(struct engine *e, struct key *from, uint8_t id[RECORD_ID], bool *found,
                                  stepdown_error **o);

#endif
