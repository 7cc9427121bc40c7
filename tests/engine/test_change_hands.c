// SPDX-License-Identifier: Apache-2.0
// Work that changes hands: claimed, delegated, offered, given back, handed over at the end of a shift, reassigned; what is
// called off and what hangs on it; work that no protocol foresaw; and huddles as one transaction.
#include "story.h"

static struct story s;

static int begin(void **state) {
    (void)state;
    story_begin(&s);
    chapter_open(&s);
    chapter_plan(&s);
    return 0;
}

static int end(void **state) {
    (void)state;
    return story_close(&s);
}

static void add_task(enum who who, const char *name, const char *role, const char *owner) {
    story_do(&s, who, "add", "task", "name", name, "owner_role", role, "owner", owner, "due", "2 days", END);
}

// ---- one item ----------------------------------------------------------------------------------------------------------

static void somebody_of_the_role_claims_what_nobody_has_accepted(void **state) {
    (void)state;
    add_task(MARIA, "call the landlord", "frontline-worker", "Sam Ortiz");
    story_refused(&s, DENISE, STEPDOWN_DENIED, "claim", "call the landlord", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "claim", "call the landlord", "person", "Sam Ortiz",
                  END); // not for others
    story_do(&s, MARIA, "claim", "call the landlord", END);
    assert_true(story_event(&s, "item.claimed", NULL));
    assert_string_equal(story_item(&s, "call the landlord", "owner"), "Maria Chen");
    assert_string_equal(story_item(&s, "call the landlord", "owner_role"), "frontline-worker"); // it stays theirs
    assert_int_equal(story_item_number(&s, "call the landlord", "accepted"), 1);
    story_refused(&s, SAM, STEPDOWN_WRONG_STATE, "claim", "call the landlord", END);
    assert_true(story_says(&s, "Maria Chen has accepted it"));
}

static void a_delegate_does_it_and_the_owner_stays_accountable(void **state) {
    (void)state;
    story_do(&s, SAM, "accept", "first_visit", END);
    story_refused(&s, LENA, STEPDOWN_DENIED, "start", "first_visit", END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "delegate", "first_visit", "person", "Lena Brandt", END);
    assert_string_equal(story_detail(&s, "field"), "reason");
    story_do(&s, SAM, "delegate", "first_visit", "person", "Lena Brandt", "reason", "she lives next door", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
    assert_string_equal(story_item(&s, "first_visit", "delegate"), "Lena Brandt");
    story_refused(&s, LENA, STEPDOWN_DENIED, "assign", "first_visit", "owner", "Lena Brandt", END);
    story_refused(&s, LENA, STEPDOWN_DENIED, "delegate", "first_visit", "person", "Omar Haddad", "reason", "r", END);
    story_do(&s, LENA, "start", "first_visit", END);
    story_do(&s, LENA, "give-back", "first_visit", "reason", "called away", END);
    assert_true(story_event(&s, "item.delegation-ended", NULL));
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
    assert_string_equal(story_item(&s, "first_visit", "delegate"), "");
    story_refused(&s, LENA, STEPDOWN_DENIED, "attend", "first_visit", END);
}

static void what_is_given_back_is_the_roles_again_and_nobody_s(void **state) {
    (void)state;
    story_do(&s, SAM, "accept", "first_visit", END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "give-back", "first_visit", END);
    story_do(&s, SAM, "give-back", "first_visit", "reason", "off sick", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "");
    assert_string_equal(story_item(&s, "first_visit", "owner_role"), "frontline-worker");
    story_at(&s, "03-04 00:00"); // its clock goes on
    assert_int_equal(story_item_number(&s, "first_visit", "overdue"), 1);
    story_do(&s, SAM, "claim", "first_visit", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
}

static void what_is_offered_stays_with_its_owner_until_it_is_accepted(void **state) {
    (void)state;
    stepdown_session *nina = story_session(&s, "Nina Ray", "frontline-worker", "harborview");
    stepdown_session *kim = s.sessions[KIM];
    story_do(&s, SAM, "accept", "first_visit", END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "offer", "first_visit", "reason", "shift ends", END);
    story_do(&s, SAM, "offer", "first_visit", "owner", "Nina Ray", "reason", "shift ends", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
    assert_string_equal(story_item(&s, "first_visit", "offered_to"), "Nina Ray");
    assert_int_equal(story_item_number(&s, "first_visit", "accepted"), 1);
    s.sessions[KIM] = nina;
    story_do(&s, KIM, "decline", "first_visit", "reason", "I am off too", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz"); // never without an owner in between
    assert_string_equal(story_item(&s, "first_visit", "offered_to"), "");
    story_do(&s, SAM, "offer", "first_visit", "owner", "Nina Ray", "reason", "please", END);
    story_do(&s, KIM, "accept", "first_visit", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Nina Ray");
    assert_string_equal(story_item(&s, "first_visit", "offered_to"), "");
    s.sessions[KIM] = kim;
    stepdown_session_free(&nina);
}

static void what_is_offered_cannot_be_accepted_in_another_role(void **state) {
    (void)state;
    story_do(&s, SAM, "accept", "first_visit", END);
    story_do(&s, SAM, "offer", "first_visit", "owner", "Denise Walker", "reason", "shift ends", END);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "accept", "first_visit", END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
}

// ---- everything of somebody ------------------------------------------------------------------------------------------------

static void a_shift_is_handed_over_and_taken_over(void **state) {
    (void)state;
    stepdown_session *nina = story_session(&s, "Nina Ray", "frontline-worker", "harborview");
    stepdown_session *kim = s.sessions[KIM];
    story_do(&s, SAM, "accept", "first_visit", END);
    add_task(MARIA, "call the landlord", "frontline-worker", "Sam Ortiz");
    add_task(MARIA, "write to the court", "supervisor", "Maria Chen");
    story_do(&s, MARIA, "delegate", "write to the court", "person", "Sam Ortiz", "reason", "he knows the judge", END);
    story_refused(&s, LENA, STEPDOWN_NOT_FOUND, "hand-over-shift", NULL, "to", "Nina Ray", "reason", "end of shift",
                  END);
    story_refused(&s, SAM, STEPDOWN_INVALID, "hand-over-shift", NULL, "reason", "end of shift", END);
    story_refused(&s, DENISE, STEPDOWN_DENIED, "hand-over-shift", NULL, "from", "Sam Ortiz", "to", "Nina Ray", "reason",
                  "x", END);
    assert_true(story_detail_has(&s, "item", "first_visit"));
    story_do(&s, SAM, "hand-over-shift", NULL, "to", "Nina Ray", "reason", "end of shift", END);
    assert_string_equal(story_item(&s, "first_visit", "offered_to"), "Nina Ray");
    assert_string_equal(story_item(&s, "call the landlord", "offered_to"), "Nina Ray");
    assert_string_equal(story_item(&s, "write to the court", "delegate"), ""); // the owner's again
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Sam Ortiz");
    s.sessions[KIM] = nina;
    story_do(&s, KIM, "take-over-shift", NULL, END);
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Nina Ray");
    assert_string_equal(story_item(&s, "call the landlord", "owner"), "Nina Ray");
    assert_int_equal(story_item_number(&s, "call the landlord", "accepted"), 1);
    story_refused(&s, KIM, STEPDOWN_NOT_FOUND, "take-over-shift", NULL, END);
    s.sessions[KIM] = kim;
    stepdown_session_free(&nina);
}

static void everything_of_a_role_is_reassigned_or_nothing(void **state) {
    (void)state;
    add_task(MARIA, "call the landlord", "frontline-worker", "Sam Ortiz");
    add_task(DENISE, "check the papers", "case-manager", "Sam Ortiz");
    story_refused(&s, MARIA, STEPDOWN_INVALID, "reassign", NULL, "to", "Lena Brandt", "reason", "leave", END);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "reassign", NULL, "from", "Sam Ortiz", "to", "Lena Brandt", "reason",
                  "leave", END); // one of them is the case manager's
    assert_true(story_detail_has(&s, "item", "check the papers"));
    assert_string_equal(story_item(&s, "call the landlord", "owner"), "Sam Ortiz");
    story_do(&s, MARIA, "reassign", NULL, "role", "frontline-worker", "to", "Lena Brandt", "reason", "leave", END);
    assert_string_equal(story_item(&s, "call the landlord", "owner"), "Lena Brandt");
    assert_string_equal(story_item(&s, "first_visit", "owner"), "Lena Brandt");
    assert_int_equal(story_item_number(&s, "first_visit", "accepted"), 0);
    assert_string_equal(story_item(&s, "check the papers", "owner"), "Sam Ortiz");
}

// ---- calling off ------------------------------------------------------------------------------------------------------------

static void calling_off_says_whether_it_was_not_needed_or_failed(void **state) {
    (void)state;
    story_refused(&s, SAM, STEPDOWN_INVALID, "cancel", "first_visit", "reason", "moved", END);
    assert_string_equal(story_detail(&s, "field"), "kind");
    story_refused(&s, SAM, STEPDOWN_INVALID, "cancel", "first_visit", "kind", "whatever", "reason", "moved", END);
    story_do(&s, SAM, "cancel", "first_visit", "kind", "failed", "reason", "nobody of that name lives there", END);
    assert_string_equal(story_item(&s, "first_visit", "state"), "cancelled");
    story_refused(&s, SAM, STEPDOWN_INVALID, "reopen", "first_visit", END);
    story_do(&s, SAM, "reopen", "first_visit", "reason", "found after all", END);
    assert_string_equal(story_item(&s, "first_visit", "state"), "open");
}

static void what_hangs_on_something_called_off_is_kept_or_called_off_with_it(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "task", "name", "parent", "owner_role", "supervisor", "due", "2 days", END);
    story_do(&s, MARIA, "add", "task", "name", "child", "owner_role", "supervisor", "due", "2 days", "about", "parent",
             END);
    story_do(&s, MARIA, "add", "barrier", "name", "grandchild", "owner_role", "supervisor", "due", "2 days", "about",
             "child", END);
    story_do(&s, MARIA, "close", "parent", END); // what hangs on it is not left behind: it stays open, owned and due
    assert_string_equal(story_item(&s, "child", "state"), "open");
    story_do(&s, MARIA, "reopen", "parent", "reason", "too early", END);
    story_refused(&s, MARIA, STEPDOWN_INVALID, "cancel", "parent", "kind", "not-needed", "reason", "r", END);
    assert_string_equal(story_detail(&s, "field"), "children");
    assert_true(story_detail_has(&s, "item", "child"));
    assert_true(story_detail_has(&s, "item", "grandchild"));
    story_do(&s, MARIA, "cancel", "child", "kind", "not-needed", "reason", "r", "children", "keep", END);
    assert_string_equal(story_item(&s, "grandchild", "state"), "open");
    story_do(&s, MARIA, "cancel", "parent", "kind", "not-needed", "reason", "r", "children", "cancel", END);
    assert_string_equal(story_item(&s, "grandchild", "state"), "cancelled");
    story_refused(&s, MARIA, STEPDOWN_NOT_FOUND, "close", "nothing of that name", END);
}

static void what_belongs_to_others_is_not_called_off_with_it(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "task", "name", "parent", "owner_role", "supervisor", "due", "2 days", END);
    story_do(&s, DENISE, "add", "task", "name", "child", "owner_role", "case-manager", "due", "2 days", "about",
             "parent", END);
    story_refused(&s, MARIA, STEPDOWN_DENIED, "cancel", "parent", "kind", "failed", "reason", "r", "children", "cancel",
                  END);
    assert_string_equal(story_item(&s, "parent", "state"), "open");
}

// ---- huddles ----------------------------------------------------------------------------------------------------------------

static void huddle(void) {
    chapter_refusal(&s);
    chapter_huddle(&s);
    chapter_record(&s);
}

static void X_22_evidence_that_changed_is_presented_again_before_anything_is_decided(void **state) {
    (void)state;
    huddle();
    story_do(&s, SAM, "submit", "visit_record", "attempts", "4", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "decide", "huddle", "decision", "second-visit", "reason", "r", END);
    assert_true(story_detail_has(&s, "needs", "visit_record has changed since it was presented; present it again"));
    story_refused(&s, MARIA, STEPDOWN_HELD, "no-decision", "huddle", "reason", "r", END);
    story_do(&s, MARIA, "present", "huddle", "evidence", "visit_record", END);
    story_do(&s, MARIA, "decide", "huddle", "decision", "second-visit", "reason", "r", END);
}

static void X_22_whoever_comes_later_is_shown_what_the_others_have_seen(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-03 16:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_do(&s, MARIA, "join", "huddle", END);
    story_do(&s, MARIA, "present", "huddle", "evidence", "visit_record", "evidence", "discharge_plan", END);
    story_do(&s, RAO, "join", "huddle", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "no-decision", "huddle", "reason", "r", END);
    assert_true(story_detail_has(&s, "needs", "Dr. Anita Rao came after visit_record was presented; present it again"));
    assert_true(
        story_detail_has(&s, "needs", "Dr. Anita Rao came after discharge_plan was presented; present it again"));
    story_do(&s, MARIA, "present", "huddle", "evidence", "visit_record", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "no-decision", "huddle", "reason", "r",
                  END); // the plan is still to be shown
    story_do(&s, MARIA, "present", "huddle", "evidence", "discharge_plan", END);
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "r", END);
}

static void X_22_what_was_taken_back_is_no_evidence_any_more(void **state) {
    (void)state;
    huddle();
    story_do(&s, SAM, "retract", "visit_record", "reason", "another door", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "no-decision", "huddle", "reason", "r", END);
    assert_true(story_says(&s, "was taken back"));
    story_do(&s, MARIA, "present", "huddle", "evidence", "discharge_plan", END);
    story_do(&s, MARIA, "no-decision", "huddle", "reason", "r", END);
}

static void X_11_closing_lists_everything_that_is_missing(void **state) {
    (void)state;
    chapter_refusal(&s);
    story_at(&s, "03-03 16:00");
    story_do(&s, MARIA, "start", "huddle", END);
    story_do(&s, MARIA, "join", "huddle", END);
    story_do(&s, MARIA, "present", "huddle", "evidence", "visit_record", END);
    story_do(&s, SAM, "submit", "visit_record", "attempts", "4", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "huddle", END);
    assert_true(story_detail_has(&s, "needs", "the frontline-worker is neither there nor absent with a reason"));
    assert_true(story_detail_has(&s, "needs", "the case-manager is neither there nor absent with a reason"));
    assert_true(story_detail_has(&s, "needs", "the clinical-contact is neither there nor absent with a reason"));
    assert_true(story_detail_has(&s, "needs", "visit_record has changed since it was presented; present it again"));
    assert_true(story_detail_has(&s, "needs", "there is no decision, and nobody has said that none is needed"));
    story_refused(&s, MARIA, STEPDOWN_INVALID, "absent", "huddle", "role", "case-manager", END); // without a reason
}

static void X_14_no_huddle_closes_with_a_decision_that_nobody_owns(void **state) {
    (void)state;
    huddle();
    story_do(&s, MARIA, "decide", "huddle", "decision", "supervisor-review", "reason", "r", END);
    story_do(&s, MARIA, "give-back", "supervisor_review", "reason", "on leave", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "huddle", END);
    assert_true(story_detail_has(&s, "needs", "\"supervisor-review\" has no owner; assign supervisor_review"));
    story_do(&s, MARIA, "assign", "supervisor_review", "owner", "Omar Haddad", END);
    chapter_headings(&s);
    story_do(&s, MARIA, "close", "huddle", END);
    assert_string_equal(story_item(&s, "huddle", "state"), "closed");
}

static void a_huddle_that_no_protocol_foresaw_asks_for_those_who_were_called(void **state) {
    (void)state;
    story_refused(&s, MARIA, STEPDOWN_INVALID, "add", "huddle", "name", "about the keys", "owner_role", "supervisor",
                  "due", "1 day", "attend", "nobody-of-that-role", END);
    story_do(&s, MARIA, "add", "huddle", "name", "about the keys", "owner_role", "supervisor", "due", "1 day", "attend",
             "case-manager", "attend", "supervisor", END);
    assert_true(story_event(&s, "huddle.called", NULL));
    story_do(&s, MARIA, "start", "about the keys", END);
    story_refused(&s, SAM, STEPDOWN_DENIED, "call", "about the keys", "role", "clinical-contact", END);
    story_do(&s, MARIA, "call", "about the keys", "role", "clinical-contact", END);
    story_do(&s, MARIA, "join", "about the keys", END);
    story_do(&s, DENISE, "join", "about the keys", END);
    story_do(&s, MARIA, "decide", "about the keys", "decision", "a second key", "reason", "r", "owner", "Sam Ortiz",
             "due", "1 day", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "close", "about the keys", END);
    assert_true(story_detail_has(&s, "needs", "the clinical-contact is neither there nor absent with a reason"));
    story_do(&s, MARIA, "absent", "about the keys", "role", "clinical-contact", "person", "Dr. Anita Rao", "reason",
             "on call", END);
    story_do(&s, MARIA, "close", "about the keys", END);
    assert_string_equal(story_item(&s, "action", "owner"), "Sam Ortiz");
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(somebody_of_the_role_claims_what_nobody_has_accepted),
        T(a_delegate_does_it_and_the_owner_stays_accountable),
        T(what_is_given_back_is_the_roles_again_and_nobody_s),
        T(what_is_offered_stays_with_its_owner_until_it_is_accepted),
        T(what_is_offered_cannot_be_accepted_in_another_role),
        T(a_shift_is_handed_over_and_taken_over),
        T(everything_of_a_role_is_reassigned_or_nothing),
        T(calling_off_says_whether_it_was_not_needed_or_failed),
        T(what_hangs_on_something_called_off_is_kept_or_called_off_with_it),
        T(what_belongs_to_others_is_not_called_off_with_it),
        T(X_22_evidence_that_changed_is_presented_again_before_anything_is_decided),
        T(X_22_whoever_comes_later_is_shown_what_the_others_have_seen),
        T(X_22_what_was_taken_back_is_no_evidence_any_more),
        T(X_11_closing_lists_everything_that_is_missing),
        T(X_14_no_huddle_closes_with_a_decision_that_nobody_owns),
        T(a_huddle_that_no_protocol_foresaw_asks_for_those_who_were_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
