// SPDX-License-Identifier: Apache-2.0
// Growing buffers, big-endian numbers, slices, UTF-8, base32 and hex text, and the owned bytes object.
// May call: env, status.
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

void buffer_init(struct buffer *b, const struct env *env) { *b = (struct buffer){.env = env}; }

void buffer_free(struct buffer *b) {
    env_free(b->env, b->data);
    *b = (struct buffer){.env = b->env};
}

void buffer_clear(struct buffer *b) {
    b->size = 0;
    b->failed = false;
}

uint8_t *buffer_reserve(struct buffer *b, size_t more) {
    enum { BUFFER_FIRST = 64 };
    size_t need = b->size + (more == 0 ? 1 : more); // at least one, so that NULL always means failure
    if (b->failed || need < b->size) {
        b->failed = true;
        return NULL;
    }
    void *data = b->data;
    if (!env_grow(b->env, &data, &b->cap, need < BUFFER_FIRST ? BUFFER_FIRST : need, 1)) {
        b->failed = true;
        return NULL;
    }
    b->data = data;
    return b->data + b->size;
}

void buffer_append(struct buffer *b, const void *data, size_t size) {
    if (size == 0)
        return;
    uint8_t *to = buffer_reserve(b, size);
    if (to == NULL)
        return;
    memcpy(to, data, size);
    b->size += size;
}

void buffer_text(struct buffer *b, const char *text) { buffer_append(b, text, strlen(text)); }

void buffer_format(struct buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    uint8_t *to = size < 0 ? NULL : buffer_reserve(b, (size_t)size + 1);
    if (to == NULL) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf((char *)to, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

void buffer_decimal(struct buffer *b, uint64_t v) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    buffer_append(b, digits + at, sizeof digits - at);
}

void buffer_be16(struct buffer *b, uint16_t v) {
    uint8_t raw[2];
    write_be16(raw, v);
    buffer_append(b, raw, sizeof raw);
}

void buffer_be32(struct buffer *b, uint32_t v) {
    uint8_t raw[4];
    write_be32(raw, v);
    buffer_append(b, raw, sizeof raw);
}

void buffer_be64(struct buffer *b, uint64_t v) {
    uint8_t raw[8];
    write_be64(raw, v);
    buffer_append(b, raw, sizeof raw);
}

int slice_compare(stepdown_slice a, stepdown_slice b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

// Length of the well-formed sequence at `p`, of which `left` bytes can be read; 0 when there is none (RFC 3629).
static size_t utf8_sequence(const uint8_t *p, size_t left) {
    uint8_t lead = p[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size > left)
        return 0;
    // The second byte's range shuts out overlong forms, surrogates and what lies above U+10FFFF.
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

bool utf8_valid(stepdown_slice text, size_t *bad) {
    size_t at = 0;
    while (at < text.size) {
        size_t size = utf8_sequence(text.data + at, text.size - at);
        if (size == 0) {
            if (bad != NULL)
                *bad = at;
            return false;
        }
        at += size;
    }
    return true;
}

void base32_print_id(const uint8_t id[16], char text[27]) {
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        bits = bits << 8 | id[i];
        for (held += 8; held >= 5; held -= 5)
            text[at++] = digits[bits >> (held - 5) & 31];
    }
    text[at++] = digits[bits << (5 - held) & 31];
    text[at] = '\0';
}

static int base32_digit(uint8_t c) {
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool base32_parse_id(stepdown_slice text, uint8_t id[16]) {
    if (text.size != 26)
        return false;
    uint8_t parsed[17] = {0}; // the 130th bit lies in a byte of its own
    for (size_t i = 0; i < 26; i++) {
        int digit = base32_digit(text.data[i]);
        if (digit < 0)
            return false;
        size_t bit = i * 5;
        uint32_t pair = (uint32_t)digit << (11 - bit % 8);
        parsed[bit / 8] = (uint8_t)(parsed[bit / 8] | pair >> 8);
        if (bit / 8 < 16)
            parsed[bit / 8 + 1] = (uint8_t)(parsed[bit / 8 + 1] | (pair & 0xFF));
    }
    if (parsed[16] != 0)
        return false; // an id has one text form only
    memcpy(id, parsed, 16);
    return true;
}

void hex_print(const uint8_t *data, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    text[2 * size] = '\0';
}

stepdown_status bytes_new(const struct env *env, const void *data, size_t size, stepdown_bytes **out,
                          stepdown_error **out_error) {
    struct stepdown_bytes *bytes = NULL;
    if (size < SIZE_MAX - sizeof *bytes)
        bytes = env_alloc(env, sizeof *bytes + size + 1);
    if (bytes == NULL)
        return status_nomem(env, out_error);
    bytes->memory = env_memory(env);
    bytes->size = size;
    if (size > 0)
        memcpy(bytes->data, data, size);
    bytes->data[size] = '\0';
    *out = bytes;
    return STEPDOWN_OK;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_parse(stepdown_slice text, uint8_t *data) {
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        data[i / 2] = (uint8_t)(high * 16 + low);
    }
    return text.size % 2 == 0;
}
