// SPDX-License-Identifier: Apache-2.0
// Conditions about sets, states, people, loops and consent: true, false and unknown, with reason, evidence, sentence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rule/world.h"

#include <stdio.h>

// ---- count -------------------------------------------------------------------------------------------------------------

static int32_t count_node(struct world *w, struct selector s, uint8_t op, int64_t n) {
    struct node node = node_of(NODE_COUNT);
    node.selector = add_selector(w, s);
    node.op = op;
    node.b = term_literal_of(w, number_value(n, 0, ""));
    return add_node(w, node);
}

static uint32_t contact(struct world *w, const char *method) {
    return submit(w, FORM_CONTACT, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_CONTACT_METHOD), choice_value(method))));
}

static void count_tells_missing_too_few_too_many(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector contacts = select_source(SELECT_FAMILY);
    contacts.code = EVENT_CODE(FAMILY_CONTACT, 0);
    int32_t two = count_node(&w, contacts, OP_AT_LEAST, 2), none = count_node(&w, contacts, OP_AT_MOST, 0),
            exactly = count_node(&w, contacts, OP_IS, 1);
    expect(&w, two, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no contact is recorded");
    expect(&w, none, TRUTH_TRUE, 0);
    uint32_t first = contact(&w, "phone");
    expect(&w, two, TRUTH_FALSE, REASON_NOT_YET);
    sentence(&w, "too few are recorded: contact");
    assert_true(relies_on(&w, w.s->elements[first].id, UINT32_MAX));
    expect(&w, none, TRUTH_FALSE, REASON_NOT_MET);
    expect(&w, exactly, TRUTH_TRUE, 0);
    contact(&w, "text");
    contact(&w, "text");
    expect(&w, two, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 2); // stopped when certain
    expect(&w, exactly, TRUTH_FALSE, REASON_NOT_MET);
    world_close(&w);
}

static void count_says_when_only_the_role_or_the_time_was_wrong(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_form(FORM_CONTACT);
    s.by = one_role(&w, ROLE_CASE_MANAGER);
    s.since = term_literal_of(&w, time_value(AT(12, 0)));
    int32_t node = count_node(&w, s, OP_AT_LEAST, 1);
    at(&w, AT(13, 0));
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, REASON_WRONG_ROLE);
    sentence(&w, "contact is recorded, but not by case manager");
    world_close(&w);
    world_open(&w);
    s.by = one_role(&w, ROLE_CASE_MANAGER);
    s.since = term_literal_of(&w, time_value(AT(12, 0)));
    node = count_node(&w, s, OP_AT_LEAST, 1);
    as(&w, "carl", "case-manager");
    at(&w, AT(11, 59));
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    at(&w, AT(12, 0));
    contact(&w, "phone");
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void count_windows_include_their_start_and_exclude_their_end(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    struct selector s = select_form(FORM_CONTACT);
    s.since = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    s.until = term_event_of(&w, sel_item(&w, ITEM_VISIT), EVENT_APPOINTMENT_STARTED);
    int32_t node = count_node(&w, s, OP_AT_LEAST, 1), two = count_node(&w, s, OP_AT_LEAST, 2);
    at(&w, AT(10, 0));
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, ANY_REASON); // the window has not begun, so it is empty
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    expect(&w, node, TRUTH_TRUE, 0); // at the very moment of the start
    at(&w, AT(12, 0));
    happens(&w, visit, EVENT_APPOINTMENT_BOOKED);
    happens(&w, visit, EVENT_APPOINTMENT_STARTED);
    contact(&w, "phone"); // at the very moment of the end
    expect(&w, two, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(11, 59)); // learned of late, happened in time
    recorded(&w, AT(13, 0));
    contact(&w, "phone");
    expect(&w, two, TRUTH_TRUE, 0);
    world_close(&w);
}

static void count_during_the_last_days_ends_now(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_form(FORM_CONTACT);
    s.during = term_literal_of(&w, duration_value("2 hours"));
    int32_t node = count_node(&w, s, OP_AT_LEAST, 1);
    at(&w, AT(16, 0)); // exactly two hours before now: outside, (now - d, now]
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    at(&w, AT(18, 0));
    contact(&w, "phone");
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void count_is_unknown_while_a_filter_cannot_be_known(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_form(FORM_CONTACT), pathway = select_source(SELECT_PATHWAY);
    int32_t preferred = term_field_of(&w, add_selector(&w, pathway), FIELD_METHOD);
    s.where = add_compare(&w, term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD), OP_IS, preferred);
    int32_t one = count_node(&w, s, OP_AT_LEAST, 1), none = count_node(&w, s, OP_AT_MOST, 1);
    expect(&w, one, TRUTH_FALSE, REASON_MISSING);
    contact(&w, "phone");
    expect(&w, one, TRUTH_UNKNOWN, REASON_UNKNOWN); // nobody knows the preferred method
    expect(&w, none, TRUTH_TRUE, 0);                // one at most, whatever it is
    uint32_t entry =
        submit(&w, FORM_PERSON, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_METHOD), choice_value("phone"))));
    expect(&w, one, TRUTH_TRUE, 0);
    erase_value(&w, entry, FIELD_METHOD);
    expect(&w, one, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void count_distinct_counts_values_once(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_COUNT);
    n.selector = add_selector(&w, select_form(FORM_CONTACT));
    n.op = OP_AT_LEAST;
    n.b = term_literal_of(&w, number_value(2, 0, ""));
    n.c = term_field_of(&w, sel_this(&w), FIELD_CONTACT_METHOD);
    int32_t node = add_node(&w, n);
    contact(&w, "phone");
    contact(&w, "phone");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET);
    contact(&w, "text");
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void count_of_marks_follows_the_items_and_forgets_the_withdrawn(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_source(SELECT_MARK);
    s.code = EVENT_HUDDLE_DECIDED;
    s.of = sel_item(&w, ITEM_HUDDLE);
    int32_t node = count_node(&w, s, OP_AT_LEAST, 1);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    mark_on(&w, huddle, EVENT_HUDDLE_JOINED, -1, 0);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no decision is recorded");
    struct mark *mark = mark_on(&w, huddle, EVENT_HUDDLE_DECIDED, -1, 0);
    expect(&w, node, TRUTH_TRUE, 0);
    assert_true(w.verdict.evidence[0].is_mark);
    withdraw(&w, mark);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    world_close(&w);
}

// ---- each, state -------------------------------------------------------------------------------------------------------

static int32_t owner_of(struct world *w, int32_t selector, int32_t roles) {
    struct node n = node_of(NODE_OWNER);
    n.selector = selector;
    n.roles = roles;
    return add_node(w, n);
}

static void each_holds_when_every_one_does_and_is_vacuous_over_none(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t owned = owner_of(&w, sel_this(&w), -1);
    int32_t each = add_group(&w, NODE_EACH, 0, &owned, 1);
    w.d->nodes[each].selector = sel_all(&w, ITEM_ACTION);
    expect(&w, each, TRUTH_TRUE, 0);
    assert_true(w.verdict.vacuous);
    w.e.empty_holds = true; // as in a gate
    expect(&w, each, TRUTH_FALSE, REASON_NONE_RECORDED);
    sentence(&w, "no action is recorded, so nothing is known about each");
    w.d->nodes[each].flags |= NODE_EMPTY_PASSES;
    expect(&w, each, TRUTH_TRUE, 0);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT), second = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    accepts(&w, first, "ann", "supervisor");
    expect(&w, each, TRUTH_FALSE, REASON_UNOWNED);
    assert_int_equal(w.verdict.unmet[0].element, second);
    sentence(&w, "action has no named person who has accepted it");
    accepts(&w, second, "bo", "supervisor");
    expect(&w, each, TRUTH_TRUE, 0);
    assert_false(w.verdict.vacuous);
    assert_int_equal(w.verdict.evidence_count, 2);
    world_close(&w);
}

static void each_is_unknown_when_who_belongs_is_unknown(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct selector s = select_item(ITEM_ACTION);
    s.where = node_truth(&w, TRUTH_UNKNOWN);
    int32_t owned = owner_of(&w, sel_this(&w), -1);
    int32_t each = add_group(&w, NODE_EACH, 0, &owned, 1);
    w.d->nodes[each].selector = add_selector(&w, s);
    uint32_t action = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    expect(&w, each, TRUTH_UNKNOWN, ANY_REASON);
    accepts(&w, action, "ann", "supervisor");
    expect(&w, each, TRUTH_TRUE, 0); // belongs or not, it holds
    world_close(&w);
}

static void state_now_and_as_of_a_moment(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_STATE);
    n.selector = sel_item(&w, ITEM_BARRIER);
    n.states = STATE_BIT(STATE_CONTROLLED) | STATE_BIT(STATE_CLOSED);
    int32_t now = add_node(&w, n);
    n.b = term_literal_of(&w, time_value(AT(10, 30)));
    int32_t then = add_node(&w, n);
    expect(&w, now, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "there is no barrier");
    at(&w, AT(10, 0));
    uint32_t barrier = open_item(&w, ITEM_BARRIER, NO_ELEMENT);
    expect(&w, now, TRUTH_FALSE, REASON_NOT_MET);
    sentence(&w, "barrier is open; it must be closed or controlled");
    at(&w, AT(11, 0));
    happens(&w, barrier, EVENT_BARRIER_CONTROLLED);
    expect(&w, now, TRUTH_TRUE, 0);
    expect(&w, then, TRUTH_FALSE, REASON_NOT_MET);
    n.b = term_literal_of(&w, time_value(AT(9, 0)));
    expect(&w, add_node(&w, n), TRUTH_FALSE, REASON_MISSING); // it was not there yet
    n.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_CLOSED);
    expect(&w, add_node(&w, n), TRUTH_UNKNOWN, ANY_REASON);
    world_close(&w);
}

// ---- people ------------------------------------------------------------------------------------------------------------

static void owner_is_a_named_person_who_has_accepted(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = owner_of(&w, sel_item(&w, ITEM_VISIT), -1);
    int32_t worker = owner_of(&w, sel_item(&w, ITEM_VISIT), one_role(&w, ROLE_WORKER));
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "there is no second visit");
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_UNOWNED);
    sentence(&w, "second visit has no named person who has accepted it");
    tell(&w, EVENT_ITEM_ASSIGNED, 0, visit, WITH(attr_value(ATTR_PERSON, text_value("kim"))));
    expect(&w, node, TRUTH_FALSE, REASON_UNOWNED); // asked, not accepted
    accepts(&w, visit, "kim", "supervisor");
    expect(&w, node, TRUTH_TRUE, 0);
    expect(&w, worker, TRUTH_FALSE, REASON_WRONG_ROLE);
    accepts(&w, visit, "kim", "frontline-worker");
    expect(&w, worker, TRUTH_TRUE, 0);
    happens(&w, visit, EVENT_ITEM_CANCELLED);
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    world_close(&w);
}

static struct node word_node(struct world *w, uint8_t kind, int field, int32_t roles) {
    struct node n = node_of(kind);
    n.selector = sel_item(w, ITEM_HUDDLE);
    n.index = field;
    n.roles = roles;
    return n;
}

static void acknowledgement_counts_for_the_version_it_names(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t node = add_node(&w, word_node(&w, NODE_ACK, FIELD_SCRIPT, one_role(&w, ROLE_WORKER)));
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "re engagement script is not recorded, so nobody can have acknowledged it");
    uint32_t entry = write_script(&w, huddle, "one");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    sentence(&w, "re engagement script: acknowledgement of the current version by frontline worker is missing");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_WRONG_ROLE); // the supervisor's does not do
    as(&w, "kim", "frontline-worker");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    // Another field changes: the word on the script stands. The script changes: it does not.
    uint64_t read = version_of(&w, entry, FIELD_SCRIPT);
    char said[160];
    amend(&w, entry, FIELD_SCRIPT_NOTE, text_value("n"));
    expect(&w, node, TRUTH_TRUE, 0);
    amend(&w, entry, FIELD_SCRIPT, text_value("two"));
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    snprintf(said, sizeof said,
             "re engagement script has changed since it was acknowledged in version %u; frontline worker must "
             "acknowledge the current version",
             (unsigned)read);
    sentence(&w, said);
    // A word on the whole covers its fields; a withdrawn one counts for nothing.
    struct mark *mark = mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, -1, version_of(&w, entry, -1));
    expect(&w, node, TRUTH_TRUE, 0);
    withdraw(&w, mark);
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    erase_value(&w, entry, FIELD_SCRIPT);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void acknowledgement_of_the_whole_asks_for_the_whole(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_ACK);
    struct selector s = select_form(FORM_SCRIPT);
    s.pick = PICK_LATEST;
    n.selector = add_selector(&w, s);
    int32_t node = add_node(&w, n);
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "one");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, -1));
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, -1, version_of(&w, entry, -1));
    expect(&w, node, TRUTH_TRUE, 0);
    amend(&w, entry, FIELD_SCRIPT_NOTE, text_value("n"));
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    world_close(&w);
}

static uint32_t document(struct world *w, uint32_t about, uint16_t code) {
    return tell(w, code, SYM_FORM(FORM_SCRIPT), NO_ELEMENT, WITH(attr_value(ATTR_ABOUT, ref_value(w, about))));
}

// A document is revised by another entry: whoever has read the one before has read an older version.
static void acknowledgement_of_an_older_document_is_stale_and_names_its_version(void **state) {
    struct world w;
    char said[160];
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_ACK);
    struct selector s = select_form(FORM_SCRIPT);
    s.pick = PICK_LATEST;
    n.selector = add_selector(&w, s);
    n.roles = one_role(&w, ROLE_WORKER);
    int32_t node = add_node(&w, n);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), other = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    uint32_t first = document(&w, huddle, EVENT_DOCUMENT_RECEIVED);
    as(&w, "kim", "frontline-worker");
    mark_on(&w, first, EVENT_MARK_ACKNOWLEDGED, -1, version_of(&w, first, -1));
    expect(&w, node, TRUTH_TRUE, 0);
    uint64_t read = version_of(&w, first, -1);
    as(&w, "sue", "supervisor");
    uint32_t second = document(&w, huddle, EVENT_DOCUMENT_REVISED);
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    assert_int_equal(w.verdict.unmet[0].seen, read);
    assert_int_equal(w.verdict.unmet[0].element, second);
    snprintf(said, sizeof said,
             "script form has changed since it was acknowledged in version %u; frontline worker must acknowledge the "
             "current version",
             (unsigned)read);
    sentence(&w, said);
    document(&w, other, EVENT_DOCUMENT_RECEIVED); // about something else: no newer version of the one that was read
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    assert_int_equal(w.verdict.unmet[0].seen, 0);
    write_script(&w, huddle, "two"); // no document: each entry of a form is one of its own
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    world_close(&w);
}

static void acknowledgement_by_the_owner_needs_an_owner(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t owner = term_attribute_of(&w, sel_item(&w, ITEM_VISIT), ELEMENT_OWNER);
    int32_t roles = add_role_set(&w, (struct role_set){.mode = ROLE_ONE, .person = owner, .named = -1, .people = -1});
    int32_t node = add_node(&w, word_node(&w, NODE_ACK, FIELD_SCRIPT, roles));
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "one");
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_UNOWNED);
    sentence(&w, "re engagement script cannot be acknowledged: nobody is named who must do so");
    accepts(&w, visit, "kim", "frontline-worker");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    sentence(&w,
             "re engagement script: acknowledgement of the current version by the owner of second visit is missing");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT)); // the supervisor's
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    as(&w, "kim", "frontline-worker");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    accepts(&w, visit, "lee", "frontline-worker"); // the visit goes to somebody else
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    world_close(&w);
}

static void acknowledgement_by_everybody_assigned_needs_somebody_assigned(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t roles = add_role_set(
        &w, (struct role_set){.mode = ROLE_EACH, .person = -1, .named = -1, .people = sel_all(&w, ITEM_ACTION)});
    struct node n = word_node(&w, NODE_ACK, FIELD_SCRIPT, roles);
    int32_t node = add_node(&w, n);
    n.flags = NODE_EMPTY_PASSES;
    int32_t passes = add_node(&w, n);
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "one");
    expect(&w, node, TRUTH_FALSE, REASON_NONE_RECORDED);
    expect(&w, passes, TRUTH_TRUE, 0);
    assert_true(w.verdict.vacuous);
    uint32_t first = open_item(&w, ITEM_ACTION, NO_ELEMENT), second = open_item(&w, ITEM_ACTION, NO_ELEMENT);
    accepts(&w, first, "ann", "supervisor");
    expect(&w, node, TRUTH_FALSE, REASON_UNOWNED);
    accepts(&w, second, "bo", "supervisor");
    as(&w, "ann", "supervisor");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    assert_int_equal(w.verdict.unmet_count, 1);
    as(&w, "bo", "supervisor");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void attestation_by_each_role_is_on_one_version(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    const int32_t both[2] = {ROLE_CLINICAL, ROLE_SUPERVISOR};
    struct node n = word_node(&w, NODE_ATTESTED, FIELD_SCRIPT, add_roles(&w, ROLE_EACH, both, 2));
    int32_t node = add_node(&w, n);
    n.roles = add_roles(&w, ROLE_ANY, both, 2);
    int32_t any = add_node(&w, n);
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "one");
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    assert_int_equal(w.verdict.unmet_count, 2);
    mark_on(&w, entry, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_NOT_ACKNOWLEDGED);
    assert_int_equal(w.verdict.unmet_count, 1);
    assert_int_equal(w.verdict.unmet[0].role, ROLE_CLINICAL);
    sentence(&w, "re engagement script: attestation of the current version by clinical partner is missing");
    expect(&w, any, TRUTH_TRUE, 0);
    amend(&w, entry, FIELD_SCRIPT, text_value("two"));
    as(&w, "cleo", "clinical-partner");
    mark_on(&w, entry, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_STALE); // the supervisor's word was on the first version
    assert_int_equal(w.verdict.unmet[0].role, ROLE_SUPERVISOR);
    as(&w, "sue", "supervisor");
    mark_on(&w, entry, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void word_from_before_the_moment_it_must_follow_is_stale(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = word_node(&w, NODE_ATTESTED, FIELD_SCRIPT, one_role(&w, ROLE_SUPERVISOR));
    n.b = term_event_of(&w, sel_item(&w, ITEM_HUDDLE), EVENT_HUDDLE_STARTED);
    int32_t node = add_node(&w, n);
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT), entry = write_script(&w, huddle, "one");
    mark_on(&w, entry, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_NOT_YET);
    at(&w, AT(12, 0));
    happens(&w, huddle, EVENT_HUDDLE_STARTED);
    expect(&w, node, TRUTH_FALSE, REASON_STALE);
    mark_on(&w, entry, EVENT_MARK_ATTESTED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void attended_wants_every_role_and_shows_absences(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_ATTENDED);
    n.selector = sel_item(&w, ITEM_HUDDLE);
    int32_t node = add_node(&w, n);
    const int32_t both[2] = {ROLE_CLINICAL, ROLE_SUPERVISOR};
    n.roles = add_roles(&w, ROLE_ANY, both, 2);
    int32_t any = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "there is no huddle");
    uint32_t huddle = open_item(&w, ITEM_HUDDLE, NO_ELEMENT);
    mark_on(&w, huddle, EVENT_HUDDLE_JOINED, -1, 0);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "huddle: nobody attended as case manager");
    expect(&w, any, TRUTH_TRUE, 0);
    as(&w, "carl", "case-manager");
    struct mark *absent = mark_on(&w, huddle, EVENT_HUDDLE_ABSENT, -1, 0);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    assert_true(relies_on(&w, absent->at, UINT32_MAX));
    struct mark *joined = mark_on(&w, huddle, EVENT_HUDDLE_JOINED, -1, 0);
    expect(&w, node, TRUTH_TRUE, 0);
    withdraw(&w, joined);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    world_close(&w);
}

static void role_named_in_a_field_is_held_by_the_person_entered_there(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    w.d->roles[ROLE_KNOWN].named_in = term_attribute_of(&w, sel_item(&w, ITEM_VISIT), ELEMENT_OWNER);
    int32_t node = add_node(&w, word_node(&w, NODE_ACK, FIELD_SCRIPT, one_role(&w, ROLE_KNOWN)));
    uint32_t entry = write_script(&w, open_item(&w, ITEM_HUDDLE, NO_ELEMENT), "one");
    accepts(&w, open_item(&w, ITEM_VISIT, NO_ELEMENT), "kim", "frontline-worker");
    as(&w, "lee", "frontline-worker");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_FALSE, REASON_WRONG_ROLE);
    as(&w, "kim", "frontline-worker");
    mark_on(&w, entry, EVENT_MARK_ACKNOWLEDGED, FIELD_SCRIPT, version_of(&w, entry, FIELD_SCRIPT));
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

// ---- loop, fired, measured, met ------------------------------------------------------------------------------------------

static void loop_needs_a_response_and_an_outcome(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_LOOP);
    n.selector = sel_all(&w, ITEM_REQUEST);
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    uint32_t request = open_item(&w, ITEM_REQUEST, NO_ELEMENT);
    happens(&w, request, EVENT_REQUEST_SENT);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "request has no response");
    happens(&w, request, EVENT_REQUEST_RESPONDED);
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    sentence(&w, "request has a response, but no outcome is recorded");
    uint32_t entry =
        submit(&w, FORM_RESULT, request, WITH(attr_value(SYM_FIELD(FIELD_OUTCOME), choice_value("partly"))));
    expect(&w, node, TRUTH_TRUE, 0);
    tell(&w, EVENT_FORM_RETRACTED, 0, entry, BARE);
    expect(&w, node, TRUTH_FALSE, REASON_INCOMPLETE);
    happens(&w, request, EVENT_REQUEST_ACTED);
    expect(&w, node, TRUTH_TRUE, 0);
    world_close(&w);
}

static void fired_for_the_thing_or_what_is_about_it(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    struct node n = node_of(NODE_FIRED);
    n.index = RULE_REFUSED;
    int32_t ever = add_node(&w, n);
    n.selector = sel_item(&w, ITEM_VISIT);
    int32_t for_visit = add_node(&w, n);
    expect(&w, ever, TRUTH_FALSE, REASON_NOT_YET);
    sentence(&w, "second refusal has not occurred");
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT), action = open_item(&w, ITEM_ACTION, visit);
    fire(&w, RULE_REFUSED, NO_ELEMENT);
    expect(&w, ever, TRUTH_TRUE, 0);
    expect(&w, for_visit, TRUTH_FALSE, REASON_NOT_YET);
    fire(&w, RULE_REFUSED, action);
    expect(&w, for_visit, TRUTH_TRUE, 0);
    assert_int_equal(w.verdict.evidence_count, 1);
    world_close(&w);
}

static void measured_when_it_can_be_computed(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    w.d->measures[0] = (struct measure_def){.def = {.name = "score now"}, .term = term_field_of(&w, -1, FIELD_SCORE)};
    w.d->measure_count = 1;
    struct node n = node_of(NODE_MEASURED);
    n.index = 0;
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "measure score now cannot be computed yet");
    uint32_t entry =
        submit(&w, FORM_SCORE, NO_ELEMENT, WITH(attr_value(SYM_FIELD(FIELD_SCORE), number_value(4, 0, ""))));
    expect(&w, node, TRUTH_TRUE, 0);
    erase_value(&w, entry, FIELD_SCORE);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void met_asks_another_gate_about_the_item_at_hand(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    int32_t owned = owner_of(&w, sel_this(&w), -1);
    struct node n = node_of(NODE_MET);
    n.index = add_gate(&w, ITEM_VISIT, &owned, 1);
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    uint32_t visit = open_item(&w, ITEM_VISIT, NO_ELEMENT);
    expect(&w, node, TRUTH_FALSE, REASON_UNOWNED);
    accepts(&w, visit, "kim", "frontline-worker");
    expect(&w, node, TRUTH_TRUE, 0);
    // A gate that asks for itself has no answer, and no end would be worse.
    w.d->needs[w.d->gates[n.index].need_first].node = node;
    expect(&w, node, TRUTH_UNKNOWN, REASON_UNKNOWN);
    world_close(&w);
}

// ---- consent -----------------------------------------------------------------------------------------------------------

static uint32_t consent(struct world *w, uint16_t code, const char *to, const char *class, struct value valid) {
    struct attr attrs[5] = {
        attr_value(ATTR_ABOUT, (struct value){.type = VALUE_REFERENCE}),
        attr_value(SYM_FIELD(FIELD_RECIPIENT), (struct value){.type = VALUE_ROLE, .text = slice_text(to)}),
        attr_value(SYM_FIELD(FIELD_PURPOSE), choice_value("treatment")),
        attr_value(SYM_FIELD(FIELD_CLASS), choice_value(class)), attr_value(SYM_FIELD(FIELD_VALID), valid)};
    return tell(w, code, SYM_FORM(FORM_CONSENT), NO_ELEMENT, attrs, valid.type == VALUE_NONE ? 4 : 5);
}

static void newest_consent_decides_and_withdrawal_wins(void **state) {
    struct world w;
    (void)state;
    world_open(&w);
    const struct value none = {0};
    struct node n = node_of(NODE_CONSENT);
    n.a = term_literal_of(&w, choice_value("mental-health"));
    n.b = term_literal_of(&w, choice_value("case-manager"));
    n.c = term_literal_of(&w, choice_value("treatment"));
    int32_t node = add_node(&w, n);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    sentence(&w, "no consent to this disclosure is recorded");
    consent(&w, EVENT_CONSENT_GIVEN, "case-manager", "housing", none);
    expect(&w, node, TRUTH_FALSE, REASON_MISSING);
    at(&w, AT(9, 0));
    consent(&w, EVENT_CONSENT_GIVEN, "case-manager", "mental-health", interval_value(AT(9, 0), AT(18, 0)));
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED); // ends now
    w.e.now = AT(17, 59);
    expect(&w, node, TRUTH_TRUE, 0);
    at(&w, AT(10, 0));
    consent(&w, EVENT_CONSENT_LIMITED, "case-manager", "housing", none);
    expect(&w, node, TRUTH_FALSE, REASON_NOT_MET);
    sentence(&w, "consent is limited and does not include this disclosure");
    at(&w, AT(11, 0));
    consent(&w, EVENT_CONSENT_GIVEN, "case-manager", "mental-health", none);
    expect(&w, node, TRUTH_TRUE, 0);
    consent(&w, EVENT_CONSENT_WITHDRAWN, "case-manager", "mental-health", none); // at the same moment
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    at(&w, AT(10, 30)); // learned of late: given before it was withdrawn
    recorded(&w, AT(12, 0));
    consent(&w, EVENT_CONSENT_GIVEN, "case-manager", "mental-health", none);
    expect(&w, node, TRUTH_FALSE, REASON_EXPIRED);
    erase_value(&w, (uint32_t)w.s->element_count - 1, FIELD_RECIPIENT);
    expect(&w, node, TRUTH_UNKNOWN, REASON_ERASED);
    world_close(&w);
}

static void every_reason_was_produced_above(void **state) {
    (void)state;
    for (uint8_t reason = REASON_MISSING; reason <= REASON_NOT_MET; reason++) {
        if (!reasons_seen[reason])
            fail_msg("no condition gave the reason \"%s\"", reason_word(reason));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_tells_missing_too_few_too_many),
        cmocka_unit_test(count_says_when_only_the_role_or_the_time_was_wrong),
        cmocka_unit_test(count_windows_include_their_start_and_exclude_their_end),
        cmocka_unit_test(count_during_the_last_days_ends_now),
        cmocka_unit_test(count_is_unknown_while_a_filter_cannot_be_known),
        cmocka_unit_test(count_distinct_counts_values_once),
        cmocka_unit_test(count_of_marks_follows_the_items_and_forgets_the_withdrawn),
        cmocka_unit_test(each_holds_when_every_one_does_and_is_vacuous_over_none),
        cmocka_unit_test(each_is_unknown_when_who_belongs_is_unknown),
        cmocka_unit_test(state_now_and_as_of_a_moment),
        cmocka_unit_test(owner_is_a_named_person_who_has_accepted),
        cmocka_unit_test(acknowledgement_counts_for_the_version_it_names),
        cmocka_unit_test(acknowledgement_of_the_whole_asks_for_the_whole),
        cmocka_unit_test(acknowledgement_of_an_older_document_is_stale_and_names_its_version),
        cmocka_unit_test(acknowledgement_by_the_owner_needs_an_owner),
        cmocka_unit_test(acknowledgement_by_everybody_assigned_needs_somebody_assigned),
        cmocka_unit_test(attestation_by_each_role_is_on_one_version),
        cmocka_unit_test(word_from_before_the_moment_it_must_follow_is_stale),
        cmocka_unit_test(attended_wants_every_role_and_shows_absences),
        cmocka_unit_test(role_named_in_a_field_is_held_by_the_person_entered_there),
        cmocka_unit_test(loop_needs_a_response_and_an_outcome),
        cmocka_unit_test(fired_for_the_thing_or_what_is_about_it),
        cmocka_unit_test(measured_when_it_can_be_computed),
        cmocka_unit_test(met_asks_another_gate_about_the_item_at_hand),
        cmocka_unit_test(newest_consent_decides_and_withdrawal_wins),
        cmocka_unit_test(every_reason_was_produced_above), // the last one
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
