// SPDX-License-Identifier: Apache-2.0
// Definition sets as the store holds them: sources by hash, and for each set a row that names its protocols, overlays,
// settings and dictionaries. activate.c puts protocols in force and reads sets back; compose.c puts several that are in
// force together into one set; symbols.c gives names their numbers. May call: engine, protocol.
#ifndef ENGINE_SETS_H
#define ENGINE_SETS_H

#include "engine/draft.h"

// The parts of a stored set while it is compiled again.
struct stored_set {
    struct engine *e;
    struct arena *arena;
    struct compile_input input;
    struct protocol_source *dictionaries;
    size_t dictionary_count;
};
// The set of that hash, as it stands in the store. CORRUPT: the store lacks it.
stepdown_status set_read(struct stored_set *set, const uint8_t hash[DIGEST_SIZE], stepdown_error **o);
void set_library(struct stored_set *set); // its own dictionaries are those that its protocols use
// Compile it and give its names their numbers. Not kept anywhere yet.
stepdown_status set_compile(struct stored_set *set, struct definitions **out, stepdown_error **o);
// Write the row of a set and its sources. The names must have their numbers already.
stepdown_status set_put(struct engine *e, const struct compile_input *input, const struct definitions *defs,
                        struct arena *arena, stepdown_error **o);
// Hand compiled definitions to the engine, which keeps them for as long as it lives.
stepdown_status set_keep(struct engine *e, struct definitions **defs, stepdown_error **o);

// Give every name of the definitions a number, in the open transaction. CORRUPT: the end of the table cannot be read.
stepdown_status symbols_put(struct engine *e, const struct halves *halves, struct arena *arena, stepdown_error **o);
// Give the definitions the numbers of their names. CORRUPT: one has none, or its number names something else.
stepdown_status symbols_bind(struct engine *e, struct arena *arena, struct definitions *d, stepdown_error **o);

#endif
