// SPDX-License-Identifier: Apache-2.0
// Files that mean harm: too large, too deep, too many, not text. A clear diagnostic, quickly, and nothing left behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "support.h"

static bool says(const stepdown_error *error, uint32_t line, const char *words) {
    for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
        if (stepdown_error_diagnostic_line(error, i) == line &&
            strstr(stepdown_error_diagnostic_message(error, i), words))
            return true;
    }
    return false;
}

// Compiles bytes and expects to be refused, with a problem at `line` that has `words` in its message.
static void refused(stepdown_slice text, uint32_t line, const char *words) {
    struct env env = env_default();
    struct digest *digest = NULL;
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    struct protocol_source source = {"hostile.yaml", text};
    struct compile_input input = {.protocols = &source, .protocol_count = 1, .library = protocol_library_builtin()};
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    assert_int_equal(protocol_compile(&env, digest, &input, &d, &error), STEPDOWN_PROTOCOL);
    assert_null(d);
    assert_non_null(error);
    assert_true(stepdown_error_diagnostic_count(error) > 0 && stepdown_error_diagnostic_count(error) <= 100);
    if (!says(error, line, words))
        fail_msg("no problem on line %u says \"%s\"; the first is on line %u: %s", line, words,
                 stepdown_error_diagnostic_line(error, 0), stepdown_error_diagnostic_message(error, 0));
    stepdown_error_free(&error);
    digest_free(&digest);
}

static void refused_buffer(struct buffer *b, uint32_t line, const char *words) {
    assert_false(b->failed);
    refused(slice_of(b->data, b->size), line, words);
    buffer_free(b);
}

static const char head[] =
    "protocol: hostile\nversion: 1.0.0\ntitle: t\nuses: [common]\nsubject: person\nprotects: p\n";

static void ten_megabytes_are_refused_unread(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    while (b.size < 10 * 1024 * 1024)
        buffer_text(&b, "# a comment that goes on and on and on and on and on and on\n");
    refused_buffer(&b, 1, "1048576");
}

static void deep_nesting_stops_at_a_limit(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    buffer_text(&b, "items: ");
    for (int i = 0; i < 100000; i++)
        buffer_text(&b, "[");
    refused_buffer(&b, 7, "nested more than 32");
}

static void deep_blocks_stop_at_the_same_limit(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    for (int i = 0; i < 200; i++)
        buffer_format(&b, "%*sa:\n", i, "");
    refused_buffer(&b, 39, "nested more than 32");
}

static void more_nodes_than_a_person_would_write_are_refused(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    buffer_text(&b, "lists:\n  many: [");
    for (int i = 0; i < 120000; i++)
        buffer_text(&b, "a,");
    buffer_text(&b, "a]\n");
    refused_buffer(&b, 8, "more than 100000 nodes");
}

static void aliases_that_would_explode_are_not_followed(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    buffer_text(&b, "lists:\n  a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (char c = 'b'; c <= 'z'; c++)
        buffer_format(&b, "  %c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1, c - 1, c - 1, c - 1, c - 1,
                      c - 1, c - 1, c - 1, c - 1);
    refused_buffer(&b, 8, "anchors");
}

static void what_is_not_utf_8_is_refused_where_it_stands(void **state) {
    (void)state;
    refused(slice_text("protocol: a\nversion: \"\xc3\x28\"\n"), 2, "not UTF-8");
    refused(slice_text("protocol: \xed\xa0\x80\n"), 1, "not UTF-8");
    refused(slice_of("protocol: a\0b\n", 14), 1, "NUL");
    refused(slice_text("protocol: \"a\\0b\"\nversion: 1\n"), 1, "NUL");
    refused(slice_of("\xff\xfep\0r\0", 6), 1, "not UTF-8");
    refused(slice_of(NULL, 0), 1, "empty");
}

static void thousands_of_names_and_rules_are_refused_quickly(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    buffer_text(&b, "escalate: overdue-at-provider\nitems:\n");
    for (int i = 0; i < 3000; i++)
        buffer_format(&b, "  i%d: {kind: task, owner: nurse, at_start: yes}\n", i);
    buffer_text(&b, "rules:\n");
    for (int i = 0; i < 2500; i++)
        buffer_format(&b, "  r%d: {when: i%d.closed, do: [{open: i%d}]}\n", i, i, i + 1);
    refused_buffer(&b, 2008, "more than 2000");
}

static void a_long_key_does_not_overrun_its_message(void **state) {
    struct env env = env_default();
    struct buffer b;
    (void)state;
    buffer_init(&b, &env);
    buffer_text(&b, head);
    for (int i = 0; i < 900; i++)
        buffer_text(&b, "k");
    buffer_text(&b, ": 1\n");
    refused_buffer(&b, 7, "kkkk");
}

static void two_files_of_one_name_are_refused(void **state) {
    struct env env = env_default();
    struct digest *digest = NULL;
    struct definitions *d = NULL;
    stepdown_error *error = NULL;
    struct protocol_source sources[2] = {{"a", slice_text(head)}, {"b", slice_text(head)}};
    struct compile_input input = {.protocols = sources, .protocol_count = 2, .library = protocol_library_builtin()};
    (void)state;
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    assert_int_equal(protocol_compile(&env, digest, &input, &d, &error), STEPDOWN_PROTOCOL);
    assert_string_equal(stepdown_error_diagnostic_file(error, 0), "b");
    stepdown_error_free(&error);
    input.protocol_count = 0;
    assert_int_equal(protocol_compile(&env, digest, &input, &d, &error), STEPDOWN_PROTOCOL);
    stepdown_error_free(&error);
    digest_free(&digest);
}

static void identify_reads_name_and_version_of_every_sort_of_file(void **state) {
    static const struct {
        const char *text, *name;
    } files[] = {{"protocol: a\nversion: 1.0\n", "a"},
                 {"dictionary: b\nversion: 2\n", "b"},
                 {"overlay: c\nversion: 3\nof: a\n", "c"}};
    struct env env = env_default();
    struct arena arena;
    const char *name = NULL, *version = NULL;
    (void)state;
    arena_init(&arena, &env);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct protocol_source source = {"f", slice_text(files[i].text)};
        assert_int_equal(protocol_identify(&env, &source, &arena, &name, &version, NULL), STEPDOWN_OK);
        assert_string_equal(name, files[i].name);
    }
    struct protocol_source nothing = {"f", slice_text("title: a\n")}, broken = {"f", slice_text("a: [")};
    stepdown_error *error = NULL;
    assert_int_equal(protocol_identify(&env, &nothing, &arena, &name, &version, &error), STEPDOWN_INVALID);
    stepdown_error_free(&error);
    assert_int_equal(protocol_identify(&env, &broken, &arena, &name, &version, NULL), STEPDOWN_INVALID);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_megabytes_are_refused_unread),
        cmocka_unit_test(deep_nesting_stops_at_a_limit),
        cmocka_unit_test(deep_blocks_stop_at_the_same_limit),
        cmocka_unit_test(more_nodes_than_a_person_would_write_are_refused),
        cmocka_unit_test(aliases_that_would_explode_are_not_followed),
        cmocka_unit_test(what_is_not_utf_8_is_refused_where_it_stands),
        cmocka_unit_test(thousands_of_names_and_rules_are_refused_quickly),
        cmocka_unit_test(a_long_key_does_not_overrun_its_message),
        cmocka_unit_test(two_files_of_one_name_are_refused),
        cmocka_unit_test(identify_reads_name_and_version_of_every_sort_of_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
