// SPDX-License-Identifier: Apache-2.0
// The story of a failed first visit as functions, and questions about it.
#include "story.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/time.h"
#include "storage/storage.h"
#include "support/faulty.h"

static const struct {
    const char *person, *role, *organization;
} people[WHO_COUNT] = {
    [MARIA] = {"Maria Chen", "supervisor", "harborview"},
    [SAM] = {"Sam Ortiz", "frontline-worker", "harborview"},
    [LENA] = {"Lena Brandt", "known-staff", "harborview"},
    [OMAR] = {"Omar Haddad", "operations-manager", "harborview"},
    [RUTH] = {"Ruth Adler", "service-leader", "harborview"},
    [DENISE] = {"Denise Walker", "case-manager", "brightpath"},
    [TOM] = {"Tom Reyes", "case-manager-lead", "brightpath"},
    [RAO] = {"Dr. Anita Rao", "clinical-contact", "lakeside"},
    [PAUL] = {"Paul Weiss", "clinical-lead", "lakeside"},
    [KIM] = {"Kim Novak", "supervisor", "riverside"},
};

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        stepdown_error *problem = NULL;                                                                                \
        stepdown_status got = (call);                                                                                  \
        (void)problem;                                                                                                 \
        if (got != STEPDOWN_OK) {                                                                                      \
            fail_msg("%s: %s", #call, stepdown_status_name(got));                                                      \
        }                                                                                                              \
    } while (0)

// ---- setting up ------------------------------------------------------------------------------------------------------

static stepdown_time story_clock_now(void *ctx) { return ((struct story *)ctx)->now; }

stepdown_time story_time(const char *when) {
    char text[64];
    stepdown_time t;
    int32_t offset;
    bool stated = strlen(when) > 11; // "03-08 01:30 -05:00"
    snprintf(text, sizeof text, "2026-%.5sT%.5s:00%s", when, when + 6, stated ? when + 12 : "-05:00");
    assert_true(time_parse(slice_text(text), NULL, &t, &offset));
    return t;
}

void story_clock(struct story *s, const char *when) { s->now = story_time(when); }

void story_at(struct story *s, const char *when) {
    stepdown_result *fired = NULL;
    int32_t more = 0;
    story_clock(s, when);
    do {
        MUST(stepdown_engine_advance(s->engine, s->now, 0, &fired, &more, &problem));
        for (size_t i = 0; i < stepdown_result_count(fired); i++) {
            assert_string_equal(stepdown_result_text(fired, i, stepdown_result_column(fired, "status")), "OK");
        }
        stepdown_result_free(&fired);
    } while (more);
}

void story_activate(struct story *s, const char *parameter, const char *value) {
    stepdown_protocol *protocol = NULL;
    MUST(stepdown_protocol_new(s->options, &protocol, &problem));
    MUST(stepdown_protocol_add_builtin(protocol, "failed-first-visit-huddle", &problem));
    if (parameter != NULL) {
        MUST(stepdown_protocol_set(protocol, parameter, value, &problem));
    }
    MUST(stepdown_engine_activate(s->engine, protocol, &problem));
    stepdown_protocol_free(&protocol);
}

void story_activate_text(struct story *s, const char *text) {
    stepdown_protocol *protocol = NULL;
    stepdown_error *error = NULL;
    MUST(stepdown_protocol_new(s->options, &protocol, &problem));
    stepdown_slice source = {(const uint8_t *)text, strlen(text)};
    MUST(stepdown_protocol_add_text(protocol, "protocol.yaml", source, &problem));
    if (stepdown_engine_activate(s->engine, protocol, &error) != STEPDOWN_OK) {
        for (size_t i = 0; i < stepdown_error_diagnostic_count(error); i++) {
            print_error("%u:%u: %s\n", (unsigned)stepdown_error_diagnostic_line(error, i),
                        (unsigned)stepdown_error_diagnostic_column(error, i),
                        stepdown_error_diagnostic_message(error, i));
        }
        fail_msg("%s", stepdown_error_message(error));
    }
    stepdown_protocol_free(&protocol);
}

void story_hold(struct story *s, enum who who) {
    MUST(stepdown_engine_assign_role(s->engine, people[who].role, people[who].organization, people[who].person,
                                     story_time("01-01 00:00"), STEPDOWN_TIME_NONE, 0, &problem));
}

stepdown_session *story_session(struct story *s, const char *actor, const char *role, const char *organization) {
    stepdown_session *session = NULL;
    MUST(stepdown_session_open(s->engine, actor, role, organization, NULL, &session, &problem));
    return session;
}

void story_begin_empty(struct story *s) {
    static const char *const organizations[][2] = {{"harborview", "provider"},
                                                   {"brightpath", "case-management"},
                                                   {"lakeside", "clinical"},
                                                   {"riverside", "provider"}};
    *s = (struct story){.expected = -1, .live = stepdown_live_objects()};
    story_clock(s, "03-03 09:00");
    MUST(stepdown_options_new(&s->options, &problem));
    stepdown_options_set_clock(s->options, story_clock_now, s);
    MUST(stepdown_storage_open_memory(NULL, &s->storage, &problem));
    MUST(stepdown_store_create(s->storage, s->options, "test", "Grace Liu", "service-leader", "harborview", &problem));
    MUST(stepdown_engine_open(s->storage, s->options, &s->engine, &problem));
    story_activate(s, NULL, NULL);
    for (size_t i = 0; i < 4; i++) {
        MUST(stepdown_engine_set_organization(s->engine, organizations[i][0], organizations[i][1], &problem));
    }
    for (int i = 0; i < WHO_COUNT; i++) {
        s->sessions[i] = story_session(s, people[i].person, people[i].role, people[i].organization);
    }
}

void story_begin(struct story *s) {
    story_begin_empty(s);
    for (int i = 0; i < WHO_COUNT; i++) {
        story_hold(s, (enum who)i);
    }
}

void story_end(struct story *s) {
    stepdown_result_free(&s->receipt);
    stepdown_result_free(&s->view);
    stepdown_error_free(&s->error);
    for (int i = 0; i < WHO_COUNT; i++) {
        stepdown_session_free(&s->sessions[i]);
    }
    stepdown_engine_free(&s->engine);
    stepdown_options_free(&s->options);
    stepdown_storage_free(&s->storage);
    assert_int_equal(stepdown_live_objects(), s->live);
}

int story_close(struct story *s) {
    assert_true(story_intact(s));
    story_end(s);
    return 0;
}

void story_open_under(struct story *s, const char *protocol, const char *text) {
    story_activate_text(s, text);
    story_do(s, MARIA, "open", protocol, "subject", "person-4471", "zone", "America/New_York", END);
}

void story_begin_under(struct story *s, const char *protocol, const char *text) {
    story_begin(s);
    story_open_under(s, protocol, text);
    story_do(s, MARIA, "join-pathway", "brightpath", END);
}

// ---- a store that fails ------------------------------------------------------------------------------------------------

void stage_close(struct stage *t) {
    stepdown_session_free(&t->session);
    stepdown_engine_free(&t->engine);
    stepdown_storage_free(&t->storage);
}

void stage_open(struct stage *t, struct story *s) {
    stage_close(t);
    MUST(faulty_open(t->faulty, &t->storage, &problem));
    MUST(stepdown_engine_open(t->storage, s->options, &t->engine, &problem));
    MUST(stepdown_session_open(t->engine, people[MARIA].person, people[MARIA].role, people[MARIA].organization, NULL,
                               &t->session, &problem));
}

// ---- saying ----------------------------------------------------------------------------------------------------------

stepdown_status story_try(struct story *s, stepdown_session *session, const char *verb, const char *target,
                          va_list arguments) {
    stepdown_command *command = NULL;
    MUST(stepdown_command_new(session, verb, target, &command, &problem));
    for (const char *name = va_arg(arguments, const char *); name != NULL; name = va_arg(arguments, const char *)) {
        const char *value = va_arg(arguments, const char *);
        MUST(stepdown_command_set(command, name, value, &problem));
    }
    if (s->command_id != NULL) {
        MUST(stepdown_command_set_id(command, s->command_id, &problem));
    }
    if (s->occurred != NULL) {
        stepdown_command_set_occurred(command, story_time(s->occurred), INT32_MIN);
    }
    if (s->expected >= 0) {
        stepdown_command_set_expected(command, (uint64_t)s->expected);
    }
    s->command_id = s->occurred = NULL;
    s->expected = -1;
    stepdown_result_free(&s->receipt);
    stepdown_error_free(&s->error);
    bool opens = strcmp(verb, "open") == 0;
    stepdown_status status =
        stepdown_session_execute(session, opens ? NULL : s->pathway, command, &s->receipt, &s->error);
    stepdown_command_free(&command);
    if (status == STEPDOWN_OK && opens) {
        snprintf(s->pathway, sizeof s->pathway, "%s", stepdown_result_text(s->receipt, 0, 0));
    }
    return status;
}

static void show_error(const struct story *s, const char *verb, const char *target) {
    if (s->error != NULL) {
        print_error("%s %s: %s\n", verb, target != NULL ? target : "", stepdown_error_message(s->error));
        for (size_t i = 0; i < stepdown_error_detail_count(s->error); i++) {
            print_error("  %s: %s\n", stepdown_error_detail_key(s->error, i), stepdown_error_detail_value(s->error, i));
        }
    }
}

void story_do(struct story *s, enum who who, const char *verb, const char *target, ...) {
    va_list list;
    va_start(list, target);
    stepdown_status status = story_try(s, s->sessions[who], verb, target, list);
    va_end(list);
    if (status != STEPDOWN_OK) {
        show_error(s, verb, target);
        fail_msg("%s may not %s %s: %s", people[who].person, verb, target, stepdown_status_name(status));
    }
}

void story_refused(struct story *s, enum who who, stepdown_status want, const char *verb, const char *target, ...) {
    va_list list;
    uint64_t before = s->pathway[0] != '\0' ? story_rows(s) : 0;
    va_start(list, target);
    stepdown_status status = story_try(s, s->sessions[who], verb, target, list);
    va_end(list);
    if (status != want) {
        show_error(s, verb, target);
        fail_msg("%s %s %s: %s, not %s", people[who].person, verb, target, stepdown_status_name(status),
                 stepdown_status_name(want));
    }
    assert_non_null(s->error);
    assert_int_equal(stepdown_error_code(s->error), want);
    assert_null(s->receipt);
    if (s->pathway[0] != '\0' && before != story_rows(s)) {
        fail_msg("%s %s was refused and yet changed the pathway", verb, target);
    }
}

const char *story_detail(const struct story *s, const char *key) {
    for (size_t i = 0; s->error != NULL && i < stepdown_error_detail_count(s->error); i++) {
        if (strcmp(stepdown_error_detail_key(s->error, i), key) == 0) {
            return stepdown_error_detail_value(s->error, i);
        }
    }
    return "";
}

bool story_detail_has(const struct story *s, const char *key, const char *value) {
    for (size_t i = 0; s->error != NULL && i < stepdown_error_detail_count(s->error); i++) {
        if (strcmp(stepdown_error_detail_key(s->error, i), key) == 0 &&
            strcmp(stepdown_error_detail_value(s->error, i), value) == 0) {
            return true;
        }
    }
    return false;
}

bool story_says(const struct story *s, const char *part) {
    return s->error != NULL && strstr(stepdown_error_message(s->error), part) != NULL;
}

static size_t find_event(struct story *s, const char *event, const char *name, const stepdown_result **rows) {
    *rows = stepdown_result_rows(s->receipt, 0, stepdown_result_column(s->receipt, "events"));
    size_t count = stepdown_result_count(*rows);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(stepdown_result_text(*rows, i, stepdown_result_column(*rows, "event")), event) == 0 &&
            (name == NULL ||
             strcmp(stepdown_result_text(*rows, i, stepdown_result_column(*rows, "name")), name) == 0)) {
            return i;
        }
    }
    return SIZE_MAX;
}

bool story_event(struct story *s, const char *event, const char *name) {
    const stepdown_result *rows;
    return find_event(s, event, name, &rows) != SIZE_MAX;
}

const char *story_id(struct story *s, const char *event) {
    const stepdown_result *rows;
    static char id[32];
    size_t row = find_event(s, event, NULL, &rows);
    if (row == SIZE_MAX) {
        fail_msg("no event %s in the receipt", event);
    }
    snprintf(id, sizeof id, "%s", stepdown_result_text(rows, row, stepdown_result_column(rows, "id")));
    return id;
}

// ---- chapters --------------------------------------------------------------------------------------------------------

void chapter_open(struct story *s) {
    story_do(s, MARIA, "open", "failed-first-visit-huddle", "subject", "person-4471", "zone", "America/New_York", END);
    story_do(s, MARIA, "join-pathway", "brightpath", END);
    story_do(s, MARIA, "join-pathway", "lakeside", END);
}

void chapter_plan(struct story *s) {
    story_do(s, DENISE, "submit", "discharge_plan", "first_visit_at", "2026-03-03 14:00", "warning_signs",
             "missed-contact", "warning_signs", "withdrawal", "preferred_contact_method", "text-message", END);
    story_do(s, SAM, "accept", "first_visit", END);
}

void chapter_refusal(struct story *s) {
    story_at(s, "03-03 14:20");
    s->occurred = "03-03 14:05";
    story_do(s, SAM, "refuse", "first_visit", "visit_time", "2026-03-03 14:00", "access_attempt", "knocked",
             "access_attempt", "doorbell", "attempts", "3", "person_response", "heard-but-not-engaging",
             "staff_safety_concern", "no", END);
}

void chapter_huddle(struct story *s) {
    story_at(s, "03-03 16:00");
    story_do(s, MARIA, "start", "huddle", END);
    story_do(s, MARIA, "join", "huddle", END);
    story_do(s, SAM, "join", "huddle", END);
    story_do(s, DENISE, "join", "huddle", END);
    story_do(s, RAO, "join", "huddle", END);
    story_do(s, MARIA, "present", "huddle", "evidence", "visit_record", "evidence", "discharge_plan", END);
}

void chapter_record(struct story *s) {
    story_at(s, "03-03 16:15");
    story_do(s, MARIA, "submit", "huddle_statement", "what_happened", "Three attempts, no answer.", "what_it_may_mean",
             "The person may be withdrawing.", END);
    story_do(s, MARIA, "submit", "huddle_record", "known_warning_signs", "missed-contact", "next_planned_contact",
             "2026-03-04 15:00", "next_contact_method", "visit", "next_contact_owner", "Lena Brandt",
             "plan_remains_safe", "unsure", "plan_remains_safe.why", "this is how the last crisis began", END);
}

void chapter_decisions(struct story *s) {
    story_at(s, "03-03 16:20");
    story_do(s, MARIA, "decide", "huddle", "decision", "second-visit", "reason", "a familiar voice", "evidence",
             "visit_record", END);
    story_do(s, DENISE, "decide", "huddle", "decision", "preferred-contact", "reason", "as the person asked",
             "evidence", "discharge_plan", END);
    story_do(s, MARIA, "decide", "huddle", "decision", "supervisor-review", "reason", "look again", "evidence",
             "visit_record", END);
}

void chapter_advice(struct story *s) {
    story_at(s, "03-03 16:28");
    story_do(s, RAO, "submit", "clinical_advice", "advice", "no repeated pressured contact", "further_contact",
             "only-as-planned", END);
}

void chapter_script(struct story *s) {
    story_at(s, "03-03 16:30");
    story_do(s, MARIA, "submit", "reengagement", "reengagement_script", "It is Lena. You decide.", END);
    story_do(s, RAO, "attest", "reengagement.reengagement_script", END);
    story_do(s, MARIA, "attest", "reengagement.reengagement_script", END);
}

void chapter_route(struct story *s) {
    story_at(s, "03-03 16:35");
    story_do(s, MARIA, "submit", "escalation-route", "about", "refusal_route", "condition",
             "the second visit is refused", "first_told", "clinical-contact", "named_owner", "Dr. Anita Rao",
             "response_time", "2 hours", END);
    story_do(s, MARIA, "agree", "refusal_route", END);
}

void chapter_headings(struct story *s) {
    story_do(s, MARIA, "submit", "huddle_headings", "emerging_risk", "withdrawal", "current_support", "one visit a day",
             "staffing_pressure", "none", "clinical_questions", "none", "funding_implications", "none",
             "next_shift_actions", "nobody goes alone", END);
    story_do(s, MARIA, "submit", "huddle_outcome", "what_changed", "somebody the person knows goes next",
             "next_decision_owner", "Maria Chen", "risk_before", "raised", "risk_after", "watch", "changed_controls",
             "contact-plan", END);
}

void chapter_close(struct story *s) {
    story_at(s, "03-03 16:40");
    chapter_headings(s);
    story_do(s, MARIA, "close", "huddle", END);
}

void chapter_accept(struct story *s) {
    story_at(s, "03-03 17:00");
    story_do(s, LENA, "accept", "second_visit", END);
    story_do(s, MARIA, "attest", "second_visit", "text", "visits every week", END);
    story_do(s, LENA, "acknowledge", "reengagement.reengagement_script", END);
}

void chapter_contact(struct story *s) {
    story_at(s, "03-04 10:00");
    story_do(s, DENISE, "submit", "contact", "contact_outcome", "attempted", "contact_method", "text-message",
             "contact_planned", "planned", END);
}

void chapter_all(struct story *s) {
    chapter_open(s);
    chapter_plan(s);
    chapter_refusal(s);
    chapter_huddle(s);
    chapter_record(s);
    chapter_decisions(s);
    chapter_advice(s);
    chapter_script(s);
    chapter_route(s);
    chapter_close(s);
    chapter_accept(s);
    chapter_contact(s);
}

void chapter_second(struct story *s, const char *outcome) {
    bool in = strcmp(outcome, "attend") == 0;
    story_at(s, "03-04 15:00");
    story_do(s, LENA, "start", "second_visit", END);
    story_at(s, "03-04 15:20");
    story_do(s, LENA, outcome, "second_visit", "visit_time", "2026-03-04 15:00", "access_attempt", "knocked",
             "attempts", "1", "person_response", in ? "let-in" : "refused", "staff_safety_concern", "no", END);
}

// ---- asking ----------------------------------------------------------------------------------------------------------

static const stepdown_result *ask_items(struct story *s, bool live_only) {
    stepdown_result_free(&s->view);
    MUST(stepdown_pathway_items(s->sessions[MARIA], s->pathway, live_only, &s->view, &problem));
    return s->view;
}

static bool cell_is(const stepdown_result *r, size_t row, const char *column, const char *text) {
    return strcmp(stepdown_result_text(r, row, stepdown_result_column(r, column)), text) == 0;
}

static size_t find_item(struct story *s, const char *name) {
    const stepdown_result *r = ask_items(s, false);
    for (size_t i = stepdown_result_count(r); i > 0; i--) {
        if (cell_is(r, i - 1, "name", name)) {
            return i - 1;
        }
    }
    return SIZE_MAX;
}

const char *story_item(struct story *s, const char *name, const char *column) {
    size_t row = find_item(s, name);
    assert_int_not_equal(stepdown_result_column(s->view, column), -1);
    return row == SIZE_MAX ? "" : stepdown_result_text(s->view, row, stepdown_result_column(s->view, column));
}

int64_t story_item_number(struct story *s, const char *name, const char *column) {
    size_t row = find_item(s, name);
    assert_int_not_equal(stepdown_result_column(s->view, column), -1);
    return row == SIZE_MAX ? -1 : stepdown_result_integer(s->view, row, stepdown_result_column(s->view, column));
}

size_t story_count(struct story *s, const char *name, bool live_only) {
    const stepdown_result *r = ask_items(s, live_only);
    size_t count = 0;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        count += cell_is(r, i, "name", name);
    }
    return count;
}

size_t story_alerts(struct story *s, const char *name) {
    const stepdown_result *r = ask_items(s, true);
    size_t count = 0;
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        count += cell_is(r, i, "kind", "alert") && (name == NULL || cell_is(r, i, "name", name));
    }
    return count;
}

static const stepdown_result *ask_need(struct story *s, const char *row, size_t *at) {
    stepdown_result_free(&s->view);
    MUST(stepdown_gate_check(s->sessions[MARIA], s->pathway, "second_visit_starts", &s->view, &problem));
    const stepdown_result *needs = stepdown_result_rows(s->view, 0, stepdown_result_column(s->view, "needs"));
    for (*at = 0; *at < stepdown_result_count(needs); ++*at) {
        if (cell_is(needs, *at, "row", row)) {
            return needs;
        }
    }
    fail_msg("the gate has no need %s", row);
    return NULL;
}

const char *story_need(struct story *s, const char *row) {
    static char text[256];
    size_t at;
    const stepdown_result *needs = ask_need(s, row, &at);
    if (cell_is(needs, at, "verdict", "met")) {
        return "met";
    }
    const stepdown_result *reasons = stepdown_result_rows(needs, at, stepdown_result_column(needs, "reasons"));
    text[0] = '\0';
    for (size_t i = 0; i < stepdown_result_count(reasons); i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "+" : "",
                 stepdown_result_text(reasons, i, stepdown_result_column(reasons, "reason")));
    }
    return text;
}

const char *story_need_who(struct story *s, const char *row) {
    size_t at;
    const stepdown_result *needs = ask_need(s, row, &at);
    const stepdown_result *reasons = stepdown_result_rows(needs, at, stepdown_result_column(needs, "reasons"));
    return stepdown_result_text(reasons, 0, stepdown_result_column(reasons, "who"));
}

bool story_gate_open(struct story *s) {
    stepdown_result_free(&s->view);
    MUST(stepdown_gate_check(s->sessions[MARIA], s->pathway, "second_visit.start", &s->view, &problem));
    return stepdown_result_integer(s->view, 0, stepdown_result_column(s->view, "open")) != 0;
}

static size_t ask_confirm(struct story *s, const char *row) {
    stepdown_result_free(&s->view);
    MUST(stepdown_audit_validate(s->sessions[MARIA], s->pathway, &s->view, &problem));
    for (size_t i = 0; i < stepdown_result_count(s->view); i++) {
        if (cell_is(s->view, i, "row", row)) {
            return i;
        }
    }
    fail_msg("no confirmation %s", row);
    return 0;
}

const char *story_confirm(struct story *s, const char *row, const char *column) {
    size_t at = ask_confirm(s, row);
    return stepdown_result_text(s->view, at, stepdown_result_column(s->view, column));
}

size_t story_confirm_rows(struct story *s, const char *row, const char *column) {
    size_t at = ask_confirm(s, row);
    return stepdown_result_count(stepdown_result_rows(s->view, at, stepdown_result_column(s->view, column)));
}

uint64_t story_sequence(struct story *s) {
    stepdown_result_free(&s->view);
    MUST(stepdown_pathway_show(s->sessions[MARIA], s->pathway, &s->view, &problem));
    return (uint64_t)stepdown_result_integer(s->view, 0, stepdown_result_column(s->view, "sequence"));
}

bool story_intact(struct story *s) {
    stepdown_result_free(&s->view);
    MUST(stepdown_audit_verify(s->engine, NULL, NULL, NULL, &s->view, &problem));
    for (size_t i = 0; i < stepdown_result_count(s->view); i++) {
        if (!stepdown_result_integer(s->view, i, stepdown_result_column(s->view, "intact"))) {
            print_error("%s\n", stepdown_result_text(s->view, i, stepdown_result_column(s->view, "problem")));
            return false;
        }
    }
    return true;
}

// ---- the store from below ----------------------------------------------------------------------------------------------

static bool holds(stepdown_slice bytes, const void *part, size_t size) {
    for (size_t i = 0; i + size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

typedef void (*row_fn)(void *ctx, const struct row *row);

static void each_row(struct story *s, row_fn use, void *ctx) {
    struct env env = env_default();
    struct transaction t;
    struct arena arena;
    uint8_t from[256] = {0}, to[1] = {0xff};
    size_t from_size = 0;
    transaction_init(&t, s->storage, &env);
    arena_init(&arena, &env);
    MUST(transaction_begin(&t, false, NULL, 0, &problem));
    for (bool more = true; more;) {
        struct row *rows;
        size_t count;
        MUST(transaction_scan(&t, slice_of(from, from_size), slice_of(to, 1), false, 256, &arena, &rows, &count, &more,
                              &problem));
        for (size_t i = 0; i < count; i++) {
            use(ctx, &rows[i]);
        }
        more = more && count > 0;
        if (more) {
            memcpy(from, rows[count - 1].key.data, rows[count - 1].key.size);
            from_size = rows[count - 1].key.size;
            from[from_size++] = 0;
        }
    }
    transaction_abort(&t);
    transaction_free(&t);
    arena_free(&arena);
}

struct digest_rows {
    uint8_t id[16];
    uint64_t hash;
    size_t count;
};

static void mix(uint64_t *hash, stepdown_slice bytes) {
    for (size_t i = 0; i < bytes.size; i++) {
        *hash = (*hash ^ bytes.data[i]) * UINT64_C(1099511628211);
    }
    *hash = (*hash ^ 0x5a) * UINT64_C(1099511628211);
}

static void digest_row(void *ctx, const struct row *row) {
    struct digest_rows *d = ctx;
    if (holds(row->key, d->id, sizeof d->id)) {
        mix(&d->hash, row->key);
        mix(&d->hash, row->value);
        d->count++;
    }
}

static void digest_any(void *ctx, const struct row *row) {
    struct digest_rows *d = ctx;
    mix(&d->hash, row->key);
    mix(&d->hash, row->value);
    d->count++;
}

uint64_t story_store(struct story *s) {
    struct digest_rows d = {.hash = UINT64_C(14695981039346656037)};
    each_row(s, digest_any, &d);
    assert_true(d.count > 0);
    return d.hash;
}

uint64_t story_rows(struct story *s) {
    struct digest_rows d = {.hash = UINT64_C(14695981039346656037)};
    assert_true(base32_parse_id(slice_text(s->pathway), d.id));
    each_row(s, digest_row, &d);
    assert_true(d.count > 0);
    return d.hash;
}

struct leak {
    const char *text;
    bool records, found;
};

static void leak_row(void *ctx, const struct row *row) {
    struct leak *l = ctx;
    size_t size = strlen(l->text);
    bool record = !l->records && row->key.size > 17 && row->key.data[0] == 0x01 && row->key.data[17] == 2;
    l->found = l->found || holds(row->key, l->text, size) || (!record && holds(row->value, l->text, size));
}

bool story_leaks(struct story *s, const char *text) {
    struct leak l = {.text = text};
    each_row(s, leak_row, &l);
    return l.found;
}

bool story_holds(struct story *s, const char *text) {
    struct leak l = {.text = text, .records = true};
    each_row(s, leak_row, &l);
    return l.found;
}
