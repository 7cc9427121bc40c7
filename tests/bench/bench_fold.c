// SPDX-License-Identifier: Apache-2.0
// What folding costs: nanoseconds for each event by quarter of a long pathway, bytes for each event, and the time and
// size of its snapshot. Usage: bench_bench_fold [rounds of six events]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "pathway/state.h"
#include "support/definitions.h"

static struct env env;
static size_t allocated; // bytes alive, as asked for

static void *count_allocate(void *ctx, void *block, size_t size) {
    size_t *head = block ? (size_t *)block - 2 : NULL;
    (void)ctx;
    if (head)
        allocated -= *head;
    if (size == 0) {
        free(head);
        return NULL;
    }
    head = realloc(head, size + 2 * sizeof *head);
    if (!head)
        abort();
    *head = size;
    allocated += size;
    return head + 2;
}

static struct ref fold_next(struct state *s, struct record_header *header, uint16_t code, uint32_t name,
                            const struct ref *target, struct attr *attrs, uint32_t count) {
    static const uint8_t leaf[DIGEST_SIZE];
    struct event event = {.code = code, .name = name, .attrs = attrs, .attr_count = count};
    header->seq = s->empty ? 0 : s->seq + 1;
    event.target = target ? *target : (struct ref){header->seq, 0};
    if (fold_event(s, header, 0, &event, NULL) != STEPDOWN_OK)
        abort();
    fold_seal(s, header, leaf);
    return event.target;
}

static struct value text(const char *words) { return (struct value){.type = VALUE_TEXT, .text = slice_text(words)}; }

static void one_round(struct state *s, struct record_header *header) {
    char words[64];
    snprintf(words, sizeof words, "reached at home, feels well, note %llu", (unsigned long long)s->seq);
    header->occurred_at = header->recorded_at += TIME_HOUR;
    struct attr opened[] = {{.key = ATTR_DUE, .value = {.type = VALUE_TIME, .number = header->occurred_at + TIME_DAY}},
                            {.key = ATTR_DUE_RULE, .value = text("1 day")},
                            {.key = ATTR_OWNER_ROLE, .value = text("nurse")},
                            {.key = ATTR_OWNER_ORG, .value = text("clinic")}};
    struct ref call = fold_next(s, header, EVENT_TASK_OPENED, SYMBOL_CALL, NULL, opened, 4);
    fold_next(s, header, EVENT_ITEM_ACCEPTED, 0, &call, NULL, 0);
    struct attr entered[] = {{.key = ATTR_ABOUT, .value = {.type = VALUE_REFERENCE, .ref = call}},
                             {.key = SYMBOL_OUTCOME, .value = text(words)},
                             {.key = SYMBOL_REACHED_AT, .value = {.type = VALUE_TIME, .number = header->occurred_at}}};
    struct ref entry = fold_next(s, header, EVENT_CONTACT_REACHED, SYMBOL_CONTACT, NULL, entered, 3);
    struct attr cited = {.key = ATTR_VERSION, .value = {.type = VALUE_QUANTITY, .number = (int64_t)entry.seq}};
    fold_next(s, header, EVENT_MARK_ACKNOWLEDGED, 0, &entry, &cited, 1);
    fold_next(s, header, EVENT_RULE_FIRED, SYMBOL_NO_SHOW, &call, NULL, 0);
    fold_next(s, header, EVENT_TASK_CLOSED, 0, &call, NULL, 0);
}

static void bench_snapshot(struct state *s, size_t events) {
    struct buffer bytes;
    struct state *again;
    buffer_init(&bytes, &env);
    int64_t begin = platform_monotonic();
    if (snapshot_write(s, &bytes, NULL) != STEPDOWN_OK)
        abort();
    int64_t written = platform_monotonic();
    if (snapshot_read(&env, s->defs, s->id, slice_of(bytes.data, bytes.size), &again, NULL) != STEPDOWN_OK)
        abort();
    int64_t read = platform_monotonic();
    printf("snapshot: %zu bytes, %.0f for each event; written in %.1f ms, read in %.1f ms\n", bytes.size,
           (double)bytes.size / (double)events, (double)(written - begin) / 1000, (double)(read - written) / 1000);
    state_free(&again);
    buffer_free(&bytes);
}

int main(int argc, char **argv) {
    static const uint8_t id[RECORD_ID] = {1};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
    struct record_header header = {
        .recorded_at = INT64_C(1772460000000000),
        .occurred_at = INT64_C(1772460000000000),
        .actor = {.id = slice_text("nurse-1"), .role = slice_text("nurse"), .behalf = slice_text("clinic")}};
    struct state *s;
    env = env_default();
    env.allocate = count_allocate;
    struct definitions *defs = test_definitions_new(&env, TEST_DEFINITIONS);
    if (state_new(&env, defs, id, &s, NULL) != STEPDOWN_OK)
        return 1;
    fold_next(s, &header, EVENT_PATHWAY_OPENED, 0, &(struct ref){0, 0}, NULL, 0);
    size_t before = allocated;
    for (int quarter = 1; quarter <= 4; quarter++) {
        int64_t begin = platform_monotonic();
        for (long i = 0; i < rounds / 4; i++)
            one_round(s, &header);
        double ns = (double)(platform_monotonic() - begin) * 1000 / (double)(rounds / 4 * 6);
        printf("quarter %d: %.0f ns for each event\n", quarter, ns);
    }
    printf("memory: %zu bytes for %zu events, %.0f for each\n", allocated - before, s->log_count,
           (double)(allocated - before) / (double)s->log_count);
    bench_snapshot(s, s->log_count);
    state_free(&s);
    definitions_release(&defs);
    return 0;
}
