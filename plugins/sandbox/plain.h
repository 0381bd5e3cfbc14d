/*
 * plain - a provider's markup turned into what a person reads: bold signs gone, links and mentions spelled out. Pure.
 */
#ifndef SANDBOX_PLAIN_H
#define SANDBOX_PLAIN_H

#include "plugins/sandbox/exchange.h"

/* DingTalk joins lines that are not parted by an empty line or two spaces, unless one of them is a block of its own. */
const char *plain_dingtalk(struct arena *arena, const char *markdown);

/* WeCom: <font>, <@user>. */
const char *plain_wecom(struct arena *arena, const char *markdown);

/* Feishu's cards: **bold**, [label](url), <at id=...></at>, every entity; and its texts, in which only tags mean something. */
const char *plain_feishu(struct arena *arena, const char *markdown);
const char *plain_feishu_text(struct arena *arena, const char *text);

/* Slack's mrkdwn: *bold*, <url|label>, <@U...>, <!channel>, entities. */
const char *plain_mrkdwn(struct arena *arena, const char *mrkdwn);

/* Adaptive Cards and MessageCards: **bold**, [label](url), backslash escapes, <at>name</at>. */
const char *plain_card(struct arena *arena, const char *markdown);

/* HTML without its tags, entities decoded: for mails that have no plain part. */
const char *plain_html(struct arena *arena, const char *html);

/* Appends the id of every <@id> and <!name> in `text`, each once. */
void mentions_between_angles(struct exchange *exchange, const char *text);

#endif
