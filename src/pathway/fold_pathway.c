// SPDX-License-Identifier: Apache-2.0
// Events about the pathway itself and verdicts of the engine: opening, closing, who takes part; gates passed, rules
// fired, scheduled, holding. May call: protocol, record, base.
#include <string.h>

#include "pathway/fold.h"

// ---- the pathway ---------------------------------------------------------------------------------------------------

// As the event says, else as its record does.
static void set_definition(struct fold *f) {
    const struct value *hash = event_get(f->event, ATTR_DEFINITION);
    if (hash && (hash->type != VALUE_BYTES || hash->text.size != DIGEST_SIZE))
        fold_corrupt(f, "it names no definition set");
    else
        memcpy(f->s->definition, hash ? hash->text.data : f->header->definition, DIGEST_SIZE);
}

// The participation of an organization that has not ended, NULL.
static struct participant *taking_part(struct state *s, stepdown_slice org) {
    for (size_t i = 0; i < s->participant_count; i++) {
        if (s->participants[i].until == STEPDOWN_TIME_NONE && slice_equal(s->participants[i].org, org))
            return &s->participants[i];
    }
    return NULL;
}

static void pathway_join(struct fold *f) {
    stepdown_slice org = fold_text(f, ATTR_ORG, (stepdown_slice){0});
    struct participant *known = taking_part(f->s, org);
    if (org.size == 0)
        fold_corrupt(f, "it names no organization");
    else if (known)
        known->kind = fold_text(f, ATTR_ORG_KIND, known->kind);
    else
        fold_check(f, state_add_participant(
                          f->s, &(struct participant){.org = org,
                                                      .kind = fold_text(f, ATTR_ORG_KIND, (stepdown_slice){0}),
                                                      .from = f->header->occurred_at,
                                                      .until = STEPDOWN_TIME_NONE}));
}

static void pathway_leave(struct fold *f) {
    struct participant *known = taking_part(f->s, fold_text(f, ATTR_ORG, (stepdown_slice){0}));
    if (known)
        known->until = f->header->occurred_at;
    else
        fold_corrupt(f, "the organization does not take part");
}

// The organization that opens a pathway takes part in it.
static void pathway_open(struct fold *f) {
    static const stepdown_slice none;
    struct state *s = f->s;
    s->subject = fold_free_text(f, ATTR_SUBJECT, &s->subject_disclosure);
    s->subject_kind = fold_text(f, ATTR_SUBJECT_KIND, none);
    s->zone_name = fold_text(f, ATTR_ZONE, none);
    s->zone_version = fold_text(f, ATTR_ZONE_VERSION, none);
    s->org = fold_text(f, ATTR_ORG, none);
    s->opened_at = f->header->occurred_at;
    set_definition(f);
    if (s->org.size != 0)
        pathway_join(f);
}

static void pathway_stage(struct fold *f) {
    f->s->stage = fold_free_text(f, ATTR_TEXT, &f->s->stage_disclosure);
    f->s->stage_version = f->at.seq;
}

static void pathway_close(struct fold *f) {
    if (f->s->closed)
        fold_corrupt(f, "the pathway is closed already");
    f->s->closed = true;
    f->s->closed_at = f->header->occurred_at;
}

static void pathway_reopen(struct fold *f) {
    if (!f->s->closed)
        fold_corrupt(f, "the pathway is not closed");
    f->s->closed = false;
    f->s->closed_at = STEPDOWN_TIME_NONE;
}

// Members without a row leave nothing but their log entry.
static const struct {
    uint16_t code;
    fold_handler *handle;
} pathway_events[] = {
    {EVENT_PATHWAY_OPENED, pathway_open},     {EVENT_PATHWAY_STAGE_CHANGED, pathway_stage},
    {EVENT_PATHWAY_CLOSED, pathway_close},    {EVENT_PATHWAY_REOPENED, pathway_reopen},
    {EVENT_PATHWAY_JOINED, pathway_join},     {EVENT_PATHWAY_LEFT, pathway_leave},
    {EVENT_PATHWAY_ATTACHED, set_definition}, {EVENT_PATHWAY_MIGRATED, set_definition},
};

void fold_pathway(struct fold *f) {
    if (f->element != NO_ELEMENT)
        fold_corrupt(f, "it is about the pathway, not about an element");
    for (size_t i = 0; i < sizeof pathway_events / sizeof pathway_events[0] && f->status == STEPDOWN_OK; i++) {
        if (pathway_events[i].code == f->event->code)
            pathway_events[i].handle(f);
    }
}

// ---- gates ---------------------------------------------------------------------------------------------------------

static bool any_attr(uint32_t key) { return key != 0; }

static void gate_pass(struct fold *f) {
    struct gate_pass pass = {.gate = state_symbol(f->s, f->event->name, NAME_GATE),
                             .symbol = f->event->name,
                             .element = f->element,
                             .at = f->at,
                             .exception = f->event->code == EVENT_GATE_EXCEPTION};
    fold_keep_attrs(f, any_attr, &pass.attr_first, &pass.attr_count);
    fold_check(f, state_add_pass(f->s, &pass));
}

// Every pass since the gate last closed is void. An exception was no pass and stays.
static void gate_close_again(struct fold *f) {
    const struct element *e = fold_target(f);
    bool found = false;
    for (uint32_t at = e ? e->last_pass : f->s->last_pass; at != NO_INDEX; at = f->s->passes[at].previous) {
        struct gate_pass *pass = &f->s->passes[at];
        if (pass->symbol != f->event->name || pass->exception)
            continue;
        if (pass->closed_again)
            break;
        pass->closed_again = found = true;
    }
    if (!found)
        fold_corrupt(f, "the gate has not been passed since it last closed");
}

static uint32_t gate_symbol(struct fold *f) {
    uint64_t symbol = fold_number(f, ATTR_GATE, 0);
    if (symbol < SYMBOL_FIRST || symbol > UINT32_MAX)
        fold_corrupt(f, "it names no gate");
    return (uint32_t)symbol;
}

static void rule_hold(struct fold *f) {
    uint32_t symbol = gate_symbol(f);
    fold_check(f, state_add_hold(f->s, &(struct hold){.gate = state_symbol(f->s, symbol, NAME_GATE),
                                                      .symbol = symbol,
                                                      .element = f->element,
                                                      .at = f->at}));
}

// Releasing what nobody holds is no contradiction: a rule may release on every firing.
static void rule_release(struct fold *f) {
    uint32_t symbol = gate_symbol(f), *link = &f->s->first_standing;
    while (*link != NO_INDEX) {
        struct hold *hold = &f->s->holds[*link];
        if (hold->symbol == symbol && hold->element == f->element) {
            hold->released = true;
            *link = hold->next_standing;
            hold->next_standing = NO_INDEX;
        } else {
            link = &hold->next_standing;
        }
    }
}

// ---- rules ---------------------------------------------------------------------------------------------------------

// Ends the pending schedule of the event's rule and element if its moment is not after `until`.
static void schedule_done(struct fold *f, stepdown_time until) {
    uint32_t *link = &f->s->first_pending;
    while (*link != NO_INDEX) {
        struct schedule *schedule = &f->s->schedules[*link];
        if (schedule->symbol == f->event->name && schedule->element == f->element && schedule->at <= until) {
            schedule->done = true;
            *link = schedule->next_pending;
            schedule->next_pending = NO_INDEX;
        } else {
            link = &schedule->next_pending;
        }
    }
}

// Firings and truths are read from the log entry, as they are when a snapshot is read.
static void rule_note(struct fold *f) {
    fold_check(f, state_index_log(f->s, &(struct log_entry){.seq = f->at.seq,
                                                            .ord = f->at.ord,
                                                            .code = f->event->code,
                                                            .element = f->element,
                                                            .name = f->event->name,
                                                            .occurred_at = f->header->occurred_at}));
}

// A pattern without a window holds no more: what it cited may take part in another match.
static void became_false(struct fold *f) {
    rule_note(f);
    for (size_t i = 0; i < f->s->match_count; i++) {
        f->s->matches[i].over = f->s->matches[i].over || f->s->matches[i].symbol == f->event->name;
    }
}

static bool is_evidence(uint32_t key) { return key == ATTR_EVIDENCE; }

static void pattern_match(struct fold *f) {
    struct pattern_match match = {.symbol = f->event->name, .at = f->at};
    schedule_done(f, f->header->occurred_at);
    rule_note(f);
    fold_keep_attrs(f, is_evidence, &match.attr_first, &match.attr_count);
    fold_check(f, state_add_match(f->s, &match));
}

// More of the same: cited, and no other firing.
static void pattern_grow(struct fold *f) {
    struct pattern_match match = {.symbol = f->event->name, .at = f->at};
    const struct element *review = fold_target(f);
    if (!review || !(review->flags & ELEMENT_IS_ITEM))
        fold_corrupt(f, "it does not name the review of the match");
    fold_keep_attrs(f, is_evidence, &match.attr_first, &match.attr_count);
    fold_check(f, state_add_match(f->s, &match));
}

// What was to happen at a moment has happened, or its time has passed without it.
static void rule_over(struct fold *f) {
    schedule_done(f, f->header->occurred_at);
    rule_note(f);
}

static void rule_schedule(struct fold *f) {
    struct schedule schedule = {.rule = state_symbol(f->s, f->event->name, NAME_RULE),
                                .symbol = f->event->name,
                                .element = f->element,
                                .at = fold_time(f, ATTR_AT, STEPDOWN_TIME_NONE)};
    uint32_t at = (uint32_t)f->s->schedule_count;
    schedule_done(f, INT64_MAX);
    if (schedule.at != STEPDOWN_TIME_NONE)
        fold_check(f, state_add_schedule(f->s, &schedule) && timers_arm_schedule(f->s, at));
}

static const struct {
    uint16_t code;
    fold_handler *handle;
} engine_events[] = {
    {EVENT_GATE_PASSED, gate_pass},
    {EVENT_GATE_EXCEPTION, gate_pass},
    {EVENT_GATE_CLOSED_AGAIN, gate_close_again},
    {EVENT_PATTERN_MATCHED, pattern_match},
    {EVENT_PATTERN_GREW, pattern_grow},
    {EVENT_RULE_FIRED, rule_over},
    {EVENT_RULE_LAPSED, rule_over},
    {EVENT_RULE_BECAME_TRUE, rule_note},
    {EVENT_RULE_BECAME_FALSE, became_false},
    {EVENT_RULE_SCHEDULED, rule_schedule},
    {EVENT_RULE_HOLD, rule_hold},
    {EVENT_RULE_RELEASE, rule_release},
};

void fold_engine(struct fold *f) {
    for (size_t i = 0; i < sizeof engine_events / sizeof engine_events[0] && f->status == STEPDOWN_OK; i++) {
        if (engine_events[i].code == f->event->code)
            engine_events[i].handle(f);
    }
}
