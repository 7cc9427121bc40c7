// SPDX-License-Identifier: Apache-2.0
// What rules do: open and finish items, send, escalate, run a route, hold and release gates, set and flag. And opening
// an item, whoever opens it: owner, due time and ladder are worked out here, so that none can be without.
#include "engine/actions.h"
#include "engine/report.h"
#include "engine/verbs.h"

#include <string.h>

stepdown_time state_fired_at(const struct state *s, int32_t rule) {
    uint32_t newest = s->newest_firing[rule];
    return newest != UINT32_MAX ? s->firings[newest].occurred_at : STEPDOWN_TIME_NONE;
}

// ---- opening an item -----------------------------------------------------------------------------------------------------------

struct opening opening_none(void) {
    return (struct opening){.about = NO_ELEMENT,
                            .trigger = NO_ELEMENT,
                            .due = STEPDOWN_TIME_NONE,
                            .start = STEPDOWN_TIME_NONE,
                            .end = STEPDOWN_TIME_NONE};
}

// `about`: what the item will hang on, while it is not there yet.
static struct evaluation opening_evaluation(struct draft *d, uint32_t element, uint32_t trigger, uint32_t about) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->header.occurred_at);
    ev.this_element = element;
    ev.trigger_element = trigger;
    ev.opening_about = element == NO_ELEMENT && about != NO_ELEMENT ? 1 + about : 0;
    return ev;
}

static bool moment(struct draft *d, int32_t term, uint32_t element, const struct opening *how, stepdown_time *out) {
    struct evaluation ev = opening_evaluation(d, element, how->trigger, how->about);
    struct value value;
    if (term < 0 || !rule_term(&ev, term, &value, NULL)) {
        return false;
    }
    if (value.type == VALUE_DURATION) { // a bare duration counts from when the item opened
        stepdown_time from = element != NO_ELEMENT ? d->state->elements[element].opened_at : d->header.occurred_at;
        *out = duration_add(from, &value.duration, 1, d->state->zone, NULL, 0);
        return true;
    }
    *out = value.number;
    return value.type == VALUE_TIME;
}

bool item_due(struct draft *d, const struct item_def *def, uint32_t element, const struct opening *how,
              stepdown_time *due, const char **rule) {
    *rule = def->due_text;
    return moment(d, def->due, element, how, due);
}

bool item_moment(struct draft *d, int32_t term, uint32_t element, stepdown_time *out) {
    const struct opening how = opening_none();
    return moment(d, term, element, &how, out);
}

bool item_start(struct draft *d, const struct item_def *def, uint32_t element, stepdown_time *start) {
    return item_moment(d, def->start, element, start);
}

bool due_by_hand(const struct state *s, uint32_t element) {
    const struct element *el = &s->elements[element];
    return el->due_rule.size == 0 && el->due != STEPDOWN_TIME_NONE;
}

static stepdown_time one_day_later(const struct draft *d) {
    struct duration day = {.days = 1};
    return duration_add(d->header.occurred_at, &day, 1, d->state->zone, NULL, 0);
}

// Is the due time reckoned from the item itself (its own start)? Then it can only be known once the item is there.
static bool due_reads_itself(const struct draft *d, const struct item_def *def) {
    const struct kind_row *kind = lifecycle_kind(def->kind);
    return def->due >= 0 && (d->defs->term_reads[def->due] >> kind->family & 1) != 0;
}

// When the warning before the due time is given; TIME_NONE: the item has none.
static stepdown_time lead_before(struct evaluation *e, const struct item_def *def, stepdown_time due) {
    struct value lead;
    bool known = def->lead >= 0 && rule_term(e, def->lead, &lead, NULL) && lead.type == VALUE_DURATION;
    return known ? duration_add(due, &lead.duration, -1, e->state->zone, NULL, 0) : STEPDOWN_TIME_NONE;
}

// The due time, or, when it cannot be worked out yet, one day from now, marked as provisional: never none.
static void add_due(struct draft *d, const struct item_def *def, uint32_t element, const struct opening *how,
                    struct event_draft *ev) {
    stepdown_time due = how->due;
    const char *rule = "";
    if (due == STEPDOWN_TIME_NONE && !item_due(d, def, element, how, &due, &rule)) {
        due = one_day_later(d);
        rule = def->due >= 0 ? "provisional: 1 day" : "1 day";
    }
    struct evaluation e = opening_evaluation(d, element, how->trigger, how->about);
    event_time(ev, d, ATTR_DUE, due);
    event_text(ev, d, ATTR_DUE_RULE, VALUE_TEXT, slice_text(rule));
    event_time(ev, d, ATTR_AT, lead_before(&e, def, due));
}

stepdown_status lead_follow(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    struct evaluation e = opening_evaluation(d, element, NO_ELEMENT, NO_ELEMENT);
    bool over = el->due == STEPDOWN_TIME_NONE || (el->flags & (ELEMENT_OVERDUE_FLAG | ELEMENT_LEAD_FIRED)) != 0;
    stepdown_time lead = over ? el->lead_at : lead_before(&e, &d->defs->items[el->def], el->due);
    struct value none = {.type = VALUE_NONE};
    if (lead == el->lead_at) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_ITEM_DUE_CHANGED, 0, element);
    event_time(&ev, d, ATTR_DUE, el->due);
    event_text(&ev, d, ATTR_DUE_RULE, VALUE_TEXT, el->due_rule);
    if (lead != STEPDOWN_TIME_NONE) {
        event_time(&ev, d, ATTR_AT, lead);
    } else {
        event_value(&ev, d, ATTR_AT, &none);
    }
    return draft_emit(d, &ev, NULL, o);
}

// The individual whom the protocol names for the item.
static bool named_person(struct draft *d, const struct item_def *def, uint32_t element, const struct opening *how,
                         stepdown_slice *person) {
    struct evaluation e = opening_evaluation(d, element, how->trigger, how->about);
    struct value value;
    if (def->owner_person < 0 || !rule_term(&e, def->owner_person, &value, NULL) || value.type != VALUE_PERSON) {
        return false;
    }
    *person = value.text;
    return true;
}

// The owning role always; the individual whom the protocol or the decision names (who must accept it), else whoever
// holds the role now.
static void add_owner(struct draft *d, const struct item_def *def, const struct opening *how, struct event_draft *ev) {
    if (def->owner_role < 0) {
        return;
    }
    const struct role_def *role = &d->defs->roles[def->owner_role];
    stepdown_slice person = how->owner, organization = slice_of(NULL, 0), holder;
    bool held = role_holder(d->e, d->state, def->owner_role, d->now, &holder, &organization);
    bool named = person.size > 0 || named_person(d, def, NO_ELEMENT, how, &person);
    if (named) {
        role_organization(d->e, d->state, def->owner_role, d->now, person, &organization);
    } else if (held) {
        person = holder;
    }
    event_text(ev, d, ATTR_OWNER_ROLE, VALUE_ROLE, slice_text(role->def.name));
    event_text(ev, d, ATTR_PERSON, VALUE_PERSON, person);
    event_text(ev, d, ATTR_OWNER_ORG, VALUE_TEXT, organization);
}

static bool with_value(struct draft *d, const struct with_def *with, const struct opening *how, struct value *out) {
    struct evaluation e = opening_evaluation(d, how->trigger, how->trigger, NO_ELEMENT);
    e.trigger_mark = e.this_mark = how->trigger_mark;
    return rule_term(&e, with->term, out, NULL);
}

// `with:` attributes of the action go into the opening, so that start and due are there from the first event on.
static void apply_with(struct draft *d, struct opening *how) {
    for (uint32_t i = 0; i < how->with_count; i++) {
        const struct with_def *with = &d->defs->withs[how->with_first + i];
        struct value value;
        if (with->field >= 0 || !with_value(d, with, how, &value)) {
            continue;
        }
        if (with->attribute == ELEMENT_OWNER && value.type == VALUE_PERSON) {
            how->owner = value.text;
        } else if (value.type == VALUE_TIME) {
            stepdown_time *at = with->attribute == ELEMENT_START ? &how->start
                                : with->attribute == ELEMENT_END ? &how->end
                                                                 : &how->due;
            *at = value.number;
        }
    }
}

// `with:` fields become an entry about the new item, made by the engine.
static stepdown_status submit_with(struct draft *d, const struct opening *how, uint32_t element, stepdown_error **o) {
    struct event_draft ev = {.code = 0};
    for (uint32_t i = 0; i < how->with_count; i++) {
        const struct with_def *with = &d->defs->withs[how->with_first + i];
        struct value value;
        if (with->field < 0 || !with_value(d, with, how, &value)) {
            continue;
        }
        const struct field_def *f = &d->defs->fields[with->field];
        if (ev.code == 0) {
            event_start(&ev, d, EVENT_FORM_SUBMITTED, d->defs->forms[f->form].def.symbol, NO_ELEMENT);
            event_element(&ev, d, ATTR_ABOUT, element);
        }
        event_copied(&ev, d, f, with->term, &value);
    }
    return ev.code != 0 ? draft_emit(d, &ev, NULL, o) : STEPDOWN_OK;
}

void start_given(struct event_draft *ev, struct draft *d) {
    event_text(ev, d, ATTR_FLAG, VALUE_CHOICE, slice_text(START_GIVEN));
}

stepdown_status item_open(struct draft *d, int32_t item, const struct opening *opening, uint32_t *out,
                          stepdown_error **o) {
    const struct item_def *def = &d->defs->items[item];
    struct opening how = *opening;
    stepdown_status status = engine_directory(d->e, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    apply_with(d, &how);
    bool given = how.start != STEPDOWN_TIME_NONE;
    if (!given) {
        (void)moment(d, def->start, NO_ELEMENT, &how, &how.start);
    }
    if (how.end == STEPDOWN_TIME_NONE) {
        (void)moment(d, def->end, NO_ELEMENT, &how, &how.end);
    }
    struct event_draft ev;
    event_start(&ev, d, lifecycle_opening(def->kind), def->def.symbol, NO_ELEMENT);
    event_element(&ev, d, ATTR_ABOUT, how.about);
    add_owner(d, def, &how, &ev);
    bool later = how.due == STEPDOWN_TIME_NONE && due_reads_itself(d, def);
    if (!later) {
        add_due(d, def, NO_ELEMENT, &how, &ev);
    }
    event_time(&ev, d, ATTR_START, how.start);
    event_time(&ev, d, ATTR_END, how.end);
    if (given) {
        start_given(&ev, d);
    }
    if (how.rule != 0) {
        event_number(&ev, d, ATTR_RULE, how.rule);
    }
    if (d->cited != NULL) {
        event_value(&ev, d, ATTR_EVIDENCE, d->cited);
    }
    uint32_t element;
    status = draft_emit(d, &ev, &element, o);
    if (status == STEPDOWN_OK && later) {
        event_start(&ev, d, EVENT_ITEM_DUE_CHANGED, 0, element);
        add_due(d, def, element, &how, &ev);
        status = draft_emit(d, &ev, NULL, o);
    }
    if (status == STEPDOWN_OK && how.with_count > 0) {
        status = submit_with(d, &how, element, o);
        if (status == STEPDOWN_OK && how.owner.size == 0) {
            status = item_name_owner(d, element, o);
        }
    }
    if (status == STEPDOWN_OK && out != NULL) {
        *out = element;
    }
    return status;
}

stepdown_status item_name_owner(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    stepdown_slice person, organization = el->owner_org;
    const struct opening how = opening_none();
    if (el->def >= d->defs->item_count || !named_person(d, &d->defs->items[el->def], element, &how, &person) ||
        slice_equal(person, el->owner)) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    role_organization(d->e, d->state, d->defs->items[el->def].owner_role, d->now, person, &organization);
    event_start(&ev, d, EVENT_ITEM_ASSIGNED, 0, element);
    event_text(&ev, d, ATTR_PERSON, VALUE_PERSON, person);
    event_text(&ev, d, ATTR_OWNER_ORG, VALUE_TEXT, organization);
    return draft_emit(d, &ev, NULL, o);
}

// ---- actions -------------------------------------------------------------------------------------------------------------------

struct action_call {
    const struct action_def *action;
    int32_t rule;
    uint32_t trigger;
    const struct mark *mark;
};

// What the new item is about: as the action says, else the trigger when it is of the kind the item hangs on, else the
// newest of that kind.
static uint32_t about_of(struct draft *d, const struct action_call *call, const struct item_def *def) {
    const struct state *s = d->state;
    uint32_t found;
    if (call->action->about >= 0) {
        struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
        ev.this_element = ev.trigger_element = call->trigger;
        return rule_select(&ev, call->action->about, &found, 1) > 0 ? found : NO_ELEMENT;
    }
    if (def->about < 0) {
        return call->trigger != NO_ELEMENT && (s->elements[call->trigger].flags & ELEMENT_IS_ITEM) != 0 ? call->trigger
                                                                                                        : NO_ELEMENT;
    }
    for (uint32_t i = call->trigger; i != NO_ELEMENT; i = s->elements[i].about) {
        if ((s->elements[i].flags & ELEMENT_IS_ITEM) != 0 && s->elements[i].def == (uint32_t)def->about) {
            return i;
        }
    }
    return state_live_or_newest(s, def->about);
}

// One at a time; of those that are opened for each of something, one for it.
static bool open_already(const struct state *s, const struct item_def *def, int32_t item, uint32_t about) {
    if (def->each < 0) {
        return !def->many && state_newest_live(s, item) != NO_ELEMENT;
    }
    for (uint32_t i = state_newest_item(s, item); i != NO_ELEMENT; i = s->elements[i].previous_same) {
        if ((s->elements[i].flags & ELEMENT_FINISHED_FLAG) == 0 && s->elements[i].about == about) {
            return true;
        }
    }
    return false;
}

static stepdown_status do_open(struct draft *d, const struct action_call *call, stepdown_error **o) {
    int32_t item = call->action->item;
    const struct item_def *def = &d->defs->items[item];
    struct opening how = opening_none();
    how.about = about_of(d, call, def);
    if (d->cited == NULL && open_already(d->state, def, item, how.about)) {
        return STEPDOWN_OK; // nothing is asked for twice; another match of a pattern is another question
    }
    how.trigger = call->trigger;
    how.trigger_mark = call->mark;
    how.with_first = call->action->with_first;
    how.with_count = call->action->with_count;
    how.rule = d->defs->rules[call->rule].def.symbol;
    if (def->applies >= 0) {
        struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
        ev.this_element = ev.trigger_element = call->trigger;
        ev.opening_about = how.about != NO_ELEMENT ? 1 + how.about : 0;
        if (rule_evaluate(&ev, def->applies) == TRUTH_FALSE) {
            return STEPDOWN_OK;
        }
    }
    return item_open(d, item, &how, NULL, o);
}

// The step that leads a live item to `state`, or to its end when no state is named.
static const struct verb_row *ending_row(const struct element *el, uint8_t state) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    for (size_t i = 0; i < count; i++) {
        bool fits = state != STATE_NONE ? rows[i].to == state : (rows[i].flags & LIFECYCLE_ENDS) != 0;
        if (rows[i].kind == el->kind && fits && (rows[i].from & STATE_BIT(el->state)) != 0) {
            return &rows[i];
        }
    }
    return NULL;
}

// A step that a rule takes. A gate holds for rules as for people: what it holds is not done, and somebody is told.
static stepdown_status step_by_rule(struct draft *d, uint32_t element, const struct verb_row *row, stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    stepdown_error *held = NULL;
    stepdown_status status = guard_step(d, element, row->code, row->verb != NULL ? row->verb : "go on", &held);
    if (status == STEPDOWN_HELD) {
        stepdown_error_free(&held);
        return escalate(d, el->def < d->defs->item_count ? d->defs->items[el->def].escalation : -1, element, o);
    }
    error_pass(&held, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct event_draft ev;
    event_start(&ev, d, row->code, 0, element);
    status = taper_step(d, element, row->code, &ev, o);
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

static stepdown_status finish(struct draft *d, uint32_t element, uint8_t state, stepdown_error **o) {
    const struct verb_row *row = ending_row(&d->state->elements[element], state);
    return row != NULL ? step_by_rule(d, element, row, o) : STEPDOWN_OK;
}

// A step of the newest live one, if it leads on from where that is.
static stepdown_status do_take(struct draft *d, const struct action_call *call, stepdown_error **o) {
    uint32_t element = state_newest_live(d->state, call->action->item);
    if (element == NO_ELEMENT) {
        return STEPDOWN_OK;
    }
    const struct element *el = &d->state->elements[element];
    const struct verb_row *row = lifecycle_event(el->kind, call->action->code);
    return row != NULL && (row->from & STATE_BIT(el->state)) != 0 ? step_by_rule(d, element, row, o) : STEPDOWN_OK;
}

// The slot that has been free longest; NO_ELEMENT: none is.
static uint32_t free_slot(const struct state *s, int32_t item) {
    uint32_t found = NO_ELEMENT;
    for (uint32_t i = state_newest_item(s, item); i != NO_ELEMENT; i = s->elements[i].previous_same) {
        bool free = s->elements[i].state == STATE_FREE && (s->elements[i].flags & ELEMENT_SUSPENDED) == 0;
        found = free ? i : found;
    }
    return found;
}

static bool is_granted(const struct state *s, uint32_t entry) {
    for (uint32_t i = s->elements[entry].first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        if (s->marks[i].code == EVENT_SLOT_GRANTED && !s->marks[i].withdrawn) {
            return true;
        }
    }
    return false;
}

// The grant under which the slot was given last: it stands in the record behind the allocation. NULL: the slot is free, was
// free when it ended, or the grant is taken back already.
static const struct mark *grant_of(const struct state *s, uint32_t slot) {
    const struct log_entry *given = state_event(s, slot, EVENT_SLOT_ALLOCATED, false);
    const struct log_entry *freed = state_event(s, slot, EVENT_SLOT_RELEASED, false);
    if (given == NULL ||
        (freed != NULL && (freed->seq > given->seq || (freed->seq == given->seq && freed->ord > given->ord)))) {
        return NULL;
    }
    const struct mark *grant = state_mark(s, (struct ref){.seq = given->seq, .ord = given->ord + 1});
    return grant != NULL && grant->code == EVENT_SLOT_GRANTED && !grant->withdrawn ? grant : NULL;
}

// Does the entry hold the slot, as it is allocated now?
static bool holds_slot(const struct state *s, uint32_t entry, uint32_t slot) {
    const struct mark *grant = s->elements[slot].state == STATE_ALLOCATED ? grant_of(s, slot) : NULL;
    return grant != NULL && grant->element == entry;
}

stepdown_status grant_follow(struct draft *d, uint32_t element, stepdown_error **o) {
    const struct element *el = element != NO_ELEMENT ? &d->state->elements[element] : NULL;
    bool gone = el != NULL && (el->flags & ELEMENT_FINISHED_FLAG) != 0 && el->kind == KIND_SLOT;
    const struct mark *grant = gone ? grant_of(d->state, element) : NULL;
    if (grant == NULL) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    struct value at = {.type = VALUE_REFERENCE, .ref = grant->at};
    event_start(&ev, d, EVENT_MARK_WITHDRAWN, 0, grant->element);
    event_value(&ev, d, ATTR_MARK, &at);
    return draft_emit(d, &ev, NULL, o);
}

// Is the live item `i` meant by `only`: itself, what it hangs on, an entry about it, or the request that it was granted to?
static bool is_meant(const struct state *s, uint32_t i, uint32_t only) {
    if (only == NO_ELEMENT || i == only || state_is_about(s, i, only) || holds_slot(s, only, i)) {
        return true;
    }
    return (s->elements[only].flags & ELEMENT_IS_ITEM) == 0 && s->elements[only].about == i;
}

// Every live one; with `about`, only the one that is named and those that hang on what is named.
static stepdown_status do_close(struct draft *d, const struct action_call *call, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    uint32_t next, only = NO_ELEMENT;
    if (call->action->about >= 0) {
        struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
        ev.this_element = ev.trigger_element = call->trigger;
        if (rule_select(&ev, call->action->about, &only, 1) == 0) {
            return STEPDOWN_OK;
        }
    }
    for (uint32_t i = state_newest_item(d->state, call->action->item); i != NO_ELEMENT && status == STEPDOWN_OK;
         i = next) {
        next = d->state->elements[i].previous_same;
        if (is_meant(d->state, i, only) && (d->state->elements[i].flags & ELEMENT_FINISHED_FLAG) == 0) {
            status = finish(d, i, call->action->state, o);
        }
    }
    return status;
}

// The one that is to be sent: of several the one that hangs on the same thing.
static uint32_t to_be_sent(struct draft *d, const struct action_call *call) {
    const struct state *s = d->state;
    const struct item_def *def = &d->defs->items[call->action->item];
    uint32_t i = state_newest_live(s, call->action->item), about = def->many ? about_of(d, call, def) : NO_ELEMENT;
    while (def->many && i != NO_ELEMENT &&
           ((s->elements[i].flags & ELEMENT_FINISHED_FLAG) != 0 || s->elements[i].about != about)) {
        i = s->elements[i].previous_same;
    }
    return i;
}

static stepdown_status do_send(struct draft *d, const struct action_call *call, stepdown_error **o) {
    uint32_t element = to_be_sent(d, call);
    stepdown_status status = STEPDOWN_OK;
    if (element == NO_ELEMENT) {
        struct opening how = opening_none();
        how.about = about_of(d, call, &d->defs->items[call->action->item]);
        how.trigger = call->trigger;
        how.with_first = call->action->with_first;
        how.with_count = call->action->with_count;
        how.rule = d->defs->rules[call->rule].def.symbol;
        status = item_open(d, call->action->item, &how, &element, o);
    }
    const struct verb_row *row =
        status == STEPDOWN_OK ? lifecycle_verb(d->state->elements[element].kind, slice_text("send")) : NULL;
    if (row == NULL || (row->from & STATE_BIT(d->state->elements[element].state)) == 0) {
        return status; // sent already
    }
    if (!sending_says_something(d, element)) {
        return STEPDOWN_OK; // its owner writes and sends it
    }
    struct event_draft ev;
    event_start(&ev, d, row->code, 0, element);
    status = sending_recipients(d, element, &ev, o);
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

static stepdown_status do_escalate(struct draft *d, const struct action_call *call, stepdown_error **o) {
    return rule_fire(d, call->action->rule, call->trigger, call->mark, o);
}

static stepdown_status do_run(struct draft *d, const struct action_call *call, stepdown_error **o) {
    return escalate_route(d, call->rule, call->action->item, call->trigger, o);
}

static stepdown_status do_hold(struct draft *d, const struct action_call *call, stepdown_error **o) {
    struct event_draft ev;
    bool hold = call->action->kind == ACTION_HOLD;
    event_start(&ev, d, hold ? EVENT_RULE_HOLD : EVENT_RULE_RELEASE, d->defs->rules[call->rule].def.symbol, NO_ELEMENT);
    event_number(&ev, d, ATTR_GATE, d->defs->gates[call->action->gate].def.symbol);
    return draft_emit(d, &ev, NULL, o);
}

static bool action_value(struct draft *d, const struct action_call *call, struct value *out) {
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    ev.this_element = ev.trigger_element = call->trigger;
    ev.this_mark = ev.trigger_mark = call->mark;
    return call->action->term >= 0 && rule_term(&ev, call->action->term, out, NULL);
}

// Where a field is set: in the entry, or about the live item, that the path before it names. False: there is none.
static bool set_target(struct draft *d, const struct action_call *call, int32_t form, uint32_t *about,
                       uint32_t *entry) {
    const struct form_def *def = &d->defs->forms[form];
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    uint32_t found = NO_ELEMENT;
    ev.this_element = ev.trigger_element = call->trigger;
    if (call->action->about >= 0 && rule_select(&ev, call->action->about, &found, 1) == 0) {
        found = NO_ELEMENT;
    }
    *about = *entry = NO_ELEMENT;
    if (found != NO_ELEMENT && (d->state->elements[found].flags & ELEMENT_IS_ITEM) == 0) {
        *entry = found;
        return d->state->elements[found].def == (uint32_t)form;
    }
    if (def->about_count > 0) {
        *about = found;
        if (found == NO_ELEMENT || (d->state->elements[found].flags & ELEMENT_FINISHED_FLAG) != 0) {
            return false;
        }
    }
    *entry = state_newest_entry(d->state, form, *about);
    return true;
}

// A field set by a rule: an entry of its form, made or amended by the engine.
static stepdown_status do_set(struct draft *d, const struct action_call *call, stepdown_error **o) {
    struct value value;
    if (call->action->field < 0) {
        return do_close(d, call, o); // a state
    }
    if (!action_value(d, call, &value)) {
        return STEPDOWN_OK;
    }
    const struct field_def *f = &d->defs->fields[call->action->field];
    const struct form_def *form = &d->defs->forms[f->form];
    uint32_t about, entry;
    if (!set_target(d, call, f->form, &about, &entry)) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, entry != NO_ELEMENT ? EVENT_FORM_AMENDED : EVENT_FORM_SUBMITTED, form->def.symbol, entry);
    if (entry == NO_ELEMENT) {
        event_element(&ev, d, ATTR_ABOUT, about);
    }
    event_copied(&ev, d, f, call->action->term, &value);
    return draft_emit(d, &ev, NULL, o);
}

static stepdown_status do_report(struct draft *d, const struct action_call *call, stepdown_error **o) {
    return report_send(d, call->action, call->trigger, call->mark, o);
}

// A flag is a word on record about the trigger: something to see, not something to do.
static stepdown_status do_flag(struct draft *d, const struct action_call *call, stepdown_error **o) {
    struct value value;
    uint32_t target = call->trigger, found;
    if (!action_value(d, call, &value)) {
        return STEPDOWN_OK;
    }
    if (call->action->about >= 0) {
        struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
        ev.this_element = ev.trigger_element = call->trigger;
        target = rule_select(&ev, call->action->about, &found, 1) > 0 ? found : NO_ELEMENT;
    }
    struct event_draft event;
    event_start(&event, d, EVENT_RULE_SET, d->defs->rules[call->rule].def.symbol, target);
    event_text(&event, d, ATTR_FLAG, VALUE_CHOICE, value.text);
    return draft_emit(d, &event, NULL, o);
}

// Who has waited longest of those that the selector names and that nothing was granted to.
static uint32_t next_waiting(struct draft *d, const struct action_call *call) {
    const struct state *s = d->state;
    struct evaluation ev = engine_evaluation(d->e, d->state, d->now);
    ev.this_element = ev.trigger_element = call->trigger;
    uint32_t next = NO_ELEMENT;
    size_t count = rule_select(&ev, call->action->about, NULL, 0);
    uint32_t *found = count > 0 ? arena_alloc(d->arena, count * sizeof *found) : NULL;
    count = found != NULL ? rule_select(&ev, call->action->about, found, count) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct element *el = &s->elements[found[i]];
        bool earlier = next == NO_ELEMENT || el->occurred_at <= s->elements[next].occurred_at;
        next = earlier && !is_granted(s, found[i]) ? found[i] : next;
    }
    return next;
}

// Slots go to those who wait, one each, in the order in which they asked: one slot to one request, and neither twice.
static stepdown_status do_allocate(struct draft *d, const struct action_call *call, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t slot; status == STEPDOWN_OK;) {
        uint32_t request = next_waiting(d, call);
        slot = free_slot(d->state, call->action->item);
        if (slot == NO_ELEMENT || request == NO_ELEMENT) {
            return STEPDOWN_OK;
        }
        struct event_draft ev;
        struct value asked = draft_ref(d->state, request, 0, 0), given = draft_ref(d->state, slot, 0, 0);
        event_start(&ev, d, EVENT_SLOT_ALLOCATED, 0, slot);
        event_value(&ev, d, ATTR_VALUE, &asked);
        status = draft_emit(d, &ev, NULL, o);
        if (status == STEPDOWN_OK) {
            event_start(&ev, d, EVENT_SLOT_GRANTED, 0, request);
            event_value(&ev, d, ATTR_VALUE, &given);
            status = draft_emit(d, &ev, NULL, o);
        }
    }
    return status;
}

static stepdown_status do_attach(struct draft *d, const struct action_call *call, stepdown_error **o) {
    stepdown_slice protocol = d->defs->terms[call->action->term].value.text;
    return attach_later(d, protocol, d->defs->rules[call->rule].def.symbol, call->trigger, o);
}

stepdown_status action_run(struct draft *d, const struct action_def *action, int32_t rule, uint32_t trigger,
                           const struct mark *mark, stepdown_error **o) {
    static stepdown_status (*const handlers[])(struct draft *, const struct action_call *, stepdown_error **) = {
        [ACTION_OPEN] = do_open,         [ACTION_CLOSE] = do_close,       [ACTION_SEND] = do_send,
        [ACTION_ESCALATE] = do_escalate, [ACTION_RUN] = do_run,           [ACTION_HOLD] = do_hold,
        [ACTION_RELEASE] = do_hold,      [ACTION_SET] = do_set,           [ACTION_REPORT] = do_report,
        [ACTION_FLAG] = do_flag,         [ACTION_ALLOCATE] = do_allocate, [ACTION_ATTACH] = do_attach,
        [ACTION_TAKE] = do_take,
    };
    struct action_call call = {.action = action, .rule = rule, .trigger = trigger, .mark = mark};
    return handlers[action->kind](d, &call, o);
}
