#include "plugins/slack_target.h"

#include <string.h>

static bool is_person(const char *recipient)
{
    return (recipient[0] == 'U' || recipient[0] == 'W') &&
           recipient[strspn(recipient, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

static void aim(struct arena *arena, struct slack_target *target, const char *recipient)
{
    bool here = strcmp(recipient, "here") == 0 || strcmp(recipient, "@here") == 0;
    bool all = strcmp(recipient, "all") == 0 || strcmp(recipient, "@all") == 0;

    if (here || all || strcmp(recipient, "channel") == 0)
        target->mention = here ? "<!here>" : "<!channel>";
    else if (is_person(recipient))
        target->mention = arena_print(arena, "<@%s>", recipient);
    else
        target->channel = recipient;
}

/* "C0123456789:1503435956.000247", as classify() returns it. */
static bool aim_at_reference(struct arena *arena, struct slack_target *target, const char *reference,
                             struct fault *fault)
{
    const char *colon = strchr(reference, ':');

    if (!colon || colon == reference || colon[1] == '\0')
        return fault_set(fault, FAULT_INPUT, "the earlier message is not known: a reference 'CHANNEL:TS' was wanted");
    target->channel = arena_copy(arena, reference, (size_t)(colon - reference));
    target->ts = colon + 1;
    return true;
}

bool slack_target(bool bot, const char *channel, const struct intent *intent, struct arena *arena,
                  struct slack_target *target, struct fault *fault)
{
    *target = (struct slack_target){.channel = bot ? channel : "", .ts = "", .mention = ""};
    if (intent->recipient_count > 0)
        aim(arena, target, intent->recipients[0]);
    if (!bot && (target->channel[0] || intent->verb != VERB_SEND))
        return fault_set(fault, FAULT_CONFIG,
                         "a webhook only posts to its own channel: give a bot token to write to '%s'",
                         intent->recipient_count ? intent->recipients[0] : intent->reference);
    if (intent->verb != VERB_SEND)
        return aim_at_reference(arena, target, intent->reference, fault);
    return !bot || target->channel[0] ||
           fault_set(fault, FAULT_CONFIG, "no channel is given: set `channel`, or name one in the call");
}

void slack_write_target(struct json_object *doc, const struct slack_target *target, enum verb verb)
{
    if (target->channel[0])
        jset_text(doc, "channel", target->channel);
    if (target->ts[0])
        jset_text(doc, verb == VERB_UPDATE ? "ts" : "thread_ts", target->ts);
}
