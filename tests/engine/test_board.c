// SPDX-License-Identifier: Apache-2.0
// Boards across pathways show exactly what the pathways themselves say is open, in one order, page after page, and only
// to those whose work it is. What a board says will escalate is what then does.
#include <stdlib.h>

#include "story.h"

enum { PATHWAYS = 9, ROWS_MAX = 400 };

// ---- several pathways at different places ----------------------------------------------------------------------------

static char pathways[PATHWAYS][32];

static void begin_several(struct story *s) {
    static void (*const chapters[])(struct story *) = {chapter_plan,   chapter_refusal,   chapter_huddle,
                                                       chapter_record, chapter_decisions, chapter_script,
                                                       chapter_advice, chapter_route};
    for (size_t i = 0; i < PATHWAYS; i++) {
        story_clock(s, "03-03 09:00");
        chapter_open(s);
        for (size_t k = 0; k < i && k < sizeof chapters / sizeof chapters[0]; k++) {
            chapters[k](s);
        }
        strcpy(pathways[i], s->pathway);
    }
    story_clock(s, "03-03 16:40");
}

// ---- rows to compare -------------------------------------------------------------------------------------------------

struct line {
    int class;
    stepdown_time due;
    char text[160]; // pathway, id, owner, role, attention
};
struct lines {
    struct line list[ROWS_MAX];
    size_t count;
};

static const char *cell(const stepdown_result *r, size_t row, const char *column) {
    return stepdown_result_text(r, row, stepdown_result_column(r, column));
}

static int64_t number(const stepdown_result *r, size_t row, const char *column) {
    return stepdown_result_integer(r, row, stepdown_result_column(r, column));
}

static int class_of(const stepdown_result *r, size_t row) {
    bool late = number(r, row, "overdue") != 0, unowned = number(r, row, "unowned") != 0;
    bool alert = strcmp(cell(r, row, "kind"), "alert") == 0;
    return late ? (unowned ? 0 : 1) : alert ? 2 : unowned ? 3 : number(r, row, "suspended") != 0 ? 5 : 4;
}

static void add_line(struct lines *to, const stepdown_result *r, size_t row) {
    struct line *l = &to->list[to->count++];
    assert_true(to->count <= ROWS_MAX);
    l->class = class_of(r, row);
    l->due = number(r, row, "due");
    l->due = l->due == STEPDOWN_TIME_NONE ? INT64_MAX : l->due;
    snprintf(l->text, sizeof l->text, "%s %s %s %s %s", cell(r, row, "pathway"), cell(r, row, "id"),
             cell(r, row, "owner"), cell(r, row, "owner_role"), cell(r, row, "attention"));
}

static int by_hurt(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    return x->class != y->class ? x->class - y->class : x->due != y->due ? (x->due < y->due ? -1 : 1) : 0;
}

static int by_all(const void *a, const void *b) {
    int order = by_hurt(a, b);
    return order != 0 ? order : strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static stepdown_query *query(const char *name, const char *value) {
    stepdown_query *q = NULL;
    assert_int_equal(stepdown_query_new(&q, NULL), STEPDOWN_OK);
    if (name != NULL) {
        assert_int_equal(stepdown_query_set(q, name, value, NULL), STEPDOWN_OK);
    }
    return q;
}

static void read_board(stepdown_session *session, const stepdown_query *q, uint32_t limit, struct lines *out) {
    char resume[128] = "";
    out->count = 0;
    do {
        stepdown_result *r = NULL;
        assert_int_equal(stepdown_board_query(session, q, resume, limit, &r, NULL), STEPDOWN_OK);
        assert_true(stepdown_result_count(r) <= limit);
        for (size_t row = 0; row < stepdown_result_count(r); row++) {
            add_line(out, r, row);
        }
        snprintf(resume, sizeof resume, "%s", stepdown_result_next(r));
        stepdown_result_free(&r);
    } while (resume[0] != '\0');
    for (size_t i = 1; i < out->count; i++) { // never out of order, across pages too
        assert_true(by_hurt(&out->list[i - 1], &out->list[i]) <= 0);
    }
    qsort(out->list, out->count, sizeof *out->list, by_all);
}

// The same from the pathways' own boards.
static void read_pathways(stepdown_session *session, const char *column, const char *value, const char *organization,
                          struct lines *out) {
    out->count = 0;
    for (size_t i = 0; i < PATHWAYS; i++) {
        stepdown_result *r = NULL;
        assert_int_equal(stepdown_board(session, pathways[i], &r, NULL), STEPDOWN_OK);
        for (size_t row = 0; row < stepdown_result_count(r); row++) {
            bool own = strcmp(cell(r, row, "organization"), organization) == 0;
            if (own && (column == NULL || strcmp(cell(r, row, column), value) == 0)) {
                add_line(out, r, row);
            }
        }
        stepdown_result_free(&r);
    }
    qsort(out->list, out->count, sizeof *out->list, by_all);
}

static void same_lines(const struct lines *a, const struct lines *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->list[i].text, b->list[i].text);
    }
}

static void compare(stepdown_session *session, const char *name, const char *column, const char *value,
                    const char *organization, size_t at_least) {
    static struct lines board, own;
    stepdown_query *q = query(name, value);
    read_pathways(session, column, value, organization, &own);
    for (uint32_t limit = 1; limit <= 64; limit *= 4) {
        read_board(session, q, limit, &board);
        same_lines(&board, &own);
    }
    assert_true(own.count >= at_least);
    stepdown_query_free(&q);
}

static void compare_all(struct story *s) {
    compare(s->sessions[MARIA], NULL, NULL, NULL, "harborview", 9);
    compare(s->sessions[DENISE], NULL, NULL, NULL, "brightpath", 0);
    compare(s->sessions[RAO], NULL, NULL, NULL, "lakeside", 0);
    compare(s->sessions[MARIA], "person", "owner", "Maria Chen", "harborview", 0);
    compare(s->sessions[MARIA], "person", "owner", "Omar Haddad", "harborview", 0);
    compare(s->sessions[OMAR], "role", "owner_role", "supervisor", "harborview", 1);
    compare(s->sessions[OMAR], "role", "owner_role", "nobody", "harborview", 0);
}

static void boards_show_what_the_pathways_say_is_open(void **state) {
    struct story s;
    (void)state;
    story_begin(&s);
    begin_several(&s);
    compare_all(&s);
    story_at(&s, "03-04 00:30"); // overdue, alerts raised
    compare_all(&s);
    strcpy(s.pathway, pathways[3]);
    story_do(&s, MARIA, "add", "task", "name", "call the pharmacy", "owner_role", "supervisor", "due", "4 hours", END);
    story_do(&s, MARIA, "suspend", "task", "reason", "the pharmacy is closed", "due", "2 hours", END);
    compare_all(&s);
    story_do(&s, MARIA, "resume", "task", "reason", "it is open again", END);
    story_do(&s, MARIA, "decline", "task", "reason", "on leave", END);
    compare_all(&s);
    story_do(&s, MARIA, "assign", "task", "owner", "Omar Haddad", END);
    compare_all(&s);
    story_do(&s, MARIA, "close", "task", END);
    compare_all(&s);
    story_at(&s, "03-06 12:00");
    compare_all(&s);
    assert_int_equal(stepdown_engine_rebuild(s.engine, 1, NULL), STEPDOWN_OK);
    compare_all(&s);
    story_end(&s);
}

static void filters_leave_out_and_keep_the_order(void **state) {
    static struct lines all, some;
    struct story s;
    (void)state;
    story_begin(&s);
    begin_several(&s);
    story_at(&s, "03-04 00:30");
    read_board(s.sessions[MARIA], NULL, 100, &all);
    const char *const flags[] = {"overdue", "unowned"};
    for (size_t f = 0; f < 2; f++) {
        stepdown_query *q = query(flags[f], "yes");
        size_t expected = 0;
        for (size_t i = 0; i < all.count; i++) {
            int class = all.list[i].class;
            bool unowned = strstr(all.list[i].text, "UNOWNED") != NULL;
            expected += f == 0 ? class <= 1 : unowned;
        }
        read_board(s.sessions[MARIA], q, 2, &some);
        assert_int_equal(some.count, expected);
        stepdown_query_free(&q);
    }
    stepdown_query *q = query("due_within", "6 hours");
    size_t expected = 0;
    for (size_t i = 0; i < all.count; i++) {
        expected += all.list[i].due <= story_time("03-04 06:30");
    }
    read_board(s.sessions[MARIA], q, 2, &some);
    assert_int_equal(some.count, expected);
    assert_true(expected > 0 && expected < all.count);
    stepdown_query_free(&q);
    q = query("blocked", "yes");
    read_board(s.sessions[MARIA], q, 5, &some);
    for (size_t i = 0; i < some.count; i++) {
        assert_non_null(strstr(some.list[i].text, "known-staff")); // the second visit, held by its gate
    }
    assert_true(some.count > 0);
    stepdown_query_free(&q);
    story_end(&s);
}

static void a_board_belongs_to_its_organization(void **state) {
    struct story s;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    (void)state;
    story_begin(&s);
    begin_several(&s);
    stepdown_query *q = query("organization", "harborview");
    assert_int_equal(stepdown_board_query(s.sessions[DENISE], q, "", 10, &r, &error), STEPDOWN_DENIED);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_board_query(s.sessions[RUTH], q, "", 10, &r, NULL), STEPDOWN_OK);
    assert_true(stepdown_result_count(r) == 10);
    stepdown_result_free(&r);
    stepdown_query_free(&q);
    assert_int_equal(stepdown_board_query(s.sessions[KIM], NULL, NULL, 10, &r, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_result_count(r), 0); // another provider: nothing of its own
    stepdown_result_free(&r);
    story_end(&s);
}

static void bad_questions_are_refused_with_a_reason(void **state) {
    static const struct {
        const char *name, *value;
        stepdown_status status;
    } wrong[] = {
        {"worker", "Maria Chen", STEPDOWN_INVALID}, {"overdue", "maybe", STEPDOWN_INVALID},
        {"due_within", "soon", STEPDOWN_INVALID},   {"due_within", "2 business days", STEPDOWN_INVALID},
        {"pathway", "not an id", STEPDOWN_INVALID}, {"person", "", STEPDOWN_INVALID},
        {"role", "\xff", STEPDOWN_INVALID},
    };
    struct story s;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    char word[200];
    (void)state;
    story_begin(&s);
    stepdown_query *q = query(NULL, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(stepdown_query_set(q, wrong[i].name, wrong[i].value, &error), wrong[i].status);
        assert_true(strlen(stepdown_error_message(error)) > 0);
        stepdown_error_free(&error);
    }
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_int_equal(stepdown_query_set(q, "person", word, &error), STEPDOWN_LIMIT);
    stepdown_error_free(&error);
    assert_int_equal(stepdown_board_query(s.sessions[MARIA], q, "", 0, &r, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_board_query(s.sessions[MARIA], q, "", 1001, &r, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_board_query(s.sessions[MARIA], q, "zz", 10, &r, NULL), STEPDOWN_INVALID);
    assert_int_equal(stepdown_board_query(s.sessions[MARIA], q, "00", 10, &r, NULL), STEPDOWN_INVALID);
    stepdown_query_free(&q);
    story_end(&s);
}

// ---- what a board says will escalate ----------------------------------------------------------------------------------

struct promise {
    char id[32], to[160];
    stepdown_time at;
    bool alert;
};

static size_t promises_of(struct story *s, struct promise *out, size_t cap) {
    stepdown_result *r = NULL;
    size_t count = 0;
    assert_int_equal(stepdown_board(s->sessions[MARIA], s->pathway, &r, NULL), STEPDOWN_OK);
    for (size_t row = 0; row < stepdown_result_count(r) && count < cap; row++) {
        stepdown_time at = number(r, row, "escalates_at");
        if (at == STEPDOWN_TIME_NONE) {
            continue;
        }
        struct promise *p = &out[count++];
        snprintf(p->id, sizeof p->id, "%s", cell(r, row, "id"));
        snprintf(p->to, sizeof p->to, "%s", cell(r, row, "escalates_to"));
        p->at = at;
        p->alert = strcmp(cell(r, row, "kind"), "alert") == 0;
    }
    stepdown_result_free(&r);
    return count;
}

// Everybody whom the records from `from` on say was told of the item, or of the next step of the alert.
static bool was_told(struct story *s, const struct promise *p, int64_t from) {
    stepdown_result *r = NULL;
    bool told = false;
    assert_int_equal(stepdown_audit_records(s->sessions[MARIA], s->pathway, (uint64_t)from, 1000, &r, NULL),
                     STEPDOWN_OK);
    for (size_t row = 0; row < stepdown_result_count(r) && !told; row++) {
        const stepdown_result *events = stepdown_result_rows(r, row, stepdown_result_column(r, "events"));
        for (size_t i = 0; i < stepdown_result_count(events) && !told; i++) {
            bool step =
                strcmp(cell(events, i, "event"), "alert.ladder-step") == 0 && strcmp(cell(events, i, "id"), p->id) == 0;
            bool raised = !p->alert && strcmp(cell(events, i, "event"), "alert.opened") == 0;
            const char *text = cell(events, i, "text");
            char role[96];
            snprintf(role, sizeof role, "(%.*s)", (int)strcspn(p->to, ","), p->to);
            bool route = strcmp(p->to, "the route agreed") == 0;
            told = (step || raised) && strstr(text, "told ") != NULL && (route || strstr(text, role) != NULL);
        }
    }
    stepdown_result_free(&r);
    return told;
}

static int64_t sequence(struct story *s) {
    stepdown_result *r = NULL;
    assert_int_equal(stepdown_pathway_show(s->sessions[MARIA], s->pathway, &r, NULL), STEPDOWN_OK);
    int64_t found = number(r, 0, "sequence");
    stepdown_result_free(&r);
    return found;
}

// The earliest promise comes true at its moment, and to whom it said; whoever holds the roles, and when nobody does.
static void keep_promises(struct story *s, size_t moments) {
    static struct promise promises[64];
    for (size_t turn = 0; turn < moments; turn++) {
        size_t count = promises_of(s, promises, 64);
        if (count == 0) {
            return;
        }
        struct promise first = promises[0];
        for (size_t i = 1; i < count; i++) {
            first = promises[i].at < first.at ? promises[i] : first;
        }
        assert_true(first.to[0] != '\0'); // somebody is always told
        int64_t from = sequence(s) + 1;
        stepdown_result *r = NULL;
        s->now = first.at;
        assert_int_equal(stepdown_engine_advance(s->engine, first.at, 0, &r, NULL, NULL), STEPDOWN_OK);
        stepdown_result_free(&r);
        assert_true(was_told(s, &first, from));
    }
}

static void what_a_board_says_will_escalate_is_what_then_does(void **state) {
    static void (*const chapters[])(struct story *) = {chapter_plan,   chapter_refusal,   chapter_huddle,
                                                       chapter_record, chapter_decisions, chapter_script};
    (void)state;
    for (size_t until = 1; until <= sizeof chapters / sizeof chapters[0]; until++) {
        struct story s;
        story_begin(&s);
        chapter_open(&s);
        for (size_t i = 0; i < until; i++) {
            chapters[i](&s);
        }
        if (until % 2 == 0) { // the second rung is empty from the next day on, and is passed over
            assert_int_equal(stepdown_engine_assign_role(s.engine, "operations-manager", "harborview", "Omar Haddad",
                                                         story_time("03-01 09:00"), story_time("03-03 23:00"), 0, NULL),
                             STEPDOWN_OK);
        }
        keep_promises(&s, 14);
        story_end(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boards_show_what_the_pathways_say_is_open),
        cmocka_unit_test(filters_leave_out_and_keep_the_order),
        cmocka_unit_test(a_board_belongs_to_its_organization),
        cmocka_unit_test(bad_questions_are_refused_with_a_reason),
        cmocka_unit_test(what_a_board_says_will_escalate_is_what_then_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
