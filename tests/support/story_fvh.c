// SPDX-License-Identifier: Apache-2.0
// The story as a table of steps, and the player.
#include "support/story_fvh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum who { MARIA, SAM, LENA, OMAR, RUTH, DENISE, TOM, RAO, WEISS, PEOPLE, NOBODY };

static const struct {
    const char *name, *role, *organization;
} people[PEOPLE] = {
    [MARIA] = {"Maria Chen", "supervisor", "harborview"},
    [SAM] = {"Sam Ortiz", "frontline-worker", "harborview"},
    [LENA] = {"Lena Brandt", "known-staff", "harborview"},
    [OMAR] = {"Omar Haddad", "operations-manager", "harborview"},
    [RUTH] = {"Ruth Adler", "service-leader", "harborview"},
    [DENISE] = {"Denise Walker", "case-manager", "brightpath"},
    [TOM] = {"Tom Reyes", "case-manager-lead", "brightpath"},
    [RAO] = {"Dr. Anita Rao", "clinical-contact", "lakeside"},
    [WEISS] = {"Paul Weiss", "clinical-lead", "lakeside"},
};

enum { ARGUMENTS = 20, DAY = 24 * 60 };
struct step {
    int32_t minute; // since the start
    enum who who;
    const char *verb, *target;            // FVH_COMMAND; otherwise the verb is NULL
    const char *arguments[2 * ARGUMENTS]; // name, value, …
    int32_t occurred;                     // minutes since the start, 0: when it is played
    stepdown_status expected;
    enum fvh_sort sort;
};

#define LOOK(minute, who)                                                                                              \
    { minute, who, NULL, NULL, {NULL}, 0, STEPDOWN_OK, FVH_LOOK }
#define ADVANCE(minute)                                                                                                \
    { minute, NOBODY, NULL, NULL, {NULL}, 0, STEPDOWN_OK, FVH_ADVANCE }
#define DELIVER(minute, who)                                                                                           \
    { minute, who, NULL, NULL, {NULL}, 0, STEPDOWN_OK, FVH_DELIVER }

static const struct step opening[] = {
    {0, MARIA, "open", "failed-first-visit-huddle", {"subject", "person-4471", "zone", "America/New_York"}, 0, 0, 0},
    {0, MARIA, "join-pathway", "brightpath", {NULL}, 0, 0, 0},
    {0, MARIA, "join-pathway", "lakeside", {NULL}, 0, 0, 0},
    {60, RAO, "discharge", "pathway", {NULL}, 0, 0, 0},
    {75,
     DENISE,
     "submit",
     "discharge_plan",
     {"first_visit_at", "2026-03-03T14:00:00-05:00", "warning_signs", "missed-contact", "warning_signs", "withdrawal",
      "preferred_contact_method", "text-message", "discharge_contact", "Dr. Anita Rao"},
     0,
     0,
     0},
    {90, SAM, "accept", "first_visit", {NULL}, 0, 0, 0},
    ADVANCE(300),
    {320,
     SAM,
     "refuse",
     "first_visit",
     {"visit_time", "2026-03-03T14:00:00-05:00", "access_attempt", "knocked", "access_attempt", "doorbell", "attempts",
      "3", "person_response", "heard-but-not-engaging", "person_response.note",
      "no answer; movement heard behind the door", "staff_safety_concern", "no"},
     305,
     0,
     0},
    LOOK(321, DENISE),
};

static const struct step huddle[] = {
    {420, MARIA, "start", "huddle", {NULL}, 0, 0, 0},
    {420, MARIA, "join", "huddle", {NULL}, 0, 0, 0},
    {420, SAM, "join", "huddle", {NULL}, 0, 0, 0},
    {420, DENISE, "join", "huddle", {NULL}, 0, 0, 0},
    {420, RAO, "join", "huddle", {NULL}, 0, 0, 0},
    {425, MARIA, "present", "huddle", {"evidence", "visit_record", "evidence", "discharge_plan"}, 0, 0, 0},
    {430,
     MARIA,
     "submit",
     "huddle_statement",
     {"what_happened", "Two attempts at 2 p.m. No answer. Movement was heard behind the door.", "what_it_may_mean",
      "The person may be withdrawing, as before the last crisis."},
     0,
     0,
     0},
    {435,
     MARIA,
     "submit",
     "huddle_record",
     {"known_warning_signs", "missed-contact", "known_warning_signs", "withdrawal", "next_planned_contact",
      "2026-03-04T15:00:00-05:00", "next_contact_method", "visit", "next_contact_owner", "Lena Brandt",
      "plan_remains_safe", "unsure", "plan_remains_safe.why", "this is how the last crisis began"},
     0,
     0,
     0},
    {440,
     MARIA,
     "decide",
     "huddle",
     {"decision", "second-visit", "reason", "Lena Brandt has known the person for two years", "evidence",
      "visit_record", "evidence", "discharge_plan"},
     0,
     0,
     0},
    LOOK(441, RAO),
    {442,
     DENISE,
     "decide",
     "huddle",
     {"decision", "preferred-contact", "reason", "the person asked for text messages", "evidence", "discharge_plan"},
     0,
     0,
     0},
    {444,
     MARIA,
     "decide",
     "huddle",
     {"decision", "supervisor-review", "reason", "to be looked at again", "evidence", "visit_record"},
     0,
     0,
     0},
    {446,
     DENISE,
     "submit",
     "relapse_indicator",
     {"withdrawal_is_indicator", "yes", "indicator_source", "discharge plan of 3 March"},
     0,
     0,
     0},
    {446,
     DENISE,
     "submit",
     "huddle_record",
     {"case_manager_decision", "one text message a day at most until the second visit"},
     0,
     0,
     0},
    {448,
     RAO,
     "submit",
     "clinical_advice",
     {"advice", "no repeated pressured contact", "further_contact", "only-as-planned"},
     0,
     0,
     0},
    {450,
     MARIA,
     "submit",
     "reengagement",
     {"reengagement_script", "It is Lena. I am not here to make you do anything. You decide."},
     0,
     0,
     0},
    {450, RAO, "attest", "reengagement.reengagement_script", {NULL}, 0, 0, 0},
    {450, MARIA, "attest", "reengagement.reengagement_script", {NULL}, 0, 0, 0},
    {455,
     MARIA,
     "submit",
     "escalation-route",
     {"about", "refusal_route", "condition", "the second visit is refused, or nobody opens", "first_told",
      "clinical-contact", "named_owner", "Dr. Anita Rao", "response_time", "2 hours"},
     0,
     0,
     0},
    {455, MARIA, "agree", "refusal_route", {NULL}, 0, 0, 0},
    {460,
     MARIA,
     "submit",
     "huddle_headings",
     {"emerging_risk", "withdrawal", "current_support", "one visit a day", "staffing_pressure", "none",
      "clinical_questions", "none", "funding_implications", "none", "next_shift_actions", "nobody goes alone"},
     0,
     0,
     0},
    {460,
     MARIA,
     "submit",
     "huddle_outcome",
     {"what_changed", "somebody the person knows goes next", "next_decision_owner", "Maria Chen", "risk_before",
      "raised", "risk_after", "watch", "changed_controls", "contact-plan"},
     0,
     0,
     0},
    {460, MARIA, "close", "huddle", {NULL}, 0, 0, 0},
    {480, LENA, "accept", "second_visit", {NULL}, 0, 0, 0},
    {480, MARIA, "attest", "second_visit", {"text", "they have met every week since 2024"}, 0, 0, 0},
    {480, LENA, "acknowledge", "reengagement.reengagement_script", {NULL}, 0, 0, 0},
    {490, LENA, "start", "second_visit", {NULL}, 0, STEPDOWN_HELD, 0},
    ADVANCE(DAY + 30),
    {DAY + 60,
     DENISE,
     "submit",
     "contact",
     {"contact_outcome", "attempted", "contact_method", "text-message", "contact_planned", "planned", "contact_note",
      "Lena would like to come by at three today."},
     0,
     0,
     0},
    {DAY + 60, DENISE, "close", "preferred_contact", {NULL}, 0, 0, 0},
    {DAY + 360, LENA, "start", "second_visit", {NULL}, 0, 0, 0},
};

static const struct step engaged[] = {
    {DAY + 400,
     LENA,
     "attend",
     "second_visit",
     {"visit_time", "2026-03-04T15:00:00-05:00", "access_attempt", "knocked", "attempts", "1", "person_response",
      "let-in", "staff_safety_concern", "no"},
     0,
     0,
     0},
    {DAY + 400,
     LENA,
     "submit",
     "contact",
     {"contact_outcome", "reached", "contact_method", "visit", "engagement", "engaged", "contact_planned", "planned"},
     0,
     0,
     0},
    {DAY + 400, MARIA, "end", "refusal_route", {NULL}, 0, 0, 0},
    LOOK(DAY + 410, RAO),
    {2 * DAY + 30, MARIA, "start", "supervisor_review", {NULL}, 0, 0, 0},
    {2 * DAY + 30, MARIA, "close", "supervisor_review", {"text", "contact stays with Lena Brandt"}, 0, 0, 0},
    ADVANCE(2 * DAY + 60),
    LOOK(2 * DAY + 60, MARIA),
};

static const struct step refused_again[] = {
    {DAY + 380,
     LENA,
     "refuse",
     "second_visit",
     {"visit_time", "2026-03-04T15:00:00-05:00", "access_attempt", "knocked", "attempts", "1", "person_response",
      "spoke-through-door", "staff_safety_concern", "no"},
     0,
     0,
     0},
    DELIVER(DAY + 385, SAM),
    {DAY + 410, RAO, "own", "FVH-E1", {NULL}, 0, 0, 0},
    {DAY + 450,
     RAO,
     "submit",
     "contact",
     {"contact_outcome", "reached", "contact_method", "telephone", "engagement", "not-engaged", "contact_planned",
      "planned"},
     0,
     0,
     0},
    {DAY + 450, RAO, "resolve", "FVH-E1", {"reason", "reached by telephone; no visit this week"}, 0, 0, 0},
    {DAY + 450, MARIA, "end", "refusal_route", {NULL}, 0, 0, 0},
    {2 * DAY + 30, MARIA, "close", "supervisor_review", {"text", "next attempt in a week"}, 0, 0, 0},
    {2 * DAY + 30, MARIA, "close", "access_review", {"text", "both refusals were visits"}, 0, 0, 0},
    LOOK(2 * DAY + 60, MARIA),
};

static const struct step not_held[] = {
    ADVANCE(901), // a minute past midnight
    DELIVER(902, SAM),
    ADVANCE(1080),
    ADVANCE(1200),
    {1380, RUTH, "own", "FVH-E2", {NULL}, 0, 0, 0},
    {DAY, MARIA, "start", "huddle", {NULL}, 0, 0, 0},
    {DAY, MARIA, "join", "huddle", {NULL}, 0, 0, 0},
    {DAY, SAM, "join", "huddle", {NULL}, 0, 0, 0},
    {DAY, DENISE, "join", "huddle", {NULL}, 0, 0, 0},
    {DAY,
     MARIA,
     "absent",
     "huddle",
     {"person", "Dr. Anita Rao", "role", "clinical-contact", "reason", "in surgery until noon"},
     0,
     0,
     0},
    {DAY, MARIA, "present", "huddle", {"evidence", "visit_record"}, 0, 0, 0},
    {DAY,
     MARIA,
     "decide",
     "huddle",
     {"decision", "supervisor-review", "reason", "the clinical contact is away", "evidence", "visit_record"},
     0,
     0,
     0},
    {DAY,
     MARIA,
     "submit",
     "huddle_headings",
     {"emerging_risk", "withdrawal", "current_support", "one visit a day", "staffing_pressure", "none",
      "clinical_questions", "none", "funding_implications", "none", "next_shift_actions", "nobody goes alone"},
     0,
     0,
     0},
    {DAY,
     MARIA,
     "submit",
     "huddle_outcome",
     {"what_changed", "somebody the person knows goes next", "next_decision_owner", "Maria Chen", "risk_before",
      "raised", "risk_after", "watch", "changed_controls", "contact-plan"},
     0,
     0,
     0},
    {DAY, MARIA, "close", "huddle", {NULL}, 0, 0, 0},
    {DAY + 30, RUTH, "resolve", "FVH-E2", {"reason", "the huddle was held at nine"}, 0, 0, 0},
    LOOK(DAY + 31, MARIA),
};

#define PART(table)                                                                                                    \
    { table, sizeof table / sizeof table[0] }
static const struct {
    const struct step *steps;
    size_t count;
} parts[FVH_KINDS][3] = {
    [FVH_ENGAGED] = {PART(opening), PART(huddle), PART(engaged)},
    [FVH_REFUSED_AGAIN] = {PART(opening), PART(huddle), PART(refused_again)},
    [FVH_NOT_HELD] = {PART(opening), PART(not_held)},
};

static const struct step *step_at(enum fvh_kind kind, size_t step) {
    for (size_t i = 0; i < 3; i++) {
        if (step < parts[kind][i].count)
            return &parts[kind][i].steps[step];
        step -= parts[kind][i].count;
    }
    return NULL;
}

size_t fvh_length(enum fvh_kind kind) { return parts[kind][0].count + parts[kind][1].count + parts[kind][2].count; }

enum fvh_sort fvh_sort(enum fvh_kind kind, size_t step) { return step_at(kind, step)->sort; }

stepdown_status fvh_expected(enum fvh_kind kind, size_t step) { return step_at(kind, step)->expected; }

static stepdown_time minute(int32_t minutes) {
    return ((stepdown_time)FVH_START + (stepdown_time)minutes * 60) * 1000000;
}

stepdown_time fvh_time(enum fvh_kind kind, size_t step) { return minute(step_at(kind, step)->minute); }

void fvh_pathway(uint32_t number, char out[27]) {
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t spread = (number + 1) * UINT64_C(0x9E3779B97F4A7C15); // ids differ early, as random ones do
    for (int i = 0; i < 12; i++)
        out[i] = digits[spread >> (5 * i) & 31];
    for (int i = 12; i < 26; i++)
        out[i] = 'a';
    out[26] = '\0';
}

// ---- host ------------------------------------------------------------------------------------------------------------

static stepdown_time host_clock(void *ctx) { return ((struct fvh_host *)ctx)->now; }

static int32_t host_random(void *ctx, uint8_t *out, size_t size) {
    struct fvh_host *host = ctx;
    for (size_t i = 0; i < size; i++) {
        host->seed = host->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(host->seed >> 56);
    }
    return 1;
}

stepdown_status fvh_options(struct fvh_host *host, stepdown_options **out) {
    stepdown_status status = stepdown_options_new(out, NULL);
    if (status == STEPDOWN_OK) {
        stepdown_options_set_clock(*out, host_clock, host);
        stepdown_options_set_random(*out, host_random, host);
    }
    return status;
}

stepdown_status fvh_create(stepdown_storage *storage, const stepdown_options *options, stepdown_error **out_error) {
    return stepdown_store_create(storage, options, "harborview", "Ruth Adler", "service-leader", "harborview",
                                 out_error);
}

stepdown_status fvh_prepare(stepdown_engine *engine, const stepdown_options *options, stepdown_error **out_error) {
    static const char *const organizations[][2] = {
        {"harborview", "provider"}, {"brightpath", "case-management"}, {"lakeside", "clinical"}};
    stepdown_protocol *protocol = NULL;
    stepdown_status status = stepdown_protocol_new(options, &protocol, out_error);
    if (status == STEPDOWN_OK)
        status = stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", out_error);
    if (status == STEPDOWN_OK)
        status = stepdown_engine_activate(engine, protocol, out_error);
    stepdown_protocol_free(&protocol);
    for (size_t i = 0; i < 3 && status == STEPDOWN_OK; i++)
        status = stepdown_engine_set_organization(engine, organizations[i][0], organizations[i][1], out_error);
    for (size_t i = 0; i < PEOPLE && status == STEPDOWN_OK; i++)
        status = stepdown_engine_assign_role(engine, people[i].role, people[i].organization, people[i].name,
                                             minute(-DAY), STEPDOWN_TIME_NONE, 0, out_error);
    return status;
}

// ---- playing -----------------------------------------------------------------------------------------------------------

static stepdown_status play_command(struct fvh_story *story, stepdown_session *session, const struct step *step,
                                    size_t number, stepdown_error **o) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    char id[32];
    bool opens = strcmp(step->verb, "open") == 0;
    (void)snprintf(id, sizeof id, "step-%zu", number);
    stepdown_status status = stepdown_command_new(session, step->verb, step->target, &command, o);
    for (size_t i = 0; status == STEPDOWN_OK && step->arguments[i] != NULL; i += 2)
        status = stepdown_command_set(command, step->arguments[i], step->arguments[i + 1], o);
    if (status == STEPDOWN_OK && opens)
        status = stepdown_command_set(command, "pathway", story->pathway, o);
    if (status == STEPDOWN_OK)
        status = stepdown_command_set_id(command, id, o);
    if (status == STEPDOWN_OK && step->occurred != 0)
        stepdown_command_set_occurred(command, minute(step->occurred), -300);
    if (status == STEPDOWN_OK)
        status = stepdown_session_execute(session, opens ? NULL : story->pathway, command, &receipt, o);
    if (status == STEPDOWN_OK) {
        story->repeated = stepdown_result_integer(receipt, 0, stepdown_result_column(receipt, "repeated")) != 0;
        story->sequence = (uint64_t)stepdown_result_integer(receipt, 0, stepdown_result_column(receipt, "sequence"));
    }
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    return status;
}

static stepdown_status status_named(const char *name) {
#define STATUS_NAMED(word, number, category, text)                                                                     \
    if (strcmp(name, #word) == 0)                                                                                      \
        return STEPDOWN_##word;
    STEPDOWN_STATUS_TABLE(STATUS_NAMED)
#undef STATUS_NAMED
    return STEPDOWN_INTERNAL;
}

static stepdown_status play_advance(struct fvh_story *story, stepdown_error **o) {
    stepdown_result *result = NULL;
    stepdown_status status = stepdown_engine_advance(story->engine, story->host->now, 0, &result, NULL, o);
    for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(result); i++)
        status = status_named(stepdown_result_text(result, i, stepdown_result_column(result, "status")));
    stepdown_result_free(&result);
    return status;
}

static stepdown_status play_deliver(stepdown_session *session, stepdown_error **o) {
    stepdown_result *messages = NULL;
    stepdown_status status = stepdown_outbox_lease(session, 10, 60, &messages, o);
    for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(messages); i++)
        status = stepdown_outbox_settle(
            session, stepdown_result_text(messages, i, stepdown_result_column(messages, "token")), 1, o);
    stepdown_result_free(&messages);
    return status;
}

typedef stepdown_status (*view_fn)(stepdown_session *session, const char *pathway, stepdown_result **out,
                                   stepdown_error **o);

static stepdown_status all_items(stepdown_session *session, const char *pathway, stepdown_result **out,
                                 stepdown_error **o) {
    return stepdown_pathway_items(session, pathway, 0, out, o);
}
static stepdown_status the_gate(stepdown_session *session, const char *pathway, stepdown_result **out,
                                stepdown_error **o) {
    return stepdown_gate_check(session, pathway, "second_visit_starts", out, o);
}
static stepdown_status the_list(stepdown_session *session, const char *pathway, stepdown_result **out,
                                stepdown_error **o) {
    (void)pathway;
    return stepdown_pathway_list(session, NULL, 10, out, o);
}
static stepdown_status all_records(stepdown_session *session, const char *pathway, stepdown_result **out,
                                   stepdown_error **o) {
    return stepdown_audit_records(session, pathway, 0, 1000, out, o);
}

static const view_fn views[] = {
    stepdown_pathway_show,
    all_items,
    stepdown_pathway_entries,
    stepdown_audit_validate,
    stepdown_board,
    the_gate,
    the_list,
    all_records,
};
enum { VIEWS = sizeof views / sizeof views[0], PICTURE_VIEWS = 5 };

static stepdown_status play_look(struct fvh_story *story, stepdown_session *session, stepdown_error **o) {
    stepdown_status status = STEPDOWN_OK;
    for (size_t i = 0; i < VIEWS && status == STEPDOWN_OK; i++) {
        stepdown_result *result = NULL;
        status = views[i](session, story->pathway, &result, o);
        stepdown_result_free(&result);
    }
    return status;
}

static stepdown_status session_of(struct fvh_story *story, enum who who, stepdown_session **out, stepdown_error **o) {
    return stepdown_session_open(story->engine, people[who].name, people[who].role, people[who].organization, NULL, out,
                                 o);
}

stepdown_status fvh_play(struct fvh_story *story, size_t number, stepdown_error **o) {
    const struct step *step = step_at(story->kind, number);
    stepdown_session *session = NULL;
    story->host->now = minute(step->minute);
    if (step->sort == FVH_ADVANCE)
        return play_advance(story, o);
    stepdown_status status = session_of(story, step->who, &session, o);
    if (status == STEPDOWN_OK)
        status = step->sort == FVH_COMMAND ? play_command(story, session, step, number, o)
                 : step->sort == FVH_LOOK  ? play_look(story, session, o)
                                           : play_deliver(session, o);
    stepdown_session_free(&session);
    return status;
}

stepdown_status fvh_play_all(struct fvh_story *story, stepdown_error **o) {
    for (size_t i = 0; i < fvh_length(story->kind); i++) {
        stepdown_error *cause = NULL;
        stepdown_status status = fvh_play(story, i, &cause);
        if (status != fvh_expected(story->kind, i)) {
            if (o != NULL)
                *o = cause;
            else
                stepdown_error_free(&cause);
            return status != STEPDOWN_OK ? status : STEPDOWN_INTERNAL;
        }
        stepdown_error_free(&cause);
    }
    return STEPDOWN_OK;
}

// ---- looking back ------------------------------------------------------------------------------------------------------

stepdown_status fvh_picture(struct fvh_story *story, char **out, stepdown_error **o) {
    stepdown_session *session = NULL;
    char *text = calloc(1, 1);
    size_t size = 0;
    stepdown_status status = text != NULL ? session_of(story, MARIA, &session, o) : STEPDOWN_NOMEM;
    for (size_t i = 0; i < PICTURE_VIEWS && status == STEPDOWN_OK; i++) {
        stepdown_result *result = NULL;
        stepdown_bytes *json = NULL;
        status = views[i](session, story->pathway, &result, o);
        if (status == STEPDOWN_OK)
            status = stepdown_result_json(result, &json, o);
        if (status == STEPDOWN_OK) {
            char *grown = realloc(text, size + stepdown_bytes_size(json) + 1);
            status = grown != NULL ? STEPDOWN_OK : STEPDOWN_NOMEM;
            text = grown != NULL ? grown : text;
        }
        if (status == STEPDOWN_OK) {
            memcpy(text + size, stepdown_bytes_data(json), stepdown_bytes_size(json));
            size += stepdown_bytes_size(json);
            text[size] = '\0';
        }
        stepdown_bytes_free(&json);
        stepdown_result_free(&result);
    }
    stepdown_session_free(&session);
    if (status == STEPDOWN_OK)
        *out = text;
    else
        free(text);
    return status;
}

stepdown_status fvh_verify(stepdown_engine *engine, bool *intact, uint64_t *records, char problem[160],
                           stepdown_error **o) {
    stepdown_result *rows = NULL;
    stepdown_status status = stepdown_audit_verify(engine, NULL, NULL, NULL, &rows, o);
    *intact = status == STEPDOWN_OK;
    *records = 0;
    problem[0] = '\0';
    for (size_t i = 0; status == STEPDOWN_OK && i < stepdown_result_count(rows); i++) {
        if (strcmp(stepdown_result_text(rows, i, stepdown_result_column(rows, "kind")), "pathway") == 0)
            *records += (uint64_t)stepdown_result_integer(rows, i, stepdown_result_column(rows, "records"));
        if (*intact && stepdown_result_integer(rows, i, stepdown_result_column(rows, "intact")) == 0) {
            *intact = false;
            (void)snprintf(problem, 160, "%s chain, record %lld: %s",
                           stepdown_result_text(rows, i, stepdown_result_column(rows, "kind")),
                           (long long)stepdown_result_integer(rows, i, stepdown_result_column(rows, "bad_sequence")),
                           stepdown_result_text(rows, i, stepdown_result_column(rows, "problem")));
        }
    }
    stepdown_result_free(&rows);
    return status;
}
