// SPDX-License-Identifier: Apache-2.0
// Reports between pathways of different subjects (decision 0031). May call: draft, signal.
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

#include "engine/draft.h"
#include "engine/signal.h"

// The action: what is told goes into the record; who receives it is found again when it is delivered.
stepdown_status report_send(struct draft *d, const struct action_def *action, uint32_t trigger, const struct mark *mark,
                            stepdown_error **o);
bool report_waits(const struct event *event); // a report that somebody is to receive
// The index of pathways that receive reports, when who takes part or whether it lives has changed.
stepdown_status report_index(struct draft *d, stepdown_error **o);
// The subject was erased: whoever was told anything by this pathway forgets by whom (forget.c).
bool report_forgets(const struct event *event);
stepdown_status report_forget(struct engine *e, const struct signal_place *place, const struct record *record,
                              const struct delivery_sink *sink, stepdown_error **o);
// To every target, each in a commit of its own. What fails is seen by the sink, and the status is that of the first.
stepdown_status report_deliver(struct engine *e, const struct signal_place *place, const struct record *record,
                               struct arena *arena, const struct delivery_sink *sink, stepdown_error **o);

#endif
