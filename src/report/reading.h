// SPDX-License-Identifier: Apache-2.0
// Whose eyes a view is for: what consent and labels let a session read of a pathway, decided when it is read. What may
// not be read is shown as withheld, wherever it would have stood. May call: engine, rule, pathway.
#ifndef REPORT_READING_H
#define REPORT_READING_H

#include "engine/engine.h"

#define WITHHELD "withheld" // what stands in its place

enum { READING_LABELS = 16 };
struct reading {
    struct evaluation ev;    // what is shown: the state, and the moment for which it is
    struct evaluation today; // what consent is asked of: that of now, also when what is shown was then
    const struct session_info *who;
    stepdown_time happened_by; // entries of what happened later are left out, STEPDOWN_TIME_NONE: none
    bool emergency;            // emergency access: everything, and on record
    struct label_verdict {
        const char *label; // "": none
        bool may;
    } labels[READING_LABELS];
    size_t label_count;
};
void reading_begin(struct reading *r, struct engine *e, struct state *s, const struct session_info *who);
// Show this state, as of a moment, instead of the one that the reading began with.
void reading_look_back(struct reading *r, struct state *then, stepdown_time at);
// Values with this label (NULL: none).
bool reading_may(struct reading *r, const char *label);
// Values of a field, by the label that its protocol gives it. UINT32_MAX or unknown: as one without label.
bool reading_may_field(struct reading *r, uint32_t field);
// A value of an entry: by the label of its field now, and by the one it was written with.
bool reading_may_value(struct reading *r, const struct field_value *value);
// A value inside an event: by the label it was written with and the one its field has now.
bool reading_may_attr(struct reading *r, const struct attr *attr);
// Everything that the protocols of the pathway ask for: data without a label, and of every label.
bool reading_may_all(struct reading *r);
// What somebody's own organization has written it may read, for treatment and operations.
bool reading_own(const struct reading *r, stepdown_slice organization);
// A value reckoned from fields of which one may not be read.
bool reading_may_term(struct reading *r, int32_t term);
bool reading_may_node(struct reading *r, int32_t node);
bool reading_may_selector(struct reading *r, int32_t selector);
// Name of an element: what its definition calls it, or the host's label if that may be read.
const char *reading_name(struct reading *r, uint32_t element);

#endif
