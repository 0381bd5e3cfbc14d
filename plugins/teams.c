/*
 * Microsoft Teams: a webhook of Workflows (Adaptive Card) or an old Office 365 connector (MessageCard).
 *
 * https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
 *
 * Workflows answer 202 when they took the message; one that is too big fails later and unseen, so it must not get
 * there. Connectors answer 200 with "1"; their failures are 200 as well, with "HTTP error 429" and the like in the
 * text.
 */
#include <string.h>

#include "common/card_adaptive.h"
#include "common/channel.h"
#include "plugins/answers.h"

enum {
    BODY_BYTES = 20000, /* the flow adds its own share, and fails over 28672 */
    TITLE_CHARACTERS = 255,
    LEAST_TEXT = 200, /* bytes: a card that has less room for its text is not worth sending */
};

struct teams {
    struct secret webhook;
    const char *endpoint;
    const char *format;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("webhook", struct teams, webhook, "", "address of the workflow or connector, as Teams shows it"),
    OPTION_TEXT("endpoint", struct teams, endpoint, "", "address in place of the webhook's, for a stand-in"),
    OPTION_CHOICE("format", struct teams, format, "adaptive", "adaptive messagecard",
                  "adaptive for workflows, messagecard for old connectors"),
    OPTION_END,
};

static bool is_adaptive(const struct teams *self)
{
    return strcmp(self->format, "adaptive") == 0;
}

/* Verbatim: its query is signed, and hosts change with Microsoft's plans. */
static bool address(const struct teams *self, struct request *request, struct fault *fault)
{
    if (!secret_given(self->webhook) && self->endpoint[0] == '\0')
        return fault_set(fault, FAULT_CONFIG, "give the address of the webhook");
    return request_to(request, self->endpoint[0] ? self->endpoint : secret_text(self->webhook), fault);
}

static void check(const void *settings, const struct findings *findings)
{
    const struct teams *self = settings;
    struct request request = request_in(findings->arena);
    struct fault fault = {0};

    if (!address(self, &request, &fault))
        findings->mistake(findings->self, fault.text);
    if (is_adaptive(self) && strstr(secret_text(self->webhook), ".webhook.office.com/"))
        findings->advice(findings->self, "this is the address of an old connector: set format = \"messagecard\"");
    if (!is_adaptive(self) && strstr(secret_text(self->webhook), "/workflows/"))
        findings->advice(findings->self, "this is the address of a workflow: it takes format = \"adaptive\" only");
}

static struct json_object *message_card(const struct card *card, size_t most)
{
    struct json_object *doc = json_doc(card->arena);
    struct json_object *section = jadd_texts(jset_array(doc, "sections"), "activityTitle", "System Alert", NULL);
    struct json_object *facts = jset_array(section, "facts");
    struct json_object *actions = jset_array(doc, "potentialAction");
    enum mood mood = message_mood(card->message);

    jset_texts(doc, "@type", "MessageCard", "@context", "https://schema.org/extensions", "summary", card->title,
               "title", markup_escape(card->arena, MARKUP_CARD, card->title), "themeColor",
               mood == MOOD_INFO ? "FF6B35" : card_colour(mood), NULL);
    jset_texts(section, "activitySubtitle", markup_escape(card->arena, MARKUP_CARD, card->context), "text",
               card_facts(card, MARKUP_CARD, facts, "name", most), NULL);
    jset_flag(section, "markdown", true);
    for (size_t i = 0; i < card->buttons.count; i++) {
        struct json_object *action =
            jadd_texts(actions, "@type", "OpenUri", "name", card->buttons.items[i].label, NULL);

        jadd_texts(jset_array(action, "targets"), "os", "default", "uri", card->buttons.items[i].url, NULL);
    }
    return doc;
}

/* Quotes and backslashes take more room in JSON than in the text, so the text gives way until the whole fits. */
static bool write_fitting(const struct teams *self, const struct card *card, const struct mention_list *people,
                          struct request *request, struct fault *fault)
{
    for (size_t most = BODY_BYTES; most > LEAST_TEXT;) {
        size_t step;

        request_body(request,
                     json_print(is_adaptive(self) ? adaptive_card(card, people, most) : message_card(card, most)));
        if (request->body_len <= BODY_BYTES)
            return true;
        step = request->body_len - BODY_BYTES;
        step = step < most / 32 ? most / 32 : step;
        most -= step < most / 2 ? step : most / 2;
    }
    return fault_set(fault, FAULT_INPUT, "the card is longer than %d bytes even without its text", BODY_BYTES);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    struct card card = card_of(request->arena, intent, TITLE_CHARACTERS);
    struct mentions mentions = {0};

    (void)moment;
    mentions_add_users(&mentions, intent->recipients, intent->recipient_count);
    if (!write_fitting(settings, &card, &mentions.users, request, fault))
        return false;
    request_header(request, "Content-Type: application/json; charset=utf-8");
    request_measure(request, "body", request->body, BODY_BYTES, UNIT_BYTES);
    return address(settings, request, fault);
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    (void)intent;
    teams_judge(is_adaptive(settings), response, verdicts);
}

const struct channel channel_teams = {
    .name = "teams",
    .summary = "Microsoft Teams, by workflow or connector",
    .example = "--webhook-file teams.url --to zhang@example.com",
    .options = OPTIONS,
    .settings_size = sizeof(struct teams),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MAIL | ADDRESS_LOGIN,
    .endpoint_limits = {.per_minute = 60, .per_hour = 600},
    .expires_s = 7200,
    .check = check,
    .build = build,
    .classify = classify,
};
