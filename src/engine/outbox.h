// SPDX-License-Identifier: Apache-2.0
// Messages leaving the engine. May call: draft.
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "engine/draft.h"

struct outbox_message {
    stepdown_slice key; // identifies it and its lease, until it is settled or the lease ends
    uint8_t pathway[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    const struct event *event;
    stepdown_slice role, organization, person;
    stepdown_time due;
};
stepdown_status outbox_lease(struct engine *e, const struct session_info *session, uint32_t limit,
                             stepdown_time lease_until, struct arena *arena, struct outbox_message **out,
                             size_t *out_count, stepdown_error **o);
stepdown_status outbox_settle(struct engine *e, stepdown_slice key, bool delivered, stepdown_error **o);

#endif
