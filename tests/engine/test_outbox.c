// SPDX-License-Identifier: Apache-2.0
// The outbox and consent: whom the person does not allow to be told is not told, the pathway says so, and somebody owns
// what follows. Leasing stops at its limit.
#include "story.h"

#include "storage/storage.h"
#include "support/faulty.h"

static const char told[] =
    "protocol: telling\n"
    "version: 1.0.0\n"
    "title: Telling people\n"
    "uses: [common]\n"
    "subject: person\n"
    "protects: A person, from being spoken about.\n"
    "escalate: overdue-at-provider\n"
    "items:\n"
    "  check: {kind: task, owner: supervisor, at_start: yes, due: 1 day}\n"
    "  news: {kind: update, owner: supervisor, to: [case-manager], due: 5 days, on_demand: yes, form: back}\n"
    "  letter: {kind: update, owner: supervisor, to: [case-manager, clinical-contact], due: 5 days, on_demand: yes, "
    "form: lines_of_it}\n"
    "forms:\n"
    "  lines_of_it:\n"
    "    about: letter\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      lines: {type: text}\n"
    "  back:\n"
    "    about: news\n"
    "    by: supervisor\n"
    "    fields:\n"
    "      told: {type: text}\n"
    "  consent:\n"
    "    records: consent\n"
    "    member: consent_kind\n"
    "    by_any: [supervisor, case-manager]\n"
    "    fields:\n"
    "      consent_kind: {type: choice, of: [given, limited, withdrawn], kept: in-record}\n"
    "      recipient: {type: text, optional: yes}\n"
    "      purpose: {type: text, optional: yes}\n"
    "      valid: {type: interval, optional: yes}\n"
    "rules:\n"
    "  R-1:\n"
    "    says: Once it is checked the case manager is told\n"
    "    when: check.closed\n"
    "    do:\n"
    "      - send: news\n"
    "        with: {told: it was checked}\n";

static struct story s;
static stepdown_result *messages;

static int begin(void **state) {
    (void)state;
    story_begin_under(&s, "telling", told);
    return 0;
}

static int end(void **state) {
    (void)state;
    stepdown_result_free(&messages);
    return story_close(&s);
}

static size_t lease_as(stepdown_session *session, uint32_t limit) {
    stepdown_result_free(&messages);
    stepdown_error *error = NULL;
    stepdown_status status = stepdown_outbox_lease(session, limit, 60, &messages, &error);
    if (status != STEPDOWN_OK) {
        print_error("%s: %s\n", stepdown_status_name(status), stepdown_error_message(error));
    }
    stepdown_error_free(&error);
    assert_int_equal(status, STEPDOWN_OK);
    return stepdown_result_count(messages);
}

static size_t lease(uint32_t limit) { return lease_as(s.sessions[MARIA], limit); }

static const char *message(size_t row, const char *column) {
    return stepdown_result_text(messages, row, stepdown_result_column(messages, column));
}

// Is the case manager told, by an update?
static bool case_manager_is_told(void) {
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    for (size_t i = 0, count = lease(100); i < count; i++) {
        if (strcmp(message(i, "recipient"), "Denise Walker") == 0) {
            return true;
        }
    }
    return false;
}

static void consent(const char *kind, const char *recipient, const char *purpose) {
    if (recipient == NULL) {
        story_do(&s, MARIA, "submit", "consent", "consent_kind", kind, "purpose", purpose, END);
        return;
    }
    story_do(&s, MARIA, "submit", "consent", "consent_kind", kind, "recipient", recipient, "purpose", purpose, END);
}

// Times such an event stands in the records.
static size_t recorded(const char *event) {
    size_t found = 0;
    stepdown_result_free(&s.view);
    assert_int_equal(stepdown_audit_records(s.sessions[MARIA], s.pathway, 0, 1000, &s.view, NULL), STEPDOWN_OK);
    for (size_t i = 0; i < stepdown_result_count(s.view); i++) {
        const stepdown_result *events = stepdown_result_rows(s.view, i, stepdown_result_column(s.view, "events"));
        for (size_t k = 0; k < stepdown_result_count(events); k++) {
            found += strcmp(stepdown_result_text(events, k, stepdown_result_column(events, "event")), event) == 0;
        }
    }
    return found;
}

// ---- consent -----------------------------------------------------------------------------------------------------------

static void without_a_word_about_the_recipient_the_message_goes(void **state) {
    (void)state;
    consent("withdrawn", "lakeside", "treatment");
    assert_true(case_manager_is_told());
    assert_int_equal(recorded("outbox.withheld"), 0);
    assert_string_equal(story_item(&s, "news", "state"), "sent");
}

// A bare status line is no update: what it must say is written before it goes, by hand and by rule.
static void what_is_not_written_is_not_sent(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "news", END);
    story_refused(&s, MARIA, STEPDOWN_HELD, "send", "news", END);
    assert_true(story_says(&s, "nothing is written in it"));
    assert_string_equal(story_item(&s, "news", "state"), "draft");
    story_refused(&s, MARIA, STEPDOWN_HELD, "send", "news", "reason", "it cannot wait", END);
}

static void what_is_sent_by_hand_goes_to_everyone_it_is_for(void **state) {
    (void)state;
    story_do(&s, MARIA, "add", "news", "told", "it was checked", END);
    story_do(&s, MARIA, "send", "news", END);
    assert_int_equal(lease(100), 1);
    assert_string_equal(message(0, "recipient"), "Denise Walker");
}

// Delivered and read by everybody it is for, not by the first.
static void an_update_waits_for_everybody_it_goes_to(void **state) {
    (void)state;
    story_do(&s, MARIA, "join-pathway", "lakeside", END);
    story_do(&s, MARIA, "add", "letter", "lines", "come on Friday", END);
    story_do(&s, MARIA, "send", "letter", END);
    assert_int_equal(lease(100), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(story_item(&s, "letter", "state"), "sent");
        assert_int_equal(stepdown_outbox_settle(s.sessions[MARIA], message(i, "token"), 1, NULL), STEPDOWN_OK);
    }
    assert_string_equal(story_item(&s, "letter", "state"), "delivered");
    assert_int_equal(recorded("mark.received"), 2);
    story_do(&s, MARIA, "acknowledge", "letter", END);
    story_do(&s, DENISE, "acknowledge", "letter", END);
    assert_string_equal(story_item(&s, "letter", "state"), "delivered");
    story_do(&s, RAO, "acknowledge", "letter", END);
    assert_string_equal(story_item(&s, "letter", "state"), "acknowledged");
}

static void consent_for_the_purpose_lets_it_go(void **state) {
    (void)state;
    consent("given", "brightpath", "treatment");
    assert_true(case_manager_is_told());
}

static void what_was_withdrawn_is_withheld_and_the_update_is_blocked_with_its_owner(void **state) {
    (void)state;
    consent("given", "brightpath", "treatment");
    story_at(&s, "03-03 10:00");
    consent("withdrawn", "brightpath", "treatment");
    assert_false(case_manager_is_told());
    assert_int_equal(recorded("outbox.withheld"), 1);
    assert_int_equal(recorded("update.blocked"), 1);
    assert_string_equal(story_item(&s, "news", "state"), "blocked");
    assert_string_equal(story_item(&s, "news", "owner"), "Maria Chen");
    assert_int_equal(lease(100), 0); // the row is gone
    assert_int_equal(recorded("outbox.withheld"), 1);
}

static void a_role_and_a_person_can_be_named_as_well(void **state) {
    (void)state;
    consent("withdrawn", "case-manager", "treatment");
    assert_false(case_manager_is_told());
    end(state);
    begin(state);
    consent("withdrawn", "Denise Walker", "treatment");
    assert_false(case_manager_is_told());
}

static void consent_for_another_purpose_is_not_consent_for_this_one(void **state) {
    (void)state;
    consent("given", "brightpath", "research");
    assert_false(case_manager_is_told());
}

static void consent_withdrawn_for_another_purpose_does_not_stand_in_the_way(void **state) {
    (void)state;
    consent("withdrawn", "brightpath", "research");
    assert_true(case_manager_is_told());
}

static void the_purpose_is_that_of_the_session_which_delivers(void **state) {
    (void)state;
    stepdown_session *research = NULL;
    assert_int_equal(
        stepdown_session_open(s.engine, "Maria Chen", "supervisor", "harborview", "research", &research, NULL),
        STEPDOWN_OK);
    consent("given", "brightpath", "treatment");
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    assert_int_equal(lease_as(research, 100), 0);
    assert_int_equal(recorded("outbox.withheld"), 1);
    stepdown_session_free(&research);
}

static void nobody_carries_messages_of_a_pathway_they_take_no_part_in(void **state) {
    (void)state;
    consent("given", "brightpath", "treatment");
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    assert_int_equal(lease_as(s.sessions[KIM], 100), 0);
    assert_true(lease(100) > 0); // and none was lost by asking
}

static void consent_given_again_lets_it_go_again(void **state) {
    (void)state;
    consent("withdrawn", "brightpath", "treatment");
    story_at(&s, "03-03 10:00");
    consent("given", "brightpath", "treatment");
    assert_true(case_manager_is_told());
}

static void consent_counts_while_it_is_valid(void **state) {
    (void)state;
    story_do(&s, MARIA, "submit", "consent", "consent_kind", "given", "recipient", "brightpath", "purpose", "treatment",
             "valid", "2026-03-01T00:00:00-05:00 to 2026-03-03T12:00:00-05:00", END);
    story_clock(&s, "03-03 13:00");
    assert_false(case_manager_is_told());
    end(state);
    begin(state);
    story_do(&s, MARIA, "submit", "consent", "consent_kind", "given", "recipient", "brightpath", "purpose", "treatment",
             "valid", "2026-03-01T00:00:00-05:00 to 2026-03-03T12:00:00-05:00", END);
    story_clock(&s, "03-03 11:00");
    assert_true(case_manager_is_told());
}

static void what_was_withdrawn_from_everyone_still_reaches_those_who_hold_the_record(void **state) {
    (void)state;
    consent("withdrawn", NULL, "treatment");
    assert_false(case_manager_is_told());
    story_at(&s, "03-04 20:00"); // nothing was done about the blocked update's duties; something of Maria's is overdue
    story_at(&s, "03-12 20:00");
    bool inside = false;
    for (size_t i = 0, count = lease(100); i < count; i++) {
        assert_string_not_equal(message(i, "recipient_organization"), "brightpath");
        inside = inside || strcmp(message(i, "recipient_organization"), "harborview") == 0;
    }
    assert_true(inside);
}

static void an_erased_recipient_may_have_been_this_one(void **state) {
    (void)state;
    consent("given", "brightpath", "treatment");
    story_do(&s, MARIA, "erase", "consent.recipient", "basis", "b", "authority", "a", END);
    assert_false(case_manager_is_told());
}

static void consent_counts_when_the_message_goes_not_when_it_was_written(void **state) {
    (void)state;
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    consent("withdrawn", "brightpath", "treatment");
    assert_int_equal(lease(100), 0);
    assert_string_equal(story_item(&s, "news", "state"), "blocked");
}

static void what_is_no_update_raises_an_alert_of_the_fallback_once(void **state) {
    (void)state;
    consent("withdrawn", "supervisor", "treatment");
    story_at(&s, "03-04 20:00"); // the check is overdue: its ladder tells the supervisor
    size_t alerts = story_alerts(&s, NULL);
    assert_int_equal(lease(100), 1); // the alert about it goes to the fallback
    assert_string_equal(message(0, "recipient"), "Grace Liu");
    assert_int_equal(recorded("outbox.withheld"), 1);
    assert_int_equal(story_alerts(&s, NULL), alerts + 1);
    assert_int_equal(lease(100), 0);
}

static void an_alert_of_the_fallback_that_may_not_go_raises_no_other(void **state) {
    (void)state;
    consent("withdrawn", "harborview", "treatment");
    story_at(&s, "03-04 20:00");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(lease(100), 0);
    }
    assert_int_equal(story_alerts(&s, NULL), 2); // of the check, and of the message about it
    assert_int_equal(recorded("outbox.withheld"), 2);
}

// ---- a store that fails ------------------------------------------------------------------------------------------------

// However the store fails, the message is withheld once and blocks its update once.
static void sweep(size_t kind) {
    struct stage t = {.faulty = NULL};
    stepdown_status status = STEPDOWN_IO;
    consent("withdrawn", "brightpath", "treatment");
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    assert_int_equal(faulty_new(storage_retain(s.storage), &t.faulty), STEPDOWN_OK);
    stage_open(&t, &s);
    for (size_t at = 1; status != STEPDOWN_OK; at++) {
        assert_true(at < 100);
        stepdown_result_free(&messages);
        faulty_arm(t.faulty, faulty_kind(kind, FAULTY_ANY, at, false));
        status = stepdown_outbox_lease(t.session, 10, 60, &messages, NULL);
        faulty_disarm(t.faulty);
        if (status == STEPDOWN_OK) {
            assert_int_equal(stepdown_result_count(messages), 0);
        } else {
            stage_open(&t, &s);
        }
        size_t withheld = recorded("outbox.withheld");
        assert_true(withheld <= 1);
        assert_int_equal(recorded("update.blocked"), withheld);
    }
    assert_int_equal(recorded("outbox.withheld"), 1);
    stage_close(&t);
    faulty_free(&t.faulty);
}

static void a_message_is_withheld_once_however_the_store_fails(void **state) {
    for (size_t kind = 0; kind < FAULTY_KINDS; kind++) {
        sweep(kind);
        end(state);
        begin(state);
    }
}

// ---- leasing -----------------------------------------------------------------------------------------------------------

static void leasing_stops_at_its_limit_and_goes_on_from_there(void **state) {
    (void)state;
    enum { PATHWAYS = 9 };
    size_t all = 0;
    for (int i = 0; i < PATHWAYS; i++) {
        story_do(&s, MARIA, "open", "telling", "subject", "person", "zone", "America/New_York", END);
        story_do(&s, MARIA, "join-pathway", "brightpath", END);
        story_do(&s, MARIA, "start", "check", END);
        story_do(&s, MARIA, "close", "check", END);
    }
    for (size_t got; (got = lease(2)) > 0; all += got) {
        assert_true(got <= 2);
    }
    assert_int_equal(all, PATHWAYS);
    story_clock(&s, "03-03 09:02"); // the leases are over
    assert_int_equal(lease(1000), PATHWAYS);
    for (size_t i = 0; i < PATHWAYS; i++) {
        assert_int_equal(stepdown_outbox_settle(s.sessions[MARIA], message(i, "token"), 1, NULL), STEPDOWN_OK);
    }
    assert_int_equal(lease(1000), 0);
}

static void what_is_withheld_does_not_use_up_the_limit(void **state) {
    (void)state;
    char first[32];
    consent("withdrawn", "brightpath", "treatment");
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    snprintf(first, sizeof first, "%s", s.pathway);
    story_clock(&s, "03-03 09:01");
    story_do(&s, MARIA, "open", "telling", "subject", "person", "zone", "America/New_York", END);
    story_do(&s, MARIA, "join-pathway", "brightpath", END);
    story_do(&s, MARIA, "start", "check", END);
    story_do(&s, MARIA, "close", "check", END);
    assert_int_equal(lease(1), 1);
    assert_string_equal(message(0, "pathway"), s.pathway);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(without_a_word_about_the_recipient_the_message_goes),
        TEST(what_is_not_written_is_not_sent),
        TEST(what_is_sent_by_hand_goes_to_everyone_it_is_for),
        TEST(an_update_waits_for_everybody_it_goes_to),
        TEST(consent_for_the_purpose_lets_it_go),
        TEST(what_was_withdrawn_is_withheld_and_the_update_is_blocked_with_its_owner),
        TEST(a_role_and_a_person_can_be_named_as_well),
        TEST(consent_for_another_purpose_is_not_consent_for_this_one),
        TEST(consent_withdrawn_for_another_purpose_does_not_stand_in_the_way),
        TEST(the_purpose_is_that_of_the_session_which_delivers),
        TEST(nobody_carries_messages_of_a_pathway_they_take_no_part_in),
        TEST(consent_given_again_lets_it_go_again),
        TEST(consent_counts_while_it_is_valid),
        TEST(what_was_withdrawn_from_everyone_still_reaches_those_who_hold_the_record),
        TEST(an_erased_recipient_may_have_been_this_one),
        TEST(consent_counts_when_the_message_goes_not_when_it_was_written),
        TEST(what_is_no_update_raises_an_alert_of_the_fallback_once),
        TEST(an_alert_of_the_fallback_that_may_not_go_raises_no_other),
        TEST(a_message_is_withheld_once_however_the_store_fails),
        TEST(leasing_stops_at_its_limit_and_goes_on_from_there),
        TEST(what_is_withheld_does_not_use_up_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
