/*
 * link - the address on which a person takes a problem: base_url/TOKEN. Pure but for link_keys_read().
 *
 * TOKEN is 39 characters of base64url: a version, the alert's 64 bits, the time at which it expires, and 128 bits of
 * HMAC-SHA256 over them. Who has no key cannot make one for another alert, nor make one live longer. Nothing is stored.
 */
#ifndef COMMON_LINK_H
#define COMMON_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/fault.h"
#include "common/secret.h"

enum { LINK_TOKEN_LENGTH = 39, LINK_KEY_LEAST = 32 };

/* The first line of the key file makes and proves tokens; the second, if any, only proves: for a change of keys. */
struct link_keys {
    struct secret current;
    struct secret previous; /* "" for none */
};

/* FAULT_CONFIG when the file cannot be used, or a key in it has fewer than LINK_KEY_LEAST characters. */
bool link_keys_read(struct arena *arena, const char *path, struct link_keys *keys, struct fault *fault);

/* `id` as alert_id() makes it. */
const char *link_token(struct arena *arena, const struct link_keys *keys, const char *id, int64_t expires_s);

enum link_proof {
    LINK_VALID,
    LINK_EXPIRED, /* once valid: `id` is set */
    LINK_FORGED,  /* not made with these keys, or changed since */
};

/* Takes the same time for every token of the right form. */
enum link_proof link_read(struct arena *arena, const struct link_keys *keys, const char *token, int64_t now_s,
                          const char **id);

/* base_url/TOKEN, with one slash between them. */
const char *link_address(struct arena *arena, const char *base_url, const char *token);

#endif
