/*
 * Slack: a bot's chat.postMessage and chat.update, or an incoming webhook.
 *
 * https://docs.slack.dev/reference/methods/chat.postMessage
 * https://docs.slack.dev/reference/methods/chat.update
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 *
 * Methods answer 200 with "ok" and, when it is false, a word in "error"; webhooks answer with a status and that word
 * alone. A recipient that begins with U or W is a person, mentioned in the section's channel; "here" and "channel" call
 * those who are there or all; every other recipient is a channel to write to. So each recipient is a request of its
 * own.
 */
#include <string.h>

#include "common/card_blocks.h"
#include "common/channel.h"
#include "plugins/answers.h"
#include "plugins/slack_target.h"

#define STANDARD "https://slack.com/api"

/* Characters. */
enum { TEXT_CHARACTERS = 4000, SECTION_CHARACTERS = 3000, TITLE_CHARACTERS = 255 };

struct slack {
    struct secret token;
    struct secret webhook;
    const char *channel;
    const char *endpoint;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("token", struct slack, token, "", "bot token, xoxb-..., with the scope chat:write"),
    OPTION_TEXT("channel", struct slack, channel, "", "channel to write to, C0123456789 or #name, with a token"),
    OPTION_SECRET("webhook", struct slack, webhook, "",
                  "address of an incoming webhook, in place of token and channel"),
    OPTION_TEXT("endpoint", struct slack, endpoint, STANDARD,
                "base address of the methods; with a webhook, in its place"),
    OPTION_END,
};

static bool has_token(const struct slack *self)
{
    return secret_given(self->token);
}

static bool address(const struct slack *self, const char *method, struct request *request, struct fault *fault)
{
    bool elsewhere = strcmp(self->endpoint, STANDARD) != 0;

    if (has_token(self))
        return request_to(request, arena_print(request->arena, "%s/%s", self->endpoint, method), fault);
    if (!secret_given(self->webhook))
        return fault_set(fault, FAULT_CONFIG, "give a bot token and a channel, or the address of a webhook");
    return request_to(request, elsewhere ? self->endpoint : secret_text(self->webhook), fault);
}

static void check(const void *settings, const struct findings *findings)
{
    const struct slack *self = settings;
    struct request request = request_in(findings->arena);
    struct fault fault = {0};

    if (!address(self, "chat.postMessage", &request, &fault))
        findings->mistake(findings->self, fault.text);
    if (has_token(self) && secret_given(self->webhook))
        findings->advice(findings->self, "with a token, webhook is not used");
    if (has_token(self) && self->channel[0] == '\0')
        findings->advice(findings->self, "without channel, every call must name one");
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct slack *self = settings;
    struct card card = card_of(request->arena, intent, TITLE_CHARACTERS);
    const char *section = passage_write(request->arena, intent->message->text, MARKUP_MRKDWN, SECTION_CHARACTERS,
                                        UNIT_CHARACTERS, intent->message->language);
    struct slack_target target;
    struct json_object *doc;
    const char *text;

    (void)moment;
    if (!slack_target(has_token(self), self->channel, intent, request->arena, &target, fault))
        return false;
    text = arena_print(request->arena, "%s%s%s", target.mention, target.mention[0] ? " " : "",
                       markup_escape(request->arena, MARKUP_MRKDWN, card.title));
    doc = blocks_message(&card, text, section);
    slack_write_target(doc, &target, intent->verb);
    if (has_token(self))
        request_header(request, "Authorization: Bearer %s", secret_text(self->token));
    request_header(request, "Content-Type: application/json; charset=utf-8");
    request_body(request, json_print(doc));
    request_measure(request, "text", text, TEXT_CHARACTERS, UNIT_CHARACTERS);
    request_measure(request, "section", section, SECTION_CHARACTERS, UNIT_CHARACTERS);
    return address(self, intent->verb == VERB_UPDATE ? "chat.update" : "chat.postMessage", request, fault);
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    (void)intent;
    slack_judge(!has_token(settings), response, verdicts);
}

const struct channel channel_slack = {
    .name = "slack",
    .summary = "Slack, by bot token or incoming webhook",
    .example = "--token-file slack.token --channel C0123456789",
    .options = OPTIONS,
    .settings_size = sizeof(struct slack),
    .verbs = VERB_SEND | VERB_UPDATE | VERB_REPLY,
    .addresses = ADDRESS_LOGIN,
    .endpoint_limits = {.per_minute = 60}, /* one a second for each channel */
    .expires_s = 7200,
    .recipients_in_request = 1,
    .check = check,
    .build = build,
    .classify = classify,
};
