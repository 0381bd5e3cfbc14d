/*
 * DingTalk's custom robot: POST /robot/send?access_token=T[&timestamp=MS&sign=S]
 *
 * https://open.dingtalk.com/document/robots/custom-robot-access
 * Texts of refusals as recorded from the live service; errors come with HTTP status 200.
 */
#include <string.h>

#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"
#include "plugins/sandbox/provider.h"
#include "plugins/sandbox/verify.h"

enum {
    BODY_MOST = 20000, /* bytes */
    PER_MINUTE = 20,
    MINUTE_MS = 60 * 1000,
    BLOCKED_MS = 10 * 60 * 1000, /* a robot that was too fast is deaf that long */
};

#define MORE ", more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"

static const struct refusal REFUSALS[] = {
    {"43002",          200, "无效的HTTP请求方法"                },
    {"43004",          200, "无效的HTTP HEADER Content-Type"        },
    {"40035",          200, "缺少参数 json"                        },
    {"40035 token",    200, "缺少参数 access_token"                },
    {"300005",         200, "token is not exist"                       },
    {"310000",         200, "sign not match" MORE                      },
    {"310000 time",    200, "invalid timestamp" MORE                   },
    {"310000 keyword", 200, "keywords not in content" MORE             },
    {"400105",         200, "不支持的消息类型"                 },
    {"460101",         200, "message too long, exceed 20000 bytes"     },
    {"130101",         200, "send too fast, exceed 20 times per minute"},
    {"410100",         200, "发送速度太快而限流"              },
    {"-1",             200, "系统繁忙"                             },
    {"400013",         200, "群已被解散"                          },
    {"400101",         200, "access_token不存在"                    },
    {"400102",         200, "机器人已停用"                       },
    {"430101",         200, "含有不安全的外链"                 },
    {NULL,             0,   NULL                                       },
};

static void read_mention(struct exchange *exchange, const char *name, const char *text)
{
    const char *written = arena_print(exchange->arena, "@%s", name);

    texts_add(exchange->arena, &exchange->reading.mentions, name);
    if (!strstr(text, written))
        note(exchange, "at names %s, but the text has no %s: the name is not shown highlighted", name, written);
}

static void read_mentions(struct exchange *exchange, const char *list, const char *text)
{
    for (size_t i = 0; i < 100; i++) {
        const char *name =
            json_word_at(exchange->arena, exchange->json, arena_print(exchange->arena, "/at/%s/%zu", list, i));

        if (!name[0])
            return;
        read_mention(exchange, name, text);
    }
}

/* actionCard, link and feedCard cannot ping anyone. */
static void read_pings(struct exchange *exchange, const char *text)
{
    struct reading *reading = &exchange->reading;

    if (strcmp(reading->format, "text") != 0 && strcmp(reading->format, "markdown") != 0) {
        if (json_has(exchange->json, "/at"))
            note(exchange, "%s pings nobody: its at is passed over", reading->format);
        return;
    }
    read_mentions(exchange, "atMobiles", text);
    read_mentions(exchange, "atUserIds", text);
    if (json_flag_at(exchange->json, "/at/isAtAll"))
        texts_add(exchange->arena, &reading->mentions, "所有人");
}

static void read_buttons(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;

    if (json_has(exchange->json, "/actionCard/singleTitle"))
        pairs_append(exchange->arena, &reading->buttons, json_text_at(exchange->json, "/actionCard/singleTitle"),
                     json_text_at(exchange->json, "/actionCard/singleURL"));
    for (size_t i = 0; i < 10; i++) {
        const char *path = arena_print(exchange->arena, "/actionCard/btns/%zu", i);

        if (!json_has(exchange->json, path))
            return;
        pairs_append(exchange->arena, &reading->buttons,
                     json_text_at(exchange->json, arena_print(exchange->arena, "%s/title", path)),
                     json_text_at(exchange->json, arena_print(exchange->arena, "%s/actionURL", path)));
    }
}

static void read_message(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;
    const char *kind = json_text_at(exchange->json, "/msgtype");
    const char *field = strcmp(kind, "text") == 0 ? "content" : "text";
    const char *text = json_text_at(exchange->json, arena_print(exchange->arena, "/%s/%s", kind, field));

    reading->format = kind;
    reading->title = json_text_at(exchange->json, arena_print(exchange->arena, "/%s/title", kind));
    reading->text = strcmp(kind, "text") == 0 ? text : plain_dingtalk(exchange->arena, text);
    read_pings(exchange, text);
    read_buttons(exchange);
}

static const char *judge_form(struct exchange *exchange)
{
    static const char *const KINDS = " text markdown link actionCard feedCard ";
    const char *kind = arena_print(exchange->arena, " %s ", exchange->reading.format);

    if (strcmp(exchange->method, "POST") != 0)
        return "43002";
    if (!body_is(exchange, "application/json"))
        return "43004";
    if (!json_is_object(exchange->json) || !exchange->reading.format[0])
        return objection(exchange, "40035", "the body is not a JSON object with msgtype");
    if (!strstr(KINDS, kind))
        return "400105";
    if (exchange->body_len > BODY_MOST)
        return objection(exchange, "460101", "%zu bytes", exchange->body_len);
    if (strcmp(exchange->reading.format, "feedCard") != 0 && !exchange->reading.text[0])
        return objection(exchange, "40035", "the message has no text");
    return NULL;
}

static const char *judge_token(const struct stand *stand, struct exchange *exchange)
{
    const char *given = pairs_value(&exchange->parameters, "access_token");

    if (!given[0])
        return "40035 token";
    return secret_matches(stand, exchange, "dingtalk", "access_token", given) ? NULL : "300005";
}

static const char *judge_signature(const struct stand *stand, struct exchange *exchange)
{
    const char *secret = account_text(stand, "dingtalk", "secret");
    struct judgement judgement;

    if (!secret[0])
        return NULL;
    judgement = verify_dingtalk(exchange->arena, secret, pairs_value(&exchange->parameters, "timestamp"),
                                pairs_value(&exchange->parameters, "sign"), exchange->now_ms);
    if (prove(exchange, "signature", judgement.is == SIGNATURE_RIGHT))
        return NULL;
    return objection(exchange, judgement.is == SIGNATURE_STALE ? "310000 time" : "310000", "%s", judgement.why);
}

static const char *judge_keyword(const struct stand *stand, struct exchange *exchange)
{
    const char *keyword = account_text(stand, "dingtalk", "keyword");

    if (!keyword[0] || strstr(exchange->reading.title, keyword) || strstr(exchange->reading.text, keyword))
        return NULL;
    return objection(exchange, "310000 keyword", "the robot wants the word '%s'", keyword);
}

static const char *judge_speed(struct stand *stand, struct exchange *exchange)
{
    const char *token = pairs_value(&exchange->parameters, "access_token");
    const char *sent = arena_print(exchange->arena, "dingtalk sent %s", token);
    const char *blocked = arena_print(exchange->arena, "dingtalk blocked %s", token);

    if (memory_count(&stand->memory, blocked, BLOCKED_MS, exchange->now_ms) > 0)
        return objection(exchange, "130101", "the robot is blocked for ten minutes");
    if (quota_take(stand, sent, PER_MINUTE, MINUTE_MS, exchange->now_ms))
        return NULL;
    memory_add(&stand->memory, blocked, exchange->now_ms);
    return objection(exchange, "130101", "more than 20 in a minute: blocked for ten minutes");
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *code = judge_token(stand, exchange);

    if (!code)
        code = judge_form(exchange);
    if (!code)
        code = judge_signature(stand, exchange);
    if (!code)
        code = judge_keyword(stand, exchange);
    return code ? code : judge_speed(stand, exchange);
}

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200, .words = "ok"};

    (void)stand;
    if (code)
        refusal = refusal_of(REFUSALS, code, 200);
    jset_number(document, "errcode", code ? strtoll(code, NULL, 10) : 0);
    jset_text(document, "errmsg", refusal.words);
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_dingtalk = {
    .channel = "dingtalk",
    .prefix = "/dingtalk",
    .path = "/robot/send",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
