// SPDX-License-Identifier: Apache-2.0
// What rules do (actions.c) and how cascade and time share it. May call: draft.
#ifndef ENGINE_ACTIONS_H
#define ENGINE_ACTIONS_H

#include "engine/draft.h"

stepdown_status action_run(struct draft *d, const struct action_def *action, int32_t rule, uint32_t trigger,
                           const struct mark *mark, stepdown_error **o);
// A slot that ends while it is given is gone: the grant is taken back, and the request waits again in its old place.
stepdown_status grant_follow(struct draft *d, uint32_t element, stepdown_error **o);
// Fire a rule if its guard and pattern hold: the firing, its actions, its ladder.
stepdown_status rule_fire(struct draft *d, int32_t rule, uint32_t trigger, const struct mark *mark, stepdown_error **o);
stepdown_status rule_schedule(struct draft *d, int32_t rule, stepdown_time at, stepdown_error **o);
stepdown_time rule_moment(struct draft *d, const struct trigger *t);
stepdown_time cadence_next(struct draft *d, const struct trigger *t, stepdown_time last);
// Moment of the newest firing of a rule, TIME_NONE: never.
stepdown_time state_fired_at(const struct state *s, int32_t rule);
// Work the due time out again; the change is recorded when there is one.
stepdown_status due_follow(struct draft *d, uint32_t element, stepdown_error **o);
// The same with the warning before it, unless it was given already.
stepdown_status lead_follow(struct draft *d, uint32_t element, stepdown_error **o);
bool due_by_hand(const struct state *s, uint32_t element); // a person set the due time: it is not worked out again

#endif
