// SPDX-License-Identifier: Apache-2.0
// Snapshots: the same bytes whichever way a state came about, nothing but CORRUPT from bytes that were tampered with, and
// no leak when memory runs out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pathway/chance.h"

static struct state *read_back(struct story *t, struct definitions *defs, const struct state *s) {
    struct buffer bytes;
    struct state *out;
    story_snapshot(t, s, &bytes);
    assert_int_equal(snapshot_read(&t->env, defs, t->id, slice_of(bytes.data, bytes.size), &out, NULL), STEPDOWN_OK);
    buffer_free(&bytes);
    return out;
}

// Takes the next timer of a state out of play.
static enum timer_what take_timer(struct state *s, struct timer *timer) {
    static const uint32_t over[] = {
        [TIMER_DUE] = ELEMENT_OVERDUE_FLAG, [TIMER_LEAD] = ELEMENT_LEAD_FIRED, [TIMER_STEP] = ELEMENT_ANSWERED};
    enum timer_what what;
    state_next_timer(s, timer, &what);
    if (what == TIMER_SCHEDULE)
        s->schedules[timer->schedule].done = true;
    else if (what != TIMER_NONE)
        s->elements[timer->element].flags |= over[what];
    return what;
}

static void same_timers(struct state *a, struct state *b) {
    struct timer left, right;
    enum timer_what what;
    do {
        what = take_timer(a, &left);
        assert_int_equal(what, take_timer(b, &right));
        assert_int_equal(left.at, right.at);
        assert_int_equal(left.element, right.element);
        assert_int_equal(left.schedule, right.schedule);
    } while (what != TIMER_NONE);
}

static void lists_are_consistent(const struct state *s) {
    size_t live = 0, pending = 0, standing = 0;
    for (uint32_t i = 0; i < s->element_count; i++) {
        bool open = (s->elements[i].flags & ELEMENT_IS_ITEM) && !(s->elements[i].flags & ELEMENT_FINISHED_FLAG);
        live += open;
        assert_int_equal(s->open_place[i] != NO_ELEMENT, open);
        if (open)
            assert_int_equal(s->open_items[s->open_place[i]], i);
    }
    assert_int_equal(live, s->open_count);
    for (size_t i = 0; i < s->schedule_count; i++)
        pending += !s->schedules[i].done;
    for (uint32_t at = s->first_pending; at != NO_ELEMENT; at = s->schedules[at].next_pending)
        pending--;
    for (size_t i = 0; i < s->hold_count; i++)
        standing += !s->holds[i].released;
    for (uint32_t at = s->first_standing; at != NO_ELEMENT; at = s->holds[at].next_standing)
        standing--;
    assert_int_equal(pending, 0);
    assert_int_equal(standing, 0);
}

// Live, folded record by record, and continued from a snapshot time and again: always the same.
static void every_way_to_a_state_gives_the_same_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct story t;
        struct chance c = {.t = &t, .seed = seed * UINT64_C(0x9e3779b97f4a7c15)};
        story_open(&t);
        struct state *follower = read_back(&t, t.defs, t.s);
        for (int i = 0; i < 120; i++) {
            chance_record(&c);
            assert_int_equal(story_fold(&t, t.row_count - 1, follower), STEPDOWN_OK);
            if (chance_below(&c, 8) == 0) {
                story_same(&t, t.s, follower);
                struct state *next = read_back(&t, t.defs, follower);
                state_free(&follower);
                follower = next;
                lists_are_consistent(follower);
            }
        }
        lists_are_consistent(t.s);
        story_same(&t, t.s, follower);
        struct state *again = story_refold(&t, t.defs);
        story_same(&t, t.s, again);
        same_timers(t.s, follower);
        state_free(&again);
        state_free(&follower);
        story_close(&t);
    }
}

static void the_definition_set_does_not_show_in_the_bytes(void **state) {
    struct story t;
    struct chance c = {.t = &t, .seed = 77};
    (void)state;
    story_open(&t);
    for (int i = 0; i < 150; i++)
        chance_record(&c);
    for (int kind = TEST_DEFINITIONS; kind <= TEST_DEFINITIONS_SMALLER; kind++) {
        struct definitions *defs = test_definitions_new(&t.env, (enum test_definitions_kind)kind);
        struct state *folded = story_refold(&t, defs), *read = read_back(&t, defs, t.s);
        story_same(&t, t.s, folded);
        story_same(&t, t.s, read);
        assert_int_equal(state_rebind(read, t.defs, NULL), STEPDOWN_OK);
        story_same(&t, t.s, read);
        state_free(&folded);
        state_free(&read);
        definitions_release(&defs);
    }
    story_close(&t);
}

// ---- hostile bytes ---------------------------------------------------------------------------------------------------

// What was accepted must be a sound state: every chain can be walked, and it says the same bytes again.
static void walk(struct story *t, struct state *s, stepdown_slice bytes) {
    struct buffer again;
    struct timer timer;
    lists_are_consistent(s);
    for (uint32_t i = 0; i < s->element_count; i++) {
        assert_int_equal(state_find(s, s->elements[i].id), i);
        const struct element *e = &s->elements[i];
        bool item = e->flags & ELEMENT_IS_ITEM;
        assert_int_equal(item, lifecycle_kind(e->kind) != NULL);
        assert_int_equal(item, lifecycle_state_word(e->state)[0] != '\0');
        state_is_about(s, i, 0);
        state_event(s, i, EVENT_ITEM_OVERDUE, true);
        for (uint32_t m = s->elements[i].first_mark; m != NO_ELEMENT; m = s->marks[m].next)
            state_mark_attr(s, &s->marks[m], ATTR_REASON);
        for (int32_t field = 0; field < (int32_t)s->defs->field_count; field++)
            state_field(s, i, field, false, NULL);
    }
    story_snapshot(t, s, &again);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    buffer_free(&again);
    while (take_timer(s, &timer) != TIMER_NONE)
        continue;
}

static bool accepts(struct story *t, stepdown_slice bytes) {
    struct state *s = NULL;
    stepdown_status status = snapshot_read(&t->env, t->defs, t->id, bytes, &s, NULL);
    if (status == STEPDOWN_OK) {
        walk(t, s, bytes);
        state_free(&s);
        return true;
    }
    assert_true(status == STEPDOWN_CORRUPT || status == STEPDOWN_UNSUPPORTED);
    assert_null(s);
    return false;
}

static void tell_by_chance(struct story *t, struct chance *c, int records) {
    *c = (struct chance){.t = t, .seed = 4242};
    story_open(t);
    for (int i = 0; i < records; i++)
        chance_record(c);
}

static void a_changed_byte_is_refused_or_makes_another_sound_state(void **state) {
    static const uint8_t changes[] = {0x01, 0x20, 0xff};
    struct story t;
    struct chance c;
    struct buffer bytes;
    size_t accepted = 0, refused = 0;
    (void)state;
    tell_by_chance(&t, &c, 20);
    story_snapshot(&t, t.s, &bytes);
    for (size_t at = 0; at < bytes.size; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            bytes.data[at] ^= changes[i];
            if (accepts(&t, slice_of(bytes.data, bytes.size)))
                accepted++;
            else
                refused++;
            bytes.data[at] ^= changes[i];
        }
    }
    assert_true(refused > 0 && accepted > 0); // a letter or a moment may become another
    assert_true(accepts(&t, slice_of(bytes.data, bytes.size)));
    buffer_free(&bytes);
    story_close(&t);
}

static void bytes_copied_over_others_do_no_harm(void **state) {
    struct story t;
    struct chance c;
    struct buffer bytes;
    (void)state;
    tell_by_chance(&t, &c, 20);
    story_snapshot(&t, t.s, &bytes);
    uint8_t *copy = arena_alloc(&t.arena, bytes.size);
    for (int round = 0; round < 1500; round++) {
        memcpy(copy, bytes.data, bytes.size);
        for (uint32_t n = 1 + chance_below(&c, 3); n > 0; n--) {
            size_t length = 1 + chance_below(&c, 12);
            size_t from = chance_below(&c, (uint32_t)(bytes.size - length));
            memmove(copy + chance_below(&c, (uint32_t)(bytes.size - length)), copy + from, length);
        }
        accepts(&t, slice_of(copy, bytes.size));
    }
    buffer_free(&bytes);
    story_close(&t);
}

static void a_snapshot_cut_short_or_followed_by_more_is_refused(void **state) {
    struct story t;
    struct chance c;
    struct buffer bytes;
    (void)state;
    tell_by_chance(&t, &c, 10);
    story_snapshot(&t, t.s, &bytes);
    for (size_t size = 0; size < bytes.size; size++)
        assert_false(accepts(&t, slice_of(bytes.data, size)));
    buffer_append(&bytes, "", 1);
    assert_false(accepts(&t, slice_of(bytes.data, bytes.size)));
    buffer_free(&bytes);
    story_close(&t);
}

static void another_version_or_another_pathway_is_told_apart(void **state) {
    static const uint8_t newer[] = {0x81, SNAPSHOT_VERSION + 1}, none[] = {0x80};
    struct story t;
    struct buffer bytes;
    struct state *s = NULL;
    (void)state;
    story_open(&t);
    assert_int_equal(snapshot_read(&t.env, t.defs, t.id, slice_of(newer, 2), &s, NULL), STEPDOWN_UNSUPPORTED);
    assert_int_equal(snapshot_read(&t.env, t.defs, t.id, slice_of(none, 1), &s, NULL), STEPDOWN_CORRUPT);
    story_snapshot(&t, t.s, &bytes);
    t.id[3] ^= 1;
    assert_int_equal(snapshot_read(&t.env, t.defs, t.id, slice_of(bytes.data, bytes.size), &s, NULL), STEPDOWN_CORRUPT);
    assert_null(s);
    buffer_free(&bytes);
    story_close(&t);
}

static void a_pathway_without_records_has_no_snapshot(void **state) {
    struct story t;
    struct state *s;
    struct buffer bytes;
    (void)state;
    story_open(&t);
    buffer_init(&bytes, &t.env);
    assert_int_equal(state_new(&t.env, t.defs, t.id, &s, NULL), STEPDOWN_OK);
    assert_int_equal(snapshot_write(s, &bytes, NULL), STEPDOWN_MISUSE);
    state_free(&s);
    buffer_free(&bytes);
    story_close(&t);
}

// ---- memory --------------------------------------------------------------------------------------------------------

struct sweep {
    struct story t;
    struct record records[64];
    size_t count;
    struct buffer bytes;
};

static stepdown_status fold_all(const struct env *env, void *ctx) {
    struct sweep *w = ctx;
    struct state *s;
    struct buffer bytes;
    stepdown_error *error = NULL;
    stepdown_status status = state_new(env, w->t.defs, w->t.id, &s, &error);
    if (status == STEPDOWN_OK) {
        buffer_init(&bytes, env);
        for (size_t i = 0; i < w->count && status == STEPDOWN_OK; i++)
            status = fold_record(s, &w->records[i], &error);
        if (status == STEPDOWN_OK)
            status = snapshot_write(s, &bytes, &error);
        if (status == STEPDOWN_OK)
            assert_memory_equal(bytes.data, w->bytes.data, w->bytes.size);
        buffer_free(&bytes);
        state_free(&s);
    }
    stepdown_error_free(&error);
    return status;
}

static stepdown_status read_all(const struct env *env, void *ctx) {
    struct sweep *w = ctx;
    struct state *s = NULL;
    stepdown_error *error = NULL;
    stepdown_status status = snapshot_read(env, w->t.defs, w->t.id, slice_of(w->bytes.data, w->bytes.size), &s, &error);
    if (status == STEPDOWN_OK)
        status = state_rebind(s, w->t.defs, &error);
    state_free(&s);
    stepdown_error_free(&error);
    return status;
}

static void running_out_of_memory_leaves_nothing_behind(void **state) {
    static struct sweep w;
    struct chance c;
    (void)state;
    w = (struct sweep){.count = 0};
    tell_by_chance(&w.t, &c, 60);
    story_snapshot(&w.t, w.t.s, &w.bytes);
    for (; w.count < w.t.row_count; w.count++)
        assert_int_equal(record_decode(&w.t.env, w.t.digest, &w.t.arena,
                                       slice_of(w.t.rows[w.count].data, w.t.rows[w.count].size), &w.records[w.count],
                                       NULL),
                         STEPDOWN_OK);
    assert_true(test_memory_sweep(fold_all, &w) > 30);
    assert_true(test_memory_sweep(read_all, &w) > 30);
    buffer_free(&w.bytes);
    story_close(&w.t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_a_state_gives_the_same_bytes),
        cmocka_unit_test(the_definition_set_does_not_show_in_the_bytes),
        cmocka_unit_test(a_changed_byte_is_refused_or_makes_another_sound_state),
        cmocka_unit_test(bytes_copied_over_others_do_no_harm),
        cmocka_unit_test(a_snapshot_cut_short_or_followed_by_more_is_refused),
        cmocka_unit_test(another_version_or_another_pathway_is_told_apart),
        cmocka_unit_test(a_pathway_without_records_has_no_snapshot),
        cmocka_unit_test(running_out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
