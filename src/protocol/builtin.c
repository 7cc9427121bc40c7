// SPDX-License-Identifier: Apache-2.0
// The shipped files, unpacked when somebody asks for one. May call: zlib, base.
#define ZLIB_CONST
#include "protocol/builtin.h"

#include <string.h>
#include <zlib.h>

// zlib's own state dies with the arena.
static voidpf take(voidpf arena, uInt items, uInt size) { return arena_zalloc(arena, (size_t)items * size); }
static void leave(voidpf arena, voidpf block) {
    (void)arena;
    (void)block;
}

bool builtin_text(const struct builtin_protocol *file, struct arena *arena, stepdown_slice *out) {
    enum { GZIP = 16 };
    uint8_t *text = arena_alloc(arena, file->size + 1);
    z_stream stream = {.zalloc = take,
                       .zfree = leave,
                       .opaque = arena,
                       .next_in = file->packed,
                       .avail_in = (uInt)file->packed_size,
                       .next_out = text,
                       .avail_out = (uInt)file->size};
    if (text == NULL || inflateInit2(&stream, GZIP + MAX_WBITS) != Z_OK) {
        return false;
    }
    bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
    (void)inflateEnd(&stream);
    text[file->size] = '\0';
    *out = slice_of(text, file->size);
    return whole;
}

const struct builtin_protocol *builtin_find(const char *name) {
    for (const struct builtin_protocol *file = protocol_builtin; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}
