// SPDX-License-Identifier: Apache-2.0
// Signals between pathways. May call: verbs, draft.
#ifndef ENGINE_SIGNAL_H
#define ENGINE_SIGNAL_H

#include "engine/verbs.h"

// Rows waiting for delivery, oldest key first. Keys identify them.
stepdown_status signal_pending(struct engine *e, uint32_t limit, struct arena *arena, struct row **rows, size_t *count,
                               bool *more, stepdown_error **o);
// Deliver one; the row goes when the target has taken it, or has refused it and the sender's alert is raised.
stepdown_status signal_deliver(struct engine *e, stepdown_slice row_key, struct arena *arena, struct receipt *out,
                               stepdown_error **o);

#endif
