// SPDX-License-Identifier: Apache-2.0
// Runs the conformance rules and writes the report; the small vocabulary in which the rules are told.
// May call: base, the guard.
#include "storage/conformance.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/live.h"
#include "storage/backend.h"

static const char *status_name(stepdown_status status) {
#define STATUS_NAME(name, number, category, text) {(number), #name},
    static const struct {
        stepdown_status status;
        const char *name;
    } names[] = {STEPDOWN_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return "a status that does not exist";
}

bool play_wrong(struct play *p, const char *format, ...) {
    if (p->detail[0] != '\0')
        return false; // the first failure counts
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->detail, sizeof p->detail, format, args);
    va_end(args);
    return false;
}

bool play_skip(struct play *p, const char *why) {
    p->skipped = true;
    return play_wrong(p, "%s", why);
}

bool play_status(struct play *p, const char *call, stepdown_status expected, stepdown_status got,
                 stepdown_error **error) {
    bool right = got == expected;
    if (!right)
        play_wrong(p, "%s: expected %s, got %s%s%s", call, status_name(expected), status_name(got),
                   *error == NULL ? "" : ": ", *error == NULL ? "" : (*error)->message);
    error_free(error);
    return right;
}

static bool play_open(struct play *p, int32_t what) {
    stepdown_error *error = NULL;
    stepdown_status status = p->factory(p->factory_ctx, what, &p->storage, &error);
    if (what == STEPDOWN_CONFORMANCE_REOPEN && status == STEPDOWN_UNSUPPORTED) {
        error_free(&error);
        return play_skip(p, "the store does not outlive its handle");
    }
    if (!play_status(p, "the factory", STEPDOWN_OK, status, &error))
        return false;
    for (size_t i = 0; i < PLAY_SEATS; i++)
        transaction_init(&p->seats[i], p->storage, p->env);
    return true;
}

static bool play_close(struct play *p) {
    for (size_t i = 0; i < PLAY_SEATS; i++)
        transaction_free(&p->seats[i]);
    if (p->storage == NULL)
        return true;
    stepdown_error *error = NULL;
    stepdown_status status = storage_close(p->storage, &error);
    storage_release(&p->storage);
    return play_status(p, "close", STEPDOWN_OK, status, &error);
}

bool play_reopen(struct play *p) { return play_close(p) && play_open(p, STEPDOWN_CONFORMANCE_REOPEN); }

bool play_begin(struct play *p, size_t seat, bool write) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_begin(&p->seats[seat], write, NULL, 0, &error);
    return play_status(p, "begin", STEPDOWN_OK, status, &error);
}

bool play_begin_all(struct play *p, size_t seats) {
    for (size_t i = 0; i < seats; i++)
        if (!play_begin(p, i, false))
            return false;
    return true;
}

bool play_put_bytes(struct play *p, size_t seat, stepdown_slice key, stepdown_slice value) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_put(&p->seats[seat], key, value, &error);
    return play_status(p, "put", STEPDOWN_OK, status, &error);
}

bool play_put(struct play *p, size_t seat, const char *key, const char *value) {
    return play_put_bytes(p, seat, slice_text(key), slice_text(value));
}

bool play_put_new(struct play *p, size_t seat, const char *key, const char *value) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_put_new(&p->seats[seat], slice_text(key), slice_text(value), &error);
    return play_status(p, "put_new", STEPDOWN_OK, status, &error);
}

bool play_delete(struct play *p, size_t seat, const char *key) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_delete(&p->seats[seat], slice_text(key), &error);
    return play_status(p, "delete", STEPDOWN_OK, status, &error);
}

bool play_unchanged(struct play *p, size_t seat, const char *key) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_check_unchanged(&p->seats[seat], slice_text(key), &error);
    return play_status(p, "check unchanged", STEPDOWN_OK, status, &error);
}

bool play_absent(struct play *p, size_t seat, const char *key) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_check_absent(&p->seats[seat], slice_text(key), &error);
    return play_status(p, "check absent", STEPDOWN_OK, status, &error);
}

bool play_commit(struct play *p, size_t seat, stepdown_status expected) {
    stepdown_error *error = NULL;
    stepdown_status status = transaction_commit(&p->seats[seat], &error);
    return play_status(p, "commit", expected, status, &error);
}

void play_abort(struct play *p, size_t seat) { transaction_abort(&p->seats[seat]); }

bool play_store(struct play *p, size_t seat, const char *key, const char *value) {
    return play_begin(p, seat, true) && play_put(p, seat, key, value) && play_commit(p, seat, STEPDOWN_OK);
}

// Compare what one key gave; `expected` NULL: absent.
static bool play_compare(struct play *p, stepdown_slice key, const struct row *row, const stepdown_slice *expected) {
    if (!row->present && expected == NULL)
        return true;
    int shown = key.size < 40 ? (int)key.size : 40;
    if (!row->present)
        return play_wrong(p, "key '%.*s' is absent; a value of %zu bytes was expected", shown, (const char *)key.data,
                          expected->size);
    if (expected == NULL)
        return play_wrong(p, "key '%.*s' has a value of %zu bytes; it should be absent", shown, (const char *)key.data,
                          row->value.size);
    if (!slice_equal(row->value, *expected))
        return play_wrong(p, "key '%.*s' has another value (%zu bytes) than expected (%zu bytes)", shown,
                          (const char *)key.data, row->value.size, expected->size);
    return true;
}

static bool play_read(struct play *p, size_t seat, stepdown_slice key, const stepdown_slice *expected) {
    stepdown_error *error = NULL;
    struct row row;
    stepdown_status status = transaction_get(&p->seats[seat], &key, 1, &p->arena, &row, &error);
    return play_status(p, "get", STEPDOWN_OK, status, &error) && play_compare(p, key, &row, expected);
}

bool play_sees_bytes(struct play *p, size_t seat, stepdown_slice key, stepdown_slice value) {
    return play_read(p, seat, key, &value);
}

bool play_sees(struct play *p, size_t seat, const char *key, const char *value) {
    stepdown_slice expected = slice_text(value);
    return play_read(p, seat, slice_text(key), value == NULL ? NULL : &expected);
}

bool play_holds(struct play *p, const char *key, const char *value) {
    size_t seat = PLAY_SEATS - 1;
    bool right = play_begin(p, seat, false) && play_sees(p, seat, key, value);
    play_abort(p, seat);
    return right;
}

bool play_scans(struct play *p, size_t seat, const char *from, const char *to, bool descending, size_t limit,
                const char *keys, bool more) {
    stepdown_error *error = NULL;
    struct row *rows = NULL;
    size_t count = 0;
    bool got_more = false;
    stepdown_status status = transaction_scan(&p->seats[seat], slice_text(from), slice_text(to), descending, limit,
                                              &p->arena, &rows, &count, &got_more, &error);
    if (!play_status(p, "scan", STEPDOWN_OK, status, &error))
        return false;
    struct buffer joined;
    buffer_init(&joined, p->env);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_text(&joined, " ");
        buffer_append(&joined, rows[i].key.data, rows[i].key.size);
    }
    buffer_append(&joined, "", 1);
    p->nomem = p->nomem || joined.failed;
    bool right = !joined.failed && strcmp((const char *)joined.data, keys) == 0 && got_more == more;
    if (!right && !joined.failed)
        play_wrong(p, "scan [%s, %s) %s, limit %zu: expected '%s'%s, got '%.200s'%s", from, to,
                   descending ? "descending" : "ascending", limit, keys, more ? " and more" : "",
                   (const char *)joined.data, got_more ? " and more" : "");
    buffer_free(&joined);
    return right;
}

// One rule on a fresh store. False: the suite itself ran out of memory.
static bool rule_run(const struct rule *rule, struct play *p, struct stepdown_conformance *report) {
    p->detail[0] = '\0';
    p->skipped = false;
    bool passed = play_open(p, STEPDOWN_CONFORMANCE_FRESH) && rule->run(p);
    passed = play_close(p) && passed;
    arena_reset(&p->arena);
    struct conformance_result *result = &report->results[report->count++];
    *result = (struct conformance_result){.name = rule->name};
    if (passed)
        return !p->nomem;
    result->result = p->skipped ? STEPDOWN_CONFORMANCE_SKIPPED : STEPDOWN_CONFORMANCE_FAILED;
    report->failures += p->skipped ? 0 : 1;
    size_t size = strlen(p->detail) + 1;
    result->detail = env_alloc(&report->env, size);
    if (result->detail == NULL)
        return false;
    memcpy(result->detail, p->detail, size);
    return !p->nomem;
}

static const struct rule *const rule_lists[] = {conformance_data_rules, conformance_isolation_rules,
                                                conformance_load_rules};
enum { RULE_LISTS = sizeof rule_lists / sizeof *rule_lists };

static bool rules_run(struct play *p, struct stepdown_conformance *report) {
    size_t total = 0;
    for (size_t i = 0; i < RULE_LISTS; i++)
        for (const struct rule *rule = rule_lists[i]; rule->name != NULL; rule++)
            total++;
    report->results = env_zalloc(&report->env, total * sizeof *report->results);
    if (report->results == NULL)
        return false;
    for (size_t i = 0; i < RULE_LISTS; i++)
        for (const struct rule *rule = rule_lists[i]; rule->name != NULL; rule++)
            if (!rule_run(rule, p, report))
                return false;
    return true;
}

stepdown_status conformance_run(stepdown_conformance_factory factory, void *ctx, int32_t level,
                                struct stepdown_conformance **out, stepdown_error **out_error) {
    const struct env env = env_default();
    struct stepdown_conformance *report = env_zalloc(&env, sizeof *report);
    struct play *p = env_zalloc(&env, sizeof *p);
    bool done = false;
    if (report != NULL) {
        live_add();
    }
    if (report != NULL && p != NULL) {
        report->env = env;
        *p = (struct play){
            .env = &env, .factory = factory, .factory_ctx = ctx, .thorough = level == STEPDOWN_CONFORMANCE_THOROUGH};
        arena_init(&p->arena, &env);
        done = rules_run(p, report);
        arena_free(&p->arena);
    }
    env_free(&env, p);
    if (done)
        *out = report;
    else
        conformance_free(&report);
    return done ? STEPDOWN_OK : status_nomem(&env, out_error);
}

void conformance_free(struct stepdown_conformance **report) {
    if (report == NULL || *report == NULL)
        return;
    const struct env env = env_default();
    struct stepdown_conformance *r = *report;
    *report = NULL;
    for (size_t i = 0; r->results != NULL && i < r->count; i++)
        env_free(&env, r->results[i].detail);
    env_free(&env, r->results);
    env_free(&env, r);
    live_remove();
}
