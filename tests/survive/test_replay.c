// SPDX-License-Identifier: Apache-2.0
// A replay under the protocol that was in force differs in nothing, whatever people did: every kind of step can be read
// back from its record. STEPDOWN_WALKS and STEPDOWN_WALK_SEED make more and other walks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/walker.h"

enum { PATHWAYS = 2, COMMANDS = 150 };
static const stepdown_time HOUR = INT64_C(3600) * 1000000;

static uint64_t number_from(const char *variable, uint64_t otherwise) {
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static const char *text_of(const stepdown_result *r, size_t row, const char *column) {
    return stepdown_result_text(r, row, stepdown_result_column(r, column));
}

static void organization_of(void *ctx, struct engine *e, struct state *s) {
    (void)e;
    memcpy(ctx, s->org.data, s->org.size);
    ((char *)ctx)[s->org.size] = '\0';
}

// How many things differ in the replay of a pathway that nobody else had a hand in.
static size_t count_differences(struct walker *w, const char *name, size_t pathway) {
    char organization[ENGINE_NAME_MAX + 1];
    stepdown_protocol *protocol = NULL;
    stepdown_session *session = NULL;
    stepdown_result *r = NULL;
    walker_look(w, w->engine, pathway, organization_of, organization);
    assert_int_equal(stepdown_session_open(w->engine, "somebody", "supervisor", organization, NULL, &session, NULL),
                     STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_new(NULL, &protocol, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(protocol, name, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_audit_replay(session, w->pathways[pathway], protocol, &r, NULL), STEPDOWN_OK);
    size_t count = stepdown_result_count(r);
    for (size_t i = 0; i < count; i++) { // what other pathways reported is not replayed, nor what rested on it
        if (strcmp(text_of(r, i, "explanation"), "it came from another pathway") == 0) {
            count = 0;
        }
    }
    for (size_t i = 0; i < count && i < 6; i++) {
        print_message("%s: record %lld, %s: %s %s %s; %s\n", name,
                      (long long)stepdown_result_integer(r, i, stepdown_result_column(r, "sequence")),
                      text_of(r, i, "step"), text_of(r, i, "change"), text_of(r, i, "event"), text_of(r, i, "name"),
                      text_of(r, i, "explanation"));
    }
    stepdown_result_free(&r);
    stepdown_protocol_free(&protocol);
    stepdown_session_free(&session);
    return count;
}

static void nothing_differs_under_the_protocol_that_was_in_force(void **state) {
    stepdown_result *shipped = NULL;
    size_t differences = 0;
    (void)state;
    assert_int_equal(stepdown_protocol_builtins(&shipped, NULL), STEPDOWN_OK);
    uint64_t seed = number_from("STEPDOWN_WALK_SEED", 11), walks = number_from("STEPDOWN_WALKS", 1);
    for (size_t i = 0; i < stepdown_result_count(shipped); i++) {
        const char *name = text_of(shipped, i, "name");
        for (uint64_t k = 0; k < walks; k++) {
            struct walker w;
            walker_make(&w, &name, 1, seed + k, NULL);
            for (size_t s = 0; s < WALKER_SUBJECTS; s++) {
                for (size_t p = 0; p < PATHWAYS && walker_speaks_of(&w, name, walker_subjects[s]); p++) {
                    (void)walker_open(&w, name, walker_subjects[s]);
                }
            }
            for (size_t c = 0; c < COMMANDS; c++) {
                walker_advance(&w, 0); // a host lets time pass when something is due, not only now and then
                (void)walker_command(&w, c % w.pathway_count);
                if (c % 7 == 6) {
                    walker_advance(&w, (stepdown_time)(1 + walker_roll(&w, 8)) * HOUR);
                }
            }
            for (size_t p = 0; p < w.pathway_count; p++) {
                differences += count_differences(&w, name, p);
            }
            walker_free(&w);
        }
    }
    stepdown_result_free(&shipped);
    assert_int_equal(differences, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_differs_under_the_protocol_that_was_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
