// SPDX-License-Identifier: Apache-2.0
// Commands that are wrong, on pathways of every shipped protocol, each form, field, item and step of them: every one gets
// the status and the message that belong to it, and not one row of the whole store is another one afterwards.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/draft.h"
#include "support/walker.h"

enum { STEPS = 160, BATCH = 16, TOO_LONG = 20000, ARGUMENTS = 100, HOUR = 3600 };

// A command that must be refused, as text that outlives the state it was worked out from.
struct bad {
    const char *actor, *role, *organization, *verb, *target;
    const char *names[ARGUMENTS], *values[ARGUMENTS];
    size_t count;
    stepdown_time occurred; // STEPDOWN_TIME_NONE: now
    uint64_t expected;      // 0: none
    stepdown_status status;
    const char *says;
};
struct list {
    struct walker *walker;
    const struct state *state;
    struct arena arena;
    struct bad *rows;
    size_t count, cap;
};
static char long_text[TOO_LONG + 1], long_name[201];

static void *kept(void *made) {
    assert_non_null(made);
    return made;
}
#define TEXT(l, ...) ((const char *)kept(arena_format(&(l)->arena, __VA_ARGS__)))

static struct bad *bad_add(struct list *l, int32_t role, const char *verb, const char *target, stepdown_status status,
                           const char *says) {
    const struct role_def *r = &l->state->defs->roles[role];
    const char *kinds = r->org_kind != NULL ? r->org_kind : "provider"; // the first of several
    if (l->count == l->cap) {
        l->cap = l->cap > 0 ? 2 * l->cap : 256;
        l->rows = kept(realloc(l->rows, l->cap * sizeof *l->rows));
    }
    l->rows[l->count] = (struct bad){.actor = TEXT(l, "the %s", r->def.name),
                                     .role = TEXT(l, "%s", r->def.name),
                                     .organization = TEXT(l, "%.*s one", (int)strcspn(kinds, " "), kinds),
                                     .verb = verb,
                                     .target = target != NULL ? TEXT(l, "%s", target) : NULL,
                                     .occurred = STEPDOWN_TIME_NONE,
                                     .status = status,
                                     .says = TEXT(l, "%s", says)};
    return &l->rows[l->count++];
}

static void give(struct bad *b, const char *name, const char *value) {
    assert_true(b->count < ARGUMENTS);
    b->names[b->count] = name;
    b->values[b->count++] = value;
}

// ---- what there is to be wrong about ---------------------------------------------------------------------------------------

static const char *id_of(struct list *l, const struct element *el) {
    return TEXT(l, "%llu.%u", (unsigned long long)el->id.seq, (unsigned)el->id.ord);
}

static bool is_item(const struct element *el) { return (el->flags & ELEMENT_IS_ITEM) != 0; }
static bool is_live(const struct element *el) {
    return (el->flags & (ELEMENT_IS_ITEM | ELEMENT_FINISHED_FLAG)) == ELEMENT_IS_ITEM;
}

// Forms that people fill in and about which there is something, and what that is ("" the pathway).
static bool can_fill_in(struct list *l, const struct form_def *form, const char **about) {
    *about = "";
    if (form->report_to != NULL || form->field_count == 0)
        return false;
    for (uint16_t i = 0; i < form->about_count; i++) {
        uint32_t newest = l->state->newest_item[form->about[i]];
        if (newest != NO_ELEMENT) {
            *about = id_of(l, &l->state->elements[newest]);
            return true;
        }
    }
    return form->about_count == 0;
}

static bool in_set(const struct definitions *defs, int32_t set, int32_t role) {
    if (set < 0 || defs->role_sets[set].count == 0)
        return true;
    for (uint16_t i = 0; i < defs->role_sets[set].count; i++) {
        if (defs->role_sets[set].roles[i] == role)
            return true;
    }
    return false;
}

static int32_t entering(const struct definitions *defs, const struct form_def *form, const struct field_def *f) {
    int32_t set = f->by >= 0 ? f->by : form->by;
    return set >= 0 && defs->role_sets[set].count > 0 ? defs->role_sets[set].roles[0] : 0;
}

// A value that fits the field.
static const char *good_value(struct list *l, const struct field_def *f) {
    const struct definitions *defs = l->state->defs;
    switch (f->type) {
    case VALUE_CHOICE: return f->list >= 0 ? defs->lists[f->list].words[0] : "word";
    case VALUE_QUANTITY: return f->unit != NULL && *f->unit ? TEXT(l, "3 %s", f->unit) : "3";
    case VALUE_BOOLEAN: return "yes";
    case VALUE_TIME: return "2026-03-09T10:00:00-05:00";
    case VALUE_DATE: return "2026-03-09";
    case VALUE_DURATION: return "3 hours";
    case VALUE_INTERVAL: return "2026-03-09 10:00 to 2026-03-09 12:00";
    case VALUE_REFERENCE: return "pathway";
    case VALUE_ROLE: return defs->roles[0].def.name;
    default: return "what was said";
    }
}

static void give_good(struct list *l, struct bad *b, const struct field_def *f) {
    give(b, f->def.name, good_value(l, f));
    if (f->reason_required)
        give(b, TEXT(l, "%s.why", f->def.name), "because of what was seen");
}

// The form with one field, by whoever may enter it.
static struct bad *form_with(struct list *l, const struct form_def *form, const char *about, const struct field_def *f,
                             int32_t role, stepdown_status status, const char *says) {
    struct bad *b =
        bad_add(l, role >= 0 ? role : entering(l->state->defs, form, f), "submit", form->def.name, status, says);
    if (*about != '\0')
        give(b, "about", about);
    return b;
}

typedef void (*field_sort)(struct list *l, const struct form_def *form, const char *about, const struct field_def *f);

static void each_field(struct list *l, field_sort sort) {
    const struct definitions *defs = l->state->defs;
    const char *about;
    for (size_t i = 0; i < defs->form_count; i++) {
        const struct form_def *form = &defs->forms[i];
        if (!can_fill_in(l, form, &about))
            continue;
        for (uint32_t k = 0; k < form->field_count; k++)
            sort(l, form, about, &defs->fields[form->field_first + k]);
    }
}

// ---- fields: wrong types, too long, by somebody else -----------------------------------------------------------------------

static void field_of_a_wrong_type(struct list *l, const struct form_def *form, const char *about,
                                  const struct field_def *f) {
    static const struct {
        uint8_t type;
        const char *value, *says;
        stepdown_status status;
    } wrong[] = {
        {VALUE_QUANTITY, "many", "must be a number", STEPDOWN_INVALID},
        {VALUE_QUANTITY, "3 elephants", "must be a number", STEPDOWN_INVALID},
        {VALUE_QUANTITY, "1234567890123456", "must be a number", STEPDOWN_INVALID},
        {VALUE_BOOLEAN, "perhaps", "must be yes or no", STEPDOWN_INVALID},
        {VALUE_TIME, "soon", "must be a moment", STEPDOWN_INVALID},
        {VALUE_TIME, "2026-02-30 10:00", "must be a moment", STEPDOWN_INVALID},
        {VALUE_TIME, "2026-03-09 25:00", "must be a moment", STEPDOWN_INVALID},
        {VALUE_DATE, "2026-13-01", "must be a date", STEPDOWN_INVALID},
        {VALUE_DATE, "tomorrow", "must be a date", STEPDOWN_INVALID},
        {VALUE_DURATION, "a while", "must be a duration", STEPDOWN_INVALID},
        {VALUE_INTERVAL, "for ever", "must be START", STEPDOWN_INVALID},
        {VALUE_INTERVAL, "2026-03-09 12:00 to 2026-03-09 10:00", "must be START", STEPDOWN_INVALID},
        {VALUE_CHOICE, "no-such-word", "is not one of", STEPDOWN_INVALID},
        {VALUE_ROLE, "wizard", "must be a role", STEPDOWN_INVALID},
        {VALUE_REFERENCE, "99999.0", "no item or entry", STEPDOWN_NOT_FOUND},
        {VALUE_REFERENCE, "nothing-of-the-sort", "know nothing of this name", STEPDOWN_NOT_FOUND},
        {VALUE_TEXT, "", "must be text and not empty", STEPDOWN_INVALID},
        {VALUE_TEXT, "\xff\xfe", "UTF-8", STEPDOWN_INVALID},
        {VALUE_STATEMENT, "", "must be text and not empty", STEPDOWN_INVALID},
        {VALUE_PERSON, "", "must be text and not empty", STEPDOWN_INVALID},
        {VALUE_PERSON, "\xc3(", "UTF-8", STEPDOWN_INVALID},
        {VALUE_DECISION, "", "must be text and not empty", STEPDOWN_INVALID},
    };
    bool closed = f->type != VALUE_CHOICE || f->list >= 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0] && closed; i++) {
        if (wrong[i].type != f->type)
            continue;
        bool names_field = f->type != VALUE_REFERENCE;
        struct bad *b = form_with(l, form, about, f, -1, wrong[i].status,
                                  names_field ? TEXT(l, "%s: ", f->def.name) : wrong[i].says);
        give(b, f->def.name, wrong[i].value);
    }
}

static void field_given_twice(struct list *l, const struct form_def *form, const char *about,
                              const struct field_def *f) {
    if (f->many)
        return;
    struct bad *b =
        form_with(l, form, about, f, -1, STEPDOWN_INVALID, TEXT(l, "%s: was given more than once", f->def.name));
    give(b, f->def.name, good_value(l, f));
    give(b, f->def.name, good_value(l, f));
}

static void field_without_its_reason(struct list *l, const struct form_def *form, const char *about,
                                     const struct field_def *f) {
    if (!f->reason_required)
        return;
    struct bad *b =
        form_with(l, form, about, f, -1, STEPDOWN_INVALID, TEXT(l, "%s.why: a reason is required", f->def.name));
    give(b, f->def.name, good_value(l, f));
}

static void field_too_long(struct list *l, const struct form_def *form, const char *about, const struct field_def *f) {
    if (f->type != VALUE_TEXT && f->type != VALUE_STATEMENT && f->type != VALUE_PERSON && f->type != VALUE_DECISION)
        return;
    struct bad *b = form_with(l, form, about, f, -1, STEPDOWN_LIMIT, TEXT(l, "%s", f->def.name));
    give(b, f->def.name, long_text);
}

static void field_by_somebody_else(struct list *l, const struct form_def *form, const char *about,
                                   const struct field_def *f) {
    const struct definitions *defs = l->state->defs;
    for (int32_t role = 0; role < (int32_t)defs->role_count; role++) {
        if (!in_set(defs, f->by >= 0 ? f->by : form->by, role)) {
            give_good(
                l, form_with(l, form, about, f, role, STEPDOWN_DENIED, TEXT(l, "may not fill in %s", f->def.name)), f);
            return;
        }
    }
}

static void of_a_wrong_type(struct list *l) { each_field(l, field_of_a_wrong_type); }
static void given_twice(struct list *l) { each_field(l, field_given_twice); }
static void without_a_reason(struct list *l) { each_field(l, field_without_its_reason); }
static void too_long(struct list *l) {
    each_field(l, field_too_long);
    bad_add(l, 0, "start", long_name, STEPDOWN_INVALID, "at most 128 bytes");
    bad_add(l, 0, "attach", long_name, STEPDOWN_INVALID, "at most 128 bytes");
}
static void filled_in_by_a_wrong_role(struct list *l) { each_field(l, field_by_somebody_else); }

// ---- forms: unknown fields, at impossible times, under stale versions ------------------------------------------------------

// A form as it may be filled in by one role: every field that this role may enter. False: no role may enter what is required.
static bool give_all(struct list *l, struct bad *b, const struct form_def *form, int32_t role) {
    const struct definitions *defs = l->state->defs;
    for (uint32_t i = 0; i < form->field_count; i++) {
        const struct field_def *f = &defs->fields[form->field_first + i];
        bool may = in_set(defs, f->by >= 0 ? f->by : form->by, role);
        if (may)
            give_good(l, b, f);
        else if (form->family != FAMILY_FORM && !f->optional)
            return false;
    }
    return true;
}

typedef void (*form_sort)(struct list *l, struct bad *b);

static void each_form(struct list *l, stepdown_status status, const char *says, form_sort spoil) {
    const struct definitions *defs = l->state->defs;
    const char *about;
    for (size_t i = 0; i < defs->form_count; i++) {
        const struct form_def *form = &defs->forms[i];
        if (!can_fill_in(l, form, &about))
            continue;
        int32_t role = entering(defs, form, &defs->fields[form->field_first]);
        struct bad *b = form_with(l, form, about, NULL, role, status, says);
        if (give_all(l, b, form, role))
            spoil(l, b);
        else
            l->count--;
    }
}

static void add_unknown(struct list *l, struct bad *b) {
    (void)l;
    give(b, "no_such_field", "x");
}
static void make_future(struct list *l, struct bad *b) {
    b->occurred = l->walker->host.now + (stepdown_time)24 * HOUR * 1000000;
}
static void make_ancient(struct list *l, struct bad *b) { b->occurred = l->state->opened_at - INT64_C(1000000); }
static void expect_older(struct list *l, struct bad *b) { b->expected = l->state->seq > 0 ? l->state->seq - 1 : 1; }
static void expect_newer(struct list *l, struct bad *b) { b->expected = l->state->seq + 7; }

static void with_unknown_fields(struct list *l) {
    each_form(l, STEPDOWN_INVALID, "no_such_field: this command takes no such argument", add_unknown);
}

static void at_impossible_times(struct list *l) {
    each_form(l, STEPDOWN_INVALID, "occurred_at: lies in the future", make_future);
    each_form(l, STEPDOWN_INVALID, "occurred_at: lies before the pathway was opened", make_ancient);
    const struct log_entry *gone = state_event(l->state, NO_ELEMENT, EVENT_PATHWAY_DISCHARGED, false);
    if (gone != NULL && gone->occurred_at > l->state->opened_at) {
        struct bad *b =
            bad_add(l, 0, "return", NULL, STEPDOWN_INVALID, "occurred_at: lies before the person was discharged");
        b->occurred = gone->occurred_at - 1;
    }
}

static void under_stale_versions(struct list *l) {
    const char *says = TEXT(l, "%llu", (unsigned long long)l->state->seq);
    each_form(l, STEPDOWN_STALE, says, expect_older);
    each_form(l, STEPDOWN_STALE, says, expect_newer);
}

// ---- steps: in a wrong state, by a wrong role, unknown ----------------------------------------------------------------------

static bool legal(const struct verb_row *row, const struct element *el) {
    bool finished = (el->flags & ELEMENT_FINISHED_FLAG) != 0;
    return !(finished && (row->flags & LIFECYCLE_FINISHED_OK) == 0) &&
           !((row->flags & LIFECYCLE_LIVES) != 0 && !finished) && (row->from & STATE_BIT(el->state)) != 0;
}

static int32_t owner_of(const struct state *s, const struct element *el) {
    int32_t role = definitions_role(s->defs, el->owner_role);
    return role >= 0 ? role : 0;
}

// What marks leave is legal in every state; who may is asked in their own place.
static bool is_mark(const char *verb) {
    return strcmp(verb, "acknowledge") == 0 || strcmp(verb, "attest") == 0 || strcmp(verb, "withdraw") == 0;
}

static void in_a_wrong_state(struct list *l) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    for (size_t e = 0; e < l->state->element_count; e++) {
        const struct element *el = &l->state->elements[e];
        for (size_t i = 0; is_item(el) && i < count; i++) {
            bool ours = rows[i].verb != NULL && (rows[i].kind == el->kind || rows[i].kind == KIND_NONE);
            const struct verb_row *row = ours ? lifecycle_verb(el->kind, slice_text(rows[i].verb)) : NULL;
            if (row == NULL || (row->flags & LIFECYCLE_ENGINE) != 0 || is_mark(row->verb) || legal(row, el))
                continue;
            struct bad *b = bad_add(l, owner_of(l->state, el), row->verb, id_of(l, el), STEPDOWN_WRONG_STATE,
                                    "does not lead on from there");
            give(b, "reason", "because of what was seen");
        }
    }
    bad_add(l, 0, "reopen-pathway", NULL, STEPDOWN_WRONG_STATE, "the pathway is open");
}

static bool in_roles(const int32_t *roles, uint16_t count, int32_t role) {
    for (uint16_t i = 0; i < count; i++) {
        if (roles[i] == role)
            return true;
    }
    return false;
}

// Has the role nothing to do with the item: it is not the owner's, answers for nobody there, and gets no step of it?
static bool stranger(const struct state *s, const struct element *el, int32_t role) {
    const struct definitions *defs = s->defs;
    const struct item_def *def = el->def < defs->item_count ? &defs->items[el->def] : NULL;
    int32_t owner = definitions_role(defs, el->owner_role);
    char actor[160];
    int size = snprintf(actor, sizeof actor, "the %s", defs->roles[role].def.name);
    stepdown_slice name = slice_of(actor, (size_t)size);
    bool named = slice_equal(el->owner, name) || slice_equal(el->delegate, name) || slice_equal(el->offered, name);
    bool answers = owner < 0 || role_answers_for(defs, role, owner);
    bool of_protocol = def != NULL && (role_answers_for(defs, role, def->owner_role) || def->chair == role ||
                                       in_roles(def->steps_by, def->steps_by_count, role));
    return !named && !answers && !of_protocol && !defs->roles[role].informed;
}

static void taken_by_a_wrong_role(struct list *l) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    for (size_t e = 0; e < l->state->element_count; e++) {
        const struct element *el = &l->state->elements[e];
        for (int32_t role = 0; is_live(el) && role < (int32_t)l->state->defs->role_count; role++) {
            if (!stranger(l->state, el, role))
                continue;
            for (size_t i = 0; i < count; i++) {
                bool anyone = (rows[i].flags & (LIFECYCLE_ANYONE | LIFECYCLE_ADDRESSEE | LIFECYCLE_ENGINE)) != 0;
                if (rows[i].verb == NULL || rows[i].kind != el->kind || anyone || !legal(&rows[i], el))
                    continue;
                struct bad *b =
                    bad_add(l, role, rows[i].verb, id_of(l, el), STEPDOWN_DENIED, "this step belongs to the");
                give(b, "reason", "because of what was seen");
            }
            break; // one stranger for each item
        }
    }
}

static void of_unknown_names(struct list *l) {
    for (size_t e = 0; e < l->state->element_count; e++) {
        const struct element *el = &l->state->elements[e];
        if (is_item(el))
            bad_add(l, owner_of(l->state, el), "frobnicate", id_of(l, el), STEPDOWN_INVALID, "is no step of");
    }
    bad_add(l, 0, "submit", "nonsense", STEPDOWN_NOT_FOUND, "no form nonsense");
    bad_add(l, 0, "submit", NULL, STEPDOWN_INVALID, "needs a target");
    bad_add(l, 0, "amend", "99999.0", STEPDOWN_NOT_FOUND, "no item or entry has this id");
    bad_add(l, 0, "start", "nonsense", STEPDOWN_NOT_FOUND, "know nothing of this name");
    bad_add(l, 0, "start", "99999.0", STEPDOWN_NOT_FOUND, "no item or entry has this id");
}

// ---- by those who have nothing to do with it --------------------------------------------------------------------------------

static const char *outsider(struct list *l, int32_t role) {
    const char *kinds = l->state->defs->roles[role].org_kind;
    return TEXT(l, "another %.*s", (int)strcspn(kinds, " "), kinds);
}

static void from_another_organization(struct list *l) {
    static const char *const verbs[] = {"notice", "migrate", "close-pathway", "return"};
    const struct definitions *defs = l->state->defs;
    const char *about;
    for (int32_t role = 0; role < (int32_t)defs->role_count; role++) {
        if (defs->roles[role].org_kind == NULL)
            continue;
        const char *organization = outsider(l, role), *says = TEXT(l, "%s does not take part", organization);
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
            bad_add(l, role, verbs[i], NULL, STEPDOWN_DENIED, says)->organization = organization;
        for (size_t i = 0; i < defs->form_count; i++) {
            const struct form_def *form = &defs->forms[i];
            const struct field_def *f = &defs->fields[form->field_first];
            if (!can_fill_in(l, form, &about) || !in_set(defs, f->by >= 0 ? f->by : form->by, role))
                continue;
            struct bad *b = form_with(l, form, about, f, role, STEPDOWN_DENIED, says);
            b->organization = organization;
            give_good(l, b, f);
        }
        for (size_t e = 0; e < l->state->element_count; e++) {
            const struct element *el = &l->state->elements[e];
            if (is_live(el) && owner_of(l->state, el) == role)
                bad_add(l, role, "accept", id_of(l, el), STEPDOWN_DENIED, says)->organization = organization;
        }
    }
}

static void in_a_role_that_nobody_declared(struct list *l) {
    bad_add(l, 0, "notice", NULL, STEPDOWN_DENIED, "wizard")->role = "wizard";
    bad_add(l, 0, "submit", "contact", STEPDOWN_DENIED, "wizard")->role = "wizard";
    bad_add(l, 0, "accept", "1.0", STEPDOWN_DENIED, "wizard")->role = "wizard";
}

// ---- the table ---------------------------------------------------------------------------------------------------------------

static const struct sort {
    const char *name;
    void (*make)(struct list *l);
} sorts[] = {
    {"in a wrong state", in_a_wrong_state},
    {"taken by a wrong role", taken_by_a_wrong_role},
    {"filled in by a wrong role", filled_in_by_a_wrong_role},
    {"in a role that nobody declared", in_a_role_that_nobody_declared},
    {"from another organization", from_another_organization},
    {"under stale versions", under_stale_versions},
    {"at impossible times", at_impossible_times},
    {"with unknown fields", with_unknown_fields},
    {"of a wrong type", of_a_wrong_type},
    {"given twice", given_twice},
    {"without a reason", without_a_reason},
    {"too long", too_long},
    {"of unknown names", of_unknown_names},
};
enum { SORTS = sizeof sorts / sizeof sorts[0] };

struct making {
    struct list *list;
    const struct sort *sort;
};

static void make(void *ctx, struct engine *e, struct state *s) {
    struct making *m = ctx;
    (void)e;
    m->list->state = s;
    m->sort->make(m->list);
    m->list->state = NULL;
}

// ---- the store, row by row ----------------------------------------------------------------------------------------------------

static void mix(uint64_t *hash, stepdown_slice bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        *hash = (*hash ^ bytes.data[i]) * UINT64_C(1099511628211);
    *hash = (*hash ^ 0x5a) * UINT64_C(1099511628211);
}

static uint64_t digest_store(struct walker *w) {
    struct transaction t;
    struct arena arena;
    uint8_t from[257] = {0}, to[1] = {0xff};
    size_t from_size = 0, rows = 0;
    uint64_t hash = UINT64_C(14695981039346656037);
    transaction_init(&t, w->storage, &w->env);
    arena_init(&arena, &w->env);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    for (bool more = true; more;) {
        struct row *found;
        size_t count;
        assert_int_equal(transaction_scan(&t, slice_of(from, from_size), slice_of(to, 1), false, 256, &arena, &found,
                                          &count, &more, NULL),
                         STEPDOWN_OK);
        for (size_t i = 0; i < count; i++) {
            mix(&hash, found[i].key);
            mix(&hash, found[i].value);
        }
        rows += count;
        if (more) {
            from_size = found[count - 1].key.size;
            memcpy(from, found[count - 1].key.data, from_size);
            from[from_size++] = 0;
        }
    }
    transaction_abort(&t);
    transaction_free(&t);
    arena_free(&arena);
    assert_true(rows > 0);
    return hash;
}

// ---- sending -------------------------------------------------------------------------------------------------------------------

static stepdown_status send(struct walker *w, size_t pathway, const struct bad *b, stepdown_error **error) {
    stepdown_session *session = NULL;
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_status status =
        stepdown_session_open(w->engine, b->actor, b->role, b->organization, NULL, &session, error);
    if (status == STEPDOWN_OK)
        status = stepdown_command_new(session, b->verb, b->target, &command, error);
    for (size_t i = 0; status == STEPDOWN_OK && i < b->count; i++)
        status = stepdown_command_set(command, b->names[i], b->values[i], error);
    if (status == STEPDOWN_OK && b->occurred != STEPDOWN_TIME_NONE)
        stepdown_command_set_occurred(command, b->occurred, INT32_MIN);
    if (status == STEPDOWN_OK && b->expected != 0)
        stepdown_command_set_expected(command, b->expected);
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(session, w->pathways[pathway], command, &receipt, error);
    assert_true(status == STEPDOWN_OK || receipt == NULL);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
    return status;
}

static void check_one(struct walker *w, size_t pathway, const struct bad *b, const char *protocol, const char *sort) {
    stepdown_error *error = NULL;
    stepdown_status status = send(w, pathway, b, &error);
    const char *message = error != NULL ? stepdown_error_message(error) : "";
    if (status != b->status || strstr(message, b->says) == NULL)
        fail_msg("%s, %s: %s %s by %s of %s%s%s: %s (%s), not %s (… %s …)", protocol, sort, b->verb,
                 b->target != NULL ? b->target : "", b->role, b->organization, b->count > 0 ? ", " : "",
                 b->count > 0 ? b->names[b->count - 1] : "", stepdown_status_name(status), message,
                 stepdown_status_name(b->status), b->says);
    stepdown_error_free(&error);
}

// Refusals are put on record a second later, or when there are many: what was noted is written before the store is looked at.
static void write_notes(struct walker *w, size_t pathway, const struct bad *any) {
    stepdown_error *error = NULL;
    w->host.now += INT64_C(2000000);
    (void)send(w, pathway, any, &error);
    stepdown_error_free(&error);
}

static void check_all(struct walker *w, size_t pathway, const struct list *l, const char *protocol, const char *sort) {
    for (size_t from = 0; from < l->count; from += BATCH) {
        write_notes(w, pathway, &l->rows[from]);
        uint64_t before = digest_store(w);
        size_t to = from + BATCH < l->count ? from + BATCH : l->count;
        for (size_t i = from; i < to; i++)
            check_one(w, pathway, &l->rows[i], protocol, sort);
        if (digest_store(w) != before)
            fail_msg("%s: commands %zu to %zu %s were refused and changed the store", protocol, from, to - 1, sort);
    }
}

// ---- pathways ------------------------------------------------------------------------------------------------------------------

static void open_outsiders(struct walker *w) {
    static const char *const kinds[] = {"provider",     "case-management", "clinical",     "funder",
                                        "commissioner", "community",       "hospital",     "crisis-team",
                                        "pharmacy",     "transport",       "primary-care", "household"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "another %s", kinds[i]);
        assert_int_equal(stepdown_engine_set_organization(w->engine, name, kinds[i], NULL), STEPDOWN_OK);
    }
}

// A pathway with a life behind it: discharged after an hour, then whatever people do.
static size_t lived(struct walker *w, const char *protocol, const char *subject) {
    size_t pathway = walker_open(w, protocol, subject);
    walker_advance(w, (stepdown_time)HOUR * 1000000);
    for (size_t i = 0; i < STEPS; i++) {
        (void)walker_command(w, pathway);
        if (i % 20 == 19)
            walker_advance(w, (stepdown_time)HOUR * 1000000);
    }
    return pathway;
}

static size_t tried[SORTS];

static void refuse_everything(struct walker *w, const char *protocol, const char *subject) {
    size_t pathway = lived(w, protocol, subject);
    for (size_t i = 0; i < SORTS; i++) {
        struct list l = {.walker = w};
        arena_init(&l.arena, &w->env);
        walker_look(w, w->engine, pathway, make, &(struct making){&l, &sorts[i]});
        check_all(w, pathway, &l, protocol, sorts[i].name);
        tried[i] += l.count;
        free(l.rows);
        arena_free(&l.arena);
    }
}

static void whatever_is_wrong_is_refused_and_changes_nothing(void **state) {
    stepdown_result *shipped = NULL;
    size_t all = 0;
    (void)state;
    memset(long_text, 'x', TOO_LONG);
    memset(long_name, 'n', sizeof long_name - 1);
    assert_int_equal(stepdown_protocol_builtins(&shipped, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(shipped) >= 15);
    for (size_t i = 0; i < stepdown_result_count(shipped); i++) {
        const char *name = stepdown_result_text(shipped, i, stepdown_result_column(shipped, "name"));
        struct walker w;
        walker_make(&w, &name, 1, 11 + i, NULL);
        open_outsiders(&w);
        for (size_t k = 0; k < WALKER_SUBJECTS; k++) {
            if (walker_speaks_of(&w, name, walker_subjects[k]))
                refuse_everything(&w, name, walker_subjects[k]);
        }
        walker_free(&w);
    }
    for (size_t i = 0; i < SORTS; i++) {
        print_message("%6zu %s\n", tried[i], sorts[i].name);
        assert_true(tried[i] >= 5);
        all += tried[i];
    }
    print_message("%6zu commands refused\n", all);
    stepdown_result_free(&shipped);
}

// ---- files -----------------------------------------------------------------------------------------------------------------------

// What an overlay of the protocol gets wrong: the first item and field that are the protocol's own.
struct mistakes {
    const char *protocol;
    char item[64], form[64], field[64], overlay[1024];
};

static bool own(const struct definitions *defs, const struct def *def, const char *protocol) {
    return strcmp(defs->sources[def->source].name, protocol) == 0;
}

static void make_mistakes(void *ctx, struct engine *e, struct state *s) {
    struct mistakes *m = ctx;
    const struct definitions *defs = s->defs;
    (void)e;
    for (size_t i = 0; i < defs->item_count && m->item[0] == '\0'; i++) {
        if (own(defs, &defs->items[i].def, m->protocol))
            (void)snprintf(m->item, sizeof m->item, "%s", defs->items[i].def.name);
    }
    for (size_t i = 0; i < defs->form_count && m->form[0] == '\0'; i++) {
        const struct form_def *form = &defs->forms[i];
        if (!own(defs, &form->def, m->protocol) || form->report_to != NULL || form->field_count == 0)
            continue;
        (void)snprintf(m->form, sizeof m->form, "%s", form->def.name);
        (void)snprintf(m->field, sizeof m->field, "%s", defs->fields[form->field_first].def.name);
    }
    (void)snprintf(
        m->overlay, sizeof m->overlay,
        "overlay: county\nversion: 1.0.0\nof: %s\nnonsense: x\nitems:\n  %s: {owner: wizard, due: 900 days}\n"
        "forms:\n  %s:\n    fields:\n      %s: {type: elephant}\n",
        m->protocol, m->item, m->form, m->field);
}

static void show_diagnostics(const stepdown_error *error) {
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++)
        print_error("%s\n", stepdown_error_diagnostic_message(error, i));
}

static bool diagnosed(const stepdown_error *error, const char *part) {
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
        if (strstr(stepdown_error_diagnostic_message(error, i), part) != NULL)
            return true;
    }
    return false;
}

// Every parameter of the protocol gets a value that none can have; returns how many there are.
static size_t spoil_parameters(stepdown_protocol *protocol, stepdown_result **elements) {
    size_t count = 0;
    assert_int_equal(stepdown_protocol_elements(protocol, elements, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(*elements); i++) {
        const char *kind = stepdown_result_text(*elements, i, stepdown_result_column(*elements, "kind"));
        const char *name = stepdown_result_text(*elements, i, stepdown_result_column(*elements, "name"));
        if (strcmp(kind, "parameter") != 0)
            continue;
        assert_int_equal(stepdown_protocol_set(protocol, name, "a herd of elephants", NULL), STEPDOWN_OK);
        count++;
    }
    return count;
}

static void check_files(struct walker *w, const struct mistakes *m) {
    stepdown_protocol *protocol = NULL;
    stepdown_result *elements = NULL;
    stepdown_error *error = NULL;
    stepdown_slice overlay = {(const uint8_t *)m->overlay, strlen(m->overlay)};
    uint64_t before = digest_store(w);
    assert_int_equal(stepdown_protocol_new(w->options, &protocol, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(protocol, m->protocol, NULL), STEPDOWN_OK);
    size_t parameters = spoil_parameters(protocol, &elements);
    assert_int_equal(stepdown_protocol_add_text(protocol, "county.yaml", overlay, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_set(protocol, "PAR-99", "1", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_set(protocol, "no_such_parameter", "1", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_engine_activate(w->engine, protocol, &error), STEPDOWN_PROTOCOL);
    const char *const wrong[] = {"nonsense", m->item, m->field, "PAR-99", "no_such_parameter"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (!diagnosed(error, wrong[i])) {
            show_diagnostics(error);
            fail_msg("%s: nothing is said of %s", m->protocol, wrong[i]);
        }
    }
    for (size_t i = 0; i < stepdown_result_count(elements); i++) {
        const char *name = stepdown_result_text(elements, i, stepdown_result_column(elements, "name"));
        if (strcmp(stepdown_result_text(elements, i, stepdown_result_column(elements, "kind")), "parameter") == 0 &&
            !diagnosed(error, name))
            fail_msg("%s: nothing is said of the parameter %s", m->protocol, name);
    }
    assert_true(stepdown_error_diagnostic_count(error) >= 5 + parameters);
    assert_true(digest_store(w) == before);
    stepdown_error_free(&error);
    stepdown_result_free(&elements);
    stepdown_protocol_free(&protocol);
}

static void a_set_with_several_mistakes_is_refused_as_a_whole_and_each_is_named(void **state) {
    stepdown_result *shipped = NULL;
    (void)state;
    assert_int_equal(stepdown_protocol_builtins(&shipped, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(shipped); i++) {
        const char *name = stepdown_result_text(shipped, i, stepdown_result_column(shipped, "name"));
        struct mistakes m = {.protocol = name};
        struct walker w;
        walker_make(&w, &name, 1, 5 + i, NULL);
        const char *subject = stepdown_result_text(shipped, i, stepdown_result_column(shipped, "subject"));
        walker_look(&w, w.engine, walker_open(&w, name, subject), make_mistakes, &m);
        check_files(&w, &m);
        walker_free(&w);
    }
    stepdown_result_free(&shipped);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_wrong_is_refused_and_changes_nothing),
        cmocka_unit_test(a_set_with_several_mistakes_is_refused_as_a_whole_and_each_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
