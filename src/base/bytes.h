// SPDX-License-Identifier: Apache-2.0
// Growing byte buffers, slices, UTF-8, base32, hex, and the owned stepdown_bytes object.
// May call: env, status.
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <string.h>

#include "base/env.h"
#include "base/status.h"

struct buffer {
    const struct env *env;
    uint8_t *data;
    size_t size, cap;
    bool failed; // an append ran out of memory; later appends do nothing, the caller checks once at the end
};
void buffer_init(struct buffer *b, const struct env *env);
void buffer_free(struct buffer *b);
void buffer_clear(struct buffer *b); // size 0, memory kept, failed cleared
// Room for `more` bytes at the end (NULL: failed); then add to size.
uint8_t *buffer_reserve(struct buffer *b, size_t more);
void buffer_append(struct buffer *b, const void *data, size_t size);
void buffer_text(struct buffer *b, const char *text);
void buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_decimal(struct buffer *b, uint64_t v); // as buffer_format with %llu, at a tenth of its cost
void buffer_be16(struct buffer *b, uint16_t v);
void buffer_be32(struct buffer *b, uint32_t v);
void buffer_be64(struct buffer *b, uint64_t v);

// In the header because they are called everywhere and take a few instructions each.
static inline uint16_t read_be16(const uint8_t *p) { return (uint16_t)((uint32_t)p[0] << 8 | p[1]); }
static inline uint32_t read_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t read_be64(const uint8_t *p) { return (uint64_t)read_be32(p) << 32 | read_be32(p + 4); }
static inline void write_be16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void write_be32(uint8_t *p, uint32_t v) {
    write_be16(p, (uint16_t)(v >> 16));
    write_be16(p + 2, (uint16_t)v);
}
static inline void write_be64(uint8_t *p, uint64_t v) {
    write_be32(p, (uint32_t)(v >> 32));
    write_be32(p + 4, (uint32_t)v);
}

static inline stepdown_slice slice_of(const void *data, size_t size) {
    return (stepdown_slice){.data = data, .size = size};
}
// NULL gives the empty slice.
static inline stepdown_slice slice_text(const char *text) { return slice_of(text, text == NULL ? 0 : strlen(text)); }
static inline bool slice_equal(stepdown_slice a, stepdown_slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
int slice_compare(stepdown_slice a, stepdown_slice b); // unsigned bytes, shorter first on a tie
static inline bool slice_is(stepdown_slice a, const char *text) {
    if (a.size > 0 && text != NULL && a.data[0] != (uint8_t)text[0])
        return false; // which settles most comparisons without measuring the text
    return slice_equal(a, slice_text(text));
}
// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? On false *bad is the offset of the first bad byte.
bool utf8_valid(stepdown_slice text, size_t *bad);

// 16 bytes <-> 26 characters, lower-case RFC 4648 base32 without padding. `text` has room for 27.
void base32_print_id(const uint8_t id[16], char text[27]);
bool base32_parse_id(stepdown_slice text, uint8_t id[16]);    // upper case accepted; false: not an id
void hex_print(const uint8_t *data, size_t size, char *text); // 2 * size + 1 characters
bool hex_parse(stepdown_slice text, uint8_t *data);           // text.size / 2 bytes; false: odd length or no hex digit

// New owned object with a copy of `data`.
stepdown_status bytes_new(const struct env *env, const void *data, size_t size, stepdown_bytes **out,
                          stepdown_error **out_error);

#endif
