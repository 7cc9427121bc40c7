// SPDX-License-Identifier: Apache-2.0
// Protocols: checking and viewing files, and putting them in force in a store.
#ifndef STEPDOWN_PROTOCOL_H
#define STEPDOWN_PROTOCOL_H

#include <stepdown/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

// A set of protocol files being put together: protocols, overlays, parameter settings. Dictionaries and protocols that
// ship with the library are found by name.
typedef struct stepdown_protocol stepdown_protocol;

// A new, empty set. `options` may be NULL; its allocator is copied. *out is owned by the caller. INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_new(const stepdown_options *options,
                                                                     stepdown_protocol **out,
                                                                     stepdown_error **out_error);
// Free and clear the caller's pointer. NULL-safe. What was put in force stays in force.
STEPDOWN_API void stepdown_protocol_free(stepdown_protocol **protocol);
// Add a shipped protocol by name ("failed-first-visit-huddle"). NOT_FOUND, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_add_builtin(stepdown_protocol *protocol,
                                                                             const char *name,
                                                                             stepdown_error **out_error);
// Add a protocol or an overlay (told apart by their first key) from memory; `file` is used in diagnostics. Copied.
// LIMIT: over 1 MiB. NOMEM. Problems inside the text are found by stepdown_protocol_check.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_add_text(stepdown_protocol *protocol, const char *file,
                                                                          stepdown_slice text,
                                                                          stepdown_error **out_error);
// The same from a file. IO, LIMIT, NOT_FOUND.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_add_file(stepdown_protocol *protocol, const char *path,
                                                                          stepdown_error **out_error);
// Set a parameter ("PAR-01" or its name) to a value written as in a protocol file. Checked by stepdown_protocol_check.
// Both are copied. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_set(stepdown_protocol *protocol, const char *parameter,
                                                                     const char *value, stepdown_error **out_error);
// For which organization the set is put in force: pathways that it opens follow this set, and not the one for everyone.
// So an organization has parameters and overlays of its own. "": for everyone, as without this call. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_set_organization(stepdown_protocol *protocol,
                                                                                  const char *organization,
                                                                                  stepdown_error **out_error);
// Compile and lint. OK, or PROTOCOL with every problem as a positioned diagnostic. INVALID: the set is empty. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_check(stepdown_protocol *protocol,
                                                                       stepdown_error **out_error);
// Readable summary with row ids, as text. Checks first. *out is owned by the caller: stepdown_bytes_free. PROTOCOL,
// INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_show(stepdown_protocol *protocol, stepdown_bytes **out,
                                                                      stepdown_error **out_error);
// Diagram in Graphviz dot. Checks first. *out is owned by the caller: stepdown_bytes_free. PROTOCOL, INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_draw(stepdown_protocol *protocol, stepdown_bytes **out,
                                                                      stepdown_error **out_error);
// What the set consists of. Checks first. Columns: kind ("role", "parameter", "calendar", "list", "item", "decision", "form",
// "field", "rule", "escalation", "pattern", "gate", "need", "confirmation", "measure"), name, within (the item of a
// decision, the form of a field, the gate of a need, otherwise ""), source (protocol or dictionary), says, rows
// (requirement rows, space-separated) TEXT, parts ROWS (part, value TEXT, amount INTEGER (microseconds of a duration, or
// a number; -1: none), anchor (what it counts from) TEXT, stricter ("less", "more", "")), uses ROWS (kind, name, rows
// TEXT): parameters and calendar rules that it names. PROTOCOL, INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_elements(stepdown_protocol *protocol,
                                                                          stepdown_result **out,
                                                                          stepdown_error **out_error);
// What differs between two sets. Checks both first. Columns: change ("added", "removed", "tightened", "loosened",
// "changed"), kind, name, within, rows, part ("" for a whole element), before, after TEXT. A part is tightened when it
// leaves less room: less time, one more to tell, one more thing that is required. PROTOCOL, INVALID, NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_diff(stepdown_protocol *before,
                                                                      stepdown_protocol *after, stepdown_result **out,
                                                                      stepdown_error **out_error);
// The protocols that ship with the library. Columns: name, version, title, subject, protects TEXT, rows (how many
// requirement rows its elements carry) INTEGER. NOMEM.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_protocol_builtins(stepdown_result **out,
                                                                          stepdown_error **out_error);

// Put every protocol of the set in force in the engine's store, with the overlays that are about it and the parameters
// that it knows: pathways opened from now on, under one of them or several, are pinned to it; pathways already running
// keep theirs. Sources stay in the store as long as a pathway cites them. Idempotent. All or nothing: PROTOCOL with every
// problem of every file, overlay and parameter. CLOSED, REENTRANT, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_activate(stepdown_engine *engine,
                                                                        stepdown_protocol *protocol,
                                                                        stepdown_error **out_error);
// Protocols in force. Columns: name, version, title, hash, organization TEXT ("": for everyone). CLOSED, REENTRANT,
// storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_protocols(stepdown_engine *engine, stepdown_result **out,
                                                                         stepdown_error **out_error);

// ---- who holds a role ---------------------------------------------------------------------------------------------

// An organization known to the store; `kind` is an organization kind of the dictionary ("provider"). Replaces. INVALID:
// an empty name or kind, or one that is too long. CLOSED, REENTRANT, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_set_organization(stepdown_engine *engine,
                                                                                const char *organization,
                                                                                const char *kind,
                                                                                stepdown_error **out_error);
// `person` holds `role` in `organization` from `from` until `until` (STEPDOWN_TIME_NONE: open). Replaces the same
// triple. `on_call` 1: asked before those who are not. INVALID: an empty name, or one that is too long; `until` is not
// after `from`. CLOSED, REENTRANT, storage codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_assign_role(stepdown_engine *engine, const char *role,
                                                                           const char *organization, const char *person,
                                                                           stepdown_time from, stepdown_time until,
                                                                           int32_t on_call, stepdown_error **out_error);
// Assignments. Columns: role, organization, person TEXT, from, until TIME, on_call BOOLEAN. CLOSED, REENTRANT, storage
// codes.
STEPDOWN_API STEPDOWN_MUST_USE stepdown_status stepdown_engine_assignments(stepdown_engine *engine,
                                                                           stepdown_result **out,
                                                                           stepdown_error **out_error);

#ifdef __cplusplus
}
#endif
#endif
