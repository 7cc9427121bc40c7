// SPDX-License-Identifier: Apache-2.0
// Signals between pathways. May call: verbs, draft.
#ifndef ENGINE_SIGNAL_H
#define ENGINE_SIGNAL_H

#include "engine/verbs.h"

// Which event of which record asks or tells something of another pathway.
struct signal_place {
    uint8_t sender[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
};
// Who learns what became of it, pathway by pathway.
struct delivery_sink {
    void (*seen)(void *ctx, const uint8_t pathway[RECORD_ID], stepdown_status status, const stepdown_error *cause,
                 uint32_t records);
    void *ctx;
};
// Deliver what a row of the index stands for. The row goes when every target has taken it, or has refused it and the
// sender's alert is raised. Failures are told to the sink, which is not told when only the row could not be read.
stepdown_status signal_deliver(struct engine *e, stepdown_slice row_key, struct arena *arena,
                               const struct delivery_sink *sink, stepdown_error **o);

#endif
