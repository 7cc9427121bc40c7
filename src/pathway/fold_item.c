// SPDX-License-Identifier: Apache-2.0
// Items: opened, moved through their lifecycle (protocol/lifecycle.def says what is legal and where it leads), owned,
// due, laddered. May call: protocol, record, base.
#include "pathway/fold.h"

// ---- marks that steps leave --------------------------------------------------------------------------------------------

static void leave_mark(struct fold *f, uint16_t code, const struct party *who) {
    struct mark mark = {.at = f->at,
                        .code = code,
                        .element = f->element,
                        .field = NO_INDEX,
                        .version = f->at.seq,
                        .occurred_at = f->header->occurred_at,
                        .recorded_at = f->header->recorded_at,
                        .person = who->person,
                        .role = who->role,
                        .org = who->org};
    fold_check(f, state_add_mark(f->s, &mark));
}

// Who holds an item now: its owner, once they have accepted it and while it is neither put aside nor finished.
static struct party holder_of(const struct element *e) {
    bool held = (e->flags & (ELEMENT_ACCEPTED | ELEMENT_SUSPENDED | ELEMENT_FINISHED_FLAG)) == ELEMENT_ACCEPTED;
    return held ? (struct party){e->owner, e->owner_role, e->owner_org} : (struct party){{0}, {0}, {0}};
}

// What is held keeps a mark of everybody who came to hold it, of when nobody did any more, and of everybody to whom it
// was offered.
static void item_holder(struct fold *f, const struct element *e, const struct party *before) {
    const struct kind_row *kind = lifecycle_kind(e->kind);
    struct party now = holder_of(e);
    if (!kind || !(kind->flags & LIFECYCLE_HELD))
        return;
    if (f->event->code == EVENT_RESPONSIBILITY_OFFERED) {
        static const stepdown_slice none;
        struct party offered = {fold_text(f, ATTR_PERSON, none), fold_text(f, ATTR_ROLE, none),
                                fold_text(f, ATTR_ORG, none)};
        leave_mark(f, EVENT_RESPONSIBILITY_OFFERED, &offered);
    } else if (now.person.size != 0 && !slice_equal(now.person, before->person)) {
        leave_mark(f, EVENT_RESPONSIBILITY_ASSUMED, &now);
    } else if (now.person.size == 0 && before->person.size != 0) {
        leave_mark(f, EVENT_RESPONSIBILITY_RELEASED, before);
    }
}

// ---- opening -------------------------------------------------------------------------------------------------------

// The kind follows from the event alone, so that a pathway can be folded under any definition set.
static const struct kind_row *kind_opened_by(uint16_t code) {
    const struct kind_row *rows;
    size_t count = lifecycle_kinds(&rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].family == EVENT_FAMILY(code))
            return &rows[i];
    }
    return NULL;
}

static uint32_t ladder_symbol(struct fold *f, uint32_t otherwise) {
    uint64_t symbol = fold_number(f, ATTR_RULE, otherwise);
    if (symbol > UINT32_MAX)
        fold_corrupt(f, "it names a rule that cannot be");
    return (uint32_t)symbol;
}

static void fill_owner(struct fold *f, struct element *e) {
    static const stepdown_slice none;
    e->owner = fold_text(f, ATTR_PERSON, none);
    e->owner_role = fold_text(f, ATTR_OWNER_ROLE, fold_text(f, ATTR_ROLE, none));
    e->owner_org = fold_text(f, ATTR_OWNER_ORG, fold_text(f, ATTR_ORG, none));
    if (fold_flag(f, ATTR_ACCEPTED) && e->owner.size != 0)
        e->flags |= ELEMENT_ACCEPTED;
}

static void fill_ladder(struct fold *f, struct element *e) {
    uint64_t step = fold_number(f, ATTR_STEP, 0);
    if (step > UINT32_MAX)
        fold_corrupt(f, "it names a step that cannot be");
    e->ladder_symbol = e->kind == KIND_ALERT ? ladder_symbol(f, e->symbol) : 0;
    e->ladder_rule = state_symbol(f->s, e->ladder_symbol, NAME_RULE);
    e->ladder_step = (uint32_t)step;
    e->step_due = fold_time(f, ATTR_STEP_DUE, STEPDOWN_TIME_NONE);
}

static uint32_t start_given(struct fold *f) {
    bool given = slice_is(fold_text(f, ATTR_FLAG, (stepdown_slice){0}), START_GIVEN);
    return given ? ELEMENT_START_GIVEN : 0;
}

// A visit that was given a time when it was opened is booked.
static uint8_t initial_state(const struct kind_row *kind, const struct element *e) {
    return kind->kind == KIND_APPOINTMENT && e->start != STEPDOWN_TIME_NONE ? (uint8_t)STATE_BOOKED : kind->initial;
}

void fold_open(struct fold *f) {
    const struct kind_row *kind = kind_opened_by(f->event->code);
    struct party author = fold_actor(f);
    if (!kind) {
        fold_corrupt(f, "no kind of item is opened by it");
        return;
    }
    struct element e = {.id = f->at,
                        .def = state_symbol(f->s, f->event->name, NAME_ITEM),
                        .symbol = f->event->name,
                        .flags = ELEMENT_IS_ITEM,
                        .version = f->at.seq,
                        .kind = kind->kind,
                        .code = f->event->code,
                        .author = author.person,
                        .author_role = author.role,
                        .author_org = author.org,
                        .occurred_at = f->header->occurred_at,
                        .recorded_at = f->header->recorded_at,
                        .opened_at = f->header->occurred_at,
                        .finished_at = STEPDOWN_TIME_NONE,
                        .due = fold_time(f, ATTR_DUE, STEPDOWN_TIME_NONE),
                        .lead_at = fold_time(f, ATTR_AT, STEPDOWN_TIME_NONE),
                        .start = fold_time(f, ATTR_START, STEPDOWN_TIME_NONE),
                        .end = fold_time(f, ATTR_END, STEPDOWN_TIME_NONE),
                        .due_rule = fold_text(f, ATTR_DUE_RULE, (stepdown_slice){0})};
    e.flags |= start_given(f);
    if (e.symbol == 0 && e.kind != KIND_ALERT) // nobody adds an alert by hand
        e.flags |= ELEMENT_ADHOC;
    e.state = initial_state(kind, &e);
    e.about = fold_about(f);
    e.name = fold_free_text(f, ATTR_NAME, &e.name_disclosure);
    fill_owner(f, &e);
    fill_ladder(f, &e);
    if (f->status == STEPDOWN_OK)
        fold_check(f, (f->element = state_add_element(f->s, &e)) != NO_ELEMENT);
    if (f->status == STEPDOWN_OK)
        fold_fields(f, f->element);
    if (f->status == STEPDOWN_OK)
        fold_check(f, state_list_open(f->s, f->element) && timers_arm_element(f->s, f->element));
    if (f->status == STEPDOWN_OK)
        item_holder(f, fold_target(f), &(struct party){{0}, {0}, {0}});
}

// ---- lifecycle -----------------------------------------------------------------------------------------------------

bool fold_legal(struct fold *f, const struct verb_row *row) {
    const struct element *e = fold_target(f);
    if (!row)
        fold_corrupt(f, "items of this kind know no such event");
    else if (!(row->from & STATE_BIT(e->state)))
        fold_corrupt(f, "the item is in a state from which it does not lead");
    else if (e->flags & ELEMENT_FINISHED_FLAG && !(row->flags & LIFECYCLE_FINISHED_OK))
        fold_corrupt(f, "the item is finished");
    return f->status == STEPDOWN_OK;
}

// What was due is met, or, in a state that leads back before that, open again.
static void item_moves(struct fold *f, struct element *e, const struct verb_row *row) {
    const struct kind_row *kind = lifecycle_kind(e->kind);
    if (kind && (kind->flags & LIFECYCLE_INTERVAL) && row->to == STATE_RUNNING && e->start == STEPDOWN_TIME_NONE)
        e->start = f->header->occurred_at; // nobody has said from when: from now
    bool meets = (row->flags & LIFECYCLE_MEETS) != 0;
    if (meets && !(e->flags & ELEMENT_MET) && e->due != STEPDOWN_TIME_NONE && f->header->occurred_at > e->due)
        e->flags |= ELEMENT_LATE;
    e->flags = meets ? e->flags | ELEMENT_MET : e->flags & ~(uint32_t)ELEMENT_MET;
    e->state = row->to;
}

static void item_finish(struct fold *f, struct element *e) {
    if (e->flags & ELEMENT_FINISHED_FLAG)
        return; // a later end of the same item (an update responded to after it was acknowledged): the first counts
    e->flags |= ELEMENT_FINISHED_FLAG;
    e->finished_at = f->header->occurred_at;
    if (e->due != STEPDOWN_TIME_NONE && e->finished_at > e->due)
        e->flags |= ELEMENT_LATE;
    state_list_ended(f->s, f->element);
}

static void item_revive(struct fold *f, struct element *e) {
    e->flags &=
        ~(uint32_t)(ELEMENT_FINISHED_FLAG | ELEMENT_OVERDUE_FLAG | ELEMENT_SUSPENDED | ELEMENT_ANSWERED | ELEMENT_LATE);
    e->finished_at = STEPDOWN_TIME_NONE;
    fold_check(f, state_list_open(f->s, f->element));
}

// ---- owners --------------------------------------------------------------------------------------------------------

static void no_longer_shared(struct element *e) { e->delegate = e->offered = (stepdown_slice){0}; }

static void owner_given(struct fold *f, struct element *e) {
    no_longer_shared(e);
    e->owner = fold_text(f, ATTR_PERSON, (stepdown_slice){0});
    e->owner_role = fold_text(f, ATTR_OWNER_ROLE, fold_text(f, ATTR_ROLE, e->owner_role));
    e->owner_org = fold_text(f, ATTR_OWNER_ORG, fold_text(f, ATTR_ORG, e->owner_org));
    e->flags &= ~(uint32_t)ELEMENT_ACCEPTED;
    if (fold_flag(f, ATTR_ACCEPTED) && e->owner.size != 0)
        e->flags |= ELEMENT_ACCEPTED;
}

// Whoever acts owns it from now on, in the role in which they act; or the person named, for whom it is recorded.
static void owner_takes(struct fold *f, struct element *e) {
    struct party party = {e->owner, e->owner_role, e->owner_org};
    stepdown_slice before = e->owner;
    if (!event_get(f->event, ATTR_PERSON))
        party = fold_actor(f);
    e->owner = fold_text(f, ATTR_PERSON, party.person);
    e->offered = (stepdown_slice){0};
    if (!slice_equal(before, e->owner))
        no_longer_shared(e);
    party.role = fold_text(f, ATTR_ROLE, party.role);
    party.org = fold_text(f, ATTR_ORG, party.org);
    if (party.role.size != 0) // an item is never without the role that must own it
        e->owner_role = party.role;
    if (party.org.size != 0)
        e->owner_org = party.org;
    e->flags |= ELEMENT_ACCEPTED;
}

// It stays with the role that owns it; from now on this person of it answers.
static void owner_claims(struct fold *f, struct element *e) {
    struct party party = fold_actor(f);
    no_longer_shared(e);
    e->owner = party.person;
    e->owner_org = party.org.size != 0 ? party.org : e->owner_org;
    e->flags |= ELEMENT_ACCEPTED;
}

static void owner_delegates(struct fold *f, struct element *e) {
    e->delegate = fold_text(f, ATTR_PERSON, (stepdown_slice){0});
}

static void owner_offers(struct fold *f, struct element *e) {
    e->offered = fold_text(f, ATTR_PERSON, (stepdown_slice){0});
}

static void offer_ends(struct fold *f, struct element *e) {
    (void)f;
    e->offered = (stepdown_slice){0};
}

static void delegation_ends(struct fold *f, struct element *e) {
    (void)f;
    e->delegate = (stepdown_slice){0};
}

static void owner_leaves(struct fold *f, struct element *e) {
    (void)f;
    no_longer_shared(e);
    e->owner = (stepdown_slice){0};
    e->flags &= ~(uint32_t)ELEMENT_ACCEPTED;
}

// What some events do beyond their lifecycle row.
static const struct {
    uint16_t code;
    void (*owner)(struct fold *f, struct element *e); // NULL: the owner stays
    uint32_t set, clear;                              // element flags
} item_events[] = {
    {EVENT_ITEM_ASSIGNED, owner_given, 0, 0},
    {EVENT_ITEM_ACCEPTED, owner_takes, 0, 0},
    {EVENT_ITEM_DECLINED, owner_leaves, 0, 0},
    {EVENT_ITEM_CLAIMED, owner_claims, 0, 0},
    {EVENT_ITEM_DELEGATED, owner_delegates, 0, 0},
    {EVENT_ITEM_DELEGATION_ENDED, delegation_ends, 0, 0},
    {EVENT_ITEM_RETURNED, owner_leaves, 0, 0},
    {EVENT_ITEM_OFFERED, owner_offers, 0, 0},
    {EVENT_ITEM_OFFER_DECLINED, offer_ends, 0, 0},
    {EVENT_ITEM_SUSPENDED, NULL, ELEMENT_SUSPENDED, 0},
    {EVENT_ITEM_RESUMED, NULL, 0, ELEMENT_SUSPENDED},
    {EVENT_ITEM_OVERDUE, NULL, ELEMENT_OVERDUE_FLAG, 0},
    {EVENT_ITEM_LEAD, NULL, ELEMENT_LEAD_FIRED, 0},
    {EVENT_ALERT_LADDER_STEP, owner_given, 0, 0},
    {EVENT_ALERT_OWNED, owner_takes, 0, 0},
    {EVENT_RESPONSIBILITY_ASSUMED, owner_takes, 0, 0},
    {EVENT_RESPONSIBILITY_TRANSFERRED, owner_takes, 0, 0},
};

static void item_special(struct fold *f, struct element *e) {
    for (size_t i = 0; i < sizeof item_events / sizeof item_events[0]; i++) {
        if (item_events[i].code != f->event->code)
            continue;
        if (item_events[i].owner)
            item_events[i].owner(f, e);
        e->flags = (e->flags | item_events[i].set) & ~item_events[i].clear;
    }
}

// Each step of a taper is asked for by itself: who took it, and when.
static void item_taper(struct fold *f) {
    if (f->event->code != EVENT_TAPER_REDUCED && f->event->code != EVENT_TAPER_RESTORED)
        return;
    struct party who = fold_actor(f);
    leave_mark(f, f->event->code, &who);
}

// ---- moments -------------------------------------------------------------------------------------------------------

// Where the lead warning goes when the due time moves and nothing is said about it: as long before as it was. Wraps
// instead of overflowing on moments that no record holds.
static stepdown_time lead_moved(const struct element *e, stepdown_time due) {
    if (e->lead_at == STEPDOWN_TIME_NONE || e->due == STEPDOWN_TIME_NONE || due == STEPDOWN_TIME_NONE)
        return STEPDOWN_TIME_NONE;
    return (stepdown_time)((uint64_t)due - ((uint64_t)e->due - (uint64_t)e->lead_at));
}

// A new due time begins anew: it can be missed again, and its lead warning is given again.
static void item_due(struct fold *f, struct element *e) {
    if (event_get(f->event, ATTR_DUE)) {
        stepdown_time due = fold_time(f, ATTR_DUE, e->due);
        e->lead_at = fold_time(f, ATTR_AT, lead_moved(e, due));
        e->due = due;
        e->due_rule = fold_text(f, ATTR_DUE_RULE, (stepdown_slice){0});
        e->flags &= ~(uint32_t)(ELEMENT_OVERDUE_FLAG | ELEMENT_LEAD_FIRED);
    }
    e->flags |= start_given(f);
    e->start = fold_time(f, ATTR_START, e->start);
    e->end = fold_time(f, ATTR_END, e->end);
}

// A step that names no next moment is the last one.
static void item_ladder(struct fold *f, struct element *e) {
    bool moves = f->event->code == EVENT_ALERT_LADDER_STEP || f->event->code == EVENT_ALERT_UNANSWERED;
    uint64_t step = fold_number(f, ATTR_STEP, e->ladder_step);
    if (step > UINT32_MAX)
        fold_corrupt(f, "it names a step that cannot be");
    e->ladder_step = (uint32_t)step;
    e->step_due = fold_time(f, ATTR_STEP_DUE, moves ? STEPDOWN_TIME_NONE : e->step_due);
}

struct moments {
    stepdown_time due, lead, step;
    uint32_t flags;
};

// Flags that decide whether a moment of the item stands.
static struct moments moments_of(const struct element *e) {
    return (struct moments){e->due, e->lead_at, e->step_due, e->flags};
}

static bool moments_moved(const struct moments *a, const struct moments *b) {
    static const uint32_t timing = ELEMENT_FINISHED_FLAG | ELEMENT_OVERDUE_FLAG | ELEMENT_SUSPENDED | ELEMENT_ANSWERED |
                                   ELEMENT_LEAD_FIRED | ELEMENT_MET;
    return a->due != b->due || a->lead != b->lead || a->step != b->step || (a->flags & timing & ~b->flags) != 0;
}

// ---- one event -----------------------------------------------------------------------------------------------------

static void check_attrs(struct fold *f) {
    for (uint32_t i = 0; i < f->event->attr_count; i++) {
        if (f->event->attrs[i].key >= SYMBOL_FIRST)
            fold_corrupt(f, "an item's step carries the value of a field");
    }
}

// Being accepted by the one it was offered to, warned of, overdue, delivered or read changes nothing about an item: what
// somebody has attested or read of it still stands.
static bool says_nothing_new(const struct fold *f, const struct element *e, const struct verb_row *row) {
    return (row->flags & LIFECYCLE_SAME) ||
           (f->event->code == EVENT_ITEM_ACCEPTED && e->owner.size != 0 && slice_equal(e->owner, f->header->actor.id) &&
            !event_get(f->event, ATTR_PERSON));
}

void fold_item(struct fold *f) {
    struct element *e = fold_target(f);
    if (!e || !(e->flags & ELEMENT_IS_ITEM)) {
        fold_corrupt(f, "its target is not an item");
        return;
    }
    const struct verb_row *row = lifecycle_event(e->kind, f->event->code);
    check_attrs(f);
    if (!fold_legal(f, row))
        return;
    struct moments before = moments_of(e);
    struct party holder = holder_of(e);
    if (!says_nothing_new(f, e, row))
        e->version = f->at.seq;
    if (row->to != STATE_NONE)
        item_moves(f, e, row);
    if (row->flags & LIFECYCLE_LIVES)
        item_revive(f, e);
    if (row->flags & LIFECYCLE_ANSWERS)
        e->flags |= ELEMENT_ANSWERED;
    item_special(f, e);
    item_taper(f);
    item_due(f, e);
    item_ladder(f, e);
    if (row->flags & LIFECYCLE_ENDS)
        item_finish(f, e);
    item_holder(f, e, &holder);
    struct moments after = moments_of(e);
    if (f->status == STEPDOWN_OK && moments_moved(&before, &after))
        fold_check(f, timers_arm_element(f->s, f->element));
}
