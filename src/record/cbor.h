// SPDX-License-Identifier: Apache-2.0
// Deterministic CBOR (RFC 8949 section 4.2.1): shortest heads, definite lengths, map keys unsigned and ascending, no
// floats, no tags. Writing through libcbor's low-level encoders straight into a buffer; reading through its streaming
// decoder, refusing anything else. May call: base.
#ifndef RECORD_CBOR_H
#define RECORD_CBOR_H

#include "base/bytes.h"

void cbor_write_uint(struct buffer *b, uint64_t v);
void cbor_write_int(struct buffer *b, int64_t v);
void cbor_write_bytes(struct buffer *b, const void *data, size_t size);
// The head of a byte string alone; then `size` bytes.
void cbor_write_bytes_head(struct buffer *b, size_t size);
void cbor_write_text(struct buffer *b, stepdown_slice text);
void cbor_write_bool(struct buffer *b, bool v);
void cbor_write_null(struct buffer *b);
void cbor_write_array(struct buffer *b, size_t count); // then `count` items
void cbor_write_map(struct buffer *b, size_t count);   // then `count` pairs, keys ascending

enum cbor_type { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_BOOL, CBOR_NULL };
// A position in bytes. After the first refusal `bad` stays true and every read returns false.
struct cbor_reader {
    const uint8_t *data;
    size_t size, at;
    bool bad;
};
void cbor_reader_init(struct cbor_reader *r, stepdown_slice in);
bool cbor_peek(struct cbor_reader *r, enum cbor_type *type);
bool cbor_read_uint(struct cbor_reader *r, uint64_t *v);
bool cbor_read_int(struct cbor_reader *r, int64_t *v);
bool cbor_read_bytes(struct cbor_reader *r, stepdown_slice *out); // borrowed
bool cbor_read_text(struct cbor_reader *r, stepdown_slice *out);  // borrowed, valid UTF-8
bool cbor_read_bool(struct cbor_reader *r, bool *v);
bool cbor_read_null(struct cbor_reader *r);
bool cbor_read_array(struct cbor_reader *r, size_t *count); // count never exceeds the bytes left
bool cbor_read_map(struct cbor_reader *r, size_t *count);   // keys must then be read with cbor_read_key
bool cbor_read_key(struct cbor_reader *r, uint64_t *previous, bool first, uint64_t *key); // ascending, else bad
bool cbor_skip(struct cbor_reader *r);         // one whole item, nesting to 16
bool cbor_at_end(const struct cbor_reader *r); // all read and not bad

#endif
