// SPDX-License-Identifier: Apache-2.0
// From what a scenario touched to requirement rows: the elements of its protocols say which rows they carry.
#include "cli/coverage.h"
#include "cli/runner.h"

#include <jansson.h>
#include <string.h>

enum { PAGE = 1000 };

static const char *keep(struct pool *pool, const char *text) {
    return text ? pool_copy(pool, text, strlen(text)) : NULL;
}

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool rows_have(const char *rows, const char *row) {
    size_t size = strlen(row);
    for (const char *at = strstr(rows, row); at && size > 0; at = strstr(at + 1, row)) {
        if ((at == rows || at[-1] == ' ') && (at[size] == ' ' || !at[size]))
            return true;
    }
    return false;
}

void coverage_touch(struct touches *touches, struct pool *pool, const char *kind, const char *within, const char *name,
                    const char *how) {
    for (size_t i = 0; i < touches->count; i++) {
        const struct touched *other = &touches->list[i];
        if (same(other->kind, kind) && same(other->within, within) && same(other->name, name) && same(other->how, how))
            return;
    }
    touches->list = pool_grow(pool, touches->list, touches->count, sizeof *touches->list);
    touches->list[touches->count++] =
        (struct touched){keep(pool, kind), keep(pool, within), keep(pool, name), keep(pool, how)};
}

// ---- what happened on the pathways ------------------------------------------------------------------------------------

static void touch(struct runner *runner, const char *kind, const char *within, const char *name, const char *how) {
    coverage_touch(&runner->touches, &runner->pool, kind, within, name, how);
}

// "decided second-visit: …"
static void touch_decision(struct runner *runner, const char *huddle, const char *text) {
    static const char lead[] = "decided ";
    if (strncmp(text, lead, sizeof lead - 1) != 0)
        return;
    text += sizeof lead - 1;
    touch(runner, "decision", huddle, pool_print(&runner->pool, "%.*s", (int)strcspn(text, ":"), text), "decided");
}

static void touch_event(struct runner *runner, const stepdown_result *events, size_t row) {
    const char *event = result_text(events, row, "event"), *name = result_text(events, row, "name");
    const char *role = result_text(events, row, "owner_role");
    if (strcmp(event, "gate.passed") == 0)
        touch(runner, "need", name, NULL, "gate open");
    if (strcmp(event, "huddle.decided") == 0)
        touch_decision(runner, name, result_text(events, row, "text"));
    touch(runner, NULL, "", name, event);
    if (*role)
        touch(runner, "role", "", role, "owns");
}

static stepdown_status touch_records(struct runner *runner, const struct watched *pathway) {
    stepdown_result *records = NULL;
    uint64_t next = 0;
    stepdown_status status = STEPDOWN_OK;
    bool more = true;
    while (more && status == STEPDOWN_OK) {
        status = stepdown_audit_records(pathway->observer, pathway->id, next, PAGE, &records, &runner->error);
        for (size_t row = 0; row < stepdown_result_count(records); row++) {
            const stepdown_result *events = result_rows(records, row, "events");
            const char *role = result_text(records, row, "role");
            if (*role)
                touch(runner, "role", "", role, "acted");
            for (size_t i = 0; i < stepdown_result_count(events); i++)
                touch_event(runner, events, i);
            next = (uint64_t)result_integer(records, row, "sequence") + 1;
        }
        more = *stepdown_result_next(records) != '\0';
        stepdown_result_free(&records);
    }
    return status;
}

static stepdown_status touch_fields(struct runner *runner, const struct watched *pathway) {
    stepdown_result *entries = NULL;
    stepdown_status status = stepdown_pathway_entries(pathway->observer, pathway->id, &entries, &runner->error);
    for (size_t row = 0; row < stepdown_result_count(entries); row++) {
        const stepdown_result *fields = result_rows(entries, row, "fields");
        for (size_t i = 0; i < stepdown_result_count(fields); i++)
            touch(runner, "field", result_text(entries, row, "form"), result_text(fields, i, "name"), "written");
    }
    stepdown_result_free(&entries);
    return status;
}

// ---- rows -----------------------------------------------------------------------------------------------------------

struct writer {
    struct runner *runner;
    const char *file, *scenario;
    FILE *out;
    struct touches written; // a row, how, and the element, each once
};

static void write_row(struct writer *writer, const char *row, const char *how, const char *element) {
    const struct scenario *played = writer->runner->scenario;
    size_t before = writer->written.count;
    coverage_touch(&writer->written, &writer->runner->pool, row, element, "", how);
    if (writer->written.count == before)
        return;
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "row", row, "how", how, "element", element, "file",
                             writer->file, "scenario", writer->scenario, "case", played->of_case ? played->title : "");
    if (!line)
        out_of_memory();
    json_dumpf(line, writer->out, JSON_COMPACT);
    fputc('\n', writer->out);
    json_decref(line);
}

// Each of the rows that stand in `rows`, space-separated.
static void write_rows(struct writer *writer, const char *rows, const char *how, const char *element) {
    while (*rows) {
        size_t size = strcspn(rows, " ");
        write_row(writer, pool_print(&writer->runner->pool, "%.*s", (int)size, rows), how, element);
        rows += size + strspn(rows + size, " ");
    }
}

static bool is_meant(const struct touched *touched, const stepdown_result *elements, size_t row) {
    const char *within = result_text(elements, row, "within");
    return (!touched->kind || strcmp(touched->kind, result_text(elements, row, "kind")) == 0) &&
           (!touched->name || strcmp(touched->name, result_text(elements, row, "name")) == 0 ||
            rows_have(result_text(elements, row, "rows"), touched->name)) &&
           (!touched->within || strcmp(touched->within, within) == 0);
}

static void write_touched(struct writer *writer, const struct touched *touched, const stepdown_result *elements) {
    struct pool *pool = &writer->runner->pool;
    if (touched->kind && strcmp(touched->kind, "row") == 0) {
        write_row(writer, touched->name, touched->how, "");
        return;
    }
    for (size_t i = 0; i < stepdown_result_count(elements); i++) {
        if (!is_meant(touched, elements, i))
            continue;
        const char *element =
            pool_print(pool, "%s %s", result_text(elements, i, "kind"), result_text(elements, i, "name"));
        const stepdown_result *uses = result_rows(elements, i, "uses");
        write_rows(writer, result_text(elements, i, "rows"), touched->how, element);
        for (size_t u = 0; u < stepdown_result_count(uses); u++)
            write_rows(writer, result_text(uses, u, "rows"), "read",
                       pool_print(pool, "%s %s", result_text(uses, u, "kind"), result_text(uses, u, "name")));
    }
}

bool coverage_write(struct runner *runner, const char *file, const char *scenario, FILE *out) {
    struct writer writer = {.runner = runner, .file = file, .scenario = scenario, .out = out};
    stepdown_protocol *protocol = NULL;
    stepdown_result *elements = NULL;
    stepdown_status status = runner_protocol(runner, &protocol);
    if (status == STEPDOWN_OK)
        status = stepdown_protocol_elements(protocol, &elements, &runner->error);
    for (size_t i = 0; status == STEPDOWN_OK && i < runner->pathway_count; i++) {
        status = touch_records(runner, &runner->pathways[i]);
        if (status == STEPDOWN_OK)
            status = touch_fields(runner, &runner->pathways[i]);
    }
    for (size_t i = 0; status == STEPDOWN_OK && i < runner->touches.count; i++)
        write_touched(&writer, &runner->touches.list[i], elements);
    stepdown_result_free(&elements);
    stepdown_protocol_free(&protocol);
    if (status != STEPDOWN_OK)
        runner_failed(runner, runner->scenario->root, status);
    return status == STEPDOWN_OK;
}
