// SPDX-License-Identifier: Apache-2.0
// The provider with its places, through the public functions.
#include "support/places.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START = 1772546400 }; // seconds: 2026-03-03 09:00 in New York

static const char protocol[] =
    "protocol: places\n"
    "version: 1.0.0\n"
    "title: Places that are kept free\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: Somebody who needs a place today, from a test.\n"
    "escalate: overdue-at-provider\n"
    "lists:\n"
    "  wishes: [wanted, given-back]\n"
    "reports:\n"
    "  place_wanted:\n"
    "    says: somebody wants a place, or gives it back\n"
    "    to: provider\n"
    "    fields:\n"
    "      wanted: {type: choice, of: wishes}\n"
    "  place_given:\n"
    "    says: there is a place\n"
    "    to: person\n"
    "    fields:\n"
    "      given: {type: yes-no}\n"
    "  place_lost:\n"
    "    says: the place is gone\n"
    "    to: person\n"
    "    fields:\n"
    "      lost: {type: yes-no}\n"
    "items:\n"
    "  wish: {kind: task, many: yes, owner: supervisor, on_demand: yes, due: 90 days}\n"
    "  have_place: {kind: task, many: yes, owner: supervisor, due: 90 days}\n"
    "  lost_place: {kind: task, many: yes, owner: supervisor, due: 90 days}\n"
    "forms:\n"
    "  wish_record:\n"
    "    about: wish\n"
    "    fields:\n"
    "      want: {says: what is wanted, type: choice, of: wishes}\n"
    "rules:\n"
    "  tell:\n"
    "    says: The provider learns of it\n"
    "    when: [wish_record.submitted, wish_record.amended]\n"
    "    do:\n"
    "      - {report: place_wanted, with: {wanted: wish.want}}\n"
    "  got_it:\n"
    "    says: There is a place\n"
    "    when: place_given.recorded\n"
    "    do: [{open: have_place}]\n"
    "  lost_it:\n"
    "    says: The place is gone\n"
    "    when: place_lost.recorded\n"
    "    do: [{open: lost_place}]\n"
    "also:\n"
    "  provider:\n"
    "    escalate: overdue-at-provider\n"
    "    items:\n"
    "      place: {kind: slot, many: yes, owner: supervisor, on_demand: yes, due: 30 days}\n"
    "    rules:\n"
    "      give:\n"
    "        says: Free places go to those who have waited longest\n"
    "        when: [place_wanted.recorded, place_wanted.grant-withdrawn, place.opened, place.released]\n"
    "        do: [{allocate: place, to: place_wanted, where: {wanted: wanted}}]\n"
    "      take_back:\n"
    "        says: What is given back is free again\n"
    "        when: place_wanted.revised\n"
    "        only_if: {value: trigger.wanted, is: given-back}\n"
    "        do: [{close: place, as: free, about: trigger}]\n"
    "      tell_back:\n"
    "        says: Whoever gets one learns of it\n"
    "        when: place_wanted.granted\n"
    "        do: [{report: place_given, to: sender, with: {given: \"yes\"}}]\n"
    "      tell_lost:\n"
    "        says: Whoever loses one learns of it\n"
    "        when: place_wanted.grant-withdrawn\n"
    "        do: [{report: place_lost, to: sender, with: {lost: \"yes\"}}]\n";

static void must(stepdown_status status, stepdown_error **error, const char *what) {
    if (status != STEPDOWN_OK) {
        const char *why = *error == NULL                                ? ""
                          : stepdown_error_diagnostic_count(*error) > 0 ? stepdown_error_diagnostic_message(*error, 0)
                                                                        : stepdown_error_message(*error);
        fprintf(stderr, "places: %s: %s: %s\n", what, stepdown_status_name(status), why);
        abort();
    }
    stepdown_error_free(error);
}

static bool again(stepdown_status status) { return stepdown_status_category(status) == STEPDOWN_CATEGORY_RETRY; }

static stepdown_time host_clock(void *ctx) { return ((struct places *)ctx)->now; }

static int32_t host_random(void *ctx, uint8_t *out, size_t size) { // splitmix64
    struct places *p = ctx;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = (p->seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        out[i] = (uint8_t)(z >> 32);
    }
    return 1;
}

void places_at(struct places *p, int64_t minutes) { p->now = ((int64_t)START + minutes * 60) * 1000000; }

// ---- making ------------------------------------------------------------------------------------------------------------

static void open_options(struct places *p) {
    stepdown_error *error = NULL;
    must(stepdown_options_new(&p->options, &error), &error, "options");
    stepdown_options_set_clock(p->options, host_clock, p);
    stepdown_options_set_random(p->options, host_random, p);
}

static void open_engine(struct places *p) {
    stepdown_error *error = NULL;
    must(stepdown_engine_open(p->storage, p->options, &p->engine, &error), &error, "engine");
    must(stepdown_session_open(p->engine, "Maria Chen", "supervisor", "harborview", NULL, &p->maria, &error), &error,
         "session");
}

static void prepare(struct places *p) {
    stepdown_protocol *made = NULL;
    stepdown_error *error = NULL;
    stepdown_slice source = {(const uint8_t *)protocol, sizeof protocol - 1};
    must(stepdown_engine_set_organization(p->engine, "harborview", "provider", &error), &error, "organization");
    must(stepdown_engine_assign_role(p->engine, "supervisor", "harborview", "Maria Chen", STEPDOWN_TIME_NONE,
                                     STEPDOWN_TIME_NONE, 0, &error),
         &error, "role");
    must(stepdown_protocol_new(p->options, &made, &error), &error, "protocol");
    must(stepdown_protocol_add_text(made, "places.yaml", source, &error), &error, "protocol");
    must(stepdown_engine_activate(p->engine, made, &error), &error, "protocol");
    stepdown_protocol_free(&made);
}

static void open_pathway(struct places *p, const char *subject, const char *kind, char out[PLACES_ID]) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_error *error = NULL;
    must(stepdown_command_new(p->maria, "open", "places", &command, &error), &error, "open");
    must(stepdown_command_set(command, "subject", subject, &error), &error, "open");
    must(stepdown_command_set(command, "subject_kind", kind, &error), &error, "open");
    must(stepdown_command_set(command, "zone", "America/New_York", &error), &error, "open");
    must(stepdown_session_execute(p->maria, NULL, command, &receipt, &error), &error, "open");
    (void)snprintf(out, PLACES_ID, "%s", stepdown_result_text(receipt, 0, stepdown_result_column(receipt, "pathway")));
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
}

void places_make(struct places *p, const char *path, size_t persons) {
    stepdown_error *error = NULL;
    *p = (struct places){.seed = 1};
    places_at(p, 0);
    must(path != NULL ? stepdown_storage_open_sqlite(path, NULL, &p->storage, &error)
                      : stepdown_storage_open_memory(NULL, &p->storage, &error),
         &error, "storage");
    open_options(p);
    must(stepdown_store_create(p->storage, p->options, "places", "Ruth Adler", "service-leader", "harborview", &error),
         &error, "store");
    open_engine(p);
    prepare(p);
    open_pathway(p, "harborview", "provider", p->provider);
    for (; p->person_count < persons; p->person_count++) {
        char subject[32];
        (void)snprintf(subject, sizeof subject, "person-%zu", p->person_count);
        open_pathway(p, subject, "person", p->persons[p->person_count]);
    }
}

void places_join(struct places *p, const struct places *of, const char *path, uint64_t seed) {
    stepdown_error *error = NULL;
    stepdown_storage *storage = of->storage;
    *p = *of;
    p->seed = seed;
    p->storage = NULL;
    p->options = NULL;
    p->engine = NULL;
    p->maria = NULL;
    open_options(p);
    if (path != NULL) {
        must(stepdown_storage_open_sqlite(path, NULL, &p->storage, &error), &error, "storage");
        open_engine(p);
        return;
    }
    p->storage = storage; // borrowed: the engine keeps a reference of its own
    open_engine(p);
    p->storage = NULL;
}

void places_free(struct places *p) {
    stepdown_session_free(&p->maria);
    stepdown_engine_free(&p->engine);
    stepdown_storage_free(&p->storage);
    stepdown_options_free(&p->options);
}

// ---- doing -------------------------------------------------------------------------------------------------------------

stepdown_status places_do(struct places *p, const char *pathway, const char *command_id, char out_id[PLACES_ID],
                          const char *verb, const char *target, ...) {
    stepdown_command *command = NULL;
    stepdown_result *receipt = NULL;
    stepdown_error *error = NULL;
    stepdown_status status;
    va_list arguments;
    must(stepdown_command_new(p->maria, verb, target, &command, &error), &error, verb);
    if (command_id != NULL) {
        must(stepdown_command_set_id(command, command_id, &error), &error, verb);
    }
    va_start(arguments, target);
    for (const char *name; (name = va_arg(arguments, const char *)) != NULL;) {
        must(stepdown_command_set(command, name, va_arg(arguments, const char *), &error), &error, name);
    }
    va_end(arguments);
    do {
        stepdown_error_free(&error);
        status = stepdown_session_execute(p->maria, pathway, command, &receipt, &error);
    } while (again(status));
    if (status == STEPDOWN_OK && out_id != NULL) {
        const stepdown_result *events = stepdown_result_rows(receipt, 0, stepdown_result_column(receipt, "events"));
        (void)snprintf(out_id, PLACES_ID, "%s", stepdown_result_text(events, 0, stepdown_result_column(events, "id")));
    }
    stepdown_error_free(&error);
    stepdown_result_free(&receipt);
    stepdown_command_free(&command);
    return status;
}

void places_wish(struct places *p, size_t who, size_t number) {
    char add[32], submit[32], id[PLACES_ID];
    stepdown_error *none = NULL;
    (void)snprintf(add, sizeof add, "add-%zu", number);
    (void)snprintf(submit, sizeof submit, "submit-%zu", number);
    must(places_do(p, p->persons[who], add, id, "add", "wish", (const char *)NULL), &none, "add wish");
    must(places_do(p, p->persons[who], submit, NULL, "submit", "wish_record", "about", id, "want", "wanted",
                   (const char *)NULL),
         &none, "submit wish_record");
}

void places_deliver(struct places *p) {
    stepdown_result *fired = NULL;
    stepdown_error *error = NULL;
    int32_t more = 0;
    bool once_more;
    do {
        stepdown_status status = stepdown_engine_advance(p->engine, p->now, 0, &fired, &more, &error);
        once_more = again(status) || (status == STEPDOWN_OK && more);
        if (!again(status)) {
            must(status, &error, "advance");
        }
        for (size_t i = 0; i < stepdown_result_count(fired); i++) {
            const char *word = stepdown_result_text(fired, i, stepdown_result_column(fired, "status"));
            if (strcmp(word, "OK") != 0 && strcmp(word, "CONTENDED") != 0 && strcmp(word, "BUSY") != 0) {
                fprintf(stderr, "places: advance: %s\n", word);
                abort();
            }
            once_more = once_more || strcmp(word, "OK") != 0;
        }
        stepdown_error_free(&error);
        stepdown_result_free(&fired);
    } while (once_more);
}

// ---- asking ------------------------------------------------------------------------------------------------------------

static bool is(const stepdown_result *r, size_t row, const char *column, const char *text) {
    return text == NULL || strcmp(stepdown_result_text(r, row, stepdown_result_column(r, column)), text) == 0;
}

size_t places_items(struct places *p, const char *pathway, const char *name, const char *state) {
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    size_t count = 0;
    must(stepdown_pathway_items(p->maria, pathway, 0, &r, &error), &error, "items");
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        count += is(r, i, "name", name) && is(r, i, "state", state);
    }
    stepdown_result_free(&r);
    return count;
}

size_t places_entries(struct places *p, const char *pathway, const char *form) {
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    size_t count = 0;
    must(stepdown_pathway_entries(p->maria, pathway, &r, &error), &error, "entries");
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        count += is(r, i, "form", form);
    }
    stepdown_result_free(&r);
    return count;
}

size_t places_events(struct places *p, const char *pathway, const char *event, const char *name) {
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    uint64_t next = 0;
    size_t count = 0;
    bool more = true;
    while (more) {
        must(stepdown_audit_records(p->maria, pathway, next, 200, &r, &error), &error, "records");
        for (size_t i = 0; i < stepdown_result_count(r); i++) {
            const stepdown_result *events = stepdown_result_rows(r, i, stepdown_result_column(r, "events"));
            for (size_t k = 0; k < stepdown_result_count(events); k++) {
                count += is(events, k, "event", event) && is(events, k, "name", name);
            }
            next = (uint64_t)stepdown_result_integer(r, i, stepdown_result_column(r, "sequence")) + 1;
        }
        more = *stepdown_result_next(r) != '\0';
        stepdown_result_free(&r);
    }
    return count;
}

bool places_intact(struct places *p) {
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    bool intact = true;
    must(stepdown_audit_verify(p->engine, NULL, NULL, NULL, &r, &error), &error, "verify");
    for (size_t i = 0; i < stepdown_result_count(r); i++) {
        intact = intact && stepdown_result_integer(r, i, stepdown_result_column(r, "intact")) != 0;
    }
    stepdown_result_free(&r);
    return intact;
}
