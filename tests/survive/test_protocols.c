// SPDX-License-Identifier: Apache-2.0
// Every shipped protocol under random use: whatever people do in whatever order, nothing is left without somebody who
// answers, no step passes a gate that is held, and the records alone make the same state again.
// STEPDOWN_WALKS and STEPDOWN_WALK_SEED make more and other walks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/verbs.h"
#include "pathway/snapshot.h"
#include "support/walker.h"

enum { PATHWAYS = 2, PATHWAYS_MAX = PATHWAYS * WALKER_SUBJECTS, COMMANDS = 400, PROTOCOLS_MAX = 64 };

static const char *names[PROTOCOLS_MAX];
static size_t name_count;
static stepdown_result *shipped;

static int find_protocols(void **state) {
    (void)state;
    if (stepdown_protocol_builtins(&shipped, NULL) != STEPDOWN_OK) {
        return -1;
    }
    for (size_t i = 0; i < stepdown_result_count(shipped); i++) {
        names[name_count++] = stepdown_result_text(shipped, i, stepdown_result_column(shipped, "name"));
    }
    return name_count > 0 ? 0 : -1;
}

static int forget_protocols(void **state) {
    (void)state;
    stepdown_result_free(&shipped);
    return 0;
}

static uint64_t number_from(const char *variable, uint64_t otherwise) {
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

// ---- what must always hold ------------------------------------------------------------------------------------------------

static void check_item(struct engine *e, struct state *s, uint32_t index) {
    const struct element *el = &s->elements[index];
    struct buffer to;
    stepdown_time at = STEPDOWN_TIME_NONE;
    assert_true(el->owner_role.size > 0);
    if (el->kind == KIND_ALERT) {
        bool owned = el->owner.size > 0 && (el->flags & ELEMENT_ANSWERED) != 0;
        assert_true(owned || el->step_due != STEPDOWN_TIME_NONE);
        return;
    }
    assert_true(el->due != STEPDOWN_TIME_NONE);
    if ((el->flags & (ELEMENT_OVERDUE_FLAG | ELEMENT_MET | ELEMENT_SUSPENDED)) == 0) {
        buffer_init(&to, &e->env);
        assert_true(escalate_preview(e, s, index, engine_now(e), &to, &at)); // somebody is told when nothing happens
        assert_true(to.size > 0 && !to.failed);
        buffer_free(&to);
    }
}

static void check_items(void *ctx, struct engine *e, struct state *s) {
    (void)ctx;
    assert_int_equal(engine_directory(e, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < s->open_count; i++) {
        check_item(e, s, s->open_items[i]);
    }
}

// ---- gates ----------------------------------------------------------------------------------------------------------------

struct guarded { // gates in front of the step that is about to be tried
    const char *verb, *target;
    bool guarded, held;
};
static struct guarded step;

static uint32_t item_named(const struct state *s, const char *target) {
    struct ref id;
    stepdown_slice rest;
    return target != NULL && target_parse_id(slice_text(target), &id, &rest) ? state_find(s, id) : NO_ELEMENT;
}

static void look_at_gates(void *ctx, struct engine *e, struct state *s) {
    struct guarded *g = ctx;
    uint32_t element = item_named(s, g->target);
    if (element == NO_ELEMENT || (s->elements[element].flags & ELEMENT_IS_ITEM) == 0) {
        return;
    }
    const struct verb_row *row = lifecycle_verb(s->elements[element].kind, slice_text(g->verb));
    struct gate_result result;
    gate_result_init(&result, &e->env);
    for (size_t i = 0; i < s->defs->gate_count && row != NULL; i++) {
        const struct gate_def *gate = &s->defs->gates[i];
        if (gate->item != (int32_t)s->elements[element].def || gate->code != row->code) {
            continue;
        }
        struct evaluation ev = engine_evaluation(e, s, engine_now(e));
        assert_int_equal(gate_evaluate(&ev, (int32_t)i, element, &result, NULL), STEPDOWN_OK);
        bool met = true;
        for (size_t k = 0; k < result.need_count; k++) {
            met = met && result.needs[k].truth == TRUTH_TRUE;
        }
        assert_true(!result.applies || !result.open || met); // open only when every need is met
        g->guarded = true;
        g->held = g->held || (result.applies && (!result.open || result.on_hold));
    }
    gate_result_free(&result);
}

static void before_command(struct walker *w, size_t pathway, const char *verb, const char *target) {
    step = (struct guarded){.verb = verb, .target = target};
    walker_look(w, w->engine, pathway, look_at_gates, &step);
}

static uint64_t steps_held, steps_guarded;

static void after_command(struct walker *w, size_t pathway, const char *verb, const char *target,
                          stepdown_status status) {
    (void)verb;
    (void)target;
    steps_guarded += step.guarded;
    steps_held += step.guarded && step.held;
    if (step.guarded && step.held) {
        assert_int_not_equal(status, STEPDOWN_OK);
    }
    walker_look(w, w->engine, pathway, check_items, NULL);
}

// ---- walking ---------------------------------------------------------------------------------------------------------------

static void go(struct walker *w, size_t commands) {
    for (size_t i = 0; i < commands; i++) {
        if (walker_roll(w, 12) == 0) {
            walker_advance(w, (stepdown_time)walker_roll(w, 12 * 3600) * 1000000);
        }
        (void)walker_command(w, (size_t)walker_roll(w, w->pathway_count));
    }
    walker_advance(w, INT64_C(30) * 24 * 3600 * 1000000); // and then nobody does anything for a month
    for (size_t i = 0; i < w->pathway_count; i++) {
        walker_look(w, w->engine, i, check_items, NULL);
    }
}

static void walk(struct walker *w, const char *protocol, uint64_t seed) {
    walker_make(w, &protocol, 1, seed, NULL);
    for (size_t i = 0; i < WALKER_SUBJECTS; i++) {
        for (int k = 0; k < PATHWAYS && walker_speaks_of(w, protocol, walker_subjects[i]); k++) {
            (void)walker_open(w, protocol, walker_subjects[i]);
        }
    }
}

static void compare_with_records(struct walker *w) {
    struct env env = env_default();
    struct buffer live, folded;
    buffer_init(&live, &env);
    buffer_init(&folded, &env);
    for (size_t i = 0; i < w->pathway_count; i++) {
        stepdown_engine *other = walker_engine(w);
        walker_snapshot(w, w->engine, i, &live);
        assert_int_equal(stepdown_engine_rebuild(other, 1, NULL), STEPDOWN_OK);
        walker_snapshot(w, other, i, &folded);
        assert_int_equal(live.size, folded.size);
        assert_memory_equal(live.data, folded.data, live.size);
        stepdown_engine_free(&other);
    }
    buffer_free(&live);
    buffer_free(&folded);
}

static void every_protocol_keeps_its_promises_whatever_people_do(void **state) {
    (void)state;
    uint64_t seed = number_from("STEPDOWN_WALK_SEED", 1), walks = number_from("STEPDOWN_WALKS", 2);
    for (size_t i = 0; i < name_count; i++) {
        steps_held = steps_guarded = 0;
        uint64_t done = 0;
        for (uint64_t k = 0; k < walks; k++) {
            struct walker w;
            walk(&w, names[i], seed + k);
            w.before = before_command;
            w.after = after_command;
            go(&w, COMMANDS);
            compare_with_records(&w);
            done += w.counts.done;
            walker_free(&w);
        }
        print_message("%s: %llu commands took effect, %llu guarded steps, %llu of them held\n", names[i],
                      (unsigned long long)done, (unsigned long long)steps_guarded, (unsigned long long)steps_held);
        assert_true(done > walks * COMMANDS / 8); // else nothing was tried
    }
}

static void leaf_of(void *ctx, struct engine *e, struct state *s) {
    (void)e;
    memcpy(ctx, s->leaf, DIGEST_SIZE);
}

// The newest leaf commits to every byte of every record before it.
static void the_same_walk_gives_the_same_records_to_the_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < name_count; i++) {
        uint8_t leaves[2][PATHWAYS_MAX][DIGEST_SIZE];
        size_t pathways = 0;
        for (int run = 0; run < 2; run++) {
            struct walker w;
            walk(&w, names[i], 77);
            go(&w, 40);
            pathways = w.pathway_count;
            for (size_t k = 0; k < pathways; k++) {
                walker_look(&w, w.engine, k, leaf_of, leaves[run][k]);
            }
            walker_free(&w);
        }
        assert_memory_equal(leaves[0], leaves[1], pathways * DIGEST_SIZE);
    }
}

// A snapshot without the leaf, which depends on the salts that the engine drew.
static void picture_of(void *ctx, struct engine *e, struct state *s) {
    struct buffer *out = ctx;
    (void)e;
    assert_int_equal(snapshot_write(s, out, NULL), STEPDOWN_OK);
    for (size_t i = 0; i + DIGEST_SIZE <= out->size; i++) {
        if (memcmp(out->data + i, s->leaf, DIGEST_SIZE) == 0) {
            memset(out->data + i, 0, DIGEST_SIZE);
        }
    }
}

// Two engines take turns on one store: what one has done, the other goes on from, so that the outcome is that of one
// engine doing everything in this order.
static void two_engines_taking_turns_are_one(void **state) {
    (void)state;
    struct env env = env_default();
    for (size_t i = 0; i < name_count; i++) {
        struct buffer pictures[2][PATHWAYS_MAX];
        size_t pathways = 0;
        for (int run = 0; run < 2; run++) {
            struct walker w;
            walk(&w, names[i], 5);
            stepdown_engine *engines[2] = {w.engine, walker_engine(&w)};
            for (size_t k = 0; k < 60; k++) {
                w.engine = engines[run == 1 ? k % 2 : 0];
                if (k % 5 == 4) {
                    walker_advance(&w, INT64_C(4) * 3600 * 1000000);
                }
                (void)walker_command(&w, k % w.pathway_count);
            }
            w.engine = engines[0];
            pathways = w.pathway_count;
            for (size_t k = 0; k < pathways; k++) {
                buffer_init(&pictures[run][k], &env);
                walker_look(&w, w.engine, k, picture_of, &pictures[run][k]);
            }
            stepdown_engine_free(&engines[1]);
            walker_free(&w);
        }
        for (size_t k = 0; k < pathways; k++) {
            assert_int_equal(pictures[0][k].size, pictures[1][k].size);
            assert_memory_equal(pictures[0][k].data, pictures[1][k].data, pictures[0][k].size);
            buffer_free(&pictures[0][k]);
            buffer_free(&pictures[1][k]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_protocol_keeps_its_promises_whatever_people_do),
        cmocka_unit_test(the_same_walk_gives_the_same_records_to_the_byte),
        cmocka_unit_test(two_engines_taking_turns_are_one),
    };
    return cmocka_run_group_tests(tests, find_protocols, forget_protocols);
}
