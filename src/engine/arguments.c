// SPDX-License-Identifier: Apache-2.0
// Arguments of a command as typed values: the text forms of protocol files, checked against the field they are for.
// Every refusal names the argument.
#include "engine/verbs.h"

#include <string.h>

struct argument *argument_find(struct command *c, const char *name) {
    for (size_t i = 0; i < c->argument_count; i++) {
        if (strcmp(c->arguments[i].name, name) == 0) {
            c->arguments[i].used = true;
            return &c->arguments[i];
        }
    }
    return NULL;
}

static stepdown_status bad(struct draft *d, const char *name, const char *want, stepdown_error **o) {
    stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_INVALID, "%s: %s", name, want);
    status_detail(o, "field", "%s", name);
    return status;
}

stepdown_status argument_text(struct draft *d, struct command *c, const char *name, stepdown_slice *out,
                              stepdown_error **o) {
    *out = slice_of(NULL, 0);
    struct argument *a = argument_find(c, name);
    if (a == NULL) {
        return STEPDOWN_OK;
    }
    if (a->kind != ARGUMENT_TEXT || a->text.size == 0) {
        return bad(d, name, "must be text and not empty", o);
    }
    *out = a->text;
    return STEPDOWN_OK;
}

static bool parse_time(const struct draft *d, const struct argument *a, stepdown_time *out) {
    int32_t offset;
    if (a->kind == ARGUMENT_TIME) {
        *out = a->number;
        return *out >= TIME_MIN && *out <= TIME_MAX;
    }
    return a->kind == ARGUMENT_TEXT && time_parse(a->text, d->state->zone, out, &offset);
}

stepdown_status argument_time(struct draft *d, struct command *c, const char *name, stepdown_time *out,
                              stepdown_error **o) {
    *out = STEPDOWN_TIME_NONE;
    struct argument *a = argument_find(c, name);
    if (a == NULL) {
        return STEPDOWN_OK;
    }
    struct duration duration;
    if (parse_time(d, a, out)) {
        return STEPDOWN_OK;
    }
    if (a->kind == ARGUMENT_TEXT && duration_parse(a->text, &duration)) {
        *out = duration_add(d->header.occurred_at, &duration, 1, d->state->zone, NULL, 0);
        return STEPDOWN_OK;
    }
    return bad(d, name, "must be a moment such as 2026-03-02T14:00:00-05:00, or a duration from now", o);
}

// ---- one value by the field's type -------------------------------------------------------------------------------------

// In the unit that is said, which may go without saying; "": a number alone; NULL: in any unit.
static bool parse_quantity(const struct argument *a, const char *said, struct value *out) {
    out->type = VALUE_QUANTITY;
    if (a->kind == ARGUMENT_INTEGER) {
        out->number = a->number;
        out->text = slice_text(said);
        return true;
    }
    size_t at = 0, size = a->text.size;
    const uint8_t *p = a->text.data;
    bool negative = size > 0 && p[0] == '-', point = false;
    at += negative;
    size_t digits = 0;
    for (; at < size && ((p[at] >= '0' && p[at] <= '9') || (p[at] == '.' && !point)); at++) {
        if (p[at] == '.') {
            point = true;
            continue;
        }
        if (++digits > 15 || (point && out->scale == 6)) {
            return false;
        }
        out->number = out->number * 10 + (p[at] - '0');
        out->scale = (uint8_t)(out->scale + point);
    }
    out->number = negative ? -out->number : out->number;
    size_t unit = at;
    while (unit < size && p[unit] == ' ') {
        unit++;
    }
    out->text = unit < size ? slice_of(p + unit, size - unit) : slice_text(said);
    return digits > 0 && (unit == size || unit > at || said == NULL) && (said == NULL || slice_is(out->text, said));
}

static stepdown_status bad_quantity(struct draft *d, const struct argument *a, const struct field_def *f,
                                    stepdown_error **o) {
    if (f->unit == NULL || f->unit[0] == '\0') {
        return bad(d, a->name, "must be a number", o);
    }
    const char *want = arena_format(d->arena, "must be a number with its unit, as in 4 %s", f->unit);
    return want != NULL ? bad(d, a->name, want, o) : status_nomem(&d->e->env, o);
}

static bool parse_boolean(const struct argument *a, struct value *out) {
    static const char *const words[] = {"no", "yes", "false", "true"};
    out->type = VALUE_BOOLEAN;
    for (int i = 0; i < 4; i++) {
        if (a->kind == ARGUMENT_TEXT && slice_is(a->text, words[i])) {
            out->number = i & 1;
            return true;
        }
    }
    out->number = a->number != 0;
    return a->kind == ARGUMENT_INTEGER && (a->number == 0 || a->number == 1);
}

static bool in_list(const struct definitions *defs, const struct field_def *f, stepdown_slice word) {
    if (f->list < 0) {
        return true;
    }
    const struct list_def *list = &defs->lists[f->list];
    for (size_t i = 0; i < list->count; i++) {
        if (slice_is(word, list->words[i])) {
            return true;
        }
    }
    return false;
}

static stepdown_status bad_choice(struct draft *d, const struct argument *a, const struct field_def *f,
                                  stepdown_error **o) {
    const struct list_def *list = &d->defs->lists[f->list];
    struct buffer text;
    buffer_init(&text, &d->e->env);
    buffer_format(&text, "%.*s is not one of", (int)a->text.size, (const char *)a->text.data);
    for (size_t i = 0; i < list->count; i++) {
        buffer_format(&text, "%s %s", i > 0 ? "," : "", list->words[i]);
    }
    buffer_append(&text, "", 1);
    stepdown_status status = text.failed ? status_nomem(&d->e->env, o) : bad(d, a->name, (const char *)text.data, o);
    buffer_free(&text);
    return status;
}

static bool parse_interval(const struct draft *d, const struct argument *a, struct value *out) {
    static const char mark[] = " to ";
    int32_t offset;
    out->type = VALUE_INTERVAL;
    out->until = STEPDOWN_TIME_NONE;
    for (size_t i = 0; i + 4 <= a->text.size; i++) {
        if (memcmp(a->text.data + i, mark, 4) == 0) {
            return time_parse(slice_of(a->text.data, i), d->state->zone, &out->number, &offset) &&
                   time_parse(slice_of(a->text.data + i + 4, a->text.size - i - 4), d->state->zone, &out->until,
                              &offset) &&
                   out->until > out->number;
        }
    }
    return time_parse(a->text, d->state->zone, &out->number, &offset);
}

static stepdown_status parse_reference(struct draft *d, const struct argument *a, struct value *out,
                                       stepdown_error **o) {
    struct target t;
    stepdown_status status = a->kind == ARGUMENT_TEXT ? target_resolve(d, a->text, &t, o)
                                                      : bad(d, a->name, "must name an item or an entry", o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    const struct state *s = d->state;
    uint64_t version = t.element != NO_ELEMENT ? s->elements[t.element].version : s->seq;
    uint32_t symbol = 0;
    if (t.field >= 0) {
        const struct field_value *field = state_entry_field(s, t.element, t.field);
        version = field != NULL ? field->version : version;
        symbol = d->defs->fields[t.field].def.symbol;
    }
    *out = draft_ref(s, t.element, symbol, version);
    return STEPDOWN_OK;
}

static stepdown_status parse_text(struct draft *d, const struct argument *a, const struct field_def *f,
                                  struct value *out, stepdown_error **o) {
    size_t offset, limit = f->text_max > 0 ? f->text_max : ENGINE_VALUE_MAX;
    if (a->kind != ARGUMENT_TEXT || a->text.size == 0) {
        return bad(d, a->name, "must be text and not empty", o);
    }
    if (a->text.size > limit) {
        stepdown_status status = status_fail(&d->e->env, o, STEPDOWN_LIMIT, "%s: %zu bytes; at most %zu are kept",
                                             a->name, a->text.size, limit);
        status_detail(o, "field", "%s", a->name);
        return status;
    }
    if (!utf8_valid(a->text, &offset)) {
        return bad(d, a->name, "must be valid UTF-8", o);
    }
    bool statement = f->type == VALUE_STATEMENT || ((f->fact || f->interpretation) && f->type == VALUE_TEXT);
    *out = draft_text(statement ? VALUE_STATEMENT : f->type, a->text);
    out->interpretation = f->interpretation;
    return STEPDOWN_OK;
}

// A decision is a list: what was decided, and after it the reason when one goes with it.
static stepdown_status parse_decision(struct draft *d, const struct argument *a, const struct field_def *f,
                                      struct value *out, stepdown_error **o) {
    stepdown_status status = parse_text(d, a, f, out, o);
    struct value *words = status == STEPDOWN_OK ? draft_list(d, 1) : NULL;
    if (words == NULL) {
        return status != STEPDOWN_OK ? status : status_nomem(&d->e->env, o);
    }
    words[0] = draft_text(VALUE_TEXT, out->text);
    *out = (struct value){.type = VALUE_DECISION, .items = words, .count = 1};
    return STEPDOWN_OK;
}

static stepdown_status parse_one(struct draft *d, const struct argument *a, const struct field_def *f,
                                 struct value *out, stepdown_error **o) {
    int64_t days;
    *out = (struct value){.type = f->type};
    bool text = a->kind == ARGUMENT_TEXT;
    switch (f->type) {
    case VALUE_TIME:
        return parse_time(d, a, &out->number)
                   ? STEPDOWN_OK
                   : bad(d, a->name, "must be a moment such as 2026-03-02T14:00:00-05:00", o);
    case VALUE_DATE:
        if (text && time_parse_date(a->text, &days)) {
            out->number = days;
            return STEPDOWN_OK;
        }
        return bad(d, a->name, "must be a date such as 2026-03-02", o);
    case VALUE_DURATION:
        return text && duration_parse(a->text, &out->duration)
                   ? STEPDOWN_OK
                   : bad(d, a->name, "must be a duration such as 30 minutes", o);
    case VALUE_QUANTITY:
        return parse_quantity(a, f->unit != NULL ? f->unit : "", out) ? STEPDOWN_OK : bad_quantity(d, a, f, o);
    case VALUE_BOOLEAN: return parse_boolean(a, out) ? STEPDOWN_OK : bad(d, a->name, "must be yes or no", o);
    case VALUE_INTERVAL:
        return text && parse_interval(d, a, out) ? STEPDOWN_OK : bad(d, a->name, "must be START or START to END", o);
    case VALUE_REFERENCE: return parse_reference(d, a, out, o);
    case VALUE_DECISION: return parse_decision(d, a, f, out, o);
    case VALUE_ROLE:
        if (text && definitions_role(d->defs, a->text) < 0) {
            return bad(d, a->name, "must be a role that the protocols declare", o);
        }
        return parse_text(d, a, f, out, o);
    case VALUE_CHOICE:
        if (text && !in_list(d->defs, f, a->text)) {
            return bad_choice(d, a, f, o);
        }
        return parse_text(d, a, f, out, o);
    default: return parse_text(d, a, f, out, o);
    }
}

// `why: required` and `note: text`: a second argument "<field>.why" or "<field>.note" goes with the value.
static stepdown_status with_reason(struct draft *d, struct command *c, const struct field_def *f, struct value *value,
                                   stepdown_error **o) {
    bool decision = f->type == VALUE_DECISION;
    if (!f->reason_required && !f->note && !decision) {
        return STEPDOWN_OK;
    }
    const char *name = arena_format(d->arena, "%s.%s", f->def.name, f->note && !f->reason_required ? "note" : "why");
    if (name == NULL) {
        return status_nomem(&d->e->env, o);
    }
    stepdown_slice reason;
    stepdown_status status = argument_text(d, c, name, &reason, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (reason.size == 0) {
        return f->reason_required ? bad(d, name, "a reason is required", o) : STEPDOWN_OK;
    }
    struct value *pair = draft_list(d, 2);
    if (pair == NULL) {
        return status_nomem(&d->e->env, o);
    }
    pair[0] = value->type == VALUE_DECISION ? value->items[0] : *value;
    pair[1] = draft_text(VALUE_TEXT, reason);
    *value = (struct value){.type = VALUE_DECISION, .items = pair, .count = 2};
    return STEPDOWN_OK;
}

stepdown_status argument_field(struct draft *d, struct command *c, int32_t field, bool *found, struct value *out,
                               stepdown_error **o) {
    const struct field_def *f = &d->defs->fields[field];
    size_t count = 0;
    for (size_t i = 0; i < c->argument_count; i++) {
        count += strcmp(c->arguments[i].name, f->def.name) == 0;
    }
    *found = count > 0;
    if (count == 0) {
        return STEPDOWN_OK;
    }
    if (count > 1 && !f->many) {
        return bad(d, f->def.name, "was given more than once", o);
    }
    struct value *values = draft_list(d, count);
    if (values == NULL) {
        return status_nomem(&d->e->env, o);
    }
    size_t got = 0;
    for (size_t i = 0; i < c->argument_count; i++) {
        if (strcmp(c->arguments[i].name, f->def.name) == 0) {
            c->arguments[i].used = true;
            stepdown_status status = parse_one(d, &c->arguments[i], f, &values[got++], o);
            if (status != STEPDOWN_OK) {
                return status;
            }
        }
    }
    struct value value = values[0];
    if (f->many) {
        value = (struct value){.type = VALUE_LIST, .items = values, .count = (uint32_t)got};
    }
    stepdown_status status = with_reason(d, c, f, &value, o);
    if (status == STEPDOWN_OK) {
        *out = value;
    }
    return status;
}

// ---- built-in arguments -------------------------------------------------------------------------------------------------

stepdown_status argument_evidence(struct draft *d, struct command *c, bool *found, struct value *out,
                                  stepdown_error **o) {
    struct value *refs = draft_list(d, c->argument_count);
    uint32_t count = 0;
    if (refs == NULL) {
        return status_nomem(&d->e->env, o);
    }
    for (size_t i = 0; i < c->argument_count; i++) {
        struct argument *a = &c->arguments[i];
        if (strcmp(a->name, "evidence") == 0) {
            a->used = true;
            stepdown_status status = parse_reference(d, a, &refs[count++], o);
            if (status != STEPDOWN_OK) {
                return status;
            }
        }
    }
    *found = count > 0;
    *out = (struct value){.type = VALUE_LIST, .items = refs, .count = count};
    return STEPDOWN_OK;
}

// Name, attribute, how it is read. Free text goes into a disclosure of its own.
static const struct builtin_argument {
    const char *name;
    uint32_t attribute;
    uint8_t type; // VALUE_TIME, VALUE_PERSON, VALUE_ROLE, VALUE_CHOICE, VALUE_QUANTITY, VALUE_TEXT (withheld)
} builtin_arguments[] = {
    {"owner", ATTR_PERSON, VALUE_PERSON},  {"person", ATTR_PERSON, VALUE_PERSON},
    {"role", ATTR_ROLE, VALUE_ROLE},       {"organization", ATTR_ORG, VALUE_TEXT},
    {"due", ATTR_DUE, VALUE_TIME},         {"start", ATTR_START, VALUE_TIME},
    {"end", ATTR_END, VALUE_TIME},         {"reason", ATTR_REASON, VALUE_TEXT},
    {"text", ATTR_TEXT, VALUE_TEXT},       {"outcome", ATTR_OUTCOME, VALUE_CHOICE},
    {"method", ATTR_METHOD, VALUE_CHOICE}, {"amount", ATTR_VALUE, VALUE_QUANTITY},
};

// Work is given to, and marks are made about, those who take part: others could not see it. The fallback sees everything.
stepdown_status check_takes_part(struct draft *d, const char *name, stepdown_slice organization, stepdown_error **o) {
    return slice_equal(organization, d->e->fallback_organization) ||
                   state_participates(d->state, organization, d->header.recorded_at)
               ? STEPDOWN_OK
               : bad(d, name, "must be an organization that takes part in the pathway", o);
}

// "4 hours": a number with its unit.
static stepdown_status add_amount(struct draft *d, const struct builtin_argument *b, stepdown_slice text,
                                  struct event_draft *ev, stepdown_error **o) {
    const struct argument a = {.kind = ARGUMENT_TEXT, .text = text};
    struct value value = {.type = VALUE_QUANTITY};
    if (!parse_quantity(&a, NULL, &value) || value.text.size == 0 || value.number < 0) {
        return bad(d, b->name, "must be a number with its unit, such as 4 hours", o);
    }
    event_value(ev, d, b->attribute, &value);
    return STEPDOWN_OK;
}

static stepdown_status add_builtin(struct draft *d, struct command *c, const struct builtin_argument *b,
                                   struct event_draft *ev, stepdown_error **o) {
    stepdown_slice text;
    stepdown_time t;
    if (b->type == VALUE_TIME) {
        stepdown_status status = argument_time(d, c, b->name, &t, o);
        event_time(ev, d, b->attribute, t);
        return status;
    }
    stepdown_status status = argument_text(d, c, b->name, &text, o);
    if (status != STEPDOWN_OK || text.size == 0) {
        return status;
    }
    if (b->type == VALUE_QUANTITY) {
        return add_amount(d, b, text, ev, o);
    }
    bool withheld = b->attribute == ATTR_REASON || b->attribute == ATTR_TEXT;
    if (!withheld && text.size > ENGINE_NAME_MAX) {
        return bad(d, b->name, "is too long", o);
    }
    if (b->type == VALUE_ROLE && definitions_role(d->defs, text) < 0) {
        return bad(d, b->name, "must be a role that the protocols declare", o);
    }
    if (b->attribute == ATTR_ORG) {
        status = check_takes_part(d, b->name, text, o);
    }
    struct value value = draft_text(b->type, text);
    if (withheld) {
        event_withheld(ev, d, b->attribute, &value, NULL);
    } else {
        event_value(ev, d, b->attribute, &value);
    }
    return status;
}

stepdown_status argument_attributes(struct draft *d, struct command *c, struct event_draft *ev, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < sizeof builtin_arguments / sizeof builtin_arguments[0] && status == STEPDOWN_OK; i++) {
        status = add_builtin(d, c, &builtin_arguments[i], ev, o);
    }
    bool found = false;
    struct value refs;
    if (status == STEPDOWN_OK) {
        status = argument_evidence(d, c, &found, &refs, o);
    }
    if (status == STEPDOWN_OK && found) {
        event_value(ev, d, ATTR_EVIDENCE, &refs);
    }
    return status;
}

// What the command could have said instead: the fields of the form, or the arguments of every step.
static void detail_known(struct draft *d, const struct command *c, stepdown_error **o) {
    int32_t form = strcmp(c->verb, "submit") == 0 ? definitions_form(d->defs, slice_text(c->target)) : -1;
    for (uint32_t i = 0; form >= 0 && i < d->defs->forms[form].field_count; i++) {
        status_detail(o, "known", "%s", d->defs->fields[d->defs->forms[form].field_first + i].def.name);
    }
    for (size_t i = 0; form < 0 && i < sizeof builtin_arguments / sizeof builtin_arguments[0]; i++) {
        status_detail(o, "known", "%s", builtin_arguments[i].name);
    }
}

stepdown_status arguments_all_used(struct draft *d, const struct command *c, stepdown_error **o) {
    for (size_t i = 0; i < c->argument_count; i++) {
        if (!c->arguments[i].used) {
            stepdown_status status = bad(d, c->arguments[i].name, "this command takes no such argument", o);
            detail_known(d, c, o);
            return status;
        }
    }
    return STEPDOWN_OK;
}
