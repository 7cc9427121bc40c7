// SPDX-License-Identifier: Apache-2.0
// The report of a pathway: chapters that are views, chosen for the audience and shown as far as consent lets the audience
// read. May call: call, view.
#include "cli/command.h"
#include "cli/view.h"

#include <string.h>

enum { CONFIRMED = 1, HELD = 2, DONE = 4, RECORDED = 8, MEASURED = 16, OPEN = 32 };

// Whom it is for. The word is what consent may name as recipient: a role, or the kind of an organization.
static const struct audience {
    const char *name, *purpose;
    unsigned chapters;
} audiences[] = {
    {"regulator", "oversight",
     CONFIRMED | HELD | DONE | RECORDED | OPEN},            // coordinated, overseen, decided for the person
    {"funder", "payment", CONFIRMED | RECORDED | MEASURED}, // need that changes, intensity, what it prevented
};

static stepdown_status all_items(stepdown_session *session, const char *pathway, stepdown_result **out,
                                 stepdown_error **out_error) {
    return stepdown_pathway_items(session, pathway, 0, out, out_error);
}

static const struct chapter {
    unsigned bit;
    const char *title;
    stepdown_status (*ask)(stepdown_session *session, const char *pathway, stepdown_result **out,
                           stepdown_error **out_error);
    void (*show)(const struct view *view, const stepdown_result *result);
} chapters[] = {
    {CONFIRMED, "What an audit confirms", stepdown_audit_validate, view_validation},
    {HELD, "Who held what between release and first contact", stepdown_responsibility, view_responsibility},
    {DONE, "What was done, by whom, and what was raised to whom", all_items, view_items},
    {RECORDED, "What was recorded and decided", stepdown_pathway_entries, view_entries},
    {MEASURED, "What it measures", stepdown_measures, view_measures},
    {OPEN, "What is still to be done", stepdown_board, view_board},
};

// Whoever is no audience of the table is a role, and reads for the purpose that is given.
static int show_for(struct call *call, unsigned *bits) {
    const char *whom = call->options.whom, *purpose = call->options.purpose;
    bool known = false;
    for (size_t i = 0; i < sizeof audiences / sizeof audiences[0]; i++) {
        if (strcmp(audiences[i].name, whom) == 0) {
            known = true;
            *bits = audiences[i].chapters;
            purpose = audiences[i].purpose;
        }
    }
    if (!known && !purpose)
        return call_misused(call, "--for %s needs a --purpose: what they read it for", whom);
    stepdown_status status = stepdown_session_show_for(call->session, whom, NULL, purpose, &call->error);
    return status == STEPDOWN_OK ? EXIT_DONE : call_end(call, status);
}

int run_report(struct call *call) {
    unsigned bits = CONFIRMED | HELD | MEASURED | OPEN;
    bool first = true;
    int code = call_pathway(call);
    if (code == EXIT_DONE && call->options.whom)
        code = show_for(call, &bits);
    for (size_t i = 0; i < sizeof chapters / sizeof chapters[0] && code == EXIT_DONE; i++) {
        stepdown_result *result = NULL;
        if ((chapters[i].bit & bits) == 0)
            continue;
        if (!call->options.json && !first)
            screen_gap(&call->out);
        if (!call->options.json)
            screen_line(&call->out, TONE_BOLD, "%s", chapters[i].title);
        first = false;
        stepdown_status status = chapters[i].ask(call->session, call->options.pathway, &result, &call->error);
        code = call_result(call, status, &result, chapters[i].show);
    }
    return code;
}
