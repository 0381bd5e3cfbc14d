/* wecom_text - what WeCom's text and Markdown messages say, within their limits. */
#ifndef PLUGINS_WECOM_TEXT_H
#define PLUGINS_WECOM_TEXT_H

#include "common/card.h"
#include "common/mention.h"

enum {
    TEXT_BYTES = 2048,
    MARKDOWN_BYTES = 4096,
};

void wecom_write_text(struct json_object *text, const struct card *card, const struct mentions *mentions);
void wecom_write_markdown(struct json_object *markdown, const struct card *card, const struct mentions *mentions);

#endif
