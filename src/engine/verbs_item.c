// SPDX-License-Identifier: Apache-2.0
// Lifecycle verbs on items: the tables say what is legal; here stand who may do it, what must be true first (gates,
// close_needs, a decision), and which item a decision opens. Also adding items by hand.
#include "engine/verbs.h"

#include <string.h>

static stepdown_status unknown_verb(struct draft *d, const struct command *c, uint8_t kind, stepdown_error **o) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    const struct kind_row *row = lifecycle_kind(kind);
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s is no step of a %s", c->verb,
                                         row != NULL ? row->word : "thing");
    for (size_t i = 0; i < count; i++) {
        if ((rows[i].kind == kind || rows[i].kind == KIND_NONE) && rows[i].verb != NULL) {
            status_detail(o, "verb", "%s", rows[i].verb);
        }
    }
    return status;
}

static stepdown_status wrong_state(struct draft *d, const struct command *c, const struct element *el,
                                   stepdown_error **o) {
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%s is %s; %s does not lead on from there", c->target,
                    lifecycle_state_word(el->state), c->verb);
    status_detail(o, "state", "%s", lifecycle_state_word(el->state));
    return status;
}

static bool legal_state(const struct verb_row *row, const struct element *el) {
    bool finished = (el->flags & ELEMENT_FINISHED_FLAG) != 0;
    if (finished && (row->flags & LIFECYCLE_FINISHED_OK) == 0) {
        return false;
    }
    if ((row->flags & LIFECYCLE_LIVES) != 0 && !finished) {
        return false; // reopening what is open
    }
    return (row->from & STATE_BIT(el->state)) != 0;
}

// ---- who may -------------------------------------------------------------------------------------------------------------

static bool in_roles(const struct draft *d, const int32_t *roles, uint16_t count) {
    for (uint16_t i = 0; i < count; i++) {
        if (slice_is(d->session->role, d->defs->roles[roles[i]].def.name)) {
            return true;
        }
    }
    return false;
}

// The owner, the owning role and whoever answers for it, the role that the protocol gives it to (also while somebody of
// another role has it), and the chair of a huddle.
bool answers_for(const struct draft *d, const struct element *el) {
    if (el->owner.size > 0 && slice_equal(el->owner, d->session->actor)) {
        return true;
    }
    if (el->owner_org.size > 0 && !slice_equal(el->owner_org, d->session->organization)) {
        return false; // the same role in another organization is somebody else's
    }
    int32_t role = definitions_role(d->defs, d->session->role);
    int32_t owner = definitions_role(d->defs, el->owner_role);
    if (slice_equal(el->owner_role, d->session->role) ||
        (role >= 0 && owner >= 0 && role_answers_for(d->defs, role, owner))) {
        return true;
    }
    const struct item_def *def = el->def < d->defs->item_count ? &d->defs->items[el->def] : NULL;
    if (role < 0 || def == NULL) {
        return false;
    }
    return (def->chair >= 0 && def->chair == role) || role_answers_for(d->defs, role, def->owner_role);
}

// Roles to which the protocol gives the steps of the item besides its owner; accepting stays the owner's.
static bool may_step(const struct draft *d, const struct element *el) {
    const struct item_def *def = el->def < d->defs->item_count ? &d->defs->items[el->def] : NULL;
    return answers_for(d, el) || (def != NULL && in_roles(d, def->steps_by, def->steps_by_count));
}

// A declared role that is not merely informed.
bool may_own(const struct draft *d, stepdown_slice role) {
    int32_t index = definitions_role(d->defs, role);
    return index >= 0 && !d->defs->roles[index].informed;
}

// One of those to whom it goes, or who answers for them.
static bool addressed(const struct draft *d, const struct item_def *def) {
    int32_t role = definitions_role(d->defs, d->session->role);
    for (uint16_t i = 0; i < def->with_count && role >= 0; i++) {
        if (role_answers_for(d->defs, role, def->with[i])) {
            return true;
        }
    }
    return false;
}

// What was offered is taken over by the one to whom it was offered and by nobody else.
static stepdown_status check_offer(struct draft *d, const struct element *el, stepdown_error **o) {
    const struct state *s = d->state;
    const struct mark *offer = NULL;
    for (uint32_t i = el->first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        offer = s->marks[i].code == EVENT_RESPONSIBILITY_OFFERED ? &s->marks[i] : offer;
    }
    bool meant = offer != NULL && slice_equal(offer->person, d->session->actor) &&
                 (offer->role.size == 0 || slice_equal(offer->role, d->session->role)) &&
                 (offer->org.size == 0 || slice_equal(offer->org, d->session->organization));
    return meant ? STEPDOWN_OK
                 : access_denied(d, o, "it is offered to %.*s", offer != NULL ? (int)offer->person.size : 6,
                                 offer != NULL ? (const char *)offer->person.data : "nobody");
}

// Whoever does it for the owner takes the steps of its kind and may give it back; to whom it belongs is the owner's word.
static bool delegate_may(const struct verb_row *row) {
    return row->kind != KIND_NONE || row->code == EVENT_ITEM_RETURNED;
}

// What is offered is accepted in the role that must own it, or one that answers for it; also by another organization.
stepdown_status check_offered(struct draft *d, const struct element *el, stepdown_error **o) {
    int32_t role = definitions_role(d->defs, d->session->role), owner = definitions_role(d->defs, el->owner_role);
    bool fits = slice_equal(el->owner_role, d->session->role) ||
                (role >= 0 && owner >= 0 && role_answers_for(d->defs, role, owner));
    return fits ? STEPDOWN_OK
                : access_denied(d, o, "this belongs to the %.*s; a %.*s cannot take it over", (int)el->owner_role.size,
                                (const char *)el->owner_role.data, (int)d->session->role.size,
                                (const char *)d->session->role.data);
}

static stepdown_status check_claim(struct draft *d, const struct element *el, stepdown_error **o) {
    if (el->owner.size == 0 || (el->flags & ELEMENT_ACCEPTED) == 0) {
        return STEPDOWN_OK;
    }
    return status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE, "%.*s has accepted it; have it offered or assigned",
                       (int)el->owner.size, (const char *)el->owner.data);
}

static stepdown_status check_authority(struct draft *d, const struct verb_row *row, const struct element *el,
                                       stepdown_error **o) {
    const struct item_def *def = el->def < d->defs->item_count ? &d->defs->items[el->def] : NULL;
    bool meeting = el->kind == KIND_HUDDLE && def != NULL && (row->flags & LIFECYCLE_ANYONE) != 0;
    if (meeting && !in_roles(d, def->attend, def->attend_count) &&
        !in_roles(d, def->may_attend, def->may_attend_count) && !answers_for(d, el)) {
        return access_denied(d, o, "a %.*s does not take part in this huddle", (int)d->session->role.size,
                             (const char *)d->session->role.data);
    }
    bool offered = el->offered.size > 0 && slice_equal(el->offered, d->session->actor);
    if (offered && (row->code == EVENT_ITEM_ACCEPTED || row->code == EVENT_ITEM_DECLINED)) {
        return check_offered(d, el, o);
    }
    if (el->delegate.size > 0 && slice_equal(el->delegate, d->session->actor) && delegate_may(row)) {
        return STEPDOWN_OK;
    }
    if (row->code == EVENT_ITEM_ACCEPTED && el->owner.size > 0 && !slice_equal(el->owner, d->session->actor)) {
        return access_denied(d, o, "it is offered to %.*s, who must accept it", (int)el->owner.size,
                             (const char *)el->owner.data);
    }
    if ((row->flags & LIFECYCLE_ADDRESSEE) != 0 && def != NULL && def->with_count > 0 && !addressed(d, def)) {
        return access_denied(d, o, "a %.*s does not decide what is asked of the %s", (int)d->session->role.size,
                             (const char *)d->session->role.data, d->defs->roles[def->with[0]].def.name);
    }
    if (row->code == EVENT_RESPONSIBILITY_TRANSFERRED) {
        return check_offer(d, el, o);
    }
    if (row->code == EVENT_RESPONSIBILITY_KEPT && !answers_for(d, el)) {
        return check_offer(d, el, o); // declined by the one, or taken back by the other
    }
    bool taking = row->code == EVENT_ITEM_ACCEPTED || row->code == EVENT_ITEM_DECLINED;
    if (taking || (row->flags & (LIFECYCLE_ANYONE | LIFECYCLE_ADDRESSEE)) == 0) {
        if (!(taking ? answers_for(d, el) : may_step(d, el))) {
            return access_denied(d, o, "this step belongs to the %.*s", (int)el->owner_role.size,
                                 (const char *)el->owner_role.data);
        }
    }
    return STEPDOWN_OK;
}

// ---- what must be true first -----------------------------------------------------------------------------------------------

// What `close_needs` still waits for, as details `needs` of the refusal; the first one makes the refusal.
stepdown_status close_needs(struct draft *d, const struct command *c, uint32_t element, stepdown_error **o) {
    struct engine *e = d->e;
    uint32_t def = d->state->elements[element].def;
    int32_t node = def < d->defs->item_count ? d->defs->items[def].close_needs : -1;
    if (node < 0) {
        return STEPDOWN_OK;
    }
    struct evaluation ev = engine_evaluation(e, d->state, d->now);
    ev.this_element = element;
    ev.verdict = &e->verdict;
    verdict_clear(&e->verdict);
    enum truth truth = rule_evaluate(&ev, node);
    if (e->verdict.failed) {
        return status_nomem(&e->env, o);
    }
    if (truth == TRUTH_TRUE) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&e->env, o, STEPDOWN_HELD, "%s cannot be finished yet", c->target);
    struct buffer text;
    buffer_init(&text, &e->env);
    for (size_t i = 0; i < e->verdict.unmet_count; i++) {
        buffer_clear(&text);
        rule_explain(&ev, &e->verdict.unmet[i], &text);
        buffer_append(&text, "", 1);
        if (!text.failed) {
            status_detail(o, "needs", "%s", (const char *)text.data);
        }
    }
    buffer_free(&text);
    return status;
}

// An alert about what is overdue cannot be put away while it stays overdue: nothing would ever ask for it again.
static bool still_overdue(const struct state *s, uint32_t element) {
    uint32_t flags = element != NO_ELEMENT ? s->elements[element].flags : 0;
    return (flags & ELEMENT_OVERDUE_FLAG) != 0 && (flags & ELEMENT_FINISHED_FLAG) == 0;
}

static stepdown_status check_needs(struct draft *d, struct command *c, uint32_t element, const struct verb_row *row,
                                   stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    const struct item_def *def = el->def < d->defs->item_count ? &d->defs->items[el->def] : NULL;
    if (el->kind == KIND_HUDDLE) {
        stepdown_status status = huddle_check(d, c, element, row, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    if (row->code == EVENT_ITEM_CLAIMED) {
        return check_claim(d, el, o);
    }
    if (row->code == EVENT_ALERT_RESOLVED && still_overdue(d->state, el->about)) {
        return status_fail(&d->e->env, o, STEPDOWN_HELD,
                           "%s is still overdue: finish it, call it off, or give it a new due time first",
                           access_name(d, el->about));
    }
    bool ends = (row->flags & LIFECYCLE_ENDS) != 0 && row->code != EVENT_ITEM_CANCELLED;
    if (ends && def != NULL && def->close_needs >= 0 && el->kind != KIND_HUDDLE) {
        stepdown_status status = close_needs(d, c, element, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    if (sending_is(row->code)) {
        stepdown_status status = sending_check(d, c, element, o);
        if (status != STEPDOWN_OK) {
            return status;
        }
    }
    return guard_step(d, element, row->code, c->verb, o);
}

// ---- decisions -------------------------------------------------------------------------------------------------------------

// A decision names what was decided and why; it opens the item the protocol foresees for it, or, decided freely, a task
// that must be given an owner and a due time.
struct decision {
    stepdown_slice words, reason, owner;
    stepdown_time due;
    const struct decision_def *def;
};

static stepdown_status read_decision(struct draft *d, struct command *c, const struct element *el, struct decision *out,
                                     stepdown_error **o) {
    *out = (struct decision){.due = STEPDOWN_TIME_NONE};
    stepdown_status status = argument_text(d, c, "decision", &out->words, o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "reason", &out->reason, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "owner", &out->owner, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_time(d, c, "due", &out->due, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (out->words.size == 0 || out->reason.size == 0) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "a decision needs `decision` and `reason`");
        status_detail(o, "field", "%s", out->words.size == 0 ? "decision" : "reason");
        return status;
    }
    const struct item_def *item = el->def < d->defs->item_count ? &d->defs->items[el->def] : NULL;
    for (uint16_t i = 0; item != NULL && i < item->decision_count; i++) {
        if (slice_is(out->words, item->decisions[i].def.name)) {
            out->def = &item->decisions[i];
        }
    }
    if (out->def == NULL && (out->owner.size == 0 || out->due == STEPDOWN_TIME_NONE || d->defs->action_item < 0)) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID,
                             "a decision that the protocol does not foresee needs `owner` and `due`");
        status_detail(o, "field", "%s", out->owner.size == 0 ? "owner" : "due");
    }
    return status;
}

static stepdown_status emit_decision(struct draft *d, struct command *c, uint32_t element, const struct decision *dec,
                                     stepdown_error **o) {
    struct value *pair = draft_list(d, 2);
    bool cited;
    struct value evidence;
    stepdown_status status = argument_evidence(d, c, &cited, &evidence, o);
    if (pair == NULL) {
        return status_nomem(&d->e->env, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    pair[0] = draft_text(dec->def != NULL ? VALUE_CHOICE : VALUE_TEXT, dec->words);
    pair[1] = draft_text(VALUE_TEXT, dec->reason);
    struct value decided = {.type = VALUE_DECISION, .items = pair, .count = 2};
    struct event_draft ev;
    event_start(&ev, d, EVENT_HUDDLE_DECIDED, dec->def != NULL ? dec->def->def.symbol : 0, element);
    event_withheld(&ev, d, ATTR_DECIDED, &decided, NULL);
    if (cited) {
        event_value(&ev, d, ATTR_EVIDENCE, &evidence);
    }
    stepdown_slice text;
    status = argument_text(d, c, "text", &text, o);
    if (status == STEPDOWN_OK && text.size > 0) {
        struct value value = draft_text(VALUE_TEXT, text);
        event_withheld(&ev, d, ATTR_TEXT, &value, NULL);
    }
    return status == STEPDOWN_OK ? draft_emit(d, &ev, NULL, o) : status;
}

static stepdown_status decide(struct draft *d, struct command *c, uint32_t element, stepdown_error **o) {
    struct decision dec;
    stepdown_status status = read_decision(d, c, &d->state->elements[element], &dec, o);
    if (status == STEPDOWN_OK) {
        status = emit_decision(d, c, element, &dec, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    struct opening how = opening_none();
    how.about = how.trigger = element;
    how.owner = dec.owner;
    how.due = dec.due;
    status = argument_time(d, c, "start", &how.start, o);
    int32_t item = dec.def != NULL ? dec.def->opens : d->defs->action_item;
    if (status != STEPDOWN_OK || item < 0) {
        return status;
    }
    uint32_t opened;
    if (state_newest_live(d->state, item) != NO_ELEMENT && !d->defs->items[item].many) {
        return STEPDOWN_OK; // decided again: what it asks for is open already
    }
    return item_open(d, item, &how, &opened, o);
}

// ---- the verb ----------------------------------------------------------------------------------------------------------------

static stepdown_status check_reason(struct draft *d, const struct command *c, const struct verb_row *row,
                                    stepdown_error **o) {
    for (size_t i = 0; i < c->argument_count; i++) {
        if (strcmp(c->arguments[i].name, "reason") == 0) {
            return STEPDOWN_OK;
        }
    }
    if ((row->flags & LIFECYCLE_REASON) == 0) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "reason: is required to %s", c->verb);
    status_detail(o, "field", "reason");
    return status;
}

// Accepting, owning and every mark are made in person: nobody takes anything on, joins, attests or acknowledges for
// somebody else, or in a role they do not act in. Only an absence is recorded about others.
stepdown_status check_in_person(struct draft *d, const struct command *c, uint16_t code, stepdown_error **o) {
    const struct event_row *event = event_row(code);
    bool mark = event != NULL && event->class == EVENT_CLASS_MARK && code != EVENT_HUDDLE_ABSENT;
    const struct {
        const char *name;
        stepdown_slice own;
    } said[] = {{"owner", d->session->actor},
                {"person", d->session->actor},
                {"role", d->session->role},
                {"organization", d->session->organization}};
    // A decision names who will own what it opens.
    bool takes = code == EVENT_ITEM_ACCEPTED || code == EVENT_ITEM_CLAIMED || code == EVENT_ALERT_OWNED ||
                 code == EVENT_RESPONSIBILITY_ASSUMED || code == EVENT_RESPONSIBILITY_TRANSFERRED;
    if ((!takes && !mark) || code == EVENT_HUDDLE_DECIDED || code == EVENT_HUDDLE_CALLED) {
        return STEPDOWN_OK;
    }
    for (size_t i = 0; i < c->argument_count; i++) {
        for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
            if (strcmp(c->arguments[i].name, said[k].name) == 0 && !slice_equal(c->arguments[i].text, said[k].own)) {
                stepdown_status status =
                    status_fail(&d->e->env, o, STEPDOWN_INVALID,
                                "%s: whoever is to %s does so in person; assign it instead", said[k].name, c->verb);
                status_detail(o, "field", "%s", said[k].name);
                return status;
            }
        }
    }
    return STEPDOWN_OK;
}

// Whoever was assigned and takes the work up has accepted it, and the record says so. Gates have been asked before:
// what needs an accepted owner cannot be passed by simply starting.
static stepdown_status accept_by_doing(struct draft *d, uint32_t element, const struct verb_row *row,
                                       stepdown_error **o) {
    const struct element *el = &d->state->elements[element];
    bool moves = row->to != STATE_NONE && row->code != EVENT_ITEM_CANCELLED && row->code != EVENT_ITEM_REOPENED;
    bool accepted = (el->flags & (ELEMENT_ACCEPTED | ELEMENT_FINISHED_FLAG)) != 0;
    if (!moves || accepted || el->kind == KIND_ALERT || !slice_equal(el->owner, d->session->actor)) {
        return STEPDOWN_OK;
    }
    struct event_draft ev;
    event_start(&ev, d, EVENT_ITEM_ACCEPTED, 0, element);
    return draft_emit(d, &ev, NULL, o);
}

static stepdown_time time_given(const struct event_draft *ev, uint32_t key) {
    for (uint32_t i = 0; i < ev->count && ev->attrs != NULL; i++) {
        if (ev->attrs[i].key == key) {
            return ev->attrs[i].value.number;
        }
    }
    return STEPDOWN_TIME_NONE;
}

// A slot that was delivered: from when until when, over by now, and not said to be delivered twice by the same person.
static stepdown_status check_slot(struct draft *d, uint32_t element, const struct event_draft *ev, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_time start = time_given(ev, ATTR_START), finish = time_given(ev, ATTR_END);
    const char *wrong = start == STEPDOWN_TIME_NONE                       ? "start"
                        : finish == STEPDOWN_TIME_NONE || finish <= start ? "end"
                        : finish > d->now + TIME_MINUTE                   ? "end"
                                                                          : NULL;
    if (wrong != NULL) {
        stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID,
                                             "%s: what was delivered has a start and an end that is over", wrong);
        status_detail(o, "field", "%s", wrong);
        return status;
    }
    for (uint32_t i = s->elements[element].first_mark; i != UINT32_MAX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        const struct value *from = state_mark_attr(s, m, ATTR_START), *until = state_mark_attr(s, m, ATTR_END);
        if (m->code == EVENT_SUPPORT_DELIVERED && !m->withdrawn && slice_equal(m->person, d->session->actor) &&
            from != NULL && until != NULL && from->number < finish && until->number > start) {
            return status_fail(&d->e->env, o, STEPDOWN_EXISTS, "you have recorded a delivery in that time already");
        }
    }
    return STEPDOWN_OK;
}

// What a step cannot do without.
static const struct {
    uint16_t code;
    uint32_t attribute;
    const char *argument;
} required[] = {
    {EVENT_ITEM_DUE_CHANGED, ATTR_DUE, "due"},           {EVENT_ITEM_SUSPENDED, ATTR_DUE, "due"},
    {EVENT_APPOINTMENT_BOOKED, ATTR_START, "start"},     {EVENT_APPOINTMENT_RESCHEDULED, ATTR_START, "start"},
    {EVENT_ITEM_ASSIGNED, ATTR_PERSON, "owner"},         {EVENT_ITEM_OFFERED, ATTR_PERSON, "owner"},
    {EVENT_ITEM_DELEGATED, ATTR_PERSON, "person"},       {EVENT_HUDDLE_CALLED, ATTR_ROLE, "role"},
    {EVENT_HUDDLE_PRESENTED, ATTR_EVIDENCE, "evidence"}, {EVENT_RESPONSIBILITY_OFFERED, ATTR_PERSON, "owner"},
};

static const char *required_argument(uint16_t code, const struct event_draft *ev) {
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        bool given = required[i].code != code || ev->attrs == NULL;
        for (uint32_t a = 0; a < ev->count && !given; a++) {
            given = ev->attrs[a].key == required[i].attribute;
        }
        if (!given) {
            return required[i].argument;
        }
    }
    return NULL;
}

// The same verb gives back what one owns, ends what one does for the owner, or refuses what is offered.
static uint16_t code_of(const struct draft *d, const struct verb_row *row, const struct element *el) {
    if (row->code == EVENT_ITEM_RETURNED && el->delegate.size > 0 && slice_equal(el->delegate, d->session->actor)) {
        return EVENT_ITEM_DELEGATION_ENDED;
    }
    if (row->code == EVENT_ITEM_DECLINED && el->offered.size > 0 && slice_equal(el->offered, d->session->actor)) {
        return EVENT_ITEM_OFFER_DECLINED;
    }
    return row->code;
}

static stepdown_status emit_step(struct draft *d, struct command *c, uint32_t element, const struct verb_row *row,
                                 stepdown_error **o) {
    struct event_draft ev;
    event_start(&ev, d, code_of(d, row, &d->state->elements[element]), 0, element);
    stepdown_status status = argument_attributes(d, c, &ev, o);
    if (status == STEPDOWN_OK && row->code == EVENT_ITEM_CANCELLED) {
        status = cancel_attributes(d, c, &ev, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    stepdown_slice role = slice_of(NULL, 0);
    for (uint32_t i = 0; i < ev.count && ev.attrs != NULL; i++) {
        role = ev.attrs[i].key == ATTR_ROLE ? ev.attrs[i].value.text : role;
    }
    bool gives = row->code == EVENT_ITEM_ASSIGNED || row->code == EVENT_RESPONSIBILITY_OFFERED ||
                 row->code == EVENT_HUDDLE_CALLED;
    if (gives && role.size > 0 && !may_own(d, role)) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "role: a %.*s is only informed and owns nothing",
                             (int)role.size, (const char *)role.data);
        status_detail(o, "field", "role");
        return status;
    }
    const char *lacks = required_argument(row->code, &ev);
    if (lacks != NULL) {
        status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: is required to %s", lacks, c->verb);
        status_detail(o, "field", "%s", lacks);
        return status;
    }
    if (time_given(&ev, ATTR_START) != STEPDOWN_TIME_NONE) {
        start_given(&ev, d);
    }
    if (row->code == EVENT_ALERT_OWNED) { // one day to resolve it; then the ladder goes on
        struct duration day = {.days = 1};
        event_time(&ev, d, ATTR_STEP_DUE, duration_add(d->now, &day, 1, d->state->zone, NULL, 0));
    }
    if (row->code == EVENT_SUPPORT_DELIVERED) {
        status = check_slot(d, element, &ev, o);
    }
    if (status == STEPDOWN_OK && sending_is(row->code)) {
        status = sending_recipients(d, element, &ev, o);
    }
    if (status == STEPDOWN_OK) {
        status = taper_step(d, element, row->code, &ev, o);
    }
    if (status == STEPDOWN_OK) {
        status = accept_by_doing(d, element, row, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_emit(d, &ev, NULL, o);
    }
    return status == STEPDOWN_OK && row->code == EVENT_ITEM_CANCELLED ? cancel_children(d, c, element, o) : status;
}

stepdown_status verb_item(struct draft *d, struct command *c, stepdown_error **o) {
    uint32_t element;
    stepdown_status status = target_item(d, slice_text(c->target), &element, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    const struct element *el = &d->state->elements[element];
    const struct verb_row *row = lifecycle_verb(el->kind, slice_text(c->verb));
    if (row == NULL || (row->flags & LIFECYCLE_ENGINE) != 0) {
        return unknown_verb(d, c, el->kind, o);
    }
    if (!legal_state(row, el)) {
        return wrong_state(d, c, el, o);
    }
    bool reads = (row->flags & LIFECYCLE_READS) != 0;
    status = check_authority(d, row, el, o);
    if (status == STEPDOWN_OK && reads) {
        status = check_stated_version(d, c, state_version(d->state, element), o);
    }
    if (status == STEPDOWN_OK) {
        status = check_reason(d, c, row, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_in_person(d, c, reads ? EVENT_MARK_ACKNOWLEDGED : row->code, o);
    }
    if (status == STEPDOWN_OK) {
        status = item_fields(d, c, element, o);
    }
    if (status == STEPDOWN_OK) {
        status = check_needs(d, c, element, row, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (row->code == EVENT_UPDATE_ACKNOWLEDGED && !sending_read_by_all(d, element)) {
        return mark_read(d, element, o); // it stays open for the others to whom it goes
    }
    status = row->code == EVENT_HUDDLE_DECIDED ? decide(d, c, element, o)
             : row->code == EVENT_SAMPLE_DRAWN ? sample_draw(d, c, element, o)
                                               : emit_step(d, c, element, row, o);
    return status == STEPDOWN_OK && reads ? mark_read(d, element, o) : status;
}

// ---- adding by hand ------------------------------------------------------------------------------------------------------------

static stepdown_status add_declared(struct draft *d, struct command *c, int32_t item, stepdown_error **o) {
    const struct item_def *def = &d->defs->items[item];
    struct opening how = opening_none();
    stepdown_slice about;
    stepdown_status status = argument_text(d, c, "about", &about, o);
    if (status == STEPDOWN_OK && about.size > 0 && !slice_is(about, "pathway")) {
        status = target_item(d, about, &how.about, o);
    } else if (status == STEPDOWN_OK && def->about >= 0) {
        how.about = state_live_or_newest(d->state, def->about);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "owner", &how.owner, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_time(d, c, "due", &how.due, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_time(d, c, "start", &how.start, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_time(d, c, "end", &how.end, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!def->on_demand) {
        return status_fail(&d->e->env, o, STEPDOWN_DENIED, "%s is opened by the protocol, not by hand", c->target);
    }
    if (!def->many && state_newest_live(d->state, item) != NO_ELEMENT) {
        return status_fail(&d->e->env, o, STEPDOWN_EXISTS, "%s is open already", c->target);
    }
    uint32_t opened;
    status = item_open(d, item, &how, &opened, o);
    if (status == STEPDOWN_OK) {
        status = item_fields(d, c, opened, o);
    }
    return status == STEPDOWN_OK && how.owner.size == 0 ? item_name_owner(d, opened, o) : status;
}

// Work that no protocol foresaw: a kind with a name, an owning role and a due time of its own.
static stepdown_status add_free(struct draft *d, struct command *c, uint8_t kind, stepdown_error **o) {
    stepdown_slice name, role, owner, about = slice_of(NULL, 0);
    stepdown_time due;
    uint32_t target = NO_ELEMENT;
    stepdown_status status = argument_text(d, c, "name", &name, o);
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "owner_role", &role, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "owner", &owner, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_time(d, c, "due", &due, o);
    }
    if (status == STEPDOWN_OK) {
        status = argument_text(d, c, "about", &about, o);
    }
    if (status == STEPDOWN_OK && about.size > 0 && !slice_is(about, "pathway")) {
        status = target_item(d, about, &target, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_check_name(d->e, name, "name", o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_directory(d->e, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    int32_t owning = definitions_role(d->defs, role);
    if (kind == KIND_ALERT || due == STEPDOWN_TIME_NONE || !may_own(d, role)) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID,
                           "work added by hand needs `owner_role` (a declared role that may own) and `due`, and is no "
                           "alert");
    }
    struct event_draft ev;
    struct value label = draft_text(VALUE_TEXT, name);
    event_start(&ev, d, lifecycle_opening(kind), 0, NO_ELEMENT);
    event_withheld(&ev, d, ATTR_NAME, &label, NULL);
    stepdown_slice holder, organization = slice_of(NULL, 0);
    bool held = role_holder(d->e, d->state, owning, d->now, &holder, &organization);
    event_text(&ev, d, ATTR_OWNER_ROLE, VALUE_ROLE, role);
    event_text(&ev, d, ATTR_PERSON, VALUE_PERSON, owner.size == 0 && held ? holder : owner);
    event_text(&ev, d, ATTR_OWNER_ORG, VALUE_TEXT, organization);
    event_time(&ev, d, ATTR_DUE, due);
    event_element(&ev, d, ATTR_ABOUT, target);
    uint32_t element;
    status = draft_emit(d, &ev, &element, o);
    return status == STEPDOWN_OK && kind == KIND_HUDDLE ? huddle_call(d, c, element, o) : status;
}

static bool names_argument(const struct command *c, const char *name) {
    for (size_t i = 0; i < c->argument_count; i++) {
        if (strcmp(c->arguments[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

stepdown_status verb_add(struct draft *d, struct command *c, stepdown_error **o) {
    stepdown_slice target = slice_text(c->target);
    int32_t item = definitions_item(d->defs, target);
    uint8_t kind = lifecycle_kind_find(target);
    if (item == NAME_CLASHES) {
        return target_clashes(d->e, d->defs, target, o);
    }
    // A kind of which the protocol has an item of the same name, but one of its own is meant.
    bool own = kind != KIND_NONE && item >= 0 && !d->defs->items[item].on_demand && names_argument(c, "name");
    if (item >= 0 && !own) {
        return add_declared(d, c, item, o);
    }
    if (kind != KIND_NONE) {
        return add_free(d, c, kind, o);
    }
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "neither an item of the protocols nor a kind: %s", c->target);
    target_detail_items(d, true, o);
    return status;
}
