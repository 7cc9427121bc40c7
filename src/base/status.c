// SPDX-License-Identifier: Apache-2.0
// Making, filling and freeing errors, and gathering diagnostics. An error is one block with its message at the end, so
// that making one needs a single allocation; details and diagnostics are added behind it.
// May call: env, bytes.
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

enum { MESSAGE_MOST = 1000 };

struct env env_memory(const struct env *env) {
    return (struct env){.allocate = env->allocate, .allocate_ctx = env->allocate_ctx};
}

// Messages quote what came from outside; whoever shows them relies on UTF-8.
static void text_mend(char *text, size_t size) {
    size_t from = 0, bad = 0;
    while (!utf8_valid(slice_of(text + from, size - from), &bad)) {
        from += bad;
        text[from++] = '?';
    }
}

// Format into `out` (MESSAGE_MOST + 1 bytes), cut before a character that would not fit whole.
static void text_format(char *out, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void text_format(char *out, const char *format, va_list args) {
    int size = vsnprintf(out, MESSAGE_MOST + 1, format, args);
    if (size < 0) {
        out[0] = '\0';
        return;
    }
    if (size <= MESSAGE_MOST)
        return;
    size_t end = MESSAGE_MOST, start = end;
    while (start > 0 && end - start < 4) { // find the last lead byte
        start--;
        if ((out[start] & 0xC0) != 0x80)
            break;
    }
    if (!utf8_valid(slice_of(out + start, end - start), NULL))
        end = start;
    out[end] = '\0';
}

stepdown_status error_make(const struct env *env, stepdown_error **out, stepdown_status code, const char *message) {
    if (out == NULL || *out != NULL)
        return code;
    size_t size = strlen(message);
    struct stepdown_error *error = env_alloc(env, sizeof *error + size + 1);
    if (error == NULL)
        return code;
    *error = (struct stepdown_error){.memory = env_memory(env), .code = code};
    diagnostics_init(&error->diagnostics, &error->memory);
    memcpy(error->message, message, size + 1);
    text_mend(error->message, size);
    *out = error;
    return code;
}

void error_free(stepdown_error **error) {
    if (error == NULL || *error == NULL)
        return;
    struct stepdown_error *e = *error;
    *error = NULL;
    if (e->cookie_release != NULL)
        e->cookie_release(e->cookie);
    for (size_t i = 0; i < e->detail_count; i++)
        env_free(&e->memory, e->details[i].key);
    env_free(&e->memory, e->details);
    diagnostics_clear(&e->diagnostics);
    struct env memory = e->memory;
    env_free(&memory, e);
}

stepdown_status status_fail(const struct env *env, stepdown_error **out, stepdown_status code, const char *format,
                            ...) {
    if (out == NULL || *out != NULL)
        return code;
    char message[MESSAGE_MOST + 1];
    va_list args;
    va_start(args, format);
    text_format(message, format, args);
    va_end(args);
    return error_make(env, out, code, message);
}

stepdown_status status_nomem(const struct env *env, stepdown_error **out) {
    return error_make(env, out, STEPDOWN_NOMEM, "out of memory");
}

void status_detail(stepdown_error **out, const char *key, const char *format, ...) {
    if (out == NULL || *out == NULL)
        return;
    struct stepdown_error *error = *out;
    char value[MESSAGE_MOST + 1];
    va_list args;
    va_start(args, format);
    text_format(value, format, args);
    va_end(args);
    size_t key_size = strlen(key) + 1, value_size = strlen(value) + 1;
    void *list = error->details;
    if (!env_grow(&error->memory, &list, &error->detail_cap, error->detail_count + 1, sizeof *error->details))
        return;
    error->details = list;
    char *block = env_alloc(&error->memory, key_size + value_size);
    if (block == NULL)
        return;
    struct error_detail *detail = &error->details[error->detail_count++];
    *detail = (struct error_detail){.key = block, .value = block + key_size};
    memcpy(detail->key, key, key_size);
    memcpy(detail->value, value, value_size);
    text_mend(detail->key, key_size - 1);
    text_mend(detail->value, value_size - 1);
}

struct diagnostic_text {
    struct diagnostic_text *next;
    char text[]; // file, rule and message, each with its NUL
};

void diagnostics_init(struct diagnostics *d, const struct env *env) { *d = (struct diagnostics){.env = env}; }

void diagnostics_clear(struct diagnostics *d) {
    struct diagnostic_text *text = d->texts;
    while (text != NULL) {
        struct diagnostic_text *next = text->next;
        env_free(d->env, text);
        text = next;
    }
    env_free(d->env, d->list);
    diagnostics_init(d, d->env);
}

static char *text_put(char *to, const char *text, size_t size) {
    memcpy(to, text, size + 1);
    text_mend(to, size);
    return to;
}

// Copy the three texts of a diagnostic into one block of the list.
static bool diagnostic_copy(struct diagnostics *d, struct diagnostic *one) {
    size_t file = strlen(one->file), rule = strlen(one->rule), message = strlen(one->message);
    struct diagnostic_text *block = env_alloc(d->env, sizeof *block + file + rule + message + 3);
    if (block == NULL)
        return false;
    block->next = d->texts;
    d->texts = block;
    one->file = text_put(block->text, one->file, file);
    one->rule = text_put(block->text + file + 1, one->rule, rule);
    one->message = text_put(block->text + file + rule + 2, one->message, message);
    return true;
}

static bool diagnostic_before(const struct diagnostic *a, const struct diagnostic *b) {
    if (strcmp(a->file, b->file) != 0)
        return false;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void diagnostics_add(struct diagnostics *d, const char *file, uint32_t line, uint32_t column, const char *rule,
                     const char *format, ...) {
    if (d->count >= DIAGNOSTICS_MAX) {
        d->dropped++;
        return;
    }
    char message[MESSAGE_MOST + 1];
    va_list args;
    va_start(args, format);
    text_format(message, format, args);
    va_end(args);
    struct diagnostic one = {file, line, column, rule, message};
    void *list = d->list;
    if (!env_grow(d->env, &list, &d->cap, d->count + 1, sizeof *d->list)) {
        d->failed_alloc = true;
        return;
    }
    d->list = list;
    if (!diagnostic_copy(d, &one)) {
        d->failed_alloc = true;
        return;
    }
    // Checks run in passes; a reader wants the problems of a file from top to bottom.
    size_t at = d->count++;
    for (; at > 0 && diagnostic_before(&one, &d->list[at - 1]); at--)
        d->list[at] = d->list[at - 1];
    d->list[at] = one;
}

stepdown_status diagnostics_report(struct diagnostics *d, stepdown_error **out, stepdown_status code) {
    if (d->failed_alloc)
        return status_nomem(d->env, out);
    if (d->count == 0)
        return STEPDOWN_OK;
    if (out == NULL || *out != NULL)
        return code;
    const struct diagnostic *first = &d->list[0];
    size_t total = d->count + d->dropped;
    status_fail(d->env, out, code, "%zu problem%s; first: %s:%u:%u: %s", total, total == 1 ? "" : "s", first->file,
                (unsigned)first->line, (unsigned)first->column, first->message);
    if (*out == NULL)
        return code;
    (*out)->diagnostics = *d;
    (*out)->diagnostics.env = &(*out)->memory;
    diagnostics_init(d, d->env);
    return code;
}
