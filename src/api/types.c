// SPDX-License-Identifier: Apache-2.0
// The exported functions of <stepdown/types.h>: reading and freeing bytes that the library made.
// May call: base.
#include <stepdown/types.h>

#include "base/error.h"

const uint8_t *stepdown_bytes_data(const stepdown_bytes *bytes) { return bytes->data; }

size_t stepdown_bytes_size(const stepdown_bytes *bytes) { return bytes->size; }

void stepdown_bytes_free(stepdown_bytes **bytes) {
    if (bytes == NULL || *bytes == NULL)
        return;
    struct env memory = (*bytes)->memory;
    env_free(&memory, *bytes);
    *bytes = NULL;
}
