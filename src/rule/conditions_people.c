// SPDX-License-Identifier: Apache-2.0
// Conditions on who: owner, acknowledged, attested, attended. A person's word counts for the version it named and for
// none that came later. May call: pathway, protocol.
#include "rule/parts.h"

// ---- owner -----------------------------------------------------------------------------------------------------------------

static enum truth owned(struct evaluation *e, const struct node *n, struct target t) {
    const struct element *el = target_element(e, t);
    if (!el || !(el->flags & ELEMENT_IS_ITEM))
        return holds_unknown(e, n, false, target_place(e, t));
    evidence_element(e, t.index);
    if (slice_is_empty(el->owner) || !(el->flags & ELEMENT_ACCEPTED))
        return holds_false(e, n, REASON_UNOWNED, t.index);
    if (el->flags & ELEMENT_FINISHED_FLAG)
        return holds_false(e, n, REASON_EXPIRED, t.index);
    enum truth may = roles_admit(e, n->roles, el->owner, el->owner_role);
    if (may == TRUTH_UNKNOWN)
        return holds_unknown(e, n, false, t.index);
    return may == TRUTH_TRUE ? TRUTH_TRUE : holds_false(e, n, REASON_WRONG_ROLE, t.index);
}

enum truth holds_owner(struct evaluation *e, const struct node *n) { return for_selected(e, n, owned); }

// ---- words on a version: acknowledged, attested ---------------------------------------------------------------------------

struct claim {
    const struct node *node;
    uint16_t code;    // mark that says it
    uint32_t element; // what it is about
    uint32_t entry;   // entry that holds the field, NO_ELEMENT: the element as a whole
    uint32_t field;
    uint64_t version;            // current
    stepdown_time since;         // words from before count as stale, STEPDOWN_TIME_NONE: any
    stepdown_slice organization; // whose word, empty: any
};
// Whose word is wanted: any of the set, one role of it, or one person.
struct party {
    int32_t roles, role;
    stepdown_slice person; // empty: any
};

// Of the organization that is meant, if one is.
static bool of_organization(const struct claim *c, const struct mark *m) {
    return c->organization.size == 0 || slice_equal(c->organization, m->org);
}

static bool party_is(struct evaluation *e, const struct party *p, const struct mark *m) {
    if (!slice_is_empty(p->person) && !slice_equal(p->person, m->person))
        return false;
    if (p->role >= 0)
        return role_held(e, p->role, m->person, m->role);
    if (p->roles < 0)
        return true;
    const struct role_set *set = &e->defs->role_sets[p->roles];
    for (uint16_t i = 0; i < set->count; i++) {
        if (role_held(e, set->roles[i], m->person, m->role))
            return true;
    }
    return set->count == 0;
}

// Does the mark speak of what is claimed? On the entry the field or the whole, elsewhere the field by name.
static bool claim_covers(const struct claim *c, const struct mark *m, uint32_t place) {
    if (c->entry == NO_ELEMENT)
        return m->field == UINT32_MAX;
    return m->field == c->field || (place == c->entry && m->field == UINT32_MAX);
}

// What the marks that were looked at say besides.
struct heard {
    bool others;   // somebody else's word is there
    uint64_t seen; // the newest older version under which this party's word stands, 0: none
};

// The best that the marks on one element say: REASON_NONE when one stands for the current version.
static uint8_t claim_marks(struct evaluation *e, const struct claim *c, const struct party *p, uint32_t place,
                           struct heard *heard) {
    const struct state *s = e->state;
    uint8_t best = REASON_NOT_ACKNOWLEDGED;
    uint32_t i = place == NO_ELEMENT ? s->first_mark : s->elements[place].first_mark;
    for (; i != NO_INDEX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        if (m->withdrawn || m->code != c->code || !claim_covers(c, m, place) || !of_organization(c, m))
            continue;
        if (!party_is(e, p, m)) {
            heard->others = true;
        } else if (m->version >= c->version && (c->since == STEPDOWN_TIME_NONE || m->occurred_at >= c->since)) {
            evidence_event(e, m->at);
            return REASON_NONE;
        } else {
            best = REASON_STALE;
            if (m->version < c->version && m->version > heard->seen)
                heard->seen = m->version;
        }
    }
    return best;
}

// A document is revised by a new entry: a word under an entry before it is a word under an older version.
static uint8_t claim_older(struct evaluation *e, const struct claim *c, const struct party *p, struct heard *heard) {
    const struct state *s = e->state;
    const struct element *now = c->element == NO_ELEMENT ? NULL : &s->elements[c->element];
    if (c->entry != NO_ELEMENT || !now || (now->flags & ELEMENT_IS_ITEM) || now->code >> 8 != FAMILY_DOCUMENT)
        return REASON_NOT_ACKNOWLEDGED;
    struct heard there = {0};
    for (uint32_t i = now->previous_same; i != NO_ELEMENT; i = s->elements[i].previous_same) {
        if (s->elements[i].about == now->about && !(s->elements[i].flags & ELEMENT_RETRACTED) &&
            claim_marks(e, c, p, i, &there) == REASON_STALE) {
            heard->seen = there.seen;
            return REASON_STALE;
        }
    }
    return REASON_NOT_ACKNOWLEDGED;
}

// One party's word. Somebody else's word where any of a set would do is the wrong role.
static enum truth claim_party(struct evaluation *e, const struct claim *c, const struct party *p) {
    struct heard heard = {0};
    uint8_t reason = claim_marks(e, c, p, c->entry != NO_ELEMENT ? c->entry : c->element, &heard);
    if (reason != REASON_NONE && c->entry != NO_ELEMENT && c->entry != c->element) {
        uint8_t there = claim_marks(e, c, p, c->element, &heard);
        if (there == REASON_NONE || there == REASON_STALE)
            reason = there;
    }
    if (reason == REASON_NONE)
        return TRUTH_TRUE;
    if (reason == REASON_NOT_ACKNOWLEDGED)
        reason = claim_older(e, c, p, &heard);
    if (reason == REASON_NOT_ACKNOWLEDGED && heard.others && p->role < 0 && slice_is_empty(p->person))
        reason = REASON_WRONG_ROLE;
    unmet_add(e, &(struct unmet){.reason = reason,
                                 .node = node_index(e, c->node),
                                 .element = c->entry != NO_ELEMENT ? c->entry : c->element,
                                 .field = c->entry != NO_ELEMENT ? (int32_t)c->field : -1,
                                 .roles = c->node->roles,
                                 .role = p->role,
                                 .seen = reason == REASON_STALE ? heard.seen : 0});
    return TRUTH_FALSE;
}

// Every owner (or person named) of what the set's selector yields (or any one of them).
static enum truth claim_people(struct evaluation *e, const struct claim *c, const struct role_set *set) {
    struct selection s;
    struct found found;
    bool any = false;
    const struct verdict_mark before = verdict_mark(e);
    enum truth truth = set->mode == ROLE_EACH ? TRUTH_TRUE : TRUTH_FALSE;
    selection_begin(&s, e, set->people);
    while (selection_next(&s, &found)) {
        struct party p = {-1, -1, person_of(e, set, found.target)};
        any = true;
        enum truth one;
        if (slice_is_empty(p.person))
            one = holds_false(e, c->node, REASON_UNOWNED, target_place(e, found.target));
        else
            one = claim_party(e, c, &p);
        if (one == TRUTH_FALSE && found.uncertain)
            one = TRUTH_UNKNOWN;
        truth = set->mode == ROLE_EACH ? truth_and(truth, one) : truth_or(truth, one);
    }
    if (any) {
        if (truth == TRUTH_TRUE)
            verdict_back_unmet(e, &before);
        return truth;
    }
    if (!(c->node->flags & NODE_EMPTY_PASSES))
        return holds_false(e, c->node, REASON_NONE_RECORDED, c->element);
    if (e->verdict)
        e->verdict->vacuous = true;
    return TRUTH_TRUE;
}

static enum truth claim_set(struct evaluation *e, const struct claim *c) {
    struct party p = {c->node->roles, -1, {0}};
    if (p.roles < 0)
        return claim_party(e, c, &p);
    const struct role_set *set = &e->defs->role_sets[p.roles];
    if (set->person >= 0) {
        struct value v;
        bool erased;
        if (!rule_term(e, set->person, &v, &erased) || !value_words(&v, &p.person) || slice_is_empty(p.person))
            return erased ? holds_unknown(e, c->node, true, c->element)
                          : holds_false(e, c->node, REASON_UNOWNED, c->element);
    }
    if (set->people >= 0)
        return claim_people(e, c, set);
    if (set->mode != ROLE_EACH || set->count == 0)
        return claim_party(e, c, &p);
    enum truth truth = TRUTH_TRUE;
    for (uint16_t i = 0; i < set->count; i++) {
        p.role = set->roles[i];
        truth = truth_and(truth, claim_party(e, c, &p));
    }
    return truth;
}

// The field that is spoken of, in the version in force.
static enum truth claim_field(struct evaluation *e, struct claim *c) {
    const struct node *n = c->node;
    const struct field_value *fv = state_field(e->state, c->element, n->index, false, &c->entry);
    if (!fv) {
        unmet_add(e, &(struct unmet){.reason = REASON_MISSING,
                                     .node = node_index(e, n),
                                     .element = c->element,
                                     .field = n->index,
                                     .roles = n->roles,
                                     .role = -1});
        return TRUTH_FALSE;
    }
    if (fv->value.type == VALUE_ERASED) {
        e->met_erased = true;
        return holds_unknown(e, n, true, c->entry);
    }
    c->field = (uint32_t)n->index;
    c->version = fv->version;
    evidence_field(e, c->entry, fv);
    return TRUTH_TRUE;
}

static enum truth claim_target(struct evaluation *e, const struct node *n, struct target t, uint16_t code) {
    struct claim c = {.node = n,
                      .code = code,
                      .element = target_place(e, t),
                      .entry = NO_ELEMENT,
                      .field = UINT32_MAX,
                      .since = STEPDOWN_TIME_NONE};
    bool erased;
    if (n->b >= 0 && !term_moment(e, n->b, &c.since, &erased))
        return erased ? holds_unknown(e, n, true, c.element) : holds_false(e, n, REASON_NOT_YET, c.element);
    struct value from;
    if (n->c >= 0 && !(rule_term(e, n->c, &from, &erased) && value_words(&from, &c.organization)))
        return holds_unknown(e, n, erased, c.element);
    if (n->index >= 0) {
        enum truth truth = claim_field(e, &c);
        if (truth != TRUTH_TRUE)
            return truth;
    } else if (c.element != NO_ELEMENT) {
        c.version = state_version(e->state, c.element);
        evidence_element(e, c.element);
    }
    return claim_set(e, &c);
}

static enum truth acknowledged(struct evaluation *e, const struct node *n, struct target t) {
    return claim_target(e, n, t, EVENT_MARK_ACKNOWLEDGED);
}

static enum truth attested(struct evaluation *e, const struct node *n, struct target t) {
    return claim_target(e, n, t, EVENT_MARK_ATTESTED);
}

enum truth holds_ack(struct evaluation *e, const struct node *n) { return for_selected(e, n, acknowledged); }

enum truth holds_attested(struct evaluation *e, const struct node *n) { return for_selected(e, n, attested); }

// ---- attended --------------------------------------------------------------------------------------------------------------

static const struct mark *role_mark(struct evaluation *e, uint32_t element, uint16_t code, int32_t role) {
    const struct state *s = e->state;
    for (uint32_t i = s->elements[element].first_mark; i != NO_INDEX; i = s->marks[i].next) {
        const struct mark *m = &s->marks[i];
        if (!m->withdrawn && m->code == code && role_held(e, role, m->person, m->role))
            return m;
    }
    return NULL;
}

// An absence with its reason is shown, but nobody attended by it.
static enum truth role_attended(struct evaluation *e, const struct node *n, uint32_t element, int32_t role) {
    const struct mark *m = role_mark(e, element, EVENT_HUDDLE_JOINED, role);
    if (m) {
        evidence_event(e, m->at);
        return TRUTH_TRUE;
    }
    m = role_mark(e, element, EVENT_HUDDLE_ABSENT, role);
    if (m)
        evidence_event(e, m->at);
    unmet_add(e, &(struct unmet){.reason = REASON_MISSING,
                                 .node = node_index(e, n),
                                 .element = element,
                                 .field = -1,
                                 .roles = n->roles,
                                 .role = role});
    return TRUTH_FALSE;
}

static enum truth attended(struct evaluation *e, const struct node *n, struct target t) {
    const struct element *el = target_element(e, t);
    if (!el || !(el->flags & ELEMENT_IS_ITEM) || el->def >= e->defs->item_count)
        return holds_unknown(e, n, false, target_place(e, t));
    const struct verdict_mark before = verdict_mark(e);
    const struct item_def *item = &e->defs->items[el->def];
    const struct role_set *set = n->roles >= 0 ? &e->defs->role_sets[n->roles] : NULL;
    const int32_t *roles = set ? set->roles : item->attend;
    uint16_t count = set ? set->count : item->attend_count;
    bool any = set && set->mode == ROLE_ANY;
    enum truth truth = any ? TRUTH_FALSE : TRUTH_TRUE;
    for (uint16_t i = 0; i < count; i++) {
        enum truth one = role_attended(e, n, t.index, roles[i]);
        truth = any ? truth_or(truth, one) : truth_and(truth, one);
    }
    if (truth == TRUTH_TRUE)
        verdict_back_unmet(e, &before);
    return truth;
}

enum truth holds_attended(struct evaluation *e, const struct node *n) { return for_selected(e, n, attended); }
