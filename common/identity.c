#include "common/identity.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/str.h"
#include "common/utf8.h"

enum { IDENTITY_TEXT_MOST = 1024 * 1024 };

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

void identity_keep(struct arena *arena, struct event *event)
{
    if (!event->event_id[0] && !event->service[0])
        event->event_id = epoch(arena, event);
}

static const char *hex_of(struct arena *arena, const char *text)
{
    struct digest digest = hash_sha256(text, strlen(text));

    digest.size = 16;
    return digest_hex(arena, &digest);
}

/* What the event says, but for the time of this call: a host's retry says the same again. */
static const char *words_of(struct arena *arena, const struct event *event)
{
    struct event timeless = *event;

    timeless.time_s = 0;
    return json_print(event_to_json(arena, &timeless));
}

const char *identity_repeat(struct arena *arena, const struct event *event, const char *recipient_key)
{
    const char *number = event->notification_number;
    const char *kept =
        number[0] ? arena_print(arena, "%s\n%s\n%s", number, event->comment, event->action) : words_of(arena, event);

    return hex_of(arena,
                  arena_print(arena, "%s\n%s\n%s\n%s\n%d\n%s", identity_problem(arena, event),
                              event_kind_name(event->kind), event->state, recipient_key, (int)event->severity, kept));
}

const char *identity_endpoint(struct arena *arena, const char *channel, const char *const *secrets, size_t count)
{
    struct str text = str_in(arena, IDENTITY_TEXT_MOST);

    str_add(&text, channel);
    for (size_t i = 0; i < count; i++)
        str_addf(&text, "\n%s", secrets[i]);
    return arena_print(arena, "%s/%s", channel, hex_of(arena, text.text));
}

static int compare_texts(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

const char *identity_recipients(struct arena *arena, const char *endpoint_key, const char *const *recipients,
                                size_t count)
{
    struct str text = str_in(arena, IDENTITY_TEXT_MOST);
    const char **sorted = arena_alloc(arena, (count + 1) * sizeof(*sorted));

    for (size_t i = 0; i < count; i++)
        sorted[i] = recipients[i];
    qsort(sorted, count, sizeof(*sorted), compare_texts);
    str_add(&text, endpoint_key);
    for (size_t i = 0; i < count; i++)
        str_addf(&text, "\n%s", sorted[i]);
    return arena_print(arena, "%s/%s", endpoint_key, count ? hex_of(arena, text.text) : "group");
}

const char *identity_short(struct arena *arena, const char *problem)
{
    static const char LETTERS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct digest digest = hash_sha256(problem, strlen(problem));
    char *text = arena_copy(arena, "#.....", 6);

    for (int i = 0; i < 5; i++)
        text[1 + i] = LETTERS[digest.bytes[i] % 32];
    return text;
}
