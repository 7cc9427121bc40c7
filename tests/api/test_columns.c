// SPDX-License-Identifier: Apache-2.0
// The columns of every result are those that the header documents at the function, of the type it documents: the
// comments of include/ are read and compared with what the functions return. And every result is well-formed JSON.
#include "host.h"

static struct host host;

// ---- reading a header ----------------------------------------------------------------------------------------------------

static char *read_text(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/include/stepdown/%s.h", STEPDOWN_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

// The comment before a function's declaration, as one line, from its list of columns on.
static void documented(const char *header, const char *function, char *out, size_t cap) {
    char *text = read_text(header), declared[96];
    snprintf(declared, sizeof declared, "%s(", function);
    char *at = strstr(text, declared);
    while (at != NULL && at[-1] != ' ' && at[-1] != '\n' && at[-1] != '*') {
        at = strstr(at + 1, declared);
    }
    assert_non_null(at);
    while (at > text && strncmp(at, "\nSTEPDOWN_API", 13) != 0) {
        at--;
    }
    *at = '\0';
    char *from = at; // back over the comment lines
    for (char *line = at; line > text; line--) {
        if (line[-1] != '\n') {
            continue;
        }
        if (strncmp(line, "//", 2) != 0) {
            break;
        }
        from = line;
    }
    size_t used = 0;
    for (char *p = from; p < at && used + 1 < cap; p++) {
        bool mark = strncmp(p, "//", 2) == 0;
        p += mark ? 1 : 0;
        out[used++] = mark || *p == '\n' ? ' ' : *p;
    }
    out[used] = '\0';
    free(text);
}

struct documented_column {
    char name[48];
    int32_t type; // 0: not said
    char nested[512];
};

static int32_t type_word(const char *word) {
    static const char *const words[] = {"TEXT", "INTEGER", "BOOLEAN", "TIME", "ROWS"};
    for (int32_t i = 0; i < 5; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

// "a, b TEXT, c ROWS (d, e TIME), …" up to the full stop. A type holds for the names before it that have none.
static size_t parse_columns(const char *text, struct documented_column *out, size_t cap) {
    size_t count = 0, untyped = 0;
    for (const char *p = text; *p != '\0' && *p != '.' && *p != ':'; p++) {
        if (*p == '(') { // what follows a name or a type: nested columns, or a remark
            int depth = 0;
            size_t used = 0;
            do {
                depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
                if (used + 1 < sizeof out->nested) {
                    out[count - 1].nested[used++] = *p;
                }
            } while (depth > 0 && *++p != '\0');
            out[count - 1].nested[used] = '\0';
        } else if (is_name(*p) || (*p >= 'A' && *p <= 'Z')) {
            char word[48];
            size_t size = 0;
            while (is_name(*p) || (*p >= 'A' && *p <= 'Z')) {
                word[size++] = *p++;
            }
            word[size] = '\0';
            p--;
            int32_t type = type_word(word);
            if (type != 0) {
                for (; untyped < count; untyped++) {
                    out[untyped].type = type;
                }
            } else {
                assert_true(count < cap);
                out[count] = (struct documented_column){.type = 0};
                memcpy(out[count++].name, word, size + 1);
            }
        }
    }
    return count;
}

static void compare(const char *where, const char *text, const stepdown_result *r) {
    struct documented_column columns[32];
    size_t count = parse_columns(text, columns, 32);
    assert_non_null(r);
    for (size_t i = 0; i < count; i++) {
        int32_t at = stepdown_result_column(r, columns[i].name);
        if (at < 0) {
            fail_msg("%s: column %s is documented and missing", where, columns[i].name);
        }
        int32_t type = stepdown_result_column_type(r, (size_t)at);
        if (columns[i].type != 0 && type != columns[i].type) {
            fail_msg("%s: column %s is of type %d, documented as %d", where, columns[i].name, type, columns[i].type);
        }
        bool nested = type == STEPDOWN_COLUMN_ROWS && columns[i].nested[0] == '(';
        if (nested && strncmp(columns[i].nested, "(as ", 4) != 0) {
            const stepdown_result *rows = NULL;
            for (size_t row = 0; row < stepdown_result_count(r) && rows == NULL; row++) {
                rows = stepdown_result_rows(r, row, at);
            }
            columns[i].nested[strlen(columns[i].nested) - 1] = '\0';
            char inner[96];
            snprintf(inner, sizeof inner, "%s.%s", where, columns[i].name);
            // a remark in brackets inside, such as ("met", "unmet"), is no column
            compare(inner, columns[i].nested + 1, rows);
        }
    }
    for (size_t i = 0; i < stepdown_result_columns(r); i++) {
        bool said = false;
        for (size_t k = 0; k < count; k++) {
            said = said || strcmp(columns[k].name, stepdown_result_column_name(r, i)) == 0;
        }
        if (!said) {
            fail_msg("%s: column %s is not documented", where, stepdown_result_column_name(r, i));
        }
    }
}

// ---- JSON ------------------------------------------------------------------------------------------------------------------

static const char *json_value(const char *p);

static const char *json_blank(const char *p) {
    while (*p == ' ' || *p == '\n') {
        p++;
    }
    return p;
}

static const char *json_string(const char *p) {
    assert_int_equal(*p, '"');
    for (p++; *p != '"'; p++) {
        assert_true((unsigned char)*p >= 0x20);
        if (*p == '\\') {
            p++;
            assert_non_null(strchr("\"\\/bfnrtu", *p));
        }
    }
    return p + 1;
}

static const char *json_list(const char *p, char close, bool pairs) {
    p = json_blank(p + 1);
    while (*p != close) {
        if (pairs) {
            p = json_blank(json_string(json_blank(p)));
            assert_int_equal(*p, ':');
            p++;
        }
        p = json_blank(json_value(json_blank(p)));
        assert_true(*p == ',' || *p == close);
        p = *p == ',' ? json_blank(p + 1) : p;
    }
    return p + 1;
}

static const char *json_value(const char *p) {
    static const char *const words[] = {"true", "false", "null"};
    if (*p == '"') {
        return json_string(p);
    }
    if (*p == '[' || *p == '{') {
        return json_list(p, *p == '[' ? ']' : '}', *p == '{');
    }
    for (int i = 0; i < 3; i++) {
        if (strncmp(p, words[i], strlen(words[i])) == 0) {
            return p + strlen(words[i]);
        }
    }
    size_t digits = strspn(p, "-0123456789");
    assert_true(digits > 0);
    return p + digits;
}

static void check(const char *header, const char *function, stepdown_result *r) {
    static char text[8192];
    stepdown_bytes *json = NULL;
    documented(header, function, text, sizeof text);
    char *columns = strstr(text, "olumns");
    assert_non_null(columns);
    columns += 6;
    char *colon = strchr(columns, ':'), *comma = strstr(columns, " of the one row:");
    if (comma == columns || *columns == ':' || (colon != NULL && colon - columns < 20)) {
        columns = colon + 1;
    }
    compare(function, columns, r);
    assert_int_equal(stepdown_result_json(r, &json, NULL), STEPDOWN_OK);
    const char *at = (const char *)stepdown_bytes_data(json);
    assert_int_equal(strlen(at), stepdown_bytes_size(json));
    assert_int_equal(*json_blank(json_value(at)), '\0');
    stepdown_bytes_free(&json);
    stepdown_result_free(&r);
}

// ---- the functions -----------------------------------------------------------------------------------------------------------

static int begin(void **state) {
    (void)state;
    host_make(&host);
    return 0;
}

static int end(void **state) {
    (void)state;
    host_free(&host);
    return 0;
}

#define ASK(call)                                                                                                      \
    do {                                                                                                               \
        r = NULL;                                                                                                      \
        assert_int_equal(call, STEPDOWN_OK);                                                                           \
    } while (0)

static void receipts_have_the_documented_columns(void **state) {
    (void)state;
    check("command", "stepdown_session_execute", host_do(&host, host.supervisor, "start", "huddle", (char *)NULL));
}

static void views_of_a_pathway_have_the_documented_columns(void **state) {
    stepdown_result *r;
    (void)state;
    ASK(stepdown_pathway_list(host.supervisor, NULL, 10, &r, NULL));
    check("pathway", "stepdown_pathway_list", r);
    ASK(stepdown_pathway_show(host.supervisor, host.pathway, &r, NULL));
    check("pathway", "stepdown_pathway_show", r);
    ASK(stepdown_pathway_items(host.supervisor, host.pathway, 0, &r, NULL));
    check("pathway", "stepdown_pathway_items", r);
    ASK(stepdown_pathway_entries(host.supervisor, host.pathway, &r, NULL));
    check("pathway", "stepdown_pathway_entries", r);
    ASK(stepdown_board(host.supervisor, host.pathway, &r, NULL));
    check("pathway", "stepdown_board", r);
    ASK(stepdown_measures(host.supervisor, host.pathway, &r, NULL));
    check("pathway", "stepdown_measures", r);
    ASK(stepdown_knowledge(host.supervisor, host.pathway, "first_visit", &r, NULL));
    check("pathway", "stepdown_knowledge", r);
    ASK(stepdown_responsibility(host.supervisor, host.pathway, &r, NULL));
    assert_int_equal(stepdown_result_count(r), 0); // this protocol knows none
    assert_true(stepdown_result_column(r, "gaps") >= 0);
    stepdown_result_free(&r);
    stepdown_query *query = NULL;
    assert_int_equal(stepdown_query_new(&query, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_query_set(query, "role", "supervisor", NULL), STEPDOWN_OK);
    ASK(stepdown_board_query(host.supervisor, query, "", 10, &r, NULL));
    check("pathway", "stepdown_board", r);
    stepdown_query_free(&query);
    ASK(stepdown_gate_check(host.supervisor, host.pathway, "second_visit_starts", &r, NULL));
    check("pathway", "stepdown_gate_check", r);
}

static void audit_views_have_the_documented_columns(void **state) {
    stepdown_result *r;
    (void)state;
    ASK(stepdown_audit_records(host.supervisor, host.pathway, 0, 10, &r, NULL));
    check("audit", "stepdown_audit_records", r);
    ASK(stepdown_audit_validate(host.supervisor, host.pathway, &r, NULL));
    check("audit", "stepdown_audit_validate", r);
    ASK(stepdown_audit_verify(host.engine, NULL, NULL, NULL, &r, NULL));
    check("audit", "stepdown_audit_verify", r);
    stepdown_protocol *p = NULL;
    assert_int_equal(stepdown_protocol_new(NULL, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(p, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    ASK(stepdown_audit_replay(host.supervisor, host.pathway, p, &r, NULL));
    check("audit", "stepdown_audit_replay", r);
    stepdown_protocol_free(&p);
}

static void time_and_messages_have_the_documented_columns(void **state) {
    stepdown_result *r;
    int32_t more;
    (void)state;
    host.now += INT64_C(24) * 3600 * 1000000;
    ASK(stepdown_engine_advance(host.engine, host.now, 0, &r, &more, NULL));
    assert_int_equal(stepdown_result_count(r), 1);
    check("engine", "stepdown_engine_advance", r);
    ASK(stepdown_outbox_lease(host.supervisor, 10, 60, &r, NULL));
    assert_true(stepdown_result_count(r) > 0);
    check("audit", "stepdown_outbox_lease", r);
}

static void lists_of_the_store_have_the_documented_columns(void **state) {
    stepdown_result *r;
    (void)state;
    ASK(stepdown_engine_protocols(host.engine, &r, NULL));
    check("protocol", "stepdown_engine_protocols", r);
    ASK(stepdown_engine_assignments(host.engine, &r, NULL));
    check("protocol", "stepdown_engine_assignments", r);
    ASK(stepdown_protocol_builtins(&r, NULL));
    check("protocol", "stepdown_protocol_builtins", r);
}

static void views_of_a_protocol_have_the_documented_columns(void **state) {
    stepdown_protocol *p = NULL, *q = NULL;
    stepdown_result *r;
    (void)state;
    assert_int_equal(stepdown_protocol_new(NULL, &p, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_new(NULL, &q, NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(p, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_add_builtin(q, "failed-first-visit-huddle", NULL), STEPDOWN_OK);
    assert_int_equal(stepdown_protocol_set(q, "FVH-P1", "3", NULL), STEPDOWN_OK);
    ASK(stepdown_protocol_elements(p, &r, NULL));
    check("protocol", "stepdown_protocol_elements", r);
    ASK(stepdown_protocol_diff(p, q, &r, NULL));
    assert_true(stepdown_result_count(r) > 0);
    check("protocol", "stepdown_protocol_diff", r);
    stepdown_protocol_free(&p);
    stepdown_protocol_free(&q);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(receipts_have_the_documented_columns),           T(views_of_a_pathway_have_the_documented_columns),
        T(audit_views_have_the_documented_columns),        T(time_and_messages_have_the_documented_columns),
        T(lists_of_the_store_have_the_documented_columns), T(views_of_a_protocol_have_the_documented_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
