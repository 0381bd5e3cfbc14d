/*
 * card_blocks - a message in Slack's Block Kit: a coloured bar with text, context and buttons. Pure.
 *
 * https://docs.slack.dev/reference/block-kit/blocks
 */
#ifndef COMMON_CARD_BLOCKS_H
#define COMMON_CARD_BLOCKS_H

#include "common/card.h"

/*
 * `text` stands above the bar and is the phone's notification; `section`, mrkdwn of at most 3000 characters, stands in
 * it. Both are escaped already. Slack is told to look for no names and links of its own.
 */
struct json_object *blocks_message(const struct card *card, const char *text, const char *section);

#endif
