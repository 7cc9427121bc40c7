// SPDX-License-Identifier: Apache-2.0
// The index behind boards: one row for each live item in the queue of its role, and one in the list of the person who
// owns it, ordered by what hurts first. A record writes only the rows of items that it changed, and a page of a board
// reads only its own rows. May call: engine's neighbours.
#ifndef ENGINE_BOARD_H
#define ENGINE_BOARD_H

#include "engine/draft.h"

// What hurts first. Numbers stand in keys of the index.
enum board_class {
    HURTS_LATE_UNOWNED,
    HURTS_LATE,
    HURTS_ALERT,
    HURTS_UNOWNED,
    HURTS_DUE,
    HURTS_SUSPENDED,
    HURTS_CLASSES
};
uint8_t board_class(const struct element *el);
stepdown_time board_due(const struct element *el); // when it hurts: due, for an alert the end of the time to answer
// The organization on whose board an item stands: its owner's; else the first that takes part and is of the kind that
// holds the role; else the one that opened the pathway.
stepdown_slice board_organization(const struct state *s, const struct element *el);

// Where an item stands in the index.
struct board_place {
    bool listed; // live
    uint8_t class;
    stepdown_time due;
    uint64_t organization, role, person; // hashes of the names; person 0: nobody
};
struct board_place board_place(const struct state *s, uint32_t element);
uint64_t board_hash(stepdown_slice name);
// Its row in the queue of its role ('r') or the list of its owner ('p').
void board_key(struct key *k, char list, const struct state *s, uint32_t element, const struct board_place *place);
struct board_change {
    uint32_t element;
    struct board_place was;
};

stepdown_status board_before(struct draft *d, uint16_t code, uint32_t element, stepdown_error **o);
stepdown_status board_opened(struct draft *d, uint32_t element, stepdown_error **o);
stepdown_status board_put(struct draft *d, stepdown_error **o); // rows that changed, into the transaction

// ---- comparing with the pathways, and putting right ----------------------------------------------------------------

// A row that is not as the pathways say. Borrowed by whoever is told.
struct board_fault {
    const uint8_t *pathway; // NULL: the row cannot be read
    struct ref item;
    const char *text;
};
struct board_sink {
    stepdown_status (*seen)(void *ctx, const struct board_fault *fault, stepdown_error **o);
    void *ctx;
};
// Rows that the open items of a pathway ought to have and have not.
stepdown_status board_find_missing(struct engine *e, const uint8_t id[RECORD_ID], const struct board_sink *sink,
                                   stepdown_error **o);
// Rows that lead to no open item, or do not stand where the item belongs; of one pathway, or (NULL) all. Looks through the
// whole index either way. What leads to a pathway that cannot be folded is passed over: its chain says what is wrong.
stepdown_status board_find_wrong(struct engine *e, const uint8_t *pathway, const struct board_sink *sink,
                                 stepdown_error **o);
// Take away what is wrong and put what is missing, while others go on working. CONTENDED, storage codes.
stepdown_status board_rebuild(struct engine *e, stepdown_error **o);

// ---- reading -------------------------------------------------------------------------------------------------------

struct board_query {
    stepdown_slice organization; // required
    stepdown_slice person, role; // at most one; none: everything of the organization
    bool overdue;                // only what is overdue
    stepdown_time due_by;        // only what is due by then, STEPDOWN_TIME_NONE: all
};
struct board_row {
    uint8_t pathway[RECORD_ID];
    struct ref item;
    char token[80]; // to go on behind it
};
struct board_stream;
struct board_walk {
    struct engine *e;
    const struct board_query *query;
    struct board_stream *streams;
    size_t stream_count;
    uint8_t class;
    struct key after; // of the row to go on behind: its part from the class on
    bool resumes;
};
// In the open transaction. INVALID: `resume` is no token of a board.
stepdown_status board_walk_begin(struct board_walk *w, struct engine *e, const struct board_query *query,
                                 stepdown_slice resume, stepdown_error **o);
// The next row; *found false at the end.
stepdown_status board_walk_next(struct board_walk *w, struct board_row *row, bool *found, stepdown_error **o);
// Does the item stand where the row says? A row that is left over is no item.
bool board_row_stands(const struct board_walk *w, const struct state *s, uint32_t element);

#endif
