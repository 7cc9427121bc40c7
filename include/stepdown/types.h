// SPDX-License-Identifier: Apache-2.0
// The few plain types that every other header uses.
#ifndef STEPDOWN_TYPES_H
#define STEPDOWN_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(STEPDOWN_STATIC) || !(defined(_WIN32) || defined(__GNUC__))
#define STEPDOWN_API
#elif defined(_WIN32)
#if defined(STEPDOWN_BUILDING)
#define STEPDOWN_API __declspec(dllexport)
#else
#define STEPDOWN_API __declspec(dllimport)
#endif
#else
#define STEPDOWN_API __attribute__((visibility("default")))
#endif

#if defined(__GNUC__)
#define STEPDOWN_MUST_USE __attribute__((warn_unused_result))
#else
#define STEPDOWN_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

// A borrowed run of bytes. Frozen: it will never grow.
typedef struct stepdown_slice {
    const uint8_t *data; // may be NULL when size is 0
    size_t size;         // in bytes
} stepdown_slice;

// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Negative before 1970.
typedef int64_t stepdown_time;

// "No moment": returned where nothing is due, accepted where a moment may be left out.
#define STEPDOWN_TIME_NONE INT64_MIN

// Memory for the library. Works like realloc: `block` may be NULL, `size` 0 frees and returns NULL. Returns NULL when
// memory ran out, and then leaves `block` as it was. Must be callable from any thread that uses the engine.
typedef void *(*stepdown_allocate_fn)(void *ctx, void *block, size_t size);

// Bytes or text that the library made and the caller owns. The text form ends in a NUL byte that is not counted.
typedef struct stepdown_bytes stepdown_bytes;
// Borrowed until freed; never NULL for a live object.
STEPDOWN_API const uint8_t *stepdown_bytes_data(const stepdown_bytes *bytes);
STEPDOWN_API size_t stepdown_bytes_size(const stepdown_bytes *bytes);
// Free and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_bytes_free(stepdown_bytes **bytes);

#ifdef __cplusplus
}
#endif
#endif
