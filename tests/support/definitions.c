// SPDX-License-Identifier: Apache-2.0
// The definition set made by hand.
#include "support/definitions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    uint32_t symbol;
    uint8_t name, item_kind;
    uint32_t form; // fields: the form they stand in
    bool dropped;  // from the smaller set
    const char *qualified, *plain;
} rows[] = {
    {SYMBOL_VISIT, NAME_ITEM, KIND_APPOINTMENT, 0, false, "test.visit", "visit"},
    {SYMBOL_HUDDLE, NAME_ITEM, KIND_HUDDLE, 0, false, "test.huddle", "huddle"},
    {SYMBOL_CALL, NAME_ITEM, KIND_TASK, 0, true, "test.call", "call"},
    {SYMBOL_UPDATE, NAME_ITEM, KIND_UPDATE, 0, false, "test.update", "update"},
    {SYMBOL_SCRIPT, NAME_FORM, 0, 0, false, "test.script", "script"},
    {SYMBOL_CONTACT, NAME_FORM, 0, 0, true, "test.contact", "contact"},
    {SYMBOL_ATTENDANCE, NAME_FIELD, 0, SYMBOL_SCRIPT, false, "test.script.attendance", "attendance"},
    {SYMBOL_WORDING, NAME_FIELD, 0, SYMBOL_SCRIPT, false, "test.script.wording", "wording"},
    {SYMBOL_REMARK, NAME_FIELD, 0, SYMBOL_SCRIPT, true, "test.script.remark", "remark"},
    {SYMBOL_OUTCOME, NAME_FIELD, 0, SYMBOL_CONTACT, true, "test.contact.outcome", "outcome"},
    {SYMBOL_REACHED_AT, NAME_FIELD, 0, SYMBOL_CONTACT, true, "test.contact.reached_at", "reached_at"},
    {SYMBOL_NO_SHOW, NAME_RULE, 0, 0, true, "test.no_show", "no_show"},
    {SYMBOL_LADDER, NAME_RULE, 0, 0, false, "test.ladder", "ladder"},
    {SYMBOL_PROCEED, NAME_GATE, 0, 0, false, "test.proceed", "proceed"},
    {SYMBOL_NURSE, NAME_ROLE, 0, 0, false, "test.nurse", "nurse"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void *room(struct definitions *d, size_t width) {
    void *array = arena_zalloc(&d->arena, ROWS * width);
    assert_non_null(array);
    return array;
}

static void add(struct definitions *d, size_t row) {
    struct def def = {.name = rows[row].plain, .row = "", .says = ""};
    size_t index = 0;
    switch (rows[row].name) {
    case NAME_ITEM:
        d->items[index = d->item_count++] = (struct item_def){.def = def, .kind = rows[row].item_kind};
        break;
    case NAME_FORM:
        d->forms[index = d->form_count++] = (struct form_def){.def = def, .family = FAMILY_FORM, .member = -1};
        break;
    case NAME_FIELD: d->fields[index = d->field_count++] = (struct field_def){.def = def, .type = VALUE_TEXT}; break;
    case NAME_RULE:
        d->rules[index = d->rule_count++] =
            (struct rule_def){.def = def, .kind = rows[row].symbol == SYMBOL_LADDER ? RULE_ESCALATION : RULE_PLAIN};
        break;
    case NAME_GATE: d->gates[index = d->gate_count++] = (struct gate_def){.def = def, .item = -1}; break;
    default: d->roles[index = d->role_count++] = (struct role_def){.def = def}; break;
    }
    d->names[d->name_count++] = (struct name_def){rows[row].qualified, 0, rows[row].name, (int32_t)index};
}

static void bind(struct definitions *d) {
    uint32_t numbers[ROWS];
    for (size_t i = 0; i < d->name_count; i++) {
        size_t row = 0;
        while (rows[row].qualified != d->names[i].qualified)
            row++;
        numbers[i] = rows[row].symbol;
    }
    assert_int_equal(definitions_bind(d, numbers, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < ROWS; i++) {
        int32_t field = test_definitions_index(d, rows[i].symbol);
        if (rows[i].name == NAME_FIELD && field >= 0)
            d->fields[field].form = test_definitions_index(d, rows[i].form);
    }
}

struct definitions *test_definitions_new(const struct env *env, enum test_definitions_kind kind) {
    struct definitions *d = env_zalloc(env, sizeof *d);
    assert_non_null(d);
    d->env = *env;
    arena_init(&d->arena, &d->env);
    definitions_retain(d);
    d->sources = room(d, sizeof *d->sources);
    d->sources[d->source_count++] = (struct source_def){.name = "test", .version = "1", .title = "", .purpose = ""};
    d->names = room(d, sizeof *d->names);
    d->items = room(d, sizeof *d->items);
    d->forms = room(d, sizeof *d->forms);
    d->fields = room(d, sizeof *d->fields);
    d->rules = room(d, sizeof *d->rules);
    d->gates = room(d, sizeof *d->gates);
    d->roles = room(d, sizeof *d->roles);
    d->evidence_rule = d->action_item = -1;
    for (size_t i = 0; i < ROWS; i++) {
        size_t row = kind == TEST_DEFINITIONS ? i : ROWS - 1 - i;
        if (kind != TEST_DEFINITIONS_SMALLER || !rows[row].dropped)
            add(d, row);
    }
    bind(d);
    return d;
}

int32_t test_definitions_index(const struct definitions *d, uint32_t symbol) {
    const struct name_def *name = definitions_symbol(d, symbol);
    return name ? name->index : -1;
}
