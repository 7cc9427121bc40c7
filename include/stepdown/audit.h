// SPDX-License-Identifier: Apache-2.0
// Proof: the records of a pathway, the auditable validation, and the verification of every chain. Every result is owned
// by the caller: stepdown_result_free. What reads a pathway returns what the calls of <stepdown/pathway.h> return.
#ifndef STEPDOWN_AUDIT_H
#define STEPDOWN_AUDIT_H

#include <stepdown/pathway.h>
#include <stepdown/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

// Records of a pathway from sequence `from`, at most `limit` (1 to 1,000). Columns: sequence INTEGER, recorded_at,
// occurred_at TIME, cause, actor, role, organization, purpose, leaf (hex), previous (hex) TEXT, bytes INTEGER,
// events ROWS (as the receipt of stepdown_session_execute), command TEXT. stepdown_result_next: next sequence number, ""
// at the end. INVALID: another limit. NOT_FOUND, DENIED, CLOSED, REENTRANT, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_audit_records(stepdown_session *session, const char *pathway,
                                                                      uint64_t from, uint32_t limit,
                                                                      stepdown_result **out,
                                                                      stepdown_error **out_error);
// The auditable validation (requirements 0.4): for each confirmation whether it is answered, and its value apart.
// Columns: row, says, about TEXT, answered ("confirmed", "unconfirmed", "not yet due", "not applicable") TEXT, value,
// label TEXT, vacuous BOOLEAN, due TIME, records ROWS (id, form, field TEXT, version INTEGER), lacking ROWS (reason,
// explanation TEXT), name TEXT, withheld BOOLEAN (the value or the label may not be read). NOT_FOUND, DENIED, CLOSED,
// REENTRANT, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_audit_validate(stepdown_session *session, const char *pathway,
                                                                       stepdown_result **out,
                                                                       stepdown_error **out_error);
// Walk chains and check every record: canonical bytes, dense sequence numbers, previous leaf, commitments, explained
// erasures, head, and that the state folded from records equals the stored snapshot. `pathway` NULL: every chain of the
// store, access chains too. `progress` (may be NULL) is called now and then with records done; returning 0 stops (MISUSE).
// Columns: chain, kind ("pathway", "access", "board") TEXT, records INTEGER, intact BOOLEAN, bad_sequence INTEGER (-1:
// none), problem TEXT, head (hex) TEXT. The index behind boards is compared with the open items of every pathway whose chain
// is intact: each of its rows that is missing, stands in a wrong place or is left over is a row of the kind "board", with the
// pathway, the record that opened the item, and the problem ("MISSING: …", "WRONG: …", "LEFT OVER: …");
// stepdown_engine_rebuild puts it right. The call returns OK even when a chain is broken: the rows say which and where. For whoever
// operates the store: it asks no session. NOT_FOUND, CLOSED, REENTRANT, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_audit_verify(stepdown_engine *engine, const char *pathway,
                                                                     int32_t (*progress)(void *ctx, uint64_t done),
                                                                     void *ctx, stepdown_result **out,
                                                                     stepdown_error **out_error);

// What would have differed had `protocol` been in force: the pathway's commands are read back from its records and carried
// out once more, at their recorded moments, in a store of its own in memory, with the organizations and roles that the store
// knows now. Nothing but the access is written. Not replayed, and said so: steps whose values were erased, steps that came
// from another pathway, and steps that were refused at the time (they left no record). A step that is refused in the replay
// leaves out what rested on it. No rows: nothing differs. Columns: at TIME, sequence INTEGER (of the record; -1: time
// passed), step TEXT, change ("held", "refused", "happened", "did not happen", "moved" (in time), "due moved", "not
// replayed"), event, name, rows TEXT, before, after TIME (when, or due), explanation TEXT. PROTOCOL when the protocols do
// not compile, DENIED (also when consent or labels withhold any field from the session: a rule of one's own would tell what it
// says), NOT_FOUND, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_audit_replay(stepdown_session *session, const char *pathway,
                                                                     stepdown_protocol *protocol, stepdown_result **out,
                                                                     stepdown_error **out_error);

// ---- outbox: what the host must deliver ------------------------------------------------------------------------------

// Lease at most `limit` messages (1 to 1,000), oldest first, for `lease_seconds`; other leases pass over them meanwhile.
// Only messages of pathways in which the session's role and organization take part; one whose record is damaged is
// passed over (stepdown_audit_verify names it).
// Consent is decided now, for the session's purpose of use: when the newest entry of consent that is valid and names the
// recipient (person, role or organization) and the purpose takes it back, or none names the purpose, the message is
// withheld: its row goes, the pathway records outbox.withheld, an update or request behind it is blocked and stays with
// its owner, anything else raises an alert of the store's fallback. A recipient of whom no entry speaks is told. A
// withdrawal that names nobody, an entry of a form without that field and one whose recipient was erased speak of everyone
// outside the organization that opened the pathway. No rows: nothing may be leased at this moment. What it costs depends
// on the limit and on the messages that are leased, not on those that wait behind. Labels are not looked at. Columns:
// token, pathway, event, recipient, recipient_role, recipient_organization, subject, text, item TEXT, due TIME. Handing
// over is recorded in the access chain before this returns. INVALID, CLOSED, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_outbox_lease(stepdown_session *session, uint32_t limit,
                                                                     uint32_t lease_seconds, stepdown_result **out,
                                                                     stepdown_error **out_error);
// The host has delivered the message (`delivered` 1) or gives it back (0). NOT_FOUND: unknown or expired token. CLOSED,
// REENTRANT, NOMEM, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_outbox_settle(stepdown_session *session, const char *token,
                                                                      int32_t delivered, stepdown_error **out_error);

#ifdef __cplusplus
}
#endif
#endif
