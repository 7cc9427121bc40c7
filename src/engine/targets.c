// SPDX-License-Identifier: Apache-2.0
// What a person means by "second_visit", "reengagement_script.script" or "12.0": names to elements of the pathway.
#include "engine/verbs.h"

#include <string.h>

const char *element_word(const struct state *s, uint32_t element) {
    bool label = element != NO_ELEMENT && (s->elements[element].flags & ELEMENT_ADHOC) != 0 &&
                 s->elements[element].name.size > 0;
    const struct kind_row *kind = label ? lifecycle_kind(s->elements[element].kind) : NULL;
    return kind != NULL ? kind->word : element_name(s, element);
}

const char *element_name(const struct state *s, uint32_t element) {
    if (element == NO_ELEMENT) {
        return "pathway";
    }
    const struct element *el = &s->elements[element];
    if ((el->flags & ELEMENT_IS_ITEM) == 0) {
        return el->def < s->defs->form_count ? s->defs->forms[el->def].def.name : "entry";
    }
    if (el->kind == KIND_ALERT && el->ladder_rule < s->defs->rule_count) {
        return s->defs->rules[el->ladder_rule].def.name;
    }
    if (el->def < s->defs->item_count) {
        return s->defs->items[el->def].def.name;
    }
    if (el->name.size > 0) {
        return (const char *)el->name.data; // texts of a state end in NUL
    }
    const struct kind_row *kind = lifecycle_kind(el->kind);
    return kind != NULL ? kind->word : "item";
}

static bool parse_number(stepdown_slice *text, uint64_t *out) {
    uint64_t value = 0;
    size_t digits = 0;
    while (digits < text->size && text->data[digits] >= '0' && text->data[digits] <= '9') {
        if (digits == 18) {
            return false;
        }
        value = value * 10 + (uint64_t)(text->data[digits++] - '0');
    }
    *text = slice_of(text->data + digits, text->size - digits);
    *out = value;
    return digits > 0;
}

bool target_parse_id(stepdown_slice text, struct ref *out, stepdown_slice *rest) {
    uint64_t seq, ord;
    if (!parse_number(&text, &seq) || text.size == 0 || text.data[0] != '.') {
        return false;
    }
    text = slice_of(text.data + 1, text.size - 1);
    if (!parse_number(&text, &ord) || ord > UINT32_MAX) {
        return false;
    }
    *out = (struct ref){.seq = seq, .ord = (uint32_t)ord};
    *rest = text;
    return true;
}

// The newest live alert of an escalation, or ad-hoc item of that name.
static uint32_t find_open(const struct state *s, int32_t rule, stepdown_slice name) {
    uint32_t best = NO_ELEMENT;
    for (size_t i = 0; i < s->open_count; i++) {
        uint32_t index = s->open_items[i];
        const struct element *el = &s->elements[index];
        bool fits = rule >= 0 ? el->kind == KIND_ALERT && el->ladder_rule == (uint32_t)rule
                              : el->def == UINT32_MAX && el->name.size > 0 && slice_equal(el->name, name);
        if (fits && (best == NO_ELEMENT || index > best)) {
            best = index;
        }
    }
    return best;
}

// The newest item of a kind, live ones first: "huddle", "alert".
static uint32_t find_kind(const struct state *s, uint8_t kind) {
    uint32_t best = NO_ELEMENT;
    for (size_t i = 0; i < s->open_count; i++) {
        uint32_t index = s->open_items[i];
        if (s->elements[index].kind == kind && (best == NO_ELEMENT || index > best)) {
            best = index;
        }
    }
    return best;
}

// The newest item that was added by hand under this name and is finished.
static uint32_t find_finished(const struct state *s, stepdown_slice name) {
    for (size_t i = s->element_count; i > 0; i--) {
        const struct element *el = &s->elements[i - 1];
        if (el->def == UINT32_MAX && el->name.size > 0 && slice_equal(el->name, name)) {
            return (uint32_t)(i - 1);
        }
    }
    return NO_ELEMENT;
}

static uint32_t newest_entry(const struct state *s, int32_t form) {
    for (uint32_t i = s->newest_form[form]; i != NO_ELEMENT; i = s->elements[i].previous_same) {
        if ((s->elements[i].flags & ELEMENT_RETRACTED) == 0) {
            return i;
        }
    }
    return NO_ELEMENT;
}

static stepdown_status not_found(struct draft *d, stepdown_slice text, const char *what, stepdown_error **o) {
    stepdown_status status =
        status_fail(&d->e->env, o, STEPDOWN_NOT_FOUND, "%s: %.*s", what, (int)text.size, (const char *)text.data);
    status_detail(o, "target", "%.*s", (int)text.size, (const char *)text.data);
    return status;
}

void target_detail_items(struct draft *d, bool on_demand, stepdown_error **o) {
    for (size_t i = 0; i < d->defs->item_count; i++) {
        if (!on_demand || d->defs->items[i].on_demand) {
            status_detail(o, "known", "%s", d->defs->items[i].def.name);
        }
    }
}

void target_detail_forms(struct draft *d, stepdown_error **o) {
    for (size_t i = 0; i < d->defs->form_count; i++) {
        if (d->defs->forms[i].report_to == NULL) {
            status_detail(o, "known", "%s", d->defs->forms[i].def.name);
        }
    }
}

// Field by name: of the entry's form, or of any form about the item that has one filled in.
static stepdown_status find_field(struct draft *d, stepdown_slice text, stepdown_slice name, struct target *t,
                                  stepdown_error **o) {
    const struct state *s = d->state;
    if (t->element != NO_ELEMENT && (s->elements[t->element].flags & ELEMENT_IS_ITEM) == 0) {
        uint32_t form = s->elements[t->element].def;
        t->field = form < d->defs->form_count ? definitions_field(d->defs, (int32_t)form, name) : -1;
        return t->field >= 0 ? STEPDOWN_OK : not_found(d, text, "the form has no such field", o);
    }
    for (size_t form = 0; form < d->defs->form_count; form++) {
        int32_t field = definitions_field(d->defs, (int32_t)form, name);
        uint32_t entry;
        if (field >= 0 && state_field(s, t->element, field, false, &entry) != NULL) {
            *t = (struct target){.element = entry, .field = field};
            return STEPDOWN_OK;
        }
    }
    return not_found(d, text, "nothing is filled in there", o);
}

enum { CALLED_MAX = 16 };

stepdown_status target_clashes(struct engine *e, const struct definitions *defs, stepdown_slice name,
                               stepdown_error **o) {
    const struct name_def *found[CALLED_MAX];
    size_t count = definitions_called(defs, name, found, CALLED_MAX);
    if (count < 2) {
        return STEPDOWN_OK;
    }
    stepdown_status status = status_fail(
        &e->env, o, STEPDOWN_INVALID, "%.*s is a name in %zu protocols of this pathway; say which is meant, as in %s",
        (int)name.size, (const char *)name.data, count, found[0]->qualified);
    status_detail(o, "target", "%.*s", (int)name.size, (const char *)name.data);
    for (size_t i = 0; i < count && i < CALLED_MAX; i++) {
        status_detail(o, "known", "%s", found[i]->qualified);
    }
    return status;
}

static stepdown_status find_named(struct draft *d, stepdown_slice text, stepdown_slice name, struct target *t,
                                  stepdown_error **o) {
    const struct state *s = d->state;
    stepdown_status clash = target_clashes(d->e, d->defs, name, o);
    if (clash != STEPDOWN_OK) {
        return clash;
    }
    int32_t item = definitions_item(d->defs, name), form = definitions_form(d->defs, name);
    int32_t rule = definitions_rule(d->defs, name);
    uint8_t kind = lifecycle_kind_find(name);
    t->element = NO_ELEMENT;
    if (slice_is(name, "pathway")) {
        return STEPDOWN_OK;
    }
    if (item >= 0) {
        t->element = state_live_or_newest(s, item);
    } else if (form >= 0) {
        t->element = newest_entry(s, form);
    } else if (rule >= 0) {
        t->element = find_open(s, rule, name);
    } else {
        t->element = find_open(s, -1, name);
        if (t->element == NO_ELEMENT && kind != KIND_NONE) {
            t->element = find_kind(s, kind);
        }
        if (t->element == NO_ELEMENT) {
            t->element = find_finished(s, name);
        }
    }
    if (t->element != NO_ELEMENT) {
        return STEPDOWN_OK;
    }
    bool known = item >= 0 || form >= 0 || rule >= 0 || kind != KIND_NONE;
    stepdown_status status =
        not_found(d, text, known ? "the pathway has none of these now" : "the protocols know nothing of this name", o);
    if (!known) {
        target_detail_items(d, false, o);
        target_detail_forms(d, o);
    }
    return status;
}

static size_t part_size(stepdown_slice text, size_t from) {
    const uint8_t *dot = from < text.size ? memchr(text.data + from, '.', text.size - from) : NULL;
    return dot != NULL ? (size_t)(dot - text.data) : text.size;
}

// The name that a target begins with, plain or behind that of its protocol; what follows is a field.
static size_t name_size(const struct definitions *defs, stepdown_slice text) {
    size_t size = part_size(text, 0);
    bool qualified = size < text.size && definitions_source(defs, slice_of(text.data, size)) >= 0;
    return qualified ? part_size(text, size + 1) : size;
}

stepdown_status target_resolve(struct draft *d, stepdown_slice text, struct target *out, stepdown_error **o) {
    struct target t = {.element = NO_ELEMENT, .field = -1};
    stepdown_slice rest = slice_of(NULL, 0);
    struct ref id;
    stepdown_status status = STEPDOWN_OK;
    if (target_parse_id(text, &id, &rest)) {
        t.element = state_find(d->state, id);
        if (t.element == NO_ELEMENT) {
            return not_found(d, text, "no item or entry has this id", o);
        }
    } else {
        size_t size = name_size(d->defs, text);
        rest = slice_of(text.data + size, text.size - size);
        status = find_named(d, text, slice_of(text.data, size), &t, o);
    }
    if (status == STEPDOWN_OK && rest.size > 1 && rest.data[0] == '.') {
        status = find_field(d, text, slice_of(rest.data + 1, rest.size - 1), &t, o);
    } else if (status == STEPDOWN_OK && rest.size > 0) {
        status = not_found(d, text, "this is no id and no name", o);
    }
    if (status == STEPDOWN_OK) {
        *out = t;
    }
    return status;
}

stepdown_status target_item(struct draft *d, stepdown_slice text, uint32_t *out, stepdown_error **o) {
    struct target t;
    stepdown_status status = target_resolve(d, text, &t, o);
    if (status != STEPDOWN_OK) {
        return status;
    }
    if (t.element == NO_ELEMENT || t.field >= 0 || (d->state->elements[t.element].flags & ELEMENT_IS_ITEM) == 0) {
        return status_fail(&d->e->env, o, STEPDOWN_INVALID, "%.*s is not an item", (int)text.size,
                           (const char *)text.data);
    }
    *out = t.element;
    return STEPDOWN_OK;
}
