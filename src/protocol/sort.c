// SPDX-License-Identifier: Apache-2.0
// Telling overlays and dictionaries from protocols before anything is compiled: by its first key. May call: base.
#include <string.h>

#include "protocol/compile.h"

static bool first_key(stepdown_slice text, const char *key) {
    size_t key_size = strlen(key);
    const char *p = (const char *)text.data, *end = p + text.size;
    while (p < end) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        size_t size = (size_t)((line_end != NULL ? line_end : end) - p);
        if (size >= key_size && memcmp(p, key, key_size) == 0) {
            return true;
        }
        bool skipped =
            size == 0 || p[0] == '#' || p[0] == ' ' || p[0] == '\r' || memcmp(p, "---", size < 3 ? size : 3) == 0;
        if (!skipped || line_end == NULL) {
            return false;
        }
        p = line_end + 1;
    }
    return false;
}

bool protocol_is_overlay(stepdown_slice text) { return first_key(text, "overlay:"); }

bool protocol_is_dictionary(stepdown_slice text) { return first_key(text, "dictionary:"); }
