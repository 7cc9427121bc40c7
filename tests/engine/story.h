// SPDX-License-Identifier: Apache-2.0
// A store with four organizations and a dozen people, a clock that stands still until told, and short ways of saying
// who does what. Everything goes through the public functions. Times are local times of New York in March 2026.
#ifndef TESTS_ENGINE_STORY_H
#define TESTS_ENGINE_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <stepdown.h>

enum who { MARIA, SAM, LENA, OMAR, RUTH, DENISE, TOM, RAO, PAUL, KIM, WHO_COUNT };

struct story {
    stepdown_storage *storage;
    stepdown_options *options;
    stepdown_engine *engine;
    stepdown_session *sessions[WHO_COUNT];
    stepdown_time now;
    char pathway[32];
    // of the last command
    stepdown_result *receipt;
    stepdown_error *error;
    // how the next command is sent; cleared by it
    const char *command_id;
    const char *occurred;
    int64_t expected;      // -1: none
    stepdown_result *view; // of the last question
    int64_t live;          // objects before it began
};

// ---- setting up ------------------------------------------------------------------------------------------------------

// Store, protocol, people; Tuesday 3 March, 09:00. No pathway yet.
void story_begin(struct story *s);
// The same without anybody holding a role.
void story_begin_empty(struct story *s);
// The same with a protocol of the test's own, and a pathway opened under it, in which brightpath takes part.
void story_begin_under(struct story *s, const char *protocol, const char *text);
void story_end(struct story *s);  // everything is freed
int story_close(struct story *s); // the same, and every chain was whole; returns 0, as the end of a test does
void story_activate(struct story *s, const char *parameter, const char *value); // NULL: as shipped
void story_activate_text(struct story *s, const char *text);
void story_open_under(struct story *s, const char *protocol, const char *text); // activate, and open a pathway
void story_hold(struct story *s, enum who who);                                 // their role assignment from 2026 on
stepdown_session *story_session(struct story *s, const char *actor, const char *role, const char *organization);

// Put the clock at "03-03 14:20" (or with an offset, "03-03 14:20 -05:00") and let time pass until then.
void story_at(struct story *s, const char *when);
void story_clock(struct story *s, const char *when); // the clock alone
stepdown_time story_time(const char *when);

// ---- saying who does what: arguments are name, value, …, NULL -----------------------------------------------------------

stepdown_status story_try(struct story *s, stepdown_session *session, const char *verb, const char *target,
                          va_list arguments);
#define END ((const char *)NULL)
void story_do(struct story *s, enum who who, const char *verb, const char *target, ...);
void story_refused(struct story *s, enum who who, stepdown_status want, const char *verb, const char *target, ...);
const char *story_detail(const struct story *s, const char *key); // of the last refusal, "" when absent
bool story_detail_has(const struct story *s, const char *key, const char *value);
bool story_says(const struct story *s, const char *part);               // the message of the last refusal holds it
const char *story_id(struct story *s, const char *event);               // id of the last receipt's first such event
bool story_event(struct story *s, const char *event, const char *name); // the last receipt has it; name may be NULL

// ---- chapters --------------------------------------------------------------------------------------------------------

void chapter_open(struct story *s);      // pathway, three organizations
void chapter_plan(struct story *s);      // discharge plan: visit on 3 March 14:00, missed-contact, text-message
void chapter_refusal(struct story *s);   // the first visit is refused at 14:20
void chapter_huddle(struct story *s);    // started at 16:00, everybody there, evidence presented
void chapter_record(struct story *s);    // statement and record: next contact 4 March 15:00 by Lena Brandt
void chapter_decisions(struct story *s); // three decisions at 16:20
void chapter_script(struct story *s);    // written and attested twice, 16:30
void chapter_advice(struct story *s);    // 16:28: only-as-planned
void chapter_route(struct story *s);     // 16:35: Dr. Rao within two hours; agreed
void chapter_headings(struct story *s);  // what a huddle asks for before it closes
void chapter_close(struct story *s);     // the huddle closes at 16:40
void chapter_accept(struct story *s);    // 17:00: Lena accepts, reads the script; Maria attests that she is known
void chapter_contact(struct story *s);   // 4 March 10:00: text message, no answer
void chapter_all(struct story *s);       // everything above: the gate is open
void chapter_second(struct story *s, const char *outcome); // 4 March 15:00 start, 15:20 outcome ("attend", "refuse" …)

// ---- asking ----------------------------------------------------------------------------------------------------------

// A column of the newest item of that name ("" when there is none). Borrowed until the next question.
const char *story_item(struct story *s, const char *name, const char *column);
int64_t story_item_number(struct story *s, const char *name, const char *column); // -1: no such item
size_t story_count(struct story *s, const char *name, bool live_only);            // items of that name
size_t story_alerts(struct story *s, const char *name);                           // live alerts; NULL: all
// Reasons of a need of the second visit's gate, joined by "+"; "met" when it is met.
const char *story_need(struct story *s, const char *row);
const char *story_need_who(struct story *s, const char *row); // who can clear the first reason
bool story_gate_open(struct story *s);
const char *story_confirm(struct story *s, const char *row, const char *column);
size_t story_confirm_rows(struct story *s, const char *row, const char *column); // nested rows
uint64_t story_sequence(struct story *s);
bool story_intact(struct story *s); // every chain verifies

// ---- a store that fails ------------------------------------------------------------------------------------------------

// An engine and a session of their own, on a storage that stands in front of the story's and fails when told to.
struct stage {
    struct faulty *faulty;
    stepdown_storage *storage;
    stepdown_engine *engine;
    stepdown_session *session;
};
void stage_open(struct stage *t, struct story *s); // again, after a failure that poisoned the storage
void stage_close(struct stage *t);

// ---- the store from below ----------------------------------------------------------------------------------------------

// Digest of every row of the store whose key holds the pathway's id.
uint64_t story_rows(struct story *s);
// Digest of every row of the store. Refusals are noted a second later, or when there are many: not while the clock stands.
uint64_t story_store(struct story *s);
// Does a key, or a value of any row outside the record space, hold this text?
bool story_leaks(struct story *s, const char *text);
bool story_holds(struct story *s, const char *text); // any key or value at all, records too

#endif
