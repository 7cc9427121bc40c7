// SPDX-License-Identifier: Apache-2.0
// Boards across pathways: a person's work list, a role's queue, everything of an organization; and the same of one
// pathway with something left out. What hurts first stands first, and a page costs what it shows, however much there is.
#ifndef STEPDOWN_BOARD_H
#define STEPDOWN_BOARD_H

#include <stepdown/pathway.h>

#ifdef __cplusplus
extern "C" {
#endif

// What is asked for: names and values, copied.
typedef struct stepdown_query stepdown_query;

// A query that leaves nothing out. *out is owned by the caller: stepdown_query_free. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_query_new(stepdown_query **out, stepdown_error **out_error);
// NULL-safe; clears the caller's pointer.
STEPDOWN_API void stepdown_query_free(stepdown_query **query);
// `name` is one of
//   pathway        only this one (26 characters)
//   organization   whose work; the session's own unless said, and no other one (DENIED) for anybody but the store's fallback
//   person         who owns it      role   the role that answers for it
//   overdue, unowned, blocked, waiting   "yes": only what is overdue; what nobody owns; what a gate holds or what is
//                  blocked; what was sent and not yet answered
//   due_within     a duration ("4 hours"; a day is 24 hours): only what is due by then, what is overdue included
// INVALID: another name, or a value that cannot be read. LIMIT: over 128 bytes. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_query_set(stepdown_query *query, const char *name,
                                                                  const char *value, stepdown_error **out_error);

// The board that the query (NULL: everything of the session's organization) asks for: first what is overdue and owned by
// nobody, then what is overdue, alerts, what nobody owns, what is due, and last what was put aside; each by when it is
// due. `resume` is "" or NULL, or stepdown_result_next of the page before; `limit` 1 to 1,000 rows. A page looks at no
// more than 1,000 items, so with a filter it may hold fewer rows, or none, and still have a next one. Items of pathways
// that the session may not see are left out; a pathway that cannot be read is said to be UNREADABLE. A board of one
// pathway is one page. Columns as stepdown_board. INVALID: a wrong token. DENIED, CLOSED, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_board_query(stepdown_session *session,
                                                                    const stepdown_query *query, const char *resume,
                                                                    uint32_t limit, stepdown_result **out,
                                                                    stepdown_error **out_error);

#ifdef __cplusplus
}
#endif
#endif
