// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of this room; paths are relative to the source tree.
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/platform.h"

static void tree_path(const char *path, char full[512]) {
    int size = snprintf(full, 512, "%s/%s", STEPDOWN_SOURCE_DIR, path);
    assert_in_range(size, 1, 511);
}

char *read_tree_file(const char *path, size_t *size) {
    char full[512];
    uint8_t *data = NULL;
    struct env env = env_default();
    tree_path(path, full);
    assert_int_equal(platform_read_file(&env, full, 1 << 26, &data, size), PLATFORM_FILE_OK);
    return (char *)data;
}

bool tree_file_exists(const char *path) {
    char full[512];
    tree_path(path, full);
    FILE *file = fopen(full, "rb");
    if (file)
        (void)fclose(file);
    return file != NULL;
}

stepdown_status compile_halves(const struct env *env, const char *protocol, const char *overlay, struct halves *out,
                               stepdown_error **out_error) {
    struct protocol_source source = {"protocol", slice_text(protocol)};
    struct protocol_source local = {"overlay", slice_text(overlay)};
    struct compile_input input = {.protocols = &source,
                                  .protocol_count = 1,
                                  .overlays = &local,
                                  .overlay_count = overlay != NULL,
                                  .library = protocol_library_builtin()};
    struct digest *digest = NULL;
    assert_int_equal(digest_new(env, &digest, NULL), STEPDOWN_OK);
    stepdown_status status = protocol_compile_halves(env, digest, &input, out, out_error);
    digest_free(&digest);
    return status;
}

stepdown_status compile_texts(const struct env *env, const char *protocol, const char *overlay,
                              const struct protocol_setting *settings, size_t setting_count, struct definitions **out,
                              stepdown_error **out_error) {
    struct protocol_source source = {"protocol", slice_text(protocol)};
    struct protocol_source local = {"overlay", slice_text(overlay)};
    struct compile_input input = {.protocols = &source,
                                  .protocol_count = 1,
                                  .overlays = &local,
                                  .overlay_count = overlay != NULL,
                                  .settings = settings,
                                  .setting_count = setting_count,
                                  .library = protocol_library_builtin()};
    struct digest *digest = NULL;
    struct env plain = env_default(); // so that a failing allocator meets the compiler alone
    assert_int_equal(digest_new(&plain, &digest, NULL), STEPDOWN_OK);
    stepdown_status status = protocol_compile(env, digest, &input, out, out_error);
    digest_free(&digest);
    return status;
}

void outcome_print(stepdown_status status, const stepdown_error *error, struct buffer *out) {
    if (status == STEPDOWN_OK)
        buffer_text(out, "OK\n");
    else if (status != STEPDOWN_PROTOCOL)
        buffer_format(out, "%s\n", stepdown_status_name(status));
    for (size_t i = 0; error && i < stepdown_error_diagnostic_count(error); i++) {
        const char *file = stepdown_error_diagnostic_file(error, i);
        buffer_format(out, "%s%s%u:%u: [%s] %s\n", strcmp(file, "protocol") == 0 ? "" : file,
                      strcmp(file, "protocol") == 0 ? "" : ":", (unsigned)stepdown_error_diagnostic_line(error, i),
                      (unsigned)stepdown_error_diagnostic_column(error, i), stepdown_error_diagnostic_rule(error, i),
                      stepdown_error_diagnostic_message(error, i));
    }
}

bool matches_file(const char *path, const struct buffer *text) {
    char full[512];
    struct env env = env_default();
    assert_false(text->failed);
    tree_path(path, full);
    if (getenv("STEPDOWN_UPDATE")) {
        FILE *file = fopen(full, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
        assert_int_equal(fclose(file), 0);
        return true;
    }
    if (!tree_file_exists(path)) {
        print_error("%s: no such file; it would hold:\n%.*s", path, (int)text->size, (const char *)text->data);
        return false;
    }
    size_t size;
    char *expected = read_tree_file(path, &size);
    bool same = size == text->size && memcmp(expected, text->data, size) == 0;
    if (!same)
        print_error("%s expects\n%s\nbut it is\n%.*s\n", path, expected, (int)text->size, (const char *)text->data);
    env_free(&env, expected);
    return same;
}
