// SPDX-License-Identifier: Apache-2.0
// Entries: fields and their versions, amendments, retraction, erasure, marks, and finding them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pathway/story.h"

static int32_t field_of(const struct story *t, uint32_t symbol) { return test_definitions_index(t->defs, symbol); }

static const struct field_value *script_field(const struct story *t, struct ref entry, uint32_t symbol) {
    return state_entry_field(t->s, state_find(t->s, entry), field_of(t, symbol));
}

static struct ref visit_with_script(struct story *t, struct ref *script) {
    struct ref visit = story_create(t, EVENT_APPOINTMENT_OPENED, SYMBOL_VISIT, NO_ATTRS); // record 1
    *script = story_create(
        t, EVENT_FORM_SUBMITTED, SYMBOL_SCRIPT, // record 2
        ATTRS(attr_hidden(SYMBOL_WORDING, "hello"), attr_ref(ATTR_ABOUT, visit), attr_text(SYMBOL_ATTENDANCE, "both")));
    return visit;
}

static void editing_one_field_leaves_the_version_of_the_others(void **state) {
    struct story t;
    struct ref script;
    (void)state;
    story_open(&t);
    visit_with_script(&t, &script);
    story_actor(&t, "psych-1", "psychiatrist", "hospital");
    story_tell(&t, EVENT_FORM_AMENDED, SYMBOL_SCRIPT, script,
               ATTRS(attr_text(SYMBOL_ATTENDANCE, "one"), attr_text(SYMBOL_REMARK, "late")));
    const struct field_value *attendance = script_field(&t, script, SYMBOL_ATTENDANCE);
    const struct field_value *wording = script_field(&t, script, SYMBOL_WORDING);
    assert_true(text_is(attendance->value.text, "one") && text_is(wording->value.text, "hello"));
    assert_int_equal(attendance->version, 3);
    assert_int_equal(wording->version, 2);
    assert_int_equal(script_field(&t, script, SYMBOL_REMARK)->version, 3);
    assert_true(text_is(attendance->person, "psych-1") && text_is(attendance->role, "psychiatrist"));
    assert_true(text_is(wording->person, "nurse-1") && text_is(wording->role, "nurse"));
    assert_int_equal(story_element(&t, script)->version, 3);
    assert_true(text_is(story_element(&t, script)->author, "nurse-1"));
    story_close(&t);
}

static void a_field_set_to_nothing_has_no_value(void **state) {
    struct story t;
    struct ref script;
    (void)state;
    story_open(&t);
    visit_with_script(&t, &script);
    story_tell(&t, EVENT_FORM_AMENDED, SYMBOL_SCRIPT, script, ATTRS((struct attr){.key = SYMBOL_ATTENDANCE}));
    assert_null(script_field(&t, script, SYMBOL_ATTENDANCE));
    assert_non_null(script_field(&t, script, SYMBOL_WORDING));
    story_close(&t);
}

static void a_retracted_entry_gives_way_to_the_one_before(void **state) {
    struct story t;
    struct ref script;
    uint32_t entry;
    (void)state;
    story_open(&t);
    struct ref visit = visit_with_script(&t, &script);
    struct ref second = story_create(&t, EVENT_FORM_SUBMITTED, SYMBOL_SCRIPT,
                                     ATTRS(attr_ref(ATTR_ABOUT, visit), attr_text(SYMBOL_ATTENDANCE, "nobody")));
    uint32_t about = state_find(t.s, visit);
    int32_t form = field_of(&t, SYMBOL_SCRIPT), attendance = field_of(&t, SYMBOL_ATTENDANCE);
    assert_int_equal(state_newest_entry(t.s, form, about), state_find(t.s, second));
    assert_true(text_is(state_field(t.s, about, attendance, false, &entry)->value.text, "nobody"));
    assert_null(state_field(t.s, about, field_of(&t, SYMBOL_WORDING), false, &entry)); // not from the older one
    assert_int_equal(entry, state_find(t.s, second));
    story_tell(&t, EVENT_FORM_RETRACTED, SYMBOL_SCRIPT, second, ATTRS(attr_text(ATTR_REASON, "wrong person")));
    assert_int_equal(state_newest_entry(t.s, form, about), state_find(t.s, script));
    assert_true(text_is(state_field(t.s, about, attendance, false, &entry)->value.text, "both"));
    assert_int_equal(entry, state_find(t.s, script));
    story_refuses(&t, EVENT_FORM_RETRACTED, 0, &second, NO_ATTRS);
    story_refuses(&t, EVENT_FORM_AMENDED, 0, &second, ATTRS(attr_text(SYMBOL_ATTENDANCE, "x")));
    story_refuses(&t, EVENT_FORM_AMENDED, 0, &visit, ATTRS(attr_text(SYMBOL_ATTENDANCE, "x")));
    story_refuses(&t, EVENT_FORM_AMENDED, 0, &PATHWAY, NO_ATTRS);
    story_close(&t);
}

static void entries_are_found_by_what_they_are_about(void **state) {
    struct story t;
    struct ref script;
    uint32_t entry;
    (void)state;
    story_open(&t);
    struct ref visit = visit_with_script(&t, &script);
    int32_t form = field_of(&t, SYMBOL_SCRIPT), attendance = field_of(&t, SYMBOL_ATTENDANCE);
    assert_int_equal(state_newest_entry(t.s, form, NO_ELEMENT), NO_ELEMENT);
    assert_null(state_field(t.s, NO_ELEMENT, attendance, false, &entry));
    assert_int_equal(entry, NO_ELEMENT);
    assert_non_null(state_field(t.s, NO_ELEMENT, attendance, true, NULL));
    struct ref own =
        story_create(&t, EVENT_FORM_SUBMITTED, SYMBOL_SCRIPT, ATTRS(attr_text(SYMBOL_ATTENDANCE, "pathway")));
    assert_int_equal(state_newest_entry(t.s, form, NO_ELEMENT), state_find(t.s, own));
    assert_int_equal(state_newest_entry(t.s, form, state_find(t.s, visit)), state_find(t.s, script));
    assert_true(text_is(state_field(t.s, state_find(t.s, script), attendance, false, NULL)->value.text, "both"));
    assert_true(text_is(state_field(t.s, state_find(t.s, visit), attendance, true, NULL)->value.text, "pathway"));
    assert_null(state_field(t.s, NO_ELEMENT, -1, false, NULL));
    story_close(&t);
}

static void an_entry_written_for_somebody_else_names_them(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref entry = story_create(
        &t, EVENT_CONTACT_REACHED, SYMBOL_CONTACT,
        ATTRS(attr_text(ATTR_PERSON, "peer-1"), attr_text(ATTR_ROLE, "peer"), attr_text(SYMBOL_OUTCOME, "reached")));
    assert_true(text_is(story_element(&t, entry)->author, "peer-1"));
    assert_true(text_is(story_element(&t, entry)->author_role, "peer"));
    assert_true(text_is(story_element(&t, entry)->author_org, "clinic"));
    assert_true(text_is(script_field(&t, entry, SYMBOL_OUTCOME)->person, "peer-1"));
    assert_int_equal(story_element(&t, entry)->code, EVENT_CONTACT_REACHED);
    story_close(&t);
}

// ---- erasure -------------------------------------------------------------------------------------------------------

static void an_erased_value_is_known_to_be_gone(void **state) {
    struct story t;
    struct ref script;
    (void)state;
    story_open(&t);
    visit_with_script(&t, &script);
    assert_int_equal(script_field(&t, script, SYMBOL_WORDING)->disclosure, 1);
    story_erase(&t, 2, 1);
    assert_int_equal(script_field(&t, script, SYMBOL_WORDING)->value.type, VALUE_ERASED);
    assert_int_equal(script_field(&t, script, SYMBOL_WORDING)->value.text.size, 0);
    assert_true(text_is(script_field(&t, script, SYMBOL_ATTENDANCE)->value.text, "both"));
    struct state *again = story_refold(&t, t.defs);
    story_same(&t, t.s, again);
    state_free(&again);
    story_close(&t);
}

static void erasing_an_old_version_leaves_the_new_one(void **state) {
    struct story t;
    struct ref script;
    (void)state;
    story_open(&t);
    visit_with_script(&t, &script);
    story_tell(&t, EVENT_FORM_AMENDED, SYMBOL_SCRIPT, script, ATTRS(attr_hidden(SYMBOL_WORDING, "good day")));
    story_erase(&t, 2, 1);
    assert_true(text_is(script_field(&t, script, SYMBOL_WORDING)->value.text, "good day"));
    struct state *again = story_refold(&t, t.defs);
    story_same(&t, t.s, again);
    state_free(&again);
    story_close(&t);
}

static void erasing_what_a_later_record_said_leaves_the_name(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref item = story_create(&t, EVENT_TASK_OPENED, 0, ATTRS(attr_hidden(ATTR_NAME, "a name")));
    story_tell(&t, EVENT_MARK_DECIDED, 0, item, ATTRS(attr_hidden(ATTR_REASON, "a reason")));
    story_erase(&t, 2, 1);
    assert_true(text_is(story_element(&t, item)->name, "a name"));
    assert_int_equal(state_mark_attr(t.s, &t.s->marks[0], ATTR_REASON)->type, VALUE_ERASED);
    story_close(&t);
}

static void everything_withheld_can_be_erased(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    // One record with four withheld values in two events, in an order of keys that is not that of telling.
    struct ref item = story_event(&t, EVENT_TASK_OPENED, 0, NULL,
                                  ATTRS(attr_hidden(SYMBOL_REMARK, "a remark"), attr_hidden(ATTR_NAME, "a name")));
    story_event(&t, EVENT_MARK_DECIDED, 0, &item,
                ATTRS(attr_hidden(ATTR_DECIDED, "a decision"), attr_hidden(ATTR_REASON, "a reason")));
    story_record(&t);
    story_tell(&t, EVENT_GATE_PASSED, SYMBOL_PROCEED, item, ATTRS(attr_hidden(ATTR_REASON, "a reason")));
    story_tell(&t, EVENT_PATHWAY_STAGE_CHANGED, 0, PATHWAY, ATTRS(attr_hidden(ATTR_TEXT, "inpatient")));
    assert_true(text_is(t.s->stage, "inpatient"));
    for (uint16_t number = 1; number <= 4; number++)
        story_erase(&t, 1, number);
    story_erase(&t, 2, 1);
    story_erase(&t, 3, 1);
    const struct mark *mark = &t.s->marks[0];
    assert_int_equal(story_element(&t, item)->name.size, 0);
    assert_int_equal(script_field(&t, item, SYMBOL_REMARK)->value.type, VALUE_ERASED);
    assert_int_equal(state_mark_attr(t.s, mark, ATTR_DECIDED)->type, VALUE_ERASED);
    assert_int_equal(state_mark_attr(t.s, mark, ATTR_REASON)->type, VALUE_ERASED);
    assert_int_equal(t.s->attrs[t.s->passes[0].attr_first].value.type, VALUE_ERASED);
    assert_int_equal(t.s->stage.size, 0);
    struct state *again = story_refold(&t, t.defs);
    story_same(&t, t.s, again);
    state_free(&again);
    story_refuses(&t, EVENT_ERASURE_ERASED, 0, &PATHWAY, NO_ATTRS);
    story_refuses(&t, EVENT_ERASURE_ERASED, 0, &PATHWAY,
                  ATTRS(attr_ref(ATTR_ABOUT, ((struct ref){99, 0})), attr_number(ATTR_VALUE, 1)));
    story_refuses(&t, EVENT_ERASURE_ERASED, 0, &PATHWAY,
                  ATTRS(attr_ref(ATTR_ABOUT, ((struct ref){1, 0})), attr_number(ATTR_VALUE, 0)));
    story_close(&t);
}

// ---- marks ---------------------------------------------------------------------------------------------------------

static void marks_say_who_on_what_version_and_can_be_withdrawn(void **state) {
    struct story t;
    struct ref script;
    (void)state;
    story_open(&t);
    visit_with_script(&t, &script);
    story_actor(&t, "psych-1", "psychiatrist", "hospital");
    struct ref at = {t.s->seq + 1, 0};
    story_tell(&t, EVENT_MARK_ATTESTED, 0, script,
               ATTRS(attr_number(ATTR_VERSION, 2), attr_number(ATTR_FIELD, SYMBOL_WORDING),
                     attr_text(ATTR_REASON, "read it")));
    story_tell(&t, EVENT_MARK_ACKNOWLEDGED, 0, script, ATTRS(attr_number(ATTR_FIELD, 9999)));
    story_tell(&t, EVENT_MARK_ACKNOWLEDGED, 0, PATHWAY, NO_ATTRS);
    const struct element *e = story_element(&t, script);
    const struct mark *mark = &t.s->marks[e->first_mark];
    assert_int_equal(mark->code, EVENT_MARK_ATTESTED);
    assert_int_equal(mark->version, 2);
    assert_int_equal(mark->field, field_of(&t, SYMBOL_WORDING));
    assert_true(text_is(mark->person, "psych-1") && text_is(mark->role, "psychiatrist"));
    assert_true(text_is(mark->org, "hospital"));
    assert_int_equal(mark->attr_count, 1);
    assert_true(text_is(state_mark_attr(t.s, mark, ATTR_REASON)->text, "read it"));
    assert_null(state_mark_attr(t.s, mark, ATTR_VERSION));
    assert_int_equal(t.s->marks[mark->next].field, FIELD_UNKNOWN); // never taken for the whole
    assert_int_equal(t.s->marks[t.s->first_mark].field, NO_ELEMENT);
    assert_int_equal(e->version, 2);                                                      // a mark changes nothing
    story_refuses(&t, EVENT_MARK_WITHDRAWN, 0, &PATHWAY, ATTRS(attr_ref(ATTR_MARK, at))); // it stands elsewhere
    story_tell(&t, EVENT_MARK_WITHDRAWN, 0, script, ATTRS(attr_ref(ATTR_MARK, at)));
    assert_true(t.s->marks[e->first_mark].withdrawn);
    story_refuses(&t, EVENT_MARK_WITHDRAWN, 0, &script, ATTRS(attr_ref(ATTR_MARK, at)));
    story_refuses(&t, EVENT_MARK_WITHDRAWN, 0, &script, NO_ATTRS);
    story_refuses(&t, EVENT_MARK_ATTESTED, 0, &script, ATTRS(attr_number(ATTR_VERSION, 1000)));
    story_refuses(&t, EVENT_HUDDLE_JOINED, 0, &script, NO_ATTRS);
    story_close(&t);
}

static void a_huddle_remembers_who_came_and_who_did_not(void **state) {
    struct story t;
    (void)state;
    story_open(&t);
    struct ref huddle = story_create(&t, EVENT_HUDDLE_OPENED, SYMBOL_HUDDLE, NO_ATTRS);
    story_tell(&t, EVENT_HUDDLE_JOINED, 0, huddle, NO_ATTRS);
    story_tell(&t, EVENT_HUDDLE_ABSENT, 0, huddle,
               ATTRS(attr_text(ATTR_ROLE, "psychiatrist"), attr_text(ATTR_PERSON, "psych-1"),
                     attr_text(ATTR_REASON, "on leave")));
    const struct element *e = story_element(&t, huddle);
    const struct mark *first = &t.s->marks[e->first_mark], *second = &t.s->marks[e->last_mark];
    assert_true(text_is(first->person, "nurse-1") && text_is(second->person, "psych-1"));
    assert_true(text_is(second->role, "psychiatrist") && text_is(second->org, "clinic"));
    assert_int_equal(first->next, e->last_mark);
    story_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(editing_one_field_leaves_the_version_of_the_others),
        cmocka_unit_test(a_field_set_to_nothing_has_no_value),
        cmocka_unit_test(a_retracted_entry_gives_way_to_the_one_before),
        cmocka_unit_test(entries_are_found_by_what_they_are_about),
        cmocka_unit_test(an_entry_written_for_somebody_else_names_them),
        cmocka_unit_test(an_erased_value_is_known_to_be_gone),
        cmocka_unit_test(erasing_an_old_version_leaves_the_new_one),
        cmocka_unit_test(erasing_what_a_later_record_said_leaves_the_name),
        cmocka_unit_test(everything_withheld_can_be_erased),
        cmocka_unit_test(marks_say_who_on_what_version_and_can_be_withdrawn),
        cmocka_unit_test(a_huddle_remembers_who_came_and_who_did_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
