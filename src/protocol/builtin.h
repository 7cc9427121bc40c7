// SPDX-License-Identifier: Apache-2.0
// The protocol files of src/protocols/ as they stand in the library; the table is generated at build time.
// May call: nothing.
#ifndef PROTOCOL_BUILTIN_H
#define PROTOCOL_BUILTIN_H

#include <stddef.h>

struct builtin_protocol {
    const char *name;          // file name without .yaml
    const unsigned char *data; // the file; a NUL byte follows that is not counted
    size_t size;
};
extern const struct builtin_protocol protocol_builtin[]; // in the order of the names, closed by a row of NULL
extern const size_t protocol_builtin_count;

#endif
