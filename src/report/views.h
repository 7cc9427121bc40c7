// SPDX-License-Identifier: Apache-2.0
// Views: what a pathway looks like to people and programs, as results. Each takes a state that an open read holds.
// Columns are documented at the public function of the same name. May call: engine, rule, pathway.
#ifndef REPORT_VIEWS_H
#define REPORT_VIEWS_H

#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/verify.h"
#include "report/reading.h"
#include "report/result.h"

stepdown_status view_receipt(struct engine *e, const struct session_info *who, struct state *s,
                             const struct receipt *receipt, stepdown_result **out, stepdown_error **o);
stepdown_status view_pathway(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o);
stepdown_status view_items(struct engine *e, struct reading *rd, bool live_only, stepdown_result **out,
                           stepdown_error **o);
stepdown_status view_entries(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o);
// What a board leaves out. Names: empty means any.
struct board_filter {
    stepdown_slice person, role, organization;
    bool overdue, unowned, blocked, waiting;
    int64_t due_within;   // microseconds, -1: any
    stepdown_time due_by; // worked out from it
};
stepdown_status view_board(struct engine *e, struct reading *rd, const struct board_filter *filter,
                           stepdown_result **out, stepdown_error **o);
stepdown_status view_boards(struct engine *e, const struct session_info *session, const struct board_filter *filter,
                            stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o);
stepdown_status view_dashboard(struct engine *e, struct reading *rd, stepdown_slice name, stepdown_result **out,
                               stepdown_error **o);
stepdown_status view_gate(struct engine *e, struct reading *rd, stepdown_slice gate, stepdown_result **out,
                          stepdown_error **o);
stepdown_status view_measures(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o);
stepdown_status view_knowledge(struct engine *e, struct reading *rd, stepdown_slice what, stepdown_result **out,
                               stepdown_error **o);
stepdown_status view_responsibility(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o);
stepdown_status view_validation(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o);
stepdown_status view_records(struct engine *e, struct reading *rd, const struct head *head, uint64_t from,
                             uint32_t limit, stepdown_result **out, stepdown_error **o);
stepdown_status view_verification(struct engine *e, const uint8_t *pathway, struct verify_progress *progress,
                                  stepdown_result **out, stepdown_error **o);
stepdown_status view_list(struct engine *e, const struct session_info *session, stepdown_slice resume, uint32_t limit,
                          stepdown_result **out, stepdown_error **o);
// One page of the pathways in which the session's organization takes part: `add` puts what there is to say of each into
// the result; a failure ends the page. *out is begun with the columns and ready to be handed out.
struct each_pathway {
    stepdown_status (*add)(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                           const void *ctx, struct stepdown_result *r, stepdown_error **o);
    const void *ctx;
    const struct column *columns;
    size_t column_count;
};
stepdown_status view_each_pathway(struct engine *e, const struct session_info *session, const struct each_pathway *each,
                                  stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o);
stepdown_status view_execute_each(struct engine *e, const struct session_info *session, const struct command *command,
                                  stepdown_slice resume, uint32_t limit, stepdown_result **out, stepdown_error **o);
stepdown_status view_migration(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                               stepdown_result **out, stepdown_error **o);
stepdown_status view_advance(struct engine *e, stepdown_time until, uint32_t limit, stepdown_result **out, bool *more,
                             stepdown_error **o);
stepdown_status view_outbox(struct engine *e, stepdown_slice purpose, const struct outbox_message *messages,
                            size_t count, stepdown_result **out, stepdown_error **o);
stepdown_status view_protocols(struct engine *e, stepdown_result **out, stepdown_error **o);
stepdown_status view_assignments(struct engine *e, stepdown_result **out, stepdown_error **o);
stepdown_status view_elements(const struct env *env, const struct halves *halves, stepdown_result **out,
                              stepdown_error **o);
stepdown_status view_diff(const struct env *env, const struct halves *before, const struct halves *after,
                          stepdown_result **out, stepdown_error **o);
stepdown_status view_builtins(const struct env *env, stepdown_result **out, stepdown_error **o);

// Shared: names or versions of the protocols of a set, ", " between them.
void view_protocol_names(struct stepdown_result *r, size_t column, const struct definitions *defs, bool versions);
// Id "12.0" of an element, readable text of an event, definition of an item or entry.
void view_id(struct stepdown_result *r, size_t column, const struct state *s, uint32_t element);
const struct def *view_def(const struct state *s, uint32_t element); // NULL: none
// What an element is called by people: its title, and for an alert also what it is about.
void view_title(struct reading *rd, uint32_t element, struct buffer *out);
// A value as people read it; what it cites by name: "visit_record 6.0".
void view_value(const struct state *s, const struct value *value, struct buffer *out);
// What may not be read is said to be withheld, unless it is the reader's `own` word.
void view_event_text(struct reading *rd, const struct event *event, bool own, struct buffer *out);
// Nested rows of elements and fields cited.
void view_evidence(struct stepdown_result *r, size_t column, const struct state *s, const struct evidence *list,
                   size_t count);

#endif
