#include "common/link.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/encode.h"
#include "common/hash.h"

/* What a token holds, one after the other. */
enum { VERSION = 1, ID_BYTES = 8, EXPIRY_BYTES = 4, SIGNED_BYTES = 1 + ID_BYTES + EXPIRY_BYTES, PROOF_BYTES = 16 };
enum { TOKEN_BYTES = SIGNED_BYTES + PROOF_BYTES };

static bool long_enough(const char *path, const char *which, struct secret key, struct fault *fault)
{
    size_t len = strlen(secret_text(key));

    return len >= LINK_KEY_LEAST ||
           fault_set(fault, FAULT_CONFIG,
                     "key '%s': the %s line has %zu characters, wanted at least %d; `notifyctl "
                     "setup` makes a new one where there is none",
                     path, which, len, LINK_KEY_LEAST);
}

bool link_keys_read(struct arena *arena, const char *path, struct link_keys *keys, struct fault *fault)
{
    struct secret all;
    struct link_keys read = {.previous = {""}};
    size_t len;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return fault_set(fault, FAULT_CONFIG, "there is no key '%s': `notifyctl setup` makes one", path);
    if (!secret_read(arena, path, &all, fault))
        return false;
    len = strcspn(secret_text(all), "\n");
    read.current.text = arena_copy(arena, secret_text(all), len);
    if (secret_text(all)[len])
        read.previous.text = arena_copy(arena, secret_text(all) + len + 1, strcspn(secret_text(all) + len + 1, "\n"));
    if (!long_enough(path, "first", read.current, fault) ||
        (secret_given(read.previous) && !long_enough(path, "second", read.previous, fault)))
        return false;
    *keys = read;
    return true;
}

static struct digest proof(struct secret key, const unsigned char *bytes)
{
    struct digest digest = hmac_sha256(secret_text(key), strlen(secret_text(key)), bytes, SIGNED_BYTES);

    digest.size = PROOF_BYTES;
    return digest;
}

/* base64url: the alphabet of RFC 4648 section 5, without padding. */
static const char *to_text(struct arena *arena, const unsigned char *bytes)
{
    struct str text = str_in(arena, 2 * TOKEN_BYTES);

    encode_base64(&text, bytes, TOKEN_BYTES);
    text.text[LINK_TOKEN_LENGTH] = '\0';
    for (char *c = text.text; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return text.text;
}

/* Only the one spelling that to_text() gives: no padding, no other alphabet, no bits left over. */
static bool from_text(struct arena *arena, const char *token, unsigned char *bytes)
{
    struct str read = str_in(arena, 2 * TOKEN_BYTES);
    char *text;

    if (strlen(token) != LINK_TOKEN_LENGTH)
        return false;
    text = arena_copy(arena, token, LINK_TOKEN_LENGTH);
    for (char *c = text; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    if (!decode_base64(&read, text) || read.len != TOKEN_BYTES)
        return false;
    memcpy(bytes, read.text, TOKEN_BYTES);
    return strcmp(to_text(arena, bytes), token) == 0;
}

static unsigned char hex_digit(char digit)
{
    return (unsigned char)(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
}

const char *link_token(struct arena *arena, const struct link_keys *keys, const char *id, int64_t expires_s)
{
    unsigned char bytes[TOKEN_BYTES] = {VERSION};
    struct digest digest;

    for (size_t i = 0; i < ID_BYTES; i++)
        bytes[1 + i] = (unsigned char)(hex_digit(id[2 * i]) << 4 | hex_digit(id[2 * i + 1]));
    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        bytes[1 + ID_BYTES + i] = (unsigned char)((uint64_t)expires_s >> (8 * (EXPIRY_BYTES - 1 - i)));
    digest = proof(keys->current, bytes);
    memcpy(bytes + SIGNED_BYTES, digest.bytes, PROOF_BYTES);
    return to_text(arena, bytes);
}

static bool proves(struct arena *arena, struct secret key, const unsigned char *bytes)
{
    struct digest wanted = proof(key, bytes);
    struct digest found = {.size = PROOF_BYTES};

    memcpy(found.bytes, bytes + SIGNED_BYTES, PROOF_BYTES);
    return same_secret(digest_hex(arena, &wanted), digest_hex(arena, &found));
}

enum link_proof link_read(struct arena *arena, const struct link_keys *keys, const char *token, int64_t now_s,
                          const char **id)
{
    unsigned char bytes[TOKEN_BYTES];
    struct str hex = str_in(arena, 2 * ID_BYTES);
    int64_t expires_s = 0;
    bool current;
    bool previous;

    if (!from_text(arena, token, bytes) || bytes[0] != VERSION)
        return LINK_FORGED;
    current = proves(arena, keys->current, bytes);
    previous = secret_given(keys->previous) && proves(arena, keys->previous, bytes);
    if (!current && !previous)
        return LINK_FORGED;
    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        expires_s = expires_s << 8 | bytes[1 + ID_BYTES + i];
    encode_hex(&hex, bytes + 1, ID_BYTES);
    *id = hex.text;
    return expires_s > now_s ? LINK_VALID : LINK_EXPIRED;
}

const char *link_address(struct arena *arena, const char *base_url, const char *token)
{
    size_t len = strlen(base_url);

    while (len > 0 && base_url[len - 1] == '/')
        len--;
    return arena_print(arena, "%.*s/%s", (int)len, base_url, token);
}
