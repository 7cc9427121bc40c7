// SPDX-License-Identifier: Apache-2.0
// The same loops in C (overhead.c) and in C++ (overhead.cpp, which is the program), over the same store. What each gives is
// compared; what each costs is counted by callgrind, which collects inside `measured`. See overhead.py.
#ifndef OVERHEAD_H
#define OVERHEAD_H

#include <stepdown.h>

#ifdef __cplusplus
extern "C" {
#endif

struct subject {
    stepdown_engine *engine;
    stepdown_session *session;
    const char *pathway;
};

// Each gives a sum of what it read, so that nothing is left out.
int64_t c_cells(const struct subject *subject);    // every row of a board, again and again: text, moment, boolean
int64_t c_views(const struct subject *subject);    // board and items are asked and freed
int64_t c_next_due(const struct subject *subject); // the smallest question
int64_t c_command(const struct subject *subject);  // a command is made, filled and freed

#ifdef __cplusplus
}
#endif
#endif
