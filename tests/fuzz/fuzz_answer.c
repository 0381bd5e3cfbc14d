/* A provider's answer to each channel: the first two bytes make the status, the rest is the body. */
#include "tests/fuzz/fuzz.h"

#include "common/channel.h"
#include "common/settings.h"
#include "common/utf8.h"
#include "plugins/channels.h"

static const char *some_value(struct arena *arena, const struct option_row *row)
{
    if (row->type == OPTION_TYPE_CHOICE)
        return arena_copy(arena, row->choices, strcspn(row->choices, " "));
    return row->type == OPTION_TYPE_FLAG ? "yes" : "1";
}

/* What has no initial value gets one. */
static void *settings_of(struct arena *arena, const struct channel *channel)
{
    struct givens givens = {.arena = arena};
    struct secrets secrets = {.arena = arena};
    struct settings_reading reading = {.directory = "/", .environment = "", .secrets = &secrets};
    void *settings = arena_alloc(arena, channel->settings_size);
    struct fault fault = {0};

    for (const struct option_row *row = channel->options; row->name; row++)
        if (!row->initial)
            givens_add(&givens, row->name, split_commas(arena, some_value(arena, row)), "fuzz");
    promise(settings_fill(arena, channel->options, settings, &givens, &reading, &fault));
    return settings;
}

static void judge(struct arena *arena, const struct channel *channel, enum verb verb, const uint8_t *data, size_t size)
{
    static const char *const RECIPIENTS[] = {"13800138000", "13900139000"};
    struct message message = {.id = "", .title = "", .event = &(struct event){.severity = SEVERITY_ERROR}};
    struct intent intent = {
        .verb = verb, .message = &message, .recipients = RECIPIENTS, .recipient_count = 2, .reference = ""};
    struct response response = response_in(arena);
    struct verdicts verdicts = {.arena = arena};

    response.status = 200 + (data[0] % 4) * 100 + data[1] % 30;
    response.body = text_of(arena, data + 2, size - 2);
    response.body_len = size - 2;
    response.replies = utf8_clean(arena, response.body, response.body_len);
    response.command = "DATA";
    channel->classify(settings_of(arena, channel), &intent, &response, &verdicts);
    promise(verdicts.count > 0);
    for (size_t i = 0; i < verdicts.count; i++)
        promise(utf8_is_clean(verdicts.items[i].reason) && !strchr(verdicts.items[i].reason, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();

    for (const struct channel *const *channel = channels_all; size >= 2 && *channel; channel++) {
        judge(arena, *channel, VERB_SEND, data, size);
        if ((*channel)->verbs & VERB_RECEIPT)
            judge(arena, *channel, VERB_RECEIPT, data, size);
    }
    arena_release(arena);
    return 0;
}
