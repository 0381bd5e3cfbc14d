#include "common/identity.h"

#include <string.h>

#include "common/hash.h"
#include "common/str.h"
#include "common/utf8.h"

/* Without an id of the source, the subject tells problems of one host and service apart. */
static const char *epoch(struct arena *arena, const struct event *event)
{
    struct digest digest;

    if (event->event_id[0])
        return event->event_id;
    if (event->service[0] || !event->subject[0])
        return "open";
    digest = hash_sha256(event->subject, strlen(event->subject));
    digest.size = 8;
    return digest_hex(arena, &digest);
}

const char *identity_problem(struct arena *arena, const struct event *event)
{
    const char *key = arena_print(arena, "%s/%s/%s/%s/%s", event->source, event->instance, event->host, event->service,
                                  epoch(arena, event));
    struct digest digest;

    if (strlen(key) <= IDENTITY_MOST)
        return key;
    digest = hash_sha256(key, strlen(key));
    return arena_print(arena, "%s/%s", event->source, digest_hex(arena, &digest));
}

const char *identity_short(struct arena *arena, const char *id)
{
    static const char LETTERS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct digest digest = hash_sha256(id, strlen(id));
    char *text = arena_copy(arena, "#.....", 6);

    for (int i = 0; i < 5; i++)
        text[1 + i] = LETTERS[digest.bytes[i] % 32];
    return text;
}
