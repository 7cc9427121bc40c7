// SPDX-License-Identifier: Apache-2.0
// Terms: what has a value. This file: the table of kinds, literals, fields, attributes of elements and marks, events.
// May call: pathway, protocol.
#include "rule/parts.h"

static value_fn *const terms[] = {
    [TERM_LITERAL] = value_literal,
    [TERM_NOW] = value_now,
    [TERM_PARAMETER] = value_parameter,
    [TERM_FIELD] = value_field,
    [TERM_ATTRIBUTE] = value_attribute,
    [TERM_EVENT] = value_event,
    [TERM_SHIFT] = value_shift,
    [TERM_CALENDAR] = value_calendar,
    [TERM_ELAPSED] = value_elapsed,
    [TERM_INTERVAL] = value_interval,
    [TERM_COUNT] = value_count,
    [TERM_SUM] = value_sum,
    [TERM_AVERAGE] = value_average,
    [TERM_EARLIEST] = value_earliest,
    [TERM_HIGHEST] = value_highest,
    [TERM_SHARE] = value_share,
    [TERM_LIST] = value_list,
    [TERM_GAP] = value_gap,
    [TERM_GAPS] = value_gaps,
    [TERM_MEDIAN] = value_median,
    [TERM_P90] = value_p90,
    [TERM_WINDOW] = value_window,
    [TERM_DELTA] = value_delta,
    [TERM_SEVERAL] = value_several,
    [TERM_SPAN] = value_span,
    [TERM_SOONER] = value_sooner,
    [TERM_SPREAD] = value_spread,
    [TERM_GROUPED] = value_grouped,
    [TERM_TUPLE] = value_tuple,
};

bool rule_term(struct evaluation *e, int32_t term, struct value *out, bool *erased) {
    bool gone = false, known = false;
    struct value v = {0};
    if (term >= 0 && e->depth < RULE_DEPTH_MAX) {
        const struct term *t = &e->defs->terms[term];
        e->depth++;
        known = terms[t->kind](e, t, &v, &gone);
        e->depth--;
    }
    if (known && v.type == VALUE_ERASED) {
        known = false;
        gone = true;
    }
    if (known)
        *out = v;
    gone = gone && !known;
    e->met_erased |= gone;
    if (erased)
        *erased = gone;
    return known;
}

struct value value_number(int64_t number) {
    return (struct value){.type = VALUE_QUANTITY, .number = number};
}

static struct value value_at(stepdown_time at) { return (struct value){.type = VALUE_TIME, .number = at}; }

static struct value value_word(uint8_t type, stepdown_slice text) { return (struct value){.type = type, .text = text}; }

bool value_literal(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    (void)e;
    (void)erased;
    *out = t->value;
    return true;
}

bool value_now(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    (void)t;
    (void)erased;
    *out = value_at(e->now);
    return true;
}

// `first` asks for the parameter's other part ("during").
bool value_parameter(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    const struct parameter_def *p = &e->defs->parameters[t->index];
    (void)erased;
    *out = t->first ? p->part : p->value;
    return out->type != VALUE_NONE;
}

// ---- fields --------------------------------------------------------------------------------------------------------------

const struct field_value *term_field_find(struct evaluation *e, const struct term *t, uint32_t *entry, uint32_t *about,
                                          bool *uncertain) {
    const struct field_def *field = &e->defs->fields[t->field];
    struct found found = {{TARGET_PATHWAY, NO_ELEMENT}, false};
    *entry = *about = NO_ELEMENT;
    *uncertain = false;
    if (t->selector < 0)
        return state_field(e->state, NO_ELEMENT, t->field, true, entry);
    struct selection s;
    selection_begin(&s, e, t->selector);
    if (!selection_next(&s, &found))
        return NULL;
    *uncertain = found.uncertain;
    *about = target_place(e, found.target);
    bool anywhere = *about == NO_ELEMENT && field->form >= 0 && e->defs->forms[field->form].about_count > 0;
    const struct field_value *value = state_field(e->state, *about, t->field, anywhere, entry);
    if (value || *about == NO_ELEMENT || *entry != NO_ELEMENT)
        return value;
    value = state_entry_field(e->state, *about, t->field); // an item opened with values carries them itself
    if (value)
        *entry = *about;
    return value;
}

// A mark (a decision) may carry fields of its own.
static bool mark_field(struct evaluation *e, const struct term *t, struct value *out) {
    struct target target;
    const struct selector *sel = t->selector < 0 ? NULL : &e->defs->selectors[t->selector];
    bool may = sel && (sel->source == SELECT_MARK || (sel->source == SELECT_THIS && e->this_mark) ||
                       (sel->source == SELECT_TRIGGER && e->trigger_mark));
    if (!may || !selection_one(e, t->selector, &target) || target.kind != TARGET_MARK)
        return false;
    const struct mark *m = &e->state->marks[target.index];
    const struct value *v = state_mark_attr(e->state, m, e->defs->fields[t->field].def.symbol);
    if (!v)
        return false;
    evidence_event(e, m->at);
    *out = *v;
    return true;
}

bool value_field(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    uint32_t entry, about;
    bool uncertain;
    if (mark_field(e, t, out))
        return true;
    const struct field_value *fv = term_field_find(e, t, &entry, &about, &uncertain);
    if (!fv || uncertain)
        return false;
    evidence_field(e, entry, fv);
    *erased = fv->value.type == VALUE_ERASED;
    *out = fv->value;
    return true;
}

// ---- attributes ------------------------------------------------------------------------------------------------------------

static bool moment_known(stepdown_time at, struct value *out) {
    *out = value_at(at);
    return at != STEPDOWN_TIME_NONE;
}

static bool words_known(uint8_t type, stepdown_slice text, struct value *out) {
    *out = value_word(type, text);
    return text.size > 0;
}

static bool reference_to(const struct evaluation *e, uint32_t element, struct value *out) {
    if (element == NO_ELEMENT)
        return false;
    *out = (struct value){.type = VALUE_REFERENCE, .ref = e->state->elements[element].id};
    return true;
}

static bool member_word(uint16_t code, struct value *out) {
    const struct event_row *row = event_row(code);
    return row && words_known(VALUE_CHOICE, slice_text(row->word), out);
}

// Where a report came from: opaque, for telling apart.
static bool origin_attribute(const struct evaluation *e, uint32_t index, uint8_t attribute, struct value *out) {
    const struct origin *origin = state_origin(e->state, index);
    if (!origin)
        return false;
    *out = value_word(VALUE_BYTES, attribute == ELEMENT_PERSON ? slice_of(origin->person, ORIGIN_TOKEN)
                                                               : slice_of(origin->member, RECORD_ID));
    return true;
}

static bool item_attribute(const struct element *el, uint8_t attribute, struct value *out) {
    switch (attribute) {
    case ELEMENT_STATE: return words_known(VALUE_CHOICE, slice_text(lifecycle_state_word(el->state)), out);
    case ELEMENT_OWNER: return words_known(VALUE_PERSON, el->owner, out);
    case ELEMENT_OWNER_ROLE: return words_known(VALUE_ROLE, el->owner_role, out);
    case ELEMENT_OWNER_ORG: return words_known(VALUE_TEXT, el->owner_org, out);
    case ELEMENT_DUE: return moment_known(el->due, out);
    case ELEMENT_OPENED: return moment_known(el->opened_at, out);
    case ELEMENT_FINISHED: return moment_known(el->finished_at, out);
    case ELEMENT_OVERDUE:
        *out = (struct value){.type = VALUE_BOOLEAN, .number = (el->flags & ELEMENT_OVERDUE_FLAG) != 0};
        return true;
    case ELEMENT_KIND: {
        const struct kind_row *row = lifecycle_kind(el->kind);
        return row && words_known(VALUE_CHOICE, slice_text(row->word), out);
    }
    case ELEMENT_OUTCOME:
        return (el->flags & ELEMENT_FINISHED_FLAG) &&
               words_known(VALUE_CHOICE, slice_text(lifecycle_state_word(el->state)), out);
    default: return false;
    }
}

// What an entry asks for is granted by a mark on it.
static bool entry_granted(const struct evaluation *e, const struct element *el, stepdown_time *at) {
    for (uint32_t i = el->first_mark; i != NO_INDEX; i = e->state->marks[i].next) {
        if (e->state->marks[i].code == EVENT_SLOT_GRANTED && !e->state->marks[i].withdrawn) {
            *at = e->state->marks[i].occurred_at;
            return true;
        }
    }
    return false;
}

static bool grant_attribute(const struct evaluation *e, const struct element *el, uint8_t attribute,
                            struct value *out) {
    stepdown_time at = STEPDOWN_TIME_NONE;
    bool granted = entry_granted(e, el, &at);
    if (attribute == ELEMENT_GRANTED)
        return moment_known(at, out);
    *out = (struct value){.type = VALUE_BOOLEAN, .number = !granted && !(el->flags & ELEMENT_RETRACTED)};
    return true;
}

static bool element_attribute(struct evaluation *e, uint32_t index, uint8_t attribute, struct value *out) {
    const struct element *el = &e->state->elements[index];
    bool item = el->flags & ELEMENT_IS_ITEM;
    switch (attribute) {
    case ELEMENT_AUTHOR: return words_known(VALUE_PERSON, el->author, out);
    case ELEMENT_AUTHOR_ROLE: return words_known(VALUE_ROLE, el->author_role, out);
    case ELEMENT_ORGANIZATION: return words_known(VALUE_TEXT, el->author_org, out);
    case ELEMENT_WAITING:
    case ELEMENT_GRANTED: return !item && grant_attribute(e, el, attribute, out);
    case ELEMENT_OCCURRED: return moment_known(el->occurred_at, out);
    case ELEMENT_RECORDED: return moment_known(el->recorded_at, out);
    case ELEMENT_START: return moment_known(el->start, out);
    case ELEMENT_END: return moment_known(el->end, out);
    case ELEMENT_ABOUT: return reference_to(e, el->about, out);
    case ELEMENT_SELF: return reference_to(e, index, out);
    case ELEMENT_MEMBER: return member_word(el->code, out);
    case ELEMENT_PERSON:
    case ELEMENT_SENDER: return origin_attribute(e, index, attribute, out);
    case ELEMENT_OUTCOME: return item ? item_attribute(el, attribute, out) : member_word(el->code, out);
    default: return item && item_attribute(el, attribute, out);
    }
}

static bool mark_value(const struct evaluation *e, const struct mark *m, uint32_t key, struct value *out) {
    const struct value *v = state_mark_attr(e->state, m, key);
    if (!v || v->type == VALUE_NONE)
        return false;
    *out = *v;
    return true;
}

// What was decided, and why, may stand in the decision value or beside it.
static bool mark_reason(const struct evaluation *e, const struct mark *m, struct value *out) {
    struct value decided;
    if (mark_value(e, m, ATTR_REASON, out))
        return true;
    if (!mark_value(e, m, ATTR_DECIDED, &decided) || decided.type != VALUE_DECISION || decided.count < 2)
        return false;
    *out = decided.items[1];
    return out->text.size > 0;
}

static bool mark_attribute(struct evaluation *e, const struct mark *m, uint8_t attribute, struct value *out) {
    switch (attribute) {
    case ELEMENT_OWNER:
    case ELEMENT_AUTHOR: return words_known(VALUE_PERSON, m->person, out);
    case ELEMENT_OWNER_ROLE:
    case ELEMENT_AUTHOR_ROLE: return words_known(VALUE_ROLE, m->role, out);
    case ELEMENT_ORGANIZATION: return words_known(VALUE_TEXT, m->org, out);
    case ELEMENT_OPENED:
    case ELEMENT_OCCURRED: return moment_known(m->occurred_at, out);
    case ELEMENT_RECORDED: return moment_known(m->recorded_at, out);
    case ELEMENT_DUE: return mark_value(e, m, ATTR_DUE, out);
    case ELEMENT_START: return mark_value(e, m, ATTR_START, out);
    case ELEMENT_END: return mark_value(e, m, ATTR_END, out);
    case ELEMENT_ABOUT: return reference_to(e, m->element, out);
    case ELEMENT_SELF: *out = (struct value){.type = VALUE_REFERENCE, .ref = m->at}; return true;
    case ELEMENT_MEMBER: return member_word(m->code, out);
    case ELEMENT_OUTCOME: return mark_value(e, m, ATTR_OUTCOME, out) || mark_value(e, m, ATTR_DECIDED, out);
    case ELEMENT_TEXT: return mark_value(e, m, ATTR_TEXT, out) || mark_value(e, m, ATTR_DECIDED, out);
    case ELEMENT_REASON: return mark_reason(e, m, out);
    case ELEMENT_EVIDENCE: return mark_value(e, m, ATTR_EVIDENCE, out) && (out->type != VALUE_LIST || out->count > 0);
    case ELEMENT_METHOD: return mark_value(e, m, ATTR_METHOD, out);
    default: return false;
    }
}

static bool firing_attribute(const struct evaluation *e, const struct firing *f, uint8_t attribute, struct value *out) {
    switch (attribute) {
    case ELEMENT_OPENED:
    case ELEMENT_OCCURRED: return moment_known(f->occurred_at, out);
    case ELEMENT_ABOUT: return reference_to(e, f->element, out);
    default: return false;
    }
}

static bool pathway_attribute(const struct evaluation *e, uint8_t attribute, struct value *out) {
    const struct state *s = e->state;
    switch (attribute) {
    case ELEMENT_STATE: return words_known(VALUE_CHOICE, s->stage, out);
    case ELEMENT_OPENED:
    case ELEMENT_OCCURRED:
    case ELEMENT_START: return moment_known(s->opened_at, out);
    case ELEMENT_FINISHED:
    case ELEMENT_END: return moment_known(s->closed_at, out);
    case ELEMENT_SELF: *out = (struct value){.type = VALUE_REFERENCE}; return true;
    default: return false;
    }
}

// How often there is contact, and when the next reduction is planned, as long as the taper runs: the plan may change.
static bool taper_plan(struct evaluation *e, uint32_t index, uint8_t attribute, struct value *out) {
    const struct element *el = &e->state->elements[index];
    bool runs = (STATE_BIT(el->state) & (STATE_BIT(STATE_RUNNING) | STATE_BIT(STATE_PAUSED))) != 0;
    bool next = attribute == ELEMENT_NEXT_STEP, first = el->ladder_step == 0;
    if (!runs || el->def >= e->defs->item_count)
        return false;
    const struct item_def *def = &e->defs->items[el->def];
    struct binding old = target_bind(e, (struct target){TARGET_ELEMENT, index});
    bool known = rule_term(e, next ? def->dates : first ? def->before : def->steps, out, NULL);
    target_unbind(e, old);
    if (!known || (first && !next))
        return known;
    uint32_t place = next ? el->ladder_step : el->ladder_step - 1;
    if (out->type != VALUE_LIST || place >= out->count)
        return false;
    struct value one = out->items[place];
    stepdown_time at;
    if (next && !value_moment(e, &one, &at))
        return false;
    *out = next ? value_at(at) : one;
    return true;
}

static bool taper_attribute(struct evaluation *e, struct target t, uint8_t attribute, struct value *out, bool *known) {
    const struct element *el = target_element(e, t);
    if (attribute < ELEMENT_STEP || attribute > ELEMENT_NEXT_STEP)
        return false;
    *known = el && el->kind == KIND_TAPER;
    if (*known && attribute == ELEMENT_STEP)
        *out = value_number(el->ladder_step);
    else if (*known)
        *known = taper_plan(e, t.index, attribute, out);
    if (*known)
        evidence_target(e, t);
    return true;
}

// Attributes that everything may have that lasts.
static bool measured(struct evaluation *e, struct target t, uint8_t attribute, struct value *out, bool *known) {
    const struct element *el = target_element(e, t);
    bool entry = el && !(el->flags & ELEMENT_IS_ITEM);
    switch (attribute) {
    case ELEMENT_START:
    case ELEMENT_END:
        if (!entry)
            return false; // items and marks hold them themselves
        *known = target_interval(e, t, out);
        if (*known && out->type == VALUE_INTERVAL)
            *known = moment_known(attribute == ELEMENT_START ? out->number : out->until, out);
        break;
    case ELEMENT_AMOUNT: *known = target_amount(e, t, out); break;
    case ELEMENT_INTERVAL: *known = target_interval(e, t, out); break;
    case ELEMENT_LENGTH:
        *known = target_interval(e, t, out);
        if (*known && out->type == VALUE_INTERVAL) {
            *known = out->until != STEPDOWN_TIME_NONE;
            *out = (struct value){.type = VALUE_DURATION, .duration = {.exact = out->until - out->number}};
        }
        break;
    default: return false;
    }
    if (*known)
        evidence_target(e, t);
    return true;
}

static bool participant_attribute(const struct participant *p, uint8_t attribute, struct value *out) {
    switch (attribute) {
    case ELEMENT_ORGANIZATION: return words_known(VALUE_TEXT, p->org, out);
    case ELEMENT_KIND: return words_known(VALUE_CHOICE, p->kind, out);
    default: return false;
    }
}

bool value_attribute(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct target target;
    if (!selection_one(e, t->selector, &target))
        return false;
    bool known = false;
    if (measured(e, target, t->attribute, out, &known) || taper_attribute(e, target, t->attribute, out, &known)) {
        *erased = known && out->type == VALUE_ERASED;
        return known;
    }
    switch (target.kind) {
    case TARGET_ELEMENT: known = element_attribute(e, target.index, t->attribute, out); break;
    case TARGET_MARK: known = mark_attribute(e, &e->state->marks[target.index], t->attribute, out); break;
    case TARGET_FIRING: known = firing_attribute(e, &e->state->firings[target.index], t->attribute, out); break;
    case TARGET_PARTICIPANT:
        known = participant_attribute(&e->state->participants[target.index], t->attribute, out);
        break;
    default: known = pathway_attribute(e, t->attribute, out); break;
    }
    *erased = known && out->type == VALUE_ERASED;
    if (known)
        evidence_target(e, target);
    return known;
}

// ---- events ------------------------------------------------------------------------------------------------------------------

static bool code_is_mark(uint16_t code) {
    const struct event_row *row = event_row(code);
    return row && row->class == EVENT_CLASS_MARK;
}

// Marks that stand, by when they happened: one that was withdrawn did not.
static bool marked_event(const struct evaluation *e, uint32_t element, uint16_t code, bool first, stepdown_time *out,
                         struct ref *at) {
    const struct state *s = e->state;
    const struct mark *best = NULL;
    uint32_t i = element == NO_ELEMENT ? s->first_mark : s->elements[element].first_mark;
    for (; i != NO_INDEX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        if (m->withdrawn || m->code != code)
            continue;
        if (!best || (first ? m->occurred_at < best->occurred_at : m->occurred_at >= best->occurred_at))
            best = m;
    }
    if (!best)
        return false;
    *out = best->occurred_at;
    *at = best->at;
    return true;
}

bool target_event(const struct evaluation *e, struct target t, uint16_t code, bool first, stepdown_time *out,
                  struct ref *at) {
    const struct state *s = e->state;
    if (t.kind == TARGET_MARK || t.kind == TARGET_FIRING) {
        *out = target_occurred(e, t);
        *at = t.kind == TARGET_MARK ? s->marks[t.index].at : s->firings[t.index].at;
        return true;
    }
    uint32_t element = target_place(e, t);
    if (code_is_mark(code))
        return marked_event(e, element, code, first, out, at);
    const struct element *el = target_element(e, t);
    if (el && !(el->flags & ELEMENT_IS_ITEM) && (code == EVENT_FORM_SUBMITTED || (code & 0xff) == 0)) {
        *out = el->occurred_at; // an entry of a fact family is submitted by its own event
        *at = el->id;
        return true;
    }
    const struct log_entry *entry = state_event(s, element, code, first);
    if (!entry)
        return false;
    *out = entry->occurred_at;
    *at = (struct ref){entry->seq, entry->ord};
    return true;
}

bool value_event(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct selection s;
    struct found found;
    stepdown_time best = STEPDOWN_TIME_NONE, at;
    struct ref ref, best_ref = {0, 0};
    (void)erased;
    selection_begin(&s, e, t->selector);
    while (selection_next(&s, &found)) {
        if (!target_event(e, found.target, t->code, t->first, &at, &ref))
            continue;
        if (found.uncertain)
            return false;
        if (best == STEPDOWN_TIME_NONE || (t->first ? at < best : at > best)) {
            best = at;
            best_ref = ref;
        }
    }
    if (best != STEPDOWN_TIME_NONE)
        evidence_event(e, best_ref);
    return moment_known(best, out);
}
