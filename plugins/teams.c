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

/* Error codes of workflows, numbers of connectors. */
static const struct verdict_rule RULES[] = {
    {"429",                                          NULL,              OUTCOME_THROTTLED, 30, WORD_FIX_QUOTA  },
    {"413 MessageSizeExceeded",                      NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE},
    {"5*",                                           NULL,              OUTCOME_AGAIN,     30, WORD_FIX_WAIT   },
    {"401 403 DirectApiAuthorizationRequired",       NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN  },
    {"404 410 MissingApiVersionParameter",           NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_ADDRESS},
    {"WorkflowTriggerIsNotEnabled WorkflowNotFound", NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_TARGET },
    {"TriggerInputSchemaMismatch InvalidRequest*",   NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE},
    {"*",                                            "delivery failed", OUTCOME_AGAIN,     30, WORD_FIX_WAIT   },
    {NULL,                                           NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_REPORT },
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

static const char *trimmed_body(const struct response *response)
{
    const char *start = response->body + strspn(response->body, " \t\r\n");
    size_t len = strlen(start);

    while (len > 0 && strchr(" \t\r\n", start[len - 1]))
        len--;
    return arena_copy(response->arena, start, len);
}

/* A workflow may also answer with a document of its own making. */
static bool taken(const struct teams *self, const struct response *response, const char *body, struct json_object *doc)
{
    if (response->status != 200 && response->status != 202)
        return false;
    if (strcmp(body, "1") == 0)
        return true;
    return is_adaptive(self) && (body[0] == '\0' || (json_is_object(doc) && !json_has(doc, "/error")));
}

/* A workflow's error code, the number in a connector's text, "NOT-TAKEN" for other text; "" when the status decides. */
static const char *code_of(const struct response *response, const char *body, struct json_object *doc)
{
    static const char NUMBER[] = "HTTP error ";
    const char *number = strstr(body, NUMBER);

    if (response->status == 400)
        return json_text_at(doc, "/error/code");
    if (response->status < 200 || response->status > 299 || body[0] == '\0' || strchr("<{", body[0]))
        return json_text_at(response->status < 300 ? doc : NULL, "/error/code");
    if (!number)
        return "NOT-TAKEN";
    number += strlen(NUMBER);
    return arena_copy(response->arena, number, strspn(number, "0123456789"));
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    const char *body = trimmed_body(response);
    struct json_object *doc = json_read(response->arena, body, strlen(body));
    const char *code = code_of(response, body, doc);

    (void)intent;
    if (taken(settings, response, body, doc))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = "ok"});
    else if (code[0])
        verdict_by_rules(verdicts, RULES, "", code, body, response, "");
    else if (answer_json(response, verdicts) && answer_accepted(response, verdicts))
        verdict_by_rules(verdicts, RULES, "", "NOT-TAKEN", body, response, "");
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
