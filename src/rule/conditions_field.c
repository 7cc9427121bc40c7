// SPDX-License-Identifier: Apache-2.0
// Conditions on what is filled in: field, complete, compare, measured. May call: pathway, protocol.
#include "rule/parts.h"

// ---- a good value --------------------------------------------------------------------------------------------------------

static bool value_empty(const struct value *v) {
    stepdown_slice words;
    if (v->type == VALUE_LIST || v->type == VALUE_DECISION)
        return v->count == 0 || value_empty(&v->items[0]);
    return value_words(v, &words) && words.size == 0;
}

static bool reason_lacks(const struct field_def *def, const struct value *v) {
    return def->reason_required && v->type == VALUE_DECISION && (v->count < 2 || value_empty(&v->items[1]));
}

// When the record that last changed the field happened: the log is in the order of records.
static stepdown_time changed_at(const struct evaluation *e, uint64_t version) {
    const struct state *s = e->state;
    size_t low = 0, high = s->log_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->log[middle].seq < version)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->log_count && s->log[low].seq == version ? s->log[low].occurred_at : STEPDOWN_TIME_NONE;
}

// The roles that may enter a field: the condition's, else the field's, else the form's.
static int32_t field_roles(const struct evaluation *e, const struct field_def *def, int32_t roles) {
    if (roles >= 0)
        return roles;
    if (def->by >= 0)
        return def->by;
    return def->form >= 0 ? e->defs->forms[def->form].by : -1;
}

uint8_t field_reason(struct evaluation *e, const struct field_value *fv, int32_t roles, stepdown_time since) {
    if (!fv || fv->value.type == VALUE_NONE)
        return REASON_MISSING;
    if (fv->value.type == VALUE_ERASED)
        return REASON_ERASED;
    const struct field_def *def = &e->defs->fields[fv->field];
    if (value_empty(&fv->value) || reason_lacks(def, &fv->value))
        return REASON_INCOMPLETE;
    enum truth may = roles_admit(e, field_roles(e, def, roles), fv->person, fv->role);
    if (may != TRUTH_TRUE)
        return may == TRUTH_UNKNOWN ? REASON_UNKNOWN : REASON_WRONG_ROLE;
    if (since != STEPDOWN_TIME_NONE && changed_at(e, fv->version) < since)
        return REASON_STALE;
    return REASON_NONE;
}

// ---- field -----------------------------------------------------------------------------------------------------------------

static enum truth field_unmet(struct evaluation *e, const struct node *n, uint8_t reason, uint32_t element,
                              int32_t field) {
    struct unmet u = {
        .reason = reason, .node = node_index(e, n), .element = element, .field = field, .roles = n->roles, .role = -1};
    if (field >= 0)
        u.roles = field_roles(e, &e->defs->fields[field], n->roles);
    unmet_add(e, &u);
    return reason == REASON_ERASED || reason == REASON_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static enum truth field_entered(struct evaluation *e, const struct node *n, const struct term *t, stepdown_time since) {
    uint32_t entry, about;
    bool uncertain;
    const struct field_value *fv = term_field_find(e, t, &entry, &about, &uncertain);
    uint32_t element = entry != NO_ELEMENT ? entry : about;
    if (uncertain)
        return field_unmet(e, n, REASON_UNKNOWN, element, t->field);
    if (fv)
        evidence_field(e, entry, fv);
    uint8_t reason = field_reason(e, fv, n->roles, since);
    e->met_erased |= reason == REASON_ERASED;
    return reason == REASON_NONE ? TRUTH_TRUE : field_unmet(e, n, reason, element, t->field);
}

// A moment that has not happened cannot have been followed by anything.
enum truth holds_field(struct evaluation *e, const struct node *n) {
    const struct term *t = &e->defs->terms[n->a];
    stepdown_time since = STEPDOWN_TIME_NONE;
    struct value v;
    bool erased;
    int32_t field = t->kind == TERM_FIELD ? t->field : -1;
    if (n->b >= 0 && !term_moment(e, n->b, &since, &erased))
        return field_unmet(e, n, reason_unknown(erased, REASON_NOT_YET), e->this_element, field);
    bool bound_mark = t->kind == TERM_FIELD && t->selector >= 0 &&
                      ((e->defs->selectors[t->selector].source == SELECT_THIS && e->this_mark) ||
                       (e->defs->selectors[t->selector].source == SELECT_TRIGGER && e->trigger_mark) ||
                       e->defs->selectors[t->selector].source == SELECT_MARK);
    if (t->kind == TERM_FIELD && !bound_mark)
        return field_entered(e, n, t, since);
    if (!rule_term(e, n->a, &v, &erased))
        return field_unmet(e, n, reason_unknown(erased, REASON_MISSING), e->this_element, field);
    return value_empty(&v) ? field_unmet(e, n, REASON_INCOMPLETE, e->this_element, field) : TRUTH_TRUE;
}

// ---- complete --------------------------------------------------------------------------------------------------------------

static enum truth entry_complete(struct evaluation *e, const struct node *n, uint32_t entry,
                                 const struct form_def *form) {
    enum truth truth = TRUTH_TRUE;
    evidence_element(e, entry);
    for (uint32_t i = 0; i < form->field_count; i++) {
        int32_t index = (int32_t)(form->field_first + i);
        const struct field_def *field = &e->defs->fields[index];
        if (field->optional || (field->needed_for && field->needed_for[0]))
            continue;
        const struct field_value *fv = state_entry_field(e->state, entry, index);
        uint8_t reason = field_reason(e, fv, n->roles, STEPDOWN_TIME_NONE);
        if (reason == REASON_NONE)
            continue;
        e->met_erased |= reason == REASON_ERASED;
        if (reason == REASON_MISSING)
            reason = REASON_INCOMPLETE;
        truth = truth_and(truth, field_unmet(e, n, reason, entry, index));
    }
    return truth;
}

static enum truth form_complete(struct evaluation *e, const struct node *n, uint32_t about, int32_t form) {
    const struct form_def *def = &e->defs->forms[form];
    uint32_t entry = state_newest_entry(e->state, form, about);
    if (entry != NO_ELEMENT)
        return entry_complete(e, n, entry, def);
    struct unmet u = {.reason = REASON_MISSING,
                      .node = node_index(e, n),
                      .element = about,
                      .field = -1,
                      .roles = def->by,
                      .role = -1};
    unmet_add(e, &u);
    return TRUTH_FALSE;
}

static bool form_is_about(const struct form_def *form, uint32_t item) {
    for (uint16_t i = 0; i < form->about_count; i++) {
        if (form->about[i] == (int32_t)item)
            return true;
    }
    return false;
}

static enum truth item_complete(struct evaluation *e, const struct node *n, uint32_t element) {
    uint32_t def = e->state->elements[element].def;
    enum truth truth = TRUTH_TRUE;
    if (def >= e->defs->item_count)
        return holds_unknown(e, n, false, element);
    if (e->defs->items[def].form >= 0)
        return form_complete(e, n, element, e->defs->items[def].form);
    for (size_t i = 0; i < e->defs->form_count; i++) {
        if (form_is_about(&e->defs->forms[i], def))
            truth = truth_and(truth, form_complete(e, n, element, (int32_t)i));
    }
    return truth;
}

// Called off or over: what was written down for it stands no longer.
static bool over(const struct element *el) {
    const uint64_t states =
        STATE_BIT(STATE_CANCELLED) | STATE_BIT(STATE_ENDED) | STATE_BIT(STATE_REPLACED) | STATE_BIT(STATE_EXPIRED);
    return (states & STATE_BIT(el->state)) != 0;
}

static enum truth target_complete(struct evaluation *e, const struct node *n, struct target t) {
    const struct element *el = target_element(e, t);
    if (el && !(el->flags & ELEMENT_IS_ITEM)) {
        if (el->def >= e->defs->form_count)
            return holds_unknown(e, n, false, t.index);
        return entry_complete(e, n, t.index, &e->defs->forms[el->def]);
    }
    if (el && over(el))
        return holds_false(e, n, REASON_EXPIRED, t.index);
    if (n->index >= 0)
        return form_complete(e, n, target_place(e, t), n->index);
    return el ? item_complete(e, n, t.index) : holds_unknown(e, n, false, target_place(e, t));
}

enum truth holds_complete(struct evaluation *e, const struct node *n) { return for_selected(e, n, target_complete); }

// ---- compare, measured -------------------------------------------------------------------------------------------------------

// An optional field that the entry at hand leaves out says that there is nothing to say: it is no certain word.
static bool left_out(const struct evaluation *e, int32_t field) {
    const struct element *el = e->this_element != NO_ELEMENT ? &e->state->elements[e->this_element] : NULL;
    return field >= 0 && e->defs->fields[field].optional && el && !(el->flags & ELEMENT_IS_ITEM) &&
           el->def == (uint32_t)e->defs->fields[field].form;
}

// Which side is missing, so that the reason can name the field.
static enum truth compare_missing(struct evaluation *e, const struct node *n, int32_t term, bool erased) {
    const struct term *t = term >= 0 ? &e->defs->terms[term] : NULL;
    int32_t field = t && t->kind == TERM_FIELD ? t->field : -1;
    field_unmet(e, n, reason_unknown(erased, REASON_MISSING), e->this_element, field);
    return !erased && term == n->a && n->op == OP_IS && left_out(e, field) ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

enum truth holds_compare(struct evaluation *e, const struct node *n) {
    struct value a, b;
    bool erased;
    if (!rule_term(e, n->a, &a, &erased))
        return compare_missing(e, n, n->a, erased);
    if (!rule_term(e, n->b, &b, &erased))
        return compare_missing(e, n, n->b, erased);
    enum truth truth = compare_values(e, n->op, &a, &b);
    if (truth == TRUTH_UNKNOWN)
        return holds_unknown(e, n, false, e->this_element);
    const struct term *t = &e->defs->terms[n->a];
    if (truth == TRUTH_FALSE)
        field_unmet(e, n, REASON_NOT_MET, e->this_element, t->kind == TERM_FIELD ? t->field : -1);
    return truth;
}

enum truth holds_measured(struct evaluation *e, const struct node *n) {
    struct value v;
    bool erased;
    if (rule_term(e, e->defs->measures[n->index].term, &v, &erased))
        return TRUTH_TRUE;
    return erased ? holds_unknown(e, n, true, e->this_element) : holds_false(e, n, REASON_MISSING, e->this_element);
}
