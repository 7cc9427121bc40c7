// SPDX-License-Identifier: Apache-2.0
// The gate with five needs of the failed-first-visit-huddle protocol, evaluated in the middle of its story with
// evidence, reasons and sentences that explain them, into a reused result: time, and allocations, which must be none.
// Usage: bench_bench_gate
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handles.h"
#include "bench/bench.h"

enum { RUNS = 20000, ROUNDS = 9 };

struct person {
    const char *name, *role, *organization;
};
static const struct person maria = {"maria", "supervisor", "harbor"}, sam = {"sam", "frontline-worker", "harbor"},
                           denise = {"denise", "case-manager", "bright"}, rao = {"rao", "clinical-contact", "lake"},
                           lena = {"lena", "known-staff", "harbor"};

static struct host host;
static char pathway[PATHWAY_TEXT];

// Names and values in turn, NULL at the end.
static void tell(const struct person *who, const char *verb, const char *target, ...) {
    stepdown_session *session;
    stepdown_command *command;
    stepdown_error *error = NULL;
    stepdown_result *receipt;
    host.clock += INT64_C(60000000);
    stepdown_status status =
        stepdown_session_open(host.engine, who->name, who->role, who->organization, NULL, &session, &error);
    bench_check(status, error, "session");
    bench_check(stepdown_command_new(session, verb, target, &command, &error), error, verb);
    va_list list;
    va_start(list, target);
    for (const char *name; (name = va_arg(list, const char *)) != NULL;)
        bench_check(stepdown_command_set(command, name, va_arg(list, const char *), &error), error, name);
    va_end(list);
    status = stepdown_session_execute(session, pathway[0] ? pathway : NULL, command, &receipt, &error);
    bench_check(status, error, verb);
    const char *id = stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway"));
    snprintf(pathway, sizeof pathway, "%s", id);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
}

static void prepare(void) {
    stepdown_protocol *protocol;
    host_open(&host, bench_memory(), false, 16);
    bench_check(stepdown_protocol_new(NULL, &protocol, NULL), NULL, "protocol");
    bench_check(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", NULL), NULL, "protocol");
    bench_check(stepdown_engine_activate(host.engine, protocol, NULL), NULL, "activate");
    bench_check(stepdown_engine_set_organization(host.engine, "bright", "case-management", NULL), NULL, "bright");
    bench_check(stepdown_engine_set_organization(host.engine, "lake", "clinical", NULL), NULL, "lake");
    stepdown_protocol_free(&protocol);
}

// Up to the decision for a second visit: none of the five needs is met.
static void begin_story(void) {
    tell(&maria, "open", "failed-first-visit-huddle", "subject", "person", "zone", "America/New_York", (char *)NULL);
    tell(&maria, "join-pathway", "bright", (char *)NULL);
    tell(&maria, "join-pathway", "lake", (char *)NULL);
    tell(&denise, "submit", "discharge_plan", "first_visit_at", "2026-03-02T14:00:00-05:00", "warning_signs",
         "missed-contact", "warning_signs", "withdrawal", "preferred_contact_method", "text-message", (char *)NULL);
    tell(&sam, "accept", "first_visit", (char *)NULL);
    tell(&sam, "refuse", "first_visit", "visit_time", "2026-03-02T09:00:00-05:00", "access_attempt", "knocked",
         "attempts", "3", "person_response", "no-answer", "staff_safety_concern", "no", (char *)NULL);
    tell(&maria, "start", "huddle", (char *)NULL);
    tell(&maria, "join", "huddle", (char *)NULL);
    tell(&maria, "submit", "huddle_record", "next_planned_contact", "2026-03-04T15:00:00-05:00", "next_contact_method",
         "visit", "next_contact_owner", "lena", "known_warning_signs", "withdrawal", "plan_remains_safe", "unsure",
         "plan_remains_safe.why", "as last time", (char *)NULL);
    tell(&maria, "decide", "huddle", "decision", "second-visit", "reason", "a familiar voice", (char *)NULL);
}

// Everything but the contact attempt.
static void meet_four(void) {
    tell(&rao, "submit", "clinical_advice", "about", "first_visit", "advice", "do not press", "further_contact",
         "only-as-planned", (char *)NULL);
    tell(&maria, "submit", "reengagement", "reengagement_script", "It is Lena.", (char *)NULL);
    tell(&rao, "attest", "reengagement.reengagement_script", (char *)NULL);
    tell(&maria, "attest", "reengagement.reengagement_script", (char *)NULL);
    tell(&maria, "submit", "escalation-route", "about", "refusal_route", "condition", "refused again", "first_told",
         "clinical-contact", "named_owner", "rao", "response_time", "2 hours", (char *)NULL);
    tell(&maria, "agree", "refusal_route", (char *)NULL);
    tell(&lena, "accept", "second_visit", (char *)NULL);
    tell(&lena, "acknowledge", "reengagement.reengagement_script", (char *)NULL);
}

static void meet_the_last(void) {
    tell(&denise, "submit", "contact", "contact_outcome", "attempted", "contact_method", "text-message",
         "contact_planned", "planned", (char *)NULL);
}

static void evaluate(struct evaluation *ev, int32_t gate, uint32_t element, struct gate_result *r,
                     struct buffer *text) {
    arena_reset(ev->scratch);
    buffer_clear(text);
    bench_check(gate_evaluate(ev, gate, element, r, NULL), NULL, "gate");
    ev->this_element = element;
    for (size_t need = 0; need < r->need_count; need++) {
        const struct need_result *n = &r->needs[need];
        for (uint32_t i = 0; i < n->unmet_count; i++) {
            rule_explain(ev, &r->verdict.unmet[n->unmet_first + i], text);
            rule_clearers(ev, &r->verdict.unmet[n->unmet_first + i], n->need, text);
        }
    }
}

static void measure(const char *what, bool open, size_t met) {
    uint8_t id[RECORD_ID];
    struct engine *e = host.engine->engine;
    struct session_info session = {.actor = slice_text("maria"),
                                   .role = slice_text("supervisor"),
                                   .organization = slice_text("harbor"),
                                   .purpose = slice_text("treatment"),
                                   .emergency_until = STEPDOWN_TIME_NONE};
    struct state *s;
    struct head head;
    bench_check(pathway_parse(&e->env, pathway, id, NULL), NULL, "id");
    bench_check(engine_begin_read(e, &session, id, "bench", &s, &head, NULL), NULL, "read");
    int32_t gate = definitions_gate(s->defs, slice_text("second_visit_starts"));
    uint32_t element = state_newest_item(s, definitions_item(s->defs, slice_text("second_visit")));
    struct evaluation ev = engine_evaluation(e, s, host.clock);
    struct gate_result r;
    struct buffer text;
    gate_result_init(&r, &e->env);
    buffer_init(&text, &e->env);
    evaluate(&ev, gate, element, &r, &text); // grows what is reused from then on
    size_t before = host.allocations, holds = 0;
    struct series series = {.count = 0}, allocations = {.count = 0};
    for (int i = 0; i < ROUNDS; i++) {
        double start = bench_now();
        for (int run = 0; run < RUNS; run++)
            evaluate(&ev, gate, element, &r, &text);
        series_add(&series, (bench_now() - start) / RUNS);
    }
    series_add(&allocations, (double)(host.allocations - before));
    for (size_t i = 0; i < r.need_count; i++)
        holds += r.needs[i].truth == TRUTH_TRUE;
    if (r.need_count != 5 || r.open != open || holds != met) {
        fprintf(stderr, "%s: %zu of %zu needs are met\n", what, holds, r.need_count);
        exit(2);
    }
    bench_at_most(what, &series, "us", 5);
    bench_at_most("  its allocations", &allocations, "", 0);
    gate_result_free(&r);
    buffer_free(&text);
    bench_check(engine_end_read(e, NULL), NULL, "read");
}

int main(void) {
    bench_begin("the gate with five needs, explained");
    prepare();
    begin_story();
    measure("gate, none of five needs met", false, 0);
    meet_four();
    measure("gate, four of five needs met", false, 4);
    meet_the_last();
    measure("gate, open", true, 5);
    host_close(&host);
    return bench_end();
}
