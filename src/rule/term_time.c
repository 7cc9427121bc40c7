// SPDX-License-Identifier: Apache-2.0
// Moments, durations and calendar rules, by the local clock of the pathway's zone. May call: pathway, protocol, base.
#include "rule/parts.h"

bool term_moment(struct evaluation *e, int32_t term, stepdown_time *out, bool *erased) {
    struct value v;
    return rule_term(e, term, &v, erased) && value_moment(e, &v, out);
}

bool term_duration(struct evaluation *e, int32_t term, struct duration *out, bool *erased) {
    struct value v;
    if (!rule_term(e, term, &v, erased) || v.type != VALUE_DURATION)
        return false;
    *out = v.duration;
    return true;
}

stepdown_time shift_moment(const struct evaluation *e, stepdown_time t, const struct duration *d, int sign) {
    return duration_add(t, d, sign, e->state->zone, NULL, 0);
}

// ---- calendar ------------------------------------------------------------------------------------------------------------

// A local clock reading on the local day of `t`, or some days later. A reading that does not exist is moved forward, one
// that exists twice is the first (base/time.h).
static stepdown_time local_clock(const struct evaluation *e, stepdown_time t, int32_t days_later, int64_t clock) {
    struct civil c;
    zone_local(e->state->zone, t, &c);
    struct civil wanted = {0};
    int64_t days = civil_to_days(c.year, c.month, c.day) + days_later + clock / TIME_DAY;
    int64_t rest = clock % TIME_DAY;
    civil_from_days(days, &wanted.year, &wanted.month, &wanted.day);
    wanted.hour = (int32_t)(rest / TIME_HOUR);
    wanted.minute = (int32_t)(rest % TIME_HOUR / TIME_MINUTE);
    wanted.second = (int32_t)(rest % TIME_MINUTE / TIME_SECOND);
    wanted.microsecond = (int32_t)(rest % TIME_SECOND);
    return zone_utc(e->state->zone, &wanted, NULL);
}

stepdown_time day_start(const struct evaluation *e, stepdown_time t, int32_t days_later) {
    return local_clock(e, t, days_later, 0);
}

static int64_t clock_of(const struct evaluation *e, stepdown_time t) {
    struct civil c;
    zone_local(e->state->zone, t, &c);
    return c.hour * TIME_HOUR + c.minute * TIME_MINUTE + c.second * TIME_SECOND + c.microsecond;
}

static bool is_late(const struct evaluation *e, const struct calendar_def *c, stepdown_time anchor) {
    return c->rule == CALENDAR_SAME_DAY && c->late_after >= 0 && clock_of(e, anchor) > c->late_after;
}

// When what triggered happened: the newest event of the triggering element, which is the one that triggered.
static stepdown_time newest_event_of(const struct evaluation *e, uint32_t element) {
    const struct element *el = &e->state->elements[element];
    return el->last_log == NO_INDEX ? el->occurred_at : e->state->log[el->last_log].occurred_at;
}

// The moment a rule without one of its own counts from.
static bool anchor_moment(struct evaluation *e, int32_t term, stepdown_time *out, bool *erased) {
    if (term >= 0)
        return term_moment(e, term, out, erased);
    if (e->trigger_mark)
        *out = e->trigger_mark->occurred_at;
    else if (e->trigger_element != NO_ELEMENT)
        *out = newest_event_of(e, e->trigger_element);
    else if (e->this_mark)
        *out = e->this_mark->occurred_at;
    else if (e->this_element != NO_ELEMENT)
        *out = e->state->elements[e->this_element].occurred_at;
    else
        *out = e->now;
    return true;
}

// The shift of the element at hand: its own end.
static bool shift_end(const struct evaluation *e, stepdown_time *out) {
    uint32_t element = e->trigger_element != NO_ELEMENT ? e->trigger_element : e->this_element;
    if (element == NO_ELEMENT)
        return false;
    *out = e->state->elements[element].end;
    return *out != STEPDOWN_TIME_NONE;
}

// The end of an interval in the entry that holds the moment, STEPDOWN_TIME_NONE: none does.
static stepdown_time end_around(const struct state *s, uint32_t entry, stepdown_time at) {
    for (uint32_t i = s->elements[entry].first_field; i != NO_INDEX; i = s->fields[i].next) {
        const struct value *v = &s->fields[i].value;
        if (v->type == VALUE_INTERVAL && v->until != STEPDOWN_TIME_NONE && v->number <= at && at < v->until)
            return v->until;
    }
    return STEPDOWN_TIME_NONE;
}

// The rostered shift in which the moment lies; of several the one that ends first.
static bool rostered_end(const struct evaluation *e, stepdown_time at, stepdown_time *out) {
    const struct state *s = e->state;
    *out = STEPDOWN_TIME_NONE;
    for (size_t f = 0; f < e->defs->form_count; f++) {
        if (e->defs->forms[f].family != FAMILY_CAPACITY)
            continue;
        for (uint32_t i = s->newest_form[f]; i != NO_ELEMENT; i = s->elements[i].previous_same) {
            const struct element *el = &s->elements[i];
            bool shift = el->code == EVENT_CAPACITY_SHIFT_ROSTERED && !(el->flags & ELEMENT_RETRACTED);
            stepdown_time end = shift ? end_around(s, i, at) : STEPDOWN_TIME_NONE;
            if (end != STEPDOWN_TIME_NONE && (*out == STEPDOWN_TIME_NONE || end < *out))
                *out = end;
        }
    }
    return *out != STEPDOWN_TIME_NONE;
}

bool value_calendar(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    const struct calendar_def *c = &e->defs->calendars[t->index];
    stepdown_time anchor, at = STEPDOWN_TIME_NONE;
    if (!anchor_moment(e, t->a, &anchor, erased))
        return false;
    switch (c->rule) {
    case CALENDAR_SAME_DAY:
        at = is_late(e, c, anchor) ? local_clock(e, anchor, 1, c->then_until) : day_start(e, anchor, 1);
        break;
    case CALENDAR_NEXT_MORNING: at = local_clock(e, anchor, 1, c->until); break;
    case CALENDAR_END_OF_DAY: at = day_start(e, anchor, 1); break;
    case CALENDAR_END_OF_SHIFT:
        if ((t->a >= 0 || !shift_end(e, &at)) && !rostered_end(e, anchor, &at))
            return false;
        break;
    case CALENDAR_DAY_OF:
        *out =
            (struct value){.type = VALUE_INTERVAL, .number = day_start(e, anchor, 0), .until = day_start(e, anchor, 1)};
        return true;
    default: return false;
    }
    *out = (struct value){.type = VALUE_TIME, .number = at};
    return true;
}

bool rule_term_late(struct evaluation *e, int32_t term) {
    stepdown_time anchor;
    bool erased;
    if (term < 0 || e->defs->terms[term].kind != TERM_CALENDAR)
        return false;
    const struct term *t = &e->defs->terms[term];
    return anchor_moment(e, t->a, &anchor, &erased) && is_late(e, &e->defs->calendars[t->index], anchor);
}

// ---- moved moments, spans -----------------------------------------------------------------------------------------------

// A date moved by whole days stays a date.
static bool shift_date(const struct evaluation *e, const struct value *date, const struct duration *d, int sign,
                       struct value *out) {
    stepdown_time at;
    struct civil c;
    if (d->exact != 0 || !value_moment(e, date, &at))
        return false;
    zone_local(e->state->zone, shift_moment(e, at, d, sign), &c);
    *out = (struct value){.type = VALUE_DATE, .number = civil_to_days(c.year, c.month, c.day)};
    return true;
}

bool value_shift(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct duration d;
    struct value from = {.type = VALUE_TIME};
    stepdown_time at;
    if (!term_duration(e, t->b, &d, erased))
        return false;
    if (t->a < 0) {
        if (!anchor_moment(e, -1, &from.number, erased))
            return false;
    } else if (!rule_term(e, t->a, &from, erased)) {
        return false;
    }
    int sign = t->sign < 0 ? -1 : 1;
    if (from.type == VALUE_DATE && shift_date(e, &from, &d, sign, out))
        return true;
    if (!value_moment(e, &from, &at))
        return false;
    *out = (struct value){.type = VALUE_TIME, .number = shift_moment(e, at, &d, sign)};
    return true;
}

bool value_elapsed(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    stepdown_time a, b;
    if (!term_moment(e, t->a, &a, erased) || !term_moment(e, t->b, &b, erased))
        return false;
    *out = (struct value){.type = VALUE_DURATION, .duration = {.exact = a - b}};
    return true;
}

bool value_sooner(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    stepdown_time a, b;
    bool gone, also;
    bool first = term_moment(e, t->a, &a, &gone), second = term_moment(e, t->b, &b, &also);
    *erased = gone || also;
    if (!first && !second)
        return false;
    *out = (struct value){.type = VALUE_TIME, .number = !second || (first && a < b) ? a : b};
    return true;
}

// A span stands only in comparisons of intervals, which read it themselves.
bool value_span(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    (void)e;
    (void)t;
    (void)out;
    (void)erased;
    return false;
}

// An end that has not happened is now; a start that has not happened leaves the interval empty (from = until).
bool value_interval(struct evaluation *e, const struct term *t, struct value *out, bool *erased) {
    struct value v;
    stepdown_time from, until = STEPDOWN_TIME_NONE;
    *out = (struct value){.type = VALUE_INTERVAL, .number = e->now, .until = e->now};
    if (!rule_term(e, t->a, &v, erased))
        return !*erased;
    if (!value_moment(e, &v, &from))
        return false;
    if (t->b >= 0) {
        if (!rule_term(e, t->b, &v, erased)) {
            if (*erased)
                return false;
            until = e->now;
        } else if (!value_moment_end(e, &v, &until)) {
            return false;
        }
        if (until < from)
            until = from;
    }
    out->number = from;
    out->until = until;
    return true;
}
