// SPDX-License-Identifier: Apache-2.0
// Samples: the same seed draws the same, worked out here once more with nothing but SHA-256; another seed draws others;
// what was drawn stays drawn whatever comes later; and what cannot be drawn is refused.
#include "story.h"

#include <stdlib.h>

#include "base/digest.h"

enum { NORTH = 9, SOUTH = 3, ALL = NORTH + SOUTH, PER_STRATUM = 2, PERCENT = 40 };

static const char protocol[] = "protocol: audit\n"
                               "version: 1.0.0\n"
                               "title: Some of many\n"
                               "uses: [common]\n"
                               "subject: person\n"
                               "protects: A person, from a test.\n"
                               "escalate: overdue-at-provider\n"
                               "items:\n"
                               "  look:\n"
                               "    kind: sample\n"
                               "    many: yes\n"
                               "    owner: supervisor\n"
                               "    on_demand: yes\n"
                               "    due: 3 weeks\n"
                               "    draw:\n"
                               "      from: sent\n"
                               "      where: {late: no}\n"
                               "      strata: service\n"
                               "      at_least: 2\n"
                               "      percent: 40\n"
                               "      open: score\n"
                               "      with: {drawn: trigger.self}\n"
                               "  score: {kind: task, owner: supervisor, many: yes, about: look, due: look.due}\n"
                               "forms:\n"
                               "  sent:\n"
                               "    by: supervisor\n"
                               "    many: yes\n"
                               "    fields:\n"
                               "      service: {type: choice, of: [north, south], kept: in-record}\n"
                               "      late: {type: yes-no, kept: in-record}\n"
                               "  scoring:\n"
                               "    about: score\n"
                               "    by: supervisor\n"
                               "    fields:\n"
                               "      drawn: {type: link, kept: in-record}\n";

static struct story s;
static char sent[ALL][16]; // ids, those of the north first

static void send(const char *service, const char *late, char id[16]) {
    story_do(&s, MARIA, "submit", "sent", "service", service, "late", late, END);
    if (id != NULL)
        (void)snprintf(id, 16, "%.15s", story_id(&s, "form.submitted"));
}

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    story_open_under(&s, "audit", protocol);
    for (size_t i = 0; i < NORTH; i++)
        send("north", "no", sent[i]);
    for (size_t i = NORTH; i < ALL; i++)
        send("south", "no", sent[i]);
    send("north", "yes", NULL); // late: not of the frame
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

// ---- the draw, worked out once more --------------------------------------------------------------------------------------

struct lot {
    const char *id;
    uint8_t hash[DIGEST_SIZE];
};

static int by_hash(const void *a, const void *b) {
    return memcmp(((const struct lot *)a)->hash, ((const struct lot *)b)->hash, DIGEST_SIZE);
}

// The lowest of ids [from, to): the number or the percentage rounded up, whichever is more.
static size_t lowest(const char *seed, size_t from, size_t to, const char **out) {
    const struct env env = env_default();
    struct digest *digest = NULL;
    struct lot lots[ALL];
    size_t count = to - from, share = (count * PERCENT + 99) / 100, size = share > PER_STRATUM ? share : PER_STRATUM;
    assert_int_equal(digest_new(&env, &digest, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < count; i++) {
        char text[128];
        int length = snprintf(text, sizeof text, "%s\n%s", seed, sent[from + i]);
        lots[i].id = sent[from + i];
        assert_true(digest_sha256(digest, NULL, 0, (const uint8_t *)text, (size_t)length, lots[i].hash));
    }
    digest_free(&digest);
    qsort(lots, count, sizeof lots[0], by_hash);
    for (size_t i = 0; i < size; i++)
        out[i] = lots[i].id;
    return size;
}

// What the entries of the scored items say was drawn: the newest `count` of them, oldest first.
static size_t drawn(char out[ALL][32]) {
    size_t count = 0;
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_pathway_entries(s.sessions[MARIA], s.pathway, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        if (strcmp(stepdown_result_text(s.view, i, stepdown_result_column(s.view, "form")), "scoring") != 0)
            continue;
        const stepdown_result *fields = stepdown_result_rows(s.view, i, stepdown_result_column(s.view, "fields"));
        assert_true(count < ALL);
        (void)snprintf(out[count++], 32, "%.31s",
                       stepdown_result_text(fields, 0, stepdown_result_column(fields, "value")));
    }
    return count;
}

static bool has(char list[ALL][32], size_t count, const char *id) {
    char wanted[32];
    (void)snprintf(wanted, sizeof wanted, "sent %s", id);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], wanted) == 0)
            return true;
    }
    return false;
}

static void draw(const char *seed) {
    story_do(&s, MARIA, "add", "look", END);
    story_do(&s, MARIA, "draw", "look", "seed", seed, END);
}

// The last record as JSON: what an auditor has to draw again from.
static stepdown_bytes *last_record(void) {
    stepdown_bytes *json = NULL;
    uint64_t sequence = story_sequence(&s);
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, sequence, 1, &s.view, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_json(s.view, &json, NULL), STEPDOWN_OK);
    return json;
}

static void assert_record_says(const char *part) {
    stepdown_bytes *json = last_record();
    if (strstr((const char *)stepdown_bytes_data(json), part) == NULL)
        fail_msg("%s is not in %s", part, (const char *)stepdown_bytes_data(json));
    stepdown_bytes_free(&json);
}

// A seed that the host's randomness gave: the only run of thirty-two hexadecimal digits in the record.
static void seed_on_record(char out[33]) {
    stepdown_bytes *json = last_record();
    const char *at = (const char *)stepdown_bytes_data(json);
    size_t size = 0;
    for (; *at != '\0' && size != 32; at += size + (at[size] != '\0'))
        size = strspn(at, "0123456789abcdef");
    if (size != 32)
        fail_msg("no seed in %s", (const char *)stepdown_bytes_data(json));
    (void)snprintf(out, 33, "%.32s", at - 33);
    stepdown_bytes_free(&json);
}

// What was drawn is what the seed draws.
static void assert_drawn_by(const char *seed) {
    const char *wanted[ALL];
    char got[ALL][32];
    size_t count = lowest(seed, 0, NORTH, wanted);
    assert_int_equal(count, 4); // two fifths of nine, rounded up
    count += lowest(seed, NORTH, ALL, wanted + count);
    assert_int_equal(count, 6); // and two of three
    assert_int_equal(drawn(got), count);
    for (size_t i = 0; i < count; i++) {
        if (!has(got, count, wanted[i]))
            fail_msg("with the seed %s %s is not drawn", seed, wanted[i]);
    }
    assert_int_equal(story_count(&s, "score", true), count);
}

// ---- tests -----------------------------------------------------------------------------------------------------------------

static void a_seed_draws_what_sha_256_says(void **state) {
    static const char *const seeds[] = {"spring", "autumn", "x", "0",
                                        "a seed of sixty-four bytes: this is the longest one there may be"};
    (void)state;
    for (size_t k = 0; k < sizeof seeds / sizeof seeds[0]; k++) {
        begin(state);
        draw(seeds[k]);
        assert_drawn_by(seeds[k]);
        assert_record_says(seeds[k]);
        end(state);
    }
}

static void the_same_seed_draws_the_same_again_and_another_seed_others(void **state) {
    char first[ALL][32], second[ALL][32], third[ALL][32];
    (void)state;
    begin(state);
    draw("spring");
    size_t count = drawn(first);
    end(state);
    begin(state); // another store, whose host's randomness is another
    draw("spring");
    assert_int_equal(drawn(second), count);
    end(state);
    begin(state);
    draw("summer");
    assert_int_equal(drawn(third), count);
    end(state);
    size_t other = 0;
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(first[i], second[i]);
        other += strcmp(first[i], third[i]) != 0;
    }
    assert_true(other > 0);
}

static void what_comes_later_or_is_taken_back_changes_nothing_that_was_drawn(void **state) {
    char before[ALL][32], after[ALL][32];
    (void)state;
    draw("spring");
    size_t count = drawn(before);
    send("north", "no", NULL);
    send("south", "no", NULL);
    story_do(&s, MARIA, "retract", sent[0], "reason", "another person", END);
    assert_int_equal(drawn(after), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(before[i], after[i]);
    story_refused(&s, MARIA, STEPDOWN_WRONG_STATE, "draw", "look", "seed", "again", END); // once is all
}

static void without_a_seed_the_host_s_randomness_is_one_and_on_record(void **state) {
    char seed[33];
    (void)state;
    story_do(&s, MARIA, "add", "look", END);
    story_do(&s, MARIA, "draw", "look", END);
    seed_on_record(seed);
    assert_drawn_by(seed);
}

static void a_seed_that_is_too_long_draws_nothing(void **state) {
    char seed[66];
    (void)state;
    memset(seed, 's', 65);
    seed[65] = '\0';
    story_do(&s, MARIA, "add", "look", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "draw", "look", "seed", seed, END);
    assert_true(story_says(&s, "at most 64 bytes"));
    assert_string_equal(story_item(&s, "look", "state"), "open");
    story_refused(&s, SAM, STEPDOWN_DENIED, "draw", "look", "seed", "spring", END);
    assert_int_equal(story_count(&s, "score", false), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_draws_what_sha_256_says),
        cmocka_unit_test(the_same_seed_draws_the_same_again_and_another_seed_others),
        T(what_comes_later_or_is_taken_back_changes_nothing_that_was_drawn),
        T(without_a_seed_the_host_s_randomness_is_one_and_on_record),
        T(a_seed_that_is_too_long_draws_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
