// SPDX-License-Identifier: Apache-2.0
// When something falls due: a binary heap of moments. Entries are never taken out of its middle; one that no longer
// stands (the item ended, its due time moved, the rule fired) is dropped when it surfaces. May call: protocol, base.
#include "pathway/fold.h"

// Equal moments in the order of the elements, then of the schedules, so that a state read from a snapshot fires in the
// same order as the one that wrote it.
static bool timer_before(const struct timer *a, const struct timer *b) {
    if (a->at != b->at)
        return a->at < b->at;
    if (a->element != b->element)
        return a->element < b->element;
    return a->schedule < b->schedule;
}

static bool timer_push(struct state *s, struct timer timer) {
    if (!env_grow(s->env, (void **)&s->timers, &s->timer_cap, s->timer_count + 1, sizeof *s->timers))
        return false;
    size_t at = s->timer_count++;
    while (at > 0 && timer_before(&timer, &s->timers[(at - 1) / 2])) {
        s->timers[at] = s->timers[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    s->timers[at] = timer;
    return true;
}

static void timer_drop_first(struct state *s) {
    struct timer last = s->timers[--s->timer_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->timer_count)
            break;
        if (child + 1 < s->timer_count && timer_before(&s->timers[child + 1], &s->timers[child]))
            child++;
        if (!timer_before(&s->timers[child], &last))
            break;
        s->timers[at] = s->timers[child];
        at = child;
    }
    if (s->timer_count > 0)
        s->timers[at] = last;
}

// The moments of an item, in the order in which they count when they coincide, and the flags that put an end to each.
static const struct {
    uint8_t what;
    size_t moment;
    uint32_t over;
} moments[] = {
    {TIMER_LEAD, offsetof(struct element, lead_at), ELEMENT_LEAD_FIRED | ELEMENT_OVERDUE_FLAG | ELEMENT_MET},
    {TIMER_DUE, offsetof(struct element, due), ELEMENT_OVERDUE_FLAG | ELEMENT_MET},
    {TIMER_STEP, offsetof(struct element, step_due), ELEMENT_ANSWERED},
};
enum { MOMENTS = sizeof moments / sizeof moments[0] };

// STEPDOWN_TIME_NONE when it has none or it no longer stands.
static stepdown_time moment_of(const struct element *e, size_t which) {
    if (e->flags & (ELEMENT_FINISHED_FLAG | moments[which].over))
        return STEPDOWN_TIME_NONE;
    return *(const stepdown_time *)(const void *)((const char *)e + moments[which].moment);
}

bool timers_arm_element(struct state *s, uint32_t element) {
    for (size_t i = 0; i < MOMENTS; i++) {
        stepdown_time at = moment_of(&s->elements[element], i);
        if (at != STEPDOWN_TIME_NONE && !timer_push(s, (struct timer){at, element, NO_INDEX}))
            return false;
    }
    return true;
}

bool timers_arm_schedule(struct state *s, uint32_t schedule) {
    const struct schedule *what = &s->schedules[schedule];
    return what->done || what->rule == NO_INDEX || timer_push(s, (struct timer){what->at, NO_ELEMENT, schedule});
}

static enum timer_what timer_stands(const struct state *s, const struct timer *timer) {
    if (timer->schedule != NO_INDEX)
        return s->schedules[timer->schedule].done ? TIMER_NONE : TIMER_SCHEDULE;
    for (size_t i = 0; i < MOMENTS; i++) {
        if (moment_of(&s->elements[timer->element], i) == timer->at)
            return (enum timer_what)moments[i].what;
    }
    return TIMER_NONE;
}

stepdown_time state_next_timer(struct state *s, struct timer *out, enum timer_what *what) {
    bool over = s->closed && s->open_count == 0; // a closed pathway that owes nothing waits for nothing
    while (!over && s->timer_count > 0) {
        enum timer_what stands = timer_stands(s, &s->timers[0]);
        if (stands != TIMER_NONE) {
            *out = s->timers[0];
            *what = stands;
            return out->at;
        }
        timer_drop_first(s);
    }
    *out = (struct timer){STEPDOWN_TIME_NONE, NO_ELEMENT, NO_INDEX};
    *what = TIMER_NONE;
    return STEPDOWN_TIME_NONE;
}
