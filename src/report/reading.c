// SPDX-License-Identifier: Apache-2.0
// What a session may read: see reading.h. Each label is decided once for a view.
#include "report/reading.h"

#include <string.h>

#include "engine/verbs.h"

void reading_begin(struct reading *r, struct engine *e, struct state *s, const struct session_info *who) {
    *r = (struct reading){.ev = engine_evaluation(e, s, engine_now(e)), .who = who};
    r->today = r->ev;
    r->happened_by = who->looks_back ? who->happened_by : STEPDOWN_TIME_NONE;
    r->emergency = engine_emergency(e, who, s->id);
}

void reading_look_back(struct reading *r, struct state *then, stepdown_time at) {
    r->ev.defs = then->defs;
    r->ev.state = then;
    r->ev.now = at;
}

// A word that is no role stands for those whose organizations are of that kind, and consent may name it as it is.
static stepdown_slice audience_role(const struct definitions *defs, stepdown_slice word) {
    for (size_t i = 0; definitions_role(defs, word) < 0 && i < defs->role_count; i++) {
        if (defs->roles[i].org_kind != NULL && definitions_role_fits(&defs->roles[i], word)) {
            return slice_text(defs->roles[i].def.name);
        }
    }
    return word;
}

static bool for_audience(struct reading *r, const char *label) {
    const struct session_info *who = r->who;
    struct consent_asked asked = {.person = who->audience_role,
                                  .role = audience_role(r->today.defs, who->audience_role),
                                  .organization = who->audience_organization,
                                  .purpose = who->audience_purpose,
                                  .data_class = label};
    return who->audience_role.size == 0 || consent_entitles(&r->today, &asked);
}

static bool decide(struct reading *r, const char *label) {
    struct consent_asked asked = {.person = r->who->actor,
                                  .role = r->who->role,
                                  .organization = r->who->organization,
                                  .purpose = r->who->purpose,
                                  .data_class = label};
    return consent_entitles(&r->today, &asked);
}

bool reading_may(struct reading *r, const char *label) {
    label = label != NULL ? label : "";
    for (size_t i = 0; i < r->label_count; i++) {
        if (strcmp(r->labels[i].label, label) == 0) {
            return r->labels[i].may;
        }
    }
    bool may = (r->emergency || decide(r, label)) && for_audience(r, label);
    if (r->label_count < READING_LABELS) { // beyond that each one is decided anew
        r->labels[r->label_count++] = (struct label_verdict){.label = label, .may = may};
    }
    return may;
}

bool reading_may_all(struct reading *r) {
    bool may = reading_may(r, NULL);
    for (size_t i = 0; i < r->ev.defs->field_count && may; i++) {
        may = reading_may_field(r, (uint32_t)i);
    }
    return may;
}

// The label of then, and the one that the field has today.
bool reading_may_field(struct reading *r, uint32_t field) {
    const struct definitions *defs = r->ev.defs, *now = r->today.defs;
    bool may = reading_may(r, field < defs->field_count ? defs->fields[field].label : NULL);
    const struct name_def *name =
        now != defs && field < defs->field_count ? definitions_symbol(now, defs->fields[field].def.symbol) : NULL;
    return may && (name == NULL || name->kind != NAME_FIELD || reading_may(r, now->fields[name->index].label));
}

bool reading_may_value(struct reading *r, const struct field_value *value) {
    return reading_may_field(r, value->field) && (value->label == NULL || reading_may(r, value->label));
}

bool reading_may_attr(struct reading *r, const struct attr *attr) {
    const struct name_def *name = attr->key >= SYMBOL_FIRST ? definitions_symbol(r->ev.defs, attr->key) : NULL;
    bool field = name != NULL && name->kind == NAME_FIELD;
    if (!attr->withheld && attr->key < SYMBOL_FIRST) {
        return true; // stands in the record for everybody who takes part
    }
    return reading_may(r, attr->label) && (!field || reading_may_field(r, (uint32_t)name->index));
}

bool reading_own(const struct reading *r, stepdown_slice organization) {
    bool care = slice_is(r->who->purpose, "treatment") || slice_is(r->who->purpose, "operations");
    return care && r->who->audience_role.size == 0 && organization.size > 0 &&
           slice_equal(r->who->organization, organization);
}

// A later version of a protocol may give a field another label, or none: what stands in it keeps its own.
static bool hidden(void *ctx, int32_t field) {
    struct reading *r = ctx;
    const struct state *s = r->ev.state;
    bool may = reading_may_field(r, (uint32_t)field);
    for (size_t i = 0; i < s->field_count && may; i++) {
        may = s->fields[i].field != (uint32_t)field || reading_may_value(r, &s->fields[i]);
    }
    return !may;
}

bool reading_may_term(struct reading *r, int32_t term) { return !rule_term_cites(r->ev.defs, term, hidden, r); }

bool reading_may_selector(struct reading *r, int32_t selector) {
    return !rule_selector_cites(r->ev.defs, selector, hidden, r);
}

bool reading_may_node(struct reading *r, int32_t node) { return !rule_node_cites(r->ev.defs, node, hidden, r); }

const char *reading_name(struct reading *r, uint32_t element) {
    const struct element *el = &r->ev.state->elements[element];
    if ((el->flags & ELEMENT_ADHOC) != 0 && el->name.size > 0 && !reading_own(r, el->author_org) &&
        !reading_may(r, NULL)) {
        return WITHHELD;
    }
    return element_name(r->ev.state, element);
}
