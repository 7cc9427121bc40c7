// SPDX-License-Identifier: Apache-2.0
// Signals between pathways. May call: verbs, draft.
#ifndef ENGINE_SIGNAL_H
#define ENGINE_SIGNAL_H

#include "engine/verbs.h"

// Deliver the signal of a row of the index; the row goes when the target has taken it, or has refused it and the sender's alert is raised.
stepdown_status signal_deliver(struct engine *e, stepdown_slice row_key, struct arena *arena, struct receipt *out,
                               stepdown_error **o);

#endif
