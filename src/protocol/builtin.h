// SPDX-License-Identifier: Apache-2.0
// The protocol files of src/protocols/ as they stand in the library, packed; the table is generated at build time.
// May call: zlib, base.
#ifndef PROTOCOL_BUILTIN_H
#define PROTOCOL_BUILTIN_H

#include "base/arena.h"
#include "base/bytes.h"

struct builtin_protocol {
    const char *name;            // file name without .yaml
    const unsigned char *packed; // gzip (RFC 1952)
    size_t packed_size, size;    // size: of the file
};
extern const struct builtin_protocol protocol_builtin[]; // in the order of the names, closed by a row of NULL
extern const size_t protocol_builtin_count;

const struct builtin_protocol *builtin_find(const char *name); // NULL: none of that name ships
// The file itself, in the arena, with a NUL byte after it that is not counted. False: out of memory.
bool builtin_text(const struct builtin_protocol *file, struct arena *arena, stepdown_slice *out);

#endif
