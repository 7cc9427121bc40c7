// SPDX-License-Identifier: Apache-2.0
// Looking at pathways: what they are, what must happen next, what a gate waits for. Reads go through a session, are
// limited to pathways in which its organization takes part (DENIED otherwise), and leave an access record. What consent
// and labels withhold from the session is shown as "withheld", in every view: fields, texts of events, values and words of
// confirmations, labels of work added by hand.
//
// Every result is owned by the caller: stepdown_result_free. Every call returns INVALID (no id of 26 characters),
// NOT_FOUND (no such pathway), DENIED, CLOSED, REENTRANT, NOMEM and storage codes; what else it returns stands with it.
#ifndef STEPDOWN_PATHWAY_H
#define STEPDOWN_PATHWAY_H

#include <stepdown/command.h>

#ifdef __cplusplus
extern "C" {
#endif

// Pathways in which the session's organization takes part, by id. `resume` is "" or NULL, or stepdown_result_next of
// the page before; `limit` 1 to 1,000 rows. Columns: pathway, protocol, subject TEXT, opened_at TIME, closed BOOLEAN,
// sequence INTEGER, next_due TIME. INVALID: another limit, a wrong token.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_pathway_list(stepdown_session *session, const char *resume,
                                                                     uint32_t limit, stepdown_result **out,
                                                                     stepdown_error **out_error);
// One row about one pathway. Columns: pathway, protocol, version, subject, subject_kind, zone, organization, stage TEXT,
// opened_at TIME, closed BOOLEAN, sequence INTEGER, next_due TIME, participants ROWS (organization, kind TEXT),
// items ROWS (as stepdown_pathway_items), entries ROWS (as stepdown_pathway_entries).
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_pathway_show(stepdown_session *session, const char *pathway,
                                                                     stepdown_result **out, stepdown_error **out_error);
// Items. `live_only` 1: only unfinished ones. Columns: id, name, title, kind, state, about, owner, owner_role,
// owner_organization TEXT, accepted BOOLEAN, delegate, offered_to TEXT, due TIME, overdue BOOLEAN, late BOOLEAN, suspended
// BOOLEAN, start, end, opened_at, finished_at TIME, rows TEXT (requirement rows), version INTEGER.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_pathway_items(stepdown_session *session, const char *pathway,
                                                                      int32_t live_only, stepdown_result **out,
                                                                      stepdown_error **out_error);
// Current entries with their fields. Columns: id, form, title, event, about, author, author_role, author_organization
// TEXT, occurred_at, recorded_at TIME, retracted BOOLEAN, version INTEGER, fields ROWS (name, type, value, statement
// ("fact", "interpretation" or ""), author, author_role TEXT, erased BOOLEAN, version INTEGER, rows TEXT, withheld BOOLEAN).
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_pathway_entries(stepdown_session *session, const char *pathway,
                                                                        stepdown_result **out,
                                                                        stepdown_error **out_error);
// The transition board: what must happen next, what hurts first on top (order and filters: stepdown_board_query).
// Columns: id, action, kind, state, owner ("" when unowned), owner_role TEXT, accepted BOOLEAN, due TIME, overdue, unowned
// BOOLEAN, evidence TEXT (what proves completion), blocked_by TEXT (unmet needs of its gates), escalates_at TIME,
// escalates_to, rows, attention TEXT ("UNOWNED", "OVERDUE", "ALERT", "PUT ASIDE", combined by a comma, or ""), waiting
// BOOLEAN (sent and not answered), suspended BOOLEAN, organization (on whose board it stands), pathway, protocol,
// subject TEXT.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_board(stepdown_session *session, const char *pathway,
                                                              stepdown_result **out, stepdown_error **out_error);
// A dashboard of the protocols: numbers about many, apart for each organization or coded word, and `all` of them. Small
// numbers are kept back, and with them whatever they could be worked out from. Columns: cell, says, group TEXT, count
// INTEGER (unset when hidden), hidden BOOLEAN, rows TEXT. DENIED: not for this role or purpose. NOT_FOUND: no such
// dashboard.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_dashboard(stepdown_session *session, const char *pathway,
                                                                  const char *dashboard, stepdown_result **out,
                                                                  stepdown_error **out_error);
// What the measures of the pathway's protocols come to now. Columns: name, says, value TEXT ("" unless computed), status
// TEXT ("computed", "not computable", "not yet due": its window has not passed, "withheld"), members INTEGER (how many it
// is reckoned over), without INTEGER (of them those without a value), groups ROWS (group, value TEXT: of values with
// group_by), rows TEXT, erased BOOLEAN (a value that it rests on was erased). What is not known is not nought.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_measures(stepdown_session *session, const char *pathway,
                                                                 stepdown_result **out, stepdown_error **out_error);
// Who held each responsibility between the release (the discharge; without one the first time that a responsibility was let
// go; else the opening) and the first contact that reached the person (without one: the end, or now), and every gap in it.
// Only what was accepted counts, in whichever organization.
// Columns: name, title TEXT, from, until TIME, covered BOOLEAN, holders ROWS (person, role, organization TEXT, since TIME),
// gaps ROWS (from, until TIME, lasts, after TEXT: who held it last before, "" nobody yet), rows TEXT.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_responsibility(stepdown_session *session, const char *pathway,
                                                                       stepdown_result **out,
                                                                       stepdown_error **out_error);
// Who knew something, since when and how. `what` is an item or an entry: its id, or its name (the newest of it). Rows are in
// the order in which people learned of it; whoever it was sent to and has not reached stands last. Columns: person, role,
// organization, how TEXT ("wrote", "delivered", "acknowledged", "viewed", "attended": a huddle that had it as evidence, "read":
// in a view, the word of any other step ("opened", "accepted", "attested" …), "not received"), since TIME (when it stands on
// record), occurred_at TIME, version INTEGER (that they had: the sequence number of the record that made it), through TEXT
// (the update, the huddle or the view; "" itself). Each version of each way once, at the first time. Reads are those of views that
// show what items or entries say (pathway, items, entries, board of one pathway or across, records), by every engine of the
// store; a read that another engine made within the last second may be missing. That somebody looked does not say that
// consent let them see each field. What it costs grows with the accesses since. NOT_FOUND: nothing of that name. DENIED,
// CLOSED, REENTRANT, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_knowledge(stepdown_session *session, const char *pathway,
                                                                  const char *what, stepdown_result **out,
                                                                  stepdown_error **out_error);
// Check a gate without passing it. `gate` is its name, or the guarded step ("second_visit.start"). Columns of the one
// row: gate, title, step, item TEXT, open, on_hold (by a rule) BOOLEAN, needs ROWS (row, says, verdict ("met", "unmet",
// "unknown") TEXT, vacuous BOOLEAN, reasons ROWS (reason, explanation, who TEXT, by TIME), records ROWS (id, form, field
// TEXT, version INTEGER)). NOT_FOUND: no such gate.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_gate_check(stepdown_session *session, const char *pathway,
                                                                   const char *gate, stepdown_result **out,
                                                                   stepdown_error **out_error);

// What the command `migrate` would do, without doing it: the pathway under the versions of its protocols that are in force
// now. Columns: fate ("protocol": a version; "refused": what stands against it; "left": what is over and no longer looked
// at; of every running clock "kept", "moved", "dropped", "new"), id, what, why TEXT, from, to TIME. With a row that is
// refused, clocks are not listed. EXISTS: it is under them already. DENIED.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_pathway_migration(stepdown_session *session,
                                                                          const char *pathway, stepdown_result **out,
                                                                          stepdown_error **out_error);

#ifdef __cplusplus
}
#endif
#endif
