// SPDX-License-Identifier: Apache-2.0
// Every folder of cases/ holds a protocol (input.yaml), perhaps an overlay (overlay.yaml), and what the compiler says of
// it (expected.txt). Run with STEPDOWN_UPDATE=1 to write the expectations anew, and read the difference.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

static bool case_passes(const char *name) {
    char path[512];
    size_t size;
    struct env env = env_default();
    struct halves halves = {.count = 0};
    stepdown_error *error = NULL;
    struct buffer text;
    (void)snprintf(path, sizeof path, "tests/protocol/cases/%.200s/input.yaml", name);
    char *input = read_tree_file(path, &size), *overlay = NULL;
    (void)snprintf(path, sizeof path, "tests/protocol/cases/%.200s/overlay.yaml", name);
    if (tree_file_exists(path))
        overlay = read_tree_file(path, &size);
    buffer_init(&text, &env);
    stepdown_status status = compile_halves(&env, input, overlay, &halves, &error);
    assert_true((status == STEPDOWN_OK) == (halves.count > 0));
    outcome_print(status, error, &text);
    if (halves.count > 1 || (halves.count > 0 && overlay)) // what an overlay has made of a protocol is shown in full
        protocol_show(&halves, &text);
    (void)snprintf(path, sizeof path, "tests/protocol/cases/%.200s/expected.txt", name);
    bool same = matches_file(path, &text);
    buffer_free(&text);
    stepdown_error_free(&error);
    halves_release(&halves);
    env_free(&env, input);
    env_free(&env, overlay);
    return same;
}

static void each_case_says_what_its_folder_expects(void **state) {
    (void)state;
    DIR *folder = opendir(STEPDOWN_SOURCE_DIR "/tests/protocol/cases");
    assert_non_null(folder);
    size_t count = 0, failed = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (!case_passes(entry->d_name)) {
            print_error("case %s failed\n", entry->d_name);
            failed++;
        }
    }
    (void)closedir(folder);
    assert_true(count > 80);
    assert_int_equal(failed, 0);
}

// Every rule of the compiler has a case in which it speaks.
static void every_rule_has_a_case(void **state) {
    static const char *const rules[] = {"syntax", "key",         "name",   "path", "type",        "time",
                                        "role",   "unsupported", "V1",     "V2",   "V3",          "V4",
                                        "V5",     "V6",          "V7",     "V8",   "unreachable", "unsatisfiable",
                                        "cycle",  "cascade",     "funding"};
    bool seen[sizeof rules / sizeof rules[0]] = {false};
    (void)state;
    DIR *folder = opendir(STEPDOWN_SOURCE_DIR "/tests/protocol/cases");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512], mark[32];
        size_t size;
        struct env env = env_default();
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "tests/protocol/cases/%.200s/expected.txt", entry->d_name);
        char *expected = read_tree_file(path, &size);
        for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
            (void)snprintf(mark, sizeof mark, "[%s]", rules[i]);
            seen[i] |= strstr(expected, mark) != NULL;
        }
        env_free(&env, expected);
    }
    (void)closedir(folder);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!seen[i])
            fail_msg("no case shows %s", rules[i]);
    }
}

// One ```yaml block of the guide: a protocol by itself, an overlay of the shipped protocol.
static void guide_block_compiles(const char *block) {
    struct env env = env_default();
    struct halves halves = {.count = 0};
    stepdown_error *error = NULL;
    struct buffer text;
    size_t size;
    char *shipped = read_tree_file("src/protocols/failed-first-visit-huddle.yaml", &size);
    bool overlay = strncmp(block, "overlay:", 8) == 0;
    stepdown_status status = compile_halves(&env, overlay ? shipped : block, overlay ? block : NULL, &halves, &error);
    buffer_init(&text, &env);
    outcome_print(status, error, &text);
    if (status != STEPDOWN_OK)
        fail_msg("%s\n%.*s", block, (int)text.size, (const char *)text.data);
    buffer_free(&text);
    stepdown_error_free(&error);
    halves_release(&halves);
    env_free(&env, shipped);
}

static void the_examples_of_the_guide_compile(void **state) {
    static const char open[] = "```yaml\n";
    struct env env = env_default();
    size_t size, count = 0;
    char *guide = read_tree_file("docs/guide/protocol-files.md", &size);
    (void)state;
    for (char *p = strstr(guide, open); p; count++) {
        char *block = p + sizeof open - 1, *end = strstr(block, "```");
        assert_non_null(end);
        *end = 0;
        guide_block_compiles(block);
        p = strstr(end + 1, open);
    }
    assert_int_equal(count, 4);
    env_free(&env, guide);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_says_what_its_folder_expects),
        cmocka_unit_test(every_rule_has_a_case),
        cmocka_unit_test(the_examples_of_the_guide_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
