// SPDX-License-Identifier: Apache-2.0
// Bytes as a sequence of calls on a store: the story of a failed first visit up to some step, then commands of any verb,
// target and arguments, time in either direction, looks, failing memory, new engines. Whatever happens, every chain stays
// intact, no call says that the library or the store is broken, and what is folded anew is what was there.
// May call: the public functions, the story of the tests.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/story_fvh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const verbs[] = {
    "submit",  "amend",          "retract",       "erase",         "acknowledge", "attest",  "withdraw",  "add",
    "signal",  "notice",         "join-pathway",  "leave-pathway", "discharge",   "return",  "stage",     "assign",
    "accept",  "reopen-pathway", "close-pathway", "decline",       "suspend",     "resume",  "cancel",    "reopen",
    "set-due", "start",          "close",         "join",          "absent",      "present", "decide",    "no-decision",
    "book",    "reschedule",     "confirm",       "attend",        "miss",        "refuse",  "no-access", "send",
    "deliver", "respond",        "act",           "block",         "view",        "control", "elevate",   "own",
    "resolve", "agree",          "run",           "end",           "transfer",    "change",  "review",    "open",
};
static const char *const targets[] = {
    "first_visit",
    "huddle",
    "second_visit",
    "preferred_contact",
    "refusal_route",
    "visit",
    "access_review",
    "discharge_plan",
    "supervisor_review",
    "visit_record",
    "huddle_record",
    "huddle_statement",
    "clinical_advice",
    "relapse_indicator",
    "reengagement",
    "contact",
    "escalation-route",
    "alert",
    "FVH-E1",
    "FVH-E2",
    "FVH-N1",
    "pathway",
    "task",
    "barrier",
    "lakeside",
    "brightpath",
    "riverside",
    "reengagement.reengagement_script",
    "huddle_record.plan_remains_safe",
    "0.0",
    "failed-first-visit-huddle",
};
static const char *const names[] = {
    "reason",
    "text",
    "owner",
    "due",
    "start",
    "end",
    "about",
    "evidence",
    "decision",
    "person",
    "role",
    "name",
    "kind",
    "owner_role",
    "visit_time",
    "first_visit_at",
    "warning_signs",
    "advice",
    "further_contact",
    "contact_outcome",
    "contact_method",
    "contact_planned",
    "engagement",
    "next_planned_contact",
    "reengagement_script",
    "plan_remains_safe",
    "plan_remains_safe.why",
    "what_happened",
    "attempts",
    "person_response",
    "staff_safety_concern",
    "field",
    "pathway",
    "verb",
    "target",
    "organization",
};
static const char *const values[] = {
    "yes",
    "no",
    "2026-03-03T14:00:00-05:00",
    "2026-03-04T15:00:00Z",
    "9999-12-31T23:59:59Z",
    "2 hours",
    "same day",
    "1",
    "-9223372036854775808",
    "Lena Brandt",
    "Maria Chen",
    "supervisor",
    "visit_record",
    "discharge_plan",
    "huddle",
    "second-visit",
    "preferred-contact",
    "only-as-planned",
    "attempted",
    "reached",
    "telephone",
    "planned",
    "missed-contact",
    "knocked",
    "refused",
    "unsure",
    "provider",
    "0.0",
    "aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "",
};
static const char *const people[][3] = {
    {"Maria Chen", "supervisor", "harborview"},     {"Sam Ortiz", "frontline-worker", "harborview"},
    {"Lena Brandt", "known-staff", "harborview"},   {"Denise Walker", "case-manager", "brightpath"},
    {"Ruth Adler", "service-leader", "harborview"}, {"Dr. Anita Rao", "clinical-contact", "lakeside"},
    {"Kim Novak", "supervisor", "riverside"},       {"Paul Weiss", "clinical-lead", "lakeside"},
};
#define PICK(list, number) (list)[(number) % (sizeof(list) / sizeof(list)[0])]

struct input {
    const uint8_t *data;
    size_t size;
};

struct stage {
    struct fvh_host host;
    struct fvh_story story;
    stepdown_storage *storage;
    stepdown_options *options;
};

static unsigned long countdown; // allocations until one fails; 0: none fails
static bool memory_failed;

static void *fuzz_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (countdown > 0 && --countdown == 0) {
        memory_failed = true;
        return NULL;
    }
    return realloc(block, size);
}

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

// No call may blame the store, which is sound, or the library; out of memory only when memory did run out.
static bool judge(stepdown_status status) {
    if (status == STEPDOWN_NOMEM)
        require(memory_failed, "out of memory, and there was some");
    else
        require(stepdown_status_category(status) != STEPDOWN_CATEGORY_STORAGE && status != STEPDOWN_INTERNAL &&
                    status != STEPDOWN_MISUSE && status != STEPDOWN_CLOSED && status != STEPDOWN_REENTRANT,
                stepdown_status_name(status));
    return status == STEPDOWN_OK;
}

static uint8_t take(struct input *in) {
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

static void stage_make(struct stage *stage) {
    *stage = (struct stage){.host = {.now = (stepdown_time)FVH_START * 1000000, .seed = 1}};
    stage->story.host = &stage->host;
    fvh_pathway(1, stage->story.pathway);
    require(stepdown_storage_open_memory(NULL, &stage->storage, NULL) == STEPDOWN_OK &&
                fvh_options(&stage->host, &stage->options) == STEPDOWN_OK,
            "no store");
    stepdown_options_set_allocator(stage->options, fuzz_allocate, NULL);
    require(fvh_create(stage->storage, stage->options, NULL) == STEPDOWN_OK &&
                stepdown_engine_open(stage->storage, stage->options, &stage->story.engine, NULL) == STEPDOWN_OK &&
                fvh_prepare(stage->story.engine, stage->options, NULL) == STEPDOWN_OK,
            "no engine");
}

static void stage_free(struct stage *stage) {
    stepdown_engine_free(&stage->story.engine);
    stepdown_storage_free(&stage->storage);
    stepdown_options_free(&stage->options);
}

// ---- one call ----------------------------------------------------------------------------------------------------------

// A text: from the list, an id made of two bytes, or bytes of the input as they are.
static stepdown_slice text_of(struct input *in, const char *listed, uint8_t how, char room[16]) {
    if (how % 8 == 7) {
        size_t size = take(in) % 32;
        size = size < in->size ? size : in->size;
        stepdown_slice raw = {in->data, size};
        in->data += size;
        in->size -= size;
        return raw;
    }
    if (how % 8 == 6) {
        uint8_t sequence = take(in);
        listed = room;
        (void)snprintf(room, 16, "%u.%u", sequence % 64, take(in) % 8);
    }
    return (stepdown_slice){(const uint8_t *)listed, strlen(listed)};
}

static void fill(struct stage *stage, struct input *in, stepdown_command *command) {
    uint8_t flags = take(in), count = take(in) % 8;
    char id[8];
    (void)snprintf(id, sizeof id, "%u", flags >> 3);
    if (flags & 1)
        (void)judge(stepdown_command_set_id(command, id, NULL));
    if (flags & 2)
        stepdown_command_set_occurred(command, stage->host.now - (stepdown_time)take(in) * 60000000, -300);
    if (flags & 4)
        stepdown_command_set_expected(command, take(in));
    for (uint8_t i = 0; i < count; i++) {
        char room[16];
        const char *name = PICK(names, take(in));
        uint8_t how = take(in);
        stepdown_slice value = text_of(in, PICK(values, take(in)), how, room);
        (void)judge(how == 255   ? stepdown_command_set_time(command, name, stage->host.now + how, NULL)
                    : how == 254 ? stepdown_command_set_integer(command, name, (int64_t)take(in) - 128, NULL)
                                 : stepdown_command_set_text(command, name, value, NULL));
    }
}

static stepdown_session *session_of(struct stage *stage, uint8_t who) {
    stepdown_session *session = NULL;
    const char *const *person = PICK(people, who);
    (void)judge(stepdown_session_open(stage->story.engine, person[0], person[1], person[2], NULL, &session, NULL));
    return session;
}

static void call_command(struct stage *stage, struct input *in) {
    char room[16], target[33];
    stepdown_session *session = session_of(stage, take(in));
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_error *error = NULL;
    const char *verb = PICK(verbs, take(in));
    uint8_t how = take(in);
    stepdown_slice text = text_of(in, PICK(targets, take(in)), how, room);
    (void)snprintf(target, sizeof target, "%.*s", (int)text.size, (const char *)text.data);
    if (session != NULL && judge(stepdown_command_new(session, verb, target, &command, NULL))) {
        fill(stage, in, command);
        bool opens = strcmp(verb, "open") == 0 && how % 2 == 0;
        stepdown_status status =
            stepdown_session_execute(session, opens ? NULL : stage->story.pathway, command, &receipt, &error);
        require(judge(status) == (receipt != NULL), "a receipt belongs to success");
        require(error == NULL || stepdown_error_code(error) == status, "the error is another one");
    }
    stepdown_error_free(&error);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    stepdown_session_free(&session);
}

static void call_time(struct stage *stage, struct input *in) {
    static const stepdown_time units[] = {1000000, 60000000, 3600000000, 86400000000};
    uint8_t unit = take(in);
    stage->host.now += PICK(units, unit) * (unit & 0x80 ? -(stepdown_time)take(in) : (stepdown_time)take(in));
    stepdown_result *result = NULL;
    stepdown_time due;
    (void)judge(stepdown_engine_advance(stage->story.engine, stage->host.now, take(in) % 4, &result, NULL, NULL));
    (void)judge(stepdown_engine_next_due(stage->story.engine, &due, NULL));
    for (size_t i = 0; i < stepdown_result_count(result); i++) {
        const char *status = stepdown_result_text(result, i, stepdown_result_column(result, "status"));
        require(memory_failed || (strcmp(status, "CORRUPT") != 0 && strcmp(status, "INTERNAL") != 0), status);
    }
    stepdown_result_free(&result);
}

static void call_look(struct stage *stage, struct input *in) {
    stepdown_session *session = session_of(stage, take(in));
    stepdown_result *result = NULL;
    if (session == NULL)
        return;
    const char *pathway = stage->story.pathway;
    switch (take(in) % 7) {
    case 0: (void)judge(stepdown_board(session, pathway, &result, NULL)); break;
    case 1: (void)judge(stepdown_pathway_list(session, NULL, 1u + take(in), &result, NULL)); break;
    case 2: (void)judge(stepdown_gate_check(session, pathway, "second_visit_starts", &result, NULL)); break;
    case 3: (void)judge(stepdown_audit_validate(session, pathway, &result, NULL)); break;
    case 4: (void)judge(stepdown_audit_records(session, pathway, take(in), 1u + take(in), &result, NULL)); break;
    case 5: (void)judge(stepdown_pathway_show(session, pathway, &result, NULL)); break;
    default:
        if (judge(stepdown_outbox_lease(session, take(in), take(in), &result, NULL)) &&
            stepdown_result_count(result) > 0)
            (void)judge(stepdown_outbox_settle(
                session, stepdown_result_text(result, 0, stepdown_result_column(result, "token")), take(in) % 2, NULL));
    }
    stepdown_bytes *json = NULL;
    if (result != NULL)
        (void)judge(stepdown_result_json(result, &json, NULL));
    stepdown_bytes_free(&json);
    stepdown_result_free(&result);
    stepdown_session_free(&session);
}

static void call_any(struct stage *stage, struct input *in) {
    uint8_t what = take(in);
    if (what & 0x80) {
        countdown = 1ul + take(in) * (what & 0x40 ? 8ul : 1ul);
        memory_failed = true;
    }
    switch (what % 8) {
    case 0: (void)judge(fvh_play(&stage->story, take(in) % fvh_length(stage->story.kind), NULL)); break;
    case 1: call_time(stage, in); break;
    case 2: call_look(stage, in); break;
    case 3: (void)judge(stepdown_engine_rebuild(stage->story.engine, take(in) % 2, NULL)); break;
    default: call_command(stage, in);
    }
    countdown = 0;
    memory_failed = false;
}

// ---- the whole ---------------------------------------------------------------------------------------------------------

// Everything is intact, and folded anew by another engine it is what it was.
static void look_back(struct stage *stage) {
    bool intact = false;
    uint64_t records;
    char problem[160], *before = NULL, *after = NULL;
    if (fvh_picture(&stage->story, &before, NULL) != STEPDOWN_OK)
        before = NULL; // it was never opened, or harborview has left
    require(stepdown_engine_rebuild(stage->story.engine, 1, NULL) == STEPDOWN_OK, "no rebuilding");
    stepdown_engine_free(&stage->story.engine);
    require(stepdown_engine_open(stage->storage, stage->options, &stage->story.engine, NULL) == STEPDOWN_OK,
            "no second engine");
    require(fvh_verify(stage->story.engine, &intact, &records, problem, NULL) == STEPDOWN_OK, "no verification");
    require(intact, problem);
    if (before != NULL) {
        require(fvh_picture(&stage->story, &after, NULL) == STEPDOWN_OK, "what could be seen cannot be seen again");
        require(strcmp(before, after) == 0, "folded anew it is something else");
    }
    free(before);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { CALLS = 64 };
    struct input in = {data, size};
    struct stage stage;
    countdown = 0;
    memory_failed = false;
    stage_make(&stage);
    stage.story.kind = (enum fvh_kind)(take(&in) % FVH_KINDS);
    size_t told = take(&in) % (fvh_length(stage.story.kind) + 1);
    for (size_t i = 0; i < told; i++)
        require(fvh_play(&stage.story, i, NULL) == fvh_expected(stage.story.kind, i), "the story does not go as told");
    for (int i = 0; i < CALLS && in.size > 0; i++)
        call_any(&stage, &in);
    look_back(&stage);
    stage_free(&stage);
    require(stepdown_live_objects() == 0, "something stays alive");
    return 0;
}
