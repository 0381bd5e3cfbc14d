#include "plugins/ackd/proof.h"

#include <string.h>

#include "common/hash.h"

enum { HOUR_S = 3600, FRESH_HOURS = 2, STALE_HOURS = 14 * 24 };

static const char *proof_of_hour(struct arena *arena, struct secret key, const char *purpose, const char *user,
                                 int64_t hour)
{
    const char *text = arena_print(arena, "notify_ackd form 1\n%s\n%s\n%lld", purpose, user, (long long)hour);
    struct digest digest = hmac_sha256(secret_text(key), strlen(secret_text(key)), text, strlen(text));

    return digest_hex(arena, &digest);
}

const char *form_proof(struct arena *arena, const struct link_keys *keys, const char *purpose, const char *user,
                       int64_t now_s)
{
    return arena_print(arena, "%lld.%s", (long long)(now_s / HOUR_S),
                       proof_of_hour(arena, keys->current, purpose, user, now_s / HOUR_S));
}

/* The hour that the form says, -1 when it does not say one. */
static int64_t hour_of(const char *proof)
{
    size_t digits = strspn(proof, "0123456789");
    int64_t hour = 0;

    if (digits == 0 || digits > 9 || proof[digits] != '.')
        return -1;
    for (size_t i = 0; i < digits; i++)
        hour = hour * 10 + (proof[i] - '0');
    return hour;
}

enum form_state form_judge(struct arena *arena, const struct link_keys *keys, const char *purpose, const char *user,
                           int64_t now_s, const char *proof)
{
    int64_t hour = hour_of(proof);
    int64_t age = now_s / HOUR_S - hour;
    bool right;

    if (hour < 0 || age < -1 || age > STALE_HOURS)
        return FORM_FOREIGN;
    proof = strchr(proof, '.') + 1;
    right = same_secret(proof, proof_of_hour(arena, keys->current, purpose, user, hour));
    if (secret_given(keys->previous))
        right = same_secret(proof, proof_of_hour(arena, keys->previous, purpose, user, hour)) || right;
    if (!right)
        return FORM_FOREIGN;
    return age < FRESH_HOURS ? FORM_PROVEN : FORM_STALE;
}
