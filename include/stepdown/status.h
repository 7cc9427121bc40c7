// SPDX-License-Identifier: Apache-2.0
// Status codes and the error object that carries their detail.
//
// Every call that can fail returns a stepdown_status and fills an owned stepdown_error when the caller passed a place
// for one. Nothing is thread-local and nothing goes stale: an error belongs to whoever received it.
//
// The headers name at each call what it returns beside OK. What any call may return is said here once: INVALID when an
// argument that must not be NULL is NULL or a text is not UTF-8, NOMEM, and from calls on an engine or a session CLOSED
// and REENTRANT. `Storage codes` are what a store may answer: CONTENDED, BUSY, TIMEOUT, UNKNOWN, FULL, IO, CORRUPT,
// READONLY, UNSUPPORTED, LIMIT, MISUSE, HOST, and CLOSED when the storage was closed. A call that fails changes nothing,
// and leaves its `out` arguments as they were.
#ifndef STEPDOWN_STATUS_H
#define STEPDOWN_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include <stepdown/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// The one table of codes: name, number (permanent), category, what it means.
// Documentation and the exception classes of every language binding are generated from it.
#define STEPDOWN_STATUS_TABLE(X)                                                                                       \
    X(OK, 0, NONE, "success")                                                                                          \
    X(INVALID, 1, INPUT, "an argument, a field or a file is malformed or out of range")                                \
    X(NOT_FOUND, 2, INPUT, "no such pathway, item, entry, form, gate or protocol")                                     \
    X(EXISTS, 3, INPUT, "it exists already")                                                                           \
    X(LIMIT, 4, INPUT, "a documented limit on size or number is exceeded")                                             \
    X(MISUSE, 5, PROGRAM, "the call is not allowed on this handle or at this point")                                   \
    X(CLOSED, 6, PROGRAM, "the handle was closed")                                                                     \
    X(REENTRANT, 7, PROGRAM, "called on an engine from inside one of its own callbacks")                               \
    X(HELD, 10, REFUSED, "a gate holds the step; the detail names every unmet need")                                   \
    X(DENIED, 11, REFUSED, "role, organization, purpose or consent does not allow it")                                 \
    X(WRONG_STATE, 12, REFUSED, "the item is not in a state from which this step leads")                               \
    X(STALE, 13, REFUSED, "the expected version is old: read again and decide again")                                  \
    X(KEY_REUSED, 14, REFUSED, "the command id was used before for another request")                                   \
    X(PROTOCOL, 15, INPUT, "a protocol file was refused; its diagnostics say where and why")                           \
    X(CONTENDED, 20, RETRY, "other writers kept winning; try again")                                                   \
    X(BUSY, 21, RETRY, "the storage is busy; nothing was applied")                                                     \
    X(TIMEOUT, 22, RETRY, "the storage timed out; nothing was applied")                                                \
    X(CONFLICT, 23, RETRY, "storage: a checked or written key changed since the snapshot")                             \
    X(UNKNOWN, 24, RETRY, "storage: the commit may or may not have been applied; ask again with the same command id")  \
    X(NOMEM, 30, RESOURCE, "out of memory")                                                                            \
    X(FULL, 31, RESOURCE, "the storage has no room")                                                                   \
    X(IO, 40, STORAGE, "reading or writing failed")                                                                    \
    X(CORRUPT, 41, STORAGE, "stored bytes do not fit together; nothing was changed")                                   \
    X(READONLY, 42, STORAGE, "the storage is open for reading only")                                                   \
    X(UNSUPPORTED, 43, STORAGE, "a foreign file, or a format newer than this library knows")                           \
    X(HOST, 50, HOST, "a callback of the host failed; the error may carry the host's own exception")                   \
    X(INTERNAL, 60, PROGRAM, "an invariant of the library does not hold; nothing was changed")

typedef int32_t stepdown_status;

#define STEPDOWN_STATUS_ENUM(name, number, category, text) STEPDOWN_##name = (number),
enum { STEPDOWN_STATUS_TABLE(STEPDOWN_STATUS_ENUM) };
#undef STEPDOWN_STATUS_ENUM

// What a caller can do about a status, one for each family of codes.
enum {
    STEPDOWN_CATEGORY_NONE = 0,     // success
    STEPDOWN_CATEGORY_INPUT = 1,    // mend the input
    STEPDOWN_CATEGORY_PROGRAM = 2,  // mend the calling program
    STEPDOWN_CATEGORY_REFUSED = 3,  // the rules of care say no; tell the user why
    STEPDOWN_CATEGORY_RETRY = 4,    // the same call may succeed later
    STEPDOWN_CATEGORY_RESOURCE = 5, // memory or disk ran out
    STEPDOWN_CATEGORY_STORAGE = 6,  // the store needs an operator
    STEPDOWN_CATEGORY_HOST = 7      // a callback of the host failed
};

// Name of a code without its prefix ("HELD"), or "?" for a number that is no code. Static text.
STEPDOWN_API const char *stepdown_status_name(stepdown_status status);
// One sentence that says what a code means. Static text.
STEPDOWN_API const char *stepdown_status_text(stepdown_status status);
// One of STEPDOWN_CATEGORY_*; CATEGORY_PROGRAM for a number that is no code.
STEPDOWN_API int32_t stepdown_status_category(stepdown_status status);

// An error: code, message for people, and detail as key/value pairs for programs. For protocol and scenario files the
// detail holds one diagnostic for each problem found (see stepdown_error_diagnostic_count).
typedef struct stepdown_error stepdown_error;

// The code, never OK; NOMEM for NULL: memory ran out before an error could be made.
STEPDOWN_API stepdown_status stepdown_error_code(const stepdown_error *error);
// The message, UTF-8. Borrowed until the error is freed. NULL-safe, as all that read an error are: one that is not there
// says nothing.
STEPDOWN_API const char *stepdown_error_message(const stepdown_error *error);
// Number of detail pairs.
STEPDOWN_API size_t stepdown_error_detail_count(const stepdown_error *error);
// Key and value of pair `index`; both NULL past the end. Borrowed until the error is freed.
STEPDOWN_API const char *stepdown_error_detail_key(const stepdown_error *error, size_t index);
STEPDOWN_API const char *stepdown_error_detail_value(const stepdown_error *error, size_t index);

// Positioned diagnostics (protocol, overlay and scenario files), in the order of the file.
STEPDOWN_API size_t stepdown_error_diagnostic_count(const stepdown_error *error);
// File name, message and rule of diagnostic `index`; "" past the end. Borrowed until the error is freed.
STEPDOWN_API const char *stepdown_error_diagnostic_file(const stepdown_error *error, size_t index);
STEPDOWN_API const char *stepdown_error_diagnostic_message(const stepdown_error *error, size_t index);
STEPDOWN_API const char *stepdown_error_diagnostic_rule(const stepdown_error *error, size_t index);
// Line and column, both counted from 1; 0 past the end.
STEPDOWN_API uint32_t stepdown_error_diagnostic_line(const stepdown_error *error, size_t index);
STEPDOWN_API uint32_t stepdown_error_diagnostic_column(const stepdown_error *error, size_t index);

// For host callbacks (storage, clock): make an error to hand to the library through out_error. `message` is copied.
// On out of memory *out_error stays NULL and the status still counts. Returns `code`.
STEPDOWN_API stepdown_status stepdown_error_raise(stepdown_error **out_error, stepdown_status code,
                                                  const char *message);
// Attach the host's own exception object. `tag` says whose it is; `release` (may be NULL) is called with `cookie` when
// the error is freed. The library passes it through unchanged. Returns OK, or INVALID when `error` is NULL.
STEPDOWN_API stepdown_status stepdown_error_set_cookie(stepdown_error *error, uint64_t tag, void *cookie,
                                                       void (*release)(void *cookie));
// The cookie if its tag is `tag`, else NULL. Borrowed until the error is freed.
STEPDOWN_API void *stepdown_error_cookie(const stepdown_error *error, uint64_t tag);

// Free an error and clear the caller's pointer. NULL-safe.
STEPDOWN_API void stepdown_error_free(stepdown_error **error);

#ifdef __cplusplus
}
#endif
#endif
