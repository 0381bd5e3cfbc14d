/*
 * Feishu's custom robot: POST /open-apis/bot/v2/hook/TOKEN, signed in the body by "timestamp" and "sign".
 *
 * https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN
 * Texts of refusals as its documents show them; errors come with HTTP status 200.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"
#include "plugins/sandbox/provider.h"

enum {
    BODY_MOST = 20 * 1024, /* bytes */
    PER_MINUTE = 100,
    PER_SECOND = 5,
    MINUTE_MS = 60 * 1000,
    SECOND_MS = 1000,
};

static const char HOOK[] = "/open-apis/bot/v2/hook/";

static const struct refusal REFUSALS[] = {
    {"9499",     200, "Bad Request"                                                          },
    {"19001",    200, "param invalid: incoming webhook access token invalid"                 },
    {"19021",    200, "sign match fail or timestamp is not within one hour from current time"},
    {"19022",    200, "Ip Not Allowed"                                                       },
    {"19024",    200, "Key Words Not Found"                                                  },
    {"11232",    200, "frequency limited"                                                    },
    {"99991400", 400, "request trigger frequency limit"                                      },
    {NULL,       0,   NULL                                                                   },
};

/* <at id=ou_1></at> of a card, <at user_id="ou_1"></at> of a text. */
static void read_mentions(struct exchange *exchange, const char *text)
{
    while ((text = strstr(text, "<at "))) {
        const char *name = text + strcspn(text, "=>");
        size_t len;

        if (*name != '=')
            return;
        name += strspn(name, "=\"'");
        len = strcspn(name, "\"' >");
        text = arena_copy(exchange->arena, name, len);
        texts_add(exchange->arena, &exchange->reading.mentions, strcmp(text, "all") == 0 ? "所有人" : text);
        text = name + len;
    }
}

static void read_action(struct exchange *exchange, const char *path)
{
    for (size_t i = 0; i < 10; i++) {
        const char *button = arena_print(exchange->arena, "%s/actions/%zu", path, i);

        if (!json_has(exchange->json, button))
            return;
        pairs_append(exchange->arena, &exchange->reading.buttons,
                     json_text_at(exchange->json, arena_print(exchange->arena, "%s/text/content", button)),
                     json_text_at(exchange->json, arena_print(exchange->arena, "%s/url", button)));
    }
}

static void add_text(struct exchange *exchange, const char *text)
{
    struct reading *reading = &exchange->reading;

    reading->text = arena_print(exchange->arena, "%s%s%s", reading->text, reading->text[0] ? "\n\n" : "", text);
}

static void read_element(struct exchange *exchange, const char *path)
{
    const char *tag = json_text_at(exchange->json, arena_print(exchange->arena, "%s/tag", path));
    const char *content = json_text_at(exchange->json, arena_print(exchange->arena, "%s/content", path));

    if (strcmp(tag, "markdown") == 0) {
        add_text(exchange, plain_feishu(exchange->arena, content));
        read_mentions(exchange, content);
    } else if (strcmp(tag, "action") == 0) {
        read_action(exchange, path);
    } else if (strcmp(tag, "note") == 0) {
        add_text(exchange, json_text_at(exchange->json, arena_print(exchange->arena, "%s/elements/0/content", path)));
    } else {
        note(exchange, "the stand-in does not know the element %s", tag);
    }
}

static void read_message(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;

    reading->format = json_text_at(exchange->json, "/msg_type");
    if (strcmp(reading->format, "text") == 0) {
        reading->text = plain_feishu_text(exchange->arena, json_text_at(exchange->json, "/content/text"));
        read_mentions(exchange, json_text_at(exchange->json, "/content/text"));
        return;
    }
    reading->title = json_text_at(exchange->json, "/card/header/title/content");
    reading->color = json_text_at(exchange->json, "/card/header/template");
    for (size_t i = 0; i < 50 && json_has(exchange->json, arena_print(exchange->arena, "/card/elements/%zu", i)); i++)
        read_element(exchange, arena_print(exchange->arena, "/card/elements/%zu", i));
}

static const char *judge_form(struct exchange *exchange)
{
    if (strcmp(exchange->method, "POST") != 0 || !body_is(exchange, "application/json"))
        return objection(exchange, "9499", "wanted is a POST of application/json");
    if (!json_is_object(exchange->json))
        return objection(exchange, "9499", "the body is not a JSON object");
    if (exchange->body_len > BODY_MOST)
        return objection(exchange, "9499", "%zu bytes", exchange->body_len);
    if (strcmp(exchange->reading.format, "text") != 0 && strcmp(exchange->reading.format, "interactive") != 0)
        return objection(exchange, "9499", "the stand-in knows msg_type text and interactive");
    if (!exchange->reading.text[0])
        return objection(exchange, "9499", "the message has no text");
    return NULL;
}

static const char *judge_signature(const struct stand *stand, struct exchange *exchange)
{
    const char *secret = account_text(stand, "feishu", "secret");
    struct judgement judgement;

    if (!secret[0])
        return NULL;
    judgement = verify_feishu(exchange->arena, secret, json_word_at(exchange->arena, exchange->json, "/timestamp"),
                              json_text_at(exchange->json, "/sign"), exchange->now_ms / 1000);
    return prove(exchange, "signature", judgement.is == SIGNATURE_RIGHT)
               ? NULL
               : objection(exchange, "19021", "%s", judgement.why);
}

static const char *judge_keyword(const struct stand *stand, struct exchange *exchange)
{
    const char *keyword = account_text(stand, "feishu", "keyword");

    if (!keyword[0] || strstr(exchange->reading.title, keyword) || strstr(exchange->reading.text, keyword))
        return NULL;
    return objection(exchange, "19024", "the robot wants the word '%s'", keyword);
}

static const char *judge_speed(struct stand *stand, struct exchange *exchange, const char *token)
{
    const char *minute = arena_print(exchange->arena, "feishu minute %s", token);
    const char *second = arena_print(exchange->arena, "feishu second %s", token);

    if (!quota_take(stand, second, PER_SECOND, SECOND_MS, exchange->now_ms))
        return objection(exchange, "11232", "more than 5 in a second");
    if (!quota_take(stand, minute, PER_MINUTE, MINUTE_MS, exchange->now_ms))
        return objection(exchange, "11232", "more than 100 in a minute");
    return NULL;
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *token = strncmp(exchange->path, HOOK, strlen(HOOK)) == 0 ? exchange->path + strlen(HOOK) : "";
    const char *code = judge_form(exchange);

    if (!code && (!token[0] || !secret_matches(stand, exchange, "feishu", "token", token)))
        code = "19001";
    if (!code)
        code = judge_signature(stand, exchange);
    if (!code)
        code = judge_keyword(stand, exchange);
    return code ? code : judge_speed(stand, exchange, token);
}

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200, .words = "success"};

    (void)stand;
    if (code)
        refusal = refusal_of(REFUSALS, code, 200);
    jset_number(document, "code", code ? strtoll(code, NULL, 10) : 0);
    jset_text(document, "msg", refusal.words);
    jset_object(document, "data");
    if (!code) {
        jset_number(document, "StatusCode", 0);
        jset_text(document, "StatusMessage", "success");
    }
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_feishu = {
    .channel = "feishu",
    .prefix = "/feishu",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
