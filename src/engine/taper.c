// SPDX-License-Identifier: Apache-2.0
// Which step a taper comes to: one further with a reduction, one back when the cadence before is restored.
// May call: rule, pathway, protocol.
#include "engine/verbs.h"

// How many steps are planned; 0 when no plan is there or it cannot be read.
static uint32_t planned_steps(struct draft *d, uint32_t element) {
    const struct element *el = &d->state->elements[element];
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value steps;
    ev.this_element = element;
    bool known = el->def < d->defs->item_count && d->defs->items[el->def].steps >= 0 &&
                 rule_term(&ev, d->defs->items[el->def].steps, &steps, NULL) && steps.type == VALUE_LIST;
    return known ? steps.count : 0;
}

stepdown_status taper_step(struct draft *d, uint32_t element, uint16_t code, struct event_draft *ev,
                           stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    if (code == EVENT_TAPER_REDUCED) {
        if (el->ladder_step >= planned_steps(d, element)) {
            return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "no further reduction is planned for %s",
                               access_name(d, element));
        }
        event_number(ev, d, ATTR_STEP, (int64_t)el->ladder_step + 1);
    } else if (code == EVENT_TAPER_RESTORED) {
        event_number(ev, d, ATTR_STEP, el->ladder_step > 0 ? (int64_t)el->ladder_step - 1 : 0);
    }
    return STEPDOWN_OK;
}
