// SPDX-License-Identifier: Apache-2.0
// The shipped protocol: every requirement row is there, what it means is a text snapshot, its hash depends on what it
// should depend on and on nothing else, and no lost allocation goes unnoticed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "record/value_cbor.h"
#include "support.h"
#include "support/memory.h"

#define FVH "src/protocols/failed-first-visit-huddle.yaml"

static struct definitions *compiled(const struct protocol_setting *settings, size_t count) {
    struct env env = env_default();
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    struct buffer text;
    size_t size;
    char *file = read_tree_file(FVH, &size);
    stepdown_status status = compile_texts(&env, file, NULL, settings, count, &d, &error);
    buffer_init(&text, &env);
    outcome_print(status, error, &text);
    if (status != STEPDOWN_OK)
        print_error("%.*s", (int)text.size, (const char *)text.data);
    assert_int_equal(status, STEPDOWN_OK);
    buffer_free(&text);
    stepdown_error_free(&error);
    env_free(&env, file);
    return d;
}

// Is the row the name or among the rows of any definition?
static bool stands(const struct def *def, const char *row) {
    size_t size = strlen(row);
    for (const char *p = strstr(def->row, row); p; p = strstr(p + 1, row)) {
        if ((p == def->row || p[-1] == ' ') && (p[size] == 0 || p[size] == ' '))
            return true;
    }
    return false;
}

static bool row_stands(const struct definitions *d, const char *row) {
    bool found = false;
#define LOOK(array, count)                                                                                             \
    for (size_t i = 0; i < d->count; i++)                                                                              \
        found |= stands(&d->array[i].def, row);
    LOOK(roles, role_count)
    LOOK(parameters, parameter_count)
    LOOK(fields, field_count)
    LOOK(forms, form_count)
    LOOK(items, item_count)
    LOOK(rules, rule_count)
    LOOK(needs, need_count)
    LOOK(confirms, confirm_count)
    LOOK(measures, measure_count)
#undef LOOK
    for (size_t i = 0; i < d->item_count; i++) {
        for (uint16_t k = 0; k < d->items[i].decision_count; k++)
            found |= stands(&d->items[i].decisions[k].def, row);
    }
    return found;
}

static void every_row_of_the_requirement_stands_in_the_protocol(void **state) {
    static const struct {
        char letter;
        int count;
    } rows[] = {{'T', 2}, {'R', 5}, {'F', 8}, {'S', 7}, {'G', 5}, {'E', 2}, {'C', 5}, {'M', 3}, {'P', 1}, {'N', 1}};
    struct definitions *d = compiled(NULL, 0);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int n = 1; n <= rows[i].count; n++) {
            char row[16];
            (void)snprintf(row, sizeof row, "FVH-%c%d", rows[i].letter, n);
            if (!row_stands(d, row))
                fail_msg("%s is missing", row);
        }
    }
    definitions_release(&d);
}

static void what_it_means_is_as_it_was_read(void **state) {
    struct env env = env_default();
    struct definitions *d = compiled(NULL, 0);
    struct buffer shown, drawn;
    (void)state;
    buffer_init(&shown, &env);
    buffer_init(&drawn, &env);
    struct halves halves = {.list = {d}, .count = 1};
    protocol_show(&halves, &shown);
    protocol_draw(&halves, &drawn);
    bool same = matches_file("tests/protocol/golden/failed-first-visit-huddle.txt", &shown);
    same &= matches_file("tests/protocol/golden/failed-first-visit-huddle.dot", &drawn);
    assert_true(same);
    buffer_free(&shown);
    buffer_free(&drawn);
    definitions_release(&d);
}

static int64_t parameter_of(const struct definitions *d, const char *name) {
    for (size_t i = 0; i < d->parameter_count; i++) {
        if (strcmp(d->parameters[i].def.name, name) == 0) {
            return d->parameters[i].value.number;
        }
    }
    fail_msg("no parameter %s", name);
    return 0;
}

static void the_hash_follows_the_source_and_the_settings_alone(void **state) {
    static const struct protocol_setting same[] = {{"refusals", "2"}}, other[] = {{"FVH-P1", "3"}},
                                         clock[] = {{"PAR-01.late_after", "19:30"}};
    struct definitions *a = compiled(NULL, 0), *b = compiled(same, 1), *c = compiled(other, 1), *e = compiled(clock, 1);
    (void)state;
    assert_memory_equal(a->hash, b->hash, DIGEST_SIZE);
    assert_memory_not_equal(a->hash, c->hash, DIGEST_SIZE);
    assert_memory_not_equal(a->hash, e->hash, DIGEST_SIZE);
    assert_int_equal(parameter_of(c, "refusals"), 3);
    assert_int_equal(e->calendars[0].late_after, 19 * TIME_HOUR + 30 * TIME_MINUTE);
    definitions_release(&a);
    definitions_release(&b);
    definitions_release(&c);
    definitions_release(&e);
}

// As docs/format.md says: deterministic CBOR over what was read, nothing of how it is printed for people.
static void the_hash_is_what_the_page_on_the_format_says(void **state) {
    static const struct protocol_setting other[] = {{"FVH-P1", "3"}};
    struct env env = env_default();
    struct definitions *d = compiled(other, 1);
    struct digest *digest = NULL;
    struct buffer b;
    uint8_t hash[DIGEST_SIZE];
    (void)state;
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    buffer_init(&b, &env);
    cbor_write_array(&b, 5);
    cbor_write_uint(&b, 1);
    cbor_write_text(&b, slice_text("person"));
    cbor_write_array(&b, d->source_count);
    for (size_t i = 0; i < d->source_count; i++) {
        cbor_write_array(&b, 4);
        cbor_write_text(&b, slice_text(d->sources[i].dictionary ? "dictionary" : "protocol"));
        cbor_write_text(&b, slice_text(d->sources[i].name));
        cbor_write_text(&b, slice_text(d->sources[i].version));
        cbor_write_bytes(&b, d->sources[i].hash, DIGEST_SIZE);
    }
    cbor_write_array(&b, d->parameter_count);
    for (size_t i = 0; i < d->parameter_count; i++) {
        cbor_write_array(&b, 4);
        cbor_write_text(&b, slice_text(d->sources[d->parameters[i].def.source].name));
        cbor_write_text(&b, slice_text(d->parameters[i].def.name));
        value_write(&b, &d->parameters[i].value);
        if (d->parameters[i].part_name)
            value_write(&b, &d->parameters[i].part);
        else
            cbor_write_null(&b);
    }
    cbor_write_array(&b, d->calendar_count);
    for (size_t i = 0; i < d->calendar_count; i++) {
        cbor_write_array(&b, 4);
        cbor_write_text(&b, slice_text(d->calendars[i].def.name));
        cbor_write_int(&b, d->calendars[i].until);
        cbor_write_int(&b, d->calendars[i].late_after);
        cbor_write_int(&b, d->calendars[i].then_until);
    }
    assert_true(d->parameter_count > 0 && d->calendar_count > 0);
    assert_true(digest_sha256(digest, NULL, 0, b.data, b.size, hash));
    assert_memory_equal(d->hash, hash, DIGEST_SIZE);
    buffer_free(&b);
    digest_free(&digest);
    definitions_release(&d);
}

static void settings_outside_the_bounds_are_refused(void **state) {
    static const struct protocol_setting bad[][1] = {{{"refusals", "1"}},   {{"refusals", "often"}},
                                                     {{"PAR-77", "1"}},     {{"PAR-01.late_after", "late"}},
                                                     {{"PAR-01", "20:00"}}, {{"refusals.during", "1 day"}}};
    struct env env = env_default();
    size_t size;
    char *file = read_tree_file(FVH, &size);
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct definitions *d = NULL;
        stepdown_error *error = NULL;
        assert_int_equal(compile_texts(&env, file, NULL, bad[i], 1, &d, &error), STEPDOWN_PROTOCOL);
        assert_int_equal(stepdown_error_diagnostic_count(error), 1);
        assert_string_equal(stepdown_error_diagnostic_rule(error, 0), "setting");
        stepdown_error_free(&error);
    }
    env_free(&env, file);
}

static void an_overlay_changes_the_hash_and_nothing_that_it_does_not_name(void **state) {
    static const char overlay[] =
        "overlay: local\nversion: 1.0.0\nof: failed-first-visit-huddle\nreviews:\n  access_review: {due: 1 day}\n";
    struct env env = env_default();
    size_t size;
    char *file = read_tree_file(FVH, &size);
    struct definitions *plain = compiled(NULL, 0), *local = NULL;
    (void)state;
    assert_int_equal(compile_texts(&env, file, overlay, NULL, 0, &local, NULL), STEPDOWN_OK);
    assert_memory_not_equal(plain->hash, local->hash, DIGEST_SIZE);
    assert_int_equal(plain->name_count, local->name_count);
    for (size_t i = 0; i < plain->name_count; i++)
        assert_string_equal(plain->names[i].qualified, local->names[i].qualified);
    definitions_release(&plain);
    definitions_release(&local);
    env_free(&env, file);
}

static void names_are_bound_to_numbers_and_found_again(void **state) {
    struct env env = env_default();
    struct definitions *d = compiled(NULL, 0);
    (void)state;
    uint32_t *numbers = env_alloc(&env, d->name_count * sizeof *numbers);
    assert_non_null(numbers);
    for (size_t i = 0; i < d->name_count; i++)
        numbers[i] = (uint32_t)(5000 - i); // not in order
    const char *first = d->names[0].qualified;
    assert_int_equal(definitions_bind(d, numbers, NULL), STEPDOWN_OK);
    assert_string_equal(definitions_symbol(d, 5000)->qualified, first);
    assert_null(definitions_symbol(d, 5001));
    assert_null(definitions_symbol(d, 0));
    int32_t item = definitions_item(d, slice_text("second_visit"));
    assert_true(item >= 0 && d->items[item].def.symbol >= SYMBOL_FIRST);
    assert_int_equal(definitions_symbol(d, d->items[item].def.symbol)->index, item);
    assert_int_equal(definitions_item(d, slice_text("failed-first-visit-huddle.second_visit")), item);
    assert_int_equal(definitions_item(d, slice_text("third_visit")), -1);
    int32_t form = definitions_form(d, slice_text("visit_record"));
    assert_true(definitions_field(d, form, slice_text("visit_time")) >= 0);
    assert_int_equal(definitions_field(d, form, slice_text("advice")), -1);
    numbers[1] = numbers[0];
    stepdown_error *error = NULL;
    assert_int_equal(definitions_bind(d, numbers, &error), STEPDOWN_INTERNAL);
    stepdown_error_free(&error);
    env_free(&env, numbers);
    definitions_release(&d);
}

// What the engine counts on, beyond what the snapshot shows.
static void triggers_are_sorted_and_every_rule_finds_its_own(void **state) {
    struct definitions *d = compiled(NULL, 0);
    size_t found = 0;
    (void)state;
    assert_int_equal(d->rule_trigger_count, d->trigger_count);
    for (size_t i = 1; i < d->trigger_count; i++)
        assert_true(
            d->triggers[i - 1].kind < d->triggers[i].kind ||
            (d->triggers[i - 1].kind == d->triggers[i].kind && d->triggers[i - 1].source <= d->triggers[i].source));
    for (size_t r = 0; r < d->rule_count; r++) {
        for (uint32_t t = 0; t < d->rules[r].trigger_count; t++, found++)
            assert_int_equal(d->triggers[d->rule_triggers[d->rules[r].trigger_first + t]].rule, (int32_t)r);
    }
    assert_int_equal(found, d->trigger_count);
    assert_true(d->evidence_rule >= 0 && d->action_item >= 0);
    int32_t gate = definitions_gate(d, slice_text("second_visit_starts"));
    assert_true(gate >= 0);
    assert_int_equal(d->gates[gate].code, EVENT_APPOINTMENT_STARTED);
    assert_int_equal(d->gates[gate].need_count, 5);
    definitions_release(&d);
}

static stepdown_status compile_once(const struct env *env, void *ctx) {
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = compile_texts(env, ctx, NULL, NULL, 0, &d, &error);
    stepdown_error_free(&error);
    definitions_release(&d);
    return status;
}

static void every_lost_allocation_is_out_of_memory_and_nothing_else(void **state) {
    struct env env = env_default();
    size_t size;
    char *file = read_tree_file(FVH, &size);
    (void)state;
    assert_true(test_memory_sweep(compile_once, file) > 10);
    env_free(&env, file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_requirement_stands_in_the_protocol),
        cmocka_unit_test(what_it_means_is_as_it_was_read),
        cmocka_unit_test(the_hash_follows_the_source_and_the_settings_alone),
        cmocka_unit_test(the_hash_is_what_the_page_on_the_format_says),
        cmocka_unit_test(settings_outside_the_bounds_are_refused),
        cmocka_unit_test(an_overlay_changes_the_hash_and_nothing_that_it_does_not_name),
        cmocka_unit_test(names_are_bound_to_numbers_and_found_again),
        cmocka_unit_test(triggers_are_sorted_and_every_rule_finds_its_own),
        cmocka_unit_test(every_lost_allocation_is_out_of_memory_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
