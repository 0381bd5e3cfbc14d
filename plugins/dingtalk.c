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
#include "common/robot.h"
#include "common/sign.h"
#include "plugins/answers.h"

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
    return robot_request(&KIND, &self->robot, signs ? sign_dingtalk(request->arena, self->secret, moment->wall_ms) : "",
                         request, fault);
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
    .classify = dingtalk_classify,
};
