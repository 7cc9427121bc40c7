// SPDX-License-Identifier: Apache-2.0
// The lifecycle tables: look-ups, and what must hold of every row.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "protocol/lifecycle.h"

static void kinds_and_states_are_found_by_their_words(void **state) {
    const struct kind_row *rows;
    size_t count = lifecycle_kinds(&rows);
    (void)state;
    assert_true(count >= 15);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(lifecycle_kind_find(slice_text(rows[i].word)), rows[i].kind);
        assert_ptr_equal(lifecycle_kind(rows[i].kind), &rows[i]);
        assert_true(lifecycle_state_word(rows[i].initial)[0] != 0);
    }
    assert_int_equal(lifecycle_state_find(slice_text("no-access")), STATE_NO_ACCESS);
    assert_string_equal(lifecycle_state_word(STATE_PARTLY_APPROVED), "partly-approved");
    assert_int_equal(lifecycle_state_find(slice_text("nowhere")), STATE_NONE);
    assert_int_equal(lifecycle_kind_find(slice_text("")), KIND_NONE);
    assert_string_equal(lifecycle_state_word(0), "");
    assert_string_equal(lifecycle_state_word(255), "");
    assert_null(lifecycle_kind(200));
}

static void every_row_writes_an_event_that_exists(void **state) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    (void)state;
    assert_true(count > 60);
    for (size_t i = 0; i < count; i++) {
        const struct event_row *event = event_row(rows[i].code);
        assert_non_null(event);
        assert_true(event->class == EVENT_CLASS_ITEM || event->class == EVENT_CLASS_MARK);
        assert_true(rows[i].from != 0 || rows[i].kind == KIND_ALERT ||
                    rows[i].kind == KIND_TAPER); // what is never done with an alert
        assert_true(rows[i].verb != NULL || (rows[i].flags & LIFECYCLE_ENGINE) != 0);
        if (rows[i].kind != KIND_NONE && rows[i].from != 0)
            assert_int_equal(EVENT_FAMILY(rows[i].code), lifecycle_kind(rows[i].kind)->family);
    }
}

static void a_step_that_ends_an_item_names_the_state_it_ends_in(void **state) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if ((rows[i].flags & LIFECYCLE_ENDS) != 0)
            assert_int_not_equal(rows[i].to, STATE_NONE);
    }
}

static void no_kind_has_two_rows_for_one_verb(void **state) {
    const struct verb_row *rows;
    size_t count = lifecycle_rows(&rows);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool same =
                rows[i].kind == rows[j].kind && rows[i].verb && rows[j].verb && strcmp(rows[i].verb, rows[j].verb) == 0;
            assert_false(same);
        }
    }
}

static void a_kind_s_own_row_comes_before_the_common_one(void **state) {
    (void)state;
    assert_int_equal(lifecycle_verb(KIND_ALERT, slice_text("acknowledge"))->code, EVENT_ALERT_ACKNOWLEDGED);
    assert_int_equal(lifecycle_verb(KIND_TASK, slice_text("acknowledge"))->code, EVENT_MARK_ACKNOWLEDGED);
    assert_int_equal(lifecycle_verb(KIND_TASK, slice_text("cancel"))->to, STATE_CANCELLED);
    assert_null(lifecycle_verb(KIND_TASK, slice_text("refuse")));
    assert_int_equal(lifecycle_event(KIND_TASK, EVENT_ITEM_OVERDUE)->flags, LIFECYCLE_ENGINE | LIFECYCLE_SAME);
    assert_null(lifecycle_event(KIND_TASK, EVENT_BARRIER_CLOSED));
}

static void words_in_paths_mean_the_kind_s_event_then_the_item_s_then_the_mark(void **state) {
    (void)state;
    assert_int_equal(lifecycle_opening(KIND_HUDDLE), EVENT_HUDDLE_OPENED);
    assert_int_equal(lifecycle_opening(KIND_NONE), 0);
    assert_int_equal(lifecycle_word_event(KIND_APPOINTMENT, slice_text("refused")), EVENT_APPOINTMENT_REFUSED);
    assert_int_equal(lifecycle_word_event(KIND_APPOINTMENT, slice_text("overdue")), EVENT_ITEM_OVERDUE);
    assert_int_equal(lifecycle_word_event(KIND_APPOINTMENT, slice_text("acknowledged")), EVENT_MARK_ACKNOWLEDGED);
    assert_int_equal(lifecycle_word_event(KIND_UPDATE, slice_text("acknowledged")), EVENT_UPDATE_ACKNOWLEDGED);
    assert_int_equal(lifecycle_word_event(KIND_APPOINTMENT, slice_text("baked")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_states_are_found_by_their_words),
        cmocka_unit_test(every_row_writes_an_event_that_exists),
        cmocka_unit_test(a_step_that_ends_an_item_names_the_state_it_ends_in),
        cmocka_unit_test(no_kind_has_two_rows_for_one_verb),
        cmocka_unit_test(a_kind_s_own_row_comes_before_the_common_one),
        cmocka_unit_test(words_in_paths_mean_the_kind_s_event_then_the_item_s_then_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
