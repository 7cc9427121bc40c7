// SPDX-License-Identifier: Apache-2.0
// Letting time pass. The timer index has one row for each pathway, its earliest moment, so the cost depends on what is
// due and not on what is open. Each firing is a record of its own: occurred when it was due, recorded now.
#include "engine/actions.h"

#include <string.h>

enum { ADVANCE_RECORDS_MAX = 10000 }; // of one pathway in one call

stepdown_status engine_next_due(struct engine *e, stepdown_time *out, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    size_t count;
    bool more;
    uint8_t id[RECORD_ID];
    arena_reset(&e->arena);
    key_timer_range(INT64_MAX, &from, &to);
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status = transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, 1, &e->arena, &rows, &count,
                              &more, o);
    transaction_abort(&e->transaction);
    *out = STEPDOWN_TIME_NONE;
    if (status == STEPDOWN_OK && count > 0 && !key_timer_parse(rows[0].key, out, id)) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the timer index cannot be read");
    }
    return status;
}

stepdown_status engine_due(struct engine *e, stepdown_time until, uint32_t limit, struct arena *arena,
                           struct due_pathway **out, size_t *count, bool *more, stepdown_error **o) {
    struct key from, to;
    struct row *rows;
    key_timer_range(until, &from, &to);
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    status =
        transaction_scan(&e->transaction, key_slice(&from), key_slice(&to), false, limit, arena, &rows, count, more, o);
    transaction_abort(&e->transaction);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct due_pathway *list = arena_alloc(arena, (*count + 1) * sizeof *list);
    if (list == NULL) {
        return status_nomem(&e->env, o);
    }
    for (size_t i = 0; i < *count; i++) {
        if (!key_timer_parse(rows[i].key, &list[i].due, list[i].id)) {
            return status_fail(&e->env, o, STEPDOWN_CORRUPT, "the timer index cannot be read");
        }
    }
    *out = list;
    return STEPDOWN_OK;
}

// ---- one firing ------------------------------------------------------------------------------------------------------------------

static stepdown_status fire_schedule(struct draft *d, const struct timer *timer, stepdown_error **o) {
    const struct schedule *schedule = &d->state->schedules[timer->schedule];
    uint32_t rule = schedule->rule;
    struct event_draft ev;
    if (rule >= d->defs->rule_count) { // a rule that the definitions in force no longer know: called off
        event_start(&ev, d, EVENT_RULE_SCHEDULED, schedule->symbol, schedule->element);
        return draft_emit(d, &ev, NULL, o);
    }
    const struct trigger *cadence = NULL;
    for (size_t i = 0; i < d->defs->trigger_count && cadence == NULL; i++) {
        const struct trigger *t = &d->defs->triggers[i];
        cadence = t->kind == TRIGGER_TIME && t->every && t->rule == (int32_t)rule ? t : NULL;
    }
    uint32_t before = d->event_count;
    stepdown_status status = rule_fire(d, (int32_t)rule, NO_ELEMENT, NULL, o);
    if (status == STEPDOWN_OK && (cadence != NULL || d->event_count == before)) {
        // The next turn of a cadence; for a rule whose guard did not hold the moment is called off.
        status = rule_schedule(d, (int32_t)rule, cadence != NULL ? rule_moment(d, cadence) : STEPDOWN_TIME_NONE, o);
    }
    return status;
}

static stepdown_status fire(struct draft *d, const struct timer *timer, enum timer_what what, stepdown_error **o) {
    struct event_draft ev;
    switch (what) {
    case TIMER_DUE: event_start(&ev, d, EVENT_ITEM_OVERDUE, 0, timer->element); return draft_emit(d, &ev, NULL, o);
    case TIMER_LEAD: event_start(&ev, d, EVENT_ITEM_LEAD, 0, timer->element); return draft_emit(d, &ev, NULL, o);
    case TIMER_STEP: return escalate_next_step(d, timer->element, o);
    case TIMER_SCHEDULE: return fire_schedule(d, timer, o);
    default: return status_fail(&d->e->env, o, STEPDOWN_INTERNAL, "a timer of no kind");
    }
}

static stepdown_status read_due(struct engine *e, const uint8_t id[RECORD_ID], struct state **s, struct head *head,
                                stepdown_error **o) {
    struct key keys[2];
    struct row rows[2];
    uint64_t version;
    key_pathway(&keys[0], id, SPACE_HEAD);
    key_settings_version(&keys[1]);
    stepdown_slice slices[2] = {key_slice(&keys[0]), key_slice(&keys[1])};
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = transaction_begin(&e->transaction, true, slices, 2, o);
    if (status == STEPDOWN_OK) {
        status = transaction_get(&e->transaction, slices, 2, &e->arena, rows, o);
    }
    if (status == STEPDOWN_OK) {
        status = settings_version_of(e, &rows[1], &version, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_directory(e, version, o);
    }
    return status == STEPDOWN_OK ? engine_load(e, id, &rows[0], s, head, o) : status;
}

// Fire the earliest moment of one pathway. *fired false: nothing was due any more.
static stepdown_status fire_earliest(struct engine *e, const uint8_t id[RECORD_ID], stepdown_time until, bool *fired,
                                     stepdown_time *at, stepdown_error **o) {
    struct state *s;
    struct head head, next;
    struct timer timer;
    enum timer_what what;
    struct draft d = {.event_count = 0};
    *fired = false;
    stepdown_status status = read_due(e, id, &s, &head, o);
    if (status == STEPDOWN_OK) {
        *at = state_next_timer(s, &timer, &what);
        if (*at == STEPDOWN_TIME_NONE || *at > until) {
            transaction_abort(&e->transaction);
            return STEPDOWN_OK;
        }
        draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_TIMER, *at);
        status = fire(&d, &timer, what, o);
    }
    if (status == STEPDOWN_OK) {
        status = cascade_run(&d, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_write(&d, &next, o);
    }
    if (status == STEPDOWN_OK) {
        status = transaction_commit(&e->transaction, o);
    } else {
        transaction_abort(&e->transaction);
    }
    if (status != STEPDOWN_OK) {
        engine_forget(e, id);
        return status;
    }
    *fired = true;
    return engine_keep(e, s, &next, o);
}

stepdown_status engine_advance_one(struct engine *e, const uint8_t id[RECORD_ID], stepdown_time until,
                                   uint32_t *records, stepdown_time *first_due, stepdown_error **o) {
    uint32_t conflicts = 0;
    *records = 0;
    *first_due = STEPDOWN_TIME_NONE;
    for (;;) {
        bool fired;
        stepdown_time at;
        stepdown_error *cause = NULL;
        stepdown_status status = fire_earliest(e, id, until, &fired, &at, &cause);
        bool again = status == STEPDOWN_CONFLICT || status == STEPDOWN_UNKNOWN; // reading again tells what is still due
        if (again && conflicts++ < e->retries) {
            stepdown_error_free(&cause);
            continue;
        }
        if (status == STEPDOWN_CONFLICT) {
            stepdown_error_free(&cause);
            return status_fail(&e->env, o, STEPDOWN_CONTENDED, "other writers kept winning; try again");
        }
        if (status != STEPDOWN_OK) {
            error_pass(&cause, o);
            return status;
        }
        if (!fired) {
            return STEPDOWN_OK;
        }
        *first_due = *records == 0 ? at : *first_due;
        if (++*records == ADVANCE_RECORDS_MAX) {
            return status_fail(&e->env, o, STEPDOWN_LIMIT, "%d moments fired; the rest comes with the next call",
                               ADVANCE_RECORDS_MAX);
        }
    }
}
