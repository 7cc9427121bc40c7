// SPDX-License-Identifier: Apache-2.0
// Time of the five-need gate with evidence and reasons, into a reused result: held, and open; on a young pathway and on
// one with 10,000 records. Medians of nine rounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/platform.h"
#include "rule/failed_visit.h"

enum { ROUNDS = 9, RUNS = 20000 };

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *what, struct world *w, const struct failed_visit *f, bool open) {
    double rounds[ROUNDS];
    struct gate_result r;
    gate_result_init(&r, &w->env);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = platform_monotonic();
        for (int run = 0; run < RUNS; run++) {
            arena_reset(&w->scratch);
            assert_int_equal(gate_evaluate(&w->e, f->gate, f->visit, &r, NULL), STEPDOWN_OK);
        }
        rounds[i] = (double)(platform_monotonic() - start) / RUNS;
        assert_int_equal(r.open, open);
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_size);
    printf("%-32s %6.2f us (%.2f to %.2f)\n", what, rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1]);
    gate_result_free(&r);
}

static void meet_all(struct world *w, struct failed_visit *f) {
    for (int need = 1; need <= 5; need++)
        failed_visit_meet(w, f, need);
}

// Observations, calls and finished tasks of half a year, none of which the gate asks for.
static void grow_old(struct world *w) {
    for (int i = 0; i < 10000; i++) {
        at(w, AT(8, 0) - DAYS(200) + i * TIME_MINUTE);
        if (i % 3 == 0)
            happens(w, open_item(w, ITEM_ACTION, NO_ELEMENT), EVENT_TASK_CLOSED);
        else
            submit(w, i % 3 == 1 ? FORM_SCORE : FORM_CONTACT, NO_ELEMENT, BARE);
    }
}

int main(void) {
    for (int old = 0; old < 2; old++) {
        struct world w;
        struct failed_visit f;
        world_open(&w);
        failed_visit_define(&w, &f);
        if (old)
            grow_old(&w);
        failed_visit_begin(&w, &f);
        measure(old ? "held, 10,000 records" : "held, five reasons", &w, &f, false);
        meet_all(&w, &f);
        measure(old ? "open, 10,000 records" : "open, evidence", &w, &f, true);
        world_close(&w);
    }
    return 0;
}
