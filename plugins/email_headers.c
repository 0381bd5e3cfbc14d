/* RFC 5322 section 3.6.4 (threads); Importance is RFC 4021's, X-Priority a custom of mail programs. */
#include "plugins/email_headers.h"

#include <string.h>
#include <strings.h>

#include "common/hash.h"

enum { HASH_BYTES = 8 };

const char *email_hash(struct arena *arena, const char *text)
{
    struct digest digest = hash_sha256(text, strlen(text));

    digest.size = HASH_BYTES;
    return digest_hex(arena, &digest);
}

/*
 * All mails about one problem to one person hang on the same id, which needs no memory of what was sent: mail programs
 * make a thread of them. Only a problem that is known to be told for the first time has this id itself. Every other mail
 * has its own, for servers drop a second mail with the same id, and reminders would be lost; a repeated attempt has the
 * same one for just that reason.
 */
void email_add_thread(struct str *out, const struct message *message, const struct mailbox *from,
                      const struct mailbox *to)
{
    struct arena *arena = out->arena;
    const char *root =
        arena_print(arena, "np.%s.%s", email_hash(arena, message->problem_id), email_hash(arena, to->address));
    const char *domain = mailbox_domain(from);

    if (message->kind == EVENT_PROBLEM && strcmp(message->event->notification_number, "1") == 0) {
        str_addf(out, "Message-ID: <%s@%s>\r\n", root, domain);
        return;
    }
    str_addf(out, "Message-ID: <%s.%s.%s@%s>\r\n", root, event_kind_name(message->kind), email_hash(arena, message->id),
             domain);
    if (message->kind != EVENT_NOTE)
        str_addf(out, "In-Reply-To: <%s@%s>\r\nReferences: <%s@%s>\r\n", root, domain, root, domain);
}

/* The event's subject without the state at its end, which compose() adds when the source gave none; with the host. */
const char *email_subject(struct arena *arena, const struct message *message)
{
    const struct event *event = message->event;
    const char *core = event->subject[0] ? event->subject : message->title;
    size_t len = strlen(core);
    size_t state_len = strlen(event->state);

    if (event->host[0] && state_len > 0 && len > state_len + 1 &&
        strncasecmp(core, event->host, strlen(event->host)) == 0 && core[len - state_len - 1] == ' ' &&
        strcmp(core + len - state_len, event->state) == 0)
        core = arena_copy(arena, core, len - state_len - 1);
    if (event->host[0] && !strstr(core, event->host))
        core = arena_print(arena, "%s (%s)", core, event->host);
    return arena_print(arena, "[%s] %s", message->level, core);
}

void email_add_importance(struct str *out, const struct message *message)
{
    enum mood mood = message_mood(message);

    if (mood >= MOOD_CRITICAL)
        str_add(out, "X-Priority: 1\r\nImportance: high\r\n");
    else if (mood == MOOD_ERROR)
        str_add(out, "X-Priority: 2\r\nImportance: high\r\n");
}
