// SPDX-License-Identifier: Apache-2.0
// The index behind boards, damaged behind the engine's back in a store in memory and in a file: verification names each
// row that is missing, wrong or left over, of the whole store and of one pathway, and a rebuild puts back exactly the rows
// that stood there before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/keys.h"
#include "storage/storage.h"
#include "survive/world.h"

enum { KEYS_MAX = 300, PATHWAYS = 3 };

struct index {
    struct key keys[KEYS_MAX];
    size_t count, filled; // rows; of them with something in them
};

struct store {
    struct world world;
    struct world_place place;
    struct index before;
    bool file;
};

// ---- the index, read and written past the engine --------------------------------------------------------------------

static void read_index(struct world *world, struct index *out) {
    const struct env env = env_default();
    struct transaction t;
    struct arena arena;
    struct key from, to;
    struct row *rows = NULL;
    bool more = false;
    transaction_init(&t, world->storage, &env);
    arena_init(&arena, &env);
    key_index_range('b', &from, &to);
    assert_int_equal(transaction_begin(&t, false, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(transaction_scan(&t, key_slice(&from), key_slice(&to), false, KEYS_MAX, &arena, &rows, &out->count,
                                      &more, NULL),
                     STEPDOWN_OK);
    assert_false(more);
    out->filled = 0;
    for (size_t i = 0; i < out->count; i++) {
        out->keys[i].size = rows[i].key.size;
        memcpy(out->keys[i].bytes, rows[i].key.data, rows[i].key.size);
        out->filled += rows[i].value.size > 0;
    }
    transaction_free(&t);
    arena_free(&arena);
}

static void write_row(struct world *world, const struct key *key, const char *value) { // NULL: takes it away
    const struct env env = env_default();
    struct transaction t;
    transaction_init(&t, world->storage, &env);
    assert_int_equal(transaction_begin(&t, true, NULL, 0, NULL), STEPDOWN_OK);
    assert_int_equal(value != NULL ? transaction_put(&t, key_slice(key), slice_text(value), NULL)
                                   : transaction_delete(&t, key_slice(key), NULL),
                     STEPDOWN_OK);
    assert_int_equal(transaction_commit(&t, NULL), STEPDOWN_OK);
    transaction_free(&t);
}

static void same_index(struct store *s) {
    static struct index now;
    read_index(&s->world, &now);
    assert_int_equal(now.count, s->before.count);
    assert_int_equal(now.filled, 0);
    for (size_t i = 0; i < now.count; i++) {
        assert_int_equal(now.keys[i].size, s->before.keys[i].size);
        assert_memory_equal(now.keys[i].bytes, s->before.keys[i].bytes, now.keys[i].size);
    }
}

// ---- stores ----------------------------------------------------------------------------------------------------------

static int begin(void **state, bool file) {
    struct store *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->file = file;
    if (file)
        world_place_make(&s->place);
    world_make(&s->world, FVH_NOT_HELD, file ? s->place.path : NULL, NULL);
    for (uint32_t number = PATHWAYS; number >= 1; number--) {
        fvh_pathway(number, s->world.story.pathway);
        world_play(&s->world, 0, 9 + number);
    }
    read_index(&s->world, &s->before);
    assert_true(s->before.count > 2 * PATHWAYS); // queues and lists
    *state = s;
    return 0;
}

static int begin_in_memory(void **state) { return begin(state, false); }
static int begin_in_a_file(void **state) { return begin(state, true); }

static int end(void **state) {
    struct store *s = *state;
    world_free(&s->world);
    if (s->file)
        world_place_remove(&s->place);
    free(s);
    return 0;
}

// ---- what verification says ------------------------------------------------------------------------------------------

static const char *cell(const stepdown_result *r, size_t row, const char *column) {
    return stepdown_result_text(r, row, stepdown_result_column(r, column));
}

// How many rows of the index are named with this word, and how many at all. `pathway` NULL: of the whole store.
static size_t named(struct store *s, const char *pathway, const char *word, size_t *all) {
    stepdown_result *r = NULL;
    size_t count = 0;
    *all = 0;
    assert_int_equal(stepdown_audit_verify(s->world.story.engine, pathway, NULL, NULL, &r, NULL), STEPDOWN_OK);
    for (size_t row = 0; row < stepdown_result_count(r); row++) {
        bool intact = stepdown_result_integer(r, row, stepdown_result_column(r, "intact")) != 0;
        if (strcmp(cell(r, row, "kind"), "board") != 0) {
            assert_true(intact); // the chains themselves are whole
            continue;
        }
        assert_false(intact);
        if (pathway != NULL)
            assert_string_equal(cell(r, row, "chain"), pathway);
        ++*all;
        count += strncmp(cell(r, row, "problem"), word, strlen(word)) == 0;
    }
    stepdown_result_free(&r);
    return count;
}

static void expect(struct store *s, const char *word, size_t count, size_t all) {
    size_t found;
    assert_int_equal(named(s, NULL, word, &found), count);
    assert_int_equal(found, all);
}

static void mended(struct store *s) {
    assert_int_equal(stepdown_engine_rebuild(s->world.story.engine, 1, NULL), STEPDOWN_OK);
    same_index(s);
    expect(s, "", 0, 0);
    (void)world_verify(&s->world);
}

// ---- tests -----------------------------------------------------------------------------------------------------------

static void a_sound_index_is_left_as_it_is(void **state) {
    struct store *s = *state;
    expect(s, "", 0, 0);
    mended(s);
}

static void every_row_that_is_taken_away_is_named_and_comes_back(void **state) {
    struct store *s = *state;
    for (size_t i = 0; i < s->before.count; i++) {
        write_row(&s->world, &s->before.keys[i], NULL);
        expect(s, "MISSING: the row of ", 1, 1);
        mended(s);
    }
}

static void an_index_that_is_gone_comes_back_whole(void **state) {
    struct store *s = *state;
    for (size_t i = 0; i < s->before.count; i++)
        write_row(&s->world, &s->before.keys[i], NULL);
    expect(s, "MISSING: the row of ", s->before.count, s->before.count);
    world_reopen(&s->world); // an engine that has nothing in memory
    mended(s);
}

static void a_row_in_another_place_is_wrong_and_its_own_place_is_missing(void **state) {
    struct store *s = *state;
    static const size_t parts[] = {2, 5, 14, 19, 22}; // list, organization, name, class, due
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct key moved = s->before.keys[i];
        size_t all;
        moved.bytes[parts[i]] ^= 0x01;
        write_row(&s->world, &s->before.keys[i], NULL);
        write_row(&s->world, &moved, "");
        expect(s, "WRONG: the item does not belong there: ", 1, 2);
        assert_int_equal(named(s, NULL, "MISSING: ", &all), 1);
        mended(s);
    }
}

static void what_leads_nowhere_is_left_over(void **state) {
    struct store *s = *state;
    struct key pathway = s->before.keys[0], item = s->before.keys[0], odd = s->before.keys[0];
    pathway.bytes[30] ^= 0x55;         // an id that is nobody's
    item.bytes[item.size - 5] ^= 0x7f; // a record that opened nothing
    odd.bytes[odd.size++] = 7;         // no key of a board
    write_row(&s->world, &pathway, "");
    write_row(&s->world, &item, "");
    write_row(&s->world, &odd, "");
    expect(s, "LEFT OVER: ", 3, 3);
    size_t all;
    assert_int_equal(named(s, NULL, "LEFT OVER: there is no such pathway", &all), 1);
    assert_int_equal(named(s, NULL, "LEFT OVER: it leads to nothing that is open", &all), 1);
    assert_int_equal(named(s, NULL, "LEFT OVER: a row that is none of a board", &all), 1);
    mended(s);
}

static void a_row_that_holds_something_is_wrong(void **state) {
    struct store *s = *state;
    write_row(&s->world, &s->before.keys[1], "scribble");
    expect(s, "WRONG: the row holds something: ", 1, 1);
    mended(s);
}

static void of_one_pathway_only_its_own_rows_are_named(void **state) {
    struct store *s = *state;
    char other[32];
    size_t all, own = 0;
    fvh_pathway(2, other);
    for (size_t i = 0; i < s->before.count; i++) {
        uint8_t id[RECORD_ID];
        uint64_t seq;
        uint32_t ord;
        char text[27];
        assert_true(key_board_item(key_slice(&s->before.keys[i]), id, &seq, &ord));
        base32_print_id(id, text);
        own += strcmp(text, other) == 0;
        write_row(&s->world, &s->before.keys[i], NULL);
    }
    assert_true(own > 0 && own < s->before.count);
    assert_int_equal(named(s, other, "MISSING: ", &all), own);
    assert_int_equal(all, own);
    mended(s);
}

// Without `snapshots` nothing of the store is touched.
static void dropping_what_is_in_memory_mends_nothing(void **state) {
    struct store *s = *state;
    write_row(&s->world, &s->before.keys[0], NULL);
    assert_int_equal(stepdown_engine_rebuild(s->world.story.engine, 0, NULL), STEPDOWN_OK);
    expect(s, "MISSING: ", 1, 1);
    mended(s);
}

#define BOTH(test)                                                                                                     \
    cmocka_unit_test_setup_teardown(test, begin_in_memory, end),                                                       \
        cmocka_unit_test_setup_teardown(test, begin_in_a_file, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(a_sound_index_is_left_as_it_is),
        BOTH(every_row_that_is_taken_away_is_named_and_comes_back),
        BOTH(an_index_that_is_gone_comes_back_whole),
        BOTH(a_row_in_another_place_is_wrong_and_its_own_place_is_missing),
        BOTH(what_leads_nowhere_is_left_over),
        BOTH(a_row_that_holds_something_is_wrong),
        BOTH(of_one_pathway_only_its_own_rows_are_named),
        BOTH(dropping_what_is_in_memory_mends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
