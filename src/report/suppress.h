// SPDX-License-Identifier: Apache-2.0
// Which numbers of a table are kept back so that nobody can tell how many they are. May call: nothing.
#ifndef REPORT_SUPPRESS_H
#define REPORT_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// `counts` are apart and add up to the total. Numbers from 1 to `small` are kept back; nought is shown. One that would be
// kept back alone takes the smallest other one with it, and a total is shown only when nothing under it is kept back, so
// that no number can be worked out from the others. True: the total is kept back too.
bool suppress_small(const int64_t *counts, size_t count, int64_t small, bool *hidden);

#endif
