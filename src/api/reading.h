// SPDX-License-Identifier: Apache-2.0
// Views of one pathway: opening a read under the engine's lock, letting the report room fill the result, closing it.
// May call: every room below.
#ifndef API_READING_H
#define API_READING_H

#include "api/handles.h"
#include "report/views.h"

struct view_source {
    struct engine *e;
    struct reading *reading; // the pathway, and what of it the session may read
    const struct head *head;
};
typedef stepdown_status (*view_fn)(const struct view_source *v, void *ctx, stepdown_result **out, stepdown_error **o);

// `what` names the view in the access record.
stepdown_status read_view(stepdown_session *session, const char *pathway, const char *what, view_fn view, void *ctx,
                          stepdown_result **out, stepdown_error **o);

#endif
