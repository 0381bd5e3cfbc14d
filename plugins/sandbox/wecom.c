/*
 * WeCom's group robot: POST /cgi-bin/webhook/send?key=K. No signature: the key is the secret.
 *
 * https://developer.work.weixin.qq.com/document/path/91770
 * Errors come with HTTP status 200; their texts as recorded from the live service.
 */
#include <string.h>

#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"
#include "plugins/sandbox/provider.h"

enum {
    TEXT_BYTES = 2048,
    MARKDOWN_BYTES = 4096,
    PER_MINUTE = 20,
    MINUTE_MS = 60 * 1000,
};

static const struct refusal REFUSALS[] = {
    {"93000",          200, "invalid webhook url"                                               },
    {"43002",          200, "require POST method"                                               },
    {"40058",          200, "invalid Request Parameter"                                         },
    {"40058 text",     200, "text.content exceed max length 2048. invalid Request Parameter"    },
    {"40058 markdown", 200, "markdown.content exceed max length 4096. invalid Request Parameter"},
    {"40008",          200, "invalid message type"                                              },
    {"44004",          200, "empty content"                                                     },
    {"45009",          200, "api freq out of limit"                                             },
    {"45033",          200, "api concurrent out of limit"                                       },
    {"-1",             200, "system busy"                                                       },
    {NULL,             0,   NULL                                                                },
};

static const char *content_of(struct exchange *exchange)
{
    return json_text_at(exchange->json, arena_print(exchange->arena, "/%s/content", exchange->reading.format));
}

static bool is_markdown(const struct exchange *exchange)
{
    return strncmp(exchange->reading.format, "markdown", 8) == 0;
}

/* mentioned_list and mentioned_mobile_list exist for text only. */
static void read_mentions(struct exchange *exchange, const char *list)
{
    const char *path = arena_print(exchange->arena, "/%s/%s", exchange->reading.format, list);

    if (strcmp(exchange->reading.format, "text") != 0) {
        if (json_has(exchange->json, path))
            note(exchange, "%s is passed over: it exists for text only", list);
        return;
    }
    for (size_t i = 0; i < 100; i++) {
        const char *name =
            json_word_at(exchange->arena, exchange->json, arena_print(exchange->arena, "%s/%zu", path, i));

        if (!name[0])
            return;
        texts_add(exchange->arena, &exchange->reading.mentions, strcmp(name, "@all") == 0 ? "所有人" : name);
    }
}

static void read_message(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;
    const char *content;

    reading->format = json_text_at(exchange->json, "/msgtype");
    content = content_of(exchange);
    reading->text = is_markdown(exchange) ? plain_wecom(exchange->arena, content) : content;
    read_mentions(exchange, "mentioned_list");
    read_mentions(exchange, "mentioned_mobile_list");
    if (strcmp(reading->format, "markdown_v2") != 0)
        mentions_between_angles(exchange, content);
    if (strcmp(reading->format, "template_card") == 0) {
        reading->title = json_text_at(exchange->json, "/template_card/main_title/title");
        reading->text = json_text_at(exchange->json, "/template_card/sub_title_text");
    }
}

static const char *judge_length(struct exchange *exchange)
{
    size_t len = strlen(content_of(exchange));
    bool markdown = is_markdown(exchange);

    if (!markdown && strcmp(exchange->reading.format, "text") != 0)
        return NULL;
    if (len == 0)
        return "44004";
    if (len <= (size_t)(markdown ? MARKDOWN_BYTES : TEXT_BYTES))
        return NULL;
    return objection(exchange, markdown ? "40058 markdown" : "40058 text", "%zu bytes", len);
}

static const char *judge_form(struct exchange *exchange)
{
    static const char KINDS[] = " text markdown markdown_v2 news template_card ";

    if (strcmp(exchange->method, "POST") != 0)
        return "43002";
    if (!json_is_object(exchange->json))
        return objection(exchange, "40058", "the body is not a JSON object");
    if (!strstr(KINDS, arena_print(exchange->arena, " %s ", exchange->reading.format)))
        return "40008";
    return judge_length(exchange);
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *key = pairs_value(&exchange->parameters, "key");
    const char *code;

    if (!key[0] || !secret_matches(stand, exchange, "wecom", "key", key))
        return "93000";
    code = judge_form(exchange);
    if (!code &&
        !quota_take(stand, arena_print(exchange->arena, "wecom %s", key), PER_MINUTE, MINUTE_MS, exchange->now_ms))
        code = objection(exchange, "45009", "more than 20 in a minute");
    return code;
}

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    long long number = code ? strtoll(code, NULL, 10) : 0;
    struct refusal refusal = {.status = 200, .words = "ok"};

    if (code)
        refusal = refusal_of(REFUSALS, code, 200);
    jset_number(document, "errcode", number);
    jset_text(document, "errmsg",
              !code ? "ok"
                    : arena_print(exchange->arena,
                                  "%s, hint: [%lld%06lu], from ip: 127.0.0.1, more info at "
                                  "https://open.work.weixin.qq.com/devtool/query?e=%lld",
                                  refusal.words, (long long)exchange->now_ms, ++stand->serial, number));
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_wecom = {
    .channel = "wecom",
    .prefix = "/wecom",
    .path = "/cgi-bin/webhook/send",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
