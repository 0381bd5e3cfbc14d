/*
 * card_dingtalk - the kinds of message that DingTalk's robots and work notices take: text, Markdown, action card, link.
 * Pure.
 *
 * https://open.dingtalk.com/document/robots/custom-robot-access
 */
#ifndef COMMON_CARD_DINGTALK_H
#define COMMON_CARD_DINGTALK_H

#include "common/card.h"
#include "common/mention.h"

struct dingtalk_format {
    const char *word; /* in the configuration */
    const char *msgtype;
    const char *text_key; /* of the text, beside "title" */
    enum markup markup;
    bool pings; /* mentions work, and links stand in the text; the others have a place of their own for addresses */
};

/* "auto" is an action card when the message asks for a confirmation. What cannot ping, or has no address, is Markdown. */
const struct dingtalk_format *dingtalk_format_for(const char *word, const struct card *card,
                                                  const struct mentions *mentions);

struct json_object *dingtalk_document(const struct card *card, const struct dingtalk_format *format,
                                      const struct mentions *mentions, const char *text);

#endif
