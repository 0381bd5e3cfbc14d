/*
 * Feishu (飞书) and Lark, custom robot of a group.
 *
 * https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN
 *
 * The address ends in the robot's token. A signature stands in the body and covers the time alone, not the message. People
 * are mentioned by open_id or user_id only: robots see neither mobiles nor mail addresses.
 */
#include <string.h>

#include "common/robot.h"
#include "common/sign.h"
#include "plugins/answers.h"
#include "plugins/feishu_card.h"

#define STANDARD "https://open.feishu.cn/open-apis/bot/v2/hook"

static const struct robot_kind KIND = {.standard = STANDARD, .parameter = "", .option = "token"};

enum { KEYWORD_BYTES = 64 };

struct feishu {
    struct robot robot;
    struct secret secret;
    const char *keyword;
    const char *format;
    struct text_list at_users;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("webhook", struct feishu, robot.webhook, "",
                  "whole address of the robot, as the group's settings show it, of Lark as well"),
    OPTION_SECRET("token", struct feishu, robot.token, "", "last part of the address, in place of the whole"),
    OPTION_SECRET("secret", struct feishu, secret, "", "signing secret, when the robot asks for signatures"),
    OPTION_TEXT("endpoint", struct feishu, robot.endpoint, STANDARD,
                "base address, for Lark, a stand-in or a private cloud"),
    OPTION_TEXT("keyword", struct feishu, keyword, "", "keyword of the robot, added to a title that lacks it"),
    OPTION_CHOICE("format", struct feishu, format, "card", "card text", "kind of message"),
    OPTION_LIST("at_users", struct feishu, at_users, "", "open_id or user_id of those to mention, or @all"),
    OPTION_END,
};

static void check(const void *settings, const struct findings *findings)
{
    const struct feishu *self = settings;

    robot_check(&KIND, &self->robot, findings);
    if (strlen(self->keyword) > KEYWORD_BYTES)
        findings->mistake(findings->self, "keyword: longer than any keyword of a robot");
}

static struct mentions mentions_of(const struct feishu *self, const struct intent *intent)
{
    struct mentions mentions = {0};

    mentions_add_users(&mentions, self->at_users.items, self->at_users.count);
    mentions_add_users(&mentions, intent->recipients, intent->recipient_count);
    return mentions;
}

/* The robot drops what lacks its keyword; of a message it looks at titles and texts. */
static const char *title_of(const struct feishu *self, const struct card *card)
{
    if (strstr(card->title, self->keyword))
        return card->title;
    return arena_print(card->arena, "%s · %s", card->title, self->keyword);
}

static void sign(const struct feishu *self, const struct moment *moment, struct arena *arena, struct json_object *doc)
{
    int64_t wall_s = moment->wall_ms / 1000;

    if (!secret_given(self->secret))
        return;
    jset_texts(doc, "timestamp", arena_print(arena, "%lld", (long long)wall_s), "sign",
               sign_feishu(arena, self->secret, wall_s), NULL);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct feishu *self = settings;
    struct card card = card_of(request->arena, intent, CARD_TITLE_MOST);
    struct mentions mentions = mentions_of(self, intent);
    const char *title = title_of(self, &card);
    struct json_object *doc = json_doc(request->arena);

    sign(self, moment, request->arena, doc);
    if (strcmp(self->format, "text") == 0) {
        jset_text(doc, "msg_type", "text");
        jset_text(jset_object(doc, "content"), "text", feishu_text(&card, title, &mentions));
    } else {
        jset_text(doc, "msg_type", "interactive");
        feishu_write_card(jset_object(doc, "card"), &card, title, &mentions);
    }
    request_body(request, json_print(doc));
    request_measure(request, "body", request->body, BODY_BYTES, UNIT_BYTES);
    return robot_request(&KIND, &self->robot, "", request, fault);
}

const struct channel channel_feishu = {
    .name = "feishu",
    .summary = "Feishu or Lark, custom robot of a group",
    .example = "--webhook-file robot.url --secret-file robot.secret --to ou_18eac85d35a26",
    .options = OPTIONS,
    .settings_size = sizeof(struct feishu),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_LOGIN,
    .endpoint_limits = {.per_minute = 90, .kept_for_critical = 10}, /* the provider stops a robot at 100 a minute */
    .expires_s = 7200,
    .check = check,
    .build = build,
    .classify = feishu_classify,
};
