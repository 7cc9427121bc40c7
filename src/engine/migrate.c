// SPDX-License-Identifier: Apache-2.0
// Migration: all or nothing for each pathway, in one record. What the pathway holds must have a place in the new
// definitions: nothing that is open, and no evidence that counts, is lost by a new version. The dry run is the migration
// itself, not written. May call: verbs, actions, sets.
#include "engine/migrate.h"

#include <string.h>

#include "engine/actions.h"
#include "engine/verbs.h"

const char *migration_fate_word(uint8_t fate) {
    static const char *const words[] = {
        [FATE_PROTOCOL] = "protocol", [FATE_REFUSED] = "refused", [FATE_LEFT] = "left", [FATE_KEPT] = "kept",
        [FATE_MOVED] = "moved",       [FATE_DROPPED] = "dropped", [FATE_NEW] = "new"};
    return words[fate];
}

// ---- findings --------------------------------------------------------------------------------------------------------

static void add_row(struct draft *d, struct migration *m, const struct migration_row *row) {
    m->refused += row->fate == FATE_REFUSED;
    if (m->count == m->cap) {
        size_t cap = m->cap == 0 ? 32 : m->cap * 2;
        struct migration_row *rows = arena_alloc(d->arena, cap * sizeof *rows);
        if (rows == NULL) {
            m->nomem = true;
            return;
        }
        if (m->count > 0) {
            memcpy(rows, m->rows, m->count * sizeof *rows);
        }
        m->rows = rows;
        m->cap = cap;
    }
    m->rows[m->count++] = *row;
}

// One look at the pathway under definitions that are not its own yet.
struct check {
    struct draft *d;
    struct migration *m;
    const struct definitions *next;
};

#define WHY(c, ...) arena_format((c)->d->arena, __VA_ARGS__)

static void found(const struct check *c, uint8_t fate, uint32_t element, const char *why) {
    struct migration_row row = {.fate = fate, .why = why, .from = STEPDOWN_TIME_NONE, .to = STEPDOWN_TIME_NONE};
    row.what = WHY(c, "%s", access_name(c->d, element)); // the state may be gone when it is read
    row.id = element != NO_ELEMENT ? c->d->state->elements[element].id : row.id;
    c->m->nomem |= why == NULL || row.what == NULL;
    add_row(c->d, c->m, &row);
}

static int32_t index_of(const struct definitions *defs, uint32_t symbol, enum name_kind kind) {
    const struct name_def *name = definitions_symbol(defs, symbol);
    return name != NULL && name->kind == kind ? name->index : -1;
}

// ---- items -----------------------------------------------------------------------------------------------------------

static void check_owner(const struct check *c, uint32_t element) {
    const struct element *el = &c->d->state->elements[element];
    if (el->owner_role.size > 0 && definitions_role(c->next, el->owner_role) < 0 && el->kind != KIND_ALERT) {
        found(c, FATE_REFUSED, element,
              WHY(c, "its owning role %.*s is no longer known", (int)el->owner_role.size,
                  (const char *)el->owner_role.data));
    }
}

static void check_item(const struct check *c, uint32_t element) {
    const struct element *el = &c->d->state->elements[element];
    bool live = (el->flags & ELEMENT_FINISHED_FLAG) == 0;
    if (el->kind == KIND_ALERT) {
        if (live && el->ladder_symbol != 0 && index_of(c->next, el->ladder_symbol, NAME_RULE) < 0) {
            found(c, FATE_REFUSED, element, "its ladder no longer exists");
        }
        return;
    }
    int32_t item = index_of(c->next, el->symbol, NAME_ITEM);
    if (el->symbol != 0 && item < 0) {
        found(c, live ? FATE_REFUSED : FATE_LEFT, element, "the item no longer exists");
        return;
    }
    if (item >= 0 && c->next->items[item].kind != el->kind) {
        const struct kind_row *was = lifecycle_kind(el->kind), *is = lifecycle_kind(c->next->items[item].kind);
        found(c, FATE_REFUSED, element, WHY(c, "it is a %s now, and this one is a %s", is->word, was->word));
        return;
    }
    if (live) {
        check_owner(c, element);
    }
}

// ---- entries ---------------------------------------------------------------------------------------------------------

static bool word_of_list(const struct definitions *defs, const struct field_def *f, stepdown_slice word) {
    for (size_t i = 0; f->list >= 0 && i < defs->lists[f->list].count; i++) {
        if (slice_is(word, defs->lists[f->list].words[i])) {
            return true;
        }
    }
    return f->list < 0;
}

static bool one_fits(const struct definitions *defs, const struct field_def *f, const struct value *v) {
    bool text = f->type == VALUE_TEXT && v->type == VALUE_STATEMENT;
    return (v->type == f->type || text) && (v->type != VALUE_CHOICE || word_of_list(defs, f, v->text));
}

// Does a value that was filled in have a place in the field as it is defined now? With a reason or a note it is a pair.
static bool value_fits(const struct definitions *defs, const struct field_def *f, const struct value *v) {
    bool paired = v->type == VALUE_DECISION && v->count > 0 && f->type != VALUE_DECISION;
    v = paired ? &v->items[0] : v;
    if (v->type == VALUE_ERASED || v->type == VALUE_NONE) {
        return true;
    }
    bool list = v->type == VALUE_LIST;
    if (list != f->many) {
        return false;
    }
    for (uint32_t i = 0; list && i < v->count; i++) {
        if (!one_fits(defs, f, &v->items[i])) {
            return false;
        }
    }
    return list || one_fits(defs, f, v);
}

static void check_fields(const struct check *c, uint32_t entry, int32_t form) {
    const struct state *s = c->d->state;
    const struct form_def *def = &c->next->forms[form];
    for (uint32_t at = s->elements[entry].first_field; at != UINT32_MAX; at = s->fields[at].next) {
        int32_t field = index_of(c->next, s->fields[at].symbol, NAME_FIELD);
        const struct field_def *f = field >= 0 ? &c->next->fields[field] : NULL;
        const struct name_def *name = definitions_symbol(c->d->defs, s->fields[at].symbol);
        if (f == NULL || f->form != form) {
            found(c, FATE_REFUSED, entry,
                  WHY(c, "its field %s no longer exists", name != NULL ? name->qualified : "of an older version"));
        } else if (!value_fits(c->next, f, &s->fields[at].value)) {
            found(c, FATE_REFUSED, entry, WHY(c, "what stands in %s does not fit the field any more", f->def.name));
        }
    }
    for (uint32_t i = 0; i < def->field_count; i++) {
        const struct field_def *f = &c->next->fields[def->field_first + i];
        bool filled = f->optional || f->needed_for[0] != '\0';
        for (uint32_t at = s->elements[entry].first_field; at != UINT32_MAX && !filled; at = s->fields[at].next) {
            filled = s->fields[at].symbol == f->def.symbol;
        }
        // What was left open before may stay open; what is new and required must be there.
        if (!filled && definitions_symbol(c->d->defs, f->def.symbol) == NULL) {
            found(c, FATE_REFUSED, entry, WHY(c, "%s is required now and is not filled in", f->def.name));
        }
    }
}

static void check_entry(const struct check *c, uint32_t entry) {
    const struct element *el = &c->d->state->elements[entry];
    bool current = (el->flags & ELEMENT_RETRACTED) == 0;
    int32_t form = index_of(c->next, el->symbol, NAME_FORM);
    if (form < 0) {
        if (el->symbol != 0) {
            found(c, current ? FATE_REFUSED : FATE_LEFT, entry, "the form no longer exists");
        }
    } else if (current) {
        check_fields(c, entry, form);
    }
}

// ---- everything ------------------------------------------------------------------------------------------------------

static void check_versions(const struct check *c) {
    for (size_t i = 0; i < c->next->source_count; i++) {
        const struct source_def *to = &c->next->sources[i];
        int32_t before = to->overlay ? NAME_UNKNOWN : definitions_source(c->d->defs, slice_text(to->name));
        const char *from = before >= 0 ? c->d->defs->sources[before].version : "none";
        struct migration_row row = {
            .fate = FATE_PROTOCOL, .what = to->name, .why = WHY(c, "%s to %s", from, to->version)};
        row.from = row.to = STEPDOWN_TIME_NONE;
        c->m->nomem |= row.why == NULL;
        add_row(c->d, c->m, &row);
    }
}

static void check_all(const struct check *c) {
    const struct state *s = c->d->state;
    check_versions(c);
    for (uint32_t i = 0; i < s->element_count; i++) {
        if ((s->elements[i].flags & ELEMENT_IS_ITEM) != 0) {
            check_item(c, i);
        } else {
            check_entry(c, i);
        }
    }
    for (uint32_t h = s->first_standing; h != UINT32_MAX; h = s->holds[h].next_standing) {
        if (index_of(c->next, s->holds[h].symbol, NAME_GATE) < 0) {
            found(c, FATE_REFUSED, s->holds[h].element, "a gate is on hold that no longer exists");
        }
    }
}

// ---- clocks ----------------------------------------------------------------------------------------------------------

enum clock_kind { CLOCK_DUE, CLOCK_LEAD, CLOCK_ANSWER, CLOCK_RULE, CLOCKS };
static const char *const clock_words[] = {"due", "lead warning", "answer by", "rule"};

// A clock that runs: one of an item, or the moment of a rule (element: what it is about).
struct clock {
    uint8_t kind;
    uint32_t element, symbol;
    stepdown_time at;
};
struct clocks {
    struct clock *list;
    size_t count;
};

static void item_clocks(const struct state *s, uint32_t element, struct clocks *out) {
    const struct element *el = &s->elements[element];
    const struct {
        stepdown_time at;
        uint32_t over;
    } moments[] = {{el->due, ELEMENT_OVERDUE_FLAG | ELEMENT_MET},
                   {el->lead_at, ELEMENT_LEAD_FIRED | ELEMENT_OVERDUE_FLAG | ELEMENT_MET},
                   {el->step_due, ELEMENT_ANSWERED}};
    for (uint8_t i = 0; i < CLOCK_RULE; i++) {
        if (moments[i].at != STEPDOWN_TIME_NONE && (el->flags & (moments[i].over | ELEMENT_FINISHED_FLAG)) == 0) {
            out->list[out->count++] = (struct clock){.kind = i, .element = element, .at = moments[i].at};
        }
    }
}

static bool read_clocks(struct draft *d, struct clocks *out) {
    const struct state *s = d->state;
    size_t most = s->open_count * CLOCK_RULE + s->schedule_count + 1;
    *out = (struct clocks){.list = arena_alloc(d->arena, most * sizeof *out->list)};
    if (out->list == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->open_count; i++) {
        item_clocks(s, s->open_items[i], out);
    }
    for (uint32_t i = s->first_pending; i != UINT32_MAX; i = s->schedules[i].next_pending) {
        const struct schedule *at = &s->schedules[i];
        out->list[out->count++] =
            (struct clock){.kind = CLOCK_RULE, .element = at->element, .symbol = at->symbol, .at = at->at};
    }
    return true;
}

static const struct clock *same_clock(const struct clocks *in, const struct clock *wanted) {
    for (size_t i = 0; i < in->count; i++) {
        const struct clock *c = &in->list[i];
        if (c->kind == wanted->kind && c->element == wanted->element && c->symbol == wanted->symbol) {
            return c;
        }
    }
    return NULL;
}

static void clock_row(struct draft *d, struct migration *m, const struct definitions *defs, const struct clock *c,
                      uint8_t fate, stepdown_time from, stepdown_time to) {
    struct migration_row row = {.fate = fate, .why = clock_words[c->kind], .from = from, .to = to};
    const struct name_def *name = c->kind == CLOCK_RULE ? definitions_symbol(defs, c->symbol) : NULL;
    row.what = arena_format(d->arena, "%s", name != NULL ? name->qualified : access_name(d, c->element));
    m->nomem |= row.what == NULL;
    row.id = c->element != NO_ELEMENT ? d->state->elements[c->element].id : row.id;
    add_row(d, m, &row);
}

static void compare_clocks(struct draft *d, struct migration *m, const struct clocks *was, const struct clocks *is) {
    for (size_t i = 0; i < was->count; i++) {
        const struct clock *before = &was->list[i], *now = same_clock(is, before);
        uint8_t fate = now == NULL ? FATE_DROPPED : now->at == before->at ? FATE_KEPT : FATE_MOVED;
        clock_row(d, m, d->before, before, fate, before->at, now != NULL ? now->at : STEPDOWN_TIME_NONE);
    }
    for (size_t i = 0; i < is->count; i++) {
        if (same_clock(was, &is->list[i]) == NULL) {
            clock_row(d, m, d->defs, &is->list[i], FATE_NEW, STEPDOWN_TIME_NONE, is->list[i].at);
        }
    }
}

// ---- moving ----------------------------------------------------------------------------------------------------------

// Moments of rules that are gone are called off, on record.
static stepdown_status drop_schedules(struct draft *d, stepdown_error **o) {
    struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    uint32_t next;
    for (uint32_t i = s->first_pending; i != UINT32_MAX && status == STEPDOWN_OK; i = next) {
        next = s->schedules[i].next_pending;
        if (s->schedules[i].rule < d->defs->rule_count) {
            continue;
        }
        struct event_draft ev;
        event_start(&ev, d, EVENT_RULE_SCHEDULED, s->schedules[i].symbol, s->schedules[i].element);
        status = draft_emit(d, &ev, NULL, o);
    }
    return status;
}

// Due times are worked out by the new rules, from the same beginnings. One that was set by hand, or passed, stands. The
// warning before it is the new version's.
static stepdown_status move_dues(struct draft *d, stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < s->open_count && status == STEPDOWN_OK; i++) {
        uint32_t element = s->open_items[i];
        const struct element *el = &s->elements[element];
        if (el->def >= d->defs->item_count || (el->flags & ELEMENT_OVERDUE_FLAG) != 0 || el->kind == KIND_ALERT) {
            continue;
        }
        if (!due_by_hand(s, element)) {
            status = due_follow(d, element, o);
        }
        if (status == STEPDOWN_OK) {
            status = lead_follow(d, element, o);
        }
    }
    return status;
}

static stepdown_status move(struct draft *d, struct definitions *next, struct command *c, stepdown_error **o) {
    struct event_draft ev;
    struct value hash = draft_text(VALUE_BYTES, slice_of(next->hash, DIGEST_SIZE));
    event_start(&ev, d, EVENT_PATHWAY_MIGRATED, 0, NO_ELEMENT);
    event_value(&ev, d, ATTR_DEFINITION, &hash);
    stepdown_status status = c != NULL ? argument_attributes(d, c, &ev, o) : STEPDOWN_OK;
    if (status == STEPDOWN_OK) {
        status = symbols_cite(d, &ev, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_emit(d, &ev, NULL, o);
    }
    if (status == STEPDOWN_OK) {
        status = draft_rebind(d, next, o);
    }
    if (status == STEPDOWN_OK) {
        status = drop_schedules(d, o);
    }
    if (status == STEPDOWN_OK) {
        status = move_dues(d, o);
    }
    return status == STEPDOWN_OK ? open_first_items(d, o) : status;
}

// What stands against it, or OK with `next` to go to.
static stepdown_status look(struct draft *d, struct migration *m, struct definitions **next, stepdown_error **o) {
    stepdown_status status = check_opener(d, "migrate it", o);
    if (status == STEPDOWN_OK) {
        status = engine_renewed(d->e, d->state->org, d->defs, next, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (memcmp((*next)->hash, d->defs->hash, DIGEST_SIZE) == 0) {
        return status_fail(&d->e->env, o, STEPDOWN_EXISTS, "the pathway is under the versions that are in force");
    }
    struct check check = {.d = d, .m = m, .next = *next};
    check_all(&check);
    return m->nomem ? status_nomem(&d->e->env, o) : STEPDOWN_OK;
}

static stepdown_status refuse(struct draft *d, const struct migration *m, stepdown_error **o) {
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_WRONG_STATE,
                                         "%zu things of the pathway have no place in the new versions", m->refused);
    for (size_t i = 0; i < m->count; i++) {
        if (m->rows[i].fate == FATE_REFUSED) {
            status_detail(o, "refused", "%s %llu.%u: %s", m->rows[i].what, (unsigned long long)m->rows[i].id.seq,
                          (unsigned)m->rows[i].id.ord, m->rows[i].why);
        }
    }
    return status;
}

stepdown_status verb_migrate(struct draft *d, struct command *c, stepdown_error **o) {
    struct migration m = {.count = 0};
    struct definitions *next;
    stepdown_status status = look(d, &m, &next, o);
    if (status == STEPDOWN_OK && m.refused > 0) {
        status = refuse(d, &m, o);
    }
    return status == STEPDOWN_OK ? move(d, next, c, o) : status;
}

// ---- dry run ---------------------------------------------------------------------------------------------------------

static stepdown_status try_move(struct draft *d, struct definitions *next, struct migration *m, stepdown_error **o) {
    struct clocks was, is;
    bool read = read_clocks(d, &was);
    stepdown_status status = read ? move(d, next, NULL, o) : status_nomem(&d->e->env, o);
    if (status == STEPDOWN_OK) {
        status = cascade_run(d, o);
    }
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (!read_clocks(d, &is)) {
        return status_nomem(&d->e->env, o);
    }
    compare_clocks(d, m, &was, &is);
    return m->nomem ? status_nomem(&d->e->env, o) : STEPDOWN_OK;
}

stepdown_status engine_migration(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                 struct arena *arena, struct migration *out, stepdown_error **o) {
    struct state *s = NULL;
    struct head head;
    struct draft d = {.event_count = 0};
    struct definitions *next;
    *out = (struct migration){.count = 0};
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    stepdown_status status = access_flush_old(e, o);
    if (status == STEPDOWN_OK) {
        status = engine_begin_on(e, id, true, &s, &head, o);
    }
    if (status == STEPDOWN_OK) {
        status = engine_may_see(e, session, s, o);
        stepdown_status noted = access_note(e, status == STEPDOWN_OK ? EVENT_ACCESS_READ : EVENT_ACCESS_REFUSED,
                                            session, id, head.seq, "migration", NULL, status == STEPDOWN_OK ? o : NULL);
        status = status == STEPDOWN_OK ? noted : status;
    }
    if (status == STEPDOWN_OK) {
        draft_start(&d, e, s, &head, session, arena, CAUSE_COMMAND, STEPDOWN_TIME_NONE);
        status = look(&d, out, &next, o);
    }
    if (status == STEPDOWN_OK && out->refused == 0) {
        status = try_move(&d, next, out, o);
    }
    transaction_abort(&e->transaction); // a dry run: nothing of it stays
    if (d.folded) {
        engine_forget(e, id);
    }
    return status;
}
