/*
 * SHA-256, and HMAC (RFC 2104) upon it, by OpenSSL's direct functions, which the floor (1.1.1) has: EVP would first fetch its
 * providers, a millisecond and a half that no message need pay. The published vectors and the vendors' SDKs judge the result.
 */
#define OPENSSL_API_COMPAT 0x10101000L
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
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

enum { BLOCK = 64 }; /* bytes: of both SHA-1 and SHA-256 */

static struct digest hash_sha1(const void *data, size_t len)
{
    struct digest digest = {.size = DIGEST_SHA1};
    SHA_CTX context;

    if (!SHA1_Init(&context) || !SHA1_Update(&context, data, len) || !SHA1_Final(digest.bytes, &context))
        abort();
    return digest;
}

/* `key` to the length of a block, each byte changed by `pad`, then the text: one pass of RFC 2104. */
static struct digest pass(struct digest (*hash)(const void *data, size_t len), const unsigned char key[BLOCK],
                          unsigned char pad, const void *data, size_t len)
{
    unsigned char *text = malloc(BLOCK + len);
    struct digest digest;

    if (!text)
        abort();
    for (size_t i = 0; i < BLOCK; i++)
        text[i] = key[i] ^ pad;
    memcpy(text + BLOCK, data, len);
    digest = hash(text, BLOCK + len);
    OPENSSL_cleanse(text, BLOCK);
    free(text);
    return digest;
}

/* RFC 2104. */
static struct digest hmac(struct digest (*hash)(const void *data, size_t len), const void *key, size_t key_len,
                          const void *data, size_t len)
{
    unsigned char block[BLOCK] = {0};
    struct digest digest;

    if (key_len > BLOCK) {
        digest = hash(key, key_len);
        memcpy(block, digest.bytes, digest.size);
    } else if (key_len > 0) {
        memcpy(block, key, key_len);
    }
    digest = pass(hash, block, 0x36, data, len);
    digest = pass(hash, block, 0x5C, digest.bytes, digest.size);
    OPENSSL_cleanse(block, sizeof(block));
    return digest;
}

struct digest hmac_sha256(const void *key, size_t key_len, const void *data, size_t len)
{
    return hmac(hash_sha256, key, key_len, data, len);
}

struct digest hmac_sha1(const void *key, size_t key_len, const void *data, size_t len)
{
    return hmac(hash_sha1, key, key_len, data, len);
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
