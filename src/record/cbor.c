// SPDX-License-Identifier: Apache-2.0
// The one file that knows libcbor. Writing: heads through its low-level encoders into reserved buffer space. Reading:
// one item at a time through its streaming decoder, whose callbacks leave a note of what they saw; whatever the
// profile forbids (tags, floats, indefinite lengths, heads longer than needed) leaves no note or a wrong length.
// Heads of one byte, most of all, take a short way past it: that halves the cost of a record.
// May call: base.
#include "record/cbor.h"

// libcbor has an enum of the same name, which this file does not use.
#define cbor_type libcbor_type
#include <cbor/encoding.h>
#include <cbor/streaming.h>
#undef cbor_type

#include <string.h>

enum { HEAD_MAX = 9, NESTING_MAX = 16, SHORT_LIMIT = 24 };

// Major types as they stand in the upper three bits of a head.
enum { MAJOR_UINT, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP };

static uint8_t *head_room(struct buffer *b) {
    if (!b->failed && b->cap - b->size >= HEAD_MAX)
        return b->data + b->size;
    return buffer_reserve(b, HEAD_MAX);
}

static void head_write(struct buffer *b, int major, uint64_t v) {
    uint8_t *to = head_room(b);
    if (!to)
        return;
    if (v < SHORT_LIMIT) {
        *to = (uint8_t)((unsigned)major << 5 | v);
        b->size++;
        return;
    }
    switch (major) {
    case MAJOR_UINT: b->size += cbor_encode_uint(v, to, HEAD_MAX); break;
    case MAJOR_NEGATIVE: b->size += cbor_encode_negint(v, to, HEAD_MAX); break;
    case MAJOR_BYTES: b->size += cbor_encode_bytestring_start((size_t)v, to, HEAD_MAX); break;
    case MAJOR_TEXT: b->size += cbor_encode_string_start((size_t)v, to, HEAD_MAX); break;
    case MAJOR_ARRAY: b->size += cbor_encode_array_start((size_t)v, to, HEAD_MAX); break;
    case MAJOR_MAP: b->size += cbor_encode_map_start((size_t)v, to, HEAD_MAX); break;
    }
}

void cbor_write_uint(struct buffer *b, uint64_t v) { head_write(b, MAJOR_UINT, v); }

void cbor_write_int(struct buffer *b, int64_t v) {
    if (v < 0)
        head_write(b, MAJOR_NEGATIVE, ~(uint64_t)v);
    else
        head_write(b, MAJOR_UINT, (uint64_t)v);
}

void cbor_write_bytes_head(struct buffer *b, size_t size) { head_write(b, MAJOR_BYTES, size); }

void cbor_write_bytes(struct buffer *b, const void *data, size_t size) {
    head_write(b, MAJOR_BYTES, size);
    buffer_append(b, data, size);
}

void cbor_write_text(struct buffer *b, stepdown_slice text) {
    head_write(b, MAJOR_TEXT, text.size);
    buffer_append(b, text.data, text.size);
}

void cbor_write_bool(struct buffer *b, bool v) {
    uint8_t *to = head_room(b);
    if (to)
        b->size += cbor_encode_bool(v, to, HEAD_MAX);
}

void cbor_write_null(struct buffer *b) {
    uint8_t *to = head_room(b);
    if (to)
        b->size += cbor_encode_null(to, HEAD_MAX);
}

void cbor_write_array(struct buffer *b, size_t count) { head_write(b, MAJOR_ARRAY, count); }

void cbor_write_map(struct buffer *b, size_t count) { head_write(b, MAJOR_MAP, count); }

// What a callback saw. `value` is the number in the head, or the length, or the count.
struct item {
    bool seen;
    enum cbor_type type;
    uint64_t value;
    const uint8_t *data; // of a byte or text string
};

static void item_note(void *ctx, enum cbor_type type, uint64_t value, const uint8_t *data) {
    struct item *item = ctx;
    *item = (struct item){.seen = true, .type = type, .value = value, .data = data};
}

static void on_uint8(void *ctx, uint8_t v) { item_note(ctx, CBOR_UINT, v, NULL); }
static void on_uint16(void *ctx, uint16_t v) { item_note(ctx, CBOR_UINT, v, NULL); }
static void on_uint32(void *ctx, uint32_t v) { item_note(ctx, CBOR_UINT, v, NULL); }
static void on_uint64(void *ctx, uint64_t v) { item_note(ctx, CBOR_UINT, v, NULL); }
static void on_negint8(void *ctx, uint8_t v) { item_note(ctx, CBOR_NEGATIVE, v, NULL); }
static void on_negint16(void *ctx, uint16_t v) { item_note(ctx, CBOR_NEGATIVE, v, NULL); }
static void on_negint32(void *ctx, uint32_t v) { item_note(ctx, CBOR_NEGATIVE, v, NULL); }
static void on_negint64(void *ctx, uint64_t v) { item_note(ctx, CBOR_NEGATIVE, v, NULL); }
static void on_bytes(void *ctx, cbor_data data, size_t size) { item_note(ctx, CBOR_BYTES, size, data); }
static void on_text(void *ctx, cbor_data data, size_t size) { item_note(ctx, CBOR_TEXT, size, data); }
static void on_array(void *ctx, size_t count) { item_note(ctx, CBOR_ARRAY, count, NULL); }
static void on_map(void *ctx, size_t count) { item_note(ctx, CBOR_MAP, count, NULL); }
static void on_bool(void *ctx, bool v) { item_note(ctx, CBOR_BOOL, v, NULL); }
static void on_null(void *ctx) { item_note(ctx, CBOR_NULL, 0, NULL); }

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string = on_bytes,
    .string = on_text,
    .array_start = on_array,
    .map_start = on_map,
    .boolean = on_bool,
    .null = on_null,
    // Forbidden by the profile: seen by nobody, hence refused.
    .byte_string_start = cbor_null_byte_string_start_callback,
    .string_start = cbor_null_string_start_callback,
    .indef_array_start = cbor_null_indef_array_start_callback,
    .indef_map_start = cbor_null_indef_map_start_callback,
    .tag = cbor_null_tag_callback,
    .float2 = cbor_null_float2_callback,
    .float4 = cbor_null_float4_callback,
    .float8 = cbor_null_float8_callback,
    .undefined = cbor_null_undefined_callback,
    .indef_break = cbor_null_indef_break_callback,
};

static size_t head_size(const struct item *item) {
    if (item->type == CBOR_BOOL || item->value < 24)
        return 1;
    if (item->value <= UINT8_MAX)
        return 2;
    if (item->value <= UINT16_MAX)
        return 3;
    return item->value <= UINT32_MAX ? 5 : 9;
}

static bool reader_refuse(struct cbor_reader *r) {
    r->bad = true;
    return false;
}

static const enum cbor_type major_types[] = {
    [MAJOR_UINT] = CBOR_UINT, [MAJOR_NEGATIVE] = CBOR_NEGATIVE, [MAJOR_BYTES] = CBOR_BYTES,
    [MAJOR_TEXT] = CBOR_TEXT, [MAJOR_ARRAY] = CBOR_ARRAY,       [MAJOR_MAP] = CBOR_MAP,
};
enum { MAJOR_COUNT = sizeof major_types / sizeof major_types[0] };

// An item whose head is one byte that says all: which is the shortest head there is.
static bool short_next(struct cbor_reader *r, enum cbor_type type, struct item *item) {
    uint8_t first = r->data[r->at];
    size_t value = first & 31u, payload = type == CBOR_BYTES || type == CBOR_TEXT ? value : 0;
    if (first >> 5 >= MAJOR_COUNT || major_types[first >> 5] != type || value >= SHORT_LIMIT ||
        r->size - r->at - 1 < payload)
        return false;
    *item = (struct item){.seen = true, .type = type, .value = value, .data = r->data + r->at + 1};
    r->at += 1 + payload;
    return true;
}

// The next item if it is of `type` and canonical; the position moves past its head (and past the string).
static bool reader_next(struct cbor_reader *r, enum cbor_type type, struct item *item) {
    if (r->bad || r->at >= r->size)
        return reader_refuse(r);
    if (short_next(r, type, item))
        return true;
    item->seen = false;
    struct cbor_decoder_result result = cbor_stream_decode(r->data + r->at, r->size - r->at, &callbacks, item);
    if (result.status != CBOR_DECODER_FINISHED || !item->seen || item->type != type)
        return reader_refuse(r);
    size_t payload = type == CBOR_BYTES || type == CBOR_TEXT ? (size_t)item->value : 0;
    if (result.read != head_size(item) + payload)
        return reader_refuse(r);
    r->at += result.read;
    return true;
}

void cbor_reader_init(struct cbor_reader *r, stepdown_slice in) {
    *r = (struct cbor_reader){.data = in.data, .size = in.size};
}

bool cbor_peek(struct cbor_reader *r, enum cbor_type *type) {
    if (r->bad || r->at >= r->size)
        return reader_refuse(r);
    uint8_t first = r->data[r->at];
    if (first >> 5 < MAJOR_COUNT)
        *type = major_types[first >> 5];
    else if (first == 0xf4 || first == 0xf5)
        *type = CBOR_BOOL;
    else if (first == 0xf6)
        *type = CBOR_NULL;
    else
        return reader_refuse(r);
    return true;
}

bool cbor_read_uint(struct cbor_reader *r, uint64_t *v) {
    struct item item;
    if (!reader_next(r, CBOR_UINT, &item))
        return false;
    *v = item.value;
    return true;
}

bool cbor_read_int(struct cbor_reader *r, int64_t *v) {
    struct item item;
    enum cbor_type type;
    if (!cbor_peek(r, &type))
        return false;
    bool negative = type == CBOR_NEGATIVE;
    if (!reader_next(r, negative ? CBOR_NEGATIVE : CBOR_UINT, &item))
        return false;
    if (item.value > INT64_MAX)
        return reader_refuse(r);
    *v = negative ? -1 - (int64_t)item.value : (int64_t)item.value;
    return true;
}

bool cbor_read_bytes(struct cbor_reader *r, stepdown_slice *out) {
    struct item item;
    if (!reader_next(r, CBOR_BYTES, &item))
        return false;
    *out = slice_of(item.data, (size_t)item.value);
    return true;
}

bool cbor_read_text(struct cbor_reader *r, stepdown_slice *out) {
    struct item item;
    size_t where;
    if (!reader_next(r, CBOR_TEXT, &item))
        return false;
    stepdown_slice text = slice_of(item.data, (size_t)item.value);
    if (!utf8_valid(text, &where))
        return reader_refuse(r);
    *out = text;
    return true;
}

bool cbor_read_bool(struct cbor_reader *r, bool *v) {
    struct item item;
    if (!reader_next(r, CBOR_BOOL, &item))
        return false;
    *v = item.value != 0;
    return true;
}

bool cbor_read_null(struct cbor_reader *r) {
    struct item item;
    return reader_next(r, CBOR_NULL, &item);
}

bool cbor_read_array(struct cbor_reader *r, size_t *count) {
    struct item item;
    if (!reader_next(r, CBOR_ARRAY, &item))
        return false;
    if (item.value > r->size - r->at)
        return reader_refuse(r);
    *count = (size_t)item.value;
    return true;
}

bool cbor_read_map(struct cbor_reader *r, size_t *count) {
    struct item item;
    if (!reader_next(r, CBOR_MAP, &item))
        return false;
    if (item.value > (r->size - r->at) / 2)
        return reader_refuse(r);
    *count = (size_t)item.value;
    return true;
}

bool cbor_read_key(struct cbor_reader *r, uint64_t *previous, bool first, uint64_t *key) {
    uint64_t found;
    if (!cbor_read_uint(r, &found))
        return false;
    if (!first && found <= *previous)
        return reader_refuse(r);
    *previous = *key = found;
    return true;
}

static bool skip_item(struct cbor_reader *r, int depth);

static bool skip_array(struct cbor_reader *r, int depth) {
    size_t count;
    bool ok = cbor_read_array(r, &count);
    for (size_t i = 0; ok && i < count; i++)
        ok = skip_item(r, depth + 1);
    return ok;
}

static bool skip_map(struct cbor_reader *r, int depth) {
    size_t count;
    uint64_t previous = 0, key;
    bool ok = cbor_read_map(r, &count);
    for (size_t i = 0; ok && i < count; i++)
        ok = cbor_read_key(r, &previous, i == 0, &key) && skip_item(r, depth + 1);
    return ok;
}

static bool skip_item(struct cbor_reader *r, int depth) {
    enum cbor_type type;
    struct item item;
    stepdown_slice text;
    if (depth >= NESTING_MAX)
        return reader_refuse(r);
    if (!cbor_peek(r, &type))
        return false;
    if (type == CBOR_ARRAY)
        return skip_array(r, depth);
    if (type == CBOR_MAP)
        return skip_map(r, depth);
    return type == CBOR_TEXT ? cbor_read_text(r, &text) : reader_next(r, type, &item);
}

bool cbor_skip(struct cbor_reader *r) { return skip_item(r, 0); }

bool cbor_at_end(const struct cbor_reader *r) { return !r->bad && r->at == r->size; }
