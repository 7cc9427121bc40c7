// SPDX-License-Identifier: Apache-2.0
// Keys of the store; see keys.h. With one partition (SQLite, memory) the partition bytes are absent.
#include "engine/keys.h"

#include <string.h>

enum { ZONE_STORE = 0x00, ZONE_PATHWAY = 0x01, ZONE_INDEX = 0x02, ZONE_END = 0x03 };

stepdown_slice key_slice(const struct key *key) { return slice_of(key->bytes, key->size); }

static void key_start(struct key *k, uint8_t zone, uint8_t space) {
    k->bytes[0] = zone;
    k->bytes[1] = space;
    k->size = 2;
}

static void key_add(struct key *k, const void *data, size_t size) {
    if (size > KEY_MAX - k->size) {
        size = KEY_MAX - k->size; // callers check their limits; a cut key can only miss
    }
    if (size > 0) {
        memcpy(k->bytes + k->size, data, size);
        k->size += size;
    }
}

static void key_add_text(struct key *k, stepdown_slice text) { key_add(k, text.data, text.size); }

static void key_add_byte(struct key *k, uint8_t byte) { key_add(k, &byte, 1); }

static void key_add16(struct key *k, uint16_t v) {
    uint8_t b[2];
    write_be16(b, v);
    key_add(k, b, sizeof b);
}

static void key_add32(struct key *k, uint32_t v) {
    uint8_t b[4];
    write_be32(b, v);
    key_add(k, b, sizeof b);
}

static void key_add64(struct key *k, uint64_t v) {
    uint8_t b[8];
    write_be64(b, v);
    key_add(k, b, sizeof b);
}

// Order of int64 as order of unsigned bytes.
static uint64_t time_bits(stepdown_time t) { return (uint64_t)t ^ (UINT64_C(1) << 63); }
static stepdown_time bits_time(uint64_t bits) { return (stepdown_time)(bits ^ (UINT64_C(1) << 63)); }

void key_resume(struct key *k, stepdown_slice last) {
    k->size = 0;
    key_add(k, last.data, last.size);
    key_add_byte(k, 0);
}

void key_meta(struct key *k) { key_start(k, ZONE_STORE, 'm'); }
void key_settings_version(struct key *k) { key_start(k, ZONE_STORE, 'v'); }
void key_symbol_counter(struct key *k) { key_start(k, ZONE_STORE, 'k'); }

void key_symbol_name(struct key *k, stepdown_slice qualified) {
    key_start(k, ZONE_STORE, 'n');
    key_add_text(k, qualified);
}

void key_symbol_number(struct key *k, uint32_t number) {
    key_start(k, ZONE_STORE, 's');
    key_add32(k, number);
}

void key_source(struct key *k, const uint8_t hash[32], uint16_t chunk) {
    key_start(k, ZONE_STORE, 'p');
    key_add(k, hash, 32);
    key_add16(k, chunk);
}

void key_definition_set(struct key *k, const uint8_t hash[32]) {
    key_start(k, ZONE_STORE, 'd');
    key_add(k, hash, 32);
}

void key_active(struct key *k, stepdown_slice protocol, stepdown_slice organization) {
    key_start(k, ZONE_STORE, 'c');
    key_add_text(k, protocol);
    if (organization.size > 0) {
        key_add_byte(k, 0);
        key_add_text(k, organization);
    }
}

void key_active_parse(stepdown_slice key, stepdown_slice *organization) {
    const uint8_t *mark = key.size > 2 ? memchr(key.data + 2, 0, key.size - 2) : NULL;
    size_t at = mark != NULL ? (size_t)(mark - key.data) + 1 : key.size;
    *organization = slice_of(key.data + at, key.size - at);
}

void key_organization(struct key *k, stepdown_slice organization) {
    key_start(k, ZONE_STORE, 'o');
    key_add_text(k, organization);
}

void key_assignment(struct key *k, stepdown_slice role, stepdown_slice organization, stepdown_slice person) {
    key_start(k, ZONE_STORE, 'a');
    key_add_text(k, role);
    key_add_byte(k, 0);
    key_add_text(k, organization);
    key_add_byte(k, 0);
    key_add_text(k, person);
}

void key_space_range(char space, struct key *from, struct key *to) {
    key_start(from, ZONE_STORE, (uint8_t)space);
    key_start(to, ZONE_STORE, (uint8_t)(space + 1));
}

void key_pathway(struct key *k, const uint8_t id[RECORD_ID], uint8_t space) {
    k->bytes[0] = ZONE_PATHWAY;
    k->size = 1;
    key_add(k, id, RECORD_ID);
    key_add_byte(k, space);
}

void key_record(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq) {
    key_pathway(k, id, SPACE_RECORD);
    key_add64(k, seq);
}

void key_snapshot(struct key *k, const uint8_t id[RECORD_ID], uint16_t chunk) {
    key_pathway(k, id, SPACE_SNAPSHOT);
    key_add16(k, chunk);
}

void key_command(struct key *k, const uint8_t id[RECORD_ID], stepdown_slice command) {
    key_pathway(k, id, SPACE_COMMAND);
    key_add_text(k, command);
}

void key_signal(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord) {
    key_pathway(k, id, SPACE_SIGNAL);
    key_add64(k, seq);
    key_add32(k, ord);
}

void key_after_pathway(struct key *k, const uint8_t id[RECORD_ID]) { key_pathway(k, id, 0xff); }

void key_first_pathway(struct key *k) {
    k->bytes[0] = ZONE_PATHWAY;
    k->size = 1;
}

void key_end_pathways(struct key *k) {
    k->bytes[0] = ZONE_INDEX;
    k->size = 1;
}

void key_timer(struct key *k, stepdown_time due, const uint8_t id[RECORD_ID]) {
    key_start(k, ZONE_INDEX, 't');
    key_add64(k, time_bits(due));
    key_add(k, id, RECORD_ID);
}

void key_timer_range(stepdown_time until, struct key *from, struct key *to) {
    key_start(from, ZONE_INDEX, 't');
    if (until == INT64_MAX) {
        key_start(to, ZONE_INDEX, 't' + 1);
        return;
    }
    key_start(to, ZONE_INDEX, 't');
    key_add64(to, time_bits(until + 1));
}

bool key_timer_parse(stepdown_slice key, stepdown_time *due, uint8_t id[RECORD_ID]) {
    if (key.size != 2 + 8 + RECORD_ID || key.data[0] != ZONE_INDEX || key.data[1] != 't') {
        return false;
    }
    *due = bits_time(read_be64(key.data + 2));
    memcpy(id, key.data + 10, RECORD_ID);
    return true;
}

void key_participation(struct key *k, stepdown_slice organization, const uint8_t id[RECORD_ID]) {
    key_start(k, ZONE_INDEX, 'g');
    key_add_text(k, organization);
    key_add_byte(k, 0);
    key_add(k, id, RECORD_ID);
}

void key_participation_range(stepdown_slice organization, struct key *from, struct key *to) {
    key_start(from, ZONE_INDEX, 'g');
    key_add_text(from, organization);
    *to = *from;
    key_add_byte(from, 0);
    key_add_byte(to, 1);
}

static void group_start(struct key *k, stepdown_slice organization, stepdown_slice subject) {
    key_start(k, ZONE_INDEX, 'r');
    key_add_text(k, organization);
    key_add_byte(k, 0);
    key_add_text(k, subject);
}

void key_group(struct key *k, stepdown_slice organization, stepdown_slice subject, const uint8_t id[RECORD_ID]) {
    group_start(k, organization, subject);
    key_add_byte(k, 0);
    key_add(k, id, RECORD_ID);
}

void key_group_range(stepdown_slice organization, stepdown_slice subject, struct key *from, struct key *to) {
    group_start(from, organization, subject);
    *to = *from;
    key_add_byte(from, 0);
    key_add_byte(to, 1);
}

bool key_group_parse(stepdown_slice key, uint8_t id[RECORD_ID]) {
    if (key.size < 2 + RECORD_ID || key.data[0] != ZONE_INDEX || key.data[1] != 'r') {
        return false;
    }
    memcpy(id, key.data + key.size - RECORD_ID, RECORD_ID);
    return true;
}

void key_queue(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq) {
    key_start(k, ZONE_INDEX, 'q');
    key_add(k, id, RECORD_ID);
    key_add64(k, seq);
}

void key_outbox(struct key *k, stepdown_time at, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord,
                uint16_t recipient) {
    key_start(k, ZONE_INDEX, 'x');
    key_add64(k, time_bits(at));
    key_add(k, id, RECORD_ID);
    key_add64(k, seq);
    key_add32(k, ord);
    key_add16(k, recipient);
}

bool key_outbox_parse(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord, uint16_t *recipient) {
    if (key.size != 2 + 8 + RECORD_ID + 8 + 4 + 2 || key.data[0] != ZONE_INDEX || key.data[1] != 'x') {
        return false;
    }
    memcpy(id, key.data + 10, RECORD_ID);
    *seq = read_be64(key.data + 26);
    *ord = read_be32(key.data + 34);
    *recipient = read_be16(key.data + 38);
    return true;
}

void key_pending_signal(struct key *k, const uint8_t id[RECORD_ID], uint64_t seq, uint32_t ord) {
    key_start(k, ZONE_INDEX, 's');
    key_add(k, id, RECORD_ID);
    key_add64(k, seq);
    key_add32(k, ord);
}

bool key_pending_signal_parse(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord) {
    if (key.size != 2 + RECORD_ID + 8 + 4 || key.data[0] != ZONE_INDEX || key.data[1] != 's') {
        return false;
    }
    memcpy(id, key.data + 2, RECORD_ID);
    *seq = read_be64(key.data + 18);
    *ord = read_be32(key.data + 26);
    return true;
}

// ---- boards: zone 'b' list organization(8) name(8) class(1) due(8) pathway(16) seq(8) ord(4) ----------------------------

enum { BOARD_HEAD = 3 + 8 + 8, BOARD_PLACE = 1 + 8 + RECORD_ID + 8 + 4 };

void key_board(struct key *k, char list, uint64_t organization, uint64_t name) {
    key_start(k, ZONE_INDEX, 'b');
    key_add_byte(k, (uint8_t)list);
    key_add64(k, organization);
    key_add64(k, name);
}

void key_board_place(struct key *k, uint8_t class, stepdown_time due, const uint8_t id[RECORD_ID], uint64_t seq,
                     uint32_t ord) {
    key_add_byte(k, class);
    key_add64(k, time_bits(due));
    key_add(k, id, RECORD_ID);
    key_add64(k, seq);
    key_add32(k, ord);
}

void key_board_organization(struct key *from, struct key *to, char list, uint64_t organization) {
    key_start(from, ZONE_INDEX, 'b');
    key_add_byte(from, (uint8_t)list);
    key_add64(from, organization);
    *to = *from;
    key_board_end(to);
}

// Longer than any place: no place begins with bytes that high.
void key_board_end(struct key *k) {
    static const uint8_t high[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    key_add(k, high, sizeof high);
}

void key_board_range(struct key *from, struct key *to, uint8_t class, stepdown_time until) {
    key_add_byte(from, class);
    bool all = until == STEPDOWN_TIME_NONE || until == INT64_MAX;
    key_add_byte(to, all ? (uint8_t)(class + 1) : class);
    if (!all) {
        key_add64(to, time_bits(until + 1));
    }
}

void key_board_behind(struct key *k, const struct key *place) {
    key_add(k, place->bytes, place->size);
    key_add_byte(k, 0);
}

uint64_t key_board_name(stepdown_slice key) { return key.size >= BOARD_HEAD ? read_be64(key.data + 11) : 0; }

static stepdown_slice board_place_of(stepdown_slice key) {
    size_t head = key.size < BOARD_HEAD ? key.size : BOARD_HEAD;
    return slice_of(key.data + head, key.size - head);
}

int key_board_compare(stepdown_slice a, stepdown_slice b) {
    return slice_compare(board_place_of(a), board_place_of(b));
}

bool key_board_item(stepdown_slice key, uint8_t id[RECORD_ID], uint64_t *seq, uint32_t *ord) {
    if (key.size != BOARD_HEAD + BOARD_PLACE) {
        return false;
    }
    const uint8_t *place = key.data + BOARD_HEAD;
    memcpy(id, place + 9, RECORD_ID);
    *seq = read_be64(place + 9 + RECORD_ID);
    *ord = read_be32(place + 17 + RECORD_ID);
    return true;
}

void key_board_token(stepdown_slice key, char text[KEY_BOARD_TOKEN]) {
    stepdown_slice place = board_place_of(key);
    hex_print(place.data, place.size < BOARD_PLACE ? place.size : BOARD_PLACE, text);
}

bool key_board_parse(struct key *place, stepdown_slice text) {
    place->size = BOARD_PLACE;
    return text.size == 2 * BOARD_PLACE && hex_parse(text, place->bytes);
}

uint8_t key_board_class(const struct key *place) { return place->bytes[0]; }

void key_index_range(char space, struct key *from, struct key *to) {
    key_start(from, ZONE_INDEX, (uint8_t)space);
    key_start(to, ZONE_INDEX, (uint8_t)(space + 1));
}
