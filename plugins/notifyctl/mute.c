/* notifyctl mute and unmute: known trouble kept quiet for a while, by a person, with a reason. */
#include "common/mute.h"

#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/settings.h"
#include "common/utf8.h"
#include "plugins/notifyctl/arguments.h"

static const char *clean(const struct operation *operation, const char *text)
{
    return utf8_clean_line(operation->arena, text, strlen(text));
}

static bool read_mute(struct operation *operation, struct mute *mute, struct fault *fault)
{
    const char *length = "";
    struct argument arguments[] = {
        {"--host",    &mute->host,    NULL},
        {"--service", &mute->service, NULL},
        {"--tag",     &mute->tag,     NULL},
        {"--channel", &mute->section, NULL},
        {"--for",     &length,        NULL},
        {"--by",      &mute->author,  NULL},
        {"--why",     &mute->words,   NULL},
    };
    int64_t seconds;
    int rest;

    if (!arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, fault))
        return false;
    if (rest < operation->argc)
        return fault_set(fault, FAULT_USAGE, "'%s' is no option of mute", operation->argv[rest]);
    if (!mute->host[0] && !mute->service[0] && !mute->tag[0] && !mute->section[0])
        return fault_set(fault, FAULT_USAGE,
                         "say what: --host GLOB, --service GLOB, --tag NAME=GLOB or --channel GLOB");
    if (!duration_read(length, &seconds) || seconds <= 0 || seconds > MUTE_MOST_S)
        return fault_set(fault, FAULT_USAGE, "say how long: --for 2h, at most 30d; found '%s'", length);
    if (!mute->author[0] || !mute->words[0])
        return fault_set(fault, FAULT_USAGE, "say who and why: --by li --why \"disk is being replaced\"");
    mute->host = clean(operation, mute->host);
    mute->service = clean(operation, mute->service);
    mute->tag = clean(operation, mute->tag);
    mute->section = clean(operation, mute->section);
    mute->author = clean(operation, mute->author);
    mute->words = clean(operation, mute->words);
    mute->from_ms = world_wall_ms(&operation->world);
    mute->until_ms = mute->from_ms + seconds * 1000;
    return true;
}

static bool print_mute(void *self, const struct mute *mute)
{
    const struct operation *operation = self;

    printf("%s until %s by %s: %s (host '%s' service '%s' tag '%s' channel '%s')\n", mute->id,
           civil_text(operation->arena, mute->until_ms / 1000, operation->config->timezone), mute->author, mute->words,
           mute->host, mute->service, mute->tag, mute->section);
    return true;
}

struct listing {
    struct operation *operation;
    bool any;
};

static bool list_mute(void *self, const struct mute *mute)
{
    struct listing *listing = self;

    listing->any = true;
    return print_mute(listing->operation, mute);
}

static int list_mutes(struct operation *operation, struct store *store)
{
    struct listing listing = {.operation = operation};
    struct fault fault = {0};

    if (!mute_list(store, operation->arena, world_wall_ms(&operation->world), list_mute, &listing, &fault))
        return say_fault(operation, &fault);
    if (!listing.any)
        puts("nothing is muted");
    return 0;
}

int command_mute(struct operation *operation)
{
    struct mute mute = {.host = "", .service = "", .tag = "", .section = "", .author = "", .words = ""};
    struct fault fault = {0};
    struct store *store;
    bool list = operation->argc == 2 && strcmp(operation->argv[1], "list") == 0;

    if (!list && !read_mute(operation, &mute, &fault))
        return say_fault(operation, &fault);
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (list)
        return list_mutes(operation, store);
    mute.id = world_hex(&operation->world, MUTE_ID_BYTES);
    if (!mute_add(store, &mute, &fault))
        return say_fault(operation, &fault);
    print_mute(operation, &mute);
    return 0;
}

int command_unmute(struct operation *operation)
{
    struct store *store;
    struct fault fault = {0};
    int64_t count = 0;

    if (operation->argc != 2)
        return usage(operation, "an id of `notifyctl mute list`, or all");
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (!mute_end(store, strcmp(operation->argv[1], "all") == 0 ? "" : operation->argv[1],
                  world_wall_ms(&operation->world), &count, &fault))
        return say_fault(operation, &fault);
    printf("%lld ended\n", (long long)count);
    return count > 0 ? 0 : 2;
}
