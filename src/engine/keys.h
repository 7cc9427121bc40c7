// SPDX-License-Identifier: Apache-2.0
// Where things stand in the store (architecture section 5). Store-wide rows begin with 0x00; a pathway's own rows with
// partition 0x01 pathway space; ordered indexes with partition 0x02 space. May call: base.
#ifndef ENGINE_KEYS_H
#define ENGINE_KEYS_H

#include "base/bytes.h"
#include "record/record.h"

enum { KEY_MAX = 255, KEY_ORGANIZATION_MAX = 128, KEY_COMMAND_MAX = 64 };

// Spaces of a pathway.
enum { SPACE_HEAD = 1, SPACE_RECORD = 2, SPACE_SNAPSHOT = 3, SPACE_COMMAND = 4, SPACE_SIGNAL = 6 };

struct key {
    uint8_t bytes[KEY_MAX];
    size_t size;
};
stepdown_slice key_slice(const struct key *key);
void key_resume(struct key *k, stepdown_slice last); // the first key after `last`, for the next page of a scan

// Store-wide.
void key_meta(struct key *k);             // format, log id, fallback
void key_settings_version(struct key *k); // changes with every activation or directory change
void key_symbol_counter(struct key *k);
void key_symbol_name(struct key *k, stepdown_slice qualified); // name -> number
void key_symbol_number(struct key *k, uint32_t number);        // number -> name
void key_source(struct key *k, const uint8_t hash[32], uint16_t chunk);
void key_definition_set(struct key *k, const uint8_t hash[32]);
// Protocol name -> definition set hash; for one organization, or (empty) for everyone who has none of their own.
void key_active(struct key *k, stepdown_slice protocol, stepdown_slice organization);
void key_active_parse(stepdown_slice key, stepdown_slice *organization);
void key_organization(struct key *k, stepdown_slice organization);
void key_assignment(struct key *k, stepdown_slice role, stepdown_slice organization, stepdown_slice person);
// Range of a store-wide space, for scans: 'a' assignments, 'o' organizations, 'c' active protocols.
void key_space_range(char space, struct key *from, struct key *to);

// One pathway's.
void key_pathway(struct key *k, const uint8_t id[RECORD_ID], uint8_t space);
void key_record(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq);
void key_snapshot(struct key *k, const uint8_t id[RECORD_ID], uint16_t chunk);
void key_command(struct key *k, const uint8_t id[RECORD_ID], stepdown_slice command);
void key_signal(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord);
// First key after everything of the pathway: for walking from chain to chain.
void key_after_pathway(struct key *k, const uint8_t id[RECORD_ID]);
void key_first_pathway(struct key *k);
void key_end_pathways(struct key *k);

// Ordered indexes. Times are stored so that unsigned byte order is time order.
void key_timer(struct key *k, stepdown_time due, const uint8_t id[RECORD_ID]);
void key_timer_range(stepdown_time until, struct key *from, struct key *to); // everything due at or before `until`
bool key_timer_parse(stepdown_slice key, stepdown_time *due, uint8_t id[RECORD_ID]);
void key_participation(struct key *k, stepdown_slice organization, const uint8_t id[RECORD_ID]);
void key_participation_range(stepdown_slice organization, struct key *from, struct key *to);
// Live pathways that receive reports, by organization that takes part and by subject.
void key_group(struct key *k, stepdown_slice organization, stepdown_slice subject, const uint8_t id[RECORD_ID]);
void key_group_range(stepdown_slice organization, stepdown_slice subject, struct key *from, struct key *to);
bool key_group_parse(stepdown_slice key, uint8_t id[RECORD_ID]);
void key_queue(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq);
void key_outbox(struct key *k, stepdown_time at, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord,
                uint16_t recipient);
bool key_outbox_parse(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord, uint16_t *recipient);
void key_pending_signal(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord);
bool key_pending_signal_parse(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord);
// Boards: organization, then role ('r') or person ('p') as hashes of their names; behind them the class of what hurts, the
// moment, and the item.
void key_board(struct key *k, char list, uint64_t organization, uint64_t name);
void key_board_place(struct key *k, uint8_t class, stepdown_time due, const uint8_t id[RECORD_ID], uint64_t seq,
                     uint32_t ord);
void key_board_organization(struct key *from, struct key *to, char list, uint64_t organization);
void key_board_end(struct key *k); // the first key after everything of a key_board
// Both are key_board: the rows of a class, due at or before `until` (STEPDOWN_TIME_NONE: all).
void key_board_range(struct key *from, struct key *to, uint8_t class, stepdown_time until);
void key_board_behind(struct key *k, const struct key *place); // k: key_board; the first key behind that place
uint64_t key_board_name(stepdown_slice key);
int key_board_compare(stepdown_slice a, stepdown_slice b); // by place, whatever the queue
bool key_board_item(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord);
// The place as text of 74 characters, and back.
enum { KEY_BOARD_TOKEN = 75 };
void key_board_token(stepdown_slice key, char text[KEY_BOARD_TOKEN]);
bool key_board_parse(struct key *place, stepdown_slice text);
uint8_t key_board_class(const struct key *place);
// Range of an index space: 'q' queue, 'x' outbox, 's' pending signals.
void key_index_range(char space, struct key *from, struct key *to);

#endif
