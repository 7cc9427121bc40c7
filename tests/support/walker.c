// SPDX-License-Identifier: Apache-2.0
// The walker: choices from definitions and state, commands through the public functions.
#include "support/walker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pathway/snapshot.h"

static void must(stepdown_status status, stepdown_error *error, const char *what) {
    if (status != STEPDOWN_OK) {
        fprintf(stderr, "walker: %s: %s: %s\n", what, stepdown_status_name(status),
                error != NULL ? stepdown_error_message(error) : "");
        abort();
    }
}

static void *keep(void *made) {
    if (made == NULL) {
        abort();
    }
    return made;
}

// ---- clock and randomness ------------------------------------------------------------------------------------------------

static uint64_t next_number(uint64_t *seed) { // splitmix64
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static stepdown_time host_clock(void *ctx) { return ((struct walker_host *)ctx)->now; }

static int32_t host_random(void *ctx, uint8_t *out, size_t size) {
    struct walker_host *host = ctx;
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(next_number(&host->seed) >> 32);
    }
    return 1;
}

uint64_t walker_roll(struct walker *w, uint64_t sides) { return next_number(&w->dice) % sides; }

static bool chance(struct walker *w, uint64_t percent) { return walker_roll(w, 100) < percent; }

static double microseconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

// ---- making --------------------------------------------------------------------------------------------------------------

static const char *organization_of(struct walker *w, const char *kind) {
    kind = kind != NULL ? kind : "provider"; // the first of several
    return keep(arena_format(&w->arena, "%.*s one", (int)strcspn(kind, " "), kind));
}

static void activate(struct walker *w, const char *name) {
    stepdown_protocol *protocol = NULL;
    stepdown_error *error = NULL;
    must(stepdown_protocol_new(w->options, &protocol, &error), error, name);
    must(stepdown_protocol_add_builtin(protocol, name, &error), error, name);
    must(stepdown_engine_activate(w->engine, protocol, &error), error, name);
    stepdown_protocol_free(&protocol);
}

// The set in force for pathways of the subject; NULL: the protocol says nothing of it.
static struct definitions *definitions_of(struct walker *w, const char *protocol, const char *subject) {
    struct engine *e;
    struct definitions *defs = NULL;
    stepdown_error *error = NULL;
    stepdown_slice name = slice_text(protocol);
    must(engine_enter(w->engine, &e, &error), error, protocol);
    arena_reset(&e->arena);
    must(transaction_begin(&e->transaction, false, NULL, 0, &error), error, protocol);
    stepdown_status status = engine_active(e, slice_of(NULL, 0), NULL, &name, 1, slice_text(subject), &defs, &error);
    transaction_abort(&e->transaction);
    engine_leave(w->engine);
    if (status == STEPDOWN_INVALID) {
        stepdown_error_free(&error);
        return NULL;
    }
    must(status, error, protocol);
    return defs;
}

const char *const walker_subjects[WALKER_SUBJECTS] = {"person", "program", "provider", "region"};

bool walker_speaks_of(struct walker *w, const char *protocol, const char *subject) {
    return definitions_of(w, protocol, subject) != NULL;
}

// Everybody of every role; one role in ten has nobody, so that ladders must climb.
static void assign_roles(struct walker *w, const struct definitions *defs) {
    stepdown_error *error = NULL;
    for (size_t i = 0; i < defs->role_count; i++) {
        const struct role_def *role = &defs->roles[i];
        const char *organization = organization_of(w, role->org_kind), *kinds = role->org_kind;
        const char *kind = kinds != NULL ? keep(arena_text(&w->arena, kinds, strcspn(kinds, " "))) : "provider";
        must(stepdown_engine_set_organization(w->engine, organization, kind, &error), error, role->def.name);
        if (!role->last && i % 10 == 9) {
            continue;
        }
        const char *person = keep(arena_format(&w->arena, "the %s", role->def.name));
        must(stepdown_engine_assign_role(w->engine, role->def.name, organization, person, STEPDOWN_TIME_NONE,
                                         STEPDOWN_TIME_NONE, 0, &error),
             error, role->def.name);
    }
}

void walker_make(struct walker *w, const char *const *protocols, size_t count, uint64_t seed,
                 stepdown_storage *storage) {
    stepdown_error *error = NULL;
    *w = (struct walker){.host = {.now = (stepdown_time)WALKER_START * 1000000, .seed = seed},
                         .dice = seed * 31 + 7,
                         .env = env_default(),
                         .storage = storage};
    arena_init(&w->arena, &w->env);
    if (storage == NULL) {
        must(stepdown_storage_open_memory(NULL, &w->storage, &error), error, "storage");
    }
    must(stepdown_options_new(&w->options, &error), error, "options");
    stepdown_options_set_clock(w->options, host_clock, &w->host);
    stepdown_options_set_random(w->options, host_random, &w->host);
    stepdown_options_set_cache(w->options, WALKER_CACHE);
    must(stepdown_store_create(w->storage, w->options, "walker", "the last", "service-leader", "provider one", &error),
         error, "store");
    w->engine = walker_engine(w);
    for (size_t i = 0; i < count; i++) {
        activate(w, protocols[i]);
        for (size_t k = 0; k < WALKER_SUBJECTS; k++) {
            const struct definitions *defs = definitions_of(w, protocols[i], walker_subjects[k]);
            if (defs != NULL) {
                assign_roles(w, defs);
            }
        }
    }
    arena_reset(&w->arena);
}

stepdown_engine *walker_engine(struct walker *w) {
    stepdown_engine *engine = NULL;
    stepdown_error *error = NULL;
    must(stepdown_engine_open(w->storage, w->options, &engine, &error), error, "engine");
    return engine;
}

void walker_free(struct walker *w) {
    stepdown_engine_free(&w->engine);
    stepdown_storage_free(&w->storage);
    stepdown_options_free(&w->options);
    arena_free(&w->arena);
    free(w->pathways);
    *w = (struct walker){.pathway_count = 0};
}

// ---- looking -------------------------------------------------------------------------------------------------------------

static void id_of(const struct walker *w, size_t pathway, uint8_t id[RECORD_ID]) {
    must(pathway_parse(&w->env, w->pathways[pathway], id, NULL), NULL, "pathway");
}

void walker_look(struct walker *w, stepdown_engine *engine, size_t pathway,
                 void (*look)(void *ctx, struct engine *e, struct state *s), void *ctx) {
    struct engine *e;
    struct state *s;
    struct head head;
    uint8_t id[RECORD_ID];
    stepdown_error *error = NULL;
    id_of(w, pathway, id);
    must(engine_enter(engine, &e, &error), error, "look");
    arena_reset(&e->arena);
    arena_reset(&e->scratch);
    must(engine_begin_on(e, id, false, &s, &head, &error), error, "look");
    look(ctx, e, s);
    transaction_abort(&e->transaction);
    engine_leave(engine);
}

static void write_snapshot(void *ctx, struct engine *e, struct state *s) {
    (void)e;
    must(snapshot_write(s, ctx, NULL), NULL, "snapshot");
}

void walker_snapshot(struct walker *w, stepdown_engine *engine, size_t pathway, struct buffer *out) {
    buffer_clear(out);
    walker_look(w, engine, pathway, write_snapshot, out);
}

// ---- carrying out --------------------------------------------------------------------------------------------------------

enum { ORDER_ARGUMENTS = 120 };
// What shall be commanded: chosen while the state is at hand, carried out afterwards.
struct order {
    const char *actor, *role, *organization, *verb, *target;
    const char *names[ORDER_ARGUMENTS], *values[ORDER_ARGUMENTS];
    size_t count;
    stepdown_time occurred; // STEPDOWN_TIME_NONE: now
};

static void give(struct order *order, const char *name, const char *value) {
    if (order->count < ORDER_ARGUMENTS) {
        order->names[order->count] = name;
        order->values[order->count++] = keep((void *)(uintptr_t)value);
    }
}

static stepdown_status judged(stepdown_status status, stepdown_error *error, const struct order *order) {
    int32_t category = stepdown_status_category(status);
    if (category != STEPDOWN_CATEGORY_NONE && category != STEPDOWN_CATEGORY_INPUT &&
        category != STEPDOWN_CATEGORY_REFUSED) {
        fprintf(stderr, "%s %s by %s: ", order->verb, order->target != NULL ? order->target : "", order->role);
        must(status, error, "no command may end so");
    }
    if (getenv("WALKER_TELL") != NULL) {
        fprintf(stderr, "%-10s %s %s by %s%s%s\n", stepdown_status_name(status), order->verb,
                order->target != NULL ? order->target : "", order->role, error != NULL ? ": " : "",
                error != NULL ? stepdown_error_message(error) : "");
    }
    return status;
}

static stepdown_status carry_out(struct walker *w, const char *pathway, const struct order *order,
                                 stepdown_result **receipt) {
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    stepdown_error *error = NULL;
    must(stepdown_session_open(w->engine, order->actor, order->role, order->organization, NULL, &session, &error),
         error, order->role);
    must(stepdown_command_new(session, order->verb, order->target, &command, &error), error, order->verb);
    for (size_t i = 0; i < order->count; i++) {
        must(stepdown_command_set(command, order->names[i], order->values[i], &error), error, order->names[i]);
    }
    if (order->occurred != STEPDOWN_TIME_NONE) {
        stepdown_command_set_occurred(command, order->occurred, INT32_MIN);
    }
    double from = microseconds();
    stepdown_status status = stepdown_session_execute(session, pathway, command, receipt, &error);
    w->counts.busy += microseconds() - from;
    w->counts.commands++;
    w->counts.done += status == STEPDOWN_OK;
    w->counts.held += status == STEPDOWN_HELD;
    w->counts.refused += status != STEPDOWN_OK && status != STEPDOWN_HELD;
    status = judged(status, error, order);
    stepdown_error_free(&error);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
    return status;
}

// ---- who -----------------------------------------------------------------------------------------------------------------

static void as_role(struct walker *w, const struct definitions *defs, int32_t role, struct order *order) {
    const struct role_def *r = &defs->roles[role];
    order->role = r->def.name;
    order->actor = keep(arena_format(&w->arena, "the %s", r->def.name));
    order->organization = organization_of(w, r->org_kind);
}

static int32_t any_role(struct walker *w, const struct definitions *defs) {
    return (int32_t)walker_roll(w, defs->role_count);
}

static int32_t role_in(struct walker *w, const struct definitions *defs, int32_t set) {
    if (set < 0 || defs->role_sets[set].count == 0) {
        return any_role(w, defs);
    }
    return defs->role_sets[set].roles[walker_roll(w, defs->role_sets[set].count)];
}

static const char *text_of(struct walker *w, stepdown_slice text) {
    return keep(arena_text(&w->arena, (const char *)text.data, text.size));
}

// As the owner of an item; when nobody owns it, as the role that must.
static void as_owner(struct walker *w, const struct state *s, const struct element *el, struct order *order) {
    int32_t role = definitions_role(s->defs, el->owner_role);
    as_role(w, s->defs, role >= 0 ? role : any_role(w, s->defs), order);
    if (el->owner.size > 0) {
        order->actor = text_of(w, el->owner);
    }
}

// ---- values --------------------------------------------------------------------------------------------------------------

enum { HOUR = 3600 };

static const char *moment_text(struct walker *w, stepdown_time at) {
    char text[40];
    time_print(at, NULL, text);
    return keep(arena_text(&w->arena, text, strlen(text)));
}

static stepdown_time near_now(struct walker *w) {
    return w->host.now + ((stepdown_time)walker_roll(w, 240) - 24) * HOUR * INT64_C(1000000);
}

static const char *interval_text(struct walker *w) {
    stepdown_time from = near_now(w);
    return keep(arena_format(&w->arena, "%s to %s", moment_text(w, from),
                             moment_text(w, from + (stepdown_time)(1 + walker_roll(w, 200)) * HOUR * 1000000)));
}

static const char *element_text(struct walker *w, const struct element *el) {
    return keep(arena_format(&w->arena, "%" PRIu64 ".%" PRIu32, el->id.seq, el->id.ord));
}

static const char *reference_text(struct walker *w, const struct state *s, int32_t to) {
    if (to >= 0 && s->newest_item[to] != NO_ELEMENT) {
        return element_text(w, &s->elements[s->newest_item[to]]);
    }
    return s->element_count > 0 ? element_text(w, &s->elements[walker_roll(w, s->element_count)]) : "0.0";
}

static const char *field_text(struct walker *w, const struct state *s, const struct field_def *f) {
    const struct definitions *defs = s->defs;
    switch (f->type) {
    case VALUE_CHOICE:
        return f->list >= 0 && defs->lists[f->list].count > 0
                   ? defs->lists[f->list].words[walker_roll(w, defs->lists[f->list].count)]
                   : "word";
    case VALUE_QUANTITY:
        return keep(arena_format(&w->arena, "%u%s%s", (unsigned)walker_roll(w, 12), f->unit && *f->unit ? " " : "",
                                 f->unit ? f->unit : ""));
    case VALUE_BOOLEAN: return chance(w, 50) ? "yes" : "no";
    case VALUE_TIME: return moment_text(w, near_now(w));
    case VALUE_DATE: return keep(arena_format(&w->arena, "2026-03-%02u", (unsigned)(1 + walker_roll(w, 31))));
    case VALUE_DURATION: return keep(arena_format(&w->arena, "%u hours", (unsigned)(1 + walker_roll(w, 72))));
    case VALUE_INTERVAL: return interval_text(w);
    case VALUE_REFERENCE: return reference_text(w, s, f->to);
    case VALUE_PERSON:
        return keep(arena_format(&w->arena, "the %s", defs->roles[walker_roll(w, defs->role_count)].def.name));
    case VALUE_ROLE: return defs->roles[walker_roll(w, defs->role_count)].def.name;
    default: return keep(arena_format(&w->arena, "said %u", (unsigned)walker_roll(w, 1000)));
    }
}

static bool may_enter(const struct definitions *defs, const struct field_def *f, const char *role) {
    if (f->by < 0) {
        return true;
    }
    const struct role_set *set = &defs->role_sets[f->by];
    for (uint16_t i = 0; i < set->count; i++) {
        if (strcmp(defs->roles[set->roles[i]].def.name, role) == 0) {
            return true;
        }
    }
    return set->count == 0;
}

static void give_field(struct walker *w, const struct state *s, const struct field_def *f, struct order *order) {
    give(order, f->def.name, field_text(w, s, f));
    if (f->many && chance(w, 40)) {
        const char *second = field_text(w, s, f);
        if (strcmp(second, order->values[order->count - 1]) != 0) {
            give(order, f->def.name, second);
        }
    }
    if (f->reason_required || f->type == VALUE_DECISION) {
        give(order, keep(arena_format(&w->arena, "%s.why", f->def.name)), "because of what was seen");
    }
}

static void give_form(struct walker *w, const struct state *s, const struct form_def *form, struct order *order) {
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *f = &s->defs->fields[form->field_first + i];
        if (may_enter(s->defs, f, order->role) && chance(w, f->optional ? 40 : 92)) {
            give_field(w, s, f, order);
        }
    }
}

// ---- what ----------------------------------------------------------------------------------------------------------------

static bool form_about(struct walker *w, const struct state *s, const struct form_def *form, struct order *order) {
    if (form->about_count == 0) {
        return true;
    }
    uint32_t newest = s->newest_item[form->about[walker_roll(w, form->about_count)]];
    if (newest == NO_ELEMENT) {
        return false;
    }
    give(order, "about", element_text(w, &s->elements[newest]));
    return true;
}

static bool order_form(struct walker *w, const struct state *s, struct order *order) {
    const struct definitions *defs = s->defs;
    for (int tries = 0; tries < 8; tries++) {
        const struct form_def *form = &defs->forms[walker_roll(w, defs->form_count)];
        order->count = 0;
        if (!form_about(w, s, form, order)) {
            continue;
        }
        int32_t by = form->by;
        if (by < 0 && form->field_count > 0) {
            by = defs->fields[form->field_first + walker_roll(w, form->field_count)].by;
        }
        as_role(w, defs, chance(w, 95) ? role_in(w, defs, by) : any_role(w, defs), order);
        order->verb = "submit";
        order->target = form->def.name;
        give_form(w, s, form, order);
        if (chance(w, 20)) {
            order->occurred = w->host.now - (stepdown_time)walker_roll(w, 48) * HOUR * 1000000;
        }
        return true;
    }
    return false;
}

// By the order in which they were made: that of s->open_items depends on how the state was loaded.
static const struct element *open_item(struct walker *w, const struct state *s) {
    uint64_t left = s->open_count > 0 ? walker_roll(w, s->open_count) : 0;
    for (size_t i = 0; i < s->element_count; i++) {
        const struct element *el = &s->elements[i];
        bool live = (el->flags & (ELEMENT_IS_ITEM | ELEMENT_FINISHED_FLAG)) == ELEMENT_IS_ITEM;
        if (live && left-- == 0) {
            return el;
        }
    }
    return NULL;
}

// A third of the steps go to a huddle while there is one: much waits for what it decides.
static const struct element *huddle_or_open(struct walker *w, const struct state *s) {
    const struct element *el = open_item(w, s);
    if (chance(w, 67)) {
        return el;
    }
    for (size_t i = s->element_count; i > 0; i--) {
        const struct element *other = &s->elements[i - 1];
        if (other->kind == KIND_HUDDLE && (other->flags & ELEMENT_FINISHED_FLAG) == 0) {
            return other;
        }
    }
    return el;
}

static const struct verb_row *legal_verb(struct walker *w, const struct element *el) {
    const struct verb_row *rows, *chosen = NULL;
    size_t count = lifecycle_rows(&rows), seen = 0;
    bool common = chance(w, 15);
    for (size_t i = 0; i < count; i++) {
        const struct verb_row *row = &rows[i];
        bool fits = row->verb != NULL && row->kind == (common ? KIND_NONE : el->kind) &&
                    (row->from & STATE_BIT(el->state)) != 0 && (row->flags & LIFECYCLE_ENGINE) == 0;
        if (fits && walker_roll(w, ++seen) == 0) {
            chosen = row;
        }
    }
    return chosen;
}

static void give_step(struct walker *w, const struct state *s, const struct element *el, const struct verb_row *row,
                      struct order *order) {
    const struct item_def *def = el->def < s->defs->item_count ? &s->defs->items[el->def] : NULL;
    give(order, "reason", "because of what was seen");
    if (row->code == EVENT_ITEM_ASSIGNED) {
        int32_t role = definitions_role(s->defs, el->owner_role);
        give(order, "owner",
             keep(arena_format(&w->arena, "the %s", s->defs->roles[role >= 0 ? role : any_role(w, s->defs)].def.name)));
    } else if (row->code == EVENT_ITEM_DUE_CHANGED) {
        give(order, "due", moment_text(w, w->host.now + (stepdown_time)(1 + walker_roll(w, 96)) * HOUR * 1000000));
    } else if (row->code == EVENT_HUDDLE_DECIDED) {
        bool listed = def != NULL && def->decision_count > 0 && chance(w, 80);
        give(order, "decision",
             listed ? def->decisions[walker_roll(w, def->decision_count)].def.name : "what was decided freely");
        give(order, "evidence", reference_text(w, s, -1));
    } else if (row->code == EVENT_HUDDLE_PRESENTED) {
        give(order, "evidence", reference_text(w, s, -1));
    } else if (row->code == EVENT_HUDDLE_ABSENT && def != NULL && def->attend_count > 0) {
        give(order, "role", s->defs->roles[def->attend[walker_roll(w, def->attend_count)]].def.name);
    }
}

static bool order_step(struct walker *w, const struct state *s, struct order *order) {
    const struct element *el = huddle_or_open(w, s);
    const struct verb_row *row = el != NULL ? legal_verb(w, el) : NULL;
    if (row == NULL) {
        return false;
    }
    const struct item_def *def = el->def < s->defs->item_count ? &s->defs->items[el->def] : NULL;
    bool anyone = (row->flags & LIFECYCLE_ANYONE) != 0 && chance(w, 60);
    if (anyone && def != NULL && def->attend_count > 0) {
        as_role(w, s->defs, def->attend[walker_roll(w, def->attend_count)], order);
    } else if (anyone || chance(w, 4)) {
        as_role(w, s->defs, any_role(w, s->defs), order);
    } else {
        as_owner(w, s, el, order);
    }
    order->verb = row->verb;
    order->target = element_text(w, el);
    give_step(w, s, el, row, order);
    return true;
}

// A step that a gate guards, so that gates are met often enough.
static bool order_guarded(struct walker *w, const struct state *s, struct order *order) {
    if (s->defs->gate_count == 0) {
        return false;
    }
    const struct gate_def *gate = &s->defs->gates[walker_roll(w, s->defs->gate_count)];
    uint32_t newest = gate->item >= 0 ? s->newest_item[gate->item] : NO_ELEMENT;
    const struct verb_row *row = newest != NO_ELEMENT ? lifecycle_event(s->elements[newest].kind, gate->code) : NULL;
    if (row == NULL || row->verb == NULL || (s->elements[newest].flags & ELEMENT_FINISHED_FLAG) != 0) {
        return false;
    }
    as_owner(w, s, &s->elements[newest], order);
    order->verb = row->verb;
    order->target = element_text(w, &s->elements[newest]);
    give_step(w, s, &s->elements[newest], row, order);
    return true;
}

static bool order_mark(struct walker *w, const struct state *s, struct order *order) {
    if (s->element_count == 0) {
        return false;
    }
    const struct element *el = &s->elements[walker_roll(w, s->element_count)];
    as_role(w, s->defs, any_role(w, s->defs), order);
    order->verb = chance(w, 50) ? "acknowledge" : "attest";
    order->target = element_text(w, el);
    const struct form_def *form =
        (el->flags & ELEMENT_IS_ITEM) == 0 && el->def < s->defs->form_count ? &s->defs->forms[el->def] : NULL;
    if (form != NULL && form->field_count > 0 && chance(w, 60)) {
        const struct field_def *f = &s->defs->fields[form->field_first + walker_roll(w, form->field_count)];
        order->target = keep(arena_format(&w->arena, "%s.%s", form->def.name, f->def.name));
        as_role(w, s->defs, role_in(w, s->defs, chance(w, 50) ? form->by : -1), order);
    }
    return true;
}

static bool order_add(struct walker *w, const struct state *s, struct order *order) {
    const struct item_def *item = &s->defs->items[walker_roll(w, s->defs->item_count)];
    if (!item->on_demand) {
        return false;
    }
    as_role(w, s->defs, item->owner_role >= 0 ? item->owner_role : any_role(w, s->defs), order);
    order->verb = "add";
    order->target = item->def.name;
    if (item->kind == KIND_APPOINTMENT && chance(w, 70)) {
        give(order, "start", moment_text(w, w->host.now + (stepdown_time)walker_roll(w, 72) * HOUR * 1000000));
    }
    return true;
}

static bool order_entry(struct walker *w, const struct state *s, struct order *order) {
    if (s->element_count == 0) {
        return false;
    }
    const struct element *el = &s->elements[walker_roll(w, s->element_count)];
    if ((el->flags & ELEMENT_IS_ITEM) != 0 || el->def >= s->defs->form_count || el->author_role.size == 0) {
        return false;
    }
    int32_t role = definitions_role(s->defs, el->author_role);
    as_role(w, s->defs, role >= 0 ? role : any_role(w, s->defs), order);
    order->actor = text_of(w, el->author);
    order->target = element_text(w, el);
    order->verb = chance(w, 70) ? "amend" : "retract";
    if (order->verb[0] == 'a') {
        give_form(w, s, &s->defs->forms[el->def], order);
    } else {
        give(order, "reason", "entered for somebody else");
    }
    return true;
}

static bool order_passage(struct walker *w, const struct state *s, struct order *order) {
    static const char *const verbs[] = {"discharge", "return", "notice", "notice"};
    as_role(w, s->defs, any_role(w, s->defs), order);
    order->verb = verbs[walker_roll(w, sizeof verbs / sizeof verbs[0])];
    order->target = "pathway";
    if (strcmp(order->verb, "notice") == 0) {
        give(order, "text", "back today");
    }
    return true;
}

struct choice {
    struct walker *w;
    struct order order;
    bool made;
};

static void choose(void *ctx, struct engine *e, struct state *s) {
    static const struct {
        uint64_t until;
        bool (*order)(struct walker *w, const struct state *s, struct order *order);
    } shares[] = {{40, order_form}, {72, order_step},  {78, order_guarded}, {86, order_mark},
                  {92, order_add},  {97, order_entry}, {100, order_passage}};
    struct choice *choice = ctx;
    (void)e;
    for (int tries = 0; tries < 8 && !choice->made; tries++) {
        uint64_t roll = walker_roll(choice->w, 100);
        size_t i = 0;
        while (roll >= shares[i].until) {
            i++;
        }
        choice->order = (struct order){.occurred = STEPDOWN_TIME_NONE};
        choice->made = shares[i].order(choice->w, s, &choice->order);
    }
}

stepdown_status walker_command(struct walker *w, size_t pathway) {
    struct choice choice = {.w = w};
    arena_reset(&w->arena);
    walker_look(w, w->engine, pathway, choose, &choice);
    if (!choice.made) {
        return STEPDOWN_OK;
    }
    stepdown_result *receipt = NULL;
    if (w->before != NULL) {
        w->before(w, pathway, choice.order.verb, choice.order.target);
    }
    stepdown_status status = carry_out(w, w->pathways[pathway], &choice.order, &receipt);
    if (w->after != NULL) {
        w->after(w, pathway, choice.order.verb, choice.order.target, status);
    }
    stepdown_result_free(&receipt);
    return status;
}

void walker_advance(struct walker *w, stepdown_time by) {
    stepdown_result *failed = NULL;
    stepdown_error *error = NULL;
    int32_t more = 1;
    w->host.now += by;
    while (more) {
        must(stepdown_engine_advance(w->engine, w->host.now, 0, &failed, &more, &error), error, "advance");
        for (size_t i = 0; i < stepdown_result_count(failed); i++) {
            const char *status = stepdown_result_text(failed, i, stepdown_result_column(failed, "status"));
            if (strcmp(status, "OK") != 0) {
                fprintf(stderr, "walker: advance: %s\n", status);
                abort();
            }
        }
        stepdown_result_free(&failed);
    }
}

// ---- opening -------------------------------------------------------------------------------------------------------------

// Who opens: a role of a provider when there is one, so that people's pathways are opened by those who serve them.
static int32_t opener(const struct definitions *defs) {
    int32_t found = 0;
    for (size_t i = 0; i < defs->role_count; i++) {
        const struct role_def *role = &defs->roles[i];
        if (!role->informed && role->org_kind != NULL && strcmp(role->org_kind, "provider") == 0) {
            return (int32_t)i;
        }
        found = role->informed ? found : (int32_t)i;
    }
    return found;
}

static void join_all(struct walker *w, const struct definitions *defs, const char *pathway, const struct order *as) {
    for (size_t i = 0; i < defs->role_count; i++) {
        const char *kind = defs->roles[i].org_kind;
        bool seen = kind == NULL || strcmp(organization_of(w, kind), as->organization) == 0;
        for (size_t k = 0; k < i && !seen; k++) {
            const char *other = defs->roles[k].org_kind;
            seen = other != NULL && strcmp(organization_of(w, other), organization_of(w, kind)) == 0;
        }
        if (!seen) {
            struct order order = *as;
            stepdown_result *receipt = NULL;
            order.count = 0;
            order.verb = "join-pathway";
            order.target = organization_of(w, kind);
            must(carry_out(w, pathway, &order, &receipt), NULL, "joining");
            stepdown_result_free(&receipt);
        }
    }
}

size_t walker_open(struct walker *w, const char *protocol, const char *subject) {
    arena_reset(&w->arena);
    const struct definitions *defs = keep(definitions_of(w, protocol, subject));
    struct order order = {.verb = "open", .target = protocol, .occurred = STEPDOWN_TIME_NONE};
    as_role(w, defs, opener(defs), &order);
    give(&order, "subject", keep(arena_format(&w->arena, "subject %zu", w->pathway_count)));
    give(&order, "subject_kind", subject);
    give(&order, "zone", "America/New_York");
    stepdown_result *receipt = NULL;
    must(carry_out(w, NULL, &order, &receipt), NULL, protocol);
    if (w->pathway_count == w->pathway_cap) {
        w->pathway_cap = w->pathway_cap > 0 ? 2 * w->pathway_cap : 64;
        w->pathways = keep(realloc(w->pathways, w->pathway_cap * sizeof *w->pathways));
    }
    const char *id = stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway"));
    memcpy(w->pathways[w->pathway_count], id, 27);
    stepdown_result_free(&receipt);
    join_all(w, defs, w->pathways[w->pathway_count], &order);
    return w->pathway_count++;
}
