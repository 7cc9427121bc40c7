// SPDX-License-Identifier: Apache-2.0
// Replaying a recorded pathway under changed protocols: its commands are read back from its records and carried out once
// more, at their recorded moments, on an engine and a store in memory that nobody else sees; what comes out otherwise is
// listed. Nothing is written to the store of the pathway but the access. May call: engine, protocol, record, storage.
#ifndef REPORT_REPLAY_H
#define REPORT_REPLAY_H

#include "report/views.h"

// Identities differ between the two runs: what was #12.1 may be #14.3 now.
struct replay_pair {
    struct ref was, is;
    struct ref about; // in the original: what it hangs on; 0.0: the pathway
    uint32_t name;    // symbol of what it is, in the original
};
struct replay_pairs {
    struct replay_pair *list;
    size_t count, cap;
};
const struct replay_pair *replay_twin(const struct replay_pairs *pairs, struct ref was); // NULL: it is not there now

// A command read back from a record. `arena` holds it.
struct replay_step {
    struct command command;
    const char *told;   // "start second_visit", for people
    const char *cannot; // why it cannot be carried out again; NULL: it can
};
// `names`: the definitions that the record's symbols belong to.
stepdown_status replay_read(const struct env *env, struct arena *arena, const struct definitions *names,
                            const struct replay_pairs *pairs, const struct record *record, struct replay_step *out,
                            stepdown_error **o);

stepdown_status view_replay(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                            const struct compile_input *changed, stepdown_result **out, stepdown_error **o);

#endif
