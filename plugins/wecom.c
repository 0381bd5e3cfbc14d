/*
 * WeCom (企业微信), robot of a group.
 *
 * https://developer.work.weixin.qq.com/document/path/91770
 *
 * The key in the address is the only secret. Mentions by mobile exist in text messages only; `<@userid>` works in text
 * and Markdown, so '<' of anybody's text must not get there. Cards mention nobody.
 */
#include <string.h>

#include "common/card_notice.h"
#include "common/mention.h"
#include "common/robot.h"
#include "plugins/answers.h"
#include "plugins/wecom_text.h"

#define STANDARD "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"

static const struct robot_kind KIND = {.standard = STANDARD, .parameter = "key", .option = "key"};

struct wecom {
    struct robot robot;
    const char *format;
    struct text_list mentioned_list;
    struct text_list mentioned_mobile_list;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("webhook", struct wecom, robot.webhook, "",
                  "whole address of the robot, as the group's settings show it"),
    OPTION_SECRET("key", struct wecom, robot.token, "", "key of the robot, in place of the whole address"),
    OPTION_TEXT("endpoint", struct wecom, robot.endpoint, STANDARD, "base address, for a stand-in or a private cloud"),
    OPTION_CHOICE("format", struct wecom, format, "auto", "auto text markdown template_card",
                  "kind of message; auto is Markdown, or text when the mentions need it"),
    OPTION_LIST("mentioned_list", struct wecom, mentioned_list, "", "user ids to mention, or @all"),
    OPTION_LIST("mentioned_mobile_list", struct wecom, mentioned_mobile_list, "", "mobiles to mention, text only"),
    OPTION_END,
};

static void check(const void *settings, const struct findings *findings)
{
    const struct wecom *self = settings;
    bool text = strcmp(self->format, "text") == 0 || strcmp(self->format, "auto") == 0;

    robot_check(&KIND, &self->robot, findings);
    if (self->mentioned_mobile_list.count > 0 && !text)
        findings->mistake(findings->self,
                          "mentioned_mobile_list and format exclude each other: WeCom mentions by mobile "
                          "in text only; set format = \"text\", or name user ids in mentioned_list");
}

static struct mentions mentions_of(struct arena *arena, const struct wecom *self, const struct intent *intent)
{
    struct mentions mentions = {0};

    mentions_add_users(&mentions, self->mentioned_list.items, self->mentioned_list.count);
    mentions_add(arena, &mentions, self->mentioned_mobile_list.items, self->mentioned_mobile_list.count);
    mentions_add(arena, &mentions, intent->recipients, intent->recipient_count);
    return mentions;
}

/*
 * People come first: what is called by mobile is text, whatever was wished; a card mentions nobody and needs an
 * address.
 */
static const char *msgtype_for(const struct wecom *self, const struct card *card, const struct mentions *mentions)
{
    bool automatic = strcmp(self->format, "auto") == 0;
    bool listed = mentions->all || self->mentioned_list.count > 0;

    if (strcmp(self->format, "text") == 0 || mentions->mobiles.count > 0 || (automatic && listed))
        return "text";
    if (strcmp(self->format, "template_card") == 0 && !mentions_any(mentions) && card->buttons.count > 0)
        return "template_card";
    return "markdown";
}

static struct json_object *document(const struct wecom *self, const struct card *card, const struct mentions *mentions)
{
    const char *msgtype = msgtype_for(self, card, mentions);
    struct json_object *doc = json_doc(card->arena);
    struct json_object *part = jset_object(doc, msgtype);

    jset_text(doc, "msgtype", msgtype);
    if (strcmp(msgtype, "text") == 0)
        wecom_write_text(part, card, mentions);
    else if (strcmp(msgtype, "markdown") == 0)
        wecom_write_markdown(part, card, mentions);
    else
        write_notice(part, card, card_untagged_text(card, passage_without_facts(card->arena, card->message->text)));
    return doc;
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct wecom *self = settings;
    struct card card = card_of(request->arena, intent, CARD_TITLE_MOST);
    struct mentions mentions = mentions_of(request->arena, self, intent);
    struct json_object *doc = document(self, &card, &mentions);

    (void)moment;
    request_body(request, json_print(doc));
    request_measure(request, "text", json_text_at(doc, "/text/content"), TEXT_BYTES, UNIT_BYTES);
    request_measure(request, "markdown", json_text_at(doc, "/markdown/content"), MARKDOWN_BYTES, UNIT_BYTES);
    return robot_request(&KIND, &self->robot, "", request, fault);
}

const struct channel channel_wecom = {
    .name = "wecom",
    .summary = "WeCom, robot of a group",
    .example = "--webhook-file robot.url --to ZhangWei",
    .options = OPTIONS,
    .settings_size = sizeof(struct wecom),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MOBILE | ADDRESS_LOGIN,
    .endpoint_limits = {.per_minute = 18, .kept_for_critical = 4}, /* the provider stops a robot at 20 a minute */
    .expires_s = 7200,
    .check = check,
    .build = build,
    .classify = wecom_classify,
};
