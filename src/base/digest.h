// SPDX-License-Identifier: Apache-2.0
// SHA-256 through OpenSSL's EVP: the algorithm is fetched once per engine and the context reused.
// May call: env, status.
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/env.h"

enum { DIGEST_SIZE = 32 };
struct digest; // one per engine; not for two threads at once

stepdown_status digest_new(const struct env *env, struct digest **out, stepdown_error **out_error);
void digest_free(struct digest **digest);
// SHA-256(prefix || data); prefix_size may be 0. False: the provider failed.
bool digest_sha256(struct digest *digest, const void *prefix, size_t prefix_size, const void *data, size_t size,
                   uint8_t out[DIGEST_SIZE]);

// HMAC-SHA-256 (RFC 2104) with a key of DIGEST_SIZE bytes. False: the provider failed.
bool digest_hmac(struct digest *digest, const uint8_t key[DIGEST_SIZE], const void *data, size_t size,
                 uint8_t out[DIGEST_SIZE]);

#endif
