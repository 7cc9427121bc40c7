// SPDX-License-Identifier: Apache-2.0
// Small numbers: over every table of a few groups, nothing that is kept back can be worked out from what is shown.
#include "report/suppress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GROUPS = 4, MOST = 7, SMALL = 3, TABLES = MOST * MOST * MOST * MOST };

// What people see of a table: a number for each group and for all of them; -1 where it is kept back.
struct shown {
    int64_t cells[GROUPS], all;
};

static void fill(size_t table, int64_t *counts) {
    for (size_t i = 0; i < GROUPS; i++, table /= MOST)
        counts[i] = (int64_t)(table % MOST);
}

static struct shown publish(const int64_t *counts) {
    struct shown s = {.all = 0};
    bool hidden[GROUPS];
    bool total = suppress_small(counts, GROUPS, SMALL, hidden);
    for (size_t i = 0; i < GROUPS; i++) {
        s.cells[i] = hidden[i] ? -1 : counts[i];
        s.all += counts[i];
    }
    s.all = total ? -1 : s.all;
    return s;
}

static int by_what_is_seen(const void *a, const void *b) { return memcmp(a, b, sizeof(struct shown)); }

static void small_numbers_are_never_shown_and_nought_always_is(void **state) {
    (void)state;
    for (size_t t = 0; t < TABLES; t++) {
        int64_t counts[GROUPS];
        fill(t, counts);
        struct shown s = publish(counts);
        for (size_t i = 0; i < GROUPS; i++) {
            assert_true(s.cells[i] == -1 || s.cells[i] == 0 || s.cells[i] > SMALL);
            assert_true(counts[i] != 0 || s.cells[i] == 0);
        }
        assert_true(s.all == -1 || s.all == 0 || s.all > SMALL);
    }
}

// Whoever sees a table, and knows how it is made, finds another table that looks the same and has another number there.
static void no_number_that_is_kept_back_can_be_worked_out(void **state) {
    struct row {
        struct shown shown;
        int64_t counts[GROUPS];
    } *rows = calloc(TABLES, sizeof *rows);
    (void)state;
    assert_non_null(rows);
    for (size_t t = 0; t < TABLES; t++) {
        fill(t, rows[t].counts);
        rows[t].shown = publish(rows[t].counts);
    }
    qsort(rows, TABLES, sizeof *rows, by_what_is_seen);
    for (size_t from = 0, to; from < TABLES; from = to) {
        for (to = from; to < TABLES && by_what_is_seen(&rows[from], &rows[to]) == 0;)
            to++;
        for (size_t i = 0; i < GROUPS; i++) {
            size_t others = 0;
            for (size_t k = from; k < to; k++)
                others += rows[k].counts[i] != rows[from].counts[i];
            assert_true(rows[from].shown.cells[i] != -1 || others > 0);
        }
    }
    free(rows);
}

// Somebody may know from elsewhere how many there are altogether.
static void a_number_is_not_kept_back_alone(void **state) {
    (void)state;
    for (size_t t = 0; t < TABLES; t++) {
        int64_t counts[GROUPS];
        size_t kept = 0, some = 0;
        fill(t, counts);
        struct shown s = publish(counts);
        for (size_t i = 0; i < GROUPS; i++) {
            kept += s.cells[i] == -1;
            some += counts[i] > 0;
        }
        assert_true(kept != 1 || some == 1);
    }
}

static void everything_is_small_when_nobody_says_how_small(void **state) {
    const int64_t counts[] = {1000, 0};
    bool hidden[2];
    (void)state;
    assert_true(suppress_small(counts, 2, INT64_MAX, hidden));
    assert_true(hidden[0]);
    assert_false(hidden[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_numbers_are_never_shown_and_nought_always_is),
        cmocka_unit_test(no_number_that_is_kept_back_can_be_worked_out),
        cmocka_unit_test(a_number_is_not_kept_back_alone),
        cmocka_unit_test(everything_is_small_when_nobody_says_how_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
