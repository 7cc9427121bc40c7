// SPDX-License-Identifier: Apache-2.0
// What the measures of a pathway come to now. What cannot be known yet is not nought. May call: rule.
#include "report/views.h"

enum { MEASURE_ROW, MEASURE_NAME, MEASURE_SAYS, MEASURE_KNOWN, MEASURE_ERASED, MEASURE_VALUE };
static const struct column measure_columns[] = {
    [MEASURE_ROW] = {"row", STEPDOWN_COLUMN_TEXT},          [MEASURE_NAME] = {"name", STEPDOWN_COLUMN_TEXT},
    [MEASURE_SAYS] = {"says", STEPDOWN_COLUMN_TEXT},        [MEASURE_KNOWN] = {"known", STEPDOWN_COLUMN_BOOLEAN},
    [MEASURE_ERASED] = {"erased", STEPDOWN_COLUMN_BOOLEAN}, [MEASURE_VALUE] = {"value", STEPDOWN_COLUMN_TEXT},
};

stepdown_status view_measures(struct engine *e, struct reading *rd, stepdown_result **out, stepdown_error **o) {
    struct state *s = rd->ev.state;
    struct stepdown_result *r = result_new(&e->env, RESULT_COLUMNS(measure_columns));
    struct buffer text;
    if (r == NULL) {
        return status_nomem(&e->env, o);
    }
    buffer_init(&text, &e->env);
    for (size_t i = 0; i < s->defs->measure_count; i++) {
        const struct measure_def *measure = &s->defs->measures[i];
        struct evaluation ev = engine_evaluation(e, s, engine_now(e));
        struct value value;
        bool erased = false, known = rule_term(&ev, measure->term, &value, &erased);
        result_add(r);
        result_string(r, MEASURE_ROW, measure->def.row[0] != '\0' ? measure->def.row : measure->def.name);
        result_string(r, MEASURE_NAME, measure->def.name);
        result_string(r, MEASURE_SAYS, measure->def.says);
        result_number(r, MEASURE_KNOWN, known);
        result_number(r, MEASURE_ERASED, erased);
        if (known && reading_may_term(rd, measure->term)) {
            view_value(s, &value, &text);
        } else if (known) {
            buffer_text(&text, WITHHELD);
        }
        result_buffer(r, MEASURE_VALUE, &text);
    }
    buffer_free(&text);
    return result_finish(r, out, o);
}
