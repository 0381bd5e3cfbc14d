/*
 * DingTalk, custom robot of a group.
 *
 * https://open.dingtalk.com/document/robots/custom-robot-access
 * https://open.dingtalk.com/document/robots/customize-robot-security-settings
 *
 * Nearly everything is answered with 200; "errcode" in the body decides, and one code has several meanings that only
 * "errmsg" tells apart. A message must satisfy one of the robot's security settings: signature, keyword or address
 * list.
 */
#include <string.h>

#include "common/card_dingtalk.h"
#include "common/encode.h"
#include "common/hash.h"
#include "common/robot.h"
#include "common/str.h"

#define STANDARD "https://oapi.dingtalk.com/robot/send"

static const struct robot_kind KIND = {.standard = STANDARD, .parameter = "access_token", .option = "token"};

enum {
    TEXT_BYTES = 5000,  /* "about 5000 characters" in the older manual; bytes are on the safe side */
    BODY_BYTES = 18000, /* the server refuses over 20000 */
    KEYWORD_BYTES = 64,
};

struct dingtalk {
    struct robot robot;
    struct secret secret;
    const char *keyword;
    const char *security;
    const char *format;
    struct text_list at_mobiles;
    struct text_list at_user_ids;
    bool at_all;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("webhook", struct dingtalk, robot.webhook, "",
                  "whole address of the robot, as the group's settings show it"),
    OPTION_SECRET("token", struct dingtalk, robot.token, "",
                  "access_token of the robot, in place of the whole address"),
    OPTION_SECRET("secret", struct dingtalk, secret, "", "signing secret, SEC..., when the robot asks for signatures"),
    OPTION_TEXT("endpoint", struct dingtalk, robot.endpoint, STANDARD,
                "base address, for a stand-in or a private cloud"),
    OPTION_TEXT("keyword", struct dingtalk, keyword, "", "keyword of the robot, added when a message lacks it"),
    OPTION_CHOICE("security", struct dingtalk, security, "", " ip",
                  "\"ip\" when the robot trusts this machine's address"),
    OPTION_CHOICE("format", struct dingtalk, format, "auto", "auto text markdown actioncard link",
                  "kind of message; auto is an actionCard with a button to confirm unless people are mentioned"),
    OPTION_LIST("at_mobiles", struct dingtalk, at_mobiles, "", "mobiles to mention"),
    OPTION_LIST("at_user_ids", struct dingtalk, at_user_ids, "", "user ids to mention"),
    OPTION_FLAG("at_all", struct dingtalk, at_all, "no", "mention everybody"),
    OPTION_END,
};

/* Of one code, the row whose words stand in "errmsg": English in older answers, Chinese in newer ones. */
static const struct verdict_rule RULES[] = {
    {"0",                       NULL,           OUTCOME_DELIVERED, 0,    WORD_NONE         },
    {"130101 410100",           NULL,           OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    }, /* over 20 a minute */
    {"90030",                   NULL,           OUTCOME_THROTTLED, 3600, WORD_FIX_QUOTA    }, /* calls of the day used up */
    {"*",                       "too fast",     OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "per minute",   OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "frequen",      OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "限流",       OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"-1",                      NULL,           OUTCOME_AGAIN,     30,   WORD_FIX_WAIT     },
    {"310000",                  "keyword",      OUTCOME_BROKEN,    0,    WORD_FIX_KEYWORD  },
    {"310000",                  "关键词",    OUTCOME_BROKEN,    0,    WORD_FIX_KEYWORD  },
    {"310000",                  "timestamp",    OUTCOME_BROKEN,    0,    WORD_FIX_CLOCK    },
    {"310000",                  "签名过期", OUTCOME_BROKEN,    0,    WORD_FIX_CLOCK    },
    {"310000",                  "whitelist",    OUTCOME_BROKEN,    0,    WORD_FIX_ALLOWLIST},
    {"310000",                  "白名单",    OUTCOME_BROKEN,    0,    WORD_FIX_ALLOWLIST},
    {"310000",                  NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_SIGNATURE},
    {"300001 300005 400101 88", NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN    },
    {"400013 400102 400106",    NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_TARGET   }, /* group, robot gone */
    {"43010*",                  NULL,           OUTCOME_REFUSED,   0,    WORD_FIX_MESSAGE  }, /* unsafe link or text */
    {"*",                       "too long",     OUTCOME_REFUSED,   0,    WORD_FIX_MESSAGE  },
    {NULL,                      NULL,           OUTCOME_REFUSED,   0,    WORD_FIX_REPORT   },
};

static void check(const void *settings, const struct findings *findings)
{
    const struct dingtalk *self = settings;

    robot_check(&KIND, &self->robot, findings);
    if (strlen(self->keyword) > KEYWORD_BYTES)
        findings->mistake(findings->self, "keyword: longer than any keyword of a robot");
    if (!secret_given(self->secret) && self->keyword[0] == '\0' && strcmp(self->security, "ip") != 0)
        findings->advice(findings->self, "the robot must have one of signature, keyword or address list: give "
                                         "secret_file, keyword or security = \"ip\", as in its settings");
}

/* base64(HMAC-SHA256(secret, "<milliseconds>\n<secret>")), percent-encoded once. */
static const char *signature_of(struct arena *arena, struct secret secret, int64_t wall_ms)
{
    const char *key = secret_text(secret);
    const char *text = arena_print(arena, "%lld\n%s", (long long)wall_ms, key);
    struct digest mac = hmac_sha256(key, strlen(key), text, strlen(text));
    struct str signature = str_in(arena, 256);

    str_addf(&signature, "&timestamp=%lld&sign=", (long long)wall_ms);
    encode_percent(&signature, digest_base64(arena, &mac));
    return signature.text;
}

static struct mentions mentions_of(struct arena *arena, const struct dingtalk *self, const struct intent *intent)
{
    struct mentions mentions = {.all = self->at_all};

    mentions_add(arena, &mentions, self->at_mobiles.items, self->at_mobiles.count);
    mentions_add_users(&mentions, self->at_user_ids.items, self->at_user_ids.count);
    mentions_add(arena, &mentions, intent->recipients, intent->recipient_count);
    return mentions;
}

/* Links, and "@" of each mention: without it nobody's name is highlighted. */
static const char *tail_of(const struct card *card, const struct dingtalk_format *format,
                           const struct mentions *mentions)
{
    const char *mobiles = mentions_text(card->arena, &mentions->mobiles, "@", "");
    const char *users = mentions_text(card->arena, &mentions->users, "@", "");
    const char *names = arena_print(card->arena, "%s%s%s", mobiles, mobiles[0] && users[0] ? " " : "", users);

    return format->pings ? card_joined(card, card_links(card, format->markup), names) : "";
}

static const char *text_of(const struct dingtalk *self, const struct card *card, const struct dingtalk_format *format,
                           const struct mentions *mentions)
{
    const char *title = markup_escape(card->arena, format->markup, card->title);
    const char *head = format->markup == MARKUP_PLAIN ? title : arena_print(card->arena, "### %s", title);
    const char *text = card_text(card, card->message->text, format->markup, head, tail_of(card, format, mentions),
                                 TEXT_BYTES - KEYWORD_BYTES - 2);

    if (strstr(card->title, self->keyword) || strstr(text, self->keyword))
        return text;
    return card_joined(card, text, self->keyword); /* the robot drops what lacks it */
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct dingtalk *self = settings;
    struct card card = card_of(request->arena, intent, CARD_TITLE_MOST);
    struct mentions mentions = mentions_of(request->arena, self, intent);
    const struct dingtalk_format *format = dingtalk_format_for(self->format, &card, &mentions);
    const char *text = text_of(self, &card, format, &mentions);
    bool signs = secret_given(self->secret);

    request_body(request, json_print(dingtalk_document(&card, format, &mentions, text)));
    request_measure(request, format->msgtype, text, TEXT_BYTES, UNIT_BYTES);
    request_measure(request, "body", request->body, BODY_BYTES, UNIT_BYTES);
    return robot_request(&KIND, &self->robot, signs ? signature_of(request->arena, self->secret, moment->wall_ms) : "",
                         request, fault);
}

/* The wall in front of the robots stops bursts, in words of its own. */
static bool wall_answered(struct json_object *doc)
{
    return !json_has(doc, "/errcode") && (json_number_at(doc, "/status", 0) == 1111 || json_has(doc, "/punish"));
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    struct json_object *doc = answer_json(response, verdicts);

    (void)settings;
    (void)intent;
    if (doc && wall_answered(doc))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_THROTTLED,
                                               .code = "1111",
                                               .reason = response->body,
                                               .remedy = WORD_FIX_QUOTA,
                                               .wait_s = json_number_at(doc, "/wait", 60)});
    else if (doc)
        robot_answer(response, doc, RULES, verdicts);
}

const struct channel channel_dingtalk = {
    .name = "dingtalk",
    .summary = "DingTalk, custom robot of a group",
    .example = "--webhook-file robot.url --secret-file robot.secret --to 13800138000",
    .options = OPTIONS,
    .settings_size = sizeof(struct dingtalk),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MOBILE | ADDRESS_LOGIN,
    .endpoint_limits = {.per_minute = 18, .kept_for_critical = 4}, /* the provider stops a robot at 20 a minute */
    .expires_s = 7200,
    .check = check,
    .build = build,
    .classify = classify,
};
