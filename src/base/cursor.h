// SPDX-License-Identifier: Apache-2.0
// Reading short texts from left to right: moments, durations, zone rules. A cursor never leaves its text.
// May call: nothing.
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stepdown/types.h>

struct cursor {
    const uint8_t *at, *end;
};

struct cursor cursor_of(stepdown_slice text);
bool cursor_done(const struct cursor *c);
bool cursor_take(struct cursor *c, char wanted);           // step over one byte, if it is `wanted`
bool cursor_take_word(struct cursor *c, const char *word); // step over all of `word` or nothing
bool cursor_at_digit(const struct cursor *c);
// Read digits, at least one and at most `most` (18 or fewer), as a number. Returns how many there were.
int cursor_take_digits(struct cursor *c, int most, int64_t *out);

#endif
