// SPDX-License-Identifier: Apache-2.0
// The steps that all readers of short texts share.
// May call: nothing.
#include "base/cursor.h"

#include <string.h>

struct cursor cursor_of(stepdown_slice text) {
    static const uint8_t nothing = 0; // an empty slice may have no address to count from
    const uint8_t *at = text.size > 0 ? text.data : &nothing;
    return (struct cursor){at, at + text.size};
}

bool cursor_done(const struct cursor *c) { return c->at == c->end; }

bool cursor_take(struct cursor *c, char wanted) {
    if (c->at == c->end || *c->at != (uint8_t)wanted)
        return false;
    c->at++;
    return true;
}

bool cursor_take_word(struct cursor *c, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0)
        return false;
    c->at += size;
    return true;
}

bool cursor_at_digit(const struct cursor *c) { return c->at < c->end && *c->at >= '0' && *c->at <= '9'; }

int cursor_take_digits(struct cursor *c, int most, int64_t *out) {
    int64_t value = 0;
    int count = 0;
    for (; count < most && cursor_at_digit(c); count++)
        value = value * 10 + (*c->at++ - '0');
    *out = value;
    return count;
}
