/*
 * Slack: POST /api/chat.postMessage and /api/chat.update with a bearer token, and incoming webhooks.
 *
 * https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * Slack's rate limits (about one message a second and channel, bursts allowed) are not played: --answer slack=ratelimited.
 */
#include <string.h>

#include "common/utf8.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"
#include "plugins/sandbox/provider.h"

enum {
    BLOCKS = 50,
    FIELDS = 10,
    ACTIONS = 25,
    ATTACHMENTS = 100,
    /* characters */
    HEADER_TEXT = 150,
    SECTION_TEXT = 3000,
    FIELD_TEXT = 2000,
    BUTTON_TEXT = 75,
    BUTTON_URL = 3000,
    UPDATE_TEXT = 4000,
    /* how long a message can be found again by its ts */
    DAY_MS = 24 * 3600 * 1000,
};

#define JSON_TYPE "application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"

/* Errors of the Web API come with status 200, but for "ratelimited"; all others are answered by their own name. */
static const struct refusal API_REFUSALS[] = {
    {"ratelimited",         429, "ratelimited"        },
    {"internal_error",      500, "internal_error"     },
    {"service_unavailable", 503, "service_unavailable"},
    {NULL,                  0,   NULL                 },
};

static const struct refusal WEBHOOK_REFUSALS[] = {
    {"invalid_payload",     400, NULL},
    {"no_text",             400, NULL},
    {"invalid_token",       403, NULL},
    {"action_prohibited",   403, NULL},
    {"channel_not_found",   404, NULL},
    {"no_service",          404, NULL},
    {"no_team",             404, NULL},
    {"channel_is_archived", 410, NULL},
    {"ratelimited",         429, NULL},
    {"rollup_error",        500, NULL},
    {NULL,                  0,   NULL},
};

static const char *text_under(struct exchange *exchange, const char *path, const char *name)
{
    return json_text_at(exchange->json, arena_print(exchange->arena, "%s/%s", path, name));
}

static const char *append(struct exchange *exchange, const char *before, const char *text)
{
    if (!text[0])
        return before;
    return before[0] ? arena_print(exchange->arena, "%s\n\n%s", before, text) : text;
}

/* A text object as a member reads it; only mrkdwn is interpreted. */
static const char *text_object(struct exchange *exchange, const char *path)
{
    const char *text = text_under(exchange, path, "text");

    if (strcmp(text_under(exchange, path, "type"), "mrkdwn") != 0)
        return text;
    mentions_between_angles(exchange, text);
    return plain_mrkdwn(exchange->arena, text);
}

static void read_field(struct exchange *exchange, const char *path)
{
    const char *text = text_object(exchange, path);
    size_t name = strcspn(text, "\n");

    if (text[name] == '\n')
        pairs_append(exchange->arena, &exchange->reading.facts, arena_copy(exchange->arena, text, name),
                     text + name + 1);
    else
        exchange->reading.text = append(exchange, exchange->reading.text, text);
}

static void read_elements(struct exchange *exchange, const char *block)
{
    struct reading *reading = &exchange->reading;

    for (size_t i = 0; i < ACTIONS; i++) {
        const char *path = arena_print(exchange->arena, "%s/elements/%zu", block, i);
        const char *type = text_under(exchange, path, "type");

        if (strcmp(type, "button") == 0)
            pairs_append(exchange->arena, &reading->buttons, text_under(exchange, path, "text/text"),
                         text_under(exchange, path, "url"));
        else if (type[0])
            reading->text = append(exchange, reading->text, text_object(exchange, path));
        else
            return;
    }
}

static void read_block(struct exchange *exchange, const char *block)
{
    struct reading *reading = &exchange->reading;
    const char *type = text_under(exchange, block, "type");
    const char *text = text_object(exchange, arena_print(exchange->arena, "%s/text", block));

    if (strcmp(type, "header") == 0 && !reading->title[0])
        reading->title = text;
    else
        reading->text = append(exchange, reading->text, text);
    for (size_t i = 0; i < FIELDS; i++) {
        const char *field = arena_print(exchange->arena, "%s/fields/%zu", block, i);

        if (!json_has(exchange->json, field))
            break;
        read_field(exchange, field);
    }
    read_elements(exchange, block);
}

/* True when there was at least one block. */
static bool read_blocks(struct exchange *exchange, const char *parent)
{
    size_t count = 0;

    while (count < BLOCKS) {
        const char *block = arena_print(exchange->arena, "%s/blocks/%zu", parent, count);

        if (!json_has(exchange->json, block))
            break;
        read_block(exchange, block);
        count++;
    }
    return count > 0;
}

static void read_attachment(struct exchange *exchange, const char *path)
{
    struct reading *reading = &exchange->reading;
    const char *color = text_under(exchange, path, "color");

    if (color[0])
        reading->color = color;
    if (read_blocks(exchange, path))
        return;
    if (!reading->title[0])
        reading->title = text_under(exchange, path, "title");
    mentions_between_angles(exchange, text_under(exchange, path, "text"));
    reading->text = append(exchange, reading->text, plain_mrkdwn(exchange->arena, text_under(exchange, path, "text")));
    for (size_t i = 0; i < FIELDS; i++) {
        const char *field = arena_print(exchange->arena, "%s/fields/%zu", path, i);

        if (json_has(exchange->json, field))
            pairs_append(exchange->arena, &reading->facts, text_under(exchange, field, "title"),
                         text_under(exchange, field, "value"));
    }
}

static void read_attachments(struct exchange *exchange)
{
    for (size_t i = 0; i < ATTACHMENTS; i++) {
        const char *path = arena_print(exchange->arena, "/attachments/%zu", i);

        if (!json_has(exchange->json, path))
            return;
        read_attachment(exchange, path);
    }
}

/* A form carries the same arguments; lists and objects are JSON texts in it. */
static void take_form(struct exchange *exchange)
{
    const char *payload = pairs_value(&exchange->form, "payload");

    if (payload[0]) {
        exchange->json = json_read(exchange->arena, payload, strlen(payload));
        return;
    }
    exchange->json = json_doc(exchange->arena);
    for (size_t i = 0; i < exchange->form.count; i++)
        jset_text(exchange->json, exchange->form.items[i].name, exchange->form.items[i].value);
}

static void read_message(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;
    const char *text;
    bool blocks;

    if (body_is(exchange, FORM_TYPE))
        take_form(exchange);
    text = json_text_at(exchange->json, "/text");
    reading->thread = json_text_at(exchange->json, "/thread_ts");
    if (json_text_at(exchange->json, "/channel")[0])
        texts_add(exchange->arena, &reading->recipients, json_text_at(exchange->json, "/channel"));
    blocks = read_blocks(exchange, "");
    reading->format = blocks || json_has(exchange->json, "/attachments") ? "blocks" : "text";
    if (!blocks) {
        mentions_between_angles(exchange, text);
        reading->text = plain_mrkdwn(exchange->arena, text);
    }
    read_attachments(exchange);
}

/* What is wrong with the texts of a block, "" when nothing is. */
static const char *block_mistake(struct exchange *exchange, const char *block)
{
    const char *type = text_under(exchange, block, "type");
    size_t text = utf8_count(text_under(exchange, block, "text/text"), UNIT_CHARACTERS);

    if (!type[0])
        return "a block has no type";
    if (strcmp(type, "header") == 0 && (text == 0 || text > HEADER_TEXT))
        return "a header has no text, or more than 150 characters";
    if (strcmp(type, "section") == 0 && text > SECTION_TEXT)
        return "a section's text has more than 3000 characters";
    if (json_has(exchange->json, arena_print(exchange->arena, "%s/fields/%d", block, FIELDS)))
        return "a section has more than 10 fields";
    for (size_t i = 0; i < FIELDS; i++)
        if (utf8_count(text_under(exchange, block, arena_print(exchange->arena, "fields/%zu/text", i)),
                       UNIT_CHARACTERS) > FIELD_TEXT)
            return "a field has more than 2000 characters";
    for (size_t i = 0; i < ACTIONS; i++) {
        const char *button = arena_print(exchange->arena, "%s/elements/%zu", block, i);

        if (utf8_count(text_under(exchange, button, "text/text"), UNIT_CHARACTERS) > BUTTON_TEXT ||
            utf8_count(text_under(exchange, button, "url"), UNIT_CHARACTERS) > BUTTON_URL)
            return "a button's text or address is too long";
    }
    return "";
}

static const char *judge_blocks(struct exchange *exchange, const char *parent)
{
    for (size_t i = 0;; i++) {
        const char *block = arena_print(exchange->arena, "%s/blocks/%zu", parent, i);
        const char *mistake;

        if (!json_has(exchange->json, block))
            return NULL;
        if (i == BLOCKS)
            return objection(exchange, "invalid_blocks", "more than 50 blocks");
        mistake = block_mistake(exchange, block);
        if (mistake[0])
            return objection(exchange, "invalid_blocks", "%s", mistake);
    }
}

static const char *judge_content(struct exchange *exchange)
{
    const char *code = NULL;

    if (json_has(exchange->json, arena_print(exchange->arena, "/attachments/%d", ATTACHMENTS)))
        return "too_many_attachments";
    if (!json_text_at(exchange->json, "/text")[0] && !exchange->reading.text[0] && !exchange->reading.title[0])
        return "no_text";
    code = judge_blocks(exchange, "");
    for (size_t i = 0; !code && i < ATTACHMENTS; i++)
        code = judge_blocks(exchange, arena_print(exchange->arena, "/attachments/%zu", i));
    return code;
}

/* The Web API */

static const char *bearer(struct exchange *exchange)
{
    const char *authorization = header_value(&exchange->headers, "Authorization");

    return strncmp(authorization, "Bearer ", 7) == 0 ? authorization + 7 : "";
}

static const char *message_key(struct exchange *exchange, const char *ts)
{
    return arena_print(exchange->arena, "slack %s %s", json_text_at(exchange->json, "/channel"), ts);
}

static bool is_update(const struct exchange *exchange)
{
    return strcmp(exchange->path, "/chat.update") == 0;
}

static const char *judge_update(struct stand *stand, struct exchange *exchange)
{
    const char *ts = json_text_at(exchange->json, "/ts");

    exchange->reading.thread = ts;
    if (memory_count(&stand->memory, message_key(exchange, ts), DAY_MS, exchange->now_ms) == 0)
        return objection(exchange, "message_not_found", "no message of this channel has the ts '%s'", ts);
    if (utf8_count(json_text_at(exchange->json, "/text"), UNIT_CHARACTERS) > UPDATE_TEXT)
        return "msg_too_long";
    return NULL;
}

static const char *judge_access(struct stand *stand, struct exchange *exchange)
{
    const char *channel = account_text(stand, "slack", "channel");

    if (!is_update(exchange) && strcmp(exchange->path, "/chat.postMessage") != 0)
        return "unknown_method";
    if (!bearer(exchange)[0])
        return "not_authed";
    if (!secret_matches(stand, exchange, "slack", "token", bearer(exchange)))
        return "invalid_auth";
    if (!header_value(&exchange->headers, "Content-Type")[0])
        return "missing_post_type";
    if (!body_is(exchange, JSON_TYPE) && !body_is(exchange, FORM_TYPE))
        return "invalid_post_type";
    if (!json_is_object(exchange->json))
        return "json_not_object";
    if (channel[0] && strcmp(channel, json_text_at(exchange->json, "/channel")) != 0)
        return objection(exchange, "channel_not_found", "the bot is in %s only", channel);
    return json_text_at(exchange->json, "/channel")[0] ? NULL : "channel_not_found";
}

static const char *judge_api(struct stand *stand, struct exchange *exchange)
{
    const char *code = judge_access(stand, exchange);

    if (!code)
        code = judge_content(exchange);
    if (!code && is_update(exchange))
        code = judge_update(stand, exchange);
    return code;
}

static const char *new_ts(struct stand *stand, const struct exchange *exchange)
{
    return arena_print(exchange->arena, "%lld.%06lu", (long long)(exchange->now_ms / 1000), ++stand->serial % 1000000);
}

static void reply_api(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    const char *ts = is_update(exchange) ? json_text_at(exchange->json, "/ts") : new_ts(stand, exchange);

    jset_flag(document, "ok", code == NULL);
    if (code) {
        jset_text(document, "error", code);
        exchange->answer.retry_after_s = strcmp(code, "ratelimited") == 0 ? 1 : 0;
    } else {
        memory_add(&stand->memory, message_key(exchange, ts), exchange->now_ms);
        jset_text(document, "channel", json_text_at(exchange->json, "/channel"));
        jset_text(document, "ts", ts);
        jset_text(jset_object(document, "message"), "text", json_text_at(exchange->json, "/text"));
    }
    if (!strstr(header_value(&exchange->headers, "Content-Type"), "charset") && body_is(exchange, JSON_TYPE))
        jset_text(document, "warning", "missing_charset");
    answer_document(exchange, code ? refusal_of(API_REFUSALS, code, 200).status : 200, document);
}

const struct provider provider_slack_api = {
    .channel = "slack",
    .prefix = "/slack/api",
    .read = read_message,
    .judge = judge_api,
    .reply = reply_api,
};

/* Incoming webhooks: /services/TEAM/BOT/TOKEN; the account's "webhook" is what follows /services/. */

static const char *judge_webhook(struct stand *stand, struct exchange *exchange)
{
    const char *given = exchange->path + (exchange->path[0] == '/');
    const char *known = account_text(stand, "slack", "webhook");
    size_t team = strcspn(known, "/");

    if (known[0] && (strncmp(given, known, team) != 0 || given[team] != '/'))
        return "no_team";
    if (!secret_matches(stand, exchange, "slack", "webhook", given))
        return "invalid_token";
    if (!json_is_object(exchange->json) || strcmp(exchange->method, "POST") != 0)
        return "invalid_payload";
    return judge_content(exchange);
}

static void reply_webhook(struct stand *stand, struct exchange *exchange, const char *code)
{
    (void)stand;
    exchange->answer.retry_after_s = code && strcmp(code, "ratelimited") == 0 ? 1 : 0;
    answer_text(exchange, code ? refusal_of(WEBHOOK_REFUSALS, code, 400).status : 200, "text/html", code ? code : "ok");
}

const struct provider provider_slack_webhook = {
    .channel = "slack",
    .prefix = "/slack/services",
    .read = read_message,
    .judge = judge_webhook,
    .reply = reply_webhook,
};
