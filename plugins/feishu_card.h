/*
 * feishu_card - what Feishu's cards and texts say, within their limits.
 *
 * Cards are of the form JSON 1.0, which clients of every version show; 2.0 wants 7.20.
 * https://open.feishu.cn/document/feishu-cards/card-json-structure
 */
#ifndef PLUGINS_FEISHU_CARD_H
#define PLUGINS_FEISHU_CARD_H

#include "common/card.h"
#include "common/mention.h"

enum {
    TEXT_BYTES = 8000,  /* leaves room in the body even when every sign of it is escaped in JSON */
    BODY_BYTES = 20000, /* the server refuses over 20 KB */
};

/* `title` in place of the card's own. Nothing but `mentions` mentions. */
void feishu_write_card(struct json_object *object, const struct card *card, const char *title,
                       const struct mentions *mentions);
const char *feishu_text(const struct card *card, const char *title, const struct mentions *mentions);

#endif
