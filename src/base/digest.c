// SPDX-License-Identifier: Apache-2.0
// SHA-256 by OpenSSL's EVP. Fetching the algorithm costs far more than digesting a record, hence once per engine.
// May call: env, status.
#include "base/digest.h"

#include <openssl/evp.h>

#include "base/status.h"

struct digest {
    struct env memory;
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

void digest_free(struct digest **digest) {
    if (digest == NULL || *digest == NULL)
        return;
    struct env memory = (*digest)->memory;
    EVP_MD_CTX_free((*digest)->context);
    EVP_MD_free((*digest)->algorithm);
    env_free(&memory, *digest);
    *digest = NULL;
}

stepdown_status digest_new(const struct env *env, struct digest **out, stepdown_error **out_error) {
    struct digest *digest = env_zalloc(env, sizeof *digest);
    if (digest == NULL)
        return status_nomem(env, out_error);
    digest->memory = *env;
    digest->algorithm = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL) {
        digest_free(&digest);
        return status_nomem(env, out_error);
    }
    if (digest->algorithm == NULL || EVP_MD_get_size(digest->algorithm) != DIGEST_SIZE) {
        digest_free(&digest);
        return status_fail(env, out_error, STEPDOWN_INTERNAL, "the cryptographic provider offers no SHA-256");
    }
    *out = digest;
    return STEPDOWN_OK;
}

bool digest_sha256(struct digest *digest, const void *prefix, size_t prefix_size, const void *data, size_t size,
                   uint8_t out[DIGEST_SIZE]) {
    EVP_MD_CTX *context = digest->context;
    if (EVP_DigestInit_ex2(context, digest->algorithm, NULL) != 1)
        return false;
    if (prefix_size > 0 && EVP_DigestUpdate(context, prefix, prefix_size) != 1)
        return false;
    if (size > 0 && EVP_DigestUpdate(context, data, size) != 1)
        return false;
    return EVP_DigestFinal_ex(context, out, NULL) == 1;
}

bool digest_hmac(struct digest *digest, const uint8_t key[DIGEST_SIZE], const void *data, size_t size,
                 uint8_t out[DIGEST_SIZE]) {
    enum { BLOCK = 64 };
    uint8_t pad[BLOCK], inner[DIGEST_SIZE];
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = (uint8_t)((i < DIGEST_SIZE ? key[i] : 0) ^ 0x36);
    if (!digest_sha256(digest, pad, BLOCK, data, size, inner))
        return false;
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    return digest_sha256(digest, pad, BLOCK, inner, sizeof inner, out);
}
