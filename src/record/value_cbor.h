// SPDX-License-Identifier: Apache-2.0
// Values as deterministic CBOR (docs/format.md, "Values"). Used by records and by snapshots. Each value has exactly one
// encoding, and reading refuses every other. May call: base, value, cbor.
#ifndef RECORD_VALUE_CBOR_H
#define RECORD_VALUE_CBOR_H

#include "record/cbor.h"
#include "record/value.h"

// `value` must be valid (value_valid) or VALUE_ERASED, which snapshots may hold and records must not.
void value_write(struct buffer *b, const struct value *value);
// Text and bytes are borrowed from the input, lists from the arena. False: the reader is bad, or, when it is not,
// memory ran out. `out` is then unchanged. VALUE_ERASED comes back only at the top, never inside a list.
bool value_read(struct cbor_reader *r, struct arena *arena, struct value *out);

#endif
