// SPDX-License-Identifier: Apache-2.0
// The engine: one user of one store. This header holds its structure; the files of the room each own a part:
// store.c (creating, opening, settings), activate.c (definition sets), load.c (cached states), draft.c (one record in
// the making), verbs*.c (commands), guard.c (gates), cascade.c and actions.c (what follows), escalate.c (ladders),
// advance.c (time), access.c (access chain), outbox.c, signal.c, verify.c. May call: rule, pathway, protocol, record,
// storage, base.
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/digest.h"
#include "engine/keys.h"
#include "pathway/state.h"
#include "protocol/compile.h"
#include "rule/rule.h"
#include "storage/storage.h"

#define ENGINE_VERSION "0.1.0"

enum {
    ENGINE_EVENTS_MAX = 1024,      // events in one record
    ENGINE_ARGUMENTS_MAX = 256,    // arguments of one command
    ENGINE_VALUE_MAX = 16384,      // bytes of one argument
    ENGINE_NAME_MAX = 128,         // bytes of actor, role, organization, names
    ENGINE_SNAPSHOT_MIN = 64,      // records before the first snapshot
    ENGINE_SNAPSHOT_CHUNK = 60000, // bytes
    ENGINE_ACCESS_BATCH = 48       // access events written together
};

// ---- what the host asked for ---------------------------------------------------------------------------------------

struct engine_options {
    struct env env;
    char *zone_directory; // owned, NULL: default
    char *name;           // owned, NULL: "engine"; engines of one name share an access chain
    uint32_t retries, cache;
};

struct session_info {
    stepdown_slice actor, role, organization, purpose;
    uint8_t emergency[RECORD_ID];  // pathway to which it has emergency access
    stepdown_time emergency_until; // STEPDOWN_TIME_NONE: it has none
    // What is shown is what this audience may read, too; empty role: whoever asks.
    stepdown_slice audience_role, audience_organization, audience_purpose;
    // Looking back: what was known at a moment, and entries of what had happened by another one. STEPDOWN_TIME_NONE: now.
    bool looks_back;
    stepdown_time known_at, happened_by;
};

struct argument {
    const char *name;
    enum { ARGUMENT_TEXT, ARGUMENT_TIME, ARGUMENT_INTEGER } kind;
    stepdown_slice text;
    int64_t number;
    bool used; // by the verb; what is left over is refused
};
struct command {
    const char *verb, *target; // target may be NULL
    struct argument *arguments;
    size_t argument_count, argument_cap;
    bool has_occurred, has_expected;
    stepdown_time occurred_at;
    int32_t offset_minutes; // INT32_MIN: none
    uint64_t expected;
    stepdown_slice id; // empty: none
};

// What a command did: the events of its record, in `arena` of the caller.
struct engine;
struct receipt {
    uint8_t pathway[RECORD_ID];
    uint64_t seq;
    stepdown_time recorded_at;
    bool repeated;
    const struct event *events;
    uint32_t event_count;
    // Called before the commit (and for a repeated command), while the state is at hand: what the caller wants to keep
    // is made then, so that nothing can fail once the command has taken effect. May be NULL.
    stepdown_status (*prepare)(void *ctx, struct engine *e, struct state *s, const struct receipt *receipt,
                               stepdown_error **o);
    void *ctx;
};

// ---- the engine ------------------------------------------------------------------------------------------------------

// A head row: what must be known of a pathway without folding it.
struct head {
    bool closed, access;
    uint64_t seq, snapshot_seq;
    uint8_t leaf[DIGEST_SIZE], definition[DIGEST_SIZE];
    stepdown_time recorded_at, next_due;
};

// A cached pathway.
struct cached {
    struct state *state;
    struct head head;
    uint64_t used; // tick of last use
};

struct zone_entry {
    struct zone *zone;
    struct zone_entry *next;
};
struct definitions_entry {
    struct definitions *defs;
    struct definitions_entry *next;
};
struct assignment {
    stepdown_slice role, organization, person;
    stepdown_time from, until;
    bool on_call;
};
struct organization {
    stepdown_slice name, kind;
};
// Who holds which role and which protocols are in force, as of a settings version.
struct directory {
    struct arena arena;
    uint64_t version; // settings version it was read at
    bool loaded;
    bool fresh; // looked up in the transaction that is open; a draft begins without
    struct assignment *assignments;
    size_t assignment_count;
    struct organization *organizations;
    size_t organization_count;
};

struct access_event { // one access to be recorded
    uint16_t code;
    stepdown_slice actor, role, organization, purpose, what, detail;
    uint8_t pathway[RECORD_ID];
    bool has_pathway;
    uint64_t seq;
    stepdown_time at;
    struct access_told { // of what was handed out: to whom, and which event of the record said so
        stepdown_slice person, role, organization;
        uint32_t ord;
    } told;
};
struct access_chain {
    uint8_t id[RECORD_ID];
    stepdown_slice name; // of the engine
    stepdown_time oldest;
    struct arena arena;
    struct access_event pending[ENGINE_ACCESS_BATCH];
    size_t count;
};

struct engine {
    struct env env;
    struct platform_mutex *mutex;
    bool closed;
    struct stepdown_storage *storage; // retained
    struct digest *digest;
    char *zone_directory;
    uint32_t retries, cache_max;
    uint8_t log_id[RECORD_ID];
    uint8_t secret[DIGEST_SIZE]; // of the store: keys the tokens of subjects. Leaves it nowhere
    struct arena meta;           // fallback texts
    stepdown_slice fallback_person, fallback_role, fallback_organization, name;
    struct zone_entry *zones;
    struct definitions_entry *definitions;
    struct composed_entry *composed; // sets that were put together, by what they were made of
    struct directory directory;
    // cache of states: open addressing by pathway id
    struct cached *cache;
    size_t cache_cap, cache_count;
    uint64_t tick;
    struct access_chain access;
    // reused by every call
    uint64_t signals; // put so far, so that advance knows when there are new ones
    struct transaction transaction;
    struct arena arena;   // of the call in hand
    struct arena command; // what a command reads and makes, over all its attempts
    struct arena reading; // rows read while loading
    struct arena scratch; // of evaluations
    struct buffer row;    // encoded record
    struct buffer bytes;  // snapshot and other rows
    struct gate_result gate;
    struct verdict verdict;
};

stepdown_status engine_store_create(struct stepdown_storage *storage, const struct env *env, const char *name,
                                    const char *person, const char *role, const char *organization,
                                    stepdown_error **out_error);
stepdown_status engine_new(struct stepdown_storage *storage, const struct engine_options *options, struct engine **out,
                           stepdown_error **out_error);
stepdown_status engine_shut(struct engine *e, stepdown_error **out_error); // flush access records, drop caches
void engine_destroy(struct engine **e);

// ---- settings: directory and zones -----------------------------------------------------------------------------------
stepdown_status engine_set_organization(struct engine *e, stepdown_slice name, stepdown_slice kind, stepdown_error **o);
stepdown_status engine_assign(struct engine *e, const struct assignment *a, stepdown_error **o);
// Make e->directory current as the open transaction sees it: one look-up when nothing has changed. Asked for where a
// role or an organization is looked up, because most commands need neither.
stepdown_status engine_directory(struct engine *e, stepdown_error **o);
stepdown_status engine_settings_version(struct engine *e, uint64_t *version, stepdown_error **o); // open transaction
// Carry out `change` (it adds operations to the open transaction) together with a new settings version; tried again
// while other engines win. CONTENDED, storage codes.
typedef stepdown_status (*settings_change)(struct engine *e, void *ctx, stepdown_error **o);
stepdown_status engine_change_settings(struct engine *e, settings_change change, void *ctx, stepdown_error **o);
stepdown_status name_check(const struct env *env, stepdown_slice text, const char *what, stepdown_error **o);
stepdown_status engine_check_name(const struct engine *e, stepdown_slice text, const char *what, stepdown_error **o);
// Every row of [from, to) in the open transaction, read in pages.
stepdown_status engine_scan_all(struct engine *e, const struct key *from, const struct key *to, struct arena *arena,
                                struct row **out, size_t *out_count, stepdown_error **o);
void error_pass(stepdown_error **cause, stepdown_error **o); // hand an error on to the caller, or free it
// After an attempt: true when it lost a race and is to be made again. Otherwise *status and `o` are what the caller is
// told: CONTENDED for a race lost too often.
bool engine_again(struct engine *e, stepdown_status *status, uint32_t tries, stepdown_error **cause,
                  stepdown_error **o);
stepdown_slice engine_organization_kind(const struct engine *e, stepdown_slice organization); // empty: unknown
stepdown_status engine_zone(struct engine *e, stepdown_slice name, struct zone **out, stepdown_error **o);

// ---- definition sets -------------------------------------------------------------------------------------------------
// Every protocol of the input is in force by itself, for one organization or (empty) for everyone without one of its own.
stepdown_status engine_activate(struct engine *e, const struct compile_input *input, stepdown_slice organization,
                                stepdown_error **o);
// Definitions by hash (cached, else compiled from the stored sources); opens no transaction of its own: one is open.
stepdown_status engine_definitions(struct engine *e, const uint8_t hash[DIGEST_SIZE], struct definitions **out,
                                   stepdown_error **o);
// Protocols in force for an organization as one set, put together from those that were activated; a set that nobody
// activated as such is written into the open transaction (compose.c). NOT_FOUND: one was never activated. EXISTS: one was
// named twice, or is in `base` already. INVALID: they do not go together, or one says nothing of the subject (empty: the
// first one's own; that of `base` when there is one).
stepdown_status engine_active(struct engine *e, stepdown_slice organization, const struct definitions *base,
                              const stepdown_slice *protocols, size_t count, stepdown_slice subject,
                              struct definitions **out, stepdown_error **o);
void composed_free(struct engine *e);
// The protocols of a set in the versions that are in force now.
stepdown_status engine_renewed(struct engine *e, stepdown_slice organization, const struct definitions *base,
                               struct definitions **out, stepdown_error **o);

// ---- states ----------------------------------------------------------------------------------------------------------
void head_write(const struct head *head, struct buffer *out);
bool head_read(stepdown_slice row, struct head *head);
// The pathway as of the open transaction: cached if its head still matches, else snapshot plus newer records.
// NOT_FOUND, CORRUPT, NOMEM. Borrowed from the cache until the next load.
stepdown_status engine_load(struct engine *e, const uint8_t id[RECORD_ID], const struct row *head_row,
                            struct state **out, struct head *out_head, stepdown_error **o);
// Begin a transaction and load the pathway in it. On failure the transaction may be open: abort it.
stepdown_status engine_begin_on(struct engine *e, const uint8_t id[RECORD_ID], bool write, struct state **out,
                                struct head *head, stepdown_error **o);
void engine_forget(struct engine *e, const uint8_t id[RECORD_ID]); // drop from the cache
void engine_forget_all(struct engine *e);
// The state as a snapshot row holds it, into e->bytes: its bytes, and their SHA-256 behind them, so that a flipped bit is
// never taken for a fact.
stepdown_status engine_snapshot(struct engine *e, const struct state *s, stepdown_error **o);
// Delete the snapshot rows of one pathway in the open transaction; the head is the caller's.
stepdown_status engine_delete_snapshot(struct engine *e, const uint8_t id[RECORD_ID], stepdown_error **o);
// The next pathway or access chain at or after `from` in the open transaction, which then moves behind it: its head row and
// its id. *found false: there is none.
stepdown_status engine_next_head(struct engine *e, struct key *from, struct row *head, uint8_t id[RECORD_ID],
                                 bool *found, stepdown_error **o);
// Take away every stored snapshot; they are made anew as records come.
stepdown_status engine_drop_snapshots(struct engine *e, stepdown_error **o);
stepdown_status engine_keep(struct engine *e, struct state *state, const struct head *head,
                            stepdown_error **o); // put into the cache, or refresh its head
// The last record of a chain that was made by that moment, of those up to `last`; its definition set too (32 bytes, may be
// NULL). *found false: none was. In the open transaction.
stepdown_status engine_known_at(struct engine *e, const uint8_t id[RECORD_ID], uint64_t last, stepdown_time at,
                                uint64_t *seq, uint8_t *definition, bool *found, stepdown_error **o);
// The pathway as it was after record `seq`: folded from the records up to it, under the definitions of then. Caller frees.
stepdown_status engine_fold_until(struct engine *e, const uint8_t id[RECORD_ID], uint64_t seq, struct state **out,
                                  stepdown_error **o);
// Fold from the records alone, ignoring cache and snapshot (verification, rebuild). Caller frees.
stepdown_status engine_fold_all(struct engine *e, const uint8_t id[RECORD_ID], const struct head *head,
                                struct state **out, stepdown_error **o);

// ---- commands --------------------------------------------------------------------------------------------------------
// The receipt's events are in e->command, until the next command.
stepdown_status engine_execute(struct engine *e, const struct session_info *session, const uint8_t *pathway,
                               const struct command *command, struct receipt *out, stepdown_error **o);
// One pathway of which something fired, or could not.
struct advanced {
    uint8_t pathway[RECORD_ID];
    stepdown_status status;
    const stepdown_error *cause; // borrowed
    uint32_t records;
    stepdown_time due; // the earliest of what fired
};
struct advance_sink {
    void (*seen)(void *ctx, const struct advanced *what);
    void *ctx;
};
// Everything due until `until`, never later than now, of at most `limit` pathways (0: all), and the signals waiting.
// One that fails is reported and passed over. *more: there is more due that did not fail.
stepdown_status engine_advance(struct engine *e, stepdown_time until, uint32_t limit, const struct advance_sink *sink,
                               bool *more, stepdown_error **o);
stepdown_status engine_next_due(struct engine *e, stepdown_time *out, stepdown_error **o);

// ---- reading ---------------------------------------------------------------------------------------------------------
// Open a read transaction, load the pathway, check that the session may see it, note the access. On OK the transaction
// is still open and the state valid until engine_end_read. `what` names the view. For a session that looks back the head
// names the last record of then (NOT_FOUND: there was none), and the state is that of now all the same.
stepdown_status engine_begin_read(struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID],
                                  const char *what, struct state **out, struct head *head, stepdown_error **o);
stepdown_status engine_end_read(struct engine *e, stepdown_error **o);
stepdown_status engine_may_act(struct engine *e, const struct session_info *session, const struct state *s,
                               stepdown_error **o); // emergency access is for reading only
stepdown_status engine_may_see(struct engine *e, const struct session_info *session, const struct state *s,
                               stepdown_error **o);
// May the session ask for everything of this organization? Its own, unless it is the store's fallback. A refusal is noted.
stepdown_status engine_may_ask(struct engine *e, const struct session_info *session, stepdown_slice organization,
                               stepdown_error **o);
// Give the session emergency access to a pathway (emergency.c). INVALID, DENIED, NOT_FOUND, CONTENDED, storage codes.
stepdown_status engine_break_glass(struct engine *e, struct session_info *who, const uint8_t id[RECORD_ID],
                                   const char *reason, uint32_t seconds, stepdown_error **o);
// Emergency access of the session to this pathway, not yet over.
bool engine_emergency(const struct engine *e, const struct session_info *session, const uint8_t id[RECORD_ID]);
struct evaluation engine_evaluation(struct engine *e, struct state *s, stepdown_time now);

// ---- access chain ------------------------------------------------------------------------------------------------------
stepdown_status access_open(struct engine *e, const char *name, stepdown_error **o);
stepdown_status access_note(struct engine *e, uint16_t code, const struct session_info *session, const uint8_t *pathway,
                            uint64_t seq, const char *what, const char *detail, stepdown_error **o);
// A message is handed out: who takes it, whom it is for, and what it says.
stepdown_status access_export(struct engine *e, const struct session_info *session, const uint8_t pathway[RECORD_ID],
                              uint64_t seq, const struct access_told *told, stepdown_error **o);
stepdown_status access_flush(struct engine *e, stepdown_error **o);     // no transaction may be open
stepdown_status access_flush_old(struct engine *e, stepdown_error **o); // only when older than a second or full

// After a commit whose outcome is not known: does the record stand as it was written (it is still in e->row)?
bool engine_was_applied(struct engine *e, const uint8_t id[RECORD_ID], uint64_t seq);
stepdown_time engine_now(const struct engine *e);

// A command with another cause than COMMAND: signals.
stepdown_status engine_execute_as(struct engine *e, const struct session_info *session, const uint8_t *pathway,
                                  struct command *command, uint8_t cause, struct arena *arena, struct receipt *out,
                                  stepdown_error **o);

#endif
