// SPDX-License-Identifier: Apache-2.0
// What follows from an event: rules whose trigger it is, conditions that became true, ladders of what is overdue, gates
// whose evidence went away, due times that moved, moments to wait for. Everything goes into the same record. Lint has
// shown that a cascade ends; the limit on events in a record stands behind it.
#include "engine/actions.h"

#include <string.h>

// ---- one rule ----------------------------------------------------------------------------------------------------------------

static enum truth truth_of(struct draft *d, int32_t node, uint32_t trigger, const struct mark *mark) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    ev.this_element = ev.trigger_element = trigger;
    ev.this_mark = ev.trigger_mark = mark;
    return rule_evaluate(&ev, node);
}

// The guard of the rule and, for a pattern, the pattern itself must be true; not knowing is not firing.
static bool may_fire(struct draft *d, const struct rule_def *rule, uint32_t trigger, const struct mark *mark) {
    if (rule->only_if >= 0 && truth_of(d, rule->only_if, trigger, mark) != TRUTH_TRUE) {
        return false;
    }
    return rule->pattern < 0 || truth_of(d, rule->pattern, trigger, mark) == TRUTH_TRUE;
}

// Marks move when more are made, as rules do that grant something: a mark is found again by its place. {0, 0}: none.
static struct ref mark_place(const struct mark *mark) { return mark != NULL ? mark->at : (struct ref){0, 0}; }

stepdown_status rule_fire(struct draft *d, int32_t index, uint32_t trigger, const struct mark *mark,
                          stepdown_error **o) {
    const struct rule_def *rule = &d->defs->rules[index];
    if (!may_fire(d, rule, trigger, mark)) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    struct ref at = mark_place(mark);
    event_start(&ev, d, rule->kind == RULE_PATTERN ? EVENT_PATTERN_MATCHED : EVENT_RULE_FIRED, rule->def.symbol,
                trigger);
    stepdown_status status = draft_emit(d, &ev, NULL, o);
    for (uint32_t i = 0; i < rule->action_count && status == STEPDOWN_OK; i++) {
        mark = state_mark(d->state, at);
        status = action_run(d, &d->defs->actions[rule->action_first + i], index, trigger, mark, o);
    }
    if (status == STEPDOWN_OK && rule->kind == RULE_ESCALATION && (rule->step_count > 0 || rule->run >= 0)) {
        status = escalate(d, index, trigger, o);
    }
    return status;
}

// ---- one event ---------------------------------------------------------------------------------------------------------------

// What was taken back is a grant.
static bool ends_grant(const struct state *s, const struct event *event) {
    const struct value *at = event->code == EVENT_MARK_WITHDRAWN ? event_get(event, ATTR_MARK) : NULL;
    const struct mark *mark = at != NULL ? state_mark(s, at->ref) : NULL;
    return mark != NULL && mark->code == EVENT_SLOT_GRANTED;
}

// Of what is taken back from an entry, rules hear when it is a grant.
static stepdown_status fire_triggers(struct draft *d, const struct event *event, uint32_t element, int32_t fired,
                                     const struct mark *mark, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    uint16_t code = event->code;
    bool heard = code != EVENT_MARK_WITHDRAWN || ends_grant(d->state, event);
    struct ref at = mark_place(mark);
    const uint32_t *first = &d->defs->family_first[EVENT_FAMILY(code)];
    for (uint32_t i = first[0]; i < first[1] && status == STEPDOWN_OK; i++) {
        const struct trigger *t = &d->defs->triggers[d->defs->family_triggers[i]];
        if (trigger_matches(d->defs, t, d->state, code, element, fired) && (heard || t->source != SELECT_FORM)) {
            status = rule_fire(d, t->rule, element, state_mark(d->state, at), o);
        }
    }
    return status;
}

static int32_t rule_of_symbol(const struct definitions *defs, uint32_t symbol) {
    const struct name_def *name = definitions_symbol(defs, symbol);
    return name != NULL && name->kind == NAME_RULE ? name->index : -1;
}

static stepdown_status follow_overdue(struct draft *d, uint32_t element, stepdown_error **o) {
    return escalate(d, ladder_of(d->defs, &d->state->elements[element]), element, o);
}

static stepdown_status follow_event(struct draft *d, uint32_t index, stepdown_error **o) {
    const struct event *event = &d->events[index];
    uint32_t element = d->elements[index];
    const struct event_row *row = event_row(event->code);
    struct ref at = {.seq = d->header.seq, .ord = index};
    const struct mark *mark = row->class == EVENT_CLASS_MARK ? state_mark(d->state, at) : NULL;
    stepdown_status status = row->class == EVENT_CLASS_ITEM ? grant_follow(d, element, o) : STEPDOWN_OK;
    bool fired = event->code == EVENT_RULE_FIRED || event->code == EVENT_PATTERN_MATCHED;
    int32_t rule = fired ? rule_of_symbol(d->defs, event->name) : -1;
    if (status == STEPDOWN_OK) {
        status = fire_triggers(d, event, element, rule, mark, o);
    }
    if (status == STEPDOWN_OK && event->code == EVENT_ITEM_OVERDUE) {
        status = follow_overdue(d, element, o);
    }
    bool changed = row->class == EVENT_CLASS_CHANGE || event->code == EVENT_MARK_WITHDRAWN;
    if (status == STEPDOWN_OK && changed) {
        status = guard_recheck(d, element, o);
    }
    return status;
}

// ---- conditions, due times, moments --------------------------------------------------------------------------------------------

// A match cites what it was found in, and so does the review that it opens. More of the same, while that review is open,
// is cited there.
static stepdown_status fire_match(struct draft *d, int32_t index, const struct ref *refs, size_t count, uint32_t review,
                                  stepdown_error **o) {
    const struct rule_def *rule = &d->defs->rules[index];
    bool grows = review != NO_ELEMENT;
    struct event_draft ev;
    struct value *items = draft_list(d, count), *list = draft_list(d, 1);
    if (items == NULL || list == NULL) {
        return status_nomem(&d->e->env, o);
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct value){.type = VALUE_REFERENCE, .ref = refs[i]};
    }
    *list = (struct value){.type = VALUE_LIST, .items = items, .count = (uint32_t)count};
    event_start(&ev, d, grows ? EVENT_PATTERN_GREW : EVENT_PATTERN_MATCHED, rule->def.symbol, review);
    event_value(&ev, d, ATTR_EVIDENCE, list);
    stepdown_status status = draft_emit(d, &ev, NULL, o);
    d->cited = list;
    for (uint32_t i = 0; i < rule->action_count && status == STEPDOWN_OK && !grows; i++) {
        status = action_run(d, &d->defs->actions[rule->action_first + i], index, NO_ELEMENT, NULL, o);
    }
    d->cited = NULL;
    return status;
}

// A pattern without a window that holds no more: what it was found in has changed. That is said, so that it can match again.
static stepdown_status follow_end(struct draft *d, const struct trigger *t, stepdown_error **o) {
    const struct rule_def *rule = &d->defs->rules[t->rule];
    bool standing = false;
    for (size_t i = 0; i < d->state->match_count && !standing; i++) {
        const struct pattern_match *match = &d->state->matches[i];
        standing = match->symbol == rule->def.symbol && !match->over;
    }
    if (!standing || !rule_match_lasts(d->defs, t->rule) ||
        truth_of(d, rule->pattern, NO_ELEMENT, NULL) != TRUTH_FALSE) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_RULE_BECAME_FALSE, rule->def.symbol, NO_ELEMENT);
    return draft_emit(d, &ev, NULL, o);
}

// Every match there is, each once.
static stepdown_status follow_matches(struct draft *d, const struct trigger *t, stepdown_error **o) {
    enum { CITED_MAX = 64 };
    struct ref refs[CITED_MAX];
    stepdown_status status = follow_end(d, t, o);
    while (status == STEPDOWN_OK) {
        struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
        uint32_t review;
        size_t count = rule_match(&ev, t->rule, refs, CITED_MAX, &review);
        if (count == 0) {
            break;
        }
        status = fire_match(d, t->rule, refs, count, review, o);
    }
    return status;
}

static stepdown_status follow_condition(struct draft *d, const struct trigger *t, stepdown_error **o) {
    if (rule_is_matched(d->defs, t->rule)) {
        return follow_matches(d, t, o);
    }
    bool was = d->state->rule_truth[t->rule] == 2;
    bool is = truth_of(d, t->node, NO_ELEMENT, NULL) == TRUTH_TRUE;
    if (is == was) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, is ? EVENT_RULE_BECAME_TRUE : EVENT_RULE_BECAME_FALSE, d->defs->rules[t->rule].def.symbol,
                NO_ELEMENT);
    stepdown_status status = draft_emit(d, &ev, NULL, o);
    return status == STEPDOWN_OK && is ? rule_fire(d, t->rule, NO_ELEMENT, NULL, o) : status;
}

static stepdown_time pending_at(const struct state *s, int32_t rule) {
    for (uint32_t i = s->first_pending; i != UINT32_MAX; i = s->schedules[i].next_pending) {
        if (s->schedules[i].rule == (uint32_t)rule) {
            return s->schedules[i].at;
        }
    }
    return STEPDOWN_TIME_NONE;
}

stepdown_status rule_schedule(struct draft *d, int32_t rule, stepdown_time at, stepdown_error **o) {
    struct event_draft ev;
    event_start(&ev, d, EVENT_RULE_SCHEDULED, d->defs->rules[rule].def.symbol, NO_ELEMENT);
    event_time(&ev, d, ATTR_AT, at);
    return draft_emit(d, &ev, NULL, o);
}

// When a cadence fires next, or the moment of a timed rule; TIME_NONE when it cannot be known yet.
stepdown_time rule_moment(struct draft *d, const struct trigger *t) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value value;
    if (!rule_term(&ev, t->term, &value, NULL)) {
        return STEPDOWN_TIME_NONE;
    }
    if (value.type == VALUE_DURATION) { // a cadence; at least a minute, so that time always gets ahead of it
        stepdown_time at = duration_add(d->now, &value.duration, 1, d->state->zone, NULL, 0);
        return at > d->now + TIME_MINUTE ? at : d->now + TIME_MINUTE;
    }
    return value.type == VALUE_TIME ? value.number : STEPDOWN_TIME_NONE;
}

// The turn of a cadence after the one that was due at `last`: the same weekday and hour of the clock, however late that
// one fired. Turns that nobody let happen are not made up for.
stepdown_time cadence_next(struct draft *d, const struct trigger *t, stepdown_time last) {
    enum { TURNS_MAX = 1000 };
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value value;
    stepdown_time at = last;
    if (!rule_term(&ev, t->term, &value, NULL) || value.type != VALUE_DURATION) {
        return STEPDOWN_TIME_NONE;
    }
    for (int i = 0; i < TURNS_MAX && at <= d->now; i++) {
        at = duration_add(at, &value.duration, 1, d->state->zone, NULL, 0);
    }
    return at > d->now ? at : rule_moment(d, t); // a short cadence after a long silence begins anew
}

// A cadence that somebody plans (a path) may change while it runs, begin late and end.
static bool is_planned(const struct definitions *defs, const struct trigger *t) {
    uint8_t kind = defs->terms[t->term].kind;
    return kind != TERM_LITERAL && kind != TERM_PARAMETER;
}

// The next turn of a planned cadence: counted from the last one, or from where it begins; at once when that is past.
static stepdown_time planned_turn(struct draft *d, const struct trigger *t) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    struct value every, from;
    stepdown_time last = state_fired_at(d->state, t->rule);
    if (!rule_term(&ev, t->term, &every, NULL) || every.type != VALUE_DURATION) {
        return STEPDOWN_TIME_NONE;
    }
    if (t->from >= 0) {
        if (!rule_term(&ev, t->from, &from, NULL) || from.type != VALUE_TIME) {
            return STEPDOWN_TIME_NONE;
        }
        last = last == STEPDOWN_TIME_NONE || last < from.number ? from.number : last;
    }
    last = last == STEPDOWN_TIME_NONE ? d->state->opened_at : last;
    stepdown_time at = duration_add(last, &every.duration, 1, d->state->zone, NULL, 0);
    return at > d->now ? at : d->now + TIME_MINUTE;
}

static stepdown_status follow_planned(struct draft *d, const struct trigger *t, stepdown_error **o) {
    stepdown_time at = planned_turn(d, t), pending = pending_at(d->state, t->rule);
    bool at_once = at == d->now + TIME_MINUTE && pending != STEPDOWN_TIME_NONE && pending <= at;
    return at == pending || at_once ? STEPDOWN_OK : rule_schedule(d, t->rule, at, o);
}

static stepdown_status follow_moment(struct draft *d, const struct trigger *t, stepdown_error **o) {
    if (t->every && is_planned(d->defs, t)) {
        return follow_planned(d, t, o);
    }
    stepdown_time at = rule_moment(d, t), pending = pending_at(d->state, t->rule);
    if (t->every && pending != STEPDOWN_TIME_NONE) {
        return STEPDOWN_OK; // a cadence runs on until it fires
    }
    bool past = at != STEPDOWN_TIME_NONE && at <= d->now && pending == STEPDOWN_TIME_NONE;
    bool over = past && (state_fired_at(d->state, t->rule) >= at || d->state->rule_lapsed[t->rule] == at);
    if (at == pending || over) {
        return STEPDOWN_OK;
    }
    return rule_schedule(d, t->rule, at, o);
}

stepdown_status due_follow(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    stepdown_time due;
    const char *rule = NULL;
    const struct opening how = opening_none();
    if (!item_due(d, &d->defs->items[el->def], element, &how, &due, &rule) || due == el->due) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_ITEM_DUE_CHANGED, 0, element);
    event_time(&ev, d, ATTR_DUE, due);
    event_text(&ev, d, ATTR_DUE_RULE, VALUE_TEXT, slice_text(rule));
    return draft_emit(d, &ev, NULL, o);
}

// An appointment moves with what its time is reckoned from, until somebody gives it a time or it begins. A time that
// moves was not confirmed.
static stepdown_status follow_start(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    bool planned = el->state == STATE_PLANNED || el->state == STATE_OPEN;
    bool booked = el->state == STATE_BOOKED || el->state == STATE_CONFIRMED;
    stepdown_time start;
    if (el->kind != KIND_APPOINTMENT || (!planned && !booked) || (el->flags & ELEMENT_START_GIVEN) != 0 ||
        !item_start(d, &d->defs->items[el->def], element, &start) || start == el->start) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, planned ? EVENT_APPOINTMENT_BOOKED : EVENT_APPOINTMENT_RESCHEDULED, 0, element);
    event_time(&ev, d, ATTR_START, start);
    return draft_emit(d, &ev, NULL, o);
}

static stepdown_status follow_starts(struct draft *d, uint64_t touched, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t def = s->elements[s->open_items[i]].def;
        int32_t start = def < d->defs->item_count ? d->defs->items[def].start : -1;
        if (start >= 0 && (d->defs->term_reads[start] & touched & ~UINT64_C(1)) != 0) {
            status = follow_start(d, s->open_items[i], o);
        }
    }
    return status;
}

// The start of an interval that has not begun, or its end: when it was not known yet, or stands in a field that somebody
// filled in after everything else that was said about the item.
static bool span_follows(struct draft *d, uint32_t element, int32_t term, stepdown_time now, stepdown_time *out) {
    const struct element *el = &d->state->elements[element];
    const struct term *t = term >= 0 ? &d->defs->terms[term] : NULL;
    if (t == NULL) {
        return false;
    }
    const struct field_value *said =
        t->kind == TERM_FIELD ? state_field(d->state, element, t->field, false, NULL) : NULL;
    bool newer = said != NULL && said->version >= el->version;
    return (newer || now == STEPDOWN_TIME_NONE) && item_moment(d, term, element, out) && *out != now;
}

static stepdown_status follow_span(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    const struct item_def *def = &d->defs->items[el->def];
    const struct kind_row *kind = lifecycle_kind(el->kind);
    if (kind == NULL || (kind->flags & LIFECYCLE_INTERVAL) == 0) {
        return STEPDOWN_OK;
    }
    stepdown_time start = STEPDOWN_TIME_NONE, finish = STEPDOWN_TIME_NONE;
    bool starts = el->state != STATE_RUNNING && span_follows(d, element, def->start, el->start, &start);
    bool ends = span_follows(d, element, def->end, el->end, &finish);
    if (!starts && !ends) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_ITEM_DUE_CHANGED, 0, element);
    event_time(&ev, d, ATTR_START, starts ? start : STEPDOWN_TIME_NONE);
    event_time(&ev, d, ATTR_END, ends ? finish : STEPDOWN_TIME_NONE);
    return draft_emit(d, &ev, NULL, o);
}

// Starts and ends of intervals, and due times that are reckoned from something that was touched. A due time set by hand
// or passed already stands.
static stepdown_status follow_dues(struct draft *d, uint64_t touched, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t element = s->open_items[i];
        if (s->elements[element].def < d->defs->item_count) {
            status = follow_span(d, element, o);
        }
        const struct element *el = &s->elements[element];
        if (status != STEPDOWN_OK || el->def >= d->defs->item_count || (el->flags & ELEMENT_OVERDUE_FLAG) != 0 ||
            due_by_hand(s, element)) {
            continue;
        }
        int32_t due = d->defs->items[el->def].due;
        if (due >= 0 && (d->defs->term_reads[due] & touched & ~UINT64_C(1)) != 0) {
            status = due_follow(d, element, o);
        }
    }
    return status;
}

static uint64_t turn_reads(const struct definitions *defs, const struct trigger *t) {
    return defs->term_reads[t->term] | (t->from >= 0 ? defs->term_reads[t->from] : 0);
}

static stepdown_status follow_state(struct draft *d, uint64_t touched, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = d->defs->first_state_trigger; i < d->defs->trigger_count && status == STEPDOWN_OK; i++) {
        const struct trigger *t = &d->defs->triggers[i];
        if (t->kind == TRIGGER_CONDITION && (d->defs->node_reads[t->node] & touched) != 0) {
            status = follow_condition(d, t, o);
        } else if (t->kind == TRIGGER_TIME &&
                   (t->every && !is_planned(d->defs, t) ? draft_is_new(d, &d->defs->rules[t->rule].def)
                                                        : (turn_reads(d->defs, t) & touched) != 0)) {
            status = follow_moment(d, t, o);
        }
    }
    if (status == STEPDOWN_OK) {
        status = guard_follow(d, touched & ~UINT64_C(1), o);
    }
    if (status == STEPDOWN_OK) {
        status = follow_starts(d, touched, o);
    }
    return status == STEPDOWN_OK ? follow_dues(d, touched, o) : status;
}

stepdown_status cascade_run(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    while (status == STEPDOWN_OK && d->cascaded < d->event_count) {
        while (status == STEPDOWN_OK && d->cascaded < d->event_count) {
            status = follow_event(d, d->cascaded++, o);
        }
        if (status == STEPDOWN_OK) {
            status = attach_wished(d, o);
        }
        if (status == STEPDOWN_OK) {
            uint64_t touched = d->touched;
            d->touched = 0;
            status = follow_state(d, touched | 1, o);
        }
    }
    return status;
}
