// SPDX-License-Identifier: Apache-2.0
// Whose deed counts: role names, people named in a field, owners of what a selector yields. May call: pathway, protocol.
#include "rule/parts.h"

bool slice_is_empty(stepdown_slice s) { return s.size == 0; }

static bool person_is(struct evaluation *e, int32_t term, stepdown_slice person, bool *known) {
    struct verdict *verdict = e->verdict;
    struct value v;
    stepdown_slice words;
    e->verdict = NULL;
    *known = rule_term(e, term, &v, NULL) && value_words(&v, &words) && !slice_is_empty(words);
    e->verdict = verdict;
    return *known && slice_equal(words, person);
}

bool role_held(struct evaluation *e, int32_t role, stepdown_slice person, stepdown_slice role_name) {
    const struct role_def *def = &e->defs->roles[role];
    bool known;
    if (slice_is(role_name, def->def.name))
        return true;
    return def->named_in >= 0 && !slice_is_empty(person) && person_is(e, def->named_in, person, &known);
}

stepdown_slice person_of(struct evaluation *e, const struct role_set *set, struct target t) {
    const struct element *el = target_element(e, t);
    struct value v;
    stepdown_slice words = {0};
    if (set->named < 0)
        return el ? el->owner : words;
    struct binding old = target_bind(e, t);
    bool known = rule_term(e, set->named, &v, NULL) && value_words(&v, &words);
    target_unbind(e, old);
    return known ? words : (stepdown_slice){0};
}

static enum truth among_people(struct evaluation *e, const struct role_set *set, stepdown_slice person) {
    struct selection s;
    struct found found;
    enum truth truth = TRUTH_FALSE;
    selection_begin(&s, e, set->people);
    while (truth != TRUTH_TRUE && selection_next(&s, &found)) {
        if (!slice_is_empty(person) && slice_equal(person_of(e, set, found.target), person))
            truth = found.uncertain ? TRUTH_UNKNOWN : TRUTH_TRUE;
    }
    return truth;
}

enum truth roles_admit(struct evaluation *e, int32_t roles, stepdown_slice person, stepdown_slice role_name) {
    if (roles < 0)
        return TRUTH_TRUE;
    const struct role_set *set = &e->defs->role_sets[roles];
    enum truth truth = TRUTH_TRUE;
    if (set->person >= 0) {
        bool known;
        if (!person_is(e, set->person, person, &known))
            truth = known ? TRUTH_FALSE : TRUTH_UNKNOWN;
    }
    if (set->people >= 0)
        truth = truth_and(truth, among_people(e, set, person));
    if (set->count == 0)
        return truth;
    for (uint16_t i = 0; i < set->count; i++) {
        if (role_held(e, set->roles[i], person, role_name))
            return truth;
    }
    return TRUTH_FALSE;
}
