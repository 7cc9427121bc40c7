// SPDX-License-Identifier: Apache-2.0
// Writing the index behind boards: see board.h. An item's place follows from the state alone, so the rows that a record
// takes away are worked out from the state before it, and those it puts from the state after it.
#include "engine/board.h"

// Names are as long as people make them; keys are not. Two names with one hash share a queue, and readers tell them
// apart by the items themselves.
static uint64_t name_hash(stepdown_slice name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < name.size; i++) {
        hash = (hash ^ name.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash != 0 ? hash : 1;
}

uint64_t board_hash(stepdown_slice name) { return name_hash(name); }

uint8_t board_class(const struct element *el) {
    bool late = (el->flags & ELEMENT_OVERDUE_FLAG) != 0, unowned = el->owner.size == 0;
    if (late) {
        return unowned ? HURTS_LATE_UNOWNED : HURTS_LATE;
    }
    if (el->kind == KIND_ALERT) {
        return HURTS_ALERT;
    }
    return unowned ? HURTS_UNOWNED : (el->flags & ELEMENT_SUSPENDED) != 0 ? HURTS_SUSPENDED : HURTS_DUE;
}

stepdown_time board_due(const struct element *el) {
    stepdown_time at = el->kind == KIND_ALERT ? el->step_due : el->due;
    return at == STEPDOWN_TIME_NONE ? INT64_MAX : at;
}

stepdown_slice board_organization(const struct state *s, const struct element *el) {
    if (el->owner_org.size > 0) {
        return el->owner_org;
    }
    int32_t role = definitions_role(s->defs, el->owner_role);
    bool some = role >= 0 && s->defs->roles[role].org_kind != NULL;
    for (size_t i = 0; some && i < s->participant_count; i++) {
        const struct participant *p = &s->participants[i];
        if (p->until == STEPDOWN_TIME_NONE && definitions_role_fits(&s->defs->roles[role], p->kind)) {
            return p->org;
        }
    }
    return s->org;
}

struct board_place board_place(const struct state *s, uint32_t element) {
    const struct element *el = &s->elements[element];
    if ((el->flags & ELEMENT_IS_ITEM) == 0 || (el->flags & ELEMENT_FINISHED_FLAG) != 0) {
        return (struct board_place){.listed = false};
    }
    return (struct board_place){.listed = true,
                                .class = board_class(el),
                                .due = board_due(el),
                                .organization = name_hash(board_organization(s, el)),
                                .role = name_hash(el->owner_role),
                                .person = el->owner.size > 0 ? name_hash(el->owner) : 0};
}

// ---- noting what changes -------------------------------------------------------------------------------------------

static stepdown_status note(struct draft *d, uint32_t element, struct board_place was, stepdown_error **o) {
    for (uint32_t i = 0; i < d->boarded_count; i++) {
        if (d->boarded[i].element == element) {
            return STEPDOWN_OK; // as it was before the first change
        }
    }
    if (d->boarded_count == d->boarded_cap) {
        uint32_t cap = d->boarded_cap == 0 ? 16 : d->boarded_cap * 2;
        struct board_change *more = arena_alloc(d->arena, cap * sizeof *more);
        if (more == NULL) {
            return status_nomem(&d->e->env, o);
        }
        for (uint32_t i = 0; i < d->boarded_count; i++) {
            more[i] = d->boarded[i];
        }
        d->boarded = more;
        d->boarded_cap = cap;
    }
    d->boarded[d->boarded_count++] = (struct board_change){.element = element, .was = was};
    return STEPDOWN_OK;
}

// Who takes part, and of which kind roles are, decides where an item without an owner's organization stands.
stepdown_status board_before(struct draft *d, uint16_t code, uint32_t element, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    bool all = code == EVENT_PATHWAY_JOINED || code == EVENT_PATHWAY_LEFT || code == EVENT_PATHWAY_MIGRATED;
    for (size_t i = 0; all && i < s->open_count && status == STEPDOWN_OK; i++) {
        status = note(d, s->open_items[i], board_place(s, s->open_items[i]), o);
    }
    bool item = element != NO_ELEMENT && (s->elements[element].flags & ELEMENT_IS_ITEM) != 0;
    return status == STEPDOWN_OK && item ? note(d, element, board_place(s, element), o) : status;
}

stepdown_status board_opened(struct draft *d, uint32_t element, stepdown_error **o) {
    bool item = (d->state->elements[element].flags & ELEMENT_IS_ITEM) != 0;
    return item ? note(d, element, (struct board_place){.listed = false}, o) : STEPDOWN_OK;
}

// ---- writing -------------------------------------------------------------------------------------------------------

void board_key(struct key *k, char list, const struct state *s, uint32_t element, const struct board_place *p) {
    struct ref id = s->elements[element].id;
    key_board(k, list, p->organization, list == 'p' ? p->person : p->role);
    key_board_place(k, p->class, p->due, s->id, id.seq, id.ord);
}

static bool places_equal(const struct board_place *a, const struct board_place *b, bool person) {
    bool none = !a->listed || !b->listed || (person && (a->person == 0 || b->person == 0));
    return !none && a->class == b->class && a->due == b->due && a->organization == b->organization &&
           (person ? a->person == b->person : a->role == b->role);
}

static stepdown_status put_list(struct draft *d, char list, const struct board_change *c, const struct board_place *is,
                                stepdown_error **o) {
    struct key key;
    bool person = list == 'p';
    stepdown_status status = STEPDOWN_OK;
    if (places_equal(&c->was, is, person)) {
        return STEPDOWN_OK;
    }
    if (c->was.listed && (!person || c->was.person != 0)) {
        board_key(&key, list, d->state, c->element, &c->was);
        status = transaction_delete(&d->e->transaction, key_slice(&key), o);
    }
    if (status == STEPDOWN_OK && is->listed && (!person || is->person != 0)) {
        board_key(&key, list, d->state, c->element, is);
        status = transaction_put(&d->e->transaction, key_slice(&key), slice_of(NULL, 0), o);
    }
    return status;
}

stepdown_status board_put(struct draft *d, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (uint32_t i = 0; i < d->boarded_count && status == STEPDOWN_OK; i++) {
        struct board_place is = board_place(d->state, d->boarded[i].element);
        status = put_list(d, 'r', &d->boarded[i], &is, o);
        if (status == STEPDOWN_OK) {
            status = put_list(d, 'p', &d->boarded[i], &is, o);
        }
    }
    return status;
}
