// SPDX-License-Identifier: Apache-2.0
// Any bytes as a protocol file, or as an overlay of the shipped protocol when they begin with "overlay". What compiles
// must compile again to the same hash, and show and draw; what does not must say where and why. The input's size decides
// which allocation fails, so that every failure replays. May call: protocol, base.
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "protocol/builtin.h"
#include "protocol/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long countdown; // allocations until one fails; 0: none fails

static void *fuzz_allocate(void *ctx, void *block, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (countdown > 0 && --countdown == 0)
        return NULL;
    return realloc(block, size);
}

static void require(bool holds) {
    if (!holds)
        abort();
}

static void look(const struct env *env, const struct halves *halves) {
    struct buffer text;
    buffer_init(&text, env);
    protocol_show(halves, &text);
    protocol_draw(halves, &text);
    require(text.failed || text.size > 0);
    buffer_free(&text);
}

static stepdown_status compile(const struct env *env, struct digest *digest, stepdown_slice text, struct halves *out) {
    static const char word[] = "overlay";
    bool overlay = text.size > sizeof word && memcmp(text.data, word, sizeof word - 1) == 0;
    struct protocol_source source = {"input", text}, shipped = {"shipped", {NULL, 0}};
    struct arena arena;
    arena_init(&arena, env);
    if (overlay && !builtin_text(builtin_find("failed-first-visit-huddle"), &arena, &shipped.text)) {
        arena_free(&arena);
        return STEPDOWN_NOMEM;
    }
    struct compile_input input = {.protocols = overlay ? &shipped : &source,
                                  .protocol_count = 1,
                                  .overlays = &source,
                                  .overlay_count = overlay,
                                  .library = protocol_library_builtin()};
    stepdown_error *error = NULL;
    stepdown_status status = protocol_compile_halves(env, digest, &input, out, &error);
    require(status == STEPDOWN_OK || status == STEPDOWN_PROTOCOL || status == STEPDOWN_NOMEM);
    if (status == STEPDOWN_PROTOCOL && error)
        require(stepdown_error_diagnostic_count(error) > 0 && stepdown_error_diagnostic_count(error) <= 100);
    stepdown_error_free(&error);
    arena_free(&arena);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct env env = env_default();
    struct digest *digest = NULL;
    struct halves first = {.count = 0}, second = {.count = 0};
    env.allocate = fuzz_allocate;
    countdown = 0;
    require(digest_new(&env, &digest, NULL) == STEPDOWN_OK);
    stepdown_status status = compile(&env, digest, slice_of(data, size), &first);
    require((status == STEPDOWN_OK) == (first.count > 0));
    if (first.count > 0) {
        look(&env, &first);
        require(compile(&env, digest, slice_of(data, size), &second) == STEPDOWN_OK);
        require(memcmp(first.list[0]->hash, second.list[0]->hash, DIGEST_SIZE) == 0);
        halves_release(&second);
    }
    countdown = 1 + size % 61;
    status = compile(&env, digest, slice_of(data, size), &second);
    countdown = 0;
    require((status == STEPDOWN_OK) == (second.count > 0));
    halves_release(&second);
    halves_release(&first);
    digest_free(&digest);
    return 0;
}
