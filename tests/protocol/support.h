// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: compiling texts and files, and the outcome as text.
#ifndef TESTS_PROTOCOL_SUPPORT_H
#define TESTS_PROTOCOL_SUPPORT_H

#include "protocol/compile.h"

// A file of the source tree, in memory of env_default (env_free it); fails the test when it cannot be read.
char *read_tree_file(const char *path, size_t *size);
bool tree_file_exists(const char *path);
// Compile one protocol and perhaps an overlay with the shipped dictionaries.
stepdown_status compile_texts(const struct env *env, const char *protocol, const char *overlay,
                              const struct protocol_setting *settings, size_t setting_count, struct definitions **out,
                              stepdown_error **out_error);
// The same with every half of it.
stepdown_status compile_halves(const struct env *env, const char *protocol, const char *overlay, struct halves *out,
                               stepdown_error **out_error);
// "OK", or one line for each diagnostic: "line:column: [rule] message" ("overlay:" before those of the overlay).
void outcome_print(stepdown_status status, const stepdown_error *error, struct buffer *out);
// Compare with a file of the tree; with STEPDOWN_UPDATE set, write it. False: different, and said so.
bool matches_file(const char *path, const struct buffer *text);

#endif
