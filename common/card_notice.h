/*
 * card_notice - a message as WeCom's template card "text_notice". Pure.
 *
 * https://developer.work.weixin.qq.com/document/path/91770
 */
#ifndef COMMON_CARD_NOTICE_H
#define COMMON_CARD_NOTICE_H

#include "common/card.h"

/* `rest` is the text without its facts, plain. The card must have a button: a notice without an address is refused. */
void write_notice(struct json_object *notice, const struct card *card, const char *rest);

#endif
