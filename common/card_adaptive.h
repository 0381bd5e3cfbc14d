/*
 * card_adaptive - a message as an Adaptive Card 1.4, in the envelope that Microsoft Teams takes. Pure.
 *
 * https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
 * https://adaptivecards.io/explorer/
 */
#ifndef COMMON_CARD_ADAPTIVE_H
#define COMMON_CARD_ADAPTIVE_H

#include "common/card.h"
#include "common/mention.h"

/* `most` bytes for facts and text together. Only `people` are mentioned, whatever the text says. */
struct json_object *adaptive_card(const struct card *card, const struct mention_list *people, size_t most);

#endif
