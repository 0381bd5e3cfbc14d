/*
 * hash - SHA-256, HMAC and comparison in constant time, through Nettle. Pure.
 *
 * A digest is a value of fixed size, so that no caller can mix up lengths.
 */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"

enum { DIGEST_SHA256 = 32, DIGEST_SHA1 = 20 };

struct digest {
    unsigned char bytes[DIGEST_SHA256]; /* the first `size` of them */
    size_t size;
};

struct digest hash_sha256(const void *data, size_t len);
struct digest hmac_sha256(const void *key, size_t key_len, const void *data, size_t len);

/* SHA-1 is not collision-free; only Aliyun's signature version 1 still asks for it. */
struct digest hmac_sha1(const void *key, size_t key_len, const void *data, size_t len);

/* Lower-case hex and padded base64 of a digest, in the arena. */
const char *digest_hex(struct arena *arena, const struct digest *digest);
const char *digest_base64(struct arena *arena, const struct digest *digest);

/* True when both texts are the same; takes the same time wherever they differ. Their lengths are not secret. */
bool same_secret(const char *one, const char *other);

#endif
