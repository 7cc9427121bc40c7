// SPDX-License-Identifier: Apache-2.0
// Several protocols in one set, dictionaries that use dictionaries, and dictionaries of the host.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "support.h"

#define HEAD(name, uses)                                                                                               \
    "protocol: " name "\nversion: 1.0.0\ntitle: t\nuses: [" uses "]\nsubject: person\nprotects: p\n"

static const char morning[] =
    HEAD("morning", "words") "items:\n  check: {kind: task, owner: helper, at_start: yes, due: "
                             "soon, escalate: late}\n";
static const char evening[] =
    HEAD("evening", "words, names") "items:\n  check: {kind: task, owner: helper, at_start: yes, "
                                    "due: 1 day, escalate: late}\n  call: {kind: task, owner: "
                                    "helper, at_start: yes, escalate: late}\n";
static const char words[] =
    "dictionary: words\nversion: 1.0.0\ntitle: t\nuses: [names]\ncalendar:\n  soon: {rule: "
    "end-of-day}\nescalations:\n  late: [{tell: helper, answer_within: soon}]\nroles:\n  helper: "
    "{org: house, last: yes}\n";
static const char names[] =
    "dictionary: names\nversion: 1.0.0\ntitle: t\nuses: [words]\norganizations:\n  house: {title: "
    "House}\n";

static struct protocol_source find(void *ctx, struct arena *arena, const char *name) {
    int *asked = ctx;
    (void)arena;
    (*asked)++;
    const char *text = strcmp(name, "words") == 0 ? words : strcmp(name, "names") == 0 ? names : NULL;
    return (struct protocol_source){name, slice_text(text)};
}

static stepdown_status compile_set(const char *first, const char *second, struct definitions **out,
                                   stepdown_error **out_error) {
    struct env env = env_default();
    struct digest *digest = NULL;
    int asked = 0;
    struct protocol_source sources[2] = {{"first", slice_text(first)}, {"second", slice_text(second)}};
    struct compile_input input = {.protocols = sources, .protocol_count = second ? 2 : 1, .library = {&asked, find}};
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    stepdown_status status = protocol_compile(&env, digest, &input, out, out_error);
    digest_free(&digest);
    assert_in_range(asked, 0, 2); // each dictionary once, though several use it
    return status;
}

static void protocols_of_one_set_share_a_dictionary_and_keep_their_own_names(void **state) {
    struct definitions *d = NULL;
    (void)state;
    assert_int_equal(compile_set(morning, evening, &d, NULL), STEPDOWN_OK);
    assert_string_equal(d->sources[0].name, "morning");
    assert_int_equal(d->source_count, 4);
    assert_int_equal(d->role_count, 1);
    assert_int_equal(definitions_item(d, slice_text("check")), NAME_CLASHES); // which of the two?
    assert_true(definitions_item(d, slice_text("morning.check")) >= 0);
    assert_int_not_equal(definitions_item(d, slice_text("morning.check")),
                         definitions_item(d, slice_text("evening.check")));
    assert_true(definitions_item(d, slice_text("call")) >= 0);
    assert_int_equal(definitions_item(d, slice_text("morning.call")), -1);
    assert_int_equal(definitions_rule(d, slice_text("words.late")), definitions_rule(d, slice_text("late")));
    assert_true(definitions_role(d, slice_text("helper")) >= 0);
    definitions_release(&d);
    assert_null(d);
    definitions_release(&d);
}

static void a_protocol_does_not_see_the_names_of_its_neighbour(void **state) {
    static const char nosy[] =
        HEAD("nosy", "words, names") "items:\n  look: {kind: task, owner: helper, at_start: yes, due: "
                                     "call.due, escalate: late}\n";
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    (void)state;
    assert_int_equal(compile_set(evening, nosy, &d, &error), STEPDOWN_PROTOCOL);
    assert_string_equal(stepdown_error_diagnostic_file(error, 0), "second");
    assert_string_equal(stepdown_error_diagnostic_rule(error, 0), "name");
    stepdown_error_free(&error);
}

static void a_name_of_a_dictionary_cannot_be_taken_again(void **state) {
    static const char taken[] =
        HEAD("taken", "words, names") "items:\n  late: {kind: task, owner: helper, at_start: yes, "
                                      "escalate: late}\n";
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    (void)state;
    assert_int_equal(compile_set(taken, NULL, &d, &error), STEPDOWN_PROTOCOL);
    assert_non_null(strstr(stepdown_error_diagnostic_message(error, 0), "is a name already"));
    stepdown_error_free(&error);
}

static void references_keep_definitions_alive(void **state) {
    struct definitions *d = NULL, *second;
    (void)state;
    assert_int_equal(compile_set(morning, NULL, &d, NULL), STEPDOWN_OK);
    second = definitions_retain(d);
    definitions_release(&d);
    assert_string_equal(second->sources[0].name, "morning");
    definitions_release(&second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_of_one_set_share_a_dictionary_and_keep_their_own_names),
        cmocka_unit_test(a_protocol_does_not_see_the_names_of_its_neighbour),
        cmocka_unit_test(a_name_of_a_dictionary_cannot_be_taken_again),
        cmocka_unit_test(references_keep_definitions_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
