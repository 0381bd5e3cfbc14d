/*
 * Any HTTP service: a JSON event, signed if wished, or whatever a template makes of it.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (signature, repeats)
 *
 * With a preset it speaks to a push service for telephones: see webhook_presets.c.
 */
#include <string.h>

#include "common/channel.h"
#include "common/sign.h"
#include "plugins/webhook_answer.h"
#include "plugins/webhook_body.h"
#include "plugins/webhook_presets.h"
#include "plugins/webhook_settings.h"

static const struct option_row OPTIONS[] = {
    OPTION_CHOICE("preset", struct webhook, preset, "", WEBHOOK_PRESETS, "a service whose details are known"),
    OPTION_ADDRESS_TEMPLATE("endpoint", struct webhook, endpoint, "",
                            "address; {{NAME}} in its path or query is filled in"),
    OPTION_CHOICE("method", struct webhook, method, "POST", "POST PUT GET", "GET sends no body"),
    OPTION_HEADERS("headers", struct webhook, headers, "", "further headers, \"Name: value\""),
    OPTION_FILE_TEMPLATE("body_template", struct webhook, body_template, "",
                         "file with the body; without it the event as JSON"),
    OPTION_TEXT("content_type", struct webhook, content_type, "application/json",
                "of the body; says also how values are escaped in it"),
    OPTION_CHOICE("signing", struct webhook, signing, "none", "none standard github",
                  "standard: Standard Webhooks 1.0; github: X-Hub-Signature-256"),
    OPTION_SECRET("secret", struct webhook, secret, "", "signing secret; base64 for signing = \"standard\""),
    OPTION_SECRET("previous_secret", struct webhook, previous_secret, "", "signs as well while the secret is changed"),
    OPTION_SECRET("token", struct webhook, token, "", "sent as Authorization: Bearer; a preset's key"),
    OPTION_TEXT(
        "success", struct webhook, success, "",
        "what a good answer says: \"/code=0\" (JSON pointer and value) or how its text begins; without it any 2xx"),
    OPTION_END,
};

/* What the templates of address and body may name. */
static struct json_object *values_for(const struct webhook *self, const struct webhook_preset *preset,
                                      const struct intent *intent, struct request *request)
{
    struct json_object *values = json_copy(request->arena, intent->message->values);
    const char *recipient = intent->recipient_count > 0 ? intent->recipients[0] : "";

    jset_text(values, "title", intent->message->title);
    jset_text(values, "recipient", recipient);
    if (preset)
        webhook_preset_values(preset, intent->message,
                              recipient[0] || preset->token_header[0] ? recipient : secret_text(self->token), values,
                              request);
    return values;
}

static bool add_body(const struct webhook *self, const struct webhook_preset *preset, const struct intent *intent,
                     struct json_object *values, struct request *request, struct fault *fault)
{
    const char *text = self->body_template[0] || !preset ? self->body_template : preset->body;
    const char *body;

    if (strcmp(self->method, "GET") == 0)
        return true;
    if (text[0] && !webhook_render_body(request->arena, text, self->content_type, values, &body, fault))
        return false;
    request_body(request, text[0] ? body : webhook_event_body(request->arena, intent, values));
    return true;
}

static void add_headers(const struct webhook *self, const struct webhook_preset *preset, struct request *request)
{
    const char *token_header = preset ? preset->token_header : "Authorization: Bearer ";

    for (size_t i = 0; i < self->headers.count; i++)
        request_header(request, "%s", self->headers.items[i]);
    if (request->body_len > 0 && !request_header_named(request, "Content-Type")[0])
        request_header(request, "Content-Type: %s", self->content_type);
    if (secret_given(self->token) && token_header[0])
        request_header(request, "%s%s", token_header, secret_text(self->token));
}

static bool add_signature(const struct webhook *self, const struct intent *intent, const struct moment *moment,
                          struct request *request, struct fault *fault)
{
    if (strcmp(self->signing, "github") == 0)
        sign_github_webhook(self->secret, request);
    else if (strcmp(self->signing, "standard") == 0)
        return sign_standard_webhook(&(struct webhook_keys){self->secret, self->previous_secret},
                                     webhook_id(request->arena, intent), moment->wall_ms / 1000, request, fault);
    return true;
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct webhook *self = settings;
    const struct webhook_preset *preset = webhook_preset(self->preset);
    struct json_object *values = values_for(self, preset, intent, request);

    if (preset && preset->recipient[0] && !json_text_at(values, "/recipient")[0])
        return fault_set(fault, FAULT_INPUT, "%s needs %s as recipient: give one with --to", preset->name,
                         preset->recipient);
    if (!webhook_render_address(request->arena, webhook_endpoint(self, preset), values, &request->url, fault) ||
        !add_body(self, preset, intent, values, request, fault))
        return false;
    request->method = self->method;
    add_headers(self, preset, request);
    return add_signature(self, intent, moment, request, fault);
}

/* By its webhook-id the receiver knows a repeat: one more try does no harm. */
static void allow_repeats(struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].outcome == OUTCOME_UNCLEAR)
            verdicts->items[i].outcome = OUTCOME_AGAIN;
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    const struct webhook *self = settings;
    const struct webhook_preset *preset = webhook_preset(self->preset);

    (void)intent;
    if (preset)
        webhook_preset_judge(preset, response, verdicts);
    else
        webhook_judge(self->success, response, verdicts);
    if (strcmp(self->signing, "standard") == 0)
        allow_repeats(verdicts);
}

const struct channel channel_webhook = {
    .name = "webhook",
    .summary = "any HTTP service, and pushes to telephones (Bark, ntfy, Gotify, PushPlus, ServerChan)",
    .example = "--endpoint https://cmdb.example.com/alerts --signing standard --secret-file secret",
    .options = OPTIONS,
    .settings_size = sizeof(struct webhook),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MAIL | ADDRESS_MOBILE | ADDRESS_LOGIN,
    .expires_s = 7200,
    .recipients_in_request = 1,
    .check = webhook_check,
    .build = build,
    .classify = classify,
};
