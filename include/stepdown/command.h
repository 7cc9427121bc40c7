// SPDX-License-Identifier: Apache-2.0
// Commands: the only way to change a pathway. A command is a verb, a target and named arguments; it is validated
// against the protocols in force, takes effect completely or not at all, and leaves one record.
//
// Verbs:
//   open      target: protocol name. Arguments: subject (required), zone (IANA, required), and any of `subject_kind`,
//             `pathway` (id chosen by the host). Opens a pathway.
//   submit    target: form. Arguments: `about` (item), and the form's fields. A form that is not `many` is amended when
//             it is filled in already.
//   amend     target: entry id. Arguments: fields.           retract   target: entry id. Arguments: reason.
//   erase     target: entry, `form.field`, an entry id with `.field`, or the id of an event whose words go (a mark, a
//             reason). Arguments: basis and authority (required, 1 to 128 bytes, kept in the record), reason. Takes the
//             values out of every record that holds a version of them, and the snapshot with them, in one commit; the
//             record's cause is erasure. Only the organization that opened the pathway may (DENIED), also when it is
//             closed. `pathway.subject` is the reference of whom the pathway is about: only when it is closed (WRONG_STATE),
//             and it cannot be reopened then; with the next advance every pathway that had reports of this one forgets by
//             whom. INVALID: a value that is kept in the record. NOT_FOUND: nothing left to erase. LIMIT: more records
//             hold it than one record can name. The command ids of those records stay taken, but answer KEY_REUSED from
//             then on.
//   add       target: item that may be opened by hand, or a kind ("task", "barrier", "huddle") with `name`, `owner_role`,
//             `due`. Arguments: about, owner, due, start.
//   signal    target: id of another pathway. Arguments: command (a verb, required), on (its target), and whatever else
//             that command takes. Delivered by stepdown_engine_advance, in the name of this session; a refusal comes back
//             as an alert.
//   notice    target: "pathway". Arguments: text, reason, evidence. A notice about the whole passage.
//   join-pathway   target: organization. Arguments: kind.   leave-pathway   target: organization.
//   discharge | return | stage | close-pathway | reopen-pathway   target: "pathway".
//   acknowledge | attest   target: item, entry, form name, or `form.field`. Arguments: text.   withdraw: the mark's id.
//   every verb of the item kinds (assign, accept, start, close, join, present, decide, refuse, own, resolve, …; the
//   lifecycle tables in the guide list them)   target: item name or id.
// Argument values are text as written in protocol files ("2026-03-02T14:00:00-05:00", "4 hours", "refused"), or typed.
// Targets: a name means the newest live item (else the newest) or newest current entry of that name; an id is
// "12.0": sequence number and place of the record that created it.
#ifndef STEPDOWN_COMMAND_H
#define STEPDOWN_COMMAND_H

#include <stepdown/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- sessions -------------------------------------------------------------------------------------------------------

// An authenticated actor with role, organization and purpose of use. The host has authenticated it. Keeps its engine.
typedef struct stepdown_session stepdown_session;

// `purpose` may be NULL ("treatment"). *out is owned by the caller: stepdown_session_free. INVALID: empty actor, role or
// organization, or one that is too long. CLOSED, REENTRANT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_open(stepdown_engine *engine, const char *actor,
                                                                     const char *role, const char *organization,
                                                                     const char *purpose, stepdown_session **out,
                                                                     stepdown_error **out_error);
// Close: later calls return CLOSED. Idempotent. REENTRANT.
STEPDOWN_API stepdown_status stepdown_session_close(stepdown_session *session, stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe, any thread, any order.
STEPDOWN_API void stepdown_session_free(stepdown_session **session);
// Emergency access: for so many seconds (1 to 86,400) the session sees all of this pathway, also what consent and labels
// withhold from it and when its organization takes no part. It may not do more than before. `reason` (1 to 1,024 bytes) goes
// into the access chain before anything is shown, and a review of it is opened in the pathway, owned by somebody else and
// due in a day. Asking again while that review is open opens no second one. INVALID: no reason, or too long. DENIED: an
// organization that the store does not know. NOT_FOUND, CONTENDED, CLOSED, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_emergency(stepdown_session *session,
                                                                          const char *pathway, const char *reason,
                                                                          uint32_t seconds, stepdown_error **out_error);
// Show what somebody else may read: from now on views show this session only what it may read itself and consent lets `role` (and
// `organization`, NULL or "": none) read for `purpose`, for instance to hand a report to a funder or a regulator. What only the
// session may read is shown as withheld. `role` NULL: show again what the session may read. INVALID: an empty name. LIMIT: over 128
// bytes. CLOSED, REENTRANT, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_show_for(stepdown_session *session, const char *role,
                                                                         const char *organization, const char *purpose,
                                                                         stepdown_error **out_error);
// Look back: from now on the session asks about single pathways as they were known at `known_at`, that is by the records made up to
// then, under the definitions and at the moment of then; STEPDOWN_TIME_NONE: now. Of entries only those are shown of what had
// happened by `happened_by`; STEPDOWN_TIME_NONE: whenever. Both STEPDOWN_TIME_NONE: it looks back no longer. So what happened on
// Monday and was recorded on Wednesday is not there as known on Tuesday, and is there as known on Wednesday, happened by Monday.
// Who may see which field is decided by the consent and labels in force now, and what was erased since is erased. A pathway is folded
// anew from its records for each such question. Commands and everything across pathways answer MISUSE meanwhile; a question about a
// pathway of which nothing was known by then answers NOT_FOUND. INVALID: `known_at` lies ahead. CLOSED, REENTRANT.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_look_back(stepdown_session *session,
                                                                          stepdown_time known_at,
                                                                          stepdown_time happened_by,
                                                                          stepdown_error **out_error);

// ---- commands -------------------------------------------------------------------------------------------------------

// What is to be done. It may be carried out several times, on several pathways, by several threads; it is not changed.
typedef struct stepdown_command stepdown_command;

// A command for `session`. Verb and target are copied. `target` may be NULL for the pathway itself. *out is owned by the
// caller: stepdown_command_free. INVALID: an empty verb; verb or target over 128 bytes. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_new(stepdown_session *session, const char *verb,
                                                                    const char *target, stepdown_command **out,
                                                                    stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_command_free(stepdown_command **command);
// Argument by name, as text, both copied; given again it appends to a list. INVALID: an empty name, not UTF-8. LIMIT:
// name over 128 or value over 16,384 bytes, more than 256 arguments. NOMEM. So for the other three.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_set(stepdown_command *command, const char *name,
                                                                    const char *value, stepdown_error **out_error);
// The same with a length (text may contain NUL).
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_set_text(stepdown_command *command, const char *name,
                                                                         stepdown_slice value,
                                                                         stepdown_error **out_error);
// The same with a moment, or a number.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_set_time(stepdown_command *command, const char *name,
                                                                         stepdown_time value,
                                                                         stepdown_error **out_error);
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_set_integer(stepdown_command *command, const char *name,
                                                                            int64_t value, stepdown_error **out_error);
// When it happened, if that was not now (STEPDOWN_TIME_NONE: now): not in the future, and not before the pathway was
// opened. `offset_minutes`: UTC offset that the source stated, less than 24 hours; INT32_MIN: none. Checked when the
// command is carried out. NULL-safe.
STEPDOWN_API void stepdown_command_set_occurred(stepdown_command *command, stepdown_time occurred_at,
                                                int32_t offset_minutes);
// Idempotency key, 1 to 64 bytes, kept as long as the pathway: the same command again returns the first result, another
// one under the same key gets KEY_REUSED. Copied. INVALID: another length, or it begins with "signal:". NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_command_set_id(stepdown_command *command, const char *id,
                                                                       stepdown_error **out_error);
// The pathway's sequence number that the caller has seen; STALE when the pathway has moved on. NULL-safe.
STEPDOWN_API void stepdown_command_set_expected(stepdown_command *command, uint64_t sequence);

// Carry it out on `pathway` (26 characters; NULL for `open`). *out_receipt (may be NULL) is owned by the caller: one row, columns pathway TEXT, sequence
// INTEGER, recorded_at TIME, repeated BOOLEAN (1: this command id was carried out before), events ROWS (event, id,
// name, about, owner, owner_role TEXT, due TIME, text TEXT): the cause first, then everything that followed from it.
// Refusals: HELD (detail: gate, and for each unmet need need.N, reason.N, who.N), DENIED, WRONG_STATE, STALE,
// KEY_REUSED, INVALID (detail: field), NOT_FOUND, LIMIT. CONTENDED, BUSY, TIMEOUT, UNKNOWN (ask again with the same
// command id), CLOSED, REENTRANT, NOMEM, storage codes. Every refusal leaves the pathway as it was.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_execute(stepdown_session *session, const char *pathway,
                                                                        const stepdown_command *command,
                                                                        stepdown_result **out_receipt,
                                                                        stepdown_error **out_error);

// Carry the same command out on every pathway in which the session's organization takes part, one page of them at a time:
// each by itself, one that is refused does not keep the others from theirs. Reassigning everything of a person, handing a
// shift over, migrating. `resume` NULL or the previous result's next; limit 1 to 1,000. Columns: pathway, status (its
// name), message TEXT, sequence INTEGER (-1: not carried out). Pathways where there is nothing to do (NOT_FOUND, EXISTS)
// are left out. INVALID, CLOSED, REENTRANT, storage codes end the page; what was done before stays done.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_session_execute_each(stepdown_session *session,
                                                                             const stepdown_command *command,
                                                                             const char *resume, uint32_t limit,
                                                                             stepdown_result **out,
                                                                             stepdown_error **out_error);

#ifdef __cplusplus
}
#endif
#endif
