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

/* The words of both. WORD_NONE: the earlier message is out of reach, the caller posts a new one. */
static const struct verdict_rule RULES[] = {
    {"ratelimited rate_limited",                               NULL, OUTCOME_THROTTLED, 1,  WORD_FIX_QUOTA     },
    {"message_limit_exceeded",                                 NULL, OUTCOME_REFUSED,   0,  WORD_FIX_QUOTA     },
    {"request_timeout service_unavailable fatal_error",        NULL, OUTCOME_AGAIN,     0,  WORD_FIX_WAIT      },
    {"internal_error update_failed rollup_error",              NULL, OUTCOME_AGAIN,     0,  WORD_FIX_WAIT      },
    {"team_added_to_org org_login_required",                   NULL, OUTCOME_AGAIN,     30, WORD_FIX_WAIT      },
    {"external_channel_migrating",                             NULL, OUTCOME_AGAIN,     30, WORD_FIX_WAIT      },
    {"invalid_auth not_authed account_inactive invalid_token", NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN     },
    {"token_revoked token_expired not_allowed_token_type",     NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN     },
    {"missing_scope no_permission access_denied",              NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"app_access_restricted ekm_access_denied",                NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"two_factor_setup_required restricted_action*",           NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"action_prohibited posting_to_general_channel_denied",    NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"channel_not_found channel_is_archived is_archived",      NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TARGET    },
    {"not_in_channel team_* messages_tab_disabled",            NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TARGET    },
    {"no_service* no_team no_active_hooks",                    NULL, OUTCOME_BROKEN,    0,  WORD_FIX_ADDRESS   },
    {"user_not_found",                                         NULL, OUTCOME_REFUSED,   0,  WORD_FIX_RECIPIENT },
    {"message_not_found cant_update_message",                  NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"edit_window_closed block_mismatch",                      NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"cannot_reply_to_message thread_not_found",               NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"no_text invalid_blocks* invalid_payload msg_*",          NULL, OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE   },
    {"too_many_attachments attachment_payload_limit_exceeded", NULL, OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE   },
    {NULL,                                                     NULL, OUTCOME_REFUSED,   0,  WORD_FIX_REPORT    },
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

/* Where one request goes. */
struct target {
    const char *channel; /* "" for a webhook */
    const char *ts;      /* of the message to change or to answer */
    const char *mention; /* "<@U012AB3CD>" */
};

static bool is_person(const char *recipient)
{
    return (recipient[0] == 'U' || recipient[0] == 'W') &&
           recipient[strspn(recipient, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

static void aim(struct arena *arena, struct target *target, const char *recipient)
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
static bool aim_at_reference(struct arena *arena, struct target *target, const char *reference, struct fault *fault)
{
    const char *colon = strchr(reference, ':');

    if (!colon || colon == reference || colon[1] == '\0')
        return fault_set(fault, FAULT_INPUT, "the earlier message is not known: a reference 'CHANNEL:TS' was wanted");
    target->channel = arena_copy(arena, reference, (size_t)(colon - reference));
    target->ts = colon + 1;
    return true;
}

static bool target_of(const struct slack *self, const struct intent *intent, struct arena *arena, struct target *target,
                      struct fault *fault)
{
    *target = (struct target){.channel = has_token(self) ? self->channel : "", .ts = "", .mention = ""};
    if (intent->recipient_count > 0)
        aim(arena, target, intent->recipients[0]);
    if (!has_token(self) && (target->channel[0] || intent->verb != VERB_SEND))
        return fault_set(fault, FAULT_CONFIG,
                         "a webhook only posts to its own channel: give a bot token to write to '%s'",
                         intent->recipient_count ? intent->recipients[0] : intent->reference);
    if (intent->verb != VERB_SEND)
        return aim_at_reference(arena, target, intent->reference, fault);
    return !has_token(self) || target->channel[0] ||
           fault_set(fault, FAULT_CONFIG, "no channel is given: set `channel`, or name one in the call");
}

static void write_target(struct json_object *doc, const struct target *target, enum verb verb)
{
    if (target->channel[0])
        jset_text(doc, "channel", target->channel);
    if (target->ts[0])
        jset_text(doc, verb == VERB_UPDATE ? "ts" : "thread_ts", target->ts);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct slack *self = settings;
    struct card card = card_of(request->arena, intent, TITLE_CHARACTERS);
    const char *section = passage_write(request->arena, intent->message->text, MARKUP_MRKDWN, SECTION_CHARACTERS,
                                        UNIT_CHARACTERS, intent->message->language);
    struct target target;
    struct json_object *doc;
    const char *text;

    (void)moment;
    if (!target_of(self, intent, request->arena, &target, fault))
        return false;
    text = arena_print(request->arena, "%s%s%s", target.mention, target.mention[0] ? " " : "",
                       markup_escape(request->arena, MARKUP_MRKDWN, card.title));
    doc = blocks_message(&card, text, section);
    write_target(doc, &target, intent->verb);
    if (has_token(self))
        request_header(request, "Authorization: Bearer %s", secret_text(self->token));
    request_header(request, "Content-Type: application/json; charset=utf-8");
    request_body(request, json_print(doc));
    request_measure(request, "text", text, TEXT_CHARACTERS, UNIT_CHARACTERS);
    request_measure(request, "section", section, SECTION_CHARACTERS, UNIT_CHARACTERS);
    return address(self, intent->verb == VERB_UPDATE ? "chat.update" : "chat.postMessage", request, fault);
}

/* "ok" or a word like "invalid_token"; "" when the answer is anything else. */
static const char *word_of(const struct response *response)
{
    const char *start = response->body + strspn(response->body, " \r\n");
    size_t len = strspn(start, "abcdefghijklmnopqrstuvwxyz_");

    return start[len + strspn(start + len, " \r\n")] ? "" : arena_copy(response->arena, start, len);
}

static void classify_document(const struct response *response, struct json_object *doc, struct verdicts *verdicts)
{
    struct arena *arena = response->arena;
    const char *error = json_text_at(doc, "/error");
    const char *needed = json_text_at(doc, "/needed"); /* with missing_scope */
    const char *reason = needed[0] ? arena_print(arena, "%s: needed %s", error, needed) : error;
    const char *reference = arena_print(arena, "%s:%s", json_text_at(doc, "/channel"), json_text_at(doc, "/ts"));

    if (error[0] && response->status < 500)
        verdict_by_rules(verdicts, RULES, "", error, reason, response, "");
    else if (!answer_accepted(response, verdicts))
        return;
    else if (json_flag_at(doc, "/ok"))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = "ok", .reference = reference});
    else
        verdict_by_rules(verdicts, RULES, "", "NOT-OK", response->body, response, "");
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    int status = response->status;
    bool decides = status == 200 || (status >= 400 && status < 500 && status != 408 && status != 429);
    const char *word = has_token(settings) ? "" : word_of(response);
    struct json_object *doc;

    (void)intent;
    if (status == 200 && strcmp(word, "ok") == 0)
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = word});
    else if (decides && word[0])
        verdict_by_rules(verdicts, RULES, "", word, word, response, "");
    else if ((doc = answer_json(response, verdicts)))
        classify_document(response, doc, verdicts);
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
