/*
 * SHA-256 by OpenSSL's direct functions, which the floor (1.1.1) has: EVP would first fetch its providers, a millisecond that a
 * suppressed message need not pay. HMAC goes through EVP: it runs when something is sent, and TLS fetches them then anyway.
 */
#define OPENSSL_API_COMPAT 0x10101000L
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/hash.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/encode.h"

struct digest hash_sha256(const void *data, size_t len)
{
    struct digest digest = {.size = DIGEST_SHA256};

    SHA256_CTX context;

    if (!SHA256_Init(&context) || !SHA256_Update(&context, data, len) || !SHA256_Final(digest.bytes, &context))
        abort();
    return digest;
}

static struct digest hmac(const EVP_MD *algorithm, const void *key, size_t key_len, const void *data, size_t len)
{
    struct digest digest = {.size = 0};
    unsigned size = 0;

    if (key_len > INT_MAX || !HMAC(algorithm, key, (int)key_len, data, len, digest.bytes, &size))
        abort();
    digest.size = size;
    return digest;
}

struct digest hmac_sha256(const void *key, size_t key_len, const void *data, size_t len)
{
    return hmac(EVP_sha256(), key, key_len, data, len);
}

struct digest hmac_sha1(const void *key, size_t key_len, const void *data, size_t len)
{
    return hmac(EVP_sha1(), key, key_len, data, len);
}

const char *digest_hex(struct arena *arena, const struct digest *digest)
{
    struct str text = str_in(arena, 2 * sizeof(digest->bytes));

    encode_hex(&text, digest->bytes, digest->size);
    return text.text;
}

const char *digest_base64(struct arena *arena, const struct digest *digest)
{
    struct str text = str_in(arena, 2 * sizeof(digest->bytes));

    encode_base64(&text, digest->bytes, digest->size);
    return text.text;
}

bool same_secret(const char *one, const char *other)
{
    size_t len = strlen(one);

    return len == strlen(other) && CRYPTO_memcmp(one, other, len) == 0;
}
