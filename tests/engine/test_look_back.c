// SPDX-License-Identifier: Apache-2.0
// Looking back: what a pathway looked like at a moment is what it looks like now as known then, in every view; what happened
// before it was recorded is there by when it happened only once it was known; and who knew what, since when and how.
#include <stdlib.h>

#include "story.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void look_back(const char *known, const char *happened) {
    stepdown_error *error = NULL;
    stepdown_status status =
        stepdown_session_look_back(s.sessions[MARIA], known != NULL ? story_time(known) : STEPDOWN_TIME_NONE,
                                   happened != NULL ? story_time(happened) : STEPDOWN_TIME_NONE, &error);
    if (status != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_message(error));
}

// ---- every view ------------------------------------------------------------------------------------------------------

enum { VIEWS = 9, MOMENTS = 20 };

static stepdown_status ask(int view, stepdown_result **out, stepdown_error **o) {
    stepdown_session *who = s.sessions[MARIA];
    switch (view) {
    case 0: return stepdown_pathway_show(who, s.pathway, out, o);
    case 1: return stepdown_pathway_items(who, s.pathway, 0, out, o);
    case 2: return stepdown_pathway_entries(who, s.pathway, out, o);
    case 3: return stepdown_board(who, s.pathway, out, o);
    case 4: return stepdown_audit_records(who, s.pathway, 0, 1000, out, o);
    case 5: return stepdown_audit_validate(who, s.pathway, out, o);
    case 6: return stepdown_gate_check(who, s.pathway, "second_visit_starts", out, o);
    case 7: return stepdown_measures(who, s.pathway, out, o);
    default: return stepdown_responsibility(who, s.pathway, out, o);
    }
}

static char *picture(int view) {
    stepdown_result *r = NULL;
    stepdown_bytes *json = NULL;
    stepdown_error *error = NULL;
    if (ask(view, &r, &error) != STEPDOWN_OK)
        fail_msg("view %d: %s", view, stepdown_error_message(error));
    assert_int_equal(stepdown_result_json(r, &json, NULL), STEPDOWN_OK);
    char *copy = strdup((const char *)stepdown_bytes_data(json));
    stepdown_bytes_free(&json);
    stepdown_result_free(&r);
    return copy;
}

static struct {
    stepdown_time at;
    char *pictures[VIEWS];
} moments[MOMENTS];
static size_t moment_count;

static void remember(void) {
    assert_true(moment_count < MOMENTS);
    moments[moment_count].at = s.now;
    for (int view = 0; view < VIEWS; view++)
        moments[moment_count].pictures[view] = picture(view);
    moment_count++;
    s.now += 1000000;
}

static void as_it_was_in_every_view_at_every_moment(void **state) {
    static void (*const chapters[])(struct story *) = {
        chapter_open,   chapter_plan,   chapter_refusal, chapter_huddle, chapter_record, chapter_decisions,
        chapter_advice, chapter_script, chapter_route,   chapter_close,  chapter_accept, chapter_contact};
    (void)state;
    moment_count = 0;
    for (size_t i = 0; i < sizeof chapters / sizeof chapters[0]; i++) {
        chapters[i](&s);
        remember();
    }
    chapter_second(&s, "attend");
    remember();
    for (int i = 0; i < 90; i++) // far enough for a snapshot
        story_do(&s, DENISE, "submit", "contact", "contact_outcome", "attempted", "contact_method", "telephone",
                 "contact_planned", "planned", END);
    story_at(&s, "03-09 12:00");
    for (size_t i = 0; i < moment_count; i++) {
        assert_int_equal(stepdown_session_look_back(s.sessions[MARIA], moments[i].at, STEPDOWN_TIME_NONE, NULL),
                         STEPDOWN_OK);
        for (int view = 0; view < VIEWS; view++) {
            char *then = picture(view);
            assert_string_equal(then, moments[i].pictures[view]);
            free(then);
            free(moments[i].pictures[view]);
        }
    }
    look_back(NULL, NULL);
    assert_true(story_sequence(&s) > 90);
}

// ---- late entries ----------------------------------------------------------------------------------------------------

static size_t contacts(const char *known, const char *happened) {
    stepdown_result *r = NULL;
    size_t count = 0;
    look_back(known, happened);
    assert_int_equal(stepdown_pathway_entries(s.sessions[MARIA], s.pathway, &r, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(r); i++)
        count += strcmp(stepdown_result_text(r, i, stepdown_result_column(r, "form")), "contact") == 0;
    stepdown_result_free(&r);
    return count;
}

static void what_is_recorded_late_is_known_late_and_happened_before(void **state) {
    (void)state;
    chapter_open(&s);
    chapter_plan(&s);
    story_at(&s, "03-11 12:00 -04:00"); // Wednesday
    s.occurred = "03-09 10:00 -04:00";  // Monday
    story_do(&s, DENISE, "submit", "contact", "contact_outcome", "attempted", "contact_method", "telephone",
             "contact_planned", "planned", END);
    story_at(&s, "03-13 09:00 -04:00");
    assert_int_equal(contacts("03-10 18:00 -04:00", NULL), 0);                 // Tuesday: nobody knew
    assert_int_equal(contacts("03-10 18:00 -04:00", "03-09 23:59 -04:00"), 0); // whenever it happened
    assert_int_equal(contacts("03-11 12:00 -04:00", "03-09 23:59 -04:00"), 1); // Wednesday: it was known
    assert_int_equal(contacts("03-11 12:00 -04:00", "03-09 10:00 -04:00"), 1); // to the minute
    assert_int_equal(contacts("03-11 12:00 -04:00", "03-09 09:59 -04:00"), 0); // it had not happened
    assert_int_equal(contacts("03-11 11:59 -04:00", NULL), 0);
    assert_int_equal(contacts(NULL, "03-09 23:59 -04:00"), 1); // as known now
    assert_int_equal(contacts(NULL, NULL), 1);
}

static void what_was_erased_since_is_erased_then_too(void **state) {
    (void)state;
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-04 09:00");
    story_do(&s, MARIA, "erase", "visit_record", "basis", "b", "authority", "a", END);
    look_back("03-03 15:00", NULL);
    char *then = picture(2);
    assert_null(strstr(then, "knocked"));
    assert_non_null(strstr(then, "\"erased\":true"));
    free(then);
}

static void looking_back_is_for_looking(void **state) {
    (void)state;
    stepdown_result *r = NULL;
    stepdown_error *error = NULL;
    stepdown_time next = 0;
    chapter_open(&s);
    story_at(&s, "03-04 09:00");
    assert_int_equal(stepdown_session_look_back(s.sessions[MARIA], s.now + 1, STEPDOWN_TIME_NONE, &error),
                     STEPDOWN_INVALID);
    assert_non_null(strstr(stepdown_error_message(error), "known_at"));
    stepdown_error_free(&error);
    look_back("03-03 09:30", NULL);
    story_refused(&s, MARIA, STEPDOWN_MISUSE, "add", "task", "name", "x", "owner_role", "supervisor", "due", "1 hour",
                  END);
    assert_true(story_says(&s, "the session looks back"));
    assert_int_equal(stepdown_board_query(s.sessions[MARIA], NULL, "", 10, &r, NULL), STEPDOWN_MISUSE);
    assert_int_equal(stepdown_pathway_list(s.sessions[MARIA], "", 10, &r, NULL), STEPDOWN_MISUSE);
    assert_int_equal(stepdown_pathway_migration(s.sessions[MARIA], s.pathway, &r, NULL), STEPDOWN_MISUSE);
    assert_null(r);
    look_back("03-02 09:00", NULL); // before there was anything
    assert_int_equal(stepdown_pathway_show(s.sessions[MARIA], s.pathway, &r, &error), STEPDOWN_NOT_FOUND);
    stepdown_error_free(&error);
    look_back(NULL, NULL);
    story_do(&s, MARIA, "add", "task", "name", "x", "owner_role", "supervisor", "due", "1 hour", END);
    assert_int_equal(stepdown_engine_next_due(s.engine, &next, NULL), STEPDOWN_OK);
}

// ---- who knew what ---------------------------------------------------------------------------------------------------

static stepdown_result *known;

static const char *cell(size_t row, const char *column) {
    return stepdown_result_text(known, row, stepdown_result_column(known, column));
}

static int64_t number(size_t row, const char *column) {
    return stepdown_result_integer(known, row, stepdown_result_column(known, column));
}

static void ask_known(const char *what) {
    stepdown_error *error = NULL;
    stepdown_result_free(&known);
    if (stepdown_knowledge(s.sessions[MARIA], s.pathway, what, &known, &error) != STEPDOWN_OK)
        fail_msg("%s", stepdown_error_message(error));
}

// Since when the person knew it that way; 0: not at all.
static stepdown_time since(const char *person, const char *how) {
    for (size_t i = 0; i < stepdown_result_count(known); i++) {
        if (strcmp(cell(i, "person"), person) == 0 && strcmp(cell(i, "how"), how) == 0)
            return number(i, "since");
    }
    return 0;
}

static void an_entry_is_known_to_its_author_a_huddle_and_its_readers(void **state) {
    stepdown_result *r = NULL;
    (void)state;
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    story_at(&s, "03-03 15:00");
    assert_int_equal(stepdown_pathway_entries(s.sessions[OMAR], s.pathway, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    ask_known("visit_record");
    assert_int_equal(since("Sam Ortiz", "wrote"), story_time("03-03 14:20"));
    assert_int_equal(since("Omar Haddad", "read"), story_time("03-03 15:00"));
    assert_int_equal(since("Denise Walker", "attended"), 0); // there was no huddle yet
    chapter_huddle(&s);
    story_at(&s, "03-03 17:00");
    ask_known("visit_record");
    assert_int_equal(since("Denise Walker", "attended"), story_time("03-03 16:00"));
    assert_int_equal(since("Dr. Anita Rao", "attended"), story_time("03-03 16:00"));
    assert_int_equal(since("Omar Haddad", "attended"), 0);
    assert_int_equal(since("Maria Chen", "read"), 0); // asking who knew is not reading it
    for (size_t i = 1; i < stepdown_result_count(known); i++)
        assert_true(number(i - 1, "since") <= number(i, "since"));
    look_back("03-03 15:30", NULL); // as known before the huddle
    ask_known("visit_record");
    assert_int_equal(since("Denise Walker", "attended"), 0);
    assert_int_equal(since("Omar Haddad", "read"), story_time("03-03 15:00"));
    stepdown_result_free(&known);
}

static void another_version_is_known_anew(void **state) {
    stepdown_result *r = NULL;
    size_t versions = 0;
    (void)state;
    chapter_open(&s);
    chapter_plan(&s);
    chapter_refusal(&s);
    assert_int_equal(stepdown_pathway_entries(s.sessions[OMAR], s.pathway, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    story_at(&s, "03-03 15:00");
    story_do(&s, SAM, "amend", "visit_record", "attempts", "4", END);
    uint64_t amended = story_sequence(&s);
    ask_known("visit_record");
    assert_int_equal(since("Omar Haddad", "read") < story_time("03-03 15:00"), true);
    for (size_t i = 0; i < stepdown_result_count(known); i++) {
        versions += strcmp(cell(i, "person"), "Sam Ortiz") == 0 && strcmp(cell(i, "how"), "wrote") == 0;
        if (strcmp(cell(i, "person"), "Omar Haddad") == 0)
            assert_true((uint64_t)number(i, "version") < amended); // what Omar saw is not what it says now
    }
    assert_int_equal(versions, 2);
    story_at(&s, "03-03 15:10");
    assert_int_equal(stepdown_pathway_entries(s.sessions[OMAR], s.pathway, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    ask_known("visit_record");
    bool anew = false;
    for (size_t i = 0; i < stepdown_result_count(known); i++)
        anew = anew || (strcmp(cell(i, "person"), "Omar Haddad") == 0 && (uint64_t)number(i, "version") == amended);
    assert_true(anew);
    stepdown_result_free(&known);
}

static void reads_of_another_engine_count(void **state) {
    stepdown_engine *second = NULL;
    stepdown_session *other = NULL;
    stepdown_options *options = NULL;
    stepdown_result *r = NULL;
    (void)state;
    (void)options;
    chapter_open(&s);
    chapter_plan(&s);
    assert_int_equal(stepdown_engine_open(s.storage, s.options, &second, NULL), STEPDOWN_OK);
    assert_int_equal(
        stepdown_session_open(second, "Omar Haddad", "operations-manager", "harborview", NULL, &other, NULL),
        STEPDOWN_OK);
    assert_int_equal(stepdown_pathway_items(other, s.pathway, 0, &r, NULL), STEPDOWN_OK);
    stepdown_result_free(&r);
    assert_int_equal(stepdown_engine_close(second, NULL), STEPDOWN_OK);
    stepdown_session_free(&other);
    stepdown_engine_free(&second);
    ask_known("first_visit");
    assert_true(since("Omar Haddad", "read") > 0);
    ask_known("discharge_plan"); // a list of items does not say what entries say
    assert_int_equal(since("Omar Haddad", "read"), 0);
    stepdown_result_free(&known);
    stepdown_error *error = NULL;
    assert_int_equal(stepdown_knowledge(s.sessions[MARIA], s.pathway, "nothing_such", &known, &error),
                     STEPDOWN_NOT_FOUND);
    stepdown_error_free(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_it_was_in_every_view_at_every_moment, begin, end),
        cmocka_unit_test_setup_teardown(what_is_recorded_late_is_known_late_and_happened_before, begin, end),
        cmocka_unit_test_setup_teardown(what_was_erased_since_is_erased_then_too, begin, end),
        cmocka_unit_test_setup_teardown(looking_back_is_for_looking, begin, end),
        cmocka_unit_test_setup_teardown(an_entry_is_known_to_its_author_a_huddle_and_its_readers, begin, end),
        cmocka_unit_test_setup_teardown(another_version_is_known_anew, begin, end),
        cmocka_unit_test_setup_teardown(reads_of_another_engine_count, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
