// SPDX-License-Identifier: Apache-2.0
// Letting time pass. The timer index has one row for each pathway, its earliest moment, so the cost depends on what is
// due and not on what is open. Each firing is a record of its own: occurred when it was due, recorded now.
#include "engine/actions.h"
#include "engine/signal.h"

#include <string.h>

enum { ADVANCE_RECORDS_MAX = 10000, ADVANCE_PASSES = 4 }; // records of one pathway in one call

static stepdown_status first_row(struct engine *e, const struct key *from, const struct key *to, struct row **row,
                                 bool *found, stepdown_error **o) {
    size_t count = 0;
    bool more;
    stepdown_status status =
        transaction_scan(&e->transaction, key_slice(from), key_slice(to), false, 1, &e->arena, row, &count, &more, o);
    *found = count > 0;
    return status;
}

// A signal that waits is due at once.
stepdown_status engine_next_due(struct engine *e, stepdown_time *out, stepdown_error **o) {
    struct key from, to;
    struct row *row;
    bool signal = false, timer = false;
    uint8_t id[RECORD_ID];
    arena_reset(&e->arena);
    *out = STEPDOWN_TIME_NONE;
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    key_index_range('s', &from, &to);
    status = first_row(e, &from, &to, &row, &signal, o);
    if (status == STEPDOWN_OK && !signal) {
        key_timer_range(INT64_MAX, &from, &to);
        status = first_row(e, &from, &to, &row, &timer, o);
    }
    transaction_abort(&e->transaction);
    if (status == STEPDOWN_OK && signal) {
        *out = engine_now(e);
    } else if (status == STEPDOWN_OK && timer && !key_timer_parse(row->key, out, id)) {
        status = status_fail(&e->env, o, STEPDOWN_CORRUPT, "the timer index cannot be read");
    }
    return status;
}

// ---- one firing ------------------------------------------------------------------------------------------------------------------

static const struct trigger *cadence_of(const struct definitions *defs, uint32_t rule) {
    for (uint32_t i = 0; rule < defs->rule_count && i < defs->rules[rule].trigger_count; i++) {
        const struct trigger *t = &defs->triggers[defs->rule_triggers[defs->rules[rule].trigger_first + i]];
        if (t->kind == TRIGGER_TIME && t->every) {
            return t;
        }
    }
    return NULL;
}

// A cadence goes on. A moment is asked once, when it has come: what did not hold then lapses, until the moment moves.
static stepdown_status schedule_over(struct draft *d, const struct schedule *schedule, bool fired, stepdown_error **o) {
    const struct trigger *cadence = cadence_of(d->defs, schedule->rule);
    struct event_draft ev;
    if (cadence != NULL) {
        return rule_schedule(d, (int32_t)schedule->rule, cadence_next(d, cadence, schedule->at), o);
    }
    if (fired) {
        return STEPDOWN_OK;
    }
    event_start(&ev, d, EVENT_RULE_LAPSED, schedule->symbol, schedule->element);
    return draft_emit(d, &ev, NULL, o);
}

static stepdown_status fire_schedule(struct draft *d, const struct timer *timer, stepdown_error **o) {
    const struct schedule schedule = d->state->schedules[timer->schedule];
    struct event_draft ev;
    if (schedule.rule >= d->defs->rule_count) { // a rule that the definitions in force no longer know: called off
        event_start(&ev, d, EVENT_RULE_SCHEDULED, schedule.symbol, schedule.element);
        return draft_emit(d, &ev, NULL, o);
    }
    uint32_t before = d->event_count;
    stepdown_status status = rule_fire(d, (int32_t)schedule.rule, NO_ELEMENT, NULL, o);
    return status == STEPDOWN_OK ? schedule_over(d, &schedule, d->event_count != before, o) : status;
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

// What a firing must not lose even when all that follows from it is too much for one record: that it fired, and
// somebody who is told.
static stepdown_status fire_bare(struct draft *d, const struct timer *timer, enum timer_what what, stepdown_error **o) {
    bool waited = what == TIMER_SCHEDULE;
    const struct schedule schedule = waited ? d->state->schedules[timer->schedule] : (struct schedule){.rule = 0};
    stepdown_status status = waited ? schedule_over(d, &schedule, false, o) : fire(d, timer, what, o);
    return status == STEPDOWN_OK ? escalate(d, -1, waited ? NO_ELEMENT : timer->element, o) : status;
}

// Fire the earliest moment of one pathway. *fired false: nothing was due any more.
static stepdown_status fire_earliest(struct engine *e, const uint8_t id[RECORD_ID], stepdown_time until, bool bare,
                                     bool *fired, stepdown_time *at, stepdown_error **o) {
    struct state *s;
    struct head head;
    struct timer timer;
    enum timer_what what;
    struct draft d = {.e = e};
    *fired = false;
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = engine_begin_on(e, id, true, &s, &head, o);
    if (status == STEPDOWN_OK) {
        *at = state_next_timer(s, &timer, &what);
        if (*at == STEPDOWN_TIME_NONE || *at > until) {
            transaction_abort(&e->transaction);
            return STEPDOWN_OK;
        }
        draft_start(&d, e, s, &head, NULL, &e->arena, CAUSE_TIMER, *at);
        status = bare ? fire_bare(&d, &timer, what, o) : fire(&d, &timer, what, o);
    }
    if (status == STEPDOWN_OK && !bare) {
        status = cascade_run(&d, o);
    }
    status = draft_commit(&d, id, status, o);
    *fired = status == STEPDOWN_OK;
    return status;
}

static stepdown_status advance_one(struct engine *e, const uint8_t id[RECORD_ID], stepdown_time until,
                                   uint32_t *records, stepdown_time *first_due, stepdown_error **o) {
    uint32_t conflicts = 0;
    bool bare = false;
    *records = 0;
    *first_due = STEPDOWN_TIME_NONE;
    for (;;) {
        bool fired;
        stepdown_time at;
        stepdown_error *cause = NULL;
        stepdown_status status = fire_earliest(e, id, until, bare, &fired, &at, &cause);
        bool again = status == STEPDOWN_CONFLICT || status == STEPDOWN_UNKNOWN; // reading again tells what is still due
        bool large = status == STEPDOWN_LIMIT && !bare;
        if (large || (again && conflicts++ < e->retries)) {
            stepdown_error_free(&cause);
            bare = large;
            continue;
        }
        bare = false;
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

// ---- all pathways ------------------------------------------------------------------------------------------------------------------

struct round {
    struct engine *e;
    stepdown_time until;
    uint32_t limit, done;
    const struct advance_sink *sink;
    struct arena arena;
    bool told; // a target that failed has been reported
};

static void report(const struct round *r, const uint8_t id[RECORD_ID], stepdown_status status,
                   const stepdown_error *cause, uint32_t records, stepdown_time due) {
    struct advanced what = {.status = status, .cause = cause, .records = records, .due = due};
    memcpy(what.pathway, id, RECORD_ID);
    r->sink->seen(r->sink->ctx, &what);
}

static bool finished(const struct round *r) { return r->limit > 0 && r->done >= r->limit; }

static stepdown_status scan(struct round *r, const struct key *from, const struct key *to, struct row **rows,
                            size_t *count, bool *more, stepdown_error **o) {
    enum { PAGE = 256 };
    struct engine *e = r->e;
    arena_reset(&r->arena);
    stepdown_status status = transaction_begin(&e->transaction, false, NULL, 0, o);
    if (status == STEPDOWN_OK) {
        status = transaction_scan(&e->transaction, key_slice(from), key_slice(to), false, PAGE, &r->arena, rows, count,
                                  more, o);
        transaction_abort(&e->transaction);
    }
    return status;
}

static stepdown_status fire_row(struct round *r, const struct row *row, stepdown_error **o) {
    uint8_t id[RECORD_ID];
    stepdown_time due;
    uint32_t records;
    stepdown_error *cause = NULL;
    if (!key_timer_parse(row->key, &due, id)) {
        return status_fail(&r->e->env, o, STEPDOWN_CORRUPT, "the timer index cannot be read");
    }
    stepdown_status status = advance_one(r->e, id, r->until, &records, &due, &cause);
    if (status != STEPDOWN_OK || records > 0) {
        report(r, id, status, cause, records, due);
    }
    r->done += status == STEPDOWN_OK && records > 0;
    stepdown_error_free(&cause);
    return STEPDOWN_OK;
}

static void delivered(void *ctx, const uint8_t pathway[RECORD_ID], stepdown_status status, const stepdown_error *cause,
                      uint32_t records) {
    struct round *r = ctx;
    report(r, pathway, status, cause, records, STEPDOWN_TIME_NONE);
    r->done += status == STEPDOWN_OK;
    r->told |= status != STEPDOWN_OK;
}

static stepdown_status deliver_row(struct round *r, const struct row *row, stepdown_error **o) {
    struct delivery_sink sink = {.seen = delivered, .ctx = r};
    uint8_t id[RECORD_ID];
    uint64_t seq;
    uint32_t ord;
    stepdown_error *cause = NULL;
    if (!key_pending_signal_parse(row->key, id, &seq, &ord)) {
        return status_fail(&r->e->env, o, STEPDOWN_CORRUPT, "the index of signals cannot be read");
    }
    r->told = false;
    stepdown_status status = signal_deliver(r->e, row->key, &r->arena, &sink, &cause);
    if (status != STEPDOWN_OK && !r->told) {
        report(r, id, status, cause, 0, STEPDOWN_TIME_NONE);
    }
    stepdown_error_free(&cause);
    return STEPDOWN_OK;
}

// Every row of an index from front to back; what fails is passed over, so that it keeps nobody else waiting.
static stepdown_status each_row(struct round *r, struct key from, const struct key *to,
                                stepdown_status (*work)(struct round *, const struct row *, stepdown_error **),
                                bool *left, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    bool more = true;
    *left = false;
    while (status == STEPDOWN_OK && more && !finished(r)) {
        struct row *rows;
        size_t count = 0, i = 0;
        status = scan(r, &from, to, &rows, &count, &more, o);
        for (; i < count && status == STEPDOWN_OK && !finished(r); i++) {
            key_resume(&from, rows[i].key);
            status = work(r, &rows[i], o);
        }
        *left = status == STEPDOWN_OK && finished(r) && (more || i < count);
        more = more && count > 0;
    }
    return status;
}

stepdown_status engine_advance(struct engine *e, stepdown_time until, uint32_t limit, const struct advance_sink *sink,
                               bool *more, stepdown_error **o) {
    stepdown_time now = engine_now(e); // the future does not happen before its time
    struct round r = {.e = e, .until = until < now ? until : now, .limit = limit, .sink = sink};
    struct key from, to;
    bool signals = false, timers = false;
    stepdown_status status = STEPDOWN_OK;
    bool cut = false;
    uint64_t before = e->signals + 1;
    arena_init(&r.arena, &e->env);
    // What is delivered and what fires may have more to tell. Pathways that go on telling one another wait for the next
    // call.
    for (int pass = 0; pass < ADVANCE_PASSES && status == STEPDOWN_OK && !cut && e->signals != before; pass++) {
        before = e->signals;
        key_index_range('s', &from, &to);
        status = each_row(&r, from, &to, deliver_row, &signals, o);
        cut = finished(&r); // before anybody looked whether something is due
        if (status == STEPDOWN_OK && !cut) {
            key_timer_range(r.until, &from, &to);
            status = each_row(&r, from, &to, fire_row, &timers, o);
        }
    }
    arena_free(&r.arena);
    *more = signals || timers || cut || e->signals != before;
    return status;
}
