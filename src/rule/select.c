// SPDX-License-Identifier: Apache-2.0
// Selection: the candidates of a selector that pass its filters, newest first or the one picked, without allocation.
// A candidate whose belonging cannot be known is yielded as uncertain. May call: pathway, protocol.
#include "rule/parts.h"

// Records are in the order in which they were learned of, not in which things happened: a late entry about long ago is
// found near the new end, but nothing that was recorded before a moment happened after it. So a scan ends where what
// was recorded lies before the window, with a day to spare for clocks that run ahead.
#define CLOCK_SLACK TIME_DAY

// ---- targets -----------------------------------------------------------------------------------------------------------

stepdown_time target_occurred(const struct evaluation *e, struct target t) {
    switch (t.kind) {
    case TARGET_ELEMENT: return e->state->elements[t.index].occurred_at;
    case TARGET_MARK: return e->state->marks[t.index].occurred_at;
    case TARGET_FIRING: return e->state->firings[t.index].occurred_at;
    case TARGET_PARTICIPANT: return e->state->participants[t.index].from;
    default: return e->state->opened_at;
    }
}

static stepdown_time target_recorded(const struct evaluation *e, struct target t) {
    switch (t.kind) {
    case TARGET_ELEMENT: return e->state->elements[t.index].recorded_at;
    case TARGET_MARK: return e->state->marks[t.index].recorded_at;
    default: return e->state->recorded_at; // firings keep no time of recording: never a reason to stop
    }
}

uint32_t target_place(const struct evaluation *e, struct target t) {
    switch (t.kind) {
    case TARGET_ELEMENT: return t.index;
    case TARGET_MARK: return e->state->marks[t.index].element;
    case TARGET_FIRING: return e->state->firings[t.index].element;
    default: return NO_ELEMENT;
    }
}

struct binding target_bind(struct evaluation *e, struct target t) {
    struct binding old = {e->this_element, e->opening_about, e->this_participant, e->this_mark};
    e->opening_about = 0;
    e->this_participant = t.kind == TARGET_PARTICIPANT ? 1 + t.index : 0;
    e->this_mark = t.kind == TARGET_MARK ? &e->state->marks[t.index] : NULL;
    e->this_element = target_place(e, t);
    return old;
}

void target_unbind(struct evaluation *e, struct binding old) {
    e->this_element = old.element;
    e->opening_about = old.opening_about;
    e->this_participant = old.participant;
    e->this_mark = old.mark;
}

// ---- windows -----------------------------------------------------------------------------------------------------------

static void window_limit(struct window *w, stepdown_time from, stepdown_time until) {
    if (from != STEPDOWN_TIME_NONE && (w->from == STEPDOWN_TIME_NONE || from > w->from))
        w->from = from;
    if (until != STEPDOWN_TIME_NONE && (w->until == STEPDOWN_TIME_NONE || until < w->until))
        w->until = until;
}

// `during`: a duration means the last …, up to and with now; an interval without an end lasts until now.
static void window_during(struct evaluation *e, int32_t term, struct window *w) {
    struct value v;
    bool erased;
    if (!rule_term(e, term, &v, &erased)) {
        w->uncertain |= erased;
        w->empty |= !erased;
    } else if (v.type == VALUE_DURATION) {
        window_limit(w, shift_moment(e, e->now, &v.duration, -1) + 1, e->now + 1);
    } else if (v.type == VALUE_INTERVAL) {
        window_limit(w, v.number, v.until == STEPDOWN_TIME_NONE ? e->now + 1 : v.until);
    } else {
        w->uncertain = true;
    }
}

static struct window window_of(struct evaluation *e, const struct selector *sel) {
    struct window w = {STEPDOWN_TIME_NONE, STEPDOWN_TIME_NONE, false, false};
    bool erased;
    stepdown_time at;
    if (sel->since < 0 && sel->until < 0 && sel->during < 0)
        return w;
    struct verdict *verdict = e->verdict; // the bounds of a window are no evidence
    e->verdict = NULL;
    if (sel->since >= 0) {
        if (term_moment(e, sel->since, &at, &erased))
            window_limit(&w, at, STEPDOWN_TIME_NONE);
        else if (erased)
            w.uncertain = true;
        else
            w.empty = true;
    }
    if (sel->until >= 0) {
        if (term_moment(e, sel->until, &at, &erased))
            window_limit(&w, STEPDOWN_TIME_NONE, at);
        else if (erased)
            w.uncertain = true;
        else
            window_limit(&w, STEPDOWN_TIME_NONE, e->now + 1);
    }
    if (sel->during >= 0)
        window_during(e, sel->during, &w);
    e->verdict = verdict;
    return w;
}

static bool window_holds(const struct window *w, stepdown_time at) {
    return (w->from == STEPDOWN_TIME_NONE || at >= w->from) && (w->until == STEPDOWN_TIME_NONE || at < w->until);
}

static bool window_passed(const struct evaluation *e, const struct window *w, struct target t) {
    return w->from != STEPDOWN_TIME_NONE && target_recorded(e, t) < w->from - CLOCK_SLACK;
}

// ---- filters -----------------------------------------------------------------------------------------------------------

static enum truth admitted(struct evaluation *e, int32_t by, struct target t) {
    const struct element *el = target_element(e, t);
    if (el)
        return el->flags & ELEMENT_IS_ITEM ? roles_admit(e, by, el->owner, el->owner_role)
                                           : roles_admit(e, by, el->author, el->author_role);
    if (t.kind == TARGET_MARK)
        return roles_admit(e, by, e->state->marks[t.index].person, e->state->marks[t.index].role);
    return TRUTH_TRUE; // rules and the pathway are nobody's deed
}

static enum truth where_holds(struct evaluation *e, int32_t where, struct target t) {
    if (where < 0)
        return TRUTH_TRUE;
    struct binding old = target_bind(e, t);
    struct verdict *verdict = e->verdict;
    bool holds = e->empty_holds;
    e->verdict = NULL;
    e->empty_holds = false;
    enum truth truth = rule_evaluate(e, where);
    e->empty_holds = holds;
    e->verdict = verdict;
    target_unbind(e, old);
    return truth;
}

// The key of the candidate against that of what is bound outside.
static enum truth matches(struct evaluation *e, const struct selector *sel, struct target t) {
    struct value mine, theirs;
    if (sel->key == 0)
        return TRUTH_TRUE;
    struct verdict *verdict = e->verdict;
    e->verdict = NULL;
    bool known = rule_term(e, sel->bound - 1, &mine, NULL);
    struct binding old = target_bind(e, t);
    known = rule_term(e, sel->key - 1, &theirs, NULL) && known;
    target_unbind(e, old);
    e->verdict = verdict;
    return !known ? TRUTH_UNKNOWN : compare_equal(e, &mine, &theirs) ? TRUTH_TRUE : TRUTH_FALSE;
}

// Window, role and `where`. `s` (may be NULL) learns when only the role or only the moment was wrong, for the reason.
static enum truth judge(struct evaluation *e, const struct selector *sel, const struct window *w, struct target t,
                        struct selection *s) {
    bool explain = s && e->verdict;
    bool inside = window_holds(w, target_occurred(e, t)) && !w->empty;
    if (!inside && (!explain || s->outside))
        return TRUTH_FALSE;
    enum truth by = sel->by < 0 ? TRUTH_TRUE : admitted(e, sel->by, t);
    if (by == TRUTH_FALSE && (!explain || s->wrong_role || !inside))
        return TRUTH_FALSE;
    enum truth where = where_holds(e, sel->where, t);
    if (where != TRUTH_FALSE)
        where = truth_and(where, matches(e, sel, t));
    if (where == TRUTH_FALSE)
        return TRUTH_FALSE;
    if (!inside || by == TRUTH_FALSE) {
        *(inside ? &s->wrong_role : &s->outside) = true;
        return TRUTH_FALSE;
    }
    return w->uncertain ? TRUTH_UNKNOWN : truth_and(by, where);
}

// Is the element one of the source, in the right state and current?
static bool source_fits(const struct selector *sel, const struct element *el) {
    bool item = el->flags & ELEMENT_IS_ITEM;
    if (el->flags & ELEMENT_RETRACTED)
        return false;
    if (sel->states && !(item && (sel->states & STATE_BIT(el->state))))
        return false;
    switch (sel->source) {
    case SELECT_ITEM: return item && el->def == (uint32_t)sel->def;
    case SELECT_KIND: return item && (sel->kind == KIND_NONE || el->kind == sel->kind);
    case SELECT_FORM: return !item && el->def == (uint32_t)sel->def && (sel->code == 0 || el->code == sel->code);
    case SELECT_FAMILY:
        return !item &&
               ((sel->code & 0xff) == 0 ? EVENT_FAMILY(el->code) == EVENT_FAMILY(sel->code) : el->code == sel->code);
    default: return true;
    }
}

// ---- layers: elements, firings, the pathway ------------------------------------------------------------------------------

static bool names_one(const struct selector *sel) {
    return sel->pick != PICK_ALL || sel->source == SELECT_THIS || sel->source == SELECT_TRIGGER ||
           sel->source == SELECT_PATHWAY || sel->source == SELECT_OVER || sel->source == SELECT_OVER_ENTRY;
}

static bool picked(struct evaluation *e, int32_t selector, struct found *out) {
    struct selection s;
    if (e->depth >= RULE_DEPTH_MAX)
        return false;
    e->depth++;
    selection_begin(&s, e, selector);
    bool any = selection_next(&s, out);
    e->depth--;
    return any;
}

static void layer_begin(struct layer *l, struct evaluation *e, const struct selector *sel) {
    struct found of;
    l->sel = sel;
    l->of_one = l->of_uncertain = l->done = false;
    l->window = window_of(e, sel);
    walk_begin(&l->walk, e, sel);
    if (sel->of < 0 || !names_one(&e->defs->selectors[sel->of]))
        return;
    if (picked(e, sel->of, &of)) {
        l->of_one = true;
        l->of = of.target;
        l->of_uncertain = of.uncertain;
    } else {
        l->done = true;
    }
}

// Is the element, or what it is about, among those of the selector?
static enum truth about_any(struct evaluation *e, int32_t selector, uint32_t element) {
    enum truth truth = TRUTH_FALSE;
    while (element != NO_ELEMENT && truth != TRUTH_TRUE) {
        truth = truth_or(truth, selection_contains(e, selector, (struct target){TARGET_ELEMENT, element}));
        element = e->state->elements[element].about;
    }
    return truth;
}

static enum truth layer_about(struct evaluation *e, const struct layer *l, struct target t) {
    if (l->sel->of < 0 || t.kind == TARGET_PATHWAY)
        return TRUTH_TRUE;
    uint32_t element = target_place(e, t);
    uint32_t above = t.kind == TARGET_ELEMENT ? e->state->elements[element].about : element;
    if (!l->of_one)
        return about_any(e, l->sel->of, above);
    uint32_t wanted = target_place(e, l->of);
    bool about = wanted == NO_ELEMENT || (above != NO_ELEMENT && above == wanted) ||
                 (above != NO_ELEMENT && state_is_about(e->state, above, wanted));
    if (!about)
        return TRUTH_FALSE;
    return l->of_uncertain ? TRUTH_UNKNOWN : TRUTH_TRUE;
}

static enum truth layer_judge(struct evaluation *e, struct layer *l, struct target t, struct selection *s) {
    const struct element *el = target_element(e, t);
    if (el && !source_fits(l->sel, el))
        return TRUTH_FALSE;
    enum truth about = layer_about(e, l, t);
    return about == TRUTH_FALSE ? TRUTH_FALSE : truth_and(about, judge(e, l->sel, &l->window, t, s));
}

static bool layer_next(struct evaluation *e, struct layer *l, struct selection *s, struct found *out) {
    struct target t;
    while (!l->done && walk_next(&l->walk, e, &t)) {
        l->done = window_passed(e, &l->window, t);
        enum truth truth = layer_judge(e, l, t, s);
        if (truth != TRUTH_FALSE) {
            *out = (struct found){t, truth == TRUTH_UNKNOWN};
            return true;
        }
    }
    return false;
}

// ---- picking one ---------------------------------------------------------------------------------------------------------

typedef bool next_fn(struct selection *s, struct found *out);

// When something starts that is still to come; STEPDOWN_TIME_NONE: past, finished, or without a start.
static stepdown_time upcoming(const struct evaluation *e, struct target t) {
    const struct element *el = target_element(e, t);
    if (!el || (el->flags & ELEMENT_FINISHED_FLAG))
        return STEPDOWN_TIME_NONE;
    stepdown_time at = el->start != STEPDOWN_TIME_NONE ? el->start : el->due;
    return at >= e->now ? at : STEPDOWN_TIME_NONE;
}

// Does `t` go before the best so far?
static bool pick_prefers(const struct evaluation *e, uint8_t pick, struct target t, const struct target *best) {
    if (pick == PICK_NEXT && upcoming(e, t) == STEPDOWN_TIME_NONE)
        return false;
    if (!best)
        return true;
    switch (pick) {
    case PICK_LATEST: return target_occurred(e, t) > target_occurred(e, *best);
    case PICK_EARLIEST: return target_occurred(e, t) <= target_occurred(e, *best);
    default: return upcoming(e, t) <= upcoming(e, *best);
    }
}

static bool pick_one(struct selection *s, next_fn *next, uint8_t pick, struct found *out) {
    struct evaluation *e = s->e;
    struct found one;
    bool any = false;
    while (next(s, &one)) {
        if (any && pick == PICK_LATEST &&
            target_recorded(e, one.target) < target_occurred(e, out->target) - CLOCK_SLACK)
            break;
        if (pick_prefers(e, pick, one.target, any ? &out->target : NULL)) {
            *out = one;
            any = true;
        }
    }
    return any;
}

// ---- marks ---------------------------------------------------------------------------------------------------------------

static bool code_fits(uint16_t wanted, uint16_t code) {
    return (wanted & 0xff) == 0 ? EVENT_FAMILY(wanted) == EVENT_FAMILY(code) : wanted == code;
}

static bool place_raw(struct selection *s, struct found *out) { return layer_next(s->e, &s->layer, NULL, out); }

// The next element (or the pathway) whose marks are asked for.
static bool mark_place(struct selection *s) {
    uint8_t pick = s->layer.sel->pick;
    if (pick == PICK_ALL) {
        if (!place_raw(s, &s->place))
            return false;
    } else {
        struct found one;
        if (s->layer.done || !pick_one(s, place_raw, pick, &one))
            return false;
        s->place = one;
        s->layer.done = true;
    }
    uint32_t element = target_place(s->e, s->place.target);
    const struct state *state = s->e->state;
    uint32_t first = element == NO_ELEMENT ? state->first_mark : state->elements[element].first_mark;
    uint32_t last = element == NO_ELEMENT ? state->last_mark : state->elements[element].last_mark;
    s->mark_end = first == NO_INDEX ? 0 : first;
    s->mark = first == NO_INDEX ? 0 : last + 1;
    return true;
}

static enum truth mark_judge(struct selection *s, uint32_t index) {
    struct evaluation *e = s->e;
    const struct mark *m = &e->state->marks[index];
    if (m->withdrawn || !code_fits(s->sel->code, m->code))
        return TRUTH_FALSE;
    if (!s->on_any && m->element != target_place(e, s->place.target))
        return TRUTH_FALSE;
    if (s->on_any && m->element != NO_ELEMENT && (e->state->elements[m->element].flags & ELEMENT_RETRACTED))
        return TRUTH_FALSE;
    enum truth truth = judge(e, s->sel, &s->window, (struct target){TARGET_MARK, index}, s);
    return truth == TRUTH_TRUE && s->place.uncertain ? TRUTH_UNKNOWN : truth;
}

static bool mark_raw(struct selection *s, struct found *out) {
    for (;;) {
        while (s->mark > s->mark_end) {
            struct target t = {TARGET_MARK, --s->mark};
            enum truth truth = mark_judge(s, t.index);
            if (window_passed(s->e, &s->window, t))
                s->mark = s->mark_end;
            if (truth != TRUTH_FALSE) {
                *out = (struct found){t, truth == TRUTH_UNKNOWN};
                return true;
            }
        }
        if (s->on_any || !mark_place(s))
            return false;
    }
}

static void marks_begin(struct selection *s) {
    struct evaluation *e = s->e;
    s->marks = true;
    s->window = window_of(e, s->sel);
    s->mark = s->mark_end = 0;
    s->place = (struct found){{TARGET_PATHWAY, NO_ELEMENT}, false};
    s->on_any = s->sel->of < 0;
    if (s->on_any)
        s->mark = (uint32_t)e->state->mark_count;
    else
        layer_begin(&s->layer, e, &e->defs->selectors[s->sel->of]);
}

// ---- selections ------------------------------------------------------------------------------------------------------------

void selection_of(struct selection *s, struct evaluation *e, const struct selector *sel) {
    s->e = e;
    s->sel = sel;
    s->marks = s->on_any = s->done = s->wrong_role = s->outside = false;
    if (s->sel->source == SELECT_MARK)
        marks_begin(s);
    else
        layer_begin(&s->layer, e, s->sel);
}

void selection_begin(struct selection *s, struct evaluation *e, int32_t selector) {
    selection_of(s, e, &e->defs->selectors[selector]);
}

static bool element_raw(struct selection *s, struct found *out) { return layer_next(s->e, &s->layer, s, out); }

bool selection_next(struct selection *s, struct found *out) {
    next_fn *next = s->marks ? mark_raw : element_raw;
    if (s->sel->pick == PICK_ALL)
        return next(s, out);
    if (s->done)
        return false;
    s->done = true;
    struct found one;
    if (!pick_one(s, next, s->sel->pick, &one))
        return false;
    *out = one;
    return true;
}

bool selection_one(struct evaluation *e, int32_t selector, struct target *out) {
    struct found found;
    if (!picked(e, selector, &found) || found.uncertain)
        return false;
    *out = found.target;
    return true;
}

enum truth selection_contains(struct evaluation *e, int32_t selector, struct target t) {
    const struct selector *sel = &e->defs->selectors[selector];
    if (e->depth >= RULE_DEPTH_MAX)
        return TRUTH_UNKNOWN;
    if (names_one(sel) || sel->source == SELECT_MARK) {
        struct selection s;
        struct found found;
        e->depth++;
        enum truth truth = TRUTH_FALSE;
        selection_begin(&s, e, selector);
        while (truth != TRUTH_TRUE && selection_next(&s, &found)) {
            if (target_place(e, found.target) == target_place(e, t))
                truth = found.uncertain ? TRUTH_UNKNOWN : TRUTH_TRUE;
        }
        e->depth--;
        return truth;
    }
    struct layer layer;
    e->depth++;
    layer_begin(&layer, e, sel);
    enum truth truth = layer.done ? TRUTH_FALSE : layer_judge(e, &layer, t, NULL);
    e->depth--;
    return truth;
}

static size_t select_certain(struct evaluation *e, int32_t selector, bool marks, uint32_t *out, size_t cap) {
    struct selection s;
    struct found found;
    size_t count = 0;
    selection_begin(&s, e, selector);
    while (selection_next(&s, &found)) {
        if (found.uncertain)
            continue;
        if (count < cap)
            out[count] = marks ? found.target.index : target_place(e, found.target);
        count++;
    }
    return count;
}

size_t rule_select(struct evaluation *e, int32_t selector, uint32_t *out, size_t cap) {
    return select_certain(e, selector, false, out, cap);
}

size_t rule_select_marks(struct evaluation *e, int32_t selector, uint32_t *out, size_t cap) {
    if (e->defs->selectors[selector].source != SELECT_MARK)
        return 0;
    return select_certain(e, selector, true, out, cap);
}
